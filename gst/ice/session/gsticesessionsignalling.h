/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A session's built-in signalling. */
#pragma once

#include "session/gsticesessiontables.h"

G_BEGIN_DECLS

/* I/O thread */
void gst_ice_session_start_channel (GstIceSession *self);

G_END_DECLS
