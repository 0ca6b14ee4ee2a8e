/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whether who waits for datagrams looks again before it falls asleep, as the
 * kernel's busy polling does: where they come in quick succession, being woken
 * costs its sender more than the next one takes to come. Who looks in vain
 * looks less often. Pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* For so long, microseconds: what being woken costs, about. */
#define ICE_BUSY_POLL_TIME 10
/* Waits in a row, at most, that fall asleep at once after a look in vain. */
#define ICE_BUSY_POLL_MAX_SKIP 63

typedef struct
{
  gint64 end; /* of this look, microseconds; 0: none */
  guint skip; /* waits that fall asleep at once after the last look in vain */
  guint left; /* of them */
} IceBusyPoll;

gboolean ice_busy_poll_again (IceBusyPoll *self, gint64 now);
void ice_busy_poll_stop (IceBusyPoll *self);

G_END_DECLS
