/* gst-ice: how a NiceAgent is set up.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "agent/gsticenicesetup.h"
#include "iothread/gsticedescriptors.h"
#include "addresses/gsticelocaladdress.h"

/* ms between libnice's ticks, and between its requests to servers.
 * gsticenicepace adds ticks where there is a check to send. */
#define TICK 10
/* ms that libnice goes on ticking when nothing is left to check. Before it has
 * a pair that is nominated, its default: it fails the component then. */
#define IDLE_TICKING 5000
#define IDLE_TICKING_READY 50

/* Maximum number of pairs. Beyond it libnice drops the pairs of the lowest
 * priority, and it counts failed pairs; the waiting list keeps the number
 * below. */
#define MAX_CHECKS 2048

/* Descriptors that GUPnP opens, with contexts of its own. */
#define UPNP_DESCRIPTORS 16

/**
 * gst_ice_nice_setup_check_descriptors:
 * @settings: a session's settings
 * @error: return location; its text has the remedy
 *
 * libnice aborts the process if it cannot open a descriptor.
 *
 * Returns: whether enough descriptors are free for a transport
 */
gboolean
gst_ice_nice_setup_check_descriptors (
    const GstIceSettings *settings, GError **error)
{
  gboolean upnp = gst_ice_settings_get_boolean (settings, GST_ICE_SETTING_UPNP);

  return gst_ice_descriptors_check (
      GST_ICE_DESCRIPTORS_SPARE + (upnp ? UPNP_DESCRIPTORS : 0), error);
}

/* NICE_AGENT_OPTION_CLOSE_FORCED since 0.1.23, ignored before. From 0.1.23 on
 * the answer to the request that releases an allocation is not read, and an
 * agent without the option waits for it for 1 s. With the option, the request
 * is sent twice and libnice does not wait. */
#define CLOSE_FORCED (1 << 7)

static void
set_if_known (NiceAgent *nice, const gchar *property, gboolean value)
{
  if (g_object_class_find_property (G_OBJECT_GET_CLASS (nice), property)
      != NULL)
    g_object_set (nice, property, value, NULL);
}

/**
 * gst_ice_nice_setup_make_agent:
 * @context: the main context of its timers, in which its sockets are read, too
 * @options: what it gathers with
 *
 * Returns: (transfer full): an agent without local addresses and streams
 */
NiceAgent *
gst_ice_nice_setup_make_agent (
    GMainContext *context, const GstIceGatherOptions *options)
{
  const GstIceSettings *settings = options->settings;
  NiceAgent *nice = nice_agent_new_full (context, NICE_COMPATIBILITY_RFC5245,
      NICE_AGENT_OPTION_REGULAR_NOMINATION | NICE_AGENT_OPTION_ICE_TRICKLE
          | CLOSE_FORCED);

  g_object_set (nice, "max-connectivity-checks", MAX_CHECKS,
      "stun-pacing-timer", TICK, "controlling-mode",
      options->role != GST_ICE_ROLE_CONTROLLED, "ice-tcp",
      gst_ice_settings_get_boolean (settings, GST_ICE_SETTING_ICE_TCP), NULL);
  set_if_known (nice, "upnp",
      gst_ice_settings_get_boolean (settings, GST_ICE_SETTING_UPNP));
  set_if_known (nice, "force-relay",
      gst_ice_settings_get_enum (settings, GST_ICE_SETTING_ICE_TRANSPORT_POLICY)
          == GST_ICE_TRANSPORT_POLICY_RELAY);
  if (options->stun_server != NULL)
    g_object_set (nice, "stun-server", options->stun_server->address,
        "stun-server-port", (guint) options->stun_server->port, NULL);
  return nice;
}

/**
 * gst_ice_nice_setup_set_ready:
 * @nice: an agent
 * @ready: whether it has a nominated pair
 *
 * Lets libnice stop its timer soon if nothing is left to decide: a thousand
 * agents that tick for 5 s without use take a processor.
 */
void
gst_ice_nice_setup_set_ready (NiceAgent *nice, gboolean ready)
{
  g_object_set (
      nice, "idle-timeout", ready ? IDLE_TICKING_READY : IDLE_TICKING, NULL);
}

/**
 * gst_ice_nice_setup_list_addresses:
 * @settings: a session's settings
 * @error: return location, set if there is none
 *
 * Returns: (transfer full) (nullable): the local addresses that the settings
 *   allow
 */
GStrv
gst_ice_nice_setup_list_addresses (
    const GstIceSettings *settings, GError **error)
{
  g_auto (GStrv) prefixes = gst_ice_settings_get_strings (
      settings, GST_ICE_SETTING_LOCAL_ADDRESSES);
  g_auto (GStrv) interfaces = gst_ice_settings_get_strings (
      settings, GST_ICE_SETTING_INTERFACES);

  return gst_ice_local_addresses ((const gchar *const *) prefixes,
      (const gchar *const *) interfaces, error);
}

/**
 * gst_ice_nice_setup_choose_local:
 * @settings: a session's settings
 * @range: (out): the ports to try; 0: the kernel chooses
 * @error: return location, set if there is no address
 *
 * Returns: (transfer full) (nullable): the addresses to gather from
 */
GStrv
gst_ice_nice_setup_choose_local (
    const GstIceSettings *settings, GstIcePortRange *range, GError **error)
{
  guint min = gst_ice_settings_get_uint (settings, GST_ICE_SETTING_MIN_PORT);
  guint max = gst_ice_settings_get_uint (settings, GST_ICE_SETTING_MAX_PORT);
  gboolean tcp = gst_ice_settings_get_boolean (
      settings, GST_ICE_SETTING_ICE_TCP);
  g_auto (GStrv)
      addresses = gst_ice_nice_setup_list_addresses (settings, error);

  *range = (GstIcePortRange){ 0, 0 };
  if (addresses == NULL || (min == 0 && max == 0))
    return g_steal_pointer (&addresses);
  *range = (GstIcePortRange){ MAX (min, 1), max != 0 ? max : G_MAXUINT16 };
  if (gst_ice_local_ports_narrow (addresses, tcp, range))
    return g_steal_pointer (&addresses);
  gst_ice_nice_setup_explain_no_socket (settings, error);
  return NULL;
}

/**
 * gst_ice_nice_setup_explain_no_socket:
 * @settings: a session's settings
 * @error: (out): the reason why libnice could open no socket
 */
void
gst_ice_nice_setup_explain_no_socket (
    const GstIceSettings *settings, GError **error)
{
  guint min = gst_ice_settings_get_uint (settings, GST_ICE_SETTING_MIN_PORT);
  guint max = gst_ice_settings_get_uint (settings, GST_ICE_SETTING_MAX_PORT);

  if (!gst_ice_descriptors_check (1, error))
    return;
  if (min != 0 || max != 0)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE,
        "no UDP port from min-port %u to max-port %u is free; widen the range",
        min, max != 0 ? max : G_MAXUINT16);
  else
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED,
        "could not open a UDP port on any local address");
}
