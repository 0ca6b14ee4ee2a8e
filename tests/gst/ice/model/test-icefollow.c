/* gst-ice: test of icefollow: a peer whose address changes.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/icefollow.h"

#define MS (G_GINT64_CONSTANT (1000))
#define START (1000000 * MS)
#define HERE ((guintptr) 7)
#define UNKNOWN (-1)

static const IceCheckEndpoint a = { "192.0.2.1", 1000 };
static const IceCheckEndpoint b = { "192.0.2.1", 1001 };

/* A request from elsewhere at START, nothing on the selected pair since. */
static void
doubt (IceFollow *self, gboolean use_candidate)
{
  *self = (IceFollow){ .last_id = 0 };
  ice_follow_hear (self, HERE, &a, use_candidate, START);
  g_assert_false (ice_follow_update (self, START - 1, START));
  g_assert_cmpint (
      ice_follow_get_next (self, TRUE, UNKNOWN), ==, START + ICE_FOLLOW_DOUBT);
  g_assert_true (ice_follow_update (self, START - 1, START + ICE_FOLLOW_DOUBT));
  g_assert_false (
      ice_follow_update (self, START - 1, START + ICE_FOLLOW_DOUBT));
}

static guint32
check (IceFollow *self, const IceCheckEndpoint *remote, gint64 now)
{
  guint32 id;
  const IceFollowPath *path = ice_follow_check (self, now, &id);

  g_assert_nonnull (path);
  g_assert_cmpuint (path->local, ==, HERE);
  g_assert_true (ice_check_endpoint_equal (&path->remote, remote));
  g_assert_cmpuint (id, !=, 0);
  return id;
}

static void
assert_no_check (IceFollow *self, gint64 now)
{
  guint32 id = 1;

  g_assert_null (ice_follow_check (self, now, &id));
  g_assert_cmpuint (id, ==, 0);
}

static void
assert_stays (IceFollow *self, gboolean controlling, gint64 now)
{
  g_assert_null (ice_follow_choose (self, controlling, UNKNOWN, now));
}

static void
test_nothing (void)
{
  IceFollow self = { .last_id = 0 };

  g_assert_cmpint (ice_follow_get_next (&self, TRUE, UNKNOWN), ==, -1);
  g_assert_false (ice_follow_update (&self, 0, START));
  assert_no_check (&self, START);
  assert_stays (&self, TRUE, START);
  g_assert_null (ice_follow_answer (&self, 0, &a, START));
  g_assert_null (ice_follow_answer (&self, 1, &a, START));
}

/* Of a pair that lives nobody is asked anything: backup pairs are kept alive.
 */
static void
test_selected_lives (void)
{
  IceFollow self = { .last_id = 0 };

  ice_follow_hear (&self, HERE, &a, TRUE, START);
  g_assert_false (ice_follow_update (&self, START + 10 * MS, START + 200 * MS));
  g_assert_cmpint (
      ice_follow_get_next (&self, TRUE, UNKNOWN), ==, START + ICE_FOLLOW_OLD);
  assert_no_check (&self, START + 1000 * MS);
  g_assert_false (
      ice_follow_update (&self, START + 10 * MS, START + 5000 * MS));
  g_assert_false (
      ice_follow_update (&self, START + 10 * MS, START + ICE_FOLLOW_OLD));
  g_assert_cmpint (ice_follow_get_next (&self, TRUE, UNKNOWN), ==, -1);
}

/* It is silent, and a check of ours is answered from there. */
static void
moves (gboolean controlling, gboolean nominated, gint64 round_trip_time,
    gint64 patience)
{
  gint64 now = START + ICE_FOLLOW_DOUBT;
  const IceFollowPath *path;
  IceFollow self;

  doubt (&self, nominated);
  g_assert_cmpint (
      ice_follow_get_next (&self, controlling, round_trip_time), ==, now);
  path = ice_follow_answer (&self, check (&self, &a, now), &a, now);
  g_assert_nonnull (path);
  g_assert_cmpint (path->proven, ==, now);
  g_assert_cmpint (ice_follow_get_next (&self, controlling, round_trip_time),
      ==, now + patience);
  g_assert_null (ice_follow_choose (
      &self, controlling, round_trip_time, now + patience - 1));
  path = ice_follow_choose (
      &self, controlling, round_trip_time, now + patience);
  g_assert_nonnull (path);
  g_assert_cmpint (path->nominated, ==, nominated);
  assert_no_check (&self, now + 1000 * MS); /* one is enough */
}

static void
test_moves (void)
{
  moves (TRUE, FALSE, UNKNOWN, ICE_FOLLOW_PATIENCE);
  moves (TRUE, FALSE, 10 * MS, ICE_FOLLOW_PATIENCE);
  moves (TRUE, FALSE, 400 * MS, 800 * MS);
  moves (FALSE, TRUE, 10 * MS, ICE_FOLLOW_PATIENCE);
  moves (FALSE, FALSE, 10 * MS, ICE_FOLLOW_UNNOMINATED);
  moves (FALSE, FALSE, 1500 * MS, 3000 * MS);
}

/* Without an answer of its own a request moves nothing, however often. */
static void
test_replay (void)
{
  gint64 now = START;
  guint checks = 0;
  IceFollow self = { .last_id = 0 };

  for (; now < START + 60000 * MS; now += 10 * MS) {
    guint32 id;

    ice_follow_hear (&self, HERE, &a, TRUE, now - now % (300 * MS));
    ice_follow_update (&self, START - 1, now);
    assert_stays (&self, TRUE, now);
    assert_stays (&self, FALSE, now);
    if (ice_follow_check (&self, now, &id) == NULL)
      continue;
    checks++;
    g_assert_null (ice_follow_answer (&self, id, &b, now)); /* from elsewhere */
    g_assert_null (ice_follow_answer (&self, id + 1, &a, now));
  }
  g_assert_cmpuint (checks, >, 10);
  g_assert_cmpuint (checks, <=, 121);
}

/* Both were cut off, and the new one answers first: the other one has a moment
 * to do so too. */
static void
test_outage (void)
{
  gint64 now = START + ICE_FOLLOW_DOUBT;
  IceFollow self;
  guint32 id;

  doubt (&self, TRUE);
  id = check (&self, &a, now);
  now += 3000 * MS;
  g_assert_nonnull (ice_follow_answer (&self, id, &a, now));
  assert_stays (&self, FALSE, now);
  g_assert_cmpint (
      ice_follow_get_next (&self, FALSE, UNKNOWN), ==, now + ICE_FOLLOW_DOUBT);
  assert_stays (&self, FALSE, now + ICE_FOLLOW_DOUBT - 1);
  g_assert_nonnull (
      ice_follow_choose (&self, FALSE, UNKNOWN, now + ICE_FOLLOW_DOUBT));
  g_assert_false (ice_follow_update (&self, now + 1 * MS, now + 2 * MS));
  assert_stays (&self, FALSE, now + ICE_FOLLOW_DOUBT);
}

static void
test_lives_again (void)
{
  gint64 now = START + ICE_FOLLOW_DOUBT;
  IceFollow self;
  guint32 id;

  doubt (&self, TRUE);
  id = check (&self, &a, now);
  g_assert_nonnull (ice_follow_answer (&self, id, &a, now));
  g_assert_false (ice_follow_update (&self, now + 100 * MS, now + 400 * MS));
  assert_stays (&self, TRUE, now + 60000 * MS);
  g_assert_null (ice_follow_answer (&self, id, &a, now));
  /* and again */
  now = START + 3000 * MS;
  ice_follow_hear (&self, HERE, &a, FALSE, now);
  g_assert_true (ice_follow_update (&self, now - 1, now + ICE_FOLLOW_DOUBT));
  now += ICE_FOLLOW_DOUBT;
  assert_stays (&self, TRUE, now + 60000 * MS);
  g_assert_cmpuint (check (&self, &a, now), !=, id);
}

/* Lost ones are sent again, five times; then the peer has to ask once more. */
static void
test_retries (void)
{
  gint64 now = START + ICE_FOLLOW_DOUBT;
  guint32 ids[ICE_FOLLOW_TRIES];
  IceFollow self;
  guint i;

  doubt (&self, FALSE);
  for (i = 0; i < ICE_FOLLOW_TRIES; i++) {
    g_assert_cmpint (ice_follow_get_next (&self, TRUE, UNKNOWN), ==, now);
    assert_no_check (&self, now - 1);
    ids[i] = check (&self, &a, now);
    now += ICE_FOLLOW_RTO;
  }
  assert_no_check (&self, now + 1000 * MS);
  g_assert_nonnull (ice_follow_answer (&self, ids[1], &a, now));
  g_assert_null (
      ice_follow_answer (&self, ids[2], &a, now)); /* known already */

  doubt (&self, FALSE);
  for (now = START + ICE_FOLLOW_DOUBT, i = 0; i < ICE_FOLLOW_TRIES; i++) {
    ids[i] = check (&self, &a, now);
    now += ICE_FOLLOW_RTO;
  }
  ice_follow_hear (&self, HERE, &a, FALSE, now);
  check (&self, &a, now);
  g_assert_null (ice_follow_answer (&self, ids[0], &a, now));
}

/* Eight at once, and no more than twenty checks a second. */
static void
test_flood (void)
{
  IceFollow self = { .last_id = 0 };
  IceCheckEndpoint remote = a;
  gint64 now = START;
  guint checks = 0, i;
  guint32 id;

  for (i = 0; now < START + 10000 * MS; i++, now += 1 * MS) {
    remote.port = (guint16) (1000 + i % 60000);
    ice_follow_hear (&self, HERE, &remote, TRUE, now);
    ice_follow_update (&self, START - 1, now);
    while (ice_follow_check (&self, now, &id) != NULL)
      checks++;
  }
  g_assert_cmpuint (checks, >, 0);
  g_assert_cmpuint (checks, <=, 201);
}

/* The peer is at the one that it asked from last. */
static void
test_several (void)
{
  gint64 now = START + 300 * MS;
  IceFollow self = { .last_id = 0 };
  const IceFollowPath *path;
  guint32 first, second;

  ice_follow_hear (&self, HERE, &a, FALSE, START);
  ice_follow_hear (&self, HERE, &b, FALSE, START + 10 * MS);
  g_assert_true (ice_follow_update (&self, START - 1, now));
  first = check (&self, &a, now);
  assert_no_check (&self, now);
  second = check (&self, &b, now + ICE_FOLLOW_PACE);
  g_assert_nonnull (ice_follow_answer (&self, second, &b, now));
  g_assert_nonnull (ice_follow_answer (&self, first, &a, now));
  path = ice_follow_choose (&self, TRUE, UNKNOWN, now + 3000 * MS);
  g_assert_true (ice_check_endpoint_equal (&path->remote, &b));
  ice_follow_hear (&self, HERE, &a, TRUE, START + 5 * MS);
  path = ice_follow_choose (&self, TRUE, UNKNOWN, now + 3000 * MS);
  g_assert_true (ice_check_endpoint_equal (&path->remote, &a));
  g_assert_true (path->nominated);
}

/* Late answers count no more; ids go on. */
static void
test_restart (void)
{
  IceFollow self;
  guint32 id;

  doubt (&self, TRUE);
  id = check (&self, &a, START + ICE_FOLLOW_DOUBT);
  ice_follow_restart (&self);
  g_assert_cmpint (ice_follow_get_next (&self, TRUE, UNKNOWN), ==, -1);
  g_assert_null (ice_follow_answer (&self, id, &a, START + 300 * MS));
  ice_follow_hear (&self, HERE, &a, TRUE, START + 1000 * MS);
  g_assert_true (ice_follow_update (&self, START, START + 1200 * MS));
  g_assert_cmpuint (check (&self, &a, START + 1200 * MS), >, id);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/icefollow/nothing", test_nothing);
  g_test_add_func ("/icefollow/selected-lives", test_selected_lives);
  g_test_add_func ("/icefollow/moves", test_moves);
  g_test_add_func ("/icefollow/replay", test_replay);
  g_test_add_func ("/icefollow/outage", test_outage);
  g_test_add_func ("/icefollow/lives-again", test_lives_again);
  g_test_add_func ("/icefollow/retries", test_retries);
  g_test_add_func ("/icefollow/flood", test_flood);
  g_test_add_func ("/icefollow/several", test_several);
  g_test_add_func ("/icefollow/restart", test_restart);
  return g_test_run ();
}
