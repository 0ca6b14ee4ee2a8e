/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One connection: text lines on one side, a WebSocket on the other. */
#pragma once

#include "gsticesouphandshake.h"

G_BEGIN_DECLS

typedef struct _GstIceSoupBridge GstIceSoupBridge;

/* It is gone, and was freed. */
typedef void (*GstIceSoupBridgeFunc) (gpointer user_data);

GSocketConnection *gst_ice_soup_bridge_open (GIOStream *connection,
    const GstIceSoupPlace *place, gboolean listens,
    GTlsCertificate *certificate, GstIceSoupBridgeFunc gone,
    gpointer user_data);

G_END_DECLS
