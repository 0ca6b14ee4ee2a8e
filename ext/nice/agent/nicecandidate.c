/* gst-ice: converts between NiceCandidate and IceCandidate.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "agent/nicecandidate.h"

/* RFC 6544 section 4.5: active candidates have no port to connect to */
#define DISCARD_PORT 9

static IceCandidateType
to_ice_type (NiceCandidateType type)
{
  switch (type) {
    case NICE_CANDIDATE_TYPE_HOST:
      return ICE_CANDIDATE_TYPE_HOST;
    case NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE:
      return ICE_CANDIDATE_TYPE_SRFLX;
    case NICE_CANDIDATE_TYPE_PEER_REFLEXIVE:
      return ICE_CANDIDATE_TYPE_PRFLX;
    case NICE_CANDIDATE_TYPE_RELAYED:
      return ICE_CANDIDATE_TYPE_RELAY;
  }
  g_return_val_if_reached (ICE_CANDIDATE_TYPE_HOST);
}

static NiceCandidateType
from_ice_type (IceCandidateType type)
{
  switch (type) {
    case ICE_CANDIDATE_TYPE_HOST:
      return NICE_CANDIDATE_TYPE_HOST;
    case ICE_CANDIDATE_TYPE_SRFLX:
      return NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE;
    case ICE_CANDIDATE_TYPE_PRFLX:
      return NICE_CANDIDATE_TYPE_PEER_REFLEXIVE;
    case ICE_CANDIDATE_TYPE_RELAY:
      return NICE_CANDIDATE_TYPE_RELAYED;
  }
  g_return_val_if_reached (NICE_CANDIDATE_TYPE_HOST);
}

static void
set_transport (IceCandidate *candidate, NiceCandidateTransport transport)
{
  candidate->protocol = ICE_CANDIDATE_PROTOCOL_TCP;
  switch (transport) {
    case NICE_CANDIDATE_TRANSPORT_UDP:
      candidate->protocol = ICE_CANDIDATE_PROTOCOL_UDP;
      candidate->tcp_type = ICE_CANDIDATE_TCP_NONE;
      break;
    case NICE_CANDIDATE_TRANSPORT_TCP_ACTIVE:
      candidate->tcp_type = ICE_CANDIDATE_TCP_ACTIVE;
      break;
    case NICE_CANDIDATE_TRANSPORT_TCP_PASSIVE:
      candidate->tcp_type = ICE_CANDIDATE_TCP_PASSIVE;
      break;
    case NICE_CANDIDATE_TRANSPORT_TCP_SO:
      candidate->tcp_type = ICE_CANDIDATE_TCP_SO;
      break;
  }
}

static NiceCandidateTransport
get_transport (const IceCandidate *candidate)
{
  switch (candidate->tcp_type) {
    case ICE_CANDIDATE_TCP_NONE:
      return NICE_CANDIDATE_TRANSPORT_UDP;
    case ICE_CANDIDATE_TCP_ACTIVE:
      return NICE_CANDIDATE_TRANSPORT_TCP_ACTIVE;
    case ICE_CANDIDATE_TCP_PASSIVE:
      return NICE_CANDIDATE_TRANSPORT_TCP_PASSIVE;
    case ICE_CANDIDATE_TCP_SO:
      return NICE_CANDIDATE_TRANSPORT_TCP_SO;
  }
  g_return_val_if_reached (NICE_CANDIDATE_TRANSPORT_UDP);
}

static gchar *
dup_address (const NiceAddress *address)
{
  gchar text[NICE_ADDRESS_STRING_LEN];

  nice_address_to_string (address, text);
  return g_strdup (text);
}

/**
 * nice_candidate_to_ice:
 * @nice: a libnice candidate
 * @component: its component in our session
 *
 * Any thread. RFC 8839 section 5.1 requires a related address for all types but
 * host.
 *
 * Returns: (transfer full): the same candidate, without a ufrag
 */
IceCandidate *
nice_candidate_to_ice (const NiceCandidate *nice, guint component)
{
  IceCandidate *candidate = g_new0 (IceCandidate, 1);

  candidate->foundation = g_strdup (nice->foundation);
  candidate->component = component;
  candidate->priority = nice->priority;
  candidate->address = dup_address (&nice->addr);
  candidate->port = nice_address_get_port (&nice->addr);
  candidate->type = to_ice_type (nice->type);
  set_transport (candidate, nice->transport);
  if (candidate->tcp_type == ICE_CANDIDATE_TCP_ACTIVE && candidate->port == 0)
    candidate->port = DISCARD_PORT;
  if (nice->type != NICE_CANDIDATE_TYPE_HOST) {
    if (nice_address_is_valid (&nice->base_addr)) {
      candidate->related_address = dup_address (&nice->base_addr);
      candidate->related_port = nice_address_get_port (&nice->base_addr);
    } else {
      candidate->related_address = g_strdup (
          nice_address_ip_version (&nice->addr) == 6 ? "::" : "0.0.0.0");
    }
  }
  return candidate;
}

/**
 * nice_candidate_local_to_ice:
 * @nice: a local candidate
 * @component: its component in our session
 *
 * Any thread. The related address of a relayed candidate is our address as the
 * TURN server saw it, which libnice does not report; libnice has a local
 * address there, which relay-only hides. Therefore none is revealed, as RFC
 * 8839 section 5.1 permits.
 *
 * Returns: (transfer full): as nice_candidate_to_ice()
 */
IceCandidate *
nice_candidate_local_to_ice (const NiceCandidate *nice, guint component)
{
  NiceCandidate *hidden = nice_candidate_copy (nice);
  IceCandidate *candidate;

  if (hidden->type == NICE_CANDIDATE_TYPE_RELAYED)
    nice_address_init (&hidden->base_addr);
  candidate = nice_candidate_to_ice (hidden, component);
  nice_candidate_free (hidden);
  return candidate;
}

/**
 * nice_candidate_get_base:
 * @nice: a local candidate
 * @base: (out): its base, RFC 8445 section 5.1.1
 *
 * Any thread.
 */
void
nice_candidate_get_base (const NiceCandidate *nice, IceCheckEndpoint *base)
{
  const NiceAddress *address = nice_address_is_valid (&nice->base_addr)
      ? &nice->base_addr
      : &nice->addr;

  G_STATIC_ASSERT (sizeof base->address >= NICE_ADDRESS_STRING_LEN);
  nice_address_to_string (address, base->address);
  base->port = (guint16) nice_address_get_port (address);
}

/**
 * nice_candidate_set_base:
 * @nice: a local candidate
 * @base: its base; ignored if it is not an address
 *
 * Any thread.
 */
void
nice_candidate_set_base (NiceCandidate *nice, const IceCheckEndpoint *base)
{
  NiceAddress address;

  nice_address_init (&address);
  if (!nice_address_set_from_string (&address, base->address))
    return;
  nice_address_set_port (&address, base->port);
  nice->base_addr = address;
}

/**
 * nice_candidate_from_ice:
 * @candidate: a candidate with a numeric address
 * @stream_id: libnice's stream
 * @component_id: libnice's component
 *
 * Any thread.
 *
 * Returns: (transfer full) (nullable): the same candidate; %NULL if its address
 *   is a name
 */
NiceCandidate *
nice_candidate_from_ice (
    const IceCandidate *candidate, guint stream_id, guint component_id)
{
  NiceCandidate *nice;
  NiceAddress address;

  nice_address_init (&address);
  if (!nice_address_set_from_string (&address, candidate->address))
    return NULL;
  nice_address_set_port (&address, candidate->port);

  nice = nice_candidate_new (from_ice_type (candidate->type));
  nice->transport = get_transport (candidate);
  nice->addr = address;
  nice->base_addr = address;
  if (candidate->related_address != NULL
      && nice_address_set_from_string (&address, candidate->related_address)) {
    nice_address_set_port (&address, candidate->related_port);
    nice->base_addr = address;
  }
  nice->priority = candidate->priority;
  nice->stream_id = stream_id;
  nice->component_id = component_id;
  g_strlcpy (nice->foundation, candidate->foundation, sizeof nice->foundation);
  return nice;
}
