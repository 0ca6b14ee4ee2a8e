/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A transport that failed: why, and what to do. */
#pragma once

#include "gsticeagent.h"

G_BEGIN_DECLS

GError *gst_ice_failure_describe (
    GstIceAgent *agent, GstIceTransport *transport);

G_END_DECLS
