/* gst-ice: test of the phases and restarts of a generation: what its parts and
 * libnice are asked to do.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * These are played by this file. */

#include "agent/gsticenicegeneration.h"
#include "agent/gsticeniceparts.h"
#include "agent/gsticenicesetup.h"
#include "agent/gsticenicesocket.h"
#include "addresses/gsticelocalport.h"
#include "recordingtransport.h"

#define STREAM 7

typedef struct
{
  GMainContext *context;
  GstIceTransport *transport;
  GstIceNiceGeneration *generation;
  GstIceSocketOptions options[GST_ICE_N_DIRECTIONS];
} Fixture;

static GString *calls; /* a word each */
static gint place;     /* only its address is used */
static gboolean has_pair, is_steered, answers, is_done, agent_controls;
static gboolean has_sockets, has_trace;
static const gchar *addresses_now; /* separated by blanks; NULL: none */
static gboolean has_lost;
static GAsyncReadyCallback on_agent_closed;
static gpointer on_agent_closed_data;
static gint64 last_check, last_answer;

/* Parts that are only freed, or told one thing. */

#define PLAY(function, Type, word)                                             \
  void function (Type *self)                                                   \
  {                                                                            \
    g_string_append (calls, word " ");                                         \
  }

PLAY (gst_ice_nice_answerer_free, GstIceNiceAnswerer, "answerer-freed")
PLAY (gst_ice_nice_consent_free, GstIceNiceConsent, "consent-freed")
PLAY (gst_ice_nice_consent_pause, GstIceNiceConsent, "pause")
PLAY (gst_ice_nice_datagrams_close, GstIceNiceDatagrams, "receiver-closed")
PLAY (gst_ice_nice_datagrams_free, GstIceNiceDatagrams, "receiver-freed")
PLAY (gst_ice_nice_events_free, GstIceNiceEvents, "events-freed")
PLAY (gst_ice_nice_events_restart, GstIceNiceEvents, "events")
PLAY (gst_ice_nice_flood_guard_drop_all, GstIceNiceFloodGuard, "drop-all")
PLAY (gst_ice_nice_flood_guard_free, GstIceNiceFloodGuard, "guard-freed")
PLAY (gst_ice_nice_flood_guard_restart, GstIceNiceFloodGuard, "guard")
PLAY (gst_ice_nice_flood_guard_retire, GstIceNiceFloodGuard, "guard-retired")
PLAY (gst_ice_nice_follower_free, GstIceNiceFollower, "follower-freed")
PLAY (gst_ice_nice_follower_restart, GstIceNiceFollower, "follower")
PLAY (gst_ice_nice_pace_free, GstIceNicePace, "pace-freed")
PLAY (gst_ice_nice_pairs_free, GstIceNicePairs, "pairs-freed")
PLAY (gst_ice_nice_pairs_restart, GstIceNicePairs, "pairs")
PLAY (gst_ice_nice_pairs_retire, GstIceNicePairs, "pairs-retired")
PLAY (gst_ice_nice_roles_free, GstIceNiceRoles, "roles-freed")
PLAY (gst_ice_nice_roles_restart, GstIceNiceRoles, "roles")
PLAY (gst_ice_nice_selection_free, GstIceNiceSelection, "selection-freed")
PLAY (gst_ice_nice_selection_restart, GstIceNiceSelection, "selection")
PLAY (gst_ice_nice_servers_free, GstIceNiceServers, "servers-freed")
PLAY (
    gst_ice_nice_tcp_admission_free, GstIceNiceTcpAdmission, "admission-freed")
PLAY (ice_turn_peers_close, IceTurnPeers, "peers-closed")
PLAY (ice_turn_peers_unref, IceTurnPeers, "peers-freed")
PLAY (gst_ice_nice_stun_discovery_free, GstIceNiceStunDiscovery,
    "discovery-freed")

/* The other parts. */

GstIceIo *
gst_ice_io_ref (GstIceIo *io)
{
  return io;
}

void
gst_ice_io_release (GstIceIo *io)
{
  g_string_append (calls, "released ");
}

void
gst_ice_amplification_unref (GstIceAmplification *self)
{
  g_string_append (calls, "amplification-freed ");
}

void
gst_ice_amplification_unwatch (GstIceAmplification *self, GstIceAlarm *alarm)
{
  g_string_append (calls, "unwatch ");
}

GstIceSharedContext *
gst_ice_nice_datagrams_get_context (GstIceNiceDatagrams *self)
{
  return (GstIceSharedContext *) &place;
}

void
gst_ice_nice_consent_set_local (GstIceNiceConsent *self, const gchar *ufrag)
{
  g_string_append_printf (calls, "local:%s ", ufrag);
}

gboolean
gst_ice_nice_answerer_begin (GstIceNiceAnswerer *self, GError **error)
{
  if (!answers)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "cannot");
  return answers;
}

gint64
gst_ice_nice_answerer_get_last (GstIceNiceAnswerer *self)
{
  return last_answer;
}

void
gst_ice_nice_tcp_admission_set_local (
    GstIceNiceTcpAdmission *self, const gchar *ufrag, const gchar *password)
{
  g_string_append_printf (calls, "admission:%s:%s ", ufrag, password);
}

void
gst_ice_nice_events_repeat (GstIceNiceEvents *self, GstIceNiceEventKind kind,
    const NiceCandidate *local)
{
  if (kind == GST_ICE_NICE_EVENT_CANDIDATE)
    g_string_append_printf (
        calls, "repeat:%u ", nice_address_get_port (&local->addr));
  else if (kind == GST_ICE_NICE_EVENT_GATHERED && local == NULL)
    g_string_append (calls, "repeat-gathered ");
}

gboolean
gst_ice_nice_selection_has_pair (GstIceNiceSelection *self)
{
  return has_pair;
}

gboolean
gst_ice_nice_selection_is_steered (GstIceNiceSelection *self)
{
  return is_steered;
}

gboolean
gst_ice_nice_roles_is_agent_controlling (GstIceNiceRoles *self)
{
  return agent_controls;
}

void
gst_ice_nice_media_remove_steerings (
    GstIceNiceMedia *media, GPtrArray *steerings)
{
  g_string_append (calls, "steerings-removed ");
}

gint64
gst_ice_nice_pairs_get_last_check (GstIceNicePairs *self)
{
  return last_check;
}

gboolean
gst_ice_nice_pairs_has_trace (GstIceNicePairs *self)
{
  return has_trace;
}

GPtrArray *
gst_ice_nice_pairs_list (GstIceNicePairs *self, GstIceRole role)
{
  return g_ptr_array_new ();
}

guint64
gst_ice_nice_flood_guard_get_dropped (GstIceNiceFloodGuard *self)
{
  return 42;
}

gboolean
gst_ice_nice_stun_discovery_is_done (const GstIceNiceStunDiscovery *self)
{
  return is_done;
}

static NiceCandidate *
make_candidate (NiceCandidateType type, guint port)
{
  NiceCandidate *candidate = nice_candidate_new (type);

  g_assert_true (nice_address_set_from_string (&candidate->addr, "10.0.0.1"));
  nice_address_set_port (&candidate->addr, port);
  return candidate;
}

GSList *
gst_ice_nice_stun_discovery_restart (GstIceNiceStunDiscovery *self)
{
  return g_slist_append (
      NULL, make_candidate (NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE, 3));
}

gboolean
gst_ice_nice_servers_has_lost (const GstIceNiceServers *self)
{
  return has_lost;
}

GStrv
gst_ice_nice_setup_list_addresses (
    const GstIceSettings *settings, GError **error)
{
  g_assert_null (error);
  return addresses_now != NULL ? g_strsplit (addresses_now, " ", 0) : NULL;
}

void
gst_ice_nice_setup_set_ready (NiceAgent *agent, gboolean ready)
{
  g_assert_false (ready);
  g_string_append (calls, "not-ready ");
}

gint
gst_ice_nice_socket_get_tos (gint dscp)
{
  return dscp * 4;
}

void
gst_ice_nice_socket_set_buffer_sizes (
    GSocket *socket, guint receive, guint send)
{
  g_assert_true (G_IS_SOCKET (socket));
  g_string_append_printf (calls, "buffers:%u:%u ", receive, send);
}

void
gst_ice_steering_list_sockets (GstIceSteering *self, GPtrArray *sockets)
{
  g_string_append (calls, "steering ");
}

void
gst_ice_local_ports_vacate (GPtrArray *sockets)
{
  g_string_append_printf (calls, "vacated:%u ", sockets->len);
}

/* libnice. */

GPtrArray *
nice_agent_get_sockets (NiceAgent *agent, guint stream, guint component)
{
  GPtrArray *sockets = g_ptr_array_new_with_free_func (g_object_unref);
  guint i;

  g_assert_cmpuint (stream, ==, STREAM);
  g_assert_cmpuint (component, ==, 1);
  if (!has_sockets) {
    g_ptr_array_unref (sockets);
    return NULL;
  }
  for (i = 0; i < 2; i++)
    g_ptr_array_add (sockets,
        g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM,
            G_SOCKET_PROTOCOL_UDP, NULL));
  return sockets;
}

void
nice_agent_set_stream_tos (NiceAgent *agent, guint stream, gint tos)
{
  g_string_append_printf (calls, "tos:%d ", tos);
}

gboolean
nice_agent_restart_stream (NiceAgent *agent, guint stream)
{
  g_assert_cmpuint (stream, ==, STREAM);
  g_string_append (calls, "libnice ");
  return TRUE;
}

gboolean
nice_agent_set_local_credentials (
    NiceAgent *agent, guint stream, const gchar *ufrag, const gchar *password)
{
  g_string_append_printf (calls, "libnice:%s:%s ", ufrag, password);
  return TRUE;
}

GSList *
nice_agent_get_local_candidates (
    NiceAgent *agent, guint stream, guint component)
{
  GSList *list = g_slist_append (
      NULL, make_candidate (NICE_CANDIDATE_TYPE_HOST, 1));

  g_assert_cmpuint (component, ==, 1);
  return g_slist_append (
      list, make_candidate (NICE_CANDIDATE_TYPE_PEER_REFLEXIVE, 2));
}

void
nice_agent_close_async (
    NiceAgent *agent, GAsyncReadyCallback callback, gpointer data)
{
  g_string_append (calls, "close ");
  on_agent_closed = callback;
  on_agent_closed_data = data;
}

void
nice_agent_remove_stream (NiceAgent *agent, guint stream)
{
  g_assert_cmpuint (stream, ==, STREAM);
  g_string_append (calls, "stream-removed ");
}

/* The test. */

static void
on_gathered (GstIceTransport *transport, gpointer data)
{
  g_string_append (calls, "gathered ");
}

static void
on_closed (GstIceTransport *transport)
{
  g_string_append (calls, "closed ");
}

static void
assert_calls (const gchar *expected)
{
  g_assert_cmpstr (calls->str, ==, expected);
  g_string_truncate (calls, 0);
}

static void
set_up (Fixture *f, gconstpointer is_empty)
{
  static const GstIceTransportObserver observer = { .gathered = on_gathered };
  static const GstIceNiceGenerationCallbacks callbacks = {
    .closed = on_closed
  };
  static IceRateLimit warnings;
  GstIceNiceGeneration *self;

  calls = g_string_new (NULL);
  has_pair = is_steered = answers = has_sockets = has_trace = is_done = TRUE;
  agent_controls = TRUE;
  addresses_now = "10.0.0.1 10.0.0.2";
  has_lost = FALSE;
  last_check = last_answer = 0;
  f->context = g_main_context_new ();
  f->transport = recording_transport_new (calls);
  gst_ice_transport_set_observer (f->transport, &observer, f);
  self = f->generation = gst_ice_nice_generation_new (f->transport, NULL,
      (GstIceNiceMedia *) &place, f->options, &warnings, &callbacks);
  if (is_empty)
    return;
  self->nice = g_object_new (NICE_TYPE_AGENT, NULL);
  self->stream_id = STREAM;
  self->addresses = g_strsplit ("10.0.0.1 10.0.0.2", " ", 0);
#define PART(name) self->name = (gpointer) &place
  PART (receiver);
  PART (pairs);
  PART (servers);
  PART (pace);
  PART (discovery);
  PART (consent);
  PART (answerer);
  PART (flood_guard);
  PART (roles);
  self->checked = gst_ice_alarm_new (f->context, NULL, NULL);
  PART (selection);
  PART (follower);
  PART (events);
  PART (amplification);
  gst_ice_nice_generation_set_local (self, "ours", "password");
  g_string_truncate (calls, 0);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  if (f->generation->phase != GST_ICE_NICE_PHASE_CLOSED) {
    gst_ice_nice_generation_close (f->generation);
    if (f->generation->nice != NULL)
      on_agent_closed (NULL, NULL, on_agent_closed_data);
  }
  gst_ice_nice_generation_unref (f->generation);
  g_assert_true (g_str_has_suffix (calls->str, "released "));
  g_assert_cmpint (GST_OBJECT_REFCOUNT_VALUE (f->transport), ==, 1);
  gst_object_unref (f->transport);
  g_main_context_unref (f->context);
  g_string_free (calls, TRUE);
}

/* The sockets and the stream get the transport's options. */
static void
test_options (Fixture *f, gconstpointer unused)
{
  f->options[GST_ICE_DIRECTION_RECEIVE].buffer_size = 500;
  f->options[GST_ICE_DIRECTION_SEND].buffer_size = 1000;
  f->options[GST_ICE_DIRECTION_SEND].dscp = 46;
  gst_ice_nice_generation_apply_options (f->generation);
  assert_calls ("buffers:500:1000 buffers:500:1000 tos:184 ");
  has_sockets = FALSE;
  gst_ice_nice_generation_apply_options (f->generation);
  assert_calls ("tos:184 ");
}

static void
test_role (Fixture *f, gconstpointer unused)
{
  g_assert_true (gst_ice_nice_generation_has_role (
      f->generation, GST_ICE_ROLE_CONTROLLING));
  g_assert_false (gst_ice_nice_generation_has_role (
      f->generation, GST_ICE_ROLE_CONTROLLED));
  agent_controls = FALSE;
  g_assert_true (gst_ice_nice_generation_has_role (
      f->generation, GST_ICE_ROLE_CONTROLLED));
}

/* The same addresses in any order, or none at all. */
static void
test_up_to_date (Fixture *f, gconstpointer unused)
{
  static const struct
  {
    const gchar *now;
    gboolean expected;
  } rows[] = {
    { "10.0.0.1 10.0.0.2", TRUE },
    { "10.0.0.2 10.0.0.1", TRUE },
    { NULL, TRUE },
    { "10.0.0.1", FALSE },
    { "10.0.0.1 10.0.0.2 10.0.0.3", FALSE },
    { "10.0.0.1 10.0.0.3", FALSE },
    { "10.0.0.3 10.0.0.2", FALSE },
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (rows); i++) {
    addresses_now = rows[i].now;
    g_assert_cmpint (
        gst_ice_nice_generation_is_up_to_date (f->generation, NULL), ==,
        rows[i].expected);
  }
  addresses_now = rows[0].now;
  has_lost = TRUE; /* a TURN server's candidate */
  g_assert_false (gst_ice_nice_generation_is_up_to_date (f->generation, NULL));
}

static void
test_hold_pair (Fixture *f, gconstpointer unused)
{
  g_assert_true (gst_ice_nice_generation_hold_pair (f->generation));
  answers = FALSE;
  g_assert_false (gst_ice_nice_generation_hold_pair (f->generation));
  answers = TRUE;
  is_steered = FALSE;
  g_assert_false (gst_ice_nice_generation_hold_pair (f->generation));
  has_pair = FALSE; /* there is nothing to hold */
  g_assert_true (gst_ice_nice_generation_hold_pair (f->generation));
}

#define RESTARTED                                                              \
  "pairs selection follower guard roles libnice not-ready events "             \
  "libnice:new:secret repeat:1 repeat:3 "

/* All that belongs to the old credentials is forgotten before libnice gets the
 * new ones; candidates are reported again. */
static void
test_restart (Fixture *f, gconstpointer unused)
{
  g_autoptr (IceCandidate) candidate = ice_candidate_parse (
      "candidate:1 1 UDP 1 192.0.2.1 40001 typ host", NULL);

  ice_waiting_list_push (&f->generation->waiting, candidate);
  gst_ice_nice_generation_restart (f->generation, "new", "secret");
  assert_calls ("local:new " RESTARTED);
  g_assert_false (f->generation->discovering);
  g_assert_cmpstr (f->generation->password, ==, "secret");
  g_assert_true (gst_ice_nice_generation_has_ufrag (f->generation, "new"));
  g_assert_false (gst_ice_nice_generation_has_ufrag (f->generation, "ours"));
  g_assert_null (ice_waiting_list_pop (&f->generation->waiting, 0, NULL, NULL));

  f->generation->admission = (gpointer) &place;
  f->generation->gathered = TRUE;
  is_done = FALSE;
  gst_ice_nice_generation_restart (f->generation, "new", "secret");
  assert_calls ("local:new admission:new:secret " RESTARTED "repeat-gathered ");
  g_assert_true (f->generation->discovering);
}

/* It keeps only what its pair needs, then only what still comes on it. */
static void
test_retire (Fixture *f, gconstpointer unused)
{
  gst_ice_nice_generation_retire (f->generation);
  assert_calls ("servers-freed discovery-freed pairs-retired selection "
                "follower guard-retired ");
  g_assert_cmpint (f->generation->phase, ==, GST_ICE_NICE_PHASE_RETIRED);
  g_assert_null (f->generation->servers);
  g_assert_null (f->generation->discovery);
  gst_ice_nice_generation_leave (f->generation);
  assert_calls ("pause ");
  g_assert_cmpint (f->generation->phase, ==, GST_ICE_NICE_PHASE_LEFT);
}

static void
test_last_check (Fixture *f, gconstpointer unused)
{
  last_check = 5;
  last_answer = 6;
  g_assert_cmpint (
      gst_ice_nice_generation_get_last_check (f->generation), ==, 6);
  last_check = 7;
  g_assert_cmpint (
      gst_ice_nice_generation_get_last_check (f->generation), ==, 7);
}

static void
test_pairs (Fixture *f, gconstpointer unused)
{
  g_autoptr (GPtrArray) pairs = gst_ice_nice_generation_list_pairs (
      f->generation, GST_ICE_ROLE_CONTROLLING);

  g_assert_nonnull (pairs);
  has_trace = FALSE;
  g_assert_null (gst_ice_nice_generation_list_pairs (
      f->generation, GST_ICE_ROLE_CONTROLLING));
  g_assert_cmpuint (
      gst_ice_nice_generation_count_filtered (f->generation), ==, 42);
}

#define PARTS_FREED(more)                                                      \
  "discovery-freed events-freed steerings-removed follower-freed "             \
  "selection-freed answerer-freed consent-freed pairs-freed unwatch "          \
  "amplification-freed servers-freed roles-freed pace-freed " more             \
  "guard-freed "

/* The parts before the agent; the rest when the agent is closed. */
static void
test_close (Fixture *f, gconstpointer unused)
{
  GstIceDatapathCounters counters;

  gst_ice_nice_generation_close (f->generation);
  assert_calls (PARTS_FREED ("drop-all ") "close ");
  g_assert_cmpint (f->generation->phase, ==, GST_ICE_NICE_PHASE_CLOSED);
  gst_ice_datapath_get_counters (
      gst_ice_transport_get_datapath (f->transport), &counters);
  g_assert_cmpuint (counters.filtered, ==, 42);
  f->generation->admission = (gpointer) &place;
  on_agent_closed (NULL, NULL, on_agent_closed_data);
  assert_calls ("receiver-closed admission-freed stream-removed closed ");
}

/* A TURN server must still answer that the allocation is released. */
static void
test_close_with_turn (Fixture *f, gconstpointer unused)
{
  f->generation->n_turn_servers = 1;
  f->generation->turn_peers = (gpointer) &place;
  g_assert_false (gst_ice_nice_generation_can_free_ports (f->generation));
  gst_ice_nice_generation_close (f->generation);
  assert_calls ("peers-closed " PARTS_FREED ("") "close ");
  on_agent_closed (NULL, NULL, on_agent_closed_data);
}

static void
test_close_ports (Fixture *f, gconstpointer unused)
{
  g_assert_true (gst_ice_nice_generation_can_free_ports (f->generation));
  g_ptr_array_add (f->generation->steerings, &place);
  g_ptr_array_add (f->generation->steerings, &place);
  gst_ice_nice_generation_close_ports (f->generation);
  assert_calls ("steering steering " PARTS_FREED (
      "drop-all ") "receiver-closed vacated:2 close ");
  g_assert_cmpint (f->generation->phase, ==, GST_ICE_NICE_PHASE_CLOSED);
  on_agent_closed (NULL, NULL, on_agent_closed_data);
}

static void
test_close_no_ports (Fixture *f, gconstpointer unused)
{
  has_sockets = FALSE;
  gst_ice_nice_generation_close_ports (f->generation);
  assert_calls (PARTS_FREED ("drop-all ") "receiver-closed vacated:0 close ");
  on_agent_closed (NULL, NULL, on_agent_closed_data);
}

/* Gathering could not begin. */
static void
test_empty (Fixture *f, gconstpointer unused)
{
  g_assert_null (gst_ice_nice_generation_get_context (f->generation));
  g_assert_false (gst_ice_nice_generation_has_role (
      f->generation, GST_ICE_ROLE_CONTROLLING));
  g_assert_false (gst_ice_nice_generation_has_selected (f->generation));
  g_assert_true (gst_ice_nice_generation_hold_pair (f->generation));
  g_assert_false (gst_ice_nice_generation_can_free_ports (f->generation));
  g_assert_false (gst_ice_nice_generation_is_up_to_date (f->generation, NULL));
  g_assert_null (gst_ice_nice_generation_list_pairs (
      f->generation, GST_ICE_ROLE_CONTROLLING));
  g_assert_cmpuint (
      gst_ice_nice_generation_count_filtered (f->generation), ==, 0);
  g_assert_cmpint (f->generation->phase, ==, GST_ICE_NICE_PHASE_CURRENT);
  gst_ice_nice_generation_apply_options (f->generation);
  assert_calls ("");
  gst_ice_nice_generation_restart (f->generation, "new", "secret");
  assert_calls ("gathered ");
  gst_ice_nice_generation_close (f->generation);
  assert_calls ("steerings-removed closed ");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
#define TEST(name, is_empty)                                                   \
  g_test_add ("/generation/" #name, Fixture, GINT_TO_POINTER (is_empty),       \
      set_up, test_##name, tear_down)
  TEST (options, FALSE);
  TEST (role, FALSE);
  TEST (up_to_date, FALSE);
  TEST (hold_pair, FALSE);
  TEST (restart, FALSE);
  TEST (retire, FALSE);
  TEST (last_check, FALSE);
  TEST (pairs, FALSE);
  TEST (close, FALSE);
  TEST (close_with_turn, FALSE);
  TEST (close_ports, FALSE);
  TEST (close_no_ports, FALSE);
  TEST (empty, TRUE);
  return g_test_run ();
}
