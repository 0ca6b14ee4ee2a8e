/* gst-ice: tests of nicetcpframe: who sent the first frame of a connection.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include <stun/stunagent.h>

#include "../fuzz/fuzz-nicetcpframe.c"
#include "stun/nicestun.h"

#define UFRAG "ours"
#define PASSWORD "password+of+ours+012345"
#define THEIRS "password+of+theirs+0123"
#define SEED 20261121

static const NiceTcpFrameCredentials credentials = { UFRAG, PASSWORD, THEIRS };

typedef struct
{
  guint8 data[4096 + NICE_TCP_FRAME_SLACK];
  gsize size;
} Stream;

static NiceTcpFrameSender
judge (const Stream *stream, gsize size)
{
  Stream part = { { 0 }, size }; /* nothing behind it */

  memcpy (part.data, stream->data, size);
  return nice_tcp_frame_judge (part.data, size, &credentials);
}

static void
set_length (Stream *stream, gsize message)
{
  stream->data[0] = (guint8) (message >> 8);
  stream->data[1] = (guint8) message;
  stream->size = NICE_TCP_FRAME_HEADER + message;
}

/* `attribute`: one more, that must be understood and is not; 0: none. */
static void
make_check (Stream *stream, const gchar *username, const gchar *password,
    guint16 attribute)
{
  static const guint16 known[] = { 0 };
  StunAgent agent;
  StunMessage message;

  memset (stream, 0, sizeof (*stream));
  stun_agent_init (&agent, known, STUN_COMPATIBILITY_RFC5389,
      STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS
          | STUN_AGENT_USAGE_USE_FINGERPRINT);
  g_assert_true (stun_agent_init_request (&agent, &message,
      stream->data + NICE_TCP_FRAME_HEADER, 1024, STUN_BINDING));
  if (username != NULL)
    stun_message_append_bytes (
        &message, STUN_ATTRIBUTE_USERNAME, username, strlen (username));
  stun_message_append32 (&message, STUN_ATTRIBUTE_PRIORITY, 0x6E7F1EFF);
  stun_message_append_flag (&message, STUN_ATTRIBUTE_USE_CANDIDATE);
  if (attribute != 0)
    stun_message_append32 (&message, attribute, 7);
  set_length (stream,
      stun_agent_finish_message (&agent, &message, (const guint8 *) password,
          password != NULL ? strlen (password) : 0));
}

/* What the peer answers to a check of ours; code 0: success. */
static void
make_answer (Stream *stream, gint code, const gchar *password)
{
  static const guint16 known[] = { STUN_ATTRIBUTE_USERNAME,
    STUN_ATTRIBUTE_MESSAGE_INTEGRITY, STUN_ATTRIBUTE_FINGERPRINT,
    STUN_ATTRIBUTE_ERROR_CODE, STUN_ATTRIBUTE_PRIORITY, 0 };
  guint8 request[NICE_STUN_MAX_REQUEST + NICE_TCP_FRAME_SLACK] = { 0 };
  const NiceStunCheck check = { .tie_breaker = 1 };
  gsize size = nice_stun_make_request (
      request, NICE_STUN_MAX_REQUEST, 1, 2, "theirs:" UFRAG, THEIRS, &check);
  StunAgent agent;
  StunMessage asked, answer;

  memset (stream, 0, sizeof (*stream));
  stun_agent_init (&agent, known, STUN_COMPATIBILITY_RFC5389,
      STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS | STUN_AGENT_USAGE_USE_FINGERPRINT
          | STUN_AGENT_USAGE_IGNORE_CREDENTIALS);
  g_assert_cmpint (
      stun_agent_validate (&agent, &asked, request, size, NULL, NULL), ==,
      STUN_VALIDATION_SUCCESS);
  if (code == 0)
    g_assert_true (stun_agent_init_response (
        &agent, &answer, stream->data + NICE_TCP_FRAME_HEADER, 1024, &asked));
  else
    g_assert_true (stun_agent_init_error (&agent, &answer,
        stream->data + NICE_TCP_FRAME_HEADER, 1024, &asked, code));
  set_length (stream,
      stun_agent_finish_message (&agent, &answer, (const guint8 *) password,
          password != NULL ? strlen (password) : 0));
}

static void
assert_sender (const Stream *stream, NiceTcpFrameSender wanted)
{
  gsize n;

  for (n = 0; n < stream->size; n++)
    if (wanted == NICE_TCP_FRAME_PEER)
      g_assert_cmpint (judge (stream, n), ==, NICE_TCP_FRAME_UNKNOWN);
    else
      g_assert_cmpint (judge (stream, n), !=, NICE_TCP_FRAME_PEER);
  g_assert_cmpint (judge (stream, stream->size), ==, wanted);
}

static void
test_peer (void)
{
  Stream stream;

  make_check (&stream, UFRAG ":theirs", PASSWORD, 0);
  assert_sender (&stream, NICE_TCP_FRAME_PEER);
  /* libnice answers with 420 */
  make_check (&stream, UFRAG ":theirs", PASSWORD, 0x7FFF);
  assert_sender (&stream, NICE_TCP_FRAME_PEER);
  make_answer (&stream, 0, THEIRS);
  assert_sender (&stream, NICE_TCP_FRAME_PEER);
  make_answer (&stream, 487, THEIRS);
  assert_sender (&stream, NICE_TCP_FRAME_PEER);
  /* more has come meanwhile */
  memset (stream.data + stream.size, 'x', 100);
  stream.size += 100;
  g_assert_cmpint (judge (&stream, stream.size), ==, NICE_TCP_FRAME_PEER);
}

static void
test_wrong_credentials (void)
{
  static const gchar *const usernames[] = { NULL, "", ":", UFRAG, "our:theirs",
    "ourss:theirs", "theirs:" UFRAG, "xxxx:theirs" };
  Stream stream;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (usernames); i++) {
    make_check (&stream, usernames[i], PASSWORD, 0);
    assert_sender (&stream, NICE_TCP_FRAME_STRANGER);
  }
  make_check (&stream, UFRAG ":theirs", THEIRS, 0);
  assert_sender (&stream, NICE_TCP_FRAME_STRANGER);
  make_check (&stream, UFRAG ":theirs", "", 0);
  assert_sender (&stream, NICE_TCP_FRAME_STRANGER);
  make_check (&stream, UFRAG ":theirs", NULL, 0);
  assert_sender (&stream, NICE_TCP_FRAME_STRANGER);
  make_answer (&stream, 0, PASSWORD);
  assert_sender (&stream, NICE_TCP_FRAME_STRANGER);
  make_answer (&stream, 401, NULL); /* not authenticated */
  assert_sender (&stream, NICE_TCP_FRAME_STRANGER);
}

static void
test_answer_to_nobody (void)
{
  const NiceTcpFrameCredentials ours = { UFRAG, PASSWORD, NULL };
  Stream stream;

  make_answer (&stream, 0, THEIRS);
  g_assert_cmpint (nice_tcp_frame_judge (stream.data, stream.size, &ours), ==,
      NICE_TCP_FRAME_STRANGER);
}

/* Each octet of a check counts. */
static void
test_each_octet (void)
{
  Stream stream;
  gsize at;
  guint bit;

  make_check (&stream, UFRAG ":theirs", PASSWORD, 0);
  for (at = 0; at < stream.size; at++)
    for (bit = 0; bit < 8; bit++) {
      stream.data[at] ^= 1 << bit;
      g_assert_cmpint (judge (&stream, stream.size), !=, NICE_TCP_FRAME_PEER);
      stream.data[at] ^= 1 << bit;
    }
}

/* All two octets: only a length that a check can have may wait for more. */
static void
test_first_two_octets (void)
{
  Stream stream = { { 0 }, 2 };
  guint length, waiting = 0;

  for (length = 0; length <= G_MAXUINT16; length++) {
    stream.data[0] = (guint8) (length >> 8);
    stream.data[1] = (guint8) length;
    waiting += judge (&stream, 2) == NICE_TCP_FRAME_UNKNOWN;
  }
  g_assert_cmpuint (waiting, ==, (2048 - 20) / 4 + 1);
}

static void
test_strangers (void)
{
  static const struct
  {
    const gchar *octets;
    gsize size;
    gsize until; /* they are known by */
  } strangers[] = {
    { "GET / HTTP/1.1\r\n", 16, 2 },
    { "\x16\x03\x01\x02\x00\x01\x00\x01\xfc", 9, 2 },
    { "SSH-2.0-OpenSSH_9.2p1\r\n", 23, 2 },
    { "220 mail.example ESMTP\r\n", 24, 2 }, { "\xff\xff", 2, 2 },
    { "\0\0", 2, 2 }, { "\0\x3c\x80\x60", 4, 4 },     /* RTP */
    { "\0\x3c\0\x01\0\x29", 6, 6 },                   /* another length */
    { "\0\x3c\0\x03\0\x28", 6, 4 },                   /* Allocate */
    { "\0\x3c\0\x01\0\x28\x21\x12\xa4\x43", 10, 10 }, /* another cookie */
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (strangers); i++) {
    Stream stream = { { 0 }, strangers[i].size };
    gsize n;

    memcpy (stream.data, strangers[i].octets, strangers[i].size);
    for (n = 0; n < strangers[i].until; n++)
      g_assert_cmpint (judge (&stream, n), !=, NICE_TCP_FRAME_PEER);
    for (; n <= stream.size; n++)
      g_assert_cmpint (judge (&stream, n), ==, NICE_TCP_FRAME_STRANGER);
  }
}

static void
test_size (void)
{
  static const guint8 data[] = { 0, 3, 'a', 'b', 'c', 0, 0 };
  gsize n;

  for (n = 0; n < 5; n++)
    g_assert_cmpuint (nice_tcp_frame_size (data, n), ==, 0);
  g_assert_cmpuint (nice_tcp_frame_size (data, 5), ==, 5);
  g_assert_cmpuint (nice_tcp_frame_size (data, sizeof (data)), ==, 5);
  g_assert_cmpuint (nice_tcp_frame_size (data + 5, 2), ==, 2);
}

/* With a password that is not the fuzzer's. */
static void
test_fuzz (void)
{
  guint count = g_getenv ("ICE_TEST_SLOW") != NULL ? 500 : 10000, i, j;
  g_autoptr (GRand) rand = g_rand_new_with_seed (SEED);

  for (i = 0; i < count; i++) {
    Stream stream;

    if (g_rand_boolean (rand))
      make_check (&stream, UFRAG ":theirs", PASSWORD, 0);
    else
      make_answer (&stream, g_rand_boolean (rand) ? 0 : 487, THEIRS);
    for (j = g_rand_int_range (rand, 0, 5); j > 0; j--)
      stream.data[g_rand_int_range (rand, 0, stream.size)] = g_rand_int_range (
          rand, 0, 256);
    LLVMFuzzerTestOneInput (
        stream.data, g_rand_int_range (rand, 0, stream.size + 1));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/nicetcpframe/peer", test_peer);
  g_test_add_func ("/nicetcpframe/wrong-credentials", test_wrong_credentials);
  g_test_add_func ("/nicetcpframe/answer-to-nobody", test_answer_to_nobody);
  g_test_add_func ("/nicetcpframe/each-octet", test_each_octet);
  g_test_add_func ("/nicetcpframe/first-two-octets", test_first_two_octets);
  g_test_add_func ("/nicetcpframe/strangers", test_strangers);
  g_test_add_func ("/nicetcpframe/size", test_size);
  g_test_add_func ("/nicetcpframe/fuzz", test_fuzz);
  return g_test_run ();
}
