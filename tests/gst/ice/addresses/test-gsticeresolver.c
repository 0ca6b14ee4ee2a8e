/* gst-ice: test of gsticeresolver, with a name server and a timer of our own.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "addresses/gsticeresolver.h"
#include "stubresolver.h"
#include "suite.h"
#include <string.h>

/* The timer of the last look-up; the test says when it is due. */
static GSource *timer;

static gboolean
run_timer (GSource *source, GSourceFunc function, gpointer data)
{
  g_source_set_ready_time (source, -1);
  return function (data);
}

static GSourceFuncs timer_functions = { .dispatch = run_timer };

/* Instead of GLib's. */
GSource *
g_timeout_source_new (guint interval)
{
  GSource *source = g_source_new (&timer_functions, sizeof (GSource));

  if (interval != GST_ICE_RESOLVER_TIMEOUT) {
    g_source_set_ready_time (
        source, g_get_monotonic_time () + interval * G_TIME_SPAN_MILLISECOND);
    return source;
  }
  g_clear_pointer (&timer, g_source_unref);
  timer = g_source_ref (source);
  return source;
}

typedef struct
{
  GString *log;
  guint done;
  gboolean cancel_at_first;
  const gchar *fragment; /* of each error's text */
  GstIceResolver *resolver;
} LookUp;

static void
on_resolved (const IceServer *server, const GError *error, gpointer data)
{
  LookUp *self = data;

  g_string_append_printf (self->log, "%s:%s ",
      server->address != NULL ? server->address : server->host,
      error == NULL ? "found"
          : g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT)
          ? "timed-out"
          : "failed");
  if (error != NULL)
    g_assert_nonnull (strstr (error->message, self->fragment));
  if (server->other_address != NULL)
    g_string_append_printf (self->log, "and %s ", server->other_address);
  if (self->cancel_at_first)
    g_clear_pointer (&self->resolver, gst_ice_resolver_cancel);
}

static void
on_done (gpointer data)
{
  LookUp *self = data;

  self->done++;
}

/* Begins looking up what is in hosts. */
static void
look_up (LookUp *self, const gchar *hosts)
{
  g_autoptr (GPtrArray) servers = g_ptr_array_new_with_free_func (
      (GDestroyNotify) ice_server_free);
  g_auto (GStrv) list = g_strsplit (hosts, " ", -1);
  guint i;

  for (i = 0; list[i] != NULL; i++) {
    g_autofree gchar *uri = g_strdup_printf (
        strchr (list[i], '@') != NULL ? "turn:%s" : "stun:%s", list[i]);
    g_autoptr (GError) error = NULL;
    IceServer *server = ice_server_parse (uri, &error);

    g_assert_no_error (error);
    g_ptr_array_add (servers, server);
  }
  self->log = g_string_new (NULL);
  self->done = 0;
  self->resolver = gst_ice_resolver_new (servers, on_resolved, on_done, self);
  g_assert_cmpuint (self->log->len, ==, 0); /* never inside */
  g_assert_cmpuint (self->done, ==, 0);
}

static void
end (LookUp *self)
{
  g_clear_pointer (&self->resolver, gst_ice_resolver_cancel);
  g_assert_true (g_source_is_destroyed (timer));
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  g_assert_cmpuint (stub_resolver_count_waiting (), ==, 0);
  g_string_free (self->log, TRUE);
}

static void
test_found (void)
{
  LookUp l = { 0 };

  look_up (&l, "stun.example.com");
  suite_wait_until (l.done == 1);
  g_assert_cmpstr (l.log->str, ==, "192.0.2.1:found ");
  g_assert_true (g_source_is_destroyed (timer));
  end (&l);
  g_assert_cmpuint (l.done, ==, 1);
}

static void
test_not_found (void)
{
  LookUp l = { .fragment = "no such name" };

  look_up (&l, "does-not-exist.invalid");
  suite_wait_until (l.done == 1);
  g_assert_cmpstr (l.log->str, ==, "does-not-exist.invalid:failed ");
  end (&l);
}

static void
test_numeric (void)
{
  LookUp l = { 0 };

  stub_resolver_take_count ();
  look_up (&l, "192.0.2.9 [2001:db8::1]");
  suite_wait_until (l.done == 1);
  g_assert_cmpstr (l.log->str, ==, "192.0.2.9:found 2001:db8::1:found ");
  g_assert_cmpuint (stub_resolver_take_count (), ==, 0); /* nobody was asked */
  end (&l);
}

/* The first one of each IP version. */
static void
test_both_versions (void)
{
  LookUp l = { 0 };

  look_up (&l, "dual.example.com");
  suite_wait_until (l.done == 1);
  g_assert_cmpstr (l.log->str, ==, "2001:db8::1:found and 192.0.2.1 ");
  end (&l);
}

static void
test_several (void)
{
  LookUp l = { .fragment = "no such name" };

  look_up (&l, "a.example.com b.invalid 192.0.2.9 c.example.com");
  suite_wait_until (l.done == 1);
  g_assert_nonnull (strstr (l.log->str, "192.0.2.9:found"));
  g_assert_nonnull (strstr (l.log->str, "b.invalid:failed"));
  g_assert_nonnull (strstr (l.log->str, "192.0.2.1:found"));
  end (&l);
  g_assert_cmpuint (l.done, ==, 1);
}

static void
test_cancel (void)
{
  LookUp l = { 0 };

  look_up (&l, "a.example.com"); /* before it begins */
  end (&l);
  g_assert_cmpuint (l.done, ==, 0);

  stub_resolver_take_count ();
  look_up (&l, "slow.example.com"); /* while it is under way */
  while (stub_resolver_take_count () == 0)
    g_main_context_iteration (NULL, TRUE);
  end (&l);
  g_assert_cmpuint (l.done, ==, 0);

  look_up (&l, "a.example.com"); /* when it is done */
  suite_wait_until (l.done == 1);
  end (&l);
  g_assert_cmpuint (l.done, ==, 1);
}

static void
test_cancel_from_callback (void)
{
  LookUp l = { .cancel_at_first = TRUE };

  look_up (&l, "a.example.com b.example.com");
  suite_wait_until (l.resolver == NULL);
  end (&l);
  g_assert_cmpuint (l.done, ==, 0);
  look_up (&l, "192.0.2.8 192.0.2.9");
  suite_wait_until (l.resolver == NULL);
  g_assert_cmpstr (l.log->str, ==, "192.0.2.8:found ");
  end (&l);
  g_assert_cmpuint (l.done, ==, 0);
}

/* The tunnel looks up names of servers over TCP and TLS. */
static void
test_tcp (void)
{
  LookUp l = { 0 };

  stub_resolver_take_count ();
  look_up (&l, "u:p@turn.example.com?transport=tcp");
  suite_wait_until (l.done == 1);
  g_assert_cmpstr (l.log->str, ==, "turn.example.com:found ");
  g_assert_cmpuint (stub_resolver_take_count (), ==, 0);
  end (&l);
  look_up (&l, "u:p@turn.example.com?transport=udp");
  suite_wait_until (l.done == 1);
  g_assert_cmpstr (l.log->str, ==, "192.0.2.1:found ");
  end (&l);
}

/* A name server that does not answer: five seconds, once for all. */
static void
test_timeout (void)
{
  LookUp l = { .fragment = "took longer than 5 s" };

  look_up (&l, "slow.example.com a.example.com slow.example.org");
  suite_wait_until (l.log->len > 0);
  g_assert_cmpstr (l.log->str, ==, "192.0.2.1:found ");
  g_assert_false (g_source_is_destroyed (timer));
  g_source_set_ready_time (timer, 0);
  suite_wait_until (l.done == 1);
  g_assert_cmpstr (l.log->str, ==,
      "192.0.2.1:found slow.example.com:timed-out "
      "slow.example.org:timed-out ");
  end (&l);
  g_assert_cmpuint (l.done, ==, 1);
}

static const SuiteTest tests[] = {
  { "/resolver/found", test_found },
  { "/resolver/not-found", test_not_found },
  { "/resolver/numeric", test_numeric },
  { "/resolver/both-versions", test_both_versions },
  { "/resolver/several", test_several },
  { "/resolver/cancel", test_cancel },
  { "/resolver/cancel/from-callback", test_cancel_from_callback },
  { "/resolver/tcp", test_tcp },
  { "/resolver/timeout", test_timeout },
};

int
main (int argc, char **argv)
{
  gint code;

  stub_resolver_install ();
  code = suite_run (argc, argv, tests, G_N_ELEMENTS (tests));
  g_clear_pointer (&timer, g_source_unref);
  return code;
}
