/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The properties that icesrc and icesink share. */
#pragma once

#include "elements/gsticeendpoint.h"

G_BEGIN_DECLS

enum
{
  /**
   * GstIceSrc:connection-id:
   *
   * Elements of one process with the same id share one agent; %NULL: an agent
   * of its own. As on icesink.
   *
   * Default: %NULL. Writable in NULL and READY; any thread.
   *
   * Since: 0.1
   */
  GST_ICE_ENDPOINT_PROP_CONNECTION_ID = 1,

  /**
   * GstIceSrc:agent:
   *
   * Agent to use, which wins over #GstIceSrc:connection-id; from READY on
   * reading returns the agent in use. As on icesink.
   *
   * Default: %NULL. Writable in NULL and READY; any thread.
   *
   * Since: 0.1
   */
  GST_ICE_ENDPOINT_PROP_AGENT,

  /**
   * GstIceSrc:stream:
   *
   * Media stream of the element: its sdpMLineIndex. As on icesink.
   *
   * Default: 0. Writable in NULL and READY; any thread.
   *
   * Since: 0.1
   */
  GST_ICE_ENDPOINT_PROP_STREAM,

  /**
   * GstIceSrc:component:
   *
   * Component of the stream: 1 is RTP, 2 is RTCP. As on icesink.
   *
   * Default: 1. Writable in NULL and READY; any thread.
   *
   * Since: 0.1
   */
  GST_ICE_ENDPOINT_PROP_COMPONENT,

  /**
   * GstIceSrc:transport:
   *
   * Transport in use, from READY on. As on icesink.
   *
   * Read-only; any thread.
   *
   * Since: 0.1
   */
  GST_ICE_ENDPOINT_PROP_TRANSPORT,
  GST_ICE_ENDPOINT_PROP_ICE_CONNECTION_STATE,
  GST_ICE_ENDPOINT_PROP_ICE_GATHERING_STATE,

  /**
   * GstIceSrc:ice-transport-state:
   *
   * RTCIceTransportState of this element's transport; docs/states.md has the
   * transitions. Notified from the I/O thread. As on icesink.
   *
   * Read-only; any thread.
   *
   * Since: 0.1
   */
  GST_ICE_ENDPOINT_PROP_ICE_TRANSPORT_STATE,

  /**
   * GstIceSrc:candidate-pairs:
   *
   * Candidate pairs of the transport that are known, as structures with the
   * members of `candidate-pair` in #GstIceAgent::get-stats. As on icesink.
   * Notified from the I/O thread.
   *
   * Read-only; any thread.
   *
   * Since: 0.1
   */
  GST_ICE_ENDPOINT_PROP_CANDIDATE_PAIRS,

  /**
   * GstIceSrc:selected-candidate-pair:
   *
   * Pair that media uses, as in #GstIceSrc:candidate-pairs; %NULL while
   * there is none. Notified from the I/O thread. As on icesink.
   *
   * Read-only; any thread.
   *
   * Since: 0.1
   */
  GST_ICE_ENDPOINT_PROP_SELECTED_CANDIDATE_PAIR,
  GST_ICE_ENDPOINT_PROP_LOCAL_CANDIDATES,

  /**
   * GstIceSrc:buffer-size:
   *
   * Size of the kernel's socket buffer for received datagrams in bytes; 0: 4
   * MiB, or what the system allows. On icesink that for sent ones. A value that
   * is set later is taken, and used at the latest after the next READY->PAUSED.
   *
   * Default: 0 bytes. Writable in NULL and READY; any thread.
   *
   * Since: 0.1
   */
  GST_ICE_ENDPOINT_PROP_BUFFER_SIZE,

  /**
   * GstIceSrc:offload:
   *
   * Whether datagrams use batched socket I/O (UDP GSO and GRO) past the ICE
   * library's own sockets if the system and the selected pair support it. As on
   * icesink.
   *
   * Default: `auto`. Writable in all states; any thread.
   *
   * Since: 0.1
   */
  GST_ICE_ENDPOINT_PROP_OFFLOAD,

  /**
   * GstIceSrc:offload-active:
   *
   * Whether datagrams use batched socket I/O now, in the direction of this
   * element. Notified from the I/O thread. As on icesink.
   *
   * Read-only; any thread.
   *
   * Since: 0.1
   */
  GST_ICE_ENDPOINT_PROP_OFFLOAD_ACTIVE,
  GST_ICE_ENDPOINT_PROP_SETTINGS,
  /* where an element's own properties begin */
  GST_ICE_ENDPOINT_N_PROPS = GST_ICE_ENDPOINT_PROP_SETTINGS + GST_ICE_N_SETTINGS
};

void gst_ice_endpoint_install_properties (GstElementClass *klass);
gboolean gst_ice_endpoint_has_value (
    GstIceEndpoint *endpoint, GParamSpec *spec, const GValue *value);
gboolean gst_ice_endpoint_set_property (
    GstIceEndpoint *endpoint, GParamSpec *spec, const GValue *value);
gboolean gst_ice_endpoint_get_property (
    GstIceEndpoint *endpoint, guint id, GValue *value);

G_END_DECLS
