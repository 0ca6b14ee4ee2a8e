/* gst-ice: the plugin.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"
#include "elements/gsticeelements.h"
#include "agent/gsticenicetransport.h"
#include "session/gsticeagent.h"

static gboolean
plugin_init (GstPlugin *plugin)
{
  gst_ice_agent_set_backend (GST_TYPE_ICE_NICE_TRANSPORT);
  return GST_ELEMENT_REGISTER (icesrc, plugin)
      && GST_ELEMENT_REGISTER (icesink, plugin)
      && gst_dynamic_type_register (plugin, GST_TYPE_ICE_AGENT);
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, ice,
    "Sends and receives media over ICE and reports the state of the connection",
    plugin_init, VERSION, "LGPL", GST_PACKAGE_NAME, GST_PACKAGE_ORIGIN)
