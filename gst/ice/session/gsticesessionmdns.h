/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Resolves remote candidates that have a name instead of an address. */
#pragma once

#include "session/gsticesessiontables.h"

G_BEGIN_DECLS

void gst_ice_session_look_up_names (GstIceSession *self);
void gst_ice_session_look_up_and_apply (GstIceSession *self, gpointer unused);

G_END_DECLS
