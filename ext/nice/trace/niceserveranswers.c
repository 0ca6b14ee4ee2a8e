/* gst-ice: answers of STUN and TURN servers, by libnice's trace.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * libnice sends requests to a server from each base of the same IP version. The
 * trace identifies such an attempt by a pointer but does not name its server:
 * attempts for a TURN server begin within the call that sets that server, the
 * others are for the STUN server. */

#include "trace/niceservertable.h"
#include <string.h>

/* StunUsageTurnReturn and StunUsageBindReturn, numbers in the lines */
#define TURN_RELAYED 0
#define TURN_RELAYED_AND_MAPPED 1
#define TURN_ALTERNATE_SERVER 4
#define BIND_SUCCESS 0
#define BIND_ERROR 1

/* RFC 8489 section 9.2.4: the first one is the challenge */
#define CODE_UNAUTHENTICATED 401
/* RFC 8656 section 19 */
#define CODE_ALLOCATION_MISMATCH 437

static void
note_host (NiceServers *self, const NiceTraceEvent *line)
{
  NiceServerBase base = { .transport = line->local_transport };

  g_strlcpy (base.address, line->local.address, sizeof base.address);
  g_array_append_val (self->bases, base);
}

static void
note_attempt (NiceServers *self, const NiceTraceEvent *line)
{
  NiceServerAttempt attempt = { .id = line->other, .open = TRUE };

  if (line->kind == NICE_TRACE_STUN_ASKED)
    attempt.server = self->n_turn;
  else if (self->current > 0)
    attempt.server = self->current - 1;
  else
    return;
  if (attempt.server >= self->servers->len)
    return;
  attempt.tcp = nice_server_table_is_tcp (
                    nice_server_table_get (self, attempt.server))
      || nice_server_table_get (self, attempt.server)->has_other_port;
  attempt.index = nice_server_table_get (self, attempt.server)->n_attempts++;
  g_array_append_val (self->attempts, attempt);
}

static void
request_other_port (NiceServers *self, guint index)
{
  NiceServer *server = nice_server_table_get (self, index);

  server->needs_other_port = !nice_server_table_is_stun (self, index)
      && !nice_server_table_is_tcp (server) && !server->has_other_port
      && !server->worked;
}

/* libnice reuses pointers: finds the newest attempt. */
static NiceServerAttempt *
find_attempt (const NiceServers *self, guintptr id)
{
  guint i;

  for (i = self->attempts->len; i > 0; i--)
    if (nice_server_table_get_attempt (self, i - 1)->id == id)
      return nice_server_table_get_attempt (self, i - 1);
  return NULL;
}

static void
note_refusal (NiceServers *self, NiceServerAttempt *attempt, guint code)
{
  NiceServer *server = nice_server_table_get (self, attempt->server);

  if (!nice_server_table_is_stun (self, attempt->server) && !attempt->challenged
      && (code == CODE_UNAUTHENTICATED || code == 0)) {
    attempt->challenged = server->challenged = TRUE;
    return;
  }
  server->refused = TRUE;
  if (code != 0) /* 0: the trace did not show it this time */
    server->code = code;
  server->refused_at = attempt->index;
  if (code == CODE_ALLOCATION_MISMATCH)
    request_other_port (self, attempt->server);
}

/* libnice retries for as long as it receives such answers. */
static void
give_up_attempt (NiceServers *self, NiceServerAttempt *attempt, guint code)
{
  NiceServer *server = nice_server_table_get (self, attempt->server);

  attempt->done = TRUE;
  server->refused = server->exceeds_retries = TRUE;
  server->refused_at = attempt->index;
  if (code != 0)
    server->code = code;
  self->loop_source = self->from;
}

/* An error of a TURN server. libnice has checked the transaction id. */
static void
note_error (NiceServers *self, NiceServerAttempt *attempt, guint code)
{
  if (code != 0 && !ice_turn_retries_is_retry (code))
    attempt->done = TRUE;
  else if (!ice_turn_retries_add_allocate (&attempt->retries))
    give_up_attempt (self, attempt, code);
}

static void
note_success (NiceServers *self, NiceServerAttempt *attempt)
{
  attempt->done = TRUE;
  nice_server_table_get (self, attempt->server)->worked = TRUE;
}

static void
note_answer (NiceServers *self, const NiceTraceEvent *line)
{
  gboolean turn = line->kind == NICE_TRACE_TURN_ANSWER;
  NiceServerAttempt *attempt = find_attempt (self, line->other);

  if (attempt == NULL
      || turn == nice_server_table_is_stun (self, attempt->server))
    return;
  if (line->number[0] == (turn ? NICE_TRACE_TURN_ERROR : BIND_ERROR))
    note_refusal (self, attempt, line->error_code);
  else if (line->number[0] == (turn ? TURN_RELAYED : BIND_SUCCESS)
      || (turn && line->number[0] == TURN_RELAYED_AND_MAPPED))
    note_success (self, attempt);
  if (turn
      && (line->number[0] == NICE_TRACE_TURN_ERROR
          || line->number[0] == TURN_ALTERNATE_SERVER))
    note_error (self, attempt, line->error_code);
}

/* An error without valid MESSAGE-INTEGRITY. The line does not name an attempt.
 */
static void
note_not_authentic (NiceServers *self)
{
  guint i;

  for (i = 0; i < self->servers->len; i++) {
    NiceServer *server = nice_server_table_get (self, i);

    if (server->port == self->from.port
        && strcmp (server->address, self->from.address) == 0) {
      server->unauthenticated_error = TRUE;
      request_other_port (self, i); /* 437 before 401 has no integrity */
    }
  }
}

static void
note_gathered (NiceServers *self)
{
  guint i;

  for (i = 0; i < self->attempts->len; i++)
    nice_server_table_get_attempt (self, i)->open = FALSE;
  self->n_lost = 0;
}

/**
 * nice_servers_step:
 * @self: the servers
 * @line: one more line of this agent
 *
 * Any thread; libnice's lock on the agent serialises its lines.
 *
 * Returns: whether the results of nice_servers_may_ask_turn(),
 *   nice_servers_has_gathered() and nice_servers_have_others_answered() may
 *   differ once libnice has released the agent's lock
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
    self->n_lost += nice_server_table_count_open (self) > 0;
  else if (line->kind == NICE_TRACE_GATHERED)
    note_gathered (self);
  else if (line->kind == NICE_TRACE_STUN_FOUND)
    self->awaits_stun = FALSE;
  return nice_server_table_needs_other_port (self)
      || nice_servers_have_others_answered (self)
      || line->kind == NICE_TRACE_SOCKET_LOST
      || line->kind == NICE_TRACE_GATHERED
      || line->kind == NICE_TRACE_STUN_FOUND;
}

/**
 * nice_servers_take_retry_loop:
 * @self: the servers
 * @from: (out): the source address of that answer
 *
 * To be called after nice_servers_step().
 *
 * Returns: whether a TURN server over UDP has answered once too often in a way
 *   that makes libnice repeat the request; errors from @from must not reach
 *   libnice any more
 */
gboolean
nice_servers_take_retry_loop (NiceServers *self, NiceTraceEndpoint *from)
{
  *from = self->loop_source;
  self->loop_source.port = 0;
  return from->port != 0;
}
