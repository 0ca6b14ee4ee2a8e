/* gst-ice: when to ask the peer for consent.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/iceconsent.h"

/**
 * ice_consent_init:
 * @self: (out caller-allocates): the schedule of a pair
 * @disconnected_timeout: microseconds until it counts as silent; 0 = never
 * @failed_timeout: microseconds until consent expires; 0 = never
 * @now: when the pair was selected
 *
 * The first request is due at once.
 */
void
ice_consent_init (IceConsent *self, gint64 disconnected_timeout,
    gint64 failed_timeout, gint64 now)
{
  *self = (IceConsent){
    .disconnected_timeout = disconnected_timeout,
    .failed_timeout = failed_timeout,
    .last_answer = now,
    .next = now,
    .round_trip_time = -1,
  };
}

/**
 * ice_consent_select:
 * @self: a schedule, or all zero
 * @disconnected_timeout: as for ice_consent_init()
 * @failed_timeout: likewise
 * @now: when another pair was selected
 *
 * As ice_consent_init(), but ids continue: no answer to a request on the pair
 * before counts on this one.
 */
void
ice_consent_select (IceConsent *self, gint64 disconnected_timeout,
    gint64 failed_timeout, gint64 now)
{
  guint32 last_id = self->last_id;

  ice_consent_init (self, disconnected_timeout, failed_timeout, now);
  self->last_id = last_id;
}

/**
 * ice_consent_get_next:
 * @self: a schedule
 *
 * Returns: when to send the next request, microseconds; where media came on the
 *   pair, call ice_consent_note_media() before that, which may postpone it
 */
gint64
ice_consent_get_next (const IceConsent *self)
{
  gint64 silent = MAX (self->last_media, self->last_sent) + ICE_CONSENT_SILENCE;

  if (self->last_media == 0
      || self->last_media + ICE_CONSENT_SILENCE <= self->last_sent)
    return self->next;
  return MIN (self->next, silent);
}

/**
 * ice_consent_get_look:
 * @self: a schedule
 *
 * Returns: when to call ice_consent_note_media(), microseconds: before each
 *   request, and once between two requests, so that the end of media is noticed
 *   soon
 */
gint64
ice_consent_get_look (const IceConsent *self)
{
  gint64 next = ice_consent_get_next (self);

  return self->look != 0 ? MIN (self->look, next) : next;
}

/**
 * ice_consent_note_media:
 * @self: a schedule
 * @at: when media came on the pair last; 0 = never
 * @now: the time
 */
void
ice_consent_note_media (IceConsent *self, gint64 at, gint64 now)
{
  self->last_media = MAX (self->last_media, at);
  if (now >= self->look)
    self->look = 0;
}

/**
 * ice_consent_hurry:
 * @self: a schedule
 * @now: the time
 *
 * Sends a request as soon as that is allowed, because the last one was wrong.
 */
void
ice_consent_hurry (IceConsent *self, gint64 now)
{
  self->next = MAX (now, self->last_sent + ICE_CONSENT_MIN_INTERVAL);
}

/**
 * ice_consent_retry:
 * @self: a schedule
 * @now: the time
 *
 * Sends a request when the next one would follow an unanswered one, because the
 * last request was wrong, and so was the one before.
 */
void
ice_consent_retry (IceConsent *self, gint64 now)
{
  self->next = MIN (self->next, MAX (now, self->last_sent + ICE_CONSENT_RTO));
}

/**
 * ice_consent_has_expired:
 * @self: a schedule
 * @now: the time
 *
 * Returns: whether consent has expired, so that no more requests are sent, RFC
 *   7675 section 5.1
 */
gboolean
ice_consent_has_expired (const IceConsent *self, gint64 now)
{
  return self->failed_timeout > 0
      && now - self->last_answer >= self->failed_timeout;
}

/* The last request that may still be answered. */
static IceConsentRequest *
find_open (IceConsent *self, gint64 now)
{
  IceConsentRequest *found = NULL;
  guint i;

  for (i = 0; i < ICE_CONSENT_OUTSTANDING; i++) {
    IceConsentRequest *request = &self->requests[i];

    if (request->id != 0 && now - request->sent < ICE_CONSENT_LIFETIME
        && (found == NULL || request->sent >= found->sent))
      found = request;
  }
  return found;
}

/**
 * ice_consent_ask:
 * @self: a schedule
 * @now: when the request is sent
 *
 * Every request is a transaction of its own (RFC 7675 section 5.1), so that
 * each answer identifies its request.
 *
 * Returns: a number that makes its transaction id distinct
 */
guint32
ice_consent_ask (IceConsent *self, gint64 now)
{
  guint32 id = ++self->last_id;

  self->overlaps = find_open (self, now) != NULL;
  self->requests[id % ICE_CONSENT_OUTSTANDING] = (IceConsentRequest){
    .id = id,
    .sent = now,
  };
  self->requests_sent++;
  self->last_sent = now;
  self->unanswered++;
  self->next = now + ICE_CONSENT_RTO;
  return id;
}

/* So that there is time for several tries before the timeout is over. */
static gint64
limit_longest (gint64 longest, gint64 timeout)
{
  if (timeout <= 0)
    return longest;
  return MIN (longest, MAX (timeout - ICE_CONSENT_MARGIN, timeout / 2));
}

/* RFC 7675's interval, but before the pair would count as silent or be given
 * up. Returns: a random time; all transports of a process share the times, so
 * that they wake its I/O thread together, but do not ask all at once */
static gint64
get_next_time (const IceConsent *self, gdouble chance, gint64 now)
{
  gint64 longest = (gint64) (ICE_CONSENT_INTERVAL * 1.2), shortest, next;

  longest = limit_longest (longest, self->disconnected_timeout);
  longest = limit_longest (longest, self->failed_timeout);
  longest = MAX (longest, ICE_CONSENT_MIN_INTERVAL);
  shortest = MAX (longest * 2 / 3, MIN (longest, ICE_CONSENT_RTO));
  if (longest - shortest < 2 * ICE_CONSENT_GRID)
    return now + shortest + (gint64) ((longest - shortest) * chance);
  shortest += ICE_CONSENT_GRID;
  next = now + shortest + (gint64) ((longest - shortest) * chance);
  return next - next % ICE_CONSENT_GRID;
}

/* The peer has answered, with success or an error. */
static void
close_request (
    IceConsent *self, IceConsentRequest *request, gdouble chance, gint64 now)
{
  request->id = 0;
  self->responses_received++;
  self->unanswered = 0;
  self->next = get_next_time (self, chance, now);
  self->look = now + ICE_CONSENT_SILENCE;
  self->look -= self->look % ICE_CONSENT_GRID;
}

static void
accept_answer (
    IceConsent *self, IceConsentRequest *request, gdouble chance, gint64 now)
{
  self->last_answer = now;
  close_request (self, request, chance, now);
}

static void
measure (IceConsent *self, const IceConsentRequest *request, gint64 now)
{
  self->round_trip_time = now - request->sent;
  self->total_round_trip_time += self->round_trip_time;
}

/**
 * ice_consent_answer:
 * @self: a schedule
 * @id: the request that an authenticated success response came to
 * @chance: 0 to 1, random
 * @now: when it came
 *
 * Returns: whether such a request was open
 */
gboolean
ice_consent_answer (IceConsent *self, guint32 id, gdouble chance, gint64 now)
{
  IceConsentRequest *request = &self->requests[id % ICE_CONSENT_OUTSTANDING];

  if (id == 0 || request->id != id)
    return FALSE;
  measure (self, request, now);
  accept_answer (self, request, chance, now);
  return TRUE;
}

/**
 * ice_consent_answer_to_any:
 * @self: a schedule
 * @chance: 0 to 1, random
 * @now: when an answer came that does not identify its request
 *
 * There are no more of these than requests. Only while no other request was
 * open is it known how long the answer took.
 *
 * Returns: whether a request was open
 */
gboolean
ice_consent_answer_to_any (IceConsent *self, gdouble chance, gint64 now)
{
  IceConsentRequest *request = find_open (self, now);

  if (request == NULL)
    return FALSE;
  if (!self->overlaps)
    measure (self, request, now);
  accept_answer (self, request, chance, now);
  return TRUE;
}

/**
 * ice_consent_error:
 * @self: a schedule
 * @id: the request that an authenticated error response came to
 * @chance: 0 to 1, random
 * @now: when it came
 *
 * The peer is alive but does not consent: the next request follows after the
 * usual interval, and consent expires as it would without an answer.
 *
 * Returns: whether such a request was open
 */
gboolean
ice_consent_error (IceConsent *self, guint32 id, gdouble chance, gint64 now)
{
  IceConsentRequest *request = &self->requests[id % ICE_CONSENT_OUTSTANDING];

  if (id == 0 || request->id != id)
    return FALSE;
  measure (self, request, now);
  close_request (self, request, chance, now);
  return TRUE;
}
