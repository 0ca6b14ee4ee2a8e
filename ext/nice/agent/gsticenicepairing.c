/* gst-ice: which remote candidates libnice may be given now.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * libnice pairs a remote candidate with each local one of the same family and
 * transport, except reflexive ones (RFC 8445 section 6.1.2.4), and with each
 * that is gathered later. The rule for what may be sent is iceamplification. */

#include "agent/gsticenicepairing.h"

GST_DEBUG_CATEGORY_EXTERN (gst_ice_nice_generation_debug);
#define GST_CAT_DEFAULT gst_ice_nice_generation_debug

static gboolean
makes_pairs (const NiceCandidate *local)
{
  return local->type == NICE_CANDIDATE_TYPE_HOST
      || local->type == NICE_CANDIDATE_TYPE_RELAYED;
}

static IceCandidateProtocol
get_protocol (const NiceCandidate *local)
{
  return local->transport == NICE_CANDIDATE_TRANSPORT_UDP
      ? ICE_CANDIDATE_PROTOCOL_UDP
      : ICE_CANDIDATE_PROTOCOL_TCP;
}

/**
 * gst_ice_nice_pairing_begin:
 * @self: (out caller-allocates): a look at candidates that wait;
 *   gst_ice_nice_pairing_end() it
 * @pairs: (transfer none): those of the agent
 * @agent: a NiceAgent
 * @stream: libnice's number
 * @component: libnice's number
 * @n_turn_servers: how many TURN servers have not answered yet, at most: each
 *   may give a relayed candidate for each host candidate
 */
void
gst_ice_nice_pairing_begin (GstIceNicePairing *self, GstIceNicePairs *pairs,
    NiceAgent *agent, guint stream, guint component, guint n_turn_servers)
{
  GSList *locals = nice_agent_get_local_candidates (agent, stream, component);
  const GSList *i;

  *self = (GstIceNicePairing){ .pairs = pairs };
  for (i = locals; i != NULL; i = i->next) {
    const NiceCandidate *local = i->data;

    if (makes_pairs (local))
      self->locals[get_protocol (local)]
                  [nice_address_ip_version (&local->addr) == 6]++;
    if (local->type == NICE_CANDIDATE_TYPE_HOST)
      self->to_come += n_turn_servers;
  }
  g_slist_free_full (locals, (GDestroyNotify) nice_candidate_free);
  gst_ice_nice_pairs_update_claims (pairs, self->to_come);
}

/**
 * gst_ice_nice_pairing_allows:
 * @candidate: one of the peer
 * @pairing: a look at candidates that wait
 *
 * An IceWaitingListFilter.
 *
 * Returns: whether libnice may be given @candidate now; if so it is to be
 */
gboolean
gst_ice_nice_pairing_allows (const IceCandidate *candidate, gpointer pairing)
{
  GstIceNicePairing *self = pairing;
  gboolean is_ipv6 = strchr (candidate->address, ':') != NULL;

  switch (gst_ice_nice_pairs_claim (self->pairs, candidate,
      self->locals[candidate->protocol][is_ipv6] + self->to_come)) {
    case ICE_AMPLIFICATION_ALLOWED:
      return TRUE;
    case ICE_AMPLIFICATION_EXHAUSTED:
      if (self->exhausted++ == 0)
        self->address = g_strdup (candidate->address);
      break;
    case ICE_AMPLIFICATION_WAIT:
    case ICE_AMPLIFICATION_N_VERDICTS:
      break;
  }
  return FALSE;
}

/**
 * gst_ice_nice_pairing_end:
 * @self: a look at candidates that wait
 * @transport: whose candidates
 * @exhausted: how often it is warned of those that are not checked
 */
void
gst_ice_nice_pairing_end (GstIceNicePairing *self, GstIceTransport *transport,
    IceRateLimit *exhausted)
{
  g_autofree gchar *more = NULL;

  gst_ice_nice_pairs_update_claims (self->pairs, self->to_come);
  if (self->exhausted > 0)
    more = ice_rate_limit_pass (exhausted, g_get_monotonic_time ());
  if (more != NULL)
    GST_WARNING_OBJECT (transport,
        "%u remote candidates are not checked, among them one of %s: no more "
        "than %u packets go to an address that has never answered%s",
        self->exhausted, self->address, ICE_AMPLIFICATION_MAX_PACKETS, more);
  g_clear_pointer (&self->address, g_free);
}
