/* gst-ice: a batch of datagrams on its way to icesrc's pad.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "elements/gsticesrcbatch.h"

/* Converts the arrival time, monotonic time in the DTS, to running time. The
 * list and its buffers have no other owner; gst_buffer_list_foreach() would
 * check that for each buffer, which costs as much as the rest of this function.
 */
static void
stamp (GstIceSrcBatch *self, GstBuffer *buffer, GstClockTimeDiff offset)
{
  GstClockTime time = GST_CLOCK_TIME_NONE;

  if (offset != GST_CLOCK_STIME_NONE) {
    time = (GstClockTime) MAX (
        (GstClockTimeDiff) GST_BUFFER_DTS (buffer) + offset,
        (GstClockTimeDiff) self->last);
    self->last = time;
  }
  GST_BUFFER_DTS (buffer) = time;
  GST_BUFFER_PTS (buffer) = time;
}

/* Running time stands still in PAUSED, and two clocks cannot be read at once:
 * this keeps timestamps from going backwards. */
static void
stamp_all (GstIceSrcBatch *self, GstBufferList *list)
{
  GstClockTimeDiff offset = GST_CLOCK_STIME_NONE;
  guint i, n = gst_buffer_list_length (list);

  if (gst_base_src_get_do_timestamp (self->src)) {
    GstClockTime now = gst_element_get_current_running_time (
        GST_ELEMENT (self->src));

    if (GST_CLOCK_TIME_IS_VALID (now)) {
      offset = GST_CLOCK_DIFF (gst_util_get_timestamp (), now);
      self->last = MIN (self->last, now); /* the wait may have begun again */
    }
  }
  for (i = 0; i < n; i++)
    stamp (self, gst_buffer_list_get (list, i), offset);
}

static GstBuffer *
remove_first (GstBufferList *list)
{
  GstBuffer *first = gst_buffer_ref (gst_buffer_list_get (list, 0));

  gst_buffer_list_remove (list, 0, 1);
  return first;
}

/**
 * gst_ice_src_batch_take_next:
 * @self: a batch
 *
 * Streaming thread.
 *
 * Returns: (transfer full) (nullable): the next of what is left of it
 */
GstBuffer *
gst_ice_src_batch_take_next (GstIceSrcBatch *self)
{
  GstBuffer *next;

  if (self->rest == NULL)
    return NULL;
  next = remove_first (self->rest);
  if (gst_buffer_list_length (self->rest) == 0)
    g_clear_pointer (&self->rest, gst_buffer_list_unref);
  g_atomic_pointer_add (&self->buffers_pushed, 1);
  return next;
}

/**
 * gst_ice_src_batch_take_first:
 * @self: a batch, of which nothing is left
 * @list: (transfer full): received datagrams, one at least
 *
 * Stamps them and keeps all but the first one. Streaming thread.
 *
 * Returns: (transfer full): the first one
 */
GstBuffer *
gst_ice_src_batch_take_first (GstIceSrcBatch *self, GstBufferList *list)
{
  stamp_all (self, list);
  self->rest = list;
  return gst_ice_src_batch_take_next (self);
}

/* Only sinks get lists. Another element may push the buffers one by one, each
 * of them then referenced by the list, too; and srtpdec (1.22 at least) pushes
 * a freed buffer if it is not the only owner. */
static gboolean
is_list_taken (GstPad *src)
{
  GstPad *pad = gst_pad_get_peer (src);
  GstElement *element;
  gboolean taken;

  while (GST_IS_GHOST_PAD (pad)) {
    GstPad *target = gst_ghost_pad_get_target (GST_GHOST_PAD (pad));

    gst_object_unref (pad);
    pad = target;
  }
  if (pad == NULL)
    return FALSE;
  element = gst_pad_get_parent_element (pad);
  taken = element == NULL
      || GST_OBJECT_FLAG_IS_SET (element, GST_ELEMENT_FLAG_SINK);
  gst_clear_object (&element);
  gst_object_unref (pad);
  return taken;
}

static GstFlowReturn
push_list (GstIceSrcBatch *self, GstBufferList *list)
{
  g_atomic_pointer_add (&self->lists_pushed, 1);
  return gst_pad_push_list (GST_BASE_SRC_PAD (self->src), list);
}

static GstFlowReturn
push_each (GstIceSrcBatch *self, GstBufferList *list)
{
  GstFlowReturn flow = GST_FLOW_OK;

  while (flow == GST_FLOW_OK && gst_buffer_list_length (list) > 0)
    flow = gst_pad_push (GST_BASE_SRC_PAD (self->src), remove_first (list));
  gst_buffer_list_unref (list);
  return flow;
}

/**
 * gst_ice_src_batch_push_rest:
 * @self: a batch
 *
 * Pushes what is left of it. Streaming thread.
 *
 * Returns: the pad's result
 */
GstFlowReturn
gst_ice_src_batch_push_rest (GstIceSrcBatch *self)
{
  if (self->rest == NULL)
    return GST_FLOW_OK;
  g_atomic_pointer_add (
      &self->buffers_pushed, gst_buffer_list_length (self->rest));
  if (is_list_taken (GST_BASE_SRC_PAD (self->src)))
    return push_list (self, g_steal_pointer (&self->rest));
  return push_each (self, g_steal_pointer (&self->rest));
}

/**
 * gst_ice_src_batch_clear:
 * @self: a batch
 *
 * Drops what is left of it. No streaming thread runs.
 */
void
gst_ice_src_batch_clear (GstIceSrcBatch *self)
{
  g_clear_pointer (&self->rest, gst_buffer_list_unref);
}

/**
 * gst_ice_src_batch_add_stats:
 * @self: a batch
 * @entry: a get-stats entry
 *
 * Adds how many buffers and lists went to the pad. Any thread.
 */
void
gst_ice_src_batch_add_stats (GstIceSrcBatch *self, GstStructure *entry)
{
  gst_structure_set (entry, "buffers-pushed", G_TYPE_UINT64,
      (guint64) g_atomic_pointer_get (&self->buffers_pushed), "lists-pushed",
      G_TYPE_UINT64, (guint64) g_atomic_pointer_get (&self->lists_pushed),
      NULL);
}
