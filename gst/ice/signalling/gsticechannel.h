/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Built-in signalling of one session: turns the session's parameters and
 * candidates into messages on a signaller's line, and the peer's messages into
 * calls of the session. I/O thread. */
#pragma once

#include <gio/gio.h>
#include "model/icesignallinguri.h"
#include "model/icestate.h"

G_BEGIN_DECLS

typedef struct _GstIceChannel GstIceChannel;

typedef struct
{
  /* The line to the peer is open, perhaps again: send everything. */
  void (*opened) (gpointer user_data);
  gboolean (*parameters) (guint stream, const gchar *ufrag,
      const gchar *password, guint generation, gpointer user_data,
      GError **error);
  /* ufrag: NULL where the message has none */
  gboolean (*candidate) (guint stream, const gchar *ufrag,
      const gchar *candidate, gpointer user_data, GError **error);
  /* The peer sends no more media. */
  void (*bye) (gpointer user_data);
  /* The line is closed for good. after_bye: bye has been called, or will be */
  void (*closed) (gboolean after_bye, gpointer user_data);
  /* over: by which it is gone */
  void (*problem) (const GError *error, gboolean over, gpointer user_data);
} GstIceChannelCallbacks;

GstIceChannel *gst_ice_channel_new (const IceSignallingUri *uri,
    GMainContext *context, const GstIceChannelCallbacks *callbacks,
    gpointer user_data);
void gst_ice_channel_close (
    GstIceChannel *call, GDestroyNotify gone, gpointer user_data);
void gst_ice_channel_stop (GstIceChannel *call);
gboolean gst_ice_channel_start (GstIceChannel *call, GError **error);

void gst_ice_channel_send_parameters (GstIceChannel *call, guint stream,
    const gchar *ufrag, const gchar *password, GstIceRole role,
    guint generation);
void gst_ice_channel_send_candidate (GstIceChannel *call, guint stream,
    const gchar *ufrag, const gchar *candidate);
void gst_ice_channel_send_bye (GstIceChannel *call);

G_END_DECLS
