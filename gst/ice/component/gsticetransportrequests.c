/* gst-ice: the session's requests to the backend of one component.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "component/gsticetransport.h"

/**
 * gst_ice_transport_gather:
 * @self: a transport
 * @options: what to gather with
 *
 * I/O thread.
 */
void
gst_ice_transport_gather (
    GstIceTransport *self, const GstIceGatherOptions *options)
{
  GST_ICE_TRANSPORT_GET_CLASS (self)->gather (self, options);
}

/**
 * gst_ice_transport_set_remote_credentials:
 * @self: a transport
 * @ufrag: the peer's ufrag
 * @password: the peer's password
 *
 * I/O thread.
 */
void
gst_ice_transport_set_remote_credentials (
    GstIceTransport *self, const gchar *ufrag, const gchar *password)
{
  GST_ICE_TRANSPORT_GET_CLASS (self)->set_remote_credentials (
      self, ufrag, password);
}

/**
 * gst_ice_transport_add_remote_candidate:
 * @self: a transport that has the remote credentials
 * @candidate: a remote candidate
 *
 * I/O thread.
 */
void
gst_ice_transport_add_remote_candidate (
    GstIceTransport *self, const IceCandidate *candidate)
{
  GST_ICE_TRANSPORT_GET_CLASS (self)->add_remote_candidate (self, candidate);
}

/**
 * gst_ice_transport_remote_end_of_candidates:
 * @self: a transport
 *
 * I/O thread.
 */
void
gst_ice_transport_remote_end_of_candidates (GstIceTransport *self)
{
  GstIceTransportClass *klass = GST_ICE_TRANSPORT_GET_CLASS (self);

  if (klass->remote_end_of_candidates != NULL)
    klass->remote_end_of_candidates (self);
}

/**
 * gst_ice_transport_restart:
 * @self: a transport
 * @options: what to gather with, and the new local credentials
 *
 * I/O thread.
 */
void
gst_ice_transport_restart (
    GstIceTransport *self, const GstIceGatherOptions *options)
{
  GST_ICE_TRANSPORT_GET_CLASS (self)->restart (self, options);
}

/**
 * gst_ice_transport_end_call:
 * @self: a transport that gathers or has gathered
 *
 * I/O thread. Ends the call with this peer; gst_ice_transport_gather() begins
 * the next one. Waiting threads go on waiting.
 */
void
gst_ice_transport_end_call (GstIceTransport *self)
{
  GstIceTransportClass *klass = GST_ICE_TRANSPORT_GET_CLASS (self);

  if (klass->end_call != NULL)
    klass->end_call (self);
  gst_ice_transport_pairs_begin_call (gst_ice_transport_get_pairs (self));
  gst_ice_datapath_begin_call (gst_ice_transport_get_datapath (self));
}

/**
 * gst_ice_transport_count_filtered:
 * @self: a transport
 *
 * Any thread.
 *
 * Returns: the number of datagrams that were dropped before the backend
 * received them
 */
guint64
gst_ice_transport_count_filtered (GstIceTransport *self)
{
  GstIceTransportClass *klass = GST_ICE_TRANSPORT_GET_CLASS (self);
  GstIceDatapathCounters counters;

  gst_ice_datapath_get_counters (
      gst_ice_transport_get_datapath (self), &counters);
  return counters.filtered
      + (klass->count_filtered != NULL ? klass->count_filtered (self) : 0);
}

/**
 * gst_ice_transport_close:
 * @self: a transport
 *
 * I/O thread. Wakes waiting threads; `closed` is reported when the backend has
 * closed.
 */
void
gst_ice_transport_close (GstIceTransport *self)
{
  gst_ice_datapath_close (gst_ice_transport_get_datapath (self));
  GST_ICE_TRANSPORT_GET_CLASS (self)->close (self);
}

/**
 * gst_ice_transport_set_socket_options:
 * @self: a transport
 * @direction: receive or send
 * @options: (nullable): the options; %NULL: no element uses that direction any
 *   more
 *
 * I/O thread.
 */
void
gst_ice_transport_set_socket_options (GstIceTransport *self,
    GstIceDirection direction, const GstIceSocketOptions *options)
{
  GstIceTransportClass *klass = GST_ICE_TRANSPORT_GET_CLASS (self);

  if (klass->set_socket_options != NULL)
    klass->set_socket_options (self, direction, options);
  if (options == NULL && direction == GST_ICE_DIRECTION_RECEIVE)
    gst_ice_datapath_clear (gst_ice_transport_get_datapath (self));
}
