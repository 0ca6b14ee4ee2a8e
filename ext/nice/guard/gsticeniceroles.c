/* gst-ice: role conflicts of one NiceAgent.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * libnice follows every conflict and repeats its check at once; it has no
 * setting to stop that. With a peer that refuses both roles it changes its own
 * role about 90 times a second. Therefore, once the role is settled, the kernel
 * drops the peer's 487 before libnice reads it. The peer's own requests, and
 * answers on relayed and TCP pairs, can still change libnice's role; the
 * transport's role follows these changes after some seconds. */

#include "guard/gsticeniceroles.h"
#include "iothread/gsticealarm.h"

struct _GstIceNiceRoles
{
  GstIceTransport *transport;        /* not referenced: it owns us */
  GstIceNiceFloodGuard *flood_guard; /* not referenced: it outlives us */
  IceRateLimit *warnings;            /* likewise */
  gboolean is_controlling;           /* libnice's role, by its trace */
  IceRoleConflict conflict;
  GstIceRole
      deferred; /* libnice's role that is reported later; unknown: none */
  GstIceAlarm *review; /* set while the role is settled */
};

static void
schedule_review (GstIceNiceRoles *self, gint64 now)
{
  gst_ice_alarm_set (self->review, now + ICE_ROLE_CONFLICT_WINDOW);
}

static void
on_review (gpointer data)
{
  GstIceNiceRoles *self = data;
  GstIceRole deferred = self->deferred;
  gint64 now = g_get_monotonic_time ();

  self->deferred = GST_ICE_ROLE_UNKNOWN;
  if (ice_role_conflict_is_settled (&self->conflict, now))
    schedule_review (self, now);
  else
    gst_ice_nice_flood_guard_drop_role_conflicts (self->flood_guard, FALSE);
  if (deferred != GST_ICE_ROLE_UNKNOWN)
    gst_ice_transport_report_role (self->transport, deferred);
}

static GstIceRole
get_role (GstIceNiceRoles *self)
{
  return gst_ice_transport_get_role (self->transport);
}

static void
settle (GstIceNiceRoles *self, gint64 now)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *more = NULL;

  gst_ice_nice_flood_guard_drop_role_conflicts (self->flood_guard, TRUE);
  schedule_review (self, now);
  more = ice_rate_limit_pass (self->warnings, now);
  if (more == NULL)
    return;
  error = g_error_new (G_IO_ERROR, G_IO_ERROR_FAILED,
      "the peer and this end disagree on the role: it changed %d times within "
      "%d s and stays \"%s\" for now; give the two ends different values of "
      "role%s",
      ICE_ROLE_CONFLICT_SWITCHES,
      (gint) (ICE_ROLE_CONFLICT_WINDOW / G_TIME_SPAN_SECOND),
      get_role (self) == GST_ICE_ROLE_CONTROLLING ? "controlling"
                                                  : "controlled",
      more);
  gst_ice_transport_report_problem (self->transport, error, FALSE);
}

/* Returns: the verdict on a conflict; warns the user if it settles the role */
static IceRoleConflictVerdict
judge (GstIceNiceRoles *self)
{
  gint64 now = g_get_monotonic_time ();
  IceRoleConflictVerdict verdict = ice_role_conflict_step (
      &self->conflict, now);

  if (verdict == ICE_ROLE_CONFLICT_SETTLED)
    settle (self, now);
  return verdict;
}

static gboolean
may_change (IceRoleConflictVerdict verdict)
{
  return verdict == ICE_ROLE_CONFLICT_FIRST
      || verdict == ICE_ROLE_CONFLICT_AGAIN;
}

/**
 * gst_ice_nice_roles_new:
 * @transport: (transfer none): the transport that has the role; outlives @self
 * @context: the I/O thread's main context
 * @flood_guard: (transfer none): drops error 487 before libnice reads it;
 *   outlives the object
 * @controlling: the role that libnice begins with
 * @warnings: the rate limit of warnings about conflicts; outlives the object
 *
 * Returns: (transfer full): roles without a conflict yet
 */
GstIceNiceRoles *
gst_ice_nice_roles_new (GstIceTransport *transport, GMainContext *context,
    GstIceNiceFloodGuard *flood_guard, gboolean controlling,
    IceRateLimit *warnings)
{
  GstIceNiceRoles *self = g_new0 (GstIceNiceRoles, 1);

  self->transport = transport;
  self->flood_guard = flood_guard;
  self->is_controlling = controlling;
  self->warnings = warnings;
  self->deferred = GST_ICE_ROLE_UNKNOWN;
  self->review = gst_ice_alarm_new (context, on_review, self);
  return self;
}

/**
 * gst_ice_nice_roles_free:
 * @self: (transfer full): the roles
 */
void
gst_ice_nice_roles_free (GstIceNiceRoles *self)
{
  gst_ice_alarm_free (self->review);
  g_free (self);
}

/**
 * gst_ice_nice_roles_are_controlling:
 * @self: the roles
 *
 * Returns: whether the role in force is controlling; requests that libnice does
 *   not send itself have this role
 */
gboolean
gst_ice_nice_roles_are_controlling (GstIceNiceRoles *self)
{
  return get_role (self) == GST_ICE_ROLE_CONTROLLING;
}

/**
 * gst_ice_nice_roles_refuse:
 * @self: the roles
 *
 * Reports a conflict that libnice does not see: the peer has answered 487,
 * authenticated, to a request of ours with the role in force (RFC 8445 section
 * 7.2.5.1), or has sent a request with that role and the greater tie-breaker
 * (section 7.3.1.1). Changes the role if the limit allows it.
 *
 * Returns: the verdict, which decides when the next request is sent
 */
IceRoleConflictVerdict
gst_ice_nice_roles_refuse (GstIceNiceRoles *self)
{
  GstIceRole role = get_role (self);
  IceRoleConflictVerdict verdict = judge (self);

  if (may_change (verdict))
    gst_ice_transport_report_role (self->transport,
        role == GST_ICE_ROLE_CONTROLLING ? GST_ICE_ROLE_CONTROLLED
                                         : GST_ICE_ROLE_CONTROLLING);
  return verdict;
}

/**
 * gst_ice_nice_roles_follow:
 * @self: the roles
 * @role: the role that libnice has after a conflict
 *
 * The transport's role follows libnice's at once or, while it is settled, after
 * some seconds.
 */
void
gst_ice_nice_roles_follow (GstIceNiceRoles *self, GstIceRole role)
{
  gboolean agrees = role == get_role (self);

  self->is_controlling = role == GST_ICE_ROLE_CONTROLLING;
  if (agrees && !gst_ice_alarm_is_set (self->review))
    return; /* a consent request met the conflict first */
  if (may_change (judge (self)))
    gst_ice_transport_report_role (self->transport, role);
  else
    self->deferred = agrees ? GST_ICE_ROLE_UNKNOWN : role;
}

/**
 * gst_ice_nice_roles_restart:
 * @self: the roles
 *
 * Forgets earlier conflicts at an ICE restart in place: the peer may be another
 * one.
 */
void
gst_ice_nice_roles_restart (GstIceNiceRoles *self)
{
  gint64 now = g_get_monotonic_time ();

  self->conflict = (IceRoleConflict){ 0 };
  gst_ice_nice_flood_guard_drop_role_conflicts (self->flood_guard, FALSE);
  gst_ice_alarm_set (
      self->review, self->deferred != GST_ICE_ROLE_UNKNOWN ? now : -1);
}

/**
 * gst_ice_nice_roles_is_agent_controlling:
 * @self: the roles
 *
 * Returns: whether libnice's own checks are controlling; this differs from the
 *   transport's role if only a consent request met a conflict
 */
gboolean
gst_ice_nice_roles_is_agent_controlling (GstIceNiceRoles *self)
{
  return self->is_controlling;
}
