/* gst-ice: test of iceratelimit.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/iceratelimit.h"

static void
assert_pass (IceRateLimit *limit, gint64 now, const gchar *expected)
{
  g_autofree gchar *more = ice_rate_limit_pass (limit, now);

  g_assert_cmpstr (more, ==, expected);
}

static void
test_pass (void)
{
  const gint64 start = 12345;
  IceRateLimit limit = { 0 };
  guint i;

  assert_pass (&limit, start, "");
  for (i = 0; i < 1000; i++)
    assert_pass (&limit, start + i, NULL);
  assert_pass (&limit, start + ICE_RATE_LIMIT_INTERVAL - 1, NULL);
  assert_pass (&limit, start + ICE_RATE_LIMIT_INTERVAL,
      " (and 1001 more since the last such message)");
  assert_pass (&limit, start + 5 * ICE_RATE_LIMIT_INTERVAL, "");
}

static void
test_bound (void)
{
  IceRateLimit limit = { G_MAXINT64, G_MAXUINT - 1 };

  assert_pass (&limit, 1, NULL);
  assert_pass (&limit, 1, NULL);
  g_assert_cmpuint (limit.withheld, ==, G_MAXUINT);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/iceratelimit/pass", test_pass);
  g_test_add_func ("/iceratelimit/bound", test_bound);
  return g_test_run ();
}
