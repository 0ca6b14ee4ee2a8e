/* gst-ice: WebSockets, by the plugin icesoup.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The plugin's type is found by its name in GStreamer's registry, so nothing of
 * libsoup is linked here. docs/design.md has its properties and signals.
 *
 * Everything happens in the thread that runs the main context. */

#include "signalling/gsticeupgrade.h"
#include "iothread/gsticedescriptors.h"
#include "model/iceerror.h"
#include "signalling/gsticecertificate.h"

#include <gst/gst.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#define TYPE_NAME "GstIceWebSocket"
#define NAME_KEY "ice-name"
/* set by the plugin: */
#define INVALID_KEY "ice-invalid" /* what the other end did wrong */
#define LOST_KEY "ice-lost"       /* why there is no connection */

struct _GstIceUpgrade
{
  GObject *web;
  GMainContext *context;
  GstIceUpgradeFunc gone; /* (nullable): while closing */
  gpointer user_data;
};

static GType
find_type (GError **error)
{
  g_autoptr (GstPluginFeature)
      feature = gst_registry_lookup_feature (gst_registry_get (), TYPE_NAME);
  GType type = G_TYPE_INVALID;

  if (feature != NULL)
    type = gst_dynamic_type_factory_load (TYPE_NAME);
  if (type == G_TYPE_INVALID)
    g_set_error_literal (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
        "signalling-uri with ws: or wss: needs the plugin icesoup, which is "
        "not installed; install it (package gstreamer1.0-icesoup; meson option "
        "soup) or use tcp:");
  return type;
}

/**
 * gst_ice_upgrade_new:
 * @uri: (transfer none): a URI with ws: or wss:
 * @context: (nullable) (transfer none): where everything happens
 * @error: return location, set on failure
 *
 * Returns: (transfer full) (nullable): what makes WebSockets; %NULL: the plugin
 *   is missing, or the certificate cannot be used
 */
GstIceUpgrade *
gst_ice_upgrade_new (
    const IceSignallingUri *uri, GMainContext *context, GError **error)
{
  g_autoptr (GTlsCertificate) certificate = NULL;
  GType type = find_type (error);
  GstIceUpgrade *self;

  if (type == G_TYPE_INVALID)
    return NULL;
  if (uri->certificate != NULL) {
    certificate = gst_ice_certificate_read (uri->certificate,
        uri->key != NULL ? uri->key : uri->certificate, error);
    if (certificate == NULL)
      return NULL;
  }
  self = g_new0 (GstIceUpgrade, 1);
  self->context = context != NULL ? g_main_context_ref (context) : NULL;
  self->web = g_object_new (type, "listens",
      uri->mode == ICE_SIGNALLING_LISTENER, "secure", uri->secure, "host",
      uri->host != NULL ? uri->host : "127.0.0.1", "port", (guint) uri->port,
      "resource", uri->resource, "origin", uri->origin, "certificate",
      certificate, NULL);
  return self;
}

static GSocketConnection *
get_base (GIOStream *connection)
{
  g_autoptr (GIOStream) base = NULL;

  if (G_IS_SOCKET_CONNECTION (connection))
    return G_SOCKET_CONNECTION (connection);
  g_object_get (connection, "base-io-stream", &base, NULL);
  return G_SOCKET_CONNECTION (base); /* the TLS connection has a reference */
}

static void
set_name (GSocketConnection *stream, GSocketConnection *base)
{
  g_autoptr (GSocketAddress)
      address = g_socket_connection_get_remote_address (base, NULL);

  if (G_IS_INET_SOCKET_ADDRESS (address))
    g_object_set_data_full (G_OBJECT (stream), NAME_KEY,
        g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (address)),
        g_free);
}

/**
 * gst_ice_upgrade_open:
 * @self: what makes WebSockets
 * @connection: (transfer none): a new connection, over TLS for a caller with
 *   wss:
 * @error: return location, set on failure
 *
 * Begins the handshake. What is written meanwhile waits for its end.
 *
 * Returns: (transfer full) (nullable): a stream of text lines, for
 *   gst_ice_line_new(); its end is that of @connection
 */
GSocketConnection *
gst_ice_upgrade_open (
    GstIceUpgrade *self, GIOStream *connection, GError **error)
{
  GSocketConnection *base = get_base (connection), *stream = NULL;
  GSocket *socket = g_socket_connection_get_socket (base);

  if (!gst_ice_descriptors_check (GST_ICE_DESCRIPTORS_SPARE, error))
    return NULL;
  g_socket_set_blocking (socket, FALSE);
  g_socket_set_keepalive (socket, TRUE);
  g_socket_set_option (socket, IPPROTO_TCP, TCP_NODELAY, 1, NULL);
  g_main_context_push_thread_default (self->context);
  g_signal_emit_by_name (self->web, "open", connection, &stream);
  g_main_context_pop_thread_default (self->context);
  if (stream != NULL)
    set_name (stream, base);
  else
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES,
        "this process has too many open files (ulimit -n)");
  return stream;
}

static void
finish_close (GstIceUpgrade *self)
{
  GstIceUpgradeFunc gone = self->gone;
  gpointer user_data = self->user_data;

  g_object_unref (self->web);
  g_clear_pointer (&self->context, g_main_context_unref);
  g_free (self);
  gone (user_data);
}

static void
on_open_changed (GObject *web, GParamSpec *spec, gpointer user_data)
{
  GstIceUpgrade *self = user_data;
  guint open;

  g_object_get (web, "n-open", &open, NULL);
  if (open > 0)
    return;
  g_signal_handlers_disconnect_by_data (web, self);
  finish_close (self);
}

/**
 * gst_ice_upgrade_close:
 * @self: (transfer full): what makes WebSockets; all of its streams were closed
 * @gone: called when their data and the end were written to the system, or
 *   could not be in time; perhaps before this function returns
 * @user_data: for @gone
 */
void
gst_ice_upgrade_close (
    GstIceUpgrade *self, GstIceUpgradeFunc gone, gpointer user_data)
{
  self->gone = gone;
  self->user_data = user_data;
  g_signal_connect (
      self->web, "notify::n-open", G_CALLBACK (on_open_changed), self);
  on_open_changed (self->web, NULL, self);
}

/**
 * gst_ice_upgrade_get_name:
 * @stream: a stream of gst_ice_upgrade_open(), or any other one
 *
 * Returns: (transfer none) (nullable): the other end's name; %NULL: @stream is
 *   another one
 */
const gchar *
gst_ice_upgrade_get_name (GSocketConnection *stream)
{
  return g_object_get_data (G_OBJECT (stream), NAME_KEY);
}

/**
 * gst_ice_upgrade_get_error:
 * @stream: a stream that has ended
 * @name: the other end's name
 *
 * Returns: (transfer full) (nullable): why it has ended, if the WebSocket is
 * the reason: %G_IO_ERROR_INVALID_DATA: the other end did something wrong;
 *   %G_IO_ERROR_CONNECTION_REFUSED: it may be good another time
 */
GError *
gst_ice_upgrade_get_error (GSocketConnection *stream, const gchar *name)
{
  const gchar *text = g_object_get_data (G_OBJECT (stream), INVALID_KEY);

  if (text != NULL)
    return g_error_new (
        G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s %s", name, text);
  text = g_object_get_data (G_OBJECT (stream), LOST_KEY);
  return text == NULL ? NULL
                      : g_error_new (G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED,
                          "%s %s", name, text);
}
