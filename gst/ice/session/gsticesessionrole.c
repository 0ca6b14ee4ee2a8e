/* gst-ice: a session's role.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A backend takes the role when it begins to gather. Until there is a pair, the
 * user can set another role: then the session gathers again with that role and
 * the same credentials, and the candidates are reported again.
 *
 * The role belongs to the agent, to all its transports (RFC 8445 section
 * 6.1.1). But a backend may have an ICE agent of its own for each transport, as
 * libnice's has, with a tie-breaker of its own: then each resolves a conflict
 * by itself, and two transports can end with different roles. Such a transport
 * reports what its checks really do. The session's role is the one that changed
 * last; a transport takes it when it gathers or restarts. */

#include "session/gsticesessionrole.h"
#include "session/gsticesessionsignals.h"
#include "session/gsticesessionrestart.h"

/* Writes the role for the session, for transport (nullable) and for those that
 * have not begun to gather, then notifies. */
static void
put_role (GstIceSession *self, GstIceTransport *transport, GstIceRole role)
{
  g_autoptr (GPtrArray) entries = gst_ice_session_list_entries (self);
  gboolean changed;
  guint i;

  g_mutex_lock (&self->lock);
  changed = self->role != role;
  self->role = role;
  g_mutex_unlock (&self->lock);
  for (i = 0; i < entries->len; i++) {
    GstIceSessionEntry *entry = g_ptr_array_index (entries, i);

    if (!entry->begun || entry->transport == transport)
      gst_ice_transport_set_role (entry->transport, role);
  }
  if (changed)
    gst_ice_session_notify (self, "role");
}

/**
 * gst_ice_session_put_role:
 * @self: a session
 * @role: the role in force
 *
 * I/O thread. Writes it for the session and for transports that have not begun
 * to gather, and notifies.
 */
void
gst_ice_session_put_role (GstIceSession *self, GstIceRole role)
{
  put_role (self, NULL, role);
}

/**
 * gst_ice_session_on_role:
 * @transport: a transport of the session
 * @role: its role after a conflict (RFC 8445 section 7.3.1.1)
 * @session: the session
 *
 * I/O thread. Of GstIceTransportObserver.
 */
void
gst_ice_session_on_role (
    GstIceTransport *transport, GstIceRole role, gpointer session)
{
  if (!gst_ice_session_is_closed (session))
    put_role (session, transport, role);
}

static gboolean
has_any_this_role (GPtrArray *entries, GstIceRole role)
{
  guint i;

  for (i = 0; i < entries->len; i++) {
    GstIceSessionEntry *entry = g_ptr_array_index (entries, i);

    if (gst_ice_transport_get_role (entry->transport) == role)
      return TRUE;
  }
  return FALSE;
}

/* A pair was made meanwhile: the user's change comes too late. */
static void
report_too_late (GstIceSession *self, GstIceRole in_force)
{
  g_autoptr (GError) error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_BUSY,
      "role was not changed: the first candidate pair was made meanwhile");

  gst_ice_session_put_role (self, in_force);
  gst_ice_session_warn (self, error);
}

static void
do_apply_role (GstIceSession *self, gpointer unused)
{
  g_autoptr (GPtrArray) entries = gst_ice_session_list_entries (self);
  GstIceRole role, in_force;
  gboolean paired;

  if (gst_ice_session_is_closed (self) || entries->len == 0
      || self->adopted_ufrag == NULL)
    return; /* gathering will begin with the present role */
  in_force = gst_ice_transport_get_role (
      ((GstIceSessionEntry *) g_ptr_array_index (entries, 0))->transport);
  g_mutex_lock (&self->lock);
  paired = self->paired;
  role = self->role != GST_ICE_ROLE_UNKNOWN ? self->role
                                            : GST_ICE_ROLE_CONTROLLING;
  g_mutex_unlock (&self->lock);
  if (role == in_force)
    gst_ice_session_put_role (self, role);
  else if (paired && !has_any_this_role (entries, role))
    report_too_late (self, in_force);
  else if (paired)
    return; /* set to the role that it has after a conflict */
  else {
    gst_ice_session_put_role (self, role);
    gst_ice_session_gather_anew (self);
  }
}

/**
 * gst_ice_session_apply_role:
 * @self: a session
 *
 * Any thread. Applies a role that the user has set.
 */
void
gst_ice_session_apply_role (GstIceSession *self)
{
  gst_ice_session_queue (self, do_apply_role, NULL, NULL);
}

/**
 * gst_ice_session_fix_role:
 * @self: a session
 *
 * I/O thread. To be called when a pair was made: from now on only ICE changes
 * the role.
 */
void
gst_ice_session_fix_role (GstIceSession *self)
{
  g_mutex_lock (&self->lock);
  self->paired = TRUE;
  g_mutex_unlock (&self->lock);
}
