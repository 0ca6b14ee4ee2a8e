/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The candidate pairs of one NiceAgent, from its trace. Any thread. */
#pragma once

#include "iothread/gsticealarm.h"
#include "iothread/gsticeio.h"
#include "guard/gsticenicefloodguard.h"
#include "guard/gsticeniceroles.h"
#include "component/gsticetransport.h"
#include "model/icecheckpair.h"
#include "trace/nicerequests.h"

G_BEGIN_DECLS

typedef struct _GstIceNicePairs GstIceNicePairs;

/* A pair that media may use. */
typedef struct
{
  IceCandidate *local;
  IceCandidate *remote;
  IceCheckEndpoint base; /* the local address that it sends from */
} GstIceNicePath;

GstIceNicePairs *gst_ice_nice_pairs_new (GstIceTransport *transport,
    GstIceIo *io, gpointer agent, GstIceNiceFloodGuard *flood_guard,
    GstIceNiceRoles *roles, GstIceAmplification *amplification,
    GstIceAlarm *checked);
gboolean gst_ice_nice_pairs_are_checked (GstIceNicePairs *pairs);
guint gst_ice_nice_pairs_count_open (GstIceNicePairs *pairs);
IceAmplificationVerdict gst_ice_nice_pairs_claim (
    GstIceNicePairs *pairs, const IceCandidate *candidate, guint checks);
void gst_ice_nice_pairs_update_claims (GstIceNicePairs *pairs, guint to_come);
gint64 gst_ice_nice_pairs_get_failing_time (GstIceNicePairs *pairs);
void gst_ice_nice_pairs_free (GstIceNicePairs *pairs);

void gst_ice_nice_pairs_add_candidate (
    GstIceNicePairs *pairs, const IceCandidate *candidate, gboolean local);
void gst_ice_nice_pairs_restart (GstIceNicePairs *pairs);
void gst_ice_nice_pairs_retire (GstIceNicePairs *pairs);
gboolean gst_ice_nice_pairs_has_trace (GstIceNicePairs *pairs);
gboolean gst_ice_nice_pairs_check_trace (GstIceNicePairs *pairs);
gboolean gst_ice_nice_pairs_watch_answers (GstIceNicePairs *pairs,
    const NiceTraceEndpoint *peer, GstIceAlarm *answer_alarm);
void gst_ice_nice_pairs_count_answered (
    GstIceNicePairs *pairs, GInetSocketAddress *from);
gint64 gst_ice_nice_pairs_get_last_check (GstIceNicePairs *pairs);
gboolean gst_ice_nice_pairs_take_answer (GstIceNicePairs *pairs, gint64 *at);
guint64 gst_ice_nice_pairs_get_tie_breaker (GstIceNicePairs *pairs);
gboolean gst_ice_nice_pairs_choose (GstIceNicePairs *pairs, GstIceRole role,
    gboolean is_over, GstIceNicePath *path, gint64 *look_again);
gboolean gst_ice_nice_pairs_is_prflx (
    GstIceNicePairs *pairs, const IceCandidate *remote);
gboolean gst_ice_nice_pairs_is_nominated (GstIceNicePairs *pairs,
    const IceCandidate *local, const IceCandidate *remote);
void gst_ice_nice_pairs_select (GstIceNicePairs *pairs,
    const IceCandidate *local, const IceCandidate *remote);
void gst_ice_nice_pairs_learn (
    GstIceNicePairs *pairs, const IceCandidate *candidate);
void gst_ice_nice_pairs_expect_pruning (
    GstIceNicePairs *pairs, gboolean expected);
void gst_ice_nice_pairs_add_valid (GstIceNicePairs *pairs,
    const IceCheckEndpoint *base, const IceCandidate *remote,
    gboolean nominated);
IceCandidate *gst_ice_nice_pairs_get_selected_local (
    GstIceNicePairs *pairs, const IceCheckEndpoint *base);
void gst_ice_nice_path_clear (GstIceNicePath *path);
void gst_ice_nice_pairs_watch_requests (
    GstIceNicePairs *pairs, GstIceAlarm *requested);
gboolean gst_ice_nice_pairs_take_request (
    GstIceNicePairs *pairs, NiceRequest *request, gboolean *on_selected);
void gst_ice_nice_pairs_watch_senders (GstIceNicePairs *pairs, gint *senders);
void gst_ice_nice_pairs_set_remote (GstIceNicePairs *pairs,
    const NiceTraceEndpoint *remote, gboolean is_steered);
void gst_ice_nice_pairs_add_socket (
    GstIceNicePairs *pairs, GSocket *socket, gboolean is_steered);
GPtrArray *gst_ice_nice_pairs_list (GstIceNicePairs *pairs, GstIceRole role);

G_END_DECLS
