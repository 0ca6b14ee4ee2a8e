/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What libnice's lines say of STUN and TURN servers: when TURN servers may be
 * asked, which servers gave nothing and why, and whether gathering is over.
 * Pure. One NiceAgent is one transport. */
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
gboolean nice_servers_take_circling (
    NiceServers *servers, NiceTraceEndpoint *from);
gboolean nice_servers_has_trace (const NiceServers *servers);
gboolean nice_servers_may_ask_turn (const NiceServers *servers);
const IceServer *nice_servers_ask_turn (NiceServers *servers);
const IceServer *nice_servers_take_port (NiceServers *servers);
void nice_servers_reached (NiceServers *servers, const IceServer *server,
    const gchar *address, guint16 port, const gchar *local);
void nice_servers_give_up (NiceServers *servers, const IceServer *server,
    guint code, const gchar *obstacle);
gboolean nice_servers_is_asked_from (
    const NiceServers *servers, IceAddressKind kind);
void nice_servers_add_candidate (
    NiceServers *servers, const IceCandidate *candidate);
gboolean nice_servers_is_over (const NiceServers *servers, gboolean signalled);
gboolean nice_servers_is_rest_done (const NiceServers *servers);
GArray *nice_servers_list_failures (const NiceServers *servers);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NiceServers, nice_servers_free)

G_END_DECLS
