/* gst-ice: test of iceturnanswer: which allocations can be kept up.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "stunmessage.h"
#include "stun/iceturnanswer.h"
#include "stun/icestunheader.h"

#define ALLOCATE 0x0103
#define REFRESH 0x0104
#define LIFETIME 0x000D
#define INTEGRITY 0x0008
#define FINGERPRINT 0x8028
#define SOFTWARE 0x8022

/* Copied, so that a sanitizer sees what is read beyond it. */
static IceTurnAnswer
judge (const TestStun *message)
{
  g_autofree guint8 *copy = g_memdup2 (message->data, message->size);

  return ice_turn_answer_judge (copy, message->size);
}

static IceTurnAnswer
judge_lifetime (guint type, guint32 lifetime)
{
  TestStun message;

  test_stun_begin (&message, type);
  test_stun_add_number (&message, LIFETIME, 4, lifetime);
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
  TestStun message;

  test_stun_begin (&message, ALLOCATE);
  message.data[7]++;
  g_assert_cmpint (judge (&message), ==, ICE_TURN_ANSWER_HARMLESS);
}

/* As libnice finds it: behind others, not behind the integrity, the first. */
static void
test_places (void)
{
  static const guint ends[] = { INTEGRITY, FINGERPRINT };
  TestStun message;
  guint i;

  test_stun_begin (&message, ALLOCATE);
  for (i = 0; i < 10; i++) /* of a length that needs padding */
    test_stun_add_number (&message, SOFTWARE, 5, 0x12345678);
  g_assert_cmpint (judge (&message), ==, ICE_TURN_ANSWER_ALLOCATED);
  test_stun_add_number (&message, LIFETIME, 4, 600);
  g_assert_cmpint (judge (&message), ==, ICE_TURN_ANSWER_HARMLESS);
  test_stun_add_number (&message, LIFETIME, 4, 0);
  g_assert_cmpint (judge (&message), ==, ICE_TURN_ANSWER_HARMLESS);

  for (i = 0; i < G_N_ELEMENTS (ends); i++) {
    test_stun_begin (&message, REFRESH);
    test_stun_add_number (&message, ends[i], 20, 0);
    test_stun_add_number (&message, LIFETIME, 4, 600);
    g_assert_cmpint (judge (&message), ==, ICE_TURN_ANSWER_REFRESHED);
  }

  test_stun_begin (&message, ALLOCATE);
  test_stun_add_number (&message, LIFETIME, 8, 600);
  g_assert_cmpint (judge (&message), ==, ICE_TURN_ANSWER_ALLOCATED);
}

/* Whatever is cut off, no lifetime is made up. */
static void
test_cut (void)
{
  TestStun message;
  gsize whole;

  test_stun_begin (&message, ALLOCATE);
  test_stun_add_number (&message, SOFTWARE, 5, 0);
  test_stun_add_number (&message, LIFETIME, 4, 600);
  whole = message.size;
  for (message.size = 0; message.size < whole; message.size++)
    g_assert_cmpint (judge (&message), ==,
        message.size < STUN_HEADER ? ICE_TURN_ANSWER_HARMLESS
                                   : ICE_TURN_ANSWER_ALLOCATED);
}

static void
assert_error (const TestStun *message, guint code, gboolean is_signed)
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
  TestStun message;
  gsize whole;

  test_stun_begin (&message, 0x0113);
  assert_error (&message, 0, FALSE);
  test_stun_add_number (&message, SOFTWARE, 5, 0);
  test_stun_add_number (&message, 0x0009, 4, 0x0425); /* 437 */
  assert_error (&message, 437, FALSE);
  whole = message.size;
  while (--message.size > 0)
    assert_error (&message, 0, FALSE);
  message.size = whole;
  test_stun_add_number (&message, 0x0009, 4, 0x0401);
  assert_error (&message, 437, FALSE);
  test_stun_add_number (&message, INTEGRITY, 20, 0);
  assert_error (&message, 437, TRUE);
  /* its header is the last that there is */
  message.size -= 20;
  assert_error (&message, 437, TRUE);
  message.size--;
  assert_error (&message, 437, FALSE);

  test_stun_begin (&message, 0x0113);
  test_stun_add_number (
      &message, INTEGRITY, 20, 0); /* nothing counts behind it */
  test_stun_add_number (&message, 0x0009, 4, 0x0425);
  assert_error (&message, 0, FALSE);
}

/* Errors to the four requests of TURN, and no other type. */
static void
test_error_types (void)
{
  TestStun message;
  guint type;

  test_stun_begin (&message, 0);
  test_stun_add_number (&message, 0x0009, 4, 0x0426); /* 438 */
  for (type = 0; type <= G_MAXUINT16; type++) {
    test_stun_put (message.data, 2, type);
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
