/* gst-ice: test of a session's remote side and filters.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "sessionfixture.h"
#include "suite.h"
#include <string.h>

/* The remote side. */

static void
test_candidate_waits_for_credentials (void)
{
  Session s;

  session_start (&s);
  session_gather (&s);
  assert_log (s.a1, "gather:controlling:stun=-:turn=0 ");
  session_add (&s, 0, PEER_1);
  session_add (&s, 0, PEER_3); /* of another component */
  session_add (&s, 0, PEER_2);
  session_add (&s, 0, "");
  assert_log (s.a1, "");
  session_set_credentials (&s, 0, "peer");
  assert_log (
      s.a1, "credentials:peer candidate:10.0.1.1 candidate:10.0.1.2 end ");
  session_set_credentials (&s, 0, "peer");
  assert_log (s.a1, "");
  session_end (&s);
}

static void
test_candidates_before_gathering (void)
{
  Session s;

  session_start (&s);
  session_set_credentials (&s, 0, "peer");
  session_add (&s, 0, PEER_1);
  assert_log (s.a1, "");
  session_gather (&s);
  session_add (&s, 0, PEER_2);
  session_add (&s, 0, PEER_2); /* twice is once */
  assert_log (s.a1,
      "gather:controlling:stun=-:turn=0 credentials:peer "
      "candidate:10.0.1.1 candidate:10.0.1.2 ");
  session_end (&s);
}

static void
test_after_end_of_candidates (void)
{
  Session s;

  session_start (&s);
  session_gather (&s);
  session_set_credentials (&s, 0, "peer");
  session_add (&s, 0, PEER_1);
  session_add (&s, 0, "");
  session_drain (&s);
  session_refuse (&s, 0, PEER_2, "end of candidates");
  session_add (&s, 0, ""); /* again: nothing new */
  assert_log (s.a1, "");
  session_end (&s);
}

static void
test_garbage (void)
{
  static const gchar *const garbage[] = { "garbage", " ", "\n",
    "candidate:", "candidate", "a=end-of-candidates", "end-of-candidates",
    "NULL", "candidate:1 1 UDP 1 10.0.0.1 5000 typ", "\303\251", "\"\"" };
  GValue candidates = G_VALUE_INIT;
  gboolean taken;
  Session s;
  guint i;

  session_start (&s);
  session_gather (&s);
  session_set_credentials (&s, 0, "peer");
  fake_connect (s.a1);
  fake_gathered (s.a1);
  fake_event (s.a1, ICE_EVENT_CHECKS_DONE);
  session_drain (&s);
  for (i = 0; i < G_N_ELEMENTS (garbage); i++) {
    session_refuse (&s, 0, garbage[i], "");
    g_signal_emit_by_name (s.src, "add-ice-candidate", 0, garbage[i], &taken);
    g_assert_false (taken);
  }
  session_refuse (&s, 256, PEER_1, "256");
  assert_log (s.a1, "");
  assert_recorded (s.recorder, ""); /* above all, not `completed` */
  g_value_init (&candidates, GST_TYPE_ARRAY);
  g_object_get_property (G_OBJECT (s.agent), "remote-candidates", &candidates);
  g_assert_cmpuint (gst_value_array_get_size (&candidates), ==, 0);
  g_value_unset (&candidates);
  session_end (&s);
}

static void
test_null_ends_all (void)
{
  gboolean taken;
  Session s;

  session_start_four (&s);
  session_gather (&s);
  session_set_credentials (&s, 0, "aaaa");
  session_set_credentials (&s, 1, "bbbb");
  session_drain (&s);
  g_signal_emit_by_name (s.src, "add-ice-candidate", 7, NULL, &taken);
  g_assert_true (taken);
  assert_log (s.a1, "end ");
  assert_log (s.a2, "gather:controlling:stun=-:turn=0 credentials:aaaa end ");
  assert_log (s.b2, "gather:controlling:stun=-:turn=0 credentials:bbbb end ");
  session_end (&s);
}

static void
test_empty_ends_one (void)
{
  Session s;

  session_start_four (&s);
  session_gather (&s);
  session_set_credentials (&s, 0, "aaaa");
  session_set_credentials (&s, 1, "bbbb");
  session_add (&s, 1, "");
  assert_log (s.a1, "gather:controlling:stun=-:turn=0 credentials:aaaa ");
  assert_log (s.a2, "gather:controlling:stun=-:turn=0 credentials:aaaa ");
  assert_log (s.b1, "gather:controlling:stun=-:turn=0 credentials:bbbb end ");
  assert_log (s.b2, "gather:controlling:stun=-:turn=0 credentials:bbbb end ");
  session_end (&s);
}

static void
test_wrong_ufrag (void)
{
  Session s;

  session_start (&s);
  session_gather (&s);
  session_drain (&s);
  session_add (&s, 0, PEER_1 " ufrag stranger"); /* nobody can know yet */
  session_set_credentials (&s, 0, "peer");
  session_refuse (&s, 0, PEER_2 " ufrag stranger", "ufrag");
  session_add (&s, 0, PEER_2 " ufrag peer");
  assert_log (s.a1, "credentials:peer candidate:10.0.1.2 ");
  session_end (&s);
}

static void
test_bad_credentials (void)
{
  static const gchar secret[] = "short+but+secret";
  g_autoptr (GError) error = NULL;
  gboolean taken;
  Session s;

  session_start (&s);
  session_gather (&s);
  session_drain (&s);
  g_assert_false (gst_ice_agent_set_remote_credentials (
      s.agent, 0, "abc", FAKE_PWD, &error));
  g_clear_error (&error);
  g_assert_false (gst_ice_agent_set_remote_credentials (
      s.agent, 0, "peer", secret, &error));
  g_assert_null (strstr (error->message, secret));
  g_signal_emit_by_name (
      s.src, "set-remote-credentials", 0, "peer", NULL, &taken);
  g_assert_false (taken);
  assert_log (s.a1, "");
  session_end (&s);
}

static void
test_unknown_stream (void)
{
  FakeTransport *late;
  Session s;

  session_start (&s);
  session_gather (&s);
  session_set_credentials (&s, 5, "five");
  session_add (&s, 5, PEER_1);
  session_add (&s, 5, "");
  late = session_add_transport (&s, 5, 1);
  assert_log (late, "");
  session_gather (&s);
  assert_log (late,
      "gather:controlling:stun=-:turn=0 credentials:five "
      "candidate:10.0.1.1 end ");
  assert_log (s.a1, "gather:controlling:stun=-:turn=0 ");
  gst_object_unref (late);
  session_end (&s);
}

static void
test_no_trickle (void)
{
  Session s;

  session_start (&s);
  g_object_set (s.agent, "trickle", FALSE, NULL);
  session_gather (&s);
  session_add (&s, 0, PEER_1);
  session_add (&s, 0, PEER_2);
  session_set_credentials (&s, 0, "peer");
  assert_log (s.a1,
      "gather:controlling:stun=-:turn=0 credentials:peer "
      "candidate:10.0.1.1 candidate:10.0.1.2 end ");
  session_end (&s);
}

static void
test_late_component (void)
{
  g_autoptr (GError) error = NULL;
  GstElement *late;
  Session s;

  session_start (&s);
  session_gather (&s);
  fake_gathered (s.a1);
  session_drain (&s);
  g_assert_null (gst_ice_agent_get_transport (s.agent, 0, 2, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
  g_assert_nonnull (strstr (error->message, "stream 0"));
  g_assert_nonnull (strstr (error->message, "component 2"));

  late = gst_object_ref_sink (gst_element_factory_make ("icesink", "late"));
  recorder_watch_bus (s.recorder, late);
  g_object_set (late, "agent", s.agent, "component", 2, NULL);
  g_assert_cmpint (gst_element_set_state (late, GST_STATE_READY), ==,
      GST_STATE_CHANGE_FAILURE);
  recorder_wait (s.recorder, "bus ERROR stream 0 has gathered its candidates");
  /* another stream is welcome */
  g_object_set (late, "stream", 1, "component", 1, NULL);
  g_assert_cmpint (gst_element_set_state (late, GST_STATE_READY), ==,
      GST_STATE_CHANGE_SUCCESS);
  gst_element_set_state (late, GST_STATE_NULL);
  gst_object_unref (late);
  session_end (&s);
}

/* filter-candidate. */

static gchar *
accept (gpointer object, guint stream, const gchar *candidate, gboolean local)
{
  return g_strdup (candidate);
}

static gchar *
rewrite (gpointer object, guint stream, const gchar *candidate, gboolean local)
{
  GString *text = g_string_new (candidate);

  g_string_replace (text, " 10.", " 192.", 1);
  return g_string_free (text, FALSE);
}

static gchar *
drop (gpointer object, guint stream, const gchar *candidate, gboolean local)
{
  return NULL;
}

static gchar *
babble (gpointer object, guint stream, const gchar *candidate, gboolean local)
{
  return g_strdup ("garbage");
}

typedef gchar *(*Filter) (gpointer, guint, const gchar *, gboolean);

static const struct
{
  Filter on_agent, on_src, on_sink;
  const gchar *address; /* that comes of 10.0.0.1; NULL = dropped */
} filters[] = {
  { NULL, NULL, NULL, "10.0.0.1" },
  { accept, NULL, NULL, "10.0.0.1" },
  { rewrite, NULL, NULL, "192.0.0.1" },
  { drop, NULL, NULL, NULL },
  { NULL, accept, NULL, "10.0.0.1" },
  { NULL, rewrite, NULL, "192.0.0.1" },
  { NULL, NULL, rewrite, "192.0.0.1" },
  { NULL, drop, NULL, NULL },
  { NULL, NULL, drop, NULL },
  { NULL, accept, accept, "10.0.0.1" },
  { NULL, rewrite, accept, "192.0.0.1" },
  { NULL, accept, rewrite, "192.0.0.1" },
  { NULL, drop, accept, NULL },
  { NULL, accept, drop, NULL },
  { NULL, rewrite, drop, NULL },
  { NULL, drop, rewrite, NULL },
  { NULL, rewrite, rewrite, "192.0.0.1" },
};

static void
connect_filter (gpointer object, Filter filter)
{
  if (filter != NULL)
    g_signal_connect (object, "filter-candidate", G_CALLBACK (filter), NULL);
}

static void
check_filters (guint row)
{
  const gchar *address = filters[row].address;
  g_autofree gchar *log = NULL, *lines = NULL, *expected = NULL;
  g_autofree gchar *remote = NULL;
  GstElement *sink = gst_object_ref_sink (
      gst_element_factory_make ("icesink", NULL));
  Session s;

  session_start (&s);
  g_object_set (sink, "agent", s.agent, NULL);
  gst_element_set_state (sink, GST_STATE_READY);
  connect_filter (s.agent, filters[row].on_agent);
  connect_filter (s.src, filters[row].on_src);
  connect_filter (sink, filters[row].on_sink);
  session_gather (&s);
  session_set_credentials (&s, 0, "peer");
  session_drain (&s);

  fake_candidate (s.a1, HOST ("1", "1", "10.0.0.1"));
  lines = recorder_take (s.recorder);
  expected = g_strdup_printf ("candidate 0 candidate:1 1 UDP 2130706431 %s "
                              "5000 typ host\n",
      address);
  if (address != NULL)
    g_assert_nonnull (strstr (lines, expected));
  else
    g_assert_cmpstr (lines, ==, "");

  session_add (&s, 0, HOST ("1", "1", "10.0.0.1"));
  fake_settle ();
  log = fake_take_log (s.a1);
  remote = address != NULL ? g_strdup_printf ("candidate:%s ", address)
                           : g_strdup ("");
  g_assert_cmpstr (log, ==, remote);
  gst_element_set_state (sink, GST_STATE_NULL);
  gst_object_unref (sink);
  session_end (&s);
}

static void
test_filter (void)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (filters); i++) {
    g_test_message ("row %u", i);
    check_filters (i);
  }
}

static void
test_filter_garbage (void)
{
  Session s;

  session_start (&s);
  connect_filter (s.agent, babble);
  session_gather (&s);
  session_set_credentials (&s, 0, "peer");
  session_drain (&s);
  fake_candidate (s.a1, FAKE_LOCAL);
  {
    g_autofree gchar *lines = recorder_take (s.recorder);

    g_assert_true (g_str_has_prefix (
        lines, "bus WARNING filter-candidate's answer was dropped: "));
  }
  session_refuse (&s, 0, PEER_1, "filter-candidate's answer");
  session_add (&s, 0, ""); /* is not filtered */
  assert_log (s.a1, "end ");
  session_end (&s);
}

static const SuiteTest tests[] = {
  { "/session/remote/waits-for-credentials",
      test_candidate_waits_for_credentials },
  { "/session/remote/before-gathering", test_candidates_before_gathering },
  { "/session/remote/after-the-end", test_after_end_of_candidates },
  { "/session/remote/garbage", test_garbage },
  { "/session/remote/null-ends-all", test_null_ends_all },
  { "/session/remote/empty-ends-one", test_empty_ends_one },
  { "/session/remote/wrong-ufrag", test_wrong_ufrag },
  { "/session/remote/bad-credentials", test_bad_credentials },
  { "/session/remote/unknown-stream", test_unknown_stream },
  { "/session/remote/no-trickle", test_no_trickle },
  { "/session/late-component", test_late_component },
  { "/session/filter", test_filter },
  { "/session/filter/garbage", test_filter_garbage },
};

int
main (int argc, char **argv)
{
  return suite_run (argc, argv, tests, G_N_ELEMENTS (tests));
}
