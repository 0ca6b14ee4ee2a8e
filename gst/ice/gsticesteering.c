/* gst-ice: a socket for the answers to our own STUN requests.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gsticesteering.h"

#include <errno.h>
#include <string.h>
#ifdef __linux__
#include <linux/filter.h>
#include <sys/socket.h>
#endif

/* RFC 8489 section 5 */
#define STUN_HEADER_SIZE 20
#define STUN_TYPE_OFFSET 0
#define STUN_COOKIE_OFFSET 4
#define STUN_ID_OFFSET 8
#define STUN_COOKIE 0x2112A442
/* a Binding response: success 0x0101 or error 0x0111 */
#define STUN_BINDING_RESPONSE 0x0101
#define STUN_BINDING_RESPONSE_MASK 0xFFEF

/* Answers are a hundred octets; what is longer is none of ours. */
#define MAX_ANSWER 1500
#define SLACK 64
/* Answers that are read at once, so that a flood starves nobody. */
#define MAX_ANSWERS 16

struct _GstIceSteering
{
  GSocket *socket;
  GSource *source;
  GInetSocketAddress *address;
  GstIceSteeringReceived received;
  gpointer user_data;
};

#ifdef __linux__

/* Sockets of the group by order of binding. */
#define TO_AGENT 0
#define TO_US 1

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
      "the system can not steer datagrams: %s", g_strerror (code));
  return FALSE;
}

static gboolean
steer (GSocket *socket, guint32 tag, GError **error)
{
  struct sock_filter code[] = {
    BPF_STMT (BPF_LD | BPF_W | BPF_LEN, 0),
    BPF_JUMP (BPF_JMP | BPF_JGE | BPF_K, STUN_HEADER_SIZE, 0, 8),
    BPF_STMT (BPF_LD | BPF_W | BPF_ABS, STUN_COOKIE_OFFSET),
    BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, STUN_COOKIE, 0, 6),
    BPF_STMT (BPF_LD | BPF_H | BPF_ABS, STUN_TYPE_OFFSET),
    BPF_STMT (BPF_ALU | BPF_AND | BPF_K, STUN_BINDING_RESPONSE_MASK),
    BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, STUN_BINDING_RESPONSE, 0, 3),
    BPF_STMT (BPF_LD | BPF_W | BPF_ABS, STUN_ID_OFFSET),
    BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, tag, 0, 1),
    BPF_STMT (BPF_RET | BPF_K, TO_US),
    BPF_STMT (BPF_RET | BPF_K, TO_AGENT),
  };
  struct sock_fprog program = { G_N_ELEMENTS (code), code };

  return set_option (
      socket, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof (program), error);
}

/* The group is made of the agent's socket, which is bound, then ours. */
static gboolean
join (GSocket *agent_socket, GSocket *socket, GSocketAddress *address,
    guint32 tag, GError **error)
{
  const gint on = 1;

  return set_option (agent_socket, SO_REUSEPORT, &on, sizeof (on), error)
      /* TRUE: sets SO_REUSEPORT on UDP sockets; FALSE would clear it */
      && g_socket_bind (socket, address, TRUE, error)
      && steer (socket, tag, error);
}

#else

static gboolean
join (GSocket *agent_socket, GSocket *socket, GSocketAddress *address,
    guint32 tag, GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
      "datagrams can be steered on Linux only");
  return FALSE;
}

#endif

static gboolean
on_readable (GSocket *socket, GIOCondition condition, gpointer data)
{
  GstIceSteering *self = data;
  /* libnice's STUN library looks a little beyond a cut attribute */
  guint8 answer[MAX_ANSWER + SLACK] = { 0 };
  guint i;

  for (i = 0; i < MAX_ANSWERS; i++) {
    g_autoptr (GSocketAddress) from = NULL;
    gssize size = g_socket_receive_from (
        socket, &from, (gchar *) answer, MAX_ANSWER, NULL, NULL);

    if (size < 0)
      break;
    self->received (from, answer, (gsize) size, self->user_data);
  }
  return G_SOURCE_CONTINUE;
}

/**
 * gst_ice_steering_new:
 * @agent_socket: a bound UDP socket of the agent's
 * @tag: the first word of the transaction ids of our own requests
 * @context: where answers are read
 * @received: called for each answer
 * @user_data: for @received
 * @error: says why the system can't
 *
 * The I/O thread.
 *
 * Returns: (transfer full) (nullable): the socket; %NULL with @error set on
 *   systems that can't
 */
GstIceSteering *
gst_ice_steering_new (GSocket *agent_socket, guint32 tag, GMainContext *context,
    GstIceSteeringReceived received, gpointer user_data, GError **error)
{
  g_autoptr (GSocketAddress)
      address = g_socket_get_local_address (agent_socket, error);
  g_autoptr (GSocket) socket = NULL;
  GstIceSteering *self;

  if (address == NULL)
    return NULL;
  socket = g_socket_new (g_socket_address_get_family (address),
      G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, error);
  if (socket == NULL)
    return NULL;
  g_socket_set_blocking (socket, FALSE);
  if (!join (agent_socket, socket, address, tag, error))
    return NULL;

  self = g_new0 (GstIceSteering, 1);
  self->socket = g_steal_pointer (&socket);
  self->address = G_INET_SOCKET_ADDRESS (g_steal_pointer (&address));
  self->received = received;
  self->user_data = user_data;
  self->source = g_socket_create_source (self->socket, G_IO_IN, NULL);
  g_source_set_callback (self->source, G_SOURCE_FUNC (on_readable), self, NULL);
  g_source_attach (self->source, context);
  return self;
}

/**
 * gst_ice_steering_free:
 * @self: (transfer full): a steering socket
 *
 * The I/O thread. The agent's socket gets everything again.
 */
void
gst_ice_steering_free (GstIceSteering *self)
{
  g_source_destroy (self->source);
  g_source_unref (self->source);
  g_socket_close (self->socket, NULL);
  g_object_unref (self->socket);
  g_object_unref (self->address);
  g_free (self);
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
 * gst_ice_steering_send:
 * @self: a steering socket
 * @to: the peer
 * @data: (array length=size): a datagram
 * @size: its length, bytes
 * @error: says why not
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
