/* gst-ice: test of icestundiscovery: when which request is due.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "stun/icestundiscovery.h"

#define MS G_GINT64_CONSTANT (1000)
#define START (1000000 * MS)
#define TR ICE_STUN_DISCOVERY_TR

#define NOTHING ICE_STUN_DISCOVERY_NOTHING
#define REQUEST ICE_STUN_DISCOVERY_REQUEST
#define AGAIN ICE_STUN_DISCOVERY_AGAIN
#define TIMEOUT ICE_STUN_DISCOVERY_TIMEOUT

/* The next thing is due then, not before, and is that. */
static void
assert_next (
    IceStunDiscovery *schedule, gint64 when, IceStunDiscoveryAction action)
{
  g_assert_cmpint (schedule->next, ==, when);
  g_assert_cmpint (ice_stun_discovery_step (schedule, when - 1), ==, NOTHING);
  g_assert_cmpint (ice_stun_discovery_step (schedule, when), ==, action);
}

static void
assert_transaction (IceStunDiscovery *schedule, gint64 start)
{
  assert_next (schedule, start, REQUEST);
  assert_next (schedule, start + 500 * MS, AGAIN);
  assert_next (schedule, start + 1500 * MS, AGAIN);
  assert_next (schedule, start + 2000 * MS, TIMEOUT);
}

static void
test_silent (void)
{
  IceStunDiscovery s;

  ice_stun_discovery_begin (&s, START);
  g_assert_true (s.open);
  assert_transaction (&s, START);
  g_assert_false (s.open);
  g_assert_cmpint (s.next, ==, -1); /* and there is nothing to keep */
  g_assert_cmpint (ice_stun_discovery_step (&s, START + 2 * TR), ==, NOTHING);
  g_assert_false (ice_stun_discovery_answered (&s, START + 2001 * MS));
  g_assert_false (ice_stun_discovery_is_recent (&s, START + 2001 * MS));
}

/* A request that is late is not followed at once by those after it. */
static void
test_late (void)
{
  IceStunDiscovery s;

  ice_stun_discovery_begin (&s, START);
  g_assert_cmpint (
      ice_stun_discovery_step (&s, START + 5000 * MS), ==, REQUEST);
  assert_next (&s, START + 5500 * MS, AGAIN);
}

/* Whichever request is answered, once; then it is kept, with transactions of
 * their own, whether or not they are answered. */
static void
test_answered (void)
{
  static const gint64 requests[] = { 0, 500 * MS, 1500 * MS };
  guint n, i;

  for (n = 1; n <= G_N_ELEMENTS (requests); n++) {
    gint64 at = START + requests[n - 1] + 30 * MS;
    IceStunDiscovery s;

    ice_stun_discovery_begin (&s, START);
    g_assert_false (ice_stun_discovery_answered (&s, START)); /* to what? */
    for (i = 0; i < n; i++)
      assert_next (&s, START + requests[i], i == 0 ? REQUEST : AGAIN);
    g_assert_true (ice_stun_discovery_answered (&s, at));
    g_assert_false (s.open);
    g_assert_false (ice_stun_discovery_answered (&s, at + 1)); /* twice */
    g_assert_true (ice_stun_discovery_is_recent (&s, at + TR));
    g_assert_false (ice_stun_discovery_is_recent (&s, at + TR + 1));
    assert_next (&s, at + TR, REQUEST);
    g_assert_false (s.open);
    g_assert_true (ice_stun_discovery_answered (&s, at + TR + 9));
    assert_transaction (&s, at + TR + 9 + TR);
    assert_transaction (&s, at + TR + 9 + TR + 2000 * MS + TR);
  }
}

static void
test_keep (void)
{
  IceStunDiscovery s;

  ice_stun_discovery_begin (&s, START);
  ice_stun_discovery_keep (&s, FALSE, START); /* selected before the answer */
  assert_next (&s, START, REQUEST);
  g_assert_true (ice_stun_discovery_answered (&s, START + 9));
  g_assert_cmpint (s.next, ==, -1);
  ice_stun_discovery_keep (&s, TRUE, START + MS);
  g_assert_cmpint (s.next, ==, START + 9 + TR);
  ice_stun_discovery_keep (&s, TRUE, START + 2 * MS);
  g_assert_cmpint (s.next, ==, START + 9 + TR);
  assert_next (&s, START + 9 + TR, REQUEST);
  ice_stun_discovery_keep (&s, FALSE, START + TR + MS); /* while one is asked */
  g_assert_cmpint (s.next, ==, -1);
  g_assert_false (ice_stun_discovery_answered (&s, START + TR + 2 * MS));
  ice_stun_discovery_keep (&s, TRUE, START + 3 * TR); /* later than due */
  assert_next (&s, START + 3 * TR, REQUEST);
}

static void
test_give_up (void)
{
  IceStunDiscovery s;

  ice_stun_discovery_begin (&s, START);
  assert_next (&s, START, REQUEST);
  ice_stun_discovery_give_up (&s);
  g_assert_false (s.open);
  g_assert_cmpint (s.next, ==, -1);
  g_assert_false (ice_stun_discovery_answered (&s, START + 1));
}

/* A restart: asked anew, and an old answer is not the new one's. */
static void
test_again (void)
{
  IceStunDiscovery s;

  ice_stun_discovery_begin (&s, START);
  assert_next (&s, START, REQUEST);
  g_assert_true (ice_stun_discovery_answered (&s, START + 9));
  ice_stun_discovery_keep (&s, FALSE, START + 10);
  ice_stun_discovery_ask_again (&s, START + 2 * TR);
  ice_stun_discovery_keep (&s, TRUE, START + 2 * TR);
  g_assert_true (s.open);
  g_assert_false (ice_stun_discovery_answered (&s, START + 2 * TR));
  assert_transaction (&s, START + 2 * TR);
  /* it does not answer now, but its earlier answer is kept */
  g_assert_cmpint (s.next, ==, START + 2 * TR + 2000 * MS + TR);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/stun-discovery/silent", test_silent);
  g_test_add_func ("/stun-discovery/late", test_late);
  g_test_add_func ("/stun-discovery/answered", test_answered);
  g_test_add_func ("/stun-discovery/keep", test_keep);
  g_test_add_func ("/stun-discovery/give-up", test_give_up);
  g_test_add_func ("/stun-discovery/again", test_again);
  return g_test_run ();
}
