/* gst-ice: bounds the STUN messages that libnice reads.
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
  GstIceAlarm *pause;           /* set while a flood is dropped */
  GstIceAlarm *next_interval;   /* set while the TURN peers' list is full */
  gboolean drops_all;
  IceRateLimit flood_warnings;
  IceRateLimit address_warnings;

  GMutex lock; /* only those of the peers and of alarms are taken under it */
  GPtrArray *sockets;       /* of GSocket */
  NiceAddress *stun_server; /* nullable */
  NiceAddress *selected;    /* the selected pair's remote address; nullable */
  guint iteration;          /* of the context */
  guint n_messages;         /* in this iteration */
  gboolean is_retired;
  gboolean drops_role_conflicts;
  guint n_peer_reflexive; /* remote candidates */
  GArray *signalled;      /* of guint16: ports of signalled candidates */
  IceTurnPeers *peers;    /* NULL: there is no TURN server */
  GstIceNiceDroppedErrors dropped;
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

/* All of these under the lock. */

static void
set_filter_of (GstIceNiceFloodGuard *self, GSocket *socket)
{
  gboolean only_selected = self->n_peer_reflexive
      >= 2 * GST_ICE_NICE_FLOOD_GUARD_PEER_REFLEXIVE;

  if (self->is_retired)
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

static void
set_filters (GstIceNiceFloodGuard *self)
{
  guint i;

  for (i = 0; i < self->sockets->len; i++)
    set_filter_of (self, g_ptr_array_index (self->sockets, i));
}

/* While a flood is dropped, the stricter filters stay. */
static void
update_filters (GstIceNiceFloodGuard *self)
{
  if (!self->drops_all && !gst_ice_alarm_is_set (self->pause))
    set_filters (self);
}

static void
pass_only_selected (GstIceNiceFloodGuard *self)
{
  guint i;

  for (i = 0; i < self->sockets->len; i++)
    if (self->selected != NULL)
      gst_ice_nice_socket_filter_pass_only (
          g_ptr_array_index (self->sockets, i), self->peers, self->selected);
    else
      gst_ice_nice_socket_filter_drop_all (
          g_ptr_array_index (self->sockets, i));
}

static void
drop_all (GstIceNiceFloodGuard *self)
{
  guint i;

  for (i = 0; i < self->sockets->len; i++)
    gst_ice_nice_socket_filter_drop_all (g_ptr_array_index (self->sockets, i));
}

static void
prepare_close (GstIceNiceFloodGuard *self)
{
  guint i;

  for (i = 0; i < self->sockets->len; i++)
    gst_ice_nice_socket_filter_prepare_close (
        g_ptr_array_index (self->sockets, i));
}

static void
on_pause_over (gpointer data)
{
  GstIceNiceFloodGuard *self = data;
  g_autofree gchar *more = NULL;
  guint withheld;

  if (ice_rate_limit_pass (
          &self->flood_warnings, g_get_monotonic_time (), &withheld)) {
    more = ice_rate_limit_describe (withheld);
    GST_WARNING_OBJECT (self->transport,
        "STUN messages arrive faster than they can be handled; most are "
        "dropped%s",
        more);
  }
  g_mutex_lock (&self->lock);
  set_filters (self);
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
  self->sockets = g_ptr_array_new_with_free_func (g_object_unref);
  self->signalled = g_array_new (FALSE, FALSE, sizeof (guint16));
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
  if (!self->drops_all)
    prepare_close (self);
  gst_ice_alarm_free (self->pause);
  gst_ice_alarm_free (self->next_interval);
  gst_ice_shared_context_unref (self->context);
  g_mutex_clear (&self->lock);
  g_ptr_array_unref (self->sockets);
  g_array_unref (self->signalled);
  g_clear_pointer (&self->stun_server, nice_address_free);
  g_clear_pointer (&self->selected, nice_address_free);
  g_clear_pointer (&self->peers, ice_turn_peers_unref);
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
  self->peers = ice_turn_peers_ref (peers);
}

/* For a remote address for which libnice may create a permission. */
static void
add_turn_peer (GstIceNiceFloodGuard *self, const NiceAddress *address)
{
  IceTurnPeer peer = turn_peer_from_nice (address);

  if (self->peers == NULL || !ice_turn_peers_add (self->peers, &peer))
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
  g_ptr_array_add (self->sockets, g_object_ref (socket));
  set_filter_of (self, socket);
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
  g_clear_pointer (&self->stun_server, nice_address_free);
  self->stun_server = nice_address_dup (server);
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
  g_clear_pointer (&self->selected, nice_address_free);
  self->selected = nice_address_dup (remote);
  if (self->n_peer_reflexive >= GST_ICE_NICE_FLOOD_GUARD_PEER_REFLEXIVE)
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
  if (self->signalled->len < GST_ICE_NICE_SOCKET_FILTER_PORTS)
    g_array_append_val (self->signalled, port);
  if (self->n_peer_reflexive >= GST_ICE_NICE_FLOOD_GUARD_PEER_REFLEXIVE)
    update_filters (self);
  g_mutex_unlock (&self->lock);
  add_turn_peer (self, remote);
}

/* At most twice in a generation, but a peer can restart often. */
static void
warn_of_addresses (GstIceNiceFloodGuard *self)
{
  g_autofree gchar *more = NULL;
  guint withheld;

  if (!ice_rate_limit_pass (
          &self->address_warnings, g_get_monotonic_time (), &withheld))
    return;
  more = ice_rate_limit_describe (withheld);
  GST_WARNING_OBJECT (self->transport,
      "the peer's checks came from %u addresses: checks from further addresses "
      "are dropped%s",
      self->n_peer_reflexive, more);
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
  self->n_peer_reflexive++;
  if (self->n_peer_reflexive % GST_ICE_NICE_FLOOD_GUARD_PEER_REFLEXIVE != 0
      || self->n_peer_reflexive > 2 * GST_ICE_NICE_FLOOD_GUARD_PEER_REFLEXIVE)
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
  self->n_peer_reflexive = 0;
  g_array_set_size (self->signalled, 0);
  update_filters (self);
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
  if (self->drops_role_conflicts != drop) {
    self->drops_role_conflicts = drop;
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
  if (self->peers == NULL || !nice_address_set_from_string (&sender, address))
    return;
  nice_address_set_port (&sender, port);
  peer = turn_peer_from_nice (&sender);
  if (!ice_turn_peers_saw_check (self->peers, &peer, now))
    return;
  gst_ice_alarm_set (
      self->next_interval, ice_turn_peers_get_next_open (self->peers, now));
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
    drop_all (self);
  if (self->n_messages == GST_ICE_NICE_FLOOD_GUARD_BUDGET) {
    pass_only_selected (self);
    gst_ice_alarm_set (
        self->pause, g_get_monotonic_time () + GST_ICE_NICE_FLOOD_GUARD_PAUSE);
  }
  g_mutex_unlock (&self->lock);
}

/* Under the lock. */
static gboolean
drops_errors_of (const GstIceNiceFloodGuard *self, const NiceAddress *server)
{
  guint i;

  for (i = 0; i < self->dropped.n_servers; i++)
    if (nice_address_equal (&self->dropped.servers[i], server))
      return TRUE;
  return FALSE;
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
  if (drops_errors_of (self, &server))
    ; /* another socket has sent requests to it, too */
  else if (self->dropped.n_servers < GST_ICE_NICE_SOCKET_FILTER_SERVERS)
    self->dropped.servers[self->dropped.n_servers++] = server;
  else
    self->dropped.allocations = TRUE;
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
 * To be called when gathering is over: errors to Allocate have no use then.
 */
void
gst_ice_nice_flood_guard_drop_allocate_errors (GstIceNiceFloodGuard *self)
{
  g_mutex_lock (&self->lock);
  self->dropped.allocations = TRUE;
  update_filters (self);
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
  n = self->peers != NULL ? ice_turn_peers_get_dropped (self->peers) : 0;
  for (i = 0; i < self->sockets->len; i++)
    n += gst_ice_nice_socket_filter_count_drops (
        g_ptr_array_index (self->sockets, i));
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
  g_return_if_fail (self->selected != NULL);
  g_mutex_lock (&self->lock);
  self->is_retired = TRUE;
  set_filters (self);
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
  drop_all (self);
  g_mutex_unlock (&self->lock);
  self->drops_all = TRUE;
}
