/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What an endpoint does when its element changes state, and what can change
 * while it runs. */
#pragma once

#include "gsticeendpoint.h"

G_BEGIN_DECLS

gboolean gst_ice_endpoint_prepare (GstIceEndpoint *endpoint);
gboolean gst_ice_endpoint_start (GstIceEndpoint *endpoint);
void gst_ice_endpoint_end_of_stream (GstIceEndpoint *endpoint);

void gst_ice_endpoint_set_offload (
    GstIceEndpoint *endpoint, GstIceOffload offload);
void gst_ice_endpoint_set_dscp (GstIceEndpoint *endpoint, gint dscp);

G_END_DECLS
