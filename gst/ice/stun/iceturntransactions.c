/* gst-ice: requests to a TURN server over UDP.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "stun/iceturntransactions.h"
#include "stun/icestunheader.h"
#include <string.h>

/* RFC 8489 section 5: the two bits of the class; the two highest bits are 0 in
 * all STUN messages */
#define CLASS_BITS 0xC110

static guint
get_class (const guint8 *data, gsize size)
{
  if (size < ICE_STUN_HEADER_SIZE)
    return CLASS_BITS;
  return ice_stun_read_16 (data) & CLASS_BITS;
}

static gboolean
is_known (const IceTurnTransactions *self, const guint8 *id)
{
  guint n = MIN (self->n, ICE_TURN_TRANSACTIONS_MAX), i;

  for (i = 0; i < n; i++)
    if (memcmp (self->ids[i], id, ICE_TURN_TRANSACTION_ID_SIZE) == 0)
      return TRUE;
  return FALSE;
}

/**
 * ice_turn_transactions_sent:
 * @self: the requests to one server
 * @data: (array length=size): a message that is sent to it
 * @size: its length, bytes
 */
void
ice_turn_transactions_sent (
    IceTurnTransactions *self, const guint8 *data, gsize size)
{
  if (get_class (data, size) != ICE_STUN_CLASS_REQUEST
      || is_known (self, data + ICE_STUN_ID_OFFSET))
    return;
  memcpy (self->ids[self->n % ICE_TURN_TRANSACTIONS_MAX],
      data + ICE_STUN_ID_OFFSET, ICE_TURN_TRANSACTION_ID_SIZE);
  self->n++;
}

/**
 * ice_turn_transactions_may_come:
 * @self: the requests to one server
 * @data: (array length=size): what came from its address
 * @size: its length, bytes
 *
 * Returns: %FALSE: it is a STUN response, and none to any of the last
 *   %ICE_TURN_TRANSACTIONS_MAX requests
 */
gboolean
ice_turn_transactions_may_come (
    const IceTurnTransactions *self, const guint8 *data, gsize size)
{
  guint of_class = get_class (data, size);

  if (of_class == ICE_STUN_CLASS_REQUEST
      || of_class == ICE_STUN_CLASS_INDICATION
      || of_class > (CLASS_BITS & ~0xC000))
    return TRUE;
  return is_known (self, data + ICE_STUN_ID_OFFSET);
}
