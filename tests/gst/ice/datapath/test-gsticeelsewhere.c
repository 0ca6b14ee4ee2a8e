/* gst-ice: test of datagrams that did not come on the selected pair.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "datapath/gsticeelsewhere.h"
#include "suite.h"

#define PATIENCE (20 * G_TIME_SPAN_SECOND)

static guint
send_nothing (
    gpointer owner, const GstIceDatagram *datagrams, guint n, GError **error)
{
  return n;
}

static void
ignore (gpointer owner)
{
}

static const GstIceDatapathFuncs functions = { send_nothing, ignore };

typedef struct
{
  GMainContext *context;
  GstIceDatapath *datapath;
  GSocket *peer, *stranger, *socket;
  GstIceDatagramSocket *media;
  GstIceElsewhere *elsewhere;
} Fixture;

static GSocket *
make_socket (void)
{
  g_autoptr (GSocketAddress)
      address = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  GSocket *socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM,
      G_SOCKET_PROTOCOL_UDP, NULL);

  g_assert_true (g_socket_bind (socket, address, FALSE, NULL));
  g_socket_set_blocking (socket, FALSE);
  return socket;
}

static void
start (Fixture *f)
{
  g_autoptr (GSocketAddress) peer = NULL;
  GstIcePeerAddresses *accepted;

  f->context = g_main_context_new ();
  f->datapath = gst_ice_datapath_new (0, 1, &functions, NULL);
  f->peer = make_socket ();
  f->stranger = make_socket ();
  f->socket = make_socket ();
  accepted = gst_ice_datapath_get_peer_addresses (f->datapath);
  peer = g_socket_get_local_address (f->peer, NULL);
  gst_ice_peer_addresses_add (accepted, "127.0.0.1",
      g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (peer)));
  f->media = gst_ice_datagram_socket_new (g_object_ref (f->socket), accepted);
  f->elsewhere = gst_ice_elsewhere_new (f->datapath, f->context, f->media);
}

static void
finish (Fixture *f)
{
  gst_ice_datagram_socket_unref (f->media);
  gst_ice_datapath_free (f->datapath);
  g_object_unref (f->peer);
  g_object_unref (f->stranger);
  g_object_unref (f->socket);
  g_main_context_unref (f->context);
}

static void
send_from (Fixture *f, GSocket *from, guint n)
{
  g_autoptr (GSocketAddress) to = g_socket_get_local_address (f->socket, NULL);
  guint i;

  for (i = 0; i < n; i++)
    g_assert_cmpint (g_socket_send_to (from, to, "x", 1, NULL, NULL), ==, 1);
}

/* Until as many came, and no more. */
static void
wait_for (Fixture *f, guint received, guint unknown)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;
  GstIceDatapathCounters counters;

  do {
    g_main_context_iteration (f->context, FALSE);
    gst_ice_datapath_get_counters (f->datapath, &counters);
    g_assert_cmpint (g_get_monotonic_time (), <, end);
  } while (counters.packets_received < received
      || counters.discarded_unknown_source < unknown);
  g_assert_cmpuint (counters.packets_received, ==, received);
  g_assert_cmpuint (counters.discarded_unknown_source, ==, unknown);
}

/* More than are read in a row, those of strangers counted once. */
static void
test_senders (void)
{
  Fixture f;

  start (&f);
  send_from (&f, f.stranger, 2);
  send_from (&f, f.peer, 1);
  wait_for (&f, 1, 2);
  send_from (&f, f.stranger, 20);
  send_from (&f, f.peer, 3);
  wait_for (&f, 4, 22);
  gst_ice_elsewhere_free (f.elsewhere);
  wait_for (&f, 4, 22);
  finish (&f);
}

/* The inbox will count the socket's datagrams of strangers, from the first. */
static void
test_hand_over (void)
{
  Fixture f;

  start (&f);
  send_from (&f, f.stranger, 2);
  send_from (&f, f.peer, 1);
  wait_for (&f, 1, 2);
  gst_ice_elsewhere_hand_over (f.elsewhere);
  wait_for (&f, 1, 0);
  finish (&f);
}

static const SuiteTest tests[] = {
  { "/elsewhere/senders", test_senders },
  { "/elsewhere/hand-over", test_hand_over },
};

int
main (int argc, char **argv)
{
  return suite_run (argc, argv, tests, G_N_ELEMENTS (tests));
}
