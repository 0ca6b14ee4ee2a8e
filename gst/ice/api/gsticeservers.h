/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The settings that are STUN and TURN servers: stun-server, turn-servers, and
 * ice-servers, an array of structures as W3C's RTCIceServer. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

gboolean gst_ice_servers_check_stun (const gchar *text, GError **error);
gboolean gst_ice_servers_check_turn (const gchar *text, GError **error);
gboolean gst_ice_servers_check (const GValue *entries, GError **error);
GPtrArray *gst_ice_servers_list (const gchar *stun, const GValue *turn,
    const GValue *entries, gboolean with_stun);

G_END_DECLS
