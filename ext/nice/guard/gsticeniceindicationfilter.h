/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The rule of iceturnpeers for Data indications, as a part of a socket filter
 * (Linux): over UDP, nothing else of ours sees them before libnice does. */
#pragma once

#include "guard/gsticenicefilterprogram.h"
#include "stun/iceturnpeers.h"

#ifdef __linux__

G_BEGIN_DECLS

void gst_ice_nice_indication_filter_add (
    FilterProgram *program, IceTurnPeers *peers);

G_END_DECLS

#endif
