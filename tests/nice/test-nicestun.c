/* gst-ice: test of nicestun: libnice's STUN library as the peer.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include <stun/stunagent.h>
#include <string.h>

#include "nicestun.h"

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
  STUN_ATTRIBUTE_ERROR_CODE, 0 };

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
make_request (Datagram *request)
{
  memset (request, 0, sizeof (*request));
  request->size = nice_stun_make_request (
      request->data, MAX_SIZE, TAG, ID, USERNAME, PASSWORD);
  g_assert_cmpuint (request->size, >, HEADER);
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
  if (password == NULL) {
    message.key = NULL;
    message.key_len = 0;
  }
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
    g_assert_cmpuint (
        nice_stun_make_request (buffer, size, TAG, ID, USERNAME, PASSWORD), ==,
        0);
}

/* 256 characters each, RFC 8839 section 5.4 */
static void
test_longest_credentials (void)
{
  g_autofree gchar *ufrag = g_strnfill (256, 'u');
  g_autofree gchar *username = g_strdup_printf ("%s:%s", ufrag, ufrag);
  g_autofree gchar *password = g_strnfill (256, 'p');
  guint8 buffer[NICE_STUN_MAX_REQUEST];

  g_assert_cmpuint (nice_stun_make_request (
                        buffer, sizeof (buffer), TAG, ID, username, password),
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
  gint codes[] = { 0, 403 };
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

/* Errors that count for nothing: the id is not for anybody either. */
static void
test_other_errors (void)
{
  gint codes[] = { 300, 400, 401, 420, 438, 487, 500 };
  Datagram answer;
  guint32 id;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (codes); i++) {
    make_answer (&answer, codes[i], PASSWORD);
    g_assert_cmpint (read_answer (&answer, &id), ==, NICE_STUN_INVALID);
    make_answer (&answer, codes[i], NULL);
    g_assert_cmpint (read_answer (&answer, &id), ==, NICE_STUN_INVALID);
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

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/nicestun/request", test_request);
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
  g_test_add_func ("/nicestun/error/others", test_other_errors);
  g_test_add_func ("/nicestun/indication", test_indication);
  return g_test_run ();
}
