/* gst-ice: benchmarks: a way for datagrams, of one kind or another.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "load.h"

G_BEGIN_DECLS

/* Asked for with every receiving socket; the kernel counts twice of it. */
#define BENCH_RECEIVE_BUFFER (4 * 1024 * 1024)

/* The addresses of an end: 127.0.0.1, 127.0.0.2, ... */
#define BENCH_ADDRESS "127.0.0.%u"
#define BENCH_MOST_ADDRESSES 100

typedef struct _BenchKind BenchKind;

/* What every path begins with; times are g_get_monotonic_time(), 0: not yet.
 * They are written under the lock of bench_path_lock(). */
typedef struct
{
  const BenchKind *kind;
  guint gathered;         /* ends that have all their candidates */
  guint connected;        /* ends that can send */
  gint64 first_candidate; /* was signalled */
  gint64 exchanged;       /* all candidates of both ends, from now on */
  gint64 connected_at;    /* both ends */
} BenchPath;

/* What sends on to many peers. Written under the lock of bench_path_lock(). */
typedef struct
{
  guint n;         /* peers */
  guint connected; /* of those that have to */
  gboolean queues; /* one in each branch of a tee */
} BenchForwarder;

struct _BenchKind
{
  const gchar *id;
  const gchar *name;
  const gchar *elements[2]; /* it needs: source, sink; NULL: none */
  guint ends; /* that gather and connect: 2, or 0 where there is no such thing
               */
  BenchPath *(*open) (
      const BenchKind *kind, guint addresses); /* gathers, does not wait */
  void (*connect) (BenchPath *path);           /* exchanges, does not wait */
  void (*send) (BenchPath *path, const BenchBurst *burst);
  void (*close) (BenchPath *path); /* frees it */
  const gchar *forwarder;          /* what forward() makes; NULL: nothing */
  void (*forward) (BenchPath *path, BenchForwarder *forwarder,
      const guint16 *ports); /* from a connected path on to the peers */
  gboolean offload;          /* for kinds that share functions */
  gboolean buffers;
};

extern const BenchKind bench_kind_ice, bench_kind_ice_plain, bench_kind_nice,
    bench_kind_nice_again, bench_kind_udp, bench_kind_raw,
    bench_kind_raw_buffers;

gboolean bench_kind_is_available (const BenchKind *kind);

gboolean bench_has_addresses (guint n);
BenchPath **bench_paths_open (const BenchKind *kind, guint n, guint addresses);
void bench_paths_connect (BenchPath **paths, guint n);
void bench_paths_close (BenchPath **paths, guint n);
void bench_path_forward (
    BenchPath *path, BenchForwarder *forwarder, const guint16 *ports);

void bench_path_lock (void);
void bench_path_unlock (void); /* wakes who waits */

gint bench_get_receive_buffer (void);
void bench_set_receive_buffer (gint fd);

void bench_fail (const gchar *format, ...) G_GNUC_PRINTF (1, 2) G_GNUC_NORETURN;

G_END_DECLS
