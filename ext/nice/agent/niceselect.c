/* gst-ice: makes a NiceAgent select a pair.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * nice_agent_set_selected_pair() (0.1.21 to 0.1.23) takes two foundations, uses
 * the first candidate of each, frees the check list and goes to READY. From
 * then on libnice neither checks nor selects a pair of lower priority than the
 * selected one, even if the peer nominates it. Therefore the remote candidate
 * gets a foundation of its own and the lowest priority for the duration of the
 * call; libnice computes the selected pair's priority only once. Each later
 * check of the peer then creates its pair anew, and that pair is checked, and
 * selected when it is nominated.
 *
 * The price: checks that are under way or waiting are dropped until the peer
 * checks that pair or signals another candidate. libnice also refuses to set a
 * peer-reflexive candidate: a pair with one keeps its priority, so libnice does
 * not follow a nomination of a pair of lower priority. */

#include "agent/niceselect.h"

/* Unique: RFC 8839 section 5.1 allows no blanks in a foundation. */
#define FOUNDATION "to be selected"

/* the lowest, RFC 8445 section 5.1.2 */
#define PRIORITY 1

static gboolean
is_same (const NiceCandidate *a, const NiceCandidate *b)
{
  return a->transport == b->transport
      && nice_address_equal (&a->addr, &b->addr);
}

/* (transfer full) (nullable) */
static NiceCandidate *
take_same (GSList *list, const NiceCandidate *wanted)
{
  NiceCandidate *found = NULL;
  GSList *i;

  for (i = list; i != NULL && found == NULL; i = i->next)
    if (is_same (i->data, wanted))
      found = nice_candidate_copy (i->data);
  g_slist_free_full (list, (GDestroyNotify) nice_candidate_free);
  return found;
}

static gboolean
set_remote (NiceAgent *agent, guint stream_id, guint component_id,
    NiceCandidate *remote)
{
  GSList list = { remote, NULL };

  return nice_agent_set_remote_candidates (
             agent, stream_id, component_id, &list)
      == 1;
}

static gboolean
select_marked (NiceAgent *agent, guint stream_id, guint component_id,
    const NiceCandidate *local, const NiceCandidate *remote)
{
  NiceCandidate *marked = nice_candidate_copy (remote);
  NiceCandidate *plain = nice_candidate_copy (remote);
  gboolean selected;

  g_strlcpy (marked->foundation, FOUNDATION, sizeof marked->foundation);
  marked->priority = PRIORITY;
  selected = set_remote (agent, stream_id, component_id, marked)
      && nice_agent_set_selected_pair (agent, stream_id, component_id,
          local->foundation, marked->foundation);
  set_remote (agent, stream_id, component_id, plain);
  nice_candidate_free (plain);
  nice_candidate_free (marked);
  return selected;
}

/* libnice keeps the first of candidates with the same foundation. */
static gboolean
is_selected (NiceAgent *agent, guint stream_id, guint component_id,
    const NiceCandidate *local, const NiceCandidate *remote)
{
  NiceCandidate *its_local, *its_remote;

  return nice_agent_get_selected_pair (
             agent, stream_id, component_id, &its_local, &its_remote)
      && is_same (its_local, local) && is_same (its_remote, remote);
}

/**
 * nice_select_pair:
 * @agent: an agent without a nominated pair
 * @stream_id: libnice's stream
 * @component_id: libnice's component
 * @local: address and transport of the pair's local candidate; the rest is not
 *   read
 * @remote: likewise of its remote candidate
 *
 * To be called in the thread that runs @agent. Emits @agent's signals before it
 * returns: new-selected-pair, and component-state-changed up to READY.
 *
 * Returns: whether @agent sends on that pair now
 */
gboolean
nice_select_pair (NiceAgent *agent, guint stream_id, guint component_id,
    const NiceCandidate *local, const NiceCandidate *remote)
{
  NiceCandidate *its_local = take_same (
      nice_agent_get_local_candidates (agent, stream_id, component_id), local);
  NiceCandidate *its_remote = take_same (
      nice_agent_get_remote_candidates (agent, stream_id, component_id),
      remote);
  gboolean selected = FALSE;

  if (its_local != NULL && its_remote != NULL) {
    if (its_remote->type == NICE_CANDIDATE_TYPE_PEER_REFLEXIVE)
      nice_agent_set_selected_pair (agent, stream_id, component_id,
          its_local->foundation, its_remote->foundation);
    else
      select_marked (agent, stream_id, component_id, its_local, its_remote);
    selected = is_selected (
        agent, stream_id, component_id, its_local, its_remote);
  }
  g_clear_pointer (&its_local, nice_candidate_free);
  g_clear_pointer (&its_remote, nice_candidate_free);
  return selected;
}
