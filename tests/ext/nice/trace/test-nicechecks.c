/* gst-ice: test of nicechecks: which pair a line means.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include <string.h>

#include "trace/nicechecks.h"

#define INBOUND                                                                \
  ": inbound STUN packet for 1/1 (stream/component) from [::2]:2 (88 octets) " \
  ":"
#define REPLY                                                                  \
  " : STUN-CC RESP to '::2:2', socket=6, len=80, cand=0x9 (c-id:1), "          \
  "use-cand=0, transactionId=2112a442"
#define REQUEST(pair)                                                          \
  " : STUN-CC REQ [::1]:1 --> [::2]:2, socket=6, pair=" pair                   \
  " (c-id:1), tie=1, username='a:b' (3), password='c' (1), prio=6e2003ff, "    \
  "controlling."
#define STATE(pair, state, function)                                           \
  " : pair " pair " state " state " (" function ")"
#define NEW(pair, state) STATE (pair, state, "priv_add_new_check_pair")
#define FAILED(pair) STATE (pair, "FAILED", "candidate_check_pair_fail")
#define ENDPOINTS(pair) " : new pair " pair " : [::1]:1 --> [::2]:2"
#define ADDED(pair)                                                            \
  " : added a new pair " pair " with foundation '1:2' and transport udp:udp "  \
  "to stream 1 component 1"
#define DISCOVERED(pair)                                                       \
  " : added a new peer-discovered pair " pair                                  \
  " with foundation '3:2' and transport udp:udp to stream 1 component 1"
#define RESPONSE(pair, newer)                                                  \
  " : stun_bind_process/conncheck for " pair ": controlling,res=success,"      \
  "stun#=" newer "."
#define FOUND(pair) " : Found a matching pair " pair " (1:2) (FROZEN) ..."
#define TRIGGER_NEW                                                            \
  " : Adding a triggered check to conn.check list (local=0x9)."
#define BUILT ": conncheck created 92 - 0x9"
#define TIMER " : timer set to 500ms, waiting+in_progress=1"

/* A line a step, and what it means; each line is 10 microseconds after the one
 * before, the first one is at 10. */
typedef struct
{
  const gchar *line;
  const gchar *meaning;
} Step;

static const Step new_pair[] = {
  { " : creating a new pair", "" },
  { NEW ("0x5", "FROZEN"), "removed 5@20 state 5 frozen@20" },
  { ENDPOINTS ("0x5"), "" },
  { ADDED ("0x5"), "added 5 [::1]:1/1 [::2]:2/2 udp@40" },
  { STATE ("0x5", "WAITING", "f"), "state 5 waiting@50" },
  { " : pair 0x5 removed.", "removed 5@60" },
  /* without endpoints, or with another's */
  { ADDED ("0x5"), "" },
  { ENDPOINTS ("0x6"), "" },
  { ADDED ("0x5"), "" },
  { DISCOVERED ("0x6"), "added 6 [::1]:1/3 [::2]:2/2 udp@100" },
  { ADDED ("0x6"), "" },
  { NULL },
};

static const Step foundations[] = {
  { ENDPOINTS ("0x5"), "" },
  { " : added a new pair 0x5 with foundation 'a-b:c' and transport udp:udp to "
    "stream 1 component 1",
      "added 5 [::1]:1/ [::2]:2/c udp@20" },
  { ENDPOINTS ("0x5"), "" },
  { " : added a new pair 0x5 with foundation "
    "'1:123456789012345678901234567890123' and transport udp:udp to stream 1 "
    "component 1",
      "added 5 [::1]:1/1 [::2]:2/ udp@40" },
  { ENDPOINTS ("0x5"), "" },
  { " : added a new pair 0x5 with foundation '1' and transport "
    "tcp-act:tcp-pass to stream 1 component 1",
      "added 5 [::1]:1/ [::2]:2/ active-passive@60" },
  { NULL },
};

/* Time of a request: when it was built. Of a response: when it came in. */
static const Step check[] = {
  { REQUEST ("0x5"), "" },
  { " : conn_check_send: set cand_use=0 (regular nomination).", "" },
  { BUILT, "request-sent 5 6e2003ff@30" },
  { TIMER, "" },
  { " :STUN transaction retransmitted on pair 0x5 (timer=2/3 0/1000ms).",
      "retransmitted 5@50" },
  { INBOUND, "" },
  { RESPONSE ("0x5", "2"), "response-received 5 2@60" },
  { " : pair 0x5 MATCHED.", "" },
  { STATE ("0x5", "SUCCEEDED", "f"), "state 5 succeeded@90" },
  { " : marking pair 0x5 (1:2) as nominated", "nominated 5@100" },
  { " : pair 0x5 (1:2) is FROZEN, will be nominated on response receipt.", "" },
  { ": Local selected pair: 1:1 1 UDP ::1:1 HOST", "" },
  { ": Remote selected pair: 1:1 2 UDP ::2:2 HOST",
      "selected 0 [::1]:1/ [::2]:2/ udp@130" },
  { ", freeing conncheck_list of stream 0x9", "restarted 0@140" },
  { NULL },
};

/* A request that could not be sent is none. */
static const Step unsent[] = {
  { REQUEST ("0x5"), "" },
  { BUILT, "request-sent 5 6e2003ff@20" },
  { TIMER, "" },
  { FAILED ("0x5"), "request-unsent 5@40 state 5 failed@40" },
  { FAILED ("0x5"), "state 5 failed@50" },
  /* not even built */
  { REQUEST ("0x5"), "" },
  { ": no credentials found, cancelling conncheck", "" },
  { FAILED ("0x5"), "state 5 failed@80" },
  { REQUEST ("0x5"), "" },
  { ": conncheck created 0 - (nil)", "" },
  { ": buffer is empty, cancelling conncheck", "" },
  { FAILED ("0x5"), "state 5 failed@120" },
  { REQUEST ("0x5"), "" },
  { FAILED ("0x5"), "state 5 failed@140" },
  { BUILT, "" },
  /* another one fails, or this one for another reason */
  { REQUEST ("0x5"), "" },
  { BUILT, "request-sent 5 6e2003ff@170" },
  { FAILED ("0x6"), "state 6 failed@180" },
  { REQUEST ("0x5"), "" },
  { BUILT, "request-sent 5 6e2003ff@200" },
  { INBOUND, "" },
  { FAILED ("0x5"), "state 5 failed@220" },
  { REQUEST ("0x5"), "" },
  { BUILT, "request-sent 5 6e2003ff@240" },
  { " : Retransmissions failed, giving up on pair 0x5", "" },
  { FAILED ("0x5"), "state 5 failed@260" },
  /* libnice's own consent request is no check */
  { " : Keepalive STUN-CC REQ to '::2:2', (c-id:1), username='a:b' (3), "
    "password='c' (1), priority=6e2003ff.",
      "" },
  { BUILT, "" },
  { BUILT, "" },
  { NULL },
};

/* Which pair a request came in on: the lines after the reply show it. */
static const Step requests[] = {
  { INBOUND, "" },
  { REPLY, "" },
  { " : scheduling triggered check with socket=0x9 and remote cand=0x9.", "" },
  { FOUND ("0x5"), "request-received 5@40 response-sent 5@40" },
  { FOUND ("0x5"), "" },
  /* a pair is made for it */
  { INBOUND, "" },
  { " : No matching remote candidate for incoming check -> peer-reflexive "
    "candidate.",
      "" },
  { REPLY, "" },
  { TRIGGER_NEW, "" },
  { NEW ("0x6", "WAITING"), "removed 6@100 state 6 waiting@100" },
  { ENDPOINTS ("0x6"), "" },
  { ADDED ("0x6"),
      "added 6 [::1]:1/1 [::2]:2/2 udp@120 request-received 6@120 "
      "response-sent 6@120" },
  { ENDPOINTS ("0x7"), "" },
  { ADDED ("0x7"), "added 7 [::1]:1/1 [::2]:2/2 udp@140" },
  /* none is made, and the next one is somebody else's */
  { INBOUND, "" },
  { REPLY, "" },
  { TRIGGER_NEW, "" },
  { " : do not create a pair that would have a priority 00000001:00000001:0 "
    "lower than selected pair priority 00000002:00000002:0.",
      "" },
  { ENDPOINTS ("0x7"), "" },
  { ADDED ("0x7"), "added 7 [::1]:1/1 [::2]:2/2 udp@200" },
  { INBOUND, "" },
  { REPLY, "" },
  { " : Didn't find a matching pair for triggered check (remote-cand=0x9).",
      "" },
  { FOUND ("0x5"), "" },
  /* before credentials: counted when it is looked at again */
  { INBOUND, "" },
  { REPLY, "" },
  { " : Storing pending check.", "" },
  { ENDPOINTS ("0x7"), "" },
  { ADDED ("0x7"), "added 7 [::1]:1/1 [::2]:2/2 udp@290" },
  { " : replaying icheck=0x9 (sock=0x9)", "" },
  { FOUND ("0x7"), "request-received 7@310 response-sent 7@310" },
  { " : replaying icheck=0x9 (sock=0x9)", "" },
  { TRIGGER_NEW, "" },
  { ENDPOINTS ("0x8"), "" },
  { ADDED ("0x8"),
      "added 8 [::1]:1/1 [::2]:2/2 udp@350 request-received 8@350 "
      "response-sent 8@350" },
  /* refused: no reply that counts */
  { INBOUND, "" },
  { " : Integrity check failed.", "" },
  { FOUND ("0x5"), "" },
  { NULL },
};

static const Step discovered[] = {
  { INBOUND, "" },
  { RESPONSE ("0x5", "0"), "response-received 5 0@10" },
  { " : pair 0x5 MATCHED.", "" },
  { " : added a new peer-reflexive local candidate 0x9 with transport udp",
      "" },
  { STATE ("0x6", "DISCOVERED", "priv_add_peer_reflexive_pair"),
      "removed 6@50 state 6 succeeded@50" },
  { ENDPOINTS ("0x6"), "" },
  { DISCOVERED ("0x6"), "added 6 [::1]:1/3 [::2]:2/2 udp <5@70" },
  { STATE ("0x5", "SUCCEEDED", "priv_process_response_check_for_reflexive"),
      "state 5 succeeded@80" },
  /* the parent is of this response only */
  { INBOUND, "" },
  { ENDPOINTS ("0x7"), "" },
  { DISCOVERED ("0x7"), "added 7 [::1]:1/3 [::2]:2/2 udp@110" },
  /* a state that a known one takes again */
  { STATE ("0x6", "DISCOVERED", "priv_process_response_check_for_reflexive"),
      "state 6 succeeded@120" },
  { NULL },
};

/* Of these no line means anything. */
static const Step nothing[] = {
  { " : pair 0x5 (1:2) is FROZEN, will be nominated on response receipt.", "" },
  { " : Updating nominated flag (UDP): ok_pair=0x5 (0/1) p=0x5 (0/1) "
    "(ucnc/mnora)",
      "" },
  { " : related discovered pair 0x6 of pair 0x5 will fail too.", "" },
  { " : pair 0x5 FAILED (mismatch of source address).", "" },
  { " : pair 0x5 state BROKEN (f)", "" },
  { " : Role conflict with pair 0x5, restarting", "" },
  { " : Valid STUN response for which we don't have a request, ignoring", "" },
  { " : Keepalive for selected pair 0x9 received.", "" },
  { NULL },
};

static void
add_side (GString *text, const IceCheckSide *side)
{
  g_string_append_printf (text, " [%s]:%u/%s", side->endpoint.address,
      side->endpoint.port, side->foundation);
}

static void
add_endpoints (GString *text, const IceCheckEvent *event)
{
  static const gchar *const types[] = { "none", "active", "passive", "so" };

  add_side (text, &event->local);
  add_side (text, &event->remote);
  if (event->protocol == ICE_CANDIDATE_PROTOCOL_UDP)
    g_string_append (text, " udp");
  else
    g_string_append_printf (text, " %s-%s", types[event->local.tcp_type],
        types[event->remote.tcp_type]);
  if (event->parent != 0)
    g_string_append_printf (text, " <%u", (guint) event->parent);
}

static gchar *
describe (const NiceCheck *checks, guint n)
{
  static const gchar *const states[] = { "frozen", "waiting", "in-progress",
    "failed", "succeeded" };
  GString *text = g_string_new (NULL);
  guint i;

  for (i = 0; i < n; i++) {
    const IceCheckEvent *event = &checks[i].event;

    g_string_append_printf (text, "%s%s %u", i > 0 ? " " : "",
        ice_check_kind_to_string (event->kind), (guint) event->id);
    if (event->kind == ICE_CHECK_STATE)
      g_string_append_printf (text, " %s", states[event->state]);
    else if (event->kind == ICE_CHECK_RESPONSE_RECEIVED)
      g_string_append_printf (text, " %u", event->newer);
    else if (event->kind == ICE_CHECK_REQUEST_SENT)
      g_string_append_printf (text, " %x", event->local.priority);
    else if (event->remote.endpoint.address[0] != '\0')
      add_endpoints (text, event);
    g_string_append_printf (text, "@%u", (guint) checks[i].at);
  }
  return g_string_free (text, FALSE);
}

static void
test_steps (gconstpointer data)
{
  const Step *step;
  NiceChecks state = { 0 };
  gint64 now = 0;

  for (step = data; step->line != NULL; step++) {
    g_autofree gchar *line = g_strconcat ("Agent 0x1", step->line, NULL);
    g_autofree gchar *meaning = NULL;
    NiceCheck checks[NICE_CHECKS_MAX];
    NiceTraceEvent event;
    guint n;

    nice_trace_parse (line, -1, &event);
    n = nice_checks_translate (&state, &event, now += 10, checks);
    meaning = describe (checks, n);
    g_test_message ("%s", line);
    g_assert_cmpstr (meaning, ==, step->meaning);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/nicechecks/new-pair", new_pair, test_steps);
  g_test_add_data_func ("/nicechecks/foundations", foundations, test_steps);
  g_test_add_data_func ("/nicechecks/check", check, test_steps);
  g_test_add_data_func ("/nicechecks/unsent", unsent, test_steps);
  g_test_add_data_func ("/nicechecks/requests", requests, test_steps);
  g_test_add_data_func ("/nicechecks/discovered", discovered, test_steps);
  g_test_add_data_func ("/nicechecks/nothing", nothing, test_steps);
  return g_test_run ();
}
