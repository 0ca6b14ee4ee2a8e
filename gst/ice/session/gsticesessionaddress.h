/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Decides which addresses of the peer's candidates checks may be sent to. */
#pragma once

#include "session/gsticesessiontables.h"

G_BEGIN_DECLS

gboolean gst_ice_session_check_address (
    GstIceSession *self, const IceCandidate *candidate, GError **error);

G_END_DECLS
