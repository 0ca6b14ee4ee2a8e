/* gst-ice: libFuzzer entry point of niceframe: no crash, no stranger is let in,
 * and what was said of a beginning holds for all that follows.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include <string.h>

#include "niceframe.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  const NiceFrameCredentials credentials = { "ours",
    "password+of+nobody+who+asks", "password+of+nobody+who+answers" };
  g_autofree guint8 *octets = g_malloc0 (size + NICE_FRAME_SLACK);
  NiceFrameSender before = NICE_FRAME_UNKNOWN;
  gsize n;

  if (size > 0)
    memcpy (octets, data, size);
  for (n = 0; n <= MIN (size, 64); n++) {
    NiceFrameSender sender = nice_frame_judge (octets, n, &credentials);

    g_assert_cmpint (sender, !=, NICE_FRAME_PEER);
    g_assert_false (
        before == NICE_FRAME_STRANGER && sender == NICE_FRAME_UNKNOWN);
    before = sender;
  }
  g_assert_cmpint (
      nice_frame_judge (octets, size, &credentials), !=, NICE_FRAME_PEER);
  g_assert_cmpuint (nice_frame_size (octets, size), <=, size);
  return 0;
}
