/* gst-ice: test of icebusypoll.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "datapath/icebusypoll.h"

#define SLEEP 1000 /* microseconds, more than anybody looks */

/* A wait that finds nothing. Returns: for how long it looked */
static gint64
wait_in_vain (IceBusyPoll *poll, gint64 *now)
{
  gint64 start = *now, looked;

  while (ice_busy_poll_again (poll, *now))
    (*now)++;
  looked = *now - start;
  *now += SLEEP;
  ice_busy_poll_stop (poll); /* it was woken */
  return looked;
}

/* One that finds something after so many microseconds, if it looks. */
static gboolean
wait_until (IceBusyPoll *poll, gint64 *now, gint64 after)
{
  gint64 end = *now + after;
  gboolean awake = TRUE;

  while (awake && *now < end) {
    awake = ice_busy_poll_again (poll, *now);
    if (awake)
      (*now)++;
  }
  if (!awake)
    *now += SLEEP;
  ice_busy_poll_stop (poll);
  return awake;
}

static void
test_in_vain (void)
{
  IceBusyPoll poll = { 0 };
  gint64 now = 1, looked = 0;
  guint skipped = 0, longest = 0, i;

  g_assert_cmpint (wait_in_vain (&poll, &now), ==, ICE_BUSY_POLL_TIME);
  for (i = 0; i < 6400; i++) {
    gint64 this = wait_in_vain (&poll, &now);

    g_assert_true (this == 0 || this == ICE_BUSY_POLL_TIME);
    looked += this;
    skipped = this == 0 ? skipped + 1 : 0;
    longest = MAX (longest, skipped);
  }
  g_assert_cmpuint (longest, ==, ICE_BUSY_POLL_MAX_SKIP);
  /* hardly ever */
  g_assert_cmpint (looked, <=, (6400 / 64 + 7) * ICE_BUSY_POLL_TIME);
}

static void
test_found (void)
{
  IceBusyPoll poll = { 0 };
  gint64 now = 1;
  guint i;

  for (i = 0; i < 100; i++)
    g_assert_true (wait_until (&poll, &now, i % ICE_BUSY_POLL_TIME));
}

static void
test_too_late (void)
{
  IceBusyPoll poll = { 0 };
  gint64 now = 1;

  g_assert_false (wait_until (&poll, &now, ICE_BUSY_POLL_TIME + 1));
  g_assert_false (wait_until (&poll, &now, 1)); /* skipped */
  g_assert_true (wait_until (&poll, &now, 1));
}

/* As soon as a look was worth it the next waits look too. */
static void
test_begins_again (void)
{
  IceBusyPoll poll = { 0 };
  gint64 now = 1;
  guint i;

  for (i = 0; i < 1000; i++)
    wait_in_vain (&poll, &now);
  for (i = 0; i <= ICE_BUSY_POLL_MAX_SKIP && !wait_until (&poll, &now, 3); i++)
    continue;
  g_assert_cmpuint (i, <=, ICE_BUSY_POLL_MAX_SKIP);
  for (i = 0; i < 100; i++)
    g_assert_true (wait_until (&poll, &now, 3));
}

/* A datagram that is there at once is no evidence for polling. */
static void
test_at_once (void)
{
  IceBusyPoll poll = { 0 };
  gint64 now = 1;
  guint i;

  wait_in_vain (&poll, &now);
  for (i = 0; i < 100; i++)
    g_assert_true (wait_until (&poll, &now, 0));
  g_assert_cmpint (wait_in_vain (&poll, &now), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/busypoll/in-vain", test_in_vain);
  g_test_add_func ("/busypoll/found", test_found);
  g_test_add_func ("/busypoll/too-late", test_too_late);
  g_test_add_func ("/busypoll/begins-again", test_begins_again);
  g_test_add_func ("/busypoll/at-once", test_at_once);
  return g_test_run ();
}
