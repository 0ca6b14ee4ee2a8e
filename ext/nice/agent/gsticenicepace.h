/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The pace of one NiceAgent's connectivity checks. libnice (up to 0.1.23) acts
 * only on the ticks of a timer: it sends the first check one tick after there
 * is a pair, notices a response at the next tick, and nominates at the one
 * after. The pace makes the timer expire as soon as there is something to do
 * and RFC 8445 section 14.2 allows a check. A libnice that does so itself would
 * end this. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* RFC 8445 section 14.2: Ta, the least time between two checks, ms */
#define GST_ICE_NICE_PACE_TA 5

typedef struct _GstIceNicePace GstIceNicePace;

GstIceNicePace *gst_ice_nice_pace_new (
    GMainContext *io, GMainContext *context, gpointer agent);
void gst_ice_nice_pace_free (GstIceNicePace *pace);

G_END_DECLS
