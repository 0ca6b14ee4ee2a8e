/* gst-ice: frames of a TCP connection, and the sender of the first one.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "stun/nicetcpframe.h"
#include "stun/icestunheader.h"
#include "stun/nicestun.h"
#include <string.h>

/* Longer than any check. The first two octets of most strangers, read as a
 * length, exceed it. */
#define MAX_STUN 2048

static gboolean
is_type (guint type)
{
  return type == ICE_STUN_BINDING_REQUEST || type == ICE_STUN_BINDING_SUCCESS
      || type == ICE_STUN_BINDING_ERROR;
}

/* The part that has arrived. */
static gboolean
can_be_stun (const guint8 *data, gsize size, guint length)
{
  const guint32 cookie = GUINT32_TO_BE (ICE_STUN_COOKIE);
  gsize n = MIN (size, ICE_STUN_COOKIE_OFFSET + sizeof (cookie));

  if (length < ICE_STUN_HEADER_SIZE || length > MAX_STUN || length % 4 != 0)
    return FALSE;
  if (size >= ICE_STUN_LENGTH_OFFSET && !is_type (ice_stun_read_16 (data)))
    return FALSE;
  if (size >= ICE_STUN_COOKIE_OFFSET
      && ice_stun_read_16 (data + ICE_STUN_LENGTH_OFFSET)
          != length - ICE_STUN_HEADER_SIZE)
    return FALSE;
  return n <= ICE_STUN_COOKIE_OFFSET
      || memcmp (
             data + ICE_STUN_COOKIE_OFFSET, &cookie, n - ICE_STUN_COOKIE_OFFSET)
      == 0;
}

/**
 * nice_tcp_frame_size:
 * @data: (array length=size): the beginning of a frame
 * @size: the octets that have arrived
 *
 * Any thread.
 *
 * Returns: its length with the header, octets; 0 if it is incomplete
 */
gsize
nice_tcp_frame_size (const guint8 *data, gsize size)
{
  gsize whole;

  if (size < NICE_TCP_FRAME_HEADER)
    return 0;
  whole = NICE_TCP_FRAME_HEADER + ice_stun_read_16 (data);
  return whole <= size ? whole : 0;
}

/**
 * nice_tcp_frame_judge:
 * @data: (array length=size): the first octets of a connection, and
 *   %NICE_TCP_FRAME_SLACK more that may be read
 * @size: the octets that have arrived
 * @credentials: ours and the peer's
 *
 * Any thread. Decides as soon as the answer is certain.
 *
 * Returns: whether the other end is the peer, a stranger, or not known yet
 */
NiceTcpFrameSender
nice_tcp_frame_judge (
    const guint8 *data, gsize size, const NiceTcpFrameCredentials *credentials)
{
  const guint8 *message = data + NICE_TCP_FRAME_HEADER;
  gsize length;

  if (size < NICE_TCP_FRAME_HEADER)
    return NICE_TCP_FRAME_UNKNOWN;
  length = ice_stun_read_16 (data);
  if (!can_be_stun (message, size - NICE_TCP_FRAME_HEADER, length))
    return NICE_TCP_FRAME_STRANGER;
  if (nice_tcp_frame_size (data, size) == 0)
    return NICE_TCP_FRAME_UNKNOWN;
  if (nice_stun_is_check (message, length, credentials->local_ufrag,
          credentials->local_password))
    return NICE_TCP_FRAME_PEER;
  if (credentials->remote_password != NULL
      && nice_stun_is_answer (message, length, credentials->remote_password))
    return NICE_TCP_FRAME_PEER;
  return NICE_TCP_FRAME_STRANGER;
}
