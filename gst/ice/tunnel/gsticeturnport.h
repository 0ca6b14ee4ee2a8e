/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Uses another local port to a TURN server over UDP (RFC 8656 section 7.4:
 * after 437, Allocation Mismatch), for a library that sends only from the port
 * of its candidates. The library speaks TURN over TCP to a local port, and each
 * message is forwarded as a datagram. If the server answers 437 again, the next
 * port is tried without the library. I/O thread. */
#pragma once

#include "stun/gsticestunresponses.h"
#include "stun/iceturnpeers.h"
#include "iothread/gsticeio.h"
#include "model/iceserver.h"
#include <gio/gio.h>

G_BEGIN_DECLS

/* The number of ports that are tried (RFC 8656 section 7.4: "three times"). */
#define GST_ICE_TURN_PORT_TRIES 3

typedef struct _GstIceTurnPort GstIceTurnPort;

/* It has failed. code: the server's error code, or 0; why completes a sentence
 * that begins with the server; NULL: the server's error was not authenticated.
 */
typedef void (*GstIceTurnPortFailed) (
    GstIceTurnPort *port, guint code, const gchar *why, gpointer user_data);

GstIceTurnPort *gst_ice_turn_port_new (const IceServer *server, GstIceIo *io,
    GstIceStunResponses *answers, GstIceTurnPortFailed failed,
    gpointer user_data, GError **error);
void gst_ice_turn_port_set_peers (GstIceTurnPort *port, IceTurnPeers *peers);
void gst_ice_turn_port_let_go (GstIceTurnPort *port);
GInetSocketAddress *gst_ice_turn_port_get_address (GstIceTurnPort *port);
void gst_ice_turn_port_accept (GstIceTurnPort *port);

G_END_DECLS
