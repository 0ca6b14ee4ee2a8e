/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The rule of iceturnpeers for what TURN servers relay, as a part of a socket
 * filter (Linux): over UDP, nothing else of ours sees them before libnice does.
 */
#pragma once

#include "guard/gsticenicefilterprogram.h"
#include "stun/iceturnpeers.h"

#ifdef __linux__

G_BEGIN_DECLS

void gst_ice_nice_indication_filter_add (
    FilterProgram *program, IceTurnPeers *peers);
void gst_ice_nice_indication_filter_drop_channel_data (FilterProgram *program);

G_END_DECLS

#endif
