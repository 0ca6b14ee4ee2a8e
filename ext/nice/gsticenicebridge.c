/* gst-ice: a TCP connection of libnice's, with us in between.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * libnice's descriptor becomes one end of a SOCK_SEQPACKET pair: each of its
 * reads gets one frame as a whole, each of its writes is one. */

#include "gsticenicebridge.h"

#ifdef __linux__

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What one turn of the I/O thread does for one connection. */
#define BUDGET 64

struct _GstIceNiceBridge
{
  GSource source;
  GstIceNiceBridgeFuncs funcs;
  gpointer user_data;
  GstIceAnswers *answers;
  GstIceNiceBridgeState state;
  NiceAddress local, remote;

  gint outer, inner; /* -1: closed */
  gpointer outer_tag, inner_tag;
  gboolean is_inner_full;
  gsize in_size;          /* from outside, not yet whole */
  gsize out_at, out_size; /* from libnice, partly sent */
  guint8 in[NICE_FRAME_MAX + NICE_FRAME_SLACK];
  guint8 out[NICE_FRAME_MAX];
};

static void
close_outer (GstIceNiceBridge *self)
{
  if (self->outer < 0)
    return;
  g_source_remove_unix_fd (&self->source, self->outer_tag);
  close (self->outer);
  self->outer = -1;
}

static void
close_inner (GstIceNiceBridge *self)
{
  if (self->inner < 0)
    return;
  g_source_remove_unix_fd (&self->source, self->inner_tag);
  close (self->inner);
  self->inner = -1;
}

static void
set_state (GstIceNiceBridge *self, GstIceNiceBridgeState state)
{
  if (self->state == state)
    return;
  self->state = state;
  if (state != GST_ICE_NICE_BRIDGE_STRANGER)
    g_source_set_ready_time (&self->source, -1);
  self->funcs.changed (self, self->user_data);
}

/* libnice finds the end of what nobody has come through, and forgets it. */
static void
close_both (GstIceNiceBridge *self)
{
  close_outer (self);
  close_inner (self);
  set_state (self, GST_ICE_NICE_BRIDGE_CLOSED);
}

/* The connection has ended; of a peer's libnice does not hear that. */
static void
lose (GstIceNiceBridge *self)
{
  if (self->state != GST_ICE_NICE_BRIDGE_PEER) {
    close_both (self);
    return;
  }
  close_outer (self);
  self->out_at = self->out_size = 0;
  set_state (self, GST_ICE_NICE_BRIDGE_LOST);
}

static gboolean
would_block (gssize result)
{
  return result < 0
      && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR
          || errno == ENOBUFS);
}

/* A connection that is being made has no remote end yet. */
static void
get_addresses (GstIceNiceBridge *self)
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
admit (GstIceNiceBridge *self)
{
  switch (self->funcs.judge (self, self->in, self->in_size, self->user_data)) {
    case NICE_FRAME_UNKNOWN:
      break;
    case NICE_FRAME_PEER:
      get_addresses (self);
      set_state (self, GST_ICE_NICE_BRIDGE_PEER);
      break;
    case NICE_FRAME_STRANGER:
      close_both (self);
      break;
  }
}

/* As send(). */
static gssize
pass (GstIceNiceBridge *self, const guint8 *frame, gsize size)
{
  if (gst_ice_answers_take (self->answers, NULL, frame + NICE_FRAME_HEADER,
          size - NICE_FRAME_HEADER))
    return (gssize) size;
  return send (self->inner, frame, size, MSG_NOSIGNAL);
}

/* Whole frames, one at a time. */
static void
deliver (GstIceNiceBridge *self)
{
  gsize at = 0, size;

  self->is_inner_full = FALSE;
  while ((size = nice_frame_size (self->in + at, self->in_size - at)) > 0) {
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
read_outer (GstIceNiceBridge *self)
{
  gssize n = recv (
      self->outer, self->in + self->in_size, NICE_FRAME_MAX - self->in_size, 0);

  if (would_block (n))
    return;
  if (n <= 0) {
    lose (self);
    return;
  }
  self->in_size += n;
  if (self->state == GST_ICE_NICE_BRIDGE_STRANGER)
    admit (self);
  if (self->state == GST_ICE_NICE_BRIDGE_PEER)
    deliver (self);
}

static void
write_outer (GstIceNiceBridge *self)
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

/* Returns whether there may be more. */
static gboolean
read_inner (GstIceNiceBridge *self)
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
update_conditions (GstIceNiceBridge *self)
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
is_ready (GstIceNiceBridge *self, gint fd, gpointer tag, GIOCondition condition)
{
  return fd >= 0
      && (g_source_query_unix_fd (&self->source, tag) & condition) != 0;
}

static gboolean
dispatch (GSource *source, GSourceFunc unused, gpointer unused_data)
{
  GstIceNiceBridge *self = (GstIceNiceBridge *) source;
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
  if (self->state == GST_ICE_NICE_BRIDGE_STRANGER && deadline >= 0
      && deadline <= g_source_get_time (source))
    close_both (self);
  update_conditions (self);
  return self->state != GST_ICE_NICE_BRIDGE_CLOSED;
}

static void
finalize (GSource *source)
{
  gst_ice_answers_unref (((GstIceNiceBridge *) source)->answers);
}

static GSourceFuncs source_funcs = { NULL, NULL, dispatch, finalize };

/* Takes the connection, and puts a socket of ours in its place. */
static gboolean
swap (GstIceNiceBridge *self, gint fd)
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
  while (dup3 (pair[1], fd, O_CLOEXEC) < 0) /* both are open: EBUSY, EINTR */
    continue;
  close (pair[1]);
  return TRUE;
}

/**
 * gst_ice_nice_bridge_new:
 * @context: in which libnice reads the connection; all else happens there
 * @fd: libnice's descriptor of it, or of one that is being made; nothing was
 *   read yet
 * @deadline: g_get_monotonic_time() until when a stranger may stay one; -1 =
 * for ever
 * @answers: (transfer none): who takes answers out of what comes
 * @funcs: (transfer none): called in @context, not from this function
 * @user_data: for @funcs
 *
 * In the thread that iterates @context.
 *
 * Returns: (transfer full) (nullable): the bridge; %NULL: it can't be done, @fd
 *   is as it was
 */
GstIceNiceBridge *
gst_ice_nice_bridge_new (GMainContext *context, gint fd, gint64 deadline,
    GstIceAnswers *answers, const GstIceNiceBridgeFuncs *funcs,
    gpointer user_data)
{
  GSource *source = g_source_new (&source_funcs, sizeof (GstIceNiceBridge));
  GstIceNiceBridge *self = (GstIceNiceBridge *) source;

  self->answers = gst_ice_answers_ref (answers);
  if (!swap (self, fd)) {
    g_source_unref (source);
    return NULL;
  }
  self->funcs = *funcs;
  self->user_data = user_data;
  self->state = GST_ICE_NICE_BRIDGE_STRANGER;
  self->outer_tag = g_source_add_unix_fd (source, self->outer, G_IO_IN);
  self->inner_tag = g_source_add_unix_fd (source, self->inner, G_IO_IN);
  g_source_set_ready_time (source, deadline);
  g_source_attach (source, context);
  return self;
}

/**
 * gst_ice_nice_bridge_close:
 * @bridge: a bridge
 *
 * Ends the connection, at both sides. As with all that ends it, `changed` is
 * called.
 */
void
gst_ice_nice_bridge_close (GstIceNiceBridge *bridge)
{
  close_both (bridge);
}

/**
 * gst_ice_nice_bridge_free:
 * @bridge: (transfer full): a bridge; may be called from its functions
 *
 * Ends the connection silently.
 */
void
gst_ice_nice_bridge_free (GstIceNiceBridge *bridge)
{
  close_outer (bridge);
  close_inner (bridge);
  bridge->state = GST_ICE_NICE_BRIDGE_CLOSED;
  g_source_destroy (&bridge->source);
  g_source_unref (&bridge->source);
}

/**
 * gst_ice_nice_bridge_get_state:
 * @bridge: a bridge
 *
 * Returns: what has become of it
 */
GstIceNiceBridgeState
gst_ice_nice_bridge_get_state (const GstIceNiceBridge *bridge)
{
  return bridge->state;
}

/**
 * gst_ice_nice_bridge_owns:
 * @bridge: a bridge
 * @fd: a descriptor
 *
 * Returns: whether it is the connection, as the bridge has it
 */
gboolean
gst_ice_nice_bridge_owns (const GstIceNiceBridge *bridge, gint fd)
{
  return bridge->outer == fd;
}

/**
 * gst_ice_nice_bridge_is_between:
 * @bridge: a bridge
 * @local: an address
 * @remote: an address
 *
 * Of a peer's.
 *
 * Returns: whether these are the ends of its connection
 */
gboolean
gst_ice_nice_bridge_is_between (const GstIceNiceBridge *bridge,
    const NiceAddress *local, const NiceAddress *remote)
{
  return bridge->state != GST_ICE_NICE_BRIDGE_STRANGER
      && nice_address_equal (&bridge->local, local)
      && nice_address_equal (&bridge->remote, remote);
}

#endif
