/* gst-ice: tests of pairs that libnice has not made.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "pairsfixture.h"

static void
add_valid (
    PairsFixture *f, guint local_port, guint remote_port, gboolean nominated)
{
  IceCheckEndpoint base = { PAIRS_LOCAL, local_port };
  g_autoptr (IceCandidate) remote = pairs_make_candidate (
      PAIRS_REMOTE, remote_port, "prflx", 1845494271);

  gst_ice_nice_pairs_add_valid (f->pairs, &base, remote, nominated);
}

static void
test_valid (PairsFixture *f, gconstpointer unused)
{
  add_valid (f, 40001, 50001, FALSE);
  pairs_assert_log (f, "40001-50001:frozen 40001-50001:succeeded ");
  g_assert_cmpstr (
      gst_structure_get_string (f->last, "remote-type"), ==, "prflx");
  add_valid (f, 40001, 50001, FALSE);
  pairs_assert_log (f, "");
  add_valid (f, 40001, 50001, TRUE);
  pairs_assert_log (f, "40001-50001:succeeded:nominated ");
  add_valid (f, 40001, 50002, TRUE);
  pairs_assert_log (f,
      "40001-50002:frozen 40001-50002:succeeded "
      "40001-50002:succeeded:nominated ");
}

/* A pair of libnice's stays as libnice reports it. */
static void
test_not_own (PairsFixture *f, gconstpointer unused)
{
  pairs_trace_added (f, 0xa, 40001, 50001);
  add_valid (f, 40001, 50001, TRUE);
  pairs_assert_list (f, "40001-50001:frozen ");
}

/* libnice makes a pair that we have. */
static void
test_replaced (PairsFixture *f, gconstpointer unused)
{
  add_valid (f, 40001, 50001, TRUE);
  add_valid (f, 40001, 50002, FALSE);
  pairs_trace_added (f, 0xa, 40001, 50001);
  pairs_assert_list (f, "40001-50002:succeeded 40001-50001:frozen ");
  pairs_trace_state (f, 0xa, "IN_PROGRESS");
  pairs_assert_list (f, "40001-50002:succeeded 40001-50001:in-progress ");
}

/* Users see the same pair, in libnice's state. */
static void
test_selected (PairsFixture *f, gconstpointer unused)
{
  add_valid (f, 40001, 50001, TRUE);
  pairs_select (f, 40001, 50001);
  pairs_trace_added (f, 0xa, 40001, 50001);
  pairs_assert_list (f, "40001-50001:frozen:selected ");
}

/* TCP is another pair, at the same ports. */
static void
test_tcp (PairsFixture *f, gconstpointer unused)
{
  add_valid (f, 40001, 50001, FALSE);
  pairs_trace (f, " : pair 0xa state FROZEN (priv_add_new_check_pair)");
  pairs_trace (f,
      " : new pair 0xa : [" PAIRS_LOCAL "]:40001 --> [" PAIRS_REMOTE "]:50001");
  pairs_trace (f,
      " : added a new pair 0xa with foundation '1:1' and transport "
      "tcp-pass:tcp-act to stream 1 component 1");
  pairs_assert_list (f, "40001-50001:succeeded 40001-50001:frozen ");
}

/* The oldest one goes; the selected one stays. */
static void
test_most (PairsFixture *f, gconstpointer unused)
{
  g_autoptr (GString) expected = g_string_new (NULL);
  guint i;

  for (i = 0; i < GST_ICE_NICE_PAIRS_MAX_OWN; i++) {
    add_valid (f, 40001, 50001 + i, FALSE);
    if (i != 1)
      g_string_append_printf (expected, "40001-%u:succeeded%s ", 50001 + i,
          i == 0 ? ":selected" : "");
  }
  pairs_select (f, 40001, 50001);
  add_valid (f, 40001, 60001, FALSE);
  add_valid (f, 40001, 60002, FALSE);
  g_string_append (expected, "40001-60001:succeeded 40001-60002:succeeded ");
  pairs_assert_list (f, expected->str);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  pairs_add_test ("/pair-own/valid", test_valid);
  pairs_add_test ("/pair-own/not-own", test_not_own);
  pairs_add_test ("/pair-own/replaced", test_replaced);
  pairs_add_test ("/pair-own/selected", test_selected);
  pairs_add_test ("/pair-own/tcp", test_tcp);
  pairs_add_test ("/pair-own/most", test_most);
  return g_test_run ();
}
