/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What libnice's UDP sockets get: no errors that anybody can forge
 * (gsticenicesocketfilter.h), no floods of STUN, no checks from ever more
 * addresses. libnice reads a socket until it is empty, with its lock held:
 * messages that come faster than it handles them would keep who receives and
 * who sends for as long as they come. When one turn of the context has handled
 * too many, the kernel drops for a moment what does not come from the selected
 * pair's remote address. */
#pragma once

#include <nice/agent.h>
#include "iothread/gsticesharedcontext.h"
#include "stun/iceturnpeers.h"
#include "component/gsticetransport.h"

G_BEGIN_DECLS

/* STUN messages that one turn may handle */
#define GST_ICE_NICE_FLOOD_GUARD_BUDGET 256
/* after these the remote address is no exception: somebody has borrowed it */
#define GST_ICE_NICE_FLOOD_GUARD_LIMIT (32 * GST_ICE_NICE_FLOOD_GUARD_BUDGET)
/* for how long, us */
#define GST_ICE_NICE_FLOOD_GUARD_PAUSE (10 * G_TIME_SPAN_MILLISECOND)

/* Addresses of the peer's that libnice may learn from its checks; then only
 * those count that the peer has told, and after as many more only the selected
 * pair's. RFC 8445 section 6.1.2.5 limits pairs to that. Two symmetric NATs
 * that let in anybody make a new address of each check, and so does who wants
 * to. */
#define GST_ICE_NICE_FLOOD_GUARD_LEARNED 100

typedef struct _GstIceNiceFloodGuard GstIceNiceFloodGuard;

GstIceNiceFloodGuard *gst_ice_nice_flood_guard_new (
    GstIceTransport *transport, GMainContext *io, GstIceSharedContext *context);
void gst_ice_nice_flood_guard_free (GstIceNiceFloodGuard *flood_guard);

void gst_ice_nice_flood_guard_set_peers (
    GstIceNiceFloodGuard *flood_guard, IceTurnPeers *peers);
void gst_ice_nice_flood_guard_add_peer (
    GstIceNiceFloodGuard *flood_guard, const NiceAddress *address);
void gst_ice_nice_flood_guard_add_socket (
    GstIceNiceFloodGuard *flood_guard, GSocket *socket);
void gst_ice_nice_flood_guard_set_server (
    GstIceNiceFloodGuard *flood_guard, const NiceAddress *server);
void gst_ice_nice_flood_guard_set_peer (
    GstIceNiceFloodGuard *flood_guard, const NiceAddress *peer);
void gst_ice_nice_flood_guard_add_remote (
    GstIceNiceFloodGuard *flood_guard, const NiceAddress *remote);
void gst_ice_nice_flood_guard_learned (
    GstIceNiceFloodGuard *flood_guard, const NiceAddress *remote);
void gst_ice_nice_flood_guard_restart (GstIceNiceFloodGuard *flood_guard);
void gst_ice_nice_flood_guard_drop_role_conflicts (
    GstIceNiceFloodGuard *flood_guard, gboolean drop);
void gst_ice_nice_flood_guard_count (
    GstIceNiceFloodGuard *flood_guard, const gchar *address, guint16 port);
void gst_ice_nice_flood_guard_refuse_server (
    GstIceNiceFloodGuard *flood_guard, const gchar *address, guint16 port);
void gst_ice_nice_flood_guard_refresh_refused (
    GstIceNiceFloodGuard *flood_guard, const gchar *address, guint16 port,
    gint64 now);
guint64 gst_ice_nice_flood_guard_get_filtered (
    GstIceNiceFloodGuard *flood_guard);
void gst_ice_nice_flood_guard_refuse_allocations (
    GstIceNiceFloodGuard *flood_guard);
void gst_ice_nice_flood_guard_retire (GstIceNiceFloodGuard *flood_guard);
void gst_ice_nice_flood_guard_shut (GstIceNiceFloodGuard *flood_guard);

G_END_DECLS
