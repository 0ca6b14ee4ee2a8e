/* gst-ice: benchmarks: tables for people (Markdown) and programs (JSON).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _BenchReport BenchReport;

#define BENCH_TEXT (-1) /* decimals of a column that has text */

typedef struct
{
  const gchar *key;     /* in JSON */
  const gchar *heading; /* in Markdown; NULL: in JSON only */
  gint decimals;
} BenchColumn;

typedef union
{
  const gchar *text;
  gdouble number; /* NAN: none */
} BenchCell;

BenchReport *bench_report_new (void);
void bench_report_free (BenchReport *self);
void bench_report_add_fact (
    BenchReport *self, const gchar *key, const gchar *value);
void bench_report_begin_table (BenchReport *self, const gchar *key,
    const gchar *title, const BenchColumn *columns, guint n);
void bench_report_add_row (BenchReport *self, const BenchCell *cells);
void bench_report_end_table (BenchReport *self);
gboolean bench_report_save (
    BenchReport *self, const gchar *path, GError **error);

G_END_DECLS
