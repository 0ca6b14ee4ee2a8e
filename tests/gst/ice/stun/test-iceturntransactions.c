/* gst-ice: test of iceturntransactions: which responses are to our requests.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "stun/iceturntransactions.h"
#include <string.h>

#define HEADER 20
#define ALLOCATE 0x0003
#define SUCCESS 0x0100
#define ERROR 0x0110

typedef struct
{
  guint8 data[HEADER];
} Message;

static Message
message (guint type, guint id)
{
  Message made = { { (guint8) (type >> 8), (guint8) type, 0, 0, 0x21, 0x12,
      0xA4, 0x42 } };

  made.data[HEADER - 2] = (guint8) (id >> 8);
  made.data[HEADER - 1] = (guint8) id;
  return made;
}

static void
sent (IceTurnTransactions *transactions, guint type, guint id)
{
  Message made = message (type, id);

  ice_turn_transactions_sent (transactions, made.data, HEADER);
}

static gboolean
may_come (const IceTurnTransactions *transactions, guint type, guint id)
{
  Message made = message (type, id);

  return ice_turn_transactions_may_come (transactions, made.data, HEADER);
}

/* Every type: what is no response passes. */
static void
test_types (void)
{
  g_autofree IceTurnTransactions *transactions = g_new0 (
      IceTurnTransactions, 1);
  guint type;

  sent (transactions, ALLOCATE, 1);
  for (type = 0; type <= G_MAXUINT16; type++) {
    gboolean is_response = type < 0x4000 && (type & SUCCESS) != 0;

    g_assert_true (may_come (transactions, type, 1));
    g_assert_cmpint (may_come (transactions, type, 2), ==, !is_response);
  }
}

/* Every bit of the id counts. */
static void
test_ids (void)
{
  g_autofree IceTurnTransactions *transactions = g_new0 (
      IceTurnTransactions, 1);
  Message request = message (ALLOCATE, 0x1234);
  guint bit;

  g_assert_false (may_come (transactions, ALLOCATE | ERROR, 0));
  ice_turn_transactions_sent (transactions, request.data, HEADER);
  for (bit = 0; bit < 8 * ICE_TURN_TRANSACTION_ID_SIZE; bit++) {
    Message forged = message (ALLOCATE | ERROR, 0x1234);

    forged.data[8 + bit / 8] ^= (guint8) (1 << bit % 8);
    g_assert_false (
        ice_turn_transactions_may_come (transactions, forged.data, HEADER));
  }
  g_assert_true (may_come (transactions, ALLOCATE | ERROR, 0x1234));
}

/* The last ones are kept, and one that is sent again counts once. */
static void
test_last (void)
{
  g_autofree IceTurnTransactions *transactions = g_new0 (
      IceTurnTransactions, 1);
  guint i, j;

  for (i = 0; i < 5 * ICE_TURN_TRANSACTIONS_MAX; i++) {
    sent (transactions, ALLOCATE, i);
    sent (transactions, ALLOCATE, i);
    for (j = 0; j <= i + 1; j++)
      g_assert_cmpint (may_come (transactions, ALLOCATE | SUCCESS, j), ==,
          j <= i && i - j < ICE_TURN_TRANSACTIONS_MAX);
  }
}

/* Indications have no answers, and what is cut off has no id. */
static void
test_no_requests (void)
{
  g_autofree IceTurnTransactions *transactions = g_new0 (
      IceTurnTransactions, 1);
  Message request = message (ALLOCATE, 1), answer = message (SUCCESS, 1);
  gsize size;

  sent (transactions, 0x0016, 1);
  sent (transactions, 0x4003, 1);
  for (size = 0; size < HEADER; size++) {
    g_autofree guint8 *cut = g_memdup2 (request.data, size);
    g_autofree guint8 *cut_answer = g_memdup2 (answer.data, size);

    ice_turn_transactions_sent (transactions, cut, size);
    g_assert_true (
        ice_turn_transactions_may_come (transactions, cut_answer, size));
  }
  g_assert_cmpuint (transactions->n, ==, 0);
  g_assert_false (may_come (transactions, SUCCESS, 1));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/iceturntransactions/types", test_types);
  g_test_add_func ("/iceturntransactions/ids", test_ids);
  g_test_add_func ("/iceturntransactions/last", test_last);
  g_test_add_func ("/iceturntransactions/no-requests", test_no_requests);
  return g_test_run ();
}
