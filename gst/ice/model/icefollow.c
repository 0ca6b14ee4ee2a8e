/* gst-ice: where the peer's checks come from now, and whether media follows.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/icefollow.h"

#include <string.h>

static IceFollowPath *
find (IceFollow *self, guintptr local, const IceCheckEndpoint *remote)
{
  guint i;

  for (i = 0; i < ICE_FOLLOW_MAX; i++)
    if (self->paths[i].local == local
        && ice_check_endpoint_equal (&self->paths[i].remote, remote))
      return &self->paths[i];
  return NULL;
}

/* Returns: (nullable): a place that is free, or that of the oldest path */
static IceFollowPath *
find_room (IceFollow *self, gint64 now)
{
  IceFollowPath *oldest = &self->paths[0];
  guint i;

  for (i = 0; i < ICE_FOLLOW_MAX; i++) {
    IceFollowPath *path = &self->paths[i];

    if (path->local == 0)
      return path;
    if (path->last < oldest->last)
      oldest = path;
  }
  return now - oldest->last >= ICE_FOLLOW_REPLACED ? oldest : NULL;
}

static void
begin_checks (IceFollowPath *path, gint64 now)
{
  path->tries = 0;
  memset (path->ids, 0, sizeof (path->ids));
  path->next = MAX (path->next, now);
}

/**
 * ice_follow_hear:
 * @self: paths
 * @local: the socket that the request came to, not 0
 * @remote: where it came from
 * @use_candidate: whether it nominates (RFC 8445 section 7.1.2)
 * @now: when
 *
 * An authenticated request that came on another pair than the selected one.
 */
void
ice_follow_hear (IceFollow *self, guintptr local,
    const IceCheckEndpoint *remote, gboolean use_candidate, gint64 now)
{
  IceFollowPath *path = find (self, local, remote);

  if (path == NULL) {
    path = find_room (self, now);
    if (path == NULL)
      return;
    *path = (IceFollowPath){ .local = local, .remote = *remote };
  }
  path->last = now;
  if (path->opened == 0)
    path->opened = now;
  path->nominated |= use_candidate;
  if (path->tries == ICE_FOLLOW_TRIES && path->proven == 0)
    begin_checks (path, now);
}

/* The selected pair is alive, so the request has no effect. */
static void
trust_selected (IceFollowPath *path)
{
  path->opened = 0;
  path->since = 0;
  path->proven = 0;
  path->nominated = FALSE;
  path->tries = 0;
  memset (path->ids, 0, sizeof (path->ids));
}

/**
 * ice_follow_update:
 * @self: paths
 * @life: when a packet from the peer was last received on the selected pair
 * @now: the time
 *
 * Call it before ice_follow_check() and ice_follow_choose().
 *
 * Returns: whether the selected pair has just come into doubt, so that a
 *   consent request is sent there
 */
gboolean
ice_follow_update (IceFollow *self, gint64 life, gint64 now)
{
  gboolean doubted = FALSE;
  guint i;

  for (i = 0; i < ICE_FOLLOW_MAX; i++) {
    IceFollowPath *path = &self->paths[i];

    if (path->local == 0)
      continue;
    if (now - path->last >= ICE_FOLLOW_OLD)
      *path = (IceFollowPath){ 0 };
    else if (life >= path->opened)
      trust_selected (path);
    else if (path->since == 0 && now - path->opened >= ICE_FOLLOW_DOUBT) {
      path->since = now;
      begin_checks (path, now);
      doubted = TRUE;
    }
  }
  return doubted;
}

static gboolean
has_check (const IceFollowPath *path)
{
  return path->since != 0 && path->proven == 0
      && path->tries < ICE_FOLLOW_TRIES;
}

/**
 * ice_follow_check:
 * @self: paths
 * @now: the time
 * @id: (out): a number that makes the check's transaction id distinct, not 0
 *
 * Returns: (transfer none) (nullable): a path to check now
 */
const IceFollowPath *
ice_follow_check (IceFollow *self, gint64 now, guint32 *id)
{
  IceFollowPath *due = NULL;
  guint i;

  *id = 0;
  if (self->last_check != 0 && now - self->last_check < ICE_FOLLOW_PACE)
    return NULL;
  for (i = 0; i < ICE_FOLLOW_MAX; i++) {
    IceFollowPath *path = &self->paths[i];

    if (has_check (path) && path->next <= now
        && (due == NULL || path->next < due->next))
      due = path;
  }
  if (due == NULL)
    return NULL;
  if (++self->last_id == 0)
    self->last_id = 1;
  *id = due->ids[due->tries++] = self->last_id;
  due->next = now + ICE_FOLLOW_RTO;
  self->last_check = now;
  return due;
}

static gboolean
has_id (const IceFollowPath *path, guint32 id)
{
  guint i;

  for (i = 0; i < path->tries; i++)
    if (path->ids[i] == id)
      return TRUE;
  return FALSE;
}

/**
 * ice_follow_answer:
 * @self: paths
 * @id: of the check that was answered with integrity
 * @from: where the answer came from, the path's remote end (RFC 8445 section
 *   7.2.5.2.1)
 * @now: when
 *
 * Returns: (transfer none) (nullable): the path that works, as is known since
 *   this answer
 */
const IceFollowPath *
ice_follow_answer (
    IceFollow *self, guint32 id, const IceCheckEndpoint *from, gint64 now)
{
  guint i;

  for (i = 0; i < ICE_FOLLOW_MAX && id != 0; i++) {
    IceFollowPath *path = &self->paths[i];

    if (path->local == 0 || path->proven != 0 || !has_id (path, id)
        || !ice_check_endpoint_equal (&path->remote, from))
      continue;
    path->proven = now;
    return path;
  }
  return NULL;
}

/* When media may follow. After an outage of both paths the answer of the
 * selected one may come a moment later. */
static gint64
get_time (
    const IceFollowPath *path, gboolean controlling, gint64 round_trip_time)
{
  gint64 patience = MAX (ICE_FOLLOW_PATIENCE, 2 * round_trip_time);

  if (!controlling && !path->nominated)
    patience = MAX (patience, ICE_FOLLOW_UNNOMINATED);
  return MAX (path->since + patience, path->proven + ICE_FOLLOW_DOUBT);
}

static gboolean
may_follow (const IceFollowPath *path)
{
  return path->since != 0 && path->proven != 0;
}

/**
 * ice_follow_choose:
 * @self: paths
 * @controlling: this agent's role
 * @round_trip_time: of the selected pair; -1 where it is not known
 * @now: the time
 *
 * Of several paths a nominated one is chosen first, then the one on which a
 * packet from the peer was last received.
 *
 * Returns: (transfer none) (nullable): the path that media uses from now on;
 *   call ice_follow_restart() then
 */
const IceFollowPath *
ice_follow_choose (const IceFollow *self, gboolean controlling,
    gint64 round_trip_time, gint64 now)
{
  const IceFollowPath *best = NULL;
  guint i;

  for (i = 0; i < ICE_FOLLOW_MAX; i++) {
    const IceFollowPath *path = &self->paths[i];

    if (!may_follow (path)
        || now < get_time (path, controlling, round_trip_time))
      continue;
    if (best == NULL || path->nominated > best->nominated
        || (path->nominated == best->nominated && path->last > best->last))
      best = path;
  }
  return best;
}

/**
 * ice_follow_get_next:
 * @self: paths, after ice_follow_update()
 * @controlling: as for ice_follow_choose()
 * @round_trip_time: likewise
 *
 * Returns: when there is something to do; -1 = never
 */
gint64
ice_follow_get_next (
    const IceFollow *self, gboolean controlling, gint64 round_trip_time)
{
  gint64 next = G_MAXINT64;
  guint i;

  for (i = 0; i < ICE_FOLLOW_MAX; i++) {
    const IceFollowPath *path = &self->paths[i];

    if (path->local == 0)
      continue;
    next = MIN (next, path->last + ICE_FOLLOW_OLD);
    if (path->opened != 0 && path->since == 0)
      next = MIN (next, path->opened + ICE_FOLLOW_DOUBT);
    if (has_check (path))
      next = MIN (next, MAX (path->next, self->last_check + ICE_FOLLOW_PACE));
    if (may_follow (path))
      next = MIN (next, get_time (path, controlling, round_trip_time));
  }
  return next != G_MAXINT64 ? next : -1;
}

/**
 * ice_follow_restart:
 * @self: paths
 *
 * Another pair is selected, or there are other credentials: forgets all paths;
 * no id is used again.
 */
void
ice_follow_restart (IceFollow *self)
{
  memset (self->paths, 0, sizeof (self->paths));
}
