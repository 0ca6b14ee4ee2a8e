/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A candidate pair as users see it: the GstStructure `candidate-pair`. */
#pragma once

#include <gst/gst.h>
#include "candidates/icecandidate.h"
#include "model/icestate.h"

G_BEGIN_DECLS

GstStructure *gst_ice_pair_new_structure (guint stream, guint component,
    guint generation, const IceCandidate *local, const IceCandidate *remote,
    GstIceCandidatePairState state, gboolean nominated, gboolean selected);
void gst_ice_pair_set_priority (GstStructure *pair, GstIceRole role,
    guint32 local_priority, guint32 remote_priority);
gboolean gst_ice_pair_is_decided (const GstStructure *pair);
gchar *gst_ice_pair_describe (const GstStructure *pair, gboolean checks);
void gst_ice_pair_append (GValue *array, GstStructure *pair);

G_END_DECLS
