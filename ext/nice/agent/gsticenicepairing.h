/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which remote candidates libnice may be given now: those whose address has
 * room for the checks of all pairs that libnice makes of them. I/O thread. */
#pragma once

#include <nice/agent.h>
#include "model/iceratelimit.h"
#include "pairs/gsticenicepairs.h"

G_BEGIN_DECLS

/* One look at the candidates that wait. */
typedef struct
{
  GstIceNicePairs *pairs;
  guint locals[2][2]; /* that pairs are made of, by their protocol and
                                                 whether they are IPv6 */
  guint to_come;      /* local candidates that are gathered later, at most */
  guint exhausted;    /* candidates that are not checked unless they answer */
  gchar *address;     /* of one of them */
} GstIceNicePairing;

void gst_ice_nice_pairing_begin (GstIceNicePairing *self,
    GstIceNicePairs *pairs, NiceAgent *agent, guint stream, guint component,
    guint n_turn_servers);
gboolean gst_ice_nice_pairing_allows (
    const IceCandidate *candidate, gpointer pairing);
void gst_ice_nice_pairing_end (GstIceNicePairing *self,
    GstIceTransport *transport, IceRateLimit *exhausted);

G_END_DECLS
