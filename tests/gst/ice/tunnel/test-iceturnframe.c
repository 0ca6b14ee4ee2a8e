/* gst-ice: test of iceturnframe: a TURN server's messages in a stream.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tunnel/iceturnframe.h"
#include <string.h>

#define COOKIE 0x21, 0x12, 0xA4, 0x42
#define ID 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
#define STUN(kind_high, kind_low, size) kind_high, kind_low, 0, size, COOKIE, ID
#define ERROR_CODE(hundreds) 0x00, 0x09, 0, 4, 0, 0, hundreds, 0
#define LIFETIME(seconds)                                                      \
  0x00, 0x0D, 0, 4, 0, 0, (seconds) / 256, (seconds) % 256
#define SOFTWARE 0x80, 0x22, 0, 3, 'a', 'b', 'c', 0

#define MAX_SIZE 64

static const struct
{
  const gchar *name;
  IceTurnFrame verdict;
  gsize length; /* of the message */
  gsize size;   /* of what is there */
  guint8 data[MAX_SIZE];
  gboolean is_first;
} cases[] = {
  { "success", ICE_TURN_FRAME_PASS, 20, 20, { STUN (0x01, 0x08, 0) } },
  { "with-more-behind", ICE_TURN_FRAME_PASS, 28, 30,
      { STUN (0x01, 0x08, 8), SOFTWARE, 0xFF, 0xFF } },
  { "allocation", ICE_TURN_FRAME_PASS, 28, 28,
      { STUN (0x01, 0x03, 8), LIFETIME (600) } },
  { "allocation-that-is-over", ICE_TURN_FRAME_UNUSABLE, 0, 28,
      { STUN (0x01, 0x03, 8), LIFETIME (0) } },
  { "allocation-for-no-known-time", ICE_TURN_FRAME_UNUSABLE, 0, 20,
      { STUN (0x01, 0x03, 0) } },
  { "refreshed", ICE_TURN_FRAME_PASS, 28, 28,
      { STUN (0x01, 0x04, 8), LIFETIME (600) } },
  { "refreshed-for-too-short", ICE_TURN_FRAME_DROP, 28, 28,
      { STUN (0x01, 0x04, 8), LIFETIME (1) } },
  { "released", ICE_TURN_FRAME_RELEASED, 28, 28,
      { STUN (0x01, 0x04, 8), LIFETIME (0) } },
  { "error", ICE_TURN_FRAME_PASS, 28, 28,
      { STUN (0x01, 0x13, 8), ERROR_CODE (4) } },
  { "redirection", ICE_TURN_FRAME_REDIRECT, 0, 28,
      { STUN (0x01, 0x13, 8), ERROR_CODE (3) } },
  { "redirection-behind-others", ICE_TURN_FRAME_REDIRECT, 0, 36,
      { STUN (0x01, 0x13, 16), SOFTWARE, ERROR_CODE (3) } },
  { "redirection-with-reserved-bits", ICE_TURN_FRAME_REDIRECT, 0, 28,
      { STUN (0x01, 0x13, 8), ERROR_CODE (0xFB) } },
  { "error-of-another-request", ICE_TURN_FRAME_PASS, 28, 28,
      { STUN (0x01, 0x14, 8), ERROR_CODE (3) } },
  { "attribute-longer-than-the-message", ICE_TURN_FRAME_PASS, 28, 28,
      { STUN (0x01, 0x13, 8), 0x80, 0x22, 0xFF, 0xFF, 0, 0, 3, 0 } },
  { "half-an-attribute", ICE_TURN_FRAME_PASS, 24, 28,
      { STUN (0x01, 0x13, 4), ERROR_CODE (3) } },
  { "wrong-cookie", ICE_TURN_FRAME_GARBAGE, 0, 20,
      { 0x01, 0x03, 0, 0, 0x21, 0x12, 0xA4, 0x43, ID } },
  { "odd-length", ICE_TURN_FRAME_GARBAGE, 0, 4, { 0x01, 0x03, 0, 3 } },
  { "http", ICE_TURN_FRAME_GARBAGE, 0, 21,
      { 'H', 'T', 'T', 'P', '/', '1', '.', '1', ' ', '4', '0', '0' }, TRUE },
  { "first", ICE_TURN_FRAME_PASS, 20, 20, { STUN (0x01, 0x08, 0) }, TRUE },
  { "neither", ICE_TURN_FRAME_GARBAGE, 0, 1, { 0x80 } },
  { "too-long", ICE_TURN_FRAME_DROP, 20 + 65532, 20,
      { 0x01, 0x15, 0xFF, 0xFC, COOKIE, ID } },
  { "channel-data", ICE_TURN_FRAME_PASS, 8, 8,
      { 0x40, 0x00, 0, 3, 'a', 'b', 'c', 0 } },
  { "empty-channel-data", ICE_TURN_FRAME_DROP, 4, 4, { 0x40, 0x01, 0, 0 } },
  { "too-long-channel-data", ICE_TURN_FRAME_DROP, 4 + 65536, 4,
      { 0x40, 0x01, 0xFF, 0xFF } },
};

/* However it is cut: nothing is passed before it is whole, and what is not
 * there yet is not looked at. */
static void
test_case (gconstpointer data)
{
  gsize i = GPOINTER_TO_SIZE (data), size;

  for (size = 0; size <= cases[i].size; size++) {
    g_autofree guint8 *exact = g_memdup2 (cases[i].data, size);
    gsize length;
    IceTurnFrame verdict = ice_turn_frame_look (
        exact, size, cases[i].is_first, &length);

    g_assert_true (
        verdict == cases[i].verdict || verdict == ICE_TURN_FRAME_INCOMPLETE);
    if (verdict == ICE_TURN_FRAME_PASS)
      g_assert_cmpuint (size, >=, length);
    if (size == cases[i].size || (size > 0 && size == cases[i].length))
      g_assert_cmpint (verdict, ==, cases[i].verdict);
    if (verdict == ICE_TURN_FRAME_PASS || verdict == ICE_TURN_FRAME_DROP
        || verdict == ICE_TURN_FRAME_RELEASED)
      g_assert_cmpuint (length, ==, cases[i].length);
  }
}

/* The longest message that may pass fits, and the next one does not: libnice's
 * buffer has 65535 octets. */
static void
test_longest (void)
{
  g_autofree guint8 *data = g_malloc0 (ICE_TURN_FRAME_MAX);
  const guint8 stun[] = { 0x01, 0x15, 0xFF, 0xE8, COOKIE };
  const guint8 channel[] = { 0x40, 0x00, 0xFF, 0xF8 };
  gsize length;

  g_assert_cmpuint (ICE_TURN_FRAME_MAX, <=, 65535);
  memcpy (data, stun, sizeof stun);
  g_assert_cmpint (
      ice_turn_frame_look (data, ICE_TURN_FRAME_MAX - 1, FALSE, &length), ==,
      ICE_TURN_FRAME_INCOMPLETE);
  g_assert_cmpint (
      ice_turn_frame_look (data, ICE_TURN_FRAME_MAX, FALSE, &length), ==,
      ICE_TURN_FRAME_PASS);
  g_assert_cmpuint (length, ==, ICE_TURN_FRAME_MAX);
  data[3] += 4;
  g_assert_cmpint (
      ice_turn_frame_look (data, ICE_TURN_FRAME_MAX, FALSE, &length), ==,
      ICE_TURN_FRAME_DROP);
  memcpy (data, channel, sizeof channel);
  g_assert_cmpint (
      ice_turn_frame_look (data, ICE_TURN_FRAME_MAX, FALSE, &length), ==,
      ICE_TURN_FRAME_PASS);
  data[3] += 1;
  g_assert_cmpint (
      ice_turn_frame_look (data, ICE_TURN_FRAME_MAX, FALSE, &length), ==,
      ICE_TURN_FRAME_DROP);
}

/* Anything at all: a buffer of the longest message's size never gets stuck, and
 * the length of each frame that passes is that of its header. */
static void
test_random (void)
{
  guint i;

  for (i = 0; i < 200000; i++) {
    gsize size = g_test_rand_int_range (0, 80), length;
    g_autofree guint8 *data = g_malloc (size);
    gsize k;
    IceTurnFrame verdict;

    for (k = 0; k < size; k++)
      data[k] = g_test_rand_bit () ? g_test_rand_int () : 0;
    if (size >= 8 && g_test_rand_bit ())
      memcpy (data + 4, (const guint8[]){ COOKIE }, 4);
    verdict = ice_turn_frame_look (data, size, FALSE, &length);
    switch (verdict) {
      case ICE_TURN_FRAME_INCOMPLETE:
        if (size >= 20)
          g_assert_cmpuint (length, <=, ICE_TURN_FRAME_MAX);
        break;
      case ICE_TURN_FRAME_PASS:
      case ICE_TURN_FRAME_RELEASED:
        g_assert_cmpuint (length, >=, 4);
        g_assert_cmpuint (length, <=, size);
        g_assert_cmpuint (length % 4, ==, 0);
        break;
      case ICE_TURN_FRAME_DROP:
        g_assert_cmpuint (length, >=, 4);
        break;
      case ICE_TURN_FRAME_REDIRECT:
        g_assert_cmpuint (data[0] << 8 | data[1], ==, 0x0113);
        break;
      case ICE_TURN_FRAME_UNUSABLE:
        g_assert_cmpuint (data[0] << 8 | data[1], ==, 0x0103);
        break;
      case ICE_TURN_FRAME_GARBAGE:
        break;
    }
  }
}

int
main (int argc, char **argv)
{
  gsize i;

  g_test_init (&argc, &argv, NULL);
  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *path = g_strconcat (
        "/iceturnframe/", cases[i].name, NULL);

    g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_case);
  }
  g_test_add_func ("/iceturnframe/longest", test_longest);
  g_test_add_func ("/iceturnframe/random", test_random);
  return g_test_run ();
}
