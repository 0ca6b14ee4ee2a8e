/* gst-ice: what a session waits for, and when that is reported.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/iceprogress.h"

/* Where an operation stands. */
typedef enum
{
  IDLE,
  RUNNING,
  COMPLETE,
  FAILED,
  STOPPED
} Stand;

static Stand
judge_gather (const IceProgressFacts *facts, IceProgressWait *wait)
{
  if (facts->broken && facts->gathering != GST_ICE_GATHERING_STATE_COMPLETE)
    return FAILED;
  switch (facts->gathering) {
    case GST_ICE_GATHERING_STATE_NEW:
      return IDLE;
    case GST_ICE_GATHERING_STATE_GATHERING:
      *wait = ICE_WAIT_SERVERS;
      return RUNNING;
    case GST_ICE_GATHERING_STATE_COMPLETE:
      break;
  }
  return COMPLETE;
}

static Stand
judge_signal (const IceProgressFacts *facts, IceProgressWait *wait)
{
  if (!facts->signals)
    return IDLE;
  if (facts->is_open)
    return COMPLETE;
  if (facts->is_over)
    return FAILED;
  *wait = facts->listens ? ICE_WAIT_CALLER : ICE_WAIT_LISTENER;
  return RUNNING;
}

/* What the chosen transport waits for. */
static IceProgressWait
judge_wait (const IceProgressFacts *facts)
{
  if (facts->signals && !facts->is_open)
    return facts->listens ? ICE_WAIT_CALLER : ICE_WAIT_LISTENER;
  if (!facts->credentials)
    return ICE_WAIT_CREDENTIALS;
  if (facts->transport_state == GST_ICE_CONNECTION_STATE_DISCONNECTED
      && facts->selected)
    return ICE_WAIT_LIFE;
  if (facts->succeeded && !facts->selected && facts->controlled)
    return ICE_WAIT_NOMINATION;
  if (facts->transport_state == GST_ICE_CONNECTION_STATE_DISCONNECTED)
    return facts->complete ? ICE_WAIT_CHECKS : ICE_WAIT_END_OF_CANDIDATES;
  if (facts->complete && facts->unpaired)
    return ICE_WAIT_PEER_CHECKS;
  if (!facts->candidates && !facts->succeeded)
    return ICE_WAIT_CANDIDATES;
  if (facts->unpaired)
    return ICE_WAIT_PAIR;
  return ICE_WAIT_CHECKS;
}

static Stand
judge_connect (const IceProgressFacts *facts, IceProgressWait *wait)
{
  switch (facts->state) {
    case GST_ICE_CONNECTION_STATE_CONNECTED:
    case GST_ICE_CONNECTION_STATE_COMPLETED:
      return COMPLETE;
    case GST_ICE_CONNECTION_STATE_FAILED:
    case GST_ICE_CONNECTION_STATE_CLOSED:
      return FAILED;
    case GST_ICE_CONNECTION_STATE_NEW:
    case GST_ICE_CONNECTION_STATE_CHECKING:
    case GST_ICE_CONNECTION_STATE_DISCONNECTED:
      break;
  }
  if (facts->broken)
    return FAILED;
  *wait = judge_wait (facts);
  return RUNNING;
}

static Stand
judge (
    IceProgressCode code, const IceProgressFacts *facts, IceProgressWait *wait)
{
  *wait = ICE_WAIT_NOTHING;
  if (facts->state == GST_ICE_CONNECTION_STATE_CLOSED)
    return STOPPED;
  if (!facts->begun)
    return IDLE;
  switch (code) {
    case ICE_PROGRESS_GATHER:
      return judge_gather (facts, wait);
    case ICE_PROGRESS_SIGNAL:
      return judge_signal (facts, wait);
    case ICE_PROGRESS_CONNECT:
      return judge_connect (facts, wait);
    case ICE_PROGRESS_N_CODES:
      break;
  }
  return IDLE;
}

/* The operation is not running: whether it has begun, or begun again. One that
 * began and ended between two calls is reported as both. */
static gboolean
is_begun (const IceProgressOperation *self, Stand stand)
{
  switch (stand) {
    case RUNNING:
      return TRUE;
    case COMPLETE:
      return self->ended != ICE_PROGRESS_COMPLETE;
    case FAILED:
      return self->ended != ICE_PROGRESS_ERROR;
    case IDLE:
    case STOPPED:
      break;
  }
  return FALSE;
}

static gboolean
is_same_place (IceProgressPlace a, IceProgressPlace b)
{
  return a.stream == b.stream && a.component == b.component;
}

/* What is waited for, and where. */
static gboolean
is_reported (const IceProgressOperation *self)
{
  return self->wait == self->reported
      && is_same_place (self->place, self->reported_place);
}

static gboolean
begin (IceProgressOperation *self, IceProgressWait wait, IceProgressPlace place,
    gint64 now, IceProgressNews *news)
{
  self->running = TRUE;
  self->reported = self->wait = wait;
  self->reported_place = self->place = place;
  self->since = now;
  news->type = ICE_PROGRESS_START;
  news->wait = wait;
  return TRUE;
}

static gboolean
end (IceProgressOperation *self, IceProgressType type, IceProgressNews *news)
{
  self->running = FALSE;
  self->ended = type;
  news->type = type;
  news->wait = ICE_WAIT_NOTHING;
  return TRUE;
}

static gboolean
go_on (IceProgressOperation *self, IceProgressWait wait, IceProgressPlace place,
    gint64 now, IceProgressNews *news)
{
  if (wait != self->wait || !is_same_place (place, self->place)) {
    self->wait = wait;
    self->place = place;
    self->since = now;
  }
  if (is_reported (self) || now - self->since < ICE_PROGRESS_PATIENCE)
    return FALSE;
  self->reported = wait;
  self->reported_place = place;
  news->type = ICE_PROGRESS_CONTINUE;
  news->wait = wait;
  return TRUE;
}

static gboolean
step (IceProgressOperation *self, Stand stand, IceProgressWait wait,
    IceProgressPlace place, gint64 now, IceProgressNews *news)
{
  if (!self->running)
    return is_begun (self, stand) && begin (self, wait, place, now, news);
  switch (stand) {
    case RUNNING:
      return go_on (self, wait, place, now, news);
    case COMPLETE:
      return end (self, ICE_PROGRESS_COMPLETE, news);
    case FAILED:
      return end (self, ICE_PROGRESS_ERROR, news);
    case IDLE:
    case STOPPED:
      break;
  }
  return end (self, ICE_PROGRESS_CANCELED, news);
}

/* The signalling is the session's. */
static gboolean
is_wait_of_transport (IceProgressWait wait)
{
  switch (wait) {
    case ICE_WAIT_CREDENTIALS:
    case ICE_WAIT_CANDIDATES:
    case ICE_WAIT_PAIR:
    case ICE_WAIT_PEER_CHECKS:
    case ICE_WAIT_CHECKS:
    case ICE_WAIT_NOMINATION:
    case ICE_WAIT_END_OF_CANDIDATES:
    case ICE_WAIT_LIFE:
      return TRUE;
    case ICE_WAIT_NOTHING:
    case ICE_WAIT_SERVERS:
    case ICE_WAIT_CALLER:
    case ICE_WAIT_LISTENER:
    case ICE_N_WAITS:
      break;
  }
  return FALSE;
}

/* All transports connect, and all are stopped, but one fails. */
static gboolean
is_news_of_transport (
    const IceProgressNews *news, const IceProgressFacts *facts)
{
  if (news->code != ICE_PROGRESS_CONNECT)
    return FALSE;
  if (news->type == ICE_PROGRESS_ERROR)
    return facts->transport_state == GST_ICE_CONNECTION_STATE_FAILED;
  return is_wait_of_transport (news->wait);
}

static gboolean
is_up_or_closed (GstIceConnectionState state)
{
  return ice_connection_state_is_up (state)
      || state == GST_ICE_CONNECTION_STATE_CLOSED;
}

/**
 * ice_progress_choose:
 * @whole: the state of a session
 * @states: (array length=n): those of its transports
 * @n: how many
 *
 * A session is as its worst transport is (W3C webrtc-pc section 4.3.4).
 *
 * Returns: the first transport that has the session's state, where that is
 *   `failed` or `disconnected`; else the first one that is neither connected
 *   nor closed; -1: there is none
 */
gint
ice_progress_choose (
    GstIceConnectionState whole, const GstIceConnectionState *states, guint n)
{
  gint first = -1;
  guint i;

  for (i = 0; i < n; i++) {
    if (is_up_or_closed (states[i]))
      continue;
    if (states[i] == whole
        && (whole == GST_ICE_CONNECTION_STATE_FAILED
            || whole == GST_ICE_CONNECTION_STATE_DISCONNECTED))
      return (gint) i;
    if (first < 0)
      first = (gint) i;
  }
  return first;
}

/**
 * ice_progress_init:
 * @self: (out caller-allocates): nothing has begun
 */
void
ice_progress_init (IceProgress *self)
{
  *self = (IceProgress){ 0 };
}

/**
 * ice_progress_next:
 * @self: what was reported so far
 * @facts: what is known now
 * @now: monotonic time in microseconds
 * @news: (out): the next report
 *
 * Call it until it returns %FALSE. One operation: START, any number of
 * CONTINUE, then one of COMPLETE, ERROR, CANCELED; perhaps again. A wait other
 * than the last reported one is reported when it has lasted for
 * %ICE_PROGRESS_PATIENCE.
 *
 * Returns: whether there is a report
 */
gboolean
ice_progress_next (IceProgress *self, const IceProgressFacts *facts, gint64 now,
    IceProgressNews *news)
{
  IceProgressCode code;

  for (code = 0; code < ICE_PROGRESS_N_CODES; code++) {
    IceProgressWait wait;
    Stand stand = judge (code, facts, &wait);
    IceProgressPlace place = { 0 };

    if (code == ICE_PROGRESS_CONNECT && is_wait_of_transport (wait))
      place = facts->place;
    news->code = code;
    if (!step (&self->operations[code], stand, wait, place, now, news))
      continue;
    news->is_of_place = is_news_of_transport (news, facts);
    return TRUE;
  }
  return FALSE;
}

/**
 * ice_progress_get_deadline:
 * @self: what was reported so far
 *
 * Returns: when time alone brings a report; -1: never
 */
gint64
ice_progress_get_deadline (const IceProgress *self)
{
  gint64 deadline = -1;
  guint i;

  for (i = 0; i < ICE_PROGRESS_N_CODES; i++) {
    const IceProgressOperation *operation = &self->operations[i];
    gint64 due = operation->since + ICE_PROGRESS_PATIENCE;

    if (operation->running && !is_reported (operation)
        && (deadline < 0 || due < deadline))
      deadline = due;
  }
  return deadline;
}

/**
 * ice_progress_code_to_string:
 * @code: a code
 *
 * Returns: (transfer none): as in GST_MESSAGE_PROGRESS
 */
const gchar *
ice_progress_code_to_string (IceProgressCode code)
{
  static const gchar *const codes[ICE_PROGRESS_N_CODES] = { "gather", "signal",
    "connect" };

  return codes[code];
}
