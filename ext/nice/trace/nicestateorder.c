/* gst-ice: the order of a component's states.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "trace/nicestateorder.h"
#include <string.h>

static void
remove_first (NiceStateOrder *self, guint n)
{
  self->n_logged -= n;
  memmove (self->logged, self->logged + n, self->n_logged * sizeof (guint));
}

/**
 * nice_state_order_restart:
 * @self: an order
 *
 * To be called at an ICE restart: signals of earlier states that are still on
 * their way are ignored.
 */
void
nice_state_order_restart (NiceStateOrder *self)
{
  self->n_logged = 0;
}

/**
 * nice_state_order_log:
 * @self: an order
 * @state: the state in a line of the log
 */
void
nice_state_order_log (NiceStateOrder *self, guint state)
{
  self->has_log = TRUE;
  if (self->n_logged == NICE_STATE_ORDER_MAX)
    remove_first (self, 1);
  self->logged[self->n_logged++] = state;
}

/**
 * nice_state_order_signal:
 * @self: an order
 * @state: the state of a signal
 * @states: (out caller-allocates) (array fixed-size=16): the states to report,
 *   oldest first: those that the signal has overtaken, and its own
 *
 * Returns: the number of @states; 0 for a signal that another one has overtaken
 */
guint
nice_state_order_signal (NiceStateOrder *self, guint state, guint *states)
{
  guint n = 0;

  if (!self->has_log) {
    states[0] = state;
    return 1;
  }
  while (n < self->n_logged && self->logged[n] != state)
    n++;
  if (n == self->n_logged)
    return 0;
  n++;
  memcpy (states, self->logged, n * sizeof (guint));
  remove_first (self, n);
  return n;
}
