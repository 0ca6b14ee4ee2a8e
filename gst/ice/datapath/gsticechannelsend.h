/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sends datagrams to the peer through a TURN server, as ChannelData (RFC 8656
 * section 12.4), by a media socket. */
#pragma once

#include "datapath/gsticedatagramsocket.h"

G_BEGIN_DECLS

/* the sending thread; never blocks */
guint gst_ice_channel_send (GstIceDatagramSocket *socket, gconstpointer server,
    gsize server_size, guint16 channel, const GstIceDatagram *datagrams,
    guint n, GError **error);

G_END_DECLS
