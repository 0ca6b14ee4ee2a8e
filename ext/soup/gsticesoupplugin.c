/* gst-ice: the plugin for ws: and wss:.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"
#include "gsticesoupwebsocket.h"

static gboolean
plugin_init (GstPlugin *plugin)
{
  return gst_dynamic_type_register (plugin, GST_TYPE_ICE_WEB_SOCKET);
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, icesoup,
    "ws: and wss: for the built-in signalling of icesrc and icesink",
    plugin_init, VERSION, "LGPL", GST_PACKAGE_NAME, GST_PACKAGE_ORIGIN)
