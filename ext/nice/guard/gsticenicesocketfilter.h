/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Socket filters for libnice's UDP sockets (Linux, classic BPF; no effect
 * elsewhere). Each filter drops Binding errors 300, 400, 401 and 438: libnice
 * accepts these without MESSAGE-INTEGRITY from any source, so a forged one
 * would fail a pair; RFC 8489 section 9.1.4 discards them. Each also drops
 * success responses to Allocate and Refresh with a lifetime that iceturnanswer
 * refuses. A libnice that drops them itself would end this; 0.1.23 does not. */
#pragma once

#include "stun/iceturnpeers.h"
#include <gio/gio.h>
#include <nice/agent.h>

G_BEGIN_DECLS

#define GST_ICE_NICE_SOCKET_FILTER_PORTS 100
#define GST_ICE_NICE_SOCKET_FILTER_SERVERS 8

/* The TURN error responses that are dropped (RFC 8656 section 17). */
typedef struct
{
  /* those of these servers, of all TURN methods */
  NiceAddress servers[GST_ICE_NICE_SOCKET_FILTER_SERVERS];
  guint n_servers;
  gboolean allocations; /* those to Allocate, of all servers */
} GstIceNiceDroppedErrors;

void gst_ice_nice_socket_filter_apply (GSocket *socket, IceTurnPeers *peers,
    const GstIceNiceDroppedErrors *dropped, const NiceAddress *server,
    gboolean role_conflicts);
void gst_ice_nice_socket_filter_limit_checks (GSocket *socket,
    IceTurnPeers *peers, const GstIceNiceDroppedErrors *dropped,
    const NiceAddress *server, gboolean role_conflicts,
    const NiceAddress *remote, const guint16 *ports, guint n_ports);
void gst_ice_nice_socket_filter_pass_only (
    GSocket *socket, IceTurnPeers *peers, const NiceAddress *remote);
void gst_ice_nice_socket_filter_drop_all (GSocket *socket);
void gst_ice_nice_socket_filter_prepare_close (GSocket *socket);
guint32 gst_ice_nice_socket_filter_count_drops (GSocket *socket);

G_END_DECLS
