/* gst-ice: candidates for webrtcbin's statistics.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gsticewebrtccandidates.h"
#include <string.h>

#define PREFIX "candidate:"

/* candidate-attribute, RFC 8839 section 5.1: fields, between one space each */
enum
{
  FIELD_FOUNDATION,
  FIELD_COMPONENT,
  FIELD_PROTOCOL,
  FIELD_PRIORITY,
  FIELD_ADDRESS,
  FIELD_PORT,
  FIELD_TYP, /* the word itself */
  FIELD_TYPE,
  N_FIELDS /* pairs of name and value follow */
};

#if GST_CHECK_VERSION(1, 27, 90)
static const gchar *
find_extension (const GStrv fields, guint n, const gchar *name)
{
  guint i;

  for (i = N_FIELDS; i + 1 < n; i += 2)
    if (g_str_equal (fields[i], name))
      return fields[i + 1];
  return NULL;
}

static GstWebRTCICETcpCandidateType
get_tcp_type (const gchar *name)
{
  if (g_strcmp0 (name, "active") == 0)
    return GST_WEBRTC_ICE_TCP_CANDIDATE_TYPE_ACTIVE;
  if (g_strcmp0 (name, "passive") == 0)
    return GST_WEBRTC_ICE_TCP_CANDIDATE_TYPE_PASSIVE;
  if (g_strcmp0 (name, "so") == 0)
    return GST_WEBRTC_ICE_TCP_CANDIDATE_TYPE_SO;
  return GST_WEBRTC_ICE_TCP_CANDIDATE_TYPE_NONE;
}

/* webrtcbin shows a related port that is not known as -1. */
static void
add_extensions (GstWebRTCICECandidateStats *stats, const GStrv fields, guint n)
{
  const gchar *port = find_extension (fields, n, "rport");

  GST_WEBRTC_ICE_CANDIDATE_STATS_FOUNDATION (stats) = g_strdup (
      fields[FIELD_FOUNDATION] + strlen (PREFIX));
  GST_WEBRTC_ICE_CANDIDATE_STATS_RELATED_ADDRESS (stats) = g_strdup (
      find_extension (fields, n, "raddr"));
  GST_WEBRTC_ICE_CANDIDATE_STATS_RELATED_PORT (stats) = port != NULL
      ? (guint) g_ascii_strtoull (port, NULL, 10)
      : G_MAXUINT;
  GST_WEBRTC_ICE_CANDIDATE_STATS_USERNAME_FRAGMENT (stats) = g_strdup (
      find_extension (fields, n, "ufrag"));
  GST_WEBRTC_ICE_CANDIDATE_STATS_TCP_TYPE (stats) = get_tcp_type (
      find_extension (fields, n, "tcptype"));
}
#endif

/**
 * gst_ice_webrtc_candidates_parse:
 * @text: (nullable): a candidate as icesrc shows it
 * @stream: sdpMLineIndex
 *
 * Any thread. The server of a candidate is not in its text: `url` and
 * `relay_proto` are added from `get-stats`, to those of ours.
 *
 * Returns: (transfer full) (nullable): the same for webrtcbin; %NULL where
 *   @text is not a candidate
 */
GstWebRTCICECandidateStats *
gst_ice_webrtc_candidates_parse (const gchar *text, guint stream)
{
  GstWebRTCICECandidateStats *stats;
  g_auto (GStrv) fields = NULL;
  g_autofree gchar *protocol = NULL;

  if (text == NULL || !g_str_has_prefix (text, PREFIX))
    return NULL;
  fields = g_strsplit (text, " ", -1);
  if (g_strv_length (fields) < N_FIELDS)
    return NULL;
  protocol = g_ascii_strdown (fields[FIELD_PROTOCOL], -1);
  stats = g_new0 (GstWebRTCICECandidateStats, 1);
  stats->ipaddr = g_strdup (fields[FIELD_ADDRESS]);
  stats->port = g_ascii_strtoull (fields[FIELD_PORT], NULL, 10);
  stats->stream_id = stream;
  stats->type = g_intern_string (fields[FIELD_TYPE]);
  stats->proto = g_str_equal (protocol, "udp") ? "udp" : "tcp";
  stats->prio = g_ascii_strtoull (fields[FIELD_PRIORITY], NULL, 10);
#if GST_CHECK_VERSION(1, 27, 90)
  add_extensions (stats, fields, g_strv_length (fields));
#endif
  return stats;
}

static gboolean
is_of_server (const GstWebRTCICECandidateStats *candidate)
{
  return g_str_equal (candidate->type, "srflx")
      || g_str_equal (candidate->type, "relay");
}

static gboolean
is_entry_of (
    const GstStructure *entry, const GstWebRTCICECandidateStats *candidate)
{
  guint port;

  return gst_structure_get_uint (entry, "port", &port)
      && port == candidate->port
      && g_strcmp0 (
             gst_structure_get_string (entry, "address"), candidate->ipaddr)
      == 0
      && g_strcmp0 (
             gst_structure_get_string (entry, "protocol"), candidate->proto)
      == 0
      && g_strcmp0 (gst_structure_get_string (entry, "candidate-type"),
             candidate->type)
      == 0;
}

/* (transfer none) (nullable) */
static const GstStructure *
find_entry (
    const GstStructure *all, const GstWebRTCICECandidateStats *candidate)
{
  guint n;

  for (n = 0;; n++) {
    g_autofree gchar *id = g_strdup_printf ("local-candidate-%u", n);
    const GValue *value = gst_structure_get_value (all, id);

    if (value == NULL)
      return NULL;
    if (is_entry_of (g_value_get_boxed (value), candidate))
      return g_value_get_boxed (value);
  }
}

/* The members that are not in the text, of one of our candidates. */
static void
add_server (GstWebRTCICECandidateStats *candidate, const GstStructure *all)
{
  const GstStructure *entry = find_entry (all, candidate);

  if (entry == NULL)
    return;
  candidate->url = g_strdup (gst_structure_get_string (entry, "url"));
  candidate->relay_proto = g_intern_string (
      gst_structure_get_string (entry, "relay-protocol"));
}

/* Asks for `get-stats` only where that can help: it costs memory for good, see
 * docs/reference.md. */
static void
add_servers (
    GstWebRTCICECandidateStats *const *candidates, guint n, GstElement *src)
{
  g_autoptr (GstStructure) all = NULL;
  guint i;

  for (i = 0; i < n; i++) {
    if (!is_of_server (candidates[i]))
      continue;
    if (all == NULL)
      g_signal_emit_by_name (src, "get-stats", &all);
    if (all != NULL)
      add_server (candidates[i], all);
  }
}

/* (transfer full) (nullable): one of ours */
static GstWebRTCICECandidateStats *
parse_local (GstElement *src, const gchar *text, guint stream)
{
  GstWebRTCICECandidateStats *stats = gst_ice_webrtc_candidates_parse (
      text, stream);

  if (stats != NULL)
    add_servers (&stats, 1, src);
  return stats;
}

/**
 * gst_ice_webrtc_candidates_list:
 * @src: an icesrc
 * @property: `local-candidates` or `remote-candidates`
 * @stream: sdpMLineIndex
 *
 * Any thread.
 *
 * Returns: (transfer full) (array zero-terminated=1): all of them
 */
GstWebRTCICECandidateStats **
gst_ice_webrtc_candidates_list (
    GstElement *src, const gchar *property, guint stream)
{
  GPtrArray *list = g_ptr_array_new ();
  g_auto (GValue) texts = G_VALUE_INIT;
  guint i;

  g_value_init (&texts, GST_TYPE_ARRAY);
  g_object_get_property (G_OBJECT (src), property, &texts);
  for (i = 0; i < gst_value_array_get_size (&texts); i++) {
    GstWebRTCICECandidateStats *stats = gst_ice_webrtc_candidates_parse (
        g_value_get_string (gst_value_array_get_value (&texts, i)), stream);

    if (stats != NULL)
      g_ptr_array_add (list, stats);
  }
  if (g_str_equal (property, "local-candidates"))
    add_servers (
        (GstWebRTCICECandidateStats *const *) list->pdata, list->len, src);
  g_ptr_array_add (list, NULL);
  return (GstWebRTCICECandidateStats **) g_ptr_array_free (list, FALSE);
}

/**
 * gst_ice_webrtc_candidates_get_selected:
 * @src: an icesrc
 * @stream: sdpMLineIndex
 * @local: (out) (transfer full): our candidate of the selected pair
 * @remote: (out) (transfer full): the peer's
 *
 * Any thread.
 *
 * Returns: whether a pair is selected
 */
gboolean
gst_ice_webrtc_candidates_get_selected (GstElement *src, guint stream,
    GstWebRTCICECandidateStats **local, GstWebRTCICECandidateStats **remote)
{
  g_autoptr (GstStructure) pair = NULL;

  g_object_get (src, "selected-candidate-pair", &pair, NULL);
  if (pair == NULL)
    return FALSE;
  *local = parse_local (
      src, gst_structure_get_string (pair, "local-candidate"), stream);
  *remote = gst_ice_webrtc_candidates_parse (
      gst_structure_get_string (pair, "remote-candidate"), stream);
  if (*local != NULL && *remote != NULL)
    return TRUE;
  g_clear_pointer (local, gst_webrtc_ice_candidate_stats_free);
  g_clear_pointer (remote, gst_webrtc_ice_candidate_stats_free);
  return FALSE;
}

#if GST_CHECK_VERSION(1, 27, 90)
/* (transfer full) (nullable) for stats */
static GstWebRTCICECandidate *
make_candidate (
    const gchar *text, guint stream, GstWebRTCICECandidateStats *stats)
{
  GstWebRTCICECandidate *candidate;
  g_auto (GStrv) fields = NULL;

  if (stats == NULL)
    return NULL;
  fields = g_strsplit (text, " ", FIELD_PROTOCOL + 1);
  candidate = g_new0 (GstWebRTCICECandidate, 1);
  candidate->candidate = g_strdup (text);
  /* webrtcbin's components begin with 0 */
  candidate->component = g_ascii_strtoull (fields[FIELD_COMPONENT], NULL, 10)
      - 1;
  candidate->sdp_mline_index = stream;
  candidate->stats = stats;
  return candidate;
}

/**
 * gst_ice_webrtc_candidates_get_pair:
 * @src: an icesrc
 * @stream: sdpMLineIndex
 *
 * Any thread.
 *
 * Returns: (transfer full) (nullable): the selected pair
 */
GstWebRTCICECandidatePair *
gst_ice_webrtc_candidates_get_pair (GstElement *src, guint stream)
{
  g_autoptr (GstStructure) selected = NULL;
  GstWebRTCICECandidatePair *pair;
  const gchar *local, *remote;

  g_object_get (src, "selected-candidate-pair", &selected, NULL);
  if (selected == NULL)
    return NULL;
  local = gst_structure_get_string (selected, "local-candidate");
  remote = gst_structure_get_string (selected, "remote-candidate");
  pair = g_new0 (GstWebRTCICECandidatePair, 1);
  pair->local = make_candidate (
      local, stream, parse_local (src, local, stream));
  pair->remote = make_candidate (
      remote, stream, gst_ice_webrtc_candidates_parse (remote, stream));
  if (pair->local != NULL && pair->remote != NULL)
    return pair;
  g_clear_pointer (&pair->local, gst_webrtc_ice_candidate_free);
  g_clear_pointer (&pair->remote, gst_webrtc_ice_candidate_free);
  g_free (pair);
  return NULL;
}
#endif
