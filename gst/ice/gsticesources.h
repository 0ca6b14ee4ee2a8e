/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The addresses whose datagrams are taken: the remote ends of the pairs that
 * succeeded, and the peer's candidates that its checks came from. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _GstIceSources GstIceSources;

/* Remembered at most; the oldest goes first. */
#define GST_ICE_SOURCES_MAX 64

GstIceSources *gst_ice_sources_new (void);
GstIceSources *gst_ice_sources_ref (GstIceSources *sources);
void gst_ice_sources_unref (GstIceSources *sources);

void gst_ice_sources_begin (GstIceSources *sources);
void gst_ice_sources_forget_old (GstIceSources *sources);
void gst_ice_sources_add (
    GstIceSources *sources, const gchar *address, guint16 port);
gboolean gst_ice_sources_contain (
    GstIceSources *sources, gconstpointer native_address, gsize size);

G_END_DECLS
