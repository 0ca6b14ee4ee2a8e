/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An endpoint's part of its element's state changes, and the settings that can
 * change while it runs. */
#pragma once

#include "elements/gsticeendpoint.h"

G_BEGIN_DECLS

gboolean gst_ice_endpoint_prepare (GstIceEndpoint *endpoint);
gboolean gst_ice_endpoint_start (GstIceEndpoint *endpoint);
void gst_ice_endpoint_show_progress (GstIceEndpoint *endpoint);
void gst_ice_endpoint_end_of_stream (GstIceEndpoint *endpoint);

void gst_ice_endpoint_set_offload (
    GstIceEndpoint *endpoint, GstIceOffload offload);
void gst_ice_endpoint_set_dscp (GstIceEndpoint *endpoint, gint dscp);

G_END_DECLS
