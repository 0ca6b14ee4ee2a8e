/* gst-ice: the plugin for webrtcbin.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"
#include "gsticewebrtcagent.h"

/* The class of agents gets slots and arguments with minor versions (1.24, 1.28)
 * in its padding, and webrtcbin calls them without asking whether they are
 * there. */
static gboolean
is_built_for_this_version (void)
{
  guint major, minor, micro, nano;

  gst_version (&major, &minor, &micro, &nano);
  if (major == GST_VERSION_MAJOR && minor == GST_VERSION_MINOR)
    return TRUE;
  g_warning ("GstIceWebRTCAgent was built with GStreamer %d.%d and does not "
             "work with %u.%u: build gst-ice again",
      GST_VERSION_MAJOR, GST_VERSION_MINOR, major, minor);
  return FALSE;
}

static gboolean
plugin_init (GstPlugin *plugin)
{
  return is_built_for_this_version ()
      && gst_dynamic_type_register (plugin, GST_TYPE_ICE_WEBRTC_AGENT);
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, icewebrtc,
    "ICE agent for webrtcbin, with the states of icesrc and icesink",
    plugin_init, VERSION, "LGPL", GST_PACKAGE_NAME, GST_PACKAGE_ORIGIN)
