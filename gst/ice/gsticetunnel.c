/* gst-ice: TURN over TCP and TLS for who speaks TURN over TCP.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Each operation under way has a reference. So a tunnel that carries lives
 * until one of its ends is closed, also when nobody else has it any more: the
 * library's last request, which gives the allocation back, goes through it. */

#include "gsticetunnel.h"

#include "gsticealarm.h"
#include "gsticeloopback.h"
#include "gsticetunnelconnect.h"
#include "iceturnframe.h"
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

/* The library connects at once, in the same thread. */
#define ACCEPT_TIMEOUT (2 * G_TIME_SPAN_SECOND)
/* How long a server may take to hear that we close (RFC 8446 section 6.1). */
#define CLOSE_TIMEOUT (G_TIME_SPAN_SECOND / 2)
#define OUT_SIZE (16 * 1024)

typedef enum
{
  TUNNEL_CONNECTING, /* gst_ice_tunnel_connect_async() */
  TUNNEL_REACHED,
  TUNNEL_LISTENING,
  TUNNEL_CARRYING,
  TUNNEL_CLOSING, /* the library is gone, one direction is still busy */
  TUNNEL_ENDED
} TunnelState;

struct _GstIceTunnel
{
  TunnelState state;
  GstIceIo *io;
  GstIceTunnelCallbacks callbacks; /* no functions: nobody listens */
  gpointer user_data;
  GCancellable *cancellable; /* of all that is under way */
  GstIceAlarm *limit;        /* of what the state waits for */
  GstIceAnswers *answers;    /* NULL: the library has them all */

  GSocketConnection *tcp; /* to the server */
  GIOStream *remote;      /* the same; over TLS, what is in it */
  GstIceLoopback *loopback;
  GSocketConnection *local; /* to the library */

  guint8 *out; /* OUT_SIZE, to the server */
  guint8 *in;  /* ICE_TURN_FRAME_MAX, to the library */
  gsize in_size;
  gsize in_whole; /* of it: messages that may pass */
  gsize in_skip;  /* of what comes next */
  gboolean in_begun;
};

static void read_out (GstIceTunnel *self);
static void read_in (GstIceTunnel *self);

static void
close_local (GstIceTunnel *self)
{
  if (self->local != NULL)
    g_io_stream_close (G_IO_STREAM (self->local), NULL, NULL);
  g_clear_object (&self->local);
}

static void
clear (gpointer data)
{
  GstIceTunnel *self = data;

  g_clear_pointer (&self->limit, gst_ice_alarm_free);
  g_clear_pointer (&self->loopback, gst_ice_loopback_free);
  close_local (self);
  if (self->tcp != NULL)
    g_io_stream_close (G_IO_STREAM (self->tcp), NULL, NULL);
  g_clear_object (&self->remote);
  g_clear_object (&self->tcp);
  g_clear_pointer (&self->answers, gst_ice_answers_unref);
  g_object_unref (self->cancellable);
  g_free (self->out);
  g_free (self->in);
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

static void
end (GstIceTunnel *self)
{
  self->state = TUNNEL_ENDED;
  g_cancellable_cancel (self->cancellable);
  g_clear_pointer (&self->limit, gst_ice_alarm_free);
  g_clear_pointer (&self->loopback, gst_ice_loopback_free);
}

static void
on_remote_closed (GObject *remote, GAsyncResult *result, gpointer data)
{
  g_autoptr (GstIceTunnel) self = data;

  g_io_stream_close_finish (G_IO_STREAM (remote), result, NULL);
}

static void
on_close_limit (gpointer data)
{
  GstIceTunnel *self = data;

  g_cancellable_cancel (self->cancellable);
}

static void
close_remote (GstIceTunnel *self)
{
  self->limit = gst_ice_alarm_new (
      gst_ice_io_get_context (self->io), on_close_limit, self);
  gst_ice_alarm_set (self->limit, g_get_monotonic_time () + CLOSE_TIMEOUT);
  g_io_stream_close_async (self->remote, G_PRIORITY_DEFAULT, self->cancellable,
      on_remote_closed, ref (self));
}

/* From one direction, and when the other one has ended too: the goodbye. */
static void
library_is_gone (GstIceTunnel *self)
{
  gboolean first = self->state == TUNNEL_CARRYING;

  end (self);
  if (first) {
    self->state = TUNNEL_CLOSING;
    return;
  }
  g_object_unref (self->cancellable);
  self->cancellable = g_cancellable_new ();
  close_remote (self);
}

/* Returns: whether a direction is to go on */
static gboolean
carries (GstIceTunnel *self)
{
  if (self->state == TUNNEL_CLOSING)
    library_is_gone (self);
  else if (self->state == TUNNEL_ENDED) /* the other direction has failed */
    close_local (self);
  return self->state == TUNNEL_CARRYING;
}

static void
fail (GstIceTunnel *self, guint code, const gchar *why)
{
  g_autoptr (GstIceTunnel) held = ref (self);

  if (self->state == TUNNEL_ENDED)
    return;
  end (self);
  if (self->callbacks.failed != NULL)
    self->callbacks.failed (self, code, why, self->user_data);
}

static gboolean
is_tls (GstIceTunnel *self)
{
  return G_IS_TLS_CONNECTION (self->remote);
}

static void
fail_closed (GstIceTunnel *self)
{
  fail (self, 0,
      is_tls (self)
          ? "closed the TLS connection: check that it is a TURN server"
          : "closed the TCP connection: check that it is a TURN server");
}

/* --- to the server --- */

static void
on_out_written (GObject *stream, GAsyncResult *result, gpointer data)
{
  g_autoptr (GstIceTunnel) self = data;
  gboolean good = g_output_stream_write_all_finish (
      G_OUTPUT_STREAM (stream), result, NULL, NULL);

  if (!carries (self))
    return;
  if (good)
    read_out (self);
  else
    fail_closed (self);
}

static void
on_out_read (GObject *stream, GAsyncResult *result, gpointer data)
{
  g_autoptr (GstIceTunnel) self = data;
  gssize n = g_input_stream_read_finish (G_INPUT_STREAM (stream), result, NULL);

  if (!carries (self))
    return;
  if (n > 0)
    g_output_stream_write_all_async (
        g_io_stream_get_output_stream (self->remote), self->out, n,
        G_PRIORITY_DEFAULT, self->cancellable, on_out_written, ref (self));
  else
    library_is_gone (self);
}

static void
read_out (GstIceTunnel *self)
{
  g_input_stream_read_async (
      g_io_stream_get_input_stream (G_IO_STREAM (self->local)), self->out,
      OUT_SIZE, G_PRIORITY_DEFAULT, self->cancellable, on_out_read, ref (self));
}

/* --- from the server --- */

static void
on_in_written (GObject *stream, GAsyncResult *result, gpointer data)
{
  g_autoptr (GstIceTunnel) self = data;
  gboolean good = g_output_stream_write_all_finish (
      G_OUTPUT_STREAM (stream), result, NULL, NULL);

  if (!carries (self))
    return;
  if (!good) {
    library_is_gone (self);
    return;
  }
  self->in_size -= self->in_whole;
  memmove (self->in, self->in + self->in_whole, self->in_size);
  self->in_whole = 0;
  read_in (self);
}

static void
drop (GstIceTunnel *self, gsize length)
{
  gsize n = MIN (length, self->in_size - self->in_whole);

  self->in_size -= n;
  memmove (self->in + self->in_whole, self->in + self->in_whole + n,
      self->in_size - self->in_whole);
  self->in_skip = length - n;
}

static void
pass (GstIceTunnel *self, gsize length)
{
  self->in_begun = TRUE;
  if (self->answers != NULL
      && gst_ice_answers_take (
          self->answers, NULL, self->in + self->in_whole, length))
    drop (self, length);
  else
    self->in_whole += length;
}

/* Returns: whether all is well */
static gboolean
sift (GstIceTunnel *self)
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
        fail (self, 300, "sends us to another server");
        return FALSE;
      case ICE_TURN_FRAME_GARBAGE:
        fail (self, 0,
            is_tls (self) ? "speaks TLS, but what it says is not TURN"
                          : "speaks TCP, but what it says is not TURN");
        return FALSE;
    }
  }
}

/* What is there already: over TLS a read gives one record, and a server makes
 * one of each message. The end and errors are left to the next read. */
static void
read_more (GstIceTunnel *self)
{
  GPollableInputStream *stream = G_POLLABLE_INPUT_STREAM (
      g_io_stream_get_input_stream (self->remote));
  gssize n;

  do {
    n = g_pollable_input_stream_read_nonblocking (stream,
        self->in + self->in_size, ICE_TURN_FRAME_MAX - self->in_size, NULL,
        NULL);
    self->in_size += MAX (n, 0);
  } while (n > 0 && self->in_size < ICE_TURN_FRAME_MAX);
}

static void
on_in_read (GObject *stream, GAsyncResult *result, gpointer data)
{
  g_autoptr (GstIceTunnel) self = data;
  gssize n = g_input_stream_read_finish (G_INPUT_STREAM (stream), result, NULL);

  if (!carries (self))
    return;
  if (n <= 0) {
    fail_closed (self);
    return;
  }
  self->in_size += n;
  if (is_tls (self) && self->in_size < ICE_TURN_FRAME_MAX)
    read_more (self);
  if (!sift (self))
    return;
  if (self->in_whole == 0)
    read_in (self);
  else
    g_output_stream_write_all_async (
        g_io_stream_get_output_stream (G_IO_STREAM (self->local)), self->in,
        self->in_whole, G_PRIORITY_DEFAULT, self->cancellable, on_in_written,
        ref (self));
}

/* There is room: no message that is waited for is longer than the buffer. */
static void
read_in (GstIceTunnel *self)
{
  g_input_stream_read_async (g_io_stream_get_input_stream (self->remote),
      self->in + self->in_size, ICE_TURN_FRAME_MAX - self->in_size,
      G_PRIORITY_DEFAULT, self->cancellable, on_in_read, ref (self));
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
  self->out = g_malloc (OUT_SIZE);
  self->in = g_malloc (ICE_TURN_FRAME_MAX);
  self->state = TUNNEL_CARRYING;
  read_out (self);
  read_in (self);
}

/**
 * gst_ice_tunnel_get_family:
 * @self: a tunnel that has reached its server
 *
 * Returns: the kind of address over which it did
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
 * Returns: (transfer full) (nullable): the address of this machine from which
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
 * @family: the kind of address that the library can connect to
 * @error: return location for a #GIOErrorEnum, or %NULL
 *
 * Returns: (transfer none) (nullable): where the library is to connect, now;
 *   %NULL with @error set where this machine has no such address
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
 * Right after the library has connected: the port is closed by this.
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

/* The library had no use for it. */
static void
on_accept_limit (gpointer data)
{
  end (data);
}

/**
 * gst_ice_tunnel_new:
 * @server: (transfer none): the server, over TCP or TLS; its name is looked up,
 *   and its addresses are tried one after the other
 * @io: (transfer none): the I/O thread, in which this is
 * @trusted: (nullable): whose certificates to believe; %NULL: the system's
 * @timeout: how long it may take until the server is reached, ms
 * @callbacks: copied
 * @user_data: for both
 *
 * Returns: (transfer full): a tunnel that is being built
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
 * @answers: (transfer none): who takes the answers out of what comes
 */
void
gst_ice_tunnel_set_answers (GstIceTunnel *self, GstIceAnswers *answers)
{
  g_return_if_fail (self->answers == NULL);
  self->answers = gst_ice_answers_ref (answers);
}

/**
 * gst_ice_tunnel_let_go:
 * @self: (transfer full): a tunnel in any state
 *
 * No callback comes any more. One that carries goes on until the library closes
 * its end, or the server does; all others end now.
 */
void
gst_ice_tunnel_let_go (GstIceTunnel *self)
{
  memset (&self->callbacks, 0, sizeof self->callbacks);
  if (self->state < TUNNEL_CARRYING)
    end (self);
  unref (self);
}
