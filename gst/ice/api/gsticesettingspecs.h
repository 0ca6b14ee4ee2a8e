/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The settings of an ICE session as GParamSpecs. */
#pragma once

#include <gst/gst.h>
#include "api/gsticeenumtypes.h"

G_BEGIN_DECLS

/**
 * GstIceSetting:
 *
 * The settings, which are properties of the agent and of both elements.
 */
typedef enum
{
  /**
   * GstIceAgent:role:
   *
   * Role of this agent; a controlling agent nominates the pair (RFC 8445
   * section 6.1.1). Setting it has an effect until the first pair is made;
   * reading returns the role in force, which a role conflict can change. With
   * #GstIceAgent:signalling-uri a listener is controlled unless this is set.
   *
   * Default: `controlling`. Writable in all states; any thread.
   *
   * Since: 0.1
   */
  GST_ICE_SETTING_ROLE,

  /**
   * GstIceAgent:local-ufrag:
   *
   * Our user name fragment, 4 to 256 ice-chars (RFC 8839 section 5.4). It can
   * be set until gathering begins, and changes at each restart; reading
   * returns the one that is or will be used.
   *
   * Default: generated. Writable in all states; any thread.
   *
   * Since: 0.1
   */
  GST_ICE_SETTING_LOCAL_UFRAG,

  /**
   * GstIceAgent:local-pwd:
   *
   * Our password, 22 to 256 ice-chars (RFC 8839 section 5.4). It can be set
   * until gathering begins, and changes at each restart; reading returns the
   * one that is or will be used.
   *
   * Default: generated. Writable in all states; any thread.
   *
   * Since: 0.1
   */
  GST_ICE_SETTING_LOCAL_PWD,

  /**
   * GstIceAgent:remote-ufrag:
   *
   * The peer's user name fragment, for every stream that has none yet; it has
   * an effect once #GstIceAgent:remote-pwd is set too. Later changes need
   * #GstIceAgent::set-remote-credentials. Reading returns that of stream 0.
   *
   * Default: %NULL. Writable in all states; any thread.
   *
   * Since: 0.1
   */
  GST_ICE_SETTING_REMOTE_UFRAG,

  /**
   * GstIceAgent:remote-pwd:
   *
   * The peer's password, for every stream that has none yet; it has an effect
   * once #GstIceAgent:remote-ufrag is set too. Later changes need
   * #GstIceAgent::set-remote-credentials. Reading returns that of stream 0.
   *
   * Default: %NULL. Writable in all states; any thread.
   *
   * Since: 0.1
   */
  GST_ICE_SETTING_REMOTE_PWD,

  /**
   * GstIceAgent:stun-server:
   *
   * URI of the STUN server that reports our server-reflexive addresses:
   * `stun:host:port` (RFC 7064) or `stun://host:port`.
   *
   * Default: %NULL. Writable in NULL and READY; any thread.
   *
   * Since: 0.1
   */
  GST_ICE_SETTING_STUN_SERVER,

  /**
   * GstIceAgent:turn-servers:
   *
   * URIs of the TURN servers that relay for us:
   * `turn://user:password@host:port?transport=udp|tcp|tls` or
   * `turns://user:password@host:port`, special characters percent-encoded.
   *
   * Default: empty. Writable in NULL and READY; any thread.
   *
   * Since: 0.1
   */
  GST_ICE_SETTING_TURN_SERVERS,

  /**
   * GstIceAgent:turn-server:
   *
   * The first of #GstIceAgent:turn-servers; setting it makes it the only one.
   *
   * Default: %NULL. Writable in NULL and READY; any thread.
   *
   * Since: 0.1
   */
  GST_ICE_SETTING_TURN_SERVER,

  /**
   * GstIceAgent:ice-servers:
   *
   * STUN and TURN servers as W3C's RTCIceServer: structures with the fields
   * `urls` (a string or an array of strings: `stun:`, `turn:` and `turns:` URLs
   * of RFC 7064 and 7065), `username` and `credential` (strings, written as
   * they are). They are used beside #GstIceAgent:stun-server and
   * #GstIceAgent:turn-servers; the first STUN server of all is asked.
   *
   * Default: empty. Writable in NULL and READY; any thread.
   *
   * Since: 0.1
   */
  GST_ICE_SETTING_ICE_SERVERS,

  /**
   * GstIceAgent:ice-transport-policy:
   *
   * Whether all candidates are used, or relayed ones only
   * (RTCIceTransportPolicy).
   *
   * Default: `all`. Writable in NULL and READY; any thread.
   *
   * Since: 0.1
   */
  GST_ICE_SETTING_ICE_TRANSPORT_POLICY,

  /**
   * GstIceAgent:ice-tcp:
   *
   * Whether TCP candidates are gathered too (RFC 6544).
   *
   * Default: %FALSE. Writable in NULL and READY; any thread.
   *
   * Since: 0.1
   */
  GST_ICE_SETTING_ICE_TCP,

  /**
   * GstIceAgent:upnp:
   *
   * Whether the gateway is asked for a port mapping.
   *
   * Default: %FALSE. Writable in NULL and READY; any thread.
   *
   * Since: 0.1
   */
  GST_ICE_SETTING_UPNP,

  /**
   * GstIceAgent:trickle:
   *
   * Whether the peer's candidates come one by one (RFC 8838). %FALSE: the
   * peer's list is complete, its end of candidates is implied.
   *
   * Default: %TRUE. Writable in NULL and READY; any thread.
   *
   * Since: 0.1
   */
  GST_ICE_SETTING_TRICKLE,

  /**
   * GstIceAgent:min-port:
   *
   * Smallest UDP port of host candidates; 0: any.
   *
   * Default: 0. Writable in NULL and READY; any thread.
   *
   * Since: 0.1
   */
  GST_ICE_SETTING_MIN_PORT,

  /**
   * GstIceAgent:max-port:
   *
   * Largest UDP port of host candidates; 0: any.
   *
   * Default: 0. Writable in NULL and READY; any thread.
   *
   * Since: 0.1
   */
  GST_ICE_SETTING_MAX_PORT,

  /**
   * GstIceAgent:local-addresses:
   *
   * Addresses or CIDR prefixes to gather from; empty: all addresses but
   * loopback and IPv6 link-local ones.
   *
   * Default: empty. Writable in NULL and READY; any thread.
   *
   * Since: 0.1
   */
  GST_ICE_SETTING_LOCAL_ADDRESSES,

  /**
   * GstIceAgent:interfaces:
   *
   * Names of interfaces to gather from, as glob patterns; `!pattern`
   * excludes; empty: all interfaces.
   *
   * Default: empty. Writable in NULL and READY; any thread.
   *
   * Since: 0.1
   */
  GST_ICE_SETTING_INTERFACES,

  /**
   * GstIceAgent:disconnected-timeout:
   *
   * Time without a sign of life from the peer on the selected pair until the
   * state is `disconnected`, in milliseconds; 0: never.
   *
   * Default: 5000 ms. Writable in NULL and READY; any thread.
   *
   * Since: 0.1
   */
  GST_ICE_SETTING_DISCONNECTED_TIMEOUT,

  /**
   * GstIceAgent:failed-timeout:
   *
   * Time without consent (RFC 7675) until the selected pair is given up, in
   * milliseconds; 0: never.
   *
   * Default: 30000 ms. Writable in NULL and READY; any thread.
   *
   * Since: 0.1
   */
  GST_ICE_SETTING_FAILED_TIMEOUT,

  /**
   * GstIceAgent:end-of-candidates-timeout:
   *
   * Where nothing is connected: time since the peer's last candidate or
   * credentials after which its end of candidates is taken as received, in
   * milliseconds; 0: never. For peers that send no end of candidates.
   *
   * Default: 60000 ms. Writable in NULL and READY; any thread.
   *
   * Since: 0.1
   */
  GST_ICE_SETTING_END_OF_CANDIDATES_TIMEOUT,

  /**
   * GstIceAgent:remote-candidates:
   *
   * The peer's candidates as `candidate:...` (RFC 8839 section 5.1), each of
   * stream 0. Setting it adds them, reading returns all of them.
   *
   * Default: empty. Writable in all states; any thread.
   *
   * Since: 0.1
   */
  GST_ICE_SETTING_REMOTE_CANDIDATES,

  /**
   * GstIceAgent:signalling-uri:
   *
   * Address of the built-in signalling:
   * `tcp://host:port?mode=listener|caller` or
   * `unix:///path?mode=listener|caller`, and `&timeout=` for the caller, in
   * seconds. %NULL: the application does the signalling.
   *
   * Default: %NULL. Writable in NULL and READY; any thread.
   *
   * Since: 0.1
   */
  GST_ICE_SETTING_SIGNALLING_URI,

  /**
   * GstIceAgent:on-failed:
   *
   * What the element does, beside the state message, when its transport
   * fails; with #GstIceAgent:restart-on `failed`, `error` is a warning.
   *
   * Default: `error`. Writable in all states; any thread.
   *
   * Since: 0.1
   */
  GST_ICE_SETTING_ON_FAILED,

  /**
   * GstIceAgent:restart-on:
   *
   * Events after which the agent restarts ICE automatically, as
   * #GstIceAgent::restart does. After a restart by either side the next
   * automatic one waits for 5 s, then for 10, 20, 40 and 60 s.
   *
   * Default: `none`. Writable in NULL and READY; any thread.
   *
   * Since: 0.1
   */
  GST_ICE_SETTING_RESTART_ON,

  /**
   * GstIceAgent:auto-gather:
   *
   * Whether READY->PAUSED begins gathering. %FALSE: only
   * #GstIceAgent::gather-candidates does, and role, local-ufrag and local-pwd
   * can be set until then.
   *
   * Default: %TRUE. Writable in NULL and READY; any thread.
   *
   * Since: 0.1
   */
  GST_ICE_SETTING_AUTO_GATHER,

  GST_ICE_N_SETTINGS
} GstIceSetting;

GParamSpec *gst_ice_setting_make_spec (GstIceSetting id);
const gchar *gst_ice_setting_get_name (GstIceSetting id);

G_END_DECLS
