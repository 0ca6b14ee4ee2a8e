/* gst-ice: the progress of gathering from STUN and TURN servers.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "trace/niceservertable.h"
#include <string.h>

/* RFC 8489 section 10 */
#define CODE_TRY_ALTERNATE 300

/**
 * nice_servers_has_trace:
 * @self: the servers, after the stream was added
 *
 * Returns: whether libnice's trace lines arrive
 */
gboolean
nice_servers_has_trace (const NiceServers *self)
{
  return self->has_trace;
}

/**
 * nice_servers_may_ask_turn:
 * @self: the servers, after gathering has begun
 *
 * libnice (0.1.21 to 0.1.23) drops a STUN server's answer on a socket from
 * which it has sent a request to a TURN server before. In the other order both
 * answers are used.
 *
 * Returns: whether requests to TURN servers may begin now
 */
gboolean
nice_servers_may_ask_turn (const NiceServers *self)
{
  return self->awaits_turn && !self->awaits_stun;
}

static void
begin (NiceServers *self, guint index)
{
  self->current = index + 1;
  g_array_append_val (self->given, index);
}

/**
 * nice_servers_take_next_turn:
 * @self: the servers
 *
 * The caller gives libnice the returned server at once, if it is over UDP.
 * Until the next call, new attempts count as attempts for it. The caller
 * connects to a server over TCP or TLS first, and reports the result by
 * nice_servers_set_reached() or nice_servers_set_failed().
 *
 * Returns: (transfer none) (nullable): the next TURN server to use; %NULL:
 * there are no more
 */
const IceServer *
nice_servers_take_next_turn (NiceServers *self)
{
  NiceServer *server;

  if (self->n_turn_begun == MIN (self->n_turn, NICE_SERVERS_MAX_TURN)) {
    self->awaits_turn = FALSE;
    return NULL;
  }
  server = nice_server_table_get (self, self->n_turn_begun++);
  self->current = self->n_turn_begun;
  server->is_pending = nice_server_table_is_tcp (server);
  self->n_pending += server->is_pending;
  if (!server->is_pending)
    begin (self, self->n_turn_begun - 1);
  return server->server;
}

/**
 * nice_servers_take_other_port:
 * @self: the servers
 *
 * The caller reports the result by nice_servers_set_reached(), with the address
 * of a GstIceTurnPort, or by nice_servers_set_failed(). Until then, gathering
 * has not ended.
 *
 * Returns: (transfer none) (nullable): a TURN server over UDP that needs
 * requests from another local port
 */
const IceServer *
nice_servers_take_other_port (NiceServers *self)
{
  guint i;

  for (i = 0; i < self->n_turn; i++) {
    NiceServer *server = nice_server_table_get (self, i);

    if (!server->needs_other_port)
      continue;
    server->needs_other_port = FALSE;
    server->has_other_port = server->is_pending = TRUE;
    self->n_pending++;
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
end_pending (NiceServers *self, const IceServer *server)
{
  NiceServer *ours = nice_server_table_get (self, find_server (self, server));

  self->n_pending -= ours->is_pending;
  ours->is_pending = FALSE;
  return ours;
}

/**
 * nice_servers_set_reached:
 * @self: the servers
 * @server: a server that nice_servers_take_next_turn() or
 *   nice_servers_take_other_port() returned
 * @address: the address that libnice sends its requests to
 * @port: the port that libnice sends its requests to
 * @local: (nullable): our address, as the server sees it
 *
 * The caller gives libnice this address at once. From now on, new attempts
 * count as attempts for this server.
 */
void
nice_servers_set_reached (NiceServers *self, const IceServer *server,
    const gchar *address, guint16 port, const gchar *local)
{
  NiceServer *ours = end_pending (self, server);

  g_free (ours->address);
  ours->address = g_strdup (address);
  ours->port = port;
  g_free (ours->local);
  ours->local = g_strdup (local);
  begin (self, find_server (self, server));
}

/**
 * nice_servers_set_failed:
 * @self: the servers
 * @server: a server that nice_servers_take_next_turn() or
 *   nice_servers_take_other_port() returned
 * @code: its error code, or 0
 * @detail: (nullable): the reason, as in #IceServerFailure; %NULL: it was
 *   reported before
 *
 * Candidates that it gave before remain.
 */
void
nice_servers_set_failed (
    NiceServers *self, const IceServer *server, guint code, const gchar *detail)
{
  NiceServer *ours = end_pending (self, server);

  if (code != 0) {
    ours->refused = TRUE;
    /* GstIceTunnel does not follow a redirection; answers with the other codes
     * are counted */
    ours->exceeds_retries = code != CODE_TRY_ALTERNATE
        && ice_turn_retries_is_retry (code);
    ours->code = code;
  } else if (ours->detail == NULL) {
    ours->detail = g_strdup (detail);
  }
}

/**
 * nice_servers_has_base:
 * @self: the servers, after gathering has begun
 * @kind: an IP version
 *
 * Returns: whether there is a base of that IP version
 */
gboolean
nice_servers_has_base (const NiceServers *self, IceAddressKind kind)
{
  guint i;

  for (i = 0; i < self->bases->len; i++)
    if (ice_address_kind (nice_server_table_get_base (self, i)->address)
        == kind)
      return TRUE;
  return FALSE;
}

/**
 * nice_servers_add_candidate:
 * @self: the servers
 * @candidate: a gathered candidate
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
  for (i = 0; i < self->bases->len; i++)
    if (nice_server_table_get_base (self, i)->transport
            == NICE_TRACE_TRANSPORT_UDP
        && strcmp (nice_server_table_get_base (self, i)->address,
               candidate->address)
            == 0)
      nice_server_table_get_base (self, i)->port = candidate->port;
}

/* --- the end --- */

/* If a TCP connection is lost, libnice forgets its attempt. After the last
 * attempt it does not signal the end of gathering. */
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
 * nice_servers_has_gathered:
 * @self: the servers
 * @signalled: whether libnice has signalled the end of gathering
 *
 * libnice signals too early without a STUN server, because requests to the TURN
 * servers begin later, and never if all TURN servers have closed their
 * connections.
 *
 * Returns: whether gathering has ended; without a trace, @signalled decides for
 *   the servers that libnice has
 */
gboolean
nice_servers_has_gathered (const NiceServers *self, gboolean signalled)
{
  if (self->n_pending > 0 || nice_server_table_needs_other_port (self))
    return FALSE;
  if (!self->has_trace)
    return signalled;
  if (self->awaits_stun || self->awaits_turn)
    return FALSE;
  return (signalled && nice_server_table_count_open (self) == 0)
      || are_all_lost (self);
}

/* Whether there are servers whose attempts have not begun. */
static gboolean
awaits_any (const NiceServers *self)
{
  return self->n_pending > 0 || nice_server_table_needs_other_port (self)
      || self->awaits_stun || self->awaits_turn;
}

/**
 * nice_servers_have_others_answered:
 * @self: the servers
 *
 * libnice continues to send requests to a server that was given up. The last
 * candidate of another server may be signalled a moment later: libnice writes
 * the trace line before it makes the candidate.
 *
 * Returns: whether a server was given up, and all others have given their final
 *   answer
 */
gboolean
nice_servers_have_others_answered (const NiceServers *self)
{
  gboolean given_up = FALSE;
  guint i;

  for (i = 0; i < self->attempts->len; i++) {
    const NiceServerAttempt *attempt = nice_server_table_get_attempt (self, i);

    if (attempt->open && !attempt->done)
      return FALSE;
    given_up |= attempt->open
        && nice_server_table_get (self, attempt->server)->exceeds_retries;
  }
  return given_up && !awaits_any (self);
}
