/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How often a value that changes often is notified of: the first change at
 * once, then at most once in an interval, and always the last one. Pure: time
 * is an argument. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Microseconds from one notification to the next. */
#define ICE_NOTIFY_LIMIT_INTERVAL (100 * G_TIME_SPAN_MILLISECOND)

/* All zero at first. */
typedef struct
{
  gint64 next;   /* no notification before that */
  gboolean owed; /* the value has changed since the last one */
} IceNotifyLimit;

gboolean ice_notify_limit_change (IceNotifyLimit *limit, gint64 now);
gboolean ice_notify_limit_expire (IceNotifyLimit *limit, gint64 now);
gboolean ice_notify_limit_flush (IceNotifyLimit *limit);
gint64 ice_notify_limit_get_due (const IceNotifyLimit *limit);

G_END_DECLS
