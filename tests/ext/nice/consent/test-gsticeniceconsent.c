/* gst-ice: tests of consent on the selected pair: what the peer is asked, and
 * which answers count.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The peer is a socket of the test, with libnice's STUN library. libnice itself
 * is played by this file: its trace, and what is sent through it. */

#include "consent/gsticeniceanswerer.h"
#include "consent/gsticeniceconsent.h"
#include "recordingtransport.h"
#include "trace/nicelog.h"
#include <stun/stunagent.h>
#include <string.h>
#include <time.h>

#define PATIENCE (20 * G_TIME_SPAN_SECOND)
#define PASSWORD "password+of+the+peer+0123"
#define WRONG "password+of+nobody+012345"
#define NEVER 0
#define FAILED_TIMEOUT 300 /* ms */
#define PRIORITY 0x7E0000FFu
#define ROLE_CONFLICT 487
#define FORBIDDEN 403
#define SERVER_ERROR 500

typedef struct
{
  GMainContext *context;
  GstIceTransport *transport;
  GString *log; /* what was reported, a word each */
  GstIceSharedContext *shared;
  GstIceNiceFloodGuard *flood_guard;
  IceRateLimit warnings;
  GstIceNiceRoles *roles;
  GstIceNiceConsent *consent;
  GSocket *socket, *peer, *other;
  NiceCandidate *local, *remote;

  /* through libnice */
  GstIceIo *io;
  GstIceAmplification *amplification;
  GstIceAlarm *checked;
  GstIceNicePairs *pairs;
} Fixture;

/* What the peer knows. */
static const guint16 attributes[] = { STUN_ATTRIBUTE_USERNAME,
  STUN_ATTRIBUTE_MESSAGE_INTEGRITY, STUN_ATTRIBUTE_ERROR_CODE,
  STUN_ATTRIBUTE_PRIORITY, STUN_ATTRIBUTE_USE_CANDIDATE, 0 };

/* A request, as the peer reads it. */
typedef struct
{
  guint8 data[NICE_STUN_MAX_REQUEST + 64];
  gsize size;
  StunAgent agent;
  StunMessage message;
} Request;

/* What was sent through libnice. */
static Request through_agent;
static guint n_through_agent;
static gboolean agent_blocks;

gint
nice_agent_send_messages_nonblocking (NiceAgent *agent, guint stream,
    guint component, const NiceOutputMessage *messages, guint n,
    GCancellable *cancellable, GError **error)
{
  g_assert_cmpuint (stream, ==, 7);
  g_assert_cmpuint (component, ==, 1);
  g_assert_cmpuint (n, ==, 1);
  if (agent_blocks) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, "full");
    return -1;
  }
  through_agent.size = messages[0].buffers[0].size;
  memcpy (through_agent.data, messages[0].buffers[0].buffer,
      messages[0].buffers[0].size);
  n_through_agent++;
  return 1;
}

static GSocket *
make_socket (const gchar *host)
{
  g_autoptr (GSocketAddress)
      address = g_inet_socket_address_new_from_string (host, 0);
  g_autoptr (GError) error = NULL;
  GSocket *socket = g_socket_new (g_socket_address_get_family (address),
      G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, &error);

  g_assert_no_error (error);
  g_assert_true (g_socket_bind (socket, address, FALSE, &error));
  g_assert_no_error (error);
  g_socket_set_blocking (socket, FALSE);
  return socket;
}

static NiceCandidate *
make_candidate (GSocket *socket)
{
  NiceCandidate *candidate = nice_candidate_new (NICE_CANDIDATE_TYPE_HOST);
  g_autoptr (GSocketAddress)
      address = g_socket_get_local_address (socket, NULL);
  struct sockaddr_storage native;

  g_assert_true (
      g_socket_address_to_native (address, &native, sizeof native, NULL));
  nice_address_set_from_sockaddr (
      &candidate->addr, (struct sockaddr *) &native);
  candidate->base_addr = candidate->addr;
  candidate->transport = NICE_CANDIDATE_TRANSPORT_UDP;
  candidate->priority = PRIORITY;
  return candidate;
}

static void
make_consent (Fixture *f, guint disconnected_timeout, guint failed_timeout)
{
  f->consent = gst_ice_nice_consent_new (
      f->transport, f->context, f->roles, disconnected_timeout, failed_timeout);
  gst_ice_nice_consent_set_local (f->consent, "ours");
  gst_ice_nice_consent_set_remote (f->consent, "theirs", PASSWORD);
}

static void
set_up (Fixture *f, gconstpointer unused)
{
  static const GstIceSharedContextFuncs none;

  f->context = g_main_context_new ();
  f->log = g_string_new (NULL);
  f->transport = recording_transport_new (f->log);
  gst_ice_transport_set_role (f->transport, GST_ICE_ROLE_CONTROLLING);
  f->shared = gst_ice_shared_context_new (f->context, &none, NULL);
  f->flood_guard = gst_ice_nice_flood_guard_new (
      f->transport, f->context, f->shared);
  f->roles = gst_ice_nice_roles_new (
      f->transport, f->context, f->flood_guard, TRUE, &f->warnings);
  f->socket = make_socket ("127.0.0.1");
  f->peer = make_socket ("127.0.0.1");
  f->other = make_socket ("127.0.0.2");
  f->local = make_candidate (f->socket);
  f->remote = make_candidate (f->peer);
  agent_blocks = FALSE;
  n_through_agent = 0;
  make_consent (f, NEVER, NEVER);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  g_clear_pointer (&f->consent, gst_ice_nice_consent_free);
  if (f->pairs != NULL) {
    gst_ice_nice_pairs_free (f->pairs);
    gst_ice_alarm_free (f->checked);
    gst_ice_amplification_unref (f->amplification);
    gst_ice_io_release (f->io);
  }
  gst_ice_nice_roles_free (f->roles);
  gst_ice_nice_flood_guard_free (f->flood_guard);
  gst_ice_shared_context_close (f->shared);
  gst_ice_shared_context_unref (f->shared);
  nice_candidate_free (f->local);
  nice_candidate_free (f->remote);
  g_object_unref (f->socket);
  g_object_unref (f->peer);
  g_object_unref (f->other);
  gst_object_unref (f->transport);
  g_string_free (f->log, TRUE);
  g_main_context_unref (f->context);
}

/* Without steering nothing can be asked beside libnice. */
static gboolean
add_socket (Fixture *f)
{
  GstIceSteering *steering = gst_ice_nice_consent_add_socket (
      f->consent, f->socket);

  if (steering == NULL)
    g_test_skip ("this system cannot steer");
  return steering != NULL;
}

static void
watch (Fixture *f)
{
  gst_ice_nice_consent_watch (f->consent, f->local, f->remote);
}

static gboolean
stop_waiting (gpointer data)
{
  *(gboolean *) data = TRUE;
  return G_SOURCE_REMOVE;
}

static GSource *
add_timeout (Fixture *f, guint ms, gboolean *over)
{
  GSource *source = g_timeout_source_new (ms);

  *over = FALSE;
  g_source_set_callback (source, stop_waiting, over, NULL);
  g_source_attach (source, f->context);
  return source;
}

static void
remove_timeout (GSource *source)
{
  g_source_destroy (source);
  g_source_unref (source);
}

/* Returns after some milliseconds at the latest, also where nothing is due. */
static void
iterate (Fixture *f)
{
  gboolean over;
  GSource *source = add_timeout (f, 5, &over);

  g_main_context_iteration (f->context, TRUE);
  remove_timeout (source);
}

/* The next request that comes to a socket, and has our credentials. */
static void
receive_at (Fixture *f, GSocket *socket, Request *request)
{
  static guint8 username[] = "theirs:ours", password[] = PASSWORD;
  static StunDefaultValidaterData known[] = {
    { username, sizeof username - 1, password, sizeof password - 1 },
    { NULL, 0, NULL, 0 },
  };
  gint64 end = g_get_monotonic_time () + PATIENCE;
  gssize size;

  while ((size = g_socket_receive (socket, (gchar *) request->data,
              NICE_STUN_MAX_REQUEST, NULL, NULL))
      < 0) {
    iterate (f);
    if (g_get_monotonic_time () > end)
      g_error ("no request came");
  }
  request->size = (gsize) size;
  stun_agent_init (&request->agent, attributes, STUN_COMPATIBILITY_RFC5389,
      STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS
          | STUN_AGENT_USAGE_USE_FINGERPRINT);
  g_assert_cmpint (
      stun_agent_validate (&request->agent, &request->message, request->data,
          request->size, stun_agent_default_validater, known),
      ==, STUN_VALIDATION_SUCCESS);
}

static void
receive (Fixture *f, Request *request)
{
  receive_at (f, f->peer, request);
}

static gboolean
has (Request *request, StunAttribute attribute)
{
  return stun_message_has_attribute (&request->message, attribute);
}

/* Returns: the size of the peer's answer, success where code is 0 */
static gsize
make_answer (Request *request, gint code, const gchar *password, guint8 *data)
{
  StunMessage answer;

  if (code == 0)
    g_assert_true (stun_agent_init_response (&request->agent, &answer, data,
        NICE_STUN_MAX_ANSWER, &request->message));
  else
    g_assert_true (stun_agent_init_error (&request->agent, &answer, data,
        NICE_STUN_MAX_ANSWER, &request->message, code));
  answer.key = NULL; /* the request's */
  answer.key_len = 0;
  return stun_agent_finish_message (
      &request->agent, &answer, (const guint8 *) password, strlen (password));
}

static void
answer_from (Fixture *f, GSocket *from, Request *request, gint code,
    const gchar *password)
{
  guint8 data[NICE_STUN_MAX_ANSWER];
  gsize size = make_answer (request, code, password, data);
  g_autoptr (GSocketAddress) to = g_socket_get_local_address (f->socket, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (
      g_socket_send_to (from, to, (gchar *) data, size, NULL, &error), ==,
      size);
  g_assert_no_error (error);
}

static void
answer (Fixture *f, Request *request, gint code)
{
  answer_from (f, f->peer, request, code, PASSWORD);
}

/* Waits until this was reported, and nothing else. */
static void
assert_reported (Fixture *f, const gchar *expected)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;

  while (f->log->len < strlen (expected) && g_get_monotonic_time () < end)
    iterate (f);
  while (g_main_context_iteration (f->context, FALSE))
    ;
  g_assert_cmpstr (f->log->str, ==, expected);
  g_string_truncate (f->log, 0);
}

static gboolean
has_request (GSocket *socket)
{
  return g_socket_condition_check (socket, G_IO_IN) == G_IO_IN;
}

/* Until all that was due within this time is done. */
static void
run_for (Fixture *f, guint ms)
{
  gboolean over;
  GSource *source = add_timeout (f, ms, &over);

  g_source_set_priority (source, G_PRIORITY_LOW);
  while (!over)
    g_main_context_iteration (f->context, TRUE);
  remove_timeout (source);
}

/* When the transport gives up, -1: never. */
static gint64
get_lost_at (Fixture *f)
{
  GstIceConnectionState old;
  IceReason reason;

  gst_ice_transport_step (f->transport, ICE_EVENT_CHECKING, 1, &old, &reason);
  gst_ice_transport_step (
      f->transport, ICE_EVENT_PAIR_USABLE, 1, &old, &reason);
  return gst_ice_transport_get_deadline (f->transport);
}

static void
select_pair (Fixture *f)
{
  g_autoptr (GstStructure)
      pair = gst_structure_new ("pair", "id", G_TYPE_STRING, "pair", NULL);

  gst_ice_transport_pairs_set_selected (
      gst_ice_transport_get_pairs (f->transport), pair);
}

static guint64
count_requests (Fixture *f)
{
  g_autoptr (GstStructure) pair = gst_ice_transport_pairs_get_selected (
      gst_ice_transport_get_pairs (f->transport));
  guint64 n = 0;

  g_assert_nonnull (pair);
  gst_structure_get_uint64 (pair, "consent-requests-sent", &n);
  return n;
}

static gboolean
has_round_trip_time (Fixture *f)
{
  g_autoptr (GstStructure) pair = gst_ice_transport_pairs_get_selected (
      gst_ice_transport_get_pairs (f->transport));

  return gst_structure_has_field (pair, "current-round-trip-time");
}

/* The first request is sent at once, the next one when an interval is over. */
static void
test_consent (Fixture *f, gconstpointer unused)
{
  Request first, second;

  if (!add_socket (f))
    return;
  g_assert_false (gst_ice_nice_consent_can_check (f->consent));
  select_pair (f);
  watch (f);
  g_assert_true (gst_ice_nice_consent_can_check (f->consent));
  g_assert_cmpint (
      gst_ice_nice_consent_get_round_trip_time (f->consent), ==, -1);
  receive (f, &first);
  g_assert_cmpuint (count_requests (f), ==, 1);
  g_assert_false (has_round_trip_time (f));
  answer (f, &first, 0);
  assert_reported (f, "consent ");
  g_assert_true (has_round_trip_time (f));
  g_assert_cmpint (
      gst_ice_nice_consent_get_round_trip_time (f->consent), >=, 0);

  /* no request is answered twice */
  answer (f, &first, 0);
  gst_ice_nice_consent_send_soon (f->consent);
  receive (f, &second);
  g_assert_cmpuint (count_requests (f), ==, 2);
  g_assert_cmpint (memcmp (first.data + 4, second.data + 4, 16), !=, 0);
  assert_reported (f, "");
  answer (f, &second, 0);
  assert_reported (f, "consent ");
}

static void
test_revoked (Fixture *f, gconstpointer unused)
{
  Request request;

  if (!add_socket (f))
    return;
  watch (f);
  receive (f, &request);
  answer (f, &request, FORBIDDEN);
  assert_reported (f, "revoked ");
  g_assert_false (gst_ice_nice_consent_can_check (f->consent));
  gst_ice_nice_consent_send_soon (f->consent);
  gst_ice_nice_consent_note_request (f->consent);
  answer (f, &request, 0);
  run_for (f, 300);
  assert_reported (f, "");
  g_assert_false (has_request (f->peer));
}

/* Another error: the peer is alive, and is asked again. */
static void
test_error (Fixture *f, gconstpointer unused)
{
  Request request;

  if (!add_socket (f))
    return;
  watch (f);
  receive (f, &request);
  answer (f, &request, SERVER_ERROR);
  assert_reported (f, "life ");
  g_assert_true (gst_ice_nice_consent_can_check (f->consent));
  gst_ice_nice_consent_note_request (f->consent);
  assert_reported (f, "life ");
  gst_ice_nice_consent_send_soon (f->consent);
  receive (f, &request);
  answer (f, &request, 0);
  assert_reported (f, "consent ");
}

static void
test_forged (Fixture *f, gconstpointer unused)
{
  Request request;

  if (!add_socket (f))
    return;
  watch (f);
  receive (f, &request);
  answer_from (f, f->peer, &request, 0, WRONG);
  answer_from (f, f->peer, &request, FORBIDDEN, WRONG);
  answer_from (f, f->other, &request, 0, PASSWORD);
  answer_from (f, f->other, &request, FORBIDDEN, PASSWORD);
  run_for (f, 0);
  assert_reported (f, "");
  answer (f, &request, 0);
  assert_reported (f, "consent ");
}

/* The peer demands the other role; the next request has it. */
static void
test_role_conflict (Fixture *f, gconstpointer unused)
{
  Request first, second;

  if (!add_socket (f))
    return;
  watch (f);
  receive (f, &first);
  g_assert_true (has (&first, STUN_ATTRIBUTE_ICE_CONTROLLING));
  answer (f, &first, ROLE_CONFLICT);
  assert_reported (f, "controlled life ");
  g_assert_cmpint (recording_get_timeout (f->context), <=, 100);
  receive (f, &second);
  g_assert_true (has (&second, STUN_ATTRIBUTE_ICE_CONTROLLED));
  g_assert_false (has (&second, STUN_ATTRIBUTE_ICE_CONTROLLING));

  /* not for an older request, nor where the role has changed since */
  gst_ice_nice_consent_send_soon (f->consent);
  receive (f, &first);
  answer (f, &second, ROLE_CONFLICT);
  assert_reported (f, "life ");
  gst_ice_transport_set_role (f->transport, GST_ICE_ROLE_CONTROLLING);
  answer (f, &first, ROLE_CONFLICT);
  assert_reported (f, "life ");

  /* the second conflict: not at once, but before the usual interval */
  gst_ice_nice_consent_send_soon (f->consent);
  receive (f, &first);
  answer (f, &first, ROLE_CONFLICT);
  assert_reported (f, "controlled life ");
  g_assert_cmpint (recording_get_timeout (f->context), <=, 500);
}

/* RFC 8445 section 7.1.2: only the controlling end sends USE-CANDIDATE. */
static void
test_nominated (Fixture *f, gconstpointer unused)
{
  Request request;

  if (!add_socket (f))
    return;
  watch (f);
  receive (f, &request);
  g_assert_false (has (&request, STUN_ATTRIBUTE_USE_CANDIDATE));
  gst_ice_nice_consent_set_nominated (f->consent, TRUE);
  gst_ice_nice_consent_send_soon (f->consent);
  receive (f, &request);
  g_assert_true (has (&request, STUN_ATTRIBUTE_USE_CANDIDATE));
  gst_ice_transport_set_role (f->transport, GST_ICE_ROLE_CONTROLLED);
  gst_ice_nice_consent_send_soon (f->consent);
  receive (f, &request);
  g_assert_false (has (&request, STUN_ATTRIBUTE_USE_CANDIDATE));
}

/* The priority of a peer-reflexive candidate, and the same tie-breaker. */
static void
test_attributes (Fixture *f, gconstpointer unused)
{
  Request first, second;
  guint32 priority;
  guint64 a, b;

  if (!add_socket (f))
    return;
  watch (f);
  receive (f, &first);
  g_assert_cmpint (
      stun_message_find32 (&first.message, STUN_ATTRIBUTE_PRIORITY, &priority),
      ==, STUN_MESSAGE_RETURN_SUCCESS);
  g_assert_cmphex (priority, ==, 110u << 24 | (PRIORITY & 0xFFFFFF));
  stun_message_find64 (&first.message, STUN_ATTRIBUTE_ICE_CONTROLLING, &a);
  gst_ice_nice_consent_send_soon (f->consent);
  receive (f, &second);
  stun_message_find64 (&second.message, STUN_ATTRIBUTE_ICE_CONTROLLING, &b);
  g_assert_cmphex (a, !=, 0);
  g_assert_cmphex (a, ==, b);
  g_assert_cmphex (a >> 32, !=, 0);
  g_assert_cmphex (a & 1, ==, 1);
}

static void
test_expired (Fixture *f, gconstpointer unused)
{
  Request request;
  gint64 end = g_get_monotonic_time () + PATIENCE;

  gst_ice_nice_consent_free (f->consent);
  make_consent (f, NEVER, FAILED_TIMEOUT);
  if (!add_socket (f))
    return;
  watch (f);
  g_assert_cmpint (get_lost_at (f), ==, 1 + FAILED_TIMEOUT * 1000);
  receive (f, &request);
  while (gst_ice_nice_consent_can_check (f->consent)) {
    iterate (f);
    g_assert_cmpint (g_get_monotonic_time (), <, end);
  }
  answer (f, &request, 0);
  run_for (f, 0);
  assert_reported (f, "");
  g_assert_false (has_request (f->peer));
  g_assert_cmpint (get_lost_at (f), ==, 1 + FAILED_TIMEOUT * 1000);
}

/* In place of GLib's clock; tests put it forward. */
static gint clock_offset; /* s; atomic */

gint64
g_get_monotonic_time (void)
{
  struct timespec now;

  g_assert_cmpint (clock_gettime (CLOCK_MONOTONIC, &now), ==, 0);
  return (now.tv_sec + g_atomic_int_get (&clock_offset)) * G_USEC_PER_SEC
      + now.tv_nsec / 1000;
}

#define LONG_TIMEOUT 4000000         /* s */
#define LITTLE (LONG_TIMEOUT / 2000) /* s */

/* Consent expires after the timeout, not before: a request that is due shortly
 * before it is sent, one that is due shortly behind it is not. */
static void
test_expires_in_time (Fixture *f, gconstpointer unused)
{
  gint64 end;
  Request request;

  gst_ice_nice_consent_free (f->consent);
  make_consent (f, NEVER, LONG_TIMEOUT * 1000u);
  if (!add_socket (f))
    return;
  watch (f);
  receive (f, &request);
  g_atomic_int_set (&clock_offset, LONG_TIMEOUT - LITTLE);
  receive (f, &request);
  g_assert_true (gst_ice_nice_consent_can_check (f->consent));

  g_atomic_int_set (&clock_offset, 0);
  watch (f);
  receive (f, &request);
  g_atomic_int_set (&clock_offset, LONG_TIMEOUT + LITTLE);
  end = g_get_monotonic_time () + PATIENCE;
  while (gst_ice_nice_consent_can_check (f->consent)) {
    iterate (f);
    g_assert_cmpint (g_get_monotonic_time (), <, end);
  }
  g_atomic_int_set (&clock_offset, 0);
  g_assert_false (has_request (f->peer));
}

/* Nothing is asked nor reported, but the transport's timeouts go on. */
static void
test_paused (Fixture *f, gconstpointer unused)
{
  Request request;

  gst_ice_nice_consent_free (f->consent);
  make_consent (f, NEVER, 60 * 1000);
  if (!add_socket (f))
    return;
  watch (f);
  receive (f, &request);
  gst_ice_nice_consent_pause (f->consent);
  g_assert_false (gst_ice_nice_consent_can_check (f->consent));
  answer (f, &request, 0);
  gst_ice_nice_consent_send_soon (f->consent);
  gst_ice_nice_consent_note_request (f->consent);
  run_for (f, 600); /* a request was due after 500 ms */
  assert_reported (f, "");
  g_assert_false (has_request (f->peer));
  g_assert_cmpint (get_lost_at (f), ==, 1 + 60 * 1000000);

  /* another pair; no answer to a request on the pair before counts */
  watch (f);
  answer (f, &request, 0);
  receive (f, &request);
  assert_reported (f, "");
  answer (f, &request, 0);
  assert_reported (f, "consent ");
}

static void
test_no_credentials (Fixture *f, gconstpointer unused)
{
  gst_ice_nice_consent_free (f->consent);
  f->consent = gst_ice_nice_consent_new (
      f->transport, f->context, f->roles, NEVER, 60 * 1000);
  if (!add_socket (f))
    return;
  watch (f);
  run_for (f, 0);
  g_assert_false (gst_ice_nice_consent_can_check (f->consent));
  g_assert_false (has_request (f->peer));
  g_assert_cmpint (get_lost_at (f), ==, -1);
}

/* Silence proves nothing where no answer can be received. */
static void
test_no_way (Fixture *f, gconstpointer unused)
{
  gst_ice_nice_consent_free (f->consent);
  make_consent (f, NEVER, 60 * 1000);
  watch (f);
  g_assert_false (gst_ice_nice_consent_can_check (f->consent));
  g_assert_cmpint (get_lost_at (f), ==, -1);
}

static void
test_sockets (Fixture *f, gconstpointer unused)
{
  GstIceSteering *steering;
  g_autoptr (GSocket) tcp = g_socket_new (
      G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
  g_autoptr (GSocketAddress)
      peer = g_socket_get_local_address (f->peer, NULL),
      other = g_socket_get_local_address (f->other, NULL),
      wrong_port = g_inet_socket_address_new_from_string ("127.0.0.1", 9);
  NiceRequest request = { 0 };

  g_assert_null (gst_ice_nice_consent_add_socket (f->consent, tcp));
  if (!add_socket (f))
    return;
  steering = gst_ice_nice_consent_find_steering (f->consent, f->local);
  g_assert_nonnull (steering);
  g_assert_true (gst_ice_nice_consent_find_socket (
                     f->consent, (guint64) g_socket_get_fd (f->socket))
      == steering);
  g_assert_null (gst_ice_nice_consent_find_socket (
      f->consent, (guint64) g_socket_get_fd (f->peer)));
  g_assert_null (gst_ice_nice_consent_find_steering (f->consent, f->remote));
  f->local->type = NICE_CANDIDATE_TYPE_RELAYED;
  g_assert_null (gst_ice_nice_consent_find_steering (f->consent, f->local));
  f->local->type = NICE_CANDIDATE_TYPE_HOST;
  f->local->transport = NICE_CANDIDATE_TRANSPORT_TCP_ACTIVE;
  g_assert_null (gst_ice_nice_consent_find_steering (f->consent, f->local));
  f->local->transport = NICE_CANDIDATE_TRANSPORT_UDP;
  /* a candidate without a base is its own */
  memset (&f->local->base_addr, 0, sizeof f->local->base_addr);
  g_assert_true (
      gst_ice_nice_consent_find_steering (f->consent, f->local) == steering);

  nice_address_to_string (&f->remote->addr, request.remote.address);
  request.remote.port = nice_address_get_port (&f->remote->addr);
  request.socket = (guint64) g_socket_get_fd (f->socket);
  g_assert_false (gst_ice_nice_consent_is_from_peer (
      f->consent, G_INET_SOCKET_ADDRESS (peer)));
  g_assert_false (gst_ice_nice_consent_has_request (f->consent, &request));
  watch (f);
  g_assert_true (gst_ice_nice_consent_is_from_peer (
      f->consent, G_INET_SOCKET_ADDRESS (peer)));
  g_assert_false (gst_ice_nice_consent_is_from_peer (
      f->consent, G_INET_SOCKET_ADDRESS (other)));
  g_assert_false (gst_ice_nice_consent_is_from_peer (
      f->consent, G_INET_SOCKET_ADDRESS (wrong_port)));
  g_assert_true (gst_ice_nice_consent_has_request (f->consent, &request));
  request.socket = (guint64) g_socket_get_fd (f->peer);
  g_assert_false (gst_ice_nice_consent_has_request (f->consent, &request));
  request.socket = (guint64) g_socket_get_fd (f->socket);
  request.remote.port++;
  g_assert_false (gst_ice_nice_consent_has_request (f->consent, &request));
  gst_ice_nice_consent_pause (f->consent);
  g_assert_false (gst_ice_nice_consent_is_from_peer (
      f->consent, G_INET_SOCKET_ADDRESS (peer)));
}

static void
on_checked (GSocketAddress *from, guint32 id, gpointer data)
{
  Fixture *f = data;
  g_autofree gchar *address = g_inet_address_to_string (
      g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (from)));

  g_string_append_printf (f->log, "checked-%u-%s ", id, address);
}

/* A check on another pair, from the same socket. */
static void
test_check (Fixture *f, gconstpointer unused)
{
  GstIceSteering *steering;
  IceCheckEndpoint remote = { .address = "127.0.0.2" };
  g_autoptr (GSocketAddress)
      other = g_socket_get_local_address (f->other, NULL);
  g_autoptr (GError) error = NULL;
  Request request;

  if (!add_socket (f))
    return;
  steering = gst_ice_nice_consent_find_steering (f->consent, f->local);
  remote.port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (other));
  gst_ice_nice_consent_set_checked (f->consent, on_checked, f);
  gst_ice_nice_consent_set_nominated (f->consent, TRUE);
  watch (f);
  g_assert_true (
      gst_ice_nice_consent_check (f->consent, steering, &remote, 42, &error));
  g_assert_no_error (error);
  receive_at (f, f->other, &request);
  g_assert_true (has (&request, STUN_ATTRIBUTE_ICE_CONTROLLING));
  g_assert_false (has (&request, STUN_ATTRIBUTE_USE_CANDIDATE));
  answer_from (f, f->other, &request, 0, WRONG);
  answer_from (f, f->other, &request, FORBIDDEN, PASSWORD);
  answer_from (f, f->other, &request, 0, PASSWORD);
  assert_reported (f, "checked-42-127.0.0.2 ");

  /* nobody wants to know any more, or no pair is watched */
  gst_ice_nice_consent_set_checked (f->consent, NULL, NULL);
  answer_from (f, f->other, &request, 0, PASSWORD);
  run_for (f, 0);
  gst_ice_nice_consent_set_checked (f->consent, on_checked, f);
  gst_ice_nice_consent_pause (f->consent);
  answer_from (f, f->other, &request, 0, PASSWORD);
  run_for (f, 0);
  assert_reported (f, "");

  watch (f);
  g_strlcpy (remote.address, "a.name.example", sizeof remote.address);
  g_assert_false (
      gst_ice_nice_consent_check (f->consent, steering, &remote, 43, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
}

/* Through libnice: its trace shows the answers. */

static void
trace (Fixture *f, const gchar *line)
{
  g_autofree gchar *text = g_strdup_printf ("Agent %p%s", (gpointer) f, line);

  g_log ("libnice", G_LOG_LEVEL_DEBUG, "%s", text);
}

static void
trace_inbound (Fixture *f, guint octets)
{
  gchar address[NICE_ADDRESS_STRING_LEN];
  g_autofree gchar *line = NULL;

  nice_address_to_string (&f->remote->addr, address);
  line = g_strdup_printf (
      ": inbound STUN packet for 1/1 (stream/component) from [%s]:%u (%u "
      "octets) :",
      address, nice_address_get_port (&f->remote->addr), octets);
  trace (f, line);
}

/* An answer to a request that libnice did not send. */
static void
trace_answer (Fixture *f, guint octets)
{
  trace_inbound (f, octets);
  trace (
      f, " : Valid STUN response for which we don't have a request, ignoring");
}

static void
ignore (gpointer data)
{
}

static void
make_pairs (Fixture *f)
{
  f->io = gst_ice_io_acquire ();
  f->amplification = gst_ice_amplification_new ();
  f->checked = gst_ice_alarm_new (f->context, ignore, f);
  f->pairs = gst_ice_nice_pairs_new (f->transport, f->io, f, f->flood_guard,
      f->roles, f->amplification, f->checked);
  trace (f, " : In ICE-FULL mode, starting candidate gathering.");
  trace_inbound (f, 88);
  trace (f, " : pair 0x5ba290e0 MATCHED.");
  gst_ice_nice_consent_set_agent (f->consent, (NiceAgent *) f, 7, 1, f->pairs);
}

static void
wait_for_request (Fixture *f, guint n)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;

  while (n_through_agent < n) {
    iterate (f);
    g_assert_cmpint (g_get_monotonic_time (), <, end);
  }
  stun_agent_init (&through_agent.agent, attributes, STUN_COMPATIBILITY_RFC5389,
      STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS | STUN_AGENT_USAGE_USE_FINGERPRINT
          | STUN_AGENT_USAGE_IGNORE_CREDENTIALS);
  g_assert_cmpint (
      stun_agent_validate (&through_agent.agent, &through_agent.message,
          through_agent.data, through_agent.size, NULL, NULL),
      ==, STUN_VALIDATION_SUCCESS);
}

static void
test_through_agent (Fixture *f, gconstpointer unused)
{
  guint8 data[NICE_STUN_MAX_ANSWER];
  gsize size;

  make_pairs (f);
  watch (f);
  wait_for_request (f, 1);
  g_assert_cmpint (
      gst_ice_nice_consent_get_round_trip_time (f->consent), ==, -1);
  trace_answer (f, 92); /* of another length, perhaps 403 */
  trace_answer (f, 88);
  assert_reported (f, "consent ");
  trace_answer (f, 88);
  run_for (f, 0);
  assert_reported (f, ""); /* there was one request */

  /* an answer that can be looked into: the others prove nothing any more */
  gst_ice_nice_consent_send_soon (f->consent);
  wait_for_request (f, 2);
  size = make_answer (&through_agent, 0, WRONG, data);
  g_assert_true (gst_ice_stun_responses_take (
      gst_ice_nice_consent_get_answers (f->consent), NULL, NULL, data, size));
  size = make_answer (&through_agent, 0, PASSWORD, data);
  g_assert_true (gst_ice_stun_responses_take (
      gst_ice_nice_consent_get_answers (f->consent), NULL, NULL, data, size));
  assert_reported (f, "consent ");
  gst_ice_nice_consent_send_soon (f->consent);
  wait_for_request (f, 3);
  trace_answer (f, 88);
  run_for (f, 0);
  assert_reported (f, "");
  size = make_answer (&through_agent, FORBIDDEN, PASSWORD, data);
  g_assert_true (gst_ice_stun_responses_take (
      gst_ice_nice_consent_get_answers (f->consent), NULL, NULL, data, size));
  assert_reported (f, "revoked ");
}

static void
on_relayed (const GstIceStunRelay *relay, gpointer data)
{
  g_string_append_printf (data, "%04x ", relay->channel);
}

static void
take_relayed (Fixture *f, gint error, const gchar *password)
{
  g_autoptr (GSocketAddress)
      server = g_inet_socket_address_new_from_string ("127.0.0.1", 3478);
  guint8 data[4 + NICE_STUN_MAX_ANSWER] = { 0x40, 0x05 };
  gsize size = make_answer (&through_agent, error, password, data + 4);

  GST_WRITE_UINT16_BE (data + 2, (guint16) size);
  g_assert_true (gst_ice_stun_responses_take (
      gst_ice_nice_consent_get_answers (f->consent), NULL, server, data,
      size + 4));
}

/* Only consent itself shows the peer's channel, each answer once. */
static void
test_relayed (Fixture *f, gconstpointer unused)
{
  g_autoptr (GString) channels = g_string_new (NULL);

  make_pairs (f);
  gst_ice_nice_consent_set_relayed (f->consent, on_relayed, channels);
  watch (f);
  wait_for_request (f, 1);
  take_relayed (f, 0, WRONG);
  g_assert_cmpstr (channels->str, ==, "");
  take_relayed (f, 0, PASSWORD);
  assert_reported (f, "consent ");
  take_relayed (f, 0, PASSWORD); /* a copy */
  g_assert_cmpstr (channels->str, ==, "4005 ");
  gst_ice_nice_consent_send_soon (f->consent);
  wait_for_request (f, 2);
  take_relayed (f, FORBIDDEN, PASSWORD);
  assert_reported (f, "revoked ");
  g_assert_cmpstr (channels->str, ==, "4005 ");
}

/* Another pair, through libnice: the peer of the pair before is not its peer,
 * and what was proved on that one proves nothing here. */
static void
test_next_pair (Fixture *f, gconstpointer unused)
{
  g_autoptr (GSocketAddress) peer = g_socket_get_local_address (f->peer, NULL);
  guint8 data[NICE_STUN_MAX_ANSWER];
  Request request;
  gsize size;

  make_pairs (f);
  if (!add_socket (f))
    return;
  watch (f);
  receive (f, &request);
  g_assert_true (gst_ice_nice_consent_is_from_peer (
      f->consent, G_INET_SOCKET_ADDRESS (peer)));
  f->local->type = NICE_CANDIDATE_TYPE_RELAYED;
  watch (f);
  g_assert_false (gst_ice_nice_consent_is_from_peer (
      f->consent, G_INET_SOCKET_ADDRESS (peer)));
  wait_for_request (f, 1);
  size = make_answer (&through_agent, 0, PASSWORD, data);
  g_assert_true (gst_ice_stun_responses_take (
      gst_ice_nice_consent_get_answers (f->consent), NULL, NULL, data, size));
  assert_reported (f, "consent ");

  watch (f);
  wait_for_request (f, 2);
  trace_answer (f, 88);
  assert_reported (f, "consent ");
}

/* An answer through libnice proves nothing where a socket of ours asks. */
static void
test_other_way (Fixture *f, gconstpointer unused)
{
  Request request;
  guint8 data[NICE_STUN_MAX_ANSWER];
  gsize size;

  make_pairs (f);
  if (!add_socket (f))
    return;
  watch (f);
  receive (f, &request);
  g_assert_cmpuint (n_through_agent, ==, 0);
  size = make_answer (&request, 0, PASSWORD, data);
  g_assert_true (gst_ice_stun_responses_take (
      gst_ice_nice_consent_get_answers (f->consent), NULL, NULL, data, size));
  trace_answer (f, 88);
  run_for (f, 0);
  assert_reported (f, "");
  answer (f, &request, 0);
  assert_reported (f, "consent ");
}

/* The peer's check on a socket of libnice's own. */
static void
trace_check (Fixture *f)
{
  gchar address[NICE_ADDRESS_STRING_LEN];
  g_autofree gchar *line = NULL;

  nice_address_to_string (&f->remote->addr, address);
  line = g_strdup_printf (" : STUN-CC RESP to '%s:%u', socket=%d, len=80, "
                          "cand=0x5ba22b20 (c-id:1), use-cand=0, "
                          "transactionId=2112a44212f24c89be26140e1fe2a80",
      address, nice_address_get_port (&f->remote->addr),
      g_socket_get_fd (f->socket));
  trace (f, line);
}

/* The pairs get the remote address of the selected one. */
static void
test_selected_remote (Fixture *f, gconstpointer unused)
{
  gint senders = -1;

  make_pairs (f);
  gst_ice_nice_pairs_add_socket (f->pairs, f->socket, FALSE);
  gst_ice_nice_pairs_watch_senders (f->pairs, &senders);
  trace_check (f);
  g_assert_cmpint (senders, ==, NICE_REQUESTS_SENDERS_MANY);
  watch (f);
  g_assert_cmpint (senders, ==, NICE_REQUESTS_SENDERS_ONE);
}

/* A full socket: the next request is sent all the same. */
static void
test_agent_blocks (Fixture *f, gconstpointer unused)
{
  make_pairs (f);
  agent_blocks = TRUE;
  watch (f);
  run_for (f, 0);
  g_assert_cmpuint (n_through_agent, ==, 0);
  agent_blocks = FALSE;
  wait_for_request (f, 1);
}

/* A pair whose remote address libnice does not know yet. */
static void
test_unknown_length (Fixture *f, gconstpointer unused)
{
  make_pairs (f);
  nice_address_set_port (&f->remote->addr, 9);
  watch (f);
  g_assert_false (gst_ice_nice_consent_can_check (f->consent));
  g_assert_cmpuint (n_through_agent, ==, 0);
}

#define TIE_BREAKER (G_GUINT64_CONSTANT (6545775123339351923))

/* One of libnice's own checks. */
static void
trace_request (Fixture *f)
{
  trace (f,
      " : STUN-CC REQ [127.0.0.1]:45121 --> [127.0.0.1]:48704, socket=6, "
      "pair=0x5ba29030 (c-id:1), tie=6545775123339351923, "
      "username='xK2E:m38n' (9), password='F3dcodZpujTEJ9TsIMueW8' (22), "
      "prio=6e2003ff, controlling.");
}

/* libnice's tie-breaker, where its trace shows it. */
static void
test_tie_breaker (Fixture *f, gconstpointer unused)
{
  guint64 tie_breaker = 0;

  make_pairs (f);
  trace_request (f);
  watch (f);
  wait_for_request (f, 1);
  stun_message_find64 (
      &through_agent.message, STUN_ATTRIBUTE_ICE_CONTROLLING, &tie_breaker);
  g_assert_cmpuint (tie_breaker, ==, TIE_BREAKER);
}

static void
nobody_reads (const gchar *domain, GLogLevelFlags level, const gchar *message,
    gpointer data)
{
}

/* The application took libnice's log: silence proves nothing from then on. */
static void
test_trace_lost (Fixture *f, gconstpointer unused)
{
  guint handler;

  gst_ice_nice_consent_free (f->consent);
  make_consent (f, NEVER, 60 * 1000);
  make_pairs (f);
  watch (f);
  g_assert_cmpint (get_lost_at (f), ==, 1 + 60 * 1000000);
  wait_for_request (f, 1);
  handler = g_log_set_handler (
      "libnice", G_LOG_LEVEL_DEBUG, nobody_reads, NULL);
  gst_ice_nice_consent_send_soon (f->consent);
  run_for (f, 150);
  g_log_remove_handler ("libnice", handler);
  g_assert_cmpuint (n_through_agent, ==, 1);
  g_assert_false (gst_ice_nice_consent_can_check (f->consent));
  g_assert_cmpint (get_lost_at (f), ==, -1);
}

/* Silence is noticed within a second, consent is asked for every 4 to 6 s. */
static void
test_interval (Fixture *f, gconstpointer unused)
{
  Request request;

  if (!add_socket (f))
    return;
  watch (f);
  receive (f, &request);
  g_assert_cmpint (recording_get_timeout (f->context), <=, 500);
  answer (f, &request, 0);
  assert_reported (f, "consent ");
  g_assert_cmpint (recording_get_timeout (f->context), <=, 1000);
  run_for (f, 1100);
  g_assert_false (has_request (f->peer)); /* no media came that could end */
  g_assert_cmpint (recording_get_timeout (f->context), >, 0);
  g_assert_cmpint (recording_get_timeout (f->context), <=, 6000);
  gst_ice_nice_consent_pause (f->consent);
  g_assert_cmpint (recording_get_timeout (f->context), ==, -1);
}

/* Checks by the credentials from before a restart. */

#define OUR_PASSWORD "password+of+ours+01234567"

typedef struct
{
  GPtrArray *steerings;
  GstIceNiceAnswerer *answerer;
} Old;

static void
on_old_answered (GInetSocketAddress *from, gpointer data)
{
  Fixture *f = data;
  g_autoptr (GSocketAddress) peer = g_socket_get_local_address (f->peer, NULL);

  g_assert_cmpuint (g_inet_socket_address_get_port (from), ==,
      g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (peer)));
  g_string_append (f->log, "answered ");
}

static gboolean
old_start (Fixture *f, Old *self)
{
  GstIceSteering *steering = gst_ice_nice_consent_add_socket (
      f->consent, f->socket);

  if (steering == NULL) {
    g_test_skip ("this system cannot steer");
    return FALSE;
  }
  make_pairs (f);
  self->steerings = g_ptr_array_new ();
  g_ptr_array_add (self->steerings, steering);
  self->answerer = gst_ice_nice_answerer_new (
      f->context, self->steerings, on_old_answered, f);
  gst_ice_nice_answerer_set_agent (self->answerer, f->pairs, f->roles);
  return TRUE;
}

static void
old_end (Old *self)
{
  gst_ice_nice_answerer_free (self->answerer);
  g_ptr_array_unref (self->steerings);
}

static void
check_as_peer (Fixture *f, const gchar *username, const gchar *password,
    const NiceStunCheck *check)
{
  guint8 data[NICE_STUN_MAX_REQUEST];
  gsize size = nice_stun_make_request (
      data, sizeof data, 1, 2, username, password, check);
  g_autoptr (GSocketAddress) to = g_socket_get_local_address (f->socket, NULL);

  g_assert_cmpint (
      g_socket_send_to (f->peer, to, (gchar *) data, size, NULL, NULL), ==,
      size);
}

/* Whether libnice gets it, in whose hands it stays unanswered here. */
static gboolean
agent_gets (Fixture *f)
{
  gchar data[NICE_STUN_MAX_REQUEST];

  run_for (f, 0);
  return g_socket_receive (f->socket, data, sizeof data, NULL, NULL) > 0;
}

static NiceStunAnswer
read_answer (Fixture *f)
{
  guint8 data[NICE_STUN_MAX_ANSWER + 64];
  gssize size = g_socket_receive (
      f->peer, (gchar *) data, NICE_STUN_MAX_ANSWER, NULL, NULL);
  guint32 id;

  return size < 0
      ? NICE_STUN_INVALID
      : nice_stun_read_answer (data, (gsize) size, 1, OUR_PASSWORD, &id);
}

static const NiceStunCheck controlled = { .tie_breaker = 1, .priority = 1 };

static void
test_old_credentials (Fixture *f, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  gint64 last;
  Old old;

  if (!old_start (f, &old))
    return;
  /* no pair was selected yet: there is nothing to answer */
  g_assert_true (gst_ice_nice_answerer_begin (old.answerer, &error));
  check_as_peer (f, "ours:theirs", OUR_PASSWORD, &controlled);
  g_assert_true (agent_gets (f));
  gst_ice_nice_answerer_select (old.answerer, "ours", OUR_PASSWORD, "theirs");
  check_as_peer (f, "ours:theirs", OUR_PASSWORD, &controlled);
  g_assert_true (agent_gets (f));
  g_assert_cmpint (gst_ice_nice_answerer_get_last (old.answerer), ==, 0);

  g_assert_true (gst_ice_nice_answerer_begin (old.answerer, &error));
  g_assert_no_error (error);
  check_as_peer (f, "ours:theirs", OUR_PASSWORD, &controlled);
  assert_reported (f, "answered ");
  g_assert_cmpint (read_answer (f), ==, NICE_STUN_CONSENT);
  last = gst_ice_nice_answerer_get_last (old.answerer);
  g_assert_cmpint (last, >, 0);
  g_assert_cmpint (recording_get_timeout (f->context), ==, -1);

  /* of the new generation, of others, and forged ones */
  check_as_peer (f, "new:theirs", OUR_PASSWORD, &controlled);
  g_assert_true (agent_gets (f));
  check_as_peer (f, "ours:others", OUR_PASSWORD, &controlled);
  g_assert_true (agent_gets (f));
  check_as_peer (f, "ours:theirs", WRONG, &controlled);
  g_assert_false (agent_gets (f));
  assert_reported (f, "");
  g_assert_cmpint (read_answer (f), ==, NICE_STUN_INVALID);
  g_assert_cmpint (gst_ice_nice_answerer_get_last (old.answerer), ==, last);

  /* a second restart, before another pair is selected */
  g_assert_true (gst_ice_nice_answerer_begin (old.answerer, &error));
  check_as_peer (f, "ours:theirs", OUR_PASSWORD, &controlled);
  assert_reported (f, "answered ");

  /* another pair: the old credentials for 7 s, each time */
  gst_ice_nice_answerer_select (old.answerer, "new", WRONG, "theirs");
  g_assert_cmpint (recording_get_timeout (f->context), >, 5000);
  g_assert_cmpint (recording_get_timeout (f->context), <=, 7000);
  g_assert_cmpint (gst_ice_nice_answerer_get_last (old.answerer), >, last);
  check_as_peer (f, "ours:theirs", OUR_PASSWORD, &controlled);
  assert_reported (f, "answered ");
  check_as_peer (f, "new:theirs", WRONG, &controlled);
  g_assert_true (agent_gets (f));

  /* the next restart: those of the pair that media takes now */
  g_assert_true (gst_ice_nice_answerer_begin (old.answerer, &error));
  g_assert_cmpint (recording_get_timeout (f->context), ==, -1);
  check_as_peer (f, "ours:theirs", OUR_PASSWORD, &controlled);
  g_assert_true (agent_gets (f));
  check_as_peer (f, "new:theirs", WRONG, &controlled);
  assert_reported (f, "answered ");

  old_end (&old);
  check_as_peer (f, "new:theirs", WRONG, &controlled);
  g_assert_true (agent_gets (f));
}

/* After another pair was selected, for 7 s after the last check; the alarm is
 * set again where a check came meanwhile. */
static void
test_old_credentials_late (Fixture *f, gconstpointer unused)
{
  gint64 last, end;
  Old old;

  if (!old_start (f, &old))
    return;
  gst_ice_nice_answerer_select (old.answerer, "ours", OUR_PASSWORD, "theirs");
  g_assert_true (gst_ice_nice_answerer_begin (old.answerer, NULL));
  gst_ice_nice_answerer_select (old.answerer, "new", WRONG, "theirs");
  end = g_get_monotonic_time () + 3 * GST_ICE_NICE_ANSWERER_LATE;
  run_for (f, 200);
  check_as_peer (f, "ours:theirs", OUR_PASSWORD, &controlled);
  assert_reported (f, "answered ");
  last = gst_ice_nice_answerer_get_last (old.answerer);
  while (recording_get_timeout (f->context) >= 0) {
    g_assert_cmpint (g_get_monotonic_time (), <, end);
    run_for (f, 50);
  }
  g_assert_cmpint (
      g_get_monotonic_time () - last, >=, GST_ICE_NICE_ANSWERER_LATE);
  check_as_peer (f, "ours:theirs", OUR_PASSWORD, &controlled);
  g_assert_true (agent_gets (f));
  assert_reported (f, "");
  old_end (&old);
}

/* RFC 8445 section 7.3.1.1: the greater tie-breaker keeps the role. */
static void
test_old_role (Fixture *f, gconstpointer unused)
{
  NiceStunCheck check = { .controlling = TRUE, .priority = 1 };
  Old old;

  if (!old_start (f, &old))
    return;
  gst_ice_nice_answerer_select (old.answerer, "ours", OUR_PASSWORD, "theirs");
  g_assert_true (gst_ice_nice_answerer_begin (old.answerer, NULL));
  trace_request (f);
  check.tie_breaker = TIE_BREAKER - 1;
  check_as_peer (f, "ours:theirs", OUR_PASSWORD, &check);
  assert_reported (f, "answered ");
  g_assert_cmpint (read_answer (f), ==, NICE_STUN_ROLE_CONFLICT);
  check.tie_breaker = TIE_BREAKER + 1;
  check_as_peer (f, "ours:theirs", OUR_PASSWORD, &check);
  assert_reported (f, "controlled answered ");
  g_assert_cmpint (read_answer (f), ==, NICE_STUN_CONSENT);
  old_end (&old);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
#define TEST(name)                                                             \
  g_test_add ("/consent/" #name, Fixture, NULL, set_up, test_##name, tear_down)
  TEST (consent);
  TEST (revoked);
  TEST (error);
  TEST (forged);
  TEST (role_conflict);
  TEST (nominated);
  TEST (attributes);
  TEST (expired);
  TEST (expires_in_time);
  TEST (paused);
  TEST (no_credentials);
  TEST (no_way);
  TEST (sockets);
  TEST (check);
  TEST (through_agent);
  TEST (relayed);
  TEST (selected_remote);
  TEST (next_pair);
  TEST (other_way);
  TEST (agent_blocks);
  TEST (unknown_length);
  TEST (tie_breaker);
  TEST (trace_lost);
  TEST (interval);
  TEST (old_credentials);
  TEST (old_credentials_late);
  TEST (old_role);
  return g_test_run ();
}
