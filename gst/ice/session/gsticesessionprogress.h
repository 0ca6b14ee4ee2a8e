/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reports what a session waits for: GST_MESSAGE_PROGRESS. I/O thread unless
 * noted. */
#pragma once

#include "session/gsticesessiontables.h"

G_BEGIN_DECLS

void gst_ice_session_consider_progress (GstIceSession *session);
void gst_ice_session_report_problem (
    GstIceSession *session, const GError *error, gboolean fatal);

G_END_DECLS
