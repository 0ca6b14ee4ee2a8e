/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Descriptors that the I/O thread watches. All of a context are one GSource
 * over one epoll set: a turn of the main loop costs what is ready, not what is
 * there. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _GstIceWatch GstIceWatch;
typedef void (*GstIceWatchFunc) (gpointer user_data);

GstIceWatch *gst_ice_watch_new (
    GMainContext *context, GstIceWatchFunc function, gpointer user_data);
void gst_ice_watch_free (GstIceWatch *watch);

void gst_ice_watch_set (GstIceWatch *watch, const GPollFD *fds, guint n);

G_END_DECLS
