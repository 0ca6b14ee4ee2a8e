/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/iceroleconflict.h"

#define MS G_GINT64_CONSTANT (1000)
#define S (1000 * MS)
#define START (100 * S)
#define N ICE_ROLE_CONFLICT_SWITCHES
#define SHOWN 200000 /* conflicts of a random run */

static void
assert_steps (IceRoleConflict *self, gint64 now, gint64 step, guint n,
    IceRoleConflictVerdict verdict)
{
  guint i;

  for (i = 0; i < n; i++)
    g_assert_cmpint (
        ice_role_conflict_step (self, now + i * step), ==, verdict);
}

/* A conflict between two ends that follow the RFC: asked again at once. */
static void
test_single (void)
{
  IceRoleConflict self = { 0 };
  gint64 now;

  g_assert_false (ice_role_conflict_is_settled (&self, START));
  for (now = START; now < START + 600 * S; now += ICE_ROLE_CONFLICT_WINDOW)
    assert_steps (&self, now, 0, 1, ICE_ROLE_CONFLICT_FIRST);
  g_assert_false (ice_role_conflict_is_settled (&self, now));
}

/* The monotonic clock may begin anywhere, at 0 too. */
static void
test_endless (void)
{
  const gint64 begins[] = { 0, 1, START, G_MAXINT64 / 2 };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (begins); i++) {
    IceRoleConflict self = { 0 };
    gint64 now = begins[i];

    assert_steps (&self, now, 0, 1, ICE_ROLE_CONFLICT_FIRST);
    assert_steps (&self, now, 100 * MS, N - 1, ICE_ROLE_CONFLICT_AGAIN);
    g_assert_false (ice_role_conflict_is_settled (&self, now + S));
    assert_steps (&self, now + S, 0, 1, ICE_ROLE_CONFLICT_SETTLED);
    g_assert_true (ice_role_conflict_is_settled (&self, now + S));
    /* as often as consent is asked for, for an hour */
    assert_steps (&self, now + 2 * S, 6 * S, 600, ICE_ROLE_CONFLICT_IGNORED);
    g_assert_true (ice_role_conflict_is_settled (&self, now + 3600 * S));
  }
}

/* The last change that is allowed, and the first that is not. */
static void
test_window (void)
{
  IceRoleConflict self = { 0 };
  IceRoleConflict other;

  assert_steps (&self, START, 0, 1, ICE_ROLE_CONFLICT_FIRST);
  assert_steps (&self, START + S, 0, N - 1, ICE_ROLE_CONFLICT_AGAIN);
  other = self;
  assert_steps (&self, START + ICE_ROLE_CONFLICT_WINDOW - 1, 0, 1,
      ICE_ROLE_CONFLICT_SETTLED);
  assert_steps (
      &other, START + ICE_ROLE_CONFLICT_WINDOW, 0, 1, ICE_ROLE_CONFLICT_AGAIN);
  assert_steps (&other, START + ICE_ROLE_CONFLICT_WINDOW, 0, 1,
      ICE_ROLE_CONFLICT_SETTLED);
}

/* Each conflict puts off the end, and after it all begins anew. */
static void
test_quiet (void)
{
  IceRoleConflict self = { 0 };
  gint64 now = START;

  assert_steps (&self, now, 0, 1, ICE_ROLE_CONFLICT_FIRST);
  assert_steps (&self, now, 0, N - 1, ICE_ROLE_CONFLICT_AGAIN);
  assert_steps (&self, now, 0, 1, ICE_ROLE_CONFLICT_SETTLED);
  now += ICE_ROLE_CONFLICT_QUIET - 1;
  g_assert_true (ice_role_conflict_is_settled (&self, now));
  assert_steps (&self, now, 0, 1, ICE_ROLE_CONFLICT_IGNORED);
  now += ICE_ROLE_CONFLICT_QUIET - 1;
  g_assert_true (ice_role_conflict_is_settled (&self, now));
  assert_steps (&self, now, 0, 1, ICE_ROLE_CONFLICT_IGNORED);
  now += ICE_ROLE_CONFLICT_QUIET;
  g_assert_false (ice_role_conflict_is_settled (&self, now));
  assert_steps (&self, now, 0, 1, ICE_ROLE_CONFLICT_FIRST);
  g_assert_false (ice_role_conflict_is_settled (&self, now));
  assert_steps (&self, now, 0, N - 1, ICE_ROLE_CONFLICT_AGAIN);
  assert_steps (&self, now, 0, 1, ICE_ROLE_CONFLICT_SETTLED);
}

static guint
count_since (const GArray *times, gint64 since)
{
  guint n = 0;

  while (n < times->len
      && g_array_index (times, gint64, times->len - 1 - n) > since)
    n++;
  return n;
}

/* Whatever comes when: in no window are there more changes than that, one word
 * to the user stands before what is ignored, and not more than one in the time
 * that has to be quiet. */
static void
test_random (void)
{
  const gint64 steps[] = { 0, 1, MS, 100 * MS, S, 4 * S,
    ICE_ROLE_CONFLICT_WINDOW, ICE_ROLE_CONFLICT_QUIET - 1,
    ICE_ROLE_CONFLICT_QUIET };
  IceRoleConflict self = { 0 };
  GArray *switches = g_array_new (FALSE, FALSE, sizeof (gint64));
  gint64 now = START, reported = 0, last = 0;
  guint i, verdicts[4] = { 0 };

  for (i = 0; i < SHOWN; i++) {
    gboolean settled = ice_role_conflict_is_settled (&self, now);
    IceRoleConflictVerdict verdict = ice_role_conflict_step (&self, now);
    guint n = count_since (switches, now - ICE_ROLE_CONFLICT_WINDOW);

    verdicts[verdict]++;
    switch (verdict) {
      case ICE_ROLE_CONFLICT_FIRST:
      case ICE_ROLE_CONFLICT_AGAIN:
        g_assert_false (settled);
        g_assert_cmpuint (n, <, N);
        g_assert_cmpint (verdict == ICE_ROLE_CONFLICT_FIRST, ==, n == 0);
        g_array_append_val (switches, now);
        break;
      case ICE_ROLE_CONFLICT_SETTLED:
        g_assert_false (settled);
        g_assert_cmpuint (n, ==, N);
        g_assert_true (
            reported == 0 || now - reported >= ICE_ROLE_CONFLICT_QUIET);
        reported = now;
        break;
      case ICE_ROLE_CONFLICT_IGNORED:
        g_assert_true (settled);
        g_assert_cmpint (now - last, <, ICE_ROLE_CONFLICT_QUIET);
        break;
    }
    last = now;
    now += steps[g_test_rand_int_range (0, G_N_ELEMENTS (steps))];
  }
  for (i = 0; i < G_N_ELEMENTS (verdicts); i++)
    g_assert_cmpuint (verdicts[i], >, 0);
  g_array_unref (switches);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/iceroleconflict/single", test_single);
  g_test_add_func ("/iceroleconflict/endless", test_endless);
  g_test_add_func ("/iceroleconflict/window", test_window);
  g_test_add_func ("/iceroleconflict/quiet", test_quiet);
  g_test_add_func ("/iceroleconflict/random", test_random);
  return g_test_run ();
}
