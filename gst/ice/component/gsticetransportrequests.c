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
