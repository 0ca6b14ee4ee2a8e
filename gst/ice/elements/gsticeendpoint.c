/* gst-ice: the part that icesrc and icesink share.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An endpoint is bound to its agent and transport from READY on, or from the
 * first action that needs them. */

#include "elements/gsticeendpoint.h"

GST_DEBUG_CATEGORY (gst_ice_endpoint_debug); /* for all gsticeendpoint*.c */

static GQuark
get_quark (void)
{
  return g_quark_from_static_string ("gst-ice-endpoint");
}

/**
 * gst_ice_endpoint_init:
 * @self: (out caller-allocates): the endpoint
 * @element: (transfer none): the element that embeds it
 * @direction: receive or send
 * @funcs: (transfer none): what it calls of the element, as long as it lives
 */
void
gst_ice_endpoint_init (GstIceEndpoint *self, GstElement *element,
    GstIceDirection direction, const GstIceEndpointFuncs *funcs)
{
  self->element = element;
  self->direction = direction;
  self->funcs = funcs;
  g_rec_mutex_init (&self->binding);
  g_mutex_init (&self->lock);
  self->stream = DEFAULT_STREAM;
  self->component = DEFAULT_COMPONENT;
  self->buffer_size = DEFAULT_BUFFER_SIZE;
  self->dscp = -1;
  self->offload = DEFAULT_OFFLOAD;
  gst_ice_settings_init (&self->settings);
  g_object_set_qdata (G_OBJECT (element), get_quark (), self);
}

/**
 * gst_ice_endpoint_finalize:
 * @self: an endpoint
 */
void
gst_ice_endpoint_finalize (GstIceEndpoint *self)
{
  gst_ice_settings_clear (&self->settings);
  g_free (self->connection_id);
  g_free (self->uri);
  g_mutex_clear (&self->lock);
  g_rec_mutex_clear (&self->binding);
}

/**
 * gst_ice_endpoint_get:
 * @element: an element that embeds an endpoint
 *
 * Any thread.
 *
 * Returns: (transfer none): its endpoint
 */
GstIceEndpoint *
gst_ice_endpoint_get (gpointer element)
{
  return g_object_get_qdata (G_OBJECT (element), get_quark ());
}

/* Errors of other domains are about values that were set. */
static GstResourceError
get_code (const GError *error)
{
  if (error->domain == GST_RESOURCE_ERROR)
    return (GstResourceError) error->code;
  if (error->domain != G_IO_ERROR || error->code == G_IO_ERROR_INVALID_ARGUMENT)
    return GST_RESOURCE_ERROR_SETTINGS;
  return error->code == G_IO_ERROR_ADDRESS_IN_USE
          || error->code == G_IO_ERROR_BUSY
      ? GST_RESOURCE_ERROR_BUSY
      : GST_RESOURCE_ERROR_OPEN_READ_WRITE;
}

/**
 * gst_ice_endpoint_post:
 * @self: an endpoint
 * @error: what failed, why, and what to do
 * @fatal: whether it is an error; otherwise a warning
 *
 * Posts one message for one failure. Any thread.
 */
void
gst_ice_endpoint_post (
    GstIceEndpoint *self, const GError *error, gboolean fatal)
{
  gst_element_message_full (self->element,
      fatal ? GST_MESSAGE_ERROR : GST_MESSAGE_WARNING, GST_RESOURCE_ERROR,
      get_code (error), g_strdup (error->message), NULL, __FILE__, GST_FUNCTION,
      __LINE__);
}

/**
 * gst_ice_endpoint_get_agent:
 * @self: an endpoint
 *
 * Any thread.
 *
 * Returns: (transfer full) (nullable): the agent whose states the element
 * shows, bound or not
 */
GstIceAgent *
gst_ice_endpoint_get_agent (GstIceEndpoint *self)
{
  GstIceAgent *agent = NULL;

  g_mutex_lock (&self->lock);
  if (self->agent != NULL)
    agent = gst_object_ref (self->agent);
  g_mutex_unlock (&self->lock);
  return agent;
}

/**
 * gst_ice_endpoint_get_transport:
 * @self: an endpoint
 *
 * Any thread.
 *
 * Returns: (transfer full) (nullable): its transport while it is bound
 */
GstIceTransport *
gst_ice_endpoint_get_transport (GstIceEndpoint *self)
{
  GstIceTransport *transport = NULL;

  g_mutex_lock (&self->lock);
  if (self->bound)
    transport = gst_object_ref (self->transport);
  g_mutex_unlock (&self->lock);
  return transport;
}

/**
 * gst_ice_endpoint_get_on_failed:
 * @self: an endpoint
 *
 * Any thread.
 *
 * Returns: what the element does when its transport fails: its own setting,
 * else the agent's; no error if a restart follows
 */
GstIceOnFailed
gst_ice_endpoint_get_on_failed (GstIceEndpoint *self)
{
  g_autoptr (GstIceAgent) agent = NULL;
  GstIceOnFailed on_failed;
  gboolean chosen;

  g_mutex_lock (&self->lock);
  on_failed = gst_ice_settings_get_enum (
      &self->settings, GST_ICE_SETTING_ON_FAILED);
  chosen = self->settings.chosen[GST_ICE_SETTING_ON_FAILED];
  if (self->bound)
    agent = gst_object_ref (self->agent);
  g_mutex_unlock (&self->lock);
  if (agent != NULL && !chosen)
    g_object_get (agent, "on-failed", &on_failed, NULL);
  if (agent != NULL && on_failed == GST_ICE_ON_FAILED_ERROR
      && gst_ice_session_restarts_on_failure (
          gst_ice_agent_get_session (agent)))
    return GST_ICE_ON_FAILED_WARNING;
  return on_failed;
}
