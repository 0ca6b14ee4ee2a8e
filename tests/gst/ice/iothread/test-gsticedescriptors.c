/* gst-ice: test of gsticedescriptors, and of those who ask it.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "iothread/gsticedescriptors.h"
#include "iothread/gsticeio.h"
#include "tunnel/gsticeloopback.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#define MOST 64

static gint open_error; /* 0: the folder can be opened */

/* The C library's, for this program and the code under test. */
int
open (const char *path, int flags, ...)
{
  errno = open_error;
  return open_error != 0 ? -1 : openat (AT_FDCWD, path, flags);
}

/* As many may be opened as this test leaves. */
typedef struct
{
  struct rlimit before;
  GArray *taken; /* of gint */
} Fixture;

static void
take_all (Fixture *f)
{
  gint fd;

  while ((fd = fcntl (STDERR_FILENO, F_DUPFD_CLOEXEC, 0)) >= 0)
    g_array_append_val (f->taken, fd);
}

static void
set_up (Fixture *f, gconstpointer unused)
{
  struct rlimit limit;

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &f->before), ==, 0);
  limit = (struct rlimit){ 100, f->before.rlim_max };
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  f->taken = g_array_new (FALSE, FALSE, sizeof (gint));
  take_all (f);
}

static void
leave (Fixture *f, guint n)
{
  for (; n > 0; n--) {
    close (g_array_index (f->taken, gint, f->taken->len - 1));
    g_array_set_size (f->taken, f->taken->len - 1);
  }
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  leave (f, f->taken->len);
  g_array_unref (f->taken);
  setrlimit (RLIMIT_NOFILE, &f->before);
}

static void
test_check (Fixture *f, gconstpointer unused)
{
  guint left, n;

  for (left = 0; left < 10; left++, leave (f, 1))
    for (n = 1; n < 12; n++) {
      g_autoptr (GError) error = NULL;

      g_assert_cmpint (gst_ice_descriptors_check (n, &error), ==, n <= left);
      if (n > left)
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES);
    }
}

/* As many as it can be asked for. */
static void
test_most (Fixture *f, gconstpointer unused)
{
  leave (f, MOST - 1);
  g_assert_false (gst_ice_descriptors_check (MOST, NULL));
  leave (f, 1);
  g_assert_true (gst_ice_descriptors_check (MOST, NULL));
}

/* A folder that may not be opened proves nothing. */
static void
test_unreadable (Fixture *f, gconstpointer unused)
{
  open_error = EACCES;
  g_assert_true (gst_ice_descriptors_check (1, NULL));
  open_error = ENFILE;
  g_assert_false (gst_ice_descriptors_check (1, NULL));
  open_error = 0;
}

/* Number 0 is one like any other. */
static void
test_number_0 (Fixture *f, gconstpointer unused)
{
  gint input = fcntl (STDIN_FILENO, F_DUPFD_CLOEXEC, 0);

  if (input < 0) {
    leave (f, 1);
    input = fcntl (STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
  }
  close (STDIN_FILENO);
  errno = 0;
  g_assert_true (gst_ice_descriptors_check (1, NULL));
  errno = 0;
  g_assert_true (gst_ice_descriptors_check (1, NULL));
  g_assert_cmpint (dup (STDERR_FILENO), ==, STDIN_FILENO);
  if (input >= 0) {
    dup2 (input, STDIN_FILENO);
    close (input);
  }
}

/* Blocks by a descriptor that is there already. */
static void
test_hold (Fixture *f, gconstpointer unused)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  GPollFD fd;

  g_assert_false (gst_ice_descriptors_hold (cancellable, NULL));
  leave (f, GST_ICE_DESCRIPTORS_SPARE);
  g_assert_true (gst_ice_descriptors_hold (cancellable, NULL));
  while (fcntl (STDERR_FILENO, F_DUPFD_CLOEXEC, 0) >= 0)
    continue; /* left open: the process ends soon */
  g_assert_true (g_cancellable_make_pollfd (cancellable, &fd));
  g_cancellable_release_fd (cancellable);
}

/* GLib would end the process; and so it would with the first task and with the
 * default context, if none were left for them. */
static void
test_io (Fixture *f, gconstpointer unused)
{
  GstIceIo *io;
  guint left;

  for (left = 0; left < GST_ICE_DESCRIPTORS_SPARE; left++, leave (f, 1))
    g_assert_null (gst_ice_io_acquire ());
  io = gst_ice_io_acquire ();
  g_assert_nonnull (io);
  take_all (f);
  g_type_ensure (G_TYPE_TASK); /* which the first task would do */
  g_main_context_default ();   /* which the thread does */
  gst_ice_io_release (io);
}

static void
on_accepted (GSocketConnection *connection, gpointer unused)
{
  g_assert_not_reached ();
}

static void
test_loopback (Fixture *f, gconstpointer unused)
{
  g_autoptr (GMainContext) context = NULL;
  guint left, worked = 0;

  leave (f, 1);
  context = g_main_context_new ();
  for (left = 0; left < 5; left++, leave (f, 1)) {
    g_autoptr (GError) error = NULL;
    GstIceLoopback *loopback = gst_ice_loopback_new (
        G_SOCKET_FAMILY_IPV4, context, on_accepted, NULL, &error);

    g_assert_true ((loopback == NULL) == (error != NULL));
    worked += loopback != NULL;
    g_clear_pointer (&loopback, gst_ice_loopback_free);
  }
  g_assert_cmpuint (worked, ==, 2); /* it takes three */
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add (
      "/gsticedescriptors/check", Fixture, NULL, set_up, test_check, tear_down);
  g_test_add (
      "/gsticedescriptors/most", Fixture, NULL, set_up, test_most, tear_down);
  g_test_add ("/gsticedescriptors/unreadable", Fixture, NULL, set_up,
      test_unreadable, tear_down);
  g_test_add ("/gsticedescriptors/number-0", Fixture, NULL, set_up,
      test_number_0, tear_down);
  g_test_add (
      "/gsticedescriptors/io", Fixture, NULL, set_up, test_io, tear_down);
  g_test_add ("/gsticedescriptors/loopback", Fixture, NULL, set_up,
      test_loopback, tear_down);
  g_test_add (
      "/gsticedescriptors/hold", Fixture, NULL, set_up, test_hold, tear_down);
  return g_test_run ();
}
