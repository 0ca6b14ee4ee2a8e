/* gst-ice: test of nicetrace.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "mutation.h"
#include "../fuzz/fuzz-nicetrace.c"
#include "trace/nicetracefield.h"
#include "tracelines.h"

/* --- an event as text --- */

static void
add_endpoint (
    GString *text, const gchar *name, const NiceTraceEndpoint *endpoint)
{
  if (endpoint->address[0] != '\0')
    g_string_append_printf (
        text, " %s=[%s]:%u", name, endpoint->address, endpoint->port);
}

static void
add_number (GString *text, const gchar *name, guint64 number)
{
  if (number != 0)
    g_string_append_printf (text, " %s=%" G_GUINT64_FORMAT, name, number);
}

static void
add_hex (GString *text, const gchar *name, guint64 number)
{
  if (number != 0)
    g_string_append_printf (text, " %s=%" G_GINT64_MODIFIER "x", name, number);
}

static void
add_enums (GString *text, const NiceTraceEvent *event)
{
  static const gchar *const states[] = { "frozen", "waiting", "in-progress",
    "succeeded", "failed", "discovered" };
  static const gchar *const transports[] = { "-", "udp", "active", "passive",
    "so" };

  if (event->kind == NICE_TRACE_PAIR_STATE
      || event->kind == NICE_TRACE_NOMINATION_PENDING
      || event->kind == NICE_TRACE_TRIGGER_FOUND)
    g_string_append_printf (text, " state=%s", states[event->state]);
  if (event->is_new)
    g_string_append (text, " new");
  if (event->local_transport != 0 || event->remote_transport != 0)
    g_string_append_printf (text, " %s:%s", transports[event->local_transport],
        transports[event->remote_transport]);
  if (event->role != 0)
    g_string_append (text,
        event->role == NICE_TRACE_ROLE_CONTROLLING ? " controlling"
                                                   : " controlled");
  if (event->kind == NICE_TRACE_RESPONSE)
    g_string_append_printf (text, " result=%u", event->result);
  if (event->kind == NICE_TRACE_COMPONENT_STATE)
    g_string_append_printf (
        text, " %u>%u", event->old_component_state, event->component_state);
}

/* Everything that is not 0. */
static gchar *
describe (const NiceTraceEvent *event)
{
  GString *text = g_string_new (nice_trace_kind_to_string (event->kind));

  add_hex (text, "agent", event->agent);
  add_hex (text, "pair", event->pair);
  add_hex (text, "other", event->other);
  if (event->stream != 0 || event->component != 0)
    g_string_append_printf (text, " %u/%u", event->stream, event->component);
  add_endpoint (text, "local", &event->local);
  add_endpoint (text, "remote", &event->remote);
  if (event->foundation[0] != '\0')
    g_string_append_printf (text, " f=%s", event->foundation);
  add_enums (text, event);
  if (event->use_candidate)
    g_string_append (text, " use-candidate");
  add_hex (text, "priority", event->priority);
  add_hex (text, "pair-priority", event->pair_priority);
  add_number (text, "n0", event->number[0]);
  add_number (text, "n1", event->number[1]);
  return g_string_free (text, FALSE);
}

static NiceTraceKind
kind_of (const gchar *line)
{
  NiceTraceEvent event;

  return nice_trace_parse (line, -1, &event);
}

/* --- tests --- */

static void
test_lines (void)
{
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (lines); i++) {
    g_autofree gchar *meaning = NULL;
    NiceTraceEvent event;

    parse_exactly (
        (const guint8 *) lines[i].line, strlen (lines[i].line), &event);
    meaning = describe (&event);
    g_assert_cmpstr (meaning, ==, lines[i].meaning);
  }
}

static void
test_every_kind_is_tested (void)
{
  gboolean seen[NICE_TRACE_N_KINDS] = { FALSE };
  gsize i;

  seen[NICE_TRACE_MALFORMED] = TRUE; /* below */
  for (i = 0; i < G_N_ELEMENTS (lines); i++)
    seen[kind_of (lines[i].line)] = TRUE;
  for (i = 0; i < NICE_TRACE_N_KINDS; i++)
    if (!seen[i])
      g_error ("no line of kind %s", nice_trace_kind_to_string (i));
}

static void
test_error_codes (void)
{
  static const struct
  {
    const gchar *line;
    guint code;
  } stun_lines[] = {
    { " STUN error message received (code: 401)", 401 },
    { " STUN error message received (code: 300)", 300 },
    { " STUN error message received (code: 699)", 699 },
    { " STUN error message received (code: 700)", 0 },
    { " STUN error message received (code: 299)", 0 },
    { " STUN error message received (code: -1)", 0 },
    { " STUN error message received (code: 401", 0 },
    { " STUN error message received (code: 401).", 0 },
    { "STUN error message received (code: 401)", 0 },
    { " STUN error message received (code: )", 0 },
    { " Mapped address found!", 0 },
    { "  key     : 0x78", 0 },
    { "", 0 },
  };
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (stun_lines); i++)
    g_assert_cmpuint (nice_trace_parse_error_code (stun_lines[i].line), ==,
        stun_lines[i].code);
}

static void
test_states_roles_and_results (void)
{
  static const gchar *const states[] = { "FROZEN", "WAITING", "IN_PROGRESS",
    "SUCCEEDED", "FAILED", "DISCOVERED" };
  static const gchar *const results[] = { "success", "error", "invalid",
    "role conflict", "invalid request", "invalid method", "memory error",
    "invalid address", "no mapped address" };
  static const gchar *const components[] = { "disconnected", "gathering",
    "connecting", "connected", "ready", "failed" };
  NiceTraceEvent event;
  gchar line[200];
  guint i;

  for (i = 0; i < G_N_ELEMENTS (states); i++) {
    g_snprintf (
        line, sizeof line, "Agent 0x1 : pair 0x2 state %s (f)", states[i]);
    g_assert_cmpint (
        nice_trace_parse (line, -1, &event), ==, NICE_TRACE_PAIR_STATE);
    g_assert_cmpint (event.state, ==, i);
  }
  for (i = 0; i < G_N_ELEMENTS (results); i++) {
    g_snprintf (line, sizeof line,
        "Agent 0x1 : stun_bind_process/conncheck for 0x2: "
        "controlling,res=%s,stun#=3.",
        results[i]);
    g_assert_cmpint (
        nice_trace_parse (line, -1, &event), ==, NICE_TRACE_RESPONSE);
    g_assert_cmpint (event.result, ==, i);
    g_assert_cmpint (event.role, ==, NICE_TRACE_ROLE_CONTROLLING);
    g_assert_cmpuint (event.number[0], ==, 3);
  }
  for (i = 0; i < G_N_ELEMENTS (components); i++) {
    g_snprintf (line, sizeof line,
        "Agent 0x1 : stream 7 component 2 STATE-CHANGE ready -> %s.",
        components[i]);
    g_assert_cmpint (
        nice_trace_parse (line, -1, &event), ==, NICE_TRACE_COMPONENT_STATE);
    g_assert_cmpint (event.component_state, ==, i);
    g_assert_cmpuint (event.stream, ==, 7);
    g_assert_cmpuint (event.component, ==, 2);
  }
}

static const gchar *const other[] = {
  "",
  "A",
  "Agent",
  "Agent ",
  "Agent 0x",
  "Agent (nil) : creating a new pair",
  "Agent 0x0 : creating a new pair",
  "Agent 0x12345678123456781 : creating a new pair",
  "agent 0x1 : creating a new pair",
  " Agent 0x1 : creating a new pair",
  "Agent:0x1 s:1: Resolving STUN server stun.example",
  "Agent for component 0x55f87c9000a0 is gone",
  "Agent 0x1 : ",
  "Agent 0x1 : *** conncheck list DUMP (called from x)",
  ("Agent 0x1 : *** sc=1/1 : pair 0x2 : f=1:1 t=host:host sock=udp "
   "udp:[127.0.0.1]:1 > udp:[127.0.0.1]:2 prio=1:1:1/6e2003ff state=SVN"),
  "Agent 0x1 : conn_check_send: set cand_use=0 (regular nomination).",
  "setting SELECTED PAIR for component 1: 1:1 (prio:782003ff:782003ff:0).",
  "Found interface : lo",
};

/* What begins like a line of libnice's and goes on differently. */
static const gchar *const malformed[] = {
  "Agent 0x1 : pair 0x2",
  "Agent 0x1 : pair 0x2 ",
  "Agent 0x1 : pair 0x0 removed.",
  "Agent 0x1 : pair (nil) removed.",
  "Agent 0x1 : pair 2 removed.",
  "Agent 0x1 : pair 0x2 removed",
  "Agent 0x1 : pair 0x2 removed..",
  "Agent 0x1 : pair 0x2 was removed.",
  "Agent 0x1 : pair 0x12345678123456781 removed.",
  "Agent 0x1 : pair 0x2 state  (f)",
  "Agent 0x1 : pair 0x2 state failed (f)",
  "Agent 0x1 : pair 0x2 state FAILED2 (f)",
  "Agent 0x1 : pair 0x2 state CANCELLED (f)",
  "Agent 0x1 : pair 0x2 state FAILED ()",
  "Agent 0x1 : pair 0x2 state FAILED",
  "Agent 0x1 : new pair 0x2 : [127.0.0.1]:65536 --> [127.0.0.1]:2",
  "Agent 0x1 : new pair 0x2 : [127.0.0.1]: --> [127.0.0.1]:2",
  "Agent 0x1 : new pair 0x2 : []:1 --> [127.0.0.1]:2",
  "Agent 0x1 : new pair 0x2 : [host.example]:1 --> [127.0.0.1]:2",
  "Agent 0x1 : new pair 0x2 : [127.0.0.1:1 --> 127.0.0.1:2",
  "Agent 0x1 : new pair 0x2 : "
  "[0000:0000:0000:0000:0000:0000:000.000.000.000.000.000]:1 --> [::1]:2",
  "Agent 0x1 : added a new pair 0x2 with foundation '' and transport udp:udp "
  "to stream 1 component 1",
  "Agent 0x1 : added a new pair 0x2 with foundation '1:1' and transport "
  "udp:sctp to stream 1 component 1",
  "Agent 0x1 : added a new pair 0x2 with foundation '1:1' and transport "
  "udp:udp to stream 4294967296 component 1",
  "Agent 0x1 : added a new pair 0x2 with foundation '1:1' and transport "
  "udp:udp to stream -1 component 1",
  "Agent 0x1 : added a new pair 0x2 with foundation "
  "'123456789012345678901234567890123:12345678901234567890123456789012' and "
  "transport udp:udp to stream 1 component 1",
  "Agent 0x1 : marking pair 0x2 (1:1) as nominated (someday).",
  "Agent 0x1 : changing SELECTED PAIR for component 1: 1:1 (prio:1:1:2).",
  "Agent 0x1 : changing SELECTED PAIR for component 1: 1:1 "
  "(prio:123456789:1:1).",
  "Agent 0x1: Local selected pair: 1:1 1 SCTP 127.0.0.1:1 HOST",
  "Agent 0x1: Local selected pair: 1:1 1 UDP 127.0.0.1 HOST",
  "Agent 0x1: Local selected pair: 1:1 1 UDP :1 HOST",
  "Agent 0x1: Local selected pair: 1:1 1 UDP 127.0.0.1:1 OTHER",
  "Agent 0x1 : stun_bind_process/conncheck for 0x2: controlled,res=maybe,"
  "stun#=0.",
  "Agent 0x1 : STUN-CC REQ [127.0.0.1]:1 --> [127.0.0.1]:2, socket=6, "
  "pair=0x2 (c-id:1), tie=1, username='a', password='b'",
  "Agent 0x1: inbound STUN packet for 1/1 (stream/component) from "
  "[127.0.0.1]:48704 (88 bytes) :",
  "Agent 0x1 : stream 1 component 1 STATE-CHANGE ready -> happy.",
  "Agent 0x1 : Role conflict, changing agent role to \"referee\".",
  "Agent 0x1: s1/c1: creation of host candidate udp:[127.0.0.1]:0: maybe",
  "Agent 0x1: s1/c1: creation of host candidate sctp:[::1]:0: success",
  "Agent 0x1: s:1: Resolved STUN server stun.example.com to nothing",
  "Agent 0x1: something else",
  "Agent 0x1 : Adding new relay-rflx candidate discovery 0x2 sock=pigeon",
  "Agent 0x1 : stun_turn_process/disc for 0x2 res -1.",
  "Agent 0x1 : stun_bind_process/disc for 0x2 res 0",
};

static void
test_others (void)
{
  g_autofree gchar *endless = g_strnfill (100000, 'x');
  g_autofree gchar *long_line = g_strdup_printf (
      "Agent 0x1 : pair 0x2 state %s (f)", endless);
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (other); i++)
    g_assert_cmpint (kind_of (other[i]), ==, NICE_TRACE_OTHER);
  g_assert_cmpint (kind_of (long_line), ==, NICE_TRACE_OTHER);
}

static void
test_malformed (void)
{
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (malformed); i++) {
    NiceTraceEvent event;
    NiceTraceKind kind = nice_trace_parse (malformed[i], -1, &event);

    if (kind != NICE_TRACE_MALFORMED)
      g_error ("%s: %s", nice_trace_kind_to_string (kind), malformed[i]);
    assert_line_event (&event);
    g_assert_cmpuint (event.agent, ==, 1);
  }
}

/* Whatever libnice appends to a line of ours is noticed. */
static void
test_longer_than_expected (void)
{
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (lines); i++) {
    g_autofree gchar *longer = g_strconcat (lines[i].line, "!", NULL);

    if (strstr (lines[i].line, "errno (") != NULL)
      continue; /* the system's words */
    if (kind_of (lines[i].line) != NICE_TRACE_OTHER)
      g_assert_cmpint (kind_of (longer), ==, NICE_TRACE_MALFORMED);
  }
}

/* A line that is cut off never means another event. */
static void
test_shorter_than_expected (void)
{
  gsize i, length;

  for (i = 0; i < G_N_ELEMENTS (lines); i++)
    for (length = 0; length < strlen (lines[i].line); length++) {
      NiceTraceEvent event;

      parse_exactly ((const guint8 *) lines[i].line, length, &event);
      if (event.kind > NICE_TRACE_MALFORMED)
        g_assert_cmpint (event.kind, ==, kind_of (lines[i].line));
    }
}

static void
test_secrets (void)
{
  static const gchar *const secret[] = {
    "Agent 0x1 : STUN-CC REQ [::1]:1 --> [::1]:2, socket=6, pair=0x2 (c-id:1), "
    "tie=1, username='a:b' (3), password='c' (1), prio=1, controlled.",
    "Agent 0x1 : Keepalive STUN-CC REQ to '::1:1', (c-id:1), username='a:b' "
    "(3), password='c' (1), priority=1.",
    "Agent 0x1: gathered UDP local candidate : [::1]:1 for s1/c1. U/P "
    "'a'/'b'",
    "Agent 0x1 : Adding UDP remote candidate with addr [::1]:1 for s1/c1. U/P "
    "'a'/'b' prio: 00000001",
    "Agent 0x1: added relay server [::1]:3478 of type 0 to s/c 1/1 with "
    "user/pass : a -- b",
    "Agent 0x1 : Candidate username 'a' is not allowed to change to 'b' now "
    "(ICE restart only).",
    "Agent 0x1 : candidate password 'a' is not allowed to change to 'b' now "
    "(ICE restart only).",
    "some day the Key will be told",
  };
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (secret); i++)
    g_assert_true (nice_trace_has_secret (secret[i]));
  g_assert_false (nice_trace_has_secret (""));
  g_assert_false (nice_trace_has_secret ("passwor"));
  g_assert_false (nice_trace_has_secret ("my user name"));
  for (i = 0; i < G_N_ELEMENTS (malformed); i++)
    g_assert_true (nice_trace_has_secret (malformed[i])
        == (strstr (malformed[i], "username") != NULL));
}

static void
test_redact (void)
{
  static const gchar *const lines[][2] = {
    { "Agent 0x1 : STUN-CC REQ [::1]:1 --> [::1]:2, pair=0x2, username='u:v' "
      "(3), password='secret' (6), prio=6e7f00fe, controlling.",
        "Agent 0x1 : STUN-CC REQ [::1]:1 --> [::1]:2, pair=0x2, "
        "username='****' (3), password='****' (6), prio=6e7f00fe, "
        "controlling." },
    { "for s1/c1. U/P 'u'/'secret' prio: 1",
        "for s1/c1. U/P '****'/'****' prio: 1" },
    { "password='cut sec", "password='****" },
    { "Agent 0x1: added relay server [::1]:3478 of type 0 to s/c 1/1 with "
      "user/pass : a -- b' -- it's secret",
        "Agent 0x1: added relay server [::1]:3478 of type 0 to s/c 1/1 with "
        "user/pass : ****" },
    { "added a new pair 0x1 with foundation '1:1' and transport udp:udp",
        "added a new pair 0x1 with foundation '1:1' and transport udp:udp" },
    { "", "" },
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (lines); i++) {
    g_autofree gchar *redacted = nice_trace_redact (lines[i][0]);

    g_assert_cmpstr (redacted, ==, lines[i][1]);
  }
}

static void
test_mutations (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (MUTATION_SEED);
  const gchar *seeds[G_N_ELEMENTS (lines)];
  guint i, count = mutation_count ();

  for (i = 0; i < G_N_ELEMENTS (lines); i++)
    seeds[i] = lines[i].line;
  for (i = 0; i < count; i++) {
    GString *text = mutate (rand, seeds, G_N_ELEMENTS (seeds));

    LLVMFuzzerTestOneInput ((const guint8 *) text->str, text->len);
    g_string_free (text, TRUE);
  }
}

/* All lines in any order: nonsense, but bounded. */
static void
test_any_order (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (MUTATION_SEED);
  guint i, j, count = mutation_count () / 1000;

  for (i = 0; i < count; i++) {
    g_autoptr (GString) text = g_string_new (NULL);

    for (j = 0; j < 200; j++) {
      g_string_append (
          text, lines[g_rand_int_range (rand, 0, G_N_ELEMENTS (lines))].line);
      g_string_append_c (text, '\n');
    }
    LLVMFuzzerTestOneInput ((const guint8 *) text->str, text->len);
  }
}

/* A word has a letter at least. */
static void
test_word (void)
{
  static const gchar text[] = "ab1";
  NiceTraceScanner scanner = { text, text + 3 };

  g_assert_true (nice_trace_skip_word (&scanner));
  g_assert_true (scanner.at == text + 2);
  g_assert_false (nice_trace_skip_word (&scanner));
  scanner.at = scanner.end;
  g_assert_false (nice_trace_skip_word (&scanner));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/nicetrace/lines", test_lines);
  g_test_add_func (
      "/nicetrace/every-kind-is-tested", test_every_kind_is_tested);
  g_test_add_func (
      "/nicetrace/states-roles-and-results", test_states_roles_and_results);
  g_test_add_func ("/nicetrace/error-codes", test_error_codes);
  g_test_add_func ("/nicetrace/others", test_others);
  g_test_add_func ("/nicetrace/malformed", test_malformed);
  g_test_add_func (
      "/nicetrace/longer-than-expected", test_longer_than_expected);
  g_test_add_func (
      "/nicetrace/shorter-than-expected", test_shorter_than_expected);
  g_test_add_func ("/nicetrace/secrets", test_secrets);
  g_test_add_func ("/nicetrace/redact", test_redact);
  g_test_add_func ("/nicetrace/mutations", test_mutations);
  g_test_add_func ("/nicetrace/any-order", test_any_order);
  g_test_add_func ("/nicetrace/word", test_word);
  return g_test_run ();
}
