/* gst-ice: the states of webrtcbin's agent.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gsticewebrtcstates.h"

#define BIT(state) (1u << GST_WEBRTC_ICE_CONNECTION_STATE_##state)

/**
 * gst_ice_webrtc_states_get_connection:
 * @states: those of the transports
 * @n: how many they are
 * @closed: whether the connection was closed
 *
 * RTCIceConnectionState, W3C webrtc-pc section 5.6.4.
 *
 * Returns: the connection's
 */
GstWebRTCICEConnectionState
gst_ice_webrtc_states_get_connection (
    const GstWebRTCICEConnectionState *states, guint n, gboolean closed)
{
  guint i, found = 0;

  for (i = 0; i < n; i++)
    found |= 1u << states[i];
  if (closed)
    return GST_WEBRTC_ICE_CONNECTION_STATE_CLOSED;
  if (found & BIT (FAILED))
    return GST_WEBRTC_ICE_CONNECTION_STATE_FAILED;
  if (found & BIT (DISCONNECTED))
    return GST_WEBRTC_ICE_CONNECTION_STATE_DISCONNECTED;
  if ((found & ~(BIT (NEW) | BIT (CLOSED))) == 0)
    return GST_WEBRTC_ICE_CONNECTION_STATE_NEW;
  if (found & (BIT (NEW) | BIT (CHECKING)))
    return GST_WEBRTC_ICE_CONNECTION_STATE_CHECKING;
  if ((found & ~(BIT (COMPLETED) | BIT (CLOSED))) == 0)
    return GST_WEBRTC_ICE_CONNECTION_STATE_COMPLETED;
  return GST_WEBRTC_ICE_CONNECTION_STATE_CONNECTED;
}

/**
 * gst_ice_webrtc_states_get_gathering:
 * @states: those of the transports
 * @n: how many they are
 *
 * RTCIceGatheringState, W3C webrtc-pc section 5.6.3.
 *
 * Returns: the connection's
 */
GstWebRTCICEGatheringState
gst_ice_webrtc_states_get_gathering (
    const GstWebRTCICEGatheringState *states, guint n)
{
  guint i, n_complete = 0;

  for (i = 0; i < n; i++) {
    if (states[i] == GST_WEBRTC_ICE_GATHERING_STATE_GATHERING)
      return GST_WEBRTC_ICE_GATHERING_STATE_GATHERING;
    n_complete += states[i] == GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE;
  }
  return n > 0 && n_complete == n ? GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE
                                  : GST_WEBRTC_ICE_GATHERING_STATE_NEW;
}

/**
 * gst_ice_webrtc_states_install:
 * @klass: the class of agents
 * @first_id: property id of the connection's state; that of gathering is next
 *
 * In class_init.
 */
void
gst_ice_webrtc_states_install (GObjectClass *klass, guint first_id)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  /**
   * GstIceWebRTCAgent:ice-connection-state:
   *
   * RTCIceConnectionState over all transports, with those of data channels,
   * which webrtcbin leaves out.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, first_id,
      g_param_spec_enum ("ice-connection-state", "ICE connection state",
          "RTCIceConnectionState over all transports",
          GST_TYPE_WEBRTC_ICE_CONNECTION_STATE,
          GST_WEBRTC_ICE_CONNECTION_STATE_NEW, flags));
  /**
   * GstIceWebRTCAgent:ice-gathering-state:
   *
   * RTCIceGatheringState over all transports.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, first_id + 1,
      g_param_spec_enum ("ice-gathering-state", "ICE gathering state",
          "RTCIceGatheringState over all transports",
          GST_TYPE_WEBRTC_ICE_GATHERING_STATE,
          GST_WEBRTC_ICE_GATHERING_STATE_NEW, flags));
}
