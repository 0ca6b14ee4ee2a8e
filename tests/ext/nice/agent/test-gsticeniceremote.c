/* gst-ice: tests of the remote side of a generation: what a candidate of the
 * peer means for the state, and how many addresses may send checks.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One session, in a network namespace of each test's own; the peer is sockets
 * of the test. */

#include "api/gsticeenumtypes.h"
#include "guard/gsticenicefloodguard.h"
#include "iothread/gsticeio.h"
#include "loopback.h"
#include "niceends.h"
#include "netns.h"
#include "stun/nicestun.h"

#define UFRAG "peer"
#define PASSWORD "password+of+the+peer+0123"
#define PRIORITY 1845494271
#define TAG 0x12345678
#define LATE 20   /* checks until the filter is set */
#define PORT 5000 /* its only one, so that restarts are made in place */

/* Everything that was queued before is done. */
static void
settle (void)
{
  GstIceIo *io = gst_ice_io_acquire ();

  gst_ice_io_synchronize (io, g_get_monotonic_time () + ENDS_PATIENCE);
  gst_ice_io_release (io);
}

/* The first of the ends has gathered, and knows the peer's credentials. */
static void
open_one (End *ends)
{
  GstIceSession *session;

  ends_open (ends);
  g_object_set (ends[0].agent, "min-port", PORT, "max-port", PORT, NULL);
  end_set_mute (&ends[0], TRUE);
  session = gst_ice_agent_get_session (ends[0].agent);
  g_assert_true (gst_ice_session_gather (session));
  end_wait_gathered (&ends[0]);
  g_assert_true (gst_ice_session_set_remote_credentials (
      session, 0, UFRAG, PASSWORD, NULL));
  settle ();
}

static void
add_candidate (End *self, const gchar *address, const gchar *type)
{
  g_autofree gchar *candidate = g_strdup_printf (
      "candidate:1 1 UDP 1 %s 9 typ %s", address, type);

  g_assert_true (gst_ice_session_add_candidate (
      gst_ice_agent_get_session (self->agent), 0, candidate, NULL));
  settle ();
}

/* Only a candidate that makes a pair begins the checks. */
static void
test_checking (int descriptor)
{
  End ends[2];

  open_one (ends);
  add_candidate (&ends[0], "2001:db8::1", "host");
  g_assert_cmpint (end_get_state (&ends[0]), ==, GST_ICE_CONNECTION_STATE_NEW);
  add_candidate (&ends[0], "10.9.1.1", "host");
  g_assert_cmpint (
      end_get_state (&ends[0]), ==, GST_ICE_CONNECTION_STATE_CHECKING);
  ends_close (ends);
}

/* libnice does not take such a candidate as it is. */
static void
test_peer_reflexive (int descriptor)
{
  End ends[2];

  open_one (ends);
  add_candidate (&ends[0], "10.9.1.1", "prflx raddr 10.9.1.2 rport 9");
  g_assert_cmpint (
      end_get_state (&ends[0]), ==, GST_ICE_CONNECTION_STATE_CHECKING);
  ends_close (ends);
}

/* The types that were signalled are those of the selected pair. */
static void
test_types (int descriptor)
{
  End ends[2];
  guint i;

  ends_open (ends);
  ends_connect (ends, TRUE);
  for (i = 0; i < 2; i++) {
    g_autoptr (GstStructure) pair = gst_ice_transport_pairs_get_selected (
        gst_ice_transport_get_pairs (ends[i].transport));

    g_assert_cmpstr (
        gst_structure_get_string (pair, "remote-type"), ==, "host");
    g_assert_cmpstr (gst_structure_get_string (pair, "local-type"), ==, "host");
  }
  ends_close (ends);
}

/* A check of the peer, from a new socket. Returns: whether it was answered;
 * otherwise it was dropped */
static gboolean
check (End *self)
{
  const NiceStunCheck attributes = { .tie_breaker = 1, .priority = PRIORITY };
  g_autofree gchar *ufrag = NULL, *password = NULL, *username = NULL;
  g_autoptr (GSocket) socket = loopback_make_socket ("10.9.1.1");
  g_autoptr (GSocketAddress)
      to = g_inet_socket_address_new_from_string ("10.9.0.1", PORT);
  gint64 end = g_get_monotonic_time () + ENDS_PATIENCE;
  guint64 dropped = gst_ice_transport_count_filtered (self->transport);
  guint8 request[NICE_STUN_MAX_REQUEST], data[NICE_STUN_MAX_REQUEST];
  guint32 id;
  gssize size;

  g_object_get (
      self->agent, "local-ufrag", &ufrag, "local-pwd", &password, NULL);
  username = g_strdup_printf ("%s:%s", ufrag, UFRAG);
  size = (gssize) nice_stun_make_request (
      request, sizeof request, TAG, 1, username, password, &attributes);
  g_assert_cmpint (g_socket_send_to (
                       socket, to, (gchar *) request, (gsize) size, NULL, NULL),
      ==, size);
  while (gst_ice_transport_count_filtered (self->transport) == dropped) {
    size = g_socket_receive (socket, (gchar *) data, sizeof data, NULL, NULL);
    if (size > 0
        && nice_stun_read_answer (data, (gsize) size, TAG, password, &id)
            == NICE_STUN_CONSENT)
      return TRUE;
    if (g_get_monotonic_time () > end)
      g_error ("the check was neither answered nor dropped");
    g_usleep (100);
  }
  return FALSE;
}

/* Further addresses' checks are dropped; a restart in place forgets all. */
static void
test_restart (int descriptor)
{
  End ends[2];
  guint i;

  open_one (ends);
  for (i = 0; i < GST_ICE_NICE_FLOOD_GUARD_PEER_REFLEXIVE; i++)
    g_assert_true (check (&ends[0]));
  /* the filter is set when the address has been reported, after the answer */
  for (i = 0; check (&ends[0]); i++) {
    g_assert_cmpuint (i, <, LATE);
    settle ();
  }
  end_restart (&ends[0]);
  g_assert_true (gst_ice_session_set_remote_credentials (
      gst_ice_agent_get_session (ends[0].agent), 0, UFRAG "2", PASSWORD, NULL));
  end_wait_gathered (&ends[0]);
  g_assert_true (check (&ends[0]));
  ends_close (ends);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  netns_add_test ("/remote/checking", test_checking);
  netns_add_test ("/remote/peer-reflexive", test_peer_reflexive);
  netns_add_test ("/remote/types", test_types);
  netns_add_test ("/remote/restart", test_restart);
  return g_test_run ();
}
