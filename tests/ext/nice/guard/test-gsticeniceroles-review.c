/* gst-ice: test of role conflicts: when a settled role is reviewed, and what
 * the kernel drops meanwhile.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The flood guard, alarms and the clock are played by this file. */

#include "guard/gsticeniceroles.h"
#include "playedalarms.h"
#include "recordingtransport.h"

#define NOW G_GINT64_CONSTANT (1000000000)

static gint64 now;
static GString *log;
static GstIceTransport *transport;
static IceRateLimit warnings;
static GstIceNiceRoles *roles;
static gint place; /* only its address is used */

gint64
g_get_monotonic_time (void)
{
  return now;
}

void
gst_ice_nice_flood_guard_drop_role_conflicts (
    GstIceNiceFloodGuard *guard, gboolean drop)
{
  g_assert_true (guard == (GstIceNiceFloodGuard *) &place);
  g_string_append (log, drop ? "drop " : "pass ");
}

static void
set_up (gint *unused, gconstpointer unused_too)
{
  now = NOW;
  n_alarms = 0;
  log = g_string_new (NULL);
  transport = recording_transport_new (log);
  gst_ice_transport_set_role (transport, GST_ICE_ROLE_CONTROLLING);
  warnings = (IceRateLimit){ 0 };
  roles = gst_ice_nice_roles_new (
      transport, NULL, (GstIceNiceFloodGuard *) &place, TRUE, &warnings);
}

static void
tear_down (gint *unused, gconstpointer unused_too)
{
  gst_ice_nice_roles_free (roles);
  g_assert_null (alarms[0].function);
  gst_object_unref (transport);
  g_string_free (log, TRUE);
}

static void
assert_reported (const gchar *expected)
{
  g_assert_cmpstr (log->str, ==, expected);
  g_string_truncate (log, 0);
}

/* The role is "controlled" from then on. */
static void
settle (void)
{
  guint i;

  for (i = 0; i < ICE_ROLE_CONFLICT_SWITCHES; i++)
    gst_ice_nice_roles_refuse (roles);
  g_string_truncate (log, 0);
  g_assert_cmpint (alarms[0].when, ==, -1);
  g_assert_cmpint (
      gst_ice_nice_roles_refuse (roles), ==, ICE_ROLE_CONFLICT_SETTLED);
  g_assert_true (g_str_has_prefix (log->str, "drop problem("));
  g_string_truncate (log, 0);
  g_assert_cmpint (alarms[0].when, ==, now + ICE_ROLE_CONFLICT_WINDOW);
}

static void
review (void)
{
  now = alarms[0].when;
  alarms[0].when = -1;
  alarms[0].function (alarms[0].user_data);
}

/* libnice's role is followed after some seconds, again and again; after a time
 * without conflicts error 487 passes as before. */
static void
test_review (gint *unused, gconstpointer unused_too)
{
  gint64 last;

  settle ();
  gst_ice_nice_roles_follow (roles, GST_ICE_ROLE_CONTROLLING);
  assert_reported ("");
  review ();
  assert_reported ("controlling ");
  g_assert_cmpint (alarms[0].when, ==, now + ICE_ROLE_CONFLICT_WINDOW);
  gst_ice_nice_roles_follow (roles, GST_ICE_ROLE_CONTROLLED);
  last = now;
  review ();
  assert_reported ("controlled ");
  while (now < last + ICE_ROLE_CONFLICT_QUIET) {
    assert_reported ("");
    g_assert_cmpint (alarms[0].when, ==, now + ICE_ROLE_CONFLICT_WINDOW);
    review ();
  }
  assert_reported ("pass ");
  g_assert_cmpint (alarms[0].when, ==, -1);
  gst_ice_nice_roles_follow (roles, GST_ICE_ROLE_CONTROLLING);
  assert_reported ("controlling ");
}

/* libnice is back at the transport's role before the review. */
static void
test_agrees (gint *unused, gconstpointer unused_too)
{
  settle ();
  gst_ice_nice_roles_follow (roles, GST_ICE_ROLE_CONTROLLING);
  gst_ice_nice_roles_follow (roles, GST_ICE_ROLE_CONTROLLED);
  review ();
  assert_reported ("");
}

static void
test_restart (gint *unused, gconstpointer unused_too)
{
  settle ();
  gst_ice_nice_roles_restart (roles);
  assert_reported ("pass ");
  g_assert_cmpint (alarms[0].when, ==, -1);
}

/* libnice's role is reported when the caller is done. */
static void
test_restart_before_review (gint *unused, gconstpointer unused_too)
{
  settle ();
  gst_ice_nice_roles_follow (roles, GST_ICE_ROLE_CONTROLLING);
  now++;
  gst_ice_nice_roles_restart (roles);
  assert_reported ("pass ");
  g_assert_cmpint (alarms[0].when, ==, now);
  review ();
  assert_reported ("pass controlling ");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
#define TEST(name)                                                             \
  g_test_add (                                                                 \
      "/roles-review/" #name, gint, NULL, set_up, test_##name, tear_down)
  TEST (review);
  TEST (agrees);
  TEST (restart);
  TEST (restart_before_review);
  return g_test_run ();
}
