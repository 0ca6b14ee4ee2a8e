/* gst-ice: benchmarks: tables for people (Markdown) and programs (JSON).
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "report.h"

#include <json-glib/json-glib.h>
#include <math.h>

struct _BenchReport
{
  JsonBuilder *json;
  gboolean with_tables; /* the facts are written */

  /* of the table that is being made */
  const BenchColumn *columns;
  guint n_columns;
  GPtrArray *rows; /* of GStrv; the headings first */
};

/**
 * bench_report_new:
 *
 * Returns: (transfer full): a report without facts and tables
 */
BenchReport *
bench_report_new (void)
{
  BenchReport *self = g_new0 (BenchReport, 1);

  self->json = json_builder_new ();
  json_builder_begin_object (self->json);
  json_builder_set_member_name (self->json, "facts");
  json_builder_begin_object (self->json);
  return self;
}

/**
 * bench_report_free:
 * @self: (transfer full): a report without an open table
 */
void
bench_report_free (BenchReport *self)
{
  g_object_unref (self->json);
  g_free (self);
}

/**
 * bench_report_add_fact:
 * @self: a report without tables
 * @key: what, in a word
 * @value: a value
 */
void
bench_report_add_fact (BenchReport *self, const gchar *key, const gchar *value)
{
  json_builder_set_member_name (self->json, key);
  json_builder_add_string_value (self->json, value);
  g_print ("- %s: %s\n", key, value);
}

static void
end_facts (BenchReport *self)
{
  if (self->with_tables)
    return;
  json_builder_end_object (self->json);
  json_builder_set_member_name (self->json, "tables");
  json_builder_begin_object (self->json);
  self->with_tables = TRUE;
}

static gchar **
make_headings (BenchReport *self)
{
  gchar **texts = g_new0 (gchar *, self->n_columns + 1);
  guint i;

  for (i = 0; i < self->n_columns; i++)
    texts[i] = g_strdup (
        self->columns[i].heading != NULL ? self->columns[i].heading : "");
  return texts;
}

/**
 * bench_report_begin_table:
 * @self: a report without an open table
 * @key: its name, a word
 * @title: what it shows
 * @columns: (transfer none) (array length=n): its columns
 * @n: how many
 */
void
bench_report_begin_table (BenchReport *self, const gchar *key,
    const gchar *title, const BenchColumn *columns, guint n)
{
  end_facts (self);
  self->columns = columns;
  self->n_columns = n;
  self->rows = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);
  g_ptr_array_add (self->rows, make_headings (self));
  json_builder_set_member_name (self->json, key);
  json_builder_begin_array (self->json);
  g_print ("\n%s\n\n", title);
}

static gchar *
format_cell (const BenchColumn *column, const BenchCell *cell)
{
  if (column->decimals == BENCH_TEXT)
    return g_strdup (cell->text);
  if (isnan (cell->number))
    return g_strdup ("-");
  return g_strdup_printf ("%.*f", column->decimals, cell->number);
}

static void
add_value (BenchReport *self, const BenchColumn *column, const BenchCell *cell)
{
  json_builder_set_member_name (self->json, column->key);
  if (column->decimals == BENCH_TEXT)
    json_builder_add_string_value (self->json, cell->text);
  else if (isfinite (cell->number))
    json_builder_add_double_value (self->json, cell->number);
  else
    json_builder_add_null_value (self->json);
}

/**
 * bench_report_add_row:
 * @self: a report with an open table
 * @cells: as many as it has columns
 */
void
bench_report_add_row (BenchReport *self, const BenchCell *cells)
{
  gchar **texts = g_new0 (gchar *, self->n_columns + 1);
  guint i;

  json_builder_begin_object (self->json);
  for (i = 0; i < self->n_columns; i++) {
    add_value (self, &self->columns[i], &cells[i]);
    texts[i] = format_cell (&self->columns[i], &cells[i]);
  }
  json_builder_end_object (self->json);
  g_ptr_array_add (self->rows, texts);
}

static gint
measure_column (BenchReport *self, guint column)
{
  glong width = 3; /* of a dashed line */
  guint i;

  for (i = 0; i < self->rows->len; i++) {
    gchar **texts = g_ptr_array_index (self->rows, i);

    width = MAX (width, g_utf8_strlen (texts[column], -1));
  }
  return (gint) width;
}

static void
print_line (BenchReport *self, guint row, const gint *widths)
{
  gchar **texts = g_ptr_array_index (self->rows, row);
  guint i;

  for (i = 0; i < self->n_columns; i++)
    if (self->columns[i].heading != NULL)
      g_print (self->columns[i].decimals == BENCH_TEXT ? "| %-*s " : "| %*s ",
          widths[i], texts[i]);
  g_print ("|\n");
}

static void
print_rule (BenchReport *self, const gint *widths)
{
  guint i;

  for (i = 0; i < self->n_columns; i++) {
    g_autofree gchar *dashes = g_strnfill (widths[i], '-');
    gboolean text = self->columns[i].decimals == BENCH_TEXT;

    if (self->columns[i].heading != NULL)
      g_print ("|%s%s%s", text ? "-" : "", dashes, text ? "-" : "-:");
  }
  g_print ("|\n");
}

/**
 * bench_report_end_table:
 * @self: a report with an open table, which is printed
 */
void
bench_report_end_table (BenchReport *self)
{
  g_autofree gint *widths = g_new (gint, self->n_columns);
  guint i;

  for (i = 0; i < self->n_columns; i++)
    widths[i] = measure_column (self, i);
  for (i = 0; i < self->rows->len; i++) {
    print_line (self, i, widths);
    if (i == 0)
      print_rule (self, widths);
  }
  g_clear_pointer (&self->rows, g_ptr_array_unref);
  json_builder_end_array (self->json);
}

/**
 * bench_report_save:
 * @self: a report that is complete
 * @path: a file
 * @error: says why not
 *
 * Writes it as JSON, once.
 *
 * Returns: whether it is written
 */
gboolean
bench_report_save (BenchReport *self, const gchar *path, GError **error)
{
  g_autoptr (JsonGenerator) generator = json_generator_new ();
  g_autoptr (JsonNode) root = NULL;

  end_facts (self);
  json_builder_end_object (self->json);
  json_builder_end_object (self->json);
  root = json_builder_get_root (self->json);
  json_generator_set_root (generator, root);
  json_generator_set_pretty (generator, TRUE);
  return json_generator_to_file (generator, path, error);
}
