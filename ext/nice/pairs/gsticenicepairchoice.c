/* gst-ice: chooses the pair for media, by the table or by command.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "pairs/gsticenicepairreports.h"
#include "model/iceselection.h"

/* Under the lock. A row whose candidates are not known is not valid. */
static IceSelectionPair *
make_selection_pairs (GstIceNicePairs *self, GstIceRole role, guint n)
{
  IceSelectionPair *pairs = g_new0 (IceSelectionPair, n);
  guint i;

  for (i = 0; i < n; i++) {
    const IceCheckPair *row = ice_checklist_get_pair (self->list, i);

    if (!row->live || row->local_candidate == NULL
        || row->remote_candidate == NULL)
      continue;
    pairs[i].state = row->state;
    pairs[i].nominated = row->nominated;
    pairs[i].valid_since = row->valid_since;
    ice_check_pair_get_priority (row, role, &pairs[i].priority);
  }
  return pairs;
}

/**
 * gst_ice_nice_pairs_choose:
 * @self: the pairs
 * @role: this agent's role
 * @is_over: whether libnice has ended its checks without a nomination
 * @path: (out caller-allocates): the pair; gst_ice_nice_path_clear() it
 * @look_again: (out): when to call again although no pair has changed,
 *   g_get_monotonic_time(); -1 = never
 *
 * Any thread. The rule is ice_selection_choose().
 *
 * Returns: whether media has to use @path, which is not nominated
 */
gboolean
gst_ice_nice_pairs_choose (GstIceNicePairs *self, GstIceRole role,
    gboolean is_over, GstIceNicePath *path, gint64 *look_again)
{
  g_autofree IceSelectionPair *pairs = NULL;
  IceSelectionChoice choice;
  guint n;

  g_mutex_lock (&self->lock);
  n = ice_checklist_get_n_pairs (self->list);
  pairs = make_selection_pairs (self, role, n);
  choice = ice_selection_choose (pairs, n, is_over, g_get_monotonic_time ());
  if (choice.pair != ICE_SELECTION_NONE) {
    const IceCheckPair *row = ice_checklist_get_pair (self->list, choice.pair);

    path->local = ice_candidate_copy (row->local_candidate);
    path->remote = ice_candidate_copy (row->remote_candidate);
    path->base = row->base;
  }
  g_mutex_unlock (&self->lock);
  *look_again = choice.look_again;
  return choice.pair != ICE_SELECTION_NONE;
}

/**
 * gst_ice_nice_path_clear:
 * @path: a path that gst_ice_nice_pairs_choose() has set
 */
void
gst_ice_nice_path_clear (GstIceNicePath *path)
{
  g_clear_pointer (&path->local, ice_candidate_free);
  g_clear_pointer (&path->remote, ice_candidate_free);
}

/**
 * gst_ice_nice_pairs_select:
 * @self: the pairs
 * @local: (nullable): a local candidate
 * @remote: (nullable): a remote candidate
 *
 * Any thread. Marks the pair of the two as selected, whatever libnice has
 * selected; %NULL: no pair.
 */
void
gst_ice_nice_pairs_select (GstIceNicePairs *self, const IceCandidate *local,
    const IceCandidate *remote)
{
  IceCheckEvent event = { .kind = ICE_CHECK_SELECTED };
  const IceCheckChange *changes;
  guint n_changes;

  if (local != NULL) {
    event.protocol = local->protocol;
    ice_check_endpoint_set (&event.local.endpoint, local);
    ice_check_endpoint_set (&event.remote.endpoint, remote);
  }
  g_mutex_lock (&self->lock);
  changes = ice_checklist_step (
      self->list, &event, g_get_monotonic_time (), &n_changes);
  gst_ice_nice_pairs_report_changes (self, changes, n_changes);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_nice_pairs_expect_pruning:
 * @self: the pairs
 * @expected: whether libnice is made to select a pair now, for which it frees
 * its check list: that is not a restart
 *
 * I/O thread, without the agent's lock.
 */
void
gst_ice_nice_pairs_expect_pruning (GstIceNicePairs *self, gboolean expected)
{
  g_mutex_lock (&self->lock);
  self->prunes = expected;
  g_mutex_unlock (&self->lock);
}
