/* gst-ice: when a session restarts ICE automatically.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/icerestart.h"

/**
 * ice_restart_init:
 * @self: (out caller-allocates): the rule
 * @on: the events after which to restart
 *
 * There was no restart yet.
 */
void
ice_restart_init (IceRestart *self, GstIceRestartOn on)
{
  *self = (IceRestart){
    .on = on,
    .interval = ICE_RESTART_FIRST_INTERVAL,
    .up_since = -1,
  };
}

static void
set_cause (IceRestart *self, GstIceRestartOn cause, gboolean is_there)
{
  if (is_there)
    self->causes |= cause & self->on;
  else
    self->causes &= ~cause;
}

static void
consider_network (IceRestart *self)
{
  set_cause (self, GST_ICE_RESTART_ON_NETWORK_CHANGE,
      self->gone || (self->found && self->down));
}

static void
note_up (IceRestart *self, gint64 now)
{
  if (self->up_since >= 0 && now - self->up_since >= self->interval)
    self->worked = TRUE;
}

/**
 * ice_restart_set_states:
 * @self: a rule
 * @states: (array length=n): the states of the session's transports
 * @n: how many
 * @now: monotonic time, microseconds
 *
 * A cause that is over before its restart was due leads to none.
 */
void
ice_restart_set_states (
    IceRestart *self, const GstIceConnectionState *states, guint n, gint64 now)
{
  gboolean failed = FALSE, disconnected = FALSE, up = n > 0;
  guint i;

  for (i = 0; i < n; i++) {
    failed |= states[i] == GST_ICE_CONNECTION_STATE_FAILED;
    disconnected |= states[i] == GST_ICE_CONNECTION_STATE_DISCONNECTED;
    up &= ice_connection_state_is_up (states[i]);
  }
  set_cause (self, GST_ICE_RESTART_ON_FAILED, failed);
  set_cause (self, GST_ICE_RESTART_ON_DISCONNECTED, disconnected);
  self->down = failed || disconnected;
  consider_network (self);
  note_up (self, now);
  if (!up)
    self->up_since = -1;
  else if (self->up_since < 0)
    self->up_since = now;
}

/**
 * ice_restart_set_network_changed:
 * @self: a rule
 * @gone: whether an address of the last restart is gone, and there are others
 * @found: whether there is one that was not there at the last restart; a call
 *   that works does not need it
 */
void
ice_restart_set_network_changed (
    IceRestart *self, gboolean gone, gboolean found)
{
  self->gone = gone;
  self->found = found;
  consider_network (self);
}

/**
 * ice_restart_note:
 * @self: a rule
 * @now: when
 *
 * There was a restart: an automatic one, the application's or the peer's.
 */
void
ice_restart_note (IceRestart *self, gint64 now)
{
  note_up (self, now);
  if (self->worked)
    self->interval = ICE_RESTART_FIRST_INTERVAL;
  self->not_before = now + self->interval;
  self->interval = MIN (2 * self->interval, ICE_RESTART_LAST_INTERVAL);
  self->causes = GST_ICE_RESTART_ON_NONE;
  self->gone = FALSE;
  self->found = FALSE;
  self->worked = FALSE;
  self->up_since = -1;
}

/**
 * ice_restart_get_due:
 * @self: a rule
 *
 * Returns: when to restart, microseconds, which may have passed; -1 = not at
 *   all
 */
gint64
ice_restart_get_due (const IceRestart *self)
{
  return self->causes != GST_ICE_RESTART_ON_NONE ? self->not_before : -1;
}
