/* gst-ice: a session's states.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "session/gsticesessionstates.h"
#include "api/gsticesignals.h"
#include "session/gsticesessionsignals.h"
#include "session/gsticesessionprogress.h"
#include "api/gsticeenumtypes.h"

GST_DEBUG_CATEGORY_EXTERN (gst_ice_session_debug);
#define GST_CAT_DEFAULT gst_ice_session_debug

static gboolean
write_connection_state (GstIceSession *self, GstIceConnectionState *old_state)
{
  g_autoptr (GPtrArray) entries = gst_ice_session_list_entries (self);
  g_autofree GstIceConnectionState *states = g_new (
      GstIceConnectionState, MAX (entries->len, 1));
  GstIceConnectionState state;
  guint i;

  for (i = 0; i < entries->len; i++) {
    GstIceSessionEntry *entry = g_ptr_array_index (entries, i);

    states[i] = gst_ice_transport_get_state (entry->transport);
  }
  state = ice_connection_state_aggregate (states, entries->len);

  g_mutex_lock (&self->lock);
  if (self->over)
    state = GST_ICE_CONNECTION_STATE_CLOSED;
  *old_state = self->connection_state;
  self->connection_state = state;
  if (*old_state == GST_ICE_CONNECTION_STATE_FAILED && state != *old_state)
    self->n_failures++;
  g_mutex_unlock (&self->lock);
  return state != *old_state;
}

static gboolean
write_gathering_state (GstIceSession *self, GstIceGatheringState *old_state,
    GstIceGatheringState *state)
{
  g_autoptr (GPtrArray) entries = gst_ice_session_list_entries (self);
  g_autofree GstIceGatheringState *states = g_new (
      GstIceGatheringState, MAX (entries->len, 1));
  guint i;

  for (i = 0; i < entries->len; i++) {
    GstIceSessionEntry *entry = g_ptr_array_index (entries, i);

    states[i] = gst_ice_transport_get_gathering_state (entry->transport);
  }
  *state = ice_gathering_state_aggregate (states, entries->len);

  g_mutex_lock (&self->lock);
  *old_state = self->gathering_state;
  self->gathering_state = *state;
  g_mutex_unlock (&self->lock);
  return *state != *old_state;
}

/**
 * gst_ice_session_notify_candidates:
 * @self: a session
 * @local: whether local-candidates has changed, or remote-candidates
 *
 * Any thread. Notifies at once, for changes that cannot be many in a short
 * time.
 */
void
gst_ice_session_notify_candidates (GstIceSession *self, gboolean local)
{
  g_mutex_lock (&self->lock);
  self->candidates[local].owed = FALSE;
  g_mutex_unlock (&self->lock);
  gst_ice_session_notify (
      self, local ? "local-candidates" : "remote-candidates");
}

static void
notify_owed_candidates (GstIceSession *self, gboolean local)
{
  gboolean owed;

  g_mutex_lock (&self->lock);
  owed = ice_notify_limit_flush (&self->candidates[local]);
  g_mutex_unlock (&self->lock);
  if (owed)
    gst_ice_session_notify_candidates (self, local);
}

/* Candidates are notified of before a state that may follow from them. */
static void
notify_owed (GstIceSession *self)
{
  notify_owed_candidates (self, TRUE);
  notify_owed_candidates (self, FALSE);
}

/* Writes and reports the aggregate gathering state. Returns: whether it changed
 * to `complete` */
gboolean
gst_ice_session_update_gathering_state (GstIceSession *self)
{
  GstIceGatheringState old_state, state;

  if (!write_gathering_state (self, &old_state, &state))
    return FALSE;
  notify_owed (self);
  gst_ice_session_notify (self, "ice-gathering-state");
  gst_ice_session_emit_event (self,
      gst_structure_new ("ice-gathering-state", "old",
          GST_TYPE_ICE_GATHERING_STATE, old_state, "new",
          GST_TYPE_ICE_GATHERING_STATE, state, NULL));
  gst_ice_session_consider_progress (self);
  return state == GST_ICE_GATHERING_STATE_COMPLETE;
}

static void on_tick (gpointer session);

/* Of two times, -1 is never. */
static gint64
get_earlier (gint64 a, gint64 b)
{
  return a < 0 || (b >= 0 && b < a) ? b : a;
}

/* Sets the alarm for the time when time alone can change a transport's state,
 * or a notification is due. */
static void
schedule_tick (GstIceSession *self)
{
  g_autoptr (GPtrArray) entries = gst_ice_session_list_entries (self);
  gint64 next = -1;
  guint i;

  if (gst_ice_session_is_closed (self))
    return;
  for (i = 0; i < entries->len; i++) {
    GstIceSessionEntry *entry = g_ptr_array_index (entries, i);

    next = get_earlier (
        next, gst_ice_transport_get_deadline (entry->transport));
    next = get_earlier (next, ice_notify_limit_get_due (&entry->pairs));
  }
  g_mutex_lock (&self->lock);
  for (i = 0; i < G_N_ELEMENTS (self->candidates); i++)
    next = get_earlier (next, ice_notify_limit_get_due (&self->candidates[i]));
  g_mutex_unlock (&self->lock);
  if (self->tick == NULL)
    self->tick = gst_ice_alarm_new (
        gst_ice_io_get_context (self->io), on_tick, self);
  gst_ice_alarm_set (self->tick, next);
}

static void
report_transport_state (GstIceSession *self, GstIceTransport *transport,
    GstIceConnectionState old, IceReason reason)
{
  g_object_notify (G_OBJECT (transport), "state");
  gst_ice_session_emit_event (self,
      gst_structure_new ("ice-transport-state", "stream", G_TYPE_UINT,
          gst_ice_transport_get_stream (transport), "component", G_TYPE_UINT,
          gst_ice_transport_get_component (transport), "old",
          GST_TYPE_ICE_CONNECTION_STATE, old, "new",
          GST_TYPE_ICE_CONNECTION_STATE,
          gst_ice_transport_get_state (transport), "reason", G_TYPE_STRING,
          ice_reason_to_string (reason), NULL));
}

static void
report_connection_state (
    GstIceSession *self, GstIceConnectionState old, IceReason reason)
{
  GstIceConnectionState state = gst_ice_session_get_connection_state (self);

  GST_INFO_OBJECT (self->owner, "%s -> %s (%s)",
      ice_connection_state_to_string (old),
      ice_connection_state_to_string (state), ice_reason_to_string (reason));
  notify_owed (self);
  gst_ice_session_notify (self, "ice-connection-state");
  gst_ice_session_emit_event (self,
      gst_structure_new ("ice-connection-state", "old",
          GST_TYPE_ICE_CONNECTION_STATE, old, "new",
          GST_TYPE_ICE_CONNECTION_STATE, state, "reason", G_TYPE_STRING,
          ice_reason_to_string (reason), NULL));
}

/* A writer waits for the next call after this one has failed. */
static void
wake_sender (GstIceSession *self, GstIceTransport *transport)
{
  if (gst_ice_transport_get_state (transport) == GST_ICE_CONNECTION_STATE_FAILED
      && gst_ice_session_keeps (self))
    gst_ice_datapath_set_send_state (
        gst_ice_transport_get_datapath (transport), GST_ICE_OUTBOX_WAITING);
  else
    gst_ice_transport_wake_sender (transport);
}

/* The value of candidate-pairs has changed. Notifies now, or later. */
void
gst_ice_session_note_pairs (GstIceSession *self, GstIceTransport *transport)
{
  g_autoptr (GPtrArray) entries = gst_ice_session_list_entries (self);
  GstIceSessionEntry *entry = gst_ice_session_find_entry (entries, transport);

  if (ice_notify_limit_change (&entry->pairs, g_get_monotonic_time ()))
    g_object_notify (G_OBJECT (transport), "candidate-pairs");
  else
    schedule_tick (self);
}

static void
do_schedule_tick (GstIceSession *self, gpointer unused)
{
  schedule_tick (self);
}

/**
 * gst_ice_session_note_candidates:
 * @self: a session
 * @local: whether local-candidates has changed, or remote-candidates
 *
 * Any thread. Notifies now, or later on the I/O thread; always now while there
 * is no I/O thread.
 */
void
gst_ice_session_note_candidates (GstIceSession *self, gboolean local)
{
  IceNotifyLimit *limit = &self->candidates[local];
  gboolean is_due, was_owed;

  g_mutex_lock (&self->lock);
  was_owed = ice_notify_limit_get_due (limit) >= 0;
  is_due = ice_notify_limit_change (limit, g_get_monotonic_time ())
      || (self->io == NULL && ice_notify_limit_flush (limit));
  g_mutex_unlock (&self->lock);
  if (is_due)
    gst_ice_session_notify_candidates (self, local);
  else if (!was_owed)
    gst_ice_session_queue (self, do_schedule_tick, NULL, NULL);
}

/* A sign of life on a path that works changes nothing but the deadline: the
 * tick comes too early, and is then scheduled anew. */
static gboolean
only_postpones (IceEvent event, GstIceConnectionState state)
{
  return (event == ICE_EVENT_PROOF_OF_LIFE || event == ICE_EVENT_CONSENT)
      && ice_connection_state_is_up (state);
}

/* Elements do not forward changes of the list to deep-notify while pairs are
 * checked. */
static void
note_pairs_after_checks (
    GstIceSession *self, GstIceTransport *transport, GstIceConnectionState old)
{
  if (old == GST_ICE_CONNECTION_STATE_CHECKING
      && !ice_connection_state_is_up (gst_ice_transport_get_state (transport)))
    gst_ice_session_note_pairs (self, transport);
}

/* Handles one event: writes all values, then reports the selected pair, the
 * transport and the aggregate (W3C webrtc-pc section 5.6.4). pair is NULL
 * unless a pair was selected. */
void
gst_ice_session_step (GstIceSession *self, GstIceTransport *transport,
    IceEvent event, const GstStructure *pair)
{
  guint stream = gst_ice_transport_get_stream (transport);
  guint component = gst_ice_transport_get_component (transport);
  GstIceConnectionState old, old_aggregate;
  IceReason reason;
  gboolean changed, changed_aggregate;

  if (pair != NULL)
    gst_ice_transport_pairs_set_selected (
        gst_ice_transport_get_pairs (transport), pair);
  changed = gst_ice_transport_step (
      transport, event, g_get_monotonic_time (), &old, &reason);
  if (!changed && only_postpones (event, old))
    return;
  changed_aggregate = changed && write_connection_state (self, &old_aggregate);

  if (pair != NULL) {
    g_object_notify (G_OBJECT (transport), "selected-candidate-pair");
    gst_ice_session_note_pairs (self, transport);
    gst_ice_signal_emit (self->owner,
        GST_ICE_SIGNAL_ID_ON_SELECTED_CANDIDATE_PAIR_CHANGE, stream, component,
        pair);
    gst_ice_session_emit_event (self,
        gst_structure_new ("ice-selected-candidate-pair", "stream", G_TYPE_UINT,
            stream, "component", G_TYPE_UINT, component, "pair",
            GST_TYPE_STRUCTURE, pair, NULL));
  }
  if (changed) {
    note_pairs_after_checks (self, transport, old);
    report_transport_state (self, transport, old, reason);
  }
  if (changed_aggregate)
    report_connection_state (self, old_aggregate, reason);
  wake_sender (self, transport);
  if (self->stepped != NULL)
    gst_ice_alarm_set (self->stepped, g_get_monotonic_time ());
  if (self->call_stepped != NULL)
    gst_ice_alarm_set (self->call_stepped, g_get_monotonic_time ());
  gst_ice_session_consider_progress (self);
  schedule_tick (self);
}

static void
notify_due_candidates (GstIceSession *self, gboolean local)
{
  gboolean is_due;

  g_mutex_lock (&self->lock);
  is_due = ice_notify_limit_expire (
      &self->candidates[local], g_get_monotonic_time ());
  g_mutex_unlock (&self->lock);
  if (is_due)
    gst_ice_session_notify_candidates (self, local);
}

static void
on_tick (gpointer session)
{
  GstIceSession *self = session;
  g_autoptr (GPtrArray) entries = gst_ice_session_list_entries (self);
  guint i;

  notify_due_candidates (self, TRUE);
  notify_due_candidates (self, FALSE);
  for (i = 0; i < entries->len && !gst_ice_session_is_closed (self); i++) {
    GstIceSessionEntry *entry = g_ptr_array_index (entries, i);

    if (ice_notify_limit_expire (&entry->pairs, g_get_monotonic_time ()))
      g_object_notify (G_OBJECT (entry->transport), "candidate-pairs");
    gst_ice_session_step (self, entry->transport, ICE_EVENT_TICK, NULL);
  }
  schedule_tick (self);
}

/* Ends the elements' streams. Called after `closed` was reported, so that it is
 * reported before the EOS. */
static void
end_streams (GPtrArray *entries)
{
  guint i;

  for (i = 0; i < entries->len; i++) {
    GstIceSessionEntry *entry = g_ptr_array_index (entries, i);

    gst_ice_transport_wake_sender (entry->transport);
    gst_ice_datapath_end_of_stream (
        gst_ice_transport_get_datapath (entry->transport));
  }
}

/* Another call begins: writes all values, then notifies for the transports and
 * for the aggregate. */
void
gst_ice_session_enter_new (GstIceSession *self)
{
  g_autoptr (GPtrArray) entries = gst_ice_session_list_entries (self);
  g_autofree GstIceConnectionState *old = g_new (
      GstIceConnectionState, MAX (entries->len, 1));
  g_autofree gboolean *changed = g_new (gboolean, MAX (entries->len, 1));
  GstIceConnectionState old_aggregate;
  gboolean changed_aggregate;
  guint i;

  for (i = 0; i < entries->len; i++)
    changed[i] = gst_ice_transport_begin_call (
        ((GstIceSessionEntry *) g_ptr_array_index (entries, i))->transport,
        &old[i]);
  changed_aggregate = write_connection_state (self, &old_aggregate);
  for (i = 0; i < entries->len && !gst_ice_session_is_closed (self); i++) {
    GstIceSessionEntry *entry = g_ptr_array_index (entries, i);

    g_object_notify (G_OBJECT (entry->transport), "gathering-state");
    g_object_notify (G_OBJECT (entry->transport), "candidate-pairs");
    g_object_notify (G_OBJECT (entry->transport), "selected-candidate-pair");
    if (changed[i])
      report_transport_state (
          self, entry->transport, old[i], ICE_REASON_NEXT_CALL);
    gst_ice_transport_wake_sender (entry->transport);
  }
  if (gst_ice_session_is_closed (self))
    return;
  if (changed_aggregate)
    report_connection_state (self, old_aggregate, ICE_REASON_NEXT_CALL);
  if (!gst_ice_session_is_closed (self))
    gst_ice_session_update_gathering_state (self);
  if (!gst_ice_session_is_closed (self))
    schedule_tick (self);
}

/* Writes all values, then notifies for the transports and for the aggregate;
 * nothing is reported after that (W3C webrtc-pc section 4.4.1.9). */
void
gst_ice_session_enter_closed (GstIceSession *self)
{
  g_autoptr (GPtrArray) entries = gst_ice_session_list_entries (self);
  g_autofree GstIceConnectionState *old = g_new (
      GstIceConnectionState, MAX (entries->len, 1));
  GstIceConnectionState old_aggregate;
  IceReason reason;
  gboolean changed;
  guint i;

  g_clear_pointer (&self->tick, gst_ice_alarm_free);
  g_mutex_lock (&self->lock);
  self->over = TRUE;
  g_mutex_unlock (&self->lock);
  for (i = 0; i < entries->len; i++) {
    GstIceSessionEntry *entry = g_ptr_array_index (entries, i);

    gst_ice_transport_step (entry->transport, ICE_EVENT_CLOSE,
        g_get_monotonic_time (), &old[i], &reason);
  }
  changed = write_connection_state (self, &old_aggregate);
  notify_owed (self);
  for (i = 0; i < entries->len; i++) {
    GstIceSessionEntry *entry = g_ptr_array_index (entries, i);

    if (ice_notify_limit_flush (&entry->pairs))
      g_object_notify (G_OBJECT (entry->transport), "candidate-pairs");
    report_transport_state (self, entry->transport, old[i], ICE_REASON_CLOSED);
  }
  gst_ice_session_consider_progress (self);
  if (changed)
    report_connection_state (self, old_aggregate, ICE_REASON_CLOSED);
  end_streams (entries);
}

/**
 * gst_ice_session_get_connection_state:
 * @self: a session
 *
 * Any thread.
 *
 * Returns: RTCIceConnectionState
 */
GstIceConnectionState
gst_ice_session_get_connection_state (GstIceSession *self)
{
  GstIceConnectionState state;

  g_mutex_lock (&self->lock);
  state = self->connection_state;
  g_mutex_unlock (&self->lock);
  return state;
}

/**
 * gst_ice_session_get_gathering_state:
 * @self: a session
 *
 * Any thread.
 *
 * Returns: RTCIceGatheringState
 */
GstIceGatheringState
gst_ice_session_get_gathering_state (GstIceSession *self)
{
  GstIceGatheringState state;

  g_mutex_lock (&self->lock);
  state = self->gathering_state;
  g_mutex_unlock (&self->lock);
  return state;
}

/**
 * gst_ice_session_get_failures:
 * @self: a session
 *
 * Any thread.
 *
 * Returns: how often it has failed and is no more failed, which tells one
 *   failure from the next one
 */
guint
gst_ice_session_get_failures (GstIceSession *self)
{
  guint failures;

  g_mutex_lock (&self->lock);
  failures = self->n_failures;
  g_mutex_unlock (&self->lock);
  return failures;
}

/**
 * gst_ice_session_pass_failure:
 * @self: a session
 *
 * Any thread. A peer can revoke consent and restart, again and again.
 *
 * Returns: (transfer full) (nullable): as of ice_rate_limit_pass(), of warnings
 *   about failures; the first one after a restart by the user passes
 */
gchar *
gst_ice_session_pass_failure (GstIceSession *self)
{
  gchar *more;

  g_mutex_lock (&self->lock);
  more = ice_rate_limit_pass (&self->failures, g_get_monotonic_time ());
  g_mutex_unlock (&self->lock);
  return more;
}
