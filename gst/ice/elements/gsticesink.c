/* gst-ice: icesink.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/**
 * SECTION:element-icesink
 * @title: icesink
 * @see_also: icesrc, nicesink, udpsink, webrtcbin
 *
 * icesink sends each buffer as one datagram over ICE (RFC 8445). It shares its
 * transport with the icesrc of the same `agent` or `connection-id`, `stream`
 * and `component`; alone it is a send-only end, which still answers checks.
 *
 * In a call the other sinks of a pipeline preroll with what the peer sends, so
 * icesink does not wait for them: `async` is FALSE, unlike in other sinks. So
 * is `enable-last-sample`: nothing is kept of what was sent. Sending takes no
 * time, so `processing-deadline` is 0 and adds nothing to the latency of a live
 * pipeline.
 *
 * Before there is a pair to send on, buffers wait (`wait-for-connection`), or
 * are dropped and counted. When a pair becomes usable, and when a pair of a new
 * generation is selected after a restart, an upstream force-key-unit event asks
 * the encoder for a key frame.
 *
 * EOS that is sent to the pipeline (Ctrl-C with `gst-launch-1.0 -e`) or to
 * icesink ends such a wait at once; the buffers that waited are dropped and
 * counted. With a connection, what is on its way is sent first. A bin of its
 * own with a sink pad does not pass EOS on to icesink; send it to the element
 * then.
 *
 * A buffer may have 0 to 65507 bytes, 63488 on a TCP pair. What is larger, and
 * an empty one that libnice would send (TCP, and relayed while `offload-active`
 * is FALSE), is dropped and counted in `packets-discarded-on-send`, with a
 * warning at most every ten seconds.
 *
 * Progress messages (`gather`, `signal`, `connect`), which gst-launch-1.0
 * prints, name what is waited for while there is no connection.
 *
 * When the path is lost, the application restarts ICE with the action
 * `restart`, or `restart-on` does so automatically, as often as docs/states.md
 * describes. A restart finds new local addresses, so a call survives a change
 * of networks.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 -m fakesrc num-buffers=500 sizetype=fixed sizemax=1000
 * filltype=pattern ! icesink sync=false
 * signalling-uri="tcp://127.0.0.1:5000?mode=caller"
 * local-addresses='<"127.0.0.1">'
 * ]|
 * Sends 500 datagrams to the icesrc of the example there.
 * |[
 * gst-launch-1.0 videotestsrc is-live=true num-buffers=300 ! vp8enc deadline=1
 * ! rtpvp8pay ! icesink signalling-uri="unix:///tmp/call?mode=caller"
 * local-addresses='<"127.0.0.1">'
 * ]|
 * Sends ten seconds of video as RTP.
 * |[
 * gst-launch-1.0 audiotestsrc is-live=true num-buffers=500 ! opusenc
 * ! mpegtsmux alignment=7 ! "ice://127.0.0.1:5000?mode=caller"
 * ]|
 * Sends ten seconds of audio as MPEG-TS. `ice://host:port` makes an icesink
 * with the signalling-uri `tcp://host:port`; it can have `mode`, `timeout`,
 * `stream` and `component`.
 *
 * Since: 0.1
 */

#include "elements/gsticeelements.h"
#include "elements/gsticeendpointactions.h"
#include "elements/gsticeendpointbinding.h"
#include "elements/gsticeendpointproperties.h"
#include "elements/gsticeendpointstates.h"
#include "elements/gsticesinkbatch.h"
#include "elements/gsticesinkevents.h"
#include "elements/gsticeurihandler.h"
#include "model/iceratelimit.h"
#include <gst/base/gstbasesink.h>
#include <gst/video/video.h>

GST_DEBUG_CATEGORY_STATIC (gst_ice_sink_debug);
#define GST_CAT_DEFAULT gst_ice_sink_debug

#define DEFAULT_WAIT_FOR_CONNECTION TRUE
#define DEFAULT_QOS_DSCP (-1)

enum
{
  /**
   * GstIceSink:wait-for-connection:
   *
   * Whether buffers wait until there is a usable pair; a state change or a
   * flush ends the wait. %FALSE: such buffers are dropped and counted in
   * `packets-discarded-on-send`.
   *
   * Default: %TRUE. Writable in all states; any thread.
   *
   * Since: 0.1
   */
  PROP_WAIT_FOR_CONNECTION = GST_ICE_ENDPOINT_N_PROPS,

  /**
   * GstIceSink:qos-dscp:
   *
   * Differentiated services code point of the datagrams that are sent (RFC
   * 2474); -1: the system's.
   *
   * Default: -1. Writable in all states; any thread.
   *
   * Since: 0.1
   */
  PROP_QOS_DSCP
};

#define GST_TYPE_ICE_SINK (gst_ice_sink_get_type ())
G_DECLARE_FINAL_TYPE (GstIceSink, gst_ice_sink, GST, ICE_SINK, GstBaseSink)

struct _GstIceSink
{
  GstBaseSink parent;

  GstIceEndpoint endpoint;
  GstIceTransport *transport; /* from READY on */
  GstIceDatapath *datapath;   /* not referenced: the transport owns it */
  /* atomic */
  gint key_units; /* force-key-unit events sent */
  gint wait_for_connection;
  gsize buffers_rendered;
  gsize lists_rendered;
  gint interrupts; /* the number of requests that waits end */
  gint flushing;   /* a flush that was sent to us has begun */

  /* streaming thread */
  GstIceSinkBatch batch;
  gboolean stands_first; /* before the sources of its bin */
  IceRateLimit
      refusals; /* limits warnings about datagrams that cannot be sent */

  /* OBJECT_LOCK */
  gint qos_dscp;
};

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE (
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

G_DEFINE_TYPE_WITH_CODE (GstIceSink, gst_ice_sink, GST_TYPE_BASE_SINK,
    G_IMPLEMENT_INTERFACE (GST_TYPE_URI_HANDLER, gst_ice_sink_init_uri_handler)
        GST_DEBUG_CATEGORY_INIT (gst_ice_sink_debug, "icesink", 0, "ICE sink"))
GST_ELEMENT_REGISTER_DEFINE (
    icesink, "icesink", GST_RANK_NONE, GST_TYPE_ICE_SINK)

/* Asks for a key frame, with which a decoder at the other end can start. I/O
 * thread. */
static void
ask_for_key_unit (GstElement *element)
{
  GstIceSink *self = GST_ICE_SINK (element);
  guint count = (guint) g_atomic_int_add (&self->key_units, 1);

  GST_DEBUG_OBJECT (self, "asking for a key unit");
  gst_pad_push_event (GST_BASE_SINK_PAD (self),
      gst_video_event_new_upstream_force_key_unit (
          GST_CLOCK_TIME_NONE, TRUE, count));
}

/* I/O thread. */
static void
reset_stats (GstElement *element)
{
  GstIceSink *self = GST_ICE_SINK (element);

  g_atomic_pointer_set (&self->buffers_rendered, 0);
  g_atomic_pointer_set (&self->lists_rendered, 0);
  g_atomic_int_set (&self->key_units, 0);
}

static void
add_stats (GstElement *element, GstStructure *entry)
{
  GstIceSink *self = GST_ICE_SINK (element);

  gst_structure_set (entry, "buffers-rendered", G_TYPE_UINT64,
      (guint64) g_atomic_pointer_get (&self->buffers_rendered),
      "lists-rendered", G_TYPE_UINT64,
      (guint64) g_atomic_pointer_get (&self->lists_rendered), "force-key-units",
      G_TYPE_UINT64, (guint64) g_atomic_int_get (&self->key_units), NULL);
}

static void
gst_ice_sink_init (GstIceSink *self)
{
  static const GstIceEndpointFuncs funcs = { ask_for_key_unit, reset_stats,
    add_stats };

  gst_ice_endpoint_init (
      &self->endpoint, GST_ELEMENT (self), GST_ICE_DIRECTION_SEND, &funcs);
  self->wait_for_connection = DEFAULT_WAIT_FOR_CONNECTION;
  self->qos_dscp = DEFAULT_QOS_DSCP;
  gst_ice_sink_batch_init (&self->batch);
  /* In a call the other sinks of the pipeline preroll with the peer's media. If
   * icesink waited for them, both ends would wait for ever. */
  gst_base_sink_set_async_enabled (GST_BASE_SINK (self), FALSE);
  /* The last sample would keep its buffer from the pool that it came from. Each
   * peer of a forwarder would keep the last list, and take two more locks for
   * it. */
  gst_base_sink_set_last_sample_enabled (GST_BASE_SINK (self), FALSE);
  gst_base_sink_set_processing_deadline (GST_BASE_SINK (self), 0);
}

static void
gst_ice_sink_dispose (GObject *object)
{
  gst_ice_endpoint_dispose (&GST_ICE_SINK (object)->endpoint);
  G_OBJECT_CLASS (gst_ice_sink_parent_class)->dispose (object);
}

static void
gst_ice_sink_finalize (GObject *object)
{
  GstIceSink *self = GST_ICE_SINK (object);

  gst_ice_endpoint_finalize (&self->endpoint);
  gst_ice_sink_batch_finalize (&self->batch);
  G_OBJECT_CLASS (gst_ice_sink_parent_class)->finalize (object);
}

/* A waiting streaming thread looks again whether it still has to wait. Without
 * a lock: the last thread that changes the count checks it again. */
static void
update_wait (GstIceSink *self, GstIceDatapath *datapath)
{
  gboolean ends;

  do {
    ends = g_atomic_int_get (&self->interrupts) > 0;
    gst_ice_datapath_set_flushing (datapath, GST_ICE_DIRECTION_SEND, ends);
  } while (ends != (g_atomic_int_get (&self->interrupts) > 0));
}

/* Any thread. */
static void
set_wait_for_connection (GstIceSink *self, gboolean wait)
{
  g_autoptr (GstIceTransport)
      transport = gst_ice_endpoint_get_transport (&self->endpoint);

  g_atomic_int_set (&self->wait_for_connection, wait);
  if (transport != NULL)
    update_wait (self, gst_ice_transport_get_datapath (transport));
}

static void
gst_ice_sink_set_property (
    GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
  GstIceSink *self = GST_ICE_SINK (object);

  if (gst_ice_endpoint_set_property (&self->endpoint, spec, value)
      || gst_ice_endpoint_has_value (&self->endpoint, spec, value))
    return;
  switch (id) {
    case PROP_WAIT_FOR_CONNECTION:
      set_wait_for_connection (self, g_value_get_boolean (value));
      break;
    case PROP_QOS_DSCP:
      GST_OBJECT_LOCK (self);
      self->qos_dscp = g_value_get_int (value);
      GST_OBJECT_UNLOCK (self);
      gst_ice_endpoint_set_dscp (&self->endpoint, g_value_get_int (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
      break;
  }
  g_object_notify_by_pspec (object, spec);
}

static void
gst_ice_sink_get_property (
    GObject *object, guint id, GValue *value, GParamSpec *spec)
{
  GstIceSink *self = GST_ICE_SINK (object);

  if (gst_ice_endpoint_get_property (&self->endpoint, id, value))
    return;
  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_WAIT_FOR_CONNECTION:
      g_value_set_boolean (
          value, g_atomic_int_get (&self->wait_for_connection));
      break;
    case PROP_QOS_DSCP:
      g_value_set_int (value, self->qos_dscp);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
}

/* The agent and the transport may be exchanged in READY. */
static gboolean
take_transport (GstIceSink *self)
{
  if (!gst_ice_endpoint_prepare (&self->endpoint))
    return FALSE;
  gst_clear_object (&self->transport);
  self->transport = gst_ice_endpoint_get_transport (&self->endpoint);
  if (self->transport == NULL)
    return FALSE;
  self->datapath = gst_ice_transport_get_datapath (self->transport);
  gst_ice_datapath_set_ending (self->datapath, FALSE);
  g_atomic_int_set (&self->flushing, FALSE);
  self->stands_first = FALSE;
  return TRUE;
}

/* Waits end as long as GstBaseSink or our own change to PLAYING requests it;
 * both may at once. In NULL there is no wait. */
static void
interrupt (GstIceSink *self, gint change)
{
  g_atomic_int_add (&self->interrupts, change);
  if (self->datapath != NULL)
    update_wait (self, self->datapath);
}

/* A buffer may wait for a connection in PAUSED already, if GstBaseSink was
 * paused just before it woke up from preroll. It then holds the preroll lock,
 * which the change to PLAYING needs, so the wait has to be interrupted. */
static GstStateChangeReturn
chain_up (GstIceSink *self, GstStateChange change)
{
  gboolean to_playing = change == GST_STATE_CHANGE_PAUSED_TO_PLAYING;
  GstStateChangeReturn result;

  if (to_playing)
    interrupt (self, 1);
  result = GST_ELEMENT_CLASS (gst_ice_sink_parent_class)
               ->change_state (GST_ELEMENT (self), change);
  if (to_playing) {
    GST_BASE_SINK_PREROLL_LOCK (self);
    interrupt (self, -1);
    GST_BASE_SINK_PREROLL_SIGNAL (self);
    GST_BASE_SINK_PREROLL_UNLOCK (self);
  }
  return result;
}

static GstStateChangeReturn
gst_ice_sink_change_state (GstElement *element, GstStateChange change)
{
  GstIceSink *self = GST_ICE_SINK (element);
  GstStateChangeReturn result;

  if ((change == GST_STATE_CHANGE_NULL_TO_READY
          || change == GST_STATE_CHANGE_READY_TO_PAUSED)
      && !take_transport (self))
    return GST_STATE_CHANGE_FAILURE;
  if (change == GST_STATE_CHANGE_NULL_TO_READY)
    gst_ice_sink_events_join (GST_BASE_SINK (self));
  result = chain_up (self, change);
  if (change == GST_STATE_CHANGE_PAUSED_TO_PLAYING
      && result != GST_STATE_CHANGE_FAILURE)
    gst_ice_endpoint_show_progress (&self->endpoint);
  if (change == GST_STATE_CHANGE_READY_TO_PAUSED
      && result != GST_STATE_CHANGE_FAILURE
      && !gst_ice_endpoint_start (&self->endpoint))
    return GST_STATE_CHANGE_FAILURE;
  if (change == GST_STATE_CHANGE_READY_TO_NULL
      || (change == GST_STATE_CHANGE_NULL_TO_READY
          && result == GST_STATE_CHANGE_FAILURE))
    gst_ice_endpoint_unbind (&self->endpoint);
  return result;
}

static gboolean
gst_ice_sink_stop (GstBaseSink *base)
{
  GstIceSink *self = GST_ICE_SINK (base);

  self->datapath = NULL;
  gst_clear_object (&self->transport);
  self->refusals = (IceRateLimit){ 0 };
  return TRUE;
}

static gboolean
gst_ice_sink_unlock (GstBaseSink *base)
{
  interrupt (GST_ICE_SINK (base), 1);
  return TRUE;
}

static gboolean
gst_ice_sink_unlock_stop (GstBaseSink *base)
{
  interrupt (GST_ICE_SINK (base), -1);
  return TRUE;
}

static gboolean
gst_ice_sink_send_event (GstElement *element, GstEvent *event)
{
  GstIceSink *self = GST_ICE_SINK (element);

  if (!GST_EVENT_IS_DOWNSTREAM (event))
    return GST_ELEMENT_CLASS (gst_ice_sink_parent_class)
        ->send_event (element, event);
  gst_ice_sink_events_send (self->datapath, &self->flushing, event);
  return TRUE;
}

static gboolean
gst_ice_sink_event (GstBaseSink *base, GstEvent *event)
{
  GstIceSink *self = GST_ICE_SINK (base);

  if (GST_EVENT_TYPE (event) == GST_EVENT_EOS)
    gst_ice_endpoint_end_of_stream (&self->endpoint);
  gst_ice_sink_events_receive (self->datapath, &self->flushing, event);
  return GST_BASE_SINK_CLASS (gst_ice_sink_parent_class)->event (base, event);
}

/* Acts by `on-failed` after the transport has failed; the endpoint has posted
 * the message. */
static GstFlowReturn
get_failed_flow (GstIceSink *self)
{
  switch (gst_ice_endpoint_get_on_failed (&self->endpoint)) {
    case GST_ICE_ON_FAILED_ERROR:
      return GST_FLOW_ERROR;
    case GST_ICE_ON_FAILED_EOS:
      return GST_FLOW_EOS;
    case GST_ICE_ON_FAILED_WARNING:
    case GST_ICE_ON_FAILED_NONE:
      break;
  }
  return GST_FLOW_OK;
}

/* Warns as udpsink does, but at a limited rate; get-stats counts all. */
static void
warn_of_refusal (GstIceSink *self, const GError *refusal)
{
  g_autofree gchar *more = ice_rate_limit_pass (
      &self->refusals, g_get_monotonic_time ());
  g_autoptr (GError) error = NULL;

  if (more == NULL)
    return;
  error = g_error_new (GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_WRITE, "%s%s",
      refusal->message, more);
  gst_ice_endpoint_post (&self->endpoint, error, FALSE);
}

/* Pausing interrupts a wait, which continues in PLAYING. */
static GstFlowReturn
send_datagrams (GstIceSink *self)
{
  guint left, done;
  const GstIceDatagram *next = gst_ice_sink_batch_get (&self->batch, &left);
  g_autoptr (GError) refusal = NULL;
  GstFlowReturn flow;

  if (!self->stands_first) {
    gst_ice_sink_events_stand_first (GST_BASE_SINK (self));
    self->stands_first = TRUE;
  }
  do {
    flow = gst_ice_datapath_send (self->datapath, next, left,
        &self->wait_for_connection, &done, &refusal);
    next += done;
    left -= done;
  } while (flow == GST_FLOW_FLUSHING
      && (flow = gst_base_sink_wait_preroll (GST_BASE_SINK (self)))
          == GST_FLOW_OK);

  if (refusal != NULL)
    warn_of_refusal (self, refusal);
  if (left > 0)
    gst_ice_datapath_count_discarded (self->datapath, next, left);
  if (flow == GST_FLOW_EOS && g_atomic_int_get (&self->flushing))
    return GST_FLOW_FLUSHING;
  return flow == GST_FLOW_ERROR ? get_failed_flow (self) : flow;
}

static void
count_rendered (GstIceSink *self, guint buffers, guint lists)
{
  g_atomic_pointer_add (&self->buffers_rendered, buffers);
  g_atomic_pointer_add (&self->lists_rendered, lists);
}

static GstFlowReturn
fail_to_map (GstIceSink *self, GstBuffer *buffer)
{
  GST_ELEMENT_ERROR (self, RESOURCE, READ,
      ("a buffer cannot be sent: its memory (%s) cannot be mapped for reading; "
       "copy or download it to system memory before icesink",
          gst_ice_sink_batch_find_unmappable (buffer)),
      (NULL));
  return GST_FLOW_ERROR;
}

static gboolean
add_datagram (GstIceSink *self, GstBuffer *buffer)
{
  GST_LOG_OBJECT (self, "a datagram of %" G_GSIZE_FORMAT " bytes",
      gst_buffer_get_size (buffer));
  return gst_ice_sink_batch_add (&self->batch, buffer);
}

static GstFlowReturn
gst_ice_sink_render (GstBaseSink *base, GstBuffer *buffer)
{
  GstIceSink *self = GST_ICE_SINK (base);
  GstFlowReturn flow;

  if (add_datagram (self, buffer)) {
    count_rendered (self, 1, 0);
    flow = send_datagrams (self);
  } else {
    flow = fail_to_map (self, buffer);
  }
  gst_ice_sink_batch_release (&self->batch);
  return flow;
}

static GstFlowReturn
gst_ice_sink_render_list (GstBaseSink *base, GstBufferList *list)
{
  GstIceSink *self = GST_ICE_SINK (base);
  guint i, n = gst_buffer_list_length (list);
  GstFlowReturn flow = GST_FLOW_OK;

  for (i = 0; i < n && flow == GST_FLOW_OK; i++)
    if (!add_datagram (self, gst_buffer_list_get (list, i)))
      flow = fail_to_map (self, gst_buffer_list_get (list, i));
  if (flow == GST_FLOW_OK) {
    count_rendered (self, n, 1);
    flow = send_datagrams (self);
  }
  gst_ice_sink_batch_release (&self->batch);
  return flow;
}

static void
gst_ice_sink_class_init (GstIceSinkClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseSinkClass *base_class = GST_BASE_SINK_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS
      | G_PARAM_EXPLICIT_NOTIFY;

  object_class->dispose = gst_ice_sink_dispose;
  object_class->finalize = gst_ice_sink_finalize;
  object_class->set_property = gst_ice_sink_set_property;
  object_class->get_property = gst_ice_sink_get_property;
  gst_ice_endpoint_install_signals (element_class);
  gst_ice_endpoint_install_properties (element_class);
  g_object_class_install_property (object_class, PROP_WAIT_FOR_CONNECTION,
      g_param_spec_boolean ("wait-for-connection", "Wait for connection",
          "Whether buffers wait for a usable pair; FALSE: they are dropped and "
          "counted",
          DEFAULT_WAIT_FOR_CONNECTION, flags | GST_PARAM_MUTABLE_PLAYING));
  g_object_class_install_property (object_class, PROP_QOS_DSCP,
      g_param_spec_int ("qos-dscp", "QoS DSCP",
          "Differentiated services code point of sent datagrams (RFC 2474); -1 "
          "= "
          "the system's",
          -1, 63, DEFAULT_QOS_DSCP, flags | GST_PARAM_MUTABLE_PLAYING));

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_set_static_metadata (element_class, "ICE sink",
      "Sink/Network",
      "Sends datagrams over ICE and reports the connection's states",
      "The gst-ice developers");
  element_class->change_state = GST_DEBUG_FUNCPTR (gst_ice_sink_change_state);
  element_class->send_event = GST_DEBUG_FUNCPTR (gst_ice_sink_send_event);

  base_class->stop = GST_DEBUG_FUNCPTR (gst_ice_sink_stop);
  base_class->unlock = GST_DEBUG_FUNCPTR (gst_ice_sink_unlock);
  base_class->unlock_stop = GST_DEBUG_FUNCPTR (gst_ice_sink_unlock_stop);
  base_class->event = GST_DEBUG_FUNCPTR (gst_ice_sink_event);
  base_class->render = GST_DEBUG_FUNCPTR (gst_ice_sink_render);
  base_class->render_list = GST_DEBUG_FUNCPTR (gst_ice_sink_render_list);
}
