/* gst-ice: tests of the TCP proxy's descriptors; test-gsticenicetcpadmission
 * has the rest.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "guard/gsticenicetcpproxy.h"
#include "loopback.h"

#ifdef __linux__

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

static void
test_silence (void)
{
  gint ends[2];
  guint8 octet = 'x';

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_SEQPACKET, 0, ends), ==, 0);
  g_assert_cmpint (send (ends[0], &octet, 1, 0), ==, 1);
  gst_ice_nice_tcp_proxy_silence (ends[1]);
  g_assert_cmpint (recv (ends[1], &octet, 1, MSG_DONTWAIT), ==, -1);
  /* the other end is closed, without reading */
  g_assert_cmpint (recv (ends[0], &octet, 1, MSG_DONTWAIT), ==, -1);
  g_assert_cmpint (errno, ==, ECONNRESET);
  close (ends[0]);
  close (ends[1]);
}

/* Another socket, and no descriptor at all. */
static void
test_silence_of_others (void)
{
  gint ends[2];
  guint8 octet = 'x';

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM, 0, ends), ==, 0);
  g_assert_cmpint (send (ends[0], &octet, 1, 0), ==, 1);
  gst_ice_nice_tcp_proxy_silence (ends[1]);
  g_assert_cmpint (recv (ends[1], &octet, 1, MSG_DONTWAIT), ==, 1);
  close (ends[0]);
  close (ends[1]);
  gst_ice_nice_tcp_proxy_silence (-1);
}

static GSocket *
connect_to (GSocketAddress *address)
{
  g_autoptr (GError) error = NULL;
  GSocket *socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM,
      G_SOCKET_PROTOCOL_TCP, &error);

  g_assert_no_error (error);
  g_socket_connect (socket, address, NULL, &error);
  g_assert_no_error (error);
  return socket;
}

static GSocket *
listen_on_loopback (void)
{
  g_autoptr (GSocketAddress)
      any = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr (GError) error = NULL;
  GSocket *socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM,
      G_SOCKET_PROTOCOL_TCP, &error);

  g_assert_no_error (error);
  g_socket_bind (socket, any, FALSE, &error);
  g_assert_no_error (error);
  g_socket_listen (socket, &error);
  g_assert_no_error (error);
  return socket;
}

/* What has come is lost at that connection, and at no other one. */
static void
test_silence_connections (void)
{
  GSocket *listeners[] = { listen_on_loopback (), listen_on_loopback () };
  GSocket *connected[2], *accepted[2];
  NiceAddress remote;
  gchar octet;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (listeners); i++) {
    g_autoptr (GSocketAddress)
        address = g_socket_get_local_address (listeners[i], NULL);

    connected[i] = connect_to (address);
    accepted[i] = g_socket_accept (listeners[i], NULL, NULL);
    g_assert_cmpint (g_socket_send (accepted[i], "x", 1, NULL, NULL), ==, 1);
    g_assert_true (g_socket_condition_wait (connected[i], G_IO_IN, NULL, NULL));
  }
  loopback_get_address (listeners[0], &remote);
  gst_ice_nice_silence_connections (&remote);
  for (i = 0; i < G_N_ELEMENTS (listeners); i++)
    g_assert_cmpint (
        recv (g_socket_get_fd (connected[i]), &octet, 1, MSG_DONTWAIT), ==,
        i == 0 ? -1 : 1);
  for (i = 0; i < G_N_ELEMENTS (listeners); i++) {
    g_object_unref (connected[i]);
    g_object_unref (accepted[i]);
    g_object_unref (listeners[i]);
  }
}

#endif

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#ifdef __linux__
  g_test_add_func ("/tcp-proxy/silence", test_silence);
  g_test_add_func ("/tcp-proxy/silence-of-others", test_silence_of_others);
  g_test_add_func ("/tcp-proxy/silence-connections", test_silence_connections);
#endif
  return g_test_run ();
}
