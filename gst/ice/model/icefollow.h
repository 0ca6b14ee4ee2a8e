/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The peer's checks come from a new address, and the selected pair is silent: a
 * NAT has forgotten its mappings, or the peer has moved. This module decides
 * which of these addresses to check, and when media follows. A request alone
 * has no effect, because it may be a replay: media follows only after an
 * authenticated answer to a check of our own (RFC 8445 sections 7.3.1.4 and
 * 8.1.1). Pure: now is an argument, in microseconds of a monotonic clock. */
#pragma once

#include "model/icecheckpair.h"

G_BEGIN_DECLS

/* The maximum number of addresses. A replay can come from any number. */
#define ICE_FOLLOW_MAX 8
/* RFC 8445 section 14.3 */
#define ICE_FOLLOW_RTO (G_GINT64_CONSTANT (500000))
/* RFC 8445 section 14.2: between any two checks */
#define ICE_FOLLOW_PACE (G_GINT64_CONSTANT (50000))
/* The maximum number of checks of an address until the peer sends from there
 * again. */
#define ICE_FOLLOW_TRIES 5
/* How long the selected pair has to be silent after a request from elsewhere
 * before that request counts: media, if there is some, comes more often. */
#define ICE_FOLLOW_DOUBT (G_GINT64_CONSTANT (200000))
/* How long it then has time to answer consent requests, at least. */
#define ICE_FOLLOW_PATIENCE (G_GINT64_CONSTANT (500000))
/* How long it has time to answer where the controlling peer does not nominate.
 */
#define ICE_FOLLOW_UNNOMINATED (G_GINT64_CONSTANT (2000000))
/* An address from which the peer has not sent for this long is forgotten. */
#define ICE_FOLLOW_OLD (G_GINT64_CONSTANT (10000000))
/* One that is this old may be replaced by another. */
#define ICE_FOLLOW_REPLACED (G_GINT64_CONSTANT (1000000))

typedef struct
{
  guintptr local; /* the socket that its requests come to; 0: no path */
  IceCheckEndpoint remote;
  gint64 last;        /* request */
  gint64 opened;      /* the first one whose meaning is not decided yet; or 0 */
  gboolean nominated; /* by one of them since `since` */
  gint64 since;       /* the selected pair is doubted; 0: it is not */
  gint64 proven; /* when a check of ours was answered since then; 0: not yet */
  guint32 ids[ICE_FOLLOW_TRIES]; /* of the checks since then */
  guint tries;
  gint64 next; /* check */
} IceFollowPath;

/* All zero at first. */
typedef struct
{
  IceFollowPath paths[ICE_FOLLOW_MAX];
  guint32 last_id;
  gint64 last_check;
} IceFollow;

void ice_follow_hear (IceFollow *self, guintptr local,
    const IceCheckEndpoint *remote, gboolean use_candidate, gint64 now);
gboolean ice_follow_update (IceFollow *self, gint64 life, gint64 now);
const IceFollowPath *ice_follow_check (
    IceFollow *self, gint64 now, guint32 *id);
const IceFollowPath *ice_follow_answer (
    IceFollow *self, guint32 id, const IceCheckEndpoint *from, gint64 now);
const IceFollowPath *ice_follow_choose (const IceFollow *self,
    gboolean controlling, gint64 round_trip_time, gint64 now);
gint64 ice_follow_get_next (
    const IceFollow *self, gboolean controlling, gint64 round_trip_time);
void ice_follow_restart (IceFollow *self);

G_END_DECLS
