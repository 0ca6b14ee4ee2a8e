/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An endpoint's agent and transport: finding them, passing settings on. */
#pragma once

#include "gsticeendpoint.h"

G_BEGIN_DECLS

gboolean gst_ice_endpoint_bind (GstIceEndpoint *endpoint, GError **error);
void gst_ice_endpoint_unbind (GstIceEndpoint *endpoint);
void gst_ice_endpoint_dispose (GstIceEndpoint *endpoint);

gboolean gst_ice_endpoint_may_rebind (
    GstIceEndpoint *endpoint, const gchar *property);
void gst_ice_endpoint_set_setting (
    GstIceEndpoint *endpoint, GstIceSetting id, const GValue *value);

G_END_DECLS
