/* gst-ice: reports the states of webrtcbin's agent.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Any thread. */

#include "gsticewebrtcreporter.h"

/**
 * gst_ice_webrtc_reporter_init:
 * @self: (out caller-allocates): an open one
 * @agent: (transfer none): the agent that owns it
 * @streams: (transfer none): those of @agent
 */
void
gst_ice_webrtc_reporter_init (GstIceWebRTCReporter *self, GstWebRTCICE *agent,
    GstIceWebRTCStreams *streams)
{
  g_mutex_init (&self->lock);
  self->agent = agent;
  self->streams = streams;
}

/**
 * gst_ice_webrtc_reporter_clear:
 * @self: a reporter
 */
void
gst_ice_webrtc_reporter_clear (GstIceWebRTCReporter *self)
{
  g_mutex_clear (&self->lock);
}

/* Under the lock, which is free while the handlers run. */
static void
report (GstIceWebRTCReporter *self)
{
  GstWebRTCICEConnectionState connection =
      gst_ice_webrtc_streams_get_connection_state (
          self->streams, self->phase == GST_ICE_WEBRTC_CLOSED);
  GstWebRTCICEGatheringState gathering =
      gst_ice_webrtc_streams_get_gathering_state (self->streams);
  gboolean connection_changed = self->agent->ice_connection_state != connection;
  gboolean gathering_changed = self->agent->ice_gathering_state != gathering;

  self->agent->ice_connection_state = connection;
  self->agent->ice_gathering_state = gathering;
  g_mutex_unlock (&self->lock);
  if (gathering_changed)
    g_object_notify (G_OBJECT (self->agent), "ice-gathering-state");
  if (connection_changed)
    g_object_notify (G_OBJECT (self->agent), "ice-connection-state");
  g_mutex_lock (&self->lock);
}

/* Under the lock. */
static gboolean
may_report (GstIceWebRTCReporter *self)
{
  return self->phase != GST_ICE_WEBRTC_CLOSING
      && self->agent->ice_connection_state
      != GST_WEBRTC_ICE_CONNECTION_STATE_CLOSED;
}

/**
 * gst_ice_webrtc_reporter_update:
 * @self: a reporter
 *
 * Takes the states of the transports, and reports what has changed. One thread
 * reports at a time; changes that come meanwhile, in another thread or in a
 * handler, are reported by that thread. Nothing is reported while the
 * transports are being closed, nor after `closed`.
 */
void
gst_ice_webrtc_reporter_update (GstIceWebRTCReporter *self)
{
  g_mutex_lock (&self->lock);
  self->changed = TRUE;
  if (!self->reporting) {
    self->reporting = TRUE;
    while (self->changed && may_report (self)) {
      self->changed = FALSE;
      report (self);
    }
    self->reporting = FALSE;
  }
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_webrtc_reporter_set_phase:
 * @self: a reporter
 * @phase: a later one than now; an earlier one has no effect
 */
void
gst_ice_webrtc_reporter_set_phase (
    GstIceWebRTCReporter *self, GstIceWebRTCPhase phase)
{
  g_mutex_lock (&self->lock);
  self->phase = MAX (self->phase, phase);
  g_mutex_unlock (&self->lock);
  gst_ice_webrtc_reporter_update (self);
}

/**
 * gst_ice_webrtc_reporter_is_open:
 * @self: a reporter
 *
 * Returns: whether closing has not begun
 */
gboolean
gst_ice_webrtc_reporter_is_open (GstIceWebRTCReporter *self)
{
  gboolean open;

  g_mutex_lock (&self->lock);
  open = self->phase == GST_ICE_WEBRTC_OPEN;
  g_mutex_unlock (&self->lock);
  return open;
}

/**
 * gst_ice_webrtc_reporter_get_connection_state:
 * @self: a reporter
 *
 * Returns: the state now, which may not have been reported yet; `closed` from
 *   the beginning of closing on
 */
GstWebRTCICEConnectionState
gst_ice_webrtc_reporter_get_connection_state (GstIceWebRTCReporter *self)
{
  return gst_ice_webrtc_streams_get_connection_state (
      self->streams, !gst_ice_webrtc_reporter_is_open (self));
}
