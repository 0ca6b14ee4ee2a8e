/* gst-ice: benchmarks: the peers of a forwarder, which drop what they get.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* All peers have the same credentials and one host candidate each. */
#define BENCH_PEER_UFRAG "peer"
#define BENCH_PEER_PWD "forwarderbenchmarkpassword"

typedef struct _BenchPeers BenchPeers;

BenchPeers *bench_peers_new (guint n);
void bench_peers_free (BenchPeers *self);
const guint16 *bench_peers_get_ports (BenchPeers *self);
guint64 bench_peers_count (BenchPeers *self);

G_END_DECLS
