/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How long a signaller calls, and when it calls again. */
#include "netns.h"
#include "signallerharness.h"
#include "signalling/gsticeconnector.h"

#include <stdio.h>
#include <string.h>

#define ONLY_PORT 40000u

static void
check_retry (Peer *listener, Peer *caller)
{
  caller->on_opened = listener->on_opened = peer_send_hello;
  peer_start (caller);
  harness_settle (); /* the first attempt has failed */
  g_assert_cmpstr (caller->log->str, ==, "");
  peer_start (listener);
  WAIT (listener->n_messages == 3 && caller->n_messages == 3);
}

static void
test_retry_tcp (void)
{
  guint16 port = harness_free_port ();
  g_autoptr (Peer) listener = peer_new ("tcp://:%u?mode=listener", port);
  g_autoptr (Peer) caller = peer_new ("tcp://:%u", port);

  check_retry (listener, caller);
}

static void
test_retry_unix (void)
{
  g_autoptr (Directory) directory = directory_new ();
  g_autofree gchar *path = g_build_filename (directory, "socket", NULL);
  g_autoptr (Peer) listener = peer_new ("unix://%s?mode=listener", path);
  g_autoptr (Peer) caller = peer_new ("unix://%s", path);

  check_retry (listener, caller);
}

static void
test_timeout (void)
{
  guint16 port = harness_free_port ();
  guint16 silent_port = harness_free_port ();
  g_autoptr (GSocketAddress) address = raw_tcp_address (silent_port);
  g_autoptr (Raw) silent = raw_listen (address);
  g_autoptr (Peer) tcp = peer_new ("tcp://127.0.0.1:%u?timeout=1", port);
  g_autoptr (Peer) tcp6 = peer_new ("tcp://[::1]:%u?timeout=1", port);
  g_autoptr (Peer) local = peer_new ("unix:///nowhere/at/all?timeout=1");
  g_autoptr (Peer)
      unheard = peer_new ("tcp://127.0.0.1:%u?timeout=1", silent_port);
  g_autofree gchar *expected = g_strdup_printf (
      "could not connect to tcp://127.0.0.1:%u within 1 s: Connection refused; "
      "is the listener running?",
      port);
  gint64 start = g_get_monotonic_time ();

  g_assert_nonnull (silent);
  peer_start (tcp);
  peer_start (tcp6);
  peer_start (local);
  peer_start (unheard);
  WAIT (
      tcp->n_closed && tcp6->n_closed && local->n_closed && unheard->n_closed);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, G_USEC_PER_SEC);
  g_assert_cmpstr (tcp->log->str, ==, "closed");
  g_assert_cmpstr (tcp->closed, ==, expected);
  g_assert_cmpstr (local->closed, ==,
      "could not connect to unix:///nowhere/at/all within 1 s: No such file or "
      "directory; is the listener running?");
  g_assert_true (g_str_has_prefix (tcp6->closed,
      "could not connect to tcp://["
      "::1]:"));
  g_assert_cmpstr (unheard->log->str, ==, "opened closed");
  g_assert_nonnull (strstr (unheard->closed, "sent nothing within 1 s"));
}

/* A listener that is taken closes our line; another one is there later. */
static void
test_taken (void)
{
  guint16 port = harness_free_port ();
  g_autoptr (GSocketAddress) address = raw_tcp_address (port);
  g_autoptr (Raw) listener = raw_listen (address);
  g_autoptr (Peer) caller = peer_new ("tcp://:%u", port);
  g_autoptr (Raw) line = NULL;

  caller->on_opened = peer_send_hello;
  peer_start (caller);
  line = raw_accept (listener);
  WAIT (g_str_has_suffix (line->received->str, END_OF_CANDIDATES));
  raw_free (g_steal_pointer (&line)); /* all was read: EOF */
  line = raw_accept (listener);
  WAIT (caller->n_opened == 2);
  raw_free (g_steal_pointer (&line)); /* something was not read: reset */
  line = raw_accept (listener);
  raw_send (line, "{\"type\":", -1);
  raw_free (g_steal_pointer (&line)); /* within a message */
  line = raw_accept (listener);
  raw_send (line, PARAMETERS, -1);
  WAIT (caller->n_messages);
  g_assert_cmpstr (
      caller->log->str, ==, "opened opened opened opened parameters:0");
  raw_free (g_steal_pointer (&line)); /* from now on this is the end */
  WAIT (caller->n_closed);
  g_assert_cmpuint (caller->n_opened, ==, 4);
}

/* Both call a listener of ours; one of them gets it. */
static void
test_two_callers (void)
{
  guint16 port = harness_free_port ();
  g_autoptr (Peer) listener = peer_new ("tcp://:%u?mode=listener", port);
  g_autoptr (Peer) first = peer_new ("tcp://:%u?timeout=1", port);
  g_autoptr (Peer) second = peer_new ("tcp://:%u?timeout=1", port);

  listener->on_opened = first->on_opened = second->on_opened = peer_send_hello;
  peer_start (listener);
  peer_start (first);
  peer_start (second);
  WAIT (first->n_closed || second->n_closed);
  g_assert_cmpuint (first->n_closed + second->n_closed, ==, 1);
  g_assert_cmpuint (first->n_messages + second->n_messages, ==, 3);
  g_assert_cmpstr (listener->log->str, ==, HELLO);
}

static void
test_garbage_from_listener (void)
{
  guint16 port = harness_free_port ();
  g_autoptr (GSocketAddress) address = raw_tcp_address (port);
  g_autoptr (Raw) listener = raw_listen (address);
  g_autoptr (Peer) caller = peer_new ("tcp://:%u", port);
  g_autoptr (Raw) line = NULL;

  peer_start (caller);
  line = raw_accept (listener);
  raw_send (line, "220 mail.example.org ESMTP\r\n", -1);
  WAIT (caller->n_closed);
  g_assert_cmpstr (caller->log->str, ==, "opened closed");
}

static void
on_connected (GstIceConnector *self, GIOStream *connection, gpointer log)
{
  g_string_append (log, "connected ");
}

static void
on_failed (GstIceConnector *self, const GError *error, gpointer log)
{
  g_string_append (log, "failed ");
}

/* After that it attempts nothing more, also before it is closed. */
static void
test_failed_is_the_end (void)
{
  static const GstIceConnectorCallbacks callbacks = { .connected = on_connected,
    .failed = on_failed };
  const IceSignallingUri uri = { .path = (gchar *) "/nowhere/at/all",
    .timeout = 0 };
  g_autoptr (GString) log = g_string_new (NULL);
  GstIceConnector *connector = gst_ice_connector_new (
      &uri, harness_context, &callbacks, log);

  WAIT (log->len > 0);
  harness_settle ();
  g_assert_cmpstr (log->str, ==, "failed ");
  g_assert_cmpint (harness_get_timeout (), ==, -1);
  gst_ice_connector_close (connector);
}

/* A path through a file that is no folder: an error at once, not when time has
 * run out. */
static void
test_permanent (void)
{
  g_autoptr (Peer) caller = peer_new ("unix:///dev/null/socket");

  peer_start (caller);
  WAIT (caller->n_closed);
  g_assert_cmpstr (caller->log->str, ==, "closed");
  g_assert_cmpstr (caller->closed, ==,
      "could not connect to unix:///dev/null/socket: Not a directory");
  g_assert_cmpint (harness_get_timeout (), ==, -1);
}

/* The system has one port to choose, the one that is connected to: TCP connects
 * us to ourselves, which is no listener. */
static void
connect_to_ourselves (int descriptor)
{
  static const GstIceConnectorCallbacks callbacks = { .connected = on_connected,
    .failed = on_failed };
  const IceSignallingUri uri = {
    .host = (gchar *) "127.0.0.1", .port = ONLY_PORT, .timeout = 1
  };
  FILE *range = fopen ("/proc/sys/net/ipv4/ip_local_port_range", "w");
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GString) log = g_string_new (NULL);
  GstIceConnector *connector;

  g_assert_nonnull (range);
  fprintf (range, "%u %u", ONLY_PORT, ONLY_PORT);
  g_assert_cmpint (fclose (range), ==, 0);
  g_main_context_push_thread_default (context);
  connector = gst_ice_connector_new (&uri, context, &callbacks, log);
  while (log->len == 0)
    g_main_context_iteration (context, TRUE);
  g_assert_cmpstr (log->str, ==, "failed ");
  gst_ice_connector_close (connector);
  g_main_context_pop_thread_default (context);
}

static void
test_ourselves (void)
{
  netns_test (connect_to_ourselves);
}

static const HarnessTest tests[] = {
  { "/caller/retry-tcp", test_retry_tcp },
  { "/caller/retry-unix", test_retry_unix },
  { "/caller/timeout", test_timeout },
  { "/caller/failed-is-the-end", test_failed_is_the_end },
  { "/caller/permanent", test_permanent },
  { "/caller/ourselves", test_ourselves },
  { "/caller/taken", test_taken },
  { "/caller/two-callers", test_two_callers },
  { "/caller/garbage-from-listener", test_garbage_from_listener },
};

int
main (int argc, char **argv)
{
  harness_init (&argc, &argv);
  return harness_run (tests, G_N_ELEMENTS (tests));
}
