/* gst-ice: makes the parts of a generation and begins gathering.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "agent/gsticenicegeneration.h"
#include "agent/gsticeniceparts.h"
#include "agent/gsticeniceremote.h"
#include "agent/gsticenicereports.h"
#include "agent/gsticenicesetup.h"
#include "agent/gsticenicesocket.h"

static void
on_discovered (const NiceCandidate *candidate, gpointer data)
{
  GstIceNiceGeneration *self = data;

  gst_ice_nice_reports_new_candidate (candidate, self);
  gst_ice_nice_events_repeat (
      self->events, GST_ICE_NICE_EVENT_CANDIDATE, candidate);
}

/* Reported after the candidates that are still on their way. */
static void
on_discovery_done (gpointer data)
{
  GstIceNiceGeneration *self = data;

  gst_ice_nice_events_repeat (
      self->events, GST_ICE_NICE_EVENT_DISCOVERED, NULL);
}

/* Returns: whether we send the requests to the STUN server, not libnice */
static gboolean
make_discovery (GstIceNiceGeneration *self, const GstIceGatherOptions *options)
{
  static const GstIceNiceStunDiscoveryFuncs functions = { on_discovered,
    on_discovery_done };

  if (!gst_ice_nice_stun_discovery_is_possible (options))
    return FALSE;
  self->discovering = TRUE;
  self->discovery = gst_ice_nice_stun_discovery_new (self->transport,
      gst_ice_io_get_context (self->io),
      gst_ice_nice_consent_get_answers (self->consent), options->stun_server,
      &functions, self);
  return TRUE;
}

static void
begin_discovery (GstIceNiceGeneration *self)
{
  GSList *candidates;

  if (self->discovery == NULL)
    return;
  candidates = nice_agent_get_local_candidates (
      self->nice, self->stream_id, GST_ICE_NICE_COMPONENT);
  gst_ice_nice_stun_discovery_begin (
      self->discovery, self->consent, candidates);
  g_slist_free_full (candidates, (GDestroyNotify) nice_candidate_free);
}

static void
pass_errors_of_server (GstIceNiceGeneration *self, const IceServer *server)
{
  NiceAddress address;

  nice_address_init (&address);
  if (!nice_address_set_from_string (&address, server->address))
    return;
  nice_address_set_port (&address, server->port);
  gst_ice_nice_flood_guard_set_stun_server (self->flood_guard, &address);
}

static void
add_local_addresses (GstIceNiceGeneration *self)
{
  guint i;

  for (i = 0;
       self->addresses[i] != NULL && i < NICE_CANDIDATE_MAX_LOCAL_ADDRESSES;
       i++) {
    NiceAddress address;

    nice_address_init (&address);
    if (nice_address_set_from_string (&address, self->addresses[i]))
      nice_agent_add_local_address (self->nice, &address);
  }
}

static void
make_gate (GstIceNiceGeneration *self, const GstIceGatherOptions *options)
{
  if (self->ice_tcp)
    self->admission = gst_ice_nice_tcp_admission_new (
        gst_ice_shared_context_get (
            gst_ice_nice_datagrams_get_context (self->receiver)),
        self->nice, options->local_ufrag, options->local_password,
        gst_ice_nice_consent_get_answers (self->consent),
        gst_ice_nice_reports_connection_lost, self);
}

static void
take_sockets (GstIceNiceGeneration *self)
{
  GPtrArray *sockets = nice_agent_get_sockets (
      self->nice, self->stream_id, GST_ICE_NICE_COMPONENT);
  /* datagrams from before the filter; a lost answer is requested again after
   * 0.5 s */
  gboolean is_asked_already = self->n_turn_servers > 0
      && !gst_ice_nice_pairs_has_trace (self->pairs);
  guint i;

  for (i = 0; sockets != NULL && i < sockets->len; i++) {
    GSocket *socket = g_ptr_array_index (sockets, i);
    GstIceSteering *steering = gst_ice_nice_consent_add_socket (
        self->consent, socket);

    if (steering != NULL) {
      g_ptr_array_add (self->steerings, steering);
      gst_ice_nice_media_add_steering (
          self->media, steering, gst_ice_io_get_context (self->io));
    }
    gst_ice_nice_pairs_add_socket (self->pairs, socket, steering != NULL);
    gst_ice_nice_flood_guard_add_socket (self->flood_guard, socket);
    if (self->admission != NULL)
      gst_ice_nice_tcp_admission_add_socket (self->admission, socket);
  }
  g_clear_pointer (&sockets, g_ptr_array_unref);
  if (is_asked_already)
    gst_ice_nice_flood_guard_drain (self->flood_guard);
  gst_ice_nice_pairs_watch_senders (
      self->pairs, gst_ice_nice_datagrams_get_senders (self->receiver));
  gst_ice_nice_consent_set_agent (self->consent, self->nice, self->stream_id,
      GST_ICE_NICE_COMPONENT, self->pairs);
}

static void
make_stream (GstIceNiceGeneration *self, const GstIceGatherOptions *options,
    const GstIcePortRange *range)
{
  self->stream_id = nice_agent_add_stream (self->nice, 1);
  nice_agent_set_local_credentials (self->nice, self->stream_id,
      options->local_ufrag, options->local_password);
  if (range->max != 0)
    nice_agent_set_port_range (self->nice, self->stream_id,
        GST_ICE_NICE_COMPONENT, range->min, range->max);
  gst_ice_nice_datagrams_attach (
      self->receiver, self->nice, self->stream_id, GST_ICE_NICE_COMPONENT);
}

static void
add_turn_servers (GstIceNiceGeneration *self, GPtrArray *servers)
{
  guint i;

  for (i = 0; i < servers->len; i++) {
    const IceServer *server = g_ptr_array_index (servers, i);
    gboolean udp = server->transport == ICE_SERVER_TRANSPORT_UDP;

    gst_ice_nice_media_add_turn_server (
        self->media, udp ? server->address : NULL, server->port);
    if (udp && server->other_address != NULL)
      gst_ice_nice_media_add_turn_server (
          self->media, server->other_address, server->port);
  }
}

static void
make_parts (GstIceNiceGeneration *self, const GstIceGatherOptions *options)
{
  const GstIceSettings *settings = options->settings;
  GMainContext *context = gst_ice_io_get_context (self->io);

  self->receiver = gst_ice_nice_datagrams_new (self->transport, context);
  gst_ice_nice_datagrams_set_media (self->receiver, self->media);
  self->relay_only = gst_ice_settings_get_enum (
                         settings, GST_ICE_SETTING_ICE_TRANSPORT_POLICY)
      == GST_ICE_TRANSPORT_POLICY_RELAY;
  self->ice_tcp = gst_ice_settings_get_boolean (
      settings, GST_ICE_SETTING_ICE_TCP);
  self->n_turn_servers = options->turn_servers->len;
  add_turn_servers (self, options->turn_servers);
  g_mutex_lock (&self->lock);
  self->flood_guard = gst_ice_nice_flood_guard_new (self->transport, context,
      gst_ice_nice_datagrams_get_context (self->receiver));
  if (self->n_turn_servers > 0) {
    self->turn_peers = ice_turn_peers_new ();
    gst_ice_nice_flood_guard_set_turn_peers (
        self->flood_guard, self->turn_peers);
  } else {
    gst_ice_nice_flood_guard_drop_allocate_errors (self->flood_guard);
  }
  g_mutex_unlock (&self->lock);
  self->roles = gst_ice_nice_roles_new (self->transport, context,
      self->flood_guard, options->role != GST_ICE_ROLE_CONTROLLED,
      self->conflict_warnings);
  self->consent = gst_ice_nice_consent_new (self->transport, context,
      self->roles,
      gst_ice_settings_get_uint (
          settings, GST_ICE_SETTING_DISCONNECTED_TIMEOUT),
      gst_ice_settings_get_uint (settings, GST_ICE_SETTING_FAILED_TIMEOUT));
  gst_ice_nice_consent_set_relayed (
      self->consent, gst_ice_nice_media_set_relay, self->media);
  gst_ice_nice_generation_set_local (
      self, options->local_ufrag, options->local_password);
  self->answerer = gst_ice_nice_answerer_new (
      context, self->steerings, gst_ice_nice_reports_answered, self);
  self->checked = gst_ice_alarm_new (
      context, gst_ice_nice_remote_pair_checked, self);
  self->amplification = options->amplification != NULL
      ? gst_ice_amplification_ref (options->amplification)
      : gst_ice_amplification_new ();
}

static void
make_selection (GstIceNiceGeneration *self)
{
  const GstIceNiceSelectionParts parts = {
    .transport = self->transport,
    .pairs = self->pairs,
    .consent = self->consent,
    .media = self->media,
    .flood_guard = self->flood_guard,
    .admission = self->admission,
    .agent = self->nice,
    .stream_id = self->stream_id,
    .component_id = GST_ICE_NICE_COMPONENT,
  };

  self->selection = gst_ice_nice_selection_new (
      gst_ice_io_get_context (self->io), &parts, gst_ice_nice_reports_selects,
      self);
}

static void
make_follower (GstIceNiceGeneration *self)
{
  const GstIceNiceFollowerParts parts = {
    .transport = self->transport,
    .agent = self->nice,
    .stream = self->stream_id,
    .component = GST_ICE_NICE_COMPONENT,
    .pairs = self->pairs,
    .consent = self->consent,
    .selection = self->selection,
  };

  self->follower = gst_ice_nice_follower_new (
      gst_ice_io_get_context (self->io), &parts);
}

/**
 * gst_ice_nice_generation_gather:
 * @self: a new generation
 * @options: what to gather with
 * @error: return location, set if gathering cannot begin
 *
 * The candidates and the end of gathering are reported later.
 *
 * Returns: whether gathering began
 */
gboolean
gst_ice_nice_generation_gather (GstIceNiceGeneration *self,
    const GstIceGatherOptions *options, GError **error)
{
  static const GstIceNiceEventsFuncs functions = {
    .found = gst_ice_nice_reports_new_candidate,
    .event = gst_ice_nice_reports_event,
  };
  GstIceGatherOptions nice_options = *options; /* libnice's part of it */
  GstIcePortRange range;
  GMainContext *context;

  if (!gst_ice_nice_setup_check_descriptors (options->settings, error))
    return FALSE;
  make_parts (self, options);
  context = gst_ice_shared_context_get (
      gst_ice_nice_datagrams_get_context (self->receiver));
  if (make_discovery (self, options))
    nice_options.stun_server = NULL;
  self->nice = gst_ice_nice_setup_make_agent (context, &nice_options);
  /* it looks at the sources of the context, and proxies of ICE-TCP are freed
   * by other threads */
  if (!self->ice_tcp)
    self->pace = gst_ice_nice_pace_new (
        gst_ice_io_get_context (self->io), context, self->nice);
  if (nice_options.stun_server != NULL)
    pass_errors_of_server (self, nice_options.stun_server);
  self->pairs = gst_ice_nice_pairs_new (self->transport, self->io, self->nice,
      self->flood_guard, self->roles, self->amplification, self->checked);
  gst_ice_nice_answerer_set_agent (self->answerer, self->pairs, self->roles);
  make_gate (self, options);
  self->servers = gst_ice_nice_servers_new (self->transport, self->io,
      self->nice, &nice_options,
      gst_ice_nice_consent_get_answers (self->consent), self->turn_peers,
      self->flood_guard, gst_ice_nice_reports_servers_done, self);
  self->addresses = gst_ice_nice_setup_choose_local (
      options->settings, &range, error);
  if (self->addresses == NULL)
    return FALSE;
  add_local_addresses (self);
  /* again, now that the stream has a context of its own */
  if (!gst_ice_nice_setup_check_descriptors (options->settings, error))
    return FALSE;
  make_stream (self, options, &range);
  self->events = gst_ice_nice_events_new (
      self->io, self->nice, &functions, self);
  if (!gst_ice_nice_servers_gather (
          self->servers, self->stream_id, GST_ICE_NICE_COMPONENT)) {
    gst_ice_nice_setup_explain_no_socket (options->settings, error);
    return FALSE;
  }
  gst_ice_nice_pairs_check_trace (self->pairs);
  take_sockets (self);
  make_selection (self);
  make_follower (self);
  gst_ice_amplification_watch (self->amplification, self->checked);
  begin_discovery (self);
  gst_ice_nice_generation_apply_options (self);
  return TRUE;
}
