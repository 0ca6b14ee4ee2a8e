/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Datagrams that the kernel drops before a UDP socket of libnice's receives
 * them (Linux, classic BPF; does nothing elsewhere). Always: Binding errors
 * 300, 400, 401 and 438. libnice accepts these without MESSAGE-INTEGRITY from
 * any source, so a forged one would fail a pair; RFC 8489 section 9.1.4
 * discards them. Also answers to Allocate and Refresh with a lifetime that
 * iceturnanswer refuses. */
#pragma once

#include "stun/iceturnpeers.h"
#include <gio/gio.h>
#include <nice/agent.h>

G_BEGIN_DECLS

#define GST_ICE_NICE_SOCKET_FILTER_PORTS 100
#define GST_ICE_NICE_SOCKET_FILTER_SERVERS 8

/* Errors of TURN servers that are dropped (RFC 8656 section 17). */
typedef struct
{
  /* to Allocate, Refresh, CreatePermission and ChannelBind, of these */
  NiceAddress servers[GST_ICE_NICE_SOCKET_FILTER_SERVERS];
  guint n_servers;
  gboolean allocations; /* to Allocate, of all */
} GstIceNiceRefusedErrors;

void gst_ice_nice_socket_filter_guard (GSocket *socket, IceTurnPeers *peers,
    const GstIceNiceRefusedErrors *refused, const NiceAddress *server,
    gboolean role_conflicts);
void gst_ice_nice_socket_filter_restrict (GSocket *socket, IceTurnPeers *peers,
    const GstIceNiceRefusedErrors *refused, const NiceAddress *server,
    gboolean role_conflicts, const NiceAddress *peer, const guint16 *ports,
    guint n_ports);
void gst_ice_nice_socket_filter_spare (
    GSocket *socket, IceTurnPeers *peers, const NiceAddress *peer);
void gst_ice_nice_socket_filter_shut (GSocket *socket);
void gst_ice_nice_socket_filter_finish (GSocket *socket);
guint32 gst_ice_nice_socket_filter_count_drops (GSocket *socket);

G_END_DECLS
