/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A GMainContext in which a library reads one transport's sockets. The
 * streaming thread that waits for the datagrams iterates it, so that they
 * change no thread; otherwise the I/O thread does. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _GstIceSharedContext GstIceSharedContext;

/* In the thread that iterates, one at a time. */
typedef struct
{
  void (*before) (gpointer user_data); /* (nullable) the next iteration */
  void (*after) (gpointer user_data);  /* (nullable) one of the I/O thread's */
} GstIceSharedContextFuncs;

GstIceSharedContext *gst_ice_shared_context_new (GMainContext *io,
    const GstIceSharedContextFuncs *functions, gpointer user_data);
GstIceSharedContext *gst_ice_shared_context_ref (GstIceSharedContext *self);
void gst_ice_shared_context_unref (GstIceSharedContext *self);
void gst_ice_shared_context_close (GstIceSharedContext *self);

GMainContext *gst_ice_shared_context_get (GstIceSharedContext *self);
guint gst_ice_shared_context_get_iteration (GstIceSharedContext *self);
void gst_ice_shared_context_iterate (
    GstIceSharedContext *self, gboolean wait, gint64 end);
void gst_ice_shared_context_leave (GstIceSharedContext *self);
void gst_ice_shared_context_wake (GstIceSharedContext *self);

G_END_DECLS
