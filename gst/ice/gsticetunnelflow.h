/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What goes through a tunnel, both ways: between a library that speaks TURN
 * over TCP and a server, of which only messages pass that do the library no
 * harm. Bounded in both directions, and fair: neither keeps the I/O thread from
 * others. In that thread. */
#pragma once

#include "gsticeanswers.h"
#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _GstIceTunnelFlow GstIceTunnelFlow;

typedef enum
{
  GST_ICE_TUNNEL_FLOW_LIBRARY_GONE, /* the server has all that it said */
  GST_ICE_TUNNEL_FLOW_SERVER_GONE,
  GST_ICE_TUNNEL_FLOW_REDIRECTED, /* the server sends us to another one */
  GST_ICE_TUNNEL_FLOW_GARBAGE     /* what the server says is not TURN */
} GstIceTunnelFlowEnd;

/* May free the flow. */
typedef void (*GstIceTunnelFlowFunc) (
    GstIceTunnelFlowEnd end, gpointer user_data);

GstIceTunnelFlow *gst_ice_tunnel_flow_new (GMainContext *context,
    GSocketConnection *library, GIOStream *server,
    GSocketConnection *server_connection, GstIceAnswers *answers,
    GstIceTunnelFlowFunc ended, gpointer user_data);
void gst_ice_tunnel_flow_free (GstIceTunnelFlow *flow);

G_END_DECLS
