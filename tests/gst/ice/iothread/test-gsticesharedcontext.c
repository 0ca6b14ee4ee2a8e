/* gst-ice: test of gsticesharedcontext: who iterates, and that nothing is
 * missed. SPDX-License-Identifier: LGPL-2.1-or-later */

#include "iothread/gsticesharedcontext.h"
#include "iothread/gsticefdwatch.h"
#include "iothread/gsticeio.h"
#include <glib-unix.h>
#include <unistd.h>

#define PATIENCE (5 * G_TIME_SPAN_SECOND)
#define ROUNDS 400
#define TICK (50 * G_TIME_SPAN_MILLISECOND)
#define MAX_SOURCES 20 /* of a context in these tests */
/* With the context's own they are as many as one transport may have. */
#define MANY 255

/* A pipe that is read in the context, as a library would. */
typedef struct
{
  GstIceIo *io;
  GstIceSharedContext *context;
  gint fds[2];
  GSource *source;

  GMutex lock;
  GCond cond;
  /* under the lock */
  GThread *reader; /* who read last */
  guint n_read;
  guint before, after;
  gboolean closed;
} Fixture;

static gboolean
on_readable (gint fd, GIOCondition condition, gpointer data)
{
  Fixture *fixture = data;
  gchar octets[64];
  gssize n = read (fd, octets, sizeof (octets));

  g_assert_cmpint (n, >, 0);
  g_mutex_lock (&fixture->lock);
  fixture->reader = g_thread_self ();
  fixture->n_read += (guint) n;
  g_cond_signal (&fixture->cond);
  g_mutex_unlock (&fixture->lock);
  return G_SOURCE_CONTINUE;
}

static void
before (gpointer data)
{
  Fixture *fixture = data;

  g_mutex_lock (&fixture->lock);
  fixture->before++;
  g_mutex_unlock (&fixture->lock);
}

static void
after (gpointer data)
{
  Fixture *fixture = data;

  g_mutex_lock (&fixture->lock);
  g_assert_true (gst_ice_io_is_current (fixture->io));
  fixture->after++;
  g_mutex_unlock (&fixture->lock);
}

static gboolean
open_context (gpointer data)
{
  static const GstIceSharedContextFuncs functions = {
    .before = before,
    .after = after,
  };
  Fixture *fixture = data;

  fixture->context = gst_ice_shared_context_new (
      gst_ice_io_get_context (fixture->io), &functions, fixture);
  return G_SOURCE_REMOVE;
}

static gboolean
close_context (gpointer data)
{
  Fixture *fixture = data;

  gst_ice_shared_context_close (fixture->context);
  g_mutex_lock (&fixture->lock);
  fixture->closed = TRUE;
  g_mutex_unlock (&fixture->lock);
  return G_SOURCE_REMOVE;
}

static void
run_in_io (Fixture *fixture, GSourceFunc function)
{
  gst_ice_io_invoke (fixture->io, function, fixture, NULL);
  gst_ice_io_synchronize (fixture->io, g_get_monotonic_time () + PATIENCE);
}

static void
set_up (Fixture *fixture, gconstpointer unused)
{
  g_mutex_init (&fixture->lock);
  g_cond_init (&fixture->cond);
  g_assert_true (g_unix_open_pipe (fixture->fds, FD_CLOEXEC, NULL));
  fixture->io = gst_ice_io_acquire ();
  run_in_io (fixture, open_context);
  /* while nobody looks */
  fixture->source = g_unix_fd_source_new (fixture->fds[0], G_IO_IN);
  g_source_set_callback (
      fixture->source, G_SOURCE_FUNC (on_readable), fixture, NULL);
  g_source_attach (
      fixture->source, gst_ice_shared_context_get (fixture->context));
}

static void
tear_down (Fixture *fixture, gconstpointer unused)
{
  if (!fixture->closed)
    run_in_io (fixture, close_context);
  g_source_destroy (fixture->source);
  g_source_unref (fixture->source);
  gst_ice_shared_context_unref (fixture->context);
  gst_ice_io_release (fixture->io);
  close (fixture->fds[0]);
  close (fixture->fds[1]);
  g_cond_clear (&fixture->cond);
  g_mutex_clear (&fixture->lock);
}

static void
write_octet (Fixture *fixture)
{
  g_assert_cmpint (write (fixture->fds[1], "x", 1), ==, 1);
}

static guint
count_read (Fixture *fixture)
{
  guint n;

  g_mutex_lock (&fixture->lock);
  n = fixture->n_read;
  g_mutex_unlock (&fixture->lock);
  return n;
}

/* Returns: who read it */
static GThread *
wait_for (Fixture *fixture, guint n)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;
  GThread *reader;

  g_mutex_lock (&fixture->lock);
  while (fixture->n_read < n)
    g_assert_true (g_cond_wait_until (&fixture->cond, &fixture->lock, end));
  g_assert_cmpuint (fixture->n_read, ==, n);
  reader = fixture->reader;
  g_mutex_unlock (&fixture->lock);
  return reader;
}

static void
test_nobody_waits (Fixture *fixture, gconstpointer unused)
{
  guint i;

  for (i = 1; i <= 10; i++) {
    write_octet (fixture);
    g_assert_true (wait_for (fixture, i) != g_thread_self ());
  }
  g_mutex_lock (&fixture->lock);
  g_assert_cmpuint (fixture->before, >=, 10);
  g_assert_cmpuint (fixture->after, >=, 10 - 1); /* may not be over yet */
  g_mutex_unlock (&fixture->lock);
}

static void
visit (Fixture *fixture)
{
  guint n = count_read (fixture);

  while (count_read (fixture) == n)
    gst_ice_shared_context_iterate (
        fixture->context, TRUE, g_get_monotonic_time () + PATIENCE);
}

/* Whoever waits reads it himself. */
static void
test_reader (Fixture *fixture, gconstpointer unused)
{
  guint turn, i;

  /* takes over from the I/O thread */
  gst_ice_shared_context_wake (fixture->context);
  gst_ice_shared_context_iterate (fixture->context, TRUE, -1);
  turn = gst_ice_shared_context_get_iteration (fixture->context);
  for (i = 1; i <= 10; i++) {
    write_octet (fixture);
    visit (fixture);
    g_assert_true (wait_for (fixture, i) == g_thread_self ());
  }
  g_assert_cmpuint (
      gst_ice_shared_context_get_iteration (fixture->context) - turn, >=, 10);
}

/* A non-blocking iteration handles what is there, and never waits. */
static void
test_look (Fixture *fixture, gconstpointer unused)
{
  guint i;

  for (i = 0; i < 10; i++)
    gst_ice_shared_context_iterate (fixture->context, FALSE, -1);
  g_assert_cmpuint (count_read (fixture), ==, 0);
  write_octet (fixture);
  while (count_read (fixture) == 0)
    gst_ice_shared_context_iterate (fixture->context, FALSE, -1);
  wait_for (fixture, 1);
}

/* A reader that does not come back is no longer waited for. */
static void
test_reader_stays_away (Fixture *fixture, gconstpointer unused)
{
  guint i;

  for (i = 0; i < 3; i++) {
    gst_ice_shared_context_wake (fixture->context);
    gst_ice_shared_context_iterate (fixture->context, TRUE, -1);
    write_octet (fixture);
    g_assert_true (wait_for (fixture, i + 1) != g_thread_self ());
  }
}

static void
test_reader_leaves (Fixture *fixture, gconstpointer unused)
{
  gst_ice_shared_context_wake (fixture->context);
  gst_ice_shared_context_iterate (fixture->context, TRUE, -1);
  gst_ice_shared_context_leave (fixture->context);
  write_octet (fixture);
  g_assert_true (wait_for (fixture, 1) != g_thread_self ());
}

static void
test_end (Fixture *fixture, gconstpointer unused)
{
  gint64 end = g_get_monotonic_time () + 20 * G_TIME_SPAN_MILLISECOND;
  guint turn = gst_ice_shared_context_get_iteration (fixture->context);

  while (g_get_monotonic_time () < end)
    gst_ice_shared_context_iterate (fixture->context, TRUE, end);
  /* it sleeps meanwhile */
  g_assert_cmpuint (
      gst_ice_shared_context_get_iteration (fixture->context) - turn, <, 10);
  g_assert_cmpuint (count_read (fixture), ==, 0);
  /* it does not end a wait that has none */
  write_octet (fixture);
  visit (fixture);
}

static gpointer
wake_soon (gpointer data)
{
  Fixture *fixture = data;

  g_usleep (g_random_int_range (0, 2000));
  gst_ice_shared_context_wake (fixture->context);
  return NULL;
}

/* Before, while and after it falls asleep. */
static void
test_wake (Fixture *fixture, gconstpointer unused)
{
  guint i;

  for (i = 0; i < 50; i++) {
    GThread *thread = g_thread_new ("waker", wake_soon, fixture);

    g_usleep (g_random_int_range (0, 2000));
    gst_ice_shared_context_iterate (fixture->context, TRUE, -1);
    g_thread_join (thread);
    /* one that came too late was for the next wait */
    gst_ice_shared_context_wake (fixture->context);
    gst_ice_shared_context_iterate (fixture->context, TRUE, -1);
  }
}

static gpointer
read_until_closed (gpointer data)
{
  Fixture *fixture = data;
  gboolean closed = FALSE;

  while (!closed) {
    gst_ice_shared_context_iterate (fixture->context, TRUE, -1);
    g_mutex_lock (&fixture->lock);
    closed = fixture->closed;
    g_mutex_unlock (&fixture->lock);
  }
  return NULL;
}

static void
test_close (Fixture *fixture, gconstpointer unused)
{
  GThread *thread = g_thread_new ("reader", read_until_closed, fixture);
  guint n = 0;

  write_octet (fixture);
  wait_for (fixture, 1);
  run_in_io (fixture, close_context);
  g_thread_join (thread);
  n = count_read (fixture);
  write_octet (fixture);
  gst_ice_shared_context_iterate (fixture->context, TRUE, -1);
  g_assert_cmpuint (count_read (fixture), ==, n);
}

/* The reader comes and goes as it likes: all is read, and once. */
static void
test_coming_and_going (Fixture *fixture, gconstpointer unused)
{
  guint i;

  for (i = 1; i <= ROUNDS; i++) {
    write_octet (fixture);
    switch (g_random_int_range (0, 8)) {
      case 0:
        gst_ice_shared_context_leave (fixture->context);
        break;
      case 1:
        wait_for (fixture, i);
        break;
      case 2:
        gst_ice_shared_context_wake (fixture->context);
        gst_ice_shared_context_iterate (fixture->context, TRUE, -1);
        break;
      default:
        while (count_read (fixture) < i)
          gst_ice_shared_context_iterate (fixture->context, TRUE,
              g_get_monotonic_time () + G_TIME_SPAN_MILLISECOND);
        break;
    }
  }
  wait_for (fixture, ROUNDS);
}

/* A context whose I/O thread is the test itself. */
static GstIceSharedContext *
open_here (GMainContext *io)
{
  static const GstIceSharedContextFuncs functions = { NULL };

  return gst_ice_shared_context_new (io, &functions, NULL);
}

static void
close_here (GstIceSharedContext *context)
{
  gst_ice_shared_context_close (context);
  gst_ice_shared_context_unref (context);
}

static void
run_here (GMainContext *io)
{
  while (g_main_context_iteration (io, FALSE))
    continue;
}

/* The I/O thread has something to do as soon as the reader has left, not only
 * when it has stayed away for a while. */
static void
test_left (void)
{
  g_autoptr (GMainContext) io = g_main_context_new ();
  GstIceSharedContext *context = open_here (io);

  run_here (io);
  gst_ice_shared_context_leave (context); /* it was not there */
  g_assert_false (g_main_context_pending (io));
  gst_ice_shared_context_iterate (context, FALSE, -1);
  gst_ice_shared_context_leave (context);
  g_assert_true (g_main_context_pending (io));
  run_here (io);
  gst_ice_shared_context_leave (context);
  g_assert_false (g_main_context_pending (io));
  close_here (context);
}

/* The I/O thread looks after the reader now and then, also while it comes all
 * the time. */
static void
test_looks_after (void)
{
  g_autoptr (GMainContext) io = g_main_context_new ();
  GstIceSharedContext *context = open_here (io);
  gint64 end = g_get_monotonic_time () + PATIENCE;

  run_here (io);
  g_assert_false (g_main_context_pending (io));
  do {
    gst_ice_shared_context_iterate (context, FALSE, -1);
    g_assert_cmpint (g_get_monotonic_time (), <, end);
  } while (!g_main_context_pending (io));
  close_here (context);
}

/* When the next alarm of a context is due; -1: never. */
static gint64
get_due (GMainContext *context)
{
  gint64 due = -1;
  guint id;

  for (id = 1; id < MAX_SOURCES; id++) {
    GSource *source = g_main_context_find_source_by_id (context, id);

    if (source != NULL && g_source_get_ready_time (source) >= 0)
      due = g_source_get_ready_time (source);
  }
  return due;
}

/* It looks after a while, which begins when the reader has left. */
static void
test_tick (void)
{
  g_autoptr (GMainContext) io = g_main_context_new ();
  GstIceSharedContext *context = open_here (io);
  gint64 start = g_get_monotonic_time ();

  run_here (io);
  g_assert_cmpint (get_due (io), ==, -1);
  gst_ice_shared_context_iterate (context, FALSE, -1);
  g_assert_cmpint (get_due (io), >=, start + TICK);
  g_assert_cmpint (get_due (io), <=, g_get_monotonic_time () + TICK);
  g_usleep (TICK); /* the reader has come since it looked last: once more */
  start = g_get_monotonic_time ();
  run_here (io);
  g_assert_cmpint (get_due (io), >=, start + TICK);
  close_here (context);
}

static gboolean
count_timeout (gpointer count)
{
  ++*(guint *) count;
  return G_SOURCE_CONTINUE;
}

/* Timers of the context run while no reader comes. */
static void
test_timers (void)
{
  g_autoptr (GMainContext) io = g_main_context_new ();
  GstIceSharedContext *context = open_here (io);
  g_autoptr (GSource) source = g_timeout_source_new (1);
  gint64 end = g_get_monotonic_time () + PATIENCE;
  guint count = 0;

  g_source_set_callback (source, count_timeout, &count, NULL);
  g_source_attach (source, gst_ice_shared_context_get (context));
  while (count < 3) {
    run_here (io);
    g_assert_cmpint (g_get_monotonic_time (), <, end);
  }
  g_source_destroy (source);
  close_here (context);
}

/* The I/O thread wakes up when the first one is due, and not before. */
static void
test_due (void)
{
  g_autoptr (GMainContext) io = g_main_context_new ();
  GstIceSharedContext *context = open_here (io);
  g_autoptr (GSource) source = g_timeout_source_new (10000);
  gint64 begin = g_get_monotonic_time (), due;

  g_source_attach (source, gst_ice_shared_context_get (context));
  run_here (io);
  due = get_due (io);
  g_assert_cmpint (due, >=, begin + 10 * G_TIME_SPAN_SECOND - TICK);
  g_assert_cmpint (due, <=,
      g_get_monotonic_time () + 10 * G_TIME_SPAN_SECOND
          + G_TIME_SPAN_MILLISECOND);
  g_source_destroy (source);
  close_here (context);
}

static gboolean
count_up (gpointer count)
{
  ++*(guint *) count;
  g_assert_cmpuint (*(guint *) count, <, MAX_SOURCES); /* it ends */
  return G_SOURCE_CONTINUE;
}

/* A source that is always due runs once in each turn of the I/O thread, which
 * has other ones. */
static void
test_busy (void)
{
  g_autoptr (GMainContext) io = g_main_context_new ();
  GstIceSharedContext *context = open_here (io);
  g_autoptr (GSource) source = g_idle_source_new ();
  guint count = 0, i;

  run_here (io);
  g_source_set_callback (source, count_up, &count, NULL);
  g_source_attach (source, gst_ice_shared_context_get (context));
  for (i = 0; i < 10; i++) {
    guint before = count;

    g_assert_true (g_main_context_iteration (io, TRUE));
    g_assert_cmpuint (count, ==, before + 1);
  }
  g_source_destroy (source);
  close_here (context);
}

static gboolean
count_octet (gint fd, GIOCondition condition, gpointer count)
{
  gchar octet;

  g_assert_cmpint (read (fd, &octet, 1), ==, 1);
  ++*(guint *) count;
  return G_SOURCE_CONTINUE;
}

/* Each of many descriptors is watched. */
static void
test_many (void)
{
  g_autoptr (GMainContext) io = g_main_context_new ();
  GstIceSharedContext *context = open_here (io);
  GSource *sources[MANY];
  gint fds[MANY][2];
  guint i, count = 0;

  for (i = 0; i < MANY; i++) {
    g_assert_true (g_unix_open_pipe (fds[i], FD_CLOEXEC, NULL));
    sources[i] = g_unix_fd_source_new (fds[i][0], G_IO_IN);
    g_source_set_callback (
        sources[i], G_SOURCE_FUNC (count_octet), &count, NULL);
    g_source_attach (sources[i], gst_ice_shared_context_get (context));
  }
  run_here (io);
  for (i = 0; i < MANY; i++) {
    g_assert_cmpint (write (fds[i][1], "x", 1), ==, 1);
    run_here (io);
    g_assert_cmpuint (count, ==, i + 1);
  }
  close_here (context);
  for (i = 0; i < MANY; i++) {
    g_source_destroy (sources[i]);
    g_source_unref (sources[i]);
    close (fds[i][0]);
    close (fds[i][1]);
  }
}

/* What runs around the iterations of one. */
typedef struct
{
  GstIceSharedContext *context;
  guint before, after;
  gboolean closes;      /* with the next turn */
  GstIceFdWatch *watch; /* of another descriptor */
} Turns;

static void
count_before (gpointer data)
{
  ((Turns *) data)->before++;
}

static void
count_after (gpointer data)
{
  Turns *self = data;

  self->after++;
  if (self->closes)
    close_here (self->context);
}

static const GstIceSharedContextFuncs counting = { .before = count_before,
  .after = count_after };

/* One turn of the I/O thread for what comes on one descriptor. */
static void
test_one_turn (void)
{
  g_autoptr (GMainContext) io = g_main_context_new ();
  Turns self = { .context = gst_ice_shared_context_new (io, &counting, &self) };
  GSource *source;
  gint fds[2];
  guint count = 0, i;

  g_assert_true (g_unix_open_pipe (fds, FD_CLOEXEC, NULL));
  source = g_unix_fd_source_new (fds[0], G_IO_IN);
  g_source_set_callback (source, G_SOURCE_FUNC (count_octet), &count, NULL);
  g_source_attach (source, gst_ice_shared_context_get (self.context));
  run_here (io);
  self.before = self.after = 0;
  for (i = 1; i <= 3; i++) {
    g_assert_cmpint (write (fds[1], "x", 1), ==, 1);
    run_here (io);
    g_assert_cmpuint (count, ==, i);
    g_assert_cmpuint (self.before, ==, i);
    g_assert_cmpuint (self.after, ==, i);
  }
  g_source_destroy (source);
  g_source_unref (source);
  close_here (self.context);
  close (fds[0]);
  close (fds[1]);
}

static void
visit_now (gpointer data)
{
  Turns *self = data;

  gst_ice_shared_context_iterate (self->context, FALSE, -1);
  gst_ice_fd_watch_set (self->watch, NULL, 0);
}

/* The reader comes after the I/O thread has found both descriptors ready, and
 * before it gets to that of the context, which is the reader's then. */
static void
test_reader_comes_first (void)
{
  g_autoptr (GMainContext) io = g_main_context_new ();
  Turns self = { .context = gst_ice_shared_context_new (io, &counting, &self) };
  GPollFD fd = { .events = G_IO_IN };
  GSource *source;
  gint fds[2][2];
  guint count = 0, i;

  for (i = 0; i < 2; i++)
    g_assert_true (g_unix_open_pipe (fds[i], FD_CLOEXEC, NULL));
  source = g_unix_fd_source_new (fds[0][0], G_IO_IN);
  g_source_set_callback (source, G_SOURCE_FUNC (count_octet), &count, NULL);
  g_source_attach (source, gst_ice_shared_context_get (self.context));
  self.watch = gst_ice_fd_watch_new (io, visit_now, &self);
  fd.fd = fds[1][0];
  gst_ice_fd_watch_set (self.watch, &fd, 1);
  run_here (io);
  self.before = self.after = 0;
  g_assert_cmpint (write (fds[1][1], "x", 1), ==, 1);
  g_assert_cmpint (write (fds[0][1], "x", 1), ==, 1);
  g_main_context_iteration (io, FALSE);
  g_assert_cmpuint (count, ==, 1);
  g_assert_cmpuint (self.before, ==, 1);
  g_assert_cmpuint (self.after, ==, 0);
  gst_ice_shared_context_iterate (self.context, FALSE, -1); /* it still may */
  g_assert_cmpuint (self.before, ==, 2);
  g_source_destroy (source);
  g_source_unref (source);
  close_here (self.context);
  gst_ice_fd_watch_free (self.watch);
  for (i = 0; i < 2; i++) {
    close (fds[i][0]);
    close (fds[i][1]);
  }
}

/* Whether a context has something to read, but for its own wake-ups. */
static gboolean
is_ready (GMainContext *io, gint wakeup)
{
  GPollFD fds[4];
  gint priority, timeout, n, i;
  gboolean ready = FALSE;

  g_assert_true (g_main_context_acquire (io));
  g_main_context_prepare (io, &priority);
  n = g_main_context_query (io, G_MAXINT, &timeout, fds, G_N_ELEMENTS (fds));
  g_main_context_release (io);
  g_assert_cmpint (n, <=, G_N_ELEMENTS (fds));
  g_poll (fds, n, 0);
  for (i = 0; i < n; i++)
    ready |= fds[i].fd != wakeup && fds[i].revents != 0;
  return ready;
}

/* What comes while the reader is about to come back does not wake the I/O
 * thread. */
static void
test_not_watched (void)
{
  g_autoptr (GMainContext) io = g_main_context_new ();
  GstIceSharedContext *context;
  GPollFD wakeup;
  GSource *source;
  gint fds[2], timeout;
  guint count = 0;

  g_assert_true (g_main_context_acquire (io));
  g_assert_cmpint (
      g_main_context_query (io, G_MAXINT, &timeout, &wakeup, 1), ==, 1);
  g_main_context_release (io);
  context = open_here (io);
  g_assert_true (g_unix_open_pipe (fds, FD_CLOEXEC, NULL));
  source = g_unix_fd_source_new (fds[0], G_IO_IN);
  g_source_set_callback (source, G_SOURCE_FUNC (count_octet), &count, NULL);
  g_source_attach (source, gst_ice_shared_context_get (context));
  run_here (io);
  gst_ice_shared_context_iterate (context, FALSE, -1);
  g_assert_cmpint (write (fds[1], "x", 1), ==, 1);
  g_assert_false (is_ready (io, wakeup.fd));
  gst_ice_shared_context_leave (context);
  run_here (io);
  g_assert_cmpuint (count, ==, 1);
  g_assert_cmpint (write (fds[1], "x", 1), ==, 1);
  g_assert_true (is_ready (io, wakeup.fd));
  g_source_destroy (source);
  g_source_unref (source);
  close_here (context);
  close (fds[0]);
  close (fds[1]);
}

/* What runs after an iteration may close it. */
static void
test_closed_after (void)
{
  g_autoptr (GMainContext) io = g_main_context_new ();
  Turns self = { .context = gst_ice_shared_context_new (io, &counting, &self) };

  run_here (io);
  self.after = 0;
  self.closes = TRUE;
  gst_ice_shared_context_wake (self.context);
  run_here (io);
  g_assert_cmpuint (self.after, ==, 1);
}

/* One that the I/O thread noticed is one for the reader still. */
static void
test_woken (void)
{
  g_autoptr (GMainContext) io = g_main_context_new ();
  GstIceSharedContext *context = open_here (io);

  run_here (io);
  gst_ice_shared_context_wake (context);
  run_here (io);
  gst_ice_shared_context_iterate (context, TRUE, -1);
  close_here (context);
}

typedef struct
{
  GstIceSharedContext *context;
  gint entered, left; /* atomic */
} Stay;

static gboolean
stay (gpointer data)
{
  Stay *self = data;

  g_atomic_int_set (&self->entered, TRUE);
  g_usleep (TICK);
  g_atomic_int_set (&self->left, TRUE);
  return G_SOURCE_REMOVE;
}

static gpointer
read_once (gpointer data)
{
  gst_ice_shared_context_iterate (((Stay *) data)->context, TRUE, -1);
  return NULL;
}

/* A reader that is in the context is waited for. */
static void
test_close_waits (void)
{
  g_autoptr (GMainContext) io = g_main_context_new ();
  Stay self = { .context = open_here (io) };
  g_autoptr (GSource) source = g_idle_source_new ();
  GThread *reader;

  g_source_set_callback (source, stay, &self, NULL);
  g_source_attach (source, gst_ice_shared_context_get (self.context));
  reader = g_thread_new ("reader", read_once, &self);
  while (!g_atomic_int_get (&self.entered))
    g_thread_yield ();
  gst_ice_shared_context_close (self.context);
  g_assert_true (g_atomic_int_get (&self.left));
  g_thread_join (reader);
  gst_ice_shared_context_unref (self.context);
}

/* A reader that comes while the I/O thread is in the context. */
typedef struct
{
  GstIceSharedContext *context;
  GThread *reader;
  gint inside; /* atomic: the I/O thread is */
  guint before;
} Late;

static void
check_alone (gpointer data)
{
  Late *self = data;

  g_assert_false (g_atomic_int_get (&self->inside));
  self->before++;
}

static gpointer
look_once (gpointer data)
{
  gst_ice_shared_context_iterate (((Late *) data)->context, FALSE, -1);
  return NULL;
}

static gboolean
let_reader_come (gpointer data)
{
  Late *self = data;

  g_atomic_int_set (&self->inside, TRUE);
  self->reader = g_thread_new ("reader", look_once, self);
  g_usleep (TICK); /* a reader that does not wait is inside now */
  g_atomic_int_set (&self->inside, FALSE);
  return G_SOURCE_REMOVE;
}

/* It waits until the I/O thread has left, whether that came because something
 * was there or because the last reader had left. */
static void
assert_reader_waits (gboolean left)
{
  static const GstIceSharedContextFuncs functions = { .before = check_alone };
  g_autoptr (GMainContext) io = g_main_context_new ();
  g_autoptr (GSource) source = g_idle_source_new ();
  Late self = { 0 };
  guint before;

  self.context = gst_ice_shared_context_new (io, &functions, &self);
  run_here (io);
  if (left) {
    gst_ice_shared_context_iterate (self.context, FALSE, -1);
    gst_ice_shared_context_leave (self.context);
  }
  g_source_set_callback (source, let_reader_come, &self, NULL);
  g_source_attach (source, gst_ice_shared_context_get (self.context));
  before = self.before;
  while (self.reader == NULL)
    g_main_context_iteration (io, TRUE);
  g_thread_join (self.reader);
  g_assert_cmpuint (self.before - before, >=, 2);
  close_here (self.context);
}

static void
test_reader_waits (void)
{
  assert_reader_waits (FALSE);
  assert_reader_waits (TRUE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, test)                                                        \
  g_test_add ("/context/" name, Fixture, NULL, set_up, test, tear_down)
  ADD ("nobody-waits", test_nobody_waits);
  ADD ("reader", test_reader);
  ADD ("look", test_look);
  ADD ("reader-stays-away", test_reader_stays_away);
  ADD ("reader-leaves", test_reader_leaves);
  ADD ("end", test_end);
  ADD ("wake", test_wake);
  ADD ("close", test_close);
  ADD ("coming-and-going", test_coming_and_going);
  g_test_add_func ("/context/busy", test_busy);
  g_test_add_func ("/context/close-waits", test_close_waits);
  g_test_add_func ("/context/closed-after", test_closed_after);
  g_test_add_func ("/context/due", test_due);
  g_test_add_func ("/context/left", test_left);
  g_test_add_func ("/context/looks-after", test_looks_after);
  g_test_add_func ("/context/many", test_many);
  g_test_add_func ("/context/not-watched", test_not_watched);
  g_test_add_func ("/context/one-turn", test_one_turn);
  g_test_add_func ("/context/reader-comes-first", test_reader_comes_first);
  g_test_add_func ("/context/reader-waits", test_reader_waits);
  g_test_add_func ("/context/tick", test_tick);
  g_test_add_func ("/context/timers", test_timers);
  g_test_add_func ("/context/woken", test_woken);
  return g_test_run ();
}
