/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A session's remote side: the peer's credentials and candidates. */
#pragma once

#include "session/gsticesessiontables.h"

G_BEGIN_DECLS

gboolean gst_ice_session_check_stream (guint stream, GError **error);
gboolean gst_ice_session_check_open (GstIceSession *self, GError **error);
gchar *gst_ice_session_filter (
    GstIceSession *self, guint stream, const gchar *candidate, gboolean local);
gboolean gst_ice_session_check_credentials (GstIceSession *self, guint stream,
    const gchar *ufrag, const gchar *password, gboolean restart,
    GError **error);

G_END_DECLS
