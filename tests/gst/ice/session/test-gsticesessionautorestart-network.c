/* gst-ice: test of restart-on=network-change, in a network namespace whose
 * addresses come and go.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "netns.h"
#include "sessionfixture.h"
#include "suite.h"

#include <string.h>

/* What a change needs to be noticed, at most; it takes some milliseconds. */
#define NOTICED (500 * G_TIME_SPAN_MILLISECOND)

static void
add_address (guint host)
{
  g_assert_true (netns_run ("ip address add 10.9.0.%u/32 dev lo", host));
}

static void
remove_address (guint host)
{
  g_assert_true (netns_run ("ip address del 10.9.0.%u/32 dev lo", host));
}

static void
start (Session *s)
{
  session_start (s);
  g_object_set (
      s->agent, "restart-on", GST_ICE_RESTART_ON_NETWORK_CHANGE, NULL);
  gst_util_set_object_arg (
      G_OBJECT (s->agent), "local-addresses", "<\"10.9.0.0/24\">");
  session_gather (s);
  fake_complete (s->a1);
  session_drain (s);
}

static void
assert_no_restart (Session *s)
{
  g_usleep (NOTICED);
  assert_log (s->a1, "");
}

/* An address more does not matter to a call that works; one less does. */
static void
test_gone (int descriptor)
{
  Session s;

  add_address (1);
  start (&s);
  add_address (2);
  assert_no_restart (&s);
  g_assert_true (netns_run ("ip address add 10.8.0.1/32 dev lo"));
  assert_no_restart (&s);
  remove_address (1);
  fake_wait_log (s.a1, "restart");
  session_end (&s);
}

/* Without an address there is nothing to restart with: it waits for one. */
static void
test_none (int descriptor)
{
  Session s;

  add_address (1);
  start (&s);
  remove_address (1);
  assert_no_restart (&s);
  add_address (2);
  fake_wait_log (s.a1, "restart");
  session_end (&s);
}

/* The same one comes back. */
static void
test_back (int descriptor)
{
  Session s;

  add_address (1);
  start (&s);
  remove_address (1);
  assert_no_restart (&s);
  add_address (1);
  assert_no_restart (&s);
  session_end (&s);
}

/* It began without an address. */
static void
test_first (int descriptor)
{
  Session s;

  start (&s);
  add_address (1);
  fake_wait_log (s.a1, "restart");
  session_end (&s);
}

static void
gone (void)
{
  netns_test (test_gone);
}

static void
none (void)
{
  netns_test (test_none);
}

static void
back (void)
{
  netns_test (test_back);
}

static void
first (void)
{
  netns_test (test_first);
}

static const SuiteTest tests[] = {
  { "/network-change/gone", gone },
  { "/network-change/none", none },
  { "/network-change/back", back },
  { "/network-change/first", first },
};

int
main (int argc, char **argv)
{
  return suite_run (argc, argv, tests, G_N_ELEMENTS (tests));
}
