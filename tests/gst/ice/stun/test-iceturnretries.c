/* gst-ice: test of iceturnretries: how often a TURN server may have a request
 * sent once more.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "stun/iceturnretries.h"

#define HEADER 20
#define SIZE (HEADER + 8)
#define ALLOCATE 0x0113
#define REFRESH 0x0114
#define CREATE_PERMISSION 0x0118
#define CHANNEL_BIND 0x0119
#define SECOND G_TIME_SPAN_SECOND
#define BEGIN (1000 * SECOND) /* clocks don't begin at 0 */

static const guint others[] = { REFRESH, CREATE_PERMISSION, CHANNEL_BIND };

/* Returns: 0: it passes; the code of one that does not */
static guint
look (IceTurnRetries *retries, guint type, guint code, gint64 now)
{
  guint8 message[SIZE] = { (guint8) (type >> 8), (guint8) type, 0, 8, 0x21,
    0x12, 0xA4, 0x42 };
  guint8 *attribute = message + HEADER;
  IceTurnRetriesVerdict verdict;
  guint found;

  attribute[1] = 9;
  attribute[3] = 4;
  attribute[6] = (guint8) (code / 100);
  attribute[7] = (guint8) (code % 100);
  verdict = ice_turn_retries_look (retries, message, SIZE, now, &found);
  if (verdict == ICE_TURN_RETRIES_PASS)
    return 0;
  g_assert_cmpint (verdict, ==,
      type == ALLOCATE ? ICE_TURN_RETRIES_GIVE_UP : ICE_TURN_RETRIES_DROP);
  g_assert_cmpuint (found, ==, code);
  return found;
}

/* Every code: only three have a request sent once more. */
static void
test_codes (void)
{
  guint code, i, j;

  for (code = 300; code < 700; code++) {
    gboolean is_retry = code == 300 || code == 401 || code == 438;
    IceTurnRetries retries = { 0 };

    g_assert_cmpint (ice_turn_retries_is_retry (code), ==, is_retry);
    for (i = 0; i < 2 * ICE_TURN_RETRIES_ALLOCATE; i++)
      g_assert_cmpuint (look (&retries, ALLOCATE, code, BEGIN), ==,
          is_retry && i >= ICE_TURN_RETRIES_ALLOCATE ? code : 0);
    for (i = 0; i < 2 * ICE_TURN_RETRIES_OTHER; i++)
      for (j = 0; j < G_N_ELEMENTS (others); j++)
        g_assert_cmpuint (look (&retries, others[j], code, BEGIN), ==,
            is_retry && i * G_N_ELEMENTS (others) + j >= ICE_TURN_RETRIES_OTHER
                ? code
                : 0);
  }
  g_assert_false (ice_turn_retries_is_retry (0));
}

/* Every type of message with such a code: errors to the four requests count. */
static void
test_types (void)
{
  guint type;

  for (type = 0; type <= G_MAXUINT16; type++) {
    IceTurnRetries retries = { 0 };
    guint n = 0;

    while (
        n <= ICE_TURN_RETRIES_OTHER && look (&retries, type, 438, BEGIN) == 0)
      n++;
    g_assert_cmpuint (n, ==,
        type == ALLOCATE ? ICE_TURN_RETRIES_ALLOCATE
            : type == REFRESH || type == CREATE_PERMISSION
                || type == CHANNEL_BIND
            ? ICE_TURN_RETRIES_OTHER
            : ICE_TURN_RETRIES_OTHER + 1);
  }
}

/* However slowly they come. */
static void
test_allocates_are_not_forgotten (void)
{
  static const gint64 steps[] = { 0, 1, SECOND - 1, SECOND, 3600 * SECOND };
  guint i, j;

  for (i = 0; i < G_N_ELEMENTS (steps); i++) {
    IceTurnRetries retries = { 0 };

    for (j = 0; j < 100; j++)
      g_assert_cmpuint (look (&retries, ALLOCATE, 401, BEGIN + j * steps[i]),
          ==, j < ICE_TURN_RETRIES_ALLOCATE ? 0 : 401);
  }
}

/* For every interval between 0 and 2 s: one in a second may come without end.
 * Where they come faster, as many pass as there is room for, and one more for
 * each second until then; then none, however long it waits. */
static void
test_rate (void)
{
  gint64 interval;

  for (interval = 0; interval <= 2 * SECOND; interval += SECOND / 16) {
    IceTurnRetries retries = { 0 };
    gboolean passes = TRUE;
    guint i;

    for (i = 0; i < 4000; i++) {
      gint64 at = i * interval;

      passes &= i < ICE_TURN_RETRIES_OTHER + at / ICE_TURN_RETRIES_FORGET;
      g_assert_cmpint (
          look (&retries, REFRESH, 438, BEGIN + at) == 0, ==, passes);
    }
    g_assert_cmpint (passes, ==, interval >= SECOND);
    if (!passes)
      g_assert_cmpuint (look (&retries, REFRESH, 438, G_MAXINT64 / 2), ==, 438);
  }
}

/* A nonce that ends for all requests at once, again and again (RFC 8489 section
 * 9.2.5): for every number of requests and every lifetime that is far longer.
 */
static void
test_nonce_lifetimes (void)
{
  guint n, i, j;

  for (n = 1; n <= 102; n++) {
    IceTurnRetries retries = { 0 };

    for (i = 0; i < 100; i++)
      for (j = 0; j < n; j++)
        g_assert_cmpuint (
            look (&retries, others[j % 3], 438, BEGIN + i * (n + 1) * SECOND),
            ==, 0);
  }
}

/* One kind leaves the other alone. */
static void
test_kinds (void)
{
  IceTurnRetries retries = { 0 };
  guint i;

  for (i = 0; i < ICE_TURN_RETRIES_OTHER; i++)
    g_assert_true (ice_turn_retries_add_other (&retries, BEGIN));
  g_assert_false (ice_turn_retries_add_other (&retries, BEGIN));
  for (i = 0; i < ICE_TURN_RETRIES_ALLOCATE; i++)
    g_assert_true (ice_turn_retries_add_allocate (&retries));
  g_assert_false (ice_turn_retries_add_allocate (&retries));
  g_assert_false (ice_turn_retries_add_other (&retries, BEGIN + SECOND));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/iceturnretries/codes", test_codes);
  g_test_add_func ("/iceturnretries/types", test_types);
  g_test_add_func ("/iceturnretries/allocates-are-not-forgotten",
      test_allocates_are_not_forgotten);
  g_test_add_func ("/iceturnretries/rate", test_rate);
  g_test_add_func ("/iceturnretries/nonce-lifetimes", test_nonce_lifetimes);
  g_test_add_func ("/iceturnretries/kinds", test_kinds);
  return g_test_run ();
}
