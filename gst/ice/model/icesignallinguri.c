/* gst-ice: the signalling-uri property, and the URI of an element, text to
 * struct.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/icesignallinguri.h"

#include <string.h>

#include "candidates/iceaddress.h"
#include "model/iceerror.h"
#include "model/icestream.h"

#define URI_MAX_LENGTH 1024
/* sun_path of sockaddr_un has 108 bytes on Linux, its NUL included. */
#define PATH_MAX_LENGTH 107
/* How much of refused text goes into a message. */
#define QUOTE_MAX_LENGTH 48

#define FORMS                                                                  \
  "tcp://HOST:PORT?mode=MODE&timeout=SECONDS, "                                \
  "unix:///PATH?mode=MODE&timeout=SECONDS or "                                 \
  "ws://HOST:PORT/PATH?mode=MODE&timeout=SECONDS"
#define ELEMENT_FORM                                                           \
  "ice://HOST:PORT?mode=MODE&timeout=SECONDS&stream=STREAM&component="         \
  "COMPONENT"

/* RFC 6455 section 3 */
#define PORT_OF_WS 80
#define PORT_OF_WSS 443

G_DEFINE_QUARK (ice_signalling_uri_error, ice_signalling_uri_error)

static gboolean
refuse (GError **error, IceSignallingUriError code, const gchar *message)
{
  g_set_error (error, ICE_SIGNALLING_URI_ERROR, code, "%s", message);
  return FALSE;
}

static gboolean
refuse_form (GError **error, IceSignallingUriError code, const gchar *why,
    gboolean element)
{
  g_set_error (error, ICE_SIGNALLING_URI_ERROR, code, "%s, expected %s", why,
      element ? ELEMENT_FORM : FORMS);
  return FALSE;
}

static gboolean
refuse_parameter (
    GError **error, const gchar *what, const gchar *text, const gchar *expected)
{
  g_autofree gchar *quoted = ice_error_quote (text, QUOTE_MAX_LENGTH);

  g_set_error (error, ICE_SIGNALLING_URI_ERROR,
      ICE_SIGNALLING_URI_ERROR_PARAMETER, "%s %s is not accepted, expected %s",
      what, quoted, expected);
  return FALSE;
}

/* GLib's messages repeat parts of the URI and are translated; the code is
 * enough. */
static gboolean
refuse_part (const GError *reason, gboolean element, GError **error)
{
  switch (reason->code) {
    case G_URI_ERROR_BAD_SCHEME:
      return refuse_form (error, ICE_SIGNALLING_URI_ERROR_SCHEME,
          "the scheme is malformed", element);
    case G_URI_ERROR_BAD_HOST:
      return refuse (error, ICE_SIGNALLING_URI_ERROR_HOST,
          "the host is malformed, expected a name, an IPv4 address or an IPv6 "
          "address in brackets");
    case G_URI_ERROR_BAD_PORT:
      return refuse (error, ICE_SIGNALLING_URI_ERROR_PORT,
          "the port is malformed, expected a number from 1 to 65535");
    case G_URI_ERROR_BAD_PATH:
      return refuse (error, ICE_SIGNALLING_URI_ERROR_PATH,
          "the path is not percent-encoded UTF-8");
    case G_URI_ERROR_BAD_QUERY:
      return refuse (error, ICE_SIGNALLING_URI_ERROR_PARAMETER,
          "the text after '?' is not percent-encoded UTF-8");
    default:
      return refuse_form (
          error, ICE_SIGNALLING_URI_ERROR_SYNTAX, "it is malformed", element);
  }
}

static gboolean
take_mode (IceSignallingUri *uri, const gchar *value, GError **error)
{
  if (strcmp (value, "caller") == 0)
    uri->mode = ICE_SIGNALLING_CALLER;
  else if (strcmp (value, "listener") == 0)
    uri->mode = ICE_SIGNALLING_LISTENER;
  else
    return refuse_parameter (error, "mode", value, "caller or listener");
  return TRUE;
}

static gboolean
take_timeout (IceSignallingUri *uri, const gchar *value, GError **error)
{
  guint64 seconds;

  if (!g_ascii_string_to_unsigned (
          value, 10, 1, ICE_SIGNALLING_MAX_TIMEOUT, &seconds, NULL))
    return refuse_parameter (error, "timeout", value,
        "1 to " G_STRINGIFY (ICE_SIGNALLING_MAX_TIMEOUT) " seconds");

  uri->timeout = seconds;
  return TRUE;
}

static gboolean
take_stream (IceSignallingUri *uri, const gchar *value, GError **error)
{
  guint64 stream;

  if (!g_ascii_string_to_unsigned (
          value, 10, 0, ICE_STREAM_MAX_INDEX, &stream, NULL))
    return refuse_parameter (
        error, "stream", value, "0 to " G_STRINGIFY (ICE_STREAM_MAX_INDEX));

  uri->stream = stream;
  return TRUE;
}

static gboolean
take_component (IceSignallingUri *uri, const gchar *value, GError **error)
{
  guint64 component;

  if (!g_ascii_string_to_unsigned (
          value, 10, 1, ICE_STREAM_MAX_COMPONENT, &component, NULL))
    return refuse_parameter (error, "component", value,
        "1 to " G_STRINGIFY (ICE_STREAM_MAX_COMPONENT));

  uri->component = component;
  return TRUE;
}

static gboolean
take_keep (IceSignallingUri *uri, const gchar *value, GError **error)
{
  if (strcmp (value, "true") != 0 && strcmp (value, "false") != 0)
    return refuse_parameter (error, "keep", value, "true or false");
  uri->keep = strcmp (value, "true") == 0;
  return TRUE;
}

/* RFC 6454 section 6.2; "null" is the origin of a page from a file. */
static gboolean
take_origin (IceSignallingUri *uri, const gchar *value, GError **error)
{
  const gchar *host = strstr (value, "://");

  if (strcmp (value, "*") != 0 && strcmp (value, "null") != 0
      && (host == NULL || host == value || host[3] == '\0'
          || strchr (host + 3, '/') != NULL))
    return refuse_parameter (error, "origin", value,
        "a web page's, such as https://example.org, or *, any page's");
  uri->origin = g_strdup (value);
  return TRUE;
}

static gboolean
take_file (gchar **file, const gchar *name, const gchar *value, GError **error)
{
  if (value[0] != '/')
    return refuse_parameter (error, name, value, "the absolute path of a file");
  *file = g_strdup (value);
  return TRUE;
}

static gboolean
take_certificate (IceSignallingUri *uri, const gchar *value, GError **error)
{
  return take_file (&uri->certificate, "certificate", value, error);
}

static gboolean
take_key (IceSignallingUri *uri, const gchar *value, GError **error)
{
  return take_file (&uri->key, "key", value, error);
}

static const struct
{
  const gchar *name;
  gboolean (*take) (IceSignallingUri *uri, const gchar *value, GError **error);
  gboolean of_element; /* not of signalling-uri */
} parameters[] = { { "mode", take_mode, FALSE },
  { "timeout", take_timeout, FALSE }, { "stream", take_stream, TRUE },
  { "component", take_component, TRUE }, { "keep", take_keep, FALSE },
  { "origin", take_origin, FALSE }, { "certificate", take_certificate, FALSE },
  { "key", take_key, FALSE } };

static gboolean
is_of_element (const gchar *name)
{
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (parameters); i++)
    if (strcmp (name, parameters[i].name) == 0)
      return parameters[i].of_element;
  return FALSE;
}

static gboolean
take_parameter (IceSignallingUri *uri, const gchar *name, const gchar *value,
    gboolean element, gboolean *seen, GError **error)
{
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (parameters); i++) {
    if (strcmp (name, parameters[i].name) != 0
        || (parameters[i].of_element && !element))
      continue;
    if (seen[i])
      return refuse_parameter (error, "second parameter", name, "it once");
    seen[i] = TRUE;
    return parameters[i].take (uri, value, error);
  }
  return refuse_parameter (error, "parameter", name,
      element ? "mode, timeout, keep, stream or component"
              : "mode, timeout, keep, origin, certificate or key");
}

static gboolean
take_query (
    IceSignallingUri *uri, const gchar *query, gboolean element, GError **error)
{
  gboolean seen[G_N_ELEMENTS (parameters)] = { FALSE };
  GUriParamsIter iter;

  if (query == NULL)
    return TRUE;

  g_uri_params_iter_init (&iter, query, -1, "&", G_URI_PARAMS_NONE);
  for (;;) {
    g_autofree gchar *name = NULL;
    g_autofree gchar *value = NULL;
    g_autoptr (GError) reason = NULL;

    if (!g_uri_params_iter_next (&iter, &name, &value, &reason)) {
      if (reason == NULL)
        return TRUE;
      return refuse (error, ICE_SIGNALLING_URI_ERROR_PARAMETER,
          "the text after '?' is malformed, expected NAME=VALUE pairs with '&' "
          "between them");
    }
    if (!take_parameter (uri, name, value, element, seen, error))
      return FALSE;
  }
}

static gboolean
take_tcp (IceSignallingUri *uri, gchar **host, gint port, const gchar *path,
    gboolean element, GError **error)
{
  if (*host == NULL)
    return refuse_form (error, ICE_SIGNALLING_URI_ERROR_SYNTAX,
        "\"//\" after the scheme is missing", element);
  if (**host != '\0' && !ice_address_is_valid (*host))
    return refuse (error, ICE_SIGNALLING_URI_ERROR_HOST,
        "the host is not valid, expected a name, an IPv4 address or an IPv6 "
        "address in brackets and without a zone");
  if (port <= 0)
    return refuse (error, ICE_SIGNALLING_URI_ERROR_PORT,
        "the port is missing or 0, expected a number from 1 to 65535");
  if (path[0] != '\0')
    return refuse (error, ICE_SIGNALLING_URI_ERROR_PATH,
        element ? "a path is not expected with ice:, expected '?' or the end "
                  "after the port"
                : "a path is not expected with tcp:, expected '?' or the end "
                  "after the port");

  uri->port = port;
  if (**host != '\0')
    uri->host = g_steal_pointer (host);
  return TRUE;
}

static gboolean
take_unix (IceSignallingUri *uri, const gchar *host, gint port, gchar **path,
    GError **error)
{
  if (host == NULL)
    return refuse (error, ICE_SIGNALLING_URI_ERROR_SYNTAX,
        "\"//\" after the scheme is missing, expected " FORMS);
  if (host[0] != '\0')
    return refuse (error, ICE_SIGNALLING_URI_ERROR_HOST,
        "a host is not expected with unix:, expected an absolute path, that is "
        "three slashes");
  if (port != -1)
    return refuse (error, ICE_SIGNALLING_URI_ERROR_PORT,
        "a port is not expected with unix:");
  if ((*path)[0] != '/' || (*path)[1] == '\0')
    return refuse (error, ICE_SIGNALLING_URI_ERROR_PATH,
        "the path is missing, expected unix:///PATH");
  if (strlen (*path) > PATH_MAX_LENGTH)
    return refuse (error, ICE_SIGNALLING_URI_ERROR_PATH,
        "the path is longer than " G_STRINGIFY (PATH_MAX_LENGTH) " bytes");

  uri->path = g_steal_pointer (path);
  return TRUE;
}

static gboolean
take_web (IceSignallingUri *uri, gchar **host, gint port, gchar **path,
    gboolean secure, GError **error)
{
  uri->web = TRUE;
  uri->secure = secure;
  if (port == -1)
    port = secure ? PORT_OF_WSS : PORT_OF_WS;
  if (!take_tcp (uri, host, port, "", FALSE, error))
    return FALSE;
  uri->resource = (*path)[0] != '\0' ? g_steal_pointer (path) : g_strdup ("/");
  return TRUE;
}

/* Parameters that not every URI can have. */
static gboolean
check_parameters (const IceSignallingUri *uri, GError **error)
{
  gboolean listens = uri->mode == ICE_SIGNALLING_LISTENER;

  if (uri->keep && !listens)
    return refuse (error, ICE_SIGNALLING_URI_ERROR_PARAMETER,
        "keep=true is not expected with mode=caller, only with mode=listener");
  if (uri->origin != NULL && !(listens && uri->web))
    return refuse (error, ICE_SIGNALLING_URI_ERROR_PARAMETER,
        "origin is only expected of a listener with ws: or wss:");
  if ((uri->certificate != NULL || uri->key != NULL)
      && !(listens && uri->secure))
    return refuse (error, ICE_SIGNALLING_URI_ERROR_PARAMETER,
        "certificate and key are only expected of a listener with wss:");
  if (listens && uri->secure && uri->certificate == NULL)
    return refuse (error, ICE_SIGNALLING_URI_ERROR_PARAMETER,
        "a listener with wss: needs certificate=FILE (PEM, with its key, or "
        "the key in key=FILE)");
  return TRUE;
}

static gboolean
parse_parts (
    IceSignallingUri *uri, const gchar *text, gboolean element, GError **error)
{
  g_autofree gchar *scheme = NULL;
  g_autofree gchar *userinfo = NULL;
  g_autofree gchar *host = NULL;
  g_autofree gchar *path = NULL;
  g_autofree gchar *query = NULL;
  g_autofree gchar *fragment = NULL;
  g_autoptr (GError) reason = NULL;
  gint port;

  if (!g_uri_split (text, G_URI_FLAGS_ENCODED_QUERY, &scheme, &userinfo, &host,
          &port, &path, &query, &fragment, &reason))
    return refuse_part (reason, element, error);

  if (userinfo != NULL)
    return refuse_form (error, ICE_SIGNALLING_URI_ERROR_SYNTAX,
        "a user name or password is not expected", element);
  if (fragment != NULL)
    return refuse_form (error, ICE_SIGNALLING_URI_ERROR_SYNTAX,
        "a fragment is not expected", element);

  if (g_strcmp0 (scheme, element ? "ice" : "tcp") == 0) {
    if (!take_tcp (uri, &host, port, path, element, error))
      return FALSE;
  } else if (!element && g_strcmp0 (scheme, "unix") == 0) {
    if (!take_unix (uri, host, port, &path, error))
      return FALSE;
  } else if (!element
      && (g_strcmp0 (scheme, "ws") == 0 || g_strcmp0 (scheme, "wss") == 0)) {
    if (!take_web (uri, &host, port, &path, strcmp (scheme, "wss") == 0, error))
      return FALSE;
  } else {
    return refuse_form (error, ICE_SIGNALLING_URI_ERROR_SCHEME,
        "the scheme is missing or unknown", element);
  }

  return take_query (uri, query, element, error)
      && check_parameters (uri, error);
}

static IceSignallingUri *
parse (const gchar *text, gboolean element, GError **error)
{
  g_autoptr (IceSignallingUri) uri = NULL;
  const gchar *c;

  if (text == NULL || text[0] == '\0') {
    refuse_form (
        error, ICE_SIGNALLING_URI_ERROR_SYNTAX, "the text is empty", element);
    return NULL;
  }
  if (strlen (text) > URI_MAX_LENGTH) {
    refuse (error, ICE_SIGNALLING_URI_ERROR_SYNTAX,
        "it is longer than " G_STRINGIFY (URI_MAX_LENGTH) " bytes");
    return NULL;
  }
  for (c = text; *c != '\0'; c++) {
    if (!g_ascii_isgraph (*c)) {
      refuse (error, ICE_SIGNALLING_URI_ERROR_SYNTAX,
          "it has a space, control character or non-ASCII character, which "
          "must be "
          "percent-encoded");
      return NULL;
    }
  }

  uri = g_new0 (IceSignallingUri, 1);
  uri->mode = ICE_SIGNALLING_CALLER;
  uri->timeout = ICE_SIGNALLING_DEFAULT_TIMEOUT;
  uri->component = ICE_SIGNALLING_DEFAULT_COMPONENT;
  if (!parse_parts (uri, text, element, error))
    return NULL;

  return g_steal_pointer (&uri);
}

/**
 * ice_signalling_uri_parse:
 * @text: (nullable): a signalling-uri
 * @error: return location for an #IceSignallingUriError, or %NULL
 *
 * Parses `tcp://host:port`, `unix:///path`, `ws://host:port/path` and `wss:`,
 * with the query parameters `mode=caller` (default) or `mode=listener`,
 * `timeout=` (seconds) and, of a listener, `keep=true` and those of TLS.
 * Without a host, as in `tcp://:5000`, @host is %NULL and stands for loopback.
 * The path is percent-decoded. Any thread.
 *
 * Returns: (transfer full) (nullable): the parts, or %NULL with @error set
 */
IceSignallingUri *
ice_signalling_uri_parse (const gchar *text, GError **error)
{
  return parse (text, FALSE, error);
}

/**
 * ice_signalling_uri_parse_element:
 * @text: (nullable): the URI of an element
 * @error: return location for an #IceSignallingUriError, or %NULL
 *
 * Parses `ice://host:port`, by the rule of `tcp://host:port` and with the query
 * parameters `stream=` (0 to 255, default 0) and `component=` (1 to 256,
 * default 1) beside those. Any thread.
 *
 * Returns: (transfer full) (nullable): the parts, or %NULL with @error set
 */
IceSignallingUri *
ice_signalling_uri_parse_element (const gchar *text, GError **error)
{
  return parse (text, TRUE, error);
}

/**
 * ice_signalling_uri_from_element:
 * @text: a text that ice_signalling_uri_parse_element() has accepted
 *
 * Any thread.
 *
 * Returns: (transfer full): the signalling-uri in it, `tcp://...` without the
 *   parameters of the element
 */
gchar *
ice_signalling_uri_from_element (const gchar *text)
{
  const gchar *authority = strchr (text, ':');
  g_auto (GStrv) halves = g_strsplit (authority, "?", 2);
  g_auto (GStrv) pairs = g_strsplit (halves[1] ? halves[1] : "", "&", -1);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) kept = NULL;
  g_autofree gchar *query = NULL;
  guint i;

  for (i = 0; pairs[i] != NULL; i++) {
    g_autofree gchar *name = g_uri_unescape_segment (
        pairs[i], strchr (pairs[i], '='), NULL);

    if (name != NULL && name[0] != '\0' && !is_of_element (name))
      g_strv_builder_add (builder, pairs[i]);
  }
  kept = g_strv_builder_end (builder);
  query = g_strjoinv ("&", kept);
  return g_strconcat (
      "tcp", halves[0], query[0] != '\0' ? "?" : "", query, NULL);
}

static void
append_parameter (GString *uri, const gchar *name, guint value)
{
  if (strchr (uri->str, '?') == NULL)
    g_string_append_c (uri, '?');
  else if (strchr ("?&", uri->str[uri->len - 1]) == NULL)
    g_string_append_c (uri, '&');
  g_string_append_printf (uri, "%s=%u", name, value);
}

/**
 * ice_signalling_uri_to_element:
 * @text: (nullable): a signalling-uri that was accepted
 * @stream: a stream
 * @component: a component
 *
 * Any thread.
 *
 * Returns: (transfer full) (nullable): the URI of an element, which stands for
 *   all of them; %NULL for a signalling-uri that is not `tcp://...`
 */
gchar *
ice_signalling_uri_to_element (const gchar *text, guint stream, guint component)
{
  GString *uri;

  if (text == NULL || g_ascii_strncasecmp (text, "tcp:", strlen ("tcp:")) != 0)
    return NULL;
  uri = g_string_new ("ice:");
  g_string_append (uri, text + strlen ("tcp:"));
  if (stream != 0)
    append_parameter (uri, "stream", stream);
  if (component != ICE_SIGNALLING_DEFAULT_COMPONENT)
    append_parameter (uri, "component", component);
  return g_string_free (uri, FALSE);
}

/**
 * ice_signalling_uri_copy:
 * @uri: a signalling-uri
 *
 * Any thread.
 *
 * Returns: (transfer full): a copy
 */
IceSignallingUri *
ice_signalling_uri_copy (const IceSignallingUri *uri)
{
  IceSignallingUri *copy = g_memdup2 (uri, sizeof (*uri));

  copy->path = g_strdup (uri->path);
  copy->host = g_strdup (uri->host);
  copy->resource = g_strdup (uri->resource);
  copy->origin = g_strdup (uri->origin);
  copy->certificate = g_strdup (uri->certificate);
  copy->key = g_strdup (uri->key);
  return copy;
}

/**
 * ice_signalling_uri_describe:
 * @uri: a signalling-uri
 *
 * Any thread.
 *
 * Returns: (transfer full): where it leads, for messages to users
 */
gchar *
ice_signalling_uri_describe (const IceSignallingUri *uri)
{
  const gchar *host = uri->host != NULL ? uri->host : "127.0.0.1";
  const gchar *scheme = uri->secure ? "wss" : uri->web ? "ws" : "tcp";
  const gchar *resource = uri->web ? uri->resource : "";

  if (uri->path != NULL)
    return g_strdup_printf ("unix://%s", uri->path);
  return g_strdup_printf (
      strchr (host, ':') != NULL ? "%s://[%s]:%u%s" : "%s://%s:%u%s", scheme,
      host, uri->port, resource);
}

/**
 * ice_signalling_uri_free:
 * @uri: (transfer full) (nullable): what ice_signalling_uri_parse() returned
 *
 * Any thread.
 */
void
ice_signalling_uri_free (IceSignallingUri *uri)
{
  if (uri == NULL)
    return;

  g_free (uri->path);
  g_free (uri->host);
  g_free (uri->resource);
  g_free (uri->origin);
  g_free (uri->certificate);
  g_free (uri->key);
  g_free (uri);
}
