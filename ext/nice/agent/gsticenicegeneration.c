/* gst-ice: the phases and restarts of a generation.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The I/O thread makes all calls of the NiceAgent except sending. */

#include "agent/gsticenicegeneration.h"
#include "agent/gsticeniceparts.h"
#include "agent/gsticenicesetup.h"
#include "agent/gsticenicesocket.h"
#include "addresses/gsticelocalport.h"

GST_DEBUG_CATEGORY (
    gst_ice_nice_generation_debug); /* for the generation's files */
#define GST_CAT_DEFAULT gst_ice_nice_generation_debug

/**
 * gst_ice_nice_generation_new:
 * @transport: (transfer none): its transport; outlives the generation
 * @io: (transfer none): the I/O thread
 * @media: (transfer none): the transport's media sockets; they outlive the
 *   generation
 * @options: the transport's socket options, by direction; they outlive the
 *   generation
 * @conflict_warnings: the rate limit of warnings about role conflicts, for all
 *   generations of the transport; outlives the generation
 * @callbacks: static
 *
 * Returns: (transfer full): a generation without an agent yet;
 *   gst_ice_nice_generation_close() it before the last reference is dropped
 */
GstIceNiceGeneration *
gst_ice_nice_generation_new (GstIceTransport *transport, GstIceIo *io,
    GstIceNiceMedia *media, const GstIceSocketOptions *options,
    IceRateLimit *conflict_warnings,
    const GstIceNiceGenerationCallbacks *callbacks)
{
  GstIceNiceGeneration *self = g_new0 (GstIceNiceGeneration, 1);

  GST_DEBUG_CATEGORY_INIT (gst_ice_nice_generation_debug, "icegeneration", 0,
      "ICE over libnice, one generation");
  self->references = 1;
  self->transport = transport;
  self->callbacks = callbacks;
  self->io = gst_ice_io_ref (io);
  self->media = media;
  self->options = options;
  self->conflict_warnings = conflict_warnings;
  g_mutex_init (&self->lock);
  self->phase = GST_ICE_NICE_PHASE_CURRENT;
  self->component_state = NICE_COMPONENT_STATE_DISCONNECTED;
  ice_waiting_list_init (&self->waiting);
  self->steerings = g_ptr_array_new ();
  return self;
}

/**
 * gst_ice_nice_generation_ref:
 * @self: a generation
 *
 * Any thread.
 *
 * Returns: (transfer full): @self
 */
GstIceNiceGeneration *
gst_ice_nice_generation_ref (GstIceNiceGeneration *self)
{
  g_atomic_int_inc (&self->references);
  return self;
}

/**
 * gst_ice_nice_generation_unref:
 * @self: (transfer full): a generation
 *
 * Any thread.
 */
void
gst_ice_nice_generation_unref (GstIceNiceGeneration *self)
{
  if (!g_atomic_int_dec_and_test (&self->references))
    return;
  g_assert (self->phase == GST_ICE_NICE_PHASE_CLOSED);
  g_clear_object (&self->nice);
  g_clear_pointer (&self->receiver, gst_ice_nice_datagrams_free);
  g_ptr_array_unref (self->steerings);
  g_free (self->ufrag);
  g_free (self->password);
  g_free (self->remote_ufrag);
  g_strfreev (self->addresses);
  g_clear_pointer (&self->turn_peers, ice_turn_peers_unref);
  g_mutex_clear (&self->lock);
  gst_ice_io_release (self->io);
  g_free (self);
}

/**
 * gst_ice_nice_generation_set_local:
 * @self: a generation
 * @ufrag: the new local ufrag
 * @password: the new local password
 */
void
gst_ice_nice_generation_set_local (
    GstIceNiceGeneration *self, const gchar *ufrag, const gchar *password)
{
  g_free (self->ufrag);
  g_free (self->password);
  self->ufrag = g_strdup (ufrag);
  self->password = g_strdup (password);
  gst_ice_nice_consent_set_local (self->consent, ufrag);
}

/**
 * gst_ice_nice_generation_get_context:
 * @self: a generation
 *
 * Returns: (transfer none) (nullable): the context in which libnice receives;
 *   %NULL if gathering could not begin
 */
GstIceSharedContext *
gst_ice_nice_generation_get_context (GstIceNiceGeneration *self)
{
  return self->receiver == NULL
      ? NULL
      : gst_ice_nice_datagrams_get_context (self->receiver);
}

/**
 * gst_ice_nice_generation_apply_options:
 * @self: a generation
 *
 * Applies the transport's socket options after they have changed.
 */
void
gst_ice_nice_generation_apply_options (GstIceNiceGeneration *self)
{
  GPtrArray *sockets;
  guint i;

  if (self->stream_id == 0)
    return;
  sockets = nice_agent_get_sockets (
      self->nice, self->stream_id, GST_ICE_NICE_COMPONENT);
  for (i = 0; sockets != NULL && i < sockets->len; i++)
    gst_ice_nice_socket_set_buffer_sizes (g_ptr_array_index (sockets, i),
        self->options[GST_ICE_DIRECTION_RECEIVE].buffer_size,
        self->options[GST_ICE_DIRECTION_SEND].buffer_size);
  g_clear_pointer (&sockets, g_ptr_array_unref);
  nice_agent_set_stream_tos (self->nice, self->stream_id,
      gst_ice_nice_socket_get_tos (self->options[GST_ICE_DIRECTION_SEND].dscp));
}

/**
 * gst_ice_nice_generation_has_ufrag:
 * @self: a generation
 * @ufrag: a local ufrag
 *
 * Returns: whether it is this generation's
 */
gboolean
gst_ice_nice_generation_has_ufrag (
    GstIceNiceGeneration *self, const gchar *ufrag)
{
  return g_strcmp0 (self->ufrag, ufrag) == 0;
}

/**
 * gst_ice_nice_generation_has_role:
 * @self: a generation
 * @role: a role
 *
 * Returns: whether libnice's checks have that role
 */
gboolean
gst_ice_nice_generation_has_role (GstIceNiceGeneration *self, GstIceRole role)
{
  return self->roles != NULL
      && gst_ice_nice_roles_is_agent_controlling (self->roles)
      == (role != GST_ICE_ROLE_CONTROLLED);
}

/**
 * gst_ice_nice_generation_is_up_to_date:
 * @self: a generation
 * @settings: the settings that it gathered with
 *
 * Returns: whether its candidates are those that it would gather now: from the
 *   same local addresses, and none lost by its TURN server; or this machine has
 *   no address now
 */
gboolean
gst_ice_nice_generation_is_up_to_date (
    GstIceNiceGeneration *self, const GstIceSettings *settings)
{
  g_auto (GStrv) now = gst_ice_nice_setup_list_addresses (settings, NULL);
  guint i;

  if (self->servers != NULL && gst_ice_nice_servers_has_lost (self->servers))
    return FALSE;
  if (now == NULL)
    return TRUE;
  if (self->addresses == NULL
      || g_strv_length (now) != g_strv_length (self->addresses))
    return FALSE;
  for (i = 0; now[i] != NULL; i++)
    if (!g_strv_contains ((const gchar *const *) self->addresses, now[i]))
      return FALSE;
  return TRUE;
}

/**
 * gst_ice_nice_generation_hold_pair:
 * @self: a generation
 *
 * To be called before gst_ice_nice_generation_restart(): from now on, the
 * peer's checks with the credentials of the selected pair are answered beside
 * libnice, which forgets these credentials at the restart.
 *
 * Returns: whether they are answered; %FALSE where the system cannot steer them
 *   and on relayed and TCP pairs, %TRUE if no pair is selected
 */
gboolean
gst_ice_nice_generation_hold_pair (GstIceNiceGeneration *self)
{
  g_autoptr (GError) error = NULL;

  if (!gst_ice_nice_generation_has_selected (self))
    return TRUE;
  if (!gst_ice_nice_selection_is_steered (self->selection))
    return FALSE;
  if (gst_ice_nice_answerer_begin (self->answerer, &error))
    return TRUE;
  GST_INFO_OBJECT (self->transport, "%s; a restart in place would be noticed",
      error->message);
  return FALSE;
}

/**
 * gst_ice_nice_generation_restart:
 * @self: a generation
 * @local_ufrag: the new local ufrag
 * @local_password: the new local password
 *
 * Restarts ICE in place, with the same candidates, which are reported again.
 * nice_agent_restart_stream() keeps sockets, candidates and the selected pair,
 * forgets the remote side and emits no signal.
 */
void
gst_ice_nice_generation_restart (GstIceNiceGeneration *self,
    const gchar *local_ufrag, const gchar *local_password)
{
  GSList *candidates, *i;

  if (self->stream_id == 0) {
    gst_ice_transport_report_gathered (self->transport);
    return;
  }
  gst_ice_nice_generation_set_local (self, local_ufrag, local_password);
  if (self->admission != NULL)
    gst_ice_nice_tcp_admission_set_local (
        self->admission, local_ufrag, local_password);
  ice_waiting_list_clear (&self->waiting);
  gst_ice_nice_pairs_restart (self->pairs);
  gst_ice_nice_selection_restart (self->selection);
  gst_ice_nice_follower_restart (self->follower);
  gst_ice_nice_flood_guard_restart (self->flood_guard);
  gst_ice_nice_roles_restart (self->roles);
  nice_agent_restart_stream (self->nice, self->stream_id);
  gst_ice_nice_setup_set_ready (self->nice, FALSE);
  gst_ice_nice_events_restart (self->events);
  nice_agent_set_local_credentials (
      self->nice, self->stream_id, local_ufrag, local_password);
  candidates = g_slist_concat (nice_agent_get_local_candidates (self->nice,
                                   self->stream_id, GST_ICE_NICE_COMPONENT),
      gst_ice_nice_stun_discovery_restart (self->discovery));
  if (!gst_ice_nice_stun_discovery_is_done (self->discovery))
    self->discovering = TRUE;
  for (i = candidates; i != NULL; i = i->next)
    if (((NiceCandidate *) i->data)->type != NICE_CANDIDATE_TYPE_PEER_REFLEXIVE)
      gst_ice_nice_events_repeat (
          self->events, GST_ICE_NICE_EVENT_CANDIDATE, i->data);
  g_slist_free_full (candidates, (GDestroyNotify) nice_candidate_free);
  if (self->gathered)
    gst_ice_nice_events_repeat (
        self->events, GST_ICE_NICE_EVENT_GATHERED, NULL);
}

/**
 * gst_ice_nice_generation_has_selected:
 * @self: a generation
 *
 * Returns: whether it has, or had, a selected pair
 */
gboolean
gst_ice_nice_generation_has_selected (GstIceNiceGeneration *self)
{
  return self->selection != NULL
      && gst_ice_nice_selection_has_pair (self->selection);
}

/**
 * gst_ice_nice_generation_retire:
 * @self: a generation whose pair media uses
 *
 * To be called when there is a new generation. From now on this one reports
 * only consent on its pair, or that the pair's socket is dead, and answers only
 * the remote end of that pair.
 */
void
gst_ice_nice_generation_retire (GstIceNiceGeneration *self)
{
  g_return_if_fail (self->phase == GST_ICE_NICE_PHASE_CURRENT);
  self->phase = GST_ICE_NICE_PHASE_RETIRED;
  g_clear_pointer (&self->servers, gst_ice_nice_servers_free);
  g_clear_pointer (&self->discovery, gst_ice_nice_stun_discovery_free);
  gst_ice_nice_pairs_retire (self->pairs);
  gst_ice_nice_selection_restart (self->selection);
  gst_ice_nice_follower_restart (self->follower);
  gst_ice_nice_flood_guard_retire (self->flood_guard);
}

/**
 * gst_ice_nice_generation_leave:
 * @self: a retired generation
 *
 * To be called when media uses another generation's pair. Datagrams that the
 * peer still sends on the old pair are forwarded.
 */
void
gst_ice_nice_generation_leave (GstIceNiceGeneration *self)
{
  g_return_if_fail (self->phase == GST_ICE_NICE_PHASE_RETIRED);
  self->phase = GST_ICE_NICE_PHASE_LEFT;
  gst_ice_nice_consent_pause (self->consent);
}

/**
 * gst_ice_nice_generation_get_last_check:
 * @self: a generation that gathers
 *
 * Returns: the time when the peer's last check was answered, microseconds,
 *   monotonic; 0 if not known
 */
gint64
gst_ice_nice_generation_get_last_check (GstIceNiceGeneration *self)
{
  return MAX (gst_ice_nice_pairs_get_last_check (self->pairs),
      gst_ice_nice_answerer_get_last (self->answerer));
}

/**
 * gst_ice_nice_generation_count_filtered:
 * @self: a generation that is not closed
 *
 * Any thread.
 *
 * Returns: how many datagrams were dropped before libnice
 */
guint64
gst_ice_nice_generation_count_filtered (GstIceNiceGeneration *self)
{
  guint64 n = 0;

  g_mutex_lock (&self->lock);
  if (self->flood_guard != NULL)
    n = gst_ice_nice_flood_guard_get_dropped (self->flood_guard);
  g_mutex_unlock (&self->lock);
  return n;
}

/**
 * gst_ice_nice_generation_list_pairs:
 * @self: a generation
 * @role: this agent's role
 *
 * Any thread.
 *
 * Returns: (transfer full) (nullable) (element-type GstStructure): all pairs;
 * of a retired generation only the selected one; %NULL if they are not known
 */
GPtrArray *
gst_ice_nice_generation_list_pairs (GstIceNiceGeneration *self, GstIceRole role)
{
  GPtrArray *list = NULL;

  g_mutex_lock (&self->lock);
  if (self->pairs != NULL && gst_ice_nice_pairs_has_trace (self->pairs))
    list = gst_ice_nice_pairs_list (self->pairs, role);
  g_mutex_unlock (&self->lock);
  return list;
}

static void
finish_close (GstIceNiceGeneration *self)
{
  GstIceTransport *transport = self->transport;

  if (self->receiver != NULL)
    gst_ice_nice_datagrams_close (self->receiver);
  g_clear_pointer (&self->admission, gst_ice_nice_tcp_admission_free);
  if (self->stream_id != 0)
    nice_agent_remove_stream (self->nice, self->stream_id);
  self->callbacks->closed (transport);
  gst_object_unref (transport);
  gst_ice_nice_generation_unref (self);
}

static void
on_closed (GObject *nice, GAsyncResult *result, gpointer data)
{
  finish_close (data);
}

static void
free_parts (GstIceNiceGeneration *self)
{
  GstIceNicePairs *pairs;
  GstIceNiceFloodGuard *flood_guard;

  if (self->turn_peers != NULL)
    ice_turn_peers_close (self->turn_peers);
  g_clear_pointer (&self->discovery, gst_ice_nice_stun_discovery_free);
  ice_waiting_list_clear (&self->waiting);
  g_clear_pointer (&self->events, gst_ice_nice_events_free);
  gst_ice_nice_media_remove_steerings (self->media, self->steerings);
  g_clear_pointer (&self->follower, gst_ice_nice_follower_free);
  g_clear_pointer (&self->selection, gst_ice_nice_selection_free);
  g_clear_pointer (&self->answerer, gst_ice_nice_answerer_free);
  g_clear_pointer (&self->consent, gst_ice_nice_consent_free);
  g_mutex_lock (&self->lock);
  pairs = g_steal_pointer (&self->pairs);
  g_mutex_unlock (&self->lock);
  g_clear_pointer (&pairs, gst_ice_nice_pairs_free);
  if (self->amplification != NULL)
    gst_ice_amplification_unwatch (self->amplification, self->checked);
  g_clear_pointer (&self->amplification, gst_ice_amplification_unref);
  g_clear_pointer (&self->checked, gst_ice_alarm_free);
  g_clear_pointer (&self->servers, gst_ice_nice_servers_free);
  g_clear_pointer (&self->roles, gst_ice_nice_roles_free);
  g_clear_pointer (&self->pace, gst_ice_nice_pace_free);
  g_mutex_lock (&self->lock);
  flood_guard = g_steal_pointer (&self->flood_guard);
  g_mutex_unlock (&self->lock);
  if (flood_guard != NULL)
    gst_ice_datapath_count_filtered (
        gst_ice_transport_get_datapath (self->transport),
        gst_ice_nice_flood_guard_get_dropped (flood_guard));
  if (flood_guard != NULL
      && self->n_turn_servers == 0) /* which must still answer */
    gst_ice_nice_flood_guard_drop_all (flood_guard);
  g_clear_pointer (&flood_guard, gst_ice_nice_flood_guard_free);
}

static void
close_agent (GstIceNiceGeneration *self)
{
  gst_object_ref (self->transport);
  gst_ice_nice_generation_ref (self);
  if (self->nice == NULL) {
    finish_close (self);
    return;
  }
  nice_agent_close_async (self->nice, on_closed, self);
}

/**
 * gst_ice_nice_generation_close:
 * @self: a generation
 *
 * Closes it. Nothing is reported any more except the end of closing, at once or
 * later. close_async() comes first and the rest follows in its callback, so
 * that TURN allocations are released at once.
 */
void
gst_ice_nice_generation_close (GstIceNiceGeneration *self)
{
  g_return_if_fail (self->phase != GST_ICE_NICE_PHASE_CLOSED);
  self->phase = GST_ICE_NICE_PHASE_CLOSED;
  free_parts (self);
  close_agent (self);
}

/**
 * gst_ice_nice_generation_can_free_ports:
 * @self: a generation
 *
 * Returns: whether gst_ice_nice_generation_close_ports() can be called; it
 *   cannot while a TURN allocation belongs to a port, which is needed to
 * release the allocation
 */
gboolean
gst_ice_nice_generation_can_free_ports (GstIceNiceGeneration *self)
{
  return self->stream_id != 0 && self->n_turn_servers == 0;
}

/* (transfer full): the sockets that are bound to its ports */
static GPtrArray *
list_sockets (GstIceNiceGeneration *self)
{
  GPtrArray *sockets = nice_agent_get_sockets (
      self->nice, self->stream_id, GST_ICE_NICE_COMPONENT);
  guint i;

  if (sockets == NULL)
    sockets = g_ptr_array_new_with_free_func (g_object_unref);
  for (i = 0; i < self->steerings->len; i++)
    gst_ice_steering_list_sockets (
        g_ptr_array_index (self->steerings, i), sockets);
  return sockets;
}

/**
 * gst_ice_nice_generation_close_ports:
 * @self: a generation that can free its ports
 *
 * As gst_ice_nice_generation_close(), but the ports are free when it returns;
 * otherwise libnice keeps them for a turn or two of the I/O thread.
 */
void
gst_ice_nice_generation_close_ports (GstIceNiceGeneration *self)
{
  g_autoptr (GPtrArray) sockets = list_sockets (self);

  g_return_if_fail (self->phase != GST_ICE_NICE_PHASE_CLOSED);
  self->phase = GST_ICE_NICE_PHASE_CLOSED;
  free_parts (self);
  gst_ice_nice_datagrams_close (self->receiver); /* a reader holds them too */
  gst_ice_local_ports_vacate (sockets);
  close_agent (self);
}
