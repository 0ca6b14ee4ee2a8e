/* gst-ice: one ICE session as a GObject.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gsticeagent.h"
#include "gsticeenumtypes.h"
#include "gsticesession.h"
#include "gsticesessioncall.h"
#include "gsticesessiongathering.h"
#include "gsticesessiongeneration.h"
#include "gsticesessionremote.h"
#include "gsticesessionrestart.h"
#include "gsticesessionstates.h"
#include "gsticesignals.h"
#include "gsticestats.h"

GST_DEBUG_CATEGORY_STATIC (gst_ice_agent_debug);
#define GST_CAT_DEFAULT gst_ice_agent_debug

enum
{
  PROP_0,
  PROP_ICE_CONNECTION_STATE,
  PROP_ICE_GATHERING_STATE,
  PROP_LOCAL_CANDIDATES,
  PROP_SETTINGS /* and all that follow */
};

enum
{
  SIGNAL_EVENT,
  SIGNAL_PROBLEM,
  N_INNER_SIGNALS
};

static guint inner_signals[N_INNER_SIGNALS];

typedef struct
{
  GstIceSession *session;

  GMutex lock;
  /* under the lock */
  GPtrArray *users; /* bound elements, in order; not referenced */
  gboolean leaving; /* the last one goes: nobody else can come */
  gboolean failure_told;
} GstIceAgentPrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_CODE (GstIceAgent, gst_ice_agent, GST_TYPE_OBJECT,
    G_ADD_PRIVATE (GstIceAgent) GST_DEBUG_CATEGORY_INIT (
        gst_ice_agent_debug, "iceagent", 0, "ICE agent"))

static GstIceAgentPrivate *
get_private (GstIceAgent *self)
{
  return gst_ice_agent_get_instance_private (self);
}

/* What the session tells becomes signals and notifies. */

static void
tell_candidate (GstObject *owner, guint stream, const gchar *candidate)
{
  g_signal_emit (owner,
      gst_ice_signal_get_id (owner, GST_ICE_SIGNAL_ON_ICE_CANDIDATE), 0, stream,
      candidate);
}

static void
tell_candidate_error (GstObject *owner, const GstStructure *error)
{
  g_signal_emit (owner,
      gst_ice_signal_get_id (owner, GST_ICE_SIGNAL_ON_ICE_CANDIDATE_ERROR), 0,
      error);
}

static void
tell_pair (
    GstObject *owner, guint stream, guint component, const GstStructure *pair)
{
  g_signal_emit (owner,
      gst_ice_signal_get_id (
          owner, GST_ICE_SIGNAL_ON_CANDIDATE_PAIR_STATE_CHANGE),
      0, stream, component, pair);
}

static void
tell_selected_pair (
    GstObject *owner, guint stream, guint component, const GstStructure *pair)
{
  g_signal_emit (owner,
      gst_ice_signal_get_id (
          owner, GST_ICE_SIGNAL_ON_SELECTED_CANDIDATE_PAIR_CHANGE),
      0, stream, component, pair);
}

static gchar *
ask_filter (
    GstObject *owner, guint stream, const gchar *candidate, gboolean local)
{
  return gst_ice_signal_filter (owner,
      gst_ice_signal_get_id (owner, GST_ICE_SIGNAL_FILTER_CANDIDATE), stream,
      candidate, local);
}

static void
tell_notify (GstObject *owner, const gchar *property)
{
  GstIceAgentPrivate *priv = get_private (GST_ICE_AGENT (owner));

  if (gst_ice_session_get_connection_state (priv->session)
      != GST_ICE_CONNECTION_STATE_FAILED) {
    g_mutex_lock (&priv->lock);
    priv->failure_told = FALSE;
    g_mutex_unlock (&priv->lock);
  }
  g_object_notify (G_OBJECT (owner), property);
}

static void
tell_event (GstObject *owner, GstStructure *message)
{
  g_signal_emit (owner, inner_signals[SIGNAL_EVENT], 0, message);
  gst_structure_free (message);
}

static void
tell_problem (GstObject *owner, const GError *error, gboolean fatal)
{
  GST_WARNING_OBJECT (owner, "%s", error->message);
  g_signal_emit (owner, inner_signals[SIGNAL_PROBLEM], 0, error, fatal);
}

static const GstIceSessionCallbacks callbacks = {
  .candidate = tell_candidate,
  .candidate_error = tell_candidate_error,
  .pair = tell_pair,
  .selected_pair = tell_selected_pair,
  .filter = ask_filter,
  .notify = tell_notify,
  .event = tell_event,
  .problem = tell_problem,
};

/* Action signals. */

static gboolean
warn (gpointer self, const gchar *what, GError *error)
{
  if (error == NULL)
    return TRUE;
  GST_WARNING_OBJECT (self, "%s: %s", what, error->message);
  g_error_free (error);
  return FALSE;
}

static gboolean
act_add_ice_candidate (gpointer self, guint stream, const gchar *candidate)
{
  GError *error = NULL;

  gst_ice_agent_add_ice_candidate (self, stream, candidate, &error);
  return warn (self, "add-ice-candidate", error);
}

static gboolean
act_set_remote_credentials (
    gpointer self, guint stream, const gchar *ufrag, const gchar *pwd)
{
  GError *error = NULL;

  gst_ice_agent_set_remote_credentials (self, stream, ufrag, pwd, &error);
  return warn (self, "set-remote-credentials", error);
}

static gboolean
act_gather_candidates (gpointer self)
{
  return gst_ice_agent_gather_candidates (self);
}

static gboolean
act_restart (gpointer self)
{
  GError *error = NULL;

  gst_ice_agent_restart (self, &error);
  return warn (self, "restart", error);
}

static GstStructure *
act_get_stats (gpointer self)
{
  return gst_ice_agent_get_stats (self);
}

static void
act_close (gpointer self)
{
  gst_ice_agent_close (self);
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
}

static void
gst_ice_agent_constructed (GObject *object)
{
  GstIceAgent *self = GST_ICE_AGENT (object);

  G_OBJECT_CLASS (gst_ice_agent_parent_class)->constructed (object);
  get_private (self)->session = gst_ice_session_new (GST_OBJECT (self),
      GST_ICE_AGENT_GET_CLASS (self)->transport_type, &callbacks);
}

static void
gst_ice_agent_finalize (GObject *object)
{
  GstIceAgentPrivate *priv = get_private (GST_ICE_AGENT (object));

  gst_ice_session_free (priv->session);
  g_ptr_array_unref (priv->users);
  g_mutex_clear (&priv->lock);
  G_OBJECT_CLASS (gst_ice_agent_parent_class)->finalize (object);
}

static void
gst_ice_agent_set_property (
    GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
  GstIceAgent *self = GST_ICE_AGENT (object);
  g_autoptr (GError) error = NULL;

  if (id < PROP_SETTINGS) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
    return;
  }
  if (!gst_ice_agent_set (self, id - PROP_SETTINGS, value, &error))
    GST_WARNING_OBJECT (self, "%s", error->message);
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
  /* For the elements: an element message to post, by the first of them. */
  inner_signals[SIGNAL_EVENT] = g_signal_new ("event", type, G_SIGNAL_RUN_LAST,
      0, NULL, NULL, NULL, G_TYPE_NONE, 1, GST_TYPE_STRUCTURE);
  /* For the elements: an error (fatal) or warning to post, likewise. */
  inner_signals[SIGNAL_PROBLEM] = g_signal_new ("problem", type,
      G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2, G_TYPE_ERROR,
      G_TYPE_BOOLEAN);
}

/**
 * gst_ice_agent_bind:
 * @self: an agent
 * @user: (transfer none): an element that uses it until gst_ice_agent_unbind()
 * @error: says why not
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
  if (!bound)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED,
        "the agent %s is closed and can not be used again",
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
  if (last) /* while it can still tell of it */
    gst_ice_agent_close (self);

  g_mutex_lock (&priv->lock);
  g_ptr_array_remove (priv->users, user);
  last = !priv->leaving && priv->users->len == 0;
  priv->leaving |= last;
  g_mutex_unlock (&priv->lock);
  if (last) /* two went at once */
    gst_ice_agent_close (self);
}

/**
 * gst_ice_agent_is_first:
 * @self: an agent
 * @user: a bound element
 *
 * Any thread.
 *
 * Returns: whether @user speaks for the agent on the bus
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
 * gst_ice_agent_restarts_on_failure:
 * @self: an agent
 *
 * Any thread.
 *
 * Returns: whether a failure is answered by a restart, and so is not the end
 */
gboolean
gst_ice_agent_restarts_on_failure (GstIceAgent *self)
{
  return gst_ice_session_restarts_on_failure (get_private (self)->session);
}

/**
 * gst_ice_agent_claim_failure:
 * @self: an agent
 *
 * Any thread. One failure is told once.
 *
 * Returns: whether the caller is the one to tell it
 */
gboolean
gst_ice_agent_claim_failure (GstIceAgent *self)
{
  GstIceAgentPrivate *priv = get_private (self);
  gboolean mine;

  g_mutex_lock (&priv->lock);
  mine = !priv->failure_told;
  priv->failure_told = TRUE;
  g_mutex_unlock (&priv->lock);
  return mine;
}

/**
 * gst_ice_agent_get_transport:
 * @self: an agent
 * @stream: sdpMLineIndex
 * @component: 1 RTP, 2 RTCP
 * @error: says why not
 *
 * Any thread.
 *
 * Returns: (transfer full) (nullable): the transport, made where it was not
 *   there
 */
GstIceTransport *
gst_ice_agent_get_transport (
    GstIceAgent *self, guint stream, guint component, GError **error)
{
  return gst_ice_session_get_transport (
      get_private (self)->session, stream, component, error);
}

/**
 * gst_ice_agent_verify:
 * @self: an agent
 * @error: says what is wrong
 *
 * Any thread.
 *
 * Returns: whether the settings can be used
 */
gboolean
gst_ice_agent_verify (GstIceAgent *self, GError **error)
{
  return gst_ice_session_verify (get_private (self)->session, error);
}

/**
 * gst_ice_agent_set:
 * @self: an agent
 * @id: a setting
 * @value: its value
 * @error: says what is wrong with it
 *
 * Any thread; as setting the property, but says why not.
 *
 * Returns: whether it was taken
 */
gboolean
gst_ice_agent_set (
    GstIceAgent *self, GstIceSetting id, const GValue *value, GError **error)
{
  return gst_ice_session_set (get_private (self)->session, id, value, error);
}

/**
 * gst_ice_agent_add_ice_candidate:
 * @self: an agent
 * @stream: sdpMLineIndex
 * @candidate: (nullable): as in GstIceAgent::add-ice-candidate
 * @error: says what was wrong
 *
 * Any thread.
 *
 * Returns: whether it was taken
 */
gboolean
gst_ice_agent_add_ice_candidate (
    GstIceAgent *self, guint stream, const gchar *candidate, GError **error)
{
  gboolean taken = gst_ice_session_add_candidate (
      get_private (self)->session, stream, candidate, error);

  if (taken)
    g_object_notify (G_OBJECT (self), "remote-candidates");
  return taken;
}

/**
 * gst_ice_agent_set_remote_credentials:
 * @self: an agent
 * @stream: sdpMLineIndex
 * @ufrag: the peer's
 * @pwd: the peer's
 * @error: says what was wrong; never shows @pwd
 *
 * Any thread.
 *
 * Returns: whether they were taken
 */
gboolean
gst_ice_agent_set_remote_credentials (GstIceAgent *self, guint stream,
    const gchar *ufrag, const gchar *pwd, GError **error)
{
  return gst_ice_session_set_remote_credentials (
      get_private (self)->session, stream, ufrag, pwd, error);
}

/**
 * gst_ice_agent_gather_candidates:
 * @self: an agent
 *
 * Any thread. Starts built-in signalling too.
 *
 * Returns: whether the agent is open
 */
gboolean
gst_ice_agent_gather_candidates (GstIceAgent *self)
{
  return gst_ice_session_gather (get_private (self)->session);
}

/**
 * gst_ice_agent_wait_for_gathering:
 * @self: an agent that was told to gather
 *
 * Any thread. Waits a second at most until gathering has begun.
 *
 * Returns: whether no fatal problem was told so far
 */
gboolean
gst_ice_agent_wait_for_gathering (GstIceAgent *self)
{
  return gst_ice_session_wait_for_gathering (get_private (self)->session);
}

/**
 * gst_ice_agent_restart:
 * @self: an agent
 * @error: says why not
 *
 * Any thread. ICE restart, RFC 8445 section 9: new local credentials, which can
 * be read at once, candidates and "" emitted again; the peer's credentials are
 * to be set anew. Media goes on over the old pair meanwhile.
 *
 * Returns: whether it was begun
 */
gboolean
gst_ice_agent_restart (GstIceAgent *self, GError **error)
{
  return gst_ice_session_restart (get_private (self)->session, error);
}

/**
 * gst_ice_agent_get_stats:
 * @self: an agent
 *
 * Any thread.
 *
 * Returns: (transfer full): as in GstIceAgent::get-stats
 */
GstStructure *
gst_ice_agent_get_stats (GstIceAgent *self)
{
  GstIceSession *session = get_private (self)->session;
  g_autoptr (GPtrArray) transports = gst_ice_session_list_transports (session);
  GstStructure *stats = gst_ice_stats_new (
      gst_ice_session_get_connection_state (session),
      gst_ice_session_get_gathering_state (session));
  guint i;

  for (i = 0; i < transports->len; i++)
    gst_ice_stats_add_transport (stats, g_ptr_array_index (transports, i));
  for (i = 0; i < 2; i++) {
    gboolean local = i == 0;
    GValue candidates = G_VALUE_INIT;

    g_value_init (&candidates, GST_TYPE_ARRAY);
    gst_ice_session_take_candidates (session, local, &candidates);
    gst_ice_stats_add_candidates (stats, &candidates, local);
    g_value_unset (&candidates);
  }
  return stats;
}

/**
 * gst_ice_agent_close:
 * @self: an agent
 *
 * Any thread. Ends the session; waits a second at most.
 */
void
gst_ice_agent_close (GstIceAgent *self)
{
  gst_ice_session_close (get_private (self)->session);
}

/**
 * gst_ice_agent_is_closed:
 * @self: an agent
 *
 * Any thread.
 *
 * Returns: whether close was called, or the last element goes
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

/**
 * gst_ice_agent_set_socket_options:
 * @self: an agent
 * @transport: one of its transports
 * @direction: receive or send
 * @options: (nullable): what its sockets shall have; %NULL: nobody uses that
 *   direction any more
 *
 * Any thread.
 */
void
gst_ice_agent_set_socket_options (GstIceAgent *self, GstIceTransport *transport,
    GstIceDirection direction, const GstIceSocketOptions *options)
{
  gst_ice_session_set_socket_options (
      get_private (self)->session, transport, direction, options);
}

/**
 * gst_ice_agent_end_of_stream:
 * @self: an agent
 * @transport: one of its transports, which we send no more on
 *
 * Any thread. After the last one built-in signalling says bye.
 */
void
gst_ice_agent_end_of_stream (GstIceAgent *self, GstIceTransport *transport)
{
  gst_ice_session_end_of_stream (get_private (self)->session, transport);
}
