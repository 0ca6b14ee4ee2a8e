/* gst-ice: one component of one stream.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The I/O thread writes the states; the lock is a leaf and guards what other
 * threads read. */

#include "gsticetransport.h"
#include "gsticeenumtypes.h"
#include "gsticepair.h"

GST_DEBUG_CATEGORY_STATIC (gst_ice_transport_debug);
#define GST_CAT_DEFAULT gst_ice_transport_debug

enum
{
  PROP_0,
  PROP_STREAM,
  PROP_COMPONENT,
  PROP_DISCONNECTED_TIMEOUT,
  PROP_FAILED_TIMEOUT,
  PROP_STATE,
  PROP_GATHERING_STATE,
  PROP_ROLE,
  PROP_CANDIDATE_PAIRS,
  PROP_SELECTED_CANDIDATE_PAIR,
  PROP_RECEIVE_OFFLOAD_ACTIVE,
  PROP_SEND_OFFLOAD_ACTIVE,
  N_PROPERTIES
};

static GParamSpec *properties[N_PROPERTIES];

G_DEFINE_ABSTRACT_TYPE_WITH_CODE (GstIceTransport, gst_ice_transport,
    GST_TYPE_OBJECT,
    G_ADD_PRIVATE (GstIceTransport) GST_DEBUG_CATEGORY_INIT (
        gst_ice_transport_debug, "icetransport", 0, "ICE transport"))

GstIceTransportPrivate *
gst_ice_transport_get_private (GstIceTransport *self)
{
  return gst_ice_transport_get_instance_private (self);
}

static guint
send_by_backend (
    gpointer self, const GstIceDatagram *datagrams, guint n, GError **error)
{
  return GST_ICE_TRANSPORT_GET_CLASS (self)->send (self, datagrams, n, error);
}

static void
gst_ice_transport_init (GstIceTransport *self)
{
  GstIceTransportPrivate *priv = gst_ice_transport_get_private (self);

  g_mutex_init (&priv->lock);
  priv->inbox = gst_ice_inbox_new (GST_ICE_INBOX_LIMIT);
  priv->outbox = gst_ice_outbox_new (send_by_backend, self);
  priv->sources = gst_ice_sources_new ();
  priv->role = GST_ICE_ROLE_UNKNOWN;
}

static void
gst_ice_transport_constructed (GObject *object)
{
  GstIceTransportPrivate *priv = gst_ice_transport_get_private (
      GST_ICE_TRANSPORT (object));

  G_OBJECT_CLASS (gst_ice_transport_parent_class)->constructed (object);
  ice_transport_state_init (&priv->machine,
      priv->disconnected_timeout * (gint64) 1000,
      priv->failed_timeout * (gint64) 1000);
}

static void
gst_ice_transport_finalize (GObject *object)
{
  GstIceTransportPrivate *priv = gst_ice_transport_get_private (
      GST_ICE_TRANSPORT (object));
  guint i;

  gst_ice_inbox_free (priv->inbox);
  gst_ice_outbox_free (priv->outbox);
  gst_ice_sources_unref (priv->sources);
  g_clear_pointer (&priv->selected_pair, gst_structure_free);
  for (i = 0; i < GST_ICE_N_DIRECTIONS; i++)
    g_free (priv->owner_names[i]);
  g_mutex_clear (&priv->lock);
  G_OBJECT_CLASS (gst_ice_transport_parent_class)->finalize (object);
}

static void
gst_ice_transport_set_property (
    GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
  GstIceTransportPrivate *priv = gst_ice_transport_get_private (
      GST_ICE_TRANSPORT (object));

  switch (id) {
    case PROP_STREAM:
      priv->stream = g_value_get_uint (value);
      break;
    case PROP_COMPONENT:
      priv->component = g_value_get_uint (value);
      break;
    case PROP_DISCONNECTED_TIMEOUT:
      priv->disconnected_timeout = g_value_get_uint (value);
      break;
    case PROP_FAILED_TIMEOUT:
      priv->failed_timeout = g_value_get_uint (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
      break;
  }
}

static void
gst_ice_transport_get_property (
    GObject *object, guint id, GValue *value, GParamSpec *spec)
{
  GstIceTransport *self = GST_ICE_TRANSPORT (object);
  GstIceTransportPrivate *priv = gst_ice_transport_get_private (self);

  switch (id) {
    case PROP_STREAM:
      g_value_set_uint (value, priv->stream);
      break;
    case PROP_COMPONENT:
      g_value_set_uint (value, priv->component);
      break;
    case PROP_STATE:
      g_value_set_enum (value, gst_ice_transport_get_state (self));
      break;
    case PROP_GATHERING_STATE:
      g_value_set_enum (value, gst_ice_transport_get_gathering_state (self));
      break;
    case PROP_ROLE:
      g_value_set_enum (value, gst_ice_transport_get_role (self));
      break;
    case PROP_CANDIDATE_PAIRS:
      gst_ice_transport_take_pairs (self, value);
      break;
    case PROP_SELECTED_CANDIDATE_PAIR:
      g_value_take_boxed (value, gst_ice_transport_get_selected_pair (self));
      break;
    case PROP_RECEIVE_OFFLOAD_ACTIVE:
      g_value_set_boolean (value,
          gst_ice_transport_is_offload_active (
              self, GST_ICE_DIRECTION_RECEIVE));
      break;
    case PROP_SEND_OFFLOAD_ACTIVE:
      g_value_set_boolean (value,
          gst_ice_transport_is_offload_active (self, GST_ICE_DIRECTION_SEND));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
      break;
  }
}

static void
install_state_properties (void)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  properties[PROP_STATE] = g_param_spec_enum ("state", "State",
      "RTCIceTransportState of this transport", GST_TYPE_ICE_CONNECTION_STATE,
      GST_ICE_CONNECTION_STATE_NEW, flags);
  properties[PROP_GATHERING_STATE] = g_param_spec_enum ("gathering-state",
      "Gathering state", "RTCIceGathererState of this transport",
      GST_TYPE_ICE_GATHERING_STATE, GST_ICE_GATHERING_STATE_NEW, flags);
  properties[PROP_ROLE] = g_param_spec_enum ("role", "Role",
      "RTCIceRole of this agent on this transport", GST_TYPE_ICE_ROLE,
      GST_ICE_ROLE_UNKNOWN, flags);
  properties[PROP_CANDIDATE_PAIRS] = gst_param_spec_array ("candidate-pairs",
      "Candidate pairs", "The candidate pairs that are known, as structures",
      g_param_spec_boxed (
          "pair", "Pair", "A candidate pair", GST_TYPE_STRUCTURE, flags),
      flags);
  properties[PROP_SELECTED_CANDIDATE_PAIR] = g_param_spec_boxed (
      "selected-candidate-pair", "Selected candidate pair",
      "The pair that media takes, NULL while there is none", GST_TYPE_STRUCTURE,
      flags);
  properties[PROP_RECEIVE_OFFLOAD_ACTIVE] = g_param_spec_boolean (
      "receive-offload-active", "Receive offload active",
      "Whether datagrams come by the kernel-steered path now", FALSE, flags);
  properties[PROP_SEND_OFFLOAD_ACTIVE] = g_param_spec_boolean (
      "send-offload-active", "Send offload active",
      "Whether datagrams go by the kernel-steered path now", FALSE, flags);
}

static void
gst_ice_transport_class_init (GstIceTransportClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags construct = G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY
      | G_PARAM_STATIC_STRINGS;
  const GParamFlags hidden = G_PARAM_WRITABLE | G_PARAM_CONSTRUCT_ONLY
      | G_PARAM_STATIC_STRINGS;

  object_class->constructed = gst_ice_transport_constructed;
  object_class->finalize = gst_ice_transport_finalize;
  object_class->set_property = gst_ice_transport_set_property;
  object_class->get_property = gst_ice_transport_get_property;

  properties[PROP_STREAM] = g_param_spec_uint ("stream", "Stream",
      "The stream, sdpMLineIndex", 0, G_MAXUINT, 0, construct);
  properties[PROP_COMPONENT] = g_param_spec_uint ("component", "Component",
      "The component, 1 RTP, 2 RTCP", 1, 256, 1, construct);
  properties[PROP_DISCONNECTED_TIMEOUT] = g_param_spec_uint (
      "disconnected-timeout", "Disconnected timeout", "Milliseconds, 0 = never",
      0, G_MAXUINT, 0, hidden);
  properties[PROP_FAILED_TIMEOUT] = g_param_spec_uint ("failed-timeout",
      "Failed timeout", "Milliseconds, 0 = never", 0, G_MAXUINT, 0, hidden);
  install_state_properties ();
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
}

/* What backends report; each goes to the session. */

/**
 * gst_ice_transport_report_candidate:
 * @self: a transport
 * @candidate: a local candidate, in gathering order
 *
 * I/O thread.
 */
void
gst_ice_transport_report_candidate (
    GstIceTransport *self, const IceCandidate *candidate)
{
  GstIceTransportPrivate *priv = gst_ice_transport_get_private (self);

  if (priv->observer != NULL)
    priv->observer->candidate (self, candidate, priv->observer_data);
}

/**
 * gst_ice_transport_report_gathered:
 * @self: a transport
 *
 * I/O thread. No more local candidates will come.
 */
void
gst_ice_transport_report_gathered (GstIceTransport *self)
{
  GstIceTransportPrivate *priv = gst_ice_transport_get_private (self);

  if (priv->observer != NULL)
    priv->observer->gathered (self, priv->observer_data);
}

/**
 * gst_ice_transport_report_event:
 * @self: a transport
 * @event: what happened
 *
 * I/O thread.
 */
void
gst_ice_transport_report_event (GstIceTransport *self, IceEvent event)
{
  GstIceTransportPrivate *priv = gst_ice_transport_get_private (self);

  if (priv->observer != NULL)
    priv->observer->event (self, event, priv->observer_data);
}

/**
 * gst_ice_transport_report_selected_pair:
 * @self: a transport
 * @local: the pair's local candidate
 * @remote: the pair's remote candidate
 *
 * I/O thread. A pair was nominated, works, and media takes it now.
 */
void
gst_ice_transport_report_selected_pair (GstIceTransport *self,
    const IceCandidate *local, const IceCandidate *remote)
{
  GstIceTransportPrivate *priv = gst_ice_transport_get_private (self);
  GstStructure *pair;

  gst_ice_sources_add (priv->sources, remote->address, remote->port);
  if (priv->observer == NULL)
    return;
  pair = gst_ice_pair_new_structure (priv->stream, priv->component, local,
      remote, GST_ICE_CANDIDATE_PAIR_STATE_SUCCEEDED, TRUE, TRUE);
  gst_ice_pair_set_priority (
      pair, priv->role, local->priority, remote->priority);
  priv->observer->selected_pair (self, pair, priv->observer_data);
  gst_structure_free (pair);
}

/* What comes from the remote end of a pair that succeeded is the peer's. */
static void
trust_source (GstIceTransport *self, const GstStructure *pair)
{
  GstIceCandidatePairState state;
  const gchar *address = gst_structure_get_string (pair, "remote-address");
  guint port;

  if (address != NULL
      && gst_structure_get_enum (
          pair, "state", GST_TYPE_ICE_CANDIDATE_PAIR_STATE, (gint *) &state)
      && state == GST_ICE_CANDIDATE_PAIR_STATE_SUCCEEDED
      && gst_structure_get_uint (pair, "remote-port", &port))
    gst_ice_sources_add (
        gst_ice_transport_get_private (self)->sources, address, (guint16) port);
}

/**
 * gst_ice_transport_report_pair:
 * @self: a transport
 * @pair: one of its pairs, which changed
 * @is_state: whether it is new, or its state or nomination changed
 *
 * I/O thread.
 */
void
gst_ice_transport_report_pair (
    GstIceTransport *self, const GstStructure *pair, gboolean is_state)
{
  GstIceTransportPrivate *priv = gst_ice_transport_get_private (self);

  trust_source (self, pair);
  if (priv->observer != NULL)
    priv->observer->pair (self, pair, is_state, priv->observer_data);
}

/**
 * gst_ice_transport_report_role:
 * @self: a transport
 * @role: the role after a conflict, RFC 8445 section 7.3.1.1
 *
 * I/O thread.
 */
void
gst_ice_transport_report_role (GstIceTransport *self, GstIceRole role)
{
  GstIceTransportPrivate *priv = gst_ice_transport_get_private (self);

  if (priv->observer != NULL)
    priv->observer->role (self, role, priv->observer_data);
}

/**
 * gst_ice_transport_report_candidate_error:
 * @self: a transport
 * @error: what went wrong with a server or a candidate
 *
 * I/O thread.
 */
void
gst_ice_transport_report_candidate_error (
    GstIceTransport *self, const GstIceCandidateError *error)
{
  GstIceTransportPrivate *priv = gst_ice_transport_get_private (self);

  if (priv->observer != NULL)
    priv->observer->candidate_error (self, error, priv->observer_data);
}

/**
 * gst_ice_transport_set_timeouts:
 * @self: a transport
 * @disconnected_timeout: milliseconds without a sign of life until the selected
 *   pair is silent; 0 = never
 * @failed_timeout: milliseconds without consent until it is given up; 0 = never
 *
 * I/O thread. For the selected pair: 0 where the peer can't be asked.
 */
void
gst_ice_transport_set_timeouts (
    GstIceTransport *self, guint disconnected_timeout, guint failed_timeout)
{
  GstIceTransportPrivate *priv = gst_ice_transport_get_private (self);

  g_mutex_lock (&priv->lock);
  ice_transport_state_set_timeouts (&priv->machine,
      disconnected_timeout * (gint64) 1000, failed_timeout * (gint64) 1000);
  g_mutex_unlock (&priv->lock);
}

/**
 * gst_ice_transport_set_round_trip_time:
 * @self: a transport
 * @requests_sent: consent requests on the selected pair
 * @responses_received: and the answers to them
 * @current: what the last one took, microseconds; -1 = not known
 * @total: what all took, microseconds
 *
 * I/O thread.
 */
void
gst_ice_transport_set_round_trip_time (GstIceTransport *self,
    guint64 requests_sent, guint64 responses_received, gint64 current,
    gint64 total)
{
  GstIceTransportPrivate *priv = gst_ice_transport_get_private (self);

  g_mutex_lock (&priv->lock);
  if (priv->selected_pair != NULL) {
    gst_structure_set (priv->selected_pair, "consent-requests-sent",
        G_TYPE_UINT64, requests_sent, NULL);
    if (responses_received > 0 && current >= 0)
      gst_structure_set (priv->selected_pair, "current-round-trip-time",
          G_TYPE_DOUBLE, current / (gdouble) G_USEC_PER_SEC,
          "total-round-trip-time", G_TYPE_DOUBLE,
          total / (gdouble) G_USEC_PER_SEC, NULL);
  }
  g_mutex_unlock (&priv->lock);
}

/**
 * gst_ice_transport_report_problem:
 * @self: a transport
 * @error: why it can't go on
 *
 * I/O thread.
 */
void
gst_ice_transport_report_problem (GstIceTransport *self, const GError *error)
{
  GstIceTransportPrivate *priv = gst_ice_transport_get_private (self);

  if (priv->observer != NULL)
    priv->observer->problem (self, error, priv->observer_data);
}

/**
 * gst_ice_transport_report_closed:
 * @self: a transport
 *
 * I/O thread. Everything that GstIceTransportClass.close() began is done.
 */
void
gst_ice_transport_report_closed (GstIceTransport *self)
{
  GstIceTransportPrivate *priv = gst_ice_transport_get_private (self);

  if (priv->observer != NULL)
    priv->observer->closed (self, priv->observer_data);
}

/* For the session, I/O thread. */

/**
 * gst_ice_transport_set_observer:
 * @self: a transport
 * @callbacks: (nullable): who hears its reports, from now on
 * @observer: for @callbacks
 *
 * I/O thread, or before anything runs.
 */
void
gst_ice_transport_set_observer (GstIceTransport *self,
    const GstIceTransportObserver *callbacks, gpointer observer)
{
  GstIceTransportPrivate *priv = gst_ice_transport_get_private (self);

  priv->observer = callbacks;
  priv->observer_data = observer;
}

/**
 * gst_ice_transport_set_role:
 * @self: a transport
 * @role: the role in force
 *
 * I/O thread.
 */
void
gst_ice_transport_set_role (GstIceTransport *self, GstIceRole role)
{
  GstIceTransportPrivate *priv = gst_ice_transport_get_private (self);
  gboolean changed;

  g_mutex_lock (&priv->lock);
  changed = priv->role != role;
  priv->role = role;
  g_mutex_unlock (&priv->lock);
  if (changed)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ROLE]);
}

/**
 * gst_ice_transport_gather:
 * @self: a transport
 * @options: with what
 *
 * I/O thread.
 */
void
gst_ice_transport_gather (
    GstIceTransport *self, const GstIceGatherOptions *options)
{
  GST_ICE_TRANSPORT_GET_CLASS (self)->gather (self, options);
}

/**
 * gst_ice_transport_set_remote_credentials:
 * @self: a transport
 * @ufrag: the peer's
 * @password: the peer's
 *
 * I/O thread.
 */
void
gst_ice_transport_set_remote_credentials (
    GstIceTransport *self, const gchar *ufrag, const gchar *password)
{
  GST_ICE_TRANSPORT_GET_CLASS (self)->set_remote_credentials (
      self, ufrag, password);
}

/**
 * gst_ice_transport_add_remote_candidate:
 * @self: a transport that has the remote credentials
 * @candidate: the peer's
 *
 * I/O thread.
 */
void
gst_ice_transport_add_remote_candidate (
    GstIceTransport *self, const IceCandidate *candidate)
{
  GST_ICE_TRANSPORT_GET_CLASS (self)->add_remote_candidate (self, candidate);
}

/**
 * gst_ice_transport_remote_end_of_candidates:
 * @self: a transport
 *
 * I/O thread.
 */
void
gst_ice_transport_remote_end_of_candidates (GstIceTransport *self)
{
  GstIceTransportClass *klass = GST_ICE_TRANSPORT_GET_CLASS (self);

  if (klass->remote_end_of_candidates != NULL)
    klass->remote_end_of_candidates (self);
}

/**
 * gst_ice_transport_restart:
 * @self: a transport
 * @options: with what, and our credentials from now on
 *
 * I/O thread.
 */
void
gst_ice_transport_restart (
    GstIceTransport *self, const GstIceGatherOptions *options)
{
  GST_ICE_TRANSPORT_GET_CLASS (self)->restart (self, options);
}

/**
 * gst_ice_transport_close:
 * @self: a transport
 *
 * I/O thread. Waiting threads are let go; `closed` is reported when the
 * backend has ended.
 */
void
gst_ice_transport_close (GstIceTransport *self)
{
  gst_ice_inbox_remove_sockets (gst_ice_transport_get_private (self)->inbox);
  GST_ICE_TRANSPORT_GET_CLASS (self)->close (self);
}

static GstIceOutboxState
get_outbox_state (const IceTransportState *machine)
{
  if (machine->state == GST_ICE_CONNECTION_STATE_CLOSED)
    return GST_ICE_OUTBOX_ENDED;
  if (machine->state == GST_ICE_CONNECTION_STATE_FAILED)
    return GST_ICE_OUTBOX_FAILED;
  return ice_transport_state_may_send (machine) ? GST_ICE_OUTBOX_OPEN
                                                : GST_ICE_OUTBOX_WAITING;
}

/**
 * gst_ice_transport_step:
 * @self: a transport
 * @event: what happened
 * @now: when, g_get_monotonic_time()
 * @old_state: (out): the state before
 * @reason: (out): why it changed
 *
 * I/O thread. Writes the values, notifies nobody;
 * gst_ice_transport_wake_sender() is to follow.
 *
 * Returns: whether the state changed
 */
gboolean
gst_ice_transport_step (GstIceTransport *self, IceEvent event, gint64 now,
    GstIceConnectionState *old_state, IceReason *reason)
{
  GstIceTransportPrivate *priv = gst_ice_transport_get_private (self);
  GstIceConnectionState state;
  gboolean changed;

  g_mutex_lock (&priv->lock);
  *old_state = priv->machine.state;
  /* Datagrams are signs of life too, told when it matters. */
  if (event == ICE_EVENT_TICK && priv->last_received > priv->machine.last_life)
    priv->machine.last_life = priv->last_received;
  changed = ice_transport_state_step (&priv->machine, event, now);
  state = priv->machine.state;
  *reason = priv->machine.reason;
  g_mutex_unlock (&priv->lock);

  if (changed)
    GST_INFO_OBJECT (self, "%u/%u %s -> %s (%s)", priv->stream, priv->component,
        ice_connection_state_to_string (*old_state),
        ice_connection_state_to_string (state), ice_reason_to_string (*reason));
  else
    GST_DEBUG_OBJECT (self, "%u/%u %s: still %s", priv->stream, priv->component,
        ice_event_to_string (event), ice_connection_state_to_string (state));
  return changed;
}

/**
 * gst_ice_transport_wake_sender:
 * @self: a transport
 *
 * I/O thread. Who waits to send learns of the state; after everybody else did,
 * so that what a failure was is told before the stream ends by it.
 */
void
gst_ice_transport_wake_sender (GstIceTransport *self)
{
  GstIceTransportPrivate *priv = gst_ice_transport_get_private (self);
  GstIceOutboxState state;

  g_mutex_lock (&priv->lock);
  state = get_outbox_state (&priv->machine);
  g_mutex_unlock (&priv->lock);
  gst_ice_outbox_set_state (priv->outbox, state);
}

/**
 * gst_ice_transport_get_deadline:
 * @self: a transport
 *
 * Returns: when it wants %ICE_EVENT_TICK, g_get_monotonic_time(); -1 = never
 */
gint64
gst_ice_transport_get_deadline (GstIceTransport *self)
{
  GstIceTransportPrivate *priv = gst_ice_transport_get_private (self);
  gint64 deadline;

  g_mutex_lock (&priv->lock);
  deadline = ice_transport_state_deadline (&priv->machine);
  g_mutex_unlock (&priv->lock);
  return deadline;
}

/**
 * gst_ice_transport_set_gathering_state:
 * @self: a transport
 * @state: its gathering state from now on
 *
 * I/O thread. Writes the value, notifies nobody.
 *
 * Returns: whether it changed
 */
gboolean
gst_ice_transport_set_gathering_state (
    GstIceTransport *self, GstIceGatheringState state)
{
  GstIceTransportPrivate *priv = gst_ice_transport_get_private (self);
  gboolean changed;

  g_mutex_lock (&priv->lock);
  changed = priv->gathering_state != state;
  priv->gathering_state = state;
  g_mutex_unlock (&priv->lock);
  return changed;
}

/**
 * gst_ice_transport_set_selected_pair:
 * @self: a transport
 * @pair: the pair that media takes from now on
 *
 * I/O thread. Writes the value, notifies nobody.
 */
void
gst_ice_transport_set_selected_pair (
    GstIceTransport *self, const GstStructure *pair)
{
  GstIceTransportPrivate *priv = gst_ice_transport_get_private (self);
  GstIceOutboxCounters sent;
  GstStructure *old;

  gst_ice_outbox_get_counters (priv->outbox, &sent);
  g_mutex_lock (&priv->lock);
  old = priv->selected_pair;
  priv->selected_pair = gst_structure_copy (pair);
  priv->before_pair = sent;
  priv->packets_before_pair = priv->packets_received;
  priv->bytes_before_pair = priv->bytes_received;
  priv->selected_pair_changes++;
  g_mutex_unlock (&priv->lock);
  if (old != NULL)
    gst_structure_free (old);
}

/**
 * gst_ice_transport_end_of_stream:
 * @self: a transport
 *
 * Any thread. The peer sends no more: readers get what waits, then EOS; where
 * nobody reads, the peer was the reader, and writers get EOS.
 */
void
gst_ice_transport_end_of_stream (GstIceTransport *self)
{
  GstIceTransportPrivate *priv = gst_ice_transport_get_private (self);

  gst_ice_inbox_set_eos (priv->inbox);
  if (!gst_ice_transport_is_claimed (self, GST_ICE_DIRECTION_RECEIVE))
    gst_ice_outbox_set_state (priv->outbox, GST_ICE_OUTBOX_ENDED);
}

/* For everybody. */

/**
 * gst_ice_transport_get_stream:
 * @self: a transport
 *
 * Returns: its stream, sdpMLineIndex
 */
guint
gst_ice_transport_get_stream (GstIceTransport *self)
{
  return gst_ice_transport_get_private (self)->stream;
}

/**
 * gst_ice_transport_get_component:
 * @self: a transport
 *
 * Returns: its component
 */
guint
gst_ice_transport_get_component (GstIceTransport *self)
{
  return gst_ice_transport_get_private (self)->component;
}

/**
 * gst_ice_transport_get_role:
 * @self: a transport
 *
 * Any thread.
 *
 * Returns: the role in force
 */
GstIceRole
gst_ice_transport_get_role (GstIceTransport *self)
{
  GstIceTransportPrivate *priv = gst_ice_transport_get_private (self);
  GstIceRole role;

  g_mutex_lock (&priv->lock);
  role = priv->role;
  g_mutex_unlock (&priv->lock);
  return role;
}

/**
 * gst_ice_transport_get_state:
 * @self: a transport
 *
 * Any thread.
 *
 * Returns: RTCIceTransportState
 */
GstIceConnectionState
gst_ice_transport_get_state (GstIceTransport *self)
{
  GstIceTransportPrivate *priv = gst_ice_transport_get_private (self);
  GstIceConnectionState state;

  g_mutex_lock (&priv->lock);
  state = priv->machine.state;
  g_mutex_unlock (&priv->lock);
  return state;
}

/**
 * gst_ice_transport_has_worked:
 * @self: a transport
 *
 * Any thread.
 *
 * Returns: whether a pair of this generation was usable
 */
gboolean
gst_ice_transport_has_worked (GstIceTransport *self)
{
  GstIceTransportPrivate *priv = gst_ice_transport_get_private (self);
  gboolean worked;

  g_mutex_lock (&priv->lock);
  worked = priv->machine.worked;
  g_mutex_unlock (&priv->lock);
  return worked;
}

/**
 * gst_ice_transport_get_reason:
 * @self: a transport
 *
 * Any thread.
 *
 * Returns: why its state changed last
 */
IceReason
gst_ice_transport_get_reason (GstIceTransport *self)
{
  GstIceTransportPrivate *priv = gst_ice_transport_get_private (self);
  IceReason reason;

  g_mutex_lock (&priv->lock);
  reason = priv->machine.reason;
  g_mutex_unlock (&priv->lock);
  return reason;
}

/**
 * gst_ice_transport_get_gathering_state:
 * @self: a transport
 *
 * Any thread.
 *
 * Returns: RTCIceGathererState
 */
GstIceGatheringState
gst_ice_transport_get_gathering_state (GstIceTransport *self)
{
  GstIceTransportPrivate *priv = gst_ice_transport_get_private (self);
  GstIceGatheringState state;

  g_mutex_lock (&priv->lock);
  state = priv->gathering_state;
  g_mutex_unlock (&priv->lock);
  return state;
}
