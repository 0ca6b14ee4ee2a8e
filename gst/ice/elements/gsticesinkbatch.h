/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Buffers of icesink as datagrams: their memories are mapped from
 * gst_ice_sink_batch_add() to gst_ice_sink_batch_release(). Streaming thread.
 */
#pragma once

#include <gst/gst.h>
#include "datapath/gsticedatagram.h"

G_BEGIN_DECLS

typedef struct
{
  /* kept for their memory */
  GArray *maps;      /* of GstMapInfo */
  GArray *vectors;   /* of GOutputVector */
  GArray *datagrams; /* of GstIceDatagram */
  guint n_maps;      /* in use, and as many vectors */
  guint n_datagrams;
} GstIceSinkBatch;

void gst_ice_sink_batch_init (GstIceSinkBatch *batch);
void gst_ice_sink_batch_finalize (GstIceSinkBatch *batch);

gboolean gst_ice_sink_batch_add (GstIceSinkBatch *batch, GstBuffer *buffer);
const GstIceDatagram *gst_ice_sink_batch_get (
    GstIceSinkBatch *batch, guint *n_datagrams);
void gst_ice_sink_batch_release (GstIceSinkBatch *batch);
const gchar *gst_ice_sink_batch_find_unmappable (GstBuffer *buffer);

G_END_DECLS
