/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A session's gathering: from the wish to the last candidate told. */
#pragma once

#include "gsticesessiontables.h"

G_BEGIN_DECLS

gboolean gst_ice_session_gather (GstIceSession *self);
gboolean gst_ice_session_wait_for_gathering (GstIceSession *self);

/* what transports report; I/O thread, data is the session */
void gst_ice_session_on_candidate (
    GstIceTransport *transport, const IceCandidate *candidate, gpointer data);
void gst_ice_session_on_gathered (GstIceTransport *transport, gpointer data);
void gst_ice_session_on_candidate_error (GstIceTransport *transport,
    const GstIceCandidateError *error, gpointer data);

G_END_DECLS
