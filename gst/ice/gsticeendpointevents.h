/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What agent and transport say is said again by the element: signals,
 * notifications, bus messages, errors. */
#pragma once

#include "gsticeendpoint.h"

G_BEGIN_DECLS

void gst_ice_endpoint_connect (
    GstIceEndpoint *endpoint, GstIceAgent *agent, GstIceTransport *transport);
void gst_ice_endpoint_disconnect (
    GstIceEndpoint *endpoint, GstIceAgent *agent, GstIceTransport *transport);

G_END_DECLS
