/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The role of a session (RFC 8445 section 6.1.1), and until when the user can
 * change it. */
#pragma once

#include "session/gsticesessiontables.h"

G_BEGIN_DECLS

void gst_ice_session_put_role (GstIceSession *session, GstIceRole role);
void gst_ice_session_on_role (
    GstIceTransport *transport, GstIceRole role, gpointer session);
void gst_ice_session_apply_role (GstIceSession *session);
void gst_ice_session_fix_role (GstIceSession *session);

G_END_DECLS
