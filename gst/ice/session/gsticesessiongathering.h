/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A session's gathering, from the request to the last reported candidate. */
#pragma once

#include "session/gsticesessiontables.h"

G_BEGIN_DECLS

/* called by transports on the I/O thread; data is the session */
void gst_ice_session_begin_gathering (GstIceSession *self);
void gst_ice_session_on_candidate (
    GstIceTransport *transport, const IceCandidate *candidate, gpointer data);
void gst_ice_session_on_gathered (GstIceTransport *transport, gpointer data);
void gst_ice_session_on_candidate_error (GstIceTransport *transport,
    const GstIceCandidateError *error, gpointer data);

G_END_DECLS
