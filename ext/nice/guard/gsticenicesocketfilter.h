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
#define GST_ICE_NICE_SOCKET_FILTER_REFUSED 8

/* What is dropped beside that. */
typedef struct
{
  /* TURN errors (RFC 8656 section 17) of these servers, to all methods */
  NiceAddress servers[GST_ICE_NICE_SOCKET_FILTER_SERVERS];
  guint n_servers;
  gboolean allocations; /* errors to Allocate, of all servers */
  /* everything that comes from a remote address to one of our sockets */
  struct
  {
    gint fd;
    NiceAddress remote;
  } refused[GST_ICE_NICE_SOCKET_FILTER_REFUSED];
  guint n_refused;
} GstIceNiceDropped;

void gst_ice_nice_socket_filter_apply (GSocket *socket, IceTurnPeers *peers,
    const GstIceNiceDropped *dropped, const NiceAddress *server,
    gboolean role_conflicts);
void gst_ice_nice_socket_filter_limit_checks (GSocket *socket,
    IceTurnPeers *peers, const GstIceNiceDropped *dropped,
    const NiceAddress *server, gboolean role_conflicts,
    const NiceAddress *remote, const guint16 *ports, guint n_ports);
void gst_ice_nice_socket_filter_pass_only (GSocket *socket, IceTurnPeers *peers,
    const GstIceNiceDropped *dropped, const NiceAddress *remote);
void gst_ice_nice_socket_filter_drop_all (GSocket *socket);
void gst_ice_nice_socket_filter_prepare_close (
    GSocket *socket, const GstIceNiceDropped *dropped);
guint gst_ice_nice_socket_filter_drain (GSocket *socket);
guint32 gst_ice_nice_socket_filter_count_drops (GSocket *socket);

G_END_DECLS
