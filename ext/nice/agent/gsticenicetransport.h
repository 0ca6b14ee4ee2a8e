/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GstIceTransport over libnice: a NiceAgent with one stream of one component,
 * so that libnice's rules across streams and components do not apply. */
#pragma once

#include "component/gsticetransport.h"

G_BEGIN_DECLS

#define GST_TYPE_ICE_NICE_TRANSPORT (gst_ice_nice_transport_get_type ())
G_DECLARE_FINAL_TYPE (GstIceNiceTransport, gst_ice_nice_transport, GST,
    ICE_NICE_TRANSPORT, GstIceTransport)

G_END_DECLS
