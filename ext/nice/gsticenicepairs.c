/* gst-ice: the candidate pairs of one NiceAgent.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The lines come with the agent's lock held and are understood at once, so that
 * a flood of them fills no queue; real changes are queued for the I/O thread.
 */

#include "gsticenicepairs.h"
#include "gsticepair.h"
#include "icechecklist.h"
#include "nicechecks.h"
#include "nicelog.h"
#include "nicewitness.h"

GST_DEBUG_CATEGORY_STATIC (gst_ice_nice_pairs_debug);
#define GST_CAT_DEFAULT gst_ice_nice_pairs_debug

/* an atomic rc box: changes on their way hold it too */
struct _GstIceNicePairs
{
  GstIceTransport *transport; /* not referenced: it owns us */
  gboolean retired;           /* written by the I/O thread, under the lock */
  GstIceIo *io;
  gpointer agent;
  GstIceNiceBreaker *breaker;
  GstIceAlarm
      *checked; /* not referenced: due when a check may have been the last */

  GMutex lock; /* a leaf */
  NiceChecks checks;
  IceChecklist *list;
  gboolean has_trace;
  NiceWitness witness;
  GstIceAlarm
      *heard; /* due when the witness has an answer; NULL: nobody asks */
};

/* Change of a pair or of the role, on its way to the I/O thread. */
typedef struct
{
  GstIceNicePairs *pairs;
  GstStructure *pair; /* NULL: the role */
  gboolean is_state;
  GstIceRole role;
} Change;

static GstStructure *
make_structure (
    GstIceTransport *transport, const IceCheckPair *row, GstIceRole role)
{
  GstStructure *pair = gst_ice_pair_new_structure (
      gst_ice_transport_get_stream (transport),
      gst_ice_transport_get_component (transport), row->local_candidate,
      row->remote_candidate, row->state, row->nominated, row->selected);
  guint64 priority;

  /* learnt from a check, and not all of it */
  if (row->local_candidate->priority == 0)
    gst_structure_remove_field (pair, "local-candidate");
  if (row->remote_candidate->priority == 0)
    gst_structure_remove_field (pair, "remote-candidate");
  gst_structure_set (pair, "requests-sent", G_TYPE_UINT64, row->requests_sent,
      "requests-received", G_TYPE_UINT64, row->requests_received,
      "responses-sent", G_TYPE_UINT64, row->responses_sent,
      "responses-received", G_TYPE_UINT64, row->responses_received,
      "retransmissions-sent", G_TYPE_UINT64, row->retransmissions_sent, NULL);
  if (ice_check_pair_get_priority (row, role, &priority))
    gst_structure_set (pair, "priority", G_TYPE_UINT64, priority, NULL);
  if (row->current_rtt >= 0)
    gst_structure_set (pair, "current-round-trip-time", G_TYPE_DOUBLE,
        row->current_rtt / (gdouble) G_USEC_PER_SEC, "total-round-trip-time",
        G_TYPE_DOUBLE, row->total_rtt / (gdouble) G_USEC_PER_SEC, NULL);
  return pair;
}

static gboolean
copy_candidate_field (GQuark field, const GValue *value, gpointer pair)
{
  static const gchar *const fields[] = { "local-candidate", "remote-candidate",
    "local-type", "remote-type", "priority", NULL };

  if (g_strv_contains (fields, g_quark_to_string (field)))
    gst_structure_id_set_value (pair, field, value);
  return TRUE;
}

/* libnice makes pairs of a candidate before it tells of the candidate; by now
 * it has. */
static void
complete_pair (GstIceTransport *transport, GstStructure *pair)
{
  g_autoptr (GPtrArray) pairs = NULL;
  guint i;

  if (gst_structure_has_field (pair, "local-candidate")
      && gst_structure_has_field (pair, "remote-candidate"))
    return;
  pairs = GST_ICE_TRANSPORT_GET_CLASS (transport)->list_pairs (transport);
  for (i = 0; pairs != NULL && i < pairs->len; i++) {
    const GstStructure *other = g_ptr_array_index (pairs, i);

    if (g_str_equal (gst_structure_get_string (other, "id"),
            gst_structure_get_string (pair, "id")))
      gst_structure_foreach (other, copy_candidate_field, pair);
  }
}

static gboolean
run_change (gpointer data)
{
  Change *change = data;
  GstIceTransport *transport = change->pairs->transport;

  if (change->pairs->retired)
    return G_SOURCE_REMOVE;
  if (change->pair != NULL) {
    complete_pair (transport, change->pair);
    gst_ice_transport_report_pair (transport, change->pair, change->is_state);
  } else {
    gst_ice_transport_report_role (transport, change->role);
  }
  return G_SOURCE_REMOVE;
}

static void
clear (gpointer data)
{
  GstIceNicePairs *self = data;

  ice_checklist_free (self->list);
  g_clear_pointer (&self->heard, gst_ice_alarm_unref);
  g_mutex_clear (&self->lock);
}

static void
unref (gpointer self)
{
  g_atomic_rc_box_release_full (self, clear);
}

static void
change_free (gpointer data)
{
  Change *change = data;

  if (change->pair != NULL)
    gst_structure_free (change->pair);
  unref (change->pairs);
  g_free (change);
}

static void
queue_pair (GstIceNicePairs *self, const IceCheckChange *what)
{
  Change *change;

  if (what->pair->local_candidate == NULL
      || what->pair->remote_candidate == NULL)
    return;
  change = g_new0 (Change, 1);
  change->pairs = g_atomic_rc_box_acquire (self);
  change->pair = make_structure (self->transport, what->pair,
      gst_ice_transport_get_role (self->transport));
  change->is_state = (what->what
                         & (ICE_CHECK_CHANGE_ADDED | ICE_CHECK_CHANGE_STATE
                             | ICE_CHECK_CHANGE_NOMINATED))
      != 0;
  if (change->is_state)
    gst_ice_alarm_set (self->checked, 0);
  gst_ice_io_invoke (self->io, run_change, change, change_free);
}

static void
queue_role (GstIceNicePairs *self, NiceTraceRole role)
{
  Change *change = g_new0 (Change, 1);

  change->pairs = g_atomic_rc_box_acquire (self);
  change->role = role == NICE_TRACE_ROLE_CONTROLLING ? GST_ICE_ROLE_CONTROLLING
                                                     : GST_ICE_ROLE_CONTROLLED;
  gst_ice_io_invoke (self->io, run_change, change, change_free);
}

/* Under the lock. */
static void
queue_changes (GstIceNicePairs *self, const IceCheckChange *changes, guint n)
{
  guint i;

  for (i = 0; i < n; i++)
    queue_pair (self, &changes[i]);
}

/* Under the lock. The answer to a check with a good password: a peer that is
 * done with checking before us sends at once (RFC 8445 section 12.2). */
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
  gst_ice_sources_add (
      gst_ice_transport_get_sources (self->transport), address, port);
}

/* With the agent's lock held. */
static void
on_trace (const NiceTraceEvent *event, gpointer data)
{
  GstIceNicePairs *self = data;
  NiceCheck checks[NICE_CHECKS_MAX];
  gint64 now = g_get_monotonic_time ();
  gboolean peers;
  guint i, n, n_changes;
  gboolean retired;

  if (event->kind == NICE_TRACE_INBOUND)
    gst_ice_nice_breaker_count (self->breaker);
  g_mutex_lock (&self->lock);
  if (event->kind == NICE_TRACE_GATHERING)
    self->has_trace = TRUE;
  if (nice_witness_step (&self->witness, event, now))
    gst_ice_alarm_set (self->heard, 0);
  retired = self->retired;
  n = retired ? 0 : nice_checks_translate (&self->checks, event, now, checks);
  for (i = 0; i < n; i++) {
    const IceCheckChange *changes = ice_checklist_step (
        self->list, &checks[i].event, checks[i].at, &n_changes);

    queue_changes (self, changes, n_changes);
  }
  peers = is_peers (self, event);
  g_mutex_unlock (&self->lock);
  if (peers && !retired)
    trust (self, event->remote.address, event->remote.port);
  if (event->kind == NICE_TRACE_ROLE_CHANGED && !retired)
    queue_role (self, event->role);
}

/**
 * gst_ice_nice_pairs_new:
 * @transport: (transfer none): whose pairs; outlives them
 * @io: (transfer none): the I/O thread; outlives them
 * @agent: its NiceAgent, before it gathers
 * @breaker: (transfer none): counts its STUN messages; outlives them
 * @checked: (transfer none): becomes due when the state of a pair has changed;
 *   outlives them
 *
 * The I/O thread.
 *
 * Returns: (transfer full): no pairs yet
 */
GstIceNicePairs *
gst_ice_nice_pairs_new (GstIceTransport *transport, GstIceIo *io,
    gpointer agent, GstIceNiceBreaker *breaker, GstIceAlarm *checked)
{
  GstIceNicePairs *self = g_atomic_rc_box_new0 (GstIceNicePairs);

  GST_DEBUG_CATEGORY_INIT (
      gst_ice_nice_pairs_debug, "icepairs", 0, "ICE candidate pairs");
  self->transport = transport;
  self->io = io;
  self->agent = agent;
  self->breaker = breaker;
  self->checked = checked;
  g_mutex_init (&self->lock);
  self->list = ice_checklist_new (
      gst_ice_transport_get_component (transport), 0);
  nice_log_watch (agent, FALSE, on_trace, self);
  return self;
}

/**
 * gst_ice_nice_pairs_free:
 * @self: (transfer full): the pairs
 *
 * The I/O thread, without the agent's lock. Nothing is reported after this.
 */
void
gst_ice_nice_pairs_free (GstIceNicePairs *self)
{
  nice_log_unwatch (self->agent, self);
  self->retired = TRUE;
  unref (self);
}

/**
 * gst_ice_nice_pairs_add_candidate:
 * @self: the pairs
 * @candidate: one that the pairs may be made of
 * @local: ours, else the peer's
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
  queue_changes (self, changes, n_changes);
  peers = !local && ice_checklist_had_check (self->list, candidate);
  g_mutex_unlock (&self->lock);
  if (peers)
    trust (self, candidate->address, candidate->port);
}

/**
 * gst_ice_nice_pairs_restart:
 * @self: the pairs
 *
 * The I/O thread, before nice_agent_restart_stream(), whose line about it does
 * not come for an empty list.
 */
void
gst_ice_nice_pairs_restart (GstIceNicePairs *self)
{
  const IceCheckEvent event = { .kind = ICE_CHECK_RESTARTED };
  const IceCheckChange *changes;
  guint n_changes;

  g_mutex_lock (&self->lock);
  changes = ice_checklist_step (
      self->list, &event, g_get_monotonic_time (), &n_changes);
  queue_changes (self, changes, n_changes);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_nice_pairs_retire:
 * @self: the pairs
 *
 * The I/O thread. Only the selected one remains, as it is, for media takes it
 * yet; nothing of them is reported any more.
 */
void
gst_ice_nice_pairs_retire (GstIceNicePairs *self)
{
  gst_ice_nice_pairs_restart (self);
  g_mutex_lock (&self->lock);
  self->retired = TRUE;
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_nice_pairs_has_trace:
 * @self: the pairs
 *
 * Returns: whether libnice has said that it gathers, as it does within
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

/* libnice was built without its debug log, or somebody took it from us. */
static void
tell_no_trace (GstIceNicePairs *self)
{
  static gint told;

  if (g_atomic_int_compare_and_exchange (&told, FALSE, TRUE))
    GST_WARNING_OBJECT (self->transport,
        "libnice's trace can not be read: candidate-pairs shows the selected "
        "pair only, a role that a conflict changed is not noticed, nor a peer "
        "that falls silent where it has to be asked through libnice (relayed "
        "and TCP pairs)");
}

/**
 * gst_ice_nice_pairs_check_trace:
 * @self: the pairs
 *
 * The I/O thread, after nice_agent_gather_candidates(). Warns where there is no
 * trace, once a process.
 *
 * Returns: whether libnice's lines about this agent came and still come
 */
gboolean
gst_ice_nice_pairs_check_trace (GstIceNicePairs *self)
{
  if (gst_ice_nice_pairs_has_trace (self) && nice_log_works ())
    return TRUE;
  tell_no_trace (self);
  return FALSE;
}

/**
 * gst_ice_nice_pairs_watch_answers:
 * @self: the pairs
 * @peer: (nullable): whose answers to requests that libnice does not know of
 *   are wanted; %NULL = nobody's
 * @heard: (nullable): becomes due when there are any
 *
 * The I/O thread.
 *
 * Returns: whether the trace can tell an answer of @peer's
 */
gboolean
gst_ice_nice_pairs_watch_answers (
    GstIceNicePairs *self, const NiceTraceEndpoint *peer, GstIceAlarm *heard)
{
  GstIceAlarm *old;
  gboolean known;

  g_mutex_lock (&self->lock);
  known = nice_witness_watch (&self->witness, peer);
  old = self->heard;
  self->heard = heard != NULL ? gst_ice_alarm_ref (heard) : NULL;
  g_mutex_unlock (&self->lock);
  g_clear_pointer (&old, gst_ice_alarm_unref);
  return known;
}

/**
 * gst_ice_nice_pairs_take_answer:
 * @self: the pairs
 * @at: (out): when it came, microseconds, monotonic
 *
 * Returns: whether there was an answer that was not taken yet
 */
gboolean
gst_ice_nice_pairs_take_answer (GstIceNicePairs *self, gint64 *at)
{
  gboolean taken;

  g_mutex_lock (&self->lock);
  taken = nice_witness_take (&self->witness, at);
  g_mutex_unlock (&self->lock);
  return taken;
}

/**
 * gst_ice_nice_pairs_are_checked:
 * @self: the pairs
 *
 * Any thread.
 *
 * Returns: whether no pair has a check to come or under way
 */
gboolean
gst_ice_nice_pairs_are_checked (GstIceNicePairs *self)
{
  gboolean checked = TRUE;
  guint i;

  g_mutex_lock (&self->lock);
  for (i = 0; i < ice_checklist_get_n_pairs (self->list); i++) {
    const IceCheckPair *row = ice_checklist_get_pair (self->list, i);

    if (row->live && row->state != GST_ICE_CANDIDATE_PAIR_STATE_SUCCEEDED
        && row->state != GST_ICE_CANDIDATE_PAIR_STATE_FAILED)
      checked = FALSE;
  }
  g_mutex_unlock (&self->lock);
  return checked;
}

/**
 * gst_ice_nice_pairs_list:
 * @self: the pairs
 * @role: this agent's role
 *
 * Any thread.
 *
 * Returns: (transfer full) (element-type GstStructure): all pairs, in the order
 *   in which they were made
 */
GPtrArray *
gst_ice_nice_pairs_list (GstIceNicePairs *self, GstIceRole role)
{
  GPtrArray *list = g_ptr_array_new_with_free_func (
      (GDestroyNotify) gst_structure_free);
  guint i;

  g_mutex_lock (&self->lock);
  for (i = 0; i < ice_checklist_get_n_pairs (self->list); i++) {
    const IceCheckPair *row = ice_checklist_get_pair (self->list, i);

    if (row->local_candidate != NULL && row->remote_candidate != NULL)
      g_ptr_array_add (list, make_structure (self->transport, row, role));
  }
  g_mutex_unlock (&self->lock);
  return list;
}
