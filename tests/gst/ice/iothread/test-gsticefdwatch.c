/* gst-ice: test of gsticefdwatch.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "iothread/gsticefdwatch.h"
#include <glib-unix.h>
#include <unistd.h>

#define MANY 300

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

static void
run (GMainContext *context)
{
  while (g_main_context_iteration (context, FALSE))
    continue;
}

static void
test_many (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autofree Line *lines = g_new (Line, MANY);
  guint i;

  for (i = 0; i < MANY; i++)
    open_line (&lines[i], context);
  run (context);
  for (i = 0; i < MANY; i++)
    g_assert_cmpuint (lines[i].ran, ==, 0);
  write_octet (&lines[7]);
  write_octet (&lines[7]);
  run (context);
  g_assert_cmpuint (lines[7].ran, ==, 2);
  /* more than one turn handles */
  for (i = 0; i < MANY; i++)
    write_octet (&lines[i]);
  run (context);
  for (i = 0; i < MANY; i++)
    g_assert_cmpuint (lines[i].ran, ==, i == 7 ? 3 : 1);
  for (i = 0; i < MANY; i++)
    close_line (&lines[i]);
}

static void
test_not_any_more (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  GPollFD fd = { .events = G_IO_IN };
  Line line;

  open_line (&line, context);
  gst_ice_fd_watch_set (line.watch, NULL, 0);
  write_octet (&line);
  run (context);
  g_assert_cmpuint (line.ran, ==, 0);
  fd.fd = line.fds[0];
  gst_ice_fd_watch_set (line.watch, &fd, 1);
  run (context);
  g_assert_cmpuint (line.ran, ==, 1);
  close_line (&line);
}

/* The next one gets the number of the one that was closed. */
static void
test_same_number (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
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
  run (context);
  g_assert_cmpuint (line.ran, ==, 1);
  close_line (&line);
}

/* Two are ready, and each frees the other one. */
static void
test_free_another (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  Line a, b;

  open_line (&a, context);
  open_line (&b, context);
  a.victim = &b.watch;
  b.victim = &a.watch;
  write_octet (&a);
  write_octet (&b);
  run (context);
  g_assert_cmpuint (a.ran + b.ran, ==, 1);
  close_line (&a);
  close_line (&b);
}

static void
test_free_itself (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  Line line;

  open_line (&line, context);
  line.victim = &line.watch;
  write_octet (&line);
  write_octet (&line);
  run (context);
  g_assert_cmpuint (line.ran, ==, 1);
  close_line (&line);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/watch/many", test_many);
  g_test_add_func ("/watch/not-any-more", test_not_any_more);
  g_test_add_func ("/watch/same-number", test_same_number);
  g_test_add_func ("/watch/free-another", test_free_another);
  g_test_add_func ("/watch/free-itself", test_free_itself);
  return g_test_run ();
}
