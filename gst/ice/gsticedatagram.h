/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One datagram that is to be sent, scattered over memory. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

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

G_END_DECLS
