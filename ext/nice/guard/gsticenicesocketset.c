/* gst-ice: the UDP sockets of one NiceAgent and what their filters pass.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "guard/gsticenicesocketset.h"
#include "guard/gsticenicetcpproxy.h"

/**
 * gst_ice_nice_socket_set_init:
 * @self: (out caller-allocates): a set without sockets
 */
void
gst_ice_nice_socket_set_init (GstIceNiceSocketSet *self)
{
  *self = (GstIceNiceSocketSet){
    .sockets = g_ptr_array_new_with_free_func (g_object_unref),
    .signalled = g_array_new (FALSE, FALSE, sizeof (guint16)),
    .tunnels = g_array_new (FALSE, FALSE, sizeof (NiceAddress)),
  };
}

/**
 * gst_ice_nice_socket_set_clear:
 * @self: what gst_ice_nice_socket_set_init() made
 */
void
gst_ice_nice_socket_set_clear (GstIceNiceSocketSet *self)
{
  g_ptr_array_unref (self->sockets);
  g_array_unref (self->signalled);
  g_array_unref (self->tunnels);
  g_clear_pointer (&self->stun_server, nice_address_free);
  g_clear_pointer (&self->selected, nice_address_free);
  g_clear_pointer (&self->peers, ice_turn_peers_unref);
}

static void
set_filter_of (GstIceNiceSocketSet *self, GSocket *socket)
{
  gboolean only_selected = self->n_peer_reflexive
      >= 2 * GST_ICE_NICE_FLOOD_GUARD_PEER_REFLEXIVE;

  if (self->drops_all || self->is_held)
    gst_ice_nice_socket_filter_drop_all (socket);
  else if (self->is_retired)
    gst_ice_nice_socket_filter_limit_checks (socket, self->peers,
        &self->dropped, NULL, self->drops_role_conflicts, self->selected, NULL,
        0);
  else if (self->n_peer_reflexive < GST_ICE_NICE_FLOOD_GUARD_PEER_REFLEXIVE)
    gst_ice_nice_socket_filter_apply (socket, self->peers, &self->dropped,
        self->stun_server, self->drops_role_conflicts);
  else
    gst_ice_nice_socket_filter_limit_checks (socket, self->peers,
        &self->dropped, self->stun_server, self->drops_role_conflicts,
        self->selected, (const guint16 *) self->signalled->data,
        only_selected ? 0 : self->signalled->len);
}

/**
 * gst_ice_nice_socket_set_add:
 * @self: a set
 * @socket: a libnice UDP socket
 *
 * Its filter is applied at once.
 */
void
gst_ice_nice_socket_set_add (GstIceNiceSocketSet *self, GSocket *socket)
{
  g_ptr_array_add (self->sockets, g_object_ref (socket));
  set_filter_of (self, socket);
}

/**
 * gst_ice_nice_socket_set_apply:
 * @self: a set
 *
 * Applies the filters that its members require.
 */
void
gst_ice_nice_socket_set_apply (GstIceNiceSocketSet *self)
{
  guint i;

  for (i = 0; i < self->sockets->len; i++)
    set_filter_of (self, g_ptr_array_index (self->sockets, i));
}

/**
 * gst_ice_nice_socket_set_pass_only_selected:
 * @self: a set
 *
 * Drops all that does not come from the selected pair's remote address, until
 * other filters are applied.
 */
void
gst_ice_nice_socket_set_pass_only_selected (GstIceNiceSocketSet *self)
{
  guint i;

  for (i = 0; i < self->sockets->len; i++)
    if (self->selected != NULL && !self->drops_all && !self->is_held)
      gst_ice_nice_socket_filter_pass_only (
          g_ptr_array_index (self->sockets, i), self->peers, &self->dropped,
          self->selected);
    else
      gst_ice_nice_socket_filter_drop_all (
          g_ptr_array_index (self->sockets, i));
}

/**
 * gst_ice_nice_socket_set_drop_all:
 * @self: a set
 *
 * Drops everything, until other filters are applied.
 */
void
gst_ice_nice_socket_set_drop_all (GstIceNiceSocketSet *self)
{
  guint i;

  for (i = 0; i < self->sockets->len; i++)
    gst_ice_nice_socket_filter_drop_all (g_ptr_array_index (self->sockets, i));
}

/**
 * gst_ice_nice_socket_set_prepare_close:
 * @self: a set, whose sockets are closed next
 *
 * Passes what gst_ice_nice_socket_filter_prepare_close() does.
 */
void
gst_ice_nice_socket_set_prepare_close (GstIceNiceSocketSet *self)
{
  guint i;

  if (self->drops_all || self->is_held)
    return; /* it still drops everything */
  for (i = 0; i < self->sockets->len; i++)
    gst_ice_nice_socket_filter_prepare_close (
        g_ptr_array_index (self->sockets, i), &self->dropped);
}

static gboolean
drops_errors_of (const GstIceNiceSocketSet *self, const NiceAddress *server)
{
  guint i;

  for (i = 0; i < self->dropped.n_servers; i++)
    if (nice_address_equal (&self->dropped.servers[i], server))
      return TRUE;
  return FALSE;
}

/**
 * gst_ice_nice_socket_set_drop_server_errors:
 * @self: a set, whose filters are applied next
 * @server: a TURN server
 *
 * Drops the errors of @server. If there is no room for it, drops errors to
 * Allocate of all servers.
 */
void
gst_ice_nice_socket_set_drop_server_errors (
    GstIceNiceSocketSet *self, const NiceAddress *server)
{
  if (drops_errors_of (self, server))
    return; /* another socket has sent requests to it, too */
  if (self->dropped.n_servers < GST_ICE_NICE_SOCKET_FILTER_SERVERS)
    self->dropped.servers[self->dropped.n_servers++] = *server;
  else
    self->dropped.allocations = TRUE;
}

static gboolean
has_socket (GstIceNiceSocketSet *self, gint fd)
{
  guint i;

  for (i = 0; i < self->sockets->len; i++)
    if (g_socket_get_fd (g_ptr_array_index (self->sockets, i)) == fd)
      return TRUE;
  return FALSE;
}

/**
 * gst_ice_nice_socket_set_refuse:
 * @self: a set, which is drained next
 * @fd: a descriptor
 * @remote: a remote address
 *
 * Drops everything that comes from @remote to the socket with that descriptor.
 * If there is no room for it, drops everything.
 *
 * Returns: FALSE if no such socket is in the set
 */
gboolean
gst_ice_nice_socket_set_refuse (
    GstIceNiceSocketSet *self, gint fd, const NiceAddress *remote)
{
  GstIceNiceDropped *dropped = &self->dropped;

  if (!has_socket (self, fd))
    return FALSE;
  if (dropped->n_refused == G_N_ELEMENTS (dropped->refused)) {
    self->drops_all = TRUE;
    return TRUE;
  }
  dropped->refused[dropped->n_refused].fd = fd;
  dropped->refused[dropped->n_refused++].remote = *remote;
  return TRUE;
}

/**
 * gst_ice_nice_socket_set_refuse_relayed:
 * @self: a set, which is drained next
 * @peer: an address of the peer
 *
 * Drops everything that TURN servers relay from @peer. Over TCP nothing is read
 * from them any more: what libnice has in its socket cannot be sorted out.
 */
void
gst_ice_nice_socket_set_refuse_relayed (
    GstIceNiceSocketSet *self, const IceTurnPeer *peer)
{
  guint i;

  if (self->peers != NULL)
    ice_turn_peers_refuse (self->peers, peer);
  for (i = 0; i < self->tunnels->len; i++)
    gst_ice_nice_silence_connections (
        &g_array_index (self->tunnels, NiceAddress, i));
}

/**
 * gst_ice_nice_socket_set_drain:
 * @self: a set, whose filters are applied next
 *
 * Takes what has come to the sockets already: a filter has no effect on that.
 */
void
gst_ice_nice_socket_set_drain (GstIceNiceSocketSet *self)
{
  guint i;

  for (i = 0; i < self->sockets->len; i++)
    self->n_drained += gst_ice_nice_socket_filter_drain (
        g_ptr_array_index (self->sockets, i));
}

/**
 * gst_ice_nice_socket_set_restart:
 * @self: a set, whose filters are applied next
 *
 * Forgets all that depends on remote candidates: libnice forgets them.
 */
void
gst_ice_nice_socket_set_restart (GstIceNiceSocketSet *self)
{
  self->n_peer_reflexive = 0;
  g_array_set_size (self->signalled, 0);
  self->dropped.n_refused = 0;
  self->drops_all = FALSE;
  if (self->peers != NULL)
    ice_turn_peers_restart (self->peers);
}
