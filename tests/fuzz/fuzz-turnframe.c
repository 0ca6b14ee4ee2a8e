/* gst-ice: libFuzzer entry point of iceturnframe: a stream is walked to its end
 * or to what is not whole, and nothing passes that libnice has no room for.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tunnel/iceturnframe.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  gboolean first = TRUE;

  while (size > 0) {
    g_autofree guint8 *exact = g_memdup2 (data, size);
    gsize length;

    switch (ice_turn_frame_look (exact, size, first, &length)) {
      case ICE_TURN_FRAME_INCOMPLETE:
        g_assert_cmpuint (size, <, ICE_TURN_FRAME_MAX);
        return 0;
      case ICE_TURN_FRAME_PASS:
      case ICE_TURN_FRAME_RELEASED:
        g_assert_cmpuint (length, >, 4);
        g_assert_cmpuint (length, <=, MIN (size, ICE_TURN_FRAME_MAX));
        g_assert_cmpuint (length % 4, ==, 0);
        g_assert_true (!first || exact[0] < 0x40);
        first = FALSE;
        break;
      case ICE_TURN_FRAME_DROP:
        g_assert_cmpuint (length, >=, 4);
        length = MIN (length, size);
        break;
      case ICE_TURN_FRAME_REDIRECT:
      case ICE_TURN_FRAME_UNUSABLE:
      case ICE_TURN_FRAME_GARBAGE:
        return 0;
    }
    data += length;
    size -= length;
  }
  return 0;
}
