/* gst-ice: how often the same message is given.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/iceratelimit.h"

/**
 * ice_rate_limit_pass:
 * @limit: of one kind of message
 * @now: monotonic time, microseconds
 * @withheld: (out): how many were withheld since the last that was given
 *
 * The first message is given at once, then one in %ICE_RATE_LIMIT_INTERVAL.
 * Not thread-safe.
 *
 * Returns: whether to give a message now
 */
gboolean
ice_rate_limit_pass (IceRateLimit *limit, gint64 now, guint *withheld)
{
  *withheld = limit->withheld;
  if (now < limit->next) {
    if (limit->withheld < G_MAXUINT)
      limit->withheld++;
    return FALSE;
  }
  limit->next = now + ICE_RATE_LIMIT_INTERVAL;
  limit->withheld = 0;
  return TRUE;
}

/**
 * ice_rate_limit_describe:
 * @withheld: as from ice_rate_limit_pass()
 *
 * Any thread.
 *
 * Returns: (transfer full): text to append to the message
 */
gchar *
ice_rate_limit_describe (guint withheld)
{
  if (withheld == 0)
    return g_strdup ("");
  return g_strdup_printf (
      " (and %u more since the last such message)", withheld);
}
