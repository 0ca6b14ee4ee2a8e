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

static gchar *
get_string (gpointer object, const gchar *property)
{
  gchar *text = NULL;

  g_object_get (object, property, &text, NULL);
  return text;
}

/* Equal, and there. */
static void
assert_same (gpointer a, gpointer b, const gchar *property)
{
  g_autofree gchar *text_a = get_string (a, property);
  g_autofree gchar *text_b = get_string (b, property);

  g_assert_nonnull (text_a);
  g_assert_cmpstr (text_a, ==, text_b);
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
  gst_ice_session_close (gst_ice_agent_get_session (agent));
  g_object_set (a, "agent", agent, NULL);
  g_assert_cmpint (
      gst_element_set_state (a, GST_STATE_READY), ==, GST_STATE_CHANGE_FAILURE);
  recorder_wait (recorder, "is closed and cannot be used again");
  end (a);
  recorder_free (recorder);
  gst_object_unref (agent);
}

/* The advice helps: NULL where the elements have made the agent, another agent
 * where the application has. */
static void
test_closed_in_ready (void)
{
  GstIceAgent *agent = fake_agent_new ();
  GstIceAgent *another = fake_agent_new ();
  guint given;

  for (given = 0; given < 2; given++) {
    GstElement *a = make ("icesrc", NULL, NULL);
    Recorder *recorder = recorder_new ();

    recorder_watch_bus (recorder, a);
    if (given)
      g_object_set (a, "agent", agent, NULL);
    to_ready (a);
    g_signal_emit_by_name (a, "close");
    g_assert_cmpint (gst_element_set_state (a, GST_STATE_PAUSED), ==,
        GST_STATE_CHANGE_FAILURE);
    recorder_wait (recorder,
        given ? "cannot be used again; make another one, and set"
              : "set the element to NULL to begin anew");
    gst_element_set_state (a, GST_STATE_NULL);
    if (given)
      g_object_set (a, "agent", another, NULL);
    g_assert_cmpint (gst_element_set_state (a, GST_STATE_PAUSED), ==,
        GST_STATE_CHANGE_NO_PREROLL);
    end (a);
    recorder_free (recorder);
  }
  gst_object_unref (agent);
  gst_object_unref (another);
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
  Recorder *recorder = recorder_new ();
  g_autofree gchar *id = NULL, *lines = NULL;
  guint stream, component;
  gpointer before;

  gst_element_set_state (a, GST_STATE_PAUSED);
  before = get_object (a, "agent");
  recorder_watch_bus (recorder, a);
  g_object_set (a, "stream", 0, "component", 1, "connection-id", "one", "agent",
      NULL, NULL); /* as they are */
  g_object_set (a, "stream", 4, "component", 2, "connection-id", "two", "agent",
      agent, NULL);
  g_object_get (a, "stream", &stream, "component", &component, "connection-id",
      &id, NULL);
  g_assert_cmpuint (stream, ==, 0);
  g_assert_cmpuint (component, ==, 1);
  g_assert_cmpstr (id, ==, "one");
  g_assert_true (get_object (a, "agent") == before);
  lines = recorder_take (recorder);
  g_assert_cmpstr (lines, ==,
      "bus WARNING stream can only change in NULL and READY; it was not "
      "changed\n"
      "bus WARNING component can only change in NULL and READY; it was not "
      "changed\n"
      "bus WARNING connection-id can only change in NULL and READY; it was not "
      "changed\n"
      "bus WARNING agent can only change in NULL and READY; it was not "
      "changed\n");
  end (a);
  recorder_free (recorder);
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

/* What is read in NULL is what the agent has in READY and PAUSED. */
static void
check_foreseen (GstElement *element)
{
  static const GstState states[] = { GST_STATE_READY, GST_STATE_PAUSED,
    GST_STATE_NULL };
  g_autofree gchar *ufrag = get_string (element, "local-ufrag");
  g_autofree gchar *password = get_string (element, "local-pwd");
  guint i;

  g_assert_cmpuint (strlen (ufrag), >=, 4);
  g_assert_cmpuint (strlen (password), >=, 22);
  g_assert_null (get_object (element, "agent")); /* nothing has begun */
  for (i = 0; i < G_N_ELEMENTS (states); i++) {
    g_autofree gchar *now = NULL, *password_now = NULL;

    gst_element_set_state (element, states[i]);
    now = get_string (element, "local-ufrag");
    password_now = get_string (element, "local-pwd");
    if (states[i] == GST_STATE_NULL) { /* the next agent's */
      g_assert_cmpstr (now, !=, ufrag);
      g_assert_cmpstr (password_now, !=, password);
      continue;
    }
    g_assert_cmpstr (now, ==, ufrag);
    g_assert_cmpstr (password_now, ==, password);
    assert_same (element, get_object (element, "agent"), "local-ufrag");
    assert_same (element, get_object (element, "agent"), "local-pwd");
  }
}

static void
test_foreseen (void)
{
  GstElement *a = make ("icesrc", NULL, NULL);
  GstElement *b = make ("icesink", NULL, "foreseen");

  check_foreseen (a);
  check_foreseen (a);
  check_foreseen (b);
  check_foreseen (b);
  g_object_set (a, "local-ufrag", NULL, "local-pwd", NULL, NULL);
  check_foreseen (a); /* generated, in so many words */
  end (a);
  end (b);
}

/* One id, one agent, one pair of credentials, whoever is asked first, bound
 * first, or gone first. */
static void
test_foreseen_shared (void)
{
  guint i;

  for (i = 0; i < 8; i++) {
    GstElement *a = make ("icesrc", NULL, "foreseen call");
    GstElement *b = make ("icesink", NULL, "foreseen call");
    GstElement *first = i & 1 ? a : b, *other = i & 1 ? b : a;
    g_autofree gchar *ufrag = get_string (i & 2 ? a : b, "local-ufrag");
    g_autofree gchar *now = NULL;

    if (i & 4)
      assert_same (a, b, "local-pwd");
    to_ready (first);
    assert_same (a, b, "local-ufrag");
    to_ready (other);
    assert_same (a, b, "local-ufrag");
    assert_same (a, b, "local-pwd");
    now = get_string (a, "local-ufrag");
    g_assert_cmpstr (now, ==, ufrag);
    gst_element_set_state (first, GST_STATE_NULL);
    assert_same (a, b, "local-ufrag"); /* it would join the other again */
    end (first);
    end (other);
  }
}

/* Another id, another agent: notified, and true again. */
static void
test_foreseen_elsewhere (void)
{
  GstElement *a = make ("icesrc", NULL, "here");
  GstElement *b = make ("icesink", NULL, "there");
  GstIceAgent *agent = fake_agent_new ();
  Recorder *recorder = recorder_new ();
  g_autofree gchar *here = get_string (a, "local-ufrag");
  g_autofree gchar *there = get_string (b, "local-ufrag");
  g_autofree gchar *lines = NULL;

  recorder_watch_agent (recorder, a, "a");
  g_assert_cmpstr (here, !=, there);
  g_object_set (a, "connection-id", "there", NULL);
  lines = recorder_take (recorder);
  g_assert_nonnull (strstr (lines, "a local-ufrag -\n"));
  g_assert_nonnull (strstr (lines, "a local-pwd -\n"));
  assert_same (a, b, "local-ufrag");
  g_object_set (b, "agent", agent, NULL);
  assert_same (agent, b, "local-ufrag");
  assert_same (agent, b, "local-pwd");
  to_ready (b);
  assert_same (agent, b, "local-ufrag");
  end (a);
  end (b);
  recorder_free (recorder);
  gst_object_unref (agent);
}

static void
note_credentials (GObject *element, GParamSpec *spec, gpointer pair)
{
  gchar **noted = pair;
  guint i = g_str_equal (spec->name, "local-pwd");

  g_free (noted[i]);
  g_object_get (element, spec->name, &noted[i], NULL);
}

/* What was notified last is what is read now. */
static void
assert_noted (GstElement *element, gchar *noted[2])
{
  g_autofree gchar *ufrag = get_string (element, "local-ufrag");
  g_autofree gchar *password = get_string (element, "local-pwd");

  g_assert_cmpstr (noted[0], ==, ufrag);
  g_assert_cmpstr (noted[1], ==, password);
}

static void
clear_noted (gchar *noted[2])
{
  g_clear_pointer (&noted[0], g_free);
  g_clear_pointer (&noted[1], g_free);
}

static void
watch_credentials (GstElement *element, gchar *noted[2])
{
  g_signal_connect (
      element, "notify::local-ufrag", G_CALLBACK (note_credentials), noted);
  g_signal_connect (
      element, "notify::local-pwd", G_CALLBACK (note_credentials), noted);
}

/* In READY each change of the binding gives another agent, or none as yet. */
static void
test_rebinding_notifies (void)
{
  const gchar *const ids[] = { "one", "two", NULL, "three", NULL };
  GstElement *a = make ("icesrc", NULL, NULL);
  GstIceAgent *agent = fake_agent_new ();
  gchar *noted[2] = { NULL };
  guint i;

  watch_credentials (a, noted);
  for (i = 0; i < G_N_ELEMENTS (ids); i++) {
    to_ready (a);
    assert_noted (a, noted);
    clear_noted (noted);
    g_object_set (a, "connection-id", ids[i], NULL);
    assert_noted (a, noted);
    g_assert_null (get_object (a, "agent"));
    /* it is bound again by the next change of state */
    g_assert_cmpint (gst_element_set_state (a, GST_STATE_PAUSED), !=,
        GST_STATE_CHANGE_FAILURE);
    assert_noted (a, noted);
    gst_element_set_state (a, GST_STATE_READY);
    clear_noted (noted);
    g_object_set (a, "stream", i + 1, NULL);
    assert_noted (a, noted);
    gst_element_set_state (a, GST_STATE_NULL);
  }
  to_ready (a);
  clear_noted (noted);
  g_object_set (a, "agent", agent, NULL);
  assert_noted (a, noted);
  assert_same (agent, a, "local-ufrag");
  end (a);
  clear_noted (noted);
  gst_object_unref (agent);
}

static void
count_and_act (GstElement *element, GParamSpec *spec, gpointer count)
{
  gboolean done = FALSE;

  ++*(guint *) count;
  g_assert_nonnull (get_object (element, "agent"));
  g_signal_emit_by_name (element, "set-remote-credentials", 0, "abcd",
      "abcdefghijklmnopqrstuv", &done);
  g_assert_true (done);
}

/* Once, when the element is bound: a handler may call an action. */
static void
test_bound_then_notified (void)
{
  GstElement *a = make ("icesrc", NULL, "once");
  g_autofree gchar *ufrag G_GNUC_UNUSED = get_string (a, "local-ufrag");
  guint count = 0;

  g_object_set (a, "turn-server", "turn://user:password@127.0.0.1:9", NULL);
  g_signal_connect (
      a, "notify::local-ufrag", G_CALLBACK (count_and_act), &count);
  to_ready (a);
  g_assert_cmpuint (count, ==, 1);
  end (a);
}

/* One of those that foresee an agent sets what the others read, but for those
 * that have a choice of their own. */
static void
test_foreseen_is_notified (void)
{
  GstElement *a = make ("icesrc", NULL, "reports");
  GstElement *b = make ("icesink", NULL, "reports");
  g_autofree gchar *ufrag G_GNUC_UNUSED = get_string (a, "local-ufrag");
  gchar *noted[2] = { NULL };

  watch_credentials (a, noted);
  g_object_set (
      b, "local-ufrag", "others", "local-pwd", "abcdefghijklmnopqrstuv", NULL);
  g_assert_cmpstr (noted[0], ==, "others");
  assert_noted (a, noted);
  g_object_set (a, "local-ufrag", "own0", NULL);
  assert_noted (a, noted);
  clear_noted (noted);
  g_object_set (b, "local-ufrag", "again", NULL);
  g_assert_null (noted[0]);
  g_object_set (a, "connection-id", "elsewhere", NULL);
  clear_noted (noted);
  g_object_set (b, "local-pwd", "vutsrqponmlkjihgfedcba", NULL);
  g_assert_null (noted[1]);
  end (a);
  end (b);
  clear_noted (noted);
}

/* An agent that is foreseen again notifies once. */
static void
test_foreseen_again (void)
{
  GstElement *a = make ("icesrc", NULL, "here");
  GstElement *b = make ("icesink", NULL, "here");
  Recorder *recorder = recorder_new ();
  g_autofree gchar *here = get_string (a, "local-ufrag");
  g_autofree gchar *there = NULL, *again = NULL;

  assert_same (a, b, "local-ufrag"); /* so the agent stays */
  g_object_set (a, "connection-id", "there", NULL);
  there = get_string (a, "local-ufrag");
  g_assert_cmpstr (there, !=, here);
  g_object_set (a, "connection-id", "here", NULL);
  again = get_string (a, "local-ufrag");
  g_assert_cmpstr (again, ==, here);
  recorder_watch_agent (recorder, a, "a");
  g_object_set (b, "local-ufrag", "others", NULL);
  assert_recorded (recorder, "a local-ufrag -\n");
  end (a);
  end (b);
  recorder_free (recorder);
}

/* What one of them was set to is what the other one reads, before any of them
 * has an agent. */
static void
test_foreseen_choice (void)
{
  GstElement *a = make ("icesrc", NULL, NULL);
  GstElement *b = make ("icesink", NULL, "choice");
  g_autofree gchar *ufrag = NULL;

  g_object_set (a, "local-ufrag", "mine", NULL);
  g_object_set (a, "connection-id", "choice", NULL);
  ufrag = get_string (b, "local-ufrag");
  g_assert_cmpstr (ufrag, ==, "mine");
  assert_same (a, b, "local-pwd");
  to_ready (b);
  to_ready (a);
  assert_same (a, b, "local-ufrag");
  assert_same (a, b, "local-pwd");
  g_clear_pointer (&ufrag, g_free);
  ufrag = get_string (b, "local-ufrag");
  g_assert_cmpstr (ufrag, ==, "mine");
  end (a);
  end (b);
}

/* Notified when first made, when set to another value, by whatever way and of
 * each element; not when nothing changed. */
static void
test_notify_credentials (void)
{
  GstElement *a = make ("icesrc", NULL, "reports");
  GstElement *b = make ("icesink", NULL, "reports");
  Recorder *recorder = recorder_new ();
  gboolean done = FALSE;

  to_ready (b);
  recorder_watch_agent (recorder, a, "a");
  to_ready (a);
  assert_recorded (
      recorder, "a agent -\na transport -\na local-ufrag -\na local-pwd -\n");
  recorder_watch_agent (recorder, b, "b");
  g_object_set (a, "local-ufrag", "mine", NULL);
  assert_recorded (recorder, "b local-ufrag -\na local-ufrag -\n");
  g_object_set (a, "local-ufrag", "mine", NULL);
  g_object_set (a, "min-port", 0, "role", GST_ICE_ROLE_CONTROLLING, NULL);
  g_object_set (get_object (a, "agent"), "remote-ufrag", NULL, "local-ufrag",
      "mine", NULL);
  assert_recorded (recorder, "");
  g_object_set (get_object (a, "agent"), "remote-ufrag", "peer", NULL);
  assert_recorded (recorder, "b remote-ufrag -\na remote-ufrag -\n");
  g_signal_emit_by_name (
      a, "set-remote-credentials", 0, "other", "0123456789012345678901", &done);
  g_assert_true (done);
  assert_recorded (recorder,
      "b remote-ufrag -\na remote-ufrag -\n"
      "b remote-pwd -\na remote-pwd -\n");
  g_signal_emit_by_name (
      a, "set-remote-credentials", 0, "other", "0123456789012345678901", &done);
  assert_recorded (recorder, "");
  end (a);
  end (b);
  recorder_free (recorder);
}

/* Two elements, one agent, two values: a warning that names both of each, once;
 * no password in it. */
static void
test_disagreement (void)
{
  GstElement *a = make ("icesrc", "here", "discord");
  GstElement *b = make ("icesink", "there", "discord");
  Recorder *recorder = recorder_new ();
  g_autofree gchar *lines = NULL;

  recorder_watch_bus (recorder, b);
  g_object_set (a, "min-port", 5000, "role", GST_ICE_ROLE_CONTROLLED,
      "local-pwd", "0123456789012345678901", "on-failed", GST_ICE_ON_FAILED_EOS,
      NULL);
  g_object_set (b, "min-port", 6000, "role", GST_ICE_ROLE_CONTROLLED,
      "local-pwd", "abcdefghijabcdefghijab", "on-failed",
      GST_ICE_ON_FAILED_NONE, NULL);
  to_ready (a);
  to_ready (b);
  lines = recorder_take (recorder);
  g_assert_nonnull (strstr (lines, "min-port to different values: 5000"));
  g_assert_nonnull (strstr (lines, "(here) and 6000 (there)"));
  g_assert_nonnull (strstr (lines, "local-pwd to different values"));
  g_assert_null (strstr (lines, "0123456789"));
  g_assert_null (strstr (lines, "abcdefghij"));
  g_assert_null (strstr (lines, "role"));
  g_assert_null (strstr (lines, "on-failed"));
  g_object_set (a, "min-port", 7000, NULL);
  assert_recorded (recorder, "");
  end (a);
  end (b);
  recorder_free (recorder);
}

typedef struct
{
  GstElement *element;
  GThread *thread; /* NULL: no warning was posted */
  GAsyncQueue *done;
} Elsewhere;

static gpointer
gather (gpointer data)
{
  Elsewhere *elsewhere = data;
  gboolean done = FALSE;

  g_signal_emit_by_name (elsewhere->element, "gather-candidates", &done);
  g_async_queue_push (elsewhere->done, elsewhere);
  return GINT_TO_POINTER (done);
}

static GstBusSyncReply
gather_elsewhere (GstBus *bus, GstMessage *message, gpointer data)
{
  Elsewhere *elsewhere = data;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_WARNING
      && elsewhere->thread == NULL) {
    elsewhere->thread = g_thread_new ("gather", gather, elsewhere);
    g_assert_nonnull (
        g_async_queue_timeout_pop (elsewhere->done, 5 * G_TIME_SPAN_SECOND));
  }
  gst_message_unref (message);
  return GST_BUS_DROP;
}

/* That warning comes under no lock: a handler may wait for a thread that uses
 * the element. */
static void
test_disagreement_handler (void)
{
  GstElement *a = make ("icesrc", NULL, "discord");
  GstElement *b = make ("icesink", NULL, "discord");
  GstBus *bus = gst_bus_new ();
  Elsewhere elsewhere = { b, NULL, g_async_queue_new () };

  gst_element_set_bus (b, bus);
  gst_bus_set_sync_handler (bus, gather_elsewhere, &elsewhere, NULL);
  g_object_set (a, "min-port", 5000, NULL);
  g_object_set (b, "min-port", 6000, NULL);
  to_ready (a);
  to_ready (b);
  g_assert_nonnull (elsewhere.thread);
  g_assert_true (GPOINTER_TO_INT (g_thread_join (elsewhere.thread)));
  gst_element_set_bus (b, NULL);
  end (a);
  end (b);
  g_async_queue_unref (elsewhere.done);
  gst_object_unref (bus);
}

static GstIceRole
get_role (gpointer object)
{
  GstIceRole role;

  g_object_get (object, "role", &role, NULL);
  return role;
}

/* Until the first pair is made; then the property keeps its value, with a
 * warning on the bus. */
static void
test_role (void)
{
  GstElement *a = make ("icesrc", NULL, NULL);
  Recorder *recorder = recorder_new ();
  FakeTransport *transport;

  recorder_watch_bus (recorder, a);
  to_ready (a);
  transport = fake_transport_of (a);
  g_object_set (a, "role", GST_ICE_ROLE_CONTROLLED, NULL);
  gst_element_set_state (a, GST_STATE_PAUSED);
  assert_log (transport, "gather:controlled:stun=-:turn=0 receive:0:-1:1 ");
  fake_candidate (transport, FAKE_LOCAL);

  g_object_set (a, "role", GST_ICE_ROLE_CONTROLLING, NULL);
  g_assert_cmpint (get_role (a), ==, GST_ICE_ROLE_CONTROLLING);
  assert_log (transport, "restart ");
  g_assert_cmpint (get_role (transport), ==, GST_ICE_ROLE_CONTROLLING);
  g_object_set (a, "role", GST_ICE_ROLE_CONTROLLING, NULL); /* no change */
  assert_log (transport, "");

  fake_connect (transport);
  g_free (recorder_take (recorder));
  g_object_set (a, "role", GST_ICE_ROLE_CONTROLLED, NULL);
  recorder_wait (recorder, "role cannot change after the first candidate");
  g_assert_cmpint (get_role (a), ==, GST_ICE_ROLE_CONTROLLING);
  g_assert_cmpint (get_role (transport), ==, GST_ICE_ROLE_CONTROLLING);
  g_object_set (a, "role", GST_ICE_ROLE_CONTROLLING, NULL);
  assert_log (transport, "");
  gst_object_unref (transport);
  end (a);
  recorder_free (recorder);
}

/* Only the action gathers; earlier socket options are not lost, and
 * role and credentials can still change. */
static void
test_auto_gather (void)
{
  GstElement *a = make ("icesrc", NULL, NULL);
  FakeTransport *transport;
  gboolean done = FALSE;

  g_object_set (a, "auto-gather", FALSE, NULL);
  g_assert_cmpint (gst_element_set_state (a, GST_STATE_PAUSED), ==,
      GST_STATE_CHANGE_NO_PREROLL);
  transport = fake_transport_of (a);
  assert_log (transport, "");
  g_object_set (
      a, "role", GST_ICE_ROLE_CONTROLLED, "local-ufrag", "late", NULL);
  assert_log (transport, "");
  g_signal_emit_by_name (a, "gather-candidates", &done);
  g_assert_true (done);
  assert_log (transport, "receive:0:-1:1 gather:controlled:stun=-:turn=0 ");
  g_object_set (a, "local-ufrag", "later", NULL);
  {
    g_autofree gchar *ufrag = get_string (a, "local-ufrag");

    g_assert_cmpstr (ufrag, ==, "late");
  }
  gst_object_unref (transport);
  end (a);
}

/* Nothing could come of it: an error in READY->PAUSED with both properties'
 * names; and it can be put right. */
static void
test_relay_without_server (void)
{
  GstElement *a = make ("icesrc", NULL, NULL);
  Recorder *recorder = recorder_new ();
  gboolean done = TRUE;

  recorder_watch_bus (recorder, a);
  gst_util_set_object_arg (G_OBJECT (a), "ice-transport-policy", "relay");
  to_ready (a);
  g_signal_emit_by_name (a, "gather-candidates", &done);
  g_assert_false (done);
  g_assert_cmpint (gst_element_set_state (a, GST_STATE_PAUSED), ==,
      GST_STATE_CHANGE_FAILURE);
  recorder_wait (recorder, "ice-transport-policy is relay but no TURN server");
  g_object_set (a, "turn-server", "turn:user:pass@192.0.2.1", NULL);
  g_assert_cmpint (gst_element_set_state (a, GST_STATE_PAUSED), ==,
      GST_STATE_CHANGE_NO_PREROLL);
  end (a);
  recorder_free (recorder);
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

/* No action succeeds where the element cannot be bound. */
static void
test_refused_actions (void)
{
  GstElement *a = make ("icesrc", NULL, NULL);
  gboolean done[4] = { TRUE, TRUE, TRUE, TRUE };

  g_object_set (a, "local-ufrag", "abc", NULL); /* too short */
  g_signal_emit_by_name (a, "add-ice-candidate", 0, FAKE_REMOTE, &done[0]);
  g_signal_emit_by_name (
      a, "set-remote-credentials", 0, FAKE_UFRAG, FAKE_PWD, &done[1]);
  g_signal_emit_by_name (a, "gather-candidates", &done[2]);
  g_signal_emit_by_name (a, "restart", &done[3]);
  g_assert_false (done[0] || done[1] || done[2] || done[3]);
  g_assert_null (get_object (a, "agent"));
  end (a);
}

static void
set_candidates (GstElement *element, const gchar *const *candidates)
{
  g_auto (GValue) array = G_VALUE_INIT;

  g_value_init (&array, GST_TYPE_ARRAY);
  for (; *candidates != NULL; candidates++) {
    GValue candidate = G_VALUE_INIT;

    g_value_init (&candidate, G_TYPE_STRING);
    g_value_set_string (&candidate, *candidates);
    gst_value_array_append_and_take_value (&array, &candidate);
  }
  g_object_set_property (G_OBJECT (element), "remote-candidates", &array);
}

/* Remote candidates that are set before are used from the start; one that is
 * refused is an error. */
static void
test_candidates_before (void)
{
  static const gchar *const good[] = { FAKE_REMOTE,
    "candidate:3 1 udp 2130706431 10.0.0.3 5003 typ host", NULL };
  static const gchar *const bad[] = { FAKE_REMOTE, "candidate:3", NULL };
  GstElement *a = make ("icesrc", NULL, NULL);
  Recorder *recorder = recorder_new ();
  FakeTransport *transport;
  g_autofree gchar *log = NULL;

  recorder_watch_bus (recorder, a);
  g_object_set (a, "remote-ufrag", FAKE_UFRAG, "remote-pwd", FAKE_PWD, NULL);
  set_candidates (a, bad);
  g_assert_cmpint (
      gst_element_set_state (a, GST_STATE_READY), ==, GST_STATE_CHANGE_FAILURE);
  recorder_wait (recorder, "bus ERROR");
  set_candidates (a, good);
  gst_element_set_state (a, GST_STATE_PAUSED);
  transport = fake_transport_of (a);
  fake_settle ();
  log = fake_take_log (transport);
  g_assert_nonnull (strstr (log, "candidate:10.0.0.2 candidate:10.0.0.3 "));
  gst_object_unref (transport);
  end (a);
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

static void
note_name (GObject *object, GParamSpec *spec, GString *names)
{
  if (strstr (spec->name, "state") != NULL
      || strstr (spec->name, "candidate") != NULL)
    g_string_append_printf (names, "%s ", spec->name);
}

static GstElement *
make_noted (GstIceAgent *agent, GString *names)
{
  GstElement *element = make ("icesink", NULL, NULL);

  g_object_set (element, "agent", agent, NULL);
  g_signal_connect (element, "notify", G_CALLBACK (note_name), names);
  return element;
}

/* Notifies come for what is another value by the binding, and for nothing else:
 * of an agent that is connected already, and of one that does nothing yet. */
static void
test_notify_of_states (void)
{
  g_autoptr (GString) names = g_string_new ("");
  GstElement *src = make ("icesrc", NULL, NULL);
  GstElement *early, *late;
  GstIceAgent *agent;

  to_ready (src);
  g_object_get (src, "agent", &agent, NULL);
  early = make_noted (agent, names);
  to_ready (early);
  g_assert_cmpstr (names->str, ==, "");
  end (early);

  gst_element_set_state (src, GST_STATE_PLAYING);
  {
    FakeTransport *transport = fake_transport_of (src);

    fake_connect (transport);
    gst_object_unref (transport);
  }
  late = make_noted (agent, names);
  to_ready (late);
  g_assert_cmpstr (names->str, ==,
      "ice-connection-state ice-gathering-state ice-transport-state "
      "candidate-pairs selected-candidate-pair ");
  end (late);
  end (src);
  gst_object_unref (agent);
}

static const SuiteTest tests[] = {
  { "/binding/rebinding-notifies", test_rebinding_notifies },
  { "/binding/foreseen/bound-then-notified", test_bound_then_notified },
  { "/binding/foreseen/is-notified", test_foreseen_is_notified },
  { "/binding/connection-id", test_connection_id },
  { "/binding/connection-id/none", test_no_connection_id },
  { "/binding/new-agent", test_new_agent },
  { "/binding/agent-wins", test_agent_wins },
  { "/binding/closed-agent", test_closed_agent },
  { "/binding/closed-agent/in-ready", test_closed_in_ready },
  { "/binding/clash", test_clash },
  { "/binding/change-while-running", test_change_while_running },
  { "/binding/action", test_action_binds },
  { "/binding/foreseen", test_foreseen },
  { "/binding/foreseen/shared", test_foreseen_shared },
  { "/binding/foreseen/elsewhere", test_foreseen_elsewhere },
  { "/binding/foreseen/choice", test_foreseen_choice },
  { "/binding/foreseen/again", test_foreseen_again },
  { "/binding/notify-credentials", test_notify_credentials },
  { "/binding/notify-of-states", test_notify_of_states },
  { "/binding/disagreement", test_disagreement },
  { "/binding/disagreement-handler", test_disagreement_handler },
  { "/binding/role", test_role },
  { "/binding/auto-gather", test_auto_gather },
  { "/binding/relay-without-server", test_relay_without_server },
  { "/binding/dropped", test_dropped },
  { "/binding/bad-setting", test_bad_setting },
  { "/binding/conflicting-settings", test_conflicting_settings },
  { "/binding/refused-actions", test_refused_actions },
  { "/binding/candidates-before", test_candidates_before },
  { "/binding/race", test_race },
};

int
main (int argc, char **argv)
{
  return suite_run (argc, argv, tests, G_N_ELEMENTS (tests));
}
