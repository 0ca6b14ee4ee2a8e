/* gst-ice: which STUN or TURN server gave a candidate.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * libnice has the TURN server of a relayed candidate, but not in the copies
 * that it hands out (0.1.21 to 0.1.23): nice_candidate_relay_address() crashes
 * with those. Their priority shows it: libnice gives each server a local
 * preference of its own, its position among those that it was given. */

#include "trace/niceservertable.h"
#include <string.h>

/* In a priority (RFC 8445 section 5.1.2.1) the local preference begins at
 * bit 8. In libnice's local preference, the server's begins at bit 6. */
#define SERVER_PREFERENCE_SHIFT (8 + 6)

G_STATIC_ASSERT ((NICE_SERVERS_MAX_TURN & (NICE_SERVERS_MAX_TURN - 1)) == 0);

/**
 * nice_servers_find_turn:
 * @self: the servers
 * @priority: that of a relayed candidate, as libnice made it
 *
 * Returns: (transfer none) (nullable): the TURN server that gave it; %NULL: not
 *   known
 */
const IceServer *
nice_servers_find_turn (const NiceServers *self, guint32 priority)
{
  guint position = priority >> SERVER_PREFERENCE_SHIFT
      & (NICE_SERVERS_MAX_TURN - 1);

  if (position >= self->given->len)
    return NULL;
  return nice_server_table_get (
      self, g_array_index (self->given, guint, position))
      ->server;
}

/**
 * nice_servers_find_stun:
 * @self: the servers
 * @address: numeric
 * @port: the port
 *
 * Returns: (transfer none) (nullable): the STUN server that libnice reaches
 *   there; %NULL: none
 */
const IceServer *
nice_servers_find_stun (
    const NiceServers *self, const gchar *address, guint16 port)
{
  guint i;

  for (i = self->n_turn; i < self->servers->len; i++) {
    const NiceServer *server = nice_server_table_get (self, i);

    if (server->port == port && strcmp (server->address, address) == 0)
      return server->server;
  }
  return NULL;
}
