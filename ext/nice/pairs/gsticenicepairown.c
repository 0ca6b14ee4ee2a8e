/* gst-ice: pairs that checks of our own have found and libnice has not made.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "pairs/gsticenicepairown.h"
#include "pairs/gsticenicepairreports.h"

/**
 * gst_ice_nice_pairs_replace_own:
 * @self: the pairs
 * @event: the next event
 * @now: its time, microseconds, monotonic
 *
 * Under the lock. If libnice makes a pair that we have ourselves, removes ours.
 */
void
gst_ice_nice_pairs_replace_own (
    GstIceNicePairs *self, const IceCheckEvent *event, gint64 now)
{
  const IceCheckPair *row;
  guint i;

  if (event->kind != ICE_CHECK_ADDED
      || event->protocol != ICE_CANDIDATE_PROTOCOL_UDP)
    return;
  row = gst_ice_nice_pairs_find_live (
      self, &event->local.endpoint, &event->remote.endpoint);
  for (i = 0; row != NULL && i < GST_ICE_NICE_PAIRS_MAX_OWN; i++) {
    const IceCheckEvent removed = { .kind = ICE_CHECK_REMOVED,
      .id = (guintptr) &self->own[i] };

    if (ice_checklist_find (self->list, removed.id) != row)
      continue;
    gst_ice_nice_pairs_step (self, &removed, now);
    return;
  }
}

/* Under the lock. */
static void
make_own (GstIceNicePairs *self, const IceCheckEndpoint *base,
    const IceCandidate *remote)
{
  guintptr id =
      (guintptr) &self->own[self->next_own++ % GST_ICE_NICE_PAIRS_MAX_OWN];
  IceCheckEvent event = {
    .kind = ICE_CHECK_ADDED, .id = id, .protocol = ICE_CANDIDATE_PROTOCOL_UDP
  };
  gint64 now = g_get_monotonic_time ();

  event.local.endpoint = *base;
  ice_check_endpoint_set (&event.remote.endpoint, remote);
  event.remote.priority = remote->priority;
  g_strlcpy (event.remote.foundation, remote->foundation,
      sizeof event.remote.foundation);
  gst_ice_nice_pairs_step (self, &event, now);
  event = (IceCheckEvent){ .kind = ICE_CHECK_STATE,
    .id = id,
    .state = GST_ICE_CANDIDATE_PAIR_STATE_SUCCEEDED };
  gst_ice_nice_pairs_step (self, &event, now);
}

/* Under the lock. */
static void
nominate_own (GstIceNicePairs *self, const IceCheckPair *row)
{
  guint i;

  for (i = 0; i < GST_ICE_NICE_PAIRS_MAX_OWN; i++) {
    const IceCheckEvent event = { .kind = ICE_CHECK_NOMINATED,
      .id = (guintptr) &self->own[i] };

    if (ice_checklist_find (self->list, event.id) != row)
      continue;
    gst_ice_nice_pairs_step (self, &event, g_get_monotonic_time ());
    return;
  }
}

/**
 * gst_ice_nice_pairs_add_valid:
 * @self: the pairs
 * @base: the local UDP address that it sends from
 * @remote: its remote candidate
 * @nominated: whether the controlling agent has nominated it
 *
 * Any thread. Adds a pair on which a check of our own has succeeded, unless
 * libnice has that pair.
 */
void
gst_ice_nice_pairs_add_valid (GstIceNicePairs *self,
    const IceCheckEndpoint *base, const IceCandidate *remote,
    gboolean nominated)
{
  const IceCheckPair *row;
  IceCheckEndpoint place;

  ice_check_endpoint_set (&place, remote);
  g_mutex_lock (&self->lock);
  if (gst_ice_nice_pairs_find_live (self, base, &place) == NULL)
    make_own (self, base, remote);
  row = gst_ice_nice_pairs_find_live (self, base, &place);
  if (nominated && row != NULL)
    nominate_own (self, row);
  g_mutex_unlock (&self->lock);
}
