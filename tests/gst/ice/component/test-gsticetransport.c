/* gst-ice: tests of a transport: trust, signs of life, numbers of its pairs,
 * what elements get.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "recordingtransport.h"
#include "api/gsticeenumtypes.h"
#include <gio/gnetworking.h>

#define LOCAL "candidate:1 1 udp 2130706431 192.0.2.1 5001 typ host"
#define REMOTE "candidate:2 1 udp 2130706431 192.0.2.2 5002 typ host"
#define TIMEOUT 1000 /* ms */
#define END_TIMEOUT 60000
#define US_OF_TIMEOUT (TIMEOUT * 1000)

typedef struct
{
  GString *log;
  GstIceTransport *transport;
  GstIceDatapath *datapath;
  GstIceTransportPairs *pairs;
} Fixture;

static void
set_up (Fixture *f, gconstpointer unused)
{
  f->log = g_string_new (NULL);
  f->transport = recording_transport_new (f->log);
  f->datapath = gst_ice_transport_get_datapath (f->transport);
  f->pairs = gst_ice_transport_get_pairs (f->transport);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  gst_object_unref (f->transport);
  g_string_free (f->log, TRUE);
}

static void
assert_reported (Fixture *f, const gchar *expected)
{
  g_assert_cmpstr (f->log->str, ==, expected);
  g_string_truncate (f->log, 0);
}

/* --- trust --- */

static gboolean
trusts (Fixture *f, const gchar *address, guint16 port)
{
  g_autoptr (GSocketAddress)
      from = g_inet_socket_address_new_from_string (address, port);
  struct sockaddr_storage native;

  g_assert_true (
      g_socket_address_to_native (from, &native, sizeof native, NULL));
  return gst_ice_peer_addresses_contain (
      gst_ice_datapath_get_peer_addresses (f->datapath), &native,
      (gsize) g_socket_address_get_native_size (from));
}

/* Data is taken from where a pair has succeeded only. */
static void
test_trust (Fixture *f, gconstpointer unused)
{
  guint state;

  for (state = GST_ICE_CANDIDATE_PAIR_STATE_FROZEN;
       state <= GST_ICE_CANDIDATE_PAIR_STATE_SUCCEEDED; state++) {
    const guint16 port = (guint16) (5000 + state);
    g_autoptr (GstStructure) pair = gst_structure_new ("pair", "remote-address",
        G_TYPE_STRING, "192.0.2.7", "remote-port", G_TYPE_UINT, (guint) port,
        "state", GST_TYPE_ICE_CANDIDATE_PAIR_STATE, state, NULL);

    gst_ice_transport_report_pair (f->transport, pair, TRUE);
    g_assert_cmpint (trusts (f, "192.0.2.7", port), ==,
        state == GST_ICE_CANDIDATE_PAIR_STATE_SUCCEEDED);
  }
}

/* A pair that lacks what shows its success, or where it is, proves nothing. */
static void
test_no_trust (Fixture *f, gconstpointer unused)
{
  static const gchar *const pairs[] = {
    "pair, remote-port=(uint)5002, state=(GstIceCandidatePairState)succeeded",
    "pair, remote-address=(string)192.0.2.2, remote-port=(uint)5002",
    ("pair, remote-address=(string)192.0.2.2, "
     "state=(GstIceCandidatePairState)succeeded"),
  };
  guint i;

  g_type_ensure (GST_TYPE_ICE_CANDIDATE_PAIR_STATE);
  for (i = 0; i < G_N_ELEMENTS (pairs); i++) {
    g_autoptr (GstStructure) pair = gst_structure_from_string (pairs[i], NULL);

    g_assert_nonnull (pair);
    gst_ice_transport_report_pair (f->transport, pair, TRUE);
    g_assert_false (trusts (f, "192.0.2.2", 5002));
    g_assert_false (trusts (f, "192.0.2.2", 0));
  }
}

static void
select_pair (Fixture *f)
{
  g_autoptr (IceCandidate) local = ice_candidate_parse (LOCAL, NULL);
  g_autoptr (IceCandidate) remote = ice_candidate_parse (REMOTE, NULL);

  gst_ice_transport_report_selected_pair (f->transport, local, remote, FALSE);
}

static void
test_trust_selected (Fixture *f, gconstpointer unused)
{
  g_assert_false (trusts (f, "192.0.2.2", 5002));
  select_pair (f);
  g_assert_true (trusts (f, "192.0.2.2", 5002));
  g_assert_false (trusts (f, "192.0.2.1", 5001));
  assert_reported (f, "selected ");
}

/* --- life --- */

static gboolean
step (Fixture *f, IceEvent event, gint64 now)
{
  GstIceConnectionState old;
  IceReason reason;

  return gst_ice_transport_step (f->transport, event, now, &old, &reason);
}

static void
connect_at (Fixture *f, gint64 now)
{
  gst_ice_transport_set_timeouts (f->transport, TIMEOUT, 0);
  g_assert_true (step (f, ICE_EVENT_CHECKING, now));
  g_assert_true (step (f, ICE_EVENT_PAIR_USABLE, now));
  g_assert_cmpint (
      gst_ice_transport_get_deadline (f->transport), ==, now + US_OF_TIMEOUT);
}

static void
receive (Fixture *f, gboolean is_of_pair)
{
  gst_ice_datapath_receive (f->datapath, "12345", 5, is_of_pair);
}

/* A datagram of the selected pair is noticed when it would turn silent. */
static void
test_life (Fixture *f, gconstpointer unused)
{
  gint64 now = g_get_monotonic_time ();

  connect_at (f, now - US_OF_TIMEOUT);
  receive (f, FALSE);
  g_assert_cmpint (gst_ice_datapath_get_last_received (f->datapath), ==, 0);
  receive (f, TRUE);
  g_assert_cmpint (gst_ice_datapath_get_last_received (f->datapath), >=, now);
  g_assert_cmpint (gst_ice_transport_get_last_life (f->transport), >=, now);
  g_assert_false (step (f, ICE_EVENT_TICK, now));
  g_assert_cmpint (gst_ice_transport_get_deadline (f->transport), ==,
      gst_ice_datapath_get_last_received (f->datapath) + US_OF_TIMEOUT);
  assert_reported (f, "");
}

static void
test_no_life (Fixture *f, gconstpointer unused)
{
  gint64 now = g_get_monotonic_time ();

  connect_at (f, now - US_OF_TIMEOUT);
  receive (f, FALSE);
  g_assert_true (step (f, ICE_EVENT_TICK, now));
  g_assert_cmpint (gst_ice_transport_get_state (f->transport), ==,
      GST_ICE_CONNECTION_STATE_DISCONNECTED);
  /* datagrams are reported at once while it is silent */
  receive (f, FALSE);
  assert_reported (f, "");
  receive (f, TRUE);
  assert_reported (f, "silence-ended ");
  g_assert_true (step (f, ICE_EVENT_PROOF_OF_LIFE, now));
  receive (f, TRUE);
  assert_reported (f, "");
}

/* Datagrams from before another event are older than its sign of life. */
static void
test_life_at_a_tick_only (Fixture *f, gconstpointer unused)
{
  gint64 now = g_get_monotonic_time ();

  connect_at (f, now - US_OF_TIMEOUT);
  receive (f, TRUE);
  step (f, ICE_EVENT_CONSENT, now - US_OF_TIMEOUT / 2);
  g_assert_cmpint (gst_ice_transport_get_deadline (f->transport), ==,
      now + US_OF_TIMEOUT / 2);
}

/* The time of the last consent, where the datapath has seen nothing. */
static void
test_last_life (Fixture *f, gconstpointer unused)
{
  gint64 now = g_get_monotonic_time ();

  g_assert_cmpint (gst_ice_transport_get_last_life (f->transport), ==, 0);
  connect_at (f, now - US_OF_TIMEOUT);
  receive (f, TRUE);
  step (f, ICE_EVENT_CONSENT, now + US_OF_TIMEOUT);
  g_assert_cmpint (
      gst_ice_transport_get_last_life (f->transport), ==, now + US_OF_TIMEOUT);
}

/* A transport without timeouts, as before a pair was selected, has no deadline;
 * the one of consent is in milliseconds. */
static void
test_deadlines (Fixture *f, gconstpointer unused)
{
  step (f, ICE_EVENT_PAIR_USABLE, 5);
  g_assert_cmpint (gst_ice_transport_get_deadline (f->transport), ==, -1);
  gst_ice_transport_set_timeouts (f->transport, 0, TIMEOUT);
  g_assert_cmpint (
      gst_ice_transport_get_deadline (f->transport), ==, 5 + US_OF_TIMEOUT);
}

/* The next call has neither the last one's silence nor its state. */
static void
test_begin_call (Fixture *f, gconstpointer unused)
{
  gint64 now = g_get_monotonic_time ();
  GstIceConnectionState old = GST_ICE_CONNECTION_STATE_NEW;

  connect_at (f, now - US_OF_TIMEOUT);
  g_assert_true (gst_ice_transport_set_gathering_state (
      f->transport, GST_ICE_GATHERING_STATE_COMPLETE));
  g_assert_false (gst_ice_transport_set_gathering_state (
      f->transport, GST_ICE_GATHERING_STATE_COMPLETE));
  g_assert_true (step (f, ICE_EVENT_TICK, now)); /* silent */
  g_assert_true (gst_ice_transport_begin_call (f->transport, &old));
  g_assert_cmpint (old, ==, GST_ICE_CONNECTION_STATE_DISCONNECTED);
  g_assert_cmpint (gst_ice_transport_get_state (f->transport), ==,
      GST_ICE_CONNECTION_STATE_NEW);
  g_assert_cmpint (gst_ice_transport_get_gathering_state (f->transport), ==,
      GST_ICE_GATHERING_STATE_NEW);
  g_assert_cmpint (
      gst_ice_transport_get_reason (f->transport), ==, ICE_REASON_NEXT_CALL);
  receive (f, TRUE);
  assert_reported (f, "");
  g_assert_false (gst_ice_transport_begin_call (f->transport, &old));
  g_assert_cmpint (old, ==, GST_ICE_CONNECTION_STATE_NEW);
}

/* How long it waits for the peer's end of candidates. */
static void
test_end_timeout (Fixture *f, gconstpointer unused)
{
  gst_ice_transport_set_end_timeout (f->transport, END_TIMEOUT);
  step (f, ICE_EVENT_GATHERED, 1);
  step (f, ICE_EVENT_CREDENTIALS, 2);
  step (f, ICE_EVENT_REMOTE_CANDIDATE, 7);
  g_assert_cmpint (gst_ice_transport_get_deadline (f->transport), ==,
      7 + END_TIMEOUT * 1000);
}

/* --- statistics --- */

static guint64
get (Fixture *f, const gchar *field)
{
  g_autoptr (GstStructure)
      pair = gst_ice_transport_pairs_get_selected (f->pairs);
  guint64 n = G_MAXUINT64;

  g_assert_nonnull (pair);
  gst_structure_get (pair, field, G_TYPE_UINT64, &n, NULL);
  return n;
}

static gboolean
has (Fixture *f, const gchar *field)
{
  g_autoptr (GstStructure)
      pair = gst_ice_transport_pairs_get_selected (f->pairs);

  return gst_structure_has_field (pair, field);
}

static void
set_selected (Fixture *f, const gchar *id)
{
  g_autoptr (GstStructure)
      pair = gst_structure_new ("pair", "id", G_TYPE_STRING, id, NULL);

  gst_ice_transport_pairs_set_selected (f->pairs, pair);
}

static void
send_some (Fixture *f, guint n)
{
  GOutputVector vector = { "1234567", 7 };
  GstIceDatagram datagrams[] = { { &vector, 1 }, { &vector, 1 },
    { &vector, 1 } };
  guint done;

  g_assert_cmpuint (n, <=, G_N_ELEMENTS (datagrams));
  g_assert_cmpint (gst_ice_datapath_send (f->datapath, datagrams, n,
                       &(const gint){ FALSE }, &done, NULL),
      ==, GST_FLOW_OK);
  g_assert_cmpuint (done, ==, n);
}

/* Each pair has its own numbers, which go on when it is selected again. */
static void
test_traffic (Fixture *f, gconstpointer unused)
{
  GOutputVector vector = { "1234567", 7 };
  GstIceDatagram lost = { &vector, 1 };

  connect_at (f, g_get_monotonic_time ());
  gst_ice_transport_wake_sender (f->transport);
  receive (f, TRUE);
  send_some (f, 1);
  set_selected (f, "a");
  g_assert_cmpuint (get (f, "packets-received"), ==, 0);
  g_assert_cmpuint (get (f, "bytes-received"), ==, 0);
  g_assert_cmpuint (get (f, "packets-sent"), ==, 0);
  g_assert_cmpuint (get (f, "bytes-sent"), ==, 0);
  g_assert_false (has (f, "last-packet-sent-timestamp"));
  g_assert_false (has (f, "last-packet-received-timestamp"));
  receive (f, TRUE);
  receive (f, TRUE);
  receive (f, FALSE);
  send_some (f, 3);
  gst_ice_datapath_count_discarded (f->datapath, &lost, 1);
  g_assert_cmpuint (get (f, "packets-received"), ==, 2);
  g_assert_cmpuint (get (f, "bytes-received"), ==, 10);
  g_assert_cmpuint (get (f, "packets-sent"), ==, 3);
  g_assert_cmpuint (get (f, "bytes-sent"), ==, 21);
  g_assert_cmpuint (get (f, "packets-discarded-on-send"), ==, 1);
  g_assert_true (has (f, "last-packet-sent-timestamp"));
  g_assert_true (has (f, "last-packet-received-timestamp"));

  set_selected (f, "b");
  g_assert_cmpuint (get (f, "packets-received"), ==, 0);
  g_assert_cmpuint (get (f, "packets-discarded-on-send"), ==, 0);
  g_assert_false (has (f, "last-packet-sent-timestamp"));
  send_some (f, 1);
  g_assert_cmpuint (get (f, "packets-sent"), ==, 1);
  set_selected (f, "a");
  receive (f, TRUE);
  send_some (f, 1);
  g_assert_cmpuint (get (f, "packets-received"), ==, 3);
  g_assert_cmpuint (get (f, "bytes-received"), ==, 15);
  g_assert_cmpuint (get (f, "packets-sent"), ==, 4);
  g_assert_cmpuint (get (f, "bytes-sent"), ==, 28);
  g_assert_cmpuint (get (f, "packets-discarded-on-send"), ==, 1);
  g_assert_cmpuint (gst_ice_transport_pairs_get_n_changes (f->pairs), ==, 3);
}

static void
test_counters (Fixture *f, gconstpointer unused)
{
  GstIceDatapathCounters counters;

  gst_ice_datapath_count_unknown_source (f->datapath, 4);
  gst_ice_datapath_count_filtered (f->datapath, 9);
  receive (f, TRUE); /* no element reads */
  gst_ice_datapath_get_counters (f->datapath, &counters);
  g_assert_cmpuint (counters.packets_received, ==, 1);
  g_assert_cmpuint (counters.discarded_no_reader, ==, 1);
  g_assert_cmpuint (counters.discarded_unknown_source, ==, 4);
  g_assert_cmpuint (counters.discarded_buffer_full, ==, 0);
  g_assert_cmpuint (counters.discarded_misrouted, ==, 0);
  g_assert_cmpuint (counters.packets_discarded_on_receive, ==, 1 + 4);
  g_assert_cmpuint (gst_ice_transport_count_filtered (f->transport), ==, 9);
}

static void
test_round_trip_time (Fixture *f, gconstpointer unused)
{
  g_autoptr (GstStructure) pair = NULL;
  gdouble current = 0, total = 0;

  gst_ice_transport_pairs_set_round_trip_time (f->pairs, 1, 0, -1, 0);
  set_selected (f, "a");
  gst_ice_transport_pairs_set_round_trip_time (f->pairs, 1, 0, 0, 0);
  g_assert_cmpuint (get (f, "consent-requests-sent"), ==, 1);
  g_assert_false (has (f, "current-round-trip-time"));
  gst_ice_transport_pairs_set_round_trip_time (f->pairs, 2, 1, -1, 0);
  g_assert_false (has (f, "current-round-trip-time"));
  gst_ice_transport_pairs_set_round_trip_time (f->pairs, 2, 1, 0, 0);
  g_assert_true (has (f, "current-round-trip-time"));
  gst_ice_transport_pairs_set_round_trip_time (f->pairs, 3, 2, 2000, 5000);
  pair = gst_ice_transport_pairs_get_selected (f->pairs);
  gst_structure_get (pair, "current-round-trip-time", G_TYPE_DOUBLE, &current,
      "total-round-trip-time", G_TYPE_DOUBLE, &total, NULL);
  g_assert_cmpfloat_with_epsilon (current, 0.002, 1e-9);
  g_assert_cmpfloat_with_epsilon (total, 0.005, 1e-9);
}

static gdouble
get_total_round_trip_time (Fixture *f)
{
  g_autoptr (GstStructure)
      pair = gst_ice_transport_pairs_get_selected (f->pairs);
  gdouble total = -1;

  gst_structure_get_double (pair, "total-round-trip-time", &total);
  return total;
}

/* The sum goes on when a pair is selected again. */
static void
test_round_trip_time_again (Fixture *f, gconstpointer unused)
{
  g_autoptr (GstStructure) pair = NULL;
  gdouble current = 0;

  set_selected (f, "a");
  gst_ice_transport_pairs_set_round_trip_time (f->pairs, 1, 1, 5000, 5000);
  set_selected (f, "b");
  g_assert_cmpfloat_with_epsilon (get_total_round_trip_time (f), -1, 1e-9);
  g_assert_false (has (f, "current-round-trip-time"));
  set_selected (f, "a");
  g_assert_cmpfloat_with_epsilon (get_total_round_trip_time (f), 0.005, 1e-9);
  g_assert_true (has (f, "current-round-trip-time"));
  g_assert_cmpuint (get (f, "consent-requests-sent"), ==, 1);
  gst_ice_transport_pairs_set_round_trip_time (f->pairs, 1, 1, 2000, 2000);
  g_assert_cmpfloat_with_epsilon (get_total_round_trip_time (f), 0.007, 1e-9);
  g_assert_cmpuint (get (f, "consent-requests-sent"), ==, 2);
  pair = gst_ice_transport_pairs_get_selected (f->pairs);
  gst_structure_get_double (pair, "current-round-trip-time", &current);
  g_assert_cmpfloat_with_epsilon (current, 0.002, 1e-9);
}

/* A backend's list, with what one check on each pair has measured. */
static GPtrArray *
list_two (GstIceTransport *transport)
{
  GPtrArray *pairs = g_ptr_array_new_with_free_func (
      (GDestroyNotify) gst_structure_free);
  guint i;

  for (i = 0; i < 2; i++)
    g_ptr_array_add (pairs,
        gst_structure_new ("pair", "id", G_TYPE_STRING, i == 0 ? "a" : "b",
            "current-round-trip-time", G_TYPE_DOUBLE, 0.25,
            "total-round-trip-time", G_TYPE_DOUBLE, 0.25, NULL));
  return pairs;
}

/* The selected pair's members are those in the list of all pairs: the last
 * round-trip time is that of consent, the sum is that of both. */
static void
test_listed (Fixture *f, gconstpointer unused)
{
  static const gchar *const members[] = { "consent-requests-sent",
    "packets-sent", "bytes-sent", "packets-discarded-on-send",
    "packets-received", "bytes-received", "last-packet-received-timestamp" };
  GstIceTransportClass *klass = GST_ICE_TRANSPORT_GET_CLASS (f->transport);
  g_auto (GValue) array = G_VALUE_INIT;
  const GstStructure *pair;
  gdouble current = 0;
  guint i;

  klass->list_pairs = list_two;
  connect_at (f, g_get_monotonic_time ());
  set_selected (f, "a");
  receive (f, TRUE);
  gst_ice_transport_pairs_set_round_trip_time (f->pairs, 1, 1, 2000, 5000);
  g_value_init (&array, GST_TYPE_ARRAY);
  gst_ice_transport_pairs_take_all (f->pairs, &array);
  g_assert_cmpuint (gst_value_array_get_size (&array), ==, 2);
  pair = g_value_get_boxed (gst_value_array_get_value (&array, 0));
  for (i = 0; i < G_N_ELEMENTS (members); i++) {
    g_assert_true (has (f, members[i]));
    g_assert_true (gst_structure_has_field (pair, members[i]));
  }
  g_assert_true (
      gst_structure_get_double (pair, "current-round-trip-time", &current));
  g_assert_cmpfloat_with_epsilon (current, 0.002, 1e-9);
  g_assert_cmpfloat_with_epsilon (get_total_round_trip_time (f), 0.255, 1e-9);
  pair = g_value_get_boxed (gst_value_array_get_value (&array, 1));
  g_assert_false (gst_structure_has_field (pair, "packets-sent"));
  set_selected (f, "b"); /* not the first of the list */
  g_assert_cmpfloat_with_epsilon (get_total_round_trip_time (f), 0.25, 1e-9);
  g_assert_cmpuint (get (f, "packets-received"), ==, 0);
  klass->list_pairs = NULL;
}

/* RTCIceTransport.getSelectedCandidatePair(): none once it is closed. */
static void
test_closed (Fixture *f, gconstpointer unused)
{
  g_autoptr (GstStructure) before = NULL, after = NULL;

  set_selected (f, "a");
  connect_at (f, 1);
  before = gst_ice_transport_pairs_get_selected (f->pairs);
  g_assert_nonnull (before);
  g_assert_true (step (f, ICE_EVENT_CLOSE, 2));
  after = gst_ice_transport_pairs_get_selected (f->pairs);
  g_assert_null (after);
}

/* The statistics of a pair that is listed but is not the selected one any more,
 * and a selected pair that the backend does not list. */
static void
test_listed_formerly (Fixture *f, gconstpointer unused)
{
  GstIceTransportClass *klass = GST_ICE_TRANSPORT_GET_CLASS (f->transport);
  g_auto (GValue) array = G_VALUE_INIT;
  g_autoptr (GstStructure) selected = NULL;
  const GstStructure *pair;
  guint64 n = 0;

  klass->list_pairs = list_two;
  set_selected (f, "b");
  receive (f, TRUE);
  set_selected (f, "unlisted");
  selected = gst_ice_transport_pairs_get_selected (f->pairs);
  g_assert_cmpstr (gst_structure_get_string (selected, "id"), ==, "unlisted");
  g_value_init (&array, GST_TYPE_ARRAY);
  gst_ice_transport_pairs_take_all (f->pairs, &array);
  g_assert_cmpuint (gst_value_array_get_size (&array), ==, 2);
  pair = g_value_get_boxed (gst_value_array_get_value (&array, 0));
  g_assert_false (gst_structure_has_field (pair, "packets-received"));
  pair = g_value_get_boxed (gst_value_array_get_value (&array, 1));
  g_assert_true (gst_structure_get_uint64 (pair, "packets-received", &n));
  g_assert_cmpuint (n, ==, 1);
  klass->list_pairs = NULL;
}

/* So many formerly selected pairs are remembered, and one more is not. */
static void
test_remembered (Fixture *f, gconstpointer unused)
{
  guint i;

  for (i = 0; i < 64; i++) {
    g_autofree gchar *id = g_strdup_printf ("%u", i);

    set_selected (f, id);
    receive (f, TRUE);
  }
  set_selected (f, "0"); /* the others are 63, and this makes 64 */
  g_assert_cmpuint (get (f, "packets-received"), ==, 1);
  set_selected (f, "1");
  g_assert_cmpuint (get (f, "packets-received"), ==, 0);
}

static gboolean
is_nominated (Fixture *f)
{
  g_autoptr (GstStructure)
      pair = gst_ice_transport_pairs_get_selected (f->pairs);
  gboolean nominated = FALSE;

  g_assert_nonnull (pair);
  gst_structure_get_boolean (pair, "nominated", &nominated);
  return nominated;
}

/* The nomination of the pair that is in use already. */
static void
test_nominated (Fixture *f, gconstpointer unused)
{
  gst_ice_transport_report_nominated (f->transport); /* of none: no effect */
  assert_reported (f, "other ");
  g_assert_null (gst_ice_transport_pairs_get_selected (f->pairs));
  set_selected (f, "a");
  g_assert_false (is_nominated (f));
  gst_ice_transport_report_nominated (f->transport);
  assert_reported (f, "other ");
  g_assert_true (is_nominated (f));
}

static void
test_generations (Fixture *f, gconstpointer unused)
{
  g_assert_cmpuint (gst_ice_transport_pairs_get_generation (f->pairs), ==, 0);
  g_assert_cmpuint (gst_ice_transport_pairs_begin_generation (f->pairs), ==, 1);
  g_assert_cmpuint (gst_ice_transport_pairs_get_generation (f->pairs), ==, 1);
}

static void
on_end_call (GstIceTransport *transport)
{
  g_string_append (RECORDING_TRANSPORT (transport)->log, "end-call ");
}

/* Another peer's pairs begin with nothing, whatever their ids. */
static void
test_end_call (Fixture *f, gconstpointer unused)
{
  GstIceTransportClass *klass = GST_ICE_TRANSPORT_GET_CLASS (f->transport);
  GstIceDatapathCounters counters;

  klass->end_call = on_end_call;
  set_selected (f, "a");
  receive (f, TRUE);
  set_selected (f, "b");
  receive (f, TRUE);
  g_assert_cmpuint (gst_ice_transport_pairs_get_n_changes (f->pairs), ==, 2);
  gst_ice_transport_end_call (f->transport);
  assert_reported (f, "end-call ");
  g_assert_null (gst_ice_transport_pairs_get_selected (f->pairs));
  g_assert_cmpuint (gst_ice_transport_pairs_get_n_changes (f->pairs), ==, 0);
  g_assert_cmpint (gst_ice_datapath_get_last_received (f->datapath), ==, 0);
  gst_ice_datapath_get_counters (f->datapath, &counters);
  g_assert_cmpuint (counters.packets_received, ==, 0);
  set_selected (f, "a");
  g_assert_cmpuint (get (f, "packets-received"), ==, 0);
  g_assert_cmpuint (gst_ice_transport_pairs_get_n_changes (f->pairs), ==, 1);
  klass->end_call = NULL;
  gst_ice_transport_end_call (f->transport); /* a backend need not have it */
}

static guint64
count_five (GstIceTransport *transport)
{
  return 5;
}

/* Of the kernel's filters and of the backend's. */
static void
test_filtered (Fixture *f, gconstpointer unused)
{
  GstIceTransportClass *klass = GST_ICE_TRANSPORT_GET_CLASS (f->transport);

  klass->count_filtered = count_five;
  gst_ice_datapath_count_filtered (f->datapath, 9);
  g_assert_cmpuint (gst_ice_transport_count_filtered (f->transport), ==, 9 + 5);
  klass->count_filtered = NULL;
}

/* --- what elements get --- */

static GstFlowReturn
send_one (Fixture *f)
{
  GOutputVector vector = { "1234567", 7 };
  GstIceDatagram datagram = { &vector, 1 };
  guint done;

  gst_ice_transport_wake_sender (f->transport);
  return gst_ice_datapath_send (
      f->datapath, &datagram, 1, &(const gint){ FALSE }, &done, NULL);
}

/* A path opens it, a failure is an error of the stream, and closing its end. */
static void
test_wake_sender (Fixture *f, gconstpointer unused)
{
  g_assert_cmpint (send_one (f), ==, GST_FLOW_OK); /* dropped */
  g_assert_false (gst_ice_transport_may_send (f->transport));
  set_selected (f, "a");
  g_assert_cmpuint (get (f, "packets-sent"), ==, 0);
  step (f, ICE_EVENT_GATHERED, 1);
  step (f, ICE_EVENT_REMOTE_END_OF_CANDIDATES, 1);
  step (f, ICE_EVENT_PAIR_USABLE, 1);
  g_assert_true (gst_ice_transport_may_send (f->transport));
  g_assert_true (gst_ice_transport_has_worked (f->transport));
  g_assert_cmpint (send_one (f), ==, GST_FLOW_OK);
  g_assert_cmpuint (get (f, "packets-sent"), ==, 1);
  step (f, ICE_EVENT_CHECKS_DONE, 1);
  g_assert_true (step (f, ICE_EVENT_SOCKET_ERROR, 1));
  g_assert_cmpint (gst_ice_transport_get_state (f->transport), ==,
      GST_ICE_CONNECTION_STATE_FAILED);
  g_assert_cmpint (send_one (f), ==, GST_FLOW_ERROR);
  step (f, ICE_EVENT_CLOSE, 1);
  g_assert_cmpint (send_one (f), ==, GST_FLOW_EOS);
}

static GstFlowReturn
pop (Fixture *f)
{
  g_autoptr (GstBufferList) datagrams = NULL;

  gst_ice_inbox_set_timeout (gst_ice_datapath_get_inbox (f->datapath), 1);
  return gst_ice_datapath_pop (f->datapath, &datagrams);
}

/* What was received goes with the last reader, for whom it was. */
static void
test_socket_options (Fixture *f, gconstpointer unused)
{
  GstIceClaims *claims = gst_ice_datapath_get_claims (f->datapath);
  g_autoptr (GstElement) reader = gst_object_ref_sink (gst_bin_new ("reader"));
  GstIceSocketOptions options = { 0 };
  guint i;

  g_assert_true (gst_ice_claims_claim (
      claims, GST_ICE_DIRECTION_RECEIVE, GST_OBJECT (reader), NULL));
  for (i = 0; i < 2; i++) {
    receive (f, TRUE);
    gst_ice_datapath_received_all (f->datapath);
    gst_ice_transport_set_socket_options (
        f->transport, GST_ICE_DIRECTION_SEND, NULL);
    gst_ice_transport_set_socket_options (
        f->transport, GST_ICE_DIRECTION_RECEIVE, &options);
    if (i == 1)
      gst_ice_transport_set_socket_options (
          f->transport, GST_ICE_DIRECTION_RECEIVE, NULL);
    g_assert_cmpint (
        pop (f), ==, i == 0 ? GST_FLOW_OK : GST_FLOW_CUSTOM_SUCCESS);
  }
}

/* --- elements --- */

static void
test_claims (Fixture *f, gconstpointer unused)
{
  GstIceClaims *claims = gst_ice_datapath_get_claims (f->datapath);
  g_autoptr (GstElement) one = gst_object_ref_sink (gst_bin_new ("one"));
  g_autoptr (GstElement) two = gst_object_ref_sink (gst_bin_new ("two"));
  guint i;

  for (i = 0; i < GST_ICE_N_DIRECTIONS; i++) {
    g_autoptr (GError) error = NULL;

    g_assert_false (gst_ice_claims_has (claims, i));
    g_assert_true (gst_ice_claims_claim (claims, i, GST_OBJECT (one), &error));
    g_assert_true (gst_ice_claims_claim (claims, i, GST_OBJECT (one), &error));
    g_assert_true (gst_ice_claims_has (claims, i));
    g_assert_false (gst_ice_claims_claim (claims, i, GST_OBJECT (two), &error));
    g_assert_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_BUSY);
    g_assert_nonnull (strstr (error->message,
        i == GST_ICE_DIRECTION_RECEIVE ? "read from" : "write to"));
    g_assert_false (gst_ice_claims_give_back (claims, i, GST_OBJECT (two)));
    g_assert_true (gst_ice_claims_has (claims, i));
    g_assert_true (gst_ice_claims_give_back (claims, i, GST_OBJECT (one)));
    g_assert_false (gst_ice_claims_has (claims, i));
    g_assert_true (gst_ice_claims_claim (claims, i, GST_OBJECT (two), NULL));
  }
}

static void
on_notify (GObject *transport, GParamSpec *property, gpointer log)
{
  g_string_append_printf (log, "%s ", property->name);
}

static gboolean
get_boolean (Fixture *f, const gchar *property)
{
  gboolean value;

  g_object_get (f->transport, property, &value, NULL);
  return value;
}

static void
test_properties (Fixture *f, gconstpointer unused)
{
  g_autoptr (GstIceTransport) other = gst_object_ref_sink (g_object_new (
      RECORDING_TYPE_TRANSPORT, "stream", 7, "component", 2, NULL));
  guint stream, component;
  GstIceConnectionState state;
  GstIceGatheringState gathering;
  GstIceRole role;

  g_assert_cmpuint (gst_ice_transport_get_stream (other), ==, 7);
  g_assert_cmpuint (gst_ice_transport_get_component (other), ==, 2);
  g_object_get (
      other, "stream", &stream, "component", &component, "role", &role, NULL);
  g_assert_cmpuint (stream, ==, 7);
  g_assert_cmpuint (component, ==, 2);
  g_assert_cmpint (role, ==, GST_ICE_ROLE_UNKNOWN);
  step (f, ICE_EVENT_CHECKING, 1);
  gst_ice_transport_set_gathering_state (
      f->transport, GST_ICE_GATHERING_STATE_GATHERING);
  g_object_get (
      f->transport, "state", &state, "gathering-state", &gathering, NULL);
  g_assert_cmpint (state, ==, GST_ICE_CONNECTION_STATE_CHECKING);
  g_assert_cmpint (gathering, ==, GST_ICE_GATHERING_STATE_GATHERING);
}

/* Notified of when it changes. */
static void
test_set_role (Fixture *f, gconstpointer unused)
{
  GstIceRole role;

  g_signal_connect (f->transport, "notify", G_CALLBACK (on_notify), f->log);
  gst_ice_transport_set_role (f->transport, GST_ICE_ROLE_CONTROLLED);
  assert_reported (f, "role ");
  gst_ice_transport_set_role (f->transport, GST_ICE_ROLE_CONTROLLED);
  assert_reported (f, "");
  g_object_get (f->transport, "role", &role, NULL);
  g_assert_cmpint (role, ==, GST_ICE_ROLE_CONTROLLED);
}

static void
test_offload_active (Fixture *f, gconstpointer unused)
{
  g_signal_connect (f->transport, "notify", G_CALLBACK (on_notify), f->log);
  gst_ice_transport_report_offload_active (
      f->transport, GST_ICE_DIRECTION_RECEIVE, FALSE);
  assert_reported (f, "");
  gst_ice_transport_report_offload_active (
      f->transport, GST_ICE_DIRECTION_RECEIVE, TRUE);
  assert_reported (f, "receive-offload-active ");
  g_assert_true (get_boolean (f, "receive-offload-active"));
  g_assert_false (get_boolean (f, "send-offload-active"));
  gst_ice_transport_report_offload_active (
      f->transport, GST_ICE_DIRECTION_RECEIVE, TRUE);
  assert_reported (f, "");
  gst_ice_transport_report_offload_active (
      f->transport, GST_ICE_DIRECTION_SEND, TRUE);
  assert_reported (f, "send-offload-active ");
  g_assert_true (get_boolean (f, "send-offload-active"));
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
#define TEST(name)                                                             \
  g_test_add (                                                                 \
      "/transport/" #name, Fixture, NULL, set_up, test_##name, tear_down)
  TEST (trust);
  TEST (no_trust);
  TEST (trust_selected);
  TEST (life);
  TEST (no_life);
  TEST (life_at_a_tick_only);
  TEST (last_life);
  TEST (deadlines);
  TEST (begin_call);
  TEST (end_timeout);
  TEST (traffic);
  TEST (counters);
  TEST (round_trip_time);
  TEST (round_trip_time_again);
  TEST (listed);
  TEST (listed_formerly);
  TEST (remembered);
  TEST (nominated);
  TEST (generations);
  TEST (end_call);
  TEST (filtered);
  TEST (closed);
  TEST (wake_sender);
  TEST (socket_options);
  TEST (claims);
  TEST (properties);
  TEST (set_role);
  TEST (offload_active);
  return g_test_run ();
}
