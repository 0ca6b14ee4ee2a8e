/* gst-ice: test of icechecklist: random events against a simple model.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The model knows each pair of the backend by itself, and nothing of rows. What
 * the checklist reports is compared with what really changed. */

#include "checklistscript.h"
#include "mutation.h"

#define MAX_ID 12
#define EVENTS 60

/* --- the model --- */

typedef struct
{
  gboolean known; /* added, and not removed since */
  gboolean alone; /* not found out by another pair's check */
  gboolean has_state;
  GstIceCandidatePairState state;
  IceCheckEvent added;
} ModelPair;

typedef struct
{
  ModelPair pairs[MAX_ID + 1];
} Model;

static void
model_step (Model *model, const IceCheckEvent *event)
{
  ModelPair *pair = &model->pairs[event->id];
  guint i;

  switch (event->kind) {
    case ICE_CHECK_ADDED:
      /* a pair whose parent is its own older self has none */
      pair->alone = event->parent == 0 || event->parent == event->id
          || !model->pairs[event->parent].known;
      if (!pair->has_state)
        pair->state = GST_ICE_CANDIDATE_PAIR_STATE_FROZEN;
      pair->has_state = TRUE;
      pair->known = TRUE;
      pair->added = *event;
      break;
    case ICE_CHECK_STATE:
      pair->state = event->state;
      pair->has_state = TRUE;
      break;
    case ICE_CHECK_REMOVED:
      pair->known = FALSE;
      pair->has_state = FALSE;
      break;
    case ICE_CHECK_PRUNED:
    case ICE_CHECK_RESTARTED:
      for (i = 0; i <= MAX_ID; i++)
        model->pairs[i].known = model->pairs[i].has_state = FALSE;
      break;
    default:
      break;
  }
}

static void
assert_model (const Model *model, const IceChecklist *list)
{
  guint id;

  for (id = 1; id <= MAX_ID; id++) {
    const ModelPair *pair = &model->pairs[id];
    const IceCheckPair *row = ice_checklist_find (list, id);

    g_assert_true ((row != NULL) == pair->known);
    if (row == NULL)
      continue;
    g_assert_true (row->live);
    g_assert_true (
        ice_check_endpoint_equal (&row->remote, &pair->added.remote.endpoint));
    if (!pair->alone)
      continue;
    g_assert_cmpint (row->state, ==, pair->state);
    g_assert_true (
        ice_check_endpoint_equal (&row->base, &pair->added.local.endpoint));
  }
}

/* --- what really changed --- */

typedef struct
{
  guint index;
  GstIceCandidatePairState state;
  gboolean nominated;
  gboolean selected;
  IceCheckEndpoint local;
} Snapshot;

static GArray *
take_snapshot (const IceChecklist *list)
{
  GArray *all = g_array_new (FALSE, TRUE, sizeof (Snapshot));
  guint i;

  for (i = 0; i < ice_checklist_get_n_pairs (list); i++) {
    const IceCheckPair *pair = ice_checklist_get_pair (list, i);
    Snapshot snapshot = { pair->index, pair->state, pair->nominated,
      pair->selected, pair->local };

    g_array_append_val (all, snapshot);
  }
  return all;
}

static const Snapshot *
find_snapshot (const GArray *all, guint index)
{
  guint i;

  for (i = 0; i < all->len; i++)
    if (g_array_index (all, Snapshot, i).index == index)
      return &g_array_index (all, Snapshot, i);
  return NULL;
}

static IceCheckChanges
what_changed (const Snapshot *before, const Snapshot *after)
{
  IceCheckChanges what = 0;

  if (before == NULL)
    return ICE_CHECK_CHANGE_ADDED;
  if (before->state != after->state)
    what |= ICE_CHECK_CHANGE_STATE;
  if (before->nominated != after->nominated)
    what |= ICE_CHECK_CHANGE_NOMINATED;
  if (before->selected != after->selected)
    what |= ICE_CHECK_CHANGE_SELECTED;
  if (!ice_check_endpoint_equal (&before->local, &after->local))
    what |= ICE_CHECK_CHANGE_CANDIDATES;
  return what;
}

static IceCheckChanges
find_change (const IceCheckChange *changes, guint n, guint index)
{
  IceCheckChanges what = 0;
  guint i, times = 0;

  for (i = 0; i < n; i++)
    if (changes[i].pair->index == index) {
      what = changes[i].what;
      times++;
    }
  g_assert_cmpuint (times, <=, 1);
  return what;
}

static void
assert_changes (const GArray *before, const GArray *after,
    const IceCheckChange *changes, guint n)
{
  guint i, really = 0;

  for (i = 0; i < after->len; i++) {
    const Snapshot *now = &g_array_index (after, Snapshot, i);
    IceCheckChanges what = what_changed (
        find_snapshot (before, now->index), now);

    g_assert_cmpint (find_change (changes, n, now->index), ==, what);
    really += what != 0;
  }
  for (i = 0; i < before->len; i++) {
    guint index = g_array_index (before, Snapshot, i).index;

    if (find_snapshot (after, index) != NULL)
      continue;
    g_assert_true (find_change (changes, n, index) & ICE_CHECK_CHANGE_REMOVED);
    really++;
  }
  g_assert_cmpuint (n, ==, really);
}

/* --- what always holds --- */

static void
assert_table (const IceChecklist *list, guint max_pairs)
{
  guint n = ice_checklist_get_n_pairs (list), n_selected = 0, i;

  g_assert_cmpuint (n, <=, max_pairs);
  for (i = 0; i < n; i++) {
    const IceCheckPair *pair = ice_checklist_get_pair (list, i);

    if (i > 0)
      g_assert_cmpuint (
          ice_checklist_get_pair (list, i - 1)->index, <, pair->index);
    g_assert_true (pair->live || pair->selected
        || pair->state == GST_ICE_CANDIDATE_PAIR_STATE_FAILED);
    g_assert_nonnull (pair->local_candidate);
    g_assert_cmpstr (pair->local_candidate->address, ==, pair->local.address);
    g_assert_cmpstr (pair->remote_candidate->address, ==, pair->remote.address);
    g_assert_cmpuint (pair->rtt_samples, <=, pair->responses_received);
    g_assert_true ((pair->rtt_samples == 0) == (pair->current_rtt == -1));
    g_assert_cmpint (pair->total_rtt, >=, MAX (pair->current_rtt, 0));
    n_selected += pair->selected;
  }
  g_assert_cmpuint (n_selected, <=, 1);
}

/* --- events --- */

static IceCheckEvent
random_event (GRand *rand)
{
  static const IceCheckKind common[] = { ICE_CHECK_ADDED, ICE_CHECK_ADDED,
    ICE_CHECK_STATE, ICE_CHECK_STATE, ICE_CHECK_STATE, ICE_CHECK_REMOVED,
    ICE_CHECK_SELECTED };
  IceCheckEvent event = { ICE_CHECK_ADDED };

  if (g_rand_boolean (rand))
    event.kind = common[g_rand_int_range (rand, 0, G_N_ELEMENTS (common))];
  else
    event.kind = g_rand_int_range (rand, 0, ICE_CHECK_N_KINDS);
  if ((event.kind == ICE_CHECK_PRUNED || event.kind == ICE_CHECK_RESTARTED)
      && g_rand_int_range (rand, 0, 4) > 0)
    event.kind = ICE_CHECK_NOMINATED;
  event.id = g_rand_int_range (rand, 1, MAX_ID + 1);
  if (g_rand_int_range (rand, 0, 3) == 0)
    event.parent = g_rand_int_range (rand, 0, MAX_ID + 1);
  event.state = g_rand_int_range (rand, 0, 5);
  event.newer = g_rand_int_range (rand, 0, 4) == 0
      ? ICE_CHECK_UNKNOWN
      : (guint) g_rand_int_range (rand, 0, 3);
  script_endpoint (&event.local.endpoint, 'a' + g_rand_int_range (rand, 0, 3));
  script_endpoint (&event.remote.endpoint, 'm' + g_rand_int_range (rand, 0, 3));
  return event;
}

/* A child is of one pair, so it has that pair's remote end. */
static void
fit_parent (const Model *model, IceCheckEvent *event)
{
  if (event->kind == ICE_CHECK_ADDED && model->pairs[event->parent].known)
    event->remote = model->pairs[event->parent].added.remote;
}

static void
run_once (GRand *rand, guint max_pairs, gboolean with_model)
{
  g_autoptr (IceChecklist) list = ice_checklist_new (1, max_pairs);
  Model model = { { { FALSE } } };
  gint64 now = 0;
  guint i, n;

  for (i = 0; i < EVENTS; i++) {
    IceCheckEvent event = random_event (rand);
    g_autoptr (GArray) before = take_snapshot (list);
    g_autoptr (GArray) after = NULL;
    const IceCheckChange *changes;

    fit_parent (&model, &event);
    now += g_rand_int_range (rand, 0, 600000);
    changes = ice_checklist_step (list, &event, now, &n);
    after = take_snapshot (list);
    assert_changes (before, after, changes, n);
    assert_table (list, max_pairs);
    model_step (&model, &event);
    if (with_model)
      assert_model (&model, list);
  }
}

static void
test_model (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (MUTATION_SEED);
  guint i, count = mutation_count () / 20;

  for (i = 0; i < count; i++)
    run_once (rand, 1000, TRUE);
}

/* With less room than there are pairs. */
static void
test_little_room (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (MUTATION_SEED);
  guint i, count = mutation_count () / 20;

  for (i = 0; i < count; i++)
    run_once (rand, 1 + i % 5, FALSE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/icechecklist/random/model", test_model);
  g_test_add_func ("/icechecklist/random/little-room", test_little_room);
  return g_test_run ();
}
