/* gst-ice: test of iceratelimit.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/iceratelimit.h"

static void
test_pass (void)
{
  const gint64 start = 12345;
  IceRateLimit limit = { 0 };
  guint withheld, i;

  g_assert_true (ice_rate_limit_pass (&limit, start, &withheld));
  g_assert_cmpuint (withheld, ==, 0);
  for (i = 0; i < 1000; i++)
    g_assert_false (ice_rate_limit_pass (&limit, start + i, &withheld));
  g_assert_false (ice_rate_limit_pass (
      &limit, start + ICE_RATE_LIMIT_INTERVAL - 1, &withheld));
  g_assert_true (
      ice_rate_limit_pass (&limit, start + ICE_RATE_LIMIT_INTERVAL, &withheld));
  g_assert_cmpuint (withheld, ==, 1001);
  g_assert_true (ice_rate_limit_pass (
      &limit, start + 5 * ICE_RATE_LIMIT_INTERVAL, &withheld));
  g_assert_cmpuint (withheld, ==, 0);
}

static void
test_bound (void)
{
  IceRateLimit limit = { G_MAXINT64, G_MAXUINT - 1 };
  guint withheld;

  g_assert_false (ice_rate_limit_pass (&limit, 1, &withheld));
  g_assert_false (ice_rate_limit_pass (&limit, 1, &withheld));
  g_assert_cmpuint (limit.withheld, ==, G_MAXUINT);
}

static void
test_describe (void)
{
  g_autofree gchar *none = ice_rate_limit_describe (0);
  g_autofree gchar *some = ice_rate_limit_describe (7);

  g_assert_cmpstr (none, ==, "");
  g_assert_cmpstr (some, ==, " (and 7 more since the last such message)");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/iceratelimit/pass", test_pass);
  g_test_add_func ("/iceratelimit/bound", test_bound);
  g_test_add_func ("/iceratelimit/describe", test_describe);
  return g_test_run ();
}
