/* gst-ice: test of an agent that an application makes, without elements and
 * with them. SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fakeagent.h"
#include "recorder.h"
#include "suite.h"

static GstIceAgent *
make (void)
{
  return gst_object_ref_sink (g_object_new (GST_TYPE_ICE_AGENT, NULL));
}

static GstElement *
make_sink (GstIceAgent *agent)
{
  GstElement *sink = gst_object_ref_sink (
      gst_element_factory_make ("icesink", NULL));

  g_object_set (sink, "agent", agent, NULL);
  return sink;
}

static void
end (GstElement *element)
{
  gst_element_set_state (element, GST_STATE_NULL);
  gst_object_unref (element);
}

static gboolean
gather (GstIceAgent *agent)
{
  gboolean done = FALSE;

  g_signal_emit_by_name (agent, "gather-candidates", &done);
  fake_settle ();
  return done;
}

static GstIceTransport *
add_transport (GstIceAgent *agent, guint stream, guint component)
{
  GstIceTransport *transport = NULL;

  g_signal_emit_by_name (agent, "add-transport", stream, component, &transport);
  return transport;
}

static GstIceConnectionState
get_state (GstIceAgent *agent)
{
  GstIceConnectionState state;

  g_object_get (agent, "ice-connection-state", &state, NULL);
  return state;
}

static void
test_gathers_alone (void)
{
  GstIceAgent *agent = make ();
  FakeTransport *transport;

  g_assert_true (gather (agent));
  transport = fake_transport_of_agent (agent, 0, 1);
  assert_log (transport, "gather:controlling:stun=-:turn=0 ");
  gst_object_unref (transport);
  gst_object_unref (agent);
}

/* Only those that were added gather, and each once. */
static void
test_gathers_for_transports (void)
{
  GstIceAgent *agent = make ();
  g_autoptr (GstIceTransport) second = add_transport (agent, 0, 2);
  g_autoptr (GstIceTransport) other = add_transport (agent, 7, 256);
  g_autoptr (GstIceTransport) again = add_transport (agent, 0, 2);
  g_autoptr (GstIceTransport) other_again = add_transport (agent, 7, 256);
  g_autoptr (GstStructure) stats = NULL;

  g_assert_true (again == second);
  g_assert_true (other_again == other);
  g_assert_true (gather (agent));
  g_assert_true (gather (agent));
  assert_log (FAKE_TRANSPORT (second), "gather:controlling:stun=-:turn=0 ");
  assert_log (FAKE_TRANSPORT (other), "gather:controlling:stun=-:turn=0 ");
  g_signal_emit_by_name (agent, "get-stats", &stats);
  g_assert_false (gst_structure_has_field (stats, "transport-0-1"));
  g_assert_true (gst_structure_has_field (stats, "transport-7-256"));
  gst_object_unref (agent);
}

static void
test_refused_transports (void)
{
  GstIceAgent *agent = make ();

  g_assert_null (add_transport (agent, 0, 0));
  g_assert_null (add_transport (agent, 0, 257));
  g_assert_null (add_transport (agent, 256, 1));
  g_signal_emit_by_name (agent, "close");
  g_assert_null (add_transport (agent, 0, 1));
  g_assert_false (gather (agent));
  gst_object_unref (agent);
}

/* Its elements come and go; media uses the same transport. */
static void
test_outlives_elements (void)
{
  GstIceAgent *agent = make ();
  FakeTransport *transport;
  guint turn;

  g_assert_true (gather (agent));
  transport = fake_transport_of_agent (agent, 0, 1);
  fake_connect (transport);
  for (turn = 0; turn < 2; turn++) {
    GstElement *sink = make_sink (agent);
    g_autoptr (GstIceTransport) used = NULL;

    gst_element_set_state (sink, GST_STATE_PAUSED);
    g_object_get (sink, "transport", &used, NULL);
    g_assert_true (used == GST_ICE_TRANSPORT (transport));
    end (sink);
    g_assert_false (gst_ice_agent_is_closed (agent));
    g_assert_cmpint (get_state (agent), ==, GST_ICE_CONNECTION_STATE_CONNECTED);
  }
  assert_log (transport,
      "gather:controlling:stun=-:turn=0 send:0:-1:1 send:none "
      "send:0:-1:1 send:none ");
  g_signal_emit_by_name (agent, "close");
  g_assert_cmpint (get_state (agent), ==, GST_ICE_CONNECTION_STATE_CLOSED);
  assert_log (transport, "close ");
  gst_object_unref (transport);
  gst_object_unref (agent);
}

static void
on_gone (gpointer gone, GObject *agent)
{
  g_atomic_int_set ((gint *) gone, TRUE);
}

/* The element has the last reference. */
static void
test_element_outlives_reference (void)
{
  GstIceAgent *agent = make ();
  GstElement *sink = make_sink (agent);
  FakeTransport *transport;
  gint gone = FALSE;

  g_object_weak_ref (G_OBJECT (agent), on_gone, &gone);
  g_assert_true (gather (agent));
  transport = fake_transport_of_agent (agent, 0, 1);
  fake_connect (transport);
  gst_object_unref (agent);
  gst_element_set_state (sink, GST_STATE_PAUSED);
  gst_element_set_state (sink, GST_STATE_NULL);
  g_assert_false (g_atomic_int_get (&gone));
  assert_log (
      transport, "gather:controlling:stun=-:turn=0 send:0:-1:1 send:none ");
  gst_object_unref (sink);
  suite_wait_until (g_atomic_int_get (&gone));
  assert_log (transport, "close ");
  gst_object_unref (transport);
}

/* The backend needs longer than close() waits; the agent lives until then. */
static void
test_dropped_while_it_closes (void)
{
  GstIceAgent *agent = make ();
  FakeTransport *transport;

  g_assert_true (gather (agent));
  transport = fake_transport_of_agent (agent, 0, 1);
  fake_close_later (transport);
  gst_object_unref (agent);
  assert_log (transport, "gather:controlling:stun=-:turn=0 close ");
  fake_closed (transport);
  gst_object_unref (transport);
  suite_wait_for_io ();
}

static void
drop (GstIceAgent *agent, guint stream, const gchar *candidate, gpointer held)
{
  g_clear_object ((GstIceAgent **) held);
}

/* A handler drops the last reference, in the I/O thread. */
static void
test_dropped_by_a_handler (void)
{
  GstIceAgent *agent = make ();
  FakeTransport *transport;
  gint gone = FALSE;

  g_object_weak_ref (G_OBJECT (agent), on_gone, &gone);
  g_signal_connect (agent, "on-ice-candidate", G_CALLBACK (drop), &agent);
  g_assert_true (gather (agent));
  transport = fake_transport_of_agent (agent, 0, 1);
  fake_candidate (transport, FAKE_LOCAL);
  suite_wait_until (g_atomic_int_get (&gone));
  g_assert_null (agent);
  assert_log (transport, "gather:controlling:stun=-:turn=0 close ");
  gst_object_unref (transport);
}

static void
on_problem (
    GstIceAgent *agent, const GError *error, gboolean fatal, gpointer text)
{
  g_assert_true (fatal);
  *(gchar **) text = g_strdup (error->message);
}

/* Reported by the signal; posted by each element that begins later, once at a
 * time. */
static void
test_problem_before_an_element (void)
{
  GstIceAgent *agent = make ();
  FakeTransport *transport;
  g_autofree gchar *text = NULL;
  guint turn;

  g_signal_connect (agent, "problem", G_CALLBACK (on_problem), &text);
  g_assert_true (gather (agent));
  transport = fake_transport_of_agent (agent, 0, 1);
  fake_problem (transport, "no port");
  g_assert_cmpstr (text, ==, "no port");
  for (turn = 0; turn < 2; turn++) {
    GstElement *sink = make_sink (agent);
    Recorder *recorder = recorder_new ();
    g_autofree gchar *lines = NULL;

    recorder_watch_bus (recorder, sink);
    g_assert_cmpint (gst_element_set_state (sink, GST_STATE_PAUSED), ==,
        GST_STATE_CHANGE_FAILURE);
    lines = recorder_take (recorder);
    g_assert_cmpstr (lines, ==, "bus ERROR no port\n");
    end (sink);
    recorder_free (recorder);
  }
  gst_object_unref (transport);
  gst_object_unref (agent);
}

static void
note_problem (
    GstIceAgent *agent, const GError *error, gboolean fatal, gpointer texts)
{
  if (fatal)
    g_string_append_printf (texts, "%s;", error->message);
}

/* The values of each, of which the element refuses the first ones; the others
 * correct them. */
static const struct
{
  const gchar *property, *wrong, *right;
  const gchar *text; /* its beginning */
} refusals[] = {
  { "signalling-uri", "tpc://127.0.0.1:5000", NULL, "signalling-uri: " },
  { "turn-server", "turn:u:p@h:99999", NULL, "turn-server: " },
  { "local-pwd", "x", NULL, "local-pwd: " },
  { "stun-server", "http:wrong", NULL, "stun-server: " },
  { "ice-transport-policy", "relay", "all",
      "ice-transport-policy is relay but no TURN server is set" },
  { "min-port", "6000", "0", "min-port 6000 is greater than max-port 5000" },
};

static void
set_text (gpointer object, const gchar *property, const gchar *text)
{
  if (text == NULL)
    g_object_set (object, property, NULL, NULL);
  else
    gst_util_set_object_arg (G_OBJECT (object), property, text);
}

/* (transfer full): what the element posts for it */
static gchar *
post_refusal (const gchar *property, const gchar *wrong)
{
  GstElement *sink = gst_object_ref_sink (
      gst_element_factory_make ("icesink", NULL));
  Recorder *recorder = recorder_new ();
  gchar *lines;

  recorder_watch_bus (recorder, sink);
  g_object_set (sink, "max-port", 5000, NULL);
  set_text (sink, property, wrong);
  g_assert_cmpint (gst_element_set_state (sink, GST_STATE_PAUSED), ==,
      GST_STATE_CHANGE_FAILURE);
  lines = recorder_take (recorder);
  end (sink);
  recorder_free (recorder);
  return lines;
}

/* An application is told of it in the words of the element, and can correct it.
 */
static void
test_refused_settings (void)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (refusals); i++) {
    GstIceAgent *agent = make ();
    g_autoptr (GString) texts = g_string_new (NULL);
    g_autofree gchar *posted = post_refusal (
        refusals[i].property, refusals[i].wrong);
    g_autofree gchar *reported = NULL;

    g_signal_connect (agent, "problem", G_CALLBACK (note_problem), texts);
    g_object_set (agent, "max-port", 5000, NULL);
    set_text (agent, refusals[i].property, refusals[i].wrong);
    g_assert_cmpstr (texts->str, ==, "");
    g_assert_false (gather (agent));
    g_assert_true (g_str_has_prefix (texts->str, refusals[i].text));
    g_assert_true (g_str_has_suffix (texts->str, ";"));
    g_string_truncate (texts, texts->len - 1);
    reported = g_strdup_printf ("bus ERROR %s\n", texts->str);
    g_assert_cmpstr (reported, ==, posted);
    set_text (agent, refusals[i].property, refusals[i].right);
    g_string_truncate (texts, 0);
    g_assert_true (gather (agent));
    g_assert_cmpstr (texts->str, ==, "");
    gst_object_unref (agent);
  }
}

/* One that comes while it gathers is a warning, as it changes nothing. */
static void
test_refused_later (void)
{
  GstIceAgent *agent = make ();
  g_autoptr (GString) texts = g_string_new (NULL);

  g_signal_connect (agent, "problem", G_CALLBACK (note_problem), texts);
  g_assert_true (gather (agent));
  g_object_set (agent, "remote-ufrag", "x", NULL);
  g_assert_true (gather (agent));
  g_assert_cmpstr (texts->str, ==, "");
  gst_object_unref (agent);
}

/* What contradicts each other is refused also where the element had both in
 * READY; by its action too. */
static void
test_refused_in_ready (void)
{
  guint by_action;

  for (by_action = 0; by_action < 2; by_action++) {
    GstElement *sink = make_sink (NULL);
    Recorder *recorder = recorder_new ();
    gboolean gathers = TRUE;
    g_autofree gchar *lines = NULL;

    recorder_watch_bus (recorder, sink);
    gst_element_set_state (sink, GST_STATE_READY);
    g_object_set (sink, "min-port", 6000, "max-port", 5000, NULL);
    if (by_action)
      g_signal_emit_by_name (sink, "gather-candidates", &gathers);
    else
      gathers = gst_element_set_state (sink, GST_STATE_PAUSED)
          != GST_STATE_CHANGE_FAILURE;
    g_assert_false (gathers);
    lines = recorder_take (recorder);
    g_assert_cmpstr (
        lines, ==, "bus ERROR min-port 6000 is greater than max-port 5000\n");
    end (sink);
    recorder_free (recorder);
  }
}

/* Nothing is reported of a closed one. */
static void
test_refused_when_closed (void)
{
  GstIceAgent *agent = make ();
  g_autoptr (GString) texts = g_string_new (NULL);

  g_signal_connect (agent, "problem", G_CALLBACK (note_problem), texts);
  g_signal_emit_by_name (agent, "close");
  g_assert_false (gather (agent));
  g_assert_cmpstr (texts->str, ==, "");
  gst_object_unref (agent);
}

/* Who uses it, in order; where it ends with its elements, the last one ends it.
 */
static void
test_users (void)
{
  GstObject *a = gst_object_ref_sink (gst_bin_new (NULL));
  GstObject *b = gst_object_ref_sink (gst_bin_new (NULL));
  guint ends;

  for (ends = 0; ends < 2; ends++) {
    GstIceAgent *agent = ends ? fake_agent_new () : make ();
    g_autoptr (GError) error = NULL;

    g_assert_cmpint (gst_ice_agent_ends_with_elements (agent), ==, ends != 0);
    g_assert_false (gst_ice_agent_is_first (agent, a));
    g_assert_true (gst_ice_agent_bind (agent, a, &error));
    g_assert_true (gst_ice_agent_bind (agent, b, &error));
    g_assert_true (gst_ice_agent_is_first (agent, a));
    g_assert_false (gst_ice_agent_is_first (agent, b));
    gst_ice_agent_unbind (agent, a);
    g_assert_true (gst_ice_agent_is_first (agent, b));
    g_assert_false (gst_ice_agent_is_closed (agent));
    gst_ice_agent_unbind (agent, b);
    g_assert_false (gst_ice_agent_is_first (agent, b));
    g_assert_cmpint (gst_ice_agent_is_closed (agent), ==, ends != 0);
    g_assert_cmpint (gst_ice_agent_bind (agent, a, &error), ==, ends == 0);
    if (ends)
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
    else
      gst_ice_agent_unbind (agent, a);
    gst_object_unref (agent);
  }
  gst_object_unref (a);
  gst_object_unref (b);
}

static void
assert_claims (GstIceAgent *agent, GstObject *user, gboolean claims)
{
  g_autoptr (GError) claimed = gst_ice_agent_claim_problem (agent, user);

  if (claims)
    g_assert_error (claimed, G_IO_ERROR, G_IO_ERROR_FAILED);
  else
    g_assert_no_error (claimed);
}

/* Of those that are bound, one of each pipeline posts the last fatal problem.
 */
static void
test_claimed_problems (void)
{
  GstElement *pipeline = gst_object_ref_sink (gst_bin_new (NULL));
  GstElement *bin = gst_bin_new (NULL);
  GstElement *inner = gst_bin_new (NULL);
  GstObject *outer = GST_OBJECT (gst_bin_new (NULL));
  GstObject *other = gst_object_ref_sink (gst_bin_new (NULL));
  GstObject *users[] = { GST_OBJECT (inner), outer, other };
  GstIceAgent *agent = make ();
  g_autoptr (GError)
      fatal = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, "fatal");
  guint i;

  gst_bin_add (GST_BIN (bin), inner);
  gst_bin_add_many (GST_BIN (pipeline), bin, GST_ELEMENT (outer), NULL);
  assert_claims (agent, other, FALSE);
  g_signal_emit_by_name (agent, "problem", fatal, FALSE);
  assert_claims (agent, other, FALSE);
  for (i = 0; i < G_N_ELEMENTS (users); i++)
    g_assert_true (gst_ice_agent_bind (agent, users[i], NULL));
  for (i = 0; i < 2; i++) { /* and another one */
    g_signal_emit_by_name (agent, "problem", fatal, TRUE);
    assert_claims (agent, users[0], TRUE);
    assert_claims (agent, users[0], FALSE);
    assert_claims (agent, outer, FALSE); /* the same pipeline */
    assert_claims (agent, other, TRUE);
    assert_claims (agent, other, FALSE);
  }
  gst_ice_agent_unbind (agent, other);
  g_assert_true (gst_ice_agent_bind (agent, other, NULL));
  assert_claims (agent, other, TRUE); /* its next try */
  assert_claims (agent, outer, FALSE);
  gst_object_unref (agent);
  gst_object_unref (pipeline);
  gst_object_unref (other);
}

/* An element that has left has no wishes. */
static void
test_wishes (void)
{
  GstObject *a = gst_object_ref_sink (gst_bin_new (NULL));
  GstObject *b = gst_object_ref_sink (gst_bin_new (NULL));
  GstIceAgent *agent = make ();
  g_auto (GValue) value = G_VALUE_INIT;
  g_autoptr (GError) disagreement = NULL;

  g_value_init (&value, G_TYPE_UINT);
  g_assert_true (gst_ice_agent_bind (agent, a, NULL));
  g_assert_true (gst_ice_agent_bind (agent, b, NULL));
  g_value_set_uint (&value, 5000);
  g_assert_null (
      gst_ice_agent_wish (agent, a, GST_ICE_SETTING_MIN_PORT, &value));
  gst_ice_agent_unbind (agent, a);
  g_value_set_uint (&value, 6000);
  g_assert_null (
      gst_ice_agent_wish (agent, b, GST_ICE_SETTING_MIN_PORT, &value));
  g_assert_true (gst_ice_agent_bind (agent, a, NULL));
  g_value_set_uint (&value, 7000);
  disagreement = gst_ice_agent_wish (
      agent, a, GST_ICE_SETTING_MIN_PORT, &value);
  g_assert_nonnull (disagreement);
  gst_ice_agent_unbind (agent, a);
  gst_ice_agent_unbind (agent, b);
  gst_object_unref (agent);
  gst_object_unref (a);
  gst_object_unref (b);
}

/* What the actions return. */
static void
test_actions (void)
{
  GstIceAgent *agent = make ();
  gboolean done = TRUE;

  g_signal_emit_by_name (agent, "restart", &done); /* of nothing */
  g_assert_false (done);
  g_signal_emit_by_name (agent, "add-ice-candidate", 0, "wrong", &done);
  g_assert_false (done);
  g_signal_emit_by_name (agent, "add-ice-candidate", 0, FAKE_REMOTE, &done);
  g_assert_true (done);
  g_signal_emit_by_name (
      agent, "set-remote-credentials", 0, "p", FAKE_PWD, &done);
  g_assert_false (done);
  g_signal_emit_by_name (
      agent, "set-remote-credentials", 0, FAKE_UFRAG, FAKE_PWD, &done);
  g_assert_true (done);
  g_object_set (agent, "ice-transport-policy", GST_ICE_TRANSPORT_POLICY_RELAY,
      NULL); /* without a server */
  g_assert_false (gather (agent));
  g_object_set (
      agent, "ice-transport-policy", GST_ICE_TRANSPORT_POLICY_ALL, NULL);
  g_assert_true (gather (agent));
  g_signal_emit_by_name (agent, "restart", &done);
  g_assert_true (done);
  gst_object_unref (agent);
}

int
main (int argc, char **argv)
{
  static const SuiteTest tests[] = {
    { "/agent/users", test_users },
    { "/agent/claimed-problems", test_claimed_problems },
    { "/agent/wishes", test_wishes },
    { "/agent/actions", test_actions },
    { "/agent/gathers-alone", test_gathers_alone },
    { "/agent/gathers-for-transports", test_gathers_for_transports },
    { "/agent/refused-transports", test_refused_transports },
    { "/agent/outlives-elements", test_outlives_elements },
    { "/agent/element-outlives-reference", test_element_outlives_reference },
    { "/agent/dropped-while-it-closes", test_dropped_while_it_closes },
    { "/agent/dropped-by-a-handler", test_dropped_by_a_handler },
    { "/agent/problem-before-an-element", test_problem_before_an_element },
    { "/agent/refused-settings", test_refused_settings },
    { "/agent/refused-settings/later", test_refused_later },
    { "/agent/refused-settings/in-ready", test_refused_in_ready },
    { "/agent/refused-settings/when-closed", test_refused_when_closed },
  };

  return suite_run (argc, argv, tests, G_N_ELEMENTS (tests));
}
