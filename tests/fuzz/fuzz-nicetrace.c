/* gst-ice: libFuzzer entry point of nicetrace and of what is fed by it: no
 * crash, nothing read past the end, a table that keeps its promises.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include <string.h>

#include "trace/nicechecks.h"
#include "trace/niceanswertrace.h"
#include "trace/nicerequests.h"
#include "trace/niceservers.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

#define FUZZ_MAX_PAIRS 4

static void
assert_terminated (const gchar *buffer, gsize size)
{
  g_assert_nonnull (memchr (buffer, '\0', size));
}

static void
assert_line_event (const NiceTraceEvent *event)
{
  g_assert_cmpuint (event->kind, <, NICE_TRACE_N_KINDS);
  g_assert_nonnull (nice_trace_kind_to_string (event->kind));
  assert_terminated (event->local.address, sizeof event->local.address);
  assert_terminated (event->remote.address, sizeof event->remote.address);
  assert_terminated (event->foundation, sizeof event->foundation);
  g_assert_cmpint (event->state, <=, NICE_TRACE_STATE_DISCOVERED);
  if (event->kind <= NICE_TRACE_MALFORMED) {
    g_assert_cmpuint (event->pair | event->other, ==, 0);
    g_assert_cmpuint (event->stream | event->component, ==, 0);
    g_assert_cmpstr (event->local.address, ==, "");
    g_assert_cmpstr (event->remote.address, ==, "");
    g_assert_cmpstr (event->foundation, ==, "");
  }
  if (event->kind > NICE_TRACE_MALFORMED)
    g_assert_cmpuint (event->agent, !=, 0);
}

static void
assert_same (const NiceTraceEvent *a, const NiceTraceEvent *b)
{
  g_assert_cmpint (a->kind, ==, b->kind);
  g_assert_cmpuint (a->agent, ==, b->agent);
  g_assert_cmpuint (a->pair, ==, b->pair);
  g_assert_cmpuint (a->other, ==, b->other);
  g_assert_cmpstr (a->local.address, ==, b->local.address);
  g_assert_cmpstr (a->remote.address, ==, b->remote.address);
  g_assert_cmpstr (a->foundation, ==, b->foundation);
}

/* Only stars are left within quotes. */
static void
assert_redacted (const gchar *line)
{
  g_autofree gchar *redacted = nice_trace_redact (line);
  g_auto (GStrv) parts = g_strsplit (redacted, "'", -1);
  gsize i;

  for (i = 0; parts[i] != NULL; i++)
    g_assert_true (i % 2 == 0 || strspn (parts[i], "*") == strlen (parts[i]));
}

/* The sanitizers see whoever reads past @line, which has no NUL. */
static void
parse_exactly (const guint8 *line, gsize size, NiceTraceEvent *event)
{
  g_autofree gchar *text = g_strndup ((const gchar *) line, size);
  gchar *copy = size > 0 ? g_memdup2 (line, size) : g_strdup ("");
  NiceTraceEvent again;

  nice_trace_parse (copy, size, event);
  g_free (copy);
  assert_line_event (event);
  if (strlen (text) != size)
    return;
  nice_trace_parse (text, -1, &again);
  assert_same (event, &again);
  if (nice_trace_has_secret (text))
    assert_redacted (text);
}

static void
assert_checklist (IceChecklist *list)
{
  guint n = ice_checklist_get_n_pairs (list), n_selected = 0, i;

  g_assert_cmpuint (n, <=, FUZZ_MAX_PAIRS);
  for (i = 0; i < n; i++) {
    const IceCheckPair *pair = ice_checklist_get_pair (list, i);

    if (i > 0)
      g_assert_cmpuint (
          pair->index, >, ice_checklist_get_pair (list, i - 1)->index);
    g_assert_nonnull (pair->local_candidate);
    g_assert_nonnull (pair->remote_candidate);
    g_assert_true (pair->live || pair->selected
        || pair->state == GST_ICE_CANDIDATE_PAIR_STATE_FAILED);
    g_assert_cmpuint (pair->rtt_samples, <=, pair->responses_received);
    g_assert_cmpuint (pair->unanswered.n, <=, ICE_CHECK_MAX_REQUESTS);
    g_assert_true ((pair->rtt_samples == 0) == (pair->current_rtt == -1));
    n_selected += pair->selected;
  }
  g_assert_cmpuint (n_selected, <=, 1);
}

static void
feed (IceChecklist *list, NiceChecks *state, const NiceTraceEvent *event,
    gint64 now)
{
  NiceCheck checks[NICE_CHECKS_MAX];
  guint n = nice_checks_translate (state, event, now, checks), i, j, n_changes;

  g_assert_cmpuint (n, <=, NICE_CHECKS_MAX);
  for (i = 0; i < n; i++) {
    const IceCheckChange *changes = ice_checklist_step (
        list, &checks[i].event, checks[i].at, &n_changes);

    for (j = 0; j < n_changes; j++) {
      g_assert_cmpint (changes[j].what, !=, 0);
      g_assert_nonnull (changes[j].pair->local_candidate);
    }
    assert_checklist (list);
  }
}

/* Whoever has been checked is watched from then on. */
static void
answer_trace (NiceAnswerTrace *self, const NiceTraceEvent *event, gint64 now)
{
  guint before = self->n_answers;
  gboolean noted = nice_answer_trace_step (self, event, now);

  g_assert_cmpuint (self->n_answers, ==, before + (noted ? 1 : 0));
  g_assert_cmpuint (self->n_answers, <=, NICE_ANSWER_TRACE_ANSWERS);
  if (noted)
    g_assert_cmpint (event->kind, ==, NICE_TRACE_STRAY_RESPONSE);
  if (event->kind == NICE_TRACE_MATCHED && self->expected == 0)
    nice_answer_trace_watch (self, &self->from);
}

/* Each request comes out once. */
static void
follow_requests (NiceRequests *self, const NiceTraceEvent *event, gint64 now)
{
  guint before = self->n;
  NiceRequest request;

  nice_requests_step (self, event, now % 2000 == 0, now);
  g_assert_cmpuint (self->n, <=, NICE_REQUESTS_MAX);
  g_assert_cmpuint (self->n, <=, before + 1);
  g_assert_cmpint (
      nice_requests_get_senders (self, &event->remote, now % 3000 == 0), <=,
      NICE_REQUESTS_SENDERS_ONE);
  if (event->kind == NICE_TRACE_GATHERING)
    nice_requests_restart (self);
  if (self->n < NICE_REQUESTS_MAX / 2)
    return;
  for (before = self->n; nice_requests_take (self, &request); before--)
    assert_terminated (request.remote.address, sizeof request.remote.address);
  g_assert_cmpuint (before, ==, 0);
}

static IceServer *
make_server (const gchar *uri)
{
  IceServer *server = ice_server_parse (uri, NULL);

  server->address = g_strdup (server->host);
  return server;
}

static NiceServers *
make_servers (void)
{
  static IceServer *stun; /* for the whole process */
  static GPtrArray *turn;

  if (turn == NULL) {
    stun = make_server ("stun:127.0.0.1");
    turn = g_ptr_array_new ();
    g_ptr_array_add (turn, make_server ("turn:u:p@127.0.0.1"));
    g_ptr_array_add (turn, make_server ("turn:u:p@127.0.0.1?transport=tcp"));
    g_ptr_array_add (turn, make_server ("turn:u:p@[::1]"));
  }
  return nice_servers_new (stun, turn, FALSE);
}

static void
assert_servers (const NiceServers *servers)
{
  g_autoptr (GArray) failures = nice_servers_list_failures (servers);
  guint i;

  g_assert_cmpuint (failures->len, <=, 4);
  for (i = 0; i < failures->len; i++) {
    const IceServerFailure *failure = &g_array_index (
        failures, IceServerFailure, i);
    g_autofree gchar *text = ice_server_failure_to_string (failure);

    g_assert_cmpint (failure->reason, <=, ICE_SERVER_FAILURE_UNKNOWN);
    g_assert_true (
        failure->reason == ICE_SERVER_FAILURE_REFUSED || failure->code == 0);
    g_assert_nonnull (text);
  }
  if (nice_servers_has_gathered (servers, FALSE))
    g_assert_true (nice_servers_has_gathered (servers, TRUE));
}

static void
ask (NiceServers *servers)
{
  const IceServer *server = nice_servers_take_next_turn (servers);

  if (server != NULL && server->transport == ICE_SERVER_TRANSPORT_TCP)
    nice_servers_set_reached (servers, server, "127.0.0.1", 3478, NULL);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (IceChecklist) list = ice_checklist_new (1, FUZZ_MAX_PAIRS);
  g_autoptr (NiceServers) servers = make_servers ();
  NiceChecks state = { 0 };
  NiceAnswerTrace answers = { { "" } };
  NiceRequests requests = { 0 };
  NiceTraceEvent event;
  gint64 now = 0;

  while (size > 0) {
    const guint8 *end = memchr (data, '\n', size);
    gsize length = end != NULL ? (gsize) (end - data) : size;

    parse_exactly (data, length, &event);
    feed (list, &state, &event, now += 1000);
    answer_trace (&answers, &event, now);
    follow_requests (&requests, &event, now);
    nice_servers_step (servers, &event);
    if (event.kind == NICE_TRACE_GATHERING)
      ask (servers);
    length = MIN (length + 1, size);
    data += length;
    size -= length;
  }
  assert_servers (servers);
  return 0;
}
