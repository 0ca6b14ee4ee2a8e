/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Splits a stream of a TURN server into messages (RFC 8489 section 6.2.2, RFC
 * 8656 section 12.5), and decides which of them a client may get that trusts
 * every length. Pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The longest message that passes. libnice (0.1.21) has room for 65535 octets,
 * cuts longer messages and still trusts the length in their header. Lengths of
 * messages in a stream are multiples of 4. */
#define ICE_TURN_FRAME_MAX 65532

typedef enum
{
  ICE_TURN_FRAME_INCOMPLETE, /* more octets are needed */
  ICE_TURN_FRAME_PASS,
  ICE_TURN_FRAME_DROP,     /* too long, empty, or harmful */
  ICE_TURN_FRAME_RELEASED, /* answer to a Refresh with lifetime 0; length as
                              with PASS */
  ICE_TURN_FRAME_REDIRECT, /* a redirection to another server */
  ICE_TURN_FRAME_UNUSABLE, /* an allocation that cannot be kept alive */
  ICE_TURN_FRAME_GARBAGE   /* not TURN */
} IceTurnFrame;

IceTurnFrame ice_turn_frame_look (
    const guint8 *data, gsize size, gboolean first, gsize *length);

G_END_DECLS
