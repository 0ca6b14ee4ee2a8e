/* gst-ice: test of iceunasked.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/iceunasked.h"

#define T ICE_UNASKED_INTERVAL

static gboolean
look (IceUnasked *self, guint64 count, gint64 now, gint64 expected_due)
{
  gint64 due = -1;
  gboolean keeps_coming = ice_unasked_look (self, count, now, &due);

  g_assert_cmpint (due, ==, expected_due);
  return keeps_coming;
}

static void
test_keeps_coming (void)
{
  IceUnasked self = { 0 };

  g_assert_false (
      look (&self, 500, 7, 7 + T)); /* what came before is no sign */
  g_assert_false (look (&self, 900, 7 + T - 1, 7 + T));
  g_assert_false (look (&self, 901, 7 + T, 7 + 2 * T));
  g_assert_false (look (&self, 999, 7 + 2 * T - 1, 7 + 2 * T));
  g_assert_true (look (&self, 902, 7 + 2 * T, 7 + 3 * T));
  g_assert_true (look (&self, 902, 7 + 2 * T + 1, 7 + 3 * T));
  g_assert_true (look (&self, 903, 7 + 3 * T, 7 + 4 * T));
  g_assert_false (look (&self, 903, 7 + 4 * T, 7 + 5 * T));
  ice_unasked_stop (&self);
  g_assert_false (look (&self, 904, 0, T));
  g_assert_false (look (&self, 905, T, 2 * T)); /* the first that found more */
}

/* One datagram now and then is a stray one, however many there are in all. */
static void
test_strays (void)
{
  IceUnasked self = { 0 };
  guint i;

  for (i = 0; i < 1000; i++)
    g_assert_false (look (&self, i / 2, i * T, (i + 1) * T));
}

/* Every sequence of looks with and without more: the last two count. */
static void
test_every_sequence (void)
{
  guint bits, i;

  for (bits = 0; bits < 1 << 10; bits++) {
    IceUnasked self = { 0 };
    guint64 count = 3;

    look (&self, count, 0, T);
    for (i = 0; i < 10; i++) {
      gboolean more = (bits >> i) & 1;
      gboolean before = i > 0 && ((bits >> (i - 1)) & 1);

      count += more;
      g_assert_cmpint (
          look (&self, count, (i + 1) * T, (i + 2) * T), ==, more && before);
    }
  }
}

/* An earlier time that is due already stays. */
static void
test_due (void)
{
  IceUnasked self = { 0 };
  gint64 due = 5;

  ice_unasked_look (&self, 0, 0, &due);
  g_assert_cmpint (due, ==, 5);
  due = T + 1;
  ice_unasked_look (&self, 0, 1, &due);
  g_assert_cmpint (due, ==, T);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/iceunasked/keeps-coming", test_keeps_coming);
  g_test_add_func ("/iceunasked/strays", test_strays);
  g_test_add_func ("/iceunasked/every-sequence", test_every_sequence);
  g_test_add_func ("/iceunasked/due", test_due);
  return g_test_run ();
}
