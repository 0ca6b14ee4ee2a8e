/* gst-ice: test of iceserver.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "mutation.h"
#include "../fuzz/fuzz-server.c"

#define STUN ICE_SERVER_STUN
#define STUNS ICE_SERVER_STUNS
#define TURN ICE_SERVER_TURN
#define TURNS ICE_SERVER_TURNS
#define UDP ICE_SERVER_TRANSPORT_UDP
#define TCP ICE_SERVER_TRANSPORT_TCP
#define TLS ICE_SERVER_TRANSPORT_TLS

static const struct
{
  const gchar *uri;
  IceServer server;
  const gchar *printed;
} accepted[] = {
  /* RFC 7064 appendix A */
  { "stun:example.org", { STUN, (gchar *) "example.org", 3478, UDP },
      "stun:example.org:3478" },
  { "stuns:example.org", { STUNS, (gchar *) "example.org", 5349, TLS },
      "stuns:example.org:5349" },
  { "stun:example.org:8000", { STUN, (gchar *) "example.org", 8000, UDP },
      "stun:example.org:8000" },
  /* RFC 7065 appendix A */
  { "turn:example.org", { TURN, (gchar *) "example.org", 3478, UDP },
      "turn:example.org:3478?transport=udp" },
  { "turns:example.org", { TURNS, (gchar *) "example.org", 5349, TLS },
      "turns:example.org:5349?transport=tcp" },
  { "turn:example.org:8000", { TURN, (gchar *) "example.org", 8000, UDP },
      "turn:example.org:8000?transport=udp" },
  { "turn:example.org?transport=udp",
      { TURN, (gchar *) "example.org", 3478, UDP },
      "turn:example.org:3478?transport=udp" },
  { "turn:example.org?transport=tcp",
      { TURN, (gchar *) "example.org", 3478, TCP },
      "turn:example.org:3478?transport=tcp" },
  { "turns:example.org?transport=tcp",
      { TURNS, (gchar *) "example.org", 5349, TLS },
      "turns:example.org:5349?transport=tcp" },
  /* webrtcbin */
  { "stun://stun.l.google.com:19302",
      { STUN, (gchar *) "stun.l.google.com", 19302, UDP },
      "stun:stun.l.google.com:19302" },
  { "turn://user:password@host:1234",
      { TURN, (gchar *) "host", 1234, UDP, (gchar *) "user",
          (gchar *) "password" },
      "turn://user:***@host:1234?transport=udp" },
  { "turn://user:password@host:1234?transport=tls",
      { TURN, (gchar *) "host", 1234, TLS, (gchar *) "user",
          (gchar *) "password" },
      "turn://user:***@host:1234?transport=tls" },
  { "turn://user:password@host?transport=tls",
      { TURN, (gchar *) "host", 5349, TLS, (gchar *) "user",
          (gchar *) "password" },
      "turn://user:***@host:5349?transport=tls" },
  { "turns://user:password@host?transport=tls",
      { TURNS, (gchar *) "host", 5349, TLS, (gchar *) "user",
          (gchar *) "password" },
      "turns://user:***@host:5349?transport=tcp" },
  /* user info of every kind */
  { "turn:user:pass@host",
      { TURN, (gchar *) "host", 3478, UDP, (gchar *) "user", (gchar *) "pass" },
      "turn://user:***@host:3478?transport=udp" },
  { "turn://1700000000%3Auser%40example.org:a%2Fb+c%3D%3D@host",
      { TURN, (gchar *) "host", 3478, UDP,
          (gchar *) "1700000000:user@example.org", (gchar *) "a/b+c==" },
      "turn://1700000000%3Auser%40example.org:***@host:3478?transport=udp" },
  { "turn://1700000000:p=@host",
      { TURN, (gchar *) "host", 3478, UDP, (gchar *) "1700000000",
          (gchar *) "p=" },
      "turn://1700000000:***@host:3478?transport=udp" },
  { "turn:1700000000:password+of+many+octets@host",
      { TURN, (gchar *) "host", 3478, UDP, (gchar *) "1700000000",
          (gchar *) "password+of+many+octets" },
      "turn://1700000000:***@host:3478?transport=udp" },
  { "turn://a12345678:p:q@host", /* no time */
      { TURN, (gchar *) "host", 3478, UDP, (gchar *) "a12345678",
          (gchar *) "p:q" },
      "turn://a12345678:***@host:3478?transport=udp" },
  { "turn://1700000000:p%3Aq@host",
      { TURN, (gchar *) "host", 3478, UDP, (gchar *) "1700000000",
          (gchar *) "p:q" },
      "turn://1700000000:***@host:3478?transport=udp" },
  { "turn://u!$&'()*+,;=:p:p:;=@host",
      { TURN, (gchar *) "host", 3478, UDP,
          (gchar *) "u!$&'()*+,;=", (gchar *) "p:p:;=" },
      "turn://u!$&'()*+,;=:***@host:3478?transport=udp" },
  { "turn://J%C3%B6rg:%0A%25@host",
      { TURN, (gchar *) "host", 3478, UDP, (gchar *) "J\303\266rg",
          (gchar *) "\n%" },
      "turn://J%C3%B6rg:***@host:3478?transport=udp" },
  { "turn://a^b:c[d]@host",
      { TURN, (gchar *) "host", 3478, UDP, (gchar *) "a^b", (gchar *) "c[d]" },
      "turn://a%5Eb:***@host:3478?transport=udp" },
  /* hosts, ports, letter case */
  { "stun:[2001:db8::1]", { STUN, (gchar *) "2001:db8::1", 3478, UDP },
      "stun:[2001:db8::1]:3478" },
  { "turn://u:p@[::1]:65535",
      { TURN, (gchar *) "::1", 65535, UDP, (gchar *) "u", (gchar *) "p" },
      "turn://u:***@[::1]:65535?transport=udp" },
  { "stun:192.0.2.1:1", { STUN, (gchar *) "192.0.2.1", 1, UDP },
      "stun:192.0.2.1:1" },
  { "stun:h:03478", { STUN, (gchar *) "h", 3478, UDP }, "stun:h:3478" },
  { "STUN:h", { STUN, (gchar *) "h", 3478, UDP }, "stun:h:3478" },
  { "TuRnS:h?transport=TLS", { TURNS, (gchar *) "h", 5349, TLS },
      "turns:h:5349?transport=tcp" },
  { "stun:ex%61mple.org", { STUN, (gchar *) "example.org", 3478, UDP },
      "stun:example.org:3478" },
};

static void
test_accepted (void)
{
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (accepted); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (IceServer) server = ice_server_parse (accepted[i].uri, &error);
    g_autofree gchar *printed = NULL;

    g_test_message ("%s", accepted[i].uri);
    g_assert_no_error (error);
    assert_servers_equal (
        server, &accepted[i].server, accepted[i].server.password);
    g_assert_cmpstr (server->password, ==, accepted[i].server.password);
    assert_round_trip (server);
    printed = ice_server_to_string (server);
    g_assert_cmpstr (printed, ==, accepted[i].printed);
  }
}

/* The form is webrtcbin's wherever hunter2 is a password. */
static const struct
{
  const gchar *uri;
  IceServerError code;
  const gchar *fragment;
} refused[] = {
  { NULL, ICE_SERVER_ERROR_SYNTAX, "the text is empty" },
  { "", ICE_SERVER_ERROR_SYNTAX, "the text is empty" },
  { "stun:a b", ICE_SERVER_ERROR_SYNTAX, "a space, control" },
  { "stun:a\n", ICE_SERVER_ERROR_SYNTAX, "a space, control" },
  { "stun:b\303\274cher.example", ICE_SERVER_ERROR_SYNTAX, "non-ASCII" },
  { "turn://u:hunter2 x@h", ICE_SERVER_ERROR_SYNTAX, "a space, control" },
  { "turn://u:hunter2\303\274@h", ICE_SERVER_ERROR_SYNTAX, "percent-encoded" },

  { "host", ICE_SERVER_ERROR_SCHEME,
      "expected stun:, stuns:, turn: or turns:" },
  { "host:3478", ICE_SERVER_ERROR_SCHEME, "the scheme is unknown" },
  { "stun", ICE_SERVER_ERROR_SCHEME, "the scheme is unknown" },
  { "//host", ICE_SERVER_ERROR_SCHEME, "the scheme is unknown" },
  { "http://u:hunter2@host", ICE_SERVER_ERROR_SCHEME, "the scheme is unknown" },
  { "hunter2:turn:u@host", ICE_SERVER_ERROR_SCHEME, "the scheme is unknown" },
  { "u:hunter2@host", ICE_SERVER_ERROR_SCHEME, "the scheme is unknown" },

  { "stun:", ICE_SERVER_ERROR_HOST, "the host is missing" },
  { "stun://", ICE_SERVER_ERROR_HOST, "the host is missing" },
  { "stun::3478", ICE_SERVER_ERROR_HOST, "the host is missing" },
  { "turn://u:hunter2@", ICE_SERVER_ERROR_HOST, "the host is missing" },
  { "turn://u:hunter2@:3478", ICE_SERVER_ERROR_HOST, "the host is missing" },
  { "turn://u:hunter2@h_o:st", ICE_SERVER_ERROR_PORT, "the port is malformed" },
  { "turn://u:hunter2@-", ICE_SERVER_ERROR_HOST, "the host is not valid" },
  { "stun:a..b", ICE_SERVER_ERROR_HOST, "the host is not valid" },
  { "stun:300.1.1.1", ICE_SERVER_ERROR_HOST, "the host is not valid" },
  { "stun:h\\x", ICE_SERVER_ERROR_HOST, "the host is not valid" },
  { "stun:h%2Fx", ICE_SERVER_ERROR_HOST, "the host is not valid" },
  { "stun:h%00x", ICE_SERVER_ERROR_HOST, "the host is malformed" },
  { "stun:%3A%3A1", ICE_SERVER_ERROR_HOST, "the host is malformed" },
  { "stun:[::1", ICE_SERVER_ERROR_HOST, "IPv6 address in brackets" },
  { "stun:[1.2.3.4]", ICE_SERVER_ERROR_HOST, "IPv6 address in brackets" },
  { "stun:[:]", ICE_SERVER_ERROR_HOST, "the host is not valid" },
  { "stun:[]", ICE_SERVER_ERROR_HOST, "the host is malformed" },
  { "stun:[fe80::1%25eth0]", ICE_SERVER_ERROR_HOST, "without a zone" },
  { "stun:[fe80::1%eth0]", ICE_SERVER_ERROR_HOST, "IPv6 address in brackets" },
  { "turn://u:x@[hunter2]", ICE_SERVER_ERROR_HOST, "the host is malformed" },

  { "stun:h:", ICE_SERVER_ERROR_PORT, "the port after ':' is missing" },
  { "turn:h:?transport=udp", ICE_SERVER_ERROR_PORT, "':' is missing" },
  { "stun:h:0", ICE_SERVER_ERROR_PORT, "the port is 0" },
  { "stun:h:65536", ICE_SERVER_ERROR_PORT, "1 to 65535" },
  { "stun:h:99999999999999999999", ICE_SERVER_ERROR_PORT, "1 to 65535" },
  { "stun:h:-1", ICE_SERVER_ERROR_PORT, "the port is malformed" },
  { "stun:h:+1", ICE_SERVER_ERROR_PORT, "the port is malformed" },
  { "stun:h:1x", ICE_SERVER_ERROR_PORT, "the port is malformed" },
  { "stun:::1", ICE_SERVER_ERROR_PORT, "the port is malformed" },
  { "stun:2001:db8::1", ICE_SERVER_ERROR_PORT, "the port is malformed" },
  { "turn://user:hunter2", ICE_SERVER_ERROR_PORT, "the port is malformed" },
  { "turn:user:hunter2:host", ICE_SERVER_ERROR_PORT, "the port is malformed" },
  { "turn://user:hunter2/host", ICE_SERVER_ERROR_PORT, "port is malformed" },

  { "stun:h/", ICE_SERVER_ERROR_SYNTAX, "a path is not expected" },
  { "stun:/h", ICE_SERVER_ERROR_SYNTAX, "a path is not expected" },
  { "stun:///h", ICE_SERVER_ERROR_SYNTAX, "a path is not expected" },
  { "turn://h:1/hunter2", ICE_SERVER_ERROR_SYNTAX, "\"%2F\"" },
  { "stun:h#", ICE_SERVER_ERROR_SYNTAX, "a fragment is not expected" },
  { "turn://h:1#hunter2", ICE_SERVER_ERROR_SYNTAX, "\"%23\"" },

  { "turn:h?transport=sctp", ICE_SERVER_ERROR_TRANSPORT, "udp, tcp or tls" },
  { "turn:h?transport=", ICE_SERVER_ERROR_TRANSPORT, "udp, tcp or tls" },
  { "turns:h?transport=udp", ICE_SERVER_ERROR_TRANSPORT, "DTLS" },
  { "turn:h?transport=udp&transport=udp", ICE_SERVER_ERROR_TRANSPORT, "twice" },
  { "stun:h?transport=udp", ICE_SERVER_ERROR_TRANSPORT, "no parameters" },
  { "stuns:h?transport=tcp", ICE_SERVER_ERROR_TRANSPORT, "no parameters" },
  { "stun:h?", ICE_SERVER_ERROR_TRANSPORT, "no parameters" },
  { "turn:h?", ICE_SERVER_ERROR_SYNTAX, "expected transport=TRANSPORT" },
  { "turn:h?transport", ICE_SERVER_ERROR_SYNTAX, "after '?' is malformed" },
  { "turn:h?=udp", ICE_SERVER_ERROR_SYNTAX, "the parameter \"\" is unknown" },
  { "turn:h?transport=%zz", ICE_SERVER_ERROR_SYNTAX, "after '?' is malformed" },
  { "turn:h?Transport=udp", ICE_SERVER_ERROR_SYNTAX,
      "the parameter \"Transport\" is unknown" },
  { "turn:h?ttl=86400", ICE_SERVER_ERROR_SYNTAX,
      "the parameter \"ttl\" is unknown, expected only transport=" },
  { "turn:h?transport=udp&a%0Ab=c", ICE_SERVER_ERROR_SYNTAX, "\"a\\nb\"" },

  { "stun://u:hunter2@host", ICE_SERVER_ERROR_CREDENTIALS, "a STUN server" },
  { "stuns:hunter2@host", ICE_SERVER_ERROR_CREDENTIALS, "a STUN server" },
  { "stun:@host", ICE_SERVER_ERROR_CREDENTIALS, "a STUN server" },
  { "turn://hunter2@host", ICE_SERVER_ERROR_CREDENTIALS, "USER:PASSWORD@" },
  { "turn://hunter2:@host", ICE_SERVER_ERROR_CREDENTIALS, "USER:PASSWORD@" },
  { "turn://:hunter2@host", ICE_SERVER_ERROR_CREDENTIALS, "USER:PASSWORD@" },
  { "turn://@host", ICE_SERVER_ERROR_CREDENTIALS, "USER:PASSWORD@" },
  { "turn://:@host", ICE_SERVER_ERROR_CREDENTIALS, "USER:PASSWORD@" },
  { "turn://u:p@hunter2@host", ICE_SERVER_ERROR_CREDENTIALS, "\"%40\"" },
  { "turn://u@hunter2:1@host", ICE_SERVER_ERROR_CREDENTIALS, "\"%40\"" },
  { "turn://u:p/hunter2@host", ICE_SERVER_ERROR_CREDENTIALS, "\"%2F\"" },
  { "turn://u:1/hunter2@host", ICE_SERVER_ERROR_CREDENTIALS, "\"%2F\"" },
  { "turn://u/hunter2@host", ICE_SERVER_ERROR_CREDENTIALS, "\"%2F\"" },
  { "turn://u:p?hunter2@host", ICE_SERVER_ERROR_CREDENTIALS, "\"%3F\"" },
  { "turn://u:1?hunter2=x#@host", ICE_SERVER_ERROR_CREDENTIALS, "\"%3F\"" },
  { "turn://u:p#hunter2@host", ICE_SERVER_ERROR_CREDENTIALS, "\"%23\"" },
  { "turn://u:1#hunter2@host", ICE_SERVER_ERROR_CREDENTIALS, "\"%23\"" },
  { "turn:1700000000:user:hunter2+/=@host", ICE_SERVER_ERROR_CREDENTIALS,
      "a '/' in the user name or password must be written \"%2F\", and a ':' "
      "in the user name \"%3A\", as in turn:1700000000%3Auser:" },
  { "turn:1700000000:user:hunter2@host", ICE_SERVER_ERROR_CREDENTIALS,
      "must be written \"%3A\", as in turn:1700000000%3Auser:password@host" },
  { "turns://1700000000:hunter2:x+y=@h:1", ICE_SERVER_ERROR_CREDENTIALS,
      "\"%3A\"" },
  { "turn://u:hunter2%@host", ICE_SERVER_ERROR_CREDENTIALS, "\"%25\"" },
  { "turn://u:hunter2%@host", ICE_SERVER_ERROR_CREDENTIALS, "percent-encoded" },
  { "turn://u:hunter2%4@host", ICE_SERVER_ERROR_CREDENTIALS, "UTF-8" },
  { "turn://u:hunter2%zz@host", ICE_SERVER_ERROR_CREDENTIALS, "UTF-8" },
  { "turn://u:hunter2%00@host", ICE_SERVER_ERROR_CREDENTIALS, "UTF-8" },
  { "turn://u:hunter2%ff@host", ICE_SERVER_ERROR_CREDENTIALS, "UTF-8" },
  { "turn://hunter2%00:x@host", ICE_SERVER_ERROR_CREDENTIALS, "UTF-8" },
  { "turn://hunter2%zz:x@host", ICE_SERVER_ERROR_CREDENTIALS, "UTF-8" },
  { "turn://u:1?hunter2=x@host", ICE_SERVER_ERROR_CREDENTIALS, "\"%3F\"" },
  { "turn://u:1?hunter2@host", ICE_SERVER_ERROR_CREDENTIALS, "\"%3F\"" },
  { "turn://u?hunter2=x@host", ICE_SERVER_ERROR_CREDENTIALS, "\"%3F\"" },
};

static void
assert_refused (const gchar *uri, IceServerError code, const gchar *fragment)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (ice_server_parse (uri, &error));
  g_assert_error (error, ICE_SERVER_ERROR, (gint) code);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, fragment));
  g_assert_null (strstr (error->message, SECRET));
  g_assert_null (ice_server_parse (uri, NULL));
}

static void
test_refused (void)
{
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (refused); i++)
    assert_refused (refused[i].uri, refused[i].code, refused[i].fragment);
}

/* Whatever character gets into the password as it is, a refusal keeps quiet. */
static void
test_secret_stays_secret (void)
{
  static const gchar *const forms[] = { "turn://user:%chunter2@host:3478",
    "turn://user:hunter2%c@host:3478", "turn://%chunter2:hunter2@host",
    "turn://user%chunter2@host", "turn:1%chunter2%c%c@host?transport=udp",
    "turns:user:hunter2@host%c1", "stun:%chunter2@host", "%cturn:hunter2@host",
    "turn://user:hunter2@[::1%c]:1?transport=udp&x=y" };
  gsize i;
  gint c;

  for (i = 0; i < G_N_ELEMENTS (forms); i++) {
    for (c = 1; c < 256; c++) {
      g_autoptr (GString) uri = g_string_new (forms[i]);
      g_autoptr (GError) error = NULL;
      g_autoptr (IceServer) server = NULL;
      gchar byte[2] = { (gchar) c, '\0' };

      g_string_replace (uri, "%c", byte, 0);
      server = ice_server_parse (uri->str, &error);
      g_assert_true ((server == NULL) == (error != NULL));
      if (server == NULL)
        g_assert_null (strstr (error->message, SECRET));
    }
  }
}

static void
test_bounds (void)
{
  g_autofree gchar *filler = g_strnfill (1024 - strlen ("turn://u:@h"), 'p');
  g_autofree gchar *longest = g_strdup_printf ("turn://u:%s@h", filler);
  g_autofree gchar *too_long = g_strdup_printf ("turn://u:%s@hh", filler);
  g_autoptr (IceServer) server = ice_server_parse (longest, NULL);

  g_assert_nonnull (server);
  g_assert_cmpstr (server->password, ==, filler);
  assert_refused (too_long, ICE_SERVER_ERROR_SYNTAX, "longer than 1024 bytes");
  ice_server_free (NULL);
}

static void
test_mutations (void)
{
  const gchar *seeds[G_N_ELEMENTS (accepted)];
  g_autoptr (GRand) rand = g_rand_new_with_seed (MUTATION_SEED);
  guint i;

  for (i = 0; i < G_N_ELEMENTS (accepted); i++)
    seeds[i] = accepted[i].uri;
  for (i = 0; i < mutation_count (); i++) {
    g_autoptr (GString) text = mutate (rand, seeds, G_N_ELEMENTS (seeds));

    LLVMFuzzerTestOneInput ((const guint8 *) text->str, text->len);
  }
}

/* RFC 7064 and RFC 7065; the transport to the server. */
static void
test_url (void)
{
  static const gchar *const uris[][3] = {
    { "stun:host", "stun:host:3478", "udp" },
    { "stun://host:1", "stun:host:1", "udp" },
    { "stun:[2001:db8::1]", "stun:[2001:db8::1]:3478", "udp" },
    { "turn://user:hunter2@host", "turn:host:3478?transport=udp", "udp" },
    { "turn:user%3A:hunter2@10.0.0.1:1?transport=tcp",
        "turn:10.0.0.1:1?transport=tcp", "tcp" },
    { "turn://u:hunter2@host?transport=tls", "turns:host:5349?transport=tcp",
        "tls" },
    { "turns:u:hunter2@[::1]:443", "turns:[::1]:443?transport=tcp", "tls" },
    { "turns:u:hunter2@host?transport=tls", "turns:host:5349?transport=tcp",
        "tls" },
    { "turn:host", "turn:host:3478?transport=udp", "udp" },
  };
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (uris); i++) {
    g_autoptr (IceServer) server = ice_server_parse (uris[i][0], NULL);
    g_autoptr (IceServer) again = NULL;
    g_autofree gchar *before = ice_server_to_string (server), *after = NULL;
    g_autofree gchar *url = ice_server_to_url (server);

    g_assert_cmpstr (url, ==, uris[i][1]);
    g_assert_cmpstr (
        ice_server_transport_to_string (server->transport), ==, uris[i][2]);
    after = ice_server_to_string (server);
    g_assert_cmpstr (after, ==, before);
    again = ice_server_parse (url, NULL); /* the same server */
    g_assert_cmpint (again->transport, ==, server->transport);
    g_assert_cmpuint (again->port, ==, server->port);
    g_assert_cmpstr (again->host, ==, server->host);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/iceserver/accepted", test_accepted);
  g_test_add_func ("/iceserver/refused", test_refused);
  g_test_add_func ("/iceserver/secret-stays-secret", test_secret_stays_secret);
  g_test_add_func ("/iceserver/bounds", test_bounds);
  g_test_add_func ("/iceserver/url", test_url);
  g_test_add_func ("/iceserver/mutations", test_mutations);
  return g_test_run ();
}
