/* gst-ice: test of gsticeio.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "iothread/gsticeio.h"
#include "suite.h"
#include <string.h>

static gint count; /* atomic */

static gboolean
add_one (gpointer unused)
{
  g_atomic_int_inc (&count);
  return G_SOURCE_REMOVE;
}

static void
test_comes_and_goes (void)
{
  GstIceIo *a, *b;
  guint i;

  g_assert_cmpuint (suite_count_threads ("ice-io"), ==, 0);
  for (i = 0; i < 20; i++) {
    a = gst_ice_io_acquire ();
    b = gst_ice_io_acquire ();
    g_assert_true (a == b); /* one for all */
    g_assert_true (gst_ice_io_ref (a) == a);
    gst_ice_io_release (a);
    gst_ice_io_release (b);
    suite_wait_until (suite_count_threads ("ice-io") == 1);
    gst_ice_io_release (a); /* joins it */
    suite_wait_for_io ();
  }
}

typedef struct
{
  GString *text;
  gchar letter;
} Letter;

static gboolean
write_letter (gpointer data)
{
  Letter *letter = data;

  g_string_append_c (letter->text, letter->letter);
  return G_SOURCE_REMOVE;
}

/* In the order of the calls; all that was called is done when the last user
 * has gone. */
static void
test_order (void)
{
  GstIceIo *io = gst_ice_io_acquire ();
  g_autoptr (GString) text = g_string_new (NULL);
  guint i;

  for (i = 0; i < 2600; i++) {
    Letter *letter = g_new (Letter, 1);

    letter->text = text;
    letter->letter = 'a' + i % 26;
    gst_ice_io_invoke (io, write_letter, letter, g_free);
  }
  gst_ice_io_release (io);
  g_assert_cmpuint (text->len, ==, 2600);
  for (i = 0; i < 2600; i++)
    g_assert_cmpint (text->str[i], ==, 'a' + i % 26);
}

static gboolean
invoke_more (gpointer data)
{
  GstIceIo *io = data;
  gint before = g_atomic_int_get (&count);

  g_assert_true (gst_ice_io_is_current (io));
  g_assert_true (
      g_main_context_get_thread_default () == gst_ice_io_get_context (io));
  gst_ice_io_invoke (io, add_one, NULL, NULL);
  g_assert_cmpint (g_atomic_int_get (&count), ==, before); /* not inside */
  return G_SOURCE_REMOVE;
}

static void
test_invoke_from_inside (void)
{
  GstIceIo *io = gst_ice_io_acquire ();

  g_atomic_int_set (&count, 0);
  g_assert_false (gst_ice_io_is_current (io));
  gst_ice_io_invoke (io, invoke_more, io, NULL);
  suite_wait_until (g_atomic_int_get (&count) == 1);
  gst_ice_io_release (io);
}

static gboolean
release (gpointer io)
{
  gst_ice_io_release (io);
  return G_SOURCE_REMOVE;
}

/* The last user is that thread itself: it does not wait for itself, and what
 * was queued is still done. */
static void
test_release_inside (void)
{
  guint i;

  for (i = 0; i < 100; i++) {
    GstIceIo *io = gst_ice_io_acquire ();

    g_atomic_int_set (&count, 0);
    gst_ice_io_ref (io);
    gst_ice_io_invoke (io, release, io, NULL);
    gst_ice_io_invoke (io, add_one, NULL, NULL);
    gst_ice_io_invoke (io, release, io, NULL);
    suite_wait_until (g_atomic_int_get (&count) == 1);
    suite_wait_for_io ();
  }
}

typedef struct
{
  gint left; /* atomic */
} Ticks;

static gboolean
tick (gpointer data)
{
  Ticks *ticks = data;

  return g_atomic_int_dec_and_test (&ticks->left) ? G_SOURCE_REMOVE
                                                  : G_SOURCE_CONTINUE;
}

static GSource *
add_timeout (GstIceIo *io, guint milliseconds, gpointer data)
{
  GSource *source = g_timeout_source_new (milliseconds);

  g_source_set_callback (source, tick, data, NULL);
  g_source_attach (source, gst_ice_io_get_context (io));
  return source;
}

static void
test_timeout (void)
{
  GstIceIo *io = gst_ice_io_acquire ();
  Ticks ticks = { 3 }, never = { 1 };
  GSource *source = add_timeout (io, 1, &ticks);
  GSource *cancelled = add_timeout (io, 60000, &never);

  g_source_destroy (cancelled);
  g_source_unref (cancelled);
  suite_wait_until (g_atomic_int_get (&ticks.left) == 0);
  g_source_unref (source);
  gst_ice_io_release (io);
  g_assert_cmpint (never.left, ==, 1);
}

static gboolean
count_down (gpointer data)
{
  return !g_atomic_int_get ((gint *) data);
}

/* Calls come before a source of lower priority, even if that is always due. */
static void
test_priority (void)
{
  GstIceIo *io = gst_ice_io_acquire ();
  g_autoptr (GSource) busy = g_idle_source_new ();
  gint stop = FALSE; /* atomic */

  g_atomic_int_set (&count, 0);
  g_source_set_priority (busy, G_PRIORITY_DEFAULT + 1);
  g_source_set_callback (busy, count_down, &stop, NULL);
  g_source_attach (busy, gst_ice_io_get_context (io));
  gst_ice_io_invoke (io, add_one, NULL, NULL);
  suite_wait_until (g_atomic_int_get (&count) == 1);
  g_atomic_int_set (&stop, TRUE);
  gst_ice_io_release (io);
}

/* It waits for what was queued, but not longer than it may. */
static gboolean
wait_for_flag (gpointer flag)
{
  while (!g_atomic_int_get ((gint *) flag))
    g_usleep (100);
  return G_SOURCE_REMOVE;
}

static void
test_synchronize (void)
{
  GstIceIo *io = gst_ice_io_acquire ();
  gint flag = FALSE; /* atomic */
  SuiteWatch *watch;

  g_atomic_int_set (&count, 0);
  gst_ice_io_invoke (io, add_one, NULL, NULL);
  gst_ice_io_synchronize (io, G_MAXINT64);
  g_assert_cmpint (g_atomic_int_get (&count), ==, 1);
  watch = suite_watch_new ("synchronize");
  gst_ice_io_invoke (io, wait_for_flag, &flag, NULL);
  gst_ice_io_synchronize (io, g_get_monotonic_time () + 1000);
  suite_watch_free (watch);
  g_atomic_int_set (&flag, TRUE);
  gst_ice_io_release (io);
}

/* Many threads come and go. */
static gpointer
run_user (gpointer unused)
{
  guint i;

  for (i = 0; i < 300; i++) {
    GstIceIo *io = gst_ice_io_acquire ();

    gst_ice_io_invoke (io, add_one, NULL, NULL);
    gst_ice_io_release (io);
  }
  return NULL;
}

static void
test_users (void)
{
  GThread *threads[4];
  guint i;

  g_atomic_int_set (&count, 0);
  for (i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("user", run_user, NULL);
  for (i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  suite_wait_for_io ();
  g_assert_cmpint (g_atomic_int_get (&count), ==, 1200);
}

static const SuiteTest tests[] = {
  { "/io/comes-and-goes", test_comes_and_goes },
  { "/io/order", test_order },
  { "/io/invoke-from-inside", test_invoke_from_inside },
  { "/io/release-inside", test_release_inside },
  { "/io/timeout", test_timeout },
  { "/io/priority", test_priority },
  { "/io/synchronize", test_synchronize },
  { "/io/users", test_users },
};

int
main (int argc, char **argv)
{
  return suite_run (argc, argv, tests, G_N_ELEMENTS (tests));
}
