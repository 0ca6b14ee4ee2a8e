/* gst-ice: tests of the reports about pairs to the transport.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "pairsfixture.h"
#include "api/gsticeenumtypes.h"
#include "pairs/gsticenicepairreports.h"

#define LOCAL_CANDIDATE                                                        \
  "candidate:1 1 UDP 2130706431 " PAIRS_LOCAL " 40001 typ host"
#define REMOTE_CANDIDATE                                                       \
  "candidate:1 1 UDP 2130706175 " PAIRS_REMOTE " 50001 typ host"

static void
test_changes (PairsFixture *f, gconstpointer unused)
{
  pairs_add_candidates (f, 40001, 2130706431, 50001, 2130706175);
  pairs_assert_log (f, "");
  pairs_trace_added (f, 0xa, 40001, 50001);
  pairs_assert_log (f, "40001-50001:frozen ");
  pairs_trace_state (f, 0xa, "IN_PROGRESS");
  pairs_trace_state (f, 0xa, "IN_PROGRESS");
  pairs_trace_request (f, 0xa);
  pairs_trace_state (f, 0xa, "SUCCEEDED");
  pairs_trace_nominated (f, 0xa);
  pairs_assert_log (f,
      "40001-50001:in-progress 40001-50001:succeeded "
      "40001-50001:succeeded:nominated ");
  pairs_select (f, 40001, 50001);
  pairs_assert_log (f, "~40001-50001:succeeded:nominated:selected ");
}

static void
assert_text (const GstStructure *pair, const gchar *field, const gchar *value)
{
  g_assert_cmpstr (gst_structure_get_string (pair, field), ==, value);
}

static void
assert_count (const GstStructure *pair, const gchar *field, guint64 value)
{
  guint64 count;

  g_assert_true (gst_structure_get_uint64 (pair, field, &count));
  g_assert_cmpuint (count, ==, value);
}

static void
test_fields (PairsFixture *f, gconstpointer unused)
{
  gdouble current, total;

  pairs_add_candidates (f, 40001, 2130706431, 50001, 2130706175);
  pairs_trace_added (f, 0xa, 40001, 50001);
  pairs_drain (f);
  g_assert_false (gst_structure_has_field (f->last, "current-round-trip-time"));
  pairs_trace_request (f, 0xa);
  pairs_trace (
      f, " :STUN transaction retransmitted on pair 0xa (timer=2/3 0/1000ms).");
  pairs_trace_request (f, 0xa);
  pairs_trace (f,
      " : stun_bind_process/conncheck for 0xa: controlling,res=success,"
      "stun#=0.");
  pairs_trace_state (f, 0xa, "SUCCEEDED");
  pairs_trace_check (f, 6, 50001, FALSE, 0xa);
  pairs_trace_nominated (f, 0xa);
  pairs_drain (f);
  assert_text (f->last, "local-candidate", LOCAL_CANDIDATE);
  assert_text (f->last, "remote-candidate", REMOTE_CANDIDATE);
  assert_text (f->last, "protocol", "udp");
  assert_count (f->last, "requests-sent", 2);
  assert_count (f->last, "retransmissions-sent", 1);
  assert_count (f->last, "responses-received", 1);
  assert_count (f->last, "requests-received", 1);
  assert_count (f->last, "responses-sent", 1);
  /* RFC 8445 section 6.1.2.3, as the controlling agent */
  assert_count (f->last, "priority",
      (G_GUINT64_CONSTANT (2130706175) << 32) + 2 * 2130706431ull + 1);
  g_assert_true (
      gst_structure_get (f->last, "current-round-trip-time", G_TYPE_DOUBLE,
          &current, "total-round-trip-time", G_TYPE_DOUBLE, &total, NULL));
  g_assert_cmpfloat (current, >=, 0);
  g_assert_cmpfloat (current, <, 20);
  g_assert_cmpfloat (total, ==, current);
}

/* An answer within the same microsecond is one. */
static void
test_no_time (PairsFixture *f, gconstpointer unused)
{
  g_autoptr (IceCandidate)
      local = pairs_make_candidate (PAIRS_LOCAL, 40001, "host", 1);
  g_autoptr (IceCandidate)
      remote = pairs_make_candidate (PAIRS_REMOTE, 50001, "host", 1);
  IceCheckPair row = { .local_candidate = local, .remote_candidate = remote };
  const IceCheckChange change = { &row, ICE_CHECK_CHANGE_STATE };
  gdouble current = 1;

  gst_ice_nice_pairs_report_changes (f->pairs, &change, 1);
  pairs_drain (f);
  g_assert_true (
      gst_structure_get_double (f->last, "current-round-trip-time", &current));
  g_assert_cmpfloat (current, ==, 0);
  row.current_rtt = -1;
  gst_ice_nice_pairs_report_changes (f->pairs, &change, 1);
  pairs_drain (f);
  g_assert_false (gst_structure_has_field (f->last, "current-round-trip-time"));
}

/* One candidate is not known yet: the pair has no priority. */
static void
test_half_known (PairsFixture *f, gconstpointer unused)
{
  guint i;

  for (i = 0; i < 2; i++) {
    const gboolean local = i == 0;
    const guint local_port = 40001 + i, remote_port = 50001 + i;
    g_autoptr (IceCandidate)
        known = pairs_make_candidate (local ? PAIRS_LOCAL : PAIRS_REMOTE,
            local ? local_port : remote_port, "host", 2130706431);

    gst_ice_nice_pairs_add_candidate (f->pairs, known, local);
    pairs_trace_added (f, 0xa + i, local_port, remote_port);
    pairs_drain (f);
    g_assert_cmpint (
        gst_structure_has_field (f->last, "local-candidate"), ==, local);
    g_assert_cmpint (
        gst_structure_has_field (f->last, "remote-candidate"), ==, !local);
    g_assert_false (gst_structure_has_field (f->last, "priority"));
  }
}

/* libnice makes the pair, and reports the candidate at once after it. */
static gboolean
add_late (gpointer data)
{
  PairsFixture *f = data;

  pairs_trace_added (f, 0xa, 40001, 50001);
  pairs_add_candidates (f, 40001, 2130706431, 50001, 2130706175);
  return G_SOURCE_REMOVE;
}

static void
test_late_candidate (PairsFixture *f, gconstpointer unused)
{
  gst_ice_io_invoke (f->io, add_late, f, NULL);
  pairs_drain (f);
  /* the reports that add_late() has queued */
  pairs_assert_log (
      f, "40001-50001:frozen ~40001-50001:frozen ~40001-50001:frozen ");
}

/* What the first of these reports has. */
static void
keep_first (GstIceTransport *transport, const GstStructure *pair,
    gboolean is_state, gpointer data)
{
  PairsFixture *f = data;

  if (f->last == NULL)
    f->last = gst_structure_copy (pair);
}

static void
test_completed (PairsFixture *f, gconstpointer unused)
{
  static const GstIceTransportObserver observer = { .pair = keep_first };

  gst_ice_transport_set_observer (f->transport, &observer, f);
  gst_ice_io_invoke (f->io, add_late, f, NULL);
  pairs_drain (f);
  pairs_drain (f);
  assert_text (f->last, "local-candidate", LOCAL_CANDIDATE);
  assert_text (f->last, "remote-candidate", REMOTE_CANDIDATE);
  assert_text (f->last, "local-type", "host");
  assert_text (f->last, "remote-type", "host");
}

static gboolean
add_remote_late (gpointer data)
{
  PairsFixture *f = data;
  g_autoptr (IceCandidate)
      remote = pairs_make_candidate (PAIRS_REMOTE, 50001, "host", 2130706175);

  pairs_trace_added (f, 0xa, 40001, 50001);
  gst_ice_nice_pairs_add_candidate (f->pairs, remote, FALSE);
  return G_SOURCE_REMOVE;
}

static void
test_one_completed (PairsFixture *f, gconstpointer unused)
{
  static const GstIceTransportObserver observer = { .pair = keep_first };
  g_autoptr (IceCandidate)
      local = pairs_make_candidate (PAIRS_LOCAL, 40001, "host", 2130706431);

  gst_ice_nice_pairs_add_candidate (f->pairs, local, TRUE);
  gst_ice_transport_set_observer (f->transport, &observer, f);
  gst_ice_io_invoke (f->io, add_remote_late, f, NULL);
  pairs_drain (f);
  pairs_drain (f);
  assert_text (f->last, "local-candidate", LOCAL_CANDIDATE);
  assert_text (f->last, "remote-candidate", REMOTE_CANDIDATE);
}

/* A candidate that nobody has reported. */
static void
test_incomplete (PairsFixture *f, gconstpointer unused)
{
  pairs_trace_added (f, 0xa, 40001, 50001);
  pairs_assert_log (f, "40001-50001:frozen ");
  g_assert_false (gst_structure_has_field (f->last, "local-candidate"));
  g_assert_false (gst_structure_has_field (f->last, "priority"));
  assert_text (f->last, "local-type", "prflx");
}

static void
test_checked (PairsFixture *f, gconstpointer unused)
{
  pairs_trace_added (f, 0xa, 40001, 50001);
  g_assert_true (gst_ice_alarm_is_set (f->checked));
  gst_ice_alarm_set (f->checked, -1);
  pairs_select (f, 40001, 50001);
  g_assert_false (gst_ice_alarm_is_set (f->checked));
  pairs_trace_state (f, 0xa, "SUCCEEDED");
  g_assert_true (gst_ice_alarm_is_set (f->checked));
}

static void
test_role (PairsFixture *f, gconstpointer unused)
{
  pairs_trace_added (f, 0xa, 40001, 50001);
  pairs_trace (f, " : Role conflict, changing agent role to \"controlled\".");
  pairs_trace_state (f, 0xa, "WAITING");
  pairs_assert_log (f, "40001-50001:frozen controlled 40001-50001:waiting ");
  pairs_trace (f, " : Role conflict, changing agent role to \"controlling\".");
  pairs_assert_log (f, "controlling ");
}

static gboolean
add_and_retire (gpointer data)
{
  PairsFixture *f = data;

  pairs_trace_state (f, 0xa, "SUCCEEDED");
  pairs_trace (f, " : Role conflict, changing agent role to \"controlled\".");
  gst_ice_nice_pairs_retire (f->pairs);
  pairs_trace_state (f, 0xa, "FAILED");
  pairs_trace (f, " : Role conflict, changing agent role to \"controlling\".");
  return G_SOURCE_REMOVE;
}

/* Changes on their way are not reported, nor later ones. */
static void
test_retired (PairsFixture *f, gconstpointer unused)
{
  pairs_trace_added (f, 0xa, 40001, 50001);
  pairs_assert_log (f, "40001-50001:frozen ");
  gst_ice_io_invoke (f->io, add_and_retire, f, NULL);
  pairs_drain (f);
  pairs_assert_log (f, "");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  pairs_add_test ("/pair-reports/changes", test_changes);
  pairs_add_test ("/pair-reports/fields", test_fields);
  pairs_add_test ("/pair-reports/no-time", test_no_time);
  pairs_add_test ("/pair-reports/late-candidate", test_late_candidate);
  pairs_add_test ("/pair-reports/completed", test_completed);
  pairs_add_test ("/pair-reports/one-completed", test_one_completed);
  pairs_add_test ("/pair-reports/half-known", test_half_known);
  pairs_add_test ("/pair-reports/incomplete", test_incomplete);
  pairs_add_test ("/pair-reports/checked", test_checked);
  pairs_add_test ("/pair-reports/role", test_role);
  pairs_add_test ("/pair-reports/retired", test_retired);
  return g_test_run ();
}
