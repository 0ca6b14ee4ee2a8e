/* gst-ice: test of gsticenetworkwatch, in a network namespace of its own. Its
 * alarm is played, so that nothing waits.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "addresses/gsticenetworkwatch.h"
#include "contexts.h"
#include "descriptors.h"
#include "playedalarms.h"

#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The system reports a change within milliseconds. */
#define WATCHDOG (10 * G_TIME_SPAN_SECOND)
#define AT_ONCE 64 /* messages that are read in one turn */

static gint bind_error; /* 0: binding works */
static guint n_received;
static gboolean endless; /* there is always one more message */
static gboolean is_full; /* there were more than the socket can hold */

/* Instead of the C library's. */
int
bind (int fd, const struct sockaddr *address, socklen_t size)
{
  errno = bind_error;
  return bind_error != 0 ? -1 : syscall (SYS_bind, fd, address, size);
}

/* Instead of the C library's. */
ssize_t
recv (int fd, void *data, size_t size, int flags)
{
  n_received++;
  if (endless)
    return size;
  if (is_full) {
    is_full = FALSE;
    errno = ENOBUFS;
    return -1;
  }
  return syscall (SYS_recvfrom, fd, data, size, flags, NULL, NULL);
}

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
bark (gpointer unused)
{
  g_error ("no change of the network was noticed");
  return G_SOURCE_REMOVE;
}

/* Until a change was noticed. */
static void
wait_for_alarm (GMainContext *context)
{
  GSource *dog = g_timeout_source_new (WATCHDOG / G_TIME_SPAN_MILLISECOND);

  g_source_set_callback (dog, bark, NULL, NULL);
  g_source_attach (dog, context);
  while (!gst_ice_alarm_is_set (&alarms[0]))
    g_main_context_iteration (context, TRUE);
  g_source_destroy (dog);
  g_source_unref (dog);
}

static void
ring (void)
{
  alarms[0].when = -1;
  alarms[0].function (alarms[0].user_data);
}

static GstIceNetworkWatch *
begin (GMainContext *context, guint *reported)
{
  g_autoptr (GError) error = NULL;
  GstIceNetworkWatch *watch;

  n_alarms = 0;
  watch = gst_ice_network_watch_new (context, count, reported, &error);
  g_assert_no_error (error);
  g_assert_nonnull (watch);
  g_assert_cmpuint (n_alarms, ==, 1);
  return watch;
}

/* A second after the first change, however many follow it. */
static void
test_link (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  guint reported = 0, descriptors, i;
  GstIceNetworkWatch *watch;

  descriptors = count_descriptors ();
  watch = begin (context, &reported);
  for (i = 1; i <= 2; i++) {
    gint64 before = g_get_monotonic_time (), when;

    alarms[0].when = -1;
    set_loopback (i % 2 == 1);
    wait_for_alarm (context);
    when = alarms[0].when;
    g_assert_cmpint (when, >=, before + G_TIME_SPAN_SECOND);
    g_assert_cmpint (when, <=, g_get_monotonic_time () + G_TIME_SPAN_SECOND);
    g_usleep (1); /* so that another alarm would be later */
    set_loopback (i % 2 == 0);
    context_run (context);
    set_loopback (i % 2 == 1);
    context_run (context);
    g_assert_cmpint (alarms[0].when, ==, when);
    g_assert_cmpuint (reported, ==, i - 1);
    ring ();
    g_assert_cmpuint (reported, ==, i);
    context_run (context);
  }
  gst_ice_network_watch_free (watch);
  g_assert_null (alarms[0].function);
  set_loopback (TRUE);
  context_run (context);
  g_assert_cmpuint (reported, ==, 2);
  g_assert_cmpuint (count_descriptors (), ==, descriptors);
}

/* So many in one turn, so that other sources get theirs; more than the socket
 * can hold are a change too. */
static void
test_many (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  guint reported = 0;
  GstIceNetworkWatch *watch = begin (context, &reported);

  set_loopback (FALSE);
  set_loopback (TRUE);
  n_received = 0;
  endless = TRUE;
  g_assert_true (g_main_context_iteration (context, FALSE));
  endless = FALSE;
  g_assert_cmpuint (n_received, ==, AT_ONCE);
  context_run (context);
  alarms[0].when = -1;
  set_loopback (FALSE);
  is_full = TRUE;
  g_assert_true (g_main_context_iteration (context, FALSE));
  g_assert_false (is_full);
  g_assert_true (gst_ice_alarm_is_set (&alarms[0]));
  context_run (context);
  ring ();
  g_assert_cmpuint (reported, ==, 1);
  gst_ice_network_watch_free (watch);
}

/* No watch, and nothing is left of it. */
static void
test_refused (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GError) error = NULL;
  guint descriptors = count_descriptors ();

  bind_error = EPERM;
  g_assert_null (gst_ice_network_watch_new (context, count, NULL, &error));
  bind_error = 0;
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);
  g_assert_true (g_str_has_suffix (error->message, g_strerror (EPERM)));
  g_assert_cmpuint (count_descriptors (), ==, descriptors);
}

/* Its descriptor may be number 0. */
static void
test_number_0 (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  gint input = close_input ();
  guint reported = 0;
  GstIceNetworkWatch *watch;

  watch = begin (context, &reported);
  set_loopback (TRUE);
  set_loopback (FALSE);
  wait_for_alarm (context);
  gst_ice_network_watch_free (watch);
  restore_input (input);
}

static void
skip (void)
{
  g_test_skip ("needs a network namespace");
}

int
main (int argc, char **argv)
{
  gboolean alone = unshare (CLONE_NEWNET) == 0;

  g_test_init (&argc, &argv, NULL);
#define ADD(name, test)                                                        \
  g_test_add_func ("/network-watch/" name, alone ? test : skip)
  ADD ("link", test_link);
  ADD ("many", test_many);
  ADD ("refused", test_refused);
  ADD ("number-0", test_number_0);
  return g_test_run ();
}
