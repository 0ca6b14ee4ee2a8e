/* gst-ice: the STUN and TURN servers of one NiceAgent.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The lines come with the agent's lock held; what they may have ended is looked
 * at in the I/O thread, after what libnice signalled before. */

#include "gsticeniceservers.h"
#include "gsticealarm.h"
#include "gsticetunnel.h"
#include "nicelog.h"
#include "niceservers.h"

/* libnice is done with a dead server after 2 s, with one that asked for
 * credentials first after 4 s, and begins an attempt each 20 ms. One that
 * leads it in circles (RFC 8489 sections 9.2.5, 10) is given up here. */
#define LIMIT (20 * G_TIME_SPAN_SECOND)

/* Until a server over TCP is reached, ms: as long as its name may take. */
#define REACH_TIMEOUT 5000

struct _GstIceNiceServers
{
  GstIceTransport *transport; /* not referenced: it owns us; NULL: was freed */
  GstIceIo *io;
  NiceAgent *agent; /* not referenced; NULL: not watched any more */
  GstIceAnswers *answers;
  guint stream, component;
  GstIceNiceGathered gathered;
  gpointer user_data;
  gboolean relay_only;
  gboolean signalled;
  GstIceAlarm *limit;
  GPtrArray *tunnels; /* of Way, to the servers over TCP and TLS */

  GMutex lock; /* a leaf */
  NiceServers *servers;
};

/* To a server over TCP or TLS: libnice knows a port of this machine. */
typedef struct
{
  GstIceNiceServers *servers; /* not referenced: owns it */
  const IceServer *server;
  GstIceTunnel *tunnel;
} Way;

static void
way_free (gpointer data)
{
  Way *way = data;

  gst_ice_tunnel_let_go (way->tunnel);
  g_free (way);
}

static void
clear (gpointer data)
{
  GstIceNiceServers *self = data;

  g_ptr_array_unref (self->tunnels);
  gst_ice_answers_unref (self->answers);
  nice_servers_free (self->servers);
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
    /* W3C webrtc-pc section 4.8.2: not exposed where no candidate shows it */
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
  g_ptr_array_set_size (self->tunnels, 0);
}

/* Whoever hears of an error may close the transport. */
static void
finish (GstIceNiceServers *self)
{
  g_autoptr (GstIceTransport) transport = gst_object_ref (self->transport);
  g_autoptr (GArray) failures = NULL;
  guint i;

  stop (self);
  g_atomic_rc_box_acquire (self);
  failures = nice_servers_list_failures (self->servers);
  for (i = 0; i < failures->len && self->transport != NULL; i++)
    report_failure (self, &g_array_index (failures, IceServerFailure, i));
  if (self->transport != NULL)
    self->gathered (self->user_data);
  unref (self);
}

static gboolean look (gpointer data);

static void
give_up (GstIceNiceServers *self, const IceServer *server, guint code,
    const gchar *why)
{
  g_mutex_lock (&self->lock);
  nice_servers_give_up (self->servers, server, code, why);
  g_mutex_unlock (&self->lock);
  gst_ice_io_invoke (self->io, look, g_atomic_rc_box_acquire (self), unref);
}

/* libnice asks from its own addresses of the same kind only. */
static GSocketFamily
choose_family (GstIceNiceServers *self, GstIceTunnel *tunnel)
{
  GSocketFamily family = gst_ice_tunnel_get_family (tunnel);
  gboolean has_4, has_6;

  g_mutex_lock (&self->lock);
  has_4 = nice_servers_is_asked_from (self->servers, ICE_ADDRESS_IPV4);
  has_6 = nice_servers_is_asked_from (self->servers, ICE_ADDRESS_IPV6);
  g_mutex_unlock (&self->lock);
  if (has_4 == has_6)
    return family;
  return has_4 ? G_SOCKET_FAMILY_IPV4 : G_SOCKET_FAMILY_IPV6;
}

static void
on_reached (GstIceTunnel *tunnel, gpointer data)
{
  Way *way = data;
  GstIceNiceServers *self = way->servers;
  const IceServer *server = way->server;
  g_autofree gchar *local = gst_ice_tunnel_dup_local_address (tunnel);
  g_autofree gchar *address = NULL;
  g_autoptr (GError) error = NULL;
  GInetSocketAddress *here = gst_ice_tunnel_listen (
      tunnel, choose_family (self, tunnel), &error);

  if (here == NULL) {
    g_autofree gchar *why = g_strdup_printf (
        "could not be asked: %s", error->message);

    give_up (self, server, 0, why);
    return;
  }
  address = g_inet_address_to_string (g_inet_socket_address_get_address (here));
  g_mutex_lock (&self->lock);
  nice_servers_reached (self->servers, server, address,
      g_inet_socket_address_get_port (here), local);
  g_mutex_unlock (&self->lock);
  if (!nice_servers_has_trace (self->servers))
    self->signalled = FALSE; /* it will be again */
  nice_agent_set_relay_info (self->agent, self->stream, self->component,
      address, g_inet_socket_address_get_port (here), server->username,
      server->password, NICE_RELAY_TYPE_TURN_TCP);
  gst_ice_tunnel_accept (tunnel);
  look (self);
}

static void
on_tunnel_failed (
    GstIceTunnel *tunnel, guint code, const gchar *why, gpointer data)
{
  Way *way = data;

  give_up (way->servers, way->server, code, why);
}

static void
add_tunnel (GstIceNiceServers *self, const IceServer *server)
{
  static const GstIceTunnelCallbacks callbacks = { on_reached,
    on_tunnel_failed };
  Way *way = g_new0 (Way, 1);

  way->servers = self;
  way->server = server;
  way->tunnel = gst_ice_tunnel_new (
      server, self->io, NULL, REACH_TIMEOUT, &callbacks, way);
  gst_ice_tunnel_set_answers (way->tunnel, self->answers);
  g_ptr_array_add (self->tunnels, way);
}

/* libnice's lines about a server's attempts come within the call. */
static void
ask_turn_servers (GstIceNiceServers *self)
{
  const IceServer *server;

  G_STATIC_ASSERT (NICE_SERVERS_MAX_TURN == NICE_CANDIDATE_MAX_TURN_SERVERS);
  for (;;) {
    g_mutex_lock (&self->lock);
    server = nice_servers_ask_turn (self->servers);
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
look (gpointer data)
{
  GstIceNiceServers *self = data;
  gboolean may_ask, over;

  if (self->agent == NULL)
    return G_SOURCE_REMOVE;
  g_mutex_lock (&self->lock);
  may_ask = nice_servers_may_ask_turn (self->servers);
  g_mutex_unlock (&self->lock);
  if (may_ask)
    ask_turn_servers (self);
  g_mutex_lock (&self->lock);
  over = nice_servers_is_over (self->servers, self->signalled);
  g_mutex_unlock (&self->lock);
  if (over)
    finish (self);
  return G_SOURCE_REMOVE;
}

static void
on_limit (gpointer data)
{
  finish (data);
}

/* With the agent's lock held. */
static void
on_trace (const NiceTraceEvent *event, gpointer data)
{
  GstIceNiceServers *self = data;
  gboolean changed;

  g_mutex_lock (&self->lock);
  changed = nice_servers_step (self->servers, event);
  g_mutex_unlock (&self->lock);
  if (changed)
    gst_ice_io_invoke (self->io, look, g_atomic_rc_box_acquire (self), unref);
}

/**
 * gst_ice_nice_servers_new:
 * @transport: (transfer none): whose servers; outlives them
 * @io: (transfer none): the I/O thread; outlives them
 * @agent: (transfer none): its NiceAgent, before it has a stream
 * @options: what it gathers with
 * @answers: (transfer none): who takes answers out of what servers relay
 * @gathered: called once, when gathering is over
 * @user_data: for @gathered
 *
 * Returns: (transfer full): a watch on gathering, and who begins it
 */
GstIceNiceServers *
gst_ice_nice_servers_new (GstIceTransport *transport, GstIceIo *io,
    NiceAgent *agent, const GstIceGatherOptions *options,
    GstIceAnswers *answers, GstIceNiceGathered gathered, gpointer user_data)
{
  GstIceNiceServers *self = g_atomic_rc_box_new0 (GstIceNiceServers);

  self->transport = transport;
  self->io = io;
  self->agent = agent;
  self->answers = gst_ice_answers_ref (answers);
  self->gathered = gathered;
  self->user_data = user_data;
  self->relay_only = gst_ice_settings_get_enum (options->settings,
                         GST_ICE_SETTING_ICE_TRANSPORT_POLICY)
      == GST_ICE_TRANSPORT_POLICY_RELAY;
  g_mutex_init (&self->lock);
  self->tunnels = g_ptr_array_new_with_free_func (way_free);
  self->servers = nice_servers_new (
      self->relay_only ? NULL : options->stun_server, options->turn_servers,
      gst_ice_settings_get_boolean (
          options->settings, GST_ICE_SETTING_ICE_TCP));
  self->limit = gst_ice_alarm_new (gst_ice_io_get_context (io), on_limit, self);
  gst_ice_alarm_set (self->limit, g_get_monotonic_time () + LIMIT);
  nice_log_watch (agent, TRUE, on_trace, self);
  return self;
}

/**
 * gst_ice_nice_servers_free:
 * @self: (transfer full): the watch
 *
 * Without the agent's lock. Nothing is reported after this.
 */
void
gst_ice_nice_servers_free (GstIceNiceServers *self)
{
  stop (self);
  self->transport = NULL;
  unref (self);
}

/**
 * gst_ice_nice_servers_gather:
 * @self: the watch
 * @stream: of the agent
 * @component: of @stream
 *
 * Without a trace nobody could tell when TURN servers that are asked later are
 * done with, so libnice hears of them first then.
 *
 * Returns: what nice_agent_gather_candidates() says
 */
gboolean
gst_ice_nice_servers_gather (
    GstIceNiceServers *self, guint stream, guint component)
{
  self->stream = stream;
  self->component = component;
  if (!nice_servers_has_trace (self->servers))
    ask_turn_servers (self);
  if (!nice_agent_gather_candidates (self->agent, stream))
    return FALSE;
  /* after the sockets beside the agent's were opened: in that moment the kernel
   * may give either what comes */
  gst_ice_io_invoke (self->io, look, g_atomic_rc_box_acquire (self), unref);
  return TRUE;
}

/**
 * gst_ice_nice_servers_add_candidate:
 * @self: the watch
 * @candidate: one that was gathered
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
 * gst_ice_nice_servers_signalled:
 * @self: the watch
 *
 * libnice says that it has gathered.
 */
void
gst_ice_nice_servers_signalled (GstIceNiceServers *self)
{
  self->signalled = TRUE;
  look (self);
}
