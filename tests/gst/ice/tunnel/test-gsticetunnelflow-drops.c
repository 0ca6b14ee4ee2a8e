/* gst-ice: test of which of the server's messages a tunnel forwards, and what
 * ends it.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Those who judge the messages are played by this file. */

#include "tunnel/gsticetunnelflow.h"
#include "stun/iceturnretries.h"
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define PATIENCE (20 * G_TIME_SPAN_SECOND)
#define SIZE 100 /* octets of a message, its header included */
#define CODE 437
#define MANY (8 * 1024 * 1024)
#define LONG (16 * 1024 - 4)

typedef struct
{
  GMainContext *context;
  GSocketConnection *ends[2]; /* the flow's: of the library and of the server */
  GSocket *library, *server;  /* at the other ends */
  GstIceTunnelFlow *flow;
  GString *log; /* a word each */
} Fixture;

static gint answers, peers; /* only their addresses are used */
static guint n_references;

/* The letter that fills a message says who has something to do with it. */
static gboolean
is_letter (const guint8 *message, gsize size, gchar letter)
{
  return size > 4 && message[4] == (guint8) letter;
}

GstIceStunResponses *
gst_ice_stun_responses_ref (GstIceStunResponses *self)
{
  n_references++;
  return self;
}

void
gst_ice_stun_responses_unref (GstIceStunResponses *self)
{
  n_references--;
}

gboolean
gst_ice_stun_responses_take (GstIceStunResponses *self, gpointer taker,
    GSocketAddress *from, const guint8 *data, gsize size)
{
  g_assert_true ((gpointer) self == &answers);
  g_assert_null (taker);
  g_assert_null (from);
  return is_letter (data, size, 'a');
}

IceTurnPeers *
ice_turn_peers_ref (IceTurnPeers *self)
{
  n_references++;
  return self;
}

void
ice_turn_peers_unref (IceTurnPeers *self)
{
  n_references--;
}

gboolean
ice_turn_peers_judge (
    IceTurnPeers *self, const guint8 *data, gsize size, gint64 now)
{
  g_assert_true ((gpointer) self == &peers);
  return !is_letter (data, size, 'p');
}

IceTurnRetriesVerdict
ice_turn_retries_look (IceTurnRetries *self, const guint8 *data, gsize size,
    gint64 now, guint *code)
{
  *code = CODE;
  return is_letter (data, size, 'r') ? ICE_TURN_RETRIES_DROP
      : is_letter (data, size, 'g')  ? ICE_TURN_RETRIES_GIVE_UP
                                     : ICE_TURN_RETRIES_PASS;
}

static void
on_ended (GstIceTunnelFlowEnd end, guint code, gpointer data)
{
  Fixture *f = data;

  g_string_append_printf (f->log, "ended:%d:%u ", end, code);
  if (end == GST_ICE_TUNNEL_FLOW_LIBRARY_GONE
      || !gst_ice_tunnel_flow_drain (f->flow))
    g_clear_pointer (&f->flow, gst_ice_tunnel_flow_free);
}

static GSocket *
make_socket (int fd)
{
  GSocket *socket = g_socket_new_from_fd (fd, NULL);

  g_assert_nonnull (socket);
  g_socket_set_blocking (socket, FALSE);
  return socket;
}

/* Returns: the other end of a new connection */
static GSocket *
connect_end (GSocketConnection **end)
{
  g_autoptr (GSocket) socket = NULL;
  int pair[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM, 0, pair), ==, 0);
  socket = make_socket (pair[0]);
  *end = g_socket_connection_factory_create_connection (socket);
  return make_socket (pair[1]);
}

static void
set_up (Fixture *f, gconstpointer with_judges)
{
  f->context = g_main_context_new ();
  f->log = g_string_new (NULL);
  f->library = connect_end (&f->ends[0]);
  f->server = connect_end (&f->ends[1]);
  n_references = 0;
  f->flow = gst_ice_tunnel_flow_new (f->context, f->ends[0],
      G_IO_STREAM (f->ends[1]), f->ends[1],
      with_judges ? (GstIceStunResponses *) &answers : NULL,
      with_judges ? (IceTurnPeers *) &peers : NULL, on_ended, f);
  g_assert_cmpuint (n_references, ==, with_judges ? 2 : 0);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  g_clear_pointer (&f->flow, gst_ice_tunnel_flow_free);
  g_assert_cmpuint (n_references, ==, 0);
  g_clear_object (&f->library);
  g_clear_object (&f->server);
  g_object_unref (f->ends[0]);
  g_object_unref (f->ends[1]);
  g_string_free (f->log, TRUE);
  g_main_context_unref (f->context);
}

/* The first message of a server is a STUN response. */
static void
send_response (Fixture *f)
{
  static const guint8 response[20] = { 0x01, 0x01, 0, 0, 0x21, 0x12, 0xA4,
    0x42 };

  g_assert_cmpint (g_socket_send (f->server, (const gchar *) response,
                       sizeof response, NULL, NULL),
      ==, sizeof response);
}

/* ChannelData, one message for each letter, all in one write. */
static void
send_letters (Fixture *f, const gchar *letters)
{
  g_autoptr (GByteArray) all = g_byte_array_new ();

  for (; *letters != '\0'; letters++) {
    guint8 message[SIZE] = { 0x40, 0x00, 0, SIZE - 4 };

    memset (message + 4, *letters, SIZE - 4);
    g_byte_array_append (all, message, SIZE);
  }
  g_assert_cmpint (
      g_socket_send (f->server, (gchar *) all->data, all->len, NULL, NULL), ==,
      all->len);
}

/* What the library gets: a letter for each message, "." for the response. */
static void
assert_gets (Fixture *f, const gchar *expected)
{
  g_autoptr (GByteArray) got = g_byte_array_new ();
  g_autoptr (GString) letters = g_string_new (NULL);
  gsize wanted = 0, i;
  gint64 end = g_get_monotonic_time () + PATIENCE;

  for (i = 0; expected[i] != '\0'; i++)
    wanted += expected[i] == '.' ? 20 : SIZE;
  while (got->len < wanted || g_main_context_pending (f->context)) {
    gchar data[16 * SIZE];
    gssize n = g_socket_receive (f->library, data, sizeof data, NULL, NULL);

    if (n > 0)
      g_byte_array_append (got, (guint8 *) data, (guint) n);
    g_main_context_iteration (f->context, FALSE);
    g_assert_cmpint (g_get_monotonic_time (), <, end);
  }
  for (i = 0; i < got->len; i += got->data[i] == 0x40 ? SIZE : 20)
    g_string_append_c (
        letters, got->data[i] == 0x40 ? (gchar) got->data[i + 4] : '.');
  g_assert_cmpstr (letters->str, ==, expected);
  g_assert_cmpuint (got->len, ==, wanted);
}

/* Our answers, other peers' data and repeated refusals are left out. */
static void
test_drops (Fixture *f, gconstpointer unused)
{
  send_response (f);
  send_letters (f, "1a2p3r4");
  assert_gets (f, ".1234");
  send_letters (f, "apr");
  send_letters (f, "5");
  assert_gets (f, "5");
}

static void
test_without_judges (Fixture *f, gconstpointer unused)
{
  send_response (f);
  send_letters (f, "1a2p3r4");
  assert_gets (f, ".1a2p34");
}

/* Returns: what it costs to drop ChannelData of @length octets without end,
 * clock ticks */
static clock_t
get_cost (Fixture *f, guint length)
{
  g_autofree guint8 *data = g_malloc0 (MANY);
  gsize at, sent = 0;
  clock_t start;

  for (at = 0; at < MANY; at += 4 + length) {
    data[at] = 0x40;
    data[at + 2] = length >> 8;
    data[at + 3] = length & 0xFF;
    memset (data + at + 4, 'p', length);
  }
  start = clock ();
  while (sent < MANY || g_main_context_pending (f->context)) {
    gssize n = g_socket_send (
        f->server, (gchar *) data + sent, MANY - sent, NULL, NULL);

    sent += (gsize) MAX (n, 0);
    g_main_context_iteration (f->context, FALSE);
  }
  return clock () - start;
}

/* Empty messages, which a peer can make the server send. */
static void
test_cost (Fixture *f, gconstpointer unused)
{
  clock_t few, many;

  send_response (f);
  assert_gets (f, ".");
  few = get_cost (f, LONG);
  many = get_cost (f, 0);
  g_test_message ("%ld ticks, long ones %ld", (glong) many, (glong) few);
  g_assert_cmpint (many, <, 10 * few);
  send_letters (f, "1p2");
  assert_gets (f, "12");
}

static void
wait_for_end (Fixture *f)
{
  gint64 limit = g_get_monotonic_time () + PATIENCE;

  while (f->log->len == 0) {
    g_main_context_iteration (f->context, FALSE);
    g_assert_cmpint (g_get_monotonic_time (), <, limit);
  }
}

static void
assert_ended (Fixture *f, GstIceTunnelFlowEnd end, guint code)
{
  g_autofree gchar *expected = g_strdup_printf ("ended:%d:%u ", end, code);

  wait_for_end (f);
  g_assert_cmpstr (f->log->str, ==, expected);
  g_assert_null (f->flow);
}

/* The library asks in circles. */
static void
test_circles (Fixture *f, gconstpointer unused)
{
  send_response (f);
  send_letters (f, "1g2");
  assert_ended (f, GST_ICE_TUNNEL_FLOW_CIRCLES, CODE);
}

static void
test_library_gone (Fixture *f, gconstpointer unused)
{
  g_clear_object (&f->library);
  assert_ended (f, GST_ICE_TUNNEL_FLOW_LIBRARY_GONE, 0);
}

static void
test_server_gone (Fixture *f, gconstpointer unused)
{
  g_clear_object (&f->server);
  assert_ended (f, GST_ICE_TUNNEL_FLOW_SERVER_GONE, 0);
}

/* Octets that fill the buffers of a connection several times. */
static void
send_all (Fixture *f, gsize size)
{
  static const gchar zeros[64 * 1024];
  gint64 limit = g_get_monotonic_time () + PATIENCE;

  while (size > 0) {
    gssize n = g_socket_send (
        f->library, zeros, MIN (size, sizeof zeros), NULL, NULL);

    size -= (gsize) MAX (n, 0);
    g_main_context_iteration (f->context, FALSE);
    g_assert_cmpint (g_get_monotonic_time (), <, limit);
  }
}

/* A success response with LIFETIME (RFC 8656) passes. */
static void
pass_success (Fixture *f, guint8 type, guint8 lifetime)
{
  const guint8 success[] = { 0x01, type, 0, 8, 0x21, 0x12, 0xA4, 0x42, 1, 2, 3,
    4, 5, 6, 7, 8, 9, 10, 11, 12, 0, 0x0D, 0, 4, 0, 0, lifetime, 0 };
  gchar data[SIZE];

  g_assert_cmpint (g_socket_send (f->server, (const gchar *) success,
                       sizeof success, NULL, NULL),
      ==, sizeof success);
  while (g_socket_receive (f->library, data, sizeof data, NULL, NULL)
      != sizeof success)
    g_main_context_iteration (f->context, FALSE);
}

/* A library that has an allocation does not see the end of its connection, and
 * what it sends then goes nowhere. */
static void
test_allocated (Fixture *f, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  gchar data[SIZE];

  pass_success (f, 0x03, 2);
  send_letters (f, "g");
  wait_for_end (f);
  g_assert_cmpstr (f->log->str, ==, "ended:4:437 ");
  send_all (f, 4 * 1024 * 1024);
  send_letters (f, "1");
  while (g_main_context_iteration (f->context, FALSE))
    ;
  g_assert_cmpint (
      g_socket_receive (f->library, data, sizeof data, NULL, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);

  g_string_truncate (f->log, 0);
  g_clear_object (&f->library);
  assert_ended (f, GST_ICE_TUNNEL_FLOW_LIBRARY_GONE, 0);
}

/* The server closes the connection of an allocation that is over. */
static void
test_released (Fixture *f, gconstpointer unused)
{
  pass_success (f, 0x03, 2);
  pass_success (f, 0x04, 0);
  g_clear_object (&f->server);
  wait_for_end (f);
  g_assert_cmpstr (f->log->str, ==, "ended:2:0 ");
  g_assert_nonnull (f->flow);
  g_string_truncate (f->log, 0);
  g_clear_object (&f->library);
  assert_ended (f, GST_ICE_TUNNEL_FLOW_LIBRARY_GONE, 0);
}

static void
test_garbage (Fixture *f, gconstpointer unused)
{
  g_assert_cmpint (
      g_socket_send (f->server, "HTTP/1.1 400 Bad Request\r\n", 26, NULL, NULL),
      ==, 26);
  assert_ended (f, GST_ICE_TUNNEL_FLOW_GARBAGE, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define TEST(name, with_judges)                                                \
  g_test_add ("/tunnelflow/" #name, Fixture, GINT_TO_POINTER (with_judges),    \
      set_up, test_##name, tear_down)
  TEST (drops, TRUE);
  TEST (without_judges, FALSE);
  TEST (cost, TRUE);
  TEST (circles, TRUE);
  TEST (library_gone, TRUE);
  TEST (server_gone, TRUE);
  TEST (garbage, TRUE);
  TEST (allocated, TRUE);
  TEST (released, TRUE);
  return g_test_run ();
}
