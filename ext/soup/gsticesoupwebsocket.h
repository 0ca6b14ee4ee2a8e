/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the core finds by the name GstIceWebSocket: makes WebSockets. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_ICE_WEB_SOCKET (gst_ice_web_socket_get_type ())
G_DECLARE_FINAL_TYPE (
    GstIceWebSocket, gst_ice_web_socket, GST, ICE_WEB_SOCKET, GObject)

G_END_DECLS
