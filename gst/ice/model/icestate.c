/* gst-ice: one transport's state machine and the aggregation over transports.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An event changes the facts; the facts alone decide the state (settle), except
 * `failed` and `closed`, which last. docs/states.md has the table. */

#include "model/icestate.h"

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
 * Pairs on which consent requests can be sent have other timeouts than those
 * where they cannot.
 */
void
ice_transport_state_set_timeouts (
    IceTransportState *self, gint64 disconnected_timeout, gint64 failed_timeout)
{
  self->disconnected_timeout = disconnected_timeout;
  self->failed_timeout = failed_timeout;
}

/**
 * ice_transport_state_set_end_timeout:
 * @self: the machine
 * @end_timeout: microseconds after the peer's last candidate or credentials
 *   until, where there is no path, its end of candidates is taken as received;
 *   0 = never
 *
 * For peers that do not signal the end of their candidates, as RFC 8838 section
 * 14 asks them to. Candidates after that time are accepted as before, and
 * restart it.
 */
void
ice_transport_state_set_end_timeout (
    IceTransportState *self, gint64 end_timeout)
{
  self->end_timeout = end_timeout;
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

/* W3C webrtc-pc RTCIceTransportState "failed" requires the end of candidates of
 * both sides, or a timeout instead; RFC 8863 requires patience if no pair ever
 * worked. G_MININT64: at any time; G_MAXINT64: time alone does not lead to it.
 */
static gint64
may_fail_at (const IceTransportState *self)
{
  gint64 at = G_MININT64;

  if (!self->gathered)
    return G_MAXINT64;
  if (!self->remote_complete) {
    if (self->end_timeout <= 0 || self->last_signalled == 0)
      return G_MAXINT64;
    at = self->last_signalled + self->end_timeout;
  }
  if (self->worked)
    return at;
  return self->patience_until != 0 ? MAX (at, self->patience_until)
                                   : G_MAXINT64;
}

static gboolean
may_fail (const IceTransportState *self, gint64 now)
{
  gint64 at = may_fail_at (self);

  return at != G_MAXINT64 && now >= at;
}

static GstIceConnectionState
settle_without_path (const IceTransportState *self, gint64 now)
{
  switch (self->checks) {
    case ICE_CHECKS_RUNNING:
      return GST_ICE_CONNECTION_STATE_CHECKING;
    case ICE_CHECKS_AGAIN:    /* further checks of the peer do not delay it */
    case ICE_CHECKS_EXPECTED: /* there may never be one */
      return may_fail (self, now) ? GST_ICE_CONNECTION_STATE_FAILED
                                  : GST_ICE_CONNECTION_STATE_CHECKING;
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
      /* Without a nomination ICE is not complete (RFC 8445 section 8.1.2), nor
       * is it by the old generation's pair. */
      if (self->gathered && self->remote_complete
          && self->checks == ICE_CHECKS_DONE && self->nominated
          && !self->old_path)
        return GST_ICE_CONNECTION_STATE_COMPLETED;
      return GST_ICE_CONNECTION_STATE_CONNECTED;
    case ICE_PATH_SILENT:
      /* A restart looks for another one, until nothing is left to check. */
      return self->old_silent && self->checks != ICE_CHECKS_DONE
          ? GST_ICE_CONNECTION_STATE_CHECKING
          : GST_ICE_CONNECTION_STATE_DISCONNECTED;
    case ICE_PATH_NONE:
    case ICE_PATH_LOST:
      break;
  }
  return settle_without_path (self, now);
}

/* A path that was silent before a restart is judged by the new generation's
 * checks. */
static IceReason
reason_of_silence (const IceTransportState *self, IceEvent event)
{
  if (self->old_silent && event == ICE_EVENT_CHECKS_DONE)
    return ICE_REASON_CHECKS_EXHAUSTED;
  if (self->old_silent
      && (event == ICE_EVENT_CHECKING || event == ICE_EVENT_CHECKING_AGAIN))
    return ICE_REASON_CHECKS;
  return ICE_REASON_CONSENT_MISSING;
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
    return reason_of_silence (self, event);
  if (state == GST_ICE_CONNECTION_STATE_DISCONNECTED
      || state == GST_ICE_CONNECTION_STATE_FAILED) {
    if (self->path == ICE_PATH_LOST)
      return self->loss;
    return ICE_REASON_CHECKS_EXHAUSTED;
  }
  if (self->path == ICE_PATH_LOST && event != ICE_EVENT_CHECKING
      && event != ICE_EVENT_CHECKING_AGAIN)
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

/* A new generation: the proofs of the old one are void, but a path that has not
 * been given up stays: media continues there (RFC 8445 section 9), silent or
 * not. */
static void
restart (IceTransportState *self)
{
  gboolean was_new = self->state == GST_ICE_CONNECTION_STATE_NEW;

  self->remote_complete = FALSE;
  self->last_signalled = 0;
  self->patience_until = 0;
  self->checks = was_new ? ICE_CHECKS_NONE : ICE_CHECKS_EXPECTED;
  self->old_path = ice_transport_state_may_send (self);
  if (!self->old_path)
    self->path = ICE_PATH_NONE;
  self->old_silent = self->path == ICE_PATH_SILENT;
  self->worked = FALSE;
}

static void
gain_path (IceTransportState *self, gboolean nominated, gint64 now)
{
  self->path = ICE_PATH_USABLE;
  self->nominated = nominated;
  self->worked = TRUE;
  self->old_path = FALSE;
  self->old_silent = FALSE;
  self->last_life = now;
  self->last_consent = now;
  if (self->checks != ICE_CHECKS_DONE)
    self->checks = ICE_CHECKS_RUNNING;
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
      self->last_signalled = now;
      if (self->patience_until == 0)
        self->patience_until = now + ICE_PATIENCE;
      break;
    case ICE_EVENT_REMOTE_CANDIDATE:
      self->last_signalled = now;
      break;
    case ICE_EVENT_REMOTE_END_OF_CANDIDATES:
      self->remote_complete = TRUE;
      break;
    case ICE_EVENT_CHECKING:
      self->checks = ICE_CHECKS_RUNNING;
      break;
    case ICE_EVENT_CHECKING_AGAIN:
      self->checks = ICE_CHECKS_AGAIN;
      break;
    case ICE_EVENT_PAIR_VALID:
    case ICE_EVENT_PAIR_USABLE:
      gain_path (self, event == ICE_EVENT_PAIR_USABLE, now);
      break;
    case ICE_EVENT_CHECKS_DONE:
      self->checks = ICE_CHECKS_DONE;
      if (self->old_path && self->path == ICE_PATH_LOST)
        self->path = ICE_PATH_NONE; /* the new generation's path counts */
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
 * Returns: whether `self->state` changed; `self->reason` is the cause then. W3C
 *   webrtc-pc section 5.6.4 (RTCIceTransportState).
 */
gboolean
ice_transport_state_step (IceTransportState *self, IceEvent event, gint64 now)
{
  GstIceConnectionState old = self->state, next;

  if (old == GST_ICE_CONNECTION_STATE_CLOSED)
    return FALSE;

  /* Timeouts are applied before the event: an answer that is later than
   * failed-timeout is too late. */
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
 * ice_transport_state_begin_call:
 * @self: the machine
 *
 * Forgets everything about the peer, for a call with another one. Any thread;
 * the owner locks.
 *
 * Returns: whether `self->state` changed, which is `new` now, unless it was
 *   `closed`
 */
gboolean
ice_transport_state_begin_call (IceTransportState *self)
{
  GstIceConnectionState old = self->state;
  gint64 end_timeout = self->end_timeout;

  if (old == GST_ICE_CONNECTION_STATE_CLOSED)
    return FALSE;
  ice_transport_state_init (self, 0, 0);
  self->end_timeout = end_timeout;
  self->reason = ICE_REASON_NEXT_CALL;
  return old != self->state;
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

  if (self->checks == ICE_CHECKS_RUNNING || may_fail_at (self) == G_MAXINT64)
    return -1;
  return MAX (may_fail_at (self), -1);
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
 * ice_connection_state_is_up:
 * @state: a state
 *
 * Returns: whether there is a path that works: connected or completed
 */
gboolean
ice_connection_state_is_up (GstIceConnectionState state)
{
  return state == GST_ICE_CONNECTION_STATE_CONNECTED
      || state == GST_ICE_CONNECTION_STATE_COMPLETED;
}

/**
 * ice_connection_state_to_string:
 * @state: a state
 *
 * Returns: (transfer none): W3C's name of it
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
    "checks-exhausted", "socket-error", "restart", "closed", "next-call" };

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
    "remote-candidate", "remote-end-of-candidates", "checking",
    "checking-again", "pair-valid", "pair-usable", "checks-done", "consent",
    "proof-of-life", "consent-revoked", "socket-error", "tick", "restart",
    "close" };

  g_return_val_if_fail ((guint) event < G_N_ELEMENTS (names), NULL);
  return names[event];
}
