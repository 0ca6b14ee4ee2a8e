/* gst-ice: one transport's state machine and the aggregation over transports.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An event changes the facts; the facts alone decide the state (settle), but
 * for `failed` and `closed`, which last. docs/states.md has the table. */

#include "icestate.h"

/**
 * ice_transport_state_init:
 * @self: (out caller-allocates): the machine
 * @disconnected_timeout: microseconds without proof of life until the pair
 *   counts as silent; 0 = never
 * @failed_timeout: microseconds until it is given up (RFC 7675); 0 = never
 *
 * Sets @self to `new`. Any thread; the owner locks.
 */
void
ice_transport_state_init (
    IceTransportState *self, gint64 disconnected_timeout, gint64 failed_timeout)
{
  *self = (IceTransportState){
    .state = GST_ICE_CONNECTION_STATE_NEW,
    .disconnected_timeout = disconnected_timeout,
    .failed_timeout = failed_timeout,
  };
}

/* When a usable pair turns silent and when it is given up; 0 = never. */
static gint64
silent_at (const IceTransportState *self)
{
  return self->disconnected_timeout > 0
      ? self->last_life + self->disconnected_timeout
      : 0;
}

static gint64
lost_at (const IceTransportState *self)
{
  return self->failed_timeout > 0 ? self->last_consent + self->failed_timeout
                                  : 0;
}

/**
 * ice_transport_state_set_timeouts:
 * @self: the machine
 * @disconnected_timeout: as in ice_transport_state_init()
 * @failed_timeout: as in ice_transport_state_init()
 *
 * For pairs on which the peer can be asked for consent, and those where not.
 */
void
ice_transport_state_set_timeouts (
    IceTransportState *self, gint64 disconnected_timeout, gint64 failed_timeout)
{
  self->disconnected_timeout = disconnected_timeout;
  self->failed_timeout = failed_timeout;
}

static gboolean
has_path (const IceTransportState *self)
{
  return self->path == ICE_PATH_USABLE || self->path == ICE_PATH_SILENT;
}

static void
lose_path (IceTransportState *self, IceReason why)
{
  if (!has_path (self))
    return;
  self->path = ICE_PATH_LOST;
  self->loss = why;
}

static void
let_time_pass (IceTransportState *self, gint64 now)
{
  if (!has_path (self))
    return;
  if (lost_at (self) != 0 && now >= lost_at (self))
    lose_path (self, ICE_REASON_CONSENT_EXPIRED);
  else if (silent_at (self) != 0 && now >= silent_at (self))
    self->path = ICE_PATH_SILENT;
}

/* W3C webrtc-pc RTCIceTransportState "failed" asks for both sides' end of
 * candidates; RFC 8863 for patience where no pair ever worked. */
static gboolean
may_fail (const IceTransportState *self, gint64 now)
{
  if (!self->gathered || !self->remote_complete)
    return FALSE;
  if (self->worked)
    return TRUE;
  return self->patience_until != 0 && now >= self->patience_until;
}

static GstIceConnectionState
settle_without_path (const IceTransportState *self, gint64 now)
{
  switch (self->checks) {
    case ICE_CHECKS_RUNNING:
      return GST_ICE_CONNECTION_STATE_CHECKING;
    case ICE_CHECKS_DONE:
      return may_fail (self, now) ? GST_ICE_CONNECTION_STATE_FAILED
                                  : GST_ICE_CONNECTION_STATE_DISCONNECTED;
    case ICE_CHECKS_NONE:
      break;
  }
  return may_fail (self, now) ? GST_ICE_CONNECTION_STATE_FAILED
                              : GST_ICE_CONNECTION_STATE_NEW;
}

static GstIceConnectionState
settle (const IceTransportState *self, gint64 now)
{
  switch (self->path) {
    case ICE_PATH_USABLE:
      if (self->gathered && self->remote_complete
          && self->checks == ICE_CHECKS_DONE)
        return GST_ICE_CONNECTION_STATE_COMPLETED;
      return GST_ICE_CONNECTION_STATE_CONNECTED;
    case ICE_PATH_SILENT:
      /* A restart looks for another one. */
      return self->old_silent ? GST_ICE_CONNECTION_STATE_CHECKING
                              : GST_ICE_CONNECTION_STATE_DISCONNECTED;
    case ICE_PATH_NONE:
    case ICE_PATH_LOST:
      break;
  }
  return settle_without_path (self, now);
}

static IceReason
reason_of (
    const IceTransportState *self, IceEvent event, GstIceConnectionState state)
{
  if (event == ICE_EVENT_CLOSE)
    return ICE_REASON_CLOSED;
  if (event == ICE_EVENT_RESTART)
    return ICE_REASON_RESTART;
  if ((event == ICE_EVENT_PROOF_OF_LIFE || event == ICE_EVENT_CONSENT)
      && self->path == ICE_PATH_USABLE)
    return ICE_REASON_CONSENT_RESPONSE;
  if (self->path == ICE_PATH_SILENT)
    return ICE_REASON_CONSENT_MISSING;
  if (state == GST_ICE_CONNECTION_STATE_DISCONNECTED
      || state == GST_ICE_CONNECTION_STATE_FAILED) {
    if (self->path == ICE_PATH_LOST)
      return self->loss;
    return ICE_REASON_CHECKS_EXHAUSTED;
  }
  if (self->path == ICE_PATH_LOST && event != ICE_EVENT_CHECKING)
    return self->loss;
  if (event == ICE_EVENT_GATHERED
      || event == ICE_EVENT_REMOTE_END_OF_CANDIDATES)
    return ICE_REASON_END_OF_CANDIDATES;
  return ICE_REASON_CHECKS;
}

/**
 * ice_transport_state_may_send:
 * @self: the machine
 *
 * Any thread; the owner locks.
 *
 * Returns: whether there is a pair that media may take: one that was selected,
 *   of this generation or of the one before, and that the peer has not ceased
 *   to consent to (RFC 7675 section 5)
 */
gboolean
ice_transport_state_may_send (const IceTransportState *self)
{
  return has_path (self) && self->state != GST_ICE_CONNECTION_STATE_FAILED
      && self->state != GST_ICE_CONNECTION_STATE_CLOSED;
}

/* A new generation: what the old one proved is gone, but a path that has not
 * been given up: media goes on there (RFC 8445 section 9), silent or not. */
static void
restart (IceTransportState *self)
{
  gboolean was_new = self->state == GST_ICE_CONNECTION_STATE_NEW;

  self->remote_complete = FALSE;
  self->patience_until = 0;
  self->checks = was_new ? ICE_CHECKS_NONE : ICE_CHECKS_RUNNING;
  self->old_path = ice_transport_state_may_send (self);
  if (!self->old_path)
    self->path = ICE_PATH_NONE;
  self->old_silent = self->path == ICE_PATH_SILENT;
  self->worked = FALSE;
}

static void
note (IceTransportState *self, IceEvent event, gint64 now)
{
  switch (event) {
    case ICE_EVENT_GATHERING:
      self->gathered = FALSE;
      break;
    case ICE_EVENT_GATHERED:
      self->gathered = TRUE;
      break;
    case ICE_EVENT_CREDENTIALS:
      if (self->patience_until == 0)
        self->patience_until = now + ICE_PATIENCE;
      break;
    case ICE_EVENT_REMOTE_END_OF_CANDIDATES:
      self->remote_complete = TRUE;
      break;
    case ICE_EVENT_CHECKING:
      self->checks = ICE_CHECKS_RUNNING;
      break;
    case ICE_EVENT_PAIR_USABLE:
      self->path = ICE_PATH_USABLE;
      self->worked = TRUE;
      self->old_path = FALSE;
      self->old_silent = FALSE;
      self->last_life = now;
      self->last_consent = now;
      if (self->checks == ICE_CHECKS_NONE)
        self->checks = ICE_CHECKS_RUNNING;
      break;
    case ICE_EVENT_CHECKS_DONE:
      self->checks = ICE_CHECKS_DONE;
      /* An old generation's path is good until the new one turns out to have
       * none. */
      if (self->old_path)
        self->path = ICE_PATH_NONE;
      self->old_path = FALSE;
      self->old_silent = FALSE;
      break;
    case ICE_EVENT_CONSENT:
      self->last_consent = now;
      /* fall through */
    case ICE_EVENT_PROOF_OF_LIFE:
      if (self->path == ICE_PATH_SILENT)
        self->path = ICE_PATH_USABLE;
      self->old_silent = FALSE;
      self->last_life = now;
      break;
    case ICE_EVENT_CONSENT_REVOKED:
      lose_path (self, ICE_REASON_CONSENT_REVOKED);
      break;
    case ICE_EVENT_SOCKET_ERROR:
      lose_path (self, ICE_REASON_SOCKET_ERROR);
      break;
    case ICE_EVENT_TICK:
      break;
    case ICE_EVENT_RESTART:
      restart (self);
      break;
    case ICE_EVENT_CLOSE:
    case ICE_N_EVENTS:
      break;
  }
}

/**
 * ice_transport_state_step:
 * @self: the machine
 * @event: what happened
 * @now: when, microseconds, monotonic
 *
 * Any thread; the owner locks.
 *
 * Returns: whether `self->state` changed; `self->reason` then says why. W3C
 * webrtc-pc section 5.6.4 (RTCIceTransportState).
 */
gboolean
ice_transport_state_step (IceTransportState *self, IceEvent event, gint64 now)
{
  GstIceConnectionState old = self->state, next;

  if (old == GST_ICE_CONNECTION_STATE_CLOSED)
    return FALSE;

  /* What time brought about comes before the event that tells the time: an
   * answer that is later than failed-timeout is too late. */
  let_time_pass (self, now);
  note (self, event, now);

  if (event == ICE_EVENT_CLOSE)
    next = GST_ICE_CONNECTION_STATE_CLOSED;
  else if (old == GST_ICE_CONNECTION_STATE_FAILED && event != ICE_EVENT_RESTART)
    next = old;
  else
    next = settle (self, now);

  if (next == old)
    return FALSE;
  self->reason = reason_of (self, event, next);
  self->state = next;
  return TRUE;
}

/**
 * ice_transport_state_deadline:
 * @self: the machine
 *
 * Returns: when the next %ICE_EVENT_TICK can change something, microseconds;
 *   -1 = never.
 */
gint64
ice_transport_state_deadline (const IceTransportState *self)
{
  if (self->state == GST_ICE_CONNECTION_STATE_CLOSED
      || self->state == GST_ICE_CONNECTION_STATE_FAILED)
    return -1;

  if (has_path (self)) {
    gint64 silent = self->path == ICE_PATH_USABLE ? silent_at (self) : 0;
    gint64 lost = lost_at (self);

    if (silent != 0 && (lost == 0 || silent < lost))
      return silent;
    return lost != 0 ? lost : -1;
  }

  if (self->checks != ICE_CHECKS_RUNNING && self->gathered
      && self->remote_complete && !self->worked && self->patience_until != 0)
    return self->patience_until;
  return -1;
}

/**
 * ice_connection_state_aggregate:
 * @states: (array length=n): the states of a session's live transports
 * @n: how many
 *
 * Returns: their RTCIceConnectionState: the first rule that matches, W3C
 *   webrtc-pc section 4.3.4. `new` without transports.
 */
GstIceConnectionState
ice_connection_state_aggregate (const GstIceConnectionState *states, guint n)
{
  guint count[GST_ICE_CONNECTION_STATE_CLOSED + 1] = { 0 };
  guint closed, i;

  for (i = 0; i < n; i++)
    count[states[i]]++;
  closed = count[GST_ICE_CONNECTION_STATE_CLOSED];

  if (n > 0 && closed == n)
    return GST_ICE_CONNECTION_STATE_CLOSED;
  if (count[GST_ICE_CONNECTION_STATE_FAILED] > 0)
    return GST_ICE_CONNECTION_STATE_FAILED;
  if (count[GST_ICE_CONNECTION_STATE_DISCONNECTED] > 0)
    return GST_ICE_CONNECTION_STATE_DISCONNECTED;
  if (count[GST_ICE_CONNECTION_STATE_NEW] + closed == n)
    return GST_ICE_CONNECTION_STATE_NEW;
  if (count[GST_ICE_CONNECTION_STATE_NEW]
          + count[GST_ICE_CONNECTION_STATE_CHECKING]
      > 0)
    return GST_ICE_CONNECTION_STATE_CHECKING;
  if (count[GST_ICE_CONNECTION_STATE_COMPLETED] + closed == n)
    return GST_ICE_CONNECTION_STATE_COMPLETED;
  return GST_ICE_CONNECTION_STATE_CONNECTED;
}

/**
 * ice_gathering_state_aggregate:
 * @states: (array length=n): the gathering states of a session's transports
 * @n: how many
 *
 * Returns: their RTCIceGatheringState, W3C webrtc-pc section 4.3.3.
 */
GstIceGatheringState
ice_gathering_state_aggregate (const GstIceGatheringState *states, guint n)
{
  guint count[GST_ICE_GATHERING_STATE_COMPLETE + 1] = { 0 };
  guint i;

  for (i = 0; i < n; i++)
    count[states[i]]++;

  if (count[GST_ICE_GATHERING_STATE_GATHERING] > 0)
    return GST_ICE_GATHERING_STATE_GATHERING;
  if (n > 0 && count[GST_ICE_GATHERING_STATE_COMPLETE] == n)
    return GST_ICE_GATHERING_STATE_COMPLETE;
  return GST_ICE_GATHERING_STATE_NEW;
}

/**
 * ice_connection_state_to_string:
 * @state: a state
 *
 * Returns: (transfer none): W3C's word for it
 */
const gchar *
ice_connection_state_to_string (GstIceConnectionState state)
{
  static const gchar *const names[] = { "new", "checking", "connected",
    "completed", "failed", "disconnected", "closed" };

  g_return_val_if_fail ((guint) state < G_N_ELEMENTS (names), NULL);
  return names[state];
}

/**
 * ice_reason_to_string:
 * @reason: a reason
 *
 * Returns: (transfer none): the word in messages
 */
const gchar *
ice_reason_to_string (IceReason reason)
{
  static const gchar *const names[] = { "checks", "end-of-candidates",
    "consent-response", "consent-missing", "consent-expired", "consent-revoked",
    "checks-exhausted", "socket-error", "restart", "closed" };

  g_return_val_if_fail ((guint) reason < G_N_ELEMENTS (names), NULL);
  return names[reason];
}

/**
 * ice_event_to_string:
 * @event: an event
 *
 * Returns: (transfer none): a word for logs and tests
 */
const gchar *
ice_event_to_string (IceEvent event)
{
  static const gchar *const names[] = { "gathering", "gathered", "credentials",
    "remote-end-of-candidates", "checking", "pair-usable", "checks-done",
    "consent", "proof-of-life", "consent-revoked", "socket-error", "tick",
    "restart", "close" };

  g_return_val_if_fail ((guint) event < G_N_ELEMENTS (names), NULL);
  return names[event];
}
