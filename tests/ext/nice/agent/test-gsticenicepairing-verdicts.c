/* gst-ice: test of the verdicts on remote candidates: which are given to
 * libnice, and what is counted.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of pairs and libnice are played by this file. */

#include "agent/gsticenicepairing.h"

#define STREAM 7
#define COMPONENT 2

static GString *calls; /* a word each */
static IceAmplificationVerdict verdict;

GSList *
nice_agent_get_local_candidates (
    NiceAgent *agent, guint stream, guint component)
{
  static const struct
  {
    NiceCandidateType type;
    const gchar *address;
  } rows[] = {
    { NICE_CANDIDATE_TYPE_HOST, "192.0.2.1" },
    { NICE_CANDIDATE_TYPE_RELAYED, "192.0.2.2" },
    { NICE_CANDIDATE_TYPE_RELAYED, "192.0.2.3" },
    { NICE_CANDIDATE_TYPE_HOST, "2001:db8::1" },
    { NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE, "192.0.2.4" },
  };
  GSList *list = NULL;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (rows); i++) {
    NiceCandidate *local = nice_candidate_new (rows[i].type);

    local->transport = NICE_CANDIDATE_TRANSPORT_UDP;
    g_assert_true (
        nice_address_set_from_string (&local->addr, rows[i].address));
    list = g_slist_append (list, local);
  }
  return list;
}

void
gst_ice_nice_pairs_update_claims (GstIceNicePairs *pairs, guint to_come)
{
  g_string_append_printf (calls, "update:%u ", to_come);
}

IceAmplificationVerdict
gst_ice_nice_pairs_claim (
    GstIceNicePairs *pairs, const IceCandidate *candidate, guint n_checks)
{
  g_string_append_printf (calls, "claim:%u:%u ", candidate->port, n_checks);
  return verdict;
}

static void
assert_calls (const gchar *expected)
{
  g_assert_cmpstr (calls->str, ==, expected);
  g_string_truncate (calls, 0);
}

static gboolean
allows (GstIceNicePairing *pairing, const gchar *address, guint port)
{
  g_autofree gchar *text = g_strdup_printf (
      "candidate:1 1 UDP 1 %s %u typ host", address, port);
  g_autoptr (IceCandidate) candidate = ice_candidate_parse (text, NULL);

  return gst_ice_nice_pairing_allows (candidate, pairing);
}

/* Each candidate claims a check from each local one of its kind, and from each
 * relayed one to come; claims are updated before and after. */
static void
test_claims (void)
{
  IceRateLimit warnings = { 0 };
  GstIceNicePairing pairing;

  calls = g_string_new (NULL);
  gst_ice_nice_pairing_begin (&pairing, NULL, NULL, STREAM, COMPONENT, 5);
  assert_calls ("update:10 ");
  verdict = ICE_AMPLIFICATION_ALLOWED;
  g_assert_true (allows (&pairing, "198.51.100.1", 1));
  g_assert_true (allows (&pairing, "2001:db8::2", 2));
  assert_calls ("claim:1:13 claim:2:11 ");
  verdict = ICE_AMPLIFICATION_WAIT;
  g_assert_false (allows (&pairing, "198.51.100.1", 3));
  assert_calls ("claim:3:13 ");
  gst_ice_nice_pairing_end (&pairing, NULL, &warnings);
  assert_calls ("update:10 ");
  /* of those that wait there is no warning */
  g_assert_cmpint (warnings.next, ==, 0);
  g_string_free (calls, TRUE);
}

/* The warning counts those that are never checked, and names the first. */
static void
test_exhausted (void)
{
  IceRateLimit warnings = { 0 };
  GstIceNicePairing pairing;

  calls = g_string_new (NULL);
  gst_ice_nice_pairing_begin (&pairing, NULL, NULL, STREAM, COMPONENT, 0);
  verdict = ICE_AMPLIFICATION_EXHAUSTED;
  g_assert_false (allows (&pairing, "198.51.100.1", 1));
  g_assert_cmpstr (pairing.address, ==, "198.51.100.1");
  g_assert_false (allows (&pairing, "198.51.100.2", 2));
  g_assert_cmpstr (pairing.address, ==, "198.51.100.1");
  g_assert_cmpuint (pairing.exhausted, ==, 2);
  pairing.exhausted = 1;
  gst_ice_nice_pairing_end (&pairing, NULL, &warnings);
  g_assert_cmpint (warnings.next, !=, 0);
  g_string_free (calls, TRUE);
}

GST_DEBUG_CATEGORY (gst_ice_nice_generation_debug);

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  GST_DEBUG_CATEGORY_INIT (gst_ice_nice_generation_debug, "icegeneration", 0,
      "ICE over libnice, one generation");
  g_test_add_func ("/pairing/claims", test_claims);
  g_test_add_func ("/pairing/exhausted", test_exhausted);
  return g_test_run ();
}
