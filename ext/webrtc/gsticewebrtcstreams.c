/* gst-ice: the streams of webrtcbin's agent.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Any thread. */

#include "gsticewebrtcstreams.h"
#include "gsticewebrtcstates.h"
#include <string.h>

/**
 * gst_ice_webrtc_streams_init:
 * @self: (out caller-allocates): no streams
 */
void
gst_ice_webrtc_streams_init (GstIceWebRTCStreams *self)
{
  g_mutex_init (&self->lock);
  self->list = g_ptr_array_new_with_free_func (gst_object_unref);
}

/**
 * gst_ice_webrtc_streams_clear:
 * @self: streams
 */
void
gst_ice_webrtc_streams_clear (GstIceWebRTCStreams *self)
{
  g_ptr_array_unref (self->list);
  g_mutex_clear (&self->lock);
}

/**
 * gst_ice_webrtc_streams_add:
 * @self: streams
 * @stream: (transfer full): one more
 */
void
gst_ice_webrtc_streams_add (
    GstIceWebRTCStreams *self, GstIceWebRTCStream *stream)
{
  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->list, stream);
  g_mutex_unlock (&self->lock);
}

/* (transfer full) */
static GPtrArray *
list_streams (GstIceWebRTCStreams *self)
{
  GPtrArray *list = g_ptr_array_new_with_free_func (gst_object_unref);
  guint i;

  g_mutex_lock (&self->lock);
  for (i = 0; i < self->list->len; i++)
    g_ptr_array_add (list, gst_object_ref (g_ptr_array_index (self->list, i)));
  g_mutex_unlock (&self->lock);
  return list;
}

/**
 * gst_ice_webrtc_streams_list_transports:
 * @self: streams
 *
 * Returns: (transfer full) (element-type GstIceWebRTCTransport): those of all
 *   streams
 */
GPtrArray *
gst_ice_webrtc_streams_list_transports (GstIceWebRTCStreams *self)
{
  g_autoptr (GPtrArray) streams = list_streams (self);
  GPtrArray *list = g_ptr_array_new_with_free_func (gst_object_unref);
  guint i;

  for (i = 0; i < streams->len; i++)
    g_ptr_array_extend_and_steal (list,
        gst_ice_webrtc_stream_list_transports (g_ptr_array_index (streams, i)));
  return list;
}

/**
 * gst_ice_webrtc_streams_list_sources:
 * @self: streams
 *
 * Returns: (transfer full) (element-type GstElement): one icesrc of each stream
 */
GPtrArray *
gst_ice_webrtc_streams_list_sources (GstIceWebRTCStreams *self)
{
  g_autoptr (GPtrArray) streams = list_streams (self);
  GPtrArray *list = g_ptr_array_new_with_free_func (gst_object_unref);
  guint i;

  for (i = 0; i < streams->len; i++) {
    GstElement *src = gst_ice_webrtc_stream_get_src (
        g_ptr_array_index (streams, i));

    if (src != NULL)
      g_ptr_array_add (list, src);
  }
  return list;
}

/**
 * gst_ice_webrtc_streams_get_connection_state:
 * @self: streams
 * @closed: whether the agent was closed
 *
 * Returns: RTCIceConnectionState over all transports
 */
GstWebRTCICEConnectionState
gst_ice_webrtc_streams_get_connection_state (
    GstIceWebRTCStreams *self, gboolean closed)
{
  g_autoptr (GPtrArray)
      transports = gst_ice_webrtc_streams_list_transports (self);
  g_autofree GstWebRTCICEConnectionState *states = g_new (
      GstWebRTCICEConnectionState, transports->len);
  guint i;

  for (i = 0; i < transports->len; i++)
    g_object_get (g_ptr_array_index (transports, i), "state", &states[i], NULL);
  return gst_ice_webrtc_states_get_connection (states, transports->len, closed);
}

/**
 * gst_ice_webrtc_streams_get_gathering_state:
 * @self: streams
 *
 * Returns: RTCIceGatheringState over all transports
 */
GstWebRTCICEGatheringState
gst_ice_webrtc_streams_get_gathering_state (GstIceWebRTCStreams *self)
{
  g_autoptr (GPtrArray)
      transports = gst_ice_webrtc_streams_list_transports (self);
  g_autofree GstWebRTCICEGatheringState *states = g_new (
      GstWebRTCICEGatheringState, transports->len);
  guint i;

  for (i = 0; i < transports->len; i++)
    g_object_get (
        g_ptr_array_index (transports, i), "gathering-state", &states[i], NULL);
  return gst_ice_webrtc_states_get_gathering (states, transports->len);
}

/**
 * gst_ice_webrtc_streams_get_property:
 * @self: streams
 * @name: a property of icesrc
 * @value: (inout): takes it: lists of all streams joined, else the first
 *   stream's
 */
void
gst_ice_webrtc_streams_get_property (
    GstIceWebRTCStreams *self, const gchar *name, GValue *value)
{
  g_autoptr (GPtrArray) sources = gst_ice_webrtc_streams_list_sources (self);
  guint i, k;

  if (sources->len > 0 && !GST_VALUE_HOLDS_ARRAY (value)) {
    g_object_get_property (
        G_OBJECT (g_ptr_array_index (sources, 0)), name, value);
    return;
  }
  for (i = 0; i < sources->len; i++) {
    g_auto (GValue) part = G_VALUE_INIT;

    g_object_get_property (
        G_OBJECT (g_ptr_array_index (sources, i)), name, &part);
    for (k = 0; k < gst_value_array_get_size (&part); k++)
      gst_value_array_append_value (
          value, gst_value_array_get_value (&part, k));
  }
}

/**
 * gst_ice_webrtc_streams_get_remote_ufrag:
 * @self: streams
 *
 * Returns: (transfer full) (nullable): the peer's for the first stream
 */
gchar *
gst_ice_webrtc_streams_get_remote_ufrag (GstIceWebRTCStreams *self)
{
  g_autoptr (GPtrArray) streams = list_streams (self);

  return streams->len > 0
      ? gst_ice_webrtc_stream_get_remote_ufrag (g_ptr_array_index (streams, 0))
      : NULL;
}

/**
 * gst_ice_webrtc_streams_restart:
 * @self: streams
 *
 * Returns: whether all of them restarted; %FALSE where there is none
 */
gboolean
gst_ice_webrtc_streams_restart (GstIceWebRTCStreams *self)
{
  g_autoptr (GPtrArray) streams = list_streams (self);
  gboolean all = streams->len > 0;
  guint i;

  for (i = 0; i < streams->len; i++)
    all &= gst_ice_webrtc_stream_restart (g_ptr_array_index (streams, i));
  return all;
}

/**
 * gst_ice_webrtc_streams_close:
 * @self: streams
 *
 * Ends ICE on each; waits a second at most for each.
 */
void
gst_ice_webrtc_streams_close (GstIceWebRTCStreams *self)
{
  g_autoptr (GPtrArray) sources = gst_ice_webrtc_streams_list_sources (self);
  guint i;

  for (i = 0; i < sources->len; i++)
    g_signal_emit_by_name (g_ptr_array_index (sources, i), "close");
}

static gboolean
replace_id (GQuark field, GValue *value, gpointer new_id)
{
  if (field == g_quark_from_static_string ("id"))
    g_value_set_string (value, new_id);
  return TRUE;
}

/* Ids of candidates are numbered in each GstIceAgent anew. */
static void
add_entry (GstStructure *stats, const gchar *id, const GValue *entry, guint n)
{
  const GstStructure *old = gst_value_get_structure (entry);
  const gchar *type = gst_structure_get_string (old, "type");
  g_autofree gchar *name = g_str_has_suffix (type, "-candidate") && n > 0
      ? g_strdup_printf ("%s-%u", id, n)
      : g_strdup (id);
  GstStructure *copy = gst_structure_copy (old);

  gst_structure_map_in_place (copy, replace_id, name);
  gst_structure_set (stats, name, GST_TYPE_STRUCTURE, copy, NULL);
  gst_structure_free (copy);
}

/**
 * gst_ice_webrtc_streams_get_stats:
 * @self: streams
 *
 * Returns: (transfer full): the entries of all streams as in icesrc's
 *   get-stats, without those of the elements
 */
GstStructure *
gst_ice_webrtc_streams_get_stats (GstIceWebRTCStreams *self)
{
  g_autoptr (GPtrArray) sources = gst_ice_webrtc_streams_list_sources (self);
  GstStructure *stats = gst_structure_new_empty ("ice-stats");
  guint i;
  gint k;

  for (i = 0; i < sources->len; i++) {
    g_autoptr (GstStructure) part = NULL;

    g_signal_emit_by_name (g_ptr_array_index (sources, i), "get-stats", &part);
    for (k = 0; k < gst_structure_n_fields (part); k++) {
      const gchar *id = gst_structure_nth_field_name (part, k);
      const GValue *entry = gst_structure_get_value (part, id);

      if (GST_VALUE_HOLDS_STRUCTURE (entry) && !g_str_equal (id, "icesrc"))
        add_entry (stats, id, entry, i);
    }
  }
  return stats;
}
