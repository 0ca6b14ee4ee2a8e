/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One ICE session: its streams and transports, gathering, the remote side, the
 * aggregate states, built-in signalling, closing. The agent owns it. Events are
 * handled on the I/O thread, in W3C's order. */
#pragma once

#include "session/gsticesessiontables.h"

G_BEGIN_DECLS

GstIceSession *gst_ice_session_new (GstObject *owner, GType transport_type);
void gst_ice_session_end (GstIceSession *session);
void gst_ice_session_free (GstIceSession *session);

G_END_DECLS
