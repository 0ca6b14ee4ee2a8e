/* gst-ice: test of restart-on: a session over a fake backend restarts by
 * itself. SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/icerestart.h"
#include "descriptors.h"
#include "recorder.h"
#include "sessionfixture.h"
#include "suite.h"
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <string.h>

#define FAILED GST_ICE_RESTART_ON_FAILED
#define DISCONNECTED GST_ICE_RESTART_ON_DISCONNECTED
#define NETWORK_CHANGE GST_ICE_RESTART_ON_NETWORK_CHANGE

static void
start (Session *self, GstIceRestartOn on)
{
  session_start (self);
  g_object_set (self->agent, "restart-on", on, NULL);
  session_gather (self);
}

/* Waits for that message; forgets the earlier ones. */
static void
wait_message (Session *self, const gchar *change)
{
  g_autofree gchar *line = g_strdup_printf (
      "bus ice-connection-state %s", change);

  recorder_wait (self->recorder, line);
  session_drain (self);
}

static gchar *
get_ufrag (Session *self)
{
  gchar *ufrag = NULL;

  g_object_get (self->agent, "local-ufrag", &ufrag, NULL);
  return ufrag;
}

static void
assert_restarted (Session *self, gchar **ufrag)
{
  gchar *next = get_ufrag (self);

  g_assert_cmpstr (next, !=, *ufrag);
  g_free (*ufrag);
  *ufrag = next;
}

static void
assert_not_restarted (Session *self, const gchar *ufrag)
{
  g_autofree gchar *next = NULL;

  fake_settle ();
  fake_settle (); /* what the first one queued */
  next = get_ufrag (self);
  g_assert_cmpstr (next, ==, ufrag);
}

/* All reports are as for the action; a second restart comes after five seconds
 * only. */
static void
test_failed (void)
{
  g_autofree gchar *ufrag = NULL, *lines = NULL;
  gint64 restarted;
  Session s;

  start (&s, FAILED);
  ufrag = get_ufrag (&s);
  fake_candidate (s.a1, FAKE_LOCAL);
  fake_fail (s.a1);
  recorder_wait (
      s.recorder, "bus ice-connection-state failed checking restart");
  restarted = g_get_monotonic_time ();
  assert_restarted (&s, &ufrag);
  fake_settle ();
  lines = recorder_take (s.recorder);
  g_assert_nonnull (strstr (lines,
      "bus ice-connection-state completed failed socket-error\n"
      "agent local-ufrag -\n"
      "agent local-pwd -\n"
      "agent local-candidates 0\n"
      "transport 0/1 state checking\n"));
  g_usleep (NOTIFY_PAUSE);
  fake_candidate (s.a1, FAKE_LOCAL);
  fake_gathered (s.a1);
  g_clear_pointer (&lines, g_free);
  lines = recorder_take (s.recorder);
  g_assert_nonnull (strstr (lines, "\ncandidate 0 candidate:1 1 "));
  g_assert_nonnull (strstr (lines, "\ncandidate 0 \"\"\n"));

  fake_fail (s.a1);
  assert_not_restarted (&s, ufrag);
  wait_message (&s, "failed checking restart");
  g_assert_cmpint (g_get_monotonic_time () - restarted, >=,
      ICE_RESTART_FIRST_INTERVAL - G_TIME_SPAN_SECOND / 10);
  assert_restarted (&s, &ufrag);
  session_end (&s);
}

/* Not for another reason than those that were named. */
static void
test_others (void)
{
  static const GstIceRestartOn others[] = { GST_ICE_RESTART_ON_NONE,
    DISCONNECTED | NETWORK_CHANGE };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (others); i++) {
    g_autofree gchar *ufrag = NULL;
    Session s;

    start (&s, others[i]);
    ufrag = get_ufrag (&s);
    fake_fail (s.a1);
    assert_not_restarted (&s, ufrag);
    session_end (&s);
  }
}

static void
test_disconnected (void)
{
  g_autofree gchar *ufrag = NULL;
  Session s;

  start (&s, DISCONNECTED);
  ufrag = get_ufrag (&s);
  fake_event (s.a1, ICE_EVENT_CHECKING);
  assert_not_restarted (&s, ufrag);
  fake_event (s.a1, ICE_EVENT_CHECKS_DONE);
  wait_message (&s, "disconnected checking restart");
  assert_restarted (&s, &ufrag);
  session_end (&s);
}

/* One transport of four is enough; all of them restart. */
static void
test_one_of_four (void)
{
  g_autofree gchar *ufrag = NULL;
  Session s;

  session_start_four (&s);
  g_object_set (s.agent, "restart-on", FAILED, NULL);
  session_gather (&s);
  ufrag = get_ufrag (&s);
  fake_complete (s.a1);
  fake_complete (s.a2);
  fake_complete (s.b1);
  fake_complete (s.b2);
  session_drain (&s);
  fake_event (s.b2, ICE_EVENT_SOCKET_ERROR);
  fake_wait_log (s.a1, "restart ");
  fake_wait_log (s.b2, "restart ");
  assert_restarted (&s, &ufrag);
  assert_not_restarted (&s, ufrag);
  session_end (&s);
}

/* The application was first: its restart is the one. */
static void
test_after_another (void)
{
  g_autofree gchar *ufrag = NULL;
  Session s;

  start (&s, FAILED);
  fake_complete (s.a1);
  g_assert_true (
      gst_ice_session_restart (gst_ice_agent_get_session (s.agent), NULL));
  fake_settle ();
  ufrag = get_ufrag (&s);
  fake_fail (s.a1);
  assert_not_restarted (&s, ufrag);
  session_end (&s);
}

/* on-failed does not end what goes on; an element passes restart-on to the
 * agent, and another one may have the same. */
static void
test_no_error (void)
{
  GstElement *sink = gst_object_ref_sink (
      gst_element_factory_make ("icesink", NULL));
  g_autofree gchar *lines = NULL;
  GstIceRestartOn on = 0;
  Session s;

  session_start (&s);
  g_object_set (s.src, "restart-on", FAILED | DISCONNECTED, NULL);
  gst_element_set_state (s.src, GST_STATE_NULL);
  gst_object_unref (s.agent);
  gst_object_unref (s.a1);
  s.agent = fake_agent_new ();
  g_object_set (s.src, "agent", s.agent, NULL);
  gst_element_set_state (s.src, GST_STATE_READY);
  s.a1 = fake_transport_of (s.src);
  session_gather (&s);
  g_object_get (s.agent, "restart-on", &on, NULL);
  g_assert_cmpint (on, ==, FAILED | DISCONNECTED);
  g_object_set (
      sink, "agent", s.agent, "restart-on", FAILED | DISCONNECTED, NULL);
  g_assert_cmpint (gst_element_set_state (sink, GST_STATE_READY), ==,
      GST_STATE_CHANGE_SUCCESS);
  gst_element_set_state (sink, GST_STATE_NULL);

  fake_fail (s.a1);
  recorder_wait (
      s.recorder, "bus ice-connection-state failed checking restart");
  lines = recorder_take (s.recorder);
  g_assert_nonnull (strstr (lines, "bus WARNING ICE failed on stream 0"));
  g_assert_null (strstr (lines, "bus ERROR"));
  session_end (&s);
  gst_object_unref (sink);
}

static void
restart_failed (GstIceAgent *agent, GParamSpec *spec, gpointer unused)
{
  GstIceConnectionState state;

  g_object_get (agent, "ice-connection-state", &state, NULL);
  if (state == GST_ICE_CONNECTION_STATE_FAILED)
    g_assert_true (
        gst_ice_session_restart (gst_ice_agent_get_session (agent), NULL));
}

/* ... also as soon as the failure is reported. */
static void
test_with_another (void)
{
  Session s;

  start (&s, FAILED);
  g_signal_connect (s.agent, "notify::ice-connection-state",
      G_CALLBACK (restart_failed), NULL);
  fake_complete (s.a1);
  session_drain (&s);
  fake_event (s.a1, ICE_EVENT_SOCKET_ERROR);
  fake_settle ();
  assert_log (s.a1, "restart ");
  session_end (&s);
}

/* A restart that was due does not come, and nothing is left. */
static void
test_closed (void)
{
  g_autofree gchar *ufrag = NULL;
  guint descriptors;
  Session s;

  suite_wait_for_io ();
  descriptors = count_descriptors ();
  start (&s, FAILED | DISCONNECTED | NETWORK_CHANGE);
  fake_complete (s.a1);
  g_assert_true (
      gst_ice_session_restart (gst_ice_agent_get_session (s.agent), NULL));
  fake_settle ();
  fake_fail (s.a1); /* due in five seconds */
  gst_ice_session_close (gst_ice_agent_get_session (s.agent));
  ufrag = get_ufrag (&s);
  assert_not_restarted (&s, ufrag);
  session_end (&s);
  suite_wait_for_io ();
  g_assert_cmpuint (count_descriptors (), ==, descriptors);
}

/* Where built-in signalling has ended, a restart could not be signalled: the
 * failure is final. The peer is a socket that listens. */
static void
test_cut_off (void)
{
  g_autofree gchar *directory = g_dir_make_tmp ("ice-XXXXXX", NULL);
  g_autofree gchar *path = g_build_filename (directory, "socket", NULL);
  g_autofree gchar *uri = g_strdup_printf ("unix://%s?mode=caller", path);
  g_autofree gchar *ufrag = NULL;
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  g_autoptr (GSocket) listener = g_socket_new (
      G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, 0, NULL);
  g_autoptr (GSocket) line = NULL;
  static const gchar hello[] =
      "{\"type\":\"parameters\",\"stream\":0,\"usernameFragment\":\"peer\","
      "\"password\":\"" FAKE_PWD "\",\"role\":\"controlled\","
      "\"generation\":0}\n";
  Session s;

  g_assert_true (g_socket_bind (listener, address, FALSE, NULL));
  g_assert_true (g_socket_listen (listener, NULL));
  g_socket_set_timeout (listener, 10);
  session_start (&s);
  g_object_set (s.agent, "restart-on", FAILED, "signalling-uri", uri, NULL);
  session_gather (&s);
  line = g_socket_accept (listener, NULL, NULL);
  g_assert_nonnull (line);
  g_assert_cmpint (
      g_socket_send (line, hello, strlen (hello), NULL, NULL), >, 0);
  fake_wait_log (s.a1, "credentials:peer");
  fake_complete (s.a1);
  g_clear_object (&line);
  recorder_wait (s.recorder, "bus WARNING");
  ufrag = get_ufrag (&s);
  fake_event (s.a1, ICE_EVENT_SOCKET_ERROR);
  recorder_wait (s.recorder, "bus ERROR");
  assert_not_restarted (&s, ufrag);
  session_end (&s);
  g_unlink (path);
  g_rmdir (directory);
}

static const SuiteTest tests[] = {
  { "/restart-on/failed", test_failed },
  { "/restart-on/others", test_others },
  { "/restart-on/disconnected", test_disconnected },
  { "/restart-on/one-of-four", test_one_of_four },
  { "/restart-on/after-another", test_after_another },
  { "/restart-on/with-another", test_with_another },
  { "/restart-on/no-error", test_no_error },
  { "/restart-on/closed", test_closed },
  { "/restart-on/cut-off", test_cut_off },
};

int
main (int argc, char **argv)
{
  return suite_run (argc, argv, tests, G_N_ELEMENTS (tests));
}
