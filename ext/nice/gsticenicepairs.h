/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The candidate pairs of one NiceAgent, from its trace. Any thread. */
#pragma once

#include "gsticealarm.h"
#include "gsticeio.h"
#include "gsticenicebreaker.h"
#include "gsticetransport.h"
#include "nicetraceevent.h"

G_BEGIN_DECLS

typedef struct _GstIceNicePairs GstIceNicePairs;

GstIceNicePairs *gst_ice_nice_pairs_new (GstIceTransport *transport,
    GstIceIo *io, gpointer agent, GstIceNiceBreaker *breaker,
    GstIceAlarm *checked);
gboolean gst_ice_nice_pairs_are_checked (GstIceNicePairs *pairs);
void gst_ice_nice_pairs_free (GstIceNicePairs *pairs);

void gst_ice_nice_pairs_add_candidate (
    GstIceNicePairs *pairs, const IceCandidate *candidate, gboolean local);
void gst_ice_nice_pairs_restart (GstIceNicePairs *pairs);
void gst_ice_nice_pairs_retire (GstIceNicePairs *pairs);
gboolean gst_ice_nice_pairs_has_trace (GstIceNicePairs *pairs);
gboolean gst_ice_nice_pairs_check_trace (GstIceNicePairs *pairs);
gboolean gst_ice_nice_pairs_watch_answers (
    GstIceNicePairs *pairs, const NiceTraceEndpoint *peer, GstIceAlarm *heard);
gboolean gst_ice_nice_pairs_take_answer (GstIceNicePairs *pairs, gint64 *at);
GPtrArray *gst_ice_nice_pairs_list (GstIceNicePairs *pairs, GstIceRole role);

G_END_DECLS
