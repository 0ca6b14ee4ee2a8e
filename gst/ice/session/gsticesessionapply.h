/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Gives the backend what the tables of the remote side have. */
#pragma once

#include "session/gsticesessiontables.h"

G_BEGIN_DECLS

void gst_ice_session_apply_remote (
    GstIceSession *session, GstIceSessionEntry *entry);
void gst_ice_session_apply_all_remote (GstIceSession *session);

G_END_DECLS
