/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The I/O thread's reader of a media socket. It is used while the backend's own
 * socket receives the datagrams of the selected pair, and the media socket
 * beside it receives those that come from elsewhere. */
#pragma once

#include "datapath/gsticedatagramsocket.h"
#include "datapath/gsticedatapath.h"

G_BEGIN_DECLS

typedef struct _GstIceElsewhere GstIceElsewhere;

GstIceElsewhere *gst_ice_elsewhere_new (GstIceDatapath *datapath,
    GMainContext *context, GstIceDatagramSocket *socket);
void gst_ice_elsewhere_free (GstIceElsewhere *elsewhere);
void gst_ice_elsewhere_hand_over (GstIceElsewhere *elsewhere);

G_END_DECLS
