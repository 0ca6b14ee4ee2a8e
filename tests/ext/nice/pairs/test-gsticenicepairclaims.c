/* gst-ice: tests of the bound on packets to addresses that do not answer, as
 * the pairs of one NiceAgent use it.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "pairsfixture.h"

#define PACKETS ICE_AMPLIFICATION_CHECK_PACKETS
#define MAX_CHECKS ICE_AMPLIFICATION_MAX_CHECKS

static IceAmplificationVerdict
claim (PairsFixture *f, guint checks)
{
  g_autoptr (IceCandidate)
      candidate = pairs_make_candidate (PAIRS_REMOTE, 50001, "host", 1);

  return gst_ice_nice_pairs_claim (f->pairs, candidate, checks);
}

static void
assert_claims (PairsFixture *f, guint checks, IceAmplificationVerdict verdict)
{
  g_assert_cmpint (claim (f, checks), ==, verdict);
}

static guint
count_packets (PairsFixture *f)
{
  return gst_ice_amplification_get_packets (f->amplification, PAIRS_REMOTE);
}

static void
begin_trace (PairsFixture *f)
{
  pairs_trace (f, " : In ICE-FULL mode, starting candidate gathering.");
}

/* The reservation of checks that have ended, or that libnice will not make, is
 * given back. */
static void
test_update (PairsFixture *f, gconstpointer unused)
{
  begin_trace (f);
  assert_claims (f, MAX_CHECKS, ICE_AMPLIFICATION_ALLOWED);
  assert_claims (f, 1, ICE_AMPLIFICATION_WAIT);
  g_assert_cmpuint (count_packets (f), ==, 0);
  pairs_trace_added (f, 0xa, 40001, 50001);
  pairs_trace_added (f, 0xb, 40002, 50001);

  /* 2 pairs, and 21 that libnice may still make */
  gst_ice_nice_pairs_update_claims (f->pairs, MAX_CHECKS - 3);
  assert_claims (f, 2, ICE_AMPLIFICATION_WAIT);
  assert_claims (f, 1, ICE_AMPLIFICATION_ALLOWED);

  /* 2 pairs of 2 candidates */
  gst_ice_nice_pairs_update_claims (f->pairs, 0);
  assert_claims (f, MAX_CHECKS - 1, ICE_AMPLIFICATION_WAIT);
  pairs_trace_state (f, 0xa, "FAILED");
  gst_ice_nice_pairs_update_claims (f->pairs, 0);
  assert_claims (f, MAX_CHECKS, ICE_AMPLIFICATION_WAIT);
  assert_claims (f, MAX_CHECKS - 1, ICE_AMPLIFICATION_ALLOWED);
}

/* A check that the peer has made begin again sends three packets more. */
static void
check_again (PairsFixture *f)
{
  pairs_trace_request (f, 0xa);
  pairs_trace (
      f, " :STUN transaction retransmitted on pair 0xa (timer=1/3 0/500ms).");
  pairs_trace (
      f, " :STUN transaction retransmitted on pair 0xa (timer=2/3 0/1000ms).");
}

/* What a pair has sent counts, and is not reserved any more. */
static void
test_sent (PairsFixture *f, gconstpointer unused)
{
  guint i;

  begin_trace (f);
  assert_claims (f, 1, ICE_AMPLIFICATION_ALLOWED);
  pairs_trace_added (f, 0xa, 40001, 50001);
  for (i = 1; i <= 31; i++) {
    check_again (f);
    g_assert_cmpuint (count_packets (f), ==, i * PACKETS);
  }
  pairs_trace_request (f, 0xa);
  pairs_trace (
      f, " :STUN transaction retransmitted on pair 0xa (timer=1/3 0/500ms).");
  g_assert_cmpuint (count_packets (f), ==, 95);

  /* 3 are reserved, then the one that may still be sent */
  assert_claims (f, 1, ICE_AMPLIFICATION_WAIT);
  gst_ice_nice_pairs_update_claims (f->pairs, 0);
  assert_claims (f, 1, ICE_AMPLIFICATION_ALLOWED);
  assert_claims (f, 1, ICE_AMPLIFICATION_WAIT);
  check_again (f);
  assert_claims (f, 1, ICE_AMPLIFICATION_EXHAUSTED);
}

/* A request that failed by an error of the socket was not sent. */
static void
test_unsent (PairsFixture *f, gconstpointer unused)
{
  pairs_trace_added (f, 0xa, 40001, 50001);
  pairs_trace_request (f, 0xa);
  g_assert_cmpuint (count_packets (f), ==, 1);
  pairs_trace_request (f, 0xa);
  pairs_trace_state (f, 0xa, "FAILED");
  g_assert_cmpuint (count_packets (f), ==, 1);
}

/* A check over TCP, whose connection cannot be opened. */
static void
check_by_tcp (PairsFixture *f, guint id)
{
  pairs_trace (f, " : pair 0x%x state FROZEN (priv_add_new_check_pair)", id);
  pairs_trace (f,
      " : new pair 0x%x : [" PAIRS_LOCAL "]:9 --> [" PAIRS_REMOTE "]:%u", id,
      id);
  pairs_trace (f,
      " : added a new pair 0x%x with foundation '1:1' and transport "
      "tcp-act:tcp-pass to stream 1 component 1",
      id);
  pairs_trace_request (f, id);
}

/* The packets that open its connection count at once, nothing shows them; those
 * of a connection that fails, too. */
static void
test_tcp (PairsFixture *f, gconstpointer unused)
{
  guint i;

  begin_trace (f);
  for (i = 1; i <= 33; i++) {
    assert_claims (f, 1, ICE_AMPLIFICATION_ALLOWED);
    check_by_tcp (f, i);
    g_assert_cmpuint (count_packets (f), ==, i * PACKETS);
    pairs_trace_state (f, i, "FAILED");
    g_assert_cmpuint (count_packets (f), ==, i * PACKETS);
    gst_ice_nice_pairs_update_claims (f->pairs, 0);
  }
  assert_claims (f, 1, ICE_AMPLIFICATION_EXHAUSTED);
}

/* None of them is reserved beside that while the check goes on. */
static void
test_tcp_to_come (PairsFixture *f, gconstpointer unused)
{
  begin_trace (f);
  gst_ice_amplification_count (f->amplification, PAIRS_REMOTE,
      ICE_AMPLIFICATION_MAX_PACKETS - 2 * PACKETS);
  assert_claims (f, 1, ICE_AMPLIFICATION_ALLOWED);
  check_by_tcp (f, 0xa);
  gst_ice_nice_pairs_update_claims (f->pairs, 0);
  assert_claims (f, 1, ICE_AMPLIFICATION_ALLOWED);
}

static void
test_answered (PairsFixture *f, gconstpointer unused)
{
  begin_trace (f);
  assert_claims (f, MAX_CHECKS, ICE_AMPLIFICATION_ALLOWED);
  assert_claims (f, 1, ICE_AMPLIFICATION_WAIT);
  pairs_trace_added (f, 0xa, 40001, 50001);
  pairs_trace_state (f, 0xa, "SUCCEEDED");
  assert_claims (f, 1000, ICE_AMPLIFICATION_ALLOWED);
}

/* All packets count at once, because nothing shows those that are sent. */
static void
test_no_trace (PairsFixture *f, gconstpointer unused)
{
  guint i;

  for (i = 0; i < 33; i++)
    assert_claims (f, 1, ICE_AMPLIFICATION_ALLOWED);
  g_assert_cmpuint (count_packets (f), ==, 33 * PACKETS);
  assert_claims (f, 1, ICE_AMPLIFICATION_EXHAUSTED);
}

/* Nothing is left of checks that are not made, however often it is looked. */
static void
test_not_made (PairsFixture *f, gconstpointer unused)
{
  guint i;

  begin_trace (f);
  assert_claims (f, 1, ICE_AMPLIFICATION_ALLOWED);
  for (i = 0; i < 3; i++)
    gst_ice_nice_pairs_update_claims (f->pairs, 0);
  assert_claims (f, MAX_CHECKS, ICE_AMPLIFICATION_ALLOWED);
}

/* The last packets that there is room for: none of them stays reserved. */
static void
test_last_packets (PairsFixture *f, gconstpointer unused)
{
  guint i;

  begin_trace (f);
  gst_ice_amplification_count (
      f->amplification, PAIRS_REMOTE, ICE_AMPLIFICATION_MAX_PACKETS - PACKETS);
  for (i = 0; i < 3; i++) {
    assert_claims (f, 1, ICE_AMPLIFICATION_ALLOWED);
    assert_claims (f, 1, ICE_AMPLIFICATION_WAIT);
    gst_ice_nice_pairs_update_claims (f->pairs, 0);
    gst_ice_nice_pairs_update_claims (f->pairs, 0);
  }
}

/* Of a check that has begun only what it may still send is reserved. */
static void
test_to_come (PairsFixture *f, gconstpointer unused)
{
  begin_trace (f);
  assert_claims (f, 1, ICE_AMPLIFICATION_ALLOWED);
  pairs_trace_added (f, 0xa, 40001, 50001);
  pairs_trace_request (f, 0xa);
  pairs_trace (
      f, " :STUN transaction retransmitted on pair 0xa (timer=1/3 0/500ms).");
  g_assert_cmpuint (count_packets (f), ==, PACKETS - 1);
  /* besides its last packet there is room for one more check */
  gst_ice_amplification_count (f->amplification, PAIRS_REMOTE,
      ICE_AMPLIFICATION_MAX_PACKETS - 2 * PACKETS);
  gst_ice_nice_pairs_update_claims (f->pairs, 0);
  assert_claims (f, 1, ICE_AMPLIFICATION_ALLOWED);
  assert_claims (f, 1, ICE_AMPLIFICATION_WAIT);
  pairs_trace (
      f, " :STUN transaction retransmitted on pair 0xa (timer=2/3 0/1000ms).");
  gst_ice_nice_pairs_update_claims (f->pairs, 0);
  assert_claims (f, 1, ICE_AMPLIFICATION_ALLOWED);
  assert_claims (f, 1, ICE_AMPLIFICATION_WAIT);
}

static void
test_name (PairsFixture *f, gconstpointer unused)
{
  g_autoptr (IceCandidate)
      candidate = pairs_make_candidate ("peer.example", 50001, "host", 1);

  g_assert_cmpint (gst_ice_nice_pairs_claim (f->pairs, candidate, 1), ==,
      ICE_AMPLIFICATION_EXHAUSTED);
}

/* After a restart libnice sends nothing more of the old checks; a retired agent
 * does, and its packets are not seen. */
static void
test_end (PairsFixture *f, gconstpointer unused)
{
  begin_trace (f);
  assert_claims (f, MAX_CHECKS, ICE_AMPLIFICATION_ALLOWED);
  gst_ice_nice_pairs_restart (f->pairs);
  g_assert_cmpuint (count_packets (f), ==, 0);
  assert_claims (f, MAX_CHECKS, ICE_AMPLIFICATION_ALLOWED);
  gst_ice_nice_pairs_retire (f->pairs);
  g_assert_cmpuint (count_packets (f), ==, MAX_CHECKS * PACKETS);
  assert_claims (f, 10, ICE_AMPLIFICATION_EXHAUSTED);
  assert_claims (f, 9, ICE_AMPLIFICATION_ALLOWED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  pairs_add_test ("/pair-claims/update", test_update);
  pairs_add_test ("/pair-claims/sent", test_sent);
  pairs_add_test ("/pair-claims/unsent", test_unsent);
  pairs_add_test ("/pair-claims/tcp", test_tcp);
  pairs_add_test ("/pair-claims/tcp-to-come", test_tcp_to_come);
  pairs_add_test ("/pair-claims/answered", test_answered);
  pairs_add_test ("/pair-claims/no-trace", test_no_trace);
  pairs_add_test ("/pair-claims/not-made", test_not_made);
  pairs_add_test ("/pair-claims/last-packets", test_last_packets);
  pairs_add_test ("/pair-claims/to-come", test_to_come);
  pairs_add_test ("/pair-claims/name", test_name);
  pairs_add_test ("/pair-claims/end", test_end);
  return g_test_run ();
}
