/* gst-ice: what is set on a webrtcbin's agent.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gsticewebrtcconfig.h"

/**
 * gst_ice_webrtc_config_init:
 * @self: (out caller-allocates): nothing is set
 * @streams: (transfer none): those of the same agent
 */
void
gst_ice_webrtc_config_init (
    GstIceWebRTCConfig *self, GstIceWebRTCStreams *streams)
{
  self->streams = streams;
  g_mutex_init (&self->lock);
  gst_ice_webrtc_settings_init (&self->settings);
}

/**
 * gst_ice_webrtc_config_clear:
 * @self: a configuration
 */
void
gst_ice_webrtc_config_clear (GstIceWebRTCConfig *self)
{
  gst_ice_webrtc_settings_clear (&self->settings);
  g_free (self->http_proxy);
  g_mutex_clear (&self->lock);
}

static void
set_role (gpointer src, gboolean controlling)
{
  gst_util_set_object_arg (
      G_OBJECT (src), "role", controlling ? "controlling" : "controlled");
}

/**
 * gst_ice_webrtc_config_apply:
 * @self: a configuration
 * @transport: a new transport with both elements
 */
void
gst_ice_webrtc_config_apply (
    GstIceWebRTCConfig *self, GstIceWebRTCTransport *transport)
{
  GstElement *src = gst_ice_webrtc_transport_get_src (transport);
  g_autoptr (GstStructure) settings = NULL;
  gboolean controlling;

  g_mutex_lock (&self->lock);
  settings = gst_ice_webrtc_settings_copy (&self->settings);
  controlling = self->controlling;
  g_mutex_unlock (&self->lock);
  gst_ice_webrtc_settings_apply (
      settings, src, gst_ice_webrtc_transport_get_sink (transport));
  set_role (src, controlling);
}

/* What was set, for the transports that there are. */
static void
apply_setting (GstIceWebRTCConfig *self, const gchar *name)
{
  g_autoptr (GPtrArray)
      transports = gst_ice_webrtc_streams_list_transports (self->streams);
  g_autoptr (GstStructure) all = NULL;
  g_autoptr (GstStructure) one = gst_structure_new_empty ("settings");
  guint i;

  g_mutex_lock (&self->lock);
  all = gst_ice_webrtc_settings_copy (&self->settings);
  g_mutex_unlock (&self->lock);
  gst_structure_set_value (one, name, gst_structure_get_value (all, name));
  for (i = 0; i < transports->len; i++) {
    GstIceWebRTCTransport *transport = g_ptr_array_index (transports, i);

    if (gst_ice_webrtc_transport_get_src (transport) != NULL)
      gst_ice_webrtc_settings_apply (one,
          gst_ice_webrtc_transport_get_src (transport),
          gst_ice_webrtc_transport_get_sink (transport));
  }
}

/**
 * gst_ice_webrtc_config_set:
 * @self: a configuration
 * @name: a setting
 * @value: its value
 */
void
gst_ice_webrtc_config_set (
    GstIceWebRTCConfig *self, const gchar *name, const GValue *value)
{
  g_mutex_lock (&self->lock);
  gst_ice_webrtc_settings_set (&self->settings, name, value);
  g_mutex_unlock (&self->lock);
  apply_setting (self, name);
}

/**
 * gst_ice_webrtc_config_get:
 * @self: a configuration
 * @spec: the property of a setting
 * @value: (inout): takes what was set, or the default
 */
void
gst_ice_webrtc_config_get (
    GstIceWebRTCConfig *self, GParamSpec *spec, GValue *value)
{
  g_mutex_lock (&self->lock);
  gst_ice_webrtc_settings_get (&self->settings, spec, value);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_webrtc_config_add_turn_server:
 * @self: a configuration
 * @uri: one more TURN server
 *
 * Returns: whether it is a URI of one
 */
gboolean
gst_ice_webrtc_config_add_turn_server (
    GstIceWebRTCConfig *self, const gchar *uri)
{
  if (!gst_ice_webrtc_settings_verify ("turn-server", uri))
    return FALSE;
  g_mutex_lock (&self->lock);
  gst_ice_webrtc_settings_add_turn_server (&self->settings, uri);
  g_mutex_unlock (&self->lock);
  apply_setting (self, "turn-servers");
  return TRUE;
}

/**
 * gst_ice_webrtc_config_set_turn_server:
 * @self: a configuration
 * @uri: (nullable): webrtcbin's `turn-server`
 *
 * Returns: whether it is a URI of one
 */
gboolean
gst_ice_webrtc_config_set_turn_server (
    GstIceWebRTCConfig *self, const gchar *uri)
{
  if (uri != NULL && !gst_ice_webrtc_settings_verify ("turn-server", uri))
    return FALSE;
  g_mutex_lock (&self->lock);
  gst_ice_webrtc_settings_set_turn_server (&self->settings, uri);
  g_mutex_unlock (&self->lock);
  apply_setting (self, "turn-servers");
  return TRUE;
}

/**
 * gst_ice_webrtc_config_get_turn_server:
 * @self: a configuration
 *
 * Returns: (transfer full) (nullable): webrtcbin's `turn-server`
 */
gchar *
gst_ice_webrtc_config_get_turn_server (GstIceWebRTCConfig *self)
{
  gchar *uri;

  g_mutex_lock (&self->lock);
  uri = g_strdup (self->settings.turn_server);
  g_mutex_unlock (&self->lock);
  return uri;
}

/**
 * gst_ice_webrtc_config_get_first_turn_server:
 * @self: a configuration
 *
 * Returns: (transfer full) (nullable): the first of `turn-servers`
 */
gchar *
gst_ice_webrtc_config_get_first_turn_server (GstIceWebRTCConfig *self)
{
  gchar *uri;

  g_mutex_lock (&self->lock);
  uri = g_strdup (
      gst_ice_webrtc_settings_get_first_turn_server (&self->settings));
  g_mutex_unlock (&self->lock);
  return uri;
}

/**
 * gst_ice_webrtc_config_add_local_address:
 * @self: a configuration
 * @address: (nullable): one more of `local-addresses`
 *
 * Returns: whether it is an IP address
 */
gboolean
gst_ice_webrtc_config_add_local_address (
    GstIceWebRTCConfig *self, const gchar *address)
{
  if (address == NULL || !g_hostname_is_ip_address (address))
    return FALSE;
  g_mutex_lock (&self->lock);
  gst_ice_webrtc_settings_add_local_address (&self->settings, address);
  g_mutex_unlock (&self->lock);
  apply_setting (self, "local-addresses");
  return TRUE;
}

static gboolean
has_begun (GstElement *src)
{
  GstWebRTCICEConnectionState state;

  g_object_get (src, "ice-connection-state", &state, NULL);
  return state != GST_WEBRTC_ICE_CONNECTION_STATE_NEW;
}

/**
 * gst_ice_webrtc_config_set_controlling:
 * @self: a configuration
 * @controlling: the role of all streams
 *
 * Once a stream has pairs the role stays, and streams that are added have it
 * (RFC 8445 section 6.1.1): webrtcbin 1.22 sets another one with each answer.
 */
void
gst_ice_webrtc_config_set_controlling (
    GstIceWebRTCConfig *self, gboolean controlling)
{
  g_autoptr (GPtrArray)
      sources = gst_ice_webrtc_streams_list_sources (self->streams);
  gboolean changed;
  guint i;

  for (i = 0; i < sources->len; i++)
    if (has_begun (g_ptr_array_index (sources, i)))
      return;
  g_mutex_lock (&self->lock);
  changed = self->controlling != controlling;
  self->controlling = controlling;
  g_mutex_unlock (&self->lock);
  for (i = 0; changed && i < sources->len; i++)
    set_role (g_ptr_array_index (sources, i), controlling);
}

/**
 * gst_ice_webrtc_config_is_controlling:
 * @self: a configuration
 *
 * Returns: what was set; a role conflict may have ended otherwise
 */
gboolean
gst_ice_webrtc_config_is_controlling (GstIceWebRTCConfig *self)
{
  gboolean controlling;

  g_mutex_lock (&self->lock);
  controlling = self->controlling;
  g_mutex_unlock (&self->lock);
  return controlling;
}

/**
 * gst_ice_webrtc_config_set_http_proxy:
 * @self: a configuration
 * @uri: (nullable): webrtcbin's `http-proxy`, which has no effect
 */
void
gst_ice_webrtc_config_set_http_proxy (
    GstIceWebRTCConfig *self, const gchar *uri)
{
  g_mutex_lock (&self->lock);
  g_free (self->http_proxy);
  self->http_proxy = g_strdup (uri);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_webrtc_config_get_http_proxy:
 * @self: a configuration
 *
 * Returns: (transfer full) (nullable): webrtcbin's `http-proxy`
 */
gchar *
gst_ice_webrtc_config_get_http_proxy (GstIceWebRTCConfig *self)
{
  gchar *uri;

  g_mutex_lock (&self->lock);
  uri = g_strdup (self->http_proxy);
  g_mutex_unlock (&self->lock);
  return uri;
}
