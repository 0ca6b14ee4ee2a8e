/* gst-ice: tests of restarts, above all while one waits for the I/O thread.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "session/gsticesessionrestart.h"
#include "session/gsticesessiontables.h"
#include "signalling/icemessage.h"
#include "sessionfixture.h"
#include "suite.h"

#include <string.h>

static void
restart (Session *s)
{
  g_assert_true (
      gst_ice_session_restart (gst_ice_agent_get_session (s->agent), NULL));
}

static gchar *
get_ufrag (Session *s)
{
  gchar *ufrag;

  g_object_get (s->agent, "local-ufrag", &ufrag, NULL);
  return ufrag;
}

static void
assert_lines (Session *s, const gchar *fragment, guint expected)
{
  g_autofree gchar *lines = recorder_take (s->recorder);
  const gchar *at = lines;
  guint n = 0;

  while ((at = strstr (at, fragment)) != NULL) {
    n++;
    at += strlen (fragment);
  }
  if (n != expected)
    g_error ("%u times \"%s\", not %u, in:\n%s", n, fragment, expected, lines);
}

/* On the I/O thread, so that the restart's task comes after all of it. */
static gboolean
restart_and_report (gpointer data)
{
  Session *s = data;
  GstIceTransport *transport = GST_ICE_TRANSPORT (s->a1);
  g_autoptr (IceCandidate) candidate = ice_candidate_parse (FAKE_LOCAL, NULL);

  restart (s);
  gst_ice_transport_report_candidate (transport, candidate);
  gst_ice_transport_report_gathered (transport);
  return G_SOURCE_REMOVE;
}

/* What the backend has found for the old generation is not signalled as the new
 * one's. */
static void
test_stale_reports (void)
{
  Session s;

  session_start (&s);
  session_gather (&s);
  session_drain (&s);
  fake_call (restart_and_report, &s);
  fake_settle ();
  assert_lines (&s, "candidate 0 ", 0);
  assert_log (s.a1, "restart ");
  fake_candidate (s.a1, FAKE_LOCAL);
  assert_lines (&s, "bus ice-candidate 0 candidate:1", 1);
  fake_gathered (s.a1);
  assert_lines (&s, "bus ice-candidate 0 \"\"", 1);
  session_end (&s);
}

/* A late component may still join: the new generation has not ended. */
static void
test_stale_end (void)
{
  Session s;

  session_start (&s);
  session_gather (&s);
  fake_call (restart_and_report, &s);
  s.a2 = session_add_transport (&s, 0, 2);
  session_end (&s);
}

static gboolean
restart_between_credentials (gpointer data)
{
  Session *s = data;

  session_set_credentials (s, 0, "old1");
  restart (s);
  session_set_credentials (s, 0, "new1");
  return G_SOURCE_REMOVE;
}

/* The backend gets the new generation's credentials after its restart. */
static void
test_stale_credentials (void)
{
  Session s;

  session_start (&s);
  session_gather (&s);
  session_drain (&s);
  fake_call (restart_between_credentials, &s);
  assert_log (s.a1, "restart credentials:new1 ");
  session_end (&s);
}

static gboolean
correct_and_restart (gpointer data)
{
  Session *s = data;

  session_set_credentials (s, 0, "new1"); /* the peer is another one */
  restart (s);
  return G_SOURCE_REMOVE;
}

/* To signal all again is not necessary where a restart does so. */
static void
test_stale_offer (void)
{
  Session s;

  session_start (&s);
  session_gather (&s);
  session_set_credentials (&s, 0, "old1");
  session_drain (&s);
  fake_call (correct_and_restart, &s);
  assert_log (s.a1, "restart ");
  session_end (&s);
}

static gboolean
restart_and_select (gpointer data)
{
  Session *s = data;
  g_autoptr (IceCandidate) local = ice_candidate_parse (FAKE_LOCAL, NULL);
  g_autoptr (IceCandidate) remote = ice_candidate_parse (FAKE_REMOTE, NULL);

  restart (s);
  session_set_credentials (s, 0, "new1");
  gst_ice_transport_report_selected_pair (
      GST_ICE_TRANSPORT (s->a1), local, remote, TRUE);
  return G_SOURCE_REMOVE;
}

/* A pair of the old generation does not make the new one's credentials those of
 * a pair: others correct them, and are not a restart of the peer's. */
static void
test_stale_pair (void)
{
  g_autofree gchar *before = NULL, *after = NULL;
  Session s;

  session_start (&s);
  session_gather (&s);
  session_drain (&s);
  fake_call (restart_and_select, &s);
  fake_settle ();
  before = get_ufrag (&s);
  session_set_credentials (&s, 0, "new2");
  after = get_ufrag (&s);
  g_assert_cmpstr (before, ==, after);
  fake_select (s.a1, FAKE_LOCAL, FAKE_REMOTE);
  session_set_credentials (&s, 0, "new3");
  g_free (after);
  after = get_ufrag (&s);
  g_assert_cmpstr (before, !=, after);
  session_end (&s);
}

/* It was decided for a generation, and is for no other. */
static void
test_once (void)
{
  g_autofree gchar *first = NULL, *second = NULL, *third = NULL;
  GstIceSession *session;
  Session s;

  session_start (&s);
  session = gst_ice_agent_get_session (s.agent);
  first = get_ufrag (&s);
  gst_ice_session_restart_once (session, 0); /* nothing to restart yet */
  second = get_ufrag (&s);
  g_assert_cmpstr (second, ==, first);
  session_gather (&s);
  session_set_credentials (&s, 0, "peer");
  session_drain (&s);
  gst_ice_session_restart_once (session, 1);
  assert_log (s.a1, "");
  assert_lines (&s, "remote-ufrag", 0);
  gst_ice_session_restart_once (session, 0);
  assert_log (s.a1, "restart ");
  assert_lines (&s, "agent remote-ufrag -", 1);
  g_free (second);
  second = get_ufrag (&s);
  g_assert_cmpstr (second, !=, first);
  gst_ice_session_restart_once (session, 0);
  assert_log (s.a1, "");
  third = get_ufrag (&s);
  g_assert_cmpstr (third, ==, second);
  session_end (&s);
}

/* Generations are numbers of the signalling, and the last one is the last. */
static void
test_last_generation (void)
{
  g_autofree gchar *before = NULL, *after = NULL;
  g_autoptr (GError) error = NULL;
  GstIceSession *session;
  Session s;

  session_start (&s);
  session_gather (&s);
  session = gst_ice_agent_get_session (s.agent);
  g_mutex_lock (&session->lock);
  session->generation = ICE_MESSAGE_MAX_GENERATION - 1;
  g_mutex_unlock (&session->lock);
  gst_ice_session_restart_once (session, ICE_MESSAGE_MAX_GENERATION - 1);
  fake_wait_log (s.a1, "restart");
  before = get_ufrag (&s);
  gst_ice_session_restart_once (session, ICE_MESSAGE_MAX_GENERATION);
  g_assert_false (gst_ice_session_restart (session, &error));
  g_assert_nonnull (strstr (error->message, "last one"));
  after = get_ufrag (&s);
  g_assert_cmpstr (after, ==, before);
  session_end (&s);
}

/* Properties of the peer's credentials can be corrected until gathering. */
static void
test_corrected_properties (void)
{
  Session s;

  session_start (&s);
  g_object_set (s.src, "remote-ufrag", "old1", "remote-pwd", FAKE_PWD, NULL);
  g_object_set (s.src, "remote-ufrag", "peer", NULL);
  session_gather (&s);
  assert_log (s.a1, "gather:controlling:stun=-:turn=0 credentials:peer ");
  session_end (&s);
}

static void
test_no_transport (void)
{
  g_autoptr (GError) range = NULL, closed = NULL;
  GstIceSession *session;
  Session s;

  session_start (&s);
  session = gst_ice_agent_get_session (s.agent);
  g_assert_null (gst_ice_session_get_transport (
      session, ICE_STREAM_MAX_INDEX + 1, 1, &range));
  g_assert_error (range, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  gst_ice_session_close (session);
  g_assert_null (gst_ice_session_get_transport (session, 1, 1, &closed));
  g_assert_error (closed, G_IO_ERROR, G_IO_ERROR_CLOSED);
  session_end (&s);
}

/* Only transports that gather. */
static void
test_late_transport (void)
{
  Session s;

  session_start (&s);
  session_gather (&s);
  s.b1 = session_add_transport (&s, 1, 1);
  session_drain (&s);
  restart (&s);
  assert_log (s.a1, "restart ");
  assert_log (s.b1, "");
  session_gather (&s);
  assert_log (s.b1, "gather:controlling:stun=-:turn=0 ");
  session_end (&s);
}

/* Servers get new requests, so their errors are news: at once after a restart
 * of ours. Restarts of the peer's are not limited, so they make them news at
 * most once in 10 s. */
static void
test_server_errors (void)
{
  static const struct
  {
    const gchar *peer; /* whose restart it is; NULL: ours */
    guint n_reports;
  } rows[] = { { "new1", 1 }, { "new2", 0 }, { NULL, 1 }, { NULL, 1 },
    { "new3", 0 }, { NULL, 1 } };
  Session s;
  guint i;

  session_start (&s);
  session_gather (&s);
  session_set_credentials (&s, 0, "peer");
  fake_complete (s.a1);
  fake_candidate_error (s.a1, "wrong");
  session_drain (&s);
  for (i = 0; i < G_N_ELEMENTS (rows); i++) {
    if (rows[i].peer == NULL)
      restart (&s);
    else
      session_set_credentials (&s, 0, rows[i].peer);
    fake_settle ();
    session_drain (&s);
    fake_candidate_error (s.a1, "wrong");
    fake_candidate_error (s.a1, "wrong");
    assert_lines (&s, "bus ice-candidate-error", rows[i].n_reports);
    if (rows[i].peer == NULL) {
      g_autofree gchar *ufrag = g_strdup_printf ("answer%u", i);

      session_set_credentials (&s, 0, ufrag);
    }
    fake_complete (s.a1);
  }
  session_end (&s);
}

/* The same credentials again are not news; another password is a correction,
 * which is answered by everything again. */
static void
test_changed_credentials (void)
{
  g_autoptr (GError) error = NULL;
  Session s;

  session_start (&s);
  session_set_credentials (&s, 0, "old1");
  session_set_credentials (&s, 0, "peer"); /* nobody has got an offer yet */
  session_gather (&s);
  assert_log (s.a1, "gather:controlling:stun=-:turn=0 credentials:peer ");
  session_drain (&s);
  session_set_credentials (&s, 0, "peer");
  assert_log (s.a1, "");
  assert_lines (&s, "remote-", 0);
  g_assert_true (gst_ice_session_set_remote_credentials (
      gst_ice_agent_get_session (s.agent), 0, "peer",
      "another+password+another", &error));
  g_assert_no_error (error);
  assert_log (s.a1, "restart credentials:peer ");
  session_end (&s);
}

/* All transports of all streams; each stream's peer is forgotten. */
static void
test_of_streams (void)
{
  FakeTransport *transports[4];
  Session s;
  guint i;

  session_start_four (&s);
  session_list_four (&s, transports);
  session_gather (&s);
  for (i = 0; i < 2; i++) {
    session_set_credentials (&s, i, "old1");
    session_add (&s, i, PEER_1);
  }
  for (i = 0; i < 4; i++)
    fake_complete (transports[i]);
  for (i = 0; i < 4; i++)
    g_free (fake_take_log (transports[i]));
  restart (&s);
  for (i = 0; i < 4; i++) {
    GstIceTransport *transport = GST_ICE_TRANSPORT (transports[i]);

    assert_log (transports[i], "restart ");
    g_assert_cmpint (gst_ice_transport_get_gathering_state (transport), ==,
        GST_ICE_GATHERING_STATE_GATHERING);
  }
  for (i = 0; i < 2; i++)
    session_set_credentials (&s, i, "new1");
  for (i = 0; i < 4; i++)
    assert_log (transports[i], "credentials:new1 ");
  session_end (&s);
}

static const SuiteTest tests[] = {
  { "/session/restart/stale-reports", test_stale_reports },
  { "/session/restart/stale-end", test_stale_end },
  { "/session/restart/stale-credentials", test_stale_credentials },
  { "/session/restart/stale-offer", test_stale_offer },
  { "/session/restart/stale-pair", test_stale_pair },
  { "/session/restart/once", test_once },
  { "/session/restart/last-generation", test_last_generation },
  { "/session/restart/corrected-properties", test_corrected_properties },
  { "/session/restart/no-transport", test_no_transport },
  { "/session/restart/late-transport", test_late_transport },
  { "/session/restart/server-errors", test_server_errors },
  { "/session/restart/changed-credentials", test_changed_credentials },
  { "/session/restart/of-streams", test_of_streams },
};

int
main (int argc, char **argv)
{
  return suite_run (argc, argv, tests, G_N_ELEMENTS (tests));
}
