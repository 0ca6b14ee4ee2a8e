/* gst-ice: tests of lookups in the table of a NiceAgent's pairs.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "pairsfixture.h"

static void
test_checked (PairsFixture *f, gconstpointer unused)
{
  g_assert_true (gst_ice_nice_pairs_are_checked (f->pairs));
  g_assert_cmpuint (gst_ice_nice_pairs_count_open (f->pairs), ==, 0);
  pairs_trace_added (f, 0xa, 40001, 50001);
  pairs_trace_added (f, 0xb, 40001, 50002);
  g_assert_false (gst_ice_nice_pairs_are_checked (f->pairs));
  g_assert_cmpuint (gst_ice_nice_pairs_count_open (f->pairs), ==, 2);
  pairs_trace_state (f, 0xa, "WAITING");
  pairs_trace_state (f, 0xb, "FAILED");
  g_assert_false (gst_ice_nice_pairs_are_checked (f->pairs));
  g_assert_cmpuint (gst_ice_nice_pairs_count_open (f->pairs), ==, 1);
  pairs_trace_state (f, 0xa, "IN_PROGRESS");
  g_assert_false (gst_ice_nice_pairs_are_checked (f->pairs));
  pairs_trace_state (f, 0xa, "SUCCEEDED");
  g_assert_true (gst_ice_nice_pairs_are_checked (f->pairs));
  g_assert_cmpuint (gst_ice_nice_pairs_count_open (f->pairs), ==, 1);
  pairs_trace (f, " : pair 0xa removed.");
  g_assert_cmpuint (gst_ice_nice_pairs_count_open (f->pairs), ==, 0);
}

/* A check without an answer counts as failed after a time, one that has ended
 * at once, also while the pair is checked again. */
static void
test_failing_time (PairsFixture *f, gconstpointer unused)
{
  gint64 before, after, when;

  g_assert_cmpint (gst_ice_nice_pairs_get_failing_time (f->pairs), ==, -1);
  pairs_trace_added (f, 0xa, 40001, 50001);
  g_assert_cmpint (gst_ice_nice_pairs_get_failing_time (f->pairs), ==, -1);
  before = g_get_monotonic_time ();
  pairs_trace_request (f, 0xa);
  after = g_get_monotonic_time ();
  when = gst_ice_nice_pairs_get_failing_time (f->pairs);
  g_assert_cmpint (when, >=, before + ICE_CHECKLIST_ANSWER_TIME);
  g_assert_cmpint (when, <=, after + ICE_CHECKLIST_ANSWER_TIME);
  pairs_trace_state (f, 0xa, "FAILED");
  g_assert_cmpint (gst_ice_nice_pairs_get_failing_time (f->pairs), ==, 0);
  pairs_trace_state (f, 0xa, "IN_PROGRESS");
  g_assert_cmpint (gst_ice_nice_pairs_get_failing_time (f->pairs), ==, 0);
  pairs_trace_state (f, 0xa, "SUCCEEDED");
  g_assert_cmpint (gst_ice_nice_pairs_get_failing_time (f->pairs), ==, -1);
}

static void
test_nominated (PairsFixture *f, gconstpointer unused)
{
  g_autoptr (IceCandidate)
      local = pairs_make_candidate (PAIRS_LOCAL, 40001, "host", 1);
  g_autoptr (IceCandidate)
      remote = pairs_make_candidate (PAIRS_REMOTE, 50001, "host", 1);
  g_autoptr (IceCandidate)
      other = pairs_make_candidate (PAIRS_REMOTE, 50002, "host", 1);

  /* without a trace */
  g_assert_true (gst_ice_nice_pairs_is_nominated (f->pairs, local, remote));
  pairs_trace (f, " : In ICE-FULL mode, starting candidate gathering.");
  g_assert_false (gst_ice_nice_pairs_is_nominated (f->pairs, local, remote));
  pairs_trace_added (f, 0xa, 40001, 50001);
  pairs_trace_added (f, 0xb, 40001, 50002);
  g_assert_false (gst_ice_nice_pairs_is_nominated (f->pairs, local, remote));
  pairs_trace_nominated (f, 0xa);
  g_assert_true (gst_ice_nice_pairs_is_nominated (f->pairs, local, remote));
  g_assert_false (gst_ice_nice_pairs_is_nominated (f->pairs, local, other));
}

static void
test_prflx (PairsFixture *f, gconstpointer unused)
{
  g_autoptr (IceCandidate)
      signalled = pairs_make_candidate (PAIRS_REMOTE, 50001, "host", 1);
  g_autoptr (IceCandidate)
      found = pairs_make_candidate (PAIRS_REMOTE, 50002, "host", 1);
  g_autoptr (IceCandidate)
      absent = pairs_make_candidate (PAIRS_REMOTE, 50003, "prflx", 1);

  pairs_add_candidates (f, 40001, 1, 50001, 1);
  pairs_trace_added (f, 0xa, 40001, 50002);
  pairs_trace_added (f, 0xb, 40001, 50001);
  g_assert_false (gst_ice_nice_pairs_is_prflx (f->pairs, signalled));
  g_assert_true (gst_ice_nice_pairs_is_prflx (f->pairs, found));
  g_assert_false (gst_ice_nice_pairs_is_prflx (f->pairs, absent));
}

static void
test_selected_local (PairsFixture *f, gconstpointer unused)
{
  IceCheckEndpoint base = { PAIRS_LOCAL, 40001 };
  IceCheckEndpoint other = { PAIRS_LOCAL, 40002 };
  IceCandidate *local;

  pairs_trace_added (f, 0xa, 40001, 50001);
  g_assert_null (gst_ice_nice_pairs_get_selected_local (f->pairs, &base));
  pairs_select (f, 40001, 50001);
  /* libnice has not reported the candidate yet */
  g_assert_null (gst_ice_nice_pairs_get_selected_local (f->pairs, &base));
  pairs_add_candidates (f, 40001, 2130706431, 50001, 1);
  g_assert_null (gst_ice_nice_pairs_get_selected_local (f->pairs, &other));
  local = gst_ice_nice_pairs_get_selected_local (f->pairs, &base);
  g_assert_cmpstr (local->address, ==, PAIRS_LOCAL);
  g_assert_cmpuint (local->port, ==, 40001);
  g_assert_cmpuint (local->priority, ==, 2130706431);
  g_assert_cmpint (local->type, ==, ICE_CANDIDATE_TYPE_HOST);
  ice_candidate_free (local);
}

/* Only UDP pairs that libnice has now. */
static void
test_find_live (PairsFixture *f, gconstpointer unused)
{
  const IceCheckEndpoint base = { PAIRS_LOCAL, 40001 };
  const IceCheckEndpoint remote = { PAIRS_REMOTE, 50001 };
  const IceCheckPair *row;

  pairs_trace (f, " : pair 0xc state FROZEN (priv_add_new_check_pair)");
  pairs_trace (f,
      " : new pair 0xc : [" PAIRS_LOCAL "]:40001 --> [" PAIRS_REMOTE "]:50001");
  pairs_trace (f,
      " : added a new pair 0xc with foundation '1:1' and transport "
      "tcp-pass:tcp-act to stream 1 component 1");
  g_assert_null (gst_ice_nice_pairs_find_live (f->pairs, &base, &remote));
  pairs_trace_added (f, 0xa, 40001, 50001);
  row = gst_ice_nice_pairs_find_live (f->pairs, &base, &remote);
  g_assert_true (row == ice_checklist_find (f->pairs->list, 0xa));
  g_assert_nonnull (row);
  pairs_trace_state (f, 0xa, "FAILED");
  pairs_trace (f, " : pair 0xa removed.");
  g_assert_null (gst_ice_nice_pairs_find_live (f->pairs, &base, &remote));
}

static void
test_last_check (PairsFixture *f, gconstpointer unused)
{
  gint64 before;

  g_assert_cmpint (gst_ice_nice_pairs_get_last_check (f->pairs), ==, 0);
  before = g_get_monotonic_time ();
  pairs_trace_check (f, 6, 50001, FALSE, 0);
  g_assert_cmpint (gst_ice_nice_pairs_get_last_check (f->pairs), >=, before);
  g_assert_cmpint (gst_ice_nice_pairs_get_last_check (f->pairs), <=,
      g_get_monotonic_time ());
}

static void
test_tie_breaker (PairsFixture *f, gconstpointer unused)
{
  g_assert_cmpuint (gst_ice_nice_pairs_get_tie_breaker (f->pairs), ==, 0);
  pairs_trace_request (f, 0xa);
  g_assert_cmpuint (gst_ice_nice_pairs_get_tie_breaker (f->pairs), ==,
      G_GUINT64_CONSTANT (6545775123339351923));
}

/* Checks that were answered beside libnice, of the selected pair's peer. */
static void
test_answered (PairsFixture *f, gconstpointer unused)
{
  g_autoptr (GSocketAddress)
      peer = g_inet_socket_address_new_from_string (PAIRS_REMOTE, 50001);
  g_autoptr (GSocketAddress)
      other = g_inet_socket_address_new_from_string (PAIRS_REMOTE, 50002);

  pairs_add_candidates (f, 40001, 1, 50001, 1);
  pairs_trace_added (f, 0xa, 40001, 50001);
  gst_ice_nice_pairs_count_answered (f->pairs, G_INET_SOCKET_ADDRESS (peer));
  g_assert_cmpuint (pairs_get_count (f, "requests-received"), ==, 0);
  pairs_select (f, 40001, 50001);
  gst_ice_nice_pairs_count_answered (f->pairs, G_INET_SOCKET_ADDRESS (other));
  g_assert_cmpuint (pairs_get_count (f, "requests-received"), ==, 0);
  gst_ice_nice_pairs_count_answered (f->pairs, G_INET_SOCKET_ADDRESS (peer));
  g_assert_cmpuint (pairs_get_count (f, "requests-received"), ==, 1);
  g_assert_cmpuint (pairs_get_count (f, "responses-sent"), ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  pairs_add_test ("/pair-table/checked", test_checked);
  pairs_add_test ("/pair-table/failing-time", test_failing_time);
  pairs_add_test ("/pair-table/nominated", test_nominated);
  pairs_add_test ("/pair-table/prflx", test_prflx);
  pairs_add_test ("/pair-table/selected-local", test_selected_local);
  pairs_add_test ("/pair-table/find-live", test_find_live);
  pairs_add_test ("/pair-table/last-check", test_last_check);
  pairs_add_test ("/pair-table/tie-breaker", test_tie_breaker);
  pairs_add_test ("/pair-table/answered", test_answered);
  return g_test_run ();
}
