/* gst-ice: benchmarks: one number of several rounds.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Structs with members of type gdouble, one of each round. */
typedef struct
{
  gconstpointer first;
  gsize size; /* of a struct */
  guint n;
} BenchRounds;

gdouble bench_rounds_get_median (const BenchRounds *rounds, gsize member);
gdouble bench_rounds_get_ratio (
    const BenchRounds *one, const BenchRounds *other, gsize member);
gdouble bench_get_quantile (gdouble *values, guint n, gdouble share);

G_END_DECLS
