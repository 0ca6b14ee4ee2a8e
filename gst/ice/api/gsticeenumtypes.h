/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Enums of the API, and the GTypes of these and of the model's.
 *
 * They are written by hand: glib-mkenums makes value names of C identifiers
 * (@VALUENAME@) and has no substitution for a description, which is what
 * gst-inspect-1.0 shows of a value. tests/docs compares the descriptions with
 * the gtk-doc comments of the enums. */
#pragma once

#include <glib-object.h>
#include "model/icerestart.h"
#include "model/icestate.h"

G_BEGIN_DECLS

/**
 * GstIceTransportPolicy:
 * @GST_ICE_TRANSPORT_POLICY_ALL: use every candidate
 * @GST_ICE_TRANSPORT_POLICY_RELAY: use relayed candidates only
 *
 * RTCIceTransportPolicy.
 *
 * Since: 0.1
 */
typedef enum
{
  GST_ICE_TRANSPORT_POLICY_ALL,
  GST_ICE_TRANSPORT_POLICY_RELAY
} GstIceTransportPolicy;

/**
 * GstIceOnFailed:
 * @GST_ICE_ON_FAILED_ERROR: post an error
 * @GST_ICE_ON_FAILED_WARNING: post a warning
 * @GST_ICE_ON_FAILED_EOS: end the stream
 * @GST_ICE_ON_FAILED_NONE: only the state message
 *
 * What an element does when its transport fails.
 *
 * Since: 0.1
 */
typedef enum
{
  GST_ICE_ON_FAILED_ERROR,
  GST_ICE_ON_FAILED_WARNING,
  GST_ICE_ON_FAILED_EOS,
  GST_ICE_ON_FAILED_NONE
} GstIceOnFailed;

/**
 * GstIceOffload:
 * @GST_ICE_OFFLOAD_AUTO: where the system and the selected pair can
 * @GST_ICE_OFFLOAD_NONE: never
 *
 * Whether datagrams take batched socket I/O (UDP GSO and GRO) past the ICE
 * library's own sockets.
 *
 * Since: 0.1
 */
typedef enum
{
  GST_ICE_OFFLOAD_AUTO,
  GST_ICE_OFFLOAD_NONE
} GstIceOffload;

#define GST_TYPE_ICE_CONNECTION_STATE (gst_ice_connection_state_get_type ())
GType gst_ice_connection_state_get_type (void);

#define GST_TYPE_ICE_GATHERING_STATE (gst_ice_gathering_state_get_type ())
GType gst_ice_gathering_state_get_type (void);

#define GST_TYPE_ICE_CANDIDATE_PAIR_STATE                                      \
  (gst_ice_candidate_pair_state_get_type ())
GType gst_ice_candidate_pair_state_get_type (void);

#define GST_TYPE_ICE_ROLE (gst_ice_role_get_type ())
GType gst_ice_role_get_type (void);

#define GST_TYPE_ICE_TRANSPORT_POLICY (gst_ice_transport_policy_get_type ())
GType gst_ice_transport_policy_get_type (void);

#define GST_TYPE_ICE_ON_FAILED (gst_ice_on_failed_get_type ())
GType gst_ice_on_failed_get_type (void);

#define GST_TYPE_ICE_RESTART_ON (gst_ice_restart_on_get_type ())
GType gst_ice_restart_on_get_type (void);

#define GST_TYPE_ICE_OFFLOAD (gst_ice_offload_get_type ())
GType gst_ice_offload_get_type (void);

G_END_DECLS
