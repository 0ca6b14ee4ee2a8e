/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reports when addresses or links of this machine have changed. GNetworkMonitor
 * is not used: GLib's reports routes, so with IPv4 alone it reports nothing
 * when a link goes down, and it stays in the context of its first user's
 * thread, which may not be iterated. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _GstIceNetworkWatch GstIceNetworkWatch;

typedef void (*GstIceNetworkChanged) (gpointer user_data);

GstIceNetworkWatch *gst_ice_network_watch_new (GMainContext *context,
    GstIceNetworkChanged changed, gpointer user_data, GError **error);
void gst_ice_network_watch_free (GstIceNetworkWatch *watch);

G_END_DECLS
