/* gst-ice: test of gathering with servers, which are sockets of the test's:
 * what is found, what is reported of those that give nothing, and when
 * gathering ends. SPDX-License-Identifier: LGPL-2.1-or-later */

#include "agent/gsticenicestundiscovery.h"
#include "netns.h"
#include "niceends.h"
#include "recordingtransport.h"
#include "stunmessage.h"

#include <string.h>

#define SERVER "10.9.1.1"
#define PORT 3478
#define ONLY_PORT 5000 /* of an end */
#define ID_OFFSET 8
#define ID_SIZE 12
#define BINDING_REQUEST 0x0001
#define ALLOCATE_REQUEST 0x0003
#define SUCCESS 0x0100
#define ERROR 0x0110
#define ERROR_CODE 0x0009
#define MAPPED_ADDRESS 0x0020

/* What the server does; it answers only Binding requests with an address. */
typedef enum
{
  ANSWER,
  ANSWER_SAME, /* there is no NAT */
  REFUSE,
  IGNORE
} Behaviour;

typedef struct
{
  GSocket *socket;
  GThread *thread;
  gint behaviour, port; /* atomic: of the address that it reports */
  gint n_requests;      /* atomic */
  gint stop;            /* atomic */
} Server;

static void
add_mapped (Server *self, TestStun *answer, GInetSocketAddress *from)
{
  static const guint8 outside[] = { 192, 0, 2, 1 };
  gboolean same = g_atomic_int_get (&self->behaviour) == ANSWER_SAME;

  test_stun_add_address (answer, MAPPED_ADDRESS,
      same ? g_inet_address_to_bytes (g_inet_socket_address_get_address (from))
           : outside,
      sizeof (outside),
      same ? g_inet_socket_address_get_port (from)
           : (guint) g_atomic_int_get (&self->port),
      TRUE);
}

static void
answer (Server *self, const guint8 *request, GSocketAddress *from)
{
  guint type = GST_READ_UINT16_BE (request);
  gint behaviour = g_atomic_int_get (&self->behaviour);
  TestStun message;

  g_atomic_int_inc (&self->n_requests);
  if (behaviour == IGNORE)
    return;
  test_stun_begin (&message, type | (behaviour == REFUSE ? ERROR : SUCCESS));
  memcpy (message.data + ID_OFFSET, request + ID_OFFSET, ID_SIZE);
  if (behaviour == REFUSE)
    test_stun_add_number (&message, ERROR_CODE, 4, 0x0500);
  else
    add_mapped (self, &message, G_INET_SOCKET_ADDRESS (from));
  g_socket_send_to (self->socket, from, (const gchar *) message.data,
      message.size, NULL, NULL);
}

static gpointer
run_server (gpointer data)
{
  Server *self = data;

  while (!g_atomic_int_get (&self->stop)) {
    g_autoptr (GSocketAddress) from = NULL;
    guint8 request[STUN_MAX_SIZE];

    if (g_socket_receive_from (self->socket, &from, (gchar *) request,
            sizeof (request), NULL, NULL)
        >= STUN_HEADER)
      answer (self, request, from);
  }
  return NULL;
}

static void
server_start (Server *self, Behaviour behaviour)
{
  g_autoptr (GSocketAddress)
      address = g_inet_socket_address_new_from_string (SERVER, PORT);
  g_autoptr (GError) error = NULL;

  *self = (Server){ .behaviour = behaviour, .port = 6000 };
  self->socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM,
      G_SOCKET_PROTOCOL_UDP, NULL);
  g_socket_bind (self->socket, address, TRUE, &error);
  g_assert_no_error (error);
  self->thread = g_thread_new ("server", run_server, self);
}

static void
server_stop (Server *self)
{
  g_autoptr (GSocketAddress)
      address = g_inet_socket_address_new_from_string (SERVER, PORT);

  g_atomic_int_set (&self->stop, TRUE);
  g_socket_send_to (self->socket, address, "", 0, NULL, NULL);
  g_thread_join (self->thread);
  g_object_unref (self->socket);
}

/* What is reported of an end's servers. */

typedef struct
{
  gint n;
  guint code;
  gchar *url, *text;
} Errors;

static void
on_error (GstIceAgent *agent, const GstStructure *error, Errors *errors)
{
  g_atomic_int_inc (&errors->n);
  g_free (errors->url);
  g_free (errors->text);
  gst_structure_get_uint (error, "error-code", &errors->code);
  errors->url = g_strdup (gst_structure_get_string (error, "url"));
  errors->text = g_strdup (gst_structure_get_string (error, "error-text"));
}

static void
errors_clear (Errors *errors)
{
  g_free (errors->url);
  g_free (errors->text);
}

/* Those that contain the fragment. */
static guint
count_candidates (End *self, const gchar *fragment)
{
  GValue array = G_VALUE_INIT;
  guint i, n = 0;

  g_value_init (&array, GST_TYPE_ARRAY);
  g_object_get_property (G_OBJECT (self->agent), "local-candidates", &array);
  for (i = 0; i < gst_value_array_get_size (&array); i++)
    n += strstr (g_value_get_string (gst_value_array_get_value (&array, i)),
             fragment)
        != NULL;
  g_value_unset (&array);
  return n;
}

static void
gather (End *ends, Errors *errors, const gchar *stun, const gchar *turn)
{
  *errors = (Errors){ 0 };
  ends_open (ends);
  g_signal_connect (
      ends[0].agent, "on-ice-candidate-error", G_CALLBACK (on_error), errors);
  if (stun != NULL)
    end_set (&ends[0], "stun-server", stun);
  if (turn != NULL)
    end_set (&ends[0], "turn-servers", turn);
}

static void
finish (End *ends, Errors *errors)
{
  g_signal_handlers_disconnect_by_data (ends[0].agent, errors);
  ends_close (ends);
  errors_clear (errors);
}

/* The server-reflexive candidate is reported before the end of candidates, and
 * again after a restart in place, without another request. */
static void
test_found (int descriptor)
{
  Errors errors;
  Server server;
  End ends[2];
  guint64 changes;

  gather (ends, &errors, "stun://" SERVER ":3478", NULL);
  server_start (&server, ANSWER);
  ends_connect (ends, TRUE);
  g_assert_cmpuint (
      count_candidates (&ends[0], "192.0.2.1 6000 typ srflx raddr 10.9.0.1"),
      ==, 1);
  g_assert_cmpuint (count_candidates (&ends[0], "typ srflx"), ==, 1);
  g_assert_cmpint (g_atomic_int_get (&server.n_requests), ==, 1);
  changes = gst_ice_transport_pairs_get_n_changes (
      gst_ice_transport_get_pairs (ends[0].transport));
  end_restart (&ends[0]);
  ends_wait_changed (ends, changes);
  end_wait_gathered (&ends[0]);
  g_assert_cmpuint (count_candidates (&ends[0], "192.0.2.1 6000"), ==, 1);
  g_assert_cmpint (g_atomic_int_get (&server.n_requests), ==, 1);
  g_assert_cmpint (g_atomic_int_get (&errors.n), ==, 0);
  server_stop (&server);
  finish (ends, &errors);
}

/* Restarts in place before a pair is selected report it again, too. */
static void
test_restarts_before_pair (int descriptor)
{
  Errors errors;
  Server server;
  End ends[2];
  guint i;

  gather (ends, &errors, "stun://" SERVER ":3478", NULL);
  /* there is no other port for another generation */
  g_object_set (
      ends[0].agent, "min-port", ONLY_PORT, "max-port", ONLY_PORT, NULL);
  end_set_mute (&ends[0], TRUE);
  server_start (&server, ANSWER);
  g_assert_true (
      gst_ice_session_gather (gst_ice_agent_get_session (ends[0].agent)));
  end_wait_gathered (&ends[0]);
  for (i = 0; i < 3; i++) {
    g_assert_cmpuint (count_candidates (&ends[0], "192.0.2.1 6000"), ==, 1);
    end_restart (&ends[0]);
    end_wait_gathered (&ends[0]);
  }
  g_assert_cmpint (g_atomic_int_get (&server.n_requests), ==, 1);
  server_stop (&server);
  finish (ends, &errors);
}

/* A new generation asks again. */
static void
test_other_address (int descriptor)
{
  guint old[2], i;
  Errors errors;
  Server server;
  End ends[2];

  gather (ends, &errors, "stun://" SERVER ":3478", NULL);
  server_start (&server, ANSWER);
  ends_connect (ends, TRUE);
  for (i = 0; i < 2; i++)
    old[i] = end_get_port (&ends[i]);
  g_atomic_int_set (&server.port, 6001);
  ends_add_address (0, 2);
  ends_add_address (1, 2);
  end_restart (&ends[0]);
  ends_wait_restarted (ends, old[0], old[1]);
  end_wait_gathered (&ends[0]);
  g_assert_cmpuint (count_candidates (&ends[0], "192.0.2.1 6000"), ==, 0);
  g_assert_cmpuint (count_candidates (&ends[0], "192.0.2.1 6001"), ==, 2);
  server_stop (&server);
  finish (ends, &errors);
}

/* Both addresses over TCP, too. */
static void
test_tcp (int descriptor)
{
  Errors errors;
  Server server;
  End ends[2];

  gather (ends, &errors, "stun://" SERVER ":3478", NULL);
  g_object_set (ends[0].agent, "ice-tcp", TRUE, NULL);
  server_start (&server, ANSWER);
  ends_connect (ends, TRUE);
  g_assert_cmpuint (count_candidates (&ends[0], "UDP"), ==, 2);
  g_assert_cmpuint (count_candidates (&ends[0], "typ srflx raddr 10.9.0.1"), ==,
      1 + count_candidates (&ends[0], "typ host tcptype"));
  server_stop (&server);
  finish (ends, &errors);
}

/* Without a NAT there is nothing to report. */
static void
test_no_nat (int descriptor)
{
  Errors errors;
  Server server;
  End ends[2];

  gather (ends, &errors, "stun://" SERVER ":3478", NULL);
  server_start (&server, ANSWER_SAME);
  ends_connect (ends, TRUE);
  g_assert_cmpuint (count_candidates (&ends[0], "typ srflx"), ==, 0);
  g_assert_cmpint (g_atomic_int_get (&server.n_requests), ==, 1);
  g_assert_cmpint (g_atomic_int_get (&errors.n), ==, 0);
  server_stop (&server);
  finish (ends, &errors);
}

/* One error for the server, at the end of gathering. */
static void
test_refused (int descriptor)
{
  Errors errors;
  Server server;
  End ends[2];

  gather (ends, &errors, "stun://" SERVER ":3478", NULL);
  ends_add_address (0, 2);
  server_start (&server, REFUSE);
  ends_connect (ends, TRUE);
  g_assert_cmpint (g_atomic_int_get (&server.n_requests), ==, 2);
  g_assert_cmpint (g_atomic_int_get (&errors.n), ==, 1);
  g_assert_cmpuint (errors.code, ==, 500);
  g_assert_nonnull (strstr (errors.url, SERVER));
  server_stop (&server);
  finish (ends, &errors);
}

/* Those that do not answer do not hold the end of candidates back for ever; the
 * connection does not wait for it. */
static void
test_silent (int descriptor)
{
  Errors errors;
  Server server;
  End ends[2];

  gather (ends, &errors, "stun://" SERVER ":3478",
      "<\"turn://user:password@" SERVER ":3478\">");
  server_start (&server, IGNORE);
  ends_connect (ends, TRUE);
  g_assert_cmpint (g_atomic_int_get (&errors.n), ==, 2);
  g_assert_cmpuint (errors.code, ==, 701);
  g_assert_cmpuint (count_candidates (&ends[0], "typ host"), ==, 1);
  g_assert_cmpuint (count_candidates (&ends[0], "candidate"), ==, 1);
  server_stop (&server);
  finish (ends, &errors);
}

/* A TURN server that refuses is reported with its code. */
static void
test_turn_refuses (int descriptor)
{
  Errors errors;
  Server server;
  End ends[2];

  gather (ends, &errors, NULL, "<\"turn://user:password@" SERVER ":3478\">");
  server_start (&server, REFUSE);
  ends_connect (ends, TRUE);
  g_assert_cmpint (g_atomic_int_get (&errors.n), ==, 1);
  g_assert_nonnull (strstr (errors.url, "turn"));
  g_assert_null (strstr (errors.url, "password"));
  g_assert_cmpuint (count_candidates (&ends[0], "candidate"), ==, 1);
  server_stop (&server);
  finish (ends, &errors);
}

static void
count_error (GstIceTransport *transport, const GstIceCandidateError *error,
    gpointer count)
{
  ++*(guint *) count;
}

static void
count_done (gpointer count)
{
  ++*(guint *) count;
}

/* Without an address to ask from it is done at once, and waits for nothing. */
static void
test_idle (void)
{
  static const GstIceTransportObserver observer = {
    .candidate_error = count_error,
  };
  static const GstIceNiceStunDiscoveryFuncs functions = { .done = count_done };
  g_autoptr (GMainContext) context = g_main_context_new ();
  GstIceStunResponses *answers = gst_ice_stun_responses_new (
      context, 0x12345678, NULL, NULL);
  GString *log = g_string_new (NULL);
  GstIceTransport *transport = recording_transport_new (log);
  IceServer *server = ice_server_parse ("stun://" SERVER ":3478", NULL);
  GstIceNiceStunDiscovery *discovery;
  guint errors = 0, done = 0;

  server->address = g_strdup (server->host);
  gst_ice_transport_set_observer (transport, &observer, &errors);
  discovery = gst_ice_nice_stun_discovery_new (
      transport, context, answers, server, &functions, &done);
  gst_ice_nice_stun_discovery_begin (discovery, NULL, NULL);
  g_assert_true (g_main_context_iteration (context, FALSE));
  g_assert_false (g_main_context_pending (context));
  g_assert_cmpuint (errors, ==, 1);
  g_assert_cmpuint (done, ==, 1);
  gst_ice_nice_stun_discovery_free (discovery);
  ice_server_free (server);
  gst_object_unref (transport);
  g_string_free (log, TRUE);
  gst_ice_stun_responses_close (answers);
  gst_ice_stun_responses_unref (answers);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add_func ("/discovery/idle", test_idle);
  netns_add_test ("/discovery/found", test_found);
  netns_add_test ("/discovery/restarts-before-pair", test_restarts_before_pair);
  netns_add_test ("/discovery/other-address", test_other_address);
  netns_add_test ("/discovery/tcp", test_tcp);
  netns_add_test ("/discovery/no-nat", test_no_nat);
  netns_add_test ("/discovery/refused", test_refused);
  netns_add_test ("/discovery/silent", test_silent);
  netns_add_test ("/discovery/turn-refuses", test_turn_refuses);
  return g_test_run ();
}
