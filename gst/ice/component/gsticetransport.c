/* gst-ice: one component of one stream.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The I/O thread writes the states; the lock is a leaf and protects the values
 * that other threads read. */

#include "component/gsticetransport.h"
#include "component/gsticetransportproperties.h"
#include "api/gsticeenumtypes.h"

GST_DEBUG_CATEGORY_STATIC (gst_ice_transport_debug);
#define GST_CAT_DEFAULT gst_ice_transport_debug

/* Values that the I/O thread writes and all threads read. */
typedef struct
{
  IceTransportState machine;
  GstIceGatheringState gathering_state;
  GstIceRole role;
} Values;

typedef struct
{
  guint stream;
  guint component;

  const GstIceTransportObserver *observer; /* I/O thread */
  gpointer observer_data;

  GstIceDatapath *datapath;
  GstIceTransportPairs *pairs;

  GMutex lock;
  Values values; /* under the lock */
} GstIceTransportPrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_CODE (GstIceTransport, gst_ice_transport,
    GST_TYPE_OBJECT,
    G_ADD_PRIVATE (GstIceTransport) GST_DEBUG_CATEGORY_INIT (
        gst_ice_transport_debug, "icetransport", 0, "ICE transport"))

static GstIceTransportPrivate *
get_private (GstIceTransport *self)
{
  return gst_ice_transport_get_instance_private (self);
}

static Values
read_values (GstIceTransport *self)
{
  GstIceTransportPrivate *priv = get_private (self);
  Values values;

  g_mutex_lock (&priv->lock);
  values = priv->values;
  g_mutex_unlock (&priv->lock);
  return values;
}

static guint
send_by_backend (
    gpointer self, const GstIceDatagram *datagrams, guint n, GError **error)
{
  return GST_ICE_TRANSPORT_GET_CLASS (self)->send (self, datagrams, n, error);
}

static void
report_silence_ended (gpointer self)
{
  GstIceTransportClass *klass = GST_ICE_TRANSPORT_GET_CLASS (self);

  if (klass->silence_ended != NULL)
    klass->silence_ended (self);
}

/* (transfer full) (nullable) */
static GPtrArray *
list_pairs (gpointer self)
{
  GstIceTransportClass *klass = GST_ICE_TRANSPORT_GET_CLASS (self);

  return klass->list_pairs != NULL ? klass->list_pairs (self) : NULL;
}

static const GstIceDatapathFuncs datapath_funcs = { .send = send_by_backend,
  .silence_ended = report_silence_ended };

static void
gst_ice_transport_init (GstIceTransport *self)
{
  GstIceTransportPrivate *priv = get_private (self);

  g_mutex_init (&priv->lock);
  priv->values.role = GST_ICE_ROLE_UNKNOWN;
}

static void
gst_ice_transport_constructed (GObject *object)
{
  GstIceTransportPrivate *priv = get_private (GST_ICE_TRANSPORT (object));

  G_OBJECT_CLASS (gst_ice_transport_parent_class)->constructed (object);
  priv->datapath = gst_ice_datapath_new (
      priv->stream, priv->component, &datapath_funcs, object);
  priv->pairs = gst_ice_transport_pairs_new (
      priv->datapath, list_pairs, object);
  ice_transport_state_init (
      &priv->values.machine, 0, 0); /* set when a pair is selected */
}

static void
gst_ice_transport_finalize (GObject *object)
{
  GstIceTransportPrivate *priv = get_private (GST_ICE_TRANSPORT (object));

  gst_ice_transport_pairs_free (priv->pairs);
  gst_ice_datapath_free (priv->datapath);
  g_mutex_clear (&priv->lock);
  G_OBJECT_CLASS (gst_ice_transport_parent_class)->finalize (object);
}

static void
gst_ice_transport_set_property (
    GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
  GstIceTransportPrivate *priv = get_private (GST_ICE_TRANSPORT (object));

  switch (id) {
    case GST_ICE_TRANSPORT_PROP_STREAM:
      priv->stream = g_value_get_uint (value);
      break;
    case GST_ICE_TRANSPORT_PROP_COMPONENT:
      priv->component = g_value_get_uint (value);
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
  GstIceTransportPrivate *priv = get_private (self);

  switch (id) {
    case GST_ICE_TRANSPORT_PROP_STREAM:
      g_value_set_uint (value, priv->stream);
      break;
    case GST_ICE_TRANSPORT_PROP_COMPONENT:
      g_value_set_uint (value, priv->component);
      break;
    case GST_ICE_TRANSPORT_PROP_STATE:
      g_value_set_enum (value, gst_ice_transport_get_state (self));
      break;
    case GST_ICE_TRANSPORT_PROP_GATHERING_STATE:
      g_value_set_enum (value, gst_ice_transport_get_gathering_state (self));
      break;
    case GST_ICE_TRANSPORT_PROP_ROLE:
      g_value_set_enum (value, gst_ice_transport_get_role (self));
      break;
    case GST_ICE_TRANSPORT_PROP_CANDIDATE_PAIRS:
      gst_ice_transport_pairs_take_all (priv->pairs, value);
      break;
    case GST_ICE_TRANSPORT_PROP_SELECTED_CANDIDATE_PAIR:
      g_value_take_boxed (
          value, gst_ice_transport_pairs_get_selected (priv->pairs));
      break;
    case GST_ICE_TRANSPORT_PROP_RECEIVE_OFFLOAD_ACTIVE:
      g_value_set_boolean (value,
          gst_ice_datapath_is_offload_active (
              priv->datapath, GST_ICE_DIRECTION_RECEIVE));
      break;
    case GST_ICE_TRANSPORT_PROP_SEND_OFFLOAD_ACTIVE:
      g_value_set_boolean (value,
          gst_ice_datapath_is_offload_active (
              priv->datapath, GST_ICE_DIRECTION_SEND));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
      break;
  }
}

static void
gst_ice_transport_class_init (GstIceTransportClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->constructed = gst_ice_transport_constructed;
  object_class->finalize = gst_ice_transport_finalize;
  object_class->set_property = gst_ice_transport_set_property;
  object_class->get_property = gst_ice_transport_get_property;
  gst_ice_transport_install_properties (object_class);
}

/* Functions for backends, I/O thread. */

/**
 * gst_ice_transport_set_timeouts:
 * @self: a transport
 * @disconnected_timeout: milliseconds without a sign of life until the selected
 *   pair counts as silent; 0 = never
 * @failed_timeout: milliseconds without consent until the pair fails; 0 = never
 *
 * I/O thread. For the selected pair; 0 if no consent requests can be sent on
 * it.
 */
void
gst_ice_transport_set_timeouts (
    GstIceTransport *self, guint disconnected_timeout, guint failed_timeout)
{
  GstIceTransportPrivate *priv = get_private (self);

  g_mutex_lock (&priv->lock);
  ice_transport_state_set_timeouts (&priv->values.machine,
      disconnected_timeout * (gint64) 1000, failed_timeout * (gint64) 1000);
  g_mutex_unlock (&priv->lock);
}

/**
 * gst_ice_transport_set_end_timeout:
 * @self: a transport
 * @end_timeout: end-of-candidates-timeout, milliseconds; 0 = never
 *
 * I/O thread, before it gathers.
 */
void
gst_ice_transport_set_end_timeout (GstIceTransport *self, guint end_timeout)
{
  GstIceTransportPrivate *priv = get_private (self);

  g_mutex_lock (&priv->lock);
  ice_transport_state_set_end_timeout (
      &priv->values.machine, end_timeout * (gint64) 1000);
  g_mutex_unlock (&priv->lock);
}

/* Functions for the session, I/O thread. */

/**
 * gst_ice_transport_set_observer:
 * @self: a transport
 * @callbacks: (nullable): called with its reports from now on
 * @observer: for @callbacks
 *
 * I/O thread, or before the transport is used.
 */
void
gst_ice_transport_set_observer (GstIceTransport *self,
    const GstIceTransportObserver *callbacks, gpointer observer)
{
  GstIceTransportPrivate *priv = get_private (self);

  priv->observer = callbacks;
  priv->observer_data = observer;
}

/**
 * gst_ice_transport_set_role:
 * @self: a transport
 * @role: the role in force
 *
 * I/O thread, or before another thread has the transport.
 */
void
gst_ice_transport_set_role (GstIceTransport *self, GstIceRole role)
{
  GstIceTransportPrivate *priv = get_private (self);
  gboolean changed;

  g_mutex_lock (&priv->lock);
  changed = priv->values.role != role;
  priv->values.role = role;
  g_mutex_unlock (&priv->lock);
  if (changed)
    g_object_notify (G_OBJECT (self), "role");
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
 * gst_ice_transport_begin_call:
 * @self: a transport whose backend was closed by gst_ice_transport_end_call()
 * @old_state: (out): the state before
 *
 * I/O thread. Writes the values of a transport that has not gathered, without
 * notifying.
 *
 * Returns: whether the state changed
 */
gboolean
gst_ice_transport_begin_call (
    GstIceTransport *self, GstIceConnectionState *old_state)
{
  GstIceTransportPrivate *priv = get_private (self);
  gboolean changed;

  g_mutex_lock (&priv->lock);
  *old_state = priv->values.machine.state;
  changed = ice_transport_state_begin_call (&priv->values.machine);
  priv->values.gathering_state = GST_ICE_GATHERING_STATE_NEW;
  g_mutex_unlock (&priv->lock);
  gst_ice_datapath_set_silent (priv->datapath, FALSE, 0);
  return changed;
}

/**
 * gst_ice_transport_step:
 * @self: a transport
 * @event: an event
 * @now: its time, g_get_monotonic_time()
 * @old_state: (out): the state before
 * @reason: (out): why it changed
 *
 * I/O thread. Writes the values without notifying; call
 * gst_ice_transport_wake_sender() afterwards.
 *
 * Returns: whether the state changed
 */
gboolean
gst_ice_transport_step (GstIceTransport *self, IceEvent event, gint64 now,
    GstIceConnectionState *old_state, IceReason *reason)
{
  GstIceTransportPrivate *priv = get_private (self);
  GstIceConnectionState state;
  gboolean changed;

  gint64 last_received = gst_ice_datapath_get_last_received (priv->datapath);
  gboolean silent;

  g_mutex_lock (&priv->lock);
  *old_state = priv->values.machine.state;
  /* Datagrams on the pair are signs of life too; they are read only here. */
  if (event == ICE_EVENT_TICK && last_received > priv->values.machine.last_life)
    priv->values.machine.last_life = last_received;
  changed = ice_transport_state_step (&priv->values.machine, event, now);
  state = priv->values.machine.state;
  *reason = priv->values.machine.reason;
  silent = priv->values.machine.path == ICE_PATH_SILENT;
  g_mutex_unlock (&priv->lock);
  gst_ice_datapath_set_silent (priv->datapath, silent, last_received);
  if (state == GST_ICE_CONNECTION_STATE_CLOSED)
    gst_ice_transport_pairs_close (priv->pairs);

  if (changed)
    GST_INFO_OBJECT (self, "%s -> %s (%s)",
        ice_connection_state_to_string (*old_state),
        ice_connection_state_to_string (state), ice_reason_to_string (*reason));
  else
    GST_DEBUG_OBJECT (self, "%s: still %s", ice_event_to_string (event),
        ice_connection_state_to_string (state));
  return changed;
}

/**
 * gst_ice_transport_wake_sender:
 * @self: a transport
 *
 * I/O thread. Applies the state to a waiting sender. Called after the state was
 * reported, so that a failure is reported before the stream ends, and
 * `connected` before the EOS behind the waiting data.
 */
void
gst_ice_transport_wake_sender (GstIceTransport *self)
{
  GstIceTransportPrivate *priv = get_private (self);
  IceTransportState machine = read_values (self).machine;

  gst_ice_datapath_set_send_state (priv->datapath, get_outbox_state (&machine));
}

/**
 * gst_ice_transport_get_deadline:
 * @self: a transport
 *
 * Returns: the time of the next %ICE_EVENT_TICK, g_get_monotonic_time(); -1 =
 *   never
 */
gint64
gst_ice_transport_get_deadline (GstIceTransport *self)
{
  IceTransportState machine = read_values (self).machine;

  return ice_transport_state_deadline (&machine);
}

/**
 * gst_ice_transport_set_gathering_state:
 * @self: a transport
 * @state: its new gathering state
 *
 * I/O thread. Writes the value without notifying.
 *
 * Returns: whether it changed
 */
gboolean
gst_ice_transport_set_gathering_state (
    GstIceTransport *self, GstIceGatheringState state)
{
  GstIceTransportPrivate *priv = get_private (self);
  gboolean changed;

  g_mutex_lock (&priv->lock);
  changed = priv->values.gathering_state != state;
  priv->values.gathering_state = state;
  g_mutex_unlock (&priv->lock);
  return changed;
}

/* Functions for all threads. */

/**
 * gst_ice_transport_get_stream:
 * @self: a transport
 *
 * Returns: its stream, sdpMLineIndex
 */
guint
gst_ice_transport_get_stream (GstIceTransport *self)
{
  return get_private (self)->stream;
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
  return get_private (self)->component;
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
  return read_values (self).role;
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
  return read_values (self).machine.state;
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
  return read_values (self).machine.worked;
}

/**
 * gst_ice_transport_get_reason:
 * @self: a transport
 *
 * Any thread.
 *
 * Returns: the reason of its last change of state
 */
IceReason
gst_ice_transport_get_reason (GstIceTransport *self)
{
  return read_values (self).machine.reason;
}

/**
 * gst_ice_transport_may_send:
 * @self: a transport
 *
 * Any thread.
 *
 * Returns: whether there is a pair that media may be sent on
 */
gboolean
gst_ice_transport_may_send (GstIceTransport *self)
{
  IceTransportState machine = read_values (self).machine;

  return ice_transport_state_may_send (&machine);
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
  return read_values (self).gathering_state;
}

/**
 * gst_ice_transport_get_last_life:
 * @self: a transport
 *
 * Any thread.
 *
 * Returns: the time of the peer's last sign of life on the selected pair,
 *   datagrams included, microseconds, monotonic
 */
gint64
gst_ice_transport_get_last_life (GstIceTransport *self)
{
  return MAX (read_values (self).machine.last_life,
      gst_ice_datapath_get_last_received (
          gst_ice_transport_get_datapath (self)));
}

/**
 * gst_ice_transport_get_pairs:
 * @self: a transport
 *
 * Any thread.
 *
 * Returns: (transfer none): its candidate pairs, which live as long as it does
 */
GstIceTransportPairs *
gst_ice_transport_get_pairs (GstIceTransport *self)
{
  return get_private (self)->pairs;
}

/**
 * gst_ice_transport_get_datapath:
 * @self: a transport
 *
 * Any thread.
 *
 * Returns: (transfer none): its datapath, which lives as long as it does
 */
GstIceDatapath *
gst_ice_transport_get_datapath (GstIceTransport *self)
{
  return get_private (self)->datapath;
}

/**
 * gst_ice_transport_get_observer:
 * @self: a transport
 * @observer: (out): for the callbacks
 *
 * I/O thread.
 *
 * Returns: (nullable): the session's callbacks
 */
const GstIceTransportObserver *
gst_ice_transport_get_observer (GstIceTransport *self, gpointer *observer)
{
  GstIceTransportPrivate *priv = get_private (self);

  *observer = priv->observer_data;
  return priv->observer;
}
