/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A session's states: handles each event and reports the changes in W3C's
 * order. I/O thread. */
#pragma once

#include "session/gsticesessiontables.h"

G_BEGIN_DECLS

void gst_ice_session_step (GstIceSession *self, GstIceTransport *transport,
    IceEvent event, const GstStructure *pair);
gboolean gst_ice_session_update_gathering_state (GstIceSession *self);
void gst_ice_session_enter_new (GstIceSession *self);
void gst_ice_session_enter_closed (GstIceSession *self);

void gst_ice_session_note_pairs (
    GstIceSession *session, GstIceTransport *transport);

G_END_DECLS
