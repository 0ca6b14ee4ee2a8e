/* gst-ice: test of the role, and until when the user can change it.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "sessionfixture.h"
#include "suite.h"

#include <string.h>

static GstIceRole
get_role (gpointer object)
{
  GstIceRole role;

  g_object_get (object, "role", &role, NULL);
  return role;
}

/* In time before the first pair: it gathers anew. */
static void
test_in_time (void)
{
  Session s;

  session_start (&s);
  session_gather (&s);
  session_drain (&s);
  g_object_set (s.agent, "role", GST_ICE_ROLE_CONTROLLED, NULL);
  assert_log (s.a1, "restart ");
  g_assert_cmpint (get_role (s.agent), ==, GST_ICE_ROLE_CONTROLLED);
  g_assert_cmpint (get_role (s.a1), ==, GST_ICE_ROLE_CONTROLLED);
  session_end (&s);
}

/* The change is queued in the I/O thread, and the pair is there before it. */
static gboolean
change_too_late (gpointer data)
{
  Session *s = data;

  g_object_set (s->agent, "role", GST_ICE_ROLE_CONTROLLED, NULL);
  gst_ice_transport_report_event (
      GST_ICE_TRANSPORT (s->a1), ICE_EVENT_CHECKING);
  return G_SOURCE_REMOVE;
}

/* A warning, and the role that is in force. */
static void
test_too_late (void)
{
  Session s;

  session_start (&s);
  session_gather (&s);
  session_drain (&s);
  fake_call (change_too_late, &s);
  recorder_wait (s.recorder, "bus WARNING role was not changed");
  recorder_wait (s.recorder,
      "agent role controlled\n"
      "transport 0/1 state checking\n");
  g_assert_cmpint (get_role (s.agent), ==, GST_ICE_ROLE_CONTROLLING);
  g_assert_cmpint (get_role (s.a1), ==, GST_ICE_ROLE_CONTROLLING);
  session_end (&s);
}

/* Unknown is the role that it gathers with where no one has chosen, which is
 * what is read then; it gathers anew only if it had another one. */
static void
test_unknown (void)
{
  Session s;

  session_start (&s);
  session_gather (&s);
  session_drain (&s);
  g_object_set (s.agent, "role", GST_ICE_ROLE_UNKNOWN, NULL);
  fake_settle ();
  g_assert_cmpint (get_role (s.agent), ==, GST_ICE_ROLE_CONTROLLING);
  g_assert_cmpint (get_role (s.a1), ==, GST_ICE_ROLE_CONTROLLING);
  assert_log (s.a1, "");

  g_object_set (s.agent, "role", GST_ICE_ROLE_CONTROLLED, NULL);
  session_drain (&s);
  g_object_set (s.agent, "role", GST_ICE_ROLE_UNKNOWN, NULL);
  assert_log (s.a1, "restart ");
  g_assert_cmpint (get_role (s.agent), ==, GST_ICE_ROLE_CONTROLLING);
  g_assert_cmpint (get_role (s.a1), ==, GST_ICE_ROLE_CONTROLLING);
  session_end (&s);
}

static void
assert_each (Session *s, const gchar *expected_log, GstIceRole expected_role)
{
  FakeTransport *const transports[] = { s->a1, s->a2, s->b1, s->b2 };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (transports); i++) {
    assert_log (transports[i], expected_log);
    g_assert_cmpint (get_role (transports[i]), ==, expected_role);
  }
}

/* All transports gather anew, and each stream reports its candidates again. */
static void
test_of_streams (void)
{
  Session s;

  session_start_four (&s);
  session_gather (&s);
  assert_each (
      &s, "gather:controlling:stun=-:turn=0 ", GST_ICE_ROLE_CONTROLLING);
  fake_candidate (s.a1, FAKE_LOCAL);
  fake_candidate (s.b1, FAKE_LOCAL);
  g_object_set (s.agent, "role", GST_ICE_ROLE_CONTROLLED, NULL);
  assert_each (&s, "restart ", GST_ICE_ROLE_CONTROLLED);
  session_drain (&s);
  fake_candidate (s.a1, FAKE_LOCAL);
  recorder_wait (s.recorder, "bus ice-candidate 0 candidate:1 ");
  fake_candidate (s.b1, FAKE_LOCAL);
  recorder_wait (s.recorder, "bus ice-candidate 1 candidate:1 ");
  session_end (&s);
}

/* As change_too_late(), but the last transport has that role by a conflict. */
static gboolean
change_to_that_of_another (gpointer data)
{
  Session *s = data;

  g_object_set (s->agent, "role", GST_ICE_ROLE_CONTROLLED, NULL);
  gst_ice_transport_report_role (
      GST_ICE_TRANSPORT (s->b2), GST_ICE_ROLE_CONTROLLED);
  gst_ice_transport_report_event (
      GST_ICE_TRANSPORT (s->a1), ICE_EVENT_CHECKING);
  return G_SOURCE_REMOVE;
}

/* Nothing to warn about, and nothing to change. */
static void
test_of_another (void)
{
  g_autofree gchar *lines = NULL;
  Session s;

  session_start_four (&s);
  session_gather (&s);
  session_drain (&s);
  fake_call (change_to_that_of_another, &s);
  assert_log (s.a1, "");
  lines = recorder_take (s.recorder);
  g_assert_null (strstr (lines, "role was not changed"));
  g_assert_cmpint (get_role (s.agent), ==, GST_ICE_ROLE_CONTROLLED);
  g_assert_cmpint (get_role (s.a1), ==, GST_ICE_ROLE_CONTROLLING);
  g_assert_cmpint (get_role (s.a2), ==, GST_ICE_ROLE_CONTROLLING);
  g_assert_cmpint (get_role (s.b2), ==, GST_ICE_ROLE_CONTROLLED);
  session_end (&s);
}

static const SuiteTest tests[] = {
  { "/session/role/in-time", test_in_time },
  { "/session/role/too-late", test_too_late },
  { "/session/role/unknown", test_unknown },
  { "/session/role/of-streams", test_of_streams },
  { "/session/role/of-another", test_of_another },
};

int
main (int argc, char **argv)
{
  return suite_run (argc, argv, tests, G_N_ELEMENTS (tests));
}
