/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A session's reports, as signals of its owner, the agent. "event", "progress"
 * and "problem" are for elements; the first element posts the message. */
#pragma once

#include "session/gsticesessiontables.h"

G_BEGIN_DECLS

void gst_ice_session_install_signals (GType type);

/* I/O thread, without a lock; problems with the peer's candidates and
 * credentials also in the thread that sets them */
void gst_ice_session_emit_event (GstIceSession *session, GstStructure *message);
void gst_ice_session_emit_progress (GstIceSession *session,
    GstProgressType type, const gchar *code, const gchar *text);
void gst_ice_session_emit_problem (
    GstIceSession *session, const GError *error, gboolean fatal);
void gst_ice_session_warn (GstIceSession *session, const GError *error);
void gst_ice_session_forget_server_errors (GstIceSession *session);
void gst_ice_session_report_candidate_error (
    GstIceSession *session, guint stream, const GstIceCandidateError *error);

/* any thread, without a lock */
void gst_ice_session_notify (GstIceSession *session, const gchar *property);
void gst_ice_session_report_remote (GstIceSession *session, guint stream);

G_END_DECLS
