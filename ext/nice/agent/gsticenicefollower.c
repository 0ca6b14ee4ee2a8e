/* gst-ice: follows a peer whose address changes during a call.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * icefollow has the rule. Consent handles what a request proves about the
 * selected pair. */

#include "agent/gsticenicefollower.h"
#include "iothread/gsticealarm.h"
#include "model/icefollow.h"
#include "agent/nicecandidate.h"

GST_DEBUG_CATEGORY_STATIC (gst_ice_nice_follower_debug);
#define GST_CAT_DEFAULT gst_ice_nice_follower_debug

struct _GstIceNiceFollower
{
  GstIceNiceFollowerParts parts;
  IceFollow paths;
  gboolean is_on;         /* a pair of the credentials in force is selected */
  GstIceAlarm *requested; /* due when requests of the peer have to be handled */
  GstIceAlarm *timer;

  /* the selected pair if it was followed to and is not nominated: libnice does
   * not have this pair and would not report its nomination; else NULL */
  IceCandidate *local, *remote;
  IceCheckEndpoint base;
  gboolean is_following; /* it is being selected */
};

static gboolean
is_controlling (GstIceNiceFollower *self)
{
  return gst_ice_transport_get_role (self->parts.transport)
      == GST_ICE_ROLE_CONTROLLING;
}

static gint64
get_round_trip_time (GstIceNiceFollower *self)
{
  return gst_ice_nice_consent_get_round_trip_time (self->parts.consent);
}

static void
send_check (GstIceNiceFollower *self, const IceFollowPath *path, guint32 id)
{
  g_autoptr (GError) error = NULL;

  if (gst_ice_nice_consent_check (self->parts.consent,
          (GstIceSteering *) path->local, &path->remote, id, &error))
    GST_DEBUG_OBJECT (self->parts.transport, "check %u of %s port %u", id,
        path->remote.address, path->remote.port);
  else
    GST_DEBUG_OBJECT (self->parts.transport, "check of %s port %u: %s",
        path->remote.address, path->remote.port, error->message);
}

static gboolean
is_at (const NiceCandidate *candidate, const IceCheckEndpoint *place)
{
  IceCheckEndpoint other = { .port = nice_address_get_port (&candidate->addr) };

  nice_address_to_string (&candidate->addr, other.address);
  return candidate->transport == NICE_CANDIDATE_TRANSPORT_UDP
      && ice_check_endpoint_equal (&other, place);
}

/* Returns: (transfer full) (nullable): the peer's candidate with this address,
 * which libnice has learnt from its request */
static IceCandidate *
find_remote (GstIceNiceFollower *self, const IceCheckEndpoint *place)
{
  const GstIceNiceFollowerParts *parts = &self->parts;
  GSList *list = nice_agent_get_remote_candidates (
      parts->agent, parts->stream, parts->component);
  IceCandidate *found = NULL;
  GSList *i;

  for (i = list; i != NULL && found == NULL; i = i->next)
    if (is_at (i->data, place))
      found = nice_candidate_to_ice (
          i->data, gst_ice_transport_get_component (parts->transport));
  g_slist_free_full (list, (GDestroyNotify) nice_candidate_free);
  return found;
}

static gboolean
is_at_steering (const NiceCandidate *candidate, GstIceSteering *steering)
{
  g_autoptr (GInetSocketAddress) address = NULL;
  IceCheckEndpoint base;

  nice_candidate_get_base (candidate, &base);
  address = G_INET_SOCKET_ADDRESS (
      g_inet_socket_address_new_from_string (base.address, base.port));
  return candidate->type == NICE_CANDIDATE_TYPE_HOST
      && candidate->transport == NICE_CANDIDATE_TRANSPORT_UDP && address != NULL
      && gst_ice_steering_is_at (steering, address);
}

/* Returns: (transfer full) (nullable): the host candidate with this address */
static IceCandidate *
find_host (
    GstIceNiceFollower *self, GstIceSteering *steering, IceCheckEndpoint *base)
{
  const GstIceNiceFollowerParts *parts = &self->parts;
  GSList *list = nice_agent_get_local_candidates (
      parts->agent, parts->stream, parts->component);
  IceCandidate *found = NULL;
  GSList *i;

  for (i = list; i != NULL && found == NULL; i = i->next)
    if (is_at_steering (i->data, steering)) {
      nice_candidate_get_base (i->data, base);
      found = nice_candidate_local_to_ice (
          i->data, gst_ice_transport_get_component (parts->transport));
    }
  g_slist_free_full (list, (GDestroyNotify) nice_candidate_free);
  return found;
}

/* Returns: (transfer full) (nullable): the local candidate that the peer sees:
 * that of the previously selected pair, if known, else the host candidate */
static IceCandidate *
find_local (
    GstIceNiceFollower *self, GstIceSteering *steering, IceCheckEndpoint *base)
{
  g_autoptr (IceCandidate) host = find_host (self, steering, base);
  IceCandidate *seen;

  if (host == NULL)
    return NULL;
  seen = gst_ice_nice_pairs_get_selected_local (self->parts.pairs, base);
  return seen != NULL ? seen : g_steal_pointer (&host);
}

/* Enters a valid pair (RFC 8445 section 7.2.5.3.2), whether libnice has made it
 * or not. Returns: whether its candidates are known */
static gboolean
find_pair (GstIceNiceFollower *self, const IceFollowPath *path,
    IceCandidate **local, IceCheckEndpoint *base, IceCandidate **remote)
{
  *local = find_local (self, (GstIceSteering *) path->local, base);
  *remote = find_remote (self, &path->remote);
  return *local != NULL && *remote != NULL;
}

static void
forget_pair (GstIceNiceFollower *self)
{
  g_clear_pointer (&self->local, ice_candidate_free);
  g_clear_pointer (&self->remote, ice_candidate_free);
}

/* Takes @local and @remote. The transport's observer may free @self. */
static void
take (GstIceNiceFollower *self, IceCandidate *local,
    const IceCheckEndpoint *base, IceCandidate *remote, gboolean nominated)
{
  gst_ice_nice_pairs_add_valid (self->parts.pairs, base, remote, nominated);
  forget_pair (self);
  if (!nominated) {
    self->local = ice_candidate_copy (local);
    self->remote = ice_candidate_copy (remote);
    self->base = *base;
  }
  self->is_following = TRUE;
  gst_ice_nice_selection_take (
      self->parts.selection, local, base, remote, nominated);
  ice_candidate_free (local);
  ice_candidate_free (remote);
}

/* Handles a nomination of the selected pair by the controlling peer. Returns:
 * whether it was reported; @self may be freed then */
static gboolean
nominate (GstIceNiceFollower *self)
{
  const IceCheckEndpoint base = self->base;

  if (self->local == NULL || is_controlling (self))
    return FALSE;
  take (self, g_steal_pointer (&self->local), &base,
      g_steal_pointer (&self->remote), TRUE);
  return TRUE;
}

static void
follow (GstIceNiceFollower *self, const IceFollowPath *path)
{
  gboolean nominated = path->nominated || is_controlling (self);
  g_autoptr (IceCandidate) local = NULL, remote = NULL;
  IceCheckEndpoint base;

  if (find_pair (self, path, &local, &base, &remote)) {
    GST_INFO_OBJECT (self->parts.transport,
        "the peer has moved: %s port %u instead of the selected pair's",
        remote->address, remote->port);
    ice_follow_restart (&self->paths);
    take (self, g_steal_pointer (&local), &base, g_steal_pointer (&remote),
        nominated);
  } else {
    ice_follow_restart (&self->paths);
  }
}

/* Selecting another pair comes last: an observer may free @self. */
static void
update (GstIceNiceFollower *self)
{
  gint64 now = g_get_monotonic_time ();
  gint64 life = gst_ice_transport_get_last_life (self->parts.transport);
  const IceFollowPath *path;
  guint32 id;

  if (!self->is_on || !gst_ice_nice_consent_can_check (self->parts.consent))
    ice_follow_restart (&self->paths);
  if (ice_follow_update (&self->paths, life, now))
    gst_ice_nice_consent_send_soon (self->parts.consent);
  path = ice_follow_check (&self->paths, now, &id);
  if (path != NULL)
    send_check (self, path, id);
  gst_ice_alarm_set (self->timer,
      ice_follow_get_next (
          &self->paths, is_controlling (self), get_round_trip_time (self)));
  path = ice_follow_choose (
      &self->paths, is_controlling (self), get_round_trip_time (self), now);
  if (path != NULL)
    follow (self, path);
}

static void
on_timer (gpointer data)
{
  update (data);
}

static void
on_requested (gpointer data)
{
  GstIceNiceFollower *self = data;
  const GstIceNiceFollowerParts *parts = &self->parts;
  gboolean on_selected, is_heard = FALSE, is_nominated = FALSE;
  NiceRequest request;

  while (
      gst_ice_nice_pairs_take_request (parts->pairs, &request, &on_selected)) {
    IceCheckEndpoint from = { .port = request.remote.port };
    GstIceSteering *steering = gst_ice_nice_consent_find_socket (
        parts->consent, request.socket);

    g_strlcpy (from.address, request.remote.address, sizeof from.address);
    if (on_selected
        || gst_ice_nice_consent_has_request (parts->consent, &request)) {
      is_heard = TRUE;
      is_nominated |= request.use_candidate;
    } else if (steering != NULL)
      ice_follow_hear (&self->paths, (guintptr) steering, &from,
          request.use_candidate, request.at);
  }
  gst_ice_alarm_set (self->timer, 0);
  if (is_heard && (!is_nominated || !nominate (self)))
    gst_ice_nice_consent_note_request (parts->consent);
}

/* The check was answered, authenticated. */
static void
on_checked (GSocketAddress *from, guint32 id, gpointer data)
{
  GstIceNiceFollower *self = data;
  GInetSocketAddress *inet = G_INET_SOCKET_ADDRESS (from);
  g_autofree gchar *text = g_inet_address_to_string (
      g_inet_socket_address_get_address (inet));
  IceCheckEndpoint place = { .port = g_inet_socket_address_get_port (inet) };
  g_autoptr (IceCandidate) local = NULL, remote = NULL;
  const IceFollowPath *path;
  IceCheckEndpoint base;

  g_strlcpy (place.address, text, sizeof place.address);
  path = ice_follow_answer (&self->paths, id, &place, g_get_monotonic_time ());
  if (path == NULL)
    return;
  GST_DEBUG_OBJECT (
      self->parts.transport, "%s port %u has answered", text, place.port);
  if (find_pair (self, path, &local, &base, &remote))
    gst_ice_nice_pairs_add_valid (self->parts.pairs, &base, remote, FALSE);
  gst_ice_alarm_set (self->timer, 0);
}

/**
 * gst_ice_nice_follower_new:
 * @context: the I/O thread's main context
 * @parts: the parts of the generation that it uses; copied
 *
 * Returns: (transfer full): a follower that follows nothing before
 *   gst_ice_nice_follower_begin()
 */
GstIceNiceFollower *
gst_ice_nice_follower_new (
    GMainContext *context, const GstIceNiceFollowerParts *parts)
{
  GstIceNiceFollower *self = g_new0 (GstIceNiceFollower, 1);

  GST_DEBUG_CATEGORY_INIT (
      gst_ice_nice_follower_debug, "icefollower", 0, "ICE peers that move");
  self->parts = *parts;
  self->timer = gst_ice_alarm_new (context, on_timer, self);
  self->requested = gst_ice_alarm_new (context, on_requested, self);
  gst_ice_nice_consent_set_checked (parts->consent, on_checked, self);
  gst_ice_nice_pairs_watch_requests (parts->pairs, self->requested);
  return self;
}

/**
 * gst_ice_nice_follower_free:
 * @self: (transfer full): a follower
 */
void
gst_ice_nice_follower_free (GstIceNiceFollower *self)
{
  gst_ice_nice_pairs_watch_requests (self->parts.pairs, NULL);
  gst_ice_nice_consent_set_checked (self->parts.consent, NULL, NULL);
  gst_ice_alarm_free (self->requested);
  gst_ice_alarm_free (self->timer);
  forget_pair (self);
  g_free (self);
}

/**
 * gst_ice_nice_follower_begin:
 * @self: a follower
 *
 * Reports that a pair was selected that was checked with the credentials in
 * force.
 */
void
gst_ice_nice_follower_begin (GstIceNiceFollower *self)
{
  ice_follow_restart (&self->paths);
  if (!self->is_following)
    forget_pair (self);
  self->is_following = FALSE;
  self->is_on = TRUE;
}

/**
 * gst_ice_nice_follower_restart:
 * @self: a follower
 *
 * Reports that the credentials have changed: nothing is followed before a pair
 * that was checked with the new ones is selected.
 */
void
gst_ice_nice_follower_restart (GstIceNiceFollower *self)
{
  ice_follow_restart (&self->paths);
  forget_pair (self);
  self->is_on = FALSE;
  gst_ice_alarm_set (self->timer, -1);
}
