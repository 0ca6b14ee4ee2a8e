/* gst-ice: test of nicestun: libnice's STUN library as the peer.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include <stun/stunagent.h>
#include <string.h>

#include "stun/nicestun.h"

#define TAG 0x1CE1CE01
#define ID 0xCAFE0007
#define USERNAME "theirs:ours"
#define PASSWORD "password+of+the+peer+0123"
#define WRONG "password+of+nobody+012345"
#define MAX_SIZE 1024
#define SLACK 64 /* as gsticesteering.c gives it */
#define HEADER 20

static const guint16 attributes[] = { STUN_ATTRIBUTE_MAPPED_ADDRESS,
  STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS, STUN_ATTRIBUTE_USERNAME,
  STUN_ATTRIBUTE_MESSAGE_INTEGRITY, STUN_ATTRIBUTE_FINGERPRINT,
  STUN_ATTRIBUTE_ERROR_CODE, STUN_ATTRIBUTE_UNKNOWN_ATTRIBUTES,
  STUN_ATTRIBUTE_PRIORITY, STUN_ATTRIBUTE_USE_CANDIDATE, 0 };

static const NiceStunCheck check = {
  .controlling = TRUE,
  .tie_breaker = G_GUINT64_CONSTANT (0x0123456789ABCDEF),
  .priority = 0x6E7F1EFF,
};

static guint8 known_username[] = USERNAME;
static guint8 known_password[] = PASSWORD;

/* What a datagram is read from: nothing behind it is part of it. */
typedef struct
{
  guint8 data[MAX_SIZE + SLACK];
  gsize size;
} Datagram;

static void
init_peer (StunAgent *agent, guint flags)
{
  stun_agent_init (agent, attributes, STUN_COMPATIBILITY_RFC5389,
      STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS | STUN_AGENT_USAGE_USE_FINGERPRINT
          | flags);
}

static void
make_check (Datagram *request, const NiceStunCheck *what)
{
  memset (request, 0, sizeof (*request));
  request->size = nice_stun_make_request (
      request->data, MAX_SIZE, TAG, ID, USERNAME, PASSWORD, what);
  g_assert_cmpuint (request->size, >, HEADER);
}

static void
make_request (Datagram *request)
{
  make_check (request, &check);
}

static StunValidationStatus
read_request (
    StunAgent *peer, Datagram *request, StunMessage *message, guint8 *password)
{
  StunDefaultValidaterData known[] = {
    { known_username, sizeof (known_username) - 1, password,
        strlen ((const gchar *) password) },
    { NULL, 0, NULL, 0 },
  };

  return stun_agent_validate (peer, message, request->data, request->size,
      stun_agent_default_validater, known);
}

/* The peer's answer; code 0: success. password NULL: no MESSAGE-INTEGRITY. */
static void
make_answer (Datagram *answer, gint code, const gchar *password)
{
  StunAgent peer;
  StunMessage request, message;
  Datagram asked;

  make_request (&asked);
  init_peer (&peer, password == NULL ? STUN_AGENT_USAGE_NO_INDICATION_AUTH : 0);
  g_assert_cmpint (read_request (&peer, &asked, &request, known_password), ==,
      STUN_VALIDATION_SUCCESS);
  if (password == NULL)
    request.key = NULL;
  memset (answer, 0, sizeof (*answer));
  if (code == 0)
    g_assert_true (stun_agent_init_response (
        &peer, &message, answer->data, MAX_SIZE, &request));
  else
    g_assert_true (stun_agent_init_error (
        &peer, &message, answer->data, MAX_SIZE, &request, code));
  message.key = NULL; /* the request's, which it would take before ours */
  message.key_len = 0;
  answer->size = stun_agent_finish_message (&peer, &message,
      (const guint8 *) password, password != NULL ? strlen (password) : 0);
  g_assert_cmpuint (answer->size, >, HEADER);
}

static NiceStunAnswer
read_answer (const Datagram *answer, guint32 *id)
{
  return nice_stun_read_answer (answer->data, answer->size, TAG, PASSWORD, id);
}

static void
assert_invalid (const Datagram *answer)
{
  guint32 id = 1;

  g_assert_cmpint (read_answer (answer, &id), ==, NICE_STUN_INVALID);
  g_assert_cmpuint (id, ==, 0);
}

static void
assert_answer (const Datagram *answer, NiceStunAnswer wanted)
{
  guint32 id;

  g_assert_cmpint (read_answer (answer, &id), ==, wanted);
  g_assert_cmpuint (id, ==, ID);
}

static void
test_request (void)
{
  StunAgent peer;
  StunMessage message;
  Datagram request;
  const void *username;
  guint16 length;

  make_request (&request);
  init_peer (&peer, 0);
  g_assert_cmpint (read_request (&peer, &request, &message, known_password), ==,
      STUN_VALIDATION_SUCCESS);
  g_assert_cmpint (stun_message_get_class (&message), ==, STUN_REQUEST);
  g_assert_cmpint (stun_message_get_method (&message), ==, STUN_BINDING);
  username = stun_message_find (&message, STUN_ATTRIBUTE_USERNAME, &length);
  g_assert_cmpmem (username, length, USERNAME, strlen (USERNAME));
  g_assert_true (
      stun_message_has_attribute (&message, STUN_ATTRIBUTE_MESSAGE_INTEGRITY));
  g_assert_true (
      stun_message_has_attribute (&message, STUN_ATTRIBUTE_FINGERPRINT));
  g_assert_false (
      stun_message_has_attribute (&message, STUN_ATTRIBUTE_USE_CANDIDATE));
  g_assert_cmpmem (request.data + 8, 8, "\x1c\xe1\xce\x01\xca\xfe\x00\x07", 8);
  g_assert_cmpuint (nice_stun_get_id (request.data, request.size), ==, ID);
  g_assert_cmpuint (nice_stun_get_id (request.data, HEADER - 1), ==, 0);
}

/* RFC 8445 section 7.1: one role, with the tie-breaker; USE-CANDIDATE where it
 * is meant. */
static void
check_attributes (gboolean controlling, gboolean use_candidate)
{
  NiceStunCheck sent = check;
  StunAttribute role = controlling ? STUN_ATTRIBUTE_ICE_CONTROLLING
                                   : STUN_ATTRIBUTE_ICE_CONTROLLED;
  StunAttribute other = controlling ? STUN_ATTRIBUTE_ICE_CONTROLLED
                                    : STUN_ATTRIBUTE_ICE_CONTROLLING;
  StunAgent peer;
  StunMessage message;
  Datagram request;
  guint64 tie_breaker;
  guint32 priority;

  sent.controlling = controlling;
  sent.use_candidate = use_candidate;
  make_check (&request, &sent);
  init_peer (&peer, 0);
  g_assert_cmpint (read_request (&peer, &request, &message, known_password), ==,
      STUN_VALIDATION_SUCCESS);
  g_assert_cmpint (stun_message_find64 (&message, role, &tie_breaker), ==,
      STUN_MESSAGE_RETURN_SUCCESS);
  g_assert_cmpuint (tie_breaker, ==, sent.tie_breaker);
  g_assert_false (stun_message_has_attribute (&message, other));
  g_assert_cmpint (
      stun_message_find32 (&message, STUN_ATTRIBUTE_PRIORITY, &priority), ==,
      STUN_MESSAGE_RETURN_SUCCESS);
  g_assert_cmpuint (priority, ==, sent.priority);
  g_assert_cmpint (
      stun_message_has_attribute (&message, STUN_ATTRIBUTE_USE_CANDIDATE), ==,
      use_candidate);
}

static void
test_request_is_a_check (void)
{
  check_attributes (TRUE, FALSE);
  check_attributes (TRUE, TRUE);
  check_attributes (FALSE, FALSE);
}

static void
test_request_of_a_stranger (void)
{
  guint8 wrong[] = WRONG;
  StunAgent peer;
  StunMessage message;
  Datagram request;

  make_request (&request);
  init_peer (&peer, 0);
  g_assert_cmpint (read_request (&peer, &request, &message, wrong), ==,
      STUN_VALIDATION_UNAUTHORIZED);
}

static void
test_request_must_fit (void)
{
  guint8 buffer[MAX_SIZE];
  Datagram request;
  gsize size;

  make_request (&request);
  for (size = 0; size < request.size; size++)
    g_assert_cmpuint (nice_stun_make_request (
                          buffer, size, TAG, ID, USERNAME, PASSWORD, &check),
        ==, 0);
}

/* 256 characters each, RFC 8839 section 5.4 */
static void
test_longest_credentials (void)
{
  g_autofree gchar *ufrag = g_strnfill (256, 'u');
  g_autofree gchar *username = g_strdup_printf ("%s:%s", ufrag, ufrag);
  g_autofree gchar *password = g_strnfill (256, 'p');
  guint8 buffer[NICE_STUN_MAX_REQUEST];

  g_assert_cmpuint (nice_stun_make_request (buffer, sizeof (buffer), TAG, ID,
                        username, password, &check),
      >, 513);
}

static void
test_answer (void)
{
  Datagram answer;

  make_answer (&answer, 0, PASSWORD);
  assert_answer (&answer, NICE_STUN_CONSENT);
}

static void
test_wrong_password (void)
{
  Datagram answer;
  guint32 id;

  make_answer (&answer, 0, PASSWORD);
  g_assert_cmpint (
      nice_stun_read_answer (answer.data, answer.size, TAG, WRONG, &id), ==,
      NICE_STUN_INVALID);
}

static void
test_without_integrity (void)
{
  Datagram answer, whole;

  make_answer (&answer, 0, NULL);
  make_answer (&whole, 0, PASSWORD);
  g_assert_cmpuint (answer.size + 24, ==, whole.size);
  assert_invalid (&answer);
}

static void
test_wrong_tag (void)
{
  Datagram answer;
  guint32 id;

  make_answer (&answer, 0, PASSWORD);
  g_assert_cmpint (
      nice_stun_read_answer (answer.data, answer.size, TAG + 1, PASSWORD, &id),
      ==, NICE_STUN_INVALID);
}

/* With the rest of the answer behind it, and with none. */
static void
test_truncated (void)
{
  Datagram answer, part;
  gsize size, whole;

  make_answer (&answer, 0, PASSWORD);
  whole = answer.size;
  for (size = 0; size < whole; size++) {
    memset (&part, 0, sizeof (part));
    memcpy (part.data, answer.data, size);
    part.size = answer.size = size;
    assert_invalid (&part);
    assert_invalid (&answer);
  }
}

static void
test_longer (void)
{
  Datagram answer;
  guint i;

  make_answer (&answer, 0, PASSWORD);
  for (i = 0; i < 64; i++) {
    answer.size++;
    assert_invalid (&answer);
  }
}

static void
test_flipped (void)
{
  gint codes[] = { 0, 300, 400, 401, 403, 487 };
  Datagram answer;
  guint i;
  gsize bit;

  for (i = 0; i < G_N_ELEMENTS (codes); i++) {
    make_answer (&answer, codes[i], PASSWORD);
    for (bit = 0; bit < answer.size * 8; bit++) {
      answer.data[bit / 8] ^= 1 << bit % 8;
      assert_invalid (&answer);
      answer.data[bit / 8] ^= 1 << bit % 8;
    }
  }
}

static void
test_revoked (void)
{
  Datagram answer;

  make_answer (&answer, 403, PASSWORD);
  assert_answer (&answer, NICE_STUN_REVOKED);
  make_answer (&answer, 403, NULL);
  assert_invalid (&answer);
}

static void
test_role_conflict (void)
{
  Datagram answer;

  make_answer (&answer, 487, PASSWORD);
  assert_answer (&answer, NICE_STUN_ROLE_CONFLICT);
  make_answer (&answer, 487, WRONG);
  assert_invalid (&answer);
  make_answer (&answer, 487, NULL);
  assert_invalid (&answer);
}

/* A peer that has the password is there, whatever the error. libnice's library
 * takes some of these with any MESSAGE-INTEGRITY. */
static void
test_other_errors (void)
{
  gint codes[] = { 300, 400, 401, 420, 438, 500 };
  Datagram answer;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (codes); i++) {
    make_answer (&answer, codes[i], PASSWORD);
    assert_answer (&answer, NICE_STUN_ERROR);
    g_assert_true (nice_stun_is_answer (answer.data, answer.size, PASSWORD));
    make_answer (&answer, codes[i], WRONG);
    assert_invalid (&answer);
    g_assert_false (nice_stun_is_answer (answer.data, answer.size, PASSWORD));
    make_answer (&answer, codes[i], NULL);
    assert_invalid (&answer);
  }
}

static void
test_request_is_no_answer (void)
{
  Datagram request;

  make_request (&request);
  assert_invalid (&request);
}

static void
test_indication (void)
{
  StunAgent peer;
  StunMessage message;
  Datagram asked, indication = { { 0 }, 0 };

  make_request (&asked);
  init_peer (&peer, 0);
  g_assert_true (stun_agent_init_indication (
      &peer, &message, indication.data, MAX_SIZE, STUN_BINDING));
  memcpy (indication.data + 8, asked.data + 8, 12);
  indication.size = stun_agent_finish_message (
      &peer, &message, known_password, sizeof (known_password) - 1);
  assert_invalid (&indication);
}

/* Answers of ours to the peer's checks. */

#define UFRAG "theirs" /* of USERNAME, in whose place we are here */

static NiceStunRole no_role;

static gsize
answer_check (Datagram *answer, const guint8 *data, gsize size,
    const gchar *ufrag, const gchar *password, const gchar *from)
{
  g_autoptr (GSocketAddress)
      address = g_inet_socket_address_new_from_string (from, 54321);

  memset (answer, 0, sizeof (*answer));
  answer->size = nice_stun_answer_check (
      answer->data, MAX_SIZE, data, size, ufrag, password, address, &no_role);
  return answer->size;
}

static void
assert_mapped (Datagram *answer, const gchar *from)
{
  g_autoptr (GSocketAddress) address = NULL;
  g_autofree gchar *host = NULL;
  struct sockaddr_storage mapped;
  socklen_t size = sizeof (mapped);
  StunMessage message = { .buffer = answer->data, .buffer_len = answer->size };

  g_assert_cmpint (stun_message_find_xor_addr (&message,
                       STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS, &mapped, &size),
      ==, STUN_MESSAGE_RETURN_SUCCESS);
  address = g_socket_address_new_from_native (&mapped, size);
  host = g_inet_address_to_string (
      g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address)));
  g_assert_cmpstr (host, ==, from);
  g_assert_cmpuint (
      g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address)), ==,
      54321);
}

static void
test_check (void)
{
  static const gchar *const hosts[] = { "192.0.2.1", "2001:db8::1" };
  Datagram request, answer;
  guint i;

  make_request (&request);
  for (i = 0; i < G_N_ELEMENTS (hosts); i++) {
    g_assert_cmpuint (answer_check (&answer, request.data, request.size, UFRAG,
                          PASSWORD, hosts[i]),
        >, 0);
    assert_answer (&answer, NICE_STUN_CONSENT);
    assert_mapped (&answer, hosts[i]);
  }
}

static void
test_check_of_a_stranger (void)
{
  Datagram request, answer;
  gsize bit, size;

  make_request (&request);
  g_assert_cmpuint (answer_check (&answer, request.data, request.size, UFRAG,
                        WRONG, "192.0.2.1"),
      ==, 0);
  g_assert_cmpuint (answer_check (&answer, request.data, request.size, "their",
                        PASSWORD, "192.0.2.1"),
      ==, 0);
  for (size = 0; size < request.size; size++)
    g_assert_cmpuint (answer_check (&answer, request.data, size, UFRAG,
                          PASSWORD, "192.0.2.1"),
        ==, 0);
  for (bit = 0; bit < request.size * 8; bit++) {
    request.data[bit / 8] ^= 1 << bit % 8;
    g_assert_cmpuint (answer_check (&answer, request.data, request.size, UFRAG,
                          PASSWORD, "192.0.2.1"),
        ==, 0);
    request.data[bit / 8] ^= 1 << bit % 8;
  }
}

static void
test_check_is_none (void)
{
  Datagram response, answer;

  make_answer (&response, 0, PASSWORD);
  g_assert_cmpuint (answer_check (&answer, response.data, response.size, UFRAG,
                        PASSWORD, "192.0.2.1"),
      ==, 0);
}

/* The peer's password signs it. extra: an attribute that libnice's library does
 * not know, 0: none; username: NULL: none. Returns: whether it is a check */
static gboolean
is_check (StunClass class, StunMethod method, const gchar *username,
    guint16 extra, const gchar *ufrag)
{
  Datagram message = { { 0 }, 0 };
  StunMessage stun;
  StunAgent peer;

  init_peer (&peer, 0);
  if (class == STUN_REQUEST)
    g_assert_true (
        stun_agent_init_request (&peer, &stun, message.data, MAX_SIZE, method));
  else
    g_assert_true (stun_agent_init_indication (
        &peer, &stun, message.data, MAX_SIZE, method));
  if (username != NULL)
    stun_message_append_bytes (
        &stun, STUN_ATTRIBUTE_USERNAME, username, strlen (username));
  if (extra != 0)
    stun_message_append32 (&stun, (StunAttribute) extra, 1);
  message.size = stun_agent_finish_message (
      &peer, &stun, known_password, sizeof (known_password) - 1);
  return nice_stun_is_check (message.data, message.size, ufrag, PASSWORD);
}

/* Only a Binding request is, whatever else the peer has signed. */
static void
test_check_kind (void)
{
  g_assert_true (is_check (STUN_REQUEST, STUN_BINDING, USERNAME, 0, UFRAG));
  g_assert_true (
      is_check (STUN_REQUEST, STUN_BINDING, USERNAME, 0x7FFF, UFRAG));
  g_assert_false (is_check (STUN_REQUEST, STUN_ALLOCATE, USERNAME, 0, UFRAG));
  g_assert_false (
      is_check (STUN_REQUEST, STUN_ALLOCATE, USERNAME, 0x7FFF, UFRAG));
  g_assert_false (is_check (STUN_INDICATION, STUN_BINDING, USERNAME, 0, UFRAG));
}

/* USERNAME is read to its end, not further: 0x3A is a colon. */
static void
test_check_username (void)
{
  g_assert_true (
      is_check (STUN_REQUEST, STUN_BINDING, "theirs00:", 0x3AFF, "theirs00"));
  g_assert_false (
      is_check (STUN_REQUEST, STUN_BINDING, "theirs00", 0x3AFF, "theirs00"));
  g_assert_false (
      is_check (STUN_REQUEST, STUN_BINDING, NULL, 0x3AFF, "theirs00"));
}

/* An attribute that has to be understood, and is not. */
static void
test_check_unknown_attribute (void)
{
  Datagram request = { { 0 }, 0 }, answer;
  StunAgent peer;
  StunMessage message;
  gint code = 0;

  init_peer (&peer, 0);
  g_assert_true (stun_agent_init_request (
      &peer, &message, request.data, MAX_SIZE, STUN_BINDING));
  stun_message_append_bytes (
      &message, STUN_ATTRIBUTE_USERNAME, USERNAME, strlen (USERNAME));
  stun_message_append32 (&message, (StunAttribute) 0x7FFF, 1);
  request.size = stun_agent_finish_message (
      &peer, &message, known_password, sizeof (known_password) - 1);
  g_assert_cmpuint (answer_check (&answer, request.data, request.size, UFRAG,
                        PASSWORD, "192.0.2.1"),
      >, 0);
  g_assert_cmpint (stun_agent_validate (
                       &peer, &message, answer.data, answer.size, NULL, NULL),
      ==, STUN_VALIDATION_SUCCESS);
  g_assert_cmpint (stun_message_get_class (&message), ==, STUN_ERROR);
  g_assert_true (
      stun_message_has_attribute (&message, STUN_ATTRIBUTE_MESSAGE_INTEGRITY));
  stun_message_find_error (&message, &code);
  g_assert_cmpint (code, ==, 420);
}

static void
test_check_answer_must_fit (void)
{
  g_autoptr (GSocketAddress)
      from = g_inet_socket_address_new_from_string ("192.0.2.1", 1);
  Datagram request, answer;
  gsize whole, size;

  make_request (&request);
  whole = answer_check (
      &answer, request.data, request.size, UFRAG, PASSWORD, "192.0.2.1");
  for (size = 0; size < whole; size++)
    g_assert_cmpuint (nice_stun_answer_check (answer.data, size, request.data,
                          request.size, UFRAG, PASSWORD, from, &no_role),
        ==, 0);
}

static void
assert_role (gboolean ours, gboolean theirs, guint64 tie_breaker,
    NiceStunAnswer wanted, gboolean loses)
{
  g_autoptr (GSocketAddress)
      from = g_inet_socket_address_new_from_string ("192.0.2.1", 1);
  NiceStunRole role = { ours, tie_breaker, !loses };
  NiceStunCheck sent = check;
  Datagram request, answer;

  sent.controlling = theirs;
  make_check (&request, &sent);
  memset (&answer, 0, sizeof (answer));
  answer.size = nice_stun_answer_check (answer.data, MAX_SIZE, request.data,
      request.size, UFRAG, PASSWORD, from, &role);
  assert_answer (&answer, wanted);
  g_assert_cmpint (role.loses, ==, loses);
}

/* RFC 8445 section 7.3.1.1: both roles of both, and all orders of the
 * tie-breakers. */
static void
test_check_role (void)
{
  const guint64 theirs = check.tie_breaker;
  const guint64 ties[] = { 1, theirs - 1, theirs, theirs + 1, G_MAXUINT64 };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (ties); i++) {
    gboolean wins = ties[i] >= theirs;

    assert_role (TRUE, FALSE, ties[i], NICE_STUN_CONSENT, FALSE);
    assert_role (FALSE, TRUE, ties[i], NICE_STUN_CONSENT, FALSE);
    assert_role (TRUE, TRUE, ties[i],
        wins ? NICE_STUN_ROLE_CONFLICT : NICE_STUN_CONSENT, !wins);
    assert_role (FALSE, FALSE, ties[i],
        wins ? NICE_STUN_CONSENT : NICE_STUN_ROLE_CONFLICT, wins);
  }
  assert_role (TRUE, TRUE, 0, NICE_STUN_CONSENT, FALSE);
  assert_role (FALSE, FALSE, 0, NICE_STUN_CONSENT, FALSE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/nicestun/request", test_request);
  g_test_add_func ("/nicestun/request/is-a-check", test_request_is_a_check);
  g_test_add_func ("/nicestun/request/stranger", test_request_of_a_stranger);
  g_test_add_func ("/nicestun/request/must-fit", test_request_must_fit);
  g_test_add_func (
      "/nicestun/request/longest-credentials", test_longest_credentials);
  g_test_add_func ("/nicestun/request/is-no-answer", test_request_is_no_answer);
  g_test_add_func ("/nicestun/answer", test_answer);
  g_test_add_func ("/nicestun/answer/wrong-password", test_wrong_password);
  g_test_add_func (
      "/nicestun/answer/without-integrity", test_without_integrity);
  g_test_add_func ("/nicestun/answer/wrong-tag", test_wrong_tag);
  g_test_add_func ("/nicestun/answer/truncated", test_truncated);
  g_test_add_func ("/nicestun/answer/longer", test_longer);
  g_test_add_func ("/nicestun/answer/flipped", test_flipped);
  g_test_add_func ("/nicestun/error/403", test_revoked);
  g_test_add_func ("/nicestun/error/487", test_role_conflict);
  g_test_add_func ("/nicestun/error/others", test_other_errors);
  g_test_add_func ("/nicestun/indication", test_indication);
  g_test_add_func ("/nicestun/check", test_check);
  g_test_add_func ("/nicestun/check/stranger", test_check_of_a_stranger);
  g_test_add_func ("/nicestun/check/none", test_check_is_none);
  g_test_add_func ("/nicestun/check/kind", test_check_kind);
  g_test_add_func ("/nicestun/check/username", test_check_username);
  g_test_add_func ("/nicestun/check/role", test_check_role);
  g_test_add_func (
      "/nicestun/check/unknown-attribute", test_check_unknown_attribute);
  g_test_add_func (
      "/nicestun/check/answer-must-fit", test_check_answer_must_fit);
  return g_test_run ();
}
