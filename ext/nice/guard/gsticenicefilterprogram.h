/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Builds the program of a socket filter (Linux, classic BPF); jumps go to
 * labels. The data begins with the UDP header (RFC 768).
 */
#pragma once

#ifdef __linux__

#include "stun/icestunheader.h"
#include <linux/filter.h>

G_BEGIN_DECLS

#define IPV6_WORDS 4
/* RFC 768, RFC 8489 sections 5, 14 */
#define UDP_HEADER_SIZE 8
#define STUN_TYPE (UDP_HEADER_SIZE + 0)
#define STUN_COOKIE (UDP_HEADER_SIZE + ICE_STUN_COOKIE_OFFSET)
#define STUN_ATTRIBUTE_ALIGNED 0x1FFFC

#define FILTER_MAX_SERVERS 8
#define FILTER_MAX_REFUSED 8

#define ALL 0xFFFFFFFF
#define MAX_STEPS 2048 /* the kernel takes 4096, BPF_MAXINSNS */

/* The target of a jump; all but the first two are placed later. */
typedef enum
{
  NEXT,
  AFTER_NEXT, /* one instruction is skipped */
  OTHER_SOURCE,
  OTHER_PEER,
  TURN_ANSWER,
  LIFETIME,
  NO_LIFETIME,
  UNUSABLE,
  NO_TURN_ANSWER,
  NO_REQUEST,
  NO_DATA,
  INDICATION,
  BAD_INDICATION,
  NO_INDICATION,
  PEER_ADDRESS,
  PEER_IPV6,
  PEER_HASHED,
  CHECK,
  CHECK_DATA,
  NO_CHECK,
  TURN_ERROR,
  REFUSED_ERROR,
  NO_TURN_ERROR,
  OTHER_SERVER, /* one for each server */
  NO_CHANNEL_DATA = OTHER_SERVER + FILTER_MAX_SERVERS,
  NOT_REFUSED, /* one for each refused remote address */
  CODE = NOT_REFUSED + FILTER_MAX_REFUSED,
  PASS,
  DROP,
  N_LABELS
} FilterLabel;

typedef struct
{
  struct sock_filter steps[MAX_STEPS];
  FilterLabel yes[MAX_STEPS], no[MAX_STEPS];
  guint n;
  guint at[N_LABELS];
} FilterProgram;

static inline void
filter_add (FilterProgram *program, guint16 code, guint32 value)
{
  g_assert (program->n < MAX_STEPS);
  program->steps[program->n].code = code;
  program->steps[program->n].k = value;
  program->n++;
}

static inline void
filter_test (FilterProgram *program, guint16 test, guint32 value,
    FilterLabel yes, FilterLabel no)
{
  program->yes[program->n] = yes;
  program->no[program->n] = no;
  filter_add (program, BPF_JMP | BPF_K | test, value);
}

static inline void
filter_place (FilterProgram *program, FilterLabel label)
{
  program->at[label] = program->n;
}

/* An unconditional jump, which reaches any distance. */
static inline void
filter_jump (FilterProgram *program, FilterLabel to)
{
  program->yes[program->n] = to;
  filter_add (program, BPF_JMP | BPF_JA, 0);
}

static inline guint
filter_distance (const FilterProgram *program, guint from, FilterLabel label)
{
  if (label <= AFTER_NEXT)
    return label;
  g_assert (program->at[label] > from); /* the kernel knows no other jumps */
  return program->at[label] - from - 1;
}

/* Of a conditional jump. */
static inline guint8
filter_short_distance (
    const FilterProgram *program, guint from, FilterLabel label)
{
  guint distance = filter_distance (program, from, label);

  g_assert (distance <= G_MAXUINT8);
  return (guint8) distance;
}

static inline void
filter_link (FilterProgram *program)
{
  guint i;

  for (i = 0; i < program->n; i++) {
    if (BPF_CLASS (program->steps[i].code) != BPF_JMP)
      continue;
    if (BPF_OP (program->steps[i].code) == BPF_JA) {
      program->steps[i].k = filter_distance (program, i, program->yes[i]);
      continue;
    }
    program->steps[i].jt = filter_short_distance (program, i, program->yes[i]);
    program->steps[i].jf = filter_short_distance (program, i, program->no[i]);
  }
}

/* Moves the index register from an attribute to the next one. */
static inline void
filter_skip_attribute (FilterProgram *program)
{
  filter_add (
      program, BPF_LD | BPF_H | BPF_IND, ICE_STUN_ATTRIBUTE_LENGTH_OFFSET);
  filter_add (program, BPF_ALU | BPF_ADD | BPF_K, 3);
  filter_add (program, BPF_ALU | BPF_AND | BPF_K, STUN_ATTRIBUTE_ALIGNED);
  filter_add (
      program, BPF_ALU | BPF_ADD | BPF_K, ICE_STUN_ATTRIBUTE_HEADER_SIZE);
  filter_add (program, BPF_ALU | BPF_ADD | BPF_X, 0);
  filter_add (program, BPF_MISC | BPF_TAX, 0);
}

/* Continues at found with the index register at the first attribute of that
 * type, one of the first max and before MESSAGE-INTEGRITY, after which
 * attributes are ignored (RFC 8489 section 14.5); drops the message if there is
 * none, as a load beyond its end does. */
static inline void
filter_find_attribute (
    FilterProgram *program, guint32 type, guint max, FilterLabel found)
{
  guint i;

  filter_add (
      program, BPF_LDX | BPF_IMM, UDP_HEADER_SIZE + ICE_STUN_HEADER_SIZE);
  for (i = 0; i < max; i++) {
    filter_add (program, BPF_LD | BPF_H | BPF_IND, 0);
    filter_test (program, BPF_JEQ, type, found, NEXT);
    filter_test (program, BPF_JEQ, ICE_STUN_ATTRIBUTE_MESSAGE_INTEGRITY,
        AFTER_NEXT, NEXT);
    filter_test (
        program, BPF_JEQ, ICE_STUN_ATTRIBUTE_FINGERPRINT, NEXT, AFTER_NEXT);
    filter_add (program, BPF_RET | BPF_K, 0);
    filter_skip_attribute (program);
  }
  filter_add (program, BPF_RET | BPF_K, 0);
}

static inline void
filter_match_stun (FilterProgram *program, guint32 type, FilterLabel otherwise)
{
  filter_add (program, BPF_LD | BPF_W | BPF_LEN, 0);
  filter_test (program, BPF_JGE, UDP_HEADER_SIZE + ICE_STUN_HEADER_SIZE, NEXT,
      otherwise);
  filter_add (program, BPF_LD | BPF_H | BPF_ABS, STUN_TYPE);
  filter_test (program, BPF_JEQ, type, NEXT, otherwise);
  filter_add (program, BPF_LD | BPF_W | BPF_ABS, STUN_COOKIE);
  filter_test (program, BPF_JEQ, ICE_STUN_COOKIE, NEXT, otherwise);
}

G_END_DECLS

#endif
