/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Binds an endpoint to its agent and transport, and applies its settings. */
#pragma once

#include "elements/gsticeendpoint.h"

G_BEGIN_DECLS

gboolean gst_ice_endpoint_bind (GstIceEndpoint *endpoint, GError **error);
void gst_ice_endpoint_unbind (GstIceEndpoint *endpoint);
void gst_ice_endpoint_dispose (GstIceEndpoint *endpoint);

void gst_ice_endpoint_notify_binding (GstIceEndpoint *endpoint);
gboolean gst_ice_endpoint_may_rebind (
    GstIceEndpoint *endpoint, const gchar *property, gboolean *was_bound);
void gst_ice_endpoint_set_setting (
    GstIceEndpoint *endpoint, GstIceSetting id, const GValue *value);

G_END_DECLS
