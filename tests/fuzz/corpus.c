/* gst-ice: the corpus of a fuzz target: runs each seed of it, or writes each
 * one to a file of its own, which libFuzzer reads.
 *
 * A corpus is a text file. A line that begins with "# " is a comment; an empty
 * line ends a seed. NAME.txt has the lines of a seed as they are; NAME.hex has
 * them in hexadecimal digits, and as text in quotes.
 *
 * Usage: corpus-NAME FILE [FOLDER]
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include <glib.h>
#include <string.h>

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static void
add_hex_line (GByteArray *seed, const gchar *line)
{
  gboolean is_text = FALSE;

  for (; *line != '\0'; line++) {
    guint8 octet = (guint8) *line;

    if (octet == '"') {
      is_text = !is_text;
      continue;
    }
    if (!is_text && octet == ' ')
      continue;
    if (!is_text) {
      if (!g_ascii_isxdigit (line[0]) || !g_ascii_isxdigit (line[1]))
        g_error ("not two hexadecimal digits: %s", line);
      octet = (guint8) (g_ascii_xdigit_value (line[0]) << 4
          | g_ascii_xdigit_value (line[1]));
      line++;
    }
    g_byte_array_append (seed, &octet, 1);
  }
}

static void
add_text_line (GByteArray *seed, const gchar *line)
{
  if (seed->len > 0)
    g_byte_array_append (seed, (const guint8 *) "\n", 1);
  g_byte_array_append (seed, (const guint8 *) line, strlen (line));
}

static GPtrArray *
read_corpus (const gchar *path)
{
  GPtrArray *seeds = g_ptr_array_new_with_free_func (
      (GDestroyNotify) g_byte_array_unref);
  gboolean is_hex = g_str_has_suffix (path, ".hex");
  g_autofree gchar *text = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) lines = NULL;
  GByteArray *seed = NULL;
  guint i;

  if (!g_file_get_contents (path, &text, NULL, &error))
    g_error ("%s", error->message);
  lines = g_strsplit (text, "\n", -1);
  for (i = 0; lines[i] != NULL; i++) {
    if (g_str_has_prefix (lines[i], "# "))
      continue;
    if (lines[i][0] == '\0') {
      seed = NULL;
      continue;
    }
    if (seed == NULL) {
      seed = g_byte_array_new ();
      g_ptr_array_add (seeds, seed);
    }
    (is_hex ? add_hex_line : add_text_line) (seed, lines[i]);
  }
  return seeds;
}

static void
write_seeds (const GPtrArray *seeds, const gchar *folder)
{
  guint i;

  for (i = 0; i < seeds->len; i++) {
    const GByteArray *seed = g_ptr_array_index (seeds, i);
    g_autofree gchar *path = g_strdup_printf ("%s/%03u", folder, i);
    g_autoptr (GError) error = NULL;

    if (!g_file_set_contents (
            path, (const gchar *) seed->data, seed->len, &error))
      g_error ("%s", error->message);
  }
}

static void
test_seeds (gconstpointer data)
{
  const GPtrArray *seeds = data;
  guint i;

  g_assert_cmpuint (seeds->len, >, 0);
  LLVMFuzzerTestOneInput ((const guint8 *) "", 0);
  for (i = 0; i < seeds->len; i++) {
    const GByteArray *seed = g_ptr_array_index (seeds, i);

    g_test_message ("seed %u, %u octets", i, seed->len);
    LLVMFuzzerTestOneInput (seed->data, seed->len);
  }
}

int
main (int argc, char **argv)
{
  g_autoptr (GPtrArray) seeds = NULL;

  g_test_init (&argc, &argv, NULL);
  if (argc < 2)
    g_error ("usage: %s FILE [FOLDER]", argv[0]);
  seeds = read_corpus (argv[1]);
  if (argc > 2) {
    write_seeds (seeds, argv[2]);
    return 0;
  }
  g_test_add_data_func ("/corpus", seeds, test_seeds);
  return g_test_run ();
}
