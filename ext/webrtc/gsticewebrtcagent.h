/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * webrtcbin's ICE agent (its property `ice-agent`), made of icesrc and icesink.
 */
#pragma once

#include <gst/gst.h>
#include <gst/webrtc/webrtc.h>

G_BEGIN_DECLS

#define GST_TYPE_ICE_WEBRTC_AGENT (gst_ice_webrtc_agent_get_type ())
G_DECLARE_FINAL_TYPE (GstIceWebRTCAgent, gst_ice_webrtc_agent, GST,
    ICE_WEBRTC_AGENT, GstWebRTCICE)

G_END_DECLS
