/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Maps a connection-id to the agent that elements of a process share. */
#pragma once

#include "session/gsticeagent.h"

G_BEGIN_DECLS

GstIceAgent *gst_ice_registry_get_agent (
    const gchar *connection_id, const gchar *name);

G_END_DECLS
