/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * get-stats: a session's numbers as a structure of structures, in W3C
 * webrtc-stats names. */
#pragma once

#include <gst/gst.h>
#include "gsticetransport.h"

G_BEGIN_DECLS

GstStructure *gst_ice_stats_new (
    GstIceConnectionState state, GstIceGatheringState gathering_state);
void gst_ice_stats_add_transport (
    GstStructure *stats, GstIceTransport *transport);
void gst_ice_stats_add_candidates (
    GstStructure *stats, const GValue *array, gboolean local);

G_END_DECLS
