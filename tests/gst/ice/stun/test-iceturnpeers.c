/* gst-ice: test of iceturnpeers: which Data indications may pass.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "stunmessage.h"
#include "stun/iceturnpeers.h"

#define DATA_INDICATION 0x0017
#define PEER_ADDRESS 0x0012
#define DATA 0x0013
#define SOFTWARE 0x8022
#define INTEGRITY 0x0008
#define BINDING_REQUEST 0x0001
#define BINDING_SUCCESS 0x0101
#define USERNAME 0x0006
#define NOW (1000 * G_TIME_SPAN_SECOND)

static void
append_peer (TestStun *message, const IceTurnPeer *peer)
{
  test_stun_add_xor_words (
      message, PEER_ADDRESS, peer->words, peer->n_words, peer->port);
}

static void
make_check (TestStun *check)
{
  test_stun_begin (check, BINDING_REQUEST);
  test_stun_add (check, USERNAME, "a:bcd", 5);
}

static IceTurnPeer
ipv4 (guint host, guint16 port)
{
  return (IceTurnPeer){ 1, { 0xCB007100 + host }, port };
}

static IceTurnPeer
ipv6 (guint host, guint16 port)
{
  return (IceTurnPeer){ 4, { 0x20010DB8, 1, 2, host }, port };
}

/* From that peer, with these octets or a check. */
static gboolean
data_passes (IceTurnPeers *self, IceTurnPeer from, gint64 now)
{
  TestStun message;

  test_stun_begin (&message, DATA_INDICATION);
  append_peer (&message, &from);
  test_stun_add (&message, DATA, "media", 5);
  return ice_turn_peers_judge (self, message.data, message.size, now);
}

static gboolean
carried_passes (
    IceTurnPeers *self, IceTurnPeer from, const TestStun *carried, gint64 now)
{
  TestStun message;

  test_stun_begin (&message, DATA_INDICATION);
  test_stun_add (&message, DATA, carried->data, carried->size);
  test_stun_add (&message, SOFTWARE, "odd", 3);
  append_peer (&message, &from);
  return ice_turn_peers_judge (self, message.data, message.size, now);
}

static gboolean
check_passes (IceTurnPeers *self, IceTurnPeer from, gint64 now)
{
  TestStun check;

  make_check (&check);
  return carried_passes (self, from, &check, now);
}

static void
add (IceTurnPeers *self, IceTurnPeer peer)
{
  g_assert_true (ice_turn_peers_add (self, &peer));
  g_assert_false (ice_turn_peers_add (self, &peer));
}

static void
test_hosts (void)
{
  IceTurnPeers *self = ice_turn_peers_new ();
  guint64 dropped = 0;
  guint i;

  for (i = 0; i < 2; i++) {
    IceTurnPeer (*peer) (guint, guint16) = i == 0 ? ipv4 : ipv6;

    g_assert_false (data_passes (self, peer (1, 7), NOW));
    g_assert_false (check_passes (self, peer (1, 7), NOW));
    dropped += 2;
    g_assert_cmpuint (ice_turn_peers_get_dropped (self), ==, dropped);
    add (self, peer (1, 7));
    g_assert_true (data_passes (self, peer (1, 7), NOW));
    g_assert_true (check_passes (self, peer (1, 7), NOW));
    g_assert_false (data_passes (self, peer (2, 7), NOW));
    g_assert_false (check_passes (self, peer (2, 7), NOW));
    g_assert_false (data_passes (self, peer (1, 8), NOW)); /* no check yet */
    g_assert_true (check_passes (self, peer (1, 8), NOW));
    dropped += 3;
    g_assert_cmpuint (ice_turn_peers_get_dropped (self), ==, dropped);
  }
  /* the first word of an IPv6 address is no IPv4 address */
  g_assert_false (
      data_passes (self, (IceTurnPeer){ 1, { 0x20010DB8 }, 7 }, NOW));
  ice_turn_peers_unref (self);
}

static void
test_other_ports (void)
{
  IceTurnPeers *self = ice_turn_peers_new ();
  g_autoptr (GArray) list = NULL;
  IceTurnPeer stranger = ipv4 (2, 1);
  gboolean open;
  guint i;

  add (self, ipv4 (1, 1));
  for (i = 0; i < ICE_TURN_PEERS_MAX_OTHERS; i++) {
    g_assert_cmpint (ice_turn_peers_get_next_open (self, NOW), ==, -1);
    g_assert_true (check_passes (self, ipv4 (1, 100 + i), NOW));
  }
  g_assert_false (check_passes (self, ipv4 (1, 99), NOW));
  g_assert_true (check_passes (self, ipv4 (1, 100), NOW)); /* once more */
  g_assert_true (check_passes (self, ipv4 (1, 1), NOW));
  g_assert_cmpint (ice_turn_peers_get_next_open (self, NOW), ==,
      NOW + ICE_TURN_PEERS_INTERVAL);
  list = ice_turn_peers_list (self, NOW, &open);
  g_assert_false (open);
  g_assert_cmpuint (list->len, ==, 1 + ICE_TURN_PEERS_MAX_OTHERS);
  g_assert_false (ice_turn_peers_saw_check (self, &stranger, NOW));
  g_assert_false (
      check_passes (self, ipv4 (1, 99), NOW + ICE_TURN_PEERS_INTERVAL - 1));
  g_assert_true (
      check_passes (self, ipv4 (1, 99), NOW + ICE_TURN_PEERS_INTERVAL));
  g_assert_cmpint (
      ice_turn_peers_get_next_open (self, NOW + ICE_TURN_PEERS_INTERVAL), ==,
      -1);
  ice_turn_peers_unref (self);
}

/* What others let pass counts the same. */
static void
test_saw_check (void)
{
  IceTurnPeers *self = ice_turn_peers_new ();
  g_autoptr (GArray) before = NULL, after = NULL;
  IceTurnPeer known = ipv6 (1, 1);
  gboolean open;
  guint i;

  add (self, known);
  for (i = 0; i < 2 * ICE_TURN_PEERS_MAX_OTHERS; i++) {
    IceTurnPeer stranger = ipv6 (2, 1 + i);

    g_assert_false (ice_turn_peers_saw_check (self, &known, NOW));
    g_assert_false (ice_turn_peers_saw_check (self, &stranger, NOW));
  }
  before = ice_turn_peers_list (self, NOW, &open);
  g_assert_true (open);
  g_assert_cmpuint (before->len, ==, 1);
  for (i = 1; i <= ICE_TURN_PEERS_MAX_OTHERS; i++) {
    IceTurnPeer other = ipv6 (1, 1 + i);

    g_assert_cmpint (ice_turn_peers_saw_check (self, &other, NOW), ==,
        i == ICE_TURN_PEERS_MAX_OTHERS);
    g_assert_false (ice_turn_peers_saw_check (self, &other, NOW));
  }
  g_assert_false (check_passes (self, ipv6 (1, 9999), NOW));
  after = ice_turn_peers_list (self, NOW + ICE_TURN_PEERS_INTERVAL, &open);
  g_assert_true (open);
  g_assert_cmpuint (after->len, ==, 1);
  ice_turn_peers_unref (self);
}

static void
test_oldest_goes (void)
{
  IceTurnPeers *self = ice_turn_peers_new ();
  IceTurnPeer first = ipv4 (0, 1);
  guint i;

  for (i = 0; i < ICE_TURN_PEERS_MAX_KNOWN; i++)
    add (self, ipv4 (i, 1));
  g_assert_false (ice_turn_peers_add (self, &first)); /* newest again */
  add (self, ipv4 (i, 1));
  g_assert_true (data_passes (self, first, NOW));
  g_assert_false (data_passes (self, ipv4 (1, 1), NOW));
  for (i = 2; i <= ICE_TURN_PEERS_MAX_KNOWN; i++)
    g_assert_true (data_passes (self, ipv4 (i, 1), NOW));
  ice_turn_peers_unref (self);
}

/* Of a known host, but for the port. */
static void
test_no_check (void)
{
  IceTurnPeers *self = ice_turn_peers_new ();
  TestStun check, other;
  gsize i;

  add (self, ipv4 (1, 1));
  make_check (&check);
  for (i = 0; i < check.size; i++) { /* cut */
    other = check;
    other.size = i;
    g_assert_false (carried_passes (self, ipv4 (1, 2), &other, NOW));
  }
  other = check; /* longer than its length field */
  other.size += 4;
  g_assert_false (carried_passes (self, ipv4 (1, 2), &other, NOW));
  other = check; /* an attribute that ends behind it */
  other.data[STUN_HEADER + 3] = 100;
  g_assert_false (carried_passes (self, ipv4 (1, 2), &other, NOW));
  other = check;
  other.data[4] ^= 1;
  g_assert_false (carried_passes (self, ipv4 (1, 2), &other, NOW));
  test_stun_begin (&other, BINDING_SUCCESS);
  g_assert_false (carried_passes (self, ipv4 (1, 2), &other, NOW));
  test_stun_begin (&other, BINDING_REQUEST); /* bare */
  g_assert_true (carried_passes (self, ipv4 (1, 2), &other, NOW));
  g_assert_true (carried_passes (self, ipv4 (1, 2), &check, NOW));
  ice_turn_peers_unref (self);
}

static void
test_close (void)
{
  static const guint types[] = { BINDING_REQUEST, 0x0103, 0x0104, 0x0113 };
  IceTurnPeers *self = ice_turn_peers_new ();
  TestStun message;
  guint i;

  add (self, ipv4 (1, 1));
  for (i = 0; i < G_N_ELEMENTS (types); i++) {
    test_stun_begin (&message, types[i]);
    g_assert_true (
        ice_turn_peers_judge (self, message.data, message.size, NOW));
  }
  ice_turn_peers_close (self);
  for (i = 0; i < G_N_ELEMENTS (types); i++) {
    test_stun_begin (&message, types[i]);
    g_assert_cmpint (
        ice_turn_peers_judge (self, message.data, message.size, NOW), ==,
        types[i] != 0x0103);
  }
  g_assert_false (data_passes (self, ipv4 (1, 1), NOW));
  ice_turn_peers_unref (self);
}

static gboolean
channel_data_passes (IceTurnPeers *self, guint8 first_octet)
{
  const guint8 data[] = { first_octet, 0, 0, 1, 'x' };

  return ice_turn_peers_judge (self, data, sizeof data, NOW);
}

static void
test_refuse (void)
{
  IceTurnPeers *self = ice_turn_peers_new ();
  IceTurnPeer refused = ipv4 (1, 1);
  g_autoptr (GArray) list = NULL;
  gboolean open;

  add (self, ipv4 (1, 1));
  add (self, ipv4 (1, 2));
  g_assert_true (check_passes (self, ipv4 (1, 3), NOW));
  g_assert_true (channel_data_passes (self, 0x40));
  g_assert_true (ice_turn_peers_pass_channel_data (self));
  ice_turn_peers_refuse (self, &refused);
  ice_turn_peers_refuse (self, &refused);
  g_assert_false (data_passes (self, ipv4 (1, 1), NOW));
  g_assert_false (check_passes (self, ipv4 (1, 1), NOW));
  g_assert_true (data_passes (self, ipv4 (1, 2), NOW));
  g_assert_true (check_passes (self, ipv4 (1, 3), NOW)); /* as before */
  g_assert_false (check_passes (self, ipv4 (1, 4), NOW));
  g_assert_cmpuint (ice_turn_peers_get_dropped (self), ==, 3);
  /* not by a new candidate either */
  g_assert_false (ice_turn_peers_add (self, &refused));
  g_assert_false (data_passes (self, ipv4 (1, 1), NOW));
  /* ChannelData, and what is next to it */
  g_assert_false (ice_turn_peers_pass_channel_data (self));
  g_assert_false (channel_data_passes (self, 0x40));
  g_assert_false (channel_data_passes (self, 0x4f));
  g_assert_true (channel_data_passes (self, 0x3f));
  g_assert_true (channel_data_passes (self, 0x50));
  g_assert_true (ice_turn_peers_judge (self, NULL, 0, NOW));
  g_assert_cmpuint (ice_turn_peers_get_dropped (self), ==, 6);
  list = ice_turn_peers_list (self, NOW, &open);
  g_assert_false (open);
  g_assert_cmpuint (list->len, ==, 2);
  ice_turn_peers_restart (self);
  g_assert_true (data_passes (self, ipv4 (1, 1), NOW));
  g_assert_true (check_passes (self, ipv4 (1, 4), NOW));
  g_assert_true (channel_data_passes (self, 0x40));
  ice_turn_peers_unref (self);
}

static gboolean
judge (IceTurnPeers *self, const TestStun *message)
{
  /* of that size, for tools that watch reads beyond it */
  g_autofree guint8 *copy = g_memdup2 (message->data, message->size);

  return ice_turn_peers_judge (self, copy, message->size, NOW);
}

static void
test_malformed (void)
{
  IceTurnPeers *self = ice_turn_peers_new ();
  IceTurnPeer peer = ipv4 (1, 1);
  TestStun message, other;
  gsize size;

  add (self, peer);
  test_stun_begin (&message, DATA_INDICATION);
  g_assert_false (judge (self, &message)); /* from nobody */
  append_peer (&message, &peer);
  g_assert_true (judge (self, &message));
  for (size = STUN_HEADER; size < message.size; size++) {
    other = message;
    other.size = size;
    g_assert_false (judge (self, &other));
  }
  other = message;
  other.data[STUN_HEADER + 5] = 3; /* family */
  g_assert_false (judge (self, &other));
  other.data[STUN_HEADER + 5] = 2; /* of another length */
  g_assert_false (judge (self, &other));
  test_stun_begin (&other, DATA_INDICATION); /* behind what is signed */
  test_stun_add (&other, INTEGRITY, "01234567890123456789", 20);
  append_peer (&other, &peer);
  g_assert_false (judge (self, &other));
  /* all else passes */
  for (size = 0; size < STUN_HEADER; size++)
    g_assert_true (ice_turn_peers_judge (self, message.data, size, NOW));
  test_stun_begin (&other, BINDING_REQUEST);
  g_assert_true (judge (self, &other));
  ice_turn_peers_unref (self);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ice/turn-peers/hosts", test_hosts);
  g_test_add_func ("/ice/turn-peers/other-ports", test_other_ports);
  g_test_add_func ("/ice/turn-peers/saw-check", test_saw_check);
  g_test_add_func ("/ice/turn-peers/oldest-goes", test_oldest_goes);
  g_test_add_func ("/ice/turn-peers/no-check", test_no_check);
  g_test_add_func ("/ice/turn-peers/close", test_close);
  g_test_add_func ("/ice/turn-peers/refuse", test_refuse);
  g_test_add_func ("/ice/turn-peers/malformed", test_malformed);
  return g_test_run ();
}
