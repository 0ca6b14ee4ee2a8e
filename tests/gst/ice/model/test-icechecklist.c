/* gst-ice: test of icechecklist and icecheckpair.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An event is a line of text: a word, the id of a pair, and what the word
 * needs. An endpoint is a letter: a is 10.0.0.97 port 9700. */

#include <stdio.h>
#include <string.h>

#include "checklistscript.h"

/* --- tables --- */

/* What happens, which pairs change, and all pairs after that. */
typedef struct
{
  const gchar *event;
  const gchar *changes;
  const gchar *table; /* NULL: as after the step before */
} Step;

static void
run_steps (const Step *steps)
{
  g_autoptr (IceChecklist) list = ice_checklist_new (1, 4);
  const gchar *table = "";

  for (; steps->event != NULL; steps++) {
    g_autofree gchar *changes = script_step (list, steps->event, 0);
    g_autofree gchar *now = script_table (list);

    if (steps->table != NULL)
      table = steps->table;
    g_test_message ("%s", steps->event);
    g_assert_cmpstr (changes, ==, steps->changes);
    g_assert_cmpstr (now, ==, table);
  }
}

static const Step life[] = {
  { "state 1 frozen", "", "" },
  { "added 1 a b", "0:added", "0 a-b frozen;" },
  { "state 1 frozen", "", NULL },
  { "state 1 waiting", "0:state", "0 a-b waiting;" },
  { "state 1 in-progress", "0:state", "0 a-b in-progress;" },
  { "state 1 succeeded", "0:state", "0 a-b succeeded;" },
  { "state 1 in-progress", "0:state", "0 a-b in-progress;" },
  { "state 1 succeeded", "0:state", "0 a-b succeeded;" },
  { "nominated 1", "0:nominated", "0 a-b succeeded N;" },
  { "nominated 1", "", NULL },
  { "selected 0 a b", "0:selected", "0 a-b succeeded N S;" },
  { "selected 0 a b", "", NULL },
  { "selected 1", "", NULL },
  { "state 1 failed", "0:state", "0 a-b failed N S;" },
  { NULL },
};

/* The first state comes before the endpoints, of several pairs at once. */
static const Step held[] = {
  { "state 1 waiting", "", "" },
  { "state 2 frozen", "", NULL },
  { "state 1 in-progress", "", NULL },
  { "added 2 a b", "0:added", "0 a-b frozen;" },
  { "added 1 a c", "1:added", "0 a-b frozen; 1 a-c in-progress;" },
  { "added 3 a d", "2:added",
      "0 a-b frozen; 1 a-c in-progress; 2 a-d frozen;" },
  /* held, then taken back */
  { "state 4 failed", "", NULL },
  { "removed 4", "", NULL },
  { "added 4 a e", "3:added",
      "0 a-b frozen; 1 a-c in-progress; 2 a-d frozen; 3 a-e frozen;" },
  { NULL },
};

static const Step unknown[] = {
  { "nominated 1", "", "" },
  { "selected 1", "", NULL },
  { "selected 0 a b", "", NULL },
  { "request-sent 1", "", NULL },
  { "request-unsent 1", "", NULL },
  { "retransmitted 1", "", NULL },
  { "response-received 1 0", "", NULL },
  { "request-received 1", "", NULL },
  { "response-sent 1", "", NULL },
  { "removed 1", "", NULL },
  { "restarted", "", NULL },
  { "restarted", "", NULL },
  { NULL },
};

static const Step pruned[] = {
  { "added 1 a b", "0:added", "0 a-b frozen;" },
  { "added 2 a c", "1:added", "0 a-b frozen; 1 a-c frozen;" },
  { "state 2 waiting", "1:state", "0 a-b frozen; 1 a-c waiting;" },
  { "added 3 a d", "2:added", "0 a-b frozen; 1 a-c waiting; 2 a-d frozen;" },
  { "state 3 failed", "2:state", "0 a-b frozen; 1 a-c waiting; 2 a-d failed;" },
  { "removed 1", "0:removed", "1 a-c waiting; 2 a-d failed;" },
  { "removed 2", "1:removed", "2 a-d failed;" },
  { "removed 3", "", "2 a-d failed gone;" },
  { "removed 3", "", NULL },
  { "state 3 succeeded", "", NULL },
  { "nominated 3", "", NULL },
  { NULL },
};

/* The same two candidates once more are the same pair. */
static const Step revived[] = {
  { "added 1 a b", "0:added", "0 a-b frozen;" },
  { "nominated 1", "0:nominated", "0 a-b frozen N;" },
  { "state 1 failed", "0:state", "0 a-b failed N;" },
  { "removed 1", "", "0 a-b failed N gone;" },
  { "state 2 waiting", "", NULL },
  { "added 2 a b", "0:state,nominated", "0 a-b waiting;" },
  { "state 2 failed", "0:state", "0 a-b failed;" },
  { "removed 2", "", "0 a-b failed gone;" },
  { "state 3 failed", "", NULL },
  { "added 3 a b", "", "0 a-b failed;" },
  /* as long as it lives, another one is another one */
  { "added 4 a b", "1:added", "0 a-b failed; 1 a-b frozen;" },
  { NULL },
};

/* The backend uses an id again without a word about the old pair. */
static const Step reused[] = {
  { "added 1 a b", "0:added", "0 a-b frozen;" },
  { "state 1 succeeded", "0:state", "0 a-b succeeded;" },
  { "added 1 a c", "0:removed 1:added", "1 a-c succeeded;" },
  { "state 1 failed", "1:state", "1 a-c failed;" },
  { "removed 1", "", "1 a-c failed gone;" },
  { "state 1 frozen", "", NULL },
  { "added 1 a d", "2:added", "1 a-c failed gone; 2 a-d frozen;" },
  { "state 1 failed", "2:state", "1 a-c failed gone; 2 a-d failed;" },
  { "added 1 a e", "3:added",
      "1 a-c failed gone; 2 a-d failed gone; 3 a-e failed;" },
  { NULL },
};

static const Step selection[] = {
  { "added 1 a b", "0:added", "0 a-b frozen;" },
  { "added 2 a c", "1:added", "0 a-b frozen; 1 a-c frozen;" },
  { "selected 0 a b", "0:selected", "0 a-b frozen S; 1 a-c frozen;" },
  { "selected 0 a c", "0:selected 1:selected",
      "0 a-b frozen; 1 a-c frozen S;" },
  /* the id knows better than the endpoints */
  { "selected 1 a c", "1:selected 0:selected",
      "0 a-b frozen S; 1 a-c frozen;" },
  /* a selected pair is not gone as long as media takes it */
  { "removed 1", "", "0 a-b frozen S gone; 1 a-c frozen;" },
  { "selected 2", "0:selected,removed 1:selected", "1 a-c frozen S;" },
  /* one that is not in the table */
  { "selected 0 a d", "1:selected", "1 a-c frozen;" },
  { "selected 2", "1:selected", "1 a-c frozen S;" },
  { "selected 0", "1:selected", "1 a-c frozen;" },
  { NULL },
};

/* Two with the same endpoints: the one that is there, or is exactly there. */
static const Step twins[] = {
  { "added 1 a b", "0:added", "0 a-b frozen;" },
  { "added 2 a b", "1:added", "0 a-b frozen; 1 a-b frozen;" },
  { "state 1 failed", "0:state", "0 a-b failed; 1 a-b frozen;" },
  { "removed 1", "", "0 a-b failed gone; 1 a-b frozen;" },
  { "selected 0 a b", "1:selected", "0 a-b failed gone; 1 a-b frozen S;" },
  { "added 3 m b 2", "1:candidates", "0 a-b failed gone; 1 m-b frozen S;" },
  { "selected 0 a b", "1:selected 0:selected",
      "0 a-b failed S gone; 1 m-b frozen;" },
  { "selected 0 m b", "0:selected 1:selected",
      "0 a-b failed gone; 1 m-b frozen S;" },
  { NULL },
};

/* A check that finds out another address: one pair, at the new address. */
static const Step discovered[] = {
  { "added 1 a b", "0:added", "0 a-b frozen;" },
  { "state 1 in-progress", "0:state", "0 a-b in-progress;" },
  { "state 2 succeeded", "", NULL },
  { "added 2 m b 1", "0:candidates", "0 m-b in-progress;" },
  { "state 1 succeeded", "0:state", "0 m-b succeeded;" },
  { "state 2 succeeded", "", NULL },
  { "nominated 2", "0:nominated", "0 m-b succeeded N;" },
  { "nominated 1", "", NULL },
  { "selected 0 m b", "0:selected", "0 m-b succeeded N S;" },
  { "selected 0 a b", "", NULL },
  { "selected 2", "", NULL },
  { "selected 0", "0:selected", "0 m-b succeeded N;" },
  { "state 1 in-progress", "0:state", "0 m-b in-progress N;" },
  /* a NAT gave it another one */
  { "added 3 n b 1", "0:candidates", "0 n-b in-progress N;" },
  { "state 1 failed", "0:state", "0 n-b failed N;" },
  { "state 2 failed", "", NULL },
  { "state 3 failed", "", NULL },
  { "removed 1", "", NULL },
  { "removed 2", "", NULL },
  { "removed 3", "", "0 n-b failed N gone;" },
  { "added 4 a b", "0:state,nominated,candidates", "0 a-b frozen;" },
  { NULL },
};

/* The pair that was checked is forgotten before the one it found out. */
static const Step orphan[] = {
  { "added 1 a b", "0:added", "0 a-b frozen;" },
  { "state 1 succeeded", "0:state", "0 a-b succeeded;" },
  { "state 2 succeeded", "", NULL },
  { "added 2 m b 1", "0:candidates", "0 m-b succeeded;" },
  { "state 1 in-progress", "0:state", "0 m-b in-progress;" },
  { "removed 1", "0:state", "0 m-b succeeded;" },
  { "state 2 failed", "0:state", "0 m-b failed;" },
  { "removed 2", "", "0 m-b failed gone;" },
  /* found out by nobody we know */
  { "state 3 succeeded", "", NULL },
  { "added 3 m c 9", "1:added", "0 m-b failed gone; 1 m-c succeeded;" },
  { NULL },
};

static const Step restarted[] = {
  { "added 1 a b", "0:added", "0 a-b frozen;" },
  { "added 2 a c", "1:added", "0 a-b frozen; 1 a-c frozen;" },
  { "added 3 a d", "2:added", "0 a-b frozen; 1 a-c frozen; 2 a-d frozen;" },
  { "state 1 succeeded", "0:state",
      "0 a-b succeeded; 1 a-c frozen; 2 a-d frozen;" },
  { "nominated 1", "0:nominated",
      "0 a-b succeeded N; 1 a-c frozen; 2 a-d frozen;" },
  { "selected 1", "0:selected",
      "0 a-b succeeded N S; 1 a-c frozen; 2 a-d frozen;" },
  { "state 3 failed", "2:state",
      "0 a-b succeeded N S; 1 a-c frozen; 2 a-d failed;" },
  { "state 9 failed", "", NULL },
  { "restarted", "1:removed 2:removed", "0 a-b succeeded N S gone;" },
  { "restarted", "", NULL },
  { "state 1 failed", "", NULL }, /* held: it is nobody's */
  { "removed 1", "", NULL },
  { "added 9 a e", "3:added", "0 a-b succeeded N S gone; 3 a-e frozen;" },
  { "state 4 waiting", "", NULL },
  /* the same addresses in another generation are another pair */
  { "added 4 a b", "4:added",
      "0 a-b succeeded N S gone; 3 a-e frozen; 4 a-b waiting;" },
  { "state 4 succeeded", "4:state",
      "0 a-b succeeded N S gone; 3 a-e frozen; 4 a-b succeeded;" },
  { "nominated 4", "4:nominated",
      "0 a-b succeeded N S gone; 3 a-e frozen; 4 a-b succeeded N;" },
  { "selected 0 a b", "0:selected,removed 4:selected",
      "3 a-e frozen; 4 a-b succeeded N S;" },
  { "restarted", "3:removed", "4 a-b succeeded N S gone;" },
  { "added 5 a c", "5:added", "4 a-b succeeded N S gone; 5 a-c frozen;" },
  { "selected 5", "4:selected,removed 5:selected", "5 a-c frozen S;" },
  { "restarted", "", "5 a-c frozen S gone;" },
  { "added 6 a c", "6:added", "5 a-c frozen S gone; 6 a-c frozen;" },
  { "state 6 failed", "6:state", "5 a-c frozen S gone; 6 a-c failed;" },
  { "removed 6", "", "5 a-c frozen S gone; 6 a-c failed gone;" },
  { "selected 0", "5:selected,removed", "6 a-c failed gone;" },
  { NULL },
};

/* The backend frees its list to select a pair of it; the generation goes on. */
static const Step list_freed[] = {
  { "added 1 a b", "0:added", "0 a-b frozen;" },
  { "added 2 a c", "1:added", "0 a-b frozen; 1 a-c frozen;" },
  { "added 3 a d", "2:added", "0 a-b frozen; 1 a-c frozen; 2 a-d frozen;" },
  { "state 1 succeeded", "0:state",
      "0 a-b succeeded; 1 a-c frozen; 2 a-d frozen;" },
  { "state 3 failed", "2:state",
      "0 a-b succeeded; 1 a-c frozen; 2 a-d failed;" },
  { "selected 0 a b", "0:selected",
      "0 a-b succeeded S; 1 a-c frozen; 2 a-d failed;" },
  { "pruned", "1:removed", "0 a-b succeeded S gone; 2 a-d failed gone;" },
  { "state 1 failed", "", NULL }, /* held: it is nobody's */
  { "removed 1", "", NULL },
  { "added 4 a b", "0:state", "0 a-b frozen S; 2 a-d failed gone;" },
  { "state 4 succeeded", "0:state", "0 a-b succeeded S; 2 a-d failed gone;" },
  { "nominated 4", "0:nominated", "0 a-b succeeded N S; 2 a-d failed gone;" },
  { "pruned", "", "0 a-b succeeded N S gone; 2 a-d failed gone;" },
  { "restarted", "2:removed", "0 a-b succeeded N S gone;" },
  { NULL },
};

/* What failed in an older generation does not stay when media leaves it. */
static const Step failed_before_restart[] = {
  { "added 1 a b", "0:added", "0 a-b frozen;" },
  { "selected 1", "0:selected", "0 a-b frozen S;" },
  { "state 1 failed", "0:state", "0 a-b failed S;" },
  { "restarted", "", "0 a-b failed S gone;" },
  { "selected 0", "0:selected,removed", "" },
  { NULL },
};

/* Four pairs have room: the one that failed first leaves. */
static const Step full[] = {
  { "added 1 a b", "0:added", "0 a-b frozen;" },
  { "added 2 a c", "1:added", "0 a-b frozen; 1 a-c frozen;" },
  { "added 3 a d", "2:added", "0 a-b frozen; 1 a-c frozen; 2 a-d frozen;" },
  { "added 4 a e", "3:added",
      "0 a-b frozen; 1 a-c frozen; 2 a-d frozen; 3 a-e frozen;" },
  { "added 5 a f", "", NULL },
  { "nominated 5", "", NULL },
  { "state 3 failed", "2:state",
      "0 a-b frozen; 1 a-c frozen; 2 a-d failed; 3 a-e frozen;" },
  { "state 2 failed", "1:state",
      "0 a-b frozen; 1 a-c failed; 2 a-d failed; 3 a-e frozen;" },
  { "removed 3", "",
      "0 a-b frozen; 1 a-c failed; 2 a-d failed gone; 3 a-e frozen;" },
  { "selected 2", "1:selected",
      "0 a-b frozen; 1 a-c failed S; 2 a-d failed gone; 3 a-e frozen;" },
  { "added 6 a f", "2:removed 4:added",
      "0 a-b frozen; 1 a-c failed S; 3 a-e frozen; 4 a-f frozen;" },
  { "added 7 a g", "", NULL },
  { "selected 0", "1:selected",
      "0 a-b frozen; 1 a-c failed; 3 a-e frozen; 4 a-f frozen;" },
  { "added 7 a g", "1:removed 5:added",
      "0 a-b frozen; 3 a-e frozen; 4 a-f frozen; 5 a-g frozen;" },
  { "state 2 succeeded", "", NULL },
  { "nominated 2", "", NULL },
  { NULL },
};

static void
test_steps (gconstpointer steps)
{
  run_steps (steps);
}

static void
test_refused (void)
{
  g_autoptr (IceChecklist) list = ice_checklist_new (1, 0);
  guint i;

  for (i = 1; i <= ICE_CHECKLIST_MAX_PAIRS + 7; i++) {
    g_autofree gchar *event = g_strdup_printf ("added %u a b", i);
    g_autofree gchar *changes = script_step (list, event, 0);

    g_assert_nonnull (changes);
  }
  g_assert_cmpuint (
      ice_checklist_get_n_pairs (list), ==, ICE_CHECKLIST_MAX_PAIRS);
  g_assert_nonnull (ice_checklist_find (list, ICE_CHECKLIST_MAX_PAIRS));
  g_assert_null (ice_checklist_find (list, ICE_CHECKLIST_MAX_PAIRS + 1));
}

/* Neither do valid pairs of one pair, nor states of pairs that never come. */
static void
test_bounded (void)
{
  g_autoptr (IceChecklist) list = ice_checklist_new (1, 4);
  guint i;

  g_free (script_step (list, "added 1 a b", 0));
  for (i = 2; i < 100; i++) {
    g_autofree gchar *event = g_strdup_printf ("added %u m b 1", i);

    g_free (script_step (list, event, 0));
  }
  g_assert_cmpuint (ice_checklist_get_n_pairs (list), ==, 1);
  g_assert_nonnull (ice_checklist_find (list, 1 + 15));
  g_assert_null (ice_checklist_find (list, 1 + 16));
  for (i = 1000; i < 1065; i++) {
    g_autofree gchar *event = g_strdup_printf ("state %u succeeded", i);

    g_free (script_step (list, event, 0));
  }
  g_free (script_step (list, "added 1000 a c", 0)); /* forgotten */
  g_free (script_step (list, "added 1001 a d", 0));
  g_assert_cmpint (ice_checklist_find (list, 1000)->state, ==,
      GST_ICE_CANDIDATE_PAIR_STATE_FROZEN);
  g_assert_cmpint (ice_checklist_find (list, 1001)->state, ==,
      GST_ICE_CANDIDATE_PAIR_STATE_SUCCEEDED);
}

/* --- round-trip times --- */

/* Events of one pair, when, and current-rtt/samples after them. */
static const struct
{
  const gchar *events;
  gint64 rtt;
  guint64 samples;
} round_trips[] = {
  { "sent@100 answered0@350", 250, 1 },
  { "sent@100 answered?@350", 250, 1 },
  { "sent@100 answered0@100", 0, 1 },
  { "sent@100 answered0@99", -1, 0 },
  { "answered0@350", -1, 0 },
  { "sent@100 answered1@350", -1, 0 },
  { "sent@100 answered0@900000", 899900, 1 },
  { "sent@100 again@500100 answered0@500300", -1, 0 },
  { "sent@100 again@500100 answered0@500300 sent@600000 answered0@600007", 7,
      1 },
  { "sent@100 answered0@200 sent@300 answered0@350", 50, 2 },
  { "sent@100 answered0@200 answered0@250", 100, 1 },
  /* two under way: the newest is number 0 */
  { "sent@100 sent@200 answered0@250", 50, 1 },
  { "sent@100 sent@200 answered1@250", 150, 1 },
  { "sent@100 sent@200 answered1@250 answered0@260", 60, 2 },
  { "sent@100 sent@200 answered0@250 answered0@260", 160, 2 },
  { "sent@100 sent@200 answered2@250", -1, 0 },
  { "sent@100 sent@200 answered?@250", -1, 0 },
  { "sent@100 sent@200 answered?@250 answered0@260", -1, 0 },
  { "sent@100 sent@200 again@500200 answered1@500300", -1, 0 },
  { "sent@100 again@500100 sent@500200 answered0@500300", 100, 1 },
  { "sent@100 again@500100 sent@500200 answered1@500300", -1, 0 },
  /* older than a timer: it may not be number 1 any more */
  { "sent@100 sent@200000 answered1@500100", -1, 0 },
  { "sent@100 sent@200000 answered1@500099", 499999, 1 },
  { "sent@100 sent@200000 answered0@600000", 400000, 1 },
  { "sent@100 sent@200000 answered0@700000", -1, 0 },
  /* not sent after all */
  { "sent@100 unsent@110 answered0@200", -1, 0 },
  { "sent@100 sent@150 unsent@160 answered0@200", 100, 1 },
  /* what is not waited for cannot be answered */
  { "sent@100 failed@200 answered0@300", -1, 0 },
  { "sent@100 succeeded@200 answered0@300", -1, 0 },
  { "sent@100 progress@200 answered0@300", 200, 1 },
  { "sent@1 sent@2 sent@3 sent@4 sent@5 sent@6 sent@7 sent@8 sent@9 "
    "answered7@10",
      8, 1 },
  { "sent@1 sent@2 sent@3 sent@4 sent@5 sent@6 sent@7 sent@8 sent@9 "
    "answered8@10",
      -1, 0 },
};

static void
run_round_trip (IceChecklist *list, const gchar *text)
{
  static const struct
  {
    const gchar *word;
    const gchar *event;
  } words[] = { { "sent", "request-sent 1" }, { "unsent", "request-unsent 1" },
    { "again", "retransmitted 1" }, { "failed", "state 1 failed" },
    { "succeeded", "state 1 succeeded" },
    { "progress", "state 1 in-progress" } };
  g_auto (GStrv) parts = g_strsplit (text, "@", 2);
  gint64 now = g_ascii_strtoll (parts[1], NULL, 10);
  guint i;

  if (g_str_has_prefix (parts[0], "answered")) {
    g_autofree gchar *event = g_strdup_printf (
        "response-received 1 %s", parts[0] + strlen ("answered"));

    g_free (script_step (list, event, now));
    return;
  }
  for (i = 0; strcmp (words[i].word, parts[0]) != 0; i++)
    g_assert_cmpuint (i, <, G_N_ELEMENTS (words) - 1);
  g_free (script_step (list, words[i].event, now));
}

static void
test_round_trips (void)
{
  gsize i, j;

  for (i = 0; i < G_N_ELEMENTS (round_trips); i++) {
    g_autoptr (IceChecklist) list = ice_checklist_new (1, 0);
    g_auto (GStrv) events = g_strsplit (round_trips[i].events, " ", -1);
    const IceCheckPair *pair;

    g_free (script_step (list, "added 1 a b", 0));
    for (j = 0; events[j] != NULL; j++)
      run_round_trip (list, events[j]);
    pair = ice_checklist_find (list, 1);
    g_test_message ("%s", round_trips[i].events);
    g_assert_cmpint (pair->current_rtt, ==, round_trips[i].rtt);
    g_assert_cmpuint (pair->rtt_samples, ==, round_trips[i].samples);
    g_assert_cmpint (pair->total_rtt, >=, MAX (pair->current_rtt, 0));
  }
}

static void
test_counters (void)
{
  static const gchar *const events[] = { "added 1 a b", "request-sent 1",
    "request-sent 1", "request-sent 1", "request-unsent 1", "retransmitted 1",
    "retransmitted 1", "retransmitted 1", "response-received 1 0",
    "request-received 1", "request-received 1", "request-received 1",
    "request-received 1", "response-sent 1", "response-sent 1",
    "response-sent 1", "response-sent 1", "response-sent 1", "added 2 a c" };
  g_autoptr (IceChecklist) list = ice_checklist_new (1, 0);
  const IceCheckPair *pair;
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (events); i++)
    g_free (script_step (list, events[i], 0));
  pair = ice_checklist_find (list, 1);
  g_assert_cmpuint (pair->requests_sent, ==, 2);
  g_assert_cmpuint (pair->retransmissions_sent, ==, 3);
  g_assert_cmpuint (pair->responses_received, ==, 1);
  g_assert_cmpuint (pair->requests_received, ==, 4);
  g_assert_cmpuint (pair->responses_sent, ==, 5);

  /* they are the pair's, not the backend's object's */
  g_free (script_step (list, "state 1 failed", 0));
  g_free (script_step (list, "removed 1", 0));
  g_free (script_step (list, "added 3 a b", 0));
  g_free (script_step (list, "request-sent 3", 0));
  pair = ice_checklist_find (list, 3);
  g_assert_cmpuint (pair->index, ==, 0);
  g_assert_cmpuint (pair->requests_sent, ==, 3);
  g_assert_cmpuint (ice_checklist_find (list, 2)->requests_sent, ==, 0);
}

/* --- checks of the peer's that come before ours --- */

static gboolean
check_came (IceChecklist *list, const gchar *address, guint16 port)
{
  IceCheckEndpoint endpoint = { .port = port };

  g_strlcpy (endpoint.address, address, sizeof endpoint.address);
  return ice_checklist_check_came (list, &endpoint);
}

/* Whether a check came from there before. */
static gboolean
signal_remote (IceChecklist *list, const gchar *where, const gchar *protocol)
{
  g_autofree gchar *text = g_strdup_printf ("candidate:1 1 %s 1 %s typ host%s",
      protocol, where, strcmp (protocol, "tcp") == 0 ? " tcptype active" : "");
  g_autoptr (IceCandidate) candidate = ice_candidate_parse (text, NULL);
  guint n;

  g_assert_nonnull (candidate);
  ice_checklist_add_candidate (list, candidate, FALSE, &n);
  return ice_checklist_had_check (list, candidate);
}

/* Not for an address without a candidate, for one of ours, or for one of an
 * earlier generation. */
static void
test_signalled_then_checked (void)
{
  g_autoptr (IceChecklist) list = ice_checklist_new (1, 4);
  g_autoptr (IceCandidate) ours = ice_candidate_parse (
      "candidate:4 1 udp 1 10.0.0.97 9700 typ host", NULL);
  guint n;

  g_assert_false (signal_remote (list, "10.0.0.98 9800", "udp"));
  g_assert_false (signal_remote (list, "2001:db8::1 5000", "udp"));
  g_assert_false (signal_remote (list, "10.0.0.96 9", "tcp"));
  ice_checklist_add_candidate (list, ours, TRUE, &n);
  g_free (script_step (list, "added 1 a c", 0));
  g_free (script_step (list, "state 1 succeeded", 0));
  g_assert_true (check_came (list, "10.0.0.98", 9800));
  g_assert_true (check_came (list, "2001:DB8:0::1", 5000));
  g_assert_false (check_came (list, "10.0.0.98", 9801));
  g_assert_false (check_came (list, "10.0.0.9", 9800));
  g_assert_false (check_came (list, "10.0.0.96", 9));
  g_assert_false (check_came (list, "10.0.0.96", 0));
  g_assert_false (check_came (list, "10.0.0.97", 9700));
  g_assert_false (check_came (list, "10.0.0.99", 9900));
  g_free (script_step (list, "restarted", 0));
  g_assert_false (check_came (list, "10.0.0.98", 9800));
}

static void
test_checked_then_signalled (void)
{
  g_autoptr (IceChecklist) list = ice_checklist_new (1, 4);
  guint i;

  g_assert_false (check_came (list, "10.0.0.98", 9800));
  g_assert_false (check_came (list, "10.0.0.98", 9800));
  g_assert_false (signal_remote (list, "10.0.0.98 9801", "udp"));
  g_assert_false (signal_remote (list, "10.0.0.98 9800", "tcp"));
  g_assert_true (signal_remote (list, "10.0.0.98 9800", "udp"));
  g_assert_true (check_came (list, "10.0.0.98", 9800));
  /* the last ones are remembered, strangers' among them */
  for (i = 0; i < 17; i++)
    g_assert_false (check_came (list, "192.0.2.1", 1000 + i));
  g_assert_false (signal_remote (list, "192.0.2.1 1000", "udp"));
  g_assert_true (signal_remote (list, "192.0.2.1 1001", "udp"));
  g_assert_true (signal_remote (list, "192.0.2.1 1016", "udp"));
  g_free (script_step (list, "restarted", 0));
  g_assert_false (signal_remote (list, "192.0.2.1 1016", "udp"));
  /* an address that a check came from before the restart */
  g_assert_false (check_came (list, "192.0.2.1", 1015));
  g_assert_true (signal_remote (list, "192.0.2.1 1015", "udp"));
}

/* Checks that somebody else answered, after a restart. */
static void
test_count_answered (void)
{
  g_autoptr (IceChecklist) list = ice_checklist_new (1, 4);
  const IceCheckEndpoint c = { "10.0.0.99", 9900 }, b = { "10.0.0.98", 9800 };
  const IceCheckPair *pair;

  g_free (script_step (list, "added 1 a b", 0));
  g_assert_false (ice_checklist_count_answered (list, &b));
  g_free (script_step (list, "selected 1", 0));
  g_free (script_step (list, "restarted", 0));
  g_assert_true (ice_checklist_count_answered (list, &b));
  g_assert_false (ice_checklist_count_answered (list, &c));
  pair = ice_checklist_get_pair (list, 0);
  g_assert_cmpuint (pair->requests_received, ==, 1);
  g_assert_cmpuint (pair->responses_sent, ==, 1);
}

/* A peer-reflexive candidate becomes known: all its pairs of this generation
 * get it, once. */
static void
test_learn (void)
{
  g_autoptr (IceChecklist) list = ice_checklist_new (1, 4);
  g_autoptr (IceCandidate) found = ice_candidate_parse (
      "candidate:9 1 udp 1853817087 10.0.0.99 9900 typ prflx raddr 0.0.0.0 "
      "rport 0",
      NULL);
  const gchar *const expected[] = { "1:candidates 3:candidates", "" };
  guint i, n;

  g_assert_nonnull (found);
  g_free (script_step (list, "added 1 a b", 0));
  g_free (script_step (list, "added 2 a c", 0));
  g_free (script_step (list, "added 3 a d", 0));
  g_free (script_step (list, "added 4 e c", 0));
  for (i = 0; i < G_N_ELEMENTS (expected); i++) {
    const IceCheckChange *changes = ice_checklist_learn (list, found, &n);
    g_autofree gchar *text = script_changes (changes, n);

    g_assert_cmpstr (text, ==, expected[i]);
  }
  for (i = 0; i < ice_checklist_get_n_pairs (list); i++)
    g_assert_cmpuint (
        ice_checklist_get_pair (list, i)->remote_candidate->priority, ==,
        i % 2 == 1 ? found->priority : 0);
}

/* Since when a pair is valid: from the first success until a check fails; a
 * pair that is made anew has to succeed anew. */
static void
test_valid_since (void)
{
  static const struct
  {
    const gchar *event;
    gint64 at, valid_since;
  } steps[] = {
    { "added 1 a b", 1, 0 },
    { "state 1 in-progress", 2, 0 },
    { "state 1 succeeded", 3, 3 },
    { "state 1 in-progress", 4, 3 },
    { "state 1 succeeded", 5, 3 },
    { "nominated 1", 6, 3 },
    { "state 1 failed", 7, 0 },
    { "state 1 waiting", 8, 0 },
    { "state 1 succeeded", 9, 9 },
    { "selected 1", 10, 9 },
    { "removed 1", 11, 9 },
    { "added 2 a b", 12, 0 },
    { "removed 2", 13, 0 },
    { "state 3 succeeded", 14, 0 },
    { "added 3 a b", 15, 15 },
  };
  g_autoptr (IceChecklist) list = ice_checklist_new (1, 0);
  guint i;

  for (i = 0; i < G_N_ELEMENTS (steps); i++) {
    g_autofree gchar *changes G_GNUC_UNUSED = script_step (
        list, steps[i].event, steps[i].at);

    g_test_message ("%s", steps[i].event);
    g_assert_cmpuint (ice_checklist_get_n_pairs (list), ==, 1);
    g_assert_cmpint (ice_checklist_get_pair (list, 0)->valid_since, ==,
        steps[i].valid_since);
  }
}

/* --- pairs that have failed --- */

/* What happens, and from when on each pair counts as failed after it; the time
 * of each step is a second after the one before. */
static void
test_failing (void)
{
  static const struct
  {
    const gchar *event;
    gint64 failing; /* seconds */
  } steps[] = {
    { "restarted", -1 }, /* there is none */
    { "added 1 a b", -1 },
    { "state 1 in-progress", -1 },
    { "state 1 failed", 0 },
    { "state 1 in-progress", 0 }, /* once more, for the peer asked */
    { "state 1 failed", 0 },
    { "added 2 a c", -1 }, /* a new one */
    { "state 2 in-progress", -1 },
    { "state 2 failed", 0 },
    { "removed 1", 0 }, /* forgotten by the backend, and back again */
    { "added 3 a b", 0 },
    { "state 3 waiting", 0 },
    { "state 3 succeeded", -1 },
    { "state 3 in-progress", -1 }, /* it is being nominated ... */
    { "state 3 failed", 0 },       /* ... in vain */
    { "added 4 a d", -1 },
    { "removed 4", 0 }, /* pruned before it was checked */
    { "selected 3", 0 },
    { "restarted", -1 },
    { "added 5 a e", -1 },
    { "state 5 failed", 0 }, /* media's old pair is not counted */
    { "state 6 failed", 0 },
    { "added 6 a c", 0 }, /* failed before it was added */
    /* the peer begins each check anew before it ends */
    { "restarted", -1 },
    { "added 7 a b", -1 },
    { "state 7 in-progress", -1 },
    { "request-sent 7", 27 + 5 },
    { "request-sent 7", 27 + 5 },
    { "retransmitted 7", 27 + 5 },
    { "response-received 7 0", -1 },
    { "request-sent 7", 31 + 5 },
    { "state 7 succeeded", -1 },
    { "state 7 in-progress", -1 },
    { "request-sent 7", 34 + 5 },
    { "added 8 a c", -1 },
    { "request-sent 8", 36 + 5 },
    { "state 8 failed", 34 + 5 },
    { "request-sent 8", 34 + 5 },
    { "state 7 failed", 0 },
  };
  g_autoptr (IceChecklist) list = ice_checklist_new (1, 8);
  guint i;

  g_assert_cmpint (ice_checklist_get_failing_time (list), ==, -1);
  for (i = 0; i < G_N_ELEMENTS (steps); i++) {
    g_test_message ("%s", steps[i].event);
    g_free (script_step (list, steps[i].event, (i + 1) * G_USEC_PER_SEC));
    g_assert_cmpint (ice_checklist_get_failing_time (list), ==,
        steps[i].failing > 0 ? steps[i].failing * G_USEC_PER_SEC
                             : steps[i].failing);
  }
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const gchar *path;
    const Step *steps;
  } tables[] = { { "/icechecklist/life", life },
    { "/icechecklist/held-state", held }, { "/icechecklist/unknown", unknown },
    { "/icechecklist/pruned", pruned }, { "/icechecklist/revived", revived },
    { "/icechecklist/reused-id", reused },
    { "/icechecklist/selection", selection }, { "/icechecklist/twins", twins },
    { "/icechecklist/discovered", discovered },
    { "/icechecklist/orphan", orphan },
    { "/icechecklist/restarted", restarted },
    { "/icechecklist/list-freed", list_freed },
    { "/icechecklist/failed-before-restart", failed_before_restart },
    { "/icechecklist/full", full } };
  gsize i;

  g_test_init (&argc, &argv, NULL);
  for (i = 0; i < G_N_ELEMENTS (tables); i++)
    g_test_add_data_func (tables[i].path, tables[i].steps, test_steps);
  g_test_add_func ("/icechecklist/refused", test_refused);
  g_test_add_func ("/icechecklist/bounded", test_bounded);
  g_test_add_func ("/icechecklist/round-trips", test_round_trips);
  g_test_add_func ("/icechecklist/valid-since", test_valid_since);
  g_test_add_func ("/icechecklist/counters", test_counters);
  g_test_add_func (
      "/icechecklist/signalled-then-checked", test_signalled_then_checked);
  g_test_add_func (
      "/icechecklist/checked-then-signalled", test_checked_then_signalled);
  g_test_add_func ("/icechecklist/count-answered", test_count_answered);
  g_test_add_func ("/icechecklist/learn", test_learn);
  g_test_add_func ("/icechecklist/failing", test_failing);
  return g_test_run ();
}
