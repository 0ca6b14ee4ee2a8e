/* gst-ice: the plugin for webrtcbin.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"
#include "gsticewebrtcagent.h"

static gboolean
plugin_init (GstPlugin *plugin)
{
  return gst_dynamic_type_register (plugin, GST_TYPE_ICE_WEBRTC_AGENT);
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, icewebrtc,
    "ICE agent for webrtcbin, with the states of icesrc and icesink",
    plugin_init, VERSION, "LGPL", GST_PACKAGE_NAME, GST_PACKAGE_ORIGIN)
