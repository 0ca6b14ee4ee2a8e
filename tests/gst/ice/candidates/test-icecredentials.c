/* gst-ice: test of icecredentials.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include <string.h>

#include "candidates/icecredentials.h"
#include "mutation.h"

#define PASSWORD "0123456789+/abcdefghij"

static void
test_accepted (void)
{
  g_autofree gchar *longest = g_strnfill (256, 'z');

  g_assert_true (ice_ufrag_check ("aB0+", NULL));
  g_assert_true (ice_ufrag_check ("////", NULL));
  g_assert_true (ice_ufrag_check (longest, NULL));
  g_assert_true (ice_password_check (PASSWORD, NULL));
  g_assert_true (ice_password_check (longest, NULL));
}

static const struct
{
  const gchar *text;
  const gchar *fragment;
} bad_ufrags[] = {
  { NULL, "user name fragment is missing" },
  { "", "user name fragment has 0 characters, expected 4 to 256" },
  { "abc", "has 3 characters" },
  { "abc ", "byte 4 of the ICE user name fragment" },
  { "-abc", "byte 1 of the ICE user name fragment" },
  { "ab=c", "byte 3" },
  { "abcd\n", "byte 5" },
  { "abc\303\251", "byte 4" },
  { "abc\377", "byte 4" },
};

static const struct
{
  const gchar *text;
  const gchar *fragment;
} bad_passwords[] = {
  { NULL, "the ICE password is missing" },
  { "", "password has 0 characters, expected 22 to 256" },
  { "secretsecretsecretsec", "has 21 characters" },
  { "secretsecretsecretsec-", "byte 22 of the ICE password" },
  { "secret secretsecretsecret", "byte 7" },
  { "secretsecretsecretsecret\r\n", "byte 25" },
  { "secretsecretsecret\303\251secret", "byte 19" },
};

static void
test_refused (void)
{
  g_autofree gchar *too_long = g_strnfill (257, 'z');
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (bad_ufrags); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_false (ice_ufrag_check (bad_ufrags[i].text, &error));
    g_assert_error (error, ICE_CREDENTIALS_ERROR, ICE_CREDENTIALS_ERROR_UFRAG);
    g_assert_nonnull (strstr (error->message, bad_ufrags[i].fragment));
    g_assert_false (ice_ufrag_check (bad_ufrags[i].text, NULL));
  }

  for (i = 0; i < G_N_ELEMENTS (bad_passwords); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_false (ice_password_check (bad_passwords[i].text, &error));
    g_assert_error (
        error, ICE_CREDENTIALS_ERROR, ICE_CREDENTIALS_ERROR_PASSWORD);
    g_assert_nonnull (strstr (error->message, bad_passwords[i].fragment));
    g_assert_null (strstr (error->message, "secret"));
  }

  g_assert_false (ice_ufrag_check (too_long, NULL));
  g_assert_false (ice_password_check (too_long, NULL));
}

/* Each byte picks one ice-char, each ice-char equally often. */
static void
test_from_random (void)
{
  g_autofree gchar *text = NULL;
  g_autofree gchar *empty = NULL;
  guint8 bytes[256];
  guint seen[256] = { 0 };
  gsize i;

  for (i = 0; i < sizeof bytes; i++)
    bytes[i] = i;
  text = ice_credential_from_random (bytes, sizeof bytes);

  g_assert_cmpuint (strlen (text), ==, sizeof bytes);
  g_assert_true (ice_ufrag_check (text, NULL));
  g_assert_true (ice_password_check (text, NULL));
  for (i = 0; i < sizeof bytes; i++)
    seen[(guint8) text[i]]++;
  for (i = 0; i < G_N_ELEMENTS (seen); i++)
    g_assert_true (seen[i] == 0 || seen[i] == 4);

  empty = ice_credential_from_random (NULL, 0);
  g_assert_cmpstr (empty, ==, "");
}

/* An independent reading of the grammar agrees on mutated credentials. */
static void
test_mutations (void)
{
  static const gchar *const seeds[] = { "abcd", PASSWORD,
    PASSWORD PASSWORD PASSWORD };
  g_autoptr (GRand) rand = g_rand_new_with_seed (MUTATION_SEED);
  g_autoptr (GRegex)
      ufrag = g_regex_new ("\\A[A-Za-z0-9+/]{4,256}\\z", G_REGEX_RAW, 0, NULL);
  g_autoptr (GRegex) password = g_regex_new (
      "\\A[A-Za-z0-9+/]{22,256}\\z", G_REGEX_RAW, 0, NULL);
  guint i;

  for (i = 0; i < mutation_count (); i++) {
    g_autoptr (GString) text = mutate (rand, seeds, G_N_ELEMENTS (seeds));

    g_assert_true (ice_ufrag_check (text->str, NULL)
        == g_regex_match (ufrag, text->str, 0, NULL));
    g_assert_true (ice_password_check (text->str, NULL)
        == g_regex_match (password, text->str, 0, NULL));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/icecredentials/accepted", test_accepted);
  g_test_add_func ("/icecredentials/refused", test_refused);
  g_test_add_func ("/icecredentials/from-random", test_from_random);
  g_test_add_func ("/icecredentials/mutations", test_mutations);
  return g_test_run ();
}
