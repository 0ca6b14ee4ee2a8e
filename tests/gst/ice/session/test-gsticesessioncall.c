/* gst-ice: tests of calls that follow one another (keep=true): what ends one,
 * and what the next one knows of it.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "iothread/gsticealarm.h"
#include "session/gsticesessioncall.h"
#include "session/gsticesessioncalls.h"
#include "sessionfixture.h"
#include "signallingpeer.h"
#include "suite.h"

#define NEXT_CALL "end-call gather:controlled:stun=-:turn=0 "
#define PAUSE (250 * G_TIME_SPAN_MILLISECOND)

typedef struct
{
  Session s;
  Peer peer;
  GstIceSession *session;
  GstObject *owner; /* of claims */
} Fixture;

static void
on_event (GstIceAgent *agent, const GstStructure *message, gpointer recorder)
{
  guint number = 0;

  if (!gst_structure_has_name (message, "ice-call-ended"))
    return;
  gst_structure_get_uint (message, "call", &number);
  g_assert_true (
      gst_structure_has_field_typed (message, "stats", GST_TYPE_STRUCTURE));
  recorder_note (recorder, "ended %u %s", number,
      gst_structure_get_string (message, "reason"));
}

static void
on_progress (GstIceAgent *agent, gint type, const gchar *code,
    const gchar *text, gpointer recorder)
{
  recorder_note (recorder, "progress %d %s %s", type, code, text);
}

/* Before it gathers. */
static void
begin (Fixture *f)
{
  g_autofree gchar *uri = NULL;

  peer_init (&f->peer);
  session_start (&f->s);
  f->session = gst_ice_agent_get_session (f->s.agent);
  f->owner = gst_object_ref_sink (gst_bin_new (NULL));
  uri = g_strdup_printf ("unix://%s?mode=listener&keep=true", f->peer.path);
  g_object_set (f->s.agent, "signalling-uri", uri, NULL);
  g_signal_connect (f->s.agent, "event", G_CALLBACK (on_event), f->s.recorder);
  g_signal_connect (
      f->s.agent, "progress", G_CALLBACK (on_progress), f->s.recorder);
}

static void
end (Fixture *f)
{
  g_signal_handlers_disconnect_by_data (f->s.agent, f->s.recorder);
  session_end (&f->s);
  peer_clear (&f->peer);
  gst_object_unref (f->owner);
}

/* The peer has called, and its parameters are known. */
static void
call (Fixture *f)
{
  peer_connect (&f->peer);
  peer_write_parameters (&f->peer, "peer", 0);
  peer_expect (&f->peer, "\"generation\":0");
  fake_wait_log (f->s.a1, "credentials:peer");
}

static void
begin_connected (Fixture *f)
{
  begin (f);
  session_gather (&f->s);
  call (f);
  fake_complete (f->s.a1);
  session_drain (&f->s);
}

static void
hang_up (Fixture *f)
{
  g_clear_object (&f->peer.line);
  g_string_truncate (f->peer.received, 0);
}

static gboolean
read_bye (gpointer data)
{
  Fixture *f = data;

  if (f->session->call->bye)
    recorder_note (f->s.recorder, "bye is known");
  return G_SOURCE_REMOVE;
}

static void
send_bye (Fixture *f)
{
  peer_write (&f->peer, "{\"type\":\"bye\"}\n");
}

static gboolean
has_line (Recorder *recorder, const gchar *line)
{
  g_autofree gchar *lines = recorder_take (recorder);

  return strstr (lines, line) != NULL;
}

static GstIceDatapath *
get_datapath (Fixture *f)
{
  return gst_ice_transport_get_datapath (GST_ICE_TRANSPORT (f->s.a1));
}

/* icesrc receives. */
static void
claim_sending (Fixture *f)
{
  g_assert_true (
      gst_ice_claims_claim (gst_ice_datapath_get_claims (get_datapath (f)),
          GST_ICE_DIRECTION_SEND, f->owner, NULL));
}

static void
unclaim_sending (Fixture *f)
{
  gst_ice_datapath_unclaim (get_datapath (f), GST_ICE_DIRECTION_SEND, f->owner);
}

/* Where one direction is in use, the peer's `bye` is the end of the call. */
static void
test_bye_one_way (void)
{
  guint i;

  for (i = 0; i < GST_ICE_N_DIRECTIONS; i++) {
    Fixture f;

    begin_connected (&f);
    if (i == GST_ICE_DIRECTION_SEND) { /* instead of icesrc */
      gst_ice_datapath_unclaim (
          get_datapath (&f), GST_ICE_DIRECTION_RECEIVE, GST_OBJECT (f.s.src));
      claim_sending (&f);
    }
    send_bye (&f);
    recorder_wait (f.s.recorder, "ended 1 bye\n");
    fake_wait_log (f.s.a1, NEXT_CALL);
    if (i == GST_ICE_DIRECTION_SEND)
      unclaim_sending (&f);
    end (&f);
  }
}

/* Where both are, the line's end is, and the elements' streams go on. */
static void
test_bye_both_ways (void)
{
  GstBufferList *datagrams = NULL;
  Fixture f;

  begin_connected (&f);
  claim_sending (&f);
  send_bye (&f);
  do
    fake_call (read_bye, &f);
  while (!has_line (f.s.recorder, "bye is known"));
  fake_settle ();
  assert_log (f.s.a1, "");
  gst_ice_inbox_set_timeout (gst_ice_datapath_get_inbox (get_datapath (&f)), 1);
  g_assert_cmpint (gst_ice_datapath_pop (get_datapath (&f), &datagrams), ==,
      GST_FLOW_CUSTOM_SUCCESS);
  hang_up (&f);
  recorder_wait (f.s.recorder, "ended 1 bye\n");
  fake_wait_log (f.s.a1, NEXT_CALL);
  unclaim_sending (&f);
  end (&f);
}

/* A stranger that calls and leaves; the next call begins after a pause. */
static void
test_strangers (void)
{
  static const gchar *const lines[] = { "ended 1 signalling\n",
    "ended 2 signalling\n" };
  Fixture f;
  guint i;

  begin (&f);
  session_gather (&f.s);
  for (i = 0; i < G_N_ELEMENTS (lines); i++) {
    gint64 start;

    call (&f);
    session_drain (&f.s);
    start = g_get_monotonic_time ();
    hang_up (&f);
    fake_wait_log (f.s.a1, NEXT_CALL);
    g_assert_cmpint (g_get_monotonic_time () - start, >=, PAUSE);
    recorder_wait (f.s.recorder, lines[i]);
  }
  end (&f);
}

typedef struct
{
  Fixture *f;
  GstIceAlarm *alarm;
} Marker;

static void
on_marked (gpointer recorder)
{
  recorder_note (recorder, "marked");
}

/* The alarms of the I/O thread are handled in the order of their times, however
 * late: that of the mark is after an end at once, and before one with a pause.
 */
static gboolean
end_and_mark (gpointer data)
{
  Marker *marker = data;
  GstIceSession *session = marker->f->session;

  marker->alarm = gst_ice_alarm_new (
      gst_ice_io_get_context (session->io), on_marked, marker->f->s.recorder);
  g_assert_true (gst_ice_session_note_bye (session));
  gst_ice_alarm_set (marker->alarm, g_get_monotonic_time () + PAUSE / 2);
  return G_SOURCE_REMOVE;
}

static gboolean
free_marker (gpointer data)
{
  Marker *marker = data;

  gst_ice_alarm_free (marker->alarm);
  return G_SOURCE_REMOVE;
}

/* Only a call in which no pair was selected has the pause behind it. */
static void
test_pause (void)
{
  guint selected;

  for (selected = 0; selected < 3; selected++) { /* none, the first, another */
    g_autofree gchar *lines = NULL;
    Fixture f;
    Marker marker = { .f = &f };

    begin (&f);
    f.s.a2 = session_add_transport (&f.s, 0, 2);
    session_gather (&f.s);
    call (&f);
    if (selected > 0)
      fake_connect (selected == 1 ? f.s.a1 : f.s.a2);
    session_drain (&f.s);
    fake_call (end_and_mark, &marker);
    fake_wait_log (f.s.a1, NEXT_CALL);
    fake_wait_log (f.s.a2, NEXT_CALL); /* each transport ends it */
    recorder_wait (f.s.recorder, "marked\n");
    lines = recorder_take (f.s.recorder);
    g_assert_nonnull (strstr (lines, "ended 1 bye\n"));
    g_assert_cmpint (
        strstr (lines, "ended 1 bye\n") < strstr (lines, "marked\n"), ==,
        selected > 0);
    fake_call (free_marker, &marker);
    end (&f);
  }
}

/* Media that flows does not need the line; when it ends, the call does. */
static void
test_line_lost (void)
{
  Fixture f;

  begin_connected (&f);
  hang_up (&f);
  recorder_wait (f.s.recorder, "bus WARNING");
  fake_settle ();
  assert_log (f.s.a1, "");
  fake_event (f.s.a1, ICE_EVENT_CHECKS_DONE);
  assert_log (f.s.a1, "");
  fake_event (f.s.a1, ICE_EVENT_SOCKET_ERROR);
  recorder_wait (f.s.recorder, "ended 1 ");
  fake_wait_log (f.s.a1, NEXT_CALL);
  end (&f);
}

static void
test_failed (void)
{
  Fixture f;

  begin_connected (&f);
  fake_event (f.s.a1, ICE_EVENT_CHECKS_DONE);
  fake_event (f.s.a1, ICE_EVENT_CONSENT_REVOKED);
  recorder_wait (f.s.recorder, "ended 1 failed\n");
  fake_wait_log (f.s.a1, NEXT_CALL);
  end (&f);
}

/* ... unless it restarts then. */
static void
test_failed_restarts (void)
{
  Fixture f;

  begin (&f);
  g_object_set (f.s.agent, "restart-on", GST_ICE_RESTART_ON_FAILED, NULL);
  session_gather (&f.s);
  call (&f);
  fake_complete (f.s.a1);
  session_drain (&f.s);
  fake_event (f.s.a1, ICE_EVENT_CONSENT_REVOKED);
  fake_wait_log (f.s.a1, "restart ");
  assert_log (f.s.a1, "restart ");
  g_assert_false (has_line (f.s.recorder, "ended 1"));
  end (&f);
}

static void
write_end (GstIceAgent *agent, const GstStructure *message, gpointer data)
{
  GOutputVector vector = { "text", 4 };
  const GstIceDatagram datagram = { &vector, 1 };
  Fixture *f = data;
  guint done;

  if (!gst_structure_has_name (message, "ice-call-ended"))
    return;
  g_assert_cmpint (gst_ice_datapath_send (get_datapath (f), &datagram, 1,
                       &(const gint){ FALSE }, &done, NULL),
      ==, GST_FLOW_OK);
  recorder_note (f->s.recorder, "written");
}

/* What is written once the end is reported is not for the peer that has gone.
 */
static void
test_written_at_the_end (void)
{
  Fixture f;
  guint calls;

  begin_connected (&f);
  g_signal_connect (f.s.agent, "event", G_CALLBACK (write_end), &f);
  calls = fake_get_calls (f.s.a1);
  send_bye (&f);
  recorder_wait (f.s.recorder, "written\n");
  fake_wait_log (f.s.a1, NEXT_CALL);
  g_assert_cmpuint (fake_get_calls (f.s.a1), ==, calls);
  g_signal_handlers_disconnect_by_data (f.s.agent, &f);
  end (&f);
}

static void
close_at_the_end (
    GstIceAgent *agent, const GstStructure *message, gpointer data)
{
  if (gst_structure_has_name (message, "ice-call-ended"))
    g_signal_emit_by_name (agent, "close");
}

static void
test_closed_at_the_end (void)
{
  Fixture f;

  begin_connected (&f);
  g_signal_connect (f.s.agent, "event", G_CALLBACK (close_at_the_end), &f);
  send_bye (&f);
  recorder_wait (f.s.recorder, "agent ice-connection-state closed\n");
  assert_log (f.s.a1, "close ");
  g_signal_handlers_disconnect_by_data (f.s.agent, &f);
  end (&f);
}

static guint
count_remote (Fixture *f)
{
  g_auto (GValue) list = G_VALUE_INIT;

  g_value_init (&list, GST_TYPE_ARRAY);
  g_object_get_property (G_OBJECT (f->s.agent), "remote-candidates", &list);
  return gst_value_array_get_size (&list);
}

/* The tables, the role and what was reported are as for the first peer. */
static void
test_nothing_is_left (void)
{
  g_autofree gchar *lines = NULL;
  GstIceRole role;
  Fixture f;

  begin (&f);
  g_object_set (f.s.agent, "role", GST_ICE_ROLE_CONTROLLED, NULL);
  session_gather (&f.s);
  call (&f);
  peer_write_candidate (&f.peer, NULL, PEER_2);
  fake_wait_log (f.s.a1, "candidate:10.0.1.2");
  session_add (&f.s, 7, PEER_1); /* a stream that only the peer has */
  fake_candidate_error (f.s.a1, "wrong");
  fake_gathered (f.s.a1);
  fake_complete (f.s.a1);
  fake_role (f.s.a1, GST_ICE_ROLE_CONTROLLING);
  g_assert_cmpuint (count_remote (&f), ==, 2);
  session_drain (&f.s);

  send_bye (&f);
  fake_wait_log (f.s.a1, NEXT_CALL);
  hang_up (&f);
  fake_settle ();
  lines = recorder_take (f.s.recorder);
  g_assert_nonnull (strstr (lines,
      "agent local-ufrag -\nagent local-pwd -\n"
      "agent remote-ufrag -\nagent remote-pwd -\n"
      "agent local-candidates 0\nagent remote-candidates 0\n"));
  g_assert_nonnull (strstr (lines, "agent role controlled\n"));
  g_assert_nonnull (strstr (lines, "transport 0/1 candidate-pairs 0\n"));
  g_assert_nonnull (
      strstr (lines, "transport 0/1 selected-candidate-pair NULL\n"));
  g_assert_nonnull (strstr (lines,
      "bus ice-transport-state 0/1 completed new next-call\n"
      "agent ice-connection-state new\n"
      "bus ice-connection-state completed new next-call\n"));
  g_assert_nonnull (strstr (lines,
      "agent ice-gathering-state new\n"
      "bus ice-gathering-state complete new \n"));
  g_assert_cmpuint (count_remote (&f), ==, 0);

  /* until the first pair */
  g_object_set (f.s.agent, "role", GST_ICE_ROLE_CONTROLLING, NULL);
  fake_settle ();
  g_object_get (f.s.agent, "role", &role, NULL);
  g_assert_cmpint (role, ==, GST_ICE_ROLE_CONTROLLING);
  session_drain (&f.s);
  call (&f);
  peer_write_candidate (&f.peer, NULL, PEER_1);
  fake_wait_log (f.s.a1, "candidate:10.0.1.1");
  fake_candidate_error (f.s.a1, "wrong");
  recorder_wait (f.s.recorder, "error 0 401 wrong");
  end (&f);
}

/* Progress is that of a new call, too. */
static void
test_progress (void)
{
  Fixture f;
  guint i;

  begin (&f);
  gst_ice_session_show_progress (f.session);
  session_gather (&f.s);
  for (i = 0; i < 2; i++) {
    recorder_wait (f.s.recorder,
        "signal waiting for the peer's signalling: listening on ");
    call (&f);
    recorder_wait (f.s.recorder, "signal the peer's signalling is connected");
    recorder_wait (f.s.recorder, "connect waiting for the peer's candidates");
    fake_complete (f.s.a1);
    recorder_wait (f.s.recorder, "connect connected");
    session_drain (&f.s);
    send_bye (&f);
    fake_wait_log (f.s.a1, NEXT_CALL);
    hang_up (&f);
  }
  end (&f);
}

/* Every transport of every stream gathers for the next call, and is told the
 * next peer's credentials and candidates, though they are the same. */
static void
test_of_streams (void)
{
  FakeTransport *transports[3];
  Fixture f;
  guint i, turn;

  begin (&f);
  transports[0] = f.s.a1;
  transports[1] = f.s.a2 = session_add_transport (&f.s, 0, 2);
  transports[2] = f.s.b1 = session_add_transport (&f.s, 1, 1);
  session_gather (&f.s);
  for (turn = 0; turn < 2; turn++) {
    call (&f);
    session_set_credentials (&f.s, 1, "other");
    session_add (&f.s, 1, PEER_2);
    fake_wait_log (f.s.b1, "credentials:other candidate:10.0.1.2 ");
    fake_wait_log (f.s.a2, "credentials:peer ");
    for (i = 0; i < G_N_ELEMENTS (transports); i++)
      fake_complete (transports[i]);
    for (i = 0; i < G_N_ELEMENTS (transports); i++)
      g_free (fake_take_log (transports[i]));
    send_bye (&f);
    for (i = 0; i < G_N_ELEMENTS (transports); i++) {
      fake_wait_log (transports[i], NEXT_CALL);
      g_assert_cmpint (
          gst_ice_transport_get_state (GST_ICE_TRANSPORT (transports[i])), ==,
          GST_ICE_CONNECTION_STATE_NEW);
      g_free (fake_take_log (transports[i]));
    }
    hang_up (&f);
  }
  end (&f);
}

static const SuiteTest tests[] = {
  { "/session/call/bye/one-way", test_bye_one_way },
  { "/session/call/bye/both-ways", test_bye_both_ways },
  { "/session/call/strangers", test_strangers },
  { "/session/call/pause", test_pause },
  { "/session/call/line-lost", test_line_lost },
  { "/session/call/failed", test_failed },
  { "/session/call/failed/restarts", test_failed_restarts },
  { "/session/call/written-at-the-end", test_written_at_the_end },
  { "/session/call/closed-at-the-end", test_closed_at_the_end },
  { "/session/call/nothing-is-left", test_nothing_is_left },
  { "/session/call/progress", test_progress },
  { "/session/call/of-streams", test_of_streams },
};

int
main (int argc, char **argv)
{
  return suite_run (argc, argv, tests, G_N_ELEMENTS (tests));
}
