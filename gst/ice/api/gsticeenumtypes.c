/* gst-ice: the enum types.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "api/gsticeenumtypes.h"

#define DEFINE(TypeName, type_name, values)                                    \
  DEFINE_AS (g_enum_register_static, TypeName, type_name, values)
#define DEFINE_FLAGS(TypeName, type_name, values)                              \
  DEFINE_AS (g_flags_register_static, TypeName, type_name, values)
#define DEFINE_AS(do_register, TypeName, type_name, values)                    \
  GType gst_##type_name##_get_type (void)                                      \
  {                                                                            \
    static gsize type;                                                         \
                                                                               \
    if (g_once_init_enter (&type))                                             \
      g_once_init_leave (&type, do_register (#TypeName, values));              \
    return (GType) type;                                                       \
  }

static const GEnumValue ice_connection_state_values[] = {
  { GST_ICE_CONNECTION_STATE_NEW, "Gathering, or waiting for remote candidates",
      "new" },
  { GST_ICE_CONNECTION_STATE_CHECKING,
      "Pairs are being checked, none is usable", "checking" },
  { GST_ICE_CONNECTION_STATE_CONNECTED, "A usable candidate pair was found",
      "connected" },
  { GST_ICE_CONNECTION_STATE_COMPLETED,
      "Connected, and nothing is left to gather, receive or check",
      "completed" },
  { GST_ICE_CONNECTION_STATE_FAILED, "No pair works and none can come any more",
      "failed" },
  { GST_ICE_CONNECTION_STATE_DISCONNECTED, "No path works now",
      "disconnected" },
  { GST_ICE_CONNECTION_STATE_CLOSED, "Closed by the application", "closed" },
  { 0 },
};
DEFINE (
    GstIceConnectionState, ice_connection_state, ice_connection_state_values)

static const GEnumValue ice_gathering_state_values[] = {
  { GST_ICE_GATHERING_STATE_NEW, "Gathering has not begun", "new" },
  { GST_ICE_GATHERING_STATE_GATHERING, "Candidates are being gathered",
      "gathering" },
  { GST_ICE_GATHERING_STATE_COMPLETE, "No more candidates will come",
      "complete" },
  { 0 },
};
DEFINE (GstIceGatheringState, ice_gathering_state, ice_gathering_state_values)

static const GEnumValue ice_candidate_pair_state_values[] = {
  { GST_ICE_CANDIDATE_PAIR_STATE_FROZEN,
      "Not checked until another pair of its foundation succeeds", "frozen" },
  { GST_ICE_CANDIDATE_PAIR_STATE_WAITING, "To be checked", "waiting" },
  { GST_ICE_CANDIDATE_PAIR_STATE_IN_PROGRESS, "A check is under way",
      "in-progress" },
  { GST_ICE_CANDIDATE_PAIR_STATE_FAILED, "The check failed", "failed" },
  { GST_ICE_CANDIDATE_PAIR_STATE_SUCCEEDED, "The check succeeded",
      "succeeded" },
  { 0 },
};
DEFINE (GstIceCandidatePairState, ice_candidate_pair_state,
    ice_candidate_pair_state_values)

static const GEnumValue ice_role_values[] = {
  { GST_ICE_ROLE_UNKNOWN, "Not decided yet", "unknown" },
  { GST_ICE_ROLE_CONTROLLING, "This agent nominates", "controlling" },
  { GST_ICE_ROLE_CONTROLLED, "The peer nominates", "controlled" },
  { 0 },
};
DEFINE (GstIceRole, ice_role, ice_role_values)

static const GEnumValue ice_transport_policy_values[] = {
  { GST_ICE_TRANSPORT_POLICY_ALL, "Use every candidate", "all" },
  { GST_ICE_TRANSPORT_POLICY_RELAY, "Use relayed candidates only", "relay" },
  { 0 },
};
DEFINE (
    GstIceTransportPolicy, ice_transport_policy, ice_transport_policy_values)

static const GEnumValue ice_on_failed_values[] = {
  { GST_ICE_ON_FAILED_ERROR, "Post an error", "error" },
  { GST_ICE_ON_FAILED_WARNING, "Post a warning", "warning" },
  { GST_ICE_ON_FAILED_EOS, "End the stream", "eos" },
  { GST_ICE_ON_FAILED_NONE, "Only the state message", "none" },
  { 0 },
};
DEFINE (GstIceOnFailed, ice_on_failed, ice_on_failed_values)

static const GFlagsValue ice_restart_on_values[] = {
  { GST_ICE_RESTART_ON_NONE, "Never", "none" },
  { GST_ICE_RESTART_ON_FAILED, "When a transport becomes `failed`", "failed" },
  { GST_ICE_RESTART_ON_DISCONNECTED, "When a transport becomes `disconnected`",
      "disconnected" },
  { GST_ICE_RESTART_ON_NETWORK_CHANGE,
      "When an address that was gathered from is gone and another one is "
      "there, or a new one is there while a transport is `disconnected` or "
      "`failed`",
      "network-change" },
  { 0 },
};
DEFINE_FLAGS (GstIceRestartOn, ice_restart_on, ice_restart_on_values)

static const GEnumValue ice_offload_values[] = {
  { GST_ICE_OFFLOAD_AUTO, "If the system and the selected pair support it",
      "auto" },
  { GST_ICE_OFFLOAD_NONE, "Never", "none" },
  { 0 },
};
DEFINE (GstIceOffload, ice_offload, ice_offload_values)
