/* gst-ice: the settings of a webrtcbin's agent.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gsticewebrtcsettings.h"

/* Properties of icesrc. Those that webrtcbin sets by a slot are among them. */
static const gchar *const names[] = {
  "stun-server",
  "turn-servers",
  "ice-servers",
  "ice-transport-policy",
  "ice-tcp",
  "upnp",
  "min-port",
  "max-port",
  "local-addresses",
  "interfaces",
  "disconnected-timeout",
  "failed-timeout",
  "end-of-candidates-timeout",
  "offload",
  "buffer-size",
  NULL,
};

/* Each element has these for itself; the others are the agent's. */
static const gchar *const of_both_elements[] = { "offload", "buffer-size",
  NULL };

/**
 * gst_ice_webrtc_settings_get_names:
 *
 * Returns: (transfer none): the names of all settings, %NULL at the end
 */
const gchar *const *
gst_ice_webrtc_settings_get_names (void)
{
  return names;
}

/**
 * gst_ice_webrtc_settings_init:
 * @self: (out caller-allocates): settings of which none is chosen
 */
void
gst_ice_webrtc_settings_init (GstIceWebRTCSettings *self)
{
  self->values = gst_structure_new_empty ("settings");
  self->turn_server = NULL;
  self->more_turn_servers = g_ptr_array_new_with_free_func (g_free);
}

/**
 * gst_ice_webrtc_settings_clear:
 * @self: settings
 */
void
gst_ice_webrtc_settings_clear (GstIceWebRTCSettings *self)
{
  gst_structure_free (self->values);
  g_free (self->turn_server);
  g_ptr_array_unref (self->more_turn_servers);
}

static void
append_text (GValue *array, const gchar *text)
{
  GValue item = G_VALUE_INIT;

  g_value_init (&item, G_TYPE_STRING);
  g_value_set_string (&item, text);
  gst_value_array_append_and_take_value (array, &item);
}

static void
update_turn_servers (GstIceWebRTCSettings *self)
{
  GValue array = G_VALUE_INIT;
  guint i;

  g_value_init (&array, GST_TYPE_ARRAY);
  if (self->turn_server != NULL)
    append_text (&array, self->turn_server);
  for (i = 0; i < self->more_turn_servers->len; i++)
    append_text (&array, g_ptr_array_index (self->more_turn_servers, i));
  gst_structure_take_value (self->values, "turn-servers", &array);
}

/**
 * gst_ice_webrtc_settings_set:
 * @self: settings
 * @name: one of their names
 * @value: of the type of that property of icesrc
 */
void
gst_ice_webrtc_settings_set (
    GstIceWebRTCSettings *self, const gchar *name, const GValue *value)
{
  guint i;

  if (!g_str_equal (name, "turn-servers")) {
    gst_structure_set_value (self->values, name, value);
    return;
  }
  g_clear_pointer (&self->turn_server, g_free);
  g_ptr_array_set_size (self->more_turn_servers, 0);
  for (i = 0; i < gst_value_array_get_size (value); i++)
    g_ptr_array_add (self->more_turn_servers,
        g_value_dup_string (gst_value_array_get_value (value, i)));
  update_turn_servers (self);
}

/**
 * gst_ice_webrtc_settings_get:
 * @self: settings
 * @spec: the property of that name
 * @value: (inout): takes the chosen value, or the default of @spec
 */
void
gst_ice_webrtc_settings_get (
    const GstIceWebRTCSettings *self, GParamSpec *spec, GValue *value)
{
  const GValue *chosen = gst_structure_get_value (self->values, spec->name);

  if (chosen != NULL)
    g_value_copy (chosen, value);
  else
    g_param_value_set_default (spec, value);
}

/**
 * gst_ice_webrtc_settings_set_turn_server:
 * @self: settings
 * @uri: (nullable): webrtcbin's `turn-server`, which comes before those that
 *   were added
 */
void
gst_ice_webrtc_settings_set_turn_server (
    GstIceWebRTCSettings *self, const gchar *uri)
{
  g_free (self->turn_server);
  self->turn_server = g_strdup (uri);
  update_turn_servers (self);
}

/**
 * gst_ice_webrtc_settings_add_turn_server:
 * @self: settings
 * @uri: one more TURN server
 */
void
gst_ice_webrtc_settings_add_turn_server (
    GstIceWebRTCSettings *self, const gchar *uri)
{
  g_ptr_array_add (self->more_turn_servers, g_strdup (uri));
  update_turn_servers (self);
}

/**
 * gst_ice_webrtc_settings_get_first_turn_server:
 * @self: settings
 *
 * Returns: (transfer none) (nullable): the first of all
 */
const gchar *
gst_ice_webrtc_settings_get_first_turn_server (const GstIceWebRTCSettings *self)
{
  if (self->turn_server == NULL && self->more_turn_servers->len > 0)
    return g_ptr_array_index (self->more_turn_servers, 0);
  return self->turn_server;
}

/**
 * gst_ice_webrtc_settings_add_local_address:
 * @self: settings
 * @address: one more of `local-addresses`
 */
void
gst_ice_webrtc_settings_add_local_address (
    GstIceWebRTCSettings *self, const gchar *address)
{
  const GValue *now = gst_structure_get_value (self->values, "local-addresses");
  GValue array = G_VALUE_INIT;

  g_value_init (&array, GST_TYPE_ARRAY);
  if (now != NULL)
    g_value_copy (now, &array);
  append_text (&array, address);
  gst_structure_take_value (self->values, "local-addresses", &array);
}

/**
 * gst_ice_webrtc_settings_copy:
 * @self: settings
 *
 * Returns: (transfer full): the chosen ones, for
 *   gst_ice_webrtc_settings_apply()
 */
GstStructure *
gst_ice_webrtc_settings_copy (const GstIceWebRTCSettings *self)
{
  return gst_structure_copy (self->values);
}

/**
 * gst_ice_webrtc_settings_verify:
 * @name: a property of icesrc that is a string
 * @text: a value
 *
 * Any thread. An element keeps its value where it is given a bad one.
 *
 * Returns: whether icesrc takes it
 */
gboolean
gst_ice_webrtc_settings_verify (const gchar *name, const gchar *text)
{
  GstElement *element = gst_element_factory_make ("icesrc", NULL);
  g_autofree gchar *taken = NULL;

  if (element == NULL)
    return FALSE;
  gst_object_ref_sink (element);
  g_object_set (element, name, text, NULL);
  g_object_get (element, name, &taken, NULL);
  gst_object_unref (element);
  return taken != NULL;
}

/**
 * gst_ice_webrtc_settings_apply:
 * @values: settings, by their names
 * @src: an icesrc
 * @sink: the icesink of the same transport
 *
 * Any thread. Where gathering has begun @src refuses a change of most settings
 * with a warning on the bus.
 */
void
gst_ice_webrtc_settings_apply (
    const GstStructure *values, GstElement *src, GstElement *sink)
{
  gint i;

  for (i = 0; i < gst_structure_n_fields (values); i++) {
    const gchar *name = gst_structure_nth_field_name (values, i);
    const GValue *value = gst_structure_get_value (values, name);

    g_object_set_property (G_OBJECT (src), name, value);
    if (g_strv_contains (of_both_elements, name))
      g_object_set_property (G_OBJECT (sink), name, value);
  }
}
