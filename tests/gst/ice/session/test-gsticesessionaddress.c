/* gst-ice: test of which remote addresses checks may be sent to.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "sessionfixture.h"
#include "suite.h"

#define LOOPBACK HOST ("9", "1", "127.0.0.1")

static void
test_refused (void)
{
  Session s;

  session_start (&s);
  session_refuse (&s, 0, "candidate:1 1 UDP 1 10.0.1.1 0 typ host", "port");
  session_refuse (&s, 0, LOOPBACK,
      "127.0.0.1 is a loopback address, and local-addresses has none");
  session_refuse (&s, 0, HOST ("1", "1", "0.0.0.0"),
      "no host can be reached at 0.0.0.0, a");
  session_refuse (&s, 0, HOST ("1", "1", "224.0.0.1"),
      "no host can be reached at 224.0.0.1, a multicast address");
  session_add (&s, 0, PEER_1);
  /* it connects, and nobody connects there */
  session_add (&s, 0, "candidate:2 1 TCP 1 10.0.1.1 9 typ host tcptype active");
  session_add (&s, 0, "candidate:3 1 TCP 1 10.0.1.1 0 typ host tcptype active");
  session_end (&s);
}

static void
set_local_addresses (Session *s, const gchar *address)
{
  g_auto (GValue) list = G_VALUE_INIT, item = G_VALUE_INIT;

  g_value_init (&list, GST_TYPE_ARRAY);
  g_value_init (&item, G_TYPE_STRING);
  if (address != NULL) {
    g_value_set_string (&item, address);
    gst_value_array_append_value (&list, &item);
  }
  g_object_set_property (G_OBJECT (s->agent), "local-addresses", &list);
}

/* The loopback interface is one of the peer's where it is one of ours. */
static void
test_loopback (void)
{
  Session s;

  session_start (&s);
  set_local_addresses (&s, "127.0.0.0/8");
  session_add (&s, 0, LOOPBACK);
  session_refuse (&s, 0, HOST ("1", "1", "0.0.0.0"), "no host can be reached");
  session_gather (&s);
  session_set_credentials (&s, 0, "peer");
  assert_log (s.a1,
      "gather:controlling:stun=-:turn=0 credentials:peer "
      "candidate:127.0.0.1 ");
  session_end (&s);
}

/* The settings in force when it gathers count. */
static void
test_changed_setting (void)
{
  Session s;

  session_start (&s);
  set_local_addresses (&s, "127.0.0.1");
  session_add (&s, 0, LOOPBACK);
  session_add (&s, 0, PEER_1);
  set_local_addresses (&s, NULL);
  session_gather (&s);
  session_set_credentials (&s, 0, "peer");
  assert_log (s.a1,
      "gather:controlling:stun=-:turn=0 credentials:peer "
      "candidate:10.0.1.1 ");
  session_end (&s);
}

/* What was gathered counts, whatever the setting would find now. */
static void
test_gathered_loopback (void)
{
  Session s;

  session_start (&s);
  session_gather (&s);
  session_refuse (&s, 0, LOOPBACK, "local-addresses has none");
  fake_candidate (s.a1, "candidate:1 1 UDP 1 10.0.0.1 5000 typ host");
  session_refuse (&s, 0, LOOPBACK, "local-addresses has none");
  fake_candidate (s.a1, "candidate:2 1 UDP 1 127.0.0.1 5000 typ host");
  session_add (&s, 0, LOOPBACK);
  session_end (&s);
}

/* That of any stream. */
static void
test_gathered_by_another (void)
{
  Session s;

  session_start_four (&s);
  session_gather (&s);
  fake_candidate (s.a1, "candidate:1 1 UDP 1 10.0.0.1 5000 typ host");
  session_refuse (&s, 0, LOOPBACK, "local-addresses has none");
  fake_candidate (s.b1, "candidate:2 1 UDP 1 127.0.0.1 5000 typ host");
  session_add (&s, 0, LOOPBACK);
  session_end (&s);
}

static const SuiteTest tests[] = {
  { "/session/address/refused", test_refused },
  { "/session/address/loopback", test_loopback },
  { "/session/address/changed-setting", test_changed_setting },
  { "/session/address/gathered-loopback", test_gathered_loopback },
  { "/session/address/gathered-by-another", test_gathered_by_another },
};

int
main (int argc, char **argv)
{
  return suite_run (argc, argv, tests, G_N_ELEMENTS (tests));
}
