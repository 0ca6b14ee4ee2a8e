/* gst-ice: the webrtcbin of an agent.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gsticewebrtcowner.h"

/**
 * gst_ice_webrtc_owner_init:
 * @self: (out caller-allocates): no webrtcbin
 */
void
gst_ice_webrtc_owner_init (GstIceWebRTCOwner *self)
{
  g_mutex_init (&self->lock);
}

/**
 * gst_ice_webrtc_owner_clear:
 * @self: an owner
 */
void
gst_ice_webrtc_owner_clear (GstIceWebRTCOwner *self)
{
  if (self->notify != NULL)
    self->notify (self->data);
  g_mutex_clear (&self->lock);
}

/**
 * gst_ice_webrtc_owner_set:
 * @self: an owner
 * @agent: the agent that it owns
 * @func: (nullable): takes our candidates
 * @data: for @func
 * @notify: (nullable): frees @data
 *
 * A webrtcbin sets @func in its constructor. It keeps the pointer that it was
 * given as `ice-agent` without a reference, and drops one at its end. After a
 * second webrtcbin no function is called, for one of the two may be gone.
 */
void
gst_ice_webrtc_owner_set (GstIceWebRTCOwner *self, GstWebRTCICE *agent,
    GstWebRTCICEOnCandidateFunc func, gpointer data, GDestroyNotify notify)
{
  GDestroyNotify old_notify;
  gpointer old_data;
  gboolean second;

  g_mutex_lock (&self->lock);
  second = func != NULL && self->present;
  self->present |= func != NULL;
  old_notify = self->notify;
  old_data = self->data;
  self->func = second ? NULL : func;
  self->data = data;
  self->notify = notify;
  g_mutex_unlock (&self->lock);
  if (func != NULL)
    gst_object_ref_sink (agent);
  if (second)
    g_critical ("a GstIceWebRTCAgent serves one webrtcbin, and this one was "
                "given to another before: no candidates will be reported");
  if (old_notify != NULL)
    old_notify (old_data);
}

/* From 1.24 on webrtcbin derives the end of candidates from `gathering-state`.
 */
static gboolean
is_for_webrtcbin (const gchar *candidate)
{
  if (candidate == NULL)
    return FALSE;
#if GST_CHECK_VERSION(1, 23, 90)
  return *candidate != '\0';
#else
  return TRUE;
#endif
}

/**
 * gst_ice_webrtc_owner_report_candidate:
 * @self: an owner
 * @agent: the agent that it owns
 * @stream: sdpMLineIndex
 * @candidate: (nullable): as in icesrc's on-ice-candidate
 */
void
gst_ice_webrtc_owner_report_candidate (GstIceWebRTCOwner *self,
    GstWebRTCICE *agent, guint stream, const gchar *candidate)
{
  GstWebRTCICEOnCandidateFunc func;
  gpointer data;

  g_mutex_lock (&self->lock);
  func = self->func;
  data = self->data;
  g_mutex_unlock (&self->lock);
  if (is_for_webrtcbin (candidate) && func != NULL)
    func (agent, stream, candidate, data);
}

/**
 * gst_ice_webrtc_owner_takes_streams:
 *
 * Returns: whether webrtcbin drops a reference to each stream: from 1.26.10 on
 */
gboolean
gst_ice_webrtc_owner_takes_streams (void)
{
  GstPluginFeature *webrtcbin = gst_registry_find_feature (
      gst_registry_get (), "webrtcbin", GST_TYPE_ELEMENT_FACTORY);
  gboolean takes = webrtcbin != NULL
      && gst_plugin_feature_check_version (webrtcbin, 1, 26, 10);

  gst_clear_object (&webrtcbin);
  return takes;
}
