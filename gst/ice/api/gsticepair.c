/* gst-ice: a candidate pair as users see it.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "api/gsticepair.h"
#include "api/gsticeenumtypes.h"

static void
set_address (GstStructure *pair, const gchar *address_field,
    const gchar *port_field, const IceCandidate *candidate)
{
  gst_structure_set (pair, address_field, G_TYPE_STRING, candidate->address,
      port_field, G_TYPE_UINT, (guint) candidate->port, NULL);
}

/**
 * gst_ice_pair_new_structure:
 * @stream: sdpMLineIndex
 * @component: 1 RTP, 2 RTCP
 * @generation: of the transport's pairs: the same addresses in another one are
 *   another pair, with another `id`
 * @local: the local candidate
 * @remote: the remote candidate
 * @state: RFC 8445 section 6.1.2.6
 * @nominated: RFC 8445 section 8
 * @selected: whether media uses this pair
 *
 * Any thread. Names as in W3C webrtc-stats RTCIceCandidatePairStats.
 *
 * Returns: (transfer full): the pair; the caller adds its other known members
 *   and leaves unknown ones out
 */
GstStructure *
gst_ice_pair_new_structure (guint stream, guint component, guint generation,
    const IceCandidate *local, const IceCandidate *remote,
    GstIceCandidatePairState state, gboolean nominated, gboolean selected)
{
  g_autofree gchar *local_text = ice_candidate_to_string (local);
  g_autofree gchar *remote_text = ice_candidate_to_string (remote);
  g_autofree gchar *id = g_strdup_printf ("pair-%u-%u-%u-%s-%s-%u-%s-%u",
      stream, component, generation,
      ice_candidate_protocol_to_string (local->protocol), local->address,
      local->port, remote->address, remote->port);
  GstStructure *pair = gst_structure_new ("candidate-pair", "id", G_TYPE_STRING,
      id, "state", GST_TYPE_ICE_CANDIDATE_PAIR_STATE, state, "nominated",
      G_TYPE_BOOLEAN, nominated, "selected", G_TYPE_BOOLEAN, selected,
      "local-candidate", G_TYPE_STRING, local_text, "remote-candidate",
      G_TYPE_STRING, remote_text, "local-type", G_TYPE_STRING,
      ice_candidate_type_to_string (local->type), "remote-type", G_TYPE_STRING,
      ice_candidate_type_to_string (remote->type), "protocol", G_TYPE_STRING,
      ice_candidate_protocol_to_string (local->protocol), NULL);

  set_address (pair, "local-address", "local-port", local);
  set_address (pair, "remote-address", "remote-port", remote);
  return pair;
}

/**
 * gst_ice_pair_set_priority:
 * @pair: a pair
 * @role: this agent's role
 * @local_priority: of the local candidate
 * @remote_priority: of the remote candidate
 *
 * Sets `priority` by RFC 8445 section 6.1.2.3; leaves it out while the role is
 * not known.
 */
void
gst_ice_pair_set_priority (GstStructure *pair, GstIceRole role,
    guint32 local_priority, guint32 remote_priority)
{
  guint64 g = role == GST_ICE_ROLE_CONTROLLING ? local_priority
                                               : remote_priority;
  guint64 d = role == GST_ICE_ROLE_CONTROLLING ? remote_priority
                                               : local_priority;

  if (role == GST_ICE_ROLE_UNKNOWN)
    return;
  gst_structure_set (pair, "priority", G_TYPE_UINT64,
      (MIN (g, d) << 32) + 2 * MAX (g, d) + (g > d ? 1 : 0), NULL);
}

/**
 * gst_ice_pair_append:
 * @array: (inout): a GstValueArray
 * @pair: (transfer full): the pair that becomes its last item
 */
void
gst_ice_pair_append (GValue *array, GstStructure *pair)
{
  GValue item = G_VALUE_INIT;

  g_value_init (&item, GST_TYPE_STRUCTURE);
  g_value_take_boxed (&item, pair);
  gst_value_array_append_and_take_value (array, &item);
}

static GstIceCandidatePairState
get_state (const GstStructure *pair)
{
  gint state = GST_ICE_CANDIDATE_PAIR_STATE_FROZEN;

  gst_structure_get_enum (
      pair, "state", GST_TYPE_ICE_CANDIDATE_PAIR_STATE, &state);
  return (GstIceCandidatePairState) state;
}

/**
 * gst_ice_pair_is_decided:
 * @pair: a pair
 *
 * Returns: whether its check has succeeded or failed
 */
gboolean
gst_ice_pair_is_decided (const GstStructure *pair)
{
  GstIceCandidatePairState state = get_state (pair);

  return state == GST_ICE_CANDIDATE_PAIR_STATE_SUCCEEDED
      || state == GST_ICE_CANDIDATE_PAIR_STATE_FAILED;
}

static void
append_end (GString *text, const GstStructure *pair, const gchar *address,
    const gchar *port, const gchar *type)
{
  const gchar *host = gst_structure_get_string (pair, address);
  guint number = 0;

  gst_structure_get_uint (pair, port, &number);
  g_string_append_printf (text, "%s port %u %s",
      host != NULL ? host : "an unknown address", number,
      gst_structure_get_string (pair, type));
}

static void
append_count (GString *text, const GstStructure *pair, const gchar *member)
{
  guint64 count;

  if (gst_structure_get_uint64 (pair, member, &count))
    g_string_append_printf (text, ", %s %" G_GUINT64_FORMAT, member, count);
}

/**
 * gst_ice_pair_describe:
 * @pair: a pair
 * @checks: whether to add how many checks there were
 *
 * Returns: (transfer full): a text for a log line
 */
gchar *
gst_ice_pair_describe (const GstStructure *pair, gboolean checks)
{
  GEnumClass *states = g_type_class_ref (GST_TYPE_ICE_CANDIDATE_PAIR_STATE);
  GString *text = g_string_new (NULL);
  gboolean nominated = FALSE;

  append_end (text, pair, "local-address", "local-port", "local-type");
  g_string_append (text, " -> ");
  append_end (text, pair, "remote-address", "remote-port", "remote-type");
  gst_structure_get_boolean (pair, "nominated", &nominated);
  g_string_append_printf (text, ": %s%s",
      g_enum_get_value (states, get_state (pair))->value_nick,
      nominated ? ", nominated" : "");
  if (checks) {
    append_count (text, pair, "requests-sent");
    append_count (text, pair, "retransmissions-sent");
    append_count (text, pair, "responses-received");
    append_count (text, pair, "requests-received");
    append_count (text, pair, "responses-sent");
  }
  g_type_class_unref (states);
  return g_string_free (text, FALSE);
}
