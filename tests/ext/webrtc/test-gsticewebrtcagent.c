/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The slots that webrtcbin calls, on an agent that is made as applications make
 * it. */

#include <gst/gst.h>
#include <gst/webrtc/webrtc.h>

#define STREAM 3

typedef struct
{
  GstWebRTCICE *ice;
  GstWebRTCICEStream *stream;
  GstWebRTCICETransport *transport;
} Fixture;

static void
set_up (Fixture *self, gconstpointer unused)
{
  GType type = gst_dynamic_type_factory_load ("GstIceWebRTCAgent");

  g_assert_true (g_type_is_a (type, GST_TYPE_WEBRTC_ICE));
  self->ice = gst_object_ref_sink (g_object_new (type, NULL));
  self->stream = gst_webrtc_ice_add_stream (self->ice, STREAM);
  self->transport = gst_webrtc_ice_find_transport (
      self->ice, self->stream, GST_WEBRTC_ICE_COMPONENT_RTP);
}

/* What webrtcbin would have is not there any more either. */
static void
tear_down (Fixture *self, gconstpointer unused)
{
  GObject *watched[] = { G_OBJECT (self->ice), G_OBJECT (self->transport),
    G_OBJECT (self->transport->src), G_OBJECT (self->transport->sink) };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (watched); i++)
    g_object_add_weak_pointer (watched[i], (gpointer *) &watched[i]);
  gst_object_unref (self->transport);
  gst_object_unref (self->ice);
  for (i = 0; i < G_N_ELEMENTS (watched); i++)
    g_assert_null (watched[i]);
}

static gchar *
get_nick (gpointer object, const gchar *property)
{
  GParamSpec *spec = g_object_class_find_property (
      G_OBJECT_GET_CLASS (object), property);
  gint number;

  g_object_get (object, property, &number, NULL);
  return g_strdup (
      g_enum_get_value (G_PARAM_SPEC_ENUM (spec)->enum_class, number)
          ->value_nick);
}

static void
check_nick (gpointer object, const gchar *property, const gchar *expected)
{
  g_autofree gchar *nick = get_nick (object, property);

  g_assert_cmpstr (nick, ==, expected);
}

static void
test_transports (Fixture *self, gconstpointer unused)
{
  GstWebRTCICETransport *again = gst_webrtc_ice_find_transport (
      self->ice, self->stream, GST_WEBRTC_ICE_COMPONENT_RTP);
  GstWebRTCICETransport *rtcp = gst_webrtc_ice_find_transport (
      self->ice, self->stream, GST_WEBRTC_ICE_COMPONENT_RTCP);
  g_autofree gchar *id = NULL;
  g_autofree gchar *rtcp_id = NULL;
  guint stream, component;

  g_assert_true (again == self->transport);
  g_object_get (self->transport->src, "connection-id", &id, "stream", &stream,
      "component", &component, NULL);
  g_assert_cmpuint (stream, ==, STREAM);
  g_assert_cmpuint (component, ==, 1);
  g_object_get (
      rtcp->sink, "connection-id", &rtcp_id, "component", &component, NULL);
  g_assert_cmpuint (component, ==, 2);
  g_assert_cmpstr (id, ==, rtcp_id);
  gst_object_unref (again);
  gst_object_unref (rtcp);
}

/* webrtcbin says it after it has let the elements play. */
static void
test_role (Fixture *self, gconstpointer unused)
{
  g_assert_false (gst_webrtc_ice_get_is_controller (self->ice));
  check_nick (self->transport->src, "role", "controlled");
  gst_webrtc_ice_set_is_controller (self->ice, TRUE);
  g_assert_true (gst_webrtc_ice_get_is_controller (self->ice));
  check_nick (self->transport->src, "role", "controlling");
  g_assert_cmpint (self->transport->role, ==, GST_WEBRTC_ICE_ROLE_CONTROLLING);
}

static void
test_credentials (Fixture *self, gconstpointer unused)
{
  const gchar *ufrag = "someUfrag", *pwd = "aPasswordOf22CharsMore";
  g_autofree gchar *taken = NULL;

  g_assert_false (gst_webrtc_ice_set_local_credentials (
      self->ice, self->stream, "no", "good"));
  g_assert_true (gst_webrtc_ice_set_local_credentials (
      self->ice, self->stream, ufrag, pwd));
  g_object_get (self->ice, "local-ufrag", &taken, NULL);
  g_assert_cmpstr (taken, ==, ufrag);
  g_assert_false (gst_webrtc_ice_set_remote_credentials (
      self->ice, self->stream, "no", "good"));
  g_assert_true (gst_webrtc_ice_set_remote_credentials (
      self->ice, self->stream, ufrag, pwd));
}

static void
test_policy_and_tos (Fixture *self, gconstpointer unused)
{
  gint dscp;

  gst_webrtc_ice_set_force_relay (self->ice, TRUE);
  check_nick (self->transport->src, "ice-transport-policy", "relay");
  gst_webrtc_ice_set_force_relay (self->ice, FALSE);
  check_nick (self->transport->src, "ice-transport-policy", "all");
  gst_webrtc_ice_set_tos (self->ice, self->stream, 46 << 2);
  g_object_get (self->transport->sink, "qos-dscp", &dscp, NULL);
  g_assert_cmpint (dscp, ==, 46);
}

static gchar *
show (gpointer object, const gchar *property)
{
  g_auto (GValue) value = G_VALUE_INIT;

  g_object_get_property (object, property, &value);
  return gst_value_serialize (&value);
}

static void
check_same (gpointer object, gpointer other, const gchar *property)
{
  g_autofree gchar *one = show (object, property);
  g_autofree gchar *two = show (other, property);

  g_assert_cmpstr (one, ==, two);
}

/* What is set on the agent is that of its elements, also of those that come
 * later. */
static void
test_settings (Fixture *self, gconstpointer unused)
{
  const struct
  {
    const gchar *name, *text;
    gboolean of_sink;
  } settings[] = {
    { "stun-server", "stun://127.0.0.1:3478" },
    { "ice-transport-policy", "relay" },
    { "ice-tcp", "true" },
    { "upnp", "true" },
    { "min-port", "40000" },
    { "max-port", "40100" },
    { "local-addresses", "<127.0.0.1>" },
    { "interfaces", "<lo>" },
    { "disconnected-timeout", "1234" },
    { "failed-timeout", "2345" },
    { "end-of-candidates-timeout", "3456" },
    { "offload", "none", TRUE },
    { "buffer-size", "4096", TRUE },
  };
  GstWebRTCICEStream *stream;
  GstWebRTCICETransport *later;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (settings); i++) {
    g_autofree gchar *before = show (self->ice, settings[i].name);
    g_autofree gchar *after = NULL;

    gst_util_set_object_arg (
        G_OBJECT (self->ice), settings[i].name, settings[i].text);
    after = show (self->ice, settings[i].name);
    g_assert_cmpstr (before, !=, after);
  }
  stream = gst_webrtc_ice_add_stream (self->ice, STREAM + 1);
  later = gst_webrtc_ice_find_transport (
      self->ice, stream, GST_WEBRTC_ICE_COMPONENT_RTP);
  for (i = 0; i < G_N_ELEMENTS (settings); i++) {
    check_same (self->ice, self->transport->src, settings[i].name);
    check_same (self->ice, later->src, settings[i].name);
    if (settings[i].of_sink)
      check_same (self->ice, self->transport->sink, settings[i].name);
  }
  gst_object_unref (later);
}

static void
check_turn_servers (
    GstWebRTCICETransport *transport, const gchar *const *expected, guint n)
{
  g_auto (GValue) servers = G_VALUE_INIT;
  guint i;

  g_value_init (&servers, GST_TYPE_ARRAY);
  g_object_get_property (G_OBJECT (transport->src), "turn-servers", &servers);
  g_assert_cmpuint (gst_value_array_get_size (&servers), ==, n);
  for (i = 0; i < n; i++)
    g_assert_cmpstr (
        g_value_get_string (gst_value_array_get_value (&servers, i)), ==,
        expected[i]);
}

/* Those that were added stay beside `turn-server`, whichever came first; a
 * stream that is added later has all. */
static void
test_turn_servers (Fixture *self, gconstpointer unused)
{
  const gchar *const servers[] = { "turn://u:p@127.0.0.1:1",
    "turn://u:p@127.0.0.1:2", "turn://u:p@127.0.0.1:3" };
  GstWebRTCICEStream *stream;
  GstWebRTCICETransport *later;

  g_assert_true (gst_webrtc_ice_add_turn_server (self->ice, servers[1]));
  gst_webrtc_ice_set_turn_server (self->ice, servers[0]);
  g_assert_true (gst_webrtc_ice_add_turn_server (self->ice, servers[2]));
  check_turn_servers (self->transport, servers, 3);
  stream = gst_webrtc_ice_add_stream (self->ice, STREAM + 1);
  later = gst_webrtc_ice_find_transport (
      self->ice, stream, GST_WEBRTC_ICE_COMPONENT_RTP);
  check_turn_servers (later, servers, 3);
  gst_webrtc_ice_set_turn_server (self->ice, NULL);
  check_turn_servers (self->transport, servers + 1, 2);
  gst_object_unref (later);
}

static void
forget (
    GstWebRTCICE *ice, guint stream, const gchar *candidate, gpointer unused)
{
}

/* webrtcbin drops a reference that it was never given, floating or not. */
static void
test_reference (void)
{
  GType type = gst_dynamic_type_factory_load ("GstIceWebRTCAgent");
  gboolean floats;

  for (floats = FALSE; floats <= TRUE; floats++) {
    GstWebRTCICE *ice = g_object_new (type, NULL);

    if (!floats)
      gst_object_ref_sink (ice);
    gst_webrtc_ice_set_on_ice_candidate (ice, forget, NULL, NULL);
    gst_webrtc_ice_set_on_ice_candidate (ice, NULL, NULL, NULL);
    gst_webrtc_ice_set_on_ice_candidate (ice, forget, NULL, NULL);
    g_assert_false (g_object_is_floating (ice));
    g_assert_cmpint (GST_OBJECT_REFCOUNT_VALUE (ice), ==, floats ? 1 : 2);
    if (!floats)
      gst_object_unref (ice);
    gst_object_unref (ice);
  }
}

int
main (int argc, char **argv)
{
  const struct
  {
    const gchar *path;
    void (*test) (Fixture *self, gconstpointer unused);
  } tests[] = {
    { "/webrtc/agent/transports", test_transports },
    { "/webrtc/agent/role", test_role },
    { "/webrtc/agent/credentials", test_credentials },
    { "/webrtc/agent/policy-and-tos", test_policy_and_tos },
    { "/webrtc/agent/settings", test_settings },
    { "/webrtc/agent/turn-servers", test_turn_servers },
  };
  guint i;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  for (i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, set_up, tests[i].test, tear_down);
  g_test_add_func ("/webrtc/agent/reference", test_reference);
  return g_test_run ();
}
