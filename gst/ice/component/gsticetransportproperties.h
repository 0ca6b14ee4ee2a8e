/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The properties of a transport. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

enum
{
  GST_ICE_TRANSPORT_PROP_0,

  /**
   * GstIceTransport:stream:
   *
   * Media stream of the transport: its sdpMLineIndex.
   *
   * Default: 0. Construct-only; any thread.
   *
   * Since: 0.1
   */
  GST_ICE_TRANSPORT_PROP_STREAM,

  /**
   * GstIceTransport:component:
   *
   * Component of the stream: 1 is RTP, 2 is RTCP.
   *
   * Default: 1. Construct-only; any thread.
   *
   * Since: 0.1
   */
  GST_ICE_TRANSPORT_PROP_COMPONENT,

  /**
   * GstIceTransport:state:
   *
   * RTCIceTransportState; docs/states.md has the transitions. Notified from
   * the I/O thread.
   *
   * Read-only; any thread.
   *
   * Since: 0.1
   */
  GST_ICE_TRANSPORT_PROP_STATE,

  /**
   * GstIceTransport:gathering-state:
   *
   * RTCIceGathererState. Notified from the I/O thread.
   *
   * Read-only; any thread.
   *
   * Since: 0.1
   */
  GST_ICE_TRANSPORT_PROP_GATHERING_STATE,

  /**
   * GstIceTransport:role:
   *
   * RTCIceRole of this agent on this transport. Notified from the I/O thread.
   *
   * Read-only; any thread.
   *
   * Since: 0.1
   */
  GST_ICE_TRANSPORT_PROP_ROLE,

  /**
   * GstIceTransport:candidate-pairs:
   *
   * Candidate pairs that are known, as structures with the members of
   * `candidate-pair` in #GstIceAgent::get-stats.
   * Notified from the I/O thread, at most every 100 milliseconds and always of
   * the last change.
   *
   * Read-only; any thread.
   *
   * Since: 0.1
   */
  GST_ICE_TRANSPORT_PROP_CANDIDATE_PAIRS,

  /**
   * GstIceTransport:selected-candidate-pair:
   *
   * Pair that media uses, as in #GstIceTransport:candidate-pairs; %NULL
   * while there is none. Notified from the I/O thread.
   *
   * Read-only; any thread.
   *
   * Since: 0.1
   */
  GST_ICE_TRANSPORT_PROP_SELECTED_CANDIDATE_PAIR,

  /**
   * GstIceTransport:receive-offload-active:
   *
   * Whether datagrams are received by batched socket I/O (UDP GRO) now.
   * Notified from the I/O thread.
   *
   * Read-only; any thread.
   *
   * Since: 0.1
   */
  GST_ICE_TRANSPORT_PROP_RECEIVE_OFFLOAD_ACTIVE,

  /**
   * GstIceTransport:send-offload-active:
   *
   * Whether datagrams are sent by batched socket I/O (UDP GSO) now. Notified
   * from the I/O thread.
   *
   * Read-only; any thread.
   *
   * Since: 0.1
   */
  GST_ICE_TRANSPORT_PROP_SEND_OFFLOAD_ACTIVE,
  GST_ICE_TRANSPORT_N_PROPS
};

void gst_ice_transport_install_properties (GObjectClass *klass);

G_END_DECLS
