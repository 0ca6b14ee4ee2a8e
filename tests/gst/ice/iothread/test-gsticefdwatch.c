/* gst-ice: test of gsticefdwatch.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "iothread/gsticefdwatch.h"
#include "contexts.h"
#include <errno.h>
#include <glib-unix.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/epoll.h>
#endif

#define MANY 300
#define PER_TURN 64
/* More than any test needs. */
#define MAX_TURNS 10000

#ifdef __linux__

static gboolean is_interrupted;
static guint n_interrupted;

/* Instead of the C library's: a signal may come first. */
int
epoll_wait (int epoll, struct epoll_event *events, int n, int timeout)
{
  if (is_interrupted) {
    n_interrupted++;
    errno = EINTR;
    return -1;
  }
  return epoll_pwait (epoll, events, n, timeout, NULL);
}

#endif

typedef struct
{
  GstIceFdWatch *watch;
  gint fds[2];
  guint ran;
  GstIceFdWatch **victim; /* which it frees */
} Line;

static void
on_ready (gpointer data)
{
  Line *line = data;
  gchar octet;

  line->ran++;
  g_assert_cmpint (read (line->fds[0], &octet, 1), ==, 1);
  if (line->victim != NULL)
    g_clear_pointer (line->victim, gst_ice_fd_watch_free);
}

static void
open_line (Line *line, GMainContext *context)
{
  GPollFD fd = { .events = G_IO_IN };

  *line = (Line){ 0 };
  g_assert_true (g_unix_open_pipe (line->fds, FD_CLOEXEC, NULL));
  line->watch = gst_ice_fd_watch_new (context, on_ready, line);
  fd.fd = line->fds[0];
  gst_ice_fd_watch_set (line->watch, &fd, 1);
}

static void
close_line (Line *line)
{
  g_clear_pointer (&line->watch, gst_ice_fd_watch_free);
  close (line->fds[0]);
  close (line->fds[1]);
}

static void
write_octet (Line *line)
{
  g_assert_cmpint (write (line->fds[1], "x", 1), ==, 1);
}

/* How a context watches its descriptors. */
typedef enum
{
  BY_EPOLL,
  BY_EPOLL_0, /* the set's own descriptor is number 0 */
  BY_CONTEXT, /* no descriptor is left for epoll */
  N_WAYS
} Way;

static const gchar *const way_names[] = { "epoll", "epoll-0", "context" };

/* The way is chosen with the first watch, and kept until the last one is
 * freed. */
static GstIceFdWatch *
choose_way (GMainContext *context, Way way)
{
  GstIceFdWatch *watch;
  struct rlimit old, none;

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &old), ==, 0);
  none = (struct rlimit){ 0, old.rlim_max };
  if (way == BY_EPOLL_0)
    close (STDIN_FILENO);
  if (way == BY_CONTEXT)
    g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &none), ==, 0);
  watch = gst_ice_fd_watch_new (context, NULL, NULL);
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &old), ==, 0);
  return watch;
}

static void
test_many (GMainContext *context)
{
  g_autofree Line *lines = g_new (Line, MANY);
  guint i;

  for (i = 0; i < MANY; i++)
    open_line (&lines[i], context);
  context_run (context);
  for (i = 0; i < MANY; i++)
    g_assert_cmpuint (lines[i].ran, ==, 0);
  write_octet (&lines[7]);
  write_octet (&lines[7]);
  context_run (context);
  g_assert_cmpuint (lines[7].ran, ==, 2);
  /* more than one turn handles */
  for (i = 0; i < MANY; i++)
    write_octet (&lines[i]);
  context_run (context);
  for (i = 0; i < MANY; i++)
    g_assert_cmpuint (lines[i].ran, ==, i == 7 ? 3 : 1);
  for (i = 0; i < MANY; i++)
    close_line (&lines[i]);
}

static void
test_not_any_more (GMainContext *context)
{
  GPollFD fd = { .events = G_IO_IN };
  Line line;

  open_line (&line, context);
  gst_ice_fd_watch_set (line.watch, NULL, 0);
  write_octet (&line);
  context_run (context);
  g_assert_cmpuint (line.ran, ==, 0);
  fd.fd = line.fds[0];
  gst_ice_fd_watch_set (line.watch, &fd, 1);
  context_run (context);
  g_assert_cmpuint (line.ran, ==, 1);
  close_line (&line);
}

/* The next one gets the number of the one that was closed. */
static void
test_same_number (GMainContext *context)
{
  GPollFD fd = { .events = G_IO_IN };
  Line line;
  gint number;

  open_line (&line, context);
  number = line.fds[0];
  close (line.fds[0]);
  close (line.fds[1]);
  g_assert_true (g_unix_open_pipe (line.fds, FD_CLOEXEC, NULL));
  g_assert_cmpint (line.fds[0], ==, number);
  fd.fd = number;
  gst_ice_fd_watch_set (line.watch, &fd, 1);
  write_octet (&line);
  context_run (context);
  g_assert_cmpuint (line.ran, ==, 1);
  close_line (&line);
}

/* Two are ready, and each frees the other one. */
static void
test_free_another (GMainContext *context)
{
  Line a, b;

  open_line (&a, context);
  open_line (&b, context);
  a.victim = &b.watch;
  b.victim = &a.watch;
  write_octet (&a);
  write_octet (&b);
  context_run (context);
  g_assert_cmpuint (a.ran + b.ran, ==, 1);
  close_line (&a);
  close_line (&b);
}

static void
test_free_itself (GMainContext *context)
{
  Line line;

  open_line (&line, context);
  line.victim = &line.watch;
  write_octet (&line);
  write_octet (&line);
  context_run (context);
  g_assert_cmpuint (line.ran, ==, 1);
  close_line (&line);
}

static void
count (gpointer data)
{
  ++*(guint *) data;
}

static guint
run_until_ready (GMainContext *context, const guint *ran)
{
  guint i, before = *ran;

  for (i = 0; i < MAX_TURNS && *ran == before; i++)
    g_main_context_iteration (context, FALSE);
  return *ran - before;
}

/* One watch of two, of which either may be ready; then of one of them. */
static void
test_two (GMainContext *context)
{
  guint i, ran = 0;
  GstIceFdWatch *watch = gst_ice_fd_watch_new (context, count, &ran);
  GPollFD fds[2];
  Line lines[2];
  gchar octet;

  for (i = 0; i < 2; i++) {
    open_line (&lines[i], context);
    gst_ice_fd_watch_set (lines[i].watch, NULL, 0);
    fds[i] = (GPollFD){ lines[i].fds[0], G_IO_IN, 0 };
  }
  gst_ice_fd_watch_set (watch, fds, 2);
  for (i = 0; i < 2; i++) {
    write_octet (&lines[i]);
    g_assert_cmpuint (run_until_ready (context, &ran), ==, 1);
    g_assert_cmpint (read (fds[i].fd, &octet, 1), ==, 1);
  }
  gst_ice_fd_watch_set (watch, fds, 1);
  write_octet (&lines[1]);
  ran = 0;
  context_run (context);
  g_assert_cmpuint (ran, ==, 0);
  gst_ice_fd_watch_free (watch);
  for (i = 0; i < 2; i++)
    close_line (&lines[i]);
}

/* One that can be written to is ready for that, not for reading. */
static void
test_writable (GMainContext *context)
{
  guint ran = 0;
  GstIceFdWatch *watch = gst_ice_fd_watch_new (context, count, &ran);
  GPollFD fd = { .events = G_IO_IN };
  gint fds[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM, 0, fds), ==, 0);
  fd.fd = fds[0];
  gst_ice_fd_watch_set (watch, &fd, 1);
  context_run (context);
  g_assert_cmpuint (ran, ==, 0);
  fd.events = G_IO_OUT;
  gst_ice_fd_watch_set (watch, &fd, 1);
  g_assert_cmpuint (run_until_ready (context, &ran), ==, 1);
  gst_ice_fd_watch_free (watch);
  close (fds[0]);
  close (fds[1]);
}

static gint
accept_from (gint *client)
{
  struct sockaddr_in address = { .sin_family = AF_INET };
  socklen_t size = sizeof address;
  gint listener = socket (AF_INET, SOCK_STREAM, 0), server;

  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  g_assert_cmpint (
      bind (listener, (struct sockaddr *) &address, sizeof address), ==, 0);
  g_assert_cmpint (listen (listener, 1), ==, 0);
  getsockname (listener, (struct sockaddr *) &address, &size);
  *client = socket (AF_INET, SOCK_STREAM, 0);
  g_assert_cmpint (
      connect (*client, (struct sockaddr *) &address, size), ==, 0);
  server = accept (listener, NULL, NULL);
  close (listener);
  return server;
}

/* Urgent data. */
static void
test_urgent (GMainContext *context)
{
  guint ran = 0;
  GstIceFdWatch *watch = gst_ice_fd_watch_new (context, count, &ran);
  gint client, server = accept_from (&client);
  GPollFD fd = { .fd = server, .events = G_IO_PRI };

  gst_ice_fd_watch_set (watch, &fd, 1);
  g_assert_cmpint (send (client, "x", 1, 0), ==, 1);
  context_run (context);
  g_assert_cmpuint (ran, ==, 0);
  g_assert_cmpint (send (client, "x", 1, MSG_OOB), ==, 1);
  while (ran == 0)
    g_main_context_iteration (context, FALSE);
  gst_ice_fd_watch_free (watch);
  close (client);
  close (server);
}

/* One turn handles some of them only, so that other sources get theirs. */
static void
test_turn (GMainContext *context)
{
  g_autofree Line *lines = g_new (Line, MANY);
  guint i, ran = 0;

  for (i = 0; i < MANY; i++) {
    open_line (&lines[i], context);
    write_octet (&lines[i]);
  }
  g_main_context_iteration (context, FALSE);
  for (i = 0; i < MANY; i++)
    ran += lines[i].ran;
  g_assert_cmpuint (ran, ==, PER_TURN);
  context_run (context);
  for (i = 0; i < MANY; i++)
    close_line (&lines[i]);
}

/* A descriptor that one watch has given up is another one's. */
static void
test_handed_over (GMainContext *context)
{
  guint ran = 0;
  GstIceFdWatch *next = gst_ice_fd_watch_new (context, count, &ran);
  GPollFD fd = { .events = G_IO_IN };
  Line line, unused;

  open_line (&line, context);
  open_line (&unused, context);
  fd.fd = line.fds[0];
  gst_ice_fd_watch_set (line.watch, NULL, 0);
  gst_ice_fd_watch_set (next, &fd, 1);
  fd.fd = unused.fds[0];
  gst_ice_fd_watch_set (unused.watch, NULL, 0);
  gst_ice_fd_watch_set (line.watch, &fd, 1);
  write_octet (&line);
  g_assert_cmpuint (run_until_ready (context, &ran), ==, 1);
  g_assert_cmpuint (line.ran, ==, 0);
  gst_ice_fd_watch_free (next);
  close_line (&line);
  close_line (&unused);
}

static guint n_ready; /* how often polling found something */

static gint
count_ready (GPollFD *fds, guint n, gint timeout)
{
  gint ready = g_poll (fds, n, timeout);

  n_ready += ready > 0;
  return ready;
}

/* The context wakes up once for one octet. */
static void
test_wakes_once (GMainContext *context)
{
  Line line;

  open_line (&line, context);
  context_run (context);
  g_main_context_set_poll_func (context, count_ready);
  write_octet (&line);
  n_ready = 0;
  context_run (context);
  context_run (context);
  g_assert_cmpuint (line.ran, ==, 1);
  g_assert_cmpuint (n_ready, ==, 1);
  close_line (&line);
}

#ifdef __linux__

/* Nothing is ready then: it looks again. */
static void
test_interrupted (GMainContext *context)
{
  Line line;

  open_line (&line, context);
  write_octet (&line);
  context_run (context);
  g_assert_cmpuint (line.ran, ==, 1);
  write_octet (&line);
  n_interrupted = 0;
  is_interrupted = TRUE;
  g_main_context_iteration (context, FALSE);
  is_interrupted = FALSE;
  g_assert_cmpuint (line.ran, ==, n_interrupted > 0 ? 1 : 2);
  context_run (context);
  g_assert_cmpuint (line.ran, ==, 2);
  close_line (&line);
}

#endif

static gint
get_next_descriptor (void)
{
  gint next = dup (STDERR_FILENO);

  g_assert_cmpint (next, >=, 0);
  close (next);
  return next;
}

/* All watches of a context share one, and none is left of them. */
static void
test_descriptors (GMainContext *context)
{
  g_autoptr (GMainContext) other = g_main_context_new ();
  gint before = get_next_descriptor ();
  GstIceFdWatch *watch = gst_ice_fd_watch_new (context, NULL, NULL);

  g_assert_cmpint (get_next_descriptor (), ==, before);
  gst_ice_fd_watch_free (watch);
  watch = gst_ice_fd_watch_new (other, NULL, NULL);
  gst_ice_fd_watch_free (watch);
  g_assert_cmpint (get_next_descriptor (), ==, before);
}

typedef struct
{
  const gchar *name;
  void (*function) (GMainContext *context);
} Test;

typedef struct
{
  const Test *test;
  Way way;
} Case;

static void
run_case (gconstpointer data)
{
  const Case *which = data;
  g_autoptr (GMainContext) context = g_main_context_new ();
  gint input = dup (STDIN_FILENO);
  GstIceFdWatch *first = choose_way (context, which->way);

  which->test->function (context);
  gst_ice_fd_watch_free (first);
  if (which->way == BY_EPOLL_0) /* it is free again */
    g_assert_cmpint (dup (STDERR_FILENO), ==, STDIN_FILENO);
  if (input >= 0) {
    g_assert_cmpint (dup2 (input, STDIN_FILENO), ==, STDIN_FILENO);
    close (input);
  }
}

static void
add_test (const Test *test)
{
  Way way;

  for (way = 0; way < N_WAYS; way++) {
    g_autofree gchar *path = g_strdup_printf (
        "/watch/%s/%s", test->name, way_names[way]);
    Case *which = g_new (Case, 1);

    *which = (Case){ test, way };
    g_test_add_data_func_full (path, which, run_case, g_free);
  }
}

int
main (int argc, char **argv)
{
  static const Test tests[] = {
    { "many", test_many },
    { "not-any-more", test_not_any_more },
    { "same-number", test_same_number },
    { "free-another", test_free_another },
    { "free-itself", test_free_itself },
    { "two", test_two },
    { "writable", test_writable },
    { "urgent", test_urgent },
    { "turn", test_turn },
    { "handed-over", test_handed_over },
    { "wakes-once", test_wakes_once },
#ifdef __linux__
    { "interrupted", test_interrupted },
#endif
    { "descriptors", test_descriptors },
  };
  guint i;

  g_test_init (&argc, &argv, NULL);
  for (i = 0; i < G_N_ELEMENTS (tests); i++)
    add_test (&tests[i]);
  return g_test_run ();
}
