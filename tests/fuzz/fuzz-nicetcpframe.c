/* gst-ice: libFuzzer entry point of nicetcpframe: no crash, no stranger is let
 * in, and what was said of a beginning holds for all that follows.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include <string.h>

#include "stun/nicetcpframe.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  const NiceTcpFrameCredentials credentials = { "ours",
    "password+of+nobody+who+asks", "password+of+nobody+who+answers" };
  g_autofree guint8 *octets = g_malloc0 (size + NICE_TCP_FRAME_SLACK);
  NiceTcpFrameSender before = NICE_TCP_FRAME_UNKNOWN;
  gsize n;

  if (size > 0)
    memcpy (octets, data, size);
  for (n = 0; n <= MIN (size, 64); n++) {
    NiceTcpFrameSender sender = nice_tcp_frame_judge (octets, n, &credentials);

    g_assert_cmpint (sender, !=, NICE_TCP_FRAME_PEER);
    g_assert_false (
        before == NICE_TCP_FRAME_STRANGER && sender == NICE_TCP_FRAME_UNKNOWN);
    before = sender;
  }
  g_assert_cmpint (nice_tcp_frame_judge (octets, size, &credentials), !=,
      NICE_TCP_FRAME_PEER);
  g_assert_cmpuint (nice_tcp_frame_size (octets, size), <=, size);
  return 0;
}
