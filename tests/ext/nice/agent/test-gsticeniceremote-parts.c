/* gst-ice: test of the remote side of a generation: what libnice and the parts
 * get, and what is reported when pairs were checked.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * These are played by this file. */

#include "agent/gsticeniceremote.h"
#include "agent/gsticenicegeneration.h"
#include "agent/gsticenicepairing.h"
#include "agent/gsticeniceparts.h"
#include "agent/gsticenicereports.h"

#define STREAM 7
#define HOST "candidate:1 1 UDP 1 192.0.2.1 40001 typ host"
#define PRFLX                                                                  \
  "candidate:1 1 UDP 1 192.0.2.1 40002 typ prflx raddr 0.0.0.0 rport 0"
#define TCP "candidate:1 1 TCP 1 192.0.2.1 40003 typ host tcptype passive"
#define NAME "candidate:1 1 UDP 1 a.local 40004 typ host"

GST_DEBUG_CATEGORY (gst_ice_nice_generation_debug);

static GString *calls; /* a word each */
static gint place;     /* only its address is used */
static GstIceNiceGeneration generation;
static gboolean allows, are_checked, takes;
static gboolean retires_in_pairing, retires_in_selection;

/* The parts. */

GstIceNiceGeneration *
gst_ice_nice_generation_ref (GstIceNiceGeneration *self)
{
  self->references++;
  return self;
}

void
gst_ice_nice_generation_unref (GstIceNiceGeneration *self)
{
  self->references--;
}

void
gst_ice_nice_pairing_begin (GstIceNicePairing *self, GstIceNicePairs *pairs,
    NiceAgent *agent, guint stream, guint component, guint n_turn_servers)
{
  g_assert_cmpuint (stream, ==, STREAM);
  g_assert_cmpuint (component, ==, 1);
  g_string_append_printf (calls, "begin:%u ", n_turn_servers);
  if (retires_in_pairing)
    generation.phase = GST_ICE_NICE_PHASE_RETIRED;
}

gboolean
gst_ice_nice_pairing_allows (const IceCandidate *candidate, gpointer pairing)
{
  return allows;
}

void
gst_ice_nice_pairing_end (GstIceNicePairing *self, GstIceTransport *transport,
    IceRateLimit *exhausted)
{
  g_string_append (calls, "end ");
}

guint
gst_ice_nice_pairs_count_open (GstIceNicePairs *pairs)
{
  return 0;
}

void
gst_ice_nice_pairs_add_candidate (
    GstIceNicePairs *pairs, const IceCandidate *candidate, gboolean is_local)
{
  g_assert_false (is_local);
  g_string_append_printf (calls, "table:%u ", candidate->port);
}

gboolean
gst_ice_nice_pairs_are_checked (GstIceNicePairs *pairs)
{
  return are_checked;
}

void
gst_ice_nice_selection_update (GstIceNiceSelection *selection)
{
  g_string_append (calls, "select ");
  if (retires_in_selection)
    generation.phase = GST_ICE_NICE_PHASE_RETIRED;
}

void
gst_ice_nice_reports_checking (GstIceNiceGeneration *self)
{
  g_string_append (calls, "checking ");
}

void
gst_ice_nice_reports_checks_done (GstIceNiceGeneration *self)
{
  g_string_append (calls, "done ");
}

void
gst_ice_nice_reports_compare_checking (GstIceNiceGeneration *self)
{
  g_string_append (calls, "compare ");
}

void
gst_ice_nice_consent_set_remote (
    GstIceNiceConsent *consent, const gchar *ufrag, const gchar *password)
{
  g_string_append_printf (calls, "consent:%s:%s ", ufrag, password);
}

void
gst_ice_nice_tcp_admission_set_remote (
    GstIceNiceTcpAdmission *admission, const gchar *password)
{
  g_string_append_printf (calls, "admission:%s ", password);
}

void
gst_ice_nice_flood_guard_add_candidate (
    GstIceNiceFloodGuard *guard, const NiceAddress *remote)
{
  g_string_append_printf (calls, "guard:%u ", nice_address_get_port (remote));
}

/* libnice. */

int
nice_agent_set_remote_candidates (
    NiceAgent *agent, guint stream, guint component, const GSList *candidates)
{
  const NiceCandidate *candidate = candidates->data;

  g_assert_cmpuint (stream, ==, STREAM);
  g_assert_cmpuint (component, ==, 1);
  g_assert_cmpuint (candidate->stream_id, ==, STREAM);
  g_assert_cmpuint (candidate->component_id, ==, 1);
  g_assert_null (candidates->next);
  g_string_append_printf (calls, "libnice:%u:%d ",
      nice_address_get_port (&candidate->addr), candidate->type);
  return takes;
}

gboolean
nice_agent_set_remote_credentials (
    NiceAgent *agent, guint stream, const gchar *ufrag, const gchar *password)
{
  g_string_append_printf (calls, "libnice:%s:%s ", ufrag, password);
  return TRUE;
}

gboolean
nice_agent_peer_candidate_gathering_done (NiceAgent *agent, guint stream)
{
  g_string_append (calls, "peer-done ");
  return TRUE;
}

/* The test. */

static void
assert_calls (const gchar *expected)
{
  g_assert_cmpstr (calls->str, ==, expected);
  g_string_truncate (calls, 0);
}

static void
set_up (gint *unused, gconstpointer unused_too)
{
  calls = g_string_new (NULL);
  allows = are_checked = takes = TRUE;
  retires_in_pairing = retires_in_selection = FALSE;
  generation = (GstIceNiceGeneration){
    .references = 1,
    .stream_id = STREAM,
    .n_turn_servers = 2,
  };
  ice_waiting_list_init (&generation.waiting);
}

static void
tear_down (gint *unused, gconstpointer unused_too)
{
  g_assert_cmpint (generation.references, ==, 1);
  ice_waiting_list_clear (&generation.waiting);
  g_free (generation.remote_ufrag);
  g_string_free (calls, TRUE);
}

static void
add (const gchar *text)
{
  g_autoptr (IceCandidate) candidate = ice_candidate_parse (text, NULL);

  gst_ice_nice_generation_add_remote_candidate (&generation, candidate);
}

/* The table and the guard get it before libnice; one that makes a pair begins
 * the checks. */
static void
test_candidate (gint *unused, gconstpointer unused_too)
{
  add (HOST);
  assert_calls ("table:40001 guard:40001 begin:2 libnice:40001:0 end ");
  are_checked = FALSE;
  generation.gathered = TRUE; /* no relayed ones come any more */
  add (PRFLX);                /* which libnice takes as server-reflexive only */
  assert_calls (
      "table:40002 guard:40002 begin:0 libnice:40002:1 end checking ");
  add (NAME); /* of no use before it was looked up */
  assert_calls ("table:40004 begin:0 end checking ");
}

static void
test_tcp (gint *unused, gconstpointer unused_too)
{
  add (TCP);
  assert_calls ("");
  generation.ice_tcp = TRUE;
  add (TCP);
  assert_calls ("table:40003 guard:40003 begin:2 libnice:40003:0 end ");
}

/* Those that have to wait are given to libnice when there is room. */
static void
test_waiting (gint *unused, gconstpointer unused_too)
{
  allows = FALSE;
  add (HOST);
  add (PRFLX);
  g_string_truncate (calls, 0);
  allows = TRUE;
  gst_ice_nice_remote_pair_checked (&generation);
  g_assert_true (g_str_has_prefix (
      calls->str, "begin:2 libnice:40001:0 libnice:40002:1 end select "));
}

static gboolean
has_warned (void)
{
  return generation.refused.next != 0;
}

/* Warnings are limited. */
static void
test_refused (gint *unused, gconstpointer unused_too)
{
  generation.refused = (IceRateLimit){ 0 };
  add (HOST);
  g_assert_false (has_warned ());
  takes = FALSE;
  add (HOST);
  g_assert_true (has_warned ());
  g_assert_cmpuint (generation.refused.withheld, ==, 0);
  add (HOST);
  g_assert_cmpuint (generation.refused.withheld, ==, 1);
  takes = TRUE;
  generation.refused = (IceRateLimit){ 0 };
  add (NAME);
  g_assert_true (has_warned ());
}

/* What is reported depends on libnice's state. */
static void
test_checked (gint *unused, gconstpointer unused_too)
{
  static const struct
  {
    NiceComponentState state;
    const gchar *expected;
  } rows[] = {
    { NICE_COMPONENT_STATE_READY, "begin:2 end select done " },
    { NICE_COMPONENT_STATE_CONNECTING, "begin:2 end select compare " },
    { NICE_COMPONENT_STATE_CONNECTED, "begin:2 end select " },
    { NICE_COMPONENT_STATE_FAILED, "begin:2 end select " },
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (rows); i++) {
    generation.component_state = rows[i].state;
    gst_ice_nice_remote_pair_checked (&generation);
    assert_calls (rows[i].expected);
  }
  generation.component_state = NICE_COMPONENT_STATE_READY;
  generation.phase = GST_ICE_NICE_PHASE_RETIRED;
  gst_ice_nice_remote_pair_checked (&generation);
  assert_calls ("");
}

/* An observer of these may make another generation. */
static void
test_retired_meanwhile (gint *unused, gconstpointer unused_too)
{
  generation.component_state = NICE_COMPONENT_STATE_READY;
  retires_in_selection = TRUE;
  gst_ice_nice_remote_pair_checked (&generation);
  assert_calls ("begin:2 end select ");
  generation.phase = GST_ICE_NICE_PHASE_CURRENT;
  retires_in_pairing = TRUE;
  gst_ice_nice_remote_pair_checked (&generation);
  assert_calls ("begin:2 end ");
}

static void
test_credentials (gint *unused, gconstpointer unused_too)
{
  gst_ice_nice_generation_set_remote_credentials (&generation, "a", "b");
  assert_calls ("libnice:a:b consent:a:b ");
  g_assert_cmpstr (generation.remote_ufrag, ==, "a");
  generation.admission = (gpointer) &place;
  gst_ice_nice_generation_set_remote_credentials (&generation, "c", "d");
  assert_calls ("libnice:c:d consent:c:d admission:d ");
  gst_ice_nice_generation_remote_end_of_candidates (&generation);
  assert_calls ("peer-done ");
}

/* Gathering could not begin. */
static void
test_empty (gint *unused, gconstpointer unused_too)
{
  generation.stream_id = 0;
  gst_ice_nice_generation_set_remote_credentials (&generation, "a", "b");
  gst_ice_nice_generation_remote_end_of_candidates (&generation);
  add (HOST);
  assert_calls ("");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  GST_DEBUG_CATEGORY_INIT (gst_ice_nice_generation_debug, "icegeneration", 0,
      "ICE over libnice, one generation");
#define TEST(name)                                                             \
  g_test_add ("/remote/" #name, gint, NULL, set_up, test_##name, tear_down)
  TEST (candidate);
  TEST (tcp);
  TEST (waiting);
  TEST (refused);
  TEST (checked);
  TEST (retired_meanwhile);
  TEST (credentials);
  TEST (empty);
  return g_test_run ();
}
