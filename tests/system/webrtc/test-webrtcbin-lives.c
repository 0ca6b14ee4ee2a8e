/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * webrtcbins with our agent are made, call each other with video and a data
 * channel, and are unmade: nothing is left of them. ICE_TEST_LONG=1: of 200. In
 * C, because PyGObject keeps what is connected to a data channel's signals. */

#include "descriptors.h"

#define GST_USE_UNSTABLE_API
#include <gst/gst.h>
#include <gst/webrtc/webrtc.h>

#define PATIENCE (60 * G_TIME_SPAN_SECOND)
#define N_PICTURES 10
#define VIDEO                                                                  \
  "videotestsrc is-live=true ! video/x-raw,width=320,height=240 ! "            \
  "vp8enc deadline=1 ! rtpvp8pay ! capsfilter caps="                           \
  "application/"                                                               \
  "x-rtp,media=video,encoding-name=VP8,clock-rate=90000,payload=96"

typedef struct _End End;

struct _End
{
  End *other;
  GstElement *pipeline, *webrtc; /* the first owns the second */
  GObject *channel;
  /* under the lock */
  gboolean open;
  guint n_buffers;
};

static GMutex lock;
static GCond more;

/* What webrtcbin reports. Its thread, or the I/O thread. */

static void
on_ice_candidate (
    GstElement *webrtc, guint line, const gchar *candidate, End *self)
{
  g_signal_emit_by_name (
      self->other->webrtc, "add-ice-candidate", line, candidate);
}

static void
take_state (GObject *channel, GParamSpec *spec, End *self)
{
  GstWebRTCDataChannelState state;

  g_object_get (channel, "ready-state", &state, NULL);
  g_mutex_lock (&lock);
  self->open = state == GST_WEBRTC_DATA_CHANNEL_STATE_OPEN;
  g_cond_broadcast (&more);
  g_mutex_unlock (&lock);
}

static void
on_data_channel (GstElement *webrtc, GObject *channel, End *self)
{
  self->channel = g_object_ref (channel);
  g_signal_connect (
      channel, "notify::ready-state", G_CALLBACK (take_state), self);
  take_state (channel, NULL, self);
}

static void
on_handoff (GstElement *sink, GstBuffer *buffer, GstPad *pad, End *self)
{
  g_mutex_lock (&lock);
  self->n_buffers++;
  g_cond_broadcast (&more);
  g_mutex_unlock (&lock);
}

static void
on_pad_added (GstElement *webrtc, GstPad *pad, End *self)
{
  GstElement *sink;

  if (!GST_PAD_IS_SRC (pad))
    return;
  sink = gst_element_factory_make ("fakesink", NULL);
  g_object_set (
      sink, "sync", FALSE, "async", FALSE, "signal-handoffs", TRUE, NULL);
  g_signal_connect (sink, "handoff", G_CALLBACK (on_handoff), self);
  gst_bin_add (GST_BIN (self->pipeline), sink);
  gst_element_sync_state_with_parent (sink);
  g_assert_true (gst_element_link (webrtc, sink));
}

/* A call. */

static void
make_end (End *self, End *other)
{
  GObject *agent = g_object_new (
      gst_dynamic_type_factory_load ("GstIceWebRTCAgent"), NULL);
  g_autoptr (GError) error = NULL;
  GstElement *video = gst_parse_bin_from_description (VIDEO, TRUE, &error);

  *self = (End){ .other = other, .pipeline = gst_pipeline_new (NULL) };
  gst_util_set_object_arg (agent, "local-addresses", "<127.0.0.1>");
  self->webrtc = gst_element_factory_make_full (
      "webrtcbin", "ice-agent", agent, NULL);
  gst_util_set_object_arg (
      G_OBJECT (self->webrtc), "bundle-policy", "max-bundle");
  gst_bin_add_many (GST_BIN (self->pipeline), self->webrtc, video, NULL);
  g_assert_true (gst_element_link (video, self->webrtc));
  g_signal_connect (
      self->webrtc, "on-ice-candidate", G_CALLBACK (on_ice_candidate), self);
  g_signal_connect (
      self->webrtc, "on-data-channel", G_CALLBACK (on_data_channel), self);
  g_signal_connect (self->webrtc, "pad-added", G_CALLBACK (on_pad_added), self);
}

static void
ask (End *self, const gchar *action, GstWebRTCSessionDescription *description)
{
  GstPromise *promise = gst_promise_new ();

  g_signal_emit_by_name (self->webrtc, action, description, promise);
  g_assert_cmpint (gst_promise_wait (promise), ==, GST_PROMISE_RESULT_REPLIED);
  gst_promise_unref (promise);
}

static void
describe (End *self, const gchar *action, const gchar *kind)
{
  GstPromise *promise = gst_promise_new ();
  GstWebRTCSessionDescription *description = NULL;

  g_signal_emit_by_name (self->webrtc, action, NULL, promise);
  g_assert_cmpint (gst_promise_wait (promise), ==, GST_PROMISE_RESULT_REPLIED);
  gst_structure_get (gst_promise_get_reply (promise), kind,
      GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &description, NULL);
  gst_promise_unref (promise);
  g_assert_nonnull (description);
  ask (self, "set-local-description", description);
  ask (self->other, "set-remote-description", description);
  gst_webrtc_session_description_free (description);
}

/* Under the lock. */
static gboolean
is_connected (const End *ends)
{
  return ends[0].open && ends[1].open && ends[0].n_buffers >= N_PICTURES
      && ends[1].n_buffers >= N_PICTURES;
}

static void
unmake_end (End *self)
{
  gst_element_set_state (self->pipeline, GST_STATE_NULL);
  g_signal_handlers_disconnect_by_data (self->channel, self);
  g_object_unref (self->channel);
  gst_object_unref (self->pipeline);
}

static void
live (GWeakRef *left)
{
  End ends[2];
  GObject *channel = NULL;
  gint64 end = g_get_monotonic_time () + PATIENCE;
  guint i;

  for (i = 0; i < 2; i++) {
    make_end (&ends[i], &ends[1 - i]);
    g_weak_ref_init (&left[i], ends[i].webrtc);
  }
  for (i = 0; i < 2; i++)
    gst_element_set_state (ends[i].pipeline, GST_STATE_PLAYING);
  g_signal_emit_by_name (
      ends[0].webrtc, "create-data-channel", "data", NULL, &channel);
  on_data_channel (ends[0].webrtc, channel, &ends[0]);
  g_object_unref (channel);
  describe (&ends[0], "create-offer", "offer");
  describe (&ends[1], "create-answer", "answer");
  g_mutex_lock (&lock);
  while (!is_connected (ends))
    g_assert_true (g_cond_wait_until (&more, &lock, end));
  g_mutex_unlock (&lock);
  for (i = 0; i < 2; i++) /* neither signals to the other any more */
    g_signal_handlers_disconnect_by_func (
        ends[i].webrtc, on_ice_candidate, &ends[i]);
  for (i = 0; i < 2; i++)
    unmake_end (&ends[i]);
}

/* What is left. */

typedef struct
{
  guint descriptors, threads, objects;
} Count;

static guint n_logged;

static void
count_line (GstDebugCategory *category, GstDebugLevel level, const gchar *file,
    const gchar *function, gint line, GObject *object, GstDebugMessage *message,
    gpointer unused)
{
  if (g_str_has_prefix (gst_debug_message_get (message), "object-alive"))
    n_logged++;
}

/* The leaks tracer logs each in this thread. */
static guint
count_objects (void)
{
  GList *tracers = gst_tracing_get_active_tracers ();

  n_logged = 0;
  g_signal_emit_by_name (tracers->data, "log-live-objects");
  g_list_free_full (tracers, gst_object_unref);
  return n_logged;
}

static Count
count (void)
{
  return (Count){ count_descriptors (), count_entries ("/proc/self/task"),
    count_objects () };
}

/* Threads of webrtcbin and of the kernel's end by themselves. */
static Count
count_until (const Count *most)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;
  Count now = count ();

  while (g_get_monotonic_time () < end
      && (now.descriptors > most->descriptors || now.threads > most->threads
          || now.objects > most->objects)) {
    g_usleep (G_USEC_PER_SEC / 10);
    now = count ();
  }
  return now;
}

/* (nullable) */
static const gchar *
find_missing (void)
{
  const gchar *const needed[] = { "webrtcbin", "nicesrc", "dtlssrtpdec",
    "srtpdec", "sctpenc", "vp8enc", "rtpvp8pay" };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (needed); i++) {
    GstElementFactory *factory = gst_element_factory_find (needed[i]);

    if (factory == NULL)
      return needed[i];
    gst_object_unref (factory);
  }
  return NULL;
}

static void
test_lives (void)
{
  const guint n = g_strcmp0 (g_getenv ("ICE_TEST_LONG"), "1") == 0 ? 200 : 6;
  g_autofree GWeakRef *left = g_new0 (GWeakRef, n);
  GWeakRef warm[4];
  const gchar *missing = find_missing ();
  Count before, after;
  guint i;

  if (missing != NULL) {
    g_autofree gchar *reason = g_strdup_printf ("there is no %s", missing);

    g_test_skip (reason);
    return;
  }
  live (warm); /* what is made once a process */
  live (warm + 2);
  before = count ();
  for (i = 0; i < n; i += 2)
    live (left + i);
  after = count_until (&before);
  g_test_message ("%u webrtcbins: descriptors %u, then %u; threads %u, then "
                  "%u; objects %u, then %u",
      n, before.descriptors, after.descriptors, before.threads, after.threads,
      before.objects, after.objects);
  for (i = 0; i < n; i++) {
    g_assert_null (g_weak_ref_get (&left[i]));
    g_weak_ref_clear (&left[i]);
  }
  for (i = 0; i < G_N_ELEMENTS (warm); i++)
    g_weak_ref_clear (&warm[i]);
  g_assert_cmpuint (after.descriptors, <=, before.descriptors);
  g_assert_cmpuint (after.threads, <=, before.threads);
  g_assert_cmpuint (after.objects, <=, before.objects);
}

int
main (int argc, char **argv)
{
  g_setenv ("GST_TRACERS", "leaks", TRUE);
  gst_init (&argc, &argv);
  gst_debug_set_threshold_from_string ("GST_TRACER:7", TRUE);
  gst_debug_remove_log_function (gst_debug_log_default);
  gst_debug_add_log_function (count_line, NULL, NULL);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/webrtc/lives", test_lives);
  return g_test_run ();
}
