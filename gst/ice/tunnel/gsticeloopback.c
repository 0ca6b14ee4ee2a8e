/* gst-ice: a TCP connection of this process to itself.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tunnel/gsticeloopback.h"
#include "iothread/gsticedescriptors.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Size of the kernel's buffer towards us. The default is megabytes, and data
 * that the connection to the server cannot take is better dropped early. */
#define RECEIVE_BUFFER_SIZE (64 * 1024)
/* Descriptors reserved for the connection and for identifying its owner. */
#define RESERVE 2

struct _GstIceLoopback
{
  GSocket *socket;       /* NULL: does not listen any more */
  gint reserve[RESERVE]; /* -1: closed */
  GInetSocketAddress *address;
  GSource *source;
  GstIceLoopbackAccepted accepted;
  gpointer user_data;
};

static void
give_reserve (GstIceLoopback *self)
{
  guint i;

  for (i = 0; i < RESERVE; i++) {
    if (self->reserve[i] >= 0)
      close (self->reserve[i]);
    self->reserve[i] = -1;
  }
}

/* Returns: whether it has all of it */
static gboolean
take_reserve (GstIceLoopback *self)
{
  gboolean has = TRUE;
  guint i;

  for (i = 0; i < RESERVE; i++) {
    if (self->reserve[i] < 0)
      self->reserve[i] = fcntl (
          g_socket_get_fd (self->socket), F_DUPFD_CLOEXEC, 0);
    has = has && self->reserve[i] >= 0;
  }
  return has;
}

static void
stop (GstIceLoopback *self)
{
  give_reserve (self);
  if (self->source != NULL) {
    g_source_destroy (self->source);
    g_clear_pointer (&self->source, g_source_unref);
  }
  if (self->socket != NULL)
    g_socket_close (self->socket, NULL);
  g_clear_object (&self->socket);
}

static gboolean
is_at (gint fd, int (*get) (int, struct sockaddr *, socklen_t *),
    const struct sockaddr_storage *wanted, gsize size)
{
  struct sockaddr_storage address;
  socklen_t length = sizeof address;

  memset (&address, 0, sizeof address);
  return get (fd, (struct sockaddr *) &address, &length) == 0 && length == size
      && memcmp (&address, wanted, size) == 0;
}

/* TCP does not show which process has the other end. If it is this one, one of
 * our descriptors is that end. */
static gboolean
is_of_this_process (GSocket *socket)
{
  struct sockaddr_storage here, there;
  socklen_t here_size = sizeof here, there_size = sizeof there;
  gint fd = g_socket_get_fd (socket);
  gboolean found = FALSE;
  const gchar *name;
  GDir *dir;

  memset (&here, 0, sizeof here);
  memset (&there, 0, sizeof there);
  if (getsockname (fd, (struct sockaddr *) &here, &here_size) != 0
      || getpeername (fd, (struct sockaddr *) &there, &there_size) != 0)
    return FALSE;
  dir = g_dir_open ("/proc/self/fd", 0, NULL);
  if (dir == NULL)
    dir = g_dir_open ("/dev/fd", 0, NULL);
  while (dir != NULL && !found && (name = g_dir_read_name (dir)) != NULL) {
    gint other = atoi (name);

    found = is_at (other, getpeername, &here, here_size)
        && is_at (other, getsockname, &there, there_size);
  }
  g_clear_pointer (&dir, g_dir_close);
  return found;
}

static gboolean
on_readable (GSocket *socket, GIOCondition condition, gpointer data)
{
  gst_ice_loopback_accept (data);
  return G_SOURCE_CONTINUE; /* at the end it has destroyed the source */
}

/**
 * gst_ice_loopback_new:
 * @family: %G_SOCKET_FAMILY_IPV4 or %G_SOCKET_FAMILY_IPV6
 * @context: (transfer none): the context in which it accepts; all calls are
 * made in its thread
 * @accepted: called at most once; may free the loopback
 * @user_data: for @accepted
 * @error: return location for a #GIOErrorEnum, or %NULL
 *
 * Returns: (transfer full) (nullable): a loopback that listens on a port chosen
 * by the kernel; %NULL with @error set
 */
GstIceLoopback *
gst_ice_loopback_new (GSocketFamily family, GMainContext *context,
    GstIceLoopbackAccepted accepted, gpointer user_data, GError **error)
{
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (family);
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocket) socket = g_socket_new (
      family, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, error);
  g_autoptr (GSocketAddress) bound = NULL;
  GstIceLoopback *self;
  guint i;

  if (socket == NULL)
    return NULL;
  g_socket_set_blocking (socket, FALSE);
  g_socket_set_option (
      socket, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER_SIZE, NULL);
  /* FALSE: no other socket can bind to this port */
  if (!g_socket_bind (socket, any, FALSE, error)
      || !g_socket_listen (socket, error))
    return NULL;
  bound = g_socket_get_local_address (socket, error);
  if (bound == NULL)
    return NULL;

  self = g_new0 (GstIceLoopback, 1);
  self->socket = g_object_ref (socket);
  self->address = G_INET_SOCKET_ADDRESS (g_steal_pointer (&bound));
  self->accepted = accepted;
  self->user_data = user_data;
  for (i = 0; i < RESERVE; i++)
    self->reserve[i] = -1;
  if (!take_reserve (self)) {
    gst_ice_loopback_free (self);
    gst_ice_descriptors_explain (error);
    return NULL;
  }
  self->source = g_socket_create_source (socket, G_IO_IN, NULL);
  g_source_set_callback (self->source, G_SOURCE_FUNC (on_readable), self, NULL);
  g_source_attach (self->source, context);
  return self;
}

/**
 * gst_ice_loopback_free:
 * @self: (transfer full): a loopback
 *
 * @accepted is not called any more.
 */
void
gst_ice_loopback_free (GstIceLoopback *self)
{
  stop (self);
  g_object_unref (self->address);
  g_free (self);
}

/**
 * gst_ice_loopback_get_address:
 * @self: a loopback
 *
 * Returns: (transfer none): the address that it listens, or listened, on
 */
GInetSocketAddress *
gst_ice_loopback_get_address (GstIceLoopback *self)
{
  return self->address;
}

/**
 * gst_ice_loopback_accept:
 * @self: a loopback
 *
 * Accepts at once instead of in the next iteration. Takes the first connection
 * of this process, then closes the port and all other connections that wait
 * there.
 */
void
gst_ice_loopback_accept (GstIceLoopback *self)
{
  while (self->socket != NULL) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GSocket) socket = NULL;

    give_reserve (self);
    socket = g_socket_accept (self->socket, NULL, &error);
    if (socket == NULL) {
      /* otherwise its source would stay ready without end */
      if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)
          || !take_reserve (self))
        stop (self);
      return;
    }
    if (is_of_this_process (socket)) {
      g_autoptr (GSocketConnection)
          connection = g_socket_connection_factory_create_connection (socket);

      stop (self);
      self->accepted (connection, self->user_data);
      return;
    }
    g_socket_close (socket, NULL);
  }
}
