/* gst-ice: the table of STUN and TURN servers.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "trace/niceservertable.h"

NiceServer *
nice_server_table_get (const NiceServers *self, guint index)
{
  return &g_array_index (self->servers, NiceServer, index);
}

NiceServerBase *
nice_server_table_get_base (const NiceServers *self, guint index)
{
  return &g_array_index (self->bases, NiceServerBase, index);
}

NiceServerAttempt *
nice_server_table_get_attempt (const NiceServers *self, guint index)
{
  return &g_array_index (self->attempts, NiceServerAttempt, index);
}

gboolean
nice_server_table_is_stun (const NiceServers *self, guint server)
{
  return server >= self->n_turn;
}

gboolean
nice_server_table_is_tcp (const NiceServer *server)
{
  return server->server->transport != ICE_SERVER_TRANSPORT_UDP;
}

static void
clear_server (gpointer data)
{
  NiceServer *server = data;

  ice_server_free (server->server);
  g_free (server->address);
  g_free (server->local);
  g_free (server->detail);
}

static void
add_server (NiceServers *self, const IceServer *server)
{
  NiceServer added = {
    .server = ice_server_copy (server),
    .address = g_strdup (server->address),
    .port = server->port,
  };

  g_array_append_val (self->servers, added);
}

/**
 * nice_servers_new:
 * @stun: (nullable): the STUN server that libnice uses, with its address
 * @turn: (element-type IceServer): the TURN servers, with their addresses
 * @ice_tcp: whether the transport has TCP sockets besides those to servers
 *
 * To be called before the stream is added.
 *
 * Returns: (transfer full): the servers
 */
NiceServers *
nice_servers_new (
    const IceServer *stun, const GPtrArray *turn, gboolean ice_tcp)
{
  NiceServers *self = g_new0 (NiceServers, 1);
  guint i;

  self->servers = g_array_new (FALSE, FALSE, sizeof (NiceServer));
  g_array_set_clear_func (self->servers, clear_server);
  self->bases = g_array_new (FALSE, FALSE, sizeof (NiceServerBase));
  self->attempts = g_array_new (FALSE, FALSE, sizeof (NiceServerAttempt));
  self->given = g_array_new (FALSE, FALSE, sizeof (guint));
  self->ice_tcp = ice_tcp;
  for (i = 0; i < turn->len; i++)
    add_server (self, g_ptr_array_index (turn, i));
  self->n_turn = turn->len;
  self->awaits_turn = self->n_turn > 0;
  self->awaits_stun = stun != NULL;
  if (stun != NULL)
    add_server (self, stun);
  return self;
}

/**
 * nice_servers_free:
 * @self: (transfer full): the servers
 */
void
nice_servers_free (NiceServers *self)
{
  g_array_unref (self->servers);
  g_array_unref (self->bases);
  g_array_unref (self->attempts);
  g_array_unref (self->given);
  g_free (self);
}

guint
nice_server_table_count_open (const NiceServers *self)
{
  guint n = 0, i;

  for (i = 0; i < self->attempts->len; i++)
    n += nice_server_table_get_attempt (self, i)->open;
  return n;
}

gboolean
nice_server_table_needs_other_port (const NiceServers *self)
{
  guint i;

  for (i = 0; i < self->n_turn; i++)
    if (nice_server_table_get (self, i)->needs_other_port)
      return TRUE;
  return FALSE;
}
