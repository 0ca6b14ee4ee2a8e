/* gst-ice: sockets for media and for the answers to our own STUN requests.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gsticesteering.h"
#include "gsticewatch.h"

#include <errno.h>
#include <string.h>
#ifdef __linux__
#include <linux/filter.h>
#include <sys/socket.h>
#endif

/* RFC 8489 section 5 */
#define STUN_HEADER_SIZE 20
#define STUN_TYPE_OFFSET 0
#define STUN_LENGTH_OFFSET 2
#define STUN_LAST_FIRST_OCTET 3
#define STUN_COOKIE_OFFSET 4
#define STUN_ID_OFFSET 8
#define STUN_COOKIE 0x2112A442
/* a Binding response: success 0x0101 or error 0x0111 */
#define STUN_BINDING_RESPONSE 0x0101
#define STUN_BINDING_RESPONSE_MASK 0xFFEF
/* RFC 8656 section 12: a TURN server's ChannelData */
#define CHANNEL_DATA_FIRST_OCTET 64
#define CHANNEL_DATA_LAST_OCTET 79
#define CHANNEL_DATA_HEADER_SIZE 4

/* Answers are a hundred octets; what is longer is none of ours. */
#define MAX_ANSWER 1500
#define SLACK 64
/* Answers that are read at once, so that a flood starves nobody. */
#define MAX_ANSWERS 16

struct _GstIceSteering
{
  GSocket *socket;
  GstIceWatch *watch;
  GInetSocketAddress *address;
  GstIceAnswers *answers;
  GstIceDatagramSocket *media; /* NULL: not opened */
  GstIceDatagramSocket *plain; /* NULL: not asked for */
};

#ifdef __linux__

/* Sockets of the group by order of binding. */
#define TO_AGENT 0
#define TO_US 1
#define TO_MEDIA 2

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

/* The program's steps, by name. */
enum
{
  LENGTH,
  IF_EMPTY,
  FIRST_OCTET,
  IF_STUN,
  LENGTH_AGAIN,
  IF_HEADER,
  COOKIE,
  IF_COOKIE,
  TYPE,
  CLASS,
  IF_RESPONSE,
  ID,
  IF_TAG,
  MESSAGE_LENGTH,
  WITH_HEADER,
  WHOLE_LENGTH,
  IF_CLASSIC,
  IF_CHANNEL_OR_ABOVE,
  IF_ABOVE_CHANNEL,
  CHANNEL_LENGTH,
  IF_CHANNEL_HEADER,
  CHANNEL_COOKIE,
  IF_CHANNEL_COOKIE,
  CHANNEL_TYPE,
  CHANNEL_CLASS,
  IF_CHANNEL_RESPONSE,
  CHANNEL_ID,
  IF_CHANNEL_TAG,
  CHANNEL,
  REST,
  US,
  AGENT,
  N_STEPS
};

#define DO(here, what, value) [here] = BPF_STMT (what, value)
#define JUMP(here, test, value, yes, no)                                       \
  [here] = BPF_JUMP (                                                          \
      BPF_JMP | (test) | BPF_K, value, (yes) - (here) -1, (no) - (here) -1)

#define IN_CHANNEL_DATA(offset) (CHANNEL_DATA_HEADER_SIZE + (offset))

/* Answers to our requests come to us, also those in a TURN server's
 * ChannelData; all else that is not STUN goes to rest; libnice asks STUN
 * servers by RFC 3489, where there is no cookie. So does ChannelData, unless a
 * TURN server may send some to the agent. */
static gboolean
steer (GSocket *socket, guint32 tag, guint rest, gboolean spare_channel_data,
    GError **error)
{
  struct sock_filter steps[N_STEPS] = {
    DO (LENGTH, BPF_LD | BPF_W | BPF_LEN, 0),
    JUMP (IF_EMPTY, BPF_JEQ, 0, REST, FIRST_OCTET),
    DO (FIRST_OCTET, BPF_LD | BPF_B | BPF_ABS, STUN_TYPE_OFFSET),
    JUMP (IF_STUN, BPF_JGT, STUN_LAST_FIRST_OCTET, IF_CHANNEL_OR_ABOVE,
        LENGTH_AGAIN),
    DO (LENGTH_AGAIN, BPF_LD | BPF_W | BPF_LEN, 0),
    JUMP (IF_HEADER, BPF_JGE, STUN_HEADER_SIZE, COOKIE, REST),
    DO (COOKIE, BPF_LD | BPF_W | BPF_ABS, STUN_COOKIE_OFFSET),
    JUMP (IF_COOKIE, BPF_JEQ, STUN_COOKIE, TYPE, MESSAGE_LENGTH),
    DO (TYPE, BPF_LD | BPF_H | BPF_ABS, STUN_TYPE_OFFSET),
    DO (CLASS, BPF_ALU | BPF_AND | BPF_K, STUN_BINDING_RESPONSE_MASK),
    JUMP (IF_RESPONSE, BPF_JEQ, STUN_BINDING_RESPONSE, ID, AGENT),
    DO (ID, BPF_LD | BPF_W | BPF_ABS, STUN_ID_OFFSET),
    JUMP (IF_TAG, BPF_JEQ, tag, US, AGENT),
    DO (MESSAGE_LENGTH, BPF_LD | BPF_H | BPF_ABS, STUN_LENGTH_OFFSET),
    DO (WITH_HEADER, BPF_ALU | BPF_ADD | BPF_K, STUN_HEADER_SIZE),
    DO (WHOLE_LENGTH, BPF_LDX | BPF_W | BPF_LEN, 0),
    [IF_CLASSIC] = BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_X, 0,
        AGENT - IF_CLASSIC - 1, REST - IF_CLASSIC - 1),
    JUMP (IF_CHANNEL_OR_ABOVE, BPF_JGE, CHANNEL_DATA_FIRST_OCTET,
        IF_ABOVE_CHANNEL, REST),
    JUMP (IF_ABOVE_CHANNEL, BPF_JGT, CHANNEL_DATA_LAST_OCTET, REST,
        CHANNEL_LENGTH),
    DO (CHANNEL_LENGTH, BPF_LD | BPF_W | BPF_LEN, 0),
    JUMP (IF_CHANNEL_HEADER, BPF_JGE, IN_CHANNEL_DATA (STUN_HEADER_SIZE),
        CHANNEL_COOKIE, CHANNEL),
    DO (CHANNEL_COOKIE, BPF_LD | BPF_W | BPF_ABS,
        IN_CHANNEL_DATA (STUN_COOKIE_OFFSET)),
    JUMP (IF_CHANNEL_COOKIE, BPF_JEQ, STUN_COOKIE, CHANNEL_TYPE, CHANNEL),
    DO (CHANNEL_TYPE, BPF_LD | BPF_H | BPF_ABS,
        IN_CHANNEL_DATA (STUN_TYPE_OFFSET)),
    DO (CHANNEL_CLASS, BPF_ALU | BPF_AND | BPF_K, STUN_BINDING_RESPONSE_MASK),
    JUMP (IF_CHANNEL_RESPONSE, BPF_JEQ, STUN_BINDING_RESPONSE, CHANNEL_ID,
        CHANNEL),
    DO (CHANNEL_ID, BPF_LD | BPF_W | BPF_ABS, IN_CHANNEL_DATA (STUN_ID_OFFSET)),
    JUMP (IF_CHANNEL_TAG, BPF_JEQ, tag, US, CHANNEL),
    DO (CHANNEL, BPF_RET | BPF_K, spare_channel_data ? TO_AGENT : rest),
    DO (REST, BPF_RET | BPF_K, rest),
    DO (US, BPF_RET | BPF_K, TO_US),
    DO (AGENT, BPF_RET | BPF_K, TO_AGENT),
  };
  struct sock_fprog program;

  memset (&program, 0, sizeof (program)); /* padding too, for valgrind */
  program.len = N_STEPS;
  program.filter = steps;
  return set_option (
      socket, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof (program), error);
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
join (
    GSocket *agent_socket, GSocketAddress *address, guint32 tag, GError **error)
{
  g_autoptr (GSocket) socket = NULL;
  const gint on = 1;

  if (!set_option (agent_socket, SO_REUSEPORT, &on, sizeof (on), error))
    return NULL;
  socket = bind_beside (address, error);
  if (socket == NULL || !steer (socket, tag, TO_AGENT, FALSE, error))
    return NULL;
  return g_steal_pointer (&socket);
}

/**
 * gst_ice_steering_open_media:
 * @self: a steering socket
 * @sources: whose datagrams the media socket takes
 * @error: says why the system can't
 *
 * The I/O thread. Nothing is steered to it yet.
 *
 * Returns: (transfer none) (nullable): the media socket, always the same one
 */
GstIceDatagramSocket *
gst_ice_steering_open_media (
    GstIceSteering *self, GstIceSources *sources, GError **error)
{
  GSocket *socket;

  if (self->media != NULL)
    return self->media;
  socket = bind_beside (G_SOCKET_ADDRESS (self->address), error);
  if (socket != NULL)
    self->media = gst_ice_datagram_socket_new (socket, sources);
  return self->media;
}

/**
 * gst_ice_steering_steer_media:
 * @self: a steering socket whose media socket is open
 * @steer_it: whether what is not STUN goes to the media socket from now on,
 *   else to the agent
 * @spare_channel_data: whether ChannelData goes to the agent nevertheless: a
 *   TURN server is in use
 * @error: says why the system can't
 *
 * The I/O thread.
 *
 * Returns: whether it does
 */
gboolean
gst_ice_steering_steer_media (GstIceSteering *self, gboolean steer_it,
    gboolean spare_channel_data, GError **error)
{
  return steer (self->socket, gst_ice_answers_get_tag (self->answers),
      steer_it ? TO_MEDIA : TO_AGENT, spare_channel_data, error);
}

#else

static GSocket *
join (
    GSocket *agent_socket, GSocketAddress *address, guint32 tag, GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
      "datagrams can be steered on Linux only");
  return NULL;
}

GstIceDatagramSocket *
gst_ice_steering_open_media (
    GstIceSteering *self, GstIceSources *sources, GError **error)
{
  g_return_val_if_reached (NULL); /* there is no steering socket */
}

gboolean
gst_ice_steering_steer_media (GstIceSteering *self, gboolean steer_it,
    gboolean spare_channel_data, GError **error)
{
  g_return_val_if_reached (FALSE);
}

#endif

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
    gst_ice_answers_take (self->answers, from, answer, (gsize) size);
  }
}

/**
 * gst_ice_steering_new:
 * @agent_socket: a bound UDP socket of the agent's
 * @answers: (transfer none): who waits for answers
 * @context: theirs
 * @error: says why the system can't
 *
 * The I/O thread.
 *
 * Returns: (transfer full) (nullable): the socket; %NULL with @error set on
 *   systems that can't
 */
GstIceSteering *
gst_ice_steering_new (GSocket *agent_socket, GstIceAnswers *answers,
    GMainContext *context, GError **error)
{
  g_autoptr (GSocketAddress)
      address = g_socket_get_local_address (agent_socket, error);
  g_autoptr (GSocket) socket = NULL;
  GPollFD fd = { .events = G_IO_IN };
  GstIceSteering *self;

  if (address == NULL)
    return NULL;
  socket = join (
      agent_socket, address, gst_ice_answers_get_tag (answers), error);
  if (socket == NULL)
    return NULL;

  self = g_new0 (GstIceSteering, 1);
  self->socket = g_steal_pointer (&socket);
  self->address = G_INET_SOCKET_ADDRESS (g_steal_pointer (&address));
  self->answers = gst_ice_answers_ref (answers);
  self->watch = gst_ice_watch_new (context, on_readable, self);
  fd.fd = g_socket_get_fd (self->socket);
  gst_ice_watch_set (self->watch, &fd, 1);
  return self;
}

/**
 * gst_ice_steering_free:
 * @self: (transfer full): a steering socket
 *
 * The I/O thread. The agent's socket gets everything again, but for the media
 * socket that somebody holds.
 */
void
gst_ice_steering_free (GstIceSteering *self)
{
  gst_ice_watch_free (self->watch);
  g_clear_pointer (&self->media, gst_ice_datagram_socket_unref);
  g_clear_pointer (&self->plain, gst_ice_datagram_socket_unref);
  gst_ice_answers_unref (self->answers);
  g_object_unref (self->socket);
  g_object_unref (self->address);
  g_free (self);
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
 * @sources: of the transport
 *
 * The I/O thread.
 *
 * Returns: (transfer none): what media can be sent from without a media socket,
 *   one datagram a message; nothing is read from it
 */
GstIceDatagramSocket *
gst_ice_steering_get_plain (GstIceSteering *self, GstIceSources *sources)
{
  if (self->plain == NULL)
    self->plain = gst_ice_datagram_socket_new_plain (
        g_object_ref (self->socket), sources);
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
