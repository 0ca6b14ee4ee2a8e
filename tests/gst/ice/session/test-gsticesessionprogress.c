/* gst-ice: tests of the progress messages: what a session waits for, in words.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "api/gsticepair.h"
#include "session/gsticesessioncalls.h"
#include "sessionfixture.h"
#include "suite.h"

#include <string.h>

/* The messages so far: "start connect waiting ...\n". */
typedef struct
{
  GMutex lock;
  GCond cond;
  GString *lines;
} Log;

static GstBusSyncReply
on_message (GstBus *bus, GstMessage *message, gpointer data)
{
  Log *log = data;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_PROGRESS) {
    g_autofree gchar *code = NULL, *text = NULL;
    GstProgressType type;
    GEnumClass *types = g_type_class_ref (GST_TYPE_PROGRESS_TYPE);

    gst_message_parse_progress (message, &type, &code, &text);
    g_mutex_lock (&log->lock);
    g_string_append_printf (log->lines, "%s %s %s\n",
        g_enum_get_value (types, (gint) type)->value_nick, code, text);
    g_cond_broadcast (&log->cond);
    g_mutex_unlock (&log->lock);
    g_type_class_unref (types);
  }
  gst_message_unref (message);
  return GST_BUS_DROP;
}

/* Waits for a message with that in it. */
static void
expect (Log *log, const gchar *line)
{
  gint64 end = g_get_monotonic_time () + 10 * G_TIME_SPAN_SECOND;

  g_mutex_lock (&log->lock);
  while (strstr (log->lines->str, line) == NULL)
    if (!g_cond_wait_until (&log->cond, &log->lock, end))
      g_error ("no \"%s\" in:\n%s", line, log->lines->str);
  g_mutex_unlock (&log->lock);
}

/* It is there already, not when something is due. */
static void
expect_now (Log *log, const gchar *line)
{
  g_mutex_lock (&log->lock);
  if (strstr (log->lines->str, line) == NULL)
    g_error ("no \"%s\" in:\n%s", line, log->lines->str);
  g_mutex_unlock (&log->lock);
}

/* Nothing is shown until show(). */
static void
start_hidden (Session *s, Log *log)
{
  GstBus *bus;

  session_start (s);
  g_mutex_init (&log->lock);
  g_cond_init (&log->cond);
  log->lines = g_string_new (NULL);
  bus = gst_element_get_bus (s->src);
  gst_bus_set_sync_handler (bus, NULL, NULL, NULL);
  gst_bus_set_sync_handler (bus, on_message, log, NULL);
  gst_object_unref (bus);
}

static void
show (Session *s)
{
  gst_ice_session_show_progress (gst_ice_agent_get_session (s->agent));
}

static void
start (Session *s, Log *log)
{
  start_hidden (s, log);
  show (s);
}

static void
end (Session *s, Log *log)
{
  GstBus *bus = gst_element_get_bus (s->src);

  gst_element_set_state (s->src, GST_STATE_NULL);
  gst_bus_set_sync_handler (bus, NULL, NULL, NULL);
  gst_object_unref (bus);
  session_end (s);
  g_string_free (log->lines, TRUE);
  g_cond_clear (&log->cond);
  g_mutex_clear (&log->lock);
}

static void
test_connect (void)
{
  Session s;
  Log log;

  start (&s, &log);
  session_gather (&s);
  expect (&log, "start gather ");
  fake_candidate (s.a1, FAKE_LOCAL);
  fake_gathered (s.a1);
  expect (&log, "complete gather local candidates were gathered");
  expect (&log, "connect waiting for the peer's credentials (remote-ufrag");
  session_set_credentials (&s, 0, FAKE_UFRAG);
  expect (&log, "continue connect waiting for the peer's candidates");
  session_add (&s, 0, FAKE_REMOTE);
  fake_event (s.a1, ICE_EVENT_CHECKING);
  expect (&log, "continue connect waiting for answers");
  fake_select (s.a1, FAKE_LOCAL, FAKE_REMOTE);
  expect (&log, "complete connect connected");
  end (&s, &log);
}

/* One of several; and stopped. */
static void
test_canceled (void)
{
  Session s;
  Log log;

  start (&s, &log);
  s.b1 = session_add_transport (&s, 1, 1);
  g_object_set (s.src, "remote-pwd", FAKE_PWD, NULL);
  session_gather (&s);
  fake_gathered (s.a1);
  fake_gathered (s.b1);
  expect (&log,
      "stream 0 component 1: waiting for the peer's credentials: "
      "remote-pwd is set, remote-ufrag is not");
  session_set_credentials (&s, 0, FAKE_UFRAG);
  expect (&log, "stream 0 component 1: waiting for the peer's candidates");
  gst_ice_session_close (gst_ice_agent_get_session (s.agent));
  expect (&log, "canceled connect stopped before it was done");
  end (&s, &log);
}

static void
test_half (void)
{
  Session s;
  Log log;

  start (&s, &log);
  g_object_set (s.src, "remote-ufrag", FAKE_UFRAG, NULL);
  session_gather (&s);
  expect (&log,
      "waiting for the peer's credentials: remote-ufrag is set, "
      "remote-pwd is not");
  end (&s, &log);
}

static void
test_failed (void)
{
  Session s;
  Log log;

  start (&s, &log);
  session_gather (&s);
  session_set_credentials (&s, 0, FAKE_UFRAG);
  fake_event (s.a1, ICE_EVENT_CHECKING);
  expect (&log, "start connect ");
  fake_problem (s.a1, "nothing can be gathered");
  expect_now (&log, "error gather no candidates can be gathered");
  end (&s, &log);
}

static gboolean
report_succeeded (gpointer data)
{
  Session *s = data;
  g_autoptr (IceCandidate) local = ice_candidate_parse (FAKE_LOCAL, NULL);
  g_autoptr (IceCandidate) remote = ice_candidate_parse (FAKE_REMOTE, NULL);
  GstStructure *pair = gst_ice_pair_new_structure (0, 1, 0, local, remote,
      GST_ICE_CANDIDATE_PAIR_STATE_SUCCEEDED, FALSE, FALSE);

  gst_ice_transport_report_pair (GST_ICE_TRANSPORT (s->a1), pair, TRUE);
  gst_structure_free (pair);
  return G_SOURCE_REMOVE;
}

static void
be_controlled (Session *s)
{
  g_object_set (s->agent, "role", GST_ICE_ROLE_CONTROLLED, NULL);
}

static void
know_peer (Session *s)
{
  session_set_credentials (s, 0, FAKE_UFRAG);
}

static void
know_other_component (Session *s)
{
  know_peer (s);
  session_add (s, 0, PEER_3);
}

static void
know_candidate (Session *s)
{
  know_peer (s);
  session_add (s, 0, PEER_1);
}

static void
know_unpairable (Session *s)
{
  know_peer (s);
  fake_candidate (s->a1, FAKE_LOCAL);
  fake_gathered (s->a1);
  session_add (s, 0, HOST ("1", "1", "2001:db8::1"));
}

static void
end_without (Session *s)
{
  know_peer (s);
  session_add (s, 0, "");
}

static void
end_with (Session *s)
{
  know_candidate (s);
  session_add (s, 0, "");
}

static void
check (Session *s)
{
  know_candidate (s);
  fake_event (s->a1, ICE_EVENT_CHECKING);
}

static void
succeed (Session *s)
{
  check (s);
  fake_call (report_succeeded, s);
}

static void
exhaust (Session *s)
{
  check (s);
  fake_event (s->a1, ICE_EVENT_CHECKS_DONE);
}

/* What is waited for when it is shown first. */
static void
test_waits (void)
{
  static const struct
  {
    void (*before) (Session *s); /* gathering; NULL: nothing */
    void (*after) (Session *s);
    const gchar *line;
  } rows[] = {
    { NULL, know_peer,
        "start connect waiting for the peer's candidates (add-ice-candidate)" },
    { NULL, know_other_component,
        "start connect waiting for the peer's candidates (add-ice-candidate)" },
    { NULL, know_candidate, "start connect no candidate pair can be checked" },
    { NULL, know_unpairable,
        "start connect waiting for more candidates, so far no candidate pair "
        "could be made: of the peer's 1" },
    { NULL, end_without,
        "start connect the peer has signalled all of its candidates (none), "
        "and no candidate pair" },
    { NULL, end_with,
        "start connect the peer has signalled all of its candidates, and no "
        "candidate pair can be checked" },
    { NULL, check, "start connect waiting for answers to connectivity checks" },
    { NULL, succeed,
        "start connect waiting for answers to connectivity checks" },
    { be_controlled, succeed,
        "start connect a candidate pair works, waiting for the peer's" },
    { be_controlled, check,
        "start connect waiting for answers to connectivity checks" },
    { NULL, exhaust,
        "start connect no candidate pair works so far, waiting for more" },
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (rows); i++) {
    Session s;
    Log log;

    start_hidden (&s, &log);
    if (rows[i].before != NULL)
      rows[i].before (&s);
    session_gather (&s);
    rows[i].after (&s);
    fake_settle ();
    show (&s);
    expect (&log, rows[i].line);
    end (&s, &log);
  }
}

static gboolean
connect_silently (gpointer data)
{
  Session *s = data;
  g_autoptr (IceCandidate) local = ice_candidate_parse (FAKE_LOCAL, NULL);
  g_autoptr (IceCandidate) remote = ice_candidate_parse (FAKE_REMOTE, NULL);

  gst_ice_transport_set_timeouts (GST_ICE_TRANSPORT (s->a1), 1, 0);
  gst_ice_transport_report_selected_pair (
      GST_ICE_TRANSPORT (s->a1), local, remote, TRUE);
  return G_SOURCE_REMOVE;
}

static gboolean
is_disconnected (Session *s)
{
  return gst_ice_transport_get_state (GST_ICE_TRANSPORT (s->a1))
      == GST_ICE_CONNECTION_STATE_DISCONNECTED;
}

/* Of a pair that was in use. */
static void
test_silent (void)
{
  Session s;
  Log log;

  start_hidden (&s, &log);
  session_gather (&s);
  check (&s);
  fake_call (connect_silently, &s);
  suite_wait_until (is_disconnected (&s));
  show (&s);
  expect (&log, "start connect the peer is silent, waiting for a sign of life");
  end (&s, &log);
}

/* The texts of what had ended before it was shown, and of an end. */
static void
test_shown_late (void)
{
  Session s;
  Log log;

  start_hidden (&s, &log);
  session_gather (&s);
  fake_complete (s.a1);
  show (&s);
  expect (&log,
      "start gather gathering local candidates\n"
      "complete gather local candidates were gathered\n"
      "start connect connecting\n"
      "complete connect connected\n");
  fake_event (s.a1, ICE_EVENT_SOCKET_ERROR);
  expect (&log, "error connect no connection\n");
  end (&s, &log);
}

static void
test_servers (void)
{
  Session s;
  Log log;

  start_hidden (&s, &log);
  session_gather (&s);
  show (&s);
  expect (&log, "start gather gathering local candidates\n");
  end (&s, &log);

  start_hidden (&s, &log);
  g_object_set (s.agent, "stun-server", "stun:192.0.2.1", NULL);
  session_gather (&s);
  show (&s);
  expect (&log,
      "start gather gathering local candidates: waiting for the STUN and TURN "
      "servers\n");
  end (&s, &log);
}

static const SuiteTest tests[] = {
  { "/session/progress/waits", test_waits },
  { "/session/progress/silent", test_silent },
  { "/session/progress/shown-late", test_shown_late },
  { "/session/progress/servers", test_servers },
  { "/session/progress/connect", test_connect },
  { "/session/progress/canceled", test_canceled },
  { "/session/progress/half", test_half },
  { "/session/progress/failed", test_failed },
};

int
main (int argc, char **argv)
{
  return suite_run (argc, argv, tests, G_N_ELEMENTS (tests));
}
