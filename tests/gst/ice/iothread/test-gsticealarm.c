/* gst-ice: test of gsticealarm.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "iothread/gsticealarm.h"
#include "contexts.h"

#define MANY 1000

typedef struct
{
  GstIceAlarm *alarm;
  guint number;
  guint ran;
} Item;

static GMainContext *context;
static GArray *order;      /* of guint */
static gint64 played = -1; /* the system's time */

/* Instead of GLib's. */
gint64
g_source_get_time (GSource *source)
{
  return played >= 0 ? played : g_get_monotonic_time ();
}

static void
on_alarm (gpointer data)
{
  Item *item = data;

  item->ran++;
  g_array_append_val (order, item->number);
}

static void
run_until (guint n)
{
  gint64 end = g_get_monotonic_time () + 10 * G_TIME_SPAN_SECOND;

  while (order->len < n && g_get_monotonic_time () < end)
    g_main_context_iteration (context, FALSE);
  g_assert_cmpuint (order->len, ==, n);
  while (g_main_context_iteration (context, FALSE))
    continue;
  g_assert_cmpuint (order->len, ==, n);
}

static void
make (Item *items, guint n)
{
  guint i;

  context = g_main_context_new ();
  order = g_array_new (FALSE, FALSE, sizeof (guint));
  for (i = 0; i < n; i++) {
    items[i] = (Item){ NULL, i, 0 };
    items[i].alarm = gst_ice_alarm_new (context, on_alarm, &items[i]);
  }
}

static void
clear (Item *items, guint n)
{
  guint i;

  for (i = 0; i < n; i++)
    g_clear_pointer (&items[i].alarm, gst_ice_alarm_free);
  g_array_unref (order);
  g_main_context_unref (context);
}

static void
test_in_order (void)
{
  gint64 now = g_get_monotonic_time ();
  Item items[MANY];
  guint i;

  make (items, MANY);
  for (i = 0; i < MANY; i++) /* 0, 7, 14 ... mod 1000: all, in disorder */
    gst_ice_alarm_set (items[(i * 7) % MANY].alarm, now + (i * 7) % MANY * 20);
  for (i = 0; i < MANY; i++)
    g_assert_true (gst_ice_alarm_is_set (items[i].alarm));
  run_until (MANY);
  for (i = 0; i < MANY; i++) {
    g_assert_cmpuint (g_array_index (order, guint, i), ==, i);
    g_assert_cmpuint (items[i].ran, ==, 1); /* once */
    g_assert_false (gst_ice_alarm_is_set (items[i].alarm));
  }
  clear (items, MANY);
}

/* Those of one time run in the order in which they were set; one that is set
 * for that time again keeps its place. */
static void
test_same_time (void)
{
  Item items[10];
  guint i;

  make (items, 10);
  for (i = 0; i < 10; i++)
    gst_ice_alarm_set (items[i].alarm, 1);
  gst_ice_alarm_set (items[0].alarm, 1);
  run_until (10);
  for (i = 0; i < 10; i++)
    g_assert_cmpuint (g_array_index (order, guint, i), ==, i);
  clear (items, 10);
}

/* At the very microsecond, not one earlier. */
static void
test_exact (void)
{
  Item items[2];
  guint i;

  make (items, 2);
  played = 1000;
  gst_ice_alarm_set (items[0].alarm, played);
  gst_ice_alarm_set (items[1].alarm, played + 1);
  for (i = 0; i < 3; i++)
    g_main_context_iteration (context, FALSE);
  g_assert_cmpuint (order->len, ==, 1);
  g_assert_cmpuint (items[0].ran, ==, 1);
  played = -1;
  run_until (2);
  clear (items, 2);
}

static void
test_changed (void)
{
  gint64 now = g_get_monotonic_time ();
  Item items[4];

  make (items, 4);
  gst_ice_alarm_set (items[0].alarm, now + 1000);
  gst_ice_alarm_set (items[1].alarm, now + 2000);
  gst_ice_alarm_set (items[2].alarm, now + 3000);
  gst_ice_alarm_set (items[3].alarm, now + 60 * G_TIME_SPAN_SECOND);
  gst_ice_alarm_set (items[0].alarm, now + 4000); /* later */
  gst_ice_alarm_set (items[1].alarm, -1);         /* never */
  gst_ice_alarm_set (items[3].alarm, 0);          /* now */
  gst_ice_alarm_set (items[3].alarm, 0);
  run_until (3);
  g_assert_cmpuint (g_array_index (order, guint, 0), ==, 3);
  g_assert_cmpuint (g_array_index (order, guint, 1), ==, 2);
  g_assert_cmpuint (g_array_index (order, guint, 2), ==, 0);
  g_assert_cmpuint (items[1].ran, ==, 0);
  clear (items, 4);
}

static void
free_both (gpointer data)
{
  Item *items = data;

  on_alarm (&items[0]);
  g_clear_pointer (&items[0].alarm, gst_ice_alarm_free);
  g_clear_pointer (&items[1].alarm, gst_ice_alarm_free);
}

/* The first frees itself and the second, which is due too; a reference to it
 * can be set still, and does nothing. */
static void
test_freed (void)
{
  Item items[2];
  GstIceAlarm *second;

  make (items, 2);
  gst_ice_alarm_free (items[0].alarm);
  items[0].alarm = gst_ice_alarm_new (context, free_both, items);
  second = gst_ice_alarm_ref (items[1].alarm);
  gst_ice_alarm_set (items[0].alarm, 1);
  gst_ice_alarm_set (second, 2);
  run_until (1);
  gst_ice_alarm_set (second, 0);
  g_assert_false (gst_ice_alarm_is_set (second));
  run_until (1);
  gst_ice_alarm_unref (second);
  clear (items, 2);
}

/* One that is not set any more wakes nobody, nor does one that was freed. */
static void
test_not_due (void)
{
  gint64 later = g_get_monotonic_time () + G_TIME_SPAN_HOUR;
  Item items[2];

  make (items, 2);
  g_assert_cmpint (context_get_timeout (context), ==, -1);
  gst_ice_alarm_set (items[0].alarm, later);
  g_assert_cmpint (context_get_timeout (context), >=, 0);
  gst_ice_alarm_set (items[0].alarm, -1);
  g_assert_cmpint (context_get_timeout (context), ==, -1);
  gst_ice_alarm_set (items[0].alarm, later);
  g_clear_pointer (&items[0].alarm, gst_ice_alarm_free);
  g_assert_cmpint (context_get_timeout (context), ==, -1);
  clear (items, 2);
}

static void
set_again (gpointer data)
{
  Item *item = data;

  on_alarm (item);
  gst_ice_alarm_set (item->alarm, 0);
}

/* One that is always due lets other sources of the context run. */
static void
test_turns (void)
{
  Item item;
  guint i;

  make (&item, 1);
  gst_ice_alarm_free (item.alarm);
  item.alarm = gst_ice_alarm_new (context, set_again, &item);
  gst_ice_alarm_set (item.alarm, 0);
  for (i = 0; i < 100; i++) {
    guint before = item.ran;

    g_main_context_iteration (context, TRUE);
    g_assert_cmpuint (item.ran, <=, before + 1);
  }
  g_assert_cmpuint (item.ran, >, 0);
  clear (&item, 1);
}

static void
set_both_again (gpointer data)
{
  Item *items = data;

  on_alarm (&items[0]);
  gst_ice_alarm_set (items[0].alarm, 0);
  gst_ice_alarm_set (items[1].alarm, 0);
}

/* Another one that is set for the next turn again, before it has run, runs in
 * that turn still: in every second one here. */
static void
test_set_again (void)
{
  Item items[2];
  guint i;

  make (items, 2);
  gst_ice_alarm_free (items[0].alarm);
  items[0].alarm = gst_ice_alarm_new (context, set_both_again, items);
  gst_ice_alarm_set (items[0].alarm, 0);
  gst_ice_alarm_set (items[1].alarm, 0);
  for (i = 1; i <= 10; i++) {
    g_main_context_iteration (context, TRUE);
    g_assert_cmpuint (items[0].ran, ==, i);
    g_assert_cmpuint (items[1].ran, ==, (i + 1) / 2);
  }
  clear (items, 2);
}

/* The context has nothing of the alarms any more when the last one is freed,
 * and may get others. */
static void
test_last (void)
{
  Item items[3];
  guint id;

  make (items, 3);
  g_assert_nonnull (g_main_context_find_source_by_id (context, 1));
  g_clear_pointer (&items[0].alarm, gst_ice_alarm_free);
  gst_ice_alarm_set (items[1].alarm, 1);
  run_until (1);
  g_clear_pointer (&items[1].alarm, gst_ice_alarm_free);
  g_assert_nonnull (g_main_context_find_source_by_id (context, 1));
  g_clear_pointer (&items[2].alarm, gst_ice_alarm_free);
  for (id = 1; id < 10; id++)
    g_assert_null (g_main_context_find_source_by_id (context, id));
  items[0].alarm = gst_ice_alarm_new (context, on_alarm, &items[0]);
  gst_ice_alarm_set (items[0].alarm, 0);
  run_until (2);
  clear (items, 3);
}

static gpointer
set_all (gpointer data)
{
  Item *items = data;
  guint i;

  for (i = 0; i < MANY; i++)
    gst_ice_alarm_set (items[i].alarm, 0);
  return NULL;
}

static void
test_threads (void)
{
  Item items[MANY];
  GThread *thread;

  make (items, MANY);
  thread = g_thread_new ("set", set_all, items);
  run_until (MANY);
  g_thread_join (thread);
  clear (items, MANY);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/gsticealarm/in-order", test_in_order);
  g_test_add_func ("/gsticealarm/same-time", test_same_time);
  g_test_add_func ("/gsticealarm/exact", test_exact);
  g_test_add_func ("/gsticealarm/changed", test_changed);
  g_test_add_func ("/gsticealarm/freed", test_freed);
  g_test_add_func ("/gsticealarm/not-due", test_not_due);
  g_test_add_func ("/gsticealarm/turns", test_turns);
  g_test_add_func ("/gsticealarm/set-again", test_set_again);
  g_test_add_func ("/gsticealarm/last", test_last);
  g_test_add_func ("/gsticealarm/threads", test_threads);
  return g_test_run ();
}
