/* gst-ice: when to ask STUN and TURN servers, and when gathering is over.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "trace/niceservertable.h"
#include <string.h>

/* RFC 8489 section 10 */
#define CODE_TRY_ALTERNATE 300

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
  NiceServer *server;

  if (self->n_turn_asked == MIN (self->n_turn, NICE_SERVERS_MAX_TURN)) {
    self->awaits_turn = FALSE;
    return NULL;
  }
  server = nice_server_table_get (self, self->n_turn_asked++);
  self->asking = self->n_turn_asked;
  server->held = nice_server_table_is_tcp (server);
  self->n_held += server->held;
  return server->server;
}

/**
 * nice_servers_take_port:
 * @self: the servers
 *
 * Gathering is not over before nice_servers_reached(), then as of a server over
 * TCP, or nice_servers_give_up().
 *
 * Returns: (transfer none) (nullable): a TURN server over UDP that is to be
 * asked from another local port
 */
const IceServer *
nice_servers_take_port (NiceServers *self)
{
  guint i;

  for (i = 0; i < self->n_turn; i++) {
    NiceServer *server = nice_server_table_get (self, i);

    if (!server->wants_port)
      continue;
    server->wants_port = FALSE;
    server->has_port = server->held = TRUE;
    self->n_held++;
    return server->server;
  }
  return NULL;
}

static guint
find_server (const NiceServers *self, const IceServer *server)
{
  guint i = 0;

  while (nice_server_table_get (self, i)->server != server)
    i++;
  return i;
}

static NiceServer *
end_hold (NiceServers *self, const IceServer *server)
{
  NiceServer *ours = nice_server_table_get (self, find_server (self, server));

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
  NiceServer *ours = end_hold (self, server);

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
 * @server: one over TCP or TLS that nice_servers_ask_turn() returned, or one
 *   that nice_servers_take_port() did
 * @code: the error code that it answered with, or 0
 * @obstacle: (nullable): what is in the way, as in #IceServerFailure; %NULL: it
 *   is known already
 *
 * Whatever it gave before counts.
 */
void
nice_servers_give_up (NiceServers *self, const IceServer *server, guint code,
    const gchar *obstacle)
{
  NiceServer *ours = end_hold (self, server);

  if (code != 0) {
    ours->refused = TRUE;
    /* on the way to a server a redirection is not followed; answers with the
     * other codes are counted */
    ours->circles = code != CODE_TRY_ALTERNATE
        && ice_turn_retries_is_retry (code);
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
    if (ice_address_kind (nice_server_table_get_origin (self, i)->address)
        == kind)
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
    if (nice_server_table_get_origin (self, i)->transport
            == NICE_TRACE_TRANSPORT_UDP
        && strcmp (nice_server_table_get_origin (self, i)->address,
               candidate->address)
            == 0)
      nice_server_table_get_origin (self, i)->port = candidate->port;
}

/* --- the end --- */

/* libnice forgets an attempt together with its TCP connection, and with the
 * last one that gathering has an end. */
static gboolean
are_all_lost (const NiceServers *self)
{
  guint i;

  for (i = 0; i < self->attempts->len; i++) {
    const NiceServerAttempt *attempt = nice_server_table_get_attempt (self, i);

    if (attempt->open && !attempt->tcp)
      return FALSE;
  }
  return !self->ice_tcp && self->n_lost > 0
      && self->n_lost >= nice_server_table_count_open (self);
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
  if (self->n_held > 0 || nice_server_table_wants_any_port (self))
    return FALSE;
  if (!self->has_trace)
    return signalled;
  if (self->awaits_stun || self->awaits_turn)
    return FALSE;
  return (signalled && nice_server_table_count_open (self) == 0)
      || are_all_lost (self);
}

/* Whether TURN servers are asked now or later that have not been reached. */
static gboolean
awaits_any (const NiceServers *self)
{
  return self->n_held > 0 || nice_server_table_wants_any_port (self)
      || self->awaits_stun || self->awaits_turn;
}

/**
 * nice_servers_is_rest_done:
 * @self: the servers
 *
 * libnice goes on asking a server that leads it in circles. The last candidate
 * of the others may be signalled a moment later, for libnice writes its line
 * before it makes one of it.
 *
 * Returns: whether a server was given up, and all others have given their last
 *   answer
 */
gboolean
nice_servers_is_rest_done (const NiceServers *self)
{
  gboolean given_up = FALSE;
  guint i;

  for (i = 0; i < self->attempts->len; i++) {
    const NiceServerAttempt *attempt = nice_server_table_get_attempt (self, i);

    if (attempt->open && !attempt->done)
      return FALSE;
    given_up |= attempt->open
        && nice_server_table_get (self, attempt->server)->circles;
  }
  return given_up && !awaits_any (self);
}
