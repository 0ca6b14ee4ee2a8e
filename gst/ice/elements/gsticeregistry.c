/* gst-ice: maps a connection-id to the agent that elements of a process share.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "elements/gsticeregistry.h"

G_LOCK_DEFINE_STATIC (registry);
static GHashTable *agents; /* gchar * -> GWeakRef * */

static void
weak_ref_free (gpointer data)
{
  g_weak_ref_clear (data);
  g_free (data);
}

static gboolean
is_dead (gpointer id, gpointer weak, gpointer unused)
{
  g_autoptr (GObject) agent = g_weak_ref_get (weak);

  return agent == NULL;
}

/* Under the lock. */
static GstIceAgent *
find (const gchar *connection_id)
{
  GWeakRef *weak = g_hash_table_lookup (agents, connection_id);
  g_autoptr (GstIceAgent) agent = weak != NULL ? g_weak_ref_get (weak) : NULL;

  if (agent == NULL || gst_ice_agent_is_closed (agent))
    return NULL;
  return g_steal_pointer (&agent);
}

/**
 * gst_ice_registry_get_agent:
 * @connection_id: (nullable): %NULL = a new agent that is not shared
 * @name: of the element that asks; log lines show the connection-id or, where
 *   there is none, this name
 *
 * Any thread.
 *
 * Returns: (transfer full): the open agent of that id, which is made if there
 * is none
 */
GstIceAgent *
gst_ice_registry_get_agent (const gchar *connection_id, const gchar *name)
{
  g_autoptr (GstIceAgent) spare = gst_ice_agent_new_for_elements (
      connection_id != NULL ? connection_id : name);
  GstIceAgent *agent;
  GWeakRef *weak;

  if (connection_id == NULL)
    return g_steal_pointer (&spare);

  G_LOCK (registry);
  if (agents == NULL)
    agents = g_hash_table_new_full (
        g_str_hash, g_str_equal, g_free, weak_ref_free);
  agent = find (connection_id);
  if (agent == NULL) {
    agent = g_steal_pointer (&spare);
    weak = g_new0 (GWeakRef, 1);
    g_weak_ref_init (weak, agent);
    g_hash_table_foreach_remove (agents, is_dead, NULL);
    g_hash_table_replace (agents, g_strdup (connection_id), weak);
  }
  G_UNLOCK (registry);
  return agent;
}
