/* gst-ice: what libnice has to handle at once, bounded.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "guard/gsticenicefloodguard.h"
#include "iothread/gsticealarm.h"
#include "model/iceratelimit.h"
#include "guard/gsticenicesocketfilter.h"
#include "stun/iceturnretries.h"
#include <netinet/in.h>
#include <string.h>

GST_DEBUG_CATEGORY_STATIC (gst_ice_nice_flood_guard_debug);
#define GST_CAT_DEFAULT gst_ice_nice_flood_guard_debug

struct _GstIceNiceFloodGuard
{
  GstIceTransport *transport;   /* not referenced: it owns us */
  GstIceSharedContext *context; /* where libnice reads */
  GstIceAlarm *pause;           /* the end of an interruption */
  GstIceAlarm *reopen;          /* when the peers' list is not full any more */
  gboolean is_shut;
  IceRateLimit floods;    /* warnings of those that were interrupted */
  IceRateLimit addresses; /* ... of too many of the peer's */

  GMutex lock;         /* a leaf */
  GPtrArray *sockets;  /* of GSocket */
  NiceAddress *server; /* nullable */
  NiceAddress *peer;   /* nullable */
  guint turn;          /* of the context */
  guint handled;       /* in this turn */
  gboolean is_retired;
  gboolean drops_role_conflicts;
  guint learned;       /* addresses of the peer's */
  GArray *ports;       /* of guint16: what it has told */
  IceTurnPeers *peers; /* NULL: there is no TURN server */
  GstIceNiceRefusedErrors refused;
  IceTurnRetries retries; /* errors to Refresh */
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

/* All of these under the lock. */

static void
guard_socket (GstIceNiceFloodGuard *self, GSocket *socket)
{
  gboolean is_full = self->learned >= 2 * GST_ICE_NICE_FLOOD_GUARD_LEARNED;

  if (self->is_retired)
    gst_ice_nice_socket_filter_restrict (socket, self->peers, &self->refused,
        NULL, self->drops_role_conflicts, self->peer, NULL, 0);
  else if (self->learned < GST_ICE_NICE_FLOOD_GUARD_LEARNED)
    gst_ice_nice_socket_filter_guard (socket, self->peers, &self->refused,
        self->server, self->drops_role_conflicts);
  else
    gst_ice_nice_socket_filter_restrict (socket, self->peers, &self->refused,
        self->server, self->drops_role_conflicts, self->peer,
        (const guint16 *) self->ports->data, is_full ? 0 : self->ports->len);
}

static void
guard (GstIceNiceFloodGuard *self)
{
  guint i;

  for (i = 0; i < self->sockets->len; i++)
    guard_socket (self, g_ptr_array_index (self->sockets, i));
}

/* What holds meanwhile is the stricter one. */
static gboolean
is_interrupted (const GstIceNiceFloodGuard *self)
{
  return self->is_shut || gst_ice_alarm_is_set (self->pause);
}

static void
spare_peer (GstIceNiceFloodGuard *self)
{
  guint i;

  for (i = 0; i < self->sockets->len; i++)
    if (self->peer != NULL)
      gst_ice_nice_socket_filter_spare (
          g_ptr_array_index (self->sockets, i), self->peers, self->peer);
    else
      gst_ice_nice_socket_filter_shut (g_ptr_array_index (self->sockets, i));
}

static void
shut (GstIceNiceFloodGuard *self)
{
  guint i;

  for (i = 0; i < self->sockets->len; i++)
    gst_ice_nice_socket_filter_shut (g_ptr_array_index (self->sockets, i));
}

static void
finish (GstIceNiceFloodGuard *self)
{
  guint i;

  for (i = 0; i < self->sockets->len; i++)
    gst_ice_nice_socket_filter_finish (g_ptr_array_index (self->sockets, i));
}

static void
on_pause_over (gpointer data)
{
  GstIceNiceFloodGuard *self = data;
  g_autofree gchar *more = NULL;
  guint withheld;

  if (ice_rate_limit_pass (&self->floods, g_get_monotonic_time (), &withheld)) {
    more = ice_rate_limit_describe (withheld);
    GST_WARNING_OBJECT (self->transport,
        "more STUN messages come than can be handled; most are dropped%s",
        more);
  }
  g_mutex_lock (&self->lock);
  guard (self);
  g_mutex_unlock (&self->lock);
}

static void
on_reopen (gpointer data)
{
  GstIceNiceFloodGuard *self = data;

  g_mutex_lock (&self->lock);
  if (!is_interrupted (self))
    guard (self);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_nice_flood_guard_new:
 * @transport: (transfer none) (nullable): whose sockets, for the log
 * @io: of the I/O thread
 * @context: (transfer none): where libnice reads
 *
 * The I/O thread, as all that follows.
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
  self->sockets = g_ptr_array_new_with_free_func (g_object_unref);
  self->ports = g_array_new (FALSE, FALSE, sizeof (guint16));
  self->context = gst_ice_shared_context_ref (context);
  self->pause = gst_ice_alarm_new (io, on_pause_over, self);
  self->reopen = gst_ice_alarm_new (io, on_reopen, self);
  g_mutex_init (&self->lock);
  return self;
}

/**
 * gst_ice_nice_flood_guard_free:
 * @self: (transfer full): a flood guard
 *
 * Its sockets, which are closed next, get everything again but allocations.
 */
void
gst_ice_nice_flood_guard_free (GstIceNiceFloodGuard *self)
{
  if (!self->is_shut)
    finish (self);
  gst_ice_alarm_free (self->pause);
  gst_ice_alarm_free (self->reopen);
  gst_ice_shared_context_unref (self->context);
  g_mutex_clear (&self->lock);
  g_ptr_array_unref (self->sockets);
  g_array_unref (self->ports);
  g_clear_pointer (&self->server, nice_address_free);
  g_clear_pointer (&self->peer, nice_address_free);
  g_clear_pointer (&self->peers, ice_turn_peers_unref);
  g_free (self);
}

/**
 * gst_ice_nice_flood_guard_set_peers:
 * @self: a flood guard without sockets
 * @peers: (transfer none): the rule for Data indications; the addresses that
 *   this is told of are added
 */
void
gst_ice_nice_flood_guard_set_peers (
    GstIceNiceFloodGuard *self, IceTurnPeers *peers)
{
  self->peers = ice_turn_peers_ref (peers);
}

/**
 * gst_ice_nice_flood_guard_add_peer:
 * @self: a flood guard
 * @address: one of the peer's, for which libnice may ask for a permission
 */
void
gst_ice_nice_flood_guard_add_peer (
    GstIceNiceFloodGuard *self, const NiceAddress *address)
{
  IceTurnPeer peer = turn_peer_from_nice (address);

  if (self->peers == NULL || !ice_turn_peers_add (self->peers, &peer))
    return;
  g_mutex_lock (&self->lock);
  if (!is_interrupted (self))
    guard (self);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_nice_flood_guard_add_socket:
 * @self: a flood guard
 * @socket: one of libnice's; only UDP is guarded
 */
void
gst_ice_nice_flood_guard_add_socket (
    GstIceNiceFloodGuard *self, GSocket *socket)
{
  if (g_socket_get_socket_type (socket) != G_SOCKET_TYPE_DATAGRAM)
    return;
  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->sockets, g_object_ref (socket));
  guard_socket (self, socket);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_nice_flood_guard_set_server:
 * @self: a flood guard
 * @server: a STUN server, whose errors are believed
 *
 * Before its sockets are added.
 */
void
gst_ice_nice_flood_guard_set_server (
    GstIceNiceFloodGuard *self, const NiceAddress *server)
{
  g_mutex_lock (&self->lock);
  g_clear_pointer (&self->server, nice_address_free);
  self->server = nice_address_dup (server);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_nice_flood_guard_set_peer:
 * @self: a flood guard
 * @peer: the remote address of the pair that was selected
 */
void
gst_ice_nice_flood_guard_set_peer (
    GstIceNiceFloodGuard *self, const NiceAddress *peer)
{
  g_mutex_lock (&self->lock);
  g_clear_pointer (&self->peer, nice_address_free);
  self->peer = nice_address_dup (peer);
  if (self->learned >= GST_ICE_NICE_FLOOD_GUARD_LEARNED
      && !is_interrupted (self))
    guard (self);
  g_mutex_unlock (&self->lock);
  gst_ice_nice_flood_guard_add_peer (self, peer);
}

/**
 * gst_ice_nice_flood_guard_add_remote:
 * @self: a flood guard
 * @remote: the address of a candidate that the peer has told
 */
void
gst_ice_nice_flood_guard_add_remote (
    GstIceNiceFloodGuard *self, const NiceAddress *remote)
{
  guint16 port = (guint16) nice_address_get_port (remote);

  g_mutex_lock (&self->lock);
  if (self->ports->len < GST_ICE_NICE_SOCKET_FILTER_PORTS)
    g_array_append_val (self->ports, port);
  if (self->learned >= GST_ICE_NICE_FLOOD_GUARD_LEARNED
      && !is_interrupted (self))
    guard (self);
  g_mutex_unlock (&self->lock);
  gst_ice_nice_flood_guard_add_peer (self, remote);
}

/* Twice in a generation; a peer can restart often. */
static void
warn_of_addresses (GstIceNiceFloodGuard *self)
{
  g_autofree gchar *more = NULL;
  guint withheld;

  if (!ice_rate_limit_pass (
          &self->addresses, g_get_monotonic_time (), &withheld))
    return;
  more = ice_rate_limit_describe (withheld);
  GST_WARNING_OBJECT (self->transport,
      "the peer's checks came from %u addresses: no more are taken%s",
      self->learned, more);
}

/**
 * gst_ice_nice_flood_guard_learned:
 * @self: a flood guard
 * @remote: the address
 *
 * libnice has learned one more address of the peer's.
 */
void
gst_ice_nice_flood_guard_learned (
    GstIceNiceFloodGuard *self, const NiceAddress *remote)
{
  gst_ice_nice_flood_guard_add_peer (self, remote);
  /* only the I/O thread writes it */
  self->learned++;
  if (self->learned % GST_ICE_NICE_FLOOD_GUARD_LEARNED != 0
      || self->learned > 2 * GST_ICE_NICE_FLOOD_GUARD_LEARNED)
    return;
  warn_of_addresses (self);
  g_mutex_lock (&self->lock);
  if (!is_interrupted (self))
    guard (self);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_nice_flood_guard_restart:
 * @self: a flood guard
 *
 * libnice forgets the peer's addresses.
 */
void
gst_ice_nice_flood_guard_restart (GstIceNiceFloodGuard *self)
{
  g_mutex_lock (&self->lock);
  self->learned = 0;
  g_array_set_size (self->ports, 0);
  if (!is_interrupted (self))
    guard (self);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_nice_flood_guard_drop_role_conflicts:
 * @self: a flood guard
 * @drop: whether libnice is to get no error 487
 *
 * libnice follows every one and asks again at once.
 */
void
gst_ice_nice_flood_guard_drop_role_conflicts (
    GstIceNiceFloodGuard *self, gboolean drop)
{
  g_mutex_lock (&self->lock);
  if (self->drops_role_conflicts != drop) {
    self->drops_role_conflicts = drop;
    if (!is_interrupted (self))
      guard (self);
  }
  g_mutex_unlock (&self->lock);
}

/* Under the lock. */
static void
note_sender (GstIceNiceFloodGuard *self, const gchar *address, guint16 port)
{
  gint64 now = g_get_monotonic_time ();
  NiceAddress sender;
  IceTurnPeer peer;

  nice_address_init (&sender);
  if (self->peers == NULL || !nice_address_set_from_string (&sender, address))
    return;
  nice_address_set_port (&sender, port);
  peer = turn_peer_from_nice (&sender);
  if (!ice_turn_peers_saw_check (self->peers, &peer, now))
    return;
  gst_ice_alarm_set (
      self->reopen, ice_turn_peers_get_next_open (self->peers, now));
  if (!is_interrupted (self))
    guard (self);
}

/**
 * gst_ice_nice_flood_guard_count:
 * @self: a flood guard
 * @address: of the message's sender
 * @port: of the message's sender
 *
 * Whoever iterates the context: libnice handles one more STUN message. Calls
 * nothing of libnice's: its lock is held.
 */
void
gst_ice_nice_flood_guard_count (
    GstIceNiceFloodGuard *self, const gchar *address, guint16 port)
{
  guint turn = gst_ice_shared_context_get_turn (self->context);

  g_mutex_lock (&self->lock);
  self->handled = turn == self->turn ? self->handled + 1 : 1;
  self->turn = turn;
  note_sender (self, address, port);
  if (self->handled == GST_ICE_NICE_FLOOD_GUARD_LIMIT)
    shut (self);
  if (self->handled == GST_ICE_NICE_FLOOD_GUARD_BUDGET) {
    spare_peer (self);
    gst_ice_alarm_set (
        self->pause, g_get_monotonic_time () + GST_ICE_NICE_FLOOD_GUARD_PAUSE);
  }
  g_mutex_unlock (&self->lock);
}

/* Under the lock. */
static gboolean
is_refused (const GstIceNiceFloodGuard *self, const NiceAddress *server)
{
  guint i;

  for (i = 0; i < self->refused.n_servers; i++)
    if (nice_address_equal (&self->refused.servers[i], server))
      return TRUE;
  return FALSE;
}

/**
 * gst_ice_nice_flood_guard_refuse_server:
 * @self: a flood guard
 * @address: of a TURN server over UDP
 * @port: of the server
 *
 * Any thread. From now on libnice gets no errors of this server, which it would
 * ask once more for each (RFC 8489 sections 9.2.5, 10). Where there are too
 * many of these, no server's errors to Allocate either.
 */
void
gst_ice_nice_flood_guard_refuse_server (
    GstIceNiceFloodGuard *self, const gchar *address, guint16 port)
{
  NiceAddress server;

  nice_address_init (&server);
  if (!nice_address_set_from_string (&server, address))
    return;
  nice_address_set_port (&server, port);
  g_mutex_lock (&self->lock);
  if (is_refused (self, &server))
    ; /* another socket of ours has asked it, too */
  else if (self->refused.n_servers < GST_ICE_NICE_SOCKET_FILTER_SERVERS)
    self->refused.servers[self->refused.n_servers++] = server;
  else
    self->refused.allocations = TRUE;
  if (!is_interrupted (self))
    guard (self);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_nice_flood_guard_refresh_refused:
 * @self: a flood guard
 * @address: of the TURN server over UDP
 * @port: of the server
 * @now: microseconds, monotonic
 *
 * Any thread. libnice has an error to a Refresh of its own. Most make it give
 * the allocation up; it repeats the request at once where the nonce is stale,
 * which a server can say without end.
 */
void
gst_ice_nice_flood_guard_refresh_refused (
    GstIceNiceFloodGuard *self, const gchar *address, guint16 port, gint64 now)
{
  gboolean is_one_of_few;

  g_mutex_lock (&self->lock);
  is_one_of_few = ice_turn_retries_add_other (&self->retries, now);
  g_mutex_unlock (&self->lock);
  if (!is_one_of_few)
    gst_ice_nice_flood_guard_refuse_server (self, address, port);
}

/**
 * gst_ice_nice_flood_guard_refuse_allocations:
 * @self: a flood guard
 *
 * Gathering is over, so that no error to Allocate is of use any more.
 */
void
gst_ice_nice_flood_guard_refuse_allocations (GstIceNiceFloodGuard *self)
{
  g_mutex_lock (&self->lock);
  self->refused.allocations = TRUE;
  if (!is_interrupted (self))
    guard (self);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_nice_flood_guard_get_filtered:
 * @self: a flood guard
 *
 * Returns: how many datagrams did not get to libnice: those that the kernel
 *   dropped, by these filters or for want of room, and those of TURN servers
 *   over TCP and TLS that the peers' rule refuses
 */
guint64
gst_ice_nice_flood_guard_get_filtered (GstIceNiceFloodGuard *self)
{
  guint64 n;
  guint i;

  g_mutex_lock (&self->lock);
  n = self->peers != NULL ? ice_turn_peers_get_dropped (self->peers) : 0;
  for (i = 0; i < self->sockets->len; i++)
    n += gst_ice_nice_socket_filter_count_drops (
        g_ptr_array_index (self->sockets, i));
  g_mutex_unlock (&self->lock);
  return n;
}

/**
 * gst_ice_nice_flood_guard_retire:
 * @self: a flood guard whose peer is set
 *
 * From now on its sockets get checks of the peer's only. Browsers check all old
 * candidates from their new ones, and where that works they leave those of ours
 * that come next for later: such a restart took 8 s.
 */
void
gst_ice_nice_flood_guard_retire (GstIceNiceFloodGuard *self)
{
  g_return_if_fail (self->peer != NULL);
  g_mutex_lock (&self->lock);
  self->is_retired = TRUE;
  guard (self);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_nice_flood_guard_shut:
 * @self: a flood guard, free it next
 *
 * From now on its sockets get nothing, for good: before they are closed, which
 * a flood could delay.
 */
void
gst_ice_nice_flood_guard_shut (GstIceNiceFloodGuard *self)
{
  g_mutex_lock (&self->lock);
  shut (self);
  g_mutex_unlock (&self->lock);
  self->is_shut = TRUE;
}
