/* gst-ice: the settings of an ICE session, as properties.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gsticesettings.h"
#include "gsticeenumtypes.h"
#include "icecandidate.h"
#include "icecredentials.h"
#include "iceserver.h"
#include "icesignallinguri.h"
#include <gio/gio.h>

#define DEFAULT_ROLE GST_ICE_ROLE_CONTROLLING
#define DEFAULT_POLICY GST_ICE_TRANSPORT_POLICY_ALL
#define DEFAULT_ICE_TCP FALSE
#define DEFAULT_UPNP FALSE
#define DEFAULT_TRICKLE TRUE
#define DEFAULT_PORT 0
#define DEFAULT_DISCONNECTED_TIMEOUT 5000
#define DEFAULT_FAILED_TIMEOUT 30000
#define DEFAULT_ON_FAILED GST_ICE_ON_FAILED_ERROR
#define DEFAULT_RESTART_ON GST_ICE_RESTART_ON_NONE

/* A user's list; longer ones are mistakes. */
#define MAX_LIST 1024

#define FLAGS (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS)
#define READY (FLAGS | GST_PARAM_MUTABLE_READY)
#define PLAYING (FLAGS | GST_PARAM_MUTABLE_PLAYING)

static const gchar *const names[GST_ICE_N_SETTINGS] = {
  [GST_ICE_SETTING_ROLE] = "role",
  [GST_ICE_SETTING_LOCAL_UFRAG] = "local-ufrag",
  [GST_ICE_SETTING_LOCAL_PWD] = "local-pwd",
  [GST_ICE_SETTING_REMOTE_UFRAG] = "remote-ufrag",
  [GST_ICE_SETTING_REMOTE_PWD] = "remote-pwd",
  [GST_ICE_SETTING_STUN_SERVER] = "stun-server",
  [GST_ICE_SETTING_TURN_SERVERS] = "turn-servers",
  [GST_ICE_SETTING_TURN_SERVER] = "turn-server",
  [GST_ICE_SETTING_ICE_TRANSPORT_POLICY] = "ice-transport-policy",
  [GST_ICE_SETTING_ICE_TCP] = "ice-tcp",
  [GST_ICE_SETTING_UPNP] = "upnp",
  [GST_ICE_SETTING_TRICKLE] = "trickle",
  [GST_ICE_SETTING_MIN_PORT] = "min-port",
  [GST_ICE_SETTING_MAX_PORT] = "max-port",
  [GST_ICE_SETTING_LOCAL_ADDRESSES] = "local-addresses",
  [GST_ICE_SETTING_INTERFACES] = "interfaces",
  [GST_ICE_SETTING_DISCONNECTED_TIMEOUT] = "disconnected-timeout",
  [GST_ICE_SETTING_FAILED_TIMEOUT] = "failed-timeout",
  [GST_ICE_SETTING_REMOTE_CANDIDATES] = "remote-candidates",
  [GST_ICE_SETTING_SIGNALLING_URI] = "signalling-uri",
  [GST_ICE_SETTING_ON_FAILED] = "on-failed",
  [GST_ICE_SETTING_RESTART_ON] = "restart-on",
};

static GParamSpec *
string_list (const gchar *name, const gchar *nick, const gchar *blurb,
    const gchar *item, GParamFlags flags)
{
  return gst_param_spec_array (name, nick, blurb,
      g_param_spec_string (item, item, item, NULL, FLAGS), flags);
}

static GParamSpec *
make_identity_spec (GstIceSetting id)
{
  switch ((guint) id) {
    case GST_ICE_SETTING_ROLE:
      return g_param_spec_enum (names[id], "Role",
          "Who nominates the pair: controlling or controlled (RFC 8445 section "
          "6.1.1); shows the role in force",
          GST_TYPE_ICE_ROLE, DEFAULT_ROLE, READY);
    case GST_ICE_SETTING_LOCAL_UFRAG:
      return g_param_spec_string (names[id], "Local user name fragment",
          "Local user name fragment, 4 to 256 ice-chars; NULL = generated",
          NULL, READY);
    case GST_ICE_SETTING_LOCAL_PWD:
      return g_param_spec_string (names[id], "Local password",
          "Local password, 22 to 256 ice-chars; NULL = generated", NULL, READY);
    case GST_ICE_SETTING_REMOTE_UFRAG:
      return g_param_spec_string (names[id], "Remote user name fragment",
          "The peer's user name fragment; takes effect when remote-pwd is "
          "there too",
          NULL, PLAYING);
    case GST_ICE_SETTING_REMOTE_PWD:
      return g_param_spec_string (names[id], "Remote password",
          "The peer's password; takes effect when remote-ufrag is there too",
          NULL, PLAYING);
    case GST_ICE_SETTING_REMOTE_CANDIDATES:
      return string_list (names[id], "Remote candidates",
          "The peer's candidates (candidate:...); setting adds them, reading "
          "gives all",
          "candidate", PLAYING);
    case GST_ICE_SETTING_TRICKLE:
      return g_param_spec_boolean (names[id], "Trickle",
          "Candidates come one by one (RFC 8838); FALSE: the peer's list is "
          "complete, end-of-candidates is implied",
          DEFAULT_TRICKLE, READY);
    case GST_ICE_SETTING_SIGNALLING_URI:
      return g_param_spec_string (names[id], "Signalling URI",
          "Built-in signalling: tcp://host:port?mode=listener|caller or "
          "unix:///path?mode=listener|caller, &timeout=seconds for the caller; "
          "NULL = the application signals",
          NULL, READY);
    default:
      return NULL;
  }
}

static GParamSpec *
make_gathering_spec (GstIceSetting id)
{
  switch ((guint) id) {
    case GST_ICE_SETTING_STUN_SERVER:
      return g_param_spec_string (names[id], "STUN server",
          "STUN server, stun:host:port (RFC 7064) or stun://host:port", NULL,
          READY);
    case GST_ICE_SETTING_TURN_SERVERS:
      return string_list (names[id], "TURN servers",
          "TURN servers, turn://user:password@host:port?transport=udp|tcp, "
          "special characters percent-encoded",
          "server", READY);
    case GST_ICE_SETTING_TURN_SERVER:
      return g_param_spec_string (names[id], "TURN server",
          "The first of turn-servers; setting it makes it the only one", NULL,
          READY);
    case GST_ICE_SETTING_ICE_TRANSPORT_POLICY:
      return g_param_spec_enum (names[id], "ICE transport policy",
          "Which candidates are used: all, or only relayed ones",
          GST_TYPE_ICE_TRANSPORT_POLICY, DEFAULT_POLICY, READY);
    case GST_ICE_SETTING_ICE_TCP:
      return g_param_spec_boolean (names[id], "ICE-TCP",
          "Gather TCP candidates (RFC 6544)", DEFAULT_ICE_TCP, READY);
    case GST_ICE_SETTING_UPNP:
      return g_param_spec_boolean (names[id], "UPnP",
          "Ask the gateway for a port mapping", DEFAULT_UPNP, READY);
    case GST_ICE_SETTING_MIN_PORT:
      return g_param_spec_uint (names[id], "Smallest port",
          "Smallest UDP port of host candidates; 0 = any", 0, G_MAXUINT16,
          DEFAULT_PORT, READY);
    case GST_ICE_SETTING_MAX_PORT:
      return g_param_spec_uint (names[id], "Largest port",
          "Largest UDP port of host candidates; 0 = any", 0, G_MAXUINT16,
          DEFAULT_PORT, READY);
    case GST_ICE_SETTING_LOCAL_ADDRESSES:
      return string_list (names[id], "Local addresses",
          "Addresses or CIDR prefixes to gather from; empty = every "
          "non-loopback one",
          "address", READY);
    case GST_ICE_SETTING_INTERFACES:
      return string_list (names[id], "Interfaces",
          "Interface names to gather from, as glob patterns; !pattern "
          "excludes; empty = all",
          "pattern", READY);
    default:
      return NULL;
  }
}

static GParamSpec *
make_failure_spec (GstIceSetting id)
{
  switch ((guint) id) {
    case GST_ICE_SETTING_DISCONNECTED_TIMEOUT:
      return g_param_spec_uint (names[id], "Disconnected timeout",
          "Time without a sign of life from the peer until `disconnected` in "
          "milliseconds; 0 = never",
          0, G_MAXUINT, DEFAULT_DISCONNECTED_TIMEOUT, READY);
    case GST_ICE_SETTING_FAILED_TIMEOUT:
      return g_param_spec_uint (names[id], "Failed timeout",
          "Time without consent until the pair is given up (RFC 7675) in "
          "milliseconds; 0 = never",
          0, G_MAXUINT, DEFAULT_FAILED_TIMEOUT, READY);
    case GST_ICE_SETTING_ON_FAILED:
      return g_param_spec_enum (names[id], "On failed",
          "What the element does, beside the state message, when its "
          "transport fails; with restart-on=failed, error is a warning",
          GST_TYPE_ICE_ON_FAILED, DEFAULT_ON_FAILED, PLAYING);
    case GST_ICE_SETTING_RESTART_ON:
      return g_param_spec_flags (names[id], "Restart on",
          "When to restart ICE by itself, as the action `restart` does, not "
          "more often than every 5 s",
          GST_TYPE_ICE_RESTART_ON, DEFAULT_RESTART_ON, READY);
    default:
      return NULL;
  }
}

static GParamSpec *
make_spec (GstIceSetting id)
{
  GParamSpec *spec = make_identity_spec (id);

  if (spec == NULL)
    spec = make_gathering_spec (id);
  if (spec == NULL)
    spec = make_failure_spec (id);
  return spec;
}

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
    g_object_class_install_property (klass, first_id + id, make_spec (id));
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
    GParamSpec *spec = g_param_spec_ref_sink (make_spec (id));

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
    /* two names of one list */
    if (id == GST_ICE_SETTING_TURN_SERVERS)
      g_clear_error (&settings->refused[GST_ICE_SETTING_TURN_SERVER]);
    if (id == GST_ICE_SETTING_TURN_SERVER)
      g_clear_error (&settings->refused[GST_ICE_SETTING_TURN_SERVERS]);
  }
}

/**
 * gst_ice_setting_get_name:
 * @id: a setting
 *
 * Returns: (transfer none): its property name
 */
const gchar *
gst_ice_setting_get_name (GstIceSetting id)
{
  return names[id];
}

static gboolean
check_stun_server (const gchar *text, GError **error)
{
  g_autoptr (IceServer) server = ice_server_parse (text, error);

  if (server == NULL)
    return FALSE;
  if (server->scheme == ICE_SERVER_STUN)
    return TRUE;
  if (server->scheme == ICE_SERVER_STUNS)
    g_set_error_literal (error, ICE_SERVER_ERROR, ICE_SERVER_ERROR_SCHEME,
        "stuns: (STUN over TLS) is not supported, use stun:; what a server "
        "sees "
        "of a TLS connection is no address for UDP");
  else
    g_set_error_literal (error, ICE_SERVER_ERROR, ICE_SERVER_ERROR_SCHEME,
        "a STUN server is stun:host:port; turn: belongs into turn-servers");
  return FALSE;
}

static gboolean
check_turn_server (const gchar *text, GError **error)
{
  g_autoptr (IceServer) server = ice_server_parse (text, error);

  if (server == NULL)
    return FALSE;
  if (server->scheme == ICE_SERVER_STUN || server->scheme == ICE_SERVER_STUNS) {
    g_set_error_literal (error, ICE_SERVER_ERROR, ICE_SERVER_ERROR_SCHEME,
        "a TURN server is turn://user:password@host:port; stun: belongs into "
        "stun-server");
    return FALSE;
  }
  if (server->transport == ICE_SERVER_TRANSPORT_TLS
      && !g_tls_backend_supports_tls (g_tls_backend_get_default ())) {
    g_set_error_literal (error, ICE_SERVER_ERROR, ICE_SERVER_ERROR_TRANSPORT,
        "turns: (TURN over TLS) needs the TLS of GIO: install glib-networking");
    return FALSE;
  }
  if (server->username == NULL || server->password == NULL) {
    g_set_error_literal (error, ICE_SERVER_ERROR, ICE_SERVER_ERROR_CREDENTIALS,
        "a TURN server needs user:password@ (RFC 8656 long-term credentials)");
    return FALSE;
  }
  return TRUE;
}

static gboolean
check_address (const gchar *text, GError **error)
{
  g_autoptr (GInetAddressMask)
      mask = g_inet_address_mask_new_from_string (text, NULL);

  if (mask != NULL)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
      "\"%.64s\" is neither an IP address nor a CIDR prefix", text);
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
  [GST_ICE_SETTING_STUN_SERVER] = check_stun_server,
  [GST_ICE_SETTING_TURN_SERVERS] = check_turn_server,
  [GST_ICE_SETTING_TURN_SERVER] = check_turn_server,
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
  if (!gst_ice_setting_check (id, value, &refusal)) {
    g_prefix_error (&refusal, "%s: ", names[id]);
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
 * Returns: whether the settings are complete and were all accepted; %FALSE
 *   with @error saying what was wrong
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
