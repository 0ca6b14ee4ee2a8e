/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Restarts ICE by `restart-on`. icerestart has the rule; this module feeds it
 * with the states, the network and the clock. */
#pragma once

#include "session/gsticesessiontables.h"

G_BEGIN_DECLS

/* I/O thread */
void gst_ice_session_start_restarts (GstIceSession *self);
void gst_ice_session_stop_restarts (GstIceSession *self);
void gst_ice_session_consider_restart (GstIceSession *self);

G_END_DECLS
