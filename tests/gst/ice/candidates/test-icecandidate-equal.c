/* gst-ice: test of when two candidates are the same.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "candidates/icecandidate.h"

/* Each differs from the first one in one field. */
static const gchar *const texts[] = {
  "1 1 udp 9 10.0.0.1 5001 typ srflx raddr 10.0.0.2 rport 5002 a b ufrag abcd",
  "2 1 udp 9 10.0.0.1 5001 typ srflx raddr 10.0.0.2 rport 5002 a b ufrag abcd",
  "1 2 udp 9 10.0.0.1 5001 typ srflx raddr 10.0.0.2 rport 5002 a b ufrag abcd",
  "1 1 udp 8 10.0.0.1 5001 typ srflx raddr 10.0.0.2 rport 5002 a b ufrag abcd",
  "1 1 udp 9 10.0.0.3 5001 typ srflx raddr 10.0.0.2 rport 5002 a b ufrag abcd",
  "1 1 udp 9 10.0.0.1 5003 typ srflx raddr 10.0.0.2 rport 5002 a b ufrag abcd",
  "1 1 udp 9 10.0.0.1 5001 typ relay raddr 10.0.0.2 rport 5002 a b ufrag abcd",
  "1 1 udp 9 10.0.0.1 5001 typ srflx raddr 10.0.0.3 rport 5002 a b ufrag abcd",
  "1 1 udp 9 10.0.0.1 5001 typ srflx raddr 10.0.0.2 rport 5003 a b ufrag abcd",
  "1 1 udp 9 10.0.0.1 5001 typ srflx raddr 10.0.0.2 rport 5002 a c ufrag abcd",
  "1 1 udp 9 10.0.0.1 5001 typ srflx raddr 10.0.0.2 rport 5002 ufrag abcd",
  "1 1 udp 9 10.0.0.1 5001 typ srflx raddr 10.0.0.2 rport 5002 a b ufrag abce",
  "1 1 udp 9 10.0.0.1 5001 typ srflx raddr 10.0.0.2 rport 5002 a b",
  "1 1 udp 9 10.0.0.1 5001 typ host",
  "1 1 tcp 9 10.0.0.1 5001 typ host tcptype passive",
  "1 1 tcp 9 10.0.0.1 5001 typ host tcptype so",
};

static IceCandidate *
parse (const gchar *text)
{
  g_autofree gchar *whole = g_strdup_printf ("candidate:%s", text);
  g_autoptr (GError) error = NULL;
  IceCandidate *candidate = ice_candidate_parse (whole, &error);

  g_assert_no_error (error);
  return candidate;
}

static void
test_equal (void)
{
  guint i, j;

  for (i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr (IceCandidate) a = parse (texts[i]);

    for (j = 0; j < G_N_ELEMENTS (texts); j++) {
      g_autoptr (IceCandidate) b = parse (texts[j]);

      g_assert_cmpint (ice_candidate_equal (a, b), ==, i == j);
    }
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/candidate/equal", test_equal);
  return g_test_run ();
}
