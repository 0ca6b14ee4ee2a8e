/* gst-ice: sends datagrams through libnice.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "agent/gsticenicegeneration.h"
#include "agent/gsticeniceparts.h"

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

static gboolean
is_empty (const GstIceDatagram *datagram)
{
  gint i;

  for (i = 0; i < datagram->n_vectors; i++)
    if (datagram->vectors[i].size > 0)
      return FALSE;
  return TRUE;
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
  guint sent = 0;

  if (self->stream_id == 0) {
    g_set_error_literal (
        error, G_IO_ERROR, G_IO_ERROR_CLOSED, "the transport could not gather");
    return 0;
  }
  while (sent < n) {
    guint run = sent;
    gint result;

    while (run < n && !is_empty (&datagrams[run]))
      run++;
    if (run
        == sent) { /* libnice would return "would block" for these for ever */
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
          "a relayed or TCP path takes no empty ones");
      break;
    }
    result = send_run (self, &datagrams[sent], run - sent, error);
    if (result <= 0)
      break;
    sent += result;
  }
  return sent;
}
