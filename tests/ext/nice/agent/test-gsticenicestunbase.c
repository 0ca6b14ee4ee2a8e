/* gst-ice: test of one local address at a STUN server, which is a socket; the
 * time is an argument.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "agent/gsticenicestunbase.h"
#include "stun/icebinding.h"
#include "stun/icestundiscovery.h"
#include "stunmessage.h"

#include <string.h>

#define TAG 0x1CE1CE01
#define BEGIN G_GINT64_CONSTANT (1000000)
#define HOST_PORT 5000
/* Of the greatest length, which the letter before it makes too long. */
#define FOUNDATION "0123456789abcdef0123456789abcdef"
#define FOUND "s0123456789abcdef0123456789abcde"
#define HOST_PRIORITY 0x7EFFFF01
#define ID_OFFSET 8
#define TYPE_OFFSET 0
#define BINDING_REQUEST 0x0001
#define BINDING_SUCCESS 0x0101
#define BINDING_ERROR 0x0111
#define ERROR_CODE 0x0009
#define MAPPED_ADDRESS 0x0020
#define UNKNOWN_ATTRIBUTE 0x0024

typedef struct
{
  GMainContext *context;
  GSocket *agent, *server;
  GSocketAddress *server_address;
  GstIceStunResponses *answers;
  GstIceSteering *steering;
  NiceCandidate *host;
  GstIceNiceStunBase *base;
  TestStun request; /* the last one that the server got */
} Fixture;

static void
on_received (GSocketAddress *from, const guint8 *data, gsize size, gint64 at,
    gpointer user_data)
{
}

static GSocket *
open_socket (void)
{
  g_autoptr (GSocketAddress)
      any = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  GSocket *socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM,
      G_SOCKET_PROTOCOL_UDP, NULL);

  g_assert_true (g_socket_bind (socket, any, FALSE, NULL));
  g_socket_set_blocking (socket, FALSE);
  return socket;
}

static void
set_address (NiceAddress *address, const gchar *text, guint port)
{
  nice_address_init (address);
  g_assert_true (nice_address_set_from_string (address, text));
  nice_address_set_port (address, port);
}

static NiceCandidate *
make_host (const gchar *address, guint port, NiceCandidateTransport transport)
{
  NiceCandidate *host = nice_candidate_new (NICE_CANDIDATE_TYPE_HOST);

  set_address (&host->addr, address, port);
  host->base_addr = host->addr;
  host->transport = transport;
  host->priority = HOST_PRIORITY;
  host->stream_id = 3;
  host->component_id = 1;
  g_strlcpy (host->foundation, FOUNDATION, sizeof (host->foundation));
  return host;
}

static void
make_base (Fixture *f, const gchar *host, GSocketAddress *server)
{
  f->host = make_host (host, HOST_PORT, NICE_CANDIDATE_TRANSPORT_UDP);
  f->base = gst_ice_nice_stun_base_new (
      NULL, TAG, f->steering, f->host, g_object_ref (server), BEGIN);
}

/* Returns: whether this system can steer; the test is skipped otherwise */
static gboolean
set_up (Fixture *f, const gchar *host)
{
  g_autoptr (GError) error = NULL;

  memset (f, 0, sizeof (*f));
  f->context = g_main_context_new ();
  f->answers = gst_ice_stun_responses_new (f->context, TAG, on_received, f);
  f->agent = open_socket ();
  f->server = open_socket ();
  f->server_address = g_socket_get_local_address (f->server, NULL);
  f->steering = gst_ice_steering_new (f->agent, f->answers, f->context, &error);
  if (f->steering == NULL)
    g_test_skip (error->message);
  else
    make_base (f, host, f->server_address);
  return f->steering != NULL;
}

static void
tear_down (Fixture *f)
{
  g_clear_pointer (&f->base, gst_ice_nice_stun_base_free);
  g_clear_pointer (&f->host, nice_candidate_free);
  g_clear_pointer (&f->steering, gst_ice_steering_free);
  gst_ice_stun_responses_close (f->answers);
  gst_ice_stun_responses_unref (f->answers);
  g_object_unref (f->server_address);
  g_object_unref (f->agent);
  g_object_unref (f->server);
  g_main_context_unref (f->context);
}

/* Returns: whether the server got a request since the last call */
static gboolean
take_request (Fixture *f)
{
  gssize n = g_socket_receive (f->server, (gchar *) f->request.data,
      sizeof (f->request.data), NULL, NULL);

  if (n < 0)
    return FALSE;
  f->request.size = (gsize) n;
  g_assert_cmpint (n, ==, ICE_BINDING_REQUEST_SIZE);
  g_assert_cmpint (f->request.data[TYPE_OFFSET + 1], ==, BINDING_REQUEST);
  g_assert_cmpuint (GST_READ_UINT32_BE (f->request.data + ID_OFFSET), ==, TAG);
  return TRUE;
}

static gboolean
step (Fixture *f, gint64 now)
{
  gst_ice_nice_stun_base_step (f->base, TRUE, now);
  return take_request (f);
}

static void
begin_answer (Fixture *f, TestStun *answer, guint type)
{
  test_stun_begin (answer, type);
  memcpy (answer->data + ID_OFFSET, f->request.data + ID_OFFSET,
      ICE_BINDING_ID_SIZE);
}

static GstIceNiceStunNews
take (Fixture *f, const TestStun *answer, gint64 at)
{
  g_assert_true (
      gst_ice_nice_stun_base_has_asked (f->base, answer->data, answer->size));
  return gst_ice_nice_stun_base_take_answer (
      f->base, f->server_address, answer->data, answer->size, at);
}

static GstIceNiceStunNews
take_mapped (Fixture *f, const gchar *address, guint port, gint64 at)
{
  g_autoptr (GInetAddress) mapped = g_inet_address_new_from_string (address);
  TestStun answer;

  begin_answer (f, &answer, BINDING_SUCCESS);
  test_stun_add_address (&answer, MAPPED_ADDRESS,
      g_inet_address_to_bytes (mapped), g_inet_address_get_native_size (mapped),
      port, TRUE);
  return take (f, &answer, at);
}

static void
assert_failure (
    Fixture *f, IceServerFailureReason reason, guint code, const gchar *detail)
{
  IceServerFailure failure = { 0 };

  g_assert_false (gst_ice_nice_stun_base_has_worked (f->base));
  gst_ice_nice_stun_base_get_failure (f->base, &failure);
  g_assert_cmpint (failure.reason, ==, reason);
  g_assert_cmpuint (failure.code, ==, code);
  g_assert_cmpstr (failure.detail, ==, detail);
  g_assert_cmpstr (failure.address, ==, code != 0 ? "10.0.0.1" : NULL);
  g_assert_cmpuint (failure.port, ==, code != 0 ? HOST_PORT : 0);
}

/* A request, repeated with the same id; the next transaction has another. */
static void
test_requests (void)
{
  gint64 now = BEGIN;
  Fixture f;

  if (set_up (&f, "10.0.0.1")) {
    guint8 id[ICE_BINDING_ID_SIZE];

    g_assert_cmpint (gst_ice_nice_stun_base_get_next (f.base), ==, BEGIN);
    g_assert_false (step (&f, BEGIN - 1));
    g_assert_true (step (&f, BEGIN));
    memcpy (id, f.request.data + ID_OFFSET, sizeof (id));
    now = gst_ice_nice_stun_base_get_next (f.base);
    g_assert_cmpint (now, ==, BEGIN + ICE_STUN_DISCOVERY_RTO);
    g_assert_true (step (&f, now));
    g_assert_cmpmem (id, sizeof (id), f.request.data + ID_OFFSET, sizeof (id));
    assert_failure (&f, ICE_SERVER_FAILURE_NO_ANSWER, 0, NULL);
    g_assert_true (gst_ice_nice_stun_base_is_open (f.base));
    g_assert_null (gst_ice_nice_stun_base_get_found (f.base));
    g_assert_null (gst_ice_nice_stun_base_list_candidates (f.base, NULL));
    g_assert_false (gst_ice_nice_stun_base_is_found (f.base, f.host));
    g_assert_true (step (&f, gst_ice_nice_stun_base_get_next (f.base)));
    g_assert_false (step (&f, gst_ice_nice_stun_base_get_next (f.base)));
    g_assert_false (gst_ice_nice_stun_base_is_open (f.base));
    assert_failure (&f, ICE_SERVER_FAILURE_NO_ANSWER, 0, NULL);

    g_assert_false (
        gst_ice_nice_stun_base_ask_again (f.base, TRUE, now, now + 7));
    g_assert_true (gst_ice_nice_stun_base_is_open (f.base));
    /* it is under way */
    g_assert_false (
        gst_ice_nice_stun_base_ask_again (f.base, TRUE, now, now + 9));
    g_assert_cmpint (gst_ice_nice_stun_base_get_next (f.base), ==, now + 7);
    g_assert_true (step (&f, now + 7));
    g_assert_true (memcmp (id, f.request.data + ID_OFFSET, sizeof (id)) != 0);
    g_assert_false (gst_ice_nice_stun_base_has_asked (
        f.base, f.request.data, ID_OFFSET + ICE_BINDING_ID_SIZE - 1));
    g_assert_true (gst_ice_nice_stun_base_has_asked (
        f.base, f.request.data, ID_OFFSET + ICE_BINDING_ID_SIZE));
    f.request.data[ID_OFFSET + ICE_BINDING_ID_SIZE - 1] ^= 1;
    g_assert_false (gst_ice_nice_stun_base_has_asked (
        f.base, f.request.data, f.request.size));
  }
  tear_down (&f);
}

static void
assert_candidate (const NiceCandidate *candidate, const gchar *mapped,
    guint port, const NiceCandidate *host, guint32 priority)
{
  NiceAddress address;

  set_address (&address, mapped, port);
  g_assert_cmpint (candidate->type, ==, NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE);
  g_assert_cmpint (candidate->transport, ==, host->transport);
  g_assert_true (nice_address_equal (&candidate->addr, &address));
  g_assert_true (nice_address_equal (&candidate->base_addr, &host->addr));
  g_assert_cmpuint (candidate->stream_id, ==, 3);
  g_assert_cmpuint (candidate->component_id, ==, 1);
  g_assert_cmphex (candidate->priority, ==, priority);
  g_assert_cmpstr (candidate->foundation, ==, FOUND);
}

/* The candidate, those over TCP at the same address, and a new mapping. */
static void
test_candidates (void)
{
  Fixture f;

  if (set_up (&f, "10.0.0.1")) {
    GSList *tcp = NULL, *list;
    NiceCandidate *local;

    tcp = g_slist_append (tcp,
        make_host ("10.0.0.2", 7000, NICE_CANDIDATE_TRANSPORT_TCP_PASSIVE));
    tcp = g_slist_append (tcp,
        make_host ("10.0.0.1", 7001, NICE_CANDIDATE_TRANSPORT_TCP_PASSIVE));
    g_assert_true (step (&f, BEGIN));
    g_assert_cmpint (take_mapped (&f, "192.0.2.1", 6000, BEGIN + 9), ==,
        GST_ICE_NICE_STUN_NEW_CANDIDATE);
    g_assert_true (gst_ice_nice_stun_base_has_worked (f.base));
    g_assert_false (gst_ice_nice_stun_base_is_open (f.base));
    list = gst_ice_nice_stun_base_list_candidates (f.base, tcp);
    g_assert_cmpuint (g_slist_length (list), ==, 2);
    assert_candidate (list->data, "192.0.2.1", 6000, f.host, 0x64FFFF01);
    assert_candidate (
        list->next->data, "192.0.2.1", 7001, tcp->next->data, 0x32FFFF01);

    local = nice_candidate_copy (gst_ice_nice_stun_base_get_found (f.base));
    g_assert_true (gst_ice_nice_stun_base_is_found (f.base, local));
    nice_address_set_port (&local->base_addr, 1);
    g_assert_false (gst_ice_nice_stun_base_is_found (f.base, local));
    local->base_addr = f.host->addr;
    nice_address_set_port (&local->addr, 1);
    g_assert_false (gst_ice_nice_stun_base_is_found (f.base, local));
    nice_candidate_free (local);

    /* twice the same answer, then one to the next request */
    g_assert_cmpint (take_mapped (&f, "192.0.2.9", 6000, BEGIN + 10), ==,
        GST_ICE_NICE_STUN_NO_CANDIDATE);
    g_assert_cmpint (gst_ice_nice_stun_base_get_next (f.base), ==,
        BEGIN + 9 + ICE_STUN_DISCOVERY_TR);
    g_assert_true (step (&f, BEGIN + 9 + ICE_STUN_DISCOVERY_TR));
    g_assert_cmpint (take_mapped (&f, "192.0.2.1", 6000, 2 * BEGIN), ==,
        GST_ICE_NICE_STUN_SAME_CANDIDATE);
    g_assert_true (step (&f, gst_ice_nice_stun_base_get_next (f.base)));
    g_assert_cmpint (take_mapped (&f, "192.0.2.1", 6001, 3 * BEGIN), ==,
        GST_ICE_NICE_STUN_NEW_CANDIDATE);
    g_slist_free_full (list, (GDestroyNotify) nice_candidate_free);
    list = gst_ice_nice_stun_base_list_candidates (f.base, NULL);
    g_assert_cmpuint (g_slist_length (list), ==, 1);
    assert_candidate (list->data, "192.0.2.1", 6001, f.host, 0x64FFFF01);
    g_slist_free_full (list, (GDestroyNotify) nice_candidate_free);

    /* there is no NAT: no candidate over TCP either */
    g_assert_true (step (&f, gst_ice_nice_stun_base_get_next (f.base)));
    g_assert_cmpint (take_mapped (&f, "10.0.0.1", HOST_PORT, 4 * BEGIN), ==,
        GST_ICE_NICE_STUN_NO_CANDIDATE);
    g_assert_true (gst_ice_nice_stun_base_has_worked (f.base));
    g_assert_null (gst_ice_nice_stun_base_get_found (f.base));
    g_slist_free_full (tcp, (GDestroyNotify) nice_candidate_free);
  }
  tear_down (&f);
}

/* One-to-one in ports only: the address of a candidate over TCP is the host's.
 */
static void
test_same_address (void)
{
  Fixture f;

  if (set_up (&f, "10.0.0.1")) {
    GSList tcp = {
      make_host ("10.0.0.1", 7001, NICE_CANDIDATE_TRANSPORT_TCP_PASSIVE), NULL
    };
    GSList *list;

    g_assert_true (step (&f, BEGIN));
    g_assert_cmpint (take_mapped (&f, "10.0.0.1", 6000, BEGIN), ==,
        GST_ICE_NICE_STUN_NEW_CANDIDATE);
    list = gst_ice_nice_stun_base_list_candidates (f.base, &tcp);
    g_assert_cmpuint (g_slist_length (list), ==, 1);
    g_slist_free_full (list, (GDestroyNotify) nice_candidate_free);
    nice_candidate_free (tcp.data);
  }
  tear_down (&f);
}

/* Addresses that a server cannot have seen. */
static void
test_addresses (void)
{
  static const struct
  {
    const gchar *host, *mapped;
    gboolean usable;
  } rows[] = {
    { "10.0.0.1", "2001:db8::1", FALSE },
    { "2001:db8::2", "2001:db8::1", TRUE },
    { "2001:db8::2", "192.0.2.1", TRUE }, /* NAT64 */
    { "10.0.0.1", "127.0.0.1", FALSE },
    { "2001:db8::2", "::1", FALSE },
    { "127.0.0.2", "127.0.0.1", TRUE },
    { "127.0.0.2", "192.0.2.1", TRUE },
    { "10.0.0.1", "0.0.0.0", FALSE },
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (rows); i++) {
    Fixture f;

    if (set_up (&f, rows[i].host)) {
      g_test_message ("row %u", i);
      g_assert_true (step (&f, BEGIN));
      g_assert_cmpint (take_mapped (&f, rows[i].mapped, 6000, BEGIN), ==,
          rows[i].usable ? GST_ICE_NICE_STUN_NEW_CANDIDATE
                         : GST_ICE_NICE_STUN_NO_CANDIDATE);
      g_assert_cmpint (
          gst_ice_nice_stun_base_has_worked (f.base), ==, rows[i].usable);
      if (!rows[i].usable) {
        g_autofree gchar *text = g_strdup_printf (
            "%s port 6000", rows[i].mapped);

        assert_failure (&f, ICE_SERVER_FAILURE_UNUSABLE_ADDRESS, 0, text);
      }
    }
    tear_down (&f);
  }
}

/* What ends the transaction, and what only explains why nothing else came. */
static void
test_failures (void)
{
  Fixture f;

  if (set_up (&f, "10.0.0.1")) {
    g_autoptr (GSocketAddress)
        other = g_inet_socket_address_new_from_string ("127.0.0.1", 9);
    g_autoptr (GSocketAddress)
        other_host = g_inet_socket_address_new_from_string ("127.0.0.2",
            g_inet_socket_address_get_port (
                G_INET_SOCKET_ADDRESS (f.server_address)));
    TestStun answer;
    gint64 now = BEGIN;

    g_assert_true (step (&f, now));
    begin_answer (&f, &answer, BINDING_SUCCESS);
    g_assert_cmpint (gst_ice_nice_stun_base_take_answer (
                         f.base, other, answer.data, answer.size, now),
        ==, GST_ICE_NICE_STUN_NO_CANDIDATE);
    assert_failure (&f, ICE_SERVER_FAILURE_OTHER_SOURCE, 0, "127.0.0.1 port 9");
    gst_ice_nice_stun_base_take_answer (
        f.base, other_host, answer.data, answer.size, now);
    assert_failure (/* the first one is named */
        &f, ICE_SERVER_FAILURE_OTHER_SOURCE, 0, "127.0.0.1 port 9");
    g_assert_true (gst_ice_nice_stun_base_is_open (f.base));

    g_assert_cmpint (
        take (&f, &answer, now), ==, GST_ICE_NICE_STUN_NO_CANDIDATE);
    assert_failure (&f, ICE_SERVER_FAILURE_NO_ADDRESS, 0, NULL);
    g_assert_false (gst_ice_nice_stun_base_is_open (f.base));
    g_assert_cmpint (gst_ice_nice_stun_base_get_next (f.base), ==, -1);

    gst_ice_nice_stun_base_ask_again (f.base, FALSE, now, now);
    assert_failure (&f, ICE_SERVER_FAILURE_NO_ANSWER, 0, NULL);
    g_assert_true (step (&f, now));
    begin_answer (&f, &answer, BINDING_SUCCESS);
    test_stun_put (answer.data + 2, 2, 4); /* not whole */
    take (&f, &answer, now);
    assert_failure (&f, ICE_SERVER_FAILURE_INVALID, 0, NULL);
    g_assert_true (gst_ice_nice_stun_base_is_open (f.base));
    begin_answer (&f, &answer, BINDING_SUCCESS);
    test_stun_add_number (&answer, UNKNOWN_ATTRIBUTE, 4, 0);
    take (&f, &answer, now);
    assert_failure (&f, ICE_SERVER_FAILURE_UNKNOWN_ATTRIBUTE, 0, "0x0024");

    gst_ice_nice_stun_base_ask_again (f.base, FALSE, now, now);
    g_assert_true (step (&f, now));
    begin_answer (&f, &answer, BINDING_ERROR);
    test_stun_add_number (&answer, ERROR_CODE, 4, 0x0400 + 20);
    take (&f, &answer, now);
    assert_failure (&f, ICE_SERVER_FAILURE_REFUSED, 420, NULL);
  }
  tear_down (&f);
}

/* A server that does not answer later on has not failed; a mapping is taken as
 * unchanged for Tr, or while media uses it. */
static void
test_later (void)
{
  gint64 now = BEGIN;
  Fixture f;

  if (set_up (&f, "10.0.0.1")) {
    TestStun answer;

    g_assert_true (step (&f, now));
    take_mapped (&f, "192.0.2.1", 6000, now);
    g_assert_true (gst_ice_nice_stun_base_ask_again (
        f.base, FALSE, now + ICE_STUN_DISCOVERY_TR, now));
    g_assert_true (gst_ice_nice_stun_base_ask_again (
        f.base, TRUE, now + ICE_STUN_DISCOVERY_TR + 1, now));
    now += ICE_STUN_DISCOVERY_TR;
    g_assert_true (step (&f, now));
    begin_answer (&f, &answer, BINDING_SUCCESS);
    take (&f, &answer, now); /* without an address */
    g_assert_true (gst_ice_nice_stun_base_has_worked (f.base));
    g_assert_nonnull (gst_ice_nice_stun_base_get_found (f.base));
    g_assert_cmpint (gst_ice_nice_stun_base_get_next (f.base), ==, -1);
    g_assert_false (
        gst_ice_nice_stun_base_ask_again (f.base, FALSE, now + 1, now + 1));
    assert_failure (&f, ICE_SERVER_FAILURE_NO_ANSWER, 0, NULL);
  }
  tear_down (&f);
}

/* Nothing is sent that is not wanted, but an answer that is awaited is. */
static void
test_wanted (void)
{
  gint64 now = BEGIN;
  Fixture f;

  if (set_up (&f, "10.0.0.1")) {
    gst_ice_nice_stun_base_step (f.base, FALSE, now);
    g_assert_true (take_request (&f));
    take_mapped (&f, "192.0.2.1", 6000, now);
    now = gst_ice_nice_stun_base_get_next (f.base);
    g_assert_cmpint (now, >, BEGIN);
    gst_ice_nice_stun_base_step (f.base, FALSE, now);
    g_assert_false (take_request (&f));
    g_assert_cmpint (gst_ice_nice_stun_base_get_next (f.base), ==, -1);
    gst_ice_nice_stun_base_keep (f.base, TRUE, now);
    g_assert_cmpint (gst_ice_nice_stun_base_get_next (f.base), ==, now);
    gst_ice_nice_stun_base_keep (f.base, FALSE, now);
    g_assert_cmpint (gst_ice_nice_stun_base_get_next (f.base), ==, -1);
  }
  tear_down (&f);
}

/* The kernel knows no way: the server is not waited for. */
static void
test_no_way (void)
{
  Fixture f;

  if (set_up (&f, "10.0.0.1")) {
    g_autoptr (GSocketAddress) /* from a socket on loopback */
        far = g_inet_socket_address_new_from_string ("192.0.2.1", 3478);

    gst_ice_nice_stun_base_free (f.base);
    nice_candidate_free (f.host);
    make_base (&f, "10.0.0.1", far);
    gst_ice_nice_stun_base_step (f.base, TRUE, BEGIN);
    g_assert_false (gst_ice_nice_stun_base_is_open (f.base));
    assert_failure (&f, ICE_SERVER_FAILURE_NOT_ASKED, 0, NULL);
  }
  tear_down (&f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add_func ("/stun-base/requests", test_requests);
  g_test_add_func ("/stun-base/candidates", test_candidates);
  g_test_add_func ("/stun-base/same-address", test_same_address);
  g_test_add_func ("/stun-base/addresses", test_addresses);
  g_test_add_func ("/stun-base/failures", test_failures);
  g_test_add_func ("/stun-base/later", test_later);
  g_test_add_func ("/stun-base/wanted", test_wanted);
  g_test_add_func ("/stun-base/no-way", test_no_way);
  return g_test_run ();
}
