/* gst-ice: test of state changes at every moment, and of what they leave.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "descriptors.h"
#include "fakeagent.h"
#include "suite.h"
#include <string.h>
#include <unistd.h>

#define SEED 20241121
/* A hang is an abort. */
#define WATCHDOG 60

/* Both ends of one transport, with somebody who sends and somebody who reads.
 */
static GstElement *
make_pipeline (void)
{
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = gst_parse_launch (
      "fakesrc is-live=true sizetype=fixed sizemax=100 ! "
      "icesink name=sink connection-id=life sync=false "
      "icesrc name=src connection-id=life ! fakesink sync=false async=false",
      &error);

  g_assert_no_error (error);
  return gst_object_ref_sink (pipeline);
}

static void
empty_bus (GstElement *pipeline)
{
  GstBus *bus = gst_element_get_bus (pipeline);
  GstMessage *message;

  while ((message = gst_bus_pop (bus)) != NULL)
    gst_message_unref (message);
  gst_object_unref (bus);
}

static void
to_null (GstElement *pipeline)
{
  SuiteWatch *watch = suite_watch_new ("NULL");

  gst_element_set_state (pipeline, GST_STATE_NULL);
  suite_watch_free (watch);
}

/* 100 times there and back; nothing is left but what the first time made. */
static void
cycle (gboolean automatic, GstState state)
{
  GstElement *pipeline = make_pipeline ();
  guint i, threads = 0, descriptors = 0;

  fake_set_automatic (automatic);
  for (i = 0; i < 100; i++) {
    gst_element_set_state (pipeline, state);
    if (i % 3 == 0)
      fake_settle ();
    to_null (pipeline);
    empty_bus (pipeline);
    if (i == 4) {
      gst_task_cleanup_all ();
      suite_wait_for_io ();
      threads = suite_count_threads (NULL);
      descriptors = count_descriptors ();
    }
  }
  gst_object_unref (pipeline);
  gst_task_cleanup_all ();
  suite_wait_for_io ();
  suite_wait_until (suite_count_threads (NULL) <= threads);
  g_assert_cmpuint (count_descriptors (), <=, descriptors);
  fake_set_automatic (FALSE);
}

static void
test_cycles (void)
{
  cycle (FALSE, GST_STATE_READY);
  cycle (FALSE, GST_STATE_PAUSED);
  cycle (FALSE, GST_STATE_PLAYING);
  cycle (TRUE, GST_STATE_PLAYING);
}

/* What an application may do at any time. */
static void
do_something (GstElement *pipeline, GRand *rand)
{
  GstElement *element = gst_bin_get_by_name (
      GST_BIN (pipeline), g_rand_boolean (rand) ? "src" : "sink");
  GstIceTransport *transport = NULL;
  GstStructure *stats = NULL;
  gboolean done;

  switch (g_rand_int_range (rand, 0, 8)) {
    case 0:
      if (g_rand_int_range (rand, 0, 4) == 0)
        g_signal_emit_by_name (element, "close");
      break;
    case 1:
      g_signal_emit_by_name (element, "gather-candidates", &done);
      break;
    case 2:
      g_signal_emit_by_name (
          element, "add-ice-candidate", 0, FAKE_REMOTE, &done);
      break;
    case 3:
      g_signal_emit_by_name (
          element, "set-remote-credentials", 0, "peer", FAKE_PWD, &done);
      break;
    case 4:
      g_signal_emit_by_name (element, "get-stats", &stats);
      gst_structure_free (stats);
      break;
    case 5:
      g_signal_emit_by_name (element, "restart", &done);
      break;
    case 6:
      g_signal_emit_by_name (element, "add-ice-candidate", 0, NULL, &done);
      break;
    default:
      g_object_get (element, "transport", &transport, NULL);
      if (transport != NULL) {
        fake_receive (FAKE_TRANSPORT (transport), "datagram");
        gst_object_unref (transport);
      }
      break;
  }
  gst_object_unref (element);
}

/* The source alone goes its own way at times. (A sink can not, while somebody
 * pushes: GStreamer wants a stream to begin with stream-start.) */
static void
move_something (GstElement *pipeline, GRand *rand)
{
  static const GstState states[] = { GST_STATE_NULL, GST_STATE_READY,
    GST_STATE_PAUSED, GST_STATE_PLAYING };
  GstState state = states[g_rand_int_range (rand, 0, G_N_ELEMENTS (states))];
  GstElement *element;

  if (g_rand_int_range (rand, 0, 3) > 0) {
    if (state == GST_STATE_NULL)
      to_null (pipeline);
    else
      gst_element_set_state (pipeline, state);
    return;
  }
  element = gst_bin_get_by_name (GST_BIN (pipeline), "src");
  /* Not down from PAUSED alone: its thread may be in a sink that prerolls, and
   * only that one's own way down lets it go. */
  if (GST_STATE (element) > GST_STATE_READY)
    state = MAX (state, GST_STATE_PAUSED);
  gst_element_set_state (element, state);
  gst_object_unref (element);
}

static void
storm (guint seed, gboolean automatic)
{
  GRand *rand = g_rand_new_with_seed (seed);
  GstElement *pipeline = make_pipeline ();
  guint i;

  fake_set_automatic (automatic);
  for (i = 0; i < 200; i++) {
    move_something (pipeline, rand);
    if (g_rand_boolean (rand))
      fake_settle ();
    do_something (pipeline, rand);
    if (g_rand_int_range (rand, 0, 4) == 0)
      g_thread_yield ();
    empty_bus (pipeline);
  }
  to_null (pipeline);
  gst_object_unref (pipeline);
  gst_task_cleanup_all ();
  suite_wait_for_io ();
  fake_set_automatic (FALSE);
  g_rand_free (rand);
}

static void
test_storm (void)
{
  guint i;

  for (i = 0; i < 5; i++)
    storm (SEED + i, FALSE);
}

static void
test_storm_connected (void)
{
  guint i;

  for (i = 0; i < 5; i++)
    storm (SEED + 100 + i, TRUE);
}

/* Two pipelines of one call, each in a thread of its own. */
static gpointer
run_half (gpointer factory)
{
  GRand *rand = g_rand_new_with_seed (g_str_hash (factory));
  GstElement *element = gst_object_ref_sink (
      gst_element_factory_make (factory, NULL));
  guint i;

  g_object_set (element, "connection-id", "halves", NULL);
  for (i = 0; i < 500; i++)
    gst_element_set_state (
        element, (GstState) g_rand_int_range (rand, 1, 4)); /* to PAUSED */
  gst_element_set_state (element, GST_STATE_NULL);
  gst_object_unref (element);
  g_rand_free (rand);
  return NULL;
}

static void
test_halves (void)
{
  GThread *a, *b;

  fake_set_automatic (TRUE);
  a = g_thread_new ("a", run_half, (gpointer) "icesrc");
  b = g_thread_new ("b", run_half, (gpointer) "icesink");
  g_thread_join (a);
  g_thread_join (b);
  gst_task_cleanup_all ();
  suite_wait_for_io ();
  fake_set_automatic (FALSE);
}

static const SuiteTest tests[] = {
  { "/lifecycle/cycles", test_cycles },
  { "/lifecycle/storm", test_storm },
  { "/lifecycle/storm/connected", test_storm_connected },
  { "/lifecycle/halves", test_halves },
};

int
main (int argc, char **argv)
{
  alarm (WATCHDOG);
  return suite_run (argc, argv, tests, G_N_ELEMENTS (tests));
}
