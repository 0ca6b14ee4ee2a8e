/* gst-ice: the table of one NiceAgent's pairs, and lookups in it.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "pairs/gsticenicepairtable.h"

static void
clear (gpointer data)
{
  GstIceNicePairs *self = data;

  nice_discoveries_clear (&self->discoveries);
  ice_checklist_free (self->list);
  g_array_unref (self->steered);
  g_hash_table_unref (self->claims);
  gst_ice_amplification_unref (self->amplification);
  g_clear_pointer (&self->answer_alarm, gst_ice_alarm_unref);
  g_clear_pointer (&self->requested, gst_ice_alarm_unref);
  g_mutex_clear (&self->lock);
}

/**
 * gst_ice_nice_pairs_unref:
 * @self: (transfer full): the pairs
 *
 * Any thread. The counterpart of g_atomic_rc_box_acquire(); pending changes
 * hold a reference.
 */
void
gst_ice_nice_pairs_unref (gpointer self)
{
  g_atomic_rc_box_release_full (self, clear);
}

/**
 * gst_ice_nice_pairs_find_live:
 * @self: the pairs
 * @base: the local address that it sends from
 * @remote: the remote address
 *
 * Under the lock.
 *
 * Returns: (transfer none) (nullable): the UDP pair of the two, if the check
 *   list has one now
 */
const IceCheckPair *
gst_ice_nice_pairs_find_live (GstIceNicePairs *self,
    const IceCheckEndpoint *base, const IceCheckEndpoint *remote)
{
  guint i;

  for (i = 0; i < ice_checklist_get_n_pairs (self->list); i++) {
    const IceCheckPair *row = ice_checklist_get_pair (self->list, i);

    if (row->live && row->protocol == ICE_CANDIDATE_PROTOCOL_UDP
        && ice_check_endpoint_equal (&row->base, base)
        && ice_check_endpoint_equal (&row->remote, remote))
      return row;
  }
  return NULL;
}

/**
 * gst_ice_nice_pairs_find_selected:
 * @self: the pairs
 *
 * Under the lock.
 *
 * Returns: (transfer none) (nullable): the selected pair
 */
const IceCheckPair *
gst_ice_nice_pairs_find_selected (GstIceNicePairs *self)
{
  guint i;

  for (i = 0; i < ice_checklist_get_n_pairs (self->list); i++) {
    const IceCheckPair *row = ice_checklist_get_pair (self->list, i);

    if (row->selected)
      return row;
  }
  return NULL;
}

/**
 * gst_ice_nice_pairs_count_answered:
 * @self: the pairs
 * @from: (transfer none): the source of a check that was answered beside
 * libnice
 *
 * Any thread.
 */
void
gst_ice_nice_pairs_count_answered (
    GstIceNicePairs *self, GInetSocketAddress *from)
{
  IceCheckEndpoint endpoint = { .port = g_inet_socket_address_get_port (from) };
  g_autofree gchar *address = g_inet_address_to_string (
      g_inet_socket_address_get_address (from));

  g_strlcpy (endpoint.address, address, sizeof (endpoint.address));
  g_mutex_lock (&self->lock);
  ice_checklist_count_answered (self->list, &endpoint);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_nice_pairs_get_last_check:
 * @self: the pairs
 *
 * Any thread.
 *
 * Returns: the time of libnice's last answer to a check of the peer,
 *   microseconds, monotonic; 0: never, or without a trace
 */
gint64
gst_ice_nice_pairs_get_last_check (GstIceNicePairs *self)
{
  gint64 last;

  g_mutex_lock (&self->lock);
  last = self->last_check;
  g_mutex_unlock (&self->lock);
  return last;
}

/**
 * gst_ice_nice_pairs_get_tie_breaker:
 * @self: the pairs
 *
 * Any thread.
 *
 * Returns: the tie-breaker of the agent's own checks (RFC 8445 section 7.1.3);
 * 0 if it has not been seen
 */
guint64
gst_ice_nice_pairs_get_tie_breaker (GstIceNicePairs *self)
{
  guint64 tie_breaker;

  g_mutex_lock (&self->lock);
  tie_breaker = self->tie_breaker;
  g_mutex_unlock (&self->lock);
  return tie_breaker;
}

/**
 * gst_ice_nice_pairs_are_checked:
 * @self: the pairs
 *
 * Any thread.
 *
 * Returns: whether no pair has a check waiting or under way
 */
gboolean
gst_ice_nice_pairs_are_checked (GstIceNicePairs *self)
{
  gboolean checked = TRUE;
  guint i;

  g_mutex_lock (&self->lock);
  for (i = 0; i < ice_checklist_get_n_pairs (self->list); i++) {
    const IceCheckPair *row = ice_checklist_get_pair (self->list, i);

    if (row->live && row->state != GST_ICE_CANDIDATE_PAIR_STATE_SUCCEEDED
        && row->state != GST_ICE_CANDIDATE_PAIR_STATE_FAILED)
      checked = FALSE;
  }
  g_mutex_unlock (&self->lock);
  return checked;
}

/**
 * gst_ice_nice_pairs_count_open:
 * @self: the pairs
 *
 * Any thread.
 *
 * Returns: the number of libnice's pairs that have not failed
 */
guint
gst_ice_nice_pairs_count_open (GstIceNicePairs *self)
{
  guint i, n = 0;

  g_mutex_lock (&self->lock);
  for (i = 0; i < ice_checklist_get_n_pairs (self->list); i++) {
    const IceCheckPair *row = ice_checklist_get_pair (self->list, i);

    if (row->live && row->state != GST_ICE_CANDIDATE_PAIR_STATE_FAILED)
      n++;
  }
  g_mutex_unlock (&self->lock);
  return n;
}

/**
 * gst_ice_nice_pairs_get_failing_time:
 * @self: the pairs
 *
 * Any thread.
 *
 * Returns: as ice_checklist_get_failing_time(): the time from which all pairs
 * count as failed, although they may be checked again
 */
gint64
gst_ice_nice_pairs_get_failing_time (GstIceNicePairs *self)
{
  gint64 when;

  g_mutex_lock (&self->lock);
  when = ice_checklist_get_failing_time (self->list);
  g_mutex_unlock (&self->lock);
  return when;
}

/**
 * gst_ice_nice_pairs_is_nominated:
 * @self: the pairs
 * @local: a local candidate
 * @remote: a remote candidate
 *
 * Any thread.
 *
 * Returns: whether the pair of the two is nominated, as far as is known; %TRUE
 *   without a trace, since libnice selects only nominated pairs
 */
gboolean
gst_ice_nice_pairs_is_nominated (GstIceNicePairs *self,
    const IceCandidate *local, const IceCandidate *remote)
{
  gboolean nominated;
  guint i;

  g_mutex_lock (&self->lock);
  nominated = !self->has_trace;
  for (i = 0; i < ice_checklist_get_n_pairs (self->list); i++) {
    const IceCheckPair *row = ice_checklist_get_pair (self->list, i);

    if (ice_check_is_at (local, &row->local, row->protocol)
        && ice_check_is_at (remote, &row->remote, row->protocol))
      nominated |= row->nominated;
  }
  g_mutex_unlock (&self->lock);
  return nominated;
}

/**
 * gst_ice_nice_pairs_is_prflx:
 * @self: the pairs
 * @remote: a remote candidate
 *
 * Any thread.
 *
 * Returns: whether the peer signalled it as peer-reflexive or not at all, as
 * far as is known; libnice may have been given another type
 */
gboolean
gst_ice_nice_pairs_is_prflx (GstIceNicePairs *self, const IceCandidate *remote)
{
  gboolean prflx = FALSE;
  guint i;

  g_mutex_lock (&self->lock);
  for (i = 0; i < ice_checklist_get_n_pairs (self->list); i++) {
    const IceCheckPair *row = ice_checklist_get_pair (self->list, i);

    if (row->remote_candidate != NULL
        && ice_check_is_at (remote, &row->remote, row->protocol))
      prflx = row->remote_candidate->type == ICE_CANDIDATE_TYPE_PRFLX;
  }
  g_mutex_unlock (&self->lock);
  return prflx;
}

/**
 * gst_ice_nice_pairs_get_selected_local:
 * @self: the pairs
 * @base: a local address that datagrams are sent from
 *
 * Any thread.
 *
 * Returns: (transfer full) (nullable): the local candidate of the selected
 * pair, as the peer sees it, if that has this base
 */
IceCandidate *
gst_ice_nice_pairs_get_selected_local (
    GstIceNicePairs *self, const IceCheckEndpoint *base)
{
  const IceCheckPair *selected;
  IceCandidate *local = NULL;

  g_mutex_lock (&self->lock);
  selected = gst_ice_nice_pairs_find_selected (self);
  if (selected != NULL && selected->local_candidate != NULL
      && selected->local_candidate->priority != 0
      && ice_check_endpoint_equal (&selected->base, base))
    local = ice_candidate_copy (selected->local_candidate);
  g_mutex_unlock (&self->lock);
  return local;
}
