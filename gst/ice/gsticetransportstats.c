/* gst-ice: what one component counts.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gsticetransport.h"

static void
set_timestamp (GstStructure *pair, const gchar *field, gint64 time)
{
  if (time != 0)
    gst_structure_set (
        pair, field, GST_TYPE_CLOCK_TIME, time * GST_USECOND, NULL);
}

/* Under the lock. What went over the transport since the pair was selected. */
static void
set_traffic (const GstIceTransportPrivate *priv, GstStructure *pair,
    const GstIceOutboxCounters *sent)
{
  const GstIceOutboxCounters *before = &priv->before_pair;

  gst_structure_set (pair, "packets-sent", G_TYPE_UINT64,
      sent->packets_sent - before->packets_sent, "bytes-sent", G_TYPE_UINT64,
      sent->bytes_sent - before->bytes_sent, "packets-discarded-on-send",
      G_TYPE_UINT64, sent->packets_discarded - before->packets_discarded,
      "packets-received", G_TYPE_UINT64,
      priv->packets_received - priv->packets_before_pair, "bytes-received",
      G_TYPE_UINT64, priv->bytes_received - priv->bytes_before_pair, NULL);
  set_timestamp (pair, "last-packet-sent-timestamp",
      sent->last_sent > before->last_sent ? sent->last_sent : 0);
  set_timestamp (pair, "last-packet-received-timestamp",
      priv->packets_received > priv->packets_before_pair ? priv->last_received
                                                         : 0);
}

/**
 * gst_ice_transport_get_selected_pair:
 * @self: a transport
 *
 * Any thread. NULL in `new` and `closed`; the last pair in `disconnected` and
 * `failed` (RTCIceTransport.getSelectedCandidatePair()).
 *
 * Returns: (transfer full) (nullable): the pair
 */
GstStructure *
gst_ice_transport_get_selected_pair (GstIceTransport *self)
{
  GstIceTransportPrivate *priv = gst_ice_transport_get_private (self);
  GstIceOutboxCounters sent;
  GstStructure *pair = NULL;

  gst_ice_outbox_get_counters (priv->outbox, &sent);
  g_mutex_lock (&priv->lock);
  if (priv->selected_pair != NULL
      && priv->machine.state != GST_ICE_CONNECTION_STATE_CLOSED) {
    pair = gst_structure_copy (priv->selected_pair);
    set_traffic (priv, pair, &sent);
  }
  g_mutex_unlock (&priv->lock);
  return pair;
}

/* (transfer full) for pair */
static void
append_pair (GValue *array, GstStructure *pair)
{
  GValue item = G_VALUE_INIT;

  g_value_init (&item, GST_TYPE_STRUCTURE);
  g_value_take_boxed (&item, pair);
  gst_value_array_append_and_take_value (array, &item);
}

static gboolean
copy_missing (GQuark field, const GValue *value, gpointer pair)
{
  static const gchar *const ours[] = { "consent-requests-sent",
    "current-round-trip-time", "total-round-trip-time", "packets-sent",
    "bytes-sent", "packets-discarded-on-send", "packets-received",
    "bytes-received", "last-packet-sent-timestamp",
    "last-packet-received-timestamp", NULL };

  if (g_strv_contains (ours, g_quark_to_string (field)))
    gst_structure_id_set_value (pair, field, value);
  return TRUE;
}

/* What consent and media measured on the selected pair beside its checks. */
static void
complete_pair (GstStructure *pair, const GstStructure *selected)
{
  if (selected != NULL
      && g_strcmp0 (gst_structure_get_string (pair, "id"),
             gst_structure_get_string (selected, "id"))
          == 0)
    gst_structure_foreach (selected, copy_missing, pair);
}

/**
 * gst_ice_transport_take_pairs:
 * @self: a transport
 * @array: (inout): a GstValueArray that takes the pairs that are known
 *
 * Any thread. Where the backend can't list them: the selected one.
 */
void
gst_ice_transport_take_pairs (GstIceTransport *self, GValue *array)
{
  GstIceTransportClass *klass = GST_ICE_TRANSPORT_GET_CLASS (self);
  GstStructure *selected = gst_ice_transport_get_selected_pair (self);
  GPtrArray *pairs = klass->list_pairs != NULL ? klass->list_pairs (self)
                                               : NULL;
  guint i;

  if (pairs == NULL) {
    if (selected != NULL)
      append_pair (array, selected);
    return;
  }
  for (i = 0; i < pairs->len; i++) {
    GstStructure *pair = gst_structure_copy (g_ptr_array_index (pairs, i));

    complete_pair (pair, selected);
    append_pair (array, pair);
  }
  g_ptr_array_unref (pairs);
  if (selected != NULL)
    gst_structure_free (selected);
}

/**
 * gst_ice_transport_get_counters:
 * @self: a transport
 * @counters: (out caller-allocates): its counters, of payload only
 *
 * Any thread.
 */
void
gst_ice_transport_get_counters (
    GstIceTransport *self, GstIceTransportCounters *counters)
{
  GstIceTransportPrivate *priv = gst_ice_transport_get_private (self);
  GstIceDatagramSocketCounters offload;
  GstIceOutboxCounters sent;

  gst_ice_outbox_get_counters (priv->outbox, &sent);
  gst_ice_inbox_get_socket_counters (priv->inbox, &offload);
  g_mutex_lock (&priv->lock);
  *counters = (GstIceTransportCounters){
    .packets_sent = sent.packets_sent,
    .bytes_sent = sent.bytes_sent,
    .packets_discarded_on_send = sent.packets_discarded,
    .bytes_discarded_on_send = sent.bytes_discarded,
    .packets_received = priv->packets_received,
    .bytes_received = priv->bytes_received,
    .discarded_no_reader = priv->packets_unread,
    .discarded_buffer_full = offload.overflowed,
    .selected_pair_changes = priv->selected_pair_changes,
    .offload = offload,
  };
  g_mutex_unlock (&priv->lock);
  counters->discarded_buffer_full += gst_ice_inbox_get_dropped (priv->inbox);
  counters->packets_discarded_on_receive = counters->discarded_no_reader
      + counters->discarded_buffer_full + offload.unknown_source
      + offload.misrouted;
}
