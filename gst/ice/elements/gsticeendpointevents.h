/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Forwards the agent's and transport's signals, notifications, messages and
 * errors to the element. */
#pragma once

#include "elements/gsticeendpoint.h"

G_BEGIN_DECLS

void gst_ice_endpoint_connect (
    GstIceEndpoint *endpoint, GstIceAgent *agent, GstIceTransport *transport);
void gst_ice_endpoint_report_earlier_failure (
    GstIceEndpoint *endpoint, GstIceAgent *agent, GstIceTransport *transport);
void gst_ice_endpoint_disconnect (
    GstIceEndpoint *endpoint, GstIceAgent *agent, GstIceTransport *transport);

G_END_DECLS
