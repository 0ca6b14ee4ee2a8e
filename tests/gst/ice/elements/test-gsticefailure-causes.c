/* gst-ice: test of what is advised after a failure, by its cause.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "elements/gsticefailure.h"
#include "sessionfixture.h"
#include "suite.h"

#include <string.h>

static void
assert_advice (Session *s, const gchar *cause, const gchar *advice)
{
  g_autoptr (GError)
      error = gst_ice_failure_describe (s->agent, GST_ICE_TRANSPORT (s->a1));

  g_assert_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND);
  if (strstr (error->message, cause) == NULL
      || strstr (error->message, advice) == NULL)
    g_error ("no \"%s\" or \"%s\" in \"%s\"", cause, advice, error->message);
}

/* A TURN server, by one property and the other. */
#define TURN_SERVERS "turn-servers", "<\"turn://user:password@192.0.2.1:3478\">"
#define ICE_SERVERS                                                            \
  "ice-servers",                                                               \
      "<[s,urls=\"turn:192.0.2.1\",username=\"u\",credential=\"password\"]>"

static void
set_servers (Session *session, const gchar *property, const gchar *servers)
{
  g_autofree gchar *copy = g_strdup (servers); /* GStreamer writes into it */

  gst_util_set_object_arg (G_OBJECT (session->agent), property, copy);
}

/* What a candidate needs. */
static void
test_no_local (void)
{
  static const struct
  {
    GstIceTransportPolicy policy;
    const gchar *property, *servers;
    const gchar *advice;
  } rows[] = {
    { GST_ICE_TRANSPORT_POLICY_ALL, NULL, NULL, "check local-addresses" },
    { GST_ICE_TRANSPORT_POLICY_ALL, TURN_SERVERS, "check local-addresses" },
    { GST_ICE_TRANSPORT_POLICY_RELAY, NULL, NULL, "set turn-server" },
    { GST_ICE_TRANSPORT_POLICY_RELAY, TURN_SERVERS, "no TURN server gave one" },
    { GST_ICE_TRANSPORT_POLICY_RELAY, ICE_SERVERS, "no TURN server gave one" },
    { GST_ICE_TRANSPORT_POLICY_RELAY, "ice-servers",
        "<[s,urls=\"stun:192.0.2.1\"]>", "set turn-server" },
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (rows); i++) {
    Session s;

    session_start (&s);
    g_object_set (s.agent, "ice-transport-policy", rows[i].policy, NULL);
    if (rows[i].property != NULL)
      set_servers (&s, rows[i].property, rows[i].servers);
    assert_advice (&s, "stream 0 component 1", rows[i].advice);
    session_end (&s);
  }
}

/* No pair; and pairs that did not work. */
static void
test_no_path (void)
{
  static const gchar *const servers[][2] = { { NULL, NULL }, { TURN_SERVERS },
    { ICE_SERVERS } };
  guint turn;

  for (turn = 0; turn < G_N_ELEMENTS (servers); turn++) {
    Session s;

    session_start (&s);
    if (turn)
      set_servers (&s, servers[turn][0], servers[turn][1]);
    session_gather (&s);
    fake_candidate (s.a1, FAKE_LOCAL);
    assert_advice (&s, "stream 0 component 1", "the peer");
    {
      g_autoptr (GError)
          error = gst_ice_failure_describe (s.agent, GST_ICE_TRANSPORT (s.a1));

      g_assert_null (strstr (error->message, "no candidate pair works"));
    }
    session_set_credentials (&s, 0, FAKE_UFRAG);
    session_add (&s, 0, FAKE_REMOTE);
    fake_settle ();
    assert_advice (&s, "no candidate pair works",
        turn ? "transport=tcp" : "or add a TURN server");
    fake_connect (s.a1);
    assert_advice (&s, "no candidate pair works",
        turn ? "transport=tcp" : "or add a TURN server");
    session_end (&s);
  }
}

static gboolean
set_timeouts (gpointer transport)
{
  gst_ice_transport_set_timeouts (transport, 20, 40);
  return G_SOURCE_REMOVE;
}

/* A path that worked. */
static void
test_loss (void)
{
  static const struct
  {
    IceEvent event;
    const gchar *cause, *advice;
  } rows[] = {
    { ICE_EVENT_CONSENT_REVOKED, "(consent-revoked)", "403" },
    { ICE_EVENT_SOCKET_ERROR, "(socket-error)", "its address and interface" },
    { ICE_EVENT_TICK, "(consent-expired)", "failed-timeout (1234 ms)" },
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (rows); i++) {
    Session s;

    session_start (&s);
    g_object_set (
        s.agent, "disconnected-timeout", 1000, "failed-timeout", 1234, NULL);
    session_gather (&s);
    if (rows[i].event == ICE_EVENT_TICK)
      fake_call (set_timeouts, s.a1);
    fake_complete (s.a1);
    if (rows[i].event != ICE_EVENT_TICK)
      fake_event (s.a1, rows[i].event);
    recorder_wait (s.recorder, " failed ");
    assert_advice (&s, rows[i].cause, rows[i].advice);
    session_end (&s);
  }
}

static const SuiteTest tests[] = {
  { "/failure-causes/no-local", test_no_local },
  { "/failure-causes/no-path", test_no_path },
  { "/failure-causes/loss", test_loss },
};

int
main (int argc, char **argv)
{
  return suite_run (argc, argv, tests, G_N_ELEMENTS (tests));
}
