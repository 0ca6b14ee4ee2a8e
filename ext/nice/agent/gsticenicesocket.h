/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Options that all sockets of a transport have, the agent's and ours. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

void gst_ice_nice_socket_set_buffer_sizes (
    GSocket *socket, guint receive, guint send);
gint gst_ice_nice_socket_get_tos (gint dscp);
void gst_ice_nice_socket_set_dscp (GSocket *socket, gint dscp);

G_END_DECLS
