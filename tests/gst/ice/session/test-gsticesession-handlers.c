/* gst-ice: test of calls from a session's handlers, and of closing.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "sessionfixture.h"
#include "stubresolver.h"
#include "suite.h"
#include <string.h>

/* Handlers that call back. */

static void
read_everything (GObject *object)
{
  guint n, i;
  GParamSpec **specs = g_object_class_list_properties (
      G_OBJECT_GET_CLASS (object), &n);

  for (i = 0; i < n; i++) {
    GValue value = G_VALUE_INIT;

    if ((specs[i]->flags & G_PARAM_READABLE) == 0)
      continue;
    g_value_init (&value, specs[i]->value_type);
    g_object_get_property (object, specs[i]->name, &value);
    g_value_unset (&value);
  }
  g_free (specs);
}

/* The handler of everything: closes at the n-th emission, or calls what there
 * is to call at each. */
typedef struct
{
  Session *session;
  guint left; /* emissions until close; 0 = never */
  guint emissions;
} Caller;

static void
call_back (Caller *self)
{
  g_autofree gchar *candidate = NULL;
  GstIceAgent *agent = self->session->agent;
  GstStructure *stats = NULL;
  gboolean taken;

  self->emissions++;
  if (self->left > 0) {
    if (--self->left == 0)
      g_signal_emit_by_name (agent, "close");
    return;
  }
  candidate = g_strdup_printf ("candidate:1 1 UDP 1 10.9.%u.%u 5000 typ host",
      self->emissions / 200, self->emissions % 200);
  if (self->emissions < 50) /* its notify comes back here */
    g_signal_emit_by_name (agent, "add-ice-candidate", 0, candidate, &taken);
  g_signal_emit_by_name (agent, "get-stats", &stats);
  gst_structure_free (stats);
  g_signal_emit_by_name (agent, "gather-candidates", &taken);
  g_signal_emit_by_name (
      agent, "set-remote-credentials", 0, "peer", FAKE_PWD, &taken);
  read_everything (G_OBJECT (agent));
  read_everything (G_OBJECT (self->session->src));
  read_everything (G_OBJECT (self->session->a1));
}

static gchar *
call_back_from_filter (gpointer object, guint stream, const gchar *candidate,
    gboolean local, Caller *self)
{
  if (local)
    call_back (self);
  return g_strdup (candidate);
}

static void
connect_caller (Caller *self)
{
  static const gchar *const signals[] = { "on-ice-candidate",
    "on-ice-candidate-error", "on-selected-candidate-pair-change",
    "on-candidate-pair-state-change", "notify" };
  gpointer objects[] = { self->session->agent, self->session->src };
  guint i, k;

  for (k = 0; k < G_N_ELEMENTS (objects); k++) {
    for (i = 0; i < G_N_ELEMENTS (signals); i++)
      g_signal_connect_swapped (
          objects[k], signals[i], G_CALLBACK (call_back), self);
    g_signal_connect (objects[k], "filter-candidate",
        G_CALLBACK (call_back_from_filter), self);
  }
  g_signal_connect_swapped (
      self->session->a1, "notify", G_CALLBACK (call_back), self);
}

/* Everything that can be reported, on one transport. */
static void
report_everything (Session *s)
{
  gst_ice_session_gather (gst_ice_agent_get_session (s->agent));
  fake_settle ();
  fake_candidate (s->a1, FAKE_LOCAL);
  fake_candidate_error (s->a1, "Unauthorized");
  fake_event (s->a1, ICE_EVENT_CHECKING);
  fake_gathered (s->a1);
  fake_select (s->a1, FAKE_LOCAL, FAKE_REMOTE);
  fake_event (s->a1, ICE_EVENT_REMOTE_END_OF_CANDIDATES);
  fake_event (s->a1, ICE_EVENT_CHECKS_DONE);
  fake_event (s->a1, ICE_EVENT_CONSENT_REVOKED);
  fake_settle ();
}

static void
test_call_back (void)
{
  Caller caller = { 0 };
  Session s;

  session_start (&s);
  caller.session = &s;
  connect_caller (&caller);
  report_everything (&s);
  g_assert_cmpuint (caller.emissions, >, 40);
  recorder_wait (s.recorder, "agent ice-connection-state failed\n");
  g_signal_handlers_disconnect_by_data (s.agent, &caller);
  g_signal_handlers_disconnect_by_data (s.src, &caller);
  g_signal_handlers_disconnect_by_data (s.a1, &caller);
  session_end (&s);
}

/* Closes at the n-th emission: `closed` is the last report. FALSE when there is
 * no n-th emission. */
static gboolean
close_at (guint n)
{
  static const gchar last[] = "agent ice-connection-state closed\n";
  g_autofree gchar *lines = NULL;
  Caller caller = { .left = n };
  gboolean closed;
  gchar *end;
  Session s;

  session_start (&s);
  caller.session = &s;
  connect_caller (&caller);
  report_everything (&s);
  closed = caller.left == 0;
  if (closed) {
    recorder_wait (s.recorder, last);
    fake_settle ();
    lines = recorder_take (s.recorder);
    end = strstr (lines, last);
    if (!g_str_has_prefix (end + strlen (last), "bus ice-connection-state ")
        || strchr (end + strlen (last), '\n')[1] != '\0')
      g_error ("closed at emission %u, then:\n%s", n, lines);
    if (!g_str_has_suffix (lines, " closed closed\n"))
      g_error ("closed at emission %u, then:\n%s", n, lines);
    g_assert_true (gst_ice_agent_is_closed (s.agent));
    session_refuse (&s, 0, PEER_1, "closed");
    fake_settle ();
    g_clear_pointer (&lines, g_free);
    lines = recorder_take (s.recorder);
    g_assert_cmpstr (lines, ==, "");
  }
  g_signal_handlers_disconnect_by_data (s.agent, &caller);
  g_signal_handlers_disconnect_by_data (s.src, &caller);
  g_signal_handlers_disconnect_by_data (s.a1, &caller);
  session_end (&s);
  return closed;
}

static void
test_close_from_handlers (void)
{
  guint n = 1;

  while (close_at (n))
    n++;
  g_assert_cmpuint (n, >, 40);
}

/* Closing. */

static void
test_close_order (void)
{
  Session s;

  session_start_four (&s);
  session_gather (&s);
  fake_connect (s.a1);
  session_drain (&s);
  gst_ice_session_close (gst_ice_agent_get_session (s.agent));
  assert_recorded (s.recorder,
      "transport 0/1 state closed\n"
      "bus ice-transport-state 0/1 connected closed closed\n"
      "transport 0/2 state closed\n"
      "bus ice-transport-state 0/2 new closed closed\n"
      "transport 1/1 state closed\n"
      "bus ice-transport-state 1/1 new closed closed\n"
      "transport 1/2 state closed\n"
      "bus ice-transport-state 1/2 new closed closed\n"
      "agent ice-connection-state closed\n"
      "bus ice-connection-state checking closed closed\n");
  gst_ice_session_close (gst_ice_agent_get_session (s.agent));
  fake_connect (s.a1);
  fake_candidate (s.a1, FAKE_LOCAL);
  fake_gathered (s.a1);
  assert_recorded (s.recorder, "");
  g_assert_false (gst_ice_session_gather (gst_ice_agent_get_session (s.agent)));
  session_end (&s);
}

/* What icesink and icesrc get from a transport's datapath now, without waiting.
 */
static void
check_flow (FakeTransport *transport, GstFlowReturn send, GstFlowReturn receive)
{
  GstIceDatapath *datapath = gst_ice_transport_get_datapath (
      GST_ICE_TRANSPORT (transport));
  GOutputVector vector = { "text", 4 };
  const GstIceDatagram datagram = { &vector, 1 };
  GstBufferList *received = NULL;
  guint done;

  g_assert_cmpint (gst_ice_datapath_send (datapath, &datagram, 1,
                       &(const gint){ FALSE }, &done, NULL),
      ==, send);
  gst_ice_inbox_set_timeout (gst_ice_datapath_get_inbox (datapath), 1);
  g_assert_cmpint (gst_ice_datapath_pop (datapath, &received), ==, receive);
}

static void
check_flow_goes_on (Session *s)
{
  check_flow (s->a1, GST_FLOW_OK, GST_FLOW_CUSTOM_SUCCESS);
  check_flow (s->a2, GST_FLOW_OK, GST_FLOW_CUSTOM_SUCCESS);
}

/* The streams end after `closed` was reported, so that the bus has it before
 * the EOS. */
static void
test_close_before_eos (void)
{
  Session s;

  session_start (&s);
  s.a2 = session_add_transport (&s, 0, 2);
  session_gather (&s);
  fake_connect (s.a1); /* a2 still waits for a pair */
  session_drain (&s);
  g_signal_connect_swapped (
      s.a1, "notify::state", G_CALLBACK (check_flow_goes_on), &s);
  g_signal_connect_swapped (s.agent, "notify::ice-connection-state",
      G_CALLBACK (check_flow_goes_on), &s);
  gst_ice_session_close (gst_ice_agent_get_session (s.agent));
  recorder_wait (s.recorder, "agent ice-connection-state closed\n");
  fake_settle ();
  check_flow (s.a1, GST_FLOW_EOS, GST_FLOW_EOS);
  check_flow (s.a2, GST_FLOW_EOS, GST_FLOW_EOS);
  g_signal_handlers_disconnect_by_data (s.a1, &s);
  g_signal_handlers_disconnect_by_data (s.agent, &s);
  session_end (&s);
}

static void
test_close_before_gathering (void)
{
  Session s;

  session_start (&s);
  gst_ice_session_close (gst_ice_agent_get_session (s.agent));
  assert_recorded (s.recorder,
      "transport 0/1 state closed\n"
      "bus ice-transport-state 0/1 new closed closed\n"
      "agent ice-connection-state closed\n"
      "bus ice-connection-state new closed closed\n");
  g_assert_false (gst_ice_session_gather (gst_ice_agent_get_session (s.agent)));
  session_end (&s);
}

/* A backend that takes its time: close() waits a second at most, and the
 * session ends by itself when the backend has. */
static void
test_close_later (void)
{
  SuiteWatch *watch;
  Session s;

  session_start (&s);
  session_gather (&s);
  fake_close_later (s.a1);
  session_drain (&s);
  watch = suite_watch_new ("close");
  gst_ice_session_close (gst_ice_agent_get_session (s.agent));
  suite_watch_free (watch);
  assert_log (s.a1, "close ");
  recorder_wait (s.recorder, "agent ice-connection-state closed\n");
  fake_closed (s.a1);
  session_end (&s);
}

static void
test_close_during_lookup (void)
{
  Session s;

  session_start (&s);
  g_object_set (s.agent, "stun-server", "stun:slow.example.com", NULL);
  stub_resolver_take_count ();
  session_gather (&s);
  while (stub_resolver_take_count () == 0)
    fake_settle ();
  gst_ice_session_close (gst_ice_agent_get_session (s.agent));
  assert_log (s.a1, "close ");
  session_end (&s);
}

/* Both elements unbind at once: somebody closes. */
static gpointer
set_to_null (gpointer element)
{
  gst_element_set_state (element, GST_STATE_NULL);
  return NULL;
}

static void
test_unbind_at_once (void)
{
  guint i;

  for (i = 0; i < 200; i++) {
    GstElement *sink = gst_object_ref_sink (
        gst_element_factory_make ("icesink", NULL));
    GThread *thread;
    Session s;

    session_start (&s);
    g_object_set (sink, "agent", s.agent, NULL);
    gst_element_set_state (sink, GST_STATE_READY);
    session_gather (&s);
    thread = g_thread_new ("null", set_to_null, sink);
    gst_element_set_state (s.src, GST_STATE_NULL);
    g_thread_join (thread);
    g_assert_true (gst_ice_agent_is_closed (s.agent));
    gst_object_unref (sink);
    session_end (&s);
  }
}

/* Another thread closes at any moment. */
static gpointer
close_agent (gpointer agent)
{
  gst_ice_session_close (gst_ice_agent_get_session (agent));
  return NULL;
}

static void
test_close_from_thread (void)
{
  guint i;

  for (i = 0; i < 100; i++) {
    g_autofree gchar *lines = NULL;
    GThread *thread;
    Session s;

    session_start (&s);
    session_gather (&s);
    thread = g_thread_new ("close", close_agent, s.agent);
    report_everything (&s);
    g_thread_join (thread);
    lines = recorder_take (s.recorder);
    if (!g_str_has_suffix (lines, " closed closed\n"))
      g_error ("not closed, but:\n%s", lines);
    session_end (&s);
  }
}

/* A state change of another thread that fails finds the error on the bus. */

static void
wait_for_gathering (
    GstIceAgent *agent, const GError *error, gboolean fatal, gboolean *good)
{
  *good = gst_ice_session_wait_for_gathering (
      gst_ice_agent_get_session (agent));
}

static void
test_problem_first (void)
{
  gboolean good = FALSE;
  Session s;

  session_start (&s);
  session_gather (&s);
  g_signal_connect (s.agent, "problem", G_CALLBACK (wait_for_gathering), &good);
  fake_problem (s.a1, "nothing can be gathered");
  g_assert_true (good);
  g_assert_false (
      gst_ice_session_wait_for_gathering (gst_ice_agent_get_session (s.agent)));
  session_end (&s);
}

static const SuiteTest tests[] = {
  { "/session/problem/posted-first", test_problem_first },
  { "/session/handlers/call-back", test_call_back },
  { "/session/handlers/close", test_close_from_handlers },
  { "/session/close/order", test_close_order },
  { "/session/close/before-eos", test_close_before_eos },
  { "/session/close/before-gathering", test_close_before_gathering },
  { "/session/close/later", test_close_later },
  { "/session/close/during-look-up", test_close_during_lookup },
  { "/session/close/unbind-at-once", test_unbind_at_once },
  { "/session/close/from-thread", test_close_from_thread },
};

int
main (int argc, char **argv)
{
  stub_resolver_install ();
  return suite_run (argc, argv, tests, G_N_ELEMENTS (tests));
}
