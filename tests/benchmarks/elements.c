/* gst-ice: benchmarks: a sink that we feed and a source that is counted.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * All are in one pipeline, which plays all the time. */

#include "elements.h"
#include "arrival.h"

/* Anything that happens beside is no benchmark any more. */
static GstBusSyncReply
on_message (GstBus *bus, GstMessage *message, gpointer unused)
{
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    g_autoptr (GError) error = NULL;
    g_autofree gchar *debug = NULL;

    gst_message_parse_error (message, &error, &debug);
    bench_fail (
        "%s: %s (%s)", GST_MESSAGE_SRC_NAME (message), error->message, debug);
  }
  gst_message_unref (message);
  return GST_BUS_DROP;
}

static GstElement *
get_pipeline (void)
{
  static GstElement *pipeline;
  g_autoptr (GstBus) bus = NULL;

  if (pipeline != NULL)
    return pipeline;
  pipeline = gst_pipeline_new (NULL);
  bus = gst_pipeline_get_bus (GST_PIPELINE (pipeline));
  gst_bus_set_sync_handler (bus, on_message, NULL, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  return pipeline;
}

/* A name that is in the thread's whole: the kernel cuts them. */
static GstElement *
make (const gchar *factory, gchar first)
{
  static guint count;
  g_autofree gchar *name = g_strdup_printf ("%c%u", first, count++ % 1000000);

  return gst_object_ref_sink (gst_element_factory_make (factory, name));
}

/**
 * bench_elements_make:
 * @self: (out caller-allocates): a path
 * @kind: of it, which is available
 *
 * Its elements can be set up then.
 */
void
bench_elements_make (BenchElements *self, const BenchKind *kind)
{
  self->path.kind = kind;
  self->source = make (kind->elements[0], 's');
  self->sink = make (kind->elements[1], 'k');
  g_object_set (self->sink, "sync", FALSE, "async", FALSE, NULL);
}

static void
link_pads (GstPad *source, GstPad *sink)
{
  if (gst_pad_link (source, sink) != GST_PAD_LINK_OK)
    bench_fail ("%s:%s: can't be linked", GST_DEBUG_PAD_NAME (source));
}

static void
play (GstElement *element)
{
  if (!gst_element_sync_state_with_parent (element))
    bench_fail ("%s does not play", GST_ELEMENT_NAME (element));
}

/**
 * bench_elements_play:
 * @self: a path whose elements are set up
 */
void
bench_elements_play (BenchElements *self)
{
  g_autoptr (GstPad) source = gst_element_get_static_pad (self->source, "src");
  g_autoptr (GstPad) sink = gst_element_get_static_pad (self->sink, "sink");
  GstSegment segment;

  self->count = bench_arrival_new_pad ();
  self->feed = gst_object_ref_sink (gst_pad_new ("src", GST_PAD_SRC));
  gst_bin_add_many (GST_BIN (get_pipeline ()), self->source, self->sink, NULL);
  link_pads (source, self->count); /* a bin unlinks what is added */
  link_pads (self->feed, sink);
  play (self->source);
  play (self->sink);

  gst_pad_set_active (self->feed, TRUE);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_push_event (self->feed, gst_event_new_stream_start ("bench"));
  gst_pad_push_event (self->feed, gst_event_new_segment (&segment));
}

/**
 * bench_elements_send:
 * @path: a path of elements
 * @burst: what to push
 */
void
bench_elements_send (BenchPath *path, const BenchBurst *burst)
{
  BenchElements *self = (BenchElements *) path;
  GstFlowReturn flow;

  if (burst->list != NULL)
    flow = gst_pad_push_list (self->feed, gst_buffer_list_ref (burst->list));
  else
    flow = gst_pad_push (self->feed, gst_buffer_ref (burst->buffer));
  if (flow != GST_FLOW_OK)
    bench_fail ("%s: %s", path->kind->name, gst_flow_get_name (flow));
}

/**
 * bench_elements_forward:
 * @self: a path whose elements play, and nothing was sent on it
 * @forwarder: (transfer none): gets what the source receives, in the place of
 *   the pad that counts; plays
 */
void
bench_elements_forward (BenchElements *self, GstElement *forwarder)
{
  g_autoptr (GstPad) source = gst_element_get_static_pad (self->source, "src");
  g_autoptr (GstPad) sink = gst_element_get_static_pad (forwarder, "sink");

  gst_bin_add (GST_BIN (get_pipeline ()), forwarder);
  play (forwarder);
  gst_pad_unlink (source, self->count);
  link_pads (source, sink);
}

/* source: (transfer full)
 *
 * Returns: (transfer full): the pad of a queue behind it */
static GstPad *
add_queue (GstPad *source)
{
  GstElement *queue = gst_element_factory_make ("queue", NULL);
  g_autoptr (GstPad) sink = gst_element_get_static_pad (queue, "sink");

  gst_bin_add (GST_BIN (get_pipeline ()), queue);
  play (queue);
  link_pads (source, sink);
  gst_object_unref (source);
  return gst_element_get_static_pad (queue, "src");
}

/**
 * bench_elements_make_branch:
 * @tee: a tee that forwards
 * @forwarder: whose it is
 * @factory: of a sink
 *
 * Returns: (transfer none): a sink in NULL behind @tee
 */
GstElement *
bench_elements_make_branch (
    GstElement *tee, const BenchForwarder *forwarder, const gchar *factory)
{
  GstElement *sink = make (factory, 'k');
  GstPad *source = gst_element_request_pad_simple (tee, "src_%u");
  g_autoptr (GstPad) end = gst_element_get_static_pad (sink, "sink");

  g_object_set (sink, "sync", FALSE, "async", FALSE, NULL);
  gst_bin_add (GST_BIN (get_pipeline ()), sink);
  gst_object_unref (sink); /* the pipeline has it */
  if (forwarder->queues)
    source = add_queue (source);
  link_pads (source, end);
  gst_object_unref (source);
  return sink;
}

static void
stop (GstElement **element)
{
  gst_element_set_locked_state (*element, TRUE);
  gst_element_set_state (*element, GST_STATE_NULL);
  gst_bin_remove (GST_BIN (get_pipeline ()), *element);
  gst_clear_object (element);
}

/**
 * bench_elements_stop:
 * @self: a path that was played; clears it
 */
void
bench_elements_stop (BenchElements *self)
{
  stop (&self->sink);
  stop (&self->source);
  gst_pad_set_active (self->feed, FALSE);
  gst_pad_set_active (self->count, FALSE);
  gst_clear_object (&self->feed);
  gst_clear_object (&self->count);
}
