/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * When to ask a STUN server for the server-reflexive transport address of one
 * local address, and when to ask again so that a NAT keeps it. Pure: now is an
 * argument, in microseconds of a monotonic clock. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* RFC 8489 section 6.2.1: RTO, which doubles, Rc, and the wait after the last
 * request in RTOs, Rm: its default, 16, would keep gathering open for 39.5 s;
 * with this one a dead server costs 2 s, as a dead TURN server does */
#define ICE_STUN_DISCOVERY_RTO (G_GINT64_CONSTANT (500000))
#define ICE_STUN_DISCOVERY_RC 3
#define ICE_STUN_DISCOVERY_RM 1
/* RFC 8445 section 14.2: Ta, between the first requests to a server; libnice
 * has the same */
#define ICE_STUN_DISCOVERY_TA (G_GINT64_CONSTANT (10000))
/* RFC 8445 section 5.1.1.4: Tr */
#define ICE_STUN_DISCOVERY_TR (G_GINT64_CONSTANT (15000000))

typedef enum
{
  ICE_STUN_DISCOVERY_NOTHING, /* it is too early */
  ICE_STUN_DISCOVERY_REQUEST, /* send a request with a new transaction id */
  ICE_STUN_DISCOVERY_AGAIN,   /* send that request again */
  ICE_STUN_DISCOVERY_TIMEOUT  /* it will not be answered any more */
} IceStunDiscoveryAction;

typedef struct
{
  gint64 next;        /* when there is something to do; -1 = never */
  guint sent;         /* requests of the transaction; 0 = the next begins one */
  gboolean open;      /* a caller waits for the end of the transaction */
  gboolean kept;      /* is asked again after Tr */
  gint64 last_answer; /* with a transport address; -1 = none */
} IceStunDiscovery;

void ice_stun_discovery_begin (IceStunDiscovery *self, gint64 when);
void ice_stun_discovery_ask_again (IceStunDiscovery *self, gint64 when);
IceStunDiscoveryAction ice_stun_discovery_step (
    IceStunDiscovery *self, gint64 now);
gboolean ice_stun_discovery_answered (IceStunDiscovery *self, gint64 now);
void ice_stun_discovery_give_up (IceStunDiscovery *self);
void ice_stun_discovery_keep (
    IceStunDiscovery *self, gboolean keep, gint64 now);
gboolean ice_stun_discovery_is_recent (
    const IceStunDiscovery *self, gint64 now);

G_END_DECLS
