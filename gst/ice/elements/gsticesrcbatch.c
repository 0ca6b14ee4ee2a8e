/* gst-ice: a batch of datagrams on its way to icesrc's pad.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "elements/gsticesrcbatch.h"

GST_DEBUG_CATEGORY_EXTERN (gst_ice_src_debug);
#define GST_CAT_DEFAULT gst_ice_src_debug

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

/* Takes the first of the rest. */
static GstBuffer *
cut_first (GstIceSrcBatch *self)
{
  GstBuffer *first = remove_first (self->rest);

  if (gst_buffer_list_length (self->rest) == 0)
    g_clear_pointer (&self->rest, gst_buffer_list_unref);
  return first;
}

static void
log_datagrams (GstIceSrcBatch *self, GstBufferList *list)
{
  guint i;

  if (gst_debug_category_get_threshold (GST_CAT_DEFAULT) < GST_LEVEL_LOG)
    return;
  for (i = 0; i < gst_buffer_list_length (list); i++)
    GST_LOG_OBJECT (self->src, "a datagram of %" G_GSIZE_FORMAT " bytes",
        gst_buffer_get_size (gst_buffer_list_get (list, i)));
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
  guint n = gst_buffer_list_length (list);

  log_datagrams (self, list);
  stamp_all (self, list);
  if (g_atomic_int_compare_and_exchange (&self->call_ended, TRUE, FALSE))
    GST_BUFFER_FLAG_SET (
        gst_buffer_list_get (list, 0), GST_BUFFER_FLAG_DISCONT);
  g_atomic_pointer_add (&self->buffers_pushed, self->one_by_one ? 1 : n);
  self->rest = list;
  return cut_first (self);
}

/**
 * gst_ice_src_batch_take_next:
 * @self: a batch
 *
 * Streaming thread.
 *
 * Returns: (transfer full) (nullable): the next of what is left of it, if they
 *   are taken one by one
 */
GstBuffer *
gst_ice_src_batch_take_next (GstIceSrcBatch *self)
{
  if (self->rest == NULL || !self->one_by_one)
    return NULL;
  g_atomic_pointer_add (&self->buffers_pushed, 1);
  return cut_first (self);
}

/* The pad of an element, behind the ghost pads of bins inwards and outwards. */
static GstPad *
get_peer (GstPad *src)
{
  GstPad *pad = gst_pad_get_peer (src);

  while (pad != NULL && GST_IS_PROXY_PAD (pad)) {
    GstPad *next;

    if (GST_IS_GHOST_PAD (pad)) {
      next = gst_ghost_pad_get_target (GST_GHOST_PAD (pad));
    } else {
      GstProxyPad *outside = gst_proxy_pad_get_internal (GST_PROXY_PAD (pad));

      next = outside != NULL ? gst_pad_get_peer (GST_PAD (outside)) : NULL;
      gst_clear_object (&outside);
    }
    gst_object_unref (pad);
    pad = next;
  }
  return pad;
}

/* Whether an element pushes lists for lists, and does not need buffers of its
 * own (srtpenc encrypts each buffer into a new one). dtlssrtpenc is a bin of
 * the last three. */
static gboolean
forwards_lists (GstElement *element)
{
  static const gchar *const types[] = { "GstTee", "GstQueue", "GstFunnel",
    "GstClockSync", "GstSrtpEnc", NULL };

  return g_strv_contains (types, G_OBJECT_TYPE_NAME (element));
}

static gboolean takes_lists (GstElement *element);

/* Of one of several pads: no element gets anything from one that is not linked.
 */
static gboolean
is_branch_taken (GstElement *element, GstPad *src, gpointer unused)
{
  GstPad *pad = get_peer (src);
  GstElement *next = pad != NULL ? gst_pad_get_parent_element (pad) : NULL;
  gboolean taken = next == NULL || takes_lists (next);

  gst_clear_object (&next);
  gst_clear_object (&pad);
  return taken;
}

static gboolean
takes_lists (GstElement *element)
{
  return GST_OBJECT_FLAG_IS_SET (element, GST_ELEMENT_FLAG_SINK)
      || (forwards_lists (element)
          && gst_element_foreach_src_pad (element, is_branch_taken, NULL));
}

/* Only sinks get lists, directly or behind such elements. Another one may push
 * the buffers one by one, each of them then referenced by the list, too;
 * and srtpdec (1.22 at least) pushes a freed buffer if it is not the only
 * owner. */
static gboolean
is_list_taken (GstPad *src)
{
  return gst_pad_is_linked (src) && is_branch_taken (NULL, src, NULL);
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
 * gst_ice_src_batch_push_with_rest:
 * @self: a batch
 * @first: (transfer full): the first datagram, which the base class pushes
 * @flow: (out): the pad's result
 *
 * Pushes what is left of the batch together with @first, if it can go as a
 * list: so that it is sent in one message. Streaming thread.
 *
 * Returns: whether it did; otherwise nothing has changed, and the caller still
 *   owns @first
 */
gboolean
gst_ice_src_batch_push_with_rest (
    GstIceSrcBatch *self, GstBuffer *first, GstFlowReturn *flow)
{
  GstBufferList *list;

  if (self->rest == NULL || self->one_by_one
      || !is_list_taken (GST_BASE_SRC_PAD (self->src)))
    return FALSE;
  list = g_steal_pointer (&self->rest);
  gst_buffer_list_insert (list, 0, first);
  *flow = push_list (self, list);
  return TRUE;
}

/**
 * gst_ice_src_batch_push_rest:
 * @self: a batch
 *
 * Pushes what is left of it, if the first datagram went alone. Streaming
 * thread.
 *
 * Returns: the pad's result
 */
GstFlowReturn
gst_ice_src_batch_push_rest (GstIceSrcBatch *self)
{
  if (self->rest == NULL)
    return GST_FLOW_OK;
  if (is_list_taken (GST_BASE_SRC_PAD (self->src)))
    return push_list (self, g_steal_pointer (&self->rest));
  return push_each (self, g_steal_pointer (&self->rest));
}

/**
 * gst_ice_src_batch_end_call:
 * @self: a batch
 *
 * Counts from 0 again; the next datagram is another peer's. Any thread.
 */
void
gst_ice_src_batch_end_call (GstIceSrcBatch *self)
{
  g_atomic_pointer_set (&self->buffers_pushed, 0);
  g_atomic_pointer_set (&self->lists_pushed, 0);
  g_atomic_int_set (&self->call_ended, TRUE);
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
