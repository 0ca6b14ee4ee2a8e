/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GLib is not built for ThreadSanitizer, which therefore sees no lock of GLib's
 * and takes everything for a race. This library, loaded before GLib, wraps the
 * functions that order threads and reports them. */
#include <dlfcn.h>
#include <gst/gst.h>
#include <string.h>

/* Not there in a program without ThreadSanitizer that a test starts. */
void __tsan_acquire (void *address) __attribute__ ((weak));
void __tsan_release (void *address) __attribute__ ((weak));

static void
acquire (gconstpointer address)
{
  if (__tsan_acquire != NULL)
    __tsan_acquire ((gpointer) address);
}

static void
release (gconstpointer address)
{
  if (__tsan_release != NULL)
    __tsan_release ((gpointer) address);
}

#define REAL(name)                                                             \
  static __typeof__ (name) *real;                                              \
  if (real == NULL)                                                            \
  real = (__typeof__ (name) *) dlsym (RTLD_NEXT, #name)

/* Locks. */

#define WRAP_LOCK(type, lock, trylock, unlock)                                 \
  void lock (type *mutex)                                                      \
  {                                                                            \
    REAL (lock);                                                               \
    real (mutex);                                                              \
    acquire (mutex);                                                           \
  }                                                                            \
  gboolean trylock (type *mutex)                                               \
  {                                                                            \
    gboolean taken;                                                            \
    REAL (trylock);                                                            \
    taken = real (mutex);                                                      \
    if (taken)                                                                 \
      acquire (mutex);                                                         \
    return taken;                                                              \
  }                                                                            \
  void unlock (type *mutex)                                                    \
  {                                                                            \
    REAL (unlock);                                                             \
    release (mutex);                                                           \
    real (mutex);                                                              \
  }

WRAP_LOCK (GMutex, g_mutex_lock, g_mutex_trylock, g_mutex_unlock)
WRAP_LOCK (GRecMutex, g_rec_mutex_lock, g_rec_mutex_trylock, g_rec_mutex_unlock)

void
g_cond_wait (GCond *cond, GMutex *mutex)
{
  REAL (g_cond_wait);
  release (mutex);
  real (cond, mutex);
  acquire (mutex);
}

gboolean
g_cond_wait_until (GCond *cond, GMutex *mutex, gint64 end)
{
  gboolean woken;
  REAL (g_cond_wait_until);

  release (mutex);
  woken = real (cond, mutex, end);
  acquire (mutex);
  return woken;
}

gboolean (g_once_init_enter) (volatile void *location)
{
  gboolean first;
  REAL (g_once_init_enter);

  first = real (location);
  if (!first)
    acquire ((gconstpointer) location);
  return first;
}

void (g_once_init_leave) (volatile void *location, gsize result)
{
  REAL (g_once_init_leave);
  release ((gconstpointer) location);
  real (location, result);
}

/* The last reference: who drops it has everybody else behind. */

#define WRAP_UNREF(type, unref)                                                \
  void unref (type object)                                                     \
  {                                                                            \
    REAL (unref);                                                              \
    release (object);                                                          \
    acquire (object);                                                          \
    real (object);                                                             \
  }

WRAP_UNREF (gpointer, g_object_unref)
WRAP_UNREF (GstMiniObject *, gst_mini_object_unref)
WRAP_UNREF (GMainContext *, g_main_context_unref)
WRAP_UNREF (GSource *, g_source_unref)

gboolean (g_atomic_ref_count_dec) (gatomicrefcount *count)
{
  gboolean last;
  REAL (g_atomic_ref_count_dec);

  release (count);
  last = real (count);
  acquire (count);
  return last;
}

gpointer (g_weak_ref_get) (GWeakRef *weak)
{
  gpointer object;
  REAL (g_weak_ref_get);

  object = real (weak);
  acquire (weak);
  return object;
}

/* Memory that one thread gives back and another one gets. */

gpointer (g_slice_alloc) (gsize size)
{
  gpointer memory;
  REAL (g_slice_alloc);

  memory = real (size);
  acquire (memory);
  return memory;
}

gpointer (g_slice_alloc0) (gsize size)
{
  return memset (g_slice_alloc (size), 0, size);
}

void (g_slice_free1) (gsize size, gpointer memory)
{
  REAL (g_slice_free1);
  release (memory);
  real (size, memory);
}

/* Queues. */

#define WRAP_PUSH(push)                                                        \
  void push (GAsyncQueue *queue, gpointer data)                                \
  {                                                                            \
    REAL (push);                                                               \
    release (queue);                                                           \
    real (queue, data);                                                        \
  }

#define WRAP_POP(pop, parameters, arguments)                                   \
  gpointer pop parameters                                                      \
  {                                                                            \
    gpointer data;                                                             \
    REAL (pop);                                                                \
    data = real arguments;                                                     \
    acquire (queue);                                                           \
    return data;                                                               \
  }

WRAP_PUSH (g_async_queue_push)
WRAP_PUSH (g_async_queue_push_unlocked)
WRAP_POP (g_async_queue_pop, (GAsyncQueue * queue), (queue))
WRAP_POP (g_async_queue_pop_unlocked, (GAsyncQueue * queue), (queue))
WRAP_POP (g_async_queue_try_pop, (GAsyncQueue * queue), (queue))
WRAP_POP (g_async_queue_try_pop_unlocked, (GAsyncQueue * queue), (queue))
WRAP_POP (g_async_queue_timeout_pop, (GAsyncQueue * queue, guint64 timeout),
    (queue, timeout))

/* Calls that are queued for another thread. */

typedef struct
{
  GSource *source;
  GSourceFunc function;
  gpointer data;
  GDestroyNotify notify;
} Call;

static gboolean
run (gpointer data)
{
  Call *call = data;

  acquire (call->source);
  return call->function (call->data);
}

static void
call_free (gpointer data)
{
  Call *call = data;

  release (call->source);
  acquire (call->source);
  if (call->notify != NULL)
    call->notify (call->data);
  g_free (call);
}

void
g_source_set_callback (
    GSource *source, GSourceFunc function, gpointer data, GDestroyNotify notify)
{
  Call *call;
  REAL (g_source_set_callback);

  /* others' functions have other arguments */
  if (source->source_funcs != &g_idle_funcs
      && source->source_funcs != &g_timeout_funcs) {
    real (source, function, data, notify);
    return;
  }
  call = g_new0 (Call, 1);
  call->source = source;
  call->function = function;
  call->data = data;
  call->notify = notify;
  real (source, run, call, call_free);
}

guint
g_source_attach (GSource *source, GMainContext *context)
{
  REAL (g_source_attach);
  release (source);
  return real (source, context);
}

void
g_main_loop_quit (GMainLoop *loop)
{
  REAL (g_main_loop_quit);
  release (loop);
  real (loop);
}

void
g_main_loop_run (GMainLoop *loop)
{
  REAL (g_main_loop_run);
  real (loop);
  acquire (loop);
}
