/* gst-ice: benchmarks: what to run.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "options.h"

#include <string.h>

#define MAX_BURST BENCH_CHUNK
#define MAX_SIZE 65507
#define MAX_TRANSPORTS 10000

static const BenchKind *const all_kinds[] = { &bench_kind_ice,
  &bench_kind_ice_plain, &bench_kind_nice, &bench_kind_nice_again,
  &bench_kind_udp, &bench_kind_raw, &bench_kind_raw_buffers };

static const gchar *const all_parts[] = { "paced", "throughput", "delay",
  "connect", "footprint", "forward", NULL };

/* As the command line has them. */
typedef struct
{
  gchar *kinds, *sizes, *bursts, *transports, *footprints, *at_once,
      *candidates, *peers, *only;
  gboolean smoke;
} Texts;

/**
 * bench_find_kind:
 * @id: its word on the command line
 *
 * Returns: (transfer none) (nullable): that kind
 */
const BenchKind *
bench_find_kind (const gchar *id)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (all_kinds); i++)
    if (strcmp (all_kinds[i]->id, id) == 0)
      return all_kinds[i];
  return NULL;
}

static gboolean
refuse (GError **error, const gchar *what, const gchar *text)
{
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s: \"%s\"",
      what, text);
  return FALSE;
}

static gboolean
parse_numbers (GArray **numbers, const gchar *text, guint least, guint most,
    GError **error)
{
  g_auto (GStrv) words = g_strsplit (text, ",", -1);
  guint i;

  *numbers = g_array_new (FALSE, FALSE, sizeof (guint));
  for (i = 0; words[i] != NULL; i++) {
    guint64 number;
    guint value;

    if (!g_ascii_string_to_unsigned (words[i], 10, least, most, &number, error))
      return FALSE;
    value = (guint) number;
    g_array_append_val (*numbers, value);
  }
  return (*numbers)->len > 0 || refuse (error, "no number", text);
}

/* Kinds that are not installed are left out, with a line that says so. */
static gboolean
parse_kinds (GPtrArray **kinds, const gchar *text, GError **error)
{
  g_auto (GStrv) words = g_strsplit (text, ",", -1);
  guint i;

  *kinds = g_ptr_array_new ();
  for (i = 0; words[i] != NULL; i++) {
    const BenchKind *kind = bench_find_kind (words[i]);

    if (kind == NULL)
      return refuse (error, "no such kind", words[i]);
    if (bench_kind_is_available (kind))
      g_ptr_array_add (*kinds, (gpointer) kind);
    else
      g_printerr ("bench: %s is left out: GStreamer does not find %s or %s\n",
          kind->name, kind->elements[0], kind->elements[1]);
  }
  return (*kinds)->len > 0 || refuse (error, "no kind is left", text);
}

static gboolean
parse_parts (gchar ***parts, const gchar *text, GError **error)
{
  guint i;

  *parts = g_strsplit (text, ",", -1);
  for (i = 0; (*parts)[i] != NULL; i++)
    if (!g_strv_contains (all_parts, (*parts)[i]))
      return refuse (error, "no such part", (*parts)[i]);
  return TRUE;
}

static gboolean
check_number (
    gint number, gint least, gint most, const gchar *what, GError **error)
{
  if (number >= least && number <= most)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "%s: %d is not from %d to %d", what, number, least, most);
  return FALSE;
}

static gboolean
take_texts (BenchOptions *options, const Texts *texts, GError **error)
{
  if (texts->only != NULL && !parse_parts (&options->only, texts->only, error))
    return FALSE;
  return parse_kinds (&options->kinds, texts->kinds, error)
      && parse_numbers (
          &options->sizes, texts->sizes, BENCH_SMALLEST, MAX_SIZE, error)
      && parse_numbers (&options->bursts, texts->bursts, 1, MAX_BURST, error)
      && parse_numbers (
          &options->transports, texts->transports, 1, MAX_TRANSPORTS, error)
      && parse_numbers (
          &options->footprints, texts->footprints, 2, MAX_TRANSPORTS, error)
      && parse_numbers (
          &options->at_once, texts->at_once, 1, MAX_TRANSPORTS, error)
      && parse_numbers (&options->candidates, texts->candidates, 1,
          BENCH_MOST_ADDRESSES, error)
      && parse_numbers (&options->peers, texts->peers, 1, MAX_TRANSPORTS, error)
      && check_number (options->bitrate, 1, 10000000, "bitrate", error)
      && check_number (options->forwarding, 1, 60000, "forwarding", error)
      && check_number (options->datagrams, 1, 100000000, "packets", error)
      && check_number (options->flat_out, 1, 10000, "flat-out", error)
      && check_number (options->delays, 1, 1000000, "delays", error)
      && check_number (options->connects, 1, 10000, "connects", error)
      && check_number (options->idleness, 0, 60000, "idleness", error)
      && check_number (options->rounds, 1, 1000, "rounds", error)
      && check_number (options->pieces, 1, BENCH_MAX_PIECES, "memories", error);
}

static void
set_numbers (BenchOptions *options)
{
  *options = (BenchOptions){
    .datagrams = 20000,
    .flat_out = 100,
    .delays = 5000,
    .connects = 100,
    .idleness = 5000,
    .bitrate = 2000,
    .forwarding = 500,
    .rounds = 5,
    .pieces = 1,
  };
}

/* All of it once, as little as can be: does it still work? */
static void
make_small (BenchOptions *options)
{
  options->datagrams = options->delays = BENCH_CHUNK;
  options->flat_out = options->rounds = options->connects = 1;
  options->idleness = options->forwarding = 1;
}

static void
set_default (gchar **text, const gchar *value)
{
  if (*text == NULL)
    *text = g_strdup (value);
}

static void
set_texts (Texts *texts)
{
  set_default (
      &texts->kinds, "ice,ice-none,nice,nice-again,udp,raw,raw-buffers");
  set_default (&texts->sizes, "200,1200");
  set_default (&texts->bursts, texts->smoke ? "1,32" : "1,8,32,64");
  set_default (&texts->transports, texts->smoke ? "1,3" : "1,10,100");
  set_default (&texts->footprints, texts->smoke ? "2" : "2,10,100,1000,5000");
  set_default (&texts->at_once, texts->smoke ? "1" : "1,10,100,1000");
  set_default (&texts->candidates, texts->smoke ? "1" : "1,50");
  set_default (&texts->peers, texts->smoke ? "3" : "100");
}

static void
clear_texts (Texts *texts)
{
  g_free (texts->kinds);
  g_free (texts->sizes);
  g_free (texts->bursts);
  g_free (texts->transports);
  g_free (texts->footprints);
  g_free (texts->at_once);
  g_free (texts->candidates);
  g_free (texts->peers);
  g_free (texts->only);
}

static gboolean
parse (BenchOptions *options, Texts *texts, gint *argc, gchar ***argv,
    GError **error)
{
  const GOptionEntry entries[] = {
    { "only", 0, 0, G_OPTION_ARG_STRING, &texts->only,
        "Some parts only: paced, throughput, delay, connect, footprint, "
        "forward",
        "PARTS" },
    { "kinds", 'k', 0, G_OPTION_ARG_STRING, &texts->kinds,
        "ice, ice-none, nice, nice-again, udp, raw, raw-buffers (all)",
        "KINDS" },
    { "sizes", 's', 0, G_OPTION_ARG_STRING, &texts->sizes,
        "Bytes a datagram (200,1200)", "LIST" },
    { "bursts", 'b', 0, G_OPTION_ARG_STRING, &texts->bursts,
        "Datagrams a burst (1,8,32,64)", "LIST" },
    { "transports", 't', 0, G_OPTION_ARG_STRING, &texts->transports,
        "Transports that share the datagrams (1,10,100)", "LIST" },
    { "packets", 'n', 0, G_OPTION_ARG_INT, &options->datagrams,
        "Datagrams a paced round (20000)", "N" },
    { "flat-out", 0, 0, G_OPTION_ARG_INT, &options->flat_out,
        "Milliseconds of a round flat out (100)", "MS" },
    { "delays", 0, 0, G_OPTION_ARG_INT, &options->delays,
        "Datagrams of a round of delays (5000)", "N" },
    { "connects", 0, 0, G_OPTION_ARG_INT, &options->connects,
        "Connections that are timed (100)", "N" },
    { "at-once", 0, 0, G_OPTION_ARG_STRING, &texts->at_once,
        "Connections that are begun together (1,10,100,1000)", "LIST" },
    { "candidates", 0, 0, G_OPTION_ARG_STRING, &texts->candidates,
        "Host candidates of each end of a connection; more than 1: on as many "
        "addresses of loopback, one connection at a time (1,50)",
        "LIST" },
    { "footprints", 0, 0, G_OPTION_ARG_STRING, &texts->footprints,
        "Transports whose footprint is measured (2,10,100,1000,5000)", "LIST" },
    { "idleness", 0, 0, G_OPTION_ARG_INT, &options->idleness,
        "Milliseconds to watch each number of transports do nothing (5000)",
        "MS" },
    { "peers", 0, 0, G_OPTION_ARG_STRING, &texts->peers,
        "Peers that a stream is forwarded to (100)", "LIST" },
    { "bitrate", 0, 0, G_OPTION_ARG_INT, &options->bitrate,
        "kbit/s of that stream (2000)", "N" },
    { "forwarding", 0, 0, G_OPTION_ARG_INT, &options->forwarding,
        "Milliseconds of a round of forwarding (500)", "MS" },
    { "queues", 0, 0, G_OPTION_ARG_NONE, &options->queues,
        "A queue, with its thread, before each sink of a forwarder", NULL },
    { "rounds", 'r', 0, G_OPTION_ARG_INT, &options->rounds,
        "Rounds, the median counts (5)", "N" },
    { "memories", 0, 0, G_OPTION_ARG_INT, &options->pieces,
        "Memories a buffer: 1, or 2 as payloaders make them (1)", "N" },
    { "json", 0, 0, G_OPTION_ARG_FILENAME, &options->json,
        "Where to write the results too", "FILE" },
    { "smoke", 0, 0, G_OPTION_ARG_NONE, &texts->smoke,
        "As little as can be of everything", NULL },
    { "footprint-of", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_STRING,
        &options->footprint_of, "", NULL },
    { "footprint-paths", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_INT,
        &options->footprint_paths, "", NULL },
    { "forwarder-of", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_STRING,
        &options->forwarder_of, "", NULL },
    { "forwarder-ports", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_STRING,
        &options->forwarder_ports, "", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_option_context_set_summary (context,
      "What a datagram costs, in this process, over 127.0.0.1. Lists have "
      "commas.");
  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  if (!g_option_context_parse (context, argc, argv, error))
    return FALSE;
  if (texts->smoke)
    make_small (options);
  set_texts (texts);
  return take_texts (options, texts, error);
}

/**
 * bench_options_parse:
 * @options: (out caller-allocates): what to run
 * @argc: (inout): as main() has it
 * @argv: (inout): as main() has it
 * @error: says what is wrong
 *
 * Initializes GStreamer.
 *
 * Returns: whether all is well
 */
gboolean
bench_options_parse (
    BenchOptions *options, gint *argc, gchar ***argv, GError **error)
{
  Texts texts = { NULL };
  gboolean well;

  set_numbers (options);
  well = parse (options, &texts, argc, argv, error);
  clear_texts (&texts);
  return well;
}

/**
 * bench_options_clear:
 * @options: what was parsed well
 */
void
bench_options_clear (BenchOptions *options)
{
  g_ptr_array_unref (options->kinds);
  g_array_unref (options->sizes);
  g_array_unref (options->bursts);
  g_array_unref (options->transports);
  g_array_unref (options->footprints);
  g_array_unref (options->at_once);
  g_array_unref (options->candidates);
  g_array_unref (options->peers);
  g_strfreev (options->only);
  g_free (options->json);
  g_free (options->footprint_of);
  g_free (options->forwarder_of);
  g_free (options->forwarder_ports);
}

/**
 * bench_options_has_part:
 * @options: what to run
 * @part: a part
 *
 * Returns: whether it is wanted
 */
gboolean
bench_options_has_part (const BenchOptions *options, const gchar *part)
{
  return options->only == NULL
      || g_strv_contains ((const gchar *const *) options->only, part);
}
