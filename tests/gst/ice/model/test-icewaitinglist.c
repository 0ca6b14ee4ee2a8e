/* gst-ice: test of icewaitinglist.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/icewaitinglist.h"

static void
push (IceWaitingList *list, guint port, const gchar *type)
{
  g_autofree gchar *text = g_strdup_printf (
      "candidate:1 1 udp 9 10.0.0.2 %u typ %s", port, type);
  g_autoptr (IceCandidate) candidate = ice_candidate_parse (text, NULL);

  g_assert_nonnull (candidate);
  ice_waiting_list_push (list, candidate);
}

static void
assert_pop (IceWaitingList *list, guint n_pairs, guint port)
{
  g_autoptr (IceCandidate)
      candidate = ice_waiting_list_pop (list, n_pairs, NULL, NULL);

  g_assert_cmpuint (candidate != NULL ? candidate->port : 0, ==, port);
}

static void
test_room (void)
{
  IceWaitingList list;

  ice_waiting_list_init (&list);
  assert_pop (&list, 0, 0);
  push (&list, 1, "host");
  push (&list, 2, "relay");
  push (&list, 3, "srflx");
  push (&list, 4, "relay");
  push (&list, 5, "prflx");
  assert_pop (&list, ICE_WAITING_LIST_ROOM_FOR_RELAYS, 0);
  assert_pop (&list, ICE_WAITING_LIST_ROOM_FOR_RELAYS - 1, 2);
  assert_pop (&list, ICE_WAITING_LIST_ROOM, 4);
  /* no relayed one is left */
  assert_pop (&list, ICE_WAITING_LIST_ROOM, 0);
  assert_pop (&list, ICE_WAITING_LIST_ROOM - 1, 1);
  push (&list, 6, "relay");
  assert_pop (&list, 0, 3);
  assert_pop (&list, 0, 5);
  assert_pop (&list, 0, 6);
  assert_pop (&list, 0, 0);
}

static void
test_clear (void)
{
  IceWaitingList list;

  ice_waiting_list_init (&list);
  push (&list, 1, "host");
  push (&list, 2, "relay");
  ice_waiting_list_clear (&list);
  assert_pop (&list, 0, 0);
  push (&list, 3, "host");
  assert_pop (&list, 0, 3);
  ice_waiting_list_clear (&list);
}

/* Takes candidates of even ports, and counts. */
static gboolean
is_even (const IceCandidate *candidate, gpointer n)
{
  (*(guint *) n)++;
  return candidate->port % 2 == 0;
}

/* Others may go before one that has to wait on, which keeps its place; a relay
 * may where all others wait on. */
static void
test_filter (void)
{
  static const guint in_order[] = { 2, 6, 4, 0 };
  IceWaitingList list;
  guint i, n = 0;

  ice_waiting_list_init (&list);
  push (&list, 1, "host");
  push (&list, 2, "host");
  push (&list, 3, "relay");
  push (&list, 4, "relay");
  push (&list, 5, "host");
  push (&list, 6, "host");
  for (i = 0; i < G_N_ELEMENTS (in_order); i++) {
    g_autoptr (IceCandidate)
        candidate = ice_waiting_list_pop (&list, 0, is_even, &n);

    g_assert_cmpuint (candidate != NULL ? candidate->port : 0, ==, in_order[i]);
  }
  g_assert_cmpuint (n, ==, 2 + 3 + (2 + 2) + (2 + 1));
  assert_pop (&list, 0, 1);
  assert_pop (&list, 0, 5);
  assert_pop (&list, 0, 3);
  assert_pop (&list, 0, 0);
  ice_waiting_list_clear (&list);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/icewaitinglist/room", test_room);
  g_test_add_func ("/icewaitinglist/clear", test_clear);
  g_test_add_func ("/icewaitinglist/filter", test_filter);
  return g_test_run ();
}
