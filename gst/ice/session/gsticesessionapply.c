/* gst-ice: gives the backend the peer's credentials and candidates.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "session/gsticesessionapply.h"
#include "session/gsticesessionaddress.h"
#include "session/gsticesessionprogress.h"
#include "session/gsticesessionstates.h"

GST_DEBUG_CATEGORY_EXTERN (gst_ice_session_debug);
#define GST_CAT_DEFAULT gst_ice_session_debug

/* Judges a candidate again: its name is resolved only now, and settings may
 * have changed since it was added. */
static gboolean
may_check (GstIceSession *self, const IceCandidate *candidate)
{
  g_autoptr (GError) error = NULL;

  if (gst_ice_session_check_address (self, candidate, &error))
    return TRUE;
  GST_INFO_OBJECT (
      self->owner, "a remote candidate is left out: %s", error->message);
  return FALSE;
}

/**
 * gst_ice_session_apply_remote:
 * @self: a session
 * @entry: one of its transports, which gathers
 *
 * I/O thread. Gives the backend what the remote tables have and it has not.
 */
void
gst_ice_session_apply_remote (GstIceSession *self, GstIceSessionEntry *entry)
{
  g_autofree gchar *ufrag = NULL;
  g_autofree gchar *password = NULL;
  g_autoptr (GPtrArray) candidates = g_ptr_array_new_with_free_func (
      (GDestroyNotify) ice_candidate_free);
  gboolean complete, credentials;
  guint i;

  g_mutex_lock (&self->lock);
  /* The tables are of a newer generation: this runs again after its restart. */
  if (gst_ice_session_is_stale (self)) {
    g_mutex_unlock (&self->lock);
    return;
  }
  ufrag = g_strdup (entry->stream->remote_ufrag);
  password = g_strdup (entry->stream->remote_password);
  credentials = ufrag != NULL && g_strcmp0 (ufrag, entry->ufrag) != 0;
  if (ufrag != NULL) {
    for (i = entry->applied; i < entry->stream->usable->len; i++)
      g_ptr_array_add (candidates,
          ice_candidate_copy (g_ptr_array_index (entry->stream->usable, i)));
    entry->applied = entry->stream->usable->len;
  }
  complete = ice_stream_has_all_remote (entry->stream,
      gst_ice_settings_get_boolean (&self->settings, GST_ICE_SETTING_TRICKLE));
  g_mutex_unlock (&self->lock);

  if (ufrag == NULL || gst_ice_session_is_closed (self))
    return;
  if (credentials) {
    g_free (entry->ufrag);
    entry->ufrag = g_strdup (ufrag);
    gst_ice_transport_set_remote_credentials (
        entry->transport, ufrag, password);
    gst_ice_session_step (self, entry->transport, ICE_EVENT_CREDENTIALS, NULL);
  }
  if (candidates->len > 0)
    gst_ice_session_step (
        self, entry->transport, ICE_EVENT_REMOTE_CANDIDATE, NULL);
  for (i = 0; i < candidates->len; i++) {
    const IceCandidate *candidate = g_ptr_array_index (candidates, i);

    if (candidate->component
            == gst_ice_transport_get_component (entry->transport)
        && may_check (self, candidate))
      gst_ice_transport_add_remote_candidate (entry->transport, candidate);
  }
  if (complete && !entry->complete) {
    entry->complete = TRUE;
    gst_ice_transport_remote_end_of_candidates (entry->transport);
    gst_ice_session_step (
        self, entry->transport, ICE_EVENT_REMOTE_END_OF_CANDIDATES, NULL);
  }
}

/**
 * gst_ice_session_apply_all_remote:
 * @self: a session
 *
 * I/O thread. As gst_ice_session_apply_remote(), for all transports that
 * gather.
 */
void
gst_ice_session_apply_all_remote (GstIceSession *self)
{
  g_autoptr (GPtrArray) entries = gst_ice_session_list_entries (self);
  guint i;

  for (i = 0; i < entries->len; i++) {
    GstIceSessionEntry *entry = g_ptr_array_index (entries, i);

    if (entry->begun)
      gst_ice_session_apply_remote (self, entry);
  }
  if (!gst_ice_session_is_closed (self))
    gst_ice_session_consider_progress (self);
}
