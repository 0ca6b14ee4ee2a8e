/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The slots that webrtcbin calls, and what applications see, on agents that are
 * made as applications make them. */

#include <gst/gst.h>
#include <gst/webrtc/webrtc.h>
#include <string.h>

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

/* What a transport shows of its icesrc. */
static void
test_transport_properties (Fixture *self, gconstpointer unused)
{
  g_autofree gchar *ufrag = NULL;
  g_autofree gchar *pwd = NULL;
  g_autofree gchar *expected_ufrag = NULL;
  g_autofree gchar *expected_pwd = NULL;

  g_object_get (
      self->transport, "local-ufrag", &ufrag, "local-pwd", &pwd, NULL);
  g_object_get (self->transport->src, "local-ufrag", &expected_ufrag,
      "local-pwd", &expected_pwd, NULL);
  g_assert_nonnull (ufrag);
  g_assert_cmpstr (ufrag, ==, expected_ufrag);
  g_assert_nonnull (pwd);
  g_assert_cmpstr (pwd, ==, expected_pwd);
}

static void
take_error (GstWebRTCICE *ice, const GstStructure *error, GstStructure **taken)
{
  g_assert_null (*taken);
  *taken = gst_structure_copy (error);
}

/* What icesrc reports of a server is reported by the agent, and once: the
 * second component's icesrc reports the same. */
static void
test_candidate_error (Fixture *self, gconstpointer unused)
{
  GstWebRTCICETransport *rtcp = gst_webrtc_ice_find_transport (
      self->ice, self->stream, GST_WEBRTC_ICE_COMPONENT_RTCP);
  g_autoptr (GstStructure) taken = NULL;
  g_autoptr (GstStructure) error = gst_structure_new (
      "RTCPeerConnectionIceErrorEvent", "error-code", G_TYPE_UINT, 701, NULL);

  g_signal_connect (
      self->ice, "on-ice-candidate-error", G_CALLBACK (take_error), &taken);
  g_signal_emit_by_name (rtcp->src, "on-ice-candidate-error", error);
  g_assert_null (taken);
  g_signal_emit_by_name (self->transport->src, "on-ice-candidate-error", error);
  g_assert_nonnull (taken);
  g_assert_true (gst_structure_is_equal (taken, error));
  gst_object_unref (rtcp);
}

static GstWebRTCICETransport *
add_transport (Fixture *self, guint stream)
{
  return gst_webrtc_ice_find_transport (self->ice,
      gst_webrtc_ice_add_stream (self->ice, stream),
      GST_WEBRTC_ICE_COMPONENT_RTP);
}

/* webrtcbin sets the role after it has set the elements to PLAYING; transports
 * that are made later have it, too. */
static void
test_role (Fixture *self, gconstpointer unused)
{
  GstWebRTCICETransport *beside = add_transport (self, STREAM + 2);
  GstWebRTCICETransport *later;

  g_assert_cmpint (self->transport->role, ==, GST_WEBRTC_ICE_ROLE_CONTROLLED);
  g_assert_false (gst_webrtc_ice_get_is_controller (self->ice));
  check_nick (self->transport->src, "role", "controlled");
  gst_webrtc_ice_set_is_controller (self->ice, TRUE);
  g_assert_true (gst_webrtc_ice_get_is_controller (self->ice));
  check_nick (self->transport->src, "role", "controlling");
  check_nick (beside->src, "role", "controlling");
  g_assert_cmpint (self->transport->role, ==, GST_WEBRTC_ICE_ROLE_CONTROLLING);
  check_nick (self->ice, "role", "controlling");
  later = add_transport (self, STREAM + 1);
  check_nick (later->src, "role", "controlling");
  g_assert_cmpint (later->role, ==, GST_WEBRTC_ICE_ROLE_CONTROLLING);
  gst_object_unref (later);
  gst_object_unref (beside);
}

static void
test_credentials (Fixture *self, gconstpointer unused)
{
  const gchar *ufrag = "someUfrag", *pwd = "aPasswordOf22CharsMore";
  g_autofree gchar *taken = NULL;
  g_autofree gchar *remote = NULL;

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
  g_object_get (self->ice, "remote-ufrag", &remote, NULL);
  g_assert_cmpstr (remote, ==, ufrag);
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
  later = add_transport (self, STREAM + 1);
  for (i = 0; i < G_N_ELEMENTS (settings); i++) {
    check_same (self->ice, self->transport->src, settings[i].name);
    check_same (self->ice, later->src, settings[i].name);
    if (settings[i].of_sink)
      check_same (self->ice, self->transport->sink, settings[i].name);
  }
  gst_object_unref (later);
}

/* webrtcbin's action of that name; a name is no address. */
static void
test_local_addresses (Fixture *self, gconstpointer unused)
{
  const struct
  {
    const gchar *address;
    gboolean expected;
  } rows[] = { { "127.0.0.1", TRUE }, { "localhost", FALSE }, { NULL, FALSE },
    { "::1", TRUE } };
  g_autofree gchar *list = NULL;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (rows); i++) {
    gboolean taken = !rows[i].expected;

    g_signal_emit_by_name (
        self->ice, "add-local-ip-address", rows[i].address, &taken);
    g_assert_cmpint (taken, ==, rows[i].expected);
  }
  list = show (self->transport->src, "local-addresses");
  g_assert_nonnull (strstr (list, "127.0.0.1"));
  g_assert_nonnull (strstr (list, "::1"));
  g_assert_null (strstr (list, "localhost"));
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

static void
check_first_turn_server (GstWebRTCICE *ice, const gchar *expected)
{
  g_autofree gchar *server = NULL;

  g_object_get (ice, "turn-server", &server, NULL);
  g_assert_cmpstr (server, ==, expected);
}

/* Those that were added stay beside `turn-server`, whichever came first; a
 * stream that is added later has all. A list replaces them all. */
static void
test_turn_servers (Fixture *self, gconstpointer unused)
{
  const gchar *const servers[] = { "turn://u:p@127.0.0.1:1",
    "turn://u:p@127.0.0.1:2", "turn://u:p@127.0.0.1:3" };
  GstWebRTCICETransport *later;

  check_first_turn_server (self->ice, NULL);
  g_assert_true (gst_webrtc_ice_add_turn_server (self->ice, servers[1]));
  check_first_turn_server (self->ice, servers[1]);
  gst_webrtc_ice_set_turn_server (self->ice, servers[0]);
  check_first_turn_server (self->ice, servers[0]);
  g_assert_true (gst_webrtc_ice_add_turn_server (self->ice, servers[2]));
  check_turn_servers (self->transport, servers, 3);
  later = add_transport (self, STREAM + 1);
  check_turn_servers (later, servers, 3);
  gst_webrtc_ice_set_turn_server (self->ice, NULL);
  check_turn_servers (self->transport, servers + 1, 2);
  g_object_set (self->ice, "turn-server", servers[0], NULL);
  check_turn_servers (self->transport, servers, 3);
  gst_util_set_object_arg (G_OBJECT (self->ice), "turn-servers",
      "<\"turn://u:p@127.0.0.1:2\", \"turn://u:p@127.0.0.1:3\">");
  check_turn_servers (self->transport, servers + 1, 2);
  check_turn_servers (later, servers + 1, 2);
  check_first_turn_server (self->ice, servers[1]);
  gst_object_unref (later);
}

/* Each transport has them, whenever it is added. */
static void
test_ice_servers (Fixture *self, gconstpointer unused)
{
  gchar text[] = "<[ice-server,urls=\"turn:127.0.0.1:1\","
                 "username=\"1900000000:me\",credential=\"p/+=@:%\"]>";
  GstWebRTCICETransport *later;
  guint i;

  gst_util_set_object_arg (G_OBJECT (self->ice), "ice-servers", text);
  later = add_transport (self, STREAM + 1);
  for (i = 0; i < 2; i++) {
    g_auto (GValue) entries = G_VALUE_INIT;
    const GstStructure *entry;

    g_value_init (&entries, GST_TYPE_ARRAY);
    g_object_get_property (G_OBJECT ((i > 0 ? later : self->transport)->src),
        "ice-servers", &entries);
    g_assert_cmpuint (gst_value_array_get_size (&entries), ==, 1);
    entry = gst_value_get_structure (gst_value_array_get_value (&entries, 0));
    g_assert_cmpstr (
        gst_structure_get_string (entry, "credential"), ==, "p/+=@:%");
  }
  gst_object_unref (later);
}

/* What we log. */

static GMutex log_lock;

static void
take_line (GstDebugCategory *category, GstDebugLevel level, const gchar *file,
    const gchar *function, gint line, GObject *object, GstDebugMessage *message,
    gpointer lines)
{
  if (!g_str_has_prefix (gst_debug_category_get_name (category), "ice"))
    return;
  g_mutex_lock (&log_lock);
  g_string_append_printf (
      lines, "%d %s\n", level, gst_debug_message_get (message));
  g_mutex_unlock (&log_lock);
}

static GString *
begin_log (void)
{
  GString *lines = g_string_new (NULL);

  gst_debug_remove_log_function (gst_debug_log_default);
  gst_debug_set_threshold_from_string ("ice*:9", FALSE);
  gst_debug_add_log_function (take_line, lines, NULL);
  return lines;
}

static void
end_log (GString *lines)
{
  gst_debug_remove_log_function (take_line);
  gst_debug_set_threshold_from_string ("", TRUE);
  gst_debug_add_log_function (gst_debug_log_default, NULL, NULL);
  g_string_free (lines, TRUE);
}

#define SECRET "aSecretPassword"

/* A URI that is refused may have a password at any place. */
static void
test_secrets (Fixture *self, gconstpointer unused)
{
  GString *lines = begin_log ();

  gst_webrtc_ice_set_stun_server (
      self->ice, "turn://user:" SECRET "@127.0.0.1:9");
  gst_webrtc_ice_set_turn_server (self->ice, "turn://user:" SECRET "@");
  g_object_set (self->ice, "turn-server", "turn:user:" SECRET "@a b", NULL);
  g_assert_false (
      gst_webrtc_ice_add_turn_server (self->ice, "user:" SECRET "@127.0.0.1"));
  g_assert_nonnull (strstr (lines->str, "1 stun-server is no URI"));
  g_assert_nonnull (strstr (lines->str, "1 turn-server is no URI"));
  g_assert_null (strstr (lines->str, SECRET));
  end_log (lines);
}

static void
add_candidate (
    GstWebRTCICE *ice, GstWebRTCICEStream *stream, const gchar *candidate)
{
#if GST_CHECK_VERSION(1, 23, 90)
  gst_webrtc_ice_add_candidate (ice, stream, candidate, NULL);
#else
  gst_webrtc_ice_add_candidate (ice, stream, candidate);
#endif
}

#define CANDIDATE "a=candidate:1 1 UDP 2015363327 192.0.2.1 4000 typ host"

/* The log has the reason. */
static void
test_refused_candidate (Fixture *self, gconstpointer unused)
{
  GString *lines = begin_log ();

  add_candidate (self->ice, self->stream, CANDIDATE);
  g_assert_null (strstr (lines->str, "2 add-ice-candidate"));
  add_candidate (self->ice, self->stream, CANDIDATE " pwd " SECRET "\x01");
  g_assert_nonnull (strstr (lines->str,
      "2 add-ice-candidate: ICE candidate: extension value \"***\""));
  g_assert_null (strstr (lines->str, SECRET));
  end_log (lines);
}

#if GST_CHECK_VERSION(1, 23, 90)
static void
check_reply (Fixture *self, const gchar *candidate, const gchar *error)
{
  GstPromise *promise = gst_promise_new ();
  g_autoptr (GError) found = NULL;

  gst_webrtc_ice_add_candidate (self->ice, self->stream, candidate, promise);
  g_assert_cmpint (gst_promise_wait (promise), ==, GST_PROMISE_RESULT_REPLIED);
  if (error == NULL) {
    g_assert_null (gst_promise_get_reply (promise));
  } else {
    g_assert_true (gst_structure_get (
        gst_promise_get_reply (promise), "error", G_TYPE_ERROR, &found, NULL));
    g_assert_error (found, GST_WEBRTC_ERROR, GST_WEBRTC_ERROR_INTERNAL_FAILURE);
    g_assert_nonnull (strstr (found->message, error));
  }
  g_assert_cmpint (GST_MINI_OBJECT_REFCOUNT_VALUE (promise), ==, 1);
  gst_promise_unref (promise);
}

static void
test_promises (Fixture *self, gconstpointer unused)
{
  check_reply (self, CANDIDATE, NULL);
  check_reply (self, "a=candidate:nonsense", "the candidate was refused");
  check_reply (self, "", NULL);
  check_reply (self, NULL, NULL);
}
#endif

static void
test_no_stream (Fixture *self, gconstpointer unused)
{
  GstWebRTCICECandidateStats *local, *remote;
  g_autofree GstWebRTCICECandidateStats **locals = NULL;
  g_autofree GstWebRTCICECandidateStats **remotes = NULL;

  locals = gst_webrtc_ice_get_local_candidates (self->ice, NULL);
  remotes = gst_webrtc_ice_get_remote_candidates (self->ice, NULL);
  g_assert_null (locals[0]);
  g_assert_null (remotes[0]);
  g_assert_false (
      gst_webrtc_ice_get_selected_pair (self->ice, NULL, &local, &remote));
  g_assert_false (gst_webrtc_ice_gather_candidates (self->ice, NULL));
  g_assert_false (
      gst_webrtc_ice_set_remote_credentials (self->ice, NULL, "a", "b"));
  gst_webrtc_ice_set_tos (self->ice, NULL, 46 << 2);
}

/* Two agents that call each other. */

typedef struct End End;
struct End
{
  GstWebRTCICE *ice;
  GstWebRTCICEStream *stream;
  GstWebRTCICETransport *transport;
  End *peer;
  GMutex lock;
  GString *states;    /* under the lock: nicks, in the order of notify */
  GHashTable *events; /* under the lock: names of signals */
  GstWebRTCICEGatheringState gathering; /* under the lock: the last reported */
  guint n_unchanged; /* under the lock: reports of it that were no change */
};

static void
note (End *self, const gchar *event)
{
  g_mutex_lock (&self->lock);
  g_hash_table_add (self->events, g_strdup (event));
  g_mutex_unlock (&self->lock);
}

static void
on_candidate (
    GstWebRTCICE *ice, guint stream, const gchar *candidate, End *self)
{
  g_assert_cmpuint (stream, ==, STREAM);
  if (candidate != NULL)
    add_candidate (self->peer->ice, self->peer->stream, candidate);
}

static void
on_pair (GstWebRTCICE *ice, guint stream, guint component,
    const GstStructure *pair, End *self)
{
  gint state;

  g_assert_cmpuint (stream, ==, STREAM);
  g_assert_cmpuint (component, ==, 1);
  g_assert_true (gst_structure_get_enum (pair, "state",
      G_VALUE_TYPE (gst_structure_get_value (pair, "state")), &state));
  note (self, "on-candidate-pair-state-change");
}

/* The state that is being reported: it may be another one by now. */
static void
note_gathering (End *self)
{
  g_mutex_lock (&self->lock);
  self->n_unchanged += self->ice->ice_gathering_state == self->gathering;
  self->gathering = self->ice->ice_gathering_state;
  g_mutex_unlock (&self->lock);
}

static void
on_notify (GstWebRTCICE *ice, GParamSpec *spec, End *self)
{
  g_autofree gchar *nick = get_nick (ice, "ice-connection-state");

  note (self, spec->name);
  if (g_str_equal (spec->name, "ice-gathering-state"))
    note_gathering (self);
  if (!g_str_equal (spec->name, "ice-connection-state"))
    return;
  g_mutex_lock (&self->lock);
  g_string_append_printf (self->states, "%s ", nick);
  g_mutex_unlock (&self->lock);
}

static void
set_up_end (End *self, End *peer, gboolean controlling)
{
  self->peer = peer;
  g_mutex_init (&self->lock);
  self->states = g_string_new (NULL);
  self->events = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->ice = gst_object_ref_sink (
      g_object_new (gst_dynamic_type_factory_load ("GstIceWebRTCAgent"), NULL));
  gst_util_set_object_arg (
      G_OBJECT (self->ice), "local-addresses", "<127.0.0.1>");
  self->stream = gst_webrtc_ice_add_stream (self->ice, STREAM);
  self->transport = gst_webrtc_ice_find_transport (
      self->ice, self->stream, GST_WEBRTC_ICE_COMPONENT_RTP);
  gst_webrtc_ice_set_is_controller (self->ice, controlling);
  g_signal_connect (
      self->ice, "on-ice-candidate", G_CALLBACK (on_candidate), self);
  g_signal_connect (
      self->ice, "on-candidate-pair-state-change", G_CALLBACK (on_pair), self);
  g_signal_connect (self->ice, "notify", G_CALLBACK (on_notify), self);
}

static void
tear_down_end (End *self)
{
  gst_object_unref (self->transport);
  gst_object_unref (self->ice);
  g_hash_table_unref (self->events);
  g_string_free (self->states, TRUE);
  g_mutex_clear (&self->lock);
}

static void
begin_end (End *self)
{
  g_autofree gchar *ufrag = NULL;
  g_autofree gchar *pwd = NULL;

  g_object_get (
      self->peer->ice, "local-ufrag", &ufrag, "local-pwd", &pwd, NULL);
  g_assert_true (gst_webrtc_ice_set_remote_credentials (
      self->ice, self->stream, ufrag, pwd));
  g_assert_true (gst_webrtc_ice_gather_candidates (self->ice, self->stream));
}

static gboolean
is_in_state (End *self, const gchar *expected)
{
  g_autofree gchar *nick = get_nick (self->ice, "ice-connection-state");

  return g_str_equal (nick, expected);
}

static void
wait_for_state (End *self, const gchar *expected)
{
  gint64 end = g_get_monotonic_time () + 20 * G_TIME_SPAN_SECOND;

  while (!is_in_state (self, expected)) {
    g_assert_cmpint (g_get_monotonic_time (), <, end);
    g_usleep (1000);
  }
}

static void
check_states (End *self, const gchar *pattern)
{
  g_autofree gchar *states = NULL;

  g_mutex_lock (&self->lock);
  states = g_strdup (self->states->str);
  g_mutex_unlock (&self->lock);
  if (!g_regex_match_simple (pattern, states, 0, 0))
    g_error ("%s: %s", pattern, states);
}

static guint
get_port (GstWebRTCICECandidateStats *candidate)
{
  guint port = candidate->port;

  g_assert_cmpstr (candidate->ipaddr, ==, "127.0.0.1");
  g_assert_cmpstr (candidate->type, ==, "host");
  g_assert_cmpstr (candidate->proto, ==, "udp");
  g_assert_cmpuint (candidate->stream_id, ==, STREAM);
  g_assert_cmpuint (candidate->prio, >, 0);
  return port;
}

/* (out) the ports of the selected pair */
static void
read_pair (End *self, guint *local_port, guint *remote_port)
{
  GstWebRTCICECandidateStats *local, *remote;

  g_assert_true (gst_webrtc_ice_get_selected_pair (
      self->ice, self->stream, &local, &remote));
  *local_port = get_port (local);
  *remote_port = get_port (remote);
  gst_webrtc_ice_candidate_stats_free (local);
  gst_webrtc_ice_candidate_stats_free (remote);
}

#if GST_CHECK_VERSION(1, 27, 90)
static void
check_candidate (GstWebRTCICECandidate *candidate, guint port)
{
  g_assert_true (g_str_has_prefix (candidate->candidate, "candidate:"));
  g_assert_cmpint (candidate->component, ==, GST_WEBRTC_ICE_COMPONENT_RTP);
  g_assert_cmpint (candidate->sdp_mline_index, ==, STREAM);
  g_assert_cmpuint (get_port (candidate->stats), ==, port);
}

static void
check_pair_of_transport (End *self, guint local_port, guint remote_port)
{
  GstWebRTCICECandidatePair *pair =
      gst_webrtc_ice_transport_get_selected_candidate_pair (self->transport);

  check_candidate (pair->local, local_port);
  check_candidate (pair->remote, remote_port);
  gst_webrtc_ice_candidate_pair_free (pair);
}
#endif

static void
check_pairs (End *ends)
{
  guint ports[2][2];
  guint i;

  for (i = 0; i < 2; i++)
    read_pair (&ends[i], &ports[i][0], &ports[i][1]);
  g_assert_cmpuint (ports[0][0], ==, ports[1][1]);
  g_assert_cmpuint (ports[0][1], ==, ports[1][0]);
#if GST_CHECK_VERSION(1, 27, 90)
  for (i = 0; i < 2; i++)
    check_pair_of_transport (&ends[i], ports[i][0], ports[i][1]);
#endif
}

static void
check_events (End *self)
{
  const gchar *const expected[] = { "on-candidate-pair-state-change",
    "candidate-pairs", "selected-candidate-pair", "local-candidates",
    "remote-candidates", "ice-gathering-state" };
  g_autoptr (GstStructure) pair = NULL;
  guint i;

  g_mutex_lock (&self->lock);
  for (i = 0; i < G_N_ELEMENTS (expected); i++)
    if (!g_hash_table_contains (self->events, expected[i]))
      g_error ("no %s", expected[i]);
  g_assert_cmpint (
      self->gathering, ==, GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE);
  g_assert_cmpuint (self->n_unchanged, ==, 0);
  g_mutex_unlock (&self->lock);
  g_object_get (self->ice, "selected-candidate-pair", &pair, NULL);
  g_assert_cmpstr (gst_structure_get_string (pair, "remote-type"), ==, "host");
}

static void
begin_call (End *ends)
{
  guint i;

  memset (ends, 0, 2 * sizeof (End));
  for (i = 0; i < 2; i++)
    set_up_end (&ends[i], &ends[1 - i], i == 0);
  for (i = 0; i < 2; i++)
    begin_end (&ends[i]);
}

/* The last state is `closed`, and nothing begins anew. */
static void
check_closed (End *self)
{
  GstWebRTCICEStream *later;
  GstWebRTCICETransport *transport;

  g_assert_cmpint (self->ice->ice_connection_state, ==,
      GST_WEBRTC_ICE_CONNECTION_STATE_CLOSED);
  check_nick (self->ice, "ice-connection-state", "closed");
  check_nick (self->transport, "state", "closed");
  later = gst_webrtc_ice_add_stream (self->ice, STREAM + 1);
  transport = gst_webrtc_ice_find_transport (
      self->ice, later, GST_WEBRTC_ICE_COMPONENT_RTP);
  g_assert_false (gst_webrtc_ice_gather_candidates (self->ice, later));
  check_nick (transport->src, "ice-gathering-state", "new");
  gst_object_unref (transport);
  check_states (self, "^checking (connected )?completed closed $");
}

static void
test_call (void)
{
  End ends[2];
  guint i;

  begin_call (ends);
  for (i = 0; i < 2; i++)
    wait_for_state (&ends[i], "completed");
  for (i = 0; i < 2; i++)
    check_events (&ends[i]);
  check_pairs (ends);
  for (i = 0; i < 2; i++) {
    g_signal_emit_by_name (ends[i].ice, "close");
    check_closed (&ends[i]);
  }
  for (i = 0; i < 2; i++)
    tear_down_end (&ends[i]);
}

#if GST_CHECK_VERSION(1, 27, 90)
/* The slot; the caller keeps its reference to the promise. */
static void
test_close_with_promise (void)
{
  End ends[2];
  GstPromise *promise = gst_promise_new ();
  guint i;

  begin_call (ends);
  wait_for_state (&ends[0], "completed");
  gst_webrtc_ice_close (ends[0].ice, promise);
  g_assert_cmpint (gst_promise_wait (promise), ==, GST_PROMISE_RESULT_REPLIED);
  g_assert_null (gst_promise_get_reply (promise));
  check_closed (&ends[0]);
  while (GST_MINI_OBJECT_REFCOUNT_VALUE (promise) > 1)
    g_thread_yield ();
  gst_promise_unref (promise);
  gst_webrtc_ice_close (ends[1].ice, NULL);
  check_nick (ends[1].ice, "ice-connection-state", "closed");
  for (i = 0; i < 2; i++)
    tear_down_end (&ends[i]);
}
#endif

static void
close_agent (GstWebRTCICE *ice, GParamSpec *spec, gpointer unused)
{
  g_signal_emit_by_name (ice, "close");
}

/* A handler closes the agent at its first state. */
static void
test_close_in_handler (void)
{
  End ends[2];
  guint i;

  memset (ends, 0, sizeof (ends));
  for (i = 0; i < 2; i++)
    set_up_end (&ends[i], &ends[1 - i], i == 0);
  g_signal_connect (ends[0].ice, "notify::ice-connection-state",
      G_CALLBACK (close_agent), NULL);
  for (i = 0; i < 2; i++)
    begin_end (&ends[i]);
  wait_for_state (&ends[0], "closed");
  g_signal_emit_by_name (ends[0].ice, "close"); /* waits for the I/O thread */
  check_nick (ends[0].transport, "state", "closed");
  check_states (&ends[0], "^checking closed $");
  for (i = 0; i < 2; i++)
    tear_down_end (&ends[i]);
}

typedef struct
{
  GstWebRTCICETransport *transport;
  /* atomic */
  gint began;  /* a state was notified */
  gint closed; /* `closed` was */
  gint later;  /* how many were after that */
  gint stop;
} Race;

static void
on_state (GstWebRTCICE *ice, GParamSpec *spec, Race *race)
{
  g_atomic_int_set (&race->began, TRUE);
  if (g_atomic_int_get (&race->closed))
    g_atomic_int_inc (&race->later);
  else if (ice->ice_connection_state == GST_WEBRTC_ICE_CONNECTION_STATE_CLOSED)
    g_atomic_int_set (&race->closed, TRUE);
}

static gpointer
change_states (gpointer data)
{
  Race *race = data;
  guint i;

  for (i = 0; !g_atomic_int_get (&race->stop); i++)
    gst_webrtc_ice_transport_connection_state_change (race->transport,
        i % 2 == 0 ? GST_WEBRTC_ICE_CONNECTION_STATE_CHECKING
                   : GST_WEBRTC_ICE_CONNECTION_STATE_CONNECTED);
  return NULL;
}

/* While a transport changes its state in another thread. */
static void
test_closed_is_last (void)
{
  guint i;

  for (i = 0; i < 50; i++) {
    Race race = { NULL };
    Fixture fixture;
    GThread *thread;

    set_up (&fixture, NULL);
    race.transport = fixture.transport;
    g_signal_connect (fixture.ice, "notify::ice-connection-state",
        G_CALLBACK (on_state), &race);
    thread = g_thread_new ("changes", change_states, &race);
    while (!g_atomic_int_get (&race.began))
      g_thread_yield ();
    g_signal_emit_by_name (fixture.ice, "close");
    g_usleep (1000);
    g_atomic_int_set (&race.stop, TRUE);
    g_thread_join (thread);
    g_assert_true (race.closed);
    g_assert_cmpint (race.later, ==, 0);
    g_assert_cmpint (fixture.ice->ice_connection_state, ==,
        GST_WEBRTC_ICE_CONNECTION_STATE_CLOSED);
    tear_down (&fixture, NULL);
  }
}

static void
forget (
    GstWebRTCICE *ice, guint stream, const gchar *candidate, gpointer unused)
{
}

/* webrtcbin drops a reference that it was never given, floating or not; so does
 * a second webrtcbin, which is refused. */
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
    g_assert_false (g_object_is_floating (ice));
    g_assert_cmpint (GST_OBJECT_REFCOUNT_VALUE (ice), ==, floats ? 1 : 2);
    g_test_expect_message (
        "gst-ice", G_LOG_LEVEL_CRITICAL, "*serves one webrtcbin*");
    gst_webrtc_ice_set_on_ice_candidate (ice, forget, NULL, NULL);
    g_test_assert_expected_messages ();
    g_assert_cmpint (GST_OBJECT_REFCOUNT_VALUE (ice), ==, floats ? 2 : 3);
    gst_object_unref (ice);
    gst_object_unref (ice);
    if (!floats)
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
    { "/webrtc/agent/transport-properties", test_transport_properties },
    { "/webrtc/agent/candidate-error", test_candidate_error },
    { "/webrtc/agent/role", test_role },
    { "/webrtc/agent/credentials", test_credentials },
    { "/webrtc/agent/policy-and-tos", test_policy_and_tos },
    { "/webrtc/agent/settings", test_settings },
    { "/webrtc/agent/local-addresses", test_local_addresses },
    { "/webrtc/agent/turn-servers", test_turn_servers },
    { "/webrtc/agent/ice-servers", test_ice_servers },
    { "/webrtc/agent/secrets", test_secrets },
    { "/webrtc/agent/refused-candidate", test_refused_candidate },
    { "/webrtc/agent/no-stream", test_no_stream },
#if GST_CHECK_VERSION(1, 23, 90)
    { "/webrtc/agent/promises", test_promises },
#endif
  };
  guint i;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  for (i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, set_up, tests[i].test, tear_down);
  g_test_add_func ("/webrtc/agent/reference", test_reference);
  g_test_add_func ("/webrtc/agent/call", test_call);
  g_test_add_func ("/webrtc/agent/close-in-handler", test_close_in_handler);
  g_test_add_func ("/webrtc/agent/closed-is-last", test_closed_is_last);
#if GST_CHECK_VERSION(1, 27, 90)
  g_test_add_func ("/webrtc/agent/close-with-promise", test_close_with_promise);
#endif
  return g_test_run ();
}
