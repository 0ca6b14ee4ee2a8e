/* gst-ice: messages of a TURN server in a stream.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "iceturnframe.h"

/* RFC 8489 section 5 */
#define STUN_HEADER_SIZE 20
#define STUN_COOKIE 0x2112A442
/* RFC 8656 section 12.4 */
#define CHANNEL_HEADER_SIZE 4
/* RFC 8656 section 17; RFC 8489 sections 14.8, 5 */
#define ALLOCATE_ERROR 0x0113
#define ATTRIBUTE_ERROR_CODE 0x0009
#define ATTRIBUTE_HEADER_SIZE 4
#define ERROR_CODE_SIZE 4

#define TOP_BITS 0xC0
#define TOP_BITS_STUN 0x00
#define TOP_BITS_CHANNEL 0x40

static guint
read_16 (const guint8 *data)
{
  return data[0] << 8 | data[1];
}

static guint32
read_32 (const guint8 *data)
{
  return (guint32) read_16 (data) << 16 | read_16 (data + 2);
}

static gsize
pad (gsize size)
{
  return (size + 3) & ~(gsize) 3;
}

/* RFC 8489 section 10: 300 (Try Alternate), and what else begins with a 3. */
static gboolean
is_redirection (const guint8 *message, gsize size)
{
  gsize at = STUN_HEADER_SIZE;

  if (read_16 (message) != ALLOCATE_ERROR)
    return FALSE;
  while (at + ATTRIBUTE_HEADER_SIZE + ERROR_CODE_SIZE <= size) {
    const guint8 *value = message + at + ATTRIBUTE_HEADER_SIZE;

    if (read_16 (message + at) == ATTRIBUTE_ERROR_CODE
        && (value[2] & 7) == 3) /* the hundreds digit */
      return TRUE;
    at += ATTRIBUTE_HEADER_SIZE + pad (read_16 (message + at + 2));
  }
  return FALSE;
}

static IceTurnFrame
look_at_stun (const guint8 *data, gsize size, gsize *length)
{
  guint body = read_16 (data + 2);

  *length = STUN_HEADER_SIZE + body;
  if (body % 4 != 0)
    return ICE_TURN_FRAME_GARBAGE;
  if (size < STUN_HEADER_SIZE)
    return ICE_TURN_FRAME_INCOMPLETE;
  if (read_32 (data + 4) != STUN_COOKIE)
    return ICE_TURN_FRAME_GARBAGE;
  if (*length > ICE_TURN_FRAME_MAX)
    return ICE_TURN_FRAME_DROP;
  if (size < *length)
    return ICE_TURN_FRAME_INCOMPLETE;
  return is_redirection (data, *length) ? ICE_TURN_FRAME_REDIRECT
                                        : ICE_TURN_FRAME_PASS;
}

static IceTurnFrame
look_at_channel_data (const guint8 *data, gsize size, gsize *length)
{
  guint body = read_16 (data + 2);

  *length = CHANNEL_HEADER_SIZE + pad (body);
  if (body == 0 || *length > ICE_TURN_FRAME_MAX)
    return ICE_TURN_FRAME_DROP;
  return size < *length ? ICE_TURN_FRAME_INCOMPLETE : ICE_TURN_FRAME_PASS;
}

/**
 * ice_turn_frame_look:
 * @data: what came of the stream, from the beginning of a message
 * @size: how much that is
 * @first: whether this is the stream's first one, which answers a request
 * @length: (out): with %ICE_TURN_FRAME_PASS and %ICE_TURN_FRAME_DROP, of the
 *   whole message with its padding, which may be more than @size where it is to
 *   be dropped; otherwise undefined
 *
 * libnice (0.1.21 to 0.1.23) takes an empty ChannelData message, which the peer
 * can make the server send, for the end of the connection, and writes behind
 * its buffer when a message is longer than that. It follows a redirection by
 * itself, over TCP without TLS.
 *
 * Returns: what to do with the first message
 */
IceTurnFrame
ice_turn_frame_look (
    const guint8 *data, gsize size, gboolean first, gsize *length)
{
  *length = 0;
  if (size > 0 && (data[0] & TOP_BITS) != TOP_BITS_STUN
      && ((data[0] & TOP_BITS) != TOP_BITS_CHANNEL || first))
    return ICE_TURN_FRAME_GARBAGE;
  if (size < CHANNEL_HEADER_SIZE)
    return ICE_TURN_FRAME_INCOMPLETE;
  if ((data[0] & TOP_BITS) == TOP_BITS_STUN)
    return look_at_stun (data, size, length);
  return look_at_channel_data (data, size, length);
}
