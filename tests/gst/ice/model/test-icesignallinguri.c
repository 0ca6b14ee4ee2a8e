/* gst-ice: test of icesignallinguri.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "mutation.h"
#include "../fuzz/fuzz-signallinguri.c"

#define CALLER ICE_SIGNALLING_CALLER
#define LISTENER ICE_SIGNALLING_LISTENER

static const struct
{
  const gchar *text;
  IceSignallingUri uri;
} accepted[] = {
  { "tcp://example.org:5000",
      { CALLER, NULL, (gchar *) "example.org", 5000, 30 } },
  { "tcp://example.org:5000?mode=caller",
      { CALLER, NULL, (gchar *) "example.org", 5000, 30 } },
  { "tcp://0.0.0.0:5000?mode=listener",
      { LISTENER, NULL, (gchar *) "0.0.0.0", 5000, 30 } },
  { "tcp://:5000?mode=listener", { LISTENER, NULL, NULL, 5000, 30 } },
  { "tcp://:1", { CALLER, NULL, NULL, 1, 30 } },
  { "tcp://[::1]:65535?mode=caller&timeout=1",
      { CALLER, NULL, (gchar *) "::1", 65535, 1 } },
  { "tcp://h:1?timeout=86400&mode=listener",
      { LISTENER, NULL, (gchar *) "h", 1, 86400 } },
  { "TCP://h:01?timeout=007", { CALLER, NULL, (gchar *) "h", 1, 7 } },
  { "tcp://h:1?", { CALLER, NULL, (gchar *) "h", 1, 30 } },
  { "tcp://h:1?m%6Fde=list%65ner", { LISTENER, NULL, (gchar *) "h", 1, 30 } },
  { "unix:///run/ice.sock",
      { CALLER, (gchar *) "/run/ice.sock", NULL, 0, 30 } },
  { "unix:///tmp/a%20b%3f%23?mode=listener&timeout=5",
      { LISTENER, (gchar *) "/tmp/a b?#", NULL, 0, 5 } },
  { "unix:///%C3%A9", { CALLER, (gchar *) "/\303\251", NULL, 0, 30 } },
  { "unix:///a:b@c", { CALLER, (gchar *) "/a:b@c", NULL, 0, 30 } },
};

static void
test_accepted (void)
{
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (accepted); i++) {
    const IceSignallingUri *expected = &accepted[i].uri;
    g_autoptr (GError) error = NULL;
    g_autoptr (IceSignallingUri)
        uri = ice_signalling_uri_parse (accepted[i].text, &error);

    g_test_message ("%s", accepted[i].text);
    g_assert_no_error (error);
    g_assert_cmpint (uri->mode, ==, expected->mode);
    g_assert_cmpstr (uri->path, ==, expected->path);
    g_assert_cmpstr (uri->host, ==, expected->host);
    g_assert_cmpuint (uri->port, ==, expected->port);
    g_assert_cmpuint (uri->timeout, ==, expected->timeout);
    assert_round_trip (uri);
  }
}

#define SYNTAX ICE_SIGNALLING_URI_ERROR_SYNTAX
#define SCHEME ICE_SIGNALLING_URI_ERROR_SCHEME
#define HOST ICE_SIGNALLING_URI_ERROR_HOST
#define PORT ICE_SIGNALLING_URI_ERROR_PORT
#define PATH ICE_SIGNALLING_URI_ERROR_PATH
#define PARAMETER ICE_SIGNALLING_URI_ERROR_PARAMETER

static const struct
{
  const gchar *text;
  IceSignallingUriError code;
  const gchar *fragment;
} refused[] = {
  { NULL, SYNTAX, "the text is empty" },
  { "", SYNTAX, "the text is empty" },
  { "tcp://h:1 ", SYNTAX, "a space, control character" },
  { "tcp://h:1\n", SYNTAX, "a space, control character" },
  { "unix:///\303\251", SYNTAX, "percent-encoded" },
  { "tcp:h:1", SYNTAX, "\"//\" after the scheme is missing" },
  { "tcp:", SYNTAX, "\"//\" after the scheme is missing" },
  { "unix:/tmp/x", SYNTAX, "\"//\" after the scheme is missing" },
  { "unix:x", SYNTAX, "\"//\" after the scheme is missing" },
  { "tcp://u@h:1", SYNTAX, "a user name or password is not expected" },
  { "tcp://u:p@h:1", SYNTAX, "a user name or password is not expected" },
  { "tcp://@h:1", SYNTAX, "a user name or password is not expected" },
  { "unix://u@/x", SYNTAX, "a user name or password is not expected" },
  { "tcp://h:1#", SYNTAX, "a fragment is not expected" },
  { "unix:///x#y", SYNTAX, "a fragment is not expected" },

  { "h:1", SCHEME, "expected tcp://HOST:PORT" },
  { "//h:1", SCHEME, "the scheme is missing or unknown" },
  { "/x", SCHEME, "the scheme is missing or unknown" },
  { "udp://h:1", SCHEME, "the scheme is missing or unknown" },
  { "tcps://h:1", SCHEME, "the scheme is missing or unknown" },
  { "srt://h:1?mode=caller", SCHEME, "or unix:///PATH" },
  { "://h:1", SCHEME, "the scheme is missing or unknown" },

  { "tcp://a..b:1", HOST, "the host is not valid" },
  { "tcp://300.0.0.1:1", HOST, "the host is not valid" },
  { "tcp://*:1", HOST, "the host is not valid" },
  { "tcp://a@b@c:1", SYNTAX, "a user name or password is not expected" },
  { "tcp://[fe80::1%25eth0]:1", HOST, "without a zone" },
  { "tcp://[:]:1", HOST, "the host is not valid" },
  { "tcp://[::1:1", HOST, "IPv6 address in brackets" },
  { "tcp://%00:1", HOST, "the host is malformed" },
  { "unix://h/x", HOST, "three slashes" },
  { "unix://tmp", HOST, "three slashes" },

  { "tcp://h", PORT, "the port is missing or 0" },
  { "tcp://h:", PORT, "the port is missing or 0" },
  { "tcp://", PORT, "the port is missing or 0" },
  { "tcp://h:0", PORT, "the port is missing or 0" },
  { "tcp://:0?mode=listener", PORT, "the port is missing or 0" },
  { "tcp://h/x", PORT, "the port is missing or 0" },
  { "tcp://h:65536", PORT, "1 to 65535" },
  { "tcp://h:-1", PORT, "the port is malformed" },
  { "tcp://h:x", PORT, "the port is malformed" },
  { "tcp://::1:5000", PORT, "the port is malformed" },
  { "unix://:1/x", PORT, "a port is not expected with unix:" },

  { "tcp://h:1/", PATH, "a path is not expected with tcp:" },
  { "tcp://h:1/x?mode=caller", PATH, "a path is not expected with tcp:" },
  { "unix://", PATH, "the path is missing" },
  { "unix://?mode=caller", PATH, "the path is missing" },
  { "unix:///", PATH, "the path is missing" },
  { "unix:///a%00b", PATH, "percent-encoded UTF-8" },
  { "unix:///a%ff", PATH, "percent-encoded UTF-8" },
  { "unix:///a%zz", PATH, "percent-encoded UTF-8" },
  { "unix:///a%", PATH, "percent-encoded UTF-8" },

  { "tcp://h:1?mode=server", PARAMETER,
      "mode \"server\" is not accepted, expected caller or listener" },
  { "tcp://h:1?mode=mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm",
      PARAMETER, "mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm\" is" },
  { "tcp://h:1?mode=mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm",
      PARAMETER,
      " \"mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm\"... is" },
  { "tcp://h:1?mode=Caller", PARAMETER, "mode \"Caller\"" },
  { "tcp://h:1?mode=", PARAMETER, "mode \"\"" },
  { "tcp://h:1?mode", PARAMETER, "NAME=VALUE" },
  { "tcp://h:1?&mode=caller", PARAMETER, "NAME=VALUE" },
  { "tcp://h:1?mode=%zz", PARAMETER, "not percent-encoded" },
  { "tcp://h:1?mode=%00", PARAMETER, "NAME=VALUE" },
  { "tcp://h:1?mode=%ff", PARAMETER, "NAME=VALUE" },
  { "tcp://h:1?mode=caller;timeout=1", PARAMETER, "mode \"caller;timeout=1\"" },
  { "tcp://h:1?mode=caller&mode=caller", PARAMETER,
      "second parameter \"mode\" is not accepted, expected it once" },
  { "tcp://h:1?timeout=1&mode=caller&timeout=2", PARAMETER,
      "second parameter \"timeout\"" },
  { "tcp://h:1?timeout=0", PARAMETER,
      "timeout \"0\" is not accepted, expected 1 to 86400 seconds" },
  { "tcp://h:1?timeout=86401", PARAMETER, "timeout \"86401\"" },
  { "tcp://h:1?timeout=-1", PARAMETER, "timeout \"-1\"" },
  { "tcp://h:1?timeout=1.5", PARAMETER, "timeout \"1.5\"" },
  { "tcp://h:1?timeout=1s", PARAMETER, "timeout \"1s\"" },
  { "tcp://h:1?timeout=18446744073709551617", PARAMETER, "timeout \"1844" },
  { "unix:///x?port=1", PARAMETER,
      "parameter \"port\" is not accepted, expected mode or timeout" },
  { "tcp://h:1?Mode=caller", PARAMETER, "parameter \"Mode\"" },
  { "tcp://h:1?a%0Ab=c", PARAMETER, "parameter \"a\\nb\"" },
};

static void
assert_refused (
    const gchar *text, IceSignallingUriError code, const gchar *fragment)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (ice_signalling_uri_parse (text, &error));
  g_assert_nonnull (error);
  g_test_message ("%s", error->message);
  g_assert_error (error, ICE_SIGNALLING_URI_ERROR, (gint) code);
  g_assert_nonnull (strstr (error->message, fragment));
  g_assert_null (ice_signalling_uri_parse (text, NULL));
}

static void
test_refused (void)
{
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (refused); i++)
    assert_refused (refused[i].text, refused[i].code, refused[i].fragment);
}

/* The URI of an element, what it sets, and what the element returns. */
static const struct
{
  const gchar *text, *signalling;
  guint stream, component;
  const gchar *again;
} elements[] = {
  { "ice://h:1", "tcp://h:1", 0, 1, "ice://h:1" },
  { "ICE://h:1?", "tcp://h:1", 0, 1, "ice://h:1" },
  { "ice://:5000?mode=listener&stream=3&component=2",
      "tcp://:5000?mode=listener", 3, 2,
      "ice://:5000?mode=listener&stream=3&component=2" },
  { "ice://[::1]:5000?stream=255", "tcp://[::1]:5000", 255, 1,
      "ice://[::1]:5000?stream=255" },
  { "ice://h:1?component=256&timeout=5&stream=0&mode=caller",
      "tcp://h:1?timeout=5&mode=caller", 0, 256,
      "ice://h:1?timeout=5&mode=caller&component=256" },
  { "ice://h:1?str%65am=1&m%6fde=listener&", "tcp://h:1?m%6fde=listener", 1, 1,
      "ice://h:1?m%6fde=listener&stream=1" },
};

static void
test_elements (void)
{
  g_autofree gchar *again = NULL;
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (elements); i++) {
    g_autofree gchar *signalling = NULL;
    g_autofree gchar *element = NULL;
    g_autoptr (GError) error = NULL;
    g_autoptr (IceSignallingUri)
        uri = ice_signalling_uri_parse_element (elements[i].text, &error);

    g_test_message ("%s", elements[i].text);
    g_assert_no_error (error);
    g_assert_cmpuint (uri->stream, ==, elements[i].stream);
    g_assert_cmpuint (uri->component, ==, elements[i].component);
    signalling = ice_signalling_uri_from_element (elements[i].text);
    g_assert_cmpstr (signalling, ==, elements[i].signalling);
    element = ice_signalling_uri_to_element (
        signalling, uri->stream, uri->component);
    g_assert_cmpstr (element, ==, elements[i].again);
  }
  again = ice_signalling_uri_to_element ("TCP://h:1?mode=caller&", 1, 2);
  g_assert_cmpstr (again, ==, "ice://h:1?mode=caller&stream=1&component=2");
  g_assert_null (ice_signalling_uri_to_element (NULL, 0, 1));
  g_assert_null (ice_signalling_uri_to_element ("unix:///x", 0, 1));
  g_assert_null (ice_signalling_uri_parse ("ice://h:1", NULL));
  g_assert_null (ice_signalling_uri_parse ("tcp://h:1?stream=1", NULL));
}

/* By the rule of tcp:, except for: */
static void
test_refused_elements (void)
{
  const struct
  {
    const gchar *text;
    IceSignallingUriError code;
    const gchar *fragment;
  } cases[] = {
    { "", SYNTAX, "the text is empty, expected ice://HOST:PORT?mode=MODE" },
    { "ice:h:1", SYNTAX, "is missing, expected ice://HOST:PORT?" },
    { "ice://u@h:1", SYNTAX, "a user name or password is not expected" },
    { "tcp://h:1", SCHEME, "unknown, expected ice://HOST:PORT" },
    { "unix:///x", SCHEME, "unknown, expected ice://HOST:PORT" },
    { "ice:///x", PORT, "the port is missing or 0" },
    { "ice://::1:5000", PORT, "the port is malformed" },
    { "ice://a..b:1", HOST, "the host is not valid" },
    { "ice://h:1/x", PATH, "a path is not expected with ice:" },
    { "ice://h:1?stream=256", PARAMETER,
        "stream \"256\" is not accepted, expected 0 to 255" },
    { "ice://h:1?stream=-1", PARAMETER, "stream \"-1\"" },
    { "ice://h:1?stream=", PARAMETER, "stream \"\"" },
    { "ice://h:1?component=0", PARAMETER,
        "component \"0\" is not accepted, expected 1 to 256" },
    { "ice://h:1?component=257", PARAMETER, "component \"257\"" },
    { "ice://h:1?stream=1&stream=1", PARAMETER, "second parameter \"stream\"" },
    { "ice://h:1?mode=server", PARAMETER, "mode \"server\"" },
    { "ice://h:1?role=x", PARAMETER,
        "parameter \"role\" is not accepted, expected mode, timeout, stream or "
        "component" },
  };
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (ice_signalling_uri_parse_element (cases[i].text, &error));
    g_test_message ("%s", error->message);
    g_assert_error (error, ICE_SIGNALLING_URI_ERROR, (gint) cases[i].code);
    g_assert_nonnull (strstr (error->message, cases[i].fragment));
  }
}

/* sun_path is what bounds a path, after decoding. */
static void
test_bounds (void)
{
  g_autofree gchar *name = g_strnfill (106, 'x');
  g_autofree gchar *longest = g_strdup_printf ("unix:///%s", name);
  g_autofree gchar *too_long = g_strdup_printf ("unix:///%sx", name);
  g_autofree gchar *filler = g_strnfill (1024, 'x');
  g_autofree gchar *too_long_text = g_strdup_printf ("tcp://%s:1", filler);
  g_autoptr (GString) encoded = g_string_new ("unix:///");
  g_autoptr (IceSignallingUri) uri = NULL;
  gint i;

  uri = ice_signalling_uri_parse (longest, NULL);
  g_assert_nonnull (uri);
  g_assert_cmpuint (strlen (uri->path), ==, 107);
  assert_refused (too_long, PATH, "longer than 107 bytes");

  for (i = 0; i < 106; i++)
    g_string_append (encoded, "%78");
  g_clear_pointer (&uri, ice_signalling_uri_free);
  uri = ice_signalling_uri_parse (encoded->str, NULL);
  g_assert_nonnull (uri);
  g_assert_cmpstr (uri->path + 1, ==, name);

  assert_refused (too_long_text, SYNTAX, "longer than 1024 bytes");
  ice_signalling_uri_free (NULL);
}

static void
test_mutations (void)
{
  const gchar *seeds[G_N_ELEMENTS (accepted) + G_N_ELEMENTS (elements)];
  g_autoptr (GRand) rand = g_rand_new_with_seed (MUTATION_SEED);
  guint i;

  for (i = 0; i < G_N_ELEMENTS (accepted); i++)
    seeds[i] = accepted[i].text;
  for (i = 0; i < G_N_ELEMENTS (elements); i++)
    seeds[G_N_ELEMENTS (accepted) + i] = elements[i].text;
  for (i = 0; i < mutation_count (); i++) {
    g_autoptr (GString) text = mutate (rand, seeds, G_N_ELEMENTS (seeds));

    LLVMFuzzerTestOneInput ((const guint8 *) text->str, text->len);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/icesignallinguri/accepted", test_accepted);
  g_test_add_func ("/icesignallinguri/refused", test_refused);
  g_test_add_func ("/icesignallinguri/elements", test_elements);
  g_test_add_func ("/icesignallinguri/elements/refused", test_refused_elements);
  g_test_add_func ("/icesignallinguri/bounds", test_bounds);
  g_test_add_func ("/icesignallinguri/mutations", test_mutations);
  return g_test_run ();
}
