/* gst-ice: libFuzzer entry point of iceserver and iceserverentry: no crash, no
 * leaked password, exact round trip.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include <string.h>

#include "candidates/icecandidate.h"
#include "model/iceserverentry.h"

#define SECRET "hunter2"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static void
assert_servers_equal (
    const IceServer *a, const IceServer *b, const gchar *password)
{
  g_assert_cmpint (a->scheme, ==, b->scheme);
  g_assert_cmpstr (a->host, ==, b->host);
  g_assert_cmpstr (a->address, ==, b->address);
  g_assert_cmpuint (a->port, ==, b->port);
  g_assert_cmpint (a->transport, ==, b->transport);
  g_assert_cmpstr (a->username, ==, b->username);
  g_assert_cmpstr (password, ==, b->password);
}

/* Text before an '@' may be a user name or password, whatever else is wrong. */
static void
assert_no_secret (const gchar *uri, const gchar *message)
{
  const gchar *at = strrchr (uri, '@');
  const gchar *secret = g_strrstr (uri, SECRET);

  if (at != NULL && secret != NULL && secret < at)
    g_assert_null (strstr (message, SECRET));
}

static void
assert_round_trip (const IceServer *server)
{
  g_autoptr (IceServer) again = NULL;
  g_autoptr (IceServer) copy = ice_server_copy (server);
  g_autoptr (GError) error = NULL;
  g_autofree gchar *text = ice_server_to_string (server);
  g_autofree gchar *text_again = NULL;

  assert_servers_equal (server, copy, server->password);
  /* port, transport and escapes may make it longer than what is parsed */
  if (strlen (text) > 1024)
    return;
  again = ice_server_parse (text, &error);
  g_assert_no_error (error);
  assert_servers_equal (server, again, server->password != NULL ? "***" : NULL);
  text_again = ice_server_to_string (again);
  g_assert_cmpstr (text, ==, text_again);
}

/* An entry of ice-servers: lines with a URL, a user name and a credential. */
static void
read_entry (const gchar *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", 3);
  const gchar *urls[] = { lines[0], NULL };
  const gchar *username = lines[0] != NULL ? lines[1] : NULL;
  const gchar *credential = username != NULL ? lines[2] : NULL;
  const IceServer *server;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray)
      servers = ice_server_entry_parse (urls, username, credential, &error);

  if (servers == NULL) {
    g_assert_true (error != NULL && error->domain == ICE_SERVER_ERROR);
    g_assert_cmpuint (strlen (error->message), <, 300);
    if (credential != NULL && strstr (credential, SECRET) != NULL
        && strstr (urls[0], SECRET) == NULL)
      g_assert_null (strstr (error->message, SECRET));
    return;
  }
  g_assert_no_error (error);
  g_assert_cmpuint (servers->len, ==, 1);
  server = g_ptr_array_index (servers, 0);
  if (server->scheme == ICE_SERVER_STUN)
    return;
  g_assert_cmpstr (server->username, ==, username);
  g_assert_cmpstr (server->password, ==, credential);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree gchar *text = g_strndup ((const gchar *) data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (IceServer) server = ice_server_parse (text, &error);

  read_entry (text);
  if (server == NULL) {
    g_assert_true (error != NULL && error->domain == ICE_SERVER_ERROR);
    g_assert_true (g_str_is_ascii (error->message));
    g_assert_cmpuint (strlen (error->message), <, 300);
    assert_no_secret (text, error->message);
    return 0;
  }

  g_assert_no_error (error);
  g_assert_true (ice_address_is_valid (server->host));
  g_assert_cmpuint (server->port, >, 0);
  g_assert_true ((server->username == NULL) == (server->password == NULL));
  if (server->username != NULL) {
    g_assert_true (g_utf8_validate (server->username, -1, NULL));
    g_assert_true (g_utf8_validate (server->password, -1, NULL));
  }
  if (server->scheme == ICE_SERVER_TURNS || server->scheme == ICE_SERVER_STUNS)
    g_assert_cmpint (server->transport, ==, ICE_SERVER_TRANSPORT_TLS);
  assert_round_trip (server);
  return 0;
}
