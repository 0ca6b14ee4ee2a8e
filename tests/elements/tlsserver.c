/* gst-ice: for tests: a server that speaks TLS.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tlsserver.h"

struct _TlsServer
{
  GSocket *socket;
  guint16 port;
  gchar *certificate;
  TlsServerAct act;
  GThread *thread;
  GCancellable *cancellable;
};

static gchar *
find (const gchar *name)
{
  g_autofree gchar *file = g_strconcat (name, ".pem", NULL);

  return g_test_build_filename (G_TEST_DIST, "certificates", file, NULL);
}

static gpointer
run (gpointer data)
{
  TlsServer *self = data;
  g_autoptr (GSocket)
      socket = g_socket_accept (self->socket, self->cancellable, NULL);
  g_autoptr (GIOStream) stream = NULL;

  if (socket == NULL)
    return NULL;
  g_socket_close (self->socket, NULL);
  stream = G_IO_STREAM (g_socket_connection_factory_create_connection (socket));
  if (self->certificate != NULL) {
    g_autofree gchar *path = find (self->certificate);
    g_autoptr (GError) error = NULL;
    g_autoptr (GTlsCertificate)
        certificate = g_tls_certificate_new_from_file (path, &error);
    GIOStream *tls;

    g_assert_no_error (error);
    tls = g_tls_server_connection_new (stream, certificate, &error);
    g_assert_no_error (error);
    g_object_unref (stream);
    stream = tls;
    if (!g_tls_connection_handshake (
            G_TLS_CONNECTION (tls), self->cancellable, &error)) {
      g_test_message ("TLS: %s", error->message);
      return NULL;
    }
  }
  self->act (stream, self->cancellable);
  g_io_stream_close (stream, self->cancellable, NULL);
  return NULL;
}

TlsServer *
tls_server_new (
    const gchar *address, const gchar *certificate, TlsServerAct act)
{
  TlsServer *self = g_new0 (TlsServer, 1);
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new_from_string (
      address != NULL ? address : "127.0.0.1", 0);
  g_autoptr (GSocketAddress) bound = NULL;
  g_autoptr (GError) error = NULL;

  self->certificate = g_strdup (certificate);
  self->act = act;
  self->cancellable = g_cancellable_new ();
  self->socket = g_socket_new (g_socket_address_get_family (any),
      G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, &error);
  g_assert_no_error (error);
  g_socket_bind (self->socket, any, FALSE, &error);
  g_assert_no_error (error);
  g_socket_listen (self->socket, &error);
  g_assert_no_error (error);
  bound = g_socket_get_local_address (self->socket, &error);
  g_assert_no_error (error);
  self->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound));
  self->thread = g_thread_new ("tls-server", run, self);
  return self;
}

void
tls_server_wait (TlsServer *self)
{
  g_thread_join (g_steal_pointer (&self->thread));
}

void
tls_server_free (TlsServer *self)
{
  g_cancellable_cancel (self->cancellable);
  if (self->thread != NULL)
    tls_server_wait (self);
  g_object_unref (self->cancellable);
  g_object_unref (self->socket);
  g_free (self->certificate);
  g_free (self);
}

guint16
tls_server_get_port (TlsServer *self)
{
  return self->port;
}

GTlsDatabase *
tls_server_load_authority (void)
{
  g_autofree gchar *path = find ("authority");
  g_autoptr (GError) error = NULL;
  GTlsDatabase *database = g_tls_file_database_new (path, &error);

  g_assert_no_error (error);
  return database;
}
