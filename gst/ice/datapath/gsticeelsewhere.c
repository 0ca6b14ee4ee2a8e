/* gst-ice: datagrams that did not come on the selected pair.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "datapath/gsticeelsewhere.h"
#include "iothread/gsticefdwatch.h"

/* System calls in a row; then the I/O thread serves others. */
#define MAX_READS 8

struct _GstIceElsewhere
{
  GstIceDatapath *datapath; /* not referenced: it outlives us */
  GstIceDatagramSocket *socket;
  GstIceFdWatch *watch;
  guint64 unknown; /* datagrams of unknown senders, as counted so far */
};

static void
count_unknown (GstIceElsewhere *self)
{
  GstIceDatagramSocketCounters counters = { 0 };

  gst_ice_datagram_socket_add_counters (self->socket, &counters);
  gst_ice_datapath_count_unknown_source (
      self->datapath, counters.unknown_source - self->unknown);
  self->unknown = counters.unknown_source;
}

static void
on_readable (gpointer data)
{
  GstIceElsewhere *self = data;
  GstIceDatagramSocketReceived received;
  GstBufferList *list;
  guint i;

  for (i = 0; i < MAX_READS; i++) {
    list = gst_ice_datagram_socket_receive (self->socket, FALSE, &received);
    if (list == NULL)
      break;
    gst_ice_datapath_receive_list (self->datapath, list, &received);
    if (!received.more)
      break;
  }
  count_unknown (self);
}

/**
 * gst_ice_elsewhere_new:
 * @datapath: (transfer none): gets the datagrams; outlives the reader
 * @context: of the I/O thread
 * @socket: (transfer none): a media socket that no other thread reads
 *
 * The I/O thread, here and below.
 *
 * Returns: (transfer full): a reader of @socket
 */
GstIceElsewhere *
gst_ice_elsewhere_new (GstIceDatapath *datapath, GMainContext *context,
    GstIceDatagramSocket *socket)
{
  GstIceElsewhere *self = g_new0 (GstIceElsewhere, 1);
  GPollFD fd = { .events = G_IO_IN };

  self->datapath = datapath;
  self->socket = gst_ice_datagram_socket_ref (socket);
  self->watch = gst_ice_fd_watch_new (context, on_readable, self);
  fd.fd = g_socket_get_fd (gst_ice_datagram_socket_get_socket (socket));
  gst_ice_fd_watch_set (self->watch, &fd, 1);
  return self;
}

/**
 * gst_ice_elsewhere_free:
 * @self: (transfer full): a reader
 *
 * Datagrams that wait stay in the socket.
 */
void
gst_ice_elsewhere_free (GstIceElsewhere *self)
{
  gst_ice_fd_watch_free (self->watch);
  gst_ice_datagram_socket_unref (self->socket);
  g_free (self);
}

/**
 * gst_ice_elsewhere_hand_over:
 * @self: (transfer full): a reader
 *
 * For a socket that is added to the inbox next, which counts all datagrams of
 * unknown senders that the socket ever received: takes back this count.
 */
void
gst_ice_elsewhere_hand_over (GstIceElsewhere *self)
{
  gst_ice_datapath_count_unknown_source (self->datapath, -self->unknown);
  gst_ice_elsewhere_free (self);
}
