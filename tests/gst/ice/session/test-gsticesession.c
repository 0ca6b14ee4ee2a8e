/* gst-ice: test of a session's order of events, settings and servers.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "api/gsticeenumtypes.h"
#include "sessionfixture.h"
#include "stubresolver.h"
#include "suite.h"
#include <string.h>

/* Order of events. */

static void
test_gathering_order (void)
{
  Session s;

  session_start_four (&s);
  session_gather (&s);
  assert_recorded (s.recorder,
      "transport 0/1 gathering-state gathering\n"
      "transport 0/2 gathering-state gathering\n"
      "transport 1/1 gathering-state gathering\n"
      "transport 1/2 gathering-state gathering\n"
      "agent ice-gathering-state gathering\n"
      "bus ice-gathering-state new gathering \n");
  session_gather (&s);
  assert_recorded (s.recorder, "");

  fake_candidate (s.a1, HOST ("1", "1", "10.0.0.1"));
  g_usleep (NOTIFY_PAUSE);
  fake_candidate (s.b2, HOST ("2", "2", "10.0.0.2"));
  assert_recorded (s.recorder,
      "agent local-candidates 1\n"
      "candidate 0 " HOST ("1", "1",
          "10.0.0.1") "\n"
                      "bus ice-candidate 0 " HOST ("1", "1",
                          "10.0.0.1") "\n"
                                      "agent local-candidates 2\n"
                                      "candidate 1 " HOST ("2", "2",
                                          "10.0.0.2") "\n"
                                                      "bus ice-candidate "
                                                      "1 " HOST ("2", "2",
                                                          "10.0.0.2") "\n");

  fake_gathered (s.a2);
  fake_gathered (s.b1);
  assert_recorded (s.recorder, "");
  fake_gathered (s.a1);
  assert_recorded (s.recorder,
      "candidate 0 \"\"\n"
      "bus ice-candidate 0 \"\"\n"
      "transport 0/1 gathering-state complete\n"
      "transport 0/2 gathering-state complete\n");
  fake_gathered (s.b2);
  assert_recorded (s.recorder,
      "candidate 1 \"\"\n"
      "bus ice-candidate 1 \"\"\n"
      "transport 1/1 gathering-state complete\n"
      "transport 1/2 gathering-state complete\n"
      "agent ice-gathering-state complete\n"
      "bus ice-gathering-state gathering complete \n"
      "candidate 1 NULL\n"
      "bus ice-candidate 1 NULL\n");
  fake_gathered (s.b2);
  session_gather (&s);
  assert_recorded (s.recorder, "");
  session_end (&s);
}

/* No candidate is accepted after the end of candidates. */
static void
test_candidate_after_the_end (void)
{
  Session s;

  session_start_four (&s);
  session_gather (&s);
  fake_gathered (s.a1); /* a2 goes on */
  session_drain (&s);
  fake_candidate (s.a1, FAKE_LOCAL);
  assert_recorded (s.recorder, "");
  fake_candidate (s.a2, HOST ("1", "2", "10.0.0.1"));
  recorder_wait (s.recorder, "candidate 0 ");
  session_end (&s);
}

static void
test_state_order (void)
{
  Session s;

  session_start_four (&s);
  session_gather (&s);
  session_drain (&s);

  fake_event (s.a1, ICE_EVENT_CHECKING);
  assert_recorded (s.recorder,
      "transport 0/1 state checking\n"
      "bus ice-transport-state 0/1 new checking checks\n"
      "agent ice-connection-state checking\n"
      "bus ice-connection-state new checking checks\n");
  fake_select (s.a1, FAKE_LOCAL, FAKE_REMOTE);
  assert_recorded (s.recorder,
      "transport 0/1 selected-candidate-pair pair\n"
      "transport 0/1 candidate-pairs 1\n"
      "pair 0/1 10.0.0.2\n"
      "bus ice-selected-candidate-pair 0/1\n"
      "transport 0/1 state connected\n"
      "bus ice-transport-state 0/1 checking connected checks\n");
  fake_connect (s.a2);
  fake_connect (s.b1);
  session_drain (&s);
  fake_select (s.b2, FAKE_LOCAL, FAKE_REMOTE);
  assert_recorded (s.recorder,
      "transport 1/2 selected-candidate-pair pair\n"
      "transport 1/2 candidate-pairs 1\n"
      "pair 1/2 10.0.0.2\n"
      "bus ice-selected-candidate-pair 1/2\n"
      "transport 1/2 state connected\n"
      "bus ice-transport-state 1/2 new connected checks\n"
      "agent ice-connection-state connected\n"
      "bus ice-connection-state checking connected checks\n");
  fake_event (s.b2, ICE_EVENT_PROOF_OF_LIFE);
  assert_recorded (s.recorder, "");
  session_end (&s);
}

static void
test_aggregate (void)
{
  Session s;

  session_start_four (&s);
  session_gather (&s);
  fake_complete (s.a1);
  fake_complete (s.b1);
  fake_complete (s.b2);
  fake_connect (s.a2);
  fake_event (s.a2, ICE_EVENT_REMOTE_END_OF_CANDIDATES);
  session_drain (&s);
  fake_gathered (s.a2);
  assert_recorded (s.recorder,
      "candidate 0 \"\"\n"
      "bus ice-candidate 0 \"\"\n"
      "transport 0/1 gathering-state complete\n"
      "transport 0/1 state completed\n"
      "bus ice-transport-state 0/1 connected completed end-of-candidates\n"
      "transport 0/2 gathering-state complete\n"
      "agent ice-gathering-state complete\n"
      "bus ice-gathering-state gathering complete \n"
      "candidate 0 NULL\n"
      "bus ice-candidate 0 NULL\n");
  fake_event (s.a2, ICE_EVENT_CHECKS_DONE);
  assert_recorded (s.recorder,
      "transport 0/2 state completed\n"
      "bus ice-transport-state 0/2 connected completed checks\n"
      "agent ice-connection-state completed\n"
      "bus ice-connection-state connected completed checks\n");
  fake_event (s.b1, ICE_EVENT_CONSENT_REVOKED);
  assert_recorded (s.recorder,
      "transport 1/1 state failed\n"
      "bus ice-transport-state 1/1 completed failed consent-revoked\n"
      "agent ice-connection-state failed\n"
      "bus ice-connection-state completed failed consent-revoked\n");
  session_end (&s);
}

/* All values are written when the first handler runs. */

static void
read_in_handler (GstIceAgent *agent, guint stream, guint component,
    const GstStructure *pair, Session *s)
{
  GstIceConnectionState aggregate, element, transport_state;
  GstIceConnectionState seen_by_element;
  GstStructure *selected = NULL;

  g_object_get (agent, "ice-connection-state", &aggregate, NULL);
  g_object_get (s->src, "ice-connection-state", &element, "ice-transport-state",
      &seen_by_element, NULL);
  g_object_get (s->a1, "state", &transport_state, "selected-candidate-pair",
      &selected, NULL);
  g_assert_cmpint (aggregate, ==, GST_ICE_CONNECTION_STATE_CONNECTED);
  g_assert_cmpint (element, ==, GST_ICE_CONNECTION_STATE_CONNECTED);
  g_assert_cmpint (transport_state, ==, GST_ICE_CONNECTION_STATE_CONNECTED);
  g_assert_cmpint (seen_by_element, ==, GST_ICE_CONNECTION_STATE_CONNECTED);
  g_assert_cmpstr (gst_structure_get_string (selected, "id"), ==,
      gst_structure_get_string (pair, "id"));
  gst_structure_free (selected);
  recorder_note (s->recorder, "read");
}

static void
test_values_first (void)
{
  Session s;

  session_start (&s);
  g_signal_connect (s.agent, "on-selected-candidate-pair-change",
      G_CALLBACK (read_in_handler), &s);
  session_gather (&s);
  fake_connect (s.a1);
  recorder_wait (s.recorder, "read\n");
  session_end (&s);
}

/* The fields of a pair. */
static void
test_pair_fields (void)
{
  static const gchar *const unknown[] = { "current-round-trip-time",
    "total-round-trip-time", "requests-sent", "requests-received",
    "responses-sent", "responses-received", "consent-requests-sent",
    "last-packet-received-timestamp" };
  GstStructure *pair = NULL;
  gboolean nominated, selected;
  guint port, i;
  gint state;
  guint64 priority;
  Session s;

  session_start (&s);
  session_gather (&s);
  g_object_get (s.src, "selected-candidate-pair", &pair, NULL);
  g_assert_null (pair);
  fake_connect (s.a1);
  g_object_get (s.src, "selected-candidate-pair", &pair, NULL);
  g_assert_true (gst_structure_has_name (pair, "candidate-pair"));
  g_assert_true (gst_structure_get (pair, "nominated", G_TYPE_BOOLEAN,
      &nominated, "selected", G_TYPE_BOOLEAN, &selected, "remote-port",
      G_TYPE_UINT, &port, "priority", G_TYPE_UINT64, &priority, NULL));
  g_assert_true (nominated && selected);
  g_assert_true (gst_structure_get_enum (
      pair, "state", g_type_from_name ("GstIceCandidatePairState"), &state));
  g_assert_cmpint (state, ==, GST_ICE_CANDIDATE_PAIR_STATE_SUCCEEDED);
  g_assert_cmpuint (port, ==, 5002);
  /* RFC 8445 section 6.1.2.3, both priorities the same */
  g_assert_cmpuint (priority, ==, 9151314442783293438u);
  g_assert_cmpstr (
      gst_structure_get_string (pair, "local-address"), ==, "10.0.0.1");
  g_assert_cmpstr (gst_structure_get_string (pair, "local-type"), ==, "host");
  g_assert_cmpstr (gst_structure_get_string (pair, "protocol"), ==, "udp");
  for (i = 0; i < G_N_ELEMENTS (unknown); i++)
    g_assert_false (gst_structure_has_field (pair, unknown[i]));
  gst_structure_free (pair);
  session_end (&s);
}

/* Settings. */

static void
test_local_credentials (void)
{
  g_autofree gchar *ufrag = NULL, *password = NULL, *other = NULL;
  g_autoptr (GError) error = NULL;
  Session s;

  session_start (&s);
  g_object_get (s.agent, "local-ufrag", &ufrag, "local-pwd", &password, NULL);
  g_assert_cmpuint (strlen (ufrag), >=, 4);
  g_assert_cmpuint (strlen (password), >=, 22);
  g_object_set (s.agent, "local-ufrag", "mine", NULL);
  g_object_set (s.agent, "local-ufrag", "x", NULL); /* refused */
  g_assert_false (
      gst_ice_session_verify (gst_ice_agent_get_session (s.agent), &error));
  g_assert_nonnull (strstr (error->message, "local-ufrag"));
  g_object_set (s.agent, "local-ufrag", "mine", NULL);
  g_assert_true (
      gst_ice_session_verify (gst_ice_agent_get_session (s.agent), NULL));
  session_gather (&s);
  g_object_set (s.agent, "local-ufrag", "late", NULL);
  g_object_get (s.agent, "local-ufrag", &other, NULL);
  g_assert_cmpstr (other, ==, "mine");
  fake_candidate (s.a1, FAKE_LOCAL);
  {
    GValue list = G_VALUE_INIT;

    g_value_init (&list, GST_TYPE_ARRAY);
    g_object_get_property (G_OBJECT (s.src), "local-candidates", &list);
    g_assert_true (g_str_has_suffix (
        g_value_get_string (gst_value_array_get_value (&list, 0)),
        " ufrag mine"));
    g_value_unset (&list);
  }
  session_end (&s);
}

static GstIceRole
get_role (gpointer object)
{
  GstIceRole role;

  g_object_get (object, "role", &role, NULL);
  return role;
}

static void
test_role (void)
{
  Session s;

  session_start (&s);
  g_object_set (s.agent, "role", GST_ICE_ROLE_CONTROLLED, NULL);
  session_gather (&s);
  assert_log (s.a1, "gather:controlled:stun=-:turn=0 ");
  g_assert_cmpint (get_role (s.a1), ==, GST_ICE_ROLE_CONTROLLED);
  session_end (&s);
}

/* Two transports whose conflicts end with different roles, as libnice's can. A
 * transport has the role of its own checks; the session's role, for what begins
 * later, is the one that changed last. */
static void
test_role_conflict (void)
{
  Session s;

  session_start (&s);
  s.a2 = session_add_transport (&s, 0, 2);
  session_gather (&s);
  fake_connect (s.a1);
  fake_connect (s.a2);
  s.b1 = session_add_transport (&s, 1, 1);
  session_drain (&s);

  fake_role (s.a2, GST_ICE_ROLE_CONTROLLED);
  assert_recorded (s.recorder,
      "transport 0/2 role controlled\n"
      "transport 1/1 role controlled\n"
      "agent role controlled\n");
  g_assert_cmpint (get_role (s.a1), ==, GST_ICE_ROLE_CONTROLLING);

  g_object_set (s.agent, "role", GST_ICE_ROLE_CONTROLLED, NULL);
  session_gather (&s);
  assert_log (s.b1, "gather:controlled:stun=-:turn=0 ");
  g_assert_cmpint (get_role (s.a1), ==, GST_ICE_ROLE_CONTROLLING);
  g_assert_cmpint (get_role (s.a2), ==, GST_ICE_ROLE_CONTROLLED);
  g_assert_cmpint (get_role (s.agent), ==, GST_ICE_ROLE_CONTROLLED);
  session_drain (&s);

  g_assert_true (
      gst_ice_session_restart (gst_ice_agent_get_session (s.agent), NULL));
  assert_log (s.a1, "restart ");
  g_assert_cmpint (get_role (s.a1), ==, GST_ICE_ROLE_CONTROLLED);
  session_end (&s);
}

static void
test_remote_by_properties (void)
{
  GValue list = G_VALUE_INIT, item = G_VALUE_INIT;
  Session s;

  session_start (&s);
  session_gather (&s);
  g_value_init (&list, GST_TYPE_ARRAY);
  g_value_init (&item, G_TYPE_STRING);
  g_value_set_static_string (&item, PEER_1);
  gst_value_array_append_value (&list, &item);
  g_value_set_static_string (&item, "");
  gst_value_array_append_value (&list, &item);
  g_object_set_property (G_OBJECT (s.src), "remote-candidates", &list);
  g_value_unset (&item);
  g_object_set (s.src, "remote-ufrag", "peer", NULL);
  assert_log (s.a1, "gather:controlling:stun=-:turn=0 ");
  g_object_set (s.src, "remote-pwd", FAKE_PWD, NULL);
  assert_log (s.a1, "credentials:peer candidate:10.0.1.1 end ");
  g_value_reset (&list);
  g_object_get_property (G_OBJECT (s.src), "remote-candidates", &list);
  g_assert_cmpuint (gst_value_array_get_size (&list), ==, 1);
  g_value_unset (&list);
  session_end (&s);
}

/* Servers. */

static void
test_server_not_found (void)
{
  Session s;

  session_start (&s);
  g_object_set (
      s.agent, "stun-server", "stun:does-not-exist.invalid:3478", NULL);
  session_gather (&s);
  recorder_wait (s.recorder, "bus ice-candidate-error");
  assert_recorded (s.recorder,
      "agent stun-server -\n"
      "transport 0/1 gathering-state gathering\n"
      "agent ice-gathering-state gathering\n"
      "bus ice-gathering-state new gathering \n"
      "error 0 701 could not look up the STUN server "
      "\"does-not-exist.invalid\": no such name; gathering continues without "
      "it\n"
      "bus ice-candidate-error\n");
  assert_log (s.a1, "gather:controlling:stun=-:turn=0 ");
  session_end (&s);
}

/* Each stream lacks its candidates, one that comes later too. */
static void
test_server_not_found_by_streams (void)
{
  Session s;
  g_autofree gchar *lines = NULL;

  session_start_four (&s);
  g_object_set (
      s.agent, "stun-server", "stun:does-not-exist.invalid:3478", NULL);
  session_gather (&s);
  recorder_wait (s.recorder, "error 1 701 ");
  fake_settle ();
  lines = recorder_take (s.recorder);
  g_assert_nonnull (strstr (lines, "error 0 701 "));
  g_assert_null (strstr (strstr (lines, "error 0 ") + 1, "error 0 "));
  g_assert_null (strstr (strstr (lines, "error 1 ") + 1, "error 1 "));

  gst_object_unref (session_add_transport (&s, 7, 1));
  session_gather (&s);
  recorder_wait (s.recorder, "error 7 701 ");
  session_end (&s);
}

static void
test_server_found (void)
{
  Session s;

  session_start (&s);
  g_object_set (s.agent, "stun-server", "stun://stun.example.com:3478",
      "turn-server", "turn://u:p@turn.example.com:3478", NULL);
  session_gather (&s);
  fake_wait_log (s.a1, "gather");
  assert_log (s.a1, "gather:controlling:stun=192.0.2.1:turn=1 ");
  session_end (&s);
}

/* Not even its name is looked up. */
static void
test_stun_server_relay_only (void)
{
  Session s;

  session_start (&s);
  g_object_set (s.agent, "stun-server", "stun:does-not-exist.invalid:3478",
      "turn-server", "turn://u:p@turn.example.com:3478", NULL);
  gst_util_set_object_arg (G_OBJECT (s.agent), "ice-transport-policy", "relay");
  session_drain (&s);
  session_gather (&s);
  fake_wait_log (s.a1, "gather");
  assert_log (s.a1, "gather:controlling:stun=-:turn=1 ");
  fake_gathered (s.a1);
  {
    g_autofree gchar *lines = recorder_take (s.recorder);

    g_assert_null (strstr (lines, "error"));
  }
  session_end (&s);
}

static void
test_candidate_error (void)
{
  Session s;

  session_start (&s);
  session_gather (&s);
  session_drain (&s);
  fake_candidate_error (s.a1, "Unauthorized");
  assert_recorded (
      s.recorder, "error 0 401 Unauthorized\nbus ice-candidate-error\n");
  fake_problem (s.a1, "no port is free");
  assert_recorded (s.recorder, "bus ERROR no port is free\n");
  session_end (&s);
}

/* A server's error is reported once for a stream, not for each component. */
static void
test_candidate_error_once (void)
{
  Session s;

  session_start_four (&s);
  session_gather (&s);
  session_drain (&s);
  fake_candidate_error (s.a1, "first");
  fake_candidate_error (s.a1, "again");
  fake_candidate_error (s.a2, "of the other component");
  fake_candidate_error (s.b2, "of the other stream");
  assert_recorded (s.recorder,
      "error 0 401 first\nbus ice-candidate-error\n"
      "error 1 401 of the other stream\nbus ice-candidate-error\n");
  session_end (&s);
}

typedef struct
{
  GstIceTransport *transport;
  GstIceCandidateError error;
} ErrorReport;

static gboolean
report_error (gpointer data)
{
  const ErrorReport *report = data;

  gst_ice_transport_report_candidate_error (report->transport, &report->error);
  return G_SOURCE_REMOVE;
}

static void
on_error (GstIceAgent *agent, const GstStructure *error, GString *lines)
{
  g_autofree gchar *text = gst_structure_to_string (error);

  g_string_append_printf (lines, "%s\n", text);
}

/* Its members are those that are known. */
static void
test_candidate_error_fields (void)
{
  g_autoptr (GString) lines = g_string_new (NULL);
  ErrorReport report = { .error = { .code = 701, .text = "why" } };
  Session s;

  session_start (&s);
  s.b1 = session_add_transport (&s, 1, 1);
  report.transport = GST_ICE_TRANSPORT (s.b1);
  session_gather (&s);
  g_signal_connect (
      s.agent, "on-ice-candidate-error", G_CALLBACK (on_error), lines);
  fake_call (report_error, &report);
  fake_call (report_error, &report); /* not of a server: each is news */
  report.error.address = "192.0.2.1";
  report.error.port = 3478;
  report.error.url = "stun:192.0.2.2";
  fake_call (report_error, &report);
  g_assert_cmpstr (lines->str, ==,
      "ice-candidate-error, error-code=(uint)701, error-text=(string)why, "
      "stream=(uint)1;\n"
      "ice-candidate-error, error-code=(uint)701, error-text=(string)why, "
      "stream=(uint)1;\n"
      "ice-candidate-error, error-code=(uint)701, error-text=(string)why, "
      "stream=(uint)1, address=(string)192.0.2.1, port=(uint)3478, "
      "url=(string)stun:192.0.2.2;\n");
  g_signal_handlers_disconnect_by_data (s.agent, lines);
  session_end (&s);
}

typedef struct
{
  GstIceTransport *transport;
  GstIceCandidatePairState state;
  gboolean is_state;
} PairReport;

static gboolean
report_pair (gpointer data)
{
  const PairReport *report = data;
  g_autoptr (GstStructure) pair = gst_structure_new ("candidate-pair", "state",
      GST_TYPE_ICE_CANDIDATE_PAIR_STATE, report->state, NULL);

  gst_ice_transport_report_pair (report->transport, pair, report->is_state);
  return G_SOURCE_REMOVE;
}

static void
on_pair (GstIceAgent *agent, guint stream, guint component,
    const GstStructure *pair, Recorder *recorder)
{
  recorder_note (recorder, "pair state %u/%u", stream, component);
}

/* A new state is a signal and a message; other changes are in
 * candidate-pairs. */
static void
test_pair_states (void)
{
  PairReport report = { .state = GST_ICE_CANDIDATE_PAIR_STATE_WAITING };
  Session s;

  session_start (&s);
  s.b2 = session_add_transport (&s, 1, 2);
  report.transport = GST_ICE_TRANSPORT (s.b2);
  session_gather (&s);
  session_drain (&s);
  g_signal_connect (s.agent, "on-candidate-pair-state-change",
      G_CALLBACK (on_pair), s.recorder);
  fake_call (report_pair, &report);
  assert_recorded (s.recorder, "transport 1/2 candidate-pairs 0\n");
  report.is_state = TRUE;
  fake_call (report_pair, &report);
  recorder_wait (s.recorder, "pair state 1/2\nbus ice-candidate-pair\n");
  /* the first pair was made */
  g_object_set (s.agent, "role", GST_ICE_ROLE_CONTROLLED, NULL);
  recorder_wait (s.recorder, "role cannot change after the first");
  session_end (&s);
}

/* Restart. */

static void
test_restart (void)
{
  g_autofree gchar *before = NULL, *after = NULL;
  g_autoptr (GError) error = NULL;
  Session s;

  session_start (&s);
  g_assert_false (gst_ice_session_restart (
      gst_ice_agent_get_session (s.agent), &error)); /* too early */
  g_assert_nonnull (error);
  session_gather (&s);
  session_set_credentials (&s, 0, "peer");
  session_add (&s, 0, PEER_1);
  fake_candidate (s.a1, FAKE_LOCAL);
  fake_complete (s.a1);
  session_drain (&s);
  g_object_get (s.agent, "local-ufrag", &before, NULL);

  g_assert_true (
      gst_ice_session_restart (gst_ice_agent_get_session (s.agent), NULL));
  g_object_get (s.agent, "local-ufrag", &after, NULL);
  g_assert_cmpstr (before, !=, after);
  assert_log (s.a1, "restart ");
  assert_recorded (s.recorder,
      "agent remote-ufrag -\n"
      "agent remote-pwd -\n"
      "agent remote-candidates 0\n"
      "agent local-ufrag -\n"
      "agent local-pwd -\n"
      "agent local-candidates 0\n"
      "transport 0/1 state connected\n"
      "bus ice-transport-state 0/1 completed connected restart\n"
      "agent ice-connection-state connected\n"
      "bus ice-connection-state completed connected restart\n"
      "transport 0/1 gathering-state gathering\n"
      "agent ice-gathering-state gathering\n"
      "bus ice-gathering-state complete gathering \n");
  g_usleep (NOTIFY_PAUSE);
  fake_candidate (s.a1, HOST ("1", "1", "10.0.0.1"));
  fake_gathered (s.a1);
  assert_recorded (s.recorder,
      "agent local-candidates 1\n"
      "candidate 0 " HOST ("1", "1",
          "10.0.0.1") "\n"
                      "bus ice-candidate 0 " HOST ("1", "1",
                          "10.0.0.1") "\n"
                                      "candidate 0 \"\"\n"
                                      "bus ice-candidate 0 \"\"\n"
                                      "transport 0/1 gathering-state complete\n"
                                      "agent ice-gathering-state complete\n"
                                      "bus ice-gathering-state gathering "
                                      "complete \n"
                                      "candidate 0 NULL\n"
                                      "bus ice-candidate 0 NULL\n");
  session_set_credentials (&s, 0, "next");
  session_refuse (&s, 0, PEER_2 " ufrag peer", "ufrag");
  session_add (&s, 0, PEER_2 " ufrag next");
  session_add (&s, 0, "");
  assert_log (s.a1, "credentials:next candidate:10.0.1.2 end ");
  session_end (&s);
}

/* Other credentials of the peer's restart us, too. */
static void
test_restart_by_peer (void)
{
  Session s;

  session_start (&s);
  session_gather (&s);
  session_set_credentials (&s, 0, "peer");
  session_add (&s, 0, PEER_1);
  session_add (&s, 0, "");
  session_drain (&s);
  session_set_credentials (&s, 0, "next");
  session_add (&s, 0, PEER_2);
  assert_log (s.a1, "restart credentials:next candidate:10.0.1.2 ");
  session_end (&s);
}

/* Both ends restart at once: the peer has signalled its new credentials and
 * does not signal them again, so a restart of ours keeps them until a pair
 * worked. */
static void
test_restart_crosses (void)
{
  Session s;

  session_start (&s);
  session_gather (&s);
  session_set_credentials (&s, 0, "peer");
  fake_complete (s.a1);
  session_set_credentials (&s, 0, "next");
  session_add (&s, 0, PEER_2 " ufrag next");
  session_add (&s, 0, "");
  session_drain (&s);
  g_assert_true (
      gst_ice_session_restart (gst_ice_agent_get_session (s.agent), NULL));
  assert_log (s.a1, "restart credentials:next candidate:10.0.1.2 end ");
  fake_candidate (s.a1, FAKE_LOCAL);
  fake_complete (s.a1);
  session_drain (&s);
  g_assert_true (
      gst_ice_session_restart (gst_ice_agent_get_session (s.agent), NULL));
  assert_log (s.a1, "restart ");
  session_end (&s);
}

/* The backend's reports about the old generation are not passed on. */
static void
test_restart_twice (void)
{
  Session s;
  guint i;

  session_start (&s);
  session_gather (&s);
  for (i = 0; i < 20; i++) {
    g_assert_true (
        gst_ice_session_restart (gst_ice_agent_get_session (s.agent), NULL));
    if (i % 2)
      fake_settle ();
  }
  fake_settle ();
  session_drain (&s);
  g_usleep (NOTIFY_PAUSE);
  fake_candidate (s.a1, FAKE_LOCAL);
  fake_candidate (s.a1, FAKE_LOCAL); /* the same again */
  fake_gathered (s.a1);
  {
    g_autofree gchar *lines = recorder_take (s.recorder);

    g_assert_true (g_str_has_prefix (lines, "agent local-candidates 1\n"));
    g_assert_null (strstr (lines, "agent local-candidates 2\n"));
  }
  session_end (&s);
}

static const SuiteTest tests[] = {
  { "/session/order/gathering", test_gathering_order },
  { "/session/order/after-the-end", test_candidate_after_the_end },
  { "/session/order/states", test_state_order },
  { "/session/order/aggregate", test_aggregate },
  { "/session/order/values-first", test_values_first },
  { "/session/pair", test_pair_fields },
  { "/session/remote/properties", test_remote_by_properties },
  { "/session/local-credentials", test_local_credentials },
  { "/session/role", test_role },
  { "/session/role/conflict", test_role_conflict },
  { "/session/server/not-found", test_server_not_found },
  { "/session/server/not-found/by-streams", test_server_not_found_by_streams },
  { "/session/server/found", test_server_found },
  { "/session/server/found/relay-only", test_stun_server_relay_only },
  { "/session/restart", test_restart },
  { "/session/restart/by-peer", test_restart_by_peer },
  { "/session/restart/crosses", test_restart_crosses },
  { "/session/restart/twice", test_restart_twice },
  { "/session/errors", test_candidate_error },
  { "/session/errors/once", test_candidate_error_once },
  { "/session/errors/fields", test_candidate_error_fields },
  { "/session/pair/states", test_pair_states },
};

int
main (int argc, char **argv)
{
  stub_resolver_install ();
  return suite_run (argc, argv, tests, G_N_ELEMENTS (tests));
}
