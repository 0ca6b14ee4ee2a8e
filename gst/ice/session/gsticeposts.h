/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Remembers on which buses an agent's message was posted: each pipeline has
 * one. The owner holds a lock. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct _GstIcePosts GstIcePosts;

GstIcePosts *gst_ice_posts_new (void);
void gst_ice_posts_free (GstIcePosts *posts);

gpointer gst_ice_posts_find_bus (GstObject *user);
gboolean gst_ice_posts_claim (
    GstIcePosts *posts, GstObject *user, gpointer bus, guint number);
void gst_ice_posts_remove (GstIcePosts *posts, GstObject *user);

G_END_DECLS
