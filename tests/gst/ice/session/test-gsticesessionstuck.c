/* gst-ice: tests of the warnings about waits that do not end by themselves.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "sessionfixture.h"
#include "suite.h"

#include <string.h>

static gboolean
report_checked (gpointer transport)
{
  gst_ice_transport_report_checked (transport);
  return G_SOURCE_REMOVE;
}

/* Each after its patience, and only those. */
static void
test_troubles (void)
{
  gint64 start = g_get_monotonic_time ();
  g_autofree gchar *lines = NULL;
  Session s;

  session_start (&s);
  s.b1 = session_add_transport (&s, 1, 1);
  session_gather (&s);
  fake_call (report_checked, s.b1);
  session_set_credentials (&s, 0, "peer");
  session_add (&s, 0, PEER_1);
  session_add (&s, 0, PEER_3); /* of component 2 */
  session_add (&s, 3, PEER_1);
  recorder_wait (s.recorder, "component 2 of stream 0");
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 2 * G_TIME_SPAN_SECOND);
  recorder_wait (s.recorder, "the peer signals stream 3");
  recorder_wait (s.recorder, "the peer checks stream 1");
  fake_settle ();
  lines = recorder_take (s.recorder);
  g_assert_nonnull (strstr (lines, "stream=0 component=2, or let the peer"));
  g_assert_nonnull (strstr (lines, "stream=3"));
  g_assert_null (strstr (lines, "the peer checks stream 0"));
  g_assert_null (strstr (lines, "component 1 of stream"));
  session_end (&s);
}

/* Datagrams that keep coming, which nobody reads; no check does. */
static void
test_datagrams (void)
{
  gint64 end = g_get_monotonic_time () + 15 * G_TIME_SPAN_SECOND;
  gboolean warned = FALSE;
  Session s;

  session_start (&s);
  s.b1 = session_add_transport (&s, 1, 1);
  session_gather (&s);
  while (!warned) {
    g_autofree gchar *lines = NULL;

    g_assert_cmpint (g_get_monotonic_time (), <, end);
    fake_receive (s.b1, "media");
    g_usleep (50000);
    lines = recorder_take (s.recorder);
    warned = strstr (lines, "datagrams keep coming to stream 1") != NULL;
  }
  session_end (&s);
}

static const SuiteTest tests[] = {
  { "/session/stuck/troubles", test_troubles },
  { "/session/stuck/datagrams", test_datagrams },
};

int
main (int argc, char **argv)
{
  return suite_run (argc, argv, tests, G_N_ELEMENTS (tests));
}
