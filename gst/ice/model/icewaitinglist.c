/* gst-ice: remote candidates that wait for room in the check list.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A full check list drops the pairs of the lowest priority: relayed and late
 * ones. Here the candidates wait until pairs have failed; their number is
 * bounded by the number of candidates of a stream. */

#include "model/icewaitinglist.h"

/**
 * ice_waiting_list_init:
 * @self: (out caller-allocates): an empty list
 *
 * Any thread; the owner locks.
 */
void
ice_waiting_list_init (IceWaitingList *self)
{
  g_queue_init (&self->relays);
  g_queue_init (&self->others);
}

static void
free_candidate (gpointer candidate)
{
  ice_candidate_free (candidate);
}

/**
 * ice_waiting_list_clear:
 * @self: a list
 *
 * Drops all; the list can be used on.
 */
void
ice_waiting_list_clear (IceWaitingList *self)
{
  g_queue_clear_full (&self->relays, free_candidate);
  g_queue_clear_full (&self->others, free_candidate);
}

/**
 * ice_waiting_list_push:
 * @self: a list
 * @candidate: one of the peer's
 */
void
ice_waiting_list_push (IceWaitingList *self, const IceCandidate *candidate)
{
  g_queue_push_tail (candidate->type == ICE_CANDIDATE_TYPE_RELAY
          ? &self->relays
          : &self->others,
      ice_candidate_copy (candidate));
}

static IceCandidate *
pop_first (GQueue *queue, IceWaitingListFilter filter, gpointer user_data)
{
  GList *i;
  IceCandidate *candidate;

  for (i = queue->head; i != NULL; i = i->next) {
    candidate = i->data;
    if (filter != NULL && !filter (candidate, user_data))
      continue;
    g_queue_delete_link (queue, i);
    return candidate;
  }
  return NULL;
}

/**
 * ice_waiting_list_pop:
 * @self: a list
 * @n_pairs: how many pairs there are that have not failed
 * @filter: (nullable) (scope call): which candidates may go; others wait on
 * @user_data: for @filter
 *
 * Relayed candidates come first where the others have no room.
 *
 * Returns: (transfer full) (nullable): the next candidate that there is room
 * for
 */
IceCandidate *
ice_waiting_list_pop (IceWaitingList *self, guint n_pairs,
    IceWaitingListFilter filter, gpointer user_data)
{
  IceCandidate *candidate = NULL;

  if (n_pairs < ICE_WAITING_LIST_ROOM)
    candidate = pop_first (&self->others, filter, user_data);
  if (candidate == NULL && n_pairs < ICE_WAITING_LIST_ROOM_FOR_RELAYS)
    candidate = pop_first (&self->relays, filter, user_data);
  return candidate;
}
