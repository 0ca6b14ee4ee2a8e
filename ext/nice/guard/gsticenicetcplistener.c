/* gst-ice: a TCP listener of libnice that can be shut for a while.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "guard/gsticenicetcplistener.h"

#ifdef __linux__

#include <fcntl.h>
#include <netinet/in.h>
#include <nice/address.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include "guard/gsticenicetcpproxy.h"

/* Connections that wait in the kernel while it is shut; libnice's own backlog
 * is 10. */
#define BACKLOG 32

struct _GstIceNiceTcpListener
{
  GSocket *socket;
  GSource *source; /* not referenced: it owns us */
  gpointer tag;    /* the socket's, in @source */
  NiceAddress address;
  gint reserve; /* an idle descriptor for when there is no other; -1 */
  gint held;    /* while shut: the listening socket; else -1 */
};

/**
 * gst_ice_nice_tcp_is_socket:
 * @fd: a descriptor
 *
 * Any thread.
 *
 * Returns: whether it is a TCP socket
 */
gboolean
gst_ice_nice_tcp_is_socket (gint fd)
{
  gint protocol;
  socklen_t size = sizeof (protocol);

  return getsockopt (fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) == 0
      && protocol == IPPROTO_TCP;
}

static gboolean
listens (gint fd)
{
  gint value = 0;
  socklen_t size = sizeof (value);

  return getsockopt (fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &size) == 0
      && value != 0;
}

static gboolean
get_local_address (gint fd, NiceAddress *result)
{
  struct sockaddr_storage address;
  socklen_t size = sizeof (address);

  if (getsockname (fd, (struct sockaddr *) &address, &size) != 0)
    return FALSE;
  nice_address_init (result);
  nice_address_set_from_sockaddr (result, (struct sockaddr *) &address);
  return TRUE;
}

static gint
open_reserve (void)
{
  return eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
}

/**
 * gst_ice_nice_tcp_listener_new:
 * @socket: a libnice socket
 * @source: (transfer none): the source that polls it; owns the listener
 *
 * Any thread.
 *
 * Returns: (transfer full) (nullable): a listener; %NULL if @socket does not
 *   listen on TCP
 */
GstIceNiceTcpListener *
gst_ice_nice_tcp_listener_new (GSocket *socket, GSource *source)
{
  gint fd = g_socket_get_fd (socket);
  GstIceNiceTcpListener *self;
  NiceAddress address;

  if (!gst_ice_nice_tcp_is_socket (fd) || !listens (fd)
      || !get_local_address (fd, &address))
    return NULL;
  listen (fd, BACKLOG);
  self = g_new0 (GstIceNiceTcpListener, 1);
  self->socket = g_object_ref (socket);
  self->source = source;
  self->tag = g_source_add_unix_fd (source, fd, G_IO_IN);
  self->address = address;
  self->reserve = open_reserve ();
  self->held = -1;
  return self;
}

/**
 * gst_ice_nice_tcp_listener_free:
 * @listener: (transfer full): a listener
 */
void
gst_ice_nice_tcp_listener_free (gpointer listener)
{
  GstIceNiceTcpListener *self = listener;

  if (self->held >= 0)
    close (self->held);
  if (self->reserve >= 0)
    close (self->reserve);
  g_object_unref (self->socket);
  g_free (self);
}

/**
 * gst_ice_nice_tcp_listener_has_accepted:
 * @self: a listener
 * @fd: a descriptor
 *
 * Returns: whether @fd is a connection that came in through it
 */
gboolean
gst_ice_nice_tcp_listener_has_accepted (
    const GstIceNiceTcpListener *self, gint fd)
{
  NiceAddress address;

  return gst_ice_nice_tcp_is_socket (fd) && !listens (fd)
      && get_local_address (fd, &address)
      && nice_address_equal (&self->address, &address);
}

/**
 * gst_ice_nice_tcp_listener_is_readable:
 * @self: a listener
 *
 * In the dispatch of its source.
 *
 * Returns: whether connections wait
 */
gboolean
gst_ice_nice_tcp_listener_is_readable (const GstIceNiceTcpListener *self)
{
  return g_source_query_unix_fd (self->source, self->tag) != 0;
}

static void
shut (GstIceNiceTcpListener *self)
{
  gint fd = g_socket_get_fd (self->socket);

  if (self->reserve < 0 || g_socket_is_closed (self->socket))
    return;
  self->held = fcntl (fd, F_DUPFD_CLOEXEC, 0);
  if (self->held >= 0)
    gst_ice_nice_replace_descriptor (fd, self->reserve);
}

static void
open_again (GstIceNiceTcpListener *self)
{
  if (self->held < 0)
    return;
  if (!g_socket_is_closed (self->socket))
    gst_ice_nice_replace_descriptor (
        g_socket_get_fd (self->socket), self->held);
  close (self->held);
  self->held = -1;
}

/**
 * gst_ice_nice_tcp_listener_set_shut:
 * @self: a listener
 * @is_shut: whether it is shut
 *
 * While it is shut, libnice's descriptor is an idle eventfd, so that libnice
 * does not accept, and connections wait in the kernel. (A socket filter would
 * need CAP_NET_ADMIN on a TCP socket.)
 */
void
gst_ice_nice_tcp_listener_set_shut (
    GstIceNiceTcpListener *self, gboolean is_shut)
{
  if (is_shut)
    shut (self);
  else
    open_again (self);
}

/**
 * gst_ice_nice_tcp_listener_check_descriptors:
 * @self: a readable listener
 *
 * If no descriptor is free, libnice would retry accept() for ever: then the
 * waiting connection is accepted with the reserve descriptor and closed.
 */
void
gst_ice_nice_tcp_listener_check_descriptors (GstIceNiceTcpListener *self)
{
  gint fd = open_reserve ();

  if (fd >= 0) { /* descriptors are left */
    close (fd);
    return;
  }
  if (self->reserve >= 0)
    close (self->reserve);
  fd = accept4 (g_socket_get_fd (self->socket), NULL, NULL, SOCK_CLOEXEC);
  if (fd >= 0)
    close (fd);
  self->reserve = open_reserve ();
}

#endif
