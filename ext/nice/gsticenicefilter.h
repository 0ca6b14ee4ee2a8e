/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the kernel keeps from a UDP socket of libnice's (Linux, classic BPF; no
 * more than a comment elsewhere). Always: Binding errors 300, 400, 401 and 438,
 * which libnice believes without MESSAGE-INTEGRITY, whoever sent them, so that
 * one of them fails a pair. RFC 8489 section 9.1.4 has them discarded. */
#pragma once

#include <gio/gio.h>
#include <nice/agent.h>

G_BEGIN_DECLS

#define GST_ICE_NICE_FILTER_PORTS 100

void gst_ice_nice_filter_guard (GSocket *socket, const NiceAddress *server);
void gst_ice_nice_filter_restrict (GSocket *socket, const NiceAddress *server,
    const NiceAddress *peer, const guint16 *ports, guint n_ports);
void gst_ice_nice_filter_spare (GSocket *socket, const NiceAddress *peer);
void gst_ice_nice_filter_shut (GSocket *socket);
void gst_ice_nice_filter_remove (GSocket *socket);

G_END_DECLS
