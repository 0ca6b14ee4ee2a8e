/* gst-ice: begins a session's calls: the first one, when gathering is asked
 * for, and another one after each where signalling-uri has keep=true.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Between two calls the session, its transports and its elements remain.
 * Everything that belongs to the peer is forgotten: credentials, candidates,
 * pairs, states, counters; what limits a hostile peer is kept (warnings,
 * packets to silent addresses).
 */

#include "session/gsticesessioncall.h"
#include "iothread/gsticedescriptors.h"
#include "session/gsticesessionautorestart.h"
#include "session/gsticesessiongathering.h"
#include "session/gsticesessionprogress.h"
#include "session/gsticesessionrestart.h"
#include "session/gsticesessionrole.h"
#include "session/gsticesessionsignals.h"
#include "session/gsticesessionstates.h"

GST_DEBUG_CATEGORY_EXTERN (gst_ice_session_debug);
#define GST_CAT_DEFAULT gst_ice_session_debug

/* The time from the end of a call that never connected to the next one. */
#define PAUSE_OF_STRANGERS (G_TIME_SPAN_SECOND / 4)

/* The time that a state change waits for gathering to begin. */
#define BEGIN_WAIT (1 * G_TIME_SPAN_SECOND)

/* Reported before anything changes, with the statistics of the call. */
static void
report_end (GstIceSession *self, const gchar *reason)
{
  GstStructure *stats = gst_ice_session_get_stats (self);

  GST_INFO_OBJECT (
      self->owner, "call %u has ended: %s", self->call->number, reason);
  gst_ice_session_emit_event (self,
      gst_structure_new ("ice-call-ended", "call", G_TYPE_UINT,
          self->call->number, "reason", G_TYPE_STRING, reason, "stats",
          GST_TYPE_STRUCTURE, stats, NULL));
  gst_structure_free (stats);
}

/* Under the lock. Streams that only the peer had do not remain. */
static void
forget_streams (GstIceSession *self)
{
  guint i, k;

  for (i = self->streams->len; i-- > 0;) {
    IceStream *stream = g_ptr_array_index (self->streams, i);

    for (k = 0; k < self->entries->len; k++)
      if (((GstIceSessionEntry *) g_ptr_array_index (self->entries, k))->stream
          == stream)
        break;
    if (k == self->entries->len)
      g_ptr_array_remove_index (self->streams, i);
    else
      ice_stream_begin_call (stream);
  }
}

/* The tables are as before gathering, with new credentials. */
static void
forget_peer (GstIceSession *self)
{
  guint i;

  g_mutex_lock (&self->lock);
  forget_streams (self);
  for (i = 0; i < self->entries->len; i++) {
    GstIceSessionEntry *entry = g_ptr_array_index (self->entries, i);

    entry->begun = entry->gathered = entry->complete = FALSE;
    entry->succeeded = FALSE;
    entry->applied = 0;
    entry->unasked = (IceUnasked){ 0 };
    g_clear_pointer (&entry->ufrag, g_free);
  }
  g_free (self->local_ufrag);
  g_free (self->local_password);
  self->local_ufrag = gst_ice_session_make_ufrag ();
  self->local_password = gst_ice_session_make_password ();
  g_clear_pointer (&self->adopted_ufrag, g_free);
  g_clear_pointer (&self->adopted_password, g_free);
  self->generation = self->adopted_generation = 0;
  self->answers = self->paired = FALSE;
  self->channel_opened = self->cut_off = FALSE;
  g_mutex_unlock (&self->lock);
}

/* A role conflict may have changed it. */
static void
restore_role (GstIceSession *self)
{
  GstIceRole role;

  g_mutex_lock (&self->lock);
  role = self->role;
  if (self->settings.chosen[GST_ICE_SETTING_ROLE])
    role = gst_ice_settings_get_enum (&self->settings, GST_ICE_SETTING_ROLE);
  g_mutex_unlock (&self->lock);
  gst_ice_session_put_role (self, role);
}

static void
report_forgotten (GstIceSession *self)
{
  static const gchar *const properties[] = { "local-ufrag", "local-pwd",
    "remote-ufrag", "remote-pwd" };
  guint i;

  for (i = 0;
       i < G_N_ELEMENTS (properties) && !gst_ice_session_is_closed (self); i++)
    gst_ice_session_notify (self, properties[i]);
  for (i = 0; i < 2 && !gst_ice_session_is_closed (self); i++)
    gst_ice_session_notify_candidates (self, i == 0);
}

static void
end_transports (GstIceSession *self)
{
  g_autoptr (GPtrArray) entries = gst_ice_session_list_entries (self);
  guint i;

  gst_ice_session_stop_restarts (self);
  g_clear_pointer (&self->mdns, gst_ice_mdns_free);
  for (i = 0; i < entries->len; i++) {
    GstIceSessionEntry *entry = g_ptr_array_index (entries, i);

    if (entry->begun)
      gst_ice_transport_end_call (entry->transport);
  }
}

/* What a writer has from now on is for the next call. */
static void
stop_sending (GstIceSession *self)
{
  g_autoptr (GPtrArray) entries = gst_ice_session_list_entries (self);
  guint i;

  for (i = 0; i < entries->len; i++) {
    GstIceSessionEntry *entry = g_ptr_array_index (entries, i);

    gst_ice_datapath_set_send_state (
        gst_ice_transport_get_datapath (entry->transport),
        GST_ICE_OUTBOX_WAITING);
  }
}

static void
begin_next_call (GstIceSession *self, const gchar *reason)
{
  gst_ice_channel_stop (self->channel);
  stop_sending (self); /* before the end is reported */
  report_end (self, reason);
  if (gst_ice_session_is_closed (self) || self->call == NULL)
    return;
  *self->call = (GstIceSessionCall){ .number = self->call->number + 1 };
  self->channel_started = FALSE;
  end_transports (self);
  forget_peer (self);
  gst_ice_session_forget_server_errors (self);
  restore_role (self);
  gst_ice_session_enter_new (self);
  report_forgotten (self);
  if (!gst_ice_session_is_closed (self))
    gst_ice_session_begin_gathering (self);
}

/* Returns: (nullable): why the call has ended. Without its line it lasts as
 * long as it is connected: nothing can be signalled to help it. */
static const gchar *
find_end (GstIceSession *self)
{
  GstIceConnectionState state = gst_ice_session_get_connection_state (self);
  const GstIceSessionCall *call = self->call;

  if (call->bye && call->over)
    return "bye";
  if (call->line_closed && !call->over && !ice_connection_state_is_up (state))
    return "signalling";
  if (state == GST_ICE_CONNECTION_STATE_FAILED
      && !gst_ice_session_restarts_on_failure (self))
    return "failed";
  return NULL;
}

static gboolean
has_connected (GstIceSession *self)
{
  g_autoptr (GPtrArray) entries = gst_ice_session_list_entries (self);
  guint i;

  for (i = 0; i < entries->len; i++)
    if (gst_ice_transport_pairs_get_n_changes (gst_ice_transport_get_pairs (
            ((GstIceSessionEntry *) g_ptr_array_index (entries, i))->transport))
        > 0)
      return TRUE;
  return FALSE;
}

/* A stranger that sends its parameters and leaves, again and again, must not
 * keep us busy with gathering. Returns: when the next call begins */
static gint64
get_next_call (GstIceSession *self, gint64 now)
{
  if (self->call->ended == 0)
    self->call->ended = now;
  return has_connected (self) ? now : self->call->ended + PAUSE_OF_STRANGERS;
}

static void
on_call_stepped (gpointer data)
{
  GstIceSession *self = data;
  gint64 now = g_get_monotonic_time (), next;
  const gchar *reason;

  if (self->call == NULL || gst_ice_session_is_closed (self))
    return;
  reason = find_end (self);
  if (reason == NULL)
    return;
  next = get_next_call (self, now);
  if (now < next)
    gst_ice_alarm_set (self->call_stepped, next);
  else
    begin_next_call (self, reason);
}

static void
watch_call (GstIceSession *self)
{
  if (self->call != NULL && self->call_stepped == NULL)
    self->call_stepped = gst_ice_alarm_new (
        gst_ice_io_get_context (self->io), on_call_stepped, self);
}

static void
do_gather (GstIceSession *self, gpointer unused)
{
  gst_ice_session_begin_gathering (self);
  watch_call (self);
  g_mutex_lock (&self->lock);
  self->gathers_begun++;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

/* Under the lock. */
static void
acquire_io (GstIceSession *self)
{
  if (self->io == NULL)
    self->io = gst_ice_io_acquire ();
}

/* In the caller's thread, since there is no I/O thread. */
static void
report_no_io (GstIceSession *self)
{
  g_autoptr (GError) error = NULL;

  gst_ice_descriptors_explain (&error);
  gst_ice_session_report_problem (self, error, TRUE);
}

/**
 * gst_ice_session_gather:
 * @self: a session
 *
 * Any thread. Starts what has not been started: built-in signalling, and
 * gathering on every transport.
 *
 * Returns: whether it gathers; %FALSE if the session is closed, or no
 * descriptor is left for the I/O thread, which is reported before this returns
 */
gboolean
gst_ice_session_gather (GstIceSession *self)
{
  gboolean open, runs;

  if (!gst_ice_session_is_closed (self))
    gst_ice_session_report_first_credentials (self);
  g_mutex_lock (&self->lock);
  open = !gst_ice_session_is_closed (self);
  if (open)
    acquire_io (self);
  runs = open && self->io != NULL;
  self->gathers_wanted += runs;
  g_mutex_unlock (&self->lock);
  if (runs)
    gst_ice_session_queue (self, do_gather, NULL, NULL);
  else if (open)
    report_no_io (self);
  return runs;
}

/**
 * gst_ice_session_wait_for_gathering:
 * @self: a session that was asked to gather
 *
 * Any thread. Waits a second at most, and not at all in the I/O thread, until
 * gathering has begun, so that a failure to begin fails the state change.
 *
 * Returns: whether no fatal problem was reported so far
 */
gboolean
gst_ice_session_wait_for_gathering (GstIceSession *self)
{
  gint64 end = g_get_monotonic_time () + BEGIN_WAIT;
  guint wanted;
  gboolean good;

  g_mutex_lock (&self->lock);
  wanted = self->gathers_wanted;
  if (self->io != NULL && !gst_ice_io_is_current (self->io))
    while (self->gathers_begun < wanted && !gst_ice_session_is_closed (self))
      if (!g_cond_wait_until (&self->cond, &self->lock, end))
        break;
  good = !self->broken;
  g_mutex_unlock (&self->lock);
  return good;
}
