/* gst-ice: tests of a socket set: what it refuses, drains and forgets.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "guard/gsticenicesocketset.h"
#include "hosts.h"
#include "loopback.h"
#include "stunmessage.h"
#include <sys/socket.h>

/* Two sockets of a set, and two that send to them. */
typedef struct
{
  GstIceNiceSocketSet set;
  GSocket *sockets[2];
  GSocket *peer, *stranger;
  NiceAddress address; /* the peer's */
} Fixture;

static void
set_up (Fixture *f, gconstpointer host)
{
  guint i;

  gst_ice_nice_socket_set_init (&f->set);
  for (i = 0; i < G_N_ELEMENTS (f->sockets); i++) {
    f->sockets[i] = loopback_make_socket (host);
    gst_ice_nice_socket_set_add (&f->set, f->sockets[i]);
  }
  f->peer = loopback_make_socket (host);
  f->stranger = loopback_make_socket (host);
  loopback_get_address (f->peer, &f->address);
}

static void
tear_down (Fixture *f, gconstpointer host)
{
  guint i;

  gst_ice_nice_socket_set_clear (&f->set);
  for (i = 0; i < G_N_ELEMENTS (f->sockets); i++)
    g_object_unref (f->sockets[i]);
  g_object_unref (f->peer);
  g_object_unref (f->stranger);
}

static gboolean
passes (GSocket *from, GSocket *to)
{
  return loopback_gets_through (from, to, "x", 1);
}

/* Only from that address, and only to that socket. */
static void
assert_refused (Fixture *f)
{
  g_assert_false (passes (f->peer, f->sockets[0]));
  g_assert_true (passes (f->stranger, f->sockets[0]));
  g_assert_true (passes (f->peer, f->sockets[1]));
}

static void
test_refuse (Fixture *f, gconstpointer host)
{
  gint fd = g_socket_get_fd (f->sockets[0]);

  g_assert_false (gst_ice_nice_socket_set_refuse (&f->set, -1, &f->address));
  g_assert_true (gst_ice_nice_socket_set_refuse (&f->set, fd, &f->address));
  gst_ice_nice_socket_set_apply (&f->set);
  assert_refused (f);
  /* by each kind of filter */
  f->set.n_peer_reflexive = 1000;
  gst_ice_nice_socket_set_apply (&f->set);
  assert_refused (f);
  f->set.is_retired = TRUE;
  gst_ice_nice_socket_set_apply (&f->set);
  assert_refused (f);
  f->set.selected = nice_address_dup (&f->address);
  gst_ice_nice_socket_set_pass_only_selected (&f->set);
  g_assert_false (passes (f->peer, f->sockets[0]));
  g_assert_true (passes (f->peer, f->sockets[1]));
  gst_ice_nice_socket_set_prepare_close (&f->set);
  assert_refused (f);
  gst_ice_nice_socket_set_restart (&f->set);
  gst_ice_nice_socket_set_apply (&f->set);
  g_assert_true (passes (f->peer, f->sockets[0]));
  /* at the other socket */
  fd = g_socket_get_fd (f->sockets[1]);
  g_assert_true (gst_ice_nice_socket_set_refuse (&f->set, fd, &f->address));
  gst_ice_nice_socket_set_apply (&f->set);
  g_assert_true (passes (f->peer, f->sockets[0]));
  g_assert_false (passes (f->peer, f->sockets[1]));
}

static void
test_no_room (Fixture *f, gconstpointer host)
{
  gint fd = g_socket_get_fd (f->sockets[0]);
  guint i;

  for (i = 0; i < GST_ICE_NICE_SOCKET_FILTER_REFUSED; i++) {
    NiceAddress other = f->address;

    nice_address_set_port (&other, i + 1);
    g_assert_true (gst_ice_nice_socket_set_refuse (&f->set, fd, &other));
  }
  gst_ice_nice_socket_set_apply (&f->set);
  g_assert_true (passes (f->peer, f->sockets[0]));
  g_assert_true (gst_ice_nice_socket_set_refuse (&f->set, fd, &f->address));
  gst_ice_nice_socket_set_apply (&f->set);
  g_assert_false (passes (f->stranger, f->sockets[0]));
  g_assert_false (passes (f->stranger, f->sockets[1]));
  f->set.selected = nice_address_dup (&f->address);
  gst_ice_nice_socket_set_pass_only_selected (&f->set);
  g_assert_false (passes (f->peer, f->sockets[1]));
  gst_ice_nice_socket_set_prepare_close (&f->set);
  g_assert_false (passes (f->peer, f->sockets[1]));
}

static void
send_to (GSocket *from, GSocket *to)
{
  g_autoptr (GSocketAddress) address = g_socket_get_local_address (to, NULL);
  g_autoptr (GError) error = NULL;

  g_socket_send_to (from, address, "x", 1, NULL, &error);
  g_assert_no_error (error);
  /* loopback does not always deliver before send returns */
  g_socket_condition_timed_wait (to, G_IO_IN, LOOPBACK_PATIENCE, NULL, &error);
  g_assert_no_error (error);
}

static void
test_drain (Fixture *f, gconstpointer host)
{
  send_to (f->peer, f->sockets[0]);
  send_to (f->peer, f->sockets[1]);
  gst_ice_nice_socket_set_drain (&f->set);
  g_assert_cmpuint (f->set.n_drained, ==, 2);
  g_assert_cmpint (
      g_socket_condition_check (f->sockets[0], G_IO_IN) & G_IO_IN, ==, 0);
  gst_ice_nice_socket_set_apply (&f->set);
  g_assert_true (passes (f->peer, f->sockets[0]));
  gst_ice_nice_socket_set_drain (&f->set);
  g_assert_cmpuint (f->set.n_drained, ==, 2);
}

static void
test_held (Fixture *f, gconstpointer host)
{
  f->set.selected = nice_address_dup (&f->address);
  f->set.is_held = TRUE;
  gst_ice_nice_socket_set_apply (&f->set);
  g_assert_false (passes (f->peer, f->sockets[0]));
  gst_ice_nice_socket_set_pass_only_selected (&f->set);
  g_assert_false (passes (f->peer, f->sockets[0]));
  gst_ice_nice_socket_set_prepare_close (&f->set);
  g_assert_false (passes (f->peer, f->sockets[0]));
  f->set.is_held = FALSE;
  gst_ice_nice_socket_set_pass_only_selected (&f->set);
  g_assert_true (passes (f->peer, f->sockets[0]));
  g_assert_false (passes (f->stranger, f->sockets[0]));
  gst_ice_nice_socket_set_apply (&f->set);
  g_assert_true (passes (f->stranger, f->sockets[0]));
}

static gboolean
message_passes (GSocket *from, GSocket *to, const TestStun *message)
{
  return loopback_gets_through (from, to, message->data, message->size);
}

/* Each filter is applied to all sockets. */
static void
test_all_sockets (Fixture *f, gconstpointer host)
{
  TestStun allocated;
  guint i;

  test_stun_begin (&allocated, 0x0103);
  test_stun_add_number (&allocated, 0x000D, 4, 600);
  f->set.selected = nice_address_dup (&f->address);
  gst_ice_nice_socket_set_pass_only_selected (&f->set);
  for (i = 0; i < G_N_ELEMENTS (f->sockets); i++) {
    g_assert_false (passes (f->stranger, f->sockets[i]));
    g_assert_true (passes (f->peer, f->sockets[i]));
  }
  gst_ice_nice_socket_set_drop_all (&f->set);
  for (i = 0; i < G_N_ELEMENTS (f->sockets); i++)
    g_assert_false (passes (f->peer, f->sockets[i]));
  gst_ice_nice_socket_set_apply (&f->set);
  for (i = 0; i < G_N_ELEMENTS (f->sockets); i++)
    g_assert_true (message_passes (f->peer, f->sockets[i], &allocated));
  gst_ice_nice_socket_set_prepare_close (&f->set);
  for (i = 0; i < G_N_ELEMENTS (f->sockets); i++) {
    g_assert_true (passes (f->stranger, f->sockets[i]));
    g_assert_false (message_passes (f->peer, f->sockets[i], &allocated));
  }
}

/* The addresses that were learnt, and the ports that were signalled, before the
 * restart do not count. */
static void
test_restart (Fixture *f, gconstpointer host)
{
  TestStun check;
  guint16 port = nice_address_get_port (&f->address);

  test_stun_begin (&check, 0x0001);
  g_array_append_val (f->set.signalled, port);
  f->set.n_peer_reflexive = GST_ICE_NICE_FLOOD_GUARD_PEER_REFLEXIVE;
  gst_ice_nice_socket_set_apply (&f->set);
  g_assert_true (message_passes (f->peer, f->sockets[0], &check));
  g_assert_false (message_passes (f->stranger, f->sockets[0], &check));
  gst_ice_nice_socket_set_restart (&f->set);
  /* as many may be learnt again, and no port was signalled */
  f->set.n_peer_reflexive += GST_ICE_NICE_FLOOD_GUARD_PEER_REFLEXIVE - 1;
  gst_ice_nice_socket_set_apply (&f->set);
  g_assert_true (message_passes (f->stranger, f->sockets[0], &check));
  f->set.n_peer_reflexive++;
  gst_ice_nice_socket_set_apply (&f->set);
  g_assert_false (message_passes (f->peer, f->sockets[0], &check));
}

/* Data of a peer through a TURN server. */
static gboolean
relays (Fixture *f, const IceTurnPeer *peer)
{
  TestStun message;

  test_stun_begin (&message, 0x0017);
  test_stun_add_xor_words (
      &message, 0x0012, peer->words, peer->n_words, peer->port);
  test_stun_add (&message, 0x0013, "data", 4);
  return message_passes (f->stranger, f->sockets[0], &message);
}

typedef struct
{
  GSocket *listener, *connected, *accepted;
  NiceAddress address;
} Tunnel;

static void
open_tunnel (Tunnel *tunnel, const gchar *host)
{
  g_autoptr (GSocketAddress)
      any = g_inet_socket_address_new_from_string (host, 0);
  g_autoptr (GSocketAddress) address = NULL;
  GSocketFamily family = g_socket_address_get_family (any);

  tunnel->listener = g_socket_new (
      family, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
  tunnel->connected = g_socket_new (
      family, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
  g_assert_true (g_socket_bind (tunnel->listener, any, FALSE, NULL));
  g_assert_true (g_socket_listen (tunnel->listener, NULL));
  address = g_socket_get_local_address (tunnel->listener, NULL);
  g_assert_true (g_socket_connect (tunnel->connected, address, NULL, NULL));
  tunnel->accepted = g_socket_accept (tunnel->listener, NULL, NULL);
  g_assert_nonnull (tunnel->accepted);
  loopback_get_address (tunnel->listener, &tunnel->address);
}

static void
close_tunnel (Tunnel *tunnel)
{
  g_object_unref (tunnel->listener);
  g_object_unref (tunnel->connected);
  g_object_unref (tunnel->accepted);
}

/* What comes through a TURN server, by UDP from that address only, by TCP from
 * all. */
static void
test_refuse_relayed (Fixture *f, gconstpointer host)
{
  IceTurnPeer peer = { 1, { 0xC0000201 }, 9 }, other = { 1, { 0xC0000202 }, 9 };
  Tunnel tunnels[3];
  guint i;

  gst_ice_nice_socket_set_refuse_relayed (&f->set, &peer); /* no TURN server */
  f->set.peers = ice_turn_peers_new ();
  ice_turn_peers_add (f->set.peers, &peer);
  ice_turn_peers_add (f->set.peers, &other);
  for (i = 0; i < G_N_ELEMENTS (tunnels); i++) {
    open_tunnel (&tunnels[i], host);
    if (i > 0)
      g_array_append_val (f->set.tunnels, tunnels[i].address);
  }
  gst_ice_nice_socket_set_apply (&f->set);
  g_assert_true (relays (f, &peer));
  gst_ice_nice_socket_set_refuse_relayed (&f->set, &peer);
  gst_ice_nice_socket_set_apply (&f->set);
  g_assert_false (relays (f, &peer));
  g_assert_true (relays (f, &other));
  for (i = 0; i < G_N_ELEMENTS (tunnels); i++) {
    gint type = 0;

    g_assert_true (g_socket_get_option (
        tunnels[i].connected, SOL_SOCKET, SO_TYPE, &type, NULL));
    g_assert_cmpint (type, ==, i == 0 ? SOCK_STREAM : SOCK_DGRAM);
    close_tunnel (&tunnels[i]);
  }
  gst_ice_nice_socket_set_restart (&f->set);
  gst_ice_nice_socket_set_apply (&f->set);
  g_assert_true (relays (f, &peer));
}

static void
add (const gchar *name, void (*test) (Fixture *, gconstpointer))
{
  hosts_add_test ("/socket-set", name, Fixture, set_up, test, tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#ifdef __linux__
  add ("refuse", test_refuse);
  add ("no-room", test_no_room);
  add ("drain", test_drain);
  add ("held", test_held);
  add ("all-sockets", test_all_sockets);
  add ("restart", test_restart);
  add ("refuse-relayed", test_refuse_relayed);
#endif
  return g_test_run ();
}
