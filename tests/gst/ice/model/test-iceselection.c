/* gst-ice: test of iceselection: the cases, and every list of up to three pairs
 * against RFC 8445 and docs/states.md.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/iceselection.h"

#define S (G_GINT64_CONSTANT (1000000))
#define NONE ICE_SELECTION_NONE
#define FROZEN GST_ICE_CANDIDATE_PAIR_STATE_FROZEN
#define WAITING GST_ICE_CANDIDATE_PAIR_STATE_WAITING
#define IN_PROGRESS GST_ICE_CANDIDATE_PAIR_STATE_IN_PROGRESS
#define FAILED GST_ICE_CANDIDATE_PAIR_STATE_FAILED
#define SUCCEEDED GST_ICE_CANDIDATE_PAIR_STATE_SUCCEEDED

typedef struct
{
  const gchar *name;
  IceSelectionPair pairs[3];
  guint n;
  gboolean is_over;
  gint64 now;
  guint pair;
  gint64 look_again;
} Case;

static const Case cases[] = {
  { "no pair", { { 0 } }, 0, FALSE, 9 * S, NONE, -1 },
  { "none is valid", { { IN_PROGRESS, FALSE, 7, 0 }, { FAILED, FALSE, 8, 0 } },
      2, FALSE, 99 * S, NONE, -1 },
  { "the checks are over and none is valid", { { FAILED, FALSE, 7, 0 } }, 1,
      TRUE, 99 * S, NONE, -1 },
  { "it waits for the nomination", { { SUCCEEDED, FALSE, 7, 2 * S } }, 1, FALSE,
      7 * S - 1, NONE, 7 * S },
  { "it was not nominated in time", { { SUCCEEDED, FALSE, 7, 2 * S } }, 1,
      FALSE, 7 * S, 0, -1 },
  { "the checks are over before", { { SUCCEEDED, FALSE, 7, 2 * S } }, 1, TRUE,
      3 * S, 0, -1 },
  { "it is nominated", { { SUCCEEDED, TRUE, 7, 2 * S } }, 1, TRUE, 99 * S, NONE,
      -1 },
  { "another one is nominated",
      { { SUCCEEDED, FALSE, 9, 2 * S }, { SUCCEEDED, TRUE, 7, 3 * S } }, 2,
      FALSE, 99 * S, NONE, -1 },
  { "the nominated one has failed",
      { { SUCCEEDED, FALSE, 7, 2 * S }, { FAILED, TRUE, 9, 0 } }, 2, FALSE,
      99 * S, 0, -1 },
  { "the best one, although it is younger",
      { { SUCCEEDED, FALSE, 7, 2 * S }, { SUCCEEDED, FALSE, 8, 6 * S } }, 2,
      FALSE, 7 * S, 1, -1 },
  { "the first one decides when",
      { { SUCCEEDED, FALSE, 8, 6 * S }, { SUCCEEDED, FALSE, 7, 2 * S } }, 2,
      FALSE, 6 * S, NONE, 7 * S },
  { "of two equal ones the first",
      { { SUCCEEDED, FALSE, 7, 3 * S }, { SUCCEEDED, FALSE, 7, 2 * S } }, 2,
      FALSE, 8 * S, 0, -1 },
  { "it is checked once more", { { IN_PROGRESS, FALSE, 7, 2 * S } }, 1, FALSE,
      7 * S, 0, -1 },
  { "... and fails", { { FAILED, FALSE, 7, 2 * S } }, 1, FALSE, 7 * S, NONE,
      -1 },
  { "a better one is not valid yet",
      { { SUCCEEDED, FALSE, 7, 2 * S }, { WAITING, FALSE, 9, 0 } }, 2, FALSE,
      7 * S, 0, -1 },
};

static void
test_cases (void)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    const Case *it = &cases[i];
    IceSelectionChoice choice = ice_selection_choose (
        it->pairs, it->n, it->is_over, it->now);

    g_test_message ("%s", it->name);
    g_assert_cmpuint (choice.pair, ==, it->pair);
    g_assert_cmpint (choice.look_again, ==, it->look_again);
  }
}

/* The pair with this number: all states, nominated or not, three priorities,
 * not valid or since one of three times. */
#define N_PAIRS (5 * 2 * 3 * 4)

static IceSelectionPair
make_pair (guint code)
{
  IceSelectionPair pair = { code % 5, code / 5 % 2, code / 10 % 3 + 1,
    code / 30 % 4 * S };

  return pair;
}

static gboolean
is_valid (const IceSelectionPair *pair)
{
  return pair->valid_since > 0 && pair->state != FAILED;
}

/* The promises of the interface, checked on the result. */
static void
check_choice (
    const IceSelectionPair *pairs, guint n, gboolean is_over, gint64 now)
{
  IceSelectionChoice choice = ice_selection_choose (pairs, n, is_over, now);
  gboolean any = FALSE, nominated = FALSE, patient = FALSE;
  guint i;

  for (i = 0; i < n; i++) {
    any |= is_valid (&pairs[i]);
    nominated |= is_valid (&pairs[i]) && pairs[i].nominated;
    patient |= is_valid (&pairs[i]) && now - pairs[i].valid_since >= 5 * S;
  }
  g_assert_cmpint (
      choice.pair != NONE, ==, any && !nominated && (is_over || patient));
  g_assert_cmpint (
      choice.look_again >= 0, ==, any && !nominated && !is_over && !patient);
  if (choice.pair != NONE) {
    g_assert_cmpuint (choice.pair, <, n);
    g_assert_true (is_valid (&pairs[choice.pair]));
    for (i = 0; i < n; i++)
      g_assert_true (!is_valid (&pairs[i])
          || pairs[i].priority <= pairs[choice.pair].priority);
  }
  if (choice.look_again >= 0) { /* nothing before it, something at it */
    g_assert_cmpint (choice.look_again, >, now);
    g_assert_cmpuint (
        ice_selection_choose (pairs, n, FALSE, choice.look_again - 1).pair, ==,
        NONE);
    g_assert_cmpuint (
        ice_selection_choose (pairs, n, FALSE, choice.look_again).pair, !=,
        NONE);
  }
}

static void
test_every_list (void)
{
  guint step = g_getenv ("ICE_TEST_SLOW") != NULL ? 7 : 1;
  IceSelectionPair pairs[3];
  guint i, j, k, t;

  for (i = 0; i < N_PAIRS; i++)
    for (j = 0; j < N_PAIRS; j++)
      for (k = 0; k < N_PAIRS; k += step) {
        pairs[0] = make_pair (i);
        pairs[1] = make_pair (j);
        pairs[2] = make_pair (k);
        for (t = 4; t <= 8; t++) {
          check_choice (pairs, 1 + (i + j + k) % 3, FALSE, t * S);
          check_choice (pairs, 1 + (i + j + k) % 3, TRUE, t * S);
        }
      }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/iceselection/cases", test_cases);
  g_test_add_func ("/iceselection/every-list", test_every_list);
  return g_test_run ();
}
