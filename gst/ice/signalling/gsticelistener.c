/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Listening sockets of the built-in signalling: TCP addresses or one Unix path,
 * whose file belongs to the listener from bind to close. Nothing blocks.
 *
 * Everything happens in the thread that runs the main context.
 *
 * Ours because GSocketService leaves out what is needed here: the mode and the
 * removal of the socket's file, a pause while the process has no descriptors,
 * and a priority below that of connected clients. */
#include "signalling/gsticelistener.h"
#include "model/iceerror.h"

#include <errno.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 16
/* ms; when the process has no file descriptors left, trying at once would spin
 */
#define ACCEPT_PAUSE 250

struct _GstIceListener
{
  GMainContext *context;
  GstIceListenerFunc accepted;
  gpointer user_data;

  GPtrArray *sockets; /* GSocket */
  GPtrArray *sources; /* GSource: one of each socket, or one pause */

  gchar *path; /* NULL: no file is ours */
  dev_t device;
  ino_t inode;
};

static void
source_drop (gpointer data)
{
  g_source_destroy (data);
  g_source_unref (data);
}

static void
listener_clear (gpointer data)
{
  GstIceListener *listener = data;

  g_clear_pointer (&listener->context, g_main_context_unref);
  g_ptr_array_unref (listener->sources);
  g_ptr_array_unref (listener->sockets);
}

static GstIceListener *
listener_ref (GstIceListener *listener)
{
  return g_rc_box_acquire (listener);
}

static void
listener_unref (GstIceListener *listener)
{
  g_rc_box_release_full (listener, listener_clear);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstIceListener, listener_unref)

/**
 * gst_ice_listener_new:
 * @context: (nullable) (transfer none): where connections are accepted; call
 *   all functions in the thread that runs it
 * @accepted: called for each connection
 * @user_data: passed to @accepted
 *
 * Returns: (transfer full): a listener that does not listen yet; free it with
 *   gst_ice_listener_close()
 */
GstIceListener *
gst_ice_listener_new (
    GMainContext *context, GstIceListenerFunc accepted, gpointer user_data)
{
  GstIceListener *listener = g_rc_box_new0 (GstIceListener);

  listener->context = context ? g_main_context_ref (context) : NULL;
  listener->accepted = accepted;
  listener->user_data = user_data;
  listener->sockets = g_ptr_array_new_with_free_func (g_object_unref);
  listener->sources = g_ptr_array_new_with_free_func (source_drop);
  return listener;
}

/* Accepting */

static void accept_from_all (GstIceListener *listener);

static gboolean
on_pause_over (gpointer data)
{
  GstIceListener *listener = data;

  g_ptr_array_set_size (listener->sources, 0);
  accept_from_all (listener);
  return G_SOURCE_REMOVE;
}

static void
pause_accepting (GstIceListener *listener)
{
  GSource *source = g_timeout_source_new (ACCEPT_PAUSE);

  g_ptr_array_set_size (listener->sources, 0);
  g_source_set_callback (source, on_pause_over, listener, NULL);
  g_source_attach (source, listener->context);
  g_ptr_array_add (listener->sources, source);
}

static gboolean
on_connection (GSocket *socket, GIOCondition condition, gpointer data)
{
  g_autoptr (GstIceListener) listener = listener_ref (data);
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocket) accepted = g_socket_accept (socket, NULL, &error);
  g_autoptr (GSocketConnection) connection = NULL;

  if (accepted) {
    connection = g_socket_connection_factory_create_connection (accepted);
    listener->accepted (listener, connection, listener->user_data);
  } else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)) {
    pause_accepting (listener);
  }
  return G_SOURCE_CONTINUE;
}

static void
accept_from_all (GstIceListener *listener)
{
  for (guint i = 0; i < listener->sockets->len; i++) {
    GSource *source = g_socket_create_source (
        g_ptr_array_index (listener->sockets, i), G_IO_IN, NULL);

    /* Messages of connected clients are read before a new client takes one of
     * their places. */
    g_source_set_priority (source, G_PRIORITY_DEFAULT + 10);
    g_source_set_callback (
        source, G_SOURCE_FUNC (on_connection), listener, NULL);
    g_source_attach (source, listener->context);
    g_ptr_array_add (listener->sources, source);
  }
}

/* Binding */

static const gchar *
advice (const GError *error)
{
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE))
    return "; stop the program that listens there or choose another address";
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED))
    return "; choose an address which this user may listen on";
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    return "; create the directory first";
  return "; choose another address";
}

static void
explain (GError **error, const gchar *where, const GError *cause)
{
  g_set_error (error, cause->domain, cause->code,
      "could not listen on %s: %s%s", where, ice_error_get_reason (cause),
      advice (cause));
}

static GSocket *
bind_stream (GSocketAddress *address, GError **error)
{
  g_autoptr (GSocket)
      socket = g_socket_new (g_socket_address_get_family (address),
          G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, error);

  if (!socket)
    return NULL;
  g_socket_set_blocking (socket, FALSE);
  g_socket_set_listen_backlog (socket, BACKLOG);
  /* TRUE: SO_REUSEADDR, so that a restarted listener need not wait */
  if (!g_socket_bind (socket, address, TRUE, error))
    return NULL;
  return g_steal_pointer (&socket);
}

static gboolean
listen_on_address (GstIceListener *listener, GInetAddress *inet_address,
    guint16 port, GError **error)
{
  g_autoptr (GSocketAddress)
      address = g_inet_socket_address_new (inet_address, port);
  g_autofree gchar *where = g_socket_connectable_to_string (
      G_SOCKET_CONNECTABLE (address));
  g_autoptr (GError) cause = NULL;
  g_autoptr (GSocket) socket = bind_stream (address, &cause);

  if (!socket || !g_socket_listen (socket, &cause)) {
    explain (error, where, cause);
    return FALSE;
  }
  g_ptr_array_add (listener->sockets, g_steal_pointer (&socket));
  return TRUE;
}

/**
 * gst_ice_listener_listen_tcp:
 * @listener: a listener that does not listen yet
 * @addresses: (element-type GInetAddress) (transfer none): where to listen; at
 *   least one has to be free, unavailable ones are left out, but the first must
 *   not be in use by another process
 * @port: the port
 * @error: (out) (optional): what failed, the cause and the cure
 *
 * Returns: whether it listens now
 */
gboolean
gst_ice_listener_listen_tcp (
    GstIceListener *listener, GList *addresses, guint16 port, GError **error)
{
  g_autoptr (GError) first = NULL;

  for (GList *l = addresses; l; l = l->next) {
    if (listen_on_address (listener, l->data, port, first ? NULL : &first))
      continue;
    if (l == addresses
        && g_error_matches (first, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE))
      break;
  }
  if (listener->sockets->len == 0) {
    g_propagate_error (error, g_steal_pointer (&first));
    return FALSE;
  }
  accept_from_all (listener);
  return TRUE;
}

/* Checks that no process listens on the socket file. Returns: FALSE, with
 * @error, if one does or if that is not known */
static gboolean
check_stale (GSocketAddress *address, const gchar *path, GError **error)
{
  g_autoptr (GError) cause = NULL;
  g_autoptr (GSocket) probe = g_socket_new (G_SOCKET_FAMILY_UNIX,
      G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, error);

  if (!probe)
    return FALSE;
  g_socket_set_blocking (probe, FALSE);
  g_socket_connect (probe, address, NULL, &cause);
  if (g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED))
    return TRUE;
  /* GLib calls a full backlog "pending" */
  if (!cause || g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_PENDING)
      || g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)) {
    g_clear_error (&cause);
    g_set_error_literal (
        &cause, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE, g_strerror (EADDRINUSE));
  }
  explain (error, path, cause);
  return FALSE;
}

/* Deletes a socket file without a listener; leaves any other file alone. */
static gboolean
make_room (GSocketAddress *address, const gchar *path, GError **error)
{
  struct stat before, now;

  if (lstat (path, &before) != 0)
    return TRUE; /* bind reports the cause, if any */
  if (!S_ISSOCK (before.st_mode)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS,
        "could not listen on %s: it exists and is not a socket; delete it or "
        "choose another path",
        path);
    return FALSE;
  }
  if (!check_stale (address, path, error))
    return FALSE;
  if (lstat (path, &now) == 0 && now.st_dev == before.st_dev
      && now.st_ino == before.st_ino)
    unlink (path);
  return TRUE;
}

/**
 * gst_ice_listener_listen_unix:
 * @listener: a listener that does not listen yet
 * @path: the path of the socket; a stale socket file is replaced, any other
 *   file is an error and stays
 * @error: (out) (optional): what failed, the cause and the cure
 *
 * The file gets mode 0600 before a client can connect.
 *
 * Returns: whether it listens now
 */
gboolean
gst_ice_listener_listen_unix (
    GstIceListener *listener, const gchar *path, GError **error)
{
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GSocket) socket = NULL;
  g_autoptr (GError) cause = NULL;
  struct stat file;

  if (strlen (path) >= sizeof (((struct sockaddr_un *) NULL)->sun_path)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FILENAME_TOO_LONG,
        "could not listen on %s: a socket's path has at most %u bytes; choose "
        "a shorter one",
        path, (guint) sizeof (((struct sockaddr_un *) NULL)->sun_path) - 1);
    return FALSE;
  }
  address = g_unix_socket_address_new (path);
  if (!make_room (address, path, error))
    return FALSE;
  socket = bind_stream (address, &cause);
  if (!socket) {
    explain (error, path, cause);
    return FALSE;
  }
  if (lstat (path, &file) == 0) {
    listener->path = g_strdup (path);
    listener->device = file.st_dev;
    listener->inode = file.st_ino;
  }
  if (g_chmod (path, 0600) != 0) {
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno),
        "could not make %s private: %s; choose a path on another file system",
        path, g_strerror (errno));
    return FALSE;
  }
  if (!g_socket_listen (socket, &cause)) {
    explain (error, path, cause);
    return FALSE;
  }
  g_ptr_array_add (listener->sockets, g_steal_pointer (&socket));
  accept_from_all (listener);
  return TRUE;
}

/**
 * gst_ice_listener_close:
 * @listener: (transfer full): a listener, listening or not
 *
 * Stops listening, deletes the socket file if it is still the one made by
 * @listener, and frees @listener. May be called within the callback.
 */
void
gst_ice_listener_close (GstIceListener *listener)
{
  struct stat file;

  g_ptr_array_set_size (listener->sources, 0);
  if (listener->path && lstat (listener->path, &file) == 0
      && file.st_dev == listener->device && file.st_ino == listener->inode)
    unlink (listener->path);
  g_clear_pointer (&listener->path, g_free);
  for (guint i = 0; i < listener->sockets->len; i++)
    g_socket_close (g_ptr_array_index (listener->sockets, i), NULL);
  g_ptr_array_set_size (listener->sockets, 0);
  listener_unref (listener);
}
