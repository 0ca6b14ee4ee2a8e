/* gst-ice: test of a NiceAgent's events on their way to the I/O thread.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "agent/gsticeniceevents.h"

typedef struct
{
  GstIceIo *io;
  NiceAgent *nice; /* its signals and lines are those of the test */
  GstIceNiceEvents *events;
  GAsyncQueue *reported; /* state + 1 */
} Fixture;

static void
on_event (const GstIceNiceEvent *event, gpointer data)
{
  Fixture *f = data;

  g_assert_cmpint (event->kind, ==, GST_ICE_NICE_EVENT_COMPONENT_STATE);
  g_async_queue_push (f->reported, GUINT_TO_POINTER (event->state + 1));
}

static void
set_up (Fixture *f, gconstpointer unused)
{
  static const GstIceNiceEventsFuncs functions = { .event = on_event };

  f->io = gst_ice_io_acquire ();
  f->nice = nice_agent_new (NULL, NICE_COMPATIBILITY_RFC5245);
  f->reported = g_async_queue_new ();
  f->events = gst_ice_nice_events_new (f->io, f->nice, &functions, f);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  gst_ice_nice_events_free (f->events);
  gst_ice_io_release (f->io);
  g_assert_cmpint (g_async_queue_length (f->reported), ==, 0);
  g_async_queue_unref (f->reported);
  g_object_unref (f->nice);
}

static void
write_state (Fixture *f, NiceComponentState old, NiceComponentState state)
{
  g_log ("libnice", G_LOG_LEVEL_DEBUG,
      "Agent %p : stream 1 component 1 STATE-CHANGE %s -> %s.", f->nice,
      nice_component_state_to_string (old),
      nice_component_state_to_string (state));
}

static void
emit_state (Fixture *f, NiceComponentState state)
{
  g_signal_emit_by_name (f->nice, "component-state-changed", 1, 1, state);
}

static void
check_reported (Fixture *f, NiceComponentState state)
{
  gpointer reported = g_async_queue_timeout_pop (
      f->reported, 10 * G_TIME_SPAN_SECOND);

  g_assert_cmpuint (GPOINTER_TO_UINT (reported), ==, state + 1);
}

/* One thread emits connecting late, after another one has gone on to ready. */
static void
test_overtaken (Fixture *f, gconstpointer unused)
{
  write_state (
      f, NICE_COMPONENT_STATE_GATHERING, NICE_COMPONENT_STATE_CONNECTING);
  write_state (
      f, NICE_COMPONENT_STATE_CONNECTING, NICE_COMPONENT_STATE_CONNECTED);
  write_state (f, NICE_COMPONENT_STATE_CONNECTED, NICE_COMPONENT_STATE_READY);
  emit_state (f, NICE_COMPONENT_STATE_CONNECTED);
  emit_state (f, NICE_COMPONENT_STATE_READY);
  emit_state (f, NICE_COMPONENT_STATE_CONNECTING);
  check_reported (f, NICE_COMPONENT_STATE_CONNECTING);
  check_reported (f, NICE_COMPONENT_STATE_CONNECTED);
  check_reported (f, NICE_COMPONENT_STATE_READY);
  emit_state (f, NICE_COMPONENT_STATE_READY); /* no line of its own */
}

/* ready of before the restart is emitted after it. */
static void
test_late_after_restart (Fixture *f, gconstpointer unused)
{
  write_state (f, NICE_COMPONENT_STATE_CONNECTED, NICE_COMPONENT_STATE_READY);
  gst_ice_nice_events_restart (f->events);
  emit_state (f, NICE_COMPONENT_STATE_READY);
  write_state (f, NICE_COMPONENT_STATE_READY, NICE_COMPONENT_STATE_CONNECTING);
  emit_state (f, NICE_COMPONENT_STATE_CONNECTING);
  check_reported (f, NICE_COMPONENT_STATE_CONNECTING);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/gsticeniceevents/overtaken", Fixture, NULL, set_up,
      test_overtaken, tear_down);
  g_test_add ("/gsticeniceevents/late-after-restart", Fixture, NULL, set_up,
      test_late_after_restart, tear_down);
  return g_test_run ();
}
