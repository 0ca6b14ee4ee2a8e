/* gst-ice: events that an application sends to icesink.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "elements/gsticesinkevents.h"

/**
 * gst_ice_sink_events_join:
 * @sink: an icesink that becomes READY
 *
 * Makes its bin send it what the bin sends to sources: EOS, as by
 * `gst-launch-1.0 -e`, and flushes. Not so a bin that has sink pads: it sends
 * EOS to these pads as well, and so before what is still on its way to them.
 */
void
gst_ice_sink_events_join (GstBaseSink *sink)
{
  g_autoptr (GstObject) bin = gst_object_get_parent (GST_OBJECT (sink));

  if (GST_IS_BIN (bin) && GST_ELEMENT (bin)->numsinkpads == 0)
    GST_OBJECT_FLAG_SET (sink, GST_ELEMENT_FLAG_SOURCE);
  else
    GST_OBJECT_FLAG_UNSET (sink, GST_ELEMENT_FLAG_SOURCE);
}

/* Under the bin's object lock. Whether a source that is no icesink comes before
 * the sink; other icesinks never wait for locks of sources. */
static gboolean
is_behind_a_source (GstBin *bin, GstBaseSink *sink)
{
  GList *item;

  for (item = bin->children; item != NULL; item = item->next) {
    if (item->data == sink)
      return FALSE;
    if (GST_OBJECT_FLAG_IS_SET (item->data, GST_ELEMENT_FLAG_SOURCE)
        && G_OBJECT_TYPE (item->data) != G_OBJECT_TYPE (sink))
      return TRUE;
  }
  return FALSE; /* it has just been removed */
}

/**
 * gst_ice_sink_events_stand_first:
 * @sink: an icesink
 *
 * Moves it before the sources of its bin. A bin sends an event to one after the
 * other, and waits at a source whose streaming thread waits in @sink. Any
 * thread.
 */
void
gst_ice_sink_events_stand_first (GstBaseSink *sink)
{
  g_autoptr (GstObject) parent = gst_object_get_parent (GST_OBJECT (sink));
  GstBin *bin;
  GList *link;

  if (!GST_IS_BIN (parent))
    return;
  bin = GST_BIN (parent);
  GST_OBJECT_LOCK (bin);
  if (is_behind_a_source (bin, sink)
      && (link = g_list_find (bin->children, sink)) != NULL) {
    bin->children = g_list_remove_link (bin->children, link);
    bin->children = g_list_concat (link, bin->children);
    bin->children_cookie++; /* iterators begin again */
  }
  GST_OBJECT_UNLOCK (bin);
}

/* A bin sends a flush to the source too, from where it comes down to our pad.
 * It would be refused if our pad, or one upstream, were flushing already, so
 * this ends a wait and nothing else. */
static void
set_flushing (GstIceDatapath *datapath, gint *flushing, gboolean begins)
{
  g_atomic_int_set (flushing, begins);
  if (datapath != NULL)
    gst_ice_datapath_set_ending (datapath, begins);
}

/**
 * gst_ice_sink_events_send:
 * @datapath: (nullable): the datapath of an icesink, from READY on
 * @flushing: (inout): atomic; whether a flush was sent
 * @event: (transfer full): an event that is not for upstream only
 *
 * A thread that holds the state lock of the icesink.
 *
 * EOS ends a wait for a connection at once, and there is none until the stream
 * has ended; what is on its way is sent if there is a connection, else dropped.
 * The sources end the stream. A flush ends a wait as well. Other events are for
 * the sources.
 */
void
gst_ice_sink_events_send (
    GstIceDatapath *datapath, gint *flushing, GstEvent *event)
{
  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_FLUSH_START:
    case GST_EVENT_FLUSH_STOP:
      set_flushing (
          datapath, flushing, GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_START);
      break;
    case GST_EVENT_EOS:
      if (datapath != NULL)
        gst_ice_datapath_set_ending (datapath, TRUE);
      break;
    default:
      break;
  }
  gst_event_unref (event);
}

/**
 * gst_ice_sink_events_receive:
 * @datapath: the datapath of an icesink
 * @flushing: (inout): atomic; whether a flush was sent
 * @event: (transfer none): an event that came to its pad
 *
 * The streaming thread. What comes after the end of a stream, or after a flush,
 * waits again.
 */
void
gst_ice_sink_events_receive (
    GstIceDatapath *datapath, gint *flushing, GstEvent *event)
{
  if (GST_EVENT_TYPE (event) != GST_EVENT_EOS
      && GST_EVENT_TYPE (event) != GST_EVENT_FLUSH_STOP)
    return;
  g_atomic_int_set (flushing, FALSE);
  gst_ice_datapath_set_ending (datapath, FALSE);
}
