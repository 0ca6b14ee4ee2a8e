/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The layout of STUN messages (RFC 8489 sections 5 and 14) and all of their
 * constants, for our own parsers and the kernel's programs. Pure. */
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
#define ICE_STUN_BINDING_SUCCESS 0x0101
#define ICE_STUN_BINDING_ERROR 0x0111
#define ICE_STUN_CLASS_REQUEST 0x0000
#define ICE_STUN_CLASS_INDICATION 0x0010
#define ICE_STUN_CLASS_ERROR 0x0110
#define ICE_STUN_RESPONSE_MASK 0xFFEF /* of success and error */
/* RFC 8656 section 17: the methods, which are also the types of requests */
#define ICE_TURN_METHOD_ALLOCATE 0x0003
#define ICE_TURN_METHOD_REFRESH 0x0004
#define ICE_TURN_METHOD_CREATE_PERMISSION 0x0008
#define ICE_TURN_METHOD_CHANNEL_BIND 0x0009
#define ICE_TURN_METHOD_MASK 0x000F
#define ICE_TURN_DATA_INDICATION 0x0017
#define ICE_TURN_ALLOCATE_SUCCESS 0x0103
#define ICE_TURN_REFRESH_SUCCESS 0x0104
#define ICE_TURN_ALLOCATE_ERROR 0x0113
#define ICE_TURN_REFRESH_ERROR 0x0114
#define ICE_TURN_CREATE_PERMISSION_ERROR 0x0118
#define ICE_TURN_CHANNEL_BIND_ERROR 0x0119
/* RFC 8656 section 12: ChannelData */
#define ICE_TURN_CHANNEL_FIRST_OCTET 64
#define ICE_TURN_CHANNEL_LAST_OCTET 79
#define ICE_TURN_CHANNEL_LENGTH_OFFSET 2
#define ICE_TURN_CHANNEL_HEADER_SIZE 4

/* RFC 8489 section 14: type and length come before an attribute's value, which
 * is padded to four octets; types below 0x8000 have to be understood. */
#define ICE_STUN_ATTRIBUTE_LENGTH_OFFSET 2
#define ICE_STUN_ATTRIBUTE_HEADER_SIZE 4
#define ICE_STUN_FIRST_OPTIONAL_ATTRIBUTE 0x8000
#define ICE_STUN_ATTRIBUTE_MAPPED_ADDRESS 0x0001
#define ICE_STUN_ATTRIBUTE_USERNAME 0x0006
#define ICE_STUN_ATTRIBUTE_MESSAGE_INTEGRITY 0x0008
#define ICE_STUN_ATTRIBUTE_ERROR_CODE 0x0009
#define ICE_STUN_ATTRIBUTE_REFLECTED_FROM 0x000B /* RFC 3489 section 11.2 */
#define ICE_STUN_ATTRIBUTE_REALM 0x0014
#define ICE_STUN_ATTRIBUTE_NONCE 0x0015
#define ICE_STUN_ATTRIBUTE_MESSAGE_INTEGRITY_SHA256 0x001C
#define ICE_STUN_ATTRIBUTE_USERHASH 0x001E
#define ICE_STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS 0x0020
#define ICE_STUN_ATTRIBUTE_FINGERPRINT 0x8028
/* RFC 8656 section 18 */
#define ICE_TURN_ATTRIBUTE_LIFETIME 0x000D
#define ICE_TURN_ATTRIBUTE_XOR_PEER_ADDRESS 0x0012
#define ICE_TURN_ATTRIBUTE_DATA 0x0013
#define ICE_TURN_LIFETIME_SIZE 4

/* RFC 8489 section 14.1: an octet of zero, the family, the port, the address */
#define ICE_STUN_ADDRESS_FAMILY_OFFSET 1
#define ICE_STUN_ADDRESS_PORT_OFFSET 2
#define ICE_STUN_ADDRESS_OFFSET 4
#define ICE_STUN_FAMILY_IPV4 1
#define ICE_STUN_FAMILY_IPV6 2
/* section 14.8: two octets of zero, the class, the number */
#define ICE_STUN_ERROR_CODE_SIZE 4
#define ICE_STUN_ERROR_CLASS_OFFSET 2
#define ICE_STUN_ERROR_NUMBER_OFFSET 3
/* section 14.7 */
#define ICE_STUN_FINGERPRINT_SIZE 4
#define ICE_STUN_FINGERPRINT_XOR 0x5354554E

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
