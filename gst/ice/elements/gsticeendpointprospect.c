/* gst-ice: the agent that an endpoint will have.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An element is bound to its agent when it changes to READY. Its local
 * credentials can be read before that: the first read finds or makes the agent
 * that has them and keeps it. That agent does nothing before an element is
 * bound to it. */

#include "elements/gsticeendpointprospect.h"
#include "elements/gsticeregistry.h"

/* Under the lock. Returns: (transfer full) (nullable): the known agent; NULL if
 * there is none yet, or it is closed and will be replaced */
static GstIceAgent *
get_known (GstIceEndpoint *self)
{
  if (self->bound)
    return gst_object_ref (self->agent);
  if (self->wanted_agent != NULL)
    return gst_object_ref (self->wanted_agent);
  if (self->prospect != NULL && !gst_ice_agent_is_closed (self->prospect))
    return gst_object_ref (self->prospect);
  return NULL;
}

/* Any thread. Notifies of credentials that another element of the agent has
 * set. Not while this element is being bound, which notifies at its end: a
 * handler may call an action, which would bind it again. */
static void
on_prospect_notify (GstIceAgent *agent, GParamSpec *spec, GstElement *element)
{
  GstIceEndpoint *self = gst_ice_endpoint_get (element);
  GstIceSetting id;
  gboolean shown;

  if (g_str_equal (spec->name, "local-ufrag"))
    id = GST_ICE_SETTING_LOCAL_UFRAG;
  else if (g_str_equal (spec->name, "local-pwd"))
    id = GST_ICE_SETTING_LOCAL_PWD;
  else
    return;
  g_mutex_lock (&self->lock);
  shown = self->prospect == agent && !self->bound && !self->binds
      && gst_ice_settings_get_string (&self->settings, id) == NULL;
  g_mutex_unlock (&self->lock);
  if (shown)
    gst_ice_setting_notify (G_OBJECT (element), id);
}

static void
unwatch (GstIceEndpoint *self, GstIceAgent *agent)
{
  g_signal_handlers_disconnect_by_func (
      agent, on_prospect_notify, self->element);
}

/**
 * gst_ice_endpoint_foresee_agent:
 * @self: an endpoint
 *
 * Any thread. Elements that share a connection-id get the same agent, whichever
 * of them is read first.
 *
 * Returns: (transfer full): the agent that it is bound to, or will be by its
 *   present settings; may be closed if it was set as `agent`
 */
GstIceAgent *
gst_ice_endpoint_foresee_agent (GstIceEndpoint *self)
{
  while (TRUE) {
    g_autoptr (GstIceAgent) found = NULL;
    g_autofree gchar *connection_id = NULL;
    gboolean is_new = FALSE;
    GstIceAgent *agent;
    GstIceAgent *old = NULL;

    g_mutex_lock (&self->lock);
    agent = get_known (self);
    connection_id = g_strdup (self->connection_id);
    g_mutex_unlock (&self->lock);
    if (agent != NULL)
      return agent;

    found = gst_ice_registry_get_agent (
        connection_id, GST_OBJECT_NAME (self->element));
    g_mutex_lock (&self->lock);
    agent = get_known (self); /* another thread may have set it meanwhile */
    if (agent == NULL && g_strcmp0 (connection_id, self->connection_id) == 0) {
      old = self->prospect;
      self->prospect = gst_object_ref (found);
      agent = g_steal_pointer (&found);
      is_new = TRUE;
    }
    g_mutex_unlock (&self->lock);
    if (is_new)
      g_signal_connect_object (
          agent, "notify", G_CALLBACK (on_prospect_notify), self->element, 0);
    if (old != NULL)
      unwatch (self, old);
    gst_clear_object (&old);
    if (agent != NULL)
      return agent;
  }
}

/**
 * gst_ice_endpoint_forget_agent:
 * @self: an endpoint
 *
 * Any thread. Drops the agent that was found for reading, because the settings
 * have changed or the element is bound.
 *
 * Returns: whether there was one
 */
gboolean
gst_ice_endpoint_forget_agent (GstIceEndpoint *self)
{
  g_autoptr (GstIceAgent) old = NULL;

  g_mutex_lock (&self->lock);
  old = g_steal_pointer (&self->prospect);
  g_mutex_unlock (&self->lock);
  if (old != NULL)
    unwatch (self, old);
  return old != NULL;
}

/* Returns: (transfer full) (nullable): the value that the user has set; NULL if
 * it is generated */
static gchar *
take_choice (GstIceEndpoint *self, GstIceSetting id, gboolean *is_shared)
{
  gchar *text;

  g_mutex_lock (&self->lock);
  text = g_strdup (gst_ice_settings_get_string (&self->settings, id));
  *is_shared = !self->bound
      && (self->connection_id != NULL || self->wanted_agent != NULL);
  g_mutex_unlock (&self->lock);
  return text;
}

/**
 * gst_ice_endpoint_share_credentials:
 * @self: an endpoint
 *
 * Any thread. Gives local credentials that were set on an element in NULL to
 * its agent, so that the agent's other elements show them. An error is reported
 * when the element is bound.
 */
void
gst_ice_endpoint_share_credentials (GstIceEndpoint *self)
{
  static const GstIceSetting ids[] = { GST_ICE_SETTING_LOCAL_UFRAG,
    GST_ICE_SETTING_LOCAL_PWD };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (ids); i++) {
    g_autoptr (GstIceAgent) agent = NULL;
    g_auto (GValue) value = G_VALUE_INIT;
    gboolean is_shared;
    gchar *choice = take_choice (self, ids[i], &is_shared);

    g_value_init (&value, G_TYPE_STRING);
    g_value_take_string (&value, choice);
    if (choice == NULL || !is_shared)
      continue;
    agent = gst_ice_endpoint_foresee_agent (self);
    gst_ice_session_set (
        gst_ice_agent_get_session (agent), ids[i], &value, NULL);
  }
}
