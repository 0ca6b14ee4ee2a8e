/* gst-ice: test of gathering from servers: what libnice, the tunnels and the
 * ports are given, when it ends, and which errors are reported.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * All of these, the model of the servers, alarms and the clock are played by
 * this file. */

#include "agent/gsticeniceservers.h"
#include "playedalarms.h"
#include "trace/nicelog.h"
#include "trace/niceservers.h"
#include "tunnel/gsticetunnel.h"
#include "tunnel/gsticeturnport.h"
#include <string.h>

#define NOW G_GINT64_CONSTANT (1000000000)
#define MS G_TIME_SPAN_MILLISECOND
#define UDP "turn://user:password@10.0.0.1:3478"
#define TCP "turn://user:password@10.0.0.2:3478?transport=tcp"
#define URL "turn://user:***@10.0.0.1:3478?transport=udp"
#define STREAM 3
#define COMPONENT 4

struct _GstIceTunnel
{
  GstIceTunnelCallbacks callbacks;
  gpointer user_data;
};

struct _GstIceTurnPort
{
  GstIceTurnPortFailed failed;
  gpointer user_data;
};

typedef struct
{
  GstIceSettings settings;
  IceServer *stun;
  GPtrArray *turn;
  GstIceNiceServers *servers;
  GstIceNiceServers *freed; /* by the observer of an error */
} Fixture;

static GString *calls; /* a word each */
static const gint agent, answers, peers, guard, model;
/* alarms: the limit, and that of the last candidate */
static GstIceTunnel tunnel;
static GstIceTurnPort port;
static GSocketFamily tunnel_family;
static GInetSocketAddress *here; /* where both listen; NULL: they fail */
static GQueue queue;             /* of GSource, for the I/O thread */
static NiceLogFunc on_trace;
static gpointer on_trace_data;

/* What the model of the servers answers. */
static gboolean has_trace, may_ask, is_over, others_answered, changes, is_loop;
static gboolean has_4, has_6, gathers;
static const IceServer *other_port;
static guint n_taken; /* of the TURN servers */
static GArray *failures;

gint64
g_get_monotonic_time (void)
{
  return NOW;
}

/* Alarms, and the I/O thread. */

GMainContext *
gst_ice_io_get_context (GstIceIo *io)
{
  return NULL;
}

void
gst_ice_io_invoke (
    GstIceIo *io, GSourceFunc function, gpointer data, GDestroyNotify notify)
{
  GSource *source = g_idle_source_new ();

  g_source_set_callback (source, function, data, notify);
  g_queue_push_tail (&queue, source);
}

/* What was queued runs, once. */
static void
run_queue (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  GSource *source;
  guint i;

  while ((source = g_queue_pop_head (&queue)) != NULL) {
    g_source_attach (source, context);
    g_source_unref (source);
  }
  for (i = 0; g_main_context_iteration (context, FALSE); i++)
    g_assert_cmpuint (i, <, 10);
}

/* libnice. */

gboolean
nice_agent_gather_candidates (NiceAgent *its_agent, guint stream)
{
  g_assert_cmpuint (stream, ==, STREAM);
  g_string_append (calls, "gather ");
  return gathers;
}

gboolean
nice_agent_set_relay_info (NiceAgent *its_agent, guint stream, guint component,
    const gchar *address, guint its_port, const gchar *username,
    const gchar *password, NiceRelayType type)
{
  g_assert_cmpuint (stream, ==, STREAM);
  g_assert_cmpuint (component, ==, COMPONENT);
  g_assert_cmpstr (username, ==, "user");
  g_assert_cmpstr (password, ==, "password");
  g_string_append_printf (calls, "relay:%s:%u:%s ", address, its_port,
      type == NICE_RELAY_TYPE_TURN_UDP ? "udp" : "tcp");
  return TRUE;
}

void
nice_log_watch (gpointer its_agent, gboolean error_codes, NiceLogFunc function,
    gpointer user_data)
{
  g_assert_true (error_codes);
  on_trace = function;
  on_trace_data = user_data;
}

void
nice_log_unwatch (gpointer its_agent, gpointer user_data)
{
  g_assert_true (user_data == on_trace_data);
  g_string_append (calls, "unwatch ");
}

void
gst_ice_nice_flood_guard_add_tunnel (
    GstIceNiceFloodGuard *flood_guard, const NiceAddress *address)
{
  g_string_append_printf (calls, "guard:%u ", nice_address_get_port (address));
}

void
gst_ice_nice_flood_guard_drop_allocate_errors (
    GstIceNiceFloodGuard *flood_guard)
{
  g_string_append (calls, "drop-errors ");
}

void
gst_ice_nice_flood_guard_drop_server_errors (
    GstIceNiceFloodGuard *flood_guard, const gchar *address, guint16 its_port)
{
  g_string_append_printf (calls, "drop:%s:%u ", address, its_port);
}

/* The model of the servers. */

NiceServers *
nice_servers_new (const IceServer *stun, const GPtrArray *turn, gboolean tcp)
{
  g_string_append_printf (
      calls, "%s:%u:%d ", stun != NULL ? stun->host : "none", turn->len, tcp);
  return (NiceServers *) &model;
}

void
nice_servers_free (NiceServers *servers)
{
  g_string_append (calls, "freed ");
}

void
nice_servers_add_candidate (NiceServers *servers, const IceCandidate *candidate)
{
  g_string_append (calls, "candidate ");
}

gboolean
nice_servers_has_base (const NiceServers *servers, IceAddressKind kind)
{
  return kind == ICE_ADDRESS_IPV4 ? has_4 : has_6;
}

gboolean
nice_servers_has_gathered (const NiceServers *servers, gboolean signalled)
{
  if (signalled)
    g_string_append (calls, "signalled ");
  return is_over;
}

gboolean
nice_servers_has_trace (const NiceServers *servers)
{
  return has_trace;
}

gboolean
nice_servers_have_others_answered (const NiceServers *servers)
{
  return others_answered;
}

GArray *
nice_servers_list_failures (const NiceServers *servers)
{
  return g_array_ref (failures);
}

gboolean
nice_servers_may_ask_turn (const NiceServers *servers)
{
  return may_ask;
}

void
nice_servers_set_failed (NiceServers *servers, const IceServer *server,
    guint code, const gchar *detail)
{
  g_string_append_printf (
      calls, "failed:%s:%u:%s ", server->host, code, detail);
}

void
nice_servers_set_reached (NiceServers *servers, const IceServer *server,
    const gchar *address, guint16 its_port, const gchar *local)
{
  g_string_append_printf (calls, "reached:%s:%u:%s ", address, its_port, local);
}

gboolean
nice_servers_step (NiceServers *servers, const NiceTraceEvent *line)
{
  return changes;
}

static Fixture *fixture;

const IceServer *
nice_servers_take_next_turn (NiceServers *servers)
{
  return n_taken < fixture->turn->len
      ? g_ptr_array_index (fixture->turn, n_taken++)
      : NULL;
}

const IceServer *
nice_servers_take_other_port (NiceServers *servers)
{
  const IceServer *server = other_port;

  other_port = NULL;
  return server;
}

gboolean
nice_servers_take_retry_loop (NiceServers *servers, NiceTraceEndpoint *from)
{
  *from = (NiceTraceEndpoint){ "10.0.0.9", 3478 };
  return is_loop;
}

/* Tunnels and ports. */

GstIceTunnel *
gst_ice_tunnel_new (const IceServer *server, GstIceIo *io,
    GTlsDatabase *trusted, guint timeout,
    const GstIceTunnelCallbacks *callbacks, gpointer user_data)
{
  g_string_append_printf (calls, "tunnel:%s:%u ", server->host, timeout);
  tunnel = (GstIceTunnel){ *callbacks, user_data };
  return &tunnel;
}

void
gst_ice_tunnel_set_answers (
    GstIceTunnel *self, GstIceStunResponses *its_answers)
{
  g_assert_true ((gpointer) its_answers == (gpointer) &answers);
  g_string_append (calls, "answers ");
}

void
gst_ice_tunnel_set_peers (GstIceTunnel *self, IceTurnPeers *its_peers)
{
  g_assert_true ((gpointer) its_peers == (gpointer) &peers);
  g_string_append (calls, "peers ");
}

GSocketFamily
gst_ice_tunnel_get_family (GstIceTunnel *self)
{
  return tunnel_family;
}

gchar *
gst_ice_tunnel_dup_local_address (GstIceTunnel *self)
{
  return g_strdup ("10.0.0.5");
}

GInetSocketAddress *
gst_ice_tunnel_listen (GstIceTunnel *self, GSocketFamily family, GError **error)
{
  g_string_append_printf (
      calls, "listen:%s ", family == G_SOCKET_FAMILY_IPV4 ? "4" : "6");
  if (here == NULL)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "full");
  return here;
}

void
gst_ice_tunnel_accept (GstIceTunnel *self)
{
  g_string_append (calls, "accept ");
}

void
gst_ice_tunnel_let_go (GstIceTunnel *self)
{
  g_string_append (calls, "let-go ");
}

GstIceTurnPort *
gst_ice_turn_port_new (const IceServer *server, GstIceIo *io,
    GstIceStunResponses *its_answers, GstIceTurnPortFailed failed,
    gpointer user_data, GError **error)
{
  g_string_append_printf (calls, "port:%s ", server->host);
  port = (GstIceTurnPort){ failed, user_data };
  if (here == NULL)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "full");
  return here != NULL ? &port : NULL;
}

void
gst_ice_turn_port_set_peers (GstIceTurnPort *self, IceTurnPeers *its_peers)
{
  g_string_append (calls, "peers ");
}

GInetSocketAddress *
gst_ice_turn_port_get_address (GstIceTurnPort *self)
{
  return here;
}

void
gst_ice_turn_port_accept (GstIceTurnPort *self)
{
  g_string_append (calls, "accept ");
}

void
gst_ice_turn_port_let_go (GstIceTurnPort *self)
{
  g_string_append (calls, "let-go ");
}

GstIceStunResponses *
gst_ice_stun_responses_ref (GstIceStunResponses *self)
{
  return self;
}

void
gst_ice_stun_responses_unref (GstIceStunResponses *self)
{
}

IceTurnPeers *
ice_turn_peers_ref (IceTurnPeers *self)
{
  g_assert_nonnull (self);
  return self;
}

void
ice_turn_peers_unref (IceTurnPeers *self)
{
}

/* What is reported. */

void
gst_ice_transport_report_candidate_error (
    GstIceTransport *self, const GstIceCandidateError *error)
{
  g_string_append_printf (calls, "error:%u:%s:%u:%s:%s ", error->code,
      error->address, error->port, error->url, error->text);
  if (fixture->freed != NULL)
    gst_ice_nice_servers_free (g_steal_pointer (&fixture->freed));
}

void
gst_ice_transport_report_problem (
    GstIceTransport *self, const GError *error, gboolean fatal)
{
  g_assert_false (fatal);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED);
  g_string_append_printf (calls, "problem:%s ", error->message);
  if (fixture->freed != NULL)
    gst_ice_nice_servers_free (g_steal_pointer (&fixture->freed));
}

static void
on_gathered (gpointer data)
{
  g_string_append (calls, "gathered ");
}

/* The test. */

static GstObject *owner; /* in place of the transport */

static void
assert_calls (const gchar *expected)
{
  g_assert_cmpstr (calls->str, ==, expected);
  g_string_truncate (calls, 0);
}

static void
set_up (Fixture *f, gconstpointer unused)
{
  fixture = f;
  calls = g_string_new (NULL);
  owner = GST_OBJECT (gst_pad_new ("owner", GST_PAD_SRC));
  gst_object_ref_sink (owner);
  gst_ice_settings_init (&f->settings);
  f->stun = ice_server_parse ("stun://10.0.0.9:3478", NULL);
  f->turn = g_ptr_array_new_with_free_func ((GDestroyNotify) ice_server_free);
  failures = g_array_new (FALSE, TRUE, sizeof (IceServerFailure));
  has_trace = may_ask = gathers = TRUE;
  is_over = others_answered = changes = is_loop = has_4 = has_6 = FALSE;
  other_port = NULL;
  n_taken = n_alarms = 0;
  tunnel_family = G_SOCKET_FAMILY_IPV6;
  here = G_INET_SOCKET_ADDRESS (
      g_inet_socket_address_new_from_string ("127.0.0.1", 7777));
}

static void
close_servers (Fixture *f)
{
  g_clear_pointer (&f->servers, gst_ice_nice_servers_free);
  run_queue ();
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  if (f->servers != NULL) {
    close_servers (f);
    g_assert_true (g_str_has_suffix (calls->str, "freed "));
  }
  g_assert_null (alarms[0].function);
  g_assert_null (alarms[1].function);
  g_clear_object (&here);
  g_array_unref (failures);
  g_ptr_array_unref (f->turn);
  ice_server_free (f->stun);
  gst_ice_settings_clear (&f->settings);
  g_assert_cmpint (GST_OBJECT_REFCOUNT_VALUE (owner), ==, 1);
  gst_object_unref (owner);
  g_string_free (calls, TRUE);
}

static void
add_turn (Fixture *f, const gchar *uri)
{
  IceServer *server = ice_server_parse (uri, NULL);

  server->address = g_strdup (server->host);
  g_ptr_array_add (f->turn, server);
}

static void
make (Fixture *f, gboolean with_peers)
{
  const GstIceGatherOptions options = {
    .settings = &f->settings, .stun_server = f->stun, .turn_servers = f->turn
  };

  f->servers = gst_ice_nice_servers_new ((GstIceTransport *) owner, NULL,
      (NiceAgent *) &agent, &options, (GstIceStunResponses *) &answers,
      with_peers ? (IceTurnPeers *) &peers : NULL,
      (GstIceNiceFloodGuard *) &guard, on_gathered, NULL);
}

static void
begin (Fixture *f)
{
  make (f, TRUE);
  g_string_truncate (calls, 0);
  g_assert_true (gst_ice_nice_servers_gather (f->servers, STREAM, COMPONENT));
  run_queue ();
}

static void
set_relay_only (Fixture *f)
{
  g_auto (GValue) value = G_VALUE_INIT;

  g_value_init (&value, GST_TYPE_ICE_TRANSPORT_POLICY);
  g_value_set_enum (&value, GST_ICE_TRANSPORT_POLICY_RELAY);
  g_assert_true (gst_ice_settings_set (
      &f->settings, GST_ICE_SETTING_ICE_TRANSPORT_POLICY, &value, NULL));
}

/* The STUN server is of no use to relay-only. */
static void
test_new (Fixture *f, gconstpointer unused)
{
  make (f, FALSE);
  assert_calls ("10.0.0.9:0:0 ");
  g_assert_cmpint (alarms[0].when, ==, NOW + 20 * G_TIME_SPAN_SECOND);
  g_assert_cmpint (alarms[1].when, ==, -1);
  close_servers (f);
  assert_calls ("unwatch freed ");
  n_alarms = 0;
  set_relay_only (f);
  make (f, FALSE);
  assert_calls ("none:0:0 ");
}

/* TURN servers are asked when the model permits it. */
static void
test_asks (Fixture *f, gconstpointer unused)
{
  add_turn (f, UDP);
  add_turn (f, TCP);
  may_ask = FALSE;
  begin (f);
  assert_calls ("gather ");
  may_ask = changes = TRUE;
  on_trace (NULL, on_trace_data);
  run_queue ();
  assert_calls ("relay:10.0.0.1:3478:udp tunnel:10.0.0.2:5000 answers peers ");
  changes = FALSE;
  on_trace (NULL, on_trace_data);
  g_assert_cmpuint (queue.length, ==, 0);
  close_servers (f);
  assert_calls ("unwatch let-go freed ");
}

/* Without a trace libnice is given them before it gathers. */
static void
test_without_trace (Fixture *f, gconstpointer unused)
{
  add_turn (f, UDP);
  has_trace = FALSE;
  begin (f);
  assert_calls ("relay:10.0.0.1:3478:udp gather ");
}

static void
test_cannot_gather (Fixture *f, gconstpointer unused)
{
  add_turn (f, UDP);
  gathers = FALSE;
  make (f, TRUE);
  g_string_truncate (calls, 0);
  g_assert_false (gst_ice_nice_servers_gather (f->servers, STREAM, COMPONENT));
  run_queue ();
  assert_calls ("gather ");
}

static void
open_tunnel (Fixture *f)
{
  add_turn (f, TCP);
  begin (f);
  g_string_truncate (calls, 0);
}

/* libnice gets the tunnel's local port. */
static void
test_reached (Fixture *f, gconstpointer unused)
{
  open_tunnel (f);
  gst_ice_nice_servers_signalled (f->servers);
  assert_calls ("signalled ");
  tunnel.callbacks.reached (&tunnel, tunnel.user_data);
  assert_calls ("listen:6 guard:7777 reached:127.0.0.1:7777:10.0.0.5 "
                "relay:127.0.0.1:7777:tcp accept signalled ");
}

/* Without a trace libnice's signal is awaited again. */
static void
test_reached_without_trace (Fixture *f, gconstpointer unused)
{
  open_tunnel (f);
  gst_ice_nice_servers_signalled (f->servers);
  has_trace = FALSE;
  g_string_truncate (calls, 0);
  tunnel.callbacks.reached (&tunnel, tunnel.user_data);
  assert_calls ("listen:6 guard:7777 reached:127.0.0.1:7777:10.0.0.5 "
                "relay:127.0.0.1:7777:tcp accept ");
}

/* The IP version is that of the local addresses, if there is only one. */
static void
test_family (Fixture *f, gconstpointer unused)
{
  open_tunnel (f);
  has_4 = TRUE;
  tunnel.callbacks.reached (&tunnel, tunnel.user_data);
  g_assert_true (g_str_has_prefix (calls->str, "listen:4 "));
  g_string_truncate (calls, 0);
  has_6 = TRUE;
  tunnel.callbacks.reached (&tunnel, tunnel.user_data);
  g_assert_true (g_str_has_prefix (calls->str, "listen:6 "));
  g_string_truncate (calls, 0);
  has_4 = FALSE;
  tunnel_family = G_SOCKET_FAMILY_IPV4;
  tunnel.callbacks.reached (&tunnel, tunnel.user_data);
  g_assert_true (g_str_has_prefix (calls->str, "listen:6 "));
}

/* What fails is noted, and looked at afterwards. */
static void
test_tunnel_fails (Fixture *f, gconstpointer unused)
{
  open_tunnel (f);
  g_clear_object (&here);
  tunnel.callbacks.reached (&tunnel, tunnel.user_data);
  assert_calls (
      "listen:6 failed:10.0.0.2:0:could not be reached: full let-go ");
  is_over = TRUE;
  run_queue ();
  assert_calls ("unwatch drop-errors gathered ");
}

/* When gathering is over, libnice takes no server any more. */
static void
test_reached_late (Fixture *f, gconstpointer unused)
{
  open_tunnel (f);
  alarms[0].function (alarms[0].user_data); /* the time is over */
  assert_calls ("unwatch drop-errors gathered ");
  tunnel.callbacks.reached (&tunnel, tunnel.user_data);
  assert_calls ("let-go ");
}

/* Also after gathering. */
static void
test_lost (Fixture *f, gconstpointer unused)
{
  open_tunnel (f);
  is_over = TRUE;
  gst_ice_nice_servers_signalled (f->servers);
  g_assert_false (gst_ice_nice_servers_has_lost (f->servers));
  g_string_truncate (calls, 0);
  tunnel.callbacks.lost (&tunnel, "has gone", tunnel.user_data);
  assert_calls ("problem:the TURN server \"10.0.0.2:3478\" has gone; its "
                "relayed candidate is lost, and an ICE restart gathers a new "
                "one ");
  g_assert_true (gst_ice_nice_servers_has_lost (f->servers));
  close_servers (f);
  assert_calls ("let-go freed ");
}

/* The observer of a loss closes the transport. */
static void
test_closed_at_loss (Fixture *f, gconstpointer unused)
{
  open_tunnel (f);
  f->freed = g_steal_pointer (&f->servers);
  tunnel.callbacks.lost (&tunnel, "has gone", tunnel.user_data);
  g_assert_true (g_str_has_suffix (calls->str, " unwatch let-go freed "));
}

static void
test_tunnel_ends (Fixture *f, gconstpointer unused)
{
  open_tunnel (f);
  tunnel.callbacks.failed (&tunnel, 500, "has failed", tunnel.user_data);
  assert_calls ("failed:10.0.0.2:500:has failed let-go ");
  g_assert_cmpuint (queue.length, ==, 1);
}

/* A server that still has an allocation for the port gets requests from
 * another one. */
static void
test_port (Fixture *f, gconstpointer unused)
{
  add_turn (f, UDP);
  other_port = g_ptr_array_index (f->turn, 0);
  begin (f);
  assert_calls ("gather relay:10.0.0.1:3478:udp port:10.0.0.1 peers guard:7777 "
                "reached:127.0.0.1:7777:(null) relay:127.0.0.1:7777:tcp "
                "accept ");
  port.failed (&port, 437, "refuses", port.user_data);
  assert_calls ("failed:10.0.0.1:437:refuses let-go ");
  close_servers (f);
  assert_calls ("unwatch freed ");
}

static void
test_no_port (Fixture *f, gconstpointer unused)
{
  add_turn (f, UDP);
  other_port = g_ptr_array_index (f->turn, 0);
  g_clear_object (&here);
  begin (f);
  assert_calls ("gather relay:10.0.0.1:3478:udp port:10.0.0.1 "
                "failed:10.0.0.1:0:(null) ");
}

static void
add_failure (Fixture *f, guint code, const gchar *detail)
{
  const IceServerFailure failure = {
    .server = g_ptr_array_index (f->turn, 0),
    .reason = ICE_SERVER_FAILURE_UNREACHABLE,
    .code = code,
    .address = "10.0.0.5",
    .port = 40001,
    .detail = detail,
  };

  g_array_append_val (failures, failure);
}

/* Each server that gave nothing is reported, then the end, once. */
static void
test_errors (Fixture *f, gconstpointer unused)
{
  g_autofree gchar *first = NULL, *second = NULL, *expected = NULL;
  IceServerFailure *failure;

  add_turn (f, UDP);
  begin (f);
  g_string_truncate (calls, 0);
  add_failure (f, 0, "is away");
  add_failure (f, 442, "is old");
  failure = &g_array_index (failures, IceServerFailure, 0);
  first = ice_server_failure_to_string (failure);
  second = ice_server_failure_to_string (failure + 1);
  expected = g_strdup_printf (
      "unwatch drop-errors error:701:10.0.0.5:40001:" URL
      ":%s error:442:10.0.0.5:40001:" URL ":%s gathered ",
      first, second);
  is_over = TRUE;
  gst_ice_nice_servers_signalled (f->servers);
  g_assert_true (g_str_has_prefix (calls->str, "signalled "));
  g_string_erase (calls, 0, strlen ("signalled "));
  assert_calls (expected);
  gst_ice_nice_servers_signalled (f->servers);
  alarms[0].user_data = alarms[1].user_data = NULL;
  assert_calls ("");
}

/* Relay-only does not expose the local address. */
static void
test_relay_only (Fixture *f, gconstpointer unused)
{
  add_turn (f, UDP);
  set_relay_only (f);
  begin (f);
  add_failure (f, 442, "is old");
  g_string_truncate (calls, 0);
  alarms[0].function (alarms[0].user_data); /* the time is over */
  g_assert_true (g_str_has_prefix (
      calls->str, "unwatch drop-errors error:442:(null):0:" URL ":"));
  g_assert_true (g_str_has_suffix (calls->str, " gathered "));
}

/* The observer of an error closes the transport. */
static void
test_closed_at_error (Fixture *f, gconstpointer unused)
{
  add_turn (f, UDP);
  begin (f);
  add_failure (f, 442, "is old");
  add_failure (f, 442, "is old");
  g_string_truncate (calls, 0);
  is_over = TRUE;
  f->freed = g_steal_pointer (&f->servers);
  gst_ice_nice_servers_signalled (f->freed);
  g_assert_true (
      g_str_has_prefix (calls->str, "signalled unwatch drop-errors error:"));
  g_assert_null (strstr (strstr (calls->str, "error:442") + 1, "error:442"));
  g_assert_null (strstr (calls->str, "gathered"));
}

/* When only servers that were given up are left, their candidate may still be
 * on its way. */
static void
test_last_candidate (Fixture *f, gconstpointer unused)
{
  begin (f);
  g_assert_cmpint (alarms[1].when, ==, -1);
  others_answered = TRUE;
  gst_ice_nice_servers_signalled (f->servers);
  g_assert_cmpint (alarms[1].when, ==, NOW + 200 * MS);
  alarms[1].when = 1;
  gst_ice_nice_servers_signalled (f->servers);
  g_assert_cmpint (alarms[1].when, ==, 1);
  g_string_truncate (calls, 0);
  others_answered = FALSE;
  alarms[1].function (alarms[1].user_data);
  assert_calls ("");
  others_answered = TRUE;
  alarms[1].function (alarms[1].user_data);
  assert_calls ("unwatch drop-errors gathered ");
}

static void
test_retry_loop (Fixture *f, gconstpointer unused)
{
  begin (f);
  g_string_truncate (calls, 0);
  on_trace (NULL, on_trace_data);
  assert_calls ("");
  is_loop = TRUE;
  on_trace (NULL, on_trace_data);
  assert_calls ("drop:10.0.0.9:3478 ");
}

static void
refuse (Fixture *f, const gchar *type)
{
  g_autofree gchar *text = g_strdup_printf (
      "candidate:1 1 UDP 1 127.0.0.1 "
      "40001 typ %s raddr 0.0.0.0 rport 0",
      type);
  g_autoptr (IceCandidate) candidate = ice_candidate_parse (text, NULL);

  gst_ice_nice_servers_refuse_candidate (f->servers, candidate);
}

#define REFUSED                                                                \
  "127.0.0.1 port 40001, where no host can be reached: use another server"

/* Whose candidate it was is known where there is one TURN server. */
static void
test_refused (Fixture *f, gconstpointer unused)
{
  add_turn (f, UDP);
  begin (f);
  g_string_truncate (calls, 0);
  refuse (f, "relay");
  g_assert_true (g_str_has_prefix (calls->str, "error:701:(null):0:" URL ":"));
  g_assert_nonnull (
      strstr (calls->str, "reports that it relays from " REFUSED));
  g_string_truncate (calls, 0);
  is_over = TRUE;
  gst_ice_nice_servers_signalled (f->servers);
  g_string_truncate (calls, 0);
  refuse (f, "relay");
  assert_calls ("");
}

static void
test_refused_of_several (Fixture *f, gconstpointer unused)
{
  add_turn (f, UDP);
  add_turn (f, UDP);
  begin (f);
  g_string_truncate (calls, 0);
  refuse (f, "srflx");
  assert_calls ("error:701:(null):0:(null):one of the servers reports that it "
                "saw " REFUSED " ");
}

static void
test_candidate (Fixture *f, gconstpointer unused)
{
  g_autoptr (IceCandidate) candidate = ice_candidate_parse (
      "candidate:1 1 UDP 1 192.0.2.1 40001 typ host", NULL);

  begin (f);
  g_string_truncate (calls, 0);
  gst_ice_nice_servers_add_candidate (f->servers, candidate);
  assert_calls ("candidate ");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
#define TEST(name)                                                             \
  g_test_add ("/servers/" #name, Fixture, NULL, set_up, test_##name, tear_down)
  TEST (new);
  TEST (asks);
  TEST (without_trace);
  TEST (cannot_gather);
  TEST (reached);
  TEST (reached_without_trace);
  TEST (family);
  TEST (tunnel_fails);
  TEST (tunnel_ends);
  TEST (reached_late);
  TEST (lost);
  TEST (closed_at_loss);
  TEST (port);
  TEST (no_port);
  TEST (errors);
  TEST (relay_only);
  TEST (closed_at_error);
  TEST (last_candidate);
  TEST (retry_loop);
  TEST (refused);
  TEST (refused_of_several);
  TEST (candidate);
  return g_test_run ();
}
