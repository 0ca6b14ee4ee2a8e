/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * W3C webrtc-pc: the states of a connection over those of its transports. */
#pragma once

#include <gst/webrtc/webrtc.h>

G_BEGIN_DECLS

GstWebRTCICEConnectionState gst_ice_webrtc_states_get_connection (
    const GstWebRTCICEConnectionState *states, guint n, gboolean closed);
GstWebRTCICEGatheringState gst_ice_webrtc_states_get_gathering (
    const GstWebRTCICEGatheringState *states, guint n);
void gst_ice_webrtc_states_install (GObjectClass *klass, guint first_id);

G_END_DECLS
