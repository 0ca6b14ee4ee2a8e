/* gst-ice: test of why a server could not be connected to: what the user reads.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The results of GIO's calls are played by this file. */

#include "tunnel/gsticetunnelconnect.h"
#include "iothread/gsticedescriptors.h"
#include <dlfcn.h>
#include <gio/gio.h>
#include <string.h>

#define PATIENCE 60000 /* ms */
#define HOST "127.0.0.1"

typedef struct
{
  GMainContext *context;
  GSocket *listener;
  gboolean is_over;
  gchar *why; /* NULL: it is connected */
  gint code;  /* of the error */
} Fixture;

static GError *tcp_error, *tls_error, *new_error; /* NULL: it works */
static GTlsCertificateFlags wrong;
static guint n_connected;
static gint descriptors_left; /* calls that find some */
static gboolean peer_is_gone;

/* GIO's, for the code under test. */

static gboolean
fail_with (const GError *cause, GError **error)
{
  if (cause == NULL)
    return FALSE;
  g_propagate_error (error, g_error_copy (cause));
  return TRUE;
}

void
g_socket_client_connect_async (GSocketClient *client,
    GSocketConnectable *connectable, GCancellable *cancellable,
    GAsyncReadyCallback callback, gpointer data)
{
  GTask *task = g_task_new (client, cancellable, callback, data);
  GSocketAddress *address = G_SOCKET_ADDRESS (connectable);
  GSocket *socket = g_socket_new (
      G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);

  n_connected++;
  g_assert_false (g_socket_client_get_enable_proxy (client));
  g_assert_true (g_socket_connect (socket, address, NULL, NULL));
  g_task_return_pointer (task,
      g_socket_connection_factory_create_connection (socket), g_object_unref);
  g_object_unref (socket);
  g_object_unref (task);
}

GSocketConnection *
g_socket_client_connect_finish (
    GSocketClient *client, GAsyncResult *result, GError **error)
{
  GSocketConnection *connection = g_task_propagate_pointer (
      G_TASK (result), NULL);

  if (!fail_with (tcp_error, error))
    return connection;
  g_object_unref (connection);
  return NULL;
}

GSocketAddress *
g_socket_connection_get_remote_address (
    GSocketConnection *connection, GError **error)
{
  if (peer_is_gone && n_connected == 1)
    return NULL;
  return g_socket_get_remote_address (
      g_socket_connection_get_socket (connection), error);
}

GIOStream *
g_tls_client_connection_new (
    GIOStream *base, GSocketConnectable *identity, GError **error)
{
  GIOStream *(*real) (GIOStream *, GSocketConnectable *, GError **) = dlsym (
      RTLD_NEXT, "g_tls_client_connection_new");

  return fail_with (new_error, error) ? NULL : real (base, identity, error);
}

gboolean
g_tls_connection_handshake (
    GTlsConnection *self, GCancellable *cancellable, GError **error)
{
  gboolean accepted = TRUE;

  if (wrong != 0) {
    g_signal_emit_by_name (self, "accept-certificate", NULL, wrong, &accepted);
    g_assert_false (accepted);
  }
  return !fail_with (tls_error, error);
}

/* Descriptors. */

static gboolean
take_descriptor (GError **error)
{
  if (descriptors_left-- > 0)
    return TRUE;
  g_set_error_literal (
      error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES, "too many");
  return FALSE;
}

gboolean
gst_ice_descriptors_check (guint n, GError **error)
{
  return take_descriptor (error);
}

gboolean
gst_ice_descriptors_hold (GCancellable *cancellable, GError **error)
{
  return take_descriptor (error);
}

/* The test. */

static void
set_up (Fixture *f, gconstpointer unused)
{
  g_autoptr (GSocketAddress)
      any = g_inet_socket_address_new_from_string (HOST, 0);

  f->context = g_main_context_new ();
  f->listener = g_socket_new (
      G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
  g_assert_true (g_socket_bind (f->listener, any, FALSE, NULL));
  g_assert_true (g_socket_listen (f->listener, NULL));
  wrong = 0;
  descriptors_left = G_MAXINT;
  n_connected = 0;
  peer_is_gone = FALSE;
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  g_clear_error (&tcp_error);
  g_clear_error (&tls_error);
  g_clear_error (&new_error);
  g_free (f->why);
  g_object_unref (f->listener);
  g_main_context_unref (f->context);
}

static void
on_connected (GObject *source, GAsyncResult *result, gpointer data)
{
  Fixture *f = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GIOStream) stream = gst_ice_tunnel_connect_finish (result, &error);

  g_assert_true ((stream == NULL) == (error != NULL));
  f->why = error != NULL ? g_strdup (error->message) : NULL;
  f->code = error != NULL ? error->code : -1;
  g_assert_true (error == NULL || error->domain == G_IO_ERROR);
  f->is_over = TRUE;
}

static void
connect_by (Fixture *f, IceServerTransport transport)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GSocketAddress)
      address = g_socket_get_local_address (f->listener, NULL);
  const IceServer server = {
    .host = (gchar *) HOST,
    .port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address)),
    .transport = transport,
  };

  f->is_over = FALSE;
  g_clear_pointer (&f->why, g_free);
  g_main_context_push_thread_default (f->context);
  gst_ice_tunnel_connect_async (
      &server, NULL, PATIENCE, cancellable, on_connected, f);
  while (!f->is_over)
    g_main_context_iteration (f->context, TRUE);
  g_main_context_pop_thread_default (f->context);
}

static void
assert_fails (Fixture *f, gboolean is_tls, const gchar *fragment, gint code)
{
  connect_by (f, is_tls ? ICE_SERVER_TRANSPORT_TLS : ICE_SERVER_TRANSPORT_TCP);
  g_assert_nonnull (f->why);
  if (strstr (f->why, fragment) == NULL)
    g_error ("no \"%s\" in \"%s\"", fragment, f->why);
  g_assert_cmpint (f->code, ==, code);
}

#define DESCRIPTORS "too many open files (ulimit -n)"

static void
test_tcp (Fixture *f, gconstpointer unused)
{
  static const struct
  {
    gint code;
    gboolean is_tls;
    const gchar *fragment;
  } rows[] = {
    { G_IO_ERROR_TOO_MANY_OPEN_FILES, FALSE, DESCRIPTORS },
    { G_IO_ERROR_CONNECTION_REFUSED, FALSE, "and that it serves TCP there" },
    { G_IO_ERROR_CONNECTION_REFUSED, TRUE, "and that it serves TLS there" },
    { G_IO_ERROR_NETWORK_UNREACHABLE, FALSE, "there is no route to it" },
    { G_IO_ERROR_HOST_UNREACHABLE, FALSE, "there is no route to it" },
    { G_IO_ERROR_TIMED_OUT, FALSE, "could not be connected to (" },
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (rows); i++) {
    tcp_error = g_error_new_literal (G_IO_ERROR, rows[i].code, "cause");
    assert_fails (f, rows[i].is_tls, rows[i].fragment, rows[i].code);
    g_clear_error (&tcp_error);
  }
  tcp_error = g_error_new_literal (
      G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND, "cause");
  assert_fails (f, FALSE, "could not be looked up (", G_IO_ERROR_FAILED);
  g_clear_error (&tcp_error);
  connect_by (f, ICE_SERVER_TRANSPORT_TCP);
  g_assert_null (f->why);
}

static void
test_handshake (Fixture *f, gconstpointer unused)
{
  static const struct
  {
    gint code;
    const gchar *fragment;
  } rows[] = {
    { G_TLS_ERROR_UNAVAILABLE, "install glib-networking" },
    { G_TLS_ERROR_CERTIFICATE_REQUIRED, "requires a client certificate" },
    { G_TLS_ERROR_NOT_TLS, "did not agree on TLS (" },
    { G_TLS_ERROR_MISC, "did not agree on TLS (" },
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (rows); i++) {
    tls_error = g_error_new_literal (G_TLS_ERROR, rows[i].code, "cause");
    assert_fails (f, TRUE, rows[i].fragment, G_IO_ERROR_INVALID_DATA);
    g_clear_error (&tls_error);
  }
  tls_error = g_error_new_literal (G_TLS_ERROR, G_TLS_ERROR_EOF, "cause");
  assert_fails (f, TRUE, "closed the connection before TLS", G_IO_ERROR_FAILED);
  g_clear_error (&tls_error);
  tls_error = g_error_new_literal (
      G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED, "cause");
  assert_fails (f, TRUE, "closed the connection before TLS",
      G_IO_ERROR_CONNECTION_CLOSED);
  g_clear_error (&tls_error);
  new_error = g_error_new_literal (
      G_TLS_ERROR, G_TLS_ERROR_UNAVAILABLE, "cause");
  assert_fails (f, TRUE, "install glib-networking", G_IO_ERROR_INVALID_DATA);
  g_clear_error (&new_error);
  connect_by (f, ICE_SERVER_TRANSPORT_TLS);
  g_assert_null (f->why);
}

/* What is wrong with the certificate; the first of several causes. */
static void
test_certificate (Fixture *f, gconstpointer unused)
{
  static const struct
  {
    GTlsCertificateFlags wrong;
    const gchar *fragment;
  } rows[] = {
    { G_TLS_CERTIFICATE_BAD_IDENTITY, "check that its name is \"" HOST "\"" },
    { G_TLS_CERTIFICATE_EXPIRED, "has expired" },
    { G_TLS_CERTIFICATE_NOT_ACTIVATED, "not valid yet" },
    { G_TLS_CERTIFICATE_REVOKED, "was revoked" },
    { G_TLS_CERTIFICATE_INSECURE, "too weak" },
    { G_TLS_CERTIFICATE_UNKNOWN_CA, "not signed by an authority" },
    { G_TLS_CERTIFICATE_GENERIC_ERROR, "that is not valid" },
  };
  guint i;

  tls_error = g_error_new_literal (
      G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE, "cause");
  for (i = 0; i < G_N_ELEMENTS (rows); i++) {
    wrong = rows[i].wrong;
    assert_fails (f, TRUE, rows[i].fragment, G_IO_ERROR_INVALID_DATA);
  }
}

/* Before the handshake, and within it. */
static void
test_descriptors (Fixture *f, gconstpointer unused)
{
  descriptors_left = 0;
  assert_fails (f, TRUE, DESCRIPTORS, G_IO_ERROR_TOO_MANY_OPEN_FILES);
  descriptors_left = 1;
  assert_fails (f, TRUE, DESCRIPTORS, G_IO_ERROR_TOO_MANY_OPEN_FILES);
  descriptors_left = 0;
  connect_by (f, ICE_SERVER_TRANSPORT_TCP);
  g_assert_null (f->why);
}

/* One that is gone already is tried again, once. */
static void
test_second (Fixture *f, gconstpointer unused)
{
  peer_is_gone = TRUE;
  connect_by (f, ICE_SERVER_TRANSPORT_TCP);
  g_assert_null (f->why);
  g_assert_cmpuint (n_connected, ==, 2);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define TEST(name)                                                             \
  g_test_add (                                                                 \
      "/tunnel-connect/" #name, Fixture, NULL, set_up, test_##name, tear_down)
  TEST (tcp);
  TEST (handshake);
  TEST (certificate);
  TEST (descriptors);
  TEST (second);
  return g_test_run ();
}
