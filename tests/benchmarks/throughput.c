/* gst-ice: benchmarks: what a datagram costs, and how many go.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "measure.h"
#include "parts.h"
#include "rounds.h"

static const BenchColumn columns[] = {
  { "bytes", "bytes", 0 },
  { "burst", "burst", 0 },
  { "transports", "transports", 0 },
  { "kind", NULL, BENCH_TEXT },
  { "name", "kind", BENCH_TEXT },
  { "send", "send", 0 },
  { "receive", "receive", 0 },
  { "sleeps", "sleeps", 2 },
  { "lost", "lost %", 2 },
  { "send_ratio", "x send", 2 },
  { "receive_ratio", "x receive", 2 },
  { "both_ratio", "x both", 2 },
  { "rate", "k/s", 0 },
  { "rate_lost", "k/s lost %", 2 },
  { "clean_rate", "clean k/s", 0 },
  { "clean_ratio", "x clean", 2 },
  { "rate_send", NULL, 0 },
  { "rate_receive", NULL, 0 },
};

/* One round of one kind. */
typedef struct
{
  BenchThroughput paced, flat_out;
  gdouble both; /* CPU ns a datagram, paced */
  gdouble clean_rate;
} Round;

typedef struct
{
  const BenchKind *kind;
  BenchPath **paths;
  Round *rounds;
  BenchRounds all; /* of them */
} Runner;

#define MEMBER(name) G_STRUCT_OFFSET (Round, name)

static void
add_row (BenchReport *report, guint size, guint burst, guint transports,
    const Runner *runner, const BenchRounds *base)
{
  const BenchRounds *own = &runner->all;
  const BenchCell cells[] = {
    { .number = size },
    { .number = burst },
    { .number = transports },
    { .text = runner->kind->id },
    { .text = runner->kind->name },
    { .number = bench_rounds_get_median (own, MEMBER (paced.send)) },
    { .number = bench_rounds_get_median (own, MEMBER (paced.receive)) },
    { .number = bench_rounds_get_median (own, MEMBER (paced.sleeps)) },
    { .number = 100 * bench_rounds_get_median (own, MEMBER (paced.lost)) },
    { .number = bench_rounds_get_ratio (base, own, MEMBER (paced.send)) },
    { .number = bench_rounds_get_ratio (base, own, MEMBER (paced.receive)) },
    { .number = bench_rounds_get_ratio (base, own, MEMBER (both)) },
    { .number = bench_rounds_get_median (own, MEMBER (flat_out.rate)) / 1000 },
    { .number = 100 * bench_rounds_get_median (own, MEMBER (flat_out.lost)) },
    { .number = bench_rounds_get_median (own, MEMBER (clean_rate)) / 1000 },
    { .number = bench_rounds_get_ratio (own, base, MEMBER (clean_rate)) },
    { .number = bench_rounds_get_median (own, MEMBER (flat_out.send)) },
    { .number = bench_rounds_get_median (own, MEMBER (flat_out.receive)) },
  };

  G_STATIC_ASSERT (G_N_ELEMENTS (cells) == G_N_ELEMENTS (columns));
  bench_report_add_row (report, cells);
}

static void
run_round (const BenchOptions *options, const BenchLoad *load, Runner *runner,
    guint transports, guint round)
{
  Round *result = &runner->rounds[round];

  result->paced = bench_measure_paced (
      runner->paths, transports, load, options->datagrams);
  result->both = result->paced.send + result->paced.receive;
  result->flat_out = bench_measure_flat_out (
      runner->paths, transports, load, options->flat_out);
  result->clean_rate = bench_measure_clean_rate (
      runner->paths, transports, load, options->flat_out, &result->flat_out);
}

/* Rounds outside, kinds inside: what else the machine does hits all. */
static void
run_row (const BenchOptions *options, BenchReport *report, Runner *runners,
    guint size, guint burst, guint transports)
{
  BenchLoad *load = bench_load_new (size, burst, options->pieces);
  BenchRounds base = { 0 };
  guint kinds = options->kinds->len, i, round;

  for (round = 0; round < (guint) options->rounds; round++)
    for (i = 0; i < kinds; i++)
      run_round (options, load, &runners[i], transports, round);
  for (i = 0; i < kinds; i++)
    if (runners[i].kind == &bench_kind_nice)
      base = runners[i].all;
  for (i = 0; i < kinds; i++)
    add_row (report, size, burst, transports, &runners[i], &base);
  bench_load_free (load);
}

static Runner *
open_runners (const BenchOptions *options, guint transports)
{
  guint n = options->kinds->len, i;
  Runner *runners = g_new0 (Runner, n);

  for (i = 0; i < n; i++) {
    runners[i].kind = g_ptr_array_index (options->kinds, i);
    runners[i].rounds = g_new (Round, options->rounds);
    runners[i].all = (BenchRounds){ runners[i].rounds, sizeof (Round),
      options->rounds };
    runners[i].paths = bench_paths_open (runners[i].kind, transports);
    bench_paths_connect (runners[i].paths, transports);
  }
  return runners;
}

static void
close_runners (const BenchOptions *options, Runner *runners, guint transports)
{
  guint i;

  for (i = 0; i < options->kinds->len; i++) {
    bench_paths_close (runners[i].paths, transports);
    g_free (runners[i].rounds);
  }
  g_free (runners);
}

static void
run_transports (
    const BenchOptions *options, BenchReport *report, guint transports)
{
  Runner *runners = open_runners (options, transports);
  /* all sizes and bursts over one, the largest over many */
  guint first = transports > 1 ? options->sizes->len - 1 : 0, i, j;

  for (i = first; i < options->sizes->len; i++)
    for (j = transports > 1 ? options->bursts->len - 1 : 0;
         j < options->bursts->len; j++)
      run_row (options, report, runners,
          g_array_index (options->sizes, guint, i),
          g_array_index (options->bursts, guint, j), transports);
  close_runners (options, runners, transports);
}

/**
 * bench_run_throughput:
 * @options: what to run
 * @report: gets a table
 */
void
bench_run_throughput (const BenchOptions *options, BenchReport *report)
{
  guint i;

  bench_report_begin_table (report, "throughput",
      "Throughput. Paced: CPU ns a datagram, sending and receiving; x: how "
      "many times cheaper than nicesink/nicesrc. Flat out: thousands that "
      "arrive in a second; clean: where less than 0.1 % is lost; x: how many "
      "times more.",
      columns, G_N_ELEMENTS (columns));
  for (i = 0; i < options->transports->len; i++)
    run_transports (
        options, report, g_array_index (options->transports, guint, i));
  bench_report_end_table (report);
}
