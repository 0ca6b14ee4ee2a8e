/* gst-ice: test of gsticedatagramsocket: what arrives is what was sent, in the
 * same pieces, however the kernel cuts and joins.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "datapath/gsticedatagramsocket.h"
#include "hosts.h"
#include "netns.h"
#include "suite.h"

#include <gio/gnetworking.h>
#include <gst/net/net.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <malloc.h>
#include <net/if.h>
#include <netinet/udp.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#ifndef UDP_GRO
#define UDP_GRO 104
#endif

#define PATIENCE (10 * G_TIME_SPAN_SECOND) /* until what is sent is there */
#define MAX_DATAGRAM 65507                 /* IPv4's */
#define ROOM (8 * 1024 * 1024)             /* of the receiver, bytes */
#define SEGMENTS 64                        /* in a message at most */
#define MESSAGES_OUT 32                    /* in a call at most */
#define MESSAGES_IN 16                     /* in a call at most */
#define KEPT 1000                          /* datagrams */
#define KEPT_OF 30                         /* of so many each */

/* Datagrams as icesink makes them; in other layouts to be unkind. */

typedef struct
{
  guint n;
  gsize *sizes;
  guint8 *bytes; /* of all */
  GOutputVector *vectors;
  GstIceDatagram *datagrams;
} Frame;

typedef enum
{
  WHOLE,  /* a piece of memory each */
  PIECES, /* several each, empty ones too */
  APART   /* the vectors of one do not follow those of the one before */
} Layout;

#define MAX_PIECES 5

static Frame *
frame_new (const gsize *sizes, guint n, Layout layout)
{
  Frame *frame = g_new0 (Frame, 1);
  gsize total = 0, at = 0, j;
  GOutputVector *next;
  guint i, k;

  for (i = 0; i < n; i++)
    total += sizes[i];
  frame->n = n;
  frame->sizes = g_memdup2 (sizes, n * sizeof (gsize));
  frame->bytes = g_malloc (total + 1);
  frame->vectors = next = g_new0 (GOutputVector, n * (MAX_PIECES + 1));
  frame->datagrams = g_new0 (GstIceDatagram, n);
  for (i = 0; i < n; i++) {
    guint pieces = layout == PIECES ? (guint) g_test_rand_int_range (1, 6) : 1;
    gsize from = at, end = at + sizes[i];

    for (j = at; j < end; j++) /* never STUN */
      frame->bytes[j] = (guint8) (0x80 | (i * 7 + (j - at) * 13));
    frame->datagrams[i].vectors = next;
    frame->datagrams[i].n_vectors = (gint) pieces;
    for (k = 0; k < pieces; k++) {
      gsize to = k + 1 < pieces
          ? from + (gsize) g_test_rand_int_range (0, (gint) (end - from) + 1)
          : end;

      next->buffer = frame->bytes + from;
      next->size = to - from;
      from = to;
      next++;
    }
    if (layout == APART)
      next++;
    at = end;
  }
  return frame;
}

static Frame *
frame_new_equal (guint n, gsize size)
{
  g_autofree gsize *sizes = g_new (gsize, n);
  guint i;

  for (i = 0; i < n; i++)
    sizes[i] = size;
  return frame_new (sizes, n, WHOLE);
}

static void
frame_free (Frame *frame)
{
  g_free (frame->sizes);
  g_free (frame->bytes);
  g_free (frame->vectors);
  g_free (frame->datagrams);
  g_free (frame);
}

/* Two sockets. */

typedef struct
{
  GstIcePeerAddresses *sources;
  GstIceDatagramSocket *sender, *receiver;
  GSocketAddress *from, *to;
  struct sockaddr_storage native; /* of to */
  gsize native_size;
  guint would_block; /* times that the sender got that error */
} Pair;

/* Returns: (nullable): where this machine does not have the address */
static GSocket *
open_socket (const gchar *host, GSocketAddress **address)
{
  g_autoptr (GSocketAddress)
      any = g_inet_socket_address_new_from_string (host, 0);
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocket) socket = g_socket_new (g_socket_address_get_family (any),
      G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, &error);

  g_assert_no_error (error);
  if (!g_socket_bind (socket, any, FALSE, &error))
    return NULL;
  g_socket_set_blocking (socket, FALSE);
  *address = g_socket_get_local_address (socket, &error);
  g_assert_no_error (error);
  return g_steal_pointer (&socket);
}

static void
trust (Pair *pair, GSocketAddress *address)
{
  GInetSocketAddress *inet = G_INET_SOCKET_ADDRESS (address);
  g_autofree gchar *text = g_inet_address_to_string (
      g_inet_socket_address_get_address (inet));

  gst_ice_peer_addresses_add (
      pair->sources, text, g_inet_socket_address_get_port (inet));
}

static void
set_option (GstIceDatagramSocket *socket, gint level, gint option, gint value)
{
  g_autoptr (GError) error = NULL;

  g_socket_set_option (gst_ice_datagram_socket_get_socket (socket), level,
      option, value, &error);
  g_assert_no_error (error);
}

/* With from and to open. */
static void
set_up_sockets (Pair *pair, GSocket *sender, GSocket *receiver)
{
  pair->sources = gst_ice_peer_addresses_new ();
  pair->sender = gst_ice_datagram_socket_new (sender, pair->sources);
  pair->receiver = gst_ice_datagram_socket_new (receiver, pair->sources);
  /* beyond the system's limit only with CAP_NET_ADMIN */
  if (!g_socket_set_option (receiver, SOL_SOCKET, SO_RCVBUFFORCE, ROOM, NULL))
    set_option (pair->receiver, SOL_SOCKET, SO_RCVBUF, ROOM);
  trust (pair, pair->from);
  pair->native_size = (gsize) g_socket_address_get_native_size (pair->to);
  g_assert_true (g_socket_address_to_native (
      pair->to, &pair->native, sizeof (pair->native), NULL));
}

static gboolean
set_up (Pair *pair, const gchar *host)
{
  GSocket *sender, *receiver;

  *pair = (Pair){ NULL };
  sender = open_socket (host, &pair->from);
  if (sender == NULL) {
    g_test_skip ("this machine does not have the address");
    return FALSE;
  }
  receiver = open_socket (host, &pair->to);
  set_up_sockets (pair, sender, receiver);
  return TRUE;
}

static void
tear_down (Pair *pair)
{
  gst_ice_datagram_socket_unref (pair->sender);
  gst_ice_datagram_socket_unref (pair->receiver);
  gst_ice_peer_addresses_unref (pair->sources);
  g_object_unref (pair->from);
  g_object_unref (pair->to);
}

static GstIceDatagramSocketCounters
get_counters (GstIceDatagramSocket *socket)
{
  GstIceDatagramSocketCounters counters = { 0 };

  gst_ice_datagram_socket_add_counters (socket, &counters);
  return counters;
}

/* Returns: how many left; a hard error is none of these tests' */
static guint
send_some (Pair *pair, const GstIceDatagram *datagrams, guint n)
{
  g_autoptr (GError) error = NULL;
  guint sent = gst_ice_datagram_socket_send (
      pair->sender, &pair->native, pair->native_size, datagrams, n, &error);

  g_assert_cmpuint (sent, <=, n);
  g_assert_true ((sent < n) == (error != NULL));
  if (sent < n) {
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
    pair->would_block++;
  }
  return sent;
}

static void
send_frame (Pair *pair, const Frame *frame)
{
  g_assert_cmpuint (send_some (pair, frame->datagrams, frame->n), ==, frame->n);
}

static void
send_plain (GSocket *socket, GSocketAddress *to, gconstpointer data, gsize size)
{
  g_autoptr (GError) error = NULL;

  g_socket_send_to (socket, to, data, size, NULL, &error);
  g_assert_no_error (error);
}

static GPtrArray *
buffers_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) gst_buffer_unref);
}

/* Reads once. Returns: whether there was anything */
static gboolean
receive_once (Pair *pair, GPtrArray *buffers)
{
  GstIceDatagramSocketReceived received;
  GstBufferList *list = gst_ice_datagram_socket_receive (
      pair->receiver, FALSE, &received);
  gsize bytes = 0;
  guint i;

  if (list == NULL) {
    g_assert_cmpuint (received.n, ==, 0);
    g_assert_false (received.more);
    return FALSE;
  }
  g_assert_cmpuint (gst_buffer_list_length (list), ==, received.n);
  for (i = 0; i < received.n; i++) {
    GstBuffer *buffer = gst_buffer_list_get (list, i);

    bytes += gst_buffer_get_size (buffer);
    g_ptr_array_add (buffers, gst_buffer_ref (buffer));
  }
  g_assert_cmpuint (bytes, ==, received.bytes);
  gst_buffer_list_unref (list);
  return TRUE;
}

static void
wait_readable (Pair *pair)
{
  g_autoptr (GError) error = NULL;

  g_socket_condition_timed_wait (
      gst_ice_datagram_socket_get_socket (pair->receiver), G_IO_IN, PATIENCE,
      NULL, &error);
  g_assert_no_error (error);
}

static void
receive (Pair *pair, GPtrArray *buffers, guint n)
{
  while (buffers->len < n)
    if (!receive_once (pair, buffers))
      wait_readable (pair);
  g_assert_false (receive_once (pair, buffers));
  g_assert_cmpuint (buffers->len, ==, n);
}

static void
assert_buffer_is (GstBuffer *buffer, const guint8 *data, gsize size)
{
  GstMapInfo map;

  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
  g_assert_cmpmem (map.data, map.size, data, size);
  gst_buffer_unmap (buffer, &map);
}

static void
assert_received (const GPtrArray *buffers, const Frame *frame)
{
  const guint8 *at = frame->bytes;
  guint i;

  g_assert_cmpuint (buffers->len, ==, frame->n);
  for (i = 0; i < frame->n; i++) {
    assert_buffer_is (g_ptr_array_index (buffers, i), at, frame->sizes[i]);
    at += frame->sizes[i];
  }
}

/* There it goes, whole. (transfer full) for frame */
static void
exchange (Pair *pair, Frame *frame)
{
  g_autoptr (GPtrArray) buffers = buffers_new ();

  send_frame (pair, frame);
  receive (pair, buffers, frame->n);
  assert_received (buffers, frame);
  frame_free (frame);
}

/* Content and boundaries. */

typedef void (*MakeSizes) (GArray *sizes);

static void
add_size (GArray *sizes, gsize size)
{
  g_array_append_val (sizes, size);
}

static void
add_equal (GArray *sizes, guint n, gsize size)
{
  for (; n > 0; n--)
    add_size (sizes, size);
}

static void
make_one (GArray *sizes)
{
  add_size (sizes, 1200);
}

static void
make_equal (GArray *sizes)
{
  add_equal (sizes, 30, 1200);
}

static void
make_last_shorter (GArray *sizes)
{
  add_equal (sizes, 30, 1200);
  add_size (sizes, 1);
  add_equal (sizes, 2, 7);
  add_size (sizes, 6);
}

static void
make_growing (GArray *sizes)
{
  gsize i;

  for (i = 0; i < 100; i++)
    add_size (sizes, 1 + i);
}

static void
make_shrinking (GArray *sizes)
{
  gsize i;

  for (i = 0; i < 100; i++)
    add_size (sizes, 100 - i);
}

static void
make_empty (GArray *sizes)
{
  add_equal (sizes, 3, 0);
  add_equal (sizes, 3, 100);
  add_size (sizes, 0);
  add_equal (sizes, 2, 100);
  add_equal (sizes, 2, 0);
  add_size (sizes, 50);
  add_size (sizes, 0);
}

static void
make_largest (GArray *sizes)
{
  add_size (sizes, MAX_DATAGRAM);
  add_size (sizes, 1);
  add_size (sizes, MAX_DATAGRAM - 1);
}

static void
make_half_of_largest (GArray *sizes)
{
  add_equal (sizes, 4, 32743); /* two are the largest message */
  add_equal (sizes, 4, 32744);
}

static void
make_many_segments (GArray *sizes)
{
  add_equal (sizes, 3 * SEGMENTS + 8, 100);
}

static void
make_many_messages (GArray *sizes)
{
  gsize i;

  for (i = 0; i < 3 * MESSAGES_OUT + 4; i++) {
    add_equal (sizes, 2, 10 + i);
  }
}

static void
make_tiny (GArray *sizes)
{
  add_equal (sizes, 2 * SEGMENTS + 1, 1);
}

static void
make_random (GArray *sizes)
{
  guint i, n = (guint) g_test_rand_int_range (1, 100);

  for (i = 0; i < n; i++)
    add_equal (sizes, (guint) g_test_rand_int_range (1, 4),
        (gsize) g_test_rand_int_range (0, 1473));
}

static const struct
{
  const gchar *name;
  MakeSizes make;
  guint times;
} shapes[] = {
  { "one", make_one, 1 },
  { "equal", make_equal, 1 },
  { "last-shorter", make_last_shorter, 1 },
  { "growing", make_growing, 1 },
  { "shrinking", make_shrinking, 1 },
  { "empty", make_empty, 1 },
  { "largest", make_largest, 1 },
  { "half-of-largest", make_half_of_largest, 1 },
  { "many-segments", make_many_segments, 1 },
  { "many-messages", make_many_messages, 1 },
  { "tiny", make_tiny, 1 },
  { "random", make_random, 50 },
};

static void
exchange_shape (Pair *pair, guint shape)
{
  guint layout, i;

  for (i = 0; i < shapes[shape].times; i++)
    for (layout = WHOLE; layout <= APART; layout++) {
      g_autoptr (GArray) sizes = g_array_new (FALSE, FALSE, sizeof (gsize));

      shapes[shape].make (sizes);
      exchange (
          pair, frame_new ((gsize *) sizes->data, sizes->len, (Layout) layout));
    }
}

static void
test_shapes (void)
{
  guint host, shape;
  Pair pair;

  for (host = 0; host < G_N_ELEMENTS (hosts); host++) {
    if (!set_up (&pair, hosts[host]))
      return;
    for (shape = 0; shape < G_N_ELEMENTS (shapes); shape++)
      exchange_shape (&pair, shape);
    g_assert_cmpuint (get_counters (pair.receiver).overflowed, ==, 0);
    g_assert_cmpuint (get_counters (pair.sender).send_fallbacks, ==, 0);
    tear_down (&pair);
  }
}

static void
test_too_large (void)
{
  static guint8 data[MAX_DATAGRAM + 1];
  GOutputVector vector = { data, sizeof (data) };
  GstIceDatagram datagrams[] = { { &vector, 1 }, { &vector, 1 } };
  g_autoptr (GError) error = NULL;
  Pair pair;

  if (!set_up (&pair, "127.0.0.1"))
    return;
  g_assert_cmpuint (gst_ice_datagram_socket_send (pair.sender, &pair.native,
                        pair.native_size, datagrams, 2, &error),
      ==, 0);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE);
  exchange (&pair, frame_new_equal (3, 1000));
  tear_down (&pair);
}

/* The other end need not be like us. */

static void
test_from_plain (void)
{
  g_autoptr (GPtrArray) buffers = buffers_new ();
  Frame *frame = frame_new_equal (40, 333);
  guint i;
  Pair pair;

  if (!set_up (&pair, "127.0.0.1"))
    return;
  for (i = 0; i < frame->n; i++)
    send_plain (gst_ice_datagram_socket_get_socket (pair.sender), pair.to,
        frame->bytes + i * 333, 333);
  receive (&pair, buffers, frame->n);
  assert_received (buffers, frame);
  frame_free (frame);
  tear_down (&pair);
}

static void
test_to_plain (void)
{
  Frame *frame = frame_new_equal (40, 333);
  gchar got[MAX_DATAGRAM];
  guint i;
  Pair pair;

  if (!set_up (&pair, "127.0.0.1"))
    return;
  set_option (pair.receiver, IPPROTO_UDP, UDP_GRO, 0);
  send_frame (&pair, frame);
  for (i = 0; i < frame->n; i++) {
    gssize size = g_socket_receive (
        gst_ice_datagram_socket_get_socket (pair.receiver), got, sizeof (got),
        NULL, NULL);

    g_assert_cmpmem (got, size, frame->bytes + i * 333, 333);
  }
  frame_free (frame);
  tear_down (&pair);
}

/* System calls. */

static void
test_counters (void)
{
  GstIceDatagramSocketCounters sent, received;
  g_autoptr (GPtrArray) buffers = buffers_new ();
  Frame *frame = frame_new_equal (30, 1200);
  Pair pair;

  if (!set_up (&pair, "127.0.0.1"))
    return;
  send_frame (&pair, frame);
  sent = get_counters (pair.sender);
  g_assert_cmpuint (sent.send_calls, ==, 1);
  g_assert_cmpuint (sent.messages_sent, ==, 1);
  g_assert_cmpuint (sent.datagrams_sent, ==, 30);
  g_assert_cmpuint (sent.receive_calls, ==, 0);
  g_assert_true (receive_once (&pair, buffers));
  assert_received (buffers, frame);
  frame_free (frame);
  received = get_counters (pair.receiver);
  g_assert_cmpuint (received.receive_calls, ==, 1);
  g_assert_cmpuint (received.messages_received, ==, 1);
  g_assert_cmpuint (received.datagrams_received, ==, 30);
  g_assert_cmpuint (received.bytes_received, ==, 30 * 1200);
  g_assert_cmpuint (received.send_calls, ==, 0);

  exchange (&pair, frame_new_equal (3 * SEGMENTS + 8, 100));
  sent = get_counters (pair.sender);
  g_assert_cmpuint (sent.send_calls, ==, 2);
  g_assert_cmpuint (sent.messages_sent, ==, 1 + 4);
  g_assert_cmpuint (sent.datagrams_sent, ==, 30 + 200);

  exchange (&pair, frame_new_equal (2 * MESSAGES_OUT + 1, 0));
  sent = get_counters (pair.sender);
  g_assert_cmpuint (sent.send_calls, ==, 2 + 3);
  g_assert_cmpuint (sent.messages_sent, ==, 5 + 65);
  g_assert_cmpuint (sent.datagrams_sent, ==, 230 + 65);
  g_assert_cmpuint (sent.send_fallbacks, ==, 0);
  received = get_counters (pair.receiver);
  g_assert_cmpuint (received.datagrams_received, ==, 295);
  g_assert_cmpuint (received.messages_received, ==, 70);

  /* they add up */
  gst_ice_datagram_socket_add_counters (pair.sender, &received);
  g_assert_cmpuint (received.datagrams_received, ==, 295);
  g_assert_cmpuint (received.datagrams_sent, ==, 295);
  tear_down (&pair);
}

static void
test_more (void)
{
  GstIceDatagramSocketReceived received;
  Frame *frame = frame_new_equal (MESSAGES_IN + 1, 0);
  GstBufferList *list;
  Pair pair;

  if (!set_up (&pair, "127.0.0.1"))
    return;
  send_frame (&pair, frame);
  list = gst_ice_datagram_socket_receive (pair.receiver, FALSE, &received);
  g_assert_cmpuint (received.n, ==, MESSAGES_IN);
  g_assert_true (received.more);
  gst_buffer_list_unref (list);
  list = gst_ice_datagram_socket_receive (pair.receiver, FALSE, &received);
  g_assert_cmpuint (received.n, ==, 1);
  g_assert_false (received.more);
  gst_buffer_list_unref (list);
  g_assert_null (
      gst_ice_datagram_socket_receive (pair.receiver, FALSE, &received));
  frame_free (frame);
  tear_down (&pair);
}

/* Strangers. */

static void
test_strangers (void)
{
  GstIceDatagramSocketReceived received;
  g_autoptr (GPtrArray) buffers G_GNUC_UNUSED = buffers_new ();
  g_autoptr (GSocketAddress) address = NULL;
  GstIceDatagramSocket *ours;
  GstBufferList *list;
  Pair pair;
  guint i;

  if (!set_up (&pair, "127.0.0.1"))
    return;
  ours = pair.sender;
  pair.sender = gst_ice_datagram_socket_new (
      open_socket ("127.0.0.2", &address), pair.sources);
  for (i = 0; i < 2; i++) { /* 20 in one message and shorter last, empty */
    Frame *frame = frame_new_equal (20, 100);

    send_frame (&pair, frame);
    frame_free (frame);
    frame = frame_new_equal (3, 0);
    send_frame (&pair, frame);
    frame_free (frame);
  }
  list = gst_ice_datagram_socket_receive (pair.receiver, FALSE, &received);
  g_assert_nonnull (list);
  g_assert_cmpuint (gst_buffer_list_length (list), ==, 0);
  g_assert_cmpuint (received.n, ==, 0);
  gst_buffer_list_unref (list);
  g_assert_cmpuint (get_counters (pair.receiver).unknown_source, ==, 46);
  g_assert_cmpuint (get_counters (pair.receiver).datagrams_received, ==, 0);

  gst_ice_datagram_socket_unref (pair.sender);
  pair.sender = ours;
  exchange (&pair, frame_new_equal (5, 10));
  g_assert_cmpuint (get_counters (pair.receiver).unknown_source, ==, 46);
  tear_down (&pair);
}

/* Whose datagrams were taken is forgotten, then known again: each change counts
 * from the next reading on, though the sender remains the same. */
static void
test_forgotten (void)
{
  GstIceDatagramSocketReceived received;
  Frame *frame = frame_new_equal (3, 100);
  Pair pair;
  guint i;

  if (!set_up (&pair, "127.0.0.1"))
    return;
  for (i = 0; i < 6; i++) {
    GstBufferList *list;

    if (i == 2) {
      gst_ice_peer_addresses_begin (pair.sources);
      gst_ice_peer_addresses_forget_old (pair.sources);
    } else if (i == 4) {
      trust (&pair, pair.from);
    }
    send_frame (&pair, frame);
    list = gst_ice_datagram_socket_receive (pair.receiver, FALSE, &received);
    g_assert_cmpuint (received.n, ==, i == 2 || i == 3 ? 0 : 3);
    gst_buffer_list_unref (list);
  }
  g_assert_cmpuint (get_counters (pair.receiver).unknown_source, ==, 6);
  frame_free (frame);
  tear_down (&pair);
}

/* Of the selected pair's remote end. */

static void
assert_of_peer (Pair *pair, guint n, guint of_peer, gsize bytes)
{
  GstIceDatagramSocketReceived received, sum = { 0 };
  GstBufferList *list;

  do {
    list = gst_ice_datagram_socket_receive (pair->receiver, FALSE, &received);
    sum.n += received.n;
    sum.n_of_peer += received.n_of_peer;
    sum.bytes_of_peer += received.bytes_of_peer;
    g_clear_pointer (&list, gst_buffer_list_unref);
  } while (received.n > 0);
  g_assert_cmpuint (sum.n, ==, n);
  g_assert_cmpuint (sum.n_of_peer, ==, of_peer);
  g_assert_cmpuint (sum.bytes_of_peer, ==, bytes);
}

/* 20 datagrams in one message, and three empty ones. */
static void
send_mixed (Pair *pair)
{
  Frame *frame = frame_new_equal (20, 100);

  send_frame (pair, frame);
  frame_free (frame);
  frame = frame_new_equal (3, 0);
  send_frame (pair, frame);
  frame_free (frame);
}

static void
test_of_peer (void)
{
  g_autoptr (GSocketAddress) address = NULL;
  struct sockaddr_storage native;
  gsize size = sizeof (native);
  GstIceDatagramSocket *ours, *other;
  Pair pair;

  if (!set_up (&pair, "127.0.0.1"))
    return;
  g_assert_true (g_socket_address_to_native (pair.from, &native, size, NULL));
  ours = pair.sender;
  other = gst_ice_datagram_socket_new (
      open_socket ("127.0.0.2", &address), pair.sources);
  trust (&pair, address);
  send_mixed (&pair);
  assert_of_peer (&pair, 23, 0, 0); /* no pair is selected */
  gst_ice_datagram_socket_set_peer (pair.receiver, &native, size);
  send_mixed (&pair);
  pair.sender = other;
  send_mixed (&pair);
  pair.sender = ours;
  send_mixed (&pair);
  assert_of_peer (&pair, 69, 46, 4000);
  gst_ice_datagram_socket_set_peer (pair.receiver, NULL, 0);
  send_mixed (&pair);
  assert_of_peer (&pair, 23, 0, 0);
  gst_ice_datagram_socket_unref (other);
  tear_down (&pair);
}

/* Who sent it. */

static void
assert_sender (Pair *pair, GSocketAddress *address)
{
  GstIceDatagramSocketReceived received;
  GstBufferList *list;
  guint i;

  wait_readable (pair);
  list = gst_ice_datagram_socket_receive (
      pair->receiver, address != NULL, &received);
  g_assert_cmpuint (received.n, ==, 3);
  for (i = 0; i < received.n; i++) {
    GstNetAddressMeta *meta = gst_buffer_get_net_address_meta (
        gst_buffer_list_get (list, i));

    g_assert_true ((meta != NULL) == (address != NULL));
    if (meta != NULL) {
      GInetSocketAddress *a = G_INET_SOCKET_ADDRESS (meta->addr);
      GInetSocketAddress *b = G_INET_SOCKET_ADDRESS (address);

      g_assert_cmpuint (g_inet_socket_address_get_port (a), ==,
          g_inet_socket_address_get_port (b));
      g_assert_true (
          g_inet_address_equal (g_inet_socket_address_get_address (a),
              g_inet_socket_address_get_address (b)));
    }
  }
  gst_buffer_list_unref (list);
}

static void
test_sender (void)
{
  Frame *frame = frame_new_equal (3, 100);
  guint host, i;

  for (host = 0; host < G_N_ELEMENTS (hosts); host++) {
    GSocketAddress *addresses[2];
    GstIceDatagramSocket *senders[2];
    Pair pair;

    if (!set_up (&pair, hosts[host]))
      break;
    senders[0] = pair.sender;
    addresses[0] = pair.from;
    senders[1] = gst_ice_datagram_socket_new (
        open_socket (hosts[host], &addresses[1]), pair.sources);
    trust (&pair, addresses[1]);
    for (i = 0; i < 10; i++) { /* in turn: it is remembered */
      pair.sender = senders[i / 2 % 2];
      send_frame (&pair, frame);
      assert_sender (&pair, i == 5 ? NULL : addresses[i / 2 % 2]);
    }
    pair.sender = senders[0];
    gst_ice_datagram_socket_unref (senders[1]);
    g_object_unref (addresses[1]);
    tear_down (&pair);
  }
  frame_free (frame);
}

/* When it came. */

#define LATE 100000 /* us that the reader is late */

static void
test_arrival (void)
{
  g_autoptr (GPtrArray) buffers = buffers_new ();
  Frame *frame = frame_new_equal (10, 1000);
  GstClockTime before, after, sent;
  Pair pair;
  guint i;

  if (!set_up (&pair, "127.0.0.1"))
    return;
  before = gst_util_get_timestamp ();
  send_frame (&pair, frame);
  sent = gst_util_get_timestamp ();
  g_usleep (LATE);
  receive (&pair, buffers, frame->n);
  after = gst_util_get_timestamp ();
  for (i = 0; i < frame->n; i++) {
    GstClockTime arrival = GST_BUFFER_DTS (g_ptr_array_index (buffers, i));

    g_assert_cmpint (
        GST_CLOCK_DIFF (before, arrival), >=, -(GstClockTimeDiff) GST_MSECOND);
    g_assert_cmpint (GST_CLOCK_DIFF (sent, arrival), <,
        LATE / 2 * (GstClockTimeDiff) GST_USECOND);
    g_assert_cmpuint (arrival, <=, after);
  }
  frame_free (frame);
  tear_down (&pair);
}

/* One thread sends and another receives. */

#define ROUNDS 5000
#define FLIGHT 64 /* frames sent and not received at most */

typedef struct
{
  Pair pair;
  Frame *frame;
  gint received; /* atomic: frames */
} Traffic;

static gpointer
run_sender (gpointer data)
{
  Traffic *traffic = data;
  gint i;

  for (i = 0; i < ROUNDS; i++) {
    while (i - g_atomic_int_get (&traffic->received) >= FLIGHT)
      g_thread_yield ();
    send_frame (&traffic->pair, traffic->frame);
    get_counters (traffic->pair.receiver);
  }
  return NULL;
}

static void
test_threads (void)
{
  Traffic traffic = { 0 };
  Pair *pair = &traffic.pair;
  GstClockTime last = 0;
  guint n = 0, i;
  GThread *thread;

  if (!set_up (pair, "127.0.0.1"))
    return;
  traffic.frame = frame_new_equal (7, 100);
  thread = g_thread_new ("sender", run_sender, &traffic);
  while (n < ROUNDS * 7) {
    g_autoptr (GPtrArray) buffers = buffers_new ();

    if (!receive_once (pair, buffers))
      wait_readable (pair);
    for (i = 0; i < buffers->len; i++, n++) {
      GstBuffer *buffer = g_ptr_array_index (buffers, i);

      assert_buffer_is (buffer, traffic.frame->bytes + n % 7 * 100, 100);
      g_assert_cmpuint (GST_BUFFER_DTS (buffer), >=, last);
      last = GST_BUFFER_DTS (buffer);
    }
    g_assert_cmpuint (last, <=, gst_util_get_timestamp ());
    g_atomic_int_set (&traffic.received, (gint) n / 7);
  }
  g_thread_join (thread);
  g_assert_cmpuint (get_counters (pair->receiver).overflowed, ==, 0);
  frame_free (traffic.frame);
  tear_down (pair);
}

/* A receiver that is too slow. */

static void
test_overflow (void)
{
  g_autoptr (GPtrArray) buffers = buffers_new ();
  GstIceDatagramSocketCounters counters;
  const guint n = 3000;
  guint8 data[1000] = { 0x80 };
  GSocket *socket;
  Pair pair;
  guint i;

  if (!set_up (&pair, "127.0.0.1"))
    return;
  set_option (pair.receiver, SOL_SOCKET, SO_RCVBUF, 100000);
  socket = gst_ice_datagram_socket_get_socket (pair.sender);
  for (i = 0; i < n; i++)
    send_plain (socket, pair.to, data, sizeof (data));
  while (receive_once (&pair, buffers))
    continue;
  /* the kernel reports it with the next datagram that it takes */
  send_plain (socket, pair.to, data, sizeof (data));
  while (receive_once (&pair, buffers))
    continue;
  counters = get_counters (pair.receiver);
  g_assert_cmpuint (counters.datagrams_received, ==, buffers->len);
  g_assert_cmpuint (counters.overflowed, >, 0);
  g_assert_cmpuint (
      counters.datagrams_received + counters.overflowed, ==, n + 1);
  g_assert_cmpuint (counters.unknown_source + counters.misrouted, ==, 0);
  tear_down (&pair);
}

/* STUN that was joined to media. */

static void
make_stun (guint8 *data, gsize size)
{
  static const guint8 header[] = { 0, 1, 0, 80, 0x21, 0x12, 0xA4, 0x42 };

  memset (data, 0x5A, size);
  memcpy (data, header, MIN (size, sizeof (header)));
}

static gint
get_option (GstIceDatagramSocket *socket, gint level, gint option)
{
  gint value = -1;

  g_socket_get_option (
      gst_ice_datagram_socket_get_socket (socket), level, option, &value, NULL);
  return value;
}

/* All that was on the way already keeps its boundaries. */
static void
test_stun_joined (void)
{
  g_autoptr (GPtrArray) buffers = buffers_new ();
  Frame *with_stun = frame_new_equal (5, 100);
  Frame *media = frame_new_equal (3, 100);
  const guint frames = 3 * MESSAGES_IN;
  Pair pair;
  guint i;

  if (!set_up (&pair, "127.0.0.1"))
    return;
  g_assert_cmpint (get_option (pair.receiver, IPPROTO_UDP, UDP_GRO), ==, 1);
  make_stun (with_stun->bytes + 100, 100);
  make_stun (with_stun->bytes + 400, 100);
  send_frame (&pair, media);
  send_frame (&pair, with_stun);
  for (i = 0; i < frames; i++)
    send_frame (&pair, media);
  receive (&pair, buffers, 3 + 3 + frames * 3);
  for (i = 0; i < buffers->len; i++) {
    const guint8 *data = i < 3 ? media->bytes + i * 100
        : i == 3               ? with_stun->bytes
        : i < 6                ? with_stun->bytes + (i - 2) * 100
                               : media->bytes + i % 3 * 100;

    assert_buffer_is (g_ptr_array_index (buffers, i), data, 100);
  }
  g_assert_cmpuint (get_counters (pair.receiver).misrouted, ==, 2);
  g_assert_cmpint (get_option (pair.receiver, IPPROTO_UDP, UDP_GRO), ==, 0);

  exchange (&pair, media);
  exchange (&pair, frame_new_equal (1, 1000));
  frame_free (with_stun);
  tear_down (&pair);
}

/* A socket that is never empty: what waits in it is lost, but not cut wrongly.
 */
static void
test_stun_joined_to_a_flood (void)
{
  g_autoptr (GPtrArray) buffers = buffers_new ();
  Frame *frame = frame_new_equal (3, 100);
  Pair pair;
  guint i;

  if (!set_up (&pair, "127.0.0.1"))
    return;
  make_stun (frame->bytes + 100, 100);
  for (i = 0; i < 3 * MESSAGES_IN; i++)
    send_frame (&pair, frame);
  g_assert_true (receive_once (&pair, buffers));
  g_assert_cmpint (get_option (pair.receiver, IPPROTO_UDP, UDP_GRO), ==, 1);
  g_usleep (1100000); /* patience is over */
  while (receive_once (&pair, buffers))
    continue;
  g_assert_cmpint (get_option (pair.receiver, IPPROTO_UDP, UDP_GRO), ==, 0);
  g_assert_cmpuint (buffers->len, ==, 2 * MESSAGES_IN * 2);
  for (i = 0; i < buffers->len; i++)
    assert_buffer_is (
        g_ptr_array_index (buffers, i), frame->bytes + i % 2 * 200, 100);
  g_assert_cmpuint (
      get_counters (pair.receiver).misrouted, ==, 3 * MESSAGES_IN);
  frame_free (frame);
  exchange (&pair, frame_new_equal (3, 100));
  tear_down (&pair);
}

/* STUN alone, or first, is the kernel's to steer, and looks are not enough. */
static void
test_like_stun (void)
{
  guint8 data[100];
  g_autoptr (GPtrArray) buffers G_GNUC_UNUSED = buffers_new ();
  Frame *frame;
  Pair pair;
  guint i;

  if (!set_up (&pair, "127.0.0.1"))
    return;
  frame = frame_new_equal (6, 100);
  for (i = 1; i < 6; i++) {
    make_stun (data, sizeof (data));
    if (i == 1)
      data[0] = 4;
    else
      data[i + 2] ^= 1; /* the cookie */
    memcpy (frame->bytes + i * 100, data, 100);
  }
  exchange (&pair, frame);
  frame = frame_new_equal (3, 19);
  make_stun (frame->bytes + 19, 19);
  exchange (&pair, frame);
  frame = frame_new_equal (3, 100);
  make_stun (frame->bytes, 100);
  exchange (&pair, frame);
  g_assert_cmpuint (get_counters (pair.receiver).misrouted, ==, 0);
  g_assert_cmpint (get_option (pair.receiver, IPPROTO_UDP, UDP_GRO), ==, 1);
  tear_down (&pair);
}

/* The shortest STUN, and the last type that is STUN. */
static void
test_least_stun (void)
{
  g_autoptr (GPtrArray) buffers = buffers_new ();
  Frame *frame = frame_new_equal (3, 20);
  Pair pair;

  if (!set_up (&pair, "127.0.0.1"))
    return;
  make_stun (frame->bytes + 20, 20);
  make_stun (frame->bytes + 40, 20);
  frame->bytes[40] = 3;
  send_frame (&pair, frame);
  receive (&pair, buffers, 1);
  g_assert_cmpuint (get_counters (pair.receiver).misrouted, ==, 2);
  frame_free (frame);
  tear_down (&pair);
}

/* Networks that can't. */

static gint warned; /* atomic: warnings that datagrams are sent one by one */

static void
on_log (GstDebugCategory *category, GstDebugLevel level, const gchar *file,
    const gchar *function, gint line, GObject *object, GstDebugMessage *message,
    gpointer unused)
{
  if (strstr (gst_debug_message_get (message), "one by one") != NULL)
    g_atomic_int_inc (&warned);
}

static void
check_small_mtu (const gchar *host, gsize headers)
{
  const gsize fits = 1500 - headers;
  Pair pair;
  guint i;

  g_assert_true (set_up (&pair, host));
  g_atomic_int_set (&warned, 0);
  exchange (&pair, frame_new_equal (20, fits));
  g_assert_cmpuint (get_counters (pair.sender).send_fallbacks, ==, 0);
  for (i = 0; i < 5; i++) {
    exchange (&pair, frame_new_equal (20, 2000));
    g_assert_cmpuint (get_counters (pair.sender).send_fallbacks, ==, 1);
    g_assert_cmpint (g_atomic_int_get (&warned), ==, 1);
  }
  exchange (&pair, frame_new_equal (20, 5000)); /* as well: no question */
  g_assert_cmpuint (get_counters (pair.sender).send_fallbacks, ==, 1);
  exchange (&pair, frame_new_equal (20, fits + 1));
  g_assert_cmpuint (get_counters (pair.sender).send_fallbacks, ==, 2);
  for (i = 0; i < G_N_ELEMENTS (shapes); i++)
    exchange_shape (&pair, i);
  g_assert_cmpuint (get_counters (pair.sender).send_fallbacks, ==, 2);
  g_assert_cmpint (g_atomic_int_get (&warned), ==, 2);

  { /* what fits is one message as before */
    guint64 calls = get_counters (pair.sender).messages_sent;

    exchange (&pair, frame_new_equal (20, fits));
    g_assert_cmpuint (get_counters (pair.sender).messages_sent, ==, calls + 1);
  }
  tear_down (&pair);
}

static void
run_small_mtu (int namespace)
{
  g_assert_true (netns_run ("ip link set lo mtu 1500"));
  check_small_mtu ("127.0.0.1", 28);
  check_small_mtu ("::1", 48);
}

static void
test_small_mtu (void)
{
  gst_debug_set_threshold_for_name ("icedatagramsocket", GST_LEVEL_INFO);
  gst_debug_remove_log_function (gst_debug_log_default);
  gst_debug_add_log_function (on_log, NULL, NULL);
  netns_test (run_small_mtu);
  gst_debug_remove_log_function (on_log);
  gst_debug_add_log_function (gst_debug_log_default, NULL, NULL);
  gst_debug_unset_threshold_for_name ("icedatagramsocket");
}

/* Some shapes in it, others before and after: the first refusal is in the
 * middle of a call. */
static void
run_small_mtu_in_the_middle (int namespace)
{
  gsize sizes[60];
  Pair pair;
  guint i;

  g_assert_true (netns_run ("ip link set lo mtu 1500"));
  for (i = 0; i < G_N_ELEMENTS (sizes); i++)
    sizes[i] = i < 20 ? 1000 : i < 40 ? 3000 : 500;
  g_assert_true (set_up (&pair, "127.0.0.1"));
  exchange (&pair, frame_new (sizes, G_N_ELEMENTS (sizes), PIECES));
  g_assert_cmpuint (get_counters (pair.sender).send_fallbacks, ==, 1);
  g_assert_cmpuint (get_counters (pair.sender).datagrams_sent, ==, 60);
  tear_down (&pair);
}

static void
test_small_mtu_in_the_middle (void)
{
  netns_test (run_small_mtu_in_the_middle);
}

/* The kernel does not let a device cut that cannot make checksums. */
static gboolean
switch_checksums_off (const gchar *device)
{
  struct ethtool_value value = { ETHTOOL_STXCSUM, 0 };
  struct ifreq request = { .ifr_data = (char *) &value };
  int descriptor = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  gboolean off;

  g_strlcpy (request.ifr_name, device, sizeof (request.ifr_name));
  off = ioctl (descriptor, SIOCETHTOOL, &request) == 0;
  close (descriptor);
  return off;
}

static void
run_no_checksums (int here)
{
  GSocket *sender, *receiver;
  Pair pair = { NULL };
  int there;
  guint i;

  there = netns_enter_new ();
  g_assert_cmpint (there, >=, 0);
  netns_enter (here);
  if (!netns_run ("ip link add v0 type veth peer name v1 netns /proc/%d/fd/%d",
          getpid (), there)) {
    g_test_skip ("there is no veth");
    return;
  }
  g_assert_true (netns_run ("ip address add 192.0.2.1/24 dev v0"));
  g_assert_true (netns_run ("ip link set v0 up"));
  sender = open_socket ("192.0.2.1", &pair.from);
  netns_enter (there);
  g_assert_true (netns_run ("ip address add 192.0.2.2/24 dev v1"));
  g_assert_true (netns_run ("ip link set v1 up"));
  receiver = open_socket ("192.0.2.2", &pair.to);
  netns_enter (here);
  close (there);
  set_up_sockets (&pair, sender, receiver);
  for (i = 0; i < G_N_ELEMENTS (shapes); i++)
    exchange_shape (&pair, i);
  g_assert_true (switch_checksums_off ("v0"));
  for (i = 0; i < G_N_ELEMENTS (shapes); i++)
    exchange_shape (&pair, i);
  /* some kernels make them then, others refuse */
  g_assert_cmpuint (get_counters (pair.sender).send_fallbacks, <=, 1);
  tear_down (&pair);
}

static void
test_no_checksums (void)
{
  netns_test (run_no_checksums);
}

/* A socket that is full. */

static void
exchange_slowly (Pair *pair, Frame *frame)
{
  g_autoptr (GPtrArray) buffers = buffers_new ();
  guint sent = 0;

  while (sent < frame->n) {
    guint some = send_some (pair, &frame->datagrams[sent], frame->n - sent);

    sent += some;
    receive_once (pair, buffers);
    if (sent < frame->n) {
      g_autoptr (GError) error = NULL;

      g_socket_condition_timed_wait (
          gst_ice_datagram_socket_get_socket (pair->sender), G_IO_OUT, PATIENCE,
          NULL, &error);
      g_assert_no_error (error);
    }
  }
  receive (pair, buffers, frame->n);
  assert_received (buffers, frame);
  frame_free (frame);
}

/* What the device sends from two processors arrives in another order. */
static void
stay_on_one_processor (void)
{
  cpu_set_t one;

  CPU_ZERO (&one);
  CPU_SET (sched_getcpu (), &one);
  g_assert_cmpint (sched_setaffinity (0, sizeof (one), &one), ==, 0);
}

/* Bytes wait in the device, and so in the sender's buffer. */
static void
run_full (int namespace)
{
  gsize sizes[300];
  Pair pair;
  guint i;

  if (!netns_run ("tc qdisc add dev lo root handle 1: htb default 1")
      || !netns_run ("tc class add dev lo parent 1: classid 1:1 htb rate 80mbit"
                     " burst 2k cburst 2k")) {
    g_test_skip ("tc and HTB are needed");
    return;
  }
  stay_on_one_processor ();
  g_assert_true (set_up (&pair, "127.0.0.1"));
  set_option (pair.sender, SOL_SOCKET, SO_SNDBUF, 1); /* the least there is */
  for (i = 0; i < G_N_ELEMENTS (sizes); i++)
    sizes[i] = (i * 37) % 1473;
  exchange_slowly (&pair, frame_new (sizes, G_N_ELEMENTS (sizes), PIECES));
  exchange_slowly (&pair, frame_new_equal (300, 1200));
  exchange_slowly (&pair, frame_new_equal (10, MAX_DATAGRAM));
  g_assert_cmpuint (pair.would_block, >, 10);
  g_test_message ("full %u times", pair.would_block);
  g_assert_cmpuint (get_counters (pair.sender).datagrams_sent, ==, 610);
  tear_down (&pair);
}

static void
test_full (void)
{
  netns_test (run_full);
}

/* A datagram that never fits into the socket's buffer is not to be tried for
 * ever. */
static void
run_larger_than_buffer (int namespace)
{
  g_autoptr (GError) error = NULL;
  Frame *frame;
  Pair pair;

  g_assert_true (netns_run ("ip link set lo mtu 1500"));
  g_assert_true (set_up (&pair, "127.0.0.1"));
  set_option (pair.sender, SOL_SOCKET, SO_SNDBUF, 1);
  frame = frame_new_equal (1, MAX_DATAGRAM);
  g_assert_cmpuint (gst_ice_datagram_socket_send (pair.sender, &pair.native,
                        pair.native_size, frame->datagrams, 1, &error),
      ==, 0);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE);
  frame_free (frame);
  exchange (&pair, frame_new_equal (1, 1000));
  tear_down (&pair);
}

static void
test_larger_than_buffer (void)
{
  netns_test (run_larger_than_buffer);
}

/* What was sent is the sender's again. */

static gint freed; /* atomic */

static void
on_freed (gpointer data)
{
  g_free (data);
  g_atomic_int_inc (&freed);
}

#define MAPPED 100

static void
test_memory (void)
{
  GstMemory *memories[2 * MAPPED];
  GstMapInfo maps[2 * MAPPED];
  GOutputVector vectors[2 * MAPPED];
  GstIceDatagram datagrams[MAPPED];
  g_autoptr (GPtrArray) buffers = buffers_new ();
  Pair pair;
  guint i;

  if (!set_up (&pair, "127.0.0.1"))
    return;
  g_atomic_int_set (&freed, 0);
  for (i = 0; i < 2 * MAPPED; i++) {
    gsize size = i % 2 == 0 ? 12 : 500;
    guint8 *data = g_malloc (size);

    memset (data, 0x80 + (gint) i % 100, size);
    memories[i] = gst_memory_new_wrapped (
        0, data, size, 0, size, data, on_freed);
    g_assert_true (gst_memory_map (memories[i], &maps[i], GST_MAP_READ));
    vectors[i] = (GOutputVector){ maps[i].data, maps[i].size };
    datagrams[i / 2] = (GstIceDatagram){ &vectors[i / 2 * 2], 2 };
  }
  g_assert_cmpuint (send_some (&pair, datagrams, MAPPED), ==, MAPPED);
  for (i = 0; i < 2 * MAPPED; i++) {
    gst_memory_unmap (memories[i], &maps[i]);
    gst_memory_unref (memories[i]);
  }
  g_assert_cmpint (g_atomic_int_get (&freed), ==, 2 * MAPPED);
  receive (&pair, buffers, MAPPED);
  for (i = 0; i < MAPPED; i++)
    g_assert_cmpuint (
        gst_buffer_get_size (g_ptr_array_index (buffers, i)), ==, 512);
  tear_down (&pair);
}

/* Bytes in use, or 0 where nobody knows: a checker has a heap of its own. */
static gsize
get_heap (void)
{
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 33)
  struct mallinfo2 info = mallinfo2 ();

  return info.uordblks + info.hblkhd;
#else
  return 0;
#endif
}

static void
keep_one (Pair *pair, GPtrArray *kept, guint which)
{
  g_autoptr (GPtrArray) buffers = buffers_new ();
  Frame *frame = frame_new_equal (KEPT_OF, 1200);

  send_frame (pair, frame);
  receive (pair, buffers, KEPT_OF);
  g_ptr_array_add (kept, gst_buffer_ref (g_ptr_array_index (buffers, which)));
  frame_free (frame);
}

/* Who keeps one datagram of each message keeps those, and not what they came
 * in: as much as copies of them take. */
static void
test_kept (void)
{
  g_autoptr (GPtrArray) kept = buffers_new (), copies = buffers_new ();
  guint8 bytes[1200] = { 0 };
  gsize before, of_kept, of_copies, reserved, payload = 0, blocks = 0;
  Pair pair;
  guint i;

  if (!set_up (&pair, "127.0.0.1"))
    return;
  exchange (&pair, frame_new_equal (KEPT_OF, 1200)); /* what is made once */
  before = get_heap ();
  for (i = 0; i < KEPT; i++)
    keep_one (&pair, kept, i % KEPT_OF);
  of_kept = get_heap () - before;
  before = get_heap ();
  for (i = 0; i < KEPT; i++)
    g_ptr_array_add (copies, gst_buffer_new_memdup (bytes, sizeof (bytes)));
  of_copies = get_heap () - before;

  for (i = 0; i < KEPT; i++) {
    GstMemory *memory = gst_buffer_peek_memory (g_ptr_array_index (kept, i), 0);

    g_assert_null (memory->parent);
    payload += gst_memory_get_sizes (memory, NULL, &reserved);
    blocks += reserved;
  }
  g_test_message ("%" G_GSIZE_FORMAT " bytes kept: %" G_GSIZE_FORMAT
                  " of memory, %" G_GSIZE_FORMAT
                  " of heap, copies %" G_GSIZE_FORMAT,
      payload, blocks, of_kept, of_copies);
  g_assert_cmpuint (payload, ==, KEPT * sizeof (bytes));
  g_assert_cmpuint (blocks, <=, 2 * payload);
  g_assert_cmpuint (of_kept, <=, of_copies + of_copies / 4);
  tear_down (&pair);
}

/* What the kernel writes to is a megabyte a reading thread; none of it is left
 * when no socket is. */
static void
test_nothing_left (void)
{
  gsize with_sockets, without;
  Pair pair;

  if (!set_up (&pair, "127.0.0.1"))
    return;
  exchange (&pair, frame_new_equal (KEPT_OF, 1200));
  with_sockets = get_heap ();
  tear_down (&pair);
  without = get_heap ();
  g_test_message ("%" G_GSIZE_FORMAT " bytes, then %" G_GSIZE_FORMAT,
      with_sockets, without);
  if (with_sockets > 0)
    g_assert_cmpuint (with_sockets - without, >=, 1024 * 1024);
}

static const SuiteTest tests[] = {
  { "/datagram-socket/shapes", test_shapes },
  { "/datagram-socket/too-large", test_too_large },
  { "/datagram-socket/from-plain", test_from_plain },
  { "/datagram-socket/to-plain", test_to_plain },
  { "/datagram-socket/counters", test_counters },
  { "/datagram-socket/more", test_more },
  { "/datagram-socket/strangers", test_strangers },
  { "/datagram-socket/forgotten", test_forgotten },
  { "/datagram-socket/of-peer", test_of_peer },
  { "/datagram-socket/sender", test_sender },
  { "/datagram-socket/arrival", test_arrival },
  { "/datagram-socket/threads", test_threads },
  { "/datagram-socket/overflow", test_overflow },
  { "/datagram-socket/stun/joined", test_stun_joined },
  { "/datagram-socket/stun/joined-to-a-flood", test_stun_joined_to_a_flood },
  { "/datagram-socket/stun/like", test_like_stun },
  { "/datagram-socket/stun/least", test_least_stun },
  { "/datagram-socket/small-mtu", test_small_mtu },
  { "/datagram-socket/small-mtu/in-the-middle", test_small_mtu_in_the_middle },
  { "/datagram-socket/no-checksums", test_no_checksums },
  { "/datagram-socket/full", test_full },
  { "/datagram-socket/larger-than-buffer", test_larger_than_buffer },
  { "/datagram-socket/memory", test_memory },
  { "/datagram-socket/kept", test_kept },
  { "/datagram-socket/nothing-left", test_nothing_left },
};

int
main (int argc, char **argv)
{
  return suite_run (argc, argv, tests, G_N_ELEMENTS (tests));
}
