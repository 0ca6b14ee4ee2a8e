/* gst-ice: test of how a session begins, and of who waits for that.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "iothread/gsticeio.h"
#include "session/gsticesessioncalls.h"
#include "sessionfixture.h"
#include "suite.h"

#define BUSY (100 * G_TIME_SPAN_MILLISECOND)

static gboolean
be_busy (gpointer unused)
{
  g_usleep (BUSY);
  return G_SOURCE_REMOVE;
}

/* What is queued from now on waits for a while. */
static void
keep_busy (void)
{
  g_autoptr (GstIceIo) io = gst_ice_io_acquire ();

  gst_ice_io_invoke (io, be_busy, NULL, NULL);
}

/* A state change that gathers does not end before gathering has begun. */
static void
test_wait (void)
{
  g_autofree gchar *log = NULL;
  GstIceSession *session;
  Session s;

  session_start (&s);
  session = gst_ice_agent_get_session (s.agent);
  g_assert_true (gst_ice_session_wait_for_gathering (session)); /* for none */
  keep_busy ();
  g_assert_true (gst_ice_session_gather (session));
  g_assert_true (gst_ice_session_wait_for_gathering (session));
  log = fake_take_log (s.a1);
  g_assert_cmpstr (log, ==, "gather:controlling:stun=-:turn=0 ");
  session_end (&s);
}

static gboolean
wait_in_thread (gpointer data)
{
  Session *s = data;
  GstIceSession *session = gst_ice_agent_get_session (s->agent);
  g_autofree gchar *log = NULL;

  g_assert_true (gst_ice_session_gather (session));
  g_assert_true (gst_ice_session_wait_for_gathering (session));
  log = fake_take_log (s->b1);
  g_assert_cmpstr (log, ==, ""); /* begins afterwards */
  return G_SOURCE_REMOVE;
}

/* The I/O thread does not wait for itself. */
static void
test_wait_in_io_thread (void)
{
  Session s;

  session_start (&s);
  session_gather (&s);
  session_drain (&s);
  s.b1 = session_add_transport (&s, 1, 1);
  fake_call (wait_in_thread, &s);
  assert_log (s.b1, "gather:controlling:stun=-:turn=0 ");
  session_end (&s);
}

/* close() ends when all is closed, also where the I/O thread is busy. */
static void
test_close (void)
{
  GstIceSession *session;
  Session s;

  session_start (&s);
  session = gst_ice_agent_get_session (s.agent);
  session_gather (&s);
  keep_busy ();
  gst_ice_session_close (session);
  g_assert_cmpint (gst_ice_session_get_connection_state (session), ==,
      GST_ICE_CONNECTION_STATE_CLOSED);
  session_end (&s);
}

static const SuiteTest tests[] = {
  { "/session/begin/wait", test_wait },
  { "/session/begin/wait/in-io-thread", test_wait_in_io_thread },
  { "/session/begin/close", test_close },
};

int
main (int argc, char **argv)
{
  return suite_run (argc, argv, tests, G_N_ELEMENTS (tests));
}
