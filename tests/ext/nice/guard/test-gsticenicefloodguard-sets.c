/* gst-ice: test of the flood guard: which filters its sockets get at what.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The sockets' filters, the TURN peers, alarms and the clock are played by this
 * file. */

#include "guard/gsticenicefloodguard.h"
#include "guard/gsticenicesocketset.h"
#include "guard/gsticenicesocketfilter.h"
#include "guard/gsticenicetcpproxy.h"
#include "playedalarms.h"
#include "model/iceratelimit.h"
#include "stun/iceturnretries.h"

#include <string.h>

#define NOW G_GINT64_CONSTANT (1000000000)
#define NEXT_OPEN (NOW + 4711)
#define BUDGET GST_ICE_NICE_FLOOD_GUARD_BUDGET
#define LIMIT GST_ICE_NICE_FLOOD_GUARD_LIMIT
#define MANY GST_ICE_NICE_FLOOD_GUARD_PEER_REFLEXIVE

static GString *calls; /* a word each */
static GstIceNiceSocketSet *set;
static GstIceNiceFloodGuard *guard;
/* alarms: the pause, and the next interval */
static guint iteration;
static gint place; /* only its address is used */
static gboolean knows_socket, is_new_peer, opens;
static gint64 now;

gint64
g_get_monotonic_time (void)
{
  return now;
}

GstIceSharedContext *
gst_ice_shared_context_ref (GstIceSharedContext *self)
{
  return self;
}

void
gst_ice_shared_context_unref (GstIceSharedContext *self)
{
}

guint
gst_ice_shared_context_get_iteration (GstIceSharedContext *self)
{
  return iteration;
}

/* The sockets. */

void
gst_ice_nice_socket_set_init (GstIceNiceSocketSet *self)
{
  set = self;
  self->sockets = g_ptr_array_new ();
  self->signalled = g_array_new (FALSE, FALSE, sizeof (guint16));
  self->tunnels = g_array_new (FALSE, FALSE, sizeof (NiceAddress));
}

void
gst_ice_nice_socket_set_clear (GstIceNiceSocketSet *self)
{
  g_string_append (calls, "cleared ");
  g_ptr_array_unref (self->sockets);
  g_array_unref (self->signalled);
  g_array_unref (self->tunnels);
  g_clear_pointer (&self->selected, nice_address_free);
  g_clear_pointer (&self->stun_server, nice_address_free);
}

#define PLAY(function, word)                                                   \
  void function (GstIceNiceSocketSet *self)                                    \
  {                                                                            \
    g_string_append (calls, word " ");                                         \
  }

PLAY (gst_ice_nice_socket_set_apply, "apply")
PLAY (gst_ice_nice_socket_set_pass_only_selected, "only-selected")
PLAY (gst_ice_nice_socket_set_drop_all, "drop-all")
PLAY (gst_ice_nice_socket_set_prepare_close, "prepare-close")
PLAY (gst_ice_nice_socket_set_drain, "drain")
PLAY (gst_ice_nice_socket_set_restart, "restart")

void
gst_ice_nice_socket_set_add (GstIceNiceSocketSet *self, GSocket *socket)
{
  g_ptr_array_add (self->sockets, socket);
}

void
gst_ice_nice_socket_set_drop_server_errors (
    GstIceNiceSocketSet *self, const NiceAddress *server)
{
  g_string_append_printf (calls, "server:%u ", nice_address_get_port (server));
}

gboolean
gst_ice_nice_socket_set_refuse (
    GstIceNiceSocketSet *self, gint fd, const NiceAddress *remote)
{
  g_string_append_printf (
      calls, "refuse:%d:%u ", fd, nice_address_get_port (remote));
  return knows_socket;
}

void
gst_ice_nice_socket_set_refuse_relayed (
    GstIceNiceSocketSet *self, const IceTurnPeer *peer)
{
  g_string_append_printf (calls, "relayed:%u ", peer->port);
}

guint32
gst_ice_nice_socket_filter_count_drops (GSocket *socket)
{
  return 100;
}

void
gst_ice_nice_tcp_proxy_silence (gint fd)
{
  g_string_append_printf (calls, "silence:%d ", fd);
}

/* The TURN peers. */

IceTurnPeers *
ice_turn_peers_ref (IceTurnPeers *self)
{
  return self;
}

gboolean
ice_turn_peers_add (IceTurnPeers *self, const IceTurnPeer *peer)
{
  g_string_append_printf (calls, "peer:%u:%08x:%u ", peer->n_words,
      peer->words[peer->n_words - 1], peer->port);
  return is_new_peer;
}

gboolean
ice_turn_peers_saw_check (
    IceTurnPeers *self, const IceTurnPeer *peer, gint64 now)
{
  g_assert_cmpint (now, ==, NOW);
  g_string_append_printf (calls, "check:%u ", peer->port);
  return opens;
}

gint64
ice_turn_peers_get_next_open (IceTurnPeers *self, gint64 now)
{
  return NEXT_OPEN;
}

guint64
ice_turn_peers_get_dropped (IceTurnPeers *self)
{
  return 10;
}

/* The test. */

static void
assert_calls (const gchar *expected)
{
  g_assert_cmpstr (calls->str, ==, expected);
  g_string_truncate (calls, 0);
}

static void
set_up (gint *unused, gconstpointer unused_too)
{
  calls = g_string_new (NULL);
  n_alarms = iteration = 0;
  now = NOW;
  knows_socket = is_new_peer = opens = FALSE;
  guard = gst_ice_nice_flood_guard_new (
      NULL, NULL, (GstIceSharedContext *) &place);
}

static void
tear_down (gint *unused, gconstpointer unused_too)
{
  g_string_truncate (calls, 0);
  gst_ice_nice_flood_guard_free (guard);
  assert_calls ("prepare-close cleared ");
  g_assert_null (alarms[0].function);
  g_assert_null (alarms[1].function);
  g_string_free (calls, TRUE);
}

static NiceAddress *
make_address (const gchar *text, guint port)
{
  static NiceAddress address;

  nice_address_init (&address);
  g_assert_true (nice_address_set_from_string (&address, text));
  nice_address_set_port (&address, port);
  return &address;
}

static void
count (guint n)
{
  for (; n > 0; n--)
    gst_ice_nice_flood_guard_count_message (guard, "192.0.2.1", 9);
}

/* Beyond the budget of a turn only the peer passes, for a while; beyond the
 * limit nobody does. */
static void
test_flood (gint *unused, gconstpointer unused_too)
{
  count (BUDGET - 1);
  iteration++;
  count (BUDGET - 1);
  assert_calls ("");
  g_assert_cmpint (alarms[0].when, ==, -1);
  count (1);
  assert_calls ("only-selected ");
  g_assert_cmpint (alarms[0].when, ==, NOW + GST_ICE_NICE_FLOOD_GUARD_PAUSE);
  count (LIMIT - BUDGET - 1);
  assert_calls ("");
  count (1);
  assert_calls ("drop-all ");
  count (LIMIT);
  assert_calls ("");
  /* what changes meanwhile waits for the end of the pause */
  gst_ice_nice_flood_guard_restart (guard);
  assert_calls ("restart ");
  gst_ice_nice_flood_guard_drain (guard);
  assert_calls ("drain only-selected ");
  alarms[0].when = -1;
  alarms[0].function (alarms[0].user_data);
  assert_calls ("apply ");
  gst_ice_nice_flood_guard_drain (guard);
  assert_calls ("drain apply ");
  gst_ice_nice_flood_guard_restart (guard);
  assert_calls ("restart apply ");
}

/* Addresses for which libnice may create a permission. */
static void
test_peers (gint *unused, gconstpointer unused_too)
{
  gst_ice_nice_flood_guard_add_candidate (guard, make_address ("192.0.2.1", 5));
  count (1);
  assert_calls (""); /* without a TURN server */
  gst_ice_nice_flood_guard_set_turn_peers (guard, (IceTurnPeers *) &place);
  gst_ice_nice_flood_guard_add_candidate (guard, make_address ("192.0.2.1", 5));
  assert_calls ("peer:1:c0000201:5 ");
  is_new_peer = TRUE;
  gst_ice_nice_flood_guard_add_candidate (
      guard, make_address ("2001:db8::1:2", 6));
  assert_calls ("peer:4:00010002:6 apply ");
  gst_ice_nice_flood_guard_add_peer_reflexive (
      guard, make_address ("192.0.2.1", 7));
  gst_ice_nice_flood_guard_set_selected (guard, make_address ("192.0.2.1", 8));
  assert_calls ("peer:1:c0000201:7 apply peer:1:c0000201:8 apply ");
  count (1);
  assert_calls ("check:9 ");
  g_assert_cmpint (alarms[1].when, ==, -1);
  opens = TRUE;
  count (1);
  assert_calls ("check:9 apply ");
  g_assert_cmpint (alarms[1].when, ==, NEXT_OPEN);
  gst_ice_nice_flood_guard_count_message (guard, "no address", 9);
  assert_calls ("");
  alarms[1].function (alarms[1].user_data);
  assert_calls ("apply ");
}

/* From a hundred learnt addresses on, and from two hundred, filters change. */
static void
test_learnt (gint *unused, gconstpointer unused_too)
{
  NiceAddress *remote = make_address ("192.0.2.1", 5);
  guint i;

  for (i = 1; i <= 4 * MANY; i++) {
    gst_ice_nice_flood_guard_add_peer_reflexive (guard, remote);
    assert_calls (i == MANY || i == 2 * MANY ? "apply " : "");
    if (i == MANY - 1 || i == MANY || i == MANY + 1) {
      gst_ice_nice_flood_guard_set_selected (guard, remote);
      gst_ice_nice_flood_guard_add_candidate (guard, remote);
      assert_calls (i < MANY ? "" : "apply apply ");
    }
  }
}

static void
test_signalled (gint *unused, gconstpointer unused_too)
{
  guint i;

  for (i = 0; i < GST_ICE_NICE_SOCKET_FILTER_PORTS + 2; i++)
    gst_ice_nice_flood_guard_add_candidate (
        guard, make_address ("192.0.2.1", 1000 + i));
  g_assert_cmpuint (set->signalled->len, ==, GST_ICE_NICE_SOCKET_FILTER_PORTS);
  g_assert_cmpuint (g_array_index (set->signalled, guint16, 1), ==, 1001);
}

/* Held: what has come is taken, and nothing more comes. */
static void
test_hold (gint *unused, gconstpointer unused_too)
{
  gst_ice_nice_flood_guard_hold (guard, FALSE);
  assert_calls ("");
  gst_ice_nice_flood_guard_hold (guard, TRUE);
  assert_calls ("drain apply ");
  gst_ice_nice_flood_guard_hold (guard, TRUE);
  assert_calls ("");
  gst_ice_nice_flood_guard_hold (guard, FALSE);
  assert_calls ("apply ");
}

static void
refuse (guint64 socket, const gchar *address)
{
  NiceDiscovery pair = { .socket = socket, .remote = { .port = 5 } };

  g_strlcpy (pair.remote.address, address, sizeof pair.remote.address);
  gst_ice_nice_flood_guard_refuse (guard, &pair);
}

/* By the filter of its socket, by its proxy, or by what TURN servers relay. */
static void
test_refuse (gint *unused, gconstpointer unused_too)
{
  refuse (0, "192.0.2.1");
  assert_calls ("refuse:0:5 silence:0 drain apply ");
  refuse (NICE_DISCOVERIES_NO_SOCKET, "192.0.2.1");
  assert_calls ("refuse:-1:5 relayed:5 drain apply ");
  knows_socket = TRUE;
  refuse (3, "192.0.2.1");
  assert_calls ("refuse:3:5 drain apply ");
  refuse (0, "192.0.2.1");
  assert_calls ("refuse:0:5 drain apply ");
  refuse (3, "no address");
  assert_calls ("");
}

static void
take_line (GstDebugCategory *category, GstDebugLevel level, const gchar *file,
    const gchar *function, gint line, GObject *object, GstDebugMessage *message,
    gpointer lines)
{
  if (level == GST_LEVEL_WARNING)
    g_string_append_printf (lines, "%s\n", gst_debug_message_get (message));
}

/* A peer whose restarts come one after the other can cause it with each. */
static void
test_refusal_warnings (gint *unused, gconstpointer unused_too)
{
  g_autoptr (GString) lines = g_string_new (NULL);
  g_auto (GStrv) all = NULL;
  guint i;

  gst_debug_set_threshold_for_name ("icefloodguard", GST_LEVEL_WARNING);
  gst_debug_set_active (TRUE);
  gst_debug_remove_log_function (gst_debug_log_default);
  gst_debug_add_log_function (take_line, lines, NULL);
  for (i = 0; i < 100; i++) {
    refuse (0, "192.0.2.1");
    gst_ice_nice_flood_guard_restart (guard);
  }
  now += ICE_RATE_LIMIT_INTERVAL;
  refuse (0, "192.0.2.2");
  gst_debug_remove_log_function_by_data (lines);
  gst_debug_add_log_function (gst_debug_log_default, NULL, NULL);
  all = g_strsplit (lines->str, "\n", -1);
  g_assert_cmpuint (g_strv_length (all), ==, 3);
  g_assert_nonnull (strstr (all[0], "192.0.2.1:5"));
  g_assert_nonnull (strstr (all[1], "192.0.2.2:5"));
  g_assert_nonnull (strstr (all[1], "99 more"));
}

static void
test_servers (gint *unused, gconstpointer unused_too)
{
  guint i;

  gst_ice_nice_flood_guard_drop_server_errors (guard, "192.0.2.1", 3478);
  assert_calls ("server:3478 apply ");
  gst_ice_nice_flood_guard_drop_server_errors (guard, "no address", 3478);
  assert_calls ("");
  for (i = 0; calls->len == 0; i++) {
    g_assert_cmpuint (i, <, 1000);
    gst_ice_nice_flood_guard_note_refresh_error (guard, "192.0.2.1", 3479, NOW);
  }
  g_assert_cmpuint (i, >, 1);
  assert_calls ("server:3479 apply ");
  gst_ice_nice_flood_guard_drop_allocate_errors (guard);
  assert_calls ("apply ");
  g_assert_true (set->dropped.allocations);
  gst_ice_nice_flood_guard_set_stun_server (
      guard, make_address ("192.0.2.9", 3478));
  g_assert_cmpuint (nice_address_get_port (set->stun_server), ==, 3478);
  gst_ice_nice_flood_guard_add_tunnel (guard, make_address ("127.0.0.1", 7));
  g_assert_cmpuint (set->tunnels->len, ==, 1);
}

static void
test_flags (gint *unused, gconstpointer unused_too)
{
  gst_ice_nice_flood_guard_drop_role_conflicts (guard, FALSE);
  assert_calls ("");
  gst_ice_nice_flood_guard_drop_role_conflicts (guard, TRUE);
  assert_calls ("apply ");
  g_assert_true (set->drops_role_conflicts);
  gst_ice_nice_flood_guard_set_selected (guard, make_address ("192.0.2.1", 8));
  g_assert_cmpuint (nice_address_get_port (set->selected), ==, 8);
  gst_ice_nice_flood_guard_retire (guard);
  assert_calls ("apply ");
  g_assert_true (set->is_retired);
  gst_ice_nice_flood_guard_drop_all (guard);
  assert_calls ("apply ");
  g_assert_true (set->drops_all);
}

static void
test_count (gint *unused, gconstpointer unused_too)
{
  g_autoptr (GSocket) udp = g_socket_new (G_SOCKET_FAMILY_IPV4,
      G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, NULL);
  g_autoptr (GSocket) tcp = g_socket_new (
      G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);

  g_assert_cmpuint (gst_ice_nice_flood_guard_get_dropped (guard), ==, 0);
  gst_ice_nice_flood_guard_add_socket (guard, tcp);
  gst_ice_nice_flood_guard_add_socket (guard, udp);
  gst_ice_nice_flood_guard_add_socket (guard, udp);
  gst_ice_nice_flood_guard_set_turn_peers (guard, (IceTurnPeers *) &place);
  set->n_drained = 1;
  g_assert_cmpuint (gst_ice_nice_flood_guard_get_dropped (guard), ==, 211);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
#define TEST(name)                                                             \
  g_test_add ("/guard/" #name, gint, NULL, set_up, test_##name, tear_down)
  TEST (flood);
  TEST (peers);
  TEST (learnt);
  TEST (signalled);
  TEST (hold);
  TEST (refuse);
  TEST (refusal_warnings);
  TEST (servers);
  TEST (flags);
  TEST (count);
  return g_test_run ();
}
