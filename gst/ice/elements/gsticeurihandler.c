/* gst-ice: the elements as GstURIHandler.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "elements/gsticeurihandler.h"
#include "elements/gsticeendpoint.h"
#include "model/icesignallinguri.h"

static GstURIType
get_src_type (GType type)
{
  return GST_URI_SRC;
}

static GstURIType
get_sink_type (GType type)
{
  return GST_URI_SINK;
}

static const gchar *const *
get_protocols (GType type)
{
  static const gchar *protocols[] = { "ice", NULL };

  return protocols;
}

/* The text that was set, while the properties still are what it says. */
static gchar *
get_uri (GstURIHandler *handler)
{
  GstIceEndpoint *endpoint = gst_ice_endpoint_get (handler);
  g_autofree gchar *signalling = NULL;
  g_autofree gchar *uri = NULL;
  g_autofree gchar *of_uri = NULL;
  g_autoptr (IceSignallingUri) parts = NULL;
  guint stream, component;

  g_object_get (handler, "signalling-uri", &signalling, "stream", &stream,
      "component", &component, NULL);
  g_mutex_lock (&endpoint->lock);
  uri = g_strdup (endpoint->uri);
  g_mutex_unlock (&endpoint->lock);
  if (uri != NULL) {
    parts = ice_signalling_uri_parse_element (uri, NULL);
    of_uri = ice_signalling_uri_from_element (uri);
    if (g_strcmp0 (of_uri, signalling) == 0 && parts->stream == stream
        && parts->component == component)
      return g_steal_pointer (&uri);
  }
  return ice_signalling_uri_to_element (signalling, stream, component);
}

static gboolean
set_uri (GstURIHandler *handler, const gchar *uri, GError **error)
{
  GstIceEndpoint *endpoint = gst_ice_endpoint_get (handler);
  g_autofree gchar *signalling = NULL;
  g_autoptr (GError) refusal = NULL;
  g_autoptr (IceSignallingUri) parts = NULL;

  if (GST_STATE (handler) > GST_STATE_READY) {
    g_set_error_literal (error, GST_URI_ERROR, GST_URI_ERROR_BAD_STATE,
        "the URI can only change in NULL and READY");
    return FALSE;
  }
  parts = ice_signalling_uri_parse_element (uri, &refusal);
  if (parts == NULL) {
    g_set_error (error, GST_URI_ERROR, GST_URI_ERROR_BAD_URI, "ice URI: %s",
        refusal->message);
    return FALSE;
  }
  signalling = ice_signalling_uri_from_element (uri);
  g_object_set (handler, "signalling-uri", signalling, "stream", parts->stream,
      "component", parts->component, NULL);
  g_mutex_lock (&endpoint->lock);
  g_free (endpoint->uri);
  endpoint->uri = g_strdup (uri);
  g_mutex_unlock (&endpoint->lock);
  return TRUE;
}

static void
init (GstURIHandlerInterface *iface)
{
  iface->get_protocols = get_protocols;
  iface->get_uri = get_uri;
  iface->set_uri = set_uri;
}

/**
 * gst_ice_src_init_uri_handler:
 * @iface: the GstURIHandlerInterface of icesrc
 * @data: not used
 */
void
gst_ice_src_init_uri_handler (gpointer iface, gpointer data)
{
  ((GstURIHandlerInterface *) iface)->get_type = get_src_type;
  init (iface);
}

/**
 * gst_ice_sink_init_uri_handler:
 * @iface: the GstURIHandlerInterface of icesink
 * @data: not used
 */
void
gst_ice_sink_init_uri_handler (gpointer iface, gpointer data)
{
  ((GstURIHandlerInterface *) iface)->get_type = get_sink_type;
  init (iface);
}
