/* gst-ice: test of a session's remote side and filters.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "sessionfixture.h"
#include "model/iceremoteload.h"
#include "suite.h"
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <string.h>

/* The remote side. */

static void
test_candidate_waits_for_credentials (void)
{
  Session s;

  session_start (&s);
  session_gather (&s);
  assert_log (s.a1, "gather:controlling:stun=-:turn=0 ");
  session_add (&s, 0, PEER_1);
  session_add (&s, 0, PEER_3); /* of another component */
  session_add (&s, 0, PEER_2);
  session_add (&s, 0, "");
  assert_log (s.a1, "");
  session_set_credentials (&s, 0, "peer");
  assert_log (
      s.a1, "credentials:peer candidate:10.0.1.1 candidate:10.0.1.2 end ");
  session_set_credentials (&s, 0, "peer");
  assert_log (s.a1, "");
  session_end (&s);
}

static void
test_candidates_before_gathering (void)
{
  Session s;

  session_start (&s);
  session_set_credentials (&s, 0, "peer");
  session_add (&s, 0, PEER_1);
  assert_log (s.a1, "");
  session_gather (&s);
  session_add (&s, 0, PEER_2);
  session_add (&s, 0, PEER_2); /* twice is once */
  assert_log (s.a1,
      "gather:controlling:stun=-:turn=0 credentials:peer "
      "candidate:10.0.1.1 candidate:10.0.1.2 ");
  session_end (&s);
}

static void
test_after_end_of_candidates (void)
{
  Session s;

  session_start (&s);
  session_gather (&s);
  session_set_credentials (&s, 0, "peer");
  session_add (&s, 0, PEER_1);
  session_add (&s, 0, "");
  session_drain (&s);
  session_refuse (&s, 0, PEER_2, "end of candidates");
  session_add (&s, 0, ""); /* again: nothing new */
  assert_log (s.a1, "");
  session_end (&s);
}

static void
test_garbage (void)
{
  static const gchar *const garbage[] = { "garbage", " ", "\n",
    "candidate:", "candidate", "a=end-of-candidates", "end-of-candidates",
    "NULL", "candidate:1 1 UDP 1 10.0.0.1 5000 typ", "\303\251", "\"\"" };
  GValue candidates = G_VALUE_INIT;
  gboolean taken;
  Session s;
  guint i;

  session_start (&s);
  session_gather (&s);
  session_set_credentials (&s, 0, "peer");
  fake_connect (s.a1);
  fake_gathered (s.a1);
  fake_event (s.a1, ICE_EVENT_CHECKS_DONE);
  session_drain (&s);
  for (i = 0; i < G_N_ELEMENTS (garbage); i++) {
    session_refuse (&s, 0, garbage[i], "");
    g_signal_emit_by_name (s.src, "add-ice-candidate", 0, garbage[i], &taken);
    g_assert_false (taken);
  }
  session_refuse (&s, 256, PEER_1, "256");
  assert_log (s.a1, "");
  assert_recorded (s.recorder, ""); /* above all, not `completed` */
  g_value_init (&candidates, GST_TYPE_ARRAY);
  g_object_get_property (G_OBJECT (s.agent), "remote-candidates", &candidates);
  g_assert_cmpuint (gst_value_array_get_size (&candidates), ==, 0);
  g_value_unset (&candidates);
  session_end (&s);
}

/* What is refused, and what only asks, makes no stream: streams that no element
 * has are few, and the room is for what a peer can use. */
static void
test_garbage_makes_no_stream (void)
{
  guint stream;
  Session s;

  session_start (&s);
  session_gather (&s);
  for (stream = 10; stream < 10 + 2 * ICE_REMOTE_LOAD_MAX_UNKNOWN; stream++) {
    session_refuse (&s, stream, "candidate:1", "");
    g_assert_false (gst_ice_session_set_remote_credentials (
        gst_ice_agent_get_session (s.agent), stream, "p", FAKE_PWD, NULL));
    g_assert_null (gst_ice_session_explain_no_pair (
        gst_ice_agent_get_session (s.agent), stream, 1));
  }
  session_drain (&s);
  for (stream = 100; stream < 100 + ICE_REMOTE_LOAD_MAX_UNKNOWN; stream++)
    session_add (&s, stream, PEER_1);
  session_refuse (&s, stream, PEER_1, "no element has it");
  recorder_wait (s.recorder, "no element has it");
  session_end (&s);
}

static guint
count (const gchar *text, const gchar *word)
{
  guint n = 0;

  for (; (text = strstr (text, word)) != NULL; text += strlen (word))
    n++;
  return n;
}

static void
set_candidates (
    gpointer object, const gchar *const *candidates, GValue *remaining)
{
  GValue list = G_VALUE_INIT, item = G_VALUE_INIT;

  g_value_init (&list, GST_TYPE_ARRAY);
  g_value_init (&item, G_TYPE_STRING);
  for (; *candidates != NULL; candidates++) {
    g_value_set_string (&item, *candidates);
    gst_value_array_append_value (&list, &item);
  }
  g_object_set_property (object, "remote-candidates", &list);
  g_value_reset (&list);
  g_object_get_property (object, "remote-candidates", &list);
  *remaining = list;
  g_value_unset (&item);
}

/* One that is refused is named on the bus, once in ten seconds; the others are
 * taken. */
static void
test_refused_list (void)
{
  static const gchar *const list[] = { PEER_1,
    "candidate:2 1 udp 1 10.0.1.2 70000 typ host pwd secret",
    "candidate:3 1 sctp 1 10.0.1.3 5000 typ host", PEER_2 "\r\n", NULL };
  GValue candidates;
  Session s;
  guint i;

  for (i = 0; i < 2; i++) {
    g_autofree gchar *lines = NULL;

    session_start (&s);
    session_gather (&s);
    g_free (recorder_take (s.recorder));
    set_candidates (
        i == 0 ? G_OBJECT (s.src) : G_OBJECT (s.agent), list, &candidates);
    g_assert_cmpuint (gst_value_array_get_size (&candidates), ==, 2);
    g_assert_cmpstr (
        g_value_get_string (gst_value_array_get_value (&candidates, 1)), ==,
        PEER_2);
    lines = recorder_take (s.recorder);
    g_assert_nonnull (strstr (lines,
        "bus WARNING remote-candidates: \"candidate:2 1 udp 1 10.0.1.2 70000 "
        "typ host\"... was refused: ICE candidate: port \"70000\" is not "
        "accepted, expected a number from 0 to 65535\n"));
    /* those that were taken are notified of together */
    g_assert_cmpuint (count (lines, "agent remote-candidates"), ==, 1);
    g_assert_nonnull (strstr (lines, "agent remote-candidates 2\n"));
    g_assert_null (strstr (lines, "sctp"));
    g_assert_null (strstr (lines, "secret"));
    g_value_unset (&candidates);
    session_end (&s);
  }
}

static void
test_null_ends_all (void)
{
  gboolean taken;
  Session s;

  session_start_four (&s);
  session_gather (&s);
  session_set_credentials (&s, 0, "aaaa");
  session_set_credentials (&s, 1, "bbbb");
  session_drain (&s);
  g_signal_emit_by_name (s.src, "add-ice-candidate", 7, NULL, &taken);
  g_assert_true (taken);
  assert_log (s.a1, "end ");
  assert_log (s.a2, "gather:controlling:stun=-:turn=0 credentials:aaaa end ");
  assert_log (s.b2, "gather:controlling:stun=-:turn=0 credentials:bbbb end ");
  session_end (&s);
}

static void
test_empty_ends_one (void)
{
  Session s;

  session_start_four (&s);
  session_gather (&s);
  session_set_credentials (&s, 0, "aaaa");
  session_set_credentials (&s, 1, "bbbb");
  session_add (&s, 1, "");
  assert_log (s.a1, "gather:controlling:stun=-:turn=0 credentials:aaaa ");
  assert_log (s.a2, "gather:controlling:stun=-:turn=0 credentials:aaaa ");
  assert_log (s.b1, "gather:controlling:stun=-:turn=0 credentials:bbbb end ");
  assert_log (s.b2, "gather:controlling:stun=-:turn=0 credentials:bbbb end ");
  session_end (&s);
}

static void
test_wrong_ufrag (void)
{
  Session s;

  session_start (&s);
  session_gather (&s);
  session_drain (&s);
  session_add (&s, 0, PEER_1 " ufrag stranger"); /* nobody can know yet */
  session_set_credentials (&s, 0, "peer");
  session_refuse (&s, 0, PEER_2 " ufrag stranger", "ufrag");
  session_add (&s, 0, PEER_2 " ufrag peer");
  assert_log (s.a1, "credentials:peer candidate:10.0.1.2 ");
  session_end (&s);
}

static void
test_bad_credentials (void)
{
  static const gchar secret[] = "short+but+secret";
  g_autoptr (GError) error = NULL;
  gboolean taken;
  Session s;

  session_start (&s);
  session_gather (&s);
  session_drain (&s);
  g_assert_false (gst_ice_session_set_remote_credentials (
      gst_ice_agent_get_session (s.agent), 0, "abc", FAKE_PWD, &error));
  g_clear_error (&error);
  g_assert_false (gst_ice_session_set_remote_credentials (
      gst_ice_agent_get_session (s.agent), 0, "peer", secret, &error));
  g_assert_null (strstr (error->message, secret));
  g_signal_emit_by_name (
      s.src, "set-remote-credentials", 0, "peer", NULL, &taken);
  g_assert_false (taken);
  assert_log (s.a1, "");
  session_end (&s);
}

static void
restart (Session *s)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (
      gst_ice_session_restart (gst_ice_agent_get_session (s->agent), &error));
  g_assert_no_error (error);
  fake_settle ();
}

/* Credentials and candidates of the generation before are refused, with a
 * warning on the bus, once a generation. */
static void
test_earlier_generation (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *candidate = g_strdup_printf ("%s ufrag peer", PEER_1);
  g_autofree gchar *lines = NULL;
  const gchar *first;
  Session s;

  session_start (&s);
  session_gather (&s);
  session_set_credentials (&s, 0, "peer");
  session_add (&s, 0, candidate);
  fake_connect (s.a1);
  fake_event (s.a1, ICE_EVENT_CONSENT);
  restart (&s);
  session_drain (&s);
  lines = recorder_take (s.recorder);
  g_assert_null (strstr (lines, "WARNING"));
  session_refuse (&s, 0, candidate, "earlier generation");
  g_assert_false (gst_ice_session_set_remote_credentials (
      gst_ice_agent_get_session (s.agent), 0, "peer", FAKE_PWD, &error));
  g_assert_nonnull (strstr (error->message, "earlier generation"));
  g_assert_null (strstr (error->message, FAKE_PWD));
  assert_log (s.a1, "");
  session_set_credentials (&s, 0, "new1");
  session_add (&s, 0, PEER_2);
  assert_log (s.a1, "credentials:new1 candidate:10.0.1.2 ");
  session_refuse (&s, 0, candidate, "earlier generation");
  g_clear_pointer (&lines, g_free);
  lines = recorder_take (s.recorder);
  first = strstr (lines, "WARNING stream 0: ");
  g_assert_nonnull (first);
  g_assert_nonnull (strstr (first, "earlier generation"));
  g_assert_null (strstr (first + 1, "WARNING"));
  session_end (&s);
}

static void
write_parameters (GSocket *line, const gchar *ufrag, guint generation)
{
  g_autofree gchar *text = g_strdup_printf (
      "{\"type\":\"parameters\",\"stream\":0,\"usernameFragment\":\"%s\","
      "\"password\":\"" FAKE_PWD "\",\"role\":\"controlled\","
      "\"generation\":%u}\n",
      ufrag, generation);

  g_assert_cmpint (
      g_socket_send (line, text, strlen (text), NULL, NULL), ==, strlen (text));
}

/* A peer of built-in signalling that restarts with the credentials that it has:
 * the line is closed, this end goes on as it is. */
static void
test_earlier_by_signalling (void)
{
  g_autofree gchar *directory = g_dir_make_tmp ("ice-XXXXXX", NULL);
  g_autofree gchar *path = g_build_filename (directory, "socket", NULL);
  g_autofree gchar *uri = g_strdup_printf ("unix://%s?mode=caller", path);
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  g_autoptr (GSocket) listener = g_socket_new (
      G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, 0, NULL);
  g_autoptr (GSocket) line = NULL;
  Session s;

  g_assert_true (g_socket_bind (listener, address, FALSE, NULL));
  g_assert_true (g_socket_listen (listener, NULL));
  g_socket_set_timeout (listener, 10);
  session_start (&s);
  g_object_set (s.agent, "signalling-uri", uri, NULL);
  session_gather (&s);
  line = g_socket_accept (listener, NULL, NULL);
  g_assert_nonnull (line);
  write_parameters (line, "peer", 0);
  fake_wait_log (s.a1, "credentials:peer");
  fake_complete (s.a1);
  write_parameters (line, "new1", 1);
  fake_wait_log (s.a1, "credentials:new1");
  fake_complete (s.a1);
  fake_settle ();
  g_free (fake_take_log (s.a1));
  write_parameters (line, "new1", 2);
  recorder_wait (s.recorder, "earlier generation");
  assert_log (s.a1, ""); /* above all, no restart */
  session_end (&s);
  g_unlink (path);
  g_rmdir (directory);
}

/* A peer that does not signal the end of its candidates does not hold back
 * `failed` for ever; it is never complete by that. */
static void
test_end_of_candidates_timeout (void)
{
  gint64 signalled_at;
  Session s;

  session_start (&s);
  g_object_set (s.agent, "end-of-candidates-timeout", 300, NULL);
  session_gather (&s);
  fake_gathered (s.a1);
  session_set_credentials (&s, 0, "peer");
  session_add (&s, 0, PEER_1);
  signalled_at = g_get_monotonic_time ();
  fake_connect (s.a1);
  fake_event (s.a1, ICE_EVENT_CHECKS_DONE);
  fake_event (s.a1, ICE_EVENT_SOCKET_ERROR);
  recorder_wait (s.recorder, "disconnected failed socket-error");
  g_assert_cmpint (g_get_monotonic_time () - signalled_at, >=, 299000);
  session_end (&s);
}

static gint64
get_deadline (Session *s)
{
  fake_settle ();
  return gst_ice_transport_get_deadline (GST_ICE_TRANSPORT (s->a1));
}

/* The timeout counts from the last candidate, not from a call that brings
 * nothing new. */
static void
test_timeout_begins_anew (void)
{
  gint64 before, now;
  Session s;

  session_start (&s);
  g_object_set (s.agent, "end-of-candidates-timeout", 600 * 1000, NULL);
  session_gather (&s);
  fake_gathered (s.a1);
  session_set_credentials (&s, 0, "peer");
  session_add (&s, 0, PEER_1);
  fake_event (s.a1, ICE_EVENT_CHECKING);
  fake_event (s.a1, ICE_EVENT_CHECKS_DONE);
  before = get_deadline (&s);
  g_assert_cmpint (before, >, g_get_monotonic_time ());
  now = g_get_monotonic_time ();
  while (g_get_monotonic_time () == now)
    ;
  session_set_credentials (&s, 0, "peer");
  session_add (&s, 0, PEER_1);
  g_assert_cmpint (get_deadline (&s), ==, before);
  session_add (&s, 0, PEER_2);
  g_assert_cmpint (get_deadline (&s), >, before);
  session_end (&s);
}

/* What is too much is refused, with one warning on the bus. */
static void
test_too_many (void)
{
  g_autofree gchar *lines = NULL;
  const gchar *first;
  Session s;
  guint i;

  session_start (&s);
  session_gather (&s);
  session_set_credentials (&s, 0, "peer");
  for (i = 0; i < 256 + 3; i++) {
    g_autofree gchar *text = g_strdup_printf (
        "candidate:1 1 UDP 9 10.0.%u.%u 5000 typ host", 1 + i / 128,
        1 + i % 128);

    if (i < 256)
      session_add (&s, 0, text);
    else
      session_refuse (&s, 0, text, "more than 256 remote candidates");
  }
  fake_settle ();
  lines = recorder_take (s.recorder);
  first = strstr (lines, "more than 256 remote candidates");
  g_assert_nonnull (first);
  g_assert_null (strstr (first + 1, "more than 256 remote candidates"));
  session_end (&s);
}

static void
test_unknown_stream (void)
{
  FakeTransport *late;
  Session s;

  session_start (&s);
  session_gather (&s);
  session_set_credentials (&s, 5, "five");
  session_add (&s, 5, PEER_1);
  session_add (&s, 5, "");
  late = session_add_transport (&s, 5, 1);
  assert_log (late, "");
  session_gather (&s);
  assert_log (late,
      "gather:controlling:stun=-:turn=0 credentials:five "
      "candidate:10.0.1.1 end ");
  assert_log (s.a1, "gather:controlling:stun=-:turn=0 ");
  gst_object_unref (late);
  session_end (&s);
}

static void
test_no_trickle (void)
{
  Session s;

  session_start (&s);
  g_object_set (s.agent, "trickle", FALSE, NULL);
  session_gather (&s);
  session_add (&s, 0, PEER_1);
  session_add (&s, 0, PEER_2);
  session_set_credentials (&s, 0, "peer");
  assert_log (s.a1,
      "gather:controlling:stun=-:turn=0 credentials:peer "
      "candidate:10.0.1.1 candidate:10.0.1.2 end ");
  session_end (&s);
}

static void
test_late_component (void)
{
  g_autoptr (GError) error = NULL;
  GstElement *late;
  Session s;

  session_start (&s);
  session_gather (&s);
  fake_gathered (s.a1);
  session_drain (&s);
  g_assert_null (gst_ice_session_get_transport (
      gst_ice_agent_get_session (s.agent), 0, 2, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
  g_assert_nonnull (strstr (error->message, "stream 0"));
  g_assert_nonnull (strstr (error->message, "component 2"));

  late = gst_object_ref_sink (gst_element_factory_make ("icesink", "late"));
  recorder_watch_bus (s.recorder, late);
  g_object_set (late, "agent", s.agent, "component", 2, NULL);
  g_assert_cmpint (gst_element_set_state (late, GST_STATE_READY), ==,
      GST_STATE_CHANGE_FAILURE);
  recorder_wait (
      s.recorder, "bus ERROR stream 0 has signalled its end of candidates");
  /* another stream is welcome */
  g_object_set (late, "stream", 1, "component", 1, NULL);
  g_assert_cmpint (gst_element_set_state (late, GST_STATE_READY), ==,
      GST_STATE_CHANGE_SUCCESS);
  gst_element_set_state (late, GST_STATE_NULL);
  gst_object_unref (late);
  session_end (&s);
}

/* filter-candidate. */

static gchar *
accept (gpointer object, guint stream, const gchar *candidate, gboolean local)
{
  return g_strdup (candidate);
}

static gchar *
rewrite (gpointer object, guint stream, const gchar *candidate, gboolean local)
{
  GString *text = g_string_new (candidate);

  g_string_replace (text, " 10.", " 192.", 1);
  return g_string_free (text, FALSE);
}

static gchar *
drop (gpointer object, guint stream, const gchar *candidate, gboolean local)
{
  return NULL;
}

static gchar *
babble (gpointer object, guint stream, const gchar *candidate, gboolean local)
{
  return g_strdup ("garbage");
}

typedef gchar *(*Filter) (gpointer, guint, const gchar *, gboolean);

static const struct
{
  Filter on_agent, on_src, on_sink;
  const gchar *address; /* that comes of 10.0.0.1; NULL = dropped */
} filters[] = {
  { NULL, NULL, NULL, "10.0.0.1" },
  { accept, NULL, NULL, "10.0.0.1" },
  { rewrite, NULL, NULL, "192.0.0.1" },
  { drop, NULL, NULL, NULL },
  { NULL, accept, NULL, "10.0.0.1" },
  { NULL, rewrite, NULL, "192.0.0.1" },
  { NULL, NULL, rewrite, "192.0.0.1" },
  { NULL, drop, NULL, NULL },
  { NULL, NULL, drop, NULL },
  { NULL, accept, accept, "10.0.0.1" },
  { NULL, rewrite, accept, "192.0.0.1" },
  { NULL, accept, rewrite, "192.0.0.1" },
  { NULL, drop, accept, NULL },
  { NULL, accept, drop, NULL },
  { NULL, rewrite, drop, NULL },
  { NULL, drop, rewrite, NULL },
  { NULL, rewrite, rewrite, "192.0.0.1" },
};

static void
connect_filter (gpointer object, Filter filter)
{
  if (filter != NULL)
    g_signal_connect (object, "filter-candidate", G_CALLBACK (filter), NULL);
}

static void
check_filters (guint row)
{
  const gchar *address = filters[row].address;
  g_autofree gchar *log = NULL, *lines = NULL, *expected = NULL;
  g_autofree gchar *remote = NULL;
  GstElement *sink = gst_object_ref_sink (
      gst_element_factory_make ("icesink", NULL));
  Session s;

  session_start (&s);
  g_object_set (sink, "agent", s.agent, NULL);
  gst_element_set_state (sink, GST_STATE_READY);
  connect_filter (s.agent, filters[row].on_agent);
  connect_filter (s.src, filters[row].on_src);
  connect_filter (sink, filters[row].on_sink);
  session_gather (&s);
  session_set_credentials (&s, 0, "peer");
  session_drain (&s);

  fake_candidate (s.a1, HOST ("1", "1", "10.0.0.1"));
  lines = recorder_take (s.recorder);
  expected = g_strdup_printf ("candidate 0 candidate:1 1 UDP 2130706431 %s "
                              "5000 typ host\n",
      address);
  if (address != NULL)
    g_assert_nonnull (strstr (lines, expected));
  else
    g_assert_cmpstr (lines, ==, "");

  session_add (&s, 0, HOST ("1", "1", "10.0.0.1"));
  fake_settle ();
  log = fake_take_log (s.a1);
  remote = address != NULL ? g_strdup_printf ("candidate:%s ", address)
                           : g_strdup ("");
  g_assert_cmpstr (log, ==, remote);
  gst_element_set_state (sink, GST_STATE_NULL);
  gst_object_unref (sink);
  session_end (&s);
}

static void
test_filter (void)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (filters); i++) {
    g_test_message ("row %u", i);
    check_filters (i);
  }
}

static void
test_filter_garbage (void)
{
  Session s;

  session_start (&s);
  connect_filter (s.agent, babble);
  session_gather (&s);
  session_set_credentials (&s, 0, "peer");
  session_drain (&s);
  fake_candidate (s.a1, FAKE_LOCAL);
  {
    g_autofree gchar *lines = recorder_take (s.recorder);

    g_assert_true (g_str_has_prefix (
        lines, "bus WARNING filter-candidate's answer was dropped: "));
  }
  session_refuse (&s, 0, PEER_1, "filter-candidate's answer");
  session_add (&s, 0, ""); /* is not filtered */
  assert_log (s.a1, "end ");
  session_end (&s);
}

/* The peer's credentials are notified whatever way they come and go; reading
 * them, or anything else, makes no stream. */
static void
test_remote_credentials (void)
{
  Session s;
  gchar *text = NULL;

  session_start (&s);
  g_object_get (s.agent, "remote-ufrag", &text, NULL);
  g_assert_null (text);
  g_object_set (s.agent, "remote-ufrag", "peer", NULL);
  assert_recorded (s.recorder, "agent remote-ufrag -\n");
  session_set_credentials (&s, 0, "next");
  assert_recorded (s.recorder, "agent remote-ufrag -\nagent remote-pwd -\n");
  session_set_credentials (&s, 0, "next");
  session_set_credentials (&s, 1, "elsewhere");
  assert_recorded (s.recorder, "");
  session_gather (&s);
  session_drain (&s);
  g_assert_true (
      gst_ice_session_restart (gst_ice_agent_get_session (s.agent), NULL));
  recorder_wait (s.recorder,
      "agent remote-ufrag -\nagent remote-pwd -\nagent remote-candidates 0\n");
  session_end (&s);
}

/* The property begins a session; new credentials of a peer that is known
 * restart ICE, which takes both at once. */
static void
test_changed_property (void)
{
  Session s;
  gchar *text = NULL;

  session_start (&s);
  session_gather (&s);
  session_set_credentials (&s, 0, "peer");
  session_set_credentials (&s, 1, "peer");
  session_drain (&s);
  g_object_set (s.agent, "remote-ufrag", "another", NULL);
  recorder_wait (s.recorder, "remote-ufrag cannot change once the peer's");
  g_object_get (s.agent, "remote-ufrag", &text, NULL);
  g_assert_cmpstr (text, ==, "peer");
  g_free (text);
  session_end (&s);
}

static void
test_read_only (void)
{
  static const gchar *const names[] = { "remote-ufrag", "remote-pwd",
    "remote-candidates", "local-candidates", "local-ufrag" };
  GstIceAgent *agent = fake_agent_new ();
  GstStructure *stats;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (names); i++) {
    g_auto (GValue) value = G_VALUE_INIT;

    g_object_get_property (G_OBJECT (agent), names[i], &value);
  }
  stats = gst_ice_session_get_stats (gst_ice_agent_get_session (agent));
  gst_structure_free (stats);
  /* an end of candidates of all streams, of which there is none: nothing that
   * a later stream would begin with */
  g_assert_true (gst_ice_session_add_candidate (
      gst_ice_agent_get_session (agent), 0, NULL, NULL));
  g_assert_true (gst_ice_session_add_candidate (
      gst_ice_agent_get_session (agent), 0, PEER_1, NULL));
  gst_ice_session_close (gst_ice_agent_get_session (agent));
  gst_object_unref (agent);
}

static const SuiteTest tests[] = {
  { "/session/credentials", test_remote_credentials },
  { "/session/credentials/changed-property", test_changed_property },
  { "/session/read-only", test_read_only },
  { "/session/remote/waits-for-credentials",
      test_candidate_waits_for_credentials },
  { "/session/remote/before-gathering", test_candidates_before_gathering },
  { "/session/remote/after-the-end", test_after_end_of_candidates },
  { "/session/remote/garbage", test_garbage },
  { "/session/remote/garbage/makes-no-stream", test_garbage_makes_no_stream },
  { "/session/remote/refused-list", test_refused_list },
  { "/session/remote/null-ends-all", test_null_ends_all },
  { "/session/remote/empty-ends-one", test_empty_ends_one },
  { "/session/remote/wrong-ufrag", test_wrong_ufrag },
  { "/session/remote/bad-credentials", test_bad_credentials },
  { "/session/remote/earlier-generation", test_earlier_generation },
  { "/session/remote/earlier-by-signalling", test_earlier_by_signalling },
  { "/session/remote/end-of-candidates-timeout",
      test_end_of_candidates_timeout },
  { "/session/remote/timeout-begins-anew", test_timeout_begins_anew },
  { "/session/remote/too-many", test_too_many },
  { "/session/remote/unknown-stream", test_unknown_stream },
  { "/session/remote/no-trickle", test_no_trickle },
  { "/session/late-component", test_late_component },
  { "/session/filter", test_filter },
  { "/session/filter/garbage", test_filter_garbage },
};

int
main (int argc, char **argv)
{
  return suite_run (argc, argv, tests, G_N_ELEMENTS (tests));
}
