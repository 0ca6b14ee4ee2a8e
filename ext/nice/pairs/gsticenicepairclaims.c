/* gst-ice: bounds what a NiceAgent's checks send to unanswering addresses.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * libnice sends as many packets as its pairs need, so it is given a remote
 * candidate only when the candidate's address has room for all of its pairs.
 * The amount reserved for an address is what its pairs in the table still need,
 * plus that of pairs with relayed local candidates, which are gathered later.
 */

#include "pairs/gsticenicepairclaims.h"

/* One address of the peer in this generation. */
typedef struct
{
  guint candidates; /* candidates that libnice was given */
  IceAmplificationClaim claim;
  IceAmplificationClaim open; /* reserved for its pairs */
} Claims;

/**
 * gst_ice_nice_pairs_make_claims:
 *
 * Returns: (transfer full): an empty table: address as libnice writes it -> its
 *   reservation
 */
GHashTable *
gst_ice_nice_pairs_make_claims (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}

static void
reserve (GstIceNicePairs *self, const gchar *address,
    const IceAmplificationClaim *claim)
{
  Claims *claims = g_hash_table_lookup (self->claims, address);

  if (claims == NULL) {
    claims = g_new0 (Claims, 1);
    g_hash_table_insert (self->claims, g_strdup (address), claims);
  }
  claims->candidates++;
  claims->claim.checks += claim->checks;
  claims->claim.packets += claim->packets;
}

/**
 * gst_ice_nice_pairs_claim:
 * @self: the pairs
 * @candidate: a candidate of the peer, with a numeric address
 * @checks: the number of pairs that libnice makes of it, now and later
 *
 * I/O thread.
 *
 * Returns: whether libnice may be given @candidate now; then the caller has to
 */
IceAmplificationVerdict
gst_ice_nice_pairs_claim (
    GstIceNicePairs *self, const IceCandidate *candidate, guint checks)
{
  g_autoptr (GInetAddress)
      inet = g_inet_address_new_from_string (candidate->address);
  g_autofree gchar *address = NULL;
  IceAmplificationClaim claim;
  IceAmplificationVerdict verdict;

  if (inet == NULL)
    return ICE_AMPLIFICATION_EXHAUSTED;
  address = g_inet_address_to_string (inet);
  verdict = gst_ice_amplification_claim (
      self->amplification, address, checks, &claim);
  if (verdict != ICE_AMPLIFICATION_ALLOWED)
    return verdict;
  g_mutex_lock (&self->lock);
  if (self->has_trace) {
    reserve (self, address, &claim);
  } else { /* its answer will not be seen */
    gst_ice_amplification_count (self->amplification, address, claim.packets);
    gst_ice_amplification_change (
        self->amplification, address, &claim, (IceAmplificationClaim){ 0, 0 });
  }
  g_mutex_unlock (&self->lock);
  return verdict;
}

static gboolean
is_tcp (const IceCheckPair *row)
{
  return row->protocol == ICE_CANDIDATE_PROTOCOL_TCP;
}

/* A check that begins again may send all of its requests again. */
static guint
count_packets_to_come (const IceCheckPair *row)
{
  guint64 most = ICE_AMPLIFICATION_CHECK_PACKETS * MAX (row->requests_sent, 1);
  guint64 sent = row->requests_sent + row->retransmissions_sent;

  if (is_tcp (row)) /* they were counted with the request */
    sent = ICE_AMPLIFICATION_CHECK_PACKETS * row->requests_sent;

  return sent < most ? most - sent : 0;
}

static void
add_open (GstIceNicePairs *self, const IceCheckPair *row)
{
  Claims *claims = g_hash_table_lookup (self->claims, row->remote.address);

  if (claims == NULL || !row->live
      || row->state == GST_ICE_CANDIDATE_PAIR_STATE_FAILED
      || row->state == GST_ICE_CANDIDATE_PAIR_STATE_SUCCEEDED)
    return;
  claims->open.checks++;
  claims->open.packets += count_packets_to_come (row);
}

/**
 * gst_ice_nice_pairs_update_claims:
 * @self: the pairs
 * @to_come: the number of pairs that libnice may still make of each remote
 *   candidate that it has
 *
 * I/O thread. Gives back the reservations of checks that have ended.
 */
void
gst_ice_nice_pairs_update_claims (GstIceNicePairs *self, guint to_come)
{
  GHashTableIter iter;
  gpointer address, value;
  guint i;

  g_mutex_lock (&self->lock);
  if (g_hash_table_size (self->claims) > 0)
    for (i = 0; i < ice_checklist_get_n_pairs (self->list); i++)
      add_open (self, ice_checklist_get_pair (self->list, i));
  g_hash_table_iter_init (&iter, self->claims);
  while (g_hash_table_iter_next (&iter, &address, &value)) {
    Claims *claims = value;
    guint later = claims->candidates * to_come;

    claims->open.checks += later;
    claims->open.packets += later * ICE_AMPLIFICATION_CHECK_PACKETS;
    gst_ice_amplification_change (
        self->amplification, address, &claims->claim, claims->open);
    claims->open = (IceAmplificationClaim){ 0, 0 };
  }
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_nice_pairs_count_packets:
 * @self: the pairs
 * @event: an event of the check list
 *
 * Under the lock, after the check list has handled it. A request over TCP
 * counts as a whole check, since the kernel sends several packets to open a
 * connection (GST_ICE_NICE_TCP_ADMISSION_SYN_RETRIES), which nothing shows.
 */
void
gst_ice_nice_pairs_count_packets (
    GstIceNicePairs *self, const IceCheckEvent *event)
{
  const IceCheckPair *row = event->id != 0
      ? ice_checklist_find (self->list, event->id)
      : NULL;

  if (row == NULL)
    return;
  if (event->kind == ICE_CHECK_REQUEST_SENT
      || event->kind == ICE_CHECK_RETRANSMITTED)
    gst_ice_amplification_count (self->amplification, row->remote.address,
        is_tcp (row) ? ICE_AMPLIFICATION_CHECK_PACKETS : 1);
  else if (event->kind == ICE_CHECK_REQUEST_UNSENT && !is_tcp (row))
    gst_ice_amplification_uncount (self->amplification, row->remote.address);
  else if (event->kind == ICE_CHECK_STATE
      && event->state == GST_ICE_CANDIDATE_PAIR_STATE_SUCCEEDED)
    gst_ice_amplification_answered (self->amplification, row->remote.address);
}

/**
 * gst_ice_nice_pairs_end_claims:
 * @self: the pairs
 * @sends: whether libnice continues checks whose trace is not read any more
 *
 * Under the lock. To be called when libnice has forgotten the remote
 * candidates, or its trace is not read any more.
 */
void
gst_ice_nice_pairs_end_claims (GstIceNicePairs *self, gboolean sends)
{
  GHashTableIter iter;
  gpointer address, value;

  g_hash_table_iter_init (&iter, self->claims);
  while (g_hash_table_iter_next (&iter, &address, &value)) {
    Claims *claims = value;

    if (sends)
      gst_ice_amplification_count (
          self->amplification, address, claims->claim.packets);
    gst_ice_amplification_change (self->amplification, address, &claims->claim,
        (IceAmplificationClaim){ 0, 0 });
  }
  g_hash_table_remove_all (self->claims);
}
