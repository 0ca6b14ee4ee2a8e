/* gst-ice: a session's role.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A backend takes the role when it begins to gather. Until there is a pair, the
 * user can set another role: then the session gathers again with that role and
 * the same credentials, and the candidates are reported again. */

#include "session/gsticesessionrole.h"
#include "session/gsticesessionsignals.h"
#include "session/gsticesessionrestart.h"

/**
 * gst_ice_session_put_role:
 * @self: a session
 * @role: the role in force
 *
 * I/O thread. Writes it for the session and its transports, and notifies.
 */
void
gst_ice_session_put_role (GstIceSession *self, GstIceRole role)
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

    gst_ice_transport_set_role (entry->transport, role);
  }
  if (changed)
    gst_ice_session_notify (self, "role");
}

/* A pair was made meanwhile: the user's change comes too late. */
static void
tell_too_late (GstIceSession *self, GstIceRole in_force)
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
      || self->told_ufrag == NULL)
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
  else if (paired)
    tell_too_late (self, in_force);
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
