/* gst-ice: a proxy between libnice and one of its TCP connections.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * libnice's descriptor becomes one end of a SOCK_SEQPACKET pair: each read
 * returns one whole frame, and each write is one message. */

#include "guard/gsticenicetcpproxy.h"

#ifdef __linux__

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The limit of frames that one dispatch handles. */
#define BUDGET 64

struct _GstIceNiceTcpProxy
{
  GSource source;
  GstIceNiceTcpProxyFuncs funcs;
  gpointer user_data;
  GstIceStunResponses *answers;
  GstIceNiceTcpProxyState state;
  NiceAddress local, remote;

  gint outer, inner; /* -1: closed */
  gpointer outer_tag, inner_tag;
  gboolean is_inner_full;
  gsize in_size;          /* from the network: an incomplete frame */
  gsize out_at, out_size; /* from libnice: partly sent */
  guint8 in[NICE_TCP_FRAME_MAX + NICE_TCP_FRAME_SLACK];
  guint8 out[NICE_TCP_FRAME_MAX];
};

static void
close_outer (GstIceNiceTcpProxy *self)
{
  if (self->outer < 0)
    return;
  g_source_remove_unix_fd (&self->source, self->outer_tag);
  close (self->outer);
  self->outer = -1;
}

static void
close_inner (GstIceNiceTcpProxy *self)
{
  if (self->inner < 0)
    return;
  g_source_remove_unix_fd (&self->source, self->inner_tag);
  close (self->inner);
  self->inner = -1;
}

static void
set_state (GstIceNiceTcpProxy *self, GstIceNiceTcpProxyState state)
{
  if (self->state == state)
    return;
  self->state = state;
  if (state != GST_ICE_NICE_TCP_PROXY_STRANGER)
    g_source_set_ready_time (&self->source, -1);
  self->funcs.changed (self, self->user_data);
}

/* libnice sees a closed connection without data, and forgets it. */
static void
close_both (GstIceNiceTcpProxy *self)
{
  close_outer (self);
  close_inner (self);
  set_state (self, GST_ICE_NICE_TCP_PROXY_CLOSED);
}

/* The connection has ended; libnice does not see the end of a peer's
 * connection. */
static void
lose (GstIceNiceTcpProxy *self)
{
  if (self->state != GST_ICE_NICE_TCP_PROXY_PEER) {
    close_both (self);
    return;
  }
  close_outer (self);
  self->out_at = self->out_size = 0;
  set_state (self, GST_ICE_NICE_TCP_PROXY_LOST);
}

static gboolean
would_block (gssize result)
{
  return result < 0
      && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR
          || errno == ENOBUFS);
}

/* A connection that is still being opened has no remote address yet. */
static void
get_addresses (GstIceNiceTcpProxy *self)
{
  struct sockaddr_storage address;
  socklen_t size = sizeof (address);

  if (getsockname (self->outer, (struct sockaddr *) &address, &size) == 0)
    nice_address_set_from_sockaddr (&self->local, (struct sockaddr *) &address);
  size = sizeof (address);
  if (getpeername (self->outer, (struct sockaddr *) &address, &size) == 0)
    nice_address_set_from_sockaddr (
        &self->remote, (struct sockaddr *) &address);
}

static void
admit (GstIceNiceTcpProxy *self)
{
  switch (self->funcs.judge (self, self->in, self->in_size, self->user_data)) {
    case NICE_TCP_FRAME_UNKNOWN:
      break;
    case NICE_TCP_FRAME_PEER:
      get_addresses (self);
      set_state (self, GST_ICE_NICE_TCP_PROXY_PEER);
      break;
    case NICE_TCP_FRAME_STRANGER:
      close_both (self);
      break;
  }
}

/* Like send(). */
static gssize
pass (GstIceNiceTcpProxy *self, const guint8 *frame, gsize size)
{
  if (gst_ice_stun_responses_take (self->answers, NULL, NULL,
          frame + NICE_TCP_FRAME_HEADER, size - NICE_TCP_FRAME_HEADER))
    return (gssize) size;
  return send (self->inner, frame, size, MSG_NOSIGNAL);
}

/* Forwards whole frames, one at a time. */
static void
deliver (GstIceNiceTcpProxy *self)
{
  gsize at = 0, size;

  self->is_inner_full = FALSE;
  while ((size = nice_tcp_frame_size (self->in + at, self->in_size - at)) > 0) {
    gssize sent = pass (self, self->in + at, size);

    if (would_block (sent)) {
      self->is_inner_full = TRUE;
      break;
    }
    if (sent < 0) {
      close_both (self);
      return;
    }
    at += size;
  }
  self->in_size -= at;
  memmove (self->in, self->in + at, self->in_size);
}

static void
read_outer (GstIceNiceTcpProxy *self)
{
  gssize n = recv (self->outer, self->in + self->in_size,
      NICE_TCP_FRAME_MAX - self->in_size, 0);

  if (would_block (n))
    return;
  if (n <= 0) {
    lose (self);
    return;
  }
  self->in_size += n;
  if (self->state == GST_ICE_NICE_TCP_PROXY_STRANGER)
    admit (self);
  if (self->state == GST_ICE_NICE_TCP_PROXY_PEER)
    deliver (self);
}

static void
write_outer (GstIceNiceTcpProxy *self)
{
  while (self->out_at < self->out_size) {
    gssize sent = send (self->outer, self->out + self->out_at,
        self->out_size - self->out_at, MSG_NOSIGNAL);

    if (would_block (sent))
      return;
    if (sent < 0) {
      lose (self);
      return;
    }
    self->out_at += sent;
  }
  self->out_at = self->out_size = 0;
}

/* Returns: whether there may be more */
static gboolean
read_inner (GstIceNiceTcpProxy *self)
{
  gssize n = recv (self->inner, self->out, sizeof (self->out), 0);

  if (would_block (n))
    return FALSE;
  if (n <= 0) { /* libnice has closed it */
    close_both (self);
    return FALSE;
  }
  if (self->outer >= 0) {
    self->out_size = n;
    write_outer (self);
  }
  return self->inner >= 0 && self->out_size == 0;
}

static void
update_conditions (GstIceNiceTcpProxy *self)
{
  gboolean is_out_empty = self->out_size == 0;

  if (self->outer >= 0)
    g_source_modify_unix_fd (&self->source, self->outer_tag,
        (self->is_inner_full ? 0 : G_IO_IN) | (is_out_empty ? 0 : G_IO_OUT));
  if (self->inner >= 0)
    g_source_modify_unix_fd (&self->source, self->inner_tag,
        (self->is_inner_full ? G_IO_OUT : 0) | (is_out_empty ? G_IO_IN : 0));
}

static gboolean
is_ready (
    GstIceNiceTcpProxy *self, gint fd, gpointer tag, GIOCondition condition)
{
  return fd >= 0
      && (g_source_query_unix_fd (&self->source, tag) & condition) != 0;
}

static gboolean
dispatch (GSource *source, GSourceFunc unused, gpointer unused_data)
{
  GstIceNiceTcpProxy *self = (GstIceNiceTcpProxy *) source;
  gint64 deadline = g_source_get_ready_time (source);
  guint i;

  if (is_ready (self, self->inner, self->inner_tag, G_IO_OUT))
    deliver (self);
  if (is_ready (self, self->outer, self->outer_tag, G_IO_OUT))
    write_outer (self);
  if (is_ready (self, self->outer, self->outer_tag, G_IO_IN))
    read_outer (self);
  else if (is_ready (self, self->outer, self->outer_tag, G_IO_HUP | G_IO_ERR))
    lose (self);
  if (is_ready (self, self->inner, self->inner_tag, G_IO_IN | G_IO_HUP))
    for (i = 0; i < BUDGET && read_inner (self); i++)
      continue;
  if (self->state == GST_ICE_NICE_TCP_PROXY_STRANGER && deadline >= 0
      && deadline <= g_source_get_time (source))
    close_both (self);
  update_conditions (self);
  return self->state != GST_ICE_NICE_TCP_PROXY_CLOSED;
}

static void
finalize (GSource *source)
{
  gst_ice_stun_responses_unref (((GstIceNiceTcpProxy *) source)->answers);
}

static GSourceFuncs source_funcs = { NULL, NULL, dispatch, finalize };

/**
 * gst_ice_nice_replace_descriptor:
 * @fd: an open descriptor
 * @by: another one
 *
 * Makes @fd refer to the same file as @by, in one step for all threads.
 */
void
gst_ice_nice_replace_descriptor (gint fd, gint by)
{
  while (dup3 (by, fd, O_CLOEXEC) < 0 && (errno == EBUSY || errno == EINTR))
    continue;
}

static void
silence (gint fd)
{
  gint nothing = socket (AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

  if (nothing < 0)
    return;
  gst_ice_nice_replace_descriptor (fd, nothing);
  close (nothing);
}

/**
 * gst_ice_nice_tcp_proxy_silence:
 * @fd: libnice's descriptor of a TCP connection
 *
 * Any thread, while libnice does not read @fd. Makes it one that never has
 * anything to read; what has come is lost. The connection ends, as if libnice
 * had closed it. No effect on a descriptor that is no proxy's.
 */
void
gst_ice_nice_tcp_proxy_silence (gint fd)
{
  gint type = 0;
  socklen_t size = sizeof (type);

  if (getsockopt (fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0
      && type == SOCK_SEQPACKET)
    silence (fd);
}

static gboolean
is_connected_to (gint fd, const NiceAddress *remote)
{
  struct sockaddr_storage address;
  socklen_t size = sizeof (address);
  NiceAddress there;

  if (getpeername (fd, (struct sockaddr *) &address, &size) != 0
      || (address.ss_family != AF_INET && address.ss_family != AF_INET6))
    return FALSE;
  nice_address_init (&there);
  nice_address_set_from_sockaddr (&there, (struct sockaddr *) &address);
  return nice_address_equal (&there, remote);
}

/**
 * gst_ice_nice_silence_connections:
 * @remote: an address to which only libnice connects
 *
 * Does what gst_ice_nice_tcp_proxy_silence() does to each connection to
 * @remote. libnice does not show the descriptors of its connections to TURN
 * servers, so all of the process are looked at.
 */
void
gst_ice_nice_silence_connections (const NiceAddress *remote)
{
  g_autoptr (GDir) descriptors = g_dir_open ("/proc/self/fd", 0, NULL);
  const gchar *name;

  if (descriptors == NULL)
    return;
  while ((name = g_dir_read_name (descriptors)) != NULL)
    if (is_connected_to (atoi (name), remote))
      silence (atoi (name));
}

/* Takes over the connection and puts a socket of ours in its place. */
static gboolean
swap (GstIceNiceTcpProxy *self, gint fd)
{
  gint pair[2];

  self->outer = fcntl (fd, F_DUPFD_CLOEXEC, 0);
  if (self->outer < 0)
    return FALSE;
  if (socketpair (
          AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair)
      != 0) {
    close (self->outer);
    return FALSE;
  }
  self->inner = pair[0];
  gst_ice_nice_replace_descriptor (fd, pair[1]);
  close (pair[1]);
  return TRUE;
}

/**
 * gst_ice_nice_tcp_proxy_new:
 * @context: the main context in which libnice reads the connection, and the
 *   proxy works
 * @fd: libnice's descriptor of a connection, or of one that is being opened;
 *   nothing was read from it yet
 * @deadline: the time until which the other end has to show a password,
 *   g_get_monotonic_time(); -1 = no limit
 * @answers: (transfer none): takes the answers to our own requests out of the
 *   input
 * @funcs: (transfer none): called in @context, never from this function
 * @user_data: for @funcs
 *
 * To be called in the thread that iterates @context.
 *
 * Returns: (transfer full) (nullable): the proxy; %NULL if none can be made,
 * @fd is unchanged then
 */
GstIceNiceTcpProxy *
gst_ice_nice_tcp_proxy_new (GMainContext *context, gint fd, gint64 deadline,
    GstIceStunResponses *answers, const GstIceNiceTcpProxyFuncs *funcs,
    gpointer user_data)
{
  GSource *source = g_source_new (&source_funcs, sizeof (GstIceNiceTcpProxy));
  GstIceNiceTcpProxy *self = (GstIceNiceTcpProxy *) source;

  self->answers = gst_ice_stun_responses_ref (answers);
  if (!swap (self, fd)) {
    g_source_unref (source);
    return NULL;
  }
  self->funcs = *funcs;
  self->user_data = user_data;
  self->state = GST_ICE_NICE_TCP_PROXY_STRANGER;
  self->outer_tag = g_source_add_unix_fd (source, self->outer, G_IO_IN);
  self->inner_tag = g_source_add_unix_fd (source, self->inner, G_IO_IN);
  g_source_set_ready_time (source, deadline);
  g_source_attach (source, context);
  return self;
}

/**
 * gst_ice_nice_tcp_proxy_free:
 * @proxy: (transfer full): a proxy; may be called from its functions
 *
 * Closes the connection without calling a function.
 */
void
gst_ice_nice_tcp_proxy_free (GstIceNiceTcpProxy *proxy)
{
  close_outer (proxy);
  close_inner (proxy);
  proxy->state = GST_ICE_NICE_TCP_PROXY_CLOSED;
  g_source_destroy (&proxy->source);
  g_source_unref (&proxy->source);
}

/**
 * gst_ice_nice_tcp_proxy_get_state:
 * @proxy: a proxy
 *
 * Returns: its state
 */
GstIceNiceTcpProxyState
gst_ice_nice_tcp_proxy_get_state (const GstIceNiceTcpProxy *proxy)
{
  return proxy->state;
}

/**
 * gst_ice_nice_tcp_proxy_owns:
 * @proxy: a proxy
 * @fd: a descriptor
 *
 * Returns: whether @fd is the proxy's own descriptor of the connection
 */
gboolean
gst_ice_nice_tcp_proxy_owns (const GstIceNiceTcpProxy *proxy, gint fd)
{
  return proxy->outer == fd;
}

/**
 * gst_ice_nice_tcp_proxy_is_between:
 * @proxy: a proxy
 * @local: an address
 * @remote: an address
 *
 * Only for a connection of a peer.
 *
 * Returns: whether these are the addresses of its ends
 */
gboolean
gst_ice_nice_tcp_proxy_is_between (const GstIceNiceTcpProxy *proxy,
    const NiceAddress *local, const NiceAddress *remote)
{
  return proxy->state != GST_ICE_NICE_TCP_PROXY_STRANGER
      && nice_address_equal (&proxy->local, local)
      && nice_address_equal (&proxy->remote, remote);
}

#else

void
gst_ice_nice_tcp_proxy_silence (gint fd)
{
}

void
gst_ice_nice_silence_connections (const NiceAddress *remote)
{
}

#endif
