/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Descriptors that the I/O thread watches. All of a context are one GSource
 * over one epoll set: a turn of the main loop costs time for ready descriptors,
 * not for all of them. A GMainContext that waits by epoll would end that. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _GstIceFdWatch GstIceFdWatch;
typedef void (*GstIceFdWatchFunc) (gpointer user_data);

GstIceFdWatch *gst_ice_fd_watch_new (
    GMainContext *context, GstIceFdWatchFunc function, gpointer user_data);
void gst_ice_fd_watch_free (GstIceFdWatch *watch);

void gst_ice_fd_watch_set (GstIceFdWatch *watch, const GPollFD *fds, guint n);

G_END_DECLS
