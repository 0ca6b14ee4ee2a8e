/* gst-ice: test of gsticeamplification: who learns that there is room again,
 * and what counts.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "component/gsticeamplification.h"

#define HOST "192.0.2.1"
#define OTHER "2001:db8::1"
#define N_WATCHERS 3

typedef struct
{
  GMainContext *context;
  GstIceAmplification *addresses;
  GstIceAlarm *alarms[N_WATCHERS];
} Fixture;

static void
ignore (gpointer unused)
{
}

static void
set_up (Fixture *f, gconstpointer unused)
{
  guint i;

  f->context = g_main_context_new ();
  f->addresses = gst_ice_amplification_new ();
  for (i = 0; i < N_WATCHERS; i++) {
    f->alarms[i] = gst_ice_alarm_new (f->context, ignore, NULL);
    gst_ice_amplification_watch (f->addresses, f->alarms[i]);
  }
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  guint i;

  gst_ice_amplification_unref (f->addresses);
  for (i = 0; i < N_WATCHERS; i++)
    gst_ice_alarm_free (f->alarms[i]);
  g_main_context_unref (f->context);
}

/* Which watchers were woken since the last call, a bit each. */
static guint
take_woken (Fixture *f)
{
  guint i, woken = 0;

  for (i = 0; i < N_WATCHERS; i++) {
    if (gst_ice_alarm_is_set (f->alarms[i]))
      woken |= 1 << i;
    gst_ice_alarm_set (f->alarms[i], -1);
  }
  return woken;
}

static void
claim (Fixture *f, const gchar *address, guint checks,
    IceAmplificationVerdict verdict, IceAmplificationClaim *claim)
{
  g_assert_cmpint (
      gst_ice_amplification_claim (f->addresses, address, checks, claim), ==,
      verdict);
}

static void
change (Fixture *f, IceAmplificationClaim *claim, guint checks, guint packets)
{
  gst_ice_amplification_change (
      f->addresses, HOST, claim, (IceAmplificationClaim){ checks, packets });
}

/* All who watch are woken by what is given back, and only where one was
 * refused. */
static void
test_watch (Fixture *f, gconstpointer unused)
{
  const guint all = (1 << N_WATCHERS) - 1;
  IceAmplificationClaim first, second;

  claim (
      f, HOST, ICE_AMPLIFICATION_MAX_CHECKS, ICE_AMPLIFICATION_ALLOWED, &first);
  change (f, &first, first.checks - 1, first.packets - 1);
  g_assert_cmpuint (take_woken (f), ==, 0);
  claim (f, HOST, 2, ICE_AMPLIFICATION_WAIT, &second);
  g_assert_cmpuint (take_woken (f), ==, 0);
  change (f, &first, first.checks, first.packets); /* the same */
  g_assert_cmpuint (take_woken (f), ==, 0);
  change (f, &first, first.checks - 1, first.packets);
  g_assert_cmpuint (take_woken (f), ==, all);
  change (f, &first, first.checks - 1, first.packets);
  g_assert_cmpuint (take_woken (f), ==, 0); /* once */
  claim (
      f, HOST, ICE_AMPLIFICATION_MAX_CHECKS, ICE_AMPLIFICATION_WAIT, &second);
  change (f, &first, first.checks, first.packets - 1);
  g_assert_cmpuint (take_woken (f), ==, all);
  claim (
      f, HOST, ICE_AMPLIFICATION_MAX_CHECKS, ICE_AMPLIFICATION_WAIT, &second);
  gst_ice_amplification_unwatch (f->addresses, f->alarms[1]);
  change (f, &first, 0, 0);
  g_assert_cmpuint (take_woken (f), ==, all & ~2u);
}

/* What was sent counts, by address; the next claim is refused for ever. */
static void
test_count (Fixture *f, gconstpointer unused)
{
  IceAmplificationClaim amount;

  gst_ice_amplification_count (
      f->addresses, HOST, ICE_AMPLIFICATION_MAX_PACKETS);
  claim (f, HOST, 1, ICE_AMPLIFICATION_EXHAUSTED, &amount);
  g_assert_cmpuint (amount.checks, ==, 0);
  g_assert_cmpuint (amount.packets, ==, 0);
  claim (f, OTHER, 1, ICE_AMPLIFICATION_ALLOWED, &amount);
  g_assert_cmpuint (amount.checks, ==, 1);
  g_assert_cmpuint (amount.packets, ==, ICE_AMPLIFICATION_CHECK_PACKETS);
}

static guint
get_packets (Fixture *f, const gchar *address)
{
  return gst_ice_amplification_get_packets (f->addresses, address);
}

/* What was not sent after all does not count. */
static void
test_uncount (Fixture *f, gconstpointer unused)
{
  g_assert_cmpuint (get_packets (f, HOST), ==, 0);
  gst_ice_amplification_count (f->addresses, HOST, 3);
  gst_ice_amplification_uncount (f->addresses, HOST);
  g_assert_cmpuint (get_packets (f, HOST), ==, 2);
  g_assert_cmpuint (get_packets (f, OTHER), ==, 0);
}

/* The first answer wakes those that were refused; there is no bound then. */
static void
test_answered (Fixture *f, gconstpointer unused)
{
  const guint all = (1 << N_WATCHERS) - 1;
  IceAmplificationClaim amount;

  gst_ice_amplification_count (
      f->addresses, HOST, ICE_AMPLIFICATION_MAX_PACKETS);
  claim (f, HOST, 1, ICE_AMPLIFICATION_EXHAUSTED, &amount);
  gst_ice_amplification_answered (f->addresses, HOST);
  g_assert_cmpuint (take_woken (f), ==, all);
  claim (f, HOST, 1, ICE_AMPLIFICATION_ALLOWED, &amount);
  gst_ice_amplification_count (
      f->addresses, OTHER, ICE_AMPLIFICATION_MAX_PACKETS);
  claim (f, OTHER, 1, ICE_AMPLIFICATION_EXHAUSTED, &amount);
  gst_ice_amplification_answered (f->addresses, HOST); /* known already */
  g_assert_cmpuint (take_woken (f), ==, 0);
}

/* A claim that needs more than before makes no room for another one. */
static void
test_more (Fixture *f, gconstpointer unused)
{
  IceAmplificationClaim first, second;

  claim (f, HOST, ICE_AMPLIFICATION_MAX_CHECKS - 1, ICE_AMPLIFICATION_ALLOWED,
      &first);
  claim (f, HOST, 2, ICE_AMPLIFICATION_WAIT, &second);
  change (f, &first, first.checks + 1, first.packets);
  change (f, &first, first.checks, first.packets + 1);
  g_assert_cmpuint (take_woken (f), ==, 0);
  change (f, &first, first.checks - 1, first.packets + 1);
  g_assert_cmpuint (take_woken (f), ==, (1 << N_WATCHERS) - 1);
}

static void
test_not_numeric (Fixture *f, gconstpointer unused)
{
  IceAmplificationClaim amount = { 1, 1 };

  gst_ice_amplification_count (f->addresses, "example.com", 1);
  gst_ice_amplification_uncount (f->addresses, "example.com");
  gst_ice_amplification_answered (f->addresses, "example.com");
  g_assert_cmpuint (get_packets (f, "example.com"), ==, 0);
  claim (f, "example.com", 1, ICE_AMPLIFICATION_EXHAUSTED, &amount);
  g_assert_cmpuint (amount.checks, ==, 0);
  g_assert_cmpuint (amount.packets, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add (
      "/amplification/watch", Fixture, NULL, set_up, test_watch, tear_down);
  g_test_add (
      "/amplification/count", Fixture, NULL, set_up, test_count, tear_down);
  g_test_add (
      "/amplification/uncount", Fixture, NULL, set_up, test_uncount, tear_down);
  g_test_add ("/amplification/answered", Fixture, NULL, set_up, test_answered,
      tear_down);
  g_test_add (
      "/amplification/more", Fixture, NULL, set_up, test_more, tear_down);
  g_test_add ("/amplification/not-numeric", Fixture, NULL, set_up,
      test_not_numeric, tear_down);
  return g_test_run ();
}
