/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whether this process may open more descriptors. GLib aborts it (g_error) if
 * there is none for a GMainContext or for its worker thread, so code that
 * creates one of these, or calls a library that does, checks first. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Descriptors that are made at once, by us and by GIO's threads meanwhile. */
#define GST_ICE_DESCRIPTORS_SPARE 8

gboolean gst_ice_descriptors_check (guint n, GError **error);
void gst_ice_descriptors_explain (GError **error);
gboolean gst_ice_descriptors_hold (GCancellable *cancellable, GError **error);

G_END_DECLS
