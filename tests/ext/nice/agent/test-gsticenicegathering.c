/* gst-ice: test of how a generation begins to gather: which parts it makes,
 * with what, and in which order. SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * libnice and the parts are played by this file. */

#include "agent/gsticenicegeneration.h"
#include "agent/gsticeniceparts.h"
#include "agent/gsticeniceremote.h"
#include "agent/gsticenicereports.h"
#include "agent/gsticenicesetup.h"
#include "agent/gsticenicesocket.h"
#include "api/gsticeenumtypes.h"
#include <string.h>

#define STREAM 7
#define COMPONENT 1
#define DISCONNECTED 1234 /* ms */
#define FAILED 5678       /* ms */
#define N_SOCKETS 2
#define MAX_ADDRESSES NICE_CANDIDATE_MAX_LOCAL_ADDRESSES

typedef enum
{
  AGENT,
  ADMISSION,
  AMPLIFICATION,
  ANSWERER,
  ANSWERS,
  CHECKED,
  CONSENT,
  CONTEXT,
  DISCOVERY,
  EVENTS,
  FLOOD_GUARD,
  FOLLOWER,
  IO,
  IO_CONTEXT,
  MEDIA,
  PACE,
  PAIRS,
  RECEIVER,
  ROLES,
  SELECTION,
  SENDERS,
  SERVERS,
  SHARED,
  STEERING,
  TRANSPORT,
  N_PARTS
} Part;

typedef struct
{
  GstIceSettings settings;
  GstIceGatherOptions options;
  IceServer *stun;
  GPtrArray *turn;
  GstIceNiceGeneration generation;
} Fixture;

static gint places[N_PARTS]; /* only their addresses are used */
static GString *calls;       /* a word each */
static gboolean discovers, gathers, has_trace, has_steering, has_sockets;
static guint descriptors_left; /* calls that find some */
static guint n_addresses, n_added, range_max;
static const GstIceNiceStunDiscoveryFuncs *discovery_funcs;

#define PLACE(part) ((gpointer) &places[part])
#define assert_is(pointer, part)                                               \
  g_assert_true ((gconstpointer) (pointer) == &places[part])

/* What the parts call back. */

void
gst_ice_nice_remote_pair_checked (gpointer data)
{
}

void
gst_ice_nice_reports_answered (GInetSocketAddress *from, gpointer data)
{
}

void
gst_ice_nice_reports_connection_lost (gpointer data)
{
}

void
gst_ice_nice_reports_event (const GstIceNiceEvent *event, gpointer data)
{
}

void
gst_ice_nice_reports_selects (const NiceCandidate *local, gpointer data)
{
}

void
gst_ice_nice_reports_servers_done (gpointer data)
{
}

void
gst_ice_nice_reports_new_candidate (const NiceCandidate *nice, gpointer data)
{
  g_string_append (calls, "new-candidate ");
}

/* The generation. */

void
gst_ice_nice_generation_apply_options (GstIceNiceGeneration *self)
{
  g_string_append (calls, "options ");
}

void
gst_ice_nice_generation_set_local (
    GstIceNiceGeneration *self, const gchar *ufrag, const gchar *password)
{
  g_assert_nonnull (self->consent);
  g_string_append_printf (calls, "local:%s:%s ", ufrag, password);
}

/* The setup. */

gboolean
gst_ice_nice_setup_check_descriptors (
    const GstIceSettings *settings, GError **error)
{
  if (descriptors_left-- > 0)
    return TRUE;
  g_set_error_literal (
      error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES, "too many");
  return FALSE;
}

NiceAgent *
gst_ice_nice_setup_make_agent (
    GMainContext *context, const GstIceGatherOptions *options)
{
  assert_is (context, CONTEXT);
  g_string_append_printf (
      calls, "agent:%s ", options->stun_server != NULL ? "stun" : "no-stun");
  return PLACE (AGENT);
}

GStrv
gst_ice_nice_setup_choose_local (
    const GstIceSettings *settings, GstIcePortRange *range, GError **error)
{
  GPtrArray *list = g_ptr_array_new ();
  guint i;

  *range = (GstIcePortRange){ 5, (guint16) range_max };
  if (n_addresses == 0) {
    g_ptr_array_unref (list);
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "none");
    return NULL;
  }
  for (i = 0; i < n_addresses; i++)
    g_ptr_array_add (list, g_strdup_printf ("10.0.0.%u", i + 1));
  g_ptr_array_add (list, NULL);
  return (GStrv) g_ptr_array_free (list, FALSE);
}

void
gst_ice_nice_setup_explain_no_socket (
    const GstIceSettings *settings, GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "no socket");
}

/* The parts. */

GMainContext *
gst_ice_io_get_context (GstIceIo *io)
{
  assert_is (io, IO);
  return PLACE (IO_CONTEXT);
}

GMainContext *
gst_ice_shared_context_get (GstIceSharedContext *self)
{
  assert_is (self, SHARED);
  return PLACE (CONTEXT);
}

GstIceAlarm *
gst_ice_alarm_new (
    GMainContext *context, GstIceAlarmFunc function, gpointer user_data)
{
  assert_is (context, IO_CONTEXT);
  g_assert_true (function == gst_ice_nice_remote_pair_checked);
  return PLACE (CHECKED);
}

GstIceAmplification *
gst_ice_amplification_new (void)
{
  g_string_append (calls, "amplification ");
  return PLACE (AMPLIFICATION);
}

GstIceAmplification *
gst_ice_amplification_ref (GstIceAmplification *self)
{
  g_string_append (calls, "shared-amplification ");
  return self;
}

void
gst_ice_amplification_watch (GstIceAmplification *self, GstIceAlarm *changed)
{
  assert_is (self, AMPLIFICATION);
  assert_is (changed, CHECKED);
  g_string_append (calls, "watch ");
}

GstIceNiceDatagrams *
gst_ice_nice_datagrams_new (GstIceTransport *transport, GMainContext *io)
{
  assert_is (transport, TRANSPORT);
  assert_is (io, IO_CONTEXT);
  return PLACE (RECEIVER);
}

void
gst_ice_nice_datagrams_set_media (
    GstIceNiceDatagrams *receiver, GstIceNiceMedia *media)
{
  assert_is (media, MEDIA);
  g_string_append (calls, "media ");
}

GstIceSharedContext *
gst_ice_nice_datagrams_get_context (GstIceNiceDatagrams *receiver)
{
  assert_is (receiver, RECEIVER);
  return PLACE (SHARED);
}

gint *
gst_ice_nice_datagrams_get_senders (GstIceNiceDatagrams *receiver)
{
  return &places[SENDERS];
}

void
gst_ice_nice_datagrams_attach (GstIceNiceDatagrams *receiver, NiceAgent *nice,
    guint stream, guint component)
{
  assert_is (nice, AGENT);
  g_string_append_printf (calls, "attach:%u:%u ", stream, component);
}

GstIceNiceEvents *
gst_ice_nice_events_new (GstIceIo *io, NiceAgent *nice,
    const GstIceNiceEventsFuncs *functions, gpointer user_data)
{
  assert_is (nice, AGENT);
  g_string_append (calls, "events ");
  return PLACE (EVENTS);
}

void
gst_ice_nice_events_repeat (GstIceNiceEvents *self, GstIceNiceEventKind kind,
    const NiceCandidate *local)
{
  assert_is (self, EVENTS);
  g_string_append (calls,
      kind == GST_ICE_NICE_EVENT_CANDIDATE && local != NULL ? "repeat "
          : kind == GST_ICE_NICE_EVENT_DISCOVERED           ? "discovered "
                                                            : "other ");
}

GstIceNiceFloodGuard *
gst_ice_nice_flood_guard_new (
    GstIceTransport *transport, GMainContext *io, GstIceSharedContext *context)
{
  assert_is (context, SHARED);
  return PLACE (FLOOD_GUARD);
}

void
gst_ice_nice_flood_guard_set_turn_peers (
    GstIceNiceFloodGuard *self, IceTurnPeers *peers)
{
  g_assert_nonnull (peers);
  g_string_append (calls, "guard-peers ");
}

void
gst_ice_nice_flood_guard_drop_allocate_errors (GstIceNiceFloodGuard *self)
{
  g_string_append (calls, "no-allocations ");
}

void
gst_ice_nice_flood_guard_set_stun_server (
    GstIceNiceFloodGuard *self, const NiceAddress *server)
{
  gchar text[NICE_ADDRESS_STRING_LEN];

  nice_address_to_string (server, text);
  g_string_append_printf (
      calls, "guard:%s:%u ", text, nice_address_get_port (server));
}

void
gst_ice_nice_flood_guard_add_socket (
    GstIceNiceFloodGuard *self, GSocket *socket)
{
  g_string_append (calls, "guarded ");
}

void
gst_ice_nice_flood_guard_drain (GstIceNiceFloodGuard *self)
{
  g_string_append (calls, "drain ");
}

GstIceNiceRoles *
gst_ice_nice_roles_new (GstIceTransport *transport, GMainContext *context,
    GstIceNiceFloodGuard *guard, gboolean controlling, IceRateLimit *warnings)
{
  assert_is (guard, FLOOD_GUARD);
  g_string_append (calls, controlling ? "controlling " : "controlled ");
  return PLACE (ROLES);
}

GstIceNiceConsent *
gst_ice_nice_consent_new (GstIceTransport *transport, GMainContext *context,
    GstIceNiceRoles *roles, guint disconnected_timeout, guint failed_timeout)
{
  assert_is (roles, ROLES);
  g_assert_cmpuint (disconnected_timeout, ==, DISCONNECTED);
  g_assert_cmpuint (failed_timeout, ==, FAILED);
  return PLACE (CONSENT);
}

GstIceStunResponses *
gst_ice_nice_consent_get_answers (GstIceNiceConsent *self)
{
  assert_is (self, CONSENT);
  return PLACE (ANSWERS);
}

GstIceSteering *
gst_ice_nice_consent_add_socket (GstIceNiceConsent *self, GSocket *socket)
{
  return has_steering ? PLACE (STEERING) : NULL;
}

void
gst_ice_nice_consent_set_relayed (GstIceNiceConsent *self,
    GstIceNiceConsentRelayed relayed, gpointer user_data)
{
  g_assert_true (relayed == gst_ice_nice_media_set_relay);
  assert_is (user_data, MEDIA);
  g_string_append (calls, "relayed ");
}

void
gst_ice_nice_consent_set_agent (GstIceNiceConsent *self, NiceAgent *agent,
    guint stream, guint component, GstIceNicePairs *pairs)
{
  assert_is (agent, AGENT);
  assert_is (pairs, PAIRS);
  g_string_append_printf (calls, "consent:%u:%u ", stream, component);
}

GstIceNiceAnswerer *
gst_ice_nice_answerer_new (GMainContext *context, GPtrArray *steerings,
    GstIceNiceAnswered answered, gpointer user_data)
{
  g_assert_true (answered == gst_ice_nice_reports_answered);
  return PLACE (ANSWERER);
}

void
gst_ice_nice_answerer_set_agent (
    GstIceNiceAnswerer *self, GstIceNicePairs *pairs, GstIceNiceRoles *roles)
{
  assert_is (self, ANSWERER);
  assert_is (pairs, PAIRS);
  assert_is (roles, ROLES);
  g_string_append (calls, "answerer ");
}

GstIceNicePairs *
gst_ice_nice_pairs_new (GstIceTransport *transport, GstIceIo *io,
    gpointer agent, GstIceNiceFloodGuard *guard, GstIceNiceRoles *roles,
    GstIceAmplification *amplification, GstIceAlarm *checked)
{
  assert_is (agent, AGENT);
  assert_is (amplification, AMPLIFICATION);
  assert_is (checked, CHECKED);
  return PLACE (PAIRS);
}

gboolean
gst_ice_nice_pairs_has_trace (GstIceNicePairs *self)
{
  return has_trace;
}

gboolean
gst_ice_nice_pairs_check_trace (GstIceNicePairs *self)
{
  assert_is (self, PAIRS);
  g_string_append (calls, "trace ");
  return has_trace;
}

void
gst_ice_nice_pairs_add_socket (
    GstIceNicePairs *self, GSocket *socket, gboolean is_steered)
{
  g_string_append (calls, is_steered ? "steered-socket " : "socket ");
}

void
gst_ice_nice_pairs_watch_senders (GstIceNicePairs *self, gint *senders)
{
  assert_is (senders, SENDERS);
  g_string_append (calls, "senders ");
}

GstIceNicePace *
gst_ice_nice_pace_new (GMainContext *io, GMainContext *context, gpointer agent)
{
  assert_is (io, IO_CONTEXT);
  assert_is (context, CONTEXT);
  assert_is (agent, AGENT);
  g_string_append (calls, "pace ");
  return PLACE (PACE);
}

GstIceNiceTcpAdmission *
gst_ice_nice_tcp_admission_new (GMainContext *context, NiceAgent *agent,
    const gchar *ufrag, const gchar *password, GstIceStunResponses *answers,
    GstIceNiceTcpAdmissionFunc lost, gpointer user_data)
{
  assert_is (context, CONTEXT);
  assert_is (answers, ANSWERS);
  g_string_append_printf (calls, "admission:%s:%s ", ufrag, password);
  return PLACE (ADMISSION);
}

void
gst_ice_nice_tcp_admission_add_socket (
    GstIceNiceTcpAdmission *self, GSocket *socket)
{
  g_string_append (calls, "admitted ");
}

void
gst_ice_nice_media_add_turn_server (
    GstIceNiceMedia *self, const gchar *address, guint16 port)
{
  g_string_append_printf (calls, "turn:%s:%u ", address, port);
}

void
gst_ice_nice_media_set_relay (const GstIceStunRelay *relay, gpointer data)
{
}

void
gst_ice_nice_media_add_steering (
    GstIceNiceMedia *self, GstIceSteering *steering, GMainContext *context)
{
  assert_is (context, IO_CONTEXT);
  g_string_append (calls, "steering ");
}

gboolean
gst_ice_nice_stun_discovery_is_possible (const GstIceGatherOptions *options)
{
  return discovers;
}

GstIceNiceStunDiscovery *
gst_ice_nice_stun_discovery_new (GstIceTransport *transport,
    GMainContext *context, GstIceStunResponses *answers,
    const IceServer *server, const GstIceNiceStunDiscoveryFuncs *functions,
    gpointer user_data)
{
  assert_is (answers, ANSWERS);
  g_assert_nonnull (server);
  discovery_funcs = functions;
  return PLACE (DISCOVERY);
}

void
gst_ice_nice_stun_discovery_begin (GstIceNiceStunDiscovery *self,
    GstIceNiceConsent *consent, GSList *candidates)
{
  assert_is (consent, CONSENT);
  g_string_append_printf (calls, "discover:%u ", g_slist_length (candidates));
}

GstIceNiceServers *
gst_ice_nice_servers_new (GstIceTransport *transport, GstIceIo *io,
    NiceAgent *agent, const GstIceGatherOptions *options,
    GstIceStunResponses *answers, IceTurnPeers *peers,
    GstIceNiceFloodGuard *guard, GstIceNiceGathered gathered,
    gpointer user_data)
{
  g_string_append_printf (calls, "servers:%s:%s ",
      options->stun_server != NULL ? "stun" : "no-stun",
      peers != NULL ? "peers" : "no-peers");
  return PLACE (SERVERS);
}

gboolean
gst_ice_nice_servers_gather (
    GstIceNiceServers *self, guint stream, guint component)
{
  g_string_append_printf (calls, "gather:%u:%u ", stream, component);
  return gathers;
}

GstIceNiceSelection *
gst_ice_nice_selection_new (GMainContext *context,
    const GstIceNiceSelectionParts *parts, GstIceNiceSelectionFunc selects,
    gpointer user_data)
{
  assert_is (parts->pairs, PAIRS);
  assert_is (parts->media, MEDIA);
  g_assert_cmpuint (parts->stream_id, ==, STREAM);
  g_assert_cmpuint (parts->component_id, ==, COMPONENT);
  g_string_append (
      calls, parts->admission != NULL ? "tcp-selection " : "selection ");
  return PLACE (SELECTION);
}

GstIceNiceFollower *
gst_ice_nice_follower_new (
    GMainContext *context, const GstIceNiceFollowerParts *parts)
{
  assert_is (parts->selection, SELECTION);
  g_assert_cmpuint (parts->stream, ==, STREAM);
  g_assert_cmpuint (parts->component, ==, COMPONENT);
  g_string_append (calls, "follower ");
  return PLACE (FOLLOWER);
}

/* libnice. */

gboolean
nice_agent_add_local_address (NiceAgent *agent, NiceAddress *address)
{
  gchar text[NICE_ADDRESS_STRING_LEN];
  g_autofree gchar *expected = g_strdup_printf ("10.0.0.%u", ++n_added);

  nice_address_to_string (address, text);
  g_assert_cmpstr (text, ==, expected);
  return TRUE;
}

guint
nice_agent_add_stream (NiceAgent *agent, guint n_components)
{
  g_assert_cmpuint (n_components, ==, 1);
  return STREAM;
}

gboolean
nice_agent_set_local_credentials (
    NiceAgent *agent, guint stream, const gchar *ufrag, const gchar *password)
{
  g_string_append_printf (calls, "credentials:%s:%s ", ufrag, password);
  return TRUE;
}

void
nice_agent_set_port_range (
    NiceAgent *agent, guint stream, guint component, guint min, guint max)
{
  g_string_append_printf (calls, "range:%u-%u ", min, max);
}

GPtrArray *
nice_agent_get_sockets (NiceAgent *agent, guint stream, guint component)
{
  GPtrArray *sockets;
  guint i;

  if (!has_sockets)
    return NULL;
  sockets = g_ptr_array_new ();
  for (i = 0; i < N_SOCKETS; i++)
    g_ptr_array_add (sockets, &places[IO]);
  return sockets;
}

GSList *
nice_agent_get_local_candidates (
    NiceAgent *agent, guint stream, guint component)
{
  return g_slist_append (NULL, nice_candidate_new (NICE_CANDIDATE_TYPE_HOST));
}

/* The test. */

static void
set_value (Fixture *f, GstIceSetting id, GType type, const gchar *text)
{
  g_auto (GValue) value = G_VALUE_INIT;

  g_value_init (&value, type);
  g_assert_true (gst_value_deserialize (&value, text));
  g_assert_true (gst_ice_settings_set (&f->settings, id, &value, NULL));
}

static void
set_up (Fixture *f, gconstpointer unused)
{
  calls = g_string_new (NULL);
  discovers = FALSE;
  gathers = has_trace = has_steering = has_sockets = TRUE;
  descriptors_left = 2;
  n_addresses = 2;
  n_added = range_max = 0;
  gst_ice_settings_init (&f->settings);
  set_value (f, GST_ICE_SETTING_DISCONNECTED_TIMEOUT, G_TYPE_UINT,
      G_STRINGIFY (DISCONNECTED));
  set_value (
      f, GST_ICE_SETTING_FAILED_TIMEOUT, G_TYPE_UINT, G_STRINGIFY (FAILED));
  f->stun = ice_server_parse ("stun:10.0.0.9:3478", NULL);
  f->stun->address = g_strdup (f->stun->host);
  f->turn = g_ptr_array_new ();
  f->options = (GstIceGatherOptions){
    .settings = &f->settings,
    .local_ufrag = "ours",
    .local_password = "secret",
    .role = GST_ICE_ROLE_UNKNOWN,
    .turn_servers = f->turn,
  };
  f->generation = (GstIceNiceGeneration){
    .transport = PLACE (TRANSPORT),
    .io = PLACE (IO),
    .media = PLACE (MEDIA),
    .steerings = g_ptr_array_new (),
  };
  g_mutex_init (&f->generation.lock);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  g_strfreev (f->generation.addresses);
  g_ptr_array_unref (f->generation.steerings);
  g_clear_pointer (&f->generation.turn_peers, ice_turn_peers_unref);
  g_mutex_clear (&f->generation.lock);
  ice_server_free (f->stun);
  g_ptr_array_unref (f->turn);
  gst_ice_settings_clear (&f->settings);
  g_string_free (calls, TRUE);
}

static void
assert_calls (const gchar *expected)
{
  g_assert_cmpstr (calls->str, ==, expected);
  g_string_truncate (calls, 0);
}

static void
assert_gathers (Fixture *f, const gchar *expected)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (
      gst_ice_nice_generation_gather (&f->generation, &f->options, &error));
  g_assert_no_error (error);
  assert_calls (expected);
}

#define STREAM_MADE                                                            \
  "credentials:ours:secret attach:7:1 events gather:7:1 trace "
#define SOCKETS                                                                \
  "steering steered-socket guarded steering steered-socket guarded "
#define REST "senders consent:7:1 selection follower watch "

/* Without servers; a role that is not known yet is that of libnice's default.
 */
static void
test_gather (Fixture *f, gconstpointer unused)
{
  assert_gathers (f,
      "media no-allocations controlling relayed local:ours:secret "
      "amplification agent:no-stun "
      "pace "
      "answerer servers:no-stun:no-peers " STREAM_MADE SOCKETS REST "options ");
  g_assert_cmpuint (n_added, ==, 2);
  g_assert_cmpuint (f->generation.steerings->len, ==, N_SOCKETS);
  g_assert_false (f->generation.relay_only);
  g_assert_false (f->generation.ice_tcp);
  g_assert_false (f->generation.discovering);
  g_assert_null (f->generation.turn_peers);
  g_assert_null (f->generation.admission);
}

static void
test_settings (Fixture *f, gconstpointer unused)
{
  set_value (f, GST_ICE_SETTING_ICE_TCP, G_TYPE_BOOLEAN, "true");
  set_value (f, GST_ICE_SETTING_ICE_TRANSPORT_POLICY,
      GST_TYPE_ICE_TRANSPORT_POLICY, "relay");
  f->options.role = GST_ICE_ROLE_CONTROLLED;
  f->options.amplification = PLACE (AMPLIFICATION);
  has_steering = FALSE;
  range_max = 1;
  assert_gathers (f,
      "media no-allocations controlled relayed local:ours:secret "
      "shared-amplification "
      "agent:no-stun "
      "answerer admission:ours:secret servers:no-stun:no-peers "
      "credentials:ours:secret range:5-1 attach:7:1 events gather:7:1 trace "
      "socket guarded admitted socket guarded admitted senders consent:7:1 "
      "tcp-selection follower watch options ");
  g_assert_cmpuint (f->generation.steerings->len, ==, 0);
  g_assert_true (f->generation.relay_only);
  g_assert_true (f->generation.ice_tcp);
}

/* Our own requests to the STUN server, or libnice's. */
static void
test_discovery (Fixture *f, gconstpointer unused)
{
  NiceCandidate *candidate = nice_candidate_new (NICE_CANDIDATE_TYPE_HOST);

  f->options.stun_server = f->stun;
  discovers = TRUE;
  assert_gathers (f,
      "media no-allocations controlling relayed local:ours:secret "
      "amplification agent:no-stun "
      "pace "
      "answerer servers:no-stun:no-peers " STREAM_MADE SOCKETS REST
      "discover:1 options ");
  g_assert_true (f->generation.discovering);
  discovery_funcs->found (candidate, &f->generation);
  assert_calls ("new-candidate repeat ");
  discovery_funcs->done (&f->generation);
  assert_calls ("discovered ");
  nice_candidate_free (candidate);
}

static void
test_stun_of_libnice (Fixture *f, gconstpointer unused)
{
  f->options.stun_server = f->stun;
  assert_gathers (f,
      "media no-allocations controlling relayed local:ours:secret "
      "amplification agent:stun "
      "pace "
      "guard:10.0.0.9:3478 answerer servers:stun:no-peers " STREAM_MADE SOCKETS
          REST "options ");
}

/* Data of TURN servers is judged; requests that libnice sent before the filter
 * was there are repeated. */
static void
test_turn (Fixture *f, gconstpointer unused)
{
  g_ptr_array_add (f->turn, f->stun);
  f->stun->other_address = g_strdup ("2001:db8::9");
  assert_gathers (f,
      "media turn:10.0.0.9:3478 turn:2001:db8::9:3478 guard-peers controlling "
      "relayed local:ours:secret "
      "amplification agent:no-stun pace answerer "
      "servers:no-stun:peers " STREAM_MADE SOCKETS REST "options ");
  g_assert_cmpuint (f->generation.n_turn_servers, ==, 1);
}

static void
test_turn_without_trace (Fixture *f, gconstpointer unused)
{
  g_ptr_array_add (f->turn, f->stun);
  f->stun->transport = ICE_SERVER_TRANSPORT_TCP;
  f->stun->other_address = g_strdup ("2001:db8::9");
  has_trace = has_sockets = FALSE;
  assert_gathers (f,
      "media turn:(null):3478 guard-peers controlling relayed "
      "local:ours:secret "
      "amplification agent:no-stun pace answerer "
      "servers:no-stun:peers " STREAM_MADE "drain " REST "options ");
}

static void
test_no_trace (Fixture *f, gconstpointer unused)
{
  has_trace = FALSE;
  gst_ice_nice_generation_gather (&f->generation, &f->options, NULL);
  g_assert_null (strstr (calls->str, "drain"));
}

/* libnice has room for some addresses only. */
static void
test_many_addresses (Fixture *f, gconstpointer unused)
{
  n_addresses = MAX_ADDRESSES + 2;
  g_assert_true (
      gst_ice_nice_generation_gather (&f->generation, &f->options, NULL));
  g_assert_cmpuint (n_added, ==, MAX_ADDRESSES);
}

static void
assert_fails (Fixture *f, gint code, const gchar *last_call)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (
      gst_ice_nice_generation_gather (&f->generation, &f->options, &error));
  g_assert_error (error, G_IO_ERROR, code);
  g_assert_true (g_str_has_suffix (calls->str, last_call));
}

static void
test_no_descriptors (Fixture *f, gconstpointer unused)
{
  descriptors_left = 0;
  assert_fails (f, G_IO_ERROR_TOO_MANY_OPEN_FILES, "");
  assert_calls ("");
  descriptors_left = 1;
  assert_fails (f, G_IO_ERROR_TOO_MANY_OPEN_FILES, "servers:no-stun:no-peers ");
}

static void
test_no_addresses (Fixture *f, gconstpointer unused)
{
  n_addresses = 0;
  assert_fails (f, G_IO_ERROR_NOT_FOUND, "servers:no-stun:no-peers ");
}

static void
test_no_socket (Fixture *f, gconstpointer unused)
{
  gathers = FALSE;
  assert_fails (f, G_IO_ERROR_FAILED, "gather:7:1 ");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
#define TEST(name)                                                             \
  g_test_add (                                                                 \
      "/gathering/" #name, Fixture, NULL, set_up, test_##name, tear_down)
  TEST (gather);
  TEST (settings);
  TEST (discovery);
  TEST (stun_of_libnice);
  TEST (turn);
  TEST (turn_without_trace);
  TEST (no_trace);
  TEST (many_addresses);
  TEST (no_descriptors);
  TEST (no_addresses);
  TEST (no_socket);
  return g_test_run ();
}
