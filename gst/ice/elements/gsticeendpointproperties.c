/* gst-ice: the properties that icesrc and icesink share.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "elements/gsticeendpointproperties.h"
#include "elements/gsticeendpointbinding.h"
#include "elements/gsticeendpointprospect.h"
#include "elements/gsticeendpointstates.h"
#include "api/gsticeenumtypes.h"
#include "api/gsticesecret.h"
#include "model/icestream.h"

static void
install_binding_properties (GObjectClass *klass)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS
      | G_PARAM_EXPLICIT_NOTIFY;
  const GParamFlags ready = flags | GST_PARAM_MUTABLE_READY;

  g_object_class_install_property (klass, GST_ICE_ENDPOINT_PROP_CONNECTION_ID,
      g_param_spec_string ("connection-id", "Connection id",
          "Elements of one process with the same id share one agent; NULL = an "
          "agent of its own",
          NULL, ready));
  g_object_class_install_property (klass, GST_ICE_ENDPOINT_PROP_AGENT,
      g_param_spec_object ("agent", "Agent",
          "The ICE agent to use, which wins over connection-id; from READY on "
          "reading returns the agent in use",
          GST_TYPE_ICE_AGENT, ready));
  g_object_class_install_property (klass, GST_ICE_ENDPOINT_PROP_STREAM,
      g_param_spec_uint ("stream", "Stream", "Media stream, sdpMLineIndex", 0,
          ICE_STREAM_MAX_INDEX, DEFAULT_STREAM, ready));
  g_object_class_install_property (klass, GST_ICE_ENDPOINT_PROP_COMPONENT,
      g_param_spec_uint ("component", "Component", "Component: 1 RTP, 2 RTCP",
          1, ICE_STREAM_MAX_COMPONENT, DEFAULT_COMPONENT, ready));
  g_object_class_install_property (klass, GST_ICE_ENDPOINT_PROP_BUFFER_SIZE,
      g_param_spec_uint ("buffer-size", "Buffer size",
          "Size of the kernel's socket buffer in bytes; 0 = 4 MiB, or what the "
          "system allows",
          0, G_MAXINT, DEFAULT_BUFFER_SIZE, ready));
  g_object_class_install_property (klass, GST_ICE_ENDPOINT_PROP_OFFLOAD,
      g_param_spec_enum ("offload", "Offload",
          "Whether datagrams use batched socket I/O (UDP GSO and GRO) if "
          "the system and the selected pair support it (see offload-active)",
          GST_TYPE_ICE_OFFLOAD, DEFAULT_OFFLOAD,
          flags | GST_PARAM_MUTABLE_PLAYING));
}

static void
install_state_properties (GObjectClass *klass)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  const struct
  {
    guint id;
    const gchar *name, *nick, *blurb;
  } states[] = {
    { GST_ICE_ENDPOINT_PROP_ICE_CONNECTION_STATE, "ice-connection-state",
        "ICE connection state",
        "RTCIceConnectionState over the agent's transports" },
    { GST_ICE_ENDPOINT_PROP_ICE_TRANSPORT_STATE, "ice-transport-state",
        "ICE transport state", "RTCIceTransportState of this transport" },
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (states); i++)
    g_object_class_install_property (klass, states[i].id,
        g_param_spec_enum (states[i].name, states[i].nick, states[i].blurb,
            GST_TYPE_ICE_CONNECTION_STATE, GST_ICE_CONNECTION_STATE_NEW,
            flags));
  g_object_class_install_property (klass,
      GST_ICE_ENDPOINT_PROP_ICE_GATHERING_STATE,
      g_param_spec_enum ("ice-gathering-state", "ICE gathering state",
          "RTCIceGatheringState over the agent's transports",
          GST_TYPE_ICE_GATHERING_STATE, GST_ICE_GATHERING_STATE_NEW, flags));
  g_object_class_install_property (klass, GST_ICE_ENDPOINT_PROP_TRANSPORT,
      g_param_spec_object ("transport", "Transport",
          "The ICE transport in use, from READY on", GST_TYPE_ICE_TRANSPORT,
          flags));
  g_object_class_install_property (klass, GST_ICE_ENDPOINT_PROP_CANDIDATE_PAIRS,
      gst_param_spec_array ("candidate-pairs", "Candidate pairs",
          "The transport's candidate pairs that are known, as structures",
          g_param_spec_boxed (
              "pair", "Pair", "A candidate pair", GST_TYPE_STRUCTURE, flags),
          flags));
  g_object_class_install_property (klass,
      GST_ICE_ENDPOINT_PROP_SELECTED_CANDIDATE_PAIR,
      g_param_spec_boxed ("selected-candidate-pair", "Selected candidate pair",
          "The pair that media uses, NULL while there is none",
          GST_TYPE_STRUCTURE, flags));
  g_object_class_install_property (klass,
      GST_ICE_ENDPOINT_PROP_LOCAL_CANDIDATES,
      gst_param_spec_array ("local-candidates", "Local candidates",
          "Our candidates, in gathering order",
          g_param_spec_string (
              "candidate", "candidate", "candidate", NULL, flags),
          flags));
  g_object_class_install_property (klass, GST_ICE_ENDPOINT_PROP_OFFLOAD_ACTIVE,
      g_param_spec_boolean ("offload-active", "Offload active",
          "Whether datagrams use batched socket I/O now", FALSE, flags));
}

/* A property of the agent, which its first element reports. */
static gboolean
is_reported_by_first (
    GstElement *element, GstIceAgent *agent, const GParamSpec *spec)
{
  GParamSpec *of_agent = g_object_class_find_property (
      G_OBJECT_GET_CLASS (agent), spec->name);

  return !gst_ice_agent_is_first (agent, GST_OBJECT (element))
      && of_agent != NULL && of_agent->owner_type == GST_TYPE_ICE_AGENT
      && !g_str_equal (
          spec->name, gst_ice_setting_get_name (GST_ICE_SETTING_ON_FAILED));
}

/* A list of pairs, which changes with each check, or a property of the
 * transport, which its icesrc reports. */
static gboolean
is_not_reported_of_transport (
    GstIceEndpoint *self, GstIceTransport *transport, const GParamSpec *spec)
{
  gboolean is_pairs = g_str_equal (spec->name, "candidate-pairs");

  if (is_pairs
      && gst_ice_transport_get_state (transport)
          == GST_ICE_CONNECTION_STATE_CHECKING)
    return TRUE;
  return self->direction == GST_ICE_DIRECTION_SEND
      && (is_pairs || g_str_equal (spec->name, "selected-candidate-pair"))
      && gst_ice_claims_has (gst_ice_datapath_get_claims (
                                 gst_ice_transport_get_datapath (transport)),
          GST_ICE_DIRECTION_RECEIVE);
}

/* notify is emitted for all. deep-notify on the pipeline, which GstObject emits
 * as well and whose handlers print the values (gst-launch-1.0 -v), is emitted
 * once for a change, and not for each check. */
static gboolean
is_for_deep_notify (GstElement *element, const GParamSpec *spec)
{
  GstIceEndpoint *self = gst_ice_endpoint_get (element);
  g_autoptr (GstIceAgent) agent = NULL;
  g_autoptr (GstIceTransport) transport = NULL;

  if (gst_ice_secret_spec_is_one (spec))
    return FALSE;
  g_mutex_lock (&self->lock);
  if (self->bound) {
    agent = gst_object_ref (self->agent);
    transport = gst_object_ref (self->transport);
  }
  g_mutex_unlock (&self->lock);
  return agent == NULL
      || !(is_reported_by_first (element, agent, spec)
          || is_not_reported_of_transport (self, transport, spec));
}

static void
dispatch_properties_changed (GObject *object, guint n, GParamSpec **specs)
{
  GObjectClass *element_class = g_type_class_peek (GST_TYPE_ELEMENT);
  GObjectClass *object_class = g_type_class_peek (G_TYPE_OBJECT);
  guint i;

  for (i = 0; i < n; i++)
    (is_for_deep_notify (GST_ELEMENT (object), specs[i]) ? element_class
                                                         : object_class)
        ->dispatch_properties_changed (object, 1, &specs[i]);
}

/**
 * gst_ice_endpoint_install_properties:
 * @klass: an element class that embeds an endpoint
 *
 * Installs the properties that both elements have.
 */
void
gst_ice_endpoint_install_properties (GstElementClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispatch_properties_changed = dispatch_properties_changed;
  install_binding_properties (object_class);
  install_state_properties (object_class);
  gst_ice_settings_install (object_class, GST_ICE_ENDPOINT_PROP_SETTINGS);

  gst_type_mark_as_plugin_api (GST_TYPE_ICE_AGENT, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_ICE_TRANSPORT, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_ICE_CONNECTION_STATE, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_ICE_GATHERING_STATE, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_ICE_CANDIDATE_PAIR_STATE, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_ICE_ROLE, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_ICE_TRANSPORT_POLICY, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_ICE_ON_FAILED, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_ICE_RESTART_ON, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_ICE_OFFLOAD, 0);
}

/* Returns: whether it could change, and did */
static gboolean
set_binding (GstIceEndpoint *self, GParamSpec *spec, const GValue *value)
{
  GstObject *old = NULL;
  gboolean was_bound, foreseen = FALSE;
  guint id = spec->param_id;

  if (!gst_ice_endpoint_may_rebind (self, spec->name, &was_bound))
    return FALSE;
  g_mutex_lock (&self->lock);
  switch (id) {
    case GST_ICE_ENDPOINT_PROP_CONNECTION_ID:
      g_free (self->connection_id);
      self->connection_id = g_value_dup_string (value);
      break;
    case GST_ICE_ENDPOINT_PROP_AGENT:
      old = (GstObject *) self->wanted_agent;
      self->wanted_agent = g_value_dup_object (value);
      break;
    case GST_ICE_ENDPOINT_PROP_STREAM:
      self->stream = g_value_get_uint (value);
      break;
    case GST_ICE_ENDPOINT_PROP_COMPONENT:
      self->component = g_value_get_uint (value);
      break;
  }
  g_mutex_unlock (&self->lock);
  gst_clear_object (&old);
  if (id == GST_ICE_ENDPOINT_PROP_CONNECTION_ID
      || id == GST_ICE_ENDPOINT_PROP_AGENT) {
    /* The element will have another agent than expected, with other
     * credentials. */
    foreseen = gst_ice_endpoint_forget_agent (self);
    gst_ice_endpoint_share_credentials (self);
  }
  if (was_bound) {
    gst_ice_endpoint_notify_binding (self);
  } else if (foreseen) {
    g_object_notify (G_OBJECT (self->element), "local-ufrag");
    g_object_notify (G_OBJECT (self->element), "local-pwd");
  }
  /* notify_binding() has notified of the agent */
  return !was_bound || id != GST_ICE_ENDPOINT_PROP_AGENT;
}

/**
 * gst_ice_endpoint_has_value:
 * @self: an endpoint
 * @spec: a property of its element
 * @value: a value of its type
 *
 * Any thread. `agent` is what was chosen, not the one in use.
 *
 * Returns: whether setting the property to @value would change nothing
 */
gboolean
gst_ice_endpoint_has_value (
    GstIceEndpoint *self, GParamSpec *spec, const GValue *value)
{
  g_auto (GValue) now = G_VALUE_INIT;
  gboolean same;

  if (spec->param_id == GST_ICE_ENDPOINT_PROP_AGENT) {
    g_mutex_lock (&self->lock);
    same = self->wanted_agent == g_value_get_object (value);
    g_mutex_unlock (&self->lock);
    return same;
  }
  g_value_init (&now, spec->value_type);
  g_object_get_property (G_OBJECT (self->element), spec->name, &now);
  return gst_value_compare (&now, value) == GST_VALUE_EQUAL;
}

/* Returns: whether it was set to another value */
static gboolean
set_own (GstIceEndpoint *self, GParamSpec *spec, const GValue *value)
{
  switch (spec->param_id) {
    case GST_ICE_ENDPOINT_PROP_BUFFER_SIZE:
      g_mutex_lock (&self->lock);
      self->buffer_size = g_value_get_uint (value);
      g_mutex_unlock (&self->lock);
      return TRUE;
    case GST_ICE_ENDPOINT_PROP_OFFLOAD:
      gst_ice_endpoint_set_offload (self, g_value_get_enum (value));
      return TRUE;
    default:
      return set_binding (self, spec, value);
  }
}

/**
 * gst_ice_endpoint_set_property:
 * @self: an endpoint
 * @spec: a property of its element
 * @value: its value
 *
 * Any thread. Notifies where the property has another value then.
 *
 * Returns: whether the property is one of both elements'
 */
gboolean
gst_ice_endpoint_set_property (
    GstIceEndpoint *self, GParamSpec *spec, const GValue *value)
{
  guint id = spec->param_id;

  if (id >= GST_ICE_ENDPOINT_N_PROPS)
    return FALSE;
  if (id >= GST_ICE_ENDPOINT_PROP_SETTINGS)
    gst_ice_endpoint_set_setting (
        self, id - GST_ICE_ENDPOINT_PROP_SETTINGS, value);
  else if (!gst_ice_endpoint_has_value (self, spec, value)
      && set_own (self, spec, value))
    g_object_notify_by_pspec (G_OBJECT (self->element), spec);
  return TRUE;
}

/* While it is not bound they are the user's choice, or those of the agent that
 * it will have. */
static void
get_credential (GstIceEndpoint *self, GstIceSetting id, GValue *value)
{
  g_autoptr (GstIceAgent) agent = NULL;
  gboolean own;

  g_mutex_lock (&self->lock);
  own = !self->bound
      && gst_ice_settings_get_string (&self->settings, id) != NULL;
  if (own)
    gst_ice_settings_get (&self->settings, id, value);
  g_mutex_unlock (&self->lock);
  if (own)
    return;
  agent = gst_ice_endpoint_foresee_agent (self);
  g_object_get_property (
      G_OBJECT (agent), gst_ice_setting_get_name (id), value);
}

static void
get_setting (GstIceEndpoint *self, GstIceSetting id, GValue *value)
{
  g_autoptr (GstIceAgent) agent = NULL;

  if (id == GST_ICE_SETTING_LOCAL_UFRAG || id == GST_ICE_SETTING_LOCAL_PWD) {
    get_credential (self, id, value);
    return;
  }
  g_mutex_lock (&self->lock);
  if (self->agent != NULL && id != GST_ICE_SETTING_ON_FAILED
      && (self->bound || !self->settings.chosen[id]))
    agent = gst_object_ref (self->agent);
  else
    gst_ice_settings_get (&self->settings, id, value);
  g_mutex_unlock (&self->lock);
  if (agent != NULL)
    g_object_get_property (
        G_OBJECT (agent), gst_ice_setting_get_name (id), value);
}

/* The agent's or the transport's value; the default value without one. */
static gboolean
get_state (GstIceEndpoint *self, guint id, GValue *value)
{
  const struct
  {
    gboolean of_transport;
    const gchar *name;
  } sources[GST_ICE_ENDPOINT_PROP_SETTINGS] = {
    [GST_ICE_ENDPOINT_PROP_ICE_CONNECTION_STATE] = { FALSE,
        "ice-connection-state" },
    [GST_ICE_ENDPOINT_PROP_ICE_GATHERING_STATE] = { FALSE,
        "ice-gathering-state" },
    [GST_ICE_ENDPOINT_PROP_LOCAL_CANDIDATES] = { FALSE, "local-candidates" },
    [GST_ICE_ENDPOINT_PROP_ICE_TRANSPORT_STATE] = { TRUE, "state" },
    [GST_ICE_ENDPOINT_PROP_CANDIDATE_PAIRS] = { TRUE, "candidate-pairs" },
    [GST_ICE_ENDPOINT_PROP_SELECTED_CANDIDATE_PAIR] = { TRUE,
        "selected-candidate-pair" },
    [GST_ICE_ENDPOINT_PROP_OFFLOAD_ACTIVE] = { TRUE,
        self->direction == GST_ICE_DIRECTION_RECEIVE ? "receive-offload-active"
                                                     : "send-offload-active" },
  };
  g_autoptr (GstObject) source = NULL;

  if (sources[id].name == NULL)
    return FALSE;
  g_mutex_lock (&self->lock);
  if (self->agent != NULL)
    source = gst_object_ref (sources[id].of_transport
            ? GST_OBJECT (self->transport)
            : GST_OBJECT (self->agent));
  g_mutex_unlock (&self->lock);
  if (source != NULL)
    g_object_get_property (G_OBJECT (source), sources[id].name, value);
  return TRUE;
}

/**
 * gst_ice_endpoint_get_property:
 * @self: an endpoint
 * @id: a property id
 * @value: (inout): takes its value
 *
 * Returns: whether the property is one of both elements'
 */
gboolean
gst_ice_endpoint_get_property (GstIceEndpoint *self, guint id, GValue *value)
{
  gboolean known = TRUE;

  if (id >= GST_ICE_ENDPOINT_N_PROPS)
    return FALSE;
  if (id >= GST_ICE_ENDPOINT_PROP_SETTINGS) {
    get_setting (self, id - GST_ICE_ENDPOINT_PROP_SETTINGS, value);
    return TRUE;
  }
  if (get_state (self, id, value))
    return TRUE;

  g_mutex_lock (&self->lock);
  switch (id) {
    case GST_ICE_ENDPOINT_PROP_CONNECTION_ID:
      g_value_set_string (value, self->connection_id);
      break;
    case GST_ICE_ENDPOINT_PROP_AGENT:
      g_value_set_object (
          value, self->bound ? self->agent : self->wanted_agent);
      break;
    case GST_ICE_ENDPOINT_PROP_STREAM:
      g_value_set_uint (value, self->stream);
      break;
    case GST_ICE_ENDPOINT_PROP_COMPONENT:
      g_value_set_uint (value, self->component);
      break;
    case GST_ICE_ENDPOINT_PROP_TRANSPORT:
      g_value_set_object (value, self->bound ? self->transport : NULL);
      break;
    case GST_ICE_ENDPOINT_PROP_BUFFER_SIZE:
      g_value_set_uint (value, self->buffer_size);
      break;
    case GST_ICE_ENDPOINT_PROP_OFFLOAD:
      g_value_set_enum (value, self->offload);
      break;
    default:
      known = FALSE;
      break;
  }
  g_mutex_unlock (&self->lock);
  return known;
}
