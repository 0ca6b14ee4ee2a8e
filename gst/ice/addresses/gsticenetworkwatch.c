/* gst-ice: changes of this machine's addresses and links.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "addresses/gsticenetworkwatch.h"
#include "iothread/gsticealarm.h"

#include <errno.h>
#include <glib-unix.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#endif

/* Changes come in groups - a link, its addresses, one by one -, and are
 * reported this long after the first of them, in microseconds. */
#define SETTLING_TIME (1 * G_TIME_SPAN_SECOND)

struct _GstIceNetworkWatch
{
  gint fd;
  GSource *source;
  GstIceAlarm *alarm;
  GstIceNetworkChanged changed;
  gpointer user_data;
};

#ifdef __linux__

/* Longer messages are cut: their content is not read, only their arrival
 * counts. */
#define MESSAGE_SIZE 256
#define MAX_MESSAGES 64 /* at once */

static gint
open_socket (void)
{
  struct sockaddr_nl address = {
    .nl_family = AF_NETLINK,
    .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR,
  };
  gint fd = socket (
      AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

  if (fd >= 0
      && bind (fd, (struct sockaddr *) &address, sizeof (address)) != 0) {
    gint code = errno;

    close (fd);
    errno = code;
    return -1;
  }
  return fd;
}

/* An error is a change too: more of them than the socket could hold. */
static void
read_messages (gint fd)
{
  gchar message[MESSAGE_SIZE];
  guint i;

  for (i = 0; i < MAX_MESSAGES; i++)
    if (recv (fd, message, sizeof (message), 0) < 0)
      return;
}

#else

static gint
open_socket (void)
{
  errno = ENOTSUP;
  return -1;
}

static void
read_messages (gint fd)
{
}

#endif

static gboolean
on_readable (gint fd, GIOCondition condition, gpointer data)
{
  GstIceNetworkWatch *self = data;

  read_messages (fd);
  if (!gst_ice_alarm_is_set (self->alarm))
    gst_ice_alarm_set (self->alarm, g_get_monotonic_time () + SETTLING_TIME);
  return G_SOURCE_CONTINUE;
}

static void
on_settled (gpointer data)
{
  GstIceNetworkWatch *self = data;

  self->changed (self->user_data);
}

/**
 * gst_ice_network_watch_new:
 * @context: of the I/O thread
 * @changed: called there, a second after an address or a link came, went, or
 *   changed
 * @user_data: for @changed
 * @error: the cause, where there is no watch
 *
 * Returns: (transfer full) (nullable): a watch; %NULL with @error set where the
 *   system reports no changes
 */
GstIceNetworkWatch *
gst_ice_network_watch_new (GMainContext *context, GstIceNetworkChanged changed,
    gpointer user_data, GError **error)
{
  GstIceNetworkWatch *self;
  gint fd = open_socket ();

  if (fd < 0) {
    gint code = errno;

    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code),
        "changes of the network cannot be noticed: %s", g_strerror (code));
    return NULL;
  }
  self = g_new0 (GstIceNetworkWatch, 1);
  self->fd = fd;
  self->changed = changed;
  self->user_data = user_data;
  self->source = g_unix_fd_source_new (fd, G_IO_IN);
  g_source_set_callback (self->source, G_SOURCE_FUNC (on_readable), self, NULL);
  g_source_attach (self->source, context);
  self->alarm = gst_ice_alarm_new (context, on_settled, self);
  return self;
}

/**
 * gst_ice_network_watch_free:
 * @watch: (transfer full): a watch
 *
 * The I/O thread. No change is reported after this.
 */
void
gst_ice_network_watch_free (GstIceNetworkWatch *watch)
{
  g_source_destroy (watch->source);
  g_source_unref (watch->source);
  gst_ice_alarm_free (watch->alarm);
  close (watch->fd);
  g_free (watch);
}
