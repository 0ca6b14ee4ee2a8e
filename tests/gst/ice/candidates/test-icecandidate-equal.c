/* gst-ice: test of when two candidates are the same.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "candidates/icecandidate.h"
#include <string.h>

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

/* The server is not part of a candidate's text. */
static void
test_server (void)
{
  g_autoptr (IceCandidate) a = parse (texts[0]);
  g_autoptr (IceCandidate) b = parse (texts[0]);
  g_autoptr (IceCandidate) copy = NULL;
  g_autofree gchar *text = ice_candidate_to_string (a), *same = NULL;
  gsize size = ice_candidate_get_size (a);

  g_assert_null (a->url);
  g_assert_null (a->relay_protocol);
  a->url = g_strdup ("stun:host:3478");
  a->relay_protocol = "tls";
  g_assert_true (ice_candidate_equal (a, b));
  same = ice_candidate_to_string (a);
  g_assert_cmpstr (same, ==, text);
  g_assert_cmpuint (
      ice_candidate_get_size (a), ==, size + strlen ("stun:host:3478") + 1);
  copy = ice_candidate_copy (a);
  g_clear_pointer (&a, ice_candidate_free);
  g_assert_cmpstr (copy->url, ==, "stun:host:3478");
  g_assert_cmpstr (copy->relay_protocol, ==, "tls");
}

static void
test_tcp_types (void)
{
  static const gchar *const types[] = { NULL, "active", "passive", "so" };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (types); i++)
    g_assert_cmpstr (ice_candidate_tcp_type_to_string (i), ==, types[i]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/candidate/equal", test_equal);
  g_test_add_func ("/candidate/server", test_server);
  g_test_add_func ("/candidate/tcp-types", test_tcp_types);
  return g_test_run ();
}
