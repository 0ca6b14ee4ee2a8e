/* gst-ice: TURN over TCP and TLS for a library that speaks TURN over TCP.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Each pending operation holds a reference, and so does the flow. Therefore a
 * tunnel in use lives until the library closes its end, or the server does
 * before there is an allocation, even without its owner: the library's last
 * request, which releases the allocation, goes through it.
 */

#include "tunnel/gsticetunnel.h"

#include "iothread/gsticealarm.h"
#include "iothread/gsticedescriptors.h"
#include "tunnel/gsticeloopback.h"
#include "tunnel/gsticetunnelconnect.h"
#include "tunnel/gsticetunnelflow.h"
#include "stun/iceturnanswer.h"
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

/* Time limit: the library connects at once, in the same thread. */
#define ACCEPT_TIMEOUT (2 * G_TIME_SPAN_SECOND)
/* Time limit for sending close_notify to a server (RFC 8446 section 6.1). */
#define CLOSE_TIMEOUT (G_TIME_SPAN_SECOND / 2)

typedef enum
{
  TUNNEL_CONNECTING, /* gst_ice_tunnel_connect_async() */
  TUNNEL_REACHED,
  TUNNEL_LISTENING,
  TUNNEL_CARRYING,
  TUNNEL_ENDED
} TunnelState;

struct _GstIceTunnel
{
  TunnelState state;
  GstIceIo *io;
  GstIceTunnelCallbacks callbacks; /* no functions: not called any more */
  gpointer user_data;
  GCancellable *cancellable;    /* of all pending operations */
  GstIceAlarm *limit;           /* of the operation that the state waits for */
  GstIceStunResponses *answers; /* NULL: the library gets all answers */
  IceTurnPeers *peers;          /* NULL: all Data indications pass */

  GSocketConnection *tcp; /* to the server */
  GIOStream *remote;      /* the same, or the stream inside TLS */
  GstIceLoopback *loopback;
  GSocketConnection *local; /* to the library */
  GstIceTunnelFlow *flow;   /* forwards between these ends */
};

static void
close_local (GstIceTunnel *self)
{
  if (self->local != NULL)
    g_io_stream_close (G_IO_STREAM (self->local), NULL, NULL);
  g_clear_object (&self->local);
}

static void
close_remote (GstIceTunnel *self)
{
  if (self->tcp != NULL)
    g_io_stream_close (G_IO_STREAM (self->tcp), NULL, NULL);
  g_clear_object (&self->remote);
  g_clear_object (&self->tcp);
}

static void
clear (gpointer data)
{
  GstIceTunnel *self = data;

  g_clear_pointer (&self->limit, gst_ice_alarm_free);
  g_clear_pointer (&self->loopback, gst_ice_loopback_free);
  close_local (self);
  close_remote (self);
  g_clear_pointer (&self->answers, gst_ice_stun_responses_unref);
  g_clear_pointer (&self->peers, ice_turn_peers_unref);
  g_object_unref (self->cancellable);
  gst_ice_io_release (self->io);
}

static GstIceTunnel *
ref (GstIceTunnel *self)
{
  return g_rc_box_acquire (self);
}

static void
unref (GstIceTunnel *self)
{
  g_rc_box_release_full (self, clear);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstIceTunnel, unref)

/* --- the end --- */

static gboolean
is_tls (GstIceTunnel *self)
{
  return G_IS_TLS_CONNECTION (self->remote);
}

static void
end (GstIceTunnel *self)
{
  self->state = TUNNEL_ENDED;
  g_cancellable_cancel (self->cancellable);
  g_clear_pointer (&self->limit, gst_ice_alarm_free);
  g_clear_pointer (&self->loopback, gst_ice_loopback_free);
  close_local (self);
}

static void
on_remote_closed (GObject *remote, GAsyncResult *result, gpointer data)
{
  g_autoptr (GstIceTunnel) self G_GNUC_UNUSED = data;

  g_io_stream_close_finish (G_IO_STREAM (remote), result, NULL);
}

static void
on_close_limit (gpointer data)
{
  GstIceTunnel *self = data;

  g_cancellable_cancel (self->cancellable);
}

static void
begin_close (GstIceTunnel *self)
{
  end (self);
  if (self->remote == NULL)
    return; /* the server was gone before */
  g_object_unref (self->cancellable);
  self->cancellable = g_cancellable_new ();
  if (is_tls (self) && !gst_ice_descriptors_hold (self->cancellable, NULL))
    return; /* without it, it is closed */
  self->limit = gst_ice_alarm_new (
      gst_ice_io_get_context (self->io), on_close_limit, self);
  gst_ice_alarm_set (self->limit, g_get_monotonic_time () + CLOSE_TIMEOUT);
  g_io_stream_close_async (self->remote, G_PRIORITY_DEFAULT, self->cancellable,
      on_remote_closed, ref (self));
}

/* The caller holds a reference. */
static void
fail (GstIceTunnel *self, guint code, const gchar *why)
{
  end (self);
  if (self->callbacks.failed != NULL)
    self->callbacks.failed (self, code, why, self->user_data);
}

/* Returns: (nullable): as in GstIceTunnelCallbacks; NULL: that is no failure */
static const gchar *
describe_end (GstIceTunnel *self, GstIceTunnelFlowEnd how, gboolean allocated)
{
  switch (how) {
    case GST_ICE_TUNNEL_FLOW_LIBRARY_GONE:
    case GST_ICE_TUNNEL_FLOW_RELEASED:
      break;
    case GST_ICE_TUNNEL_FLOW_SERVER_GONE:
      if (allocated)
        return is_tls (self) ? "closed the TLS connection"
                             : "closed the TCP connection";
      return is_tls (self)
          ? "closed the TLS connection: check that it is a TURN server"
          : "closed the TCP connection: check that it is a TURN server";
    case GST_ICE_TUNNEL_FLOW_REDIRECTED:
      return "redirects to another server";
    case GST_ICE_TUNNEL_FLOW_CIRCLES:
      return "challenges the same request again and again";
    case GST_ICE_TUNNEL_FLOW_UNUSABLE:
      return ICE_TURN_UNUSABLE;
    case GST_ICE_TUNNEL_FLOW_GARBAGE:
      return is_tls (self) ? "accepts TLS, but its answers are not TURN"
                           : "accepts TCP, but its answers are not TURN";
  }
  return NULL;
}

/* The server's allocation has ended. The library's end stays open while its
 * data is drained. */
static void
lose (GstIceTunnel *tunnel, const gchar *why)
{
  g_autoptr (GstIceTunnel) self = ref (tunnel);

  self->state = TUNNEL_ENDED;
  close_remote (self);
  if (why != NULL && self->callbacks.lost != NULL)
    self->callbacks.lost (self, why, self->user_data);
}

static void
on_flow_ended (GstIceTunnelFlowEnd how, guint code, gpointer data)
{
  GstIceTunnel *tunnel = data;
  g_autoptr (GstIceTunnel) self = NULL;

  if (how != GST_ICE_TUNNEL_FLOW_LIBRARY_GONE
      && gst_ice_tunnel_flow_drain (tunnel->flow)) {
    lose (tunnel, describe_end (tunnel, how, TRUE));
    return;
  }
  g_clear_pointer (&tunnel->flow, gst_ice_tunnel_flow_free);
  self = tunnel; /* the flow's reference */
  if (how == GST_ICE_TUNNEL_FLOW_LIBRARY_GONE)
    begin_close (self);
  else
    fail (self, code, describe_end (self, how, FALSE));
}

/* --- the library --- */

static void
set_no_delay (GSocketConnection *connection)
{
  g_socket_set_option (g_socket_connection_get_socket (connection), IPPROTO_TCP,
      TCP_NODELAY, TRUE, NULL);
}

static void
on_accepted (GSocketConnection *connection, gpointer data)
{
  GstIceTunnel *self = data;

  gst_ice_alarm_set (self->limit, -1);
  g_clear_pointer (&self->loopback, gst_ice_loopback_free);
  self->local = g_object_ref (connection);
  set_no_delay (connection);
  self->state = TUNNEL_CARRYING;
  self->flow = gst_ice_tunnel_flow_new (gst_ice_io_get_context (self->io),
      self->local, self->remote, self->tcp, self->answers, self->peers,
      on_flow_ended, ref (self));
}

/**
 * gst_ice_tunnel_get_family:
 * @self: a tunnel that has reached its server
 *
 * Returns: the address family over which it was reached
 */
GSocketFamily
gst_ice_tunnel_get_family (GstIceTunnel *self)
{
  return g_socket_get_family (g_socket_connection_get_socket (self->tcp));
}

/**
 * gst_ice_tunnel_dup_local_address:
 * @self: a tunnel that has reached its server
 *
 * Returns: (transfer full) (nullable): the local address from which it was
 * reached
 */
gchar *
gst_ice_tunnel_dup_local_address (GstIceTunnel *self)
{
  g_autoptr (GSocketAddress)
      local = g_socket_connection_get_local_address (self->tcp, NULL);

  if (!G_IS_INET_SOCKET_ADDRESS (local))
    return NULL;
  return g_inet_address_to_string (
      g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (local)));
}

/**
 * gst_ice_tunnel_listen:
 * @self: a tunnel that has reached its server
 * @family: the address family that the library can connect to
 * @error: return location for a #GIOErrorEnum, or %NULL
 *
 * Returns: (transfer none) (nullable): the address that the library has to
 * connect to at once; %NULL with @error set if this machine has no such address
 */
GInetSocketAddress *
gst_ice_tunnel_listen (GstIceTunnel *self, GSocketFamily family, GError **error)
{
  g_return_val_if_fail (self->state == TUNNEL_REACHED, NULL);
  self->loopback = gst_ice_loopback_new (
      family, gst_ice_io_get_context (self->io), on_accepted, self, error);
  if (self->loopback == NULL)
    return NULL;
  self->state = TUNNEL_LISTENING;
  gst_ice_alarm_set (self->limit, g_get_monotonic_time () + ACCEPT_TIMEOUT);
  return gst_ice_loopback_get_address (self->loopback);
}

/**
 * gst_ice_tunnel_accept:
 * @self: a tunnel that listens
 *
 * To be called right after the library has connected; closes the port.
 */
void
gst_ice_tunnel_accept (GstIceTunnel *self)
{
  if (self->loopback != NULL)
    gst_ice_loopback_accept (self->loopback);
}

/* --- the server --- */

static void
on_reached (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GstIceTunnel) self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GIOStream) remote = gst_ice_tunnel_connect_finish (result, &error);

  if (self->state != TUNNEL_CONNECTING)
    return;
  if (remote == NULL) {
    fail (self, 0, error->message);
    return;
  }
  self->remote = g_steal_pointer (&remote);
  if (is_tls (self))
    g_object_get (self->remote, "base-io-stream", &self->tcp, NULL);
  else
    self->tcp = G_SOCKET_CONNECTION (g_object_ref (self->remote));
  self->state = TUNNEL_REACHED;
  self->callbacks.reached (self, self->user_data);
}

/* The library did not connect. */
static void
on_accept_limit (gpointer data)
{
  end (data);
}

/**
 * gst_ice_tunnel_new:
 * @server: (transfer none): the server, over TCP or TLS; its name is looked up,
 *   and its addresses are tried one after the other
 * @io: (transfer none): the I/O thread, in which this is called
 * @trusted: (nullable): the trusted authorities; %NULL: the system's
 * @timeout: the time limit for reaching the server, ms
 * @callbacks: copied
 * @user_data: for both
 *
 * Returns: (transfer full): a tunnel that is being connected
 */
GstIceTunnel *
gst_ice_tunnel_new (const IceServer *server, GstIceIo *io,
    GTlsDatabase *trusted, guint timeout,
    const GstIceTunnelCallbacks *callbacks, gpointer user_data)
{
  GstIceTunnel *self = g_rc_box_new0 (GstIceTunnel);

  self->io = gst_ice_io_ref (io);
  self->callbacks = *callbacks;
  self->user_data = user_data;
  self->cancellable = g_cancellable_new ();
  self->limit = gst_ice_alarm_new (
      gst_ice_io_get_context (io), on_accept_limit, self);
  gst_ice_tunnel_connect_async (
      server, trusted, timeout, self->cancellable, on_reached, ref (self));
  return self;
}

/**
 * gst_ice_tunnel_set_answers:
 * @self: a tunnel that has not reached its server
 * @answers: (transfer none): takes answers to our own requests out of the input
 */
void
gst_ice_tunnel_set_answers (GstIceTunnel *self, GstIceStunResponses *answers)
{
  g_return_if_fail (self->answers == NULL);
  self->answers = gst_ice_stun_responses_ref (answers);
}

/**
 * gst_ice_tunnel_set_peers:
 * @self: a tunnel that has not reached its server
 * @peers: (transfer none): decides which Data indications pass
 */
void
gst_ice_tunnel_set_peers (GstIceTunnel *self, IceTurnPeers *peers)
{
  g_return_if_fail (self->peers == NULL);
  self->peers = ice_turn_peers_ref (peers);
}

/**
 * gst_ice_tunnel_let_go:
 * @self: (transfer full): a tunnel in any state
 *
 * No callback is called any more. A tunnel in use continues until the library
 * closes its end, or the server does before there is an allocation; all others
 * are closed now.
 */
void
gst_ice_tunnel_let_go (GstIceTunnel *self)
{
  memset (&self->callbacks, 0, sizeof self->callbacks);
  if (self->state < TUNNEL_CARRYING)
    end (self);
  unref (self);
}
