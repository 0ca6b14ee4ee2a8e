/* gst-ice: the signals of webrtcbin's agent.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The transports may outlive the agent, so its handlers hold weak references.
 * I/O thread, except for installing and connecting, `filter-candidate` of the
 * peer's candidates, and notify of what webrtcbin sets: these run in the thread
 * that adds and sets, which is webrtcbin's with its lock held. */

#include "gsticewebrtcevents.h"

typedef struct
{
  GWeakRef agent;
  const GstIceWebRTCEventFuncs *funcs;
} Listener;

static guint signals[GST_ICE_WEBRTC_N_SIGNALS];

/**
 * gst_ice_webrtc_events_emit_candidate:
 * @agent: an agent
 * @stream: sdpMLineIndex
 * @candidate: (nullable): as in GstIceWebRTCAgent::on-ice-candidate
 *
 * Emits it.
 */
void
gst_ice_webrtc_events_emit_candidate (
    GstObject *agent, guint stream, const gchar *candidate)
{
  g_signal_emit (agent, signals[GST_ICE_WEBRTC_SIGNAL_ON_ICE_CANDIDATE], 0,
      stream, candidate);
}

static void
on_ice_candidate (
    GstElement *src, guint stream, const gchar *candidate, Listener *listener)
{
  g_autoptr (GstObject) agent = g_weak_ref_get (&listener->agent);

  if (agent != NULL)
    listener->funcs->candidate (agent, stream, candidate);
}

static void
on_ice_candidate_error (
    GstElement *src, const GstStructure *error, Listener *listener)
{
  g_autoptr (GstObject) agent = g_weak_ref_get (&listener->agent);

  if (agent != NULL)
    g_signal_emit (
        agent, signals[GST_ICE_WEBRTC_SIGNAL_ON_ICE_CANDIDATE_ERROR], 0, error);
}

static void
on_pair_state_change (GstElement *src, guint stream, guint component,
    const GstStructure *pair, Listener *listener)
{
  g_autoptr (GstObject) agent = g_weak_ref_get (&listener->agent);

  if (agent != NULL)
    g_signal_emit (agent,
        signals[GST_ICE_WEBRTC_SIGNAL_ON_CANDIDATE_PAIR_STATE_CHANGE], 0,
        stream, component, pair);
}

static void
on_selected_pair_change (GstElement *src, guint stream, guint component,
    const GstStructure *pair, Listener *listener)
{
  g_autoptr (GstObject) agent = g_weak_ref_get (&listener->agent);

  if (agent != NULL)
    g_signal_emit (agent,
        signals[GST_ICE_WEBRTC_SIGNAL_ON_SELECTED_CANDIDATE_PAIR_CHANGE], 0,
        stream, component, pair);
}

/* An unchanged candidate has no effect on the answers of other handlers. */
static gchar *
on_filter_candidate (GstElement *src, guint stream, const gchar *candidate,
    gboolean local, Listener *listener)
{
  const guint id = signals[GST_ICE_WEBRTC_SIGNAL_FILTER_CANDIDATE];
  g_autoptr (GstObject) agent = g_weak_ref_get (&listener->agent);
  gchar *answer = NULL;

  if (agent == NULL || !g_signal_has_handler_pending (agent, id, 0, FALSE))
    return g_strdup (candidate);
  g_signal_emit (agent, id, 0, stream, candidate, local, &answer);
  return answer;
}

static void
on_state (
    GstIceWebRTCTransport *transport, GParamSpec *spec, Listener *listener)
{
  g_autoptr (GstObject) agent = g_weak_ref_get (&listener->agent);

  if (agent != NULL)
    listener->funcs->state (agent);
}

static void
on_shown (GObject *source, GParamSpec *spec, Listener *listener)
{
  g_autoptr (GstObject) agent = g_weak_ref_get (&listener->agent);

  if (agent != NULL)
    g_object_notify (G_OBJECT (agent), spec->name);
}

static void
listener_free (gpointer data, GClosure *closure)
{
  Listener *listener = data;

  g_weak_ref_clear (&listener->agent);
  g_free (listener);
}

static void
connect (gpointer source, const gchar *signal, GCallback handler,
    GstObject *agent, const GstIceWebRTCEventFuncs *funcs)
{
  Listener *listener = g_new0 (Listener, 1);

  g_weak_ref_init (&listener->agent, agent);
  listener->funcs = funcs;
  g_signal_connect_data (source, signal, handler, listener, listener_free, 0);
}

/**
 * gst_ice_webrtc_events_connect:
 * @agent: (transfer none): an agent
 * @transport: one of its transports
 * @funcs: static
 *
 * Any thread. Both components of a stream share what icesrc reports.
 */
void
gst_ice_webrtc_events_connect (GstObject *agent,
    GstIceWebRTCTransport *transport, const GstIceWebRTCEventFuncs *funcs)
{
  GstElement *src = gst_ice_webrtc_transport_get_src (transport);
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
  };
  guint i;

  if (src == NULL)
    return;
  connect (transport, "notify::state", G_CALLBACK (on_state), agent, funcs);
  connect (transport, "notify::gathering-state", G_CALLBACK (on_state), agent,
      funcs);
  if (GST_WEBRTC_ICE_TRANSPORT (transport)->component
      != GST_WEBRTC_ICE_COMPONENT_RTP)
    return;
  for (i = 0; i < G_N_ELEMENTS (handlers); i++)
    connect (src, handlers[i].name, handlers[i].handler, agent, funcs);
  for (i = 0; funcs->shown[i] != NULL; i++) {
    g_autofree gchar *signal = g_strconcat ("notify::", funcs->shown[i], NULL);

    connect (src, signal, G_CALLBACK (on_shown), agent, funcs);
  }
}

/* The last handler decides. */
static gboolean
accumulate_filter (GSignalInvocationHint *hint, GValue *result,
    const GValue *answer, gpointer unused)
{
  g_value_copy (answer, result);
  return g_value_get_string (answer) != NULL;
}

static guint
new_event (GType type, const gchar *name, guint n, GType first, GType second,
    GType third)
{
  return g_signal_new (name, type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
      G_TYPE_NONE, n, first, second, third);
}

/**
 * gst_ice_webrtc_events_install:
 * @agent_type: the type of agents
 *
 * In class_init. The signals are those of icesrc: same names, arguments and
 * threads (docs/reference.md).
 */
void
gst_ice_webrtc_events_install (GType agent_type)
{
  /**
   * GstIceWebRTCAgent::on-ice-candidate:
   * @object: the agent
   * @stream: sdpMLineIndex
   * @candidate: (nullable): as in icesrc; %NULL once all streams have gathered
   *
   * Since: 0.1
   */
  signals[GST_ICE_WEBRTC_SIGNAL_ON_ICE_CANDIDATE] = new_event (agent_type,
      "on-ice-candidate", 2, G_TYPE_UINT, G_TYPE_STRING, G_TYPE_NONE);
  /**
   * GstIceWebRTCAgent::on-ice-candidate-error:
   * @object: the agent
   * @error: RTCPeerConnectionIceErrorEvent
   *
   * Since: 0.1
   */
  signals[GST_ICE_WEBRTC_SIGNAL_ON_ICE_CANDIDATE_ERROR] = new_event (agent_type,
      "on-ice-candidate-error", 1, GST_TYPE_STRUCTURE, G_TYPE_NONE,
      G_TYPE_NONE);
  /**
   * GstIceWebRTCAgent::on-candidate-pair-state-change:
   * @object: the agent
   * @stream: sdpMLineIndex
   * @component: 1 RTP, 2 RTCP
   * @pair: the pair
   *
   * Since: 0.1
   */
  signals[GST_ICE_WEBRTC_SIGNAL_ON_CANDIDATE_PAIR_STATE_CHANGE] = new_event (
      agent_type, "on-candidate-pair-state-change", 3, G_TYPE_UINT, G_TYPE_UINT,
      GST_TYPE_STRUCTURE);
  /**
   * GstIceWebRTCAgent::on-selected-candidate-pair-change:
   * @object: the agent
   * @stream: sdpMLineIndex
   * @component: 1 RTP, 2 RTCP
   * @pair: the pair
   *
   * Since: 0.1
   */
  signals[GST_ICE_WEBRTC_SIGNAL_ON_SELECTED_CANDIDATE_PAIR_CHANGE] = new_event (
      agent_type, "on-selected-candidate-pair-change", 3, G_TYPE_UINT,
      G_TYPE_UINT, GST_TYPE_STRUCTURE);
  /**
   * GstIceWebRTCAgent::filter-candidate:
   * @object: the agent
   * @stream: sdpMLineIndex
   * @candidate: `candidate:...`
   * @local: whether it is ours
   *
   * Returns: (nullable): @candidate as it is, another one, or %NULL to drop it
   *
   * Since: 0.1
   */
  signals[GST_ICE_WEBRTC_SIGNAL_FILTER_CANDIDATE] = g_signal_new (
      "filter-candidate", agent_type, G_SIGNAL_RUN_LAST, 0, accumulate_filter,
      NULL, NULL, G_TYPE_STRING, 3, G_TYPE_UINT, G_TYPE_STRING, G_TYPE_BOOLEAN);
}
