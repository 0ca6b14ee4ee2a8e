/* gst-ice: consent requests on their way, and their answers.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gsticenicecarrier.h"
#include "gsticealarm.h"

GST_DEBUG_CATEGORY_STATIC (gst_ice_nice_carrier_debug);
#define GST_CAT_DEFAULT gst_ice_nice_carrier_debug

typedef enum
{
  WAY_NONE,
  WAY_STEERING,
  WAY_AGENT
} Way;

struct _GstIceNiceCarrier
{
  GstIceTransport *transport; /* not referenced: it owns us */
  GMainContext *context;
  GstIceNiceCarrierAnswered answered;
  gpointer user_data;
  GstIceAnswers *answers;
  GPtrArray *steerings; /* of GstIceSteering, one for each UDP socket */

  /* not referenced: they outlive us; NULL before they are told */
  NiceAgent *agent;
  guint stream, component;
  GstIceNicePairs *pairs;
  GstIceAlarm *heard; /* due when pairs have an answer */

  /* the pair that is open */
  Way way;
  GstIceSteering *steering;
  GSocketAddress *peer;
  gchar *username, *password;
  gboolean authenticated; /* one of the agent's way was: others prove nothing */
};

static gboolean
is_from_peer (GstIceNiceCarrier *self, GSocketAddress *from)
{
  GInetSocketAddress *a, *b;

  if (self->peer == NULL || !G_IS_INET_SOCKET_ADDRESS (from))
    return FALSE;
  a = G_INET_SOCKET_ADDRESS (self->peer);
  b = G_INET_SOCKET_ADDRESS (from);
  return g_inet_socket_address_get_port (a)
      == g_inet_socket_address_get_port (b)
      && g_inet_address_equal (g_inet_socket_address_get_address (a),
          g_inet_socket_address_get_address (b));
}

static void
on_answer (GSocketAddress *from, const guint8 *data, gsize size, gint64 at,
    gpointer user_data)
{
  GstIceNiceCarrier *self = user_data;
  NiceStunAnswer answer;
  guint32 id;

  if (from != NULL ? self->way != WAY_STEERING || !is_from_peer (self, from)
                   : self->way != WAY_AGENT)
    return;
  answer = nice_stun_read_answer (
      data, size, gst_ice_answers_get_tag (self->answers), self->password, &id);
  if (answer == NICE_STUN_INVALID) {
    GST_DEBUG_OBJECT (self->transport, "an answer that proves nothing");
    return;
  }
  self->authenticated = TRUE;
  self->answered (answer, id, at, self->user_data);
}

/* Nobody has seen whether it revokes; what revokes has another length. */
static void
on_heard (gpointer data)
{
  GstIceNiceCarrier *self = data;
  gint64 at;

  while (self->way == WAY_AGENT
      && gst_ice_nice_pairs_take_answer (self->pairs, &at)) {
    if (self->authenticated)
      GST_DEBUG_OBJECT (self->transport, "an answer that nobody looked into");
    else
      self->answered (NICE_STUN_CONSENT, 0, at, self->user_data);
  }
}

/**
 * gst_ice_nice_carrier_new:
 * @transport: (transfer none): the transport, which outlives it
 * @context: of the I/O thread
 * @answered: called for each answer
 * @user_data: for @answered
 *
 * Returns: (transfer full): a carrier, not open
 */
GstIceNiceCarrier *
gst_ice_nice_carrier_new (GstIceTransport *transport, GMainContext *context,
    GstIceNiceCarrierAnswered answered, gpointer user_data)
{
  GstIceNiceCarrier *self = g_new0 (GstIceNiceCarrier, 1);

  GST_DEBUG_CATEGORY_INIT (
      gst_ice_nice_carrier_debug, "icecarrier", 0, "ICE consent requests");
  self->transport = transport;
  self->context = g_main_context_ref (context);
  self->answered = answered;
  self->user_data = user_data;
  self->answers = gst_ice_answers_new (
      context, g_random_int (), on_answer, self);
  self->steerings = g_ptr_array_new_with_free_func (
      (GDestroyNotify) gst_ice_steering_free);
  self->heard = gst_ice_alarm_new (context, on_heard, self);
  return self;
}

/**
 * gst_ice_nice_carrier_free:
 * @self: (transfer full): a carrier
 */
void
gst_ice_nice_carrier_free (GstIceNiceCarrier *self)
{
  gst_ice_nice_carrier_close (self);
  gst_ice_answers_close (self->answers);
  gst_ice_answers_unref (self->answers);
  gst_ice_alarm_free (self->heard);
  g_ptr_array_unref (self->steerings);
  g_main_context_unref (self->context);
  g_free (self);
}

/**
 * gst_ice_nice_carrier_get_answers:
 * @self: a carrier
 *
 * Returns: (transfer none): for whoever has the answers in hand on their way to
 *   libnice
 */
GstIceAnswers *
gst_ice_nice_carrier_get_answers (GstIceNiceCarrier *self)
{
  return self->answers;
}

/**
 * gst_ice_nice_carrier_add_socket:
 * @self: a carrier
 * @socket: a socket of libnice's, before anything is sent to the peer
 *
 * Returns: (transfer none) (nullable): the steering socket beside it
 */
GstIceSteering *
gst_ice_nice_carrier_add_socket (GstIceNiceCarrier *self, GSocket *socket)
{
  g_autoptr (GError) error = NULL;
  GstIceSteering *steering;

  if (g_socket_get_socket_type (socket) != G_SOCKET_TYPE_DATAGRAM)
    return NULL;
  steering = gst_ice_steering_new (
      socket, self->answers, self->context, &error);
  if (steering != NULL)
    g_ptr_array_add (self->steerings, steering);
  else
    GST_INFO_OBJECT (self->transport,
        "%s; answers to consent requests can not be authenticated",
        error->message);
  return steering;
}

/**
 * gst_ice_nice_carrier_set_agent:
 * @self: a carrier
 * @agent: (transfer none): what sends where no socket can; outlives it
 * @stream: of the transport
 * @component: likewise
 * @pairs: (transfer none): of @agent; outlive it
 */
void
gst_ice_nice_carrier_set_agent (GstIceNiceCarrier *self, NiceAgent *agent,
    guint stream, guint component, GstIceNicePairs *pairs)
{
  self->agent = agent;
  self->stream = stream;
  self->component = component;
  self->pairs = pairs;
}

static GInetSocketAddress *
to_socket_address (const NiceAddress *address)
{
  gchar text[NICE_ADDRESS_STRING_LEN];

  nice_address_to_string (address, text);
  return G_INET_SOCKET_ADDRESS (g_inet_socket_address_new_from_string (
      text, nice_address_get_port (address)));
}

/**
 * gst_ice_nice_carrier_find_steering:
 * @self: a carrier
 * @local: a local candidate
 *
 * Returns: (transfer none) (nullable): the steering socket beside the one that
 *   its datagrams leave from, where that is a UDP socket of this machine's: not
 *   for relayed and TCP candidates
 */
GstIceSteering *
gst_ice_nice_carrier_find_steering (
    GstIceNiceCarrier *self, const NiceCandidate *local)
{
  g_autoptr (GInetSocketAddress) base = NULL;
  guint i;

  if (local->type == NICE_CANDIDATE_TYPE_RELAYED
      || local->transport != NICE_CANDIDATE_TRANSPORT_UDP)
    return NULL;
  base = to_socket_address (nice_address_is_valid (&local->base_addr)
          ? &local->base_addr
          : &local->addr);
  for (i = 0; base != NULL && i < self->steerings->len; i++) {
    GstIceSteering *steering = g_ptr_array_index (self->steerings, i);

    if (gst_ice_steering_is_at (steering, base))
      return steering;
  }
  return NULL;
}

static GSocketAddress *
make_remote (GstIceSteering *steering, const NiceAddress *remote)
{
  gchar text[NICE_ADDRESS_STRING_LEN];

  nice_address_to_string (remote, text);
  return gst_ice_steering_make_remote (
      steering, text, (guint16) nice_address_get_port (remote));
}

static gboolean
watch_trace (GstIceNiceCarrier *self, const NiceAddress *peer)
{
  NiceTraceEndpoint endpoint = { .port = nice_address_get_port (peer) };

  G_STATIC_ASSERT (NICE_TRACE_ADDRESS_SIZE >= NICE_ADDRESS_STRING_LEN);
  if (self->pairs == NULL || !gst_ice_nice_pairs_check_trace (self->pairs))
    return FALSE;
  nice_address_to_string (peer, endpoint.address);
  return gst_ice_nice_pairs_watch_answers (self->pairs, &endpoint, self->heard);
}

/**
 * gst_ice_nice_carrier_open:
 * @self: a carrier
 * @local: of the pair that was selected
 * @remote: of the pair that was selected
 * @username: of the requests
 * @password: of the requests and their answers
 *
 * Returns: whether the peer can be asked on this pair; the carrier is open then
 */
gboolean
gst_ice_nice_carrier_open (GstIceNiceCarrier *self, const NiceCandidate *local,
    const NiceCandidate *remote, const gchar *username, const gchar *password)
{
  gst_ice_nice_carrier_close (self);
  self->steering = gst_ice_nice_carrier_find_steering (self, local);
  if (self->steering != NULL)
    self->way = WAY_STEERING;
  else if (watch_trace (self, &remote->addr))
    self->way = WAY_AGENT;
  else
    return FALSE;
  if (self->steering != NULL)
    self->peer = make_remote (self->steering, &remote->addr);
  self->username = g_strdup (username);
  self->password = g_strdup (password);
  GST_DEBUG_OBJECT (self->transport, "answers are %s",
      self->way == WAY_STEERING ? "authenticated"
                                : "witnessed until there is one to look into");
  return TRUE;
}

/**
 * gst_ice_nice_carrier_close:
 * @self: a carrier
 *
 * No more answers come.
 */
void
gst_ice_nice_carrier_close (GstIceNiceCarrier *self)
{
  if (self->way == WAY_AGENT)
    gst_ice_nice_pairs_watch_answers (self->pairs, NULL, NULL);
  self->way = WAY_NONE;
  self->authenticated = FALSE;
  self->steering = NULL;
  g_clear_object (&self->peer);
  g_clear_pointer (&self->username, g_free);
  g_clear_pointer (&self->password, g_free);
}

/**
 * gst_ice_nice_carrier_works:
 * @self: a carrier
 *
 * Returns: whether it is open and an answer would be heard: somebody may have
 *   taken libnice's trace from us before we could do without
 */
gboolean
gst_ice_nice_carrier_works (GstIceNiceCarrier *self)
{
  return self->way == WAY_STEERING
      || (self->way == WAY_AGENT
          && (self->authenticated
              || gst_ice_nice_pairs_check_trace (self->pairs)));
}

/**
 * gst_ice_nice_carrier_send:
 * @self: an open carrier
 * @id: what distinguishes this request
 * @error: says why it was not sent
 *
 * Returns: whether it was sent
 */
gboolean
gst_ice_nice_carrier_send (GstIceNiceCarrier *self, guint32 id, GError **error)
{
  guint8 request[NICE_STUN_MAX_REQUEST];
  gsize size = nice_stun_make_request (request, sizeof (request),
      gst_ice_answers_get_tag (self->answers), id, self->username,
      self->password);
  GOutputVector vector = { request, size };
  NiceOutputMessage message = { &vector, 1 };

  if (self->way == WAY_STEERING)
    return gst_ice_steering_send (
        self->steering, self->peer, request, size, error);
  return nice_agent_send_messages_nonblocking (self->agent, self->stream,
             self->component, &message, 1, NULL, error)
      == 1;
}
