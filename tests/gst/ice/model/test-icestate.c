/* gst-ice: test of icestate: every state and every event, docs/states.md's
 * sentences, random walks, aggregation.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include <stdlib.h>
#include <string.h>

#include "model/icestate.h"

#define MS (G_GINT64_CONSTANT (1000))
#define SILENT_AFTER (5000 * MS)
#define LOST_AFTER (30000 * MS)

typedef struct
{
  IceEvent event;
  gint64 at;
} Step;

static IceEvent
event_from_name (const gchar *name, gsize length)
{
  IceEvent event;

  for (event = 0; event < ICE_N_EVENTS; event++) {
    const gchar *known = ice_event_to_string (event);

    if (strlen (known) == length && strncmp (known, name, length) == 0)
      return event;
  }
  g_error ("no event is called %s", name);
}

/* "checking@0" -> the event and its time; the time is in milliseconds. */
static Step
parse_step (const gchar *text)
{
  const gchar *at = strchr (text, '@');
  Step step;

  g_assert_nonnull (at);
  step.event = event_from_name (text, (gsize) (at - text));
  step.at = g_ascii_strtoll (at + 1, NULL, 10) * MS;
  return step;
}

/* Runs a script like "checking@0 pair-usable@1000". */
static void
run (IceTransportState *self, const gchar *script)
{
  g_auto (GStrv) words = g_strsplit (script, " ", -1);
  guint i;

  for (i = 0; words[i] != NULL; i++) {
    if (words[i][0] != '\0') {
      Step step = parse_step (words[i]);

      ice_transport_state_step (self, step.event, step.at);
    }
  }
}

static void
start (IceTransportState *self, const gchar *script)
{
  ice_transport_state_init (self, SILENT_AFTER, LOST_AFTER);
  run (self, script);
}

static gchar *
describe (const IceTransportState *self)
{
  return g_strdup_printf ("%s/%s", ice_connection_state_to_string (self->state),
      ice_reason_to_string (self->reason));
}

#define assert_state(self, words)                                              \
  G_STMT_START                                                                 \
  {                                                                            \
    g_autofree gchar *is_ = describe (self);                                   \
    g_assert_cmpstr (is_, ==, words);                                          \
  }                                                                            \
  G_STMT_END

/* Every state, in every variant that matters, and every event: `=` is no
 * change. Times in milliseconds, silent after 5 s, lost after 30 s. The events
 * are in the order of IceEvent: gathering gathered credentials
 * remote-candidate remote-end-of-candidates | checking checking-again
 * pair-valid pair-usable checks-done | consent proof-of-life consent-revoked
 * socket-error | tick restart close. */

#define LISTS "credentials@0 gathering@0 gathered@0 remote-end-of-candidates@0 "
#define COMPLETED LISTS "checking@0 pair-usable@1000 checks-done@1000 "

static const struct
{
  const gchar *name;
  const gchar *setup;
  const gchar *state; /* after setup */
  const gchar *now;
  const gchar *next;
} table[] = {
  { "new", "", "new/checks", "0",

      "= = = = = checking/checks checking/checks connected/checks "
      "connected/checks disconnected/checks-exhausted = = = = = = "
      "closed/closed" },
  { "new: both lists are empty, patience lasts", LISTS, "new/checks", "39499",

      "= = = = = checking/checks checking/checks connected/checks "
      "connected/checks disconnected/checks-exhausted = = = = = = "
      "closed/closed" },
  { "new: both lists are empty, patience is over now", LISTS, "new/checks",
      "39500",

      "= failed/checks-exhausted failed/checks-exhausted "
      "failed/checks-exhausted failed/checks-exhausted checking/checks "
      "failed/checks-exhausted connected/checks connected/checks "
      "failed/checks-exhausted failed/checks-exhausted failed/checks-exhausted "
      "failed/checks-exhausted failed/checks-exhausted failed/checks-exhausted "
      "= closed/closed" },
  { "checking", "checking@0", "checking/checks", "10",

      "= = = = = = = connected/checks connected/checks "
      "disconnected/checks-exhausted = = = = = = closed/closed" },
  { "checking: no pair can come, patience lasts", LISTS "checking@0",
      "checking/checks", "39499",

      "= = = = = = = connected/checks connected/checks "
      "disconnected/checks-exhausted = = = = = = closed/closed" },
  { "checking: no pair can come, patience is over", LISTS "checking@0",
      "checking/checks", "39500",

      "= = = = = = failed/checks-exhausted connected/checks connected/checks "
      "failed/checks-exhausted = = = = = = closed/closed" },
  { "checking: again, the peer's list is open",
      "credentials@0 gathered@0 checking@0 checking-again@2000",
      "checking/checks", "39500",

      "= = = = failed/checks-exhausted = = connected/checks connected/checks "
      "disconnected/checks-exhausted = = = = = = closed/closed" },
  { "checking: again, patience lasts", LISTS "checking@0 checking-again@2000",
      "checking/checks", "39499",

      "= = = = = = = connected/checks connected/checks "
      "disconnected/checks-exhausted = = = = = = closed/closed" },
  { "checking: again, patience is over", LISTS "checking@0 checking-again@2000",
      "checking/checks", "39500",

      "= failed/checks-exhausted failed/checks-exhausted "
      "failed/checks-exhausted failed/checks-exhausted = "
      "failed/checks-exhausted connected/checks connected/checks "
      "failed/checks-exhausted failed/checks-exhausted failed/checks-exhausted "
      "failed/checks-exhausted failed/checks-exhausted failed/checks-exhausted "
      "= closed/closed" },
  { "checking: after the path was lost",
      "checking@0 pair-usable@1000 consent-revoked@2000",
      "checking/consent-revoked", "2001",

      "= = = = = = = connected/checks connected/checks "
      "disconnected/consent-revoked = = = = = = closed/closed" },
  { "checking: after a restart, the old path is silent",
      COMPLETED "tick@6000 restart@7000", "checking/restart", "7001",

      "= = = = = = = connected/checks connected/checks "
      "disconnected/checks-exhausted connected/consent-response "
      "connected/consent-response = = = = closed/closed" },
  { "checking: after a restart, the old path is lost now",
      COMPLETED "tick@6000 restart@7000", "checking/restart", "31000",

      "= = = = = = = connected/checks connected/checks "
      "disconnected/checks-exhausted = = = = = = closed/closed" },
  { "checking: after a restart, there is no old path",
      COMPLETED "consent-revoked@2000 restart@7000", "checking/restart", "7001",

      "= = = = = = = connected/checks connected/checks "
      "disconnected/checks-exhausted = = = = = = closed/closed" },
  { "checking: after two restarts, the old path is silent",
      COMPLETED "tick@6000 restart@7000 restart@8000", "checking/restart",
      "8001",

      "= = = = = = = connected/checks connected/checks "
      "disconnected/checks-exhausted connected/consent-response "
      "connected/consent-response = = = = closed/closed" },
  { "connected: checks are left", "checking@0 pair-usable@1000",
      "connected/checks", "2000",

      "= = = = = = = = = = = = checking/consent-revoked checking/socket-error "
      "= = closed/closed" },
  { "connected: no check is left, both lists are open",
      "checking@0 pair-usable@1000 checks-done@1000", "connected/checks",
      "2000",

      "= = = = = = = = = = = = disconnected/consent-revoked "
      "disconnected/socket-error = = closed/closed" },
  { "connected: only our list is open",
      "checking@0 pair-usable@1000 checks-done@1000 "
      "remote-end-of-candidates@1000",
      "connected/checks", "2000",

      "= completed/end-of-candidates = = = = = = = = = = "
      "disconnected/consent-revoked disconnected/socket-error = = "
      "closed/closed" },
  { "connected: only the peer's list is open",
      "checking@0 pair-usable@1000 checks-done@1000 gathered@1000",
      "connected/checks", "2000",

      "= = = = completed/end-of-candidates = = = = = = = "
      "disconnected/consent-revoked disconnected/socket-error = = "
      "closed/closed" },
  { "connected: only checks are left", LISTS "checking@0 pair-usable@1000",
      "connected/checks", "2000",

      "= = = = = = = = = completed/checks = = checking/consent-revoked "
      "checking/socket-error = = closed/closed" },
  { "connected: silent now", "checking@0 pair-usable@1000", "connected/checks",
      "6000",

      "disconnected/consent-missing disconnected/consent-missing "
      "disconnected/consent-missing disconnected/consent-missing "
      "disconnected/consent-missing disconnected/consent-missing "
      "disconnected/consent-missing = = disconnected/consent-missing = = "
      "checking/consent-revoked checking/socket-error "
      "disconnected/consent-missing checking/restart closed/closed" },
  { "connected: by a restart", COMPLETED "restart@2000", "connected/restart",
      "2001",

      "= = = = = = = = = = = = "
      "checking/consent-revoked checking/socket-error = = closed/closed" },
  { "connected: by a restart, silent now", COMPLETED "restart@2000",
      "connected/restart", "6000",

      "disconnected/consent-missing disconnected/consent-missing "
      "disconnected/consent-missing disconnected/consent-missing "
      "disconnected/consent-missing disconnected/consent-missing "
      "disconnected/consent-missing = = disconnected/consent-missing = = "
      "checking/consent-revoked checking/socket-error "
      "disconnected/consent-missing checking/restart closed/closed" },
  { "connected: by a restart, all new checks failed",
      COMPLETED "restart@2000 checks-done@3000", "connected/restart", "3001",

      "= = = = = = = = = = = = disconnected/consent-revoked "
      "disconnected/socket-error = = closed/closed" },
  { "completed", COMPLETED, "completed/checks", "2000",

      "connected/checks = = = = connected/checks connected/checks "
      "connected/checks = = = = failed/consent-revoked failed/socket-error = "
      "connected/restart closed/closed" },
  { "completed: lost now, silence was not reported", COMPLETED,
      "completed/checks", "31000",

      "disconnected/consent-expired failed/consent-expired "
      "failed/consent-expired failed/consent-expired failed/consent-expired "
      "checking/checks failed/consent-expired connected/checks = "
      "failed/consent-expired failed/consent-expired failed/consent-expired "
      "failed/consent-expired failed/consent-expired failed/consent-expired "
      "checking/restart closed/closed" },
  { "disconnected: silent, checks are left",
      "checking@0 pair-usable@1000 tick@6000", "disconnected/consent-missing",
      "6001",

      "= = = = = = = connected/checks connected/checks = "
      "connected/consent-response connected/consent-response "
      "checking/consent-revoked checking/socket-error = checking/restart "
      "closed/closed" },
  { "disconnected: silent, was completed", COMPLETED "tick@6000",
      "disconnected/consent-missing", "6001",

      "= = = = = = = connected/checks completed/checks = "
      "completed/consent-response completed/consent-response "
      "failed/consent-revoked failed/socket-error = checking/restart "
      "closed/closed" },
  { "disconnected: silent, lost now", COMPLETED "tick@6000",
      "disconnected/consent-missing", "31000",

      "= failed/consent-expired failed/consent-expired failed/consent-expired "
      "failed/consent-expired checking/checks failed/consent-expired "
      "connected/checks completed/checks failed/consent-expired "
      "failed/consent-expired failed/consent-expired failed/consent-expired "
      "failed/consent-expired failed/consent-expired checking/restart "
      "closed/closed" },
  { "disconnected: silent, lost now, checks are left",
      LISTS "checking@0 pair-usable@1000 tick@6000",
      "disconnected/consent-missing", "31000",

      "checking/consent-expired checking/consent-expired "
      "checking/consent-expired checking/consent-expired "
      "checking/consent-expired checking/checks failed/consent-expired "
      "connected/checks connected/checks failed/consent-expired "
      "checking/consent-expired checking/consent-expired "
      "checking/consent-expired checking/consent-expired "
      "checking/consent-expired checking/restart closed/closed" },
  { "disconnected: all checks failed, the peer's list is open",
      "credentials@0 gathered@0 checking@0 checks-done@1000",
      "disconnected/checks-exhausted", "39499",

      "= = = = = checking/checks checking/checks connected/checks "
      "connected/checks = = = = = = checking/restart closed/closed" },
  { "disconnected: all checks failed, only the peer's list is open",
      "credentials@0 gathered@0 checking@0 checks-done@1000",
      "disconnected/checks-exhausted", "39500",

      "= = = = failed/checks-exhausted checking/checks checking/checks "
      "connected/checks connected/checks = = = = = = checking/restart "
      "closed/closed" },
  { "disconnected: all checks failed, only our list is open",
      "credentials@0 remote-end-of-candidates@0 checking@0 checks-done@1000",
      "disconnected/checks-exhausted", "39500",

      "= failed/checks-exhausted = = = checking/checks checking/checks "
      "connected/checks connected/checks = = = = = = checking/restart "
      "closed/closed" },
  { "disconnected: all checks failed, patience lasts",
      LISTS "checking@0 checks-done@1000", "disconnected/checks-exhausted",
      "39499",

      "= = = = = checking/checks checking/checks connected/checks "
      "completed/checks = = = = = = checking/restart closed/closed" },
  { "disconnected: all checks failed, patience is over now",
      LISTS "checking@0 checks-done@1000", "disconnected/checks-exhausted",
      "39500",

      "= failed/checks-exhausted failed/checks-exhausted "
      "failed/checks-exhausted failed/checks-exhausted checking/checks "
      "failed/checks-exhausted connected/checks completed/checks "
      "failed/checks-exhausted failed/checks-exhausted failed/checks-exhausted "
      "failed/checks-exhausted failed/checks-exhausted failed/checks-exhausted "
      "checking/restart closed/closed" },
  { "disconnected: all checks failed, credentials are not known",
      "gathered@0 remote-end-of-candidates@0 checking@0 checks-done@1000",
      "disconnected/checks-exhausted", "100000",

      "= = = = = checking/checks checking/checks connected/checks "
      "completed/checks = = = = = = checking/restart closed/closed" },
  { "disconnected: the path was lost, the peer's list is open",
      "credentials@0 gathered@0 checking@0 pair-usable@1000 checks-done@1000 "
      "consent-revoked@2000",
      "disconnected/consent-revoked", "2001",

      "= = = = failed/consent-revoked checking/checks checking/checks "
      "connected/checks connected/checks = = = = = = checking/restart "
      "closed/closed" },
  { "failed: no pair ever worked",
      LISTS "checking@0 checks-done@1000 tick@39500", "failed/checks-exhausted",
      "40000", "= = = = = = = = = = = = = = = checking/restart closed/closed" },
  { "failed: there was no pair", LISTS "tick@39500", "failed/checks-exhausted",
      "40000", "= = = = = = = = = = = = = = = checking/restart closed/closed" },
  { "failed: consent expired", COMPLETED "tick@6000 tick@31000",
      "failed/consent-expired", "31001",

      "= = = = = = = = = = = = = = = checking/restart closed/closed" },
  { "failed: consent revoked", COMPLETED "consent-revoked@2000",
      "failed/consent-revoked", "2001",

      "= = = = = = = = = = = = = = = checking/restart closed/closed" },
  { "failed: the socket died", COMPLETED "socket-error@2000",
      "failed/socket-error", "2001",

      "= = = = = = = = = = = = = = = checking/restart closed/closed" },
  { "failed: a pair came too late",
      COMPLETED "socket-error@2000 "
                "pair-usable@2001",
      "failed/socket-error", "2002",

      "= = = = = = = = = = = = = = = checking/restart closed/closed" },
  { "closed", "close@0", "closed/closed", "1000000",

      "= = = = = = = = = = = = = = = = =" },
  { "closed: was completed", COMPLETED "close@2000", "closed/closed", "1000000",

      "= = = = = = = = = = = = = = = = =" },
};

static void
check_row (guint row)
{
  g_auto (GStrv) next = g_strsplit (table[row].next, " ", -1);
  gint64 now = g_ascii_strtoll (table[row].now, NULL, 10) * MS;
  IceEvent event;

  g_test_message ("%s", table[row].name);
  g_assert_cmpuint (g_strv_length (next), ==, ICE_N_EVENTS);
  for (event = 0; event < ICE_N_EVENTS; event++) {
    gboolean same = g_str_equal (next[event], "=");
    IceTransportState self;

    g_test_message ("  %s", ice_event_to_string (event));
    start (&self, table[row].setup);
    assert_state (&self, table[row].state);
    g_assert_cmpint (ice_transport_state_step (&self, event, now), ==, !same);
    assert_state (&self, same ? table[row].state : next[event]);
  }
}

static void
test_table (void)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (table); i++)
    check_row (i);
}

/* Every state is in the table. */
static void
test_table_is_whole (void)
{
  gboolean seen[GST_ICE_CONNECTION_STATE_CLOSED + 1] = { FALSE };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (table); i++) {
    IceTransportState self;

    start (&self, table[i].setup);
    seen[self.state] = TRUE;
  }
  for (i = 0; i < G_N_ELEMENTS (seen); i++)
    g_assert_true (seen[i]);
}

/* The public rules: a script of events, and the state after each. */

typedef struct
{
  const gchar *event;
  const gchar *state; /* and reason of the last change */
  gint64 deadline;    /* milliseconds; -1 = never */
} Line;

static void
play (IceTransportState *self, const Line *lines, guint n)
{
  guint i;

  for (i = 0; i < n; i++) {
    gint64 deadline;

    g_test_message ("%s", lines[i].event);
    run (self, lines[i].event);
    assert_state (self, lines[i].state);
    deadline = ice_transport_state_deadline (self);
    g_assert_cmpint (
        deadline, ==, lines[i].deadline < 0 ? -1 : lines[i].deadline * MS);
  }
}

#define PLAY(lines)                                                            \
  G_STMT_START                                                                 \
  {                                                                            \
    IceTransportState self_;                                                   \
    start (&self_, "");                                                        \
    play (&self_, lines, G_N_ELEMENTS (lines));                                \
  }                                                                            \
  G_STMT_END

static void
test_start_is_new (void)
{
  IceTransportState self;

  start (&self, "");
  g_assert_cmpint (self.state, ==, GST_ICE_CONNECTION_STATE_NEW);
  g_assert_cmpint (ice_transport_state_deadline (&self), ==, -1);
}

static void
test_call (void)
{
  static const Line lines[] = {
    { "gathering@0", "new/checks", -1 },
    { "gathered@10", "new/checks", -1 },
    { "credentials@20", "new/checks", -1 },
    { "checking@30", "checking/checks", -1 },
    { "pair-usable@80", "connected/checks", 5080 },
    { "consent@1000", "connected/checks", 6000 },
    { "remote-end-of-candidates@1100", "connected/checks", 6000 },
    { "checks-done@1200", "completed/checks", 6000 },
    { "consent@5900", "completed/checks", 10900 },
    { "close@6000", "closed/closed", -1 },
  };

  PLAY (lines);
}

static void
test_patience (void)
{
  static const Line lines[] = {
    { "gathered@0", "new/checks", -1 },
    { "credentials@1000", "new/checks", -1 },
    { "remote-end-of-candidates@1000", "new/checks", 40500 },
    { "checking@1000", "checking/checks", -1 },
    { "checks-done@8000", "disconnected/checks-exhausted", 40500 },
    { "credentials@9000", "disconnected/checks-exhausted", 40500 },
    { "tick@40499", "disconnected/checks-exhausted", 40500 },
    { "tick@40500", "failed/checks-exhausted", -1 },
  };
  IceTransportState self;

  PLAY (lines);
  start (&self, "gathered@0 remote-end-of-candidates@0 credentials@0");
  ice_transport_state_step (&self, ICE_EVENT_CHECKS_DONE, 0);
  g_assert_false (ice_transport_state_step (
      &self, ICE_EVENT_TICK, G_GINT64_CONSTANT (39499999)));
  g_assert_true (ice_transport_state_step (
      &self, ICE_EVENT_TICK, G_GINT64_CONSTANT (39500000)));
  assert_state (&self, "failed/checks-exhausted");
}

/* The peer checks us all the time, so that each pair that has failed is checked
 * again: that delays nothing, but a pair that has not failed yet does. */
static void
test_checking_again (void)
{
  static const Line lines[] = {
    { "gathered@0", "new/checks", -1 },
    { "credentials@0", "new/checks", -1 },
    { "checking@100", "checking/checks", -1 },
    { "checking-again@2100", "checking/checks", -1 },
    { "remote-end-of-candidates@3000", "checking/checks", 39500 },
    { "checks-done@9000", "disconnected/checks-exhausted", 39500 },
    { "checking-again@12000", "checking/checks", 39500 },
    { "checking@14000", "checking/checks", -1 },
    { "tick@39500", "checking/checks", -1 },
    { "checking-again@41000", "failed/checks-exhausted", -1 },
    { "checking-again@42000", "failed/checks-exhausted", -1 },
    { "checking@43000", "failed/checks-exhausted", -1 },
    { "restart@44000", "checking/restart", -1 },
  };

  PLAY (lines);
}

/* A path that worked and was lost has no patience; while it works, what fails
 * beside it changes nothing. */
static void
test_checking_again_beside_a_path (void)
{
  static const Line lines[] = {
    { "gathered@0", "new/checks", -1 },
    { "credentials@0", "new/checks", -1 },
    { "remote-end-of-candidates@0", "new/checks", 39500 },
    { "checking@100", "checking/checks", -1 },
    { "checking-again@2100", "checking/checks", 39500 },
    { "pair-usable@3000", "connected/checks", 8000 },
    { "checking-again@4000", "connected/checks", 8000 },
    { "consent-revoked@5000", "failed/consent-revoked", -1 },
  };

  PLAY (lines);
}

/* A peer that does not signal the end of its candidates: time replaces that,
 * but only where there is no path, and only for `failed`. */
static void
play_with_end_timeout (gint64 timeout, const Line *lines, guint n)
{
  IceTransportState self;

  start (&self, "");
  ice_transport_state_set_end_timeout (&self, timeout * MS);
  play (&self, lines, n);
}

static void
test_end_timeout (void)
{
  static const Line lines[] = {
    { "gathered@10", "new/checks", -1 },
    { "credentials@1000", "new/checks", 61000 },
    { "remote-candidate@2000", "new/checks", 62000 },
    { "checking@2000", "checking/checks", -1 },
    { "checks-done@9000", "disconnected/checks-exhausted", 62000 },
    /* what comes late is taken, and begins the time anew */
    { "remote-candidate@50000", "disconnected/checks-exhausted", 110000 },
    { "checking@50000", "checking/checks", -1 },
    { "tick@109000", "checking/checks", -1 },
    { "checking-again@109500", "checking/checks", 110000 },
    { "tick@109999", "checking/checks", 110000 },
    { "tick@110000", "failed/checks-exhausted", -1 },
    { "remote-candidate@111000", "failed/checks-exhausted", -1 },
    { "restart@112000", "checking/restart", -1 },
    { "checks-done@113000", "disconnected/checks-exhausted", -1 },
  };
  static const Line patience[] = {
    /* it does not cut patience short */
    { "gathered@10", "new/checks", -1 },
    { "credentials@1000", "new/checks", 40500 },
    { "remote-candidate@2000", "new/checks", 40500 },
    { "tick@40499", "new/checks", 40500 },
    { "tick@40500", "failed/checks-exhausted", -1 },
  };
  static const Line never[] = {
    { "gathered@10", "new/checks", -1 },
    { "credentials@1000", "new/checks", -1 },
    { "checking@2000", "checking/checks", -1 },
    { "checks-done@9000", "disconnected/checks-exhausted", -1 },
    { "tick@1000000", "disconnected/checks-exhausted", -1 },
  };

  play_with_end_timeout (60000, lines, G_N_ELEMENTS (lines));
  play_with_end_timeout (5000, patience, G_N_ELEMENTS (patience));
  play_with_end_timeout (0, never, G_N_ELEMENTS (never));
}

static void
test_end_timeout_of_a_path (void)
{
  static const Line lines[] = {
    { "gathered@10", "new/checks", -1 },
    { "credentials@1000", "new/checks", 61000 },
    { "checking@2000", "checking/checks", -1 },
    { "pair-usable@3000", "connected/checks", 8000 },
    { "checks-done@3000", "connected/checks", 8000 },
    { "consent@7000", "connected/checks", 12000 },
    { "consent-revoked@8000", "disconnected/consent-revoked", 61000 },
    { "tick@61000", "failed/consent-revoked", -1 },
  };
  IceTransportState self;

  play_with_end_timeout (60000, lines, G_N_ELEMENTS (lines));
  /* later than that: at once; and it never makes `completed` */
  start (&self, "gathered@10 credentials@1000 checking@2000 pair-usable@3000");
  ice_transport_state_set_end_timeout (&self, 10000 * MS);
  run (&self, "checks-done@4000 consent@7000 consent@11000 consent@15000");
  assert_state (&self, "connected/checks");
  run (&self, "consent-revoked@15500");
  assert_state (&self, "failed/consent-revoked");
}

static void
test_no_patience_without_credentials (void)
{
  static const Line lines[] = {
    { "gathered@0", "new/checks", -1 },
    { "remote-end-of-candidates@0", "new/checks", -1 },
    { "checks-done@0", "disconnected/checks-exhausted", -1 },
    { "tick@1000000", "disconnected/checks-exhausted", -1 },
    { "credentials@1000000", "disconnected/checks-exhausted", 1039500 },
    { "tick@1039500", "failed/checks-exhausted", -1 },
  };

  PLAY (lines);
}

/* A valid pair is usable without a nomination, but ICE is not completed, and a
 * late nomination is followed; without consent it ends as any other. */
static void
test_never_nominated (void)
{
  static const Line nominated[] = {
    { LISTS, "new/checks", 39500 },
    { "checking@10", "checking/checks", -1 },
    { "pair-valid@5000", "connected/checks", 10000 },
    { "checks-done@5100", "connected/checks", 10000 },
    { "consent@9000", "connected/checks", 14000 },
    { "pair-usable@12000", "completed/checks", 17000 },
  };
  static const Line alone[] = {
    { LISTS, "new/checks", 39500 },
    { "checking@10", "checking/checks", -1 },
    { "pair-valid@5000", "connected/checks", 10000 },
    { "checks-done@5100", "connected/checks", 10000 },
    { "tick@10000", "disconnected/consent-missing", 35000 },
    { "tick@35000", "failed/consent-expired", -1 },
  };

  PLAY (nominated);
  PLAY (alone);
}

static void
test_failed_waits_for_both_lists (void)
{
  static const Line lines[] = {
    { "gathering@0", "new/checks", -1 },
    { "credentials@0", "new/checks", -1 },
    { "checking@0", "checking/checks", -1 },
    { "checks-done@100000", "disconnected/checks-exhausted", -1 },
    { "gathered@110000", "disconnected/checks-exhausted", -1 },
    { "remote-end-of-candidates@120000", "failed/checks-exhausted", -1 },
  };

  PLAY (lines);
}

static void
test_no_patience_for_what_worked (void)
{
  static const Line lines[] = {
    { LISTS, "new/checks", 39500 },
    { "checking@0", "checking/checks", -1 },
    { "pair-usable@100", "connected/checks", 5100 },
    { "consent-revoked@200", "checking/consent-revoked", -1 },
    { "checks-done@300", "failed/consent-revoked", -1 },
  };

  PLAY (lines);
}

static void
test_late_candidate_leaves_disconnected (void)
{
  static const Line lines[] = {
    { "checking@0", "checking/checks", -1 },
    { "checks-done@100", "disconnected/checks-exhausted", -1 },
    { "checking@200", "checking/checks", -1 },
    { "pair-usable@300", "connected/checks", 5300 },
  };

  PLAY (lines);
}

static void
test_silence (void)
{
  static const Line lines[] = {
    { LISTS, "new/checks", 39500 },
    { "checking@0", "checking/checks", -1 },
    { "checks-done@900", "disconnected/checks-exhausted", 39500 },
    { "pair-usable@1000", "completed/checks", 6000 },
    { "tick@5999", "completed/checks", 6000 },
    { "tick@6000", "disconnected/consent-missing", 31000 },
    { "consent@30999", "completed/consent-response", 35999 },
    { "tick@35999", "disconnected/consent-missing", 60999 },
    { "tick@60998", "disconnected/consent-missing", 60999 },
    { "tick@60999", "failed/consent-expired", -1 },
    { "consent@61000", "failed/consent-expired", -1 },
  };

  PLAY (lines);
}

static void
test_lost_may_not_fail_yet (void)
{
  static const Line lines[] = {
    { "checking@0", "checking/checks", -1 },
    { "pair-usable@0", "connected/checks", 5000 },
    { "checks-done@0", "connected/checks", 5000 },
    { "tick@5000", "disconnected/consent-missing", 30000 },
    { "tick@30000", "disconnected/consent-missing", -1 },
    { "consent@30001", "disconnected/consent-missing", -1 },
    { "gathered@30002", "disconnected/consent-missing", -1 },
    { "remote-end-of-candidates@30003", "failed/consent-expired", -1 },
  };

  PLAY (lines);
}

static void
test_answer_too_late (void)
{
  static const Line lines[] = {
    { COMPLETED, "completed/checks", 6000 },
    { "consent@31000", "failed/consent-expired", -1 },
  };
  static const Line in_time[] = {
    { COMPLETED, "completed/checks", 6000 },
    { "consent@30999", "completed/checks", 35999 },
  };

  PLAY (lines);
  PLAY (in_time);
}

/* RFC 7675 section 5.1: media is a sign of life, but no consent. */
static void
test_media_is_no_consent (void)
{
  IceTransportState self;
  gint64 at;

  start (&self, COMPLETED "consent@2000");
  for (at = 3000; at < 32000; at += 1000) {
    g_assert_false (
        ice_transport_state_step (&self, ICE_EVENT_PROOF_OF_LIFE, at * MS));
    g_assert_false (
        ice_transport_state_step (&self, ICE_EVENT_TICK, (at + 999) * MS));
    g_assert_cmpint (ice_transport_state_deadline (&self), ==,
        MIN (at * MS + SILENT_AFTER, 2000 * MS + LOST_AFTER));
  }
  assert_state (&self, "completed/checks");
  g_assert_true (
      ice_transport_state_step (&self, ICE_EVENT_PROOF_OF_LIFE, 32000 * MS));
  assert_state (&self, "failed/consent-expired");
}

static void
test_never_disconnected (void)
{
  static const Line lines[] = {
    { COMPLETED, "completed/checks", 31000 },
    { "tick@30999", "completed/checks", 31000 },
    { "tick@31000", "failed/consent-expired", -1 },
  };
  IceTransportState self;

  ice_transport_state_init (&self, 0, LOST_AFTER);
  play (&self, lines, G_N_ELEMENTS (lines));
}

static void
test_never_failed (void)
{
  static const Line lines[] = {
    { COMPLETED, "completed/checks", 6000 },
    { "tick@6000", "disconnected/consent-missing", -1 },
    { "tick@1000000000", "disconnected/consent-missing", -1 },
    { "consent@1000000001", "completed/consent-response", 1000005001 },
  };
  IceTransportState self;

  ice_transport_state_init (&self, SILENT_AFTER, 0);
  play (&self, lines, G_N_ELEMENTS (lines));
}

static void
test_never_either (void)
{
  static const Line lines[] = {
    { COMPLETED, "completed/checks", -1 },
    { "tick@1000000000", "completed/checks", -1 },
    { "consent-revoked@1000000001", "failed/consent-revoked", -1 },
  };
  IceTransportState self;

  ice_transport_state_init (&self, 0, 0);
  play (&self, lines, G_N_ELEMENTS (lines));
}

/* disconnected-timeout is the longer one: it can not come first. */
static void
test_failed_before_disconnected (void)
{
  static const Line lines[] = {
    { COMPLETED, "completed/checks", 4000 },
    { "tick@4000", "failed/consent-expired", -1 },
  };
  IceTransportState self;

  ice_transport_state_init (&self, 5000 * MS, 3000 * MS);
  play (&self, lines, G_N_ELEMENTS (lines));
  ice_transport_state_init (&self, 3000 * MS, 3000 * MS);
  play (&self, lines, G_N_ELEMENTS (lines));
}

static void
test_completed_is_undone (void)
{
  static const Line lines[] = {
    { COMPLETED, "completed/checks", 6000 },
    { "checking@1100", "connected/checks", 6000 },
    { "checks-done@1200", "completed/checks", 6000 },
    { "gathering@1300", "connected/checks", 6000 },
    { "gathered@1400", "completed/end-of-candidates", 6000 },
  };

  PLAY (lines);
}

static void
test_restart (void)
{
  static const Line completed[] = {
    { COMPLETED, "completed/checks", 6000 },
    { "restart@2000", "connected/restart", 6000 },
    { "credentials@2000", "connected/restart", 6000 },
    { "pair-usable@2050", "connected/restart", 7050 },
    { "checks-done@2100", "connected/restart", 7050 },
    { "remote-end-of-candidates@2200", "completed/end-of-candidates", 7050 },
  };
  /* the old one goes on, for as long as it works */
  static const Line no_new_pair[] = {
    { COMPLETED "restart@2000 credentials@2000", "connected/restart", 6000 },
    { "consent@5000 checks-done@9000", "connected/restart", 10000 },
    { "remote-end-of-candidates@9000", "connected/restart", 10000 },
    { "consent@9500 tick@14499", "connected/restart", 14500 },
    { "tick@14500", "disconnected/consent-missing", 39500 },
    { "consent@15000", "connected/consent-response", 20000 },
    { "tick@20000", "disconnected/consent-missing", 45000 },
    { "tick@45000", "failed/consent-expired", -1 },
  };
  static const Line no_new_pair_while_silent[] = {
    { COMPLETED "tick@6000 restart@7000 credentials@7000", "checking/restart",
        31000 },
    { "checks-done@14000", "disconnected/checks-exhausted", 31000 },
    { "checking@15000", "checking/checks", 31000 },
    { "checks-done@16000", "disconnected/checks-exhausted", 31000 },
    { "remote-end-of-candidates@16000", "disconnected/checks-exhausted",
        31000 },
    { "tick@31000", "disconnected/checks-exhausted", 46500 },
    { "tick@46500", "failed/consent-expired", -1 },
  };
  static const Line failed[] = {
    { LISTS "checking@0 checks-done@0 tick@39500", "failed/checks-exhausted",
        -1 },
    { "restart@50000", "checking/restart", -1 },
    { "gathering@50000 gathered@50000", "checking/restart", -1 },
    { "credentials@51000", "checking/restart", -1 },
    { "remote-end-of-candidates@51000", "checking/restart", 90500 },
    { "checking@51500", "checking/restart", -1 },
    { "checks-done@52000", "disconnected/checks-exhausted", 90500 },
    { "tick@90499", "disconnected/checks-exhausted", 90500 },
    { "tick@90500", "failed/checks-exhausted", -1 },
  };
  /* no candidate on one side */
  static const Line no_pair_at_all[] = {
    { LISTS "checking@0 checks-done@0 tick@39500", "failed/checks-exhausted",
        -1 },
    { "restart@50000", "checking/restart", -1 },
    { "gathering@50000 gathered@50000", "checking/restart", -1 },
    { "credentials@51000 remote-end-of-candidates@51000", "checking/restart",
        90500 },
    { "tick@90499", "checking/restart", 90500 },
    { "tick@90500", "failed/checks-exhausted", -1 },
  };
  static const Line no_pair_at_all_while_silent[] = {
    { COMPLETED "tick@6000 restart@7000 credentials@7000", "checking/restart",
        31000 },
    { "remote-end-of-candidates@7000", "checking/restart", 31000 },
    { "tick@31000", "checking/restart", 46500 },
    { "tick@46500", "failed/consent-expired", -1 },
  };
  static const Line disconnected[] = {
    { COMPLETED "tick@6000", "disconnected/consent-missing", 31000 },
    { "restart@7000", "checking/restart", 31000 },
    { "pair-usable@8000", "connected/checks", 13000 },
  };
  static const Line heard_again[] = {
    { COMPLETED "tick@6000", "disconnected/consent-missing", 31000 },
    { "restart@7000 credentials@7000", "checking/restart", 31000 },
    { "proof-of-life@8000", "connected/consent-response", 13000 },
    { "tick@13000", "disconnected/consent-missing", 31000 },
    { "tick@31000", "checking/consent-expired", -1 },
    { "proof-of-life@31001", "checking/consent-expired", -1 },
    { "pair-usable@32000", "connected/checks", 37000 },
  };

  PLAY (completed);
  PLAY (no_new_pair);
  PLAY (no_new_pair_while_silent);
  PLAY (failed);
  PLAY (no_pair_at_all);
  PLAY (no_pair_at_all_while_silent);
  PLAY (disconnected);
  PLAY (heard_again);
}

/* Media goes on over the old pair until a new one is selected, silent or not,
 * but not without consent. */
static void
test_sending (void)
{
  static const struct
  {
    const gchar *script;
    gboolean may_send;
  } steps[] = {
    { "checking@0", FALSE },
    { COMPLETED, TRUE },
    { COMPLETED "tick@6000", TRUE },
    { COMPLETED "restart@2000", TRUE },
    { COMPLETED "tick@6000 restart@7000", TRUE },
    { COMPLETED "tick@6000 restart@7000 tick@30999", TRUE },
    { COMPLETED "tick@6000 restart@7000 tick@31000", FALSE },
    { COMPLETED "tick@6000 restart@7000 proof-of-life@30000 tick@31000",
        FALSE },
    { COMPLETED "tick@6000 restart@7000 consent@30000 tick@31000", TRUE },
    { COMPLETED "tick@6000 restart@7000 restart@8000", TRUE },
    { COMPLETED "tick@6000 restart@7000 tick@31000 pair-usable@31001", TRUE },
    { COMPLETED "tick@6000 restart@7000 checks-done@8000", TRUE },
    { COMPLETED "restart@7000 checks-done@8000", TRUE },
    { COMPLETED "restart@7000 checks-done@8000 tick@31000", FALSE },
    { COMPLETED "tick@6000 restart@7000 consent-revoked@8000", FALSE },
    { COMPLETED "tick@6000 restart@7000 socket-error@8000", FALSE },
    { COMPLETED "consent-revoked@2000 restart@2001", FALSE },
    { COMPLETED "consent-revoked@2000 restart@2001 consent@2002", FALSE },
    { COMPLETED "tick@31000 restart@31001", FALSE },
    { COMPLETED "restart@31000", FALSE },
    { COMPLETED "socket-error@2000 pair-usable@2001", FALSE },
    { COMPLETED "socket-error@2000 pair-usable@2001 restart@2002", FALSE },
    { COMPLETED "close@2000", FALSE },
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (steps); i++) {
    IceTransportState self;

    g_test_message ("%s", steps[i].script);
    start (&self, steps[i].script);
    g_assert_cmpint (
        ice_transport_state_may_send (&self), ==, steps[i].may_send);
  }
}

static void
test_words (void)
{
  static const gchar *const states[] = { "new", "checking", "connected",
    "completed", "failed", "disconnected", "closed" };
  static const gchar *const reasons[] = { "checks", "end-of-candidates",
    "consent-response", "consent-missing", "consent-expired", "consent-revoked",
    "checks-exhausted", "socket-error", "restart", "closed" };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (states); i++)
    g_assert_cmpstr (ice_connection_state_to_string (i), ==, states[i]);
  for (i = 0; i < G_N_ELEMENTS (reasons); i++)
    g_assert_cmpstr (ice_reason_to_string (i), ==, reasons[i]);
}

/* Random walks: what holds always. */

typedef struct
{
  gboolean gathered, complete, worked;
  IceChecks checks;
  gint64 credentials; /* -1 = unknown */
  gint64 signalled;   /* when the peer signalled last; -1 = never */

  /* by RFC 7675 and RFC 8445 section 9, without the machine's words */
  gboolean pair;       /* one was selected, and was not given up */
  gboolean nominated;  /* ... and the controlling agent wanted it */
  gboolean old;        /* ... before the last restart */
  gboolean old_silent; /* ... and silent since before it */
  gint64 life;
  gint64 consent;
} Facts;

static void
note_pair (
    Facts *facts, const IceTransportState *self, IceEvent event, gint64 now)
{
  if (self->failed_timeout > 0 && now - facts->consent >= self->failed_timeout)
    facts->pair = FALSE;
  switch (event) {
    case ICE_EVENT_PAIR_VALID:
    case ICE_EVENT_PAIR_USABLE:
      facts->nominated = event == ICE_EVENT_PAIR_USABLE;
      facts->pair = self->state != GST_ICE_CONNECTION_STATE_FAILED;
      facts->old = FALSE;
      facts->old_silent = FALSE;
      facts->life = facts->consent = now;
      break;
    case ICE_EVENT_CONSENT:
      facts->old_silent = FALSE;
      facts->life = facts->consent = now;
      break;
    case ICE_EVENT_PROOF_OF_LIFE:
      facts->old_silent = FALSE;
      facts->life = now;
      break;
    case ICE_EVENT_RESTART:
      facts->old = TRUE;
      facts->old_silent = self->disconnected_timeout > 0
          && now - facts->life >= self->disconnected_timeout;
      break;
    case ICE_EVENT_CONSENT_REVOKED:
    case ICE_EVENT_SOCKET_ERROR:
      facts->pair = FALSE;
      break;
    default:
      break;
  }
}

static gboolean
is_pair (IceEvent event)
{
  return event == ICE_EVENT_PAIR_VALID || event == ICE_EVENT_PAIR_USABLE;
}

static void
note_fact (
    Facts *facts, const IceTransportState *self, IceEvent event, gint64 now)
{
  if (self->state == GST_ICE_CONNECTION_STATE_FAILED
      && event != ICE_EVENT_RESTART)
    return;
  if (event == ICE_EVENT_GATHERING || event == ICE_EVENT_GATHERED)
    facts->gathered = event == ICE_EVENT_GATHERED;
  if (event == ICE_EVENT_CREDENTIALS && facts->credentials < 0)
    facts->credentials = now;
  if (event == ICE_EVENT_CREDENTIALS || event == ICE_EVENT_REMOTE_CANDIDATE)
    facts->signalled = now;
  if (event == ICE_EVENT_REMOTE_END_OF_CANDIDATES)
    facts->complete = TRUE;
  if (event == ICE_EVENT_CHECKING
      || (is_pair (event) && facts->checks != ICE_CHECKS_DONE))
    facts->checks = ICE_CHECKS_RUNNING;
  if (event == ICE_EVENT_CHECKING_AGAIN)
    facts->checks = ICE_CHECKS_AGAIN;
  if (event == ICE_EVENT_CHECKS_DONE)
    facts->checks = ICE_CHECKS_DONE;
  if (is_pair (event))
    facts->worked = TRUE;
  if (event == ICE_EVENT_RESTART) {
    facts->complete = FALSE;
    facts->credentials = -1;
    facts->signalled = -1;
    facts->checks = self->state == GST_ICE_CONNECTION_STATE_NEW
        ? ICE_CHECKS_NONE
        : ICE_CHECKS_EXPECTED;
  }
}

/* Time before the deadline changes nothing, whichever event has it; and a tick
 * at the deadline is never asked for again at once. */
static void
check_deadline (const IceTransportState *self, gint64 now, GRand *rand)
{
  gint64 deadline = ice_transport_state_deadline (self);
  IceTransportState copy = *self;

  if (deadline < 0) {
    g_assert_false (ice_transport_state_step (
        &copy, ICE_EVENT_TICK, now + G_GINT64_CONSTANT (1000000000000)));
    return;
  }
  if (deadline > now) {
    gint64 before = now
        + (gint64) (g_rand_double (rand) * (gdouble) (deadline - now));

    g_assert_false (ice_transport_state_step (
        &copy, ICE_EVENT_TICK, MIN (before, deadline - 1)));
    g_assert_false (
        ice_transport_state_step (&copy, ICE_EVENT_TICK, deadline - 1));
    g_assert_cmpint (ice_transport_state_deadline (&copy), ==, deadline);
  }
  copy = *self;
  ice_transport_state_step (&copy, ICE_EVENT_TICK, deadline);
  if (ice_transport_state_deadline (&copy) >= 0)
    g_assert_cmpint (ice_transport_state_deadline (&copy), >, deadline);
}

static void
check_invariants (GstIceConnectionState old, const IceTransportState *self,
    const Facts *facts, gint64 now)
{
  switch (self->state) {
    case GST_ICE_CONNECTION_STATE_COMPLETED:
      g_assert_true (facts->gathered && facts->complete && !facts->old);
      g_assert_true (facts->nominated);
      g_assert_cmpint (facts->checks, ==, ICE_CHECKS_DONE);
      g_assert_cmpint (self->path, ==, ICE_PATH_USABLE);
      break;
    case GST_ICE_CONNECTION_STATE_CONNECTED:
      g_assert_cmpint (self->path, ==, ICE_PATH_USABLE);
      break;
    case GST_ICE_CONNECTION_STATE_FAILED:
      if (old == GST_ICE_CONNECTION_STATE_FAILED)
        break;
      g_assert_true (facts->gathered);
      g_assert_true (facts->complete
          || (self->end_timeout > 0 && facts->signalled >= 0
              && now - facts->signalled >= self->end_timeout));
      g_assert_cmpint (facts->checks, !=, ICE_CHECKS_RUNNING);
      g_assert_true (
          self->path == ICE_PATH_NONE || self->path == ICE_PATH_LOST);
      if (self->path == ICE_PATH_NONE) {
        g_assert_cmpint (facts->credentials, >=, 0);
        g_assert_cmpint (now - facts->credentials, >=, 39500 * MS);
      } else {
        g_assert_true (facts->worked);
      }
      break;
    case GST_ICE_CONNECTION_STATE_CHECKING:
      g_assert_true (facts->checks == ICE_CHECKS_RUNNING
          || facts->checks == ICE_CHECKS_AGAIN
          || facts->checks == ICE_CHECKS_EXPECTED);
      break;
    case GST_ICE_CONNECTION_STATE_NEW:
    case GST_ICE_CONNECTION_STATE_DISCONNECTED:
    case GST_ICE_CONNECTION_STATE_CLOSED:
      break;
  }
}

/* Media flows over a pair with the peer's consent only, and the state agrees
 * with the pair. */
static void
check_sending (const IceTransportState *self, const Facts *facts, gint64 now)
{
  gboolean silent = self->disconnected_timeout > 0
      && now - facts->life >= self->disconnected_timeout;
  GstIceConnectionState state = self->state;

  g_assert_cmpint (ice_transport_state_may_send (self), ==, facts->pair);
  if (!facts->pair) {
    g_assert_cmpint (state, !=, GST_ICE_CONNECTION_STATE_CONNECTED);
    g_assert_cmpint (state, !=, GST_ICE_CONNECTION_STATE_COMPLETED);
  } else if (!silent) {
    g_assert_true (state == GST_ICE_CONNECTION_STATE_CONNECTED
        || state == GST_ICE_CONNECTION_STATE_COMPLETED);
  } else {
    g_assert_cmpint (state, ==,
        facts->old_silent && facts->checks != ICE_CHECKS_DONE
            ? GST_ICE_CONNECTION_STATE_CHECKING
            : GST_ICE_CONNECTION_STATE_DISCONNECTED);
  }
}

static void
check_terminal (
    GstIceConnectionState old, const IceTransportState *self, IceEvent event)
{
  if (old == GST_ICE_CONNECTION_STATE_CLOSED)
    g_assert_cmpint (self->state, ==, GST_ICE_CONNECTION_STATE_CLOSED);
  else if (self->state == GST_ICE_CONNECTION_STATE_CLOSED)
    g_assert_cmpint (event, ==, ICE_EVENT_CLOSE);
  if (old == GST_ICE_CONNECTION_STATE_FAILED
      && self->state != GST_ICE_CONNECTION_STATE_FAILED)
    g_assert_true (event == ICE_EVENT_CLOSE || event == ICE_EVENT_RESTART);
  if (event == ICE_EVENT_RESTART && old == GST_ICE_CONNECTION_STATE_FAILED)
    g_assert_cmpint (self->state, ==, GST_ICE_CONNECTION_STATE_CHECKING);
}

static gboolean
walk_once (IceTransportState *self, Facts *facts, gint64 *now, GRand *rand)
{
  static const gint64 jumps[] = { 0, 0, 1, 10, 900, 4999, 5000, 25000, 39500 };
  IceEvent event = (IceEvent) g_rand_int_range (rand, 0, ICE_EVENT_CLOSE);
  GstIceConnectionState old = self->state;
  gboolean changed;

  *now += jumps[g_rand_int_range (rand, 0, G_N_ELEMENTS (jumps))] * MS;
  if (g_rand_int_range (rand, 0, 200) == 0)
    event = ICE_EVENT_CLOSE;
  else if (event == ICE_EVENT_RESTART && g_rand_boolean (rand))
    event = ICE_EVENT_TICK;
  note_fact (facts, self, event, *now);
  note_pair (facts, self, event, *now);
  changed = ice_transport_state_step (self, event, *now);
  g_assert_cmpint (changed, ==, old != self->state);
  check_terminal (old, self, event);
  if (self->state == GST_ICE_CONNECTION_STATE_FAILED
      || self->state == GST_ICE_CONNECTION_STATE_CLOSED)
    facts->pair = FALSE;
  check_invariants (old, self, facts, *now);
  check_sending (self, facts, *now);
  check_deadline (self, *now, rand);
  return self->state != GST_ICE_CONNECTION_STATE_CLOSED;
}

static void
test_random (void)
{
  GRand *rand = g_rand_new_with_seed (20241121);
  guint i, seen[GST_ICE_CONNECTION_STATE_CLOSED + 1] = { 0 };
  guint count = g_getenv ("ICE_TEST_SLOW") != NULL ? 10000 : 100000;
  gboolean open = FALSE;
  IceTransportState self;
  Facts facts;
  gint64 now = 0;

  for (i = 0; i < count; i++) {
    if (!open) {
      static const gint64 timeouts[] = { 0, 1000, 5000, 30000 };

      ice_transport_state_init (&self,
          timeouts[g_rand_int_range (rand, 0, G_N_ELEMENTS (timeouts))] * MS,
          timeouts[g_rand_int_range (rand, 0, G_N_ELEMENTS (timeouts))] * MS);
      facts = (Facts){ .credentials = -1, .signalled = -1 };
      ice_transport_state_set_end_timeout (&self,
          timeouts[g_rand_int_range (rand, 0, G_N_ELEMENTS (timeouts))] * MS);
      now = 1000 * MS;
    }
    open = walk_once (&self, &facts, &now, rand);
    seen[self.state]++;
  }
  for (i = 0; i < G_N_ELEMENTS (seen); i++)
    g_assert_cmpuint (seen[i], >, count / 1000);
  g_rand_free (rand);
}

/* Aggregation against the rules of docs/states.md. */

#define ALL(bits) (n > 0 && !any (states, n, ~(bits)))
#define BIT(x) (1u << GST_ICE_CONNECTION_STATE_##x)

static gboolean
any (const GstIceConnectionState *states, guint n, guint bits)
{
  guint i;

  for (i = 0; i < n; i++)
    if ((bits & (1u << states[i])) != 0)
      return TRUE;
  return FALSE;
}

static const gchar *
aggregate_by_public_rules (const GstIceConnectionState *states, guint n)
{
  if (ALL (BIT (CLOSED)))
    return "closed";
  if (any (states, n, BIT (FAILED)))
    return "failed";
  if (any (states, n, BIT (DISCONNECTED)))
    return "disconnected";
  if (n == 0 || ALL (BIT (NEW) | BIT (CLOSED)))
    return "new";
  if (any (states, n, BIT (NEW) | BIT (CHECKING)))
    return "checking";
  if (ALL (BIT (COMPLETED) | BIT (CLOSED)))
    return "completed";
  return "connected";
}

static guint
compare_all (GstIceConnectionState *states, guint n, guint max)
{
  guint s, count = 1;

  g_assert_cmpstr (ice_connection_state_to_string (
                       ice_connection_state_aggregate (states, n)),
      ==, aggregate_by_public_rules (states, n));
  if (n == max)
    return 1;
  for (s = 0; s <= GST_ICE_CONNECTION_STATE_CLOSED; s++) {
    states[n] = s;
    count += compare_all (states, n + 1, max);
  }
  return count;
}

static void
test_aggregate_all (void)
{
  GstIceConnectionState states[4];

  /* in every order, too: 1 + 7 + 49 + 343 + 2401 */
  g_assert_cmpuint (compare_all (states, 0, 4), ==, 2801);
}

static void
test_aggregate_examples (void)
{
  static const struct
  {
    GstIceConnectionState states[3];
    guint n;
    const gchar *aggregate;
  } examples[] = {
    { { 0 }, 0, "new" },
    { { 2, 0 }, 2, "checking" },
    { { 2, 3, 6 }, 3, "connected" },
    { { 3, 6, 3 }, 3, "completed" },
    { { 3, 5, 4 }, 3, "failed" },
    { { 1, 5, 2 }, 3, "disconnected" },
    { { 0, 6 }, 2, "new" },
    { { 6, 6 }, 2, "closed" },
    { { 1, 6 }, 2, "checking" },
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (examples); i++)
    g_assert_cmpstr (
        ice_connection_state_to_string (
            ice_connection_state_aggregate (examples[i].states, examples[i].n)),
        ==, examples[i].aggregate);
}

static void
test_aggregate_gathering (void)
{
  guint n, code, i;

  for (n = 0; n <= 4; n++) {
    guint total = 1;

    for (i = 0; i < n; i++)
      total *= 3;
    for (code = 0; code < total; code++) {
      GstIceGatheringState states[4], expected;
      gboolean gathering = FALSE, complete = n > 0;
      guint rest = code;

      for (i = 0; i < n; i++, rest /= 3) {
        states[i] = rest % 3;
        gathering |= states[i] == GST_ICE_GATHERING_STATE_GATHERING;
        complete &= states[i] == GST_ICE_GATHERING_STATE_COMPLETE;
      }
      expected = gathering ? GST_ICE_GATHERING_STATE_GATHERING
          : complete       ? GST_ICE_GATHERING_STATE_COMPLETE
                           : GST_ICE_GATHERING_STATE_NEW;
      g_assert_cmpint (ice_gathering_state_aggregate (states, n), ==, expected);
    }
  }
}

/* Nothing of the peer is left; `closed` lasts. */
static void
test_next_call (void)
{
  IceTransportState self, fresh;
  guint i;

  ice_transport_state_init (&fresh, 0, 0);
  ice_transport_state_set_end_timeout (&fresh, 7 * MS);
  fresh.reason = ICE_REASON_NEXT_CALL;
  for (i = 0; i < G_N_ELEMENTS (table); i++) {
    GstIceConnectionState old;
    gboolean changed;

    start (&self, table[i].setup);
    ice_transport_state_set_end_timeout (&self, 7 * MS);
    old = self.state;
    changed = ice_transport_state_begin_call (&self);
    if (old == GST_ICE_CONNECTION_STATE_CLOSED) {
      g_assert_false (changed);
      assert_state (&self, "closed/closed");
      continue;
    }
    g_assert_cmpint (changed, ==, old != GST_ICE_CONNECTION_STATE_NEW);
    assert_state (&self, "new/next-call");
    g_assert_cmpmem (&self, sizeof (self), &fresh, sizeof (fresh));
  }
}

static const struct
{
  const gchar *path;
  GTestFunc function;
} tests[] = {
  { "/icestate/table", test_table },
  { "/icestate/table/is-whole", test_table_is_whole },
  { "/icestate/start-is-new", test_start_is_new },
  { "/icestate/call", test_call },
  { "/icestate/patience", test_patience },
  { "/icestate/end-timeout", test_end_timeout },
  { "/icestate/end-timeout/of-a-path", test_end_timeout_of_a_path },
  { "/icestate/checking-again", test_checking_again },
  { "/icestate/checking-again/beside-a-path",
      test_checking_again_beside_a_path },
  { "/icestate/patience/needs-credentials",
      test_no_patience_without_credentials },
  { "/icestate/patience/not-for-what-worked",
      test_no_patience_for_what_worked },
  { "/icestate/never-nominated", test_never_nominated },
  { "/icestate/failed/waits-for-both-lists", test_failed_waits_for_both_lists },
  { "/icestate/disconnected/late-candidate",
      test_late_candidate_leaves_disconnected },
  { "/icestate/silence", test_silence },
  { "/icestate/silence/may-not-fail-yet", test_lost_may_not_fail_yet },
  { "/icestate/silence/answer-too-late", test_answer_too_late },
  { "/icestate/silence/media-is-no-consent", test_media_is_no_consent },
  { "/icestate/silence/never-disconnected", test_never_disconnected },
  { "/icestate/silence/never-failed", test_never_failed },
  { "/icestate/silence/never-either", test_never_either },
  { "/icestate/silence/failed-first", test_failed_before_disconnected },
  { "/icestate/completed/is-undone", test_completed_is_undone },
  { "/icestate/restart", test_restart },
  { "/icestate/next-call", test_next_call },
  { "/icestate/sending", test_sending },
  { "/icestate/words", test_words },
  { "/icestate/random", test_random },
  { "/icestate/aggregate/all", test_aggregate_all },
  { "/icestate/aggregate/examples", test_aggregate_examples },
  { "/icestate/aggregate/gathering", test_aggregate_gathering },
};

int
main (int argc, char **argv)
{
  guint i;

  g_test_init (&argc, &argv, NULL);
  for (i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add_func (tests[i].path, tests[i].function);
  return g_test_run ();
}
