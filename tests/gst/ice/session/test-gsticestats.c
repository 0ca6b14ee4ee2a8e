/* gst-ice: test of what get-stats returns of a session.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "api/gsticeenumtypes.h"
#include "session/gsticesessioncalls.h"
#include "sessionfixture.h"
#include "suite.h"
#include <string.h>

#define LOCAL_HOST "candidate:1 1 UDP 2130706431 10.0.0.1 5001 typ host"
#define LOCAL_REFLEXIVE                                                        \
  "candidate:2 1 UDP 1694498815 192.0.2.1 6001 typ srflx raddr 10.0.0.1 "      \
  "rport 5001"
#define REMOTE_TCP                                                             \
  "candidate:7 2 TCP 1015021823 10.0.1.7 9 typ host tcptype active ufrag peer"

/* Returns: (transfer full): an entry of the statistics, with its id and type */
static GstStructure *
take_entry (const GstStructure *stats, const gchar *id, const gchar *type)
{
  GstStructure *entry = NULL;
  gdouble timestamp = 0;

  gst_structure_get (stats, id, GST_TYPE_STRUCTURE, &entry, NULL);
  if (entry == NULL)
    g_error ("no %s", id);
  g_assert_cmpstr (gst_structure_get_string (entry, "id"), ==, id);
  g_assert_cmpstr (gst_structure_get_string (entry, "type"), ==, type);
  g_assert_true (gst_structure_get_double (entry, "timestamp", &timestamp));
  g_assert_cmpfloat (timestamp, >, 1e12); /* milliseconds since 1970 */
  return entry;
}

static void
assert_count (const GstStructure *entry, const gchar *field, guint64 expected)
{
  guint64 n = G_MAXUINT64;

  if (!gst_structure_get_uint64 (entry, field, &n) || n != expected)
    g_error ("%s is %" G_GUINT64_FORMAT ", not %" G_GUINT64_FORMAT, field, n,
        expected);
}

static void
assert_uint (const GstStructure *entry, const gchar *field, guint expected)
{
  guint n = G_MAXUINT;

  if (!gst_structure_get_uint (entry, field, &n) || n != expected)
    g_error ("%s is %u, not %u", field, n, expected);
}

static void
assert_text (
    const GstStructure *entry, const gchar *field, const gchar *expected)
{
  g_assert_cmpstr (gst_structure_get_string (entry, field), ==, expected);
}

static gint
get_enum (const GstStructure *entry, const gchar *field, GType type)
{
  gint value = -1;

  g_assert_true (gst_structure_get_enum (entry, field, type, &value));
  return value;
}

static GstStructure *
get_stats (Session *s)
{
  return gst_ice_session_get_stats (gst_ice_agent_get_session (s->agent));
}

static void
send_datagrams (Session *s)
{
  GstIceDatapath *datapath = gst_ice_transport_get_datapath (
      GST_ICE_TRANSPORT (s->a1));
  GOutputVector vector = { "text", 4 };
  const GstIceDatagram datagrams[] = { { &vector, 1 }, { &vector, 1 } };
  guint done;

  g_assert_cmpint (gst_ice_datapath_send (datapath, datagrams, 2,
                       &(const gint){ FALSE }, &done, NULL),
      ==, GST_FLOW_OK);
  gst_ice_datapath_count_discarded (datapath, datagrams, 1);
}

static void
test_transport (void)
{
  static const gchar *const offload[] = { "send-calls", "send-messages",
    "packets-sent", "send-fallbacks", "receive-calls", "receive-messages",
    "packets-received" };
  g_autoptr (GstStructure) stats = NULL, entry = NULL, other = NULL;
  GstIceDatapath *datapath;
  Session s;
  guint i;

  session_start (&s);
  s.b2 = session_add_transport (&s, 1, 2);
  session_gather (&s);
  fake_connect (s.a1);
  datapath = gst_ice_transport_get_datapath (GST_ICE_TRANSPORT (s.a1));
  send_datagrams (&s);
  fake_receive (s.a1, "icesrc reads it");
  fake_receive (s.b2, "nobody reads it");
  gst_ice_datapath_count_unknown_source (datapath, 4);
  gst_ice_datapath_count_filtered (datapath, 9);
  stats = get_stats (&s);
  g_assert_cmpint (
      get_enum (stats, "ice-connection-state", GST_TYPE_ICE_CONNECTION_STATE),
      ==, GST_ICE_CONNECTION_STATE_CHECKING);
  g_assert_cmpint (
      get_enum (stats, "ice-gathering-state", GST_TYPE_ICE_GATHERING_STATE), ==,
      GST_ICE_GATHERING_STATE_GATHERING);

  entry = take_entry (stats, "transport-0-1", "transport");
  assert_uint (entry, "stream", 0);
  assert_uint (entry, "component", 1);
  g_assert_cmpint (get_enum (entry, "ice-state", GST_TYPE_ICE_CONNECTION_STATE),
      ==, GST_ICE_CONNECTION_STATE_CONNECTED);
  assert_count (entry, "packets-sent", 2);
  assert_count (entry, "bytes-sent", 8);
  assert_count (entry, "packets-received", 1);
  assert_count (entry, "bytes-received", 15);
  assert_count (entry, "selected-candidate-pair-changes", 1);
  assert_count (entry, "packets-discarded-on-send", 1);
  assert_count (entry, "bytes-discarded-on-send", 4);
  assert_count (entry, "packets-discarded-on-receive", 4);
  assert_count (entry, "packets-discarded-no-reader", 0);
  assert_count (entry, "packets-discarded-buffer-full", 0);
  assert_count (entry, "packets-discarded-unknown-source", 4);
  assert_count (entry, "packets-discarded-misrouted", 0);
  assert_count (entry, "packets-discarded-by-filter", 9);
  for (i = 0; i < G_N_ELEMENTS (offload); i++) {
    g_autofree gchar *field = g_strconcat ("offload-", offload[i], NULL);

    assert_count (entry, field, 0);
  }

  other = take_entry (stats, "transport-1-2", "transport");
  assert_uint (other, "stream", 1);
  assert_uint (other, "component", 2);
  assert_count (other, "packets-sent", 0);
  assert_count (other, "packets-received", 1);
  assert_count (other, "packets-discarded-on-receive", 1);
  assert_count (other, "packets-discarded-no-reader", 1);
  assert_count (other, "selected-candidate-pair-changes", 0);
  g_assert_false (
      gst_structure_has_field (other, "selected-candidate-pair-id"));
  session_end (&s);
}

/* The id of the selected pair is that of an entry. */
static void
test_pair (void)
{
  g_autoptr (GstStructure) stats = NULL, transport = NULL, pair = NULL;
  Session s;

  session_start (&s);
  session_gather (&s);
  fake_connect (s.a1);
  stats = get_stats (&s);
  transport = take_entry (stats, "transport-0-1", "transport");
  pair = take_entry (stats,
      gst_structure_get_string (transport, "selected-candidate-pair-id"),
      "candidate-pair");
  assert_text (pair, "transport-id", "transport-0-1");
  assert_text (pair, "remote-address", "10.0.0.2");
  session_end (&s);
}

static void
test_candidates (void)
{
  g_autoptr (GstStructure) stats = NULL, host = NULL, reflexive = NULL;
  g_autoptr (GstStructure) remote = NULL;
  g_autofree gchar *ufrag = NULL;
  Session s;

  session_start (&s);
  session_gather (&s);
  fake_candidate (s.a1, LOCAL_HOST);
  fake_candidate (s.a1, LOCAL_REFLEXIVE);
  session_add (&s, 0, PEER_1);
  session_add (&s, 0, REMOTE_TCP);
  stats = get_stats (&s);
  g_object_get (s.agent, "local-ufrag", &ufrag, NULL);

  host = take_entry (stats, "local-candidate-0", "local-candidate");
  assert_text (host, "address", "10.0.0.1");
  assert_uint (host, "port", 5001);
  assert_text (host, "username-fragment", ufrag);
  g_assert_false (gst_structure_has_field (host, "related-address"));
  g_assert_false (gst_structure_has_field (host, "related-port"));

  reflexive = take_entry (stats, "local-candidate-1", "local-candidate");
  assert_text (reflexive, "candidate-type", "srflx");
  assert_text (reflexive, "related-address", "10.0.0.1");
  assert_uint (reflexive, "related-port", 5001);

  remote = take_entry (stats, "remote-candidate-0", "remote-candidate");
  assert_text (remote, "candidate", PEER_1);
  g_assert_false (gst_structure_has_field (remote, "username-fragment"));
  gst_structure_free (g_steal_pointer (&remote));
  remote = take_entry (stats, "remote-candidate-1", "remote-candidate");
  assert_text (remote, "candidate", REMOTE_TCP);
  assert_text (remote, "address", "10.0.1.7");
  assert_uint (remote, "port", 9);
  assert_text (remote, "protocol", "tcp");
  assert_text (remote, "candidate-type", "host");
  assert_uint (remote, "priority", 1015021823);
  assert_text (remote, "foundation", "7");
  assert_uint (remote, "component", 2);
  assert_text (remote, "username-fragment", "peer");
  g_assert_false (gst_structure_has_field (stats, "remote-candidate-2"));
  session_end (&s);
}

#define LOCAL_RELAY                                                            \
  "candidate:3 1 UDP 1234 192.0.2.9 7001 typ relay raddr 0.0.0.0 rport 0"
#define LOCAL_TCP                                                              \
  "candidate:4 1 TCP 1015021823 10.0.0.1 9 typ host tcptype active"
#define REMOTE_PASSIVE                                                         \
  "candidate:8 1 TCP 1015021823 10.0.1.7 7 typ host tcptype passive"
#define REMOTE_SO "candidate:9 1 TCP 1015021823 10.0.1.7 8 typ host tcptype so"
#define REMOTE_RELAY                                                           \
  "candidate:5 1 UDP 1234 192.0.2.8 7001 typ relay raddr 0.0.0.0 rport 0"
#define STUN_URL "stun:[2001:db8::9]:3478"
#define TURN_URL "turn:host:3478?transport=tcp"

/* NULL: it is left out */
static void
assert_members (const GstStructure *stats, const gchar *id, const gchar *url,
    const gchar *relay_protocol, const gchar *tcp_type)
{
  g_autofree gchar *type = g_strndup (id, strlen (id) - strlen ("-0"));
  g_autoptr (GstStructure) entry = take_entry (stats, id, type);

  assert_text (entry, "url", url);
  assert_text (entry, "relay-protocol", relay_protocol);
  assert_text (entry, "tcp-type", tcp_type);
  g_assert_cmpint (gst_structure_has_field (entry, "url"), ==, url != NULL);
  g_assert_cmpint (gst_structure_has_field (entry, "relay-protocol"), ==,
      relay_protocol != NULL);
  g_assert_cmpint (
      gst_structure_has_field (entry, "tcp-type"), ==, tcp_type != NULL);
}

static void
test_servers (void)
{
  g_autoptr (GstStructure) stats = NULL;
  Session s;

  session_start (&s);
  session_gather (&s);
  fake_candidate (s.a1, LOCAL_HOST);
  fake_server_candidate (s.a1, LOCAL_REFLEXIVE, STUN_URL, NULL);
  fake_server_candidate (s.a1, LOCAL_RELAY, TURN_URL, "tcp");
  fake_server_candidate (s.a1, LOCAL_RELAY, "turn:other", "udp"); /* the same */
  fake_candidate (s.a1, LOCAL_TCP);
  session_add (&s, 0, REMOTE_PASSIVE);
  session_add (&s, 0, REMOTE_SO);
  session_add (&s, 0, REMOTE_RELAY);
  stats = get_stats (&s);
  assert_members (stats, "local-candidate-0", NULL, NULL, NULL);
  assert_members (stats, "local-candidate-1", STUN_URL, NULL, NULL);
  assert_members (stats, "local-candidate-2", TURN_URL, "tcp", NULL);
  assert_members (stats, "local-candidate-3", NULL, NULL, "active");
  assert_members (stats, "remote-candidate-0", NULL, NULL, "passive");
  assert_members (stats, "remote-candidate-1", NULL, NULL, "so");
  assert_members (stats, "remote-candidate-2", NULL, NULL, NULL);
  g_assert_false (gst_structure_has_field (stats, "local-candidate-4"));
  session_end (&s);
}

/* Unknown members are left out. */
static void
test_unknown_server (void)
{
  g_autoptr (GstStructure) stats = NULL;
  Session s;

  session_start (&s);
  session_gather (&s);
  fake_candidate (s.a1, LOCAL_REFLEXIVE);
  fake_candidate (s.a1, LOCAL_RELAY);
  stats = get_stats (&s);
  assert_members (stats, "local-candidate-0", NULL, NULL, NULL);
  assert_members (stats, "local-candidate-1", NULL, NULL, NULL);
  session_end (&s);
}

static gchar *
replace_in (GstIceAgent *agent, guint stream, const gchar *candidate,
    gboolean local, const gchar *const *words)
{
  g_autoptr (GString) text = g_string_new (candidate);

  g_string_replace (text, words[0], words[1], 0);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* A changed candidate is still of its server, as far as its type has one. */
static void
test_filtered (void)
{
  static const struct
  {
    const gchar *words[2];
    const gchar *url, *relay_protocol;
  } cases[] = {
    { { "192.0.2.9", "192.0.2.10" }, TURN_URL, "tcp" },
    { { "typ relay", "typ srflx" }, TURN_URL, NULL },
    { { "typ relay", "typ prflx" }, NULL, NULL },
    { { "typ relay raddr 0.0.0.0 rport 0", "typ host" }, NULL, NULL },
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GstStructure) stats = NULL;
    Session s;

    session_start (&s);
    g_signal_connect (s.agent, "filter-candidate", G_CALLBACK (replace_in),
        (gpointer) cases[i].words);
    session_gather (&s);
    fake_server_candidate (s.a1, LOCAL_RELAY, TURN_URL, "tcp");
    fake_candidate (s.a1, LOCAL_HOST);
    stats = get_stats (&s);
    assert_members (stats, "local-candidate-0", cases[i].url,
        cases[i].relay_protocol, NULL);
    assert_members (stats, "local-candidate-1", NULL, NULL, NULL);
    session_end (&s);
  }
}

static const SuiteTest tests[] = {
  { "/stats/transport", test_transport },
  { "/stats/pair", test_pair },
  { "/stats/candidates", test_candidates },
  { "/stats/servers", test_servers },
  { "/stats/unknown-server", test_unknown_server },
  { "/stats/filtered", test_filtered },
};

int
main (int argc, char **argv)
{
  return suite_run (argc, argv, tests, G_N_ELEMENTS (tests));
}
