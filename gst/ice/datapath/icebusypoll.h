/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Decides whether a waiting reader polls once more before it blocks, as the
 * kernel's busy polling does: where datagrams come in quick succession, the
 * time to wake the reader is longer than that to the next datagram. After polls
 * in vain the reader polls less often. Pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Duration of a poll, microseconds: about the time that a wake-up takes. */
#define ICE_BUSY_POLL_TIME 10
/* Waits in a row, at most, that block at once after a poll in vain. */
#define ICE_BUSY_POLL_MAX_SKIP 63

typedef struct
{
  gint64 end; /* of this poll, microseconds; 0: none */
  guint skip; /* waits that block at once after the last poll in vain */
  guint left; /* of them */
} IceBusyPoll;

gboolean ice_busy_poll_again (IceBusyPoll *self, gint64 now);
void ice_busy_poll_stop (IceBusyPoll *self);

G_END_DECLS
