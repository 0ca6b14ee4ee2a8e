/* gst-ice: test of iceerror.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/iceerror.h"

static const struct
{
  const gchar *message, *reason;
} errors[] = {
  { "Could not connect to 127.0.0.1: Connection refused",
      "Connection refused" },
  { "Error binding to address [::1]:5000: Address already in use",
      "Address already in use" },
  { "Socket I/O timed out", "Socket I/O timed out" },
  { "one:two", "one:two" },
  { "nothing follows: ", "" },
  { "", "" },
};

static void
test_reason (void)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (errors); i++) {
    const GError error = { .message = (gchar *) errors[i].message };

    g_assert_cmpstr (ice_error_get_reason (&error), ==, errors[i].reason);
  }
}

static void
test_quote (void)
{
  static const struct
  {
    const gchar *text, *quoted;
  } rows[] = { { "", "\"\"" }, { "abcd", "\"abcd\"" },
    { "abcde", "\"abcd\"..." }, { "a\n", "\"a\\n\"" },
    { "\303\274", "\"\\303\"..." } };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree gchar *quoted = ice_error_quote (rows[i].text, 4);

    g_assert_cmpstr (quoted, ==, rows[i].quoted);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/iceerror/reason", test_reason);
  g_test_add_func ("/iceerror/quote", test_quote);
  return g_test_run ();
}
