/* gst-ice: a generation's reports to its transport.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Translates from libnice's terms into those of gst/ice. */

#include "agent/gsticenicereports.h"
#include "agent/gsticenicesetup.h"
#include "agent/gsticeniceparts.h"
#include "agent/nicecandidate.h"
#include "addresses/gsticelocaladdress.h"

GST_DEBUG_CATEGORY_EXTERN (gst_ice_nice_generation_debug);
#define GST_CAT_DEFAULT gst_ice_nice_generation_debug

static gboolean
gathers_loopback (const GstIceNiceGeneration *self)
{
  guint i;

  for (i = 0; self->addresses[i] != NULL; i++)
    if (g_str_has_prefix (self->addresses[i], "127.")
        || g_str_equal (self->addresses[i], "::1"))
      return TRUE;
  return FALSE;
}

/* Addresses that a server reports are checked like those that the peer does. */
static gboolean
is_usable (const GstIceNiceGeneration *self, const IceCandidate *candidate)
{
  IceAddressUse use = gst_ice_local_addresses_judge (candidate->address);

  return candidate->port != 0
      && (use == ICE_ADDRESS_USABLE
          || (use == ICE_ADDRESS_LOOPBACK && gathers_loopback (self)));
}

/* (transfer none) for candidate, a relayed or reflexive one */
static void
refuse_candidate (GstIceNiceGeneration *self, const IceCandidate *candidate)
{
  GST_INFO_OBJECT (self->transport,
      "a server gave a candidate at which no host can be reached: %s port %u",
      candidate->address, candidate->port);
  if (self->servers != NULL)
    gst_ice_nice_servers_refuse_candidate (self->servers, candidate);
}

/* The relayed candidate of that address. */
static const IceServer *
find_relay (GstIceNiceGeneration *self, const NiceAddress *address)
{
  GSList *list = nice_agent_get_local_candidates (
      self->nice, self->stream_id, GST_ICE_NICE_COMPONENT);
  const IceServer *server = NULL;
  GSList *i;

  for (i = list; i != NULL && server == NULL; i = i->next) {
    const NiceCandidate *nice = i->data;

    if (nice->type == NICE_CANDIDATE_TYPE_RELAYED
        && nice_address_equal (&nice->addr, address))
      server = gst_ice_nice_servers_find_turn (self->servers, nice->priority);
  }
  g_slist_free_full (list, (GDestroyNotify) nice_candidate_free);
  return server;
}

/* A TURN server reports both addresses in one answer; libnice then has the
 * relayed one in place of the server's (0.1.21 to 0.1.23). */
static const IceServer *
find_server_of_reflexive (GstIceNiceGeneration *self, const NiceCandidate *nice)
{
  gchar text[NICE_ADDRESS_STRING_LEN];
  const IceServer *server;
  NiceAddress address;

  if (!nice_candidate_stun_server_address (nice, &address))
    return gst_ice_nice_stun_discovery_find_server (self->discovery, nice);
  nice_address_to_string (&address, text);
  server = gst_ice_nice_servers_find_stun (
      self->servers, text, (guint16) nice_address_get_port (&address));
  return server != NULL ? server : find_relay (self, &address);
}

/* Returns: (transfer none) (nullable): %NULL: none, or not known */
static const IceServer *
find_server (GstIceNiceGeneration *self, const NiceCandidate *nice)
{
  if (self->servers == NULL)
    return NULL;
  switch (nice->type) {
    case NICE_CANDIDATE_TYPE_RELAYED:
      return gst_ice_nice_servers_find_turn (self->servers, nice->priority);
    case NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE:
      return find_server_of_reflexive (self, nice);
    case NICE_CANDIDATE_TYPE_HOST:
    case NICE_CANDIDATE_TYPE_PEER_REFLEXIVE:
      break;
  }
  return NULL;
}

static void
set_server (IceCandidate *candidate, const IceServer *server)
{
  if (server == NULL)
    return;
  candidate->url = ice_server_to_url (server);
  if (candidate->type == ICE_CANDIDATE_TYPE_RELAY)
    candidate->relay_protocol = ice_server_transport_to_string (
        server->transport);
}

static void
report_candidate (GstIceNiceGeneration *self, const NiceCandidate *nice)
{
  IceCandidate *candidate;

  if (self->relay_only && nice->type != NICE_CANDIDATE_TYPE_RELAYED)
    return;
  candidate = nice_candidate_local_to_ice (
      nice, gst_ice_transport_get_component (self->transport));
  set_server (candidate, find_server (self, nice));
  if (self->servers != NULL)
    gst_ice_nice_servers_add_candidate (self->servers, candidate);
  if (candidate->type == ICE_CANDIDATE_TYPE_HOST || is_usable (self, candidate))
    gst_ice_transport_report_candidate (self->transport, candidate);
  else
    refuse_candidate (self, candidate);
  ice_candidate_free (candidate);
}

static gboolean
report_connection_lost (gpointer data)
{
  GstIceNiceGeneration *self = data;

  if (self->phase != GST_ICE_NICE_PHASE_CURRENT
      && self->phase != GST_ICE_NICE_PHASE_RETIRED)
    return G_SOURCE_REMOVE;
  gst_ice_transport_report_event (self->transport, ICE_EVENT_SOCKET_ERROR);
  if (self->phase == GST_ICE_NICE_PHASE_CURRENT)
    gst_ice_transport_report_event (self->transport, ICE_EVENT_CHECKS_DONE);
  return G_SOURCE_REMOVE;
}

static void
unref_generation (gpointer self)
{
  gst_ice_nice_generation_unref (self);
}

/**
 * gst_ice_nice_reports_connection_lost:
 * @data: the generation
 *
 * Callback of GstIceNiceTcpAdmission: the selected pair's connection has ended.
 * Reports it later, in the I/O thread.
 */
void
gst_ice_nice_reports_connection_lost (gpointer data)
{
  GstIceNiceGeneration *self = data;

  gst_ice_io_invoke (self->io, report_connection_lost,
      gst_ice_nice_generation_ref (self), unref_generation);
}

/**
 * gst_ice_nice_reports_selects:
 * @local: the local candidate of the new selected pair
 * @data: the generation
 *
 * Callback of GstIceNiceSelection, before the pair is reported. I/O thread.
 */
void
gst_ice_nice_reports_selects (const NiceCandidate *local, gpointer data)
{
  GstIceNiceGeneration *self = data;

  g_atomic_int_set (
      &self->by_tcp, local->transport != NICE_CANDIDATE_TRANSPORT_UDP);
  gst_ice_nice_answerer_select (
      self->answerer, self->ufrag, self->password, self->remote_ufrag);
  gst_ice_nice_stun_discovery_select (self->discovery, local);
  gst_ice_nice_follower_begin (self->follower);
  self->callbacks->selected (self->transport, self);
}

/**
 * gst_ice_nice_reports_answered:
 * @from: (transfer none): the source of a check with the credentials from
 * before a restart in place
 * @data: the generation
 *
 * Callback of GstIceNiceAnswerer: the check was answered. I/O thread.
 */
void
gst_ice_nice_reports_answered (GInetSocketAddress *from, gpointer data)
{
  GstIceNiceGeneration *self = data;

  gst_ice_nice_pairs_count_answered (self->pairs, from);
  if ((self->phase == GST_ICE_NICE_PHASE_CURRENT
          || self->phase == GST_ICE_NICE_PHASE_RETIRED)
      && gst_ice_nice_consent_is_from_peer (self->consent, from))
    gst_ice_transport_report_event (self->transport, ICE_EVENT_PROOF_OF_LIFE);
}

/**
 * gst_ice_nice_reports_new_candidate:
 * @nice: (transfer none): a local candidate
 * @data: the generation
 *
 * Enters the candidate into the table before libnice reports its pairs. Any
 * thread.
 */
void
gst_ice_nice_reports_new_candidate (const NiceCandidate *nice, gpointer data)
{
  GstIceNiceGeneration *self = data;
  IceCandidate *candidate = nice_candidate_local_to_ice (
      nice, gst_ice_transport_get_component (self->transport));

  g_mutex_lock (&self->lock);
  if (self->pairs != NULL)
    gst_ice_nice_pairs_add_candidate (self->pairs, candidate, TRUE);
  g_mutex_unlock (&self->lock);
  ice_candidate_free (candidate);
}

/**
 * gst_ice_nice_reports_checks_done:
 * @self: a generation whose component is READY in libnice
 *
 * Reports the end of the checks once no pair is being checked any more: libnice
 * goes to READY while pairs of lower priority are still being checked.
 */
void
gst_ice_nice_reports_checks_done (GstIceNiceGeneration *self)
{
  if (gst_ice_nice_pairs_are_checked (self->pairs))
    gst_ice_transport_report_event (self->transport, ICE_EVENT_CHECKS_DONE);
}

/* Whether all pairs that are being checked have failed before. If only time can
 * make that true, sets an alarm for it. */
static gboolean
are_failing (GstIceNiceGeneration *self)
{
  gint64 when = gst_ice_nice_pairs_get_failing_time (self->pairs);

  if (when > g_get_monotonic_time ()) {
    gst_ice_alarm_set (self->checked, when);
    return FALSE;
  }
  return when >= 0;
}

/**
 * gst_ice_nice_reports_checking:
 * @self: a generation
 *
 * Reports that checks are going on: of a pair that has not failed yet, or only
 * of pairs that have failed before and that the peer continues to check.
 */
void
gst_ice_nice_reports_checking (GstIceNiceGeneration *self)
{
  self->checking = are_failing (self) ? ICE_EVENT_CHECKING_AGAIN
                                      : ICE_EVENT_CHECKING;
  gst_ice_transport_report_event (self->transport, self->checking);
}

/**
 * gst_ice_nice_reports_compare_checking:
 * @self: a generation
 *
 * Reports a change between the two cases of gst_ice_nice_reports_checking():
 * libnice stays in CONNECTING in both and signals nothing.
 */
void
gst_ice_nice_reports_compare_checking (GstIceNiceGeneration *self)
{
  if (are_failing (self) != (self->checking == ICE_EVENT_CHECKING_AGAIN))
    gst_ice_nice_reports_checking (self);
}

/* libnice's own consent checks are off, so in libnice only a dead socket ends a
 * selected pair, and only TCP sockets die. */
static void
report_socket_error (GstIceNiceGeneration *self)
{
  if (gst_ice_nice_selection_is_tcp (self->selection))
    gst_ice_transport_report_event (self->transport, ICE_EVENT_SOCKET_ERROR);
}

/* libnice has no nominated pair. It may have valid ones, which are usable (RFC
 * 8445 section 12.1.1). */
static void
report_failed (GstIceNiceGeneration *self)
{
  report_socket_error (self);
  if (self->phase == GST_ICE_NICE_PHASE_CURRENT)
    gst_ice_nice_selection_set_over (self->selection, TRUE);
  if (self->phase == GST_ICE_NICE_PHASE_CURRENT)
    gst_ice_transport_report_event (self->transport, ICE_EVENT_CHECKS_DONE);
}

static void
report_component_state (GstIceNiceGeneration *self, NiceComponentState state)
{
  GST_DEBUG_OBJECT (self->transport, "libnice: %s -> %s",
      nice_component_state_to_string (self->component_state),
      nice_component_state_to_string (state));
  self->component_state = state;
  gst_ice_nice_setup_set_ready (
      self->nice, state == NICE_COMPONENT_STATE_READY);
  gst_ice_nice_stun_discovery_set_checking (
      self->discovery, state != NICE_COMPONENT_STATE_READY);
  switch (state) {
    case NICE_COMPONENT_STATE_DISCONNECTED:
    case NICE_COMPONENT_STATE_GATHERING:
      break;
    case NICE_COMPONENT_STATE_CONNECTING: /* the first pair was made */
    case NICE_COMPONENT_STATE_CONNECTED:  /* better pairs are being checked */
      gst_ice_nice_selection_set_over (self->selection, FALSE);
      gst_ice_nice_reports_checking (self);
      break;
    case NICE_COMPONENT_STATE_READY:
      gst_ice_nice_selection_notice_nomination (self->selection);
      if (self->phase == GST_ICE_NICE_PHASE_CURRENT)
        gst_ice_nice_reports_checks_done (self);
      break;
    case NICE_COMPONENT_STATE_FAILED:
      report_failed (self);
      break;
    case NICE_COMPONENT_STATE_LAST:
      break;
  }
}

static void
report_gathered (GstIceNiceGeneration *self)
{
  if (!self->asked || self->discovering)
    return;
  self->gathered = TRUE;
  if (self->n_turn_servers
      > 0) /* the servers that gave no candidate leave room for waiting ones */
    gst_ice_alarm_set (self->checked, 0);
  gst_ice_transport_report_gathered (self->transport);
}

/**
 * gst_ice_nice_reports_servers_done:
 * @data: the generation
 *
 * Callback of GstIceNiceServers: all servers have answered or failed. I/O
 * thread.
 */
void
gst_ice_nice_reports_servers_done (gpointer data)
{
  GstIceNiceGeneration *self = data;

  self->asked = TRUE;
  report_gathered (self);
}

static void
learn_candidate (GstIceNiceGeneration *self, const NiceCandidate *nice)
{
  g_autoptr (IceCandidate) candidate = nice_candidate_to_ice (
      nice, gst_ice_transport_get_component (self->transport));

  gst_ice_nice_pairs_learn (self->pairs, candidate);
}

static void
report_event (GstIceNiceGeneration *self, const GstIceNiceEvent *event)
{
  switch (event->kind) {
    case GST_ICE_NICE_EVENT_CANDIDATE:
      report_candidate (self, event->local);
      break;
    case GST_ICE_NICE_EVENT_CHECKED:
      gst_ice_transport_report_checked (self->transport);
      break;
    case GST_ICE_NICE_EVENT_LEARNED:
      gst_ice_nice_flood_guard_add_peer_reflexive (
          self->flood_guard, &event->remote->addr);
      learn_candidate (self, event->remote);
      break;
    case GST_ICE_NICE_EVENT_GATHERED:
      if (self->gathered) /* from before a restart */
        report_gathered (self);
      else if (self->servers != NULL)
        gst_ice_nice_servers_signalled (self->servers);
      break;
    case GST_ICE_NICE_EVENT_DISCOVERED:
      self->discovering = !gst_ice_nice_stun_discovery_is_done (
          self->discovery);
      report_gathered (self);
      break;
    case GST_ICE_NICE_EVENT_SELECTED_PAIR:
      gst_ice_nice_selection_follow (self->selection,
          gst_ice_nice_stun_discovery_find (self->discovery, event->local),
          event->remote);
      break;
    case GST_ICE_NICE_EVENT_COMPONENT_STATE:
      report_component_state (self, event->state);
      break;
  }
}

/**
 * gst_ice_nice_reports_event:
 * @event: a libnice event
 * @data: the generation; an observer of the event may close it
 *
 * Callback of GstIceNiceEvents. I/O thread.
 */
void
gst_ice_nice_reports_event (const GstIceNiceEvent *event, gpointer data)
{
  g_autoptr (GstIceNiceGeneration) self = gst_ice_nice_generation_ref (data);

  switch (self->phase) {
    case GST_ICE_NICE_PHASE_CURRENT:
      report_event (self, event);
      break;
    case GST_ICE_NICE_PHASE_RETIRED:
      if (event->kind == GST_ICE_NICE_EVENT_COMPONENT_STATE
          && event->state == NICE_COMPONENT_STATE_FAILED)
        report_socket_error (self);
      break;
    case GST_ICE_NICE_PHASE_LEFT:
    case GST_ICE_NICE_PHASE_CLOSED:
      break;
  }
}
