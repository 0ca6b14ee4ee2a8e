/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Built-in signalling of one session: what the session says becomes messages
 * on a signaller's line and the other way round. I/O thread. */
#pragma once

#include <gio/gio.h>
#include "icesignallinguri.h"
#include "icestate.h"

G_BEGIN_DECLS

typedef struct _GstIceCall GstIceCall;

typedef struct
{
  /* The line to the peer is open, perhaps anew: send everything. */
  void (*opened) (gpointer user_data);
  gboolean (*parameters) (guint stream, const gchar *ufrag,
      const gchar *password, guint generation, gpointer user_data,
      GError **error);
  /* ufrag: NULL where the message has none */
  gboolean (*candidate) (guint stream, const gchar *ufrag,
      const gchar *candidate, gpointer user_data, GError **error);
  /* The peer sends no more media. */
  void (*bye) (gpointer user_data);
  /* The line is gone for good. */
  void (*closed) (gpointer user_data);
  /* over: by which it is gone */
  void (*problem) (const GError *error, gboolean over, gpointer user_data);
} GstIceCallCallbacks;

GstIceCall *gst_ice_call_new (const IceSignallingUri *uri,
    GMainContext *context, const GstIceCallCallbacks *callbacks,
    gpointer user_data);
void gst_ice_call_free (GstIceCall *call);
gboolean gst_ice_call_start (GstIceCall *call, GError **error);

void gst_ice_call_send_parameters (GstIceCall *call, guint stream,
    const gchar *ufrag, const gchar *password, GstIceRole role,
    guint generation);
void gst_ice_call_send_candidate (
    GstIceCall *call, guint stream, const gchar *ufrag, const gchar *candidate);
void gst_ice_call_send_bye (GstIceCall *call);

G_END_DECLS
