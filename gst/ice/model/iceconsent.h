/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * When to ask the peer for consent on the selected pair (RFC 7675), and how
 * long its answers take. Consent is a success response only; other signs of
 * life of the peer do not count here. Pure: now is an argument, in microseconds
 * of a monotonic clock, and so are random numbers. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* RFC 7675 section 5.1: every 5 s, times 0.8 to 1.2 */
#define ICE_CONSENT_INTERVAL (G_GINT64_CONSTANT (5000000))
/* RFC 8445 section 14.3: the smallest RTO; unanswered, the next one follows */
#define ICE_CONSENT_RTO (G_GINT64_CONSTANT (500000))
/* A request is sent this long before the pair would count as silent, at the
 * latest. */
#define ICE_CONSENT_MARGIN (G_GINT64_CONSTANT (1500000))

/* Intervals of 1.5 s and more end at a multiple of this time, so that a
 * thousand transports cause four wake-ups a second. */
#define ICE_CONSENT_GRID (G_GINT64_CONSTANT (250000))

/* Where media has stopped, a request is sent after this time, but not more
 * often: the path may have changed for both ends. */
#define ICE_CONSENT_SILENCE (G_GINT64_CONSTANT (1000000))

/* The shortest interval between requests, however short a timeout is. */
#define ICE_CONSENT_MIN_INTERVAL (G_GINT64_CONSTANT (100000))

/* Requests whose answer may still come. */
#define ICE_CONSENT_OUTSTANDING 64
/* RFC 8489 section 6.2.1, at its defaults: no answer is expected any more. */
#define ICE_CONSENT_LIFETIME (G_GINT64_CONSTANT (39500000))

typedef struct
{
  guint32 id; /* the number in the request's transaction id */
  gint64 sent;
} IceConsentRequest;

typedef struct
{
  gint64 disconnected_timeout; /* microseconds; 0 = never */
  gint64 failed_timeout;       /* likewise */
  gint64 last_answer; /* the last consent, or when the pair was selected */
  gint64 next;        /* when to ask */
  gint64 last_sent;   /* when the last request was sent */
  gint64 last_media;  /* 0: none came on this pair */
  gint64 look; /* when to check whether media comes, after an answer; 0: not
                  before `next` */
  guint32 last_id;
  guint unanswered;  /* requests since the last answer */
  gboolean overlaps; /* older ones were open when the last one was sent */
  IceConsentRequest requests[ICE_CONSENT_OUTSTANDING];
  guint64 requests_sent, responses_received;
  gint64 round_trip_time; /* of the last answer; -1 = none yet */
  gint64 total_round_trip_time;
} IceConsent;

void ice_consent_init (IceConsent *self, gint64 disconnected_timeout,
    gint64 failed_timeout, gint64 now);
void ice_consent_select (IceConsent *self, gint64 disconnected_timeout,
    gint64 failed_timeout, gint64 now);
gint64 ice_consent_get_next (const IceConsent *self);
gint64 ice_consent_get_look (const IceConsent *self);
void ice_consent_note_media (IceConsent *self, gint64 at, gint64 now);
void ice_consent_hurry (IceConsent *self, gint64 now);
void ice_consent_retry (IceConsent *self, gint64 now);
gboolean ice_consent_has_expired (const IceConsent *self, gint64 now);
guint32 ice_consent_ask (IceConsent *self, gint64 now);
gboolean ice_consent_answer (
    IceConsent *self, guint32 id, gdouble chance, gint64 now);
gboolean ice_consent_answer_to_any (
    IceConsent *self, gdouble chance, gint64 now);
gboolean ice_consent_error (
    IceConsent *self, guint32 id, gdouble chance, gint64 now);

G_END_DECLS
