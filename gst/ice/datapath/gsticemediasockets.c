/* gst-ice: the media sockets that one reader reads.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "datapath/gsticemediasockets.h"

#include <errno.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/eventfd.h>
#endif

/* System calls in a row that receive only datagrams of unknown senders. */
#define MAX_UNKNOWN 64
/* System calls that empty a socket at most; it may be filled as fast. */
#define MAX_DISCARDED 4096

struct _GstIceMediaSockets
{
  GPtrArray *sockets; /* of GstIceDatagramSocket */
  gint wake;          /* descriptor; -1: not needed, or none was left */
  gint waits;         /* atomic: whether the reader may wait for it */
  GstIceDatagramSocketCounters past; /* of sockets that are gone */
  guint next;                        /* to be read first: they take turns */
};

static GPtrArray *
make_array (void)
{
  return g_ptr_array_new_with_free_func (
      (GDestroyNotify) gst_ice_datagram_socket_unref);
}

/**
 * gst_ice_media_sockets_new:
 *
 * Returns: (transfer full): no sockets
 */
GstIceMediaSockets *
gst_ice_media_sockets_new (void)
{
  GstIceMediaSockets *self = g_new0 (GstIceMediaSockets, 1);

  self->sockets = make_array ();
  self->wake = -1;
  return self;
}

static void
close_wake (GstIceMediaSockets *self)
{
  if (self->wake >= 0)
    close (self->wake);
  self->wake = -1;
}

/**
 * gst_ice_media_sockets_free:
 * @self: (transfer full): sockets that no thread reads
 */
void
gst_ice_media_sockets_free (GstIceMediaSockets *self)
{
  close_wake (self);
  g_ptr_array_unref (self->sockets);
  g_free (self);
}

/**
 * gst_ice_media_sockets_get_n:
 * @self: sockets
 *
 * Under the owner's lock, as all down to gst_ice_media_sockets_list().
 *
 * Returns: how many there are
 */
guint
gst_ice_media_sockets_get_n (GstIceMediaSockets *self)
{
  return self->sockets->len;
}

static gint
open_wake (void)
{
#ifdef __linux__
  return eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
#else
  return -1;
#endif
}

/**
 * gst_ice_media_sockets_begin_wait:
 * @self: sockets, at least one
 *
 * Returns: a descriptor that can be read after gst_ice_media_sockets_wake();
 *   stays open until gst_ice_media_sockets_end_wait(). -1 where none was left
 */
gint
gst_ice_media_sockets_begin_wait (GstIceMediaSockets *self)
{
  g_atomic_int_set (&self->waits, TRUE);
  if (self->wake < 0)
    self->wake = open_wake ();
  return self->wake;
}

/**
 * gst_ice_media_sockets_end_wait:
 * @self: sockets
 *
 * The reader, with or without the owner's lock.
 */
void
gst_ice_media_sockets_end_wait (GstIceMediaSockets *self)
{
  g_atomic_int_set (&self->waits, FALSE);
}

/**
 * gst_ice_media_sockets_wake:
 * @self: sockets whose reader waits, with a descriptor
 */
void
gst_ice_media_sockets_wake (GstIceMediaSockets *self)
{
  const guint64 one = 1;

  if (write (self->wake, &one, sizeof (one)) < 0)
    g_warn_if_reached ();
}

/* An element in NULL keeps no descriptor. */
static void
drop_idle_wake (GstIceMediaSockets *self)
{
  if (self->sockets->len == 0 && !g_atomic_int_get (&self->waits))
    close_wake (self);
}

/**
 * gst_ice_media_sockets_forget_wake:
 * @self: sockets whose reader does not wait
 *
 * The next wait lasts until a socket can be read or another call of
 * gst_ice_media_sockets_wake().
 */
void
gst_ice_media_sockets_forget_wake (GstIceMediaSockets *self)
{
  guint64 count;

  if (self->wake >= 0 && read (self->wake, &count, sizeof (count)) < 0)
    g_assert (errno == EAGAIN); /* it was not woken */
  drop_idle_wake (self);
}

/**
 * gst_ice_media_sockets_add:
 * @self: sockets
 * @socket: (transfer none): a socket
 *
 * Returns: whether it is one of them; %FALSE when there are too many
 */
gboolean
gst_ice_media_sockets_add (
    GstIceMediaSockets *self, GstIceDatagramSocket *socket)
{
  if (g_ptr_array_find (self->sockets, socket, NULL))
    return TRUE;
  if (self->sockets->len >= GST_ICE_MEDIA_SOCKETS_MAX)
    return FALSE;
  g_ptr_array_add (self->sockets, gst_ice_datagram_socket_ref (socket));
  return TRUE;
}

static void
keep_counters (gpointer socket, gpointer sockets)
{
  GstIceMediaSockets *self = sockets;

  gst_ice_datagram_socket_add_counters (socket, &self->past);
}

/**
 * gst_ice_media_sockets_remove:
 * @self: sockets
 * @socket: a socket that the caller has a reference on
 *
 * Its counters remain; datagrams that wait in it are lost.
 *
 * Returns: whether it was one of them
 */
gboolean
gst_ice_media_sockets_remove (
    GstIceMediaSockets *self, GstIceDatagramSocket *socket)
{
  if (!g_ptr_array_find (self->sockets, socket, NULL))
    return FALSE;
  keep_counters (socket, self);
  g_ptr_array_remove (self->sockets, socket);
  drop_idle_wake (self);
  return TRUE;
}

/**
 * gst_ice_media_sockets_steal:
 * @self: sockets
 *
 * None is left; their counters remain.
 *
 * Returns: (transfer full) (element-type GstIceDatagramSocket): all of them, to
 *   be freed without the lock
 */
GPtrArray *
gst_ice_media_sockets_steal (GstIceMediaSockets *self)
{
  GPtrArray *sockets = self->sockets;

  g_ptr_array_foreach (sockets, keep_counters, self);
  self->sockets = make_array ();
  drop_idle_wake (self);
  return sockets;
}

/**
 * gst_ice_media_sockets_get_counters:
 * @self: sockets
 * @counters: (out caller-allocates): of all that are there and were there
 */
void
gst_ice_media_sockets_get_counters (
    GstIceMediaSockets *self, GstIceDatagramSocketCounters *counters)
{
  guint i;

  *counters = self->past;
  for (i = 0; i < self->sockets->len; i++)
    gst_ice_datagram_socket_add_counters (
        g_ptr_array_index (self->sockets, i), counters);
}

/**
 * gst_ice_media_sockets_list:
 * @self: sockets
 * @list: (out caller-allocates): all of them; another one is the first each
 *   time. gst_ice_media_socket_list_clear() it
 */
void
gst_ice_media_sockets_list (
    GstIceMediaSockets *self, GstIceMediaSocketList *list)
{
  guint i;

  list->n = self->sockets->len;
  list->first = self->next++;
  for (i = 0; i < list->n; i++)
    list->sockets[i] = gst_ice_datagram_socket_ref (
        g_ptr_array_index (self->sockets, i));
}

/**
 * gst_ice_media_socket_list_clear:
 * @list: a list
 *
 * Without a lock, as all below.
 */
void
gst_ice_media_socket_list_clear (GstIceMediaSocketList *list)
{
  guint i;

  for (i = 0; i < list->n; i++)
    gst_ice_datagram_socket_unref (list->sockets[i]);
  list->n = 0;
}

/* Returns: (transfer full) (nullable): its datagrams; NULL: none */
static GstBufferList *
read_socket (GstIceDatagramSocket *socket, gboolean with_sender,
    GstIceDatagramSocketReceived *received)
{
  GstBufferList *list = NULL;
  guint i;

  /* datagrams of unknown senders may be in front of others */
  for (i = 0; i < MAX_UNKNOWN && received->n == 0; i++) {
    g_clear_pointer (&list, gst_buffer_list_unref);
    list = gst_ice_datagram_socket_receive (socket, with_sender, received);
    if (list == NULL)
      return NULL;
  }
  if (received->n == 0)
    g_clear_pointer (&list, gst_buffer_list_unref);
  return list;
}

/**
 * gst_ice_media_socket_list_read:
 * @list: sockets
 * @with_sender: whether datagrams get a GstNetAddressMeta
 * @received: (inout): 0 at first; counts the returned datagrams
 *
 * Reads one socket after the other, until one has something.
 *
 * Returns: (transfer full) (nullable): datagrams; %NULL: none
 */
GstBufferList *
gst_ice_media_socket_list_read (const GstIceMediaSocketList *list,
    gboolean with_sender, GstIceDatagramSocketReceived *received)
{
  GstBufferList *datagrams = NULL;
  guint i;

  for (i = 0; i < list->n && datagrams == NULL; i++)
    datagrams = read_socket (
        list->sockets[(list->first + i) % list->n], with_sender, received);
  return datagrams;
}

static void
discard (GstIceDatagramSocket *socket)
{
  GstIceDatagramSocketReceived received;
  GstBufferList *datagrams;
  guint i;

  for (i = 0; i < MAX_DISCARDED
       && (datagrams =
                  gst_ice_datagram_socket_receive (socket, FALSE, &received))
           != NULL;
       i++)
    gst_buffer_list_unref (datagrams);
}

/**
 * gst_ice_media_socket_list_discard:
 * @list: sockets
 *
 * Drops all datagrams that wait in them.
 */
void
gst_ice_media_socket_list_discard (const GstIceMediaSocketList *list)
{
  guint i;

  for (i = 0; i < list->n; i++)
    discard (list->sockets[i]);
}

/**
 * gst_ice_media_socket_list_wait:
 * @list: sockets
 * @wake: -1, or a descriptor that ends the wait when it can be read
 * @timeout: microseconds at most; -1: no limit
 *
 * Returns: whether a socket can be read, or the wait was ended
 */
gboolean
gst_ice_media_socket_list_wait (
    const GstIceMediaSocketList *list, gint wake, gint64 timeout)
{
  GPollFD fds[GST_ICE_MEDIA_SOCKETS_MAX + 1];
  guint i;

  for (i = 0; i < list->n; i++) {
    fds[i].fd = g_socket_get_fd (
        gst_ice_datagram_socket_get_socket (list->sockets[i]));
    fds[i].events = G_IO_IN;
  }
  fds[i].fd = wake;
  fds[i].events = G_IO_IN;
  return g_poll (fds, list->n + 1,
             timeout >= 0 ? (gint) ((timeout + 999) / 1000) : -1)
      > 0;
}
