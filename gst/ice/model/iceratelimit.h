/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How often the same message is given, where others can cause it. Pure: time
 * is an argument. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Microseconds from one message to the next of its kind. */
#define ICE_RATE_LIMIT_INTERVAL (10 * G_TIME_SPAN_SECOND)

/* All zero at first. */
typedef struct
{
  gint64 next;    /* no message before that */
  guint withheld; /* since the last one */
} IceRateLimit;

gchar *ice_rate_limit_pass (IceRateLimit *limit, gint64 now);

G_END_DECLS
