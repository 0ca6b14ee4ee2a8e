/* gst-ice: the rows of a check list and the backend's objects.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/icechecktable.h"

/* States of objects whose endpoints are not known yet. */
#define MAX_HELD 64

/* A row's checked object, and the valid pairs that its checks found. */
#define MAX_OBJECTS 16

typedef struct
{
  IceCheckRow *row;
  GstIceCandidatePairState state;
} Object;

typedef struct
{
  guintptr id;
  GstIceCandidatePairState state;
} Held;

static void
row_free (gpointer data)
{
  IceCheckRow *row = data;

  g_clear_pointer (&row->pair.local_candidate, ice_candidate_free);
  g_clear_pointer (&row->pair.remote_candidate, ice_candidate_free);
  g_free (row);
}

/**
 * ice_check_table_init:
 * @self: (out caller-allocates): takes an empty table
 * @max_pairs: how many rows are kept
 *
 * The owner of a table locks it, here and below.
 */
void
ice_check_table_init (IceCheckTable *self, guint max_pairs)
{
  *self = (IceCheckTable){
    .rows = g_ptr_array_new (),
    .max_pairs = max_pairs,
    .objects = g_hash_table_new_full (NULL, NULL, NULL, g_free),
    .held = g_array_new (FALSE, FALSE, sizeof (Held)),
    .changes = g_array_new (FALSE, FALSE, sizeof (IceCheckChange)),
    .graveyard = g_ptr_array_new_with_free_func (row_free),
  };
}

/**
 * ice_check_table_clear:
 * @self: a table
 *
 * Frees what it holds.
 */
void
ice_check_table_clear (IceCheckTable *self)
{
  g_ptr_array_set_free_func (self->rows, row_free);
  g_ptr_array_unref (self->rows);
  g_ptr_array_unref (self->graveyard);
  g_hash_table_unref (self->objects);
  g_array_unref (self->held);
  g_array_unref (self->changes);
}

/* Changes */

/**
 * ice_check_table_begin:
 * @self: a table
 *
 * Forgets the changes of the last step.
 */
void
ice_check_table_begin (IceCheckTable *self)
{
  g_array_set_size (self->changes, 0);
  g_ptr_array_set_size (self->graveyard, 0);
}

/**
 * ice_check_table_note:
 * @self: a table
 * @row: one of its rows
 * @what: what changed
 *
 * Adds to the changes of this step.
 */
void
ice_check_table_note (
    IceCheckTable *self, IceCheckRow *row, IceCheckChanges what)
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

/**
 * ice_check_table_finish:
 * @self: a table
 * @n_changes: (out): how many rows changed
 *
 * Returns: (array length=n_changes) (transfer none): the changes since
 *   ice_check_table_begin(), each row once; valid, with rows that left, until
 *   it is called again
 */
const IceCheckChange *
ice_check_table_finish (IceCheckTable *self, guint *n_changes)
{
  *n_changes = self->changes->len;
  return (const IceCheckChange *) self->changes->data;
}

/* Objects */

static Object *
find_object (const IceCheckTable *self, guintptr id)
{
  return g_hash_table_lookup (self->objects, (gpointer) id);
}

static void
add_object (IceCheckTable *self, guintptr id, IceCheckRow *row,
    GstIceCandidatePairState state)
{
  Object *object = g_new (Object, 1);

  object->row = row;
  object->state = state;
  row->n_objects++;
  g_hash_table_insert (self->objects, (gpointer) id, object);
}

static gboolean
owns_row (gpointer id, gpointer object, gpointer row)
{
  return ((Object *) object)->row == row;
}

static gboolean
take_held (IceCheckTable *self, guintptr id, GstIceCandidatePairState *state)
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

/**
 * ice_check_table_find:
 * @self: a table
 * @id: the backend's name of an object
 *
 * Returns: (transfer none) (nullable): the row of that object
 */
IceCheckRow *
ice_check_table_find (const IceCheckTable *self, guintptr id)
{
  Object *object = find_object (self, id);

  return object != NULL ? object->row : NULL;
}

/* States of rows */

/* The check for a nomination, or any other one on a valid pair, leaves it valid
 * until that check fails. */
static void
note_validity (IceCheckTable *self, IceCheckPair *pair)
{
  if (pair->state == GST_ICE_CANDIDATE_PAIR_STATE_FAILED)
    pair->valid_since = 0;
  else if (pair->state == GST_ICE_CANDIDATE_PAIR_STATE_SUCCEEDED
      && pair->valid_since == 0)
    pair->valid_since = self->now;
}

/* The result of the last check stands while another one is under way. */
static void
note_result (IceCheckRow *row, GstIceCandidatePairState state)
{
  if (state != GST_ICE_CANDIDATE_PAIR_STATE_FAILED
      && state != GST_ICE_CANDIDATE_PAIR_STATE_SUCCEEDED)
    return;
  row->pair.failing = state == GST_ICE_CANDIDATE_PAIR_STATE_FAILED;
  row->pair.asked_since = 0;
}

static void
set_state (
    IceCheckTable *self, IceCheckRow *row, GstIceCandidatePairState state)
{
  if (state == GST_ICE_CANDIDATE_PAIR_STATE_SUCCEEDED
      || state == GST_ICE_CANDIDATE_PAIR_STATE_FAILED)
    row->pair.unanswered.n = 0; /* the backend waits for no more answers */
  note_result (row, state);
  if (row->pair.state == state)
    return;
  row->pair.state = state;
  note_validity (self, &row->pair);
  ice_check_table_note (self, row, ICE_CHECK_CHANGE_STATE);
}

/**
 * ice_check_table_set_state:
 * @self: a table
 * @id: the backend's name of an object
 * @state: its state
 *
 * The state of an object that the backend has not added yet is held until then.
 */
void
ice_check_table_set_state (
    IceCheckTable *self, guintptr id, GstIceCandidatePairState state)
{
  Object *object = find_object (self, id);
  Held held = { id, state };
  GstIceCandidatePairState old;

  if (object != NULL) {
    object->state = state;
    if (object->row->id == id)
      set_state (self, object->row, state);
    return;
  }
  take_held (self, id, &old);
  if (self->held->len >= MAX_HELD)
    g_array_remove_index (self->held, 0);
  g_array_append_val (self->held, held);
}

/**
 * ice_check_table_revive:
 * @self: a table
 * @row: a row that the backend adds again
 * @state: its new object's state
 *
 * It loses its nomination; whether it is valid depends on @state.
 */
void
ice_check_table_revive (
    IceCheckTable *self, IceCheckRow *row, GstIceCandidatePairState state)
{
  if (row->pair.nominated)
    ice_check_table_note (self, row, ICE_CHECK_CHANGE_NOMINATED);
  row->pair.nominated = FALSE;
  row->pair.valid_since = 0;
  set_state (self, row, state);
  note_validity (self, &row->pair);
}

/* Rows that come and go */

static void
remove_row (IceCheckTable *self, IceCheckRow *row)
{
  g_ptr_array_remove (self->rows, row);
  g_ptr_array_add (self->graveyard, row);
  row->pair.live = FALSE;
  ice_check_table_note (self, row, ICE_CHECK_CHANGE_REMOVED);
}

/**
 * ice_check_table_remove_row_unless_needed:
 * @self: a table
 * @row: one of its rows
 *
 * Removes a row without objects. A failed row stays visible until the next
 * generation, and a row that media uses stays.
 */
void
ice_check_table_remove_row_unless_needed (IceCheckTable *self, IceCheckRow *row)
{
  gboolean failed = row->pair.state == GST_ICE_CANDIDATE_PAIR_STATE_FAILED
      && row->generation == self->generation;

  if (row->n_objects == 0 && !failed && !row->pair.selected)
    remove_row (self, row);
}

/**
 * ice_check_table_make_room:
 * @self: a table
 *
 * Removes the oldest failed row where the table is full.
 *
 * Returns: whether there is room for another row
 */
gboolean
ice_check_table_make_room (IceCheckTable *self)
{
  guint i;

  if (self->rows->len < self->max_pairs)
    return TRUE;
  for (i = 0; i < self->rows->len; i++) {
    IceCheckRow *row = g_ptr_array_index (self->rows, i);

    if (row->pair.state == GST_ICE_CANDIDATE_PAIR_STATE_FAILED
        && !row->pair.selected) {
      g_hash_table_foreach_remove (self->objects, owns_row, row);
      remove_row (self, row);
      return TRUE;
    }
  }
  return FALSE;
}

/**
 * ice_check_table_add_row:
 * @self: a table with room
 * @state: the row's state
 *
 * Returns: (transfer none): a new row; its owner fills in its candidates
 */
IceCheckRow *
ice_check_table_add_row (IceCheckTable *self, GstIceCandidatePairState state)
{
  IceCheckRow *row = g_new0 (IceCheckRow, 1);

  row->pair.index = self->next_index++;
  row->pair.state = state;
  row->pair.current_rtt = -1;
  note_result (row, state);
  note_validity (self, &row->pair);
  g_ptr_array_add (self->rows, row);
  ice_check_table_note (self, row, ICE_CHECK_CHANGE_ADDED);
  return row;
}

/**
 * ice_check_table_find_forgotten:
 * @self: a table
 * @event: an addition
 *
 * Returns: (transfer none) (nullable): the row of the same addresses that has
 *   no object; it is of this generation: in another one the same addresses are
 *   another pair
 */
IceCheckRow *
ice_check_table_find_forgotten (
    const IceCheckTable *self, const IceCheckEvent *event)
{
  guint i;

  for (i = 0; i < self->rows->len; i++) {
    IceCheckRow *row = g_ptr_array_index (self->rows, i);

    if (row->n_objects == 0 && row->generation == self->generation
        && row->pair.protocol == event->protocol
        && ice_check_endpoint_equal (&row->pair.base, &event->local.endpoint)
        && ice_check_endpoint_equal (
            &row->pair.remote, &event->remote.endpoint))
      return row;
  }
  return NULL;
}

/* Objects that come and go */

/**
 * ice_check_table_check:
 * @self: a table
 * @row: one of its rows, without objects
 * @id: the backend's name of an object
 * @state: its state
 *
 * From now on @row is that object.
 */
void
ice_check_table_check (IceCheckTable *self, IceCheckRow *row, guintptr id,
    GstIceCandidatePairState state)
{
  row->id = id;
  row->generation = self->generation;
  row->pair.live = TRUE;
  add_object (self, id, row, state);
}

/**
 * ice_check_table_add_valid_object:
 * @self: a table
 * @row: one of its rows
 * @id: the backend's name of the object that a check of @row found out
 * @state: its state
 *
 * Returns: whether it was added; a row has so many objects at most
 */
gboolean
ice_check_table_add_valid_object (IceCheckTable *self, IceCheckRow *row,
    guintptr id, GstIceCandidatePairState state)
{
  if (row->n_objects >= MAX_OBJECTS)
    return FALSE;
  add_object (self, id, row, state);
  return TRUE;
}

/* If the object was the checked one, the one that its check found takes its
 * place. */
static void
remove_object (IceCheckTable *self, guintptr id, Object *object)
{
  IceCheckRow *row = object->row;
  GHashTableIter iter;
  gpointer key, value;

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
  ice_check_table_remove_row_unless_needed (self, row);
}

/**
 * ice_check_table_forget:
 * @self: a table
 * @id: the backend's name of an object, which it may use again
 *
 * Returns: its last state; frozen where there was none
 */
GstIceCandidatePairState
ice_check_table_forget (IceCheckTable *self, guintptr id)
{
  GstIceCandidatePairState state = GST_ICE_CANDIDATE_PAIR_STATE_FROZEN;
  Object *object = find_object (self, id);

  if (object != NULL) {
    state = object->state;
    remove_object (self, id, object);
  }
  take_held (self, id, &state);
  return state;
}

static void
forget_objects (IceCheckTable *self)
{
  guint i;

  g_hash_table_remove_all (self->objects);
  g_array_set_size (self->held, 0);
  for (i = 0; i < self->rows->len; i++) {
    IceCheckRow *row = g_ptr_array_index (self->rows, i);

    row->id = 0;
    row->n_objects = 0;
    row->pair.unanswered.n = 0;
    row->pair.live = FALSE;
  }
}

/**
 * ice_check_table_prune:
 * @self: a table
 *
 * The backend forgot all of its objects: no pair is checked any more. Rows that
 * media uses, and failed rows, stay visible.
 */
void
ice_check_table_prune (IceCheckTable *self)
{
  guint i = 0;

  forget_objects (self);
  while (i < self->rows->len) {
    IceCheckRow *row = g_ptr_array_index (self->rows, i);

    ice_check_table_remove_row_unless_needed (self, row);
    if (i < self->rows->len && g_ptr_array_index (self->rows, i) == row)
      i++;
  }
}

/**
 * ice_check_table_restart:
 * @self: a table
 *
 * A new generation begins (RFC 8445 section 9). The row that media uses stays.
 */
void
ice_check_table_restart (IceCheckTable *self)
{
  guint i = 0;

  self->generation++;
  forget_objects (self);
  while (i < self->rows->len) {
    IceCheckRow *row = g_ptr_array_index (self->rows, i);

    row->pair.failing = FALSE;
    row->pair.asked_since = 0;
    if (row->pair.selected)
      i++;
    else
      remove_row (self, row);
  }
}
