/* gst-ice: posts a message once in each pipeline.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "session/gsticeposts.h"

struct _GstIcePosts
{
  GHashTable *pipelines; /* of the elements that have posted; none of both is
                            referenced */
  guint number;          /* of the message */
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

  self->pipelines = g_hash_table_new (NULL, NULL);
  return self;
}

/**
 * gst_ice_posts_free:
 * @self: (transfer full): posts
 */
void
gst_ice_posts_free (GstIcePosts *self)
{
  g_hash_table_unref (self->pipelines);
  g_free (self);
}

/**
 * gst_ice_posts_find_pipeline:
 * @user: an element
 *
 * Any thread, without a lock.
 *
 * Returns: (transfer none): the outermost bin of @user, or @user itself; for
 *   comparison only
 */
gpointer
gst_ice_posts_find_pipeline (GstObject *user)
{
  g_autoptr (GstObject) top = gst_object_ref (user);
  GstObject *parent;

  while ((parent = gst_object_get_parent (top)) != NULL) {
    gst_object_unref (top);
    top = parent;
  }
  return top;
}

static gboolean
is_in (GstIcePosts *self, gpointer pipeline)
{
  GHashTableIter iter;
  gpointer where;

  g_hash_table_iter_init (&iter, self->pipelines);
  while (g_hash_table_iter_next (&iter, NULL, &where))
    if (where == pipeline)
      return TRUE;
  return FALSE;
}

/**
 * gst_ice_posts_claim:
 * @self: posts
 * @user: an element
 * @pipeline: where it would post the message
 * @number: of the message; another one than before is another message
 *
 * Returns: whether @user has to post it: no other element of @pipeline has
 */
gboolean
gst_ice_posts_claim (
    GstIcePosts *self, GstObject *user, gpointer pipeline, guint number)
{
  if (self->number != number)
    g_hash_table_remove_all (self->pipelines);
  self->number = number;
  return !is_in (self, pipeline)
      && g_hash_table_insert (self->pipelines, user, pipeline);
}

/**
 * gst_ice_posts_remove:
 * @self: posts
 * @user: an element that leaves; when it comes back the message is new to it
 */
void
gst_ice_posts_remove (GstIcePosts *self, GstObject *user)
{
  g_hash_table_remove (self->pipelines, user);
}
