/* gst-ice: libFuzzer entry point of the readers of one datagram in
 * gst/ice/stun: icerequest, icestunresponse, iceturnanswer, iceturnretries,
 * iceturntransactions and iceturnpeers.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "stun/icerequest.h"
#include "stun/icestunheader.h"
#include "stun/icestunresponse.h"
#include "stun/iceturnanswer.h"
#include "stun/iceturnpeers.h"
#include "stun/iceturnretries.h"
#include "stun/iceturntransactions.h"

#include <string.h>

#define USERNAME "evtj:h6vY" /* as in RFC 5769 */
#define TAG 0x1CE1CE01

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static void
read_request (const guint8 *data, gsize size)
{
  if (!ice_request_has_username (data, size, USERNAME))
    return;
  g_assert_cmpuint (size, >=, ICE_STUN_HEADER_SIZE + 4 + strlen (USERNAME));
  g_assert_nonnull (memmem (data, size, USERNAME, strlen (USERNAME)));
  g_assert_false (ice_request_has_username (data, size, "evtj:h6v"));
}

static void
read_response (const guint8 *data, gsize size)
{
  IceStunResponse answer;

  if (!ice_stun_response_find (&answer, data, size, TAG))
    return;
  g_assert_true (answer.data >= data);
  g_assert_cmpuint (answer.size, >=, ICE_STUN_HEADER_SIZE);
  g_assert_cmpuint (answer.data - data + answer.size, <=, size);
  g_assert_true ((answer.channel != 0) == (answer.data != data));
}

/* As many as the limits allow, and no more. */
static void
retry (const guint8 *data, gsize size)
{
  IceTurnRetries retries = { 0 };
  guint method, code, n, n_passed = 0;
  gboolean is_signed;

  code = ice_turn_answer_get_error (data, size, &method, &is_signed);
  g_assert_cmpuint (code, <, 1000);
  for (n = 0; n < 2 * ICE_TURN_RETRIES_OTHER; n++) {
    guint again;

    n_passed += ice_turn_retries_look (&retries, data, size, 0, &again)
        == ICE_TURN_RETRIES_PASS;
    g_assert_cmpuint (again, ==, code);
    if (!ice_turn_retries_is_retry (code))
      return;
  }
  g_assert_cmpuint (n_passed, ==,
      method == ICE_TURN_METHOD_ALLOCATE ? ICE_TURN_RETRIES_ALLOCATE
                                         : ICE_TURN_RETRIES_OTHER);
}

static void
judge_answer (const guint8 *data, gsize size)
{
  IceTurnAnswer answer = ice_turn_answer_judge (data, size);

  g_assert_cmpint (answer, <=, ICE_TURN_ANSWER_RELEASED);
  if (size < ICE_STUN_HEADER_SIZE || data[0] != 1)
    g_assert_cmpint (answer, ==, ICE_TURN_ANSWER_HARMLESS);
}

static void
transact (guint8 *data, gsize size)
{
  g_autofree IceTurnTransactions *transactions = g_new0 (
      IceTurnTransactions, 1);
  guint n;

  ice_turn_transactions_sent (transactions, data, size);
  n = transactions->n;
  ice_turn_transactions_sent (transactions, data, size);
  g_assert_cmpuint (transactions->n, ==, n);
  if (n == 0)
    return;
  data[0] |= 1; /* the answer to it */
  g_assert_true (ice_turn_transactions_may_come (transactions, data, size));
  data[ICE_STUN_ID_OFFSET] ^= 1;
  g_assert_false (ice_turn_transactions_may_come (transactions, data, size));
}

static void
ask_peers (const guint8 *data, gsize size)
{
  static const IceTurnPeer known[] = {
    { 1, { 0xC0000201 }, 32853 }, /* as in RFC 5769 */
    { 4, { 0x20010DB8, 0x12345678, 0x00112233, 0x44556677 }, 32853 },
    { 1, { 0x7F000001 }, 40000 },
  };
  IceTurnPeers *peers = ice_turn_peers_new ();
  gboolean passes;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (known); i++)
    g_assert_true (ice_turn_peers_add (peers, &known[i]));
  passes = ice_turn_peers_judge (peers, data, size, 0);
  g_assert_cmpuint (ice_turn_peers_get_dropped (peers), ==, !passes);
  g_assert_true (ice_turn_peers_judge (peers, data, size, 1) == passes);
  ice_turn_peers_close (peers);
  if (ice_turn_peers_judge (peers, data, size, 2))
    g_assert_true (passes);
  ice_turn_peers_unref (peers);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  /* exactly as long, so that a sanitizer sees what is read behind it */
  g_autofree guint8 *exact = size > 0 ? g_memdup2 (data, size) : NULL;

  read_request (exact, size);
  read_response (exact, size);
  judge_answer (exact, size);
  retry (exact, size);
  ask_peers (exact, size);
  transact (exact, size);
  return 0;
}
