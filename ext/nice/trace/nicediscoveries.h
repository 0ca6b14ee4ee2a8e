/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The checked pairs from which libnice has discovered another pair (RFC 8445
 * section 7.2.5.3.2), as its trace shows them. In libnice (0.1.21 to 0.1.23)
 * the two point to each other, and the next message from the pair's remote
 * address ends the process
 * - when the checked pair was freed alone: libnice reads it, or aborts;
 * - when both have failed and the checked pair succeeds by itself: libnice
 *   aborts at the peer's nomination.
 * Also, when the role changes twice: the peer's nomination of a valid pair
 * whose next check waits. libnice frees the pair at that, and reads it then. A
 * peer that has the password can bring about all three. Pure; one NiceAgent. */
#pragma once

#include "trace/nicetraceevent.h"

G_BEGIN_DECLS

/* The socket of a relayed pair: the trace names none. */
#define NICE_DISCOVERIES_NO_SOCKET G_MAXUINT32

/* A checked pair. */
typedef struct
{
  guint64 socket; /* its descriptor, or NICE_DISCOVERIES_NO_SOCKET */
  NiceTraceEndpoint remote;
  guintptr discovered; /* by its check; 0: no other pair */
  gboolean has_failed; /* and the discovered one with it */
  NiceTraceState state;
  gboolean was_valid;
  gboolean waits; /* its next check is queued */
} NiceDiscovery;

typedef struct
{
  GHashTable *pairs;  /* pair → NiceDiscovery */
  guintptr answered;  /* the pair whose check the last response answers */
  gboolean is_pruned; /* pairs are freed one by one, after a nomination */
  NiceDiscovery freed;
  guint n_role_changes;
  guint n_waiting; /* pairs that were valid and wait */
} NiceDiscoveries;

void nice_discoveries_init (NiceDiscoveries *self);
void nice_discoveries_clear (NiceDiscoveries *self);
const NiceDiscovery *nice_discoveries_step (
    NiceDiscoveries *self, const NiceTraceEvent *line);
gboolean nice_discoveries_are_fragile (const NiceDiscoveries *self);

G_END_DECLS
