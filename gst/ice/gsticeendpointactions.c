/* gst-ice: the elements' signals; the first action binds.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Any thread. */

#include "gsticeendpointactions.h"
#include "gsticeendpointbinding.h"
#include "gsticesignals.h"

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

static gboolean
was_done (gpointer element, const gchar *action, const GError *error)
{
  if (error != NULL)
    GST_WARNING_OBJECT (element, "%s: %s", action, error->message);
  return error == NULL;
}

static gboolean
act_add_ice_candidate (gpointer element, guint stream, const gchar *candidate)
{
  g_autoptr (GstIceAgent) agent = need_agent (element, "add-ice-candidate");
  g_autoptr (GError) error = NULL;

  if (agent == NULL)
    return FALSE;
  gst_ice_agent_add_ice_candidate (agent, stream, candidate, &error);
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
  gst_ice_agent_set_remote_credentials (agent, stream, ufrag, pwd, &error);
  return was_done (element, "set-remote-credentials", error);
}

static gboolean
act_gather_candidates (gpointer element)
{
  g_autoptr (GstIceAgent) agent = need_agent (element, "gather-candidates");

  return agent != NULL && gst_ice_agent_gather_candidates (agent);
}

static gboolean
act_restart (gpointer element)
{
  g_autoptr (GstIceAgent) agent = need_agent (element, "restart");
  g_autoptr (GError) error = NULL;

  if (agent == NULL)
    return FALSE;
  gst_ice_agent_restart (agent, &error);
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

  if (self->add_stats == NULL)
    return;
  entry = gst_structure_new (type, "id", G_TYPE_STRING,
      GST_OBJECT_NAME (element), "type", G_TYPE_STRING, type, "timestamp",
      G_TYPE_DOUBLE, g_get_real_time () / 1000.0, NULL);
  self->add_stats (element, entry);
  g_value_init (&value, GST_TYPE_STRUCTURE);
  g_value_take_boxed (&value, entry);
  gst_structure_take_value (stats, type, &value);
}

static GstStructure *
act_get_stats (gpointer element)
{
  GstIceEndpoint *self = gst_ice_endpoint_get (element);
  g_autoptr (GstIceAgent) agent = gst_ice_endpoint_get_agent (self);
  GstStructure *stats = agent != NULL ? gst_ice_agent_get_stats (agent)
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
    gst_ice_agent_close (agent);
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
