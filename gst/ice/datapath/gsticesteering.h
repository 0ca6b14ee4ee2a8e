/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * More sockets on the address of an agent's UDP socket (Linux: SO_REUSEPORT
 * with a classic BPF program): one to which the kernel gives the answers to our
 * own STUN requests and the peer's requests with a given USERNAME; and, on
 * demand, one for media. Other STUN goes to the agent. */
#pragma once

#include <gio/gio.h>
#include <gio/gnetworking.h>
#include "stun/gsticestunresponses.h"
#include "datapath/gsticedatagramsocket.h"

G_BEGIN_DECLS

typedef struct _GstIceSteering GstIceSteering;

/* A Binding request of the peer, unchanged; some octets behind it may be read.
 */
typedef void (*GstIceSteeringRequested) (GstIceSteering *steering,
    GSocketAddress *from, const guint8 *data, gsize size, gpointer user_data);

gboolean gst_ice_steering_is_possible (void);
/* An empty datagram, from any sender. */
typedef void (*GstIceSteeringEmpty) (
    GstIceSteering *steering, GSocketAddress *from, gpointer user_data);

GstIceSteering *gst_ice_steering_new (GSocket *agent_socket,
    GstIceStunResponses *answers, GMainContext *context, GError **error);
void gst_ice_steering_free (GstIceSteering *steering);

GstIceDatagramSocket *gst_ice_steering_get_media (GstIceSteering *steering);
void gst_ice_steering_list_sockets (
    GstIceSteering *steering, GPtrArray *sockets);
GstIceDatagramSocket *gst_ice_steering_open_media (GstIceSteering *steering,
    GstIcePeerAddresses *peer_addresses, GError **error);
gboolean gst_ice_steering_steer_media (GstIceSteering *steering,
    gboolean steer_it, gboolean spare_channel_data,
    const struct sockaddr_storage *spared, GError **error);

GstIceDatagramSocket *gst_ice_steering_get_plain (
    GstIceSteering *steering, GstIcePeerAddresses *peer_addresses);

gboolean gst_ice_steering_take_requests (GstIceSteering *steering,
    const gchar *username, GstIceSteeringRequested requested,
    gpointer user_data, GError **error);
void gst_ice_steering_take_empty (
    GstIceSteering *steering, GstIceSteeringEmpty empty, gpointer user_data);
gboolean gst_ice_steering_is_at (
    GstIceSteering *steering, GInetSocketAddress *address);
GSocketAddress *gst_ice_steering_make_remote (
    GstIceSteering *steering, const gchar *address, guint16 port);
gboolean gst_ice_steering_send (GstIceSteering *steering, GSocketAddress *to,
    const guint8 *data, gsize size, GError **error);

G_END_DECLS
