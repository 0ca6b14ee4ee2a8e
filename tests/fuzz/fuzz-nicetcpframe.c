/* gst-ice: libFuzzer entry point of nicetcpframe: no crash, no stranger is let
 * in, and the verdict on a beginning holds for all that follows.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "sealed.h"
#include "stun/nicetcpframe.h"

#define FUZZ_ASKING "password+of+nobody+who+asks"
#define FUZZ_ANSWERING "password+of+nobody+who+answers"
#define FUZZ_PREFIXES 64 /* after these octets only the whole is looked at */

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static void
judge_prefixes (const guint8 *octets, gsize size, gboolean from_peer)
{
  const NiceTcpFrameCredentials credentials = { "ours", FUZZ_ASKING,
    FUZZ_ANSWERING };
  NiceTcpFrameSender before = NICE_TCP_FRAME_UNKNOWN;
  gsize n;

  for (n = 0; n <= size; n = n < FUZZ_PREFIXES || n == size ? n + 1 : size) {
    NiceTcpFrameSender sender = nice_tcp_frame_judge (octets, n, &credentials);

    if (!from_peer)
      g_assert_cmpint (sender, !=, NICE_TCP_FRAME_PEER);
    g_assert_true (before == NICE_TCP_FRAME_UNKNOWN || sender == before);
    before = sender;
  }
  g_assert_cmpuint (nice_tcp_frame_size (octets, size), <=, size);
}

/* The message as one with a password: the first octet says which, and whether
 * it is a request, an answer or an error. */
static void
judge_sealed (guint8 *octets, gsize size)
{
  static const guint types[] = { 0x0001, 0x0101, 0x0111, 0x0011 };
  static const gchar *const passwords[] = { FUZZ_ASKING, FUZZ_ANSWERING, NULL };
  gsize length = size - NICE_TCP_FRAME_HEADER;
  guint how = octets[0];

  if (size < SEALED_MIN + NICE_TCP_FRAME_HEADER || length % 4 != 0
      || length > G_MAXUINT16)
    return;
  sealed_put_16 (octets, length);
  sealed_put_16 (octets + NICE_TCP_FRAME_HEADER, types[how % 4]);
  sealed_make (octets + NICE_TCP_FRAME_HEADER, length, passwords[how / 4 % 3]);
  judge_prefixes (octets, size, passwords[how / 4 % 3] != NULL);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree guint8 *octets = g_malloc0 (size + NICE_TCP_FRAME_SLACK);

  if (size > 0)
    memcpy (octets, data, size);
  judge_prefixes (octets, size, FALSE);
  judge_sealed (octets, size);
  return 0;
}
