/* gst-ice: benchmarks: what to run.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "path.h"

G_BEGIN_DECLS

typedef struct
{
  GPtrArray *kinds;   /* of const BenchKind */
  GArray *sizes;      /* of guint, bytes */
  GArray *bursts;     /* of guint, datagrams */
  GArray *transports; /* of guint */
  GArray *footprints; /* of guint, transports */
  gint datagrams;     /* a paced round */
  gint flat_out;      /* ms a round */
  gint delays;        /* datagrams a round */
  gint connects;      /* repetitions */
  GArray *at_once;    /* of guint, connections begun together */
  GArray *candidates; /* of guint, of each end of a connection */
  gint idleness;      /* ms, of a footprint and of forwarders */
  GArray *peers;      /* of guint, of a forwarder */
  gint bitrate;       /* kbit/s, of the stream that is forwarded */
  gint forwarding;    /* ms a round */
  gboolean queues;    /* one for each of these peers */
  gint rounds;
  gint pieces;
  gchar **only; /* parts; NULL: all */
  gchar *json;  /* a file; NULL: none */

  /* of the child that measures itself */
  gchar *footprint_of; /* a kind */
  gint footprint_paths;

  /* of the child that forwards */
  gchar *forwarder_of; /* a kind */
  gchar *forwarder_ports;
} BenchOptions;

gboolean bench_options_parse (
    BenchOptions *options, gint *argc, gchar ***argv, GError **error);
void bench_options_clear (BenchOptions *options);
gboolean bench_options_has_part (
    const BenchOptions *options, const gchar *part);
const BenchKind *bench_find_kind (const gchar *id);

G_END_DECLS
