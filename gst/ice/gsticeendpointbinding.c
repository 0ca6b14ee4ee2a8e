/* gst-ice: an endpoint's agent and transport.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gsticeendpointbinding.h"
#include "gsticeendpointevents.h"
#include "gsticeregistry.h"

GST_DEBUG_CATEGORY_EXTERN (gst_ice_endpoint_debug);
#define GST_CAT_DEFAULT gst_ice_endpoint_debug

static gboolean
pass_candidates_on (
    GstIceAgent *agent, guint stream, const GValue *array, GError **error)
{
  guint i;

  for (i = 0; i < gst_value_array_get_size (array); i++)
    if (!gst_ice_agent_add_ice_candidate (agent, stream,
            g_value_get_string (gst_value_array_get_value (array, i)), error))
      return FALSE;
  return TRUE;
}

static gboolean
pass_setting_on (GstIceAgent *agent, guint stream, GstIceSetting id,
    const GValue *value, GError **error)
{
  if (id == GST_ICE_SETTING_REMOTE_CANDIDATES)
    return pass_candidates_on (agent, stream, value, error);
  return gst_ice_agent_set (agent, id, value, error);
}

static gboolean
pass_settings_on (const GstIceSettings *settings, GstIceAgent *agent,
    guint stream, GError **error)
{
  GstIceSetting id;

  for (id = 0; id < GST_ICE_N_SETTINGS; id++)
    if (settings->chosen[id] && id != GST_ICE_SETTING_TURN_SERVER
        && !pass_setting_on (agent, stream, id, &settings->values[id], error))
      return FALSE;
  return TRUE;
}

/* The agent may close between finding and binding it: then there is another
 * one of that id. */
static GstIceAgent *
find_agent (GstIceEndpoint *self, GstIceAgent *wanted,
    const gchar *connection_id, GError **error)
{
  GstObject *user = GST_OBJECT (self->element);
  GstIceAgent *agent;

  if (wanted != NULL)
    return gst_ice_agent_bind (wanted, user, error) ? gst_object_ref (wanted)
                                                    : NULL;
  while (TRUE) {
    agent = gst_ice_registry_get_agent (connection_id);
    if (gst_ice_agent_bind (agent, user, NULL))
      return agent;
    gst_object_unref (agent);
  }
}

static GstIceTransport *
find_transport (GstIceEndpoint *self, GstIceAgent *agent, guint stream,
    guint component, GError **error)
{
  GstIceTransport *transport = gst_ice_agent_get_transport (
      agent, stream, component, error);

  if (transport != NULL
      && !gst_ice_transport_claim (
          transport, self->direction, GST_OBJECT (self->element), error))
    g_clear_object (&transport);
  return transport;
}

static gboolean
bind_as (GstIceEndpoint *self, GstIceAgent *wanted, const gchar *connection_id,
    guint stream, guint component, const GstIceSettings *settings,
    GError **error)
{
  g_autoptr (GstIceAgent) agent = NULL;
  g_autoptr (GstIceTransport) transport = NULL;

  agent = find_agent (self, wanted, connection_id, error);
  if (agent == NULL)
    return FALSE;
  if (pass_settings_on (settings, agent, stream, error)
      && gst_ice_agent_verify (agent, error))
    transport = find_transport (self, agent, stream, component, error);
  if (transport == NULL) {
    gst_ice_agent_unbind (agent, GST_OBJECT (self->element));
    return FALSE;
  }
  gst_ice_endpoint_connect (self, agent, transport);

  g_mutex_lock (&self->lock);
  gst_object_replace ((GstObject **) &self->agent, GST_OBJECT (agent));
  gst_object_replace ((GstObject **) &self->transport, GST_OBJECT (transport));
  self->bound = TRUE;
  g_mutex_unlock (&self->lock);
  return TRUE;
}

/* Holding `binding`. */
static gboolean
bind_now (GstIceEndpoint *self, GError **error)
{
  g_autoptr (GstIceAgent) wanted = NULL;
  g_autofree gchar *connection_id = NULL;
  GstIceSettings settings;
  guint stream, component;
  gboolean bound;

  g_mutex_lock (&self->lock);
  wanted = self->wanted_agent != NULL ? gst_object_ref (self->wanted_agent)
                                      : NULL;
  connection_id = g_strdup (self->connection_id);
  stream = self->stream;
  component = self->component;
  gst_ice_settings_copy (&settings, &self->settings);
  g_mutex_unlock (&self->lock);

  bound = gst_ice_settings_verify (&settings, error)
      && bind_as (
          self, wanted, connection_id, stream, component, &settings, error);
  gst_ice_settings_clear (&settings);
  return bound;
}

static gboolean
is_bound (GstIceEndpoint *self)
{
  gboolean bound;

  g_mutex_lock (&self->lock);
  bound = self->bound;
  g_mutex_unlock (&self->lock);
  return bound;
}

/**
 * gst_ice_endpoint_bind:
 * @self: an endpoint
 * @error: says why not
 *
 * Finds agent and transport, unless it has them. Any thread.
 *
 * Returns: whether it has them
 */
gboolean
gst_ice_endpoint_bind (GstIceEndpoint *self, GError **error)
{
  gboolean was_bound, bound;

  g_rec_mutex_lock (&self->binding);
  was_bound = is_bound (self);
  bound = was_bound || bind_now (self, error);
  g_rec_mutex_unlock (&self->binding);
  if (bound && !was_bound) {
    g_object_notify (G_OBJECT (self->element), "agent");
    g_object_notify (G_OBJECT (self->element), "transport");
  }
  return bound;
}

/**
 * gst_ice_endpoint_unbind:
 * @self: an endpoint
 *
 * Gives agent and transport back, if it has them; the agent's last element
 * closes it. It goes on to say the agent's states.
 */
void
gst_ice_endpoint_unbind (GstIceEndpoint *self)
{
  g_autoptr (GstIceAgent) agent = NULL;
  g_autoptr (GstIceTransport) transport = NULL;

  g_mutex_lock (&self->lock);
  if (self->bound) {
    agent = gst_object_ref (self->agent);
    transport = gst_object_ref (self->transport);
    self->bound = FALSE;
  }
  g_mutex_unlock (&self->lock);
  if (agent == NULL)
    return;

  gst_ice_agent_set_socket_options (agent, transport, self->direction, NULL);
  gst_ice_agent_unbind (agent, GST_OBJECT (self->element));
  gst_ice_transport_unclaim (
      transport, self->direction, GST_OBJECT (self->element));
  gst_ice_endpoint_disconnect (self, agent, transport);
}

/**
 * gst_ice_endpoint_may_rebind:
 * @self: an endpoint
 * @property: the one that says which agent or transport
 *
 * Only while nothing runs; a binding made earlier is given up for the new one.
 *
 * Returns: whether @property can change
 */
gboolean
gst_ice_endpoint_may_rebind (GstIceEndpoint *self, const gchar *property)
{
  if (GST_STATE (self->element) > GST_STATE_READY) {
    GST_WARNING_OBJECT (self->element,
        "%s can only change in NULL and READY; it was not changed", property);
    return FALSE;
  }
  gst_ice_endpoint_unbind (self);
  return TRUE;
}

/**
 * gst_ice_endpoint_set_setting:
 * @self: an endpoint
 * @id: a setting
 * @value: its value
 *
 * Bad values change nothing and are told when it is prepared.
 */
void
gst_ice_endpoint_set_setting (
    GstIceEndpoint *self, GstIceSetting id, const GValue *value)
{
  g_autoptr (GstIceAgent) agent = NULL;
  g_autoptr (GError) error = NULL;
  guint stream;
  gboolean good;

  g_mutex_lock (&self->lock);
  if (self->bound)
    agent = gst_object_ref (self->agent);
  stream = self->stream;
  g_mutex_unlock (&self->lock);

  good = agent == NULL || pass_setting_on (agent, stream, id, value, &error);
  if (good) {
    g_mutex_lock (&self->lock);
    good = gst_ice_settings_set (&self->settings, id, value, &error);
    g_mutex_unlock (&self->lock);
  }
  if (!good)
    GST_ERROR_OBJECT (self->element, "%s", error->message);
}

/**
 * gst_ice_endpoint_dispose:
 * @self: an endpoint
 *
 * May run twice.
 */
void
gst_ice_endpoint_dispose (GstIceEndpoint *self)
{
  gst_ice_endpoint_unbind (self);
  gst_clear_object (&self->agent);
  gst_clear_object (&self->transport);
  gst_clear_object (&self->wanted_agent);
}
