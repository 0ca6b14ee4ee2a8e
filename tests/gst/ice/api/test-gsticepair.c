/* gst-ice: test of candidate pairs in statistics and signals.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "api/gsticepair.h"

/* RFC 8445 section 6.1.2.3, from both ends. */
static void
test_priority (void)
{
  static const struct
  {
    GstIceRole role;
    guint32 local, remote;
    guint64 expected;
  } rows[] = {
    { GST_ICE_ROLE_CONTROLLING, 5, 3, (G_GUINT64_CONSTANT (3) << 32) + 11 },
    { GST_ICE_ROLE_CONTROLLED, 3, 5, (G_GUINT64_CONSTANT (3) << 32) + 11 },
    { GST_ICE_ROLE_CONTROLLING, 3, 5, (G_GUINT64_CONSTANT (3) << 32) + 10 },
    { GST_ICE_ROLE_CONTROLLED, 5, 3, (G_GUINT64_CONSTANT (3) << 32) + 10 },
    { GST_ICE_ROLE_CONTROLLED, 4, 4, (G_GUINT64_CONSTANT (4) << 32) + 8 },
  };
  g_autoptr (GstStructure) pair = gst_structure_new_empty ("pair");
  guint64 priority;
  guint i;

  gst_ice_pair_set_priority (pair, GST_ICE_ROLE_UNKNOWN, 1, 2);
  g_assert_false (gst_structure_has_field (pair, "priority"));
  for (i = 0; i < G_N_ELEMENTS (rows); i++) {
    gst_ice_pair_set_priority (
        pair, rows[i].role, rows[i].local, rows[i].remote);
    g_assert_true (gst_structure_get_uint64 (pair, "priority", &priority));
    g_assert_cmpuint (priority, ==, rows[i].expected);
  }
}

static void
test_append (void)
{
  g_auto (GValue) array = G_VALUE_INIT;
  guint i;

  g_value_init (&array, GST_TYPE_ARRAY);
  for (i = 0; i < 2; i++)
    gst_ice_pair_append (
        &array, gst_structure_new ("pair", "number", G_TYPE_UINT, i, NULL));
  g_assert_cmpuint (gst_value_array_get_size (&array), ==, 2);
  for (i = 0; i < 2; i++) {
    const GstStructure *pair = gst_value_get_structure (
        gst_value_array_get_value (&array, i));
    guint number;

    g_assert_nonnull (pair);
    g_assert_true (gst_structure_get_uint (pair, "number", &number));
    g_assert_cmpuint (number, ==, i);
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/pair/priority", test_priority);
  g_test_add_func ("/pair/append", test_append);
  return g_test_run ();
}
