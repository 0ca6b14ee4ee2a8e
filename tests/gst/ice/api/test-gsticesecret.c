/* gst-ice: test of which properties are secrets.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "api/gsticesecret.h"

static void
assert_secret (GParamSpec *spec, gboolean expected)
{
  g_param_spec_ref_sink (spec);
  g_assert_cmpint (gst_ice_secret_spec_is_one (spec), ==, expected);
  g_param_spec_unref (spec);
}

static void
test_is_one (void)
{
  assert_secret (gst_ice_secret_spec_string (
                     "password", "Password", "One", G_PARAM_READWRITE),
      TRUE);
  assert_secret (gst_ice_secret_spec_strings (
                     "servers", "Servers", "Some", "server", G_PARAM_READWRITE),
      TRUE);
  assert_secret (gst_ice_secret_spec_structures (
                     "servers", "Servers", "Some", "server", G_PARAM_READWRITE),
      TRUE);
  assert_secret (
      g_param_spec_string ("name", "Name", "One", NULL, G_PARAM_READWRITE),
      FALSE);
  assert_secret (
      gst_param_spec_array ("names", "Names", "Some",
          g_param_spec_string ("name", "Name", "One", NULL, G_PARAM_READWRITE),
          G_PARAM_READWRITE),
      FALSE);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/secret/is-one", test_is_one);
  return g_test_run ();
}
