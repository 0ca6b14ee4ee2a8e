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
 * icesink does not wait for them: `async` is FALSE, unlike in other sinks.
 *
 * Before there is a pair to send on, buffers wait (`wait-for-connection`), or
 * are dropped and counted. When a pair becomes usable, an upstream
 * force-key-unit event asks the encoder for a key frame.
 *
 * When the path is lost, the application restarts ICE with the action
 * `restart`, or `restart-on` does it by itself; docs/states.md says how often.
 * It finds addresses that came meanwhile: a call survives a change of networks.
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
 *
 * Since: 0.1
 */

#include "gsticeelements.h"
#include "gsticeendpointactions.h"
#include "gsticeendpointbinding.h"
#include "gsticeendpointproperties.h"
#include "gsticeendpointstates.h"
#include <gst/base/gstbasesink.h>
#include <gst/video/video.h>

GST_DEBUG_CATEGORY_STATIC (gst_ice_sink_debug);
#define GST_CAT_DEFAULT gst_ice_sink_debug

#define DEFAULT_WAIT_FOR_CONNECTION TRUE
#define DEFAULT_QOS_DSCP (-1)

enum
{
  PROP_WAIT_FOR_CONNECTION = GST_ICE_ENDPOINT_N_PROPS,
  PROP_QOS_DSCP
};

#define GST_TYPE_ICE_SINK (gst_ice_sink_get_type ())
G_DECLARE_FINAL_TYPE (GstIceSink, gst_ice_sink, GST, ICE_SINK, GstBaseSink)

struct _GstIceSink
{
  GstBaseSink parent;

  GstIceEndpoint endpoint;
  GstIceTransport *transport; /* from READY on */
  gint key_units;             /* atomic: force-key-unit events sent */

  /* streaming thread; kept for their memory */
  GArray *maps;      /* of GstMapInfo */
  GArray *vectors;   /* of GOutputVector */
  GArray *datagrams; /* of GstIceDatagram */
  guint n_maps;      /* in use, and as many vectors */
  guint n_datagrams;

  /* OBJECT_LOCK */
  guint interrupts; /* so many want that waits end */
  gboolean wait_for_connection;
  gint qos_dscp;
  guint64 buffers_rendered;
  guint64 lists_rendered;
};

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE (
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

G_DEFINE_TYPE_WITH_CODE (GstIceSink, gst_ice_sink, GST_TYPE_BASE_SINK,
    GST_DEBUG_CATEGORY_INIT (gst_ice_sink_debug, "icesink", 0, "ICE sink"))
GST_ELEMENT_REGISTER_DEFINE (
    icesink, "icesink", GST_RANK_NONE, GST_TYPE_ICE_SINK)

/* A decoder at the other end can start with a key frame only. I/O thread. */
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

static void
add_stats (GstElement *element, GstStructure *entry)
{
  GstIceSink *self = GST_ICE_SINK (element);

  GST_OBJECT_LOCK (self);
  gst_structure_set (entry, "buffers-rendered", G_TYPE_UINT64,
      self->buffers_rendered, "lists-rendered", G_TYPE_UINT64,
      self->lists_rendered, "force-key-units", G_TYPE_UINT64,
      (guint64) g_atomic_int_get (&self->key_units), NULL);
  GST_OBJECT_UNLOCK (self);
}

static void
gst_ice_sink_init (GstIceSink *self)
{
  gst_ice_endpoint_init (
      &self->endpoint, GST_ELEMENT (self), GST_ICE_DIRECTION_SEND);
  self->endpoint.connected = ask_for_key_unit;
  self->endpoint.add_stats = add_stats;
  self->wait_for_connection = DEFAULT_WAIT_FOR_CONNECTION;
  self->qos_dscp = DEFAULT_QOS_DSCP;
  self->maps = g_array_new (FALSE, FALSE, sizeof (GstMapInfo));
  self->vectors = g_array_new (FALSE, FALSE, sizeof (GOutputVector));
  self->datagrams = g_array_new (FALSE, FALSE, sizeof (GstIceDatagram));
  /* In a call the other sinks of the pipeline preroll with what the peer sends;
   * waiting for them, both ends would wait for ever. */
  gst_base_sink_set_async_enabled (GST_BASE_SINK (self), FALSE);
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
  g_array_unref (self->maps);
  g_array_unref (self->vectors);
  g_array_unref (self->datagrams);
  G_OBJECT_CLASS (gst_ice_sink_parent_class)->finalize (object);
}

static void
gst_ice_sink_set_property (
    GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
  GstIceSink *self = GST_ICE_SINK (object);

  if (gst_ice_endpoint_set_property (&self->endpoint, id, value))
    return;
  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_WAIT_FOR_CONNECTION:
      self->wait_for_connection = g_value_get_boolean (value);
      break;
    case PROP_QOS_DSCP:
      self->qos_dscp = g_value_get_int (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
  if (id == PROP_QOS_DSCP)
    gst_ice_endpoint_set_dscp (&self->endpoint, g_value_get_int (value));
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
      g_value_set_boolean (value, self->wait_for_connection);
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

/* Agent and transport may become others in READY. */
static gboolean
take_transport (GstIceSink *self)
{
  if (!gst_ice_endpoint_prepare (&self->endpoint))
    return FALSE;
  gst_clear_object (&self->transport);
  self->transport = gst_ice_endpoint_get_transport (&self->endpoint);
  return self->transport != NULL;
}

/* Waits end as long as somebody wants it: GstBaseSink, or our own change to
 * PLAYING, perhaps both at once. */
static void
interrupt (GstIceSink *self, gint change)
{
  GST_OBJECT_LOCK (self);
  self->interrupts += change;
  gst_ice_transport_set_flushing (
      self->transport, GST_ICE_DIRECTION_SEND, self->interrupts > 0);
  GST_OBJECT_UNLOCK (self);
}

/* A buffer may wait for a connection in PAUSED already, where GstBaseSink was
 * told to pause just before it woke up from preroll: then it holds the preroll
 * lock, which the change to PLAYING needs, and has to be interrupted. */
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
  result = chain_up (self, change);
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
  gst_clear_object (&GST_ICE_SINK (base)->transport);
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
gst_ice_sink_event (GstBaseSink *base, GstEvent *event)
{
  GstIceSink *self = GST_ICE_SINK (base);

  if (GST_EVENT_TYPE (event) == GST_EVENT_EOS)
    gst_ice_endpoint_end_of_stream (&self->endpoint);
  return GST_BASE_SINK_CLASS (gst_ice_sink_parent_class)->event (base, event);
}

static void
make_room (GstIceSink *self, guint datagrams, guint memories)
{
  if (self->datagrams->len < datagrams)
    g_array_set_size (self->datagrams, datagrams);
  if (self->maps->len < memories) {
    g_array_set_size (self->maps, memories);
    g_array_set_size (self->vectors, memories);
  }
}

/* Maps buffer's memories and adds them as one datagram; its vectors are pointed
 * to when all are there, which do not move any more. */
static gboolean
add_datagram (GstIceSink *self, GstBuffer *buffer)
{
  guint i, n = gst_buffer_n_memory (buffer);

  make_room (self, self->n_datagrams + 1, self->n_maps + n);
  g_array_index (self->datagrams, GstIceDatagram, self->n_datagrams++)
      .n_vectors = (gint) n;
  for (i = 0; i < n; i++) {
    GstMapInfo *map = &g_array_index (self->maps, GstMapInfo, self->n_maps);

    if (!gst_memory_map (gst_buffer_peek_memory (buffer, i), map, GST_MAP_READ))
      return FALSE;
    g_array_index (self->vectors, GOutputVector,
        self->n_maps) = (GOutputVector){ map->data, map->size };
    self->n_maps++;
  }
  return TRUE;
}

static void
point_at_vectors (GstIceSink *self)
{
  GOutputVector *next = (GOutputVector *) self->vectors->data;
  guint i;

  for (i = 0; i < self->n_datagrams; i++) {
    GstIceDatagram *datagram = &g_array_index (
        self->datagrams, GstIceDatagram, i);

    datagram->vectors = next;
    next += datagram->n_vectors;
  }
}

static void
release_datagrams (GstIceSink *self)
{
  guint i;

  for (i = 0; i < self->n_maps; i++) {
    GstMapInfo *map = &g_array_index (self->maps, GstMapInfo, i);

    gst_memory_unmap (map->memory, map);
  }
  self->n_maps = 0;
  self->n_datagrams = 0;
}

/* What the user wants where the transport has failed; the endpoint has told. */
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

/* Pausing interrupts a wait; it goes on when playing goes on. */
static GstFlowReturn
send_datagrams (GstIceSink *self)
{
  const GstIceDatagram *next = (const GstIceDatagram *) self->datagrams->data;
  guint left = self->n_datagrams, done;
  GstFlowReturn flow;
  gboolean wait;

  point_at_vectors (self);
  do {
    GST_OBJECT_LOCK (self);
    wait = self->wait_for_connection;
    GST_OBJECT_UNLOCK (self);
    flow = gst_ice_transport_send (self->transport, next, left, wait, &done);
    next += done;
    left -= done;
  } while (flow == GST_FLOW_FLUSHING
      && (flow = gst_base_sink_wait_preroll (GST_BASE_SINK (self)))
          == GST_FLOW_OK);

  if (left > 0)
    gst_ice_transport_count_discarded (self->transport, next, left);
  return flow == GST_FLOW_ERROR ? get_failed_flow (self) : flow;
}

static void
count_rendered (GstIceSink *self, guint buffers, guint lists)
{
  GST_OBJECT_LOCK (self);
  self->buffers_rendered += buffers;
  self->lists_rendered += lists;
  GST_OBJECT_UNLOCK (self);
}

static GstFlowReturn
fail_to_map (GstIceSink *self)
{
  GST_ELEMENT_ERROR (self, RESOURCE, READ, ("A buffer can not be read."),
      ("mapping its memory failed"));
  return GST_FLOW_ERROR;
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
    flow = fail_to_map (self);
  }
  release_datagrams (self);
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
      flow = fail_to_map (self);
  if (flow == GST_FLOW_OK) {
    count_rendered (self, n, 1);
    flow = send_datagrams (self);
  }
  release_datagrams (self);
  return flow;
}

static void
gst_ice_sink_class_init (GstIceSinkClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseSinkClass *base_class = GST_BASE_SINK_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;

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
          "Differentiated services code point of what is sent (RFC 2474); -1 = "
          "the system's",
          -1, 63, DEFAULT_QOS_DSCP, flags | GST_PARAM_MUTABLE_PLAYING));

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_set_static_metadata (element_class, "ICE sink",
      "Sink/Network",
      "Sends datagrams over ICE and shows the truth about the connection",
      "The gst-ice developers");
  element_class->change_state = GST_DEBUG_FUNCPTR (gst_ice_sink_change_state);

  base_class->stop = GST_DEBUG_FUNCPTR (gst_ice_sink_stop);
  base_class->unlock = GST_DEBUG_FUNCPTR (gst_ice_sink_unlock);
  base_class->unlock_stop = GST_DEBUG_FUNCPTR (gst_ice_sink_unlock_stop);
  base_class->event = GST_DEBUG_FUNCPTR (gst_ice_sink_event);
  base_class->render = GST_DEBUG_FUNCPTR (gst_ice_sink_render);
  base_class->render_list = GST_DEBUG_FUNCPTR (gst_ice_sink_render_list);
}
