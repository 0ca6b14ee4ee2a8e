/* gst-ice: the candidate pairs of one transport.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A row is a pair as users see it: two candidates. An object is what the
 * backend calls a pair, by its id. A row may have no object: it failed and was
 * forgotten, or media still takes it after a restart. Or two: a check that
 * found out another local address made the second, the valid pair of RFC 8445
 * section 7.2.5.3.2; the row then shows its address and the first one's state.
 */

#include "icechecklist.h"

/* States of pairs whose endpoints have not come yet. */
#define MAX_HELD 64

/* Valid pairs that one pair found out, and itself. */
#define MAX_OBJECTS 16

/* Places of checks that came before their candidate: a peer with more addresses
 * than that sends again. */
#define MAX_EARLY 16

typedef struct
{
  IceCheckPair pair;
  guintptr id; /* of the object that is checked; 0 without objects */
  guint n_objects;
  guint generation;
} Row;

typedef struct
{
  Row *row;
  GstIceCandidatePairState state;
} Object;

typedef struct
{
  guintptr id;
  GstIceCandidatePairState state;
} Held;

struct _IceChecklist
{
  guint component;
  guint max_pairs;
  guint next_index;
  guint generation;
  guint64 n_refused;
  GPtrArray *rows;                   /* of Row, by index */
  GHashTable *objects;               /* id -> Object */
  GArray *held;                      /* of Held, the oldest first */
  Row *selected;                     /* one of rows, or NULL */
  GPtrArray *local;                  /* of IceCandidate */
  GPtrArray *remote;                 /* of IceCandidate */
  GArray *changes;                   /* of IceCheckChange, of the last step */
  GPtrArray *graveyard;              /* rows that left in the last step */
  IceCheckEndpoint early[MAX_EARLY]; /* where checks came from, not yet told */
  guint n_early, next_early;
};

static void
row_free (gpointer data)
{
  Row *row = data;

  g_clear_pointer (&row->pair.local_candidate, ice_candidate_free);
  g_clear_pointer (&row->pair.remote_candidate, ice_candidate_free);
  g_free (row);
}

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
  self->max_pairs = max_pairs != 0 ? max_pairs : ICE_CHECKLIST_MAX_PAIRS;
  self->rows = g_ptr_array_new ();
  self->graveyard = g_ptr_array_new_with_free_func (row_free);
  self->objects = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  self->held = g_array_new (FALSE, FALSE, sizeof (Held));
  self->changes = g_array_new (FALSE, FALSE, sizeof (IceCheckChange));
  self->local = g_ptr_array_new_with_free_func (
      (GDestroyNotify) ice_candidate_free);
  self->remote = g_ptr_array_new_with_free_func (
      (GDestroyNotify) ice_candidate_free);
  return self;
}

void
ice_checklist_free (IceChecklist *self)
{
  g_ptr_array_set_free_func (self->rows, row_free);
  g_ptr_array_unref (self->rows);
  g_ptr_array_unref (self->graveyard);
  g_hash_table_unref (self->objects);
  g_array_unref (self->held);
  g_array_unref (self->changes);
  g_ptr_array_unref (self->local);
  g_ptr_array_unref (self->remote);
  g_free (self);
}

static void
begin (IceChecklist *self)
{
  g_array_set_size (self->changes, 0);
  g_ptr_array_set_size (self->graveyard, 0);
}

static const IceCheckChange *
finish (IceChecklist *self, guint *n_changes)
{
  *n_changes = self->changes->len;
  return (const IceCheckChange *) self->changes->data;
}

static void
note (IceChecklist *self, Row *row, IceCheckChanges what)
{
  IceCheckChange change = { &row->pair, what };
  guint i;

  for (i = 0; i < self->changes->len; i++) {
    IceCheckChange *other = &g_array_index (self->changes, IceCheckChange, i);

    if (other->pair == &row->pair) {
      other->what |= what;
      return;
    }
  }
  g_array_append_val (self->changes, change);
}

static Object *
find_object (const IceChecklist *self, guintptr id)
{
  return g_hash_table_lookup (self->objects, (gpointer) id);
}

static void
add_object (
    IceChecklist *self, guintptr id, Row *row, GstIceCandidatePairState state)
{
  Object *object = g_new (Object, 1);

  object->row = row;
  object->state = state;
  row->n_objects++;
  g_hash_table_insert (self->objects, (gpointer) id, object);
}

/* RFC 8445 section 7.2.5.3.1: what a check finds out has its priority. */
static void
set_local (IceChecklist *self, Row *row, const IceCheckEvent *event)
{
  IceCheckSide side = event->local;

  if (side.priority == 0)
    side.priority = row->pair.request_priority;
  ice_check_pair_set_local (&row->pair, &side, self->local, self->component);
}

/* Rows */

static void
remove_row (IceChecklist *self, Row *row)
{
  g_ptr_array_remove (self->rows, row);
  g_ptr_array_add (self->graveyard, row);
  row->pair.live = FALSE;
  note (self, row, ICE_CHECK_CHANGE_REMOVED);
}

/* A pair that failed stays to be seen until the next generation; media may
 * take one that is not checked any more. */
static void
remove_row_unless_needed (IceChecklist *self, Row *row)
{
  gboolean failed = row->pair.state == GST_ICE_CANDIDATE_PAIR_STATE_FAILED
      && row->generation == self->generation;

  if (row->n_objects == 0 && !failed && !row->pair.selected)
    remove_row (self, row);
}

static void
set_state (IceChecklist *self, Row *row, GstIceCandidatePairState state)
{
  if (state == GST_ICE_CANDIDATE_PAIR_STATE_SUCCEEDED
      || state == GST_ICE_CANDIDATE_PAIR_STATE_FAILED)
    row->pair.unanswered.n = 0; /* the backend waits for no more answers */
  if (row->pair.state == state)
    return;
  row->pair.state = state;
  note (self, row, ICE_CHECK_CHANGE_STATE);
}

static gboolean
owns_row (gpointer id, gpointer object, gpointer row)
{
  return ((Object *) object)->row == row;
}

static gboolean
take_held (IceChecklist *self, guintptr id, GstIceCandidatePairState *state)
{
  guint i;

  for (i = 0; i < self->held->len; i++) {
    Held held = g_array_index (self->held, Held, i);

    if (held.id == id) {
      *state = held.state;
      g_array_remove_index (self->held, i);
      return TRUE;
    }
  }
  return FALSE;
}

/* The backend is done with the object. When it was the one that was checked,
 * the one it found out goes on for it. */
static void
remove_object (IceChecklist *self, guintptr id)
{
  Object *object = find_object (self, id);
  GHashTableIter iter;
  gpointer key, value;
  Row *row;

  if (object == NULL)
    return;
  row = object->row;
  row->n_objects--;
  g_hash_table_remove (self->objects, (gpointer) id);
  if (row->id != id)
    return;

  row->pair.unanswered.n = 0;
  row->id = 0;
  g_hash_table_iter_init (&iter, self->objects);
  while (row->n_objects > 0 && g_hash_table_iter_next (&iter, &key, &value))
    if (owns_row (key, value, row)) {
      row->id = (guintptr) key;
      set_state (self, row, ((Object *) value)->state);
      return;
    }
  row->pair.live = FALSE;
  remove_row_unless_needed (self, row);
}

static gboolean
make_room (IceChecklist *self)
{
  guint i;

  if (self->rows->len < self->max_pairs)
    return TRUE;
  for (i = 0; i < self->rows->len; i++) {
    Row *row = g_ptr_array_index (self->rows, i);

    if (row->pair.state == GST_ICE_CANDIDATE_PAIR_STATE_FAILED
        && !row->pair.selected) {
      g_hash_table_foreach_remove (self->objects, owns_row, row);
      remove_row (self, row);
      return TRUE;
    }
  }
  return FALSE;
}

static Row *
find_forgotten_row (const IceChecklist *self, const IceCheckEvent *event)
{
  guint i;

  for (i = 0; i < self->rows->len; i++) {
    Row *row = g_ptr_array_index (self->rows, i);

    if (row->n_objects == 0 && row->pair.protocol == event->protocol
        && ice_check_endpoint_equal (&row->pair.base, &event->local.endpoint)
        && ice_check_endpoint_equal (
            &row->pair.remote, &event->remote.endpoint))
      return row;
  }
  return NULL;
}

/* The same two candidates once more: the same pair to users. */
static void
revive_row (IceChecklist *self, Row *row, const IceCheckEvent *event,
    GstIceCandidatePairState state)
{
  if (row->pair.nominated)
    note (self, row, ICE_CHECK_CHANGE_NOMINATED);
  row->pair.nominated = FALSE;
  if (!ice_check_endpoint_equal (&row->pair.local, &event->local.endpoint)) {
    set_local (self, row, event);
    note (self, row, ICE_CHECK_CHANGE_CANDIDATES);
  } else if (ice_check_pair_match (&row->pair, self->local, self->remote))
    note (self, row, ICE_CHECK_CHANGE_CANDIDATES);
  set_state (self, row, state);
}

static Row *
new_row (IceChecklist *self, const IceCheckEvent *event,
    GstIceCandidatePairState state)
{
  Row *row = g_new0 (Row, 1);

  row->pair.index = self->next_index++;
  row->pair.state = state;
  row->pair.current_rtt = -1;
  row->pair.protocol = event->protocol;
  row->pair.base = event->local.endpoint;
  set_local (self, row, event);
  ice_check_pair_set_remote (
      &row->pair, &event->remote, self->remote, self->component);
  g_ptr_array_add (self->rows, row);
  note (self, row, ICE_CHECK_CHANGE_ADDED);
  return row;
}

static void
add_valid_pair (IceChecklist *self, Row *row, const IceCheckEvent *event,
    GstIceCandidatePairState state)
{
  if (row->n_objects >= MAX_OBJECTS) {
    self->n_refused++;
    return;
  }
  add_object (self, event->id, row, state);
  if (ice_check_endpoint_equal (&row->pair.local, &event->local.endpoint))
    return;
  set_local (self, row, event);
  note (self, row, ICE_CHECK_CHANGE_CANDIDATES);
}

static void
add_pair (IceChecklist *self, const IceCheckEvent *event)
{
  Object *old = find_object (self, event->id);
  GstIceCandidatePairState state = old != NULL
      ? old->state
      : GST_ICE_CANDIDATE_PAIR_STATE_FROZEN;
  Object *parent;
  Row *row;

  take_held (self, event->id, &state);
  remove_object (self, event->id);
  parent = find_object (self, event->parent);
  if (parent != NULL) {
    add_valid_pair (self, parent->row, event, state);
    return;
  }

  row = find_forgotten_row (self, event);
  if (row != NULL)
    revive_row (self, row, event, state);
  else if (make_room (self))
    row = new_row (self, event, state);
  else {
    self->n_refused++;
    return;
  }
  row->id = event->id;
  row->generation = self->generation;
  row->pair.live = TRUE;
  add_object (self, event->id, row, state);
}

static void
note_state (IceChecklist *self, const IceCheckEvent *event)
{
  Object *object = find_object (self, event->id);
  Held held = { event->id, event->state };
  GstIceCandidatePairState old;

  if (object != NULL) {
    object->state = event->state;
    if (object->row->id == event->id)
      set_state (self, object->row, event->state);
    return;
  }
  take_held (self, event->id, &old);
  if (self->held->len >= MAX_HELD)
    g_array_remove_index (self->held, 0);
  g_array_append_val (self->held, held);
}

/* Selection */

static Row *
find_row_at (const IceChecklist *self, const IceCheckEvent *event)
{
  Row *best = NULL;
  guint best_rank = 0, i;

  for (i = 0; i < self->rows->len; i++) {
    Row *row = g_ptr_array_index (self->rows, i);
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
  Object *object = find_object (self, event->id);
  Row *row = object != NULL ? object->row : find_row_at (self, event);
  Row *old = self->selected;

  if (row == old)
    return;
  self->selected = row;
  if (old != NULL) {
    old->pair.selected = FALSE;
    note (self, old, ICE_CHECK_CHANGE_SELECTED);
    remove_row_unless_needed (self, old);
  }
  if (row != NULL) {
    row->pair.selected = TRUE;
    note (self, row, ICE_CHECK_CHANGE_SELECTED);
  }
}

static void
forget (IceChecklist *self, guintptr id)
{
  GstIceCandidatePairState state;

  take_held (self, id, &state);
  remove_object (self, id);
}

static void
restart (IceChecklist *self)
{
  guint i = 0;

  self->generation++;
  g_hash_table_remove_all (self->objects);
  g_array_set_size (self->held, 0);
  g_ptr_array_set_size (self->remote, 0);
  self->n_early = self->next_early = 0;
  while (i < self->rows->len) {
    Row *row = g_ptr_array_index (self->rows, i);

    row->id = 0;
    row->n_objects = 0;
    row->pair.unanswered.n = 0;
    row->pair.live = FALSE;
    if (row->pair.selected)
      i++;
    else
      remove_row (self, row);
  }
}

static void
nominate (IceChecklist *self, Row *row)
{
  if (row->pair.nominated)
    return;
  row->pair.nominated = TRUE;
  note (self, row, ICE_CHECK_CHANGE_NOMINATED);
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
  Object *object;

  begin (self);
  if (event->kind == ICE_CHECK_ADDED)
    add_pair (self, event);
  else if (event->kind == ICE_CHECK_STATE)
    note_state (self, event);
  else if (event->kind == ICE_CHECK_SELECTED)
    select_pair (self, event);
  else if (event->kind == ICE_CHECK_REMOVED)
    forget (self, event->id);
  else if (event->kind == ICE_CHECK_RESTARTED)
    restart (self);
  else if ((object = find_object (self, event->id)) == NULL)
    ; /* not one of ours */
  else if (event->kind == ICE_CHECK_NOMINATED)
    nominate (self, object->row);
  else
    ice_check_pair_count (&object->row->pair, event, now);
  return finish (self, n_changes);
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
  GPtrArray *told = local ? self->local : self->remote;
  guint i;

  begin (self);
  ice_check_tell (told, candidate);
  for (i = 0; i < self->rows->len; i++) {
    Row *row = g_ptr_array_index (self->rows, i);

    if (ice_check_pair_match (&row->pair, self->local, self->remote))
      note (self, row, ICE_CHECK_CHANGE_CANDIDATES);
  }
  return finish (self, n_changes);
}

/**
 * ice_checklist_check_came:
 * @self: a checklist
 * @from: where a UDP check with a good password came from
 *
 * Who repeats the peer's check from an address of its own has the password in
 * it too, but has not told that address. Of checks that come before the
 * candidate the last ones are remembered.
 *
 * Returns: whether the peer has told a candidate there, in this generation;
 *   what checks have shown does not count
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
 * @candidate: one that the peer has told just now
 *
 * Returns: whether ice_checklist_check_came() from there before, in this
 *   generation
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
  return self->rows->len;
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
  g_return_val_if_fail (position < self->rows->len, NULL);
  return &((Row *) g_ptr_array_index (self->rows, position))->pair;
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
  Object *object = find_object (self, id);

  return object != NULL ? &object->row->pair : NULL;
}

/* Returns: how many pairs found no room */
guint64
ice_checklist_get_n_refused (const IceChecklist *self)
{
  return self->n_refused;
}
