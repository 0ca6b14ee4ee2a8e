/* gst-ice: reads a listener's certificate and its key, and tries them.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GIO has no function that tells whether a key belongs to a certificate, so a
 * TLS handshake with both is made here, over a pair of sockets. */

#include "signalling/gsticecertificate.h"
#include "iothread/gsticedescriptors.h"

#include <sys/socket.h>

/* ms; a handshake takes a few. What is only slow is not refused. */
#define TRIAL_TIME 10000

typedef struct
{
  GCancellable *cancellable; /* ends both handshakes */
  guint running;
  gboolean timed_out;
  GError *error; /* (nullable): the first one */
} Trial;

static void
on_handshake_done (GObject *tls, GAsyncResult *result, gpointer data)
{
  Trial *trial = data;
  g_autoptr (GError) error = NULL;

  trial->running--;
  if (!g_tls_connection_handshake_finish (
          G_TLS_CONNECTION (tls), result, &error)) {
    if (trial->error == NULL)
      trial->error = g_steal_pointer (&error);
    g_cancellable_cancel (trial->cancellable);
  }
}

static gboolean
on_time_over (gpointer data)
{
  Trial *trial = data;

  trial->timed_out = TRUE;
  g_cancellable_cancel (trial->cancellable);
  return G_SOURCE_REMOVE;
}

static gboolean
accept_certificate (GTlsConnection *tls, GTlsCertificate *certificate,
    GTlsCertificateFlags flags, gpointer data)
{
  return TRUE;
}

static void
start_handshake (Trial *trial, GIOStream *tls)
{
  trial->running++;
  g_tls_connection_handshake_async (G_TLS_CONNECTION (tls), G_PRIORITY_DEFAULT,
      trial->cancellable, on_handshake_done, trial);
}

/* Runs both handshakes in a main context of their own. */
static void
run_trial (Trial *trial, GIOStream *server, GIOStream *client)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GSource) limit = g_timeout_source_new (TRIAL_TIME);

  g_source_set_callback (limit, on_time_over, trial, NULL);
  g_source_attach (limit, context);
  g_main_context_push_thread_default (context);
  start_handshake (trial, server);
  start_handshake (trial, client);
  while (trial->running > 0)
    g_main_context_iteration (context, TRUE);
  g_main_context_pop_thread_default (context);
  g_source_destroy (limit);
}

/* (transfer full) (nullable) */
static GIOStream *
make_connection (int fd, GError **error)
{
  g_autoptr (GSocket) socket = g_socket_new_from_fd (fd, error);

  return socket == NULL
      ? NULL
      : G_IO_STREAM (g_socket_connection_factory_create_connection (socket));
}

static gboolean
make_pair (GIOStream **one, GIOStream **other, GError **error)
{
  int pair[2];

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
    gst_ice_descriptors_explain (error);
    return FALSE;
  }
  *one = make_connection (pair[0], error);
  *other = make_connection (pair[1], *one != NULL ? error : NULL);
  return *one != NULL && *other != NULL;
}

static gboolean
try_handshake (GTlsCertificate *certificate, GError **error)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Trial trial = { .cancellable = cancellable };
  g_autoptr (GIOStream) one = NULL, other = NULL;
  g_autoptr (GIOStream) server = NULL, client = NULL;

  if (!make_pair (&one, &other, error))
    return FALSE;
  server = g_tls_server_connection_new (one, certificate, error);
  if (server == NULL)
    return FALSE;
  client = g_tls_client_connection_new (other, NULL, error);
  if (client == NULL)
    return FALSE;
  g_signal_connect (
      client, "accept-certificate", G_CALLBACK (accept_certificate), NULL);
  run_trial (&trial, server, client);
  if (trial.error == NULL)
    return TRUE;
  if (trial.timed_out) {
    g_error_free (trial.error);
    return TRUE;
  }
  g_propagate_error (error, trial.error);
  return FALSE;
}

/**
 * gst_ice_certificate_read:
 * @file: with a certificate, PEM
 * @key_file: with its key, PEM; perhaps the same
 * @error: return location, set on failure
 *
 * Any thread. Blocks for a few ms.
 *
 * Returns: (transfer full) (nullable): the certificate with its key; %NULL: a
 *   file cannot be read, or the key does not belong to the certificate
 */
GTlsCertificate *
gst_ice_certificate_read (
    const gchar *file, const gchar *key_file, GError **error)
{
  g_autoptr (GError) cause = NULL;
  g_autoptr (GTlsCertificate) certificate = NULL;

  /* GLib ends a process in which a main context gets none */
  if (!gst_ice_descriptors_check (GST_ICE_DESCRIPTORS_SPARE, error))
    return NULL;
  certificate = g_tls_certificate_new_from_files (file, key_file, &cause);
  if (certificate == NULL) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
        "could not read the certificate %s and its key from %s: %s", file,
        key_file, cause->message);
    return NULL;
  }
  if (!try_handshake (certificate, &cause)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
        "could not use the certificate %s with the key from %s: no TLS "
        "handshake is possible with them; does the key belong to the "
        "certificate? (%s)",
        file, key_file, cause->message);
    return NULL;
  }
  return g_steal_pointer (&certificate);
}
