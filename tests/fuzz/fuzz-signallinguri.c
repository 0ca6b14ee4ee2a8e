/* gst-ice: libFuzzer entry point of icesignallinguri: no crash, exact round
 * trip.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include <string.h>

#include "candidates/icecandidate.h"
#include "model/icesignallinguri.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static gchar *
print_signalling_uri (const IceSignallingUri *uri)
{
  const gchar *mode = uri->mode == ICE_SIGNALLING_LISTENER ? "listener"
                                                           : "caller";
  g_autofree gchar *path = NULL;
  gboolean brackets;

  if (uri->path != NULL) {
    path = g_uri_escape_string (uri->path, "/", FALSE);
    return g_strdup_printf (
        "unix://%s?mode=%s&timeout=%u", path, mode, uri->timeout);
  }

  brackets = uri->host != NULL && strchr (uri->host, ':') != NULL;
  return g_strdup_printf ("tcp://%s%s%s:%u?timeout=%u&mode=%s",
      brackets ? "[" : "", uri->host != NULL ? uri->host : "",
      brackets ? "]" : "", uri->port, uri->timeout, mode);
}

static void
assert_round_trip (const IceSignallingUri *uri)
{
  g_autofree gchar *text = print_signalling_uri (uri);
  g_autoptr (GError) error = NULL;
  g_autoptr (IceSignallingUri) again = ice_signalling_uri_parse (text, &error);

  g_assert_no_error (error);
  g_assert_cmpint (uri->mode, ==, again->mode);
  g_assert_cmpstr (uri->path, ==, again->path);
  g_assert_cmpstr (uri->host, ==, again->host);
  g_assert_cmpuint (uri->port, ==, again->port);
  g_assert_cmpuint (uri->timeout, ==, again->timeout);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree gchar *text = g_strndup ((const gchar *) data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (IceSignallingUri) uri = ice_signalling_uri_parse (text, &error);

  if (uri == NULL) {
    g_assert_true (error != NULL && error->domain == ICE_SIGNALLING_URI_ERROR);
    g_assert_true (g_str_is_ascii (error->message));
    g_assert_cmpuint (strlen (error->message), <, 300);
    return 0;
  }

  g_assert_no_error (error);
  g_assert_cmpuint (uri->timeout, >=, 1);
  g_assert_cmpuint (uri->timeout, <=, ICE_SIGNALLING_MAX_TIMEOUT);
  if (uri->path != NULL) {
    g_assert_null (uri->host);
    g_assert_cmpuint (uri->port, ==, 0);
    g_assert_cmpint (uri->path[0], ==, '/');
    g_assert_cmpuint (strlen (uri->path), <=, 107);
  } else {
    g_assert_cmpuint (uri->port, >, 0);
    g_assert_true (uri->host == NULL || ice_address_is_valid (uri->host));
  }
  assert_round_trip (uri);
  return 0;
}
