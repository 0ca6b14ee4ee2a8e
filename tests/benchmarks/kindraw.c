/* gst-ice: benchmarks: sendmsg with UDP_SEGMENT, recvmsg with UDP_GRO, and
 * nothing else: the floor. With buffers: the sender takes them out of a list,
 * the receiver makes one for each datagram and a list of them, as elements have
 * to.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "arrival.h"
#include "path.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef UDP_SEGMENT /* linux/udp.h */
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

#define MAX_SEGMENTS 64
#define MAX_MESSAGE (65535 - 20 - 8)
#define SLOT 65536

typedef struct
{
  BenchPath path;
  gint in, out;
  struct sockaddr_in to;
  GThread *thread;
  gint stopping; /* atomic */
  guint8 slot[SLOT];
} RawPath;

typedef union
{
  struct cmsghdr header; /* for its alignment */
  gchar space[CMSG_SPACE (sizeof (gint))];
} Control;

static guint
read_segment (struct msghdr *message, guint size)
{
  struct cmsghdr *c;
  gint segment;

  for (c = CMSG_FIRSTHDR (message); c != NULL; c = CMSG_NXTHDR (message, c))
    if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO) {
      memcpy (&segment, CMSG_DATA (c), sizeof (segment));
      return (guint) segment;
    }
  return size;
}

static void
take (RawPath *self, guint size, guint segment)
{
  GstBufferList *list;
  guint at;

  if (!self->path.kind->buffers) {
    gint64 sent;

    for (at = 0; bench_arrival_wants_stamps () && at < size; at += segment) {
      memcpy (&sent, self->slot + at + BENCH_HEADER, sizeof (sent));
      bench_arrival_add_stamp (sent);
    }
    bench_arrival_add ((size + segment - 1) / segment);
    return;
  }
  list = gst_buffer_list_new_sized ((size + segment - 1) / segment);
  for (at = 0; at < size; at += segment)
    gst_buffer_list_add (list,
        gst_buffer_new_memdup (self->slot + at, MIN (segment, size - at)));
  bench_arrival_add_list (list);
}

static gpointer
receive (gpointer data)
{
  RawPath *self = data;

  while (TRUE) {
    Control control;
    struct iovec vector = { self->slot, sizeof (self->slot) };
    struct msghdr message = {
      .msg_iov = &vector,
      .msg_iovlen = 1,
      .msg_control = &control,
      .msg_controllen = sizeof (control),
    };
    gssize size = recvmsg (self->in, &message, 0);

    if (g_atomic_int_get (&self->stopping))
      return NULL;
    if (size > 0)
      take (self, (guint) size, read_segment (&message, (guint) size));
  }
}

static gint
open_socket (struct sockaddr_in *address)
{
  socklen_t length = sizeof (*address);
  gint fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

  *address = (struct sockaddr_in){
    .sin_family = AF_INET,
    .sin_addr.s_addr = htonl (INADDR_LOOPBACK),
  };
  if (fd < 0 || bind (fd, (struct sockaddr *) address, sizeof (*address)) < 0
      || getsockname (fd, (struct sockaddr *) address, &length) < 0)
    bench_fail ("no socket: %s", g_strerror (errno));
  return fd;
}

static BenchPath *
open_raw (const BenchKind *kind, guint addresses)
{
  RawPath *self = g_new0 (RawPath, 1);
  struct sockaddr_in from;
  const gint on = 1;

  self->path.kind = kind;
  self->in = open_socket (&self->to);
  self->out = open_socket (&from);
  bench_set_receive_buffer (self->in);
  if (setsockopt (self->in, IPPROTO_UDP, UDP_GRO, &on, sizeof (on)) < 0)
    bench_fail ("no UDP_GRO: %s", g_strerror (errno));
  self->thread = g_thread_new ("raw", receive, self);
  return &self->path;
}

static void
send_message (RawPath *self, struct iovec *vectors, guint n, guint16 segment)
{
  Control control = { .space = { 0 } };
  struct msghdr message = {
    .msg_name = &self->to,
    .msg_namelen = sizeof (self->to),
    .msg_iov = vectors,
    .msg_iovlen = n,
  };

  if (segment > 0) {
    message.msg_control = &control;
    message.msg_controllen = CMSG_SPACE (sizeof (segment));
    control.header.cmsg_level = IPPROTO_UDP;
    control.header.cmsg_type = UDP_SEGMENT;
    control.header.cmsg_len = CMSG_LEN (sizeof (segment));
    memcpy (CMSG_DATA (&control.header), &segment, sizeof (segment));
  }
  if (sendmsg (self->out, &message, 0) < 0)
    bench_fail ("sendmsg: %s", g_strerror (errno));
}

static guint
map_datagram (GstBuffer *buffer, GstMapInfo *maps, struct iovec *vectors)
{
  guint i, n = gst_buffer_n_memory (buffer);

  for (i = 0; i < n; i++) {
    gst_memory_map (gst_buffer_peek_memory (buffer, i), &maps[i], GST_MAP_READ);
    vectors[i] = (struct iovec){ maps[i].data, maps[i].size };
  }
  return n;
}

/* n datagrams of a burst's, from one on. */
static void
send_buffers (RawPath *self, const BenchBurst *burst, guint from, guint n)
{
  GstMapInfo maps[MAX_SEGMENTS * BENCH_MAX_PIECES];
  struct iovec vectors[MAX_SEGMENTS * BENCH_MAX_PIECES];
  guint i, mapped = 0;

  for (i = from; i < from + n; i++)
    mapped += map_datagram (burst->list != NULL
            ? gst_buffer_list_get (burst->list, i)
            : burst->buffer,
        &maps[mapped], &vectors[mapped]);
  send_message (self, vectors, mapped, n > 1 ? (guint16) burst->size : 0);
  for (i = 0; i < mapped; i++)
    gst_memory_unmap (maps[i].memory, &maps[i]);
}

static void
send_raw (BenchPath *path, const BenchBurst *burst)
{
  RawPath *self = (RawPath *) path;
  guint most = MIN (MAX_SEGMENTS, MAX_MESSAGE / burst->size), done, n;

  for (done = 0; done < burst->n; done += n) {
    n = MIN (burst->n - done, most);
    if (path->kind->buffers)
      send_buffers (self, burst, done, n);
    else
      send_message (self, &burst->iovec[done * burst->pieces],
          n * burst->pieces, n > 1 ? (guint16) burst->size : 0);
  }
}

static void
close_raw (BenchPath *path)
{
  RawPath *self = (RawPath *) path;
  gchar last = 0;

  g_atomic_int_set (&self->stopping, TRUE);
  if (sendto (self->out, &last, sizeof (last), 0, (struct sockaddr *) &self->to,
          sizeof (self->to))
      < 0)
    bench_fail ("sendto: %s", g_strerror (errno));
  g_thread_join (self->thread);
  close (self->in);
  close (self->out);
  g_free (self);
}

const BenchKind bench_kind_raw = {
  .id = "raw",
  .name = "raw GSO/GRO",
  .open = open_raw,
  .send = send_raw,
  .close = close_raw,
};

const BenchKind bench_kind_raw_buffers = {
  .id = "raw-buffers",
  .name = "raw GSO/GRO + GstBuffer",
  .open = open_raw,
  .send = send_raw,
  .close = close_raw,
  .buffers = TRUE,
};
