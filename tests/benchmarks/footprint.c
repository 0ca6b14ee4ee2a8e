/* gst-ice: benchmarks: what a transport holds.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Each number of transports gets a process of its own, which measures itself:
 * what was freed does not always go back to the system. */

#include "arrival.h"
#include "measure.h"
#include "parts.h"

#include <stdio.h>

#define ENDS 2        /* transports of a path: both are in the process */
#define SIZE 1200     /* bytes */
#define BURST 32      /* datagrams */
#define PATIENCE 5000 /* ms until they have arrived */
#define LINE "%lf %lf %lf %lf %lf"

static const BenchColumn columns[] = {
  { "transports", "transports", 0 },
  { "state", "state", BENCH_TEXT },
  { "kind", NULL, BENCH_TEXT },
  { "name", "kind", BENCH_TEXT },
  { "memory", "KiB each", 1 },
  { "fds", "fds each", 2 },
  { "streaming", "streaming threads each", 2 },
  { "threads", "other threads", 0 },
  { "cpu", "CPU ms/s", 1 },
};

typedef enum
{
  BARE, /* no transport */
  IDLE, /* all have gathered */
  ACTIVE,
  N_STATES
} State;

static void
print_footprint (const BenchFootprint *own)
{
  g_print (
      LINE "\n", own->memory, own->fds, own->streaming, own->threads, own->cpu);
}

/* What is loaded and made for the first transport is not a transport's. */
static void
load_elements (const BenchKind *kind)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (kind->elements); i++)
    gst_object_unref (gst_object_ref_sink (
        gst_element_factory_make (kind->elements[i], NULL)));
}

/**
 * bench_print_own_footprint:
 * @options: of which kind, and how many
 *
 * For bench_run_footprint(), which reads that.
 */
void
bench_print_own_footprint (const BenchOptions *options)
{
  const BenchKind *kind = bench_find_kind (options->footprint_of);
  guint n = (guint) options->footprint_paths, i;
  BenchLoad *load = bench_load_new (SIZE, BURST, 1);
  BenchFootprint states[N_STATES];
  BenchPath **paths;

  bench_allow_descriptors ();
  load_elements (kind);
  states[BARE] = bench_measure_footprint (0);
  paths = bench_paths_open (kind, n, 1);
  states[IDLE] = bench_measure_footprint (n);
  bench_paths_connect (paths, n);
  bench_arrival_reset ();
  for (i = 0; i < n; i++)
    kind->send (paths[i], &load->bursts[i % load->n_bursts]);
  if (!bench_arrival_wait (n * BURST, PATIENCE))
    bench_fail ("%s: %u of %u datagrams arrived", kind->name,
        bench_arrival_count (), n * BURST);
  states[ACTIVE] = bench_measure_footprint (n);
  if (options->idleness > 0)
    states[ACTIVE].cpu = bench_measure_idleness ((guint) options->idleness);
  for (i = 0; i < N_STATES; i++)
    print_footprint (&states[i]);
  bench_paths_close (paths, n);
  bench_load_free (load);
}

static gboolean
read_line (gchar **text, BenchFootprint *print)
{
  gint length = 0;

  if (sscanf (*text, LINE "%n", &print->memory, &print->fds, &print->streaming,
          &print->threads, &print->cpu, &length)
      != 5)
    return FALSE;
  *text += length;
  return TRUE;
}

/* Too many transports for the machine are left out, with a line that says so.
 */
static gboolean
run_child (
    const BenchKind *kind, guint paths, gint idle, BenchFootprint *states)
{
  g_autofree gchar *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree gchar *number = g_strdup_printf ("%u", paths);
  g_autofree gchar *idleness = g_strdup_printf ("%d", idle);
  gchar *arguments[] = { program, (gchar *) "--footprint-of",
    (gchar *) kind->id, (gchar *) "--footprint-paths", number,
    (gchar *) "--idleness", idleness, NULL };
  g_autofree gchar *output = NULL;
  g_autoptr (GError) error = NULL;
  gchar *next;
  gint status, i;

  if (!g_spawn_sync (
          NULL, arguments, NULL, 0, NULL, NULL, &output, NULL, &status, &error)
      || !g_spawn_check_wait_status (status, &error)) {
    g_printerr ("bench: %s, footprint of %u, is left out: %s\n", kind->name,
        paths * ENDS, error->message);
    return FALSE;
  }
  next = output;
  for (i = 0; i < N_STATES; i++)
    if (!read_line (&next, &states[i]))
      bench_fail (
          "%s, footprint of %u: \"%s\"", kind->name, paths * ENDS, output);
  return TRUE;
}

static void
add_row (BenchReport *report, const BenchKind *kind, guint transports,
    const gchar *state, const BenchFootprint *bare, const BenchFootprint *with)
{
  const BenchCell cells[] = {
    { .number = transports },
    { .text = state },
    { .text = kind->id },
    { .text = kind->name },
    { .number = (with->memory - bare->memory) / transports },
    { .number = (with->fds - bare->fds) / transports },
    { .number = (with->streaming - bare->streaming) / transports },
    { .number = with->threads },
    { .number = with->cpu },
  };

  G_STATIC_ASSERT (G_N_ELEMENTS (cells) == G_N_ELEMENTS (columns));
  bench_report_add_row (report, cells);
}

/* The raw ones are no transports. */
static GPtrArray *
list_kinds (const BenchOptions *options)
{
  GPtrArray *kinds = g_ptr_array_new ();
  guint i;

  for (i = 0; i < options->kinds->len; i++) {
    const BenchKind *kind = g_ptr_array_index (options->kinds, i);

    if (kind->elements[0] != NULL && kind != &bench_kind_nice_again)
      g_ptr_array_add (kinds, (gpointer) kind);
  }
  return kinds;
}

static void
run_count (GPtrArray *kinds, BenchReport *report, guint transports, gint idle)
{
  guint n = 0, i;
  g_autofree const BenchKind **measured = g_new (const BenchKind *, kinds->len);
  g_autofree BenchFootprint (*states)[N_STATES] = g_malloc (
      kinds->len * sizeof *states);

  for (i = 0; i < kinds->len; i++) {
    measured[n] = g_ptr_array_index (kinds, i);
    if (run_child (measured[n], transports / ENDS, idle, states[n]))
      n++;
  }
  for (i = 0; i < n; i++)
    add_row (report, measured[i], transports, "idle", &states[i][BARE],
        &states[i][IDLE]);
  for (i = 0; i < n; i++)
    add_row (report, measured[i], transports, "active", &states[i][BARE],
        &states[i][ACTIVE]);
}

/**
 * bench_run_footprint:
 * @options: what to run
 * @report: gets a table
 */
void
bench_run_footprint (const BenchOptions *options, BenchReport *report)
{
  g_autoptr (GPtrArray) kinds = list_kinds (options);
  guint i;

  bench_report_begin_table (report, "footprint",
      "Footprint of transports in one process, half of them sinks, half "
      "sources; idle: gathered; active: connected, 32 datagrams came. CPU: of "
      "the process, while they are idle again.",
      columns, G_N_ELEMENTS (columns));
  for (i = 0; i < options->footprints->len; i++)
    run_count (kinds, report,
        g_array_index (options->footprints, guint, i) & ~1u, options->idleness);
  bench_report_end_table (report);
}
