/* gst-ice: descriptors that the I/O thread watches.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "iothread/gsticefdwatch.h"
#include <errno.h>
#include <string.h>
#ifdef __linux__
#include <sys/epoll.h>
#include <unistd.h>
#endif

/* Descriptors that one turn handles at most; the others wait for the next one.
 */
#define MAX_EVENTS 64

/* All watches of one context. */
typedef struct
{
  guint users; /* watches; under the lock below */
  GMainContext *context;
  GSource *source;
  gint epoll; /* -1: each descriptor is one of the source's */

  GMutex lock;         /* only the context's own lock is taken under it */
  GHashTable *watches; /* number -> GstIceFdWatch */
  guint next_number;
} Set;

struct _GstIceFdWatch
{
  Set *set;
  guint number; /* the number by which the kernel reports it, perhaps late */
  GstIceFdWatchFunc function;
  gpointer user_data;
  GArray *fds;  /* of GPollFD; under the set's lock */
  GArray *tags; /* of gpointer, where there is no epoll */
};

typedef struct
{
  GSource source;
  Set *set;
} SetSource;

G_LOCK_DEFINE_STATIC (sets);
static GHashTable *sets; /* GMainContext -> Set */

#ifdef __linux__

static gint
open_epoll (void)
{
  return epoll_create1 (EPOLL_CLOEXEC);
}

/* A descriptor may have been closed meanwhile, which took it out of the set,
 * and another may have got its number. Under the lock. */
static void
add_to_epoll (const GstIceFdWatch *watch, const GPollFD *fd)
{
  struct epoll_event event = { .events = 0, .data.u64 = watch->number };

  if (fd->events & G_IO_IN)
    event.events |= EPOLLIN;
  if (fd->events & G_IO_OUT)
    event.events |= EPOLLOUT;
  if (fd->events & G_IO_PRI)
    event.events |= EPOLLPRI;
  if (epoll_ctl (watch->set->epoll, EPOLL_CTL_MOD, fd->fd, &event) != 0
      && errno == ENOENT)
    epoll_ctl (watch->set->epoll, EPOLL_CTL_ADD, fd->fd, &event);
}

static void
remove_from_epoll (const GstIceFdWatch *watch, gint fd)
{
  epoll_ctl (watch->set->epoll, EPOLL_CTL_DEL, fd, NULL);
}

static guint
list_ready_by_epoll (Set *set, guint *numbers)
{
  struct epoll_event events[MAX_EVENTS];
  gint n = epoll_wait (set->epoll, events, MAX_EVENTS, 0), i;

  for (i = 0; i < n; i++)
    numbers[i] = (guint) events[i].data.u64;
  return MAX (n, 0);
}

static void
close_epoll (Set *set)
{
  if (set->epoll >= 0)
    close (set->epoll);
}

#else

static gint
open_epoll (void)
{
  return -1;
}

static void
add_to_epoll (const GstIceFdWatch *watch, const GPollFD *fd)
{
}

static void
remove_from_epoll (const GstIceFdWatch *watch, gint fd)
{
}

static guint
list_ready_by_epoll (Set *set, guint *numbers)
{
  return 0;
}

static void
close_epoll (Set *set)
{
}

#endif

/* Under the lock. */
static gboolean
is_ready (const GstIceFdWatch *watch)
{
  guint i;

  for (i = 0; i < watch->tags->len; i++)
    if (g_source_query_unix_fd (
            watch->set->source, g_array_index (watch->tags, gpointer, i))
        != 0)
      return TRUE;
  return FALSE;
}

static guint
list_ready (Set *set, guint *numbers)
{
  GHashTableIter iter;
  gpointer watch;
  guint n = 0;

  if (set->epoll >= 0)
    return list_ready_by_epoll (set, numbers);
  g_mutex_lock (&set->lock);
  g_hash_table_iter_init (&iter, set->watches);
  while (n < MAX_EVENTS && g_hash_table_iter_next (&iter, NULL, &watch))
    if (is_ready (watch))
      numbers[n++] = ((GstIceFdWatch *) watch)->number;
  g_mutex_unlock (&set->lock);
  return n;
}

static void
set_unref (Set *set)
{
  gboolean last;

  G_LOCK (sets);
  last = --set->users == 0;
  if (last)
    g_hash_table_remove (sets, set->context);
  G_UNLOCK (sets);
  if (!last)
    return;
  g_source_destroy (set->source);
  g_source_unref (set->source);
  close_epoll (set);
  g_hash_table_unref (set->watches);
  g_main_context_unref (set->context);
  g_mutex_clear (&set->lock);
  g_free (set);
}

/* A function may free any watch of the context's. */
static gboolean
dispatch (GSource *source, GSourceFunc unused, gpointer unused_too)
{
  Set *set = ((SetSource *) source)->set;
  guint numbers[MAX_EVENTS], n, i;

  G_LOCK (sets);
  set->users++;
  G_UNLOCK (sets);
  n = list_ready (set, numbers);
  for (i = 0; i < n; i++) {
    const GstIceFdWatch *watch;

    g_mutex_lock (&set->lock);
    watch = g_hash_table_lookup (set->watches, GUINT_TO_POINTER (numbers[i]));
    g_mutex_unlock (&set->lock);
    if (watch != NULL) /* only this thread frees it */
      watch->function (watch->user_data);
  }
  set_unref (set);
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs set_functions = { .dispatch = dispatch };

static Set *
set_new (GMainContext *context)
{
  Set *set = g_new0 (Set, 1);

  set->context = g_main_context_ref (context);
  set->watches = g_hash_table_new (NULL, NULL);
  g_mutex_init (&set->lock);
  set->epoll = open_epoll ();
  set->source = g_source_new (&set_functions, sizeof (SetSource));
  ((SetSource *) set->source)->set = set;
  /* GLib takes the descriptor of a source that cannot recurse out of the poll
   * while it dispatches, and wakes the context afterwards. */
  g_source_set_can_recurse (set->source, TRUE);
  if (set->epoll >= 0)
    g_source_add_unix_fd (set->source, set->epoll, G_IO_IN);
  g_source_attach (set->source, context);
  return set;
}

static Set *
get_set (GMainContext *context)
{
  Set *set;

  G_LOCK (sets);
  if (sets == NULL)
    sets = g_hash_table_new (NULL, NULL);
  set = g_hash_table_lookup (sets, context);
  if (set == NULL) {
    set = set_new (context);
    g_hash_table_insert (sets, context, set);
  }
  set->users++;
  G_UNLOCK (sets);
  return set;
}

/**
 * gst_ice_fd_watch_new:
 * @context: of the I/O thread
 * @function: runs there, again and again, while a descriptor is ready
 * @user_data: for @function
 *
 * Any thread.
 *
 * Returns: (transfer full): a watch of no descriptors
 */
GstIceFdWatch *
gst_ice_fd_watch_new (
    GMainContext *context, GstIceFdWatchFunc function, gpointer user_data)
{
  GstIceFdWatch *watch = g_new0 (GstIceFdWatch, 1);
  Set *set = get_set (context);

  watch->set = set;
  watch->function = function;
  watch->user_data = user_data;
  watch->fds = g_array_new (FALSE, FALSE, sizeof (GPollFD));
  watch->tags = g_array_new (FALSE, FALSE, sizeof (gpointer));
  g_mutex_lock (&set->lock);
  do {
    watch->number = set->next_number++;
  } while (
      g_hash_table_contains (set->watches, GUINT_TO_POINTER (watch->number)));
  g_hash_table_insert (set->watches, GUINT_TO_POINTER (watch->number), watch);
  g_mutex_unlock (&set->lock);
  return watch;
}

/**
 * gst_ice_fd_watch_free:
 * @watch: (transfer full): a watch that is not set any more
 *
 * The I/O thread.
 */
void
gst_ice_fd_watch_free (GstIceFdWatch *watch)
{
  Set *set = watch->set;

  gst_ice_fd_watch_set (watch, NULL, 0);
  g_mutex_lock (&set->lock);
  g_hash_table_remove (set->watches, GUINT_TO_POINTER (watch->number));
  g_mutex_unlock (&set->lock);
  g_array_unref (watch->fds);
  g_array_unref (watch->tags);
  g_free (watch);
  set_unref (set);
}

static gboolean
contains (const GPollFD *fds, guint n, gint fd)
{
  guint i;

  for (i = 0; i < n; i++)
    if (fds[i].fd == fd)
      return TRUE;
  return FALSE;
}

/* Under the lock. */
static void
set_by_epoll (GstIceFdWatch *watch, const GPollFD *fds, guint n)
{
  guint i;

  for (i = 0; i < watch->fds->len; i++) {
    gint old = g_array_index (watch->fds, GPollFD, i).fd;

    if (!contains (fds, n, old))
      remove_from_epoll (watch, old);
  }
  for (i = 0; i < n; i++)
    add_to_epoll (watch, &fds[i]);
  g_array_set_size (watch->fds, 0);
  g_array_append_vals (watch->fds, fds, n);
}

/* Under the lock. */
static void
set_by_source (GstIceFdWatch *watch, const GPollFD *fds, guint n)
{
  guint i;

  for (i = 0; i < watch->tags->len; i++)
    g_source_remove_unix_fd (
        watch->set->source, g_array_index (watch->tags, gpointer, i));
  g_array_set_size (watch->tags, 0);
  for (i = 0; i < n; i++) {
    gpointer tag = g_source_add_unix_fd (
        watch->set->source, fds[i].fd, fds[i].events);

    g_array_append_val (watch->tags, tag);
  }
}

/**
 * gst_ice_fd_watch_set:
 * @watch: a watch
 * @fds: (array length=n) (nullable): descriptors, and the conditions to watch
 *   each for, instead of those before
 * @n: how many; 0 = none
 *
 * Any thread; never blocks. Descriptors that were closed are no longer watched;
 * one that got the number of another has to be set again.
 */
void
gst_ice_fd_watch_set (GstIceFdWatch *watch, const GPollFD *fds, guint n)
{
  g_mutex_lock (&watch->set->lock);
  if (watch->set->epoll >= 0)
    set_by_epoll (watch, fds, n);
  else
    set_by_source (watch, fds, n);
  g_mutex_unlock (&watch->set->lock);
}
