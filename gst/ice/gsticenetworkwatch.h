/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tells when addresses or links of this machine have changed. Not by
 * GNetworkMonitor: GLib's reports routes, so with IPv4 alone nothing when a
 * link goes down, and stays for ever in the context of the thread that asked
 * first, which nobody may be iterating. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _GstIceNetworkWatch GstIceNetworkWatch;

typedef void (*GstIceNetworkChanged) (gpointer user_data);

GstIceNetworkWatch *gst_ice_network_watch_new (GMainContext *context,
    GstIceNetworkChanged changed, gpointer user_data, GError **error);
void gst_ice_network_watch_free (GstIceNetworkWatch *watch);

G_END_DECLS
