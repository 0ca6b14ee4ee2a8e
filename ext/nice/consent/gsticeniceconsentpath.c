/* gst-ice: sends consent requests and receives their answers.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "consent/gsticeniceconsentpath.h"
#include "iothread/gsticealarm.h"

GST_DEBUG_CATEGORY_STATIC (gst_ice_nice_consent_path_debug);
#define GST_CAT_DEFAULT gst_ice_nice_consent_path_debug

/* RFC 8445 section 5.1.2.2 */
#define PRFLX_PREFERENCE 110u

/* Marks the ids of checks on pairs other than the open one. */
#define CHECK (1u << 31)

typedef enum
{
  WAY_NONE,
  WAY_STEERING,
  WAY_AGENT
} Way;

struct _GstIceNiceConsentPath
{
  GstIceTransport *transport; /* not referenced: it owns us */
  GMainContext *context;
  GstIceNiceConsentPathAnswered answered;
  gpointer user_data;
  GstIceNiceConsentPathChecked checked; /* nullable */
  gpointer checked_data;
  GstIceStunResponses *answers;
  GPtrArray *steerings; /* of GstIceSteering, one for each UDP socket */
  GArray *descriptors;  /* of gint: the descriptors of these UDP sockets */

  /* not referenced: they outlive us; NULL until they are set */
  NiceAgent *agent;
  guint stream, component;
  GstIceNicePairs *pairs;
  GstIceAlarm *answer_alarm; /* due when the trace shows an answer */
  guint64 tie_breaker;       /* used where libnice's is not known */

  /* the open pair */
  Way way;
  GstIceSteering *steering;
  GSocketAddress *peer;
  gchar *username, *password;
  guint32 priority;
  gboolean authenticated; /* an answer through the agent was authenticated:
                           * unauthenticated ones prove nothing any more */
};

static gboolean
is_from_peer (GstIceNiceConsentPath *self, GSocketAddress *from)
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

/* An answer to a check on another pair than the open one. */
static void
on_check_answered (GstIceNiceConsentPath *self, GSocketAddress *from,
    const guint8 *data, gsize size)
{
  guint32 id;

  if (from == NULL || self->checked == NULL || self->password == NULL)
    return;
  if (nice_stun_read_answer (data, size,
          gst_ice_stun_responses_get_tag (self->answers), self->password, &id)
      == NICE_STUN_CONSENT)
    self->checked (from, id & ~CHECK, self->checked_data);
  else
    GST_DEBUG_OBJECT (self->transport, "a check was not answered with success");
}

static void
on_answer (GSocketAddress *from, const guint8 *data, gsize size, gint64 at,
    gpointer user_data)
{
  GstIceNiceConsentPath *self = user_data;
  NiceStunAnswer answer;
  guint32 id;

  if (nice_stun_get_id (data, size) & CHECK) {
    on_check_answered (self, from, data, size);
    return;
  }
  if (from != NULL ? self->way != WAY_STEERING || !is_from_peer (self, from)
                   : self->way != WAY_AGENT)
    return;
  answer = nice_stun_read_answer (data, size,
      gst_ice_stun_responses_get_tag (self->answers), self->password, &id);
  if (answer == NICE_STUN_INVALID) {
    GST_DEBUG_OBJECT (self->transport, "an answer that proves nothing");
    return;
  }
  self->authenticated = TRUE;
  self->answered (answer, id, at, self->user_data);
}

/* Its contents are unknown; an answer that revokes consent has another length.
 */
static void
on_answer_alarm (gpointer data)
{
  GstIceNiceConsentPath *self = data;
  gint64 at;

  while (self->way == WAY_AGENT
      && gst_ice_nice_pairs_take_answer (self->pairs, &at)) {
    if (self->authenticated)
      GST_DEBUG_OBJECT (
          self->transport, "an answer that was not authenticated");
    else
      self->answered (NICE_STUN_CONSENT, 0, at, self->user_data);
  }
}

/* Never 0: some peers take 0 for no tie-breaker. */
static guint64
make_tie_breaker (void)
{
  return ((guint64) g_random_int () << 32 | g_random_int ()) | 1;
}

/* libnice's own value, so that its checks and ours resolve a conflict in the
 * same way. */
static guint64
get_tie_breaker (GstIceNiceConsentPath *self)
{
  guint64 tie_breaker = self->pairs != NULL
      ? gst_ice_nice_pairs_get_tie_breaker (self->pairs)
      : 0;

  return tie_breaker != 0 ? tie_breaker : self->tie_breaker;
}

/* RFC 8445 section 7.1.1: the priority of a peer-reflexive candidate that the
 * peer would learn from this check. */
static guint32
get_priority (const NiceCandidate *local)
{
  return PRFLX_PREFERENCE << 24 | (local->priority & 0xFFFFFF);
}

/**
 * gst_ice_nice_consent_path_new:
 * @transport: (transfer none): the transport; outlives the consent path
 * @context: the I/O thread's main context
 * @answered: called for each answer
 * @user_data: for @answered
 *
 * Returns: (transfer full): a consent path, not open yet
 */
GstIceNiceConsentPath *
gst_ice_nice_consent_path_new (GstIceTransport *transport,
    GMainContext *context, GstIceNiceConsentPathAnswered answered,
    gpointer user_data)
{
  GstIceNiceConsentPath *self = g_new0 (GstIceNiceConsentPath, 1);

  GST_DEBUG_CATEGORY_INIT (gst_ice_nice_consent_path_debug, "iceconsentpath", 0,
      "ICE consent requests");
  self->transport = transport;
  self->context = g_main_context_ref (context);
  self->answered = answered;
  self->user_data = user_data;
  self->answers = gst_ice_stun_responses_new (
      context, g_random_int (), on_answer, self);
  self->steerings = g_ptr_array_new_with_free_func (
      (GDestroyNotify) gst_ice_steering_free);
  self->descriptors = g_array_new (FALSE, FALSE, sizeof (gint));
  self->answer_alarm = gst_ice_alarm_new (context, on_answer_alarm, self);
  self->tie_breaker = make_tie_breaker ();
  return self;
}

/**
 * gst_ice_nice_consent_path_free:
 * @self: (transfer full): a consent path
 */
void
gst_ice_nice_consent_path_free (GstIceNiceConsentPath *self)
{
  gst_ice_nice_consent_path_close (self);
  gst_ice_stun_responses_close (self->answers);
  gst_ice_stun_responses_unref (self->answers);
  gst_ice_alarm_free (self->answer_alarm);
  g_ptr_array_unref (self->steerings);
  g_array_unref (self->descriptors);
  g_main_context_unref (self->context);
  g_free (self);
}

/**
 * gst_ice_nice_consent_path_get_answers:
 * @self: a consent path
 *
 * Returns: (transfer none): the filter that takes our answers out of what is on
 *   its way to libnice
 */
GstIceStunResponses *
gst_ice_nice_consent_path_get_answers (GstIceNiceConsentPath *self)
{
  return self->answers;
}

/**
 * gst_ice_nice_consent_path_add_socket:
 * @self: a consent path
 * @socket: a libnice socket; nothing was sent from it to the peer yet
 *
 * Returns: (transfer none) (nullable): the steering socket beside it
 */
GstIceSteering *
gst_ice_nice_consent_path_add_socket (
    GstIceNiceConsentPath *self, GSocket *socket)
{
  g_autoptr (GError) error = NULL;
  GstIceSteering *steering;
  gint descriptor = g_socket_get_fd (socket);

  if (g_socket_get_socket_type (socket) != G_SOCKET_TYPE_DATAGRAM)
    return NULL;
  steering = gst_ice_steering_new (
      socket, self->answers, self->context, &error);
  if (steering != NULL) {
    g_ptr_array_add (self->steerings, steering);
    g_array_append_val (self->descriptors, descriptor);
  } else
    GST_INFO_OBJECT (self->transport,
        "%s; answers to consent requests cannot be authenticated",
        error->message);
  return steering;
}

/**
 * gst_ice_nice_consent_path_set_agent:
 * @self: a consent path
 * @agent: (transfer none): sends the requests where no socket of ours can;
 *   outlives the consent path
 * @stream: the transport's stream in @agent
 * @component: the transport's component
 * @pairs: (transfer none): the pairs of @agent; they outlive the consent path
 */
void
gst_ice_nice_consent_path_set_agent (GstIceNiceConsentPath *self,
    NiceAgent *agent, guint stream, guint component, GstIceNicePairs *pairs)
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
 * gst_ice_nice_consent_path_find_steering:
 * @self: a consent path
 * @local: a local candidate
 *
 * Returns: (transfer none) (nullable): the steering socket beside the UDP
 *   socket that this candidate sends from; %NULL for relayed and TCP candidates
 */
GstIceSteering *
gst_ice_nice_consent_path_find_steering (
    GstIceNiceConsentPath *self, const NiceCandidate *local)
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

static NiceTraceEndpoint
to_endpoint (const NiceAddress *address)
{
  NiceTraceEndpoint endpoint = { .port = nice_address_get_port (address) };

  G_STATIC_ASSERT (NICE_TRACE_ADDRESS_SIZE >= NICE_ADDRESS_STRING_LEN);
  nice_address_to_string (address, endpoint.address);
  return endpoint;
}

static void
set_remote (GstIceNiceConsentPath *self, const NiceAddress *remote)
{
  NiceTraceEndpoint endpoint = to_endpoint (remote);

  if (self->pairs != NULL)
    gst_ice_nice_pairs_set_remote (
        self->pairs, &endpoint, self->steering != NULL);
}

static gboolean
watch_trace (GstIceNiceConsentPath *self, const NiceAddress *peer)
{
  NiceTraceEndpoint endpoint = to_endpoint (peer);

  if (self->pairs == NULL || !gst_ice_nice_pairs_check_trace (self->pairs))
    return FALSE;
  return gst_ice_nice_pairs_watch_answers (
      self->pairs, &endpoint, self->answer_alarm);
}

/**
 * gst_ice_nice_consent_path_open:
 * @self: a consent path
 * @local: the local candidate of the selected pair
 * @remote: its remote candidate
 * @username: USERNAME of the requests
 * @password: authenticates the requests and their answers
 *
 * Returns: whether requests can be sent on this pair; the consent path is open
 *   then
 */
gboolean
gst_ice_nice_consent_path_open (GstIceNiceConsentPath *self,
    const NiceCandidate *local, const NiceCandidate *remote,
    const gchar *username, const gchar *password)
{
  gst_ice_nice_consent_path_close (self);
  self->steering = gst_ice_nice_consent_path_find_steering (self, local);
  set_remote (self, &remote->addr);
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
  self->priority = get_priority (local);
  GST_DEBUG_OBJECT (self->transport, "answers are %s",
      self->way == WAY_STEERING ? "authenticated"
                                : "detected in libnice's log until one can be "
                                  "authenticated");
  return TRUE;
}

/**
 * gst_ice_nice_consent_path_close:
 * @self: a consent path
 *
 * No more answers are reported.
 */
void
gst_ice_nice_consent_path_close (GstIceNiceConsentPath *self)
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
 * gst_ice_nice_consent_path_is_from_peer:
 * @self: a consent path
 * @from: an address
 *
 * Returns: whether it is open for a pair with this remote address that sends
 *   from a UDP socket of this machine
 */
gboolean
gst_ice_nice_consent_path_is_from_peer (
    GstIceNiceConsentPath *self, GInetSocketAddress *from)
{
  return is_from_peer (self, G_SOCKET_ADDRESS (from));
}

static GstIceSteering *
find_by_descriptor (GstIceNiceConsentPath *self, guint64 descriptor)
{
  guint i;

  for (i = 0; i < self->descriptors->len; i++)
    if ((guint64) g_array_index (self->descriptors, gint, i) == descriptor)
      return g_ptr_array_index (self->steerings, i);
  return NULL;
}

/**
 * gst_ice_nice_consent_path_find_socket:
 * @self: a consent path
 * @descriptor: the descriptor of a libnice socket
 *
 * Returns: (transfer none) (nullable): the steering socket beside it
 */
GstIceSteering *
gst_ice_nice_consent_path_find_socket (
    GstIceNiceConsentPath *self, guint64 descriptor)
{
  return find_by_descriptor (self, descriptor);
}

/**
 * gst_ice_nice_consent_path_set_checked:
 * @self: a consent path
 * @checked: (nullable): called for each answer to
 * gst_ice_nice_consent_path_check()
 * @user_data: for @checked
 */
void
gst_ice_nice_consent_path_set_checked (GstIceNiceConsentPath *self,
    GstIceNiceConsentPathChecked checked, gpointer user_data)
{
  self->checked = checked;
  self->checked_data = user_data;
}

/**
 * gst_ice_nice_consent_path_check:
 * @self: an open consent path
 * @steering: the socket to send it from
 * @remote: the address to send it to
 * @id: distinguishes this check from others, below 2^31
 * @controlling: the role in force
 * @error: return location, set if it was not sent
 *
 * Sends a check on another pair, with the credentials of the open one and
 * without USE-CANDIDATE.
 *
 * Returns: whether it was sent
 */
gboolean
gst_ice_nice_consent_path_check (GstIceNiceConsentPath *self,
    GstIceSteering *steering, const IceCheckEndpoint *remote, guint32 id,
    gboolean controlling, GError **error)
{
  const NiceStunCheck check = {
    .controlling = controlling,
    .tie_breaker = get_tie_breaker (self),
    .priority = self->priority,
  };
  guint8 request[NICE_STUN_MAX_REQUEST];
  gsize size = nice_stun_make_request (request, sizeof (request),
      gst_ice_stun_responses_get_tag (self->answers), id | CHECK,
      self->username, self->password, &check);
  g_autoptr (GSocketAddress) to = gst_ice_steering_make_remote (
      steering, remote->address, remote->port);

  if (to != NULL)
    return gst_ice_steering_send (steering, to, request, size, error);
  g_set_error_literal (
      error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "not a numeric address");
  return FALSE;
}

/**
 * gst_ice_nice_consent_path_has_request:
 * @self: a consent path
 * @request: a request of the peer, from libnice's trace
 *
 * Returns: whether it is open for the pair that the request came on, and that
 *   pair sends from a UDP socket of this machine
 */
gboolean
gst_ice_nice_consent_path_has_request (
    GstIceNiceConsentPath *self, const NiceRequest *request)
{
  g_autoptr (GSocketAddress) from = NULL;

  if (self->way != WAY_STEERING
      || find_by_descriptor (self, request->socket) != self->steering)
    return FALSE;
  from = g_inet_socket_address_new_from_string (
      request->remote.address, request->remote.port);
  return from != NULL && is_from_peer (self, from);
}

/**
 * gst_ice_nice_consent_path_works:
 * @self: a consent path
 *
 * Returns: whether it is open and can receive an answer. It cannot where only
 *   libnice's trace shows answers and the application has replaced the log
 *   handler that the trace needs
 */
gboolean
gst_ice_nice_consent_path_works (GstIceNiceConsentPath *self)
{
  return self->way == WAY_STEERING
      || (self->way == WAY_AGENT
          && (self->authenticated
              || gst_ice_nice_pairs_check_trace (self->pairs)));
}

/**
 * gst_ice_nice_consent_path_send:
 * @self: an open consent path
 * @id: distinguishes this request from others
 * @controlling: the role in force
 * @nominated: whether the pair is nominated. The controlling end then adds
 *   USE-CANDIDATE to each request, as libwebrtc does, so that a peer whose path
 *   moved selects this pair again
 * @error: return location, set if it was not sent
 *
 * Returns: whether it was sent
 */
gboolean
gst_ice_nice_consent_path_send (GstIceNiceConsentPath *self, guint32 id,
    gboolean controlling, gboolean nominated, GError **error)
{
  const NiceStunCheck check = {
    .controlling = controlling,
    .tie_breaker = get_tie_breaker (self),
    .priority = self->priority,
    .use_candidate = controlling && nominated,
  };
  guint8 request[NICE_STUN_MAX_REQUEST];
  gsize size = nice_stun_make_request (request, sizeof (request),
      gst_ice_stun_responses_get_tag (self->answers), id, self->username,
      self->password, &check);
  GOutputVector vector = { request, size };
  NiceOutputMessage message = { &vector, 1 };

  if (self->way == WAY_STEERING)
    return gst_ice_steering_send (
        self->steering, self->peer, request, size, error);
  return nice_agent_send_messages_nonblocking (self->agent, self->stream,
             self->component, &message, 1, NULL, error)
      == 1;
}
