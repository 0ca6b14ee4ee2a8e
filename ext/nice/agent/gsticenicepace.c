/* gst-ice: the pace of one NiceAgent's connectivity checks.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "agent/gsticenicepace.h"
#include "iothread/gsticealarm.h"
#include "trace/nicelog.h"
#include <string.h>

/* conncheck.c gives its timer this name. */
#define TIMER "Connectivity check schedule"
/* The timer is among the last sources of the context that were made: libnice
 * makes it when it has something to check, and then few others. */
#define MAX_SOURCES 64

struct _GstIceNicePace
{
  GstIceAlarm *due;      /* when the timer is to expire */
  GMainContext *context; /* not referenced: it is the agent's */
  gpointer agent;
  gint64 last; /* when a check was sent; under the agent's lock */

  GMutex lock;    /* a leaf */
  GSource *timer; /* libnice's; nullable */
};

static gboolean
never (gpointer data)
{
  return G_SOURCE_REMOVE;
}

/* Returns: the number that a source gets now */
static guint
get_next_id (GMainContext *context)
{
  g_autoptr (GSource) source = g_idle_source_new ();
  guint id;

  g_source_set_callback (source, never, NULL, NULL);
  id = g_source_attach (source, context);
  g_source_destroy (source);
  return id;
}

/* Under the agent's lock, as libnice frees it. Returns: (transfer none)
 * (nullable): libnice's timer */
static GSource *
find_timer (GMainContext *context)
{
  guint next = get_next_id (context), i;

  for (i = 1; i <= MAX_SOURCES && i < next; i++) {
    GSource *source = g_main_context_find_source_by_id (context, next - i);
    const gchar *name = source != NULL ? g_source_get_name (source) : NULL;

    if (name != NULL && strcmp (name, TIMER) == 0)
      return source;
  }
  return NULL;
}

static void
on_due (gpointer data)
{
  GstIceNicePace *self = data;

  g_mutex_lock (&self->lock);
  if (self->timer != NULL)
    g_source_set_ready_time (self->timer, 0);
  g_mutex_unlock (&self->lock);
}

/* Whether libnice has something to do at its next tick, by this line. After a
 * check it may have another one to send. */
static gboolean
is_work (NiceTraceKind kind)
{
  switch (kind) {
    case NICE_TRACE_REMOTE_SET:
    case NICE_TRACE_PAIR_ADDED:
    case NICE_TRACE_PAIR_UNFROZEN:
    case NICE_TRACE_TRIGGERED:
    case NICE_TRACE_ROLE_CONFLICT:
    case NICE_TRACE_NOMINATION_FLAGS: /* a check has succeeded */
    case NICE_TRACE_NOMINATING:
      return TRUE;
    default:
      return FALSE;
  }
}

/* libnice destroys the timer when it has nothing to check for a while. */
static void
keep_timer (GstIceNicePace *self)
{
  GSource *found = NULL;

  if (self->timer != NULL && !g_source_is_destroyed (self->timer))
    return;
  found = find_timer (self->context);
  g_mutex_lock (&self->lock);
  g_clear_pointer (&self->timer, g_source_unref);
  if (found != NULL)
    self->timer = g_source_ref (found);
  g_mutex_unlock (&self->lock);
}

/* With the agent's lock held. */
static void
on_trace (const NiceTraceEvent *event, gpointer data)
{
  GstIceNicePace *self = data;

  if (event->kind == NICE_TRACE_REQUEST_BUILT)
    self->last = g_get_monotonic_time ();
  else if (!is_work (event->kind))
    return;
  keep_timer (self);
  gst_ice_alarm_set (
      self->due, self->last + GST_ICE_NICE_PACE_TA * G_TIME_SPAN_MILLISECOND);
}

/**
 * gst_ice_nice_pace_new:
 * @io: the I/O thread's main context
 * @context: (transfer none): the main context of @agent, and of no other agent;
 *   outlives the pace
 * @agent: a NiceAgent, before it gathers
 *
 * I/O thread.
 *
 * Returns: (transfer full): the pace
 */
GstIceNicePace *
gst_ice_nice_pace_new (GMainContext *io, GMainContext *context, gpointer agent)
{
  GstIceNicePace *self = g_new0 (GstIceNicePace, 1);

  self->due = gst_ice_alarm_new (io, on_due, self);
  self->context = context;
  self->agent = agent;
  g_mutex_init (&self->lock);
  nice_log_watch (agent, FALSE, on_trace, self);
  return self;
}

/**
 * gst_ice_nice_pace_free:
 * @self: (transfer full): the pace
 *
 * I/O thread, without the agent's lock.
 */
void
gst_ice_nice_pace_free (GstIceNicePace *self)
{
  nice_log_unwatch (self->agent, self);
  gst_ice_alarm_free (self->due);
  g_clear_pointer (&self->timer, g_source_unref);
  g_mutex_clear (&self->lock);
  g_free (self);
}
