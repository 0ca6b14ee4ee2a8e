/* gst-ice: a session's remote side.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gsticesessionremote.h"
#include "gsticesessiongeneration.h"
#include "gsticesessionnames.h"
#include "gsticesessionstates.h"
#include "icecredentials.h"
#include "icemessage.h"
#include <string.h>

GST_DEBUG_CATEGORY_EXTERN (gst_ice_session_debug);
#define GST_CAT_DEFAULT gst_ice_session_debug

void
gst_ice_session_apply_remote (GstIceSession *self, GstIceSessionEntry *entry)
{
  g_autofree gchar *ufrag = NULL;
  g_autofree gchar *password = NULL;
  g_autoptr (GPtrArray) candidates = g_ptr_array_new_with_free_func (
      (GDestroyNotify) ice_candidate_free);
  gboolean complete, credentials;
  guint i;

  gst_ice_session_look_up_names (self);
  g_mutex_lock (&self->lock);
  /* The tables are ahead: the restart that waits is followed by this again. */
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
  for (i = 0; i < candidates->len; i++) {
    const IceCandidate *candidate = g_ptr_array_index (candidates, i);

    if (candidate->component
        == gst_ice_transport_get_component (entry->transport))
      gst_ice_transport_add_remote_candidate (entry->transport, candidate);
  }
  if (complete && !entry->complete) {
    entry->complete = TRUE;
    gst_ice_transport_remote_end_of_candidates (entry->transport);
    gst_ice_session_step (
        self, entry->transport, ICE_EVENT_REMOTE_END_OF_CANDIDATES, NULL);
  }
}

void
gst_ice_session_apply_all_remote (GstIceSession *self, gpointer unused)
{
  g_autoptr (GPtrArray) entries = gst_ice_session_list_entries (self);
  guint i;

  for (i = 0; i < entries->len; i++) {
    GstIceSessionEntry *entry = g_ptr_array_index (entries, i);

    if (entry->begun)
      gst_ice_session_apply_remote (self, entry);
  }
}

gboolean
gst_ice_session_check_stream (guint stream, GError **error)
{
  if (stream <= ICE_MESSAGE_MAX_STREAM)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
      "stream %u is out of range, 0 to %u", stream, ICE_MESSAGE_MAX_STREAM);
  return FALSE;
}

gboolean
gst_ice_session_check_open (GstIceSession *self, GError **error)
{
  if (!gst_ice_session_is_closed (self))
    return TRUE;
  g_set_error_literal (
      error, G_IO_ERROR, G_IO_ERROR_CLOSED, "the agent is closed");
  return FALSE;
}

static void
end_remote_candidates (GstIceSession *self, gboolean all, guint index)
{
  guint i;

  g_mutex_lock (&self->lock);
  if (!all)
    gst_ice_session_find_stream (self, index);
  for (i = 0; i < self->streams->len; i++) {
    IceStream *stream = g_ptr_array_index (self->streams, i);

    if (all || stream->index == index)
      stream->remote_complete = TRUE;
  }
  g_mutex_unlock (&self->lock);
  gst_ice_session_queue (self, gst_ice_session_apply_all_remote, NULL, NULL);
}

/* What filter-candidate makes of a candidate; NULL = dropped. */
gchar *
gst_ice_session_filter (
    GstIceSession *self, guint stream, const gchar *candidate, gboolean local)
{
  g_autofree gchar *answer = self->callbacks->filter (
      self->owner, stream, candidate, local);

  if (answer == NULL)
    GST_INFO_OBJECT (self->owner, "stream %u: a %s candidate was filtered out",
        stream, local ? "local" : "remote");
  else if (answer[0] == '\0')
    return g_strdup (candidate);
  return g_steal_pointer (&answer);
}

/**
 * gst_ice_session_add_candidate:
 * @self: a session
 * @stream: sdpMLineIndex
 * @text: (nullable): the peer's candidate; "" = the end of candidates of
 *   @stream; %NULL = of all streams
 *
 * Any thread.
 *
 * Returns: whether it was taken; %FALSE with @error set otherwise, and nothing
 *   changed
 */
gboolean
gst_ice_session_add_candidate (
    GstIceSession *self, guint stream, const gchar *text, GError **error)
{
  g_autoptr (IceCandidate) candidate = NULL;
  g_autofree gchar *filtered = NULL;
  gboolean taken, is_new;

  if (!gst_ice_session_check_stream (stream, error)
      || !gst_ice_session_check_open (self, error))
    return FALSE;
  if (text == NULL || text[0] == '\0') {
    end_remote_candidates (self, text == NULL, stream);
    return TRUE;
  }

  candidate = ice_candidate_parse (text, error);
  if (candidate == NULL)
    return FALSE;
  filtered = gst_ice_session_filter (self, stream, text, FALSE);
  if (filtered == NULL)
    return TRUE;
  if (strcmp (filtered, text) != 0) {
    ice_candidate_free (g_steal_pointer (&candidate));
    candidate = ice_candidate_parse (filtered, error);
    if (candidate == NULL) {
      g_prefix_error (error, "filter-candidate's answer: ");
      return FALSE;
    }
  }

  g_mutex_lock (&self->lock);
  taken = ice_stream_add_remote_candidate (
      gst_ice_session_find_stream (self, stream), candidate, &is_new, error);
  g_mutex_unlock (&self->lock);
  if (taken && is_new)
    gst_ice_session_queue (self, gst_ice_session_apply_all_remote, NULL, NULL);
  return taken;
}

static gboolean
has_worked (GstIceSession *self, guint stream)
{
  g_autoptr (GPtrArray) entries = gst_ice_session_list_entries (self);
  gboolean restarting;
  guint i;

  g_mutex_lock (&self->lock);
  restarting = gst_ice_session_is_stale (self);
  g_mutex_unlock (&self->lock);
  for (i = 0; i < entries->len && !restarting; i++) {
    GstIceSessionEntry *entry = g_ptr_array_index (entries, i);

    if (entry->stream->index == stream
        && gst_ice_transport_has_worked (entry->transport))
      return TRUE;
  }
  return FALSE;
}

/* Other credentials than before. After a pair worked the peer restarts (RFC
 * 8839 section 5.4), and so do we. Before that they correct those that came
 * earlier, or are a later answer to our own restart: answering those with a
 * restart, two ends would restart for ever. */
static gboolean
replace_remote (GstIceSession *self, guint index, GError **error)
{
  if (!has_worked (self, index)) {
    gst_ice_session_offer_again (self, index);
    return TRUE;
  }
  if (!gst_ice_session_restart (self, error))
    return FALSE;
  g_mutex_lock (&self->lock);
  self->answers = TRUE;
  g_mutex_unlock (&self->lock);
  return TRUE;
}

/**
 * gst_ice_session_set_remote_credentials:
 * @self: a session
 * @stream: sdpMLineIndex
 * @ufrag: the peer's
 * @password: the peer's
 * @error: says what was wrong
 *
 * Any thread. Other credentials than those that a pair worked with mean that
 * the peer has restarted: then this session restarts too.
 *
 * Returns: whether they were taken
 */
gboolean
gst_ice_session_set_remote_credentials (GstIceSession *self, guint stream,
    const gchar *ufrag, const gchar *password, GError **error)
{
  gboolean changed, replace;
  IceStream *s;

  if (!gst_ice_session_check_stream (stream, error)
      || !gst_ice_session_check_open (self, error)
      || !ice_ufrag_check (ufrag, error)
      || !ice_password_check (password, error))
    return FALSE;

  g_mutex_lock (&self->lock);
  s = gst_ice_session_find_stream (self, stream);
  changed = s->remote_ufrag == NULL || g_strcmp0 (s->remote_ufrag, ufrag) != 0
      || g_strcmp0 (s->remote_password, password) != 0;
  replace = changed && s->remote_ufrag != NULL && self->io != NULL;
  g_mutex_unlock (&self->lock);
  if (replace && !replace_remote (self, stream, error))
    return FALSE;
  g_mutex_lock (&self->lock);
  ice_stream_set_remote_credentials (s, ufrag, password);
  g_mutex_unlock (&self->lock);
  if (changed)
    gst_ice_session_queue (self, gst_ice_session_apply_all_remote, NULL, NULL);
  return TRUE;
}
