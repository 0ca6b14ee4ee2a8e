/* gst-ice: one stream of webrtcbin's agent.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gsticewebrtcstream.h"
#include <string.h>

struct _GstIceWebRTCStream
{
  GstWebRTCICEStream parent;

  gchar *connection_id;
  GWeakRef gathering; /* agent that gathers; icesrc has a new one after NULL */
  /* under the object's lock */
  GPtrArray *transports;
  gchar *remote_ufrag; /* nullable */
};

G_DEFINE_TYPE (
    GstIceWebRTCStream, gst_ice_webrtc_stream, GST_TYPE_WEBRTC_ICE_STREAM)

enum
{
  SIGNAL_TRANSPORT_ADDED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

/**
 * gst_ice_webrtc_stream_new:
 * @session_id: webrtcbin's number of it, an sdpMLineIndex
 *
 * Returns: (transfer full): a stream without a transport
 */
GstIceWebRTCStream *
gst_ice_webrtc_stream_new (guint session_id)
{
  return gst_object_ref_sink (
      g_object_new (GST_TYPE_ICE_WEBRTC_STREAM, "stream-id", session_id, NULL));
}

/**
 * gst_ice_webrtc_stream_list_transports:
 * @self: (nullable): a stream
 *
 * Any thread.
 *
 * Returns: (transfer full) (element-type GstIceWebRTCTransport): its transports
 */
GPtrArray *
gst_ice_webrtc_stream_list_transports (GstIceWebRTCStream *self)
{
  GPtrArray *list = g_ptr_array_new_with_free_func (gst_object_unref);
  guint i;

  if (self == NULL)
    return list;
  GST_OBJECT_LOCK (self);
  for (i = 0; i < self->transports->len; i++)
    g_ptr_array_add (
        list, gst_object_ref (g_ptr_array_index (self->transports, i)));
  GST_OBJECT_UNLOCK (self);
  return list;
}

/**
 * gst_ice_webrtc_stream_get_src:
 * @self: (nullable): a stream
 *
 * Any thread. What is set on it, and asked of it, is the stream's.
 *
 * Returns: (transfer full) (nullable): the icesrc of its first transport
 */
GstElement *
gst_ice_webrtc_stream_get_src (GstIceWebRTCStream *self)
{
  g_autoptr (GPtrArray)
      transports = gst_ice_webrtc_stream_list_transports (self);
  GstElement *src;

  if (transports->len == 0)
    return NULL;
  src = gst_ice_webrtc_transport_get_src (g_ptr_array_index (transports, 0));
  return src != NULL ? gst_object_ref (src) : NULL;
}

/* (transfer full) (nullable): its GstIceAgent; %NULL in the state NULL */
static GObject *
get_agent (GstElement *src)
{
  GObject *agent;

  g_object_get (src, "agent", &agent, NULL);
  return agent;
}

static gboolean
gathers (GstIceWebRTCStream *self, GstElement *src)
{
  g_autoptr (GObject) now = get_agent (src);
  g_autoptr (GObject) gathering = g_weak_ref_get (&self->gathering);

  return now != NULL && now == gathering;
}

/**
 * gst_ice_webrtc_stream_set_local_credentials:
 * @self: a stream
 * @ufrag: ours
 * @pwd: ours
 *
 * Any thread. Once gathering has begun only a restart makes other ones.
 *
 * Returns: whether they are those that the stream uses
 */
gboolean
gst_ice_webrtc_stream_set_local_credentials (
    GstIceWebRTCStream *self, const gchar *ufrag, const gchar *pwd)
{
  g_autoptr (GstElement) src = gst_ice_webrtc_stream_get_src (self);
  g_autofree gchar *now_ufrag = NULL;
  g_autofree gchar *now_pwd = NULL;

  if (src == NULL || ufrag == NULL || pwd == NULL)
    return FALSE;
  if (!gathers (self, src))
    g_object_set (src, "local-ufrag", ufrag, "local-pwd", pwd, NULL);
  g_object_get (src, "local-ufrag", &now_ufrag, "local-pwd", &now_pwd, NULL);
  if (g_str_equal (now_ufrag, ufrag) && g_str_equal (now_pwd, pwd))
    return TRUE;
  GST_WARNING_OBJECT (self,
      "the local description has the user name fragment %s, but %s is in "
      "force: after a restart write the agent's local-ufrag and local-pwd "
      "into the description",
      ufrag, now_ufrag);
  return FALSE;
}

/**
 * gst_ice_webrtc_stream_set_remote_credentials:
 * @self: a stream
 * @ufrag: (nullable): the peer's
 * @pwd: (nullable): the peer's
 *
 * Any thread. Other ones than before restart ICE.
 *
 * Returns: whether they were taken
 */
gboolean
gst_ice_webrtc_stream_set_remote_credentials (
    GstIceWebRTCStream *self, const gchar *ufrag, const gchar *pwd)
{
  g_autoptr (GstElement) src = gst_ice_webrtc_stream_get_src (self);
  gboolean taken = FALSE, has_some;
  guint stream;

  if (src == NULL || ufrag == NULL || pwd == NULL)
    return FALSE;
  stream = GST_WEBRTC_ICE_STREAM (self)->stream_id;
  g_signal_emit_by_name (
      src, "set-remote-credentials", stream, ufrag, pwd, &taken);
  GST_OBJECT_LOCK (self);
  if (taken) {
    g_free (self->remote_ufrag);
    self->remote_ufrag = g_strdup (ufrag);
  }
  has_some = self->remote_ufrag != NULL;
  GST_OBJECT_UNLOCK (self);
  if (!has_some) /* webrtcbin ignores the result */
    GST_ELEMENT_WARNING (src, RESOURCE, SETTINGS,
        ("stream %u cannot connect: ice-ufrag or ice-pwd of the remote "
         "description was refused; the log has the reason (iceendpoint)",
            stream),
        (NULL));
  return taken;
}

/**
 * gst_ice_webrtc_stream_get_remote_ufrag:
 * @self: a stream
 *
 * Any thread.
 *
 * Returns: (transfer full) (nullable): the peer's
 */
gchar *
gst_ice_webrtc_stream_get_remote_ufrag (GstIceWebRTCStream *self)
{
  gchar *ufrag;

  GST_OBJECT_LOCK (self);
  ufrag = g_strdup (self->remote_ufrag);
  GST_OBJECT_UNLOCK (self);
  return ufrag;
}

/**
 * gst_ice_webrtc_stream_add_candidate:
 * @self: a stream
 * @candidate: (nullable): the peer's, perhaps with "a="; %NULL and "" are the
 *   end of them
 *
 * Any thread.
 *
 * Returns: whether it was taken
 */
gboolean
gst_ice_webrtc_stream_add_candidate (
    GstIceWebRTCStream *self, const gchar *candidate)
{
  g_autoptr (GstElement) src = gst_ice_webrtc_stream_get_src (self);
  gboolean taken = FALSE;

  if (candidate == NULL)
    candidate = "";
  if (g_str_has_prefix (candidate, "a="))
    candidate += strlen ("a=");
  if (src != NULL)
    g_signal_emit_by_name (src, "add-ice-candidate",
        GST_WEBRTC_ICE_STREAM (self)->stream_id, candidate, &taken);
  return taken;
}

/**
 * gst_ice_webrtc_stream_restart:
 * @self: a stream
 *
 * Any thread. Not by the action of icesrc, which would begin a session where
 * webrtcbin is in NULL: it would report states to a webrtcbin that is gone.
 *
 * Returns: whether it restarted
 */
gboolean
gst_ice_webrtc_stream_restart (GstIceWebRTCStream *self)
{
  g_autoptr (GstElement) src = gst_ice_webrtc_stream_get_src (self);
  g_autoptr (GObject) agent = src != NULL ? get_agent (src) : NULL;
  gboolean restarted = FALSE;

  if (agent != NULL)
    g_signal_emit_by_name (agent, "restart", &restarted);
  return restarted;
}

/* Slots. Any thread. */

/* Under the lock. */
static GstIceWebRTCTransport *
find (GstIceWebRTCStream *self, GstWebRTCICEComponent component)
{
  guint i;

  for (i = 0; i < self->transports->len; i++) {
    GstWebRTCICETransport *transport = g_ptr_array_index (self->transports, i);

    if (transport->component == component)
      return gst_object_ref (GST_ICE_WEBRTC_TRANSPORT (transport));
  }
  return NULL;
}

static GstWebRTCICETransport *
find_transport (GstWebRTCICEStream *stream, GstWebRTCICEComponent component)
{
  GstIceWebRTCStream *self = GST_ICE_WEBRTC_STREAM (stream);
  GstIceWebRTCTransport *found, *made = NULL;

  GST_OBJECT_LOCK (self);
  found = find (self, component);
  GST_OBJECT_UNLOCK (self);
  if (found != NULL)
    return GST_WEBRTC_ICE_TRANSPORT (found);

  made = gst_ice_webrtc_transport_new (
      self->connection_id, stream->stream_id, component);
  GST_OBJECT_LOCK (self);
  found = find (self, component); /* another thread may have been here */
  if (found == NULL)
    g_ptr_array_add (self->transports, gst_object_ref (made));
  GST_OBJECT_UNLOCK (self);
  if (found != NULL) {
    gst_object_unref (made);
    return GST_WEBRTC_ICE_TRANSPORT (found);
  }
  g_signal_emit (self, signals[SIGNAL_TRANSPORT_ADDED], 0, made);
  return GST_WEBRTC_ICE_TRANSPORT (made);
}

static gboolean
gather_candidates (GstWebRTCICEStream *stream)
{
  GstIceWebRTCStream *self = GST_ICE_WEBRTC_STREAM (stream);
  g_autoptr (GstElement) src = gst_ice_webrtc_stream_get_src (self);
  g_autoptr (GObject) agent = NULL;
  gboolean begun = FALSE;

  if (src == NULL)
    return FALSE;
  if (gathers (self, src)) /* webrtcbin asks again with each description */
    return TRUE;
  g_signal_emit_by_name (src, "gather-candidates", &begun);
  agent = get_agent (src);
  g_weak_ref_set (&self->gathering, begun ? agent : NULL);
  return begun;
}

/* The class. */

static void
gst_ice_webrtc_stream_finalize (GObject *object)
{
  GstIceWebRTCStream *self = GST_ICE_WEBRTC_STREAM (object);

  g_ptr_array_unref (self->transports);
  g_free (self->connection_id);
  g_free (self->remote_ufrag);
  g_weak_ref_clear (&self->gathering);
  G_OBJECT_CLASS (gst_ice_webrtc_stream_parent_class)->finalize (object);
}

static void
gst_ice_webrtc_stream_class_init (GstIceWebRTCStreamClass *klass)
{
  GstWebRTCICEStreamClass *stream_class = GST_WEBRTC_ICE_STREAM_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = gst_ice_webrtc_stream_finalize;
  stream_class->find_transport = find_transport;
  stream_class->gather_candidates = gather_candidates;

  /* For the agent, before any other code has the transport. */
  signals[SIGNAL_TRANSPORT_ADDED] = g_signal_new ("transport-added",
      G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
      G_TYPE_NONE, 1, GST_TYPE_ICE_WEBRTC_TRANSPORT);
}

static void
gst_ice_webrtc_stream_init (GstIceWebRTCStream *self)
{
  static gint n_streams;

  self->transports = g_ptr_array_new_with_free_func (gst_object_unref);
  g_weak_ref_init (&self->gathering, NULL);
  self->connection_id = g_strdup_printf (
      "icewebrtc-%d", g_atomic_int_add (&n_streams, 1));
}
