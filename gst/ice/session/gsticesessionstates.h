/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A session's states: handles each event and reports the changes in W3C's
 * order, and limits how often lists are notified of. I/O thread, unless it says
 * otherwise. */
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
void gst_ice_session_note_candidates (GstIceSession *session, gboolean local);
void gst_ice_session_notify_candidates (GstIceSession *session, gboolean local);

G_END_DECLS
