/* gst-ice: test of names in place of remote candidates' addresses, with
 * multicast on a link in a network namespace of its own.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "descriptors.h"
#include "mdnsresponder.h"
#include "netns.h"
#include "sessionfixture.h"
#include "suite.h"
#include <string.h>

#define QUESTIONS 2 /* one time: for both kinds of addresses */
#define LOOK_UP_TIME (5 * G_TIME_SPAN_SECOND) /* docs/networks.md */
#define LATE (3 * G_TIME_SPAN_SECOND)         /* that a busy machine may add */
#define MAX_NAMES 16                          /* docs/networks.md */
#define NAMED(n, component, name) HOST (n, component, name)
#define BEGUN "gather:controlling:stun=-:turn=0 credentials:peer "

typedef struct
{
  Session s;
  MdnsResponder *responder;
} Fixture;

static void
begin (Fixture *f, const gchar *setting, const gchar *value)
{
  f->responder = mdns_responder_new ();
  session_start (&f->s);
  if (setting != NULL)
    gst_util_set_object_arg (G_OBJECT (f->s.agent), setting, value);
  session_gather (&f->s);
  session_set_credentials (&f->s, 0, "peer");
  session_drain (&f->s);
}

static void
end (Fixture *f)
{
  session_end (&f->s);
  suite_wait_for_io ();
  mdns_responder_free (f->responder);
}

/* Until the backend got that call; "end" when the names are settled. */
static void
wait_log (Fixture *f, const gchar *expected)
{
  gint64 end = g_get_monotonic_time () + LOOK_UP_TIME + LATE;
  GString *log = g_string_new (NULL);

  while (strlen (log->str) < strlen (expected)) {
    g_autofree gchar *more = fake_take_log (f->s.a1);

    g_string_append (log, more);
    if (g_get_monotonic_time () > end)
      g_error ("\"%s\", not \"%s\"", log->str, expected);
    g_usleep (1000);
  }
  g_assert_cmpstr (log->str, ==, expected);
  g_string_free (log, TRUE);
}

static void
assert_one_error (Fixture *f, const gchar *fragment)
{
  g_autofree gchar *lines = recorder_take (f->s.recorder);
  g_auto (GStrv) list = g_strsplit (lines, "\n", -1);
  guint reported = 0, posted = 0, i;

  for (i = 0; list[i] != NULL; i++) {
    reported += g_str_has_prefix (list[i], "error 0 701 ")
        && strstr (list[i], fragment) != NULL;
    posted += strcmp (list[i], "bus ice-candidate-error") == 0;
  }
  if (reported != 1 || posted != 1)
    g_error ("\"%s\" is not reported once in:\n%s", fragment, lines);
}

static void
assert_quiet (Fixture *f)
{
  g_autofree gchar *lines = recorder_take (f->s.recorder);

  g_assert_null (strstr (lines, "error"));
  g_assert_null (strstr (lines, "state"));
}

static void
do_found (int namespace)
{
  Fixture f;

  begin (&f, NULL, NULL);
  session_add (&f.s, 0, NAMED ("1", "1", MDNS_FOUND));
  session_add (&f.s, 0, PEER_1); /* does not wait */
  session_add (&f.s, 0, "");
  wait_log (&f, "candidate:10.0.1.1 candidate:10.77.0.9 end ");
  assert_quiet (&f);
  g_assert_cmpuint (mdns_responder_count (f.responder, NULL), ==, QUESTIONS);
  end (&f);
}

static void
test_found (void)
{
  netns_test (do_found);
}

/* Candidates of all transports that have the name get its address, and it is
 * asked for once. */
static void
do_shared (int namespace)
{
  Fixture f;
  MdnsResponder *responder = mdns_responder_new ();

  f.responder = responder;
  session_start_four (&f.s);
  session_gather (&f.s);
  session_set_credentials (&f.s, 0, "peer");
  session_set_credentials (&f.s, 1, "peer");
  session_add (&f.s, 0, NAMED ("1", "1", MDNS_SLOW));
  session_add (&f.s, 0, NAMED ("2", "2", MDNS_SLOW));
  session_add (&f.s, 1, NAMED ("3", "1", MDNS_SLOW));
  session_add (&f.s, 1, "");
  wait_log (&f, BEGUN "candidate:10.77.0.9 ");
  assert_log (f.s.a2, BEGUN "candidate:10.77.0.9 ");
  assert_log (f.s.b1, BEGUN "candidate:10.77.0.9 end ");
  assert_log (f.s.b2, BEGUN "end ");
  g_assert_cmpuint (
      mdns_responder_count (f.responder, NULL), ==, 2 * QUESTIONS);
  end (&f);
}

static void
test_shared (void)
{
  netns_test (do_shared);
}

static void
do_ipv6 (int namespace)
{
  Fixture f;

  begin (&f, NULL, NULL);
  session_add (
      &f.s, 0, "candidate:1 1 TCP 1 " MDNS_IPV6 " 9 typ host tcptype active");
  wait_log (&f, "candidate:2001:db8::9 ");
  end (&f);
}

static void
test_ipv6_and_tcp (void)
{
  netns_test (do_ipv6);
}

/* A second after the first question, RFC 6762 section 5.2. */
static void
do_slow (int namespace)
{
  gint64 start = g_get_monotonic_time ();
  Fixture f;

  begin (&f, NULL, NULL);
  session_add (&f.s, 0, NAMED ("1", "1", MDNS_SLOW));
  wait_log (&f, "candidate:10.77.0.9 ");
  g_assert_cmpint (g_get_monotonic_time () - start, >, G_TIME_SPAN_SECOND);
  end (&f);
}

static void
test_slow (void)
{
  netns_test (do_slow);
}

/* The end of candidates, and `completed`, wait for it; then one error, and
 * that is all. */
static void
do_not_found (int namespace)
{
  gint64 start;
  Fixture f;

  begin (&f, NULL, NULL);
  fake_connect (f.s.a1);
  fake_gathered (f.s.a1);
  fake_event (f.s.a1, ICE_EVENT_CHECKS_DONE);
  session_drain (&f.s);
  start = g_get_monotonic_time ();
  session_add (&f.s, 0, NAMED ("1", "1", MDNS_SILENT));
  session_add (&f.s, 0, "");
  fake_settle ();
  g_assert_cmpint (gst_ice_transport_get_state (GST_ICE_TRANSPORT (f.s.a1)), ==,
      GST_ICE_CONNECTION_STATE_CONNECTED);
  assert_quiet (&f);
  wait_log (&f, "end ");
  g_assert_cmpint (g_get_monotonic_time () - start, >=, LOOK_UP_TIME);
  fake_settle ();
  g_assert_cmpint (gst_ice_transport_get_state (GST_ICE_TRANSPORT (f.s.a1)), ==,
      GST_ICE_CONNECTION_STATE_COMPLETED);
  assert_one_error (&f, "\"" MDNS_SILENT "\" of a remote candidate: no host");
  g_assert_cmpuint (
      mdns_responder_count (f.responder, NULL), ==, 3 * QUESTIONS);
  end (&f);
}

static void
test_not_found (void)
{
  netns_test (do_not_found);
}

/* `failed` waits as well: every pair has failed, but one may come. */
static void
do_failed_waits (int namespace)
{
  Fixture f;

  begin (&f, NULL, NULL);
  fake_connect (f.s.a1); /* so that no patience is due */
  fake_gathered (f.s.a1);
  session_add (&f.s, 0, NAMED ("1", "1", MDNS_SILENT));
  session_add (&f.s, 0, "");
  fake_event (f.s.a1, ICE_EVENT_CHECKS_DONE);
  fake_event (f.s.a1, ICE_EVENT_SOCKET_ERROR);
  fake_settle ();
  g_assert_cmpint (gst_ice_transport_get_state (GST_ICE_TRANSPORT (f.s.a1)), ==,
      GST_ICE_CONNECTION_STATE_DISCONNECTED);
  wait_log (&f, "end ");
  fake_settle ();
  g_assert_cmpint (gst_ice_transport_get_state (GST_ICE_TRANSPORT (f.s.a1)), ==,
      GST_ICE_CONNECTION_STATE_FAILED);
  end (&f);
}

static void
test_failed_waits (void)
{
  netns_test (do_failed_waits);
}

/* At once. */
static void
check_refused (const gchar *candidate, const gchar *setting, const gchar *value,
    const gchar *fragment, guint questions)
{
  Fixture f;

  begin (&f, setting, value);
  session_add (&f.s, 0, candidate);
  session_add (&f.s, 0, "");
  wait_log (&f, "end ");
  assert_one_error (&f, fragment);
  g_assert_cmpuint (mdns_responder_count (f.responder, NULL), ==, questions);
  end (&f);
}

static void
do_several (int namespace)
{
  check_refused (NAMED ("1", "1", MDNS_SEVERAL), NULL, NULL,
      "more than one address", QUESTIONS);
}

static void
test_several (void)
{
  netns_test (do_several);
}

static void
do_useless (int namespace)
{
  check_refused (NAMED ("1", "1", MDNS_USELESS), NULL, NULL,
      "not usable by another host", QUESTIONS);
}

static void
test_useless (void)
{
  netns_test (do_useless);
}

static void
do_other_name (int namespace)
{
  check_refused (NAMED ("1", "1", "printer.local"), NULL, NULL,
      "\"printer.local\" has a name that is not looked up", 0);
}

static void
test_other_name (void)
{
  netns_test (do_other_name);
}

static void
do_relay_only (int namespace)
{
  check_refused (NAMED ("1", "1", MDNS_FOUND), "ice-transport-policy", "relay",
      "ice-transport-policy=relay", 0);
}

static void
test_relay_only (void)
{
  netns_test (do_relay_only);
}

static void
do_no_interface (int namespace)
{
  check_refused (NAMED ("1", "1", MDNS_FOUND), "interfaces", "<nowhere>",
      "no network interface", 0);
}

static void
test_no_interface (void)
{
  netns_test (do_no_interface);
}

/* Where it may not gather it does not ask. */
static void
do_other_interface (int namespace)
{
  Fixture f;

  begin (&f, "local-addresses", "<127.0.0.1>");
  session_add (&f.s, 0, NAMED ("1", "1", MDNS_FOUND));
  session_add (&f.s, 0, "");
  wait_log (&f, "end ");
  assert_one_error (&f, "no host in this network answered");
  g_assert_cmpuint (mdns_responder_count (f.responder, NULL), ==, 0);
  end (&f);
}

static void
test_other_interface (void)
{
  netns_test (do_other_interface);
}

/* 10000 names: 256 candidates are kept, the names of 16 asked for, all at once,
 * and two errors reported: one of each kind in 10 s. */
static void
do_hostile (int namespace)
{
  guint kept = 0, errors = 0, i;
  g_autofree gchar *lines = NULL;
  const gchar *at;
  Fixture f;

  begin (&f, NULL, NULL);
  for (i = 0; i < 10000; i++) {
    g_autofree gchar *text = g_strdup_printf (
        "candidate:1 1 UDP 1 %08x-0002-4978-8695-a4b3c2d1e0f9.local 9 typ host",
        i << 4 | 2);

    kept += gst_ice_session_add_candidate (
        gst_ice_agent_get_session (f.s.agent), 0, text, NULL);
  }
  g_assert_cmpuint (kept, ==, 256);
  session_add (&f.s, 0, "");
  wait_log (&f, "end ");
  g_assert_cmpuint (
      mdns_responder_count (f.responder, NULL), ==, MAX_NAMES * 3 * QUESTIONS);
  fake_settle ();
  lines = recorder_take (f.s.recorder);
  for (at = lines; (at = strstr (at, "error 0 701 ")) != NULL; at++)
    errors++;
  g_assert_cmpuint (errors, ==, 2);
  g_assert_nonnull (strstr (lines, "more than 16 names"));
  end (&f);
}

static void
test_hostile (void)
{
  netns_test (do_hostile);
}

/* filter-candidate comes first. */

static gchar *
filter (gpointer object, guint stream, const gchar *candidate, gboolean local)
{
  GString *text;

  if (strstr (candidate, MDNS_SILENT) != NULL)
    return NULL;
  text = g_string_new (candidate);
  g_string_replace (text, MDNS_FOUND, "10.0.1.7", 1);
  return g_string_free (text, FALSE);
}

static void
do_filter (int namespace)
{
  Fixture f;

  begin (&f, NULL, NULL);
  g_signal_connect (f.s.agent, "filter-candidate", G_CALLBACK (filter), NULL);
  session_add (&f.s, 0, NAMED ("1", "1", MDNS_FOUND));
  session_add (&f.s, 0, NAMED ("1", "1", MDNS_SILENT));
  session_add (&f.s, 0, "");
  assert_log (f.s.a1, "candidate:10.0.1.7 end ");
  g_assert_cmpuint (mdns_responder_count (f.responder, NULL), ==, 0);
  end (&f);
}

static void
test_filter (void)
{
  netns_test (do_filter);
}

/* Nothing is asked for before it is known whose candidate it is. */
static void
do_stranger (int namespace)
{
  Fixture f;

  f.responder = mdns_responder_new ();
  session_start (&f.s);
  session_gather (&f.s);
  session_add (&f.s, 0, NAMED ("1", "1", MDNS_FOUND) " ufrag stranger");
  session_set_credentials (&f.s, 0, "peer");
  session_add (&f.s, 0, "");
  wait_log (&f, BEGUN "end ");
  g_assert_cmpuint (mdns_responder_count (f.responder, NULL), ==, 0);
  end (&f);
}

static void
test_stranger (void)
{
  netns_test (do_stranger);
}

static void
wait_asked (Fixture *f, const gchar *name)
{
  gint64 end = g_get_monotonic_time () + FAKE_WATCHDOG;

  while (mdns_responder_count (f->responder, name) < QUESTIONS) {
    g_assert_cmpint (g_get_monotonic_time (), <, end);
    g_usleep (1000);
  }
}

/* The sockets are there while there is something to ask, and go with NULL. */
static void
do_close (int namespace)
{
  g_autofree gchar *log = NULL;
  guint before, asked;
  Fixture f;

  begin (&f, NULL, NULL);
  session_add (&f.s, 0, NAMED ("1", "1", MDNS_FOUND));
  wait_log (&f, "candidate:10.77.0.9 ");
  fake_settle ();
  before = count_descriptors (); /* with what GLib opens once */
  session_add (&f.s, 0, NAMED ("1", "1", MDNS_SLOW));
  wait_log (&f, "candidate:10.77.0.9 ");
  fake_settle ();
  g_assert_cmpuint (count_descriptors (), ==, before);
  session_add (&f.s, 0, NAMED ("1", "1", MDNS_SILENT));
  session_add (&f.s, 0, "");
  wait_asked (&f, MDNS_SILENT);
  g_assert_cmpuint (count_descriptors (), >, before);
  gst_element_set_state (f.s.src, GST_STATE_NULL);
  g_assert_cmpuint (count_descriptors (), <=, before);
  fake_settle ();
  log = fake_take_log (f.s.a1);
  g_assert_true (g_str_has_suffix (log, "close "));
  g_assert_null (strstr (log, "end "));
  asked = mdns_responder_count (f.responder, NULL);
  g_usleep (1500 * 1000); /* the next question was due */
  g_assert_cmpuint (mdns_responder_count (f.responder, NULL), ==, asked);
  end (&f);
}

static void
test_close (void)
{
  netns_test (do_close);
}

/* The name's generation is over: no question, no error, no candidate. */
static void
do_restart (int namespace)
{
  g_autofree gchar *lines = NULL;
  Fixture f;

  begin (&f, NULL, NULL);
  session_add (&f.s, 0, NAMED ("1", "1", MDNS_SLOW));
  wait_asked (&f, MDNS_SLOW);
  g_assert_true (
      gst_ice_session_restart (gst_ice_agent_get_session (f.s.agent), NULL));
  session_set_credentials (&f.s, 0, "next");
  session_add (&f.s, 0, NAMED ("1", "1", MDNS_SILENT));
  session_add (&f.s, 0, "");
  wait_log (&f, "restart credentials:next end ");
  g_assert_cmpuint (
      mdns_responder_count (f.responder, MDNS_SLOW), ==, QUESTIONS);
  g_assert_cmpuint (
      mdns_responder_count (f.responder, MDNS_SILENT), ==, 3 * QUESTIONS);
  lines = recorder_take (f.s.recorder);
  g_assert_null (strstr (lines, MDNS_SLOW));
  end (&f);
}

static void
test_restart (void)
{
  netns_test (do_restart);
}

static const SuiteTest tests[] = {
  { "/session/names/found", test_found },
  { "/session/names/shared", test_shared },
  { "/session/names/ipv6-and-tcp", test_ipv6_and_tcp },
  { "/session/names/slow", test_slow },
  { "/session/names/not-found", test_not_found },
  { "/session/names/failed-waits", test_failed_waits },
  { "/session/names/several", test_several },
  { "/session/names/useless", test_useless },
  { "/session/names/other-name", test_other_name },
  { "/session/names/relay-only", test_relay_only },
  { "/session/names/no-interface", test_no_interface },
  { "/session/names/other-interface", test_other_interface },
  { "/session/names/hostile", test_hostile },
  { "/session/names/filter", test_filter },
  { "/session/names/stranger", test_stranger },
  { "/session/names/close", test_close },
  { "/session/names/restart", test_restart },
};

int
main (int argc, char **argv)
{
  return suite_run (argc, argv, tests, G_N_ELEMENTS (tests));
}
