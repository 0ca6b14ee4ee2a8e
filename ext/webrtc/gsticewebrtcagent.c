/* gst-ice: webrtcbin's ICE agent.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * webrtcbin calls the slots from its own thread and holds its lock meanwhile;
 * the functions that it passes to us do not take that lock. */

#include "gsticewebrtcagent.h"
#include "gsticewebrtccandidates.h"
#include "gsticewebrtcconfig.h"
#include "gsticewebrtcevents.h"
#include "gsticewebrtcowner.h"
#include "gsticewebrtcreporter.h"
#include "gsticewebrtcsettings.h"
#include "gsticewebrtcspecs.h"
#include "gsticewebrtcstates.h"
#include "gsticewebrtcstream.h"
#include "gsticewebrtcstreams.h"

GST_DEBUG_CATEGORY_STATIC (gst_ice_webrtc_agent_debug);
#define GST_CAT_DEFAULT gst_ice_webrtc_agent_debug

#define NO_PORT_LIMIT 65535 /* GstWebRTCICE:max-rtp-port */

struct _GstIceWebRTCAgent
{
  GstWebRTCICE parent;

  GstIceWebRTCStreams streams;
  GstIceWebRTCConfig config;
  GstIceWebRTCReporter reporter;
  GstIceWebRTCOwner owner;
};

G_DEFINE_TYPE_WITH_CODE (GstIceWebRTCAgent, gst_ice_webrtc_agent,
    GST_TYPE_WEBRTC_ICE,
    GST_DEBUG_CATEGORY_INIT (
        gst_ice_webrtc_agent_debug, "icewebrtcagent", 0, "webrtcbin's agent"))

/* Properties of icesrc that can be read here, for all streams: lists are
 * joined, texts are the first stream's. */
static const gchar *const shown[] = { "candidate-pairs", "local-candidates",
  "remote-candidates", "local-ufrag", "local-pwd", "role",
  "selected-candidate-pair", NULL };
static const gchar *const remote_ufrag[] = { "remote-ufrag", NULL };
static const gchar *const turn_server[] = { "turn-server", NULL };

enum
{
  PROP_0,
  PROP_ICE_CONNECTION_STATE,
  PROP_ICE_GATHERING_STATE,
  PROP_REMOTE_UFRAG,
  PROP_TURN_SERVER,
  PROP_SHOWN, /* and those that follow */
  PROP_SETTINGS = PROP_SHOWN + G_N_ELEMENTS (shown) - 1 /* likewise */
};

/* States. */

static void
take_states (GstObject *agent)
{
  gst_ice_webrtc_reporter_update (&GST_ICE_WEBRTC_AGENT (agent)->reporter);
}

/* Candidates. */

static void
take_candidate (GstObject *agent, guint stream, const gchar *candidate)
{
  GstIceWebRTCAgent *self = GST_ICE_WEBRTC_AGENT (agent);

  gst_ice_webrtc_owner_report_candidate (
      &self->owner, GST_WEBRTC_ICE (self), stream, candidate);
  if (candidate != NULL
      || gst_ice_webrtc_streams_get_gathering_state (&self->streams)
          == GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE)
    gst_ice_webrtc_events_emit_candidate (agent, stream, candidate);
}

static const GstIceWebRTCEventFuncs event_funcs = {
  .shown = shown,
  .candidate = take_candidate,
  .state = take_states,
};

/* Slots. Any thread. */

static void
on_transport_added (GstIceWebRTCStream *stream,
    GstIceWebRTCTransport *transport, GstIceWebRTCAgent *self)
{
  if (gst_ice_webrtc_transport_get_src (transport) == NULL
      || gst_ice_webrtc_transport_get_sink (transport) == NULL)
    return;
  gst_ice_webrtc_config_apply (&self->config, transport);
  gst_ice_webrtc_events_connect (GST_OBJECT (self), transport, &event_funcs);
}

/* Where there is no icesrc the class has no setting. */
static gboolean
has_elements (GstWebRTCICE *ice)
{
  return g_object_class_find_property (G_OBJECT_GET_CLASS (ice), "stun-server")
      != NULL;
}

static GstWebRTCICEStream *
add_stream (GstWebRTCICE *ice, guint session_id)
{
  GstIceWebRTCAgent *self = GST_ICE_WEBRTC_AGENT (ice);
  GstIceWebRTCStream *stream;

  stream = gst_ice_webrtc_stream_new (session_id);
  g_signal_connect_object (
      stream, "transport-added", G_CALLBACK (on_transport_added), self, 0);
  if (gst_ice_webrtc_owner_takes_streams ())
    gst_object_ref (stream);
  gst_ice_webrtc_streams_add (&self->streams, stream);
  return GST_WEBRTC_ICE_STREAM (stream);
}

static GstWebRTCICETransport *
find_transport (GstWebRTCICE *ice, GstWebRTCICEStream *stream,
    GstWebRTCICEComponent component)
{
  return gst_webrtc_ice_stream_find_transport (stream, component);
}

static gboolean
gather_candidates (GstWebRTCICE *ice, GstWebRTCICEStream *stream)
{
  GstIceWebRTCAgent *self = GST_ICE_WEBRTC_AGENT (ice);
  g_autoptr (GstElement)
      src = gst_ice_webrtc_stream_get_src (GST_ICE_WEBRTC_STREAM (stream));
  GstWebRTCICEGatheringState state;

  if (src == NULL || !gst_ice_webrtc_reporter_is_open (&self->reporter))
    return FALSE;
  g_object_get (src, "ice-gathering-state", &state, NULL);
  if (state == GST_WEBRTC_ICE_GATHERING_STATE_NEW
      && (ice->min_rtp_port != 0 || ice->max_rtp_port != NO_PORT_LIMIT))
    g_object_set (src, "min-port", ice->min_rtp_port, "max-port",
        ice->max_rtp_port, NULL);
  return gst_webrtc_ice_stream_gather_candidates (stream);
}

/* icesrc logs why a candidate is refused, at a limited rate and without
 * passwords. */
#if GST_CHECK_VERSION(1, 23, 90)
static void
add_candidate (GstWebRTCICE *ice, GstWebRTCICEStream *stream,
    const gchar *candidate, GstPromise *promise)
{
  gboolean taken = gst_ice_webrtc_stream_add_candidate (
      GST_ICE_WEBRTC_STREAM (stream), candidate);
  GstStructure *reply = NULL;
  g_autoptr (GError) error = NULL;

  if (promise == NULL)
    return;
  if (!taken) {
    error = g_error_new_literal (GST_WEBRTC_ERROR,
        GST_WEBRTC_ERROR_INTERNAL_FAILURE,
        "the candidate was refused; the log has the reason (iceendpoint)");
    reply = gst_structure_new (
        "application/x-gst-promise", "error", G_TYPE_ERROR, error, NULL);
  }
  gst_promise_reply (promise, reply);
}
#else
static void
add_candidate (
    GstWebRTCICE *ice, GstWebRTCICEStream *stream, const gchar *candidate)
{
  gst_ice_webrtc_stream_add_candidate (
      GST_ICE_WEBRTC_STREAM (stream), candidate);
}
#endif

static gboolean
set_local_credentials (GstWebRTCICE *ice, GstWebRTCICEStream *stream,
    const gchar *ufrag, const gchar *pwd)
{
  return gst_ice_webrtc_stream_set_local_credentials (
      GST_ICE_WEBRTC_STREAM (stream), ufrag, pwd);
}

static gboolean
set_remote_credentials (GstWebRTCICE *ice, GstWebRTCICEStream *stream,
    const gchar *ufrag, const gchar *pwd)
{
  return gst_ice_webrtc_stream_set_remote_credentials (
      GST_ICE_WEBRTC_STREAM (stream), ufrag, pwd);
}

static void
set_is_controller (GstWebRTCICE *ice, gboolean controller)
{
  GstIceWebRTCAgent *self = GST_ICE_WEBRTC_AGENT (ice);

  gst_ice_webrtc_config_set_controlling (&self->config, controller);
}

static gboolean
get_is_controller (GstWebRTCICE *ice)
{
  GstIceWebRTCAgent *self = GST_ICE_WEBRTC_AGENT (ice);

  return gst_ice_webrtc_config_is_controlling (&self->config);
}

static gboolean
add_turn_server (GstWebRTCICE *ice, const gchar *uri)
{
  GstIceWebRTCAgent *self = GST_ICE_WEBRTC_AGENT (ice);

  return gst_ice_webrtc_config_add_turn_server (&self->config, uri);
}

static void
set_turn_server (GstWebRTCICE *ice, const gchar *uri)
{
  GstIceWebRTCAgent *self = GST_ICE_WEBRTC_AGENT (ice);

  if (!gst_ice_webrtc_config_set_turn_server (&self->config, uri))
    GST_ERROR_OBJECT (self, "turn-server is no URI of a TURN server");
}

static gchar *
get_turn_server (GstWebRTCICE *ice)
{
  GstIceWebRTCAgent *self = GST_ICE_WEBRTC_AGENT (ice);

  return gst_ice_webrtc_config_get_turn_server (&self->config);
}

static void
set_stun_server (GstWebRTCICE *ice, const gchar *uri)
{
  if (uri != NULL && !gst_ice_webrtc_settings_verify ("stun-server", uri))
    GST_ERROR_OBJECT (ice, "stun-server is no URI of a STUN server");
  else if (has_elements (ice))
    g_object_set (ice, "stun-server", uri, NULL);
}

static gchar *
get_stun_server (GstWebRTCICE *ice)
{
  gchar *uri = NULL;

  if (has_elements (ice))
    g_object_get (ice, "stun-server", &uri, NULL);
  return uri;
}

static void
set_force_relay (GstWebRTCICE *ice, gboolean force_relay)
{
  gst_util_set_object_arg (
      G_OBJECT (ice), "ice-transport-policy", force_relay ? "relay" : "all");
}

static void
set_http_proxy (GstWebRTCICE *ice, const gchar *uri)
{
  GstIceWebRTCAgent *self = GST_ICE_WEBRTC_AGENT (ice);

  if (uri != NULL)
    GST_ERROR_OBJECT (self, "http-proxy is not supported and has no effect");
  gst_ice_webrtc_config_set_http_proxy (&self->config, uri);
}

static gchar *
get_http_proxy (GstWebRTCICE *ice)
{
  GstIceWebRTCAgent *self = GST_ICE_WEBRTC_AGENT (ice);

  return gst_ice_webrtc_config_get_http_proxy (&self->config);
}

/* The upper six bits of the octet are the code point (RFC 2474). */
static void
set_tos (GstWebRTCICE *ice, GstWebRTCICEStream *stream, guint tos)
{
  g_autoptr (GPtrArray) transports = gst_ice_webrtc_stream_list_transports (
      GST_ICE_WEBRTC_STREAM (stream));
  guint i;

  for (i = 0; i < transports->len; i++) {
    GstElement *sink = gst_ice_webrtc_transport_get_sink (
        g_ptr_array_index (transports, i));

    if (sink != NULL)
      g_object_set (sink, "qos-dscp", (gint) (tos >> 2 & 0x3f), NULL);
  }
}

static void
set_on_ice_candidate (GstWebRTCICE *ice, GstWebRTCICEOnCandidateFunc func,
    gpointer data, GDestroyNotify notify)
{
  gst_ice_webrtc_owner_set (
      &GST_ICE_WEBRTC_AGENT (ice)->owner, ice, func, data, notify);
}

static GstWebRTCICECandidateStats **
list_candidates (GstWebRTCICEStream *stream, const gchar *property)
{
  g_autoptr (GstElement)
      src = gst_ice_webrtc_stream_get_src (GST_ICE_WEBRTC_STREAM (stream));

  if (src == NULL)
    return g_new0 (GstWebRTCICECandidateStats *, 1);
  return gst_ice_webrtc_candidates_list (src, property, stream->stream_id);
}

static GstWebRTCICECandidateStats **
get_local_candidates (GstWebRTCICE *ice, GstWebRTCICEStream *stream)
{
  return list_candidates (stream, "local-candidates");
}

static GstWebRTCICECandidateStats **
get_remote_candidates (GstWebRTCICE *ice, GstWebRTCICEStream *stream)
{
  return list_candidates (stream, "remote-candidates");
}

static gboolean
get_selected_pair (GstWebRTCICE *ice, GstWebRTCICEStream *stream,
    GstWebRTCICECandidateStats **local, GstWebRTCICECandidateStats **remote)
{
  g_autoptr (GstElement)
      src = gst_ice_webrtc_stream_get_src (GST_ICE_WEBRTC_STREAM (stream));

  return src != NULL
      && gst_ice_webrtc_candidates_get_selected (
          src, stream->stream_id, local, remote);
}

/* Actions. Any thread. */

static gboolean
act_restart (GstIceWebRTCAgent *self)
{
  return gst_ice_webrtc_streams_restart (&self->streams);
}

static GstStructure *
act_get_stats (GstIceWebRTCAgent *self)
{
  GstStructure *stats = gst_ice_webrtc_streams_get_stats (&self->streams);
  GstWebRTCICEConnectionState connection;
  GstWebRTCICEGatheringState gathering;

  g_object_get (self, "ice-connection-state", &connection,
      "ice-gathering-state", &gathering, NULL);
  gst_structure_set (stats, "ice-connection-state",
      GST_TYPE_WEBRTC_ICE_CONNECTION_STATE, connection, "ice-gathering-state",
      GST_TYPE_WEBRTC_ICE_GATHERING_STATE, gathering, NULL);
  return stats;
}

static void
act_close (GstIceWebRTCAgent *self)
{
  gst_ice_webrtc_reporter_set_phase (&self->reporter, GST_ICE_WEBRTC_CLOSING);
  gst_ice_webrtc_streams_close (&self->streams);
  gst_ice_webrtc_reporter_set_phase (&self->reporter, GST_ICE_WEBRTC_CLOSED);
}

#if GST_CHECK_VERSION(1, 27, 90)
typedef struct
{
  GstIceWebRTCAgent *agent;
  GstPromise *promise;
} Closing;

static gpointer
close_and_reply (gpointer data)
{
  Closing *closing = data;

  act_close (closing->agent);
  gst_promise_reply (closing->promise, NULL);
  gst_promise_unref (closing->promise);
  gst_object_unref (closing->agent);
  g_free (closing);
  return NULL;
}

/* Who has a promise does not wait. The reference to it stays the caller's, as
 * with webrtcbin's own agent. */
static void
close_agent (GstWebRTCICE *ice, GstPromise *promise)
{
  GstIceWebRTCAgent *self = GST_ICE_WEBRTC_AGENT (ice);
  Closing *closing;

  if (promise == NULL) {
    act_close (self);
    return;
  }
  closing = g_new0 (Closing, 1);
  closing->agent = gst_object_ref (self);
  closing->promise = gst_promise_ref (promise);
  g_thread_unref (g_thread_new ("ice-close", close_and_reply, closing));
}
#endif

static gboolean
act_add_local_ip_address (GstIceWebRTCAgent *self, const gchar *address)
{
  return gst_ice_webrtc_config_add_local_address (&self->config, address);
}

/* The class. */

static void
gst_ice_webrtc_agent_set_property (
    GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
  GstIceWebRTCAgent *self = GST_ICE_WEBRTC_AGENT (object);

  if (id == PROP_TURN_SERVER)
    set_turn_server (GST_WEBRTC_ICE (self), g_value_get_string (value));
  else
    gst_ice_webrtc_config_set (&self->config, spec->name, value);
}

static void
gst_ice_webrtc_agent_get_property (
    GObject *object, guint id, GValue *value, GParamSpec *spec)
{
  GstIceWebRTCAgent *self = GST_ICE_WEBRTC_AGENT (object);

  if (id == PROP_ICE_CONNECTION_STATE) {
    g_value_set_enum (
        value, gst_ice_webrtc_reporter_get_connection_state (&self->reporter));
  } else if (id == PROP_ICE_GATHERING_STATE) {
    g_value_set_enum (
        value, gst_ice_webrtc_streams_get_gathering_state (&self->streams));
  } else if (id == PROP_REMOTE_UFRAG) {
    g_value_take_string (
        value, gst_ice_webrtc_streams_get_remote_ufrag (&self->streams));
  } else if (id == PROP_TURN_SERVER) {
    g_value_take_string (
        value, gst_ice_webrtc_config_get_first_turn_server (&self->config));
  } else if (id < PROP_SETTINGS) {
    gst_ice_webrtc_streams_get_property (&self->streams, spec->name, value);
  } else {
    gst_ice_webrtc_config_get (&self->config, spec, value);
  }
}

static void
gst_ice_webrtc_agent_finalize (GObject *object)
{
  GstIceWebRTCAgent *self = GST_ICE_WEBRTC_AGENT (object);

  gst_ice_webrtc_config_clear (&self->config);
  gst_ice_webrtc_reporter_clear (&self->reporter);
  gst_ice_webrtc_streams_clear (&self->streams);
  gst_ice_webrtc_owner_clear (&self->owner);
  G_OBJECT_CLASS (gst_ice_webrtc_agent_parent_class)->finalize (object);
}

static void
fill_slots (GstWebRTCICEClass *klass)
{
  klass->add_stream = add_stream;
  klass->find_transport = find_transport;
  klass->gather_candidates = gather_candidates;
  klass->add_candidate = add_candidate;
  klass->set_local_credentials = set_local_credentials;
  klass->set_remote_credentials = set_remote_credentials;
  klass->add_turn_server = add_turn_server;
  klass->set_is_controller = set_is_controller;
  klass->get_is_controller = get_is_controller;
  klass->set_force_relay = set_force_relay;
  klass->set_stun_server = set_stun_server;
  klass->get_stun_server = get_stun_server;
  klass->set_turn_server = set_turn_server;
  klass->get_turn_server = get_turn_server;
  klass->set_http_proxy = set_http_proxy;
  klass->get_http_proxy = get_http_proxy;
  klass->set_tos = set_tos;
  klass->set_on_ice_candidate = set_on_ice_candidate;
  klass->get_local_candidates = get_local_candidates;
  klass->get_remote_candidates = get_remote_candidates;
  klass->get_selected_pair = get_selected_pair;
#if GST_CHECK_VERSION(1, 27, 90)
  klass->close = close_agent;
#endif
}

static void
install_properties (GObjectClass *klass)
{
  GObjectClass *source_class = gst_ice_webrtc_specs_ref_source_class ();

  gst_ice_webrtc_states_install (klass, PROP_ICE_CONNECTION_STATE);
  if (source_class == NULL) {
    g_critical ("GstIceWebRTCAgent is of no use: the plugin ice, of which it "
                "takes icesrc and icesink, is not installed");
    return;
  }
  gst_ice_webrtc_specs_install (
      klass, source_class, remote_ufrag, PROP_REMOTE_UFRAG, G_PARAM_READABLE);
  gst_ice_webrtc_specs_install (
      klass, source_class, turn_server, PROP_TURN_SERVER, G_PARAM_READWRITE);
  gst_ice_webrtc_specs_install (
      klass, source_class, shown, PROP_SHOWN, G_PARAM_READABLE);
  gst_ice_webrtc_specs_install (klass, source_class,
      gst_ice_webrtc_settings_get_names (), PROP_SETTINGS, G_PARAM_READWRITE);
  g_type_class_unref (source_class);
}

static void
install_actions (GType type)
{
  const GSignalFlags flags = G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION;

  /**
   * GstIceWebRTCAgent::restart:
   * @object: the agent
   *
   * Restarts ICE on each stream (RFC 8445 section 9). Any thread.
   *
   * Returns: whether all of them restarted
   *
   * Since: 0.1
   */
  g_signal_new_class_handler ("restart", type, flags, G_CALLBACK (act_restart),
      NULL, NULL, NULL, G_TYPE_BOOLEAN, 0);
  /**
   * GstIceWebRTCAgent::get-stats:
   * @object: the agent
   *
   * As icesrc's, for all streams. Any thread.
   *
   * Returns: (transfer full): the statistics
   *
   * Since: 0.1
   */
  g_signal_new_class_handler ("get-stats", type, flags,
      G_CALLBACK (act_get_stats), NULL, NULL, NULL, GST_TYPE_STRUCTURE, 0);
  /**
   * GstIceWebRTCAgent::close:
   * @object: the agent
   *
   * Ends ICE on each stream. Any thread; waits a second at most for each
   * stream. `closed` is the last state.
   *
   * Since: 0.1
   */
  g_signal_new_class_handler ("close", type, flags, G_CALLBACK (act_close),
      NULL, NULL, NULL, G_TYPE_NONE, 0);
  g_signal_override_class_handler (
      "add-local-ip-address", type, G_CALLBACK (act_add_local_ip_address));
}

static void
gst_ice_webrtc_agent_class_init (GstIceWebRTCAgentClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->set_property = gst_ice_webrtc_agent_set_property;
  object_class->get_property = gst_ice_webrtc_agent_get_property;
  object_class->finalize = gst_ice_webrtc_agent_finalize;
  fill_slots (GST_WEBRTC_ICE_CLASS (klass));
  install_properties (object_class);
  gst_ice_webrtc_events_install (G_TYPE_FROM_CLASS (klass));
  install_actions (G_TYPE_FROM_CLASS (klass));
}

static void
gst_ice_webrtc_agent_init (GstIceWebRTCAgent *self)
{
  gst_ice_webrtc_owner_init (&self->owner);
  gst_ice_webrtc_streams_init (&self->streams);
  gst_ice_webrtc_reporter_init (
      &self->reporter, GST_WEBRTC_ICE (self), &self->streams);
  gst_ice_webrtc_config_init (&self->config, &self->streams);
}
