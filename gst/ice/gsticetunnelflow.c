/* gst-ice: what goes through a tunnel, both ways.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A direction reads only when all that it read before is written: where one end
 * takes nothing, the other one is read no more. */

#include "gsticetunnelflow.h"

#include "gsticealarm.h"
#include "gsticewatch.h"
#include "iceturnframe.h"
#include <string.h>

#define OUT_SIZE (16 * 1024)
/* Of a direction, until others have their turn. */
#define TURNS 16

/* What a stream says, but for the number of bytes. */
#define BLOCKED (-2)
#define FAILED (-1)
#define CLOSED 0

typedef struct
{
  GIOStream *stream;
  GstIceWatch *watch;
  GPollFD fd; /* what it is watched for; 0: not at all */
} End;

struct _GstIceTunnelFlow
{
  GstIceTunnelFlowFunc ended;
  gpointer user_data;
  GstIceAnswers *answers; /* NULL: the library has them all */
  gboolean is_tls;
  End library, server;
  GstIceAlarm *again; /* of a direction whose turns were over */
  gboolean out_again, in_again;

  guint8 *out; /* OUT_SIZE, to the server */
  gsize out_size, out_written;

  guint8 *in; /* ICE_TURN_FRAME_MAX, to the library */
  gsize in_size;
  gsize in_whole; /* of it: messages that may pass */
  gsize in_written;
  gsize in_skip;    /* of what comes next */
  gboolean in_more; /* the last reading left something, which TLS may have */
  gboolean in_begun;
  gboolean is_deaf; /* the library; it may have said something before */
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

/* Returns: FALSE, for it may be gone now */
static gboolean
finish (GstIceTunnelFlow *self, GstIceTunnelFlowEnd end)
{
  self->ended (end, self->user_data);
  return FALSE;
}

/* --- to the server --- */

/* Reads or writes once, or both. more: (out): there may be more to do now.
 * Returns: FALSE: it has ended, and may be gone */
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
    return finish (self, GST_ICE_TUNNEL_FLOW_SERVER_GONE);
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
  gsize n = MIN (length, self->in_size - self->in_whole);

  self->in_size -= n;
  memmove (self->in + self->in_whole, self->in + self->in_whole + n,
      self->in_size - self->in_whole);
  self->in_skip = length - n;
}

static void
pass (GstIceTunnelFlow *self, gsize length)
{
  self->in_begun = TRUE;
  if (self->answers != NULL
      && gst_ice_answers_take (
          self->answers, NULL, self->in + self->in_whole, length))
    drop (self, length);
  else
    self->in_whole += length;
}

/* Returns: FALSE: it has ended, and may be gone */
static gboolean
sift (GstIceTunnelFlow *self)
{
  drop (self, self->in_skip);
  for (;;) {
    gsize length;

    switch (ice_turn_frame_look (self->in + self->in_whole,
        self->in_size - self->in_whole, !self->in_begun, &length)) {
      case ICE_TURN_FRAME_INCOMPLETE:
        return TRUE;
      case ICE_TURN_FRAME_PASS:
        pass (self, length);
        break;
      case ICE_TURN_FRAME_DROP:
        drop (self, length);
        break;
      case ICE_TURN_FRAME_REDIRECT:
        return finish (self, GST_ICE_TUNNEL_FLOW_REDIRECTED);
      case ICE_TURN_FRAME_GARBAGE:
        return finish (self, GST_ICE_TUNNEL_FLOW_GARBAGE);
    }
  }
}

/* There is room: no message that is waited for is longer than the buffer. Over
 * TLS a read gives one record, and a server makes one of each message. */
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
  if (self->in_size > before) /* the end and errors are the next read's */
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
  if (n <= FAILED) /* the other direction will hear of it */
    self->is_deaf = TRUE;
  else
    self->in_written += (gsize) n;
  if (!self->is_deaf && self->in_written < self->in_whole)
    return TRUE;
  forget_whole (self);
  return self->in_more;
}

/* As carry_out(). */
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
      return finish (self, GST_ICE_TUNNEL_FLOW_SERVER_GONE);
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
  gst_ice_watch_set (end->watch, &end->fd, events != 0 ? 1 : 0);
}

/* Who is to be read is so where nothing that it said waits. An end that nothing
 * is wanted of is not watched: it would tell that it is closed without end. */
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

/* It may be gone after this. */
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

/* What it says, and what waits for it. */

static void
on_library (gpointer data)
{
  GstIceTunnelFlow *self = data;

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
    GMainContext *context, GstIceWatchFunc function, GstIceTunnelFlow *self)
{
  end->stream = g_object_ref (stream);
  end->fd.fd = g_socket_get_fd (g_socket_connection_get_socket (connection));
  end->watch = gst_ice_watch_new (context, function, self);
}

static void
close_end (End *end)
{
  gst_ice_watch_free (end->watch);
  g_object_unref (end->stream);
}

/**
 * gst_ice_tunnel_flow_new:
 * @context: the I/O thread's
 * @library: (transfer none): the connection to the library
 * @server: (transfer none): what to speak to the server through
 * @server_connection: (transfer none): the same, or what is below TLS
 * @answers: (transfer none) (nullable): who takes them out of what comes
 * @ended: called once, and nothing flows any more
 * @user_data: for @ended
 *
 * Returns: (transfer full): the flow, which begins when this thread is idle
 */
GstIceTunnelFlow *
gst_ice_tunnel_flow_new (GMainContext *context, GSocketConnection *library,
    GIOStream *server, GSocketConnection *server_connection,
    GstIceAnswers *answers, GstIceTunnelFlowFunc ended, gpointer user_data)
{
  GstIceTunnelFlow *self = g_new0 (GstIceTunnelFlow, 1);

  self->ended = ended;
  self->user_data = user_data;
  self->answers = answers != NULL ? gst_ice_answers_ref (answers) : NULL;
  self->is_tls = G_IS_TLS_CONNECTION (server);
  self->out = g_malloc (OUT_SIZE);
  self->in = g_malloc (ICE_TURN_FRAME_MAX);
  open_end (&self->library, library, library, context, on_library, self);
  open_end (&self->server, server, server_connection, context, on_server, self);
  self->again = gst_ice_alarm_new (context, on_again, self);
  /* TLS may have read something already */
  self->in_again = TRUE;
  gst_ice_alarm_set (self->again, g_get_monotonic_time ());
  watch_both (self);
  return self;
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
  g_clear_pointer (&self->answers, gst_ice_answers_unref);
  g_free (self->out);
  g_free (self->in);
  g_free (self);
}
