/* gst-ice: tests of the TCP proxy's descriptors; test-gsticenicetcpadmission
 * has the rest.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "guard/gsticenicetcpproxy.h"
#include "contexts.h"
#include "descriptors.h"
#include "loopback.h"

#ifdef __linux__

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define FRAME_SIZE 1000
#define WHOLE_SIZE (NICE_TCP_FRAME_HEADER + FRAME_SIZE)
#define BUDGET 64 /* frames from libnice in one turn of the context */
#define MANY 10000
#define MAX_DESCRIPTORS 256
#define LITTLE 10000

static gint
find_free_descriptor (void)
{
  gint fd = dup (STDERR_FILENO);

  close (fd);
  return fd;
}

static void
test_silence (gconstpointer without_input)
{
  gint ends[2], input, next;
  guint8 octet = 'x';

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_SEQPACKET, 0, ends), ==, 0);
  g_assert_cmpint (send (ends[0], &octet, 1, 0), ==, 1);
  input = without_input != NULL ? close_input () : -1;
  next = find_free_descriptor ();
  gst_ice_nice_tcp_proxy_silence (ends[1]);
  g_assert_cmpint (find_free_descriptor (), ==, next);
  restore_input (input);
  g_assert_cmpint (recv (ends[1], &octet, 1, MSG_DONTWAIT), ==, -1);
  g_assert_cmpint (errno, ==, EAGAIN);
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
  GSocket *socket = g_socket_new (g_socket_address_get_family (address),
      G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, &error);

  g_assert_no_error (error);
  g_socket_connect (socket, address, NULL, &error);
  g_assert_no_error (error);
  return socket;
}

static GSocket *
listen_on_loopback (const gchar *host)
{
  g_autoptr (GSocketAddress)
      any = g_inet_socket_address_new_from_string (host, 0);
  g_autoptr (GError) error = NULL;
  GSocket *socket = g_socket_new (g_socket_address_get_family (any),
      G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, &error);

  g_assert_no_error (error);
  g_socket_bind (socket, any, FALSE, &error);
  g_assert_no_error (error);
  g_socket_listen (socket, &error);
  g_assert_no_error (error);
  return socket;
}

/* What has come is lost at that connection, and at no other one. */
static void
test_silence_connections (gconstpointer host)
{
  GSocket *listeners[] = { listen_on_loopback (host),
    listen_on_loopback (host) };
  GSocket *connected[2], *accepted[2];
  NiceAddress remote;
  gchar octet;
  guint i;
  gint ends[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM, 0, ends), ==, 0);
  g_assert_cmpint (send (ends[0], "x", 1, 0), ==, 1);
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
  g_assert_cmpint (recv (ends[1], &octet, 1, MSG_DONTWAIT), ==, 1);
  close (ends[0]);
  close (ends[1]);
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
  NiceTcpFrameSender verdict;
  GString *states; /* a letter each */
  gint input;      /* the standard input, if it is closed meanwhile; else -1 */
} Fixture;

static NiceTcpFrameSender
judge (
    GstIceNiceTcpProxy *proxy, const guint8 *data, gsize size, gpointer data_)
{
  return ((Fixture *) data_)->verdict;
}

static void
on_changed (GstIceNiceTcpProxy *proxy, gpointer data)
{
  static const gchar letters[] = {
    [GST_ICE_NICE_TCP_PROXY_STRANGER] = 'S',
    [GST_ICE_NICE_TCP_PROXY_PEER] = 'P',
    [GST_ICE_NICE_TCP_PROXY_LOST] = 'L',
    [GST_ICE_NICE_TCP_PROXY_CLOSED] = 'C',
  };

  g_string_append_c (((Fixture *) data)->states,
      letters[gst_ice_nice_tcp_proxy_get_state (proxy)]);
}

static void
on_answer (GSocketAddress *from, const guint8 *data, gsize size, gint64 at,
    gpointer unused)
{
}

/* without_input: the connection's descriptor is 0 */
static void
set_up (Fixture *f, gconstpointer without_input)
{
  GSocket *listener = listen_on_loopback ("127.0.0.1");
  g_autoptr (GSocketAddress)
      address = g_socket_get_local_address (listener, NULL);

  f->nice = connect_to (address);
  f->network = g_socket_accept (listener, NULL, NULL);
  g_socket_set_blocking (f->nice, FALSE);
  g_socket_set_blocking (f->network, FALSE);
  g_object_unref (listener);
  f->context = g_main_context_new ();
  g_assert_false (g_main_context_iteration (f->context, FALSE));
  f->answers = gst_ice_stun_responses_new (f->context, 1, on_answer, NULL);
  f->verdict = NICE_TCP_FRAME_PEER;
  f->states = g_string_new (NULL);
  f->input = without_input != NULL ? close_input () : -1;
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  if (f->proxy != NULL)
    gst_ice_nice_tcp_proxy_free (f->proxy);
  restore_input (f->input);
  gst_ice_stun_responses_close (f->answers);
  gst_ice_stun_responses_unref (f->answers);
  g_main_context_unref (f->context);
  g_object_unref (f->network);
  g_object_unref (f->nice);
  g_string_free (f->states, TRUE);
}

static void
make_proxy (Fixture *f, gint64 deadline)
{
  static const GstIceNiceTcpProxyFuncs funcs = { judge, on_changed };

  f->proxy = gst_ice_nice_tcp_proxy_new (
      f->context, g_socket_get_fd (f->nice), deadline, f->answers, &funcs, f);
}

/* It takes little. */
static void
limit (GSocket *socket)
{
  g_socket_set_option (socket, SOL_SOCKET, SO_SNDBUF, LITTLE, NULL);
  g_socket_set_option (socket, SOL_SOCKET, SO_RCVBUF, LITTLE, NULL);
}

/* A proxy that has nothing to do does not wake up. Returns: how often it did */
static guint
assert_rests (Fixture *f)
{
  guint i;

  for (i = 0; errno = EAGAIN, g_main_context_iteration (f->context, FALSE); i++)
    g_assert_cmpuint (i, <, MANY);
  return i;
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

/* Until all that the network's end has sent has come to the other one. */
static void
wait_for_arrival (Fixture *f)
{
  gint64 deadline = g_get_monotonic_time () + LOOPBACK_PATIENCE;
  gint n;

  while (ioctl (g_socket_get_fd (f->network), SIOCOUTQ, &n) == 0 && n > 0) {
    g_assert_cmpint (g_get_monotonic_time (), <, deadline);
    g_usleep (100);
  }
}

/* The octet at a place of the frames that send_frame() sends one by one. */
static guint8
get_octet (gsize at)
{
  gsize in_frame = at % WHOLE_SIZE;

  return in_frame == 0 ? FRAME_SIZE >> 8
      : in_frame == 1  ? FRAME_SIZE & 0xff
                       : (guint8) (at / WHOLE_SIZE + in_frame);
}

/* at: where it begins. Returns: what was taken */
static gsize
send_frame (GSocket *from, gsize at)
{
  guint8 frame[WHOLE_SIZE];
  gsize i;
  gssize n;

  for (i = 0; i < sizeof frame; i++)
    frame[i] = get_octet (at + i);
  n = send (g_socket_get_fd (from), frame, sizeof frame, MSG_NOSIGNAL);
  return MAX (n, 0);
}

/* Returns: how many octets were taken, of whole frames */
static gsize
fill (Fixture *f, GSocket *from, gsize at)
{
  gsize sent = 0;

  while (send_frame (from, at + sent) == WHOLE_SIZE) {
    sent += WHOLE_SIZE;
    g_assert_cmpuint (sent, <, MANY * WHOLE_SIZE);
    assert_rests (f);
  }
  return sent;
}

/* These octets come, and no more. */
static void
assert_comes (Fixture *f, GSocket *to, gsize at, gsize size)
{
  gint64 deadline = g_get_monotonic_time () + LOOPBACK_PATIENCE;
  guint8 octets[WHOLE_SIZE];
  const gsize end = at + size;

  while (at < end) {
    gssize n = recv (g_socket_get_fd (to), octets, sizeof octets, 0), i;

    g_assert_cmpint (g_get_monotonic_time (), <, deadline);
    for (i = 0; i < n; i++)
      g_assert_cmpuint (octets[i], ==, get_octet (at + (gsize) i));
    at += (gsize) MAX (n, 0);
    assert_rests (f);
  }
  g_assert_cmpuint (at, ==, end);
  g_assert_cmpint (
      recv (g_socket_get_fd (to), octets, sizeof octets, 0), ==, -1);
}

/* The other end has shown itself. */
static void
become_peer (Fixture *f)
{
  make_proxy (f, -1);
  g_assert_cmpuint (send_frame (f->network, 0), ==, WHOLE_SIZE);
  wait_for_state (f, GST_ICE_NICE_TCP_PROXY_PEER);
  assert_comes (f, f->nice, 0, WHOLE_SIZE);
}

static void
assert_ended (GSocket *socket)
{
  gchar octet;

  g_assert_true (g_socket_condition_timed_wait (
      socket, G_IO_IN, LOOPBACK_PATIENCE, NULL, NULL));
  g_assert_cmpint (recv (g_socket_get_fd (socket), &octet, 1, 0), ==, 0);
}

/* libnice does not see it, and what it sends then goes nowhere. */
static void
test_end_of_network (Fixture *f, gconstpointer unused)
{
  guint8 octet;
  guint i;

  become_peer (f);
  g_socket_close (f->network, NULL);
  wait_for_state (f, GST_ICE_NICE_TCP_PROXY_LOST);
  for (i = 0; i < 3; i++) {
    g_assert_cmpuint (send_frame (f->nice, 0), ==, WHOLE_SIZE);
    assert_rests (f);
  }
  g_assert_cmpint (recv (g_socket_get_fd (f->nice), &octet, 1, 0), ==, -1);
  g_assert_cmpint (errno, ==, EAGAIN);
  g_assert_cmpstr (f->states->str, ==, "PL");
  gst_ice_nice_tcp_proxy_silence (g_socket_get_fd (f->nice));
  wait_for_state (f, GST_ICE_NICE_TCP_PROXY_CLOSED);
  g_assert_cmpstr (f->states->str, ==, "PLC");
}

static void
reset_network (Fixture *f)
{
  const struct linger at_once = { .l_onoff = 1 };

  g_assert_cmpint (setsockopt (g_socket_get_fd (f->network), SOL_SOCKET,
                       SO_LINGER, &at_once, sizeof at_once),
      ==, 0);
  g_socket_close (f->network, NULL);
}

static void
test_reset (Fixture *f, gconstpointer unused)
{
  become_peer (f);
  reset_network (f);
  wait_for_state (f, GST_ICE_NICE_TCP_PROXY_LOST);
  g_assert_cmpstr (f->states->str, ==, "PL");
}

/* Also while something waits to be sent. */
static void
test_reset_of_slow_network (Fixture *f, gconstpointer unused)
{
  limit (f->nice);
  limit (f->network);
  become_peer (f);
  fill (f, f->nice, 0);
  reset_network (f);
  wait_for_state (f, GST_ICE_NICE_TCP_PROXY_LOST);
  g_assert_cmpuint (send_frame (f->nice, 0), ==, WHOLE_SIZE);
  assert_rests (f);
  g_assert_cmpstr (f->states->str, ==, "PL");
}

static void
test_end_of_libnice (Fixture *f, gconstpointer unused)
{
  become_peer (f);
  gst_ice_nice_tcp_proxy_silence (g_socket_get_fd (f->nice));
  wait_for_state (f, GST_ICE_NICE_TCP_PROXY_CLOSED);
  assert_ended (f->network);
  g_assert_cmpstr (f->states->str, ==, "PC");
}

/* Before it has shown a password, libnice sees the end. */
static void
test_end_of_stranger (Fixture *f, gconstpointer unused)
{
  make_proxy (f, -1);
  g_socket_close (f->network, NULL);
  wait_for_state (f, GST_ICE_NICE_TCP_PROXY_CLOSED);
  assert_ended (f->nice);
  g_assert_cmpstr (f->states->str, ==, "C");
}

static void
test_stranger (Fixture *f, gconstpointer unused)
{
  f->verdict = NICE_TCP_FRAME_STRANGER;
  make_proxy (f, -1);
  send_frame (f->network, 0);
  wait_for_state (f, GST_ICE_NICE_TCP_PROXY_CLOSED);
  assert_ended (f->nice);
  g_assert_cmpstr (f->states->str, ==, "C");
}

/* A frame and a half at a time. */
static void
test_pieces (Fixture *f, gconstpointer unused)
{
  guint8 octets[3 * WHOLE_SIZE];
  const gsize half = sizeof octets / 2;
  gsize i;

  for (i = 0; i < sizeof octets; i++)
    octets[i] = get_octet (i);
  become_peer (f);
  for (i = 0; i < 2; i++) {
    g_assert_cmpint (send (g_socket_get_fd (f->network), octets + i * half,
                         half, MSG_NOSIGNAL),
        ==, half);
    wait_for_arrival (f);
    assert_rests (f);
  }
  assert_comes (f, f->nice, 0, sizeof octets);
}

static void
test_slow_libnice (Fixture *f, gconstpointer unused)
{
  gsize n;

  limit (f->nice);
  limit (f->network);
  become_peer (f);
  n = fill (f, f->network, WHOLE_SIZE);
  assert_comes (f, f->nice, WHOLE_SIZE, n);
  g_assert_cmpstr (f->states->str, ==, "P");
}

static void
test_slow_network (Fixture *f, gconstpointer unused)
{
  guint i;

  limit (f->nice);
  limit (f->network);
  become_peer (f);
  for (i = 0; i < 2; i++) {
    gsize n = fill (f, f->nice, 0);

    /* the other direction is not affected */
    g_assert_cmpuint (send_frame (f->network, 0), ==, WHOLE_SIZE);
    wait_for_arrival (f);
    assert_rests (f);
    assert_comes (f, f->nice, 0, WHOLE_SIZE);
    assert_comes (f, f->network, 0, n);
  }
  g_assert_cmpstr (f->states->str, ==, "P");
}

/* Waits until they have come to the other end of the connection, here. */
static void
send_octets (Fixture *f, gint here, const guint8 *octets, gsize size)
{
  gint64 deadline = g_get_monotonic_time () + LOOPBACK_PATIENCE;
  gint n = 0;

  g_assert_cmpint (
      send (g_socket_get_fd (f->network), octets, size, MSG_NOSIGNAL), ==,
      size);
  while (ioctl (here, FIONREAD, &n) == 0 && (gsize) n < size) {
    g_assert_cmpint (g_get_monotonic_time (), <, deadline);
    g_usleep (100);
  }
}

/* What comes in does not touch what waits to be sent, however large it is. */
static void
test_large_frames (Fixture *f, gconstpointer unused)
{
  static guint8 octets[2 * NICE_TCP_FRAME_MAX], got[NICE_TCP_FRAME_MAX];
  const gsize part = 40000; /* all of two parts would not fit */
  gint here = dup (g_socket_get_fd (f->nice));
  gsize n;

  octets[0] = octets[1] = 0xff;
  octets[NICE_TCP_FRAME_MAX] = octets[NICE_TCP_FRAME_MAX + 1] = 0xff;
  memset (octets + 2, 'a', NICE_TCP_FRAME_MAX - 2);
  g_socket_set_option (f->nice, SOL_SOCKET, SO_SNDBUF, LITTLE, NULL);
  g_socket_set_option (f->network, SOL_SOCKET, SO_RCVBUF, LITTLE, NULL);
  g_socket_set_option (f->nice, SOL_SOCKET, SO_RCVBUF, 1 << 20, NULL);
  g_socket_set_option (f->network, SOL_SOCKET, SO_SNDBUF, 1 << 20, NULL);
  become_peer (f);
  n = fill (f, f->nice, 0);
  send_octets (f, here, octets, part);
  assert_rests (f);
  send_octets (f, here, octets + part, part);
  assert_rests (f);
  g_assert_cmpint (recv (g_socket_get_fd (f->nice), got, sizeof got, 0), ==,
      NICE_TCP_FRAME_MAX);
  g_assert_cmpint (memcmp (got, octets, NICE_TCP_FRAME_MAX), ==, 0);
  assert_comes (f, f->network, 0, n);
  close (here);
}

/* One turn of the context passes so many frames from libnice, and no more. */
static void
test_budget (Fixture *f, gconstpointer unused)
{
  guint n, i;

  become_peer (f);
  for (n = BUDGET; n <= BUDGET + 1; n++) {
    for (i = 0; i < n; i++)
      g_assert_cmpint (send (g_socket_get_fd (f->nice), "\0\1x", 3, 0), ==, 3);
    g_assert_cmpuint (assert_rests (f), ==, n == BUDGET ? 1 : 2);
  }
}

/* A stranger may stay until it is over, a peer longer. */
static void
test_deadline (Fixture *f, gconstpointer unused)
{
  f->verdict = NICE_TCP_FRAME_UNKNOWN;
  make_proxy (f, g_get_monotonic_time () + G_TIME_SPAN_HOUR);
  g_assert_cmpint (context_get_timeout (f->context), >, 0);
  send_frame (f->network, 0);
  wait_for_arrival (f);
  assert_rests (f);
  g_assert_cmpstr (f->states->str, ==, "");
  g_assert_cmpint (context_get_timeout (f->context), >, 0);
  f->verdict = NICE_TCP_FRAME_PEER;
  send_frame (f->network, WHOLE_SIZE);
  wait_for_state (f, GST_ICE_NICE_TCP_PROXY_PEER);
  g_assert_cmpint (context_get_timeout (f->context), ==, -1);
  assert_comes (f, f->nice, 0, 2 * WHOLE_SIZE);
}

static void
test_no_deadline (Fixture *f, gconstpointer unused)
{
  f->verdict = NICE_TCP_FRAME_UNKNOWN;
  make_proxy (f, -1);
  g_assert_cmpint (context_get_timeout (f->context), ==, -1);
  send_frame (f->network, 0);
  wait_for_arrival (f);
  assert_rests (f);
  g_assert_cmpstr (f->states->str, ==, "");
}

/* A peer does not show itself in time. */
static void
test_late (Fixture *f, gconstpointer unused)
{
  make_proxy (f, 0);
  wait_for_state (f, GST_ICE_NICE_TCP_PROXY_CLOSED);
  assert_ended (f->nice);
  assert_ended (f->network);
}

/* Both ends of the connection end, and nothing stays open. */
static void
test_free (Fixture *f, gconstpointer unused)
{
  guint n = count_descriptors ();

  become_peer (f);
  gst_ice_nice_tcp_proxy_free (f->proxy);
  f->proxy = NULL;
  assert_ended (f->nice);
  assert_ended (f->network);
  g_assert_cmpuint (count_descriptors (), ==, n);
  g_assert_cmpstr (f->states->str, ==, "P");
}

/* A proxy needs three more for a moment; without one, nothing changes. */
static void
test_no_descriptors (Fixture *f, gconstpointer unused)
{
  guint n = count_descriptors (), i;
  rlim_t soft = limit_descriptors (MAX_DESCRIPTORS);

  for (i = 0; i < 3; i++) {
    GArray *taken = take_descriptors (i);

    make_proxy (f, -1);
    give_back_descriptors (taken);
    g_assert_null (f->proxy);
    g_assert_cmpuint (count_descriptors (), ==, n);
  }
  limit_descriptors (soft);
  become_peer (f);
}

static void
test_owns (Fixture *f, gconstpointer unused)
{
  gint fd = find_free_descriptor ();

  make_proxy (f, -1);
  g_assert_true (gst_ice_nice_tcp_proxy_owns (f->proxy, fd));
  g_assert_false (gst_ice_nice_tcp_proxy_owns (f->proxy, fd + 1));
  g_assert_false (
      gst_ice_nice_tcp_proxy_owns (f->proxy, g_socket_get_fd (f->nice)));
}

static void
test_between (Fixture *f, gconstpointer unused)
{
  NiceAddress local, remote;

  loopback_get_address (f->nice, &local);
  loopback_get_address (f->network, &remote);
  make_proxy (f, -1);
  g_assert_false (
      gst_ice_nice_tcp_proxy_is_between (f->proxy, &local, &remote));
  send_frame (f->network, 0);
  wait_for_state (f, GST_ICE_NICE_TCP_PROXY_PEER);
  g_assert_true (gst_ice_nice_tcp_proxy_is_between (f->proxy, &local, &remote));
  g_assert_false (gst_ice_nice_tcp_proxy_is_between (f->proxy, &local, &local));
  g_assert_false (
      gst_ice_nice_tcp_proxy_is_between (f->proxy, &remote, &remote));
}

#endif

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#ifdef __linux__
  g_test_add_data_func ("/tcp-proxy/silence", NULL, test_silence);
  g_test_add_data_func (
      "/tcp-proxy/silence-without-input", "without", test_silence);
  g_test_add_func ("/tcp-proxy/silence-of-others", test_silence_of_others);
  g_test_add_data_func ("/tcp-proxy/silence-connections/127.0.0.1", "127.0.0.1",
      test_silence_connections);
  g_test_add_data_func (
      "/tcp-proxy/silence-connections/::1", "::1", test_silence_connections);
#define ADD(name, function)                                                    \
  g_test_add ("/tcp-proxy/" name, Fixture, NULL, set_up, function, tear_down); \
  g_test_add ("/tcp-proxy/" name "/without-input", Fixture, "without", set_up, \
      function, tear_down)
  ADD ("end-of-network", test_end_of_network);
  ADD ("reset", test_reset);
  ADD ("reset-of-slow-network", test_reset_of_slow_network);
  ADD ("end-of-libnice", test_end_of_libnice);
  ADD ("end-of-stranger", test_end_of_stranger);
  ADD ("stranger", test_stranger);
  ADD ("pieces", test_pieces);
  ADD ("slow-libnice", test_slow_libnice);
  ADD ("slow-network", test_slow_network);
  ADD ("large-frames", test_large_frames);
  ADD ("budget", test_budget);
  ADD ("deadline", test_deadline);
  ADD ("no-deadline", test_no_deadline);
  ADD ("late", test_late);
  ADD ("free", test_free);
  ADD ("no-descriptors", test_no_descriptors);
  ADD ("owns", test_owns);
  ADD ("between", test_between);
#undef ADD
#endif
  return g_test_run ();
}
