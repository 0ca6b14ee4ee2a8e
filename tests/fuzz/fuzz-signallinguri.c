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

/* The URI of an element is a signalling-uri and two numbers. */
static void
assert_element_round_trip (const gchar *text, const IceSignallingUri *uri)
{
  g_autofree gchar *signalling = ice_signalling_uri_from_element (text);
  g_autofree gchar *element = ice_signalling_uri_to_element (
      signalling, uri->stream, uri->component);
  g_autoptr (GError) error = NULL;
  g_autoptr (IceSignallingUri)
      parts = ice_signalling_uri_parse (signalling, &error);
  g_autoptr (IceSignallingUri) again = NULL;

  g_assert_no_error (error);
  g_assert_cmpint (uri->mode, ==, parts->mode);
  g_assert_cmpstr (uri->host, ==, parts->host);
  g_assert_cmpuint (uri->port, ==, parts->port);
  g_assert_cmpuint (uri->timeout, ==, parts->timeout);
  if (strlen (element) > strlen (text))
    return; /* perhaps too long */
  again = ice_signalling_uri_parse_element (element, &error);
  g_assert_no_error (error);
  g_assert_cmpint (uri->mode, ==, again->mode);
  g_assert_cmpstr (uri->host, ==, again->host);
  g_assert_cmpuint (uri->port, ==, again->port);
  g_assert_cmpuint (uri->stream, ==, again->stream);
  g_assert_cmpuint (uri->component, ==, again->component);
}

static void
read_element (const gchar *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IceSignallingUri)
      uri = ice_signalling_uri_parse_element (text, &error);

  if (uri == NULL) {
    g_assert_true (error != NULL && error->domain == ICE_SIGNALLING_URI_ERROR);
    g_assert_true (g_str_is_ascii (error->message));
    g_assert_cmpuint (strlen (error->message), <, 300);
    return;
  }
  g_assert_no_error (error);
  g_assert_null (uri->path);
  g_assert_cmpuint (uri->stream, <=, 255);
  g_assert_cmpuint (uri->component, >=, 1);
  g_assert_cmpuint (uri->component, <=, 256);
  assert_element_round_trip (text, uri);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree gchar *text = g_strndup ((const gchar *) data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (IceSignallingUri) uri = ice_signalling_uri_parse (text, &error);

  read_element (text);
  if (uri == NULL) {
    g_assert_true (error != NULL && error->domain == ICE_SIGNALLING_URI_ERROR);
    g_assert_true (g_str_is_ascii (error->message));
    g_assert_cmpuint (strlen (error->message), <, 300);
    return 0;
  }

  g_assert_no_error (error);
  g_assert_cmpuint (uri->timeout, >=, 1);
  g_assert_cmpuint (uri->timeout, <=, ICE_SIGNALLING_MAX_TIMEOUT);
  g_assert_cmpuint (uri->stream, ==, 0);
  g_assert_cmpuint (uri->component, ==, 1);
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
