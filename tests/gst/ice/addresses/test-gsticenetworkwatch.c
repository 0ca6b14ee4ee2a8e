/* gst-ice: test of gsticenetworkwatch, in a network namespace of its own.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "addresses/gsticenetworkwatch.h"
#include "descriptors.h"

#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* A change is reported after a second; ten are too many. */
#define WATCHDOG (10 * G_TIME_SPAN_SECOND)

static void
set_loopback (gboolean up)
{
  g_autoptr (GSocket) socket = g_socket_new (
      G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM, 0, NULL);
  struct ifreq request = { .ifr_name = "lo", .ifr_flags = up ? IFF_UP : 0 };

  g_assert_cmpint (
      ioctl (g_socket_get_fd (socket), SIOCSIFFLAGS, &request), ==, 0);
}

static void
count (gpointer data)
{
  ++*(guint *) data;
}

static gboolean
bark (gpointer data)
{
  *(gboolean *) data = TRUE;
  return G_SOURCE_REMOVE;
}

/* Until n changes were reported, at most for that time. */
static void
wait_for (GMainContext *context, const guint *reported, guint n, gint64 time)
{
  GSource *dog = g_timeout_source_new ((guint) (time / 1000));
  gboolean over = FALSE;

  g_source_set_callback (dog, bark, &over, NULL);
  g_source_attach (dog, context);
  while (!over && *reported < n)
    g_main_context_iteration (context, TRUE);
  g_source_destroy (dog);
  g_source_unref (dog);
}

static void
test_link (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GError) error = NULL;
  guint reported = 0, descriptors, i;
  GstIceNetworkWatch *watch;

  if (unshare (CLONE_NEWNET) != 0) {
    g_test_skip ("needs a network namespace");
    return;
  }
  descriptors = count_descriptors ();
  watch = gst_ice_network_watch_new (context, count, &reported, &error);
  g_assert_no_error (error);
  for (i = 1; i <= 2; i++) {
    gint64 start = g_get_monotonic_time ();

    set_loopback (i % 2 == 1);
    wait_for (context, &reported, i, WATCHDOG);
    g_assert_cmpuint (reported, ==, i);
    g_assert_cmpint (g_get_monotonic_time () - start, >=, G_TIME_SPAN_SECOND);
  }

  /* many at once are one */
  for (i = 0; i < 200; i++)
    set_loopback (i % 2 == 1);
  wait_for (context, &reported, 3, WATCHDOG);
  g_assert_cmpuint (reported, ==, 3);
  wait_for (context, &reported, 4, 2 * G_TIME_SPAN_SECOND);
  g_assert_cmpuint (reported, ==, 3);

  set_loopback (FALSE);
  gst_ice_network_watch_free (watch);
  wait_for (context, &reported, 4, 2 * G_TIME_SPAN_SECOND);
  g_assert_cmpuint (reported, ==, 3);
  g_assert_cmpuint (count_descriptors (), ==, descriptors);
}

/* Its descriptor may be number 0. */
static void
test_number_0 (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GError) error = NULL;
  gint input = dup (STDIN_FILENO);
  GstIceNetworkWatch *watch;

  close (STDIN_FILENO);
  watch = gst_ice_network_watch_new (context, count, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (watch);
  gst_ice_network_watch_free (watch);
  if (input >= 0) {
    dup2 (input, STDIN_FILENO);
    close (input);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/network-watch/link", test_link);
  g_test_add_func ("/network-watch/number-0", test_number_0);
  return g_test_run ();
}
