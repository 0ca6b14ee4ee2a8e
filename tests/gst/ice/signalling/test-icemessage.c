/* gst-ice: test of icemessage.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "mutation.h"
#include "../fuzz/fuzz-message.c"

#define UFRAG "aB3+"
#define PASSWORD "hunter2hunter2hunter2hunter2"

#define PARAMETERS_HEAD "{\"type\":\"parameters\",\"stream\":0,"
#define PARAMETERS                                                             \
  PARAMETERS_HEAD "\"usernameFragment\":\"" UFRAG                              \
                  "\",\"password\":\"" PASSWORD                                \
                  "\",\"role\":\"controlling\",\"generation\":0}"
#define CANDIDATE_TEXT "candidate:1 1 UDP 2130706431 192.0.2.1 5000 typ host"
#define CANDIDATE                                                              \
  "{\"type\":\"candidate\",\"sdpMLineIndex\":1,\"usernameFragment\":\"" UFRAG  \
  "\",\"candidate\":\"" CANDIDATE_TEXT "\"}"
#define CANDIDATE_HEAD "{\"type\":\"candidate\",\"sdpMLineIndex\":0,"
#define BYE "{\"type\":\"bye\"}"

/* clang-format off */
static const struct
{
  const gchar *line;
  IceMessage message;
} accepted[] = {
  { PARAMETERS,
    { ICE_MESSAGE_PARAMETERS, 0, (gchar *) UFRAG, (gchar *) PASSWORD,
      GST_ICE_ROLE_CONTROLLING, 0, NULL } },
  { " {\t\"generation\" : 2147483647 , \"role\":\"unknown\",\"stream\":255,"
    "\"password\":\"" PASSWORD "\",\"usernameFragment\":\"\\u0061B3+\","
    "\"type\":\"\\u0070arameters\" } \r\n",
    { ICE_MESSAGE_PARAMETERS, 255, (gchar *) UFRAG, (gchar *) PASSWORD,
      GST_ICE_ROLE_UNKNOWN, G_MAXINT32, NULL } },
  { "{\"type\":\"parameters\",\"stream\":1,\"usernameFragment\":\"" UFRAG "\","
    "\"password\":\"" PASSWORD "\",\"role\":\"controlled\",\"generation\":1,"
    "\"later\":[1,-2.5e+3,true,false,null,{\"a\":[]}]}\n",
    { ICE_MESSAGE_PARAMETERS, 1, (gchar *) UFRAG, (gchar *) PASSWORD,
      GST_ICE_ROLE_CONTROLLED, 1, NULL } },
  { CANDIDATE "\n",
    { ICE_MESSAGE_CANDIDATE, 1, (gchar *) UFRAG, NULL, 0, 0,
      (gchar *) CANDIDATE_TEXT } },
  { CANDIDATE_HEAD "\"candidate\":\"\"}",
    { ICE_MESSAGE_CANDIDATE, 0, NULL, NULL, 0, 0, (gchar *) "" } },
  { CANDIDATE_HEAD "\"candidate\":\"\",\"usernameFragment\":null,"
    "\"sdpMid\":\"0\"}\r\n",
    { ICE_MESSAGE_CANDIDATE, 0, NULL, NULL, 0, 0, (gchar *) "" } },
  { CANDIDATE_HEAD "\"candidate\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9"
    "\\ud83d\\ude00\303\251\"}",
    { ICE_MESSAGE_CANDIDATE, 0, NULL, NULL, 0, 0,
      (gchar *) "\"\\/\b\f\n\r\t\303\251\360\237\230\200\303\251" } },
  /* the first and the last surrogates, and what is next to them */
  { CANDIDATE_HEAD "\"candidate\":\"\\ud7ff\\ud800\\udc00\\udbff\\udfff"
    "\\ue000 \"}",
    { ICE_MESSAGE_CANDIDATE, 0, NULL, NULL, 0, 0,
      (gchar *) "\355\237\277\360\220\200\200\364\217\277\277\356\200\200 " } },
  { BYE "\n", { ICE_MESSAGE_BYE, 0, NULL, NULL, 0, 0, NULL } },
  { "{\"reason\":\"\",\"type\":\"bye\",\"stream\":\"not read\"}",
    { ICE_MESSAGE_BYE, 0, NULL, NULL, 0, 0, NULL } },
  /* RFC 8259 leaves the meaning open; the last one is taken */
  { "{\"type\":\"candidate\",\"type\":\"bye\"}",
    { ICE_MESSAGE_BYE, 0, NULL, NULL, 0, 0, NULL } },
};
/* clang-format on */

static void
test_accepted (void)
{
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (accepted); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (IceMessage) message = ice_message_parse (
        accepted[i].line, strlen (accepted[i].line), &error);

    g_assert_no_error (error);
    assert_messages_equal (message, &accepted[i].message);
    assert_round_trip (message);
  }
}

/* docs/signalling.md promises these very lines. */
static void
test_printed (void)
{
  static const gchar *const lines[] = { PARAMETERS "\n", CANDIDATE "\n",
    BYE "\n", CANDIDATE_HEAD "\"candidate\":\"\"}\n" };
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (lines); i++) {
    g_autoptr (IceMessage)
        message = ice_message_parse (lines[i], strlen (lines[i]), NULL);
    g_autofree gchar *line = NULL;

    g_assert_nonnull (message);
    line = ice_message_to_line (message);
    g_assert_cmpstr (line, ==, lines[i]);
  }
}

/* A line is one line, whatever is in a string. */
static void
test_printed_controls (void)
{
  gchar controls[] = "\001\n\r\t\"\\\177\342\200\250 end";
  IceMessage message = { .type = ICE_MESSAGE_CANDIDATE, .candidate = controls };

  assert_round_trip (&message);
}

#define SYNTAX ICE_MESSAGE_ERROR_SYNTAX
#define TYPE ICE_MESSAGE_ERROR_TYPE
#define MEMBER ICE_MESSAGE_ERROR_MEMBER

static const struct
{
  const gchar *line;
  IceMessageError code;
  const gchar *fragment;
} refused[] = {
  { "", SYNTAX, "at byte 1, expected an object" },
  { "\n", SYNTAX, "expected an object" },
  { "\r\n", SYNTAX, "expected an object" },
  { "  ", SYNTAX, "at byte 3, expected an object" },
  { "[]", SYNTAX, "expected an object" },
  { "[" BYE "]", SYNTAX, "expected an object" },
  { "null", SYNTAX, "expected an object" },
  { "\"bye\"", SYNTAX, "expected an object" },
  { "GET / HTTP/1.1", SYNTAX, "expected an object" },
  { "\357\273\277" BYE, SYNTAX, "expected an object" },
  { "\n" BYE, SYNTAX, "expected an object" },
  { "{", SYNTAX, "at byte 2, expected a string" },
  { "{\"type\":\"bye\"", SYNTAX, "or the object's end" },
  { "{\"type\":\"bye", SYNTAX, "at byte 9" },
  { "{\"type\":\"bye}\n", SYNTAX, "at byte 9" },
  { "{\"type\":\"bye\"\n}", SYNTAX, "at byte 14" },
  { BYE BYE, SYNTAX, "at byte 15, expected nothing after the object" },
  { BYE "}", SYNTAX, "nothing after the object" },
  { BYE " x", SYNTAX, "nothing after the object" },
  { BYE "\n\n", SYNTAX, "nothing after the object" },
  { BYE "// x", SYNTAX, "nothing after the object" },
  { "{\"type\":\"bye\",}", SYNTAX, "not one JSON object" },
  { "{\"type\" \"bye\"}", SYNTAX, "not one JSON object" },
  { "{\"type\":}", SYNTAX, "not one JSON object" },
  { "{\"type\":\"bye\"]", SYNTAX, "not one JSON object" },
  { "{\"type\":\"bye\" \"a\":1}", SYNTAX, "not one JSON object" },
  { "{1:2}", SYNTAX, "at byte 2" },
  { "{type:\"bye\"}", SYNTAX, "at byte 2" },
  { "{'type':'bye'}", SYNTAX, "at byte 2" },
  { "{\"type\":bye}", SYNTAX, "at byte 9" },
  { "{/**/\"type\":\"bye\"}", SYNTAX, "at byte 2" },
  /* what json-glib would read, and JSON does not have */
  { "{\"type\":\"bye\",\"a\":0x1}", SYNTAX, "at byte 19" },
  { "{\"type\":\"bye\",\"a\":01}", SYNTAX, "at byte 19" },
  { "{\"type\":\"bye\",\"a\":$1}", SYNTAX, "at byte 19" },
  { "{\"type\":\"bye\",\"a\":+1}", SYNTAX, "at byte 19" },
  { "{\"type\":\"bye\",\"a\":.5}", SYNTAX, "at byte 19" },
  { "{\"type\":\"bye\",\"a\":1.}", SYNTAX, "at byte 19" },
  { "{\"type\":\"bye\",\"a\":1e}", SYNTAX, "at byte 19" },
  { "{\"type\":\"bye\",\"a\":-}", SYNTAX, "at byte 19" },
  { "{\"type\":\"bye\",\"a\":NaN}", SYNTAX, "at byte 19" },
  { "{\"type\":\"bye\",\"a\":True}", SYNTAX, "at byte 19" },
  { "{\"type\":\"bye\",\"a\":1\"b\"}", SYNTAX, "at byte 19" },
  { "{\"type\":\"bye\",\"a\":nullx}", SYNTAX, "at byte 19" },
  { "{\"type\":\"\\u0000bye\"}", SYNTAX, "at byte 9" },
  { "{\"type\":\"\\u00zz\"}", SYNTAX, "at byte 9" },
  { "{\"type\":\"\\u00\"}", SYNTAX, "at byte 9" },
  { "{\"type\":\"\\u", SYNTAX, "at byte 9" },
  { "{\"type\":\"\\q\"}", SYNTAX, "at byte 9" },
  { "{\"type\":\"\\", SYNTAX, "at byte 9" },
  { "{\"type\":\"b\tye\"}", SYNTAX, "at byte 9" },
  { "{\"type\":\"\\ud83d\\u0041\"}", SYNTAX, "at byte 9" },
  { "{\"type\":\"\\ud83d\\udbff\"}", SYNTAX, "at byte 9" },
  { "{\"type\":\"\\ud83d\\ue000\"}", SYNTAX, "at byte 9" },
  { "{\"type\":\"\\udfff\"}", SYNTAX, "at byte 9" },
  { "{\"type\":\"\\udbff\"}", SYNTAX, "at byte 9" },
  { "{\"type\":\"\037\"}", SYNTAX, "at byte 9" },
  { "{\"type\":\"b\377ye\"}", SYNTAX, "not UTF-8" },
  { "{\"type\":\"\355\240\200\"}", SYNTAX, "not UTF-8" },

  { "{}", MEMBER, "\"type\"" },
  { "{\"type\":null}", MEMBER, "\"type\"" },
  { "{\"type\":1}", MEMBER, "\"type\"" },
  { "{\"type\":[\"bye\"]}", MEMBER, "\"type\"" },
  { "{\"Type\":\"bye\"}", MEMBER, "\"type\"" },
  { "{\"type\":\"\\ud800\"}", SYNTAX, "at byte 9" },
  { "{\"type\":\"\"}", TYPE, "type \"\" is unknown" },
  { "{\"type\":\"Bye\"}", TYPE, "expected parameters, candidate or bye" },
  { "{\"type\":\"offer\",\"sdp\":\"\"}", TYPE, "type \"offer\" is unknown" },
  { "{\"type\":\"a\\n\303\251\"}", TYPE, "type \"a\\n\\303\\251\"" },

  { "{\"type\":\"parameters\"}", MEMBER, "\"stream\"" },
  { "{\"type\":\"parameters\",\"stream\":-1}", MEMBER, "from 0 to 255" },
  { "{\"type\":\"parameters\",\"stream\":256}", MEMBER, "\"stream\"" },
  { "{\"type\":\"parameters\",\"stream\":1.0}", MEMBER, "\"stream\"" },
  { "{\"type\":\"parameters\",\"stream\":1e1}", MEMBER, "\"stream\"" },
  { "{\"type\":\"parameters\",\"stream\":\"0\"}", MEMBER, "\"stream\"" },
  { "{\"type\":\"parameters\",\"stream\":null}", MEMBER, "\"stream\"" },
  { "{\"type\":\"parameters\",\"stream\":true}", MEMBER, "\"stream\"" },
  { "{\"type\":\"parameters\",\"stream\":[0]}", MEMBER, "\"stream\"" },
  { "{\"type\":\"parameters\",\"stream\":4294967296}", MEMBER, "\"stream\"" },
  { "{\"type\":\"parameters\",\"stream\":18446744073709551616}", MEMBER,
      "\"stream\"" },
  { "{\"type\":\"parameters\",\"stream\":99999999999999999999999999}", MEMBER,
      "\"stream\"" },
  { PARAMETERS_HEAD "\"password\":\"" PASSWORD "\"}", MEMBER,
      "\"usernameFragment\" is missing" },
  { PARAMETERS_HEAD "\"usernameFragment\":null}", MEMBER,
      "\"usernameFragment\" is missing" },
  { PARAMETERS_HEAD "\"usernameFragment\":\"abc\"}", MEMBER,
      "\"usernameFragment\": the ICE user name fragment has 3 characters" },
  { PARAMETERS_HEAD "\"usernameFragment\":\"ab-d\"}", MEMBER, "byte 3" },
  { PARAMETERS_HEAD "\"usernameFragment\":\"" UFRAG "\"}", MEMBER,
      "\"password\" is missing" },
  { PARAMETERS_HEAD "\"usernameFragment\":\"" UFRAG
                    "\",\"password\":\"hunter2\"}",
      MEMBER, "\"password\": the ICE password has 7 characters" },
  { PARAMETERS_HEAD "\"usernameFragment\":\"" UFRAG
                    "\",\"password\":\"" PASSWORD "!\"}",
      MEMBER, "byte 29 of the ICE password" },
  { PARAMETERS_HEAD "\"usernameFragment\":\"" UFRAG
                    "\",\"password\":[\"" PASSWORD "\"]}",
      MEMBER, "\"password\" is missing or not valid, expected a string" },
  { PARAMETERS_HEAD "\"usernameFragment\":\"" UFRAG
                    "\",\"password\":\"" PASSWORD "\" \"hunter2\"}",
      SYNTAX, "not one JSON object" },
  { PARAMETERS_HEAD "\"usernameFragment\":\"" UFRAG
                    "\",\"password\":\"" PASSWORD,
      SYNTAX, "not accepted at byte" },
  { PARAMETERS_HEAD "\"usernameFragment\":\"" UFRAG
                    "\",\"password\":\"" PASSWORD "\"}",
      MEMBER, "\"role\"" },
  { PARAMETERS_HEAD "\"usernameFragment\":\"" UFRAG
                    "\",\"password\":\"" PASSWORD "\",\"role\":\"Controlled\"}",
      MEMBER, "expected controlling, controlled or unknown" },
  { PARAMETERS_HEAD "\"usernameFragment\":\"" UFRAG
                    "\",\"password\":\"" PASSWORD "\",\"role\":1}",
      MEMBER, "\"role\"" },
  { PARAMETERS_HEAD "\"usernameFragment\":\"" UFRAG
                    "\",\"password\":\"" PASSWORD "\",\"role\":\"unknown\"}",
      MEMBER, "\"generation\"" },
  { PARAMETERS_HEAD "\"usernameFragment\":\"" UFRAG
                    "\",\"password\":\"" PASSWORD
                    "\",\"role\":\"unknown\",\"generation\":2147483648}",
      MEMBER, "from 0 to 2147483647" },
  { PARAMETERS_HEAD "\"usernameFragment\":\"" UFRAG
                    "\",\"password\":\"" PASSWORD
                    "\",\"role\":\"unknown\",\"generation\":-1}",
      MEMBER, "\"generation\"" },

  { "{\"type\":\"candidate\",\"candidate\":\"\"}", MEMBER,
      "\"sdpMLineIndex\"" },
  { "{\"type\":\"candidate\",\"sdpMLineIndex\":256,\"candidate\":\"\"}", MEMBER,
      "\"sdpMLineIndex\"" },
  { "{\"type\":\"candidate\",\"sdpMLineIndex\":null,\"candidate\":\"\"}",
      MEMBER, "\"sdpMLineIndex\"" },
  { CANDIDATE_HEAD "\"usernameFragment\":\"" UFRAG "\"}", MEMBER,
      "\"candidate\" is missing" },
  { CANDIDATE_HEAD "\"candidate\":null}", MEMBER, "\"candidate\"" },
  { CANDIDATE_HEAD "\"candidate\":{}}", MEMBER, "\"candidate\"" },
  { CANDIDATE_HEAD "\"candidate\":\"\\udc00\"}", SYNTAX, "at byte 51" },
  { CANDIDATE_HEAD "\"candidate\":\"\\ud800x\"}", SYNTAX, "at byte 51" },
  { CANDIDATE_HEAD "\"candidate\":\"\",\"usernameFragment\":1}", MEMBER,
      "\"usernameFragment\"" },
  { CANDIDATE_HEAD "\"candidate\":\"\",\"usernameFragment\":\"\"}", MEMBER,
      "has 0 characters" },
};

static void
assert_refused (const gchar *line, gsize length, IceMessageError code,
    const gchar *fragment)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (ice_message_parse (line, length, &error));
  g_assert_nonnull (error);
  g_test_message ("%s", error->message);
  g_assert_error (error, ICE_MESSAGE_ERROR, (gint) code);
  g_assert_nonnull (strstr (error->message, fragment));
  g_assert_null (strstr (error->message, "hunter2"));
  g_assert_null (ice_message_parse (line, length, NULL));
}

static void
test_refused (void)
{
  static const gchar nul[] = "{\"type\":\"bye\"\0}";
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (refused); i++)
    assert_refused (refused[i].line, strlen (refused[i].line), refused[i].code,
        refused[i].fragment);
  assert_refused (nul, sizeof nul - 1, SYNTAX, "has a NUL in it");
}

/* Only @length decides where a line ends. */
static void
test_length (void)
{
  static const gchar text[] = BYE "\n" PARAMETERS;
  g_autoptr (IceMessage)
      message = ice_message_parse (text, strlen (BYE "\n"), NULL);
  gsize length;

  g_assert_nonnull (message);
  g_assert_cmpint (message->type, ==, ICE_MESSAGE_BYE);

  /* a copy of its own for each, so that reading on is seen */
  for (length = 0; length < strlen (PARAMETERS); length++) {
    g_autofree gchar *cut = g_malloc (MAX (length, 1));

    memcpy (cut, PARAMETERS, length);
    assert_refused (cut, length, SYNTAX, "not accepted at byte");
  }
}

static GString *
line_of_size (gsize size)
{
  GString *line = g_string_new ("{\"type\":\"bye\",\"x\":\"");

  while (line->len < size - strlen ("\"}\n"))
    g_string_append_c (line, 'x');
  return g_string_append (line, "\"}\n");
}

static void
test_size (void)
{
  g_autoptr (GString) longest = line_of_size (ICE_MESSAGE_MAX_SIZE);
  g_autoptr (GString) too_long = line_of_size (ICE_MESSAGE_MAX_SIZE + 1);
  g_autoptr (IceMessage) message = NULL;

  g_assert_cmpuint (longest->len, ==, ICE_MESSAGE_MAX_SIZE);
  message = ice_message_parse (longest->str, longest->len, NULL);
  g_assert_nonnull (message);
  g_clear_pointer (&message, ice_message_free);
  message = ice_message_parse (longest->str, longest->len - 1, NULL);
  g_assert_nonnull (message);
  assert_refused (too_long->str, too_long->len, ICE_MESSAGE_ERROR_SIZE,
      "65537 bytes, expected at most 65536");
  /* its newline was taken off already, and it is too long still */
  assert_refused (too_long->str, too_long->len - 1, ICE_MESSAGE_ERROR_SIZE,
      "expected at most 65536 with its newline");
}

static void
test_candidate_size (void)
{
  g_autofree gchar *candidate = g_strnfill (ICE_CANDIDATE_MAX_LENGTH, '\1');
  g_autofree gchar *too_long = g_strnfill (ICE_CANDIDATE_MAX_LENGTH + 1, 'x');
  g_autofree gchar *line = g_strdup_printf (
      CANDIDATE_HEAD "\"candidate\":\"%s\"}", too_long);
  IceMessage message = { .type = ICE_MESSAGE_CANDIDATE,
    .candidate = candidate };

  assert_round_trip (&message);
  assert_refused (line, strlen (line), MEMBER, "\"candidate\"");
  assert_refused (line, strlen (line), MEMBER, "at most 2048 bytes");
}

static GString *
nested_line (const gchar *open, const gchar *close, guint depth)
{
  GString *line = g_string_new ("{\"type\":\"bye\",\"x\":");
  guint i;

  for (i = 0; i < depth; i++)
    g_string_append (line, open);
  g_string_append_c (line, '1');
  for (i = 0; i < depth; i++)
    g_string_append (line, close);
  return g_string_append_c (line, '}');
}

static void
test_depth (void)
{
  static const struct
  {
    const gchar *open;
    const gchar *close;
  } nesting[] = { { "[", "]" }, { "{\"x\":", "}" } };
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (nesting); i++) {
    const gchar *open = nesting[i].open, *close = nesting[i].close;
    g_autoptr (GString) deepest = nested_line (open, close, 15);
    g_autoptr (GString) too_deep = nested_line (open, close, 16);
    g_autoptr (GString) far_too_deep = nested_line (open, "", 10000);
    g_autoptr (IceMessage)
        message = ice_message_parse (deepest->str, deepest->len, NULL);

    g_assert_nonnull (message);
    assert_refused (too_deep->str, too_deep->len, SYNTAX, "at most 16 objects");
    assert_refused (
        far_too_deep->str, far_too_deep->len, SYNTAX, "at most 16 objects");
  }
}

/* Brackets in a string are text. */
static void
test_depth_in_string (void)
{
  static const gchar line[] =
      "{\"type\":\"bye\",\"x\":\"[[[[[[[[[[[[[[[[[[[[\\\""
      "{{{{{{{{{{{{{{{{{{{{\\\\\",\"]]\":1}";
  g_autoptr (IceMessage)
      message = ice_message_parse (line, strlen (line), NULL);

  g_assert_nonnull (message);
  ice_message_free (NULL);
}

static void
test_mutations (void)
{
  const gchar *seeds[G_N_ELEMENTS (accepted)];
  g_autoptr (GRand) rand = g_rand_new_with_seed (MUTATION_SEED);
  guint i;

  for (i = 0; i < G_N_ELEMENTS (accepted); i++)
    seeds[i] = accepted[i].line;
  for (i = 0; i < mutation_count (); i++) {
    g_autoptr (GString) text = mutate (rand, seeds, G_N_ELEMENTS (seeds));

    LLVMFuzzerTestOneInput ((const guint8 *) text->str, text->len);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/icemessage/accepted", test_accepted);
  g_test_add_func ("/icemessage/printed", test_printed);
  g_test_add_func ("/icemessage/printed-controls", test_printed_controls);
  g_test_add_func ("/icemessage/refused", test_refused);
  g_test_add_func ("/icemessage/length", test_length);
  g_test_add_func ("/icemessage/size", test_size);
  g_test_add_func ("/icemessage/candidate-size", test_candidate_size);
  g_test_add_func ("/icemessage/depth", test_depth);
  g_test_add_func ("/icemessage/depth-in-string", test_depth_in_string);
  g_test_add_func ("/icemessage/mutations", test_mutations);
  return g_test_run ();
}
