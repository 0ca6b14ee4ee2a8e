/* gst-ice: makes the octets of a fuzzer a STUN message that is not refused at
 * once.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <string.h>

#define SEALED_HEADER 20
#define SEALED_INTEGRITY 24
#define SEALED_FINGERPRINT 8
#define SEALED_MIN (SEALED_HEADER + SEALED_INTEGRITY + SEALED_FINGERPRINT)

static inline void
sealed_put_16 (guint8 *data, gsize value)
{
  data[0] = (guint8) (value >> 8);
  data[1] = (guint8) value;
}

static inline void
sealed_put_32 (guint8 *data, guint32 value)
{
  sealed_put_16 (data, value >> 16);
  sealed_put_16 (data + 2, value);
}

static inline guint32
sealed_crc32 (const guint8 *data, gsize size)
{
  guint32 crc = G_MAXUINT32;
  gsize bit;

  for (bit = 0; bit < size * 8; bit++) {
    guint32 low = (crc ^ data[bit / 8] >> bit % 8) & 1;

    crc = crc >> 1 ^ (low != 0 ? 0xEDB88320 : 0);
  }
  return ~crc;
}

static inline void
sealed_put_digest (
    guint8 *digest, const guint8 *data, gsize size, const gchar *password)
{
  g_autoptr (GHmac) hmac = g_hmac_new (
      G_CHECKSUM_SHA1, (const guint8 *) password, strlen (password));
  gsize length = 20;

  g_hmac_update (hmac, data, (gssize) size);
  g_hmac_get_digest (hmac, digest, &length);
}

/* RFC 8489 sections 5, 14.5, 14.7: length, cookie, MESSAGE-INTEGRITY, which is
 * left out where @password is NULL, and FINGERPRINT at the end of @data. @size
 * is large enough for all of these. */
static inline void
sealed_make (guint8 *data, gsize size, const gchar *password)
{
  guint8 *fingerprint = data + size - SEALED_FINGERPRINT;

  sealed_put_32 (data + 4, 0x2112A442);
  if (password != NULL) {
    guint8 *integrity = fingerprint - SEALED_INTEGRITY;

    sealed_put_16 (data + 2, size - SEALED_HEADER - SEALED_FINGERPRINT);
    sealed_put_32 (integrity, 0x00080014);
    sealed_put_digest (
        integrity + 4, data, (gsize) (integrity - data), password);
  }
  sealed_put_16 (data + 2, size - SEALED_HEADER);
  sealed_put_32 (fingerprint, 0x80280004);
  sealed_put_32 (fingerprint + 4,
      sealed_crc32 (data, (gsize) (fingerprint - data)) ^ 0x5354554E);
}
