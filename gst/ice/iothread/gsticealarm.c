/* gst-ice: alarms of the I/O thread.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "iothread/gsticealarm.h"

/* All alarms of one context. */
typedef struct
{
  guint users; /* alarms; under the lock below */
  GMainContext *context;
  GSource *source; /* due when the first one is */

  GMutex lock;    /* only the context's own lock is taken under it */
  GSequence *due; /* of GstIceAlarm, the next one first */
  guint turn;     /* how often it was due */
} Clock;

struct _GstIceAlarm
{
  gatomicrefcount references;
  Clock *clock;
  GstIceAlarmFunc function;
  gpointer user_data;

  /* under the clock's lock */
  gint64 when;         /* 0: in the next turn */
  guint turn;          /* when it was set */
  GSequenceIter *iter; /* NULL: not set */
  gboolean freed;
};

G_LOCK_DEFINE_STATIC (clocks);
static GHashTable *clocks; /* GMainContext -> Clock */

static gint
compare (gconstpointer a, gconstpointer b, gpointer unused)
{
  const GstIceAlarm *one = a, *other = b;

  return (one->when > other->when) - (one->when < other->when);
}

/* Under the clock's lock. */
static GstIceAlarm *
get_first (Clock *clock)
{
  GSequenceIter *first = g_sequence_get_begin_iter (clock->due);

  return g_sequence_iter_is_end (first) ? NULL : g_sequence_get (first);
}

/* Under the clock's lock. */
static void
unset (GstIceAlarm *alarm)
{
  if (alarm->iter != NULL)
    g_sequence_remove (alarm->iter);
  alarm->iter = NULL;
}

/* Under the clock's lock. */
static void
insert (GstIceAlarm *alarm, gint64 when)
{
  alarm->when = when;
  alarm->turn = alarm->clock->turn;
  alarm->iter = g_sequence_insert_sorted (
      alarm->clock->due, alarm, compare, NULL);
}

/* Under the clock's lock. */
static void
arm (Clock *clock)
{
  GstIceAlarm *first = get_first (clock);
  gint64 when = first != NULL ? first->when : -1;

  if (g_source_get_ready_time (clock->source) != when)
    g_source_set_ready_time (clock->source, when);
}

/* Returns: (transfer full) (nullable): an alarm that is due, which is unset by
 *   that */
static GstIceAlarm *
take_due (Clock *clock, gint64 now)
{
  GstIceAlarm *alarm;

  g_mutex_lock (&clock->lock);
  alarm = get_first (clock);
  if (alarm != NULL
      && (alarm->when > now
          || (alarm->when == 0 && alarm->turn == clock->turn)))
    alarm = NULL;
  if (alarm != NULL) {
    unset (gst_ice_alarm_ref (alarm));
  } else {
    arm (clock);
  }
  g_mutex_unlock (&clock->lock);
  return alarm;
}

static gboolean
is_freed (GstIceAlarm *alarm)
{
  gboolean freed;

  g_mutex_lock (&alarm->clock->lock);
  freed = alarm->freed;
  g_mutex_unlock (&alarm->clock->lock);
  return freed;
}

static void
clock_unref (Clock *clock)
{
  gboolean last;

  G_LOCK (clocks);
  last = --clock->users == 0;
  if (last)
    g_hash_table_remove (clocks, clock->context);
  G_UNLOCK (clocks);
  if (!last)
    return;
  g_source_destroy (clock->source);
  g_source_unref (clock->source);
  g_sequence_free (clock->due);
  g_main_context_unref (clock->context);
  g_mutex_clear (&clock->lock);
  g_free (clock);
}

typedef struct
{
  GSource source;
  Clock *clock;
} ClockSource;

/* Alarms that are set in this turn are due in the next one. */
static gboolean
dispatch (GSource *source, GSourceFunc unused, gpointer unused_too)
{
  Clock *clock = ((ClockSource *) source)->clock;
  gint64 now = g_source_get_time (source);
  GstIceAlarm *alarm;

  G_LOCK (clocks); /* the last alarm may free itself */
  clock->users++;
  G_UNLOCK (clocks);
  g_mutex_lock (&clock->lock);
  clock->turn++;
  g_mutex_unlock (&clock->lock);
  while ((alarm = take_due (clock, now)) != NULL) {
    if (!is_freed (alarm))
      alarm->function (alarm->user_data);
    gst_ice_alarm_unref (alarm);
  }
  clock_unref (clock);
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs clock_functions = { .dispatch = dispatch };

static Clock *
get_clock (GMainContext *context)
{
  Clock *clock;

  G_LOCK (clocks);
  if (clocks == NULL)
    clocks = g_hash_table_new (NULL, NULL);
  clock = g_hash_table_lookup (clocks, context);
  if (clock == NULL) {
    clock = g_new0 (Clock, 1);
    clock->context = g_main_context_ref (context);
    clock->due = g_sequence_new (NULL);
    g_mutex_init (&clock->lock);
    clock->source = g_source_new (&clock_functions, sizeof (ClockSource));
    ((ClockSource *) clock->source)->clock = clock;
    g_source_attach (clock->source, context);
    g_hash_table_insert (clocks, context, clock);
  }
  clock->users++;
  G_UNLOCK (clocks);
  return clock;
}

/**
 * gst_ice_alarm_new:
 * @context: of the I/O thread
 * @function: runs there at the time of gst_ice_alarm_set()
 * @user_data: for @function
 *
 * Any thread.
 *
 * Returns: (transfer full): an alarm that is not set
 */
GstIceAlarm *
gst_ice_alarm_new (
    GMainContext *context, GstIceAlarmFunc function, gpointer user_data)
{
  GstIceAlarm *alarm = g_new0 (GstIceAlarm, 1);

  g_atomic_ref_count_init (&alarm->references);
  alarm->clock = get_clock (context);
  alarm->function = function;
  alarm->user_data = user_data;
  return alarm;
}

/**
 * gst_ice_alarm_ref:
 * @alarm: an alarm
 *
 * Returns: (transfer full): @alarm, to set it
 */
GstIceAlarm *
gst_ice_alarm_ref (GstIceAlarm *alarm)
{
  g_atomic_ref_count_inc (&alarm->references);
  return alarm;
}

/**
 * gst_ice_alarm_unref:
 * @alarm: (transfer full): an alarm
 */
void
gst_ice_alarm_unref (GstIceAlarm *alarm)
{
  if (!g_atomic_ref_count_dec (&alarm->references))
    return;
  clock_unref (alarm->clock);
  g_free (alarm);
}

/**
 * gst_ice_alarm_free:
 * @alarm: (transfer full): an alarm
 *
 * The I/O thread. It does not run any more, even if it is set.
 */
void
gst_ice_alarm_free (GstIceAlarm *alarm)
{
  g_mutex_lock (&alarm->clock->lock);
  alarm->freed = TRUE;
  unset (alarm);
  arm (alarm->clock);
  g_mutex_unlock (&alarm->clock->lock);
  gst_ice_alarm_unref (alarm);
}

/**
 * gst_ice_alarm_set:
 * @alarm: an alarm
 * @when: g_get_monotonic_time() when it runs, once; 0 = in the next turn, -1 =
 *   never
 *
 * Any thread; never blocks.
 */
void
gst_ice_alarm_set (GstIceAlarm *alarm, gint64 when)
{
  Clock *clock = alarm->clock;

  g_mutex_lock (&clock->lock);
  /* where that time is set already, the alarm keeps its place */
  if (alarm->iter == NULL || alarm->when != when) {
    unset (alarm);
    if (when >= 0 && !alarm->freed)
      insert (alarm, when);
    arm (clock);
  }
  g_mutex_unlock (&clock->lock);
}

/**
 * gst_ice_alarm_is_set:
 * @alarm: an alarm
 *
 * Any thread.
 *
 * Returns: whether it will run
 */
gboolean
gst_ice_alarm_is_set (GstIceAlarm *alarm)
{
  gboolean set;

  g_mutex_lock (&alarm->clock->lock);
  set = alarm->iter != NULL;
  g_mutex_unlock (&alarm->clock->lock);
  return set;
}
