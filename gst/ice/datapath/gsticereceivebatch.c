/* gst-ice: the messages of one recvmmsg().
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "datapath/gsticereceivebatch.h"
#include "datapath/icereceiveslots.h"

#include <errno.h>
#include <gio/gnetworking.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#ifndef UDP_GRO /* linux/udp.h */
#define UDP_GRO 104
#endif

/* The largest datagram there is, or many joined. */
#define SLOT 65536

typedef union
{
  struct cmsghdr header; /* for its alignment */
  gchar
      space[CMSG_SPACE (sizeof (gint)) + CMSG_SPACE (sizeof (struct timespec))];
} Control;

/* Datagrams are copied out of it at once, so that an application that keeps one
 * does not keep the memory of all. */
struct _GstIceReceiveBatch
{
  struct mmsghdr headers[ICE_RECEIVE_SLOTS_MAX];
  struct iovec vectors[ICE_RECEIVE_SLOTS_MAX];
  struct sockaddr_storage names[ICE_RECEIVE_SLOTS_MAX];
  Control controls[ICE_RECEIVE_SLOTS_MAX];
  guint8 slots[ICE_RECEIVE_SLOTS_MAX][SLOT];

  /* One reading of both clocks serves all messages of a call. */
  GstClockTime now;       /* gst_util_get_timestamp() */
  GstClockTimeDiff ahead; /* of it, of the clock of SO_TIMESTAMPNS */
};

/* Batches that are kept, for as many threads that read at once; each costs the
 * pages that were written. They are freed with the last user. */
#define MAX_SPARE 4
static gpointer spare[MAX_SPARE]; /* atomic; NULL: none */
static gint n_users;              /* atomic */

/* Returns: (transfer full) (nullable) */
static GstIceReceiveBatch *
take_spare (void)
{
  guint i;

  for (i = 0; i < MAX_SPARE; i++) {
    gpointer batch = g_atomic_pointer_get (&spare[i]);

    if (batch != NULL
        && g_atomic_pointer_compare_and_exchange (&spare[i], batch, NULL))
      return batch;
  }
  return NULL;
}

/**
 * gst_ice_receive_batch_add_user:
 *
 * Any thread. A socket will take batches, again and again.
 */
void
gst_ice_receive_batch_add_user (void)
{
  g_atomic_int_inc (&n_users);
}

/**
 * gst_ice_receive_batch_remove_user:
 *
 * Any thread. With the last one all memory is freed.
 */
void
gst_ice_receive_batch_remove_user (void)
{
  GstIceReceiveBatch *batch;

  if (!g_atomic_int_dec_and_test (&n_users))
    return;
  while ((batch = take_spare ()) != NULL)
    g_free (batch);
}

/**
 * gst_ice_receive_batch_take:
 *
 * Any thread.
 *
 * Returns: (transfer full): a batch for this thread alone;
 *   gst_ice_receive_batch_give_back() it
 */
GstIceReceiveBatch *
gst_ice_receive_batch_take (void)
{
  GstIceReceiveBatch *batch = take_spare ();

  return batch != NULL ? batch : g_new (GstIceReceiveBatch, 1);
}

/**
 * gst_ice_receive_batch_give_back:
 * @self: (transfer full): a batch
 *
 * Any thread.
 */
void
gst_ice_receive_batch_give_back (GstIceReceiveBatch *self)
{
  guint i;

  for (i = 0; i < MAX_SPARE; i++)
    if (g_atomic_pointer_compare_and_exchange (&spare[i], NULL, self))
      return;
  g_free (self);
}

static void
prepare (GstIceReceiveBatch *self, gint n)
{
  gint i;

  for (i = 0; i < n; i++) {
    self->vectors[i] = (struct iovec){ self->slots[i], SLOT };
    self->headers[i].msg_hdr = (struct msghdr){
      .msg_name = &self->names[i],
      .msg_namelen = sizeof (self->names[i]),
      .msg_iov = &self->vectors[i],
      .msg_iovlen = 1,
      .msg_control = &self->controls[i],
      .msg_controllen = sizeof (self->controls[i].space),
    };
  }
}

/* Cheaper than recvmmsg() of one. */
static gint
receive_one (GstIceReceiveBatch *self, gint fd)
{
  gssize size = recvmsg (fd, &self->headers[0].msg_hdr, MSG_DONTWAIT);

  self->headers[0].msg_len = (guint) MAX (size, 0);
  return size >= 0 ? 1 : -1;
}

static void
read_clocks (GstIceReceiveBatch *self)
{
  struct timespec real;

  clock_gettime (CLOCK_REALTIME, &real);
  self->now = gst_util_get_timestamp ();
  self->ahead = GST_CLOCK_DIFF (self->now, GST_TIMESPEC_TO_TIME (real));
}

/**
 * gst_ice_receive_batch_receive:
 * @self: a batch
 * @fd: a UDP socket
 * @n: messages at most, up to %ICE_RECEIVE_SLOTS_MAX
 *
 * Never blocks.
 *
 * Returns: how many messages came; 0 or less: none did
 */
gint
gst_ice_receive_batch_receive (GstIceReceiveBatch *self, gint fd, gint n)
{
  gint messages;

  prepare (self, n);
  do {
    messages = n == 1 ? receive_one (self, fd)
                      : recvmmsg (fd, self->headers, n, MSG_DONTWAIT, NULL);
  } while (messages < 0 && errno == EINTR);
  if (messages > 0)
    read_clocks (self);
  return messages;
}

/**
 * gst_ice_receive_batch_get_time:
 * @self: a batch that has received messages
 *
 * Returns: when, gst_util_get_timestamp()
 */
GstClockTime
gst_ice_receive_batch_get_time (GstIceReceiveBatch *self)
{
  return self->now;
}

static void
read_arrival (GstIceReceiveBatch *self, const struct timespec *real,
    GstIceReceivedMessage *message)
{
  GstClockTimeDiff arrival = (GstClockTimeDiff) GST_TIMESPEC_TO_TIME (*real)
      - self->ahead;

  if (arrival >= 0 && (GstClockTime) arrival < self->now)
    message->arrival = (GstClockTime) arrival;
}

static void
read_control (GstIceReceiveBatch *self, struct msghdr *header,
    GstIceReceivedMessage *message)
{
  struct cmsghdr *c;

  for (c = CMSG_FIRSTHDR (header); c != NULL; c = CMSG_NXTHDR (header, c)) {
    gint segment;
    struct timespec real;

    if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO) {
      memcpy (&segment, CMSG_DATA (c), sizeof (segment));
      if (segment > 0)
        message->segment = (gsize) segment;
    } else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMPNS) {
      memcpy (&real, CMSG_DATA (c), sizeof (real));
      read_arrival (self, &real, message);
    }
  }
}

/**
 * gst_ice_receive_batch_read:
 * @self: a batch
 * @i: one of the messages that it has received
 * @message: (out caller-allocates): the message; its arrival is the present
 *   where the kernel does not report it
 */
void
gst_ice_receive_batch_read (
    GstIceReceiveBatch *self, gint i, GstIceReceivedMessage *message)
{
  struct msghdr *header = &self->headers[i].msg_hdr;
  gsize size = self->headers[i].msg_len;

  *message = (GstIceReceivedMessage){
    .data = self->slots[i],
    .size = size,
    .segment = size,
    .arrival = self->now,
    .sender = header->msg_name,
    .sender_size = header->msg_namelen,
  };
  read_control (self, header, message);
}
