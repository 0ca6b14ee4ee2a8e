/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The streams of an agent, and the states over all of them. */
#pragma once

#include <gst/gst.h>
#include "gsticewebrtcstream.h"

G_BEGIN_DECLS

typedef struct
{
  GMutex lock;
  GPtrArray *list; /* of GstIceWebRTCStream, under the lock */
} GstIceWebRTCStreams;

void gst_ice_webrtc_streams_init (GstIceWebRTCStreams *self);
void gst_ice_webrtc_streams_clear (GstIceWebRTCStreams *self);
void gst_ice_webrtc_streams_add (
    GstIceWebRTCStreams *self, GstIceWebRTCStream *stream);
GPtrArray *gst_ice_webrtc_streams_list_transports (GstIceWebRTCStreams *self);
GPtrArray *gst_ice_webrtc_streams_list_sources (GstIceWebRTCStreams *self);
GstWebRTCICEConnectionState gst_ice_webrtc_streams_get_connection_state (
    GstIceWebRTCStreams *self, gboolean closed);
GstWebRTCICEGatheringState gst_ice_webrtc_streams_get_gathering_state (
    GstIceWebRTCStreams *self);
void gst_ice_webrtc_streams_get_property (
    GstIceWebRTCStreams *self, const gchar *name, GValue *value);
gchar *gst_ice_webrtc_streams_get_remote_ufrag (GstIceWebRTCStreams *self);
gboolean gst_ice_webrtc_streams_restart (GstIceWebRTCStreams *self);
void gst_ice_webrtc_streams_close (GstIceWebRTCStreams *self);
GstStructure *gst_ice_webrtc_streams_get_stats (GstIceWebRTCStreams *self);

G_END_DECLS
