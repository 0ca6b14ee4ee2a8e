/* gst-ice: test of icesrc over a fake backend.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fakeagent.h"
#include "recorder.h"
#include "suite.h"
#include <gst/check/gstharness.h>
#include <gst/check/gsttestclock.h>
#include <string.h>

/* An icesrc in a harness, its own agent's transport, its bus. */
typedef struct
{
  GstHarness *harness;
  GstElement *src;
  FakeTransport *transport;
  GstIceAgent *agent;
  Recorder *recorder;
} Source;

/* Its agent is found by going to READY, before anything runs. */
static void
source_start (Source *self, GstState state)
{
  *self = (Source){ 0 };
  self->src = gst_object_ref_sink (gst_element_factory_make ("icesrc", NULL));
  gst_element_set_state (self->src, GST_STATE_READY);
  self->transport = fake_transport_of (self->src);
  g_object_get (self->src, "agent", &self->agent, NULL);
  self->harness = gst_harness_new_with_element (self->src, NULL, "src");
  self->recorder = recorder_new ();
  recorder_watch_bus (self->recorder, self->src);
  gst_harness_use_testclock (self->harness);
  if (state >= GST_STATE_PAUSED)
    gst_element_set_state (self->src, state);
  fake_settle ();
}

static void
source_end (Source *self)
{
  gst_element_set_state (self->src, GST_STATE_NULL);
  gst_harness_teardown (self->harness);
  recorder_free (self->recorder);
  gst_object_unref (self->transport);
  gst_object_unref (self->agent);
  gst_object_unref (self->src);
}

static gchar *
pull (Source *self)
{
  GstBuffer *buffer = gst_harness_pull (self->harness);
  gpointer data;
  gsize size;

  g_assert_nonnull (buffer);
  gst_buffer_extract_dup (
      buffer, 0, gst_buffer_get_size (buffer), &data, &size);
  gst_buffer_unref (buffer);
  data = g_realloc (data, size + 1);
  ((gchar *) data)[size] = '\0';
  return data;
}

#define assert_pull(source, expected)                                          \
  G_STMT_START                                                                 \
  {                                                                            \
    g_autofree gchar *text_ = pull (source);                                   \
    g_assert_cmpstr (text_, ==, expected);                                     \
  }                                                                            \
  G_STMT_END

static void
pull_event (Source *self, GstEventType type)
{
  gboolean found = FALSE;

  while (!found) {
    GstEvent *event = gst_harness_pull_event (self->harness);

    g_assert_nonnull (event);
    found = GST_EVENT_TYPE (event) == type;
    gst_event_unref (event);
  }
}

/* entry of get-stats, field of it */
static guint64
get_stat (GstElement *element, const gchar *entry, const gchar *field)
{
  GstStructure *stats = NULL;
  const GstStructure *inner;
  guint64 value = G_MAXUINT64;

  g_signal_emit_by_name (element, "get-stats", &stats);
  g_assert_nonnull (stats);
  inner = gst_value_get_structure (gst_structure_get_value (stats, entry));
  g_assert_true (gst_structure_get_uint64 (inner, field, &value));
  gst_structure_free (stats);
  return value;
}

static GstPadProbeReturn
count_lists (GstPad *pad, GstPadProbeInfo *info, gpointer count)
{
  g_atomic_int_inc ((gint *) count);
  return GST_PAD_PROBE_OK;
}

static void
test_datagrams (void)
{
  Source s;

  source_start (&s, GST_STATE_PLAYING);
  fake_receive (s.transport, "one");
  assert_pull (&s, "one");
  fake_receive (s.transport, "two");
  assert_pull (&s, "two");
  fake_receive (s.transport, ""); /* an empty datagram is one */
  assert_pull (&s, "");
  g_assert_cmpuint (
      get_stat (s.src, "transport-0-1", "packets-received"), ==, 3);
  g_assert_cmpuint (get_stat (s.src, "transport-0-1", "bytes-received"), ==, 6);
  source_end (&s);
}

/* What waits goes out at once, as a list. */
static void
test_list (void)
{
  gint lists = 0;
  guint i;
  GstPad *pad;
  Source s;

  source_start (&s, GST_STATE_PAUSED);
  pad = gst_element_get_static_pad (s.src, "src");
  gst_pad_add_probe (
      pad, GST_PAD_PROBE_TYPE_BUFFER_LIST, count_lists, &lists, NULL);
  for (i = 0; i < 100; i++) {
    g_autofree gchar *text = g_strdup_printf ("%u", i);

    fake_receive (s.transport, text);
  }
  gst_element_set_state (s.src, GST_STATE_PLAYING);
  for (i = 0; i < 100; i++) {
    g_autofree gchar *text = g_strdup_printf ("%u", i);

    assert_pull (&s, text);
  }
  g_assert_cmpint (g_atomic_int_get (&lists), ==, 2); /* 64 + 36 */
  g_assert_cmpuint (get_stat (s.src, "icesrc", "buffers-pushed"), ==, 100);
  g_assert_cmpuint (get_stat (s.src, "icesrc", "lists-pushed"), ==, 2);
  gst_object_unref (pad);
  source_end (&s);
}

static GstPadProbeReturn
expect_writable (GstPad *pad, GstPadProbeInfo *info, gpointer count)
{
  g_assert_true (gst_buffer_is_writable (GST_PAD_PROBE_INFO_BUFFER (info)));
  g_atomic_int_inc ((gint *) count);
  return GST_PAD_PROBE_OK;
}

static void
insert (Source *self, GstElement *filter)
{
  GstPad *src = gst_element_get_static_pad (self->src, "src");
  GstPad *end = gst_pad_get_peer (src);
  GstPad *in = gst_element_get_static_pad (filter, "sink");
  GstPad *out = gst_element_get_static_pad (filter, "src");

  gst_pad_unlink (src, end);
  g_assert_cmpint (gst_pad_link (src, in), ==, GST_PAD_LINK_OK);
  g_assert_cmpint (gst_pad_link (out, end), ==, GST_PAD_LINK_OK);
  gst_element_set_state (filter, GST_STATE_PLAYING);
  gst_object_unref (src);
  gst_object_unref (end);
  gst_object_unref (in);
  gst_object_unref (out);
}

/* What is no sink gets buffers one by one, which nobody else holds. */
static void
test_no_list (void)
{
  GstElement *filter = gst_object_ref_sink (
      gst_element_factory_make ("identity", NULL));
  gint buffers = 0;
  GstPad *pad;
  Source s;
  guint i;

  source_start (&s, GST_STATE_READY);
  insert (&s, filter);
  pad = gst_element_get_static_pad (filter, "sink");
  gst_pad_add_probe (
      pad, GST_PAD_PROBE_TYPE_BUFFER, expect_writable, &buffers, NULL);
  gst_element_set_state (s.src, GST_STATE_PAUSED);
  for (i = 0; i < 100; i++) {
    g_autofree gchar *text = g_strdup_printf ("%u", i);

    fake_receive (s.transport, text);
  }
  gst_element_set_state (s.src, GST_STATE_PLAYING);
  for (i = 0; i < 100; i++) {
    g_autofree gchar *text = g_strdup_printf ("%u", i);

    assert_pull (&s, text);
  }
  g_assert_cmpint (g_atomic_int_get (&buffers), ==, 100);
  g_assert_cmpuint (get_stat (s.src, "icesrc", "buffers-pushed"), ==, 100);
  g_assert_cmpuint (get_stat (s.src, "icesrc", "lists-pushed"), ==, 0);
  gst_object_unref (pad);
  source_end (&s);
  gst_element_set_state (filter, GST_STATE_NULL);
  gst_object_unref (filter);
}

/* The base class counts calls of create(), not datagrams of a batch. */
static void
test_num_buffers (void)
{
  Source s;
  guint i;

  source_start (&s, GST_STATE_READY);
  g_object_set (s.src, "num-buffers", 5, NULL);
  gst_element_set_state (s.src, GST_STATE_PAUSED);
  for (i = 0; i < 20; i++) {
    g_autofree gchar *text = g_strdup_printf ("%u", i);

    fake_receive (s.transport, text);
  }
  gst_element_set_state (s.src, GST_STATE_PLAYING);
  for (i = 0; i < 5; i++) {
    g_autofree gchar *text = g_strdup_printf ("%u", i);

    assert_pull (&s, text);
  }
  pull_event (&s, GST_EVENT_EOS);
  g_assert_cmpuint (gst_harness_buffers_received (s.harness), ==, 5);
  g_assert_cmpuint (get_stat (s.src, "icesrc", "buffers-pushed"), ==, 5);
  source_end (&s);
}

/* It keeps what arrives while downstream is busy: a maximum of 0 would make
 * sinks ask for queues. */
static void
test_latency (void)
{
  GstQuery *query = gst_query_new_latency ();
  GstClockTime min, max;
  gboolean live;
  Source s;

  source_start (&s, GST_STATE_READY);
  g_assert_true (gst_element_query (s.src, query));
  gst_query_parse_latency (query, &live, &min, &max);
  g_assert_true (live);
  g_assert_cmpuint (min, ==, 0);
  g_assert_cmpuint (max, ==, GST_CLOCK_TIME_NONE);
  gst_query_unref (query);
  source_end (&s);
}

static GstPadProbeReturn
note_list (GstPad *pad, GstPadProbeInfo *info, gpointer lengths)
{
  g_string_append_printf (lengths, "%u ",
      gst_buffer_list_length (GST_PAD_PROBE_INFO_BUFFER_LIST (info)));
  return GST_PAD_PROBE_OK;
}

static GstElement *
add (GstElement *bin, const gchar *factory)
{
  GstElement *element = gst_element_factory_make (factory, NULL);

  if (GST_OBJECT_FLAG_IS_SET (element, GST_ELEMENT_FLAG_SINK))
    g_object_set (element, "async", FALSE, "sync", FALSE, NULL);
  gst_bin_add (GST_BIN (bin), element);
  return element;
}

/* What comes behind an icesrc in a bin, when 40 datagrams wait: "40 ", or
 * "" where no list comes. */
static gchar *
get_lists (GstElement *bin, GstElement *first)
{
  GstElement *src = gst_element_factory_make ("icesrc", NULL);
  GstPad *pad = gst_element_get_static_pad (src, "src");
  GString *lengths = g_string_new (NULL);
  FakeTransport *transport;
  guint i;

  gst_object_ref_sink (bin);
  gst_bin_add (GST_BIN (bin), src);
  gst_pad_add_probe (
      pad, GST_PAD_PROBE_TYPE_BUFFER_LIST, note_list, lengths, NULL);
  g_assert_true (gst_element_link (src, first));
  gst_element_set_state (bin, GST_STATE_PAUSED);
  transport = fake_transport_of (src);
  for (i = 0; i < 40; i++)
    fake_receive (transport, "datagram");
  gst_element_set_state (bin, GST_STATE_PLAYING);
  suite_wait_until (get_stat (src, "icesrc", "buffers-pushed") == 40);
  g_assert_true (gst_element_send_event (bin, gst_event_new_eos ()));
  gst_element_set_state (bin, GST_STATE_NULL);
  gst_object_unref (transport);
  gst_object_unref (pad);
  gst_object_unref (bin);
  return g_string_free (lengths, FALSE);
}

/* A forwarder: all that comes at once reaches each sink as one list. */
static void
test_list_of_tee (void)
{
  GstElement *bin = gst_pipeline_new (NULL), *tee = add (bin, "tee");
  GstElement *queue = add (bin, "queue"), *other = add (bin, "tee");
  g_autofree gchar *lists = NULL;

  gst_object_unref (gst_element_request_pad_simple (tee, "src_%u"));
  g_assert_true (gst_element_link (tee, add (bin, "fakesink")));
  g_assert_true (gst_element_link_many (
      tee, add (bin, "clocksync"), add (bin, "funnel"), queue, other, NULL));
  g_assert_true (gst_element_link (other, add (bin, "fakesink")));
  g_assert_true (gst_element_link (other, add (bin, "fakesink")));
  lists = get_lists (bin, tee);
  g_assert_cmpstr (lists, ==, "40 ");
}

/* One branch that needs buffers of its own is enough. */
static void
test_no_list_of_tee (void)
{
  GstElement *bin = gst_pipeline_new (NULL), *tee = add (bin, "tee");
  GstElement *queue = add (bin, "queue"), *filter = add (bin, "identity");
  g_autofree gchar *lists = NULL;

  g_assert_true (gst_element_link (tee, add (bin, "fakesink")));
  g_assert_true (
      gst_element_link_many (tee, queue, filter, add (bin, "fakesink"), NULL));
  lists = get_lists (bin, tee);
  g_assert_cmpstr (lists, ==, "");
}

static void
add_ghost (GstElement *bin, GstElement *element, const gchar *name)
{
  GstPad *pad = gst_element_get_static_pad (element, name);

  g_assert_true (gst_element_add_pad (bin, gst_ghost_pad_new (name, pad)));
  gst_object_unref (pad);
}

/* A bin is what is in it, and what follows it. */
static void
test_list_of_bins (void)
{
  static const struct
  {
    const gchar *follows, *lists;
  } cases[] = { { "queue", "40 " }, { "identity", "" } };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    GstElement *pipeline = gst_pipeline_new (NULL);
    GstElement *inner = add (pipeline, "bin"), *queue = add (inner, "queue");
    GstElement *filter = add (pipeline, cases[i].follows);
    g_autofree gchar *lists = NULL;

    add_ghost (inner, queue, "sink");
    add_ghost (inner, queue, "src");
    g_assert_true (gst_element_link_many (
        inner, filter, add (pipeline, "fakesink"), NULL));
    lists = get_lists (pipeline, inner);
    g_assert_cmpstr (lists, ==, cases[i].lists);
  }
}

/* 8 MiB with 256 bytes on top of each. */
static void
test_bounded (void)
{
  g_autofree gchar *text = g_strnfill (8192, 'x');
  Source s;
  guint i;

  source_start (&s, GST_STATE_PAUSED);
  for (i = 0; i < 1100; i++)
    fake_receive (s.transport, text);
  g_assert_cmpuint (
      get_stat (s.src, "transport-0-1", "packets-received"), ==, 1100);
  g_assert_cmpuint (
      get_stat (s.src, "transport-0-1", "packets-discarded-on-receive"), ==,
      108);
  gst_element_set_state (s.src, GST_STATE_PLAYING);
  for (i = 0; i < 992; i++)
    assert_pull (&s, text);
  fake_receive (s.transport, "room again");
  assert_pull (&s, "room again");
  source_end (&s);
}

/* A buffer is stamped with its arrival: the running time less what went by
 * since, which is not much. */
static void
test_timestamps (void)
{
  GstClockTime last = 0;
  Source s;
  guint i;

  source_start (&s, GST_STATE_PAUSED);
  gst_harness_set_time (s.harness, 100 * GST_SECOND);
  fake_receive (s.transport, "one");
  fake_receive (s.transport, "two");
  fake_receive (s.transport, "three");
  gst_element_set_state (s.src, GST_STATE_PLAYING);
  for (i = 0; i < 3; i++) {
    GstBuffer *buffer = gst_harness_pull (s.harness);

    g_assert_cmpuint (GST_BUFFER_PTS (buffer), <=, 100 * GST_SECOND);
    g_assert_cmpuint (GST_BUFFER_PTS (buffer), >=, 90 * GST_SECOND);
    g_assert_cmpuint (GST_BUFFER_PTS (buffer), >=, last);
    g_assert_cmpuint (GST_BUFFER_DTS (buffer), ==, GST_BUFFER_PTS (buffer));
    last = GST_BUFFER_PTS (buffer);
    gst_buffer_unref (buffer);
  }
  source_end (&s);
}

static GstClockTime
pull_time (Source *self)
{
  GstBuffer *buffer = gst_harness_pull (self->harness);
  GstClockTime time = GST_BUFFER_PTS (buffer);

  gst_buffer_unref (buffer);
  return time;
}

/* Clocks are not read all at once, and one may stand still. */
static void
test_timestamps_do_not_go_back (void)
{
  GstClockTime one, two;
  Source s;

  source_start (&s, GST_STATE_PAUSED);
  gst_harness_set_time (s.harness, 100 * GST_SECOND);
  gst_element_set_state (s.src, GST_STATE_PLAYING);
  fake_receive (s.transport, "one");
  one = pull_time (&s);
  gst_element_set_state (s.src, GST_STATE_PAUSED);
  fake_receive (s.transport, "two"); /* may be read, and waits */
  fake_receive (s.transport, "three");
  g_usleep (50000); /* older than time when it is read */
  gst_element_set_state (s.src, GST_STATE_PLAYING);
  two = pull_time (&s);
  g_assert_cmpuint (two, >=, one);
  g_assert_cmpuint (pull_time (&s), >=, two);
  gst_harness_set_time (s.harness, 110 * GST_SECOND);
  fake_receive (s.transport, "four");
  g_assert_cmpuint (pull_time (&s), >, 109 * GST_SECOND);

  /* time itself may begin anew */
  gst_element_set_state (s.src, GST_STATE_READY);
  gst_element_set_state (s.src, GST_STATE_PAUSED);
  gst_element_set_base_time (s.src, 109 * GST_SECOND);
  gst_element_set_state (s.src, GST_STATE_PLAYING);
  fake_receive (s.transport, "five");
  g_assert_cmpuint (pull_time (&s), <=, GST_SECOND);
  source_end (&s);
}

/* Before the clock began there is no time below zero. */
static void
test_timestamps_at_start (void)
{
  GstBuffer *buffer;
  Source s;

  source_start (&s, GST_STATE_PAUSED);
  fake_receive (s.transport, "one");
  gst_element_set_state (s.src, GST_STATE_PLAYING);
  buffer = gst_harness_pull (s.harness);
  g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, 0);
  gst_buffer_unref (buffer);
  source_end (&s);
}

/* GstBaseSrc gives a live stream's first buffer the segment's start; the rest
 * has none. */
static void
test_no_timestamps (void)
{
  guint i;
  Source s;

  source_start (&s, GST_STATE_READY);
  g_object_set (s.src, "do-timestamp", FALSE, NULL);
  gst_element_set_state (s.src, GST_STATE_PAUSED);
  fake_receive (s.transport, "one");
  fake_receive (s.transport, "two");
  gst_harness_set_time (s.harness, 100 * GST_SECOND);
  gst_element_set_state (s.src, GST_STATE_PLAYING);
  for (i = 0; i < 3; i++) {
    GstBuffer *buffer;

    if (i == 2)
      fake_receive (s.transport, "alone");
    buffer = gst_harness_pull (s.harness);
    g_assert_cmpuint (
        GST_BUFFER_PTS (buffer), ==, i == 0 ? 0 : GST_CLOCK_TIME_NONE);
    g_assert_cmpuint (
        GST_BUFFER_DTS (buffer), ==, i == 0 ? 0 : GST_CLOCK_TIME_NONE);
    gst_buffer_unref (buffer);
  }
  source_end (&s);
}

/* The payload that the caps have when a buffer is pushed. */
static GstPadProbeReturn
note_payload (GstPad *pad, GstPadProbeInfo *info, gpointer payloads)
{
  GstCaps *caps = gst_pad_get_current_caps (pad);
  gint payload = 0;

  gst_structure_get_int (gst_caps_get_structure (caps, 0), "payload", &payload);
  g_string_append_printf (payloads, "%d ", payload);
  gst_caps_unref (caps);
  return GST_PAD_PROBE_OK;
}

static void
test_caps (void)
{
  g_autoptr (GString) payloads = g_string_new (NULL);
  GstCaps *caps = gst_caps_new_simple (
      "application/x-rtp", "payload", G_TYPE_INT, 96, NULL);
  GstPad *pad;
  Source s;

  source_start (&s, GST_STATE_READY);
  pad = gst_element_get_static_pad (s.src, "src");
  gst_pad_add_probe (
      pad, GST_PAD_PROBE_TYPE_BUFFER, note_payload, payloads, NULL);
  g_object_set (s.src, "caps", caps, "timeout", (guint64) GST_MSECOND, NULL);
  gst_element_set_state (s.src, GST_STATE_PLAYING);
  fake_receive (s.transport, "one");
  assert_pull (&s, "one");
  g_free (recorder_take (s.recorder));
  recorder_wait (s.recorder, "bus GstIceSrcTimeout\n"); /* so it waits */
  gst_caps_set_simple (caps, "payload", G_TYPE_INT, 97, NULL);
  g_object_set (s.src, "caps", caps, NULL);
  /* unlike udpsrc's, the wait that is under way ends with the new ones */
  fake_receive (s.transport, "two");
  assert_pull (&s, "two");
  gst_element_set_state (s.src, GST_STATE_NULL);
  g_assert_cmpstr (payloads->str, ==, "96 97 ");
  gst_object_unref (pad);
  gst_caps_unref (caps);
  source_end (&s);
}

static GstBusSyncReply
take_timeout (GstBus *bus, GstMessage *message, gpointer timeout)
{
  const GstStructure *s = gst_message_get_structure (message);

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ELEMENT
      && gst_structure_has_name (s, "GstIceSrcTimeout"))
    gst_structure_get_uint64 (s, "timeout", timeout);
  return GST_BUS_PASS;
}

static void
test_timeout (void)
{
  GstMessage *message;
  guint64 timeout = 0;
  GstBus *bus;
  Source s;

  source_start (&s, GST_STATE_READY);
  g_object_set (s.src, "timeout", (guint64) (10 * GST_MSECOND), NULL);
  gst_element_set_state (s.src, GST_STATE_PLAYING);
  recorder_wait (s.recorder, "bus GstIceSrcTimeout\n");
  fake_receive (s.transport, "still alive");
  assert_pull (&s, "still alive");

  recorder_free (s.recorder);
  s.recorder = recorder_new ();
  bus = gst_element_get_bus (s.src);
  gst_bus_set_sync_handler (bus, take_timeout, &timeout, NULL);
  message = gst_bus_timed_pop_filtered (
      bus, 10 * GST_SECOND, GST_MESSAGE_ELEMENT);
  g_assert_nonnull (message);
  g_assert_cmpuint (timeout, ==, 10 * GST_MSECOND);
  gst_message_unref (message);
  gst_element_set_state (s.src, GST_STATE_NULL);
  gst_bus_set_flushing (bus, TRUE);
  gst_bus_set_sync_handler (bus, NULL, NULL, NULL);
  gst_object_unref (bus);
  source_end (&s);
}

/* Changed while a wait without one is under way. */
static void
test_timeout_while_waiting (void)
{
  Source s;

  source_start (&s, GST_STATE_PLAYING);
  fake_receive (s.transport, "one");
  assert_pull (&s, "one");
  g_object_set (s.src, "timeout", (guint64) GST_MSECOND, NULL);
  fake_receive (s.transport, "two"); /* it is read after each datagram */
  assert_pull (&s, "two");
  recorder_wait (s.recorder, "bus GstIceSrcTimeout\n");
  source_end (&s);
}

static GstBusSyncReply
count_timeouts (GstBus *bus, GstMessage *message, gpointer count)
{
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ELEMENT
      && gst_message_has_name (message, "GstIceSrcTimeout"))
    g_atomic_int_inc ((gint *) count);
  gst_message_unref (message);
  return GST_BUS_DROP;
}

/* A pause that is longer than the timeout is not reported, but for one timeout
 * that was over before it; then the wait begins anew. */
static void
test_timeout_in_pause (void)
{
  gint count = 0;
  GstBus *bus;
  Source s;

  source_start (&s, GST_STATE_READY);
  g_object_set (s.src, "timeout", (guint64) (5 * GST_MSECOND), NULL);
  gst_element_set_state (s.src, GST_STATE_PLAYING);
  recorder_wait (s.recorder, "bus GstIceSrcTimeout\n");
  recorder_free (s.recorder);
  s.recorder = recorder_new ();

  gst_element_set_state (s.src, GST_STATE_PAUSED);
  bus = gst_element_get_bus (s.src);
  gst_bus_set_sync_handler (bus, count_timeouts, &count, NULL);
  g_usleep (50000);
  g_assert_cmpint (g_atomic_int_get (&count), <=, 1);
  gst_bus_set_sync_handler (bus, NULL, NULL, NULL);
  recorder_watch_bus (s.recorder, s.src);
  gst_element_set_state (s.src, GST_STATE_PLAYING);
  recorder_wait (s.recorder, "bus GstIceSrcTimeout\n");
  gst_bus_set_flushing (bus, TRUE); /* what it keeps keeps the element */
  gst_object_unref (bus);
  source_end (&s);
}

static void
test_eos (void)
{
  Source s;

  source_start (&s, GST_STATE_PAUSED);
  fake_receive (s.transport, "one");
  fake_receive (s.transport, "two");
  gst_ice_datapath_end_of_stream (
      gst_ice_transport_get_datapath (GST_ICE_TRANSPORT (s.transport)));
  fake_receive (s.transport, "too late");
  gst_element_set_state (s.src, GST_STATE_PLAYING);
  assert_pull (&s, "one");
  assert_pull (&s, "two");
  pull_event (&s, GST_EVENT_EOS);
  g_assert_null (gst_harness_try_pull (s.harness));
  source_end (&s);
}

static void
test_flush (void)
{
  Source s;

  source_start (&s, GST_STATE_PLAYING);
  fake_receive (s.transport, "one");
  assert_pull (&s, "one");
  g_assert_true (gst_element_send_event (s.src, gst_event_new_flush_start ()));
  pull_event (&s, GST_EVENT_FLUSH_START);
  fake_receive (s.transport, "two");
  g_assert_true (
      gst_element_send_event (s.src, gst_event_new_flush_stop (TRUE)));
  pull_event (&s, GST_EVENT_FLUSH_STOP);
  assert_pull (&s, "two");
  source_end (&s);
}

static void
test_pause (void)
{
  Source s;
  guint i;

  source_start (&s, GST_STATE_PLAYING);
  for (i = 0; i < 20; i++) {
    gst_element_set_state (s.src, GST_STATE_PAUSED);
    fake_receive (s.transport, "in pause");
    gst_element_set_state (s.src, GST_STATE_PLAYING);
    assert_pull (&s, "in pause");
    fake_receive (s.transport, "playing");
    assert_pull (&s, "playing");
  }
  source_end (&s);
}

/* However soon PLAYING follows: from 1.24 on the base class itself does not
 * promise it. */
static void
test_resume_at_once (void)
{
  Source s;
  guint i;

  source_start (&s, GST_STATE_PLAYING);
  for (i = 0; i < 200; i++) {
    gst_element_set_state (s.src, GST_STATE_PAUSED);
    gst_element_set_state (s.src, GST_STATE_PLAYING);
    fake_receive (s.transport, "playing");
    assert_pull (&s, "playing");
  }
  source_end (&s);
}

/* NULL ends a wait at once; again and again. */
static void
test_stop_waiting (void)
{
  guint i;

  for (i = 0; i < 20; i++) {
    SuiteWatch *watch;
    Source s;

    source_start (&s, GST_STATE_PLAYING);
    watch = suite_watch_new ("NULL");
    source_end (&s);
    suite_watch_free (watch);
  }
}

/* PAUSED -> READY and back: the wait that was flushed is open again. */
static void
test_ready_and_back (void)
{
  Source s;
  guint i;

  source_start (&s, GST_STATE_PLAYING);
  for (i = 0; i < 5; i++) {
    gst_element_set_state (s.src, GST_STATE_READY);
    gst_element_set_state (s.src, GST_STATE_PLAYING);
    fake_receive (s.transport, "again");
    assert_pull (&s, "again");
  }
  source_end (&s);
}

static void
test_close (void)
{
  Source s;

  source_start (&s, GST_STATE_PAUSED);
  fake_receive (s.transport, "one");
  g_signal_emit_by_name (s.src, "close");
  gst_element_set_state (s.src, GST_STATE_PLAYING);
  assert_pull (&s, "one");
  pull_event (&s, GST_EVENT_EOS);
  source_end (&s);
}

/* A source that nobody made yet gets nothing of what came before it; one that
 * left does not leave its datagrams behind. */
static void
test_takes_over (void)
{
  GstElement *sink = gst_object_ref_sink (
      gst_element_factory_make ("icesink", NULL));
  FakeTransport *transport;
  GstHarness *harness;
  GstElement *src;
  guint i;

  g_object_set (sink, "connection-id", "take-over", NULL);
  gst_element_set_state (sink, GST_STATE_READY);
  transport = fake_transport_of (sink);
  fake_receive (transport, "nobody reads this");
  for (i = 0; i < 3; i++) {
    GstBuffer *buffer;

    src = gst_object_ref_sink (gst_element_factory_make ("icesrc", NULL));
    g_object_set (src, "connection-id", "take-over", NULL);
    harness = gst_harness_new_with_element (src, NULL, "src");
    gst_element_set_state (src, GST_STATE_PLAYING);
    fake_receive (transport, "hello");
    buffer = gst_harness_pull (harness);
    g_assert_cmpint (gst_buffer_memcmp (buffer, 0, "hello", 5), ==, 0);
    gst_buffer_unref (buffer);
    gst_element_set_state (src, GST_STATE_PAUSED);
    fake_receive (transport, "left behind");
    gst_element_set_state (src, GST_STATE_NULL);
    gst_harness_teardown (harness);
    gst_object_unref (src);
  }
  g_assert_cmpuint (
      get_stat (sink, "transport-0-1", "packets-discarded-on-receive"), ==, 1);
  gst_element_set_state (sink, GST_STATE_NULL);
  gst_object_unref (transport);
  gst_object_unref (sink);
}

static const SuiteTest tests[] = {
  { "/icesrc/datagrams", test_datagrams },
  { "/icesrc/list", test_list },
  { "/icesrc/list/tee", test_list_of_tee },
  { "/icesrc/list/bins", test_list_of_bins },
  { "/icesrc/no-list", test_no_list },
  { "/icesrc/num-buffers", test_num_buffers },
  { "/icesrc/latency", test_latency },
  { "/icesrc/no-list/tee", test_no_list_of_tee },
  { "/icesrc/bounded", test_bounded },
  { "/icesrc/timestamps", test_timestamps },
  { "/icesrc/timestamps/start", test_timestamps_at_start },
  { "/icesrc/timestamps/do-not-go-back", test_timestamps_do_not_go_back },
  { "/icesrc/timestamps/off", test_no_timestamps },
  { "/icesrc/caps", test_caps },
  { "/icesrc/timeout", test_timeout },
  { "/icesrc/timeout/while-waiting", test_timeout_while_waiting },
  { "/icesrc/timeout/in-pause", test_timeout_in_pause },
  { "/icesrc/eos", test_eos },
  { "/icesrc/flush", test_flush },
  { "/icesrc/pause", test_pause },
  { "/icesrc/resume-at-once", test_resume_at_once },
  { "/icesrc/stop-waiting", test_stop_waiting },
  { "/icesrc/ready-and-back", test_ready_and_back },
  { "/icesrc/close", test_close },
  { "/icesrc/takes-over", test_takes_over },
};

int
main (int argc, char **argv)
{
  return suite_run (argc, argv, tests, G_N_ELEMENTS (tests));
}
