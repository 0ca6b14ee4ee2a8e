/* gst-ice: STUN and TURN server URIs, text to struct and back.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/iceserver.h"

#include <string.h>

#include "candidates/iceaddress.h"
#include "model/iceerror.h"

#define URI_MAX_LENGTH 1024
/* How much of a refused parameter's name goes into a message. */
#define QUOTE_MAX_LENGTH 48

#define URI_FLAGS                                                              \
  (G_URI_FLAGS_HAS_PASSWORD | G_URI_FLAGS_ENCODED_QUERY                        \
      | G_URI_FLAGS_ENCODED_PATH | G_URI_FLAGS_ENCODED_FRAGMENT)

G_DEFINE_QUARK (ice_server_error, ice_server_error)

/* No message of this file repeats text of the URI, and none of GLib's is passed
 * on: in a malformed URI, what looks like a host or a port may be a password.
 * The one exception is the name of an unknown parameter, see
 * refuse_parameter(). */

static gboolean
refuse (GError **error, IceServerError code, const gchar *message)
{
  g_set_error (
      error, ICE_SERVER_ERROR, code, "STUN or TURN server URI: %s", message);
  return FALSE;
}

/* RFC 7064 section 3.1, RFC 7065 section 3.1 */
static const gchar *
scheme_to_string (IceServerScheme scheme)
{
  switch (scheme) {
    case ICE_SERVER_STUN:
      return "stun";
    case ICE_SERVER_STUNS:
      return "stuns";
    case ICE_SERVER_TURN:
      return "turn";
    case ICE_SERVER_TURNS:
      return "turns";
  }
  g_return_val_if_reached (NULL);
}

static gboolean
is_turn (const IceServer *server)
{
  return server->scheme == ICE_SERVER_TURN
      || server->scheme == ICE_SERVER_TURNS;
}

static gboolean
is_printable (const gchar *text)
{
  for (; *text != '\0'; text++) {
    if (!g_ascii_isgraph (*text))
      return FALSE;
  }
  return TRUE;
}

/* Sets the scheme; returns the text behind its ':', or NULL. */
static const gchar *
parse_scheme (IceServer *server, const gchar *uri, GError **error)
{
  static const IceServerScheme schemes[] = { ICE_SERVER_STUN, ICE_SERVER_STUNS,
    ICE_SERVER_TURN, ICE_SERVER_TURNS };
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (schemes); i++) {
    const gchar *name = scheme_to_string (schemes[i]);
    gsize length = strlen (name);

    if (g_ascii_strncasecmp (uri, name, length) == 0 && uri[length] == ':') {
      server->scheme = schemes[i];
      return uri + length + 1;
    }
  }

  refuse (error, ICE_SERVER_ERROR_SCHEME,
      "the scheme is unknown, expected stun:, stuns:, turn: or turns:");
  return NULL;
}

static gboolean
refuse_part (const GError *reason, GError **error)
{
  switch (reason->code) {
    case G_URI_ERROR_BAD_USER:
    case G_URI_ERROR_BAD_PASSWORD:
      return refuse (error, ICE_SERVER_ERROR_CREDENTIALS,
          "the user name or password is not percent-encoded UTF-8; a '%' in "
          "it is \"%25\"");
    case G_URI_ERROR_BAD_HOST:
      return refuse (error, ICE_SERVER_ERROR_HOST,
          "the host is malformed, expected a name, an IPv4 address or an IPv6 "
          "address in brackets");
    case G_URI_ERROR_BAD_PORT:
      return refuse (error, ICE_SERVER_ERROR_PORT,
          "the port is malformed, expected a number from 1 to 65535");
    case G_URI_ERROR_BAD_QUERY:
      return refuse (error, ICE_SERVER_ERROR_SYNTAX,
          "the text after '?' is malformed, expected transport=TRANSPORT");
    default:
      return refuse (error, ICE_SERVER_ERROR_SYNTAX,
          "it is malformed, expected "
          "SCHEME:[USER:PASSWORD@]HOST[:PORT][?transport=TRANSPORT]");
  }
}

/* The user name of a REST API for time-limited credentials is the time, in
 * seconds, then ':' and a name (draft-uberti-behave-turn-rest-00). */
#define TIME_MIN_DIGITS 9

static gboolean
is_half_a_rest_name (const gchar *user, gsize length)
{
  gsize digits = 0;

  while (digits < length && g_ascii_isdigit (user[digits]))
    digits++;
  return digits == length && digits >= TIME_MIN_DIGITS;
}

/* A character that user information cannot contain (RFC 3986 section 3.2.1)
 * ends it, and the rest of a password would be parsed as a host, a path or a
 * query. So those characters are looked for first. */
static gboolean
check_user_info (const gchar *rest, GError **error)
{
  const gchar *end = strrchr (rest, '@');
  gsize length, user;

  if (end == NULL)
    return TRUE;
  length = strcspn (rest, "/?#@");
  if (length < (gsize) (end - rest)) {
    g_set_error (error, ICE_SERVER_ERROR, ICE_SERVER_ERROR_CREDENTIALS,
        "STUN or TURN server URI: a '%c' in the user name or password must be "
        "written \"%%%02X\", and a ':' in the user name \"%%3A\", as in "
        "turn:1700000000%%3Auser:pass%%2Fword@host",
        rest[length], (guint) rest[length]);
    return FALSE;
  }
  user = strcspn (rest, ":@");
  if (is_half_a_rest_name (rest, user) && rest[user] == ':'
      && memchr (rest + user + 1, ':', length - user - 1) != NULL)
    return refuse (error, ICE_SERVER_ERROR_CREDENTIALS,
        "the user name would end at its first ':' and be a number only; a ':' "
        "in the user name or password must be written \"%3A\", as in "
        "turn:1700000000%3Auser:password@host");
  return TRUE;
}

static gboolean
take_credentials (
    IceServer *server, gchar **username, gchar **password, GError **error)
{
  if (*username == NULL && *password == NULL)
    return TRUE;

  if (!is_turn (server))
    return refuse (error, ICE_SERVER_ERROR_CREDENTIALS,
        "a STUN server takes no user name and password");
  if (*username == NULL || **username == '\0' || *password == NULL
      || **password == '\0')
    return refuse (error, ICE_SERVER_ERROR_CREDENTIALS,
        "both a user name and a password are expected before the '@', "
        "as in USER:PASSWORD@HOST");

  server->username = g_steal_pointer (username);
  server->password = g_steal_pointer (password);
  return TRUE;
}

static gboolean
take_host (IceServer *server, gchar **host, GError **error)
{
  if (*host == NULL || **host == '\0')
    return refuse (error, ICE_SERVER_ERROR_HOST, "the host is missing");
  if (strchr (*host, '@') != NULL)
    return refuse (error, ICE_SERVER_ERROR_CREDENTIALS,
        "more than one '@', expected \"%40\" for one in a user name or "
        "password");
  if (!ice_address_is_valid (*host))
    return refuse (error, ICE_SERVER_ERROR_HOST,
        "the host is not valid, expected a name, an IPv4 address or an IPv6 "
        "address in brackets and without a zone");

  server->host = g_steal_pointer (host);
  return TRUE;
}

static gboolean
take_path_and_fragment (
    const gchar *path, const gchar *fragment, GError **error)
{
  if (path[0] != '\0')
    return refuse (error, ICE_SERVER_ERROR_SYNTAX,
        "a path is not expected; a '/' in a user name or password is "
        "\"%2F\"");
  if (fragment != NULL)
    return refuse (error, ICE_SERVER_ERROR_SYNTAX,
        "a fragment is not expected; a '#' in a user name or password is "
        "\"%23\"");
  return TRUE;
}

/* The name may be repeated: take_query() has made sure that no '@' follows, so
 * that it cannot be part of a password with a '?' in it. */
static gboolean
refuse_parameter (const gchar *name, GError **error)
{
  g_autofree gchar *quoted = ice_error_quote (name, QUOTE_MAX_LENGTH);

  g_set_error (error, ICE_SERVER_ERROR, ICE_SERVER_ERROR_SYNTAX,
      "STUN or TURN server URI: the parameter %s is unknown, expected only "
      "transport=",
      quoted);
  return FALSE;
}

/* RFC 7065 section 3.1 has udp and tcp, webrtcbin has tls too. RFC 7065 section
 * 3.2: turns means TLS over TCP, or DTLS over UDP, which libnice cannot do. */
static gboolean
take_transport (IceServer *server, const gchar *value, GError **error)
{
  if (g_ascii_strcasecmp (value, "udp") == 0) {
    if (server->scheme == ICE_SERVER_TURNS)
      return refuse (error, ICE_SERVER_ERROR_TRANSPORT,
          "turns: with transport=udp means DTLS, which is not supported, "
          "expected transport=tcp or transport=tls");
    server->transport = ICE_SERVER_TRANSPORT_UDP;
  } else if (g_ascii_strcasecmp (value, "tcp") == 0) {
    server->transport = server->scheme == ICE_SERVER_TURNS
        ? ICE_SERVER_TRANSPORT_TLS
        : ICE_SERVER_TRANSPORT_TCP;
  } else if (g_ascii_strcasecmp (value, "tls") == 0) {
    server->transport = ICE_SERVER_TRANSPORT_TLS;
  } else {
    return refuse (error, ICE_SERVER_ERROR_TRANSPORT,
        "the transport is unknown, expected udp, tcp or tls");
  }
  return TRUE;
}

static gboolean
take_query (IceServer *server, const gchar *query, GError **error)
{
  GUriParamsIter iter;
  gboolean seen = FALSE;

  if (query == NULL)
    return TRUE;
  if (!is_turn (server))
    return refuse (error, ICE_SERVER_ERROR_TRANSPORT,
        "a stun: or stuns: URI takes no parameters (RFC 7064 section 3.1)");

  if (strchr (query, '@') != NULL)
    return refuse (error, ICE_SERVER_ERROR_CREDENTIALS,
        "it has a '@' after '?'; a '?' in a user name or password is \"%3F\"");

  g_uri_params_iter_init (&iter, query, -1, "&", G_URI_PARAMS_NONE);
  for (;;) {
    g_autofree gchar *name = NULL;
    g_autofree gchar *value = NULL;
    g_autoptr (GError) reason = NULL;

    if (!g_uri_params_iter_next (&iter, &name, &value, &reason)) {
      if (reason == NULL && seen)
        return TRUE;
      return refuse (error, ICE_SERVER_ERROR_SYNTAX,
          "the text after '?' is malformed, expected transport=TRANSPORT");
    }
    if (strcmp (name, "transport") != 0)
      return refuse_parameter (name, error);
    if (seen)
      return refuse (error, ICE_SERVER_ERROR_TRANSPORT,
          "transport= is there twice, expected it once");
    if (!take_transport (server, value, error))
      return FALSE;
    seen = TRUE;
  }
}

/* The defaults are RFC 7064's and 7065's; turn: with TLS is webrtcbin's form
 * and follows the transport. */
static gboolean
take_port (IceServer *server, gint port, GError **error)
{
  if (port == 0)
    return refuse (
        error, ICE_SERVER_ERROR_PORT, "the port is 0, expected 1 to 65535");

  if (port > 0)
    server->port = port;
  else if (server->transport == ICE_SERVER_TRANSPORT_TLS)
    server->port = ICE_SERVER_PORT_TLS;
  else
    server->port = ICE_SERVER_PORT;
  return TRUE;
}

static gboolean
parse_parts (IceServer *server, const gchar *rest, GError **error)
{
  g_autofree gchar *uri = NULL;
  g_autofree gchar *username = NULL;
  g_autofree gchar *password = NULL;
  g_autofree gchar *host = NULL;
  g_autofree gchar *path = NULL;
  g_autofree gchar *query = NULL;
  g_autofree gchar *fragment = NULL;
  g_autoptr (GError) reason = NULL;
  gsize length;
  gint port;

  /* RFC 7064 has no "//", but the rest has the form of an authority. */
  if (g_str_has_prefix (rest, "//"))
    rest += strlen ("//");
  if (is_turn (server) && !check_user_info (rest, error))
    return FALSE;
  uri = g_strconcat ("server://", rest, NULL);

  if (!g_uri_split_with_user (uri, URI_FLAGS, NULL, &username, &password, NULL,
          &host, &port, &path, &query, &fragment, &reason))
    return refuse_part (reason, error);

  /* GUri takes "host:" for "host". */
  length = strcspn (rest, "/?#");
  if (length > 0 && rest[length - 1] == ':')
    return refuse (error, ICE_SERVER_ERROR_PORT,
        "the port after ':' is missing, expected 1 to 65535");

  /* The port comes last, its default depends on the transport. */
  return take_path_and_fragment (path, fragment, error)
      && take_host (server, &host, error)
      && take_credentials (server, &username, &password, error)
      && take_query (server, query, error) && take_port (server, port, error);
}

/**
 * ice_server_parse:
 * @uri: (nullable): a server URI
 * @error: return location for an #IceServerError, or %NULL
 *
 * Parses `stun:host[:port]` and `stuns:` of RFC 7064 section 3.1,
 * `turn:host[:port][?transport=udp|tcp]` and `turns:` of RFC 7065 section 3.1,
 * and webrtcbin's forms: "//" after the scheme, "user:password@" before the
 * host, `transport=tls`. User name and password are percent-decoded.
 *
 * The port is 3478, or 5349 over TLS; the transport is UDP, or TLS for `turns:`
 * and `stuns:`. `turns:` over UDP (DTLS) is refused.
 *
 * No error message holds any part of the user name or the password. Any thread.
 *
 * Returns: (transfer full) (nullable): the server, or %NULL with @error set
 */
IceServer *
ice_server_parse (const gchar *uri, GError **error)
{
  g_autoptr (IceServer) server = NULL;
  const gchar *rest;

  if (uri == NULL || uri[0] == '\0') {
    refuse (error, ICE_SERVER_ERROR_SYNTAX, "the text is empty");
    return NULL;
  }
  if (strlen (uri) > URI_MAX_LENGTH) {
    refuse (error, ICE_SERVER_ERROR_SYNTAX,
        "it is longer than " G_STRINGIFY (URI_MAX_LENGTH) " bytes");
    return NULL;
  }
  if (!is_printable (uri)) {
    refuse (error, ICE_SERVER_ERROR_SYNTAX,
        "it has a space, control character or non-ASCII character, which must "
        "be "
        "percent-encoded");
    return NULL;
  }

  server = g_new0 (IceServer, 1);
  rest = parse_scheme (server, uri, error);
  if (rest == NULL)
    return NULL;

  if (server->scheme == ICE_SERVER_STUNS || server->scheme == ICE_SERVER_TURNS)
    server->transport = ICE_SERVER_TRANSPORT_TLS;
  if (!parse_parts (server, rest, error))
    return NULL;

  return g_steal_pointer (&server);
}

/**
 * ice_server_check_supported:
 * @server: a server
 * @error: return location for an #IceServerError, or %NULL
 *
 * Any thread.
 *
 * Returns: whether a server of this scheme can be used; %FALSE with @error set
 *   otherwise
 */
gboolean
ice_server_check_supported (const IceServer *server, GError **error)
{
  if (server->scheme != ICE_SERVER_STUNS)
    return TRUE;
  g_set_error_literal (error, ICE_SERVER_ERROR, ICE_SERVER_ERROR_SCHEME,
      "stuns: (STUN over TLS) is not supported, use stun:; the address that it "
      "would report is that of a TCP connection, useless for UDP");
  return FALSE;
}

static const gchar *
transport_parameter (const IceServer *server)
{
  switch (server->transport) {
    case ICE_SERVER_TRANSPORT_UDP:
      return "udp";
    case ICE_SERVER_TRANSPORT_TCP:
      return "tcp";
    case ICE_SERVER_TRANSPORT_TLS:
      return server->scheme == ICE_SERVER_TURNS ? "tcp" : "tls";
  }
  g_return_val_if_reached (NULL);
}

/**
 * ice_server_to_string:
 * @server: a server
 *
 * Prints @server for people and logs, with its port and transport always there
 * and "***" for the password: `stun:host:port`, `turn:host:port?transport=...`
 * as in RFC 7064 and 7065, `turn://user:***@host:port?transport=...` as in
 * webrtcbin. Any thread.
 *
 * Returns: (transfer full): the text
 */
gchar *
ice_server_to_string (const IceServer *server)
{
  GString *text;

  g_return_val_if_fail (server != NULL, NULL);

  text = g_string_new (scheme_to_string (server->scheme));
  g_string_append_c (text, ':');
  if (server->username != NULL) {
    g_string_append (text, "//");
    g_string_append_uri_escaped (text, server->username,
        G_URI_RESERVED_CHARS_SUBCOMPONENT_DELIMITERS, FALSE);
    g_string_append (text, ":***@");
  }

  if (ice_address_kind (server->host) == ICE_ADDRESS_IPV6)
    g_string_append_printf (text, "[%s]", server->host);
  else
    g_string_append (text, server->host);
  g_string_append_printf (text, ":%u", server->port);

  if (is_turn (server))
    g_string_append_printf (
        text, "?transport=%s", transport_parameter (server));

  return g_string_free (text, FALSE);
}

/**
 * ice_server_copy:
 * @server: a server
 *
 * Any thread.
 *
 * Returns: (transfer full): a deep copy
 */
IceServer *
ice_server_copy (const IceServer *server)
{
  IceServer *copy;

  g_return_val_if_fail (server != NULL, NULL);

  copy = g_memdup2 (server, sizeof *server);
  copy->host = g_strdup (server->host);
  copy->username = g_strdup (server->username);
  copy->password = g_strdup (server->password);
  copy->address = g_strdup (server->address);
  copy->other_address = g_strdup (server->other_address);

  return copy;
}

/**
 * ice_server_free:
 * @server: (transfer full) (nullable): a server
 *
 * Any thread.
 */
void
ice_server_free (IceServer *server)
{
  if (server == NULL)
    return;

  g_free (server->host);
  g_free (server->username);
  g_free (server->password);
  g_free (server->address);
  g_free (server->other_address);
  g_free (server);
}
