/* gst-ice: reads a NiceAgent's trace and candidates into the table of pairs.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The lines come with the agent's lock held and are handled at once, so that a
 * flood of them fills no queue; only changes are queued for the I/O thread. */

#include "pairs/gsticenicepairclaims.h"
#include "pairs/gsticenicepairown.h"
#include "pairs/gsticenicepairreports.h"
#include "pairs/gsticenicepairrequests.h"
#include "trace/nicelog.h"

GST_DEBUG_CATEGORY_STATIC (gst_ice_nice_pairs_debug);
#define GST_CAT_DEFAULT gst_ice_nice_pairs_debug

/* Under the lock. Admits the source of an authenticated check: a peer that has
 * finished its checks before us sends data at once (RFC 8445 section 12.2). */
static gboolean
is_peers (GstIceNicePairs *self, const NiceTraceEvent *event)
{
  IceCheckEndpoint from = { .port = event->remote.port };

  if (event->kind != NICE_TRACE_REPLY)
    return FALSE;
  g_strlcpy (from.address, event->remote.address, sizeof from.address);
  return ice_checklist_check_came (self->list, &from);
}

static void
trust (GstIceNicePairs *self, const gchar *address, guint16 port)
{
  gst_ice_peer_addresses_add (
      gst_ice_datapath_get_peer_addresses (
          gst_ice_transport_get_datapath (self->transport)),
      address, port);
}

/* With the agent's lock held. */
static void
on_trace (const NiceTraceEvent *event, gpointer data)
{
  GstIceNicePairs *self = data;
  NiceCheck checks[NICE_CHECKS_MAX];
  gint64 now = g_get_monotonic_time ();
  const NiceDiscovery *refused;
  gboolean peers;
  guint i, n;
  gboolean retired;
  NiceTraceEndpoint from;

  if (event->kind == NICE_TRACE_INBOUND)
    gst_ice_nice_flood_guard_count_message (
        self->flood_guard, event->remote.address, event->remote.port);
  refused = nice_discoveries_step (&self->discoveries, event);
  if (refused != NULL)
    gst_ice_nice_flood_guard_refuse (self->flood_guard, refused);
  if (nice_discoveries_are_fragile (&self->discoveries) != self->is_held) {
    self->is_held = !self->is_held;
    gst_ice_nice_flood_guard_hold (self->flood_guard, self->is_held);
  }
  g_mutex_lock (&self->lock);
  if (event->kind == NICE_TRACE_GATHERING)
    self->has_trace = TRUE;
  if (event->kind == NICE_TRACE_REQUEST)
    self->tie_breaker = event->number[1];
  if (nice_answer_trace_step (&self->answer_trace, event, now))
    gst_ice_alarm_set (self->answer_alarm, 0);
  gst_ice_nice_pairs_note_requests (self, event, now);
  from = self->answer_trace.from;
  retired = self->retired;
  n = retired ? 0 : nice_checks_translate (&self->checks, event, now, checks);
  for (i = 0; i < n; i++) {
    if (checks[i].event.kind == ICE_CHECK_RESTARTED && self->prunes)
      checks[i].event.kind = ICE_CHECK_PRUNED;
    gst_ice_nice_pairs_replace_own (self, &checks[i].event, checks[i].at);
    gst_ice_nice_pairs_step (self, &checks[i].event, checks[i].at);
  }
  if (event->kind == NICE_TRACE_REPLY)
    self->last_check = now;
  peers = is_peers (self, event);
  g_mutex_unlock (&self->lock);
  if (event->kind == NICE_TRACE_REFRESH_ANSWER
      && event->number[0] == NICE_TRACE_TURN_ERROR)
    gst_ice_nice_flood_guard_note_refresh_error (
        self->flood_guard, from.address, from.port, now);
  if (peers && !retired)
    trust (self, event->remote.address, event->remote.port);
  if (event->kind == NICE_TRACE_ROLE_CHANGED && !retired)
    gst_ice_nice_pairs_report_role (self, event->role);
}

/**
 * gst_ice_nice_pairs_new:
 * @transport: (transfer none): the transport; outlives them
 * @io: (transfer none): the I/O thread; outlives them
 * @agent: its NiceAgent, before it gathers
 * @flood_guard: (transfer none): counts its STUN messages; outlives them
 * @roles: (transfer none): get the role that libnice has after a conflict;
 * outlive them
 * @amplification: (transfer none): bounds what its checks send to addresses
 *   that do not answer
 * @checked: (transfer none): an alarm that becomes due when the state of a pair
 * has changed; outlives them
 *
 * I/O thread.
 *
 * Returns: (transfer full): no pairs yet
 */
GstIceNicePairs *
gst_ice_nice_pairs_new (GstIceTransport *transport, GstIceIo *io,
    gpointer agent, GstIceNiceFloodGuard *flood_guard, GstIceNiceRoles *roles,
    GstIceAmplification *amplification, GstIceAlarm *checked)
{
  GstIceNicePairs *self = g_atomic_rc_box_new0 (GstIceNicePairs);

  GST_DEBUG_CATEGORY_INIT (
      gst_ice_nice_pairs_debug, "icepairs", 0, "ICE candidate pairs");
  self->transport = transport;
  self->io = io;
  self->agent = agent;
  self->flood_guard = flood_guard;
  self->roles = roles;
  self->amplification = gst_ice_amplification_ref (amplification);
  self->claims = gst_ice_nice_pairs_make_claims ();
  self->checked = checked;
  g_mutex_init (&self->lock);
  self->steered = g_array_new (FALSE, FALSE, sizeof (guint64));
  nice_discoveries_init (&self->discoveries);
  self->list = ice_checklist_new (
      gst_ice_transport_get_component (transport), 0);
  ice_checklist_set_generation (self->list,
      gst_ice_transport_pairs_begin_generation (
          gst_ice_transport_get_pairs (transport)));
  nice_log_watch (agent, FALSE, on_trace, self);
  return self;
}

/**
 * gst_ice_nice_pairs_free:
 * @self: (transfer full): the pairs
 *
 * I/O thread, without the agent's lock. Nothing is reported after this.
 */
void
gst_ice_nice_pairs_free (GstIceNicePairs *self)
{
  nice_log_unwatch (self->agent, self);
  g_mutex_lock (&self->lock);
  self->retired = TRUE;
  gst_ice_nice_pairs_end_claims (self, FALSE);
  g_mutex_unlock (&self->lock);
  gst_ice_nice_pairs_unref (self);
}

/**
 * gst_ice_nice_pairs_add_candidate:
 * @self: the pairs
 * @candidate: a candidate that pairs may be made of
 * @local: whether it is local; otherwise the peer's
 *
 * Any thread.
 */
void
gst_ice_nice_pairs_add_candidate (
    GstIceNicePairs *self, const IceCandidate *candidate, gboolean local)
{
  const IceCheckChange *changes;
  gboolean peers;
  guint n_changes;

  g_mutex_lock (&self->lock);
  changes = ice_checklist_add_candidate (
      self->list, candidate, local, &n_changes);
  gst_ice_nice_pairs_report_changes (self, changes, n_changes);
  peers = !local && ice_checklist_had_check (self->list, candidate);
  g_mutex_unlock (&self->lock);
  if (peers)
    trust (self, candidate->address, candidate->port);
}

/**
 * gst_ice_nice_pairs_learn:
 * @self: the pairs
 * @candidate: a remote candidate, learnt from a check
 *
 * Any thread.
 */
void
gst_ice_nice_pairs_learn (GstIceNicePairs *self, const IceCandidate *candidate)
{
  const IceCheckChange *changes;
  guint n_changes;

  g_mutex_lock (&self->lock);
  changes = ice_checklist_learn (self->list, candidate, &n_changes);
  gst_ice_nice_pairs_report_changes (self, changes, n_changes);
  g_mutex_unlock (&self->lock);
}

/* All but the selected pair. */
static void
forget_pairs (GstIceNicePairs *self, gboolean sends)
{
  const IceCheckEvent event = { .kind = ICE_CHECK_RESTARTED };
  const IceCheckChange *changes;
  guint n_changes;

  g_mutex_lock (&self->lock);
  changes = ice_checklist_step (
      self->list, &event, g_get_monotonic_time (), &n_changes);
  gst_ice_nice_pairs_report_changes (self, changes, n_changes);
  gst_ice_nice_pairs_end_claims (self, sends);
  nice_requests_restart (&self->requests);
  gst_ice_nice_pairs_update_senders (self);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_nice_pairs_restart:
 * @self: the pairs
 *
 * I/O thread, before nice_agent_restart_stream(), which writes no line about it
 * if its list is empty.
 */
void
gst_ice_nice_pairs_restart (GstIceNicePairs *self)
{
  guint generation = gst_ice_transport_pairs_begin_generation (
      gst_ice_transport_get_pairs (self->transport));

  forget_pairs (self, FALSE);
  g_mutex_lock (&self->lock);
  ice_checklist_set_generation (self->list, generation);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_nice_pairs_retire:
 * @self: the pairs
 *
 * I/O thread. Keeps only the selected pair, which media still uses; nothing is
 * reported any more.
 */
void
gst_ice_nice_pairs_retire (GstIceNicePairs *self)
{
  forget_pairs (self, TRUE);
  g_mutex_lock (&self->lock);
  self->retired = TRUE;
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_nice_pairs_has_trace:
 * @self: the pairs
 *
 * Returns: whether libnice has written that it gathers, as it does within
 *   nice_agent_gather_candidates()
 */
gboolean
gst_ice_nice_pairs_has_trace (GstIceNicePairs *self)
{
  gboolean has_trace;

  g_mutex_lock (&self->lock);
  has_trace = self->has_trace;
  g_mutex_unlock (&self->lock);
  return has_trace;
}

/* Warns if libnice was built without its debug log, or another handler has it.
 */
static void
warn_of_no_trace (GstIceNicePairs *self)
{
  static gint warned;

  if (g_atomic_int_compare_and_exchange (&warned, FALSE, TRUE))
    GST_WARNING_OBJECT (self->transport,
        "libnice's trace cannot be read: candidate-pairs shows the selected "
        "pair only; role changes after conflicts and silent peers on relayed "
        "and TCP pairs are not detected");
}

/**
 * gst_ice_nice_pairs_check_trace:
 * @self: the pairs
 *
 * I/O thread, after nice_agent_gather_candidates(). Warns once in a process if
 * there is no trace.
 *
 * Returns: whether libnice's lines about this agent arrive
 */
gboolean
gst_ice_nice_pairs_check_trace (GstIceNicePairs *self)
{
  if (gst_ice_nice_pairs_has_trace (self) && nice_log_works ())
    return TRUE;
  warn_of_no_trace (self);
  return FALSE;
}

/**
 * gst_ice_nice_pairs_watch_answers:
 * @self: the pairs
 * @peer: (nullable): the peer whose answers to our own requests are wanted;
 * %NULL = none
 * @answer_alarm: (nullable): an alarm that becomes due when there are any
 *
 * I/O thread.
 *
 * Returns: whether the trace can distinguish an answer of @peer's
 */
gboolean
gst_ice_nice_pairs_watch_answers (GstIceNicePairs *self,
    const NiceTraceEndpoint *peer, GstIceAlarm *answer_alarm)
{
  GstIceAlarm *old;
  gboolean known;

  g_mutex_lock (&self->lock);
  known = nice_answer_trace_watch (&self->answer_trace, peer);
  old = self->answer_alarm;
  self->answer_alarm = answer_alarm != NULL ? gst_ice_alarm_ref (answer_alarm)
                                            : NULL;
  g_mutex_unlock (&self->lock);
  g_clear_pointer (&old, gst_ice_alarm_unref);
  return known;
}

/**
 * gst_ice_nice_pairs_take_answer:
 * @self: the pairs
 * @at: (out): its arrival time, microseconds, monotonic
 *
 * Returns: whether there was an answer that was not taken yet
 */
gboolean
gst_ice_nice_pairs_take_answer (GstIceNicePairs *self, gint64 *at)
{
  gboolean taken;

  g_mutex_lock (&self->lock);
  taken = nice_answer_trace_take (&self->answer_trace, at);
  g_mutex_unlock (&self->lock);
  return taken;
}
