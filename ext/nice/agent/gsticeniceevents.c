/* gst-ice: brings a NiceAgent's events to the I/O thread.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "agent/gsticeniceevents.h"
#include "trace/nicelog.h"
#include "trace/nicestateorder.h"

struct _GstIceNiceEvents
{
  gatomicrefcount
      references; /* held by the owner, signal handlers and pending events */
  GstIceIo *io;
  NiceAgent *nice; /* not referenced */
  const GstIceNiceEventsFuncs *functions;
  gpointer user_data; /* for @functions, until it is closed */
  gint restarts;      /* atomic */

  GMutex lock;
  gboolean closed; /* under the lock; the I/O thread sets it */

  GMutex order; /* a leaf */
  NiceStateOrder states;
};

/* An event on its way to the I/O thread. */
typedef struct
{
  GstIceNiceEvents *events;
  GstIceNiceEvent event;
  gint restarts; /* before the restart */
} Report;

static GstIceNiceEvents *
events_ref (GstIceNiceEvents *self)
{
  g_atomic_ref_count_inc (&self->references);
  return self;
}

static void
events_unref (GstIceNiceEvents *self)
{
  if (!g_atomic_ref_count_dec (&self->references))
    return;
  g_mutex_clear (&self->lock);
  g_mutex_clear (&self->order);
  gst_ice_io_release (self->io);
  g_free (self);
}

static void
report_free (gpointer data)
{
  Report *report = data;

  events_unref (report->events);
  g_clear_pointer (&report->event.local, nice_candidate_free);
  g_clear_pointer (&report->event.remote, nice_candidate_free);
  g_free (report);
}

/* Events about pairs and checks belong to one set of credentials; candidates
 * outlive a restart. */
static gboolean
is_outdated (const Report *report)
{
  switch (report->event.kind) {
    case GST_ICE_NICE_EVENT_CHECKED:
    case GST_ICE_NICE_EVENT_LEARNED:
    case GST_ICE_NICE_EVENT_SELECTED_PAIR:
    case GST_ICE_NICE_EVENT_COMPONENT_STATE:
      return report->restarts != g_atomic_int_get (&report->events->restarts);
    case GST_ICE_NICE_EVENT_CANDIDATE:
    case GST_ICE_NICE_EVENT_GATHERED:
    case GST_ICE_NICE_EVENT_DISCOVERED:
      break;
  }
  return FALSE;
}

static gboolean
run_report (gpointer data)
{
  Report *report = data;
  GstIceNiceEvents *self = report->events;

  if (!self->closed && !is_outdated (report))
    self->functions->event (&report->event, self->user_data);
  return G_SOURCE_REMOVE;
}

static void
queue_report (GstIceNiceEvents *self, GstIceNiceEventKind kind,
    const NiceCandidate *local, const NiceCandidate *remote,
    NiceComponentState state)
{
  Report *report = g_new0 (Report, 1);

  report->events = events_ref (self);
  report->event.kind = kind;
  if (local != NULL)
    report->event.local = nice_candidate_copy (local);
  if (remote != NULL)
    report->event.remote = nice_candidate_copy (remote);
  report->event.state = state;
  report->restarts = g_atomic_int_get (&self->restarts);
  gst_ice_io_invoke (self->io, run_report, report, report_free);
}

static void
on_new_candidate (
    NiceAgent *nice, NiceCandidate *candidate, GstIceNiceEvents *self)
{
  g_mutex_lock (&self->lock);
  if (!self->closed)
    self->functions->found (candidate, self->user_data);
  g_mutex_unlock (&self->lock);
  queue_report (self, GST_ICE_NICE_EVENT_CANDIDATE, candidate, NULL, 0);
}

static void
on_new_remote (
    NiceAgent *nice, NiceCandidate *candidate, GstIceNiceEvents *self)
{
  queue_report (self, GST_ICE_NICE_EVENT_LEARNED, NULL, candidate, 0);
}

static void
on_first_check (NiceAgent *nice, guint stream_id, GstIceNiceEvents *self)
{
  queue_report (self, GST_ICE_NICE_EVENT_CHECKED, NULL, NULL, 0);
}

static void
on_gathering_done (NiceAgent *nice, guint stream_id, GstIceNiceEvents *self)
{
  queue_report (self, GST_ICE_NICE_EVENT_GATHERED, NULL, NULL, 0);
}

static void
on_selected_pair (NiceAgent *nice, guint stream_id, guint component_id,
    NiceCandidate *local, NiceCandidate *remote, GstIceNiceEvents *self)
{
  queue_report (self, GST_ICE_NICE_EVENT_SELECTED_PAIR, local, remote, 0);
}

static void
on_component_state (NiceAgent *nice, guint stream_id, guint component_id,
    guint state, GstIceNiceEvents *self)
{
  guint states[NICE_STATE_ORDER_MAX], n, i;

  g_mutex_lock (&self->order); /* until they are queued, in this order */
  n = nice_state_order_signal (&self->states, state, states);
  for (i = 0; i < n; i++)
    queue_report (
        self, GST_ICE_NICE_EVENT_COMPONENT_STATE, NULL, NULL, states[i]);
  g_mutex_unlock (&self->order);
}

/* With the agent's lock held. */
static void
on_trace (const NiceTraceEvent *event, gpointer data)
{
  GstIceNiceEvents *self = data;

  if (event->kind != NICE_TRACE_COMPONENT_STATE)
    return;
  g_mutex_lock (&self->order);
  nice_state_order_log (&self->states, event->component_state);
  g_mutex_unlock (&self->order);
}

static void
unref_by_closure (gpointer self, GClosure *closure)
{
  events_unref (self);
}

/**
 * gst_ice_nice_events_new:
 * @io: (transfer none): the I/O thread
 * @nice: (transfer none): an agent with one component; outlives the events
 * @functions: static
 * @user_data: for @functions
 *
 * To be called before gathering.
 *
 * Returns: (transfer full): events, which are reported from now on
 */
GstIceNiceEvents *
gst_ice_nice_events_new (GstIceIo *io, NiceAgent *nice,
    const GstIceNiceEventsFuncs *functions, gpointer user_data)
{
  static const struct
  {
    const gchar *signal;
    GCallback handler;
  } handlers[] = {
    { "new-candidate-full", G_CALLBACK (on_new_candidate) },
    { "new-remote-candidate-full", G_CALLBACK (on_new_remote) },
    { "initial-binding-request-received", G_CALLBACK (on_first_check) },
    { "candidate-gathering-done", G_CALLBACK (on_gathering_done) },
    { "new-selected-pair-full", G_CALLBACK (on_selected_pair) },
    { "component-state-changed", G_CALLBACK (on_component_state) },
  };
  GstIceNiceEvents *self = g_new0 (GstIceNiceEvents, 1);
  guint i;

  g_atomic_ref_count_init (&self->references);
  self->io = gst_ice_io_ref (io);
  self->nice = nice;
  self->functions = functions;
  self->user_data = user_data;
  g_mutex_init (&self->lock);
  g_mutex_init (&self->order);
  nice_log_watch (nice, FALSE, on_trace, self);
  for (i = 0; i < G_N_ELEMENTS (handlers); i++)
    g_signal_connect_data (nice, handlers[i].signal, handlers[i].handler,
        events_ref (self), unref_by_closure, 0);
  return self;
}

/**
 * gst_ice_nice_events_free:
 * @self: (transfer full): events
 *
 * No function is called any more, in any thread.
 */
void
gst_ice_nice_events_free (GstIceNiceEvents *self)
{
  g_mutex_lock (&self->lock);
  self->closed = TRUE;
  g_mutex_unlock (&self->lock);
  nice_log_unwatch (self->nice, self);
  g_signal_handlers_disconnect_by_data (self->nice, self);
  events_unref (self);
}

/**
 * gst_ice_nice_events_restart:
 * @self: events
 *
 * To be called at an ICE restart of the agent: earlier events about pairs and
 * checks that are still on their way are dropped.
 */
void
gst_ice_nice_events_restart (GstIceNiceEvents *self)
{
  g_mutex_lock (&self->order);
  g_atomic_int_inc (&self->restarts);
  nice_state_order_restart (&self->states);
  g_mutex_unlock (&self->order);
}

/**
 * gst_ice_nice_events_repeat:
 * @self: events
 * @kind: the event to report once more, as if it came from the agent
 * @local: (nullable): a local candidate
 */
void
gst_ice_nice_events_repeat (GstIceNiceEvents *self, GstIceNiceEventKind kind,
    const NiceCandidate *local)
{
  queue_report (self, kind, local, NULL, 0);
}
