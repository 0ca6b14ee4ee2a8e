/* gst-ice: how a NiceAgent is set up.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gsticenicesetup.h"
#include "gsticelocaladdress.h"
#include <errno.h>
#include <unistd.h>

/* RFC 8445 section 14.2: Ta, ms, at least 5. libnice acts on its ticks only:
 * a pair that works is used three of them after the candidates are there. */
#define PACING 10

/* What a transport may open at once; libnice aborts when there are none. */
#define SPARE_DESCRIPTORS 8

/**
 * gst_ice_nice_setup_check_descriptors:
 * @error: says what to do
 *
 * libnice takes the process down with it when it finds no descriptor.
 *
 * Returns: whether there are enough for a transport
 */
gboolean
gst_ice_nice_setup_check_descriptors (GError **error)
{
  int spare[SPARE_DESCRIPTORS];
  guint n = 0, i;

  while (n < SPARE_DESCRIPTORS && (spare[n] = dup (STDERR_FILENO)) >= 0)
    n++;
  for (i = 0; i < n; i++)
    close (spare[i]);
  if (n == SPARE_DESCRIPTORS || errno == EBADF)
    return TRUE;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES,
      "too many open files: raise the limit (ulimit -n) or close something");
  return FALSE;
}

static void
set_if_known (NiceAgent *nice, const gchar *property, gboolean value)
{
  if (g_object_class_find_property (G_OBJECT_GET_CLASS (nice), property)
      != NULL)
    g_object_set (nice, property, value, NULL);
}

/**
 * gst_ice_nice_setup_make_agent:
 * @context: of the I/O thread
 * @options: what it is to gather with
 *
 * Returns: (transfer full): an agent without local addresses and streams
 */
NiceAgent *
gst_ice_nice_setup_make_agent (
    GMainContext *context, const GstIceGatherOptions *options)
{
  const GstIceSettings *settings = options->settings;
  NiceAgent *nice = nice_agent_new_full (context, NICE_COMPATIBILITY_RFC5245,
      NICE_AGENT_OPTION_REGULAR_NOMINATION | NICE_AGENT_OPTION_ICE_TRICKLE);

  g_object_set (nice, "stun-pacing-timer", PACING, "controlling-mode",
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
 * gst_ice_nice_setup_list_addresses:
 * @settings: a session's
 * @error: says why there is none
 *
 * Returns: (transfer full) (nullable): this machine's addresses that it wants
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
 * @settings: a session's
 * @range: (out): the ports to try; 0: any that the kernel gives
 * @error: says why there is none
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
 * @settings: a session's
 * @error: (out): takes why libnice could open no socket
 */
void
gst_ice_nice_setup_explain_no_socket (
    const GstIceSettings *settings, GError **error)
{
  guint min = gst_ice_settings_get_uint (settings, GST_ICE_SETTING_MIN_PORT);
  guint max = gst_ice_settings_get_uint (settings, GST_ICE_SETTING_MAX_PORT);

  if (max != 0)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE,
        "no UDP port from min-port %u to max-port %u is free; widen the range",
        min, max);
  else
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED,
        "could not open a UDP port on any local address");
}
