/* gst-ice: test of server-reflexive candidates of several local addresses: when
 * they are asked for, what is found, and which failure is reported.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The transactions of each address, steering, alarms and the clock are played
 * by this file. */

#include "agent/gsticenicestundiscovery.h"
#include "agent/gsticenicestunbase.h"
#include "playedalarms.h"
#include <string.h>

#define MAX_BASES 4
#define TAG 0x12345678
#define NOW G_GINT64_CONSTANT (1000000000)
#define TA 10000
#define URI "stun://192.0.2.77:3478"

struct _GstIceNiceStunBase
{
  guint number; /* the port of its host candidate */
  gint64 next, when;
  gboolean is_open, has_worked,
      is_known; /* its mapping need not be asked for */
  IceServerFailure failure;
  NiceCandidate *found;
};

typedef struct
{
  IceServer *server;
  GstIceNiceStunDiscovery *discovery;
  gboolean frees; /* the observer of an error */
} Fixture;

static GString *calls; /* a word each */
static GstIceNiceStunBase bases[MAX_BASES];
static guint n_bases;
static const gint transport, answers, consent, steering; /* addresses only */
static gboolean is_possible, has_steering;
static GstIceConnectionState state;
static GstIceStunResponsesFilter filter;
static gpointer filter_data;
static GstIceNiceStunNews news;
static Fixture *fixture;

gint64
g_get_monotonic_time (void)
{
  return NOW;
}

/* The transport. */

GstIceConnectionState
gst_ice_transport_get_state (GstIceTransport *self)
{
  g_assert_true ((gpointer) self == (gpointer) &transport);
  return state;
}

void
gst_ice_transport_report_candidate_error (
    GstIceTransport *self, const GstIceCandidateError *error)
{
  g_assert_cmpstr (error->url, ==, "stun:192.0.2.77:3478");
  g_assert_nonnull (error->text);
  g_string_append_printf (
      calls, "error:%u:%s:%u ", error->code, error->address, error->port);
  if (fixture->frees)
    g_clear_pointer (&fixture->discovery, gst_ice_nice_stun_discovery_free);
}

/* Steering. */

gboolean
gst_ice_steering_is_possible (void)
{
  return is_possible;
}

GSocketAddress *
gst_ice_steering_make_remote (
    GstIceSteering *self, const gchar *address, guint16 port)
{
  g_string_append_printf (calls, "server:%s:%u ", address, port);
  return g_inet_socket_address_new_from_string (address, port);
}

GstIceSteering *
gst_ice_nice_consent_find_steering (
    GstIceNiceConsent *self, const NiceCandidate *local)
{
  return has_steering ? (GstIceSteering *) &steering : NULL;
}

GstIceStunResponses *
gst_ice_stun_responses_ref (GstIceStunResponses *self)
{
  return self;
}

void
gst_ice_stun_responses_unref (GstIceStunResponses *self)
{
}

guint32
gst_ice_stun_responses_get_tag (const GstIceStunResponses *self)
{
  return TAG;
}

void
gst_ice_stun_responses_set_filter (GstIceStunResponses *self,
    GstIceStunResponsesFilter function, gpointer user_data)
{
  filter = function;
  filter_data = user_data;
}

/* The transactions of an address. */

GstIceNiceStunBase *
gst_ice_nice_stun_base_new (GstIceTransport *its_transport, guint32 tag,
    GstIceSteering *its_steering, const NiceCandidate *host,
    GSocketAddress *server, gint64 when)
{
  GstIceNiceStunBase *self = &bases[n_bases++];

  g_assert_cmphex (tag, ==, TAG);
  g_object_unref (server);
  *self = (GstIceNiceStunBase){
    .number = nice_address_get_port (&host->addr),
    .next = when,
    .when = when,
    .is_open = TRUE,
    .failure = { .reason = ICE_SERVER_FAILURE_NO_ANSWER },
  };
  return self;
}

void
gst_ice_nice_stun_base_free (GstIceNiceStunBase *self)
{
  g_clear_pointer (&self->found, nice_candidate_free);
}

gint64
gst_ice_nice_stun_base_get_next (const GstIceNiceStunBase *self)
{
  return self->next;
}

gboolean
gst_ice_nice_stun_base_is_open (const GstIceNiceStunBase *self)
{
  return self->is_open;
}

gboolean
gst_ice_nice_stun_base_has_worked (const GstIceNiceStunBase *self)
{
  return self->has_worked;
}

const NiceCandidate *
gst_ice_nice_stun_base_get_found (const GstIceNiceStunBase *self)
{
  return self->found;
}

gboolean
gst_ice_nice_stun_base_is_found (
    const GstIceNiceStunBase *self, const NiceCandidate *local)
{
  return self->found != NULL
      && nice_address_equal (&self->found->addr, &local->addr);
}

GSList *
gst_ice_nice_stun_base_list_candidates (
    const GstIceNiceStunBase *self, GSList *tcp)
{
  GSList *list = NULL;

  if (self->found != NULL)
    list = g_slist_append (list, nice_candidate_copy (self->found));
  for (; tcp != NULL; tcp = tcp->next)
    list = g_slist_append (list, nice_candidate_copy (tcp->data));
  return list;
}

void
gst_ice_nice_stun_base_get_failure (
    const GstIceNiceStunBase *self, IceServerFailure *failure)
{
  g_assert_nonnull (failure->server);
  failure->reason = self->failure.reason;
  failure->code = self->failure.code;
  failure->port = self->failure.port;
}

void
gst_ice_nice_stun_base_step (
    GstIceNiceStunBase *self, gboolean wanted, gint64 now)
{
  g_assert_cmpint (now, ==, NOW);
  g_string_append_printf (calls, "step%u:%d ", self->number, wanted);
}

void
gst_ice_nice_stun_base_keep (
    GstIceNiceStunBase *self, gboolean keep, gint64 now)
{
  g_string_append_printf (calls, "keep%u:%d ", self->number, keep);
}

gboolean
gst_ice_nice_stun_base_ask_again (
    GstIceNiceStunBase *self, gboolean used, gint64 now, gint64 when)
{
  g_string_append_printf (
      calls, "ask%u:%d:%d ", self->number, used, (gint) (when - now));
  return self->is_known;
}

/* The first octet is the number. */
gboolean
gst_ice_nice_stun_base_has_asked (
    const GstIceNiceStunBase *self, const guint8 *data, gsize size)
{
  return data[0] == self->number;
}

GstIceNiceStunNews
gst_ice_nice_stun_base_take_answer (GstIceNiceStunBase *self,
    GSocketAddress *from, const guint8 *data, gsize size, gint64 at)
{
  self->is_open = FALSE;
  self->has_worked = TRUE;
  return news;
}

/* The test. */

static void
on_found (const NiceCandidate *candidate, gpointer data)
{
  g_string_append_printf (
      calls, "found:%u ", nice_address_get_port (&candidate->addr));
}

static void
on_done (gpointer data)
{
  g_string_append (calls, "done ");
}

static void
assert_calls (const gchar *expected)
{
  g_assert_cmpstr (calls->str, ==, expected);
  g_string_truncate (calls, 0);
}

static void
set_up (Fixture *f, gconstpointer unused)
{
  static const GstIceNiceStunDiscoveryFuncs functions = { on_found, on_done };

  fixture = f;
  f->frees = FALSE;
  calls = g_string_new (NULL);
  n_bases = n_alarms = 0;
  is_possible = has_steering = TRUE;
  state = GST_ICE_CONNECTION_STATE_NEW;
  f->server = ice_server_parse (URI, NULL);
  f->server->address = g_strdup ("192.0.2.77");
  f->discovery = gst_ice_nice_stun_discovery_new (
      (GstIceTransport *) &transport, NULL, (GstIceStunResponses *) &answers,
      f->server, &functions, f);
  ice_server_free (f->server); /* it has a copy */
  f->server = NULL;
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  g_clear_pointer (&f->discovery, gst_ice_nice_stun_discovery_free);
  g_assert_null (filter);
  g_assert_null (alarms[0].function);
  g_string_free (calls, TRUE);
}

static NiceCandidate *
make_candidate (NiceCandidateType type, NiceCandidateTransport protocol,
    const gchar *address, guint port)
{
  NiceCandidate *candidate = nice_candidate_new (type);

  candidate->transport = protocol;
  g_assert_true (nice_address_set_from_string (&candidate->addr, address));
  nice_address_set_port (&candidate->addr, port);
  return candidate;
}

static GSList *
add_host (GSList *list, const gchar *address, guint port)
{
  return g_slist_append (list,
      make_candidate (NICE_CANDIDATE_TYPE_HOST, NICE_CANDIDATE_TRANSPORT_UDP,
          address, port));
}

static void
begin (Fixture *f, GSList *candidates)
{
  gst_ice_nice_stun_discovery_begin (
      f->discovery, (GstIceNiceConsent *) &consent, candidates);
  g_slist_free_full (candidates, (GDestroyNotify) nice_candidate_free);
}

/* Two local addresses; candidates over TCP have those of the first. */
static void
begin_two (Fixture *f)
{
  GSList *list = add_host (add_host (NULL, "10.0.0.1", 1), "10.0.0.2", 2);

  list = g_slist_append (list,
      make_candidate (NICE_CANDIDATE_TYPE_HOST,
          NICE_CANDIDATE_TRANSPORT_TCP_PASSIVE, "10.0.0.1", 9));
  begin (f, list);
  g_string_truncate (calls, 0);
}

static void
find (guint i, guint port)
{
  bases[i].found = make_candidate (NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE,
      NICE_CANDIDATE_TRANSPORT_UDP, "203.0.113.1", port);
}

static gboolean
answer (guint number)
{
  const guint8 data[] = { (guint8) number };

  return filter (NULL, data, sizeof data, NOW, filter_data);
}

static void
fail (guint i, IceServerFailureReason reason, guint code)
{
  bases[i].is_open = FALSE;
  bases[i].failure = (IceServerFailure){
    .reason = reason,
    .code = code,
    .port = (guint16) (40001 + i),
  };
}

/* With UDP sockets of ours, and only where candidates of the server are
 * wanted. */
static void
test_possible (Fixture *f, gconstpointer unused)
{
  GstIceSettings settings;
  GstIceGatherOptions options = { .settings = &settings };
  g_auto (GValue) value = G_VALUE_INIT;
  g_autoptr (IceServer) server = ice_server_parse (URI, NULL);

  gst_ice_settings_init (&settings);
  g_assert_false (gst_ice_nice_stun_discovery_is_possible (&options));
  options.stun_server = server;
  g_assert_true (gst_ice_nice_stun_discovery_is_possible (&options));
  is_possible = FALSE;
  g_assert_false (gst_ice_nice_stun_discovery_is_possible (&options));
  is_possible = TRUE;
  g_value_init (&value, GST_TYPE_ICE_TRANSPORT_POLICY);
  g_value_set_enum (&value, GST_ICE_TRANSPORT_POLICY_RELAY);
  gst_ice_settings_set (
      &settings, GST_ICE_SETTING_ICE_TRANSPORT_POLICY, &value, NULL);
  g_assert_false (gst_ice_nice_stun_discovery_is_possible (&options));
  gst_ice_settings_clear (&settings);
}

/* Host candidates over UDP are asked for, a little apart. */
static void
test_begin (Fixture *f, gconstpointer unused)
{
  GSList *list = add_host (NULL, "10.0.0.1", 1);

  list = add_host (list, "2001:db8::1", 7); /* the server has IPv4 only */
  list = g_slist_append (list,
      make_candidate (NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE,
          NICE_CANDIDATE_TRANSPORT_UDP, "10.0.0.3", 8));
  list = add_host (list, "10.0.0.2", 2);
  list = add_host (list, "10.0.0.4", 3);
  begin (f, list);
  assert_calls ("server:192.0.2.77:3478 server:192.0.2.77:3478 "
                "server:192.0.2.77:3478 ");
  g_assert_cmpuint (n_bases, ==, 3);
  g_assert_cmpint (bases[0].when, ==, NOW);
  g_assert_cmpint (bases[1].when, ==, NOW + TA);
  g_assert_cmpint (bases[2].when, ==, NOW + 2 * TA);
  g_assert_cmpint (alarms[0].when, ==, NOW);
}

/* Without sockets there is nothing to ask: that is the failure. */
static void
test_no_sockets (Fixture *f, gconstpointer unused)
{
  has_steering = FALSE;
  begin_two (f);
  g_assert_cmpuint (n_bases, ==, 0);
  alarms[0].function (alarms[0].user_data);
  assert_calls ("error:701:(null):0 done ");
  g_assert_cmpint (alarms[0].when, ==, -1);
}

/* The alarm is due when the first of them is. */
static void
test_alarm (Fixture *f, gconstpointer unused)
{
  begin_two (f);
  bases[0].next = NOW + 5;
  bases[1].next = NOW + 4;
  alarms[0].function (alarms[0].user_data);
  assert_calls ("step1:1 step2:1 ");
  g_assert_cmpint (alarms[0].when, ==, NOW + 4);
  bases[1].next = NOW + 6;
  alarms[0].function (alarms[0].user_data);
  g_assert_cmpint (alarms[0].when, ==, NOW + 5);
  bases[0].next = -1;
  alarms[0].function (alarms[0].user_data);
  g_assert_cmpint (alarms[0].when, ==, NOW + 6);
  bases[1].next = 0;
  g_string_truncate (calls, 0);
  state = GST_ICE_CONNECTION_STATE_FAILED;
  alarms[0].function (alarms[0].user_data);
  assert_calls ("step1:0 step2:0 ");
  g_assert_cmpint (alarms[0].when, ==, 0);
}

/* The end comes when all were answered, once. */
static void
test_answers (Fixture *f, gconstpointer unused)
{
  begin_two (f);
  g_assert_false (answer (3));
  find (0, 60001);
  bases[0].next = NOW + 7;
  bases[1].next = -1;
  news = GST_ICE_NICE_STUN_NEW_CANDIDATE;
  g_assert_true (answer (1));
  assert_calls ("found:60001 found:9 ");
  g_assert_cmpint (alarms[0].when, ==, NOW + 7);
  g_assert_false (gst_ice_nice_stun_discovery_is_done (f->discovery));
  news = GST_ICE_NICE_STUN_SAME_CANDIDATE; /* again, after a restart */
  g_assert_true (answer (1));
  assert_calls ("found:60001 found:9 ");
  news = GST_ICE_NICE_STUN_NO_CANDIDATE;
  g_assert_true (answer (2));
  assert_calls ("done ");
  g_assert_true (gst_ice_nice_stun_discovery_is_done (f->discovery));
  news = GST_ICE_NICE_STUN_SAME_CANDIDATE;
  g_assert_true (answer (1));
  assert_calls ("");
  news = GST_ICE_NICE_STUN_NEW_CANDIDATE;
  g_assert_true (answer (1));
  assert_calls ("found:60001 found:9 ");
}

/* The most specific failure of all addresses, unless one has worked. */
static void
test_failures (Fixture *f, gconstpointer unused)
{
  static const IceServerFailureReason by_rank[] = {
    ICE_SERVER_FAILURE_NOT_ASKED, ICE_SERVER_FAILURE_NO_ANSWER,
    ICE_SERVER_FAILURE_INVALID, ICE_SERVER_FAILURE_UNUSABLE_ADDRESS,
    ICE_SERVER_FAILURE_REFUSED
  };
  guint i, better;

  for (i = 1; i < G_N_ELEMENTS (by_rank); i++)
    for (better = 0; better < 2; better++) {
      g_autofree gchar *expected = g_strdup_printf (
          "error:42:(null):%u done ", 40001 + better);

      if (f->discovery == NULL)
        set_up (f, NULL);
      begin_two (f);
      fail (better, by_rank[i], 42);
      fail (!better, by_rank[i - 1], 43);
      alarms[0].function (alarms[0].user_data);
      g_string_erase (calls, 0, strlen ("step1:1 step2:1 "));
      assert_calls (expected);
      tear_down (f, NULL);
    }
  set_up (f, NULL);
  begin_two (f);
  fail (0, ICE_SERVER_FAILURE_REFUSED, 0);
  fail (1, ICE_SERVER_FAILURE_NO_ANSWER, 0);
  alarms[0].function (alarms[0].user_data);
  assert_calls ("step1:1 step2:1 error:701:(null):40001 done ");
}

/* In any order. */
static void
test_last_first (Fixture *f, gconstpointer unused)
{
  begin_two (f);
  news = GST_ICE_NICE_STUN_NO_CANDIDATE;
  answer (2);
  assert_calls ("");
  answer (1);
  assert_calls ("done ");
}

static void
test_one_works (Fixture *f, gconstpointer unused)
{
  begin_two (f);
  fail (0, ICE_SERVER_FAILURE_REFUSED, 42);
  news = GST_ICE_NICE_STUN_NO_CANDIDATE;
  answer (2);
  assert_calls ("done ");
}

/* The observer of the error closes the transport. */
static void
test_freed_at_error (Fixture *f, gconstpointer unused)
{
  begin_two (f);
  fail (0, ICE_SERVER_FAILURE_REFUSED, 42);
  fail (1, ICE_SERVER_FAILURE_REFUSED, 42);
  f->frees = TRUE;
  alarms[0].function (alarms[0].user_data);
  assert_calls ("step1:1 step2:1 error:42:(null):40001 ");
}

/* Mappings are kept while checks may need them, unless a UDP pair is
 * selected. */
static void
test_keep (Fixture *f, gconstpointer unused)
{
  static const struct
  {
    NiceCandidateType type;
    NiceCandidateTransport protocol;
    const gchar *expected;
  } rows[] = {
    { NICE_CANDIDATE_TYPE_HOST, NICE_CANDIDATE_TRANSPORT_UDP,
        "keep1:0 keep2:0 " },
    { NICE_CANDIDATE_TYPE_RELAYED, NICE_CANDIDATE_TRANSPORT_UDP,
        "keep1:1 keep2:1 " },
    { NICE_CANDIDATE_TYPE_HOST, NICE_CANDIDATE_TRANSPORT_TCP_ACTIVE,
        "keep1:1 keep2:1 " },
  };
  guint i;

  begin_two (f);
  gst_ice_nice_stun_discovery_set_checking (f->discovery, TRUE);
  assert_calls ("");
  gst_ice_nice_stun_discovery_set_checking (f->discovery, FALSE);
  assert_calls ("keep1:0 keep2:0 ");
  bases[1].next = NOW + 3;
  gst_ice_nice_stun_discovery_set_checking (f->discovery, TRUE);
  assert_calls ("keep1:1 keep2:1 ");
  g_assert_cmpint (alarms[0].when, ==, NOW);
  for (i = 0; i < G_N_ELEMENTS (rows); i++) {
    NiceCandidate *local = make_candidate (
        rows[i].type, rows[i].protocol, "10.0.0.1", 1);

    gst_ice_nice_stun_discovery_select (f->discovery, local);
    assert_calls (rows[i].expected);
    nice_candidate_free (local);
  }
}

/* A restart asks again for what may be forgotten, and reports the rest. */
static void
test_restart (Fixture *f, gconstpointer unused)
{
  GSList *known;

  begin_two (f);
  find (0, 60001);
  find (1, 60002);
  news = GST_ICE_NICE_STUN_NO_CANDIDATE;
  answer (1);
  answer (2);
  gst_ice_nice_stun_discovery_set_checking (f->discovery, FALSE);
  gst_ice_nice_stun_discovery_select (f->discovery, bases[1].found);
  g_string_truncate (calls, 0);
  bases[0].is_known = bases[1].is_known = TRUE;
  known = gst_ice_nice_stun_discovery_restart (f->discovery);
  assert_calls ("ask1:0:0 ask2:1:10000 keep1:1 keep2:1 ");
  g_assert_cmpuint (g_slist_length (known), ==, 4);
  g_assert_true (gst_ice_nice_stun_discovery_is_done (f->discovery));
  g_slist_free_full (known, (GDestroyNotify) nice_candidate_free);

  bases[0].is_known = FALSE;
  known = gst_ice_nice_stun_discovery_restart (f->discovery);
  assert_calls ("ask1:0:0 ask2:0:10000 keep1:1 keep2:1 ");
  g_assert_cmpuint (g_slist_length (known), ==, 2);
  g_assert_false (gst_ice_nice_stun_discovery_is_done (f->discovery));
  g_slist_free_full (known, (GDestroyNotify) nice_candidate_free);
}

/* A peer-reflexive candidate of libnice is the server-reflexive one that it
 * does not know of. */
static void
test_find (Fixture *f, gconstpointer unused)
{
  NiceCandidate *local = make_candidate (NICE_CANDIDATE_TYPE_PEER_REFLEXIVE,
      NICE_CANDIDATE_TRANSPORT_UDP, "203.0.113.1", 60002);

  begin_two (f);
  find (0, 60001);
  g_assert_true (
      gst_ice_nice_stun_discovery_find (f->discovery, local) == local);
  find (1, 60002);
  g_assert_true (
      gst_ice_nice_stun_discovery_find (f->discovery, local) == bases[1].found);
  g_assert_true (gst_ice_nice_stun_discovery_find (NULL, local) == local);
  local->type = NICE_CANDIDATE_TYPE_HOST;
  g_assert_true (
      gst_ice_nice_stun_discovery_find (f->discovery, local) == local);
  nice_candidate_free (local);
}

/* Of candidates that the server has shown, TCP ones too; not of others. */
static void
test_find_server (Fixture *f, gconstpointer unused)
{
  static const struct
  {
    NiceCandidateTransport transport;
    const gchar *address;
    guint port;
    gboolean found;
  } cases[] = {
    { NICE_CANDIDATE_TRANSPORT_UDP, "203.0.113.1", 60001, FALSE },
    { NICE_CANDIDATE_TRANSPORT_UDP, "203.0.113.1", 60002, TRUE },
    { NICE_CANDIDATE_TRANSPORT_UDP, "203.0.113.2", 60002, FALSE },
    { NICE_CANDIDATE_TRANSPORT_TCP_PASSIVE, "203.0.113.1", 60002, FALSE },
    { NICE_CANDIDATE_TRANSPORT_TCP_PASSIVE, "10.0.0.1", 9, TRUE },
  };
  guint i;

  begin_two (f);
  find (1, 60002);
  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    NiceCandidate *local = make_candidate (NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE,
        cases[i].transport, cases[i].address, cases[i].port);
    const IceServer *server = gst_ice_nice_stun_discovery_find_server (
        f->discovery, local);

    if (cases[i].found)
      g_assert_cmpstr (server->host, ==, "192.0.2.77");
    else
      g_assert_null (server);
    g_assert_null (gst_ice_nice_stun_discovery_find_server (NULL, local));
    nice_candidate_free (local);
  }
}

/* Without a discovery there is nothing to wait for. */
static void
test_none (Fixture *f, gconstpointer unused)
{
  g_assert_true (gst_ice_nice_stun_discovery_is_done (NULL));
  g_assert_null (gst_ice_nice_stun_discovery_restart (NULL));
  gst_ice_nice_stun_discovery_select (NULL, NULL);
  gst_ice_nice_stun_discovery_set_checking (NULL, TRUE);
}

static void
make_with (Fixture *f, const gchar *address, const gchar *other)
{
  static const GstIceNiceStunDiscoveryFuncs functions = { on_found, on_done };
  g_autoptr (IceServer) server = ice_server_parse (URI, NULL);

  server->address = g_strdup (address);
  server->other_address = g_strdup (other);
  gst_ice_nice_stun_discovery_free (f->discovery);
  f->discovery = gst_ice_nice_stun_discovery_new (
      (GstIceTransport *) &transport, NULL, (GstIceStunResponses *) &answers,
      server, &functions, f);
}

/* The server's address of the same IP version; link-local addresses reach only
 * link-local ones. */
static void
test_server (Fixture *f, gconstpointer unused)
{
  make_with (f, "192.0.2.77", "2001:db8::77");
  begin (f, add_host (add_host (NULL, "2001:db8::1", 1), "fe80::1", 2));
  assert_calls ("server:2001:db8::77:3478 ");
  make_with (f, "fe80::77", NULL);
  begin (f, add_host (add_host (NULL, "2001:db8::1", 1), "fe80::1", 2));
  assert_calls ("server:fe80::77:3478 server:fe80::77:3478 ");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
#define TEST(name)                                                             \
  g_test_add (                                                                 \
      "/discovery/" #name, Fixture, NULL, set_up, test_##name, tear_down)
  TEST (possible);
  TEST (begin);
  TEST (no_sockets);
  TEST (alarm);
  TEST (answers);
  TEST (failures);
  TEST (last_first);
  TEST (one_works);
  TEST (freed_at_error);
  TEST (keep);
  TEST (restart);
  TEST (find);
  TEST (find_server);
  TEST (none);
  TEST (server);
  return g_test_run ();
}
