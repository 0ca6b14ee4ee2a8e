/* gst-ice: Binding requests of the peer, by their USERNAME.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "stun/icerequest.h"
#include "stun/icestunheader.h"

#include <string.h>

static gboolean
is_request (const guint8 *data, gsize size)
{
  return size >= ICE_STUN_HEADER_SIZE
      && ice_stun_read_16 (data) == ICE_STUN_BINDING_REQUEST
      && ice_stun_read_32 (data + ICE_STUN_COOKIE_OFFSET) == ICE_STUN_COOKIE;
}

/**
 * ice_request_has_username:
 * @data: (array length=size): a datagram
 * @size: its length, bytes
 * @username: of a peer, `local ufrag:remote ufrag`
 *
 * Any thread. Nothing is authenticated. gsticesteering.c has the same rule for
 * the kernel.
 *
 * Returns: whether it is a Binding request with this USERNAME, among its first
 *   %ICE_REQUEST_MAX_ATTRIBUTES attributes
 */
gboolean
ice_request_has_username (const guint8 *data, gsize size, const gchar *username)
{
  gsize at = ICE_STUN_HEADER_SIZE;
  guint i;

  if (!is_request (data, size))
    return FALSE;
  for (i = 0; i < ICE_REQUEST_MAX_ATTRIBUTES
       && at + ICE_STUN_ATTRIBUTE_HEADER_SIZE <= size;
       i++) {
    gsize length = ice_stun_read_16 (
        data + at + ICE_STUN_ATTRIBUTE_LENGTH_OFFSET);

    if (ice_stun_read_16 (data + at) == ICE_STUN_ATTRIBUTE_USERNAME)
      return length == strlen (username)
          && at + ICE_STUN_ATTRIBUTE_HEADER_SIZE + length <= size
          && memcmp (
                 data + at + ICE_STUN_ATTRIBUTE_HEADER_SIZE, username, length)
          == 0;
    at += ICE_STUN_ATTRIBUTE_HEADER_SIZE + ice_stun_pad (length);
  }
  return FALSE;
}
