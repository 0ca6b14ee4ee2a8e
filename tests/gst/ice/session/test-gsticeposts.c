/* gst-ice: test of posting a message once on each bus.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "session/gsticeposts.h"
#include "suite.h"

typedef struct
{
  GstIcePosts *posts;
  GstObject *pipeline, *inner, *outer, *lone;
} Fixture;

static void
begin (Fixture *f)
{
  GstElement *bin = gst_bin_new (NULL);

  f->posts = gst_ice_posts_new ();
  f->pipeline = gst_object_ref_sink (gst_pipeline_new (NULL));
  f->inner = GST_OBJECT (gst_bin_new (NULL));
  f->outer = GST_OBJECT (gst_bin_new (NULL));
  f->lone = gst_object_ref_sink (gst_bin_new (NULL));
  gst_bin_add (GST_BIN (bin), GST_ELEMENT (f->inner));
  gst_bin_add_many (GST_BIN (f->pipeline), bin, GST_ELEMENT (f->outer), NULL);
}

static void
end (Fixture *f)
{
  gst_ice_posts_free (f->posts);
  gst_object_unref (f->pipeline);
  gst_object_unref (f->lone);
}

static gboolean
claim (Fixture *f, GstObject *user, guint number)
{
  return gst_ice_posts_claim (
      f->posts, user, gst_ice_posts_find_bus (user), number);
}

static void
test_bus (void)
{
  g_autoptr (GstBus) bus = NULL;
  Fixture f;

  begin (&f);
  bus = gst_element_get_bus (GST_ELEMENT (f.pipeline));
  g_assert_true (gst_ice_posts_find_bus (f.inner) == bus);
  g_assert_true (gst_ice_posts_find_bus (f.outer) == bus);
  g_assert_true (gst_ice_posts_find_bus (f.lone) == f.lone);
  gst_element_set_bus (GST_ELEMENT (f.lone), bus);
  g_assert_true (gst_ice_posts_find_bus (f.lone) == bus);
  end (&f);
}

static void
test_once_in_each (void)
{
  Fixture f;
  guint number;

  begin (&f);
  for (number = 0; number < 3; number++) {
    g_assert_true (claim (&f, f.inner, number));
    g_assert_false (claim (&f, f.inner, number));
    g_assert_false (claim (&f, f.outer, number));
    g_assert_true (claim (&f, f.lone, number));
    g_assert_false (claim (&f, f.lone, number));
  }
  end (&f);
}

/* The next try of one pipeline, while others go on. */
static void
test_one_comes_back (void)
{
  Fixture f;

  begin (&f);
  g_assert_true (claim (&f, f.inner, 0));
  g_assert_true (claim (&f, f.lone, 0));
  gst_ice_posts_remove (f.posts, f.outer);
  gst_ice_posts_remove (f.posts, f.lone);
  g_assert_false (claim (&f, f.outer, 0));
  g_assert_true (claim (&f, f.lone, 0));
  gst_ice_posts_remove (f.posts, f.inner);
  g_assert_true (claim (&f, f.outer, 0));
  end (&f);
}

static const SuiteTest tests[] = {
  { "/posts/bus", test_bus },
  { "/posts/once-in-each", test_once_in_each },
  { "/posts/one-comes-back", test_one_comes_back },
};

int
main (int argc, char **argv)
{
  return suite_run (argc, argv, tests, G_N_ELEMENTS (tests));
}
