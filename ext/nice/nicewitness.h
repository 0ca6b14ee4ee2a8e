/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The answers to requests that libnice does not know of, as its trace shows
 * them: where from, when, how long. It does not show their transaction id, with
 * its STUN debug on neither, and libnice does not check their integrity, so who
 * can send from the peer's address can forge one; a second answer to a check of
 * libnice's own looks the same, too. What a witness can do is to take only
 * answers of the length that the peer's authenticated ones have: errors have
 * another one. Pure. */
#pragma once

#include "nicetraceevent.h"

G_BEGIN_DECLS

/* Peers that the length of an answer is known of, the last ones. */
#define NICE_WITNESS_LENGTHS 32
/* Answers that nobody took yet; there are no more requests open. */
#define NICE_WITNESS_ANSWERS 64

typedef struct
{
  NiceTraceEndpoint peer;
  guint64 octets;
} NiceWitnessLength;

/* All zero at first. */
typedef struct
{
  NiceTraceEndpoint from; /* of the STUN message at hand */
  guint64 octets;         /* its length; 0: there is none */
  NiceWitnessLength lengths[NICE_WITNESS_LENGTHS];
  guint n_lengths;        /* ever; the oldest are overwritten */
  NiceTraceEndpoint peer; /* who is watched */
  guint64 expected;       /* length of its answers; 0: nobody is watched */
  gint64 answers[NICE_WITNESS_ANSWERS]; /* when they came */
  guint n_answers;
} NiceWitness;

gboolean nice_witness_watch (NiceWitness *self, const NiceTraceEndpoint *peer);
gboolean nice_witness_step (
    NiceWitness *self, const NiceTraceEvent *line, gint64 now);
gboolean nice_witness_take (NiceWitness *self, gint64 *at);

G_END_DECLS
