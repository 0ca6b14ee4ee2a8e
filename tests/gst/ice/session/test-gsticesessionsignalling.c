/* gst-ice: tests of a session with built-in signalling, whose peer is a socket.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "session/gsticesessiontables.h"
#include "sessionfixture.h"
#include "signallingpeer.h"
#include "suite.h"

static void
start (Session *s, Peer *peer, const gchar *mode)
{
  g_autofree gchar *uri = g_strdup_printf (
      "unix://%s?mode=%s", peer->path, mode);

  session_start (s);
  g_object_set (s->agent, "signalling-uri", uri, NULL);
}

static void
start_connected (Session *s, Peer *peer)
{
  peer_init (peer);
  peer_listen (peer);
  start (s, peer, "caller");
  session_gather (s);
  peer_accept (peer);
  peer_expect (peer, "parameters");
}

static void
end (Session *s, Peer *peer)
{
  session_end (s);
  peer_clear (peer);
}

/* Who listens is controlled, unless the application has chosen a role. */
static void
test_role (void)
{
  static const struct
  {
    const gchar *mode; /* NULL: no signalling */
    gint role;         /* -1: not set */
    const gchar *gathers;
  } rows[] = {
    { "caller", -1, "gather:controlling:" },
    { "listener", -1, "gather:controlled:" },
    { "caller", GST_ICE_ROLE_CONTROLLED, "gather:controlled:" },
    { "listener", GST_ICE_ROLE_CONTROLLING, "gather:controlling:" },
    { "listener", GST_ICE_ROLE_UNKNOWN, "gather:controlled:" },
    { "caller", GST_ICE_ROLE_UNKNOWN, "gather:controlling:" },
    { NULL, GST_ICE_ROLE_UNKNOWN, "gather:controlling:" },
    { NULL, GST_ICE_ROLE_CONTROLLED, "gather:controlled:" },
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree gchar *log = NULL;
    Peer peer;
    Session s;

    peer_init (&peer);
    if (g_strcmp0 (rows[i].mode, "caller") == 0)
      peer_listen (&peer);
    if (rows[i].mode != NULL)
      start (&s, &peer, rows[i].mode);
    else
      session_start (&s);
    if (rows[i].role >= 0)
      g_object_set (s.agent, "role", rows[i].role, NULL);
    session_gather (&s);
    log = fake_take_log (s.a1);
    if (!g_str_has_prefix (log, rows[i].gathers))
      g_error ("row %u: %s", i, log);
    end (&s, &peer);
  }
}

/* The line opens late: what was found until then is sent, each once, and the
 * end of candidates only if they have ended. */
static void
opens_late (gboolean gathered)
{
  Peer peer;
  Session s;

  peer_init (&peer);
  start (&s, &peer, "listener");
  s.a2 = session_add_transport (&s, 0, 2); /* of the same stream */
  session_gather (&s);
  fake_candidate (s.a1, FAKE_LOCAL);
  if (gathered) {
    fake_gathered (s.a1);
    fake_gathered (s.a2);
  }
  peer_connect (&peer);
  peer_write_parameters (&peer, "peer", 0);
  peer_expect (&peer, "\"generation\":0");
  peer_expect (&peer, "10.0.0.1 5001");
  if (gathered)
    peer_expect (&peer, "\"candidate\":\"\"");
  gst_ice_session_end_of_stream (
      gst_ice_agent_get_session (s.agent), GST_ICE_TRANSPORT (s.a1));
  peer_expect (&peer, "bye");
  end (&s, &peer);
}

static void
test_opens_late (void)
{
  opens_late (TRUE);
  opens_late (FALSE);
}

static void
claim (FakeTransport *transport, GstObject *owner)
{
  g_assert_true (gst_ice_claims_claim (
      gst_ice_datapath_get_claims (
          gst_ice_transport_get_datapath (GST_ICE_TRANSPORT (transport))),
      GST_ICE_DIRECTION_SEND, owner, NULL));
}

/* `bye` comes when the last one that sends has ended. */
static void
test_bye (void)
{
  GstObject *owner = gst_object_ref_sink (gst_bin_new (NULL));
  GstIceSession *session;
  Peer peer;
  Session s;

  start_connected (&s, &peer);
  session = gst_ice_agent_get_session (s.agent);
  s.a2 = session_add_transport (&s, 0, 2);
  s.b1 = session_add_transport (&s, 1, 1); /* nobody sends there */
  claim (s.a1, owner);
  claim (s.a2, owner);
  gst_ice_session_end_of_stream (session, GST_ICE_TRANSPORT (s.a2));
  fake_settle ();
  fake_candidate (s.a1, FAKE_LOCAL);
  peer_expect (&peer, "10.0.0.1 5001"); /* no `bye` before it */
  gst_ice_session_end_of_stream (session, GST_ICE_TRANSPORT (s.a1));
  peer_expect (&peer, "bye");
  gst_ice_datapath_unclaim (
      gst_ice_transport_get_datapath (GST_ICE_TRANSPORT (s.a1)),
      GST_ICE_DIRECTION_SEND, owner);
  gst_ice_datapath_unclaim (
      gst_ice_transport_get_datapath (GST_ICE_TRANSPORT (s.a2)),
      GST_ICE_DIRECTION_SEND, owner);
  end (&s, &peer);
  gst_object_unref (owner);
}

static gboolean
is_state (GstIceAgent *agent, GstIceConnectionState wanted)
{
  gint64 end = g_get_monotonic_time () + FAKE_WATCHDOG;
  GstIceConnectionState state;

  do {
    fake_settle ();
    g_object_get (agent, "ice-connection-state", &state, NULL);
  } while (state != wanted && g_get_monotonic_time () < end);
  return state == wanted;
}

/* keep=true: the next caller finds a session that knows nothing of the one
 * before. */
static void
test_keep (void)
{
  g_autofree gchar *ufrag = NULL, *next_ufrag = NULL;
  GstIceSession *session;
  Peer peer;
  Session s;

  peer_init (&peer);
  start (&s, &peer, "listener&keep=true");
  session = gst_ice_agent_get_session (s.agent);
  session_gather (&s);
  g_assert_true (gst_ice_session_keeps (session));
  g_object_get (s.agent, "local-ufrag", &ufrag, NULL);
  peer_connect (&peer);
  peer_write_parameters (&peer, "peer", 0);
  peer_expect (&peer, "\"generation\":0");
  fake_complete (s.a1);
  peer_write_parameters (&peer, "new0", 7);
  peer_expect (&peer, "\"candidate\":\"\"");
  peer_expect (&peer, "\"generation\":7");
  fake_complete (s.a1);
  fake_role (s.a1, GST_ICE_ROLE_CONTROLLING);
  g_free (fake_take_log (s.a1));

  peer_write (&peer, "{\"type\":\"bye\"}\n");
  g_clear_object (&peer.line);
  g_string_truncate (peer.received, 0);
  fake_wait_log (s.a1, "end-call gather:controlled:stun=-:turn=0 ");
  g_assert_true (is_state (s.agent, GST_ICE_CONNECTION_STATE_NEW));
  g_object_get (s.agent, "local-ufrag", &next_ufrag, NULL);
  g_assert_cmpstr (ufrag, !=, next_ufrag);

  peer_connect (&peer);
  /* credentials and a generation of the call before are nothing special */
  peer_write_parameters (&peer, "peer", 0);
  peer_expect (&peer, "\"generation\":0");
  fake_wait_log (s.a1, "credentials:peer");
  fake_complete (s.a1);
  g_assert_true (is_state (s.agent, GST_ICE_CONNECTION_STATE_COMPLETED));
  gst_ice_session_end_of_stream (session, GST_ICE_TRANSPORT (s.a1));
  fake_settle ();
  g_assert_false (gst_ice_session_keeps (session));
  end (&s, &peer);
}

/* A newer generation of the peer's restarts us, and ours is that one then; an
 * older one is ignored, with its candidates. */
static void
test_generations (void)
{
  Peer peer;
  Session s;

  start_connected (&s, &peer);
  peer_write_parameters (&peer, "peer", 0);
  fake_wait_log (s.a1, "credentials:peer");
  fake_complete (s.a1);
  peer_expect (&peer, "\"candidate\":\"\"");
  session_drain (&s);

  peer_write_parameters (&peer, "new0", 1);
  fake_wait_log (s.a1, "restart credentials:new0 ");
  peer_expect (&peer, "\"generation\":1");
  peer_write_candidate (&peer, "peer", PEER_2);
  peer_write_candidate (&peer, "new0", PEER_1);
  fake_wait_log (s.a1, "candidate:10.0.1.1");
  assert_log (s.a1, "restart credentials:new0 candidate:10.0.1.1 ");
  fake_complete (s.a1);
  peer_expect (&peer, "\"candidate\":\"\"");
  session_drain (&s);

  peer_write_parameters (&peer, "new1", 3);
  fake_wait_log (s.a1, "restart credentials:new1 ");
  peer_expect (&peer, "\"generation\":3");
  fake_complete (s.a1);
  peer_expect (&peer, "\"candidate\":\"\"");
  session_drain (&s);

  /* sent before it received our restart */
  g_assert_true (
      gst_ice_session_restart (gst_ice_agent_get_session (s.agent), NULL));
  peer_expect (&peer, "\"generation\":4");
  session_drain (&s);
  peer_write_parameters (&peer, "new1", 3);
  peer_write_candidate (&peer, "new1", PEER_1);
  peer_write_parameters (&peer, "new2", 4);
  peer_write_candidate (&peer, "new2", PEER_2);
  fake_wait_log (s.a1, "candidate:10.0.1.2");
  assert_log (s.a1, "credentials:new2 candidate:10.0.1.2 ");
  peer_write_candidate (&peer, NULL, PEER_1);
  fake_wait_log (s.a1, "candidate:10.0.1.1");
  assert_log (s.a1, "candidate:10.0.1.1 ");
  peer_write_parameters (&peer, "new2", 4); /* a repeat */
  peer_write_candidate (&peer, NULL, "");
  fake_wait_log (s.a1, "end");
  assert_log (s.a1, "end ");
  {
    g_autofree gchar *lines = recorder_take (s.recorder);

    g_assert_null (strstr (lines, "WARNING"));
  }
  end (&s, &peer);
}

/* In the first generation a candidate with another ufrag is an error of the
 * peer's. */
static void
test_wrong_ufrag (void)
{
  Peer peer;
  Session s;

  start_connected (&s, &peer);
  peer_write_parameters (&peer, "peer", 0);
  fake_wait_log (s.a1, "credentials:peer");
  peer_write_candidate (&peer, "nobody", PEER_1 " ufrag nobody");
  recorder_wait (s.recorder, "the peer's signalling: ");
  end (&s, &peer);
}

/* The peer's `bye` ends what icesrc receives, on all transports. */
static void
test_bye_of_peer (void)
{
  FakeTransport *transports[2];
  Peer peer;
  Session s;
  guint i;

  start_connected (&s, &peer);
  s.a2 = session_add_transport (&s, 0, 2);
  transports[0] = s.a1;
  transports[1] = s.a2;
  peer_write_parameters (&peer, "peer", 0);
  fake_wait_log (s.a1, "credentials:peer");
  peer_write (&peer, "{\"type\":\"bye\"}\n");
  for (i = 0; i < G_N_ELEMENTS (transports); i++) {
    GstIceDatapath *datapath = gst_ice_transport_get_datapath (
        GST_ICE_TRANSPORT (transports[i]));
    GstBufferList *datagrams = NULL;

    gst_ice_inbox_set_timeout (
        gst_ice_datapath_get_inbox (datapath), 10 * GST_SECOND);
    g_assert_cmpint (
        gst_ice_datapath_pop (datapath, &datagrams), ==, GST_FLOW_EOS);
  }
  end (&s, &peer);
}

/* A line that breaks ends the call only as long as there is no connection. */
static void
test_line_breaks (void)
{
  guint connected;

  for (connected = 0; connected < 2; connected++) {
    Peer peer;
    Session s;

    start_connected (&s, &peer);
    peer_write_parameters (&peer, "peer", 0);
    fake_wait_log (s.a1, "credentials:peer");
    fake_event (s.a1, ICE_EVENT_CHECKING);
    if (connected)
      fake_complete (s.a1);
    session_drain (&s);
    g_clear_object (&peer.line);
    recorder_wait (s.recorder, connected ? "bus WARNING" : "bus ERROR");
    end (&s, &peer);
  }
}

/* What the plugin icesoup has, as far as a caller needs it that never gets a
 * connection: it goes on writing when it is closed. */

typedef struct
{
  GObject parent;
  guint n_open;
} WebSocket;

typedef GObjectClass WebSocketClass;

static GType web_socket_get_type (void);
G_DEFINE_TYPE (WebSocket, web_socket, G_TYPE_OBJECT)

enum
{
  WEB_PROP_0,
  WEB_PROP_BOOLEAN,                     /* listens, secure */
  WEB_PROP_TEXT = WEB_PROP_BOOLEAN + 2, /* host, resource, origin */
  WEB_PROP_PORT = WEB_PROP_TEXT + 3,
  WEB_PROP_CERTIFICATE,
  WEB_PROP_N_OPEN
};

static WebSocket *web_socket; /* the last one; not referenced */

static void
web_socket_set_property (
    GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
}

static void
web_socket_get_property (
    GObject *object, guint id, GValue *value, GParamSpec *spec)
{
  if (id == WEB_PROP_N_OPEN)
    g_value_set_uint (value, ((WebSocket *) object)->n_open);
}

static void
web_socket_init (WebSocket *self)
{
  self->n_open = 1;
  web_socket = self;
}

static void
web_socket_class_init (WebSocketClass *klass)
{
  static const gchar *const booleans[] = { "listens", "secure" };
  static const gchar *const texts[] = { "host", "resource", "origin" };
  guint i;

  klass->set_property = web_socket_set_property;
  klass->get_property = web_socket_get_property;
  for (i = 0; i < G_N_ELEMENTS (booleans); i++)
    g_object_class_install_property (klass, WEB_PROP_BOOLEAN + i,
        g_param_spec_boolean (
            booleans[i], NULL, NULL, FALSE, G_PARAM_WRITABLE));
  for (i = 0; i < G_N_ELEMENTS (texts); i++)
    g_object_class_install_property (klass, WEB_PROP_TEXT + i,
        g_param_spec_string (texts[i], NULL, NULL, NULL, G_PARAM_WRITABLE));
  g_object_class_install_property (klass, WEB_PROP_PORT,
      g_param_spec_uint (
          "port", NULL, NULL, 0, G_MAXUINT16, 0, G_PARAM_WRITABLE));
  g_object_class_install_property (klass, WEB_PROP_CERTIFICATE,
      g_param_spec_object (
          "certificate", NULL, NULL, G_TYPE_TLS_CERTIFICATE, G_PARAM_WRITABLE));
  g_object_class_install_property (klass, WEB_PROP_N_OPEN,
      g_param_spec_uint (
          "n-open", NULL, NULL, 0, G_MAXUINT, 1, G_PARAM_READABLE));
}

static gboolean
end_writing (gpointer unused)
{
  web_socket->n_open = 0;
  g_object_notify (G_OBJECT (web_socket), "n-open");
  return G_SOURCE_REMOVE;
}

static gboolean
has_closed (Session *s)
{
  GstIceSession *session = gst_ice_agent_get_session (s->agent);
  gboolean closed;

  g_mutex_lock (&session->lock);
  closed = session->closed;
  g_mutex_unlock (&session->lock);
  return closed;
}

/* It has closed when the last messages have been written. */
static void
test_closed_when_written (void)
{
  GType type = g_type_register_static_simple (web_socket_get_type (),
      "GstIceWebSocket", sizeof (WebSocketClass), NULL, sizeof (WebSocket),
      NULL, 0);
  GstPluginFeature *feature;
  Session s;

  gst_dynamic_type_register (NULL, type);
  session_start (&s);
  g_object_set (
      s.agent, "signalling-uri", "ws://127.0.0.1:9?mode=caller", NULL);
  session_gather (&s);
  g_assert_nonnull (web_socket);
  gst_ice_session_close (gst_ice_agent_get_session (s.agent));
  recorder_wait (s.recorder, "agent ice-connection-state closed\n");
  fake_settle ();
  g_assert_false (has_closed (&s));
  fake_call (end_writing, NULL);
  g_assert_true (has_closed (&s));
  session_end (&s);
  feature = gst_registry_lookup_feature (
      gst_registry_get (), "GstIceWebSocket");
  gst_registry_remove_feature (gst_registry_get (), feature);
  /* gst_dynamic_type_factory_load() keeps references (GStreamer 1.22) */
  while (GST_OBJECT_REFCOUNT_VALUE (feature) > 1)
    gst_object_unref (feature);
  gst_object_unref (feature);
}

/* Each stream's parameters, candidates and end, in this order; the parameters
 * again after a restart. */
static void
test_of_streams (void)
{
  static const gchar *const locals[] = { FAKE_LOCAL,
    "candidate:1 1 udp 2130706431 10.0.0.1 5003 typ host" };
  static const gchar *const parts[] = { "\"generation\":0", "10.0.0.1 500",
    "\"candidate\":\"\"" };
  Peer peer;
  Session s;
  guint i, k;

  peer_init (&peer);
  start (&s, &peer, "listener");
  s.a2 = session_add_transport (&s, 0, 2);
  s.b1 = session_add_transport (&s, 1, 1);
  s.b2 = session_add_transport (&s, 1, 2);
  session_gather (&s);
  fake_candidate (s.a1, locals[0]);
  fake_candidate (s.b1, locals[1]);
  fake_gathered (s.a1);
  fake_gathered (s.a2);
  fake_gathered (s.b1);
  fake_gathered (s.b2);
  peer_connect (&peer);
  peer_write_parameters (&peer, "peer", 0);
  for (i = 0; i < 2; i++)
    for (k = 0; k < G_N_ELEMENTS (parts); k++)
      peer_expect (&peer, parts[k]);
  g_assert_true (
      gst_ice_session_restart (gst_ice_agent_get_session (s.agent), NULL));
  peer_expect (&peer, "\"stream\":0");
  peer_expect (&peer, "\"stream\":1");
  end (&s, &peer);
}

static const SuiteTest tests[] = {
  { "/session/signalling/closed-when-written", test_closed_when_written },
  { "/session/signalling/role", test_role },
  { "/session/signalling/opens-late", test_opens_late },
  { "/session/signalling/bye", test_bye },
  { "/session/signalling/generations", test_generations },
  { "/session/signalling/keep", test_keep },
  { "/session/signalling/wrong-ufrag", test_wrong_ufrag },
  { "/session/signalling/bye-of-peer", test_bye_of_peer },
  { "/session/signalling/line-breaks", test_line_breaks },
  { "/session/signalling/of-streams", test_of_streams },
};

int
main (int argc, char **argv)
{
  return suite_run (argc, argv, tests, G_N_ELEMENTS (tests));
}
