/* gst-ice: tests of how libnice's trace and candidates become pairs.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "loopback.h"
#include "pairsfixture.h"
#include "stun/iceturnretries.h"

static void
test_has_trace (PairsFixture *f, gconstpointer unused)
{
  pairs_trace_added (f, 0xa, 40001, 50001);
  g_assert_false (gst_ice_nice_pairs_has_trace (f->pairs));
  g_assert_false (gst_ice_nice_pairs_check_trace (f->pairs));
  pairs_trace (f, " : In ICE-FULL mode, starting candidate gathering.");
  g_assert_true (gst_ice_nice_pairs_has_trace (f->pairs));
  g_assert_true (gst_ice_nice_pairs_check_trace (f->pairs));
}

/* Lines about another agent are not of these pairs. */
static void
test_other_agent (PairsFixture *f, gconstpointer unused)
{
  g_log ("libnice", G_LOG_LEVEL_DEBUG, "Agent %p%s", (gpointer) &f->pairs,
      " : In ICE-FULL mode, starting candidate gathering.");
  g_assert_false (gst_ice_nice_pairs_has_trace (f->pairs));
}

/* From the first pair to the selected one, as libnice writes it. */
static void
test_call (PairsFixture *f, gconstpointer unused)
{
  pairs_add_candidates (f, 40001, 2130706431, 50001, 2130706431);
  pairs_trace_added (f, 0xa, 40001, 50001);
  pairs_trace_added (f, 0xb, 40001, 50002);
  pairs_trace_state (f, 0xa, "WAITING");
  pairs_trace_request (f, 0xa);
  pairs_trace_state (f, 0xa, "IN_PROGRESS");
  pairs_trace_state (f, 0xa, "SUCCEEDED");
  pairs_trace_state (f, 0xb, "FAILED");
  pairs_trace_nominated (f, 0xa);
  pairs_trace (
      f, ": Local selected pair: 1:1 1 UDP " PAIRS_LOCAL ":40001 HOST");
  pairs_trace (
      f, ": Remote selected pair: 1:1 1 UDP " PAIRS_REMOTE ":50001 HOST");
  pairs_assert_list (f,
      "40001-50001:succeeded:nominated:selected "
      "40001-50002:failed ");
}

static void
assert_id (PairsFixture *f, const gchar *expected)
{
  g_autoptr (GPtrArray)
      pairs = gst_ice_nice_pairs_list (f->pairs, GST_ICE_ROLE_CONTROLLING);
  const GstStructure *last = g_ptr_array_index (pairs, pairs->len - 1);

  g_assert_cmpstr (gst_structure_get_string (last, "id"), ==, expected);
}

/* Media goes on over the selected pair; the same addresses are another pair,
 * and the peer's candidates have to come again. */
static void
test_restart (PairsFixture *f, gconstpointer unused)
{
  pairs_add_candidates (f, 40001, 1, 50001, 1);
  pairs_trace_added (f, 0xa, 40001, 50001);
  pairs_trace_added (f, 0xb, 40001, 50002);
  pairs_trace_state (f, 0xa, "SUCCEEDED");
  pairs_select (f, 40001, 50001);
  gst_ice_nice_pairs_restart (f->pairs);
  pairs_assert_list (f, "40001-50001:succeeded:selected ");
  assert_id (f, "pair-0-1-1-udp-" PAIRS_LOCAL "-40001-" PAIRS_REMOTE "-50001");
  pairs_trace_added (f, 0xa, 40001, 50001);
  pairs_assert_list (f, "40001-50001:succeeded:selected 40001-50001:frozen ");
  assert_id (f, "pair-0-1-2-udp-" PAIRS_LOCAL "-40001-" PAIRS_REMOTE "-50001");
  pairs_assert_log (f,
      "40001-50001:frozen 40001-50002:frozen 40001-50001:succeeded "
      "~40001-50001:succeeded:selected ~40001-50002:frozen "
      "40001-50001:frozen ");
  g_assert_cmpstr (
      gst_structure_get_string (f->last, "remote-type"), ==, "prflx");
}

static void
test_retire (PairsFixture *f, gconstpointer unused)
{
  pairs_trace_added (f, 0xa, 40001, 50001);
  pairs_trace_added (f, 0xb, 40001, 50002);
  pairs_select (f, 40001, 50001);
  pairs_drain (f);
  gst_ice_nice_pairs_retire (f->pairs);
  pairs_trace_added (f, 0xc, 40001, 50003);
  pairs_assert_list (f, "40001-50001:frozen:selected ");
}

static gboolean
accepts (PairsFixture *f, guint16 port)
{
  g_autoptr (GSocketAddress)
      address = g_inet_socket_address_new_from_string (PAIRS_REMOTE, port);
  struct sockaddr_storage native;

  g_assert_true (
      g_socket_address_to_native (address, &native, sizeof native, NULL));
  return gst_ice_peer_addresses_contain (
      gst_ice_datapath_get_peer_addresses (
          gst_ice_transport_get_datapath (f->transport)),
      &native, g_socket_address_get_native_size (address));
}

/* Data is accepted from a candidate that a check has come from, whichever is
 * first; a check may be repeated by anybody from elsewhere. */
static void
test_accept (PairsFixture *f, gconstpointer unused)
{
  pairs_add_candidates (f, 40001, 1, 50001, 1);
  g_assert_false (accepts (f, 50001));
  pairs_trace_check (f, 6, 50001, FALSE, 0);
  g_assert_true (accepts (f, 50001));
  pairs_trace_check (f, 6, 50002, FALSE, 0);
  g_assert_false (accepts (f, 50002));
  pairs_add_candidates (f, 40001, 1, 50002, 1);
  g_assert_true (accepts (f, 50002));
  pairs_add_candidates (f, 40001, 1, 50003, 1);
  g_assert_false (accepts (f, 50003));
}

/* A check of the peer shows a candidate that it has not signalled. */
static void
test_learn (PairsFixture *f, gconstpointer unused)
{
  g_autoptr (IceCandidate)
      found = pairs_make_candidate (PAIRS_REMOTE, 50002, "prflx", 1845494271);

  pairs_add_candidates (f, 40001, 2130706431, 50001, 2130706431);
  pairs_trace_added (f, 0xb, 40001, 50002);
  pairs_assert_log (f, "40001-50002:frozen ");
  g_assert_false (gst_structure_has_field (f->last, "remote-candidate"));
  gst_ice_nice_pairs_learn (f->pairs, found);
  pairs_assert_log (f, "~40001-50002:frozen ");
  g_assert_cmpstr (gst_structure_get_string (f->last, "remote-candidate"), ==,
      "candidate:1 1 UDP 1845494271 " PAIRS_REMOTE
      " 50002 typ prflx raddr 0.0.0.0 rport 0");
  gst_ice_nice_pairs_learn (f->pairs, found);
  pairs_assert_log (f, "");
}

static void
ignore (gpointer unused)
{
}

static void
trace_inbound (PairsFixture *f, guint octets)
{
  pairs_trace (f,
      ": inbound STUN packet for 1/1 (stream/component) from [" PAIRS_REMOTE
      "]:50001 (%u octets) :",
      octets);
}

static void
trace_stray (PairsFixture *f, guint octets)
{
  trace_inbound (f, octets);
  pairs_trace (
      f, " : Valid STUN response for which we don't have a request, ignoring");
}

/* Answers to requests of our own have the length of those to libnice's. */
static void
test_answers (PairsFixture *f, gconstpointer unused)
{
  const NiceTraceEndpoint peer = { PAIRS_REMOTE, 50001 };
  GstIceAlarm *alarm = gst_ice_alarm_new (f->context, ignore, NULL);
  gint64 before, at;

  g_assert_false (gst_ice_nice_pairs_watch_answers (f->pairs, &peer, alarm));
  trace_inbound (f, 88);
  pairs_trace (f, " : pair 0xa MATCHED.");
  g_assert_true (gst_ice_nice_pairs_watch_answers (f->pairs, &peer, alarm));
  trace_stray (f, 92);
  g_assert_false (gst_ice_alarm_is_set (alarm));
  g_assert_false (gst_ice_nice_pairs_take_answer (f->pairs, &at));
  before = g_get_monotonic_time ();
  trace_stray (f, 88);
  g_assert_true (gst_ice_alarm_is_set (alarm));
  g_assert_true (gst_ice_nice_pairs_take_answer (f->pairs, &at));
  g_assert_cmpint (at, >=, before);
  g_assert_cmpint (at, <=, g_get_monotonic_time ());
  g_assert_false (gst_ice_nice_pairs_take_answer (f->pairs, &at));
  g_assert_false (gst_ice_nice_pairs_watch_answers (f->pairs, NULL, NULL));
  trace_stray (f, 88);
  g_assert_false (gst_ice_nice_pairs_take_answer (f->pairs, &at));
  gst_ice_alarm_free (alarm);
}

#ifdef __linux__
/* An error to Refresh, which libnice's socket gets or not. */
static gboolean
error_gets_through (GSocket *server, GSocket *socket)
{
  static const gchar error[] = "\x01\x14\0\0\x21\x12\xa4\x42 unique id..";
  guint i, n = 0;

  for (i = 0; i < 10; i++) /* some are lost at random */
    n += loopback_gets_through (server, socket, error, sizeof error - 1);
  return n > 0;
}

/* Only errors to Refresh count against a TURN server. */
static void
test_refresh_errors (PairsFixture *f, gconstpointer unused)
{
  g_autoptr (GSocket) socket = loopback_make_socket ("127.0.0.1");
  g_autoptr (GSocket) server = loopback_make_socket ("127.0.0.1");
  g_autoptr (GSocketAddress)
      address = g_socket_get_local_address (server, NULL);
  guint i;

  gst_ice_nice_flood_guard_add_socket (f->flood_guard, socket);
  pairs_trace (f,
      ": inbound STUN packet for 1/1 (stream/component) from [127.0.0.1]:%u "
      "(88 octets) :",
      g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address)));
  for (i = 0; i < 4 * ICE_TURN_RETRIES_OTHER; i++) {
    pairs_trace (f,
        " : stun_turn_refresh_process for 0x78037210 res 3 with lifetime 9.");
    pairs_trace (f, " : stun_turn_process/disc for 0x78037210 res %d.",
        NICE_TRACE_TURN_ERROR);
  }
  g_assert_true (error_gets_through (server, socket));
  for (i = 0; i < 4 * ICE_TURN_RETRIES_OTHER; i++)
    pairs_trace (f,
        " : stun_turn_refresh_process for 0x78037210 res %d with lifetime 9.",
        NICE_TRACE_TURN_ERROR);
  g_assert_false (error_gets_through (server, socket));
}
#endif

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  pairs_add_test ("/pair-trace/has-trace", test_has_trace);
  pairs_add_test ("/pair-trace/other-agent", test_other_agent);
  pairs_add_test ("/pair-trace/call", test_call);
  pairs_add_test ("/pair-trace/restart", test_restart);
  pairs_add_test ("/pair-trace/retire", test_retire);
  pairs_add_test ("/pair-trace/accept", test_accept);
  pairs_add_test ("/pair-trace/learn", test_learn);
  pairs_add_test ("/pair-trace/answers", test_answers);
#ifdef __linux__
  pairs_add_test ("/pair-trace/refresh-errors", test_refresh_errors);
#endif
  return g_test_run ();
}
