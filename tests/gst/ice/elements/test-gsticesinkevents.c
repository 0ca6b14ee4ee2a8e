/* gst-ice: test of the events that an application sends to icesink or to its
 * pipeline, over a fake backend.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fakeagent.h"
#include "suite.h"
#include <gst/base/gstbasesrc.h>

/* A fakesrc whose streaming thread is in the icesink, which waits. */
typedef struct
{
  GstElement *pipeline, *source, *sink;
  FakeTransport *transport;
  GstBus *bus;
} Line;

static void
play (Line *self)
{
  self->bus = gst_element_get_bus (self->pipeline);
  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
  self->transport = fake_transport_of (self->sink);
  fake_settle ();
}

static gboolean
is_in_render (Line *self)
{
  GstStructure *stats = NULL;
  const GstStructure *entry;
  guint64 count = 0;

  g_signal_emit_by_name (self->sink, "get-stats", &stats);
  entry = gst_value_get_structure (gst_structure_get_value (stats, "icesink"));
  g_assert_true (gst_structure_get_uint64 (entry, "buffers-rendered", &count));
  gst_structure_free (stats);
  return count > 0;
}

/* The element that is added last stands first in a bin. */
static void
line_start (Line *self, gboolean source_last)
{
  *self = (Line){ .pipeline = gst_pipeline_new (NULL),
    .source = gst_element_factory_make ("fakesrc", NULL),
    .sink = gst_element_factory_make ("icesink", NULL) };
  g_object_set (self->sink, "sync", FALSE, NULL);
  g_object_set (self->source, "sizetype", 2, "sizemax", 100, NULL);
  gst_bin_add (
      GST_BIN (self->pipeline), source_last ? self->sink : self->source);
  gst_bin_add (
      GST_BIN (self->pipeline), source_last ? self->source : self->sink);
  g_assert_true (gst_element_link (self->source, self->sink));
  play (self);
  suite_wait_until (is_in_render (self));
}

static void
line_end (Line *self)
{
  SuiteWatch *watch = suite_watch_new ("NULL");

  gst_element_set_state (self->pipeline, GST_STATE_NULL);
  suite_watch_free (watch);
  gst_object_unref (self->bus);
  gst_object_unref (self->transport);
  gst_object_unref (self->pipeline);
}

static void
assert_eos (Line *self)
{
  g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (
      self->bus, 10 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);

  g_assert_nonnull (message);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_EOS);
}

static void
send_watched (GstElement *element, GstEvent *event)
{
  SuiteWatch *watch = suite_watch_new ("an event");

  g_assert_true (gst_element_send_event (element, event));
  suite_watch_free (watch);
}

/* Whichever element the pipeline sends it to first. */
static void
test_eos_to_pipeline (void)
{
  gboolean source_last;

  for (source_last = FALSE; source_last <= TRUE; source_last++) {
    Line line;

    line_start (&line, source_last);
    send_watched (line.pipeline, gst_event_new_eos ());
    assert_eos (&line);
    line_end (&line);
  }
}

static void
test_eos_to_element (void)
{
  Line line;

  line_start (&line, TRUE);
  send_watched (line.sink, gst_event_new_eos ());
  assert_eos (&line);
  line_end (&line);
}

/* A bin with a sink pad sends EOS to that pad too, before what is on its way
 * there, so icesink does not count as a source in one. */
static void
test_eos_in_bin (void)
{
  GstElement *bin = gst_bin_new (NULL);
  GstPad *pad;
  Line line = { .pipeline = gst_pipeline_new (NULL),
    .source = gst_element_factory_make ("fakesrc", NULL),
    .sink = gst_element_factory_make ("icesink", NULL) };

  g_object_set (line.sink, "sync", FALSE, NULL);
  gst_bin_add (GST_BIN (bin), line.sink);
  pad = gst_element_get_static_pad (line.sink, "sink");
  gst_element_add_pad (bin, gst_ghost_pad_new ("sink", pad));
  gst_object_unref (pad);
  gst_bin_add_many (GST_BIN (line.pipeline), bin, line.source, NULL);
  g_assert_true (gst_element_link (line.source, bin));
  play (&line);
  suite_wait_until (is_in_render (&line));
  g_assert_false (GST_OBJECT_FLAG_IS_SET (bin, GST_ELEMENT_FLAG_SOURCE));
  g_assert_false (GST_OBJECT_FLAG_IS_SET (line.sink, GST_ELEMENT_FLAG_SOURCE));
  send_watched (line.sink, gst_event_new_eos ());
  assert_eos (&line);
  line_end (&line);
}

/* With a connection all that is on its way arrives. */
static void
test_eos_while_connected (void)
{
  Line line;

  line_start (&line, TRUE);
  fake_connect (line.transport);
  fake_wait_sent (line.transport, 3);
  send_watched (line.sink, gst_event_new_eos ());
  fake_wait_sent (
      line.transport, fake_get_calls (line.transport) + 10); /* goes on */
  send_watched (line.pipeline, gst_event_new_eos ());
  assert_eos (&line);
  line_end (&line);
}

/* A new stream after NULL waits again; an EOS in NULL is nothing. */
static void
test_waits_again (void)
{
  Line line;

  line_start (&line, TRUE);
  send_watched (line.pipeline, gst_event_new_eos ());
  assert_eos (&line);
  gst_element_set_state (line.pipeline, GST_STATE_NULL);
  gst_element_send_event (line.sink, gst_event_new_eos ());
  gst_object_unref (line.transport);
  gst_object_unref (line.bus);
  play (&line);
  g_assert_null (gst_bus_timed_pop_filtered (
      line.bus, 200 * GST_MSECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR));
  fake_connect (line.transport);
  fake_wait_sent (line.transport, 1);
  line_end (&line);
}

/* A flush ends the wait too; the next buffers wait again. */
static void
test_flush (void)
{
  gboolean to_pipeline;

  for (to_pipeline = FALSE; to_pipeline <= TRUE; to_pipeline++) {
    guint i;
    Line line;
    GstElement *target;

    line_start (&line, TRUE);
    target = to_pipeline ? line.pipeline : line.sink;
    for (i = 0; i < 5; i++) {
      send_watched (target, gst_event_new_flush_start ());
      send_watched (target, gst_event_new_flush_stop (TRUE));
    }
    if (to_pipeline) { /* the source goes on */
      fake_connect (line.transport);
      fake_wait_sent (line.transport, 1);
    }
    g_assert_null (
        gst_bus_pop_filtered (line.bus, GST_MESSAGE_EOS | GST_MESSAGE_ERROR));
    line_end (&line);
  }
}

static GstPadProbeReturn
count_events (GstPad *pad, GstPadProbeInfo *info, gpointer count)
{
  if (gst_event_has_name (GST_PAD_PROBE_INFO_EVENT (info), "x"))
    g_atomic_int_inc ((gint *) count);
  return GST_PAD_PROBE_OK;
}

/* Events for sources are not for icesink; those for sinks still go upstream. */
static void
test_other_events (void)
{
  gint up = 0, down = 0;
  GstPad *pad;
  Line line;

  line_start (&line, FALSE);
  pad = gst_element_get_static_pad (line.sink, "sink");
  gst_pad_add_probe (
      pad, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, count_events, &up, NULL);
  gst_pad_add_probe (
      pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, count_events, &down, NULL);
  gst_element_send_event (line.pipeline,
      gst_event_new_custom (
          GST_EVENT_CUSTOM_DOWNSTREAM_OOB, gst_structure_new_empty ("x")));
  g_assert_cmpint (g_atomic_int_get (&down), ==, 1);
  g_assert_cmpint (g_atomic_int_get (&up), ==, 0);
  gst_element_send_event (line.pipeline,
      gst_event_new_custom (
          GST_EVENT_CUSTOM_UPSTREAM, gst_structure_new_empty ("x")));
  g_assert_cmpint (g_atomic_int_get (&up), ==, 1);
  g_assert_cmpint (g_atomic_int_get (&down), ==, 1);
  gst_object_unref (pad);
  line_end (&line);
}

static const SuiteTest tests[] = {
  { "/sink-events/eos/pipeline", test_eos_to_pipeline },
  { "/sink-events/eos/element", test_eos_to_element },
  { "/sink-events/eos/bin", test_eos_in_bin },
  { "/sink-events/eos/connected", test_eos_while_connected },
  { "/sink-events/eos/again", test_waits_again },
  { "/sink-events/flush", test_flush },
  { "/sink-events/others", test_other_events },
};

int
main (int argc, char **argv)
{
  return suite_run (argc, argv, tests, G_N_ELEMENTS (tests));
}
