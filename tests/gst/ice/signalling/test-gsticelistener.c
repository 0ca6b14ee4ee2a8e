/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where a signaller listens. */
#include "signallerharness.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
static gchar *
fail_to_start (Peer *peer)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (gst_ice_signaller_start (peer->signaller, &error));
  g_assert_nonnull (error);
  g_test_message ("%s", error->message);
  g_assert_cmpstr (peer->log->str, ==, "");
  return g_strdup (error->message);
}

static void
test_port_taken (void)
{
  guint16 port = harness_free_port ();
  g_autoptr (GSocketAddress) address = raw_tcp_address (port);
  g_autoptr (Raw) first = raw_listen (address);
  g_autoptr (Peer) peer = peer_new ("tcp://:%u?mode=listener", port);
  g_autofree gchar *expected = g_strdup_printf (
      "could not listen on 127.0.0.1:%u: Address already in "
      "use; stop the program that listens there or choose "
      "another address",
      port);
  g_autofree gchar *text = fail_to_start (peer);

  g_assert_nonnull (first);
  g_assert_cmpstr (text, ==, expected);
}

static void
test_restart (void)
{
  guint16 port = harness_free_port ();

  for (guint i = 0; i < 3; i++) {
    g_autoptr (Peer) listener = peer_new ("tcp://:%u?mode=listener", port);
    g_autoptr (Peer) caller = peer_new ("tcp://:%u", port);

    peer_connect_two (listener, caller);
    peer_close (listener); /* ours goes to TIME_WAIT */
  }
}

static void
test_foreign_address (void)
{
  /* TEST-NET-1, RFC 5737: nobody has it */
  g_autoptr (Peer) peer = peer_new ("tcp://192.0.2.1:5000?mode=listener");
  g_autofree gchar *text = fail_to_start (peer);

  g_assert_cmpstr (text, ==,
      "could not listen on 192.0.2.1:5000: Cannot assign requested address; "
      "choose another address");
}

static void
test_unix_file (void)
{
  g_autoptr (Directory) directory = directory_new ();
  g_autofree gchar *path = g_build_filename (directory, "socket", NULL);
  g_autoptr (Peer) peer = peer_new ("unix://%s?mode=listener", path);
  struct stat file;

  peer_start (peer);
  g_assert_cmpint (lstat (path, &file), ==, 0);
  g_assert_true (S_ISSOCK (file.st_mode));
  g_assert_cmpint (file.st_mode & 0777, ==, 0600);
  peer_close (peer);
  g_assert_cmpint (lstat (path, &file), ==, -1);
}

static void
test_unix_stale (void)
{
  g_autoptr (Directory) directory = directory_new ();
  g_autofree gchar *path = g_build_filename (directory, "socket", NULL);
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  g_autoptr (Peer) listener = peer_new ("unix://%s?mode=listener", path);
  g_autoptr (Peer) caller = peer_new ("unix://%s", path);

  raw_free (raw_listen (address));
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
  peer_connect_two (listener, caller);
}

static void
test_unix_live (void)
{
  g_autoptr (Directory) directory = directory_new ();
  g_autofree gchar *path = g_build_filename (directory, "socket", NULL);
  g_autoptr (Peer) first = peer_new ("unix://%s?mode=listener", path);
  g_autoptr (Peer) second = peer_new ("unix://%s?mode=listener", path);
  g_autoptr (Peer) caller = peer_new ("unix://%s", path);
  g_autofree gchar *expected = g_strdup_printf (
      "could not listen on %s: Address already in use; stop the program that "
      "listens there or choose another address",
      path);
  g_autofree gchar *text = NULL;

  peer_start (first);
  text = fail_to_start (second);
  g_assert_cmpstr (text, ==, expected);
  peer_close (second);
  caller->on_opened = peer_send_hello;
  peer_start (caller);
  WAIT (first->n_messages == 3);
  g_assert_cmpstr (first->log->str, ==, HELLO);
}

static void
test_unix_no_socket (void)
{
  g_autoptr (Directory) directory = directory_new ();
  g_autofree gchar *path = g_build_filename (directory, "socket", NULL);
  g_autofree gchar *contents = NULL;
  g_autofree gchar *text = NULL;
  g_autoptr (Peer) peer = peer_new ("unix://%s?mode=listener", path);

  g_assert_true (g_file_set_contents (path, "dear", -1, NULL));
  text = fail_to_start (peer);
  g_assert_nonnull (strstr (text, "is not a socket"));
  peer_close (peer);
  g_assert_true (g_file_get_contents (path, &contents, NULL, NULL));
  g_assert_cmpstr (contents, ==, "dear");
}

static void
test_unix_no_directory (void)
{
  g_autoptr (Peer) peer = peer_new ("unix:///nowhere/at/all?mode=listener");
  g_autofree gchar *text = fail_to_start (peer);

  g_assert_cmpstr (text, ==,
      "could not listen on /nowhere/at/all: No such file or directory; create "
      "the directory first");
}

/* Somebody else has put his socket where ours was. */
static void
test_unix_replaced (void)
{
  g_autoptr (Directory) directory = directory_new ();
  g_autofree gchar *path = g_build_filename (directory, "socket", NULL);
  g_autofree gchar *aside = g_strconcat (path, "2", NULL);
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  g_autoptr (Peer) peer = peer_new ("unix://%s?mode=listener", path);
  g_autoptr (Raw) other = NULL;

  peer_start (peer);
  g_assert_cmpint (g_rename (path, aside), ==, 0);
  other = raw_listen (address);
  peer_close (peer);
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
  g_unlink (aside);
}

/* No file descriptor is left for who comes: no spinning, and once there is one
 * he is served. */
static void
test_no_descriptors (void)
{
  guint16 port = harness_free_port ();
  g_autoptr (GSocketAddress) address = raw_tcp_address (port);
  g_autoptr (Peer) listener = peer_new ("tcp://:%u?mode=listener", port);
  g_autoptr (Raw) raw = NULL;
  g_autoptr (Raw) second = NULL;
  struct rlimit before, none;
  int lowest;

  peer_start (listener);
  raw = raw_connect (address);
  raw_send (raw, PARAMETERS, -1);
  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &before), ==, 0);
  lowest = dup (0);
  close (lowest);
  none = before;
  none.rlim_cur = lowest;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &none), ==, 0);
  harness_settle (); /* would not come to an end */
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &before), ==, 0);
  g_assert_cmpstr (listener->log->str, ==, "");
  /* valgrind's accept() has lost the first one */
  second = raw_connect (address);
  raw_send (second, PARAMETERS, -1);
  WAIT (listener->n_messages == 1);
}

/* Host names */

#define TEST_TYPE_RESOLVER (test_resolver_get_type ())
G_DECLARE_FINAL_TYPE (TestResolver, test_resolver, TEST, RESOLVER, GResolver)

/* Knows one name, "here.test"; of "silent.test" it answers nothing. */
struct _TestResolver
{
  GResolver parent;
};

G_DEFINE_FINAL_TYPE (TestResolver, test_resolver, G_TYPE_RESOLVER)

static guint n_cancelled; /* of those that were not answered */

static gboolean
on_cancelled (GCancellable *cancellable, gpointer task)
{
  n_cancelled++;
  g_task_return_error_if_cancelled (task);
  return G_SOURCE_REMOVE;
}

static void
wait_until_cancelled (GTask *task, GCancellable *cancellable)
{
  g_autoptr (GSource) source = g_cancellable_source_new (cancellable);

  g_task_attach_source (task, source, G_SOURCE_FUNC (on_cancelled));
}

static void
test_resolver_look_up (GResolver *resolver, const gchar *name,
    GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask)
      task = g_task_new (resolver, cancellable, callback, user_data);

  if (g_str_equal (name, "here.test"))
    g_task_return_pointer (task,
        g_list_append (
            NULL, g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4)),
        (GDestroyNotify) g_resolver_free_addresses);
  else if (g_str_equal (name, "silent.test"))
    wait_until_cancelled (task, cancellable);
  else
    g_task_return_new_error (task, G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND,
        "no host is called %s", name);
}

static GList *
test_resolver_look_up_finish (
    GResolver *resolver, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
test_resolver_class_init (TestResolverClass *klass)
{
  GResolverClass *resolver_class = G_RESOLVER_CLASS (klass);

  resolver_class->lookup_by_name_async = test_resolver_look_up;
  resolver_class->lookup_by_name_finish = test_resolver_look_up_finish;
}

static void
test_resolver_init (TestResolver *self)
{
}

static void
test_name (void)
{
  guint16 port = harness_free_port ();
  g_autoptr (GResolver) system = g_resolver_get_default ();
  g_autoptr (GResolver) ours = g_object_new (TEST_TYPE_RESOLVER, NULL);
  g_autoptr (Peer) here = peer_new ("tcp://here.test:%u?mode=listener", port);
  g_autoptr (Peer) late = peer_new ("tcp://here.test:%u?mode=listener", port);
  g_autoptr (Peer) gone = peer_new ("tcp://gone.test:5000?mode=listener");
  g_autoptr (Peer) closed = peer_new ("tcp://here.test:5000?mode=listener");
  g_autoptr (Peer) caller = peer_new ("tcp://127.0.0.1:%u", port);

  g_resolver_set_default (ours);
  peer_start (closed);
  peer_close (closed);
  peer_start (gone);
  WAIT (gone->n_closed);
  g_assert_cmpstr (gone->closed, ==,
      "could not listen on tcp://gone.test:5000: no host is called gone.test; "
      "check the host name");
  peer_start (here);
  harness_settle ();
  peer_start (late);
  WAIT (late->n_closed);
  g_assert_nonnull (strstr (late->closed, "Address already in use"));
  caller->on_opened = peer_send_hello;
  peer_start (caller);
  WAIT (here->n_messages == 3);
  g_resolver_set_default (system);
}

/* Closing ends a look-up that would take long. */
static void
test_name_is_not_waited_for (void)
{
  g_autoptr (GResolver) system = g_resolver_get_default ();
  g_autoptr (GResolver) ours = g_object_new (TEST_TYPE_RESOLVER, NULL);
  g_autoptr (Peer) closed = peer_new ("tcp://silent.test:5000?mode=listener");

  g_resolver_set_default (ours);
  peer_start (closed);
  harness_settle ();
  g_assert_cmpuint (n_cancelled, ==, 0);
  peer_close (closed);
  harness_settle ();
  g_assert_cmpuint (n_cancelled, ==, 1);
  g_resolver_set_default (system);
}

static const HarnessTest tests[] = {
  { "/listener/port-taken", test_port_taken },
  { "/listener/restart", test_restart },
  { "/listener/foreign-address", test_foreign_address },
  { "/listener/unix-file", test_unix_file },
  { "/listener/unix-stale", test_unix_stale },
  { "/listener/unix-live", test_unix_live },
  { "/listener/unix-no-socket", test_unix_no_socket },
  { "/listener/unix-no-directory", test_unix_no_directory },
  { "/listener/unix-replaced", test_unix_replaced },
  { "/listener/no-descriptors", test_no_descriptors },
  { "/listener/name", test_name },
  { "/listener/name-is-not-waited-for", test_name_is_not_waited_for },
};

int
main (int argc, char **argv)
{
  harness_init (&argc, &argv);
  return harness_run (tests, G_N_ELEMENTS (tests));
}
