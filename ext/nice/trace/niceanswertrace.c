/* gst-ice: answers to our requests in libnice's trace.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "trace/niceanswertrace.h"
#include <string.h>

static gboolean
is_same (const NiceTraceEndpoint *a, const NiceTraceEndpoint *b)
{
  return a->port == b->port && strcmp (a->address, b->address) == 0;
}

static NiceAnswerTraceLength *
find_length (NiceAnswerTrace *self, const NiceTraceEndpoint *peer)
{
  guint n = MIN (self->n_lengths, NICE_ANSWER_TRACE_LENGTHS), i;

  for (i = 0; i < n; i++)
    if (is_same (&self->lengths[i].peer, peer))
      return &self->lengths[i];
  return NULL;
}

/* An answer to one of libnice's own checks; libnice has authenticated it. */
static void
learn (NiceAnswerTrace *self)
{
  NiceAnswerTraceLength *length = find_length (self, &self->from);

  if (length == NULL)
    length = &self->lengths[self->n_lengths++ % NICE_ANSWER_TRACE_LENGTHS];
  *length = (NiceAnswerTraceLength){ self->from, self->octets };
}

static gboolean
note (NiceAnswerTrace *self, gint64 now)
{
  if (self->octets != self->expected || !is_same (&self->from, &self->peer)
      || self->n_answers == NICE_ANSWER_TRACE_ANSWERS)
    return FALSE;
  self->answers[self->n_answers++] = now;
  return TRUE;
}

/**
 * nice_answer_trace_watch:
 * @self: an answer trace
 * @peer: (nullable): the peer whose answers are recorded; %NULL = none
 *
 * Any thread; the caller holds a lock, here and below. Discards the answers
 * that were recorded before.
 *
 * Returns: whether an answer of @peer can be distinguished from other messages:
 *   libnice has received an authenticated one, so that its length is known
 */
gboolean
nice_answer_trace_watch (NiceAnswerTrace *self, const NiceTraceEndpoint *peer)
{
  const NiceAnswerTraceLength *length = NULL;

  self->n_answers = 0;
  self->expected = 0;
  if (peer != NULL)
    length = find_length (self, peer);
  if (length == NULL)
    return FALSE;
  self->peer = *peer;
  self->expected = length->octets;
  return TRUE;
}

/**
 * nice_answer_trace_step:
 * @self: an answer trace
 * @line: the agent's next trace line; every line, in order
 * @now: when it was written, microseconds, monotonic
 *
 * Does not allocate. Answers beyond %NICE_ANSWER_TRACE_ANSWERS are not
 * recorded.
 *
 * Returns: whether the line completed an answer, which is recorded now
 */
gboolean
nice_answer_trace_step (
    NiceAnswerTrace *self, const NiceTraceEvent *line, gint64 now)
{
  gboolean noted = FALSE;

  if (line->kind == NICE_TRACE_INBOUND) {
    self->from = line->remote;
    self->octets = line->number[0];
  } else if (self->octets != 0 && line->kind == NICE_TRACE_MATCHED) {
    learn (self);
    self->octets = 0;
  } else if (self->octets != 0 && line->kind == NICE_TRACE_STRAY_RESPONSE) {
    noted = note (self, now);
    self->octets = 0;
  }
  return noted;
}

/**
 * nice_answer_trace_take:
 * @self: an answer trace
 * @at: (out): the arrival time of the oldest answer that was not taken yet
 *
 * Returns: whether there was such an answer
 */
gboolean
nice_answer_trace_take (NiceAnswerTrace *self, gint64 *at)
{
  *at = 0;
  if (self->n_answers == 0)
    return FALSE;
  *at = self->answers[0];
  memmove (self->answers, self->answers + 1,
      --self->n_answers * sizeof (self->answers[0]));
  return TRUE;
}
