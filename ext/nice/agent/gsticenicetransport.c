/* gst-ice: GstIceTransport over libnice.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "agent/gsticenicetransport.h"
#include "iothread/gsticealarm.h"
#include "iothread/gsticeio.h"
#include "consent/gsticeniceanswerer.h"
#include "agent/gsticenicegeneration.h"
#include "agent/gsticenicemedia.h"

GST_DEBUG_CATEGORY_STATIC (gst_ice_nice_transport_debug);
#define GST_CAT_DEFAULT gst_ice_nice_transport_debug

struct _GstIceNiceTransport
{
  GstIceTransport parent;

  GMutex lock;
  /* under the lock; written by the I/O thread */
  GstIceNiceGeneration *current;
  GstIceNiceGeneration *old;    /* media uses its pair, or did until just now */
  gboolean is_left;             /* media used its pair until just now */
  GstIceIo *io;                 /* NULL before gathering and after closing */
  gboolean reports_silence_end; /* report_silence_ended() is queued */

  /* I/O thread */
  gboolean closed;
  guint n_open;      /* generations that are still open, plus 1 for the closing
                        itself */
  GstIceAlarm *late; /* due when the old generation may be closed */
  gint64 left_at;    /* when media stopped using it, g_get_monotonic_time() */
  GstIceSocketOptions options[GST_ICE_N_DIRECTIONS];
  IceRateLimit conflict_warnings; /* limits warnings about role conflicts, for
                                  all generations */
  /* what a peer that restarts often can cause */
  IceRateLimit not_again;  /* warnings that it could not gather again */
  IceRateLimit unanswered; /* ... that old credentials are not answered */

  GstIceNiceMedia *media;
};

G_DEFINE_TYPE_WITH_CODE (GstIceNiceTransport, gst_ice_nice_transport,
    GST_TYPE_ICE_TRANSPORT,
    GST_DEBUG_CATEGORY_INIT (
        gst_ice_nice_transport_debug, "icenice", 0, "ICE over libnice"))

/* Generations. */

/* The reader itself waits for datagrams of a current generation whose pair is
 * selected. Before that the context has libnice's timer, due each 10 ms: one
 * thread, the I/O thread, runs those of all transports, as it receives what the
 * old generation does. */
static void
choose_context (GstIceNiceTransport *self, GstIceNiceGeneration *current)
{
  gboolean selected = current != NULL
      && gst_ice_nice_generation_has_selected (current);

  gst_ice_datapath_set_context (
      gst_ice_transport_get_datapath (GST_ICE_TRANSPORT (self)),
      selected ? gst_ice_nice_generation_get_context (current) : NULL);
}

/* Takes @current and @old. */
static void
set_generations (GstIceNiceTransport *self, GstIceNiceGeneration *current,
    GstIceNiceGeneration *old)
{
  choose_context (self, current);
  g_mutex_lock (&self->lock);
  self->current = current;
  self->old = old;
  self->is_left = FALSE;
  g_mutex_unlock (&self->lock);
}

/* Takes @generation (nullable), which no thread can find any more. */
static void
close_generation (GstIceNiceGeneration *generation)
{
  if (generation == NULL)
    return;
  gst_ice_nice_generation_close (generation);
  gst_ice_nice_generation_unref (generation);
}

static void
close_old (GstIceNiceTransport *self)
{
  GstIceNiceGeneration *old = self->old;

  if (old == NULL)
    return;
  gst_ice_alarm_set (self->late, -1);
  set_generations (self, self->current, NULL);
  close_generation (old);
  gst_ice_peer_addresses_forget_old (gst_ice_datapath_get_peer_addresses (
      gst_ice_transport_get_datapath (GST_ICE_TRANSPORT (self))));
}

/* RFC 8445 section 8.3.1: old candidates stay open after new ones were
 * selected, here for as long as the peer uses them: it may not have received
 * our new candidates, and then its old pair is all that it has. */
static void
on_late (gpointer data)
{
  GstIceNiceTransport *self = data;
  gint64 until = gst_ice_nice_generation_get_last_check (self->old)
      + GST_ICE_NICE_ANSWERER_LATE;

  until = MIN (until, self->left_at + GST_ICE_NICE_ANSWERER_LIMIT);

  if (g_get_monotonic_time () < until)
    gst_ice_alarm_set (self->late, until);
  else
    close_old (self);
}

static void
on_selected (GstIceTransport *transport, GstIceNiceGeneration *generation)
{
  GstIceNiceTransport *self = GST_ICE_NICE_TRANSPORT (transport);

  choose_context (self, self->current);
  if (self->old == NULL || self->is_left)
    return;
  gst_ice_nice_generation_leave (self->old);
  g_mutex_lock (&self->lock);
  self->is_left = TRUE;
  g_mutex_unlock (&self->lock);
  self->left_at = g_get_monotonic_time ();
  gst_ice_alarm_set (self->late, self->left_at + GST_ICE_NICE_ANSWERER_LATE);
}

static void
close_one (GstIceNiceTransport *self)
{
  g_assert (self->n_open > 0);
  self->n_open--;
  if (self->n_open == 0 && self->closed)
    gst_ice_transport_report_closed (GST_ICE_TRANSPORT (self));
}

static void
on_closed (GstIceTransport *transport)
{
  close_one (GST_ICE_NICE_TRANSPORT (transport));
}

static const GstIceNiceGenerationCallbacks callbacks = {
  .selected = on_selected,
  .closed = on_closed,
};

static GstIceNiceGeneration *
make_generation (GstIceNiceTransport *self)
{
  self->n_open++;
  return gst_ice_nice_generation_new (GST_ICE_TRANSPORT (self), self->io,
      self->media, self->options, &self->conflict_warnings, &callbacks);
}

static void
acquire_io (GstIceNiceTransport *self)
{
  GstIceIo *io = gst_ice_io_acquire ();

  g_mutex_lock (&self->lock);
  self->io = io;
  g_mutex_unlock (&self->lock);
  self->late = gst_ice_alarm_new (gst_ice_io_get_context (io), on_late, self);
}

static void
gst_ice_nice_transport_gather (
    GstIceTransport *transport, const GstIceGatherOptions *options)
{
  GstIceNiceTransport *self = GST_ICE_NICE_TRANSPORT (transport);
  g_autoptr (GError) error = NULL;
  GstIceNiceGeneration *first;
  gboolean gathers;

  if (self->io == NULL) /* not after another call */
    acquire_io (self);
  first = make_generation (self);
  gathers = gst_ice_nice_generation_gather (first, options, &error);
  set_generations (self, first, NULL);
  if (gathers)
    return;
  gst_ice_transport_report_problem (transport, error, TRUE);
  gst_ice_transport_report_gathered (transport);
}

/* Media stays with the generation whose pair it uses; a generation that has
 * selected no pair before the next one begins is closed. */
static void
follow_with (GstIceNiceTransport *self, GstIceNiceGeneration *next)
{
  GstIceNiceGeneration *last = self->current, *unused = last;

  if (gst_ice_nice_generation_has_selected (last)) {
    close_old (self);
    gst_ice_nice_generation_retire (last);
    set_generations (self, next, last);
    unused = NULL;
  } else {
    set_generations (self, next, self->old);
  }
  gst_ice_peer_addresses_begin (gst_ice_datapath_get_peer_addresses (
      gst_ice_transport_get_datapath (GST_ICE_TRANSPORT (self))));
  close_generation (unused);
}

/* Whether to restart in place. If the path works, the local addresses are
 * unchanged and no relayed candidate was lost, new candidates would be no
 * better, and some peers are slow to use them (Chromium pairs its new
 * candidates with our old ones first). The peer must not notice the restart
 * before it is signalled, so its checks with the old credentials have to be
 * answered. */
static gboolean
is_to_gather (GstIceNiceTransport *self, const GstIceGatherOptions *options)
{
  return gst_ice_transport_get_state (GST_ICE_TRANSPORT (self))
      != GST_ICE_CONNECTION_STATE_CONNECTED
      || !gst_ice_nice_generation_has_role (self->current, options->role)
      || !gst_ice_nice_generation_is_up_to_date (
          self->current, options->settings)
      || !gst_ice_nice_generation_hold_pair (self->current);
}

/* Beside the last generation. Fails if no UDP port of the range is free, or
 * there is no local address. */
static gboolean
gather_beside (GstIceNiceTransport *self, const GstIceGatherOptions *options,
    GError **error)
{
  GstIceNiceGeneration *next = make_generation (self);

  if (gst_ice_nice_generation_gather (next, options, error)) {
    follow_with (self, next);
    return TRUE;
  }
  close_generation (next);
  return FALSE;
}

static gboolean
gather_again (GstIceNiceTransport *self, const GstIceGatherOptions *options)
{
  g_autoptr (GError) error = NULL, problem = NULL;
  g_autofree gchar *more = NULL;

  if (gather_beside (self, options, &error))
    return TRUE;
  more = ice_rate_limit_pass (&self->not_again, g_get_monotonic_time ());
  if (more == NULL)
    return FALSE;
  problem = g_error_new (error->domain, error->code,
      "could not gather again: %s; the restart continues with the existing "
      "candidates%s",
      error->message, more);
  gst_ice_transport_report_problem (GST_ICE_TRANSPORT (self), problem, FALSE);
  return FALSE;
}

/* In place of the last generation, on its ports; that one has no pairs. */
static void
gather_instead (GstIceNiceTransport *self, const GstIceGatherOptions *options)
{
  GstIceTransport *transport = GST_ICE_TRANSPORT (self);
  GstIceNiceGeneration *last = self->current, *next = make_generation (self);
  g_autoptr (GError) error = NULL;

  set_generations (self, next, self->old);
  gst_ice_peer_addresses_begin (gst_ice_datapath_get_peer_addresses (
      gst_ice_transport_get_datapath (transport)));
  gst_ice_nice_generation_close_ports (last);
  gst_ice_nice_generation_unref (last);
  if (gst_ice_nice_generation_gather (next, options, &error))
    return;
  gst_ice_transport_report_problem (transport, error, TRUE);
  gst_ice_transport_report_gathered (transport);
}

/* Applies a role that was set before the first pair; libnice takes one only
 * before it gathers. Returns: whether it was applied */
static gboolean
gather_with_role (GstIceNiceTransport *self, const GstIceGatherOptions *options)
{
  GstIceTransport *transport = GST_ICE_TRANSPORT (self);
  g_autoptr (GError) error = NULL, problem = NULL;

  if (gather_beside (self, options, &error))
    return TRUE;
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE)
      && gst_ice_nice_generation_can_free_ports (self->current)) {
    gather_instead (self, options);
    return TRUE;
  }
  problem = g_error_new (error->domain, error->code,
      "role was not changed, because that needs new candidates: %s",
      error->message);
  gst_ice_transport_report_role (transport,
      options->role == GST_ICE_ROLE_CONTROLLED ? GST_ICE_ROLE_CONTROLLING
                                               : GST_ICE_ROLE_CONTROLLED);
  gst_ice_transport_report_problem (transport, problem, FALSE);
  return FALSE;
}

static void
warn_of_unanswered (GstIceNiceTransport *self)
{
  g_autofree gchar *more = ice_rate_limit_pass (
      &self->unanswered, g_get_monotonic_time ());

  if (more == NULL)
    return;
  GST_WARNING_OBJECT (self,
      "the peer's checks are not answered until the restart was signalled to "
      "it%s",
      more);
}

static void
gst_ice_nice_transport_restart (
    GstIceTransport *transport, const GstIceGatherOptions *options)
{
  GstIceNiceTransport *self = GST_ICE_NICE_TRANSPORT (transport);

  /* with the same credentials, candidates are only reported again */
  if (gst_ice_nice_generation_has_ufrag (self->current, options->local_ufrag)
      && !gst_ice_nice_generation_has_role (self->current, options->role)
      && (gst_ice_nice_generation_has_selected (self->current)
              ? gather_again (self, options)
              : gather_with_role (self, options)))
    return;
  if (!gst_ice_nice_generation_has_ufrag (
          self->current, options->local_ufrag)) {
    if (is_to_gather (self, options) && gather_again (self, options))
      return;
    if (!gst_ice_nice_generation_hold_pair (self->current))
      warn_of_unanswered (self);
  }
  gst_ice_nice_generation_restart (
      self->current, options->local_ufrag, options->local_password);
}

static void
gst_ice_nice_transport_end_call (GstIceTransport *transport)
{
  GstIceNiceTransport *self = GST_ICE_NICE_TRANSPORT (transport);
  GstIceNiceGeneration *last = self->current;

  close_old (self);
  set_generations (self, NULL, NULL);
  gst_ice_nice_media_forget_pair (self->media);
  if (gst_ice_nice_generation_can_free_ports (last)) {
    gst_ice_nice_generation_close_ports (last);
    gst_ice_nice_generation_unref (last);
  } else {
    close_generation (last);
  }
  gst_ice_peer_addresses_begin (gst_ice_datapath_get_peer_addresses (
      gst_ice_transport_get_datapath (transport)));
  gst_ice_peer_addresses_forget_old (gst_ice_datapath_get_peer_addresses (
      gst_ice_transport_get_datapath (transport)));
}

static gboolean
report_silence_ended (gpointer data)
{
  GstIceNiceTransport *self = data;

  g_mutex_lock (&self->lock);
  self->reports_silence_end = FALSE;
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
  if (self->current != NULL)
    gst_ice_nice_generation_apply_options (self->current);
  if (self->old != NULL)
    gst_ice_nice_generation_apply_options (self->old);
}

/* Any thread. */
static void
gst_ice_nice_transport_silence_ended (GstIceTransport *transport)
{
  GstIceNiceTransport *self = GST_ICE_NICE_TRANSPORT (transport);

  g_mutex_lock (&self->lock);
  if (self->io != NULL && !self->reports_silence_end) {
    self->reports_silence_end = TRUE;
    gst_ice_io_invoke (self->io, report_silence_ended, gst_object_ref (self),
        gst_object_unref);
  }
  g_mutex_unlock (&self->lock);
}

/* The remote side. */

static void
gst_ice_nice_transport_set_remote_credentials (
    GstIceTransport *transport, const gchar *ufrag, const gchar *password)
{
  GstIceNiceTransport *self = GST_ICE_NICE_TRANSPORT (transport);

  gst_ice_nice_generation_set_remote_credentials (
      self->current, ufrag, password);
}

static void
gst_ice_nice_transport_add_remote_candidate (
    GstIceTransport *transport, const IceCandidate *candidate)
{
  gst_ice_nice_generation_add_remote_candidate (
      GST_ICE_NICE_TRANSPORT (transport)->current, candidate);
}

static void
gst_ice_nice_transport_remote_end_of_candidates (GstIceTransport *transport)
{
  gst_ice_nice_generation_remote_end_of_candidates (
      GST_ICE_NICE_TRANSPORT (transport)->current);
}

/* Functions for any thread. */

/* (transfer full) (nullable) */
static GstIceNiceGeneration *
ref_generation (GstIceNiceGeneration *generation)
{
  return generation != NULL ? gst_ice_nice_generation_ref (generation) : NULL;
}

static guint
gst_ice_nice_transport_send (GstIceTransport *transport,
    const GstIceDatagram *datagrams, guint n, GError **error)
{
  GstIceNiceTransport *self = GST_ICE_NICE_TRANSPORT (transport);
  g_autoptr (GstIceNiceGeneration) sender = NULL;

  g_mutex_lock (&self->lock);
  sender = ref_generation (
      self->old != NULL && !self->is_left ? self->old : self->current);
  g_mutex_unlock (&self->lock);
  if (sender != NULL)
    return gst_ice_nice_generation_send (sender, datagrams, n, error);
  g_set_error_literal (
      error, G_IO_ERROR, G_IO_ERROR_CLOSED, "the transport is closed");
  return 0;
}

static gboolean
has_selected (GPtrArray *pairs)
{
  guint i;

  for (i = 0; i < pairs->len; i++) {
    gboolean selected;

    if (gst_structure_get_boolean (
            g_ptr_array_index (pairs, i), "selected", &selected)
        && selected)
      return TRUE;
  }
  return FALSE;
}

/* Also the old generation's pairs while media uses it. */
static GPtrArray *
gst_ice_nice_transport_list_pairs (GstIceTransport *transport)
{
  GstIceNiceTransport *self = GST_ICE_NICE_TRANSPORT (transport);
  GstIceRole role = gst_ice_transport_get_role (transport);
  g_autoptr (GstIceNiceGeneration) current = NULL, old = NULL;
  g_autoptr (GPtrArray) pairs = NULL;
  GPtrArray *list = NULL;

  g_mutex_lock (&self->lock);
  current = ref_generation (self->current);
  old = ref_generation (self->is_left ? NULL : self->old);
  g_mutex_unlock (&self->lock);
  if (current != NULL)
    pairs = gst_ice_nice_generation_list_pairs (current, role);
  if (pairs == NULL)
    return NULL;
  if (old != NULL && !has_selected (pairs))
    list = gst_ice_nice_generation_list_pairs (old, role);
  if (list == NULL)
    return g_steal_pointer (&pairs);
  g_ptr_array_extend_and_steal (list, g_steal_pointer (&pairs));
  return list;
}

static guint64
gst_ice_nice_transport_count_filtered (GstIceTransport *transport)
{
  GstIceNiceTransport *self = GST_ICE_NICE_TRANSPORT (transport);
  g_autoptr (GstIceNiceGeneration) current = NULL, old = NULL;

  g_mutex_lock (&self->lock);
  current = ref_generation (self->current);
  old = ref_generation (self->old);
  g_mutex_unlock (&self->lock);
  return (current != NULL ? gst_ice_nice_generation_count_filtered (current)
                          : 0)
      + (old != NULL ? gst_ice_nice_generation_count_filtered (old) : 0);
}

/* Closing. */

static void
gst_ice_nice_transport_close (GstIceTransport *transport)
{
  GstIceNiceTransport *self = GST_ICE_NICE_TRANSPORT (transport);
  GstIceNiceGeneration *current = self->current, *old = self->old;
  GstIceIo *io;

  self->closed = TRUE;
  self->n_open++;
  g_clear_pointer (&self->late, gst_ice_alarm_free);
  gst_ice_nice_media_close (self->media);
  set_generations (self, NULL, NULL);
  g_mutex_lock (&self->lock);
  io = g_steal_pointer (&self->io);
  g_mutex_unlock (&self->lock);
  close_generation (old);
  close_generation (current);
  close_one (self);
  g_clear_pointer (&io, gst_ice_io_release);
}

static void
gst_ice_nice_transport_finalize (GObject *object)
{
  GstIceNiceTransport *self = GST_ICE_NICE_TRANSPORT (object);

  /* the session closes it before it drops its reference */
  g_assert (self->current == NULL && self->n_open == 0);
  gst_ice_nice_media_free (self->media);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (gst_ice_nice_transport_parent_class)->finalize (object);
}

static void
gst_ice_nice_transport_init (GstIceNiceTransport *self)
{
  g_mutex_init (&self->lock);
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
  transport_class->silence_ended = gst_ice_nice_transport_silence_ended;
  transport_class->restart = gst_ice_nice_transport_restart;
  transport_class->end_call = gst_ice_nice_transport_end_call;
  transport_class->list_pairs = gst_ice_nice_transport_list_pairs;
  transport_class->count_filtered = gst_ice_nice_transport_count_filtered;
  transport_class->close = gst_ice_nice_transport_close;
  transport_class->send = gst_ice_nice_transport_send;
}
