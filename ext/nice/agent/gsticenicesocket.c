/* gst-ice: options of a transport's sockets.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "agent/gsticenicesocket.h"

#include <gio/gnetworking.h>

/* The size for `buffer-size=0`: 10 ms of 3 Gbit/s. */
#define DEFAULT_BUFFER_SIZE (4 * 1024 * 1024)

static void
set_buffer_size (GSocket *socket, gint force, gint option, guint size)
{
  gint value = size > 0 ? (gint) size : DEFAULT_BUFFER_SIZE;

  /* beyond the system's limit only with CAP_NET_ADMIN */
  if (!g_socket_set_option (socket, SOL_SOCKET, force, value, NULL))
    g_socket_set_option (socket, SOL_SOCKET, option, value, NULL);
}

/**
 * gst_ice_nice_socket_set_buffer_sizes:
 * @socket: a socket
 * @receive: bytes, 0 = the default
 * @send: bytes, 0 = the default
 *
 * Sets the sizes, up to the system's limit.
 */
void
gst_ice_nice_socket_set_buffer_sizes (
    GSocket *socket, guint receive, guint send)
{
  set_buffer_size (socket, SO_RCVBUFFORCE, SO_RCVBUF, receive);
  set_buffer_size (socket, SO_SNDBUFFORCE, SO_SNDBUF, send);
}

/**
 * gst_ice_nice_socket_get_tos:
 * @dscp: RFC 2474 code point; -1 = the system's default, 0
 *
 * Returns: the octet in the IP header; the code point is its upper six bits
 */
gint
gst_ice_nice_socket_get_tos (gint dscp)
{
  return MAX (dscp, 0) << 2;
}

/**
 * gst_ice_nice_socket_set_dscp:
 * @socket: a socket
 * @dscp: RFC 2474 code point; -1 = the system's default, 0
 */
void
gst_ice_nice_socket_set_dscp (GSocket *socket, gint dscp)
{
  gint tos = gst_ice_nice_socket_get_tos (dscp);

  if (g_socket_get_family (socket) == G_SOCKET_FAMILY_IPV6)
    g_socket_set_option (socket, IPPROTO_IPV6, IPV6_TCLASS, tos, NULL);
  else
    g_socket_set_option (socket, IPPROTO_IP, IP_TOS, tos, NULL);
}
