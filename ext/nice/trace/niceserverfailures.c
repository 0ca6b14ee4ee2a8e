/* gst-ice: which STUN and TURN servers failed, and why.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "trace/niceservertable.h"

static IceServerFailureReason
why (const NiceServers *self, guint index)
{
  const NiceServer *server = nice_server_table_get (self, index);

  if (server->obstacle != NULL && !server->refused)
    return ICE_SERVER_FAILURE_OBSTACLE;
  if (!self->has_trace)
    return ICE_SERVER_FAILURE_UNKNOWN;
  if (!nice_server_table_is_stun (self, index)
      && index >= NICE_SERVERS_MAX_TURN)
    return ICE_SERVER_FAILURE_TOO_MANY;
  if (server->n_attempts == 0)
    return ICE_SERVER_FAILURE_NOT_ASKED;
  if (server->circles)
    return ICE_SERVER_FAILURE_CIRCLES;
  if (server->refused)
    return ICE_SERVER_FAILURE_REFUSED;
  if (server->unsigned_error)
    return ICE_SERVER_FAILURE_UNSIGNED;
  if (server->challenged)
    return ICE_SERVER_FAILURE_FELL_SILENT;
  return ICE_SERVER_FAILURE_NO_ANSWER;
}

/* Without a trace only TURN servers that all gave nothing prove something: a
 * server-reflexive candidate is missing where there is no NAT, too. */
static gboolean
has_failed (const NiceServers *self, guint index)
{
  if (!self->has_trace)
    return !nice_server_table_is_stun (self, index) && !self->has_relay;
  return !nice_server_table_get (self, index)->worked;
}

/* Whether libnice asks this server from there, where it can. */
static gboolean
is_asked_from (
    const NiceServers *self, guint index, const NiceServerOrigin *origin)
{
  const NiceServer *server = nice_server_table_get (self, index);

  if (ice_address_kind (origin->address) != ice_address_kind (server->address))
    return FALSE;
  if (origin->transport == NICE_TRACE_TRANSPORT_UDP)
    return !nice_server_table_is_stun (self, index)
        || !ice_address_is_link_local (origin->address);
  return origin->transport == NICE_TRACE_TRANSPORT_TCP_ACTIVE
      && nice_server_table_is_tcp (server);
}

/* Where the refused attempt came from; NULL: unknown, for an attempt over TCP
 * is missing where the connection failed at once. */
static const NiceServerOrigin *
find_origin (const NiceServers *self, guint index)
{
  const NiceServer *server = nice_server_table_get (self, index);
  const NiceServerOrigin *found = NULL;
  guint n = 0, i;

  for (i = 0; i < self->origins->len; i++)
    if (is_asked_from (self, index, nice_server_table_get_origin (self, i))
        && n++ == server->refused_at)
      found = nice_server_table_get_origin (self, i);
  return server->refused && n == server->n_attempts ? found : NULL;
}

/**
 * nice_servers_list_failures:
 * @self: the servers, gathering is over
 *
 * A server that gave something to one local address has not failed.
 *
 * Returns: (transfer full) (element-type IceServerFailure): those that failed;
 *   they point into @self
 */
GArray *
nice_servers_list_failures (const NiceServers *self)
{
  GArray *list = g_array_new (FALSE, FALSE, sizeof (IceServerFailure));
  guint i;

  for (i = 0; i < self->servers->len; i++) {
    const NiceServer *server = nice_server_table_get (self, i);
    const NiceServerOrigin *origin = find_origin (self, i);
    const gchar *from = origin != NULL ? origin->address : NULL;
    IceServerFailure failure = {
      .server = server->server,
      .reason = why (self, i),
      .code = server->code,
      .address = server->refused && server->local != NULL ? server->local
                                                          : from,
      .port = origin != NULL && !nice_server_table_is_tcp (server)
          ? origin->port
          : 0,
      .obstacle = server->obstacle,
    };

    if (has_failed (self, i))
      g_array_append_val (list, failure);
  }
  return list;
}
