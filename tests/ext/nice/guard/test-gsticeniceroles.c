/* gst-ice: tests of role conflicts: when the role changes, when it stays, and
 * when there is a warning.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "guard/gsticeniceroles.h"
#include "recordingtransport.h"

#define WINDOW_MS ((gint) (ICE_ROLE_CONFLICT_WINDOW / 1000))

typedef struct
{
  GMainContext *context;
  GString *log;
  GstIceTransport *transport;
  GstIceSharedContext *shared;
  GstIceNiceFloodGuard *flood_guard;
  IceRateLimit warnings;
  GstIceNiceRoles *roles;
} Fixture;

static void
set_up (Fixture *f, gconstpointer unused)
{
  static const GstIceSharedContextFuncs none;

  f->context = g_main_context_new ();
  f->log = g_string_new (NULL);
  f->transport = recording_transport_new (f->log);
  gst_ice_transport_set_role (f->transport, GST_ICE_ROLE_CONTROLLING);
  f->shared = gst_ice_shared_context_new (f->context, &none, NULL);
  f->flood_guard = gst_ice_nice_flood_guard_new (
      f->transport, f->context, f->shared);
  f->roles = gst_ice_nice_roles_new (
      f->transport, f->context, f->flood_guard, TRUE, &f->warnings);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  gst_ice_nice_roles_free (f->roles);
  gst_ice_nice_flood_guard_free (f->flood_guard);
  gst_ice_shared_context_close (f->shared);
  gst_ice_shared_context_unref (f->shared);
  gst_object_unref (f->transport);
  g_string_free (f->log, TRUE);
  g_main_context_unref (f->context);
}

static void
assert_reported (Fixture *f, const gchar *expected)
{
  g_assert_cmpstr (f->log->str, ==, expected);
  g_string_truncate (f->log, 0);
}

/* So many changes that the next conflict settles the role. */
static void
change_often (Fixture *f)
{
  guint i;

  for (i = 0; i < ICE_ROLE_CONFLICT_SWITCHES; i++)
    g_assert_cmpint (gst_ice_nice_roles_refuse (f->roles), ==,
        i == 0 ? ICE_ROLE_CONFLICT_FIRST : ICE_ROLE_CONFLICT_AGAIN);
  assert_reported (
      f, "controlled controlling controlled controlling controlled ");
}

static void
test_refuse (Fixture *f, gconstpointer unused)
{
  g_assert_true (gst_ice_nice_roles_are_controlling (f->roles));
  g_assert_true (gst_ice_nice_roles_is_agent_controlling (f->roles));
  change_often (f);
  g_assert_false (gst_ice_nice_roles_are_controlling (f->roles));
  /* libnice does not know of the change */
  g_assert_true (gst_ice_nice_roles_is_agent_controlling (f->roles));
  g_assert_cmpint (recording_get_timeout (f->context), ==, -1);
  g_assert_cmpint (
      gst_ice_nice_roles_refuse (f->roles), ==, ICE_ROLE_CONFLICT_SETTLED);
  g_assert_nonnull (strstr (f->log->str, "it changed 5 times within 10 s"));
  g_assert_nonnull (strstr (f->log->str, "stays \"controlled\""));
  g_string_truncate (f->log, 0);
  g_assert_cmpint (recording_get_timeout (f->context), >, WINDOW_MS / 2);
  g_assert_cmpint (recording_get_timeout (f->context), <=, WINDOW_MS);
  g_assert_cmpint (
      gst_ice_nice_roles_refuse (f->roles), ==, ICE_ROLE_CONFLICT_IGNORED);
  assert_reported (f, "");
}

/* libnice's role after a conflict: the transport's follows. */
static void
test_follow (Fixture *f, gconstpointer unused)
{
  gst_ice_nice_roles_follow (f->roles, GST_ICE_ROLE_CONTROLLED);
  assert_reported (f, "controlled ");
  g_assert_false (gst_ice_nice_roles_is_agent_controlling (f->roles));
  /* a consent request met the conflict first: that is no further one */
  g_assert_cmpint (
      gst_ice_nice_roles_refuse (f->roles), ==, ICE_ROLE_CONFLICT_AGAIN);
  assert_reported (f, "controlling ");
  gst_ice_nice_roles_follow (f->roles, GST_ICE_ROLE_CONTROLLING);
  assert_reported (f, "");
  g_assert_true (gst_ice_nice_roles_is_agent_controlling (f->roles));
  g_assert_cmpint (
      gst_ice_nice_roles_refuse (f->roles), ==, ICE_ROLE_CONFLICT_AGAIN);
  g_assert_cmpint (
      gst_ice_nice_roles_refuse (f->roles), ==, ICE_ROLE_CONFLICT_AGAIN);
  g_assert_cmpint (
      gst_ice_nice_roles_refuse (f->roles), ==, ICE_ROLE_CONFLICT_AGAIN);
  g_string_truncate (f->log, 0);
  g_assert_cmpint (
      gst_ice_nice_roles_refuse (f->roles), ==, ICE_ROLE_CONFLICT_SETTLED);
}

static gboolean
stop_waiting (gpointer data)
{
  *(gboolean *) data = TRUE;
  return G_SOURCE_REMOVE;
}

/* What is due now. */
static void
run (Fixture *f)
{
  GSource *source = g_timeout_source_new (0);
  gboolean over = FALSE;

  g_source_set_priority (source, G_PRIORITY_LOW);
  g_source_set_callback (source, stop_waiting, &over, NULL);
  g_source_attach (source, f->context);
  while (!over)
    g_main_context_iteration (f->context, TRUE);
  g_source_unref (source);
}

/* Settled: libnice goes on changing its role, the transport's follows later; a
 * restart ends that at once. */
static void
test_settled (Fixture *f, gconstpointer unused)
{
  change_often (f);
  gst_ice_nice_roles_refuse (f->roles);
  g_string_truncate (f->log, 0);
  gst_ice_nice_roles_follow (f->roles, GST_ICE_ROLE_CONTROLLING);
  run (f);
  assert_reported (f, "");
  g_assert_true (gst_ice_nice_roles_is_agent_controlling (f->roles));
  gst_ice_nice_roles_restart (f->roles);
  run (f);
  assert_reported (f, "controlling ");
  g_assert_cmpint (recording_get_timeout (f->context), ==, -1);
  /* all is forgotten */
  g_assert_cmpint (
      gst_ice_nice_roles_refuse (f->roles), ==, ICE_ROLE_CONFLICT_FIRST);
  assert_reported (f, "controlled ");
}

/* Settled, and libnice came back to the transport's role. */
static void
test_settled_agrees (Fixture *f, gconstpointer unused)
{
  change_often (f);
  gst_ice_nice_roles_refuse (f->roles);
  g_string_truncate (f->log, 0);
  gst_ice_nice_roles_follow (f->roles, GST_ICE_ROLE_CONTROLLING);
  gst_ice_nice_roles_follow (f->roles, GST_ICE_ROLE_CONTROLLED);
  gst_ice_nice_roles_restart (f->roles);
  g_assert_cmpint (recording_get_timeout (f->context), ==, -1);
  run (f);
  assert_reported (f, "");
}

/* The warnings are limited. */
static void
test_warnings (Fixture *f, gconstpointer unused)
{
  change_often (f);
  gst_ice_nice_roles_refuse (f->roles);
  g_assert_cmpstr (f->log->str, !=, "");
  g_string_truncate (f->log, 0);
  gst_ice_nice_roles_restart (f->roles);
  gst_ice_transport_set_role (f->transport, GST_ICE_ROLE_CONTROLLING);
  change_often (f);
  g_assert_cmpint (
      gst_ice_nice_roles_refuse (f->roles), ==, ICE_ROLE_CONFLICT_SETTLED);
  assert_reported (f, "");
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
#define TEST(name)                                                             \
  g_test_add ("/roles/" #name, Fixture, NULL, set_up, test_##name, tear_down)
  TEST (refuse);
  TEST (follow);
  TEST (settled);
  TEST (settled_agrees);
  TEST (warnings);
  return g_test_run ();
}
