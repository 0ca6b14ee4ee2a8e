/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An agent of several streams, each of which is an ICE agent of its own: what
 * is read and done over all of them; and webrtcbin's settings. */

#include <gst/gst.h>
#include <gst/webrtc/webrtc.h>
#include <string.h>

#define FIRST 2
#define SECOND 5

typedef struct
{
  GstWebRTCICE *ice;
  GstWebRTCICEStream *streams[2];
  GstWebRTCICETransport *transports[2];
} Fixture;

static GstWebRTCICE *
make_agent (void)
{
  GstWebRTCICE *ice = gst_object_ref_sink (
      g_object_new (gst_dynamic_type_factory_load ("GstIceWebRTCAgent"), NULL));

  gst_util_set_object_arg (G_OBJECT (ice), "local-addresses", "<127.0.0.1>");
  return ice;
}

static void
set_up (Fixture *self, gconstpointer unused)
{
  guint i;

  self->ice = make_agent ();
  for (i = 0; i < 2; i++) {
    self->streams[i] = gst_webrtc_ice_add_stream (
        self->ice, i == 0 ? FIRST : SECOND);
    self->transports[i] = gst_webrtc_ice_find_transport (
        self->ice, self->streams[i], GST_WEBRTC_ICE_COMPONENT_RTP);
  }
}

static void
tear_down (Fixture *self, gconstpointer unused)
{
  guint i;

  for (i = 0; i < 2; i++)
    gst_object_unref (self->transports[i]);
  gst_object_unref (self->ice);
}

static guint
count_candidates (Fixture *self)
{
  g_auto (GValue) array = G_VALUE_INIT;

  g_object_get_property (G_OBJECT (self->ice), "local-candidates", &array);
  return gst_value_array_get_size (&array);
}

static void
gather (Fixture *self)
{
  gint64 end = g_get_monotonic_time () + 20 * G_TIME_SPAN_SECOND;
  guint i;

  for (i = 0; i < 2; i++)
    g_assert_true (
        gst_webrtc_ice_gather_candidates (self->ice, self->streams[i]));
  while (count_candidates (self) < 2) {
    g_assert_cmpint (g_get_monotonic_time (), <, end);
    g_usleep (1000);
  }
}

/* Those of all streams. */
static void
test_candidates (Fixture *self, gconstpointer unused)
{
  g_assert_cmpuint (count_candidates (self), ==, 0);
  gather (self);
  g_assert_cmpuint (count_candidates (self), ==, 2);
}

/* webrtcbin's range of ports holds for streams that have not gathered yet. */
static void
test_ports (Fixture *self, gconstpointer unused)
{
  guint i, min, max;

  g_object_set (self->ice, "min-rtp-port", 20000, "max-rtp-port", 60000, NULL);
  gather (self);
  g_object_set (self->ice, "min-rtp-port", 30000, "max-rtp-port", 50000, NULL);
  for (i = 0; i < 2; i++) {
    gst_webrtc_ice_gather_candidates (self->ice, self->streams[i]);
    g_object_get (
        self->transports[i]->src, "min-port", &min, "max-port", &max, NULL);
    g_assert_cmpuint (min, ==, 20000);
    g_assert_cmpuint (max, ==, 60000);
  }
}

static void
check_entry (const GstStructure *stats, const gchar *id, guint *n_candidates,
    guint *n_transports)
{
  const GValue *value = gst_structure_get_value (stats, id);
  const GstStructure *entry;
  const gchar *type;

  if (!GST_VALUE_HOLDS_STRUCTURE (value)) {
    g_assert_true (g_str_has_suffix (id, "-state")); /* the agent's */
    return;
  }
  entry = gst_value_get_structure (value);
  type = gst_structure_get_string (entry, "type");
  g_assert_cmpstr (gst_structure_get_string (entry, "id"), ==, id);
  g_assert_nonnull (type);
  if (g_str_has_suffix (type, "-candidate"))
    g_assert_cmpint (g_str_has_suffix (id, "-1"), ==, (*n_candidates)++ == 1);
  else if (strstr (type, "transport") != NULL)
    (*n_transports)++;
}

/* The entries of all streams, each with its key as its id, and without the
 * elements. */
static void
test_stats (Fixture *self, gconstpointer unused)
{
  g_autoptr (GstStructure) stats = NULL;
  guint n_candidates = 0, n_transports = 0;
  gint i;

  gather (self);
  g_signal_emit_by_name (self->ice, "get-stats", &stats);
  g_assert_nonnull (stats);
  for (i = 0; i < gst_structure_n_fields (stats); i++)
    check_entry (stats, gst_structure_nth_field_name (stats, i), &n_candidates,
        &n_transports);
  g_assert_cmpuint (n_candidates, ==, 2);
  g_assert_cmpuint (n_transports, ==, 2);
  g_assert_false (gst_structure_has_field (stats, "icesrc"));
}

static gboolean
restart (GstWebRTCICE *ice)
{
  gboolean restarted = -1;

  g_signal_emit_by_name (ice, "restart", &restarted);
  return restarted;
}

/* It succeeds if each of them does. */
static void
test_restart (Fixture *self, gconstpointer unused)
{
  g_autofree gchar *before = NULL, *after = NULL;

  g_assert_false (restart (self->ice));
  g_assert_true (
      gst_webrtc_ice_gather_candidates (self->ice, self->streams[1]));
  g_assert_false (restart (self->ice));
  g_assert_true (
      gst_webrtc_ice_gather_candidates (self->ice, self->streams[0]));
  g_object_get (self->ice, "local-ufrag", &before, NULL);
  g_assert_true (restart (self->ice));
  g_object_get (self->ice, "local-ufrag", &after, NULL);
  g_assert_cmpstr (before, !=, after);
}

static void
test_close (Fixture *self, gconstpointer unused)
{
  guint i;

  gather (self);
  g_signal_emit_by_name (self->ice, "close");
  for (i = 0; i < 2; i++)
    g_assert_false (
        gst_webrtc_ice_gather_candidates (self->ice, self->streams[i]));
}

static void
test_remote_ufrag (Fixture *self, gconstpointer unused)
{
  g_autofree gchar *none = NULL, *first = NULL;

  g_assert_true (gst_webrtc_ice_set_remote_credentials (
      self->ice, self->streams[1], "second", "aPasswordOf22CharsMore"));
  g_object_get (self->ice, "remote-ufrag", &none, NULL);
  g_assert_null (none);
  g_assert_true (gst_webrtc_ice_set_remote_credentials (
      self->ice, self->streams[0], "first", "aPasswordOf22CharsMore"));
  g_object_get (self->ice, "remote-ufrag", &first, NULL);
  g_assert_cmpstr (first, ==, "first");
}

static void
test_no_stream (void)
{
  GstWebRTCICE *ice = make_agent ();
  g_autoptr (GstStructure) stats = NULL;
  g_autofree gchar *ufrag = NULL;

  g_assert_false (restart (ice));
  g_object_get (ice, "remote-ufrag", &ufrag, NULL);
  g_assert_null (ufrag);
  g_signal_emit_by_name (ice, "get-stats", &stats);
  g_assert_cmpint (gst_structure_n_fields (stats), ==, 2); /* its states */
  gst_object_unref (ice);
}

/* Values that are none leave the setting as it was. */
static void
test_servers (Fixture *self, gconstpointer unused)
{
  g_autofree gchar *stun = NULL, *turn = NULL, *proxy = NULL, *of_src = NULL;

  gst_webrtc_ice_set_stun_server (self->ice, "stun://127.0.0.1:3478");
  gst_webrtc_ice_set_stun_server (self->ice, "http://127.0.0.1");
  stun = gst_webrtc_ice_get_stun_server (self->ice);
  g_assert_cmpstr (stun, ==, "stun://127.0.0.1:3478");
  g_object_get (self->transports[1]->src, "stun-server", &of_src, NULL);
  g_assert_cmpstr (of_src, ==, stun);
  g_free (stun);
  gst_webrtc_ice_set_stun_server (self->ice, NULL);
  stun = gst_webrtc_ice_get_stun_server (self->ice);
  g_assert_null (stun);

  gst_webrtc_ice_set_turn_server (self->ice, "turn://a:b@127.0.0.1:3478");
  gst_webrtc_ice_set_turn_server (self->ice, "stun://127.0.0.1:3478");
  turn = gst_webrtc_ice_get_turn_server (self->ice);
  g_assert_cmpstr (turn, ==, "turn://a:b@127.0.0.1:3478");

#if GST_CHECK_VERSION(1, 22, 0)
  g_assert_null (gst_webrtc_ice_get_http_proxy (self->ice));
  gst_webrtc_ice_set_http_proxy (self->ice, "http://127.0.0.1:8080");
  proxy = gst_webrtc_ice_get_http_proxy (self->ice);
  g_assert_cmpstr (proxy, ==, "http://127.0.0.1:8080");
#endif
}

int
main (int argc, char **argv)
{
  const struct
  {
    const gchar *path;
    void (*test) (Fixture *self, gconstpointer unused);
  } tests[] = {
    { "/webrtc/streams/candidates", test_candidates },
    { "/webrtc/streams/ports", test_ports },
    { "/webrtc/streams/stats", test_stats },
    { "/webrtc/streams/restart", test_restart },
    { "/webrtc/streams/close", test_close },
    { "/webrtc/streams/remote-ufrag", test_remote_ufrag },
    { "/webrtc/streams/servers", test_servers },
  };
  guint i;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  for (i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, set_up, tests[i].test, tear_down);
  g_test_add_func ("/webrtc/streams/none", test_no_stream);
  return g_test_run ();
}
