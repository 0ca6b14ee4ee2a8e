/* gst-ice: posts a message once on each bus.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "session/gsticeposts.h"

struct _GstIcePosts
{
  GHashTable *buses; /* of the elements that have posted; none of both is
                        referenced */
  guint number;      /* of the message */
};

/**
 * gst_ice_posts_new:
 *
 * Returns: (transfer full): nothing was posted yet
 */
GstIcePosts *
gst_ice_posts_new (void)
{
  GstIcePosts *self = g_new0 (GstIcePosts, 1);

  self->buses = g_hash_table_new (NULL, NULL);
  return self;
}

/**
 * gst_ice_posts_free:
 * @self: (transfer full): posts
 */
void
gst_ice_posts_free (GstIcePosts *self)
{
  g_hash_table_unref (self->buses);
  g_free (self);
}

/**
 * gst_ice_posts_find_bus:
 * @user: an element
 *
 * Any thread, without a lock.
 *
 * Returns: (transfer none): the bus of its pipeline or, where there is none,
 * the outermost bin or @user itself; for comparison only
 */
gpointer
gst_ice_posts_find_bus (GstObject *user)
{
  g_autoptr (GstObject) top = gst_object_ref (user);
  g_autoptr (GstBus) bus = NULL;
  GstObject *parent;

  while ((parent = gst_object_get_parent (top)) != NULL) {
    gst_object_unref (top);
    top = parent;
  }
  bus = gst_element_get_bus (GST_ELEMENT (top));
  return bus != NULL ? (gpointer) bus : top;
}

static gboolean
is_on (GstIcePosts *self, gpointer bus)
{
  GHashTableIter iter;
  gpointer where;

  g_hash_table_iter_init (&iter, self->buses);
  while (g_hash_table_iter_next (&iter, NULL, &where))
    if (where == bus)
      return TRUE;
  return FALSE;
}

/**
 * gst_ice_posts_claim:
 * @self: posts
 * @user: an element
 * @bus: where it would post the message
 * @number: of the message; another one than before is another message
 *
 * Returns: whether @user has to post it: no other one has, on @bus
 */
gboolean
gst_ice_posts_claim (
    GstIcePosts *self, GstObject *user, gpointer bus, guint number)
{
  if (self->number != number)
    g_hash_table_remove_all (self->buses);
  self->number = number;
  return !is_on (self, bus) && g_hash_table_insert (self->buses, user, bus);
}

/**
 * gst_ice_posts_remove:
 * @self: posts
 * @user: an element that leaves; when it comes back the message is new to it
 */
void
gst_ice_posts_remove (GstIcePosts *self, GstObject *user)
{
  g_hash_table_remove (self->buses, user);
}
