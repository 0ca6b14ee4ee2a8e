/* gst-ice: does nicetrace read the lines of the installed libnice correctly?
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Two NiceAgents on the loopback interface. The checklist that their lines make
 * is compared with each check-list dump that libnice writes when NICE_DEBUG
 * asks for one, and at the end with both public APIs. */

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <nice/agent.h>
#include <nice/debug.h>

#include "checkdump.h"
#include "trace/nicechecks.h"
#include "stun/nicestun.h"
#include "trace/niceanswertrace.h"

#define WATCHDOG (30 * G_USEC_PER_SEC)

typedef struct
{
  NiceAgent *agent;
  guint stream;
  NiceChecks checks;
  NiceAnswerTrace answer_trace;
  IceChecklist *list;
  gchar *ufrag;
  gchar *password;
  guint lines[NICE_TRACE_N_KINDS];
  CheckDump dump;
} Side;

/* One at a time; everything runs in this thread. */
static Side sides[2];
static GMainContext *context;

static Side *
side_of (guintptr agent)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (sides); i++)
    if (agent != 0 && (guintptr) sides[i].agent == agent)
      return &sides[i];
  return NULL;
}

/* --- the handler --- */

static void
assert_no_secret (const gchar *line)
{
  guint i;

  if (nice_trace_has_secret (line))
    return;
  for (i = 0; i < G_N_ELEMENTS (sides); i++) {
    if (sides[i].password != NULL)
      g_assert_null (strstr (line, sides[i].password));
    if (sides[i].ufrag != NULL)
      g_assert_null (strstr (line, sides[i].ufrag));
  }
}

static void
assert_change (const IceCheckChange *change)
{
  g_assert_cmpint (change->what, !=, 0);
  if (change->what & ICE_CHECK_CHANGE_REMOVED)
    g_assert_false (change->pair->live);
}

static void
take_line (const gchar *domain, GLogLevelFlags level, const gchar *line,
    gpointer user_data)
{
  NiceTraceEvent event;
  NiceCheck checks[NICE_CHECKS_MAX];
  gint64 now = g_get_monotonic_time ();
  guint n, i, j, n_changes;
  Side *side;

  assert_no_secret (line);
  if (nice_trace_parse (line, -1, &event) == NICE_TRACE_MALFORMED)
    g_error ("libnice writes another line now: %s", line);
  side = side_of (event.agent);
  if (side == NULL)
    return;
  side->lines[event.kind]++;
  nice_answer_trace_step (&side->answer_trace, &event, now);
  if (check_dump_take (&side->dump, side->list, line))
    return;
  n = nice_checks_translate (&side->checks, &event, now, checks);
  for (i = 0; i < n; i++) {
    const IceCheckChange *changes = ice_checklist_step (
        side->list, &checks[i].event, checks[i].at, &n_changes);

    for (j = 0; j < n_changes; j++)
      assert_change (&changes[j]);
  }
}

/* --- two agents --- */

static void
ignore_data (NiceAgent *agent, guint stream, guint component, guint length,
    gchar *data, gpointer user_data)
{
}

static void
remember_credentials (Side *side)
{
  g_clear_pointer (&side->ufrag, g_free);
  g_clear_pointer (&side->password, g_free);
  g_assert_true (nice_agent_get_local_credentials (
      side->agent, side->stream, &side->ufrag, &side->password));
}

static void
add_local_addresses (Side *side, const gchar *addresses)
{
  g_auto (GStrv) texts = g_strsplit (addresses, " ", -1);
  NiceAddress local;
  guint i;

  for (i = 0; texts[i] != NULL; i++) {
    nice_address_init (&local);
    g_assert_true (nice_address_set_from_string (&local, texts[i]));
    nice_agent_add_local_address (side->agent, &local);
  }
}

/* As the adapter makes them, but in a hurry to be done. */
static void
start_side (Side *side, const gchar *addresses, gboolean controlling,
    NiceAgentOption options)
{
  side->list = ice_checklist_new (1, 0);
  check_dump_init (&side->dump);
  side->agent = nice_agent_new_full (
      context, NICE_COMPATIBILITY_RFC5245, options);
  g_object_set (side->agent, "upnp", FALSE, "ice-tcp", FALSE, "ice-trickle",
      TRUE, "controlling-mode", controlling, "idle-timeout", 200, NULL);
  add_local_addresses (side, addresses);
  side->stream = nice_agent_add_stream (side->agent, 1);
  nice_agent_attach_recv (
      side->agent, side->stream, 1, context, ignore_data, NULL);
  remember_credentials (side);

  g_assert_true (nice_agent_gather_candidates (side->agent, side->stream));
  if (side->lines[NICE_TRACE_GATHERING] != 1)
    g_error ("libnice wrote no line about gathering");
}

static void
start (const gchar *addresses, gboolean conflict, NiceAgentOption options)
{
  context = g_main_context_new ();
  start_side (&sides[0], addresses, TRUE, options);
  start_side (&sides[1], addresses, conflict, options);
}

static void
stop (void)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (sides); i++) {
    Side *side = &sides[i];

    g_assert_cmpuint (side->dump.n, >=, 1);
    g_clear_object (&side->agent);
    ice_checklist_free (side->list);
    check_dump_clear (&side->dump);
    g_free (side->ufrag);
    g_free (side->password);
    *side = (Side){ NULL };
  }
  g_clear_pointer (&context, g_main_context_unref);
}

static void
signal_credentials (const Side *from, const Side *to)
{
  g_assert_true (nice_agent_set_remote_credentials (
      to->agent, to->stream, from->ufrag, from->password));
}

static void
signal_candidates (const Side *from, const Side *to)
{
  GSList *candidates = nice_agent_get_local_candidates (
      from->agent, from->stream, 1);

  g_assert_cmpint (
      nice_agent_set_remote_candidates (to->agent, to->stream, 1, candidates),
      >, 0);
  g_slist_free_full (candidates, (GDestroyNotify) nice_candidate_free);
}

static void
signal_all (void)
{
  signal_credentials (&sides[0], &sides[1]);
  signal_credentials (&sides[1], &sides[0]);
  signal_candidates (&sides[0], &sides[1]);
  signal_candidates (&sides[1], &sides[0]);
}

/* A port where nobody is: bound as long as the test runs, never read. */
static gint
add_dead_candidate (Side *side, const gchar *address)
{
  NiceCandidate *candidate = nice_candidate_new (NICE_CANDIDATE_TYPE_HOST);
  GSList list = { candidate, NULL };
  struct sockaddr_storage bound;
  socklen_t length = sizeof bound;
  gint fd;

  nice_address_set_from_string (&candidate->addr, address);
  nice_address_copy_to_sockaddr (&candidate->addr, (struct sockaddr *) &bound);
  fd = socket (bound.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint (bind (fd, (struct sockaddr *) &bound, sizeof bound), ==, 0);
  getsockname (fd, (struct sockaddr *) &bound, &length);
  nice_address_set_from_sockaddr (&candidate->addr, (struct sockaddr *) &bound);
  candidate->base_addr = candidate->addr;
  candidate->stream_id = side->stream;
  candidate->component_id = 1;
  candidate->transport = NICE_CANDIDATE_TRANSPORT_UDP;
  candidate->priority = G_MAXINT32; /* checked to its end */
  strcpy (candidate->foundation, "dead");
  g_assert_cmpint (
      nice_agent_set_remote_candidates (side->agent, side->stream, 1, &list),
      ==, 1);
  nice_candidate_free (candidate);
  return fd;
}

/* --- what to wait for --- */

static gboolean
wake (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

static void
wait_for (gboolean (*condition) (void))
{
  gint64 deadline = g_get_monotonic_time () + WATCHDOG;
  GSource *ticker = g_timeout_source_new (5);

  g_source_set_callback (ticker, wake, NULL, NULL);
  g_source_attach (ticker, context);
  while (!condition ()) {
    g_assert_cmpint (g_get_monotonic_time (), <, deadline);
    g_main_context_iteration (context, TRUE);
  }
  g_source_destroy (ticker);
  g_source_unref (ticker);
}

static const IceCheckPair *
find_selected (const Side *side)
{
  guint i;

  for (i = 0; i < ice_checklist_get_n_pairs (side->list); i++) {
    const IceCheckPair *pair = ice_checklist_get_pair (side->list, i);

    if (pair->selected)
      return pair;
  }
  return NULL;
}

static gboolean
is_ready (const Side *side)
{
  return nice_agent_get_component_state (side->agent, side->stream, 1)
      == NICE_COMPONENT_STATE_READY;
}

static gboolean
are_ready (void)
{
  return is_ready (&sides[0]) && is_ready (&sides[1]);
}

/* "conncheck timer stopped", the last dump */
static gboolean
are_done (void)
{
  return are_ready () && sides[0].lines[NICE_TRACE_CHECKS_DONE] > 0
      && sides[1].lines[NICE_TRACE_CHECKS_DONE] > 0;
}

static void
assert_selected (const Side *side)
{
  const IceCheckPair *pair = find_selected (side);
  NiceCandidate *local, *remote;
  gchar address[INET6_ADDRSTRLEN];

  g_assert_true (nice_agent_get_selected_pair (
      side->agent, side->stream, 1, &local, &remote));
  g_assert_nonnull (pair);
  g_assert_true (pair->nominated);
  g_assert_cmpint (pair->state, ==, GST_ICE_CANDIDATE_PAIR_STATE_SUCCEEDED);
  nice_address_to_string (&local->addr, address);
  g_assert_cmpstr (pair->local.address, ==, address);
  g_assert_cmpuint (pair->local.port, ==, nice_address_get_port (&local->addr));
  nice_address_to_string (&remote->addr, address);
  g_assert_cmpstr (pair->remote.address, ==, address);
  g_assert_cmpuint (
      pair->remote.port, ==, nice_address_get_port (&remote->addr));

  g_assert_cmpuint (pair->responses_received, >=, 1);
  g_assert_cmpuint (pair->requests_sent, >=, pair->responses_received);
  g_assert_cmpuint (pair->requests_received, >=, 1);
  g_assert_cmpuint (pair->responses_sent, ==, pair->requests_received);
}

/* On a loopback path both sides count the same messages. */
static void
assert_both_count_the_same (void)
{
  const IceCheckPair *a = find_selected (&sides[0]);
  const IceCheckPair *b = find_selected (&sides[1]);

  g_assert_cmpuint (
      a->requests_sent + a->retransmissions_sent, ==, b->requests_received);
  g_assert_cmpuint (
      b->requests_sent + b->retransmissions_sent, ==, a->requests_received);
  g_assert_cmpuint (a->responses_received, ==, b->responses_sent);
  g_assert_cmpuint (b->responses_received, ==, a->responses_sent);
  g_assert_cmpint (a->current_rtt, >=, 0);
  g_assert_cmpint (a->current_rtt, <, G_USEC_PER_SEC);
}

static void
assert_all_selected (void)
{
  assert_selected (&sides[0]);
  assert_selected (&sides[1]);
}

/* --- the calls --- */

#define REGULAR NICE_AGENT_OPTION_REGULAR_NOMINATION

static void
test_call (gconstpointer address)
{
  start (address, FALSE, REGULAR);
  signal_all ();
  wait_for (are_ready);
  assert_all_selected ();
  assert_both_count_the_same ();
  g_assert_cmpuint (ice_checklist_get_n_pairs (sides[0].list), ==, 1);
  g_assert_cmpuint (sides[0].lines[NICE_TRACE_NOMINATING], ==, 1);
  stop ();
}

static void
test_dead_candidate (void)
{
  const IceCheckPair *dead;
  gint fd, another_fd;

  start ("127.0.0.1", FALSE, REGULAR);
  fd = add_dead_candidate (&sides[0], "127.0.0.1");
  signal_all ();
  wait_for (are_done);
  assert_all_selected ();

  g_assert_cmpuint (ice_checklist_get_n_pairs (sides[0].list), ==, 2);
  dead = ice_checklist_get_pair (sides[0].list, 0);
  g_assert_cmpint (dead->state, ==, GST_ICE_CANDIDATE_PAIR_STATE_FAILED);
  g_assert_true (dead->live);
  g_assert_false (dead->nominated);
  g_assert_cmpuint (dead->requests_sent, ==, 1);
  g_assert_cmpuint (dead->retransmissions_sent, ==, 2);
  g_assert_cmpuint (dead->responses_received, ==, 0);
  g_assert_cmpint (dead->current_rtt, ==, -1);
  g_assert_cmpuint (sides[0].lines[NICE_TRACE_PAIR_GIVEN_UP], ==, 1);

  /* one more makes libnice forget it; the user still sees it */
  another_fd = add_dead_candidate (&sides[0], "127.0.0.1");
  g_assert_cmpuint (sides[0].lines[NICE_TRACE_PAIR_REMOVED], ==, 1);
  g_assert_cmpuint (ice_checklist_get_n_pairs (sides[0].list), ==, 3);
  g_assert_true (dead == ice_checklist_get_pair (sides[0].list, 0));
  g_assert_false (dead->live);
  g_assert_cmpint (dead->state, ==, GST_ICE_CANDIDATE_PAIR_STATE_FAILED);
  stop ();
  close (fd);
  close (another_fd);
}

/* Two addresses each: what was not checked when a pair is nominated is not
 * checked any more. */
static void
test_pruned (void)
{
  guint removed, rows;

  start ("127.0.0.1 127.0.0.2", FALSE, REGULAR);
  signal_all ();
  wait_for (are_done);
  assert_all_selected ();
  removed = sides[0].lines[NICE_TRACE_PAIR_REMOVED];
  rows = ice_checklist_get_n_pairs (sides[0].list);
  g_assert_cmpuint (rows + removed, ==, sides[0].lines[NICE_TRACE_PAIR_ADDED]);
  g_assert_cmpuint (removed, >, 0);
  stop ();
}

static void
test_aggressive (void)
{
  start ("127.0.0.1", FALSE, 0);
  signal_all ();
  wait_for (are_ready);
  assert_all_selected ();
  stop ();
}

static void
test_role_conflict (void)
{
  guint changed;

  start ("127.0.0.1", TRUE, REGULAR);
  signal_all ();
  wait_for (are_ready);
  assert_all_selected ();
  changed = sides[0].lines[NICE_TRACE_ROLE_CHANGED]
      + sides[1].lines[NICE_TRACE_ROLE_CHANGED];
  g_assert_cmpuint (changed, ==, 1);
  stop ();
}

static gboolean
has_pair (void)
{
  return find_selected (&sides[0]) != NULL && find_selected (&sides[1]) != NULL;
}

/* The controlled side learns the other's candidate from its checks only; the
 * candidate is signalled when it is not needed any more. */
static void
test_peer_reflexive (gconstpointer address)
{
  start (address, FALSE, REGULAR);
  signal_credentials (&sides[0], &sides[1]);
  signal_credentials (&sides[1], &sides[0]);
  signal_candidates (&sides[1], &sides[0]);
  wait_for (has_pair);
  g_assert_cmpuint (sides[1].lines[NICE_TRACE_REMOTE_PRFLX], ==, 1);
  g_assert_cmpint (find_selected (&sides[1])->remote_candidate->type, ==,
      ICE_CANDIDATE_TYPE_PRFLX);
  signal_candidates (&sides[0], &sides[1]);
  g_assert_cmpuint (sides[1].lines[NICE_TRACE_PAIR_FOUNDATION], ==, 1);
  wait_for (are_ready);
  assert_all_selected ();
  stop ();
}

static gboolean
was_asked (void)
{
  return sides[1].lines[NICE_TRACE_REPLY] > 0;
}

/* Checks come before credentials. */
static void
test_early_checks (void)
{
  start ("127.0.0.1", FALSE, REGULAR);
  signal_credentials (&sides[1], &sides[0]);
  signal_candidates (&sides[1], &sides[0]);
  wait_for (was_asked);
  signal_credentials (&sides[0], &sides[1]);
  signal_candidates (&sides[0], &sides[1]);
  wait_for (are_ready);
  g_assert_cmpuint (sides[1].lines[NICE_TRACE_REPLAY], >=, 1);
  assert_all_selected ();
  assert_both_count_the_same ();
  stop ();
}

static void
restart_side (Side *side)
{
  g_assert_true (nice_agent_restart_stream (side->agent, side->stream));
  remember_credentials (side);
  g_assert_cmpuint (side->lines[NICE_TRACE_LIST_FREED], ==, 1);
  g_assert_cmpuint (ice_checklist_get_n_pairs (side->list), ==, 1);
  g_assert_nonnull (find_selected (side));
  g_assert_false (find_selected (side)->live);
}

static gboolean
are_checked_again (void)
{
  return are_ready () && find_selected (&sides[0])->live
      && find_selected (&sides[1])->live;
}

static void
test_restart (void)
{
  start ("127.0.0.1", FALSE, REGULAR);
  signal_all ();
  wait_for (are_ready);
  restart_side (&sides[0]);
  restart_side (&sides[1]);
  signal_all ();
  wait_for (are_checked_again);
  assert_all_selected ();
  /* the same addresses, and another pair than the one before, which is gone */
  g_assert_cmpuint (find_selected (&sides[0])->index, >, 0);
  g_assert_cmpuint (ice_checklist_get_n_pairs (sides[0].list), ==, 1);
  stop ();
}

static gboolean
was_answered (void)
{
  return sides[0].lines[NICE_TRACE_STRAY_RESPONSE] > 0;
}

/* A request that libnice does not know of, with that password. Whether its
 * answer was noted. */
static gboolean
ask (const gchar *password)
{
  Side *side = &sides[0];
  g_autofree gchar *username = g_strdup_printf (
      "%s:%s", sides[1].ufrag, side->ufrag);
  guint8 request[NICE_STUN_MAX_REQUEST];
  const NiceStunCheck check = { .controlling = TRUE, .tie_breaker = 1 };
  gsize size = nice_stun_make_request (
      request, sizeof request, 1, 2, username, password, &check);
  GOutputVector vector = { request, size };
  NiceOutputMessage message = { &vector, 1 };
  gint64 at;

  side->lines[NICE_TRACE_STRAY_RESPONSE] = 0;
  g_assert_cmpint (nice_agent_send_messages_nonblocking (
                       side->agent, side->stream, 1, &message, 1, NULL, NULL),
      ==, 1);
  wait_for (was_answered);
  g_assert_cmpuint (side->lines[NICE_TRACE_STRAY_RESPONSE], ==, 1);
  return nice_answer_trace_take (&side->answer_trace, &at);
}

/* The answer to it is distinguished from an error. */
static void
test_stray_answer (gconstpointer address)
{
  NiceTraceEndpoint peer;

  start (address, FALSE, REGULAR);
  signal_all ();
  wait_for (are_done);
  peer = (NiceTraceEndpoint){ .port = find_selected (&sides[0])->remote.port };
  strcpy (peer.address, find_selected (&sides[0])->remote.address);
  g_assert_true (nice_answer_trace_watch (&sides[0].answer_trace, &peer));
  g_assert_true (ask (sides[1].password));
  g_assert_false (ask ("not the peer's password")); /* 401 */
  stop ();
}

int
main (int argc, char **argv)
{
  /* before the first call of libnice: dumps, which are off otherwise */
  g_setenv ("NICE_DEBUG", "nice,nice-verbose", TRUE);
  g_test_init (&argc, &argv, NULL);
  nice_debug_enable (FALSE);
  g_log_set_handler ("libnice", G_LOG_LEVEL_DEBUG, take_line, NULL);

  g_test_add_data_func ("/nicetrace/libnice/ipv4", "127.0.0.1", test_call);
  g_test_add_data_func ("/nicetrace/libnice/ipv6", "::1", test_call);
  g_test_add_func ("/nicetrace/libnice/dead-candidate", test_dead_candidate);
  g_test_add_func ("/nicetrace/libnice/pruned", test_pruned);
  g_test_add_func ("/nicetrace/libnice/aggressive", test_aggressive);
  g_test_add_func ("/nicetrace/libnice/role-conflict", test_role_conflict);
  g_test_add_data_func ("/nicetrace/libnice/peer-reflexive/ipv4", "127.0.0.1",
      test_peer_reflexive);
  g_test_add_data_func (
      "/nicetrace/libnice/peer-reflexive/ipv6", "::1", test_peer_reflexive);
  g_test_add_func ("/nicetrace/libnice/early-checks", test_early_checks);
  g_test_add_func ("/nicetrace/libnice/restart", test_restart);
  g_test_add_data_func (
      "/nicetrace/libnice/stray-answer/ipv4", "127.0.0.1", test_stray_answer);
  g_test_add_data_func (
      "/nicetrace/libnice/stray-answer/ipv6", "::1", test_stray_answer);
  return g_test_run ();
}
