/* gst-ice: what is known of the end of a call that another one follows.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "session/gsticesessioncall.h"

static void
set_keeps (GstIceSession *self, gboolean keeps)
{
  g_mutex_lock (&self->lock);
  self->keeps = keeps;
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_session_keeps:
 * @self: a session
 *
 * Any thread.
 *
 * Returns: whether another call follows this one
 */
gboolean
gst_ice_session_keeps (GstIceSession *self)
{
  gboolean keeps;

  g_mutex_lock (&self->lock);
  keeps = self->keeps;
  g_mutex_unlock (&self->lock);
  return keeps;
}

/* Whether the call ends is decided after the event, not within it. */
static void
consider (GstIceSession *self)
{
  if (self->call_stepped != NULL)
    gst_ice_alarm_set (self->call_stepped, g_get_monotonic_time ());
}

/**
 * gst_ice_session_start_call:
 * @self: a session whose signalling-uri has keep=true
 *
 * I/O thread. A second call has no effect.
 */
void
gst_ice_session_start_call (GstIceSession *self)
{
  if (self->call != NULL)
    return;
  self->call = g_new0 (GstIceSessionCall, 1);
  self->call->number = 1;
  set_keeps (self, TRUE);
}

/**
 * gst_ice_session_stop_calls:
 * @self: a session
 *
 * I/O thread. This call is the last one.
 */
void
gst_ice_session_stop_calls (GstIceSession *self)
{
  if (self->call == NULL)
    return;
  g_clear_pointer (&self->call, g_free);
  g_clear_pointer (&self->call_stepped, gst_ice_alarm_free);
  set_keeps (self, FALSE);
}

/**
 * gst_ice_session_is_in_call:
 * @self: a session
 *
 * I/O thread.
 *
 * Returns: whether there is a call, and another one will follow
 */
gboolean
gst_ice_session_is_in_call (GstIceSession *self)
{
  gboolean opened;

  g_mutex_lock (&self->lock);
  opened = self->channel_opened;
  g_mutex_unlock (&self->lock);
  return self->call != NULL && opened;
}

static gboolean
has_direction (GstIceSession *self, GstIceDirection direction)
{
  g_autoptr (GPtrArray) entries = gst_ice_session_list_entries (self);
  guint i;

  for (i = 0; i < entries->len; i++) {
    GstIceSessionEntry *entry = g_ptr_array_index (entries, i);

    if (gst_ice_claims_has (
            gst_ice_datapath_get_claims (
                gst_ice_transport_get_datapath (entry->transport)),
            direction))
      return TRUE;
  }
  return FALSE;
}

/**
 * gst_ice_session_note_bye:
 * @self: a session
 *
 * I/O thread. The peer sends no more media. The call ends then; or, where both
 * directions are in use, with the line: the peer may go on receiving.
 *
 * Returns: whether another call follows, so that the streams do not end
 */
gboolean
gst_ice_session_note_bye (GstIceSession *self)
{
  if (self->call == NULL)
    return FALSE;
  self->call->bye = TRUE;
  self->call->over |= !has_direction (self, GST_ICE_DIRECTION_SEND)
      || !has_direction (self, GST_ICE_DIRECTION_RECEIVE);
  consider (self);
  return TRUE;
}

/**
 * gst_ice_session_note_line_end:
 * @self: a session
 * @after_bye: whether the peer has sent bye before
 *
 * I/O thread. The line to the peer was closed.
 */
void
gst_ice_session_note_line_end (GstIceSession *self, gboolean after_bye)
{
  if (!gst_ice_session_is_in_call (self))
    return;
  self->call->over |= after_bye;
  self->call->line_closed = TRUE;
  consider (self);
}
