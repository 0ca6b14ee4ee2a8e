/* gst-ice: one ICE transport of webrtcbin.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Its states are those of the icesrc; webrtcbin puts both elements into its own
 * bins. */

#include "gsticewebrtctransport.h"
#include "gsticewebrtccandidates.h"
#include "gsticewebrtcspecs.h"

struct _GstIceWebRTCTransport
{
  GstWebRTCICETransport parent;

  guint stream;
};

G_DEFINE_TYPE (GstIceWebRTCTransport, gst_ice_webrtc_transport,
    GST_TYPE_WEBRTC_ICE_TRANSPORT)

/* Properties of icesrc that can be read here. */
static const gchar *const shown[] = { "candidate-pairs",
  "selected-candidate-pair", "local-ufrag", "local-pwd", "offload-active",
  NULL };

enum
{
  PROP_0,
  PROP_SHOWN /* and all that follow */
};

/* What icesrc reports. Its I/O thread. */

/* The numbers of GstIceConnectionState and of GstIceGatheringState are those of
 * webrtcbin. */
static void
take_connection_state (GstIceWebRTCTransport *self, GstElement *src)
{
  GstWebRTCICETransport *transport = GST_WEBRTC_ICE_TRANSPORT (self);
  GstWebRTCICEConnectionState state;
  gboolean changed;

  g_object_get (src, "ice-transport-state", &state, NULL);
  GST_OBJECT_LOCK (self);
  changed = transport->state != state;
  GST_OBJECT_UNLOCK (self);
  if (changed)
    gst_webrtc_ice_transport_connection_state_change (transport, state);
}

static void
take_gathering_state (GstIceWebRTCTransport *self, GstElement *src)
{
  GstWebRTCICETransport *transport = GST_WEBRTC_ICE_TRANSPORT (self);
  GstWebRTCICEGatheringState state;
  gboolean changed;

  g_object_get (src, "ice-gathering-state", &state, NULL);
  GST_OBJECT_LOCK (self);
  changed = transport->gathering_state != state;
  GST_OBJECT_UNLOCK (self);
  if (changed)
    gst_webrtc_ice_transport_gathering_state_change (transport, state);
}

static void
take_role (GstIceWebRTCTransport *self, GstElement *src)
{
  GParamSpec *spec = g_object_class_find_property (
      G_OBJECT_GET_CLASS (src), "role");
  GEnumClass *roles = G_PARAM_SPEC_ENUM (spec)->enum_class;
  GEnumValue *role;
  gint number;

  g_object_get (src, "role", &number, NULL);
  role = g_enum_get_value (roles, number);
  GST_OBJECT_LOCK (self);
  GST_WEBRTC_ICE_TRANSPORT (self)->role = g_str_equal (
                                              role->value_nick, "controlling")
      ? GST_WEBRTC_ICE_ROLE_CONTROLLING
      : GST_WEBRTC_ICE_ROLE_CONTROLLED;
  GST_OBJECT_UNLOCK (self);
}

static void
on_notify (GstElement *src, GParamSpec *spec, GWeakRef *weak)
{
  GstIceWebRTCTransport *self = g_weak_ref_get (weak);

  if (self == NULL)
    return;
  if (g_str_equal (spec->name, "ice-transport-state"))
    take_connection_state (self, src);
  else if (g_str_equal (spec->name, "ice-gathering-state"))
    take_gathering_state (self, src);
  else if (g_str_equal (spec->name, "role"))
    take_role (self, src);
  else if (g_strv_contains (shown, spec->name))
    g_object_notify (G_OBJECT (self), spec->name);
  if (g_str_equal (spec->name, "selected-candidate-pair"))
    gst_webrtc_ice_transport_selected_pair_change (
        GST_WEBRTC_ICE_TRANSPORT (self));
  gst_object_unref (self);
}

static void
free_weak_ref (gpointer weak, GClosure *closure)
{
  g_weak_ref_clear (weak);
  g_free (weak);
}

/* The elements. */

/* (transfer full) (nullable) */
static GstElement *
make_element (GstIceWebRTCTransport *self, const gchar *factory,
    const gchar *connection_id)
{
  GstElement *element = gst_element_factory_make (factory, NULL);
  GstWebRTCICEComponent component = GST_WEBRTC_ICE_TRANSPORT (self)->component;

  if (element == NULL) {
    GST_ERROR_OBJECT (
        self, "there is no element %s: install the plugin ice", factory);
    return NULL;
  }
  gst_object_ref_sink (element);
  /* webrtcbin starts gathering, after role and credentials are set; it reports
   * failures by its states. Its first component is 0. */
  g_object_set (element, "connection-id", connection_id, "stream", self->stream,
      "component", (guint) component + 1, "auto-gather", FALSE, NULL);
  gst_util_set_object_arg (G_OBJECT (element), "on-failed", "none");
  return element;
}

static void
watch (GstIceWebRTCTransport *self, GstElement *src)
{
  GWeakRef *weak = g_new0 (GWeakRef, 1);

  g_weak_ref_init (weak, self);
  g_signal_connect_data (
      src, "notify", G_CALLBACK (on_notify), weak, free_weak_ref, 0);
  take_role (self, src); /* that which stays is not notified */
}

/**
 * gst_ice_webrtc_transport_new:
 * @connection_id: the `connection-id` of its stream's elements
 * @stream: sdpMLineIndex
 * @component: RTP or RTCP
 *
 * Returns: (transfer full): a transport that does nothing yet
 */
GstIceWebRTCTransport *
gst_ice_webrtc_transport_new (
    const gchar *connection_id, guint stream, GstWebRTCICEComponent component)
{
  GstIceWebRTCTransport *self = g_object_new (
      GST_TYPE_ICE_WEBRTC_TRANSPORT, "component", component, NULL);
  GstWebRTCICETransport *transport = GST_WEBRTC_ICE_TRANSPORT (self);

  gst_object_ref_sink (self);
  self->stream = stream;
  transport->src = make_element (self, "icesrc", connection_id);
  transport->sink = make_element (self, "icesink", connection_id);
  if (transport->src != NULL)
    watch (self, transport->src);
  /* DTLS must not wait for the clock. A call that has failed must not block the
   * encoder that it shares with others. */
  if (transport->sink != NULL)
    g_object_set (transport->sink, "sync", FALSE, "async", FALSE,
        "enable-last-sample", FALSE, "wait-for-connection", FALSE, NULL);
  return self;
}

/**
 * gst_ice_webrtc_transport_get_src:
 * @self: a transport
 *
 * Returns: (transfer none) (nullable): its icesrc
 */
GstElement *
gst_ice_webrtc_transport_get_src (GstIceWebRTCTransport *self)
{
  return GST_WEBRTC_ICE_TRANSPORT (self)->src;
}

/**
 * gst_ice_webrtc_transport_get_sink:
 * @self: a transport
 *
 * Returns: (transfer none) (nullable): its icesink
 */
GstElement *
gst_ice_webrtc_transport_get_sink (GstIceWebRTCTransport *self)
{
  return GST_WEBRTC_ICE_TRANSPORT (self)->sink;
}

/* The class. */

#if GST_CHECK_VERSION(1, 27, 90)
static GstWebRTCICECandidatePair *
get_selected_candidate_pair (GstWebRTCICETransport *transport)
{
  GstIceWebRTCTransport *self = GST_ICE_WEBRTC_TRANSPORT (transport);

  return gst_ice_webrtc_candidates_get_pair (transport->src, self->stream);
}
#endif

static void
gst_ice_webrtc_transport_get_property (
    GObject *object, guint id, GValue *value, GParamSpec *spec)
{
  GstElement *src = GST_WEBRTC_ICE_TRANSPORT (object)->src;

  if (src != NULL)
    g_object_get_property (G_OBJECT (src), spec->name, value);
}

static void
gst_ice_webrtc_transport_finalize (GObject *object)
{
  GstWebRTCICETransport *transport = GST_WEBRTC_ICE_TRANSPORT (object);

  if (transport->src != NULL)
    g_signal_handlers_disconnect_matched (
        transport->src, G_SIGNAL_MATCH_FUNC, 0, 0, NULL, on_notify, NULL);
  gst_clear_object (&transport->src);
  gst_clear_object (&transport->sink);
  G_OBJECT_CLASS (gst_ice_webrtc_transport_parent_class)->finalize (object);
}

static void
gst_ice_webrtc_transport_class_init (GstIceWebRTCTransportClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GObjectClass *source_class = gst_ice_webrtc_specs_ref_source_class ();

  object_class->get_property = gst_ice_webrtc_transport_get_property;
  object_class->finalize = gst_ice_webrtc_transport_finalize;
#if GST_CHECK_VERSION(1, 27, 90)
  GST_WEBRTC_ICE_TRANSPORT_CLASS (klass)->get_selected_candidate_pair =
      get_selected_candidate_pair;
#endif
  if (source_class == NULL)
    return;
  gst_ice_webrtc_specs_install (
      object_class, source_class, shown, PROP_SHOWN, G_PARAM_READABLE);
  g_type_class_unref (source_class);
}

static void
gst_ice_webrtc_transport_init (GstIceWebRTCTransport *self)
{
}
