/* gst-ice: one ICE session as a GObject.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "session/gsticeagent.h"
#include "api/gsticeenumtypes.h"
#include "api/gsticesignals.h"
#include "model/iceratelimit.h"
#include "session/gsticeposts.h"
#include "session/gsticesession.h"
#include "session/gsticesessionsignals.h"
#include "session/gsticewishes.h"

GST_DEBUG_CATEGORY_STATIC (gst_ice_agent_debug);
#define GST_CAT_DEFAULT gst_ice_agent_debug

enum
{
  PROP_0,

  /**
   * GstIceAgent:ice-connection-state:
   *
   * RTCIceConnectionState over the agent's transports; docs/states.md has the
   * transitions. Notified from the I/O thread.
   *
   * Read-only; any thread.
   *
   * Since: 0.1
   */
  PROP_ICE_CONNECTION_STATE,

  /**
   * GstIceAgent:ice-gathering-state:
   *
   * RTCIceGatheringState over the agent's transports. Notified from the I/O
   * thread.
   *
   * Read-only; any thread.
   *
   * Since: 0.1
   */
  PROP_ICE_GATHERING_STATE,

  /**
   * GstIceAgent:local-candidates:
   *
   * Our candidates in the order of gathering, as `candidate:...` (RFC 8839
   * section 5.1).
   * Notified from the I/O thread.
   *
   * Read-only; any thread.
   *
   * Since: 0.1
   */
  PROP_LOCAL_CANDIDATES,
  PROP_SETTINGS /* ... and the other settings */
};

struct _GstIceAgent
{
  GstObject parent;

  GstIceSession *session;
  gboolean ends_with_elements; /* set before another thread has the agent */

  GMutex lock;
  /* under the lock */
  GPtrArray *users;      /* bound elements, in order; not referenced */
  gboolean leaving;      /* the last one is unbound: no other can be bound */
  IceRateLimit refusals; /* of actions */
  GstIceWishes *wishes;  /* of the bound elements */
  GError *fatal;         /* the last fatal problem */
  guint n_fatal;         /* ... and its number */
  GstIcePosts *problems; /* ... that elements have posted */
  GstIcePosts *failures; /* of transports, likewise */
};

G_DEFINE_TYPE_WITH_CODE (GstIceAgent, gst_ice_agent, GST_TYPE_OBJECT,
    GST_DEBUG_CATEGORY_INIT (gst_ice_agent_debug, "iceagent", 0, "ICE agent"))

static gsize backend; /* a GType; atomic */

/* Action signals. */

/* Most errors are caused by the peer, so they are logged at a limited rate. */
static gboolean
warn (gpointer agent, const gchar *what, GError *error)
{
  GstIceAgent *self = agent;
  g_autofree gchar *more = NULL;

  if (error == NULL)
    return TRUE;
  g_mutex_lock (&self->lock);
  more = ice_rate_limit_pass (&self->refusals, g_get_monotonic_time ());
  g_mutex_unlock (&self->lock);
  GST_CAT_LEVEL_LOG (GST_CAT_DEFAULT,
      more != NULL ? GST_LEVEL_WARNING : GST_LEVEL_INFO, self, "%s: %s%s", what,
      error->message, more != NULL ? more : "");
  g_error_free (error);
  return FALSE;
}

static gboolean
act_add_ice_candidate (gpointer self, guint stream, const gchar *candidate)
{
  GError *error = NULL;

  gst_ice_session_add_candidate (
      GST_ICE_AGENT (self)->session, stream, candidate, &error);
  return warn (self, "add-ice-candidate", error);
}

static gboolean
act_set_remote_credentials (
    gpointer self, guint stream, const gchar *ufrag, const gchar *pwd)
{
  GError *error = NULL;

  gst_ice_session_set_remote_credentials (
      GST_ICE_AGENT (self)->session, stream, ufrag, pwd, &error);
  return warn (self, "set-remote-credentials", error);
}

static gboolean
act_gather_candidates (gpointer self)
{
  GError *error = NULL;
  gboolean gathers = gst_ice_session_request_gathering (
      GST_ICE_AGENT (self)->session, &error);

  return warn (self, "gather-candidates", error) && gathers;
}

static gboolean
act_restart (gpointer self)
{
  GError *error = NULL;

  gst_ice_session_restart (GST_ICE_AGENT (self)->session, &error);
  return warn (self, "restart", error);
}

static GstStructure *
act_get_stats (gpointer self)
{
  return gst_ice_session_get_stats (GST_ICE_AGENT (self)->session);
}

static void
act_close (gpointer self)
{
  gst_ice_session_close (GST_ICE_AGENT (self)->session);
}

/* Only the agent has it: an element has one transport. */
static GstIceTransport *
act_add_transport (gpointer self, guint stream, guint component)
{
  GError *error = NULL;
  GstIceTransport *transport = gst_ice_session_get_transport (
      GST_ICE_AGENT (self)->session, stream, component, &error);

  warn (self, "add-transport", error);
  return transport;
}

static const GstIceActions actions = {
  .add_ice_candidate = act_add_ice_candidate,
  .set_remote_credentials = act_set_remote_credentials,
  .gather_candidates = act_gather_candidates,
  .restart = act_restart,
  .get_stats = act_get_stats,
  .close = act_close,
};

/* Runs before the handlers: kept until an element claims it, now or later. */
static void
on_problem (GstIceAgent *self, const GError *error, gboolean fatal)
{
  if (!fatal)
    return;
  g_mutex_lock (&self->lock);
  g_clear_error (&self->fatal);
  self->fatal = g_error_copy (error);
  self->n_fatal++;
  g_mutex_unlock (&self->lock);
}

/* The class. */

static void
gst_ice_agent_init (GstIceAgent *self)
{
  g_mutex_init (&self->lock);
  self->users = g_ptr_array_new ();
  self->wishes = gst_ice_wishes_new ();
  self->problems = gst_ice_posts_new ();
  self->failures = gst_ice_posts_new ();
}

static void
gst_ice_agent_constructed (GObject *object)
{
  GstIceAgent *self = GST_ICE_AGENT (object);

  G_OBJECT_CLASS (gst_ice_agent_parent_class)->constructed (object);
  self->session = gst_ice_session_new (
      GST_OBJECT (self), (GType) g_atomic_pointer_get (&backend));
}

/* The last reference ends the session. */
static void
gst_ice_agent_dispose (GObject *object)
{
  gst_ice_session_end (GST_ICE_AGENT (object)->session);
  G_OBJECT_CLASS (gst_ice_agent_parent_class)->dispose (object);
}

static void
gst_ice_agent_finalize (GObject *object)
{
  GstIceAgent *self = GST_ICE_AGENT (object);

  gst_ice_session_free (self->session);
  g_ptr_array_unref (self->users);
  gst_ice_wishes_free (self->wishes);
  g_clear_error (&self->fatal);
  gst_ice_posts_free (self->problems);
  gst_ice_posts_free (self->failures);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (gst_ice_agent_parent_class)->finalize (object);
}

static void
gst_ice_agent_set_property (
    GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
  GstIceSession *session = GST_ICE_AGENT (object)->session;
  g_autoptr (GError) error = NULL;

  if (id < PROP_SETTINGS) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
    return;
  }
  /* the session has warned about each candidate */
  if (!gst_ice_session_set (session, id - PROP_SETTINGS, value, &error)
      && id - PROP_SETTINGS != GST_ICE_SETTING_REMOTE_CANDIDATES)
    gst_ice_session_emit_problem (session, error, FALSE);
}

static void
gst_ice_agent_get_property (
    GObject *object, guint id, GValue *value, GParamSpec *spec)
{
  GstIceSession *session = GST_ICE_AGENT (object)->session;

  switch (id) {
    case PROP_ICE_CONNECTION_STATE:
      g_value_set_enum (value, gst_ice_session_get_connection_state (session));
      break;
    case PROP_ICE_GATHERING_STATE:
      g_value_set_enum (value, gst_ice_session_get_gathering_state (session));
      break;
    case PROP_LOCAL_CANDIDATES:
      gst_ice_session_take_candidates (session, TRUE, value);
      break;
    default:
      gst_ice_session_get (session, id - PROP_SETTINGS, value);
      break;
  }
}

static void
gst_ice_agent_class_init (GstIceAgentClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GType type = G_TYPE_FROM_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->constructed = gst_ice_agent_constructed;
  object_class->dispose = gst_ice_agent_dispose;
  object_class->finalize = gst_ice_agent_finalize;
  object_class->set_property = gst_ice_agent_set_property;
  object_class->get_property = gst_ice_agent_get_property;

  g_object_class_install_property (object_class, PROP_ICE_CONNECTION_STATE,
      g_param_spec_enum ("ice-connection-state", "ICE connection state",
          "RTCIceConnectionState over the session's transports",
          GST_TYPE_ICE_CONNECTION_STATE, GST_ICE_CONNECTION_STATE_NEW, flags));
  g_object_class_install_property (object_class, PROP_ICE_GATHERING_STATE,
      g_param_spec_enum ("ice-gathering-state", "ICE gathering state",
          "RTCIceGatheringState over the session's transports",
          GST_TYPE_ICE_GATHERING_STATE, GST_ICE_GATHERING_STATE_NEW, flags));
  g_object_class_install_property (object_class, PROP_LOCAL_CANDIDATES,
      gst_param_spec_array ("local-candidates", "Local candidates",
          "Our candidates, in gathering order",
          g_param_spec_string (
              "candidate", "candidate", "candidate", NULL, flags),
          flags));
  gst_ice_settings_install (object_class, PROP_SETTINGS);

  gst_ice_signals_install (type, &actions);
  gst_ice_session_install_signals (type);
  g_signal_override_class_handler ("problem", type, G_CALLBACK (on_problem));

  /**
   * GstIceAgent::add-transport:
   * @agent: the agent
   * @stream: sdpMLineIndex
   * @component: 1 RTP, 2 RTCP
   *
   * Makes the transport of a stream and component before an element uses it, so
   * that gather-candidates gathers for it. Any thread.
   *
   * Returns: (transfer full) (nullable): the transport, also if there was one
   *   already; %NULL if it cannot be added any more
   *
   * Since: 0.1
   */
  g_signal_new_class_handler ("add-transport", type,
      G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION, G_CALLBACK (act_add_transport), NULL,
      NULL, NULL, GST_TYPE_ICE_TRANSPORT, 2, G_TYPE_UINT, G_TYPE_UINT);

  /* the others are those of properties: gst/ice/ice.h finds all by name */
  g_type_ensure (GST_TYPE_ICE_CANDIDATE_PAIR_STATE);
  g_type_ensure (GST_TYPE_ICE_OFFLOAD);
}

/**
 * gst_ice_agent_set_backend:
 * @transport_type: the GstIceTransport subclass of agents that are made from
 * now on
 *
 * Called by the plugin once, and by tests.
 */
void
gst_ice_agent_set_backend (GType transport_type)
{
  g_return_if_fail (g_type_is_a (transport_type, GST_TYPE_ICE_TRANSPORT));

  g_atomic_pointer_set (&backend, transport_type);
}

/**
 * gst_ice_agent_new_for_elements:
 * @name: (nullable): its name in log lines; %NULL: GStreamer's default name
 *
 * Returns: (transfer full): an agent that the last of its elements closes. One
 * that an application makes stays open until the application closes it or all
 * references are dropped.
 */
GstIceAgent *
gst_ice_agent_new_for_elements (const gchar *name)
{
  GstIceAgent *self = g_object_new (GST_TYPE_ICE_AGENT, "name", name, NULL);

  self->ends_with_elements = TRUE;
  return gst_object_ref_sink (self);
}

/**
 * gst_ice_agent_ends_with_elements:
 * @self: an agent
 *
 * Any thread.
 *
 * Returns: whether its last element closes it
 */
gboolean
gst_ice_agent_ends_with_elements (GstIceAgent *self)
{
  return self->ends_with_elements;
}

/**
 * gst_ice_agent_get_session:
 * @self: an agent
 *
 * Any thread. gsticesessioncalls.h has the session's functions.
 *
 * Returns: (transfer none): its session, which lives as long as @self
 */
GstIceSession *
gst_ice_agent_get_session (GstIceAgent *self)
{
  return self->session;
}

/**
 * gst_ice_agent_explain_closed:
 * @self: a closed agent that was set as an element's `agent`
 * @error: return location
 *
 * Any thread. The element needs another one, also after NULL.
 */
void
gst_ice_agent_explain_closed (GstIceAgent *self, GError **error)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED,
      "the agent %s is closed and cannot be used again; make another one, and "
      "set the element's agent to it",
      GST_OBJECT_NAME (self));
}

/**
 * gst_ice_agent_bind:
 * @self: an agent
 * @user: (transfer none): an element that uses it until gst_ice_agent_unbind()
 * @error: return location, set if @self is closed
 *
 * Any thread.
 *
 * Returns: whether @self is open
 */
gboolean
gst_ice_agent_bind (GstIceAgent *self, GstObject *user, GError **error)
{
  gboolean bound;

  g_mutex_lock (&self->lock);
  bound = !self->leaving && !gst_ice_session_is_closed (self->session);
  if (bound)
    g_ptr_array_add (self->users, user);
  g_mutex_unlock (&self->lock);
  if (bound)
    gst_ice_session_report_first_credentials (self->session);
  else
    gst_ice_agent_explain_closed (self, error);
  return bound;
}

/**
 * gst_ice_agent_unbind:
 * @self: an agent
 * @user: an element that does not use it any more
 *
 * Any thread. The last one closes the agent, unless the application has made
 * it.
 */
void
gst_ice_agent_unbind (GstIceAgent *self, GstObject *user)
{
  gboolean last;

  g_mutex_lock (&self->lock);
  last = self->ends_with_elements && self->users->len == 1;
  self->leaving |= last;
  g_mutex_unlock (&self->lock);
  if (last) /* while it can still post messages about it */
    gst_ice_session_close (self->session);

  g_mutex_lock (&self->lock);
  g_ptr_array_remove (self->users, user);
  gst_ice_wishes_remove (self->wishes, user);
  gst_ice_posts_remove (self->problems, user);
  gst_ice_posts_remove (self->failures, user);
  last = self->ends_with_elements && !self->leaving && self->users->len == 0;
  self->leaving |= last;
  g_mutex_unlock (&self->lock);
  if (last) /* two were unbound at once */
    gst_ice_session_close (self->session);
}

/**
 * gst_ice_agent_is_first:
 * @self: an agent
 * @user: a bound element
 *
 * Any thread.
 *
 * Returns: whether @user posts the agent's messages
 */
gboolean
gst_ice_agent_is_first (GstIceAgent *self, GstObject *user)
{
  gboolean first;

  g_mutex_lock (&self->lock);
  first = self->users->len > 0 && g_ptr_array_index (self->users, 0) == user;
  g_mutex_unlock (&self->lock);
  return first;
}

/**
 * gst_ice_agent_claim_problem:
 * @self: an agent
 * @user: a bound element
 *
 * Any thread. A fatal problem is posted once in each pipeline.
 *
 * Returns: (transfer full) (nullable): the problem, which @user has to post
 */
GError *
gst_ice_agent_claim_problem (GstIceAgent *self, GstObject *user)
{
  gpointer bus = gst_ice_posts_find_bus (user);
  GError *error = NULL;

  g_mutex_lock (&self->lock);
  if (self->fatal != NULL
      && gst_ice_posts_claim (self->problems, user, bus, self->n_fatal))
    error = g_error_copy (self->fatal);
  g_mutex_unlock (&self->lock);
  return error;
}

/**
 * gst_ice_agent_claim_failure:
 * @self: an agent
 * @user: a bound element, whose transport has failed
 * @fatal: whether @user posts an error, once in each pipeline; otherwise a
 *   warning, once
 *
 * Any thread.
 *
 * Returns: whether @user has to post it
 */
gboolean
gst_ice_agent_claim_failure (GstIceAgent *self, GstObject *user, gboolean fatal)
{
  gpointer where = fatal ? gst_ice_posts_find_bus (user) : self;
  guint number = gst_ice_session_get_failures (self->session);
  gboolean mine;

  g_mutex_lock (&self->lock);
  mine = gst_ice_posts_claim (self->failures, user, where, number);
  g_mutex_unlock (&self->lock);
  return mine;
}

/**
 * gst_ice_agent_wish:
 * @self: an agent
 * @user: a bound element
 * @id: a setting
 * @value: the value that @user sets
 *
 * Any thread.
 *
 * Returns: (transfer full) (nullable): a text that names an element with
 * another value; once for each setting
 */
GError *
gst_ice_agent_wish (
    GstIceAgent *self, GstObject *user, GstIceSetting id, const GValue *value)
{
  GError *disagreement;

  g_mutex_lock (&self->lock);
  disagreement = gst_ice_wishes_add (self->wishes, user, id, value);
  g_mutex_unlock (&self->lock);
  return disagreement;
}

/**
 * gst_ice_agent_is_closed:
 * @self: an agent
 *
 * Any thread.
 *
 * Returns: whether it is closed, or its last element is being unbound
 */
gboolean
gst_ice_agent_is_closed (GstIceAgent *self)
{
  gboolean leaving;

  g_mutex_lock (&self->lock);
  leaving = self->leaving;
  g_mutex_unlock (&self->lock);
  return leaving || gst_ice_session_is_closed (self->session);
}
