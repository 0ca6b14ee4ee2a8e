/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The media sockets of one transport: opened beside the agent's UDP sockets
 * while an element that may use them is there, fed by the kernel, and the
 * datapath's route while the selected pair is one of theirs. */
#pragma once

#include "datapath/gsticesteering.h"
#include "component/gsticetransport.h"
#include <nice/agent.h>

G_BEGIN_DECLS

typedef struct _GstIceNiceMedia GstIceNiceMedia;

GstIceNiceMedia *gst_ice_nice_media_new (GstIceTransport *transport);
void gst_ice_nice_media_free (GstIceNiceMedia *media);

void gst_ice_nice_media_add_turn_server (
    GstIceNiceMedia *media, const gchar *address, guint16 port);
void gst_ice_nice_media_set_relay (
    const GstIceStunRelay *relay, gpointer media);
void gst_ice_nice_media_add_steering (
    GstIceNiceMedia *media, GstIceSteering *steering, GMainContext *context);
void gst_ice_nice_media_remove_steerings (
    GstIceNiceMedia *media, GPtrArray *steerings);
void gst_ice_nice_media_set_options (GstIceNiceMedia *media,
    GstIceDirection direction, const GstIceSocketOptions *options);
void gst_ice_nice_media_select (GstIceNiceMedia *media,
    GstIceSteering *steering, const NiceAddress *remote);
void gst_ice_nice_media_close (GstIceNiceMedia *media);

/* any thread */
gboolean gst_ice_nice_media_is_apart (GstIceNiceMedia *media);

G_END_DECLS
