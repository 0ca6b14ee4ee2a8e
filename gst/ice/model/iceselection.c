/* gst-ice: which valid pair media uses while none is nominated.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/iceselection.h"

/* A valid pair that is checked again, after a role conflict or a check of the
 * peer, is still valid. */
static gboolean
is_valid (const IceSelectionPair *pair)
{
  return pair->valid_since != 0
      && pair->state != GST_ICE_CANDIDATE_PAIR_STATE_FAILED;
}

/**
 * ice_selection_choose:
 * @pairs: (array length=n): all pairs of one generation of a transport
 * @n: how many there are
 * @is_over: whether the ICE agent has ended its checks without a nomination
 * @now: microseconds, monotonic
 *
 * Any thread.
 *
 * While a valid pair is nominated, the choice is the controlling agent's. Else
 * the valid pair of the highest priority is taken, as soon as one has been
 * valid for %ICE_SELECTION_PATIENCE, or at once when @is_over. The choice
 * changes when a better pair becomes valid, when the chosen one fails, and when
 * one is nominated.
 *
 * Returns: the pair that media uses without a nomination, if there is one, and
 *   when to ask again although no pair has changed
 */
IceSelectionChoice
ice_selection_choose (
    const IceSelectionPair *pairs, guint n, gboolean is_over, gint64 now)
{
  IceSelectionChoice choice = { ICE_SELECTION_NONE, -1 };
  gint64 due = -1;
  guint best = ICE_SELECTION_NONE, i;

  for (i = 0; i < n; i++) {
    if (!is_valid (&pairs[i]))
      continue;
    if (pairs[i].nominated)
      return choice;
    if (due < 0 || pairs[i].valid_since + ICE_SELECTION_PATIENCE < due)
      due = pairs[i].valid_since + ICE_SELECTION_PATIENCE;
    if (best == ICE_SELECTION_NONE || pairs[i].priority > pairs[best].priority)
      best = i;
  }
  if (best != ICE_SELECTION_NONE && !is_over && now < due)
    choice.look_again = due;
  else
    choice.pair = best;
  return choice;
}
