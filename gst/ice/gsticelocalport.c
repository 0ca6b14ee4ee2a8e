/* gst-ice: ports that are free.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gsticelocalport.h"
#include <string.h>

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

/* From a place that nobody can guess (RFC 6056) to the same place. 0: none */
static guint
find (gchar *const *addresses, gboolean tcp, const GstIcePortRange *range)
{
  guint n = range->max - range->min + 1;
  guint start = g_random_int_range (0, n), i;

  for (i = 0; i < n; i++) {
    guint port = range->min + (start + i) % n;

    if (is_free_on_all (addresses, port, tcp))
      return port;
  }
  return 0;
}

/* Those that have no free port go. */
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
 * @tcp: whether TCP sockets are to be opened too
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
