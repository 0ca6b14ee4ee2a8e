/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Bounds the STUN messages that libnice reads from its UDP sockets, by socket
 * filters (gsticenicesocketfilter.h). libnice reads a socket until it is empty
 * and holds its lock meanwhile: if messages arrive faster than it handles them,
 * the threads that receive and send are blocked for as long as they arrive.
 *
 * Always dropped: errors that any host could have forged. After too many
 * messages in one iteration of the context: for a moment, everything that does
 * not come from the remote address of the selected pair. After checks from too
 * many remote addresses: checks from further ones. After a pair has become one
 * that would end the process (nicediscoveries.h): everything from its remote
 * address.
 *
 * A libnice that reads a bounded number of messages in a turn would end this;
 * 0.1.23 does not. */
#pragma once

#include <nice/agent.h>
#include "iothread/gsticesharedcontext.h"
#include "guard/gsticenicesocketset.h"
#include "stun/iceturnpeers.h"
#include "trace/nicediscoveries.h"
#include "component/gsticetransport.h"

G_BEGIN_DECLS

/* The STUN messages that one iteration of the context may handle. */
#define GST_ICE_NICE_FLOOD_GUARD_BUDGET 256
/* After this number messages from the selected pair's remote address are
 * dropped too: another host sends with that address. */
#define GST_ICE_NICE_FLOOD_GUARD_LIMIT (32 * GST_ICE_NICE_FLOOD_GUARD_BUDGET)
/* How long messages are dropped then, us. */
#define GST_ICE_NICE_FLOOD_GUARD_PAUSE (10 * G_TIME_SPAN_MILLISECOND)

typedef struct _GstIceNiceFloodGuard GstIceNiceFloodGuard;

GstIceNiceFloodGuard *gst_ice_nice_flood_guard_new (
    GstIceTransport *transport, GMainContext *io, GstIceSharedContext *context);
void gst_ice_nice_flood_guard_free (GstIceNiceFloodGuard *flood_guard);

void gst_ice_nice_flood_guard_set_turn_peers (
    GstIceNiceFloodGuard *flood_guard, IceTurnPeers *peers);
void gst_ice_nice_flood_guard_add_socket (
    GstIceNiceFloodGuard *flood_guard, GSocket *socket);
void gst_ice_nice_flood_guard_drain (GstIceNiceFloodGuard *flood_guard);
void gst_ice_nice_flood_guard_add_tunnel (
    GstIceNiceFloodGuard *flood_guard, const NiceAddress *here);
void gst_ice_nice_flood_guard_set_stun_server (
    GstIceNiceFloodGuard *flood_guard, const NiceAddress *server);
void gst_ice_nice_flood_guard_set_selected (
    GstIceNiceFloodGuard *flood_guard, const NiceAddress *remote);
void gst_ice_nice_flood_guard_add_candidate (
    GstIceNiceFloodGuard *flood_guard, const NiceAddress *remote);
void gst_ice_nice_flood_guard_add_peer_reflexive (
    GstIceNiceFloodGuard *flood_guard, const NiceAddress *remote);
void gst_ice_nice_flood_guard_refuse (
    GstIceNiceFloodGuard *flood_guard, const NiceDiscovery *pair);
void gst_ice_nice_flood_guard_hold (
    GstIceNiceFloodGuard *flood_guard, gboolean hold);
void gst_ice_nice_flood_guard_restart (GstIceNiceFloodGuard *flood_guard);
void gst_ice_nice_flood_guard_drop_role_conflicts (
    GstIceNiceFloodGuard *flood_guard, gboolean drop);
void gst_ice_nice_flood_guard_count_message (
    GstIceNiceFloodGuard *flood_guard, const gchar *address, guint16 port);
void gst_ice_nice_flood_guard_drop_server_errors (
    GstIceNiceFloodGuard *flood_guard, const gchar *address, guint16 port);
void gst_ice_nice_flood_guard_note_refresh_error (
    GstIceNiceFloodGuard *flood_guard, const gchar *address, guint16 port,
    gint64 now);
void gst_ice_nice_flood_guard_drop_allocate_errors (
    GstIceNiceFloodGuard *flood_guard);
guint64 gst_ice_nice_flood_guard_get_dropped (
    GstIceNiceFloodGuard *flood_guard);
void gst_ice_nice_flood_guard_retire (GstIceNiceFloodGuard *flood_guard);
void gst_ice_nice_flood_guard_drop_all (GstIceNiceFloodGuard *flood_guard);

G_END_DECLS
