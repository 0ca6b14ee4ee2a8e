/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The agent that an endpoint will have, so that credentials which are read in
 * NULL are those used later. */
#pragma once

#include "elements/gsticeendpoint.h"

G_BEGIN_DECLS

GstIceAgent *gst_ice_endpoint_foresee_agent (GstIceEndpoint *endpoint);
gboolean gst_ice_endpoint_forget_agent (GstIceEndpoint *endpoint);
void gst_ice_endpoint_share_credentials (GstIceEndpoint *endpoint);

G_END_DECLS
