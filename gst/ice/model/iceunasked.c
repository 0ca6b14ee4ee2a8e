/* gst-ice: datagrams that keep coming while the peer's credentials are unknown.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/iceunasked.h"

/**
 * ice_unasked_stop:
 * @self: the looks so far
 *
 * Forgets it: the next look is the first one.
 */
void
ice_unasked_stop (IceUnasked *self)
{
  *self = (IceUnasked){ 0 };
}

/**
 * ice_unasked_look:
 * @self: the looks so far; all zero in the beginning
 * @count: datagrams that came and were dropped so far
 * @now: monotonic time in microseconds
 * @due: (inout): becomes the time of the next look, where that is earlier, or
 *   it was -1
 *
 * It may be called at any time; it looks when %ICE_UNASKED_INTERVAL is over.
 *
 * Returns: whether datagrams keep coming: the last %ICE_UNASKED_LOOKS looks
 *   each found more than the look before
 */
gboolean
ice_unasked_look (IceUnasked *self, guint64 count, gint64 now, gint64 *due)
{
  if (!self->begun || now >= self->next) {
    if (!self->begun || count <= self->count)
      self->grown = 0;
    else if (self->grown < ICE_UNASKED_LOOKS)
      self->grown++;
    self->begun = TRUE;
    self->count = count;
    self->next = now + ICE_UNASKED_INTERVAL;
  }
  if (*due < 0 || self->next < *due)
    *due = self->next;
  return self->grown == ICE_UNASKED_LOOKS;
}
