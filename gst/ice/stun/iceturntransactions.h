/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The requests that went to a TURN server over UDP. Without their transaction
 * ids (RFC 8489 section 6.3.2) no host can answer them, even with the server's
 * address. Pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* An Allocate or Refresh, a ChannelBind, and a CreatePermission for each of the
 * 100 pairs of a check list; a power of two. */
#define ICE_TURN_TRANSACTIONS_MAX 128
#define ICE_TURN_TRANSACTION_ID_SIZE 12

/* All zero at first. */
typedef struct
{
  guint8 ids[ICE_TURN_TRANSACTIONS_MAX][ICE_TURN_TRANSACTION_ID_SIZE];
  guint n; /* that were sent; the last ones are kept */
} IceTurnTransactions;

void ice_turn_transactions_sent (
    IceTurnTransactions *transactions, const guint8 *data, gsize size);
gboolean ice_turn_transactions_may_come (
    const IceTurnTransactions *transactions, const guint8 *data, gsize size);

G_END_DECLS
