/* gst-ice: tests of the warnings about waits that do not end by themselves.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "session/gsticesessionstuck.h"
#include "session/gsticesessiontables.h"
#include "sessionfixture.h"
#include "suite.h"

#include <string.h>

static gboolean
report_checked (gpointer transport)
{
  gst_ice_transport_report_checked (transport);
  return G_SOURCE_REMOVE;
}

/* Each after its patience, and only those. */
static void
test_troubles (void)
{
  gint64 start = g_get_monotonic_time ();
  g_autofree gchar *lines = NULL;
  Session s;

  session_start (&s);
  s.b1 = session_add_transport (&s, 1, 1);
  session_gather (&s);
  fake_call (report_checked, s.b1);
  session_set_credentials (&s, 0, "peer");
  session_add (&s, 0, PEER_1);
  session_add (&s, 0, PEER_3); /* of component 2 */
  session_add (&s, 3, PEER_1);
  recorder_wait (s.recorder, "component 2 of stream 0");
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 2 * G_TIME_SPAN_SECOND);
  recorder_wait (s.recorder, "the peer signals stream 3");
  recorder_wait (s.recorder, "the peer checks stream 1");
  fake_settle ();
  lines = recorder_take (s.recorder);
  g_assert_nonnull (strstr (lines, "stream=0 component=2, or let the peer"));
  g_assert_nonnull (strstr (lines, "stream=3"));
  g_assert_null (strstr (lines, "the peer checks stream 0"));
  g_assert_null (strstr (lines, "component 1 of stream"));
  session_end (&s);
}

/* Datagrams that keep coming, which nobody reads; no check does. */
static void
test_datagrams (void)
{
  gint64 end = g_get_monotonic_time () + 15 * G_TIME_SPAN_SECOND;
  gboolean warned = FALSE;
  Session s;

  session_start (&s);
  s.b1 = session_add_transport (&s, 1, 1);
  session_gather (&s);
  while (!warned) {
    g_autofree gchar *lines = NULL;

    g_assert_cmpint (g_get_monotonic_time (), <, end);
    fake_receive (s.b1, "media");
    g_usleep (50000);
    lines = recorder_take (s.recorder);
    warned = strstr (lines, "datagrams keep coming to stream 1") != NULL;
  }
  session_end (&s);
}

/* No event but the signalling of a stream that nobody has here. */
static void
test_mentioned (void)
{
  Session s;

  session_start (&s);
  session_gather (&s);
  session_set_credentials (&s, 0, "peer"); /* no counter is looked at */
  fake_settle ();
  session_add (&s, 3, PEER_1);
  recorder_wait (s.recorder, "the peer signals stream 3");
  session_end (&s);
}

/* What follows has its own time, an hour ahead: nothing is due by itself. */

typedef struct
{
  Session *s;
  gint64 now, due;
} Look;

static gboolean
look_in_thread (gpointer data)
{
  Look *look = data;

  look->due = gst_ice_session_warn_of_stuck (
      gst_ice_agent_get_session (look->s->agent), look->now);
  return G_SOURCE_REMOVE;
}

/* Returns: when to look again, after the begin; -1: no time */
static gint64
look (Session *s, gint64 begin, gint64 after)
{
  Look look = { .s = s, .now = begin + after };

  fake_call (look_in_thread, &look);
  return look.due < 0 ? look.due : look.due - begin;
}

static gint64
begin_later (Session *s)
{
  session_start (s);
  s->b1 = session_add_transport (s, 1, 1);
  session_gather (s);
  session_drain (s);
  return g_get_monotonic_time () + 3600 * G_TIME_SPAN_SECOND;
}

static void
note_checked (Session *s, guint stream, gint64 when)
{
  GstIceSession *session = gst_ice_agent_get_session (s->agent);

  g_mutex_lock (&session->lock);
  ice_stream_note_checked (
      gst_ice_session_look_up_stream (session, stream), when);
  g_mutex_unlock (&session->lock);
}

static void
assert_warnings (Session *s, const gchar *first)
{
  g_autofree gchar *lines = recorder_take (s->recorder);

  if (first == NULL)
    g_assert_cmpstr (lines, ==, "");
  else if (strstr (lines, first) == NULL || strstr (lines, "\nbus") != NULL)
    g_error ("not only \"%s\" in:\n%s", first, lines);
}

/* Once, and that of another stream 10 s later. */
static void
test_due (void)
{
  const gint64 patience = 2 * G_TIME_SPAN_SECOND;
  const gint64 quiet = 10 * G_TIME_SPAN_SECOND;
  gint64 begin;
  Session s;

  begin = begin_later (&s);
  /* only what the counters of datagrams are looked at for */
  g_assert_cmpint (look (&s, begin, 0), ==, 2 * G_TIME_SPAN_SECOND);
  note_checked (&s, 0, begin);
  note_checked (&s, 1, begin + 1);
  g_assert_cmpint (look (&s, begin, patience - 1), ==, patience);
  assert_warnings (&s, NULL);
  look (&s, begin, patience);
  assert_warnings (&s, "bus WARNING the peer checks stream 0");
  look (&s, begin, patience + quiet - 1);
  assert_warnings (&s, NULL);
  look (&s, begin, patience + quiet);
  assert_warnings (&s, "bus WARNING the peer checks stream 1");
  /* both were reported: nothing is left to look at */
  g_assert_cmpint (look (&s, begin, 100 * quiet), ==, -1);
  assert_warnings (&s, NULL);
  session_end (&s);
}

static void
discard_one (FakeTransport *transport)
{
  gst_ice_datapath_count_unknown_source (
      gst_ice_transport_get_datapath (GST_ICE_TRANSPORT (transport)), 1);
}

/* Datagrams must come in two looks running, 2 s apart; to any transport. */
static void
test_counted (void)
{
  const gint64 interval = 2 * G_TIME_SPAN_SECOND;
  guint stream;

  for (stream = 0; stream < 2; stream++) {
    g_autofree gchar *warning = g_strdup_printf (
        "bus WARNING datagrams keep coming to stream %u", stream);
    FakeTransport *transport;
    gint64 begin;
    Session s;

    begin = begin_later (&s);
    transport = stream == 0 ? s.a1 : s.b1;
    look (&s, begin, 0);
    discard_one (transport);
    g_assert_cmpint (look (&s, begin, interval), ==, 2 * interval);
    look (&s, begin, 2 * interval); /* none came */
    discard_one (transport);
    look (&s, begin, 3 * interval);
    assert_warnings (&s, NULL);
    discard_one (transport);
    look (&s, begin, 4 * interval);
    assert_warnings (&s, warning);
    session_end (&s);
  }
}

/* ... for a transport that waits. One that works may have a stranger, and one
 * whose peer's credentials are known has no wait. */
static void
test_counted_for_nothing (void)
{
  const gint64 interval = 2 * G_TIME_SPAN_SECOND;
  gint64 begin;
  guint i;
  Session s;

  begin = begin_later (&s);
  s.b2 = session_add_transport (&s, 2, 1);
  session_gather (&s);
  session_set_credentials (&s, 1, "peer");
  fake_event (s.b2, ICE_EVENT_CHECKING);
  session_drain (&s);
  for (i = 0; i < 5; i++) {
    fake_receive (s.b1, "media");
    fake_receive (s.b2, "media");
    look (&s, begin, i * interval);
  }
  assert_warnings (&s, NULL);
  session_end (&s);
}

/* Before it gathers, no port is open that they could come to. */
static void
test_not_gathering (void)
{
  const gint64 interval = 2 * G_TIME_SPAN_SECOND;
  gint64 begin = g_get_monotonic_time () + 3600 * G_TIME_SPAN_SECOND;
  guint i;
  Session s;

  session_start (&s);
  s.b1 = session_add_transport (&s, 1, 1);
  for (i = 0; i < 5; i++) {
    fake_receive (s.b1, "media");
    g_assert_cmpint (look (&s, begin, i * interval), ==, -1);
  }
  session_end (&s);
}

/* Only component 2 has a cure on the peer's side. */
static void
test_components (void)
{
  const gint64 patience = 3 * G_TIME_SPAN_SECOND;
  g_autofree gchar *lines = NULL;
  gint64 begin;
  Session s;

  begin = begin_later (&s);
  session_set_credentials (&s, 1, "peer");
  session_add (&s, 1, HOST ("1", "1", "10.0.1.1"));
  session_add (&s, 1, HOST ("2", "3", "10.0.1.1"));
  session_drain (&s);
  look (&s, begin, patience);
  lines = recorder_take (s.recorder);
  g_assert_nonnull (strstr (lines,
      "the peer has candidates of component 3 of stream 1, but no element here "
      "uses it; add one with stream=1 component=3\n"));
  session_end (&s);
}

static gboolean
close_and_look (gpointer data)
{
  Look *look = data;

  gst_ice_session_close (gst_ice_agent_get_session (look->s->agent));
  return look_in_thread (look);
}

static void
test_closed (void)
{
  g_autofree gchar *lines = NULL;
  Session s;
  Look look = { .s = &s };

  look.now = begin_later (&s) + 3 * G_TIME_SPAN_SECOND;
  note_checked (&s, 0, look.now - 3 * G_TIME_SPAN_SECOND);
  fake_call (close_and_look, &look);
  fake_settle ();
  lines = recorder_take (s.recorder);
  g_assert_null (strstr (lines, "WARNING"));
  session_end (&s);
}

static const SuiteTest tests[] = {
  { "/session/stuck/mentioned", test_mentioned },
  { "/session/stuck/due", test_due },
  { "/session/stuck/counted", test_counted },
  { "/session/stuck/counted/for-nothing", test_counted_for_nothing },
  { "/session/stuck/not-gathering", test_not_gathering },
  { "/session/stuck/components", test_components },
  { "/session/stuck/closed", test_closed },
  { "/session/stuck/troubles", test_troubles },
  { "/session/stuck/datagrams", test_datagrams },
};

int
main (int argc, char **argv)
{
  return suite_run (argc, argv, tests, G_N_ELEMENTS (tests));
}
