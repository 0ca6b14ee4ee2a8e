/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Listening sockets of the built-in signalling: TCP addresses or one Unix
 * path. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _GstIceListener GstIceListener;

/* A client connected. The callee takes a reference on connection to keep it;
 * otherwise it is closed. */
typedef void (*GstIceListenerFunc) (GstIceListener *listener,
    GSocketConnection *connection, gpointer user_data);

GstIceListener *gst_ice_listener_new (
    GMainContext *context, GstIceListenerFunc accepted, gpointer user_data);
gboolean gst_ice_listener_listen_tcp (
    GstIceListener *listener, GList *addresses, guint16 port, GError **error);
gboolean gst_ice_listener_listen_unix (
    GstIceListener *listener, const gchar *path, GError **error);
void gst_ice_listener_close (GstIceListener *listener);

G_END_DECLS
