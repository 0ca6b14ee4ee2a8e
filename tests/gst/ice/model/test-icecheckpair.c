/* gst-ice: test of icecheckpair: whose candidates a pair has.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "checklistscript.h"

#define HOST "candidate:1 1 UDP 2015363327 10.0.0.97 9700 typ host"
#define SRFLX                                                                  \
  "candidate:2 1 UDP 1677722111 10.0.0.109 10900 typ srflx raddr 10.0.0.97 "   \
  "rport 9700"
#define PEER "candidate:9 1 UDP 2130706431 10.0.0.98 9800 typ host"
#define PEER_2                                                                 \
  "candidate:9 1 UDP 2130706431 10.0.0.98 9800 typ host ufrag again"

/* --- endpoints --- */

static gboolean
are_equal (const gchar *a, guint port_a, const gchar *b, guint port_b)
{
  IceCheckEndpoint first = { .port = port_a }, second = { .port = port_b };

  g_strlcpy (first.address, a, sizeof first.address);
  g_strlcpy (second.address, b, sizeof second.address);
  g_assert_true (ice_check_endpoint_equal (&first, &second)
      == ice_check_endpoint_equal (&second, &first));
  return ice_check_endpoint_equal (&first, &second);
}

static void
test_endpoints (void)
{
  static const gchar *const same[][2] = {
    { "10.0.0.1", "10.0.0.1" },
    { "::", "0:0:0:0:0:0:0:0" },
    { "::1", "0:0:0:0:0:0:0:1" },
    { "::1", "0000:0000:0000:0000:0000:0000:0000:0001" },
    { "::1", "::0:1" },
    { "1::", "1:0:0:0:0:0:0:0" },
    { "fe80::ABCD", "fe80:0::abcd" },
    { "2001:db8::1:0:0:1", "2001:db8:0:0:1::1" },
    { "::ffff:192.0.2.1", "::ffff:c000:201" },
    { "::1.2.3.255", "::102:3ff" },
    { "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304" },
    { "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0" },
    { "::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8" },
    { "garbage:", "garbage:" },
  };
  static const gchar *const other[][2] = {
    { "10.0.0.1", "10.0.0.2" },
    { "10.0.0.1", "010.0.0.1" },
    { "10.0.0.1", "::ffff:10.0.0.1" },
    { "::1", "::2" },
    { "::1", "1::" },
    { "1:0:0:1::", "1::1:0:0:1" },
    { "::1", "::1:" },
    { "::1", ":::1" },
    { "::1", ":1" },
    { "::1", "0:0:0:0:0:0:1" },
    { "::1", "0:0:0:0:0:0:0:0:1" },
    { "::1", "0:0:0:0:0:0:0:1:" },
    { "::1", "::00001x" },
    { "::1", "::10001" },
    { "::1", "0::0::1" },
    { "::1.2.3.4", "::1.2.3" },
    { "::1.2.3.4", "::1.2.3.4.5" },
    { "::1.2.3.4", "::1.2.3.260" },
    { "::1.2.3.0", "::1.2.3.256" },
    { "::1.2.3.4", "1:2:3:4:5:6:7:1.2.3.4" },
    { "::1", "" },
    { "::1", ":" },
    { "::1", "::x" },
  };
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (same); i++) {
    g_assert_true (are_equal (same[i][0], 1, same[i][1], 1));
    g_assert_false (are_equal (same[i][0], 1, same[i][1], 2));
  }
  for (i = 0; i < G_N_ELEMENTS (other); i++)
    g_assert_false (are_equal (other[i][0], 1, other[i][1], 1));
}

/* RFC 6544 section 4.5: only an active candidate has any port. */
static void
test_is_at (void)
{
  static const struct
  {
    IceCandidateTcpType type;
    guint16 port, at;
    gboolean is_at;
  } rows[] = {
    { ICE_CANDIDATE_TCP_ACTIVE, 9, 0, TRUE },
    { ICE_CANDIDATE_TCP_ACTIVE, 9, 9, TRUE },
    { ICE_CANDIDATE_TCP_ACTIVE, 9, 9700, FALSE },
    { ICE_CANDIDATE_TCP_PASSIVE, 9700, 0, FALSE },
    { ICE_CANDIDATE_TCP_PASSIVE, 9700, 9700, TRUE },
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (rows); i++) {
    IceCandidate candidate = { .protocol = ICE_CANDIDATE_PROTOCOL_TCP,
      .tcp_type = rows[i].type,
      .address = (gchar *) "10.0.0.1",
      .port = rows[i].port };
    IceCheckEndpoint endpoint = { "10.0.0.1", rows[i].at };

    g_assert_cmpint (
        ice_check_is_at (&candidate, &endpoint, ICE_CANDIDATE_PROTOCOL_TCP), ==,
        rows[i].is_at);
    g_assert_false (
        ice_check_is_at (&candidate, &endpoint, ICE_CANDIDATE_PROTOCOL_UDP));
  }
}

/* RFC 6544 section 4.5; a connection shows the port of a peer-reflexive one. */
static void
test_endpoint_set (void)
{
  static const struct
  {
    IceCandidateTcpType tcp_type;
    IceCandidateType type;
    guint16 port, at;
  } rows[] = {
    { ICE_CANDIDATE_TCP_ACTIVE, ICE_CANDIDATE_TYPE_HOST, 9, 0 },
    { ICE_CANDIDATE_TCP_ACTIVE, ICE_CANDIDATE_TYPE_SRFLX, 9, 0 },
    { ICE_CANDIDATE_TCP_ACTIVE, ICE_CANDIDATE_TYPE_PRFLX, 9700, 9700 },
    { ICE_CANDIDATE_TCP_ACTIVE, ICE_CANDIDATE_TYPE_PRFLX, 0, 0 },
    { ICE_CANDIDATE_TCP_PASSIVE, ICE_CANDIDATE_TYPE_HOST, 9700, 9700 },
    { ICE_CANDIDATE_TCP_NONE, ICE_CANDIDATE_TYPE_HOST, 9, 9 },
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (rows); i++) {
    IceCandidate candidate = { .type = rows[i].type,
      .tcp_type = rows[i].tcp_type,
      .address = (gchar *) "10.0.0.1",
      .port = rows[i].port };
    IceCheckEndpoint endpoint;

    ice_check_endpoint_set (&endpoint, &candidate);
    g_assert_cmpstr (endpoint.address, ==, "10.0.0.1");
    g_assert_cmpuint (endpoint.port, ==, rows[i].at);
  }
}

/* Two that differ in one thing only are two; the same one again replaces it. */
static void
test_add (void)
{
  static const gchar *const texts[] = { HOST,
    "candidate:1 1 UDP 1 10.0.0.97 9700 typ prflx raddr 0.0.0.0 rport 9",
    "candidate:1 1 TCP 1 10.0.0.97 9700 typ host tcptype active",
    "candidate:1 1 TCP 1 10.0.0.97 9700 typ host tcptype passive",
    "candidate:1 1 UDP 1 10.0.0.97 9701 typ host",
    "candidate:1 1 UDP 1 10.0.0.98 9700 typ host" };
  g_autoptr (GPtrArray) candidates = g_ptr_array_new_with_free_func (
      (GDestroyNotify) ice_candidate_free);
  guint i;

  for (i = 0; i < 2 * G_N_ELEMENTS (texts); i++) {
    g_autoptr (IceCandidate)
        candidate = ice_candidate_parse (texts[i % G_N_ELEMENTS (texts)], NULL);

    g_assert_nonnull (candidate);
    ice_check_add_candidate (candidates, candidate);
    g_assert_cmpuint (candidates->len, ==, MIN (i + 1, G_N_ELEMENTS (texts)));
  }
}

/* --- candidates --- */

/* Returns the pairs that changed. */
static gchar *
signal_candidate (IceChecklist *list, const gchar *text, gboolean local)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IceCandidate) candidate = ice_candidate_parse (text, &error);
  const IceCheckChange *changes;
  guint n;

  g_assert_no_error (error);
  changes = ice_checklist_add_candidate (list, candidate, local, &n);
  return script_changes (changes, n);
}

#define assert_signal(list, text, local, expected)                             \
  G_STMT_START                                                                 \
  {                                                                            \
    g_autofree gchar *changes_ = signal_candidate (list, text, local);         \
    g_assert_cmpstr (changes_, ==, expected);                                  \
  }                                                                            \
  G_STMT_END

static void
assert_candidates (const IceChecklist *list, guintptr id, const gchar *local,
    const gchar *remote)
{
  const IceCheckPair *pair = ice_checklist_find (list, id);
  g_autofree gchar *local_text = NULL, *remote_text = NULL;

  g_assert_nonnull (pair);
  local_text = ice_candidate_to_string (pair->local_candidate);
  remote_text = ice_candidate_to_string (pair->remote_candidate);
  g_assert_cmpstr (local_text, ==, local);
  g_assert_cmpstr (remote_text, ==, remote);
}

static void
test_signalled_before (void)
{
  g_autoptr (IceChecklist) list = ice_checklist_new (1, 0);

  assert_signal (list, SRFLX, TRUE, "");
  assert_signal (list, HOST, TRUE, "");
  assert_signal (list, PEER, FALSE, "");
  g_free (script_step (list, "added 1 a b", 0));
  assert_candidates (list, 1, HOST, PEER);
}

static void
test_signalled_after (void)
{
  g_autoptr (IceChecklist) list = ice_checklist_new (2, 0);
  IceCheckEvent event = script_event ("added 1 a b");
  guint n;

  strcpy (event.local.foundation, "7");
  strcpy (event.remote.foundation, "remote1");
  event.remote.priority = 1845501695;
  ice_checklist_step (list, &event, 0, &n);
  g_free (script_step (list, "added 2 a c", 0));
  assert_candidates (list, 1, "candidate:7 2 UDP 0 10.0.0.97 9700 typ prflx",
      "candidate:remote1 2 UDP 1845501695 10.0.0.98 9800 typ prflx");

  assert_signal (list, PEER, FALSE, "0:candidates");
  assert_signal (list, PEER, FALSE, "");
  assert_signal (list, PEER_2, FALSE, "0:candidates");
  assert_signal (list, HOST, TRUE, "0:candidates 1:candidates");
  assert_candidates (list, 1, HOST, PEER_2);
  assert_candidates (
      list, 2, HOST, "candidate:0 2 UDP 0 10.0.0.99 9900 typ prflx");
}

/* Of another protocol, port or side it is another one. */
static void
test_strangers (void)
{
  g_autoptr (IceChecklist) list = ice_checklist_new (1, 0);

  g_free (script_step (list, "added 1 a b", 0));
  assert_signal (list, HOST, FALSE, "");
  assert_signal (list, PEER, TRUE, "");
  assert_signal (
      list, "candidate:1 1 UDP 2015363327 10.0.0.97 9701 typ host", TRUE, "");
  assert_signal (list,
      "candidate:1 1 TCP 2015363327 10.0.0.97 9700 typ host tcptype passive",
      TRUE, "");
  assert_signal (list, "candidate:1 1 UDP 1 a.local 9700 typ host", TRUE, "");
}

/* Port 0 is any port of an active one. */
static void
test_active_tcp (void)
{
#define PASSIVE                                                                \
  "candidate:2 1 TCP 1015021823 10.0.0.97 9700 typ host tcptype passive"
#define ACTIVE                                                                 \
  "candidate:3 1 TCP 1015021823 10.0.0.97 9 typ host tcptype active"
  g_autoptr (IceChecklist) list = ice_checklist_new (1, 0);
  IceCheckEvent event = script_event ("added 1 a b");
  guint n;

  assert_signal (list, HOST, TRUE, "");
  assert_signal (list, PASSIVE, TRUE, "");
  event.protocol = ICE_CANDIDATE_PROTOCOL_TCP;
  event.local.endpoint.port = 0;
  event.local.tcp_type = ICE_CANDIDATE_TCP_ACTIVE;
  event.remote.tcp_type = ICE_CANDIDATE_TCP_PASSIVE;
  ice_checklist_step (list, &event, 0, &n);
  assert_candidates (list, 1,
      "candidate:0 1 TCP 0 10.0.0.97 0 typ prflx tcptype active",
      "candidate:0 1 TCP 0 10.0.0.98 9800 typ prflx tcptype passive");
  assert_signal (list, ACTIVE, TRUE, "0:candidates");
  event.id = 2;
  event.local.endpoint.port = 9700;
  ice_checklist_step (list, &event, 0, &n);
  g_assert_cmpint (ice_checklist_find (list, 2)->local_candidate->tcp_type, ==,
      ICE_CANDIDATE_TCP_PASSIVE);
}

/* A candidate that a check finds has the priority in that check's request. */
static void
test_discovered (void)
{
  g_autoptr (IceChecklist) list = ice_checklist_new (1, 0);
  IceCheckEvent sent = script_event ("request-sent 1");
  guint n;

  assert_signal (list, HOST, TRUE, "");
  assert_signal (list, PEER, FALSE, "");
  g_free (script_step (list, "added 1 a b", 0));
  sent.local.priority = 1847591935;
  ice_checklist_step (list, &sent, 0, &n);
  g_free (script_step (list, "added 2 m b 1", 0));
  assert_candidates (list, 1,
      "candidate:0 1 UDP 1847591935 10.0.0.109 10900 typ prflx raddr "
      "10.0.0.97 rport 9700",
      PEER);
  /* the STUN server's answer was late */
  assert_signal (list, SRFLX, TRUE, "0:candidates");
  assert_candidates (list, 2, SRFLX, PEER);
}

/* A restart drops the peer's candidates; what media takes keeps its own. */
static void
test_restart (void)
{
  g_autoptr (IceChecklist) list = ice_checklist_new (1, 0);

  assert_signal (list, HOST, TRUE, "");
  assert_signal (list, PEER, FALSE, "");
  g_free (script_step (list, "added 1 a b", 0));
  g_free (script_step (list, "selected 1", 0));
  g_free (script_step (list, "restarted", 0));
  g_free (script_step (list, "added 2 c b", 0));
  assert_candidates (list, 2, "candidate:0 1 UDP 0 10.0.0.99 9900 typ prflx",
      "candidate:0 1 UDP 0 10.0.0.98 9800 typ prflx");
  g_free (script_step (list, "added 3 a b", 0));
  assert_candidates (
      list, 3, HOST, "candidate:0 1 UDP 0 10.0.0.98 9800 typ prflx");
  assert_signal (list, PEER_2, FALSE, "1:candidates 2:candidates");
  assert_candidates (list, 3, HOST, PEER_2);
}

static void
test_too_many (void)
{
  g_autoptr (IceChecklist) list = ice_checklist_new (1, 0);
  guint i;

  for (i = 0; i < ICE_CHECK_MAX_CANDIDATES; i++) {
    g_autofree gchar *text = g_strdup_printf (
        "candidate:1 1 UDP 1 10.1.0.1 %u typ host", i + 1);

    assert_signal (list, text, FALSE, "");
  }
  g_free (script_step (list, "added 1 a b", 0));
  assert_signal (list, PEER, FALSE, "");
  assert_signal (list, HOST, TRUE, "0:candidates");
}

static void
test_priority (void)
{
  g_autoptr (IceChecklist) list = ice_checklist_new (1, 0);
  const IceCheckPair *pair;
  guint64 priority = 0;

  g_free (script_step (list, "added 1 a b", 0));
  pair = ice_checklist_find (list, 1);
  g_assert_false (
      ice_check_pair_get_priority (pair, GST_ICE_ROLE_CONTROLLING, &priority));
  assert_signal (list, HOST, TRUE, "0:candidates");
  g_assert_false (
      ice_check_pair_get_priority (pair, GST_ICE_ROLE_CONTROLLING, &priority));
  assert_signal (list, PEER, FALSE, "0:candidates");
  g_assert_false (
      ice_check_pair_get_priority (pair, GST_ICE_ROLE_UNKNOWN, &priority));

  /* RFC 8445 section 6.1.2.3 */
  g_assert_true (
      ice_check_pair_get_priority (pair, GST_ICE_ROLE_CONTROLLING, &priority));
  g_assert_cmpuint (priority, ==,
      (G_GUINT64_CONSTANT (2015363327) << 32)
          + 2 * G_GUINT64_CONSTANT (2130706431));
  g_assert_true (
      ice_check_pair_get_priority (pair, GST_ICE_ROLE_CONTROLLED, &priority));
  g_assert_cmpuint (priority, ==,
      (G_GUINT64_CONSTANT (2015363327) << 32)
          + 2 * G_GUINT64_CONSTANT (2130706431) + 1);
  /* the same on both sides */
  pair->remote_candidate->priority = pair->local_candidate->priority;
  g_assert_true (
      ice_check_pair_get_priority (pair, GST_ICE_ROLE_CONTROLLED, &priority));
  g_assert_cmpuint (priority, ==,
      (G_GUINT64_CONSTANT (2015363327) << 32)
          + 2 * G_GUINT64_CONSTANT (2015363327));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/icecheckpair/endpoints", test_endpoints);
  g_test_add_func ("/icecheckpair/is-at", test_is_at);
  g_test_add_func ("/icecheckpair/endpoint-set", test_endpoint_set);
  g_test_add_func ("/icecheckpair/add", test_add);
  g_test_add_func ("/icecheckpair/signalled-before", test_signalled_before);
  g_test_add_func ("/icecheckpair/signalled-after", test_signalled_after);
  g_test_add_func ("/icecheckpair/strangers", test_strangers);
  g_test_add_func ("/icecheckpair/active-tcp", test_active_tcp);
  g_test_add_func ("/icecheckpair/discovered", test_discovered);
  g_test_add_func ("/icecheckpair/restart", test_restart);
  g_test_add_func ("/icecheckpair/too-many", test_too_many);
  g_test_add_func ("/icecheckpair/priority", test_priority);
  return g_test_run ();
}
