/* gst-ice: test of how elements find and share agents and transports.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fakeagent.h"
#include "recorder.h"
#include "suite.h"
#include <string.h>

static GstElement *
make (const gchar *factory, const gchar *name, const gchar *connection_id)
{
  GstElement *element = gst_object_ref_sink (
      gst_element_factory_make (factory, name));

  g_object_set (element, "connection-id", connection_id, NULL);
  return element;
}

static void
to_ready (GstElement *element)
{
  g_assert_cmpint (gst_element_set_state (element, GST_STATE_READY), ==,
      GST_STATE_CHANGE_SUCCESS);
}

static void
end (GstElement *element)
{
  gst_element_set_state (element, GST_STATE_NULL);
  gst_object_unref (element);
}

static gpointer
get_object (GstElement *element, const gchar *property)
{
  GstObject *object = NULL;

  g_object_get (element, property, &object, NULL);
  if (object != NULL)
    gst_object_unref (object); /* the element keeps it */
  return object;
}

static void
check_share (const gchar *first, const gchar *second)
{
  GstElement *a = make (first, NULL, "call");
  GstElement *b = make (second, NULL, "call");
  GstElement *other = make (second, NULL, "other call");

  to_ready (a);
  to_ready (b);
  to_ready (other);
  g_assert_nonnull (get_object (a, "agent"));
  g_assert_true (get_object (a, "agent") == get_object (b, "agent"));
  g_assert_true (get_object (a, "transport") == get_object (b, "transport"));
  g_assert_true (get_object (a, "agent") != get_object (other, "agent"));
  /* the other one stays when the first leaves */
  gst_element_set_state (a, GST_STATE_NULL);
  g_assert_null (get_object (a, "transport"));
  g_assert_false (gst_ice_agent_is_closed (get_object (b, "agent")));
  to_ready (a);
  g_assert_true (get_object (a, "agent") == get_object (b, "agent"));
  end (a);
  end (b);
  end (other);
}

static void
test_connection_id (void)
{
  check_share ("icesrc", "icesink");
  check_share ("icesink", "icesrc");
}

static void
test_no_connection_id (void)
{
  GstElement *a = make ("icesrc", NULL, NULL);
  GstElement *b = make ("icesink", NULL, NULL);

  to_ready (a);
  to_ready (b);
  g_assert_true (get_object (a, "agent") != get_object (b, "agent"));
  end (a);
  end (b);
}

/* After the last one left there is a new agent of that name. */
static void
test_new_agent (void)
{
  GstElement *a = make ("icesrc", NULL, "again");
  GstIceAgent *agent;

  to_ready (a);
  g_object_get (a, "agent", &agent, NULL);
  gst_element_set_state (a, GST_STATE_NULL);
  g_assert_true (gst_ice_agent_is_closed (agent));
  to_ready (a);
  g_assert_true (get_object (a, "agent") != agent);
  g_assert_false (gst_ice_agent_is_closed (get_object (a, "agent")));
  gst_object_unref (agent);
  end (a);
}

static void
test_agent_wins (void)
{
  GstIceAgent *agent = fake_agent_new ();
  GstElement *a = make ("icesrc", NULL, "by name");
  GstElement *b = make ("icesink", NULL, "by name");

  g_object_set (b, "agent", agent, NULL);
  to_ready (a);
  to_ready (b);
  g_assert_true (get_object (b, "agent") == agent);
  g_assert_true (get_object (a, "agent") != agent);
  end (a);
  end (b);
  gst_object_unref (agent);
}

static void
test_closed_agent (void)
{
  GstIceAgent *agent = fake_agent_new ();
  GstElement *a = make ("icesrc", NULL, NULL);
  Recorder *recorder = recorder_new ();

  recorder_watch_bus (recorder, a);
  gst_ice_agent_close (agent);
  g_object_set (a, "agent", agent, NULL);
  g_assert_cmpint (
      gst_element_set_state (a, GST_STATE_READY), ==, GST_STATE_CHANGE_FAILURE);
  recorder_wait (recorder, "is closed and can not be used again");
  end (a);
  recorder_free (recorder);
  gst_object_unref (agent);
}

static void
check_clash (const gchar *factory)
{
  GstElement *a = make (factory, "left-one", "clash");
  GstElement *b = make (factory, "right-one", "clash");
  Recorder *recorder = recorder_new ();
  g_autofree gchar *lines = NULL;

  recorder_watch_bus (recorder, b);
  to_ready (a);
  g_assert_cmpint (
      gst_element_set_state (b, GST_STATE_READY), ==, GST_STATE_CHANGE_FAILURE);
  lines = recorder_take (recorder);
  g_assert_true (g_str_has_prefix (lines, "bus ERROR "));
  g_assert_nonnull (strstr (lines, "left-one"));
  g_assert_nonnull (strstr (lines, "right-one"));
  g_assert_nonnull (strstr (lines, "stream 0 component 1"));
  /* another component is free, and so is this one when the other leaves */
  g_object_set (b, "component", 2, NULL);
  to_ready (b);
  gst_element_set_state (b, GST_STATE_NULL);
  g_object_set (b, "component", 1, NULL);
  gst_element_set_state (a, GST_STATE_NULL);
  to_ready (b);
  end (a);
  end (b);
  recorder_free (recorder);
}

static void
test_clash (void)
{
  check_clash ("icesrc");
  check_clash ("icesink");
}

/* stream, component, connection-id and agent stay as they are above READY. */
static void
test_change_while_running (void)
{
  GstIceAgent *agent = fake_agent_new ();
  GstElement *a = make ("icesrc", NULL, "one");
  g_autofree gchar *id = NULL;
  guint stream, component;
  gpointer before;

  gst_element_set_state (a, GST_STATE_PAUSED);
  before = get_object (a, "agent");
  g_object_set (a, "stream", 4, "component", 2, "connection-id", "two", "agent",
      agent, NULL);
  g_object_get (a, "stream", &stream, "component", &component, "connection-id",
      &id, NULL);
  g_assert_cmpuint (stream, ==, 0);
  g_assert_cmpuint (component, ==, 1);
  g_assert_cmpstr (id, ==, "one");
  g_assert_true (get_object (a, "agent") == before);
  end (a);
  gst_object_unref (agent);
}

/* An action binds, too; the settings come along. */
static void
test_action_binds (void)
{
  GstElement *a = make ("icesrc", NULL, NULL);
  FakeTransport *transport;
  gboolean done = FALSE;
  GstStructure *stats = NULL;

  g_signal_emit_by_name (a, "get-stats", &stats);
  g_assert_nonnull (stats);
  gst_structure_free (stats);
  g_assert_null (get_object (a, "transport"));
  g_signal_emit_by_name (a, "close"); /* nothing to close */

  g_object_set (a, "role", GST_ICE_ROLE_CONTROLLED, NULL);
  g_signal_emit_by_name (a, "gather-candidates", &done);
  g_assert_true (done);
  transport = fake_transport_of (a);
  assert_log (transport, "gather:controlled:stun=-:turn=0 ");
  to_ready (a);
  gst_element_set_state (a, GST_STATE_PAUSED);
  assert_log (transport, "receive:0:-1:1 ");
  gst_object_unref (transport);
  end (a);
}

/* Gathered, never in a pipeline, dropped. */
static void
test_dropped (void)
{
  GstElement *a = make ("icesink", NULL, NULL);
  FakeTransport *transport;
  gboolean done = FALSE;

  g_signal_emit_by_name (a, "gather-candidates", &done);
  g_assert_true (done);
  transport = fake_transport_of (a);
  gst_object_unref (a);
  fake_wait_log (transport, "close ");
  gst_object_unref (transport);
}

static void
test_bad_setting (void)
{
  static const struct
  {
    const gchar *name, *value, *fragment;
  } bad[] = {
    { "stun-server", "http://example.com", "stun-server: " },
    { "turn-server", "turn://192.0.2.1", "user:password" },
    { "turn-server", "turns://u:p@192.0.2.1?transport=udp", "turns:" },
    { "local-ufrag", "abc", "local-ufrag: " },
    { "local-pwd", "short", "local-pwd: " },
    { "remote-pwd", "short", "remote-pwd: " },
    { "signalling-uri", "udp://127.0.0.1:5000", "signalling-uri: " },
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (bad); i++) {
    GstElement *a = make ("icesrc", NULL, NULL);
    Recorder *recorder = recorder_new ();

    g_test_message ("%s=%s", bad[i].name, bad[i].value);
    recorder_watch_bus (recorder, a);
    g_object_set (a, bad[i].name, bad[i].value, NULL);
    g_assert_cmpint (gst_element_set_state (a, GST_STATE_READY), ==,
        GST_STATE_CHANGE_FAILURE);
    recorder_wait (recorder, bad[i].fragment);
    g_object_set (a, bad[i].name, NULL, NULL);
    to_ready (a);
    end (a);
    recorder_free (recorder);
  }
}

/* Settings that contradict what the shared agent runs with. */
static void
test_conflicting_settings (void)
{
  GstElement *a = make ("icesrc", NULL, "conflict");
  GstElement *b = make ("icesink", NULL, "conflict");
  Recorder *recorder = recorder_new ();

  recorder_watch_bus (recorder, b);
  g_object_set (a, "min-port", 5000, NULL);
  gst_element_set_state (a, GST_STATE_PAUSED);
  g_object_set (b, "min-port", 6000, NULL);
  g_assert_cmpint (
      gst_element_set_state (b, GST_STATE_READY), ==, GST_STATE_CHANGE_FAILURE);
  recorder_wait (recorder, "min-port");
  g_object_set (b, "min-port", 5000, NULL);
  to_ready (b);
  end (a);
  end (b);
  recorder_free (recorder);
}

/* Two bins, two threads, one name: nobody is left over. */
static gpointer
come_and_go (gpointer factory)
{
  guint i;

  for (i = 0; i < 200; i++) {
    GstElement *element = make (factory, NULL, "race");

    to_ready (element);
    gst_element_set_state (element, GST_STATE_PAUSED);
    end (element);
  }
  return NULL;
}

static void
test_race (void)
{
  GThread *a = g_thread_new ("a", come_and_go, (gpointer) "icesrc");
  GThread *b = g_thread_new ("b", come_and_go, (gpointer) "icesink");

  g_thread_join (a);
  g_thread_join (b);
  suite_wait_for_io (); /* every agent was closed */
}

static const SuiteTest tests[] = {
  { "/binding/connection-id", test_connection_id },
  { "/binding/connection-id/none", test_no_connection_id },
  { "/binding/new-agent", test_new_agent },
  { "/binding/agent-wins", test_agent_wins },
  { "/binding/closed-agent", test_closed_agent },
  { "/binding/clash", test_clash },
  { "/binding/change-while-running", test_change_while_running },
  { "/binding/action", test_action_binds },
  { "/binding/dropped", test_dropped },
  { "/binding/bad-setting", test_bad_setting },
  { "/binding/conflicting-settings", test_conflicting_settings },
  { "/binding/race", test_race },
};

int
main (int argc, char **argv)
{
  return suite_run (argc, argv, tests, G_N_ELEMENTS (tests));
}
