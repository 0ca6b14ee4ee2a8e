/* gst-ice: test of what gathering needs.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "descriptors.h"
#include "sessionfixture.h"
#include "suite.h"

/* No descriptor is left for the I/O thread: reported before the call returns,
 * with the remedy; later it gathers. */
static void
test_no_descriptor (void)
{
  gboolean gathers;
  rlim_t soft;
  Session s;

  session_start (&s);
  soft = limit_descriptors (0);
  gathers = gst_ice_session_gather (gst_ice_agent_get_session (s.agent));
  limit_descriptors (soft);
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
