/* gst-ice: tests of a listener without descriptors, and of one whose address is
 * in use by a process that accepts nothing.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "contexts.h"
#include "signallerharness.h"
#include "signalling/gsticelistener.h"
#include <gio/gunixsocketaddress.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define PATIENCE (20 * G_TIME_SPAN_SECOND)
#define MANY 64 /* more than a backlog of 1 has room for */

typedef struct
{
  GMainContext *context;
  GstIceListener *listener;
  GSocket *client;
  guint accepted;
} Fixture;

static void
on_accepted (
    GstIceListener *listener, GSocketConnection *connection, gpointer data)
{
  ((Fixture *) data)->accepted++;
}

static GSocket *
make_socket (GSocketFamily family)
{
  GSocket *socket = g_socket_new (
      family, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);

  g_assert_nonnull (socket);
  return socket;
}

static void
set_up (Fixture *f, gconstpointer unused)
{
  f->context = g_main_context_new ();
  f->listener = gst_ice_listener_new (f->context, on_accepted, f);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  g_clear_pointer (&f->listener, gst_ice_listener_close);
  g_clear_object (&f->client);
  g_main_context_unref (f->context);
}

/* A client has connected. */
static void
connect_client (Fixture *f)
{
  guint16 port = harness_free_port ();
  g_autoptr (GInetAddress)
      host = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (host, port);
  g_autoptr (GError) error = NULL;
  GList addresses = { host, NULL, NULL };

  g_assert_true (
      gst_ice_listener_listen_tcp (f->listener, &addresses, port, &error));
  g_assert_no_error (error);
  f->client = make_socket (G_SOCKET_FAMILY_IPV4);
  g_assert_true (g_socket_connect (f->client, address, NULL, &error));
  while (!g_main_context_pending (f->context))
    continue;
}

/* No descriptor is left for the connection. Returns: whether it is tried again
 * at once */
static gboolean
accept_without_descriptors (Fixture *f)
{
  const gint next = dup (STDERR_FILENO);
  struct rlimit before, none;
  gboolean again;

  close (next);
  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &before), ==, 0);
  none = (struct rlimit){ (rlim_t) next, before.rlim_max };
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &none), ==, 0);
  g_main_context_iteration (f->context, FALSE);
  again = g_main_context_pending (f->context);
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &before), ==, 0);
  g_assert_cmpuint (f->accepted, ==, 0);
  return again;
}

/* It is tried again after a pause, not without one. */
static void
test_pause (Fixture *f, gconstpointer unused)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;

  connect_client (f);
  g_assert_false (accept_without_descriptors (f));
  g_assert_cmpint (context_get_timeout (f->context), >=, 0);
  while (f->accepted == 0) {
    g_main_context_iteration (f->context, TRUE);
    g_assert_cmpint (g_get_monotonic_time (), <, end);
  }
  g_assert_cmpint (context_get_timeout (f->context), ==, -1);
}

/* Nothing is left of the pause. */
static void
test_closed_in_pause (Fixture *f, gconstpointer unused)
{
  connect_client (f);
  g_assert_false (accept_without_descriptors (f));
  g_clear_pointer (&f->listener, gst_ice_listener_close);
  g_assert_cmpint (context_get_timeout (f->context), ==, -1);
}

/* A process listens at the path, and its backlog is full. */
static void
test_full_backlog (Fixture *f, gconstpointer unused)
{
  g_autoptr (Directory) directory = directory_new ();
  g_autofree gchar *path = g_build_filename (directory, "socket", NULL);
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  g_autoptr (GSocket) other = make_socket (G_SOCKET_FAMILY_UNIX);
  g_autoptr (GPtrArray)
      clients = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GError) error = NULL;
  guint i;

  g_assert_true (g_socket_bind (other, address, FALSE, NULL));
  g_socket_set_listen_backlog (other, 1);
  g_assert_true (g_socket_listen (other, NULL));
  for (i = 0; i < MANY; i++) {
    GSocket *client = make_socket (G_SOCKET_FAMILY_UNIX);

    g_socket_set_blocking (client, FALSE);
    g_ptr_array_add (clients, client);
    if (!g_socket_connect (client, address, NULL, NULL))
      break;
  }
  g_assert_cmpuint (i, <, MANY);
  g_assert_false (gst_ice_listener_listen_unix (f->listener, path, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, test)                                                        \
  g_test_add ("/listener/" name, Fixture, NULL, set_up, test, tear_down)
  ADD ("pause", test_pause);
  ADD ("closed-in-pause", test_closed_in_pause);
  ADD ("full-backlog", test_full_backlog);
  return g_test_run ();
}
