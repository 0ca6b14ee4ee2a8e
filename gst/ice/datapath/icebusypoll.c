/* gst-ice: polling for a moment before blocking.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "datapath/icebusypoll.h"

/**
 * ice_busy_poll_again:
 * @self: all zero at first
 * @now: microseconds, above 0
 *
 * Call it when there was no datagram.
 *
 * Returns: whether to poll again at once; else block
 */
gboolean
ice_busy_poll_again (IceBusyPoll *self, gint64 now)
{
  if (now < self->end)
    return TRUE;
  if (self->end > 0) { /* no datagram came meanwhile */
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
 * Call it when the wait is over.
 */
void
ice_busy_poll_stop (IceBusyPoll *self)
{
  if (self->end > 0)
    self->skip = 0;
  self->end = 0;
}
