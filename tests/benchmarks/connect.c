/* gst-ice: benchmarks: how long connecting takes.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "measure.h"
#include "parts.h"
#include "rounds.h"

#define MOST_MANY 20 /* connections with many candidates */

static const BenchColumn columns[] = {
  { "kind", NULL, BENCH_TEXT },
  { "name", "kind", BENCH_TEXT },
  { "candidates", "candidates", 0 },
  { "at_once", "at once", 0 },
  { "connections", "connections", 0 },
  { "median", "median ms", 1 },
  { "p99", "p99 ms", 1 },
  { "most", "most ms", 1 },
  { "all_median", "all: median ms", 1 },
  { "all_p99", "all: p99 ms", 1 },
  { "whole", "whole ms", 1 },
  { "closing", "closing ms", 1 },
};

typedef struct
{
  const BenchKind *kind;
  guint candidates;   /* of each end */
  guint n;            /* connections so far */
  gdouble *exchanged; /* ms from then on, of each */
  gdouble *first;
  guint batches;
  gdouble *whole; /* ms from the first signalled candidate to the last
                     connection of a batch */
  gdouble *closing;
} Runner;

static gdouble
get_milliseconds (gint64 from, gint64 to)
{
  return (to - from) / (gdouble) G_TIME_SPAN_MILLISECOND;
}

static void
note_path (Runner *runner, const BenchPath *path, gint64 *begun, gint64 *ended)
{
  runner->exchanged[runner->n] = get_milliseconds (
      path->exchanged, path->connected_at);
  runner->first[runner->n++] = get_milliseconds (
      path->first_candidate, path->connected_at);
  *begun = MIN (*begun, path->exchanged);
  *ended = MAX (*ended, path->connected_at);
}

static void
connect_batch (Runner *runner, guint at_once)
{
  BenchPath **paths = bench_paths_open (
      runner->kind, at_once, runner->candidates);
  gint64 begun = G_MAXINT64, ended = 0;
  guint i;

  bench_paths_connect (paths, at_once);
  for (i = 0; i < at_once; i++)
    note_path (runner, paths[i], &begun, &ended);
  runner->whole[runner->batches] = get_milliseconds (begun, ended);
  begun = g_get_monotonic_time ();
  bench_paths_close (paths, at_once);
  runner->closing[runner->batches++] = get_milliseconds (
      begun, g_get_monotonic_time ());
}

static void
add_row (BenchReport *report, Runner *runner, guint at_once)
{
  guint n = runner->n;
  const BenchCell cells[] = {
    { .text = runner->kind->id },
    { .text = runner->kind->name },
    { .number = runner->candidates },
    { .number = at_once },
    { .number = n },
    { .number = bench_get_quantile (runner->exchanged, n, 0.5) },
    { .number = bench_get_quantile (runner->exchanged, n, 0.99) },
    { .number = bench_get_quantile (runner->exchanged, n, 1) },
    { .number = bench_get_quantile (runner->first, n, 0.5) },
    { .number = bench_get_quantile (runner->first, n, 0.99) },
    { .number = bench_get_quantile (runner->whole, runner->batches, 0.5) },
    { .number = bench_get_quantile (runner->closing, runner->batches, 0.5) },
  };

  G_STATIC_ASSERT (G_N_ELEMENTS (cells) == G_N_ELEMENTS (columns));
  bench_report_add_row (report, cells);
}

/* The kinds take turns, batch by batch. */
static void
run (const BenchOptions *options, BenchReport *report, guint candidates,
    guint at_once, guint connects)
{
  guint batches = (connects + at_once - 1) / at_once, kinds = 0, i, j;
  g_autofree Runner *runners = g_new (Runner, options->kinds->len);

  for (i = 0; i < options->kinds->len; i++) {
    const BenchKind *kind = g_ptr_array_index (options->kinds, i);

    if (kind->ends > 0)
      runners[kinds++] = (Runner){ .kind = kind,
        .candidates = candidates,
        .exchanged = g_new (gdouble, batches * at_once),
        .first = g_new (gdouble, batches * at_once),
        .whole = g_new (gdouble, batches),
        .closing = g_new (gdouble, batches) };
  }
  for (i = 0; i < batches; i++)
    for (j = 0; j < kinds; j++)
      connect_batch (&runners[j], at_once);
  for (j = 0; j < kinds; j++) {
    add_row (report, &runners[j], at_once);
    g_free (runners[j].exchanged);
    g_free (runners[j].first);
    g_free (runners[j].whole);
    g_free (runners[j].closing);
  }
}

static void
run_one_candidate (const BenchOptions *options, BenchReport *report)
{
  guint i;

  for (i = 0; i < options->at_once->len; i++)
    run (options, report, 1, g_array_index (options->at_once, guint, i),
        options->connects);
}

static void
run_many_candidates (
    const BenchOptions *options, BenchReport *report, guint candidates)
{
  if (bench_has_addresses (candidates))
    run (options, report, candidates, 1, MIN (options->connects, MOST_MANY));
  else
    g_printerr (
        "bench: connecting with %u candidates is left out: loopback does not "
        "have the addresses 127.0.0.1 to " BENCH_ADDRESS
        ". Run tests/benchmarks/run.sh as root, or add each: ip address add "
        "127.0.0.2/8 dev lo\n",
        candidates, candidates);
}

/**
 * bench_run_connect:
 * @options: what to run
 * @report: gets a table
 */
void
bench_run_connect (const BenchOptions *options, BenchReport *report)
{
  guint i;

  bench_allow_descriptors ();
  bench_report_begin_table (report, "connect",
      "Connecting: from the moment the candidates are exchanged until both "
      "ends are connected; all: from the first candidate that was signalled; "
      "whole: from the first exchange to the last connection of those that "
      "are begun at once; closing: all of them, one after the other; "
      "candidates: host candidates of each end.",
      columns, G_N_ELEMENTS (columns));
  for (i = 0; i < options->candidates->len; i++) {
    guint candidates = g_array_index (options->candidates, guint, i);

    if (candidates == 1)
      run_one_candidate (options, report);
    else
      run_many_candidates (options, report, candidates);
  }
  bench_report_end_table (report);
}
