/* gst-ice: how many messages one call reads at most.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "datapath/icereceiveslots.h"

static gboolean
expects_one (const IceReceiveSlots *self)
{
  return self->singles >= ICE_RECEIVE_SLOTS_SINGLES
      && self->singles % ICE_RECEIVE_SLOTS_SINGLES != 0;
}

/**
 * ice_receive_slots_count:
 * @self: slots; zeros at first
 *
 * Returns: how many messages the next call reads at most, 1 to
 *   %ICE_RECEIVE_SLOTS_MAX
 */
guint
ice_receive_slots_count (const IceReceiveSlots *self)
{
  if (expects_one (self))
    return 1;
  return (guint) CLAMP (ICE_RECEIVE_SLOTS_BYTES / MAX (self->largest, 1), 1,
      ICE_RECEIVE_SLOTS_MAX);
}

/**
 * ice_receive_slots_took:
 * @self: slots, which the call had
 * @messages: how many messages it received
 * @largest: the size of the largest, bytes
 *
 * Returns: whether more messages are likely to wait
 */
gboolean
ice_receive_slots_took (IceReceiveSlots *self, guint messages, gsize largest)
{
  gboolean more = !expects_one (self)
      && messages == ice_receive_slots_count (self);

  if (messages == 0)
    return FALSE;
  self->singles = messages == 1 ? self->singles + 1 : 0;
  self->largest = largest;
  return more;
}
