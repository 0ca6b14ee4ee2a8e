/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * More sockets on the address of an agent's UDP socket (Linux: SO_REUSEPORT
 * with a classic BPF program): one that the kernel gives the answers to our own
 * STUN requests, and, where it is wanted, one for media. STUN stays with the
 * agent. */
#pragma once

#include <gio/gio.h>
#include "gsticeanswers.h"
#include "gsticedatagramsocket.h"

G_BEGIN_DECLS

typedef struct _GstIceSteering GstIceSteering;

GstIceSteering *gst_ice_steering_new (GSocket *agent_socket,
    GstIceAnswers *answers, GMainContext *context, GError **error);
void gst_ice_steering_free (GstIceSteering *steering);

GstIceDatagramSocket *gst_ice_steering_get_media (GstIceSteering *steering);
GstIceDatagramSocket *gst_ice_steering_open_media (
    GstIceSteering *steering, GstIceSources *sources, GError **error);
gboolean gst_ice_steering_steer_media (GstIceSteering *steering,
    gboolean steer_it, gboolean spare_channel_data, GError **error);

GstIceDatagramSocket *gst_ice_steering_get_plain (
    GstIceSteering *steering, GstIceSources *sources);

gboolean gst_ice_steering_is_at (
    GstIceSteering *steering, GInetSocketAddress *address);
GSocketAddress *gst_ice_steering_make_remote (
    GstIceSteering *steering, const gchar *address, guint16 port);
gboolean gst_ice_steering_send (GstIceSteering *steering, GSocketAddress *to,
    const guint8 *data, gsize size, GError **error);

G_END_DECLS
