/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Answers to requests that libnice has not sent itself, as its trace shows
 * them: source address, time and length. The trace does not show their
 * transaction id, not even with STUN debugging on, and libnice does not check
 * their integrity: an attacker that can send from the peer's address can forge
 * one, and a repeated answer to one of libnice's own checks looks the same. The
 * answer trace accepts only answers of the same length as the peer's
 * authenticated success responses; errors have another length. Pure. */
#pragma once

#include "trace/nicetraceevent.h"

G_BEGIN_DECLS

/* Peers whose length of an answer is remembered; the oldest is replaced. */
#define NICE_ANSWER_TRACE_LENGTHS 32
/* Answers that were not taken yet; no more requests can be open. */
#define NICE_ANSWER_TRACE_ANSWERS 64

typedef struct
{
  NiceTraceEndpoint peer;
  guint64 octets;
} NiceAnswerTraceLength;

/* All zero at first. */
typedef struct
{
  NiceTraceEndpoint
      from;       /* source of the STUN message that the next lines are about */
  guint64 octets; /* its length; 0: no such message */
  NiceAnswerTraceLength lengths[NICE_ANSWER_TRACE_LENGTHS];
  guint n_lengths; /* counted from the beginning; the oldest are overwritten */
  NiceTraceEndpoint peer; /* the watched peer */
  guint64 expected;       /* length of its answers; 0: no peer is watched */
  gint64 answers[NICE_ANSWER_TRACE_ANSWERS]; /* their arrival times */
  guint n_answers;
} NiceAnswerTrace;

gboolean nice_answer_trace_watch (
    NiceAnswerTrace *self, const NiceTraceEndpoint *peer);
gboolean nice_answer_trace_step (
    NiceAnswerTrace *self, const NiceTraceEvent *line, gint64 now);
gboolean nice_answer_trace_take (NiceAnswerTrace *self, gint64 *at);

G_END_DECLS
