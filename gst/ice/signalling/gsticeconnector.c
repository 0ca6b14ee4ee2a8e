/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Connecting to the listener of the built-in signalling, repeatedly until it
 * listens, time has run out, or waiting cannot help. Nothing blocks.
 *
 * Everything happens in the thread that runs the main context. The owner has
 * one reference, which gst_ice_connector_close() takes; an attempt has another.
 */
#include "signalling/gsticeconnector.h"
#include "model/iceerror.h"
#include "model/iceserver.h"
#include "tunnel/gsticetunnelconnect.h"

#include <gio/gunixsocketaddress.h>
#include <string.h>

#define RETRY_PAUSE 250 /* ms */

typedef enum
{
  CONNECTOR_CONNECTING,
  CONNECTOR_PAUSING,
  CONNECTOR_CONNECTED,
  CONNECTOR_CLOSED
} ConnectorState;

struct _GstIceConnector
{
  ConnectorState state;
  GSocketConnectable *peer; /* NULL: over TLS */
  IceServer *server;        /* over TLS */
  gchar *where;             /* the peer, for messages to people */
  guint timeout;
  GMainContext *context;
  GstIceConnectorCallbacks callbacks;
  gpointer user_data;

  GCancellable *cancellable; /* of the attempt, while CONNECTING */
  GSource *pause;            /* while PAUSING */
  GSource *deadline;
  gchar *failure; /* (nullable): of the last attempt */
};

static void attempt (GstIceConnector *self);

static void
connector_clear (gpointer data)
{
  GstIceConnector *self = data;

  g_clear_object (&self->peer);
  g_clear_pointer (&self->server, ice_server_free);
  g_free (self->where);
  g_clear_pointer (&self->context, g_main_context_unref);
  g_free (self->failure);
}

static GstIceConnector *
connector_ref (GstIceConnector *self)
{
  return g_rc_box_acquire (self);
}

static void
connector_unref (GstIceConnector *self)
{
  g_rc_box_release_full (self, connector_clear);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstIceConnector, connector_unref)

static void
clear_source (GSource **source)
{
  if (!*source)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static GSource *
add_timeout (GstIceConnector *self, guint milliseconds, GSourceFunc function)
{
  GSource *source = g_timeout_source_new (milliseconds);

  g_source_set_callback (source, function, self, NULL);
  g_source_attach (source, self->context);
  return source;
}

/* Stops whatever is under way. */
static void
shut (GstIceConnector *self)
{
  self->state = CONNECTOR_CLOSED;
  if (self->cancellable)
    g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  clear_source (&self->pause);
  clear_source (&self->deadline);
}

static gboolean
on_deadline (gpointer data)
{
  g_autoptr (GstIceConnector) self = connector_ref (data);
  g_autoptr (GError) error = NULL;

  if (self->state == CONNECTOR_CONNECTED)
    g_set_error (&error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
        "%s was reached but sent nothing within %u s; is it a listener of "
        "gst-ice, or a relay where no other caller has come?",
        self->where, self->timeout);
  else
    g_set_error (&error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
        "could not connect to %s within %u s: %s; is the listener running?",
        self->where, self->timeout,
        self->failure ? self->failure : "no answer");
  shut (self);
  self->callbacks.failed (self, error, self->user_data);
  return G_SOURCE_REMOVE;
}

/* Waiting helps where the listener does not run yet, its host or name is not
 * there yet, or somebody has no room at present. */
static gboolean
is_permanent (const GError *error)
{
  static const gint codes[] = { G_IO_ERROR_INVALID_DATA,
    G_IO_ERROR_INVALID_ARGUMENT, G_IO_ERROR_INVALID_FILENAME,
    G_IO_ERROR_FILENAME_TOO_LONG, G_IO_ERROR_NOT_DIRECTORY,
    G_IO_ERROR_NOT_SUPPORTED, G_IO_ERROR_PERMISSION_DENIED };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (codes); i++)
    if (g_error_matches (error, G_IO_ERROR, codes[i]))
      return TRUE;
  return FALSE;
}

static void
give_up (GstIceConnector *self, const gchar *reason)
{
  g_autoptr (GError) error = g_error_new (G_IO_ERROR, G_IO_ERROR_FAILED,
      "could not connect to %s: %s", self->where, reason);

  shut (self);
  self->callbacks.failed (self, error, self->user_data);
}

static gboolean
on_pause_over (gpointer data)
{
  GstIceConnector *self = data;

  clear_source (&self->pause);
  attempt (self);
  return G_SOURCE_REMOVE;
}

/**
 * gst_ice_connector_retry:
 * @self: a connector whose connection cannot be used
 * @reason: why
 *
 * Tries again after a short while, until time has run out.
 */
void
gst_ice_connector_retry (GstIceConnector *self, const gchar *reason)
{
  g_free (self->failure);
  self->failure = g_strdup (reason);
  self->state = CONNECTOR_PAUSING;
  self->pause = add_timeout (self, RETRY_PAUSE, on_pause_over);
}

/* A port without a listener may be the very one that the system chose for our
 * end, and TCP then connects us to ourselves. */
static gboolean
is_self (GSocketConnection *connection)
{
  g_autoptr (GSocketAddress)
      local = g_socket_connection_get_local_address (connection, NULL);
  g_autoptr (GSocketAddress)
      remote = g_socket_connection_get_remote_address (connection, NULL);
  g_autofree gchar *ours = NULL;
  g_autofree gchar *theirs = NULL;

  if (!G_IS_INET_SOCKET_ADDRESS (local) || !G_IS_INET_SOCKET_ADDRESS (remote))
    return FALSE;
  ours = g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (local));
  theirs = g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (remote));
  return strcmp (ours, theirs) == 0;
}

static const gchar *
explain (const GstIceConnector *self, const GError *error)
{
  if (self->server)
    return error->message;
  if (G_IS_UNIX_SOCKET_ADDRESS (self->peer)
      && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED))
    return "permission denied; only the user who runs the listener can connect "
           "to its socket";
  return ice_error_get_reason (error);
}

/* (transfer full): connection. One attempt at a time, and none after one that
 * was cancelled. */
static void
finish_attempt (
    GstIceConnector *self, GIOStream *connection, const GError *error)
{
  if (self->state != CONNECTOR_CONNECTING) {
    g_clear_object (&connection);
    return;
  }
  g_clear_object (&self->cancellable);
  if (!connection && is_permanent (error)) {
    give_up (self, explain (self, error));
  } else if (!connection) {
    gst_ice_connector_retry (self, explain (self, error));
  } else if (self->peer && is_self (G_SOCKET_CONNECTION (connection))) {
    gst_ice_connector_retry (self, "no process listens there");
  } else {
    self->state = CONNECTOR_CONNECTED;
    self->callbacks.connected (self, connection, self->user_data);
  }
  g_clear_object (&connection);
}

static void
on_connected (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GstIceConnector) self = user_data;
  g_autoptr (GError) error = NULL;
  GSocketConnection *connection = g_socket_client_connect_finish (
      G_SOCKET_CLIENT (source), result, &error);

  finish_attempt (self, connection ? G_IO_STREAM (connection) : NULL, error);
}

static void
on_secured (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GstIceConnector) self = user_data;
  g_autoptr (GError) error = NULL;
  GIOStream *connection = gst_ice_tunnel_connect_finish (result, &error);

  if (error)
    g_prefix_error (&error, "%s ", self->server->host);
  finish_attempt (self, connection, error);
}

static void
attempt (GstIceConnector *self)
{
  g_autoptr (GSocketClient) client = NULL;

  self->state = CONNECTOR_CONNECTING;
  self->cancellable = g_cancellable_new ();
  g_main_context_push_thread_default (self->context);
  if (self->server) {
    gst_ice_tunnel_connect_async (self->server, NULL, self->timeout * 1000,
        self->cancellable, on_secured, connector_ref (self));
  } else {
    client = g_socket_client_new ();
    g_socket_client_set_enable_proxy (client, FALSE);
    g_socket_client_connect_async (client, self->peer, self->cancellable,
        on_connected, connector_ref (self));
  }
  g_main_context_pop_thread_default (self->context);
}

static IceServer *
make_server (const gchar *host, guint16 port)
{
  IceServer *server = g_new0 (IceServer, 1);

  server->host = g_strdup (host);
  server->port = port;
  server->transport = ICE_SERVER_TRANSPORT_TLS;
  return server;
}

/**
 * gst_ice_connector_new:
 * @uri: (transfer none): where to connect, and how long to try
 * @context: (nullable) (transfer none): where everything happens; call this in
 *   the thread that runs it
 * @callbacks: both functions; copied; never called from within this one
 * @user_data: passed to them
 *
 * Returns: (transfer full): a connector which has begun to connect; free it
 *   with gst_ice_connector_close()
 */
GstIceConnector *
gst_ice_connector_new (const IceSignallingUri *uri, GMainContext *context,
    const GstIceConnectorCallbacks *callbacks, gpointer user_data)
{
  GstIceConnector *self = g_rc_box_new0 (GstIceConnector);
  const gchar *host = uri->host ? uri->host : "127.0.0.1";

  if (uri->path)
    self->peer = G_SOCKET_CONNECTABLE (g_unix_socket_address_new (uri->path));
  else if (uri->secure)
    self->server = make_server (host, uri->port);
  else
    self->peer = g_network_address_new (host, uri->port);
  self->where = ice_signalling_uri_describe (uri);
  self->timeout = uri->timeout;
  self->context = context ? g_main_context_ref (context) : NULL;
  self->callbacks = *callbacks;
  self->user_data = user_data;
  self->deadline = add_timeout (self, uri->timeout * 1000, on_deadline);
  attempt (self);
  return self;
}

/**
 * gst_ice_connector_close:
 * @self: (transfer full): a connector in any state
 *
 * Stops connecting and frees @self; a connection stays open for the owner of
 * a reference. No callback follows. May be called within a callback.
 */
void
gst_ice_connector_close (GstIceConnector *self)
{
  shut (self);
  connector_unref (self);
}
