/* gst-ice: the settings of an ICE session, as properties.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "api/gsticesettings.h"
#include "api/gsticeservers.h"
#include "candidates/icecandidate.h"
#include "candidates/icecredentials.h"
#include "model/iceerror.h"
#include "model/icesignallinguri.h"
#include <gio/gio.h>

/* The longest list of a user; longer ones are mistakes. */
#define MAX_LIST 1024

/* How much of a refused value is repeated. */
#define QUOTE_MAX_LENGTH 64

/**
 * gst_ice_settings_install:
 * @klass: the class of an agent or an element
 * @first_id: the property id of the first setting; the others follow in order
 *
 * Installs every setting as a property.
 */
void
gst_ice_settings_install (GObjectClass *klass, guint first_id)
{
  GstIceSetting id;

  for (id = 0; id < GST_ICE_N_SETTINGS; id++)
    g_object_class_install_property (
        klass, first_id + id, gst_ice_setting_make_spec (id));
}

/**
 * gst_ice_settings_init:
 * @settings: (out caller-allocates): the settings
 *
 * Sets every default; gst_ice_settings_clear() frees.
 */
void
gst_ice_settings_init (GstIceSettings *settings)
{
  GstIceSetting id;

  *settings = (GstIceSettings){ 0 };
  for (id = 0; id < GST_ICE_N_SETTINGS; id++) {
    GParamSpec *spec = g_param_spec_ref_sink (gst_ice_setting_make_spec (id));

    g_value_init (&settings->values[id], G_PARAM_SPEC_VALUE_TYPE (spec));
    g_param_value_set_default (spec, &settings->values[id]);
    g_param_spec_unref (spec);
  }
}

/**
 * gst_ice_settings_copy:
 * @copy: (out caller-allocates): the copy
 * @from: the settings
 *
 * Copies values and choices.
 */
void
gst_ice_settings_copy (GstIceSettings *copy, const GstIceSettings *from)
{
  GstIceSetting id;

  *copy = (GstIceSettings){ 0 };
  for (id = 0; id < GST_ICE_N_SETTINGS; id++) {
    g_value_init (&copy->values[id], G_VALUE_TYPE (&from->values[id]));
    g_value_copy (&from->values[id], &copy->values[id]);
    copy->chosen[id] = from->chosen[id];
    if (from->refused[id] != NULL)
      copy->refused[id] = g_error_copy (from->refused[id]);
  }
}

/**
 * gst_ice_settings_clear:
 * @settings: the settings
 */
void
gst_ice_settings_clear (GstIceSettings *settings)
{
  GstIceSetting id;

  for (id = 0; id < GST_ICE_N_SETTINGS; id++) {
    g_value_unset (&settings->values[id]);
    g_clear_error (&settings->refused[id]);
  }
}

/* turn-server and turn-servers are two names of one list: a value of either
 * replaces a refused value of the other. */
static GstIceSetting
get_other_name (GstIceSetting id)
{
  if (id == GST_ICE_SETTING_TURN_SERVER)
    return GST_ICE_SETTING_TURN_SERVERS;
  if (id == GST_ICE_SETTING_TURN_SERVERS)
    return GST_ICE_SETTING_TURN_SERVER;
  return id;
}

/**
 * gst_ice_setting_notify:
 * @object: an agent or an element
 * @id: a setting, which has another value
 *
 * Any thread. Notifies of each property that shows it.
 */
void
gst_ice_setting_notify (GObject *object, GstIceSetting id)
{
  g_object_notify (object, gst_ice_setting_get_name (id));
  if (get_other_name (id) != id)
    g_object_notify (object, gst_ice_setting_get_name (get_other_name (id)));
}

static gboolean
check_address (const gchar *text, GError **error)
{
  g_autoptr (GInetAddressMask)
      mask = g_inet_address_mask_new_from_string (text, NULL);
  g_autofree gchar *quoted = NULL;

  if (mask != NULL)
    return TRUE;
  quoted = ice_error_quote (text, QUOTE_MAX_LENGTH);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
      "%s is neither an IP address nor a CIDR prefix", quoted);
  return FALSE;
}

static gboolean
check_pattern (const gchar *text, GError **error)
{
  if (text[0] != '\0' && g_strcmp0 (text, "!") != 0)
    return TRUE;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
      "an interface pattern is empty");
  return FALSE;
}

static gboolean
check_candidate (const gchar *text, GError **error)
{
  g_autoptr (IceCandidate) candidate = NULL;

  if (text[0] == '\0') /* end of candidates */
    return TRUE;
  candidate = ice_candidate_parse (text, error);
  return candidate != NULL;
}

static gboolean
check_signalling_uri (const gchar *text, GError **error)
{
  g_autoptr (IceSignallingUri) uri = ice_signalling_uri_parse (text, error);

  return uri != NULL;
}

typedef gboolean (*Check) (const gchar *text, GError **error);

static const Check checks[GST_ICE_N_SETTINGS] = {
  [GST_ICE_SETTING_LOCAL_UFRAG] = ice_ufrag_check,
  [GST_ICE_SETTING_LOCAL_PWD] = ice_password_check,
  [GST_ICE_SETTING_REMOTE_UFRAG] = ice_ufrag_check,
  [GST_ICE_SETTING_REMOTE_PWD] = ice_password_check,
  [GST_ICE_SETTING_STUN_SERVER] = gst_ice_servers_check_stun,
  [GST_ICE_SETTING_TURN_SERVERS] = gst_ice_servers_check_turn,
  [GST_ICE_SETTING_TURN_SERVER] = gst_ice_servers_check_turn,
  [GST_ICE_SETTING_LOCAL_ADDRESSES] = check_address,
  [GST_ICE_SETTING_INTERFACES] = check_pattern,
  [GST_ICE_SETTING_REMOTE_CANDIDATES] = check_candidate,
  [GST_ICE_SETTING_SIGNALLING_URI] = check_signalling_uri,
};

static gboolean
check_list (Check check, const GValue *list, GError **error)
{
  guint i, n = gst_value_array_get_size (list);

  if (n > MAX_LIST) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "%u items are too many, at most %u", n, MAX_LIST);
    return FALSE;
  }
  for (i = 0; i < n; i++) {
    const GValue *item = gst_value_array_get_value (list, i);

    if (!G_VALUE_HOLDS_STRING (item) || g_value_get_string (item) == NULL) {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
          "item %u is not a string", i);
      return FALSE;
    }
    if (!check (g_value_get_string (item), error)) {
      if (n > 1)
        g_prefix_error (error, "item %u: ", i);
      return FALSE;
    }
  }
  return TRUE;
}

/**
 * gst_ice_setting_check:
 * @id: a setting
 * @value: a value of its property's type
 *
 * Returns: whether @value is good; %FALSE with @error set otherwise
 */
gboolean
gst_ice_setting_check (GstIceSetting id, const GValue *value, GError **error)
{
  Check check = checks[id];
  const gchar *text;

  if (id == GST_ICE_SETTING_ICE_SERVERS)
    return gst_ice_servers_check (value, error);
  if (check == NULL)
    return TRUE;
  if (GST_VALUE_HOLDS_ARRAY (value))
    return check_list (check, value, error);
  text = g_value_get_string (value);
  return text == NULL || check (text, error);
}

static void
take_turn_server (GstIceSettings *settings, const gchar *server)
{
  GValue *list = &settings->values[GST_ICE_SETTING_TURN_SERVERS];
  GValue item = G_VALUE_INIT;

  g_value_reset (list);
  if (server == NULL)
    return;
  g_value_init (&item, G_TYPE_STRING);
  g_value_set_string (&item, server);
  gst_value_array_append_and_take_value (list, &item);
}

static void
append_all (GValue *list, const GValue *more)
{
  guint i;

  for (i = 0; i < gst_value_array_get_size (more); i++)
    gst_value_array_append_value (list, gst_value_array_get_value (more, i));
}

/**
 * gst_ice_settings_set:
 * @settings: the settings
 * @id: which one
 * @value: its new value; for remote-candidates those to add
 *
 * Bad values change nothing but are remembered for
 * gst_ice_settings_verify(), until a good one comes.
 *
 * Returns: whether @value was good; %FALSE with @error set otherwise
 */
gboolean
gst_ice_settings_set (GstIceSettings *settings, GstIceSetting id,
    const GValue *value, GError **error)
{
  GError *refusal = NULL;

  g_clear_error (&settings->refused[id]);
  g_clear_error (&settings->refused[get_other_name (id)]);
  if (!gst_ice_setting_check (id, value, &refusal)) {
    g_prefix_error (&refusal, "%s: ", gst_ice_setting_get_name (id));
    settings->refused[id] = g_error_copy (refusal);
    g_propagate_error (error, refusal);
    return FALSE;
  }

  settings->chosen[id] = TRUE;
  switch ((guint) id) {
    case GST_ICE_SETTING_TURN_SERVER:
      take_turn_server (settings, g_value_get_string (value));
      settings->chosen[GST_ICE_SETTING_TURN_SERVERS] = TRUE;
      break;
    case GST_ICE_SETTING_REMOTE_CANDIDATES:
      append_all (&settings->values[id], value);
      break;
    default:
      g_value_copy (value, &settings->values[id]);
      break;
  }
  return TRUE;
}

/**
 * gst_ice_settings_get:
 * @settings: the settings
 * @id: which one
 * @value: (inout): takes its value
 */
void
gst_ice_settings_get (
    const GstIceSettings *settings, GstIceSetting id, GValue *value)
{
  if (id == GST_ICE_SETTING_TURN_SERVER) {
    const GValue *list = &settings->values[GST_ICE_SETTING_TURN_SERVERS];

    if (gst_value_array_get_size (list) > 0)
      g_value_copy (gst_value_array_get_value (list, 0), value);
    else
      g_value_set_string (value, NULL);
    return;
  }
  g_value_copy (&settings->values[id], value);
}

/**
 * gst_ice_settings_verify:
 * @settings: the settings
 *
 * Returns: whether the settings are complete and were all accepted; %FALSE with
 *   @error set otherwise
 */
gboolean
gst_ice_settings_verify (const GstIceSettings *settings, GError **error)
{
  guint min = gst_ice_settings_get_uint (settings, GST_ICE_SETTING_MIN_PORT);
  guint max = gst_ice_settings_get_uint (settings, GST_ICE_SETTING_MAX_PORT);
  GstIceSetting id;

  for (id = 0; id < GST_ICE_N_SETTINGS; id++) {
    if (settings->refused[id] != NULL) {
      if (error != NULL)
        *error = g_error_copy (settings->refused[id]);
      return FALSE;
    }
  }
  if (max != 0 && min > max) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "min-port %u is greater than max-port %u", min, max);
    return FALSE;
  }
  return TRUE;
}

/**
 * gst_ice_settings_verify_gathering:
 * @settings: the settings
 *
 * Returns: whether there can be a candidate; %FALSE with @error set otherwise
 */
gboolean
gst_ice_settings_verify_gathering (
    const GstIceSettings *settings, GError **error)
{
  g_autoptr (GPtrArray) servers = NULL;

  if (gst_ice_settings_get_enum (settings, GST_ICE_SETTING_ICE_TRANSPORT_POLICY)
      != GST_ICE_TRANSPORT_POLICY_RELAY)
    return TRUE;
  servers = gst_ice_settings_list_servers (settings);
  if (servers->len > 0)
    return TRUE;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
      "ice-transport-policy is relay but no TURN server is set, so that there "
      "can be no candidate; set turn-server, turn-servers or ice-servers, or "
      "ice-transport-policy=all");
  return FALSE;
}

/**
 * gst_ice_settings_get_string:
 * @settings: the settings
 * @id: a setting that is a string
 *
 * Returns: (transfer none) (nullable): its value
 */
const gchar *
gst_ice_settings_get_string (const GstIceSettings *settings, GstIceSetting id)
{
  return g_value_get_string (&settings->values[id]);
}

/**
 * gst_ice_settings_get_uint:
 * @settings: the settings
 * @id: a setting that is a number
 *
 * Returns: its value
 */
guint
gst_ice_settings_get_uint (const GstIceSettings *settings, GstIceSetting id)
{
  return g_value_get_uint (&settings->values[id]);
}

/**
 * gst_ice_settings_get_enum:
 * @settings: the settings
 * @id: a setting that is an enum
 *
 * Returns: its value
 */
gint
gst_ice_settings_get_enum (const GstIceSettings *settings, GstIceSetting id)
{
  return g_value_get_enum (&settings->values[id]);
}

/**
 * gst_ice_settings_get_flags:
 * @settings: the settings
 * @id: a setting that is flags
 *
 * Returns: its value
 */
guint
gst_ice_settings_get_flags (const GstIceSettings *settings, GstIceSetting id)
{
  return g_value_get_flags (&settings->values[id]);
}

/**
 * gst_ice_settings_get_boolean:
 * @settings: the settings
 * @id: a setting that is a boolean
 *
 * Returns: its value
 */
gboolean
gst_ice_settings_get_boolean (const GstIceSettings *settings, GstIceSetting id)
{
  return g_value_get_boolean (&settings->values[id]);
}

/**
 * gst_ice_settings_get_strings:
 * @settings: the settings
 * @id: a setting that is a list of strings
 *
 * Returns: (transfer full): its items, %NULL-terminated
 */
GStrv
gst_ice_settings_get_strings (const GstIceSettings *settings, GstIceSetting id)
{
  const GValue *list = &settings->values[id];
  GStrvBuilder *builder = g_strv_builder_new ();
  GStrv strings;
  guint i;

  for (i = 0; i < gst_value_array_get_size (list); i++)
    g_strv_builder_add (
        builder, g_value_get_string (gst_value_array_get_value (list, i)));
  strings = g_strv_builder_end (builder);
  g_strv_builder_unref (builder);
  return strings;
}

/**
 * gst_ice_settings_list_servers:
 * @settings: the settings
 *
 * Returns: (transfer full) (element-type IceServer): the servers to gather
 *   with: stun-server, turn-servers, then those of ice-servers. At most one of
 *   them is a STUN server, the first one. With ice-transport-policy=relay none
 *   is: it is not needed, and would learn our address
 */
GPtrArray *
gst_ice_settings_list_servers (const GstIceSettings *settings)
{
  gboolean relay = gst_ice_settings_get_enum (
                       settings, GST_ICE_SETTING_ICE_TRANSPORT_POLICY)
      == GST_ICE_TRANSPORT_POLICY_RELAY;

  return gst_ice_servers_list (
      gst_ice_settings_get_string (settings, GST_ICE_SETTING_STUN_SERVER),
      &settings->values[GST_ICE_SETTING_TURN_SERVERS],
      &settings->values[GST_ICE_SETTING_ICE_SERVERS], !relay);
}
