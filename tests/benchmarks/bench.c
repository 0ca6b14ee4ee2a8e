/* gst-ice: benchmarks: icesink/icesrc beside others, in one process over
 * 127.0.0.1. docs/benchmarks.md says how to read what this prints.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "parts.h"

#include <nice/agent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

static const struct
{
  const gchar *name;
  void (*run) (const BenchOptions *options, BenchReport *report);
} parts[] = {
  { "paced", bench_run_paced },
  { "throughput", bench_run_throughput },
  { "delay", bench_run_delay },
  { "connect", bench_run_connect },
  { "footprint", bench_run_footprint },
  { "forward", bench_run_forward },
};

static gchar *
find_processor (void)
{
  g_autofree gchar *text = NULL;
  g_auto (GStrv) lines = NULL;
  guint i;

  if (!g_file_get_contents ("/proc/cpuinfo", &text, NULL, NULL))
    return g_strdup ("unknown");
  lines = g_strsplit (text, "\n", -1);
  for (i = 0; lines[i] != NULL; i++)
    if (g_str_has_prefix (lines[i], "model name"))
      return g_strdup (g_strstrip (strchr (lines[i], ':') + 1));
  return g_strdup ("unknown");
}

/* A machine that does other things too measures worse. */
static gchar *
find_load (void)
{
  gdouble averages[3];

  if (getloadavg (averages, 3) != 3)
    return g_strdup ("unknown");
  return g_strdup_printf (
      "%.2f %.2f %.2f", averages[0], averages[1], averages[2]);
}

static void
add_facts (const BenchOptions *options, BenchReport *report)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree gchar *date = g_date_time_format (now, "%Y-%m-%d");
  g_autofree gchar *processor = find_processor ();
  g_autofree gchar *gstreamer = gst_version_string ();
  g_autofree gchar *load = find_load ();
  struct utsname system;
  g_autofree gchar *processors = g_strdup_printf (
      "%u x %s", g_get_num_processors (), processor);
  g_autofree gchar *kernel = NULL;
  g_autofree gchar *run = g_strdup_printf (
      "%d datagrams a paced round, %d ms flat out, medians of %d rounds, %d "
      "memories a buffer",
      options->datagrams, options->flat_out, options->rounds, options->pieces);

  uname (&system);
  kernel = g_strdup_printf ("%s %s", system.sysname, system.release);
  bench_report_add_fact (report, "date", date);
  bench_report_add_fact (report, "processors", processors);
  bench_report_add_fact (report, "kernel", kernel);
  bench_report_add_fact (report, "versions", gstreamer);
  bench_report_add_fact (report, "load average before", load);
  bench_report_add_fact (report, "run", run);
}

/* All zero where the system does not say. */
typedef struct
{
  guint64 stolen, all; /* ticks of all processors since they started */
} Ticks;

static Ticks
read_ticks (void)
{
  g_autofree gchar *text = NULL;
  g_auto (GStrv) fields = NULL;
  Ticks ticks = { 0 };
  guint i;

  /* "cpu", user, nice, system, idle, iowait, irq, softirq, steal */
  if (!g_file_get_contents ("/proc/stat", &text, NULL, NULL))
    return ticks;
  fields = g_strsplit (text, " ", 11); /* two follow "cpu" */
  for (i = 2; i < 10 && i < g_strv_length (fields); i++) {
    guint64 n = g_ascii_strtoull (fields[i], NULL, 10);

    ticks.all += n;
    if (i == 9)
      ticks.stolen = n;
  }
  return ticks;
}

/* Of a virtual machine, whose host had other things to do. */
static void
report_stolen (const Ticks *before)
{
  Ticks now = read_ticks ();

  if (now.all > before->all)
    g_print (
        "\nCPU time that the host took from this machine during the run: %.1f "
        "%%.\n",
        100.0 * (now.stolen - before->stolen) / (now.all - before->all));
}

static void
run_parts (const BenchOptions *options)
{
  BenchReport *report = bench_report_new ();
  Ticks before = read_ticks ();
  g_autoptr (GError) error = NULL;
  guint i;

  add_facts (options, report);
  for (i = 0; i < G_N_ELEMENTS (parts); i++)
    if (bench_options_has_part (options, parts[i].name))
      parts[i].run (options, report);
  if (bench_get_receive_buffer () > 0)
    g_print ("\nReceive buffers: %d bytes, as the kernel counts them.\n",
        bench_get_receive_buffer ());
  report_stolen (&before);
  if (options->json != NULL
      && !bench_report_save (report, options->json, &error))
    bench_fail ("%s", error->message);
  bench_report_free (report);
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  BenchOptions options;

  if (!bench_options_parse (&options, &argc, &argv, &error)) {
    g_printerr ("bench: %s\n", error->message);
    return 2;
  }
  if (options.footprint_of != NULL)
    bench_print_own_footprint (&options);
  else if (options.forwarder_of != NULL)
    bench_be_forwarder (&options);
  else
    run_parts (&options);
  bench_options_clear (&options);
  return 0;
}
