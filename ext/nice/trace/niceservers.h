/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The progress of gathering from STUN and TURN servers, by libnice's trace:
 * when requests to TURN servers may begin, which servers gave no candidate and
 * why, which one gave a candidate, and whether gathering has ended. Pure. One
 * NiceAgent is one transport.
 */
#pragma once

#include "candidates/iceaddress.h"
#include "candidates/icecandidate.h"
#include "model/iceserverfailure.h"
#include "trace/nicetrace.h"

G_BEGIN_DECLS

/* NICE_CANDIDATE_MAX_TURN_SERVERS */
#define NICE_SERVERS_MAX_TURN 8

typedef struct _NiceServers NiceServers;

NiceServers *nice_servers_new (
    const IceServer *stun, const GPtrArray *turn, gboolean ice_tcp);
void nice_servers_free (NiceServers *servers);

gboolean nice_servers_step (NiceServers *servers, const NiceTraceEvent *line);
gboolean nice_servers_take_retry_loop (
    NiceServers *servers, NiceTraceEndpoint *from);
gboolean nice_servers_has_trace (const NiceServers *servers);
gboolean nice_servers_may_ask_turn (const NiceServers *servers);
const IceServer *nice_servers_take_next_turn (NiceServers *servers);
const IceServer *nice_servers_take_other_port (NiceServers *servers);
void nice_servers_set_reached (NiceServers *servers, const IceServer *server,
    const gchar *address, guint16 port, const gchar *local);
void nice_servers_set_failed (NiceServers *servers, const IceServer *server,
    guint code, const gchar *detail);
gboolean nice_servers_has_base (
    const NiceServers *servers, IceAddressKind kind);
void nice_servers_add_candidate (
    NiceServers *servers, const IceCandidate *candidate);
gboolean nice_servers_has_gathered (
    const NiceServers *servers, gboolean signalled);
gboolean nice_servers_have_others_answered (const NiceServers *servers);
GArray *nice_servers_list_failures (const NiceServers *servers);

const IceServer *nice_servers_find_turn (
    const NiceServers *servers, guint32 priority);
const IceServer *nice_servers_find_stun (
    const NiceServers *servers, const gchar *address, guint16 port);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NiceServers, nice_servers_free)

G_END_DECLS
