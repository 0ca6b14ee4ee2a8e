/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A UDP socket for media: many datagrams in a system call, and many in a
 * message where the kernel cuts and joins segments (Linux: UDP_SEGMENT,
 * UDP_GRO). One thread sends and one receives. */
#pragma once

#include <gst/gst.h>
#include "datapath/gsticedatagram.h"
#include "datapath/gsticepeeraddresses.h"

G_BEGIN_DECLS

typedef struct _GstIceDatagramSocket GstIceDatagramSocket;

typedef struct
{
  /* system calls, messages in them, datagrams in those */
  guint64 send_calls, messages_sent, datagrams_sent;
  guint64 receive_calls, messages_received, datagrams_received;
  guint64 bytes_received;
  guint64 send_fallbacks; /* messages that the kernel refused to cut */
  /* dropped: */
  guint64 unknown_source; /* not from an accepted address */
  guint64 overflowed;     /* by the kernel: the socket's buffer was full */
  guint64 misrouted;      /* STUN joined to media, and media joined to it */
} GstIceDatagramSocketCounters;

typedef struct
{
  guint n;
  gsize bytes;
  /* of these, from the address of gst_ice_datagram_socket_set_peer() */
  guint n_of_peer;
  gsize bytes_of_peer;
  gboolean more; /* the socket may have more */
} GstIceDatagramSocketReceived;

GstIceDatagramSocket *gst_ice_datagram_socket_new (
    GSocket *socket, GstIcePeerAddresses *peer_addresses);
GstIceDatagramSocket *gst_ice_datagram_socket_new_plain (
    GSocket *socket, GstIcePeerAddresses *peer_addresses);
GstIceDatagramSocket *gst_ice_datagram_socket_ref (GstIceDatagramSocket *self);
void gst_ice_datagram_socket_unref (GstIceDatagramSocket *self);
GSocket *gst_ice_datagram_socket_get_socket (GstIceDatagramSocket *self);
void gst_ice_datagram_socket_set_peer (
    GstIceDatagramSocket *self, gconstpointer address, gsize size);

guint gst_ice_datagram_socket_send (GstIceDatagramSocket *self,
    gconstpointer to, gsize to_size, const GstIceDatagram *datagrams, guint n,
    GError **error);
GstBufferList *gst_ice_datagram_socket_receive (GstIceDatagramSocket *self,
    gboolean with_sender, GstIceDatagramSocketReceived *received);
void gst_ice_datagram_socket_add_counters (
    GstIceDatagramSocket *self, GstIceDatagramSocketCounters *sum);

G_END_DECLS
