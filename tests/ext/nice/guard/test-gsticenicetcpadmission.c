/* gst-ice: tests of the admission and its proxies: what a library that accepts
 * and reads gets to see of those that connect.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guard/gsticenicetcpadmission.h"
#include "stun/nicetcpframe.h"
#include "stun/nicestun.h"
#include "descriptors.h"
#include "hosts.h"

#define PATIENCE (10 * G_TIME_SPAN_SECOND)
#define UFRAG "ours"
#define PASSWORD "password+of+ours+012345"
#define TAG 0x1CE1CE01
#define ANSWER_SIZE 20

/* The library: as libnice it accepts one at a time and reads what there is. */
typedef struct
{
  GMainContext *context;
  GstIceNiceTcpAdmission *admission;
  GSocket *listener;
  GSocketAddress *address; /* that it listens on */
  GPtrArray *accepted;     /* of GSocket; libnice's */
  GString *frames;         /* what came as one read, each in brackets */
  guint n_frames, n_ended, n_lost;
  GstIceStunResponses *answers;
  GString *taken; /* the last word of each transaction id */
} Fixture;

static gboolean
read_some (GSocket *socket, GIOCondition condition, gpointer data)
{
  Fixture *fixture = data;
  gchar octets[NICE_TCP_FRAME_MAX];
  gssize n;

  while ((n = g_socket_receive (socket, octets, sizeof (octets), NULL, NULL))
      > 0) {
    g_assert_cmpint (
        n, ==, nice_tcp_frame_size ((const guint8 *) octets, (gsize) n));
    g_string_append_printf (fixture->frames, "[%.*s]",
        (gint) MIN (n - NICE_TCP_FRAME_HEADER, 20),
        octets + NICE_TCP_FRAME_HEADER);
    fixture->n_frames++;
  }
  if (n < 0)
    return G_SOURCE_CONTINUE;
  fixture->n_ended++;
  g_socket_close (socket, NULL);
  return G_SOURCE_REMOVE;
}

static void
attach (Fixture *fixture, GSocket *socket, GSocketSourceFunc function)
{
  g_autoptr (GSource) source = g_socket_create_source (socket, G_IO_IN, NULL);

  g_source_set_callback (source, G_SOURCE_FUNC (function), fixture, NULL);
  g_source_attach (source, fixture->context);
}

static gboolean
accept_one (GSocket *listener, GIOCondition condition, gpointer data)
{
  Fixture *fixture = data;
  GSocket *socket = g_socket_accept (listener, NULL, NULL);

  if (socket == NULL)
    return G_SOURCE_CONTINUE;
  g_socket_set_blocking (socket, FALSE);
  g_ptr_array_add (fixture->accepted, socket);
  attach (fixture, socket, read_some);
  return G_SOURCE_CONTINUE;
}

static void
on_lost (gpointer data)
{
  ((Fixture *) data)->n_lost++;
}

static void
on_answer (GSocketAddress *from, const guint8 *data, gsize size, gint64 at,
    gpointer user_data)
{
  Fixture *fixture = user_data;

  g_assert_null (from);
  g_assert_cmpuint (size, ==, ANSWER_SIZE);
  g_string_append_len (fixture->taken, (const gchar *) data + 16, 4);
}

/* The library's, without the admission so far. */
static GSocket *
make_listener (Fixture *fixture, const gchar *host)
{
  g_autoptr (GSocketAddress)
      address = g_inet_socket_address_new_from_string (host, 0);
  g_autoptr (GError) error = NULL;
  GSocket *listener = g_socket_new (g_socket_address_get_family (address),
      G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, &error);

  g_assert_no_error (error);
  g_socket_set_blocking (listener, FALSE);
  g_assert_true (g_socket_bind (listener, address, FALSE, &error));
  g_assert_true (g_socket_listen (listener, &error));
  attach (fixture, listener, accept_one);
  return listener;
}

static void
make_admission (Fixture *fixture)
{
  fixture->admission = gst_ice_nice_tcp_admission_new (fixture->context, NULL,
      UFRAG, PASSWORD, fixture->answers, on_lost, fixture);
  gst_ice_nice_tcp_admission_add_socket (fixture->admission, fixture->listener);
}

static void
set_up (Fixture *fixture, gconstpointer host)
{
  g_autoptr (GError) error = NULL;

  fixture->context = g_main_context_new ();
  fixture->accepted = g_ptr_array_new_with_free_func (g_object_unref);
  fixture->frames = g_string_new (NULL);
  fixture->listener = make_listener (fixture, host);
  fixture->address = g_socket_get_local_address (fixture->listener, &error);
  g_assert_no_error (error);
  fixture->taken = g_string_new (NULL);
  fixture->answers = gst_ice_stun_responses_new (
      fixture->context, TAG, on_answer, fixture);
  make_admission (fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer host)
{
  gst_ice_nice_tcp_admission_free (fixture->admission);
  gst_ice_stun_responses_close (fixture->answers);
  gst_ice_stun_responses_unref (fixture->answers);
  g_string_free (fixture->taken, TRUE);
  g_ptr_array_unref (fixture->accepted);
  g_string_free (fixture->frames, TRUE);
  g_main_context_unref (fixture->context);
  g_object_unref (fixture->address);
  g_object_unref (fixture->listener);
}

static GSocket *
open_connection (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  GSocket *socket = g_socket_new (
      g_socket_address_get_family (fixture->address), G_SOCKET_TYPE_STREAM,
      G_SOCKET_PROTOCOL_TCP, &error);

  g_assert_no_error (error);
  g_socket_set_blocking (socket, FALSE);
  if (!g_socket_connect (socket, fixture->address, NULL, &error))
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PENDING);
  return socket;
}

static void
write_octets (Fixture *fixture, GSocket *socket, gconstpointer data, gsize size)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;
  gssize n;

  while (size > 0) {
    g_main_context_iteration (fixture->context, FALSE);
    n = g_socket_send (socket, data, size, NULL, NULL);
    g_assert_cmpint (g_get_monotonic_time (), <, end);
    if (n <= 0)
      continue;
    data = (const gchar *) data + n;
    size -= n;
  }
}

static void
write_frame (Fixture *fixture, GSocket *socket, gconstpointer data, gsize size)
{
  const guint8 header[] = { (guint8) (size >> 8), (guint8) size };

  write_octets (fixture, socket, header, sizeof (header));
  write_octets (fixture, socket, data, size);
}

static gsize
make_check (guint8 *buffer, gsize size)
{
  const NiceStunCheck check = { .tie_breaker = 1 };
  gsize n = nice_stun_make_request (
      buffer, size, 1, 2, UFRAG ":theirs", PASSWORD, &check);

  g_assert_cmpuint (n, >, 0);
  return n;
}

static void
write_check (Fixture *fixture, GSocket *socket)
{
  guint8 check[NICE_STUN_MAX_REQUEST];

  write_frame (fixture, socket, check, make_check (check, sizeof (check)));
}

#define wait_until(condition)                                                  \
  G_STMT_START                                                                 \
  {                                                                            \
    gint64 end = g_get_monotonic_time () + PATIENCE;                           \
    while (!(condition)) {                                                     \
      g_main_context_iteration (fixture->context, FALSE);                      \
      g_assert_cmpint (g_get_monotonic_time (), <, end);                       \
    }                                                                          \
  }                                                                            \
  G_STMT_END

/* All connections opened so far have been read by the time that one more is. */
static void
settle (Fixture *fixture)
{
  g_autoptr (GSocket) last = open_connection (fixture);
  guint n = fixture->n_frames;

  write_check (fixture, last);
  wait_until (fixture->n_frames == n + 1);
}

static gboolean
has_ended (GSocket *socket)
{
  gchar octet;

  return g_socket_receive (socket, &octet, 1, NULL, NULL) == 0
      || g_socket_condition_check (socket, G_IO_HUP) != 0;
}

static void
test_strangers (Fixture *fixture, gconstpointer host)
{
  static const gchar *const words[] = { "GET / HTTP/1.1\r\n\r\n", "\xff\xff",
    "\x16\x03\x01\x02", "SSH-2.0-x\r\n" };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (words); i++) {
    g_autoptr (GSocket) socket = open_connection (fixture);

    write_octets (fixture, socket, words[i], strlen (words[i]));
    wait_until (has_ended (socket));
    wait_until (fixture->n_ended == i + 1);
  }
  g_assert_cmpuint (fixture->n_frames, ==, 0);
}

/* Who connects to another listener is no more welcome. */
static void
test_second_listener (Fixture *fixture, gconstpointer host)
{
  g_autoptr (GSocket) second = make_listener (fixture, host);
  g_autoptr (GSocket) stranger = NULL;

  gst_ice_nice_tcp_admission_add_socket (fixture->admission, second);
  g_object_unref (fixture->address);
  fixture->address = g_socket_get_local_address (second, NULL);
  stranger = open_connection (fixture);
  write_octets (fixture, stranger, "GET / HTTP/1.1\r\n\r\n", 18);
  wait_until (has_ended (stranger));
  settle (fixture);
  g_assert_cmpuint (fixture->n_frames, ==, 1); /* of settle() */
}

static void
test_peer (Fixture *fixture, gconstpointer host)
{
  static gchar large[G_MAXUINT16];
  g_autoptr (GSocket) socket = open_connection (fixture);
  guint i;

  memset (large, 'y', sizeof (large));
  write_check (fixture, socket);
  wait_until (fixture->n_frames == 1);
  g_string_truncate (fixture->frames, 0);
  for (i = 0; i < 7; i++) /* in pieces */
    write_octets (fixture, socket, &"\0\x05hello"[i], 1);
  wait_until (fixture->n_frames == 2);
  write_octets (fixture, socket,
      "\0\x01"
      "a"
      "\0\x01"
      "b"
      "\0\x01",
      8);
  wait_until (fixture->n_frames == 4);
  write_octets (fixture, socket, "c", 1);
  wait_until (fixture->n_frames == 5);
  g_assert_cmpstr (fixture->frames->str, ==, "[hello][a][b][c]");
  write_frame (fixture, socket, large, sizeof (large));
  wait_until (fixture->n_frames == 6);
  g_assert_cmpuint (fixture->n_ended, ==, 0);
}

/* Half a frame of one does not stop another. */
static void
test_two_peers (Fixture *fixture, gconstpointer host)
{
  g_autoptr (GSocket) one = open_connection (fixture);
  g_autoptr (GSocket) other = open_connection (fixture);

  write_check (fixture, one);
  write_check (fixture, other);
  wait_until (fixture->n_frames == 2);
  g_string_truncate (fixture->frames, 0);
  write_octets (fixture, one, "\0\x05hel", 5);
  write_frame (fixture, other, "other", 5);
  wait_until (fixture->n_frames == 3);
  write_octets (fixture, one, "lo", 2);
  wait_until (fixture->n_frames == 4);
  g_assert_cmpstr (fixture->frames->str, ==, "[other][hello]");
}

/* Answers to requests of ours are not for the library, others are. */
static void
test_answers (Fixture *fixture, gconstpointer host)
{
  static const gchar ours[] = "\1\1\0\0\x21\x12\xA4\x42\x1C\xE1\xCE\1"
                              "12345678";
  static const gchar others[] = "\1\1\0\0\x21\x12\xA4\x42\x1C\xE1\xCE\2"
                                "12345678";
  g_autoptr (GSocket) socket = open_connection (fixture);

  write_check (fixture, socket);
  wait_until (fixture->n_frames == 1);
  write_frame (fixture, socket, ours, ANSWER_SIZE);
  wait_until (fixture->taken->len == 4);
  write_frame (fixture, socket, others, ANSWER_SIZE);
  write_frame (fixture, socket, "a", 1);
  wait_until (fixture->n_frames == 3);
  gst_ice_stun_responses_close (fixture->answers); /* nobody waits any more */
  write_frame (fixture, socket, ours, ANSWER_SIZE);
  wait_until (fixture->n_frames == 4);
  g_assert_cmpuint (fixture->taken->len, ==, 4);
}

/* From the library to the peer, more than fits anywhere at once. */
static void
test_back (Fixture *fixture, gconstpointer host)
{
  static gchar frame[NICE_TCP_FRAME_HEADER + 10000], octets[65536];
  const gsize wanted = 500 * sizeof (frame);
  g_autoptr (GSocket) socket = open_connection (fixture);
  gsize sent = 0, received = 0;
  GSocket *inner;

  frame[0] = 10000 >> 8;
  frame[1] = (gchar) (10000 & 255);
  write_check (fixture, socket);
  wait_until (fixture->n_frames == 1);
  inner = g_ptr_array_index (fixture->accepted, 0);
  while (received < wanted) {
    gssize n = sent < wanted
        ? g_socket_send (inner, frame, sizeof (frame), NULL, NULL)
        : 0;

    if (n > 0)
      g_assert_cmpint (n, ==, sizeof (frame));
    sent += MAX (n, 0);
    g_main_context_iteration (fixture->context, FALSE);
    n = g_socket_receive (socket, octets, sizeof (octets), NULL, NULL);
    g_assert_cmpint (n, !=, 0);
    received += MAX (n, 0);
  }
  g_assert_cmpuint (received, ==, wanted);
}

/* More than the library takes waits at the sender. */
static void
test_flood (Fixture *fixture, gconstpointer host)
{
  static gchar octets[1 << 18];
  g_autoptr (GSocket) socket = open_connection (fixture);
  guint n = 0, i;

  write_check (fixture, socket);
  wait_until (fixture->n_frames == 1);
  for (i = 0; i + 12 <= sizeof (octets); i += 12, n++)
    memcpy (octets + i,
        "\0\x0a"
        "0123456789",
        12);
  write_octets (fixture, socket, octets, i);
  wait_until (fixture->n_frames == 1 + n);
}

/* The library does not see a peer's end. */
static void
test_end_of_peer (Fixture *fixture, gconstpointer host)
{
  GSocket *socket = open_connection (fixture);

  write_check (fixture, socket);
  wait_until (fixture->n_frames == 1);
  g_object_unref (socket);
  settle (fixture);
  g_assert_cmpuint (fixture->n_ended, ==, 0);
  g_assert_cmpuint (fixture->n_lost, ==, 0);
  /* what it writes then is lost */
  g_assert_cmpint (g_socket_send (g_ptr_array_index (fixture->accepted, 0),
                       "\0\x01x", 3, NULL, NULL),
      ==, 3);
  settle (fixture);
}

static void
get_address (GSocketAddress *from, NiceAddress *to)
{
  struct sockaddr_storage native;

  g_assert_true (
      g_socket_address_to_native (from, &native, sizeof (native), NULL));
  nice_address_init (to);
  nice_address_set_from_sockaddr (to, (struct sockaddr *) &native);
  g_object_unref (from);
}

static gboolean
select_pair (Fixture *fixture, GSocket *socket)
{
  NiceCandidate *local = nice_candidate_new (NICE_CANDIDATE_TYPE_HOST);
  NiceCandidate *remote = nice_candidate_new (
      NICE_CANDIDATE_TYPE_PEER_REFLEXIVE);
  gboolean is_open;

  local->transport = NICE_CANDIDATE_TRANSPORT_TCP_PASSIVE;
  get_address (
      g_socket_get_local_address (fixture->listener, NULL), &local->addr);
  local->base_addr = local->addr;
  get_address (g_socket_get_local_address (socket, NULL), &remote->addr);
  is_open = gst_ice_nice_tcp_admission_select (
      fixture->admission, local, remote);
  nice_candidate_free (local);
  nice_candidate_free (remote);
  return is_open;
}

static void
test_end_of_selected (Fixture *fixture, gconstpointer host)
{
  GSocket *socket = open_connection (fixture);

  write_check (fixture, socket);
  wait_until (fixture->n_frames == 1);
  g_assert_true (select_pair (fixture, socket));
  g_assert_true (g_socket_shutdown (socket, FALSE, TRUE, NULL));
  wait_until (fixture->n_lost == 1);
  g_assert_cmpuint (fixture->n_ended, ==, 0);
  g_assert_false (select_pair (fixture, socket));
  g_object_unref (socket);
}

static void
test_patience (Fixture *fixture, gconstpointer host)
{
  g_autoptr (GSocket) silent = open_connection (fixture);
  g_autoptr (GSocket) slow = open_connection (fixture);
  gint64 start = g_get_monotonic_time ();
  guint8 check[NICE_STUN_MAX_REQUEST];
  gsize size = make_check (check, sizeof (check)), at = 0;

  write_octets (fixture, slow, "\0", 1);
  write_octets (fixture, slow, &(guint8){ (guint8) size }, 1);
  while (!has_ended (silent) || !has_ended (slow)) {
    gint64 passed = g_get_monotonic_time () - start;

    g_main_context_iteration (fixture->context, FALSE);
    if (passed > (gint64) at * 100000 && at < size)
      g_socket_send (slow, (gchar *) check + at++, 1, NULL, NULL);
    g_assert_cmpint (passed, <, 2 * PATIENCE);
  }
  g_assert_cmpint (
      g_get_monotonic_time () - start, >=, GST_ICE_NICE_TCP_ADMISSION_PATIENCE);
  wait_until (fixture->n_ended == 2);
}

static guint
count_open (GPtrArray *sockets)
{
  guint n = 0, i;

  for (i = 0; i < sockets->len; i++)
    n += !has_ended (g_ptr_array_index (sockets, i));
  return n;
}

/* As many as may stay without a password: nobody is closed before the patience
 * is over. Then more: the oldest are closed, at once and not by the patience.
 */
static void
test_many_strangers (Fixture *fixture, gconstpointer host)
{
  g_autoptr (GPtrArray)
      strangers = g_ptr_array_new_with_free_func (g_object_unref);
  const guint n = 3 * GST_ICE_NICE_TCP_ADMISSION_STRANGERS;
  const gint64 end = g_get_monotonic_time ()
      + GST_ICE_NICE_TCP_ADMISSION_PATIENCE;
  guint n_open, i;

  while (strangers->len < GST_ICE_NICE_TCP_ADMISSION_STRANGERS)
    g_ptr_array_add (strangers, open_connection (fixture));
  wait_until (fixture->accepted->len == strangers->len);
  g_main_context_iteration (fixture->context, FALSE);
  n_open = count_open (strangers);
  if (g_get_monotonic_time () < end)
    g_assert_cmpuint (n_open, ==, GST_ICE_NICE_TCP_ADMISSION_STRANGERS);
  while (strangers->len < n)
    g_ptr_array_add (strangers, open_connection (fixture));
  settle (fixture); /* its connection was one, too, until it sent its check */
  for (i = 0; i < 100; i++)
    g_main_context_iteration (fixture->context, FALSE);
  n_open = count_open (strangers);
  if (g_get_monotonic_time () < end) {
    g_assert_cmpuint (n_open, ==, GST_ICE_NICE_TCP_ADMISSION_STRANGERS - 1);
    g_assert_false (has_ended (g_ptr_array_index (strangers, n - 1)));
    g_assert_true (has_ended (g_ptr_array_index (strangers, 0)));
  } else
    g_test_incomplete ("too slow: the patience with all of them was over");
  wait_until (fixture->n_ended == n - count_open (strangers));
}

static void
test_many_peers (Fixture *fixture, gconstpointer host)
{
  g_autoptr (GPtrArray) peers = g_ptr_array_new_with_free_func (g_object_unref);
  guint i;

  for (i = 0; i < GST_ICE_NICE_TCP_ADMISSION_PEERS; i++) {
    g_ptr_array_add (peers, open_connection (fixture));
    write_check (fixture, g_ptr_array_index (peers, i));
  }
  wait_until (fixture->n_frames == GST_ICE_NICE_TCP_ADMISSION_PEERS);
  {
    g_autoptr (GSocket) one_more = open_connection (fixture);

    write_check (fixture, one_more);
    wait_until (has_ended (one_more));
  }
  g_assert_cmpuint (fixture->n_frames, ==, GST_ICE_NICE_TCP_ADMISSION_PEERS);
  g_assert_cmpuint (count_open (peers), ==, GST_ICE_NICE_TCP_ADMISSION_PEERS);
}

/* A number of connections in each period, and those that waited in the kernel;
 * without CAP_NET_ADMIN, too. */
static void
test_rate (Fixture *fixture, gconstpointer host)
{
  g_autoptr (GPtrArray)
      strangers G_GNUC_UNUSED = g_ptr_array_new_with_free_func (g_object_unref);
  gint64 start = g_get_monotonic_time (), passed;
  guint most;

  /* for several periods, and until the listener was shut and opened again */
  while ((passed = g_get_monotonic_time () - start)
          < 5 * GST_ICE_NICE_TCP_ADMISSION_PERIOD
      || fixture->accepted->len <= 2 * GST_ICE_NICE_TCP_ADMISSION_RATE) {
    g_autoptr (GSocket) socket G_GNUC_UNUSED = open_connection (fixture);

    g_main_context_iteration (fixture->context, FALSE);
    g_assert_cmpint (passed, <, PATIENCE);
  }
  most = (guint) (passed / GST_ICE_NICE_TCP_ADMISSION_PERIOD + 1) * 3
      * GST_ICE_NICE_TCP_ADMISSION_RATE;
  g_test_message ("%u came in, %u may", fixture->accepted->len, most);
  g_assert_cmpuint (fixture->accepted->len, <=, most);
  settle (fixture);
}

/* Returns: how long it took until all of them were accepted, microseconds */
static gint64
time_accepts (Fixture *fixture, GPtrArray *strangers, guint n)
{
  guint wanted = fixture->accepted->len + n;
  gint64 start;

  while (n-- > 0)
    g_ptr_array_add (strangers, open_connection (fixture));
  start = g_get_monotonic_time ();
  wait_until (fixture->accepted->len == wanted);
  return g_get_monotonic_time () - start;
}

/* As many as a period allows are accepted without a pause, and one more when
 * the next period begins. Tried several times, because the machine may be slow.
 */
static void
test_within_rate (Fixture *fixture, gconstpointer host)
{
  g_autoptr (GPtrArray)
      strangers = g_ptr_array_new_with_free_func (g_object_unref);
  gint64 all = G_MAXINT64, pause = 0;
  guint i;

  for (i = 0; i < 10 && all >= GST_ICE_NICE_TCP_ADMISSION_PERIOD; i++) {
    const gint64 start = g_get_monotonic_time ();
    gint64 last;

    all = time_accepts (fixture, strangers, GST_ICE_NICE_TCP_ADMISSION_RATE);
    time_accepts (fixture, strangers, 1);
    last = g_get_monotonic_time ();
    pause = last - start;
    /* the last one has begun a period, which may have been late */
    wait_until (
        g_get_monotonic_time () - last > 2 * GST_ICE_NICE_TCP_ADMISSION_PERIOD);
    g_main_context_iteration (fixture->context, FALSE);
  }
  g_assert_cmpint (all, <, GST_ICE_NICE_TCP_ADMISSION_PERIOD);
  g_assert_cmpint (pause, >=, GST_ICE_NICE_TCP_ADMISSION_PERIOD);
  /* open again, it does not wake the thread */
  wait_until (!g_main_context_iteration (fixture->context, FALSE));
}

/* A listener that was shut closes nothing but its own: its reserve, and the
 * socket's second descriptor, which is closed when it opens again. */
static void
test_descriptors (void)
{
  Fixture fixture = { 0 };
  guint before = count_descriptors ();

  set_up (&fixture, "127.0.0.1");
  test_within_rate (&fixture, "127.0.0.1");
  tear_down (&fixture, "127.0.0.1");
  g_assert_cmpuint (count_descriptors (), ==, before);
}

/* In a process without standard input, the reserve is descriptor 0. */
static void
test_descriptor_0 (void)
{
  Fixture fixture = { 0 };
  gint input = dup (STDIN_FILENO);

  if (input < 0) {
    g_test_skip ("there is no standard input to close");
    return;
  }
  set_up (&fixture, "127.0.0.1");
  gst_ice_nice_tcp_admission_free (fixture.admission);
  close (STDIN_FILENO);
  make_admission (&fixture);
  g_assert_cmpint (fcntl (STDIN_FILENO, F_GETFD), >=, 0);
  test_within_rate (&fixture, "127.0.0.1");
  tear_down (&fixture, "127.0.0.1");
  g_assert_cmpint (fcntl (STDIN_FILENO, F_GETFD), <, 0);
  g_assert_cmpint (dup2 (input, STDIN_FILENO), ==, STDIN_FILENO);
  close (input);
}

/* Where no descriptor is left the library cannot accept, and would try for
 * ever: who waits is turned away, one after the other. */
static void
test_no_descriptors (Fixture *fixture, gconstpointer host)
{
  g_autoptr (GSocket) first = open_connection (fixture);
  g_autoptr (GSocket) second = open_connection (fixture);
  rlim_t soft = limit_descriptors (256);
  GArray *taken = take_descriptors (0);

  wait_until (has_ended (first) && has_ended (second));
  give_back_descriptors (taken);
  limit_descriptors (soft);
  g_assert_cmpuint (fixture->accepted->len, ==, 0);
  settle (fixture);
}

static void
add (const gchar *name, void (*test) (Fixture *fixture, gconstpointer host))
{
  hosts_add_test (
      "/gsticenicetcpadmission", name, Fixture, set_up, test, tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#ifdef __linux__
  add ("strangers", test_strangers);
  add ("second-listener", test_second_listener);
  add ("peer", test_peer);
  add ("two-peers", test_two_peers);
  add ("answers", test_answers);
  add ("back", test_back);
  add ("flood", test_flood);
  add ("end-of-peer", test_end_of_peer);
  add ("end-of-selected", test_end_of_selected);
  add ("patience", test_patience);
  add ("many-strangers", test_many_strangers);
  add ("many-peers", test_many_peers);
  add ("rate", test_rate);
  add ("within-rate", test_within_rate);
  add ("no-descriptors", test_no_descriptors);
  g_test_add_func ("/gsticenicetcpadmission/descriptors", test_descriptors);
  g_test_add_func ("/gsticenicetcpadmission/descriptor-0", test_descriptor_0);
#endif
  return g_test_run ();
}
