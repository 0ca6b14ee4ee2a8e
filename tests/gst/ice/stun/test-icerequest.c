/* gst-ice: test of icerequest.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "stun/icerequest.h"

#include <string.h>

#define COOKIE 0x2112A442
#define MAX_SIZE 4096
#define HEADER 20
#define REQUEST 0x0001
#define USERNAME 0x0006
#define OTHER 0x8029
#define OURS "old1:theirs"

typedef struct
{
  guint8 data[MAX_SIZE];
  gsize size;
} Message;

static void
put (guint8 *data, guint octets, guint32 value)
{
  for (; octets > 0; octets--, value >>= 8)
    data[octets - 1] = (guint8) value;
}

static void
begin (Message *message, guint type, guint32 cookie)
{
  memset (message, 0, sizeof (*message));
  put (message->data, 2, type);
  put (message->data + 4, 4, cookie);
  message->size = HEADER;
}

static void
add (Message *message, guint type, const gchar *value)
{
  gsize length = strlen (value);

  put (message->data + message->size, 2, type);
  put (message->data + message->size + 2, 2, length);
  memcpy (message->data + message->size + 4, value, length);
  message->size += 4 + (length + 3) / 4 * 4;
}

/* Copied, so that a sanitizer sees what is read beyond it. */
static gboolean
has (const Message *message, gsize size)
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
    Message message;

    begin (&message, REQUEST, COOKIE);
    add (&message, USERNAME, cases[i].username);
    g_assert_cmpint (has (&message, message.size), ==, cases[i].is_ours);
  }
}

static void
test_types (void)
{
  Message message;
  guint type, bit;

  for (type = 0; type <= G_MAXUINT16; type++) {
    begin (&message, type, COOKIE);
    add (&message, USERNAME, OURS);
    g_assert_cmpint (has (&message, message.size), ==, type == REQUEST);
  }
  for (bit = 0; bit < 32; bit++) {
    begin (&message, REQUEST, COOKIE ^ 1u << bit);
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
    Message message;

    begin (&message, REQUEST, COOKIE);
    for (i = 0; i < n; i++)
      add (&message, OTHER, values[i % G_N_ELEMENTS (values)]);
    add (&message, USERNAME, OURS);
    add (&message, USERNAME, "another");
    g_assert_cmpint (
        has (&message, message.size), ==, n < ICE_REQUEST_MAX_ATTRIBUTES);

    begin (&message, REQUEST, COOKIE);
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
  Message message;
  gsize size, whole;
  guint length;

  begin (&message, REQUEST, COOKIE);
  add (&message, OTHER, "abcd");
  add (&message, USERNAME, OURS);
  whole = HEADER + 8 + 4 + strlen (OURS); /* the padding may be missing */
  for (size = 0; size <= message.size; size++)
    g_assert_cmpint (has (&message, size), ==, size >= whole);
  for (length = 0; length <= G_MAXUINT16; length++) {
    put (message.data + HEADER + 2, 2, length);
    g_assert_cmpint (
        has (&message, message.size), ==, length >= 1 && length <= 4);
    put (message.data + HEADER + 2, 2, 4);
    put (message.data + HEADER + 10, 2, length);
    g_assert_cmpint (has (&message, message.size), ==, length == strlen (OURS));
    put (message.data + HEADER + 10, 2, strlen (OURS));
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
