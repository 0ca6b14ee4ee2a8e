/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The layout of STUN messages (RFC 8489 sections 5 and 14), for our own
 * parsers. Pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define ICE_STUN_HEADER_SIZE 20
#define ICE_STUN_LENGTH_OFFSET 2
#define ICE_STUN_COOKIE_OFFSET 4
#define ICE_STUN_ID_OFFSET 8
#define ICE_STUN_COOKIE 0x2112A442
/* Types of messages; greater numbers are ChannelData (RFC 8656 section 12) or
 * other data (RFC 7983). */
#define ICE_STUN_LAST_FIRST_OCTET 3
#define ICE_STUN_BINDING_REQUEST 0x0001
/* Type and length come before an attribute's value. */
#define ICE_STUN_ATTRIBUTE_HEADER_SIZE 4

static inline guint16
ice_stun_read_16 (const guint8 *data)
{
  return (guint16) (data[0] << 8 | data[1]);
}

static inline guint32
ice_stun_read_32 (const guint8 *data)
{
  return (guint32) ice_stun_read_16 (data) << 16 | ice_stun_read_16 (data + 2);
}

/* The padded size of a value in a message, or of ChannelData in a stream. */
static inline gsize
ice_stun_pad (gsize size)
{
  return (size + 3) & ~(gsize) 3;
}

G_END_DECLS
