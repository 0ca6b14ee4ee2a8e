/* gst-ice: STUN and TURN servers, by libnice's lines.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * libnice asks a server from each local address of its kind. Such an attempt
 * has a pointer, which lines name, but no line says which server it is of:
 * attempts at a TURN server are made within the call that names it, others are
 * the STUN server's. */

#include "niceservers.h"
#include <string.h>

/* StunUsageTurnReturn and StunUsageBindReturn, numbers in the lines */
#define TURN_RELAYED 0
#define TURN_RELAYED_AND_MAPPED 1
#define TURN_ERROR 2
#define BIND_SUCCESS 0
#define BIND_ERROR 1

/* RFC 8489 section 9.2.4: the first one asks for credentials */
#define CODE_UNAUTHENTICATED 401

typedef struct
{
  IceServer *server;
  gchar *address; /* where libnice asks it */
  guint16 port;
  gchar *local;  /* over TCP: our end of the connection */
  gboolean held; /* is not asked before nice_servers_reached() */
  gchar *obstacle;
  guint n_attempts;
  gboolean worked;
  gboolean unsigned_error;
  gboolean challenged; /* it asked for credentials */
  gboolean refused;
  guint code;       /* of the last refusal; 0 = not known */
  guint refused_at; /* which of its attempts that was */
} Server;

/* A local address that servers are asked from. */
typedef struct
{
  gchar address[NICE_TRACE_ADDRESS_SIZE];
  guint16 port; /* 0 = not known */
  NiceTraceTransport transport;
} Origin;

typedef struct
{
  guintptr id;
  guint server;
  guint index; /* among the server's */
  gboolean challenged;
  gboolean open; /* libnice works at it */
} Attempt;

struct _NiceServers
{
  GArray *servers; /* of Server; TURN servers as they are asked, then STUN */
  guint n_turn;
  guint n_turn_asked;
  guint asking; /* the TURN server that is being asked, + 1 */
  guint n_held;
  gboolean ice_tcp;
  GArray *origins;        /* of Origin */
  GArray *attempts;       /* of Attempt */
  NiceTraceEndpoint from; /* of the STUN message at hand */
  guint n_lost; /* sockets that were lost since there are open attempts */
  gboolean has_trace;
  gboolean awaits_stun; /* the STUN server's attempts are still to be made */
  gboolean awaits_turn; /* ... and the TURN servers' */
  gboolean has_relay;
};

static Server *
server_at (const NiceServers *self, guint index)
{
  return &g_array_index (self->servers, Server, index);
}

static Origin *
origin_at (const NiceServers *self, guint index)
{
  return &g_array_index (self->origins, Origin, index);
}

static Attempt *
attempt_at (const NiceServers *self, guint index)
{
  return &g_array_index (self->attempts, Attempt, index);
}

static gboolean
is_stun (const NiceServers *self, guint server)
{
  return server >= self->n_turn;
}

static gboolean
is_tcp (const Server *server)
{
  return server->server->transport != ICE_SERVER_TRANSPORT_UDP;
}

static void
clear_server (gpointer data)
{
  Server *server = data;

  ice_server_free (server->server);
  g_free (server->address);
  g_free (server->local);
  g_free (server->obstacle);
}

static void
add_server (NiceServers *self, const IceServer *server)
{
  Server added = {
    .server = ice_server_copy (server),
    .address = g_strdup (server->address),
    .port = server->port,
  };

  g_array_append_val (self->servers, added);
}

/**
 * nice_servers_new:
 * @stun: (nullable): the STUN server that is asked, with its address
 * @turn: (element-type IceServer): the TURN servers, with their addresses
 * @ice_tcp: whether the transport has TCP sockets besides those to servers
 *
 * Returns: (transfer full): before the stream is added
 */
NiceServers *
nice_servers_new (
    const IceServer *stun, const GPtrArray *turn, gboolean ice_tcp)
{
  NiceServers *self = g_new0 (NiceServers, 1);
  guint i;

  self->servers = g_array_new (FALSE, FALSE, sizeof (Server));
  g_array_set_clear_func (self->servers, clear_server);
  self->origins = g_array_new (FALSE, FALSE, sizeof (Origin));
  self->attempts = g_array_new (FALSE, FALSE, sizeof (Attempt));
  self->ice_tcp = ice_tcp;
  for (i = 0; i < turn->len; i++)
    add_server (self, g_ptr_array_index (turn, i));
  self->n_turn = turn->len;
  self->awaits_turn = self->n_turn > 0;
  self->awaits_stun = stun != NULL;
  if (stun != NULL)
    add_server (self, stun);
  return self;
}

/**
 * nice_servers_free:
 * @self: (transfer full): the servers
 */
void
nice_servers_free (NiceServers *self)
{
  g_array_unref (self->servers);
  g_array_unref (self->origins);
  g_array_unref (self->attempts);
  g_free (self);
}

/* --- the lines --- */

static void
note_host (NiceServers *self, const NiceTraceEvent *line)
{
  Origin origin = { .transport = line->local_transport };

  g_strlcpy (origin.address, line->local.address, sizeof origin.address);
  g_array_append_val (self->origins, origin);
}

static void
note_attempt (NiceServers *self, const NiceTraceEvent *line)
{
  Attempt attempt = { .id = line->other, .open = TRUE };

  if (line->kind == NICE_TRACE_STUN_ASKED)
    attempt.server = self->n_turn;
  else if (self->asking > 0)
    attempt.server = self->asking - 1;
  else
    return;
  if (attempt.server >= self->servers->len)
    return;
  attempt.index = server_at (self, attempt.server)->n_attempts++;
  g_array_append_val (self->attempts, attempt);
}

/* Pointers are used again; the newest counts. */
static Attempt *
find_attempt (const NiceServers *self, guintptr id)
{
  guint i;

  for (i = self->attempts->len; i > 0; i--)
    if (attempt_at (self, i - 1)->id == id)
      return attempt_at (self, i - 1);
  return NULL;
}

static void
note_refusal (NiceServers *self, Attempt *attempt, guint code)
{
  Server *server = server_at (self, attempt->server);

  if (!is_stun (self, attempt->server) && !attempt->challenged
      && (code == CODE_UNAUTHENTICATED || code == 0)) {
    attempt->challenged = server->challenged = TRUE;
    return;
  }
  server->refused = TRUE;
  server->code = code;
  server->refused_at = attempt->index;
}

static void
note_answer (NiceServers *self, const NiceTraceEvent *line)
{
  gboolean turn = line->kind == NICE_TRACE_TURN_ANSWER;
  Attempt *attempt = find_attempt (self, line->other);

  if (attempt == NULL || turn == is_stun (self, attempt->server))
    return;
  if (line->number[0] == (turn ? TURN_ERROR : BIND_ERROR))
    note_refusal (self, attempt, line->error_code);
  else if (line->number[0] == (turn ? TURN_RELAYED : BIND_SUCCESS)
      || (turn && line->number[0] == TURN_RELAYED_AND_MAPPED))
    server_at (self, attempt->server)->worked = TRUE;
}

/* The line does not name an attempt. */
static void
note_not_authentic (NiceServers *self)
{
  guint i;

  for (i = 0; i < self->servers->len; i++) {
    Server *server = server_at (self, i);

    if (server->port == self->from.port
        && strcmp (server->address, self->from.address) == 0)
      server->unsigned_error = TRUE;
  }
}

static void
note_gathered (NiceServers *self)
{
  guint i;

  for (i = 0; i < self->attempts->len; i++)
    attempt_at (self, i)->open = FALSE;
  self->n_lost = 0;
}

static guint
count_open (const NiceServers *self)
{
  guint n = 0, i;

  for (i = 0; i < self->attempts->len; i++)
    n += attempt_at (self, i)->open;
  return n;
}

/**
 * nice_servers_step:
 * @self: the servers
 * @line: one more line of this agent
 *
 * Any thread; libnice's lock on the agent serialises its lines.
 *
 * Returns: whether nice_servers_may_ask_turn() or nice_servers_is_over() may
 *   have another answer when libnice has let go of the agent
 */
gboolean
nice_servers_step (NiceServers *self, const NiceTraceEvent *line)
{
  if (line->kind == NICE_TRACE_STREAM_ADDED)
    self->has_trace = TRUE;
  else if (line->kind == NICE_TRACE_HOST_ADDED)
    note_host (self, line);
  else if (line->kind == NICE_TRACE_TURN_ASKED
      || line->kind == NICE_TRACE_STUN_ASKED)
    note_attempt (self, line);
  else if (line->kind == NICE_TRACE_INBOUND)
    self->from = line->remote;
  else if (line->kind == NICE_TRACE_NOT_AUTHENTIC)
    note_not_authentic (self);
  else if (line->kind == NICE_TRACE_TURN_ANSWER
      || line->kind == NICE_TRACE_STUN_ANSWER)
    note_answer (self, line);
  else if (line->kind == NICE_TRACE_SOCKET_LOST)
    self->n_lost += count_open (self) > 0;
  else if (line->kind == NICE_TRACE_GATHERED)
    note_gathered (self);
  else if (line->kind == NICE_TRACE_STUN_FOUND)
    self->awaits_stun = FALSE;
  return line->kind == NICE_TRACE_SOCKET_LOST
      || line->kind == NICE_TRACE_GATHERED
      || line->kind == NICE_TRACE_STUN_FOUND;
}

/**
 * nice_servers_has_trace:
 * @self: the servers, the stream was added
 *
 * Returns: whether there are lines
 */
gboolean
nice_servers_has_trace (const NiceServers *self)
{
  return self->has_trace;
}

/**
 * nice_servers_may_ask_turn:
 * @self: the servers, gathering was begun
 *
 * libnice (0.1.21 to 0.1.23) does not understand a STUN server's answer that
 * comes on a socket from which a TURN server was asked before; the other way
 * round it does.
 *
 * Returns: whether TURN servers are to be asked now
 */
gboolean
nice_servers_may_ask_turn (const NiceServers *self)
{
  return self->awaits_turn && !self->awaits_stun;
}

/**
 * nice_servers_ask_turn:
 * @self: the servers
 *
 * Until the next call, attempts are at the server that this one returns. One
 * over TCP or TLS is to be reached first; nice_servers_reached() or
 * nice_servers_give_up() says how that went.
 *
 * Returns: (transfer none) (nullable): the TURN server to be asked; %NULL:
 *   they all were
 */
const IceServer *
nice_servers_ask_turn (NiceServers *self)
{
  Server *server;

  if (self->n_turn_asked == MIN (self->n_turn, NICE_SERVERS_MAX_TURN)) {
    self->awaits_turn = FALSE;
    return NULL;
  }
  server = server_at (self, self->n_turn_asked++);
  self->asking = self->n_turn_asked;
  server->held = is_tcp (server);
  self->n_held += server->held;
  return server->server;
}

static guint
find_server (const NiceServers *self, const IceServer *server)
{
  guint i = 0;

  while (server_at (self, i)->server != server)
    i++;
  return i;
}

static Server *
end_hold (NiceServers *self, const IceServer *server)
{
  Server *ours = server_at (self, find_server (self, server));

  self->n_held -= ours->held;
  ours->held = FALSE;
  return ours;
}

/**
 * nice_servers_reached:
 * @self: the servers
 * @server: one over TCP or TLS that nice_servers_ask_turn() returned
 * @address: where libnice is to ask it
 * @port: of @address
 * @local: (nullable): the address of this machine that it sees
 *
 * From now on attempts are at this server.
 */
void
nice_servers_reached (NiceServers *self, const IceServer *server,
    const gchar *address, guint16 port, const gchar *local)
{
  Server *ours = end_hold (self, server);

  g_free (ours->address);
  ours->address = g_strdup (address);
  ours->port = port;
  g_free (ours->local);
  ours->local = g_strdup (local);
  self->asking = find_server (self, server) + 1;
}

/**
 * nice_servers_give_up:
 * @self: the servers
 * @server: one over TCP or TLS that nice_servers_ask_turn() returned
 * @code: the error code that it answered with, or 0
 * @obstacle: what is in the way, as in #IceServerFailure
 *
 * Whatever it gave before counts.
 */
void
nice_servers_give_up (NiceServers *self, const IceServer *server, guint code,
    const gchar *obstacle)
{
  Server *ours = end_hold (self, server);

  if (code != 0) {
    ours->refused = TRUE;
    ours->code = code;
  } else if (ours->obstacle == NULL) {
    ours->obstacle = g_strdup (obstacle);
  }
}

/**
 * nice_servers_is_asked_from:
 * @self: the servers, gathering was begun
 * @kind: of IP address
 *
 * Returns: whether there are local addresses of that kind to ask servers from
 */
gboolean
nice_servers_is_asked_from (const NiceServers *self, IceAddressKind kind)
{
  guint i;

  for (i = 0; i < self->origins->len; i++)
    if (ice_address_kind (origin_at (self, i)->address) == kind)
      return TRUE;
  return FALSE;
}

/**
 * nice_servers_add_candidate:
 * @self: the servers
 * @candidate: one that was gathered
 */
void
nice_servers_add_candidate (NiceServers *self, const IceCandidate *candidate)
{
  guint i;

  if (candidate->type == ICE_CANDIDATE_TYPE_RELAY)
    self->has_relay = TRUE;
  if (candidate->type != ICE_CANDIDATE_TYPE_HOST
      || candidate->protocol != ICE_CANDIDATE_PROTOCOL_UDP)
    return;
  for (i = 0; i < self->origins->len; i++)
    if (origin_at (self, i)->transport == NICE_TRACE_TRANSPORT_UDP
        && strcmp (origin_at (self, i)->address, candidate->address) == 0)
      origin_at (self, i)->port = candidate->port;
}

/* --- the end --- */

/* libnice forgets an attempt together with its TCP connection, and with the
 * last one that gathering has an end. */
static gboolean
are_all_lost (const NiceServers *self)
{
  guint i;

  for (i = 0; i < self->attempts->len; i++) {
    const Attempt *attempt = attempt_at (self, i);

    if (attempt->open && !is_tcp (server_at (self, attempt->server)))
      return FALSE;
  }
  return !self->ice_tcp && self->n_lost > 0
      && self->n_lost >= count_open (self);
}

/**
 * nice_servers_is_over:
 * @self: the servers
 * @signalled: whether libnice has signalled that it has gathered
 *
 * libnice signals too early where there is no STUN server, for then the TURN
 * servers are asked afterwards, and never where they all closed their
 * connections.
 *
 * Returns: whether gathering is over; where there is no trace, @signalled says
 *   so for the servers that were asked
 */
gboolean
nice_servers_is_over (const NiceServers *self, gboolean signalled)
{
  if (self->n_held > 0)
    return FALSE;
  if (!self->has_trace)
    return signalled;
  if (self->awaits_stun || self->awaits_turn)
    return FALSE;
  return (signalled && count_open (self) == 0) || are_all_lost (self);
}

static IceServerFailureReason
why (const NiceServers *self, guint index)
{
  const Server *server = server_at (self, index);

  if (server->obstacle != NULL && !server->refused)
    return ICE_SERVER_FAILURE_OBSTACLE;
  if (!self->has_trace)
    return ICE_SERVER_FAILURE_UNKNOWN;
  if (!is_stun (self, index) && index >= NICE_SERVERS_MAX_TURN)
    return ICE_SERVER_FAILURE_TOO_MANY;
  if (server->n_attempts == 0)
    return ICE_SERVER_FAILURE_NOT_ASKED;
  if (server->refused)
    return ICE_SERVER_FAILURE_REFUSED;
  if (server->unsigned_error)
    return ICE_SERVER_FAILURE_UNSIGNED;
  if (server->challenged)
    return ICE_SERVER_FAILURE_FELL_SILENT;
  return ICE_SERVER_FAILURE_NO_ANSWER;
}

/* Without a trace only TURN servers that all gave nothing prove something: a
 * server-reflexive candidate is missing where there is no NAT, too. */
static gboolean
has_failed (const NiceServers *self, guint index)
{
  if (!self->has_trace)
    return !is_stun (self, index) && !self->has_relay;
  return !server_at (self, index)->worked;
}

/* RFC 4291 section 2.5.6, RFC 3927; no STUN server is asked from these. */
static gboolean
is_link_local (const gchar *address)
{
  return g_str_has_prefix (address, "169.254.")
      || (g_ascii_strncasecmp (address, "fe", 2) == 0 && address[2] != '\0'
          && strchr ("89abAB", address[2]) != NULL
          && ice_address_kind (address) == ICE_ADDRESS_IPV6);
}

/* Whether libnice asks this server from there, where it can. */
static gboolean
is_asked_from (const NiceServers *self, guint index, const Origin *origin)
{
  const Server *server = server_at (self, index);

  if (ice_address_kind (origin->address) != ice_address_kind (server->address))
    return FALSE;
  if (origin->transport == NICE_TRACE_TRANSPORT_UDP)
    return !is_stun (self, index) || !is_link_local (origin->address);
  return origin->transport == NICE_TRACE_TRANSPORT_TCP_ACTIVE
      && is_tcp (server);
}

/* Where the refused attempt came from; NULL: unknown, for an attempt over TCP
 * is missing where the connection failed at once. */
static const Origin *
find_origin (const NiceServers *self, guint index)
{
  const Server *server = server_at (self, index);
  const Origin *found = NULL;
  guint n = 0, i;

  for (i = 0; i < self->origins->len; i++)
    if (is_asked_from (self, index, origin_at (self, i))
        && n++ == server->refused_at)
      found = origin_at (self, i);
  return server->refused && n == server->n_attempts ? found : NULL;
}

/**
 * nice_servers_list_failures:
 * @self: the servers, gathering is over
 *
 * A server that gave something to one local address has not failed.
 *
 * Returns: (transfer full) (element-type IceServerFailure): those that failed;
 *   they point into @self
 */
GArray *
nice_servers_list_failures (const NiceServers *self)
{
  GArray *list = g_array_new (FALSE, FALSE, sizeof (IceServerFailure));
  guint i;

  for (i = 0; i < self->servers->len; i++) {
    const Server *server = server_at (self, i);
    const Origin *origin = find_origin (self, i);
    const gchar *from = origin != NULL ? origin->address : NULL;
    IceServerFailure failure = {
      .server = server->server,
      .reason = why (self, i),
      .code = server->code,
      .address = server->refused && server->local != NULL ? server->local
                                                          : from,
      .port = origin != NULL && !is_tcp (server) ? origin->port : 0,
      .obstacle = server->obstacle,
    };

    if (has_failed (self, i))
      g_array_append_val (list, failure);
  }
  return list;
}
