/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A proxy between libnice and one of its TCP connections. Linux only. libnice
 * 0.1.21 reads all connections of a component into one buffer, so half a frame
 * on one of them corrupts the others; and a connection that ends while its pair
 * is in use can end the process. Therefore libnice gets a socket of our own,
 * which delivers whole frames only, only after the other end has shown a
 * password, and never an end of file. A libnice that is mended in both would
 * end this; later versions were not examined. */
#pragma once

#include <nice/agent.h>
#include "stun/gsticestunresponses.h"
#include "stun/nicetcpframe.h"

G_BEGIN_DECLS

typedef struct _GstIceNiceTcpProxy GstIceNiceTcpProxy;

typedef enum
{
  GST_ICE_NICE_TCP_PROXY_STRANGER, /* the other end has not shown a password yet
                                    */
  GST_ICE_NICE_TCP_PROXY_PEER,     /* forwards frames */
  GST_ICE_NICE_TCP_PROXY_LOST, /* forwarded frames, and the connection has ended
                                */
  GST_ICE_NICE_TCP_PROXY_CLOSED /* closed; only to be freed */
} GstIceNiceTcpProxyState;

typedef struct
{
  /* judges the first octets; after PEER all frames pass */
  NiceTcpFrameSender (*judge) (GstIceNiceTcpProxy *proxy, const guint8 *data,
      gsize size, gpointer data_);
  void (*changed) (GstIceNiceTcpProxy *proxy, gpointer data);
} GstIceNiceTcpProxyFuncs;

GstIceNiceTcpProxy *gst_ice_nice_tcp_proxy_new (GMainContext *context, gint fd,
    gint64 deadline, GstIceStunResponses *answers,
    const GstIceNiceTcpProxyFuncs *funcs, gpointer user_data);
void gst_ice_nice_tcp_proxy_free (GstIceNiceTcpProxy *proxy);

GstIceNiceTcpProxyState gst_ice_nice_tcp_proxy_get_state (
    const GstIceNiceTcpProxy *proxy);
gboolean gst_ice_nice_tcp_proxy_owns (const GstIceNiceTcpProxy *proxy, gint fd);
gboolean gst_ice_nice_tcp_proxy_is_between (const GstIceNiceTcpProxy *proxy,
    const NiceAddress *local, const NiceAddress *remote);

void gst_ice_nice_replace_descriptor (gint fd, gint by);
void gst_ice_nice_tcp_proxy_silence (gint fd);
void gst_ice_nice_silence_connections (const NiceAddress *remote);

G_END_DECLS
