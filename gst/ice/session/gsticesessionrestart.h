/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A session's generations (RFC 8445 section 9): local credentials and ICE
 * restarts. */
#pragma once

#include "session/gsticesessiontables.h"

G_BEGIN_DECLS

gchar *gst_ice_session_make_ufrag (void);
gchar *gst_ice_session_make_password (void);
/* any thread */
gboolean gst_ice_session_answer_restart (
    GstIceSession *self, gboolean answers, GError **error);
void gst_ice_session_restart_once (GstIceSession *self, guint generation);
void gst_ice_session_gather_anew (GstIceSession *session);
void gst_ice_session_offer_again (GstIceSession *self, guint stream);
/* I/O thread */
gboolean gst_ice_session_adopt_generation (GstIceSession *self);
void gst_ice_session_take_options (GstIceSession *self,
    GstIceSettings *settings, GstIceGatherOptions *options);
void gst_ice_session_send_parameters (GstIceSession *self, IceStream *stream);

G_END_DECLS
