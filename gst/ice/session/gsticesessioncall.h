/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * keep=true: what is known of the end of a listener's call, which another one
 * follows. */
#pragma once

#include "session/gsticesessiontables.h"

G_BEGIN_DECLS

/* I/O thread */
struct _GstIceSessionCall
{
  guint number;
  gboolean bye;         /* the peer sends no more; all that it sent has come */
  gboolean over;        /* ... and receives no more */
  gboolean line_closed; /* it signals no more */
  gint64 ended;         /* when that was seen; 0: it lasts */
};

/* I/O thread */
void gst_ice_session_start_call (GstIceSession *self);
void gst_ice_session_stop_calls (GstIceSession *self);
gboolean gst_ice_session_is_in_call (GstIceSession *self);
gboolean gst_ice_session_note_bye (GstIceSession *self);
void gst_ice_session_note_line_end (GstIceSession *self, gboolean after_bye);

G_END_DECLS
