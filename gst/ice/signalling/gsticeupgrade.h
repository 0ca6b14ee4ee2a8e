/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ws: and wss:: makes a WebSocket of a TCP or TLS connection and shows it as a
 * stream of text lines, one for each message, so that the rest is as with tcp:.
 * The plugin icesoup does it, by libsoup. */
#pragma once

#include "model/icesignallinguri.h"
#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _GstIceUpgrade GstIceUpgrade;

/* All that was written has gone to the system, or its time is over. */
typedef void (*GstIceUpgradeFunc) (gpointer user_data);

GstIceUpgrade *gst_ice_upgrade_new (
    const IceSignallingUri *uri, GMainContext *context, GError **error);
GSocketConnection *gst_ice_upgrade_open (
    GstIceUpgrade *upgrade, GIOStream *connection, GError **error);
void gst_ice_upgrade_close (
    GstIceUpgrade *upgrade, GstIceUpgradeFunc gone, gpointer user_data);

/* of the streams */
const gchar *gst_ice_upgrade_get_name (GSocketConnection *stream);
GError *gst_ice_upgrade_get_error (
    GSocketConnection *stream, const gchar *name);

G_END_DECLS
