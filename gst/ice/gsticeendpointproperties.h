/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The properties that icesrc and icesink share. */
#pragma once

#include "gsticeendpoint.h"

G_BEGIN_DECLS

enum
{
  GST_ICE_ENDPOINT_PROP_CONNECTION_ID = 1,
  GST_ICE_ENDPOINT_PROP_AGENT,
  GST_ICE_ENDPOINT_PROP_STREAM,
  GST_ICE_ENDPOINT_PROP_COMPONENT,
  GST_ICE_ENDPOINT_PROP_TRANSPORT,
  GST_ICE_ENDPOINT_PROP_ICE_CONNECTION_STATE,
  GST_ICE_ENDPOINT_PROP_ICE_GATHERING_STATE,
  GST_ICE_ENDPOINT_PROP_ICE_TRANSPORT_STATE,
  GST_ICE_ENDPOINT_PROP_CANDIDATE_PAIRS,
  GST_ICE_ENDPOINT_PROP_SELECTED_CANDIDATE_PAIR,
  GST_ICE_ENDPOINT_PROP_LOCAL_CANDIDATES,
  GST_ICE_ENDPOINT_PROP_BUFFER_SIZE,
  GST_ICE_ENDPOINT_PROP_OFFLOAD,
  GST_ICE_ENDPOINT_PROP_OFFLOAD_ACTIVE,
  GST_ICE_ENDPOINT_PROP_SETTINGS,
  /* where an element's own properties begin */
  GST_ICE_ENDPOINT_N_PROPS = GST_ICE_ENDPOINT_PROP_SETTINGS + GST_ICE_N_SETTINGS
};

void gst_ice_endpoint_install_properties (GstElementClass *klass);
gboolean gst_ice_endpoint_set_property (
    GstIceEndpoint *endpoint, guint id, const GValue *value);
gboolean gst_ice_endpoint_get_property (
    GstIceEndpoint *endpoint, guint id, GValue *value);

G_END_DECLS
