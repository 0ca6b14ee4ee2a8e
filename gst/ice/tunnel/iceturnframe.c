/* gst-ice: splits a stream of a TURN server into messages.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tunnel/iceturnframe.h"
#include "stun/iceturnanswer.h"
#include "stun/icestunheader.h"

#define TOP_BITS 0xC0
#define TOP_BITS_STUN 0x00
#define TOP_BITS_CHANNEL 0x40

/* RFC 8489 section 10: 300 (Try Alternate) and all codes of class 3. */
static gboolean
is_redirection (const guint8 *message, gsize size)
{
  gsize at = ICE_STUN_HEADER_SIZE;

  if (ice_stun_read_16 (message) != ICE_TURN_ALLOCATE_ERROR)
    return FALSE;
  while (
      at + ICE_STUN_ATTRIBUTE_HEADER_SIZE + ICE_STUN_ERROR_CODE_SIZE <= size) {
    const guint8 *value = message + at + ICE_STUN_ATTRIBUTE_HEADER_SIZE;

    if (ice_stun_read_16 (message + at) == ICE_STUN_ATTRIBUTE_ERROR_CODE
        && (value[2] & 7) == 3) /* the hundreds digit */
      return TRUE;
    at += ICE_STUN_ATTRIBUTE_HEADER_SIZE
        + ice_stun_pad (ice_stun_read_16 (message + at + 2));
  }
  return FALSE;
}

static IceTurnFrame
look_at_message (const guint8 *data, gsize size)
{
  if (is_redirection (data, size))
    return ICE_TURN_FRAME_REDIRECT;
  switch (ice_turn_answer_judge (data, size)) {
    case ICE_TURN_ANSWER_HARMLESS:
      break;
    case ICE_TURN_ANSWER_ALLOCATED:
      return ICE_TURN_FRAME_UNUSABLE;
    case ICE_TURN_ANSWER_REFRESHED:
      return ICE_TURN_FRAME_DROP;
    case ICE_TURN_ANSWER_RELEASED:
      return ICE_TURN_FRAME_RELEASED;
  }
  return ICE_TURN_FRAME_PASS;
}

static IceTurnFrame
look_at_stun (const guint8 *data, gsize size, gsize *length)
{
  guint body = ice_stun_read_16 (data + 2);

  *length = ICE_STUN_HEADER_SIZE + body;
  if (body % 4 != 0)
    return ICE_TURN_FRAME_GARBAGE;
  if (size < ICE_STUN_HEADER_SIZE)
    return ICE_TURN_FRAME_INCOMPLETE;
  if (ice_stun_read_32 (data + 4) != ICE_STUN_COOKIE)
    return ICE_TURN_FRAME_GARBAGE;
  if (*length > ICE_TURN_FRAME_MAX)
    return ICE_TURN_FRAME_DROP;
  if (size < *length)
    return ICE_TURN_FRAME_INCOMPLETE;
  return look_at_message (data, *length);
}

static IceTurnFrame
look_at_channel_data (const guint8 *data, gsize size, gsize *length)
{
  guint body = ice_stun_read_16 (data + 2);

  *length = ICE_TURN_CHANNEL_HEADER_SIZE + ice_stun_pad (body);
  if (body == 0 || *length > ICE_TURN_FRAME_MAX)
    return ICE_TURN_FRAME_DROP;
  return size < *length ? ICE_TURN_FRAME_INCOMPLETE : ICE_TURN_FRAME_PASS;
}

/**
 * ice_turn_frame_look:
 * @data: the received octets, from the beginning of a message
 * @size: their number
 * @first: whether it is the stream's first message, which must answer a request
 * @length: (out): with %ICE_TURN_FRAME_PASS, %ICE_TURN_FRAME_DROP and
 *   %ICE_TURN_FRAME_RELEASED, of the whole message with its padding, which may
 * be more than @size where it is to be dropped; otherwise undefined
 *
 * libnice (0.1.21 to 0.1.23) takes an empty ChannelData message, which the peer
 * can make the server send, for the end of the connection. It writes behind its
 * buffer if a message is longer than that. It follows a redirection by itself,
 * over TCP without TLS.
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
  if (size < ICE_TURN_CHANNEL_HEADER_SIZE)
    return ICE_TURN_FRAME_INCOMPLETE;
  if ((data[0] & TOP_BITS) == TOP_BITS_STUN)
    return look_at_stun (data, size, length);
  return look_at_channel_data (data, size, length);
}
