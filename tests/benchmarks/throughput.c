/* gst-ice: benchmarks: what a datagram costs, few at a time and as many as can
 * be.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "measure.h"
#include "parts.h"
#include "rounds.h"

/* One round of one kind. */
typedef struct
{
  BenchThroughput measured;
  gdouble both; /* CPU ns a datagram */
  BenchThroughput flat_out;
} Round;

/* A number of a kind's rounds, or of theirs and nicesink/nicesrc's. */
typedef struct
{
  BenchColumn column;
  enum
  {
    MEDIAN,
    TIMES_LESS,
    TIMES_MORE
  } how;
  gsize member;  /* of Round */
  gdouble scale; /* of a median: what it is multiplied by */
} Column;

#define MEMBER(name) G_STRUCT_OFFSET (Round, name)
#define MAX_COLUMNS 16

static const BenchColumn facts[] = {
  { "bytes", "bytes", 0 },
  { "burst", "burst", 0 },
  { "transports", "transports", 0 },
  { "kind", NULL, BENCH_TEXT },
  { "name", "kind", BENCH_TEXT },
};

#define N_FACTS G_N_ELEMENTS (facts)

static const Column costs[] = {
  { { "send", "send", 0 }, MEDIAN, MEMBER (measured.send), 1 },
  { { "receive", "receive", 0 }, MEDIAN, MEMBER (measured.receive), 1 },
  { { "sleeps", "sleeps", 3 }, MEDIAN, MEMBER (measured.sleeps), 1 },
  { { "send_ratio", "x send", 2 }, TIMES_LESS, MEMBER (measured.send) },
  { { "receive_ratio", "x receive", 2 }, TIMES_LESS,
      MEMBER (measured.receive) },
  { { "both_ratio", "x both", 2 }, TIMES_LESS, MEMBER (both) },
};

static const Column losses[] = {
  { { "lost", "lost %", 2 }, MEDIAN, MEMBER (measured.lost), 100 },
};

static const Column rates[] = {
  { { "rate", "k/s", 0 }, MEDIAN, MEMBER (measured.rate), 1e-3 },
  { { "rate_ratio", "x k/s", 2 }, TIMES_MORE, MEMBER (measured.rate) },
  { { "flat_out_rate", "flat out k/s", 0 }, MEDIAN, MEMBER (flat_out.rate),
      1e-3 },
  { { "flat_out_lost", "flat out lost %", 2 }, MEDIAN, MEMBER (flat_out.lost),
      100 },
};

typedef struct
{
  const gchar *key, *title;
  const Column *more; /* columns after the costs */
  guint n_more;
  void (*run) (const BenchOptions *options, BenchPath **paths, guint n,
      const BenchLoad *load, Round *round);
} Table;

typedef struct
{
  const BenchKind *kind;
  BenchPath **paths;
  Round *rounds;
  BenchRounds all; /* of them */
} Runner;

static guint
count_columns (const Table *table)
{
  return N_FACTS + G_N_ELEMENTS (costs) + table->n_more;
}

/* i: after the facts */
static const Column *
get_column (const Table *table, guint i)
{
  return i < G_N_ELEMENTS (costs) ? &costs[i]
                                  : &table->more[i - G_N_ELEMENTS (costs)];
}

static gdouble
compute (const Column *column, const BenchRounds *own, const BenchRounds *base)
{
  switch (column->how) {
    case TIMES_LESS:
      return bench_rounds_get_ratio (base, own, column->member);
    case TIMES_MORE:
      return bench_rounds_get_ratio (own, base, column->member);
    default:
      return column->scale * bench_rounds_get_median (own, column->member);
  }
}

static void
add_row (const Table *table, BenchReport *report, guint size, guint burst,
    guint transports, const Runner *runner, const BenchRounds *base)
{
  BenchCell cells[MAX_COLUMNS] = {
    { .number = size },
    { .number = burst },
    { .number = transports },
    { .text = runner->kind->id },
    { .text = runner->kind->name },
  };
  guint i;

  for (i = N_FACTS; i < count_columns (table); i++)
    cells[i].number = compute (
        get_column (table, i - N_FACTS), &runner->all, base);
  bench_report_add_row (report, cells);
}

/* Rounds outside, kinds inside: what else the machine does hits all. */
static void
run_row (const Table *table, const BenchOptions *options, BenchReport *report,
    Runner *runners, guint size, guint burst, guint transports)
{
  BenchLoad *load = bench_load_new (size, burst, options->pieces);
  BenchRounds base = { 0 };
  guint kinds = options->kinds->len, i, round;

  for (round = 0; round < (guint) options->rounds; round++)
    for (i = 0; i < kinds; i++)
      table->run (options, runners[i].paths, transports, load,
          &runners[i].rounds[round]);
  for (i = 0; i < kinds; i++)
    if (runners[i].kind == &bench_kind_nice)
      base = runners[i].all;
  for (i = 0; i < kinds; i++)
    add_row (table, report, size, burst, transports, &runners[i], &base);
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
    runners[i].paths = bench_paths_open (runners[i].kind, transports, 1);
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
run_transports (const Table *table, const BenchOptions *options,
    BenchReport *report, guint transports)
{
  Runner *runners = open_runners (options, transports);
  /* all sizes and bursts over one, the largest over many */
  guint first = transports > 1 ? options->sizes->len - 1 : 0, i, j;

  for (i = first; i < options->sizes->len; i++)
    for (j = transports > 1 ? options->bursts->len - 1 : 0;
         j < options->bursts->len; j++)
      run_row (table, options, report, runners,
          g_array_index (options->sizes, guint, i),
          g_array_index (options->bursts, guint, j), transports);
  close_runners (options, runners, transports);
}

static void
run_table (const Table *table, const BenchOptions *options, BenchReport *report)
{
  BenchColumn columns[MAX_COLUMNS];
  guint i;

  g_assert (count_columns (table) <= MAX_COLUMNS);
  for (i = 0; i < count_columns (table); i++)
    columns[i] = i < N_FACTS ? facts[i]
                             : get_column (table, i - N_FACTS)->column;
  bench_report_begin_table (
      report, table->key, table->title, columns, count_columns (table));
  for (i = 0; i < options->transports->len; i++)
    run_transports (
        table, options, report, g_array_index (options->transports, guint, i));
  bench_report_end_table (report);
}

static void
run_paced (const BenchOptions *options, BenchPath **paths, guint n,
    const BenchLoad *load, Round *round)
{
  round->measured = bench_measure_paced (paths, n, load, options->datagrams);
  round->both = round->measured.send + round->measured.receive;
}

static void
run_throughput (const BenchOptions *options, BenchPath **paths, guint n,
    const BenchLoad *load, Round *round)
{
  round->flat_out = bench_measure_flat_out (paths, n, load, options->flat_out);
  round->measured = bench_measure_clean (
      paths, n, load, options->flat_out, &round->flat_out);
  round->both = round->measured.send + round->measured.receive;
}

/**
 * bench_run_paced:
 * @options: what to run
 * @report: gets a table
 */
void
bench_run_paced (const BenchOptions *options, BenchReport *report)
{
  const Table table = {
    .key = "paced",
    .title = "Paced, 64 datagrams at a time: CPU ns for each datagram, sending "
             "and receiving; x: how many times cheaper than nicesink/nicesrc.",
    .more = losses,
    .n_more = G_N_ELEMENTS (losses),
    .run = run_paced,
  };

  run_table (&table, options, report);
}

/**
 * bench_run_throughput:
 * @options: what to run
 * @report: gets a table
 */
void
bench_run_throughput (const BenchOptions *options, BenchReport *report)
{
  const Table table = {
    .key = "throughput",
    .title = "Throughput with less than 0.1 % lost: thousands of datagrams in "
             "a second, and CPU ns for each; x: how many times more, and how "
             "many times cheaper, than nicesink/nicesrc. Flat out: datagrams "
             "that arrived and were lost when sent without a pause.",
    .more = rates,
    .n_more = G_N_ELEMENTS (rates),
    .run = run_throughput,
  };

  run_table (&table, options, report);
}
