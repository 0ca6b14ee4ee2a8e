/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The media sockets of one transport, which its reader reads in turn and waits
 * for together. The owner's lock guards them; a copy of the list can be read
 * without it. */
#pragma once

#include <gst/gst.h>
#include "datapath/gsticedatagramsocket.h"

G_BEGIN_DECLS

typedef struct _GstIceMediaSockets GstIceMediaSockets;

/* Sockets at most, one for each local address. */
#define GST_ICE_MEDIA_SOCKETS_MAX 32

/* Some of them, referenced. */
typedef struct
{
  GstIceDatagramSocket *sockets[GST_ICE_MEDIA_SOCKETS_MAX];
  guint n;
  guint first; /* to be read */
} GstIceMediaSocketList;

GstIceMediaSockets *gst_ice_media_sockets_new (void);
void gst_ice_media_sockets_free (GstIceMediaSockets *sockets);

guint gst_ice_media_sockets_get_n (GstIceMediaSockets *sockets);
gboolean gst_ice_media_sockets_add (
    GstIceMediaSockets *sockets, GstIceDatagramSocket *socket);
gboolean gst_ice_media_sockets_remove (
    GstIceMediaSockets *sockets, GstIceDatagramSocket *socket);
GPtrArray *gst_ice_media_sockets_steal (GstIceMediaSockets *sockets);
void gst_ice_media_sockets_get_counters (
    GstIceMediaSockets *sockets, GstIceDatagramSocketCounters *counters);
gint gst_ice_media_sockets_begin_wait (GstIceMediaSockets *sockets);
void gst_ice_media_sockets_end_wait (GstIceMediaSockets *sockets);
void gst_ice_media_sockets_wake (GstIceMediaSockets *sockets);
void gst_ice_media_sockets_forget_wake (GstIceMediaSockets *sockets);

void gst_ice_media_sockets_list (
    GstIceMediaSockets *sockets, GstIceMediaSocketList *list);
void gst_ice_media_socket_list_clear (GstIceMediaSocketList *list);
GstBufferList *gst_ice_media_socket_list_read (
    const GstIceMediaSocketList *list, gboolean with_sender,
    GstIceDatagramSocketReceived *received);
void gst_ice_media_socket_list_discard (const GstIceMediaSocketList *list);
gboolean gst_ice_media_socket_list_wait (
    const GstIceMediaSocketList *list, gint wake, gint64 timeout);

G_END_DECLS
