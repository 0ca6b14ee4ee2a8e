/* gst-ice: seeded mutations of valid text, for tests that fuzz a little.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <string.h>
#include <glib.h>

#define MUTATION_SEED 20240821

/* How many inputs a test tries; ICE_TEST_SLOW is set under valgrind. */
static inline guint
mutation_count (void)
{
  return g_getenv ("ICE_TEST_SLOW") != NULL ? 5000 : 100000;
}

/* One change: a byte set, removed or repeated, or a piece of @other put in. */
static inline void
mutate_once (GRand *rand, GString *text, const gchar *other)
{
  static const gchar bytes[] = " :/?@%=\"\\{}[]0.,-a\n\r";
  gsize at = g_rand_int_range (rand, 0, text->len + 1);
  gsize length = g_rand_int_range (rand, 1, 9);

  switch (g_rand_int_range (rand, 0, 5)) {
    case 0:
      if (at < text->len)
        text->str[at] = g_rand_int_range (rand, 0, 256);
      break;
    case 1:
      if (at < text->len)
        text->str[at] = bytes[g_rand_int_range (rand, 0, sizeof bytes)];
      break;
    case 2:
      g_string_erase (text, at, MIN (text->len - at, length));
      break;
    case 3:
      if (at < text->len)
        g_string_insert_c (text, at, text->str[at]);
      break;
    case 4:
      other += g_rand_int_range (rand, 0, strlen (other) + 1);
      length *= 4;
      g_string_insert_len (text, at, other, MIN (strlen (other), length));
      break;
  }
}

/* Returns one of @seeds with one to four changes. */
static inline GString *
mutate (GRand *rand, const gchar *const *seeds, gsize n_seeds)
{
  GString *text = g_string_new (seeds[g_rand_int_range (rand, 0, n_seeds)]);
  gint changes = g_rand_int_range (rand, 1, 5);

  while (changes-- > 0)
    mutate_once (rand, text, seeds[g_rand_int_range (rand, 0, n_seeds)]);
  return text;
}
