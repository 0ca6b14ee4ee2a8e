/* gst-ice: binds an endpoint to its agent and transport.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "elements/gsticeendpointbinding.h"
#include "elements/gsticeendpointevents.h"
#include "elements/gsticeendpointprospect.h"

GST_DEBUG_CATEGORY_EXTERN (gst_ice_endpoint_debug);
#define GST_CAT_DEFAULT gst_ice_endpoint_debug

/* A refused candidate of `remote-candidates` is a warning while the element is
 * bound, since the pipeline runs; before that it is an error. */
static gboolean
pass_candidates_on (
    GstIceAgent *agent, guint stream, const GValue *array, GError **error)
{
  guint i;

  for (i = 0; i < gst_value_array_get_size (array); i++)
    if (!gst_ice_session_add_candidate (gst_ice_agent_get_session (agent),
            stream, g_value_get_string (gst_value_array_get_value (array, i)),
            error))
      return FALSE;
  return TRUE;
}

/* Elements that share the agent may have set different values. The last value
 * is used, unless it came too late; a warning names both. */
static gboolean
pass_setting_on (GstIceEndpoint *self, GstIceAgent *agent, guint stream,
    GstIceSetting id, const GValue *value, GPtrArray *warnings, GError **error)
{
  GError *disagreement;

  if (id == GST_ICE_SETTING_REMOTE_CANDIDATES)
    return pass_candidates_on (agent, stream, value, error);
  disagreement = gst_ice_agent_wish (
      agent, GST_OBJECT (self->element), id, value);
  if (disagreement != NULL)
    g_ptr_array_add (warnings, disagreement);
  return gst_ice_session_set (
      gst_ice_agent_get_session (agent), id, value, error);
}

/* Generated credentials are not applied: the agent has its own, which may have
 * been read already. turn-server is the first of turn-servers. */
static gboolean
is_wish (const GstIceSettings *settings, GstIceSetting id)
{
  if (id == GST_ICE_SETTING_LOCAL_UFRAG || id == GST_ICE_SETTING_LOCAL_PWD)
    return gst_ice_settings_get_string (settings, id) != NULL;
  return settings->chosen[id] && id != GST_ICE_SETTING_TURN_SERVER;
}

static gboolean
pass_settings_on (GstIceEndpoint *self, const GstIceSettings *settings,
    GstIceAgent *agent, guint stream, GPtrArray *warnings, GError **error)
{
  GstIceSetting id;

  for (id = 0; id < GST_ICE_N_SETTINGS; id++)
    if (is_wish (settings, id)
        && !pass_setting_on (
            self, agent, stream, id, &settings->values[id], warnings, error))
      return FALSE;
  return TRUE;
}

static GPtrArray *
new_warnings (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) g_error_free);
}

/* Without a lock. */
static void
post_warnings (GstIceEndpoint *self, GPtrArray *warnings)
{
  guint i;

  for (i = 0; i < warnings->len; i++)
    gst_ice_endpoint_post (self, g_ptr_array_index (warnings, i), FALSE);
}

/* If the agent closes before it is bound, another one is made for that id. */
static GstIceAgent *
find_agent (GstIceEndpoint *self, GstIceAgent *wanted, GError **error)
{
  GstObject *user = GST_OBJECT (self->element);
  GstIceAgent *agent;

  if (wanted != NULL)
    return gst_ice_agent_bind (wanted, user, error) ? gst_object_ref (wanted)
                                                    : NULL;
  while (TRUE) {
    agent = gst_ice_endpoint_foresee_agent (self);
    if (gst_ice_agent_bind (agent, user, NULL))
      return agent;
    gst_object_unref (agent);
  }
}

static GstIceTransport *
find_transport (GstIceEndpoint *self, GstIceAgent *agent, guint stream,
    guint component, GError **error)
{
  GstIceTransport *transport = gst_ice_session_get_transport (
      gst_ice_agent_get_session (agent), stream, component, error);
  GstIceDatapath *datapath;

  if (transport == NULL)
    return NULL;
  datapath = gst_ice_transport_get_datapath (transport);
  if (!gst_ice_claims_claim (gst_ice_datapath_get_claims (datapath),
          self->direction, GST_OBJECT (self->element), error)) {
    gst_object_unref (transport);
    return NULL;
  }
  /* the sockets have kept a few of those that came while no element read */
  if (self->direction == GST_ICE_DIRECTION_RECEIVE)
    gst_ice_datapath_clear (datapath);
  return transport;
}

static gboolean
bind_as (GstIceEndpoint *self, GstIceAgent *wanted, guint stream,
    guint component, const GstIceSettings *settings, GPtrArray *warnings,
    GError **error)
{
  g_autoptr (GstIceAgent) agent = NULL;
  g_autoptr (GstIceTransport) transport = NULL;

  agent = find_agent (self, wanted, error);
  if (agent == NULL)
    return FALSE;
  if (pass_settings_on (self, settings, agent, stream, warnings, error)
      && gst_ice_session_verify (gst_ice_agent_get_session (agent), error))
    transport = find_transport (self, agent, stream, component, error);
  if (transport == NULL) {
    gst_ice_agent_unbind (agent, GST_OBJECT (self->element));
    return FALSE;
  }

  g_mutex_lock (&self->lock);
  gst_object_replace ((GstObject **) &self->agent, GST_OBJECT (agent));
  gst_object_replace ((GstObject **) &self->transport, GST_OBJECT (transport));
  self->bound = TRUE;
  self->up = FALSE;
  self->candidates_used = TRUE;
  g_mutex_unlock (&self->lock);
  GST_INFO_OBJECT (self->element, "uses agent %s, transport %s",
      GST_OBJECT_NAME (agent), GST_OBJECT_NAME (transport));
  gst_ice_endpoint_forget_agent (self);
  gst_ice_endpoint_connect (self, agent, transport);
  return TRUE;
}

/* To be called with `binding` held. */
static gboolean
bind_now (GstIceEndpoint *self, GPtrArray *warnings, GError **error)
{
  g_autoptr (GstIceAgent) wanted = NULL;
  GstIceSettings settings;
  guint stream, component;
  gboolean bound;

  g_mutex_lock (&self->lock);
  wanted = self->wanted_agent != NULL ? gst_object_ref (self->wanted_agent)
                                      : NULL;
  stream = self->stream;
  component = self->component;
  gst_ice_settings_copy (&settings, &self->settings);
  self->binds = TRUE;
  g_mutex_unlock (&self->lock);

  bound = gst_ice_settings_verify (&settings, error)
      && bind_as (self, wanted, stream, component, &settings, warnings, error);
  gst_ice_settings_clear (&settings);
  g_mutex_lock (&self->lock);
  self->binds = FALSE;
  g_mutex_unlock (&self->lock);
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

/**
 * gst_ice_endpoint_notify_binding:
 * @self: an endpoint
 *
 * Notifies all properties whose values come from the agent and the transport,
 * after these were exchanged or given back. Any thread, without a lock.
 */
void
gst_ice_endpoint_notify_binding (GstIceEndpoint *self)
{
  static const gchar *const properties[] = { "agent", "transport",
    "local-ufrag", "local-pwd" };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (properties); i++)
    g_object_notify (G_OBJECT (self->element), properties[i]);
}

/* The properties that the element takes from its agent and transport. */
static const gchar *const shown[] = { "ice-connection-state",
  "ice-gathering-state", "ice-transport-state", "local-candidates",
  "candidate-pairs", "selected-candidate-pair", "offload-active" };

static void
get_shown (GstIceEndpoint *self, GValue values[])
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (shown); i++)
    g_object_get_property (G_OBJECT (self->element), shown[i], &values[i]);
}

/* An agent that another element uses may be connected already, and events
 * before the handlers are connected are not forwarded. */
static void
notify_shown (GstIceEndpoint *self, const GValue before[])
{
  GValue now[G_N_ELEMENTS (shown)] = { G_VALUE_INIT };
  guint i;

  get_shown (self, now);
  for (i = 0; i < G_N_ELEMENTS (shown); i++) {
    if (gst_value_compare (&before[i], &now[i]) != GST_VALUE_EQUAL)
      g_object_notify (G_OBJECT (self->element), shown[i]);
    g_value_unset (&now[i]);
  }
}

static void
clear_shown (GValue values[])
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (shown); i++)
    g_value_unset (&values[i]);
}

/**
 * gst_ice_endpoint_bind:
 * @self: an endpoint
 * @error: return location, set on failure
 *
 * Finds the agent and the transport, unless it is bound already. Any thread.
 *
 * Returns: whether it is bound
 */
gboolean
gst_ice_endpoint_bind (GstIceEndpoint *self, GError **error)
{
  GValue before[G_N_ELEMENTS (shown)] = { G_VALUE_INIT };
  g_autoptr (GPtrArray) warnings = new_warnings ();
  gboolean was_bound, bound;

  g_rec_mutex_lock (&self->binding);
  was_bound = is_bound (self);
  if (!was_bound)
    get_shown (self, before);
  bound = was_bound || bind_now (self, warnings, error);
  g_rec_mutex_unlock (&self->binding);
  post_warnings (self, warnings);
  if (bound && !was_bound) {
    gst_ice_endpoint_notify_binding (self);
    notify_shown (self, before);
  }
  if (!was_bound)
    clear_shown (before);
  return bound;
}

/**
 * gst_ice_endpoint_unbind:
 * @self: an endpoint
 *
 * Gives the agent and the transport back, if it is bound; the agent's last
 * element closes it, unless the application has made it. The element still
 * shows the agent's states.
 */
void
gst_ice_endpoint_unbind (GstIceEndpoint *self)
{
  g_autoptr (GstIceAgent) agent = NULL;
  g_autoptr (GstIceTransport) transport = NULL;
  gboolean ends = FALSE;

  g_mutex_lock (&self->lock);
  if (self->bound) {
    agent = gst_object_ref (self->agent);
    transport = gst_object_ref (self->transport);
    self->bound = FALSE;
    ends = self->started && self->direction == GST_ICE_DIRECTION_SEND
        && gst_ice_agent_ends_with_elements (agent);
    self->started = FALSE;
  }
  g_mutex_unlock (&self->lock);
  if (agent == NULL)
    return;
  /* as after EOS; the agent's last element sends `bye` in any case */
  if (ends)
    gst_ice_session_end_of_stream (
        gst_ice_agent_get_session (agent), transport);

  gst_ice_session_set_socket_options (
      gst_ice_agent_get_session (agent), transport, self->direction, NULL);
  gst_ice_agent_unbind (agent, GST_OBJECT (self->element));
  gst_ice_datapath_unclaim (gst_ice_transport_get_datapath (transport),
      self->direction, GST_OBJECT (self->element));
  gst_ice_endpoint_disconnect (self, agent, transport);
}

/**
 * gst_ice_endpoint_may_rebind:
 * @self: an endpoint
 * @property: the property that selects the agent or the transport
 * @was_bound: (out): whether it was bound; then call
 *   gst_ice_endpoint_notify_binding() afterwards
 *
 * Gives up an earlier binding, which is possible only in NULL and READY; posts
 * a warning in other states.
 *
 * Returns: whether @property can change
 */
gboolean
gst_ice_endpoint_may_rebind (
    GstIceEndpoint *self, const gchar *property, gboolean *was_bound)
{
  if (GST_STATE (self->element) > GST_STATE_READY) {
    g_autoptr (GError) error = g_error_new (G_IO_ERROR, G_IO_ERROR_BUSY,
        "%s can only change in NULL and READY; it was not changed", property);

    GST_WARNING_OBJECT (self->element, "%s", error->message);
    gst_ice_endpoint_post (self, error, FALSE);
    return FALSE;
  }
  *was_bound = is_bound (self);
  gst_ice_endpoint_unbind (self);
  return TRUE;
}

/* What is said of the peer while there is a session is the session's alone: the
 * next one has another peer. */
static gboolean
is_of_peer (GstIceSetting id)
{
  return id == GST_ICE_SETTING_REMOTE_UFRAG || id == GST_ICE_SETTING_REMOTE_PWD
      || id == GST_ICE_SETTING_REMOTE_CANDIDATES;
}

/* Under the lock. The first remote candidates that are set after a session
 * replace those of that session. */
static void
replace_used_candidates (GstIceEndpoint *self, const GValue *value)
{
  if (self->candidates_used)
    g_value_copy (
        value, &self->settings.values[GST_ICE_SETTING_REMOTE_CANDIDATES]);
  self->candidates_used = FALSE;
}

/* Under the lock. */
static gboolean
change_setting (GstIceEndpoint *self, GstIceSetting id, const GValue *value,
    gboolean *changed, GError **error)
{
  g_auto (GValue) before = G_VALUE_INIT;
  g_auto (GValue) after = G_VALUE_INIT;
  gboolean good;

  g_value_init (&before, G_VALUE_TYPE (value));
  g_value_init (&after, G_VALUE_TYPE (value));
  gst_ice_settings_get (&self->settings, id, &before);
  good = gst_ice_settings_set (&self->settings, id, value, error);
  if (good && id == GST_ICE_SETTING_REMOTE_CANDIDATES)
    replace_used_candidates (self, value);
  gst_ice_settings_get (&self->settings, id, &after);
  *changed = gst_value_compare (&before, &after) != GST_VALUE_EQUAL;
  return good;
}

/**
 * gst_ice_endpoint_set_setting:
 * @self: an endpoint
 * @id: a setting
 * @value: its value
 *
 * Sets a property. A bad value changes nothing; it is reported when the element
 * changes to READY or, if it is bound already, at once on the bus. Notifies if
 * the value has changed.
 */
void
gst_ice_endpoint_set_setting (
    GstIceEndpoint *self, GstIceSetting id, const GValue *value)
{
  g_autoptr (GstIceAgent) agent = NULL;
  g_autoptr (GError) error = NULL;
  guint stream;
  gboolean good = TRUE, changed = FALSE;

  g_mutex_lock (&self->lock);
  if (self->bound)
    agent = gst_object_ref (self->agent);
  stream = self->stream;
  g_mutex_unlock (&self->lock);

  if (agent != NULL && id == GST_ICE_SETTING_REMOTE_CANDIDATES) {
    /* it warns about those that it refuses */
    gst_ice_session_add_candidates (
        gst_ice_agent_get_session (agent), stream, value, NULL);
  } else if (agent != NULL) {
    g_autoptr (GPtrArray) warnings = new_warnings ();

    good = pass_setting_on (self, agent, stream, id, value, warnings, &error);
    post_warnings (self, warnings);
  }
  if (good && (agent == NULL || !is_of_peer (id))) {
    g_mutex_lock (&self->lock);
    good = change_setting (self, id, value, &changed, &error);
    g_mutex_unlock (&self->lock);
  }
  if (!good && agent != NULL)
    gst_ice_endpoint_post (self, error, FALSE);
  if (!good)
    GST_WARNING_OBJECT (self->element, "%s", error->message);
  /* The agent notifies of its own properties. */
  if (changed && (agent == NULL || id == GST_ICE_SETTING_ON_FAILED))
    gst_ice_setting_notify (G_OBJECT (self->element), id);
  if (agent == NULL && good)
    gst_ice_endpoint_share_credentials (self);
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
  gst_ice_endpoint_unbind (self);
  gst_ice_endpoint_forget_agent (self);
  gst_clear_object (&self->agent);
  gst_clear_object (&self->transport);
  gst_clear_object (&self->wanted_agent);
}
