/* gst-ice: one ICE session as a GObject.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "session/gsticeagent.h"
#include "api/gsticeenumtypes.h"
#include "api/gsticesignals.h"
#include "model/iceratelimit.h"
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

typedef struct
{
  GstIceSession *session;

  GMutex lock;
  /* under the lock */
  GPtrArray *users;      /* bound elements, in order; not referenced */
  gboolean leaving;      /* the last one is unbound: no other can be bound */
  IceRateLimit refusals; /* of actions */
  GstIceWishes *wishes;  /* of the bound elements */
} GstIceAgentPrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_CODE (GstIceAgent, gst_ice_agent, GST_TYPE_OBJECT,
    G_ADD_PRIVATE (GstIceAgent) GST_DEBUG_CATEGORY_INIT (
        gst_ice_agent_debug, "iceagent", 0, "ICE agent"))

static GstIceAgentPrivate *
get_private (GstIceAgent *self)
{
  return gst_ice_agent_get_instance_private (self);
}

/* Action signals. */

/* Most errors are caused by the peer, so they are logged at a limited rate. */
static gboolean
warn (gpointer self, const gchar *what, GError *error)
{
  GstIceAgentPrivate *priv = get_private (self);
  g_autofree gchar *more = NULL;
  gboolean pass;
  guint withheld;

  if (error == NULL)
    return TRUE;
  g_mutex_lock (&priv->lock);
  pass = ice_rate_limit_pass (
      &priv->refusals, g_get_monotonic_time (), &withheld);
  g_mutex_unlock (&priv->lock);
  more = ice_rate_limit_describe (withheld);
  GST_CAT_LEVEL_LOG (GST_CAT_DEFAULT, pass ? GST_LEVEL_WARNING : GST_LEVEL_INFO,
      self, "%s: %s%s", what, error->message, pass ? more : "");
  g_error_free (error);
  return FALSE;
}

static gboolean
act_add_ice_candidate (gpointer self, guint stream, const gchar *candidate)
{
  GError *error = NULL;

  gst_ice_session_add_candidate (
      get_private (self)->session, stream, candidate, &error);
  return warn (self, "add-ice-candidate", error);
}

static gboolean
act_set_remote_credentials (
    gpointer self, guint stream, const gchar *ufrag, const gchar *pwd)
{
  GError *error = NULL;

  gst_ice_session_set_remote_credentials (
      get_private (self)->session, stream, ufrag, pwd, &error);
  return warn (self, "set-remote-credentials", error);
}

static gboolean
act_gather_candidates (gpointer self)
{
  GstIceSession *session = get_private (self)->session;
  GError *error = NULL;

  if (!gst_ice_session_verify_gathering (session, &error))
    return warn (self, "gather-candidates", error);
  return gst_ice_session_gather (session);
}

static gboolean
act_restart (gpointer self)
{
  GError *error = NULL;

  gst_ice_session_restart (get_private (self)->session, &error);
  return warn (self, "restart", error);
}

static GstStructure *
act_get_stats (gpointer self)
{
  return gst_ice_session_get_stats (get_private (self)->session);
}

static void
act_close (gpointer self)
{
  gst_ice_session_close (get_private (self)->session);
}

static const GstIceActions actions = {
  .add_ice_candidate = act_add_ice_candidate,
  .set_remote_credentials = act_set_remote_credentials,
  .gather_candidates = act_gather_candidates,
  .restart = act_restart,
  .get_stats = act_get_stats,
  .close = act_close,
};

/* The class. */

static void
gst_ice_agent_init (GstIceAgent *self)
{
  GstIceAgentPrivate *priv = get_private (self);

  g_mutex_init (&priv->lock);
  priv->users = g_ptr_array_new ();
  priv->wishes = gst_ice_wishes_new ();
}

static void
gst_ice_agent_constructed (GObject *object)
{
  GstIceAgent *self = GST_ICE_AGENT (object);

  G_OBJECT_CLASS (gst_ice_agent_parent_class)->constructed (object);
  get_private (self)->session = gst_ice_session_new (
      GST_OBJECT (self), GST_ICE_AGENT_GET_CLASS (self)->transport_type);
}

static void
gst_ice_agent_finalize (GObject *object)
{
  GstIceAgentPrivate *priv = get_private (GST_ICE_AGENT (object));

  gst_ice_session_free (priv->session);
  g_ptr_array_unref (priv->users);
  gst_ice_wishes_free (priv->wishes);
  g_mutex_clear (&priv->lock);
  G_OBJECT_CLASS (gst_ice_agent_parent_class)->finalize (object);
}

static void
gst_ice_agent_set_property (
    GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
  GstIceSession *session = get_private (GST_ICE_AGENT (object))->session;
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
  GstIceSession *session = get_private (GST_ICE_AGENT (object))->session;

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
  return get_private (self)->session;
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
  GstIceAgentPrivate *priv = get_private (self);
  gboolean bound;

  g_mutex_lock (&priv->lock);
  bound = !priv->leaving && !gst_ice_session_is_closed (priv->session);
  if (bound)
    g_ptr_array_add (priv->users, user);
  g_mutex_unlock (&priv->lock);
  if (bound)
    gst_ice_session_report_first_credentials (priv->session);
  else
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED,
        "the agent %s is closed and cannot be used again",
        GST_OBJECT_NAME (self));
  return bound;
}

/**
 * gst_ice_agent_unbind:
 * @self: an agent
 * @user: an element that does not use it any more
 *
 * Any thread. The last one closes the agent.
 */
void
gst_ice_agent_unbind (GstIceAgent *self, GstObject *user)
{
  GstIceAgentPrivate *priv = get_private (self);
  gboolean last;

  g_mutex_lock (&priv->lock);
  last = priv->users->len == 1;
  priv->leaving |= last;
  g_mutex_unlock (&priv->lock);
  if (last) /* while it can still post messages about it */
    gst_ice_session_close (priv->session);

  g_mutex_lock (&priv->lock);
  g_ptr_array_remove (priv->users, user);
  gst_ice_wishes_remove (priv->wishes, user);
  last = !priv->leaving && priv->users->len == 0;
  priv->leaving |= last;
  g_mutex_unlock (&priv->lock);
  if (last) /* two were unbound at once */
    gst_ice_session_close (priv->session);
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
  GstIceAgentPrivate *priv = get_private (self);
  gboolean first;

  g_mutex_lock (&priv->lock);
  first = priv->users->len > 0 && g_ptr_array_index (priv->users, 0) == user;
  g_mutex_unlock (&priv->lock);
  return first;
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
  GstIceAgentPrivate *priv = get_private (self);
  GError *disagreement;

  g_mutex_lock (&priv->lock);
  disagreement = gst_ice_wishes_add (priv->wishes, user, id, value);
  g_mutex_unlock (&priv->lock);
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
  GstIceAgentPrivate *priv = get_private (self);
  gboolean leaving;

  g_mutex_lock (&priv->lock);
  leaving = priv->leaving;
  g_mutex_unlock (&priv->lock);
  return leaving || gst_ice_session_is_closed (priv->session);
}
