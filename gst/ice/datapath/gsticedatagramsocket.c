/* gst-ice: a UDP socket for media.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GSocket allocates an object for each control message, and each datagram here
 * has one. A GSocket with UDP_SEGMENT, UDP_GRO and time stamps would serve. */

#include "datapath/gsticedatagramsocket.h"
#include "datapath/icereceiveslots.h"
#include "datapath/icesegments.h"
#include "stun/icestunheader.h"

#include <errno.h>
#include <gio/gnetworking.h>
#include <gst/net/net.h>
#include <string.h>
#ifdef __linux__
#include "datapath/gsticereceivebatch.h"
#include "datapath/gsticesendbatch.h"
#include <linux/sock_diag.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#endif

GST_DEBUG_CATEGORY_STATIC (gst_ice_datagram_socket_debug);
#define GST_CAT_DEFAULT gst_ice_datagram_socket_debug

struct _GstIceDatagramSocket
{
  gatomicrefcount references;
  GSocket *socket; /* no one closes it before it is freed */
  gint fd;         /* of it */
  GstIcePeerAddresses *peer_addresses;

  IceSegmentLimits limits; /* sending thread; segments 1: no offload */

  GMutex sending; /* a leaf */
  /* under that lock */
  GstIceDatagramSocketCounters sent; /* send_... and ..._sent only */

  GMutex receiving; /* taken before the lock of the peer addresses */
  /* under that lock */
  GstIceDatagramSocketCounters received; /* all others */
  struct sockaddr_storage peer;          /* family 0: none */
  gboolean joins;                        /* the kernel joins segments for us */
  GstClockTime stop_joining; /* deadline; 0: no STUN came joined to media */
  GstClockTime joined_until; /* earlier arrivals may be joined, unmarked */
  IceReceiveSlots slots;     /* of the next call */
  GstClockTime last_arrival; /* gst_util_get_timestamp() */
  /* the last sender that the peer addresses contained, and their changes then
   */
  struct sockaddr_storage sender_native;
  gsize sender_size; /* bytes; 0: none */
  guint sender_changes;
  GSocketAddress *sender; /* NULL: not made yet */
};

/**
 * gst_ice_datagram_socket_ref:
 * @self: a socket
 *
 * Returns: (transfer full): @self
 */
GstIceDatagramSocket *
gst_ice_datagram_socket_ref (GstIceDatagramSocket *self)
{
  g_atomic_ref_count_inc (&self->references);
  return self;
}

/**
 * gst_ice_datagram_socket_get_socket:
 * @self: a socket
 *
 * Returns: (transfer none): to set options of, and to wait for
 */
GSocket *
gst_ice_datagram_socket_get_socket (GstIceDatagramSocket *self)
{
  return self->socket;
}

/**
 * gst_ice_datagram_socket_set_peer:
 * @self: a socket
 * @address: (nullable): a struct sockaddr, the remote end of the selected pair
 *   if the pair is one of this socket's
 * @size: its size, bytes
 *
 * Any thread. From the next reading on its datagrams are counted apart.
 */
void
gst_ice_datagram_socket_set_peer (
    GstIceDatagramSocket *self, gconstpointer address, gsize size)
{
  g_mutex_lock (&self->receiving);
  memset (&self->peer, 0, sizeof (self->peer));
  if (address != NULL)
    memcpy (&self->peer, address, MIN (size, sizeof (self->peer)));
  g_mutex_unlock (&self->receiving);
}

/* Datagrams that the kernel dropped because the buffer was full: the counter of
 * SO_RXQ_OVFL, read without waiting for the next datagram. */
static guint64
get_overflowed (GstIceDatagramSocket *self)
{
#ifdef SO_MEMINFO
  guint32 info[SK_MEMINFO_DROPS + 1] = { 0 };
  socklen_t size = sizeof (info);

  if (getsockopt (self->fd, SOL_SOCKET, SO_MEMINFO, info, &size) == 0)
    return info[SK_MEMINFO_DROPS];
#endif
  return 0;
}

static void
add_sent (
    GstIceDatagramSocketCounters *sum, const GstIceDatagramSocketCounters *more)
{
  sum->send_calls += more->send_calls;
  sum->messages_sent += more->messages_sent;
  sum->datagrams_sent += more->datagrams_sent;
  sum->send_fallbacks += more->send_fallbacks;
}

/**
 * gst_ice_datagram_socket_add_counters:
 * @self: a socket
 * @sum: (inout): the counters of the socket are added to it
 *
 * Any thread.
 */
void
gst_ice_datagram_socket_add_counters (
    GstIceDatagramSocket *self, GstIceDatagramSocketCounters *sum)
{
  const GstIceDatagramSocketCounters *received = &self->received;

  /* each member is added */
  G_STATIC_ASSERT (sizeof (*sum) == 11 * sizeof (guint64));
  g_mutex_lock (&self->sending);
  add_sent (sum, &self->sent);
  g_mutex_unlock (&self->sending);
  g_mutex_lock (&self->receiving);
  sum->receive_calls += received->receive_calls;
  sum->messages_received += received->messages_received;
  sum->datagrams_received += received->datagrams_received;
  sum->bytes_received += received->bytes_received;
  sum->unknown_source += received->unknown_source;
  sum->misrouted += received->misrouted;
  g_mutex_unlock (&self->receiving);
  sum->overflowed += get_overflowed (self);
}

#ifdef __linux__

#ifndef UDP_GRO /* linux/udp.h */
#define UDP_GRO 104
#endif

/* UDP_MAX_SEGMENTS of old kernels; new ones take 128. */
#define MAX_SEGMENTS 64
/* Payload of a segmented message: an IP packet's 65535 octets without the
 * longest headers. */
#define MAX_MESSAGE (65535 - 40 - 8)
/* UIO_MAXIOV */
#define MAX_VECTORS 1024
/* How long a socket may take to become empty before joining is switched off
 * while datagrams wait. */
#define MAX_JOIN_DELAY GST_SECOND

static void
set_option (GstIceDatagramSocket *self, gint level, gint option, gint value)
{
  g_autoptr (GError) error = NULL;

  if (!g_socket_set_option (self->socket, level, option, value, &error))
    GST_INFO ("socket option %d/%d: %s", level, option, error->message);
}

/**
 * gst_ice_datagram_socket_new:
 * @socket: (transfer full): a UDP socket that is bound
 * @peer_addresses: (transfer none): the addresses whose datagrams are accepted
 *
 * Returns: (transfer full): a media socket
 */
GstIceDatagramSocket *
gst_ice_datagram_socket_new (
    GSocket *socket, GstIcePeerAddresses *peer_addresses)
{
  GstIceDatagramSocket *self = gst_ice_datagram_socket_new_plain (
      socket, peer_addresses);

  self->limits.segments = MAX_SEGMENTS;
  self->joins = g_socket_set_option (socket, IPPROTO_UDP, UDP_GRO, 1, NULL);
  set_option (self, SOL_SOCKET, SO_TIMESTAMPNS, 1);
  return self;
}

/**
 * gst_ice_datagram_socket_new_plain:
 * @socket: (transfer full): a UDP socket that is bound
 * @peer_addresses: (transfer none): the addresses whose datagrams are accepted
 *
 * Returns: (transfer full): a media socket that sends and receives one
 *   datagram in a message
 */
GstIceDatagramSocket *
gst_ice_datagram_socket_new_plain (
    GSocket *socket, GstIcePeerAddresses *peer_addresses)
{
  GstIceDatagramSocket *self = g_new0 (GstIceDatagramSocket, 1);

  GST_DEBUG_CATEGORY_INIT (gst_ice_datagram_socket_debug, "icedatagramsocket",
      0, "ICE datagram socket");
  gst_ice_receive_batch_add_user ();
  g_atomic_ref_count_init (&self->references);
  g_mutex_init (&self->sending);
  g_mutex_init (&self->receiving);
  self->socket = socket;
  self->fd = g_socket_get_fd (socket);
  self->peer_addresses = gst_ice_peer_addresses_ref (peer_addresses);
  self->limits = (IceSegmentLimits){
    .segments = 1,
    .bytes = MAX_MESSAGE,
    .segment = MAX_MESSAGE,
    .vectors = MAX_VECTORS,
  };
  return self;
}

/* Sending. */

/* The kernel has refused the first message.
 *
 * Returns: whether that was because it was segmented; such messages are no
 * longer made */
static gboolean
fall_back (GstIceDatagramSocket *self, const GstIceSendBatch *out, gint code)
{
  if (out->counts[0] == 1)
    return FALSE;
  switch (code) {
    case EMSGSIZE: /* a segment is larger than the path's MTU */
    case EINVAL:
      self->limits.segment = out->segment - 1;
      break;
    case EIO: /* the device has no checksum offload */
    case ENOPROTOOPT:
    case EOPNOTSUPP:
      self->limits.segments = 1;
      break;
    default:
      return FALSE;
  }
  GST_INFO ("datagrams of %" G_GSIZE_FORMAT " bytes are sent one by one: %s",
      out->segment, g_strerror (code));
  return TRUE;
}

/* Returns: datagrams that were sent; -1 with errno set */
static gint
call (GstIceDatagramSocket *self, GstIceSendBatch *out,
    GstIceDatagramSocketCounters *counters)
{
  gint messages, i, sent = 0;

  do {
    messages = gst_ice_send_batch_send (out, self->fd);
  } while (messages < 0 && errno == EINTR);
  counters->send_calls++;
  if (messages < 0)
    return -1;
  for (i = 0; i < messages; i++)
    sent += (gint) out->counts[i];
  counters->messages_sent += messages;
  counters->datagrams_sent += sent;
  return sent;
}

/* Returns: how many were sent; adds to the counters */
static guint
send_all (GstIceDatagramSocket *self, gconstpointer to, gsize to_size,
    const GstIceDatagram *datagrams, guint n,
    GstIceDatagramSocketCounters *counters, GError **error)
{
  gboolean alone = FALSE; /* refused although the buffer was empty */
  GstIceSendBatch out;
  guint done = 0;

  while (done < n) {
    gint sent, code;

    gst_ice_send_batch_fill (
        &out, &self->limits, to, to_size, &datagrams[done], n - done);
    sent = call (self, &out, counters);
    code = errno;
    if (sent >= 0) {
      done += (guint) sent;
      alone = FALSE;
    } else if (code == ENOBUFS && !alone
        && !gst_ice_send_batch_is_in_flight (self->fd)) {
      alone = TRUE;
    } else if (fall_back (self, &out, code)) {
      counters->send_fallbacks++;
    } else {
      gst_ice_send_batch_set_error (
          code == ENOBUFS && alone ? EMSGSIZE : code, error);
      break;
    }
  }
  return done;
}

/**
 * gst_ice_datagram_socket_send:
 * @self: a socket
 * @to: a struct sockaddr
 * @to_size: its size, bytes
 * @datagrams: (array length=n): datagrams
 * @n: how many
 * @error: set where fewer than @n were sent: %G_IO_ERROR_WOULD_BLOCK: try
 *   again; others: the next datagram cannot be sent
 *
 * The sending thread; never blocks.
 *
 * Returns: how many were sent
 */
guint
gst_ice_datagram_socket_send (GstIceDatagramSocket *self, gconstpointer to,
    gsize to_size, const GstIceDatagram *datagrams, guint n, GError **error)
{
  GstIceDatagramSocketCounters counters = { 0 };
  guint sent = send_all (self, to, to_size, datagrams, n, &counters, error);

  g_mutex_lock (&self->sending);
  add_sent (&self->sent, &counters);
  g_mutex_unlock (&self->sending);
  return sent;
}

/* Receiving. */

/**
 * gst_ice_datagram_socket_unref:
 * @self: (transfer full): a socket
 */
void
gst_ice_datagram_socket_unref (GstIceDatagramSocket *self)
{
  if (!g_atomic_ref_count_dec (&self->references))
    return;
  gst_ice_receive_batch_remove_user ();
  g_object_unref (self->socket);
  gst_ice_peer_addresses_unref (self->peer_addresses);
  g_clear_object (&self->sender);
  g_mutex_clear (&self->sending);
  g_mutex_clear (&self->receiving);
  g_free (self);
}

/* The peer's datagrams come from one address. The peer addresses, which have a
 * lock, are searched only for another address, or after they have changed. */
static gboolean
is_known (GstIceDatagramSocket *self, const GstIceReceivedMessage *message)
{
  guint changes = gst_ice_peer_addresses_get_changes (self->peer_addresses);
  gboolean is_same = message->sender_size == self->sender_size
      && memcmp (&self->sender_native, message->sender, self->sender_size) == 0;

  if (is_same && changes == self->sender_changes)
    return TRUE;
  if (!gst_ice_peer_addresses_contain (
          self->peer_addresses, message->sender, message->sender_size))
    return FALSE;
  self->sender_changes = changes;
  if (is_same)
    return TRUE;
  g_clear_object (&self->sender);
  self->sender_size = MIN (message->sender_size, sizeof (self->sender_native));
  memcpy (&self->sender_native, message->sender, self->sender_size);
  return TRUE;
}

/* (transfer none): the address of a message that is_known() has seen */
static GSocketAddress *
get_sender (GstIceDatagramSocket *self)
{
  if (self->sender == NULL)
    self->sender = g_socket_address_new_from_native (
        &self->sender_native, self->sender_size);
  return self->sender;
}

static gboolean
is_stun (const guint8 *data, gsize size)
{
  return size >= ICE_STUN_HEADER_SIZE && data[0] <= ICE_STUN_LAST_FIRST_OCTET
      && ice_stun_read_32 (data + ICE_STUN_COOKIE_OFFSET) == ICE_STUN_COOKIE;
}

/* The kernel steers a message by its first datagram. If it has joined STUN of
 * the peer to media, joining is switched off, and the peer repeats its request.
 * After that the kernel no longer reports the segment size, not even of joined
 * messages that wait already. So this is done when no message waits, or after
 * MAX_JOIN_DELAY; what has arrived by then cannot be separated. */
static void
stop_joining (GstIceDatagramSocket *self)
{
  GST_INFO ("STUN came joined to media: segments are not joined any more");
  self->joins = FALSE;
  set_option (self, IPPROTO_UDP, UDP_GRO, 0);
  self->joined_until = gst_util_get_timestamp ();
}

typedef struct
{
  GstBufferList *list; /* NULL: empty */
  GstIceDatagramSocketReceived sum;
  guint64 unknown_source, misrouted;
  gsize largest; /* message, bytes */
} Incoming;

static void
add_buffer (Incoming *in, GstBuffer *buffer, gsize size, GSocketAddress *sender)
{
  if (sender != NULL)
    gst_buffer_add_net_address_meta (buffer, sender);
  if (in->list == NULL)
    in->list = gst_buffer_list_new_sized (MAX_SEGMENTS);
  gst_buffer_list_add (in->list, buffer);
  in->sum.n++;
  in->sum.bytes += size;
}

static void
add_datagrams (GstIceDatagramSocket *self, Incoming *in,
    const GstIceReceivedMessage *message, GstClockTime now,
    GSocketAddress *sender)
{
  gsize at = 0;

  do {
    const guint8 *data = message->data + at;
    gsize n = MIN (message->segment, message->size - at);

    if (at > 0 && is_stun (data, n)) {
      in->misrouted++;
      if (self->stop_joining == 0)
        self->stop_joining = now + MAX_JOIN_DELAY;
    } else {
      add_buffer (in, gst_ice_datagram_to_buffer (data, n, message->arrival), n,
          sender);
    }
    at += n;
  } while (at < message->size);
}

static void
take_in (GstIceDatagramSocket *self, Incoming *in,
    GstIceReceivedMessage *message, GstClockTime now, gboolean with_sender)
{
  const GstIceDatagramSocketReceived old = in->sum;

  in->largest = MAX (in->largest, message->size);
  /* the clocks are read one after the other, so times may step back a bit */
  self->last_arrival = MAX (message->arrival, self->last_arrival);
  message->arrival = self->last_arrival;
  if (!is_known (self, message)) {
    in->unknown_source += message->segment > 0
        ? (message->size + message->segment - 1) / message->segment
        : 1;
    return;
  }
  if (message->arrival <= self->joined_until) {
    in->misrouted++;
    return;
  }
  add_datagrams (
      self, in, message, now, with_sender ? get_sender (self) : NULL);
  if (gst_ice_peer_addresses_is_same (&self->peer, message->sender)) {
    in->sum.n_of_peer += in->sum.n - old.n;
    in->sum.bytes_of_peer += in->sum.bytes - old.bytes;
  }
}

/* Under the lock. */
static void
count_received (GstIceDatagramSocket *self, gint messages, const Incoming *in)
{
  GstIceDatagramSocketCounters *counters = &self->received;

  counters->receive_calls++;
  if (messages > 0)
    counters->messages_received += messages;
  counters->datagrams_received += in->sum.n;
  counters->bytes_received += in->sum.bytes;
  counters->unknown_source += in->unknown_source;
  counters->misrouted += in->misrouted;
}

/**
 * gst_ice_datagram_socket_receive:
 * @self: a socket
 * @with_sender: whether buffers get a GstNetAddressMeta
 * @received: (out): the contents of the list, and whether to read again
 *
 * Any thread; never blocks. One system call; datagrams of unknown senders are
 * counted and dropped.
 *
 * Returns: (transfer full) (nullable): datagrams, their DTS the time of their
 *   arrival (gst_util_get_timestamp()); empty when all came from unknown
 *   senders, %NULL when none came
 */
GstBufferList *
gst_ice_datagram_socket_receive (GstIceDatagramSocket *self,
    gboolean with_sender, GstIceDatagramSocketReceived *received)
{
  Incoming in = { NULL };
  GstIceReceiveBatch *batch = gst_ice_receive_batch_take ();
  gint slots, messages, i;

  g_mutex_lock (&self->receiving);
  slots = (gint) ice_receive_slots_count (&self->slots);
  messages = gst_ice_receive_batch_receive (batch, self->fd, slots);
  for (i = 0; i < messages; i++) {
    GstIceReceivedMessage message;

    gst_ice_receive_batch_read (batch, i, &message);
    take_in (self, &in, &message, gst_ice_receive_batch_get_time (batch),
        with_sender);
  }
  if (self->joins && self->stop_joining > 0
      && (messages < slots
          || gst_ice_receive_batch_get_time (batch) > self->stop_joining))
    stop_joining (self);
  count_received (self, messages, &in);
  in.sum.more = ice_receive_slots_took (
      &self->slots, (guint) MAX (messages, 0), in.largest);
  g_mutex_unlock (&self->receiving);
  gst_ice_receive_batch_give_back (batch);

  *received = in.sum;
  if (messages > 0 && in.list == NULL)
    in.list = gst_buffer_list_new ();
  return in.list;
}

#else

/* Without steering no code makes a media socket. */

void
gst_ice_datagram_socket_unref (GstIceDatagramSocket *self)
{
  g_return_if_reached ();
}

GstIceDatagramSocket *
gst_ice_datagram_socket_new (
    GSocket *socket, GstIcePeerAddresses *peer_addresses)
{
  g_return_val_if_reached (NULL);
}

GstIceDatagramSocket *
gst_ice_datagram_socket_new_plain (
    GSocket *socket, GstIcePeerAddresses *peer_addresses)
{
  g_return_val_if_reached (NULL);
}

guint
gst_ice_datagram_socket_send (GstIceDatagramSocket *self, gconstpointer to,
    gsize to_size, const GstIceDatagram *datagrams, guint n, GError **error)
{
  g_return_val_if_reached (0);
}

GstBufferList *
gst_ice_datagram_socket_receive (GstIceDatagramSocket *self,
    gboolean with_sender, GstIceDatagramSocketReceived *received)
{
  g_return_val_if_reached (NULL);
}

#endif
