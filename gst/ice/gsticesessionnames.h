/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Names in place of the addresses of remote candidates. */
#pragma once

#include "gsticesessiontables.h"

G_BEGIN_DECLS

void gst_ice_session_look_up_names (GstIceSession *self);

G_END_DECLS
