/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A session's remote side: the peer's credentials and candidates. */
#pragma once

#include "gsticesessiontables.h"

G_BEGIN_DECLS

gboolean gst_ice_session_check_stream (guint stream, GError **error);
gboolean gst_ice_session_check_open (GstIceSession *self, GError **error);
gchar *gst_ice_session_filter (
    GstIceSession *self, guint stream, const gchar *candidate, gboolean local);
gboolean gst_ice_session_add_candidate (
    GstIceSession *self, guint stream, const gchar *candidate, GError **error);
gboolean gst_ice_session_set_remote_credentials (GstIceSession *self,
    guint stream, const gchar *ufrag, const gchar *password, GError **error);

/* I/O thread: the backend is brought up to the tables. */
void gst_ice_session_apply_remote (
    GstIceSession *self, GstIceSessionEntry *entry);
void gst_ice_session_apply_all_remote (GstIceSession *self, gpointer unused);

G_END_DECLS
