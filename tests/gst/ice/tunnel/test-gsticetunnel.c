/* gst-ice: test of gsticetunnel: TURN over TCP and TLS, guarded.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tunnel/gsticetunnel.h"
#include "stun/iceturnretries.h"
#include "descriptors.h"
#include "tlsserver.h"

#include <string.h>
#include <sys/resource.h>

#define PATIENCE (60 * G_TIME_SPAN_SECOND)
#define USER_TIMEOUT (100 * G_TIME_SPAN_SECOND)
#define ENDS 2 /* descriptors that a tunnel carries between */
#define COOKIE 0x21, 0x12, 0xA4, 0x42
#define ID 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
#define ANSWER 0x01, 0x08, 0, 0, COOKIE, ID
#define LIFETIME(low) 0x00, 0x0D, 0, 4, 0, 0, 0, low
#define ALLOCATED 0x01, 0x03, 0, 8, COOKIE, ID, LIFETIME (200)
#define REFRESHED(low) 0x01, 0x04, 0, 8, COOKIE, ID, LIFETIME (low)
#define TAG 0x1CE1CE01
#define OUR_ANSWER                                                             \
  1, 1, 0, 0, COOKIE, 0x1C, 0xE1, 0xCE, 1, 5, 6, 7, 8, 9, 10, 11, 12

/* libnice has room for 65535 octets, of which 4 are the header; the length of a
 * message in a stream is a multiple of 4. */
#define MOST_CHANNEL_DATA 65528

/* One tunnel, as its user has it: made and used in the I/O thread. */
typedef struct
{
  GstIceIo *io;
  IceServer *server;
  GTlsDatabase *trusted;
  GSocketFamily family;
  guint timeout;
  GstIceTunnel *tunnel;
  GSocket *library; /* our end of it */

  GMutex lock;
  GCond cond;
  gboolean reached, failed, lost, ran;
  guint code;
  gchar *why;
  GstIceStunResponses *answers;
  guint n_answers; /* I/O thread */
} Fixture;

static void
on_reached (GstIceTunnel *tunnel, gpointer data)
{
  Fixture *f = data;

  g_mutex_lock (&f->lock);
  f->reached = TRUE;
  g_cond_signal (&f->cond);
  g_mutex_unlock (&f->lock);
}

static void
on_failed (GstIceTunnel *tunnel, guint code, const gchar *why, gpointer data)
{
  Fixture *f = data;

  g_mutex_lock (&f->lock);
  g_assert_false (f->failed);
  f->failed = TRUE;
  f->code = code;
  f->why = g_strdup (why);
  g_cond_signal (&f->cond);
  g_mutex_unlock (&f->lock);
}

static void
on_lost (GstIceTunnel *tunnel, const gchar *why, gpointer data)
{
  Fixture *f = data;

  g_mutex_lock (&f->lock);
  g_assert_false (f->lost);
  f->lost = TRUE;
  f->why = g_strdup (why);
  g_cond_signal (&f->cond);
  g_mutex_unlock (&f->lock);
}

static void
wait_for (Fixture *f, gboolean *what)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;

  g_mutex_lock (&f->lock);
  while (!*what && !f->failed)
    if (!g_cond_wait_until (&f->cond, &f->lock, end))
      g_error ("waited too long");
  g_mutex_unlock (&f->lock);
}

typedef struct
{
  Fixture *f;
  void (*function) (Fixture *f);
} Job;

static gboolean
run_job (gpointer data)
{
  Job *job = data;
  Fixture *f = job->f;

  job->function (f);
  g_mutex_lock (&f->lock);
  f->ran = TRUE;
  g_cond_signal (&f->cond);
  g_mutex_unlock (&f->lock);
  return G_SOURCE_REMOVE;
}

static void
in_io (Fixture *f, void (*function) (Fixture *f))
{
  Job job = { f, function };

  f->ran = FALSE;
  gst_ice_io_invoke (f->io, run_job, &job, NULL);
  g_mutex_lock (&f->lock);
  while (!f->ran)
    g_cond_wait (&f->cond, &f->lock);
  g_mutex_unlock (&f->lock);
}

static void
on_answer (GSocketAddress *from, const guint8 *data, gsize size, gint64 at,
    gpointer user_data)
{
  Fixture *f = user_data;
  static const guint8 answer[] = { OUR_ANSWER };

  g_assert_null (from);
  g_assert_cmpmem (data, size, answer, sizeof answer);
  f->n_answers++;
}

static void
make (Fixture *f)
{
  static const GstIceTunnelCallbacks callbacks = { on_reached, on_failed,
    on_lost };

  f->tunnel = gst_ice_tunnel_new (
      f->server, f->io, f->trusted, f->timeout, &callbacks, f);
  f->answers = gst_ice_stun_responses_new (
      gst_ice_io_get_context (f->io), TAG, on_answer, f);
  gst_ice_tunnel_set_answers (f->tunnel, f->answers);
}

static void
let_go (Fixture *f)
{
  if (f->answers != NULL)
    gst_ice_stun_responses_close (f->answers);
  g_clear_pointer (&f->answers, gst_ice_stun_responses_unref);
  g_clear_pointer (&f->tunnel, gst_ice_tunnel_let_go);
}

/* As libnice does it. */
static void
join (Fixture *f)
{
  g_autoptr (GError) error = NULL;
  GInetSocketAddress *address = gst_ice_tunnel_listen (
      f->tunnel, f->family, &error);

  g_assert_no_error (error);
  f->library = g_socket_new (
      f->family, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, &error);
  g_assert_no_error (error);
  g_socket_connect (f->library, G_SOCKET_ADDRESS (address), NULL, &error);
  g_assert_no_error (error);
  g_socket_set_timeout (f->library, PATIENCE / G_TIME_SPAN_SECOND);
  gst_ice_tunnel_accept (f->tunnel);
}

/* The connection to the server has TLS, or not. */
typedef struct
{
  const gchar *name, *protocol;
  IceServerTransport transport;
  const gchar *certificate;
} Kind;

static const Kind tls = { "tls", "TLS", ICE_SERVER_TRANSPORT_TLS, "server" };
static const Kind tcp = { "tcp", "TCP", ICE_SERVER_TRANSPORT_TCP, NULL };

static void
set_up_hasty (Fixture *f, const Kind *kind, const gchar *host, guint16 port,
    guint timeout)
{
  memset (f, 0, sizeof *f);
  g_mutex_init (&f->lock);
  g_cond_init (&f->cond);
  f->io = gst_ice_io_acquire ();
  f->family = G_SOCKET_FAMILY_IPV4;
  f->timeout = timeout;
  f->trusted = tls_server_load_authority ();
  f->server = g_new0 (IceServer, 1);
  f->server->scheme = kind == &tls ? ICE_SERVER_TURNS : ICE_SERVER_TURN;
  f->server->transport = kind->transport;
  f->server->host = g_strdup (host);
  f->server->port = port;
  in_io (f, make);
}

/* valgrind on a loaded machine takes seconds for the system's certificates. */
static void
set_up (Fixture *f, const Kind *kind, const gchar *host, guint16 port)
{
  set_up_hasty (f, kind, host, port, PATIENCE / G_TIME_SPAN_MILLISECOND);
}

static void
tear_down (Fixture *f)
{
  in_io (f, let_go);
  g_clear_object (&f->library);
  gst_ice_io_release (f->io);
  g_object_unref (f->trusted);
  ice_server_free (f->server);
  g_free (f->why);
  g_cond_clear (&f->cond);
  g_mutex_clear (&f->lock);
}

static void
open_to (Fixture *f, const Kind *kind, TlsServer *server)
{
  set_up (f, kind, "localhost", tls_server_get_port (server));
  wait_for (f, &f->reached);
  g_assert_cmpstr (f->why, ==, NULL);
  in_io (f, join);
}

/* What servers do. */

static void
act_nothing (GIOStream *stream, GCancellable *until_stopped)
{
  GPollFD fd;

  g_assert_true (g_cancellable_make_pollfd (until_stopped, &fd));
  g_poll (&fd, 1, -1);
  g_cancellable_release_fd (until_stopped);
}

static void
act_close (GIOStream *stream, GCancellable *until_stopped)
{
}

static void
act_echo (GIOStream *stream, GCancellable *until_stopped)
{
  g_output_stream_splice (g_io_stream_get_output_stream (stream),
      g_io_stream_get_input_stream (stream), G_OUTPUT_STREAM_SPLICE_NONE,
      until_stopped, NULL);
}

static void
write_octets (GIOStream *stream, gconstpointer data, gsize size)
{
  g_output_stream_write_all (
      g_io_stream_get_output_stream (stream), data, size, NULL, NULL, NULL);
}

static void
act_garbage (GIOStream *stream, GCancellable *until_stopped)
{
  static const gchar text[] = "HTTP/1.1 400 Bad Request\r\n\r\n";

  write_octets (stream, text, sizeof text - 1);
  act_nothing (stream, until_stopped);
}

static void
act_redirect (GIOStream *stream, GCancellable *until_stopped)
{
  static const guint8 message[] = { 0x01, 0x13, 0, 8, COOKIE, ID, 0x00, 0x09, 0,
    4, 0, 0, 3, 0 };

  write_octets (stream, message, sizeof message);
  act_nothing (stream, until_stopped);
}

/* One answer too many so that the request is sent once more. */
static void
act_circles (GIOStream *stream, GCancellable *until_stopped)
{
  static const guint8 message[] = { 0x01, 0x13, 0, 8, COOKIE, ID, 0x00, 0x09, 0,
    4, 0, 0, 4, 38 };
  guint i;

  for (i = 0; i <= ICE_TURN_RETRIES_ALLOCATE; i++)
    write_octets (stream, message, sizeof message);
  act_nothing (stream, until_stopped);
}

static void
act_end_allocation (GIOStream *stream, GCancellable *until_stopped)
{
  static const guint8 message[] = { 0x01, 0x03, 0, 8, COOKIE, ID,
    LIFETIME (0) };

  write_octets (stream, message, sizeof message);
  act_nothing (stream, until_stopped);
}

static void
act_lose (GIOStream *stream, GCancellable *until_stopped)
{
  static const guint8 message[] = { ALLOCATED };

  write_octets (stream, message, sizeof message);
}

static void
act_lose_by_garbage (GIOStream *stream, GCancellable *until_stopped)
{
  /* neither STUN nor ChannelData begins with it */
  static const guint8 octets[] = { ALLOCATED, 0x80 };

  write_octets (stream, octets, sizeof octets);
  act_nothing (stream, until_stopped);
}

static void
act_release (GIOStream *stream, GCancellable *until_stopped)
{
  static const guint8 messages[] = { ALLOCATED, REFRESHED (0) };

  write_octets (stream, messages, sizeof messages);
}

static void
act_refresh (GIOStream *stream, GCancellable *until_stopped)
{
  static const guint8 messages[] = { REFRESHED (1), REFRESHED (200),
    REFRESHED (0), REFRESHED (0), REFRESHED (29), ANSWER };

  write_octets (stream, messages, sizeof messages);
  act_nothing (stream, until_stopped);
}

static void
act_half (GIOStream *stream, GCancellable *until_stopped)
{
  static const guint8 message[] = { 0x01, 0x03, 0, 8, COOKIE };

  write_octets (stream, message, sizeof message);
}

/* In libnice 0.1.21 its last octets decide where the next data is written. */
static void
act_longest (GIOStream *stream, GCancellable *until_stopped)
{
  static const guint8 header[] = { 0x01, 0x13, 0xFF, 0xFF, COOKIE, ID };
  g_autofree guint8 *body = g_malloc0 (0x10000);

  write_octets (stream, header, sizeof header);
  write_octets (stream, body, 0x10000);
  act_nothing (stream, until_stopped);
}

/* As much of a TLS record as its header: it would be longer. */
static void
act_half_record (GIOStream *stream, GCancellable *until_stopped)
{
  static const guint8 record[] = { 0x17, 0x03, 0x03, 0x10, 0x00, 1, 2, 3 };
  GIOStream *tcp = NULL;

  g_object_get (stream, "base-io-stream", &tcp, NULL);
  write_octets (tcp, record, sizeof record);
  g_io_stream_close (tcp, NULL, NULL);
  g_object_unref (tcp);
}

/* Good ones at the ends, and one that is longer than what is in between. */
static void
act_bad_lengths (GIOStream *stream, GCancellable *until_stopped)
{
  static const guint8 begin[] = { ANSWER, 0x40, 0, 0, 0, 0x40, 0, 0, 1, 'a', 0,
    0, 0, 0x01, 0x15, 0xFF, 0xFC, COOKIE, ID };
  static const guint8 end[] = { 0x40, 0, 0, 0, 0x40, 0, 0, 2, 'b', 'c', 0, 0 };
  g_autofree guint8 *middle = g_malloc0 (0xFFFC);

  write_octets (stream, begin, sizeof begin);
  write_octets (stream, middle, 0xFFFC);
  write_octets (stream, end, sizeof end);
  act_nothing (stream, until_stopped);
}

static void
act_answers (GIOStream *stream, GCancellable *until_stopped)
{
  static const guint8 messages[] = { ANSWER, 0x40, 0, 0, 20, OUR_ANSWER, 0x40,
    0, 0, 1, 'a', 0, 0, 0, 0x40, 0, 0, 20, OUR_ANSWER, 0x40, 0, 0, 2, 'b', 'c',
    0, 0 };

  write_octets (stream, messages, sizeof messages);
  act_nothing (stream, until_stopped);
}

static void
act_flood (GIOStream *stream, GCancellable *until_stopped)
{
  guint8 message[1004] = { 0x40, 0, 1000 >> 8, 1000 & 0xFF };
  static const guint8 answer[] = { ANSWER };

  write_octets (stream, answer, sizeof answer);
  while (g_output_stream_write_all (g_io_stream_get_output_stream (stream),
      message, sizeof message, NULL, until_stopped, NULL))
    continue;
}

/* The tests. */

static void
receive_all (GSocket *socket, guint8 *data, gsize size)
{
  while (size > 0) {
    g_autoptr (GError) error = NULL;
    gssize n = g_socket_receive (socket, (gchar *) data, size, NULL, &error);

    g_assert_no_error (error);
    g_assert_cmpint (n, >, 0);
    data += n;
    size -= n;
  }
}

static gpointer
send_all (gpointer data)
{
  Fixture *f = data;
  GByteArray *bytes = g_object_get_data (G_OBJECT (f->library), "bytes");
  gsize at = 0;

  while (at < bytes->len) {
    gssize n = g_socket_send (f->library, (const gchar *) bytes->data + at,
        bytes->len - at, NULL, NULL);

    g_assert_cmpint (n, >, 0);
    at += n;
  }
  return NULL;
}

/* Messages of all lengths, in both directions at the same time. */
static void
check_echo (Fixture *f)
{
  static const guint8 answer[] = { ANSWER };
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autofree guint8 *back = NULL;
  GThread *sender;
  guint i;

  g_byte_array_append (bytes, answer, sizeof answer);
  for (i = 1; i < 2000; i++) {
    guint length = i < 1990 ? i : MIN (6553 * (i - 1989), MOST_CHANNEL_DATA);
    g_autofree guint8 *message = g_malloc0 (4 + length + 3);

    message[0] = 0x40;
    message[2] = length >> 8;
    message[3] = length & 0xFF;
    memset (message + 4, i, length);
    g_byte_array_append (bytes, message, 4 + ((length + 3) & ~3u));
  }
  g_object_set_data (G_OBJECT (f->library), "bytes", bytes);
  sender = g_thread_new ("sender", send_all, f);
  back = g_malloc (bytes->len);
  receive_all (f->library, back, bytes->len);
  g_assert_cmpmem (back, bytes->len, bytes->data, bytes->len);
  g_thread_join (sender);
}

static void
assert_library_is_left (Fixture *f, gsize before)
{
  gchar byte;
  gsize n = 0;

  while (g_socket_receive (f->library, &byte, 1, NULL, NULL) > 0)
    n++;
  g_assert_cmpuint (n, <=, before);
}

static void
test_echo (gconstpointer data)
{
  const Kind *kind = data;
  TlsServer *server = tls_server_new (NULL, kind->certificate, act_echo);
  Fixture f;

  open_to (&f, kind, server);
  check_echo (&f);
  g_assert_false (f.failed);
  tear_down (&f);
  tls_server_wait (server); /* it has received our close_notify */
  tls_server_free (server);
}

static void
test_ipv6 (gconstpointer data)
{
  const Kind *kind = data;
  g_autoptr (GSocket) probe = g_socket_new (
      G_SOCKET_FAMILY_IPV6, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
  g_autoptr (GSocketAddress)
      address = g_inet_socket_address_new_from_string ("::1", 0);
  TlsServer *server;
  Fixture f;

  if (probe == NULL || !g_socket_bind (probe, address, FALSE, NULL)) {
    g_test_skip ("there is no ::1");
    return;
  }
  server = tls_server_new ("::1", kind->certificate, act_echo);
  set_up (&f, kind, "::1", tls_server_get_port (server));
  wait_for (&f, &f.reached);
  g_assert_cmpstr (f.why, ==, NULL);
  g_assert_cmpint (
      gst_ice_tunnel_get_family (f.tunnel), ==, G_SOCKET_FAMILY_IPV6);
  f.family = G_SOCKET_FAMILY_IPV6;
  in_io (&f, join);
  check_echo (&f);
  tear_down (&f);
  tls_server_free (server);
}

/* Whoever made it needs it no more; the library does. */
static void
test_goes_on_alone (gconstpointer data)
{
  const Kind *kind = data;
  TlsServer *server = tls_server_new (NULL, kind->certificate, act_echo);
  Fixture f;

  open_to (&f, kind, server);
  in_io (&f, let_go);
  check_echo (&f);
  tear_down (&f);
  tls_server_wait (server);
  tls_server_free (server);
}

/* The octets of a server that the library gets. */
static void
check_passed (const Kind *kind, TlsServerAct act, const guint8 *wanted,
    gsize size, void (*check) (Fixture *f))
{
  TlsServer *server = tls_server_new (NULL, kind->certificate, act);
  g_autofree guint8 *came = g_malloc (size);
  Fixture f;

  open_to (&f, kind, server);
  receive_all (f.library, came, size);
  g_assert_cmpmem (came, size, wanted, size);
  g_assert_false (f.failed);
  in_io (&f, check);
  tear_down (&f);
  tls_server_free (server);
}

static void
check_no_answers (Fixture *f)
{
  g_assert_cmpuint (f->n_answers, ==, 0);
}

static void
test_bad_lengths (gconstpointer kind)
{
  static const guint8 good[] = { ANSWER, 0x40, 0, 0, 1, 'a', 0, 0, 0, 0x40, 0,
    0, 2, 'b', 'c', 0, 0 };

  check_passed (kind, act_bad_lengths, good, sizeof good, check_no_answers);
}

/* A library that repeats requests at once does not get such answers for ever.
 */
static void
test_refreshed (gconstpointer kind)
{
  static const guint8 rest[] = { REFRESHED (200), REFRESHED (0), ANSWER };

  check_passed (kind, act_refresh, rest, sizeof rest, check_no_answers);
}

static void
check_answers (Fixture *f)
{
  g_assert_cmpuint (f->n_answers, ==, 2);
}

/* Answers to requests of ours are not for the library. */
static void
test_answers (gconstpointer kind)
{
  static const guint8 rest[] = { ANSWER, 0x40, 0, 0, 1, 'a', 0, 0, 0, 0x40, 0,
    0, 2, 'b', 'c', 0, 0 };

  check_passed (kind, act_answers, rest, sizeof rest, check_answers);
}

typedef struct
{
  const Kind *kind;
  const gchar *name, *host, *certificate;
  TlsServerAct act;
  const gchar *fragment;
  guint code;
  gsize before; /* which the library may get of it, octets */
} Refusal;

/* Failures before the library has a connection. */
static const Refusal refusals[] = {
  { &tls, "other-name", "localhost", "other-name", act_nothing,
      "for another name" },
  { &tls, "other-address", "127.0.0.1", "other-name", act_nothing,
      "for another name" },
  { &tls, "expired", "localhost", "expired", act_nothing, "has expired" },
  { &tls, "future", "localhost", "future", act_nothing, "not valid yet" },
  { &tls, "stranger", "localhost", "stranger", act_nothing,
      "update-ca-certificates" },
  { &tls, "plain-garbage", "localhost", NULL, act_garbage,
      "check that this is its TLS port" },
  { &tls, "closes", "localhost", NULL, act_close,
      "check that this is its TLS port" },
};

static void
test_refusal (gconstpointer data)
{
  const Refusal *refusal = data;
  TlsServer *server = tls_server_new (NULL, refusal->certificate, refusal->act);
  Fixture f;

  set_up (&f, refusal->kind, refusal->host, tls_server_get_port (server));
  wait_for (&f, &f.reached);
  g_assert_true (f.failed);
  g_test_message ("%s", f.why);
  g_assert_nonnull (strstr (f.why, refusal->fragment));
  g_assert_cmpuint (f.code, ==, 0);
  tear_down (&f);
  tls_server_free (server);
}

/* When the library uses it. */
static const Refusal failures[] = {
  { &tls, "not-turn", NULL, NULL, act_garbage,
      "TLS, but its answers are not TURN" },
  { &tls, "redirects", NULL, NULL, act_redirect, "another server", 300 },
  { &tls, "in-circles", NULL, NULL, act_circles, "again and again", 438,
      ICE_TURN_RETRIES_ALLOCATE * 28 },
  { &tls, "closes-at-once", NULL, NULL, act_close,
      "closed the TLS connection" },
  { &tls, "closes-in-a-message", NULL, NULL, act_half,
      "closed the TLS connection" },
  { &tls, "closes-in-a-record", NULL, NULL, act_half_record,
      "closed the TLS connection" },
  { &tls, "ends-the-allocation", NULL, NULL, act_end_allocation,
      "an allocation that cannot be kept up" },
  { &tcp, "ends-the-allocation", NULL, NULL, act_end_allocation,
      "an allocation that cannot be kept up" },
  { &tcp, "not-turn", NULL, NULL, act_garbage,
      "TCP, but its answers are not TURN" },
  { &tcp, "too-long", NULL, NULL, act_longest,
      "TCP, but its answers are not TURN" },
  { &tcp, "redirects", NULL, NULL, act_redirect, "another server", 300 },
  { &tcp, "in-circles", NULL, NULL, act_circles, "again and again", 438,
      ICE_TURN_RETRIES_ALLOCATE * 28 },
  { &tcp, "closes-at-once", NULL, NULL, act_close,
      "closed the TCP connection" },
  { &tcp, "closes-in-a-message", NULL, NULL, act_half,
      "closed the TCP connection" },
};

static void
test_failure (gconstpointer data)
{
  const Refusal *failure = data;
  const Kind *kind = failure->kind;
  TlsServer *server = tls_server_new (NULL, kind->certificate, failure->act);
  Fixture f;

  open_to (&f, kind, server);
  wait_for (&f, &f.failed);
  g_assert_nonnull (strstr (f.why, failure->fragment));
  g_assert_cmpuint (f.code, ==, failure->code);
  assert_library_is_left (&f, failure->before);
  tear_down (&f);
  tls_server_free (server);
}

/* After there is an allocation. */
static const Refusal losses[] = {
  { &tls, "closes", NULL, NULL, act_lose, "closed the TLS connection" },
  { &tcp, "closes", NULL, NULL, act_lose, "closed the TCP connection" },
  { &tls, "garbage", NULL, NULL, act_lose_by_garbage,
      "accepts TLS, but its answers are not TURN" },
  { &tcp, "garbage", NULL, NULL, act_lose_by_garbage,
      "accepts TCP, but its answers are not TURN" },
};

static void
test_loss (gconstpointer data)
{
  const Refusal *loss = data;
  const Kind *kind = loss->kind;
  TlsServer *server = tls_server_new (NULL, kind->certificate, loss->act);
  Fixture f;

  open_to (&f, kind, server);
  wait_for (&f, &f.lost);
  g_assert_cmpstr (f.why, ==, loss->fragment);
  g_assert_false (f.failed);
  tear_down (&f);
  tls_server_free (server);
}

static void
do_nothing (Fixture *f)
{
}

/* The server closes the connection after the allocation is over. */
static void
test_released (gconstpointer data)
{
  static const guint8 messages[] = { ALLOCATED, REFRESHED (0) };
  const Kind *kind = data;
  TlsServer *server = tls_server_new (NULL, kind->certificate, act_release);
  guint8 received[sizeof messages];
  gsize n;
  Fixture f;
  guint i;

  open_to (&f, kind, server);
  for (n = 0; n < sizeof messages;) {
    gssize more = g_socket_receive (
        f.library, (gchar *) received + n, sizeof messages - n, NULL, NULL);

    g_assert_cmpint (more, >, 0);
    n += (gsize) more;
  }
  g_assert_cmpmem (received, n, messages, sizeof messages);
  tls_server_wait (server);
  for (i = 0; i < 10; i++) /* the I/O thread looks at its sockets, too */
    in_io (&f, do_nothing);
  g_assert_false (f.lost);
  g_assert_false (f.failed);
  tear_down (&f);
  tls_server_free (server);
}

static void
check_lateness (const Kind *kind, guint16 port, const gchar *fragment)
{
  Fixture f;

  set_up_hasty (&f, kind, "127.0.0.1", port, 300);
  wait_for (&f, &f.reached);
  g_assert_true (f.failed);
  g_test_message ("%s", f.why);
  g_assert_nonnull (strstr (f.why, fragment));
  g_assert_nonnull (strstr (f.why, "within 300 ms"));
  tear_down (&f);
}

static void
test_stall (void)
{
  TlsServer *server = tls_server_new (NULL, NULL, act_nothing);

  check_lateness (&tls, tls_server_get_port (server), "did not agree on TLS");
  tls_server_free (server);
}

/* With a full queue: the kernel drops further connections.
 */
static void
test_no_answer (gconstpointer data)
{
  g_autoptr (GSocketAddress)
      any = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr (GSocket) listener = g_socket_new (
      G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
  g_autoptr (GSocket) first = g_socket_new (
      G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
  g_autoptr (GSocketAddress) bound = NULL;

  g_socket_set_listen_backlog (listener, 0);
  g_assert_true (g_socket_bind (listener, any, FALSE, NULL));
  g_assert_true (g_socket_listen (listener, NULL));
  bound = g_socket_get_local_address (listener, NULL);
  g_assert_true (g_socket_connect (first, bound, NULL, NULL));
  check_lateness (data,
      g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound)),
      "did not answer over TCP");
}

static void
test_nobody_listens (gconstpointer data)
{
  const Kind *kind = data;
  TlsServer *server = tls_server_new (NULL, NULL, act_nothing);
  guint16 port = tls_server_get_port (server);
  g_autofree gchar *fragment = g_strdup_printf (
      "refused the TCP connection: check host and port, and that it serves %s",
      kind->protocol);
  Fixture f;

  tls_server_free (server);
  set_up (&f, kind, "127.0.0.1", port);
  wait_for (&f, &f.reached);
  g_assert_true (f.failed);
  g_assert_nonnull (strstr (f.why, fragment));
  tear_down (&f);
}

/* To a broadcast address: TCP has no route there. */
static void
test_no_route (gconstpointer kind)
{
  Fixture f;

  set_up (&f, kind, "127.255.255.255", 3478);
  wait_for (&f, &f.reached);
  g_assert_true (f.failed);
  g_assert_cmpstr (f.why, ==, "could not be reached: there is no route to it");
  tear_down (&f);
}

/* CPU time of this process, microseconds. */
static gint64
get_cpu_time (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * G_TIME_SPAN_SECOND
      + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

/* As soon as all buffers are full. What is measured is a time. */
static void
wait_until_idle (void)
{
  gint64 end = g_get_monotonic_time () + PATIENCE, before;

  do {
    g_assert_cmpint (g_get_monotonic_time (), <, end);
    before = get_cpu_time ();
    g_usleep (G_TIME_SPAN_SECOND / 2);
  } while (get_cpu_time () - before > G_TIME_SPAN_SECOND / 20);
}

static gboolean
is_long (void)
{
  return g_strcmp0 (g_getenv ("ICE_TEST_LONG"), "1") == 0;
}

/* A server that reads nothing: what the library writes has no room some time,
 * that costs nothing, and closing is not kept waiting. Nor does what it wrote
 * last wait for ever, but a hundred seconds. */
static void
test_back_pressure (gconstpointer data)
{
  const Kind *kind = data;
  TlsServer *server = tls_server_new (NULL, kind->certificate, act_nothing);
  g_autofree gchar *bytes = g_malloc0 (65536);
  g_autoptr (GError) error = NULL;
  gsize sent = 0;
  gint64 begin;
  guint descriptors;
  Fixture f;

  open_to (&f, kind, server);
  g_socket_set_timeout (f.library, 1);
  while (error == NULL) {
    gssize n = g_socket_send (f.library, bytes, 65536, NULL, &error);

    sent += MAX (n, 0);
    g_assert_cmpuint (sent, <, 64 << 20);
  }
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_test_message ("%" G_GSIZE_FORMAT " bytes are on their way", sent);
  wait_until_idle ();
  begin = g_get_monotonic_time ();
  tear_down (&f);
  g_assert_cmpint (g_get_monotonic_time () - begin, <, 3 * G_TIME_SPAN_SECOND);
  descriptors = count_descriptors ();
  while (is_long () && count_descriptors () > descriptors - ENDS) {
    g_assert_cmpint (
        g_get_monotonic_time () - begin, <, USER_TIMEOUT + PATIENCE);
    g_usleep (G_TIME_SPAN_SECOND / 10);
  }
  tls_server_free (server);
}

/* A library that reads nothing. */
static void
test_flood (gconstpointer data)
{
  const Kind *kind = data;
  TlsServer *server = tls_server_new (NULL, kind->certificate, act_flood);
  static const guint8 answer[] = { ANSWER };
  guint8 came[sizeof answer];
  Fixture f;

  open_to (&f, kind, server);
  receive_all (f.library, came, sizeof came);
  g_assert_cmpmem (came, sizeof came, answer, sizeof answer);
  wait_until_idle ();
  tear_down (&f);
  tls_server_free (server);
}

/* Let go of at each stage, again and again. */
static void
test_descriptors (gconstpointer data)
{
  const Kind *kind = data;
  const gchar *const certificates[] = { kind->certificate, NULL,
    kind == &tls ? "expired" : NULL };
  gint64 end;
  guint before = 0, i;

  for (i = 0; i < 100; i++) {
    TlsServer *server = tls_server_new (
        NULL, certificates[i % 3], i % 2 ? act_echo : act_nothing);
    Fixture f;

    if (i == 4) /* threads of GIO's pool have come into being */
      before = count_descriptors ();
    set_up (&f, kind, "localhost", tls_server_get_port (server));
    if (i % 3 != 1)
      wait_for (&f, &f.reached);
    if (f.reached && i % 4 != 0)
      in_io (&f, join);
    tear_down (&f);
    tls_server_free (server);
  }
  end = g_get_monotonic_time () + PATIENCE;
  while (count_descriptors () > before + 4 && g_get_monotonic_time () < end)
    g_usleep (G_TIME_SPAN_MILLISECOND); /* a thread of the pool may be late */
  g_assert_cmpuint (count_descriptors (), <=, before + 4);
}

static void
add_kind (const Kind *kind, const gchar *name, GTestDataFunc test)
{
  g_autofree gchar *path = g_strdup_printf (
      "/gsticetunnel/%s/%s", kind->name, name);

  g_test_add_data_func (path, kind, test);
}

static void
add_all (const gchar *what, const Refusal *list, gsize n, GTestDataFunc test)
{
  gsize i;

  for (i = 0; i < n; i++) {
    g_autofree gchar *path = g_strdup_printf (
        "/gsticetunnel/%s/%s/%s", list[i].kind->name, what, list[i].name);

    g_test_add_data_func (path, &list[i], test);
  }
}

int
main (int argc, char **argv)
{
  static const Kind *const kinds[] = { &tls, &tcp };
  guint i;

  g_test_init (&argc, &argv, NULL);
  if (!g_tls_backend_supports_tls (g_tls_backend_get_default ())) {
    g_print ("1..0 # SKIP needs glib-networking\n");
    return 0;
  }
  for (i = 0; i < G_N_ELEMENTS (kinds); i++) {
    add_kind (kinds[i], "echo", test_echo);
    add_kind (kinds[i], "ipv6", test_ipv6);
    add_kind (kinds[i], "goes-on-alone", test_goes_on_alone);
    add_kind (kinds[i], "bad-lengths", test_bad_lengths);
    add_kind (kinds[i], "answers", test_answers);
    add_kind (kinds[i], "refreshed", test_refreshed);
    add_kind (kinds[i], "released", test_released);
    add_kind (kinds[i], "no-answer", test_no_answer);
    add_kind (kinds[i], "nobody-listens", test_nobody_listens);
    add_kind (kinds[i], "no-route", test_no_route);
    add_kind (kinds[i], "back-pressure", test_back_pressure);
    add_kind (kinds[i], "flood", test_flood);
    add_kind (kinds[i], "descriptors", test_descriptors);
  }
  add_all ("refusal", refusals, G_N_ELEMENTS (refusals), test_refusal);
  add_all ("failure", failures, G_N_ELEMENTS (failures), test_failure);
  add_all ("loss", losses, G_N_ELEMENTS (losses), test_loss);
  g_test_add_func ("/gsticetunnel/tls/stall", test_stall);
  return g_test_run ();
}
