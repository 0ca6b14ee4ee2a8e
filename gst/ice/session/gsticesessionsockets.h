/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Applies elements' options to the sockets of a session's transports, once the
 * session gathers. */
#pragma once

#include "session/gsticesessiontables.h"

G_BEGIN_DECLS

void gst_ice_session_set_waiting_options (GstIceSession *session);

G_END_DECLS
