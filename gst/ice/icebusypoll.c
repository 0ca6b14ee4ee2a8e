/* gst-ice: looking again before falling asleep.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "icebusypoll.h"

/**
 * ice_busy_poll_again:
 * @self: all zero at first
 * @now: microseconds, above 0
 *
 * Nothing was there.
 *
 * Returns: whether to look again at once; else fall asleep
 */
gboolean
ice_busy_poll_again (IceBusyPoll *self, gint64 now)
{
  if (now < self->end)
    return TRUE;
  if (self->end > 0) { /* in vain */
    self->end = 0;
    self->skip = MIN (2 * self->skip + 1, ICE_BUSY_POLL_MAX_SKIP);
    self->left = self->skip;
    return FALSE;
  }
  if (self->left > 0) {
    self->left--;
    return FALSE;
  }
  self->end = now + ICE_BUSY_POLL_TIME;
  return TRUE;
}

/**
 * ice_busy_poll_stop:
 * @self: a state
 *
 * Something was there, or nobody waits any more.
 */
void
ice_busy_poll_stop (IceBusyPoll *self)
{
  if (self->end > 0)
    self->skip = 0;
  self->end = 0;
}
