/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A TCP listener of libnice that can be shut for a while. Linux only. To be
 * called in the thread that iterates the context in which libnice reads. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _GstIceNiceTcpListener GstIceNiceTcpListener;

GstIceNiceTcpListener *gst_ice_nice_tcp_listener_new (
    GSocket *socket, GSource *source);
void gst_ice_nice_tcp_listener_free (gpointer listener);

gboolean gst_ice_nice_tcp_listener_has_accepted (
    const GstIceNiceTcpListener *listener, gint fd);
gboolean gst_ice_nice_tcp_listener_is_readable (
    const GstIceNiceTcpListener *listener);
void gst_ice_nice_tcp_listener_set_shut (
    GstIceNiceTcpListener *listener, gboolean is_shut);
void gst_ice_nice_tcp_listener_check_descriptors (
    GstIceNiceTcpListener *listener);

gboolean gst_ice_nice_tcp_is_socket (gint fd);

G_END_DECLS
