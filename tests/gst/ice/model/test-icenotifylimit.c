/* gst-ice: test of how often a value is notified of.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/icenotifylimit.h"

#define MS G_TIME_SPAN_MILLISECOND
#define INTERVAL ICE_NOTIFY_LIMIT_INTERVAL

static void
test_one_change (void)
{
  IceNotifyLimit limit = { 0 };

  g_assert_cmpint (ice_notify_limit_get_due (&limit), ==, -1);
  g_assert_false (ice_notify_limit_expire (&limit, 5 * MS));
  g_assert_true (ice_notify_limit_change (&limit, 5 * MS));
  g_assert_cmpint (ice_notify_limit_get_due (&limit), ==, -1);
  g_assert_false (ice_notify_limit_expire (&limit, 5 * MS + INTERVAL));
  g_assert_false (ice_notify_limit_flush (&limit));
}

/* Those in between are notified of together. */
static void
test_many_changes (void)
{
  IceNotifyLimit limit = { 0 };
  gint64 now;

  g_assert_true (ice_notify_limit_change (&limit, 1000 * MS));
  for (now = 1000 * MS; now < 1000 * MS + INTERVAL; now += MS) {
    g_assert_false (ice_notify_limit_change (&limit, now));
    g_assert_cmpint (
        ice_notify_limit_get_due (&limit), ==, 1000 * MS + INTERVAL);
    g_assert_false (ice_notify_limit_expire (&limit, now));
  }
  g_assert_true (ice_notify_limit_expire (&limit, now));
  g_assert_false (ice_notify_limit_expire (&limit, now));
  g_assert_cmpint (ice_notify_limit_get_due (&limit), ==, -1);
  /* the interval begins again */
  g_assert_false (ice_notify_limit_change (&limit, now + INTERVAL - 1));
  g_assert_cmpint (ice_notify_limit_get_due (&limit), ==, now + INTERVAL);
  g_assert_true (ice_notify_limit_change (&limit, now + INTERVAL));
}

/* At most ten in a second, whatever comes, and the last one always. */
static void
test_random_changes (void)
{
  IceNotifyLimit limit = { 0 };
  gint64 now = 1, last = -INTERVAL;
  gint changes = 0, known = 0;

  while (now < 100 * G_TIME_SPAN_SECOND) {
    gint64 due = ice_notify_limit_get_due (&limit);
    gboolean notify;

    now += g_test_rand_int_range (0, 3) == 0
        ? g_test_rand_int_range (1, 300 * MS)
        : g_test_rand_int_range (0, 2 * MS);
    if (due >= 0 && due <= now) {
      now = due;
      notify = ice_notify_limit_expire (&limit, now);
      g_assert_true (notify);
    } else {
      changes++;
      notify = ice_notify_limit_change (&limit, now);
    }
    if (notify) {
      g_assert_cmpint (now - last, >=, INTERVAL);
      last = now;
      known = changes;
    }
    g_assert_true (known == changes || ice_notify_limit_get_due (&limit) >= 0);
    g_assert_cmpint (ice_notify_limit_get_due (&limit), <=, now + INTERVAL);
  }
  g_assert_cmpint (known, >, 100);
}

static void
test_flush (void)
{
  IceNotifyLimit limit = { 0 };

  g_assert_true (ice_notify_limit_change (&limit, MS));
  g_assert_false (ice_notify_limit_change (&limit, 2 * MS));
  g_assert_true (ice_notify_limit_flush (&limit));
  g_assert_false (ice_notify_limit_flush (&limit));
  g_assert_cmpint (ice_notify_limit_get_due (&limit), ==, -1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/notify-limit/one-change", test_one_change);
  g_test_add_func ("/notify-limit/many-changes", test_many_changes);
  g_test_add_func ("/notify-limit/random-changes", test_random_changes);
  g_test_add_func ("/notify-limit/flush", test_flush);
  return g_test_run ();
}
