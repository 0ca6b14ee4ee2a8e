/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Explains why a transport failed, and what to do. */
#pragma once

#include "session/gsticeagent.h"

G_BEGIN_DECLS

GError *gst_ice_failure_describe (
    GstIceAgent *agent, GstIceTransport *transport);

G_END_DECLS
