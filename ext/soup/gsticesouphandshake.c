/* gst-ice: the WebSocket handshake.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Ours because libsoup's server and session connect and listen themselves,
 * without limits of time and number for clients that send nothing; its parsers
 * of HTTP and its WebSocket are used. No extension is agreed on. */

#include "gsticesouphandshake.h"

#include <libsoup/soup.h>
#include <string.h>

/* RFC 6455 section 1.3 */
#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
#define KEY_SIZE 16
#define PROTOCOL_VERSION "13"
#define STATUS_TOO_EARLY 425         /* RFC 8470 section 5.2 */
#define STATUS_UPGRADE_REQUIRED 426  /* RFC 9110 section 15.5.22 */
#define STATUS_TOO_MANY_REQUESTS 429 /* RFC 6585 section 4 */
#define TLS_ALERT 21                 /* RFC 8446 section 5.1 */
/* How much of the other end's text goes into a message. */
#define MAX_QUOTE 60

static gchar *
make_key (void)
{
  guint32 random[KEY_SIZE / sizeof (guint32)];
  guint i;

  for (i = 0; i < G_N_ELEMENTS (random); i++)
    random[i] = g_random_int ();
  return g_base64_encode ((const guchar *) random, sizeof (random));
}

static gchar *
make_proof (const gchar *key)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA1);
  guint8 digest[20];
  gsize size = sizeof (digest);

  g_checksum_update (checksum, (const guchar *) key, -1);
  g_checksum_update (checksum, (const guchar *) GUID, -1);
  g_checksum_get_digest (checksum, digest, &size);
  return g_base64_encode (digest, size);
}

static gchar *
quote (const gchar *text)
{
  g_autofree gchar *valid = g_utf8_make_valid (text, -1);
  g_autofree gchar *escaped = g_strescape (valid, NULL);

  return g_strdup_printf ("\"%.*s\"%s", MAX_QUOTE, escaped,
      strlen (escaped) > MAX_QUOTE ? "..." : "");
}

/**
 * gst_ice_soup_handshake_ask:
 * @place: where to connect to
 * @expected: (out) (transfer full): for the check of the answer
 *
 * Returns: (transfer full): a caller's request
 */
gchar *
gst_ice_soup_handshake_ask (const GstIceSoupPlace *place, gchar **expected)
{
  g_autofree gchar *key = make_key ();
  g_autofree gchar *path = g_uri_escape_string (
      place->resource, G_URI_RESERVED_CHARS_ALLOWED_IN_PATH, FALSE);
  gboolean ipv6 = strchr (place->host, ':') != NULL;

  *expected = make_proof (key);
  return g_strdup_printf ("GET %s HTTP/1.1\r\n"
                          "Host: %s%s%s:%u\r\n"
                          "Upgrade: websocket\r\n"
                          "Connection: Upgrade\r\n"
                          "Sec-WebSocket-Key: %s\r\n"
                          "Sec-WebSocket-Version: " PROTOCOL_VERSION "\r\n\r\n",
      path, ipv6 ? "[" : "", place->host, ipv6 ? "]" : "", place->port, key);
}

static gboolean
has_token (SoupMessageHeaders *headers, const gchar *name, const gchar *token)
{
  const gchar *value = soup_message_headers_get_list (headers, name);

  return value != NULL && soup_header_contains (value, token);
}

/* Whether the same request may be answered otherwise after a while. */
static gboolean
is_temporary (guint status)
{
  switch (status) {
    case SOUP_STATUS_REQUEST_TIMEOUT:
    case STATUS_TOO_EARLY:
    case STATUS_TOO_MANY_REQUESTS:
      return TRUE;
    case SOUP_STATUS_NOT_IMPLEMENTED:
    case SOUP_STATUS_HTTP_VERSION_NOT_SUPPORTED:
      return FALSE;
    default:
      return SOUP_STATUS_IS_SERVER_ERROR (status);
  }
}

/* Returns: (transfer full): what the user can do */
static gchar *
advise (guint status, SoupMessageHeaders *headers)
{
  const gchar *location = soup_message_headers_get_one (headers, "Location");
  g_autofree gchar *quoted = NULL;

  if (SOUP_STATUS_IS_REDIRECTION (status) && location != NULL) {
    quoted = quote (location);
    return g_strdup_printf (
        ", a redirection to %s; put the right place into signalling-uri",
        quoted);
  }
  switch (status) {
    case SOUP_STATUS_BAD_REQUEST:
      return g_strdup ("; is the scheme right, ws: or wss:?");
    case SOUP_STATUS_UNAUTHORIZED:
    case SOUP_STATUS_PROXY_AUTHENTICATION_REQUIRED:
      return g_strdup (": it requires a login, which is not supported; let it "
                       "accept callers without one");
    case SOUP_STATUS_FORBIDDEN:
      return g_strdup (
          ": it forbids this call; check which callers it accepts");
    case STATUS_UPGRADE_REQUIRED:
      return g_strdup (
          ": it requires another protocol than version " PROTOCOL_VERSION
          " of WebSocket, or TLS (wss:)");
    default:
      if (SOUP_STATUS_IS_SUCCESSFUL (status))
        return g_strdup ("; is that a web page and no WebSocket?");
      return g_strdup ("; is the path right?");
  }
}

/**
 * gst_ice_soup_handshake_is_interim:
 * @head: (array length=size): what the listener, or a proxy before it,
 * answered, up to the empty line
 * @size: its length, bytes
 *
 * Returns: whether the answer proper follows (RFC 9110 section 15.2)
 */
gboolean
gst_ice_soup_handshake_is_interim (const gchar *head, gsize size)
{
  SoupMessageHeaders *headers = soup_message_headers_new (
      SOUP_MESSAGE_HEADERS_RESPONSE);
  SoupHTTPVersion version;
  guint status = 0;
  gboolean interim = soup_headers_parse_response (
                         head, (int) size, headers, &version, &status, NULL)
      && SOUP_STATUS_IS_INFORMATIONAL (status)
      && status != SOUP_STATUS_SWITCHING_PROTOCOLS;

  soup_message_headers_unref (headers);
  return interim;
}

/**
 * gst_ice_soup_handshake_check_answer:
 * @head: (array length=size): what the listener answered, up to the empty line
 * @size: its length, bytes
 * @expected: from gst_ice_soup_handshake_ask()
 * @invalid: (out) (transfer full): what is wrong; it continues a sentence that
 *   begins with the listener
 * @lost: (out) (transfer full): the same, if another attempt may work
 *
 * Returns: whether it is a WebSocket now
 */
gboolean
gst_ice_soup_handshake_check_answer (const gchar *head, gsize size,
    const gchar *expected, gchar **invalid, gchar **lost)
{
  SoupMessageHeaders *headers = soup_message_headers_new (
      SOUP_MESSAGE_HEADERS_RESPONSE);
  g_autofree gchar *reason = NULL, *advice = NULL;
  SoupHTTPVersion version;
  guint status = 0;

  if (!soup_headers_parse_response (
          head, (int) size, headers, &version, &status, &reason)) {
    *invalid = g_strdup (size > 0 && head[0] == TLS_ALERT
            ? "answered in TLS; is the scheme of its URI wss:?"
            : "did not answer in HTTP; is it a WebSocket?");
  } else if (is_temporary (status)) {
    *lost = g_strdup_printf ("answered with HTTP status %u", status);
  } else if (status != SOUP_STATUS_SWITCHING_PROTOCOLS) {
    advice = advise (status, headers);
    *invalid = g_strdup_printf (
        "answered with HTTP status %u%s", status, advice);
  } else if (!has_token (headers, "Upgrade", "websocket")
      || !has_token (headers, "Connection", "upgrade")
      || g_strcmp0 (
             soup_message_headers_get_one (headers, "Sec-WebSocket-Accept"),
             expected)
          != 0) {
    *invalid = g_strdup ("answered without the proof of a WebSocket");
  } else if (soup_message_headers_get_list (headers, "Sec-WebSocket-Extensions")
      || soup_message_headers_get_one (headers, "Sec-WebSocket-Protocol")) {
    *invalid = g_strdup (
        "answered with an extension or a subprotocol that was not requested");
  }
  soup_message_headers_unref (headers);
  return *invalid == NULL && *lost == NULL;
}

/* Whether a name in a Host header cannot be one that its owner, a stranger, has
 * given the address of this machine. */
static gboolean
is_sure_host (const GstIceSoupPlace *place, const gchar *host)
{
  return g_ascii_strcasecmp (host, "localhost") == 0
      || g_hostname_is_ip_address (host)
      || g_ascii_strcasecmp (host, place->host) == 0;
}

/* Any web page that the user opens can make its browser call this machine, and
 * names itself in Origin. Pages of the same host are accepted, and those of the
 * origin that the user has set. */
static gboolean
is_good_origin (
    const GstIceSoupPlace *place, const gchar *origin, const gchar *host)
{
  g_autofree gchar *asked = g_strconcat ("http://", host, NULL);
  g_autoptr (GUri) page = NULL, here = NULL;

  if (origin == NULL || g_strcmp0 (place->origin, "*") == 0
      || g_strcmp0 (place->origin, origin) == 0)
    return TRUE;
  if (place->origin != NULL)
    return FALSE;
  page = g_uri_parse (origin, G_URI_FLAGS_NONE, NULL);
  here = g_uri_parse (asked, G_URI_FLAGS_NONE, NULL);
  return page != NULL && here != NULL && g_uri_get_host (page) != NULL
      && g_uri_get_host (here) != NULL
      && g_ascii_strcasecmp (g_uri_get_host (page), g_uri_get_host (here)) == 0
      && is_sure_host (place, g_uri_get_host (here));
}

static gboolean
is_place (const GstIceSoupPlace *place, const gchar *target)
{
  gsize length = strcspn (target, "?#");
  g_autofree gchar *path = g_uri_unescape_segment (
      target, target + length, NULL);

  return g_strcmp0 (path, place->resource) == 0;
}

static gboolean
is_key (const gchar *key)
{
  g_autofree guchar *bytes = NULL;
  gsize size = 0;

  if (key == NULL || strlen (key) != 24)
    return FALSE;
  bytes = g_base64_decode (key, &size);
  return size == KEY_SIZE;
}

/* Returns: the HTTP status */
static guint
judge (const GstIceSoupPlace *place, const gchar *method, const gchar *target,
    SoupHTTPVersion version, SoupMessageHeaders *headers, gchar **invalid)
{
  const gchar *host = soup_message_headers_get_one (headers, "Host");
  const gchar *origin = soup_message_headers_get_one (headers, "Origin");
  const gchar *protocols = soup_message_headers_get_list (
      headers, "Sec-WebSocket-Protocol");
  g_autofree gchar *quoted = NULL;

  if (!is_place (place, target)) {
    quoted = quote (target);
    *invalid = g_strdup_printf (
        "asked for the path %s, this listener has another one", quoted);
    return SOUP_STATUS_NOT_FOUND;
  }
  if (strcmp (method, "GET") != 0 || version < SOUP_HTTP_1_1 || host == NULL
      || !has_token (headers, "Upgrade", "websocket")
      || !has_token (headers, "Connection", "upgrade")
      || !is_key (
          soup_message_headers_get_one (headers, "Sec-WebSocket-Key"))) {
    *invalid = g_strdup ("did not ask for a WebSocket, but for a page");
    return SOUP_STATUS_BAD_REQUEST;
  }
  if (g_strcmp0 (
          soup_message_headers_get_one (headers, "Sec-WebSocket-Version"),
          PROTOCOL_VERSION)
      != 0) {
    *invalid = g_strdup (
        "has another version of WebSocket than " PROTOCOL_VERSION);
    return STATUS_UPGRADE_REQUIRED;
  }
  if (!is_good_origin (place, origin, host)) {
    quoted = quote (origin);
    *invalid = g_strdup_printf (
        "is a web page of %s, which may not call; if it "
        "may, add origin= to signalling-uri",
        quoted);
    return SOUP_STATUS_FORBIDDEN;
  }
  if (protocols != NULL
      && !soup_header_contains (protocols, GST_ICE_SOUP_PROTOCOL)) {
    quoted = quote (protocols);
    *invalid = g_strdup_printf ("asked for the subprotocol %s, not "
                                "for " GST_ICE_SOUP_PROTOCOL " or none",
        quoted);
    return SOUP_STATUS_BAD_REQUEST;
  }
  return SOUP_STATUS_SWITCHING_PROTOCOLS;
}

static gchar *
write_answer (guint status, SoupMessageHeaders *headers)
{
  g_autofree gchar *proof = NULL;

  if (status != SOUP_STATUS_SWITCHING_PROTOCOLS)
    return g_strdup_printf ("HTTP/1.1 %u %s\r\n%s"
                            "Connection: close\r\nContent-Length: 0\r\n\r\n",
        status,
        status == STATUS_UPGRADE_REQUIRED ? "Upgrade Required"
                                          : soup_status_get_phrase (status),
        status == STATUS_UPGRADE_REQUIRED
            ? "Upgrade: websocket\r\nSec-WebSocket-Version: " PROTOCOL_VERSION
              "\r\n"
            : "");
  proof = make_proof (
      soup_message_headers_get_one (headers, "Sec-WebSocket-Key"));
  return g_strdup_printf (
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
      "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n%s\r\n",
      proof,
      soup_message_headers_get_list (headers, "Sec-WebSocket-Protocol") != NULL
          ? "Sec-WebSocket-Protocol: " GST_ICE_SOUP_PROTOCOL "\r\n"
          : "");
}

/**
 * gst_ice_soup_handshake_answer:
 * @place: what the listener serves
 * @head: (array length=size): what a client sent, up to the empty line
 * @size: its length, bytes
 * @answer: (out) (transfer full): what to send to it, in any case
 * @invalid: (out) (transfer full): what is wrong; it continues a sentence that
 *   begins with the client
 *
 * Returns: whether it is a WebSocket after the answer
 */
gboolean
gst_ice_soup_handshake_answer (const GstIceSoupPlace *place, const gchar *head,
    gsize size, gchar **answer, gchar **invalid)
{
  SoupMessageHeaders *headers = soup_message_headers_new (
      SOUP_MESSAGE_HEADERS_REQUEST);
  g_autofree gchar *method = NULL, *target = NULL;
  SoupHTTPVersion version;
  guint status = soup_headers_parse_request (
      head, (int) size, headers, &method, &target, &version);

  if (status == SOUP_STATUS_OK)
    status = judge (place, method, target, version, headers, invalid);
  else if (size > 0 && head[0] == GST_ICE_SOUP_HANDSHAKE_TLS)
    *invalid = g_strdup ("called in TLS; this listener has the scheme ws:, not "
                         "wss:");
  else
    *invalid = g_strdup ("did not send a request in HTTP");
  *answer = write_answer (status, headers);
  soup_message_headers_unref (headers);
  return status == SOUP_STATUS_SWITCHING_PROTOCOLS;
}
