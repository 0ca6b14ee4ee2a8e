/* gst-ice: test of how a stream ends: failures and on-failed, close, end of
 * stream and bye.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fakeagent.h"
#include "recorder.h"
#include "suite.h"
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <gst/check/gstharness.h>
#include <string.h>

#define SEND_ONLY 1
#define RECEIVE_ONLY 2
#define BOTH 3

/* icesrc and icesink of one transport, playing. */
typedef struct
{
  GstElement *src, *sink;
  GstHarness *out, *in; /* of src, into sink */
  FakeTransport *transport;
  Recorder *recorder;
} Ends;

/* Both have one bus, as in a pipeline. */
static GstElement *
make (Ends *self, const gchar *factory, const gchar *uri)
{
  GstElement *element = gst_object_ref_sink (
      gst_element_factory_make (factory, NULL));
  g_autoptr (GstBus) bus = NULL;

  g_object_set (element, "connection-id", "ends", "signalling-uri", uri, NULL);
  if (self->sink != NULL)
    bus = gst_element_get_bus (self->sink);
  if (bus != NULL)
    gst_element_set_bus (element, bus);
  else
    recorder_watch_bus (self->recorder, element);
  return element;
}

static void
ends_start (Ends *self, guint which, GstIceOnFailed on_failed, const gchar *uri)
{
  *self = (Ends){ .recorder = recorder_new () };
  if (which & SEND_ONLY) {
    self->sink = make (self, "icesink", uri);
    g_object_set (self->sink, "sync", FALSE, "on-failed", on_failed, NULL);
    self->in = gst_harness_new_with_element (self->sink, "sink", NULL);
    gst_harness_set_src_caps_str (self->in, "application/x-test");
  }
  if (which & RECEIVE_ONLY) {
    self->src = make (self, "icesrc", uri);
    g_object_set (self->src, "on-failed", on_failed, NULL);
    self->out = gst_harness_new_with_element (self->src, NULL, "src");
    gst_element_set_state (self->src, GST_STATE_PLAYING);
  }
  self->transport = fake_transport_of (
      self->src != NULL ? self->src : self->sink);
  fake_settle ();
}

static void
ends_end (Ends *self)
{
  if (self->src != NULL) {
    gst_element_set_state (self->src, GST_STATE_NULL);
    gst_harness_teardown (self->out);
  }
  if (self->sink != NULL) {
    gst_element_set_state (self->sink, GST_STATE_NULL);
    gst_harness_teardown (self->in);
  }
  recorder_free (self->recorder);
  gst_object_unref (self->transport);
  gst_clear_object (&self->src);
  gst_clear_object (&self->sink);
}

static GstFlowReturn
push (Ends *self, const gchar *text)
{
  return gst_harness_push (
      self->in, gst_buffer_new_memdup (text, strlen (text)));
}

static void
wait_for_eos (Ends *self)
{
  gboolean found = FALSE;

  while (!found) {
    GstEvent *event = gst_harness_pull_event (self->out);

    g_assert_nonnull (event);
    found = GST_EVENT_TYPE (event) == GST_EVENT_EOS;
    gst_event_unref (event);
  }
}

/* How often text is in what was recorded. */
static guint
count (Ends *self, const gchar *text)
{
  g_autofree gchar *lines = recorder_take (self->recorder);
  const gchar *at = lines;
  guint n = 0;

  while ((at = strstr (at, text)) != NULL) {
    n++;
    at += strlen (text);
  }
  return n;
}

/* on-failed */

static void
check_error (guint which)
{
  Ends e;

  ends_start (&e, which, GST_ICE_ON_FAILED_ERROR, NULL);
  fake_fail (e.transport);
  if (which & SEND_ONLY)
    g_assert_cmpint (push (&e, "one"), ==, GST_FLOW_ERROR);
  g_assert_cmpuint (count (&e,
                        "bus ERROR ICE failed on stream 0 component 1 "
                        "(socket-error)"),
      ==, 1);
  fake_event (e.transport, ICE_EVENT_PROOF_OF_LIFE);
  g_assert_cmpuint (count (&e, "bus ERROR"), ==, 0);
  ends_end (&e);
}

static void
test_error (void)
{
  check_error (SEND_ONLY);
  check_error (RECEIVE_ONLY);
  check_error (BOTH);
}

static void
check_warning (guint which)
{
  Ends e;

  ends_start (&e, which, GST_ICE_ON_FAILED_WARNING, NULL);
  fake_fail (e.transport);
  if (which & SEND_ONLY)
    g_assert_cmpint (push (&e, "one"), ==, GST_FLOW_OK); /* and drops it */
  g_assert_cmpuint (
      count (&e, "bus WARNING ICE failed on stream 0 component 1"), ==, 1);
  ends_end (&e);
}

static void
test_warning (void)
{
  check_warning (SEND_ONLY);
  check_warning (RECEIVE_ONLY);
  check_warning (BOTH);
}

static void
check_eos (guint which)
{
  g_autofree gchar *lines = NULL;
  Ends e;

  ends_start (&e, which, GST_ICE_ON_FAILED_EOS, NULL);
  fake_fail (e.transport);
  if (which & SEND_ONLY)
    g_assert_cmpint (push (&e, "one"), ==, GST_FLOW_EOS);
  if (which & RECEIVE_ONLY)
    wait_for_eos (&e);
  lines = recorder_take (e.recorder);
  g_assert_null (strstr (lines, "ERROR"));
  g_assert_null (strstr (lines, "WARNING"));
  g_assert_nonnull (
      strstr (lines, "bus ice-connection-state completed failed socket-error"));
  ends_end (&e);
}

static void
test_eos (void)
{
  check_eos (SEND_ONLY);
  check_eos (RECEIVE_ONLY);
  check_eos (BOTH);
}

static void
test_none (void)
{
  g_autofree gchar *lines = NULL;
  Ends e;

  ends_start (&e, BOTH, GST_ICE_ON_FAILED_NONE, NULL);
  fake_fail (e.transport);
  g_assert_cmpint (push (&e, "one"), ==, GST_FLOW_OK);
  lines = recorder_take (e.recorder);
  g_assert_null (strstr (lines, "ERROR"));
  g_assert_null (strstr (lines, "WARNING"));
  g_assert_nonnull (
      strstr (lines, "bus ice-connection-state completed failed socket-error"));
  ends_end (&e);
}

/* A failure is reported again after a restart without success. */
static void
test_fails_again (void)
{
  gboolean restarted = FALSE;
  Ends e;

  ends_start (&e, BOTH, GST_ICE_ON_FAILED_WARNING, NULL);
  fake_fail (e.transport);
  g_assert_cmpuint (count (&e, "bus WARNING"), ==, 1);
  g_signal_emit_by_name (e.src, "restart", &restarted);
  g_assert_true (restarted);
  fake_settle ();
  g_assert_cmpuint (
      count (&e, "bus ice-connection-state failed checking restart"), ==, 1);
  fake_fail (e.transport);
  g_assert_cmpuint (count (&e, "bus WARNING"), ==, 1);
  ends_end (&e);
}

/* A peer that restarts and fails, again and again: the warnings are limited. */
static void
test_warning_rate (void)
{
  guint i, n_failed = 0, n_warnings = 0;
  Ends e;

  ends_start (&e, BOTH, GST_ICE_ON_FAILED_WARNING, NULL);
  for (i = 0; i < 5; i++) {
    g_autofree gchar *ufrag = g_strdup_printf ("peer%u", i), *lines = NULL;
    gboolean set = FALSE;

    g_signal_emit_by_name (e.src, "set-remote-credentials", 0, ufrag,
        "f8a1VN2qOeS7tLk0pXyw3B", &set);
    g_assert_true (set);
    fake_settle ();
    fake_fail (e.transport);
    lines = recorder_take (e.recorder);
    n_failed += strstr (lines, " failed socket-error") != NULL;
    n_warnings += strstr (lines, "bus WARNING ICE failed") != NULL;
  }
  g_assert_cmpuint (n_failed, ==, 5);
  g_assert_cmpuint (n_warnings, ==, 1);
  ends_end (&e);
}

static void
test_close (void)
{
  Ends e;

  ends_start (&e, BOTH, GST_ICE_ON_FAILED_ERROR, NULL);
  fake_connect (e.transport);
  g_signal_emit_by_name (e.sink, "close");
  g_assert_cmpint (push (&e, "one"), ==, GST_FLOW_EOS);
  wait_for_eos (&e);
  g_assert_cmpuint (count (&e, "bus ERROR"), ==, 0);
  ends_end (&e);
}

/* bye. The peer is a socket that listens and reads. */

typedef struct
{
  gchar *directory, *path, *uri;
  GSocket *listener, *line;
} Peer;

static void
peer_start (Peer *self)
{
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GError) error = NULL;

  *self = (Peer){ 0 };
  self->directory = g_dir_make_tmp ("ice-XXXXXX", &error);
  g_assert_no_error (error);
  self->path = g_build_filename (self->directory, "socket", NULL);
  self->uri = g_strdup_printf ("unix://%s?mode=caller", self->path);
  self->listener = g_socket_new (
      G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, 0, &error);
  g_assert_no_error (error);
  address = g_unix_socket_address_new (self->path);
  g_socket_bind (self->listener, address, FALSE, &error);
  g_assert_no_error (error);
  g_socket_listen (self->listener, &error);
  g_assert_no_error (error);
  g_socket_set_timeout (self->listener, 10);
}

static void
peer_accept (Peer *self)
{
  g_autoptr (GError) error = NULL;

  self->line = g_socket_accept (self->listener, NULL, &error);
  g_assert_no_error (error);
  g_socket_set_timeout (self->line, 10);
}

static void
peer_write (Peer *self, const gchar *line)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (
      g_socket_send (self->line, line, strlen (line), NULL, &error), ==,
      strlen (line));
  g_assert_no_error (error);
}

/* Everything until a line with word in it. */
static void
peer_wait_for (Peer *self, const gchar *word)
{
  g_autoptr (GString) text = g_string_new (NULL);

  while (strstr (text->str, word) == NULL) {
    g_autoptr (GError) error = NULL;
    gchar data[1024];
    gssize size = g_socket_receive (
        self->line, data, sizeof data, NULL, &error);

    g_assert_no_error (error);
    g_assert_cmpint (size, >, 0);
    g_string_append_len (text, data, size);
  }
}

/* Nothing is there to read once everybody has done what he does. */
static void
peer_assert_quiet (Peer *self)
{
  fake_settle ();
  g_assert_cmpint (
      g_socket_condition_check (self->line, G_IO_IN) & G_IO_IN, ==, 0);
}

static void
peer_end (Peer *self)
{
  g_clear_object (&self->line);
  g_clear_object (&self->listener);
  g_unlink (self->path);
  g_rmdir (self->directory);
  g_free (self->directory);
  g_free (self->path);
  g_free (self->uri);
}

static void
push_eos (GstHarness *harness)
{
  g_assert_true (gst_harness_push_event (harness, gst_event_new_eos ()));
}

static void
test_bye_of_one_sink (void)
{
  Peer peer;
  Ends e;

  peer_start (&peer);
  ends_start (&e, SEND_ONLY, GST_ICE_ON_FAILED_ERROR, peer.uri);
  peer_accept (&peer);
  peer_wait_for (&peer, "parameters");
  fake_connect (e.transport);
  peer_assert_quiet (&peer);
  push_eos (e.in);
  peer_wait_for (&peer, "\"bye\"");
  ends_end (&e);
  peer_end (&peer);
}

/* Two streams: the bye comes after the last one's EOS. */
static void
test_bye_of_two_sinks (void)
{
  GstElement *second;
  GstHarness *in;
  Peer peer;
  Ends e;

  peer_start (&peer);
  ends_start (&e, SEND_ONLY, GST_ICE_ON_FAILED_ERROR, peer.uri);
  second = make (&e, "icesink", peer.uri);
  g_object_set (second, "stream", 1, "sync", FALSE, NULL);
  in = gst_harness_new_with_element (second, "sink", NULL);
  gst_harness_set_src_caps_str (in, "application/x-test");
  peer_accept (&peer);
  peer_wait_for (&peer, "\"stream\":1");
  push_eos (e.in);
  peer_assert_quiet (&peer);
  push_eos (in);
  peer_wait_for (&peer, "\"bye\"");
  gst_element_set_state (second, GST_STATE_NULL);
  gst_harness_teardown (in);
  gst_object_unref (second);
  ends_end (&e);
  peer_end (&peer);
}

#define PARAMETERS                                                             \
  "{\"type\":\"parameters\",\"stream\":0,\"usernameFragment\":\"peer\","       \
  "\"password\":\"" FAKE_PWD "\",\"role\":\"controlled\",\"generation\":0}\n"

/* The peer's bye ends our icesrc, after what came before; not our icesink,
 * which may still send. */
static void
test_bye_of_peer (void)
{
  Peer peer;
  Ends e;

  peer_start (&peer);
  ends_start (&e, BOTH, GST_ICE_ON_FAILED_ERROR, peer.uri);
  peer_accept (&peer);
  peer_wait_for (&peer, "parameters");
  peer_write (&peer, PARAMETERS);
  fake_wait_log (e.transport, "credentials:peer");
  fake_connect (e.transport);
  fake_receive (e.transport, "last words");
  peer_write (&peer, "{\"type\":\"bye\"}\n");
  gst_buffer_unref (gst_harness_pull (e.out));
  wait_for_eos (&e);
  peer_assert_quiet (&peer); /* above all, no bye of ours */
  g_assert_cmpint (push (&e, "still here"), ==, GST_FLOW_OK);
  push_eos (e.in);
  peer_wait_for (&peer, "\"bye\"");
  ends_end (&e);
  peer_end (&peer);
}

/* Where nobody reads here, the peer was the one who read: it has gone. */
static void
test_bye_of_reader (void)
{
  SuiteWatch *watch;
  Peer peer;
  Ends e;

  peer_start (&peer);
  ends_start (&e, SEND_ONLY, GST_ICE_ON_FAILED_ERROR, peer.uri);
  peer_accept (&peer);
  peer_wait_for (&peer, "parameters");
  peer_write (&peer, PARAMETERS "{\"type\":\"bye\"}\n");
  watch = suite_watch_new ("EOS");
  /* it waits for a connection */
  g_assert_cmpint (push (&e, "anybody?"), ==, GST_FLOW_EOS);
  suite_watch_free (watch);
  ends_end (&e);
  peer_end (&peer);
}

/* An icesrc alone sends bye when it has to end. */
static void
test_bye_of_source (void)
{
  Peer peer;
  Ends e;

  peer_start (&peer);
  ends_start (&e, RECEIVE_ONLY, GST_ICE_ON_FAILED_ERROR, peer.uri);
  peer_accept (&peer);
  peer_wait_for (&peer, "parameters");
  fake_connect (e.transport);
  gst_element_send_event (e.src, gst_event_new_eos ());
  fake_receive (e.transport, "wake up");
  wait_for_eos (&e);
  peer_wait_for (&peer, "\"bye\"");
  ends_end (&e);
  peer_end (&peer);
}

/* EOS ends a wait: an application that wants to stop is not kept. */
static void
test_eos_from_outside (void)
{
  Ends e;

  ends_start (&e, RECEIVE_ONLY, GST_ICE_ON_FAILED_ERROR, NULL);
  gst_element_send_event (e.src, gst_event_new_eos ());
  wait_for_eos (&e);
  ends_end (&e);
}

static const SuiteTest tests[] = {
  { "/failure/error", test_error },
  { "/failure/warning", test_warning },
  { "/failure/warning-rate", test_warning_rate },
  { "/failure/eos", test_eos },
  { "/failure/none", test_none },
  { "/failure/again", test_fails_again },
  { "/failure/close", test_close },
  { "/failure/bye/one-sink", test_bye_of_one_sink },
  { "/failure/bye/two-sinks", test_bye_of_two_sinks },
  { "/failure/bye/peer", test_bye_of_peer },
  { "/failure/bye/reader", test_bye_of_reader },
  { "/failure/bye/source", test_bye_of_source },
  { "/failure/eos-from-outside", test_eos_from_outside },
};

int
main (int argc, char **argv)
{
  return suite_run (argc, argv, tests, G_N_ELEMENTS (tests));
}
