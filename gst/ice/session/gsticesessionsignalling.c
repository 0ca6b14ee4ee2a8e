/* gst-ice: a session's built-in signalling.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "session/gsticesessionsignalling.h"
#include "session/gsticesessionautorestart.h"
#include "session/gsticesessioncall.h"
#include "session/gsticesessionprogress.h"
#include "session/gsticesessionrestart.h"
#include "session/gsticesessionremote.h"
#include "session/gsticesessionrole.h"
#include "session/gsticesessionstates.h"

/* Returns: a stream's local candidates as text, "" last if they are complete;
 * another thread may restart the session meanwhile */
static GPtrArray *
list_local_candidates (GstIceSession *self, const IceStream *stream)
{
  GPtrArray *list = g_ptr_array_new_with_free_func (g_free);
  guint i;

  g_mutex_lock (&self->lock);
  for (i = 0; i < stream->local->len; i++)
    g_ptr_array_add (
        list, ice_candidate_to_string (g_ptr_array_index (stream->local, i)));
  if (stream->local_complete)
    g_ptr_array_add (list, g_strdup (""));
  g_mutex_unlock (&self->lock);
  return list;
}

static void
on_channel_opened (gpointer data)
{
  GstIceSession *self = data;
  g_autoptr (GPtrArray) entries = gst_ice_session_list_entries (self);
  g_autoptr (GHashTable) sent = g_hash_table_new (NULL, NULL);
  guint i, k;

  g_mutex_lock (&self->lock);
  self->channel_opened = TRUE;
  g_mutex_unlock (&self->lock);
  gst_ice_session_consider_progress (self);
  for (i = 0; i < entries->len && self->channel != NULL; i++) {
    GstIceSessionEntry *entry = g_ptr_array_index (entries, i);
    g_autoptr (GPtrArray) candidates = NULL;

    if (!g_hash_table_add (sent, entry->stream))
      continue;
    gst_ice_session_send_parameters (self, entry->stream);
    candidates = list_local_candidates (self, entry->stream);
    for (k = 0; k < candidates->len; k++)
      gst_ice_channel_send_candidate (self->channel, entry->stream->index,
          self->adopted_ufrag, g_ptr_array_index (candidates, k));
  }
}

/* A newer generation than ours means that the peer restarts, and so do we. An
 * older one was sent before the peer received ours, and will be sent again. */
static gboolean
on_channel_parameters (guint stream, const gchar *ufrag, const gchar *password,
    guint generation, gpointer data, GError **error)
{
  GstIceSession *self = data;
  guint ours;

  g_mutex_lock (&self->lock);
  ours = self->generation;
  g_mutex_unlock (&self->lock);
  if (generation < ours)
    return TRUE;
  if (!gst_ice_session_check_credentials (
          self, stream, ufrag, password, generation > ours, error))
    return FALSE;
  if (generation > ours) {
    if (!gst_ice_session_answer_restart (self, FALSE, error))
      return FALSE;
    /* Fast restarts may be signalled as one, so ours may be several behind. */
    g_mutex_lock (&self->lock);
    self->generation = MAX (self->generation, generation);
    g_mutex_unlock (&self->lock);
  }
  return gst_ice_session_set_remote_credentials (
      self, stream, ufrag, password, error);
}

/* Whether it belongs to the generation that is being replaced. */
static gboolean
is_outdated (GstIceSession *self, guint index, const gchar *ufrag)
{
  const IceStream *stream;
  const gchar *known;
  gboolean outdated;

  g_mutex_lock (&self->lock);
  stream = gst_ice_session_look_up_stream (self, index);
  known = stream != NULL ? stream->remote_ufrag : NULL;
  outdated = self->generation > 0 && ufrag != NULL
      && g_strcmp0 (ufrag, known) != 0;
  g_mutex_unlock (&self->lock);
  return outdated;
}

static gboolean
on_channel_candidate (guint stream, const gchar *ufrag, const gchar *candidate,
    gpointer data, GError **error)
{
  GstIceSession *self = data;

  if (is_outdated (self, stream, ufrag))
    return TRUE;
  return gst_ice_session_add_candidate (self, stream, candidate, error);
}

static void
on_channel_bye (gpointer data)
{
  GstIceSession *self = data;
  g_autoptr (GPtrArray) entries = gst_ice_session_list_entries (self);
  guint i;

  if (gst_ice_session_note_bye (self))
    return;
  for (i = 0; i < entries->len; i++) {
    GstIceSessionEntry *entry = g_ptr_array_index (entries, i);

    gst_ice_datapath_end_of_stream (
        gst_ice_transport_get_datapath (entry->transport));
  }
}

static void
on_channel_closed (gboolean after_bye, gpointer data)
{
  GstIceSession *self = data;

  g_mutex_lock (&self->lock);
  self->cut_off = TRUE;
  g_mutex_unlock (&self->lock);
  gst_ice_session_consider_restart (self);
  gst_ice_session_consider_progress (self);
  gst_ice_session_note_line_end (self, after_bye);
}

/* Media that flows does not need the line; before that its end ends the call,
 * and with keep=true the listener takes another one. An error caused by a
 * stranger is a warning. */
static void
on_channel_problem (const GError *error, gboolean over, gpointer data)
{
  GstIceSession *self = data;
  GstIceConnectionState state = gst_ice_session_get_connection_state (self);
  gboolean needed = state == GST_ICE_CONNECTION_STATE_NEW
      || state == GST_ICE_CONNECTION_STATE_CHECKING;

  gst_ice_session_report_problem (
      self, error, over && needed && !gst_ice_session_is_in_call (self));
}

static const GstIceChannelCallbacks callbacks = {
  .opened = on_channel_opened,
  .parameters = on_channel_parameters,
  .candidate = on_channel_candidate,
  .bye = on_channel_bye,
  .closed = on_channel_closed,
  .problem = on_channel_problem,
};

void
gst_ice_session_start_channel (GstIceSession *self)
{
  g_autoptr (IceSignallingUri) uri = NULL;
  g_autoptr (GError) error = NULL;
  GstIceRole role;
  gboolean choose_role;

  g_mutex_lock (&self->lock);
  role = self->role;
  if (!self->channel_started
      && gst_ice_settings_get_string (
             &self->settings, GST_ICE_SETTING_SIGNALLING_URI)
          != NULL)
    uri = ice_signalling_uri_parse (
        gst_ice_settings_get_string (
            &self->settings, GST_ICE_SETTING_SIGNALLING_URI),
        NULL);
  choose_role = !self->settings.chosen[GST_ICE_SETTING_ROLE]
      || role == GST_ICE_ROLE_UNKNOWN;
  g_mutex_unlock (&self->lock);
  if (uri != NULL && choose_role)
    gst_ice_session_put_role (self,
        uri->mode == ICE_SIGNALLING_LISTENER ? GST_ICE_ROLE_CONTROLLED
                                             : GST_ICE_ROLE_CONTROLLING);
  else if (role == GST_ICE_ROLE_UNKNOWN)
    gst_ice_session_put_role (self, GST_ICE_ROLE_CONTROLLING);
  else /* it may have been set after the transports were made */
    gst_ice_session_put_role (self, role);
  if (uri == NULL)
    return;

  if (self->channel == NULL)
    self->channel = gst_ice_channel_new (
        uri, gst_ice_io_get_context (self->io), &callbacks, self);
  self->channel_started = TRUE;
  if (uri->keep)
    gst_ice_session_start_call (self);
  if (!gst_ice_channel_start (self->channel, &error))
    gst_ice_session_report_problem (self, error, TRUE);
}

static void
do_bye (GstIceSession *self, gpointer unused)
{
  gst_ice_session_stop_calls (self);
  if (self->channel != NULL)
    gst_ice_channel_send_bye (self->channel);
}

/**
 * gst_ice_session_end_of_stream:
 * @self: a session
 * @transport: one of its transports, whose stream ended at our side
 *
 * Any thread. Sends `bye` after the last transport's.
 */
void
gst_ice_session_end_of_stream (GstIceSession *self, GstIceTransport *transport)
{
  g_autoptr (GPtrArray) entries = gst_ice_session_list_entries (self);
  gboolean all = TRUE;
  guint i;

  g_atomic_int_set (
      &gst_ice_session_find_entry (entries, transport)->ended, TRUE);
  for (i = 0; i < entries->len; i++) {
    GstIceSessionEntry *entry = g_ptr_array_index (entries, i);

    if (gst_ice_claims_has (
            gst_ice_datapath_get_claims (
                gst_ice_transport_get_datapath (entry->transport)),
            GST_ICE_DIRECTION_SEND)
        && !g_atomic_int_get (&entry->ended))
      all = FALSE;
  }
  if (all)
    gst_ice_session_queue (self, do_bye, NULL, NULL);
}
