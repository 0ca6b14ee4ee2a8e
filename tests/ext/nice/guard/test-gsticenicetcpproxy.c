/* gst-ice: tests of the TCP proxy's descriptors; test-gsticenicetcpadmission
 * has the rest.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "guard/gsticenicetcpproxy.h"
#include "loopback.h"

#ifdef __linux__

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#define FRAME_SIZE 1000
#define MANY 10000
#define LITTLE 10000

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

typedef struct
{
  GMainContext *context;
  GstIceStunResponses *answers;
  GSocket *network, *nice; /* the ends of the connection */
  GstIceNiceTcpProxy *proxy;
} Fixture;

static NiceTcpFrameSender
admit_all (
    GstIceNiceTcpProxy *proxy, const guint8 *data, gsize size, gpointer unused)
{
  return NICE_TCP_FRAME_PEER;
}

static void
on_changed (GstIceNiceTcpProxy *proxy, gpointer unused)
{
}

static void
on_answer (GSocketAddress *from, const guint8 *data, gsize size, gint64 at,
    gpointer unused)
{
}

/* It takes little, and never waits. */
static void
limit (GSocket *socket)
{
  g_socket_set_blocking (socket, FALSE);
  g_socket_set_option (socket, SOL_SOCKET, SO_SNDBUF, LITTLE, NULL);
  g_socket_set_option (socket, SOL_SOCKET, SO_RCVBUF, LITTLE, NULL);
}

static void
set_up (Fixture *f, gconstpointer unused)
{
  static const GstIceNiceTcpProxyFuncs funcs = { admit_all, on_changed };
  GSocket *listener = listen_on_loopback ();
  g_autoptr (GSocketAddress)
      address = g_socket_get_local_address (listener, NULL);

  f->nice = connect_to (address);
  f->network = g_socket_accept (listener, NULL, NULL);
  limit (f->nice);
  limit (f->network);
  g_object_unref (listener);
  f->context = g_main_context_new ();
  f->answers = gst_ice_stun_responses_new (f->context, 1, on_answer, NULL);
  f->proxy = gst_ice_nice_tcp_proxy_new (
      f->context, g_socket_get_fd (f->nice), -1, f->answers, &funcs, NULL);
  g_assert_nonnull (f->proxy);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  gst_ice_nice_tcp_proxy_free (f->proxy);
  gst_ice_stun_responses_close (f->answers);
  gst_ice_stun_responses_unref (f->answers);
  g_main_context_unref (f->context);
  g_object_unref (f->network);
  g_object_unref (f->nice);
}

/* A proxy that has nothing to do does not wake up. */
static void
assert_rests (Fixture *f)
{
  guint i;

  for (i = 0; g_main_context_iteration (f->context, FALSE); i++)
    g_assert_cmpuint (i, <, MANY);
}

static void
wait_for_state (Fixture *f, GstIceNiceTcpProxyState state)
{
  gint64 deadline = g_get_monotonic_time () + LOOPBACK_PATIENCE;

  while (gst_ice_nice_tcp_proxy_get_state (f->proxy) != state) {
    g_assert_cmpint (g_get_monotonic_time (), <, deadline);
    assert_rests (f);
    g_usleep (100);
  }
  assert_rests (f);
}

/* Returns: what was taken */
static gsize
send_frame (GSocket *from)
{
  static const guint8 frame[NICE_TCP_FRAME_HEADER + FRAME_SIZE] = {
    FRAME_SIZE >> 8, FRAME_SIZE & 0xff
  };
  gssize n = send (g_socket_get_fd (from), frame, sizeof frame, MSG_NOSIGNAL);

  return MAX (n, 0);
}

/* What one end does not read waits, and nothing is lost. */
static void
fill_and_read (Fixture *f, GSocket *from, GSocket *to)
{
  gint64 deadline = g_get_monotonic_time () + LOOPBACK_PATIENCE;
  gsize sent = 0, got = 0, n;
  guint8 octets[NICE_TCP_FRAME_HEADER + FRAME_SIZE];
  guint i;

  for (i = 0; (n = send_frame (from)) == sizeof octets; i++) {
    g_assert_cmpuint (i, <, MANY);
    sent += n;
    assert_rests (f);
  }
  while (got < sent) {
    gssize size = recv (g_socket_get_fd (to), octets, sizeof octets, 0);

    g_assert_cmpint (g_get_monotonic_time (), <, deadline);
    got += MAX (size, 0);
    assert_rests (f);
  }
  g_assert_cmpint (gst_ice_nice_tcp_proxy_get_state (f->proxy), ==,
      GST_ICE_NICE_TCP_PROXY_PEER);
}

static void
test_end_of_network (Fixture *f, gconstpointer unused)
{
  send_frame (f->network);
  wait_for_state (f, GST_ICE_NICE_TCP_PROXY_PEER);
  g_socket_close (f->network, NULL);
  wait_for_state (f, GST_ICE_NICE_TCP_PROXY_LOST);
}

static void
test_end_of_libnice (Fixture *f, gconstpointer unused)
{
  gst_ice_nice_tcp_proxy_silence (g_socket_get_fd (f->nice));
  wait_for_state (f, GST_ICE_NICE_TCP_PROXY_CLOSED);
}

static void
test_slow_libnice (Fixture *f, gconstpointer unused)
{
  fill_and_read (f, f->network, f->nice);
}

static void
test_slow_network (Fixture *f, gconstpointer unused)
{
  send_frame (f->network);
  wait_for_state (f, GST_ICE_NICE_TCP_PROXY_PEER);
  fill_and_read (f, f->nice, f->network);
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
#define ADD(name, function)                                                    \
  g_test_add ("/tcp-proxy/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("end-of-network", test_end_of_network);
  ADD ("end-of-libnice", test_end_of_libnice);
  ADD ("slow-libnice", test_slow_libnice);
  ADD ("slow-network", test_slow_network);
#undef ADD
#endif
  return g_test_run ();
}
