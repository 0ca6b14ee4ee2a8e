/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Candidates in the form of webrtcbin's statistics. */
#pragma once

#include <gst/gst.h>
#include <gst/webrtc/webrtc.h>

G_BEGIN_DECLS

GstWebRTCICECandidateStats *gst_ice_webrtc_candidates_parse (
    const gchar *text, guint stream);
GstWebRTCICECandidateStats **gst_ice_webrtc_candidates_list (
    GstElement *src, const gchar *property, guint stream);
gboolean gst_ice_webrtc_candidates_get_selected (GstElement *src, guint stream,
    GstWebRTCICECandidateStats **local, GstWebRTCICECandidateStats **remote);
#if GST_CHECK_VERSION(1, 27, 90)
GstWebRTCICECandidatePair *gst_ice_webrtc_candidates_get_pair (
    GstElement *src, guint stream);
#endif

G_END_DECLS
