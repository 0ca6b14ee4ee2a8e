/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the transports of an agent report, as signals and states of the agent.
 */
#pragma once

#include <gst/gst.h>
#include "gsticewebrtctransport.h"

G_BEGIN_DECLS

typedef enum
{
  GST_ICE_WEBRTC_SIGNAL_ON_ICE_CANDIDATE,
  GST_ICE_WEBRTC_SIGNAL_ON_ICE_CANDIDATE_ERROR,
  GST_ICE_WEBRTC_SIGNAL_ON_CANDIDATE_PAIR_STATE_CHANGE,
  GST_ICE_WEBRTC_SIGNAL_ON_SELECTED_CANDIDATE_PAIR_CHANGE,
  GST_ICE_WEBRTC_SIGNAL_FILTER_CANDIDATE,
  GST_ICE_WEBRTC_N_SIGNALS
} GstIceWebRTCSignal;

/* What the agent does itself. The I/O thread of the transport. */
typedef struct
{
  const gchar *const *shown; /* properties of icesrc that the agent has too */
  void (*candidate) (GstObject *agent, guint stream, const gchar *candidate);
  void (*state) (GstObject *agent);
} GstIceWebRTCEventFuncs;

void gst_ice_webrtc_events_install (GType agent_type);
void gst_ice_webrtc_events_connect (GstObject *agent,
    GstIceWebRTCTransport *transport, const GstIceWebRTCEventFuncs *funcs);
void gst_ice_webrtc_events_emit_candidate (
    GstObject *agent, guint stream, const gchar *candidate);

G_END_DECLS
