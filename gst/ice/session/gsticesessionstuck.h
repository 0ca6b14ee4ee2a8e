/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Warns about waits that cannot end by themselves, with the cure. */
#pragma once

#include "session/gsticesessiontables.h"

G_BEGIN_DECLS

gint64 gst_ice_session_warn_of_stuck (GstIceSession *session, gint64 now);

G_END_DECLS
