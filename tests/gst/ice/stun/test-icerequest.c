/* gst-ice: test of icerequest.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "stunmessage.h"
#include "stun/icerequest.h"

#define REQUEST 0x0001
#define USERNAME 0x0006
#define OTHER 0x8029
#define OURS "old1:theirs"

static void
add (TestStun *message, guint type, const gchar *value)
{
  test_stun_add (message, type, value, strlen (value));
}

/* Copied, so that a sanitizer sees what is read beyond it. */
static gboolean
has (const TestStun *message, gsize size)
{
  g_autofree guint8 *copy = g_memdup2 (message->data, size);

  return ice_request_has_username (copy, size, OURS);
}

static void
test_usernames (void)
{
  static const struct
  {
    const gchar *username;
    gboolean is_ours;
  } cases[] = {
    { OURS, TRUE },
    { "old1:theirsX", FALSE },
    { "old1:their", FALSE },
    { "old1:", FALSE },
    { "old1", FALSE },
    { "", FALSE },
    { "new1:theirs", FALSE },
    { "old1:others", FALSE },
    { "old2:theirs", FALSE },
    { "theirs:old1", FALSE },
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    TestStun message;

    test_stun_begin (&message, REQUEST);
    add (&message, USERNAME, cases[i].username);
    g_assert_cmpint (has (&message, message.size), ==, cases[i].is_ours);
  }
}

static void
test_types (void)
{
  TestStun message;
  guint type, bit;

  for (type = 0; type <= G_MAXUINT16; type++) {
    test_stun_begin (&message, type);
    add (&message, USERNAME, OURS);
    g_assert_cmpint (has (&message, message.size), ==, type == REQUEST);
  }
  for (bit = 0; bit < 32; bit++) {
    test_stun_begin (&message, REQUEST);
    test_stun_put (message.data + 4, 4, STUN_COOKIE ^ 1u << bit);
    add (&message, USERNAME, OURS);
    g_assert_false (has (&message, message.size));
  }
}

/* The first USERNAME counts, wherever it is; of any length are those before. */
static void
test_places (void)
{
  static const gchar *const values[] = { "", "a", "ab", "abc", "abcd",
    "abcde" };
  guint n, i;

  for (n = 0; n <= ICE_REQUEST_MAX_ATTRIBUTES + 2; n++) {
    TestStun message;

    test_stun_begin (&message, REQUEST);
    for (i = 0; i < n; i++)
      add (&message, OTHER, values[i % G_N_ELEMENTS (values)]);
    add (&message, USERNAME, OURS);
    add (&message, USERNAME, "another");
    g_assert_cmpint (
        has (&message, message.size), ==, n < ICE_REQUEST_MAX_ATTRIBUTES);

    test_stun_begin (&message, REQUEST);
    for (i = 0; i < n; i++)
      add (&message, OTHER, values[i % G_N_ELEMENTS (values)]);
    add (&message, USERNAME, "another");
    add (&message, USERNAME, OURS);
    g_assert_false (has (&message, message.size));
  }
}

/* Cut anywhere, and with every length in the way. */
static void
test_broken (void)
{
  TestStun message;
  gsize size, whole;
  guint length;

  test_stun_begin (&message, REQUEST);
  add (&message, OTHER, "abcd");
  add (&message, USERNAME, OURS);
  whole = STUN_HEADER + 8 + 4 + strlen (OURS); /* the padding may be missing */
  for (size = 0; size <= message.size; size++)
    g_assert_cmpint (has (&message, size), ==, size >= whole);
  for (length = 0; length <= G_MAXUINT16; length++) {
    test_stun_put (message.data + STUN_HEADER + 2, 2, length);
    g_assert_cmpint (
        has (&message, message.size), ==, length >= 1 && length <= 4);
    test_stun_put (message.data + STUN_HEADER + 2, 2, 4);
    test_stun_put (message.data + STUN_HEADER + 10, 2, length);
    g_assert_cmpint (has (&message, message.size), ==, length == strlen (OURS));
    test_stun_put (message.data + STUN_HEADER + 10, 2, strlen (OURS));
  }
}

gint
main (gint argc, gchar **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/request/usernames", test_usernames);
  g_test_add_func ("/request/types", test_types);
  g_test_add_func ("/request/places", test_places);
  g_test_add_func ("/request/broken", test_broken);
  return g_test_run ();
}
