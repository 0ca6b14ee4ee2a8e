/* gst-ice: the STUN and TURN servers of one NiceAgent.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Trace lines arrive with the agent's lock held; whether they ended gathering
 * is checked in the I/O thread, after libnice's earlier signals. */

#include "agent/gsticeniceservers.h"
#include "iothread/gsticealarm.h"
#include "tunnel/gsticetunnel.h"
#include "tunnel/gsticeturnport.h"
#include "trace/nicelog.h"
#include "trace/niceservers.h"

/* The time limit of gathering. libnice gives up a server that does not answer
 * after 2 s, one that answered only the first request after 4 s, and begins an
 * attempt every 20 ms. */
#define LIMIT (20 * G_TIME_SPAN_SECOND)

/* The time from an answer to the signal about its candidate, at most. */
#define LAST_CANDIDATE_DELAY (G_TIME_SPAN_SECOND / 5)

/* Time limit to connect to a server over TCP, ms: the same as that of resolving
 * its name. */
#define REACH_TIMEOUT 5000

struct _GstIceNiceServers
{
  GstIceTransport
      *transport; /* not referenced: it owns us; NULL after it was freed */
  GstIceIo *io;
  NiceAgent *agent; /* not referenced; NULL when it is not watched any more */
  GstIceStunResponses *answers;
  IceTurnPeers *peers;               /* NULL: there is no TURN server */
  GstIceNiceFloodGuard *flood_guard; /* not referenced: outlives us */
  guint stream, component;
  GstIceNiceGathered gathered;
  gpointer user_data;
  gboolean relay_only;
  IceServer *only_turn; /* NULL: there are several, or none */
  gboolean signalled;
  gboolean lost; /* an allocation has ended */
  GstIceAlarm *limit;
  GstIceAlarm *last_candidate; /* set while only servers that were given up
                                * are left */
  GPtrArray *proxies;          /* of Proxy; also after gathering */

  GMutex lock; /* a leaf */
  NiceServers *servers;
};

/* Between libnice and a TURN server: libnice connects to a local port instead.
 */
typedef struct
{
  GstIceNiceServers *servers; /* not referenced: owns it */
  const IceServer *server;
  GstIceTunnel *tunnel; /* one of these two is set */
  GstIceTurnPort *port;
} Proxy;

static void
proxy_free (gpointer data)
{
  Proxy *proxy = data;

  g_clear_pointer (&proxy->tunnel, gst_ice_tunnel_let_go);
  g_clear_pointer (&proxy->port, gst_ice_turn_port_let_go);
  g_free (proxy);
}

static void
clear (gpointer data)
{
  GstIceNiceServers *self = data;

  g_ptr_array_unref (self->proxies);
  gst_ice_stun_responses_unref (self->answers);
  g_clear_pointer (&self->peers, ice_turn_peers_unref);
  nice_servers_free (self->servers);
  g_clear_pointer (&self->only_turn, ice_server_free);
  g_mutex_clear (&self->lock);
}

static void
unref (gpointer self)
{
  g_atomic_rc_box_release_full (self, clear);
}

static void
report_failure (GstIceNiceServers *self, const IceServerFailure *failure)
{
  g_autofree gchar *url = ice_server_to_string (failure->server);
  g_autofree gchar *text = ice_server_failure_to_string (failure);
  GstIceCandidateError error = {
    /* W3C webrtc-pc section 4.8.2: no address that no candidate exposes */
    .address = self->relay_only ? NULL : failure->address,
    .port = self->relay_only ? 0 : failure->port,
    .url = url,
    .code = failure->code != 0 ? failure->code : GST_ICE_ERROR_CODE_UNREACHABLE,
    .text = text,
  };

  gst_ice_transport_report_candidate_error (self->transport, &error);
}

static void
stop (GstIceNiceServers *self)
{
  if (self->agent == NULL)
    return;
  nice_log_unwatch (self->agent, self);
  self->agent = NULL;
  g_clear_pointer (&self->limit, gst_ice_alarm_free);
  g_clear_pointer (&self->last_candidate, gst_ice_alarm_free);
}

/* An observer of an error may close the transport. */
static void
finish (GstIceNiceServers *self)
{
  g_autoptr (GstIceTransport)
      transport G_GNUC_UNUSED = gst_object_ref (self->transport);
  g_autoptr (GArray) failures = NULL;
  guint i;

  stop (self);
  gst_ice_nice_flood_guard_drop_allocate_errors (self->flood_guard);
  g_atomic_rc_box_acquire (self);
  failures = nice_servers_list_failures (self->servers);
  for (i = 0; i < failures->len && self->transport != NULL; i++)
    report_failure (self, &g_array_index (failures, IceServerFailure, i));
  if (self->transport != NULL)
    self->gathered (self->user_data);
  unref (self);
}

static gboolean advance (gpointer data);

static void
give_up (GstIceNiceServers *self, const IceServer *server, guint code,
    const gchar *why)
{
  g_mutex_lock (&self->lock);
  nice_servers_set_failed (self->servers, server, code, why);
  g_mutex_unlock (&self->lock);
  gst_ice_io_invoke (self->io, advance, g_atomic_rc_box_acquire (self), unref);
}

/* libnice sends requests only from local addresses of the same family. */
static GSocketFamily
choose_family (GstIceNiceServers *self, GstIceTunnel *tunnel)
{
  GSocketFamily family = gst_ice_tunnel_get_family (tunnel);
  gboolean has_4, has_6;

  g_mutex_lock (&self->lock);
  has_4 = nice_servers_has_base (self->servers, ICE_ADDRESS_IPV4);
  has_6 = nice_servers_has_base (self->servers, ICE_ADDRESS_IPV6);
  g_mutex_unlock (&self->lock);
  if (has_4 == has_6)
    return family;
  return has_4 ? G_SOCKET_FAMILY_IPV4 : G_SOCKET_FAMILY_IPV6;
}

/* Makes libnice use the local port; it connects within the call. */
static void
set_relay_address (GstIceNiceServers *self, const IceServer *server,
    GInetSocketAddress *here, const gchar *local)
{
  g_autofree gchar *address = g_inet_address_to_string (
      g_inet_socket_address_get_address (here));
  guint16 port = g_inet_socket_address_get_port (here);
  NiceAddress tunnel;

  nice_address_init (&tunnel);
  nice_address_set_from_string (&tunnel, address);
  nice_address_set_port (&tunnel, port);
  gst_ice_nice_flood_guard_add_tunnel (self->flood_guard, &tunnel);
  g_mutex_lock (&self->lock);
  nice_servers_set_reached (self->servers, server, address, port, local);
  g_mutex_unlock (&self->lock);
  if (!nice_servers_has_trace (self->servers))
    self->signalled = FALSE; /* it will be called again */
  nice_agent_set_relay_info (self->agent, self->stream, self->component,
      address, port, server->username, server->password,
      NICE_RELAY_TYPE_TURN_TCP);
}

static void
end_proxy (Proxy *proxy, guint code, const gchar *why)
{
  give_up (proxy->servers, proxy->server, code, why);
  g_ptr_array_remove (proxy->servers->proxies, proxy);
}

static void
on_tunnel_failed (
    GstIceTunnel *tunnel, guint code, const gchar *why, gpointer data)
{
  end_proxy (data, code, why);
}

static void
on_reached (GstIceTunnel *tunnel, gpointer data)
{
  Proxy *proxy = data;
  GstIceNiceServers *self = proxy->servers;
  g_autofree gchar *local = gst_ice_tunnel_dup_local_address (tunnel);
  g_autoptr (GError) error = NULL;
  GInetSocketAddress *here;

  if (self->agent == NULL) {
    g_ptr_array_remove (self->proxies, proxy); /* too late */
    return;
  }
  here = gst_ice_tunnel_listen (tunnel, choose_family (self, tunnel), &error);
  if (here == NULL) {
    g_autofree gchar *why = g_strdup_printf (
        "could not be reached: %s", error->message);

    end_proxy (proxy, 0, why);
    return;
  }
  set_relay_address (self, proxy->server, here, local);
  gst_ice_tunnel_accept (tunnel);
  advance (self);
}

/* libnice is not told, see gst_ice_tunnel_flow_drain(). An observer may close
 * the transport. */
static void
on_tunnel_lost (GstIceTunnel *tunnel, const gchar *why, gpointer data)
{
  const Proxy *proxy = data;
  GstIceNiceServers *self = proxy->servers;
  const IceServerFailure failure = {
    .server = proxy->server, .reason = ICE_SERVER_FAILURE_LOST, .detail = why
  };
  g_autofree gchar *text = ice_server_failure_to_string (&failure);
  g_autoptr (GError) problem = g_error_new_literal (
      G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED, text);

  self->lost = TRUE;
  gst_ice_transport_report_problem (self->transport, problem, FALSE);
}

static void
add_tunnel (GstIceNiceServers *self, const IceServer *server)
{
  static const GstIceTunnelCallbacks callbacks = { on_reached, on_tunnel_failed,
    on_tunnel_lost };
  Proxy *proxy = g_new0 (Proxy, 1);

  proxy->servers = self;
  proxy->server = server;
  proxy->tunnel = gst_ice_tunnel_new (
      server, self->io, NULL, REACH_TIMEOUT, &callbacks, proxy);
  gst_ice_tunnel_set_answers (proxy->tunnel, self->answers);
  gst_ice_tunnel_set_peers (proxy->tunnel, self->peers);
  g_ptr_array_add (self->proxies, proxy);
}

static void
on_port_failed (
    GstIceTurnPort *port, guint code, const gchar *why, gpointer data)
{
  end_proxy (data, code, why);
}

/* RFC 8656 section 7.4: the server still has an allocation for the port of the
 * host candidate, from which libnice sends its requests. */
static void
add_port (GstIceNiceServers *self, const IceServer *server)
{
  g_autoptr (GError) error = NULL;
  Proxy *proxy = g_new0 (Proxy, 1);

  proxy->servers = self;
  proxy->server = server;
  proxy->port = gst_ice_turn_port_new (
      server, self->io, self->answers, on_port_failed, proxy, &error);
  if (proxy->port == NULL) {
    g_free (proxy);
    give_up (self, server, 0, NULL);
    return;
  }
  gst_ice_turn_port_set_peers (proxy->port, self->peers);
  g_ptr_array_add (self->proxies, proxy);
  set_relay_address (
      self, server, gst_ice_turn_port_get_address (proxy->port), NULL);
  gst_ice_turn_port_accept (proxy->port);
}

static void
add_ports (GstIceNiceServers *self)
{
  for (;;) {
    const IceServer *server;

    g_mutex_lock (&self->lock);
    server = nice_servers_take_other_port (self->servers);
    g_mutex_unlock (&self->lock);
    if (server == NULL)
      return;
    add_port (self, server);
  }
}

/* libnice writes its lines about a server's attempts within the call. */
static void
begin_turn_servers (GstIceNiceServers *self)
{
  const IceServer *server;

  G_STATIC_ASSERT (NICE_SERVERS_MAX_TURN == NICE_CANDIDATE_MAX_TURN_SERVERS);
  for (;;) {
    g_mutex_lock (&self->lock);
    server = nice_servers_take_next_turn (self->servers);
    g_mutex_unlock (&self->lock);
    if (server == NULL)
      return;
    if (server->transport == ICE_SERVER_TRANSPORT_UDP)
      nice_agent_set_relay_info (self->agent, self->stream, self->component,
          server->address, server->port, server->username, server->password,
          NICE_RELAY_TYPE_TURN_UDP);
    else
      add_tunnel (self, server);
  }
}

static gboolean
advance (gpointer data)
{
  GstIceNiceServers *self = data;
  gboolean may_begin, is_over, is_last_due;

  if (self->agent == NULL)
    return G_SOURCE_REMOVE;
  g_mutex_lock (&self->lock);
  may_begin = nice_servers_may_ask_turn (self->servers);
  g_mutex_unlock (&self->lock);
  if (may_begin)
    begin_turn_servers (self);
  add_ports (self);
  g_mutex_lock (&self->lock);
  is_over = nice_servers_has_gathered (self->servers, self->signalled);
  is_last_due = nice_servers_have_others_answered (self->servers);
  g_mutex_unlock (&self->lock);
  if (is_over)
    finish (self);
  else if (is_last_due && !gst_ice_alarm_is_set (self->last_candidate))
    gst_ice_alarm_set (
        self->last_candidate, g_get_monotonic_time () + LAST_CANDIDATE_DELAY);
  return G_SOURCE_REMOVE;
}

static void
on_limit (gpointer data)
{
  finish (data);
}

static void
on_last_candidate_due (gpointer data)
{
  GstIceNiceServers *self = data;
  gboolean is_due;

  g_mutex_lock (&self->lock);
  is_due = nice_servers_have_others_answered (self->servers);
  g_mutex_unlock (&self->lock);
  if (is_due)
    finish (self);
}

/* With the agent's lock held. */
static void
on_trace (const NiceTraceEvent *event, gpointer data)
{
  GstIceNiceServers *self = data;
  NiceTraceEndpoint from;
  gboolean changed, is_loop;

  g_mutex_lock (&self->lock);
  changed = nice_servers_step (self->servers, event);
  is_loop = nice_servers_take_retry_loop (self->servers, &from);
  g_mutex_unlock (&self->lock);
  if (is_loop)
    gst_ice_nice_flood_guard_drop_server_errors (
        self->flood_guard, from.address, from.port);
  if (changed)
    gst_ice_io_invoke (
        self->io, advance, g_atomic_rc_box_acquire (self), unref);
}

/**
 * gst_ice_nice_servers_new:
 * @transport: (transfer none): the transport; outlives them
 * @io: (transfer none): the I/O thread; outlives them
 * @agent: (transfer none): its NiceAgent, before it has a stream
 * @options: what it gathers with
 * @answers: (transfer none): takes answers to our own requests out of what the
 *   servers relay
 * @peers: (transfer none) (nullable): which Data indications pass; %NULL only
 *   where @options has no TURN server
 * @flood_guard: (transfer none): of the agent's sockets; outlives them
 * @gathered: called once, when gathering is over
 * @user_data: for @gathered
 *
 * Returns: (transfer full): a watch, which begins and observes gathering
 */
GstIceNiceServers *
gst_ice_nice_servers_new (GstIceTransport *transport, GstIceIo *io,
    NiceAgent *agent, const GstIceGatherOptions *options,
    GstIceStunResponses *answers, IceTurnPeers *peers,
    GstIceNiceFloodGuard *flood_guard, GstIceNiceGathered gathered,
    gpointer user_data)
{
  GstIceNiceServers *self = g_atomic_rc_box_new0 (GstIceNiceServers);

  self->transport = transport;
  self->io = io;
  self->agent = agent;
  self->answers = gst_ice_stun_responses_ref (answers);
  self->peers = peers != NULL ? ice_turn_peers_ref (peers) : NULL;
  self->flood_guard = flood_guard;
  self->gathered = gathered;
  self->user_data = user_data;
  self->relay_only = gst_ice_settings_get_enum (options->settings,
                         GST_ICE_SETTING_ICE_TRANSPORT_POLICY)
      == GST_ICE_TRANSPORT_POLICY_RELAY;
  if (options->turn_servers->len == 1)
    self->only_turn = ice_server_copy (
        g_ptr_array_index (options->turn_servers, 0));
  g_mutex_init (&self->lock);
  self->proxies = g_ptr_array_new_with_free_func (proxy_free);
  self->servers = nice_servers_new (
      self->relay_only ? NULL : options->stun_server, options->turn_servers,
      gst_ice_settings_get_boolean (
          options->settings, GST_ICE_SETTING_ICE_TCP));
  self->limit = gst_ice_alarm_new (gst_ice_io_get_context (io), on_limit, self);
  self->last_candidate = gst_ice_alarm_new (
      gst_ice_io_get_context (io), on_last_candidate_due, self);
  gst_ice_alarm_set (self->limit, g_get_monotonic_time () + LIMIT);
  nice_log_watch (agent, TRUE, on_trace, self);
  return self;
}

/**
 * gst_ice_nice_servers_free:
 * @self: (transfer full): the watch
 *
 * To be called without the agent's lock. Nothing is reported after this.
 */
void
gst_ice_nice_servers_free (GstIceNiceServers *self)
{
  stop (self);
  g_ptr_array_set_size (self->proxies, 0);
  self->transport = NULL;
  unref (self);
}

/**
 * gst_ice_nice_servers_gather:
 * @self: the watch
 * @stream: the agent's stream
 * @component: the component of @stream
 *
 * Begins gathering. Without a trace, the end of TURN servers that are added
 * later could not be seen; then libnice is given them before it gathers.
 *
 * Returns: the result of nice_agent_gather_candidates()
 */
gboolean
gst_ice_nice_servers_gather (
    GstIceNiceServers *self, guint stream, guint component)
{
  self->stream = stream;
  self->component = component;
  if (!nice_servers_has_trace (self->servers))
    begin_turn_servers (self);
  if (!nice_agent_gather_candidates (self->agent, stream))
    return FALSE;
  /* after the sockets beside the agent's were opened: while they are opened,
   * the kernel may give a datagram to either socket */
  gst_ice_io_invoke (self->io, advance, g_atomic_rc_box_acquire (self), unref);
  return TRUE;
}

/**
 * gst_ice_nice_servers_add_candidate:
 * @self: the watch
 * @candidate: a gathered candidate
 */
void
gst_ice_nice_servers_add_candidate (
    GstIceNiceServers *self, const IceCandidate *candidate)
{
  g_mutex_lock (&self->lock);
  nice_servers_add_candidate (self->servers, candidate);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_nice_servers_has_lost:
 * @self: the watch
 *
 * Returns: whether a server's allocation has ended since it was gathered
 */
gboolean
gst_ice_nice_servers_has_lost (const GstIceNiceServers *self)
{
  return self->lost;
}

/**
 * gst_ice_nice_servers_refuse_candidate:
 * @self: the watch
 * @candidate: a relayed or reflexive one that is of no use, because no host can
 *   be reached at its address
 *
 * Reports an error of the server that gave it, unless gathering is over: a
 * restart in place reports all candidates again. libnice does not report
 * which of several servers it was, so that error has no URL.
 */
void
gst_ice_nice_servers_refuse_candidate (
    GstIceNiceServers *self, const IceCandidate *candidate)
{
  g_autofree gchar *detail = g_strdup_printf (
      "reports that %s %s port %u, where no host can be reached: use another "
      "server",
      candidate->type == ICE_CANDIDATE_TYPE_RELAY ? "it relays from" : "it saw",
      candidate->address, candidate->port);
  const IceServerFailure failure = { .server = self->only_turn,
    .reason = ICE_SERVER_FAILURE_UNREACHABLE,
    .detail = detail };
  g_autofree gchar *text = NULL;
  GstIceCandidateError error = { .code = GST_ICE_ERROR_CODE_UNREACHABLE };

  if (self->agent == NULL)
    return;
  if (self->only_turn != NULL) {
    report_failure (self, &failure);
    return;
  }
  error.text = text = g_strconcat ("one of the servers ", detail, NULL);
  gst_ice_transport_report_candidate_error (self->transport, &error);
}

/**
 * gst_ice_nice_servers_signalled:
 * @self: the watch
 *
 * To be called when libnice has signalled the end of gathering.
 */
void
gst_ice_nice_servers_signalled (GstIceNiceServers *self)
{
  self->signalled = TRUE;
  advance (self);
}
