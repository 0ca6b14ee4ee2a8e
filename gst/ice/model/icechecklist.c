/* gst-ice: the candidate pairs of one transport.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/icechecklist.h"

/* Source addresses of checks that came before their candidate; a peer with more
 * addresses sends its checks again. */
#define MAX_EARLY 16

struct _IceChecklist
{
  IceCheckTable table;
  guint component;
  guint generation_id;               /* the owner's name of the generation */
  IceCheckRow *selected;             /* one of the table's rows, or NULL */
  GPtrArray *local;                  /* of IceCandidate */
  GPtrArray *remote;                 /* of IceCandidate */
  IceCheckEndpoint early[MAX_EARLY]; /* sources of checks that are not at any
                                        candidate of the peer */
  guint n_early, next_early;
};

/**
 * ice_checklist_new:
 * @component: the transport's component
 * @max_pairs: how many pairs are kept; 0 = %ICE_CHECKLIST_MAX_PAIRS
 *
 * Any thread; the owner locks.
 *
 * Returns: (transfer full): an empty checklist
 */
IceChecklist *
ice_checklist_new (guint component, guint max_pairs)
{
  IceChecklist *self = g_new0 (IceChecklist, 1);

  self->component = component;
  ice_check_table_init (
      &self->table, max_pairs != 0 ? max_pairs : ICE_CHECKLIST_MAX_PAIRS);
  self->local = g_ptr_array_new_with_free_func (
      (GDestroyNotify) ice_candidate_free);
  self->remote = g_ptr_array_new_with_free_func (
      (GDestroyNotify) ice_candidate_free);
  return self;
}

void
ice_checklist_free (IceChecklist *self)
{
  ice_check_table_clear (&self->table);
  g_ptr_array_unref (self->local);
  g_ptr_array_unref (self->remote);
  g_free (self);
}

/**
 * ice_checklist_set_generation:
 * @self: a checklist
 * @generation: the owner's number of the generation of pairs that are made from
 *   now on
 *
 * Any thread; the owner locks.
 */
void
ice_checklist_set_generation (IceChecklist *self, guint generation)
{
  self->generation_id = generation;
}

/* RFC 8445 section 7.2.5.3.1: a candidate that is found by a check has the
 * priority in that check. */
static void
set_local (IceChecklist *self, IceCheckRow *row, const IceCheckEvent *event)
{
  IceCheckSide side = event->local;

  if (side.priority == 0)
    side.priority = row->pair.request_priority;
  ice_check_pair_set_local (&row->pair, &side, self->local, self->component);
}

/* Additions */

/* The backend added the same two candidates again: users see the same pair. */
static void
revive_row (IceChecklist *self, IceCheckRow *row, const IceCheckEvent *event,
    GstIceCandidatePairState state)
{
  if (!ice_check_endpoint_equal (&row->pair.local, &event->local.endpoint)) {
    set_local (self, row, event);
    ice_check_table_note (&self->table, row, ICE_CHECK_CHANGE_CANDIDATES);
  } else if (ice_check_pair_match (&row->pair, self->local, self->remote))
    ice_check_table_note (&self->table, row, ICE_CHECK_CHANGE_CANDIDATES);
  ice_check_table_revive (&self->table, row, state);
}

static IceCheckRow *
new_row (IceChecklist *self, const IceCheckEvent *event,
    GstIceCandidatePairState state)
{
  IceCheckRow *row = ice_check_table_add_row (&self->table, state);

  row->pair.generation = self->generation_id;
  row->pair.protocol = event->protocol;
  row->pair.base = event->local.endpoint;
  set_local (self, row, event);
  ice_check_pair_set_remote (
      &row->pair, &event->remote, self->remote, self->component);
  return row;
}

static void
add_valid_pair (IceChecklist *self, IceCheckRow *row,
    const IceCheckEvent *event, GstIceCandidatePairState state)
{
  if (!ice_check_table_add_valid_object (&self->table, row, event->id, state)
      || ice_check_endpoint_equal (&row->pair.local, &event->local.endpoint))
    return;
  set_local (self, row, event);
  ice_check_table_note (&self->table, row, ICE_CHECK_CHANGE_CANDIDATES);
}

static void
add_pair (IceChecklist *self, const IceCheckEvent *event)
{
  GstIceCandidatePairState state = ice_check_table_forget (
      &self->table, event->id);
  IceCheckRow *parent = ice_check_table_find (&self->table, event->parent);
  IceCheckRow *row;

  if (parent != NULL) {
    add_valid_pair (self, parent, event, state);
    return;
  }

  row = ice_check_table_find_forgotten (&self->table, event);
  if (row != NULL)
    revive_row (self, row, event, state);
  else if (ice_check_table_make_room (&self->table))
    row = new_row (self, event, state);
  else
    return;
  ice_check_table_check (&self->table, row, event->id, state);
}

/* Selection */

static IceCheckRow *
find_row_at (const IceChecklist *self, const IceCheckEvent *event)
{
  IceCheckRow *best = NULL;
  guint best_rank = 0, i;

  for (i = 0; i < self->table.rows->len; i++) {
    IceCheckRow *row = g_ptr_array_index (self->table.rows, i);
    guint rank = row->pair.live ? 1 : 0;

    if (row->pair.protocol != event->protocol
        || !ice_check_endpoint_equal (
            &row->pair.remote, &event->remote.endpoint))
      continue;
    if (ice_check_endpoint_equal (&row->pair.local, &event->local.endpoint))
      rank += 4;
    else if (ice_check_endpoint_equal (&row->pair.base, &event->local.endpoint))
      rank += 2;
    else
      continue;
    if (rank > best_rank) {
      best = row;
      best_rank = rank;
    }
  }
  return best;
}

static void
select_pair (IceChecklist *self, const IceCheckEvent *event)
{
  IceCheckRow *row = ice_check_table_find (&self->table, event->id);
  IceCheckRow *old = self->selected;

  if (row == NULL)
    row = find_row_at (self, event);
  if (row == old)
    return;
  self->selected = row;
  if (old != NULL) {
    old->pair.selected = FALSE;
    ice_check_table_note (&self->table, old, ICE_CHECK_CHANGE_SELECTED);
    ice_check_table_remove_row_unless_needed (&self->table, old);
  }
  if (row != NULL) {
    row->pair.selected = TRUE;
    ice_check_table_note (&self->table, row, ICE_CHECK_CHANGE_SELECTED);
  }
}

static void
restart (IceChecklist *self)
{
  ice_check_table_restart (&self->table);
  g_ptr_array_set_size (self->remote, 0);
  self->n_early = self->next_early = 0;
}

static void
nominate (IceChecklist *self, IceCheckRow *row)
{
  if (row->pair.nominated)
    return;
  row->pair.nominated = TRUE;
  ice_check_table_note (&self->table, row, ICE_CHECK_CHANGE_NOMINATED);
}

/**
 * ice_checklist_step:
 * @self: a checklist
 * @event: what happened
 * @now: when, microseconds, monotonic
 * @n_changes: (out): how many pairs changed
 *
 * Any thread; the owner locks. An event about an id that is not known changes
 * nothing, but a state, which waits for the pair to be added. Counters and
 * round-trip times change without being reported.
 *
 * Returns: (array length=n_changes) (transfer none): what changed, each pair
 *   once; valid, with pairs that left, until the next call that changes @self
 */
const IceCheckChange *
ice_checklist_step (IceChecklist *self, const IceCheckEvent *event, gint64 now,
    guint *n_changes)
{
  IceCheckRow *row = ice_check_table_find (&self->table, event->id);

  ice_check_table_begin (&self->table);
  self->table.now = now;
  if (event->kind == ICE_CHECK_ADDED)
    add_pair (self, event);
  else if (event->kind == ICE_CHECK_STATE)
    ice_check_table_set_state (&self->table, event->id, event->state);
  else if (event->kind == ICE_CHECK_SELECTED)
    select_pair (self, event);
  else if (event->kind == ICE_CHECK_REMOVED)
    ice_check_table_forget (&self->table, event->id);
  else if (event->kind == ICE_CHECK_PRUNED)
    ice_check_table_prune (&self->table);
  else if (event->kind == ICE_CHECK_RESTARTED)
    restart (self);
  else if (row == NULL)
    ; /* not a pair of this list */
  else if (event->kind == ICE_CHECK_NOMINATED)
    nominate (self, row);
  else
    ice_check_pair_count (&row->pair, event, now);
  return ice_check_table_finish (&self->table, n_changes);
}

/**
 * ice_checklist_add_candidate:
 * @self: a checklist
 * @candidate: a candidate with a numeric address
 * @local: whether it is one of ours; the peer's are dropped by a restart
 * @n_changes: (out): how many pairs turned out to be with @candidate
 *
 * Any thread; the owner locks. Best before the pairs come; until then theirs
 * are peer-reflexive.
 *
 * Returns: (array length=n_changes) (transfer none): as ice_checklist_step()
 */
const IceCheckChange *
ice_checklist_add_candidate (IceChecklist *self, const IceCandidate *candidate,
    gboolean local, guint *n_changes)
{
  GPtrArray *signalled = local ? self->local : self->remote;
  guint i;

  ice_check_table_begin (&self->table);
  ice_check_add_candidate (signalled, candidate);
  for (i = 0; i < self->table.rows->len; i++) {
    IceCheckRow *row = g_ptr_array_index (self->table.rows, i);

    if (row->generation != self->table.generation)
      continue; /* media uses it, with the candidates of its generation */
    if (ice_check_pair_match (&row->pair, self->local, self->remote))
      ice_check_table_note (&self->table, row, ICE_CHECK_CHANGE_CANDIDATES);
  }
  return ice_check_table_finish (&self->table, n_changes);
}

/**
 * ice_checklist_count_answered:
 * @self: a checklist
 * @from: the source of a check that was answered outside the backend
 *
 * Any thread; the owner locks. Counts request and response.
 *
 * Returns: whether it came on the selected pair
 */
gboolean
ice_checklist_count_answered (IceChecklist *self, const IceCheckEndpoint *from)
{
  IceCheckRow *row = self->selected;

  if (row == NULL || !ice_check_endpoint_equal (&row->pair.remote, from))
    return FALSE;
  row->pair.requests_received++;
  row->pair.responses_sent++;
  return TRUE;
}

/**
 * ice_checklist_learn:
 * @self: a checklist
 * @candidate: a peer-reflexive candidate of the peer's, that a check has shown
 * @n_changes: (out): how many pairs turned out to be with @candidate
 *
 * Any thread; the owner locks. It does not count as a candidate that the peer
 * has signalled.
 *
 * Returns: (array length=n_changes) (transfer none): as ice_checklist_step()
 */
const IceCheckChange *
ice_checklist_learn (
    IceChecklist *self, const IceCandidate *candidate, guint *n_changes)
{
  guint i;

  ice_check_table_begin (&self->table);
  for (i = 0; i < self->table.rows->len; i++) {
    IceCheckRow *row = g_ptr_array_index (self->table.rows, i);
    IceCandidate **known = &row->pair.remote_candidate;

    if (row->generation != self->table.generation || (*known)->priority != 0
        || !ice_check_is_at (candidate, &row->pair.remote, row->pair.protocol))
      continue;
    ice_candidate_free (*known);
    *known = ice_candidate_copy (candidate);
    ice_check_table_note (&self->table, row, ICE_CHECK_CHANGE_CANDIDATES);
  }
  return ice_check_table_finish (&self->table, n_changes);
}

/**
 * ice_checklist_check_came:
 * @self: a checklist
 * @from: the source of a UDP check with a valid password
 *
 * An attacker can repeat the peer's check, which has a valid password, from
 * another address; but the peer has not signalled a candidate there. The last
 * checks that came before their candidate are remembered.
 *
 * Returns: whether the peer has signalled a candidate there, in this
 *   generation; peer-reflexive candidates do not count
 */
gboolean
ice_checklist_check_came (IceChecklist *self, const IceCheckEndpoint *from)
{
  guint i;

  for (i = 0; i < self->remote->len; i++)
    if (ice_check_is_at (g_ptr_array_index (self->remote, i), from,
            ICE_CANDIDATE_PROTOCOL_UDP))
      return TRUE;
  for (i = 0; i < self->n_early; i++)
    if (ice_check_endpoint_equal (&self->early[i], from))
      return FALSE;
  self->early[self->next_early] = *from;
  self->next_early = (self->next_early + 1) % MAX_EARLY;
  self->n_early = MIN (self->n_early + 1, MAX_EARLY);
  return FALSE;
}

/**
 * ice_checklist_had_check:
 * @self: a checklist
 * @candidate: a candidate that the peer has signalled just now
 *
 * Returns: whether ice_checklist_check_came() was called for that address
 *   before, in this generation
 */
gboolean
ice_checklist_had_check (
    const IceChecklist *self, const IceCandidate *candidate)
{
  guint i;

  for (i = 0; i < self->n_early; i++)
    if (ice_check_is_at (
            candidate, &self->early[i], ICE_CANDIDATE_PROTOCOL_UDP))
      return TRUE;
  return FALSE;
}

/* Returns: how many pairs there are */
guint
ice_checklist_get_n_pairs (const IceChecklist *self)
{
  return self->table.rows->len;
}

/**
 * ice_checklist_get_pair:
 * @self: a checklist
 * @position: less than ice_checklist_get_n_pairs()
 *
 * Returns: (transfer none): the pair; those that came earlier come first
 */
const IceCheckPair *
ice_checklist_get_pair (const IceChecklist *self, guint position)
{
  g_return_val_if_fail (position < self->table.rows->len, NULL);
  return &((IceCheckRow *) g_ptr_array_index (self->table.rows, position))
              ->pair;
}

/* When the pair's checks count as failed; 0: they do. */
static gint64
get_failing_time (const IceCheckPair *pair)
{
  if (pair->failing)
    return 0;
  return pair->asked_since != 0 ? pair->asked_since + ICE_CHECKLIST_ANSWER_TIME
                                : G_MAXINT64;
}

/**
 * ice_checklist_get_failing_time:
 * @self: a checklist
 *
 * The peer's checks are answered by checks of ours (RFC 8445 section 7.3.1.4),
 * also on pairs that have failed: they go on for as long as the peer does. So a
 * pair counts as failed when its last check that has ended failed, or when it
 * has not answered for %ICE_CHECKLIST_ANSWER_TIME, even while another check is
 * under way.
 *
 * Returns: from when on each pair of this generation counts as failed if
 *   nothing else comes, microseconds, monotonic; 0 where that is so already;
 *   %-1 where no time is known, or there are no pairs
 */
gint64
ice_checklist_get_failing_time (const IceChecklist *self)
{
  gint64 last = -1;
  guint i;

  for (i = 0; i < self->table.rows->len; i++) {
    const IceCheckRow *row = g_ptr_array_index (self->table.rows, i);

    if (row->generation == self->table.generation)
      last = MAX (last, get_failing_time (&row->pair));
  }
  return last != G_MAXINT64 ? last : -1;
}

/**
 * ice_checklist_find:
 * @self: a checklist
 * @id: the backend's name of a pair
 *
 * Returns: (transfer none) (nullable): that pair
 */
const IceCheckPair *
ice_checklist_find (const IceChecklist *self, guintptr id)
{
  IceCheckRow *row = ice_check_table_find (&self->table, id);

  return row != NULL ? &row->pair : NULL;
}
