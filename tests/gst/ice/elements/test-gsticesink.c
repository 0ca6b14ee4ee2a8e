/* gst-ice: test of icesink over a fake backend.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fakeagent.h"
#include "recorder.h"
#include "suite.h"
#include <gst/check/gstharness.h>
#include <string.h>

/* An icesink in a harness that plays, its transport, its bus. */
typedef struct
{
  GstHarness *harness;
  GstElement *sink;
  FakeTransport *transport;
  Recorder *recorder;
} Sink;

static void
sink_start (Sink *self)
{
  self->sink = gst_object_ref_sink (gst_element_factory_make ("icesink", NULL));
  g_object_set (self->sink, "sync", FALSE, NULL);
  self->recorder = recorder_new ();
  recorder_watch_bus (self->recorder, self->sink);
  self->harness = gst_harness_new_with_element (self->sink, "sink", NULL);
  gst_harness_set_src_caps_str (self->harness, "application/x-test");
  self->transport = fake_transport_of (self->sink);
  fake_settle ();
}

static void
sink_start_connected (Sink *self)
{
  sink_start (self);
  fake_connect (self->transport);
}

static void
sink_end (Sink *self)
{
  gst_element_set_state (self->sink, GST_STATE_NULL);
  gst_harness_teardown (self->harness);
  recorder_free (self->recorder);
  gst_object_unref (self->transport);
  gst_object_unref (self->sink);
}

static GstBuffer *
make_buffer (const gchar *text)
{
  return gst_buffer_new_memdup (text, strlen (text));
}

static void
push (Sink *self, const gchar *text)
{
  g_assert_cmpint (
      gst_harness_push (self->harness, make_buffer (text)), ==, GST_FLOW_OK);
}

/* Pushing from another thread, for it may wait. */
typedef struct
{
  Sink *sink;
  const gchar *text;
  GstFlowReturn flow;
  GThread *thread;
} Pusher;

static gpointer
run_pusher (gpointer data)
{
  Pusher *self = data;

  self->flow = gst_harness_push (self->sink->harness, make_buffer (self->text));
  return NULL;
}

static void
pusher_start (Pusher *self, Sink *sink, const gchar *text)
{
  *self = (Pusher){ .sink = sink, .text = text };
  self->thread = g_thread_new ("push", run_pusher, self);
}

static GstFlowReturn
pusher_end (Pusher *self)
{
  g_thread_join (self->thread);
  return self->flow;
}

#define assert_sent(sink, expected)                                            \
  G_STMT_START                                                                 \
  {                                                                            \
    g_autofree gchar *sent_ = fake_take_sent ((sink)->transport);              \
    g_assert_cmpstr (sent_, ==, expected);                                     \
  }                                                                            \
  G_STMT_END

static guint64
get_stat (Sink *self, const gchar *entry, const gchar *field)
{
  GstStructure *stats = NULL;
  const GstStructure *inner;
  guint64 value = G_MAXUINT64;

  g_signal_emit_by_name (self->sink, "get-stats", &stats);
  inner = gst_value_get_structure (gst_structure_get_value (stats, entry));
  g_assert_true (gst_structure_get_uint64 (inner, field, &value));
  gst_structure_free (stats);
  return value;
}

static guint
count_key_units (Sink *self)
{
  GstEvent *event;
  guint count = 0;

  while ((event = gst_harness_try_pull_upstream_event (self->harness))) {
    if (gst_event_has_name (event, "GstForceKeyUnit"))
      count++;
    gst_event_unref (event);
  }
  return count;
}

/* Sending. */

static void
test_datagrams (void)
{
  Sink s;

  sink_start_connected (&s);
  push (&s, "one");
  push (&s, "two");
  assert_sent (&s, "one|two|");
  g_assert_cmpuint (get_stat (&s, "transport-0-1", "packets-sent"), ==, 2);
  g_assert_cmpuint (get_stat (&s, "transport-0-1", "bytes-sent"), ==, 6);
  g_assert_cmpuint (get_stat (&s, "icesink", "buffers-rendered"), ==, 2);
  sink_end (&s);
}

static void
test_list (void)
{
  GstBufferList *list = gst_buffer_list_new ();
  GstPad *pad;
  Sink s;

  sink_start_connected (&s);
  gst_buffer_list_add (list, make_buffer ("one"));
  gst_buffer_list_add (list, gst_buffer_new ());
  gst_buffer_list_add (list, make_buffer ("three"));
  pad = s.harness->srcpad;
  push (&s, "first");
  g_assert_cmpint (gst_pad_push_list (pad, list), ==, GST_FLOW_OK);
  assert_sent (&s, "first|one||three|");
  g_assert_cmpuint (fake_get_calls (s.transport), ==, 2);
  g_assert_cmpuint (get_stat (&s, "icesink", "buffers-rendered"), ==, 4);
  g_assert_cmpuint (get_stat (&s, "icesink", "lists-rendered"), ==, 1);
  sink_end (&s);
}

static void
count_line (GstDebugCategory *category, GstDebugLevel level, const gchar *file,
    const gchar *function, gint line, GObject *object, GstDebugMessage *message,
    gpointer n_lines)
{
  if (g_str_has_prefix (gst_debug_message_get (message), "a datagram of "))
    (*(guint *) n_lines)++;
}

/* The log has each datagram, whether it comes alone or in a list. */
static void
test_log (void)
{
  GstBufferList *list = gst_buffer_list_new ();
  guint n_lines = 0;
  Sink s;

  sink_start_connected (&s);
  gst_buffer_list_add (list, make_buffer ("two"));
  gst_buffer_list_add (list, make_buffer ("three"));
  gst_debug_add_log_function (count_line, &n_lines, NULL);
  gst_debug_set_threshold_for_name ("icesink", GST_LEVEL_LOG);
  push (&s, "one");
  g_assert_cmpuint (n_lines, ==, 1);
  g_assert_cmpint (
      gst_pad_push_list (s.harness->srcpad, list), ==, GST_FLOW_OK);
  g_assert_cmpuint (n_lines, ==, 3);
  gst_debug_unset_threshold_for_name ("icesink");
  gst_debug_remove_log_function_by_data (&n_lines);
  sink_end (&s);
}

/* A datagram in many pieces arrives whole. */
static void
test_memories (void)
{
  GstBuffer *buffer = gst_buffer_new ();
  guint i;
  Sink s;

  sink_start_connected (&s);
  for (i = 0; i < 10; i++) {
    gchar *text = g_strdup_printf ("%u,", i);

    gst_buffer_append_memory (buffer,
        gst_memory_new_wrapped (
            0, text, strlen (text), 0, strlen (text), text, g_free));
  }
  g_assert_cmpint (gst_harness_push (s.harness, buffer), ==, GST_FLOW_OK);
  assert_sent (&s, "0,1,2,3,4,5,6,7,8,9,|");
  sink_end (&s);
}

static void
test_empty (void)
{
  Sink s;

  sink_start_connected (&s);
  g_assert_cmpint (
      gst_harness_push (s.harness, gst_buffer_new ()), ==, GST_FLOW_OK);
  assert_sent (&s, "|");
  g_assert_cmpuint (get_stat (&s, "transport-0-1", "packets-sent"), ==, 1);
  g_assert_cmpuint (get_stat (&s, "transport-0-1", "bytes-sent"), ==, 0);
  sink_end (&s);
}

static void
test_would_block (void)
{
  Sink s;

  sink_start_connected (&s);
  fake_block_sends (s.transport, 5);
  push (&s, "one");
  assert_sent (&s, "one|");
  g_assert_cmpuint (fake_get_calls (s.transport), ==, 6);
  g_assert_cmpuint (
      get_stat (&s, "transport-0-1", "packets-discarded-on-send"), ==, 0);
  sink_end (&s);
}

/* A socket that stays full does not keep anybody from stopping. */
static void
test_would_block_for_ever (void)
{
  SuiteWatch *watch;
  Pusher pusher;
  Sink s;

  sink_start_connected (&s);
  fake_block_sends (s.transport, G_MAXUINT);
  pusher_start (&pusher, &s, "one");
  fake_wait_sends (s.transport, 3);
  watch = suite_watch_new ("NULL");
  gst_element_set_state (s.sink, GST_STATE_NULL);
  suite_watch_free (watch);
  g_assert_cmpint (pusher_end (&pusher), ==, GST_FLOW_FLUSHING);
  sink_end (&s);
}

/* The bus's messages of that kind, a line each. */
static void
assert_posted (Sink *self, const gchar *kind, const gchar *expected)
{
  g_autofree gchar *reports = recorder_take (self->recorder);
  g_auto (GStrv) lines = g_strsplit (reports, "\n", -1);
  g_autoptr (GString) posted = g_string_new (NULL);
  guint i;

  for (i = 0; lines[i] != NULL; i++)
    if (g_str_has_prefix (lines[i], kind))
      g_string_append_printf (posted, "%s\n", lines[i] + strlen (kind));
  g_assert_cmpstr (posted->str, ==, expected);
}

static void
assert_warnings (Sink *self, const gchar *expected)
{
  assert_posted (self, "bus WARNING ", expected);
}

/* Memory that someone writes to cannot be read at the same time. */
static void
test_unmappable (void)
{
  GstBufferList *list = gst_buffer_list_new ();
  GstBuffer *buffer = make_buffer ("held");
  GstMemory *memory = gst_buffer_get_memory (buffer, 0);
  GstMapInfo map;
  Sink s;

  sink_start_connected (&s);
  g_assert_true (gst_memory_map (memory, &map, GST_MAP_WRITE));
  g_assert_cmpint (gst_harness_push (s.harness, gst_buffer_ref (buffer)), ==,
      GST_FLOW_ERROR);
  assert_posted (&s, "bus ERROR ",
      "a buffer cannot be sent: its memory (SystemMemory) cannot be mapped for "
      "reading; copy or download it to system memory before icesink\n");
  gst_buffer_list_add (list, make_buffer ("one"));
  gst_buffer_list_add (list, buffer);
  g_assert_cmpint (
      gst_pad_push_list (s.harness->srcpad, list), ==, GST_FLOW_ERROR);
  assert_posted (&s, "bus ERROR ",
      "a buffer cannot be sent: its memory (SystemMemory) cannot be mapped for "
      "reading; copy or download it to system memory before icesink\n");
  assert_sent (&s, "");
  gst_memory_unmap (memory, &map);
  gst_memory_unref (memory);
  sink_end (&s);
}

/* Those of the base class that are not as in most sinks. */
static void
test_defaults (void)
{
  gboolean async, last_sample;
  guint64 deadline;
  Sink s;

  sink_start (&s);
  g_object_get (s.sink, "async", &async, "enable-last-sample", &last_sample,
      "processing-deadline", &deadline, NULL);
  g_assert_false (async);
  g_assert_false (last_sample);
  g_assert_cmpuint (deadline, ==, 0);
  sink_end (&s);
}

static void
test_refused_datagram (void)
{
  GstBufferList *list = gst_buffer_list_new ();
  Sink s;

  sink_start_connected (&s);
  fake_refuse_datagram (s.transport, 1);
  gst_buffer_list_add (list, make_buffer ("one"));
  gst_buffer_list_add (list, make_buffer ("too large"));
  gst_buffer_list_add (list, make_buffer ("three"));
  gst_buffer_list_add (list, make_buffer ("four"));
  gst_harness_push_event (s.harness,
      gst_event_new_custom (
          GST_EVENT_CUSTOM_DOWNSTREAM, gst_structure_new_empty ("x")));
  g_assert_cmpint (
      gst_pad_push_list (s.harness->srcpad, list), ==, GST_FLOW_OK);
  assert_sent (&s, "one|three|four|");
  g_assert_cmpuint (get_stat (&s, "transport-0-1", "packets-sent"), ==, 3);
  g_assert_cmpuint (
      get_stat (&s, "transport-0-1", "packets-discarded-on-send"), ==, 1);
  g_assert_cmpuint (
      get_stat (&s, "transport-0-1", "bytes-discarded-on-send"), ==, 9);
  assert_warnings (&s, "a datagram of 9 bytes was not sent: too large\n");
  sink_end (&s);
}

/* What is too large for UDP is not sent, with one warning. */
static void
test_too_large (void)
{
  GstBufferList *list = gst_buffer_list_new ();
  guint i;
  Sink s;

  sink_start_connected (&s);
  push (&s, "one");
  for (i = 65507; i < 65510; i++)
    gst_buffer_list_add (list, gst_buffer_new_allocate (NULL, i, NULL));
  gst_buffer_list_add (list, make_buffer ("two"));
  g_assert_cmpint (
      gst_pad_push_list (s.harness->srcpad, list), ==, GST_FLOW_OK);
  g_assert_cmpint (
      gst_harness_push (s.harness, gst_buffer_new_allocate (NULL, 70000, NULL)),
      ==, GST_FLOW_OK);
  push (&s, "three");
  g_assert_cmpuint (get_stat (&s, "transport-0-1", "packets-sent"), ==, 4);
  g_assert_cmpuint (
      get_stat (&s, "transport-0-1", "bytes-sent"), ==, 65507 + 11);
  g_assert_cmpuint (
      get_stat (&s, "transport-0-1", "packets-discarded-on-send"), ==, 3);
  assert_warnings (&s,
      "a datagram of 65508 bytes was not sent: UDP has room for 65507; send "
      "smaller buffers\n");
  sink_end (&s);
}

/* A path that takes nothing now is no fault of the datagrams'. */
static void
test_broken_path (void)
{
  Sink s;

  sink_start_connected (&s);
  fake_fail_sends (s.transport, TRUE);
  push (&s, "one");
  g_assert_cmpuint (
      get_stat (&s, "transport-0-1", "packets-discarded-on-send"), ==, 1);
  assert_warnings (&s, "");
  sink_end (&s);
}

/* Waiting for a connection. */

static void
test_waits (void)
{
  Pusher pusher;
  Sink s;

  sink_start (&s);
  pusher_start (&pusher, &s, "one");
  fake_event (s.transport, ICE_EVENT_CHECKING);
  assert_sent (&s, "");
  fake_select (s.transport, FAKE_LOCAL, FAKE_REMOTE);
  g_assert_cmpint (pusher_end (&pusher), ==, GST_FLOW_OK);
  assert_sent (&s, "one|");
  sink_end (&s);
}

static void
test_does_not_wait (void)
{
  Sink s;

  sink_start (&s);
  g_object_set (s.sink, "wait-for-connection", FALSE, NULL);
  push (&s, "one");
  push (&s, "two");
  assert_sent (&s, "");
  g_assert_cmpuint (
      get_stat (&s, "transport-0-1", "packets-discarded-on-send"), ==, 2);
  g_assert_cmpuint (
      get_stat (&s, "transport-0-1", "bytes-discarded-on-send"), ==, 6);
  fake_connect (s.transport);
  push (&s, "three");
  assert_sent (&s, "three|");
  sink_end (&s);
}

/* PLAYING -> PAUSED -> PLAYING loses nothing. */
static void
test_pause_while_waiting (void)
{
  Pusher pusher;
  Sink s;
  guint i;

  sink_start (&s);
  pusher_start (&pusher, &s, "one");
  for (i = 0; i < 20; i++) {
    gst_element_set_state (s.sink, GST_STATE_PAUSED);
    gst_element_set_state (s.sink, GST_STATE_PLAYING);
  }
  gst_element_set_state (s.sink, GST_STATE_PAUSED);
  fake_connect (s.transport);
  gst_element_set_state (s.sink, GST_STATE_PLAYING);
  g_assert_cmpint (pusher_end (&pusher), ==, GST_FLOW_OK);
  assert_sent (&s, "one|");
  g_assert_cmpuint (
      get_stat (&s, "transport-0-1", "packets-discarded-on-send"), ==, 0);
  sink_end (&s);
}

static void
test_null_while_waiting (void)
{
  guint i;

  for (i = 0; i < 20; i++) {
    SuiteWatch *watch;
    Pusher pusher;
    Sink s;

    sink_start (&s);
    pusher_start (&pusher, &s, "one");
    watch = suite_watch_new ("NULL");
    gst_element_set_state (s.sink, GST_STATE_NULL);
    suite_watch_free (watch);
    g_assert_cmpint (pusher_end (&pusher), ==, GST_FLOW_FLUSHING);
    sink_end (&s);
  }
}

static void
test_flush_while_waiting (void)
{
  Pusher pusher;
  GstFlowReturn flow;
  Sink s;

  sink_start (&s);
  pusher_start (&pusher, &s, "one");
  gst_harness_push_event (s.harness, gst_event_new_flush_start ());
  flow = pusher_end (&pusher);
  g_assert_cmpint (flow, ==, GST_FLOW_FLUSHING);
  gst_harness_push_event (s.harness, gst_event_new_flush_stop (TRUE));
  fake_connect (s.transport);
  {
    GstSegment segment;

    gst_segment_init (&segment, GST_FORMAT_TIME);
    gst_harness_push_event (s.harness, gst_event_new_segment (&segment));
  }
  push (&s, "two");
  assert_sent (&s, "two|");
  sink_end (&s);
}

/* A path that is lost is waited for again; nothing is lost with it. */
static void
test_waits_again (void)
{
  Pusher pusher;
  Sink s;

  sink_start_connected (&s);
  push (&s, "one");
  fake_event (s.transport, ICE_EVENT_SOCKET_ERROR);
  pusher_start (&pusher, &s, "two");
  fake_settle ();
  assert_sent (&s, "one|");
  fake_select (s.transport, FAKE_LOCAL, FAKE_REMOTE);
  g_assert_cmpint (pusher_end (&pusher), ==, GST_FLOW_OK);
  assert_sent (&s, "two|");
  sink_end (&s);
}

static gboolean
fall_silent_soon (gpointer transport)
{
  gst_ice_transport_set_timeouts (transport, 1, 0);
  return G_SOURCE_REMOVE;
}

/* A restart leaves the path that there is, though it is silent, until it is
 * given up; what is given up stays so. */
static void
test_restart_while_silent (void)
{
  gboolean restarted = FALSE;
  Sink s;

  sink_start (&s);
  g_object_set (s.sink, "wait-for-connection", FALSE, NULL);
  fake_call (fall_silent_soon, s.transport);
  fake_connect (s.transport);
  recorder_wait (s.recorder,
      "bus ice-connection-state connected disconnected consent-missing");
  push (&s, "one");
  g_signal_emit_by_name (s.sink, "restart", &restarted);
  g_assert_true (restarted);
  recorder_wait (
      s.recorder, "bus ice-connection-state disconnected checking restart");
  push (&s, "two");
  assert_sent (&s, "one|two|");
  fake_event (s.transport, ICE_EVENT_CONSENT_REVOKED);
  push (&s, "three");
  g_signal_emit_by_name (s.sink, "restart", &restarted);
  fake_settle ();
  push (&s, "four");
  assert_sent (&s, "");
  fake_select (s.transport, FAKE_LOCAL, FAKE_REMOTE);
  push (&s, "five");
  assert_sent (&s, "five|");
  sink_end (&s);
}

/* The rest. */

static void
test_key_units (void)
{
  Sink s;

  sink_start (&s);
  g_assert_cmpuint (count_key_units (&s), ==, 0);
  fake_connect (s.transport);
  g_assert_cmpuint (count_key_units (&s), ==, 1);
  fake_select (s.transport, FAKE_LOCAL, FAKE_REMOTE); /* connected already */
  fake_gathered (s.transport);
  fake_event (s.transport, ICE_EVENT_REMOTE_END_OF_CANDIDATES);
  fake_event (s.transport, ICE_EVENT_CHECKS_DONE); /* completed */
  fake_event (s.transport, ICE_EVENT_CHECKING);    /* connected */
  g_assert_cmpuint (count_key_units (&s), ==, 0);
  fake_event (s.transport, ICE_EVENT_SOCKET_ERROR);
  g_assert_cmpuint (count_key_units (&s), ==, 0);
  fake_select (s.transport, FAKE_LOCAL, FAKE_REMOTE);
  g_assert_cmpuint (count_key_units (&s), ==, 1);
  g_assert_cmpuint (get_stat (&s, "icesink", "force-key-units"), ==, 2);
  sink_end (&s);
}

/* The first pair after a restart may be another path. */
static void
test_key_unit_after_restart (void)
{
  gboolean restarted = FALSE;
  Sink s;

  sink_start_connected (&s);
  g_assert_cmpuint (count_key_units (&s), ==, 1);
  g_signal_emit_by_name (s.sink, "restart", &restarted);
  g_assert_true (restarted);
  fake_settle ();
  g_assert_cmpuint (count_key_units (&s), ==, 0);
  fake_select (s.transport, FAKE_LOCAL, FAKE_REMOTE);
  g_assert_cmpuint (count_key_units (&s), ==, 1);
  fake_select (s.transport, FAKE_LOCAL, FAKE_REMOTE);
  g_assert_cmpuint (count_key_units (&s), ==, 0);
  sink_end (&s);
}

/* Another life, another connection, another key unit. */
static void
test_key_unit_after_null (void)
{
  Sink s;
  guint i;

  sink_start_connected (&s);
  g_assert_cmpuint (count_key_units (&s), ==, 1);
  for (i = 0; i < 3; i++) {
    gst_element_set_state (s.sink, GST_STATE_NULL);
    gst_object_unref (s.transport);
    gst_element_set_state (s.sink, GST_STATE_PLAYING);
    s.transport = fake_transport_of (s.sink);
    fake_settle ();
    fake_connect (s.transport);
    g_assert_cmpuint (count_key_units (&s), ==, 1);
  }
  sink_end (&s);
}

static void
test_close (void)
{
  Pusher pusher;
  Sink s;

  sink_start (&s);
  pusher_start (&pusher, &s, "one");
  g_signal_emit_by_name (s.sink, "close");
  g_assert_cmpint (pusher_end (&pusher), ==, GST_FLOW_EOS);
  g_assert_cmpint (
      gst_harness_push (s.harness, make_buffer ("two")), ==, GST_FLOW_EOS);
  assert_sent (&s, "");
  sink_end (&s);
}

static void
test_socket_options (void)
{
  Sink s;

  sink_start (&s);
  assert_log (s.transport, "gather:controlling:stun=-:turn=0 send:0:-1:1 ");
  g_object_set (s.sink, "qos-dscp", 46, NULL);
  assert_log (s.transport, "send:0:46:1 ");
  sink_end (&s);

  s.sink = gst_object_ref_sink (gst_element_factory_make ("icesink", NULL));
  g_object_set (s.sink, "qos-dscp", 8, "buffer-size", 100000, NULL);
  gst_element_set_state (s.sink, GST_STATE_PAUSED);
  s.transport = fake_transport_of (s.sink);
  assert_log (s.transport, "gather:controlling:stun=-:turn=0 send:100000:8:1 ");
  gst_element_set_state (s.sink, GST_STATE_NULL);
  gst_object_unref (s.transport);
  gst_object_unref (s.sink);
}

/* Another stream, chosen in READY, is what is written to. */
static void
test_rebind_in_ready (void)
{
  GstElement *sink = gst_object_ref_sink (
      gst_element_factory_make ("icesink", NULL));
  FakeTransport *transport;
  GstHarness *harness;
  g_autofree gchar *sent = NULL;
  guint stream;

  g_object_set (sink, "sync", FALSE, NULL);
  gst_element_set_state (sink, GST_STATE_READY);
  g_object_set (sink, "stream", 3, NULL);
  harness = gst_harness_new_with_element (sink, "sink", NULL);
  gst_harness_set_src_caps_str (harness, "application/x-test");
  transport = fake_transport_of (sink);
  g_object_get (transport, "stream", &stream, NULL);
  g_assert_cmpuint (stream, ==, 3);
  fake_settle ();
  fake_connect (transport);
  g_assert_cmpint (
      gst_harness_push (harness, make_buffer ("one")), ==, GST_FLOW_OK);
  sent = fake_take_sent (transport);
  g_assert_cmpstr (sent, ==, "one|");
  gst_element_set_state (sink, GST_STATE_NULL);
  gst_harness_teardown (harness);
  gst_object_unref (transport);
  gst_object_unref (sink);
}

static const SuiteTest tests[] = {
  { "/icesink/datagrams", test_datagrams },
  { "/icesink/list", test_list },
  { "/icesink/log", test_log },
  { "/icesink/memories", test_memories },
  { "/icesink/empty", test_empty },
  { "/icesink/would-block", test_would_block },
  { "/icesink/would-block/for-ever", test_would_block_for_ever },
  { "/icesink/unmappable", test_unmappable },
  { "/icesink/defaults", test_defaults },
  { "/icesink/refused-datagram", test_refused_datagram },
  { "/icesink/too-large", test_too_large },
  { "/icesink/broken-path", test_broken_path },
  { "/icesink/wait", test_waits },
  { "/icesink/wait/off", test_does_not_wait },
  { "/icesink/wait/pause", test_pause_while_waiting },
  { "/icesink/wait/null", test_null_while_waiting },
  { "/icesink/wait/flush", test_flush_while_waiting },
  { "/icesink/wait/again", test_waits_again },
  { "/icesink/restart-while-silent", test_restart_while_silent },
  { "/icesink/key-units", test_key_units },
  { "/icesink/key-units/after-null", test_key_unit_after_null },
  { "/icesink/key-unit-after-restart", test_key_unit_after_restart },
  { "/icesink/close", test_close },
  { "/icesink/socket-options", test_socket_options },
  { "/icesink/rebind-in-ready", test_rebind_in_ready },
};

int
main (int argc, char **argv)
{
  return suite_run (argc, argv, tests, G_N_ELEMENTS (tests));
}
