/* gst-ice: the peer's authenticated requests in libnice's trace.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "trace/nicerequests.h"
#include <string.h>

static gboolean
is_same (const NiceTraceEndpoint *a, const NiceTraceEndpoint *b)
{
  return a->port == b->port && strcmp (a->address, b->address) == 0;
}

static void
note_source (NiceSenders *self, const NiceTraceEndpoint *remote)
{
  if (self->remote.port == 0)
    self->remote = *remote;
  else if (!is_same (&self->remote, remote))
    self->are_many = TRUE;
}

static void
note_socket (NiceSenders *self, guint64 socket)
{
  if (self->has_socket && self->socket != socket)
    self->are_many = TRUE;
  self->has_socket = TRUE;
  self->socket = socket;
}

static void
note_matched (NiceSenders *self, const NiceTraceEndpoint *remote, guintptr pair)
{
  note_source (self, remote);
  if (self->matched != 0 && self->matched != pair)
    self->are_many = TRUE;
  self->matched = pair;
}

static gboolean
are_one (const NiceSenders *self, const NiceTraceEndpoint *remote)
{
  return !self->are_many && self->remote.port != 0
      && is_same (&self->remote, remote);
}

static NiceRequest *
find_room (NiceRequests *self, const NiceTraceEvent *line)
{
  guint i;

  for (i = 0; i < self->n; i++)
    if (is_same (&self->list[i].remote, &line->remote)
        && self->list[i].socket == line->number[0])
      return &self->list[i];
  if (self->n == NICE_REQUESTS_MAX)
    return NULL;
  self->list[self->n] = (NiceRequest){
    .remote = line->remote,
    .socket = line->number[0],
  };
  return &self->list[self->n++];
}

/* The last sender is the one that the next lines are about. */
static void
bring_to_the_end (NiceRequests *self, NiceRequest *request)
{
  NiceRequest moved = *request;
  NiceRequest *end = &self->list[self->n - 1];

  memmove (request, request + 1, (gsize) (end - request) * sizeof (moved));
  *end = moved;
}

static gboolean
note_request (NiceRequests *self, const NiceTraceEvent *line, gint64 now)
{
  NiceRequest *request = find_room (self, line);

  self->is_open = request != NULL;
  if (request == NULL)
    return FALSE;
  request->at = now;
  request->use_candidate |= line->use_candidate;
  bring_to_the_end (self, request);
  return TRUE;
}

static void
note_sender (
    NiceRequests *self, NiceSenders *senders, const NiceTraceEvent *line)
{
  if (line->kind == NICE_TRACE_REPLY) {
    note_source (senders, &line->remote);
    note_socket (senders, line->number[0]);
  } else if (line->kind == NICE_TRACE_MATCHED) {
    note_matched (senders, &self->from, line->pair);
  }
}

/**
 * nice_requests_step:
 * @self: requests
 * @line: the agent's next trace line; every line, in order
 * @is_steered: whether the message came through a steered UDP socket, not
 *   through a TURN server or a TCP connection
 * @now: when it was written, microseconds, monotonic
 *
 * Any thread; the caller holds a lock, here and below. Does not allocate.
 * Further requests on a pair are merged into the one that was not taken yet.
 * Requests on more than %NICE_REQUESTS_MAX pairs are dropped; the peer repeats
 * them.
 *
 * Returns: whether there is a request to take
 */
gboolean
nice_requests_step (NiceRequests *self, const NiceTraceEvent *line,
    gboolean is_steered, gint64 now)
{
  note_sender (self, &self->all, line);
  if (!is_steered)
    note_sender (self, &self->others, line);
  if (line->kind == NICE_TRACE_REPLY)
    return note_request (self, line, now);
  if (line->kind == NICE_TRACE_TRIGGER_FOUND && self->is_open)
    self->list[self->n - 1].pair = line->pair;
  else if (line->kind == NICE_TRACE_INBOUND)
    self->from = line->remote;
  if (line->kind != NICE_TRACE_OTHER)
    self->is_open = FALSE;
  return FALSE;
}

/**
 * nice_requests_take:
 * @self: requests
 * @request: (out): the oldest request that was not taken yet
 *
 * Returns: whether there was such a request
 */
gboolean
nice_requests_take (NiceRequests *self, NiceRequest *request)
{
  if (self->n == 0)
    return FALSE;
  *request = self->list[0];
  memmove (self->list, self->list + 1, --self->n * sizeof (self->list[0]));
  if (self->n == 0)
    self->is_open = FALSE;
  return TRUE;
}

/**
 * nice_requests_get_senders:
 * @self: requests
 * @remote: the remote address of the selected pair; port 0: no pair is selected
 * @is_steered: whether the pair's datagrams come through a steered socket
 *
 * Returns: which senders libnice can have forwarded datagrams from
 */
NiceRequestsSenders
nice_requests_get_senders (const NiceRequests *self,
    const NiceTraceEndpoint *remote, gboolean is_steered)
{
  if (remote->port == 0)
    return NICE_REQUESTS_SENDERS_MANY;
  if (are_one (&self->all, remote))
    return NICE_REQUESTS_SENDERS_ONE;
  if (is_steered ? self->others.remote.port == 0
                 : are_one (&self->others, remote))
    return NICE_REQUESTS_SENDERS_APART;
  return NICE_REQUESTS_SENDERS_MANY;
}

/**
 * nice_requests_restart:
 * @self: requests
 *
 * Forgets the peer's addresses, as libnice does at a restart.
 */
void
nice_requests_restart (NiceRequests *self)
{
  *self = (NiceRequests){ 0 };
}
