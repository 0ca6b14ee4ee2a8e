/* gst-ice: forwards the agent's and transport's signals, notifications,
 * messages. SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * I/O thread, except for connecting and disconnecting. */

#include "elements/gsticeendpointevents.h"
#include "elements/gsticefailure.h"
#include "api/gsticesignals.h"

/* Forwards a signal of the agent as the element's, with the same arguments. */
static void
forward (GClosure *closure, GValue *answer, guint n, const GValue *arguments,
    gpointer hint, gpointer name)
{
  g_autofree GValue *ours = g_memdup2 (arguments, n * sizeof (GValue));

  ours[0] = (GValue) G_VALUE_INIT;
  g_value_init_from_instance (&ours[0], closure->data);
  g_signal_emitv (
      ours, g_signal_lookup (name, G_OBJECT_TYPE (closure->data)), 0, answer);
  g_value_unset (&ours[0]);
}

static gchar *
on_filter_candidate (GstIceAgent *agent, guint stream, const gchar *candidate,
    gboolean local, GstElement *element)
{
  return gst_ice_signal_filter (element, stream, candidate, local);
}

static void
on_event (GstIceAgent *agent, const GstStructure *message, GstElement *element)
{
  if (gst_structure_has_name (message, "ice-call-ended"))
    gst_ice_endpoint_get (element)->funcs->call_ended (element);
  if (gst_ice_agent_is_first (agent, GST_OBJECT (element)))
    gst_element_post_message (element,
        gst_message_new_element (
            GST_OBJECT (element), gst_structure_copy (message)));
}

static void
on_progress (GstIceAgent *agent, gint type, const gchar *code,
    const gchar *text, GstElement *element)
{
  if (gst_ice_agent_is_first (agent, GST_OBJECT (element)))
    gst_element_post_message (element,
        gst_message_new_progress (
            GST_OBJECT (element), (GstProgressType) type, code, text));
}

/* An error belongs on the bus of each pipeline that cannot go on. */
static void
on_problem (GstIceAgent *agent, const GError *error, gboolean fatal,
    GstElement *element)
{
  GstIceEndpoint *self = gst_ice_endpoint_get (element);
  g_autoptr (GError) claimed = NULL;

  if (fatal)
    claimed = gst_ice_agent_claim_problem (agent, GST_OBJECT (element));
  if (claimed != NULL
      || (!fatal && gst_ice_agent_is_first (agent, GST_OBJECT (element))))
    gst_ice_endpoint_post (self, error, fatal);
}

/* Forwards notifications of the agent's properties that the element shows. */
static void
on_agent_notify (GstIceAgent *agent, GParamSpec *spec, GstElement *element)
{
  GParamSpec *ours = g_object_class_find_property (
      G_OBJECT_GET_CLASS (element), spec->name);

  if (g_str_equal (spec->name, "local-ufrag"))
    g_atomic_int_set (&gst_ice_endpoint_get (element)->restarted, TRUE);
  if (ours != NULL && ours->value_type == spec->value_type
      && !g_str_equal (spec->name, "name")
      && !g_str_equal (spec->name, "on-failed"))
    g_object_notify_by_pspec (G_OBJECT (element), ours);
}

static void
warn_of_failure (GstIceEndpoint *self, GstIceAgent *agent, const GError *error)
{
  g_autofree gchar *more = gst_ice_session_pass_failure (
      gst_ice_agent_get_session (agent));
  g_autoptr (GError) counted = NULL;

  if (more == NULL)
    return;
  counted = g_error_new (
      error->domain, error->code, "%s%s", error->message, more);
  gst_ice_endpoint_post (self, counted, FALSE);
}

/* Of this element, and of no other one after it: a restart may follow. */
static void
end_stream (GstIceEndpoint *self, GstIceTransport *transport)
{
  GstIceDatapath *datapath = gst_ice_transport_get_datapath (transport);

  if (self->direction == GST_ICE_DIRECTION_RECEIVE)
    gst_ice_inbox_set_eos (gst_ice_datapath_get_inbox (datapath), FALSE);
  else
    gst_ice_datapath_set_ending (datapath, TRUE);
}

static void
report_failure (
    GstIceEndpoint *self, GstIceAgent *agent, GstIceTransport *transport)
{
  GstIceOnFailed on_failed = gst_ice_endpoint_get_on_failed (self);
  g_autoptr (GError) error = NULL;

  if (gst_ice_session_keeps (gst_ice_agent_get_session (agent))
      && on_failed != GST_ICE_ON_FAILED_NONE)
    on_failed = GST_ICE_ON_FAILED_WARNING; /* the next caller is awaited */
  if (on_failed == GST_ICE_ON_FAILED_EOS)
    end_stream (self, transport);
  if (on_failed == GST_ICE_ON_FAILED_EOS || on_failed == GST_ICE_ON_FAILED_NONE
      || !gst_ice_agent_claim_failure (agent, GST_OBJECT (self->element),
          on_failed == GST_ICE_ON_FAILED_ERROR))
    return;
  error = gst_ice_failure_describe (agent, transport);
  if (on_failed == GST_ICE_ON_FAILED_ERROR)
    gst_ice_endpoint_post (self, error, TRUE);
  else
    warn_of_failure (self, agent, error);
}

/* Any thread: the I/O thread or the thread that binds, in any order. */
static void
take_state (GstIceEndpoint *self, GstIceTransport *transport)
{
  GstIceConnectionState state = gst_ice_transport_get_state (transport);
  gboolean up = ice_connection_state_is_up (state);
  g_autoptr (GstIceAgent) agent = NULL;
  gboolean was_up;

  g_mutex_lock (&self->lock);
  if (self->bound && self->transport == transport)
    agent = gst_object_ref (self->agent);
  was_up = self->up;
  self->up = up;
  g_mutex_unlock (&self->lock);
  if (agent == NULL)
    return;

  if (state == GST_ICE_CONNECTION_STATE_FAILED)
    report_failure (self, agent, transport);
  if (up && !was_up && self->funcs->connected != NULL)
    self->funcs->connected (self->element);
  if (gst_ice_transport_get_state (transport) != state)
    take_state (self, transport);
}

static void
on_transport_state (
    GstIceTransport *transport, GParamSpec *spec, GstElement *element)
{
  g_object_notify (G_OBJECT (element), "ice-transport-state");
  take_state (gst_ice_endpoint_get (element), transport);
}

/* A pair of the new generation was selected. */
static void
on_selected_pair (
    GstIceTransport *transport, GParamSpec *spec, GstElement *element)
{
  GstIceEndpoint *self = gst_ice_endpoint_get (element);
  gboolean up;

  g_object_notify (G_OBJECT (element), spec->name);
  g_mutex_lock (&self->lock);
  up = self->up;
  g_mutex_unlock (&self->lock);
  if (g_atomic_int_get (&self->restarted) && up
      && self->funcs->connected != NULL)
    self->funcs->connected (element);
  g_atomic_int_set (&self->restarted, FALSE);
}

static void
on_transport_pairs (
    GstIceTransport *transport, GParamSpec *spec, GstElement *element)
{
  g_object_notify (G_OBJECT (element), spec->name);
}

static void
connect_forward (GstIceAgent *agent, const gchar *name, GstElement *element)
{
  GClosure *closure = g_closure_new_object (
      sizeof (GClosure), G_OBJECT (element));

  g_closure_set_meta_marshal (closure, (gpointer) name, forward);
  g_signal_connect_closure (agent, name, closure, FALSE);
}

static void
connect_agent (GstIceAgent *agent, GstElement *element)
{
  static const gchar *const forwarded[] = { "on-ice-candidate",
    "on-ice-candidate-error", "on-candidate-pair-state-change",
    "on-selected-candidate-pair-change" };
  const struct
  {
    const gchar *name;
    GCallback handler;
  } handlers[] = {
    { "filter-candidate", G_CALLBACK (on_filter_candidate) },
    { "event", G_CALLBACK (on_event) },
    { "problem", G_CALLBACK (on_problem) },
    { "progress", G_CALLBACK (on_progress) },
    { "notify", G_CALLBACK (on_agent_notify) },
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (forwarded); i++)
    connect_forward (agent, forwarded[i], element);
  for (i = 0; i < G_N_ELEMENTS (handlers); i++)
    g_signal_connect_object (
        agent, handlers[i].name, handlers[i].handler, element, 0);
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
 * Forwards from now on. The element is bound to them already; a state from
 * before is not lost, but gst_ice_endpoint_report_earlier_failure() has to
 * report a failure: it is none if the application restarts ICE first.
 */
void
gst_ice_endpoint_connect (
    GstIceEndpoint *self, GstIceAgent *agent, GstIceTransport *transport)
{
  connect_agent (agent, self->element);
  connect_transport (transport, self->element);
  if (gst_ice_transport_get_state (transport)
      != GST_ICE_CONNECTION_STATE_FAILED)
    take_state (self, transport);
}

/**
 * gst_ice_endpoint_report_earlier_failure:
 * @self: an endpoint that begins to work
 * @agent: (transfer none): its agent
 * @transport: (transfer none): its transport, which may have failed
 *
 * Any thread.
 */
void
gst_ice_endpoint_report_earlier_failure (
    GstIceEndpoint *self, GstIceAgent *agent, GstIceTransport *transport)
{
  if (gst_ice_transport_get_state (transport)
      == GST_ICE_CONNECTION_STATE_FAILED)
    report_failure (self, agent, transport);
}

/**
 * gst_ice_endpoint_disconnect:
 * @self: an endpoint
 * @agent: (transfer none): the agent that it was connected to
 * @transport: (transfer none): the transport that it was connected to
 */
void
gst_ice_endpoint_disconnect (
    GstIceEndpoint *self, GstIceAgent *agent, GstIceTransport *transport)
{
  g_signal_handlers_disconnect_by_data (agent, self->element);
  g_signal_handlers_disconnect_by_data (transport, self->element);
}
