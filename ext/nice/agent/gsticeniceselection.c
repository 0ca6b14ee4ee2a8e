/* gst-ice: the selected pair of one generation.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * libnice selects only pairs that the controlling agent has nominated. A valid
 * pair that was not nominated is selected here. If it sends from a UDP socket
 * of this machine, consent and media have sockets of their own; libnice does
 * not learn of the selection, continues to check, and follows a later
 * nomination. Otherwise libnice has to send, so it is made to select the pair;
 * niceselect.c describes the price of that. */

#include "agent/gsticeniceselection.h"
#include "iothread/gsticealarm.h"
#include "agent/nicecandidate.h"
#include "agent/niceselect.h"

GST_DEBUG_CATEGORY_STATIC (gst_ice_nice_selection_debug);
#define GST_CAT_DEFAULT gst_ice_nice_selection_debug

struct _GstIceNiceSelection
{
  GstIceNiceSelectionParts parts;
  GstIceNiceSelectionFunc selects;
  gpointer user_data;
  GstIceAlarm *patience; /* due when a valid pair was not nominated in time */
  gboolean is_over;      /* libnice has ended its checks without a nomination */
  gboolean refused;      /* it did not select the pair that we asked for */

  /* the selected pair; NULL: none with the current credentials */
  IceCandidate *local, *remote;
  gboolean nominated;
  gboolean had_pair; /* a pair was selected, with these credentials or earlier
                        ones */
  gboolean is_tcp;
  gboolean is_steered;
};

static void
on_patience (gpointer data)
{
  gst_ice_nice_selection_update (data);
}

/**
 * gst_ice_nice_selection_new:
 * @context: the I/O thread's main context
 * @parts: the parts that use the selected pair; copied
 * @selects: called each time before a pair is reported
 * @user_data: for @selects
 *
 * Returns: (transfer full): a selection without a pair
 */
GstIceNiceSelection *
gst_ice_nice_selection_new (GMainContext *context,
    const GstIceNiceSelectionParts *parts, GstIceNiceSelectionFunc selects,
    gpointer user_data)
{
  GstIceNiceSelection *self = g_new0 (GstIceNiceSelection, 1);

  GST_DEBUG_CATEGORY_INIT (
      gst_ice_nice_selection_debug, "iceselection", 0, "ICE selected pairs");
  self->parts = *parts;
  self->selects = selects;
  self->user_data = user_data;
  self->patience = gst_ice_alarm_new (context, on_patience, self);
  return self;
}

static void
forget_pair (GstIceNiceSelection *self)
{
  g_clear_pointer (&self->local, ice_candidate_free);
  g_clear_pointer (&self->remote, ice_candidate_free);
  self->nominated = FALSE;
}

/**
 * gst_ice_nice_selection_free:
 * @self: (transfer full): a selection
 */
void
gst_ice_nice_selection_free (GstIceNiceSelection *self)
{
  gst_ice_alarm_free (self->patience);
  forget_pair (self);
  g_free (self);
}

static gboolean
same_place (const IceCandidate *a, const IceCandidate *b)
{
  IceCheckEndpoint place;

  ice_check_endpoint_set (&place, b);
  return ice_check_is_at (a, &place, b->protocol);
}

static gboolean
is_taken (GstIceNiceSelection *self, const IceCandidate *local,
    const IceCandidate *remote)
{
  return self->local != NULL && same_place (self->local, local)
      && same_place (self->remote, remote);
}

/* Whether media uses the pair already. If consent on it has expired, the pair
 * has to be selected anew. */
static gboolean
keep_pair (GstIceNiceSelection *self, const IceCandidate *local,
    const IceCandidate *remote, gboolean nominated)
{
  if (!is_taken (self, local, remote)
      || !gst_ice_transport_may_send (self->parts.transport))
    return FALSE;
  if (nominated && !self->nominated) {
    self->nominated = TRUE;
    gst_ice_nice_consent_set_nominated (self->parts.consent, TRUE);
    gst_ice_transport_report_nominated (self->parts.transport);
  }
  return TRUE;
}

/* Returns: whether the pair's connection is still open */
static gboolean
report_to_parts (GstIceNiceSelection *self, const NiceCandidate *local,
    const NiceCandidate *remote)
{
  const GstIceNiceSelectionParts *parts = &self->parts;
  GstIceSteering *steering = gst_ice_nice_consent_find_steering (
      parts->consent, local);

  self->is_steered = steering != NULL;
  gst_ice_nice_consent_set_nominated (parts->consent, self->nominated);
  gst_ice_nice_consent_watch (parts->consent, local, remote);
  gst_ice_nice_media_select (parts->media, steering, &remote->addr);
  gst_ice_nice_flood_guard_set_selected (parts->flood_guard, &remote->addr);
  gst_ice_nice_pairs_select (parts->pairs, self->local, self->remote);
  return parts->admission == NULL
      || gst_ice_nice_tcp_admission_select (parts->admission, local, remote);
}

/* An observer may free the selection. */
static void
report (GstIceNiceSelection *self, gboolean is_lost)
{
  g_autoptr (GstIceTransport)
      transport = gst_object_ref (self->parts.transport);

  gst_ice_transport_report_selected_pair (
      transport, self->local, self->remote, self->nominated);
  if (!is_lost)
    return;
  gst_ice_transport_report_event (transport, ICE_EVENT_SOCKET_ERROR);
  gst_ice_transport_report_event (transport, ICE_EVENT_CHECKS_DONE);
}

/**
 * gst_ice_nice_selection_take:
 * @self: a selection
 * @local: the pair's local candidate, as the peer sees it
 * @base: the address of this machine that it sends from; not used for a relayed
 *   @local
 * @remote: the pair's remote candidate
 * @nominated: whether the controlling agent has nominated the pair
 *
 * I/O thread. Selects a pair; there is no other way. Consent requests are sent
 * on the pair, media is sent on it and accepted from its remote address, the
 * guards admit it, and it is reported with @nominated. libnice need not know
 * the candidates, but the caller must have seen an authenticated success
 * response to a check on this pair.
 *
 * A pair that is selected already keeps its counters and its consent; only a
 * nomination is reported.
 *
 * Where the base is no UDP socket of this machine (relayed and TCP pairs,
 * systems without steering), libnice sends the datagrams on the pair that it
 * has selected itself: only that pair may be selected then.
 */
void
gst_ice_nice_selection_take (GstIceNiceSelection *self,
    const IceCandidate *local, const IceCheckEndpoint *base,
    const IceCandidate *remote, gboolean nominated)
{
  NiceCandidate *nice_local, *nice_remote;
  gboolean is_lost;

  if (keep_pair (self, local, remote, nominated))
    return;
  nice_local = nice_candidate_from_ice (local, 0, 0);
  nice_remote = nice_candidate_from_ice (remote, 0, 0);
  g_return_if_fail (nice_local != NULL && nice_remote != NULL);
  nice_candidate_set_base (nice_local, base);
  GST_INFO_OBJECT (self->parts.transport, "selected %s port %u -> %s port %u%s",
      local->address, local->port, remote->address, remote->port,
      nominated ? "" : ", which was not nominated");
  forget_pair (self);
  self->local = ice_candidate_copy (local);
  self->remote = ice_candidate_copy (remote);
  self->nominated = nominated;
  self->had_pair = TRUE;
  self->is_tcp = local->protocol == ICE_CANDIDATE_PROTOCOL_TCP;
  is_lost = !report_to_parts (self, nice_local, nice_remote);
  self->selects (nice_local, self->user_data);
  nice_candidate_free (nice_local);
  nice_candidate_free (nice_remote);
  report (self, is_lost);
}

/**
 * gst_ice_nice_selection_follow:
 * @self: a selection
 * @nice_local: the local candidate of the pair that libnice has selected
 * @nice_remote: its remote candidate
 *
 * I/O thread. Selects that pair.
 */
void
gst_ice_nice_selection_follow (GstIceNiceSelection *self,
    const NiceCandidate *nice_local, const NiceCandidate *nice_remote)
{
  guint component = gst_ice_transport_get_component (self->parts.transport);
  g_autoptr (IceCandidate)
      local = nice_candidate_local_to_ice (nice_local, component);
  g_autoptr (IceCandidate)
      remote = nice_candidate_to_ice (nice_remote, component);
  IceCheckEndpoint base;

  /* The type that was signalled; libnice was given another one. */
  if (remote->type == ICE_CANDIDATE_TYPE_SRFLX
      && gst_ice_nice_pairs_is_prflx (self->parts.pairs, remote))
    remote->type = ICE_CANDIDATE_TYPE_PRFLX;
  nice_candidate_get_base (nice_local, &base);
  gst_ice_nice_selection_take (self, local, &base, remote,
      gst_ice_nice_pairs_is_nominated (self->parts.pairs, local, remote));
}

/* A controlling libnice continues to nominate while it has checks. */
static gboolean
may_make_libnice_select (GstIceNiceSelection *self)
{
  return !self->refused
      && (self->is_over
          || gst_ice_transport_get_role (self->parts.transport)
              != GST_ICE_ROLE_CONTROLLING);
}

/* libnice forgets all pairs in this call; our table keeps the selected one. */
static gboolean
make_libnice_select (GstIceNiceSelection *self, const GstIceNicePath *path,
    const NiceCandidate *local, const NiceCandidate *remote)
{
  const GstIceNiceSelectionParts *parts = &self->parts;
  gboolean selected;

  gst_ice_nice_pairs_select (parts->pairs, path->local, path->remote);
  gst_ice_nice_pairs_expect_pruning (parts->pairs, TRUE);
  selected = nice_select_pair (
      parts->agent, parts->stream_id, parts->component_id, local, remote);
  gst_ice_nice_pairs_expect_pruning (parts->pairs, FALSE);
  if (selected)
    return TRUE;
  GST_WARNING_OBJECT (
      parts->transport, "libnice did not select a pair that was not nominated");
  self->refused = TRUE;
  gst_ice_nice_pairs_select (parts->pairs, self->local, self->remote);
  return FALSE;
}

/* Returns: whether datagrams can be sent on that pair now */
static gboolean
open_path (GstIceNiceSelection *self, const GstIceNicePath *path)
{
  NiceCandidate *local = nice_candidate_from_ice (path->local, 0, 0);
  NiceCandidate *remote = nice_candidate_from_ice (path->remote, 0, 0);
  gboolean is_open = FALSE;

  if (local != NULL && remote != NULL) {
    nice_candidate_set_base (local, &path->base);
    is_open = gst_ice_nice_consent_find_steering (self->parts.consent, local)
            != NULL
        || (may_make_libnice_select (self)
            && make_libnice_select (self, path, local, remote));
  }
  g_clear_pointer (&local, nice_candidate_free);
  g_clear_pointer (&remote, nice_candidate_free);
  return is_open;
}

/**
 * gst_ice_nice_selection_notice_nomination:
 * @self: a selection
 *
 * I/O thread. To be called when libnice has gone to READY, as it does when a
 * pair is nominated: it emits no signal for a pair that we made it select
 * before.
 */
void
gst_ice_nice_selection_notice_nomination (GstIceNiceSelection *self)
{
  if (self->local != NULL && !self->nominated
      && gst_ice_nice_pairs_is_nominated (
          self->parts.pairs, self->local, self->remote))
    keep_pair (self, self->local, self->remote, TRUE);
}

/**
 * gst_ice_nice_selection_update:
 * @self: a selection
 *
 * I/O thread. To be called when a pair has changed or the alarm is due. While
 * no pair is nominated, selects the valid pair that ice_selection_choose()
 * returns.
 */
void
gst_ice_nice_selection_update (GstIceNiceSelection *self)
{
  const GstIceNiceSelectionParts *parts = &self->parts;
  GstIceNicePath path = { 0 };
  gint64 look_again;

  if (!gst_ice_nice_pairs_choose (parts->pairs,
          gst_ice_transport_get_role (parts->transport), self->is_over, &path,
          &look_again)) {
    gst_ice_alarm_set (self->patience, look_again);
    return;
  }
  gst_ice_alarm_set (self->patience, -1);
  if (!is_taken (self, path.local, path.remote) && open_path (self, &path))
    gst_ice_nice_selection_take (
        self, path.local, &path.base, path.remote, FALSE);
  gst_ice_nice_path_clear (&path);
}

/**
 * gst_ice_nice_selection_set_over:
 * @self: a selection
 * @is_over: whether libnice has ended its checks without a nomination
 *
 * I/O thread. %FALSE when libnice begins to check again.
 */
void
gst_ice_nice_selection_set_over (GstIceNiceSelection *self, gboolean is_over)
{
  self->is_over = is_over;
  gst_ice_nice_selection_update (self);
}

/**
 * gst_ice_nice_selection_restart:
 * @self: a selection
 *
 * I/O thread. Reports that the credentials have changed. Media continues over
 * the selected pair.
 */
void
gst_ice_nice_selection_restart (GstIceNiceSelection *self)
{
  forget_pair (self);
  self->is_over = FALSE;
  self->refused = FALSE;
  gst_ice_alarm_set (self->patience, -1);
}

/**
 * gst_ice_nice_selection_has_pair:
 * @self: a selection
 *
 * Returns: whether a pair of this generation is, or was, selected
 */
gboolean
gst_ice_nice_selection_has_pair (GstIceNiceSelection *self)
{
  return self->had_pair;
}

/**
 * gst_ice_nice_selection_is_steered:
 * @self: a selection
 *
 * Returns: whether that pair sends from a steered UDP socket of this machine:
 *   then consent and media bypass libnice
 */
gboolean
gst_ice_nice_selection_is_steered (GstIceNiceSelection *self)
{
  return self->is_steered;
}

/**
 * gst_ice_nice_selection_is_tcp:
 * @self: a selection
 *
 * Returns: whether that pair is a TCP pair that libnice has nominated
 */
gboolean
gst_ice_nice_selection_is_tcp (GstIceNiceSelection *self)
{
  return self->is_tcp && self->nominated;
}
