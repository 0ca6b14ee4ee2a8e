/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A TURN server's answers: which of those to Allocate and Refresh (RFC 8656
 * sections 7, 8) may be passed to a client that acts on every lifetime, and the
 * codes of its errors. Pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* RFC 8656 section 7.2: servers grant 600 s by default. libnice refreshes in
 * the middle of a lifetime below 120 s, and repeats an unanswered request for 4
 * s: with a shorter lifetime it refreshes more often than every 15 s, or loses
 * the allocation with one lost datagram. */
#define ICE_TURN_MIN_LIFETIME 30
/* Servers that follow the RFC grant an hour at most. Beyond 4,294,967 s GLib's
 * timers count milliseconds in 32 bits, so that they are due at once. */
#define ICE_TURN_MAX_LIFETIME (30 * 24 * 60 * 60)

/* The reason in the report on a server whose allocation is refused for it;
 * completes a sentence that begins with the server. */
#define ICE_TURN_UNUSABLE                                                      \
  "granted an allocation that cannot be kept up, for less than 30 s or for "   \
  "no known time: use another server"

typedef enum
{
  ICE_TURN_ANSWER_HARMLESS,  /* or not an answer to Allocate or Refresh */
  ICE_TURN_ANSWER_ALLOCATED, /* for no lifetime that can be kept up */
  ICE_TURN_ANSWER_REFRESHED, /* likewise */
  ICE_TURN_ANSWER_RELEASED /* Refresh, lifetime 0: right if it was requested */
} IceTurnAnswer;

IceTurnAnswer ice_turn_answer_judge (const guint8 *data, gsize size);
guint ice_turn_answer_get_error (
    const guint8 *data, gsize size, guint *method, gboolean *is_signed);

G_END_DECLS
