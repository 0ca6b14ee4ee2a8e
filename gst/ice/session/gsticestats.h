/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * get-stats: a session's statistics as a structure of structures, with the
 * names of W3C webrtc-stats. */
#pragma once

#include <gst/gst.h>
#include "component/gsticetransport.h"

G_BEGIN_DECLS

void gst_ice_stats_add_transport (
    GstStructure *stats, GstIceTransport *transport);

G_END_DECLS
