/* gst-ice: the elements' signals; the first action binds the element.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Any thread. */

#include "elements/gsticeendpointactions.h"
#include "elements/gsticeendpointbinding.h"
#include "api/gsticesignals.h"

GST_DEBUG_CATEGORY_EXTERN (gst_ice_endpoint_debug);
#define GST_CAT_DEFAULT gst_ice_endpoint_debug

static GstIceAgent *
need_agent (gpointer element, const gchar *action)
{
  GstIceEndpoint *self = gst_ice_endpoint_get (element);
  g_autoptr (GError) error = NULL;

  if (!gst_ice_endpoint_bind (self, &error)) {
    GST_WARNING_OBJECT (element, "%s: %s", action, error->message);
    return NULL;
  }
  return gst_ice_endpoint_get_agent (self);
}

/* Most errors are caused by the peer, so they are logged at a limited rate. */
static gboolean
was_done (gpointer element, const gchar *action, const GError *error)
{
  GstIceEndpoint *self = gst_ice_endpoint_get (element);
  g_autofree gchar *more = NULL;

  if (error == NULL)
    return TRUE;
  g_mutex_lock (&self->lock);
  more = ice_rate_limit_pass (&self->refusals, g_get_monotonic_time ());
  g_mutex_unlock (&self->lock);
  GST_CAT_LEVEL_LOG (GST_CAT_DEFAULT,
      more != NULL ? GST_LEVEL_WARNING : GST_LEVEL_INFO, element, "%s: %s%s",
      action, error->message, more != NULL ? more : "");
  return FALSE;
}

static gboolean
act_add_ice_candidate (gpointer element, guint stream, const gchar *candidate)
{
  g_autoptr (GstIceAgent) agent = need_agent (element, "add-ice-candidate");
  g_autoptr (GError) error = NULL;

  if (agent == NULL)
    return FALSE;
  gst_ice_session_add_candidate (
      gst_ice_agent_get_session (agent), stream, candidate, &error);
  return was_done (element, "add-ice-candidate", error);
}

static gboolean
act_set_remote_credentials (
    gpointer element, guint stream, const gchar *ufrag, const gchar *pwd)
{
  g_autoptr (GstIceAgent)
      agent = need_agent (element, "set-remote-credentials");
  g_autoptr (GError) error = NULL;

  if (agent == NULL)
    return FALSE;
  gst_ice_session_set_remote_credentials (
      gst_ice_agent_get_session (agent), stream, ufrag, pwd, &error);
  return was_done (element, "set-remote-credentials", error);
}

static gboolean
act_gather_candidates (gpointer element)
{
  g_autoptr (GstIceAgent) agent = need_agent (element, "gather-candidates");
  g_autoptr (GError) error = NULL;
  gboolean gathers;

  if (agent == NULL)
    return FALSE;
  gathers = gst_ice_session_request_gathering (
      gst_ice_agent_get_session (agent), &error);
  return was_done (element, "gather-candidates", error) && gathers;
}

static gboolean
act_restart (gpointer element)
{
  g_autoptr (GstIceAgent) agent = need_agent (element, "restart");
  g_autoptr (GError) error = NULL;

  if (agent == NULL)
    return FALSE;
  gst_ice_session_restart (gst_ice_agent_get_session (agent), &error);
  return was_done (element, "restart", error);
}

static void
add_element_stats (GstIceEndpoint *self, GstStructure *stats)
{
  GstElement *element = self->element;
  GstElementFactory *factory = gst_element_get_factory (element);
  const gchar *type = factory != NULL
      ? gst_plugin_feature_get_name (GST_PLUGIN_FEATURE (factory))
      : G_OBJECT_TYPE_NAME (element);
  GstStructure *entry;
  GValue value = G_VALUE_INIT;

  entry = gst_structure_new (type, "id", G_TYPE_STRING,
      GST_OBJECT_NAME (element), "type", G_TYPE_STRING, type, "timestamp",
      G_TYPE_DOUBLE, g_get_real_time () / 1000.0, NULL);
  self->funcs->add_stats (element, entry);
  g_value_init (&value, GST_TYPE_STRUCTURE);
  g_value_take_boxed (&value, entry);
  gst_structure_take_value (stats, type, &value);
}

static GstStructure *
act_get_stats (gpointer element)
{
  GstIceEndpoint *self = gst_ice_endpoint_get (element);
  g_autoptr (GstIceAgent) agent = gst_ice_endpoint_get_agent (self);
  GstStructure *stats = agent != NULL
      ? gst_ice_session_get_stats (gst_ice_agent_get_session (agent))
      : gst_structure_new_empty ("ice-stats");

  add_element_stats (self, stats);
  return stats;
}

static void
act_close (gpointer element)
{
  g_autoptr (GstIceAgent)
      agent = gst_ice_endpoint_get_agent (gst_ice_endpoint_get (element));

  if (agent != NULL)
    gst_ice_session_close (gst_ice_agent_get_session (agent));
}

static const GstIceActions actions = {
  .add_ice_candidate = act_add_ice_candidate,
  .set_remote_credentials = act_set_remote_credentials,
  .gather_candidates = act_gather_candidates,
  .restart = act_restart,
  .get_stats = act_get_stats,
  .close = act_close,
};

/**
 * gst_ice_endpoint_install_signals:
 * @klass: an element class that embeds an endpoint
 *
 * Installs the signals that both elements have, and the debug category.
 */
void
gst_ice_endpoint_install_signals (GstElementClass *klass)
{
  GST_DEBUG_CATEGORY_INIT (
      gst_ice_endpoint_debug, "iceendpoint", 0, "ICE endpoint");
  gst_ice_signals_install (G_TYPE_FROM_CLASS (klass), &actions);
}
