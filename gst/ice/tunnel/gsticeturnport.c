/* gst-ice: uses another local port to a TURN server over UDP.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tunnel/gsticeturnport.h"
#include "iothread/gsticealarm.h"
#include "tunnel/gsticeloopback.h"
#include "iothread/gsticefdwatch.h"
#include "stun/iceturnanswer.h"
#include "stun/iceturnretries.h"
#include "stun/iceturntransactions.h"
#include "tunnel/iceturnframe.h"
#include "stun/icestunheader.h"

#include <string.h>

/* Time limit: the library connects at once, in the same thread. */
#define ACCEPT_TIMEOUT (2 * G_TIME_SPAN_SECOND)
/* Reads of a direction before others have their turn. */
#define TURNS 16
/* RFC 8656 sections 12.4, 17, 19 */
#define CHANNEL_HEADER_SIZE 4
#define CHANNEL_FIRST_OCTET 64
#define ALLOCATION_MISMATCH 437
#define ALLOCATION_QUOTA_REACHED 486
/* The longest Allocate that is sent again from the next port. */
#define MAX_REQUEST 2048

struct _GstIceTurnPort
{
  GstIceIo *io;
  GSocketAddress *server;
  GstIceStunResponses *answers;
  IceTurnPeers *peers;         /* NULL: all Data indications pass */
  GstIceTurnPortFailed failed; /* NULL: not called any more */
  gpointer user_data;
  GstIceAlarm *limit;
  GstIceLoopback *loopback;
  GSocketConnection *library; /* NULL: not connected yet, or closed */
  GSocket *socket;            /* to the server */
  GstIceFdWatch *library_watch, *server_watch;
  guint tries;
  gboolean allocated; /* the library has an allocation */
  gboolean released;  /* the server has answered its release */
  IceTurnTransactions sent;
  IceTurnRetries retries;

  guint8 request[MAX_REQUEST]; /* the last Allocate */
  gsize request_size;
  guint8 *out; /* ICE_TURN_FRAME_MAX, from the library */
  gsize out_size;
  guint8 *in; /* ICE_TURN_FRAME_MAX, one message for the library */
  gsize in_size, in_written;
};

static void
clear (gpointer data)
{
  GstIceTurnPort *self = data;

  g_clear_pointer (&self->limit, gst_ice_alarm_free);
  g_clear_object (&self->socket);
  g_clear_object (&self->server);
  g_clear_pointer (&self->answers, gst_ice_stun_responses_unref);
  g_clear_pointer (&self->peers, ice_turn_peers_unref);
  g_free (self->out);
  g_free (self->in);
  gst_ice_io_release (self->io);
}

static void
unref (GstIceTurnPort *self)
{
  g_rc_box_release_full (self, clear);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstIceTurnPort, unref)

/* Drops the reference that it holds while it is in use. */
static void
end (GstIceTurnPort *self)
{
  gboolean carried = self->library != NULL;

  gst_ice_alarm_set (self->limit, -1);
  g_clear_pointer (&self->loopback, gst_ice_loopback_free);
  g_clear_pointer (&self->library_watch, gst_ice_fd_watch_free);
  g_clear_pointer (&self->server_watch, gst_ice_fd_watch_free);
  if (carried)
    g_io_stream_close (G_IO_STREAM (self->library), NULL, NULL);
  g_clear_object (&self->library);
  g_clear_object (&self->socket);
  if (carried)
    unref (self);
}

static void
fail (GstIceTurnPort *self, guint code, const gchar *why)
{
  g_autoptr (GstIceTurnPort) kept G_GNUC_UNUSED = g_rc_box_acquire (self);

  end (self);
  if (self->failed != NULL)
    self->failed (self, code, why, self->user_data);
}

static void
watch (GstIceFdWatch *watch, GSocket *socket, gushort events)
{
  GPollFD fd = { g_socket_get_fd (socket), events, 0 };

  gst_ice_fd_watch_set (watch, &fd, events != 0);
}

static GSocket *
get_library (GstIceTurnPort *self)
{
  return g_socket_connection_get_socket (self->library);
}

/* While data waits for the library, no more is read for it. */
static void
watch_both (GstIceTurnPort *self)
{
  gboolean waits = self->in_size > 0;

  watch (self->library_watch, get_library (self),
      G_IO_IN | (waits ? G_IO_OUT : 0));
  watch (self->server_watch, self->socket, waits ? 0 : G_IO_IN);
}

static gboolean
open_socket (GstIceTurnPort *self, GError **error)
{
  g_autoptr (GSocket)
      socket = g_socket_new (g_socket_address_get_family (self->server),
          G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, error);

  if (socket == NULL || !g_socket_connect (socket, self->server, NULL, error))
    return FALSE;
  g_socket_set_blocking (socket, FALSE);
  g_clear_object (&self->socket);
  self->socket = g_steal_pointer (&socket);
  self->tries++;
  return TRUE;
}

/* --- to the server --- */

/* Returns: the length of the first message, without padding; 0 if incomplete */
static gsize
get_size (const guint8 *data, gsize size)
{
  if (size < CHANNEL_HEADER_SIZE)
    return 0;
  return ice_stun_read_16 (data + 2)
      + (data[0] < CHANNEL_FIRST_OCTET ? ICE_STUN_HEADER_SIZE
                                       : CHANNEL_HEADER_SIZE);
}

/* A datagram that the kernel refuses is lost, as any datagram may be. */
static void
send_message (GstIceTurnPort *self, const guint8 *data, gsize size)
{
  if (ice_stun_read_16 (data) == ICE_TURN_METHOD_ALLOCATE
      && size <= MAX_REQUEST) {
    memcpy (self->request, data, size);
    self->request_size = size;
  }
  ice_turn_transactions_sent (&self->sent, data, size);
  g_socket_send_with_blocking (
      self->socket, (const gchar *) data, size, FALSE, NULL, NULL);
}

static void
send_messages (GstIceTurnPort *self)
{
  gsize size;

  while ((size = get_size (self->out, self->out_size)) > 0
      && ice_stun_pad (size) <= self->out_size) {
    send_message (self, self->out, size);
    self->out_size -= ice_stun_pad (size);
    memmove (self->out, self->out + ice_stun_pad (size), self->out_size);
  }
}

/* Returns: FALSE: it has ended */
static gboolean
write_in (GstIceTurnPort *self)
{
  g_autoptr (GError) error = NULL;
  gssize n;

  if (self->in_size == 0)
    return TRUE;
  n = g_socket_send_with_blocking (get_library (self),
      (const gchar *) self->in + self->in_written,
      self->in_size - self->in_written, FALSE, NULL, &error);
  if (n < 0 && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)) {
    end (self);
    return FALSE;
  }
  self->in_written += MAX (n, 0);
  if (self->in_written == self->in_size)
    self->in_size = self->in_written = 0;
  return TRUE;
}

/* Returns: FALSE: it has ended */
static gboolean
read_library (GstIceTurnPort *self, gboolean *more)
{
  g_autoptr (GError) error = NULL;
  gssize n = g_socket_receive_with_blocking (get_library (self),
      (gchar *) self->out + self->out_size, ICE_TURN_FRAME_MAX - self->out_size,
      FALSE, NULL, &error);

  *more = n > 0;
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return TRUE;
  if (n <= 0) { /* or a message does not fit */
    end (self);
    return FALSE;
  }
  self->out_size += (gsize) n;
  send_messages (self);
  return TRUE;
}

static void
on_library (gpointer data)
{
  g_autoptr (GstIceTurnPort) self = g_rc_box_acquire (data);
  gboolean more = TRUE;
  guint i;

  if (!write_in (self))
    return;
  for (i = 0; i < TURNS && more; i++)
    if (!read_library (self, &more))
      return;
  watch_both (self);
}

/* --- from the server --- */

static void
try_next (GstIceTurnPort *self)
{
  if (self->tries >= GST_ICE_TURN_PORT_TRIES || self->request_size == 0
      || !open_socket (self, NULL)) {
    fail (self, ALLOCATION_MISMATCH, "");
    return;
  }
  watch_both (self);
  g_socket_send_with_blocking (self->socket, (const gchar *) self->request,
      self->request_size, FALSE, NULL, NULL);
}

/* Handles an error of the server. Returns: whether it is not for the library */
static gboolean
handle_error (GstIceTurnPort *self, gsize size)
{
  guint method;
  gboolean is_signed;
  guint code = ice_turn_answer_get_error (self->in, size, &method, &is_signed);

  if (code == 0 || method != ICE_TURN_METHOD_ALLOCATE)
    return FALSE;
  if (code == ALLOCATION_MISMATCH) {
    try_next (self);
    return TRUE;
  }
  if (is_signed || code == 400 || code == 401 || code == 438)
    return FALSE;
  if (code == ALLOCATION_QUOTA_REACHED)
    fail (self, code, "");
  else
    fail (self, 0, NULL);
  return TRUE;
}

static void
pass (GstIceTurnPort *self, gsize size)
{
  memset (self->in + size, 0, ice_stun_pad (size) - size);
  if (!gst_ice_stun_responses_take (self->answers, NULL, NULL, self->in, size)
      && (self->peers == NULL
          || ice_turn_peers_judge (
              self->peers, self->in, size, g_get_monotonic_time ()))) {
    self->in_size = ice_stun_pad (size);
    self->allocated |= ice_stun_read_16 (self->in) == ICE_TURN_ALLOCATE_SUCCESS;
  }
}

/* ChannelData may be padded in a datagram, too (RFC 8656 section 12.5). */
static gboolean
is_one_message (const guint8 *data, gsize size)
{
  gsize whole = get_size (data, size);

  return whole == size
      || (whole > 0 && data[0] >= CHANNEL_FIRST_OCTET
          && ice_stun_pad (whole) == size);
}

/* The server may repeat it, as long as the id of that request is kept. A port
 * that failed because of it would close the connection of an allocation, which
 * libnice does not survive, see gst_ice_tunnel_flow_drain(). */
static gboolean
answers_allocate (const guint8 *message)
{
  guint type = ice_stun_read_16 (message);

  return type == ICE_TURN_ALLOCATE_SUCCESS || type == ICE_TURN_ALLOCATE_ERROR;
}

/* Returns: FALSE: it has ended, or uses another port */
static gboolean
sift (GstIceTurnPort *self, gsize size)
{
  gsize length;
  guint code;

  if (!is_one_message (self->in, size)
      || !ice_turn_transactions_may_come (&self->sent, self->in, size)
      || (self->allocated && answers_allocate (self->in)))
    return TRUE;
  switch (ice_turn_retries_look (
      &self->retries, self->in, size, g_get_monotonic_time (), &code)) {
    case ICE_TURN_RETRIES_PASS:
      break;
    case ICE_TURN_RETRIES_DROP:
      return TRUE;
    case ICE_TURN_RETRIES_GIVE_UP:
      fail (self, code, "");
      return FALSE;
  }
  if (handle_error (self, size))
    return FALSE;
  switch (ice_turn_frame_look (self->in, ice_stun_pad (size), FALSE, &length)) {
    case ICE_TURN_FRAME_PASS:
      pass (self, size);
      break;
    case ICE_TURN_FRAME_RELEASED:
      if (!self->released)
        pass (self, size);
      self->released = TRUE;
      break;
    case ICE_TURN_FRAME_INCOMPLETE:
    case ICE_TURN_FRAME_DROP:
    case ICE_TURN_FRAME_GARBAGE:
      break;
    case ICE_TURN_FRAME_UNUSABLE:
      fail (self, 0, ICE_TURN_UNUSABLE);
      return FALSE;
    case ICE_TURN_FRAME_REDIRECT:
      fail (self, 300, "redirects to another server");
      return FALSE;
  }
  return TRUE;
}

static void
on_server (gpointer data)
{
  g_autoptr (GstIceTurnPort) self = g_rc_box_acquire (data);
  guint i;

  for (i = 0; i < TURNS && self->in_size == 0; i++) {
    gssize n = g_socket_receive_with_blocking (self->socket, (gchar *) self->in,
        ICE_TURN_FRAME_MAX - CHANNEL_HEADER_SIZE, FALSE, NULL, NULL);

    if (n
        < 0) /* or no process listens there: the library repeats its request */
      break;
    if (!sift (self, (gsize) n) || !write_in (self))
      return;
  }
  watch_both (self);
}

/* --- the library --- */

static void
on_accepted (GSocketConnection *connection, gpointer data)
{
  GstIceTurnPort *self = data;
  GMainContext *context = gst_ice_io_get_context (self->io);

  gst_ice_alarm_set (self->limit, -1);
  g_clear_pointer (&self->loopback, gst_ice_loopback_free);
  self->library = g_object_ref (connection);
  g_rc_box_acquire (self);
  self->library_watch = gst_ice_fd_watch_new (context, on_library, self);
  self->server_watch = gst_ice_fd_watch_new (context, on_server, self);
  watch_both (self);
}

/* The library did not connect. */
static void
on_accept_limit (gpointer data)
{
  fail (data, 0, "could not be reached from another port");
}

/**
 * gst_ice_turn_port_new:
 * @server: (transfer none): a TURN server over UDP, with its address
 * @io: (transfer none): the I/O thread, in which this is called
 * @answers: (transfer none): takes answers to our own requests out of the input
 * @failed: called once at most
 * @user_data: for @failed
 * @error: return location for a #GIOErrorEnum, or %NULL
 *
 * Returns: (transfer full) (nullable): a port that listens for the library, to
 * be freed by gst_ice_turn_port_let_go(); %NULL with @error set
 */
GstIceTurnPort *
gst_ice_turn_port_new (const IceServer *server, GstIceIo *io,
    GstIceStunResponses *answers, GstIceTurnPortFailed failed,
    gpointer user_data, GError **error)
{
  g_autoptr (GstIceTurnPort) self = g_rc_box_new0 (GstIceTurnPort);
  GMainContext *context = gst_ice_io_get_context (io);

  self->io = gst_ice_io_ref (io);
  self->answers = gst_ice_stun_responses_ref (answers);
  self->failed = failed;
  self->user_data = user_data;
  self->limit = gst_ice_alarm_new (context, on_accept_limit, self);
  self->out = g_malloc (ICE_TURN_FRAME_MAX);
  self->in = g_malloc (ICE_TURN_FRAME_MAX);
  self->server = g_inet_socket_address_new_from_string (
      server->address, server->port);
  if (self->server == NULL) {
    g_set_error_literal (
        error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "it has no address");
    return NULL;
  }
  if (!open_socket (self, error))
    return NULL;
  self->loopback = gst_ice_loopback_new (
      g_socket_address_get_family (self->server), context, on_accepted, self,
      error);
  if (self->loopback == NULL)
    return NULL;
  gst_ice_alarm_set (self->limit, g_get_monotonic_time () + ACCEPT_TIMEOUT);
  return g_steal_pointer (&self);
}

/**
 * gst_ice_turn_port_set_peers:
 * @self: a port that is new
 * @peers: (transfer none): decides which Data indications pass
 */
void
gst_ice_turn_port_set_peers (GstIceTurnPort *self, IceTurnPeers *peers)
{
  g_return_if_fail (self->peers == NULL);
  self->peers = ice_turn_peers_ref (peers);
}

/**
 * gst_ice_turn_port_let_go:
 * @self: (transfer full): a port in any state
 *
 * No callback is called any more. A port in use continues until the library
 * closes its end.
 */
void
gst_ice_turn_port_let_go (GstIceTurnPort *self)
{
  self->failed = NULL;
  if (self->library == NULL)
    end (self);
  unref (self);
}

/**
 * gst_ice_turn_port_get_address:
 * @self: a port that is new
 *
 * Returns: (transfer none): the address that the library has to connect to at
 * once
 */
GInetSocketAddress *
gst_ice_turn_port_get_address (GstIceTurnPort *self)
{
  return gst_ice_loopback_get_address (self->loopback);
}

/**
 * gst_ice_turn_port_accept:
 * @self: a port that is new
 *
 * To be called right after the library has connected.
 */
void
gst_ice_turn_port_accept (GstIceTurnPort *self)
{
  if (self->loopback != NULL)
    gst_ice_loopback_accept (self->loopback);
}
