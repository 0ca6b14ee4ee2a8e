/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The process's one I/O thread, `ice-io`, and its main context. It runs while
 * it has users, see gst_ice_io_acquire(). */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _GstIceIo GstIceIo;

GstIceIo *gst_ice_io_acquire (void);
GstIceIo *gst_ice_io_ref (GstIceIo *io);
void gst_ice_io_release (GstIceIo *io);

GMainContext *gst_ice_io_get_context (GstIceIo *io);
gboolean gst_ice_io_is_current (GstIceIo *io);
void gst_ice_io_invoke (
    GstIceIo *io, GSourceFunc function, gpointer data, GDestroyNotify notify);
void gst_ice_io_synchronize (GstIceIo *io, gint64 end);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstIceIo, gst_ice_io_release)

G_END_DECLS
