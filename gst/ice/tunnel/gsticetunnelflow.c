/* gst-ice: forwards both directions of a tunnel.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A direction reads only after it has written all earlier data: if one end
 * takes nothing, the other end is not read. */

#include "tunnel/gsticetunnelflow.h"

#include "iothread/gsticealarm.h"
#include "iothread/gsticefdwatch.h"
#include "stun/icestunheader.h"
#include "stun/iceturnretries.h"
#include "tunnel/iceturnframe.h"
#include <string.h>

#define OUT_SIZE (16 * 1024)
/* Reads of a direction before others have their turn. */
#define TURNS 16

/* A stream's results beside a number of bytes. */
#define BLOCKED (-2)
#define FAILED (-1)
#define CLOSED 0

typedef struct
{
  GIOStream *stream;
  GstIceFdWatch *watch;
  GPollFD fd; /* the watched conditions; 0: not watched */
} End;

struct _GstIceTunnelFlow
{
  GstIceTunnelFlowFunc ended;
  gpointer user_data;
  GstIceStunResponses *answers; /* NULL: the library has them all */
  IceTurnPeers *peers;          /* NULL: all Data indications pass */
  gboolean is_tls;
  End library, server; /* the server's: NULL from gst_ice_tunnel_flow_drain() */
  GstIceAlarm *again;  /* resumes a direction after its turn */
  gboolean out_again, in_again;

  guint8 *out; /* OUT_SIZE, to the server */
  gsize out_size, out_written;

  guint8 *in; /* ICE_TURN_FRAME_MAX, to the library */
  gsize in_size;
  gsize in_whole; /* of it: octets that may pass */
  gsize in_seen;  /* of it: octets that were judged, while it is sifted */
  gsize in_written;
  gsize in_skip;    /* of what comes next */
  gboolean in_more; /* the last read left data, which may be inside TLS */
  gboolean in_begun;
  gboolean in_allocated; /* the library has an allocation */
  gboolean in_released;  /* it answered the library's last request */
  IceTurnRetries retries;
  gboolean is_deaf; /* the library has closed; earlier data may be left */
};

static gssize
receive (End *end, guint8 *data, gsize size)
{
  g_autoptr (GError) error = NULL;
  gssize n = g_pollable_input_stream_read_nonblocking (
      G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (end->stream)),
      data, size, NULL, &error);

  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK) ? BLOCKED
                                                                     : n;
}

static gssize
send (End *end, const guint8 *data, gsize size)
{
  g_autoptr (GError) error = NULL;
  gssize n = g_pollable_output_stream_write_nonblocking (
      G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (end->stream)),
      data, size, NULL, &error);

  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK) ? BLOCKED
                                                                     : n;
}

/* Returns: FALSE: the flow may be freed now */
static gboolean
finish (GstIceTunnelFlow *self, GstIceTunnelFlowEnd end)
{
  self->ended (end, 0, self->user_data);
  return FALSE;
}

/* Likewise. code: STUN error code of the answer */
static gboolean
finish_refused (GstIceTunnelFlow *self, GstIceTunnelFlowEnd end, guint code)
{
  self->ended (end, code, self->user_data);
  return FALSE;
}

static gboolean
finish_without_server (GstIceTunnelFlow *self)
{
  return finish (self,
      self->in_released ? GST_ICE_TUNNEL_FLOW_RELEASED
                        : GST_ICE_TUNNEL_FLOW_SERVER_GONE);
}

/* --- to the server --- */

/* Reads or writes once, or both. more: (out): whether there may be more to do.
 * Returns: FALSE if it has ended and may be freed */
static gboolean
carry_out (GstIceTunnelFlow *self, gboolean *more)
{
  gssize n;

  *more = FALSE;
  if (self->out_size == 0) {
    n = receive (&self->library, self->out, OUT_SIZE);
    if (n == BLOCKED)
      return TRUE;
    if (n <= CLOSED)
      return finish (self, GST_ICE_TUNNEL_FLOW_LIBRARY_GONE);
    self->out_size = (gsize) n;
    self->out_written = 0;
  }
  n = send (&self->server, self->out + self->out_written,
      self->out_size - self->out_written);
  if (n == BLOCKED)
    return TRUE;
  if (n <= FAILED)
    return finish_without_server (self);
  self->out_written += (gsize) n;
  *more = self->out_written < self->out_size || self->out_size == OUT_SIZE;
  if (self->out_written == self->out_size)
    self->out_size = 0;
  return TRUE;
}

/* --- from the server --- */

static void
drop (GstIceTunnelFlow *self, gsize length)
{
  gsize n = MIN (length, self->in_size - self->in_seen);

  self->in_seen += n;
  self->in_skip = length - n;
}

static void
pass (GstIceTunnelFlow *self, gsize length)
{
  const guint8 *message = self->in + self->in_seen;

  self->in_begun = TRUE;
  self->in_allocated |= ice_stun_read_16 (message) == ICE_TURN_ALLOCATE_SUCCESS;
  if ((self->answers != NULL
          && gst_ice_stun_responses_take (
              self->answers, NULL, NULL, message, length))
      || (self->peers != NULL
          && !ice_turn_peers_judge (
              self->peers, message, length, g_get_monotonic_time ()))) {
    drop (self, length);
    return;
  }
  memmove (self->in + self->in_whole, message, length);
  self->in_whole += length;
  self->in_seen += length;
}

/* Expected after the library's last request. After any other request the
 * library would repeat it at once, without end. */
static void
release (GstIceTunnelFlow *self, gsize length)
{
  if (self->in_released)
    drop (self, length);
  else
    pass (self, length);
  self->in_released = TRUE;
}

/* Returns: FALSE: it has ended, and may be gone */
static gboolean
pass_or_drop (GstIceTunnelFlow *self, gsize length)
{
  guint code;

  switch (ice_turn_retries_look (&self->retries, self->in + self->in_seen,
      length, g_get_monotonic_time (), &code)) {
    case ICE_TURN_RETRIES_PASS:
      pass (self, length);
      break;
    case ICE_TURN_RETRIES_DROP:
      drop (self, length);
      break;
    case ICE_TURN_RETRIES_GIVE_UP:
      return finish_refused (self, GST_ICE_TUNNEL_FLOW_CIRCLES, code);
  }
  return TRUE;
}

/* What follows the octets that may pass is incomplete. It moves once, however
 * many messages before it were dropped: the smallest one has four octets. */
static void
close_gap (GstIceTunnelFlow *self)
{
  self->in_size -= self->in_seen;
  memmove (self->in + self->in_whole, self->in + self->in_seen, self->in_size);
  self->in_size += self->in_whole;
}

/* Returns: FALSE: it has ended, and may be gone */
static gboolean
sift (GstIceTunnelFlow *self)
{
  self->in_seen = 0;
  drop (self, self->in_skip);
  for (;;) {
    gsize length;

    switch (ice_turn_frame_look (self->in + self->in_seen,
        self->in_size - self->in_seen, !self->in_begun, &length)) {
      case ICE_TURN_FRAME_INCOMPLETE:
        close_gap (self);
        return TRUE;
      case ICE_TURN_FRAME_PASS:
        if (!pass_or_drop (self, length))
          return FALSE;
        break;
      case ICE_TURN_FRAME_DROP:
        drop (self, length);
        break;
      case ICE_TURN_FRAME_RELEASED:
        release (self, length);
        break;
      case ICE_TURN_FRAME_UNUSABLE:
        return finish (self, GST_ICE_TUNNEL_FLOW_UNUSABLE);
      case ICE_TURN_FRAME_REDIRECT:
        return finish_refused (
            self, GST_ICE_TUNNEL_FLOW_REDIRECTED, 300 /* Try Alternate */);
      case ICE_TURN_FRAME_GARBAGE:
        return finish (self, GST_ICE_TUNNEL_FLOW_GARBAGE);
    }
  }
}

/* There is room: no awaited message is longer than the buffer. Over TLS a read
 * returns one record, and servers write one record for each message. */
static gssize
fill_in (GstIceTunnelFlow *self)
{
  gsize before = self->in_size;
  gssize n;

  do {
    n = receive (&self->server, self->in + self->in_size,
        ICE_TURN_FRAME_MAX - self->in_size);
    if (n > 0)
      self->in_size += (gsize) n;
  } while (n > 0 && self->is_tls && self->in_size < ICE_TURN_FRAME_MAX);
  self->in_more = self->in_size == ICE_TURN_FRAME_MAX;
  if (self->in_size > before) /* the next read returns the end or the error */
    return (gssize) (self->in_size - before);
  return n;
}

static void
forget_whole (GstIceTunnelFlow *self)
{
  self->in_size -= self->in_whole;
  memmove (self->in, self->in + self->in_whole, self->in_size);
  self->in_whole = self->in_written = 0;
}

/* Returns: whether there may be more to do now */
static gboolean
write_in (GstIceTunnelFlow *self)
{
  gssize n = send (&self->library, self->in + self->in_written,
      self->in_whole - self->in_written);

  if (n == BLOCKED)
    return FALSE;
  if (n <= FAILED) /* the other direction will see it */
    self->is_deaf = TRUE;
  else
    self->in_written += (gsize) n;
  if (!self->is_deaf && self->in_written < self->in_whole)
    return TRUE;
  forget_whole (self);
  return self->in_more;
}

/* Like carry_out(). */
static gboolean
carry_in (GstIceTunnelFlow *self, gboolean *more)
{
  gssize n;

  *more = FALSE;
  if (self->in_whole == 0) {
    n = fill_in (self);
    if (n == BLOCKED)
      return TRUE;
    if (n <= CLOSED)
      return finish_without_server (self);
    if (!sift (self))
      return FALSE;
  }
  if (self->in_whole > 0 && self->is_deaf)
    forget_whole (self);
  *more = self->in_whole > 0 ? write_in (self) : self->in_more;
  return TRUE;
}

/* --- both --- */

static void
watch (End *end, gushort events)
{
  if (end->fd.events == events)
    return;
  end->fd.events = events;
  gst_ice_fd_watch_set (end->watch, &end->fd, events != 0 ? 1 : 0);
}

/* An end is read only if none of its data waits. An end without a wanted
 * condition is not watched: after it has closed, its source would be ready
 * without end. */
static void
watch_both (GstIceTunnelFlow *self)
{
  watch (&self->library,
      (self->out_size == 0 ? G_IO_IN : 0)
          | (self->in_whole > 0 ? G_IO_OUT : 0));
  watch (&self->server,
      (self->in_whole == 0 ? G_IO_IN : 0)
          | (self->out_size > 0 ? G_IO_OUT : 0));
}

/* The flow may be freed after this. */
static void
carry (GstIceTunnelFlow *self, gboolean out, gboolean in)
{
  guint i;

  out |= self->out_again;
  in |= self->in_again;
  for (i = 0; i < TURNS && (out || in); i++) {
    if (out && !carry_out (self, &out))
      return;
    if (in && !carry_in (self, &in))
      return;
  }
  self->out_again = out;
  self->in_again = in;
  if (out || in)
    gst_ice_alarm_set (self->again, g_get_monotonic_time ());
  watch_both (self);
}

static void
on_again (gpointer data)
{
  carry (data, FALSE, FALSE);
}

/* The server's end is closed, the library's is not. */
static void
drain (GstIceTunnelFlow *self)
{
  gssize n = receive (&self->library, self->out, OUT_SIZE);

  if (n != BLOCKED && n <= CLOSED)
    finish (self, GST_ICE_TUNNEL_FLOW_LIBRARY_GONE);
}

static void
on_library (gpointer data)
{
  GstIceTunnelFlow *self = data;

  if (self->server.stream == NULL)
    drain (self);
  else
    carry (self, self->out_size == 0, self->in_whole > 0);
}

static void
on_server (gpointer data)
{
  GstIceTunnelFlow *self = data;

  carry (self, self->out_size > 0, self->in_whole == 0);
}

static void
open_end (End *end, gpointer stream, GSocketConnection *connection,
    GMainContext *context, GstIceFdWatchFunc function, GstIceTunnelFlow *self)
{
  end->stream = g_object_ref (stream);
  end->fd.fd = g_socket_get_fd (g_socket_connection_get_socket (connection));
  end->watch = gst_ice_fd_watch_new (context, function, self);
}

static void
close_end (End *end)
{
  g_clear_pointer (&end->watch, gst_ice_fd_watch_free);
  g_clear_object (&end->stream);
}

/**
 * gst_ice_tunnel_flow_new:
 * @context: the I/O thread's
 * @library: (transfer none): the connection to the library
 * @server: (transfer none): the stream to the server
 * @server_connection: (transfer none): the same, or the connection below TLS
 * @answers: (transfer none) (nullable): takes answers to our own requests out
 * of the input
 * @peers: (transfer none) (nullable): decides which Data indications pass
 * @ended: called once, when nothing is forwarded any more
 * @user_data: for @ended
 *
 * Returns: (transfer full): the flow, which begins when this thread is idle
 */
GstIceTunnelFlow *
gst_ice_tunnel_flow_new (GMainContext *context, GSocketConnection *library,
    GIOStream *server, GSocketConnection *server_connection,
    GstIceStunResponses *answers, IceTurnPeers *peers,
    GstIceTunnelFlowFunc ended, gpointer user_data)
{
  GstIceTunnelFlow *self = g_new0 (GstIceTunnelFlow, 1);

  self->ended = ended;
  self->user_data = user_data;
  self->answers = answers != NULL ? gst_ice_stun_responses_ref (answers) : NULL;
  self->peers = peers != NULL ? ice_turn_peers_ref (peers) : NULL;
  self->is_tls = G_IS_TLS_CONNECTION (server);
  self->out = g_malloc (OUT_SIZE);
  self->in = g_malloc (ICE_TURN_FRAME_MAX);
  open_end (&self->library, library, library, context, on_library, self);
  open_end (&self->server, server, server_connection, context, on_server, self);
  self->again = gst_ice_alarm_new (context, on_again, self);
  /* TLS may have read data already */
  self->in_again = TRUE;
  gst_ice_alarm_set (self->again, g_get_monotonic_time ());
  watch_both (self);
  return self;
}

/**
 * gst_ice_tunnel_flow_drain:
 * @self: a flow that has ended, but not because the library has closed
 *
 * libnice (0.1.21 to 0.1.23) reads freed memory when the connection of an
 * allocation ends, if a peer-reflexive candidate shares its socket. Therefore
 * the library does not see that end: what it sends is read and dropped until it
 * closes; then the flow ends again. The server's end is released now.
 *
 * Returns: whether that is so; %FALSE if the library has no allocation
 */
gboolean
gst_ice_tunnel_flow_drain (GstIceTunnelFlow *self)
{
  if (!self->in_allocated)
    return FALSE;
  close_end (&self->server);
  gst_ice_alarm_set (self->again, -1);
  watch (&self->library, G_IO_IN);
  return TRUE;
}

/**
 * gst_ice_tunnel_flow_free:
 * @self: (transfer full): a flow; neither end is closed by this
 */
void
gst_ice_tunnel_flow_free (GstIceTunnelFlow *self)
{
  gst_ice_alarm_free (self->again);
  close_end (&self->library);
  close_end (&self->server);
  g_clear_pointer (&self->answers, gst_ice_stun_responses_unref);
  g_clear_pointer (&self->peers, ice_turn_peers_unref);
  g_free (self->out);
  g_free (self->in);
  g_free (self);
}
