/* gst-ice: makes WebSockets for the core.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Everything happens in the thread that emits `open`, in its thread-default
 * main context. */

#include "gsticesoupwebsocket.h"
#include "gsticesoupbridge.h"

enum
{
  PROP_0,
  PROP_LISTENS,
  PROP_SECURE,
  PROP_HOST,
  PROP_PORT,
  PROP_RESOURCE,
  PROP_ORIGIN,
  PROP_CERTIFICATE,
  PROP_N_OPEN,
  N_PROPS
};

struct _GstIceWebSocket
{
  GObject parent;

  gboolean listens;
  GstIceSoupPlace place;
  GTlsCertificate *certificate;
  guint n_open;
};

static GParamSpec *specs[N_PROPS];

G_DEFINE_TYPE (GstIceWebSocket, gst_ice_web_socket, G_TYPE_OBJECT)

static void
on_gone (gpointer data)
{
  GstIceWebSocket *self = data;

  self->n_open--;
  g_object_notify_by_pspec (G_OBJECT (self), specs[PROP_N_OPEN]);
  g_object_unref (self);
}

static GSocketConnection *
act_open (GstIceWebSocket *self, GIOStream *connection)
{
  GSocketConnection *lines = gst_ice_soup_bridge_open (connection, &self->place,
      self->listens, self->certificate, on_gone, self);

  if (lines == NULL)
    return NULL;
  g_object_ref (self); /* until on_gone() */
  self->n_open++;
  return lines;
}

static void
gst_ice_web_socket_set_property (
    GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
  GstIceWebSocket *self = GST_ICE_WEB_SOCKET (object);

  switch (id) {
    case PROP_LISTENS:
      self->listens = g_value_get_boolean (value);
      break;
    case PROP_SECURE:
      self->place.secure = g_value_get_boolean (value);
      break;
    case PROP_HOST:
      self->place.host = g_value_dup_string (value);
      break;
    case PROP_PORT:
      self->place.port = g_value_get_uint (value);
      break;
    case PROP_RESOURCE:
      self->place.resource = g_value_dup_string (value);
      break;
    case PROP_ORIGIN:
      self->place.origin = g_value_dup_string (value);
      break;
    case PROP_CERTIFICATE:
      self->certificate = g_value_dup_object (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
      break;
  }
}

static void
gst_ice_web_socket_get_property (
    GObject *object, guint id, GValue *value, GParamSpec *spec)
{
  if (id == PROP_N_OPEN)
    g_value_set_uint (value, GST_ICE_WEB_SOCKET (object)->n_open);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
}

static void
gst_ice_web_socket_finalize (GObject *object)
{
  GstIceWebSocket *self = GST_ICE_WEB_SOCKET (object);

  g_free (self->place.host);
  g_free (self->place.resource);
  g_free (self->place.origin);
  g_clear_object (&self->certificate);
  G_OBJECT_CLASS (gst_ice_web_socket_parent_class)->finalize (object);
}

static void
gst_ice_web_socket_init (GstIceWebSocket *self)
{
}

static void
make_specs (void)
{
  const GParamFlags flags = G_PARAM_WRITABLE | G_PARAM_CONSTRUCT_ONLY
      | G_PARAM_STATIC_STRINGS;

  specs[PROP_LISTENS] = g_param_spec_boolean (
      "listens", "Listens", "Whether this end is the listener", FALSE, flags);
  specs[PROP_SECURE] = g_param_spec_boolean (
      "secure", "Secure", "Whether the scheme is wss:", FALSE, flags);
  specs[PROP_HOST] = g_param_spec_string (
      "host", "Host", "The listener's host", NULL, flags);
  specs[PROP_PORT] = g_param_spec_uint (
      "port", "Port", "The listener's port", 0, G_MAXUINT16, 0, flags);
  specs[PROP_RESOURCE] = g_param_spec_string (
      "resource", "Resource", "The path, decoded", NULL, flags);
  specs[PROP_ORIGIN] = g_param_spec_string ("origin", "Origin",
      "The origin of web pages that may call; * = any, NULL = the same host",
      NULL, flags);
  specs[PROP_CERTIFICATE] = g_param_spec_object ("certificate", "Certificate",
      "The listener's, with its key; NULL = no TLS", G_TYPE_TLS_CERTIFICATE,
      flags);
  specs[PROP_N_OPEN] = g_param_spec_uint ("n-open", "Number of open ones",
      "How many connections are open, or are being closed", 0, G_MAXUINT, 0,
      G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
}

static void
gst_ice_web_socket_class_init (GstIceWebSocketClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->set_property = gst_ice_web_socket_set_property;
  object_class->get_property = gst_ice_web_socket_get_property;
  object_class->finalize = gst_ice_web_socket_finalize;
  make_specs ();
  g_object_class_install_properties (object_class, N_PROPS, specs);
  g_signal_new_class_handler ("open", G_TYPE_FROM_CLASS (klass),
      G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION, G_CALLBACK (act_open), NULL, NULL,
      NULL, G_TYPE_SOCKET_CONNECTION, 1, G_TYPE_IO_STREAM);
}
