/* gst-ice: which STUN and TURN servers failed, and why.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "trace/niceservertable.h"

static IceServerFailureReason
get_reason (const NiceServers *self, guint index)
{
  const NiceServer *server = nice_server_table_get (self, index);

  if (server->detail != NULL && !server->refused)
    return ICE_SERVER_FAILURE_UNREACHABLE;
  if (!self->has_trace)
    return ICE_SERVER_FAILURE_UNKNOWN;
  if (!nice_server_table_is_stun (self, index)
      && index >= NICE_SERVERS_MAX_TURN)
    return ICE_SERVER_FAILURE_TOO_MANY;
  if (server->n_attempts == 0)
    return ICE_SERVER_FAILURE_NOT_ASKED;
  if (server->exceeds_retries)
    return ICE_SERVER_FAILURE_RETRY_LOOP;
  if (server->refused)
    return ICE_SERVER_FAILURE_REFUSED;
  if (server->unauthenticated_error)
    return ICE_SERVER_FAILURE_UNAUTHENTICATED_ERROR;
  if (server->challenged)
    return ICE_SERVER_FAILURE_NO_ANSWER_AFTER_CHALLENGE;
  return ICE_SERVER_FAILURE_NO_ANSWER;
}

/* Without a trace, only this is a failure for certain: there are TURN servers
 * and no relayed candidate. A server-reflexive candidate is missing also if
 * there is no NAT. */
static gboolean
has_failed (const NiceServers *self, guint index)
{
  if (!self->has_trace)
    return !nice_server_table_is_stun (self, index) && !self->has_relay;
  return !nice_server_table_get (self, index)->worked;
}

/* Whether libnice sends requests to this server from that base. */
static gboolean
is_used_for (const NiceServers *self, guint index, const NiceServerBase *base)
{
  const NiceServer *server = nice_server_table_get (self, index);

  if (ice_address_kind (base->address) != ice_address_kind (server->address))
    return FALSE;
  if (base->transport == NICE_TRACE_TRANSPORT_UDP)
    return !nice_server_table_is_stun (self, index)
        || !ice_address_is_link_local (base->address);
  return base->transport == NICE_TRACE_TRANSPORT_TCP_ACTIVE
      && nice_server_table_is_tcp (server);
}

/* The base of the attempt that was refused. NULL: not known, because an attempt
 * over TCP is missing if its connection failed at once. */
static const NiceServerBase *
find_base (const NiceServers *self, guint index)
{
  const NiceServer *server = nice_server_table_get (self, index);
  const NiceServerBase *found = NULL;
  guint n = 0, i;

  for (i = 0; i < self->bases->len; i++)
    if (is_used_for (self, index, nice_server_table_get_base (self, i))
        && n++ == server->refused_at)
      found = nice_server_table_get_base (self, i);
  return server->refused && n == server->n_attempts ? found : NULL;
}

/**
 * nice_servers_list_failures:
 * @self: the servers, after gathering has ended
 *
 * A server that gave a candidate for any base has not failed.
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
    const NiceServerBase *base = find_base (self, i);
    const gchar *from = base != NULL ? base->address : NULL;
    IceServerFailure failure = {
      .server = server->server,
      .reason = get_reason (self, i),
      .code = server->code,
      .address = server->refused && server->local != NULL ? server->local
                                                          : from,
      .port = base != NULL && !nice_server_table_is_tcp (server) ? base->port
                                                                 : 0,
      .detail = server->detail,
    };

    if (has_failed (self, i))
      g_array_append_val (list, failure);
  }
  return list;
}
