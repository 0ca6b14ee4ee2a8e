/* gst-ice: test of which events of libnice a generation reports, and what its
 * parts learn of them.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The parts are played by this file. */

#include "agent/gsticenicereports.h"
#include "agent/gsticeniceparts.h"
#include "agent/gsticenicesetup.h"
#include "recordingtransport.h"

#define LATER 100000 /* ms */

GST_DEBUG_CATEGORY (gst_ice_nice_generation_debug);

typedef struct
{
  GMainContext *context;
  GstIceIo *io;
  GstIceTransport *transport;
  gchar *addresses[3];
  GstIceNiceGeneration generation;
} Fixture;

static gchar ufrag[] = "ours", password[] = "password+of+ours+01234567";
static gchar remote_ufrag[] = "theirs";
static gchar host[] = "192.0.2.1", loopback[] = "127.0.0.2",
             loopback_6[] = "::1";

static GString *calls;      /* a word each */
static gint place;          /* only its address is used */
static gint64 failing_time; /* of the pairs being checked; -1: not all fail */
static gboolean is_checked, is_done, is_tcp;

/* The parts. */

GstIceNiceGeneration *
gst_ice_nice_generation_ref (GstIceNiceGeneration *generation)
{
  generation->references++;
  return generation;
}

void
gst_ice_nice_generation_unref (GstIceNiceGeneration *generation)
{
  generation->references--;
}

void
gst_ice_nice_servers_add_candidate (
    GstIceNiceServers *servers, const IceCandidate *candidate)
{
  g_string_append_printf (calls, "servers:%u ", candidate->port);
}

void
gst_ice_nice_servers_refuse_candidate (
    GstIceNiceServers *servers, const IceCandidate *candidate)
{
  g_string_append_printf (calls, "refused:%u ", candidate->port);
}

void
gst_ice_nice_servers_signalled (GstIceNiceServers *servers)
{
  g_string_append (calls, "signalled ");
}

/* Which server gave a candidate. */

static IceServer *turn_server, *stun_server, *discovery_server;
static guint32 turn_priority;       /* of its candidates */
static const gchar *server_address; /* that libnice has for a reflexive one */

const IceServer *
gst_ice_nice_servers_find_turn (GstIceNiceServers *servers, guint32 priority)
{
  return priority == turn_priority ? turn_server : NULL;
}

const IceServer *
gst_ice_nice_servers_find_stun (
    GstIceNiceServers *servers, const gchar *address, guint16 port)
{
  return g_str_equal (address, "10.0.0.9") && port == 3478 ? stun_server : NULL;
}

const IceServer *
gst_ice_nice_stun_discovery_find_server (
    const GstIceNiceStunDiscovery *discovery, const NiceCandidate *local)
{
  return discovery_server;
}

gboolean
nice_candidate_stun_server_address (
    const NiceCandidate *candidate, NiceAddress *address)
{
  g_assert_cmpint (candidate->type, ==, NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE);
  if (server_address == NULL)
    return FALSE;
  nice_address_init (address);
  g_assert_true (nice_address_set_from_string (address, server_address));
  nice_address_set_port (address, 3478);
  return TRUE;
}

static NiceCandidate *make_candidate (
    NiceCandidateType type, const gchar *address, guint port);

/* libnice's: a host candidate where a relayed one is too, and two of those. */
GSList *
nice_agent_get_local_candidates (NiceAgent *nice, guint stream, guint component)
{
  NiceCandidate *other = make_candidate (
      NICE_CANDIDATE_TYPE_RELAYED, "192.0.2.9", 3479);
  NiceCandidate *relayed = make_candidate (
      NICE_CANDIDATE_TYPE_RELAYED, "192.0.2.9", 3478);
  GSList *list = g_slist_append (
      NULL, make_candidate (NICE_CANDIDATE_TYPE_HOST, "192.0.2.9", 3478));

  other->priority = 6;
  relayed->priority = 7;
  return g_slist_append (g_slist_append (list, other), relayed);
}

void
gst_ice_nice_answerer_select (GstIceNiceAnswerer *answerer, const gchar *local,
    const gchar *its_password, const gchar *remote)
{
  g_assert_cmpstr (local, ==, ufrag);
  g_assert_cmpstr (its_password, ==, password);
  g_assert_cmpstr (remote, ==, remote_ufrag);
  g_string_append (calls, "answerer ");
}

void
gst_ice_nice_stun_discovery_select (
    GstIceNiceStunDiscovery *discovery, const NiceCandidate *local)
{
  g_string_append_printf (
      calls, "discovery:%u ", nice_address_get_port (&local->addr));
}

void
gst_ice_nice_stun_discovery_set_checking (
    GstIceNiceStunDiscovery *discovery, gboolean checking)
{
  g_string_append (calls, checking ? "checks " : "rests ");
}

gboolean
gst_ice_nice_stun_discovery_is_done (const GstIceNiceStunDiscovery *discovery)
{
  return is_done;
}

const NiceCandidate *
gst_ice_nice_stun_discovery_find (
    const GstIceNiceStunDiscovery *discovery, const NiceCandidate *local)
{
  return local;
}

void
gst_ice_nice_follower_begin (GstIceNiceFollower *follower)
{
  g_string_append (calls, "follower ");
}

void
gst_ice_nice_pairs_count_answered (
    GstIceNicePairs *pairs, GInetSocketAddress *from)
{
  g_assert_not_reached ();
}

void
gst_ice_nice_pairs_add_candidate (
    GstIceNicePairs *pairs, const IceCandidate *candidate, gboolean is_local)
{
  g_assert_true (is_local);
  g_string_append_printf (calls, "table:%u ", candidate->port);
}

void
gst_ice_nice_pairs_learn (GstIceNicePairs *pairs, const IceCandidate *candidate)
{
  g_string_append_printf (calls, "learnt:%u ", candidate->port);
}

gboolean
gst_ice_nice_pairs_are_checked (GstIceNicePairs *pairs)
{
  return is_checked;
}

gint64
gst_ice_nice_pairs_get_failing_time (GstIceNicePairs *pairs)
{
  return failing_time;
}

gboolean
gst_ice_nice_consent_is_from_peer (
    GstIceNiceConsent *consent, GInetSocketAddress *from)
{
  g_assert_not_reached ();
}

gboolean
gst_ice_nice_selection_is_tcp (GstIceNiceSelection *selection)
{
  return is_tcp;
}

void
gst_ice_nice_selection_set_over (
    GstIceNiceSelection *selection, gboolean is_over)
{
  g_string_append (calls, is_over ? "over " : "not-over ");
}

void
gst_ice_nice_selection_notice_nomination (GstIceNiceSelection *selection)
{
  g_string_append (calls, "notice ");
}

void
gst_ice_nice_selection_follow (GstIceNiceSelection *selection,
    const NiceCandidate *local, const NiceCandidate *remote)
{
  g_string_append_printf (calls, "follow:%u-%u ",
      nice_address_get_port (&local->addr),
      nice_address_get_port (&remote->addr));
}

void
gst_ice_nice_flood_guard_add_peer_reflexive (
    GstIceNiceFloodGuard *guard, const NiceAddress *remote)
{
  g_string_append_printf (calls, "guard:%u ", nice_address_get_port (remote));
}

void
gst_ice_nice_setup_set_ready (NiceAgent *agent, gboolean ready)
{
  g_string_append (calls, ready ? "ready " : "not-ready ");
}

/* What is reported. */

static void
on_candidate (
    GstIceTransport *transport, const IceCandidate *candidate, gpointer data)
{
  g_string_append_printf (calls, "candidate:%u ", candidate->port);
  if (candidate->url != NULL)
    g_string_append_printf (calls, "of:%s ", candidate->url);
  if (candidate->relay_protocol != NULL)
    g_string_append_printf (calls, "over:%s ", candidate->relay_protocol);
}

static void
on_gathered (GstIceTransport *transport, gpointer data)
{
  g_string_append (calls, "gathered ");
}

static void
on_checked (GstIceTransport *transport, gpointer data)
{
  g_string_append (calls, "checked ");
}

static void
on_event (GstIceTransport *transport, IceEvent event, gpointer data)
{
  g_string_append (calls,
      event == ICE_EVENT_SOCKET_ERROR         ? "lost "
          : event == ICE_EVENT_CHECKS_DONE    ? "done "
          : event == ICE_EVENT_CHECKING       ? "checking "
          : event == ICE_EVENT_CHECKING_AGAIN ? "again "
          : event == ICE_EVENT_PROOF_OF_LIFE  ? "life "
                                              : "other ");
}

static void
on_selected (GstIceTransport *transport, GstIceNiceGeneration *generation)
{
  g_string_append (calls, "selected ");
}

static void
ignore (gpointer data)
{
}

static void
set_up (Fixture *f, gconstpointer unused)
{
  static const GstIceTransportObserver observer = {
    .candidate = on_candidate,
    .gathered = on_gathered,
    .checked = on_checked,
    .event = on_event,
  };
  static const GstIceNiceGenerationCallbacks callbacks = {
    .selected = on_selected
  };

  GST_DEBUG_CATEGORY_INIT (gst_ice_nice_generation_debug, "icegeneration", 0,
      "ICE over libnice, one generation");
  calls = g_string_new (NULL);
  f->context = g_main_context_new ();
  f->io = gst_ice_io_acquire ();
  f->transport = recording_transport_new (calls);
  gst_ice_transport_set_observer (f->transport, &observer, f);
  f->addresses[0] = host;
  f->addresses[1] = host;
  f->addresses[2] = NULL;
  f->generation = (GstIceNiceGeneration){
    .references = 1,
    .transport = f->transport,
    .callbacks = &callbacks,
    .io = f->io,
    .ufrag = ufrag,
    .password = password,
    .remote_ufrag = remote_ufrag,
    .addresses = f->addresses,
    .pairs = (GstIceNicePairs *) &place,
    .servers = (GstIceNiceServers *) &place,
    .checked = gst_ice_alarm_new (f->context, ignore, NULL),
  };
  g_mutex_init (&f->generation.lock);
  failing_time = -1;
  is_checked = is_done = is_tcp = FALSE;
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  g_assert_cmpint (f->generation.references, ==, 1);
  gst_ice_alarm_free (f->generation.checked);
  g_mutex_clear (&f->generation.lock);
  gst_object_unref (f->transport);
  gst_ice_io_release (f->io);
  g_main_context_unref (f->context);
  g_string_free (calls, TRUE);
}

static void
assert_calls (const gchar *expected)
{
  g_assert_cmpstr (calls->str, ==, expected);
  g_string_truncate (calls, 0);
}

static NiceCandidate *
make_candidate (NiceCandidateType type, const gchar *address, guint port)
{
  NiceCandidate *candidate = nice_candidate_new (type);

  candidate->transport = NICE_CANDIDATE_TRANSPORT_UDP;
  g_assert_true (nice_address_set_from_string (&candidate->addr, address));
  nice_address_set_port (&candidate->addr, port);
  candidate->base_addr = candidate->addr;
  return candidate;
}

static void
report (Fixture *f, GstIceNiceEventKind kind)
{
  const GstIceNiceEvent event = {
    .kind = kind,
    .local = make_candidate (NICE_CANDIDATE_TYPE_HOST, "192.0.2.1", 40001),
    .remote = make_candidate (NICE_CANDIDATE_TYPE_HOST, "192.0.2.9", 50001),
  };

  gst_ice_nice_reports_event (&event, &f->generation);
  nice_candidate_free (event.local);
  nice_candidate_free (event.remote);
}

static void
report_state (Fixture *f, NiceComponentState state)
{
  const GstIceNiceEvent event = {
    .kind = GST_ICE_NICE_EVENT_COMPONENT_STATE,
    .state = state,
  };

  gst_ice_nice_reports_event (&event, &f->generation);
}

static void
report_candidate (
    Fixture *f, NiceCandidateType type, const gchar *address, guint port)
{
  const GstIceNiceEvent event = {
    .kind = GST_ICE_NICE_EVENT_CANDIDATE,
    .local = make_candidate (type, address, port),
  };

  gst_ice_nice_reports_event (&event, &f->generation);
  nice_candidate_free (event.local);
}

/* Candidates of servers are reported if a host can be reached there. */
static void
test_candidates (Fixture *f, gconstpointer unused)
{
  report_candidate (f, NICE_CANDIDATE_TYPE_HOST, "127.0.0.1", 40001);
  assert_calls ("servers:40001 candidate:40001 ");
  report_candidate (
      f, NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE, "192.0.2.9", 40002);
  assert_calls ("servers:40002 candidate:40002 ");
  report_candidate (f, NICE_CANDIDATE_TYPE_RELAYED, "192.0.2.9", 0);
  assert_calls ("servers:0 refused:0 ");
  report_candidate (f, NICE_CANDIDATE_TYPE_RELAYED, "224.0.0.1", 40003);
  assert_calls ("servers:40003 refused:40003 ");
  report_candidate (f, NICE_CANDIDATE_TYPE_RELAYED, "127.0.0.1", 40004);
  assert_calls ("servers:40004 refused:40004 ");
  f->generation.servers = NULL; /* of a generation that was retired */
  report_candidate (f, NICE_CANDIDATE_TYPE_RELAYED, "127.0.0.1", 40005);
  report_candidate (f, NICE_CANDIDATE_TYPE_RELAYED, "192.0.2.9", 40006);
  assert_calls ("candidate:40006 ");
}

/* With the server's URL, and a relayed one with its transport, if it is known.
 */
static void
test_servers (Fixture *f, gconstpointer unused)
{
  turn_server = ice_server_parse ("turn:u:p@10.0.0.8?transport=tls", NULL);
  stun_server = ice_server_parse ("stun:10.0.0.9", NULL);
  discovery_server = ice_server_parse ("stun:[2001:db8::9]", NULL);
  turn_priority = 0;
  report_candidate (f, NICE_CANDIDATE_TYPE_HOST, "192.0.2.1", 1);
  assert_calls ("servers:1 candidate:1 ");
  report_candidate (f, NICE_CANDIDATE_TYPE_RELAYED, "192.0.2.9", 2);
  assert_calls ("servers:2 candidate:2 of:turns:10.0.0.8:5349?transport=tcp "
                "over:tls ");
  turn_priority = 7;
  report_candidate (f, NICE_CANDIDATE_TYPE_RELAYED, "192.0.2.9", 3);
  assert_calls ("servers:3 candidate:3 ");

  report_candidate (f, NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE, "192.0.2.9", 4);
  assert_calls ("servers:4 candidate:4 of:stun:[2001:db8::9]:3478 ");
  server_address = "10.0.0.9";
  report_candidate (f, NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE, "192.0.2.9", 5);
  assert_calls ("servers:5 candidate:5 of:stun:10.0.0.9:3478 ");
  server_address = "192.0.2.9"; /* what it relayed in the same answer */
  report_candidate (f, NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE, "192.0.2.9", 6);
  assert_calls ("servers:6 candidate:6 of:turns:10.0.0.8:5349?transport=tcp ");
  server_address = "192.0.2.10";
  report_candidate (f, NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE, "192.0.2.9", 7);
  assert_calls ("servers:7 candidate:7 ");
  server_address = NULL;
  g_clear_pointer (&discovery_server, ice_server_free);
  report_candidate (f, NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE, "192.0.2.9", 8);
  assert_calls ("servers:8 candidate:8 "); /* by UPnP */
  g_clear_pointer (&stun_server, ice_server_free);
  g_clear_pointer (&turn_server, ice_server_free);
}

/* Loopback ones only where this end gathers on loopback itself. */
static void
test_loopback (Fixture *f, gconstpointer unused)
{
  f->addresses[1] = loopback;
  report_candidate (f, NICE_CANDIDATE_TYPE_RELAYED, "127.0.0.1", 40001);
  assert_calls ("servers:40001 candidate:40001 ");
  f->addresses[1] = loopback_6;
  report_candidate (f, NICE_CANDIDATE_TYPE_RELAYED, "::1", 40001);
  assert_calls ("servers:40001 candidate:40001 ");
  report_candidate (f, NICE_CANDIDATE_TYPE_RELAYED, "224.0.0.1", 40001);
  assert_calls ("servers:40001 refused:40001 ");
}

static void
test_relay_only (Fixture *f, gconstpointer unused)
{
  f->generation.relay_only = TRUE;
  report_candidate (f, NICE_CANDIDATE_TYPE_HOST, "192.0.2.1", 40001);
  assert_calls ("");
  report_candidate (f, NICE_CANDIDATE_TYPE_RELAYED, "192.0.2.9", 40002);
  assert_calls ("servers:40002 candidate:40002 ");
}

/* The table gets a candidate before any event about it. */
static void
test_new_candidate (Fixture *f, gconstpointer unused)
{
  NiceCandidate *candidate = make_candidate (
      NICE_CANDIDATE_TYPE_HOST, "192.0.2.1", 40001);

  gst_ice_nice_reports_new_candidate (candidate, &f->generation);
  assert_calls ("table:40001 ");
  f->generation.pairs = NULL;
  gst_ice_nice_reports_new_candidate (candidate, &f->generation);
  assert_calls ("");
  nice_candidate_free (candidate);
}

static void
test_events (Fixture *f, gconstpointer unused)
{
  report (f, GST_ICE_NICE_EVENT_CHECKED);
  assert_calls ("checked ");
  report (f, GST_ICE_NICE_EVENT_LEARNED);
  assert_calls ("guard:50001 learnt:50001 ");
  report (f, GST_ICE_NICE_EVENT_SELECTED_PAIR);
  assert_calls ("follow:40001-50001 ");
  f->generation.phase = GST_ICE_NICE_PHASE_RETIRED;
  report (f, GST_ICE_NICE_EVENT_CHECKED);
  f->generation.phase = GST_ICE_NICE_PHASE_LEFT;
  report (f, GST_ICE_NICE_EVENT_CHECKED);
  f->generation.phase = GST_ICE_NICE_PHASE_CLOSED;
  report (f, GST_ICE_NICE_EVENT_CHECKED);
  assert_calls ("");
}

/* Gathering is over when the servers have answered and our discovery is done,
 * in any order. */
static void
test_gathered (Fixture *f, gconstpointer unused)
{
  report (f, GST_ICE_NICE_EVENT_GATHERED);
  assert_calls ("signalled ");
  f->generation.discovering = TRUE;
  gst_ice_nice_reports_servers_done (&f->generation);
  assert_calls ("");
  report (f, GST_ICE_NICE_EVENT_DISCOVERED); /* of the first of two addresses */
  assert_calls ("");
  is_done = TRUE;
  report (f, GST_ICE_NICE_EVENT_DISCOVERED);
  assert_calls ("gathered ");
  g_assert_false (gst_ice_alarm_is_set (f->generation.checked));
  /* a restart in place repeats it */
  report (f, GST_ICE_NICE_EVENT_GATHERED);
  assert_calls ("gathered ");
}

static void
test_discovered_first (Fixture *f, gconstpointer unused)
{
  is_done = TRUE;
  f->generation.discovering = TRUE;
  f->generation.n_turn_servers = 1;
  report (f, GST_ICE_NICE_EVENT_DISCOVERED);
  assert_calls ("");
  gst_ice_nice_reports_servers_done (&f->generation);
  assert_calls ("gathered ");
  /* a TURN server without a candidate leaves room for waiting ones */
  g_assert_true (gst_ice_alarm_is_set (f->generation.checked));
  f->generation.gathered = FALSE;
  f->generation.servers = NULL;
  report (f, GST_ICE_NICE_EVENT_GATHERED);
  assert_calls ("");
}

static void
test_selects (Fixture *f, gconstpointer unused)
{
  NiceCandidate *local = make_candidate (
      NICE_CANDIDATE_TYPE_HOST, "192.0.2.1", 40001);

  gst_ice_nice_reports_selects (local, &f->generation);
  assert_calls ("answerer discovery:40001 follower selected ");
  nice_candidate_free (local);
}

static void
test_states (Fixture *f, gconstpointer unused)
{
  report_state (f, NICE_COMPONENT_STATE_GATHERING);
  report_state (f, NICE_COMPONENT_STATE_DISCONNECTED);
  assert_calls ("not-ready checks not-ready checks ");
  report_state (f, NICE_COMPONENT_STATE_CONNECTING);
  assert_calls ("not-ready checks not-over checking ");
  report_state (f, NICE_COMPONENT_STATE_CONNECTED);
  assert_calls ("not-ready checks not-over checking ");
  g_assert_cmpint (
      f->generation.component_state, ==, NICE_COMPONENT_STATE_CONNECTED);
  report_state (f, NICE_COMPONENT_STATE_READY);
  assert_calls ("ready rests notice ");
  is_checked = TRUE;
  report_state (f, NICE_COMPONENT_STATE_READY);
  assert_calls ("ready rests notice done ");
  report_state (f, NICE_COMPONENT_STATE_FAILED);
  assert_calls ("not-ready checks over done ");
  is_tcp = TRUE;
  report_state (f, NICE_COMPONENT_STATE_FAILED);
  assert_calls ("not-ready checks lost over done ");
}

/* The observer of an event may make another generation. */
static void
retire_at_event (GstIceTransport *transport, IceEvent event, gpointer data)
{
  Fixture *f = data;

  on_event (transport, event, data);
  f->generation.phase = GST_ICE_NICE_PHASE_RETIRED;
}

static void
test_retired_meanwhile (Fixture *f, gconstpointer unused)
{
  static const GstIceTransportObserver observer = { .event = retire_at_event };

  gst_ice_transport_set_observer (f->transport, &observer, f);
  is_tcp = TRUE;
  report_state (f, NICE_COMPONENT_STATE_FAILED);
  assert_calls ("not-ready checks lost ");
}

/* A retired one reports only that the socket of its pair is dead. */
static void
test_retired (Fixture *f, gconstpointer unused)
{
  f->generation.phase = GST_ICE_NICE_PHASE_RETIRED;
  report_state (f, NICE_COMPONENT_STATE_FAILED);
  assert_calls ("");
  is_tcp = TRUE;
  report_state (f, NICE_COMPONENT_STATE_READY);
  report (f, GST_ICE_NICE_EVENT_SELECTED_PAIR);
  assert_calls ("");
  report_state (f, NICE_COMPONENT_STATE_FAILED);
  assert_calls ("lost ");
  f->generation.phase = GST_ICE_NICE_PHASE_LEFT;
  report_state (f, NICE_COMPONENT_STATE_FAILED);
  assert_calls ("");
}

/* Whether all pairs under check have failed before; it looks again when that
 * may have changed by time. */
static void
test_checking (Fixture *f, gconstpointer unused)
{
  gst_ice_nice_reports_checking (&f->generation);
  assert_calls ("checking ");
  gst_ice_nice_reports_compare_checking (&f->generation);
  assert_calls ("");
  failing_time = g_get_monotonic_time () + LATER * 1000;
  gst_ice_nice_reports_compare_checking (&f->generation);
  assert_calls ("");
  g_assert_cmpint (recording_get_timeout (f->context), >, LATER / 2);
  g_assert_cmpint (recording_get_timeout (f->context), <=, LATER);
  failing_time = 0;
  gst_ice_nice_reports_compare_checking (&f->generation);
  assert_calls ("again ");
  gst_ice_nice_reports_compare_checking (&f->generation);
  assert_calls ("");
  failing_time = -1;
  gst_ice_nice_reports_compare_checking (&f->generation);
  assert_calls ("checking ");
}

static void
test_connection_lost (Fixture *f, gconstpointer unused)
{
  static const gchar *const expected[] = { "lost done ", "lost ", "", "" };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (expected); i++) {
    f->generation.phase = GST_ICE_NICE_PHASE_CURRENT + i;
    gst_ice_nice_reports_connection_lost (&f->generation);
    gst_ice_io_synchronize (f->io, G_MAXINT64);
    assert_calls (expected[i]);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
#define TEST(name)                                                             \
  g_test_add ("/reports/" #name, Fixture, NULL, set_up, test_##name, tear_down)
  TEST (candidates);
  TEST (servers);
  TEST (loopback);
  TEST (relay_only);
  TEST (new_candidate);
  TEST (events);
  TEST (gathered);
  TEST (discovered_first);
  TEST (selects);
  TEST (states);
  TEST (retired_meanwhile);
  TEST (retired);
  TEST (checking);
  TEST (connection_lost);
  return g_test_run ();
}
