/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How often a role conflict may change the role (RFC 8445 sections 7.2.5.1 and
 * 7.3.1.1). By the RFC an agent follows every conflict, which never ends with a
 * peer that refuses both roles. Pure: time is an argument, in microseconds of a
 * monotonic clock. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* After this many changes within this time the role stays. Two ends that follow
 * the RFC need one change, and a second one if their messages cross. */
#define ICE_ROLE_CONFLICT_SWITCHES 5
#define ICE_ROLE_CONFLICT_WINDOW (G_GINT64_CONSTANT (10000000))
/* After this time without a conflict the role may change again. It is longer
 * than the interval of consent requests, so that a peer that refuses each of
 * them does not start again. */
#define ICE_ROLE_CONFLICT_QUIET (G_GINT64_CONSTANT (30000000))

typedef enum
{
  ICE_ROLE_CONFLICT_FIRST, /* change the role and repeat the request at once */
  ICE_ROLE_CONFLICT_AGAIN, /* change the role and repeat the request a little
                              later */
  ICE_ROLE_CONFLICT_SETTLED, /* the role stays from now on; report it to the
                                user */
  ICE_ROLE_CONFLICT_IGNORED  /* the role stays, which was reported already */
} IceRoleConflictVerdict;

/* All zero at first. */
typedef struct
{
  gint64 switches[ICE_ROLE_CONFLICT_SWITCHES]; /* the latest, oldest first */
  guint n_switches;
  gint64 last; /* the last conflict */
  gboolean settled;
} IceRoleConflict;

IceRoleConflictVerdict ice_role_conflict_step (
    IceRoleConflict *self, gint64 now);
gboolean ice_role_conflict_is_settled (const IceRoleConflict *self, gint64 now);

G_END_DECLS
