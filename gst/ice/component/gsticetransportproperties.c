/* gst-ice: the properties of a transport: names, texts and ranges.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "component/gsticetransportproperties.h"
#include "api/gsticeenumtypes.h"

static void
make_state_properties (GParamSpec *properties[])
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  properties[GST_ICE_TRANSPORT_PROP_STATE] = g_param_spec_enum ("state",
      "State", "RTCIceTransportState of this transport",
      GST_TYPE_ICE_CONNECTION_STATE, GST_ICE_CONNECTION_STATE_NEW, flags);
  properties[GST_ICE_TRANSPORT_PROP_GATHERING_STATE] = g_param_spec_enum (
      "gathering-state", "Gathering state",
      "RTCIceGathererState of this transport", GST_TYPE_ICE_GATHERING_STATE,
      GST_ICE_GATHERING_STATE_NEW, flags);
  properties[GST_ICE_TRANSPORT_PROP_ROLE] = g_param_spec_enum ("role", "Role",
      "RTCIceRole of this agent on this transport", GST_TYPE_ICE_ROLE,
      GST_ICE_ROLE_UNKNOWN, flags);
  properties[GST_ICE_TRANSPORT_PROP_CANDIDATE_PAIRS] = gst_param_spec_array (
      "candidate-pairs", "Candidate pairs",
      "The candidate pairs that are known, as structures",
      g_param_spec_boxed (
          "pair", "Pair", "A candidate pair", GST_TYPE_STRUCTURE, flags),
      flags);
  properties[GST_ICE_TRANSPORT_PROP_SELECTED_CANDIDATE_PAIR] =
      g_param_spec_boxed ("selected-candidate-pair", "Selected candidate pair",
          "The pair that media uses, NULL while there is none",
          GST_TYPE_STRUCTURE, flags);
  properties[GST_ICE_TRANSPORT_PROP_RECEIVE_OFFLOAD_ACTIVE] =
      g_param_spec_boolean ("receive-offload-active", "Receive offload active",
          "Whether datagrams are received by batched socket I/O (UDP GRO) now",
          FALSE, flags);
  properties[GST_ICE_TRANSPORT_PROP_SEND_OFFLOAD_ACTIVE] =
      g_param_spec_boolean ("send-offload-active", "Send offload active",
          "Whether datagrams are sent by batched socket I/O (UDP GSO) now",
          FALSE, flags);
}

/**
 * gst_ice_transport_install_properties:
 * @klass: the class of the transport
 */
void
gst_ice_transport_install_properties (GObjectClass *klass)
{
  GParamSpec *properties[GST_ICE_TRANSPORT_N_PROPS] = { NULL };
  const GParamFlags construct = G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY
      | G_PARAM_STATIC_STRINGS;

  properties[GST_ICE_TRANSPORT_PROP_STREAM] = g_param_spec_uint ("stream",
      "Stream", "The stream, sdpMLineIndex", 0, G_MAXUINT, 0, construct);
  properties[GST_ICE_TRANSPORT_PROP_COMPONENT] = g_param_spec_uint ("component",
      "Component", "The component, 1 RTP, 2 RTCP", 1, 256, 1, construct);
  make_state_properties (properties);
  g_object_class_install_properties (
      klass, GST_ICE_TRANSPORT_N_PROPS, properties);
}
