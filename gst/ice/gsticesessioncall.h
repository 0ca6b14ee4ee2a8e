/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A session's built-in signalling. */
#pragma once

#include "gsticesessiontables.h"

G_BEGIN_DECLS

/* I/O thread */
void gst_ice_session_start_call (GstIceSession *self);
/* any thread */
void gst_ice_session_end_of_stream (
    GstIceSession *self, GstIceTransport *transport);

G_END_DECLS
