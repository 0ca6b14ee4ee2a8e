/* gst-ice: a GMainContext that the streaming thread or the I/O thread iterates.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * While the streaming thread is about to come back, the I/O thread does not
 * watch the context: it would wake up for each datagram. A periodic tick
 * detects that the streaming thread stays away. */

#include "iothread/gsticesharedcontext.h"
#include "iothread/gsticealarm.h"
#include "iothread/gsticefdwatch.h"

/* After this time the I/O thread takes over from a streaming thread that stays
 * away. */
#define TICK (50 * G_TIME_SPAN_MILLISECOND)

/* Descriptors that the library may have open at once for one transport, TCP
 * included. */
#define MAX_FDS 256

typedef enum
{
  NOBODY,
  IO_THREAD,
  READER
} Driver;

struct _GstIceSharedContext
{
  gatomicrefcount references;
  GMainContext *context;
  GstIceSharedContextFuncs functions;
  gpointer user_data;
  GSource *timer; /* ends the reader's wait */
  guint turn;     /* atomic: how often it was iterated */

  GMutex lock;
  GCond cond; /* the driver has left */
  /* under the lock */
  Driver driver;
  gboolean is_watched; /* by the I/O thread */
  gboolean is_ticking;
  gboolean woken;
  gboolean closed;
  guint waiting; /* for the driver to leave */
  guint visits;  /* of the reader */
  guint visits_seen;

  /* I/O thread; NULL when closed */
  GstIceFdWatch *watch;
  GstIceAlarm *tick;
};

static gboolean
run_timer (GSource *source, GSourceFunc unused, gpointer unused_too)
{
  g_source_set_ready_time (source, -1);
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs timer_functions = { .dispatch = run_timer };

/* Under the lock. */
static void
wait_for_driver (GstIceSharedContext *self)
{
  self->waiting++;
  g_cond_wait (&self->cond, &self->lock);
  self->waiting--;
}

/* Under the lock. Signalling is a system call even where no thread waits. */
static void
signal_waiting (GstIceSharedContext *self)
{
  if (self->waiting > 0)
    g_cond_signal (&self->cond);
}

/* The I/O thread. It watches the descriptors that the context polls. */
static void
watch (GstIceSharedContext *self)
{
  GPollFD fds[MAX_FDS];
  gint priority, timeout = -1, n = 0;

  if (!g_main_context_acquire (self->context))
    return;
  g_main_context_prepare (self->context, &priority);
  n = g_main_context_query (
      self->context, G_MAXINT, &timeout, fds, G_N_ELEMENTS (fds));
  g_main_context_release (self->context);
  gst_ice_fd_watch_set (self->watch, fds, MIN (n, MAX_FDS));
  if (timeout >= 0)
    gst_ice_alarm_set (self->tick,
        timeout == 0
            ? 0
            : g_get_monotonic_time () + timeout * G_TIME_SPAN_MILLISECOND);
}

/* The driver. Returns: whether something was dispatched */
static gboolean
iterate (GstIceSharedContext *self, gboolean block)
{
  g_atomic_int_inc (&self->turn);
  if (self->functions.before != NULL)
    self->functions.before (self->user_data);
  return g_main_context_iteration (self->context, block);
}

/* The I/O thread. A function may close the context. */
static void
drive (GstIceSharedContext *self)
{
  gst_ice_shared_context_ref (self);
  /* GLib wakes the context after it has dispatched the source of a descriptor;
   * this takes that, instead of one more turn. */
  if (iterate (self, FALSE))
    g_main_context_pending (self->context);
  if (self->functions.after != NULL)
    self->functions.after (self->user_data);
  if (self->watch != NULL)
    watch (self);
  g_mutex_lock (&self->lock);
  self->driver = NOBODY;
  self->is_watched = !self->closed;
  signal_waiting (self);
  g_mutex_unlock (&self->lock);
  gst_ice_shared_context_unref (self);
}

static void
on_ready (gpointer data)
{
  GstIceSharedContext *self = data;
  gboolean mine;

  g_mutex_lock (&self->lock);
  mine = self->driver == NOBODY && self->is_watched;
  if (mine)
    self->driver = IO_THREAD;
  g_mutex_unlock (&self->lock);
  if (mine)
    drive (self);
}

/* Under the lock. Returns: whether the reader is away for good */
static gboolean
is_left_alone (GstIceSharedContext *self)
{
  gboolean came = self->visits != self->visits_seen;

  if (self->is_watched)
    return TRUE;
  self->visits_seen = self->visits;
  if (came) {
    gst_ice_alarm_set (self->tick, g_get_monotonic_time () + TICK);
    return FALSE;
  }
  self->is_ticking = FALSE;
  return self->driver == NOBODY;
}

static void
on_tick (gpointer data)
{
  GstIceSharedContext *self = data;
  gboolean mine;

  g_mutex_lock (&self->lock);
  mine = is_left_alone (self) && self->driver == NOBODY;
  if (mine)
    self->driver = IO_THREAD;
  g_mutex_unlock (&self->lock);
  if (mine)
    drive (self);
}

/**
 * gst_ice_shared_context_new:
 * @io: (transfer none): the I/O thread's context
 * @functions: functions that run around iterations
 * @user_data: for @functions
 *
 * The I/O thread, which iterates it at first.
 *
 * Returns: (transfer full): an empty context; gst_ice_shared_context_close() it
 */
GstIceSharedContext *
gst_ice_shared_context_new (GMainContext *io,
    const GstIceSharedContextFuncs *functions, gpointer user_data)
{
  GstIceSharedContext *self = g_new0 (GstIceSharedContext, 1);

  g_atomic_ref_count_init (&self->references);
  /* a source that is added while no thread polls is noticed too */
  self->context = g_main_context_new_with_flags (
      G_MAIN_CONTEXT_FLAGS_OWNERLESS_POLLING);
  self->functions = *functions;
  self->user_data = user_data;
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->timer = g_source_new (&timer_functions, sizeof (GSource));
  g_source_attach (self->timer, self->context);
  self->watch = gst_ice_fd_watch_new (io, on_ready, self);
  self->tick = gst_ice_alarm_new (io, on_tick, self);
  self->is_watched = TRUE;
  watch (self);
  return self;
}

/**
 * gst_ice_shared_context_ref:
 * @self: a context
 *
 * Returns: (transfer full): @self
 */
GstIceSharedContext *
gst_ice_shared_context_ref (GstIceSharedContext *self)
{
  g_atomic_ref_count_inc (&self->references);
  return self;
}

/**
 * gst_ice_shared_context_unref:
 * @self: (transfer full): a context
 *
 * Any thread.
 */
void
gst_ice_shared_context_unref (GstIceSharedContext *self)
{
  if (!g_atomic_ref_count_dec (&self->references))
    return;
  g_assert (self->watch == NULL); /* it was closed */
  g_source_destroy (self->timer);
  g_source_unref (self->timer);
  g_main_context_unref (self->context);
  g_cond_clear (&self->cond);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/**
 * gst_ice_shared_context_close:
 * @self: a context
 *
 * The I/O thread. No thread iterates the context when this returns.
 */
void
gst_ice_shared_context_close (GstIceSharedContext *self)
{
  g_mutex_lock (&self->lock);
  self->closed = TRUE;
  self->is_watched = FALSE;
  g_main_context_wakeup (self->context);
  while (self->driver == READER)
    wait_for_driver (self);
  g_mutex_unlock (&self->lock);
  g_clear_pointer (&self->watch, gst_ice_fd_watch_free);
  g_clear_pointer (&self->tick, gst_ice_alarm_free);
}

/**
 * gst_ice_shared_context_get:
 * @self: a context
 *
 * Returns: (transfer none): where sources are attached
 */
GMainContext *
gst_ice_shared_context_get (GstIceSharedContext *self)
{
  return self->context;
}

/**
 * gst_ice_shared_context_get_iteration:
 * @self: a context
 *
 * Any thread.
 *
 * Returns: the number of the present iteration, or of the last one
 */
guint
gst_ice_shared_context_get_iteration (GstIceSharedContext *self)
{
  return (guint) g_atomic_int_get (&self->turn);
}

/* Returns: whether something may come */
static gboolean
begin (GstIceSharedContext *self, gboolean *block)
{
  gboolean closed;

  g_mutex_lock (&self->lock);
  while (self->driver == IO_THREAD)
    wait_for_driver (self);
  closed = self->closed;
  if (!closed) {
    if (self->is_watched)
      gst_ice_fd_watch_set (self->watch, NULL, 0);
    self->is_watched = FALSE;
    self->driver = READER;
    self->visits++;
  }
  *block = !self->woken;
  self->woken = FALSE;
  g_mutex_unlock (&self->lock);
  return !closed;
}

static void
end_visit (GstIceSharedContext *self)
{
  g_mutex_lock (&self->lock);
  self->driver = NOBODY;
  self->woken = FALSE;
  signal_waiting (self);
  if (!self->closed && !self->is_ticking) {
    self->is_ticking = TRUE;
    gst_ice_alarm_set (self->tick, g_get_monotonic_time () + TICK);
  }
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_shared_context_iterate:
 * @self: a context
 * @wait: whether to wait where there is nothing to dispatch
 * @end: g_get_monotonic_time() when to wait no longer; -1 = never
 *
 * The streaming thread, one at a time. Waits until something was dispatched, or
 * gst_ice_shared_context_wake(), or the end; it may return early.
 */
void
gst_ice_shared_context_iterate (
    GstIceSharedContext *self, gboolean wait, gint64 end)
{
  gboolean block;

  if (!begin (self, &block))
    return;
  if (g_source_get_ready_time (self->timer) != end)
    g_source_set_ready_time (self->timer, end);
  iterate (self, block && wait);
  end_visit (self);
}

/**
 * gst_ice_shared_context_leave:
 * @self: a context
 *
 * Any thread. The reader will not be back: the I/O thread takes over at once.
 */
void
gst_ice_shared_context_leave (GstIceSharedContext *self)
{
  g_mutex_lock (&self->lock);
  self->visits_seen = self->visits;
  if (!self->closed && !self->is_watched)
    gst_ice_alarm_set (self->tick, 0);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_shared_context_wake:
 * @self: a context
 *
 * Any thread; never blocks. A reader that waits, or is about to, returns.
 */
void
gst_ice_shared_context_wake (GstIceSharedContext *self)
{
  gboolean awake;

  g_mutex_lock (&self->lock);
  awake = self->driver == READER && g_main_context_is_owner (self->context);
  if (!awake)
    self->woken = TRUE;
  g_mutex_unlock (&self->lock);
  if (!awake)
    g_main_context_wakeup (self->context);
}
