/* gst-ice: test of which events a generation reports.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "agent/gsticenicereports.h"
#include "agent/gsticeniceparts.h"
#include "loopback.h"
#include "pairsfixture.h"

typedef struct
{
  PairsFixture *pairs;
  guint n_lives; /* proofs that the peer is alive */
  GSocket *socket, *peer;
  GstIceNiceGeneration generation;
} Fixture;

static void
on_event (GstIceTransport *transport, IceEvent event, gpointer data)
{
  g_assert_cmpint (event, ==, ICE_EVENT_PROOF_OF_LIFE);
  ((Fixture *) data)->n_lives++;
}

static NiceCandidate *
make_candidate (GSocket *socket)
{
  NiceCandidate *candidate = nice_candidate_new (NICE_CANDIDATE_TYPE_HOST);

  loopback_get_address (socket, &candidate->addr);
  candidate->base_addr = candidate->addr;
  candidate->transport = NICE_CANDIDATE_TRANSPORT_UDP;
  return candidate;
}

/* The pair of the two sockets is watched. Returns: whether it can be */
static gboolean
start (Fixture *f, PairsFixture *pairs)
{
  static const GstIceTransportObserver observer = { .event = on_event };
  NiceCandidate *local, *remote;
  gboolean steers;
  GstIceNiceConsent *consent = gst_ice_nice_consent_new (
      pairs->transport, pairs->context, pairs->roles, 0, 0);

  gst_ice_transport_set_observer (pairs->transport, &observer, f);
  f->socket = loopback_make_socket ("127.0.0.1");
  f->peer = loopback_make_socket ("127.0.0.1");
  local = make_candidate (f->socket);
  remote = make_candidate (f->peer);
  f->pairs = pairs;
  f->generation = (GstIceNiceGeneration){
    .transport = pairs->transport,
    .pairs = pairs->pairs,
    .consent = consent,
  };
  gst_ice_nice_consent_set_local (consent, "ours");
  gst_ice_nice_consent_set_remote (
      consent, "theirs", "password+of+the+peer+0123");
  steers = gst_ice_nice_consent_add_socket (consent, f->socket) != NULL;
  if (steers)
    gst_ice_nice_consent_watch (consent, local, remote);
  nice_candidate_free (local);
  nice_candidate_free (remote);
  return steers;
}

static void
finish (Fixture *f)
{
  gst_ice_nice_consent_free (f->generation.consent);
  g_object_unref (f->socket);
  g_object_unref (f->peer);
}

static guint
count_lives (Fixture *f, GstIceNicePhase phase, GSocket *from)
{
  g_autoptr (GSocketAddress) address = g_socket_get_local_address (from, NULL);

  f->n_lives = 0;
  f->generation.phase = phase;
  gst_ice_nice_reports_answered (
      G_INET_SOCKET_ADDRESS (address), &f->generation);
  return f->n_lives;
}

/* A check with the old credentials proves that the peer is alive while media
 * uses this generation's pair, if it came on that pair. */
static void
test_answered (PairsFixture *pairs, gconstpointer unused)
{
  Fixture f = { 0 };

  if (start (&f, pairs)) {
    g_assert_cmpuint (
        count_lives (&f, GST_ICE_NICE_PHASE_CURRENT, f.peer), ==, 1);
    g_assert_cmpuint (
        count_lives (&f, GST_ICE_NICE_PHASE_RETIRED, f.peer), ==, 1);
    g_assert_cmpuint (count_lives (&f, GST_ICE_NICE_PHASE_LEFT, f.peer), ==, 0);
    g_assert_cmpuint (
        count_lives (&f, GST_ICE_NICE_PHASE_CURRENT, f.socket), ==, 0);
    g_assert_cmpuint (
        count_lives (&f, GST_ICE_NICE_PHASE_RETIRED, f.socket), ==, 0);
  } else {
    g_test_skip ("this system cannot steer");
  }
  finish (&f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  pairs_add_test ("/reports/answered", test_answered);
  return g_test_run ();
}
