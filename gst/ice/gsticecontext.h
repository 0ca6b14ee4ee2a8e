/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A GMainContext in which a library reads one transport's sockets, and who
 * iterates it: the streaming thread that waits for the datagrams, so that they
 * change no thread; else the I/O thread. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _GstIceContext GstIceContext;

/* In the thread that iterates, one at a time. */
typedef struct
{
  void (*before) (gpointer user_data); /* (nullable) the next iteration */
  void (*after) (gpointer user_data);  /* (nullable) one of the I/O thread's */
} GstIceContextFuncs;

GstIceContext *gst_ice_context_new (
    GMainContext *io, const GstIceContextFuncs *functions, gpointer user_data);
GstIceContext *gst_ice_context_ref (GstIceContext *self);
void gst_ice_context_unref (GstIceContext *self);
void gst_ice_context_close (GstIceContext *self);

GMainContext *gst_ice_context_get (GstIceContext *self);
guint gst_ice_context_get_turn (GstIceContext *self);
void gst_ice_context_iterate (GstIceContext *self, gboolean wait, gint64 end);
void gst_ice_context_leave (GstIceContext *self);
void gst_ice_context_wake (GstIceContext *self);

G_END_DECLS
