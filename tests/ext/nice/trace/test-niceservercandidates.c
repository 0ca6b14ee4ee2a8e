/* gst-ice: test of niceservercandidates: which server gave a candidate.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "trace/niceservers.h"

#define UDP1 "turn://u:p@10.0.0.1:3478"
#define TCP1 "turn://u:p@10.0.0.1:3478?transport=tcp"
#define UDP2 "turn://u:p@10.0.0.2:3478"
#define TLS2 "turns://u:p@10.0.0.2:5349"
#define UDP6 "turn://u:p@[2001:db8::1]:3478"
#define STUN "stun:10.0.0.9:3478"
#define STUN6 "stun:[2001:db8::9]:3479"

/* RFC 8445 section 5.1.2.1, and libnice's local preference: the direction, the
 * server's position, and the local address's. */
static guint32
make_priority (
    guint type, guint direction, guint position, guint address, guint component)
{
  return type << 24 | direction << 21 | position << 14 | address << 8
      | (256 - component);
}

typedef struct
{
  GPtrArray *turn;
  NiceServers *servers;
} Fixture;

static void
begin (Fixture *f, const gchar *text)
{
  g_auto (GStrv) words = g_strsplit (text, " ", -1);
  g_autoptr (IceServer) stun = NULL;
  guint i;

  f->turn = g_ptr_array_new_with_free_func ((GDestroyNotify) ice_server_free);
  for (i = 0; words[i] != NULL; i++) {
    IceServer *server = ice_server_parse (words[i], NULL);

    server->address = g_strdup (server->host);
    if (server->scheme == ICE_SERVER_STUN)
      stun = server;
    else
      g_ptr_array_add (f->turn, server);
  }
  f->servers = nice_servers_new (stun, f->turn, FALSE);
}

static void
end (Fixture *f)
{
  nice_servers_free (f->servers);
  g_ptr_array_unref (f->turn);
}

/* Of each address of ours, component and kind of relayed candidate. */
static void
assert_turn (const Fixture *f, guint position, const gchar *url)
{
  guint type, direction, address, component;

  for (type = 0; type < 31; type++)
    for (direction = 0; direction < 8; direction++)
      for (address = 0; address < 64; address++)
        for (component = 1; component <= 256; component += 51) {
          const IceServer *server = nice_servers_find_turn (f->servers,
              make_priority (type, direction, position, address, component));
          g_autofree gchar *found = server != NULL ? ice_server_to_url (server)
                                                   : NULL;

          g_assert_cmpstr (found, ==, url);
        }
}

static const IceServer *
take (Fixture *f)
{
  const IceServer *server = nice_servers_take_next_turn (f->servers);

  g_assert_nonnull (server);
  return server;
}

static void
reach (Fixture *f, const IceServer *server, guint16 port)
{
  nice_servers_set_reached (f->servers, server, "127.0.0.1", port, NULL);
}

static void
test_none (void)
{
  Fixture f;

  begin (&f, "");
  assert_turn (&f, 0, NULL);
  g_assert_null (nice_servers_find_stun (f.servers, "10.0.0.9", 3478));
  end (&f);
}

/* libnice gets them at once, in their order. */
static void
test_udp (void)
{
  Fixture f;
  guint i;

  begin (&f, UDP1 " " UDP2 " " UDP6 " " UDP1);
  assert_turn (&f, 0, NULL);
  for (i = 0; i < 4; i++)
    take (&f);
  assert_turn (&f, 0, "turn:10.0.0.1:3478?transport=udp");
  assert_turn (&f, 1, "turn:10.0.0.2:3478?transport=udp");
  assert_turn (&f, 2, "turn:[2001:db8::1]:3478?transport=udp");
  assert_turn (&f, 3, "turn:10.0.0.1:3478?transport=udp");
  for (i = 4; i < NICE_SERVERS_MAX_TURN; i++)
    assert_turn (&f, i, NULL);
  end (&f);
}

/* libnice gets those over TCP and TLS when they were reached, with the address
 * of a tunnel, or never. One address may be that of two servers. */
static void
test_tunnels (void)
{
  const IceServer *tcp, *tls, *lost;
  Fixture f;

  begin (&f, TCP1 " " TLS2 " " TCP1 " " UDP1);
  tcp = take (&f);
  tls = take (&f);
  lost = take (&f);
  assert_turn (&f, 0, NULL);
  take (&f);
  assert_turn (&f, 0, "turn:10.0.0.1:3478?transport=udp");
  reach (&f, tls, 50001);
  assert_turn (&f, 1, "turns:10.0.0.2:5349?transport=tcp");
  nice_servers_set_failed (f.servers, lost, 0, "is gone");
  assert_turn (&f, 2, NULL);
  reach (&f, tcp, 50002);
  assert_turn (&f, 2, "turn:10.0.0.1:3478?transport=tcp");
  assert_turn (&f, 1, "turns:10.0.0.2:5349?transport=tcp");
  assert_turn (&f, 0, "turn:10.0.0.1:3478?transport=udp");
  assert_turn (&f, 3, NULL);
  end (&f);
}

/* Over UDP from another port: libnice has that server twice. */
static void
test_other_port (void)
{
  const NiceTraceEvent asked = { .kind = NICE_TRACE_TURN_ASKED, .other = 1 };
  const NiceTraceEvent refused = { .kind = NICE_TRACE_TURN_ANSWER,
    .other = 1,
    .number = { NICE_TRACE_TURN_ERROR },
    .error_code = 437 };
  const IceServer *server;
  Fixture f;

  begin (&f, UDP1 " " UDP2);
  take (&f);
  nice_servers_step (f.servers, &asked);
  take (&f);
  nice_servers_step (f.servers, &refused);
  server = nice_servers_take_other_port (f.servers);
  g_assert_nonnull (server);
  assert_turn (&f, 2, NULL);
  reach (&f, server, 50003);
  assert_turn (&f, 0, "turn:10.0.0.1:3478?transport=udp");
  assert_turn (&f, 1, "turn:10.0.0.2:3478?transport=udp");
  assert_turn (&f, 2, "turn:10.0.0.1:3478?transport=udp");
  assert_turn (&f, 3, NULL);
  end (&f);
}

/* More than libnice takes. */
static void
test_too_many (void)
{
  Fixture f;
  guint i;

  begin (&f,
      UDP1 " " UDP1 " " UDP1 " " UDP1 " " UDP1 " " UDP1 " " UDP1 " " UDP2
           " " UDP6);
  for (i = 0; i < NICE_SERVERS_MAX_TURN; i++)
    take (&f);
  g_assert_null (nice_servers_take_next_turn (f.servers));
  assert_turn (&f, 0, "turn:10.0.0.1:3478?transport=udp");
  assert_turn (&f, 7, "turn:10.0.0.2:3478?transport=udp");
  end (&f);
}

static void
assert_stun (
    const Fixture *f, const gchar *address, guint16 port, const gchar *url)
{
  const IceServer *server = nice_servers_find_stun (f->servers, address, port);
  g_autofree gchar *found = server != NULL ? ice_server_to_url (server) : NULL;

  g_assert_cmpstr (found, ==, url);
}

/* Only the STUN server: a TURN server may have the same address. */
static void
test_stun (void)
{
  Fixture f;

  begin (&f, "turn://u:p@10.0.0.9:3478 " UDP1 " " STUN);
  assert_stun (&f, "10.0.0.9", 3478, STUN);
  assert_stun (&f, "10.0.0.9", 3479, NULL);
  assert_stun (&f, "10.0.0.1", 3478, NULL);
  assert_stun (&f, "2001:db8::9", 3478, NULL);
  end (&f);
  begin (&f, STUN6);
  assert_stun (&f, "2001:db8::9", 3479, STUN6);
  assert_stun (&f, "2001:db8::9", 3478, NULL);
  assert_stun (&f, "10.0.0.9", 3479, NULL);
  end (&f);
  begin (&f, UDP1);
  assert_stun (&f, "10.0.0.1", 3478, NULL);
  end (&f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/niceservercandidates/none", test_none);
  g_test_add_func ("/niceservercandidates/udp", test_udp);
  g_test_add_func ("/niceservercandidates/tunnels", test_tunnels);
  g_test_add_func ("/niceservercandidates/other-port", test_other_port);
  g_test_add_func ("/niceservercandidates/too-many", test_too_many);
  g_test_add_func ("/niceservercandidates/stun", test_stun);
  return g_test_run ();
}
