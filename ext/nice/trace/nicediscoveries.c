/* gst-ice: the pairs that libnice has discovered by checks on others.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "trace/nicediscoveries.h"

/**
 * nice_discoveries_init:
 * @self: (out caller-allocates): no pair yet
 */
void
nice_discoveries_init (NiceDiscoveries *self)
{
  *self = (NiceDiscoveries){
    .pairs = g_hash_table_new_full (NULL, NULL, NULL, g_free),
  };
}

/**
 * nice_discoveries_clear:
 * @self: what nice_discoveries_init() made
 */
void
nice_discoveries_clear (NiceDiscoveries *self)
{
  g_clear_pointer (&self->pairs, g_hash_table_unref);
}

/* Returns: (nullable): the pair, if it was checked */
static NiceDiscovery *
find (NiceDiscoveries *self, guintptr pair)
{
  return g_hash_table_lookup (self->pairs, (gpointer) pair);
}

static void
set_waits (NiceDiscoveries *self, NiceDiscovery *checked, gboolean waits)
{
  self->n_waiting -= checked->waits;
  checked->waits = waits;
  self->n_waiting += checked->waits;
}

static void
forget (NiceDiscoveries *self, guintptr pair)
{
  NiceDiscovery *checked = find (self, pair);

  if (checked == NULL)
    return;
  set_waits (self, checked, FALSE);
  g_hash_table_remove (self->pairs, (gpointer) pair);
}

static void
note_state (NiceDiscoveries *self, const NiceTraceEvent *line)
{
  NiceDiscovery *checked = find (self, line->pair);

  if (line->is_new)
    forget (self, line->pair);
  else if (checked != NULL) {
    checked->state = line->state;
    set_waits (self, checked, FALSE);
  }
}

/* A pair whose check is under way is not freed. */
static void
note_queued (NiceDiscoveries *self, guintptr pair)
{
  NiceDiscovery *checked = find (self, pair);

  if (checked != NULL)
    set_waits (self, checked,
        checked->was_valid && checked->state != NICE_TRACE_STATE_IN_PROGRESS);
}

static void
note_request (NiceDiscoveries *self, const NiceTraceEvent *line)
{
  NiceDiscovery *checked = find (self, line->pair);

  if (checked == NULL) {
    checked = g_new0 (NiceDiscovery, 1);
    g_hash_table_insert (self->pairs, (gpointer) line->pair, checked);
  }
  checked->socket = line->number[0];
  checked->remote = line->remote;
}

static void
note_discovered (NiceDiscoveries *self, guintptr pair)
{
  NiceDiscovery *checked = find (self, self->answered);

  if (checked == NULL)
    return;
  checked->discovered = pair;
  checked->has_failed = FALSE;
}

/* Returns: (nullable): the pair, if it is relayed. libnice then finds the
 * failed discovered pair before it, and aborts: the priority of a
 * peer-reflexive candidate is higher than that of a relayed one */
static const NiceDiscovery *
note_failed (NiceDiscoveries *self, guintptr pair)
{
  NiceDiscovery *checked = find (self, pair);

  if (checked == NULL)
    return NULL;
  checked->has_failed = TRUE;
  return checked->socket == NICE_DISCOVERIES_NO_SOCKET ? checked : NULL;
}

/* Returns: (nullable): the pair, if it is valid itself now, without the one
 *   discovered by it */
static const NiceDiscovery *
note_succeeded (NiceDiscoveries *self, guintptr pair, guintptr valid)
{
  NiceDiscovery *checked = find (self, pair);

  if (checked == NULL)
    return NULL;
  checked->was_valid = TRUE;
  if (!checked->has_failed)
    return NULL;
  if (valid == pair)
    return checked;
  checked->has_failed = FALSE;
  return NULL;
}

/* Returns: (nullable): the freed pair, if the one discovered by it stays. When
 *   libnice shortens its list it frees both. */
static const NiceDiscovery *
note_freed (NiceDiscoveries *self, guintptr pair)
{
  NiceDiscovery *checked = find (self, pair);
  gboolean is_left = checked != NULL && checked->discovered != 0
      && self->is_pruned;

  if (is_left)
    self->freed = *checked;
  forget (self, pair);
  return is_left ? &self->freed : NULL;
}

static void
forget_all (NiceDiscoveries *self)
{
  g_hash_table_remove_all (self->pairs);
  self->n_waiting = 0;
  self->n_role_changes = 0;
}

/**
 * nice_discoveries_step:
 * @self: the state from earlier lines of this agent
 * @line: the next line
 *
 * Any thread; libnice's lock on the agent serialises its lines.
 *
 * Returns: (transfer none) (nullable): a checked pair from whose remote address
 *   libnice must not read any further message on this socket; valid until the
 *   next line
 */
const NiceDiscovery *
nice_discoveries_step (NiceDiscoveries *self, const NiceTraceEvent *line)
{
  if (line->kind == NICE_TRACE_INBOUND
      || line->kind == NICE_TRACE_PAIR_CREATING)
    self->is_pruned = FALSE;
  if (line->kind == NICE_TRACE_INBOUND)
    self->answered = 0;
  else if (line->kind == NICE_TRACE_REQUEST)
    note_request (self, line);
  else if (line->kind == NICE_TRACE_RESPONSE)
    self->answered = line->pair;
  else if (line->kind == NICE_TRACE_PAIR_DISCOVERED)
    note_discovered (self, line->pair);
  else if (line->kind == NICE_TRACE_RELATED_FAILED)
    return note_failed (self, line->pair);
  else if (line->kind == NICE_TRACE_NOMINATION_FLAGS)
    return note_succeeded (self, line->pair, line->other);
  else if (line->kind == NICE_TRACE_PRUNING)
    self->is_pruned = TRUE;
  else if (line->kind == NICE_TRACE_PAIR_REMOVED)
    return note_freed (self, line->pair);
  else if (line->kind == NICE_TRACE_PAIR_STATE)
    note_state (self, line);
  else if (line->kind == NICE_TRACE_NOMINATING
      || line->kind == NICE_TRACE_TRIGGERED)
    note_queued (self, line->pair);
  else if (line->kind == NICE_TRACE_ROLE_CHANGED)
    self->n_role_changes++;
  else if (line->kind == NICE_TRACE_LIST_FREED)
    forget_all (self);
  return NULL;
}

/**
 * nice_discoveries_are_fragile:
 * @self: the state from earlier lines
 *
 * Returns: whether libnice must not read any message until its next check is
 *   sent
 */
gboolean
nice_discoveries_are_fragile (const NiceDiscoveries *self)
{
  return self->n_role_changes > 0 && self->n_waiting > 0;
}
