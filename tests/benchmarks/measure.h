/* gst-ice: benchmarks: one measurement of one kind.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "path.h"

G_BEGIN_DECLS

typedef struct
{
  gdouble send;    /* CPU ns a datagram, of the thread that pushes */
  gdouble receive; /* CPU ns a datagram, of the rest of the process */
  gdouble sleeps;  /* a datagram, of the rest of the process */
  gdouble lost;    /* share */
  gdouble rate;    /* datagrams that arrived, a second */
} BenchThroughput;

typedef struct
{
  gdouble median, p99;   /* microseconds from the push to the pad */
  gdouble send, receive; /* CPU ns a datagram, as above */
  gdouble lost;          /* share */
} BenchDelay;

/* What a process holds. */
typedef struct
{
  gdouble memory;  /* resident, KiB */
  gdouble fds;     /* file descriptors */
  gdouble threads; /* but GStreamer's streaming threads */
  gdouble streaming;
  gdouble cpu; /* ms a second; NAN: not measured */
} BenchFootprint;

typedef struct
{
  gdouble cpu; /* CPU ns of the process but the thread that pushes */
  guint sent;  /* datagrams that were pushed */
} BenchForwarding;

BenchThroughput bench_measure_paced (
    BenchPath **paths, guint n, const BenchLoad *load, guint datagrams);
BenchThroughput bench_measure_flat_out (
    BenchPath **paths, guint n, const BenchLoad *load, guint milliseconds);
BenchThroughput bench_measure_clean (BenchPath **paths, guint n,
    const BenchLoad *load, guint milliseconds, const BenchThroughput *flat_out);
BenchDelay bench_measure_delay (
    BenchPath *path, const BenchLoad *load, guint rate, guint datagrams);
BenchFootprint bench_measure_footprint (guint streaming);
gdouble bench_measure_idleness (guint milliseconds);
BenchForwarding bench_measure_forwarding (
    BenchPath *path, const BenchLoad *load, gdouble rate, guint milliseconds);
void bench_allow_descriptors (void);

G_END_DECLS
