/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A session that restarts ICE by itself: `restart-on`. icerestart has the rule;
 * here are the states, the network and the clock it goes by. */
#pragma once

#include "gsticesessiontables.h"

G_BEGIN_DECLS

/* I/O thread */
void gst_ice_session_start_restarts (GstIceSession *self);
void gst_ice_session_stop_restarts (GstIceSession *self);
void gst_ice_session_consider_restart (GstIceSession *self);
/* any thread */
gboolean gst_ice_session_restarts_on_failure (GstIceSession *self);

G_END_DECLS
