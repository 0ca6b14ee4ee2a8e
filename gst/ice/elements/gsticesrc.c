/* gst-ice: icesrc.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/**
 * SECTION:element-icesrc
 * @title: icesrc
 * @see_also: icesink, nicesrc, udpsrc, webrtcbin
 *
 * icesrc receives datagrams over ICE (RFC 8445), one buffer each. It shares its
 * transport with the icesink of the same `agent` or `connection-id`, `stream`
 * and `component`; alone it is a receive-only end.
 *
 * The transport's states are properties, signals and bus messages; see
 * docs/states.md for their meaning. An application does its own signalling with
 * the signals #GstIceAgent::on-ice-candidate and
 * #GstIceAgent::add-ice-candidate and the credentials properties, or sets
 * `signalling-uri` on both ends.
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
 * gst-launch-1.0 -m icesrc signalling-uri="tcp://127.0.0.1:5000?mode=listener"
 * local-addresses='<"127.0.0.1">' ! filesink location=out
 * ]|
 * Waits for the icesink of the example there and writes what it sends; ends
 * when that one ends. With `&keep=true` in the URI it takes the next caller
 * instead, and posts `ice-call-ended` after each call.
 * |[
 * gst-launch-1.0 icesrc signalling-uri="unix:///tmp/call?mode=listener"
 * local-addresses='<"127.0.0.1">'
 * caps="application/x-rtp,media=video,encoding-name=VP8,clock-rate=90000,payload=96"
 * ! rtpjitterbuffer ! rtpvp8depay ! vp8dec ! videoconvert ! autovideosink
 * ]|
 * Shows the video that an icesink sends as RTP.
 * |[
 * gst-launch-1.0 uridecodebin uri="ice://127.0.0.1:5000?mode=listener"
 * ! audioconvert ! autoaudiosink
 * ]|
 * Finds out what an icesink sends, here MPEG-TS, and plays the audio in it.
 * `ice://host:port` makes an icesrc with the signalling-uri `tcp://host:port`;
 * it can have `mode`, `timeout`, `stream` and `component`.
 *
 * Since: 0.1
 */

#include "elements/gsticeelements.h"
#include "elements/gsticeendpointactions.h"
#include "elements/gsticeendpointbinding.h"
#include "elements/gsticeendpointproperties.h"
#include "elements/gsticeendpointstates.h"
#include "elements/gsticesrcbatch.h"
#include "elements/gsticeurihandler.h"
#include <gst/base/gstpushsrc.h>

GST_DEBUG_CATEGORY (gst_ice_src_debug); /* for gsticesrcbatch.c too */
#define GST_CAT_DEFAULT gst_ice_src_debug

#define DEFAULT_MTU 1500
#define DEFAULT_TIMEOUT 0
/* rtpbin takes a second source address for a loop and drops its packets, but
 * ICE may change to another pair at any time */
#define DEFAULT_RETRIEVE_SENDER_ADDRESS FALSE

enum
{
  /**
   * GstIceSrc:caps:
   *
   * Caps of the source pad, of datagrams that arrive from now on; %NULL: any.
   *
   * Default: %NULL. Writable in all states; any thread.
   *
   * Since: 0.1
   */
  PROP_CAPS = GST_ICE_ENDPOINT_N_PROPS,

  /**
   * GstIceSrc:mtu:
   *
   * Largest datagram that is expected, in bytes; larger ones are delivered
   * whole as well.
   *
   * Default: 1500 bytes. Writable in NULL and READY; any thread.
   *
   * Since: 0.1
   */
  PROP_MTU,

  /**
   * GstIceSrc:timeout:
   *
   * Time without a datagram after which the element posts a message
   * `GstIceSrcTimeout`, in nanoseconds; 0: never.
   *
   * Default: 0 ns. Writable in all states; any thread.
   *
   * Since: 0.1
   */
  PROP_TIMEOUT,

  /**
   * GstIceSrc:retrieve-sender-address:
   *
   * Whether the sender's address is added to buffers as GstNetAddressMeta
   * while #GstIceSrc:offload-active is %TRUE; libnice does not report it. Not
   * for use with rtpbin, which drops everything after a change of pair. A value
   * that is set later is taken, and used after the next READY->PAUSED.
   *
   * Default: %FALSE. Writable in NULL and READY; any thread.
   *
   * Since: 0.1
   */
  PROP_RETRIEVE_SENDER_ADDRESS
};

/* Whether an element waits for datagrams, or is paused. */
typedef enum
{
  PLAYING,
  PAUSED,
  RESUMED /* and the earlier wait continues */
} Pause;

#define GST_TYPE_ICE_SRC (gst_ice_src_get_type ())
G_DECLARE_FINAL_TYPE (GstIceSrc, gst_ice_src, GST, ICE_SRC, GstPushSrc)

struct _GstIceSrc
{
  GstPushSrc parent;

  GstIceEndpoint endpoint;
  GstIceTransport *transport; /* set from start to stop */
  GstIceDatapath *datapath;   /* not referenced: the transport owns it */
  GstIceSrcBatch batch;

  /* atomic */
  gint pause;       /* Pause */
  GThread *pausing; /* not referenced: it changes PLAYING to PAUSED */

  /* OBJECT_LOCK */
  GstCaps *caps;
  guint mtu;
  guint64 timeout; /* ns */
  gboolean retrieve_sender_address;
};

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE (
    "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

G_DEFINE_TYPE_WITH_CODE (GstIceSrc, gst_ice_src, GST_TYPE_PUSH_SRC,
    G_IMPLEMENT_INTERFACE (GST_TYPE_URI_HANDLER, gst_ice_src_init_uri_handler)
        GST_DEBUG_CATEGORY_INIT (gst_ice_src_debug, "icesrc", 0, "ICE source"))
GST_ELEMENT_REGISTER_DEFINE (icesrc, "icesrc", GST_RANK_NONE, GST_TYPE_ICE_SRC)

/* Pushes the whole batch in the place of its first datagram; reports the end to
 * the peer, for any cause. */
static GstPadProbeReturn
watch_pad (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  GstIceSrc *self = data;

  if (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_BUFFER)
    return gst_ice_src_batch_push_with_rest (&self->batch,
               GST_PAD_PROBE_INFO_BUFFER (info),
               &GST_PAD_PROBE_INFO_FLOW_RETURN (info))
        ? GST_PAD_PROBE_HANDLED
        : GST_PAD_PROBE_OK;
  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_EOS)
    gst_ice_endpoint_end_of_stream (&self->endpoint);
  return GST_PAD_PROBE_OK;
}

/* I/O thread. */
static void
end_call (GstElement *element)
{
  gst_ice_src_batch_end_call (&GST_ICE_SRC (element)->batch);
}

static void
add_stats (GstElement *element, GstStructure *entry)
{
  gst_ice_src_batch_add_stats (&GST_ICE_SRC (element)->batch, entry);
}

static void
gst_ice_src_init (GstIceSrc *self)
{
  static const GstIceEndpointFuncs funcs = { NULL, end_call, add_stats };
  GstBaseSrc *base = GST_BASE_SRC (self);

  gst_ice_endpoint_init (
      &self->endpoint, GST_ELEMENT (self), GST_ICE_DIRECTION_RECEIVE, &funcs);
  self->batch.src = base;
  self->mtu = DEFAULT_MTU;
  self->timeout = DEFAULT_TIMEOUT;
  self->retrieve_sender_address = DEFAULT_RETRIEVE_SENDER_ADDRESS;
  gst_base_src_set_live (base, TRUE);
  gst_base_src_set_format (base, GST_FORMAT_TIME);
  gst_base_src_set_do_timestamp (base, TRUE);
  gst_pad_add_probe (GST_BASE_SRC_PAD (base),
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
      watch_pad, self, NULL);
}

static void
gst_ice_src_dispose (GObject *object)
{
  gst_ice_endpoint_dispose (&GST_ICE_SRC (object)->endpoint);
  G_OBJECT_CLASS (gst_ice_src_parent_class)->dispose (object);
}

static void
gst_ice_src_finalize (GObject *object)
{
  GstIceSrc *self = GST_ICE_SRC (object);

  gst_ice_endpoint_finalize (&self->endpoint);
  gst_clear_caps (&self->caps);
  G_OBJECT_CLASS (gst_ice_src_parent_class)->finalize (object);
}

static void
set_caps (GstIceSrc *self, const GstCaps *caps)
{
  GstCaps *old;

  GST_OBJECT_LOCK (self);
  old = self->caps;
  self->caps = caps != NULL ? gst_caps_copy (caps) : NULL;
  GST_OBJECT_UNLOCK (self);
  gst_clear_caps (&old);
  gst_pad_mark_reconfigure (GST_BASE_SRC_PAD (self));
}

/* Any thread. */
static void
push_timeout (GstIceSrc *self, guint64 timeout)
{
  g_autoptr (GstIceTransport)
      transport = gst_ice_endpoint_get_transport (&self->endpoint);

  if (transport != NULL)
    gst_ice_inbox_set_timeout (
        gst_ice_datapath_get_inbox (gst_ice_transport_get_datapath (transport)),
        timeout);
}

static void
gst_ice_src_set_property (
    GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
  GstIceSrc *self = GST_ICE_SRC (object);

  if (gst_ice_endpoint_set_property (&self->endpoint, spec, value)
      || gst_ice_endpoint_has_value (&self->endpoint, spec, value))
    return;
  if (id == PROP_CAPS)
    set_caps (self, gst_value_get_caps (value));
  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_CAPS:
      break;
    case PROP_MTU:
      self->mtu = g_value_get_uint (value);
      break;
    case PROP_TIMEOUT:
      self->timeout = g_value_get_uint64 (value);
      break;
    case PROP_RETRIEVE_SENDER_ADDRESS:
      self->retrieve_sender_address = g_value_get_boolean (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
  if (id == PROP_TIMEOUT)
    push_timeout (self, g_value_get_uint64 (value));
  g_object_notify_by_pspec (object, spec);
}

static void
gst_ice_src_get_property (
    GObject *object, guint id, GValue *value, GParamSpec *spec)
{
  GstIceSrc *self = GST_ICE_SRC (object);

  if (gst_ice_endpoint_get_property (&self->endpoint, id, value))
    return;
  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_CAPS:
      gst_value_set_caps (value, self->caps);
      break;
    case PROP_MTU:
      g_value_set_uint (value, self->mtu);
      break;
    case PROP_TIMEOUT:
      g_value_set_uint64 (value, self->timeout);
      break;
    case PROP_RETRIEVE_SENDER_ADDRESS:
      g_value_set_boolean (value, self->retrieve_sender_address);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
}

/* From GStreamer 1.24 on a live source that is unlocked by a pause may stay
 * silent: if it returns FLUSHING after PLAYING is set again, its task is paused
 * and nothing starts it. So a pause does not end the wait for datagrams; those
 * that arrive meanwhile are kept until PLAYING. */
static GstStateChangeReturn
pause_or_change_state (GstIceSrc *self, GstStateChange change)
{
  GstStateChangeReturn result;

  if (change == GST_STATE_CHANGE_PLAYING_TO_PAUSED) {
    g_atomic_int_set (&self->pause, PAUSED);
    g_atomic_pointer_set (&self->pausing, g_thread_self ());
  }
  if (change == GST_STATE_CHANGE_PAUSED_TO_PLAYING)
    g_atomic_int_compare_and_exchange (&self->pause, PAUSED, RESUMED);
  result = GST_ELEMENT_CLASS (gst_ice_src_parent_class)
               ->change_state (GST_ELEMENT (self), change);
  g_atomic_pointer_set (&self->pausing, NULL);
  return result;
}

static GstStateChangeReturn
gst_ice_src_change_state (GstElement *element, GstStateChange change)
{
  GstIceSrc *self = GST_ICE_SRC (element);
  GstStateChangeReturn result;

  if (change == GST_STATE_CHANGE_NULL_TO_READY
      && !gst_ice_endpoint_prepare (&self->endpoint))
    return GST_STATE_CHANGE_FAILURE;
  if (change == GST_STATE_CHANGE_READY_TO_PAUSED
      && !gst_ice_endpoint_start (&self->endpoint))
    return GST_STATE_CHANGE_FAILURE;
  result = pause_or_change_state (self, change);
  if (change == GST_STATE_CHANGE_PAUSED_TO_PLAYING
      && result != GST_STATE_CHANGE_FAILURE)
    gst_ice_endpoint_show_progress (&self->endpoint);
  if (change == GST_STATE_CHANGE_READY_TO_NULL
      || (change == GST_STATE_CHANGE_NULL_TO_READY
          && result == GST_STATE_CHANGE_FAILURE))
    gst_ice_endpoint_unbind (&self->endpoint);
  return result;
}

static gboolean
gst_ice_src_start (GstBaseSrc *base)
{
  GstIceSrc *self = GST_ICE_SRC (base);
  gboolean retrieve;
  guint64 timeout;
  gint num_buffers;

  self->transport = gst_ice_endpoint_get_transport (&self->endpoint);
  if (self->transport == NULL)
    return FALSE;
  self->datapath = gst_ice_transport_get_datapath (self->transport);
  GST_OBJECT_LOCK (self);
  retrieve = self->retrieve_sender_address;
  timeout = self->timeout;
  GST_OBJECT_UNLOCK (self);
  gst_ice_inbox_set_with_sender (
      gst_ice_datapath_get_inbox (self->datapath), retrieve);
  push_timeout (self, timeout);
  g_object_get (self, "num-buffers", &num_buffers, NULL);
  self->batch.one_by_one = num_buffers != -1;
  return TRUE;
}

static gboolean
gst_ice_src_stop (GstBaseSrc *base)
{
  GstIceSrc *self = GST_ICE_SRC (base);

  self->datapath = NULL;
  gst_clear_object (&self->transport);
  gst_ice_src_batch_clear (&self->batch);
  return TRUE;
}

static void
set_flushing (GstIceSrc *self, gboolean flushing)
{
  g_autoptr (GstIceTransport)
      transport = gst_ice_endpoint_get_transport (&self->endpoint);

  if (transport != NULL)
    gst_ice_datapath_set_flushing (gst_ice_transport_get_datapath (transport),
        GST_ICE_DIRECTION_RECEIVE, flushing);
}

static gboolean
gst_ice_src_unlock (GstBaseSrc *base)
{
  GstIceSrc *self = GST_ICE_SRC (base);

  if (g_atomic_pointer_get (&self->pausing) != g_thread_self ())
    set_flushing (self, TRUE);
  return TRUE;
}

static gboolean
gst_ice_src_unlock_stop (GstBaseSrc *base)
{
  set_flushing (GST_ICE_SRC (base), FALSE);
  return TRUE;
}

static GstCaps *
gst_ice_src_get_caps (GstBaseSrc *base, GstCaps *filter)
{
  GstIceSrc *self = GST_ICE_SRC (base);
  GstCaps *caps, *both;

  GST_OBJECT_LOCK (self);
  caps = self->caps != NULL ? gst_caps_ref (self->caps) : gst_caps_new_any ();
  GST_OBJECT_UNLOCK (self);
  if (filter == NULL)
    return caps;
  both = gst_caps_intersect_full (filter, caps, GST_CAPS_INTERSECT_FIRST);
  gst_caps_unref (caps);
  return both;
}

/* What arrives while downstream is busy waits here and in the kernel: there is
 * no limit that could be given as a time, so the maximum is unlimited. */
static gboolean
gst_ice_src_query (GstBaseSrc *base, GstQuery *query)
{
  GstClockTime min;
  gboolean live;

  if (!GST_BASE_SRC_CLASS (gst_ice_src_parent_class)->query (base, query))
    return FALSE;
  if (GST_QUERY_TYPE (query) == GST_QUERY_LATENCY) {
    gst_query_parse_latency (query, &live, &min, NULL);
    gst_query_set_latency (query, live, min, GST_CLOCK_TIME_NONE);
  }
  return TRUE;
}

static void
post_timeout (GstIceSrc *self)
{
  guint64 timeout;

  GST_OBJECT_LOCK (self);
  timeout = self->timeout;
  GST_OBJECT_UNLOCK (self);
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self),
          gst_structure_new (
              "GstIceSrcTimeout", "timeout", G_TYPE_UINT64, timeout, NULL)));
}

/* A wait in which the element was paused is not reported. */
static GstFlowReturn
wait_for_datagrams (GstIceSrc *self, GstBufferList **list)
{
  GstFlowReturn flow;

  while (TRUE) {
    g_atomic_int_compare_and_exchange (&self->pause, RESUMED, PLAYING);
    flow = gst_ice_datapath_pop (self->datapath, list);
    if (flow != GST_FLOW_CUSTOM_SUCCESS)
      return flow;
    if (g_atomic_int_get (&self->pause) == PLAYING)
      post_timeout (self);
  }
}

/* The base class negotiates before it calls create(), which is before the
 * wait: datagrams that come after `caps` was set would have the old ones. */
static GstFlowReturn
negotiate (GstIceSrc *self)
{
  GstPad *pad = GST_BASE_SRC_PAD (self);

  if (!gst_pad_needs_reconfigure (pad)
      || gst_base_src_negotiate (GST_BASE_SRC (self)))
    return GST_FLOW_OK;
  return GST_PAD_IS_FLUSHING (pad) ? GST_FLOW_FLUSHING
                                   : GST_FLOW_NOT_NEGOTIATED;
}

/* Waits for the next batch. */
static GstFlowReturn
receive (GstIceSrc *self, GstBuffer **buffer)
{
  GstBufferList *list = NULL;
  GstFlowReturn flow = wait_for_datagrams (self, &list);

  /* from GStreamer 1.24 on the base class drops a buffer that it gets in
   * PAUSED */
  if (flow == GST_FLOW_OK && g_atomic_int_get (&self->pause) != PLAYING)
    flow = gst_base_src_wait_playing (GST_BASE_SRC (self));
  if (flow == GST_FLOW_OK)
    flow = negotiate (self);
  if (flow == GST_FLOW_OK)
    *buffer = gst_ice_src_batch_take_first (
        &self->batch, g_steal_pointer (&list));
  g_clear_pointer (&list, gst_buffer_list_unref);
  return flow;
}

/* The base class counts calls for num-buffers, so each has one buffer then. */
static GstFlowReturn
gst_ice_src_create (GstPushSrc *base, GstBuffer **buffer)
{
  GstIceSrc *self = GST_ICE_SRC (base);
  GstFlowReturn flow;

  *buffer = gst_ice_src_batch_take_next (&self->batch);
  if (*buffer != NULL)
    return GST_FLOW_OK;
  flow = gst_ice_src_batch_push_rest (&self->batch);
  return flow == GST_FLOW_OK ? receive (self, buffer) : flow;
}

static void
install_properties (GObjectClass *klass)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS
      | G_PARAM_EXPLICIT_NOTIFY;

  g_object_class_install_property (klass, PROP_CAPS,
      g_param_spec_boxed ("caps", "Caps", "The caps of the source pad",
          GST_TYPE_CAPS, flags | GST_PARAM_MUTABLE_PLAYING));
  g_object_class_install_property (klass, PROP_MTU,
      g_param_spec_uint ("mtu", "Maximum transmission unit",
          "Largest datagram that is expected in bytes; larger ones are "
          "delivered whole as well",
          1, G_MAXUINT16, DEFAULT_MTU, flags | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (klass, PROP_TIMEOUT,
      g_param_spec_uint64 ("timeout", "Timeout",
          "Time without a datagram after which the element posts "
          "GstIceSrcTimeout, in nanoseconds; 0 = never",
          0, G_MAXUINT64, DEFAULT_TIMEOUT, flags | GST_PARAM_MUTABLE_PLAYING));
  g_object_class_install_property (klass, PROP_RETRIEVE_SENDER_ADDRESS,
      g_param_spec_boolean ("retrieve-sender-address",
          "Retrieve sender address",
          "Whether to add the sender's address to buffers as "
          "GstNetAddressMeta where offload-active is TRUE; libnice does not "
          "report it. Not for use with rtpbin, which drops everything after a "
          "change of pair",
          DEFAULT_RETRIEVE_SENDER_ADDRESS, flags | GST_PARAM_MUTABLE_READY));
}

static void
gst_ice_src_class_init (GstIceSrcClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseSrcClass *base_class = GST_BASE_SRC_CLASS (klass);

  object_class->dispose = gst_ice_src_dispose;
  object_class->finalize = gst_ice_src_finalize;
  object_class->set_property = gst_ice_src_set_property;
  object_class->get_property = gst_ice_src_get_property;
  gst_ice_endpoint_install_signals (element_class);
  gst_ice_endpoint_install_properties (element_class);
  install_properties (object_class);

  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "ICE source",
      "Source/Network",
      "Receives datagrams over ICE and reports the connection's states",
      "The gst-ice developers");
  element_class->change_state = GST_DEBUG_FUNCPTR (gst_ice_src_change_state);

  base_class->start = GST_DEBUG_FUNCPTR (gst_ice_src_start);
  base_class->stop = GST_DEBUG_FUNCPTR (gst_ice_src_stop);
  base_class->unlock = GST_DEBUG_FUNCPTR (gst_ice_src_unlock);
  base_class->unlock_stop = GST_DEBUG_FUNCPTR (gst_ice_src_unlock_stop);
  base_class->get_caps = GST_DEBUG_FUNCPTR (gst_ice_src_get_caps);
  base_class->query = GST_DEBUG_FUNCPTR (gst_ice_src_query);
  GST_PUSH_SRC_CLASS (klass)->create = GST_DEBUG_FUNCPTR (gst_ice_src_create);
}
