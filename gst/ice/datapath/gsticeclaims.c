/* gst-ice: which elements use a transport.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "datapath/gsticeclaims.h"

struct _GstIceClaims
{
  guint stream, component; /* for messages to users */

  GMutex lock; /* a leaf */
  /* under the lock; owners are compared, never dereferenced */
  gpointer owners[GST_ICE_N_DIRECTIONS]; /* atomic for readers */
  gchar *names[GST_ICE_N_DIRECTIONS];
};

/**
 * gst_ice_claims_new:
 * @stream: the transport's, for messages to users
 * @component: the transport's, for messages to users
 *
 * Returns: (transfer full): no claims
 */
GstIceClaims *
gst_ice_claims_new (guint stream, guint component)
{
  GstIceClaims *self = g_new0 (GstIceClaims, 1);

  self->stream = stream;
  self->component = component;
  g_mutex_init (&self->lock);
  return self;
}

/**
 * gst_ice_claims_free:
 * @self: (transfer full): claims that no thread uses
 */
void
gst_ice_claims_free (GstIceClaims *self)
{
  guint i;

  for (i = 0; i < GST_ICE_N_DIRECTIONS; i++)
    g_free (self->names[i]);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/**
 * gst_ice_claims_claim:
 * @self: claims
 * @direction: receive or send
 * @owner: the element that wants it
 * @error: names both elements when another one has it
 *
 * Any thread. One icesrc reads a transport and one icesink writes it.
 *
 * Returns: whether @owner has it
 */
gboolean
gst_ice_claims_claim (GstIceClaims *self, GstIceDirection direction,
    GstObject *owner, GError **error)
{
  g_autofree gchar *name = gst_object_get_path_string (owner);
  g_autofree gchar *other = NULL;

  g_mutex_lock (&self->lock);
  if (self->owners[direction] == NULL || self->owners[direction] == owner) {
    g_atomic_pointer_set (&self->owners[direction], owner);
    g_free (self->names[direction]);
    self->names[direction] = g_steal_pointer (&name);
  } else {
    other = g_strdup (self->names[direction]);
  }
  g_mutex_unlock (&self->lock);

  if (other == NULL)
    return TRUE;
  g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_BUSY,
      "%s and %s both want to %s stream %u component %u of one agent; give "
      "them another stream, component or connection-id",
      other, name,
      direction == GST_ICE_DIRECTION_RECEIVE ? "read from" : "write to",
      self->stream, self->component);
  return FALSE;
}

/**
 * gst_ice_claims_give_back:
 * @self: claims
 * @direction: receive or send
 * @owner: an element
 *
 * Any thread.
 *
 * Returns: whether @owner had it
 */
gboolean
gst_ice_claims_give_back (
    GstIceClaims *self, GstIceDirection direction, GstObject *owner)
{
  gboolean had;

  g_mutex_lock (&self->lock);
  had = self->owners[direction] == owner;
  if (had) {
    g_atomic_pointer_set (&self->owners[direction], NULL);
    g_clear_pointer (&self->names[direction], g_free);
  }
  g_mutex_unlock (&self->lock);
  return had;
}

/**
 * gst_ice_claims_has:
 * @self: claims
 * @direction: receive or send
 *
 * Any thread; takes no lock.
 *
 * Returns: whether an element has it
 */
gboolean
gst_ice_claims_has (GstIceClaims *self, GstIceDirection direction)
{
  return g_atomic_pointer_get (&self->owners[direction]) != NULL;
}
