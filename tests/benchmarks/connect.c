/* gst-ice: benchmarks: how long connecting takes.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "parts.h"
#include "rounds.h"

static const BenchColumn columns[] = {
  { "kind", NULL, BENCH_TEXT },
  { "name", "kind", BENCH_TEXT },
  { "connections", "connections", 0 },
  { "median", "median ms", 1 },
  { "p99", "p99 ms", 1 },
  { "most", "most ms", 1 },
  { "all_median", "all: median ms", 1 },
  { "all_p99", "all: p99 ms", 1 },
};

typedef struct
{
  const BenchKind *kind;
  gdouble *exchanged; /* ms from then on */
  gdouble *first;
} Runner;

static gdouble
get_milliseconds (gint64 from, gint64 to)
{
  return (to - from) / (gdouble) G_TIME_SPAN_MILLISECOND;
}

static void
connect_once (Runner *runner, guint i)
{
  BenchPath **paths = bench_paths_open (runner->kind, 1);
  const BenchPath *path = paths[0];

  bench_paths_connect (paths, 1);
  runner->exchanged[i] = get_milliseconds (path->exchanged, path->connected_at);
  runner->first[i] = get_milliseconds (
      path->first_candidate, path->connected_at);
  bench_paths_close (paths, 1);
}

static void
add_row (BenchReport *report, Runner *runner, guint n)
{
  const BenchCell cells[] = {
    { .text = runner->kind->id },
    { .text = runner->kind->name },
    { .number = n },
    { .number = bench_get_quantile (runner->exchanged, n, 0.5) },
    { .number = bench_get_quantile (runner->exchanged, n, 0.99) },
    { .number = bench_get_quantile (runner->exchanged, n, 1) },
    { .number = bench_get_quantile (runner->first, n, 0.5) },
    { .number = bench_get_quantile (runner->first, n, 0.99) },
  };

  G_STATIC_ASSERT (G_N_ELEMENTS (cells) == G_N_ELEMENTS (columns));
  bench_report_add_row (report, cells);
}

/**
 * bench_run_connect:
 * @options: what to run
 * @report: gets a table
 */
void
bench_run_connect (const BenchOptions *options, BenchReport *report)
{
  guint n = options->connects, kinds = 0, i, j;
  g_autofree Runner *runners = g_new (Runner, options->kinds->len);

  for (i = 0; i < options->kinds->len; i++) {
    const BenchKind *kind = g_ptr_array_index (options->kinds, i);

    if (kind->ends > 0)
      runners[kinds++] = (Runner){ kind, g_new (gdouble, n),
        g_new (gdouble, n) };
  }
  bench_report_begin_table (report, "connect",
      "Connecting: from the moment the candidates are exchanged until both "
      "ends are connected; all: from the first candidate that was signalled.",
      columns, G_N_ELEMENTS (columns));
  for (i = 0; i < n; i++)
    for (j = 0; j < kinds; j++)
      connect_once (&runners[j], i);
  for (j = 0; j < kinds; j++) {
    add_row (report, &runners[j], n);
    g_free (runners[j].exchanged);
    g_free (runners[j].first);
  }
  bench_report_end_table (report);
}
