/* gst-ice: datagrams that are sent as one segmented message.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "datapath/icesegments.h"

/**
 * ice_segments_begin:
 * @self: (out caller-allocates): a message of one datagram
 * @size: of the datagram, bytes; an empty one stays alone
 * @vectors: how many pieces of memory it has
 */
void
ice_segments_begin (IceSegments *self, gsize size, guint vectors)
{
  *self = (IceSegments){
    .segment = size,
    .bytes = size,
    .n = 1,
    .vectors = vectors,
  };
}

/**
 * ice_segments_add:
 * @self: a message
 * @limits: the limits of a message
 * @size: of the next datagram, bytes
 * @vectors: how many pieces of memory it has
 *
 * Returns: whether it could join the message; otherwise nothing has changed
 */
gboolean
ice_segments_add (IceSegments *self, const IceSegmentLimits *limits, gsize size,
    guint vectors)
{
  if (self->complete || size == 0 || size > self->segment
      || self->segment > limits->segment || self->n >= limits->segments
      || self->bytes + size > limits->bytes
      || self->vectors + vectors > limits->vectors)
    return FALSE;
  self->complete = size < self->segment;
  self->bytes += size;
  self->vectors += vectors;
  self->n++;
  return TRUE;
}
