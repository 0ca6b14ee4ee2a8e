/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A TCP connection of libnice's, with us in between (Linux; nobody elsewhere).
 * libnice 0.1.21 reads all connections of a component into one buffer, so that
 * half a frame on one of them spoils all; and a connection that ends while its
 * pair is in use can end the process. So libnice gets a socket of our own
 * instead, on which there are whole frames only, and no end: not before the
 * other end has shown that it has a password, and not after that. */
#pragma once

#include <nice/agent.h>
#include "gsticeanswers.h"
#include "niceframe.h"

G_BEGIN_DECLS

typedef struct _GstIceNiceBridge GstIceNiceBridge;

typedef enum
{
  GST_ICE_NICE_BRIDGE_STRANGER, /* nobody knows yet */
  GST_ICE_NICE_BRIDGE_PEER,     /* it passes frames */
  GST_ICE_NICE_BRIDGE_LOST,     /* it did, and the connection has ended */
  GST_ICE_NICE_BRIDGE_CLOSED    /* nothing is left but to free it */
} GstIceNiceBridgeState;

typedef struct
{
  /* what the first octets show; PEER lets it pass for good */
  NiceFrameSender (*judge) (
      GstIceNiceBridge *bridge, const guint8 *data, gsize size, gpointer data_);
  void (*changed) (GstIceNiceBridge *bridge, gpointer data);
} GstIceNiceBridgeFuncs;

GstIceNiceBridge *gst_ice_nice_bridge_new (GMainContext *context, gint fd,
    gint64 deadline, GstIceAnswers *answers, const GstIceNiceBridgeFuncs *funcs,
    gpointer user_data);
void gst_ice_nice_bridge_close (GstIceNiceBridge *bridge);
void gst_ice_nice_bridge_free (GstIceNiceBridge *bridge);

GstIceNiceBridgeState gst_ice_nice_bridge_get_state (
    const GstIceNiceBridge *bridge);
gboolean gst_ice_nice_bridge_owns (const GstIceNiceBridge *bridge, gint fd);
gboolean gst_ice_nice_bridge_is_between (const GstIceNiceBridge *bridge,
    const NiceAddress *local, const NiceAddress *remote);

G_END_DECLS
