/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One TCP connection of this process to itself, for a library that can only
 * connect to an address. Every process of this machine can connect to a port of
 * 127.0.0.1 or ::1, so it listens only until the connection is there, and
 * accepts none of another process. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _GstIceLoopback GstIceLoopback;

/* Called once with the other end of a connection that this process made, in the
 * thread of the context or in gst_ice_loopback_accept(). */
typedef void (*GstIceLoopbackAccepted) (
    GSocketConnection *connection, gpointer user_data);

GstIceLoopback *gst_ice_loopback_new (GSocketFamily family,
    GMainContext *context, GstIceLoopbackAccepted accepted, gpointer user_data,
    GError **error);
void gst_ice_loopback_free (GstIceLoopback *loopback);

GInetSocketAddress *gst_ice_loopback_get_address (GstIceLoopback *loopback);
void gst_ice_loopback_accept (GstIceLoopback *loopback);

G_END_DECLS
