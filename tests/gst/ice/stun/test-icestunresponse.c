/* gst-ice: test of icestunresponse.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "stunmessage.h"
#include "stun/icestunresponse.h"

#define TAG 0x1CE1CE01
#define MAX_SIZE 200
#define CHANNEL_HEADER 4
#define SUCCESS 0x0101
#define ERROR_RESPONSE 0x0111

static void
make_stun (guint8 *data, guint type, guint32 cookie, guint32 tag)
{
  memset (data, 0x5A, MAX_SIZE - CHANNEL_HEADER);
  test_stun_put_header (data, type, cookie, tag);
}

/* Copied, so that a sanitizer sees what is read beyond it. */
static gboolean
find (const guint8 *data, gsize size, gsize at, gsize answer_size)
{
  g_autofree guint8 *copy = g_memdup2 (data, size);
  IceStunResponse answer;

  if (!ice_stun_response_find (&answer, copy, size, TAG))
    return FALSE;
  g_assert_true (answer.data == copy + at);
  g_assert_cmpuint (answer.size, ==, answer_size);
  g_assert_cmphex (answer.channel, ==, at > 0 ? (copy[0] << 8 | copy[1]) : 0);
  return TRUE;
}

static void
test_types (void)
{
  guint8 data[MAX_SIZE];
  guint type;

  for (type = 0; type <= G_MAXUINT16; type++) {
    make_stun (data, type, STUN_COOKIE, TAG);
    g_assert_cmpint (find (data, STUN_HEADER + 8, 0, STUN_HEADER + 8), ==,
        type == SUCCESS || type == ERROR_RESPONSE);
  }
}

static void
test_sizes (void)
{
  guint8 data[MAX_SIZE];
  gsize size;

  make_stun (data, SUCCESS, STUN_COOKIE, TAG);
  for (size = 0; size < MAX_SIZE - CHANNEL_HEADER; size++)
    g_assert_cmpint (find (data, size, 0, size), ==, size >= STUN_HEADER);
}

static void
test_tags_and_cookies (void)
{
  guint8 data[MAX_SIZE];
  guint bit;

  for (bit = 0; bit < 32; bit++) {
    make_stun (data, SUCCESS, STUN_COOKIE ^ 1u << bit, TAG);
    g_assert_false (find (data, 100, 0, 100));
    make_stun (data, SUCCESS, STUN_COOKIE, TAG ^ 1u << bit);
    g_assert_false (find (data, 100, 0, 100));
  }
}

/* Each first octet, each size, with a length field below, at, and above it. */
static void
test_channel_data (void)
{
  guint8 data[MAX_SIZE];
  gsize size, length;
  guint first;

  make_stun (data + CHANNEL_HEADER, ERROR_RESPONSE, STUN_COOKIE, TAG);
  for (first = 0; first <= G_MAXUINT8; first++)
    for (size = 0; size <= 60; size++)
      for (length = 0; length <= 62; length++) {
        gsize inside = size > CHANNEL_HEADER
            ? MIN (size - CHANNEL_HEADER, length)
            : 0;

        test_stun_put (data, 2, first << 8 | 0x5A);
        test_stun_put (data + 2, 2, (guint32) length);
        g_assert_cmpint (find (data, size, CHANNEL_HEADER, inside), ==,
            first >= 64 && first <= 79 && inside >= STUN_HEADER);
      }
}

/* No ChannelData in ChannelData. */
static void
test_no_more_than_one (void)
{
  guint8 data[MAX_SIZE];

  make_stun (data + CHANNEL_HEADER, SUCCESS, STUN_COOKIE, TAG);
  memmove (data + 2 * CHANNEL_HEADER, data + CHANNEL_HEADER,
      MAX_SIZE - 2 * CHANNEL_HEADER);
  test_stun_put (data, 4, 0x40000000 | 100);
  test_stun_put (data + CHANNEL_HEADER, 4, 0x40000000 | 96);
  g_assert_false (find (data, 120, 0, 0));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/answer/types", test_types);
  g_test_add_func ("/answer/sizes", test_sizes);
  g_test_add_func ("/answer/tags-and-cookies", test_tags_and_cookies);
  g_test_add_func ("/answer/channel-data", test_channel_data);
  g_test_add_func ("/answer/no-more-than-one", test_no_more_than_one);
  return g_test_run ();
}
