/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Datagrams that keep coming while the peer's credentials are not known. Pure:
 * the count and the time are arguments. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Microseconds between two looks at the count, and the number of looks in a row
 * that find more: stray datagrams of a scanner are not a peer. */
#define ICE_UNASKED_INTERVAL (2 * G_TIME_SPAN_SECOND)
#define ICE_UNASKED_LOOKS 2

typedef struct
{
  gboolean begun;
  guint64 count; /* at the last look */
  gint64 next;   /* when the next look is due */
  guint grown;   /* looks in a row that found more */
} IceUnasked;

void ice_unasked_stop (IceUnasked *self);
gboolean ice_unasked_look (
    IceUnasked *self, guint64 count, gint64 now, gint64 *due);

G_END_DECLS
