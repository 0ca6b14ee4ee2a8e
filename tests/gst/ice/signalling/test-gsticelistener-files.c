/* gst-ice: test of the listener: which socket files it makes, replaces and
 * deletes, and on which addresses it listens.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Some calls of the C library fail on demand. */

#include "signalling/gsticelistener.h"
#include <errno.h>
#include <fcntl.h>
#include <gio/gunixsocketaddress.h>
#include <gmodule.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 16
#define MAX_PATH (sizeof (((struct sockaddr_un *) NULL)->sun_path) - 1)

typedef struct
{
  GMainContext *context;
  GstIceListener *listener;
  gchar *folder, *path;
  guint n_accepted;
} Fixture;

static guint until_other_device, until_other_inode; /* calls; 0: none */
static gboolean chmod_fails, listen_fails;

/* The C library's, for this program and the code under test. */

int
lstat (const char *path, struct stat *result)
{
  int failed = fstatat (AT_FDCWD, path, result, AT_SYMLINK_NOFOLLOW);

  if (until_other_device > 0 && --until_other_device == 0)
    result->st_dev++;
  if (until_other_inode > 0 && --until_other_inode == 0)
    result->st_ino++;
  return failed;
}

int
chmod (const char *path, mode_t mode)
{
  errno = EPERM;
  return chmod_fails ? -1 : fchmodat (AT_FDCWD, path, mode, 0);
}

/* For GLib, too. */
G_MODULE_EXPORT int
listen (int fd, int backlog)
{
  if (listen_fails) {
    errno = EADDRINUSE;
    return -1;
  }
  return (int) syscall (SYS_listen, fd, backlog);
}

static void
on_accepted (
    GstIceListener *listener, GSocketConnection *connection, gpointer data)
{
  ((Fixture *) data)->n_accepted++;
}

static void
open_listener (Fixture *f)
{
  f->listener = gst_ice_listener_new (f->context, on_accepted, f);
}

static void
set_up (Fixture *f, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  f->context = g_main_context_new ();
  f->folder = g_dir_make_tmp ("listener-XXXXXX", &error);
  g_assert_no_error (error);
  f->path = g_build_filename (f->folder, "socket", NULL);
  until_other_device = until_other_inode = 0;
  chmod_fails = listen_fails = FALSE;
  open_listener (f);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  g_clear_pointer (&f->listener, gst_ice_listener_close);
  g_unlink (f->path);
  g_assert_cmpint (g_rmdir (f->folder), ==, 0);
  g_free (f->path);
  g_free (f->folder);
  g_main_context_unref (f->context);
}

static gboolean
exists (const gchar *path)
{
  return g_file_test (path, G_FILE_TEST_EXISTS);
}

/* Returns: the message; NULL: it listens */
static gchar *
listen_at (Fixture *f, const gchar *path, gint code)
{
  g_autoptr (GError) error = NULL;

  if (gst_ice_listener_listen_unix (f->listener, path, &error)) {
    g_assert_no_error (error);
    return NULL;
  }
  g_assert_error (error, G_IO_ERROR, code);
  return g_strdup (error->message);
}

static void
assert_fails (Fixture *f, const gchar *path, gint code, const gchar *text)
{
  g_autofree gchar *message = listen_at (f, path, code);

  g_assert_nonnull (message);
  if (strstr (message, text) == NULL)
    g_error ("no \"%s\" in \"%s\"", text, message);
}

/* A socket file without a listener. */
static void
make_stale (Fixture *f)
{
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (f->path);
  g_autoptr (GSocket) socket = g_socket_new (G_SOCKET_FAMILY_UNIX,
      G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);

  g_assert_true (g_socket_bind (socket, address, FALSE, NULL));
}

static void
test_length (Fixture *f, gconstpointer unused)
{
  gsize rest = MAX_PATH - strlen (f->folder) - 1;
  g_autofree gchar *name = g_strnfill (rest + 1, 'a');
  g_autofree gchar *too_long = g_build_filename (f->folder, name, NULL);
  g_autofree gchar *longest = g_strndup (too_long, MAX_PATH);

  assert_fails (f, too_long, G_IO_ERROR_FILENAME_TOO_LONG, "at most 107 bytes");
  g_assert_null (listen_at (f, longest, 0));
  g_clear_pointer (&f->listener, gst_ice_listener_close);
  g_assert_false (exists (longest));
}

/* A stale file is replaced, unless it is another one by now. */
static void
test_stale (Fixture *f, gconstpointer unused)
{
  make_stale (f);
  until_other_device = 2;
  assert_fails (f, f->path, G_IO_ERROR_ADDRESS_IN_USE, f->path);
  until_other_inode = 2;
  assert_fails (f, f->path, G_IO_ERROR_ADDRESS_IN_USE, f->path);
  g_assert_null (listen_at (f, f->path, 0));
  g_clear_pointer (&f->listener, gst_ice_listener_close);
  g_assert_false (exists (f->path));
}

/* What was put there later is not deleted. */
static void
test_close (Fixture *f, gconstpointer unused)
{
  g_assert_null (listen_at (f, f->path, 0));
  until_other_device = 1;
  g_clear_pointer (&f->listener, gst_ice_listener_close);
  g_assert_true (exists (f->path));
  open_listener (f);
  g_assert_null (listen_at (f, f->path, 0));
  until_other_inode = 1;
  g_clear_pointer (&f->listener, gst_ice_listener_close);
  g_assert_true (exists (f->path));
}

/* Its file is private; where it cannot be, nobody can connect. */
static void
test_private (Fixture *f, gconstpointer unused)
{
  struct stat file;

  chmod_fails = TRUE;
  assert_fails (f, f->path, G_IO_ERROR_PERMISSION_DENIED, "private");
  g_clear_pointer (&f->listener, gst_ice_listener_close);
  g_assert_false (exists (f->path));
  chmod_fails = FALSE;
  open_listener (f);
  g_assert_null (listen_at (f, f->path, 0));
  g_assert_cmpint (stat (f->path, &file), ==, 0);
  g_assert_cmpint (file.st_mode & 0777, ==, 0600);
}

static void
test_listen_fails (Fixture *f, gconstpointer unused)
{
  listen_fails = TRUE;
  assert_fails (f, f->path, G_IO_ERROR_ADDRESS_IN_USE, f->path);
}

static gint
connect_to (const gchar *path)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  gint fd = socket (AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

  g_strlcpy (address.sun_path, path, sizeof address.sun_path);
  if (connect (fd, (struct sockaddr *) &address, sizeof address) == 0)
    return fd;
  g_assert_cmpint (errno, ==, EAGAIN);
  close (fd);
  return -1;
}

/* Sixteen wait at most, and one more by the kernel's count. A second listener
 * does not wait among them. */
static void
test_backlog (Fixture *f, gconstpointer unused)
{
  GstIceListener *second = gst_ice_listener_new (f->context, on_accepted, f);
  gint fds[BACKLOG + 3];
  guint n = 0, i;

  g_assert_null (listen_at (f, f->path, 0));
  while (n < G_N_ELEMENTS (fds) && (fds[n] = connect_to (f->path)) >= 0)
    n++;
  g_assert_cmpuint (n, ==, BACKLOG + 1);
  g_assert_false (gst_ice_listener_listen_unix (second, f->path, NULL));
  gst_ice_listener_close (second);
  while (g_main_context_iteration (f->context, FALSE))
    continue;
  g_assert_cmpuint (f->n_accepted, ==, n);
  for (i = 0; i < n; i++)
    close (fds[i]);
}

static gboolean
note_accepted (gpointer data)
{
  Fixture *f = data;

  g_assert_cmpuint (f->n_accepted, ==, 0);
  return G_SOURCE_REMOVE;
}

/* What connected clients have sent comes before a new one is accepted. */
static void
test_priority (Fixture *f, gconstpointer unused)
{
  g_autoptr (GSource) source = g_idle_source_new ();
  gint fd;

  g_assert_null (listen_at (f, f->path, 0));
  fd = connect_to (f->path);
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, note_accepted, f, NULL);
  g_source_attach (source, f->context);
  while (g_main_context_iteration (f->context, FALSE))
    continue;
  g_assert_cmpuint (f->n_accepted, ==, 1);
  close (fd);
}

static guint16
occupy (const gchar *host, GSocket **result)
{
  g_autoptr (GSocketAddress)
      any = g_inet_socket_address_new_from_string (host, 0);
  g_autoptr (GSocketAddress) address = NULL;
  GSocket *socket = g_socket_new (
      G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);

  g_assert_true (g_socket_bind (socket, any, FALSE, NULL));
  g_assert_true (g_socket_listen (socket, NULL));
  address = g_socket_get_local_address (socket, NULL);
  *result = socket;
  return g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address));
}

static gboolean
listen_on (Fixture *f, const gchar *hosts, guint16 port)
{
  g_auto (GStrv) list = g_strsplit (hosts, " ", 0);
  GList *addresses = NULL;
  gboolean listens;
  guint i;

  for (i = 0; list[i] != NULL; i++)
    addresses = g_list_append (
        addresses, g_inet_address_new_from_string (list[i]));
  listens = gst_ice_listener_listen_tcp (f->listener, addresses, port, NULL);
  g_list_free_full (addresses, g_object_unref);
  return listens;
}

static gboolean
can_connect (const gchar *host, guint16 port)
{
  g_autoptr (GSocketAddress)
      address = g_inet_socket_address_new_from_string (host, port);
  g_autoptr (GSocket) socket = g_socket_new (
      G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);

  return g_socket_connect (socket, address, NULL, NULL);
}

/* It listens where it can; if the first address is in use, nowhere. */
static void
test_addresses (Fixture *f, gconstpointer unused)
{
  g_autoptr (GSocket) socket = NULL;
  guint16 port = occupy ("127.0.0.1", &socket);

  g_assert_false (listen_on (f, "127.0.0.1 127.0.0.2", port));
  g_assert_false (can_connect ("127.0.0.2", port));
  g_assert_true (
      listen_on (f, "192.0.2.1 127.0.0.2 127.0.0.1 127.0.0.3", port));
  g_assert_true (can_connect ("127.0.0.2", port));
  g_assert_true (can_connect ("127.0.0.3", port));
  g_clear_pointer (&f->listener, gst_ice_listener_close);
  g_assert_false (can_connect ("127.0.0.2", port));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define TEST(name)                                                             \
  g_test_add ("/listener/" #name, Fixture, NULL, set_up, test_##name, tear_down)
  TEST (length);
  TEST (stale);
  TEST (close);
  TEST (private);
  TEST (listen_fails);
  TEST (backlog);
  TEST (priority);
  TEST (addresses);
  return g_test_run ();
}
