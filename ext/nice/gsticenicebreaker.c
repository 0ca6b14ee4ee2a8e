/* gst-ice: what libnice has to handle at once, bounded.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gsticenicebreaker.h"
#include "gsticealarm.h"
#include "gsticenicefilter.h"

GST_DEBUG_CATEGORY_STATIC (gst_ice_nice_breaker_debug);
#define GST_CAT_DEFAULT gst_ice_nice_breaker_debug

/* A warning for each flood, not for each time that it is interrupted. */
#define QUIET (10 * G_TIME_SPAN_SECOND)

struct _GstIceNiceBreaker
{
  GstIceTransport *transport; /* not referenced: it owns us */
  GstIceContext *context;     /* where libnice reads */
  GstIceAlarm *pause;         /* the end of an interruption */
  gboolean is_shut;
  gint64 last; /* when a flood was interrupted, last */

  GMutex lock;         /* a leaf */
  GPtrArray *sockets;  /* of GSocket */
  NiceAddress *server; /* nullable */
  NiceAddress *peer;   /* nullable */
  guint turn;          /* of the context */
  guint handled;       /* in this turn */
  gboolean is_retired;
  guint learned; /* addresses of the peer's */
  GArray *ports; /* of guint16: what it has told */
};

/* All of these under the lock. */

static void
guard_socket (GstIceNiceBreaker *self, GSocket *socket)
{
  gboolean is_full = self->learned >= 2 * GST_ICE_NICE_BREAKER_LEARNED;

  if (self->is_retired)
    gst_ice_nice_filter_restrict (socket, NULL, self->peer, NULL, 0);
  else if (self->learned < GST_ICE_NICE_BREAKER_LEARNED)
    gst_ice_nice_filter_guard (socket, self->server);
  else
    gst_ice_nice_filter_restrict (socket, self->server, self->peer,
        (const guint16 *) self->ports->data, is_full ? 0 : self->ports->len);
}

static void
guard (GstIceNiceBreaker *self)
{
  guint i;

  for (i = 0; i < self->sockets->len; i++)
    guard_socket (self, g_ptr_array_index (self->sockets, i));
}

/* What holds meanwhile is the stricter one. */
static gboolean
is_interrupted (const GstIceNiceBreaker *self)
{
  return self->is_shut || gst_ice_alarm_is_set (self->pause);
}

static void
spare_peer (GstIceNiceBreaker *self)
{
  guint i;

  for (i = 0; i < self->sockets->len; i++)
    if (self->peer != NULL)
      gst_ice_nice_filter_spare (
          g_ptr_array_index (self->sockets, i), self->peer);
    else
      gst_ice_nice_filter_shut (g_ptr_array_index (self->sockets, i));
}

static void
shut (GstIceNiceBreaker *self)
{
  guint i;

  for (i = 0; i < self->sockets->len; i++)
    gst_ice_nice_filter_shut (g_ptr_array_index (self->sockets, i));
}

static void
remove_filters (GstIceNiceBreaker *self)
{
  guint i;

  for (i = 0; i < self->sockets->len; i++)
    gst_ice_nice_filter_remove (g_ptr_array_index (self->sockets, i));
}

static void
on_pause_over (gpointer data)
{
  GstIceNiceBreaker *self = data;
  gint64 now = g_get_monotonic_time ();

  if (now - self->last >= QUIET)
    GST_WARNING_OBJECT (self->transport,
        "more STUN messages come than can be handled; most are dropped");
  self->last = now;
  g_mutex_lock (&self->lock);
  guard (self);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_nice_breaker_new:
 * @transport: (transfer none) (nullable): whose sockets, for the log
 * @io: of the I/O thread
 * @context: (transfer none): where libnice reads
 *
 * The I/O thread, as all that follows.
 *
 * Returns: (transfer full): a breaker without sockets
 */
GstIceNiceBreaker *
gst_ice_nice_breaker_new (
    GstIceTransport *transport, GMainContext *io, GstIceContext *context)
{
  GstIceNiceBreaker *self = g_new0 (GstIceNiceBreaker, 1);

  GST_DEBUG_CATEGORY_INIT (
      gst_ice_nice_breaker_debug, "icebreaker", 0, "Floods of STUN");
  self->transport = transport;
  self->sockets = g_ptr_array_new_with_free_func (g_object_unref);
  self->ports = g_array_new (FALSE, FALSE, sizeof (guint16));
  self->last = -QUIET;
  self->context = gst_ice_context_ref (context);
  self->pause = gst_ice_alarm_new (io, on_pause_over, self);
  g_mutex_init (&self->lock);
  return self;
}

/**
 * gst_ice_nice_breaker_free:
 * @self: (transfer full): a breaker
 *
 * Its sockets get everything again.
 */
void
gst_ice_nice_breaker_free (GstIceNiceBreaker *self)
{
  if (!self->is_shut)
    remove_filters (self);
  gst_ice_alarm_free (self->pause);
  gst_ice_context_unref (self->context);
  g_mutex_clear (&self->lock);
  g_ptr_array_unref (self->sockets);
  g_array_unref (self->ports);
  g_clear_pointer (&self->server, nice_address_free);
  g_clear_pointer (&self->peer, nice_address_free);
  g_free (self);
}

/**
 * gst_ice_nice_breaker_add_socket:
 * @self: a breaker
 * @socket: one of libnice's; only UDP is guarded
 */
void
gst_ice_nice_breaker_add_socket (GstIceNiceBreaker *self, GSocket *socket)
{
  if (g_socket_get_socket_type (socket) != G_SOCKET_TYPE_DATAGRAM)
    return;
  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->sockets, g_object_ref (socket));
  guard_socket (self, socket);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_nice_breaker_set_server:
 * @self: a breaker
 * @server: a STUN server, whose errors are believed
 *
 * Before its sockets are added.
 */
void
gst_ice_nice_breaker_set_server (
    GstIceNiceBreaker *self, const NiceAddress *server)
{
  g_mutex_lock (&self->lock);
  g_clear_pointer (&self->server, nice_address_free);
  self->server = nice_address_dup (server);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_nice_breaker_set_peer:
 * @self: a breaker
 * @peer: the remote address of the pair that was selected
 */
void
gst_ice_nice_breaker_set_peer (GstIceNiceBreaker *self, const NiceAddress *peer)
{
  g_mutex_lock (&self->lock);
  g_clear_pointer (&self->peer, nice_address_free);
  self->peer = nice_address_dup (peer);
  if (self->learned >= GST_ICE_NICE_BREAKER_LEARNED && !is_interrupted (self))
    guard (self);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_nice_breaker_add_remote:
 * @self: a breaker
 * @remote: the address of a candidate that the peer has told
 */
void
gst_ice_nice_breaker_add_remote (
    GstIceNiceBreaker *self, const NiceAddress *remote)
{
  guint16 port = (guint16) nice_address_get_port (remote);

  g_mutex_lock (&self->lock);
  if (self->ports->len < GST_ICE_NICE_FILTER_PORTS)
    g_array_append_val (self->ports, port);
  if (self->learned >= GST_ICE_NICE_BREAKER_LEARNED && !is_interrupted (self))
    guard (self);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_nice_breaker_learned:
 * @self: a breaker
 *
 * libnice has learned one more address of the peer's.
 */
void
gst_ice_nice_breaker_learned (GstIceNiceBreaker *self)
{
  /* only the I/O thread writes it */
  self->learned++;
  if (self->learned % GST_ICE_NICE_BREAKER_LEARNED != 0
      || self->learned > 2 * GST_ICE_NICE_BREAKER_LEARNED)
    return;
  GST_WARNING_OBJECT (self->transport,
      "the peer's checks came from %u addresses: no more are taken",
      self->learned);
  g_mutex_lock (&self->lock);
  if (!is_interrupted (self))
    guard (self);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_nice_breaker_restart:
 * @self: a breaker
 *
 * libnice forgets the peer's addresses.
 */
void
gst_ice_nice_breaker_restart (GstIceNiceBreaker *self)
{
  g_mutex_lock (&self->lock);
  self->learned = 0;
  g_array_set_size (self->ports, 0);
  if (!is_interrupted (self))
    guard (self);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_nice_breaker_count:
 * @self: a breaker
 *
 * Whoever iterates the context: libnice handles one more STUN message. Calls
 * nothing of libnice's: its lock is held.
 */
void
gst_ice_nice_breaker_count (GstIceNiceBreaker *self)
{
  guint turn = gst_ice_context_get_turn (self->context);

  g_mutex_lock (&self->lock);
  self->handled = turn == self->turn ? self->handled + 1 : 1;
  self->turn = turn;
  if (self->handled == GST_ICE_NICE_BREAKER_LIMIT)
    shut (self);
  if (self->handled == GST_ICE_NICE_BREAKER_BUDGET) {
    spare_peer (self);
    gst_ice_alarm_set (
        self->pause, g_get_monotonic_time () + GST_ICE_NICE_BREAKER_PAUSE);
  }
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_nice_breaker_retire:
 * @self: a breaker whose peer is set
 *
 * From now on its sockets get checks of the peer's only. Browsers check all old
 * candidates from their new ones, and where that works they leave those of ours
 * that come next for later: such a restart took 8 s.
 */
void
gst_ice_nice_breaker_retire (GstIceNiceBreaker *self)
{
  g_return_if_fail (self->peer != NULL);
  g_mutex_lock (&self->lock);
  self->is_retired = TRUE;
  guard (self);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_nice_breaker_shut:
 * @self: a breaker, free it next
 *
 * From now on its sockets get nothing, for good: before they are closed, which
 * a flood could delay.
 */
void
gst_ice_nice_breaker_shut (GstIceNiceBreaker *self)
{
  g_mutex_lock (&self->lock);
  shut (self);
  g_mutex_unlock (&self->lock);
  self->is_shut = TRUE;
}
