/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The rows of a check list, and the backend's objects that they stand for.
 *
 * A row is a pair as users see it: two candidates. An object is what the
 * backend calls a pair, by its id. A row may have no object: its check failed
 * and the backend forgot it, or media still uses it after a restart. It has two
 * if a check found another local address: the second one is the valid pair of
 * RFC 8445 section 7.2.5.3.2; the row then shows its address and the first
 * one's state. Pure: now is an argument, in microseconds of a monotonic clock.
 */
#pragma once

#include "model/icecheckpair.h"

G_BEGIN_DECLS

typedef enum
{
  ICE_CHECK_CHANGE_ADDED = 1 << 0,
  ICE_CHECK_CHANGE_STATE = 1 << 1,
  ICE_CHECK_CHANGE_NOMINATED = 1 << 2,
  ICE_CHECK_CHANGE_SELECTED = 1 << 3,
  ICE_CHECK_CHANGE_CANDIDATES = 1 << 4, /* which ones they are is known now */
  ICE_CHECK_CHANGE_REMOVED = 1 << 5
} IceCheckChanges;

typedef struct
{
  const IceCheckPair *pair;
  IceCheckChanges what;
} IceCheckChange;

typedef struct
{
  IceCheckPair pair;
  guintptr id; /* of the object that is checked; 0 without objects */
  guint n_objects;
  guint generation;
} IceCheckRow;

/* All members except `rows` and `generation` are private. */
typedef struct
{
  GPtrArray *rows;      /* of IceCheckRow, by index */
  guint generation;     /* restarts so far */
  guint max_pairs;      /* rows at most */
  guint next_index;     /* of the next row */
  gint64 now;           /* of the step that runs */
  GHashTable *objects;  /* id -> Object */
  GArray *held;         /* of Held, the oldest first */
  GArray *changes;      /* of IceCheckChange, of the last step */
  GPtrArray *graveyard; /* rows that left in the last step */
} IceCheckTable;

void ice_check_table_init (IceCheckTable *self, guint max_pairs);
void ice_check_table_clear (IceCheckTable *self);

void ice_check_table_begin (IceCheckTable *self);
void ice_check_table_note (
    IceCheckTable *self, IceCheckRow *row, IceCheckChanges what);
const IceCheckChange *ice_check_table_finish (
    IceCheckTable *self, guint *n_changes);

IceCheckRow *ice_check_table_find (const IceCheckTable *self, guintptr id);
IceCheckRow *ice_check_table_find_forgotten (
    const IceCheckTable *self, const IceCheckEvent *event);
IceCheckRow *ice_check_table_add_row (
    IceCheckTable *self, GstIceCandidatePairState state);
gboolean ice_check_table_make_room (IceCheckTable *self);
void ice_check_table_remove_row_unless_needed (
    IceCheckTable *self, IceCheckRow *row);

void ice_check_table_check (IceCheckTable *self, IceCheckRow *row, guintptr id,
    GstIceCandidatePairState state);
gboolean ice_check_table_add_valid_object (IceCheckTable *self,
    IceCheckRow *row, guintptr id, GstIceCandidatePairState state);
GstIceCandidatePairState ice_check_table_forget (
    IceCheckTable *self, guintptr id);

void ice_check_table_set_state (
    IceCheckTable *self, guintptr id, GstIceCandidatePairState state);
void ice_check_table_revive (
    IceCheckTable *self, IceCheckRow *row, GstIceCandidatePairState state);

void ice_check_table_prune (IceCheckTable *self);
void ice_check_table_restart (IceCheckTable *self);

G_END_DECLS
