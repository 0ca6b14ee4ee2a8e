/* gst-ice: when to ask a STUN server.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "stun/icestundiscovery.h"

/**
 * ice_stun_discovery_begin:
 * @self: (out caller-allocates): a schedule
 * @when: when to send the first request
 *
 * The owner locks. The transport address is kept from the answer on.
 */
void
ice_stun_discovery_begin (IceStunDiscovery *self, gint64 when)
{
  self->last_answer = -1;
  self->kept = TRUE;
  ice_stun_discovery_ask_again (self, when);
}

/**
 * ice_stun_discovery_ask_again:
 * @self: a schedule
 * @when: when to send the first request of a new transaction
 *
 * Answers to the transaction before it come too late.
 */
void
ice_stun_discovery_ask_again (IceStunDiscovery *self, gint64 when)
{
  self->open = TRUE;
  self->sent = 0;
  self->next = when;
}

/* Whether the transaction is over, however it went. */
static void
end (IceStunDiscovery *self, gint64 now)
{
  self->open = FALSE;
  self->sent = 0;
  self->next = self->kept && self->last_answer >= 0
      ? now + ICE_STUN_DISCOVERY_TR
      : -1;
}

/**
 * ice_stun_discovery_step:
 * @self: a schedule
 * @now: the time
 *
 * Call it when IceStunDiscovery.next is over.
 *
 * Returns: what to do now
 */
IceStunDiscoveryAction
ice_stun_discovery_step (IceStunDiscovery *self, gint64 now)
{
  if (self->next < 0 || now < self->next)
    return ICE_STUN_DISCOVERY_NOTHING;
  if (self->sent == ICE_STUN_DISCOVERY_RC) {
    end (self, now);
    return ICE_STUN_DISCOVERY_TIMEOUT;
  }
  self->sent++;
  self->next = now
      + (self->sent == ICE_STUN_DISCOVERY_RC
              ? ICE_STUN_DISCOVERY_RM * ICE_STUN_DISCOVERY_RTO
              : ICE_STUN_DISCOVERY_RTO << (self->sent - 1));
  return self->sent == 1 ? ICE_STUN_DISCOVERY_REQUEST
                         : ICE_STUN_DISCOVERY_AGAIN;
}

/**
 * ice_stun_discovery_answered:
 * @self: a schedule
 * @now: when the answer with a transport address came
 *
 * Returns: whether it was asked for and is the first one of its transaction
 */
gboolean
ice_stun_discovery_answered (IceStunDiscovery *self, gint64 now)
{
  if (self->sent == 0)
    return FALSE;
  self->last_answer = now;
  end (self, now);
  return TRUE;
}

/**
 * ice_stun_discovery_give_up:
 * @self: a schedule
 *
 * The transaction failed: the server refuses, or cannot be asked. It is not
 * asked again.
 */
void
ice_stun_discovery_give_up (IceStunDiscovery *self)
{
  self->kept = FALSE;
  end (self, 0);
}

/**
 * ice_stun_discovery_keep:
 * @self: a schedule
 * @keep: whether to keep the transport address by further requests
 * @now: the time
 *
 * A transaction with a waiting caller continues.
 */
void
ice_stun_discovery_keep (IceStunDiscovery *self, gboolean keep, gint64 now)
{
  if (self->kept == keep)
    return;
  self->kept = keep;
  if (self->open)
    return;
  self->sent = 0;
  self->next = keep && self->last_answer >= 0
      ? MAX (now, self->last_answer + ICE_STUN_DISCOVERY_TR)
      : -1;
}

/**
 * ice_stun_discovery_is_recent:
 * @self: a schedule
 * @now: the time
 *
 * Returns: whether the server has reported the transport address not longer
 *   than Tr ago, so that NATs still have it
 */
gboolean
ice_stun_discovery_is_recent (const IceStunDiscovery *self, gint64 now)
{
  return self->last_answer >= 0
      && now - self->last_answer <= ICE_STUN_DISCOVERY_TR;
}
