/* gst-ice: a session's gathering.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "session/gsticesessiongathering.h"
#include "api/gsticesignals.h"
#include "session/gsticesessionsignals.h"
#include "session/gsticesessionsignalling.h"
#include "session/gsticesessionrestart.h"
#include "session/gsticesessionapply.h"
#include "session/gsticesessionmdns.h"
#include "session/gsticesessionprogress.h"
#include "session/gsticesessionremote.h"
#include "session/gsticesessionsockets.h"
#include "session/gsticesessionautorestart.h"
#include "session/gsticesessionstates.h"
#include <string.h>

GST_DEBUG_CATEGORY_EXTERN (gst_ice_session_debug);
#define GST_CAT_DEFAULT gst_ice_session_debug

/* Servers whose names were not found. */
static void
report_lost_servers (GstIceSession *self, guint stream)
{
  guint i;

  for (i = 0; i < self->lost_servers->len; i++) {
    gchar **lost = g_ptr_array_index (self->lost_servers, i);
    GstIceCandidateError error = {
      .url = lost[0],
      .code = GST_ICE_ERROR_CODE_UNREACHABLE,
      .text = lost[1],
    };

    if (!gst_ice_session_is_closed (self))
      gst_ice_session_report_candidate_error (self, stream, &error);
  }
}

static void
begin_gathering (GstIceSession *self)
{
  g_autoptr (GPtrArray) entries = gst_ice_session_list_entries (self);
  GstIceSettings settings;
  GstIceGatherOptions options;
  guint i;

  gst_ice_session_take_options (self, &settings, &options);
  for (i = 0; i < entries->len && !gst_ice_session_is_closed (self); i++) {
    GstIceSessionEntry *entry = g_ptr_array_index (entries, i);

    if (entry->begun
        || gst_ice_transport_get_gathering_state (entry->transport)
            != GST_ICE_GATHERING_STATE_GATHERING)
      continue;
    entry->begun = TRUE;
    report_lost_servers (self, entry->stream->index);
    if (gst_ice_session_is_closed (self))
      break;
    gst_ice_transport_set_end_timeout (entry->transport,
        gst_ice_settings_get_uint (
            &settings, GST_ICE_SETTING_END_OF_CANDIDATES_TIMEOUT));
    gst_ice_transport_set_role (entry->transport, options.role);
    gst_ice_transport_gather (entry->transport, &options);
    gst_ice_session_apply_remote (self, entry);
  }
  gst_ice_session_look_up_names (self);
  gst_ice_settings_clear (&settings);
}

static void
on_server_resolved (const IceServer *server, const GError *error, gpointer data)
{
  GstIceSession *self = data;
  gboolean stun = server->scheme == ICE_SERVER_STUN;
  gchar **lost;

  if (error == NULL) {
    if (stun)
      self->stun_server = ice_server_copy (server);
    else
      g_ptr_array_add (self->turn_servers, ice_server_copy (server));
    return;
  }
  lost = g_new0 (gchar *, 3);
  lost[0] = ice_server_to_string (server);
  lost[1] = g_strdup_printf ("could not look up the %s server \"%s\": %s; "
                             "gathering continues without it",
      stun ? "STUN" : "TURN", server->host, error->message);
  g_ptr_array_add (self->lost_servers, lost);
}

static void
on_all_resolved (gpointer data)
{
  GstIceSession *self = data;

  self->resolved = TRUE;
  begin_gathering (self);
}

static GPtrArray *
list_servers (GstIceSession *self)
{
  GPtrArray *servers;

  g_mutex_lock (&self->lock);
  servers = gst_ice_settings_list_servers (&self->settings);
  g_mutex_unlock (&self->lock);
  return servers;
}

static void
resolve_and_gather (GstIceSession *self)
{
  g_autoptr (GPtrArray) servers = NULL;

  if (self->resolved) {
    begin_gathering (self);
    return;
  }
  if (self->resolver != NULL)
    return;
  servers = list_servers (self);
  if (servers->len == 0)
    on_all_resolved (self);
  else
    self->resolver = gst_ice_resolver_new (
        servers, on_server_resolved, on_all_resolved, self);
}

static void
announce_gathering (GstIceSession *self)
{
  g_autoptr (GPtrArray) entries = gst_ice_session_list_entries (self);
  guint i;

  for (i = 0; i < entries->len; i++) {
    GstIceSessionEntry *entry = g_ptr_array_index (entries, i);

    if (gst_ice_transport_get_gathering_state (entry->transport)
        != GST_ICE_GATHERING_STATE_NEW)
      continue;
    gst_ice_transport_set_gathering_state (
        entry->transport, GST_ICE_GATHERING_STATE_GATHERING);
    /* if the line is open already, the peer does not know the stream */
    gst_ice_session_send_parameters (self, entry->stream);
    g_object_notify (G_OBJECT (entry->transport), "gathering-state");
    gst_ice_session_step (self, entry->transport, ICE_EVENT_GATHERING, NULL);
  }
  gst_ice_session_update_gathering_state (self);
}

/**
 * gst_ice_session_begin_gathering:
 * @self: a session
 *
 * I/O thread. Starts what has not been started.
 */
void
gst_ice_session_begin_gathering (GstIceSession *self)
{
  if (gst_ice_session_is_closed (self))
    return;
  if (self->adopted_ufrag == NULL)
    gst_ice_session_adopt_generation (self);
  gst_ice_session_set_waiting_options (self);
  gst_ice_session_start_channel (self);
  gst_ice_session_start_restarts (self);
  announce_gathering (self);
  if (!gst_ice_session_is_closed (self))
    resolve_and_gather (self);
}

static gboolean
has_gathered (GPtrArray *entries, const IceStream *stream)
{
  guint i;

  for (i = 0; i < entries->len; i++) {
    GstIceSessionEntry *entry = g_ptr_array_index (entries, i);

    if (entry->stream == stream && !entry->gathered)
      return FALSE;
  }
  return TRUE;
}

static void
report_candidate (GstIceSession *self, guint stream, const gchar *text)
{
  if (text == NULL)
    GST_INFO_OBJECT (self->owner, "all local candidates are gathered");
  else
    GST_INFO_OBJECT (self->owner, "stream %u: local %s", stream,
        text[0] != '\0' ? text : "end of candidates");
  gst_ice_signal_emit (
      self->owner, GST_ICE_SIGNAL_ID_ON_ICE_CANDIDATE, stream, text);
  gst_ice_session_emit_event (self,
      gst_structure_new ("ice-candidate", "stream", G_TYPE_UINT, stream,
          "candidate", G_TYPE_STRING, text, NULL));
  if (self->channel != NULL && text != NULL)
    gst_ice_channel_send_candidate (
        self->channel, stream, self->adopted_ufrag, text);
}

/* Returns: FALSE if it is of an old generation, or known already */
static gboolean
keep_local_candidate (
    GstIceSession *self, guint index, const IceCandidate *candidate)
{
  gboolean is_new = FALSE;

  g_mutex_lock (&self->lock);
  if (!gst_ice_session_is_stale (self))
    is_new = ice_stream_add_local_candidate (
        gst_ice_session_ensure_stream (self, index), candidate);
  g_mutex_unlock (&self->lock);
  return is_new;
}

/* No candidates may follow the end of candidates (RFC 8838 section 13). */
static gboolean
has_ended (GstIceSession *self, GstIceTransport *transport)
{
  g_autoptr (GPtrArray) entries = gst_ice_session_list_entries (self);

  return gst_ice_session_find_entry (entries, transport)->gathered;
}

void
gst_ice_session_on_candidate (
    GstIceTransport *transport, const IceCandidate *found, gpointer data)
{
  GstIceSession *self = data;
  guint index = gst_ice_transport_get_stream (transport);
  g_autoptr (IceCandidate) candidate = NULL;
  g_autofree gchar *text = NULL;
  g_autofree gchar *filtered = NULL;
  g_autoptr (GError) error = NULL;

  if (gst_ice_session_is_closed (self) || has_ended (self, transport))
    return;
  candidate = ice_candidate_copy (found);
  g_free (candidate->ufrag);
  candidate->ufrag = g_strdup (self->adopted_ufrag);
  text = ice_candidate_to_string (candidate);
  filtered = gst_ice_session_filter (self, index, text, TRUE);
  if (filtered == NULL)
    return;
  if (strcmp (filtered, text) != 0) {
    ice_candidate_free (candidate);
    candidate = ice_candidate_parse (filtered, &error);
    if (candidate == NULL) {
      g_prefix_error (&error, "filter-candidate's answer was dropped: ");
      gst_ice_session_warn (self, error);
      return;
    }
    candidate->url = g_strdup (found->url); /* still the same server */
    candidate->relay_protocol = found->relay_protocol;
  }

  if (!keep_local_candidate (self, index, candidate))
    return;
  gst_ice_session_note_candidates (self, TRUE);
  report_candidate (self, index, filtered);
}

/* W3C webrtc-pc section 5.6.3: "" when the stream's last transport is done,
 * then the transports' gathering states, the aggregate's, then NULL. */
void
gst_ice_session_on_gathered (GstIceTransport *transport, gpointer data)
{
  GstIceSession *self = data;
  g_autoptr (GPtrArray) entries = gst_ice_session_list_entries (self);
  GstIceSessionEntry *entry = gst_ice_session_find_entry (entries, transport);
  IceStream *stream = entry->stream;
  gboolean stale;
  guint i;

  if (gst_ice_session_is_closed (self) || entry->gathered)
    return;
  entry->gathered = TRUE;
  if (!has_gathered (entries, stream))
    return;
  g_mutex_lock (&self->lock);
  stale = gst_ice_session_is_stale (self);
  stream->local_complete = !stale;
  g_mutex_unlock (&self->lock);
  if (stale)
    return;
  report_candidate (self, stream->index, "");

  for (i = 0; i < entries->len && !gst_ice_session_is_closed (self); i++) {
    GstIceSessionEntry *other = g_ptr_array_index (entries, i);

    if (other->stream != stream
        || !gst_ice_transport_set_gathering_state (
            other->transport, GST_ICE_GATHERING_STATE_COMPLETE))
      continue;
    g_object_notify (G_OBJECT (other->transport), "gathering-state");
    gst_ice_session_step (self, other->transport, ICE_EVENT_GATHERED, NULL);
  }
  if (gst_ice_session_is_closed (self))
    return;
  if (gst_ice_session_update_gathering_state (self)
      && !gst_ice_session_is_closed (self))
    report_candidate (self, stream->index, NULL);
}

void
gst_ice_session_on_candidate_error (GstIceTransport *transport,
    const GstIceCandidateError *error, gpointer data)
{
  GstIceSession *self = data;

  if (!gst_ice_session_is_closed (self))
    gst_ice_session_report_candidate_error (
        self, gst_ice_transport_get_stream (transport), error);
}
