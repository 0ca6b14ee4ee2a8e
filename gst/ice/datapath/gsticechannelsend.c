/* gst-ice: datagrams as ChannelData.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "datapath/gsticechannelsend.h"
#include "stun/icestunheader.h"
#include <string.h>

/* Datagrams of one call of the socket, and their pieces of memory, headers
 * included. */
#define MAX_DATAGRAMS 64
#define MAX_VECTORS 512

typedef struct
{
  guint8 headers[MAX_DATAGRAMS][ICE_TURN_CHANNEL_HEADER_SIZE];
  GOutputVector vectors[MAX_VECTORS];
  GstIceDatagram datagrams[MAX_DATAGRAMS];
  guint n, n_vectors;
} Frames;

/* Over UDP it needs no padding. Returns: whether there was room */
static gboolean
add (Frames *frames, guint16 channel, const GstIceDatagram *datagram)
{
  gsize size = gst_ice_datagram_get_size (datagram);
  GOutputVector *next = &frames->vectors[frames->n_vectors];
  guint8 *header = frames->headers[frames->n];

  if (frames->n == MAX_DATAGRAMS
      || frames->n_vectors + 1 + (guint) datagram->n_vectors > MAX_VECTORS)
    return FALSE;
  GST_WRITE_UINT16_BE (header, channel);
  GST_WRITE_UINT16_BE (header + ICE_TURN_CHANNEL_LENGTH_OFFSET, (guint16) size);
  frames->datagrams[frames->n++] = (GstIceDatagram){ next,
    1 + datagram->n_vectors };
  *next = (GOutputVector){ header, ICE_TURN_CHANNEL_HEADER_SIZE };
  if (datagram->n_vectors > 0)
    memcpy (next + 1, datagram->vectors,
        (gsize) datagram->n_vectors * sizeof (GOutputVector));
  frames->n_vectors += 1 + (guint) datagram->n_vectors;
  return TRUE;
}

/* A datagram of very many pieces of memory. */
static guint
send_copy (GstIceDatagramSocket *socket, gconstpointer server,
    gsize server_size, guint16 channel, const GstIceDatagram *datagram,
    GError **error)
{
  gsize size = gst_ice_datagram_get_size (datagram), at = 0;
  g_autofree guint8 *copy = g_malloc (size);
  GOutputVector whole = { copy, size };
  const GstIceDatagram joined = { &whole, 1 };
  gint i;

  for (i = 0; i < datagram->n_vectors; i++) {
    memcpy (copy + at, datagram->vectors[i].buffer, datagram->vectors[i].size);
    at += datagram->vectors[i].size;
  }
  return gst_ice_channel_send (
      socket, server, server_size, channel, &joined, 1, error);
}

/**
 * gst_ice_channel_send:
 * @socket: a media socket on the port that the channel was bound from
 * @server: a struct sockaddr, the TURN server's
 * @server_size: its size, bytes
 * @channel: the number that is bound to the peer
 * @datagrams: (array length=n): datagrams of 65535 bytes at most
 * @n: how many
 * @error: as gst_ice_datagram_socket_send() sets it
 *
 * The sending thread; never blocks.
 *
 * Returns: how many were sent
 */
guint
gst_ice_channel_send (GstIceDatagramSocket *socket, gconstpointer server,
    gsize server_size, guint16 channel, const GstIceDatagram *datagrams,
    guint n, GError **error)
{
  guint done = 0;

  while (done < n) {
    Frames frames;
    guint sent, wanted = 0;

    frames.n = frames.n_vectors = 0;
    while (
        done + wanted < n && add (&frames, channel, &datagrams[done + wanted]))
      wanted++;
    if (wanted > 0)
      sent = gst_ice_datagram_socket_send (
          socket, server, server_size, frames.datagrams, frames.n, error);
    else
      sent = send_copy (
          socket, server, server_size, channel, &datagrams[done], error);
    done += sent;
    if (sent < MAX (wanted, 1))
      break;
  }
  return done;
}
