/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * For tests of the built-in signalling, see signallerharness.h. */
#include "signallerharness.h"

#include <glib/gstdio.h>
#include <gst/gst.h>
#include <string.h>

#define WATCHDOG 60 /* seconds; valgrind on a loaded machine is slow */

GMainContext *harness_context;

static GSource *watchdog;

/* Call g_test_add_data_func() after this for what is not in a table. */
void
harness_init (int *argc, char ***argv)
{
  g_test_init (argc, argv, NULL);
  gst_init (argc, argv);
  harness_context = g_main_context_new ();
}

/* Returns: what main() is to return */
int
harness_run (const HarnessTest *tests, guint n)
{
  int result;

  for (guint i = 0; i < n; i++)
    g_test_add_func (tests[i].path, tests[i].function);
  result = g_test_run ();
  g_clear_pointer (&harness_context, g_main_context_unref);
  gst_deinit ();
  return result;
}

static gboolean
on_watchdog (gpointer data)
{
  g_error ("waited too long for %s", (const gchar *) data);
  return G_SOURCE_REMOVE;
}

void
harness_set_watchdog (const gchar *what)
{
  if (watchdog) {
    g_source_destroy (watchdog);
    g_clear_pointer (&watchdog, g_source_unref);
  }
  if (!what)
    return;
  watchdog = g_timeout_source_new_seconds (WATCHDOG);
  g_source_set_callback (watchdog, on_watchdog, (gpointer) what, NULL);
  g_source_attach (watchdog, harness_context);
}

/* Lets everything happen that can happen now. */
void
harness_settle (void)
{
  while (g_main_context_iteration (harness_context, FALSE))
    ;
}

GSocketAddress *
raw_tcp_address (guint16 port)
{
  return g_inet_socket_address_new_from_string ("127.0.0.1", port);
}

/* A port that was free just now. */
guint16
harness_free_port (void)
{
  g_autoptr (GSocketAddress) any = raw_tcp_address (0);
  g_autoptr (GSocketAddress) bound = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocket) socket = g_socket_new (G_SOCKET_FAMILY_IPV4,
      G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, &error);

  g_assert_no_error (error);
  g_socket_bind (socket, any, TRUE, &error);
  g_assert_no_error (error);
  bound = g_socket_get_local_address (socket, &error);
  g_assert_no_error (error);
  return g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound));
}

Directory *
directory_new (void)
{
  g_autoptr (GError) error = NULL;
  gchar *directory = g_dir_make_tmp ("gst-ice-XXXXXX", &error);

  g_assert_no_error (error);
  return directory;
}

void
directory_free (Directory *directory)
{
  g_autofree gchar *path = g_build_filename (directory, "socket", NULL);

  g_unlink (path);
  g_assert_cmpint (g_rmdir (directory), ==, 0);
  g_free (directory);
}

/* Signallers */

static void
note (Peer *peer, const gchar *format, ...)
{
  va_list args;

  g_assert_nonnull (peer->signaller);       /* nothing comes after close */
  g_assert_cmpuint (peer->n_closed, ==, 0); /* nothing comes after closed */
  if (peer->log->len)
    g_string_append_c (peer->log, ' ');
  va_start (args, format);
  g_string_append_vprintf (peer->log, format, args);
  va_end (args);
}

static void
act (Peer *peer, PeerAction action)
{
  if (action)
    action (peer);
}

static void
on_opened (GstIceSignaller *signaller, gpointer user_data)
{
  Peer *peer = user_data;

  note (peer, "opened");
  peer->n_opened++;
  act (peer, peer->on_opened);
}

static void
on_message (
    GstIceSignaller *signaller, const IceMessage *message, gpointer user_data)
{
  Peer *peer = user_data;

  switch (message->type) {
    case ICE_MESSAGE_PARAMETERS:
      note (peer, "parameters:%u", message->generation);
      g_assert_cmpstr (message->password, ==, PASSWORD);
      break;
    case ICE_MESSAGE_CANDIDATE:
      note (peer, "candidate:%.11s", message->candidate);
      break;
    case ICE_MESSAGE_BYE:
      note (peer, "bye");
      break;
  }
  peer->n_messages++;
  act (peer, peer->on_message);
}

static gchar *
take_text (const GError *error)
{
  g_assert_cmpuint (strlen (error->message), <, 512);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_null (strstr (error->message, "secret"));
  g_test_message ("%s", error->message);
  return g_strdup (error->message);
}

static void
on_refused (GstIceSignaller *signaller, const GError *error, gpointer user_data)
{
  Peer *peer = user_data;

  note (peer, "refused");
  peer->n_refused++;
  g_free (peer->refused);
  peer->refused = take_text (error);
  act (peer, peer->on_refused);
}

static void
on_closed (GstIceSignaller *signaller, const GError *error, gpointer user_data)
{
  Peer *peer = user_data;

  note (peer, "closed");
  peer->n_closed++;
  if (error)
    peer->closed = take_text (error);
  act (peer, peer->on_closed);
}

/* @format: a signalling-uri */
Peer *
peer_new (const gchar *format, ...)
{
  static const GstIceSignallerCallbacks callbacks = { on_opened, on_message,
    on_refused, on_closed };
  g_autofree gchar *text = NULL;
  g_autoptr (IceSignallingUri) uri = NULL;
  g_autoptr (GError) error = NULL;
  Peer *peer = g_new0 (Peer, 1);
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  uri = ice_signalling_uri_parse (text, &error);
  g_assert_no_error (error);
  peer->log = g_string_new (NULL);
  peer->signaller = gst_ice_signaller_new (
      uri, harness_context, &callbacks, peer);
  return peer;
}

/* Returns: @peer */
Peer *
peer_start (Peer *peer)
{
  g_autoptr (GError) error = NULL;

  gst_ice_signaller_start (peer->signaller, &error);
  g_assert_no_error (error);
  return peer;
}

void
peer_send (Peer *peer, const gchar *line)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IceMessage)
      message = ice_message_parse (line, strlen (line), &error);

  g_assert_no_error (error);
  gst_ice_signaller_send (peer->signaller, message);
}

/* For on_opened */
void
peer_send_hello (Peer *peer)
{
  peer_send (peer, PARAMETERS);
  peer_send (peer, CANDIDATE);
  peer_send (peer, END_OF_CANDIDATES);
}

/* Two ends that say hello when they open. */
void
peer_connect_two (Peer *listener, Peer *caller)
{
  listener->on_opened = caller->on_opened = peer_send_hello;
  peer_start (listener);
  peer_start (caller);
  WAIT (listener->n_messages == 3 && caller->n_messages == 3);
  g_assert_cmpstr (listener->log->str, ==, HELLO);
  g_assert_cmpstr (caller->log->str, ==, HELLO);
}

/* May be an action. */
void
peer_close (Peer *peer)
{
  g_clear_pointer (&peer->signaller, gst_ice_signaller_close);
}

void
peer_free (Peer *peer)
{
  if (peer->signaller)
    peer_close (peer);
  harness_settle ();
  g_string_free (peer->log, TRUE);
  g_free (peer->refused);
  g_free (peer->closed);
  g_free (peer);
}

/* Raw sockets */

static gboolean
on_raw (GSocket *socket, GIOCondition condition, gpointer data)
{
  Raw *raw = data;
  gchar buffer[16384];
  gssize n = g_socket_receive (socket, buffer, sizeof (buffer), NULL, NULL);

  if (n > 0) {
    g_string_append_len (raw->received, buffer, n);
    return G_SOURCE_CONTINUE;
  }
  raw->eof = TRUE;
  raw->reset = n < 0;
  return G_SOURCE_REMOVE;
}

static gboolean
on_raw_listening (GSocket *socket, GIOCondition condition, gpointer data)
{
  Raw *raw = data;

  raw->readable = TRUE;
  return G_SOURCE_REMOVE;
}

static void
raw_watch (Raw *raw, GSocketSourceFunc function)
{
  raw->source = g_socket_create_source (raw->socket, G_IO_IN, NULL);
  g_source_set_callback (raw->source, G_SOURCE_FUNC (function), raw, NULL);
  g_source_attach (raw->source, harness_context);
}

static Raw *
raw_new (GSocket *socket)
{
  Raw *raw = g_new0 (Raw, 1);

  raw->socket = socket;
  raw->received = g_string_new (NULL);
  return raw;
}

static GSocket *
stream_socket (GSocketAddress *address)
{
  g_autoptr (GError) error = NULL;
  GSocket *socket = g_socket_new (g_socket_address_get_family (address),
      G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, &error);

  g_assert_no_error (error);
  return socket;
}

Raw *
raw_connect (GSocketAddress *address)
{
  Raw *raw = raw_new (stream_socket (address));
  g_autoptr (GError) error = NULL;

  g_socket_connect (raw->socket, address, NULL, &error);
  g_assert_no_error (error);
  raw_watch (raw, on_raw);
  return raw;
}

Raw *
raw_listen (GSocketAddress *address)
{
  Raw *raw = raw_new (stream_socket (address));
  g_autoptr (GError) error = NULL;

  g_socket_bind (raw->socket, address, TRUE, &error);
  g_assert_no_error (error);
  g_socket_listen (raw->socket, &error);
  g_assert_no_error (error);
  return raw;
}

/* Waits for somebody. */
Raw *
raw_accept (Raw *listener)
{
  g_autoptr (GError) error = NULL;
  Raw *raw;

  listener->readable = FALSE;
  raw_watch (listener, on_raw_listening);
  WAIT (listener->readable);
  g_clear_pointer (&listener->source, g_source_unref);
  raw = raw_new (g_socket_accept (listener->socket, NULL, &error));
  g_assert_no_error (error);
  raw_watch (raw, on_raw);
  return raw;
}

/* Blocks until the system has taken it all: for what fits its buffers. */
void
raw_send (Raw *raw, const gchar *text, gssize length)
{
  g_autoptr (GError) error = NULL;
  gssize sent = 0;

  if (length < 0)
    length = strlen (text);
  while (sent < length) {
    gssize n = g_socket_send (
        raw->socket, text + sent, length - sent, NULL, &error);

    g_assert_no_error (error);
    sent += n;
  }
}

void
raw_stop_reading (Raw *raw)
{
  g_source_destroy (raw->source);
}

void
raw_free (Raw *raw)
{
  if (raw->source) {
    g_source_destroy (raw->source);
    g_source_unref (raw->source);
  }
  g_socket_close (raw->socket, NULL);
  g_object_unref (raw->socket);
  g_string_free (raw->received, TRUE);
  g_free (raw);
}
