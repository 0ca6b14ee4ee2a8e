/* gst-ice: datagrams as the messages of one sendmmsg().
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "datapath/gsticesendbatch.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/ioctl.h>

#ifndef UDP_SEGMENT /* linux/udp.h */
#define UDP_SEGMENT 103
#endif

static gboolean
follows (const GstIceDatagram *one, const GstIceDatagram *next)
{
  return next->vectors == one->vectors + one->n_vectors;
}

/* Returns: how many of the datagrams are the next message */
static guint
take_message (const IceSegmentLimits *limits, const GstIceDatagram *datagrams,
    guint n, IceSegments *segments)
{
  guint i;

  ice_segments_begin (segments, gst_ice_datagram_get_size (&datagrams[0]),
      datagrams[0].n_vectors);
  for (i = 1; i < n; i++)
    if (!follows (&datagrams[i - 1], &datagrams[i])
        || !ice_segments_add (segments, limits,
            gst_ice_datagram_get_size (&datagrams[i]), datagrams[i].n_vectors))
      break;
  return i;
}

static void
ask_for_segments (
    struct msghdr *message, GstIceSendControl *control, guint16 size)
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

/**
 * gst_ice_send_batch_fill:
 * @self: (out caller-allocates): a batch
 * @limits: the limits of a segmented message
 * @to: a struct sockaddr, where all go; must outlive the batch
 * @to_size: its size, bytes
 * @datagrams: (array length=n): datagrams; must outlive the batch
 * @n: how many, at least one
 *
 * Takes the first ones, as many as fit into a call.
 */
void
gst_ice_send_batch_fill (GstIceSendBatch *self, const IceSegmentLimits *limits,
    gconstpointer to, gsize to_size, const GstIceDatagram *datagrams, guint n)
{
  /* the same two members in the same order */
  G_STATIC_ASSERT (sizeof (GOutputVector) == sizeof (struct iovec));
  G_STATIC_ASSERT (G_STRUCT_OFFSET (GOutputVector, buffer)
      == G_STRUCT_OFFSET (struct iovec, iov_base));
  G_STATIC_ASSERT (G_STRUCT_OFFSET (GOutputVector, size)
      == G_STRUCT_OFFSET (struct iovec, iov_len));
  guint done = 0;

  for (self->n = 0; self->n < GST_ICE_SEND_BATCH_MAX && done < n; self->n++) {
    struct msghdr *message = &self->headers[self->n].msg_hdr;
    IceSegments segments;

    self->counts[self->n] = take_message (
        limits, &datagrams[done], n - done, &segments);
    if (self->n == 0)
      self->segment = segments.segment;
    *message = (struct msghdr){
      .msg_name = (gpointer) to,
      .msg_namelen = (socklen_t) to_size,
      .msg_iov = (struct iovec *) datagrams[done].vectors,
      .msg_iovlen = segments.vectors,
    };
    if (segments.n > 1)
      ask_for_segments (
          message, &self->controls[self->n], (guint16) segments.segment);
    done += self->counts[self->n];
  }
}

/**
 * gst_ice_send_batch_send:
 * @self: a batch
 * @fd: a UDP socket
 *
 * Never blocks.
 *
 * Returns: how many of the messages were sent; -1 with errno set
 */
gint
gst_ice_send_batch_send (GstIceSendBatch *self, gint fd)
{
  const gint flags = MSG_DONTWAIT | MSG_NOSIGNAL;
  const struct msghdr *one = &self->headers[0].msg_hdr;
  ssize_t sent;

  if (self->n > 1)
    return sendmmsg (fd, self->headers, self->n, flags);
  /* Most calls send one message, often one datagram in one piece: the fewer
   * structs the kernel has to copy, the cheaper. */
  if (one->msg_iovlen == 1 && one->msg_controllen == 0)
    sent = sendto (fd, one->msg_iov->iov_base, one->msg_iov->iov_len, flags,
        one->msg_namelen > 0 ? one->msg_name : NULL, one->msg_namelen);
  else
    sent = sendmsg (fd, one, flags);
  return sent < 0 ? -1 : 1;
}

/**
 * gst_ice_send_batch_is_in_flight:
 * @fd: a UDP socket
 *
 * Returns: whether its send buffer has data that the device has not taken yet
 */
gboolean
gst_ice_send_batch_is_in_flight (gint fd)
{
  int bytes = 0;

  return ioctl (fd, SIOCOUTQ, &bytes) != 0 || bytes > 0;
}

/**
 * gst_ice_send_batch_set_error:
 * @code: errno of a call that sent nothing
 * @error: is set to it; %G_IO_ERROR_WOULD_BLOCK: there is no room now
 */
void
gst_ice_send_batch_set_error (gint code, GError **error)
{
  if (code == EAGAIN || code == ENOBUFS || code == ENOMEM)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK,
        "the socket's buffer is full");
  else
    g_set_error_literal (
        error, G_IO_ERROR, g_io_error_from_errno (code), g_strerror (code));
}
