/* gst-ice: buffers on their way from icesink's pad, as datagrams.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "elements/gsticesinkbatch.h"

/**
 * gst_ice_sink_batch_init:
 * @self: (out caller-allocates): an empty batch
 */
void
gst_ice_sink_batch_init (GstIceSinkBatch *self)
{
  self->maps = g_array_new (FALSE, FALSE, sizeof (GstMapInfo));
  self->vectors = g_array_new (FALSE, FALSE, sizeof (GOutputVector));
  self->datagrams = g_array_new (FALSE, FALSE, sizeof (GstIceDatagram));
}

/**
 * gst_ice_sink_batch_finalize:
 * @self: an empty batch
 */
void
gst_ice_sink_batch_finalize (GstIceSinkBatch *self)
{
  g_array_unref (self->maps);
  g_array_unref (self->vectors);
  g_array_unref (self->datagrams);
}

static void
make_room (GstIceSinkBatch *self, guint datagrams, guint memories)
{
  if (self->datagrams->len < datagrams)
    g_array_set_size (self->datagrams, datagrams);
  if (self->maps->len < memories) {
    g_array_set_size (self->maps, memories);
    g_array_set_size (self->vectors, memories);
  }
}

/**
 * gst_ice_sink_batch_add:
 * @self: a batch
 * @buffer: (transfer none): a buffer that lives until the batch is released
 *
 * Maps the memories of @buffer and adds them as one datagram.
 *
 * Returns: %FALSE if one of them cannot be mapped; the batch can only be
 *   released then
 */
gboolean
gst_ice_sink_batch_add (GstIceSinkBatch *self, GstBuffer *buffer)
{
  guint i, n = gst_buffer_n_memory (buffer);

  make_room (self, self->n_datagrams + 1, self->n_maps + n);
  g_array_index (self->datagrams, GstIceDatagram, self->n_datagrams++)
      .n_vectors = (gint) n;
  for (i = 0; i < n; i++) {
    GstMapInfo *map = &g_array_index (self->maps, GstMapInfo, self->n_maps);

    if (!gst_memory_map (gst_buffer_peek_memory (buffer, i), map, GST_MAP_READ))
      return FALSE;
    g_array_index (self->vectors, GOutputVector,
        self->n_maps) = (GOutputVector){ map->data, map->size };
    self->n_maps++;
  }
  return TRUE;
}

/**
 * gst_ice_sink_batch_get:
 * @self: a batch
 * @n_datagrams: (out): how many datagrams it has
 *
 * Returns: (transfer none) (array length=n_datagrams): its datagrams, until one
 *   is added or the batch is released
 */
const GstIceDatagram *
gst_ice_sink_batch_get (GstIceSinkBatch *self, guint *n_datagrams)
{
  GOutputVector *next = (GOutputVector *) self->vectors->data;
  guint i;

  /* After all were added the vectors do not move any more. */
  for (i = 0; i < self->n_datagrams; i++) {
    GstIceDatagram *datagram = &g_array_index (
        self->datagrams, GstIceDatagram, i);

    datagram->vectors = next;
    next += datagram->n_vectors;
  }
  *n_datagrams = self->n_datagrams;
  return (const GstIceDatagram *) self->datagrams->data;
}

/**
 * gst_ice_sink_batch_release:
 * @self: a batch
 *
 * Unmaps all memories; the batch is empty then.
 */
void
gst_ice_sink_batch_release (GstIceSinkBatch *self)
{
  guint i;

  for (i = 0; i < self->n_maps; i++) {
    GstMapInfo *map = &g_array_index (self->maps, GstMapInfo, i);

    gst_memory_unmap (map->memory, map);
  }
  self->n_maps = 0;
  self->n_datagrams = 0;
}

/**
 * gst_ice_sink_batch_find_unmappable:
 * @buffer: a buffer that could not be added
 *
 * Returns: (transfer none): the kind of its memory that cannot be mapped
 */
const gchar *
gst_ice_sink_batch_find_unmappable (GstBuffer *buffer)
{
  const gchar *kind = "unknown";
  guint i, n = gst_buffer_n_memory (buffer);
  GstMapInfo map;

  for (i = 0; i < n; i++) {
    GstMemory *memory = gst_buffer_peek_memory (buffer, i);

    if (gst_memory_map (memory, &map, GST_MAP_READ))
      gst_memory_unmap (memory, &map);
    else
      kind = memory->allocator->mem_type;
  }
  return kind;
}
