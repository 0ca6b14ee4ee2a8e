/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Decides to which addresses of remote candidates checks may be sent. */
#pragma once

#include "session/gsticesessiontables.h"

G_BEGIN_DECLS

gboolean gst_ice_session_check_address (
    GstIceSession *self, const IceCandidate *candidate, GError **error);

G_END_DECLS
