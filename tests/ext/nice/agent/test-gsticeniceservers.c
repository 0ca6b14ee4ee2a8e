/* gst-ice: test of gathering from servers: when libnice is given which server.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * libnice and the tunnels to servers over TCP are played by this file. */

#include "agent/gsticeniceservers.h"
#include "pairsfixture.h"
#include "tunnel/gsticetunnel.h"
#include <string.h>

#define HOST ": s1/c1: creation of host candidate udp:[10.0.0.5]:0: success"
#define NOTHING ": Candidate gathering FINISHED, no scheduled items."
#define FOUND ": s:1: Resolved STUN server 10.0.0.9 to 10.0.0.9"
#define ATTEMPT " : Adding new relay-rflx candidate discovery 0x2"
#define STREAM " : allocating stream id 1 (0x9)"

#define STUN "stun://10.0.0.9:3478"
#define TURN "turn://user:password@10.0.0.1:3478"
#define TURN_TCP TURN "?transport=tcp"
#define TAG 0x12345678

typedef struct
{
  PairsFixture *pairs;
  GstIceSettings settings;
  IceServer *stun;
  GPtrArray *turn;
  GstIceStunResponses *answers;
  IceTurnPeers *peers;
  GstIceNiceServers *servers;
} Fixture;

struct _GstIceTunnel
{
  GstIceTunnelCallbacks callbacks;
  gpointer user_data;
};

/* Only one runs at a time, in the I/O thread while the test waits for it. */
static GString *calls; /* a word each */
static GstIceTunnel tunnel;
static const gint agent; /* only its address is used */

/* libnice. */

static void
trace (const gchar *text)
{
  g_log ("libnice", G_LOG_LEVEL_DEBUG, "Agent %p%s", (gpointer) &agent, text);
}

gboolean
nice_agent_gather_candidates (NiceAgent *nice, guint stream)
{
  g_string_append (calls, "gather ");
  return TRUE;
}

gboolean
nice_agent_set_relay_info (NiceAgent *nice, guint stream, guint component,
    const gchar *address, guint port, const gchar *username,
    const gchar *password, NiceRelayType type)
{
  g_assert_cmpuint (stream, ==, 1);
  g_assert_cmpuint (component, ==, 1);
  g_assert_cmpstr (username, ==, "user");
  g_assert_cmpstr (password, ==, "password");
  g_string_append_printf (calls, "relay:%s:%u:%s ", address, port,
      type == NICE_RELAY_TYPE_TURN_UDP ? "udp" : "tcp");
  trace (ATTEMPT);
  return TRUE;
}

/* A tunnel. */

GstIceTunnel *
gst_ice_tunnel_new (const IceServer *server, GstIceIo *io,
    GTlsDatabase *trusted, guint timeout,
    const GstIceTunnelCallbacks *callbacks, gpointer user_data)
{
  g_string_append_printf (calls, "tunnel:%s ", server->address);
  tunnel = (GstIceTunnel){ *callbacks, user_data };
  return &tunnel;
}

void
gst_ice_tunnel_set_answers (GstIceTunnel *self, GstIceStunResponses *answers)
{
}

void
gst_ice_tunnel_set_peers (GstIceTunnel *self, IceTurnPeers *peers)
{
}

GSocketFamily
gst_ice_tunnel_get_family (GstIceTunnel *self)
{
  return G_SOCKET_FAMILY_IPV4;
}

gchar *
gst_ice_tunnel_dup_local_address (GstIceTunnel *self)
{
  return g_strdup ("10.0.0.5");
}

static GInetSocketAddress *here;

GInetSocketAddress *
gst_ice_tunnel_listen (GstIceTunnel *self, GSocketFamily family, GError **error)
{
  return here;
}

void
gst_ice_tunnel_accept (GstIceTunnel *self)
{
  g_string_append (calls, "accept ");
}

void
gst_ice_tunnel_let_go (GstIceTunnel *self)
{
  g_string_append (calls, "let-go ");
}

/* The servers. */

static void
on_gathered (gpointer data)
{
  g_string_append (calls, "gathered ");
}

static void
on_candidate_error (GstIceTransport *transport,
    const GstIceCandidateError *error, gpointer data)
{
  g_string_append_printf (calls, "error:%u ", error->code);
}

static gboolean
open_servers (gpointer data)
{
  static const GstIceTransportObserver observer = {
    .candidate_error = on_candidate_error,
  };
  Fixture *f = data;
  GstIceGatherOptions options = {
    .settings = &f->settings, .stun_server = f->stun, .turn_servers = f->turn
  };

  gst_ice_transport_set_observer (f->pairs->transport, &observer, f);
  f->servers = gst_ice_nice_servers_new (f->pairs->transport, f->pairs->io,
      (NiceAgent *) &agent, &options, f->answers, f->peers,
      f->pairs->flood_guard, on_gathered, f);
  trace (STREAM);
  g_assert_true (gst_ice_nice_servers_gather (f->servers, 1, 1));
  return G_SOURCE_REMOVE;
}

static gboolean
close_servers (gpointer data)
{
  gst_ice_nice_servers_free (((Fixture *) data)->servers);
  return G_SOURCE_REMOVE;
}

static gboolean
reach (gpointer data)
{
  tunnel.callbacks.reached (&tunnel, tunnel.user_data);
  return G_SOURCE_REMOVE;
}

static gboolean
fail (gpointer data)
{
  tunnel.callbacks.failed (&tunnel, 500, "has failed", tunnel.user_data);
  return G_SOURCE_REMOVE;
}

static gboolean
signal_end (gpointer data)
{
  gst_ice_nice_servers_signalled (((Fixture *) data)->servers);
  return G_SOURCE_REMOVE;
}

static void
run_in_io (Fixture *f, GSourceFunc function)
{
  gst_ice_io_invoke (f->pairs->io, function, f, NULL);
  pairs_drain (f->pairs);
  pairs_drain (f->pairs); /* what that has queued */
}

static void
assert_calls (const gchar *expected)
{
  g_assert_cmpstr (calls->str, ==, expected);
  g_string_truncate (calls, 0);
}

/* Its host needs no look-up. */
static IceServer *
make_server (const gchar *uri)
{
  IceServer *server = ice_server_parse (uri, NULL);

  g_assert_nonnull (server);
  server->address = g_strdup (server->host);
  return server;
}

static void
begin (Fixture *f, PairsFixture *pairs, const gchar *stun, const gchar *turn)
{
  *f = (Fixture){ .pairs = pairs };
  calls = g_string_new (NULL);
  gst_ice_settings_init (&f->settings);
  f->stun = stun != NULL ? make_server (stun) : NULL;
  f->turn = g_ptr_array_new_with_free_func ((GDestroyNotify) ice_server_free);
  g_ptr_array_add (f->turn, make_server (turn));
  f->answers = gst_ice_stun_responses_new (pairs->context, TAG, NULL, NULL);
  f->peers = ice_turn_peers_new ();
  here = G_INET_SOCKET_ADDRESS (
      g_inet_socket_address_new_from_string ("127.0.0.1", 7777));
  run_in_io (f, open_servers);
}

static void
end (Fixture *f)
{
  ice_turn_peers_unref (f->peers);
  gst_ice_stun_responses_close (f->answers);
  gst_ice_stun_responses_unref (f->answers);
  g_ptr_array_unref (f->turn);
  g_clear_pointer (&f->stun, ice_server_free);
  gst_ice_settings_clear (&f->settings);
  g_object_unref (here);
  g_string_free (calls, TRUE);
}

/* libnice's line about the STUN server starts the TURN server. */
static void
test_stun_first (PairsFixture *pairs, gconstpointer unused)
{
  Fixture f;

  begin (&f, pairs, STUN, TURN);
  trace (HOST);
  pairs_drain (pairs);
  assert_calls ("gather ");
  trace (FOUND);
  pairs_drain (pairs);
  assert_calls ("relay:10.0.0.1:3478:udp ");
  run_in_io (&f, close_servers);
  assert_calls ("");
  end (&f);
}

/* libnice connects to the tunnel, once that has reached its server. */
static void
test_tunnel (PairsFixture *pairs, gconstpointer unused)
{
  Fixture f;

  begin (&f, pairs, NULL, TURN_TCP);
  assert_calls ("gather tunnel:10.0.0.1 ");
  trace (HOST);
  trace (NOTHING);
  pairs_drain (pairs);
  run_in_io (&f, signal_end);
  assert_calls ("");
  run_in_io (&f, reach);
  assert_calls ("relay:127.0.0.1:7777:tcp accept ");
  run_in_io (&f, close_servers);
  assert_calls ("let-go ");
  end (&f);
}

/* Where it fails, gathering is over. */
static void
test_tunnel_fails (PairsFixture *pairs, gconstpointer unused)
{
  Fixture f;

  begin (&f, pairs, NULL, TURN_TCP);
  trace (HOST);
  trace (NOTHING);
  run_in_io (&f, signal_end);
  assert_calls ("gather tunnel:10.0.0.1 ");
  run_in_io (&f, fail);
  assert_calls ("let-go error:500 gathered ");
  run_in_io (&f, close_servers);
  assert_calls ("");
  end (&f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  pairs_add_test ("/servers/stun-first", test_stun_first);
  pairs_add_test ("/servers/tunnel", test_tunnel);
  pairs_add_test ("/servers/tunnel-fails", test_tunnel_fails);
  return g_test_run ();
}
