/* gst-ice: how often a value that changes often is notified of.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/icenotifylimit.h"

/**
 * ice_notify_limit_change:
 * @limit: of one value
 * @now: monotonic time, microseconds
 *
 * To be called after each change of the value. Not thread-safe.
 *
 * Returns: whether to notify now; otherwise the notification is owed
 */
gboolean
ice_notify_limit_change (IceNotifyLimit *limit, gint64 now)
{
  limit->owed = TRUE;
  return ice_notify_limit_expire (limit, now);
}

/**
 * ice_notify_limit_expire:
 * @limit: of one value
 * @now: monotonic time, microseconds
 *
 * Returns: whether a notification is owed and may be made now
 */
gboolean
ice_notify_limit_expire (IceNotifyLimit *limit, gint64 now)
{
  if (!limit->owed || now < limit->next)
    return FALSE;
  limit->next = now + ICE_NOTIFY_LIMIT_INTERVAL;
  limit->owed = FALSE;
  return TRUE;
}

/**
 * ice_notify_limit_flush:
 * @limit: of a value that will not change any more
 *
 * Returns: whether a notification is owed, which is to be made now
 */
gboolean
ice_notify_limit_flush (IceNotifyLimit *limit)
{
  gboolean owed = limit->owed;

  limit->owed = FALSE;
  return owed;
}

/**
 * ice_notify_limit_get_due:
 * @limit: of one value
 *
 * Returns: when ice_notify_limit_expire() returns %TRUE; -1 while nothing is
 * owed
 */
gint64
ice_notify_limit_get_due (const IceNotifyLimit *limit)
{
  return limit->owed ? limit->next : -1;
}
