/* gst-ice: benchmarks: how long a datagram takes.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "measure.h"
#include "parts.h"

#define RATE 10000 /* datagrams a second */

static const BenchColumn columns[] = {
  { "bytes", "bytes", 0 },
  { "kind", NULL, BENCH_TEXT },
  { "name", "kind", BENCH_TEXT },
  { "median", "median us", 1 },
  { "p99", "p99 us", 1 },
  { "lost", "lost %", 2 },
};

static gdouble
take_median (const BenchDelay *delays, guint rounds, gsize member)
{
  g_autofree gdouble *values = g_new (gdouble, rounds);
  guint i;

  for (i = 0; i < rounds; i++)
    values[i] = G_STRUCT_MEMBER (gdouble, &delays[i], member);
  return bench_get_quantile (values, rounds, 0.5);
}

static void
add_row (BenchReport *report, const BenchKind *kind, guint size,
    const BenchDelay *delays, guint rounds)
{
  const BenchCell cells[] = {
    { .number = size },
    { .text = kind->id },
    { .text = kind->name },
    { .number = take_median (
          delays, rounds, G_STRUCT_OFFSET (BenchDelay, median)) },
    { .number = take_median (
          delays, rounds, G_STRUCT_OFFSET (BenchDelay, p99)) },
    { .number = 100
            * take_median (
                delays, rounds, G_STRUCT_OFFSET (BenchDelay, lost)) },
  };

  G_STATIC_ASSERT (G_N_ELEMENTS (cells) == G_N_ELEMENTS (columns));
  bench_report_add_row (report, cells);
}

static void
run_size (const BenchOptions *options, BenchReport *report, BenchPath ***paths,
    guint size)
{
  BenchLoad *load = bench_load_new (size, 1, options->pieces);
  guint n = options->kinds->len, rounds = options->rounds, round, i;
  g_autofree BenchDelay *delays = g_new (BenchDelay, n * rounds);

  for (round = 0; round < rounds; round++)
    for (i = 0; i < n; i++)
      delays[i * rounds + round] = bench_measure_delay (
          paths[i][0], load, RATE, options->delays);
  for (i = 0; i < n; i++)
    add_row (report, paths[i][0]->kind, size, &delays[i * rounds], rounds);
  bench_load_free (load);
}

/**
 * bench_run_delay:
 * @options: what to run
 * @report: gets a table
 */
void
bench_run_delay (const BenchOptions *options, BenchReport *report)
{
  guint n = options->kinds->len, i;
  g_autofree BenchPath ***paths = g_new (BenchPath **, n);

  bench_report_begin_table (report, "delay",
      "Delay from the push into the sink to the buffer's arrival, one by one, "
      "10000 in a second; medians of the rounds' medians and 99th percentiles.",
      columns, G_N_ELEMENTS (columns));
  for (i = 0; i < n; i++) {
    paths[i] = bench_paths_open (g_ptr_array_index (options->kinds, i), 1);
    bench_paths_connect (paths[i], 1);
  }
  for (i = 0; i < options->sizes->len; i++)
    run_size (options, report, paths, g_array_index (options->sizes, guint, i));
  for (i = 0; i < n; i++)
    bench_paths_close (paths[i], 1);
  bench_report_end_table (report);
}
