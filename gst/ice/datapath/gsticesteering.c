/* gst-ice: sockets for media and for the answers to our own STUN requests.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Ours because libnice (up to 0.1.23) has no function that sends a request of
 * our own from its port and returns the answer, nor one that sends or receives
 * many datagrams at once. With both this would end. */

#include "datapath/gsticesteering.h"
#include "datapath/gsticesteeringprogram.h"
#include "iothread/gsticefdwatch.h"
#include "stun/icerequest.h"

#include <errno.h>
#include <string.h>
#ifdef __linux__
#include <linux/filter.h>
#include <sys/socket.h>
#endif

/* An answer has about a hundred octets; a longer datagram is not an answer. */
#define MAX_ANSWER 1500
#define SLACK 64
/* Datagrams that are read in a row, so that a flood does not starve others. */
#define MAX_ANSWERS 16

struct _GstIceSteering
{
  GSocket *socket;
  GstIceSteeringRule rule;
  gboolean is_followed; /* the kernel follows that rule */
  GstIceSteeringRequested requested;
  gpointer user_data;
  GstIceSteeringEmpty empty; /* NULL: they are dropped */
  gpointer empty_data;
  GstIceFdWatch *watch;
  GInetSocketAddress *address;
  GstIceStunResponses *answers;
  GstIceDatagramSocket *media; /* NULL: not opened */
  GstIceDatagramSocket *plain; /* NULL: not asked for */
};

#ifdef __linux__

static gboolean
set_option (GSocket *socket, gint option, gconstpointer value, gsize size,
    GError **error)
{
  gint code;

  if (setsockopt (
          g_socket_get_fd (socket), SOL_SOCKET, option, value, (socklen_t) size)
      == 0)
    return TRUE;
  code = errno;
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code),
      "the system cannot steer datagrams: %s", g_strerror (code));
  return FALSE;
}

static gboolean
steer (GSocket *socket, const GstIceSteeringRule *rule, GError **error)
{
  g_autoptr (GArray) steps = gst_ice_steering_program_new (rule);
  struct sock_fprog program;

  memset (&program, 0, sizeof (program)); /* padding too, for valgrind */
  program.len = (gushort) steps->len;
  program.filter = (struct sock_filter *) steps->data;
  return set_option (
      socket, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof (program), error);
}

/**
 * gst_ice_steering_is_possible:
 *
 * Any thread. Tries it with a socket that is not bound, for port 0 may be one
 * of those that share their port.
 *
 * Returns: whether gst_ice_steering_new() is likely to work on this system
 */
gboolean
gst_ice_steering_is_possible (void)
{
  g_autoptr (GSocket) socket = g_socket_new (G_SOCKET_FAMILY_IPV4,
      G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, NULL);
  const GstIceSteeringRule rule = { .rest = GST_ICE_STEER_TO_AGENT };
  const gint on = 1;

  if (socket == NULL)
    socket = g_socket_new (G_SOCKET_FAMILY_IPV6, G_SOCKET_TYPE_DATAGRAM,
        G_SOCKET_PROTOCOL_UDP, NULL);
  return socket != NULL
      && set_option (socket, SO_REUSEPORT, &on, sizeof (on), NULL)
      && steer (socket, &rule, NULL);
}

/* One more socket of the group; the agent's socket is its first. */
static GSocket *
bind_beside (GSocketAddress *address, GError **error)
{
  g_autoptr (GSocket)
      socket = g_socket_new (g_socket_address_get_family (address),
          G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, error);

  if (socket == NULL)
    return NULL;
  g_socket_set_blocking (socket, FALSE);
  /* TRUE: sets SO_REUSEPORT on UDP sockets; FALSE would clear it */
  if (!g_socket_bind (socket, address, TRUE, error))
    return NULL;
  return g_steal_pointer (&socket);
}

static GSocket *
join (GSocket *agent_socket, GSocketAddress *address,
    const GstIceSteeringRule *rule, GError **error)
{
  g_autoptr (GSocket) socket = NULL;
  const gint on = 1;

  if (!set_option (agent_socket, SO_REUSEPORT, &on, sizeof (on), error))
    return NULL;
  socket = bind_beside (address, error);
  if (socket == NULL || !steer (socket, rule, error))
    return NULL;
  return g_steal_pointer (&socket);
}

/**
 * gst_ice_steering_open_media:
 * @self: a steering socket
 * @peer_addresses: the addresses whose datagrams the media socket accepts
 * @error: why the system cannot
 *
 * The I/O thread. Nothing is steered to it yet.
 *
 * Returns: (transfer none) (nullable): the media socket, always the same one
 */
GstIceDatagramSocket *
gst_ice_steering_open_media (
    GstIceSteering *self, GstIcePeerAddresses *peer_addresses, GError **error)
{
  GSocket *socket;

  if (self->media != NULL)
    return self->media;
  socket = bind_beside (G_SOCKET_ADDRESS (self->address), error);
  if (socket != NULL)
    self->media = gst_ice_datagram_socket_new (socket, peer_addresses);
  return self->media;
}

#else

gboolean
gst_ice_steering_is_possible (void)
{
  return FALSE;
}

static gboolean
steer (GSocket *socket, const GstIceSteeringRule *rule, GError **error)
{
  g_return_val_if_reached (FALSE); /* there is no steering socket */
}

static GSocket *
join (GSocket *agent_socket, GSocketAddress *address,
    const GstIceSteeringRule *rule, GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
      "datagrams can be steered on Linux only");
  return NULL;
}

GstIceDatagramSocket *
gst_ice_steering_open_media (
    GstIceSteering *self, GstIcePeerAddresses *peer_addresses, GError **error)
{
  g_return_val_if_reached (NULL); /* there is no steering socket */
}

#endif

/* The kernel compiles a program each time, which costs more than all else of a
 * change. */
static gboolean
follow (GstIceSteering *self, GError **error)
{
  self->is_followed = steer (self->socket, &self->rule, error);
  return self->is_followed;
}

/**
 * gst_ice_steering_steer_media:
 * @self: a steering socket whose media socket is open
 * @steer_it: whether datagrams that are not STUN go to the media socket from
 *   now on, else to the agent
 * @spare_channel_data: whether ChannelData goes to the agent nevertheless: a
 *   TURN server is in use
 * @spared: (nullable): a native IP address of which everything goes to the
 *   agent nevertheless, but for empty datagrams, which it can't take
 * @error: why the system cannot
 *
 * The I/O thread.
 *
 * Returns: whether it does
 */
gboolean
gst_ice_steering_steer_media (GstIceSteering *self, gboolean steer_it,
    gboolean spare_channel_data, const struct sockaddr_storage *spared,
    GError **error)
{
  GstIceSteeringRule rule = self->rule;

  rule.rest = steer_it ? GST_ICE_STEER_TO_MEDIA : GST_ICE_STEER_TO_AGENT;
  rule.spare_channel_data = spare_channel_data;
  rule.spared = spared != NULL ? *spared : (struct sockaddr_storage){ 0 };
  if (self->is_followed && rule.rest == self->rule.rest
      && rule.spare_channel_data == self->rule.spare_channel_data
      && memcmp (&rule.spared, &self->rule.spared, sizeof (rule.spared)) == 0)
    return TRUE;
  self->rule = rule;
  return follow (self, error);
}

/**
 * gst_ice_steering_take_requests:
 * @self: a steering socket
 * @username: (nullable): of the requests that go to @requested from now on
 *   instead of to the agent; %NULL: none do
 * @requested: (nullable): is called for each, in the I/O thread
 * @user_data: for @requested
 * @error: why the system cannot
 *
 * The I/O thread. ice_request_has_username() defines which requests these are.
 *
 * Returns: whether they do; all others go where they went. %FALSE: @requested
 * is not called, and those of the username before may be lost
 */
gboolean
gst_ice_steering_take_requests (GstIceSteering *self, const gchar *username,
    GstIceSteeringRequested requested, gpointer user_data, GError **error)
{
  g_free (self->rule.username);
  self->rule.username = g_strdup (username);
  self->requested = requested;
  self->user_data = user_data;
  if (follow (self, error))
    return TRUE;
  g_clear_pointer (&self->rule.username, g_free);
  return FALSE;
}

/**
 * gst_ice_steering_take_empty:
 * @self: a steering socket
 * @empty: (nullable): is called, in the I/O thread, for each empty datagram
 *   that would be the agent's, which can't take it
 * @user_data: for @empty
 *
 * The I/O thread. Their order among others is lost.
 */
void
gst_ice_steering_take_empty (
    GstIceSteering *self, GstIceSteeringEmpty empty, gpointer user_data)
{
  self->empty = empty;
  self->empty_data = user_data;
}

static void
take (
    GstIceSteering *self, GSocketAddress *from, const guint8 *data, gsize size)
{
  if (!gst_ice_stun_responses_take (self->answers, self, from, data, size)
      && self->rule.username != NULL
      && ice_request_has_username (data, size, self->rule.username))
    self->requested (self, from, data, size, self->user_data);
}

static void
on_readable (gpointer data)
{
  GstIceSteering *self = data;
  /* libnice's STUN library looks a little beyond a cut attribute */
  guint8 answer[MAX_ANSWER + SLACK] = { 0 };
  guint i;

  for (i = 0; i < MAX_ANSWERS; i++) {
    g_autoptr (GSocketAddress) from = NULL;
    gssize size = g_socket_receive_from (
        self->socket, &from, (gchar *) answer, MAX_ANSWER, NULL, NULL);

    if (size < 0)
      break;
    if (size > 0)
      take (self, from, answer, (gsize) size);
    else if (self->empty != NULL && from != NULL)
      self->empty (self, from, self->empty_data);
  }
}

/**
 * gst_ice_steering_new:
 * @agent_socket: a bound UDP socket of the agent's
 * @answers: (transfer none): the requests that wait for answers
 * @context: of the I/O thread
 * @error: why the system cannot
 *
 * The I/O thread.
 *
 * Returns: (transfer full) (nullable): the socket; %NULL with @error set on
 *   systems that can't
 */
GstIceSteering *
gst_ice_steering_new (GSocket *agent_socket, GstIceStunResponses *answers,
    GMainContext *context, GError **error)
{
  g_autoptr (GSocketAddress)
      address = g_socket_get_local_address (agent_socket, error);
  const GstIceSteeringRule rule = { .tag = gst_ice_stun_responses_get_tag (
                                        answers),
    .rest = GST_ICE_STEER_TO_AGENT };
  g_autoptr (GSocket) socket = NULL;
  GPollFD fd = { .events = G_IO_IN };
  GstIceSteering *self;

  if (address == NULL)
    return NULL;
  socket = join (agent_socket, address, &rule, error);
  if (socket == NULL)
    return NULL;

  self = g_new0 (GstIceSteering, 1);
  self->socket = g_steal_pointer (&socket);
  self->rule = rule;
  self->is_followed = TRUE; /* join() did so */
  self->address = G_INET_SOCKET_ADDRESS (g_steal_pointer (&address));
  self->answers = gst_ice_stun_responses_ref (answers);
  self->watch = gst_ice_fd_watch_new (context, on_readable, self);
  fd.fd = g_socket_get_fd (self->socket);
  gst_ice_fd_watch_set (self->watch, &fd, 1);
  return self;
}

/**
 * gst_ice_steering_free:
 * @self: (transfer full): a steering socket
 *
 * The I/O thread. The agent's socket receives everything again, unless the
 * media socket is still referenced.
 */
void
gst_ice_steering_free (GstIceSteering *self)
{
  gst_ice_fd_watch_free (self->watch);
  g_clear_pointer (&self->media, gst_ice_datagram_socket_unref);
  g_clear_pointer (&self->plain, gst_ice_datagram_socket_unref);
  gst_ice_stun_responses_unref (self->answers);
  g_free (self->rule.username);
  g_object_unref (self->socket);
  g_object_unref (self->address);
  g_free (self);
}

/**
 * gst_ice_steering_list_sockets:
 * @self: a steering socket
 * @sockets: (inout) (element-type GSocket): takes references on all that are
 *   bound beside the agent's socket
 *
 * The I/O thread.
 */
void
gst_ice_steering_list_sockets (GstIceSteering *self, GPtrArray *sockets)
{
  g_ptr_array_add (sockets, g_object_ref (self->socket));
  if (self->media != NULL)
    g_ptr_array_add (sockets,
        g_object_ref (gst_ice_datagram_socket_get_socket (self->media)));
}

/**
 * gst_ice_steering_get_media:
 * @self: a steering socket
 *
 * Returns: (transfer none) (nullable): its media socket, where that is open
 */
GstIceDatagramSocket *
gst_ice_steering_get_media (GstIceSteering *self)
{
  return self->media;
}

/**
 * gst_ice_steering_get_plain:
 * @self: a steering socket
 * @peer_addresses: of the transport
 *
 * The I/O thread.
 *
 * Returns: (transfer none): a socket from which media can be sent without a
 *   media socket, one datagram in a message; it is not read
 */
GstIceDatagramSocket *
gst_ice_steering_get_plain (
    GstIceSteering *self, GstIcePeerAddresses *peer_addresses)
{
  if (self->plain == NULL)
    self->plain = gst_ice_datagram_socket_new_plain (
        g_object_ref (self->socket), peer_addresses);
  return self->plain;
}

/**
 * gst_ice_steering_is_at:
 * @self: a steering socket
 * @address: an address of this machine
 *
 * Returns: whether @self is bound to it
 */
gboolean
gst_ice_steering_is_at (GstIceSteering *self, GInetSocketAddress *address)
{
  return g_inet_socket_address_get_port (self->address)
      == g_inet_socket_address_get_port (address)
      && g_inet_address_equal (
          g_inet_socket_address_get_address (self->address),
          g_inet_socket_address_get_address (address));
}

/**
 * gst_ice_steering_make_remote:
 * @self: a steering socket
 * @address: a numeric IP address
 * @port: its port
 *
 * Candidates carry no scope; a link-local address is one of the same link.
 *
 * Returns: (transfer full) (nullable): the address as it can be sent to
 */
GSocketAddress *
gst_ice_steering_make_remote (
    GstIceSteering *self, const gchar *address, guint16 port)
{
  g_autoptr (GInetAddress) remote = g_inet_address_new_from_string (address);

  if (remote == NULL)
    return NULL;
  if (g_inet_address_get_family (remote) == G_SOCKET_FAMILY_IPV4
      || !g_inet_address_get_is_link_local (remote))
    return g_inet_socket_address_new (remote, port);
  return g_object_new (G_TYPE_INET_SOCKET_ADDRESS, "address", remote, "port",
      (guint) port, "scope-id",
      g_inet_socket_address_get_scope_id (self->address), NULL);
}

/**
 * gst_ice_steering_send:
 * @self: a steering socket
 * @to: the peer
 * @data: (array length=size): a datagram
 * @size: its length, bytes
 * @error: why not
 *
 * The I/O thread; never blocks.
 *
 * Returns: whether it was sent
 */
gboolean
gst_ice_steering_send (GstIceSteering *self, GSocketAddress *to,
    const guint8 *data, gsize size, GError **error)
{
  return g_socket_send_to (
             self->socket, to, (const gchar *) data, size, NULL, error)
      >= 0;
}
