/* gst-ice: test of iceconsent: when the peer is asked, what an answer changes.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/iceconsent.h"

#define MS (G_GINT64_CONSTANT (1000))
#define START (1000000 * MS)
#define SILENT_AFTER (5000 * MS)
#define LOST_AFTER (30000 * MS)

static void
start (IceConsent *self)
{
  ice_consent_init (self, SILENT_AFTER, LOST_AFTER, START);
}

static void
test_first_at_once (void)
{
  IceConsent self;

  start (&self);
  g_assert_cmpint (ice_consent_get_next (&self), ==, START);
  g_assert_cmpint (self.round_trip_time, ==, -1);
  g_assert_cmpuint (self.requests_sent, ==, 0);
}

/* A late answer to a request on the pair before proves nothing of this one. */
static void
test_another_pair (void)
{
  IceConsent self = { 0 };
  guint32 before, now;

  ice_consent_select (&self, SILENT_AFTER, LOST_AFTER, START);
  before = ice_consent_ask (&self, START);
  ice_consent_select (&self, 0, LOST_AFTER, START + 10 * MS);
  g_assert_cmpint (ice_consent_get_next (&self), ==, START + 10 * MS);
  g_assert_cmpuint (self.requests_sent, ==, 0);
  now = ice_consent_ask (&self, START + 10 * MS);
  g_assert_false (ice_consent_answer (&self, before, 0.5, START + 20 * MS));
  g_assert_cmpint (self.round_trip_time, ==, -1);
  g_assert_true (ice_consent_answer (&self, now, 0.5, START + 20 * MS));
  g_assert_cmpint (self.round_trip_time, ==, 10 * MS);
}

static void
test_again_while_unanswered (void)
{
  IceConsent self;
  gint64 now = START;
  guint i;

  start (&self);
  for (i = 1; i <= 20; i++) {
    g_assert_cmpuint (ice_consent_ask (&self, now), ==, i);
    g_assert_cmpint (ice_consent_get_next (&self), ==, now + 500 * MS);
    g_assert_cmpuint (self.unanswered, ==, i);
    g_assert_cmpuint (self.requests_sent, ==, i);
    now += 500 * MS;
  }
}

/* How long after an answer it is asked again, milliseconds. */
static gint64
get_interval (gint64 disconnected_timeout, gdouble chance)
{
  IceConsent self;
  guint32 id;

  ice_consent_init (&self, disconnected_timeout * MS, LOST_AFTER, START);
  id = ice_consent_ask (&self, START);
  g_assert_true (ice_consent_answer (&self, id, chance, START + 10 * MS));
  return (ice_consent_get_next (&self) - START - 10 * MS) / MS;
}

static void
test_interval (void)
{
  static const struct
  {
    gint64 timeout;
    gdouble chance;
    gint64 interval;
  } cases[] = {
    /* RFC 7675 section 5.1: 5 s, times 0.8 to 1.2 */
    { 0, 0.0, 4240 },
    { 0, 0.5, 4990 },
    { 0, 1.0, 5990 },
    { 60000, 0.25, 4490 },
    { 7500, 1.0, 5990 },
    { 7500, 0.0, 4240 },
    /* in time, with 1.5 s to spare, and as random */
    { 5000, 1.0, 3490 },
    { 5000, 0.5, 2990 },
    { 5000, 0.0, 2490 },
    { 3001, 1.0, 1490 },
    /* or half of it */
    { 3000, 1.0, 1490 },
    { 3000, 0.0, 1240 },
    { 2000, 1.0, 1000 },
    { 2000, 0.0, 666 },
    { 1500, 1.0, 750 },
    { 1500, 0.0, 500 },
    { 400, 1.0, 200 },
    { 400, 0.5, 200 },
    /* but no more than ten a second */
    { 10, 0.5, 100 },
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpint (get_interval (cases[i].timeout, cases[i].chance), ==,
        cases[i].interval);
}

/* Nor may consent expire between two requests to a peer that answers. */
static void
test_interval_before_expiry (void)
{
  static const struct
  {
    gint64 disconnected, failed, interval;
  } cases[] = {
    { 0, 2000, 1000 },
    { 0, 5000, 3490 },
    { 0, 60000, 5990 },
    { 5000, 1000, 500 },
    { 1000, 30000, 500 },
    { 0, 0, 5990 },
    { 0, 50, 100 },
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    IceConsent self;

    ice_consent_init (
        &self, cases[i].disconnected * MS, cases[i].failed * MS, START);
    g_assert_true (ice_consent_answer (
        &self, ice_consent_ask (&self, START), 1.0, START + 10 * MS));
    g_assert_cmpint (ice_consent_get_next (&self), ==,
        START + (10 + cases[i].interval) * MS);
  }
}

/* For example a 400: the peer is there, consent is not given, and expires. */
static void
test_error_is_no_consent (void)
{
  IceConsent self;
  gint64 now = START;
  guint32 id;

  start (&self);
  while (!ice_consent_has_expired (&self, now)) {
    id = ice_consent_ask (&self, now);
    g_assert_true (ice_consent_error (&self, id, 1.0, now + 10 * MS));
    g_assert_false (ice_consent_error (&self, id, 1.0, now + 10 * MS));
    g_assert_false (ice_consent_answer (&self, id, 1.0, now + 10 * MS));
    g_assert_cmpint (self.last_answer, ==, START);
    g_assert_cmpint (self.round_trip_time, ==, 10 * MS);
    g_assert_cmpuint (self.unanswered, ==, 0);
    g_assert_cmpint (ice_consent_get_next (&self), ==, now + 3500 * MS);
    now = ice_consent_get_next (&self);
  }
  g_assert_cmpint (now, <, START + LOST_AFTER + 3510 * MS);
  g_assert_cmpuint (self.responses_received, ==, self.requests_sent);
  id = ice_consent_ask (&self, now);
  g_assert_true (ice_consent_answer (&self, id, 1.0, now));
  g_assert_false (ice_consent_has_expired (&self, now));
}

static void
test_error_refused (void)
{
  IceConsent self;
  guint32 id;

  start (&self);
  g_assert_false (ice_consent_error (&self, 0, 1.0, START));
  g_assert_false (ice_consent_error (&self, 1, 1.0, START));
  id = ice_consent_ask (&self, START);
  g_assert_true (ice_consent_answer (&self, id, 1.0, START));
  g_assert_false (ice_consent_error (&self, id, 1.0, START));
  g_assert_cmpuint (self.responses_received, ==, 1);
}

/* After a role conflict: at once, but ten times a second at most. */
static void
test_hurry (void)
{
  IceConsent self;
  guint32 id;

  start (&self);
  id = ice_consent_ask (&self, START);
  g_assert_true (ice_consent_error (&self, id, 1.0, START + 10 * MS));
  ice_consent_hurry (&self, START + 10 * MS);
  g_assert_cmpint (ice_consent_get_next (&self), ==, START + 100 * MS);
  ice_consent_hurry (&self, START + 150 * MS);
  g_assert_cmpint (ice_consent_get_next (&self), ==, START + 150 * MS);
}

/* After one more conflict: as often as without an answer, and never later than
 * without a conflict. */
static void
test_retry (void)
{
  IceConsent self;
  guint32 id;

  start (&self);
  id = ice_consent_ask (&self, START);
  g_assert_true (ice_consent_error (&self, id, 1.0, START + 10 * MS));
  ice_consent_retry (&self, START + 10 * MS);
  g_assert_cmpint (ice_consent_get_next (&self), ==, START + 500 * MS);
  ice_consent_retry (&self, START + 20 * MS);
  g_assert_cmpint (ice_consent_get_next (&self), ==, START + 500 * MS);
  ice_consent_hurry (&self, START + 150 * MS);
  ice_consent_retry (&self, START + 150 * MS);
  g_assert_cmpint (ice_consent_get_next (&self), ==, START + 150 * MS);

  id = ice_consent_ask (&self, START + 500 * MS);
  g_assert_true (ice_consent_error (&self, id, 1.0, START + 1400 * MS));
  ice_consent_retry (&self, START + 1400 * MS);
  g_assert_cmpint (ice_consent_get_next (&self), ==, START + 1400 * MS);
}

/* When media ceases the peer is asked a second later, once; while it comes, as
 * without it. */
static void
test_media_ceases (void)
{
  IceConsent self;
  gint64 now = START + 10 * MS, end;

  start (&self);
  g_assert_true (
      ice_consent_answer (&self, ice_consent_ask (&self, START), 1.0, now));
  end = ice_consent_get_next (&self);
  g_assert_cmpint (end, ==, now + 3490 * MS);
  while (now < START + 2000 * MS) {
    ice_consent_note_media (&self, now, now);
    g_assert_cmpint (
        ice_consent_get_next (&self), ==, MIN (end, now + 1000 * MS));
    now += 20 * MS;
  }
  now = ice_consent_get_next (&self);
  g_assert_cmpint (now, ==, self.last_media + 1000 * MS);
  ice_consent_ask (&self, now);
  g_assert_cmpint (ice_consent_get_next (&self), ==, now + ICE_CONSENT_RTO);
  g_assert_true (ice_consent_answer (&self, self.last_id, 1.0, now + 10 * MS));
  g_assert_cmpint (ice_consent_get_next (&self), ==, now + 3510 * MS);
  ice_consent_note_media (&self, self.last_media, now); /* nothing new */
  ice_consent_note_media (&self, 0, now);
  g_assert_cmpint (ice_consent_get_next (&self), ==, now + 3510 * MS);
}

/* Media that began after the last request is noticed a second after its answer,
 * and looked at once, not all the time. */
static void
test_look (void)
{
  IceConsent self;

  start (&self);
  g_assert_cmpint (ice_consent_get_look (&self), ==, START);
  g_assert_true (ice_consent_answer (
      &self, ice_consent_ask (&self, START), 1.0, START + 10 * MS));
  g_assert_cmpint (ice_consent_get_look (&self), ==, START + 1000 * MS);
  ice_consent_note_media (&self, 0, START + 990 * MS);
  g_assert_cmpint (ice_consent_get_look (&self), ==, START + 1000 * MS);
  ice_consent_note_media (&self, 0, START + 1000 * MS);
  g_assert_cmpint (ice_consent_get_look (&self), ==, START + 3500 * MS);
  ice_consent_note_media (&self, START + 1005 * MS, START + 1010 * MS);
  g_assert_cmpint (ice_consent_get_look (&self), ==, START + 2005 * MS);
  g_assert_cmpint (ice_consent_get_next (&self), ==, START + 2005 * MS);
}

/* A datagram every 1.2 s: no more than a request a second. */
static void
test_media_now_and_then (void)
{
  IceConsent self;
  gint64 now = START, before = 0, media = START;
  guint i;

  start (&self);
  for (i = 0; i < 200; i++) {
    now = ice_consent_get_next (&self);
    for (; media + 1200 * MS <= now; media += 1200 * MS)
      ;
    ice_consent_note_media (&self, media, now);
    if (now < ice_consent_get_next (&self))
      continue;
    if (before != 0)
      g_assert_cmpint (now - before, >=, ICE_CONSENT_SILENCE);
    before = now;
    g_assert_true (ice_consent_answer (
        &self, ice_consent_ask (&self, now), 1.0, now + 20 * MS));
  }
  g_assert_cmpint (self.requests_sent, >, 20);
}

/* Another pair: answers on the one before do not count for it. */
static void
test_media_of_another_pair (void)
{
  IceConsent self;

  start (&self);
  ice_consent_ask (&self, START);
  ice_consent_note_media (&self, START + 300 * MS, START + 300 * MS);
  ice_consent_select (&self, SILENT_AFTER, LOST_AFTER, START + 400 * MS);
  g_assert_true (ice_consent_answer (
      &self, ice_consent_ask (&self, START + 400 * MS), 1.0, START + 410 * MS));
  g_assert_cmpint (ice_consent_get_next (&self), ==, START + 3750 * MS);
}

static void
test_round_trip_time (void)
{
  IceConsent self;
  guint32 id;

  start (&self);
  id = ice_consent_ask (&self, START);
  g_assert_true (ice_consent_answer (&self, id, 1.0, START + 30 * MS));
  g_assert_cmpint (self.round_trip_time, ==, 30 * MS);
  id = ice_consent_ask (&self, START + 3030 * MS);
  g_assert_true (ice_consent_answer (&self, id, 1.0, START + 3050 * MS));
  g_assert_cmpint (self.round_trip_time, ==, 20 * MS);
  g_assert_cmpint (self.total_round_trip_time, ==, 50 * MS);
  g_assert_cmpuint (self.requests_sent, ==, 2);
  g_assert_cmpuint (self.responses_received, ==, 2);
  g_assert_cmpuint (self.unanswered, ==, 0);
}

/* Each answer is one of its own request, however late. */
static void
test_late_and_out_of_order (void)
{
  IceConsent self;
  guint32 first, second;

  start (&self);
  first = ice_consent_ask (&self, START);
  second = ice_consent_ask (&self, START + 500 * MS);
  g_assert_true (ice_consent_answer (&self, second, 1.0, START + 510 * MS));
  g_assert_cmpint (self.round_trip_time, ==, 10 * MS);
  g_assert_true (ice_consent_answer (&self, first, 1.0, START + 700 * MS));
  g_assert_cmpint (self.round_trip_time, ==, 700 * MS);
  g_assert_cmpint (self.last_answer, ==, START + 700 * MS);
}

static void
assert_refused (IceConsent *self, guint32 id)
{
  IceConsent before = *self;

  g_assert_false (ice_consent_answer (self, id, 1.0, START + 900 * MS));
  g_assert_cmpmem (&before, sizeof (before), self, sizeof (*self));
}

static void
test_refused (void)
{
  IceConsent self;
  guint32 id;

  start (&self);
  assert_refused (&self, 0);
  assert_refused (&self, 1); /* not asked yet */
  id = ice_consent_ask (&self, START);
  assert_refused (&self, 0);
  assert_refused (&self, id + 1);
  assert_refused (&self, id + ICE_CONSENT_OUTSTANDING); /* the same slot */
  assert_refused (&self, G_MAXUINT32);
  g_assert_true (ice_consent_answer (&self, id, 1.0, START + 1 * MS));
  assert_refused (&self, id); /* once is enough */
}

static void
test_more_than_outstanding (void)
{
  IceConsent self;
  guint32 id = 0, i;

  start (&self);
  for (i = 0; i < ICE_CONSENT_OUTSTANDING + 3; i++)
    id = ice_consent_ask (&self, START + i * 500 * MS);
  for (i = 1; i <= 3; i++)
    assert_refused (&self, i); /* forgotten */
  for (i = 4; i <= id; i++)
    g_assert_true (ice_consent_answer (&self, i, 1.0, START + 60000 * MS));
  g_assert_cmpuint (self.responses_received, ==, ICE_CONSENT_OUTSTANDING);
}

static void
test_expiry (void)
{
  IceConsent self;
  guint32 id;

  start (&self);
  g_assert_false (ice_consent_has_expired (&self, START));
  g_assert_false (ice_consent_has_expired (&self, START + LOST_AFTER - 1));
  g_assert_true (ice_consent_has_expired (&self, START + LOST_AFTER));
  id = ice_consent_ask (&self, START + 20000 * MS);
  g_assert_true (ice_consent_has_expired (&self, START + LOST_AFTER));
  g_assert_true (ice_consent_answer (&self, id, 1.0, START + 20001 * MS));
  g_assert_false (ice_consent_has_expired (&self, START + 50000 * MS));
  g_assert_true (ice_consent_has_expired (&self, START + 50001 * MS));
}

static void
test_never_expires (void)
{
  IceConsent self;

  ice_consent_init (&self, 0, 0, START);
  g_assert_false (ice_consent_has_expired (&self, START));
  g_assert_false (ice_consent_has_expired (&self, G_MAXINT64));
}

/* --- answers that do not show which request they belong to --- */

static void
test_unnamed (void)
{
  IceConsent self;

  start (&self);
  ice_consent_ask (&self, START);
  g_assert_true (ice_consent_answer_to_any (&self, 1.0, START + 30 * MS));
  g_assert_cmpint (self.round_trip_time, ==, 30 * MS);
  g_assert_cmpint (ice_consent_get_next (&self), ==, START + 3500 * MS);
  ice_consent_ask (&self, START + 3030 * MS);
  g_assert_true (ice_consent_answer_to_any (&self, 1.0, START + 3050 * MS));
  g_assert_cmpint (self.round_trip_time, ==, 20 * MS);
  g_assert_cmpint (self.total_round_trip_time, ==, 50 * MS);
  g_assert_cmpuint (self.responses_received, ==, 2);
  g_assert_cmpint (self.last_answer, ==, START + 3050 * MS);
  g_assert_cmpuint (self.unanswered, ==, 0);
}

static void
assert_unnamed_refused (IceConsent *self, gint64 now)
{
  IceConsent before = *self;

  g_assert_false (ice_consent_answer_to_any (self, 1.0, now));
  g_assert_cmpmem (&before, sizeof (before), self, sizeof (*self));
}

/* Not more than requests, and not for ever. */
static void
test_unnamed_refused (void)
{
  IceConsent self;
  guint32 id;

  start (&self);
  assert_unnamed_refused (&self, START);
  ice_consent_ask (&self, START);
  ice_consent_ask (&self, START + 500 * MS);
  g_assert_true (ice_consent_answer_to_any (&self, 1.0, START + 600 * MS));
  g_assert_true (ice_consent_answer_to_any (&self, 1.0, START + 600 * MS));
  assert_unnamed_refused (&self, START + 600 * MS);
  ice_consent_ask (&self, START + 1000 * MS);
  assert_unnamed_refused (&self, START + 1000 * MS + ICE_CONSENT_LIFETIME);
  g_assert_true (ice_consent_answer_to_any (
      &self, 1.0, START + 1000 * MS + ICE_CONSENT_LIFETIME - 1));
  id = ice_consent_ask (&self, START + 99000 * MS);
  g_assert_true (ice_consent_answer (&self, id, 1.0, START + 99001 * MS));
  assert_unnamed_refused (&self, START + 99002 * MS);
}

/* With two open, nobody knows which one an answer is to: neither of them, nor
 * one that is sent while the other, which may be lost, is still open. */
static void
test_unnamed_overlapping (void)
{
  IceConsent self;

  start (&self);
  ice_consent_ask (&self, START);
  ice_consent_ask (&self, START + 500 * MS);
  g_assert_true (ice_consent_answer_to_any (&self, 1.0, START + 600 * MS));
  g_assert_cmpint (self.round_trip_time, ==, -1);
  ice_consent_ask (&self, START + 3600 * MS);
  g_assert_true (ice_consent_answer_to_any (&self, 1.0, START + 3620 * MS));
  g_assert_cmpint (self.round_trip_time, ==, -1);
  ice_consent_ask (&self, START + ICE_CONSENT_LIFETIME);
  g_assert_true (ice_consent_answer_to_any (
      &self, 1.0, START + ICE_CONSENT_LIFETIME + 20 * MS));
  g_assert_cmpint (self.round_trip_time, ==, 20 * MS);
  g_assert_cmpint (self.total_round_trip_time, ==, 20 * MS);
  g_assert_cmpuint (self.responses_received, ==, 3);
}

/* Whatever is lost or late: a round-trip time is never one that was not. */
static void
test_unnamed_random (void)
{
  gint64 arrivals[1000], now = START;
  gint64 took[G_N_ELEMENTS (arrivals)];
  guint answered = 0, measured = 0, i, j;
  IceConsent self;

  start (&self);
  for (i = 0; i < G_N_ELEMENTS (arrivals); i++) {
    gint64 due = ice_consent_get_next (&self);

    took[i] = g_test_rand_int_range (1, 1500) * MS;
    arrivals[i] = g_test_rand_int_range (0, 10) == 0 ? G_MAXINT64
                                                     : MAX (due, now) + took[i];
    now = MAX (due, now);
    ice_consent_ask (&self, now);
    for (;;) {
      guint first = 0;
      gint64 total = self.total_round_trip_time;

      for (j = 0; j <= i; j++)
        if (arrivals[j] < arrivals[first])
          first = j;
      if (arrivals[first] > ice_consent_get_next (&self))
        break;
      now = arrivals[first];
      arrivals[first] = G_MAXINT64;
      g_assert_true (
          ice_consent_answer_to_any (&self, g_test_rand_double (), now));
      answered++;
      if (self.total_round_trip_time != total) {
        g_assert_cmpint (self.round_trip_time, ==, took[first]);
        measured++;
      }
    }
  }
  g_assert_cmpuint (self.responses_received, ==, answered);
  g_assert_cmpuint (answered, >, 800);
  g_assert_cmpuint (measured, >, 5);
}

/* A call over a network that is slow, loses, and is gone now and then. */
static void
walk (gint64 disconnected_timeout)
{
  IceConsent self;
  gint64 now = START;
  guint64 responses = 0;
  guint i;

  ice_consent_init (&self, disconnected_timeout, LOST_AFTER, now);
  for (i = 0; i < 2000; i++) {
    gint64 asked = ice_consent_get_next (&self), took;
    guint32 id;

    now = MAX (now, asked) + g_test_rand_int_range (0, 20) * MS;
    id = ice_consent_ask (&self, now);
    g_assert_cmpint (ice_consent_get_next (&self), ==, now + ICE_CONSENT_RTO);
    g_assert_cmpuint (self.requests_sent, ==, i + 1);
    if (g_test_rand_int_range (0, 4) == 0)
      continue;
    took = g_test_rand_int_range (0, 2000) * MS;
    id -= (guint32) MIN (
        (guint) g_test_rand_int_range (0, 4), self.unanswered - 1);
    if (!ice_consent_answer (&self, id, g_test_rand_double (), now + took))
      continue;
    now += took;
    responses++;
    g_assert_cmpint (ice_consent_get_next (&self), >, now);
    g_assert_cmpint (self.round_trip_time, >=, took);
    g_assert_cmpint (self.total_round_trip_time, >=, self.round_trip_time);
    g_assert_false (ice_consent_has_expired (&self, now + LOST_AFTER - 1));
  }
  g_assert_cmpuint (self.responses_received, ==, responses);
  g_assert_cmpuint (responses, >, 100);
}

static void
test_random (void)
{
  guint i;

  for (i = 0; i < 50; i++)
    walk (g_test_rand_int_range (0, 10000) * MS);
}

/* Answers come within 150 ms: no request is followed by another within half a
 * second, and the peer is never silent. With timeouts below a second it has to
 * be asked more often. */
static void
healthy_walk (gint64 disconnected_timeout)
{
  IceConsent self;
  gint64 now = START, answered = START, before = 0;
  guint i;

  ice_consent_init (&self, disconnected_timeout, LOST_AFTER, now);
  for (i = 0; i < 1000; i++) {
    guint32 id;

    now = ice_consent_get_next (&self);
    if (before != 0)
      g_assert_cmpint (now - before, >=, ICE_CONSENT_RTO);
    before = now;
    id = ice_consent_ask (&self, now);
    now += g_test_rand_int_range (0, 150) * MS;
    g_assert_true (ice_consent_answer (&self, id, g_test_rand_double (), now));
    g_assert_cmpint (now - answered, <, disconnected_timeout);
    answered = now;
  }
}

static void
test_healthy (void)
{
  guint i;

  for (i = 0; i < 50; i++)
    healthy_walk (g_test_rand_int_range (1000, 20000) * MS);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/iceconsent/first-at-once", test_first_at_once);
  g_test_add_func (
      "/iceconsent/again-while-unanswered", test_again_while_unanswered);
  g_test_add_func ("/iceconsent/another-pair", test_another_pair);
  g_test_add_func ("/iceconsent/interval", test_interval);
  g_test_add_func (
      "/iceconsent/interval/before-expiry", test_interval_before_expiry);
  g_test_add_func ("/iceconsent/error/no-consent", test_error_is_no_consent);
  g_test_add_func ("/iceconsent/error/refused", test_error_refused);
  g_test_add_func ("/iceconsent/hurry", test_hurry);
  g_test_add_func ("/iceconsent/retry", test_retry);
  g_test_add_func ("/iceconsent/media/ceases", test_media_ceases);
  g_test_add_func ("/iceconsent/media/look", test_look);
  g_test_add_func ("/iceconsent/media/now-and-then", test_media_now_and_then);
  g_test_add_func (
      "/iceconsent/media/another-pair", test_media_of_another_pair);
  g_test_add_func ("/iceconsent/round-trip-time", test_round_trip_time);
  g_test_add_func (
      "/iceconsent/late-and-out-of-order", test_late_and_out_of_order);
  g_test_add_func ("/iceconsent/refused", test_refused);
  g_test_add_func (
      "/iceconsent/more-than-outstanding", test_more_than_outstanding);
  g_test_add_func ("/iceconsent/expiry", test_expiry);
  g_test_add_func ("/iceconsent/never-expires", test_never_expires);
  g_test_add_func ("/iceconsent/unnamed", test_unnamed);
  g_test_add_func ("/iceconsent/unnamed/refused", test_unnamed_refused);
  g_test_add_func ("/iceconsent/unnamed/overlapping", test_unnamed_overlapping);
  g_test_add_func ("/iceconsent/unnamed/random", test_unnamed_random);
  g_test_add_func ("/iceconsent/random", test_random);
  g_test_add_func ("/iceconsent/healthy", test_healthy);
  return g_test_run ();
}
