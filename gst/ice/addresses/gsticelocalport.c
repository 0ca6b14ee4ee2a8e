/* gst-ice: ports that are free.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "addresses/gsticelocalport.h"
#include <string.h>
#ifdef G_OS_UNIX
#include <fcntl.h>
#include <unistd.h>
#endif

/* How long a thread that polls a socket may take to notice that the socket is
 * closed. */
#define MAX_WAIT (50 * G_TIME_SPAN_MILLISECOND)
#define STEP G_TIME_SPAN_MILLISECOND

static gboolean
can_bind (const gchar *address, guint port, GSocketType type)
{
  g_autoptr (GSocketAddress)
      where = g_inet_socket_address_new_from_string (address, port);
  g_autoptr (GSocket) socket = NULL;

  if (where == NULL)
    return FALSE;
  socket = g_socket_new (g_socket_address_get_family (where), type,
      G_SOCKET_PROTOCOL_DEFAULT, NULL);
  return socket != NULL && g_socket_bind (socket, where, FALSE, NULL);
}

static gboolean
is_free (const gchar *address, guint port, gboolean tcp)
{
  return can_bind (address, port, G_SOCKET_TYPE_DATAGRAM)
      && (!tcp || can_bind (address, port, G_SOCKET_TYPE_STREAM));
}

static gboolean
is_free_on_all (gchar *const *addresses, guint port, gboolean tcp)
{
  for (; *addresses != NULL; addresses++)
    if (!is_free (*addresses, port, tcp))
      return FALSE;
  return TRUE;
}

/* Goes round from a random port (RFC 6056). Returns: a free port; 0: none, also
 * where the range is empty */
static guint
find (gchar *const *addresses, gboolean tcp, const GstIcePortRange *range)
{
  guint n, start, i;

  if (range->min > range->max)
    return 0;
  n = range->max - range->min + 1;
  start = g_random_int_range (0, n);
  for (i = 0; i < n; i++) {
    guint port = range->min + (start + i) % n;

    if (is_free_on_all (addresses, port, tcp))
      return port;
  }
  return 0;
}

/* Removes the addresses that have no free port. */
static void
drop_full (GStrv addresses, gboolean tcp, const GstIcePortRange *range)
{
  gchar **from, **to = addresses;

  for (from = addresses; *from != NULL; from++) {
    gchar *alone[] = { *from, NULL };

    if (find (alone, tcp, range) != 0)
      *to++ = *from;
    else
      g_free (*from);
  }
  *to = NULL;
}

/**
 * gst_ice_local_ports_narrow:
 * @addresses: (inout): of this machine; those without a free port are taken out
 * @tcp: whether TCP sockets will be opened too
 * @range: (inout): becomes one port that is free on each of them, where there
 *   is one
 *
 * Any thread; asks the kernel, some microseconds for each port.
 *
 * Returns: whether there is a free port
 */
gboolean
gst_ice_local_ports_narrow (
    GStrv addresses, gboolean tcp, GstIcePortRange *range)
{
  guint port = find (addresses, tcp, range);

  if (port != 0) {
    range->min = range->max = port;
    return TRUE;
  }
  drop_full (addresses, tcp, range);
  if (*addresses == NULL)
    return FALSE;
  port = find (addresses, tcp, range);
  if (port != 0)
    range->min = range->max = port;
  return TRUE;
}

#ifdef G_OS_UNIX

/* The descriptor stays valid for its users: it becomes that of a socket of the
 * same kind which is not bound. */
static void
vacate (GSocket *socket)
{
  g_autoptr (GSocket) other = g_socket_new (g_socket_get_family (socket),
      g_socket_get_socket_type (socket), G_SOCKET_PROTOCOL_DEFAULT, NULL);

  if (other == NULL)
    return;
  g_socket_set_blocking (other, FALSE);
  dup2 (g_socket_get_fd (other), g_socket_get_fd (socket));
  fcntl (g_socket_get_fd (socket), F_SETFD, FD_CLOEXEC);
}

static gboolean
is_vacant (GSocketAddress *address, GSocketType type)
{
  g_autoptr (GSocket)
      socket = g_socket_new (g_socket_address_get_family (address), type,
          G_SOCKET_PROTOCOL_DEFAULT, NULL);

  return socket == NULL || g_socket_bind (socket, address, FALSE, NULL);
}

static void
clear_address (gpointer address)
{
  g_clear_object (&address);
}

/**
 * gst_ice_local_ports_vacate:
 * @sockets: (element-type GSocket): sockets that are not used any more, though
 *   other threads may still hold them
 *
 * Any thread. Their ports are free when this returns, unless others hold them
 * too; it waits for at most 50 ms, as a rule not at all: the kernel keeps a
 * socket while a thread polls it.
 */
void
gst_ice_local_ports_vacate (GPtrArray *sockets)
{
  g_autoptr (GPtrArray)
      addresses = g_ptr_array_new_with_free_func (clear_address);
  gint64 end = g_get_monotonic_time () + MAX_WAIT;
  guint i;

  for (i = 0; i < sockets->len; i++)
    g_ptr_array_add (addresses,
        g_socket_get_local_address (g_ptr_array_index (sockets, i), NULL));
  for (i = 0; i < sockets->len; i++)
    vacate (g_ptr_array_index (sockets, i));
  for (i = 0; i < sockets->len; i++) {
    GSocket *socket = g_ptr_array_index (sockets, i);
    GSocketAddress *address = g_ptr_array_index (addresses, i);

    while (address != NULL
        && !is_vacant (address, g_socket_get_socket_type (socket))
        && g_get_monotonic_time () < end)
      g_usleep (STEP);
  }
}

#else

void
gst_ice_local_ports_vacate (GPtrArray *sockets)
{
}

#endif
