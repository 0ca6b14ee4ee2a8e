/* gst-ice: benchmarks: one number of several rounds.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "rounds.h"

#include <math.h>
#include <stdlib.h>

static gint
compare (const void *a, const void *b)
{
  gdouble x = *(const gdouble *) a, y = *(const gdouble *) b;

  return (x > y) - (x < y);
}

/**
 * bench_get_quantile:
 * @values: (array length=n): are sorted
 * @n: how many, 1 at least
 * @share: 0.5: the median
 *
 * Returns: the smallest value that so many are not above
 */
gdouble
bench_get_quantile (gdouble *values, guint n, gdouble share)
{
  qsort (values, n, sizeof (*values), compare);
  return values[MIN ((guint) (share * n), n - 1)];
}

static gdouble
get_value (const BenchRounds *rounds, guint round, gsize member)
{
  return G_STRUCT_MEMBER (
      gdouble, rounds->first, round * rounds->size + member);
}

/**
 * bench_rounds_get_median:
 * @rounds: one at least
 * @member: where the number is in a struct
 *
 * Returns: its median
 */
gdouble
bench_rounds_get_median (const BenchRounds *rounds, gsize member)
{
  g_autofree gdouble *values = g_new (gdouble, rounds->n);
  guint i;

  for (i = 0; i < rounds->n; i++)
    values[i] = get_value (rounds, i, member);
  return bench_get_quantile (values, rounds->n, 0.5);
}

/**
 * bench_rounds_get_ratio:
 * @one: rounds; none: those of a kind that was left out
 * @other: as many, or none
 * @member: where the number is in a struct
 *
 * What else the machine did in a round hit both.
 *
 * Returns: the median of the rounds' ratios, one to other; NAN: there are none
 */
gdouble
bench_rounds_get_ratio (
    const BenchRounds *one, const BenchRounds *other, gsize member)
{
  g_autofree gdouble *values = NULL;
  guint i;

  if (one->n == 0 || other->n == 0)
    return NAN;
  values = g_new (gdouble, one->n);
  for (i = 0; i < one->n; i++)
    values[i] = get_value (one, i, member) / get_value (other, i, member);
  return bench_get_quantile (values, one->n, 0.5);
}
