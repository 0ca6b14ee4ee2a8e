/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A datagram: pieces of memory on its way out, a buffer on its way in. */
#pragma once

#include <gio/gio.h>
#include <gst/gst.h>

G_BEGIN_DECLS

/* RFC 768 and 791: 65535 bytes without the headers of IPv4 and UDP. */
#define GST_ICE_DATAGRAM_MAX_SIZE 65507

typedef struct
{
  GOutputVector *vectors;
  gint n_vectors;
} GstIceDatagram;

static inline gsize
gst_ice_datagram_get_size (const GstIceDatagram *datagram)
{
  gsize size = 0;
  gint i;

  for (i = 0; i < datagram->n_vectors; i++)
    size += datagram->vectors[i].size;
  return size;
}

/* UDP has empty datagrams, a GstMemory has none. */
static inline GstBuffer *
gst_ice_datagram_to_buffer (
    gconstpointer data, gsize size, GstClockTime arrival)
{
  GstBuffer *buffer = size > 0 ? gst_buffer_new_memdup (data, size)
                               : gst_buffer_new ();

  GST_BUFFER_DTS (buffer) = arrival;
  return buffer;
}

G_END_DECLS
