/* gst-ice: test of look-ups by multicast DNS where nobody can be asked. Those
 * that are answered are in test-gsticemdns-messages.c and
 * test-gsticesessionmdns.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "addresses/gsticemdns.h"
#include "netns.h"
#include "suite.h"

#define NAME(digit) "0000000" digit "-5b6a-4978-8695-a4b3c2d1e0f9.local"

typedef struct
{
  GMainContext *context;
  GstIceMdns *mdns;
  GPtrArray *names;
  guint settled;
  gboolean ends; /* with the first that is settled */
} Fixture;

static void
on_settled (
    const gchar *name, const gchar *address, const GError *error, gpointer data)
{
  Fixture *f = data;

  g_assert_null (address);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  f->settled++;
  if (f->ends)
    g_clear_pointer (&f->mdns, gst_ice_mdns_free);
}

static void
begin (Fixture *f)
{
  static const gchar *const any[] = { NULL };

  *f = (Fixture){ .context = g_main_context_new () };
  f->names = g_ptr_array_new ();
  f->mdns = gst_ice_mdns_new (f->context, any, any, on_settled, f);
}

static void
run (Fixture *f)
{
  while (g_main_context_iteration (f->context, FALSE))
    continue;
}

static void
end (Fixture *f)
{
  g_clear_pointer (&f->mdns, gst_ice_mdns_free);
  run (f);
  g_ptr_array_unref (f->names);
  g_main_context_unref (f->context);
}

/* Without names there is nothing to do. */
static void
test_idle (void)
{
  Fixture f;

  begin (&f);
  gst_ice_mdns_look_up (f.mdns, f.names);
  g_assert_false (g_main_context_pending (f.context));
  end (&f);
}

/* Two names, given up at once and once. */
static void
look_up_without_interface (int namespace)
{
  Fixture f;

  begin (&f);
  g_ptr_array_add (f.names, (gpointer) NAME ("1"));
  g_ptr_array_add (f.names, (gpointer) NAME ("2"));
  gst_ice_mdns_look_up (f.mdns, f.names);
  g_assert_cmpuint (f.settled, ==, 0); /* never inside */
  run (&f);
  g_assert_cmpuint (f.settled, ==, 2);
  g_assert_false (g_main_context_pending (f.context));
  end (&f);
}

static void
test_no_interface (void)
{
  netns_test (look_up_without_interface);
}

/* No callback comes after that. */
static void
free_in_callback (int namespace)
{
  Fixture f;

  begin (&f);
  f.ends = TRUE;
  g_ptr_array_add (f.names, (gpointer) NAME ("1"));
  g_ptr_array_add (f.names, (gpointer) NAME ("2"));
  gst_ice_mdns_look_up (f.mdns, f.names);
  run (&f);
  g_assert_cmpuint (f.settled, ==, 1);
  end (&f);
}

static void
test_free_in_callback (void)
{
  netns_test (free_in_callback);
}

/* A name that is not wanted any more is not reported. */
static void
change_names (int namespace)
{
  Fixture f;

  begin (&f);
  g_ptr_array_add (f.names, (gpointer) NAME ("1"));
  gst_ice_mdns_look_up (f.mdns, f.names);
  g_ptr_array_set_size (f.names, 0);
  g_ptr_array_add (f.names, (gpointer) NAME ("2"));
  gst_ice_mdns_look_up (f.mdns, f.names);
  run (&f);
  g_assert_cmpuint (f.settled, ==, 1);
  end (&f);
}

static void
test_not_wanted (void)
{
  netns_test (change_names);
}

static const SuiteTest tests[] = {
  { "/mdns/idle", test_idle },
  { "/mdns/no-interface", test_no_interface },
  { "/mdns/free-in-callback", test_free_in_callback },
  { "/mdns/not-wanted", test_not_wanted },
};

int
main (int argc, char **argv)
{
  return suite_run (argc, argv, tests, G_N_ELEMENTS (tests));
}
