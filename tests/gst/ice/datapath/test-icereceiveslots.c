/* gst-ice: test of icereceiveslots.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "datapath/icereceiveslots.h"

#define SMALL 1200

static void
take (IceReceiveSlots *slots, guint n)
{
  for (; n > 0; n--)
    ice_receive_slots_took (slots, 1, SMALL);
}

/* What one call receives stays in the processor's cache. */
static void
test_large_messages (void)
{
  static const struct
  {
    gsize largest;
    guint slots;
  } calls[] = {
    { 0, 16 },
    { 1, 16 },
    { 8192, 16 },
    { 8193, 15 },
    { 32768, 4 },
    { 32769, 3 },
    { 65507, 2 },
    { 65536, 2 },
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (calls); i++) {
    IceReceiveSlots slots = { 0 };

    g_assert_cmpuint (ice_receive_slots_count (&slots), ==, 16);
    ice_receive_slots_took (&slots, 2, calls[i].largest);
    g_assert_cmpuint (ice_receive_slots_count (&slots), ==, calls[i].slots);
  }
}

/* A call that received nothing says nothing about sizes. */
static void
test_nothing (void)
{
  IceReceiveSlots slots = { 0 };

  ice_receive_slots_took (&slots, 2, 32768);
  g_assert_false (ice_receive_slots_took (&slots, 0, 0));
  g_assert_cmpuint (ice_receive_slots_count (&slots), ==, 4);
}

/* More messages wait where all slots were filled. */
static void
test_more (void)
{
  IceReceiveSlots slots = { 0 };

  g_assert_false (ice_receive_slots_took (&slots, 15, SMALL));
  g_assert_true (ice_receive_slots_took (&slots, 16, 32768));
  g_assert_false (ice_receive_slots_took (&slots, 3, 32768));
  g_assert_true (ice_receive_slots_took (&slots, 4, 32768));
}

/* One by one: one slot, but for each eighth call, and more is not expected. */
static void
test_singles (void)
{
  IceReceiveSlots slots = { 0 };
  guint i;

  for (i = 0; i < 40; i++) {
    gboolean all = i <= 8 || i % 8 == 0;

    g_assert_cmpuint (ice_receive_slots_count (&slots), ==, all ? 16 : 1);
    g_assert_false (ice_receive_slots_took (&slots, 1, SMALL));
    g_assert_false (ice_receive_slots_took (&slots, 0, 0));
  }
}

/* A call with all slots that receives two begins anew. */
static void
test_end_of_singles (void)
{
  IceReceiveSlots slots = { 0 };

  take (&slots, 16);
  g_assert_false (ice_receive_slots_took (&slots, 2, SMALL));
  take (&slots, 7);
  g_assert_cmpuint (ice_receive_slots_count (&slots), ==, 16);
  take (&slots, 2);
  g_assert_cmpuint (ice_receive_slots_count (&slots), ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/icereceiveslots/large-messages", test_large_messages);
  g_test_add_func ("/icereceiveslots/nothing", test_nothing);
  g_test_add_func ("/icereceiveslots/more", test_more);
  g_test_add_func ("/icereceiveslots/singles", test_singles);
  g_test_add_func ("/icereceiveslots/end-of-singles", test_end_of_singles);
  return g_test_run ();
}
