/* gst-ice: test of niceanswertrace: which lines are an answer.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include <string.h>

#include "trace/nicetrace.h"
#include "trace/niceanswertrace.h"

#define INBOUND(from, octets)                                                  \
  ": inbound STUN packet for 1/1 (stream/component) from " from " (" octets    \
  " octets) :"
#define PEER "[::2]:2"
#define STRAY                                                                  \
  " : Valid STUN response for which we don't have a request, ignoring"
/* comes between the two on a relayed candidate, and names no agent */
#define REFRESH "Validating gave 6"
#define RESPONSE(result)                                                       \
  " : stun_bind_process/conncheck for 0x5: controlling,res=" result ",stun#="  \
  "0."
#define MATCHED " : pair 0x5 MATCHED."
#define REPLY                                                                  \
  " : STUN-CC RESP to '::2:2', socket=6, len=80, cand=0x9 (c-id:1), "          \
  "use-cand=0, transactionId=2112a442"

static const NiceTraceEndpoint peer = { "::2", 2 };

static gboolean
step (NiceAnswerTrace *self, const gchar *text, gint64 now)
{
  g_autofree gchar *line = g_strconcat (
      text[0] == ' ' || text[0] == ':' ? "Agent 0x1" : "", text, NULL);
  NiceTraceEvent event;

  g_assert_cmpint (
      nice_trace_parse (line, -1, &event), !=, NICE_TRACE_MALFORMED);
  return nice_answer_trace_step (self, &event, now);
}

/* libnice's own check of the peer: its answer has 80 octets. */
static void
check (NiceAnswerTrace *self)
{
  g_assert_false (step (self, INBOUND (PEER, "80"), 1));
  g_assert_false (step (self, RESPONSE ("success"), 2));
  g_assert_false (step (self, MATCHED, 3));
}

static void
start (NiceAnswerTrace *self)
{
  *self = (NiceAnswerTrace){ { "" } };
  check (self);
  g_assert_true (nice_answer_trace_watch (self, &peer));
}

static void
test_answer (void)
{
  NiceAnswerTrace self;
  gint64 at;

  start (&self);
  g_assert_false (nice_answer_trace_take (&self, &at));
  g_assert_false (step (&self, INBOUND (PEER, "80"), 10));
  g_assert_false (step (&self, REFRESH, 20));
  g_assert_true (step (&self, STRAY, 30));
  g_assert_false (step (&self, STRAY, 40)); /* of the same message */
  step (&self, INBOUND (PEER, "80"), 50);
  g_assert_true (step (&self, STRAY, 60));
  g_assert_true (nice_answer_trace_take (&self, &at));
  g_assert_cmpint (at, ==, 30);
  g_assert_true (nice_answer_trace_take (&self, &at));
  g_assert_cmpint (at, ==, 60);
  g_assert_false (nice_answer_trace_take (&self, &at));
}

/* What is no answer of the peer's: each is one message. */
static const gchar *const others[][4] = {
  { INBOUND (PEER, "48"), STRAY }, /* 401 */
  { INBOUND (PEER, "72"), STRAY }, /* 403 with integrity */
  { INBOUND (PEER, "64"), STRAY },
  { INBOUND (PEER, "84"), STRAY },
  { INBOUND (PEER, "0"), STRAY },
  { INBOUND ("[::2]:3", "80"), STRAY },
  { INBOUND ("[::3]:2", "80"), STRAY },
  { INBOUND ("[127.0.0.1]:2", "80"), STRAY },
  { INBOUND (PEER, "80"), RESPONSE ("success"), MATCHED }, /* libnice's own */
  { INBOUND (PEER, "80"), REPLY },
  { INBOUND (PEER, "80"), " : Integrity check failed." },
  { INBOUND (PEER, "80") },
};

static void
test_no_answer (void)
{
  NiceAnswerTrace self;
  gint64 at;
  guint i, j;

  start (&self);
  for (i = 0; i < G_N_ELEMENTS (others); i++)
    for (j = 0; others[i][j] != NULL; j++)
      g_assert_false (step (&self, others[i][j], i));
  g_assert_false (nice_answer_trace_take (&self, &at));
  step (&self, INBOUND (PEER, "80"), 50);
  g_assert_true (step (&self, STRAY, 60));
}

static void
test_nobody_watched (void)
{
  NiceAnswerTrace self = { { "" } };
  gint64 at;

  g_assert_false (step (&self, STRAY, 1));
  step (&self, INBOUND (PEER, "80"), 2);
  g_assert_false (step (&self, STRAY, 3));
  g_assert_false (
      nice_answer_trace_watch (&self, &peer)); /* that taught nothing */
  step (&self, INBOUND (PEER, "80"), 4);
  g_assert_false (step (&self, STRAY, 5));
  step (&self, INBOUND (PEER, "72"), 6);
  step (&self, RESPONSE ("error"), 7);
  g_assert_false (nice_answer_trace_watch (&self, &peer)); /* nor that */
  check (&self);
  g_assert_true (nice_answer_trace_watch (&self, &peer));
  step (&self, INBOUND (PEER, "80"), 8);
  g_assert_true (step (&self, STRAY, 9));
  g_assert_false (nice_answer_trace_watch (&self, NULL));
  g_assert_false (nice_answer_trace_take (&self, &at));
  step (&self, INBOUND (PEER, "80"), 10);
  g_assert_false (step (&self, STRAY, 11));
  step (&self, INBOUND (PEER, "1"), 12); /* no length is expected */
  g_assert_false (step (&self, STRAY, 13));
}

/* A restart has other user names, so another length. */
static void
test_length_changes (void)
{
  NiceAnswerTrace self;

  start (&self);
  step (&self, INBOUND (PEER, "92"), 1);
  step (&self, MATCHED, 2);
  step (&self, INBOUND (PEER, "80"), 3);
  g_assert_true (step (&self, STRAY, 4)); /* until the next watch */
  g_assert_true (nice_answer_trace_watch (&self, &peer));
  step (&self, INBOUND (PEER, "80"), 5);
  g_assert_false (step (&self, STRAY, 6));
  step (&self, INBOUND (PEER, "92"), 7);
  g_assert_true (step (&self, STRAY, 8));
}

static void
test_many_peers (void)
{
  NiceAnswerTrace self;
  guint i;

  start (&self);
  for (i = 1; i < NICE_ANSWER_TRACE_LENGTHS; i++) {
    g_autofree gchar *line = g_strdup_printf (INBOUND ("[::5]:%u", "64"), i);

    step (&self, line, i);
    step (&self, MATCHED, i);
  }
  check (&self); /* not a new one */
  g_assert_true (nice_answer_trace_watch (&self, &peer));
  step (&self, INBOUND ("[::6]:1", "64"), i);
  step (&self, MATCHED, i);
  g_assert_false (nice_answer_trace_watch (&self, &peer)); /* the oldest left */
  g_assert_true (
      nice_answer_trace_watch (&self, &(NiceTraceEndpoint){ "::5", 1 }));
}

/* Nobody takes them. */
static void
test_flood (void)
{
  NiceAnswerTrace self;
  guint i;
  gint64 at;

  start (&self);
  for (i = 0; i < 10 * NICE_ANSWER_TRACE_ANSWERS; i++) {
    step (&self, INBOUND (PEER, "80"), i);
    g_assert_true (step (&self, STRAY, i) == (i < NICE_ANSWER_TRACE_ANSWERS));
  }
  for (i = 0; i < NICE_ANSWER_TRACE_ANSWERS; i++) {
    g_assert_true (nice_answer_trace_take (&self, &at));
    g_assert_cmpint (at, ==, i);
  }
  g_assert_false (nice_answer_trace_take (&self, &at));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/niceanswertrace/answer", test_answer);
  g_test_add_func ("/niceanswertrace/no-answer", test_no_answer);
  g_test_add_func ("/niceanswertrace/nobody-watched", test_nobody_watched);
  g_test_add_func ("/niceanswertrace/length-changes", test_length_changes);
  g_test_add_func ("/niceanswertrace/many-peers", test_many_peers);
  g_test_add_func ("/niceanswertrace/flood", test_flood);
  return g_test_run ();
}
