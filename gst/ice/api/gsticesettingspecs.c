/* gst-ice: the settings of an ICE session as GParamSpecs: names, defaults,
 * ranges.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "api/gsticesettingspecs.h"
#include "api/gsticesecret.h"

#define DEFAULT_ROLE GST_ICE_ROLE_CONTROLLING
#define DEFAULT_POLICY GST_ICE_TRANSPORT_POLICY_ALL
#define DEFAULT_ICE_TCP FALSE
#define DEFAULT_UPNP FALSE
#define DEFAULT_TRICKLE TRUE
#define DEFAULT_PORT 0
#define DEFAULT_DISCONNECTED_TIMEOUT 5000
#define DEFAULT_FAILED_TIMEOUT 30000
#define DEFAULT_END_OF_CANDIDATES_TIMEOUT 60000
#define DEFAULT_ON_FAILED GST_ICE_ON_FAILED_ERROR
#define DEFAULT_AUTO_GATHER TRUE
#define DEFAULT_RESTART_ON GST_ICE_RESTART_ON_NONE

#define FLAGS (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS)
/* Setting a property to the value that it has is not a change. */
#define READY (FLAGS | GST_PARAM_MUTABLE_READY | G_PARAM_EXPLICIT_NOTIFY)
#define PLAYING (FLAGS | GST_PARAM_MUTABLE_PLAYING | G_PARAM_EXPLICIT_NOTIFY)

static const gchar *const names[GST_ICE_N_SETTINGS] = {
  [GST_ICE_SETTING_ROLE] = "role",
  [GST_ICE_SETTING_LOCAL_UFRAG] = "local-ufrag",
  [GST_ICE_SETTING_LOCAL_PWD] = "local-pwd",
  [GST_ICE_SETTING_REMOTE_UFRAG] = "remote-ufrag",
  [GST_ICE_SETTING_REMOTE_PWD] = "remote-pwd",
  [GST_ICE_SETTING_STUN_SERVER] = "stun-server",
  [GST_ICE_SETTING_TURN_SERVERS] = "turn-servers",
  [GST_ICE_SETTING_TURN_SERVER] = "turn-server",
  [GST_ICE_SETTING_ICE_SERVERS] = "ice-servers",
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
  [GST_ICE_SETTING_END_OF_CANDIDATES_TIMEOUT] = "end-of-candidates-timeout",
  [GST_ICE_SETTING_REMOTE_CANDIDATES] = "remote-candidates",
  [GST_ICE_SETTING_SIGNALLING_URI] = "signalling-uri",
  [GST_ICE_SETTING_ON_FAILED] = "on-failed",
  [GST_ICE_SETTING_RESTART_ON] = "restart-on",
  [GST_ICE_SETTING_AUTO_GATHER] = "auto-gather",
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
          "controlling = this agent nominates the pair (RFC 8445 section "
          "6.1.1); it can be set until the first pair is made, reading returns "
          "the role in force. With signalling-uri a listener is controlled "
          "unless this is set",
          GST_TYPE_ICE_ROLE, DEFAULT_ROLE, PLAYING);
    case GST_ICE_SETTING_LOCAL_UFRAG:
      return g_param_spec_string (names[id], "Local user name fragment",
          "Our user name fragment, 4 to 256 ice-chars, which can be set until "
          "gathering begins; NULL = generated, reading returns the one that "
          "will be used",
          NULL, PLAYING);
    case GST_ICE_SETTING_LOCAL_PWD:
      return gst_ice_secret_spec_string (names[id], "Local password",
          "Our password, 22 to 256 ice-chars, which can be set until gathering "
          "begins; NULL = generated, reading returns the one that will be used",
          PLAYING);
    case GST_ICE_SETTING_REMOTE_UFRAG:
      return g_param_spec_string (names[id], "Remote user name fragment",
          "The peer's user name fragment, for every stream that has none yet; "
          "it has an effect once remote-pwd is set too. Later changes need the "
          "action set-remote-credentials; reading returns that of stream 0",
          NULL, PLAYING);
    case GST_ICE_SETTING_REMOTE_PWD:
      return gst_ice_secret_spec_string (names[id], "Remote password",
          "The peer's password, for every stream that has none yet; it has an "
          "effect once remote-ufrag is set too. Later changes need the action "
          "set-remote-credentials; reading returns that of stream 0",
          PLAYING);
    case GST_ICE_SETTING_REMOTE_CANDIDATES:
      return string_list (names[id], "Remote candidates",
          "The peer's candidates (candidate:...); setting it adds them, "
          "reading returns all of them",
          "candidate", PLAYING);
    case GST_ICE_SETTING_TRICKLE:
      return g_param_spec_boolean (names[id], "Trickle",
          "Whether the peer's candidates come one by one (RFC 8838); FALSE: "
          "the peer's list is complete, its end of candidates is implied",
          DEFAULT_TRICKLE, READY);
    case GST_ICE_SETTING_SIGNALLING_URI:
      return g_param_spec_string (names[id], "Signalling URI",
          "Built-in signalling: tcp://host:port?mode=listener|caller or "
          "unix:///path?mode=listener|caller, &timeout=seconds for the caller; "
          "NULL = the application does the signalling",
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
          "STUN server that reports our server-reflexive addresses, "
          "stun:host:port (RFC 7064) or stun://host:port",
          NULL, READY);
    case GST_ICE_SETTING_TURN_SERVERS:
      return gst_ice_secret_spec_strings (names[id], "TURN servers",
          "TURN servers that relay for us, "
          "turn://user:password@host:port?transport=udp|tcp|tls "
          "or turns://user:password@host:port, special characters "
          "percent-encoded",
          "server", READY);
    case GST_ICE_SETTING_TURN_SERVER:
      return gst_ice_secret_spec_string (names[id], "TURN server",
          "The first of turn-servers; setting it makes it the only one", READY);
    case GST_ICE_SETTING_ICE_SERVERS:
      return gst_ice_secret_spec_structures (names[id], "ICE servers",
          "STUN and TURN servers beside stun-server and turn-servers, as W3C's "
          "RTCIceServer: structures with the fields urls (a string or an array "
          "of strings), username and credential, which are not percent-encoded",
          "ice-server", READY);
    case GST_ICE_SETTING_AUTO_GATHER:
      return g_param_spec_boolean (names[id], "Gather automatically",
          "Whether READY->PAUSED begins gathering; FALSE: only the action "
          "gather-candidates does, and role, local-ufrag and local-pwd can be "
          "set until then",
          DEFAULT_AUTO_GATHER, READY);
    case GST_ICE_SETTING_ICE_TRANSPORT_POLICY:
      return g_param_spec_enum (names[id], "ICE transport policy",
          "Which candidates are used: all, or only relayed ones",
          GST_TYPE_ICE_TRANSPORT_POLICY, DEFAULT_POLICY, READY);
    case GST_ICE_SETTING_ICE_TCP:
      return g_param_spec_boolean (names[id], "ICE-TCP",
          "Gather TCP candidates too (RFC 6544)", DEFAULT_ICE_TCP, READY);
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
          "Addresses or CIDR prefixes to gather from; empty = all but loopback "
          "and IPv6 link-local ones",
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
          "Time without a sign of life from the peer on the selected pair "
          "until the state is `disconnected`, in milliseconds; 0 = never",
          0, G_MAXUINT, DEFAULT_DISCONNECTED_TIMEOUT, READY);
    case GST_ICE_SETTING_FAILED_TIMEOUT:
      return g_param_spec_uint (names[id], "Failed timeout",
          "Time without consent (RFC 7675) until the selected pair is given "
          "up, in milliseconds; 0 = never",
          0, G_MAXUINT, DEFAULT_FAILED_TIMEOUT, READY);
    case GST_ICE_SETTING_END_OF_CANDIDATES_TIMEOUT:
      return g_param_spec_uint (names[id], "End of candidates timeout",
          "Where nothing is connected: time since the peer's last candidate or "
          "credentials after which its end of candidates is taken as received, "
          "for peers that do not send it, in milliseconds; 0 = never",
          0, G_MAXUINT, DEFAULT_END_OF_CANDIDATES_TIMEOUT, READY);
    case GST_ICE_SETTING_ON_FAILED:
      return g_param_spec_enum (names[id], "On failed",
          "What the element does, beside the state message, when its "
          "transport fails; with restart-on=failed, error is a warning",
          GST_TYPE_ICE_ON_FAILED, DEFAULT_ON_FAILED, PLAYING);
    case GST_ICE_SETTING_RESTART_ON:
      return g_param_spec_flags (names[id], "Restart on",
          "Events after which the agent restarts ICE automatically, as the "
          "action `restart` does; after a restart by either side the next "
          "automatic one waits for 5 s, then for 10, 20, 40 and 60 s",
          GST_TYPE_ICE_RESTART_ON, DEFAULT_RESTART_ON, READY);
    default:
      return NULL;
  }
}

/**
 * gst_ice_setting_make_spec:
 * @id: a setting
 *
 * Returns: (transfer floating): its property, as agent and elements have it
 */
GParamSpec *
gst_ice_setting_make_spec (GstIceSetting id)
{
  GParamSpec *spec = make_identity_spec (id);

  if (spec == NULL)
    spec = make_gathering_spec (id);
  if (spec == NULL)
    spec = make_failure_spec (id);
  return spec;
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
