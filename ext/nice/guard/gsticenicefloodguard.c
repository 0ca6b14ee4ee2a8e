/* gst-ice: bounds the STUN messages that libnice reads.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "guard/gsticenicefloodguard.h"
#include "iothread/gsticealarm.h"
#include "model/iceratelimit.h"
#include "guard/gsticenicesocketset.h"
#include "guard/gsticenicetcpproxy.h"
#include "stun/iceturnretries.h"
#include <netinet/in.h>
#include <string.h>

GST_DEBUG_CATEGORY_STATIC (gst_ice_nice_flood_guard_debug);
#define GST_CAT_DEFAULT gst_ice_nice_flood_guard_debug

struct _GstIceNiceFloodGuard
{
  GstIceTransport *transport;   /* not referenced: it owns us */
  GstIceSharedContext *context; /* where libnice reads */
  GstIceAlarm *pause;           /* set while a flood is dropped */
  GstIceAlarm *next_interval;   /* set while the TURN peers' list is full */
  IceRateLimit flood_warnings, address_warnings;
  IceRateLimit refusal_warnings; /* under libnice's lock of the agent */

  GMutex lock; /* only those of the peers and of alarms are taken under it */
  GstIceNiceSocketSet set;
  guint iteration;  /* of the context */
  guint n_messages; /* in this iteration */
  IceTurnRetries refresh_retries;
};

static IceTurnPeer
turn_peer_from_nice (const NiceAddress *address)
{
  IceTurnPeer peer = { .n_words = nice_address_ip_version (address) == 4
        ? 1
        : ICE_TURN_PEER_MAX_WORDS };
  union
  {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
  } native;
  guint i;

  nice_address_copy_to_sockaddr (address, &native.any);
  memcpy (peer.words,
      peer.n_words == 1 ? (gconstpointer) &native.v4.sin_addr
                        : (gconstpointer) &native.v6.sin6_addr,
      peer.n_words * sizeof (guint32));
  for (i = 0; i < peer.n_words; i++)
    peer.words[i] = GUINT32_FROM_BE (peer.words[i]);
  peer.port = (guint16) nice_address_get_port (address);
  return peer;
}

/* Under the lock. While a flood is dropped, the stricter filters stay. */
static void
update_filters (GstIceNiceFloodGuard *self)
{
  if (!gst_ice_alarm_is_set (self->pause))
    gst_ice_nice_socket_set_apply (&self->set);
}

/* Under the lock. */
static void
renew_filters (GstIceNiceFloodGuard *self)
{
  if (gst_ice_alarm_is_set (self->pause))
    gst_ice_nice_socket_set_pass_only_selected (&self->set);
  else
    gst_ice_nice_socket_set_apply (&self->set);
}

static void
on_pause_over (gpointer data)
{
  GstIceNiceFloodGuard *self = data;
  g_autofree gchar *more = ice_rate_limit_pass (
      &self->flood_warnings, g_get_monotonic_time ());

  if (more != NULL)
    GST_WARNING_OBJECT (self->transport,
        "STUN messages arrive faster than they can be handled; most are "
        "dropped%s",
        more);
  g_mutex_lock (&self->lock);
  gst_ice_nice_socket_set_apply (&self->set);
  g_mutex_unlock (&self->lock);
}

static void
on_next_interval (gpointer data)
{
  GstIceNiceFloodGuard *self = data;

  g_mutex_lock (&self->lock);
  update_filters (self);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_nice_flood_guard_new:
 * @transport: (transfer none) (nullable): the transport, for the log
 * @io: the I/O thread's main context
 * @context: (transfer none): the context in which libnice reads
 *
 * I/O thread, as all functions below unless noted.
 *
 * Returns: (transfer full): a flood guard without sockets
 */
GstIceNiceFloodGuard *
gst_ice_nice_flood_guard_new (
    GstIceTransport *transport, GMainContext *io, GstIceSharedContext *context)
{
  GstIceNiceFloodGuard *self = g_new0 (GstIceNiceFloodGuard, 1);

  GST_DEBUG_CATEGORY_INIT (
      gst_ice_nice_flood_guard_debug, "icefloodguard", 0, "Floods of STUN");
  self->transport = transport;
  gst_ice_nice_socket_set_init (&self->set);
  self->context = gst_ice_shared_context_ref (context);
  self->pause = gst_ice_alarm_new (io, on_pause_over, self);
  self->next_interval = gst_ice_alarm_new (io, on_next_interval, self);
  g_mutex_init (&self->lock);
  return self;
}

/**
 * gst_ice_nice_flood_guard_free:
 * @self: (transfer full): a flood guard
 *
 * Its sockets, which are closed next, pass everything but new allocations.
 */
void
gst_ice_nice_flood_guard_free (GstIceNiceFloodGuard *self)
{
  gst_ice_nice_socket_set_prepare_close (&self->set);
  gst_ice_alarm_free (self->pause);
  gst_ice_alarm_free (self->next_interval);
  gst_ice_shared_context_unref (self->context);
  g_mutex_clear (&self->lock);
  gst_ice_nice_socket_set_clear (&self->set);
  g_free (self);
}

/**
 * gst_ice_nice_flood_guard_set_turn_peers:
 * @self: a flood guard without sockets
 * @peers: (transfer none): the rule for Data indications; remote addresses that
 *   the flood guard is given are added to it
 */
void
gst_ice_nice_flood_guard_set_turn_peers (
    GstIceNiceFloodGuard *self, IceTurnPeers *peers)
{
  self->set.peers = ice_turn_peers_ref (peers);
}

/* For a remote address for which libnice may create a permission. */
static void
add_turn_peer (GstIceNiceFloodGuard *self, const NiceAddress *address)
{
  IceTurnPeer peer = turn_peer_from_nice (address);

  if (self->set.peers == NULL || !ice_turn_peers_add (self->set.peers, &peer))
    return;
  g_mutex_lock (&self->lock);
  update_filters (self);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_nice_flood_guard_add_socket:
 * @self: a flood guard
 * @socket: a libnice socket; ignored unless it is a UDP socket
 */
void
gst_ice_nice_flood_guard_add_socket (
    GstIceNiceFloodGuard *self, GSocket *socket)
{
  if (g_socket_get_socket_type (socket) != G_SOCKET_TYPE_DATAGRAM)
    return;
  g_mutex_lock (&self->lock);
  gst_ice_nice_socket_set_add (&self->set, socket);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_nice_flood_guard_drain:
 * @self: a flood guard
 *
 * Takes what came to the sockets before they had filters. No other thread may
 * read them.
 */
void
gst_ice_nice_flood_guard_drain (GstIceNiceFloodGuard *self)
{
  g_mutex_lock (&self->lock);
  gst_ice_nice_socket_set_drain (&self->set);
  renew_filters (self);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_nice_flood_guard_add_tunnel:
 * @self: a flood guard
 * @here: where libnice connects to, to speak TURN over TCP
 */
void
gst_ice_nice_flood_guard_add_tunnel (
    GstIceNiceFloodGuard *self, const NiceAddress *here)
{
  g_mutex_lock (&self->lock);
  g_array_append_val (self->set.tunnels, *here);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_nice_flood_guard_set_stun_server:
 * @self: a flood guard without sockets
 * @server: a STUN server, whose Binding errors pass
 */
void
gst_ice_nice_flood_guard_set_stun_server (
    GstIceNiceFloodGuard *self, const NiceAddress *server)
{
  g_mutex_lock (&self->lock);
  g_clear_pointer (&self->set.stun_server, nice_address_free);
  self->set.stun_server = nice_address_dup (server);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_nice_flood_guard_set_selected:
 * @self: a flood guard
 * @remote: the remote address of the selected pair
 */
void
gst_ice_nice_flood_guard_set_selected (
    GstIceNiceFloodGuard *self, const NiceAddress *remote)
{
  g_mutex_lock (&self->lock);
  g_clear_pointer (&self->set.selected, nice_address_free);
  self->set.selected = nice_address_dup (remote);
  if (self->set.n_peer_reflexive >= GST_ICE_NICE_FLOOD_GUARD_PEER_REFLEXIVE)
    update_filters (self);
  g_mutex_unlock (&self->lock);
  add_turn_peer (self, remote);
}

/**
 * gst_ice_nice_flood_guard_add_candidate:
 * @self: a flood guard
 * @remote: the address of a candidate that the peer has signalled
 */
void
gst_ice_nice_flood_guard_add_candidate (
    GstIceNiceFloodGuard *self, const NiceAddress *remote)
{
  guint16 port = (guint16) nice_address_get_port (remote);

  g_mutex_lock (&self->lock);
  if (self->set.signalled->len < GST_ICE_NICE_SOCKET_FILTER_PORTS)
    g_array_append_val (self->set.signalled, port);
  if (self->set.n_peer_reflexive >= GST_ICE_NICE_FLOOD_GUARD_PEER_REFLEXIVE)
    update_filters (self);
  g_mutex_unlock (&self->lock);
  add_turn_peer (self, remote);
}

/* At most twice in a generation, but a peer can restart often. */
static void
warn_of_addresses (GstIceNiceFloodGuard *self)
{
  g_autofree gchar *more = ice_rate_limit_pass (
      &self->address_warnings, g_get_monotonic_time ());

  if (more != NULL)
    GST_WARNING_OBJECT (self->transport,
        "the peer's checks came from %u addresses: checks from further "
        "addresses are dropped%s",
        self->set.n_peer_reflexive, more);
}

/**
 * gst_ice_nice_flood_guard_add_peer_reflexive:
 * @self: a flood guard
 * @remote: the address of a peer-reflexive remote candidate that libnice has
 *   made
 */
void
gst_ice_nice_flood_guard_add_peer_reflexive (
    GstIceNiceFloodGuard *self, const NiceAddress *remote)
{
  add_turn_peer (self, remote);
  /* only the I/O thread writes it */
  self->set.n_peer_reflexive++;
  if (self->set.n_peer_reflexive % GST_ICE_NICE_FLOOD_GUARD_PEER_REFLEXIVE != 0
      || self->set.n_peer_reflexive
          > 2 * GST_ICE_NICE_FLOOD_GUARD_PEER_REFLEXIVE)
    return;
  warn_of_addresses (self);
  g_mutex_lock (&self->lock);
  update_filters (self);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_nice_flood_guard_restart:
 * @self: a flood guard
 *
 * To be called at an ICE restart in place: libnice forgets the remote
 * candidates.
 */
void
gst_ice_nice_flood_guard_restart (GstIceNiceFloodGuard *self)
{
  g_mutex_lock (&self->lock);
  gst_ice_nice_socket_set_restart (&self->set);
  update_filters (self);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_nice_flood_guard_hold:
 * @self: a flood guard
 * @hold: whether libnice may not read anything
 *
 * The thread that has the agent's lock. Drops everything that comes, and has
 * come, over UDP until it is called with %FALSE.
 */
void
gst_ice_nice_flood_guard_hold (GstIceNiceFloodGuard *self, gboolean hold)
{
  g_mutex_lock (&self->lock);
  if (self->set.is_held != hold) {
    self->set.is_held = hold;
    if (hold)
      gst_ice_nice_socket_set_drain (&self->set);
    renew_filters (self);
  }
  g_mutex_unlock (&self->lock);
}

/* Under the lock. */
static void
refuse (GstIceNiceFloodGuard *self, gint fd, const NiceAddress *remote)
{
  IceTurnPeer peer = turn_peer_from_nice (remote);

  if (!gst_ice_nice_socket_set_refuse (&self->set, fd, remote) && fd >= 0)
    gst_ice_nice_tcp_proxy_silence (fd);
  else if (fd < 0)
    gst_ice_nice_socket_set_refuse_relayed (&self->set, &peer);
  gst_ice_nice_socket_set_drain (&self->set);
  renew_filters (self);
}

/**
 * gst_ice_nice_flood_guard_refuse:
 * @self: a flood guard
 * @pair: a checked pair
 *
 * The thread that has the agent's lock. From this call on libnice reads nothing
 * from the remote address of @pair on its socket, also not what has come
 * already. If the pair is relayed, nothing that comes as ChannelData or over
 * TCP either.
 */
void
gst_ice_nice_flood_guard_refuse (
    GstIceNiceFloodGuard *self, const NiceDiscovery *pair)
{
  gint fd = pair->socket == NICE_DISCOVERIES_NO_SOCKET ? -1
                                                       : (gint) pair->socket;
  g_autofree gchar *more = NULL;
  NiceAddress remote;

  nice_address_init (&remote);
  if (!nice_address_set_from_string (&remote, pair->remote.address))
    return;
  nice_address_set_port (&remote, pair->remote.port);
  more = ice_rate_limit_pass (&self->refusal_warnings, g_get_monotonic_time ());
  if (more != NULL)
    GST_WARNING_OBJECT (self->transport,
        "the peer's messages from %s:%u are dropped from now on: after the "
        "last ones, libnice (0.1.21 to 0.1.23) would end the process%s",
        pair->remote.address, pair->remote.port, more);
  g_mutex_lock (&self->lock);
  refuse (self, fd, &remote);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_nice_flood_guard_drop_role_conflicts:
 * @self: a flood guard
 * @drop: whether error 487 is dropped
 *
 * libnice changes its role with each error 487 and repeats the request at once.
 */
void
gst_ice_nice_flood_guard_drop_role_conflicts (
    GstIceNiceFloodGuard *self, gboolean drop)
{
  g_mutex_lock (&self->lock);
  if (self->set.drops_role_conflicts != drop) {
    self->set.drops_role_conflicts = drop;
    update_filters (self);
  }
  g_mutex_unlock (&self->lock);
}

/* Under the lock. */
static void
note_check_of (GstIceNiceFloodGuard *self, const gchar *address, guint16 port)
{
  gint64 now = g_get_monotonic_time ();
  NiceAddress sender;
  IceTurnPeer peer;

  nice_address_init (&sender);
  if (self->set.peers == NULL
      || !nice_address_set_from_string (&sender, address))
    return;
  nice_address_set_port (&sender, port);
  peer = turn_peer_from_nice (&sender);
  if (!ice_turn_peers_saw_check (self->set.peers, &peer, now))
    return;
  gst_ice_alarm_set (
      self->next_interval, ice_turn_peers_get_next_open (self->set.peers, now));
  update_filters (self);
}

/**
 * gst_ice_nice_flood_guard_count_message:
 * @self: a flood guard
 * @address: the source address of the message
 * @port: its source port
 *
 * The thread that iterates the context. Reports that libnice handles one more
 * STUN message. Does not call libnice, whose lock is held.
 */
void
gst_ice_nice_flood_guard_count_message (
    GstIceNiceFloodGuard *self, const gchar *address, guint16 port)
{
  guint iteration = gst_ice_shared_context_get_iteration (self->context);

  g_mutex_lock (&self->lock);
  self->n_messages = iteration == self->iteration ? self->n_messages + 1 : 1;
  self->iteration = iteration;
  note_check_of (self, address, port);
  if (self->n_messages == GST_ICE_NICE_FLOOD_GUARD_LIMIT)
    gst_ice_nice_socket_set_drop_all (&self->set);
  if (self->n_messages == GST_ICE_NICE_FLOOD_GUARD_BUDGET) {
    gst_ice_nice_socket_set_pass_only_selected (&self->set);
    gst_ice_alarm_set (
        self->pause, g_get_monotonic_time () + GST_ICE_NICE_FLOOD_GUARD_PAUSE);
  }
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_nice_flood_guard_drop_server_errors:
 * @self: a flood guard
 * @address: the address of a TURN server over UDP
 * @port: its port
 *
 * Any thread. Drops this server's errors from now on: libnice repeats the
 * request for each of them (RFC 8489 sections 9.2.5, 10). If that affects more
 * servers than a filter has room for, errors to Allocate are dropped of all
 * servers.
 */
void
gst_ice_nice_flood_guard_drop_server_errors (
    GstIceNiceFloodGuard *self, const gchar *address, guint16 port)
{
  NiceAddress server;

  nice_address_init (&server);
  if (!nice_address_set_from_string (&server, address))
    return;
  nice_address_set_port (&server, port);
  g_mutex_lock (&self->lock);
  gst_ice_nice_socket_set_drop_server_errors (&self->set, &server);
  update_filters (self);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_nice_flood_guard_note_refresh_error:
 * @self: a flood guard
 * @address: the address of a TURN server over UDP
 * @port: its port
 * @now: microseconds, monotonic
 *
 * Any thread. Reports that libnice has received an error to a Refresh. After
 * most errors it gives up the allocation, but after 438 (Stale Nonce) it
 * repeats the request at once, and a server can answer so without end.
 */
void
gst_ice_nice_flood_guard_note_refresh_error (
    GstIceNiceFloodGuard *self, const gchar *address, guint16 port, gint64 now)
{
  gboolean may_retry;

  g_mutex_lock (&self->lock);
  may_retry = ice_turn_retries_add_other (&self->refresh_retries, now);
  g_mutex_unlock (&self->lock);
  if (!may_retry)
    gst_ice_nice_flood_guard_drop_server_errors (self, address, port);
}

/**
 * gst_ice_nice_flood_guard_drop_allocate_errors:
 * @self: a flood guard
 *
 * To be called when gathering is over, or if there is no TURN server: errors to
 * Allocate have no use then.
 */
void
gst_ice_nice_flood_guard_drop_allocate_errors (GstIceNiceFloodGuard *self)
{
  g_mutex_lock (&self->lock);
  if (!self->set.dropped.allocations) {
    self->set.dropped.allocations = TRUE;
    update_filters (self);
  }
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_nice_flood_guard_get_dropped:
 * @self: a flood guard
 *
 * Returns: how many datagrams did not reach libnice: those that the kernel
 *   dropped, by these filters or because the socket's buffer was full, and
 *   those of TURN servers over TCP and TLS that the rule of the TURN peers
 *   drops
 */
guint64
gst_ice_nice_flood_guard_get_dropped (GstIceNiceFloodGuard *self)
{
  guint64 n;
  guint i;

  g_mutex_lock (&self->lock);
  n = self->set.n_drained;
  if (self->set.peers != NULL)
    n += ice_turn_peers_get_dropped (self->set.peers);
  for (i = 0; i < self->set.sockets->len; i++)
    n += gst_ice_nice_socket_filter_count_drops (
        g_ptr_array_index (self->set.sockets, i));
  g_mutex_unlock (&self->lock);
  return n;
}

/**
 * gst_ice_nice_flood_guard_retire:
 * @self: a flood guard with a selected pair
 *
 * Drops all checks but those from the selected pair's remote address, from now
 * on. Browsers check all old candidates from their new ones, and if that works
 * they leave our new candidates for later: such a restart took 8 s.
 */
void
gst_ice_nice_flood_guard_retire (GstIceNiceFloodGuard *self)
{
  g_return_if_fail (self->set.selected != NULL);
  g_mutex_lock (&self->lock);
  self->set.is_retired = TRUE;
  gst_ice_nice_socket_set_apply (&self->set);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_nice_flood_guard_drop_all:
 * @self: a flood guard, to be freed next
 *
 * Drops everything from now on, before the sockets are closed: a flood could
 * delay that.
 */
void
gst_ice_nice_flood_guard_drop_all (GstIceNiceFloodGuard *self)
{
  g_mutex_lock (&self->lock);
  self->set.drops_all = TRUE;
  gst_ice_nice_socket_set_apply (&self->set);
  g_mutex_unlock (&self->lock);
}
