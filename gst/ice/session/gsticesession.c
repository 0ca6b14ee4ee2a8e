/* gst-ice: one ICE session: its transports' reports, its transports, closing.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * While it runs, a session keeps the I/O thread alive. Its owner's last
 * reference closes it, and it keeps its owner until it is closed. */

#include "session/gsticesession.h"
#include "api/gsticepair.h"
#include "api/gsticesignals.h"
#include "session/gsticesessionsignals.h"
#include "session/gsticesessiongathering.h"
#include "session/gsticesessioncall.h"
#include "session/gsticesessionrestart.h"
#include "session/gsticesessionprogress.h"
#include "session/gsticesessionremote.h"
#include "session/gsticesessionautorestart.h"
#include "session/gsticesessionrole.h"
#include "session/gsticesessionstates.h"

GST_DEBUG_CATEGORY (gst_ice_session_debug);
#define GST_CAT_DEFAULT gst_ice_session_debug

/* How long close() waits for the backend; it ends by itself afterwards. */
#define CLOSE_WAIT (1 * G_TIME_SPAN_SECOND)

static void
entry_free (gpointer data)
{
  GstIceSessionEntry *entry = data;

  gst_object_unref (entry->transport);
  g_free (entry->ufrag);
  g_free (entry);
}

/**
 * gst_ice_session_new:
 * @owner: (transfer none): the agent, which outlives the session
 * @transport_type: the backend's GstIceTransport type
 *
 * Returns: (transfer full): a session that does nothing yet
 */
GstIceSession *
gst_ice_session_new (GstObject *owner, GType transport_type)
{
  GstIceSession *self = g_new0 (GstIceSession, 1);

  GST_DEBUG_CATEGORY_INIT (
      gst_ice_session_debug, "icesession", 0, "ICE session");
  self->owner = owner;
  self->transport_type = transport_type;
  self->amplification = gst_ice_amplification_new ();
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  gst_ice_settings_init (&self->settings);
  self->local_ufrag = gst_ice_session_make_ufrag ();
  self->local_password = gst_ice_session_make_password ();
  self->role = GST_ICE_ROLE_CONTROLLING;
  self->streams = g_ptr_array_new_with_free_func (
      (GDestroyNotify) ice_stream_free);
  self->entries = g_ptr_array_new_with_free_func (entry_free);
  self->turn_servers = g_ptr_array_new_with_free_func (
      (GDestroyNotify) ice_server_free);
  self->lost_servers = g_ptr_array_new_with_free_func (
      (GDestroyNotify) g_strfreev);
  self->server_errors = g_hash_table_new_full (
      g_str_hash, g_str_equal, g_free, NULL);
  return self;
}

/**
 * gst_ice_session_free:
 * @self: (transfer full): a session that was closed, or never gathered
 */
void
gst_ice_session_free (GstIceSession *self)
{
  g_assert (self->io == NULL);
  g_ptr_array_unref (self->entries);
  g_ptr_array_unref (self->streams);
  g_ptr_array_unref (self->turn_servers);
  g_ptr_array_unref (self->lost_servers);
  g_hash_table_unref (self->server_errors);
  gst_ice_amplification_unref (self->amplification);
  g_clear_pointer (&self->stun_server, ice_server_free);
  g_clear_pointer (&self->waiting, g_ptr_array_unref);
  gst_ice_settings_clear (&self->settings);
  g_free (self->local_ufrag);
  g_free (self->local_password);
  g_free (self->adopted_ufrag);
  g_free (self->adopted_password);
  g_cond_clear (&self->cond);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* The transports' reports. I/O thread. */

/* While a restart is queued, events belong to the old generation. */
static void
advance (
    GstIceSession *self, GstIceTransport *transport, IceStreamProgress progress)
{
  GstIceSessionEntry *entry;

  g_mutex_lock (&self->lock);
  entry = gst_ice_session_find_entry (self->entries, transport);
  if (entry != NULL && !gst_ice_session_is_stale (self)) {
    ice_stream_advance (entry->stream, progress);
    entry->succeeded = TRUE;
  }
  g_mutex_unlock (&self->lock);
}

static void
on_event (GstIceTransport *transport, IceEvent event, gpointer data)
{
  GstIceSession *self = data;

  if (gst_ice_session_is_closed (self))
    return;
  if (event == ICE_EVENT_CHECKING)
    gst_ice_session_fix_role (self);
  if (event == ICE_EVENT_CONSENT)
    advance (self, transport, ICE_STREAM_CONSENTED);
  gst_ice_session_step (self, transport, event, NULL);
}

static void
on_selected_pair (GstIceTransport *transport, const GstStructure *pair,
    gboolean nominated, gpointer data)
{
  GstIceSession *self = data;

  if (gst_ice_session_is_closed (self))
    return;
  g_mutex_lock (&self->lock);
  self->answers = FALSE;
  g_mutex_unlock (&self->lock);
  advance (self, transport, ICE_STREAM_SELECTED);
  gst_ice_session_step (self, transport,
      nominated ? ICE_EVENT_PAIR_USABLE : ICE_EVENT_PAIR_VALID, pair);
}

/* What became of a pair belongs to the story of a call, its checks do not. */
static void
log_pair (
    GstIceTransport *transport, const GstStructure *pair, gboolean is_state)
{
  GstDebugLevel level = is_state && gst_ice_pair_is_decided (pair)
      ? GST_LEVEL_INFO
      : GST_LEVEL_DEBUG;
  g_autofree gchar *text = NULL;

  if (gst_debug_category_get_threshold (GST_CAT_DEFAULT) < level)
    return;
  text = gst_ice_pair_describe (pair, level == GST_LEVEL_DEBUG);
  GST_CAT_LEVEL_LOG (GST_CAT_DEFAULT, level, transport, "pair %s", text);
}

static void
on_pair (GstIceTransport *transport, const GstStructure *pair,
    gboolean is_state, gpointer data)
{
  GstIceSession *self = data;
  guint stream = gst_ice_transport_get_stream (transport);
  guint component = gst_ice_transport_get_component (transport);
  gint state;

  if (gst_ice_session_is_closed (self))
    return;
  gst_ice_session_fix_role (self);
  gst_ice_session_note_pairs (self, transport);
  log_pair (transport, pair, is_state);
  if (!is_state)
    return;
  if (gst_structure_get_enum (
          pair, "state", GST_TYPE_ICE_CANDIDATE_PAIR_STATE, &state)
      && state == GST_ICE_CANDIDATE_PAIR_STATE_SUCCEEDED)
    advance (self, transport, ICE_STREAM_SUCCEEDED);
  gst_ice_signal_emit (self->owner,
      GST_ICE_SIGNAL_ID_ON_CANDIDATE_PAIR_STATE_CHANGE, stream, component,
      pair);
  gst_ice_session_emit_event (self,
      gst_structure_new ("ice-candidate-pair", "stream", G_TYPE_UINT, stream,
          "component", G_TYPE_UINT, component, "pair", GST_TYPE_STRUCTURE, pair,
          NULL));
}

/* A check of the peer with our password has arrived. */
static void
on_checked (GstIceTransport *transport, gpointer session)
{
  GstIceSession *self = session;
  IceStream *stream;

  if (gst_ice_session_is_closed (self))
    return;
  g_mutex_lock (&self->lock);
  stream = gst_ice_session_look_up_stream (
      self, gst_ice_transport_get_stream (transport));
  ice_stream_note_checked (stream, g_get_monotonic_time ());
  g_mutex_unlock (&self->lock);
  gst_ice_session_consider_progress (self);
}

static void
on_problem (GstIceTransport *transport, const GError *error, gboolean fatal,
    gpointer data)
{
  GstIceSession *self = data;

  if (!gst_ice_session_is_closed (self))
    gst_ice_session_report_problem (self, error, fatal);
}

static void on_closed (GstIceTransport *transport, gpointer data);

static const GstIceTransportObserver observer = {
  .candidate = gst_ice_session_on_candidate,
  .gathered = gst_ice_session_on_gathered,
  .event = on_event,
  .selected_pair = on_selected_pair,
  .pair = on_pair,
  .role = gst_ice_session_on_role,
  .checked = on_checked,
  .candidate_error = gst_ice_session_on_candidate_error,
  .problem = on_problem,
  .closed = on_closed,
};

/* Transports. */

/* Under the lock. */
static GstIceSessionEntry *
find_component (GstIceSession *self, guint stream, guint component)
{
  guint i;

  for (i = 0; i < self->entries->len; i++) {
    GstIceSessionEntry *entry = g_ptr_array_index (self->entries, i);

    if (entry->stream->index == stream
        && gst_ice_transport_get_component (entry->transport) == component)
      return entry;
  }
  return NULL;
}

static GstIceRole
get_role (GstIceSession *self)
{
  GstIceRole role;

  g_mutex_lock (&self->lock);
  role = self->role;
  g_mutex_unlock (&self->lock);
  return role;
}

/* (transfer full) */
static GstIceTransport *
make_transport (GstIceSession *self, guint stream, guint component)
{
  g_autofree gchar *name = g_strdup_printf ("%s-stream%u-component%u",
      GST_OBJECT_NAME (self->owner), stream, component);
  GstIceTransport *transport = g_object_new (self->transport_type, "name", name,
      "stream", stream, "component", component, NULL);

  gst_object_ref_sink (transport);
  gst_ice_transport_set_observer (transport, &observer, self);
  return transport;
}

/* Under the lock. found: (transfer full): @made, or the one that is there.
 * Returns: FALSE: its stream has ended its candidates */
static gboolean
add_transport (
    GstIceSession *self, GstIceTransport *made, GstIceTransport **found)
{
  guint index = gst_ice_transport_get_stream (made);
  GstIceSessionEntry *entry = find_component (
      self, index, gst_ice_transport_get_component (made));
  IceStream *stream;

  if (entry == NULL) {
    stream = gst_ice_session_ensure_stream (self, index);
    if (stream->local_complete)
      return FALSE;
    entry = g_new0 (GstIceSessionEntry, 1);
    entry->transport = gst_object_ref (made);
    entry->stream = stream;
    g_ptr_array_add (self->entries, entry);
  }
  *found = gst_object_ref (entry->transport);
  return TRUE;
}

static gboolean
check_component (guint component, GError **error)
{
  if (component >= 1 && component <= ICE_STREAM_MAX_COMPONENT)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
      "component %u is not one of 1 to %u", component,
      ICE_STREAM_MAX_COMPONENT);
  return FALSE;
}

/**
 * gst_ice_session_get_transport:
 * @self: a session
 * @stream: sdpMLineIndex
 * @component: 1 RTP, 2 RTCP
 * @error: return location, set on failure
 *
 * Any thread. Makes the transport if there is none yet. It has the session's
 * role before another thread can find it.
 *
 * Returns: (transfer full) (nullable): the transport; %NULL with @error set
 *   when the session is closed, or @stream has ended its candidates already
 */
GstIceTransport *
gst_ice_session_get_transport (
    GstIceSession *self, guint stream, guint component, GError **error)
{
  g_autoptr (GstIceTransport) made = NULL;
  GstIceTransport *found = NULL;
  gboolean open, settled = FALSE;

  if (!gst_ice_session_check_stream (stream, error)
      || !check_component (component, error)
      || !gst_ice_session_check_open (self, error))
    return NULL;
  made = make_transport (self, stream, component);
  while (!settled) {
    GstIceRole role = get_role (self);

    gst_ice_transport_set_role (made, role);
    g_mutex_lock (&self->lock);
    settled = self->role == role;
    open = !settled || add_transport (self, made, &found);
    g_mutex_unlock (&self->lock);
  }
  if (!open)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_BUSY,
        "stream %u has signalled its end of candidates; add component %u "
        "before that",
        stream, component);
  return found;
}

/* Makes the transport of stream 0 and component 1 where there is none at all,
 * since gathering needs one. */
static gboolean
ensure_transport (GstIceSession *self, GError **error)
{
  g_autoptr (GstIceTransport) transport = NULL;
  gboolean empty;

  g_mutex_lock (&self->lock);
  empty = self->entries->len == 0;
  g_mutex_unlock (&self->lock);
  if (empty)
    transport = gst_ice_session_get_transport (self, 0, 1, error);
  return !empty || transport != NULL;
}

/**
 * gst_ice_session_request_gathering:
 * @self: a session
 * @error: return location, set if it is refused
 *
 * Any thread. The action gather-candidates of the agent and of its elements.
 * Reports settings that cannot be used as a fatal problem; the session can
 * gather once they are corrected.
 *
 * Returns: whether it gathers; %FALSE without @error: gathering could not
 *   begin, which was reported
 */
gboolean
gst_ice_session_request_gathering (GstIceSession *self, GError **error)
{
  g_autoptr (GError) refusal = NULL;

  if (!gst_ice_session_verify_gathering (self, &refusal)) {
    if (!gst_ice_session_is_closed (self)) /* nothing is emitted after that */
      gst_ice_session_emit_problem (self, refusal, TRUE);
    g_propagate_error (error, g_steal_pointer (&refusal));
    return FALSE;
  }
  return ensure_transport (self, error) && gst_ice_session_gather (self);
}

/* Closing. */

static void
finish_close (GstIceSession *self)
{
  GstObject *owner = gst_object_ref (self->owner);
  GstIceIo *io;
  gboolean kept;

  g_mutex_lock (&self->lock);
  io = g_steal_pointer (&self->io);
  kept = self->keeps_owner;
  self->closed = TRUE;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
  if (kept)
    gst_object_unref (owner); /* that of gst_ice_session_end() */
  gst_object_unref (owner);
  gst_ice_io_release (io);
}

static void
check_closed (GstIceSession *self)
{
  g_autoptr (GPtrArray) entries = gst_ice_session_list_entries (self);
  guint i;

  if (self->channel_closes)
    return;
  for (i = 0; i < entries->len; i++) {
    GstIceSessionEntry *entry = g_ptr_array_index (entries, i);

    if (!entry->closed)
      return;
  }
  finish_close (self);
}

static void
on_closed (GstIceTransport *transport, gpointer data)
{
  GstIceSession *self = data;
  g_autoptr (GPtrArray) entries = gst_ice_session_list_entries (self);
  GstIceSessionEntry *entry = gst_ice_session_find_entry (entries, transport);

  g_return_if_fail (gst_ice_session_is_closed (self) && !entry->closed);
  entry->closed = TRUE;
  if (self->announced)
    check_closed (self);
}

static void
on_channel_gone (gpointer data)
{
  GstIceSession *self = data;

  self->channel_closes = FALSE;
  if (self->announced)
    check_closed (self);
}

static void
do_close (GstIceSession *self, gpointer unused)
{
  g_autoptr (GPtrArray) entries = gst_ice_session_list_entries (self);
  guint i;

  gst_ice_session_stop_restarts (self);
  gst_ice_session_stop_calls (self);
  g_clear_pointer (&self->resolver, gst_ice_resolver_cancel);
  g_clear_pointer (&self->mdns, gst_ice_mdns_free);
  if (self->channel != NULL)
    gst_ice_channel_send_bye (self->channel);
  if (self->channel != NULL) {
    self->channel_closes = TRUE;
    gst_ice_channel_close (
        g_steal_pointer (&self->channel), on_channel_gone, self);
  }
  for (i = 0; i < entries->len; i++) {
    GstIceSessionEntry *entry = g_ptr_array_index (entries, i);

    gst_ice_transport_close (entry->transport);
  }
  g_clear_pointer (&self->patience, gst_ice_alarm_free);
  gst_ice_session_enter_closed (self);
  self->announced = TRUE;
  check_closed (self);
}

/**
 * gst_ice_session_close:
 * @self: a session
 *
 * Any thread. Ends everything; waits for that a second at most, and not at all
 * in the I/O thread.
 */
void
gst_ice_session_close (GstIceSession *self)
{
  g_autoptr (GstIceIo) io = NULL;
  gint64 end = g_get_monotonic_time () + CLOSE_WAIT;
  gboolean first, closed;

  g_mutex_lock (&self->lock);
  first = !gst_ice_session_is_closed (self);
  g_atomic_int_set (&self->closing, TRUE);
  if (self->io != NULL)
    io = gst_ice_io_ref (self->io);
  g_mutex_unlock (&self->lock);

  if (io == NULL) {
    if (first)
      gst_ice_session_enter_closed (self);
    return;
  }
  if (first)
    gst_ice_session_queue (self, do_close, NULL, NULL);
  if (gst_ice_io_is_current (io))
    return;
  g_mutex_lock (&self->lock);
  while (!self->closed)
    if (!g_cond_wait_until (&self->cond, &self->lock, end))
      break;
  closed = self->closed;
  g_mutex_unlock (&self->lock);
  if (closed) /* also what the I/O thread releases afterwards has been freed */
    gst_ice_io_synchronize (io, end);
}

/**
 * gst_ice_session_end:
 * @self: a session whose owner is being disposed of
 *
 * Any thread. Closes the session if it runs. It takes a reference to its owner,
 * which it drops when everything has ended.
 */
void
gst_ice_session_end (GstIceSession *self)
{
  gboolean runs;

  g_mutex_lock (&self->lock);
  runs = self->io != NULL;
  if (runs && !self->keeps_owner)
    gst_object_ref (self->owner);
  self->keeps_owner |= runs;
  g_mutex_unlock (&self->lock);
  if (runs)
    gst_ice_session_close (self);
}
