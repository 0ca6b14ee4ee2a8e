/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Forwards both directions of a tunnel between a library that speaks TURN over
 * TCP and a server. Of the server's messages only those pass that do the
 * library no harm. Bounded in both directions, and fair: neither direction
 * occupies the I/O thread. I/O thread. */
#pragma once

#include "stun/gsticestunresponses.h"
#include "stun/iceturnpeers.h"
#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _GstIceTunnelFlow GstIceTunnelFlow;

typedef enum
{
  GST_ICE_TUNNEL_FLOW_LIBRARY_GONE, /* closed, and the server has all data */
  GST_ICE_TUNNEL_FLOW_SERVER_GONE,
  GST_ICE_TUNNEL_FLOW_RELEASED,   /* likewise, after the library released its
                                     allocation */
  GST_ICE_TUNNEL_FLOW_REDIRECTED, /* the server redirects to another one */
  GST_ICE_TUNNEL_FLOW_CIRCLES,    /* it answers so that the request is repeated
                                     without end */
  GST_ICE_TUNNEL_FLOW_UNUSABLE,   /* its allocation cannot be kept up */
  GST_ICE_TUNNEL_FLOW_GARBAGE     /* the server does not speak TURN */
} GstIceTunnelFlowEnd;

/* May free the flow, or call gst_ice_tunnel_flow_drain(). code: the STUN error
 * code of a server that redirects or is in circles; else 0
 */
typedef void (*GstIceTunnelFlowFunc) (
    GstIceTunnelFlowEnd end, guint code, gpointer user_data);

GstIceTunnelFlow *gst_ice_tunnel_flow_new (GMainContext *context,
    GSocketConnection *library, GIOStream *server,
    GSocketConnection *server_connection, GstIceStunResponses *answers,
    IceTurnPeers *peers, GstIceTunnelFlowFunc ended, gpointer user_data);
gboolean gst_ice_tunnel_flow_drain (GstIceTunnelFlow *flow);
void gst_ice_tunnel_flow_free (GstIceTunnelFlow *flow);

G_END_DECLS
