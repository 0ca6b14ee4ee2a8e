/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The states over all transports of an agent: reported when they change, in
 * order, and `closed` last. */
#pragma once

#include <gst/gst.h>
#include <gst/webrtc/webrtc.h>
#include "gsticewebrtcstreams.h"

G_BEGIN_DECLS

typedef enum
{
  GST_ICE_WEBRTC_OPEN,
  GST_ICE_WEBRTC_CLOSING, /* the transports are being closed */
  GST_ICE_WEBRTC_CLOSED
} GstIceWebRTCPhase;

typedef struct
{
  GstWebRTCICE *agent; /* it owns this */
  GstIceWebRTCStreams *streams;
  GMutex lock;
  /* under the lock, as are the states of the agent */
  GstIceWebRTCPhase phase;
  gboolean changed;   /* since the states were taken */
  gboolean reporting; /* a thread is in gst_ice_webrtc_reporter_update() */
} GstIceWebRTCReporter;

void gst_ice_webrtc_reporter_init (GstIceWebRTCReporter *self,
    GstWebRTCICE *agent, GstIceWebRTCStreams *streams);
void gst_ice_webrtc_reporter_clear (GstIceWebRTCReporter *self);
void gst_ice_webrtc_reporter_update (GstIceWebRTCReporter *self);
void gst_ice_webrtc_reporter_set_phase (
    GstIceWebRTCReporter *self, GstIceWebRTCPhase phase);
gboolean gst_ice_webrtc_reporter_is_open (GstIceWebRTCReporter *self);
GstWebRTCICEConnectionState gst_ice_webrtc_reporter_get_connection_state (
    GstIceWebRTCReporter *self);

G_END_DECLS
