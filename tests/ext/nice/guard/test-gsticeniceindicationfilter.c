/* gst-ice: test of the indication filter: the kernel's rule is that of
 * iceturnpeers.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "loopback.h"
#include "stunmessage.h"
#include "guard/gsticenicesocketfilter.h"
#include <string.h>

#define N_RANDOM 3000

#ifdef __linux__

static const GstIceNiceDropped none;

typedef struct
{
  GSocket *socket, *sender;
  IceTurnPeers *peers;
} Fixture;

static void
set_up (Fixture *f, gconstpointer unused)
{
  f->socket = loopback_make_socket ("127.0.0.1");
  f->sender = loopback_make_socket ("127.0.0.1");
  f->peers = ice_turn_peers_new ();
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  ice_turn_peers_unref (f->peers);
  g_object_unref (f->socket);
  g_object_unref (f->sender);
}

static gboolean
gets_through (Fixture *f, const TestStun *message)
{
  return loopback_gets_through (
      f->sender, f->socket, message->data, message->size);
}

/* With another transaction id each time. */
static void
begin (TestStun *message, guint type)
{
  guint i;

  test_stun_begin (message, type);
  for (i = 0; i < 3; i++)
    test_stun_put (message->data + 8 + 4 * i, 4, (guint32) g_test_rand_int ());
}

static void
append_peer (TestStun *message, const IceTurnPeer *peer)
{
  test_stun_add_xor_words (
      message, 0x0012, peer->words, peer->n_words, peer->port);
}

static void
append_check (TestStun *message, guint n_attributes)
{
  TestStun check;
  guint i;

  begin (&check, 0x0001);
  for (i = 0; i < n_attributes; i++)
    test_stun_add (&check, 0x0006 + i, "user", i % 5);
  test_stun_add (message, 0x0013, check.data, check.size);
}

static IceTurnPeer
random_peer (gint32 n_hosts, gint32 n_ports)
{
  guint32 host = (guint32) g_test_rand_int_range (0, n_hosts);
  guint16 port = (guint16) g_test_rand_int_range (1, 1 + n_ports);

  if (g_test_rand_bit ())
    return (IceTurnPeer){ 1, { 0xFE000001 + host }, port };
  return (IceTurnPeer){ 4, { 0x20010DB8, host, host ^ 5, host << 24 }, port };
}

/* The count begins anew each time. */
static gboolean
judge (GArray *known, const TestStun *message)
{
  IceTurnPeers *peers = ice_turn_peers_new ();
  gboolean passes;
  guint i;

  for (i = 0; i < known->len; i++)
    ice_turn_peers_add (peers, &g_array_index (known, IceTurnPeer, i));
  passes = ice_turn_peers_judge (peers, message->data, message->size, 0);
  ice_turn_peers_unref (peers);
  return passes;
}

static void
make_random (TestStun *message)
{
  IceTurnPeer peer = random_peer (12, 3);
  gboolean late = g_test_rand_bit ();
  gsize at;

  begin (message, 0x0017);
  if (g_test_rand_bit ())
    test_stun_add (
        message, 0x8022, "software", (gsize) g_test_rand_int_range (0, 9));
  if (!late)
    append_peer (message, &peer);
  at = message->size;
  if (g_test_rand_int_range (0, 3) == 0)
    test_stun_add (message, 0x0013, "media", 5);
  else
    append_check (message, (guint) g_test_rand_int_range (0, 12));
  if (message->size > at + 4 && g_test_rand_bit ()) /* in what is carried */
    message->data[g_test_rand_int_range ((gint32) at + 4,
        (gint32) message->size)] ^= 1 << g_test_rand_int_range (0, 8);
  if (late)
    append_peer (message, &peer);
}

static void
test_random (Fixture *f, gconstpointer unused)
{
  g_autoptr (GArray) known = g_array_new (FALSE, FALSE, sizeof (IceTurnPeer));
  guint i, passed = 0;

  for (i = 0; i < 9; i++) {
    IceTurnPeer peer = random_peer (12, 2);

    g_array_append_val (known, peer);
    ice_turn_peers_add (f->peers, &peer);
  }
  gst_ice_nice_socket_filter_apply (f->socket, f->peers, &none, NULL, FALSE);
  for (i = 0; i < N_RANDOM; i++) {
    TestStun message;
    gboolean passes;

    make_random (&message);
    passes = judge (known, &message);
    g_assert_cmpint (gets_through (f, &message), ==, passes);
    passed += passes;
  }
  g_assert_cmpuint (passed, >, N_RANDOM / 20);
  g_assert_cmpuint (N_RANDOM - passed, >, N_RANDOM / 20);
  g_assert_cmpuint (gst_ice_nice_socket_filter_count_drops (f->socket), ==,
      N_RANDOM - passed);
}

/* As many as there can be, and checks from no further port. */
static void
test_full (Fixture *f, gconstpointer unused)
{
  IceTurnPeer known = { 4, { 0x20010DB8 }, 1 }, other;
  gint64 now = g_get_monotonic_time ();
  TestStun message;
  guint i;

  for (i = 0; i < ICE_TURN_PEERS_MAX_KNOWN; i++) {
    known.words[3] = i;
    ice_turn_peers_add (f->peers, &known);
  }
  gst_ice_nice_socket_filter_limit_checks (
      f->socket, f->peers, &none, NULL, FALSE, NULL, NULL, 0);
  other = known;
  other.port = 9;
  begin (&message, 0x0017);
  append_peer (&message, &other);
  append_check (&message, 10);
  g_assert_true (gets_through (f, &message));
  for (i = 0; i < ICE_TURN_PEERS_MAX_OTHERS; i++) {
    other.port = (guint16) (1000 + i);
    ice_turn_peers_saw_check (f->peers, &other, now);
  }
  gst_ice_nice_socket_filter_apply (f->socket, f->peers, &none, NULL, FALSE);
  g_assert_false (gets_through (f, &message));
  for (i = 0; i < ICE_TURN_PEERS_MAX_KNOWN; i++) {
    known.words[3] = i;
    begin (&message, 0x0017);
    append_peer (&message, &known);
    test_stun_add (&message, 0x0013, "media", 5);
    g_assert_true (gets_through (f, &message));
  }
  begin (&message, 0x0017);
  append_peer (&message, &other); /* one of those that were seen */
  test_stun_add (&message, 0x0013, "media", 5);
  g_assert_true (gets_through (f, &message));
}

/* What is cut is dropped, what is no Data indication passes. */
static void
test_cut (Fixture *f, gconstpointer unused)
{
  IceTurnPeer known = { 1, { 0xCB007101 }, 7 };
  TestStun message, cut;

  ice_turn_peers_add (f->peers, &known);
  gst_ice_nice_socket_filter_apply (f->socket, f->peers, &none, NULL, FALSE);
  begin (&message, 0x0017);
  append_peer (&message, &known);
  g_assert_true (gets_through (f, &message));
  for (cut = message; cut.size > STUN_HEADER;) {
    cut.size--;
    g_assert_false (gets_through (f, &cut));
  }
  for (; cut.size > 0; cut.size--)
    g_assert_cmpint (gets_through (f, &cut), ==, cut.size < STUN_HEADER);
  begin (&message, 0x0116);
  g_assert_true (gets_through (f, &message));
  begin (&message, 0x0017);
  message.data[4] ^= 1; /* no cookie: media */
  g_assert_true (gets_through (f, &message));
  gst_ice_nice_socket_filter_prepare_close (f->socket, &none);
  begin (&message, 0x0017);
  append_peer (&message, &known);
  g_assert_false (gets_through (f, &message));
}

/* A check of which only the last attribute's value is cut. */
static void
test_cut_check (Fixture *f, gconstpointer unused)
{
  IceTurnPeer known = { 1, { 0xCB007101 }, 7 },
              other = { 1, { 0xCB007101 }, 8 };
  TestStun message;

  ice_turn_peers_add (f->peers, &known);
  gst_ice_nice_socket_filter_apply (f->socket, f->peers, &none, NULL, FALSE);
  begin (&message, 0x0017);
  append_peer (&message, &other);
  append_check (&message, 5); /* the last one: 4 octets */
  g_assert_true (gets_through (f, &message));
  message.size--;
  g_assert_false (
      ice_turn_peers_judge (f->peers, message.data, message.size, 0));
  g_assert_false (gets_through (f, &message));
}

/* Attributes after MESSAGE-INTEGRITY or FINGERPRINT are ignored. */
static void
test_ignored_attributes (Fixture *f, gconstpointer unused)
{
  static const guint last[] = { 0x0008, 0x8028 };
  static const guint8 zeros[20] = { 0 };
  IceTurnPeer known = { 1, { 0xCB007101 }, 7 },
              other = { 1, { 0xCB007101 }, 8 };
  TestStun message;
  guint i;

  ice_turn_peers_add (f->peers, &known);
  gst_ice_nice_socket_filter_apply (f->socket, f->peers, &none, NULL, FALSE);
  for (i = 0; i < G_N_ELEMENTS (last); i++) {
    begin (&message, 0x0017);
    test_stun_add (&message, last[i], zeros, i == 0 ? 20 : 4);
    append_peer (&message, &known);
    g_assert_false (
        ice_turn_peers_judge (f->peers, message.data, message.size, 0));
    g_assert_false (gets_through (f, &message));
    begin (&message, 0x0017);
    append_peer (&message, &other);
    test_stun_add (&message, last[i], zeros, i == 0 ? 20 : 4);
    append_check (&message, 3);
    g_assert_false (gets_through (f, &message));
    begin (&message, 0x0017);
    append_peer (&message, &known);
    test_stun_add (&message, last[i], zeros, i == 0 ? 20 : 4);
    g_assert_true (gets_through (f, &message));
  }
}

/* Hosts that differ from a known one in the highest bits of two words. */
static void
test_similar_hosts (Fixture *f, gconstpointer unused)
{
  IceTurnPeer known = { 4, { 0x20010DB8, 1, 2, 3 }, 7 };
  guint i;

  ice_turn_peers_add (f->peers, &known);
  gst_ice_nice_socket_filter_apply (f->socket, f->peers, &none, NULL, FALSE);
  for (i = 1; i < 4; i++) {
    IceTurnPeer other = known;
    TestStun message;

    other.words[i - 1] ^= 0x80000000;
    other.words[i] ^= 0x80000000;
    begin (&message, 0x0017);
    append_peer (&message, &other);
    test_stun_add (&message, 0x0013, "media", 5);
    g_assert_false (gets_through (f, &message));
    begin (&message, 0x0017);
    append_peer (&message, &other);
    append_check (&message, 3);
    g_assert_false (gets_through (f, &message));
  }
}

/* XOR-PEER-ADDRESS and DATA are looked for among the first six attributes, and
 * a check has 15 at most. */
static void
test_many_attributes (Fixture *f, gconstpointer unused)
{
  IceTurnPeer known = { 1, { 0xCB007101 }, 7 },
              other = { 1, { 0xCB007101 }, 8 };
  TestStun message;
  guint n, i;

  ice_turn_peers_add (f->peers, &known);
  gst_ice_nice_socket_filter_apply (f->socket, f->peers, &none, NULL, FALSE);
  for (n = 0; n < 8; n++) {
    begin (&message, 0x0017);
    for (i = 0; i < n; i++)
      test_stun_add (&message, 0x8022, "software", i);
    append_peer (&message, &known);
    g_assert_cmpint (gets_through (f, &message), ==, n < 6);
    begin (&message, 0x0017);
    append_peer (&message, &other);
    for (i = 0; i < n; i++)
      test_stun_add (&message, 0x8022, "software", i);
    append_check (&message, 3);
    g_assert_cmpint (gets_through (f, &message), ==, n < 5);
  }
  for (n = 13; n < 18; n++) {
    begin (&message, 0x0017);
    append_peer (&message, &other);
    append_check (&message, n);
    g_assert_cmpint (gets_through (f, &message), ==, n < 16);
  }
}

/* While an address is refused, ChannelData is dropped; each kind of filter has
 * the rule. */
static void
test_kinds (Fixture *f, gconstpointer unused)
{
  static const gchar *const channels[] = { "\x40", "\x4F data" };
  IceTurnPeer known = { 1, { 0xCB007101 }, 7 },
              other = { 1, { 0xCB007102 }, 7 };
  NiceAddress sender;
  guint kind, i;

  loopback_get_address (f->sender, &sender);
  ice_turn_peers_add (f->peers, &known);
  for (kind = 0; kind < 6; kind++) {
    TestStun message;

    if (kind == 3)
      ice_turn_peers_refuse (f->peers, &other);
    if (kind % 3 == 0)
      gst_ice_nice_socket_filter_apply (
          f->socket, f->peers, &none, NULL, FALSE);
    else if (kind % 3 == 1)
      gst_ice_nice_socket_filter_limit_checks (
          f->socket, f->peers, &none, NULL, FALSE, NULL, NULL, 0);
    else
      gst_ice_nice_socket_filter_pass_only (
          f->socket, f->peers, &none, &sender);
    begin (&message, 0x0017);
    append_peer (&message, &known);
    g_assert_true (gets_through (f, &message));
    begin (&message, 0x0017);
    append_peer (&message, &other);
    g_assert_false (gets_through (f, &message));
    for (i = 0; i < G_N_ELEMENTS (channels); i++)
      g_assert_cmpint (loopback_gets_through (f->sender, f->socket, channels[i],
                           strlen (channels[i])),
          ==, kind < 3);
    g_assert_true (loopback_gets_through (f->sender, f->socket, "\x3F", 1));
    g_assert_true (loopback_gets_through (f->sender, f->socket, "\x50", 1));
    g_assert_true (loopback_gets_through (f->sender, f->socket, "", 0));
  }
}

/* A length that is not that of its family. */
static void
test_wrong_length (Fixture *f, gconstpointer unused)
{
  static const gsize sizes[] = { 0, 4, 8, 16, 20, 24, 28 };
  static const guint8 ipv4[28] = { 0, 1 }, ipv6[28] = { 0, 2 };
  guint i;

  gst_ice_nice_socket_filter_apply (f->socket, f->peers, &none, NULL, FALSE);
  for (i = 0; i < 2 * G_N_ELEMENTS (sizes); i++) {
    TestStun message;

    begin (&message, 0x0017);
    test_stun_add (&message, 0x0012, i % 2 == 0 ? ipv4 : ipv6, sizes[i / 2]);
    test_stun_add (&message, 0x0013, "media", 5);
    g_assert_false (gets_through (f, &message));
  }
}

static void
add (const gchar *path, void (*test) (Fixture *, gconstpointer))
{
  g_test_add (path, Fixture, NULL, set_up, test, tear_down);
}

#endif

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#ifdef __linux__
  add ("/indication-filter/random", test_random);
  add ("/indication-filter/full", test_full);
  add ("/indication-filter/cut", test_cut);
  add ("/indication-filter/cut-check", test_cut_check);
  add ("/indication-filter/ignored-attributes", test_ignored_attributes);
  add ("/indication-filter/similar-hosts", test_similar_hosts);
  add ("/indication-filter/many-attributes", test_many_attributes);
  add ("/indication-filter/kinds", test_kinds);
  add ("/indication-filter/wrong-length", test_wrong_length);
#endif
  return g_test_run ();
}
