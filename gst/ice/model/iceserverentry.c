/* gst-ice: an entry of ice-servers, fields to servers.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/iceserverentry.h"

#include <string.h>

/* RFC 8489 section 14.3: fewer than 509 bytes */
#define USERNAME_MAX_LENGTH 508
#define CREDENTIAL_MAX_LENGTH 1024

/* No message repeats a value: a URL may have a password in the wrong place. */

static gboolean
refuse (GError **error, const gchar *field, const gchar *why)
{
  g_set_error (error, ICE_SERVER_ERROR, ICE_SERVER_ERROR_CREDENTIALS, "%s %s",
      field, why);
  return FALSE;
}

static gboolean
check_text (
    const gchar *field, const gchar *text, gsize max_length, GError **error)
{
  if (text == NULL)
    return refuse (error, field,
        "is missing, which turn: and turns: need beside urls (long-term "
        "credentials, RFC 8656)");
  if (text[0] == '\0')
    return refuse (error, field, "is empty");
  if (!g_utf8_validate (text, -1, NULL))
    return refuse (error, field, "is not UTF-8");
  if (strlen (text) > max_length) {
    g_set_error (error, ICE_SERVER_ERROR, ICE_SERVER_ERROR_CREDENTIALS,
        "%s is longer than %" G_GSIZE_FORMAT " bytes", field, max_length);
    return FALSE;
  }
  return TRUE;
}

static IceServer *
parse_url (const gchar *url, const gchar *username, const gchar *credential,
    GError **error)
{
  g_autoptr (IceServer) server = NULL;

  if (url != NULL && strchr (url, '@') != NULL) {
    g_set_error_literal (error, ICE_SERVER_ERROR, ICE_SERVER_ERROR_CREDENTIALS,
        "a '@' is not expected; write the user name and the password as they "
        "are in the fields username and credential");
    return NULL;
  }
  server = ice_server_parse (url, error);
  if (server == NULL || !ice_server_check_supported (server, error))
    return NULL;
  if (server->scheme == ICE_SERVER_TURN || server->scheme == ICE_SERVER_TURNS) {
    server->username = g_strdup (username);
    server->password = g_strdup (credential);
  }
  return g_steal_pointer (&server);
}

/* webrtc section 4.4.1.6: the credentials are needed for TURN and ignored for
 * STUN. */
static gboolean
check_credentials (const IceServer *server, GError **error)
{
  if (server->scheme != ICE_SERVER_TURN && server->scheme != ICE_SERVER_TURNS)
    return TRUE;
  return check_text ("username", server->username, USERNAME_MAX_LENGTH, error)
      && check_text (
          "credential", server->password, CREDENTIAL_MAX_LENGTH, error);
}

/**
 * ice_server_entry_parse:
 * @urls: (array zero-terminated=1): URLs `stun:host:port`,
 *   `turn:host:port?transport=udp|tcp` and `turns:host:port`
 * @username: (nullable): the user name for those of TURN, as it is
 * @credential: (nullable): its password, as it is
 * @error: return location for an #IceServerError, or %NULL
 *
 * Any thread.
 *
 * Returns: (transfer full) (nullable) (element-type IceServer): a server for
 *   each URL, or %NULL with @error set, which names the field
 */
GPtrArray *
ice_server_entry_parse (const gchar *const *urls, const gchar *username,
    const gchar *credential, GError **error)
{
  g_autoptr (GPtrArray) servers = g_ptr_array_new_with_free_func (
      (GDestroyNotify) ice_server_free);
  guint i;

  if (urls[0] == NULL) {
    g_set_error_literal (error, ICE_SERVER_ERROR, ICE_SERVER_ERROR_SYNTAX,
        "urls is missing or empty, expected stun:, turn: or turns: URLs");
    return NULL;
  }
  for (i = 0; urls[i] != NULL; i++) {
    IceServer *server = parse_url (urls[i], username, credential, error);

    if (server == NULL) {
      g_prefix_error (error, "urls, item %u: ", i);
      return NULL;
    }
    g_ptr_array_add (servers, server);
    if (!check_credentials (server, error))
      return NULL;
  }
  return g_steal_pointer (&servers);
}
