/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Messages of a TURN server, one after the other in a stream (RFC 8489 section
 * 6.2.2, RFC 8656 section 12.5), and which of them a client may get that
 * believes every length. Pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The longest that is passed on: as much as libnice has room for. */
#define ICE_TURN_FRAME_MAX 65536

typedef enum
{
  ICE_TURN_FRAME_INCOMPLETE, /* more octets are needed to tell */
  ICE_TURN_FRAME_PASS,
  ICE_TURN_FRAME_DROP,     /* too long, or nothing in it */
  ICE_TURN_FRAME_REDIRECT, /* it sends us to another server */
  ICE_TURN_FRAME_GARBAGE   /* it is not TURN */
} IceTurnFrame;

IceTurnFrame ice_turn_frame_look (
    const guint8 *data, gsize size, gboolean first, gsize *length);

G_END_DECLS
