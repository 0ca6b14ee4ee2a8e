/* gst-ice: tests of which remote candidates libnice may be given now.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The agent is played by this file: its local candidates. */

#include "agent/gsticenicepairing.h"
#include "pairsfixture.h"

#define STREAM 7
#define COMPONENT 2
#define MAX_CHECKS ICE_AMPLIFICATION_MAX_CHECKS

static GSList *locals; /* of NiceCandidate */

static gpointer
copy_candidate (gconstpointer candidate, gpointer unused)
{
  return nice_candidate_copy (candidate);
}

GSList *
nice_agent_get_local_candidates (
    NiceAgent *agent, guint stream, guint component)
{
  g_assert_cmpuint (stream, ==, STREAM);
  g_assert_cmpuint (component, ==, COMPONENT);
  return g_slist_copy_deep (locals, copy_candidate, NULL);
}

static void
add_local (
    NiceCandidateType type, NiceCandidateTransport transport, const gchar *at)
{
  NiceCandidate *local = nice_candidate_new (type);

  local->transport = transport;
  g_assert_true (nice_address_set_from_string (&local->addr, at));
  locals = g_slist_append (locals, local);
}

static void
clear_locals (void)
{
  g_slist_free_full (locals, (GDestroyNotify) nice_candidate_free);
  locals = NULL;
}

static void
begin (PairsFixture *f, GstIceNicePairing *pairing, guint n_turn_servers)
{
  gst_ice_nice_pairing_begin (
      pairing, f->pairs, NULL, STREAM, COMPONENT, n_turn_servers);
}

/* Host and relayed candidates make pairs, by their protocol and family;
 * relayed ones may come for each host candidate. */
static void
test_locals (PairsFixture *f, gconstpointer unused)
{
  const NiceCandidateTransport udp = NICE_CANDIDATE_TRANSPORT_UDP;
  GstIceNicePairing pairing;

  add_local (NICE_CANDIDATE_TYPE_HOST, udp, "192.0.2.1");
  add_local (NICE_CANDIDATE_TYPE_HOST, udp, "192.0.2.2");
  add_local (NICE_CANDIDATE_TYPE_RELAYED, udp, "192.0.2.3");
  add_local (NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE, udp, "192.0.2.4");
  add_local (NICE_CANDIDATE_TYPE_PEER_REFLEXIVE, udp, "2001:db8::1");
  add_local (NICE_CANDIDATE_TYPE_HOST, NICE_CANDIDATE_TRANSPORT_TCP_ACTIVE,
      "2001:db8::2");
  begin (f, &pairing, 3);
  g_assert_cmpuint (pairing.locals[ICE_CANDIDATE_PROTOCOL_UDP][FALSE], ==, 3);
  g_assert_cmpuint (pairing.locals[ICE_CANDIDATE_PROTOCOL_UDP][TRUE], ==, 0);
  g_assert_cmpuint (pairing.locals[ICE_CANDIDATE_PROTOCOL_TCP][FALSE], ==, 0);
  g_assert_cmpuint (pairing.locals[ICE_CANDIDATE_PROTOCOL_TCP][TRUE], ==, 1);
  g_assert_cmpuint (pairing.to_come, ==, 9);
  gst_ice_nice_pairing_end (&pairing, f->transport, &f->warnings);
  clear_locals ();
}

/* A candidate needs room for a check from each local one of its kind, and from
 * each to come. */
static void
test_allows (PairsFixture *f, gconstpointer unused)
{
  const NiceCandidateTransport udp = NICE_CANDIDATE_TRANSPORT_UDP;
  g_autoptr (IceCandidate)
      remote = pairs_make_candidate (PAIRS_REMOTE, 50001, "host", 1);
  GstIceNicePairing pairing;
  guint i;

  for (i = 0; i < MAX_CHECKS / 2; i++)
    add_local (NICE_CANDIDATE_TYPE_HOST, udp, "192.0.2.1");
  add_local (NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE, udp, "192.0.2.2");
  add_local (NICE_CANDIDATE_TYPE_HOST, udp, "2001:db8::1");
  pairs_trace (f, " : In ICE-FULL mode, starting candidate gathering.");
  begin (f, &pairing, 0);
  g_assert_true (gst_ice_nice_pairing_allows (remote, &pairing));
  g_assert_true (gst_ice_nice_pairing_allows (remote, &pairing));
  g_assert_false (gst_ice_nice_pairing_allows (remote, &pairing));
  g_assert_cmpuint (pairing.exhausted, ==, 0); /* it waits */
  gst_ice_nice_pairing_end (&pairing, f->transport, &f->warnings);
  clear_locals ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  pairs_add_test ("/pairing/locals", test_locals);
  pairs_add_test ("/pairing/allows", test_allows);
  return g_test_run ();
}
