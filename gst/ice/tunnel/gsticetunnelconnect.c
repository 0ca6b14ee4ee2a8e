/* gst-ice: a connection to a server over TCP or TLS.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tunnel/gsticetunnelconnect.h"
#include "iothread/gsticedescriptors.h"
#include "model/iceerror.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

/* The time that sent data may stay unacknowledged, ms (RFC 5482; RFC 1122
 * section 4.2.3.5 demands at least 100 s). */
#define USER_TIMEOUT 100000

/* The task's data. */
typedef struct
{
  gchar *host;
  gboolean is_tls;
  GSocketConnectable *identity;
  GTlsDatabase *trusted;
  guint timeout;
  GSource *limit;
  gboolean is_late;
  gboolean has_tcp;
  gboolean is_second; /* the first connection was lost, see on_connected() */
} Attempt;

static void
attempt_free (gpointer data)
{
  Attempt *attempt = data;

  g_source_destroy (attempt->limit);
  g_source_unref (attempt->limit);
  g_object_unref (attempt->identity);
  g_clear_object (&attempt->trusted);
  g_free (attempt->host);
  g_free (attempt);
}

/* Takes why. */
static void
refuse (GTask *task, gint code, gchar *why)
{
  g_task_return_new_error (task, G_IO_ERROR, code, "%s", why);
  g_free (why);
}

static gchar *
explain_lateness (const Attempt *attempt)
{
  if (attempt->has_tcp)
    return g_strdup_printf ("took the TCP connection and did not agree on TLS "
                            "within %u ms: check that this is its TLS port",
        attempt->timeout);
  return g_strdup_printf (
      "did not answer over TCP within %u ms: check host and "
      "port, and that no firewall drops TCP to it",
      attempt->timeout);
}

/* The data of the thread that does the TLS handshake. */
typedef struct
{
  GIOStream *tcp;
  GSocketConnectable *identity;
  GTlsDatabase *trusted;
  GTlsCertificateFlags wrong; /* with the server's certificate */
} Handshake;

static void
handshake_free (gpointer data)
{
  Handshake *handshake = data;

  g_object_unref (handshake->tcp);
  g_object_unref (handshake->identity);
  g_clear_object (&handshake->trusted);
  g_free (handshake);
}

static gboolean
on_bad_certificate (GTlsConnection *tls, GTlsCertificate *certificate,
    GTlsCertificateFlags wrong, gpointer data)
{
  Handshake *handshake = data;

  handshake->wrong = wrong;
  return FALSE;
}

/* Runs in a thread of GIO's pool: it blocks, and glib-networking reads all
 * certificates of the system each time, for 10 to 20 ms. */
static void
run_handshake (
    GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Handshake *handshake = data;
  GError *error = NULL;
  g_autoptr (GIOStream) tls = g_tls_client_connection_new (
      handshake->tcp, handshake->identity, &error);

  if (tls == NULL) {
    g_task_return_error (task, error);
    return;
  }
  /* which creates a GMainContext */
  if (!gst_ice_descriptors_check (GST_ICE_DESCRIPTORS_SPARE, &error)) {
    g_task_return_error (task, error);
    return;
  }
  if (handshake->trusted != NULL)
    g_tls_connection_set_database (G_TLS_CONNECTION (tls), handshake->trusted);
  /* shutting the connection reports it, too */
  g_tls_connection_set_require_close_notify (G_TLS_CONNECTION (tls), FALSE);
  g_signal_connect (
      tls, "accept-certificate", G_CALLBACK (on_bad_certificate), handshake);
  if (g_tls_connection_handshake (
          G_TLS_CONNECTION (tls), cancellable, &error)) {
    g_signal_handlers_disconnect_by_data (tls, handshake);
    g_task_return_pointer (task, g_steal_pointer (&tls), g_object_unref);
  } else {
    g_task_return_error (task, error);
  }
}

static gchar *
explain_certificate (const gchar *host, GTlsCertificateFlags wrong)
{
  if (wrong & G_TLS_CERTIFICATE_BAD_IDENTITY)
    return g_strdup_printf (
        "has a certificate for another name: check that its name is \"%s\"",
        host);
  if (wrong & G_TLS_CERTIFICATE_EXPIRED)
    return g_strdup ("has a certificate that has expired: inform its operator, "
                     "or check the clock here");
  if (wrong & G_TLS_CERTIFICATE_NOT_ACTIVATED)
    return g_strdup ("has a certificate that is not valid yet: check the clock "
                     "here");
  if (wrong & G_TLS_CERTIFICATE_REVOKED)
    return g_strdup ("has a certificate that was revoked: inform its operator");
  if (wrong & G_TLS_CERTIFICATE_INSECURE)
    return g_strdup ("has a certificate with a signature that is too weak: "
                     "inform its operator");
  if (wrong & G_TLS_CERTIFICATE_UNKNOWN_CA)
    return g_strdup (
        "has a certificate that is not signed by an authority this "
        "system trusts: install that authority's certificate, or this one if "
        "it is self-signed, among the system's (update-ca-certificates)");
  return g_strdup ("has a certificate that is not valid");
}

static gchar *
explain_descriptors (void)
{
  return g_strdup ("could not be reached: this process has too many open files "
                   "(ulimit -n)");
}

static gchar *
explain_handshake (
    const gchar *host, GTlsCertificateFlags wrong, const GError *error)
{
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES))
    return explain_descriptors ();
  if (wrong != 0)
    return explain_certificate (host, wrong);
  if (g_error_matches (error, G_TLS_ERROR, G_TLS_ERROR_UNAVAILABLE))
    return g_strdup ("cannot be reached, because GIO has no TLS support here: "
                     "install glib-networking");
  if (g_error_matches (error, G_TLS_ERROR, G_TLS_ERROR_CERTIFICATE_REQUIRED))
    return g_strdup ("requires a client certificate, which is not supported");
  if (g_error_matches (error, G_TLS_ERROR, G_TLS_ERROR_EOF)
      || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED))
    return g_strdup ("closed the connection before TLS was agreed on: check "
                     "that this is its TLS port");
  return g_strdup_printf ("did not agree on TLS (%s): check that this is its "
                          "TLS port",
      ice_error_get_reason (error));
}

/* Certificates, versions and the like do not change with time; a server that
 * closes the connection may have no room at present. */
static gint
judge_handshake (GTlsCertificateFlags wrong, const GError *error)
{
  if (wrong != 0
      || (error->domain == G_TLS_ERROR && error->code != G_TLS_ERROR_EOF))
    return G_IO_ERROR_INVALID_DATA;
  return error->domain == G_IO_ERROR ? error->code : G_IO_ERROR_FAILED;
}

static void
on_secured (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  Attempt *attempt = g_task_get_task_data (task);
  Handshake *handshake = g_task_get_task_data (G_TASK (result));
  g_autoptr (GError) error = NULL;
  GIOStream *tls = g_task_propagate_pointer (G_TASK (result), &error);

  if (tls != NULL)
    g_task_return_pointer (task, tls, g_object_unref);
  else if (g_cancellable_is_cancelled (g_task_get_cancellable (task)))
    refuse (task, G_IO_ERROR_TIMED_OUT,
        explain_lateness (attempt)); /* the thread may still be running */
  else
    refuse (task, judge_handshake (handshake->wrong, error),
        explain_handshake (attempt->host, handshake->wrong, error));
}

static void
secure (GTask *outer, GSocketConnection *connection)
{
  Attempt *attempt = g_task_get_task_data (outer);
  Handshake *handshake = g_new0 (Handshake, 1);
  g_autoptr (GTask) task = g_task_new (
      NULL, g_task_get_cancellable (outer), on_secured, g_object_ref (outer));

  handshake->tcp = G_IO_STREAM (g_object_ref (connection));
  handshake->identity = g_object_ref (attempt->identity);
  if (attempt->trusted != NULL)
    handshake->trusted = g_object_ref (attempt->trusted);
  g_task_set_task_data (task, handshake, handshake_free);
  g_task_set_return_on_cancel (task, TRUE);
  g_task_run_in_thread (task, run_handshake);
}

static gchar *
explain_connection (gboolean is_tls, const GError *error)
{
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES))
    return explain_descriptors ();
  if (error->domain == G_RESOLVER_ERROR)
    return g_strdup_printf ("could not be looked up (%s): check its name",
        ice_error_get_reason (error));
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED))
    return g_strdup_printf ("refused the TCP connection: check host and port, "
                            "and that it serves %s there",
        is_tls ? "TLS" : "TCP");
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NETWORK_UNREACHABLE)
      || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_HOST_UNREACHABLE))
    return g_strdup ("could not be reached: there is no route to it");
  return g_strdup_printf ("could not be connected to (%s): check host and port",
      ice_error_get_reason (error));
}

static void
refuse_connection (GTask *task, const GError *error)
{
  const Attempt *attempt = g_task_get_task_data (task);

  if (attempt->is_late)
    refuse (task, G_IO_ERROR_TIMED_OUT, explain_lateness (attempt));
  else
    refuse (task, error->domain == G_IO_ERROR ? error->code : G_IO_ERROR_FAILED,
        explain_connection (attempt->is_tls, error));
}

static void
set_options (GSocket *socket)
{
  g_socket_set_option (socket, IPPROTO_TCP, TCP_NODELAY, TRUE, NULL);
  g_socket_set_keepalive (socket, TRUE);
#ifdef TCP_USER_TIMEOUT
  g_socket_set_option (
      socket, IPPROTO_TCP, TCP_USER_TIMEOUT, USER_TIMEOUT, NULL);
#endif
}

static gboolean
has_peer (GSocketConnection *connection)
{
  g_autoptr (GSocketAddress)
      peer = g_socket_connection_get_remote_address (connection, NULL);

  return peer != NULL;
}

static void on_connected (GObject *client, GAsyncResult *result, gpointer data);

static void
connect_tcp (GTask *task)
{
  const Attempt *attempt = g_task_get_task_data (task);
  g_autoptr (GSocketClient) client = g_socket_client_new ();

  g_socket_client_set_enable_proxy (client, FALSE);
  g_socket_client_connect_async (client, attempt->identity,
      g_task_get_cancellable (task), on_connected, task);
}

/* Where a host had just been found unreachable, GIO sometimes reported a socket
 * as connected that had neither a peer nor an error. A second connection gives
 * the error. */
static void
on_connected (GObject *client, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  Attempt *attempt = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketConnection) connection = g_socket_client_connect_finish (
      G_SOCKET_CLIENT (client), result, &error);

  if (connection == NULL) {
    refuse_connection (task, error);
    return;
  }
  if (!attempt->is_second && !has_peer (connection)) {
    attempt->is_second = TRUE;
    connect_tcp (g_steal_pointer (&task));
    return;
  }
  attempt->has_tcp = TRUE;
  set_options (g_socket_connection_get_socket (connection));
  if (attempt->is_tls
      && !gst_ice_descriptors_hold (g_task_get_cancellable (task), &error))
    refuse_connection (task, error);
  else if (attempt->is_tls)
    secure (task, connection);
  else
    g_task_return_pointer (task, g_steal_pointer (&connection), g_object_unref);
}

static gboolean
on_limit (gpointer data)
{
  GTask *task = data;
  Attempt *attempt = g_task_get_task_data (task);

  attempt->is_late = TRUE;
  g_cancellable_cancel (g_task_get_cancellable (task));
  return G_SOURCE_REMOVE;
}

/* A GNetworkAddress with a literal address would be sent to the server as its
 * name, which RFC 6066 section 3 forbids and some servers refuse. */
static GSocketConnectable *
identify (const IceServer *server)
{
  GSocketAddress *address = g_inet_socket_address_new_from_string (
      server->host, server->port);

  if (address != NULL)
    return G_SOCKET_CONNECTABLE (address);
  return g_network_address_new (server->host, server->port);
}

/**
 * gst_ice_tunnel_connect_async:
 * @server: (transfer none): the server, over TCP or TLS; its name is looked up,
 *   and its addresses are tried one after the other
 * @trusted: (nullable): the trusted authorities; %NULL: the system's
 * @timeout: the time limit, ms
 * @cancellable: (transfer none): also cancelled when the time is over
 * @callback: called in the thread-default context of the caller
 * @user_data: for @callback
 */
void
gst_ice_tunnel_connect_async (const IceServer *server, GTlsDatabase *trusted,
    guint timeout, GCancellable *cancellable, GAsyncReadyCallback callback,
    gpointer user_data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);
  Attempt *attempt = g_new0 (Attempt, 1);

  attempt->host = g_strdup (server->host);
  attempt->is_tls = server->transport == ICE_SERVER_TRANSPORT_TLS;
  attempt->identity = identify (server);
  attempt->trusted = trusted != NULL ? g_object_ref (trusted) : NULL;
  attempt->timeout = timeout;
  attempt->limit = g_timeout_source_new (timeout);
  g_source_set_callback (attempt->limit, on_limit, task, NULL);
  g_source_attach (attempt->limit, g_task_get_context (task));
  g_task_set_task_data (task, attempt, attempt_free);
  g_task_set_check_cancellable (task, FALSE);
  connect_tcp (task);
}

/**
 * gst_ice_tunnel_connect_finish:
 * @result: the callback's result
 * @error: its message completes a sentence that begins with the server;
 *   %G_IO_ERROR_INVALID_DATA: the server, or TLS here, is not good and does not
 *   become good by waiting; another code of #GIOErrorEnum: why not at present
 *
 * Returns: (transfer full) (nullable): a #GSocketConnection, or over TLS a
 *   #GTlsConnection whose base stream is a #GSocketConnection; %NULL with
 * @error set
 */
GIOStream *
gst_ice_tunnel_connect_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
