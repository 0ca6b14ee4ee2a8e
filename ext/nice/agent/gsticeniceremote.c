/* gst-ice: the remote side of a generation: credentials and candidates.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * libnice is given only as many candidates as it has room for their pairs, and
 * as may be sent packets; the others wait. */

#include "agent/gsticeniceremote.h"
#include "agent/gsticenicepairing.h"
#include "agent/gsticeniceparts.h"
#include "agent/gsticenicereports.h"
#include "agent/nicecandidate.h"

GST_DEBUG_CATEGORY_EXTERN (gst_ice_nice_generation_debug);
#define GST_CAT_DEFAULT gst_ice_nice_generation_debug

static gboolean
set_remote_candidate (GstIceNiceGeneration *self, NiceCandidate *candidate)
{
  GSList list = { candidate, NULL };

  return nice_agent_set_remote_candidates (
             self->nice, self->stream_id, GST_ICE_NICE_COMPONENT, &list)
      == 1;
}

static void
warn_of_refused (GstIceNiceGeneration *self, const IceCandidate *candidate)
{
  g_autofree gchar *more = ice_rate_limit_pass (
      &self->refused, g_get_monotonic_time ());

  if (more == NULL)
    return;
  GST_WARNING_OBJECT (self->transport,
      "libnice did not take the remote candidate %s %u %s%s",
      candidate->address, candidate->port,
      ice_candidate_protocol_to_string (candidate->protocol), more);
}

static void
give_remote_candidate (
    GstIceNiceGeneration *self, const IceCandidate *candidate)
{
  NiceCandidate *nice = nice_candidate_from_ice (
      candidate, self->stream_id, GST_ICE_NICE_COMPONENT);

  /* A peer may signal a peer-reflexive candidate (RFC 8839 section 5.1), which
   * libnice refuses. As server-reflexive it differs only in its type: its
   * priority is signalled with it. */
  if (nice != NULL && nice->type == NICE_CANDIDATE_TYPE_PEER_REFLEXIVE)
    nice->type = NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE;
  if (nice == NULL || !set_remote_candidate (self, nice))
    warn_of_refused (self, candidate);
  g_clear_pointer (&nice, nice_candidate_free);
}

/* Gives libnice as many waiting candidates as it has room for their pairs. */
static void
make_pairs (GstIceNiceGeneration *self)
{
  GstIceNicePairing pairing;
  IceCandidate *candidate;

  gst_ice_nice_pairing_begin (&pairing, self->pairs, self->nice,
      self->stream_id, GST_ICE_NICE_COMPONENT,
      self->gathered ? 0 : self->n_turn_servers);
  while ((candidate = ice_waiting_list_pop (&self->waiting,
              gst_ice_nice_pairs_count_open (self->pairs),
              gst_ice_nice_pairing_allows, &pairing))
      != NULL) {
    give_remote_candidate (self, candidate);
    ice_candidate_free (candidate);
  }
  gst_ice_nice_pairing_end (&pairing, self->transport, &self->exhausted);
}

/**
 * gst_ice_nice_remote_pair_checked:
 * @data: the generation
 *
 * Called when the state of a pair has changed: there may be room for waiting
 * remote candidates, and the checks may be done. I/O thread.
 */
void
gst_ice_nice_remote_pair_checked (gpointer data)
{
  g_autoptr (GstIceNiceGeneration) self = gst_ice_nice_generation_ref (data);

  if (self->phase == GST_ICE_NICE_PHASE_CURRENT)
    make_pairs (self);
  if (self->phase == GST_ICE_NICE_PHASE_CURRENT)
    gst_ice_nice_selection_update (self->selection);
  if (self->phase != GST_ICE_NICE_PHASE_CURRENT)
    return;
  if (self->component_state == NICE_COMPONENT_STATE_READY)
    gst_ice_nice_reports_checks_done (self);
  else if (self->component_state == NICE_COMPONENT_STATE_CONNECTING)
    gst_ice_nice_reports_compare_checking (self);
}

/**
 * gst_ice_nice_generation_set_remote_credentials:
 * @self: a generation
 * @ufrag: the peer's ufrag
 * @password: the peer's password
 */
void
gst_ice_nice_generation_set_remote_credentials (
    GstIceNiceGeneration *self, const gchar *ufrag, const gchar *password)
{
  if (self->stream_id == 0)
    return;
  nice_agent_set_remote_credentials (
      self->nice, self->stream_id, ufrag, password);
  gst_ice_nice_consent_set_remote (self->consent, ufrag, password);
  g_free (self->remote_ufrag);
  self->remote_ufrag = g_strdup (ufrag);
  if (self->admission != NULL)
    gst_ice_nice_tcp_admission_set_remote (self->admission, password);
}

/* The peer's checks may come from these addresses before ours are sent. */
static void
pass_checks_of_candidate (
    GstIceNiceGeneration *self, const IceCandidate *candidate)
{
  NiceCandidate *nice = nice_candidate_from_ice (
      candidate, self->stream_id, GST_ICE_NICE_COMPONENT);

  if (nice != NULL)
    gst_ice_nice_flood_guard_add_candidate (self->flood_guard, &nice->addr);
  g_clear_pointer (&nice, nice_candidate_free);
}

/**
 * gst_ice_nice_generation_add_remote_candidate:
 * @self: a generation that has the remote credentials
 * @candidate: a remote candidate
 */
void
gst_ice_nice_generation_add_remote_candidate (
    GstIceNiceGeneration *self, const IceCandidate *candidate)
{
  if (self->stream_id == 0)
    return;
  if (candidate->protocol == ICE_CANDIDATE_PROTOCOL_TCP && !self->ice_tcp) {
    GST_INFO_OBJECT (self->transport,
        "ice-tcp is off: %s port %u over TCP is left out", candidate->address,
        candidate->port);
    return;
  }
  gst_ice_nice_pairs_add_candidate (self->pairs, candidate, FALSE);
  pass_checks_of_candidate (self, candidate);
  ice_waiting_list_push (&self->waiting, candidate);
  make_pairs (self);
  /* before an end of candidates that may follow */
  if (!gst_ice_nice_pairs_are_checked (self->pairs))
    gst_ice_nice_reports_checking (self);
}

/**
 * gst_ice_nice_generation_remote_end_of_candidates:
 * @self: a generation
 */
void
gst_ice_nice_generation_remote_end_of_candidates (GstIceNiceGeneration *self)
{
  if (self->stream_id != 0)
    nice_agent_peer_candidate_gathering_done (self->nice, self->stream_id);
}
