/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One signalling line: a connected stream socket, cut into messages. */
#pragma once

#include <gio/gio.h>
#include "signalling/icemessage.h"

G_BEGIN_DECLS

/* Bytes that were sent and that the system has not taken yet, at most. */
#define GST_ICE_LINE_MAX_UNSENT (1024 * 1024)
/* After these, other sources of the main context get their turn. */
#define GST_ICE_LINE_MAX_MESSAGES_PER_DISPATCH 64

typedef struct _GstIceLine GstIceLine;

typedef enum
{
  GST_ICE_LINE_END_BYE,     /* closed by the peer after its bye; no error */
  GST_ICE_LINE_END_CLOSED,  /* closed by the peer, or broken */
  GST_ICE_LINE_END_INVALID, /* garbage, a line too long, wrong order */
  GST_ICE_LINE_END_SILENT,  /* nothing valid came in time */
  GST_ICE_LINE_END_STUCK    /* the peer does not read */
} GstIceLineEnd;

typedef struct
{
  /* A valid message, in a valid order. */
  void (*message) (
      GstIceLine *line, const IceMessage *message, gpointer user_data);
  /* The line is closed already. Called once, nothing follows;
   * gst_ice_line_close() has to be called still. error is NULL for
   * GST_ICE_LINE_END_BYE only. */
  void (*ended) (GstIceLine *line, GstIceLineEnd end, const GError *error,
      gpointer user_data);
} GstIceLineCallbacks;

GstIceLine *gst_ice_line_new (GSocketConnection *connection,
    GMainContext *context, guint silence_limit,
    const GstIceLineCallbacks *callbacks, gpointer user_data);
void gst_ice_line_send (GstIceLine *line, const IceMessage *message);
const gchar *gst_ice_line_get_name (GstIceLine *line);
void gst_ice_line_close (GstIceLine *line);

G_END_DECLS
