/* gst-ice: how often a role conflict may change the role.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include <string.h>

#include "model/iceroleconflict.h"

static void
forget_old_switches (IceRoleConflict *self, gint64 now)
{
  guint n = 0;

  while (n < self->n_switches
      && now - self->switches[n] >= ICE_ROLE_CONFLICT_WINDOW)
    n++;
  self->n_switches -= n;
  memmove (self->switches, self->switches + n,
      self->n_switches * sizeof (self->switches[0]));
}

/**
 * ice_role_conflict_is_settled:
 * @self: the conflicts of an agent
 * @now: the time
 *
 * Returns: whether a conflict changes nothing
 */
gboolean
ice_role_conflict_is_settled (const IceRoleConflict *self, gint64 now)
{
  return self->settled && now - self->last < ICE_ROLE_CONFLICT_QUIET;
}

/**
 * ice_role_conflict_step:
 * @self: the conflicts of an agent
 * @now: when the peer demanded that this agent takes the other role
 *
 * Returns: what to do about it
 */
IceRoleConflictVerdict
ice_role_conflict_step (IceRoleConflict *self, gint64 now)
{
  gboolean was_settled = ice_role_conflict_is_settled (self, now);

  self->settled = was_settled;
  self->last = now;
  if (was_settled)
    return ICE_ROLE_CONFLICT_IGNORED;
  forget_old_switches (self, now);
  if (self->n_switches == ICE_ROLE_CONFLICT_SWITCHES) {
    self->settled = TRUE;
    return ICE_ROLE_CONFLICT_SETTLED;
  }
  self->switches[self->n_switches++] = now;
  return self->n_switches == 1 ? ICE_ROLE_CONFLICT_FIRST
                               : ICE_ROLE_CONFLICT_AGAIN;
}
