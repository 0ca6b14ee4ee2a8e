/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A second socket on the address of an agent's UDP socket, which the kernel
 * gives the answers to our own STUN requests, and nothing else (Linux:
 * SO_REUSEPORT with a classic BPF program). */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _GstIceSteering GstIceSteering;

/* In the thread that runs the context. */
typedef void (*GstIceSteeringReceived) (
    GSocketAddress *from, const guint8 *data, gsize size, gpointer user_data);

GstIceSteering *gst_ice_steering_new (GSocket *agent_socket, guint32 tag,
    GMainContext *context, GstIceSteeringReceived received, gpointer user_data,
    GError **error);
void gst_ice_steering_free (GstIceSteering *steering);

gboolean gst_ice_steering_is_at (
    GstIceSteering *steering, GInetSocketAddress *address);
gboolean gst_ice_steering_send (GstIceSteering *steering, GSocketAddress *to,
    const guint8 *data, gsize size, GError **error);

G_END_DECLS
