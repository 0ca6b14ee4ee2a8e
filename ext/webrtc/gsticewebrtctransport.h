/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One ICE transport of webrtcbin: an icesrc and an icesink. */
#pragma once

#include <gst/gst.h>
#include <gst/webrtc/webrtc.h>

G_BEGIN_DECLS

#define GST_TYPE_ICE_WEBRTC_TRANSPORT (gst_ice_webrtc_transport_get_type ())
G_DECLARE_FINAL_TYPE (GstIceWebRTCTransport, gst_ice_webrtc_transport, GST,
    ICE_WEBRTC_TRANSPORT, GstWebRTCICETransport)

GstIceWebRTCTransport *gst_ice_webrtc_transport_new (
    const gchar *connection_id, guint stream, GstWebRTCICEComponent component);
GstElement *gst_ice_webrtc_transport_get_src (GstIceWebRTCTransport *self);
GstElement *gst_ice_webrtc_transport_get_sink (GstIceWebRTCTransport *self);

G_END_DECLS
