/* gst-ice: one NiceAgent and all that belongs to it.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The NiceAgent lives in the I/O thread, which makes every call but sending. */

#include "gsticenicegeneration.h"
#include "gsticealarm.h"
#include "gsticenicebreaker.h"
#include "gsticeniceconsent.h"
#include "gsticeniceevents.h"
#include "gsticenicegate.h"
#include "gsticenicepairs.h"
#include "gsticenicereceiver.h"
#include "gsticeniceservers.h"
#include "gsticenicesetup.h"
#include "gsticenicesocket.h"
#include "nicecandidate.h"

GST_DEBUG_CATEGORY_STATIC (gst_ice_nice_generation_debug);
#define GST_CAT_DEFAULT gst_ice_nice_generation_debug

/* libnice's own number of our component; ours is in the candidates only */
#define COMPONENT 1

typedef enum
{
  CURRENT, /* everything is reported */
  RETIRED, /* there is a new one; only consent, the old pair's, is reported */
  LEFT,    /* media has gone to the new one: only datagrams are passed on */
  CLOSED
} Phase;

struct _GstIceNiceGeneration
{
  gint references;            /* atomic */
  GstIceTransport *transport; /* not referenced: it owns us */
  const GstIceNiceGenerationCallbacks *callbacks;
  GstIceIo *io;
  GstIceNiceMedia *media;             /* the transport's */
  const GstIceSocketOptions *options; /* the transport's, by direction */

  /* set before other threads know of it; NULL and 0: could not begin */
  NiceAgent *nice;
  guint stream_id;

  GMutex lock;
  GstIceNicePairs *pairs; /* under the lock; written by the I/O thread */

  /* I/O thread */
  Phase phase;
  gchar *ufrag;    /* ours */
  GStrv addresses; /* gathered from */
  gboolean relay_only;
  gboolean ice_tcp;
  gboolean has_relays;
  gboolean gathered;
  gboolean has_selected;
  gboolean selected_tcp;
  NiceComponentState component_state;
  GPtrArray *steerings; /* of GstIceSteering, not owned */
  GstIceNiceServers *servers;
  GstIceNiceConsent *consent;
  GstIceNiceBreaker *breaker;
  GstIceNiceGate *gate; /* NULL: no ICE-TCP */
  GstIceAlarm *checked; /* due when the state of a pair has changed */
  GstIceNiceEvents *events;
  GstIceNiceReceiver *receiver;
};

/* What libnice says. */

static void
report_candidate (GstIceNiceGeneration *self, const NiceCandidate *nice)
{
  IceCandidate *candidate;

  if (self->relay_only && nice->type != NICE_CANDIDATE_TYPE_RELAYED)
    return;
  candidate = nice_candidate_local_to_ice (
      nice, gst_ice_transport_get_component (self->transport));
  if (self->servers != NULL)
    gst_ice_nice_servers_add_candidate (self->servers, candidate);
  gst_ice_transport_report_candidate (self->transport, candidate);
  ice_candidate_free (candidate);
}

static gboolean
report_connection_lost (gpointer data)
{
  GstIceNiceGeneration *self = data;

  if (self->phase != CURRENT && self->phase != RETIRED)
    return G_SOURCE_REMOVE;
  gst_ice_transport_report_event (self->transport, ICE_EVENT_SOCKET_ERROR);
  if (self->phase == CURRENT)
    gst_ice_transport_report_event (self->transport, ICE_EVENT_CHECKS_DONE);
  return G_SOURCE_REMOVE;
}

static void
report_selected_pair (GstIceNiceGeneration *self,
    const NiceCandidate *nice_local, const NiceCandidate *nice_remote)
{
  guint component = gst_ice_transport_get_component (self->transport);
  IceCandidate *local = nice_candidate_local_to_ice (nice_local, component);
  IceCandidate *remote = nice_candidate_to_ice (nice_remote, component);

  self->selected_tcp = nice_local->transport != NICE_CANDIDATE_TRANSPORT_UDP;
  gst_ice_nice_consent_watch (self->consent, nice_local, nice_remote);
  gst_ice_nice_media_select (self->media,
      gst_ice_nice_consent_find_steering (self->consent, nice_local),
      &nice_remote->addr);
  gst_ice_nice_breaker_set_peer (self->breaker, &nice_remote->addr);
  self->has_selected = TRUE;
  self->callbacks->selected (self->transport, self);
  gst_ice_transport_report_selected_pair (self->transport, local, remote);
  if (self->gate != NULL
      && !gst_ice_nice_gate_select (self->gate, nice_local, nice_remote))
    report_connection_lost (self);
  ice_candidate_free (local);
  ice_candidate_free (remote);
}

/* Before the pairs that it made are told. Any thread. */
static void
on_found (const NiceCandidate *nice, gpointer data)
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

/* libnice is content while pairs of less priority are still being checked. */
static void
report_checks_done (GstIceNiceGeneration *self)
{
  if (gst_ice_nice_pairs_are_checked (self->pairs))
    gst_ice_transport_report_event (self->transport, ICE_EVENT_CHECKS_DONE);
}

static void
on_pair_checked (gpointer data)
{
  GstIceNiceGeneration *self = data;

  if (self->phase == CURRENT
      && self->component_state == NICE_COMPONENT_STATE_READY)
    report_checks_done (self);
}

/* Without consent checks of libnice's only a dead socket ends a pair that was
 * selected, and only TCP's die. */
static void
report_socket_error (GstIceNiceGeneration *self)
{
  if (self->selected_tcp)
    gst_ice_transport_report_event (self->transport, ICE_EVENT_SOCKET_ERROR);
}

static void
report_failed (GstIceNiceGeneration *self)
{
  report_socket_error (self);
  gst_ice_transport_report_event (self->transport, ICE_EVENT_CHECKS_DONE);
  if (self->phase == CURRENT)
    self->callbacks->failed (self->transport, self);
}

/* libnice's words end here; libnice.md section 1.2 says what they mean. */
static void
report_component_state (GstIceNiceGeneration *self, NiceComponentState state)
{
  GST_DEBUG_OBJECT (self->transport, "libnice: %s -> %s",
      nice_component_state_to_string (self->component_state),
      nice_component_state_to_string (state));
  self->component_state = state;
  switch (state) {
    case NICE_COMPONENT_STATE_DISCONNECTED:
    case NICE_COMPONENT_STATE_GATHERING:
      break;
    case NICE_COMPONENT_STATE_CONNECTING: /* the first pair was made */
    case NICE_COMPONENT_STATE_CONNECTED:  /* better pairs are being checked */
      gst_ice_transport_report_event (self->transport, ICE_EVENT_CHECKING);
      break;
    case NICE_COMPONENT_STATE_READY:
      report_checks_done (self);
      break;
    case NICE_COMPONENT_STATE_FAILED:
      report_failed (self);
      break;
    case NICE_COMPONENT_STATE_LAST:
      break;
  }
}

static void
report_gathered (gpointer data)
{
  GstIceNiceGeneration *self = data;

  self->gathered = TRUE;
  gst_ice_transport_report_gathered (self->transport);
}

static void
report_event (GstIceNiceGeneration *self, const GstIceNiceEvent *event)
{
  switch (event->kind) {
    case GST_ICE_NICE_EVENT_CANDIDATE:
      report_candidate (self, event->local);
      break;
    case GST_ICE_NICE_EVENT_LEARNED:
      gst_ice_nice_breaker_learned (self->breaker);
      break;
    case GST_ICE_NICE_EVENT_GATHERED:
      if (self->gathered) /* before a restart */
        gst_ice_transport_report_gathered (self->transport);
      else if (self->servers != NULL)
        gst_ice_nice_servers_signalled (self->servers);
      break;
    case GST_ICE_NICE_EVENT_SELECTED_PAIR:
      report_selected_pair (self, event->local, event->remote);
      break;
    case GST_ICE_NICE_EVENT_COMPONENT_STATE:
      report_component_state (self, event->state);
      break;
  }
}

/* Whoever hears of it may close us. */
static void
on_said (const GstIceNiceEvent *event, gpointer data)
{
  g_autoptr (GstIceNiceGeneration) self = gst_ice_nice_generation_ref (data);

  switch (self->phase) {
    case CURRENT:
      report_event (self, event);
      break;
    case RETIRED:
      if (event->kind == GST_ICE_NICE_EVENT_COMPONENT_STATE
          && event->state == NICE_COMPONENT_STATE_FAILED)
        report_socket_error (self);
      break;
    case LEFT:
    case CLOSED:
      break;
  }
}

/* Gathering. */

static void
believe_server (GstIceNiceGeneration *self, const IceServer *server)
{
  NiceAddress address;

  nice_address_init (&address);
  if (!nice_address_set_from_string (&address, server->address))
    return;
  nice_address_set_port (&address, server->port);
  gst_ice_nice_breaker_set_server (self->breaker, &address);
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
unref_generation (gpointer self)
{
  gst_ice_nice_generation_unref (self);
}

static void
on_connection_lost (gpointer data)
{
  GstIceNiceGeneration *self = data;

  gst_ice_io_invoke (self->io, report_connection_lost,
      gst_ice_nice_generation_ref (self), unref_generation);
}

static void
make_gate (GstIceNiceGeneration *self, const GstIceGatherOptions *options)
{
  if (self->ice_tcp)
    self->gate = gst_ice_nice_gate_new (
        gst_ice_context_get (
            gst_ice_nice_receiver_get_context (self->receiver)),
        self->nice, options->local_ufrag, options->local_password,
        gst_ice_nice_consent_get_answers (self->consent), on_connection_lost,
        self);
}

static void
take_sockets (GstIceNiceGeneration *self)
{
  GPtrArray *sockets = nice_agent_get_sockets (
      self->nice, self->stream_id, COMPONENT);
  guint i;

  for (i = 0; sockets != NULL && i < sockets->len; i++) {
    GSocket *socket = g_ptr_array_index (sockets, i);
    GstIceSteering *steering = gst_ice_nice_consent_add_socket (
        self->consent, socket);

    if (steering != NULL) {
      g_ptr_array_add (self->steerings, steering);
      gst_ice_nice_media_add_steering (self->media, steering);
    }
    gst_ice_nice_breaker_add_socket (self->breaker, socket);
    if (self->gate != NULL)
      gst_ice_nice_gate_add_socket (self->gate, socket);
  }
  g_clear_pointer (&sockets, g_ptr_array_unref);
  gst_ice_nice_consent_set_agent (
      self->consent, self->nice, self->stream_id, COMPONENT, self->pairs);
}

static void
make_stream (GstIceNiceGeneration *self, const GstIceGatherOptions *options,
    const GstIcePortRange *range)
{
  self->stream_id = nice_agent_add_stream (self->nice, 1);
  nice_agent_set_local_credentials (self->nice, self->stream_id,
      options->local_ufrag, options->local_password);
  if (range->max != 0)
    nice_agent_set_port_range (
        self->nice, self->stream_id, COMPONENT, range->min, range->max);
  gst_ice_nice_receiver_attach (
      self->receiver, self->nice, self->stream_id, COMPONENT);
}

static void
make_parts (GstIceNiceGeneration *self, const GstIceGatherOptions *options)
{
  const GstIceSettings *settings = options->settings;
  GMainContext *context = gst_ice_io_get_context (self->io);

  self->receiver = gst_ice_nice_receiver_new (self->transport, context);
  self->ufrag = g_strdup (options->local_ufrag);
  self->relay_only = gst_ice_settings_get_enum (
                         settings, GST_ICE_SETTING_ICE_TRANSPORT_POLICY)
      == GST_ICE_TRANSPORT_POLICY_RELAY;
  self->ice_tcp = gst_ice_settings_get_boolean (
      settings, GST_ICE_SETTING_ICE_TCP);
  self->has_relays = options->turn_servers->len > 0;
  if (self->has_relays)
    gst_ice_nice_media_spare_channel_data (self->media);
  self->consent = gst_ice_nice_consent_new (self->transport, context,
      gst_ice_settings_get_uint (
          settings, GST_ICE_SETTING_DISCONNECTED_TIMEOUT),
      gst_ice_settings_get_uint (settings, GST_ICE_SETTING_FAILED_TIMEOUT));
  gst_ice_nice_consent_set_local (self->consent, options->local_ufrag);
  self->breaker = gst_ice_nice_breaker_new (self->transport, context,
      gst_ice_nice_receiver_get_context (self->receiver));
  self->checked = gst_ice_alarm_new (context, on_pair_checked, self);
}

/**
 * gst_ice_nice_generation_new:
 * @transport: (transfer none): whose generation; outlives it
 * @io: (transfer none): the I/O thread
 * @media: (transfer none): the transport's media sockets; outlive it
 * @options: the transport's socket options, by direction; outlive it
 * @callbacks: static
 *
 * Returns: (transfer full): a generation without anything;
 *   gst_ice_nice_generation_close() is to come before the last reference goes
 */
GstIceNiceGeneration *
gst_ice_nice_generation_new (GstIceTransport *transport, GstIceIo *io,
    GstIceNiceMedia *media, const GstIceSocketOptions *options,
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
  g_mutex_init (&self->lock);
  self->phase = CURRENT;
  self->component_state = NICE_COMPONENT_STATE_DISCONNECTED;
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
  g_assert (self->phase == CLOSED);
  g_clear_object (&self->nice);
  g_clear_pointer (&self->receiver, gst_ice_nice_receiver_free);
  g_ptr_array_unref (self->steerings);
  g_free (self->ufrag);
  g_strfreev (self->addresses);
  g_mutex_clear (&self->lock);
  gst_ice_io_release (self->io);
  g_free (self);
}

/**
 * gst_ice_nice_generation_gather:
 * @self: a new generation
 * @options: with what
 * @error: says why not
 *
 * What is found is reported later, and that there is no more.
 *
 * Returns: whether it gathers
 */
gboolean
gst_ice_nice_generation_gather (GstIceNiceGeneration *self,
    const GstIceGatherOptions *options, GError **error)
{
  static const GstIceNiceEventsFuncs functions = {
    .found = on_found,
    .said = on_said,
  };
  GstIcePortRange range;

  make_parts (self, options);
  if (!gst_ice_nice_setup_check_descriptors (error))
    return FALSE;
  self->nice = gst_ice_nice_setup_make_agent (
      gst_ice_io_get_context (self->io), options);
  if (options->stun_server != NULL)
    believe_server (self, options->stun_server);
  self->pairs = gst_ice_nice_pairs_new (
      self->transport, self->io, self->nice, self->breaker, self->checked);
  make_gate (self, options);
  self->servers = gst_ice_nice_servers_new (self->transport, self->io,
      self->nice, options, gst_ice_nice_consent_get_answers (self->consent),
      report_gathered, self);
  self->addresses = gst_ice_nice_setup_choose_local (
      options->settings, &range, error);
  if (self->addresses == NULL)
    return FALSE;
  add_local_addresses (self);
  make_stream (self, options, &range);
  self->events = gst_ice_nice_events_new (
      self->io, self->nice, &functions, self);
  if (!gst_ice_nice_servers_gather (
          self->servers, self->stream_id, COMPONENT)) {
    gst_ice_nice_setup_explain_no_socket (options->settings, error);
    return FALSE;
  }
  gst_ice_nice_pairs_check_trace (self->pairs);
  take_sockets (self);
  gst_ice_nice_generation_apply_options (self);
  return TRUE;
}

/**
 * gst_ice_nice_generation_get_context:
 * @self: a generation that gathers
 *
 * Returns: (transfer none): where libnice receives
 */
GstIceContext *
gst_ice_nice_generation_get_context (GstIceNiceGeneration *self)
{
  return gst_ice_nice_receiver_get_context (self->receiver);
}

/**
 * gst_ice_nice_generation_apply_options:
 * @self: a generation
 *
 * The transport's socket options have changed.
 */
void
gst_ice_nice_generation_apply_options (GstIceNiceGeneration *self)
{
  GPtrArray *sockets;
  guint i;

  if (self->stream_id == 0)
    return;
  sockets = nice_agent_get_sockets (self->nice, self->stream_id, COMPONENT);
  for (i = 0; sockets != NULL && i < sockets->len; i++)
    gst_ice_nice_socket_set_buffer_sizes (g_ptr_array_index (sockets, i),
        self->options[GST_ICE_DIRECTION_RECEIVE].buffer_size,
        self->options[GST_ICE_DIRECTION_SEND].buffer_size);
  g_clear_pointer (&sockets, g_ptr_array_unref);
  nice_agent_set_stream_tos (self->nice, self->stream_id,
      gst_ice_nice_socket_get_tos (self->options[GST_ICE_DIRECTION_SEND].dscp));
}

/* The remote side. */

/**
 * gst_ice_nice_generation_set_remote_credentials:
 * @self: a generation
 * @ufrag: the peer's
 * @password: the peer's
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
  if (self->gate != NULL)
    gst_ice_nice_gate_set_remote (self->gate, password);
}

static gboolean
set_remote_candidate (GstIceNiceGeneration *self, NiceCandidate *candidate)
{
  GSList list = { candidate, NULL };

  return nice_agent_set_remote_candidates (
             self->nice, self->stream_id, COMPONENT, &list)
      == 1;
}

/**
 * gst_ice_nice_generation_add_remote_candidate:
 * @self: a generation that has the remote credentials
 * @candidate: the peer's
 */
void
gst_ice_nice_generation_add_remote_candidate (
    GstIceNiceGeneration *self, const IceCandidate *candidate)
{
  NiceCandidate *nice;

  if (self->stream_id == 0)
    return;
  if (candidate->protocol == ICE_CANDIDATE_PROTOCOL_TCP && !self->ice_tcp) {
    GST_INFO_OBJECT (self->transport,
        "ice-tcp is off: %s port %u over TCP is left out", candidate->address,
        candidate->port);
    return;
  }
  nice = nice_candidate_from_ice (candidate, self->stream_id, COMPONENT);
  gst_ice_nice_pairs_add_candidate (self->pairs, candidate, FALSE);
  if (nice != NULL)
    gst_ice_nice_breaker_add_remote (self->breaker, &nice->addr);
  if (nice == NULL || !set_remote_candidate (self, nice))
    GST_WARNING_OBJECT (self->transport,
        "libnice did not take the remote candidate "
        "%s %u %s",
        candidate->address, candidate->port,
        ice_candidate_protocol_to_string (candidate->protocol));
  g_clear_pointer (&nice, nice_candidate_free);
  /* before the end of candidates that may follow */
  if (!gst_ice_nice_pairs_are_checked (self->pairs))
    gst_ice_transport_report_event (self->transport, ICE_EVENT_CHECKING);
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

/* Restarts. */

/**
 * gst_ice_nice_generation_has_ufrag:
 * @self: a generation
 * @ufrag: ours, of some generation
 *
 * Returns: whether it is this one's
 */
gboolean
gst_ice_nice_generation_has_ufrag (
    GstIceNiceGeneration *self, const gchar *ufrag)
{
  return g_strcmp0 (self->ufrag, ufrag) == 0;
}

/**
 * gst_ice_nice_generation_is_up_to_date:
 * @self: a generation
 * @settings: what it gathered with
 *
 * Returns: whether it would gather from the same addresses of this machine now,
 *   or there is none
 */
gboolean
gst_ice_nice_generation_is_up_to_date (
    GstIceNiceGeneration *self, const GstIceSettings *settings)
{
  g_auto (GStrv) now = gst_ice_nice_setup_list_addresses (settings, NULL);
  guint i;

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
 * gst_ice_nice_generation_restart:
 * @self: a generation
 * @local_ufrag: ours from now on
 * @local_password: ours from now on
 *
 * In place: begins anew with the candidates that it has, which are reported
 * again. nice_agent_restart_stream() keeps sockets, candidates and the selected
 * pair, forgets the remote side and signals nothing (libnice.md section 1.5).
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
  g_free (self->ufrag);
  self->ufrag = g_strdup (local_ufrag);
  gst_ice_nice_consent_set_local (self->consent, local_ufrag);
  if (self->gate != NULL)
    gst_ice_nice_gate_set_local (self->gate, local_ufrag, local_password);
  gst_ice_nice_pairs_restart (self->pairs);
  gst_ice_nice_breaker_restart (self->breaker);
  nice_agent_restart_stream (self->nice, self->stream_id);
  gst_ice_nice_events_restart (self->events);
  nice_agent_set_local_credentials (
      self->nice, self->stream_id, local_ufrag, local_password);
  candidates = nice_agent_get_local_candidates (
      self->nice, self->stream_id, COMPONENT);
  for (i = candidates; i != NULL; i = i->next)
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
 * Returns: whether it has, or had, a pair for media
 */
gboolean
gst_ice_nice_generation_has_selected (GstIceNiceGeneration *self)
{
  return self->has_selected;
}

/**
 * gst_ice_nice_generation_retire:
 * @self: a generation whose pair media takes
 *
 * There is a new one: from now on only consent on the pair is reported, or that
 * its socket is dead, and only who is at the other end of the pair is answered.
 */
void
gst_ice_nice_generation_retire (GstIceNiceGeneration *self)
{
  g_return_if_fail (self->phase == CURRENT);
  self->phase = RETIRED;
  g_clear_pointer (&self->servers, gst_ice_nice_servers_free);
  gst_ice_nice_pairs_retire (self->pairs);
  gst_ice_nice_breaker_retire (self->breaker);
}

/**
 * gst_ice_nice_generation_leave:
 * @self: a retired generation
 *
 * Media takes another one's pair now. What the peer sends until it knows is
 * still passed on.
 */
void
gst_ice_nice_generation_leave (GstIceNiceGeneration *self)
{
  g_return_if_fail (self->phase == RETIRED);
  self->phase = LEFT;
  gst_ice_nice_consent_pause (self->consent);
}

/* Sending. Any thread. */

static gint
send_run (GstIceNiceGeneration *self, const GstIceDatagram *datagrams, guint n,
    GError **error)
{
  /* the same two members in the same order */
  G_STATIC_ASSERT (sizeof (GstIceDatagram) == sizeof (NiceOutputMessage));
  G_STATIC_ASSERT (G_STRUCT_OFFSET (GstIceDatagram, vectors)
      == G_STRUCT_OFFSET (NiceOutputMessage, buffers));
  G_STATIC_ASSERT (G_STRUCT_OFFSET (GstIceDatagram, n_vectors)
      == G_STRUCT_OFFSET (NiceOutputMessage, n_buffers));

  return nice_agent_send_messages_nonblocking (self->nice, self->stream_id,
      COMPONENT, (const NiceOutputMessage *) datagrams, n, NULL, error);
}

static gboolean
is_empty (const GstIceDatagram *datagram)
{
  gint i;

  for (i = 0; i < datagram->n_vectors; i++)
    if (datagram->vectors[i].size > 0)
      return FALSE;
  return TRUE;
}

/**
 * gst_ice_nice_generation_send:
 * @self: a generation
 * @datagrams: (array length=n): datagrams
 * @n: how many
 * @error: says why fewer were sent, as in GstIceTransportClass.send()
 *
 * Any thread; never blocks. Through libnice, by the pair that it has selected.
 *
 * Returns: how many were sent
 */
guint
gst_ice_nice_generation_send (GstIceNiceGeneration *self,
    const GstIceDatagram *datagrams, guint n, GError **error)
{
  guint sent = 0;

  if (self->stream_id == 0) {
    g_set_error_literal (
        error, G_IO_ERROR, G_IO_ERROR_CLOSED, "the transport could not gather");
    return 0;
  }
  while (sent < n) {
    guint run = sent;
    gint result;

    while (run < n && !is_empty (&datagrams[run]))
      run++;
    if (run == sent) { /* libnice says "would block" to these, for ever */
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
          "libnice can not send an empty datagram");
      break;
    }
    result = send_run (self, &datagrams[sent], run - sent, error);
    if (result <= 0)
      break;
    sent += result;
  }
  return sent;
}

/**
 * gst_ice_nice_generation_list_pairs:
 * @self: a generation
 * @role: this agent's role
 *
 * Any thread.
 *
 * Returns: (transfer full) (nullable) (element-type GstStructure): all pairs;
 *   of a retired generation the one that was selected; %NULL where they are not
 *   known
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

/* Closing. */

static void
finish_close (GstIceNiceGeneration *self)
{
  GstIceTransport *transport = self->transport;

  if (self->receiver != NULL)
    gst_ice_nice_receiver_close (self->receiver);
  g_clear_pointer (&self->gate, gst_ice_nice_gate_free);
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

  g_clear_pointer (&self->events, gst_ice_nice_events_free);
  gst_ice_nice_media_remove_steerings (self->media, self->steerings);
  g_clear_pointer (&self->consent, gst_ice_nice_consent_free);
  g_mutex_lock (&self->lock);
  pairs = g_steal_pointer (&self->pairs);
  g_mutex_unlock (&self->lock);
  g_clear_pointer (&pairs, gst_ice_nice_pairs_free);
  g_clear_pointer (&self->checked, gst_ice_alarm_free);
  g_clear_pointer (&self->servers, gst_ice_nice_servers_free);
  if (self->breaker != NULL && !self->has_relays) /* which must answer yet */
    gst_ice_nice_breaker_shut (self->breaker);
  g_clear_pointer (&self->breaker, gst_ice_nice_breaker_free);
}

/**
 * gst_ice_nice_generation_close:
 * @self: a generation
 *
 * Ends everything; nothing is reported any more, but that it is closed, at once
 * or later. close_async() first and the rest in its callback: that is what
 * gives TURN allocations back at once (libnice.md section 5).
 */
void
gst_ice_nice_generation_close (GstIceNiceGeneration *self)
{
  g_return_if_fail (self->phase != CLOSED);
  self->phase = CLOSED;
  free_parts (self);
  gst_object_ref (self->transport);
  gst_ice_nice_generation_ref (self);
  if (self->nice == NULL) {
    finish_close (self);
    return;
  }
  nice_agent_close_async (self->nice, on_closed, self);
}
