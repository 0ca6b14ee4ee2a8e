/* gst-ice: tests of the WebSocket handshake.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gsticesouphandshake.h"
#include <string.h>

#define KEY "dGhlIHNhbXBsZSBub25jZQ==" /* RFC 6455 section 1.3 */
#define PROOF "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

static const GstIceSoupPlace place = {
  .host = (gchar *) "127.0.0.1",
  .port = 5000,
  .resource = (gchar *) "/a b",
};

#define REQUEST(path, headers)                                                 \
  "GET " path " HTTP/1.1\r\nHost: 127.0.0.1:5000\r\nUpgrade: websocket\r\n"    \
  "Connection: Upgrade\r\nSec-WebSocket-Key: " KEY "\r\n" headers
#define VERSION "Sec-WebSocket-Version: 13\r\n"

/* A request, and how the answer begins; and what is wrong. */
static const struct
{
  const gchar *request, *answer, *invalid;
} rows[] = {
  { REQUEST ("/a%20b", VERSION), "HTTP/1.1 101 ", NULL },
  { REQUEST ("/a%20b?x=1", VERSION "Origin: http://127.0.0.1\r\n"),
      "HTTP/1.1 101 ", NULL },
  { REQUEST ("/a", VERSION), "HTTP/1.1 404 Not Found\r\n",
      "asked for the path \"/a\", this listener has another one" },
  { REQUEST ("/a%2", VERSION), "HTTP/1.1 404 ", "asked for the path" },
  { REQUEST ("/a%20b", ""), "HTTP/1.1 426 Upgrade Required\r\n",
      "another version of WebSocket than 13" },
  { REQUEST ("/a%20b", VERSION "Origin: http://127.0.0.2\r\n"), "HTTP/1.1 403 ",
      "is a web page of \"http://127.0.0.2\"" },
  { REQUEST ("/a%20b", VERSION "Sec-WebSocket-Protocol: other\r\n"),
      "HTTP/1.1 400 ", "asked for the subprotocol \"other\"" },
  { "GET /a%20b HTTP/1.1\r\nHost: h\r\n", "HTTP/1.1 400 ",
      "did not ask for a WebSocket, but for a page" },
  { "POST /a%20b HTTP/1.1\r\nHost: h\r\n", "HTTP/1.1 400 ", "for a page" },
  { "GET /a%20b HTTP/1.0\r\nHost: h\r\n", "HTTP/1.1 400 ", "for a page" },
  { "\x16\x03\x01", "HTTP/1.1 400 ", "called in TLS; this listener has" },
  { "hello", "HTTP/1.1 400 ", "did not send a request in HTTP" },
  { "", "HTTP/1.1 400 ", "did not send a request in HTTP" },
};

static void
test_requests (void)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree gchar *answer = NULL, *invalid = NULL;
    gboolean good = gst_ice_soup_handshake_answer (
        &place, rows[i].request, strlen (rows[i].request), &answer, &invalid);

    g_assert_cmpint (good, ==, rows[i].invalid == NULL);
    if (!g_str_has_prefix (answer, rows[i].answer)
        || !g_str_has_suffix (answer, "\r\n\r\n"))
      g_error ("row %u: %s", i, answer);
    if (good)
      g_assert_nonnull (
          strstr (answer, "\r\nSec-WebSocket-Accept: " PROOF "\r\n"));
    else if (strstr (invalid, rows[i].invalid) == NULL)
      g_error ("row %u: %s", i, invalid);
  }
}

/* Any text: an answer, and no crash. */
static void
test_mutations (void)
{
  const gchar *request = rows[1].request;
  gsize size = strlen (request), i;
  guint n;

  for (n = 0; n < 20000; n++) {
    g_autofree gchar *text = g_strdup (request);
    g_autofree gchar *answer = NULL, *invalid = NULL, *invalid_answer = NULL,
                     *lost = NULL;
    gsize length = (gsize) g_test_rand_int_range (0, (gint) size + 1);

    for (i = 0; i < 4; i++)
      text[g_test_rand_int_range (0, (gint) size)] = (gchar)
          g_test_rand_int_range (0, 256);
    g_assert_cmpint (
        gst_ice_soup_handshake_answer (&place, text, length, &answer, &invalid),
        ==, invalid == NULL);
    g_assert_true (g_str_has_prefix (answer, "HTTP/1.1 "));
    gst_ice_soup_handshake_check_answer (
        text, length, PROOF, &invalid_answer, &lost);
    g_assert_true ((invalid_answer == NULL) != (lost == NULL));
  }
}

/* What a caller asks is what a listener answers. */
static void
test_both (void)
{
  g_autofree gchar *expected = NULL, *request = NULL, *answer = NULL,
                   *invalid = NULL, *lost = NULL;

  request = gst_ice_soup_handshake_ask (&place, &expected);
  g_assert_nonnull (strstr (request, "GET /a%20b HTTP/1.1\r\n"));
  g_assert_nonnull (strstr (request, "\r\nHost: 127.0.0.1:5000\r\n"));
  g_assert_true (gst_ice_soup_handshake_answer (
      &place, request, strlen (request) - 2, &answer, &invalid));
  g_assert_true (gst_ice_soup_handshake_check_answer (
      answer, strlen (answer) - 2, expected, &invalid, &lost));
  g_assert_false (gst_ice_soup_handshake_check_answer (
      answer, strlen (answer) - 2, PROOF, &invalid, &lost));
  g_assert_nonnull (strstr (invalid, "without the proof"));
}

static void
test_interim (void)
{
  static const struct
  {
    const gchar *answer;
    gboolean interim;
  } answers[] = {
    { "HTTP/1.1 100 Continue\r\n", TRUE },
    { "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n", TRUE },
    { "HTTP/1.1 199 New\r\n", TRUE },
    { "HTTP/1.1 101 Switching Protocols\r\n", FALSE },
    { "HTTP/1.1 200 OK\r\n", FALSE },
    { "100\r\n", FALSE },
    { "\r\n", FALSE },
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (answers); i++)
    g_assert_cmpint (gst_ice_soup_handshake_is_interim (
                         answers[i].answer, strlen (answers[i].answer)),
        ==, answers[i].interim);
}

/* An answer, and what is wrong with it, and whether a later one may be good. */
static void
test_answers (void)
{
  static const struct
  {
    const gchar *answer;
    const gchar *text;
    gboolean is_temporary;
  } answers[] = {
    { "HTTP/1.1 200 OK\r\n", "status 200; is that a web page and no", FALSE },
    { "HTTP/1.1 302 Found\r\nLocation: /b\r\n",
        "status 302, a redirection to \"/b\"; put the right place into",
        FALSE },
    { "HTTP/1.1 304 Not Modified\r\n", "status 304; is the path", FALSE },
    { "HTTP/1.1 400 No\r\n", "status 400; is the scheme right", FALSE },
    { "HTTP/1.1 401 No\r\n", "status 401: it requires a login", FALSE },
    { "HTTP/1.1 403 No\r\n", "status 403: it forbids this call", FALSE },
    { "HTTP/1.1 404 No\r\n", "status 404; is the path right?", FALSE },
    { "HTTP/1.1 407 No\r\n", "status 407: it requires a login", FALSE },
    { "HTTP/1.1 408 No\r\n", "answered with HTTP status 408", TRUE },
    { "HTTP/1.1 410 No\r\n", "status 410; is the path right?", FALSE },
    { "HTTP/1.1 425 No\r\n", "answered with HTTP status 425", TRUE },
    { "HTTP/1.1 426 No\r\n", "version 13 of WebSocket, or TLS", FALSE },
    { "HTTP/1.1 429 No\r\n", "answered with HTTP status 429", TRUE },
    { "HTTP/1.1 500 No\r\n", "answered with HTTP status 500", TRUE },
    { "HTTP/1.1 501 No\r\n", "answered with HTTP status 501", FALSE },
    { "HTTP/1.1 502 No\r\n", "answered with HTTP status 502", TRUE },
    { "HTTP/1.1 503 No\r\n", "answered with HTTP status 503", TRUE },
    { "HTTP/1.1 504 No\r\n", "answered with HTTP status 504", TRUE },
    { "HTTP/1.1 505 No\r\n", "answered with HTTP status 505", FALSE },
    { "HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: " PROOF "\r\nSec-WebSocket-Protocol: chat\r\n",
        "an extension or a subprotocol that was not requested", FALSE },
    { "HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n",
        "without the proof", FALSE },
    { "\x15\x03\x03", "answered in TLS; is the scheme of its URI wss:?",
        FALSE },
    { "SSH-2.0", "did not answer in HTTP; is it a WebSocket?", FALSE },
    { "", "did not answer in HTTP", FALSE },
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (answers); i++) {
    const gchar *answer = answers[i].answer;
    g_autofree gchar *invalid = NULL, *lost = NULL;
    const gchar *text;

    g_assert_false (gst_ice_soup_handshake_check_answer (
        answer, strlen (answer), PROOF, &invalid, &lost));
    g_assert_true ((lost != NULL) == answers[i].is_temporary);
    g_assert_true ((invalid != NULL) == !answers[i].is_temporary);
    text = lost != NULL ? lost : invalid;
    if (strstr (text, answers[i].text) == NULL)
      g_error ("%s: %s", answer, text);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/soup/handshake/requests", test_requests);
  g_test_add_func ("/soup/handshake/mutations", test_mutations);
  g_test_add_func ("/soup/handshake/both", test_both);
  g_test_add_func ("/soup/handshake/answers", test_answers);
  g_test_add_func ("/soup/handshake/interim", test_interim);
  return g_test_run ();
}
