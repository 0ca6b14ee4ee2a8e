/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which valid pair media uses while the controlling agent has nominated none
 * (RFC 8445 sections 8.1.1 and 12.1.1). Pure: now is an argument, in
 * microseconds of a monotonic clock. */
#pragma once

#include "model/icestate.h"

G_BEGIN_DECLS

/* How long a valid pair waits for its nomination: a controlling agent may first
 * wait for the end of several checks, 500 ms each. */
#define ICE_SELECTION_PATIENCE (G_GINT64_CONSTANT (5000000))

#define ICE_SELECTION_NONE G_MAXUINT

typedef struct
{
  GstIceCandidatePairState state;
  gboolean nominated;
  guint64 priority;   /* RFC 8445 section 6.1.2.3 */
  gint64 valid_since; /* when its check succeeded; 0: it is not valid */
} IceSelectionPair;

typedef struct
{
  guint pair;        /* its position, or ICE_SELECTION_NONE */
  gint64 look_again; /* when time alone can change the choice; -1: never */
} IceSelectionChoice;

IceSelectionChoice ice_selection_choose (
    const IceSelectionPair *pairs, guint n, gboolean is_over, gint64 now);

G_END_DECLS
