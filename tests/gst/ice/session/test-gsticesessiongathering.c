/* gst-ice: test of what gathering needs.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "sessionfixture.h"
#include "suite.h"
#include <sys/resource.h>

/* No descriptor is left for the I/O thread: reported before the call returns,
 * with the remedy; later it gathers. */
static void
test_no_descriptor (void)
{
  struct rlimit old, none;
  gboolean gathers;
  Session s;

  session_start (&s);
  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &old), ==, 0);
  none = (struct rlimit){ 0, old.rlim_max };
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &none), ==, 0);
  gathers = gst_ice_session_gather (gst_ice_agent_get_session (s.agent));
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &old), ==, 0);
  g_assert_false (gathers);
  assert_recorded (s.recorder,
      "bus ERROR too many open files: raise the limit (ulimit -n) or close "
      "something\n");
  session_gather (&s);
  assert_log (s.a1, "gather:controlling:stun=-:turn=0 ");
  session_end (&s);
}

static const SuiteTest tests[] = {
  { "/session/gathering/no-descriptor", test_no_descriptor },
};

int
main (int argc, char **argv)
{
  return suite_run (argc, argv, tests, G_N_ELEMENTS (tests));
}
