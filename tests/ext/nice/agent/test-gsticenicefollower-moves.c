/* gst-ice: test of the follower: when it checks another path of the peer, and
 * which pair it selects then.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * libnice, the parts of the generation and the clock are played by this file.
 */

#include "agent/gsticenicefollower.h"
#include "model/icefollow.h"
#include "recordingtransport.h"
#include <time.h>

#define STREAM 7
#define COMPONENT 2
#define LOCAL "192.0.2.1"
#define REMOTE "192.0.2.2"
#define MS G_TIME_SPAN_MILLISECOND
#define AHEAD 1000 /* s, of the real clock: no alarm comes by itself */

/* Of icefollow.h, in ms. */
#define DOUBT (ICE_FOLLOW_DOUBT / MS)
#define PATIENCE (ICE_FOLLOW_PATIENCE / MS)
#define UNNOMINATED (ICE_FOLLOW_UNNOMINATED / MS)

typedef struct
{
  GMainContext *context;
  GstIceTransport *transport;
  GstIceNiceFollower *follower;
} Fixture;

static GString *calls;              /* a word each */
static const gint agent, places[2]; /* only their addresses are used */
static gint64 now;
static GstIceNiceFollower *self;

/* What the parts know. */
static GstIceAlarm *requested;
static GstIceNiceConsentPathChecked checked;
static gpointer checked_data;
static gint64 round_trip_time;
static gboolean can_check, check_fails, has_request;
static NiceRequest request; /* taken once */
static gboolean is_request, is_selected;
static const gchar *seen; /* the selected pair's local candidate */
static gboolean keeps;    /* the pair is selected already */

gint64
g_get_monotonic_time (void)
{
  return now;
}

static GstIceSteering *
get_steering (guint i)
{
  return (GstIceSteering *) &places[i];
}

/* libnice. */

static GSList *
prepend (GSList *list, NiceCandidateType type, NiceCandidateTransport transport,
    const gchar *address, guint port, const gchar *foundation)
{
  NiceCandidate *candidate = nice_candidate_new (type);

  candidate->transport = transport;
  g_assert_true (nice_address_set_from_string (&candidate->addr, address));
  nice_address_set_port (&candidate->addr, port);
  candidate->base_addr = candidate->addr;
  g_strlcpy (candidate->foundation, foundation, sizeof candidate->foundation);
  return g_slist_prepend (list, candidate);
}

static void
assert_component (NiceAgent *its_agent, guint stream, guint component)
{
  g_assert_true ((gpointer) its_agent == (gpointer) &agent);
  g_assert_cmpuint (stream, ==, STREAM);
  g_assert_cmpuint (component, ==, COMPONENT);
}

/* The UDP host candidates come after others with their base. */
GSList *
nice_agent_get_local_candidates (
    NiceAgent *its_agent, guint stream, guint component)
{
  GSList *list = NULL;

  assert_component (its_agent, stream, component);
  list = prepend (list, NICE_CANDIDATE_TYPE_HOST, NICE_CANDIDATE_TRANSPORT_UDP,
      LOCAL, 40002, "other");
  list = prepend (list, NICE_CANDIDATE_TYPE_HOST, NICE_CANDIDATE_TRANSPORT_UDP,
      LOCAL, 40001, "host");
  list = prepend (list, NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE,
      NICE_CANDIDATE_TRANSPORT_UDP, LOCAL, 40001, "srflx");
  return prepend (list, NICE_CANDIDATE_TYPE_HOST,
      NICE_CANDIDATE_TRANSPORT_TCP_PASSIVE, LOCAL, 40001, "tcp");
}

GSList *
nice_agent_get_remote_candidates (
    NiceAgent *its_agent, guint stream, guint component)
{
  GSList *list = NULL;

  assert_component (its_agent, stream, component);
  list = prepend (list, NICE_CANDIDATE_TYPE_HOST, NICE_CANDIDATE_TRANSPORT_UDP,
      REMOTE, 50003, "other");
  list = prepend (list, NICE_CANDIDATE_TYPE_HOST, NICE_CANDIDATE_TRANSPORT_UDP,
      REMOTE, 50002, "host");
  list = prepend (list, NICE_CANDIDATE_TYPE_HOST,
      NICE_CANDIDATE_TRANSPORT_TCP_PASSIVE, REMOTE, 50002, "tcp");
  return prepend (list, NICE_CANDIDATE_TYPE_HOST, NICE_CANDIDATE_TRANSPORT_UDP,
      LOCAL, 50002, "address");
}

/* The parts. */

gboolean
gst_ice_steering_is_at (GstIceSteering *steering, GInetSocketAddress *address)
{
  return steering == get_steering (0)
      && g_inet_socket_address_get_port (address) == 40001;
}

void
gst_ice_nice_consent_set_checked (GstIceNiceConsent *consent,
    GstIceNiceConsentPathChecked function, gpointer data)
{
  checked = function;
  checked_data = data;
}

gboolean
gst_ice_nice_consent_can_check (GstIceNiceConsent *consent)
{
  return can_check;
}

gboolean
gst_ice_nice_consent_check (GstIceNiceConsent *consent,
    GstIceSteering *steering, const IceCheckEndpoint *remote, guint32 id,
    GError **error)
{
  g_assert_true (steering == get_steering (0) || steering == get_steering (1));
  g_assert_cmpstr (remote->address, ==, REMOTE);
  g_string_append_printf (calls, "check:%u:%u ", id, remote->port);
  if (check_fails)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "fails");
  return !check_fails;
}

GstIceSteering *
gst_ice_nice_consent_find_socket (
    GstIceNiceConsent *consent, guint64 descriptor)
{
  return descriptor < 2 ? get_steering (descriptor) : NULL;
}

gboolean
gst_ice_nice_consent_has_request (
    GstIceNiceConsent *consent, const NiceRequest *its_request)
{
  return has_request;
}

void
gst_ice_nice_consent_note_request (GstIceNiceConsent *consent)
{
  g_string_append (calls, "life ");
}

void
gst_ice_nice_consent_send_soon (GstIceNiceConsent *consent)
{
  g_string_append (calls, "soon ");
}

gint64
gst_ice_nice_consent_get_round_trip_time (GstIceNiceConsent *consent)
{
  return round_trip_time;
}

void
gst_ice_nice_pairs_watch_requests (GstIceNicePairs *pairs, GstIceAlarm *alarm)
{
  requested = alarm;
}

gboolean
gst_ice_nice_pairs_take_request (
    GstIceNicePairs *pairs, NiceRequest *its_request, gboolean *on_selected)
{
  gboolean was_one = is_request;

  is_request = FALSE;
  *its_request = request;
  *on_selected = is_selected;
  return was_one;
}

void
gst_ice_nice_pairs_add_valid (GstIceNicePairs *pairs,
    const IceCheckEndpoint *base, const IceCandidate *remote,
    gboolean nominated)
{
  g_assert_cmpstr (base->address, ==, LOCAL);
  g_string_append_printf (calls, "%s:%u-%s ", nominated ? "nominated" : "valid",
      base->port, remote->foundation);
}

IceCandidate *
gst_ice_nice_pairs_get_selected_local (
    GstIceNicePairs *pairs, const IceCheckEndpoint *base)
{
  g_assert_cmpuint (base->port, ==, 40001);
  return seen != NULL ? ice_candidate_parse (seen, NULL) : NULL;
}

void
gst_ice_nice_selection_take (GstIceNiceSelection *selection,
    const IceCandidate *local, const IceCheckEndpoint *base,
    const IceCandidate *remote, gboolean nominated)
{
  g_assert_cmpuint (base->port, ==, 40001);
  g_string_append_printf (calls, "take:%s-%s%s ", local->foundation,
      remote->foundation, nominated ? ":nominated" : "");
  if (!keeps)
    gst_ice_nice_follower_begin (self); /* as the generation does */
}

/* The test. */

static void
set_up (Fixture *f, gconstpointer unused)
{
  GstIceNiceFollowerParts parts = {
    .agent = (NiceAgent *) &agent,
    .stream = STREAM,
    .component = COMPONENT,
  };

  struct timespec real;

  g_assert_cmpint (clock_gettime (CLOCK_MONOTONIC, &real), ==, 0);
  now = (real.tv_sec + AHEAD) * G_USEC_PER_SEC;
  calls = g_string_new (NULL);
  f->context = g_main_context_new ();
  parts.transport = f->transport = recording_transport_new (calls);
  gst_ice_transport_set_role (f->transport, GST_ICE_ROLE_CONTROLLING);
  round_trip_time = -1;
  can_check = TRUE;
  check_fails = has_request = is_request = keeps = FALSE;
  seen = NULL;
  self = f->follower = gst_ice_nice_follower_new (f->context, &parts);
  gst_ice_nice_follower_begin (f->follower);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  gst_ice_nice_follower_free (f->follower);
  g_assert_null (requested);
  g_assert_null (checked);
  gst_object_unref (f->transport);
  g_main_context_unref (f->context);
  g_string_free (calls, TRUE);
}

/* What the follower does some time later. */
static void
assert_after (Fixture *f, gint64 ms, const gchar *expected)
{
  now += ms * MS;
  gst_ice_alarm_set (requested, 0);
  while (g_main_context_iteration (f->context, FALSE))
    continue;
  g_assert_cmpstr (calls->str, ==, expected);
  g_string_truncate (calls, 0);
}

/* The peer's request on a path comes. */
static void
hear (guint socket, guint port, gboolean use_candidate, gboolean on_selected)
{
  request = (NiceRequest){
    .remote = { .address = REMOTE, .port = (guint16) port },
    .socket = socket,
    .use_candidate = use_candidate,
    .at = now,
  };
  is_request = TRUE;
  is_selected = on_selected;
}

static void
answer (guint32 id, guint port)
{
  g_autoptr (GSocketAddress)
      from = g_inet_socket_address_new_from_string (REMOTE, port);

  checked (from, id, checked_data);
}

/* The path is heard, doubted, checked, and answered. */
static void
prove (Fixture *f, guint port, gboolean use_candidate)
{
  g_autofree gchar *checks = g_strdup_printf ("soon check:1:%u ", port);

  hear (0, port, use_candidate, FALSE);
  assert_after (f, 0, "");
  assert_after (f, DOUBT, checks);
  answer (1, port);
}

/* The controlling end follows, and nominates. */
static void
test_controlling (Fixture *f, gconstpointer unused)
{
  hear (0, 50002, FALSE, FALSE);
  assert_after (f, 0, "");
  assert_after (f, DOUBT - 1, "");
  assert_after (f, 1, "soon check:1:50002 ");
  answer (2, 50002);
  answer (1, 50003);
  assert_after (f, 0, "");
  answer (1, 50002);
  assert_after (f, PATIENCE - 1, "valid:40001-host ");
  assert_after (f, 1, "nominated:40001-host take:host-host:nominated ");
  assert_after (f, PATIENCE, "");
  /* its own nomination does not come back */
  hear (0, 50002, TRUE, TRUE);
  assert_after (f, 0, "life ");
}

/* Unless the peer nominates it, the controlled end waits longer. */
static void
test_controlled (Fixture *f, gconstpointer unused)
{
  gst_ice_transport_set_role (f->transport, GST_ICE_ROLE_CONTROLLED);
  prove (f, 50002, FALSE);
  assert_after (f, UNNOMINATED - 1, "valid:40001-host ");
  assert_after (f, 1, "valid:40001-host take:host-host ");

  /* then the peer nominates it, once */
  hear (0, 50002, FALSE, TRUE);
  assert_after (f, 0, "life ");
  hear (0, 50002, TRUE, TRUE);
  assert_after (f, 0, "nominated:40001-host take:host-host:nominated ");
  hear (0, 50002, TRUE, TRUE);
  assert_after (f, 0, "life ");
}

static void
test_nominated (Fixture *f, gconstpointer unused)
{
  gst_ice_transport_set_role (f->transport, GST_ICE_ROLE_CONTROLLED);
  prove (f, 50002, TRUE);
  assert_after (f, PATIENCE - 1, "valid:40001-host ");
  assert_after (f, 1, "nominated:40001-host take:host-host:nominated ");
}

/* A nomination of the pair before is none of the pair that was selected after
 * it, nor of one with other credentials, nor by a controlled peer. */
static void
test_other_nomination (Fixture *f, gconstpointer unused)
{
  guint i;

  for (i = 0; i < 3; i++) {
    gst_ice_transport_set_role (f->transport, GST_ICE_ROLE_CONTROLLED);
    gst_ice_nice_follower_begin (f->follower);
    hear (0, 50002, FALSE, FALSE);
    assert_after (f, 0, "");
    now += DOUBT * MS;
    gst_ice_alarm_set (requested, 0);
    while (g_main_context_iteration (f->context, FALSE))
      continue;
    g_string_truncate (calls, 0);
    answer (i + 1, 50002);
    assert_after (
        f, UNNOMINATED, "valid:40001-host valid:40001-host take:host-host ");
    if (i == 0)
      gst_ice_nice_follower_begin (f->follower);
    else if (i == 1)
      gst_ice_nice_follower_restart (f->follower);
    else
      gst_ice_transport_set_role (f->transport, GST_ICE_ROLE_CONTROLLING);
    hear (0, 50002, TRUE, TRUE);
    assert_after (f, 0, "life ");
  }
}

/* The local candidate is the one that the peer saw. */
static void
test_seen (Fixture *f, gconstpointer unused)
{
  seen = "candidate:seen 1 UDP 1 203.0.113.1 60001 typ srflx raddr 0.0.0.0 "
         "rport 0";
  prove (f, 50003, FALSE);
  assert_after (f, PATIENCE,
      "valid:40001-other nominated:40001-other take:seen-other:nominated ");
}

/* libnice does not have these candidates: the path is checked, but is no pair,
 * and is heard anew. */
static void
test_unknown (Fixture *f, gconstpointer unused)
{
  prove (f, 50009, FALSE);
  assert_after (f, PATIENCE, "");
  assert_after (f, 0, "");
  g_assert_cmpint (recording_get_timeout (f->context), ==, -1);
  hear (1, 50002, FALSE, FALSE); /* another socket */
  assert_after (f, 0, "");
  assert_after (f, DOUBT, "soon check:2:50002 ");
  answer (2, 50002);
  assert_after (f, PATIENCE, "");
  assert_after (f, ICE_FOLLOW_RTO / MS, "");
}

/* A long round trip needs more patience. */
static void
test_round_trip (Fixture *f, gconstpointer unused)
{
  round_trip_time = ICE_FOLLOW_PATIENCE;
  prove (f, 50002, FALSE);
  assert_after (f, 2 * PATIENCE - 1, "valid:40001-host ");
  assert_after (f, 1, "nominated:40001-host take:host-host:nominated ");
}

/* Requests on the selected pair prove that it works; those that came through no
 * socket of ours prove nothing. */
static void
test_heard (Fixture *f, gconstpointer unused)
{
  has_request = TRUE;
  hear (0, 50002, FALSE, FALSE);
  assert_after (f, 0, "life ");
  has_request = FALSE;
  hear (2, 50002, FALSE, FALSE);
  assert_after (f, 0, "");
  assert_after (f, DOUBT, "");
}

/* A sign of life on the selected pair ends the doubt. */
static void
test_alive (Fixture *f, gconstpointer unused)
{
  GstIceConnectionState old;
  IceReason reason;

  gst_ice_transport_step (f->transport, ICE_EVENT_CHECKING, now, &old, &reason);
  gst_ice_transport_step (
      f->transport, ICE_EVENT_PAIR_USABLE, now, &old, &reason);
  now++;
  hear (0, 50002, FALSE, FALSE);
  assert_after (f, 0, "");
  now++;
  gst_ice_transport_step (
      f->transport, ICE_EVENT_PROOF_OF_LIFE, now, &old, &reason);
  assert_after (f, DOUBT, "");
}

/* Where no check can be sent, or nothing is selected, nothing is followed. */
static void
test_off (Fixture *f, gconstpointer unused)
{
  can_check = FALSE;
  hear (0, 50002, FALSE, FALSE);
  assert_after (f, 0, "");
  can_check = TRUE;
  assert_after (f, DOUBT, "");
  assert_after (f, 0, "");
  hear (0, 50002, FALSE, FALSE);
  assert_after (f, 0, "");
  g_assert_cmpint (recording_get_timeout (f->context), >, 0);
  gst_ice_nice_follower_restart (f->follower);
  g_assert_cmpint (recording_get_timeout (f->context), ==, -1);
  hear (0, 50002, FALSE, FALSE);
  assert_after (f, 0, "");
  assert_after (f, DOUBT, "");
  gst_ice_nice_follower_begin (f->follower);
  assert_after (f, DOUBT, "");

  /* a restart, and a selection, forget what was heard */
  hear (0, 50002, FALSE, FALSE);
  assert_after (f, 0, "");
  gst_ice_nice_follower_restart (f->follower);
  gst_ice_nice_follower_begin (f->follower);
  assert_after (f, DOUBT, "");
  hear (0, 50002, FALSE, FALSE);
  assert_after (f, 0, "");
  gst_ice_nice_follower_begin (f->follower);
  assert_after (f, DOUBT, "");
}

/* A check that was not sent is sent again. */
static void
test_not_sent (Fixture *f, gconstpointer unused)
{
  check_fails = TRUE;
  hear (0, 50002, FALSE, FALSE);
  assert_after (f, 0, "");
  g_assert_cmpint (recording_get_timeout (f->context), >, 0);
  assert_after (f, DOUBT, "soon check:1:50002 ");
  assert_after (f, ICE_FOLLOW_RTO / MS, "check:2:50002 ");
}

/* An answer to a check from before a restart proves no pair. */
static void
test_restart (Fixture *f, gconstpointer unused)
{
  hear (0, 50002, FALSE, FALSE);
  assert_after (f, 0, "");
  assert_after (f, DOUBT, "soon check:1:50002 ");
  gst_ice_nice_follower_restart (f->follower);
  answer (1, 50002);
  assert_after (f, PATIENCE, "");
}

/* A pair that is selected already is not selected again and again. */
static void
test_kept (Fixture *f, gconstpointer unused)
{
  keeps = TRUE;
  prove (f, 50002, FALSE);
  assert_after (f, PATIENCE,
      "valid:40001-host nominated:40001-host take:host-host:nominated ");
  assert_after (f, 0, "");
}

/* The pair that was nominated last counts, not one that was followed to before.
 */
static void
test_second (Fixture *f, gconstpointer unused)
{
  gst_ice_transport_set_role (f->transport, GST_ICE_ROLE_CONTROLLED);
  prove (f, 50002, FALSE);
  assert_after (
      f, UNNOMINATED, "valid:40001-host valid:40001-host take:host-host ");
  hear (0, 50003, TRUE, FALSE);
  assert_after (f, 0, "");
  assert_after (f, DOUBT, "soon check:2:50003 ");
  answer (2, 50003);
  assert_after (f, PATIENCE,
      "valid:40001-other nominated:40001-other take:host-other:nominated ");
  hear (0, 50003, TRUE, TRUE);
  assert_after (f, 0, "life ");
}

/* From the answer on it waits for patience, no more for the next check. */
static void
test_due (Fixture *f, gconstpointer unused)
{
  gint before;

  round_trip_time = 10 * ICE_FOLLOW_RTO;
  hear (0, 50002, FALSE, FALSE);
  assert_after (f, 0, "");
  assert_after (f, DOUBT, "soon check:1:50002 ");
  before = recording_get_timeout (f->context);
  answer (1, 50002);
  g_main_context_iteration (f->context, FALSE);
  g_assert_cmpint (
      recording_get_timeout (f->context), >, before + ICE_FOLLOW_RTO / MS);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
#define TEST(name)                                                             \
  g_test_add ("/follower/" #name, Fixture, NULL, set_up, test_##name, tear_down)
  TEST (controlling);
  TEST (controlled);
  TEST (nominated);
  TEST (other_nomination);
  TEST (seen);
  TEST (unknown);
  TEST (round_trip);
  TEST (heard);
  TEST (alive);
  TEST (off);
  TEST (not_sent);
  TEST (restart);
  TEST (kept);
  TEST (second);
  TEST (due);
  return g_test_run ();
}
