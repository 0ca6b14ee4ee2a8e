/* gst-ice: tests of the filters: which datagrams get through, from whom.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "guard/gsticenicesocketfilter.h"
#include "hosts.h"
#include "loopback.h"
#include "stun/iceturnanswer.h"
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stun/stunagent.h>
#include <string.h>

/* A socket, and two that send to it. */
typedef struct
{
  GSocket *socket, *peer, *server;
} Fixture;

/* A message, made by libnice's STUN library. */
typedef struct
{
  guint8 data[1500];
  StunAgent agent;
  StunMessage message;
  gsize size;
} Message;

static const GstIceNiceDropped nothing;

static void
set_up (Fixture *fixture, gconstpointer host)
{
  NiceAddress server;

  fixture->socket = loopback_make_socket (host);
  fixture->peer = loopback_make_socket (host);
  fixture->server = loopback_make_socket (host);
  loopback_get_address (fixture->server, &server);
  gst_ice_nice_socket_filter_apply (
      fixture->socket, NULL, &nothing, &server, FALSE);
}

static void
tear_down (Fixture *fixture, gconstpointer host)
{
  g_object_unref (fixture->socket);
  g_object_unref (fixture->peer);
  g_object_unref (fixture->server);
}

static gboolean
gets_through (Fixture *fixture, GSocket *from, const void *data, gsize size)
{
  return loopback_gets_through (from, fixture->socket, data, size);
}

static void
begin (Message *message, StunClass class, StunMethod method)
{
  static const guint16 known[] = { 0 };
  StunTransactionId id = { 1, 2, 3 };

  stun_agent_init (&message->agent, known, STUN_COMPATIBILITY_RFC5389,
      STUN_AGENT_USAGE_USE_FINGERPRINT);
  message->message.buffer = message->data;
  message->message.buffer_len = sizeof (message->data);
  message->message.agent = &message->agent;
  message->message.key = NULL;
  g_assert_true (stun_message_init (&message->message, class, method, id));
  /* RFC 8489's cookie, which the id begins with here */
  memcpy (message->data + 4, "\x21\x12\xA4\x42", 4);
}

static void
end (Message *message)
{
  message->size = stun_agent_finish_message (
      &message->agent, &message->message, NULL, 0);
  g_assert_cmpuint (message->size, >, 0);
}

static gboolean
message_gets_through (Fixture *fixture, GSocket *from, Message *message)
{
  end (message);
  return gets_through (fixture, from, message->data, message->size);
}

static gboolean
error_gets_through (Fixture *fixture, GSocket *from, gint code, guint n_before)
{
  Message message;
  guint i;

  begin (&message, STUN_ERROR, STUN_BINDING);
  for (i = 0; i < n_before; i++) /* of a length that needs padding */
    stun_message_append_string (
        &message.message, STUN_ATTRIBUTE_SOFTWARE, "forge");
  g_assert_cmpint (stun_message_append_error (&message.message, code), ==,
      STUN_MESSAGE_RETURN_SUCCESS);
  return message_gets_through (fixture, from, &message);
}

static gboolean
request_gets_through (Fixture *fixture, GSocket *from)
{
  Message message;

  begin (&message, STUN_REQUEST, STUN_BINDING);
  return message_gets_through (fixture, from, &message);
}

/* Who is not the peer may send anything but Binding requests, and errors that
 * nobody may. */
static void
test_retire (Fixture *fixture, gconstpointer host)
{
  NiceAddress peer, elsewhere;
  Message message;

  loopback_get_address (fixture->peer, &peer);
  gst_ice_nice_socket_filter_limit_checks (
      fixture->socket, NULL, &nothing, NULL, FALSE, &peer, NULL, 0);
  g_assert_true (request_gets_through (fixture, fixture->peer));
  g_assert_false (request_gets_through (fixture, fixture->server));
  g_assert_true (gets_through (fixture, fixture->peer, "media", 5));
  g_assert_true (gets_through (fixture, fixture->server, "media", 5));
  begin (&message, STUN_RESPONSE, STUN_BINDING);
  g_assert_true (message_gets_through (fixture, fixture->server, &message));
  begin (&message, STUN_INDICATION, STUN_IND_DATA); /* of a TURN server */
  g_assert_true (message_gets_through (fixture, fixture->server, &message));
  g_assert_true (error_gets_through (fixture, fixture->peer, 403, 0));
  g_assert_false (error_gets_through (fixture, fixture->peer, 401, 0));

  nice_address_init (&elsewhere); /* of the other version of IP */
  g_assert_true (nice_address_set_from_string (
      &elsewhere, nice_address_ip_version (&peer) == 4 ? "::1" : "127.0.0.1"));
  gst_ice_nice_socket_filter_limit_checks (
      fixture->socket, NULL, &nothing, NULL, FALSE, &elsewhere, NULL, 0);
  g_assert_false (request_gets_through (fixture, fixture->peer));
  g_assert_true (gets_through (fixture, fixture->peer, "media", 5));
}

/* What libnice believes as it is. */
static const gint forgeable[] = { 300, 400, 401, 438 };
static const gint authenticated[] = { 301, 402, 403, 420, 437, 439, 487, 500 };

static void
test_errors (Fixture *fixture, gconstpointer host)
{
  guint i, n;

  for (n = 0; n < 4; n++)
    for (i = 0; i < G_N_ELEMENTS (forgeable); i++) {
      g_assert_false (
          error_gets_through (fixture, fixture->peer, forgeable[i], n));
      g_assert_true (
          error_gets_through (fixture, fixture->server, forgeable[i], n));
    }
  for (n = 0; n < 4; n++)
    for (i = 0; i < G_N_ELEMENTS (authenticated); i++)
      g_assert_true (
          error_gets_through (fixture, fixture->peer, authenticated[i], n));
  /* further on no code is looked for */
  g_assert_false (error_gets_through (fixture, fixture->peer, 401, 4));
  g_assert_false (error_gets_through (fixture, fixture->peer, 487, 4));
}

/* The bits before an error's class mean nothing, RFC 8489 section 14.8. */
static void
test_reserved_bits (Fixture *fixture, gconstpointer host)
{
  guint8 bit;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (forgeable); i++)
    for (bit = 0x08; bit != 0; bit <<= 1) {
      Message message;

      begin (&message, STUN_ERROR, STUN_BINDING);
      stun_message_append_error (&message.message, forgeable[i]);
      message.data[26] |= bit;
      g_assert_false (message_gets_through (fixture, fixture->peer, &message));
    }
}

/* RFC 8656 section 17: errors of a TURN server's. */
static const StunMethod turn_methods[] = { STUN_ALLOCATE, STUN_REFRESH,
  STUN_CREATEPERMISSION, STUN_CHANNELBIND };

static gboolean
turn_message_gets_through (
    Fixture *fixture, GSocket *from, StunClass of_class, StunMethod method)
{
  Message message;

  begin (&message, of_class, method);
  if (of_class == STUN_ERROR)
    stun_message_append_error (&message.message, 438);
  else
    stun_message_append32 (&message.message, STUN_ATTRIBUTE_LIFETIME, 600);
  return message_gets_through (fixture, from, &message);
}

/* At all, for some are lost. */
static gboolean
turn_error_gets_through (Fixture *fixture, GSocket *from, StunMethod method)
{
  guint i;

  for (i = 0; i < 10; i++)
    if (turn_message_gets_through (fixture, from, STUN_ERROR, method))
      return TRUE;
  return FALSE;
}

/* Each part of an address counts, and not only the port. */
static void
test_address (Fixture *fixture, gconstpointer host)
{
  static const gchar *const ipv4[] = { "127.0.0.2", "126.0.0.1", NULL };
  static const gchar *const ipv6[] = { "::2", "1::1", "0:0:1::1",
    "0:0:0:0:1::1", NULL };
  const gchar *const *other = strchr (host, ':') != NULL ? ipv6 : ipv4;
  NiceAddress server;

  loopback_get_address (fixture->server, &server);
  for (; *other != NULL; other++) {
    GstIceNiceDropped refused = { .n_servers = 1 };
    guint port = nice_address_get_port (&server);
    NiceAddress address;

    nice_address_init (&address);
    g_assert_true (nice_address_set_from_string (&address, *other));
    nice_address_set_port (&address, port);
    gst_ice_nice_socket_filter_apply (
        fixture->socket, NULL, &nothing, &address, FALSE);
    g_assert_false (error_gets_through (fixture, fixture->server, 401, 0));
    gst_ice_nice_socket_filter_limit_checks (
        fixture->socket, NULL, &nothing, NULL, FALSE, &address, NULL, 0);
    g_assert_false (request_gets_through (fixture, fixture->server));
    gst_ice_nice_socket_filter_pass_only (
        fixture->socket, NULL, &nothing, &address);
    g_assert_false (gets_through (fixture, fixture->server, "x", 1));
    refused.servers[0] = address;
    gst_ice_nice_socket_filter_apply (
        fixture->socket, NULL, &refused, &server, FALSE);
    g_assert_true (
        turn_error_gets_through (fixture, fixture->server, STUN_REFRESH));
  }
}

static void
remove_filter (GSocket *socket)
{
  const gint unused = 0;

  g_assert_cmpint (setsockopt (g_socket_get_fd (socket), SOL_SOCKET,
                       SO_DETACH_FILTER, &unused, sizeof (unused)),
      ==, 0);
}

/* Without the filter, these messages would get through. */
static void
test_removed (Fixture *fixture, gconstpointer host)
{
  guint i;

  remove_filter (fixture->socket);
  for (i = 0; i < G_N_ELEMENTS (forgeable); i++)
    g_assert_true (
        error_gets_through (fixture, fixture->peer, forgeable[i], 0));
}

static void
test_other_messages (Fixture *fixture, gconstpointer host)
{
  static const StunClass classes[] = { STUN_REQUEST, STUN_INDICATION,
    STUN_RESPONSE };
  Message message;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (classes); i++) {
    begin (&message, classes[i], STUN_BINDING);
    stun_message_append_error (&message.message, 401);
    g_assert_true (message_gets_through (fixture, fixture->peer, &message));
  }
  begin (&message, STUN_ERROR, STUN_ALLOCATE); /* TURN's need a 401 */
  stun_message_append_error (&message.message, 401);
  g_assert_true (message_gets_through (fixture, fixture->peer, &message));
}

/* As many as there is room for, the last one is the server. */
static void
test_refused_servers (Fixture *fixture, gconstpointer host)
{
  GstIceNiceDropped refused = { 0 };
  NiceAddress peer;
  guint i, j;

  loopback_get_address (fixture->peer, &peer);
  for (i = 1; i < GST_ICE_NICE_SOCKET_FILTER_SERVERS; i++) {
    nice_address_init (&refused.servers[refused.n_servers]);
    g_assert_true (nice_address_set_from_string (
        &refused.servers[refused.n_servers], i % 2 == 0 ? "127.0.0.1" : "::1"));
    nice_address_set_port (&refused.servers[refused.n_servers++], i);
  }
  loopback_get_address (fixture->server, &refused.servers[refused.n_servers++]);
  for (i = 0; i < 2; i++) {
    if (i == 0)
      gst_ice_nice_socket_filter_apply (
          fixture->socket, NULL, &refused, NULL, FALSE);
    else
      gst_ice_nice_socket_filter_limit_checks (
          fixture->socket, NULL, &refused, NULL, FALSE, &peer, NULL, 0);
    for (j = 0; j < G_N_ELEMENTS (turn_methods); j++) {
      g_assert_false (
          turn_error_gets_through (fixture, fixture->server, turn_methods[j]));
      g_assert_true (
          turn_error_gets_through (fixture, fixture->peer, turn_methods[j]));
      g_assert_true (turn_message_gets_through (
          fixture, fixture->server, STUN_RESPONSE, turn_methods[j]));
    }
    g_assert_true (gets_through (fixture, fixture->server, "media", 5));
    g_assert_true (error_gets_through (fixture, fixture->server, 403, 0));
    g_assert_true (request_gets_through (fixture, fixture->peer));
  }
}

static void
test_refused_allocations (Fixture *fixture, gconstpointer host)
{
  const GstIceNiceDropped refused = { .allocations = TRUE };
  guint i;

  gst_ice_nice_socket_filter_apply (
      fixture->socket, NULL, &refused, NULL, FALSE);
  for (i = 0; i < G_N_ELEMENTS (turn_methods); i++)
    g_assert_cmpint (
        turn_error_gets_through (fixture, fixture->server, turn_methods[i]), ==,
        turn_methods[i] != STUN_ALLOCATE);
}

/* 1 of 32 errors that a request may be sent once more for; not so of Allocate,
 * whose errors are counted. Of 4096 128 are expected; with a deviation of 11.
 */
static void
assert_errors_are_lost (Fixture *fixture)
{
  guint i, j, n;

  for (i = 0; i < G_N_ELEMENTS (turn_methods); i++) {
    for (j = n = 0; j < 4096; j++)
      n += !turn_message_gets_through (
          fixture, fixture->server, STUN_ERROR, turn_methods[i]);
    if (turn_methods[i] == STUN_ALLOCATE) {
      g_assert_cmpuint (n, ==, 0);
      continue;
    }
    g_assert_cmpuint (n, >, 50);
    g_assert_cmpuint (n, <, 220);
  }
}

static void
test_lost_errors (Fixture *fixture, gconstpointer host)
{
  assert_errors_are_lost (fixture);
}

/* Where an error ends early nothing is believed either. */
static void
test_cut_errors (Fixture *fixture, gconstpointer host)
{
  Message message;
  gsize size;

  begin (&message, STUN_ERROR, STUN_BINDING);
  stun_message_append_error (&message.message, 401);
  end (&message);
  for (size = 20; size < message.size; size++)
    g_assert_false (gets_through (fixture, fixture->peer, message.data, size));
  message.data[22] = message.data[23] = 0xFF; /* the first attribute's length */
  message.data[20] = 0x80;
  g_assert_false (
      gets_through (fixture, fixture->peer, message.data, message.size));
}

/* RFC 8656 section 17: a method that libnice's STUN library has too. */
static gboolean
lifetime_gets_through (
    Fixture *fixture, StunMethod method, guint32 lifetime, guint n_before)
{
  Message message;
  guint i;

  begin (&message, STUN_RESPONSE, method);
  for (i = 0; i < n_before; i++)
    stun_message_append_string (
        &message.message, STUN_ATTRIBUTE_SOFTWARE, "relay");
  stun_message_append32 (&message.message, STUN_ATTRIBUTE_LIFETIME, lifetime);
  return message_gets_through (fixture, fixture->server, &message);
}

static void
assert_allocations_are_guarded (Fixture *fixture)
{
  static const StunMethod methods[] = { STUN_ALLOCATE, STUN_REFRESH };
  static const guint32 refused[] = { 0, 1, ICE_TURN_MIN_LIFETIME - 1,
    ICE_TURN_MAX_LIFETIME + 1, G_MAXUINT32 };
  static const guint32 taken[] = { ICE_TURN_MIN_LIFETIME, 600,
    ICE_TURN_MAX_LIFETIME };
  static const StunAttribute last[] = { STUN_ATTRIBUTE_MESSAGE_INTEGRITY,
    STUN_ATTRIBUTE_FINGERPRINT };
  guint i, k, n;

  for (i = 0; i < G_N_ELEMENTS (methods); i++) {
    Message message;

    for (n = 0; n < 12; n++) {
      for (k = 0; k < G_N_ELEMENTS (refused); k++)
        g_assert_false (
            lifetime_gets_through (fixture, methods[i], refused[k], n));
      for (k = 0; k < G_N_ELEMENTS (taken); k++)
        g_assert_true (
            lifetime_gets_through (fixture, methods[i], taken[k], n));
    }
    /* further on none is looked for; nor where libnice would not */
    g_assert_false (lifetime_gets_through (fixture, methods[i], 600, 12));
    begin (&message, STUN_RESPONSE, methods[i]);
    g_assert_false (message_gets_through (fixture, fixture->server, &message));
    begin (&message, STUN_RESPONSE, methods[i]);
    stun_message_append64 (&message.message, STUN_ATTRIBUTE_LIFETIME, 600);
    g_assert_false (message_gets_through (fixture, fixture->server, &message));
    for (k = 0; k < G_N_ELEMENTS (last); k++) {
      begin (&message, STUN_RESPONSE, methods[i]);
      stun_message_append32 (&message.message, last[k], 0);
      stun_message_append32 (&message.message, STUN_ATTRIBUTE_LIFETIME, 600);
      g_assert_false (
          message_gets_through (fixture, fixture->server, &message));
    }
  }
  g_assert_true (lifetime_gets_through (fixture, STUN_BINDING, 0, 0));
  g_assert_true (lifetime_gets_through (fixture, STUN_CREATEPERMISSION, 0, 0));
}

/* Whatever else is dropped. */
static void
test_allocations (Fixture *fixture, gconstpointer host)
{
  guint16 ports[GST_ICE_NICE_SOCKET_FILTER_PORTS] = { 0 };
  NiceAddress server;

  loopback_get_address (fixture->server, &server);
  assert_allocations_are_guarded (fixture);
  gst_ice_nice_socket_filter_limit_checks (fixture->socket, NULL, &nothing,
      &server, FALSE, &server, ports, G_N_ELEMENTS (ports));
  assert_allocations_are_guarded (fixture);
  gst_ice_nice_socket_filter_pass_only (
      fixture->socket, NULL, &nothing, &server);
  assert_allocations_are_guarded (fixture);
}

/* A good one is not passed on either where somebody else is to be spared. */
static void
test_allocations_in_a_flood (Fixture *fixture, gconstpointer host)
{
  NiceAddress peer;

  loopback_get_address (fixture->peer, &peer);
  gst_ice_nice_socket_filter_pass_only (fixture->socket, NULL, &nothing, &peer);
  g_assert_false (lifetime_gets_through (fixture, STUN_ALLOCATE, 600, 0));
}

static void
test_finish (Fixture *fixture, gconstpointer host)
{
  gst_ice_nice_socket_filter_prepare_close (fixture->socket, &nothing);
  g_assert_false (lifetime_gets_through (fixture, STUN_ALLOCATE, 0, 0));
  g_assert_false (lifetime_gets_through (fixture, STUN_ALLOCATE, 600, 0));
  g_assert_true (lifetime_gets_through (fixture, STUN_REFRESH, 0, 0));
  g_assert_true (gets_through (fixture, fixture->server, "x", 1));
}

/* A server asks for the same requests again while libnice closes, too. */
static void
test_lost_errors_at_the_end (Fixture *fixture, gconstpointer host)
{
  gst_ice_nice_socket_filter_prepare_close (fixture->socket, &nothing);
  assert_errors_are_lost (fixture);
}

/* Nor what a TURN server relays. */
static void
test_finish_of_relay (Fixture *fixture, gconstpointer host)
{
  Message message;

  gst_ice_nice_socket_filter_prepare_close (fixture->socket, &nothing);
  g_assert_true (gets_through (fixture, fixture->server, "\x3F", 1));
  g_assert_false (gets_through (fixture, fixture->server, "\x40", 1));
  g_assert_false (gets_through (fixture, fixture->server, "\x4F data", 6));
  g_assert_true (gets_through (fixture, fixture->server, "\x50", 1));
  g_assert_true (gets_through (fixture, fixture->server, "", 0));
  begin (&message, STUN_INDICATION, STUN_IND_DATA);
  g_assert_false (message_gets_through (fixture, fixture->server, &message));
  begin (&message, STUN_INDICATION, STUN_BINDING);
  g_assert_true (message_gets_through (fixture, fixture->server, &message));
}

/* Each kind of filter, for a peer that is also a TURN server whose errors are
 * dropped. */
static void
apply_filter (Fixture *fixture, guint kind, IceTurnPeers *peers)
{
  GstIceNiceDropped dropped = { .n_servers = 1 };
  NiceAddress peer;

  loopback_get_address (fixture->peer, &peer);
  dropped.servers[0] = peer;
  switch (kind) {
    case 0:
      gst_ice_nice_socket_filter_apply (
          fixture->socket, peers, &dropped, NULL, TRUE);
      break;
    case 1:
      gst_ice_nice_socket_filter_limit_checks (
          fixture->socket, peers, &dropped, NULL, TRUE, NULL, NULL, 0);
      break;
    case 2:
      gst_ice_nice_socket_filter_pass_only (
          fixture->socket, peers, &dropped, &peer);
      break;
    default:
      gst_ice_nice_socket_filter_prepare_close (fixture->socket, &dropped);
  }
}

/* Without the cookie, or cut, it is no message that a filter knows. */
static void
test_no_stun (Fixture *fixture, gconstpointer host)
{
  static const guint types[] = { 0x0001, 0x0017, 0x0103, 0x0104, 0x0111, 0x0113,
    0x0114, 0x0118, 0x0119 };
  IceTurnPeers *peers = ice_turn_peers_new ();
  guint kind, i;

  for (kind = 0; kind < 4; kind++) {
    apply_filter (fixture, kind, peers);
    for (i = 0; i < G_N_ELEMENTS (types); i++) {
      guint8 data[28] = { (guint8) (types[i] >> 8), (guint8) types[i], 0, 8,
        0x21, 0x12, 0xA4, 0x43, 'i', 'd', [20] = 0, 9, 0, 4 };

      g_assert_true (
          gets_through (fixture, fixture->peer, data, sizeof (data)));
      data[7] = 0x42;
      g_assert_true (gets_through (fixture, fixture->peer, data, 19));
    }
  }
  ice_turn_peers_unref (peers);
}

/* The memory that waiting datagrams take. */
static guint32
get_queued (GSocket *socket)
{
  guint32 info[SK_MEMINFO_VARS] = { 0 };
  socklen_t size = sizeof (info);

  g_assert_cmpint (getsockopt (g_socket_get_fd (socket), SOL_SOCKET, SO_MEMINFO,
                       info, &size),
      ==, 0);
  return info[SK_MEMINFO_RMEM_ALLOC];
}

/* Loopback does not always deliver before send returns. */
static void
send_and_wait (Fixture *fixture, const gchar *data, gsize size)
{
  g_autoptr (GSocketAddress)
      address = g_socket_get_local_address (fixture->socket, NULL);
  gint64 deadline = g_get_monotonic_time () + LOOPBACK_PATIENCE;
  guint32 before = get_queued (fixture->socket);

  g_assert_cmpint (
      g_socket_send_to (fixture->peer, address, data, size, NULL, NULL), ==,
      size);
  while (get_queued (fixture->socket) == before) {
    g_assert_cmpint (g_get_monotonic_time (), <, deadline);
    g_usleep (10);
  }
}

/* An empty datagram is one, too, and of a long one no more than there is room
 * for is read. */
static void
test_drain (Fixture *fixture, gconstpointer host)
{
  g_assert_cmpuint (gst_ice_nice_socket_filter_drain (fixture->socket), ==, 0);
  gst_ice_nice_socket_filter_apply (
      fixture->socket, NULL, &nothing, NULL, FALSE);
  send_and_wait (fixture, "", 0);
  send_and_wait (fixture, "media", 5);
  send_and_wait (fixture, "", 0);
  g_assert_cmpuint (gst_ice_nice_socket_filter_drain (fixture->socket), ==, 3);
  g_assert_false (gets_through (fixture, fixture->peer, "x", 1));
}

/* An error of the socket does not hide what has come. */
static void
test_drain_after_error (Fixture *fixture, gconstpointer host)
{
  const gboolean is_ipv6 = strchr (host, ':') != NULL;
  g_autoptr (GSocketAddress)
      nobody = g_socket_get_local_address (fixture->server, NULL);

  g_assert_true (g_socket_close (fixture->server, NULL));
  g_assert_true (
      g_socket_set_option (fixture->socket, is_ipv6 ? IPPROTO_IPV6 : IPPROTO_IP,
          is_ipv6 ? IPV6_RECVERR : IP_RECVERR, TRUE, NULL));
  send_and_wait (fixture, "x", 1);
  g_assert_cmpint (
      g_socket_send_to (fixture->socket, nobody, "x", 1, NULL, NULL), ==, 1);
  g_assert_true (g_socket_condition_timed_wait (
      fixture->socket, G_IO_ERR, LOOPBACK_PATIENCE, NULL, NULL));
  g_assert_cmpuint (gst_ice_nice_socket_filter_drain (fixture->socket), ==, 1);
}

/* Error 487 of the peer's, once the role is settled; no other error that is
 * authenticated, and nothing of the server's. */
static void
test_role_conflicts (Fixture *fixture, gconstpointer host)
{
  guint16 ports[GST_ICE_NICE_SOCKET_FILTER_PORTS] = { 0 };
  NiceAddress server, peer;
  guint i, n, way;

  loopback_get_address (fixture->server, &server);
  loopback_get_address (fixture->peer, &peer);
  for (way = 0; way < 2; way++) {
    if (way == 0)
      gst_ice_nice_socket_filter_apply (
          fixture->socket, NULL, &nothing, &server, TRUE);
    else
      gst_ice_nice_socket_filter_limit_checks (fixture->socket, NULL, &nothing,
          &server, TRUE, &peer, ports, G_N_ELEMENTS (ports));
    for (n = 0; n < 4; n++)
      for (i = 0; i < G_N_ELEMENTS (authenticated); i++) {
        gint code = authenticated[i];

        g_assert_cmpint (error_gets_through (fixture, fixture->peer, code, n),
            ==, code != 487);
        g_assert_true (error_gets_through (fixture, fixture->server, code, n));
      }
    g_assert_false (error_gets_through (fixture, fixture->peer, 401, 0));
    g_assert_true (request_gets_through (fixture, fixture->peer));
  }
  gst_ice_nice_socket_filter_apply (
      fixture->socket, NULL, &nothing, &server, FALSE);
  g_assert_true (error_gets_through (fixture, fixture->peer, 487, 0));
}

static void
test_data (Fixture *fixture, gconstpointer host)
{
  guint8 data[1500];
  gsize size;

  memset (data, 0x80, sizeof (data));
  for (size = 0; size <= sizeof (data); size++)
    g_assert_true (gets_through (fixture, fixture->peer, data, size));
  /* like an error's header, but for the cookie; an error's header, but cut */
  memcpy (data, "\x01\x11\x00\x00\x21\x12\xA4\x43", 8);
  g_assert_true (gets_through (fixture, fixture->peer, data, 28));
  data[7] = 0x42;
  g_assert_true (gets_through (fixture, fixture->peer, data, 19));
}

static void
test_spare (Fixture *fixture, gconstpointer host)
{
  NiceAddress peer;

  loopback_get_address (fixture->peer, &peer);
  gst_ice_nice_socket_filter_pass_only (fixture->socket, NULL, &nothing, &peer);
  g_assert_true (gets_through (fixture, fixture->peer, "x", 1));
  g_assert_true (error_gets_through (fixture, fixture->peer, 487, 0));
  g_assert_false (error_gets_through (fixture, fixture->peer, 401, 0));
  g_assert_false (gets_through (fixture, fixture->server, "x", 1));
}

static void
test_shut (Fixture *fixture, gconstpointer host)
{
  gst_ice_nice_socket_filter_drop_all (fixture->socket);
  g_assert_false (gets_through (fixture, fixture->peer, "x", 1));
  remove_filter (fixture->socket);
  g_assert_true (gets_through (fixture, fixture->peer, "x", 1));
}

/* A peer, or a server, that can not be the one who sends. */
static void
test_other_family (Fixture *fixture, gconstpointer host)
{
  NiceAddress other;

  nice_address_init (&other);
  g_assert_true (nice_address_set_from_string (
      &other, strchr (host, ':') != NULL ? "127.0.0.1" : "::1"));
  nice_address_set_port (&other, 9);
  gst_ice_nice_socket_filter_apply (
      fixture->socket, NULL, &nothing, &other, FALSE);
  g_assert_true (gets_through (fixture, fixture->peer, "x", 1));
  g_assert_false (error_gets_through (fixture, fixture->peer, 401, 0));
  g_assert_true (error_gets_through (fixture, fixture->peer, 487, 0));
  gst_ice_nice_socket_filter_pass_only (
      fixture->socket, NULL, &nothing, &other);
  g_assert_false (gets_through (fixture, fixture->peer, "x", 1));
}

static void
test_no_server (Fixture *fixture, gconstpointer host)
{
  gst_ice_nice_socket_filter_apply (
      fixture->socket, NULL, &nothing, NULL, FALSE);
  g_assert_false (error_gets_through (fixture, fixture->server, 401, 0));
  g_assert_true (error_gets_through (fixture, fixture->server, 487, 0));
}

/* A socket that is closed has no counter. */
static void
test_closed (Fixture *fixture, gconstpointer host)
{
  g_assert_true (g_socket_close (fixture->socket, NULL));
  g_assert_cmpuint (
      gst_ice_nice_socket_filter_count_drops (fixture->socket), ==, 0);
}

static void
add (const gchar *name, void (*test) (Fixture *, gconstpointer))
{
  hosts_add_test ("/filter", name, Fixture, set_up, test, tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#ifdef __linux__
  add ("errors", test_errors);
  add ("role-conflicts", test_role_conflicts);
  add ("reserved-bits", test_reserved_bits);
  add ("address", test_address);
  add ("removed", test_removed);
  add ("other-messages", test_other_messages);
  add ("cut-errors", test_cut_errors);
  add ("refused-servers", test_refused_servers);
  add ("refused-allocations", test_refused_allocations);
  add ("lost-errors", test_lost_errors);
  add ("lost-errors-at-the-end", test_lost_errors_at_the_end);
  add ("allocations", test_allocations);
  add ("allocations-in-a-flood", test_allocations_in_a_flood);
  add ("finish", test_finish);
  add ("finish-of-relay", test_finish_of_relay);
  add ("no-stun", test_no_stun);
  add ("drain", test_drain);
  add ("drain-after-error", test_drain_after_error);
  add ("data", test_data);
  add ("retire", test_retire);
  add ("spare", test_spare);
  add ("shut", test_shut);
  add ("other-family", test_other_family);
  add ("no-server", test_no_server);
  add ("closed", test_closed);
#endif
  return g_test_run ();
}
