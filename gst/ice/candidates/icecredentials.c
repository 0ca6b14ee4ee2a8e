/* gst-ice: check and make ICE user name fragments and passwords.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "candidates/icecredentials.h"

#include <string.h>

G_DEFINE_QUARK (ice_credentials_error, ice_credentials_error)

/* ice-char of RFC 8839 section 5.1; 64 characters, so six random bits pick one
 * without bias. */
static const gchar ice_chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz"
                                 "0123456789+/";

G_STATIC_ASSERT (sizeof (ice_chars) - 1 == 64);

/* The message must never hold the credential's text: it may be a password. */
static gboolean
check_credential (const gchar *name, const gchar *text, gsize min_length,
    IceCredentialsError code, GError **error)
{
  gsize length, valid;

  if (text == NULL) {
    g_set_error (
        error, ICE_CREDENTIALS_ERROR, code, "the ICE %s is missing", name);
    return FALSE;
  }

  length = strlen (text);
  if (length < min_length || length > ICE_CREDENTIAL_MAX_LENGTH) {
    g_set_error (error, ICE_CREDENTIALS_ERROR, code,
        "the ICE %s has %" G_GSIZE_FORMAT
        " characters, expected %" G_GSIZE_FORMAT " to %d",
        name, length, min_length, ICE_CREDENTIAL_MAX_LENGTH);
    return FALSE;
  }

  valid = strspn (text, ice_chars);
  if (valid < length) {
    g_set_error (error, ICE_CREDENTIALS_ERROR, code,
        "byte %" G_GSIZE_FORMAT " of the ICE %s is not allowed, expected only "
        "letters, digits, '+' and '/'",
        valid + 1, name);
    return FALSE;
  }

  return TRUE;
}

/**
 * ice_ufrag_check:
 * @ufrag: (nullable): a user name fragment
 * @error: return location for an #IceCredentialsError, or %NULL
 *
 * Checks the ice-ufrag grammar of RFC 8839 section 5.4: 4 to 256 letters,
 * digits, '+' or '/'. Any thread.
 *
 * Returns: %TRUE if @ufrag can be used; %NULL is an error
 */
gboolean
ice_ufrag_check (const gchar *ufrag, GError **error)
{
  return check_credential ("user name fragment", ufrag, ICE_UFRAG_MIN_LENGTH,
      ICE_CREDENTIALS_ERROR_UFRAG, error);
}

/**
 * ice_password_check:
 * @password: (nullable): a password
 * @error: return location for an #IceCredentialsError, or %NULL
 *
 * Checks the ice-pwd grammar of RFC 8839 section 5.4: 22 to 256 letters,
 * digits, '+' or '/'. The error message has lengths and positions, never the
 * password's text. Any thread.
 *
 * Returns: %TRUE if @password can be used; %NULL is an error
 */
gboolean
ice_password_check (const gchar *password, GError **error)
{
  return check_credential ("password", password, ICE_PASSWORD_MIN_LENGTH,
      ICE_CREDENTIALS_ERROR_PASSWORD, error);
}

/**
 * ice_credential_from_random:
 * @bytes: (array length=length): random bytes
 * @length: how many there are, and how long the result will be
 *
 * Turns each byte into one ice-char (RFC 8839 section 5.1) with the low six
 * of its bits, so that the result has 6 * @length bits of randomness if @bytes
 * are random. RFC 8445 section 5.3 wants at least 24 bits in a user name
 * fragment and 128 in a password. Any thread.
 *
 * Returns: (transfer full): a string of @length characters
 */
gchar *
ice_credential_from_random (const guint8 *bytes, gsize length)
{
  gchar *text;
  gsize i;

  g_return_val_if_fail (bytes != NULL || length == 0, NULL);

  text = g_malloc (length + 1);
  for (i = 0; i < length; i++)
    text[i] = ice_chars[bytes[i] & 0x3f];
  text[length] = '\0';

  return text;
}
