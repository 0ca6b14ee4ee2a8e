/* gst-ice: the process's one I/O thread.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "iothread/gsticeio.h"
#include "iothread/gsticedescriptors.h"

struct _GstIceIo
{
  gint users; /* under the lock */
  GThread *thread;
  GMainContext *context;
  GMainLoop *loop;
};

G_LOCK_DEFINE_STATIC (current);
static GstIceIo *current;

static gpointer
run (gpointer data)
{
  GstIceIo *io = data;

  /* The thread has references of its own: io may be freed before it ends. */
  g_autoptr (GMainContext) context = g_main_context_ref (io->context);
  g_autoptr (GMainLoop) loop = g_main_loop_ref (io->loop);

  g_main_context_push_thread_default (context);
  g_main_loop_run (loop);
  /* Calls that were queued up to the end still run. */
  while (g_main_context_iteration (context, FALSE))
    continue;
  g_main_context_pop_thread_default (context);
  return NULL;
}

static gboolean
quit (gpointer loop)
{
  g_main_loop_quit (loop);
  return G_SOURCE_REMOVE;
}

/* GLib makes its worker thread with the first GTask, and the default context
 * when a thread pushes another one; each takes a descriptor. They are made now,
 * because later there may be none. */
static GstIceIo *
start (void)
{
  GstIceIo *io = g_new0 (GstIceIo, 1);

  g_type_ensure (G_TYPE_TASK);
  g_main_context_default ();
  io->users = 1;
  io->context = g_main_context_new ();
  io->loop = g_main_loop_new (io->context, FALSE);
  io->thread = g_thread_new ("ice-io", run, io);
  return io;
}

/**
 * gst_ice_io_acquire:
 *
 * Any thread. Starts the I/O thread where it does not run.
 *
 * Returns: (transfer full) (nullable): the process's I/O thread; release it
 *   with gst_ice_io_release(). %NULL where no descriptor is left for it, which
 *   gst_ice_descriptors_check() reports
 */
GstIceIo *
gst_ice_io_acquire (void)
{
  GstIceIo *io;

  G_LOCK (current);
  if (current == NULL
      && gst_ice_descriptors_check (GST_ICE_DESCRIPTORS_SPARE, NULL))
    current = start ();
  else if (current != NULL)
    current->users++;
  io = current;
  G_UNLOCK (current);
  return io;
}

/**
 * gst_ice_io_ref:
 * @io: an I/O thread that the caller holds
 *
 * Any thread.
 *
 * Returns: (transfer full): @io
 */
GstIceIo *
gst_ice_io_ref (GstIceIo *io)
{
  G_LOCK (current);
  io->users++;
  G_UNLOCK (current);
  return io;
}

/**
 * gst_ice_io_release:
 * @io: (transfer full): an I/O thread that the caller holds
 *
 * Any thread. The last user ends the thread; it waits for that, unless it is
 * that thread itself.
 */
void
gst_ice_io_release (GstIceIo *io)
{
  gboolean last;

  G_LOCK (current);
  last = --io->users == 0;
  if (last && current == io)
    current = NULL;
  G_UNLOCK (current);
  if (!last)
    return;

  if (gst_ice_io_is_current (io)) {
    g_main_loop_quit (io->loop);
    g_thread_unref (io->thread);
  } else {
    gst_ice_io_invoke (io, quit, io->loop, NULL);
    g_thread_join (io->thread);
  }
  g_main_loop_unref (io->loop);
  g_main_context_unref (io->context);
  g_free (io);
}

/**
 * gst_ice_io_get_context:
 * @io: an I/O thread
 *
 * Returns: (transfer none): the context it iterates
 */
GMainContext *
gst_ice_io_get_context (GstIceIo *io)
{
  return io->context;
}

/**
 * gst_ice_io_is_current:
 * @io: an I/O thread
 *
 * Returns: whether the caller runs in it
 */
gboolean
gst_ice_io_is_current (GstIceIo *io)
{
  return g_main_context_is_owner (io->context);
}

/**
 * gst_ice_io_invoke:
 * @io: an I/O thread
 * @function: (scope async): runs once in that thread
 * @data: for @function
 * @notify: (nullable): frees @data afterwards, in that thread
 *
 * Any thread, that one too. Calls run in the order in which they were queued,
 * never inside of this call.
 */
void
gst_ice_io_invoke (
    GstIceIo *io, GSourceFunc function, gpointer data, GDestroyNotify notify)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, function, data, notify);
  g_source_attach (source, io->context);
}

typedef struct
{
  GMutex lock;
  GCond cond;
  gboolean passed;
} Fence;

static void
fence_clear (gpointer data)
{
  Fence *fence = data;

  g_cond_clear (&fence->cond);
  g_mutex_clear (&fence->lock);
}

static gboolean
pass_fence (gpointer data)
{
  Fence *fence = data;

  g_mutex_lock (&fence->lock);
  fence->passed = TRUE;
  g_cond_signal (&fence->cond);
  g_mutex_unlock (&fence->lock);
  return G_SOURCE_REMOVE;
}

static void
fence_unref (gpointer fence)
{
  g_atomic_rc_box_release_full (fence, fence_clear);
}

/**
 * gst_ice_io_synchronize:
 * @io: an I/O thread
 * @end: g_get_monotonic_time() when to wait no longer
 *
 * Any other thread. Waits until the calls that were queued before have run.
 */
void
gst_ice_io_synchronize (GstIceIo *io, gint64 end)
{
  Fence *fence = g_atomic_rc_box_new0 (Fence);

  g_mutex_init (&fence->lock);
  g_cond_init (&fence->cond);
  gst_ice_io_invoke (
      io, pass_fence, g_atomic_rc_box_acquire (fence), fence_unref);
  g_mutex_lock (&fence->lock);
  while (!fence->passed)
    if (!g_cond_wait_until (&fence->cond, &fence->lock, end))
      break;
  g_mutex_unlock (&fence->lock);
  fence_unref (fence);
}
