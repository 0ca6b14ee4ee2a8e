/* gst-ice: benchmarks: what it costs to send one stream on to many peers.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Each kind forwards in a process of its own, for which the thread that sends
 * the stream is not counted. This process has the peers, and gives the orders:
 * a line with a number, which a line with the results answers. */

#include "measure.h"
#include "parts.h"
#include "peers.h"
#include "rounds.h"

#include <gio/gio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ORDER_IDLE 0 /* else the size of a burst */
#define LINE "%lf %u"
#define FOOTPRINT "%lf %lf"

static const BenchColumn columns[] = {
  { "peers", "peers", 0 },
  { "bitrate", "kbit/s", 0 },
  { "bytes", "bytes", 0 },
  { "burst", "burst", 0 },
  { "kind", NULL, BENCH_TEXT },
  { "name", "forwarder", BENCH_TEXT },
  { "cpu", "CPU ms/s", 1 },
  { "each", "ns each", 0 },
  { "nice_ratio", "x nicesinks", 2 },
  { "udp_ratio", "x multiudpsink", 2 },
  { "lost", "lost %", 2 },
  { "idle", "idle ms/s", 1 },
  { "fds", "fds each", 1 },
  { "memory", "KiB each", 1 },
};

typedef struct
{
  gdouble cpu;  /* ms a second of the stream */
  gdouble lost; /* share */
} Round;

typedef struct
{
  const BenchKind *kind;
  GSubprocess *child;
  GOutputStream *orders;
  GDataInputStream *results;
  Round *rounds;
  gdouble idle;        /* CPU ms/s */
  gdouble fds, memory; /* a peer; KiB */
} Runner;

/* The child. */

static guint16 *
parse_ports (const gchar *text, guint *n)
{
  g_auto (GStrv) words = g_strsplit (text, ",", -1);
  guint16 *ports;
  guint i;

  *n = g_strv_length (words);
  ports = g_new (guint16, *n);
  for (i = 0; i < *n; i++)
    ports[i] = (guint16) g_ascii_strtoull (words[i], NULL, 10);
  return ports;
}

static gdouble
get_rate (const BenchOptions *options, guint size)
{
  return options->bitrate * 1000.0 / 8 / size;
}

static guint
get_size (const BenchOptions *options)
{
  return g_array_index (options->sizes, guint, options->sizes->len - 1);
}

static BenchForwarding
follow (const BenchOptions *options, BenchPath *path, guint burst)
{
  guint size = get_size (options);
  BenchForwarding result = { 0 };
  BenchLoad *load;

  if (burst == ORDER_IDLE) {
    result.cpu = bench_measure_idleness ((guint) options->idleness);
    return result;
  }
  load = bench_load_new (size, burst, options->pieces);
  result = bench_measure_forwarding (
      path, load, get_rate (options, size), (guint) options->forwarding);
  bench_load_free (load);
  return result;
}

static void
print_footprint (const BenchFootprint *before, guint peers)
{
  BenchFootprint now = bench_measure_footprint (0);

  g_print (FOOTPRINT "\n", (now.fds - before->fds) / peers,
      (now.memory - before->memory) / peers);
}

/**
 * bench_be_forwarder:
 * @options: of which kind, and the ports of the peers
 *
 * For bench_run_forward(), whose orders come from the standard input.
 */
void
bench_be_forwarder (const BenchOptions *options)
{
  const BenchKind *kind = bench_find_kind (options->forwarder_of);
  BenchForwarder forwarder = { .queues = options->queues };
  g_autofree guint16 *ports = parse_ports (
      options->forwarder_ports, &forwarder.n);
  BenchFootprint before;
  gchar line[64];
  BenchPath **paths;

  bench_allow_descriptors ();
  paths = bench_paths_open (kind, 1, 1);
  bench_paths_connect (paths, 1);
  before = bench_measure_footprint (0);
  bench_path_forward (paths[0], &forwarder, ports);
  print_footprint (&before, forwarder.n);
  while (fgets (line, sizeof (line), stdin) != NULL) {
    BenchForwarding result = follow (
        options, paths[0], (guint) g_ascii_strtoull (line, NULL, 10));

    g_print (LINE "\n", result.cpu, result.sent);
  }
  _exit (0);
}

/* The parent. */

static gchar *
list_ports (BenchPeers *peers, guint n)
{
  const guint16 *ports = bench_peers_get_ports (peers);
  GString *text = g_string_new (NULL);
  guint i;

  for (i = 0; i < n; i++)
    g_string_append_printf (text, "%s%u", i > 0 ? "," : "", ports[i]);
  return g_string_free (text, FALSE);
}

static void
give_order (Runner *runner, guint order)
{
  g_autofree gchar *line = g_strdup_printf ("%u\n", order);

  g_output_stream_write_all (
      runner->orders, line, strlen (line), NULL, NULL, NULL);
}

static gchar *
read_line (Runner *runner)
{
  gchar *line = g_data_input_stream_read_line (
      runner->results, NULL, NULL, NULL);

  if (line == NULL)
    bench_fail ("%s: its process has ended", runner->kind->forwarder);
  return line;
}

static void
read_footprint (Runner *runner)
{
  g_autofree gchar *line = read_line (runner);

  if (sscanf (line, FOOTPRINT, &runner->fds, &runner->memory) != 2)
    bench_fail ("%s: %s", runner->kind->forwarder, line);
}

static BenchForwarding
read_result (Runner *runner)
{
  g_autofree gchar *line = read_line (runner);
  BenchForwarding result;

  if (sscanf (line, LINE, &result.cpu, &result.sent) != 2)
    bench_fail ("%s: %s", runner->kind->forwarder, line);
  return result;
}

static void
start (Runner *runner, const BenchOptions *options, const gchar *ports)
{
  g_autofree gchar *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree gchar *size = g_strdup_printf ("%u", get_size (options));
  g_autofree gchar *numbers = g_strdup_printf (
      "--idleness=%d --bitrate=%d --forwarding=%d --memories=%d%s",
      options->idleness, options->bitrate, options->forwarding, options->pieces,
      options->queues ? " --queues" : "");
  g_auto (GStrv) words = g_strsplit (numbers, " ", -1);
  g_autoptr (GError) error = NULL;

  runner->child = g_subprocess_new (
      G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error,
      program, "--forwarder-of", runner->kind->id, "--forwarder-ports", ports,
      "--sizes", size, words[0], words[1], words[2], words[3], words[4], NULL);
  if (runner->child == NULL)
    bench_fail ("%s: %s", runner->kind->forwarder, error->message);
  runner->orders = g_subprocess_get_stdin_pipe (runner->child);
  runner->results = g_data_input_stream_new (
      g_subprocess_get_stdout_pipe (runner->child));
  runner->rounds = g_new (Round, options->rounds);
}

static void
stop (Runner *runner)
{
  g_output_stream_close (runner->orders, NULL, NULL);
  g_subprocess_wait (runner->child, NULL, NULL);
  g_object_unref (runner->results);
  g_object_unref (runner->child);
  g_free (runner->rounds);
}

static void
run_round (Runner *runner, const BenchOptions *options, BenchPeers *peers,
    guint n, guint burst, Round *round)
{
  guint64 before = bench_peers_count (peers);
  BenchForwarding result;
  gdouble seconds, sent;

  give_order (runner, burst);
  result = read_result (runner);
  seconds = result.sent / get_rate (options, get_size (options));
  sent = (gdouble) result.sent * n;
  *round = (Round){
    .cpu = result.cpu / 1e6 / seconds,
    .lost = 1 - (bench_peers_count (peers) - before) / sent,
  };
}

static BenchRounds
get_rounds (const Runner *runners, guint kinds, const BenchOptions *options,
    const BenchKind *kind)
{
  guint i;

  for (i = 0; i < kinds; i++)
    if (runners[i].kind == kind)
      return (BenchRounds){ runners[i].rounds, sizeof (Round),
        (guint) options->rounds };
  return (BenchRounds){ 0 };
}

static void
add_row (BenchReport *report, const BenchOptions *options, Runner *runners,
    guint kinds, guint i, guint n, guint burst)
{
  const BenchKind *kind = runners[i].kind;
  BenchRounds own = get_rounds (runners, kinds, options, kind);
  BenchRounds nice = get_rounds (runners, kinds, options, &bench_kind_nice);
  BenchRounds udp = get_rounds (runners, kinds, options, &bench_kind_udp);
  gdouble cpu = bench_rounds_get_median (&own, G_STRUCT_OFFSET (Round, cpu));
  guint size = get_size (options);
  const BenchCell cells[] = {
    { .number = n },
    { .number = options->bitrate },
    { .number = size },
    { .number = burst },
    { .text = kind->id },
    { .text = kind->forwarder },
    { .number = cpu },
    { .number = cpu * 1e6 / get_rate (options, size) / n },
    { .number = bench_rounds_get_ratio (
          &nice, &own, G_STRUCT_OFFSET (Round, cpu)) },
    { .number = bench_rounds_get_ratio (
          &udp, &own, G_STRUCT_OFFSET (Round, cpu)) },
    { .number = 100
            * bench_rounds_get_median (&own, G_STRUCT_OFFSET (Round, lost)) },
    { .number = runners[i].idle },
    { .number = runners[i].fds },
    { .number = runners[i].memory },
  };

  G_STATIC_ASSERT (G_N_ELEMENTS (cells) == G_N_ELEMENTS (columns));
  bench_report_add_row (report, cells);
}

/* Rounds outside, kinds inside. */
static void
run_burst (BenchReport *report, const BenchOptions *options, Runner *runners,
    guint kinds, BenchPeers *peers, guint n, guint burst)
{
  guint round, i;

  for (round = 0; round < (guint) options->rounds; round++)
    for (i = 0; i < kinds; i++)
      run_round (
          &runners[i], options, peers, n, burst, &runners[i].rounds[round]);
  for (i = 0; i < kinds; i++)
    add_row (report, options, runners, kinds, i, n, burst);
}

/* All at the same time. */
static void
watch_idle (Runner *runners, guint kinds)
{
  guint i;

  for (i = 0; i < kinds; i++)
    read_footprint (&runners[i]); /* comes when it is connected */
  for (i = 0; i < kinds; i++)
    give_order (&runners[i], ORDER_IDLE);
  for (i = 0; i < kinds; i++)
    runners[i].idle = read_result (&runners[i]).cpu;
}

static void
run_peers (BenchReport *report, const BenchOptions *options, guint n)
{
  BenchPeers *peers = bench_peers_new (n);
  g_autofree gchar *ports = list_ports (peers, n);
  g_autofree Runner *runners = g_new0 (Runner, options->kinds->len);
  guint kinds = 0, i;

  for (i = 0; i < options->kinds->len; i++) {
    const BenchKind *kind = g_ptr_array_index (options->kinds, i);

    if (kind->forward == NULL)
      continue;
    runners[kinds].kind = kind;
    start (&runners[kinds++], options, ports);
  }
  watch_idle (runners, kinds);
  for (i = 0; i < options->bursts->len; i++)
    run_burst (report, options, runners, kinds, peers, n,
        g_array_index (options->bursts, guint, i));
  for (i = 0; i < kinds; i++)
    stop (&runners[i]);
  bench_peers_free (peers);
}

/**
 * bench_run_forward:
 * @options: what to run
 * @report: gets a table
 */
void
bench_run_forward (const BenchOptions *options, BenchReport *report)
{
  guint i;

  bench_report_begin_table (report, "forward",
      "Forwarding: one stream that is received and sent on to many peers. CPU "
      "time of the forwarder's process, without the sender and the peers, ms "
      "for each second of the stream, and ns for each datagram that was sent; "
      "x: how many times cheaper than the others; idle: connected, without a "
      "stream.",
      columns, G_N_ELEMENTS (columns));
  for (i = 0; i < options->peers->len; i++)
    run_peers (report, options, g_array_index (options->peers, guint, i));
  bench_report_end_table (report);
}
