/* gst-ice: test of iceserverentry.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "mutation.h"
#include "../fuzz/fuzz-server.c"

#define USER "1700000000:me"
#define CREDENTIAL "p/+=@:%w\"\\,; \303\251"

/* The servers, as they may be printed, with a space between them. */
static gchar *
print (GPtrArray *servers)
{
  GString *text = g_string_new (NULL);
  guint i;

  for (i = 0; i < servers->len; i++) {
    g_autofree gchar *one = ice_server_to_string (
        g_ptr_array_index (servers, i));

    g_string_append_printf (text, "%s%s", i > 0 ? " " : "", one);
  }
  return g_string_free (text, FALSE);
}

static void
test_accepted (void)
{
  const struct
  {
    const gchar *urls[4];
    const gchar *username, *credential, *expected;
  } cases[] = {
    { { "stun:h" }, NULL, NULL, "stun:h:3478" },
    { { "stun:h", "turn:h", "turn:h?transport=tcp" }, USER, CREDENTIAL,
        "stun:h:3478 turn://1700000000%3Ame:***@h:3478?transport=udp "
        "turn://1700000000%3Ame:***@h:3478?transport=tcp" },
    { { "turns:[2001:db8::1]" }, "u", "p",
        "turns://u:***@[2001:db8::1]:5349?transport=tcp" },
    /* not needed, and ignored */
    { { "stun:h:1" }, "u", NULL, "stun:h:1" },
    { { "stun:h:1" }, "", "", "stun:h:1" },
  };
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    g_autofree gchar *text = NULL;
    g_autoptr (GPtrArray) servers = ice_server_entry_parse (
        cases[i].urls, cases[i].username, cases[i].credential, &error);

    g_assert_no_error (error);
    text = print (servers);
    g_assert_cmpstr (text, ==, cases[i].expected);
  }
}

/* The credentials are taken as they are. */
static void
test_credentials (void)
{
  const gchar *urls[] = { "stun:h", "turn:h", NULL };
  g_autofree gchar *longest = g_strnfill (508, 'u');
  g_autoptr (GPtrArray)
      servers = ice_server_entry_parse (urls, USER, CREDENTIAL, NULL);
  g_autoptr (GPtrArray) more = NULL;
  const IceServer *stun = g_ptr_array_index (servers, 0);
  const IceServer *turn = g_ptr_array_index (servers, 1);

  g_assert_null (stun->username);
  g_assert_null (stun->password);
  g_assert_cmpstr (turn->username, ==, USER);
  g_assert_cmpstr (turn->password, ==, CREDENTIAL);
  more = ice_server_entry_parse (urls, longest, "p", NULL);
  g_assert_nonnull (more);
}

static void
test_refused (void)
{
  g_autofree gchar *long_user = g_strnfill (509, 'u');
  g_autofree gchar *long_credential = g_strnfill (1025, 'c');
  const struct
  {
    const gchar *urls[3];
    const gchar *username, *credential, *message;
  } cases[] = {
    { { NULL }, "u", "hunter2",
        "urls is missing or empty, expected stun:, turn: or turns: URLs" },
    { { "turn:h" }, NULL, "hunter2",
        "username is missing, which turn: and turns: need beside urls "
        "(long-term credentials, RFC 8656)" },
    { { "turns:h" }, "u", NULL,
        "credential is missing, which turn: and turns: need beside urls "
        "(long-term credentials, RFC 8656)" },
    { { "turn:h" }, "", "hunter2", "username is empty" },
    { { "turn:h" }, "u", "", "credential is empty" },
    { { "turn:h" }, "\377", "hunter2", "username is not UTF-8" },
    { { "turn:h" }, "u", "hunter2\377", "credential is not UTF-8" },
    { { "turn:h" }, long_user, "hunter2", "username is longer than 508 bytes" },
    { { "turn:h" }, "u", long_credential,
        "credential is longer than 1024 bytes" },
    { { "stun:h", "turn:u:hunter2@h" }, "u", "hunter2",
        "urls, item 1: a '@' is not expected; write the user name and the "
        "password as they are in the fields username and credential" },
    { { "stuns:h" }, NULL, NULL,
        "urls, item 0: stuns: (STUN over TLS) is not supported, use stun:; the "
        "address that it would report is that of a TCP connection, useless for "
        "UDP" },
    { { "stun:h", "http://hunter2" }, NULL, NULL,
        "urls, item 1: STUN or TURN server URI: the scheme is unknown, "
        "expected stun:, stuns:, turn: or turns:" },
    { { "turn:h:0" }, "u", "hunter2",
        "urls, item 0: STUN or TURN server URI: the port is 0, expected 1 to "
        "65535" },
    { { "turn:h?transport=sctp" }, "u", "hunter2",
        "urls, item 0: STUN or TURN server URI: the transport is unknown, "
        "expected udp, tcp or tls" },
    { { "" }, "u", "hunter2",
        "urls, item 0: STUN or TURN server URI: the text is empty" },
  };
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (ice_server_entry_parse (
        cases[i].urls, cases[i].username, cases[i].credential, &error));
    g_assert_cmpstr (error->message, ==, cases[i].message);
    g_assert_true (error->domain == ICE_SERVER_ERROR);
    g_assert_null (ice_server_entry_parse (
        cases[i].urls, cases[i].username, cases[i].credential, NULL));
  }
}

static void
test_mutations (void)
{
  static const gchar *const seeds[] = { "stun:h:3478",
    "turn:h:3478?transport=tcp\nuser\nhunter2",
    "turns:[::1]\n1700000000:me\nhunter2/+=" };
  g_autoptr (GRand) rand = g_rand_new_with_seed (MUTATION_SEED);
  guint i;

  for (i = 0; i < mutation_count (); i++) {
    g_autoptr (GString)
        text = mutate (rand, (const gchar **) seeds, G_N_ELEMENTS (seeds));

    LLVMFuzzerTestOneInput ((const guint8 *) text->str, text->len);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/iceserverentry/accepted", test_accepted);
  g_test_add_func ("/iceserverentry/credentials", test_credentials);
  g_test_add_func ("/iceserverentry/refused", test_refused);
  g_test_add_func ("/iceserverentry/mutations", test_mutations);
  return g_test_run ();
}
