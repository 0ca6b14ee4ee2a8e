/* gst-ice: a session's statistics.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "session/gsticestats.h"
#include "session/gsticesessiontables.h"
#include "api/gsticeenumtypes.h"
#include "candidates/icecandidate.h"

/* (transfer full) for entry */
static void
add (GstStructure *stats, const gchar *id, const gchar *type,
    GstStructure *entry)
{
  GValue value = G_VALUE_INIT;

  gst_structure_set (entry, "id", G_TYPE_STRING, id, "type", G_TYPE_STRING,
      type, "timestamp", G_TYPE_DOUBLE, g_get_real_time () / 1000.0, NULL);
  g_value_init (&value, GST_TYPE_STRUCTURE);
  g_value_take_boxed (&value, entry);
  gst_structure_take_value (stats, id, &value);
}

static void
add_pairs (
    GstStructure *stats, GstIceTransport *transport, const gchar *transport_id)
{
  GValue array = G_VALUE_INIT;
  guint i;

  g_value_init (&array, GST_TYPE_ARRAY);
  gst_ice_transport_pairs_take_all (
      gst_ice_transport_get_pairs (transport), &array);
  for (i = 0; i < gst_value_array_get_size (&array); i++) {
    GstStructure *pair = gst_structure_copy (
        g_value_get_boxed (gst_value_array_get_value (&array, i)));
    g_autofree gchar *id = g_strdup (gst_structure_get_string (pair, "id"));

    gst_structure_set (pair, "transport-id", G_TYPE_STRING, transport_id, NULL);
    add (stats, id, "candidate-pair", pair);
  }
  g_value_unset (&array);
}

/* Batched socket I/O: system calls, their messages, the messages' packets. */
static void
set_offload (GstStructure *entry, const GstIceDatagramSocketCounters *c)
{
  gst_structure_set (entry, "offload-send-calls", G_TYPE_UINT64, c->send_calls,
      "offload-send-messages", G_TYPE_UINT64, c->messages_sent,
      "offload-packets-sent", G_TYPE_UINT64, c->datagrams_sent,
      "offload-send-fallbacks", G_TYPE_UINT64, c->send_fallbacks,
      "offload-receive-calls", G_TYPE_UINT64, c->receive_calls,
      "offload-receive-messages", G_TYPE_UINT64, c->messages_received,
      "offload-packets-received", G_TYPE_UINT64, c->datagrams_received, NULL);
}

static void
set_discarded (GstStructure *entry, const GstIceDatapathCounters *c)
{
  gst_structure_set (entry, "packets-discarded-on-send", G_TYPE_UINT64,
      c->packets_discarded_on_send, "bytes-discarded-on-send", G_TYPE_UINT64,
      c->bytes_discarded_on_send, "packets-discarded-on-receive", G_TYPE_UINT64,
      c->packets_discarded_on_receive, "packets-discarded-no-reader",
      G_TYPE_UINT64, c->discarded_no_reader, "packets-discarded-buffer-full",
      G_TYPE_UINT64, c->discarded_buffer_full,
      "packets-discarded-unknown-source", G_TYPE_UINT64,
      c->discarded_unknown_source, "packets-discarded-misrouted", G_TYPE_UINT64,
      c->discarded_misrouted, NULL);
}

/**
 * gst_ice_stats_add_transport:
 * @stats: the structure
 * @transport: a transport; its counters and pairs are added
 */
void
gst_ice_stats_add_transport (GstStructure *stats, GstIceTransport *transport)
{
  guint stream = gst_ice_transport_get_stream (transport);
  guint component = gst_ice_transport_get_component (transport);
  g_autofree gchar *id = g_strdup_printf ("transport-%u-%u", stream, component);
  GstStructure *selected = gst_ice_transport_pairs_get_selected (
      gst_ice_transport_get_pairs (transport));
  GstIceDatapathCounters c;
  GstStructure *entry;

  gst_ice_datapath_get_counters (
      gst_ice_transport_get_datapath (transport), &c);
  entry = gst_structure_new ("transport", "stream", G_TYPE_UINT, stream,
      "component", G_TYPE_UINT, component, "ice-state",
      GST_TYPE_ICE_CONNECTION_STATE, gst_ice_transport_get_state (transport),
      "packets-sent", G_TYPE_UINT64, c.packets_sent, "bytes-sent",
      G_TYPE_UINT64, c.bytes_sent, "packets-received", G_TYPE_UINT64,
      c.packets_received, "bytes-received", G_TYPE_UINT64, c.bytes_received,
      "selected-candidate-pair-changes", G_TYPE_UINT64,
      gst_ice_transport_pairs_get_n_changes (
          gst_ice_transport_get_pairs (transport)),
      NULL);
  set_discarded (entry, &c);
  gst_structure_set (entry, "packets-discarded-by-filter", G_TYPE_UINT64,
      gst_ice_transport_count_filtered (transport), NULL);
  set_offload (entry, &c.offload);
  if (selected != NULL) {
    gst_structure_set (entry, "selected-candidate-pair-id", G_TYPE_STRING,
        gst_structure_get_string (selected, "id"), NULL);
    gst_structure_free (selected);
  }
  add (stats, id, "transport", entry);
  add_pairs (stats, transport, id);
}

static gboolean
is_of_server (const IceCandidate *candidate)
{
  return candidate->type == ICE_CANDIDATE_TYPE_SRFLX
      || candidate->type == ICE_CANDIDATE_TYPE_RELAY;
}

/* Members that only some candidates have. The type may be a filter's, which has
 * made, for instance, a host candidate of a relayed one. */
static void
set_optional (GstStructure *entry, const IceCandidate *candidate)
{
  const gchar *tcp_type = ice_candidate_tcp_type_to_string (
      candidate->tcp_type);

  if (candidate->ufrag != NULL)
    gst_structure_set (
        entry, "username-fragment", G_TYPE_STRING, candidate->ufrag, NULL);
  if (candidate->related_address != NULL)
    gst_structure_set (entry, "related-address", G_TYPE_STRING,
        candidate->related_address, "related-port", G_TYPE_UINT,
        (guint) candidate->related_port, NULL);
  if (tcp_type != NULL)
    gst_structure_set (entry, "tcp-type", G_TYPE_STRING, tcp_type, NULL);
  if (candidate->url != NULL && is_of_server (candidate))
    gst_structure_set (entry, "url", G_TYPE_STRING, candidate->url, NULL);
  if (candidate->relay_protocol != NULL
      && candidate->type == ICE_CANDIDATE_TYPE_RELAY)
    gst_structure_set (entry, "relay-protocol", G_TYPE_STRING,
        candidate->relay_protocol, NULL);
}

static void
add_candidate (
    GstStructure *stats, const IceCandidate *candidate, gboolean local, guint n)
{
  const gchar *type = local ? "local-candidate" : "remote-candidate";
  g_autofree gchar *id = g_strdup_printf ("%s-%u", type, n);
  g_autofree gchar *text = ice_candidate_to_string (candidate);
  GstStructure *entry = gst_structure_new (type, "candidate", G_TYPE_STRING,
      text, "address", G_TYPE_STRING, candidate->address, "port", G_TYPE_UINT,
      (guint) candidate->port, "protocol", G_TYPE_STRING,
      ice_candidate_protocol_to_string (candidate->protocol), "candidate-type",
      G_TYPE_STRING, ice_candidate_type_to_string (candidate->type), "priority",
      G_TYPE_UINT, (guint) candidate->priority, "foundation", G_TYPE_STRING,
      candidate->foundation, "component", G_TYPE_UINT, candidate->component,
      NULL);

  set_optional (entry, candidate);
  add (stats, id, type, entry);
}

static void
add_candidates (GstStructure *stats, GstIceSession *session, gboolean local)
{
  g_autoptr (GPtrArray) list = gst_ice_session_list_candidates (session, local);
  guint i;

  for (i = 0; i < list->len; i++)
    add_candidate (stats, g_ptr_array_index (list, i), local, i);
}

/**
 * gst_ice_session_get_stats:
 * @self: a session
 *
 * Any thread.
 *
 * Returns: (transfer full): as in GstIceAgent::get-stats
 */
GstStructure *
gst_ice_session_get_stats (GstIceSession *self)
{
  g_autoptr (GPtrArray) entries = gst_ice_session_list_entries (self);
  GstStructure *stats = gst_structure_new ("ice-stats", "ice-connection-state",
      GST_TYPE_ICE_CONNECTION_STATE,
      gst_ice_session_get_connection_state (self), "ice-gathering-state",
      GST_TYPE_ICE_GATHERING_STATE, gst_ice_session_get_gathering_state (self),
      NULL);
  guint i;

  for (i = 0; i < entries->len; i++)
    gst_ice_stats_add_transport (stats,
        ((GstIceSessionEntry *) g_ptr_array_index (entries, i))->transport);
  add_candidates (stats, self, TRUE);
  add_candidates (stats, self, FALSE);
  return stats;
}
