/* gst-ice: what a NiceAgent says, on its way to the session.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Its signals come in whichever thread releases its lock, so their handlers
 * only copy and queue. */

#include "gsticenicereports.h"
#include "nicecandidate.h"

GST_DEBUG_CATEGORY_STATIC (gst_ice_nice_reports_debug);
#define GST_CAT_DEFAULT gst_ice_nice_reports_debug

/* Queued for the I/O thread in order. */

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
  GstIceNiceGeneration *self;
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

  gst_ice_nice_generation_unref (report->self);
  g_clear_pointer (&report->local, nice_candidate_free);
  g_clear_pointer (&report->remote, nice_candidate_free);
  g_free (report);
}

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

  if (self->phase != GST_ICE_NICE_CURRENT
      && self->phase != GST_ICE_NICE_RETIRED)
    return G_SOURCE_REMOVE;
  gst_ice_transport_report_event (self->transport, ICE_EVENT_SOCKET_ERROR);
  if (self->phase == GST_ICE_NICE_CURRENT)
    gst_ice_transport_report_event (self->transport, ICE_EVENT_CHECKS_DONE);
  return G_SOURCE_REMOVE;
}

static void
report_selected_pair (GstIceNiceGeneration *self, const Report *report)
{
  guint component = gst_ice_transport_get_component (self->transport);
  IceCandidate *local = nice_candidate_local_to_ice (report->local, component);
  IceCandidate *remote = nice_candidate_to_ice (report->remote, component);

  self->selected_tcp = report->local->transport != NICE_CANDIDATE_TRANSPORT_UDP;
  gst_ice_nice_consent_watch (self->consent, report->local, report->remote);
  gst_ice_nice_media_select (self->media,
      gst_ice_nice_consent_find_steering (self->consent, report->local),
      &report->remote->addr);
  gst_ice_nice_breaker_set_peer (self->breaker, &report->remote->addr);
  self->has_selected = TRUE;
  self->callbacks->selected (self->transport, self);
  gst_ice_transport_report_selected_pair (self->transport, local, remote);
  if (self->gate != NULL
      && !gst_ice_nice_gate_select (self->gate, report->local, report->remote))
    report_connection_lost (self);
  ice_candidate_free (local);
  ice_candidate_free (remote);
}

/* Before the pairs that it made are told. Any thread. */
static void
add_to_pairs (GstIceNiceGeneration *self, const NiceCandidate *nice)
{
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

/**
 * gst_ice_nice_reports_pair_checked:
 * @data: a generation
 *
 * The I/O thread: the state of a pair has changed.
 */
void
gst_ice_nice_reports_pair_checked (gpointer data)
{
  GstIceNiceGeneration *self = data;

  if (self->phase == GST_ICE_NICE_CURRENT
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

/* Whoever hears of it may close the transport. */
static void
report_failed (GstIceNiceGeneration *self)
{
  report_socket_error (self);
  gst_ice_transport_report_event (self->transport, ICE_EVENT_CHECKS_DONE);
  if (self->phase == GST_ICE_NICE_CURRENT)
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

/**
 * gst_ice_nice_reports_gathered:
 * @data: a generation
 *
 * The I/O thread: its servers have answered, or will not.
 */
void
gst_ice_nice_reports_gathered (gpointer data)
{
  GstIceNiceGeneration *self = data;

  self->gathered = TRUE;
  gst_ice_transport_report_gathered (self->transport);
}

/* A pair and its checks are of one set of credentials; candidates outlive it.
 */
static gboolean
is_outdated (const Report *report)
{
  return (report->kind == REPORT_SELECTED_PAIR || report->kind == REPORT_LEARNED
             || report->kind == REPORT_COMPONENT_STATE)
      && report->restarts != g_atomic_int_get (&report->self->restarts);
}

static void
report_what_was_said (GstIceNiceGeneration *self, const Report *report)
{
  switch (report->kind) {
    case REPORT_CANDIDATE:
      report_candidate (self, report->local);
      break;
    case REPORT_LEARNED:
      gst_ice_nice_breaker_learned (self->breaker);
      break;
    case REPORT_GATHERED:
      if (self->gathered) /* before a restart */
        gst_ice_transport_report_gathered (self->transport);
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
}

static gboolean
run_report (gpointer data)
{
  Report *report = data;
  GstIceNiceGeneration *self = report->self;

  switch (self->phase) {
    case GST_ICE_NICE_CURRENT:
      if (!is_outdated (report))
        report_what_was_said (self, report);
      break;
    case GST_ICE_NICE_RETIRED:
      if (report->kind == REPORT_COMPONENT_STATE
          && report->state == NICE_COMPONENT_STATE_FAILED)
        report_socket_error (self);
      break;
    case GST_ICE_NICE_LEFT:
    case GST_ICE_NICE_CLOSED:
      break;
  }
  return G_SOURCE_REMOVE;
}

static void
queue_report (GstIceNiceGeneration *self, ReportKind kind,
    const NiceCandidate *local, const NiceCandidate *remote,
    NiceComponentState state)
{
  Report *report = g_new0 (Report, 1);

  report->self = gst_ice_nice_generation_ref (self);
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
    NiceAgent *nice, NiceCandidate *candidate, GstIceNiceGeneration *self)
{
  add_to_pairs (self, candidate);
  queue_report (self, REPORT_CANDIDATE, candidate, NULL, 0);
}

/* By a check of the peer's only. */
static void
on_new_remote (
    NiceAgent *nice, NiceCandidate *candidate, GstIceNiceGeneration *self)
{
  queue_report (self, REPORT_LEARNED, NULL, NULL, 0);
}

static void
on_gathering_done (NiceAgent *nice, guint stream_id, GstIceNiceGeneration *self)
{
  queue_report (self, REPORT_GATHERED, NULL, NULL, 0);
}

static void
on_selected_pair (NiceAgent *nice, guint stream_id, guint component_id,
    NiceCandidate *local, NiceCandidate *remote, GstIceNiceGeneration *self)
{
  queue_report (self, REPORT_SELECTED_PAIR, local, remote, 0);
}

static void
on_component_state (NiceAgent *nice, guint stream_id, guint component_id,
    guint state, GstIceNiceGeneration *self)
{
  queue_report (self, REPORT_COMPONENT_STATE, NULL, NULL, state);
}

static void
unref_generation (gpointer self)
{
  gst_ice_nice_generation_unref (self);
}

/**
 * gst_ice_nice_reports_connection_lost:
 * @data: a generation
 *
 * Any thread: the selected pair's TCP connection has ended.
 */
void
gst_ice_nice_reports_connection_lost (gpointer data)
{
  GstIceNiceGeneration *self = data;

  gst_ice_io_invoke (self->io, report_connection_lost,
      gst_ice_nice_generation_ref (self), unref_generation);
}

static void
unref_by_closure (gpointer self, GClosure *closure)
{
  gst_ice_nice_generation_unref (self);
}

/* The closure holds us: the thread that emits may be any. */
static void
connect_signal (
    GstIceNiceGeneration *self, const gchar *signal, GCallback callback)
{
  g_signal_connect_data (self->nice, signal, callback,
      gst_ice_nice_generation_ref (self), unref_by_closure, 0);
}

/**
 * gst_ice_nice_reports_connect:
 * @self: a generation that has its NiceAgent
 *
 * The I/O thread. What it says is reported from now on.
 */
void
gst_ice_nice_reports_connect (GstIceNiceGeneration *self)
{
  GST_DEBUG_CATEGORY_INIT (gst_ice_nice_reports_debug, "icereports", 0,
      "ICE over libnice, what it says");
  connect_signal (self, "new-candidate-full", G_CALLBACK (on_new_candidate));
  connect_signal (
      self, "new-remote-candidate-full", G_CALLBACK (on_new_remote));
  connect_signal (
      self, "candidate-gathering-done", G_CALLBACK (on_gathering_done));
  connect_signal (
      self, "new-selected-pair-full", G_CALLBACK (on_selected_pair));
  connect_signal (
      self, "component-state-changed", G_CALLBACK (on_component_state));
}

/**
 * gst_ice_nice_reports_repeat:
 * @self: a generation that begins anew
 *
 * The I/O thread. All candidates are reported again, and that there is no more.
 */
void
gst_ice_nice_reports_repeat (GstIceNiceGeneration *self)
{
  GSList *candidates, *i;

  candidates = nice_agent_get_local_candidates (
      self->nice, self->stream_id, GST_ICE_NICE_COMPONENT);
  for (i = candidates; i != NULL; i = i->next)
    queue_report (self, REPORT_CANDIDATE, i->data, NULL, 0);
  g_slist_free_full (candidates, (GDestroyNotify) nice_candidate_free);
  if (self->gathered)
    queue_report (self, REPORT_GATHERED, NULL, NULL, 0);
}
