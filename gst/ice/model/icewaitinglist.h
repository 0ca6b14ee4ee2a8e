/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Remote candidates that wait for room in the check list (RFC 8445 section
 * 6.1.2.5 limits it). Pure. */
#pragma once

#include "candidates/icecandidate.h"

G_BEGIN_DECLS

/* Candidates wait once so many pairs have not failed, because a backend limits
 * the checks under way (libnice's STUN agent 200 transactions, above which a
 * check fails unsent) ... */
#define ICE_WAITING_LIST_ROOM 96
/* ... and relayed ones, often the only ones that work, from so many on. */
#define ICE_WAITING_LIST_ROOM_FOR_RELAYS 128

/* Returns: whether a candidate need not wait for anything else */
typedef gboolean (*IceWaitingListFilter) (
    const IceCandidate *candidate, gpointer user_data);

typedef struct
{
  GQueue relays; /* of IceCandidate, in order of arrival */
  GQueue others;
} IceWaitingList;

void ice_waiting_list_init (IceWaitingList *self);
void ice_waiting_list_clear (IceWaitingList *self);
void ice_waiting_list_push (
    IceWaitingList *self, const IceCandidate *candidate);
IceCandidate *ice_waiting_list_pop (IceWaitingList *self, guint n_pairs,
    IceWaitingListFilter filter, gpointer user_data);

G_END_DECLS
