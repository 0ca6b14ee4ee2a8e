/* gst-ice: test of candidates for webrtcbin's statistics. An element of this
 * file plays icesrc.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gsticewebrtccandidates.h"

#define STREAM 3
#define STUN_URL "stun:[2001:db8::9]:3478"
#define TURN_URL "turns:host:5349?transport=tcp"
#define HOST "candidate:1 1 UDP 2130706431 10.0.0.1 5001 typ host"
#define REFLEXIVE                                                              \
  "candidate:2 1 UDP 1694498815 192.0.2.1 6001 typ srflx raddr 10.0.0.1 "      \
  "rport "
#define RELAY "candidate:3 1 UDP 1234 192.0.2.9 7001 typ relay raddr 0.0.0.0 "
#define TCP "candidate:4 1 TCP 1015021823 10.0.0.1 9 typ host tcptype active"
#define PEER "candidate:5 1 UDP 1234 192.0.2.8 7001 typ relay raddr 0.0.0.0 "

/* Plays icesrc. */

#define SRC_TYPE (src_get_type ())
G_DECLARE_FINAL_TYPE (Src, src, SRC, ELEMENT, GstElement)

struct _Src
{
  GstElement parent;

  const gchar *local[8], *remote[8]; /* candidates */
  const gchar *pair[2];
  GstStructure *stats;
  guint n_asked;
};

G_DEFINE_TYPE (Src, src, GST_TYPE_ELEMENT)

enum
{
  PROP_0,
  PROP_LOCAL,
  PROP_REMOTE,
  PROP_PAIR
};

static void
src_get_property (GObject *object, guint id, GValue *value, GParamSpec *spec)
{
  Src *self = SRC_ELEMENT (object);
  const gchar *const *texts = id == PROP_LOCAL ? self->local : self->remote;

  if (id == PROP_PAIR && self->pair[0] != NULL)
    g_value_take_boxed (value,
        gst_structure_new ("candidate-pair", "local-candidate", G_TYPE_STRING,
            self->pair[0], "remote-candidate", G_TYPE_STRING, self->pair[1],
            NULL));
  if (id == PROP_PAIR)
    return;
  for (; *texts != NULL; texts++) {
    GValue item = G_VALUE_INIT;

    g_value_init (&item, G_TYPE_STRING);
    g_value_set_string (&item, *texts);
    gst_value_array_append_and_take_value (value, &item);
  }
}

static GstStructure *
src_get_stats (Src *self)
{
  self->n_asked++;
  return self->stats != NULL ? gst_structure_copy (self->stats) : NULL;
}

static void
src_finalize (GObject *object)
{
  g_clear_pointer (&SRC_ELEMENT (object)->stats, gst_structure_free);
  G_OBJECT_CLASS (src_parent_class)->finalize (object);
}

static void
src_class_init (SrcClass *klass)
{
  static const gchar *const names[] = { "local-candidates",
    "remote-candidates" };
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  guint i;

  object_class->get_property = src_get_property;
  object_class->finalize = src_finalize;
  for (i = 0; i < G_N_ELEMENTS (names); i++)
    g_object_class_install_property (object_class, PROP_LOCAL + i,
        gst_param_spec_array (names[i], names[i], names[i],
            g_param_spec_string ("text", "text", "text", NULL,
                G_PARAM_READABLE | G_PARAM_STATIC_STRINGS),
            G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
  g_object_class_install_property (object_class, PROP_PAIR,
      g_param_spec_boxed ("selected-candidate-pair", "pair", "pair",
          GST_TYPE_STRUCTURE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
  g_signal_new_class_handler ("get-stats", SRC_TYPE,
      G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION, G_CALLBACK (src_get_stats), NULL,
      NULL, NULL, GST_TYPE_STRUCTURE, 0);
}

static void
src_init (Src *self)
{
}

/* The n-th entry; NULL: that member is not known. */
static void
add_entry (Src *self, guint n, const gchar *protocol, const gchar *type,
    const gchar *address, guint port, const gchar *url,
    const gchar *relay_protocol)
{
  g_autofree gchar *id = g_strdup_printf ("local-candidate-%u", n);
  GstStructure *entry = gst_structure_new ("local-candidate", "address",
      G_TYPE_STRING, address, "port", G_TYPE_UINT, port, "protocol",
      G_TYPE_STRING, protocol, "candidate-type", G_TYPE_STRING, type, NULL);

  if (url != NULL)
    gst_structure_set (entry, "url", G_TYPE_STRING, url, NULL);
  if (relay_protocol != NULL)
    gst_structure_set (
        entry, "relay-protocol", G_TYPE_STRING, relay_protocol, NULL);
  if (self->stats == NULL)
    self->stats = gst_structure_new_empty ("ice-stats");
  gst_structure_set (self->stats, id, GST_TYPE_STRUCTURE, entry, NULL);
  gst_structure_free (entry);
}

/* The test. */

static void
set_up (Src **self, gconstpointer unused)
{
  *self = gst_object_ref_sink (g_object_new (SRC_TYPE, NULL));
}

static void
tear_down (Src **self, gconstpointer unused)
{
  gst_object_unref (*self);
}

static GstWebRTCICECandidateStats **
list (Src *self, gboolean local)
{
  return gst_ice_webrtc_candidates_list (GST_ELEMENT (self),
      local ? "local-candidates" : "remote-candidates", STREAM);
}

static void
free_list (GstWebRTCICECandidateStats **candidates)
{
  guint i;

  for (i = 0; candidates[i] != NULL; i++)
    gst_webrtc_ice_candidate_stats_free (candidates[i]);
  g_free (candidates);
}

static void
assert_server (const GstWebRTCICECandidateStats *candidate, const gchar *url,
    const gchar *relay_protocol)
{
  g_assert_cmpstr (candidate->url, ==, url);
  g_assert_cmpstr (candidate->relay_proto, ==, relay_protocol);
}

static void
test_servers (Src **data, gconstpointer unused)
{
  Src *self = *data;
  GstWebRTCICECandidateStats **found;

  self->local[0] = HOST " ufrag abcd";
  self->local[1] = REFLEXIVE "5001 ufrag abcd";
  self->local[2] = "not a candidate";
  self->local[3] = RELAY "rport 0 ufrag abcd";
  self->local[4] = TCP;
  add_entry (self, 0, "udp", "host", "10.0.0.1", 5001, NULL, NULL);
  add_entry (self, 1, "udp", "srflx", "192.0.2.1", 6001, STUN_URL, NULL);
  add_entry (self, 2, "udp", "relay", "192.0.2.9", 7001, TURN_URL, "tls");
  add_entry (self, 3, "tcp", "host", "10.0.0.1", 9, NULL, NULL);
  found = list (self, TRUE);
  g_assert_cmpuint (self->n_asked, ==, 1);
  assert_server (found[0], NULL, NULL);
  assert_server (found[1], STUN_URL, NULL);
  assert_server (found[2], TURN_URL, "tls");
  assert_server (found[3], NULL, NULL);
  g_assert_null (found[4]);
  free_list (found);
}

/* Each of these entries is of another candidate. */
static void
test_others (Src **data, gconstpointer unused)
{
  Src *self = *data;
  GstWebRTCICECandidateStats **found;

  self->local[0] = RELAY "rport 0";
  add_entry (self, 0, "tcp", "relay", "192.0.2.9", 7001, TURN_URL, "tls");
  add_entry (self, 1, "udp", "srflx", "192.0.2.9", 7001, TURN_URL, "tls");
  add_entry (self, 2, "udp", "relay", "192.0.2.8", 7001, TURN_URL, "tls");
  add_entry (self, 3, "udp", "relay", "192.0.2.9", 7002, TURN_URL, "tls");
  found = list (self, TRUE);
  assert_server (found[0], NULL, NULL);
  free_list (found);
  add_entry (self, 4, "udp", "relay", "192.0.2.9", 7001, NULL, NULL);
  found = list (self, TRUE);
  assert_server (found[0], NULL, NULL);
  free_list (found);
}

/* The statistics are not asked for in vain, and may be missing. */
static void
test_not_asked (Src **data, gconstpointer unused)
{
  Src *self = *data;
  GstWebRTCICECandidateStats **found;

  self->local[0] = HOST;
  self->local[1] = TCP;
  self->remote[0] = PEER "rport 0";
  found = list (self, TRUE);
  free_list (found);
  found = list (self, FALSE);
  assert_server (found[0], NULL, NULL);
  free_list (found);
  g_assert_cmpuint (self->n_asked, ==, 0);
  self->local[1] = RELAY "rport 0";
  found = list (self, TRUE);
  assert_server (found[1], NULL, NULL);
  free_list (found);
}

/* The peer's candidate may have the address of ours. */
static void
test_selected (Src **data, gconstpointer unused)
{
  Src *self = *data;
  GstWebRTCICECandidateStats *local = NULL, *remote = NULL;

  g_assert_false (gst_ice_webrtc_candidates_get_selected (
      GST_ELEMENT (self), STREAM, &local, &remote));
  self->pair[0] = RELAY "rport 0";
  self->pair[1] = RELAY "rport 0";
  add_entry (self, 0, "udp", "relay", "192.0.2.9", 7001, TURN_URL, "tls");
  g_assert_true (gst_ice_webrtc_candidates_get_selected (
      GST_ELEMENT (self), STREAM, &local, &remote));
  assert_server (local, TURN_URL, "tls");
  assert_server (remote, NULL, NULL);
  g_assert_cmpuint (local->stream_id, ==, STREAM);
  gst_webrtc_ice_candidate_stats_free (local);
  gst_webrtc_ice_candidate_stats_free (remote);
  local = remote = NULL;
  self->pair[1] = "not a candidate";
  g_assert_false (gst_ice_webrtc_candidates_get_selected (
      GST_ELEMENT (self), STREAM, &local, &remote));
  g_assert_null (local);
}

#if GST_CHECK_VERSION(1, 27, 90)
static void
test_pair (Src **data, gconstpointer unused)
{
  Src *self = *data;
  GstWebRTCICECandidatePair *pair;

  self->pair[0] = RELAY "rport 0";
  self->pair[1] = TCP;
  add_entry (self, 0, "udp", "relay", "192.0.2.9", 7001, TURN_URL, "tls");
  pair = gst_ice_webrtc_candidates_get_pair (GST_ELEMENT (self), STREAM);
  assert_server (pair->local->stats, TURN_URL, "tls");
  assert_server (pair->remote->stats, NULL, NULL);
  g_assert_cmpint (
      GST_WEBRTC_ICE_CANDIDATE_STATS_TCP_TYPE (pair->remote->stats), ==,
      GST_WEBRTC_ICE_TCP_CANDIDATE_TYPE_ACTIVE);
  gst_webrtc_ice_candidate_pair_free (pair);
}
#endif

int
main (int argc, char **argv)
{
  gint result;

  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
#define TEST(path, function)                                                   \
  g_test_add (                                                                 \
      "/webrtc/candidates/" path, Src *, NULL, set_up, function, tear_down)
  TEST ("servers", test_servers);
  TEST ("others", test_others);
  TEST ("not-asked", test_not_asked);
  TEST ("selected", test_selected);
#if GST_CHECK_VERSION(1, 27, 90)
  TEST ("pair", test_pair);
#endif
  result = g_test_run ();
  gst_deinit ();
  return result;
}
