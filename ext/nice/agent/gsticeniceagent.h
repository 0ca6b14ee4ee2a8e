/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GstIceAgent over libnice. */
#pragma once

#include "session/gsticeagent.h"

G_BEGIN_DECLS

#define GST_TYPE_ICE_NICE_AGENT (gst_ice_nice_agent_get_type ())
G_DECLARE_FINAL_TYPE (
    GstIceNiceAgent, gst_ice_nice_agent, GST, ICE_NICE_AGENT, GstIceAgent)

G_END_DECLS
