/* gst-ice: an endpoint's part of its element's state changes.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "elements/gsticeendpointstates.h"
#include "elements/gsticeendpointbinding.h"
#include "elements/gsticeendpointevents.h"

/**
 * gst_ice_endpoint_prepare:
 * @self: an endpoint
 *
 * NULL->READY: finds the agent and the transport; posts an error on failure.
 *
 * Returns: whether it is bound
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

/* Posts a problem from before there was an element. Returns: FALSE */
static gboolean
post_earlier_problem (GstIceEndpoint *self, GstIceAgent *agent)
{
  g_autoptr (GError)
      error = gst_ice_agent_claim_problem (agent, GST_OBJECT (self->element));

  if (error != NULL)
    gst_ice_endpoint_post (self, error, TRUE);
  return FALSE;
}

/* Returns: (transfer full): an error for an agent that was closed while this
 * element was bound to it. After NULL the element has another one, unless the
 * application has set this one. */
static GError *
explain_closed (GstIceEndpoint *self, GstIceAgent *agent)
{
  GError *error = NULL;
  gboolean was_set;

  g_mutex_lock (&self->lock);
  was_set = self->wanted_agent != NULL;
  g_mutex_unlock (&self->lock);
  if (was_set)
    gst_ice_agent_explain_closed (agent, &error);
  else
    g_set_error_literal (&error, G_IO_ERROR, G_IO_ERROR_CLOSED,
        "the agent was closed; set the element to NULL to begin anew");
  return error;
}

/* Returns: whether there is something to gather; posts an error if not */
static gboolean
check_gathering (GstIceEndpoint *self, GstIceAgent *agent)
{
  GstIceSession *session = gst_ice_agent_get_session (agent);
  g_autoptr (GError) error = NULL;

  if (gst_ice_session_is_closed (session))
    error = explain_closed (self, agent);
  else if (gst_ice_session_verify_gathering (session, &error))
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
  gst_ice_session_set_socket_options (
      gst_ice_agent_get_session (agent), transport, self->direction, &options);
}

/**
 * gst_ice_endpoint_start:
 * @self: an endpoint
 *
 * READY->PAUSED: begins gathering, unless auto-gather is %FALSE; posts an error
 * on failure. Waits a second at most for the result.
 *
 * Returns: whether it succeeded
 */
gboolean
gst_ice_endpoint_start (GstIceEndpoint *self)
{
  g_autoptr (GstIceAgent) agent = NULL;
  g_autoptr (GstIceTransport) transport = NULL;
  g_autoptr (GError) error = NULL;
  gboolean gathers;

  if (!gst_ice_endpoint_prepare (self))
    return FALSE;
  agent = gst_ice_endpoint_get_agent (self);
  transport = gst_ice_endpoint_get_transport (self);
  g_mutex_lock (&self->lock);
  self->started = TRUE;
  g_mutex_unlock (&self->lock);
  g_object_get (agent, "auto-gather", &gathers, NULL);
  if (!check_gathering (self, agent))
    return FALSE;
  gst_ice_endpoint_report_earlier_failure (self, agent, transport);
  if (gathers && !gst_ice_session_gather (gst_ice_agent_get_session (agent))) {
    if (!gst_ice_session_wait_for_gathering (gst_ice_agent_get_session (agent)))
      return post_earlier_problem (self, agent);
    error = explain_closed (self, agent);
    gst_ice_endpoint_post (self, error, TRUE);
    return FALSE;
  }
  push_socket_options (self, agent, transport);
  return gst_ice_session_wait_for_gathering (gst_ice_agent_get_session (agent))
      || post_earlier_problem (self, agent);
}

/**
 * gst_ice_endpoint_show_progress:
 * @self: an endpoint
 *
 * PAUSED->PLAYING: posts progress messages from now on.
 */
void
gst_ice_endpoint_show_progress (GstIceEndpoint *self)
{
  g_autoptr (GstIceAgent) agent = gst_ice_endpoint_get_agent (self);

  if (agent != NULL)
    gst_ice_session_show_progress (gst_ice_agent_get_session (agent));
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
 * @offload: whether its datagrams may use batched socket I/O
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
 * To be called when its stream has ended: built-in signalling sends `bye`.
 */
void
gst_ice_endpoint_end_of_stream (GstIceEndpoint *self)
{
  g_autoptr (GstIceAgent) agent = gst_ice_endpoint_get_agent (self);
  g_autoptr (GstIceTransport) transport = gst_ice_endpoint_get_transport (self);

  if (transport == NULL)
    return;
  /* The receiving direction has ended; sending continues. */
  if (self->direction == GST_ICE_DIRECTION_RECEIVE
      && gst_ice_claims_has (gst_ice_datapath_get_claims (
                                 gst_ice_transport_get_datapath (transport)),
          GST_ICE_DIRECTION_SEND))
    return;
  gst_ice_session_end_of_stream (gst_ice_agent_get_session (agent), transport);
}
