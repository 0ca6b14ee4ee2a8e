/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One stream of webrtcbin's agent: an m-line, or a bundle of them. Its
 * transports share one GstIceAgent of their own, because webrtcbin gives each
 * m-line other credentials. */
#pragma once

#include <gst/gst.h>
#include <gst/webrtc/webrtc.h>
#include "gsticewebrtctransport.h"

G_BEGIN_DECLS

#define GST_TYPE_ICE_WEBRTC_STREAM (gst_ice_webrtc_stream_get_type ())
G_DECLARE_FINAL_TYPE (GstIceWebRTCStream, gst_ice_webrtc_stream, GST,
    ICE_WEBRTC_STREAM, GstWebRTCICEStream)

GstIceWebRTCStream *gst_ice_webrtc_stream_new (guint session_id);
GPtrArray *gst_ice_webrtc_stream_list_transports (GstIceWebRTCStream *self);
GstElement *gst_ice_webrtc_stream_get_src (GstIceWebRTCStream *self);
gboolean gst_ice_webrtc_stream_set_local_credentials (
    GstIceWebRTCStream *self, const gchar *ufrag, const gchar *pwd);
gboolean gst_ice_webrtc_stream_set_remote_credentials (
    GstIceWebRTCStream *self, const gchar *ufrag, const gchar *pwd);
gchar *gst_ice_webrtc_stream_get_remote_ufrag (GstIceWebRTCStream *self);
gboolean gst_ice_webrtc_stream_add_candidate (
    GstIceWebRTCStream *self, const gchar *candidate);
gboolean gst_ice_webrtc_stream_restart (GstIceWebRTCStream *self);

G_END_DECLS
