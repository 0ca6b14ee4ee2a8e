/* gst-ice: test of iceturnanswer: which allocations can be kept up.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "stun/iceturnanswer.h"
#include "stun/icestunheader.h"
#include <string.h>

#define HEADER 20
#define ATTRIBUTE_HEADER 4
#define MAX_SIZE 200
#define COOKIE 0x2112A442
#define ALLOCATE 0x0103
#define REFRESH 0x0104
#define LIFETIME 0x000D
#define INTEGRITY 0x0008
#define FINGERPRINT 0x8028
#define SOFTWARE 0x8022

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
begin (Message *message, guint type)
{
  memset (message, 0, sizeof *message);
  message->size = HEADER;
  put (message->data, 2, type);
  put (message->data + 4, 4, COOKIE);
}

static void
add (Message *message, guint type, guint length, guint32 value)
{
  put (message->data + message->size, 2, type);
  put (message->data + message->size + 2, 2, length);
  put (message->data + message->size + ATTRIBUTE_HEADER, 4, value);
  message->size += ATTRIBUTE_HEADER + (length + 3) / 4 * 4;
  put (message->data + 2, 2, (guint32) (message->size - HEADER));
}

/* Copied, so that a sanitizer sees what is read beyond it. */
static IceTurnAnswer
judge (const Message *message)
{
  g_autofree guint8 *copy = g_memdup2 (message->data, message->size);

  return ice_turn_answer_judge (copy, message->size);
}

static IceTurnAnswer
judge_lifetime (guint type, guint32 lifetime)
{
  Message message;

  begin (&message, type);
  add (&message, LIFETIME, 4, lifetime);
  return judge (&message);
}

/* Every edge, and what lies around it. */
static void
test_lifetimes (void)
{
  static const struct
  {
    guint32 lifetime;
    IceTurnAnswer allocate, refresh;
  } cases[] = {
    { 0, ICE_TURN_ANSWER_ALLOCATED, ICE_TURN_ANSWER_RELEASED },
    { 1, ICE_TURN_ANSWER_ALLOCATED, ICE_TURN_ANSWER_REFRESHED },
    { ICE_TURN_MIN_LIFETIME - 1, ICE_TURN_ANSWER_ALLOCATED,
        ICE_TURN_ANSWER_REFRESHED },
    { ICE_TURN_MIN_LIFETIME, ICE_TURN_ANSWER_HARMLESS,
        ICE_TURN_ANSWER_HARMLESS },
    { 600, ICE_TURN_ANSWER_HARMLESS, ICE_TURN_ANSWER_HARMLESS },
    { 3600, ICE_TURN_ANSWER_HARMLESS, ICE_TURN_ANSWER_HARMLESS },
    { ICE_TURN_MAX_LIFETIME, ICE_TURN_ANSWER_HARMLESS,
        ICE_TURN_ANSWER_HARMLESS },
    { ICE_TURN_MAX_LIFETIME + 1, ICE_TURN_ANSWER_ALLOCATED,
        ICE_TURN_ANSWER_REFRESHED },
    { 4295028, ICE_TURN_ANSWER_ALLOCATED, ICE_TURN_ANSWER_REFRESHED },
    { G_MAXUINT32, ICE_TURN_ANSWER_ALLOCATED, ICE_TURN_ANSWER_REFRESHED },
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_assert_cmpint (
        judge_lifetime (ALLOCATE, cases[i].lifetime), ==, cases[i].allocate);
    g_assert_cmpint (
        judge_lifetime (REFRESH, cases[i].lifetime), ==, cases[i].refresh);
  }
}

/* Requests, errors and other methods have no lifetime that matters. */
static void
test_types (void)
{
  guint type;

  for (type = 0; type <= G_MAXUINT16; type++)
    g_assert_cmpint (judge_lifetime (type, 0), ==,
        type == ALLOCATE      ? ICE_TURN_ANSWER_ALLOCATED
            : type == REFRESH ? ICE_TURN_ANSWER_RELEASED
                              : ICE_TURN_ANSWER_HARMLESS);
}

static void
test_cookie (void)
{
  Message message;

  begin (&message, ALLOCATE);
  message.data[7]++;
  g_assert_cmpint (judge (&message), ==, ICE_TURN_ANSWER_HARMLESS);
}

/* As libnice finds it: behind others, not behind the integrity, the first. */
static void
test_places (void)
{
  static const guint ends[] = { INTEGRITY, FINGERPRINT };
  Message message;
  guint i;

  begin (&message, ALLOCATE);
  for (i = 0; i < 10; i++) /* of a length that needs padding */
    add (&message, SOFTWARE, 5, 0x12345678);
  g_assert_cmpint (judge (&message), ==, ICE_TURN_ANSWER_ALLOCATED);
  add (&message, LIFETIME, 4, 600);
  g_assert_cmpint (judge (&message), ==, ICE_TURN_ANSWER_HARMLESS);
  add (&message, LIFETIME, 4, 0);
  g_assert_cmpint (judge (&message), ==, ICE_TURN_ANSWER_HARMLESS);

  for (i = 0; i < G_N_ELEMENTS (ends); i++) {
    begin (&message, REFRESH);
    add (&message, ends[i], 20, 0);
    add (&message, LIFETIME, 4, 600);
    g_assert_cmpint (judge (&message), ==, ICE_TURN_ANSWER_REFRESHED);
  }

  begin (&message, ALLOCATE);
  add (&message, LIFETIME, 8, 600);
  g_assert_cmpint (judge (&message), ==, ICE_TURN_ANSWER_ALLOCATED);
}

/* Whatever is cut off, no lifetime is made up. */
static void
test_cut (void)
{
  Message message;
  gsize whole;

  begin (&message, ALLOCATE);
  add (&message, SOFTWARE, 5, 0);
  add (&message, LIFETIME, 4, 600);
  whole = message.size;
  for (message.size = 0; message.size < whole; message.size++)
    g_assert_cmpint (judge (&message), ==,
        message.size < HEADER ? ICE_TURN_ANSWER_HARMLESS
                              : ICE_TURN_ANSWER_ALLOCATED);
}

static void
assert_error (const Message *message, guint code, gboolean is_signed)
{
  g_autofree guint8 *copy = g_memdup2 (message->data, message->size);
  gboolean found;
  guint method;

  g_assert_cmpuint (
      ice_turn_answer_get_error (copy, message->size, &method, &found), ==,
      code);
  if (code == 0)
    return;
  g_assert_cmpint (found, ==, is_signed);
  g_assert_cmpuint (method, ==, ice_stun_read_16 (copy) & 0xF);
}

static void
test_errors (void)
{
  Message message;
  gsize whole;

  begin (&message, 0x0113);
  assert_error (&message, 0, FALSE);
  add (&message, SOFTWARE, 5, 0);
  add (&message, 0x0009, 4, 0x0425); /* 437 */
  assert_error (&message, 437, FALSE);
  whole = message.size;
  while (--message.size > 0)
    assert_error (&message, 0, FALSE);
  message.size = whole;
  add (&message, 0x0009, 4, 0x0401);
  assert_error (&message, 437, FALSE);
  add (&message, INTEGRITY, 20, 0);
  assert_error (&message, 437, TRUE);

  begin (&message, 0x0113);
  add (&message, INTEGRITY, 20, 0); /* nothing counts behind it */
  add (&message, 0x0009, 4, 0x0425);
  assert_error (&message, 0, FALSE);
}

/* Errors to the four requests of TURN, and no other type. */
static void
test_error_types (void)
{
  Message message;
  guint type;

  begin (&message, 0);
  add (&message, 0x0009, 4, 0x0426); /* 438 */
  for (type = 0; type <= G_MAXUINT16; type++) {
    put (message.data, 2, type);
    assert_error (&message,
        type == 0x0113 || type == 0x0114 || type == 0x0118 || type == 0x0119
            ? 438
            : 0,
        FALSE);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/iceturnanswer/lifetimes", test_lifetimes);
  g_test_add_func ("/iceturnanswer/types", test_types);
  g_test_add_func ("/iceturnanswer/cookie", test_cookie);
  g_test_add_func ("/iceturnanswer/places", test_places);
  g_test_add_func ("/iceturnanswer/cut", test_cut);
  g_test_add_func ("/iceturnanswer/errors", test_errors);
  g_test_add_func ("/iceturnanswer/error-types", test_error_types);
  return g_test_run ();
}
