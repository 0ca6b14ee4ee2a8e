/* gst-ice: translates libnice's trace lines into events of a checklist.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An agent writes its lines under its lock, in the order of its actions. */

#include "trace/nicechecks.h"
#include <string.h>

typedef struct
{
  NiceCheck *checks;
  guint n;
} Output;

static IceCheckEvent *
add_event (Output *out, IceCheckKind kind, guintptr id, gint64 at)
{
  NiceCheck *check = &out->checks[out->n++];

  g_assert (out->n <= NICE_CHECKS_MAX);
  *check = (NiceCheck){ { .kind = kind, .id = id }, at };
  return &check->event;
}

static GstIceCandidatePairState
pair_state (NiceTraceState state)
{
  switch (state) {
    case NICE_TRACE_STATE_FROZEN:
      return GST_ICE_CANDIDATE_PAIR_STATE_FROZEN;
    case NICE_TRACE_STATE_WAITING:
      return GST_ICE_CANDIDATE_PAIR_STATE_WAITING;
    case NICE_TRACE_STATE_IN_PROGRESS:
      return GST_ICE_CANDIDATE_PAIR_STATE_IN_PROGRESS;
    case NICE_TRACE_STATE_FAILED:
      return GST_ICE_CANDIDATE_PAIR_STATE_FAILED;
    case NICE_TRACE_STATE_SUCCEEDED:
    case NICE_TRACE_STATE_DISCOVERED: /* made valid by another pair's check */
      break;
  }
  return GST_ICE_CANDIDATE_PAIR_STATE_SUCCEEDED;
}

static IceCandidateTcpType
tcp_type (NiceTraceTransport transport)
{
  switch (transport) {
    case NICE_TRACE_TRANSPORT_TCP_ACTIVE:
      return ICE_CANDIDATE_TCP_ACTIVE;
    case NICE_TRACE_TRANSPORT_TCP_PASSIVE:
      return ICE_CANDIDATE_TCP_PASSIVE;
    case NICE_TRACE_TRANSPORT_TCP_SO:
      return ICE_CANDIDATE_TCP_SO;
    case NICE_TRACE_TRANSPORT_UNKNOWN:
    case NICE_TRACE_TRANSPORT_UDP:
      break;
  }
  return ICE_CANDIDATE_TCP_NONE;
}

static void
set_side (IceCheckSide *side, const NiceTraceEndpoint *endpoint,
    NiceTraceTransport transport)
{
  G_STATIC_ASSERT (NICE_TRACE_ADDRESS_SIZE == ICE_CHECK_ADDRESS_SIZE);
  memcpy (side->endpoint.address, endpoint->address, ICE_CHECK_ADDRESS_SIZE);
  side->endpoint.port = endpoint->port;
  side->tcp_type = tcp_type (transport);
}

static void
set_sides (IceCheckEvent *event, const NiceTraceEndpoint *local,
    NiceTraceTransport local_transport, const NiceTraceEndpoint *remote,
    NiceTraceTransport remote_transport)
{
  set_side (&event->local, local, local_transport);
  set_side (&event->remote, remote, remote_transport);
  event->protocol = local_transport == NICE_TRACE_TRANSPORT_UDP
      ? ICE_CANDIDATE_PROTOCOL_UDP
      : ICE_CANDIDATE_PROTOCOL_TCP;
}

/* A foundation that is too long (RFC 8839 section 5.1) is left out. */
static void
set_foundation (IceCheckSide *side, const gchar *text, gsize length)
{
  gsize i;

  for (i = 0; i < length; i++)
    if (!g_ascii_isalnum (text[i]) && text[i] != '+' && text[i] != '/')
      return;
  if (length >= sizeof side->foundation)
    return;
  memcpy (side->foundation, text, length);
  side->foundation[length] = '\0';
}

static void
add_request_received (Output *out, guintptr id, gint64 now)
{
  add_event (out, ICE_CHECK_REQUEST_RECEIVED, id, now);
  add_event (out, ICE_CHECK_RESPONSE_SENT, id, now);
}

static void
note_added (
    NiceChecks *self, const NiceTraceEvent *line, gint64 now, Output *out)
{
  const gchar *colon = strchr (line->foundation, ':');
  IceCheckEvent *event;

  if (line->pair != self->endpoints_of)
    return;
  self->endpoints_of = 0;
  event = add_event (out, ICE_CHECK_ADDED, line->pair, now);
  set_sides (event, &self->local, line->local_transport, &self->remote,
      line->remote_transport);
  if (line->kind == NICE_TRACE_PAIR_DISCOVERED)
    event->parent = self->answered;
  if (colon != NULL) {
    set_foundation (&event->local, line->foundation, colon - line->foundation);
    set_foundation (&event->remote, colon + 1, strlen (colon + 1));
  }
  if (self->reply == NICE_REPLY_NEW)
    add_request_received (out, line->pair, now);
  self->reply = NICE_REPLY_NONE;
}

/* A new pair may have the address of a pair that libnice freed without a line.
 * A pair that fails while its request is being sent failed by an error of the
 * socket. */
static void
note_state (
    NiceChecks *self, const NiceTraceEvent *line, gint64 now, Output *out)
{
  if (line->is_new)
    add_event (out, ICE_CHECK_REMOVED, line->pair, now);
  if (line->state == NICE_TRACE_STATE_FAILED && line->pair == self->request
      && self->request_built)
    add_event (out, ICE_CHECK_REQUEST_UNSENT, line->pair, now);
  add_event (out, ICE_CHECK_STATE, line->pair, now)->state = pair_state (
      line->state);
}

static void
note_request_built (
    NiceChecks *self, const NiceTraceEvent *line, gint64 now, Output *out)
{
  if (self->request == 0 || self->request_built || line->number[0] == 0)
    return;
  self->request_built = TRUE;
  add_event (out, ICE_CHECK_REQUEST_SENT, self->request, now)->local.priority =
      self->request_priority;
}

static void
note_response (
    NiceChecks *self, const NiceTraceEvent *line, gint64 now, Output *out)
{
  self->answered = line->pair;
  add_event (out, ICE_CHECK_RESPONSE_RECEIVED, line->pair,
      self->inbound_at != 0 ? self->inbound_at : now)
      ->newer = (guint) MIN (line->number[0], ICE_CHECK_UNKNOWN);
}

static void
note_selected (
    NiceChecks *self, const NiceTraceEvent *line, gint64 now, Output *out)
{
  set_sides (add_event (out, ICE_CHECK_SELECTED, 0, now), &self->selected.local,
      self->selected.local_transport, &line->remote, line->remote_transport);
}

static void
note_trigger_found (
    NiceChecks *self, const NiceTraceEvent *line, gint64 now, Output *out)
{
  if (self->reply == NICE_REPLY_SENT)
    add_request_received (out, line->pair, now);
  self->reply = NICE_REPLY_NONE;
}

/* The only lines that can come between a request's line and its sending. */
static gboolean
is_about_the_request (NiceTraceKind kind)
{
  return kind == NICE_TRACE_OTHER || kind == NICE_TRACE_MALFORMED
      || kind == NICE_TRACE_REQUEST || kind == NICE_TRACE_REQUEST_BUILT
      || kind == NICE_TRACE_REQUEST_TIMER;
}

/* Lines that are only remembered for the lines that follow. */
static void
remember (NiceChecks *self, const NiceTraceEvent *line, gint64 now)
{
  if (!is_about_the_request (line->kind))
    self->request = 0;
  if (line->kind == NICE_TRACE_INBOUND) {
    self->inbound_at = now;
    self->answered = 0;
    self->reply = NICE_REPLY_NONE;
  } else if (line->kind == NICE_TRACE_REPLY || line->kind == NICE_TRACE_REPLAY)
    self->reply = NICE_REPLY_SENT;
  else if (line->kind == NICE_TRACE_TRIGGER_NEW
      && self->reply == NICE_REPLY_SENT)
    self->reply = NICE_REPLY_NEW;
  else if (line->kind == NICE_TRACE_TRIGGER_NONE
      || line->kind == NICE_TRACE_PAIR_REFUSED)
    self->reply = NICE_REPLY_NONE;
  else if (line->kind == NICE_TRACE_SELECTED_LOCAL)
    self->selected = *line;
  else if (line->kind == NICE_TRACE_PAIR_ENDPOINTS) {
    self->endpoints_of = line->pair;
    self->local = line->local;
    self->remote = line->remote;
  } else if (line->kind == NICE_TRACE_REQUEST) {
    self->request = line->pair;
    self->request_priority = line->priority;
    self->request_built = FALSE;
  }
}

/**
 * nice_checks_translate:
 * @self: the state from earlier lines of this agent
 * @line: the next line
 * @now: when it was written, microseconds, monotonic
 * @checks: (out caller-allocates): the events that it means, in this order
 *
 * Any thread; libnice's lock on the agent serialises its lines. Does not
 * allocate.
 *
 * Returns: the number of @checks that are set
 */
guint
nice_checks_translate (NiceChecks *self, const NiceTraceEvent *line, gint64 now,
    NiceCheck checks[NICE_CHECKS_MAX])
{
  Output out = { checks, 0 };

  if (line->kind == NICE_TRACE_PAIR_STATE)
    note_state (self, line, now, &out);
  else if (line->kind == NICE_TRACE_PAIR_ADDED
      || line->kind == NICE_TRACE_PAIR_DISCOVERED)
    note_added (self, line, now, &out);
  else if (line->kind == NICE_TRACE_PAIR_REMOVED)
    add_event (&out, ICE_CHECK_REMOVED, line->pair, now);
  else if (line->kind == NICE_TRACE_LIST_FREED)
    add_event (&out, ICE_CHECK_RESTARTED, 0, now);
  else if (line->kind == NICE_TRACE_NOMINATED)
    add_event (&out, ICE_CHECK_NOMINATED, line->pair, now);
  else if (line->kind == NICE_TRACE_SELECTED_REMOTE)
    note_selected (self, line, now, &out);
  else if (line->kind == NICE_TRACE_REQUEST_BUILT)
    note_request_built (self, line, now, &out);
  else if (line->kind == NICE_TRACE_RETRANSMISSION)
    add_event (&out, ICE_CHECK_RETRANSMITTED, line->pair, now);
  else if (line->kind == NICE_TRACE_RESPONSE)
    note_response (self, line, now, &out);
  else if (line->kind == NICE_TRACE_TRIGGER_FOUND)
    note_trigger_found (self, line, now, &out);
  remember (self, line, now);
  return out.n;
}
