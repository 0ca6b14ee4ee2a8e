/* gst-ice: tests of the pace: when libnice's timer expires, by its lines.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "agent/gsticenicepace.h"
#include "trace/nicelog.h"

#define TIMER "Connectivity check schedule"
#define TA (GST_ICE_NICE_PACE_TA * G_TIME_SPAN_MILLISECOND)
/* far longer than a test takes, ms */
#define LATER 3600000

#define ADDED                                                                  \
  "added a new pair 0x5 with foundation '1:2' and transport udp:udp to "       \
  "stream 1 component 1"
#define NOMINATING                                                             \
  "restarting check of udp:udp pair 0x5 with USE-CANDIDATE attrib (regular "   \
  "nomination) for stream 1 component 1"

typedef struct
{
  GMainContext *context;
  GstIceNicePace *pace;
  GSource *timer;
  guint n_ticks;
  gint64 last_tick;
} Fixture;

static gboolean
on_tick (gpointer data)
{
  Fixture *f = data;

  f->n_ticks++;
  f->last_tick = g_get_monotonic_time ();
  return G_SOURCE_CONTINUE;
}

static void
add_timer (Fixture *f, const gchar *name)
{
  f->timer = g_timeout_source_new (LATER);
  g_source_set_name (f->timer, name);
  g_source_set_callback (f->timer, on_tick, f, NULL);
  g_source_attach (f->timer, f->context);
}

static void
remove_timer (Fixture *f)
{
  g_source_destroy (f->timer);
  g_clear_pointer (&f->timer, g_source_unref);
}

static void
set_up (Fixture *f, gconstpointer timer)
{
  f->context = g_main_context_new ();
  f->pace = gst_ice_nice_pace_new (f->context, f->context, f);
  add_timer (f, timer);
}

static void
tear_down (Fixture *f, gconstpointer timer)
{
  remove_timer (f);
  g_clear_pointer (&f->pace, gst_ice_nice_pace_free);
  g_main_context_unref (f->context);
}

static void
write_line (Fixture *f, const gchar *text)
{
  g_log ("libnice", G_LOG_LEVEL_DEBUG, "Agent %p : %s", f, text);
}

static void
write_built (Fixture *f)
{
  g_log (
      "libnice", G_LOG_LEVEL_DEBUG, "Agent %p: conncheck created 92 - 0x9", f);
}

/* What is due at once. */
static void
run (Fixture *f)
{
  while (g_main_context_iteration (f->context, FALSE))
    continue;
}

static void
wait_for_tick (Fixture *f)
{
  guint n = f->n_ticks;

  while (f->n_ticks == n)
    g_main_context_iteration (f->context, TRUE);
}

static void
test_at_once (Fixture *f, gconstpointer timer)
{
  run (f);
  g_assert_cmpuint (f->n_ticks, ==, 0);
  write_line (f, ADDED);
  run (f);
  g_assert_cmpuint (f->n_ticks, ==, 1);
  run (f);
  g_assert_cmpuint (f->n_ticks, ==, 1);
  write_line (f, NOMINATING);
  run (f);
  g_assert_cmpuint (f->n_ticks, ==, 2);
  write_line (f, "conn_check_remote_candidates_set 1 1");
  run (f);
  g_assert_cmpuint (f->n_ticks, ==, 3);
}

/* Not sooner than RFC 8445 section 14.2 allows. */
static void
test_after_a_check (Fixture *f, gconstpointer timer)
{
  guint i;

  write_line (f, ADDED);
  run (f);
  for (i = 0; i < 3; i++) {
    gint64 sent = g_get_monotonic_time ();

    write_built (f);
    if (i > 0)
      write_line (f, NOMINATING);
    run (f);
    if (g_get_monotonic_time () < sent + TA)
      g_assert_cmpuint (f->n_ticks, ==, 1 + i);
    wait_for_tick (f);
    g_assert_cmpint (f->last_tick - sent, >=, TA);
  }
}

/* libnice destroys its timer, and makes another one. */
static void
test_another_timer (Fixture *f, gconstpointer timer)
{
  write_line (f, ADDED);
  run (f);
  remove_timer (f);
  write_line (f, ADDED);
  run (f);
  g_assert_cmpuint (f->n_ticks, ==, 1);
  add_timer (f, timer);
  write_line (f, ADDED);
  run (f);
  g_assert_cmpuint (f->n_ticks, ==, 2);
}

static void
test_no_work (Fixture *f, gconstpointer timer)
{
  write_line (f, "pair 0x5 removed.");
  run (f);
  g_assert_cmpuint (f->n_ticks, ==, 0);
}

/* Another source of libnice's. */
static void
test_another_name (Fixture *f, gconstpointer timer)
{
  write_line (f, ADDED);
  run (f);
  g_assert_cmpuint (f->n_ticks, ==, 0);
}

static void
test_freed (Fixture *f, gconstpointer timer)
{
  write_line (f, ADDED);
  g_clear_pointer (&f->pace, gst_ice_nice_pace_free);
  write_line (f, ADDED);
  run (f);
  g_assert_cmpuint (f->n_ticks, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/pace/at-once", Fixture, TIMER, set_up, test_at_once, tear_down);
  g_test_add ("/pace/after-a-check", Fixture, TIMER, set_up, test_after_a_check,
      tear_down);
  g_test_add ("/pace/another-timer", Fixture, TIMER, set_up, test_another_timer,
      tear_down);
  g_test_add ("/pace/no-work", Fixture, TIMER, set_up, test_no_work, tear_down);
  g_test_add ("/pace/another-name", Fixture, "Connectivity keepalive timeout",
      set_up, test_another_name, tear_down);
  g_test_add ("/pace/freed", Fixture, TIMER, set_up, test_freed, tear_down);
  return g_test_run ();
}
