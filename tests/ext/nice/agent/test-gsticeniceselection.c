/* gst-ice: test of the selected pair of a generation: what its parts get, and
 * what is reported of it.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * libnice and the parts of the generation are played by this file. */

#include "agent/gsticeniceselection.h"
#include "agent/nicecandidate.h"
#include "agent/niceselect.h"
#include "recordingtransport.h"

#define LOCAL_UDP "candidate:1 1 UDP 1 192.0.2.1 40001 typ host"
#define LOCAL_TCP "candidate:1 1 TCP 1 192.0.2.1 40001 typ host tcptype passive"
#define LOCAL_OTHER "candidate:1 1 UDP 1 192.0.2.1 40002 typ host"
#define LOCAL_NAME "candidate:1 1 UDP 1 a.local 40001 typ host"
#define REMOTE_UDP "candidate:2 1 UDP 1 192.0.2.2 50001 typ host"
#define REMOTE_TCP "candidate:2 1 TCP 1 192.0.2.2 50001 typ host tcptype active"
#define REMOTE_OTHER "candidate:2 1 UDP 1 192.0.2.3 50001 typ host"
#define REMOTE_NAME "candidate:2 1 UDP 1 b.local 50001 typ host"
#define BASE "192.0.2.1"
#define BASE_PORT 40009
#define STREAM 7
#define COMPONENT 2
#define LOOK_AGAIN 10000 /* ms */

/* What the parts are given for a pair that was not selected before. */
#define TAKEN(nominated, way)                                                  \
  "consent:" nominated " watch media:" way " guard table admission selects "

typedef struct
{
  GMainContext *context;
  GstIceTransport *transport;
  GstIceNiceSelection *selection;
} Fixture;

static GString *calls;                   /* a word each */
static const gint agent, steering_place; /* only their addresses are used */
static GstIceSteering *steering;         /* beside the pair's socket */
static gboolean connection_is_open, is_nominated, is_prflx, libnice_selects;

/* What the table chooses; NULL: nothing, and to look again then. */
static const gchar *chosen_local, *chosen_remote;
static gint64 look_again;

/* libnice, and the parts. */

gboolean
nice_select_pair (NiceAgent *its_agent, guint stream_id, guint component_id,
    const NiceCandidate *local, const NiceCandidate *remote)
{
  g_assert_true ((gpointer) its_agent == (gpointer) &agent);
  g_assert_cmpuint (stream_id, ==, STREAM);
  g_assert_cmpuint (component_id, ==, COMPONENT);
  g_string_append_printf (calls, "libnice:%u-%u ",
      nice_address_get_port (&local->addr),
      nice_address_get_port (&remote->addr));
  return libnice_selects;
}

GstIceSteering *
gst_ice_nice_consent_find_steering (
    GstIceNiceConsent *consent, const NiceCandidate *local)
{
  IceCheckEndpoint base;

  nice_candidate_get_base (local, &base);
  g_assert_cmpstr (base.address, ==, BASE);
  g_assert_cmpuint (base.port, ==, BASE_PORT);
  return steering;
}

void
gst_ice_nice_consent_set_nominated (
    GstIceNiceConsent *consent, gboolean nominated)
{
  g_string_append (calls, nominated ? "consent:nominated " : "consent:plain ");
}

void
gst_ice_nice_consent_watch (GstIceNiceConsent *consent,
    const NiceCandidate *local, const NiceCandidate *remote)
{
  g_assert_cmpuint (nice_address_get_port (&remote->addr), ==, 50001);
  g_string_append (calls, "watch ");
}

void
gst_ice_nice_media_select (GstIceNiceMedia *media, GstIceSteering *its_steering,
    const NiceAddress *remote)
{
  g_assert_true (its_steering == steering);
  g_assert_cmpuint (nice_address_get_port (remote), ==, 50001);
  g_string_append (
      calls, its_steering != NULL ? "media:steered " : "media:plain ");
}

void
gst_ice_nice_flood_guard_set_selected (
    GstIceNiceFloodGuard *flood_guard, const NiceAddress *remote)
{
  g_assert_cmpuint (nice_address_get_port (remote), ==, 50001);
  g_string_append (calls, "guard ");
}

gboolean
gst_ice_nice_tcp_admission_select (GstIceNiceTcpAdmission *admission,
    const NiceCandidate *local, const NiceCandidate *remote)
{
  g_string_append (calls, "admission ");
  return connection_is_open;
}

gboolean
gst_ice_nice_pairs_choose (GstIceNicePairs *pairs, GstIceRole role,
    gboolean is_over, GstIceNicePath *path, gint64 *again)
{
  g_string_append_printf (calls, "choose%s%s ",
      role == GST_ICE_ROLE_CONTROLLING ? ":controlling" : "",
      is_over ? ":over" : "");
  *again = look_again;
  if (chosen_local == NULL)
    return FALSE;
  path->local = ice_candidate_parse (chosen_local, NULL);
  path->remote = ice_candidate_parse (chosen_remote, NULL);
  g_strlcpy (path->base.address, BASE, sizeof path->base.address);
  path->base.port = BASE_PORT;
  return TRUE;
}

void
gst_ice_nice_path_clear (GstIceNicePath *path)
{
  g_clear_pointer (&path->local, ice_candidate_free);
  g_clear_pointer (&path->remote, ice_candidate_free);
}

void
gst_ice_nice_pairs_select (GstIceNicePairs *pairs, const IceCandidate *local,
    const IceCandidate *remote)
{
  g_string_append (calls, local != NULL ? "table " : "table:none ");
}

void
gst_ice_nice_pairs_expect_pruning (GstIceNicePairs *pairs, gboolean expected)
{
  g_string_append (calls, expected ? "pruning " : "pruned ");
}

gboolean
gst_ice_nice_pairs_is_nominated (GstIceNicePairs *pairs,
    const IceCandidate *local, const IceCandidate *remote)
{
  g_assert_cmpuint (local->port, ==, 40001);
  g_assert_cmpuint (remote->port, ==, 50001);
  return is_nominated;
}

gboolean
gst_ice_nice_pairs_is_prflx (GstIceNicePairs *pairs, const IceCandidate *remote)
{
  return is_prflx;
}

static void
on_selects (const NiceCandidate *local, gpointer data)
{
  g_assert_cmpuint (nice_address_get_port (&local->addr), <=, 40002);
  g_string_append (calls, "selects ");
}

/* What is reported. */

static void
on_event (GstIceTransport *transport, IceEvent event, gpointer data)
{
  g_string_append (calls,
      event == ICE_EVENT_SOCKET_ERROR      ? "lost "
          : event == ICE_EVENT_CHECKS_DONE ? "done "
          : event == ICE_EVENT_PAIR_USABLE ? "usable "
                                           : "other ");
}

static void
on_selected_pair (GstIceTransport *transport, const GstStructure *pair,
    gboolean nominated, gpointer data)
{
  g_string_append_printf (calls, "%s:%s ", nominated ? "nominated" : "selected",
      gst_structure_get_string (pair, "remote-type"));
}

static void
set_up (Fixture *f, gconstpointer without_tcp)
{
  static const GstIceTransportObserver observer = {
    .event = on_event,
    .selected_pair = on_selected_pair,
    .pair = recording_on_pair,
  };
  GstIceNiceSelectionParts parts = {
    .admission = without_tcp ? NULL : (GstIceNiceTcpAdmission *) f, /* played */
    .agent = (NiceAgent *) &agent,
    .stream_id = STREAM,
    .component_id = COMPONENT,
  };
  GstIceConnectionState old;
  IceReason reason;

  calls = g_string_new (NULL);
  f->context = g_main_context_new ();
  parts.transport = f->transport = recording_transport_new (calls);
  gst_ice_transport_set_observer (f->transport, &observer, f);
  gst_ice_transport_set_role (f->transport, GST_ICE_ROLE_CONTROLLED);
  gst_ice_transport_step (f->transport, ICE_EVENT_CHECKING, 1, &old, &reason);
  gst_ice_transport_step (
      f->transport, ICE_EVENT_PAIR_USABLE, 1, &old, &reason);
  f->selection = gst_ice_nice_selection_new (f->context, &parts, on_selects, f);
  steering = (GstIceSteering *) &steering_place;
  connection_is_open = libnice_selects = TRUE;
  is_nominated = is_prflx = FALSE;
  chosen_local = chosen_remote = NULL;
  look_again = -1;
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  gst_ice_nice_selection_free (f->selection);
  gst_object_unref (f->transport);
  g_main_context_unref (f->context);
  g_string_free (calls, TRUE);
}

static void
assert_calls (const gchar *expected)
{
  g_assert_cmpstr (calls->str, ==, expected);
  g_string_truncate (calls, 0);
}

static void
take (Fixture *f, const gchar *local_text, const gchar *remote_text,
    gboolean nominated)
{
  g_autoptr (IceCandidate) local = ice_candidate_parse (local_text, NULL);
  g_autoptr (IceCandidate) remote = ice_candidate_parse (remote_text, NULL);
  IceCheckEndpoint base = { .address = BASE, .port = BASE_PORT };

  gst_ice_nice_selection_take (f->selection, local, &base, remote, nominated);
}

/* Consent, media, the guards and the table get the pair before it is
 * reported. */
static void
test_take (Fixture *f, gconstpointer unused)
{
  g_assert_false (gst_ice_nice_selection_has_pair (f->selection));
  g_assert_false (gst_ice_nice_selection_is_steered (f->selection));
  take (f, LOCAL_UDP, REMOTE_UDP, FALSE);
  assert_calls (TAKEN ("plain", "steered") "selected:host ");
  g_assert_true (gst_ice_nice_selection_has_pair (f->selection));
  g_assert_true (gst_ice_nice_selection_is_steered (f->selection));
  g_assert_false (gst_ice_nice_selection_is_tcp (f->selection));
  steering = NULL;
  take (f, LOCAL_OTHER, REMOTE_UDP, TRUE);
  assert_calls (TAKEN ("nominated", "plain") "nominated:host ");
  g_assert_false (gst_ice_nice_selection_is_steered (f->selection));
  g_assert_false (gst_ice_nice_selection_is_tcp (f->selection));
}

/* The same pair is only nominated, once; another one has one end, or the
 * protocol, of its own. */
static void
test_again (Fixture *f, gconstpointer unused)
{
  take (f, LOCAL_UDP, REMOTE_UDP, FALSE);
  g_string_truncate (calls, 0);
  take (f, LOCAL_UDP, REMOTE_UDP, FALSE);
  assert_calls ("");
  take (f, LOCAL_UDP, REMOTE_UDP, TRUE);
  assert_calls ("consent:nominated usable ");
  take (f, LOCAL_UDP, REMOTE_UDP, TRUE);
  take (f, LOCAL_UDP, REMOTE_UDP, FALSE);
  assert_calls ("");
  take (f, LOCAL_UDP, REMOTE_OTHER, FALSE);
  assert_calls (TAKEN ("plain", "steered") "selected:host ");
  take (f, LOCAL_OTHER, REMOTE_OTHER, TRUE);
  assert_calls (TAKEN ("nominated", "steered") "nominated:host ");
  take (f, LOCAL_UDP, REMOTE_UDP, FALSE);
  g_string_truncate (calls, 0);
  take (f, LOCAL_TCP, REMOTE_TCP, FALSE);
  assert_calls (TAKEN ("plain", "steered") "selected:host ");
}

/* If nothing may be sent on it any more, it is taken anew. */
static void
test_expired (Fixture *f, gconstpointer unused)
{
  GstIceConnectionState old;
  IceReason reason;

  take (f, LOCAL_UDP, REMOTE_UDP, TRUE);
  g_string_truncate (calls, 0);
  gst_ice_transport_step (
      f->transport, ICE_EVENT_CONSENT_REVOKED, 2, &old, &reason);
  g_assert_false (gst_ice_transport_may_send (f->transport));
  take (f, LOCAL_UDP, REMOTE_UDP, TRUE);
  assert_calls (TAKEN ("nominated", "steered") "nominated:host ");
}

/* A connection that has ended before its pair is selected: the path is lost,
 * and there is nothing more to wait for. */
static void
test_connection (Fixture *f, gconstpointer unused)
{
  connection_is_open = FALSE;
  take (f, LOCAL_TCP, REMOTE_TCP, FALSE);
  assert_calls (TAKEN ("plain", "steered") "selected:host lost done ");
  g_assert_false (gst_ice_nice_selection_is_tcp (f->selection));
  connection_is_open = TRUE;
  take (f, LOCAL_TCP, REMOTE_TCP, TRUE);
  assert_calls ("consent:nominated usable ");
  g_assert_true (gst_ice_nice_selection_is_tcp (f->selection));
}

static void
test_without_tcp (Fixture *f, gconstpointer unused)
{
  connection_is_open = FALSE;
  take (f, LOCAL_UDP, REMOTE_UDP, FALSE);
  assert_calls ("consent:plain watch media:steered guard table selects "
                "selected:host ");
}

static void
follow (Fixture *f, NiceCandidateType type)
{
  g_autoptr (IceCandidate) local = ice_candidate_parse (LOCAL_UDP, NULL);
  g_autoptr (IceCandidate) remote = ice_candidate_parse (REMOTE_UDP, NULL);
  NiceCandidate *nice_local = nice_candidate_from_ice (local, 1, 1);
  NiceCandidate *nice_remote = nice_candidate_from_ice (remote, 1, 1);
  const IceCheckEndpoint base = { .address = BASE, .port = BASE_PORT };

  nice_candidate_set_base (nice_local, &base);
  nice_remote->type = type;
  gst_ice_nice_selection_restart (f->selection);
  gst_ice_nice_selection_follow (f->selection, nice_local, nice_remote);
  nice_candidate_free (nice_local);
  nice_candidate_free (nice_remote);
}

/* The pair that libnice has selected, with the type that was signalled and the
 * nomination of the table. */
static void
test_follow (Fixture *f, gconstpointer unused)
{
  follow (f, NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE);
  assert_calls (TAKEN ("plain", "steered") "selected:srflx ");
  is_prflx = TRUE;
  follow (f, NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE);
  assert_calls (TAKEN ("plain", "steered") "selected:prflx ");
  is_nominated = TRUE;
  follow (f, NICE_CANDIDATE_TYPE_HOST);
  assert_calls (TAKEN ("nominated", "steered") "nominated:host ");
}

static void
test_nomination (Fixture *f, gconstpointer unused)
{
  is_nominated = TRUE;
  gst_ice_nice_selection_notice_nomination (f->selection); /* of no pair */
  assert_calls ("");
  is_nominated = FALSE;
  take (f, LOCAL_UDP, REMOTE_UDP, FALSE);
  g_string_truncate (calls, 0);
  gst_ice_nice_selection_notice_nomination (f->selection);
  assert_calls ("");
  is_nominated = TRUE;
  gst_ice_nice_selection_notice_nomination (f->selection);
  assert_calls ("consent:nominated usable ");
  gst_ice_nice_selection_notice_nomination (f->selection);
  assert_calls ("");
}

/* It looks again when the table has to be asked again, and only then. */
static void
test_patience (Fixture *f, gconstpointer unused)
{
  look_again = g_get_monotonic_time () + LOOK_AGAIN * 1000;
  gst_ice_nice_selection_update (f->selection);
  assert_calls ("choose ");
  g_assert_cmpint (recording_get_timeout (f->context), >, 0);
  g_assert_cmpint (recording_get_timeout (f->context), <=, LOOK_AGAIN);
  gst_ice_nice_selection_restart (f->selection);
  g_assert_cmpint (recording_get_timeout (f->context), ==, -1);

  look_again = 1; /* long ago */
  gst_ice_nice_selection_update (f->selection);
  look_again = g_get_monotonic_time () + LOOK_AGAIN * 1000;
  g_main_context_iteration (f->context, FALSE);
  assert_calls ("choose choose ");

  chosen_local = LOCAL_UDP;
  chosen_remote = REMOTE_UDP;
  gst_ice_nice_selection_update (f->selection);
  assert_calls ("choose " TAKEN ("plain", "steered") "selected:host ");
  g_assert_cmpint (recording_get_timeout (f->context), ==, -1);
  gst_ice_nice_selection_update (f->selection);
  assert_calls ("choose "); /* which is selected already */
}

/* A pair that only libnice can send on: it is made to select it, unless it
 * continues to nominate. */
static void
test_libnice (Fixture *f, gconstpointer unused)
{
  steering = NULL;
  chosen_local = LOCAL_UDP;
  chosen_remote = REMOTE_UDP;
  gst_ice_transport_set_role (f->transport, GST_ICE_ROLE_CONTROLLING);
  gst_ice_nice_selection_update (f->selection);
  assert_calls ("choose:controlling ");
  gst_ice_nice_selection_set_over (f->selection, TRUE);
  assert_calls ("choose:controlling:over table pruning libnice:40001-50001 "
                "pruned " TAKEN ("plain", "plain") "selected:host ");
  gst_ice_nice_selection_restart (f->selection);
  gst_ice_nice_selection_update (f->selection);
  assert_calls ("choose:controlling ");
  gst_ice_transport_set_role (f->transport, GST_ICE_ROLE_CONTROLLED);
  gst_ice_nice_selection_update (f->selection);
  assert_calls ("choose table pruning libnice:40001-50001 pruned " TAKEN (
      "plain", "plain") "selected:host ");
}

/* If it refuses, the table keeps what is selected, and it is not asked again
 * before a restart. */
static void
test_refused (Fixture *f, gconstpointer unused)
{
  steering = NULL;
  libnice_selects = FALSE;
  chosen_local = LOCAL_UDP;
  chosen_remote = REMOTE_UDP;
  gst_ice_nice_selection_update (f->selection);
  assert_calls ("choose table pruning libnice:40001-50001 pruned table:none ");
  gst_ice_nice_selection_update (f->selection);
  assert_calls ("choose ");
  gst_ice_nice_selection_restart (f->selection);
  gst_ice_nice_selection_update (f->selection);
  assert_calls ("choose table pruning libnice:40001-50001 pruned table:none ");
}

/* One with a name cannot be selected. */
static void
test_names (Fixture *f, gconstpointer unused)
{
  chosen_local = LOCAL_NAME;
  chosen_remote = REMOTE_UDP;
  gst_ice_nice_selection_update (f->selection);
  chosen_local = LOCAL_UDP;
  chosen_remote = REMOTE_NAME;
  gst_ice_nice_selection_update (f->selection);
  assert_calls ("choose choose ");
  g_assert_false (gst_ice_nice_selection_has_pair (f->selection));
}

/* After a restart the same pair is selected anew. */
static void
test_restart (Fixture *f, gconstpointer unused)
{
  take (f, LOCAL_UDP, REMOTE_UDP, TRUE);
  gst_ice_nice_selection_restart (f->selection);
  g_string_truncate (calls, 0);
  g_assert_true (gst_ice_nice_selection_has_pair (f->selection));
  gst_ice_nice_selection_notice_nomination (f->selection);
  take (f, LOCAL_UDP, REMOTE_UDP, FALSE);
  assert_calls (TAKEN ("plain", "steered") "selected:host ");
  take (f, LOCAL_TCP, REMOTE_TCP, TRUE);
  gst_ice_nice_selection_restart (f->selection);
  g_assert_false (gst_ice_nice_selection_is_tcp (f->selection));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
#define TEST(name, without_tcp)                                                \
  g_test_add ("/selection/" #name, Fixture, GINT_TO_POINTER (without_tcp),     \
      set_up, test_##name, tear_down)
  TEST (take, FALSE);
  TEST (again, FALSE);
  TEST (expired, FALSE);
  TEST (connection, FALSE);
  TEST (without_tcp, TRUE);
  TEST (follow, FALSE);
  TEST (nomination, FALSE);
  TEST (patience, FALSE);
  TEST (libnice, FALSE);
  TEST (refused, FALSE);
  TEST (names, FALSE);
  TEST (restart, FALSE);
  return g_test_run ();
}
