/* gst-ice: test of the options of a transport's sockets.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "agent/gsticenicesocket.h"

#include <gio/gnetworking.h>

static GSocket *
make (GSocketFamily family)
{
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new_from_string (
      family == G_SOCKET_FAMILY_IPV4 ? "127.0.0.1" : "::1", 0);
  GSocket *socket = g_socket_new (
      family, G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, NULL);

  if (socket != NULL && !g_socket_bind (socket, any, FALSE, NULL))
    g_clear_object (&socket);
  return socket;
}

static gint
get (GSocket *socket, gint level, gint option)
{
  gint value = -1;

  g_assert_true (g_socket_get_option (socket, level, option, &value, NULL));
  return value;
}

/* What the kernel makes of a size. */
static gint
get_kernel_size (gint option, gint size)
{
  g_autoptr (GSocket) socket = make (G_SOCKET_FAMILY_IPV4);

  g_socket_set_option (socket, SOL_SOCKET, option, size, NULL);
  return get (socket, SOL_SOCKET, option);
}

/* At least as much as anybody may set; 0: a size of ours. */
static void
test_buffer_sizes (void)
{
  g_autoptr (GSocket) socket = make (G_SOCKET_FAMILY_IPV4);

  gst_ice_nice_socket_set_buffer_sizes (socket, 20000, 30000);
  g_assert_cmpint (get (socket, SOL_SOCKET, SO_RCVBUF), ==,
      get_kernel_size (SO_RCVBUF, 20000));
  g_assert_cmpint (get (socket, SOL_SOCKET, SO_SNDBUF), ==,
      get_kernel_size (SO_SNDBUF, 30000));
  gst_ice_nice_socket_set_buffer_sizes (socket, 0, 0);
  g_assert_cmpint (get (socket, SOL_SOCKET, SO_RCVBUF), >=,
      get_kernel_size (SO_RCVBUF, 4 << 20));
  g_assert_cmpint (get (socket, SOL_SOCKET, SO_SNDBUF), >=,
      get_kernel_size (SO_SNDBUF, 4 << 20));
}

static void
test_dscp (void)
{
  g_autoptr (GSocket) v4 = make (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocket) v6 = make (G_SOCKET_FAMILY_IPV6);

  g_assert_cmpint (gst_ice_nice_socket_get_tos (46), ==, 184);
  g_assert_cmpint (gst_ice_nice_socket_get_tos (1), ==, 4);
  g_assert_cmpint (gst_ice_nice_socket_get_tos (0), ==, 0);
  g_assert_cmpint (gst_ice_nice_socket_get_tos (-1), ==, 0);
  gst_ice_nice_socket_set_dscp (v4, 46);
  g_assert_cmpint (get (v4, IPPROTO_IP, IP_TOS), ==, 184);
  gst_ice_nice_socket_set_dscp (v4, -1);
  g_assert_cmpint (get (v4, IPPROTO_IP, IP_TOS), ==, 0);
  if (v6 == NULL)
    return;
  gst_ice_nice_socket_set_dscp (v6, 46);
  g_assert_cmpint (get (v6, IPPROTO_IPV6, IPV6_TCLASS), ==, 184);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/nicesocket/buffer-sizes", test_buffer_sizes);
  g_test_add_func ("/nicesocket/dscp", test_dscp);
  return g_test_run ();
}
