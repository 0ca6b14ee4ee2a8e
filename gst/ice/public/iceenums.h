/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The enums of the elements' properties and reports. Installed; applications
 * include <gst/ice/ice.h>. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * GstIceConnectionState:
 * @GST_ICE_CONNECTION_STATE_NEW: gathering, or waiting for remote candidates
 * @GST_ICE_CONNECTION_STATE_CHECKING: pairs are being checked, none is usable
 * @GST_ICE_CONNECTION_STATE_CONNECTED: a usable candidate pair was found
 * @GST_ICE_CONNECTION_STATE_COMPLETED: connected, and nothing is left to
 *   gather, receive or check
 * @GST_ICE_CONNECTION_STATE_FAILED: no pair works and none can come any more
 * @GST_ICE_CONNECTION_STATE_DISCONNECTED: no path works now
 * @GST_ICE_CONNECTION_STATE_CLOSED: closed by the application
 *
 * RTCIceTransportState and RTCIceConnectionState; numbers as in
 * GstWebRTCICEConnectionState.
 *
 * Since: 0.1
 */
typedef enum
{
  GST_ICE_CONNECTION_STATE_NEW,
  GST_ICE_CONNECTION_STATE_CHECKING,
  GST_ICE_CONNECTION_STATE_CONNECTED,
  GST_ICE_CONNECTION_STATE_COMPLETED,
  GST_ICE_CONNECTION_STATE_FAILED,
  GST_ICE_CONNECTION_STATE_DISCONNECTED,
  GST_ICE_CONNECTION_STATE_CLOSED
} GstIceConnectionState;

/**
 * GstIceGatheringState:
 * @GST_ICE_GATHERING_STATE_NEW: gathering has not begun
 * @GST_ICE_GATHERING_STATE_GATHERING: candidates are being gathered
 * @GST_ICE_GATHERING_STATE_COMPLETE: no more candidates will come
 *
 * RTCIceGathererState and RTCIceGatheringState.
 *
 * Since: 0.1
 */
typedef enum
{
  GST_ICE_GATHERING_STATE_NEW,
  GST_ICE_GATHERING_STATE_GATHERING,
  GST_ICE_GATHERING_STATE_COMPLETE
} GstIceGatheringState;

/**
 * GstIceCandidatePairState:
 * @GST_ICE_CANDIDATE_PAIR_STATE_FROZEN: not checked until another pair of its
 *   foundation succeeds
 * @GST_ICE_CANDIDATE_PAIR_STATE_WAITING: to be checked
 * @GST_ICE_CANDIDATE_PAIR_STATE_IN_PROGRESS: a check is under way
 * @GST_ICE_CANDIDATE_PAIR_STATE_FAILED: the check failed
 * @GST_ICE_CANDIDATE_PAIR_STATE_SUCCEEDED: the check succeeded
 *
 * RTCStatsIceCandidatePairState, RFC 8445 section 6.1.2.6.
 *
 * Since: 0.1
 */
typedef enum
{
  GST_ICE_CANDIDATE_PAIR_STATE_FROZEN,
  GST_ICE_CANDIDATE_PAIR_STATE_WAITING,
  GST_ICE_CANDIDATE_PAIR_STATE_IN_PROGRESS,
  GST_ICE_CANDIDATE_PAIR_STATE_FAILED,
  GST_ICE_CANDIDATE_PAIR_STATE_SUCCEEDED
} GstIceCandidatePairState;

/**
 * GstIceRole:
 * @GST_ICE_ROLE_UNKNOWN: not decided yet
 * @GST_ICE_ROLE_CONTROLLING: this agent nominates
 * @GST_ICE_ROLE_CONTROLLED: the peer nominates
 *
 * RTCIceRole.
 *
 * Since: 0.1
 */
typedef enum
{
  GST_ICE_ROLE_UNKNOWN,
  GST_ICE_ROLE_CONTROLLING,
  GST_ICE_ROLE_CONTROLLED
} GstIceRole;

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
 * GstIceRestartOn:
 * @GST_ICE_RESTART_ON_NONE: never
 * @GST_ICE_RESTART_ON_FAILED: when a transport becomes `failed`
 * @GST_ICE_RESTART_ON_DISCONNECTED: when a transport becomes `disconnected`
 * @GST_ICE_RESTART_ON_NETWORK_CHANGE: when an address that was gathered from is
 *   gone and another one is there, or a new one is there while a transport is
 *   `disconnected` or `failed`
 *
 * Events after which a session restarts ICE automatically.
 *
 * Since: 0.1
 */
typedef enum
{
  GST_ICE_RESTART_ON_NONE = 0,
  GST_ICE_RESTART_ON_FAILED = 1 << 0,
  GST_ICE_RESTART_ON_DISCONNECTED = 1 << 1,
  GST_ICE_RESTART_ON_NETWORK_CHANGE = 1 << 2
} GstIceRestartOn;

/**
 * GstIceOffload:
 * @GST_ICE_OFFLOAD_AUTO: if the system and the selected pair support it
 * @GST_ICE_OFFLOAD_NONE: never
 *
 * Whether datagrams use batched socket I/O (UDP GSO and GRO) past the ICE
 * library's own sockets.
 *
 * Since: 0.1
 */
typedef enum
{
  GST_ICE_OFFLOAD_AUTO,
  GST_ICE_OFFLOAD_NONE
} GstIceOffload;

G_END_DECLS
