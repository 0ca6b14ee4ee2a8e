/* gst-ice: test of socket options: those from before gathering, and later ones.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "sessionfixture.h"
#include "suite.h"

static void
set (Session *s, FakeTransport *transport, GstIceDirection direction,
    guint buffer_size)
{
  const GstIceSocketOptions options = { buffer_size, 46, TRUE };

  gst_ice_session_set_socket_options (gst_ice_agent_get_session (s->agent),
      GST_ICE_TRANSPORT (transport), direction, &options);
}

static void
unset (Session *s, FakeTransport *transport, GstIceDirection direction)
{
  gst_ice_session_set_socket_options (gst_ice_agent_get_session (s->agent),
      GST_ICE_TRANSPORT (transport), direction, NULL);
}

/* The last ones for each direction of each transport; once. */
static void
test_before_gathering (void)
{
  Session s;

  session_start (&s);
  s.a2 = session_add_transport (&s, 0, 2);
  set (&s, s.a1, GST_ICE_DIRECTION_SEND, 1);
  set (&s, s.a1, GST_ICE_DIRECTION_RECEIVE, 2);
  set (&s, s.a2, GST_ICE_DIRECTION_SEND, 3);
  set (&s, s.a2, GST_ICE_DIRECTION_RECEIVE, 4);
  set (&s, s.a1, GST_ICE_DIRECTION_SEND, 5);
  unset (&s, s.a2, GST_ICE_DIRECTION_RECEIVE);
  assert_log (s.a1, "");
  session_gather (&s);
  assert_log (
      s.a1, "receive:2:46:1 send:5:46:1 gather:controlling:stun=-:turn=0 ");
  assert_log (
      s.a2, "send:3:46:1 receive:none gather:controlling:stun=-:turn=0 ");
  session_gather (&s);
  assert_log (s.a1, "");
  session_end (&s);
}

static void
test_later (void)
{
  Session s;

  session_start (&s);
  session_gather (&s);
  session_drain (&s);
  set (&s, s.a1, GST_ICE_DIRECTION_SEND, 1);
  unset (&s, s.a1, GST_ICE_DIRECTION_SEND);
  assert_log (s.a1, "send:1:46:1 send:none ");
  gst_ice_session_close (gst_ice_agent_get_session (s.agent));
  session_drain (&s);
  set (&s, s.a1, GST_ICE_DIRECTION_SEND, 1);
  assert_log (s.a1, "");
  session_end (&s);
}

static gboolean
set_and_close (gpointer data)
{
  Session *s = data;

  set (s, s->a1, GST_ICE_DIRECTION_SEND, 1);
  gst_ice_session_close (gst_ice_agent_get_session (s->agent));
  return G_SOURCE_REMOVE;
}

/* What waits for the I/O thread while the agent is closed has no effect. */
static void
test_closed_meanwhile (void)
{
  Session s;

  session_start (&s);
  session_gather (&s);
  session_drain (&s);
  fake_call (set_and_close, &s);
  assert_log (s.a1, "close ");
  session_end (&s);
}

/* Options that never get to a socket are freed. */
static void
test_never_gathers (void)
{
  Session s;

  session_start (&s);
  set (&s, s.a1, GST_ICE_DIRECTION_SEND, 1);
  session_end (&s);
}

static const SuiteTest tests[] = {
  { "/session/sockets/before-gathering", test_before_gathering },
  { "/session/sockets/later", test_later },
  { "/session/sockets/closed-meanwhile", test_closed_meanwhile },
  { "/session/sockets/never-gathers", test_never_gathers },
};

int
main (int argc, char **argv)
{
  return suite_run (argc, argv, tests, G_N_ELEMENTS (tests));
}
