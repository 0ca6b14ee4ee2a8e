/* gst-ice: tests of the peer's requests, by pair and by socket.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "pairsfixture.h"

static void
ignore (gpointer unused)
{
}

static void
assert_request (PairsFixture *f, guint remote_port, guint socket,
    gboolean use_candidate, guint id, gboolean on_selected)
{
  NiceRequest request;
  gboolean selected;

  g_assert_true (
      gst_ice_nice_pairs_take_request (f->pairs, &request, &selected));
  g_assert_cmpstr (request.remote.address, ==, PAIRS_REMOTE);
  g_assert_cmpuint (request.remote.port, ==, remote_port);
  g_assert_cmpuint (request.socket, ==, socket);
  g_assert_cmpint (request.use_candidate, ==, use_candidate);
  g_assert_cmpuint (request.pair, ==, id);
  g_assert_cmpint (selected, ==, on_selected);
}

static void
assert_no_request (PairsFixture *f)
{
  NiceRequest request;
  gboolean selected;

  g_assert_false (
      gst_ice_nice_pairs_take_request (f->pairs, &request, &selected));
  g_assert_false (selected);
}

static void
test_take (PairsFixture *f, gconstpointer unused)
{
  assert_no_request (f);
  pairs_trace_added (f, 0xa, 40001, 50001);
  pairs_trace_added (f, 0xb, 40001, 50002);
  pairs_select (f, 40001, 50001);
  pairs_trace_check (f, 6, 50002, FALSE, 0xb);
  pairs_trace_check (f, 6, 50001, TRUE, 0xa);
  pairs_trace_check (f, 6, 50003, FALSE, 0);
  assert_request (f, 50002, 6, FALSE, 0xb, FALSE);
  assert_request (f, 50001, 6, TRUE, 0xa, TRUE);
  assert_request (f, 50003, 6, FALSE, 0, FALSE);
  assert_no_request (f);
}

/* Two pairs from one base to one address: the selected one is a valid pair
 * that the other's check has found. */
static void
test_same_path (PairsFixture *f, gconstpointer unused)
{
  pairs_trace_added (f, 0xa, 40001, 50001);
  pairs_trace_added (f, 0xb, 40001, 50001);
  pairs_select (f, 40001, 50001);
  pairs_trace_check (f, 6, 50001, FALSE, 0xb);
  assert_request (f, 50001, 6, FALSE, 0xb, TRUE);
  pairs_trace_check (f, 6, 50001, FALSE, 0xa);
  assert_request (f, 50001, 6, FALSE, 0xa, TRUE);
}

static void
test_watch (PairsFixture *f, gconstpointer unused)
{
  GstIceAlarm *alarm = gst_ice_alarm_new (f->context, ignore, NULL);

  gst_ice_nice_pairs_watch_requests (f->pairs, alarm);
  pairs_trace_added (f, 0xa, 40001, 50001);
  g_assert_false (gst_ice_alarm_is_set (alarm));
  pairs_trace_check (f, 6, 50001, FALSE, 0xa);
  g_assert_true (gst_ice_alarm_is_set (alarm));
  gst_ice_alarm_set (alarm, -1);
  gst_ice_nice_pairs_watch_requests (f->pairs, NULL);
  pairs_trace_check (f, 6, 50001, FALSE, 0xa);
  g_assert_false (gst_ice_alarm_is_set (alarm));
  gst_ice_alarm_free (alarm);
}

/* Which senders libnice can have forwarded datagrams from. */

#define MANY NICE_REQUESTS_SENDERS_MANY
#define APART NICE_REQUESTS_SENDERS_APART
#define ONE NICE_REQUESTS_SENDERS_ONE

static GSocket *
add_socket (PairsFixture *f, GSocketType type, gboolean is_steered)
{
  g_autoptr (GError) error = NULL;
  GSocket *socket = g_socket_new (G_SOCKET_FAMILY_IPV4, type,
      type == G_SOCKET_TYPE_STREAM ? G_SOCKET_PROTOCOL_TCP
                                   : G_SOCKET_PROTOCOL_UDP,
      &error);

  g_assert_no_error (error);
  gst_ice_nice_pairs_add_socket (f->pairs, socket, is_steered);
  return socket;
}

static void
set_remote (PairsFixture *f, guint16 port, gboolean is_steered)
{
  NiceTraceEndpoint remote = { PAIRS_REMOTE, port };

  gst_ice_nice_pairs_set_remote (f->pairs, &remote, is_steered);
}

static void
test_senders (PairsFixture *f, gconstpointer unused)
{
  g_autoptr (GSocket)
      steered G_GNUC_UNUSED = add_socket (f, G_SOCKET_TYPE_DATAGRAM, TRUE);
  g_autoptr (GSocket) plain = add_socket (f, G_SOCKET_TYPE_DATAGRAM, FALSE);
  guint steered_fd = (guint) g_socket_get_fd (steered);
  guint plain_fd = (guint) g_socket_get_fd (plain);
  gint senders = -1;

  gst_ice_nice_pairs_watch_senders (f->pairs, &senders);
  g_assert_cmpint (senders, ==, MANY); /* no pair is selected */
  set_remote (f, 50001, FALSE);
  g_assert_cmpint (senders, ==, MANY); /* no check has come */
  pairs_trace_check (f, plain_fd, 50001, FALSE, 0);
  g_assert_cmpint (senders, ==, ONE);
  pairs_trace_check (f, steered_fd, 50002, FALSE, 0);
  g_assert_cmpint (senders, ==, APART);
  pairs_trace_check (f, plain_fd, 50003, FALSE, 0);
  g_assert_cmpint (senders, ==, MANY);

  gst_ice_nice_pairs_restart (f->pairs);
  set_remote (f, 50001, TRUE);
  g_assert_cmpint (senders, ==, APART);
  pairs_trace_check (f, steered_fd, 50001, FALSE, 0);
  g_assert_cmpint (senders, ==, ONE);
  pairs_trace_check (f, steered_fd, 50002, FALSE, 0);
  g_assert_cmpint (senders, ==, APART);
  pairs_trace_check (f, plain_fd, 50001, FALSE, 0);
  g_assert_cmpint (senders, ==, MANY);
}

/* The peer answers a check of libnice's. */
static void
trace_answer (PairsFixture *f, guint remote_port, guint id)
{
  pairs_trace (f,
      ": inbound STUN packet for 1/1 (stream/component) from [" PAIRS_REMOTE
      "]:%u (88 octets) :",
      remote_port);
  pairs_trace (f, " : pair 0x%x MATCHED.", id);
}

/* An answer names no socket: while all UDP sockets are steered, that of a pair
 * that is known and not relayed is, too. */
static void
test_answers (PairsFixture *f, gconstpointer unused)
{
  g_autoptr (GSocket)
      steered G_GNUC_UNUSED = add_socket (f, G_SOCKET_TYPE_DATAGRAM, TRUE);
  g_autoptr (GSocket)
      tcp G_GNUC_UNUSED = add_socket (f, G_SOCKET_TYPE_STREAM, FALSE);
  g_autoptr (GSocket) plain = NULL;
  g_autoptr (IceCandidate)
      relay = pairs_make_candidate (PAIRS_LOCAL, 40002, "relay", 1);
  gint senders;

  gst_ice_nice_pairs_watch_senders (f->pairs, &senders);
  gst_ice_nice_pairs_add_candidate (f->pairs, relay, TRUE);
  pairs_trace_added (f, 0xa, 40001, 50001);
  pairs_trace_added (f, 0xb, 40001, 50002);
  pairs_trace_added (f, 0xc, 40002, 50001);
  set_remote (f, 50001, TRUE);
  trace_answer (f, 50001, 0xa);
  g_assert_cmpint (senders, ==, ONE);
  trace_answer (f, 50002, 0xb);
  g_assert_cmpint (senders, ==, APART);
  trace_answer (f, 50001, 0xc);
  g_assert_cmpint (senders, ==, MANY);

  gst_ice_nice_pairs_restart (f->pairs);
  plain = add_socket (f, G_SOCKET_TYPE_DATAGRAM, FALSE);
  pairs_trace_added (f, 0xa, 40001, 50001);
  pairs_trace_added (f, 0xb, 40001, 50002);
  trace_answer (f, 50001, 0xa);
  trace_answer (f, 50002, 0xb);
  g_assert_cmpint (senders, ==, MANY);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  pairs_add_test ("/pair-requests/take", test_take);
  pairs_add_test ("/pair-requests/same-path", test_same_path);
  pairs_add_test ("/pair-requests/watch", test_watch);
  pairs_add_test ("/pair-requests/senders", test_senders);
  pairs_add_test ("/pair-requests/answers", test_answers);
  return g_test_run ();
}
