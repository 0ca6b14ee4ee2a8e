/* gst-ice: tests of the flood guard: which datagrams get through, and when.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "guard/gsticenicefloodguard.h"
#include "guard/gsticenicesocketfilter.h"
#include "hosts.h"
#include "loopback.h"
#include "stun/iceturnretries.h"
#include "stunmessage.h"
#include <string.h>

#define PATIENCE (5 * G_TIME_SPAN_SECOND)

/* An agent's socket, the peer's and a stranger's. */
typedef struct
{
  GMainContext *io;
  GstIceSharedContext *context;
  GstIceNiceFloodGuard *flood_guard;
  GSocket *socket, *peer, *stranger;
} Fixture;

static void
set_peer (Fixture *fixture)
{
  NiceAddress peer;

  loopback_get_address (fixture->peer, &peer);
  gst_ice_nice_flood_guard_set_selected (fixture->flood_guard, &peer);
}

static void
set_up (Fixture *fixture, gconstpointer host)
{
  static const GstIceSharedContextFuncs none;

  fixture->io = g_main_context_new ();
  fixture->context = gst_ice_shared_context_new (fixture->io, &none, NULL);
  fixture->flood_guard = gst_ice_nice_flood_guard_new (
      NULL, fixture->io, fixture->context);
  fixture->socket = loopback_make_socket (host);
  fixture->peer = loopback_make_socket (host);
  fixture->stranger = loopback_make_socket (host);
  gst_ice_nice_flood_guard_add_socket (fixture->flood_guard, fixture->socket);
  set_peer (fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer host)
{
  g_clear_pointer (&fixture->flood_guard, gst_ice_nice_flood_guard_free);
  g_object_unref (fixture->socket);
  g_object_unref (fixture->peer);
  g_object_unref (fixture->stranger);
  gst_ice_shared_context_close (fixture->context);
  gst_ice_shared_context_unref (fixture->context);
  g_main_context_unref (fixture->io);
}

static gboolean
gets_through (Fixture *fixture, GSocket *from)
{
  return loopback_gets_through (from, fixture->socket, "x", 1);
}

static void
count (Fixture *fixture, guint n)
{
  guint i;

  for (i = 0; i < n; i++)
    gst_ice_nice_flood_guard_count_message (
        fixture->flood_guard, "192.0.2.1", 9);
}

static void
take_turn (Fixture *fixture)
{
  gst_ice_shared_context_wake (fixture->context);
  gst_ice_shared_context_iterate (fixture->context, TRUE, -1);
}

static void
test_in_time (Fixture *fixture, gconstpointer host)
{
  guint i;

  for (i = 0; i < 3; i++) {
    count (fixture, GST_ICE_NICE_FLOOD_GUARD_BUDGET - 1);
    g_assert_true (gets_through (fixture, fixture->stranger));
    take_turn (fixture);
  }
}

static void
wait_until_it_passes (Fixture *fixture)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;

  do {
    g_main_context_iteration (fixture->io, TRUE);
    g_assert_cmpint (g_get_monotonic_time (), <, end);
  } while (!gets_through (fixture, fixture->stranger));
  take_turn (fixture);
}

static void
test_flood (Fixture *fixture, gconstpointer host)
{
  guint i;

  for (i = 0; i < 3; i++) {
    gint64 start = g_get_monotonic_time ();

    count (fixture, GST_ICE_NICE_FLOOD_GUARD_BUDGET);
    g_assert_false (gets_through (fixture, fixture->stranger));
    g_assert_true (gets_through (fixture, fixture->peer));
    /* what was in the buffer */
    count (fixture, GST_ICE_NICE_FLOOD_GUARD_BUDGET);
    g_assert_false (gets_through (fixture, fixture->stranger));
    g_assert_true (gets_through (fixture, fixture->peer));
    wait_until_it_passes (fixture);
    g_assert_cmpint (
        g_get_monotonic_time () - start, >=, GST_ICE_NICE_FLOOD_GUARD_PAUSE);
    g_assert_true (gets_through (fixture, fixture->peer));
  }
}

static void
test_in_the_peers_name (Fixture *fixture, gconstpointer host)
{
  count (fixture, GST_ICE_NICE_FLOOD_GUARD_LIMIT - 1);
  g_assert_true (gets_through (fixture, fixture->peer));
  count (fixture, 1);
  g_assert_false (gets_through (fixture, fixture->peer));
  wait_until_it_passes (fixture);
  g_assert_true (gets_through (fixture, fixture->peer));
}

static void
test_no_peer_yet (Fixture *fixture, gconstpointer host)
{
  g_clear_pointer (&fixture->flood_guard, gst_ice_nice_flood_guard_free);
  fixture->flood_guard = gst_ice_nice_flood_guard_new (
      NULL, fixture->io, fixture->context);
  gst_ice_nice_flood_guard_add_socket (fixture->flood_guard, fixture->socket);
  count (fixture, GST_ICE_NICE_FLOOD_GUARD_BUDGET);
  g_assert_false (gets_through (fixture, fixture->peer));
  wait_until_it_passes (fixture);
}

static void
test_another_peer (Fixture *fixture, gconstpointer host)
{
  GSocket *old = fixture->peer;

  fixture->peer = fixture->stranger;
  fixture->stranger = old;
  set_peer (fixture);
  count (fixture, GST_ICE_NICE_FLOOD_GUARD_BUDGET);
  g_assert_false (gets_through (fixture, fixture->stranger));
  g_assert_true (gets_through (fixture, fixture->peer));
}

/* Who else has the socket goes on with it. */
static void
test_free_meanwhile (Fixture *fixture, gconstpointer host)
{
  count (fixture, GST_ICE_NICE_FLOOD_GUARD_BUDGET);
  g_assert_false (gets_through (fixture, fixture->stranger));
  g_clear_pointer (&fixture->flood_guard, gst_ice_nice_flood_guard_free);
  g_assert_true (gets_through (fixture, fixture->stranger));
}

static void
test_shut (Fixture *fixture, gconstpointer host)
{
  gst_ice_nice_flood_guard_drop_all (fixture->flood_guard);
  g_clear_pointer (&fixture->flood_guard, gst_ice_nice_flood_guard_free);
  g_assert_false (gets_through (fixture, fixture->stranger));
  g_assert_false (gets_through (fixture, fixture->peer));
}

static void
test_shut_meanwhile (Fixture *fixture, gconstpointer host)
{
  count (fixture, GST_ICE_NICE_FLOOD_GUARD_BUDGET);
  test_shut (fixture, host);
}

static gboolean
asks (Fixture *fixture, GSocket *from)
{
  static const gchar request[] = "\0\x01\0\0\x21\x12\xa4\x42 unique id..";

  return loopback_gets_through (from, fixture->socket, request, 20);
}

/* An error to Allocate, Refresh (4) or CreatePermission (8). Some of the others
 * are lost at random. */
static gboolean
turn_error_gets_through (Fixture *fixture, GSocket *from, gchar method)
{
  gchar error[] = "\x01\x10\0\0\x21\x12\xa4\x42 unique id..";
  guint i, n = 0;

  error[1] = (gchar) (error[1] | method);
  for (i = 0; i < 10; i++)
    n += loopback_gets_through (
        from, fixture->socket, error, sizeof (error) - 1);
  return n > 0;
}

static void
refresh_refused (Fixture *fixture, gint64 now)
{
  g_autoptr (GSocketAddress)
      from = g_socket_get_local_address (fixture->stranger, NULL);
  g_autofree gchar *address = g_inet_address_to_string (
      g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (from)));

  gst_ice_nice_flood_guard_note_refresh_error (fixture->flood_guard, address,
      g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (from)), now);
}

/* Then the TURN server has no errors any more, and only this one. */
static void
test_refresh_refused (Fixture *fixture, gconstpointer host)
{
  gint64 now = G_TIME_SPAN_DAY;
  guint i;

  for (i = 0; i < 1000; i++) /* seldom enough */
    refresh_refused (fixture, now += 2 * G_TIME_SPAN_SECOND);
  g_assert_true (turn_error_gets_through (fixture, fixture->stranger, 4));
  now += 1000 * G_TIME_SPAN_SECOND;
  for (i = 0; i < ICE_TURN_RETRIES_OTHER; i++)
    refresh_refused (fixture, now);
  g_assert_true (turn_error_gets_through (fixture, fixture->stranger, 4));
  refresh_refused (fixture, now);
  g_assert_false (turn_error_gets_through (fixture, fixture->stranger, 4));
  g_assert_false (turn_error_gets_through (fixture, fixture->stranger, 8));
  g_assert_true (turn_error_gets_through (fixture, fixture->peer, 4));
  g_assert_true (gets_through (fixture, fixture->stranger));
  gst_ice_nice_flood_guard_restart (fixture->flood_guard);
  g_assert_false (turn_error_gets_through (fixture, fixture->stranger, 4));
}

/* More servers than there is room for, and one of them twice. */
static void
test_refused_servers (Fixture *fixture, gconstpointer host)
{
  guint i;

  for (i = 1; i <= GST_ICE_NICE_SOCKET_FILTER_SERVERS; i++) {
    gst_ice_nice_flood_guard_drop_server_errors (
        fixture->flood_guard, host, (guint16) i);
    gst_ice_nice_flood_guard_drop_server_errors (
        fixture->flood_guard, host, (guint16) i);
    g_assert_true (turn_error_gets_through (fixture, fixture->stranger, 3));
  }
  gst_ice_nice_flood_guard_drop_server_errors (
      fixture->flood_guard, host, (guint16) i);
  g_assert_false (turn_error_gets_through (fixture, fixture->stranger, 3));
  g_assert_true (turn_error_gets_through (fixture, fixture->stranger, 8));
}

static void
test_refused_allocations (Fixture *fixture, gconstpointer host)
{
  g_assert_true (turn_error_gets_through (fixture, fixture->stranger, 3));
  gst_ice_nice_flood_guard_drop_allocate_errors (fixture->flood_guard);
  g_assert_false (turn_error_gets_through (fixture, fixture->stranger, 3));
  g_assert_true (turn_error_gets_through (fixture, fixture->stranger, 8));
}

static void
learn (Fixture *fixture, guint n)
{
  NiceAddress remote;
  guint i;

  nice_address_init (&remote);
  g_assert_true (nice_address_set_from_string (&remote, "192.0.2.1"));
  for (i = 0; i < n; i++)
    gst_ice_nice_flood_guard_add_peer_reflexive (fixture->flood_guard, &remote);
}

static void
signal_address (Fixture *fixture, GSocket *socket)
{
  NiceAddress remote;

  loopback_get_address (socket, &remote);
  gst_ice_nice_flood_guard_add_candidate (fixture->flood_guard, &remote);
}

/* Checks of strangers are taken until a hundred addresses were learnt, those of
 * signalled addresses until two hundred. All else passes. */
static void
test_learned (Fixture *fixture, gconstpointer host)
{
  g_autoptr (GSocket) signalled = loopback_make_socket (host);
  g_autoptr (GSocket) signalled_later = loopback_make_socket (host);

  signal_address (fixture, signalled);
  learn (fixture, GST_ICE_NICE_FLOOD_GUARD_PEER_REFLEXIVE - 1);
  g_assert_true (asks (fixture, fixture->stranger));
  learn (fixture, 1);
  g_assert_false (asks (fixture, fixture->stranger));
  g_assert_true (asks (fixture, signalled));
  g_assert_true (asks (fixture, fixture->peer));
  g_assert_false (asks (fixture, signalled_later));
  signal_address (fixture, signalled_later);
  g_assert_true (asks (fixture, signalled_later));
  learn (fixture, GST_ICE_NICE_FLOOD_GUARD_PEER_REFLEXIVE);
  g_assert_false (asks (fixture, signalled));
  g_assert_true (asks (fixture, fixture->peer));
  g_assert_true (gets_through (fixture, fixture->stranger));
  gst_ice_nice_flood_guard_restart (fixture->flood_guard);
  g_assert_true (asks (fixture, fixture->stranger));
}

/* As many as a filter can have, and more. */
static void
test_many_signalled (Fixture *fixture, gconstpointer host)
{
  guint i;

  learn (fixture, GST_ICE_NICE_FLOOD_GUARD_PEER_REFLEXIVE);
  for (i = 0; i < 2 * GST_ICE_NICE_FLOOD_GUARD_PEER_REFLEXIVE; i++) {
    g_autoptr (GSocket) signalled = loopback_make_socket (host);

    signal_address (fixture, signalled);
    g_assert_true (asks (fixture, fixture->peer));
    if (i < GST_ICE_NICE_FLOOD_GUARD_PEER_REFLEXIVE)
      g_assert_true (asks (fixture, signalled));
  }
  g_assert_false (asks (fixture, fixture->stranger));
}

/* A flood is interrupted as ever, and nothing more passes after it. */
static void
test_learned_meanwhile (Fixture *fixture, gconstpointer host)
{
  count (fixture, GST_ICE_NICE_FLOOD_GUARD_BUDGET);
  learn (fixture, GST_ICE_NICE_FLOOD_GUARD_PEER_REFLEXIVE);
  g_assert_false (gets_through (fixture, fixture->stranger));
  wait_until_it_passes (fixture);
  g_assert_false (asks (fixture, fixture->stranger));
  g_assert_true (asks (fixture, fixture->peer));
}

/* Also after a flood. */
static void
test_retire (Fixture *fixture, gconstpointer host)
{
  guint i;

  g_assert_true (asks (fixture, fixture->stranger));
  gst_ice_nice_flood_guard_retire (fixture->flood_guard);
  for (i = 0; i < 2; i++) {
    g_assert_true (asks (fixture, fixture->peer));
    g_assert_false (asks (fixture, fixture->stranger));
    g_assert_true (gets_through (fixture, fixture->stranger));
    count (fixture, GST_ICE_NICE_FLOOD_GUARD_BUDGET);
    g_assert_false (gets_through (fixture, fixture->stranger));
    wait_until_it_passes (fixture);
  }
}

/* A guard whose rules are set before it has a socket. peers: (nullable) */
static void
replace_guard (
    Fixture *fixture, IceTurnPeers *peers, const NiceAddress *stun_server)
{
  g_clear_pointer (&fixture->flood_guard, gst_ice_nice_flood_guard_free);
  fixture->flood_guard = gst_ice_nice_flood_guard_new (
      NULL, fixture->io, fixture->context);
  if (peers != NULL)
    gst_ice_nice_flood_guard_set_turn_peers (fixture->flood_guard, peers);
  if (stun_server != NULL)
    gst_ice_nice_flood_guard_set_stun_server (
        fixture->flood_guard, stun_server);
  gst_ice_nice_flood_guard_add_socket (fixture->flood_guard, fixture->socket);
}

static gboolean
message_gets_through (Fixture *fixture, GSocket *from, const TestStun *message)
{
  return loopback_gets_through (
      from, fixture->socket, message->data, message->size);
}

/* Data of 192.0.2.HOST through a TURN server. */
static gboolean
relays (Fixture *fixture, guint8 host)
{
  const guint8 octets[] = { 192, 0, 2, host };
  TestStun message;

  test_stun_begin (&message, 0x0017);
  test_stun_add_address (&message, 0x0012, octets, sizeof (octets), 9, TRUE);
  test_stun_add (&message, 0x0013, "data", 4);
  return message_gets_through (fixture, fixture->stranger, &message);
}

static void
make_address (NiceAddress *address, guint8 host)
{
  g_autofree gchar *text = g_strdup_printf ("192.0.2.%u", host);

  nice_address_init (address);
  g_assert_true (nice_address_set_from_string (address, text));
  nice_address_set_port (address, 9);
}

/* Of those whom libnice may give a permission; without the rule, of all. */
static void
test_turn_peers (Fixture *fixture, gconstpointer host)
{
  IceTurnPeers *peers = ice_turn_peers_new ();
  NiceAddress address;

  g_assert_true (relays (fixture, 1));
  replace_guard (fixture, peers, NULL);
  g_assert_false (relays (fixture, 1));
  make_address (&address, 1);
  gst_ice_nice_flood_guard_add_candidate (fixture->flood_guard, &address);
  g_assert_true (relays (fixture, 1));
  g_assert_false (relays (fixture, 2));
  make_address (&address, 2);
  gst_ice_nice_flood_guard_set_selected (fixture->flood_guard, &address);
  g_assert_true (relays (fixture, 1));
  g_assert_true (relays (fixture, 2));
  g_assert_false (relays (fixture, 3));
  make_address (&address, 3);
  gst_ice_nice_flood_guard_add_peer_reflexive (fixture->flood_guard, &address);
  g_assert_true (relays (fixture, 2));
  g_assert_true (relays (fixture, 3));
  g_assert_false (relays (fixture, 4));
  ice_turn_peers_unref (peers);
}

/* Its errors pass, and anybody else's do not. */
static void
test_stun_server (Fixture *fixture, gconstpointer host)
{
  NiceAddress server;
  TestStun message;

  test_stun_begin (&message, 0x0111);
  test_stun_add_number (&message, 0x0009, 4, 0x0401);
  loopback_get_address (fixture->peer, &server);
  g_assert_false (message_gets_through (fixture, fixture->peer, &message));
  replace_guard (fixture, NULL, &server);
  g_assert_true (message_gets_through (fixture, fixture->peer, &message));
  g_assert_false (message_gets_through (fixture, fixture->stranger, &message));
}

static void
add (const gchar *name, void (*test) (Fixture *, gconstpointer))
{
  hosts_add_test ("/flood-guard", name, Fixture, set_up, test, tear_down);
}

/* Error 487 is dropped on demand only. */
static void
test_role_conflicts (Fixture *fixture, gconstpointer host)
{
  guint i;

  for (i = 0; i < 4; i++) {
    TestStun message;

    gst_ice_nice_flood_guard_drop_role_conflicts (
        fixture->flood_guard, i % 2 == 1);
    test_stun_begin (&message, 0x0111);
    test_stun_add_number (&message, 0x0009, 4, 4 << 8 | 87);
    g_assert_cmpint (loopback_gets_through (fixture->peer, fixture->socket,
                         message.data, message.size),
        ==, i % 2 == 0);
  }
}

/* What the rule of the TURN peers drops is counted, too. */
static void
test_count_peers (Fixture *fixture, gconstpointer host)
{
  IceTurnPeers *peers = ice_turn_peers_new ();
  static const guint8 octets[] = { 192, 0, 2, 1 };
  TestStun message;

  test_stun_begin (&message, 0x0017);
  test_stun_add_address (&message, 0x0012, octets, 4, 40000, TRUE);
  gst_ice_nice_flood_guard_set_turn_peers (fixture->flood_guard, peers);
  g_assert_false (ice_turn_peers_judge (peers, message.data, message.size, 1));
  g_assert_cmpuint (ice_turn_peers_get_dropped (peers), ==, 1);
  g_assert_cmpuint (
      gst_ice_nice_flood_guard_get_dropped (fixture->flood_guard), ==, 1);
  ice_turn_peers_unref (peers);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
#ifdef __linux__
  add ("in-time", test_in_time);
  add ("flood", test_flood);
  add ("in-the-peers-name", test_in_the_peers_name);
  add ("no-peer-yet", test_no_peer_yet);
  add ("another-peer", test_another_peer);
  add ("free-meanwhile", test_free_meanwhile);
  add ("retire", test_retire);
  add ("shut", test_shut);
  add ("shut-meanwhile", test_shut_meanwhile);
  add ("refresh-refused", test_refresh_refused);
  add ("refused-servers", test_refused_servers);
  add ("refused-allocations", test_refused_allocations);
  add ("learned", test_learned);
  add ("many-signalled", test_many_signalled);
  add ("learned-meanwhile", test_learned_meanwhile);
  add ("turn-peers", test_turn_peers);
  add ("stun-server", test_stun_server);
  add ("role-conflicts", test_role_conflicts);
  add ("count-peers", test_count_peers);
#endif
  return g_test_run ();
}
