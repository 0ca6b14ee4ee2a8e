/* gst-ice: tests of the choice of a pair for media.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "pairsfixture.h"
#include "model/iceselection.h"

static gboolean
choose (PairsFixture *f, GstIceRole role, gboolean is_over,
    GstIceNicePath *path, gint64 *look_again)
{
  *path = (GstIceNicePath){ NULL, NULL, { "", 0 } };
  return gst_ice_nice_pairs_choose (f->pairs, role, is_over, path, look_again);
}

static void
assert_no_choice (PairsFixture *f)
{
  GstIceNicePath path;
  gint64 look_again;

  g_assert_false (
      choose (f, GST_ICE_ROLE_CONTROLLED, TRUE, &path, &look_again));
  g_assert_cmpint (look_again, ==, -1);
  g_assert_null (path.local);
  g_assert_null (path.remote);
}

static void
assert_choice (PairsFixture *f, GstIceRole role, guint local, guint remote)
{
  GstIceNicePath path;
  gint64 look_again;

  g_assert_true (choose (f, role, TRUE, &path, &look_again));
  g_assert_cmpint (look_again, ==, -1);
  g_assert_cmpstr (path.local->address, ==, PAIRS_LOCAL);
  g_assert_cmpuint (path.local->port, ==, local);
  g_assert_cmpstr (path.base.address, ==, PAIRS_LOCAL);
  g_assert_cmpuint (path.base.port, ==, local);
  g_assert_cmpstr (path.remote->address, ==, PAIRS_REMOTE);
  g_assert_cmpuint (path.remote->port, ==, remote);
  gst_ice_nice_path_clear (&path);
  g_assert_null (path.local);
  g_assert_null (path.remote);
}

static void
test_none (PairsFixture *f, gconstpointer unused)
{
  assert_no_choice (f);
  pairs_trace_added (f, 0xa, 40001, 50001);
  pairs_trace_state (f, 0xa, "IN_PROGRESS");
  assert_no_choice (f);
}

/* A valid pair waits for its nomination, unless libnice has ended its checks.
 */
static void
test_patience (PairsFixture *f, gconstpointer unused)
{
  gint64 before, after, look_again;
  GstIceNicePath path;

  pairs_add_candidates (f, 40001, 100, 50001, 100);
  pairs_trace_added (f, 0xa, 40001, 50001);
  before = g_get_monotonic_time ();
  pairs_trace_state (f, 0xa, "SUCCEEDED");
  after = g_get_monotonic_time ();
  g_assert_false (
      choose (f, GST_ICE_ROLE_CONTROLLED, FALSE, &path, &look_again));
  g_assert_cmpint (look_again, >=, before + ICE_SELECTION_PATIENCE);
  g_assert_cmpint (look_again, <=, after + ICE_SELECTION_PATIENCE);
  assert_choice (f, GST_ICE_ROLE_CONTROLLED, 40001, 50001);
  pairs_trace_nominated (f, 0xa);
  assert_no_choice (f);
}

/* Both pairs have the same two priorities, so the role decides (RFC 8445
 * section 6.1.2.3). */
static void
test_role (PairsFixture *f, gconstpointer unused)
{
  pairs_add_candidates (f, 40001, 100, 50001, 200);
  pairs_add_candidates (f, 40002, 200, 50002, 100);
  pairs_trace_added (f, 0xa, 40001, 50001);
  pairs_trace_added (f, 0xb, 40002, 50002);
  pairs_trace_state (f, 0xa, "SUCCEEDED");
  pairs_trace_state (f, 0xb, "SUCCEEDED");
  assert_choice (f, GST_ICE_ROLE_CONTROLLING, 40002, 50002);
  assert_choice (f, GST_ICE_ROLE_CONTROLLED, 40001, 50001);
}

/* The best pair that libnice still has. */
static void
test_removed (PairsFixture *f, gconstpointer unused)
{
  pairs_add_candidates (f, 40001, 100, 50001, 100);
  pairs_add_candidates (f, 40002, 300, 50002, 300);
  pairs_trace_added (f, 0xa, 40001, 50001);
  pairs_trace_added (f, 0xb, 40002, 50002);
  pairs_trace_state (f, 0xa, "SUCCEEDED");
  pairs_trace_state (f, 0xb, "SUCCEEDED");
  assert_choice (f, GST_ICE_ROLE_CONTROLLED, 40002, 50002);
  pairs_select (f, 40002, 50002); /* so that its row stays */
  pairs_trace (f, " : pair 0xb removed.");
  assert_choice (f, GST_ICE_ROLE_CONTROLLED, 40001, 50001);
  pairs_trace_state (f, 0xa, "FAILED");
  assert_no_choice (f);
}

static void
test_select (PairsFixture *f, gconstpointer unused)
{
  pairs_trace_added (f, 0xa, 40001, 50001);
  pairs_trace_added (f, 0xb, 40001, 50002);
  pairs_assert_log (f, "40001-50001:frozen 40001-50002:frozen ");
  pairs_select (f, 40001, 50002);
  pairs_assert_log (f, "~40001-50002:frozen:selected ");
  pairs_select (f, 40001, 50001);
  pairs_assert_log (f, "~40001-50002:frozen ~40001-50001:frozen:selected ");
  gst_ice_nice_pairs_select (f->pairs, NULL, NULL);
  pairs_assert_log (f, "~40001-50001:frozen ");
}

/* libnice frees its check list at a restart, and when it is made to select a
 * pair: then the failed pairs of this generation stay visible. */
static void
test_pruning (PairsFixture *f, gconstpointer unused)
{
  pairs_trace_added (f, 0xa, 40001, 50001);
  pairs_trace_added (f, 0xb, 40001, 50002);
  pairs_trace_added (f, 0xc, 40001, 50003);
  pairs_trace_state (f, 0xa, "SUCCEEDED");
  pairs_trace_state (f, 0xb, "FAILED");
  pairs_select (f, 40001, 50001);
  gst_ice_nice_pairs_expect_pruning (f->pairs, TRUE);
  pairs_trace (f, ", freeing conncheck_list of stream 0x5b9d9210");
  pairs_assert_list (f, "40001-50001:succeeded:selected 40001-50002:failed ");
  g_assert_cmpuint (gst_ice_nice_pairs_count_open (f->pairs), ==, 0);
  gst_ice_nice_pairs_expect_pruning (f->pairs, FALSE);
  pairs_trace (f, ", freeing conncheck_list of stream 0x5b9d9210");
  pairs_assert_list (f, "40001-50001:succeeded:selected ");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  pairs_add_test ("/pair-choice/none", test_none);
  pairs_add_test ("/pair-choice/patience", test_patience);
  pairs_add_test ("/pair-choice/role", test_role);
  pairs_add_test ("/pair-choice/removed", test_removed);
  pairs_add_test ("/pair-choice/select", test_select);
  pairs_add_test ("/pair-choice/pruning", test_pruning);
  return g_test_run ();
}
