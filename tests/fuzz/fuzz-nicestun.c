/* gst-ice: libFuzzer entry point of nicestun: no crash, nothing forged.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include <string.h>

#include "stun/nicestun.h"

#define SLACK 64 /* as gsticesteering.c gives it */
#define HEADER 20
#define FINGERPRINT 8
#define TAG 0x1CE1CE01
#define PASSWORD "password+of+the+peer+0123"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static guint32
crc32 (const guint8 *data, gsize size)
{
  guint32 crc = G_MAXUINT32;
  gsize bit;

  for (bit = 0; bit < size * 8; bit++) {
    guint32 low = (crc ^ data[bit / 8] >> bit % 8) & 1;

    crc = crc >> 1 ^ (low != 0 ? 0xEDB88320 : 0);
  }
  return ~crc;
}

static void
put_word (guint8 *data, guint32 value)
{
  value = GUINT32_TO_BE (value);
  memcpy (data, &value, sizeof (value));
}

/* What a parser would refuse at once: length, cookie, tag, FINGERPRINT (RFC
 * 8489 section 14.7). */
static void
make_plausible (guint8 *data, gsize size)
{
  guint8 *fingerprint = data + size - FINGERPRINT;

  data[0] = 1;
  data[1] &= 0x11;
  data[2] = (guint8) ((size - HEADER) >> 8);
  data[3] = (guint8) (size - HEADER);
  put_word (data + 4, 0x2112A442);
  put_word (data + 8, TAG);
  put_word (fingerprint, 0x80280004);
  put_word (fingerprint + 4, crc32 (data, size - FINGERPRINT) ^ 0x5354554E);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree guint8 *answer = g_malloc0 (size + SLACK);
  guint32 id = 1;

  if (size > 0)
    memcpy (answer, data, size);
  if (size >= HEADER + FINGERPRINT && size % 4 == 0)
    make_plausible (answer, size);
  g_assert_cmpint (nice_stun_read_answer (answer, size, TAG, PASSWORD, &id), ==,
      NICE_STUN_INVALID);
  return 0;
}
