/* gst-ice: what icesrc and icesink share.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An endpoint is bound to its agent and transport from READY on, or from the
 * first action that needs them. */

#include "gsticeendpoint.h"
#include "gsticeenumtypes.h"
#include "gsticeregistry.h"
#include "gsticesignals.h"

GST_DEBUG_CATEGORY_STATIC (gst_ice_endpoint_debug);
#define GST_CAT_DEFAULT gst_ice_endpoint_debug

static GQuark endpoint_quark;
static GQuark signals_quark; /* of the class's type: its signal ids */

static GstIceEndpoint *
get_endpoint (gpointer element)
{
  return g_object_get_qdata (G_OBJECT (element), endpoint_quark);
}

static guint
get_signal (gpointer element, GstIceSignal signal)
{
  GType type = G_OBJECT_TYPE (element);
  const guint *ids = NULL;

  for (; ids == NULL; type = g_type_parent (type))
    ids = g_type_get_qdata (type, signals_quark);
  return ids[signal];
}

/* One failure, one message: what failed, why, what to do. */
static void
post (GstIceEndpoint *self, const GError *error, gboolean fatal)
{
  GQuark domain = error->domain;
  gint code = error->code;

  if (domain == G_IO_ERROR) {
    domain = GST_RESOURCE_ERROR;
    code = error->code == G_IO_ERROR_ADDRESS_IN_USE
            || error->code == G_IO_ERROR_BUSY
        ? GST_RESOURCE_ERROR_BUSY
        : GST_RESOURCE_ERROR_OPEN_READ_WRITE;
  } else if (domain != GST_RESOURCE_ERROR) {
    domain = GST_RESOURCE_ERROR;
    code = GST_RESOURCE_ERROR_SETTINGS;
  }
  gst_element_message_full (self->element,
      fatal ? GST_MESSAGE_ERROR : GST_MESSAGE_WARNING, domain, code,
      g_strdup (error->message), NULL, __FILE__, GST_FUNCTION, __LINE__);
}

/* What the agent says is said again by the element. I/O thread. */

static void
on_ice_candidate (GstIceAgent *agent, guint stream, const gchar *candidate,
    GstElement *element)
{
  g_signal_emit (element, get_signal (element, GST_ICE_SIGNAL_ON_ICE_CANDIDATE),
      0, stream, candidate);
}

static void
on_ice_candidate_error (
    GstIceAgent *agent, const GstStructure *error, GstElement *element)
{
  g_signal_emit (element,
      get_signal (element, GST_ICE_SIGNAL_ON_ICE_CANDIDATE_ERROR), 0, error);
}

static void
on_pair_state_change (GstIceAgent *agent, guint stream, guint component,
    const GstStructure *pair, GstElement *element)
{
  g_signal_emit (element,
      get_signal (element, GST_ICE_SIGNAL_ON_CANDIDATE_PAIR_STATE_CHANGE), 0,
      stream, component, pair);
}

static void
on_selected_pair_change (GstIceAgent *agent, guint stream, guint component,
    const GstStructure *pair, GstElement *element)
{
  g_signal_emit (element,
      get_signal (element, GST_ICE_SIGNAL_ON_SELECTED_CANDIDATE_PAIR_CHANGE), 0,
      stream, component, pair);
}

static gchar *
on_filter_candidate (GstIceAgent *agent, guint stream, const gchar *candidate,
    gboolean local, GstElement *element)
{
  return gst_ice_signal_filter (element,
      get_signal (element, GST_ICE_SIGNAL_FILTER_CANDIDATE), stream, candidate,
      local);
}

static void
on_event (GstIceAgent *agent, const GstStructure *message, GstElement *element)
{
  if (gst_ice_agent_is_first (agent, GST_OBJECT (element)))
    gst_element_post_message (element,
        gst_message_new_element (
            GST_OBJECT (element), gst_structure_copy (message)));
}

static void
on_problem (GstIceAgent *agent, const GError *error, gboolean fatal,
    GstElement *element)
{
  if (gst_ice_agent_is_first (agent, GST_OBJECT (element)))
    post (get_endpoint (element), error, fatal);
}

static void
on_agent_notify (GstIceAgent *agent, GParamSpec *spec, GstElement *element)
{
  g_object_notify (G_OBJECT (element), spec->name);
}

static gboolean
has_items (GstIceAgent *agent, const gchar *property)
{
  g_auto (GValue) items = G_VALUE_INIT;

  g_object_get_property (G_OBJECT (agent), property, &items);
  return gst_value_array_get_size (&items) > 0;
}

/* What to do where no check succeeded, or none could be made. */
static const gchar *
explain_checks (GstIceAgent *agent)
{
  gboolean has_turn = has_items (agent, "turn-servers");
  GstIceTransportPolicy policy;

  g_object_get (agent, "ice-transport-policy", &policy, NULL);
  if (!has_items (agent, "local-candidates")) {
    if (policy != GST_ICE_TRANSPORT_POLICY_RELAY)
      return "there is no local candidate; check local-addresses, interfaces "
             "and that the network is up";
    if (!has_turn)
      return "there is no local candidate, since ice-transport-policy is relay "
             "and there is no TURN server; set turn-server";
    return "there is no local candidate, since ice-transport-policy is relay "
           "and no TURN server gave one; check turn-servers, what "
           "ice-candidate-error says of them, and try transport=tcp";
  }
  if (!has_items (agent, "remote-candidates"))
    return "the peer told no candidate; check its servers and the signalling";
  if (!has_turn)
    return "no candidate pair works, every check went unanswered or was "
           "refused; check that remote-ufrag and remote-pwd are the peer's, "
           "that the network lets UDP through, or add a TURN server";
  return "no candidate pair works, every check went unanswered or was refused; "
         "check that remote-ufrag and remote-pwd are the peer's, that the "
         "network lets UDP through, or that there is a TURN server with "
         "transport=tcp, and what ice-candidate-error says of it";
}

static const gchar *
explain (GstIceAgent *agent, IceReason reason)
{
  switch (reason) {
    case ICE_REASON_CONSENT_EXPIRED:
      return "the peer has not answered for failed-timeout; it is gone, or the "
             "path to it is";
    case ICE_REASON_CONSENT_REVOKED:
      return "the peer does not want to receive any more";
    case ICE_REASON_SOCKET_ERROR:
      return "the selected pair's socket failed";
    case ICE_REASON_CHECKS:
    case ICE_REASON_END_OF_CANDIDATES:
    case ICE_REASON_CONSENT_RESPONSE:
    case ICE_REASON_CONSENT_MISSING:
    case ICE_REASON_CHECKS_EXHAUSTED:
    case ICE_REASON_RESTART:
    case ICE_REASON_CLOSED:
      break;
  }
  return explain_checks (agent);
}

static void
tell_failure (
    GstIceEndpoint *self, GstIceAgent *agent, GstIceTransport *transport)
{
  GstIceOnFailed on_failed = gst_ice_endpoint_get_on_failed (self);
  IceReason reason = gst_ice_transport_get_reason (transport);
  g_autoptr (GError) error = NULL;

  if (on_failed == GST_ICE_ON_FAILED_EOS)
    gst_ice_transport_end_of_stream (transport);
  if (on_failed == GST_ICE_ON_FAILED_EOS || on_failed == GST_ICE_ON_FAILED_NONE
      || !gst_ice_agent_claim_failure (agent))
    return;
  error = g_error_new (GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND,
      "ICE failed on stream %u component %u (%s): %s",
      gst_ice_transport_get_stream (transport),
      gst_ice_transport_get_component (transport),
      ice_reason_to_string (reason), explain (agent, reason));
  post (self, error, on_failed == GST_ICE_ON_FAILED_ERROR);
}

static void
on_transport_state (
    GstIceTransport *transport, GParamSpec *spec, GstElement *element)
{
  GstIceEndpoint *self = get_endpoint (element);
  GstIceConnectionState state = gst_ice_transport_get_state (transport);
  g_autoptr (GstIceAgent) agent = NULL;
  gboolean was_up;

  g_object_notify (G_OBJECT (element), "ice-transport-state");
  g_mutex_lock (&self->lock);
  if (self->bound && self->transport == transport)
    agent = gst_object_ref (self->agent);
  g_mutex_unlock (&self->lock);
  if (agent == NULL)
    return;

  if (state == GST_ICE_CONNECTION_STATE_FAILED)
    tell_failure (self, agent, transport);
  was_up = self->up;
  self->up = state == GST_ICE_CONNECTION_STATE_CONNECTED
      || state == GST_ICE_CONNECTION_STATE_COMPLETED;
  if (self->up && !was_up && self->connected != NULL)
    self->connected (element);
}

/* A pair of the new generation took over. */
static void
on_selected_pair (
    GstIceTransport *transport, GParamSpec *spec, GstElement *element)
{
  GstIceEndpoint *self = get_endpoint (element);

  g_object_notify (G_OBJECT (element), spec->name);
  if (g_atomic_int_get (&self->restarted) && self->up
      && self->connected != NULL)
    self->connected (element);
  g_atomic_int_set (&self->restarted, FALSE);
}

static void
on_local_ufrag (GstIceAgent *agent, GParamSpec *spec, GstElement *element)
{
  g_atomic_int_set (&get_endpoint (element)->restarted, TRUE);
  g_object_notify (G_OBJECT (element), spec->name);
}

static void
on_transport_pairs (
    GstIceTransport *transport, GParamSpec *spec, GstElement *element)
{
  g_object_notify (G_OBJECT (element), spec->name);
}

static void
connect_agent (GstIceAgent *agent, GstElement *element)
{
  static const gchar *const properties[] = { "notify::ice-connection-state",
    "notify::ice-gathering-state", "notify::local-candidates",
    "notify::remote-candidates", "notify::role" };
  const struct
  {
    const gchar *name;
    GCallback handler;
  } handlers[] = {
    { "on-ice-candidate", G_CALLBACK (on_ice_candidate) },
    { "on-ice-candidate-error", G_CALLBACK (on_ice_candidate_error) },
    { "on-candidate-pair-state-change", G_CALLBACK (on_pair_state_change) },
    { "on-selected-candidate-pair-change",
        G_CALLBACK (on_selected_pair_change) },
    { "filter-candidate", G_CALLBACK (on_filter_candidate) },
    { "event", G_CALLBACK (on_event) },
    { "problem", G_CALLBACK (on_problem) },
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (handlers); i++)
    g_signal_connect_object (
        agent, handlers[i].name, handlers[i].handler, element, 0);
  g_signal_connect_object (
      agent, "notify::local-ufrag", G_CALLBACK (on_local_ufrag), element, 0);
  for (i = 0; i < G_N_ELEMENTS (properties); i++)
    g_signal_connect_object (
        agent, properties[i], G_CALLBACK (on_agent_notify), element, 0);
}

static void
on_offload_active (
    GstIceTransport *transport, GParamSpec *spec, GstElement *element)
{
  g_object_notify (G_OBJECT (element), "offload-active");
}

static void
connect_transport (GstIceTransport *transport, GstElement *element)
{
  GstIceDirection direction = get_endpoint (element)->direction;

  g_signal_connect_object (transport,
      direction == GST_ICE_DIRECTION_RECEIVE ? "notify::receive-offload-active"
                                             : "notify::send-offload-active",
      G_CALLBACK (on_offload_active), element, 0);
  g_signal_connect_object (
      transport, "notify::state", G_CALLBACK (on_transport_state), element, 0);
  g_signal_connect_object (transport, "notify::candidate-pairs",
      G_CALLBACK (on_transport_pairs), element, 0);
  g_signal_connect_object (transport, "notify::selected-candidate-pair",
      G_CALLBACK (on_selected_pair), element, 0);
}

/* Binding. */

static gboolean
pass_candidates_on (
    GstIceAgent *agent, guint stream, const GValue *array, GError **error)
{
  guint i;

  for (i = 0; i < gst_value_array_get_size (array); i++)
    if (!gst_ice_agent_add_ice_candidate (agent, stream,
            g_value_get_string (gst_value_array_get_value (array, i)), error))
      return FALSE;
  return TRUE;
}

static gboolean
pass_setting_on (GstIceAgent *agent, guint stream, GstIceSetting id,
    const GValue *value, GError **error)
{
  if (id == GST_ICE_SETTING_REMOTE_CANDIDATES)
    return pass_candidates_on (agent, stream, value, error);
  return gst_ice_agent_set (agent, id, value, error);
}

static gboolean
pass_settings_on (const GstIceSettings *settings, GstIceAgent *agent,
    guint stream, GError **error)
{
  GstIceSetting id;

  for (id = 0; id < GST_ICE_N_SETTINGS; id++)
    if (settings->chosen[id] && id != GST_ICE_SETTING_TURN_SERVER
        && !pass_setting_on (agent, stream, id, &settings->values[id], error))
      return FALSE;
  return TRUE;
}

/* The agent may close between finding and binding it: then there is another
 * one of that id. */
static GstIceAgent *
find_agent (GstIceEndpoint *self, GstIceAgent *wanted,
    const gchar *connection_id, GError **error)
{
  GstObject *user = GST_OBJECT (self->element);
  GstIceAgent *agent;

  if (wanted != NULL)
    return gst_ice_agent_bind (wanted, user, error) ? gst_object_ref (wanted)
                                                    : NULL;
  while (TRUE) {
    agent = gst_ice_registry_get_agent (connection_id);
    if (gst_ice_agent_bind (agent, user, NULL))
      return agent;
    gst_object_unref (agent);
  }
}

static GstIceTransport *
find_transport (GstIceEndpoint *self, GstIceAgent *agent, guint stream,
    guint component, GError **error)
{
  GstIceTransport *transport = gst_ice_agent_get_transport (
      agent, stream, component, error);

  if (transport != NULL
      && !gst_ice_transport_claim (
          transport, self->direction, GST_OBJECT (self->element), error))
    g_clear_object (&transport);
  return transport;
}

static gboolean
bind_as (GstIceEndpoint *self, GstIceAgent *wanted, const gchar *connection_id,
    guint stream, guint component, const GstIceSettings *settings,
    GError **error)
{
  g_autoptr (GstIceAgent) agent = NULL;
  g_autoptr (GstIceTransport) transport = NULL;

  agent = find_agent (self, wanted, connection_id, error);
  if (agent == NULL)
    return FALSE;
  if (pass_settings_on (settings, agent, stream, error)
      && gst_ice_agent_verify (agent, error))
    transport = find_transport (self, agent, stream, component, error);
  if (transport == NULL) {
    gst_ice_agent_unbind (agent, GST_OBJECT (self->element));
    return FALSE;
  }
  self->up = FALSE;
  connect_agent (agent, self->element);
  connect_transport (transport, self->element);

  g_mutex_lock (&self->lock);
  gst_object_replace ((GstObject **) &self->agent, GST_OBJECT (agent));
  gst_object_replace ((GstObject **) &self->transport, GST_OBJECT (transport));
  self->bound = TRUE;
  g_mutex_unlock (&self->lock);
  return TRUE;
}

/* Holding `binding`. */
static gboolean
bind_now (GstIceEndpoint *self, GError **error)
{
  g_autoptr (GstIceAgent) wanted = NULL;
  g_autofree gchar *connection_id = NULL;
  GstIceSettings settings;
  guint stream, component;
  gboolean bound;

  g_mutex_lock (&self->lock);
  wanted = self->wanted_agent != NULL ? gst_object_ref (self->wanted_agent)
                                      : NULL;
  connection_id = g_strdup (self->connection_id);
  stream = self->stream;
  component = self->component;
  gst_ice_settings_copy (&settings, &self->settings);
  g_mutex_unlock (&self->lock);

  bound = gst_ice_settings_verify (&settings, error)
      && bind_as (
          self, wanted, connection_id, stream, component, &settings, error);
  gst_ice_settings_clear (&settings);
  return bound;
}

static gboolean
is_bound (GstIceEndpoint *self)
{
  gboolean bound;

  g_mutex_lock (&self->lock);
  bound = self->bound;
  g_mutex_unlock (&self->lock);
  return bound;
}

static gboolean
ensure_bound (GstIceEndpoint *self, GError **error)
{
  gboolean was_bound, bound;

  g_rec_mutex_lock (&self->binding);
  was_bound = is_bound (self);
  bound = was_bound || bind_now (self, error);
  g_rec_mutex_unlock (&self->binding);
  if (bound && !was_bound) {
    g_object_notify (G_OBJECT (self->element), "agent");
    g_object_notify (G_OBJECT (self->element), "transport");
  }
  return bound;
}

static void
unbind (GstIceEndpoint *self)
{
  g_autoptr (GstIceAgent) agent = NULL;
  g_autoptr (GstIceTransport) transport = NULL;

  g_mutex_lock (&self->lock);
  if (self->bound) {
    agent = gst_object_ref (self->agent);
    transport = gst_object_ref (self->transport);
    self->bound = FALSE;
  }
  g_mutex_unlock (&self->lock);
  if (agent == NULL)
    return;

  gst_ice_agent_set_socket_options (agent, transport, self->direction, NULL);
  gst_ice_agent_unbind (agent, GST_OBJECT (self->element));
  gst_ice_transport_unclaim (
      transport, self->direction, GST_OBJECT (self->element));
  g_signal_handlers_disconnect_by_data (agent, self->element);
  g_signal_handlers_disconnect_by_data (transport, self->element);
}

/* (transfer full) (nullable): the agent that speaks for the element. */
static GstIceAgent *
get_agent (GstIceEndpoint *self)
{
  GstIceAgent *agent = NULL;

  g_mutex_lock (&self->lock);
  if (self->agent != NULL)
    agent = gst_object_ref (self->agent);
  g_mutex_unlock (&self->lock);
  return agent;
}

/* Action signals: the first one binds. Any thread. */

static GstIceAgent *
need_agent (gpointer element, const gchar *action)
{
  GstIceEndpoint *self = get_endpoint (element);
  g_autoptr (GError) error = NULL;

  if (!ensure_bound (self, &error)) {
    GST_WARNING_OBJECT (element, "%s: %s", action, error->message);
    return NULL;
  }
  return get_agent (self);
}

static gboolean
was_done (gpointer element, const gchar *action, const GError *error)
{
  if (error != NULL)
    GST_WARNING_OBJECT (element, "%s: %s", action, error->message);
  return error == NULL;
}

static gboolean
act_add_ice_candidate (gpointer element, guint stream, const gchar *candidate)
{
  g_autoptr (GstIceAgent) agent = need_agent (element, "add-ice-candidate");
  g_autoptr (GError) error = NULL;

  if (agent == NULL)
    return FALSE;
  gst_ice_agent_add_ice_candidate (agent, stream, candidate, &error);
  return was_done (element, "add-ice-candidate", error);
}

static gboolean
act_set_remote_credentials (
    gpointer element, guint stream, const gchar *ufrag, const gchar *pwd)
{
  g_autoptr (GstIceAgent)
      agent = need_agent (element, "set-remote-credentials");
  g_autoptr (GError) error = NULL;

  if (agent == NULL)
    return FALSE;
  gst_ice_agent_set_remote_credentials (agent, stream, ufrag, pwd, &error);
  return was_done (element, "set-remote-credentials", error);
}

static gboolean
act_gather_candidates (gpointer element)
{
  g_autoptr (GstIceAgent) agent = need_agent (element, "gather-candidates");

  return agent != NULL && gst_ice_agent_gather_candidates (agent);
}

static gboolean
act_restart (gpointer element)
{
  g_autoptr (GstIceAgent) agent = need_agent (element, "restart");
  g_autoptr (GError) error = NULL;

  if (agent == NULL)
    return FALSE;
  gst_ice_agent_restart (agent, &error);
  return was_done (element, "restart", error);
}

static void
add_element_stats (GstIceEndpoint *self, GstStructure *stats)
{
  GstElement *element = self->element;
  GstElementFactory *factory = gst_element_get_factory (element);
  const gchar *type = factory != NULL
      ? gst_plugin_feature_get_name (GST_PLUGIN_FEATURE (factory))
      : G_OBJECT_TYPE_NAME (element);
  GstStructure *entry;
  GValue value = G_VALUE_INIT;

  if (self->add_stats == NULL)
    return;
  entry = gst_structure_new (type, "id", G_TYPE_STRING,
      GST_OBJECT_NAME (element), "type", G_TYPE_STRING, type, "timestamp",
      G_TYPE_DOUBLE, g_get_real_time () / 1000.0, NULL);
  self->add_stats (element, entry);
  g_value_init (&value, GST_TYPE_STRUCTURE);
  g_value_take_boxed (&value, entry);
  gst_structure_take_value (stats, type, &value);
}

static GstStructure *
act_get_stats (gpointer element)
{
  GstIceEndpoint *self = get_endpoint (element);
  g_autoptr (GstIceAgent) agent = get_agent (self);
  GstStructure *stats = agent != NULL ? gst_ice_agent_get_stats (agent)
                                      : gst_structure_new_empty ("ice-stats");

  add_element_stats (self, stats);
  return stats;
}

static void
act_close (gpointer element)
{
  g_autoptr (GstIceAgent) agent = get_agent (get_endpoint (element));

  if (agent != NULL)
    gst_ice_agent_close (agent);
}

static const GstIceActions actions = {
  .add_ice_candidate = act_add_ice_candidate,
  .set_remote_credentials = act_set_remote_credentials,
  .gather_candidates = act_gather_candidates,
  .restart = act_restart,
  .get_stats = act_get_stats,
  .close = act_close,
};

/**
 * gst_ice_endpoint_install_signals:
 * @klass: an element class that embeds an endpoint
 *
 * Installs the signals that both elements have.
 */
void
gst_ice_endpoint_install_signals (GstElementClass *klass)
{
  GType type = G_TYPE_FROM_CLASS (klass);
  guint *ids = g_new0 (guint, GST_ICE_N_SIGNALS);

  GST_DEBUG_CATEGORY_INIT (
      gst_ice_endpoint_debug, "iceendpoint", 0, "ICE endpoint");
  endpoint_quark = g_quark_from_static_string ("gst-ice-endpoint");
  signals_quark = g_quark_from_static_string ("gst-ice-signals");
  gst_ice_signals_install (type, &actions, ids);
  g_type_set_qdata (type, signals_quark, ids);
}

/**
 * gst_ice_endpoint_init:
 * @self: (out caller-allocates): the endpoint
 * @element: (transfer none): the element that embeds it
 * @direction: receive or send
 */
void
gst_ice_endpoint_init (
    GstIceEndpoint *self, GstElement *element, GstIceDirection direction)
{
  self->element = element;
  self->direction = direction;
  g_rec_mutex_init (&self->binding);
  g_mutex_init (&self->lock);
  self->stream = DEFAULT_STREAM;
  self->component = DEFAULT_COMPONENT;
  self->buffer_size = DEFAULT_BUFFER_SIZE;
  self->dscp = -1;
  self->offload = DEFAULT_OFFLOAD;
  gst_ice_settings_init (&self->settings);
  g_object_set_qdata (G_OBJECT (element), endpoint_quark, self);
}

/**
 * gst_ice_endpoint_dispose:
 * @self: an endpoint
 *
 * May run twice.
 */
void
gst_ice_endpoint_dispose (GstIceEndpoint *self)
{
  unbind (self);
  gst_clear_object (&self->agent);
  gst_clear_object (&self->transport);
  gst_clear_object (&self->wanted_agent);
}

/**
 * gst_ice_endpoint_finalize:
 * @self: an endpoint
 */
void
gst_ice_endpoint_finalize (GstIceEndpoint *self)
{
  gst_ice_settings_clear (&self->settings);
  g_free (self->connection_id);
  g_mutex_clear (&self->lock);
  g_rec_mutex_clear (&self->binding);
}

/**
 * gst_ice_endpoint_may_rebind:
 * @self: an endpoint
 * @property: the one that says which agent or transport
 *
 * Only while nothing runs; a binding made earlier is given up for the new one.
 *
 * Returns: whether @property can change
 */
gboolean
gst_ice_endpoint_may_rebind (GstIceEndpoint *self, const gchar *property)
{
  if (GST_STATE (self->element) > GST_STATE_READY) {
    GST_WARNING_OBJECT (self->element,
        "%s can only change in NULL and READY; it was not changed", property);
    return FALSE;
  }
  unbind (self);
  return TRUE;
}

/**
 * gst_ice_endpoint_set_setting:
 * @self: an endpoint
 * @id: a setting
 * @value: its value
 *
 * Bad values change nothing and are told by gst_ice_endpoint_prepare().
 */
void
gst_ice_endpoint_set_setting (
    GstIceEndpoint *self, GstIceSetting id, const GValue *value)
{
  g_autoptr (GstIceAgent) agent = NULL;
  g_autoptr (GError) error = NULL;
  guint stream;
  gboolean good;

  g_mutex_lock (&self->lock);
  if (self->bound)
    agent = gst_object_ref (self->agent);
  stream = self->stream;
  g_mutex_unlock (&self->lock);

  good = agent == NULL || pass_setting_on (agent, stream, id, value, &error);
  if (good) {
    g_mutex_lock (&self->lock);
    good = gst_ice_settings_set (&self->settings, id, value, &error);
    g_mutex_unlock (&self->lock);
  }
  if (!good)
    GST_ERROR_OBJECT (self->element, "%s", error->message);
}

/* State changes. */

/**
 * gst_ice_endpoint_prepare:
 * @self: an endpoint
 *
 * NULL->READY: finds agent and transport; posts an error where it can't.
 *
 * Returns: whether it has them
 */
gboolean
gst_ice_endpoint_prepare (GstIceEndpoint *self)
{
  g_autoptr (GError) error = NULL;

  if (ensure_bound (self, &error))
    return TRUE;
  post (self, error, TRUE);
  return FALSE;
}

static void
push_socket_options (
    GstIceEndpoint *self, GstIceAgent *agent, GstIceTransport *transport)
{
  GstIceSocketOptions options;

  g_mutex_lock (&self->lock);
  options = (GstIceSocketOptions){
    .buffer_size = self->buffer_size,
    .dscp = self->dscp,
    .offload = self->offload == GST_ICE_OFFLOAD_AUTO,
  };
  g_mutex_unlock (&self->lock);
  gst_ice_agent_set_socket_options (
      agent, transport, self->direction, &options);
}

/**
 * gst_ice_endpoint_start:
 * @self: an endpoint
 *
 * READY->PAUSED: gathers; posts an error where it can't, and waits a second at
 * most to know.
 *
 * Returns: whether it could
 */
gboolean
gst_ice_endpoint_start (GstIceEndpoint *self)
{
  g_autoptr (GstIceAgent) agent = NULL;
  g_autoptr (GstIceTransport) transport = NULL;
  g_autoptr (GError) error = NULL;

  if (!gst_ice_endpoint_prepare (self))
    return FALSE;
  agent = get_agent (self);
  transport = gst_ice_endpoint_get_transport (self);
  if (!gst_ice_agent_gather_candidates (agent)) {
    error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CLOSED,
        "the agent was closed; set the element to NULL to begin anew");
    post (self, error, TRUE);
    return FALSE;
  }
  push_socket_options (self, agent, transport);
  /* Why not was posted already. */
  return gst_ice_agent_wait_for_gathering (agent);
}

/**
 * gst_ice_endpoint_stop:
 * @self: an endpoint
 *
 * READY->NULL: gives agent and transport back; the agent's last element closes
 * it.
 */
void
gst_ice_endpoint_stop (GstIceEndpoint *self)
{
  unbind (self);
}

/* Options that change while the sockets are in use. */
static void
push_new_socket_options (GstIceEndpoint *self)
{
  g_autoptr (GstIceAgent) agent = get_agent (self);
  g_autoptr (GstIceTransport) transport = gst_ice_endpoint_get_transport (self);

  if (transport != NULL)
    push_socket_options (self, agent, transport);
}

/**
 * gst_ice_endpoint_set_dscp:
 * @self: an endpoint
 * @dscp: RFC 2474 code point, -1 = the system's
 */
void
gst_ice_endpoint_set_dscp (GstIceEndpoint *self, gint dscp)
{
  g_mutex_lock (&self->lock);
  self->dscp = dscp;
  g_mutex_unlock (&self->lock);
  push_new_socket_options (self);
}

/**
 * gst_ice_endpoint_set_offload:
 * @self: an endpoint
 * @offload: whether its datagrams may take the kernel-steered path
 */
void
gst_ice_endpoint_set_offload (GstIceEndpoint *self, GstIceOffload offload)
{
  g_mutex_lock (&self->lock);
  self->offload = offload;
  g_mutex_unlock (&self->lock);
  push_new_socket_options (self);
}

/**
 * gst_ice_endpoint_end_of_stream:
 * @self: an endpoint
 *
 * Its stream has ended: built-in signalling tells the peer.
 */
void
gst_ice_endpoint_end_of_stream (GstIceEndpoint *self)
{
  g_autoptr (GstIceAgent) agent = get_agent (self);
  g_autoptr (GstIceTransport) transport = gst_ice_endpoint_get_transport (self);

  if (transport == NULL)
    return;
  /* What is received has ended; what is sent on it goes on. */
  if (self->direction == GST_ICE_DIRECTION_RECEIVE
      && gst_ice_transport_is_claimed (transport, GST_ICE_DIRECTION_SEND))
    return;
  gst_ice_agent_end_of_stream (agent, transport);
}

/**
 * gst_ice_endpoint_get_transport:
 * @self: an endpoint
 *
 * Any thread.
 *
 * Returns: (transfer full) (nullable): its transport while it is bound
 */
GstIceTransport *
gst_ice_endpoint_get_transport (GstIceEndpoint *self)
{
  GstIceTransport *transport = NULL;

  g_mutex_lock (&self->lock);
  if (self->bound)
    transport = gst_object_ref (self->transport);
  g_mutex_unlock (&self->lock);
  return transport;
}

/**
 * gst_ice_endpoint_get_on_failed:
 * @self: an endpoint
 *
 * Any thread.
 *
 * Returns: what the element does when its transport fails: what was set on it,
 *   else what was set on the agent; no error where a restart follows
 */
GstIceOnFailed
gst_ice_endpoint_get_on_failed (GstIceEndpoint *self)
{
  g_autoptr (GstIceAgent) agent = NULL;
  GstIceOnFailed on_failed;
  gboolean chosen;

  g_mutex_lock (&self->lock);
  on_failed = gst_ice_settings_get_enum (
      &self->settings, GST_ICE_SETTING_ON_FAILED);
  chosen = self->settings.chosen[GST_ICE_SETTING_ON_FAILED];
  if (self->bound)
    agent = gst_object_ref (self->agent);
  g_mutex_unlock (&self->lock);
  if (agent != NULL && !chosen)
    g_object_get (agent, "on-failed", &on_failed, NULL);
  if (agent != NULL && on_failed == GST_ICE_ON_FAILED_ERROR
      && gst_ice_agent_restarts_on_failure (agent))
    return GST_ICE_ON_FAILED_WARNING;
  return on_failed;
}
