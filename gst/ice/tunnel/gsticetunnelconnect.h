/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Connects to a server over TCP, or over TLS with its certificate checked;
 * errors are texts for users. Nothing blocks. */
#pragma once

#include "model/iceserver.h"
#include <gio/gio.h>

G_BEGIN_DECLS

void gst_ice_tunnel_connect_async (const IceServer *server,
    GTlsDatabase *trusted, guint timeout, GCancellable *cancellable,
    GAsyncReadyCallback callback, gpointer user_data);
GIOStream *gst_ice_tunnel_connect_finish (GAsyncResult *result, GError **error);

G_END_DECLS
