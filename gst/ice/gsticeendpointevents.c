/* gst-ice: what agent and transport say is said again by the element.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * I/O thread, but for connecting and disconnecting. */

#include "gsticeendpointevents.h"
#include "gsticefailure.h"
#include "gsticesignals.h"

static void
on_ice_candidate (GstIceAgent *agent, guint stream, const gchar *candidate,
    GstElement *element)
{
  g_signal_emit (element,
      gst_ice_signal_get_id (element, GST_ICE_SIGNAL_ON_ICE_CANDIDATE), 0,
      stream, candidate);
}

static void
on_ice_candidate_error (
    GstIceAgent *agent, const GstStructure *error, GstElement *element)
{
  g_signal_emit (element,
      gst_ice_signal_get_id (element, GST_ICE_SIGNAL_ON_ICE_CANDIDATE_ERROR), 0,
      error);
}

static void
on_pair_state_change (GstIceAgent *agent, guint stream, guint component,
    const GstStructure *pair, GstElement *element)
{
  g_signal_emit (element,
      gst_ice_signal_get_id (
          element, GST_ICE_SIGNAL_ON_CANDIDATE_PAIR_STATE_CHANGE),
      0, stream, component, pair);
}

static void
on_selected_pair_change (GstIceAgent *agent, guint stream, guint component,
    const GstStructure *pair, GstElement *element)
{
  g_signal_emit (element,
      gst_ice_signal_get_id (
          element, GST_ICE_SIGNAL_ON_SELECTED_CANDIDATE_PAIR_CHANGE),
      0, stream, component, pair);
}

static gchar *
on_filter_candidate (GstIceAgent *agent, guint stream, const gchar *candidate,
    gboolean local, GstElement *element)
{
  return gst_ice_signal_filter (element,
      gst_ice_signal_get_id (element, GST_ICE_SIGNAL_FILTER_CANDIDATE), stream,
      candidate, local);
}

static void
on_event (GstIceAgent *agent, const GstStructure *message, GstElement *element)
{
  if (gst_ice_agent_is_first (agent, GST_OBJECT (element)))
    gst_element_post_message (element,
        gst_message_new_element (
            GST_OBJECT (element), gst_structure_copy (message)));
}

static void
on_problem (GstIceAgent *agent, const GError *error, gboolean fatal,
    GstElement *element)
{
  if (gst_ice_agent_is_first (agent, GST_OBJECT (element)))
    gst_ice_endpoint_post (gst_ice_endpoint_get (element), error, fatal);
}

static void
on_agent_notify (GstIceAgent *agent, GParamSpec *spec, GstElement *element)
{
  g_object_notify (G_OBJECT (element), spec->name);
}

static void
tell_failure (
    GstIceEndpoint *self, GstIceAgent *agent, GstIceTransport *transport)
{
  GstIceOnFailed on_failed = gst_ice_endpoint_get_on_failed (self);
  g_autoptr (GError) error = NULL;

  if (on_failed == GST_ICE_ON_FAILED_EOS)
    gst_ice_transport_end_of_stream (transport);
  if (on_failed == GST_ICE_ON_FAILED_EOS || on_failed == GST_ICE_ON_FAILED_NONE
      || !gst_ice_agent_claim_failure (agent))
    return;
  error = gst_ice_failure_describe (agent, transport);
  gst_ice_endpoint_post (self, error, on_failed == GST_ICE_ON_FAILED_ERROR);
}

static void
on_transport_state (
    GstIceTransport *transport, GParamSpec *spec, GstElement *element)
{
  GstIceEndpoint *self = gst_ice_endpoint_get (element);
  GstIceConnectionState state = gst_ice_transport_get_state (transport);
  g_autoptr (GstIceAgent) agent = NULL;
  gboolean was_up;

  g_object_notify (G_OBJECT (element), "ice-transport-state");
  g_mutex_lock (&self->lock);
  if (self->bound && self->transport == transport)
    agent = gst_object_ref (self->agent);
  g_mutex_unlock (&self->lock);
  if (agent == NULL)
    return;

  if (state == GST_ICE_CONNECTION_STATE_FAILED)
    tell_failure (self, agent, transport);
  was_up = self->up;
  self->up = state == GST_ICE_CONNECTION_STATE_CONNECTED
      || state == GST_ICE_CONNECTION_STATE_COMPLETED;
  if (self->up && !was_up && self->connected != NULL)
    self->connected (element);
}

/* A pair of the new generation took over. */
static void
on_selected_pair (
    GstIceTransport *transport, GParamSpec *spec, GstElement *element)
{
  GstIceEndpoint *self = gst_ice_endpoint_get (element);

  g_object_notify (G_OBJECT (element), spec->name);
  if (g_atomic_int_get (&self->restarted) && self->up
      && self->connected != NULL)
    self->connected (element);
  g_atomic_int_set (&self->restarted, FALSE);
}

static void
on_local_ufrag (GstIceAgent *agent, GParamSpec *spec, GstElement *element)
{
  g_atomic_int_set (&gst_ice_endpoint_get (element)->restarted, TRUE);
  g_object_notify (G_OBJECT (element), spec->name);
}

static void
on_transport_pairs (
    GstIceTransport *transport, GParamSpec *spec, GstElement *element)
{
  g_object_notify (G_OBJECT (element), spec->name);
}

static void
connect_agent (GstIceAgent *agent, GstElement *element)
{
  static const gchar *const properties[] = { "notify::ice-connection-state",
    "notify::ice-gathering-state", "notify::local-candidates",
    "notify::remote-candidates", "notify::role" };
  const struct
  {
    const gchar *name;
    GCallback handler;
  } handlers[] = {
    { "on-ice-candidate", G_CALLBACK (on_ice_candidate) },
    { "on-ice-candidate-error", G_CALLBACK (on_ice_candidate_error) },
    { "on-candidate-pair-state-change", G_CALLBACK (on_pair_state_change) },
    { "on-selected-candidate-pair-change",
        G_CALLBACK (on_selected_pair_change) },
    { "filter-candidate", G_CALLBACK (on_filter_candidate) },
    { "event", G_CALLBACK (on_event) },
    { "problem", G_CALLBACK (on_problem) },
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (handlers); i++)
    g_signal_connect_object (
        agent, handlers[i].name, handlers[i].handler, element, 0);
  g_signal_connect_object (
      agent, "notify::local-ufrag", G_CALLBACK (on_local_ufrag), element, 0);
  for (i = 0; i < G_N_ELEMENTS (properties); i++)
    g_signal_connect_object (
        agent, properties[i], G_CALLBACK (on_agent_notify), element, 0);
}

static void
on_offload_active (
    GstIceTransport *transport, GParamSpec *spec, GstElement *element)
{
  g_object_notify (G_OBJECT (element), "offload-active");
}

static void
connect_transport (GstIceTransport *transport, GstElement *element)
{
  GstIceDirection direction = gst_ice_endpoint_get (element)->direction;

  g_signal_connect_object (transport,
      direction == GST_ICE_DIRECTION_RECEIVE ? "notify::receive-offload-active"
                                             : "notify::send-offload-active",
      G_CALLBACK (on_offload_active), element, 0);
  g_signal_connect_object (
      transport, "notify::state", G_CALLBACK (on_transport_state), element, 0);
  g_signal_connect_object (transport, "notify::candidate-pairs",
      G_CALLBACK (on_transport_pairs), element, 0);
  g_signal_connect_object (transport, "notify::selected-candidate-pair",
      G_CALLBACK (on_selected_pair), element, 0);
}

/**
 * gst_ice_endpoint_connect:
 * @self: an endpoint
 * @agent: (transfer none): its agent
 * @transport: (transfer none): its transport
 *
 * The element says what they say from now on.
 */
void
gst_ice_endpoint_connect (
    GstIceEndpoint *self, GstIceAgent *agent, GstIceTransport *transport)
{
  self->up = FALSE;
  connect_agent (agent, self->element);
  connect_transport (transport, self->element);
}

/**
 * gst_ice_endpoint_disconnect:
 * @self: an endpoint
 * @agent: (transfer none): what it was connected to
 * @transport: (transfer none): what it was connected to
 */
void
gst_ice_endpoint_disconnect (
    GstIceEndpoint *self, GstIceAgent *agent, GstIceTransport *transport)
{
  g_signal_handlers_disconnect_by_data (agent, self->element);
  g_signal_handlers_disconnect_by_data (transport, self->element);
}
