/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The webrtcbin that an agent serves: it has a reference, and a function that
 * takes our candidates. Any thread. */
#pragma once

#include <gst/gst.h>
#include <gst/webrtc/webrtc.h>

G_BEGIN_DECLS

typedef struct
{
  GMutex lock;
  /* under the lock */
  gboolean present; /* there is one, or was */
  GstWebRTCICEOnCandidateFunc func;
  gpointer data;
  GDestroyNotify notify;
} GstIceWebRTCOwner;

void gst_ice_webrtc_owner_init (GstIceWebRTCOwner *self);
void gst_ice_webrtc_owner_clear (GstIceWebRTCOwner *self);
void gst_ice_webrtc_owner_set (GstIceWebRTCOwner *self, GstWebRTCICE *agent,
    GstWebRTCICEOnCandidateFunc func, gpointer data, GDestroyNotify notify);
void gst_ice_webrtc_owner_report_candidate (GstIceWebRTCOwner *self,
    GstWebRTCICE *agent, guint stream, const gchar *candidate);
gboolean gst_ice_webrtc_owner_takes_streams (void);

G_END_DECLS
