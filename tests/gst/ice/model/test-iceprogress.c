/* gst-ice: test of iceprogress: every combination of facts, and every change
 * from one to another, against what the rule promises.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/iceprogress.h"

#define S G_TIME_SPAN_SECOND
#define N_FACTS (1 << 12)

/* The facts of a number below N_FACTS * 3 * 7. */
static IceProgressFacts
make_facts (guint number)
{
  guint bits = number % N_FACTS;
  guint rest = number / N_FACTS;

  return (IceProgressFacts){
    .begun = bits & 1,
    .broken = !!(bits & 2),
    .signals = !!(bits & 4),
    .listens = !!(bits & 8),
    .is_open = !!(bits & 16),
    .is_over = !!(bits & 32),
    .credentials = !!(bits & 64),
    .candidates = !!(bits & 128),
    .complete = !!(bits & 256),
    .succeeded = !!(bits & 512),
    .controlled = !!(bits & 1024),
    .selected = !!(bits & 2048),
    .place = { number % 5 % 2, 1 },
    .unpaired = number % 7 < 3,
    .gathering = (GstIceGatheringState) (rest % 3),
    .state = (GstIceConnectionState) (rest / 3 % 7),
    .transport_state = (GstIceConnectionState) (number % 11 % 7),
  };
}

static gboolean
is_up (const IceProgressFacts *facts)
{
  return facts->state == GST_ICE_CONNECTION_STATE_CONNECTED
      || facts->state == GST_ICE_CONNECTION_STATE_COMPLETED;
}

/* The facts agree with the reported wait. */
static void
check_wait (const IceProgressFacts *facts, IceProgressWait wait)
{
  switch (wait) {
    case ICE_WAIT_SERVERS:
      g_assert_cmpint (facts->gathering, ==, GST_ICE_GATHERING_STATE_GATHERING);
      return;
    case ICE_WAIT_CALLER:
      g_assert_true (facts->signals && facts->listens && !facts->is_open);
      return;
    case ICE_WAIT_LISTENER:
      g_assert_true (facts->signals && !facts->listens && !facts->is_open);
      return;
    case ICE_WAIT_CREDENTIALS:
      g_assert_false (facts->credentials || is_up (facts));
      return;
    case ICE_WAIT_CANDIDATES:
      g_assert_true (facts->credentials && !facts->candidates);
      g_assert_false (facts->complete && facts->unpaired);
      return;
    case ICE_WAIT_NOMINATION:
      g_assert_true (facts->succeeded && !facts->selected && facts->controlled);
      return;
    case ICE_WAIT_END_OF_CANDIDATES:
      g_assert_true (!facts->complete && !facts->selected);
      g_assert_cmpint (
          facts->transport_state, ==, GST_ICE_CONNECTION_STATE_DISCONNECTED);
      return;
    case ICE_WAIT_LIFE:
      g_assert_true (facts->selected);
      g_assert_cmpint (
          facts->transport_state, ==, GST_ICE_CONNECTION_STATE_DISCONNECTED);
      return;
    case ICE_WAIT_PEER_CHECKS:
      g_assert_true (facts->unpaired && facts->complete);
      return;
    case ICE_WAIT_PAIR:
      g_assert_false (facts->complete);
      g_assert_true (
          facts->unpaired && (facts->candidates || facts->succeeded));
      return;
    case ICE_WAIT_CHECKS:
      g_assert_true (facts->credentials && !is_up (facts));
      return;
    case ICE_WAIT_NOTHING: /* it is over already */
    case ICE_N_WAITS:
      return;
  }
}

/* What is true of all transports names none. */
static void
check_place (const IceProgressFacts *facts, const IceProgressNews *news)
{
  if (!news->is_of_place)
    return;
  g_assert_cmpint (news->code, ==, ICE_PROGRESS_CONNECT);
  switch (news->type) {
    case ICE_PROGRESS_START:
    case ICE_PROGRESS_CONTINUE:
      g_assert_cmpint (news->wait, !=, ICE_WAIT_NOTHING);
      g_assert_cmpint (news->wait, !=, ICE_WAIT_CALLER);
      g_assert_cmpint (news->wait, !=, ICE_WAIT_LISTENER);
      return;
    case ICE_PROGRESS_ERROR:
      g_assert_cmpint (
          facts->transport_state, ==, GST_ICE_CONNECTION_STATE_FAILED);
      return;
    case ICE_PROGRESS_COMPLETE:
    case ICE_PROGRESS_CANCELED:
      g_assert_not_reached ();
  }
}

/* One operation's order, whatever happens: START comes first, one end last. */
static void
check_news (gboolean *running, const IceProgressFacts *facts,
    const IceProgressNews *news)
{
  check_place (facts, news);
  if (news->type == ICE_PROGRESS_START) {
    g_assert_false (running[news->code]);
    running[news->code] = TRUE;
    check_wait (facts, news->wait);
    return;
  }
  g_assert_true (running[news->code]);
  if (news->type == ICE_PROGRESS_CONTINUE) {
    g_assert_cmpint (news->wait, !=, ICE_WAIT_NOTHING);
    check_wait (facts, news->wait);
    return;
  }
  g_assert_cmpint (news->wait, ==, ICE_WAIT_NOTHING);
  running[news->code] = FALSE;
  if (news->type == ICE_PROGRESS_COMPLETE && news->code == ICE_PROGRESS_CONNECT)
    g_assert_true (is_up (facts));
}

static guint
take_all (IceProgress *self, gboolean *running, const IceProgressFacts *facts,
    gint64 now, gboolean may_continue)
{
  IceProgressNews news;
  guint n = 0;

  while (ice_progress_next (self, facts, now, &news)) {
    check_news (running, facts, &news);
    if (!may_continue)
      g_assert_cmpint (news.type, !=, ICE_PROGRESS_CONTINUE);
    g_assert_cmpuint (++n, <=, 2 * ICE_PROGRESS_N_CODES);
  }
  return n;
}

/* From any facts to any others: nothing twice, no CONTINUE before its time, and
 * nothing runs on when the session is closed. */
static void
test_every_change (void)
{
  const guint n = N_FACTS * 3 * 7;
  GRand *rand = g_rand_new_with_seed (1);
  guint i, k;

  for (i = 0; i < n; i++) {
    IceProgressFacts facts = make_facts (i);
    gboolean running[ICE_PROGRESS_N_CODES] = { FALSE };
    gint64 now = 7 * S;
    IceProgress self;

    ice_progress_init (&self);
    take_all (&self, running, &facts, now, FALSE);
    g_assert_cmpuint (take_all (&self, running, &facts, now, FALSE), ==, 0);
    g_assert_cmpint (ice_progress_get_deadline (&self), ==, -1);
    for (k = 0; k < 4; k++) {
      gint64 deadline;

      facts = make_facts ((guint) g_rand_int_range (rand, 0, (gint32) n));
      take_all (&self, running, &facts, now, FALSE);
      deadline = ice_progress_get_deadline (&self);
      if (deadline >= 0) {
        g_assert_cmpint (deadline, ==, now + ICE_PROGRESS_PATIENCE);
        take_all (&self, running, &facts, deadline - 1, FALSE);
        g_assert_cmpuint (
            take_all (&self, running, &facts, deadline, TRUE), >, 0);
        now = deadline;
      }
      g_assert_cmpint (ice_progress_get_deadline (&self), ==, -1);
      g_assert_cmpuint (
          take_all (&self, running, &facts, now + 100 * S, TRUE), ==, 0);
      now += 200 * S;
    }
    facts.state = GST_ICE_CONNECTION_STATE_CLOSED;
    take_all (&self, running, &facts, now, FALSE);
    for (k = 0; k < ICE_PROGRESS_N_CODES; k++)
      g_assert_false (running[k]);
    g_assert_cmpuint (take_all (&self, running, &facts, now, FALSE), ==, 0);
  }
  g_rand_free (rand);
}

static void
expect (IceProgress *self, const IceProgressFacts *facts, gint64 now,
    IceProgressCode code, IceProgressType type, IceProgressWait wait)
{
  IceProgressNews news;

  g_assert_true (ice_progress_next (self, facts, now, &news));
  g_assert_cmpint (news.code, ==, code);
  g_assert_cmpint (news.type, ==, type);
  g_assert_cmpint (news.wait, ==, wait);
}

static void
expect_nothing (IceProgress *self, const IceProgressFacts *facts, gint64 now)
{
  IceProgressNews news;

  g_assert_false (ice_progress_next (self, facts, now, &news));
}

/* A call from its beginning, and its interruption. */
static void
test_story (void)
{
  IceProgressFacts facts = { .begun = TRUE,
    .gathering = GST_ICE_GATHERING_STATE_GATHERING,
    .controlled = TRUE };
  IceProgress self;

  ice_progress_init (&self);
  expect (&self, &facts, 0, ICE_PROGRESS_GATHER, ICE_PROGRESS_START,
      ICE_WAIT_SERVERS);
  expect (&self, &facts, 0, ICE_PROGRESS_CONNECT, ICE_PROGRESS_START,
      ICE_WAIT_CREDENTIALS);
  facts.gathering = GST_ICE_GATHERING_STATE_COMPLETE;
  expect (&self, &facts, 1 * S, ICE_PROGRESS_GATHER, ICE_PROGRESS_COMPLETE,
      ICE_WAIT_NOTHING);
  expect_nothing (&self, &facts, 90 * S); /* it was reported */
  facts.credentials = TRUE;
  expect_nothing (&self, &facts, 97 * S);
  facts.candidates = TRUE;
  facts.unpaired = TRUE;
  expect_nothing (&self, &facts, 98 * S);
  expect (&self, &facts, 100 * S, ICE_PROGRESS_CONNECT, ICE_PROGRESS_CONTINUE,
      ICE_WAIT_PAIR);
  facts.unpaired = FALSE;
  facts.state = GST_ICE_CONNECTION_STATE_CHECKING;
  expect_nothing (&self, &facts, 101 * S);
  expect_nothing (&self, &facts, 103 * S - 1);
  expect (&self, &facts, 103 * S, ICE_PROGRESS_CONNECT, ICE_PROGRESS_CONTINUE,
      ICE_WAIT_CHECKS);
  facts.succeeded = TRUE;
  expect_nothing (&self, &facts, 104 * S);
  expect (&self, &facts, 106 * S, ICE_PROGRESS_CONNECT, ICE_PROGRESS_CONTINUE,
      ICE_WAIT_NOMINATION);
  facts.state = GST_ICE_CONNECTION_STATE_CONNECTED;
  expect (&self, &facts, 107 * S, ICE_PROGRESS_CONNECT, ICE_PROGRESS_COMPLETE,
      ICE_WAIT_NOTHING);
  facts.selected = TRUE;
  facts.state = facts.transport_state = GST_ICE_CONNECTION_STATE_DISCONNECTED;
  expect (&self, &facts, 108 * S, ICE_PROGRESS_CONNECT, ICE_PROGRESS_START,
      ICE_WAIT_LIFE);
  facts.state = GST_ICE_CONNECTION_STATE_FAILED;
  expect (&self, &facts, 109 * S, ICE_PROGRESS_CONNECT, ICE_PROGRESS_ERROR,
      ICE_WAIT_NOTHING);
  expect_nothing (&self, &facts, 200 * S);
}

/* Signalling that fails later does not undo what was gathered. */
static void
test_broken (void)
{
  IceProgressFacts facts = { .begun = TRUE,
    .gathering = GST_ICE_GATHERING_STATE_COMPLETE };
  IceProgress self;

  ice_progress_init (&self);
  expect (&self, &facts, 0, ICE_PROGRESS_GATHER, ICE_PROGRESS_START,
      ICE_WAIT_NOTHING);
  expect (&self, &facts, 0, ICE_PROGRESS_GATHER, ICE_PROGRESS_COMPLETE,
      ICE_WAIT_NOTHING);
  expect (&self, &facts, 0, ICE_PROGRESS_CONNECT, ICE_PROGRESS_START,
      ICE_WAIT_CREDENTIALS);
  facts.broken = TRUE;
  expect (&self, &facts, 1, ICE_PROGRESS_CONNECT, ICE_PROGRESS_ERROR,
      ICE_WAIT_NOTHING);
  expect_nothing (&self, &facts, 100 * S);
}

/* It was connected, but since the restart no pair has worked. */
static void
test_restart (void)
{
  IceProgressFacts facts = { .begun = TRUE,
    .state = GST_ICE_CONNECTION_STATE_DISCONNECTED,
    .transport_state = GST_ICE_CONNECTION_STATE_DISCONNECTED,
    .credentials = TRUE,
    .candidates = TRUE,
    .controlled = TRUE };
  IceProgress self;

  ice_progress_init (&self);
  expect (&self, &facts, 0, ICE_PROGRESS_CONNECT, ICE_PROGRESS_START,
      ICE_WAIT_END_OF_CANDIDATES);
}

/* The same wait, of another transport. */
static void
test_place (void)
{
  IceProgressFacts facts = { .begun = TRUE, .place = { 1, 1 } };
  IceProgress self;

  ice_progress_init (&self);
  expect (&self, &facts, 0, ICE_PROGRESS_CONNECT, ICE_PROGRESS_START,
      ICE_WAIT_CREDENTIALS);
  facts.place.stream = 0;
  expect_nothing (&self, &facts, 1 * S);
  g_assert_cmpint (ice_progress_get_deadline (&self), ==, 3 * S);
  expect (&self, &facts, 3 * S, ICE_PROGRESS_CONNECT, ICE_PROGRESS_CONTINUE,
      ICE_WAIT_CREDENTIALS);
  facts.place.component = 2;
  expect_nothing (&self, &facts, 4 * S);
  facts.place.component = 1;
  expect_nothing (&self, &facts, 100 * S); /* it was reported */
}

/* Another transport changes nothing while the session waits for its peer. */
static void
test_no_place (void)
{
  IceProgressFacts facts = { .begun = TRUE,
    .signals = TRUE,
    .place = { 0, 1 },
    .gathering = GST_ICE_GATHERING_STATE_COMPLETE };
  IceProgressNews news;
  IceProgress self;

  ice_progress_init (&self);
  while (ice_progress_next (&self, &facts, 0, &news))
    ;
  facts.place.stream = 1;
  g_assert_false (ice_progress_next (&self, &facts, S, &news));
  g_assert_false (
      ice_progress_next (&self, &facts, S + ICE_PROGRESS_PATIENCE, &news));
}

/* Of every three transports: the one that the session's state is about. */
static void
test_choose (void)
{
  guint i, k;

  g_assert_cmpint (
      ice_progress_choose (GST_ICE_CONNECTION_STATE_NEW, NULL, 0), ==, -1);
  for (i = 0; i < 7 * 7 * 7; i++) {
    const GstIceConnectionState states[] = { (GstIceConnectionState) (i % 7),
      (GstIceConnectionState) (i / 7 % 7), (GstIceConnectionState) (i / 49) };
    GstIceConnectionState whole = ice_connection_state_aggregate (states, 3);
    gint chosen = ice_progress_choose (whole, states, 3);

    if (chosen < 0) {
      g_assert_true (whole == GST_ICE_CONNECTION_STATE_CONNECTED
          || whole == GST_ICE_CONNECTION_STATE_COMPLETED
          || whole == GST_ICE_CONNECTION_STATE_CLOSED);
      continue;
    }
    if (whole == GST_ICE_CONNECTION_STATE_FAILED
        || whole == GST_ICE_CONNECTION_STATE_DISCONNECTED)
      g_assert_cmpint (states[chosen], ==, whole);
    else
      g_assert_true (states[chosen] == GST_ICE_CONNECTION_STATE_NEW
          || states[chosen] == GST_ICE_CONNECTION_STATE_CHECKING);
    for (k = 0; k < (guint) chosen; k++)
      g_assert_cmpint (states[k], !=, states[chosen]);
  }
}

/* One transport has failed, the other is still checked: the error is of the
 * first; what is signalled, done or stopped is of both. */
static void
test_of_place (void)
{
  IceProgressFacts facts = { .begun = TRUE, .signals = TRUE, .listens = TRUE };
  IceProgressNews news;
  IceProgress self;

  ice_progress_init (&self);
  g_assert_true (ice_progress_next (&self, &facts, 0, &news)); /* signal */
  g_assert_true (ice_progress_next (&self, &facts, 0, &news));
  g_assert_cmpint (news.wait, ==, ICE_WAIT_CALLER);
  g_assert_false (news.is_of_place);
  facts.signals = FALSE;
  g_assert_true (ice_progress_next (&self, &facts, 0, &news)); /* no signal */
  g_assert_false (ice_progress_next (&self, &facts, 0, &news));
  g_assert_true (ice_progress_next (&self, &facts, 2 * S, &news));
  g_assert_cmpint (news.wait, ==, ICE_WAIT_CREDENTIALS);
  g_assert_true (news.is_of_place);
  facts.state = facts.transport_state = GST_ICE_CONNECTION_STATE_FAILED;
  g_assert_true (ice_progress_next (&self, &facts, 3 * S, &news));
  g_assert_cmpint (news.type, ==, ICE_PROGRESS_ERROR);
  g_assert_true (news.is_of_place);
  facts.state = GST_ICE_CONNECTION_STATE_COMPLETED;
  g_assert_true (ice_progress_next (&self, &facts, 4 * S, &news));
  g_assert_cmpint (news.type, ==, ICE_PROGRESS_START);
  g_assert_false (news.is_of_place);
  g_assert_true (ice_progress_next (&self, &facts, 4 * S, &news));
  g_assert_cmpint (news.type, ==, ICE_PROGRESS_COMPLETE);
  g_assert_false (news.is_of_place);
}

/* Progress that ended before it was requested is reported completely. */
static void
test_unseen (void)
{
  IceProgressFacts facts = { .begun = TRUE,
    .gathering = GST_ICE_GATHERING_STATE_COMPLETE,
    .signals = TRUE,
    .is_over = TRUE,
    .state = GST_ICE_CONNECTION_STATE_COMPLETED };
  IceProgress self;

  ice_progress_init (&self);
  expect (&self, &facts, 0, ICE_PROGRESS_GATHER, ICE_PROGRESS_START,
      ICE_WAIT_NOTHING);
  expect (&self, &facts, 0, ICE_PROGRESS_GATHER, ICE_PROGRESS_COMPLETE,
      ICE_WAIT_NOTHING);
  expect (&self, &facts, 0, ICE_PROGRESS_SIGNAL, ICE_PROGRESS_START,
      ICE_WAIT_NOTHING);
  expect (&self, &facts, 0, ICE_PROGRESS_SIGNAL, ICE_PROGRESS_ERROR,
      ICE_WAIT_NOTHING);
  expect (&self, &facts, 0, ICE_PROGRESS_CONNECT, ICE_PROGRESS_START,
      ICE_WAIT_NOTHING);
  expect (&self, &facts, 0, ICE_PROGRESS_CONNECT, ICE_PROGRESS_COMPLETE,
      ICE_WAIT_NOTHING);
  expect_nothing (&self, &facts, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_assert_cmpstr (
      ice_progress_code_to_string (ICE_PROGRESS_SIGNAL), ==, "signal");
  g_test_add_func ("/iceprogress/every-change", test_every_change);
  g_test_add_func ("/iceprogress/story", test_story);
  g_test_add_func ("/iceprogress/unseen", test_unseen);
  g_test_add_func ("/iceprogress/broken", test_broken);
  g_test_add_func ("/iceprogress/restart", test_restart);
  g_test_add_func ("/iceprogress/place", test_place);
  g_test_add_func ("/iceprogress/place/of-signalling", test_no_place);
  g_test_add_func ("/iceprogress/choose", test_choose);
  g_test_add_func ("/iceprogress/of-place", test_of_place);
  return g_test_run ();
}
