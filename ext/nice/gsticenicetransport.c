/* gst-ice: GstIceTransport over libnice.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The NiceAgent lives in the I/O thread, which makes every call but sending.
 * Its signals come in whichever thread releases its lock, so their handlers
 * only copy and queue. */

#include "gsticenicetransport.h"
#include "gsticealarm.h"
#include "gsticeio.h"
#include "gsticelocaladdress.h"
#include "gsticenicebreaker.h"
#include "gsticeniceconsent.h"
#include "gsticenicegate.h"
#include "gsticenicemedia.h"
#include "gsticenicepairs.h"
#include "gsticeniceservers.h"
#include "gsticenicesocket.h"
#include "nicecandidate.h"
#include <errno.h>
#include <unistd.h>

GST_DEBUG_CATEGORY_STATIC (gst_ice_nice_transport_debug);
#define GST_CAT_DEFAULT gst_ice_nice_transport_debug

/* libnice's own number of our component; ours is in the candidates only */
#define COMPONENT 1

/* RFC 8445 section 14.2: Ta, ms, at least 5. libnice acts on its ticks only:
 * a pair that works is used three of them after the candidates are there. */
#define PACING 10

/* What a transport may open at once; libnice aborts when there are none. */
#define SPARE_DESCRIPTORS 8

struct _GstIceNiceTransport
{
  GstIceTransport parent;

  GMutex lock;
  /* under the lock; written by the I/O thread */
  NiceAgent *nice;
  GstIceNicePairs *pairs;
  gboolean heard; /* report_heard() is on its way */

  /* I/O thread */
  GstIceIo *io;
  guint stream_id;
  gboolean relay_only;
  gboolean closed;
  gboolean gathered;
  GstIceNiceServers *servers;
  gboolean selected_tcp;
  gboolean has_relays;
  GstIceNiceConsent *consent;
  GstIceNiceBreaker *breaker;
  GstIceNiceGate *gate; /* NULL: no ICE-TCP */
  GstIceAlarm *drained; /* due when datagrams have been received */
  GstIceAlarm *checked; /* due when the state of a pair has changed */
  NiceComponentState component_state;
  GstIceSocketOptions options[GST_ICE_N_DIRECTIONS];

  GstIceNiceMedia *media;
  gint restarts; /* atomic */
};

G_DEFINE_TYPE_WITH_CODE (GstIceNiceTransport, gst_ice_nice_transport,
    GST_TYPE_ICE_TRANSPORT,
    GST_DEBUG_CATEGORY_INIT (
        gst_ice_nice_transport_debug, "icenice", 0, "ICE over libnice"))

/* What libnice says, queued for the I/O thread in order. */

typedef enum
{
  REPORT_CANDIDATE,
  REPORT_LEARNED,
  REPORT_GATHERED,
  REPORT_SELECTED_PAIR,
  REPORT_COMPONENT_STATE
} ReportKind;

typedef struct
{
  GstIceNiceTransport *self;
  ReportKind kind;
  NiceCandidate *local;
  NiceCandidate *remote;
  NiceComponentState state;
  gint restarts; /* before it */
} Report;

static void
report_free (gpointer data)
{
  Report *report = data;

  gst_object_unref (report->self);
  g_clear_pointer (&report->local, nice_candidate_free);
  g_clear_pointer (&report->remote, nice_candidate_free);
  g_free (report);
}

static void
report_candidate (GstIceNiceTransport *self, const NiceCandidate *nice)
{
  GstIceTransport *transport = GST_ICE_TRANSPORT (self);
  IceCandidate *candidate;

  if (self->relay_only && nice->type != NICE_CANDIDATE_TYPE_RELAYED)
    return;
  candidate = nice_candidate_local_to_ice (
      nice, gst_ice_transport_get_component (transport));
  if (self->servers != NULL)
    gst_ice_nice_servers_add_candidate (self->servers, candidate);
  gst_ice_transport_report_candidate (transport, candidate);
  ice_candidate_free (candidate);
}

static gboolean
report_connection_lost (gpointer data)
{
  GstIceTransport *transport = data;

  if (GST_ICE_NICE_TRANSPORT (transport)->closed)
    return G_SOURCE_REMOVE;
  gst_ice_transport_report_event (transport, ICE_EVENT_SOCKET_ERROR);
  gst_ice_transport_report_event (transport, ICE_EVENT_CHECKS_DONE);
  return G_SOURCE_REMOVE;
}

static void
report_selected_pair (GstIceNiceTransport *self, const Report *report)
{
  GstIceTransport *transport = GST_ICE_TRANSPORT (self);
  guint component = gst_ice_transport_get_component (transport);
  IceCandidate *local = nice_candidate_local_to_ice (report->local, component);
  IceCandidate *remote = nice_candidate_to_ice (report->remote, component);

  self->selected_tcp = report->local->transport != NICE_CANDIDATE_TRANSPORT_UDP;
  gst_ice_nice_consent_watch (self->consent, report->local, report->remote);
  gst_ice_nice_media_select (self->media,
      gst_ice_nice_consent_find_steering (self->consent, report->local),
      &report->remote->addr);
  gst_ice_nice_breaker_set_peer (self->breaker, &report->remote->addr);
  gst_ice_transport_report_selected_pair (transport, local, remote);
  if (self->gate != NULL
      && !gst_ice_nice_gate_select (self->gate, report->local, report->remote))
    report_connection_lost (self);
  ice_candidate_free (local);
  ice_candidate_free (remote);
}

/* Before the pairs that it made are told. Any thread. */
static void
add_to_pairs (GstIceNiceTransport *self, const NiceCandidate *nice)
{
  IceCandidate *candidate = nice_candidate_local_to_ice (
      nice, gst_ice_transport_get_component (GST_ICE_TRANSPORT (self)));

  g_mutex_lock (&self->lock);
  if (self->pairs != NULL)
    gst_ice_nice_pairs_add_candidate (self->pairs, candidate, TRUE);
  g_mutex_unlock (&self->lock);
  ice_candidate_free (candidate);
}

/* libnice is content while pairs of less priority are still being checked. */
static void
report_checks_done (GstIceNiceTransport *self)
{
  if (gst_ice_nice_pairs_are_checked (self->pairs))
    gst_ice_transport_report_event (
        GST_ICE_TRANSPORT (self), ICE_EVENT_CHECKS_DONE);
}

static void
on_pair_checked (gpointer data)
{
  GstIceNiceTransport *self = data;

  if (self->component_state == NICE_COMPONENT_STATE_READY)
    report_checks_done (self);
}

/* libnice's words end here; libnice.md section 1.2 says what they mean. */
static void
report_component_state (GstIceNiceTransport *self, NiceComponentState state)
{
  GstIceTransport *transport = GST_ICE_TRANSPORT (self);

  GST_DEBUG_OBJECT (self, "libnice: %s -> %s",
      nice_component_state_to_string (self->component_state),
      nice_component_state_to_string (state));
  self->component_state = state;
  switch (state) {
    case NICE_COMPONENT_STATE_DISCONNECTED:
    case NICE_COMPONENT_STATE_GATHERING:
      break;
    case NICE_COMPONENT_STATE_CONNECTING: /* the first pair was made */
    case NICE_COMPONENT_STATE_CONNECTED:  /* better pairs are being checked */
      gst_ice_transport_report_event (transport, ICE_EVENT_CHECKING);
      break;
    case NICE_COMPONENT_STATE_READY:
      report_checks_done (self);
      break;
    case NICE_COMPONENT_STATE_FAILED:
      /* Without consent checks of libnice's only a dead socket ends a pair
       * that was selected, and only TCP's die. */
      if (self->selected_tcp)
        gst_ice_transport_report_event (transport, ICE_EVENT_SOCKET_ERROR);
      gst_ice_transport_report_event (transport, ICE_EVENT_CHECKS_DONE);
      break;
    case NICE_COMPONENT_STATE_LAST:
      break;
  }
}

static void
report_gathered (GstIceTransport *transport)
{
  GST_ICE_NICE_TRANSPORT (transport)->gathered = TRUE;
  gst_ice_transport_report_gathered (transport);
}

/* A pair and its checks are of one generation; candidates outlive it. */
static gboolean
is_outdated (const Report *report)
{
  return (report->kind == REPORT_SELECTED_PAIR || report->kind == REPORT_LEARNED
             || report->kind == REPORT_COMPONENT_STATE)
      && report->restarts != g_atomic_int_get (&report->self->restarts);
}

static gboolean
run_report (gpointer data)
{
  Report *report = data;
  GstIceNiceTransport *self = report->self;

  if (self->closed || is_outdated (report))
    return G_SOURCE_REMOVE;
  switch (report->kind) {
    case REPORT_CANDIDATE:
      report_candidate (self, report->local);
      break;
    case REPORT_LEARNED:
      gst_ice_nice_breaker_learned (self->breaker);
      break;
    case REPORT_GATHERED:
      if (self->gathered) /* before a restart */
        gst_ice_transport_report_gathered (GST_ICE_TRANSPORT (self));
      else if (self->servers != NULL)
        gst_ice_nice_servers_signalled (self->servers);
      break;
    case REPORT_SELECTED_PAIR:
      report_selected_pair (self, report);
      break;
    case REPORT_COMPONENT_STATE:
      report_component_state (self, report->state);
      break;
  }
  return G_SOURCE_REMOVE;
}

static void
queue_report (GstIceNiceTransport *self, ReportKind kind,
    const NiceCandidate *local, const NiceCandidate *remote,
    NiceComponentState state)
{
  Report *report = g_new0 (Report, 1);

  report->self = gst_object_ref (self);
  report->kind = kind;
  if (local != NULL)
    report->local = nice_candidate_copy (local);
  if (remote != NULL)
    report->remote = nice_candidate_copy (remote);
  report->state = state;
  report->restarts = g_atomic_int_get (&self->restarts);
  gst_ice_io_invoke (self->io, run_report, report, report_free);
}

static void
on_new_candidate (
    NiceAgent *nice, NiceCandidate *candidate, GstIceNiceTransport *self)
{
  add_to_pairs (self, candidate);
  queue_report (self, REPORT_CANDIDATE, candidate, NULL, 0);
}

/* By a check of the peer's only. */
static void
on_new_remote (
    NiceAgent *nice, NiceCandidate *candidate, GstIceNiceTransport *self)
{
  queue_report (self, REPORT_LEARNED, NULL, NULL, 0);
}

static void
on_gathering_done (NiceAgent *nice, guint stream_id, GstIceNiceTransport *self)
{
  queue_report (self, REPORT_GATHERED, NULL, NULL, 0);
}

static void
on_selected_pair (NiceAgent *nice, guint stream_id, guint component_id,
    NiceCandidate *local, NiceCandidate *remote, GstIceNiceTransport *self)
{
  queue_report (self, REPORT_SELECTED_PAIR, local, remote, 0);
}

static void
on_component_state (NiceAgent *nice, guint stream_id, guint component_id,
    guint state, GstIceNiceTransport *self)
{
  queue_report (self, REPORT_COMPONENT_STATE, NULL, NULL, state);
}

static void
on_received (NiceAgent *nice, guint stream_id, guint component_id, guint length,
    gchar *data, gpointer self)
{
  gst_ice_transport_receive (GST_ICE_TRANSPORT (self), data, length);
  gst_ice_alarm_set (GST_ICE_NICE_TRANSPORT (self)->drained, 0);
}

/* libnice reads a socket until it is empty before this can run. */
static void
on_drained (gpointer self)
{
  gst_ice_transport_received_all (GST_ICE_TRANSPORT (self));
}

/* Gathering. */

/* libnice takes the process down with it when it finds no descriptor. */
static gboolean
check_descriptors (GError **error)
{
  int spare[SPARE_DESCRIPTORS];
  guint n = 0, i;

  while (n < SPARE_DESCRIPTORS && (spare[n] = dup (STDERR_FILENO)) >= 0)
    n++;
  for (i = 0; i < n; i++)
    close (spare[i]);
  if (n == SPARE_DESCRIPTORS || errno == EBADF)
    return TRUE;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES,
      "too many open files: raise the limit (ulimit -n) or close something");
  return FALSE;
}

static void
set_if_known (NiceAgent *nice, const gchar *property, gboolean value)
{
  if (g_object_class_find_property (G_OBJECT_GET_CLASS (nice), property)
      != NULL)
    g_object_set (nice, property, value, NULL);
}

static void
believe_server (GstIceNiceTransport *self, const IceServer *server)
{
  NiceAddress address;

  nice_address_init (&address);
  if (!nice_address_set_from_string (&address, server->address))
    return;
  nice_address_set_port (&address, server->port);
  gst_ice_nice_breaker_set_server (self->breaker, &address);
}

static void
on_connection_lost (gpointer data)
{
  GstIceNiceTransport *self = data;

  gst_ice_io_invoke (self->io, report_connection_lost, gst_object_ref (self),
      gst_object_unref);
}

static void
make_gate (GstIceNiceTransport *self, NiceAgent *nice,
    const GstIceGatherOptions *options)
{
  if (gst_ice_settings_get_boolean (options->settings, GST_ICE_SETTING_ICE_TCP))
    self->gate = gst_ice_nice_gate_new (gst_ice_io_get_context (self->io), nice,
        options->local_ufrag, options->local_password, on_connection_lost,
        self);
}

static NiceAgent *
make_agent (GstIceNiceTransport *self, const GstIceGatherOptions *options)
{
  const GstIceSettings *settings = options->settings;
  NiceAgent *nice = nice_agent_new_full (gst_ice_io_get_context (self->io),
      NICE_COMPATIBILITY_RFC5245,
      NICE_AGENT_OPTION_REGULAR_NOMINATION | NICE_AGENT_OPTION_ICE_TRICKLE);

  g_object_set (nice, "stun-pacing-timer", PACING, "controlling-mode",
      options->role != GST_ICE_ROLE_CONTROLLED, "ice-tcp",
      gst_ice_settings_get_boolean (settings, GST_ICE_SETTING_ICE_TCP), NULL);
  set_if_known (nice, "upnp",
      gst_ice_settings_get_boolean (settings, GST_ICE_SETTING_UPNP));
  set_if_known (nice, "force-relay", self->relay_only);
  if (options->stun_server != NULL) {
    g_object_set (nice, "stun-server", options->stun_server->address,
        "stun-server-port", (guint) options->stun_server->port, NULL);
    believe_server (self, options->stun_server);
  }
  return nice;
}

static gboolean
add_local_addresses (
    NiceAgent *nice, const GstIceSettings *settings, GError **error)
{
  g_auto (GStrv) prefixes = gst_ice_settings_get_strings (
      settings, GST_ICE_SETTING_LOCAL_ADDRESSES);
  g_auto (GStrv) interfaces = gst_ice_settings_get_strings (
      settings, GST_ICE_SETTING_INTERFACES);
  g_auto (GStrv)
      addresses = gst_ice_local_addresses ((const gchar *const *) prefixes,
          (const gchar *const *) interfaces, error);
  guint i;

  for (i = 0; addresses != NULL && addresses[i] != NULL; i++) {
    NiceAddress address;

    nice_address_init (&address);
    if (nice_address_set_from_string (&address, addresses[i]))
      nice_agent_add_local_address (nice, &address);
  }
  return addresses != NULL;
}

static void
apply_socket_options (GstIceNiceTransport *self)
{
  GPtrArray *sockets = nice_agent_get_sockets (
      self->nice, self->stream_id, COMPONENT);
  gint dscp = self->options[GST_ICE_DIRECTION_SEND].dscp;
  guint i;

  for (i = 0; sockets != NULL && i < sockets->len; i++)
    gst_ice_nice_socket_set_buffer_sizes (g_ptr_array_index (sockets, i),
        self->options[GST_ICE_DIRECTION_RECEIVE].buffer_size,
        self->options[GST_ICE_DIRECTION_SEND].buffer_size);
  g_clear_pointer (&sockets, g_ptr_array_unref);
  if (dscp >= 0) /* the upper six bits of the TOS octet */
    nice_agent_set_stream_tos (self->nice, self->stream_id, dscp << 2);
}

static void
take_sockets (GstIceNiceTransport *self)
{
  GPtrArray *sockets = nice_agent_get_sockets (
      self->nice, self->stream_id, COMPONENT);
  guint i;

  for (i = 0; sockets != NULL && i < sockets->len; i++) {
    GSocket *socket = g_ptr_array_index (sockets, i);
    GstIceSteering *steering = gst_ice_nice_consent_add_socket (
        self->consent, socket);

    if (steering != NULL)
      gst_ice_nice_media_add_steering (self->media, steering);
    gst_ice_nice_breaker_add_socket (self->breaker, socket);
    if (self->gate != NULL)
      gst_ice_nice_gate_add_socket (self->gate, socket);
  }
  g_clear_pointer (&sockets, g_ptr_array_unref);
  gst_ice_nice_consent_set_agent (
      self->consent, self->nice, self->stream_id, COMPONENT, self->pairs);
}

static void
explain_no_candidates (const GstIceSettings *settings, GError **error)
{
  guint min = gst_ice_settings_get_uint (settings, GST_ICE_SETTING_MIN_PORT);
  guint max = gst_ice_settings_get_uint (settings, GST_ICE_SETTING_MAX_PORT);

  if (max != 0)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE,
        "no UDP port from min-port %u to max-port %u is free; widen the range",
        min, max);
  else
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED,
        "could not open a UDP port on any local address");
}

static gboolean
start (GstIceNiceTransport *self, const GstIceGatherOptions *options,
    GError **error)
{
  const GstIceSettings *settings = options->settings;
  guint min = gst_ice_settings_get_uint (settings, GST_ICE_SETTING_MIN_PORT);
  guint max = gst_ice_settings_get_uint (settings, GST_ICE_SETTING_MAX_PORT);
  NiceAgent *nice;

  if (!check_descriptors (error))
    return FALSE;
  self->relay_only = gst_ice_settings_get_enum (
                         settings, GST_ICE_SETTING_ICE_TRANSPORT_POLICY)
      == GST_ICE_TRANSPORT_POLICY_RELAY;
  self->has_relays = options->turn_servers->len > 0;
  if (self->has_relays)
    gst_ice_nice_media_spare_channel_data (self->media);
  nice = make_agent (self, options);
  g_mutex_lock (&self->lock);
  self->nice = nice;
  self->pairs = gst_ice_nice_pairs_new (
      GST_ICE_TRANSPORT (self), self->io, nice, self->breaker, self->checked);
  g_mutex_unlock (&self->lock);
  make_gate (self, nice, options);
  self->servers = gst_ice_nice_servers_new (
      GST_ICE_TRANSPORT (self), self->io, nice, options, report_gathered);
  if (!add_local_addresses (nice, settings, error))
    return FALSE;

  self->stream_id = nice_agent_add_stream (nice, 1);
  nice_agent_set_local_credentials (
      nice, self->stream_id, options->local_ufrag, options->local_password);
  if (min != 0 || max != 0)
    nice_agent_set_port_range (nice, self->stream_id, COMPONENT, MAX (min, 1),
        max != 0 ? max : G_MAXUINT16);

  g_signal_connect (
      nice, "new-candidate-full", G_CALLBACK (on_new_candidate), self);
  g_signal_connect (
      nice, "new-remote-candidate-full", G_CALLBACK (on_new_remote), self);
  g_signal_connect (
      nice, "candidate-gathering-done", G_CALLBACK (on_gathering_done), self);
  g_signal_connect (
      nice, "new-selected-pair-full", G_CALLBACK (on_selected_pair), self);
  g_signal_connect (
      nice, "component-state-changed", G_CALLBACK (on_component_state), self);
  /* Before gathering: sockets that nobody attached to are never read. */
  nice_agent_attach_recv (nice, self->stream_id, COMPONENT,
      gst_ice_io_get_context (self->io), on_received, self);
  if (!gst_ice_nice_servers_gather (
          self->servers, self->stream_id, COMPONENT)) {
    explain_no_candidates (settings, error);
    return FALSE;
  }
  gst_ice_nice_pairs_check_trace (self->pairs);
  take_sockets (self);
  apply_socket_options (self);
  return TRUE;
}

static void
gst_ice_nice_transport_gather (
    GstIceTransport *transport, const GstIceGatherOptions *options)
{
  GstIceNiceTransport *self = GST_ICE_NICE_TRANSPORT (transport);
  g_autoptr (GError) error = NULL;

  self->io = gst_ice_io_acquire ();
  self->consent = gst_ice_nice_consent_new (transport,
      gst_ice_io_get_context (self->io),
      gst_ice_settings_get_uint (
          options->settings, GST_ICE_SETTING_DISCONNECTED_TIMEOUT),
      gst_ice_settings_get_uint (
          options->settings, GST_ICE_SETTING_FAILED_TIMEOUT));
  gst_ice_nice_consent_set_local (self->consent, options->local_ufrag);
  self->breaker = gst_ice_nice_breaker_new (
      transport, gst_ice_io_get_context (self->io));
  self->drained = gst_ice_alarm_new (
      gst_ice_io_get_context (self->io), on_drained, self);
  self->checked = gst_ice_alarm_new (
      gst_ice_io_get_context (self->io), on_pair_checked, self);
  if (start (self, options, &error))
    return;
  g_clear_pointer (&self->servers, gst_ice_nice_servers_free);
  gst_ice_transport_report_problem (transport, error);
  gst_ice_transport_report_gathered (transport);
}

static gboolean
report_heard (gpointer data)
{
  GstIceNiceTransport *self = data;

  g_mutex_lock (&self->lock);
  self->heard = FALSE;
  g_mutex_unlock (&self->lock);
  gst_ice_transport_report_event (
      GST_ICE_TRANSPORT (self), ICE_EVENT_PROOF_OF_LIFE);
  return G_SOURCE_REMOVE;
}

static void
gst_ice_nice_transport_set_socket_options (GstIceTransport *transport,
    GstIceDirection direction, const GstIceSocketOptions *options)
{
  GstIceNiceTransport *self = GST_ICE_NICE_TRANSPORT (transport);

  if (options != NULL)
    self->options[direction] = *options;
  gst_ice_nice_media_set_options (self->media, direction, options);
  if (self->nice != NULL && self->stream_id != 0)
    apply_socket_options (self);
}

/* Any thread. */
static void
gst_ice_nice_transport_heard (GstIceTransport *transport)
{
  GstIceNiceTransport *self = GST_ICE_NICE_TRANSPORT (transport);

  g_mutex_lock (&self->lock);
  if (self->nice != NULL && !self->heard) {
    self->heard = TRUE;
    gst_ice_io_invoke (
        self->io, report_heard, gst_object_ref (self), gst_object_unref);
  }
  g_mutex_unlock (&self->lock);
}

/* The remote side. */

static void
gst_ice_nice_transport_set_remote_credentials (
    GstIceTransport *transport, const gchar *ufrag, const gchar *password)
{
  GstIceNiceTransport *self = GST_ICE_NICE_TRANSPORT (transport);

  if (self->stream_id == 0)
    return;
  nice_agent_set_remote_credentials (
      self->nice, self->stream_id, ufrag, password);
  gst_ice_nice_consent_set_remote (self->consent, ufrag, password);
  if (self->gate != NULL)
    gst_ice_nice_gate_set_remote (self->gate, password);
}

static void
report_name (GstIceTransport *transport, const IceCandidate *candidate)
{
  g_autofree gchar *text = g_strdup_printf (
      "the remote candidate \"%s\" is a "
      "name; names are not looked up yet, the candidate is left out",
      candidate->address);
  GstIceCandidateError error = {
    .address = candidate->address,
    .port = candidate->port,
    .code = GST_ICE_ERROR_CODE_UNREACHABLE,
    .text = text,
  };

  gst_ice_transport_report_candidate_error (transport, &error);
}

static void
gst_ice_nice_transport_add_remote_candidate (
    GstIceTransport *transport, const IceCandidate *candidate)
{
  GstIceNiceTransport *self = GST_ICE_NICE_TRANSPORT (transport);
  NiceCandidate *nice;
  GSList list = { NULL, NULL };

  if (self->stream_id == 0)
    return;
  nice = nice_candidate_from_ice (candidate, self->stream_id, COMPONENT);
  if (nice == NULL) {
    report_name (transport, candidate);
    return;
  }
  gst_ice_nice_pairs_add_candidate (self->pairs, candidate, FALSE);
  gst_ice_nice_breaker_add_remote (self->breaker, &nice->addr);
  list.data = nice;
  if (nice_agent_set_remote_candidates (
          self->nice, self->stream_id, COMPONENT, &list)
      < 1)
    GST_WARNING_OBJECT (self,
        "libnice did not take the remote candidate "
        "%s %u %s",
        candidate->address, candidate->port,
        ice_candidate_protocol_to_string (candidate->protocol));
  nice_candidate_free (nice);
  /* before the end of candidates that may follow */
  if (!gst_ice_nice_pairs_are_checked (self->pairs))
    gst_ice_transport_report_event (transport, ICE_EVENT_CHECKING);
}

static void
gst_ice_nice_transport_remote_end_of_candidates (GstIceTransport *transport)
{
  GstIceNiceTransport *self = GST_ICE_NICE_TRANSPORT (transport);

  if (self->stream_id != 0)
    nice_agent_peer_candidate_gathering_done (self->nice, self->stream_id);
}

/* nice_agent_restart_stream() keeps sockets, candidates and the selected pair,
 * forgets the remote side and signals nothing (libnice.md section 1.5). */
static void
gst_ice_nice_transport_restart (GstIceTransport *transport,
    const gchar *local_ufrag, const gchar *local_password)
{
  GstIceNiceTransport *self = GST_ICE_NICE_TRANSPORT (transport);
  GSList *candidates, *i;

  if (self->stream_id == 0) {
    gst_ice_transport_report_gathered (transport);
    return;
  }
  gst_ice_nice_consent_set_local (self->consent, local_ufrag);
  if (self->gate != NULL)
    gst_ice_nice_gate_set_local (self->gate, local_ufrag, local_password);
  gst_ice_nice_pairs_restart (self->pairs);
  gst_ice_nice_breaker_restart (self->breaker);
  nice_agent_restart_stream (self->nice, self->stream_id);
  g_atomic_int_inc (&self->restarts);
  nice_agent_set_local_credentials (
      self->nice, self->stream_id, local_ufrag, local_password);
  candidates = nice_agent_get_local_candidates (
      self->nice, self->stream_id, COMPONENT);
  for (i = candidates; i != NULL; i = i->next)
    queue_report (self, REPORT_CANDIDATE, i->data, NULL, 0);
  g_slist_free_full (candidates, (GDestroyNotify) nice_candidate_free);
  if (self->gathered)
    queue_report (self, REPORT_GATHERED, NULL, NULL, 0);
}

/* Sending. Any thread. */

static gint
send_run (GstIceNiceTransport *self, NiceAgent *nice,
    const GstIceDatagram *datagrams, guint n, GError **error)
{
  /* the same two members in the same order */
  G_STATIC_ASSERT (sizeof (GstIceDatagram) == sizeof (NiceOutputMessage));
  G_STATIC_ASSERT (G_STRUCT_OFFSET (GstIceDatagram, vectors)
      == G_STRUCT_OFFSET (NiceOutputMessage, buffers));
  G_STATIC_ASSERT (G_STRUCT_OFFSET (GstIceDatagram, n_vectors)
      == G_STRUCT_OFFSET (NiceOutputMessage, n_buffers));

  return nice_agent_send_messages_nonblocking (nice, self->stream_id, COMPONENT,
      (const NiceOutputMessage *) datagrams, n, NULL, error);
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

static guint
gst_ice_nice_transport_send (GstIceTransport *transport,
    const GstIceDatagram *datagrams, guint n, GError **error)
{
  GstIceNiceTransport *self = GST_ICE_NICE_TRANSPORT (transport);
  g_autoptr (GObject) held = NULL;
  guint sent = 0;

  if (gst_ice_nice_media_send (self->media, datagrams, n, &sent, error))
    return sent;
  g_mutex_lock (&self->lock);
  if (self->nice != NULL)
    held = g_object_ref (G_OBJECT (self->nice));
  g_mutex_unlock (&self->lock);
  if (held == NULL) {
    g_set_error_literal (
        error, G_IO_ERROR, G_IO_ERROR_CLOSED, "the transport is closed");
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
    result = send_run (
        self, NICE_AGENT (held), &datagrams[sent], run - sent, error);
    if (result <= 0)
      break;
    sent += result;
  }
  return sent;
}

/* Any thread. */
static GPtrArray *
gst_ice_nice_transport_list_pairs (GstIceTransport *transport)
{
  GstIceNiceTransport *self = GST_ICE_NICE_TRANSPORT (transport);
  GstIceRole role = gst_ice_transport_get_role (transport);
  GPtrArray *list = NULL;

  g_mutex_lock (&self->lock);
  if (self->pairs != NULL && gst_ice_nice_pairs_has_trace (self->pairs))
    list = gst_ice_nice_pairs_list (self->pairs, role);
  g_mutex_unlock (&self->lock);
  return list;
}

/* Closing. */

typedef struct
{
  GstIceNiceTransport *self;
  GstIceIo *io;
} Closing;

static void
on_closed (GObject *nice, GAsyncResult *result, gpointer data)
{
  Closing *closing = data;
  GstIceNiceTransport *self = closing->self;

  g_clear_pointer (&self->gate, gst_ice_nice_gate_free);
  if (self->stream_id != 0)
    nice_agent_remove_stream (NICE_AGENT (nice), self->stream_id);
  g_clear_pointer (&self->drained, gst_ice_alarm_free);
  gst_ice_transport_report_closed (GST_ICE_TRANSPORT (self));
  g_object_unref (nice);
  gst_object_unref (self);
  gst_ice_io_release (closing->io);
  g_free (closing);
}

/* close_async() first and the rest in its callback: that is what gives TURN
 * allocations back at once (libnice.md section 5). */
static void
gst_ice_nice_transport_close (GstIceTransport *transport)
{
  GstIceNiceTransport *self = GST_ICE_NICE_TRANSPORT (transport);
  GstIceNicePairs *pairs;
  NiceAgent *nice;
  Closing *closing;

  self->closed = TRUE;
  gst_ice_nice_media_close (self->media);
  g_clear_pointer (&self->consent, gst_ice_nice_consent_free);
  g_mutex_lock (&self->lock);
  nice = g_steal_pointer (&self->nice);
  pairs = g_steal_pointer (&self->pairs);
  g_mutex_unlock (&self->lock);
  g_clear_pointer (&pairs, gst_ice_nice_pairs_free);
  g_clear_pointer (&self->checked, gst_ice_alarm_free);
  g_clear_pointer (&self->servers, gst_ice_nice_servers_free);
  if (self->breaker != NULL && !self->has_relays) /* which must answer yet */
    gst_ice_nice_breaker_shut (self->breaker);
  g_clear_pointer (&self->breaker, gst_ice_nice_breaker_free);
  if (nice == NULL) {
    g_clear_pointer (&self->gate, gst_ice_nice_gate_free);
    g_clear_pointer (&self->drained, gst_ice_alarm_free);
    g_clear_pointer (&self->io, gst_ice_io_release);
    gst_ice_transport_report_closed (transport);
    return;
  }
  g_signal_handlers_disconnect_by_data (nice, self);
  closing = g_new0 (Closing, 1);
  closing->self = gst_object_ref (self);
  closing->io = g_steal_pointer (&self->io);
  nice_agent_close_async (nice, on_closed, closing);
}

static void
gst_ice_nice_transport_finalize (GObject *object)
{
  GstIceNiceTransport *self = GST_ICE_NICE_TRANSPORT (object);

  g_assert (self->nice == NULL); /* the session closes before it lets go */
  gst_ice_nice_media_free (self->media);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (gst_ice_nice_transport_parent_class)->finalize (object);
}

static void
gst_ice_nice_transport_init (GstIceNiceTransport *self)
{
  g_mutex_init (&self->lock);
  self->component_state = NICE_COMPONENT_STATE_DISCONNECTED;
  self->options[GST_ICE_DIRECTION_SEND].dscp = -1;
  self->media = gst_ice_nice_media_new (GST_ICE_TRANSPORT (self));
}

static void
gst_ice_nice_transport_class_init (GstIceNiceTransportClass *klass)
{
  GstIceTransportClass *transport_class = GST_ICE_TRANSPORT_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = gst_ice_nice_transport_finalize;
  transport_class->gather = gst_ice_nice_transport_gather;
  transport_class->set_remote_credentials =
      gst_ice_nice_transport_set_remote_credentials;
  transport_class->add_remote_candidate =
      gst_ice_nice_transport_add_remote_candidate;
  transport_class->remote_end_of_candidates =
      gst_ice_nice_transport_remote_end_of_candidates;
  transport_class->set_socket_options =
      gst_ice_nice_transport_set_socket_options;
  transport_class->heard = gst_ice_nice_transport_heard;
  transport_class->restart = gst_ice_nice_transport_restart;
  transport_class->list_pairs = gst_ice_nice_transport_list_pairs;
  transport_class->close = gst_ice_nice_transport_close;
  transport_class->send = gst_ice_nice_transport_send;
}
