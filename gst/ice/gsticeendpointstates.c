/* gst-ice: what an endpoint does when its element changes state.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gsticeendpointstates.h"
#include "gsticeendpointbinding.h"

/**
 * gst_ice_endpoint_prepare:
 * @self: an endpoint
 *
 * NULL->READY: finds agent and transport; posts an error where it can't.
 *
 * Returns: whether it has them
 */
gboolean
gst_ice_endpoint_prepare (GstIceEndpoint *self)
{
  g_autoptr (GError) error = NULL;

  if (gst_ice_endpoint_bind (self, &error))
    return TRUE;
  gst_ice_endpoint_post (self, error, TRUE);
  return FALSE;
}

static void
push_socket_options (
    GstIceEndpoint *self, GstIceAgent *agent, GstIceTransport *transport)
{
  GstIceSocketOptions options;

  g_mutex_lock (&self->lock);
  options = (GstIceSocketOptions){
    .buffer_size = self->buffer_size,
    .dscp = self->dscp,
    .offload = self->offload == GST_ICE_OFFLOAD_AUTO,
  };
  g_mutex_unlock (&self->lock);
  gst_ice_agent_set_socket_options (
      agent, transport, self->direction, &options);
}

/**
 * gst_ice_endpoint_start:
 * @self: an endpoint
 *
 * READY->PAUSED: gathers; posts an error where it can't, and waits a second at
 * most to know.
 *
 * Returns: whether it could
 */
gboolean
gst_ice_endpoint_start (GstIceEndpoint *self)
{
  g_autoptr (GstIceAgent) agent = NULL;
  g_autoptr (GstIceTransport) transport = NULL;
  g_autoptr (GError) error = NULL;

  if (!gst_ice_endpoint_prepare (self))
    return FALSE;
  agent = gst_ice_endpoint_get_agent (self);
  transport = gst_ice_endpoint_get_transport (self);
  if (!gst_ice_agent_gather_candidates (agent)) {
    error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CLOSED,
        "the agent was closed; set the element to NULL to begin anew");
    gst_ice_endpoint_post (self, error, TRUE);
    return FALSE;
  }
  push_socket_options (self, agent, transport);
  /* Why not was posted already. */
  return gst_ice_agent_wait_for_gathering (agent);
}

/* Options that change while the sockets are in use. */
static void
push_new_socket_options (GstIceEndpoint *self)
{
  g_autoptr (GstIceAgent) agent = gst_ice_endpoint_get_agent (self);
  g_autoptr (GstIceTransport) transport = gst_ice_endpoint_get_transport (self);

  if (transport != NULL)
    push_socket_options (self, agent, transport);
}

/**
 * gst_ice_endpoint_set_dscp:
 * @self: an endpoint
 * @dscp: RFC 2474 code point, -1 = the system's
 */
void
gst_ice_endpoint_set_dscp (GstIceEndpoint *self, gint dscp)
{
  g_mutex_lock (&self->lock);
  self->dscp = dscp;
  g_mutex_unlock (&self->lock);
  push_new_socket_options (self);
}

/**
 * gst_ice_endpoint_set_offload:
 * @self: an endpoint
 * @offload: whether its datagrams may take the kernel-steered path
 */
void
gst_ice_endpoint_set_offload (GstIceEndpoint *self, GstIceOffload offload)
{
  g_mutex_lock (&self->lock);
  self->offload = offload;
  g_mutex_unlock (&self->lock);
  push_new_socket_options (self);
}

/**
 * gst_ice_endpoint_end_of_stream:
 * @self: an endpoint
 *
 * Its stream has ended: built-in signalling tells the peer.
 */
void
gst_ice_endpoint_end_of_stream (GstIceEndpoint *self)
{
  g_autoptr (GstIceAgent) agent = gst_ice_endpoint_get_agent (self);
  g_autoptr (GstIceTransport) transport = gst_ice_endpoint_get_transport (self);

  if (transport == NULL)
    return;
  /* What is received has ended; what is sent on it goes on. */
  if (self->direction == GST_ICE_DIRECTION_RECEIVE
      && gst_ice_transport_is_claimed (transport, GST_ICE_DIRECTION_SEND))
    return;
  gst_ice_agent_end_of_stream (agent, transport);
}
