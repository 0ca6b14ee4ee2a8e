/* gst-ice: answers to our own STUN requests.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "iceanswer.h"

#include <string.h>

/* RFC 8489 section 5 */
#define STUN_HEADER_SIZE 20
#define STUN_COOKIE 0x2112A442
#define STUN_COOKIE_OFFSET 4
#define STUN_ID_OFFSET 8
/* a Binding response: success 0x0101 or error 0x0111 */
#define BINDING_RESPONSE 0x0101
#define BINDING_RESPONSE_MASK 0xFFEF
/* RFC 8656 section 12 */
#define CHANNEL_DATA_FIRST_OCTET 64
#define CHANNEL_DATA_LAST_OCTET 79
#define CHANNEL_DATA_LENGTH_OFFSET 2
#define CHANNEL_DATA_HEADER_SIZE 4

static guint16
read_16 (const guint8 *data)
{
  guint16 value;

  memcpy (&value, data, sizeof (value));
  return GUINT16_FROM_BE (value);
}

static guint32
read_32 (const guint8 *data)
{
  guint32 value;

  memcpy (&value, data, sizeof (value));
  return GUINT32_FROM_BE (value);
}

static void
unwrap (IceAnswer *answer)
{
  gsize length;

  answer->relayed = answer->size >= CHANNEL_DATA_HEADER_SIZE
      && answer->data[0] >= CHANNEL_DATA_FIRST_OCTET
      && answer->data[0] <= CHANNEL_DATA_LAST_OCTET;
  if (!answer->relayed)
    return;
  length = read_16 (answer->data + CHANNEL_DATA_LENGTH_OFFSET);
  answer->data += CHANNEL_DATA_HEADER_SIZE;
  answer->size = MIN (answer->size - CHANNEL_DATA_HEADER_SIZE, length);
}

/**
 * ice_answer_find:
 * @answer: (out caller-allocates): where it is, in @data, if there is one
 * @data: (array length=size): a datagram, or a message of a stream
 * @size: its length, bytes
 * @tag: of our requests, the first word of their transaction ids
 *
 * Returns: whether it is an answer to a Binding request of ours, as it says
 *   itself, or ChannelData (RFC 8656 section 12.4) with one in it
 */
gboolean
ice_answer_find (IceAnswer *answer, const guint8 *data, gsize size, guint32 tag)
{
  answer->data = data;
  answer->size = size;
  unwrap (answer);
  return answer->size >= STUN_HEADER_SIZE
      && (read_16 (answer->data) & BINDING_RESPONSE_MASK) == BINDING_RESPONSE
      && read_32 (answer->data + STUN_COOKIE_OFFSET) == STUN_COOKIE
      && read_32 (answer->data + STUN_ID_OFFSET) == tag;
}
