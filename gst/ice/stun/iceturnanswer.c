/* gst-ice: a TURN server's answers.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "stun/iceturnanswer.h"
#include "stun/icestunheader.h"

/* RFC 8489 section 14.5: attributes after MESSAGE-INTEGRITY are ignored; where
 * an attribute occurs twice the first one counts (section 14). */
static gboolean
find_lifetime (const guint8 *data, gsize size, guint32 *lifetime)
{
  gsize at = ICE_STUN_HEADER_SIZE;

  while (at + ICE_STUN_ATTRIBUTE_HEADER_SIZE <= size) {
    guint type = ice_stun_read_16 (data + at),
          length = ice_stun_read_16 (data + at + 2);

    at += ICE_STUN_ATTRIBUTE_HEADER_SIZE;
    if (type == ICE_STUN_ATTRIBUTE_MESSAGE_INTEGRITY
        || type == ICE_STUN_ATTRIBUTE_FINGERPRINT)
      return FALSE;
    if (type == ICE_TURN_ATTRIBUTE_LIFETIME) {
      if (length != ICE_TURN_LIFETIME_SIZE
          || at + ICE_TURN_LIFETIME_SIZE > size)
        return FALSE;
      *lifetime = ice_stun_read_32 (data + at);
      return TRUE;
    }
    at += ice_stun_pad (length);
  }
  return FALSE;
}

/**
 * ice_turn_answer_judge:
 * @data: (array length=size): a message of a TURN server's
 * @size: its length, bytes
 *
 * libnice (0.1.21 to 0.1.23) frees the candidate of an allocation whose
 * lifetime is 0 and continues to use it, reads uninitialized memory where the
 * lifetime is missing, and refreshes without a pause where it is 1.
 *
 * Returns: the verdict on it
 */
IceTurnAnswer
ice_turn_answer_judge (const guint8 *data, gsize size)
{
  guint type;
  guint32 lifetime;
  gboolean is_known;

  if (size < ICE_STUN_HEADER_SIZE
      || ice_stun_read_32 (data + ICE_STUN_COOKIE_OFFSET) != ICE_STUN_COOKIE)
    return ICE_TURN_ANSWER_HARMLESS;
  type = ice_stun_read_16 (data);
  if (type != ICE_TURN_ALLOCATE_SUCCESS && type != ICE_TURN_REFRESH_SUCCESS)
    return ICE_TURN_ANSWER_HARMLESS;
  is_known = find_lifetime (data, size, &lifetime);
  if (is_known && lifetime >= ICE_TURN_MIN_LIFETIME
      && lifetime <= ICE_TURN_MAX_LIFETIME)
    return ICE_TURN_ANSWER_HARMLESS;
  if (type == ICE_TURN_ALLOCATE_SUCCESS)
    return ICE_TURN_ANSWER_ALLOCATED;
  return is_known && lifetime == 0 ? ICE_TURN_ANSWER_RELEASED
                                   : ICE_TURN_ANSWER_REFRESHED;
}

/* RFC 8656 section 17 */
static gboolean
is_error (const guint8 *data, gsize size, guint *method)
{
  guint type;

  if (size < ICE_STUN_HEADER_SIZE
      || ice_stun_read_32 (data + ICE_STUN_COOKIE_OFFSET) != ICE_STUN_COOKIE)
    return FALSE;
  type = ice_stun_read_16 (data);
  *method = type & ICE_TURN_METHOD_MASK;
  if (type != (*method | ICE_STUN_CLASS_ERROR))
    return FALSE;
  return *method == ICE_TURN_METHOD_ALLOCATE
      || *method == ICE_TURN_METHOD_REFRESH
      || *method == ICE_TURN_METHOD_CREATE_PERMISSION
      || *method == ICE_TURN_METHOD_CHANNEL_BIND;
}

/**
 * ice_turn_answer_get_error:
 * @data: (array length=size): a message of a TURN server's
 * @size: its length, bytes
 * @method: (out): of the request; undefined where this returns 0
 * @is_signed: (out): whether there is a MESSAGE-INTEGRITY, which is not
 *   verified
 *
 * Returns: the code of an error to Allocate, Refresh, CreatePermission or
 *   ChannelBind (RFC 8489 section 14.8); 0: it is something else
 */
guint
ice_turn_answer_get_error (
    const guint8 *data, gsize size, guint *method, gboolean *is_signed)
{
  gsize at = ICE_STUN_HEADER_SIZE;
  guint code = 0;

  *is_signed = FALSE;
  if (!is_error (data, size, method))
    return 0;
  while (at + ICE_STUN_ATTRIBUTE_HEADER_SIZE <= size && !*is_signed) {
    guint type = ice_stun_read_16 (data + at),
          length = ice_stun_read_16 (data + at + 2);

    at += ICE_STUN_ATTRIBUTE_HEADER_SIZE;
    *is_signed = type == ICE_STUN_ATTRIBUTE_MESSAGE_INTEGRITY;
    if (type == ICE_STUN_ATTRIBUTE_ERROR_CODE && code == 0
        && length >= ICE_STUN_ERROR_CODE_SIZE
        && at + ICE_STUN_ERROR_CODE_SIZE <= size)
      code = (data[at + 2] & 7) * 100 + data[at + 3];
    at += ice_stun_pad (length);
  }
  return code;
}
