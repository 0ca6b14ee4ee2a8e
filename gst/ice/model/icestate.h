/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The states of W3C webrtc-pc section 5.6, one transport's state machine and
 * the aggregation over transports. Pure: now is an argument, in microseconds of
 * a monotonic clock. */
#pragma once

#include <glib.h>
#include "public/iceenums.h"

G_BEGIN_DECLS

/* Why a state changed; public names by ice_reason_to_string(). */
typedef enum
{
  ICE_REASON_CHECKS,
  ICE_REASON_END_OF_CANDIDATES,
  ICE_REASON_CONSENT_RESPONSE,
  ICE_REASON_CONSENT_MISSING,
  ICE_REASON_CONSENT_EXPIRED,
  ICE_REASON_CONSENT_REVOKED,
  ICE_REASON_CHECKS_EXHAUSTED,
  ICE_REASON_SOCKET_ERROR,
  ICE_REASON_RESTART,
  ICE_REASON_CLOSED,
  ICE_REASON_NEXT_CALL
} IceReason;

/* What can happen to one transport. */
typedef enum
{
  ICE_EVENT_GATHERING,                /* gathering of local candidates began */
  ICE_EVENT_GATHERED,                 /* ... and is complete */
  ICE_EVENT_CREDENTIALS,              /* both sides' credentials are known */
  ICE_EVENT_REMOTE_CANDIDATE,         /* the peer signalled one */
  ICE_EVENT_REMOTE_END_OF_CANDIDATES, /* no more remote ones will come */
  ICE_EVENT_CHECKING,                 /* there is a pair to check */
  ICE_EVENT_CHECKING_AGAIN,           /* ... but each has failed before */
  ICE_EVENT_PAIR_VALID,      /* media uses a pair that succeeded and was not
                                nominated */
  ICE_EVENT_PAIR_USABLE,     /* ... that was nominated */
  ICE_EVENT_CHECKS_DONE,     /* no check is left */
  ICE_EVENT_CONSENT,         /* the peer answered a consent request */
  ICE_EVENT_PROOF_OF_LIFE,   /* another sign of life from the peer */
  ICE_EVENT_CONSENT_REVOKED, /* the peer refused consent, RFC 7675 */
  ICE_EVENT_SOCKET_ERROR,    /* the pair's socket died */
  ICE_EVENT_TICK,            /* time went by */
  ICE_EVENT_RESTART,         /* RFC 8445 section 9 */
  ICE_EVENT_CLOSE,
  ICE_N_EVENTS
} IceEvent;

typedef enum
{
  ICE_CHECKS_NONE,
  ICE_CHECKS_RUNNING,
  ICE_CHECKS_AGAIN,    /* only of pairs that have failed before */
  ICE_CHECKS_EXPECTED, /* after a restart, while there is no new pair */
  ICE_CHECKS_DONE
} IceChecks;

typedef enum
{
  ICE_PATH_NONE,   /* no pair was usable in this generation */
  ICE_PATH_USABLE, /* the selected pair works */
  ICE_PATH_SILENT, /* ... but the peer has sent nothing for a while */
  ICE_PATH_LOST    /* ... and has been given up */
} IcePath;

/* RFC 8863 section 4: how long a check list may not fail, from both credentials
 * on */
#define ICE_PATIENCE (G_GINT64_CONSTANT (39500000))

/* One transport. `state` has one writer, ice_transport_state_step(); the facts
 * below it are the reasons. */
typedef struct
{
  GstIceConnectionState state;
  IceReason reason; /* of the last change of state */

  gboolean gathered;
  gboolean remote_complete;
  gboolean worked; /* some pair of this generation was usable */
  IceChecks checks;
  IcePath path;
  gboolean nominated; /* the pair that path is about was */
  IceReason loss;     /* why path is LOST */

  gint64 patience_until; /* 0: credentials are not known yet */
  gint64 last_signalled; /* when the last of its credentials and candidates
                            came; 0: never */
  gint64 last_life;      /* when the last sign of life of the peer came */
  gint64 last_consent;   /* when it answered a consent request last */
  gboolean old_path;     /* path is of an old generation */
  gboolean old_silent;   /* ... which ended as silent as it is */
  gint64 disconnected_timeout; /* microseconds; 0 = never */
  gint64 failed_timeout;       /* microseconds; 0 = never */
  gint64 end_timeout;          /* microseconds; 0 = never */
} IceTransportState;

void ice_transport_state_init (IceTransportState *self,
    gint64 disconnected_timeout, gint64 failed_timeout);
void ice_transport_state_set_timeouts (IceTransportState *self,
    gint64 disconnected_timeout, gint64 failed_timeout);
void ice_transport_state_set_end_timeout (
    IceTransportState *self, gint64 end_timeout);
gboolean ice_transport_state_begin_call (IceTransportState *self);
gboolean ice_transport_state_step (
    IceTransportState *self, IceEvent event, gint64 now);
gboolean ice_transport_state_may_send (const IceTransportState *self);
gint64 ice_transport_state_deadline (const IceTransportState *self);

GstIceConnectionState ice_connection_state_aggregate (
    const GstIceConnectionState *states, guint n);
GstIceGatheringState ice_gathering_state_aggregate (
    const GstIceGatheringState *states, guint n);

gboolean ice_connection_state_is_up (GstIceConnectionState state);
const gchar *ice_connection_state_to_string (GstIceConnectionState state);
const gchar *ice_reason_to_string (IceReason reason);
const gchar *ice_event_to_string (IceEvent event);

G_END_DECLS
