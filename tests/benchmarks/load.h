/* gst-ice: benchmarks: datagrams that are made before the clock starts.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Their bytes are ours and sent again and again: making and freeing buffers is
 * the application's cost, the same for all kinds. */
#pragma once

#include <gst/gst.h>
#include <sys/uio.h>

G_BEGIN_DECLS

/* Where the time of sending is, behind what looks like an RTP header. */
#define BENCH_HEADER 12
#define BENCH_SMALLEST (BENCH_HEADER + (gint) sizeof (gint64))
/* In flight at most while every datagram is waited for. */
#define BENCH_CHUNK 64
#define BENCH_MAX_PIECES 2

/* What one push sends. */
typedef struct
{
  guint n;             /* datagrams */
  guint size;          /* bytes of each */
  guint pieces;        /* memories of each */
  guint8 *bytes;       /* of all, one after the other */
  struct iovec *iovec; /* the same bytes, n * pieces */
  GstBuffer *buffer;   /* NULL: more than one, a list */
  GstBufferList *list;
} BenchBurst;

/* A chunk. */
typedef struct
{
  guint n_bursts;
  guint datagrams;
  BenchBurst *bursts;
} BenchLoad;

BenchLoad *bench_load_new (guint size, guint burst, guint pieces);
void bench_load_free (BenchLoad *load);

G_END_DECLS
