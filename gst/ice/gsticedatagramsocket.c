/* gst-ice: a UDP socket for media.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gsticedatagramsocket.h"
#include "icesegments.h"

#include <errno.h>
#include <gio/gnetworking.h>
#include <gst/net/net.h>
#include <string.h>
#ifdef __linux__
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <netinet/udp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#endif

GST_DEBUG_CATEGORY_STATIC (gst_ice_datagram_socket_debug);
#define GST_CAT_DEFAULT gst_ice_datagram_socket_debug

/* RFC 8489 section 5 */
#define STUN_HEADER_SIZE 20
#define STUN_COOKIE_OFFSET 4
#define STUN_COOKIE 0x2112A442
#define STUN_LAST_FIRST_OCTET 3

struct _GstIceDatagramSocket
{
  gatomicrefcount references;
  GSocket *socket;
  GstIceSources *sources;

  IceSegmentLimits limits; /* sending thread; segments 1: no offload */

  GMutex reading;
  /* under that lock */
  gboolean joins;            /* the kernel joins segments for us */
  GstClockTime stop_joining; /* till then: it joined STUN to media; or 0 */
  GstClockTime joined_until; /* who arrived till then does not say so */
  gsize largest;             /* message of the last reading, bytes */
  GstClockTime last_arrival; /* gst_util_get_timestamp() */
  struct sockaddr_storage sender_native;
  GSocketAddress *sender;

  GMutex lock; /* a leaf */
  GstIceDatagramSocketCounters counters;
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
 * gst_ice_datagram_socket_unref:
 * @self: (transfer full): a socket
 */
void
gst_ice_datagram_socket_unref (GstIceDatagramSocket *self)
{
  if (!g_atomic_ref_count_dec (&self->references))
    return;
  g_object_unref (self->socket);
  gst_ice_sources_unref (self->sources);
  g_clear_object (&self->sender);
  g_mutex_clear (&self->reading);
  g_mutex_clear (&self->lock);
  g_free (self);
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

/* What the kernel dropped because the buffer was full: what SO_RXQ_OVFL counts,
 * without waiting for the next datagram. */
static guint64
get_overflowed (GstIceDatagramSocket *self)
{
#ifdef SO_MEMINFO
  guint32 info[SK_MEMINFO_DROPS + 1] = { 0 };
  socklen_t size = sizeof (info);

  if (getsockopt (
          g_socket_get_fd (self->socket), SOL_SOCKET, SO_MEMINFO, info, &size)
      == 0)
    return info[SK_MEMINFO_DROPS];
#endif
  return 0;
}

/**
 * gst_ice_datagram_socket_add_counters:
 * @self: a socket
 * @sum: (inout): what its counters are added to
 *
 * Any thread.
 */
void
gst_ice_datagram_socket_add_counters (
    GstIceDatagramSocket *self, GstIceDatagramSocketCounters *sum)
{
  const guint64 *from = (const guint64 *) &self->counters;
  guint64 *to = (guint64 *) sum;
  guint i;

  /* guint64s, and nothing else */
  g_mutex_lock (&self->lock);
  for (i = 0; i < sizeof (*sum) / sizeof (guint64); i++)
    to[i] += from[i];
  g_mutex_unlock (&self->lock);
  sum->overflowed += get_overflowed (self);
}

#ifdef __linux__

#ifndef UDP_SEGMENT /* linux/udp.h */
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

/* UDP_MAX_SEGMENTS of old kernels; new ones take 128. */
#define MAX_SEGMENTS 64
/* Payload of a segmented message: an IP packet's 65535 octets without the
 * longest headers. */
#define MAX_MESSAGE (65535 - 40 - 8)
/* UIO_MAXIOV */
#define MAX_VECTORS 1024
/* Messages in a system call at most. */
#define MAX_MESSAGES_OUT 32
#define MAX_MESSAGES_IN 16
/* What they may bring together: it is read twice and written twice, so it has
 * to stay in a processor's cache. */
#define MAX_BYTES_IN (128 * 1024)
/* The largest datagram there is, or many joined. */
#define SLOT 65536
/* Until a socket is empty that is to join no more. */
#define PATIENCE GST_SECOND

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
 * @sources: (transfer none): whose datagrams are taken
 *
 * Returns: (transfer full): the socket for media
 */
GstIceDatagramSocket *
gst_ice_datagram_socket_new (GSocket *socket, GstIceSources *sources)
{
  GstIceDatagramSocket *self = gst_ice_datagram_socket_new_plain (
      socket, sources);

  self->limits.segments = MAX_SEGMENTS;
  self->joins = g_socket_set_option (socket, IPPROTO_UDP, UDP_GRO, 1, NULL);
  set_option (self, SOL_SOCKET, SO_TIMESTAMPNS, 1);
  return self;
}

/**
 * gst_ice_datagram_socket_new_plain:
 * @socket: (transfer full): a UDP socket that is bound
 * @sources: (transfer none): whose datagrams are taken
 *
 * Returns: (transfer full): a socket for media that are one datagram a message
 */
GstIceDatagramSocket *
gst_ice_datagram_socket_new_plain (GSocket *socket, GstIceSources *sources)
{
  GstIceDatagramSocket *self = g_new0 (GstIceDatagramSocket, 1);

  GST_DEBUG_CATEGORY_INIT (gst_ice_datagram_socket_debug, "icedatagramsocket",
      0, "ICE datagram socket");
  g_atomic_ref_count_init (&self->references);
  g_mutex_init (&self->reading);
  g_mutex_init (&self->lock);
  self->socket = socket;
  self->sources = gst_ice_sources_ref (sources);
  self->limits = (IceSegmentLimits){
    .segments = 1,
    .bytes = MAX_MESSAGE,
    .segment = MAX_MESSAGE,
    .vectors = MAX_VECTORS,
  };
  return self;
}

/* Sending. */

typedef union
{
  struct cmsghdr header; /* for its alignment */
  gchar space[CMSG_SPACE (sizeof (guint16))];
} SegmentControl;

typedef struct
{
  struct mmsghdr headers[MAX_MESSAGES_OUT];
  SegmentControl controls[MAX_MESSAGES_OUT];
  guint counts[MAX_MESSAGES_OUT]; /* datagrams in each */
  gsize segment;                  /* of the first, bytes */
  guint n;
} Outgoing;

static gboolean
follows (const GstIceDatagram *one, const GstIceDatagram *next)
{
  return next->vectors == one->vectors + one->n_vectors;
}

/* Returns: how many of the datagrams are the next message */
static guint
take_message (GstIceDatagramSocket *self, const GstIceDatagram *datagrams,
    guint n, IceSegments *segments)
{
  guint i;

  ice_segments_begin (segments, gst_ice_datagram_get_size (&datagrams[0]),
      datagrams[0].n_vectors);
  for (i = 1; i < n; i++)
    if (!follows (&datagrams[i - 1], &datagrams[i])
        || !ice_segments_add (segments, &self->limits,
            gst_ice_datagram_get_size (&datagrams[i]), datagrams[i].n_vectors))
      break;
  return i;
}

static void
ask_for_segments (struct msghdr *message, SegmentControl *control, guint16 size)
{
  struct cmsghdr *header;

  memset (control, 0, sizeof (*control)); /* padding too, for valgrind */
  message->msg_control = control;
  message->msg_controllen = sizeof (control->space);
  header = CMSG_FIRSTHDR (message);
  header->cmsg_level = IPPROTO_UDP;
  header->cmsg_type = UDP_SEGMENT;
  header->cmsg_len = CMSG_LEN (sizeof (size));
  memcpy (CMSG_DATA (header), &size, sizeof (size));
}

static void
fill (GstIceDatagramSocket *self, Outgoing *out, gconstpointer to,
    gsize to_size, const GstIceDatagram *datagrams, guint n)
{
  /* the same two members in the same order */
  G_STATIC_ASSERT (sizeof (GOutputVector) == sizeof (struct iovec));
  G_STATIC_ASSERT (G_STRUCT_OFFSET (GOutputVector, buffer)
      == G_STRUCT_OFFSET (struct iovec, iov_base));
  G_STATIC_ASSERT (G_STRUCT_OFFSET (GOutputVector, size)
      == G_STRUCT_OFFSET (struct iovec, iov_len));
  guint done = 0;

  for (out->n = 0; out->n < MAX_MESSAGES_OUT && done < n; out->n++) {
    struct msghdr *message = &out->headers[out->n].msg_hdr;
    IceSegments segments;

    out->counts[out->n] = take_message (
        self, &datagrams[done], n - done, &segments);
    if (out->n == 0)
      out->segment = segments.segment;
    *message = (struct msghdr){
      .msg_name = (gpointer) to,
      .msg_namelen = (socklen_t) to_size,
      .msg_iov = (struct iovec *) datagrams[done].vectors,
      .msg_iovlen = segments.vectors,
    };
    if (segments.n > 1)
      ask_for_segments (
          message, &out->controls[out->n], (guint16) segments.segment);
    done += out->counts[out->n];
  }
}

/* The first message was refused. Returns: whether it was for being segmented;
 * it will not be again. */
static gboolean
fall_back (GstIceDatagramSocket *self, const Outgoing *out, gint code)
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
  g_mutex_lock (&self->lock);
  self->counters.send_fallbacks++;
  g_mutex_unlock (&self->lock);
  return TRUE;
}

/* Whether the socket's buffer has anything that the device did not take yet. */
static gboolean
is_in_flight (GstIceDatagramSocket *self)
{
  int bytes = 0;

  return ioctl (g_socket_get_fd (self->socket), SIOCOUTQ, &bytes) != 0
      || bytes > 0;
}

static void
set_send_error (gint code, GError **error)
{
  if (code == EAGAIN || code == ENOBUFS || code == ENOMEM)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK,
        "the socket's buffer is full");
  else
    g_set_error_literal (
        error, G_IO_ERROR, g_io_error_from_errno (code), g_strerror (code));
}

static gint
send_messages (gint fd, Outgoing *out)
{
  const gint flags = MSG_DONTWAIT | MSG_NOSIGNAL;

  if (out->n > 1)
    return sendmmsg (fd, out->headers, out->n, flags);
  /* one is what most calls are for, and this is cheaper */
  return sendmsg (fd, &out->headers[0].msg_hdr, flags) < 0 ? -1 : 1;
}

/* Returns: datagrams that were sent; -1 with errno set */
static gint
call (GstIceDatagramSocket *self, Outgoing *out)
{
  gint messages, code, i, sent = 0;

  do {
    messages = send_messages (g_socket_get_fd (self->socket), out);
  } while (messages < 0 && errno == EINTR);
  code = errno;
  for (i = 0; i < messages; i++)
    sent += (gint) out->counts[i];

  g_mutex_lock (&self->lock);
  self->counters.send_calls++;
  if (messages > 0)
    self->counters.messages_sent += messages;
  self->counters.datagrams_sent += sent;
  g_mutex_unlock (&self->lock);
  errno = code;
  return messages < 0 ? -1 : sent;
}

/**
 * gst_ice_datagram_socket_send:
 * @self: a socket
 * @to: a struct sockaddr
 * @to_size: its size, bytes
 * @datagrams: (array length=n): datagrams
 * @n: how many
 * @error: says why fewer were sent: %G_IO_ERROR_WOULD_BLOCK: try again; others:
 *   the next one can't be sent
 *
 * The sending thread; never blocks.
 *
 * Returns: how many were sent
 */
guint
gst_ice_datagram_socket_send (GstIceDatagramSocket *self, gconstpointer to,
    gsize to_size, const GstIceDatagram *datagrams, guint n, GError **error)
{
  gboolean alone = FALSE; /* it did not even fit into an empty buffer */
  Outgoing out;
  guint done = 0;

  while (done < n) {
    gint sent, code;

    fill (self, &out, to, to_size, &datagrams[done], n - done);
    sent = call (self, &out);
    code = errno;
    if (sent >= 0) {
      done += (guint) sent;
      alone = FALSE;
    } else if (code == ENOBUFS && !alone && !is_in_flight (self)) {
      alone = TRUE;
    } else if (!fall_back (self, &out, code)) {
      set_send_error (code == ENOBUFS && alone ? EMSGSIZE : code, error);
      break;
    }
  }
  return done;
}

/* Receiving. */

typedef union
{
  struct cmsghdr header; /* for its alignment */
  gchar
      space[CMSG_SPACE (sizeof (gint)) + CMSG_SPACE (sizeof (struct timespec))];
} ReceiveControl;

/* Where the kernel writes to; what came is copied out of it at once, so that
 * who keeps a datagram keeps that and nothing else. */
typedef struct
{
  struct mmsghdr headers[MAX_MESSAGES_IN];
  struct iovec vectors[MAX_MESSAGES_IN];
  struct sockaddr_storage names[MAX_MESSAGES_IN];
  ReceiveControl controls[MAX_MESSAGES_IN];
  guint8 slots[MAX_MESSAGES_IN][SLOT];
} Desk;

/* As many desks as threads read at once; each costs the pages that were
 * written. */
#define SPARE_DESKS 4
G_LOCK_DEFINE_STATIC (desks);
static Desk *desks[SPARE_DESKS];
static guint n_desks;

static Desk *
take_desk (void)
{
  Desk *desk = NULL;

  G_LOCK (desks);
  if (n_desks > 0)
    desk = desks[--n_desks];
  G_UNLOCK (desks);
  return desk != NULL ? desk : g_new (Desk, 1);
}

static void
give_desk_back (Desk *desk)
{
  G_LOCK (desks);
  if (n_desks < SPARE_DESKS)
    desks[n_desks++] = g_steal_pointer (&desk);
  G_UNLOCK (desks);
  g_free (desk);
}

/* As many messages as the last reading's were small. */
static gint
count_slots (GstIceDatagramSocket *self)
{
  return CLAMP (MAX_BYTES_IN / MAX (self->largest, 1), 1, MAX_MESSAGES_IN);
}

static void
prepare (Desk *desk, gint n)
{
  gint i;

  for (i = 0; i < n; i++) {
    desk->vectors[i] = (struct iovec){ desk->slots[i], SLOT };
    desk->headers[i].msg_hdr = (struct msghdr){
      .msg_name = &desk->names[i],
      .msg_namelen = sizeof (desk->names[i]),
      .msg_iov = &desk->vectors[i],
      .msg_iovlen = 1,
      .msg_control = &desk->controls[i],
      .msg_controllen = sizeof (desk->controls[i].space),
    };
  }
}

/* What came with a message beside its data. */
typedef struct
{
  gsize segment;        /* bytes in each datagram but the last */
  GstClockTime arrival; /* gst_util_get_timestamp() */
} Notes;

/* One reading of both clocks serves all messages of a call. */
typedef struct
{
  GstClockTime now;       /* gst_util_get_timestamp() */
  GstClockTimeDiff ahead; /* of it, of the clock of SO_TIMESTAMPNS */
} Clocks;

static Clocks
read_clocks (void)
{
  struct timespec real;
  Clocks clocks;

  clock_gettime (CLOCK_REALTIME, &real);
  clocks.now = gst_util_get_timestamp ();
  clocks.ahead = GST_CLOCK_DIFF (clocks.now, GST_TIMESPEC_TO_TIME (real));
  return clocks;
}

static void
note_arrival (Notes *notes, const Clocks *clocks, const struct timespec *real)
{
  GstClockTimeDiff arrival = (GstClockTimeDiff) GST_TIMESPEC_TO_TIME (*real)
      - clocks->ahead;

  if (arrival >= 0 && (GstClockTime) arrival < clocks->now)
    notes->arrival = (GstClockTime) arrival;
}

static Notes
read_notes (struct msghdr *message, gsize size, const Clocks *clocks)
{
  Notes notes = { size, clocks->now };
  struct cmsghdr *c;

  for (c = CMSG_FIRSTHDR (message); c != NULL; c = CMSG_NXTHDR (message, c)) {
    gint segment;
    struct timespec real;

    if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO) {
      memcpy (&segment, CMSG_DATA (c), sizeof (segment));
      notes.segment = segment > 0 ? (gsize) segment : size;
    } else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMPNS) {
      memcpy (&real, CMSG_DATA (c), sizeof (real));
      note_arrival (&notes, clocks, &real);
    }
  }
  return notes;
}

static GSocketAddress *
get_sender (GstIceDatagramSocket *self, const struct msghdr *message)
{
  if (self->sender == NULL
      || memcmp (&self->sender_native, message->msg_name, message->msg_namelen)
          != 0) {
    g_clear_object (&self->sender);
    memcpy (&self->sender_native, message->msg_name, message->msg_namelen);
    self->sender = g_socket_address_new_from_native (
        &self->sender_native, message->msg_namelen);
  }
  return self->sender;
}

static gboolean
is_stun (const guint8 *data, gsize size)
{
  return size >= STUN_HEADER_SIZE && data[0] <= STUN_LAST_FIRST_OCTET
      && GST_READ_UINT32_BE (data + STUN_COOKIE_OFFSET) == STUN_COOKIE;
}

/* The kernel steers messages by their first datagram. A device that joined the
 * peer's STUN to its media is not to do so again; the peer asks again. From
 * then on the kernel does not say of any message that it is many, not even of
 * those that wait: so only when none does, or none will soon. What arrived
 * until then can't be told apart any more. */
static void
stop_joining (GstIceDatagramSocket *self)
{
  GST_INFO ("STUN came joined to media: segments are not joined any more");
  self->joins = FALSE;
  set_option (self, IPPROTO_UDP, UDP_GRO, 0);
  self->joined_until = gst_util_get_timestamp ();
}

static GstBuffer *
make_buffer (const guint8 *data, gsize size, GstClockTime arrival)
{
  /* UDP has empty datagrams, a GstMemory has none. */
  GstBuffer *buffer = size > 0 ? gst_buffer_new_memdup (data, size)
                               : gst_buffer_new ();

  GST_BUFFER_DTS (buffer) = arrival;
  return buffer;
}

typedef struct
{
  GstBufferList *list; /* NULL: empty */
  GstIceDatagramSocketReceived sum;
  guint64 unknown_source, misrouted;
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
take_in (GstIceDatagramSocket *self, Incoming *in, struct mmsghdr *header,
    const Clocks *clocks, gboolean with_sender)
{
  struct msghdr *message = &header->msg_hdr;
  const guint8 *data = message->msg_iov->iov_base;
  gsize size = header->msg_len, at = 0;
  Notes notes = read_notes (message, size, clocks);
  GSocketAddress *sender = NULL;

  self->largest = MAX (self->largest, size);
  /* the two clocks are not read at once, so one call's times may be ahead */
  notes.arrival = self->last_arrival = MAX (notes.arrival, self->last_arrival);
  if (!gst_ice_sources_contain (
          self->sources, message->msg_name, message->msg_namelen)) {
    in->unknown_source += notes.segment > 0
        ? (size + notes.segment - 1) / notes.segment
        : 1;
    return;
  }
  if (notes.arrival <= self->joined_until) {
    in->misrouted++;
    return;
  }
  if (with_sender)
    sender = get_sender (self, message);
  do {
    gsize n = MIN (notes.segment, size - at);

    if (at > 0 && is_stun (data + at, n)) {
      in->misrouted++;
      if (self->stop_joining == 0)
        self->stop_joining = clocks->now + PATIENCE;
    } else {
      add_buffer (in, make_buffer (data + at, n, notes.arrival), n, sender);
    }
    at += n;
  } while (at < size);
}

static void
count_received (GstIceDatagramSocket *self, gint messages, const Incoming *in)
{
  g_mutex_lock (&self->lock);
  self->counters.receive_calls++;
  if (messages > 0)
    self->counters.messages_received += messages;
  self->counters.datagrams_received += in->sum.n;
  self->counters.bytes_received += in->sum.bytes;
  self->counters.unknown_source += in->unknown_source;
  self->counters.misrouted += in->misrouted;
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_datagram_socket_receive:
 * @self: a socket
 * @with_sender: whether buffers get a GstNetAddressMeta
 * @received: (out): what is in the list, and whether to read again
 *
 * One thread at a time; does not wait for datagrams. Reads once; strangers'
 * datagrams are counted and dropped.
 *
 * Returns: (transfer full) (nullable): datagrams, their DTS the time of their
 *   arrival (gst_util_get_timestamp()); empty when strangers' only were there,
 *   %NULL when none was
 */
GstBufferList *
gst_ice_datagram_socket_receive (GstIceDatagramSocket *self,
    gboolean with_sender, GstIceDatagramSocketReceived *received)
{
  Incoming in = { NULL };
  Desk *desk = take_desk ();
  gint slots, messages, i;
  Clocks clocks;

  g_mutex_lock (&self->reading);
  slots = count_slots (self);
  prepare (desk, slots);
  do {
    messages = recvmmsg (g_socket_get_fd (self->socket), desk->headers, slots,
        MSG_DONTWAIT, NULL);
  } while (messages < 0 && errno == EINTR);
  if (messages > 0) {
    clocks = read_clocks ();
    self->largest = 0;
  }
  for (i = 0; i < messages; i++)
    take_in (self, &in, &desk->headers[i], &clocks, with_sender);
  if (self->joins && self->stop_joining > 0
      && (messages < slots || clocks.now > self->stop_joining))
    stop_joining (self);
  g_mutex_unlock (&self->reading);
  count_received (self, messages, &in);
  give_desk_back (desk);

  *received = in.sum;
  received->more = messages == slots;
  if (messages > 0 && in.list == NULL)
    in.list = gst_buffer_list_new ();
  return in.list;
}

#else

/* The system steers no datagrams, so nobody makes one. */

GstIceDatagramSocket *
gst_ice_datagram_socket_new (GSocket *socket, GstIceSources *sources)
{
  g_return_val_if_reached (NULL);
}

GstIceDatagramSocket *
gst_ice_datagram_socket_new_plain (GSocket *socket, GstIceSources *sources)
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
