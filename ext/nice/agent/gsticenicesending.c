/* gst-ice: sends datagrams through libnice.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "agent/gsticenicegeneration.h"
#include "agent/gsticeniceparts.h"

/* On a TCP pair libnice divides what is larger, between frames of RFC 4571,
 * which the peer would take for a datagram each. */
#define MAX_FRAME 63488

static gint
send_run (GstIceNiceGeneration *self, const GstIceDatagram *datagrams, guint n,
    GError **error)
{
  /* the same two members in the same order */
  G_STATIC_ASSERT (sizeof (GstIceDatagram) == sizeof (NiceOutputMessage));
  G_STATIC_ASSERT (G_STRUCT_OFFSET (GstIceDatagram, vectors)
      == G_STRUCT_OFFSET (NiceOutputMessage, buffers));
  G_STATIC_ASSERT (G_STRUCT_OFFSET (GstIceDatagram, n_vectors)
      == G_STRUCT_OFFSET (NiceOutputMessage, n_buffers));

  return nice_agent_send_messages_nonblocking (self->nice, self->stream_id,
      GST_ICE_NICE_COMPONENT, (const NiceOutputMessage *) datagrams, n, NULL,
      error);
}

/* Whether libnice sends it as one datagram; it would return "would block" for
 * an empty one for ever. */
static gboolean
can_send (gboolean by_tcp, const GstIceDatagram *datagram, GError **error)
{
  gsize size = gst_ice_datagram_get_size (datagram);

  if (size == 0)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
        "a relayed or TCP path takes no empty ones");
  else if (by_tcp && size > MAX_FRAME)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE,
        "a TCP path has room for %u; send smaller buffers", MAX_FRAME);
  else
    return TRUE;
  return FALSE;
}

/**
 * gst_ice_nice_generation_send:
 * @self: a generation
 * @datagrams: (array length=n): datagrams
 * @n: their number
 * @error: return location, set if fewer were sent, as in
 *   GstIceTransportClass.send()
 *
 * Sends datagrams through libnice, on the pair that it has selected. Any
 * thread; never blocks.
 *
 * Returns: the number of datagrams that were sent
 */
guint
gst_ice_nice_generation_send (GstIceNiceGeneration *self,
    const GstIceDatagram *datagrams, guint n, GError **error)
{
  gboolean by_tcp = g_atomic_int_get (&self->by_tcp);
  guint sent = 0;

  if (self->stream_id == 0) {
    g_set_error_literal (
        error, G_IO_ERROR, G_IO_ERROR_CLOSED, "the transport could not gather");
    return 0;
  }
  while (sent < n) {
    guint run = sent;
    gint result;

    while (run < n && can_send (by_tcp, &datagrams[run], NULL))
      run++;
    if (run == sent) {
      can_send (by_tcp, &datagrams[run], error);
      break;
    }
    result = send_run (self, &datagrams[sent], run - sent, error);
    if (result <= 0)
      break;
    sent += result;
  }
  return sent;
}
