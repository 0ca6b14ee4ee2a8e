/* gst-ice: benchmarks: how long a datagram takes.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "measure.h"
#include "parts.h"
#include "rounds.h"

#define RATE 10000 /* datagrams a second */
/* Of a round, one kind's after the other's: most are so short that nothing else
 * the machine does falls into them. */
#define PIECES 10

static const BenchColumn columns[] = {
  { "bytes", "bytes", 0 },
  { "kind", NULL, BENCH_TEXT },
  { "name", "kind", BENCH_TEXT },
  { "median", "median us", 1 },
  { "p99", "p99 us", 1 },
  { "lost", "lost %", 2 },
  { "send", "send", 0 },
  { "receive", "receive", 0 },
  { "send_ratio", "x send", 2 },
  { "receive_ratio", "x receive", 2 },
};

#define MEMBER(name) G_STRUCT_OFFSET (BenchDelay, name)

static void
add_row (BenchReport *report, const BenchKind *kind, guint size,
    const BenchRounds *own, const BenchRounds *base)
{
  const BenchCell cells[] = {
    { .number = size },
    { .text = kind->id },
    { .text = kind->name },
    { .number = bench_rounds_get_median (own, MEMBER (median)) },
    { .number = bench_rounds_get_median (own, MEMBER (p99)) },
    { .number = 100 * bench_rounds_get_median (own, MEMBER (lost)) },
    { .number = bench_rounds_get_median (own, MEMBER (send)) },
    { .number = bench_rounds_get_median (own, MEMBER (receive)) },
    { .number = bench_rounds_get_ratio (base, own, MEMBER (send)) },
    { .number = bench_rounds_get_ratio (base, own, MEMBER (receive)) },
  };

  G_STATIC_ASSERT (G_N_ELEMENTS (cells) == G_N_ELEMENTS (columns));
  bench_report_add_row (report, cells);
}

static void
run_size (const BenchOptions *options, BenchReport *report, BenchPath ***paths,
    guint size)
{
  BenchLoad *load = bench_load_new (size, 1, options->pieces);
  guint n = options->kinds->len, pieces = options->rounds * PIECES, piece, i;
  g_autofree BenchDelay *delays = g_new (BenchDelay, n * pieces);
  g_autofree BenchRounds *all = g_new (BenchRounds, n);
  BenchRounds base = { 0 };

  for (piece = 0; piece < pieces; piece++)
    for (i = 0; i < n; i++)
      delays[i * pieces + piece] = bench_measure_delay (
          paths[i][0], load, RATE, MAX (options->delays / PIECES, 1));
  for (i = 0; i < n; i++) {
    all[i] = (BenchRounds){ &delays[i * pieces], sizeof (BenchDelay), pieces };
    if (paths[i][0]->kind == &bench_kind_nice)
      base = all[i];
  }
  for (i = 0; i < n; i++)
    add_row (report, paths[i][0]->kind, size, &all[i], &base);
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
      "Delay from the push into the sink to the buffer's arrival, 10000 "
      "single datagrams in a second; medians of the medians and 99th "
      "percentiles of tenths of rounds. CPU ns for each datagram, which wakes "
      "the receiver; x: how many times cheaper than nicesink/nicesrc.",
      columns, G_N_ELEMENTS (columns));
  for (i = 0; i < n; i++) {
    paths[i] = bench_paths_open (g_ptr_array_index (options->kinds, i), 1, 1);
    bench_paths_connect (paths[i], 1);
  }
  for (i = 0; i < options->sizes->len; i++)
    run_size (options, report, paths, g_array_index (options->sizes, guint, i));
  for (i = 0; i < n; i++)
    bench_paths_close (paths[i], 1);
  bench_report_end_table (report);
}
