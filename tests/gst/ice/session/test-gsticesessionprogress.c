/* gst-ice: tests of the progress messages: what a session waits for, in words.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

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

static void
start (Session *s, Log *log)
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
  gst_ice_session_show_progress (gst_ice_agent_get_session (s->agent));
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
  expect (&log, "error gather no candidates can be gathered");
  end (&s, &log);
}

static const SuiteTest tests[] = {
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
