/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A batch of datagrams on its way to icesrc's pad: its timestamps, and whether
 * it is pushed as a list. The base class pushes the first datagram, after the
 * events that precede it; a probe on the pad pushes the list in its place.
 * Datagrams that are no list are pushed here, one by one, before the next wait.
 * (gst_base_src_submit_buffer_list() could push lists, but up to 1.22 at least
 * it unrefs NULL if the state changes at that moment.) */
#pragma once

#include <gst/base/gstbasesrc.h>

G_BEGIN_DECLS

typedef struct
{
  GstBaseSrc *src; /* not referenced: it embeds this */

  gboolean one_by_one; /* set while no streaming thread runs */

  /* streaming thread */
  GstBufferList *rest; /* nullable: what is not pushed yet */
  GstClockTime last;   /* the running time of the last datagram */

  /* atomic */
  gsize buffers_pushed;
  gsize lists_pushed;
  gint call_ended; /* no datagram came since */
} GstIceSrcBatch;

GstBuffer *gst_ice_src_batch_take_first (
    GstIceSrcBatch *batch, GstBufferList *list);
GstBuffer *gst_ice_src_batch_take_next (GstIceSrcBatch *batch);
gboolean gst_ice_src_batch_push_with_rest (
    GstIceSrcBatch *batch, GstBuffer *first, GstFlowReturn *flow);
GstFlowReturn gst_ice_src_batch_push_rest (GstIceSrcBatch *batch);
void gst_ice_src_batch_end_call (GstIceSrcBatch *batch);
void gst_ice_src_batch_clear (GstIceSrcBatch *batch);
void gst_ice_src_batch_add_stats (GstIceSrcBatch *batch, GstStructure *entry);

G_END_DECLS
