/* gst-ice: which socket gets a datagram, as a program of the kernel's.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "datapath/gsticesteeringprogram.h"
#include "stun/icerequest.h"
#include "stun/icestunheader.h"

#include <linux/filter.h>
#include <string.h>

/* RFC 8489 section 5 */
#define STUN_TYPE_OFFSET 0
/* section 14: an attribute takes a multiple of four octets */
#define STUN_ATTRIBUTE_ALIGNED 0x1FFFC

/* RFC 791 section 3.1: version 4, five words of header, and where the source
 * is; RFC 8200 section 3: the same of IPv6. UDP's source port comes next. */
#define IPV4_FIRST_OCTET 0x45
#define IPV4_SOURCE 12
#define IPV4_HEADER_SIZE 20
#define IPV6_NEXT_HEADER 6
#define IPV6_SOURCE 8
#define IPV6_HEADER_SIZE 40

/* The program's steps, by name. */
enum
{
  LENGTH,
  IF_EMPTY,
  FIRST_OCTET,
  IF_STUN,
  LENGTH_AGAIN,
  IF_HEADER,
  COOKIE,
  IF_COOKIE,
  TYPE,
  IF_REQUEST,
  CLASS,
  IF_RESPONSE,
  ID,
  IF_TAG,
  MESSAGE_LENGTH,
  WITH_HEADER,
  WHOLE_LENGTH,
  IF_CLASSIC,
  IF_CHANNEL_OR_ABOVE,
  IF_ABOVE_CHANNEL,
  CHANNEL_LENGTH,
  IF_CHANNEL_HEADER,
  CHANNEL_COOKIE,
  IF_CHANNEL_COOKIE,
  CHANNEL_TYPE,
  CHANNEL_CLASS,
  IF_CHANNEL_RESPONSE,
  CHANNEL_ID,
  IF_CHANNEL_TAG,
  CHANNEL,
  REST,
  US,
  AGENT,
  N_STEPS
};

#define DO(here, what, value) [here] = BPF_STMT (what, value)
#define JUMP(here, test, value, yes, no)                                       \
  [here] = BPF_JUMP (                                                          \
      BPF_JMP | (test) | BPF_K, value, (yes) - (here) -1, (no) - (here) -1)

#define IN_CHANNEL_DATA(offset) (ICE_TURN_CHANNEL_HEADER_SIZE + (offset))

/* Octets of USERNAME that the kernel compares, besides its length: the program
 * has to fit into the smallest net.core.optmem_max. */
#define MAX_COMPARED 64

static void
add (GArray *program, guint16 what, guint32 value)
{
  struct sock_filter step = BPF_STMT (what, value);

  g_array_append_val (program, step);
}

/* A datagram whose loaded value is another one goes to the socket `other`. */
static void
require (GArray *program, guint32 value, guint32 other)
{
  struct sock_filter test = BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, value, 1, 0);

  g_array_append_val (program, test);
  add (program, BPF_RET | BPF_K, other);
}

/* With the index at the attribute USERNAME. */
static void
compare_username (GArray *program, const gchar *username)
{
  gsize length = strlen (username), i = 0;

  add (program, BPF_LD | BPF_H | BPF_IND, ICE_STUN_ATTRIBUTE_LENGTH_OFFSET);
  require (program, (guint32) length, GST_ICE_STEER_TO_AGENT);
  for (length = MIN (length, MAX_COMPARED); i + 4 <= length; i += 4) {
    guint32 word;

    memcpy (&word, username + i, sizeof (word));
    add (program, BPF_LD | BPF_W | BPF_IND, ICE_STUN_ATTRIBUTE_HEADER_SIZE + i);
    require (program, GUINT32_FROM_BE (word), GST_ICE_STEER_TO_AGENT);
  }
  for (; i < length; i++) {
    add (program, BPF_LD | BPF_B | BPF_IND, ICE_STUN_ATTRIBUTE_HEADER_SIZE + i);
    require (program, (guint8) username[i], GST_ICE_STEER_TO_AGENT);
  }
  add (program, BPF_RET | BPF_K, GST_ICE_STEER_TO_US);
}

#define STEPS_PER_ATTRIBUTE 9

/* ice_request_has_username(), with the type loaded. A load beyond the end
 * returns 0, which is GST_ICE_STEER_TO_AGENT. */
static void
find_username (GArray *program, const gchar *username)
{
  const struct sock_filter is_username = BPF_JUMP (
      BPF_JMP | BPF_JEQ | BPF_K, ICE_STUN_ATTRIBUTE_USERNAME, 0, 1);
  guint i;

  require (program, ICE_STUN_BINDING_REQUEST, GST_ICE_STEER_TO_AGENT);
  add (program, BPF_LDX | BPF_W | BPF_IMM, ICE_STUN_HEADER_SIZE);
  for (i = ICE_REQUEST_MAX_ATTRIBUTES; i > 0; i--) {
    add (program, BPF_LD | BPF_H | BPF_IND, 0);
    g_array_append_val (program, is_username);
    add (program, BPF_JMP | BPF_JA, i * STEPS_PER_ATTRIBUTE - 2);
    add (program, BPF_LD | BPF_H | BPF_IND, ICE_STUN_ATTRIBUTE_LENGTH_OFFSET);
    add (program, BPF_ALU | BPF_ADD | BPF_K, 3);
    add (program, BPF_ALU | BPF_AND | BPF_K, STUN_ATTRIBUTE_ALIGNED);
    add (program, BPF_ALU | BPF_ADD | BPF_K, ICE_STUN_ATTRIBUTE_HEADER_SIZE);
    add (program, BPF_ALU | BPF_ADD | BPF_X, 0);
    add (program, BPF_MISC | BPF_TAX, 0);
  }
  add (program, BPF_RET | BPF_K, GST_ICE_STEER_TO_AGENT);
  compare_username (program, username);
}

static void
load_from_network (GArray *program, guint16 size, guint32 offset)
{
  add (program, BPF_LD | BPF_ABS | size, (guint32) SKF_NET_OFF + offset);
}

static void
match_words (GArray *program, guint32 offset, const void *address, gsize size)
{
  gsize i;

  for (i = 0; i < size; i += sizeof (guint32)) {
    guint32 word;

    memcpy (&word, (const guint8 *) address + i, sizeof (word));
    load_from_network (program, BPF_W, offset + (guint32) i);
    require (program, GUINT32_FROM_BE (word), GST_ICE_STEER_TO_MEDIA);
  }
}

/* Datagrams from this source go to the agent, others to media; so do those with
 * options or other headers between those of IP and UDP. */
static void
spare_source (GArray *program, const struct sockaddr_storage *source)
{
  if (source->ss_family == AF_INET) {
    const struct sockaddr_in *v4 = (const struct sockaddr_in *) source;

    load_from_network (program, BPF_B, 0);
    require (program, IPV4_FIRST_OCTET, GST_ICE_STEER_TO_MEDIA);
    load_from_network (program, BPF_H, IPV4_HEADER_SIZE);
    require (program, GUINT16_FROM_BE (v4->sin_port), GST_ICE_STEER_TO_MEDIA);
    match_words (program, IPV4_SOURCE, &v4->sin_addr, sizeof (v4->sin_addr));
  } else {
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *) source;

    load_from_network (program, BPF_B, IPV6_NEXT_HEADER);
    require (program, IPPROTO_UDP, GST_ICE_STEER_TO_MEDIA);
    load_from_network (program, BPF_H, IPV6_HEADER_SIZE);
    require (program, GUINT16_FROM_BE (v6->sin6_port), GST_ICE_STEER_TO_MEDIA);
    match_words (program, IPV6_SOURCE, &v6->sin6_addr, sizeof (v6->sin6_addr));
  }
  add (program, BPF_RET | BPF_K, GST_ICE_STEER_TO_AGENT);
}

static gboolean
has_spared (const GstIceSteeringRule *rule)
{
  return rule->spared.ss_family == AF_INET
      || rule->spared.ss_family == AF_INET6;
}

/* Datagrams that are STUN or begin like STUN; empty ones. */
static void
add_stun_steps (GArray *program, const GstIceSteeringRule *rule)
{
  const guint request = rule->username != NULL ? (guint) N_STEPS : AGENT;
  const struct sock_filter steps[IF_CHANNEL_OR_ABOVE] = {
    DO (LENGTH, BPF_LD | BPF_W | BPF_LEN, 0),
    /* libnice drops empty ones */
    JUMP (IF_EMPTY, BPF_JEQ, 0,
        rule->rest == GST_ICE_STEER_TO_AGENT || has_spared (rule) ? US : REST,
        FIRST_OCTET),
    DO (FIRST_OCTET, BPF_LD | BPF_B | BPF_ABS, STUN_TYPE_OFFSET),
    JUMP (IF_STUN, BPF_JGT, ICE_STUN_LAST_FIRST_OCTET, IF_CHANNEL_OR_ABOVE,
        LENGTH_AGAIN),
    DO (LENGTH_AGAIN, BPF_LD | BPF_W | BPF_LEN, 0),
    JUMP (IF_HEADER, BPF_JGE, ICE_STUN_HEADER_SIZE, COOKIE, REST),
    DO (COOKIE, BPF_LD | BPF_W | BPF_ABS, ICE_STUN_COOKIE_OFFSET),
    JUMP (IF_COOKIE, BPF_JEQ, ICE_STUN_COOKIE, TYPE, MESSAGE_LENGTH),
    DO (TYPE, BPF_LD | BPF_H | BPF_ABS, STUN_TYPE_OFFSET),
    JUMP (IF_REQUEST, BPF_JEQ, ICE_STUN_BINDING_REQUEST, request, CLASS),
    DO (CLASS, BPF_ALU | BPF_AND | BPF_K, ICE_STUN_RESPONSE_MASK),
    JUMP (IF_RESPONSE, BPF_JEQ, ICE_STUN_BINDING_SUCCESS, ID, AGENT),
    DO (ID, BPF_LD | BPF_W | BPF_ABS, ICE_STUN_ID_OFFSET),
    JUMP (IF_TAG, BPF_JEQ, rule->tag, US, AGENT),
    DO (MESSAGE_LENGTH, BPF_LD | BPF_H | BPF_ABS, ICE_STUN_LENGTH_OFFSET),
    DO (WITH_HEADER, BPF_ALU | BPF_ADD | BPF_K, ICE_STUN_HEADER_SIZE),
    DO (WHOLE_LENGTH, BPF_LDX | BPF_W | BPF_LEN, 0),
    [IF_CLASSIC] = BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_X, 0,
        AGENT - IF_CLASSIC - 1, REST - IF_CLASSIC - 1),
  };

  g_array_append_vals (program, steps, G_N_ELEMENTS (steps));
}

/* All other datagrams, and the results. */
static void
add_other_steps (GArray *program, const GstIceSteeringRule *rule)
{
  const struct sock_filter steps[N_STEPS] = {
    JUMP (IF_CHANNEL_OR_ABOVE, BPF_JGE, ICE_TURN_CHANNEL_FIRST_OCTET,
        IF_ABOVE_CHANNEL, REST),
    JUMP (IF_ABOVE_CHANNEL, BPF_JGT, ICE_TURN_CHANNEL_LAST_OCTET, REST,
        CHANNEL_LENGTH),
    DO (CHANNEL_LENGTH, BPF_LD | BPF_W | BPF_LEN, 0),
    JUMP (IF_CHANNEL_HEADER, BPF_JGE, IN_CHANNEL_DATA (ICE_STUN_HEADER_SIZE),
        CHANNEL_COOKIE, CHANNEL),
    DO (CHANNEL_COOKIE, BPF_LD | BPF_W | BPF_ABS,
        IN_CHANNEL_DATA (ICE_STUN_COOKIE_OFFSET)),
    JUMP (IF_CHANNEL_COOKIE, BPF_JEQ, ICE_STUN_COOKIE, CHANNEL_TYPE, CHANNEL),
    DO (CHANNEL_TYPE, BPF_LD | BPF_H | BPF_ABS,
        IN_CHANNEL_DATA (STUN_TYPE_OFFSET)),
    DO (CHANNEL_CLASS, BPF_ALU | BPF_AND | BPF_K, ICE_STUN_RESPONSE_MASK),
    JUMP (IF_CHANNEL_RESPONSE, BPF_JEQ, ICE_STUN_BINDING_SUCCESS, CHANNEL_ID,
        CHANNEL),
    DO (CHANNEL_ID, BPF_LD | BPF_W | BPF_ABS,
        IN_CHANNEL_DATA (ICE_STUN_ID_OFFSET)),
    JUMP (IF_CHANNEL_TAG, BPF_JEQ, rule->tag, US, CHANNEL),
    DO (CHANNEL, BPF_JMP | BPF_JA,
        (rule->spare_channel_data ? AGENT : REST) - CHANNEL - 1),
    DO (REST, BPF_RET | BPF_K, rule->rest),
    DO (US, BPF_RET | BPF_K, GST_ICE_STEER_TO_US),
    DO (AGENT, BPF_RET | BPF_K, GST_ICE_STEER_TO_AGENT),
  };

  g_array_append_vals (
      program, &steps[IF_CHANNEL_OR_ABOVE], N_STEPS - IF_CHANNEL_OR_ABOVE);
}

/**
 * gst_ice_steering_program_new:
 * @rule: the rule
 *
 * Any thread. %GST_ICE_STEER_TO_US gets answers to our requests, also those in
 * a TURN server's ChannelData, and requests with the username. Other STUN goes
 * to the agent, also STUN without the cookie, which libnice uses with STUN
 * servers (RFC 3489); so does ChannelData where it is spared. All else goes to
 * the rest of the rule; of that, datagrams from a spared address go to the
 * agent.
 *
 * Returns: (transfer full) (element-type struct sock_filter): the program
 */
GArray *
gst_ice_steering_program_new (const GstIceSteeringRule *rule)
{
  GArray *program = g_array_new (FALSE, FALSE, sizeof (struct sock_filter));

  add_stun_steps (program, rule);
  add_other_steps (program, rule);
  if (rule->username != NULL)
    find_username (program, rule->username);
  if (has_spared (rule)) {
    g_array_index (program, struct sock_filter,
        REST) = (struct sock_filter) BPF_STMT (BPF_JMP | BPF_JA,
        program->len - REST - 1);
    spare_source (program, &rule->spared);
  }
  return program;
}
