/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The order of one component's states. libnice emits its signals after it has
 * released its lock: with two threads a signal can overtake an earlier one. The
 * log's lines are written under the lock. Pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* More than a thread can miss between releasing the lock and emitting. */
#define NICE_STATE_ORDER_MAX 16

typedef struct
{
  guint logged[NICE_STATE_ORDER_MAX]; /* of which no signal has come, oldest
                                         first */
  guint n_logged;
  gboolean has_log; /* the log reports states */
} NiceStateOrder;

void nice_state_order_restart (NiceStateOrder *self);
void nice_state_order_log (NiceStateOrder *self, guint state);
guint nice_state_order_signal (
    NiceStateOrder *self, guint state, guint *states);

G_END_DECLS
