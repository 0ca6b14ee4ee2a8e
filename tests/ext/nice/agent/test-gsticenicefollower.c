/* gst-ice: test of the follower: what requests of the peer prove.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * libnice is played: its log. The consent's own requests go to a socket of the
 * test. */

#include "agent/gsticenicefollower.h"
#include "pairsfixture.h"

#define UNLIMITED 0 /* ms */

typedef struct
{
  PairsFixture *pairs;
  GString *events;
  GSocket *socket, *peer;
  GstIceNiceConsent *consent;
  GstIceNiceFollower *follower;
} Fixture;

static void
on_event (GstIceTransport *transport, IceEvent event, gpointer data)
{
  Fixture *f = data;

  g_string_append (
      f->events, event == ICE_EVENT_PROOF_OF_LIFE ? "life " : "other ");
}

static void
ignore_pair (GstIceTransport *transport, const GstStructure *pair,
    gboolean is_state, gpointer data)
{
}

static GSocket *
make_socket (NiceCandidate *candidate)
{
  g_autoptr (GSocketAddress)
      any = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GError) error = NULL;
  GSocket *socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM,
      G_SOCKET_PROTOCOL_UDP, &error);
  struct sockaddr_storage native;

  g_assert_no_error (error);
  g_socket_bind (socket, any, FALSE, &error);
  g_assert_no_error (error);
  address = g_socket_get_local_address (socket, NULL);
  g_assert_true (
      g_socket_address_to_native (address, &native, sizeof native, NULL));
  nice_address_set_from_sockaddr (
      &candidate->addr, (struct sockaddr *) &native);
  candidate->base_addr = candidate->addr;
  candidate->transport = NICE_CANDIDATE_TRANSPORT_UDP;
  return socket;
}

/* Consent is watched on a pair of loopback. Returns: whether it can be here */
static gboolean
watch_consent (Fixture *f)
{
  NiceCandidate *local = nice_candidate_new (NICE_CANDIDATE_TYPE_HOST);
  NiceCandidate *remote = nice_candidate_new (NICE_CANDIDATE_TYPE_HOST);
  gboolean can_steer;

  f->socket = make_socket (local);
  f->peer = make_socket (remote);
  f->consent = gst_ice_nice_consent_new (f->pairs->transport, f->pairs->context,
      f->pairs->roles, UNLIMITED, UNLIMITED);
  gst_ice_nice_consent_set_local (f->consent, "ours");
  gst_ice_nice_consent_set_remote (
      f->consent, "theirs", "password+of+the+peer+0123");
  can_steer = gst_ice_nice_consent_add_socket (f->consent, f->socket) != NULL;
  if (can_steer)
    gst_ice_nice_consent_watch (f->consent, local, remote);
  nice_candidate_free (local);
  nice_candidate_free (remote);
  return can_steer;
}

static void
open_follower (Fixture *f, PairsFixture *pairs)
{
  static const GstIceTransportObserver observer = {
    .event = on_event,
    .pair = ignore_pair,
  };
  GstIceNiceFollowerParts parts = {
    .transport = pairs->transport,
    .pairs = pairs->pairs,
    .consent = f->consent,
  };

  gst_ice_transport_set_observer (pairs->transport, &observer, f);
  f->follower = gst_ice_nice_follower_new (pairs->context, &parts);
}

static void
assert_events (Fixture *f, const gchar *expected)
{
  while (g_main_context_iteration (f->pairs->context, FALSE))
    continue;
  g_assert_cmpstr (f->events->str, ==, expected);
  g_string_truncate (f->events, 0);
}

/* An authenticated request on the selected pair shows that the peer lives, one
 * on another pair does not. */
static void
test_life (PairsFixture *pairs, gconstpointer unused)
{
  Fixture f = { .pairs = pairs, .events = g_string_new (NULL) };

  if (watch_consent (&f)) {
    open_follower (&f, pairs);
    pairs_trace_added (pairs, 0xa, 40001, 50001);
    pairs_trace_added (pairs, 0xb, 40001, 50002);
    pairs_select (pairs, 40001, 50001);
    assert_events (&f, "");
    pairs_trace_check (pairs, 6, 50002, FALSE, 0xb);
    assert_events (&f, "");
    pairs_trace_check (pairs, 6, 50001, FALSE, 0xa);
    assert_events (&f, "life ");
    /* a nomination of a pair that libnice has is none of the follower's */
    pairs_trace_check (pairs, 6, 50001, TRUE, 0xa);
    assert_events (&f, "life ");
    assert_events (&f, "");
    gst_ice_nice_follower_free (f.follower);
  } else {
    g_test_skip ("this system cannot steer");
  }
  gst_ice_nice_consent_free (f.consent);
  pairs_drain (pairs);
  g_object_unref (f.socket);
  g_object_unref (f.peer);
  g_string_free (f.events, TRUE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  pairs_add_test ("/follower/life", test_life);
  return g_test_run ();
}
