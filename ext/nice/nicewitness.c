/* gst-ice: answers in libnice's trace.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "nicewitness.h"
#include <string.h>

static gboolean
is_same (const NiceTraceEndpoint *a, const NiceTraceEndpoint *b)
{
  return a->port == b->port && strcmp (a->address, b->address) == 0;
}

static NiceWitnessLength *
find_length (NiceWitness *self, const NiceTraceEndpoint *peer)
{
  guint n = MIN (self->n_lengths, NICE_WITNESS_LENGTHS), i;

  for (i = 0; i < n; i++)
    if (is_same (&self->lengths[i].peer, peer))
      return &self->lengths[i];
  return NULL;
}

/* An answer to a check of libnice's own, which has looked at its integrity. */
static void
learn (NiceWitness *self)
{
  NiceWitnessLength *length = find_length (self, &self->from);

  if (length == NULL)
    length = &self->lengths[self->n_lengths++ % NICE_WITNESS_LENGTHS];
  *length = (NiceWitnessLength){ self->from, self->octets };
}

static gboolean
note (NiceWitness *self, gint64 now)
{
  if (self->octets != self->expected || !is_same (&self->from, &self->peer)
      || self->n_answers == NICE_WITNESS_ANSWERS)
    return FALSE;
  self->answers[self->n_answers++] = now;
  return TRUE;
}

/**
 * nice_witness_watch:
 * @self: a witness
 * @peer: (nullable): whose answers are to be noted; %NULL = nobody's
 *
 * Any thread; the caller locks, here and below. Answers that were noted before
 * are forgotten.
 *
 * Returns: whether an answer of @peer can be told from other messages: libnice
 *   has had an authenticated one
 */
gboolean
nice_witness_watch (NiceWitness *self, const NiceTraceEndpoint *peer)
{
  const NiceWitnessLength *length = NULL;

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
 * nice_witness_step:
 * @self: a witness
 * @line: what libnice says of the agent, every line in order
 * @now: when, microseconds, monotonic
 *
 * Does not allocate. What comes beyond %NICE_WITNESS_ANSWERS is not noted.
 *
 * Returns: whether it was an answer that is noted now
 */
gboolean
nice_witness_step (NiceWitness *self, const NiceTraceEvent *line, gint64 now)
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
 * nice_witness_take:
 * @self: a witness
 * @at: (out): when the oldest answer came that was not taken yet
 *
 * Returns: whether there was one
 */
gboolean
nice_witness_take (NiceWitness *self, gint64 *at)
{
  *at = 0;
  if (self->n_answers == 0)
    return FALSE;
  *at = self->answers[0];
  memmove (self->answers, self->answers + 1,
      --self->n_answers * sizeof (self->answers[0]));
  return TRUE;
}
