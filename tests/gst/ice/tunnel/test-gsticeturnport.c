/* gst-ice: test of another port to a TURN server: the library and the server
 * are sockets of the test's. SPDX-License-Identifier: LGPL-2.1-or-later */

#include "stunmessage.h"
#include "tunnel/gsticeturnport.h"

#include <string.h>

#define TAG 0x1CE1CE01
#define PATIENCE (10 * G_TIME_SPAN_SECOND)
#define ALLOCATE 0x0003
#define REFRESH 0x0004
#define DATA_INDICATION 0x0017
#define HIGHEST 0x3FFF /* type of a STUN message */
#define SUCCESS 0x0100
#define ERROR 0x0110
#define USERNAME 0x0006
#define INTEGRITY 0x0008
#define ERROR_CODE 0x0009
#define LIFETIME 0x000D
#define MAX_SIZE 2000
#define ID_OFFSET 8
#define CHANNEL_HEADER 4
#define NOTHING "nothing" /* a reason that is never given */

typedef struct
{
  GstIceIo *io;
  GstIceStunResponses *answers;
  IceTurnPeers *peers; /* NULL: none */
  IceServer server_uri;
  GSocket *server;
  GSocketAddress *client; /* whom the server answers */
  GstIceTurnPort *port;
  GSocket *library;
  guint8 received[MAX_SIZE];
  gsize size;
  gint n_failed; /* atomic */
  guint code;
  gchar *why;
  gint n_answers; /* atomic: to our own requests */
} Fixture;

static void
on_answer (GSocketAddress *from, const guint8 *data, gsize size, gint64 at,
    gpointer user_data)
{
  g_atomic_int_inc (&((Fixture *) user_data)->n_answers);
}

static void
on_failed (GstIceTurnPort *port, guint code, const gchar *why, gpointer data)
{
  Fixture *f = data;

  f->code = code;
  f->why = g_strdup (why);
  g_atomic_int_inc (&f->n_failed);
}

static void
call (Fixture *f, GSourceFunc function)
{
  gst_ice_io_invoke (f->io, function, f, NULL);
  gst_ice_io_synchronize (f->io, g_get_monotonic_time () + PATIENCE);
}

static gboolean
make_port (gpointer data)
{
  Fixture *f = data;
  g_autoptr (GError) error = NULL;

  f->answers = gst_ice_stun_responses_new (
      gst_ice_io_get_context (f->io), TAG, on_answer, f);
  f->port = gst_ice_turn_port_new (
      &f->server_uri, f->io, f->answers, on_failed, f, &error);
  g_assert_no_error (error);
  if (f->peers != NULL)
    gst_ice_turn_port_set_peers (f->port, f->peers);
  return G_SOURCE_REMOVE;
}

static gboolean
connect_library (gpointer data)
{
  Fixture *f = data;
  g_autoptr (GError) error = NULL;

  f->library = g_socket_new (
      G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
  g_socket_connect (f->library,
      G_SOCKET_ADDRESS (gst_ice_turn_port_get_address (f->port)), NULL, &error);
  g_assert_no_error (error);
  gst_ice_turn_port_accept (f->port);
  g_socket_set_timeout (f->library, 10);
  return G_SOURCE_REMOVE;
}

static gboolean
let_go (gpointer data)
{
  Fixture *f = data;

  g_clear_pointer (&f->port, gst_ice_turn_port_let_go);
  gst_ice_stun_responses_close (f->answers);
  return G_SOURCE_REMOVE;
}

/* What the end of the library causes is done when this returns. */
static gboolean
settle_io (gpointer unused)
{
  return G_SOURCE_REMOVE;
}

static void
set_up_unconnected (Fixture *f)
{
  g_autoptr (GSocketAddress)
      any = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr (GSocketAddress) address = NULL;

  f->io = gst_ice_io_acquire ();
  f->server = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM,
      G_SOCKET_PROTOCOL_UDP, NULL);
  g_assert_true (g_socket_bind (f->server, any, FALSE, NULL));
  g_socket_set_timeout (f->server, 10);
  address = g_socket_get_local_address (f->server, NULL);
  f->server_uri.address = (gchar *) "127.0.0.1";
  f->server_uri.port = g_inet_socket_address_get_port (
      G_INET_SOCKET_ADDRESS (address));
  call (f, make_port);
}

static void
set_up (Fixture *f, gconstpointer unused)
{
  set_up_unconnected (f);
  call (f, connect_library);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  call (f, let_go);
  g_clear_object (&f->library);
  call (f, settle_io);
  gst_ice_stun_responses_unref (f->answers);
  g_clear_pointer (&f->peers, ice_turn_peers_unref);
  g_clear_object (&f->client);
  g_object_unref (f->server);
  g_free (f->why);
  gst_ice_io_release (f->io);
}

static void
library_write (Fixture *f, gconstpointer data, gsize size)
{
  g_assert_cmpint (
      g_socket_send (f->library, data, size, NULL, NULL), ==, size);
}

/* All of these octets come, and no others before them. */
static void
library_expect (Fixture *f, gconstpointer data, gsize size)
{
  guint8 got[MAX_SIZE];
  gsize n = 0;

  while (n < size) {
    gssize more = g_socket_receive (
        f->library, (gchar *) got + n, size - n, NULL, NULL);

    g_assert_cmpint (more, >, 0);
    n += (gsize) more;
  }
  g_assert_cmpmem (got, n, data, size);
}

static void
server_expect (Fixture *f, gconstpointer data, gsize size)
{
  gssize n;

  g_clear_object (&f->client);
  n = g_socket_receive_from (f->server, &f->client, (gchar *) f->received,
      sizeof (f->received), NULL, NULL);
  g_assert_cmpint (n, >=, 0);
  f->size = (gsize) n;
  g_assert_cmpmem (f->received, f->size, data, size);
}

static void
server_send (Fixture *f, gconstpointer data, gsize size)
{
  g_assert_cmpint (
      g_socket_send_to (f->server, f->client, data, size, NULL, NULL), ==,
      size);
}

/* Exchanges a message with channel data that comes after all before it. */
static void
settle (Fixture *f)
{
  static const guint8 channel_data[] = { 0x40, 1, 0, 4, 'l', 'a', 's', 't' };

  server_send (f, channel_data, sizeof (channel_data));
  library_expect (f, channel_data, sizeof (channel_data));
}

static void
request (Fixture *f, guint method)
{
  TestStun message;

  test_stun_begin (&message, method);
  test_stun_add (&message, USERNAME, "user", 4);
  library_write (f, message.data, message.size);
  server_expect (f, message.data, message.size);
}

static void
make_error (TestStun *message, guint method, guint code, gboolean is_signed)
{
  guint8 integrity[20] = { 0 };

  test_stun_begin (message, method | ERROR);
  test_stun_add_number (message, ERROR_CODE, 4, code / 100 << 8 | code % 100);
  if (is_signed)
    test_stun_add (message, INTEGRITY, integrity, sizeof (integrity));
}

static void
wait_failed (Fixture *f, guint code, const gchar *why)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;

  while (g_atomic_int_get (&f->n_failed) == 0) {
    g_assert_cmpint (g_get_monotonic_time (), <, end);
    g_usleep (1000);
  }
  g_assert_cmpuint (f->code, ==, code);
  if (g_strcmp0 (why, NOTHING) != 0)
    g_assert_cmpstr (f->why, ==, why);
}

static void
allocate (Fixture *f)
{
  TestStun message;

  request (f, ALLOCATE);
  test_stun_begin (&message, ALLOCATE | SUCCESS);
  test_stun_add_number (&message, LIFETIME, 4, 600);
  server_send (f, message.data, message.size);
  library_expect (f, message.data, message.size);
}

/* Each message is a datagram, however the stream is cut. ChannelData is padded
 * for the stream; that of a server may be padded already. */
static void
test_messages (Fixture *f, gconstpointer unused)
{
  static const guint8 channel_data[] = { 0x40, 1, 0, 5, 'h', 'e', 'l', 'l', 'o',
    0, 0, 0 };
  const gsize channel_size = 9;
  guint8 both[sizeof (channel_data) * 2];
  gsize i;

  allocate (f);
  for (i = 0; i < sizeof (channel_data); i++) {
    library_write (f, channel_data + i, 1);
    g_usleep (1000);
  }
  server_expect (f, channel_data, channel_size);
  memcpy (both, channel_data, sizeof (channel_data));
  memcpy (both + sizeof (channel_data), channel_data, sizeof (channel_data));
  both[sizeof (channel_data) + CHANNEL_HEADER] = 'j';
  library_write (f, both, sizeof (both));
  server_expect (f, channel_data, channel_size);
  server_expect (f, both + sizeof (channel_data), channel_size);
  server_send (f, channel_data, channel_size);
  library_expect (f, channel_data, sizeof (channel_data));
  server_send (f, both + sizeof (channel_data), sizeof (channel_data));
  library_expect (f, both + sizeof (channel_data), sizeof (channel_data));
  request (f, HIGHEST);
  g_assert_cmpint (g_atomic_int_get (&f->n_failed), ==, 0);
}

/* What is no message of this server's, or answers no request, is dropped. */
static void
test_garbage (Fixture *f, gconstpointer unused)
{
  static const guint8 too_long[] = { 0x40, 1, 0, 5, 'h', 'e', 'l', 'l' };
  static const guint8 empty[] = { 0x40, 1, 0, 0 };
  TestStun message;

  request (f, ALLOCATE);
  server_send (f, "", 0);
  server_send (f, "abc", 3);
  server_send (f, too_long, sizeof (too_long));
  server_send (f, empty, sizeof (empty));
  test_stun_begin (&message, ALLOCATE | SUCCESS);
  test_stun_add_number (&message, LIFETIME, 4, 600);
  message.data[ID_OFFSET]++;
  server_send (f, message.data, message.size);
  settle (f);
  message.data[ID_OFFSET]--;
  server_send (f, message.data, message.size);
  library_expect (f, message.data, message.size);
}

static guint
get_client_port (Fixture *f)
{
  return g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (f->client));
}

/* Mismatch: the request is sent again from another port, so many times. */
static void
test_mismatch (Fixture *f, gconstpointer unused)
{
  guint ports[GST_ICE_TURN_PORT_TRIES], i;
  TestStun message, request_again;

  request (f, ALLOCATE);
  memcpy (request_again.data, f->received, f->size);
  request_again.size = f->size;
  make_error (&message, ALLOCATE, 437, FALSE);
  for (i = 0; i < GST_ICE_TURN_PORT_TRIES; i++) {
    if (i > 0)
      server_expect (f, request_again.data, request_again.size);
    ports[i] = get_client_port (f);
    if (i > 0)
      g_assert_cmpuint (ports[i], !=, ports[i - 1]);
    g_assert_cmpint (g_atomic_int_get (&f->n_failed), ==, 0);
    server_send (f, message.data, message.size);
  }
  wait_failed (f, 437, "");
}

/* It works from the second port. */
static void
test_other_port (Fixture *f, gconstpointer unused)
{
  TestStun message;
  guint8 again[MAX_SIZE];
  gsize size;

  request (f, ALLOCATE);
  size = f->size;
  memcpy (again, f->received, size);
  make_error (&message, ALLOCATE, 437, TRUE);
  server_send (f, message.data, message.size);
  server_expect (f, again, size);
  settle (f);
  test_stun_begin (&message, ALLOCATE | SUCCESS);
  test_stun_add_number (&message, LIFETIME, 4, 600);
  server_send (f, message.data, message.size);
  library_expect (f, message.data, message.size);
}

/* Which errors are the library's, and which end the attempt. */
static void
test_errors (void)
{
  static const struct
  {
    guint method, code;
    gboolean is_signed, passes;
    guint failure;
    const gchar *why;
  } rows[] = {
    { ALLOCATE, 401, FALSE, TRUE, 0, NULL },
    { ALLOCATE, 438, FALSE, TRUE, 0, NULL },
    { ALLOCATE, 400, FALSE, TRUE, 0, NULL },
    { ALLOCATE, 403, TRUE, TRUE, 0, NULL },
    { ALLOCATE, 403, FALSE, FALSE, 0, NULL },
    { ALLOCATE, 486, TRUE, TRUE, 0, NULL },
    { ALLOCATE, 486, FALSE, FALSE, 486, "" },
    { ALLOCATE, 300, TRUE, FALSE, 300, NOTHING },
    { ALLOCATE, 300, FALSE, FALSE, 0, NULL },
    { REFRESH, 437, FALSE, TRUE, 0, NULL },
    { REFRESH, 403, FALSE, TRUE, 0, NULL },
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (rows); i++) {
    Fixture f = { 0 };
    TestStun message;

    g_test_message ("row %u", i);
    set_up (&f, NULL);
    request (&f, rows[i].method);
    make_error (&message, rows[i].method, rows[i].code, rows[i].is_signed);
    server_send (&f, message.data, message.size);
    if (rows[i].passes) {
      library_expect (&f, message.data, message.size);
      settle (&f);
    } else {
      wait_failed (&f, rows[i].failure, rows[i].why);
    }
    g_assert_cmpint (g_atomic_int_get (&f.n_failed), ==, !rows[i].passes);
    tear_down (&f, NULL);
  }
}

/* A server that wants the same request again and again. */
static void
test_circle (Fixture *f, gconstpointer unused)
{
  TestStun message;
  guint i;

  make_error (&message, ALLOCATE, 438, FALSE);
  for (i = 0; g_atomic_int_get (&f->n_failed) == 0; i++) {
    g_assert_cmpuint (i, <, 100);
    request (f, ALLOCATE);
    server_send (f, message.data, message.size);
    g_usleep (2000);
  }
  wait_failed (f, 438, "");
}

/* The port stays, whatever else answers the request that was granted. */
static void
test_answers_again (Fixture *f, gconstpointer unused)
{
  static const guint codes[] = { 300, 400, 401, 437, 438, 486, 500 };
  TestStun message;
  guint i;

  allocate (f);
  for (i = 0; i < G_N_ELEMENTS (codes); i++) {
    make_error (&message, ALLOCATE, codes[i], FALSE);
    server_send (f, message.data, message.size);
  }
  test_stun_begin (&message, ALLOCATE | SUCCESS); /* without a lifetime */
  server_send (f, message.data, message.size);
  settle (f);
  request (f, REFRESH);
  g_assert_cmpint (g_atomic_int_get (&f->n_failed), ==, 0);
}

static void
test_unusable (Fixture *f, gconstpointer unused)
{
  TestStun message;

  request (f, ALLOCATE);
  test_stun_begin (&message, ALLOCATE | SUCCESS);
  server_send (f, message.data, message.size);
  wait_failed (f, 0, NOTHING);
  g_assert_nonnull (f->why);
}

/* The answer to the release passes once; an answer to a Refresh without a
 * lifetime never does. */
static void
test_release (Fixture *f, gconstpointer unused)
{
  TestStun message;

  request (f, REFRESH);
  test_stun_begin (&message, REFRESH | SUCCESS);
  server_send (f, message.data, message.size);
  settle (f);
  test_stun_add_number (&message, LIFETIME, 4, 0);
  server_send (f, message.data, message.size);
  library_expect (f, message.data, message.size);
  server_send (f, message.data, message.size);
  settle (f);
}

/* Data of a peer that has no permission. */
static void
test_indication (void)
{
  Fixture f = { 0 };
  TestStun message;

  f.peers = ice_turn_peers_new ();
  set_up (&f, NULL);
  request (&f, ALLOCATE);
  test_stun_begin (&message, DATA_INDICATION);
  server_send (&f, message.data, message.size);
  settle (&f);
  tear_down (&f, NULL);

  f = (Fixture){ 0 };
  set_up (&f, NULL);
  request (&f, ALLOCATE);
  server_send (&f, message.data, message.size);
  library_expect (&f, message.data, message.size);
  tear_down (&f, NULL);
}

/* The end of one is the end of the other; a library that does not connect is
 * not waited for. */
static void
test_library_ends (Fixture *f, gconstpointer unused)
{
  guint8 octet;

  request (f, ALLOCATE);
  g_assert_true (g_socket_shutdown (f->library, FALSE, TRUE, NULL));
  g_assert_cmpint (
      g_socket_receive (f->library, (gchar *) &octet, 1, NULL, NULL), ==, 0);
  g_assert_cmpint (g_atomic_int_get (&f->n_failed), ==, 0);
}

static void
test_no_library (void)
{
  Fixture f = { 0 };
  gint64 start = g_get_monotonic_time ();

  set_up_unconnected (&f);
  wait_failed (&f, 0, NOTHING);
  g_assert_nonnull (strstr (f.why, "could not be reached"));
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 2 * G_TIME_SPAN_SECOND);
  tear_down (&f, NULL);
}

static gboolean
fail_to_make (gpointer data)
{
  Fixture *f = data;
  IceServer nowhere = { .address = (gchar *) "nowhere", .port = 3478 };
  g_autoptr (GError) error = NULL;

  g_assert_null (gst_ice_turn_port_new (
      &nowhere, f->io, f->answers, on_failed, f, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  return G_SOURCE_REMOVE;
}

static void
test_no_address (Fixture *f, gconstpointer unused)
{
  call (f, fail_to_make);
}

/* It goes on without its owner until the library ends. */
static void
test_let_go (Fixture *f, gconstpointer unused)
{
  TestStun message;

  request (f, ALLOCATE);
  call (f, let_go);
  request (f, REFRESH);
  settle (f);
  make_error (&message, ALLOCATE, 403, FALSE);
  server_send (f, message.data, message.size);
  {
    guint8 octet;

    g_assert_cmpint (
        g_socket_receive (f->library, (gchar *) &octet, 1, NULL, NULL), ==, 0);
  }
  g_assert_cmpint (g_atomic_int_get (&f->n_failed), ==, 0);
}

#define add(name, function)                                                    \
  g_test_add ("/turn-port/" name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("messages", test_messages);
  add ("garbage", test_garbage);
  add ("mismatch", test_mismatch);
  add ("other-port", test_other_port);
  add ("circle", test_circle);
  add ("answers-again", test_answers_again);
  add ("unusable", test_unusable);
  add ("release", test_release);
  add ("library-ends", test_library_ends);
  add ("no-address", test_no_address);
  add ("let-go", test_let_go);
  g_test_add_func ("/turn-port/errors", test_errors);
  g_test_add_func ("/turn-port/indication", test_indication);
  g_test_add_func ("/turn-port/no-library", test_no_library);
  return g_test_run ();
}
