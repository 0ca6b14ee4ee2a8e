/* gst-ice: how often the same message is given.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/iceratelimit.h"

/**
 * ice_rate_limit_pass:
 * @limit: of one kind of message
 * @now: monotonic time, microseconds
 *
 * The first message is given at once, then one in %ICE_RATE_LIMIT_INTERVAL.
 * Not thread-safe.
 *
 * Returns: (transfer full) (nullable): the message may be given, with this text
 *   after it: "" or how many were withheld since the last one; %NULL: it is
 *   withheld
 */
gchar *
ice_rate_limit_pass (IceRateLimit *limit, gint64 now)
{
  guint withheld = limit->withheld;

  if (now < limit->next) {
    if (withheld < G_MAXUINT)
      limit->withheld++;
    return NULL;
  }
  limit->next = now + ICE_RATE_LIMIT_INTERVAL;
  limit->withheld = 0;
  if (withheld == 0)
    return g_strdup ("");
  return g_strdup_printf (
      " (and %u more since the last such message)", withheld);
}
