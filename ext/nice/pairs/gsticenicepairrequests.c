/* gst-ice: the peer's authenticated requests, by pair and by socket.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * They show whether datagrams that libnice forwards can have come only on the
 * selected pair. */

#include "pairs/gsticenicepairrequests.h"

/**
 * gst_ice_nice_pairs_update_senders:
 * @self: the pairs
 *
 * Under the lock. Updates the possible senders of
 * gst_ice_nice_pairs_watch_senders().
 */
void
gst_ice_nice_pairs_update_senders (GstIceNicePairs *self)
{
  if (self->senders != NULL)
    g_atomic_int_set (self->senders,
        nice_requests_get_senders (
            &self->requests, &self->remote, self->is_steered));
}

/* Under the lock. A pair with an unknown local candidate may be relayed. */
static gboolean
is_steered_pair (GstIceNicePairs *self, guintptr id)
{
  const IceCheckPair *row = ice_checklist_find (self->list, id);

  return !self->has_unsteered && row != NULL
      && row->protocol == ICE_CANDIDATE_PROTOCOL_UDP
      && row->local_candidate != NULL
      && row->local_candidate->type != ICE_CANDIDATE_TYPE_RELAY;
}

/* Under the lock. */
static gboolean
is_steered_socket (GstIceNicePairs *self, guint64 descriptor)
{
  guint i;

  for (i = 0; i < self->steered->len; i++)
    if (g_array_index (self->steered, guint64, i) == descriptor)
      return TRUE;
  return FALSE;
}

/* Under the lock. Whether the message came through a steered socket. */
static gboolean
is_steered (GstIceNicePairs *self, const NiceTraceEvent *event)
{
  if (event->kind == NICE_TRACE_REPLY)
    return is_steered_socket (self, event->number[0]);
  return event->kind == NICE_TRACE_MATCHED
      && is_steered_pair (self, event->pair);
}

/**
 * gst_ice_nice_pairs_note_requests:
 * @self: the pairs
 * @event: a line of libnice's log
 * @now: when it was written, microseconds, monotonic
 *
 * Under the lock. Keeps the peer's authenticated requests until
 * gst_ice_nice_pairs_take_request().
 */
void
gst_ice_nice_pairs_note_requests (
    GstIceNicePairs *self, const NiceTraceEvent *event, gint64 now)
{
  if (nice_requests_step (&self->requests, event, is_steered (self, event), now)
      && self->requested != NULL)
    gst_ice_alarm_set (self->requested, 0);
  if (event->kind == NICE_TRACE_REPLY || event->kind == NICE_TRACE_MATCHED)
    gst_ice_nice_pairs_update_senders (self);
}

/**
 * gst_ice_nice_pairs_watch_requests:
 * @self: the pairs
 * @requested: (nullable): an alarm that becomes due when the peer has sent
 *   authenticated requests
 *
 * I/O thread.
 */
void
gst_ice_nice_pairs_watch_requests (
    GstIceNicePairs *self, GstIceAlarm *requested)
{
  GstIceAlarm *old;

  g_mutex_lock (&self->lock);
  old = self->requested;
  self->requested = requested != NULL ? gst_ice_alarm_ref (requested) : NULL;
  g_mutex_unlock (&self->lock);
  g_clear_pointer (&old, gst_ice_alarm_unref);
}

/* Under the lock. libnice names the pair of the check; the selected pair may be
 * a valid pair of that check with another local candidate. */
static gboolean
is_selected (GstIceNicePairs *self, guintptr id)
{
  const IceCheckPair *selected = gst_ice_nice_pairs_find_selected (self);
  const IceCheckPair *pair = id != 0 ? ice_checklist_find (self->list, id)
                                     : NULL;

  return pair != NULL && selected != NULL
      && pair->protocol == selected->protocol
      && ice_check_endpoint_equal (&pair->base, &selected->base)
      && ice_check_endpoint_equal (&pair->remote, &selected->remote);
}

/**
 * gst_ice_nice_pairs_take_request:
 * @self: the pairs
 * @request: (out): an authenticated request of the peer
 * @on_selected: (out): whether it came on the selected pair, by libnice's trace
 *
 * Returns: whether there was a request that was not taken yet
 */
gboolean
gst_ice_nice_pairs_take_request (
    GstIceNicePairs *self, NiceRequest *request, gboolean *on_selected)
{
  gboolean taken;

  g_mutex_lock (&self->lock);
  taken = nice_requests_take (&self->requests, request);
  *on_selected = taken && is_selected (self, request->pair);
  g_mutex_unlock (&self->lock);
  return taken;
}

/**
 * gst_ice_nice_pairs_add_socket:
 * @self: the pairs
 * @socket: (transfer none): a socket of the agent's
 * @is_steered: whether there is a steering socket beside it
 *
 * I/O thread, before the socket receives.
 */
void
gst_ice_nice_pairs_add_socket (
    GstIceNicePairs *self, GSocket *socket, gboolean is_steered)
{
  guint64 descriptor = (guint64) g_socket_get_fd (socket);

  g_mutex_lock (&self->lock);
  if (is_steered)
    g_array_append_val (self->steered, descriptor);
  else if (g_socket_get_socket_type (socket) == G_SOCKET_TYPE_DATAGRAM)
    self->has_unsteered = TRUE;
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_nice_pairs_watch_senders:
 * @self: the pairs
 * @senders: (transfer none): atomic; set to a NiceRequestsSenders now and at
 * each change; must outlive the pairs
 *
 * I/O thread.
 */
void
gst_ice_nice_pairs_watch_senders (GstIceNicePairs *self, gint *senders)
{
  g_mutex_lock (&self->lock);
  self->senders = senders;
  gst_ice_nice_pairs_update_senders (self);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_nice_pairs_set_remote:
 * @self: the pairs
 * @remote: the remote address of the selected pair
 * @is_steered: whether the pair's datagrams come through a steered socket
 *
 * I/O thread.
 */
void
gst_ice_nice_pairs_set_remote (
    GstIceNicePairs *self, const NiceTraceEndpoint *remote, gboolean is_steered)
{
  g_mutex_lock (&self->lock);
  self->remote = *remote;
  self->is_steered = is_steered;
  gst_ice_nice_pairs_update_senders (self);
  g_mutex_unlock (&self->lock);
}
