/* gst-ice: answers to our own STUN requests.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "stun/icestunresponse.h"
#include "stun/icestunheader.h"

static void
unwrap (IceStunResponse *answer)
{
  gsize length;

  answer->channel = 0;
  if (answer->size < ICE_TURN_CHANNEL_HEADER_SIZE
      || answer->data[0] < ICE_TURN_CHANNEL_FIRST_OCTET
      || answer->data[0] > ICE_TURN_CHANNEL_LAST_OCTET)
    return;
  answer->channel = ice_stun_read_16 (answer->data);
  length = ice_stun_read_16 (answer->data + ICE_TURN_CHANNEL_LENGTH_OFFSET);
  answer->data += ICE_TURN_CHANNEL_HEADER_SIZE;
  answer->size = MIN (answer->size - ICE_TURN_CHANNEL_HEADER_SIZE, length);
}

/**
 * ice_stun_response_find:
 * @answer: (out caller-allocates): where it is, in @data, if there is one
 * @data: (array length=size): a datagram, or a message of a stream
 * @size: its length, bytes
 * @tag: of our requests, the first word of their transaction ids
 *
 * Returns: whether it is an answer to a Binding request of ours by its
 *   transaction id, or ChannelData (RFC 8656 section 12.4) with one in it
 */
gboolean
ice_stun_response_find (
    IceStunResponse *answer, const guint8 *data, gsize size, guint32 tag)
{
  answer->data = data;
  answer->size = size;
  unwrap (answer);
  return answer->size >= ICE_STUN_HEADER_SIZE
      && (ice_stun_read_16 (answer->data) & ICE_STUN_RESPONSE_MASK)
      == ICE_STUN_BINDING_SUCCESS
      && ice_stun_read_32 (answer->data + ICE_STUN_COOKIE_OFFSET)
      == ICE_STUN_COOKIE
      && ice_stun_read_32 (answer->data + ICE_STUN_ID_OFFSET) == tag;
}
