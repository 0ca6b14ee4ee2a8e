/* gst-ice: test of ICE restart over libnice: what the next generation gathers,
 * what media does meanwhile, and that nothing of the old ones is left.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Two sessions in one process, in a network namespace of each test's own, where
 * addresses come and go. ICE_TEST_SLOW=1 (valgrind) makes fewer rounds. */

#include "session/gsticestats.h"
#include "api/gsticeenumtypes.h"
#include "descriptors.h"
#include "netns.h"
#include "niceends.h"

#include <string.h>

#define RESTARTS 50

/* A pair of get-stats without the members that all entries have; NULL: there is
 * no such pair. */
static GstStructure *
get_from_stats (GstStructure *stats, const gchar *id)
{
  GstStructure *pair = NULL;

  if (gst_structure_has_field_typed (stats, id, GST_TYPE_STRUCTURE))
    gst_structure_get (stats, id, GST_TYPE_STRUCTURE, &pair, NULL);
  if (pair != NULL)
    gst_structure_remove_fields (
        pair, "type", "timestamp", "transport-id", NULL);
  return pair;
}

/* Returns: whether all sources had the same about each pair at about one time
 */
static gboolean
sources_agree (End *self)
{
  GstStructure *selected = gst_ice_transport_pairs_get_selected (
      gst_ice_transport_get_pairs (self->transport));
  GstStructure *stats = gst_structure_new_empty ("ice-stats");
  GValue array = G_VALUE_INIT;
  gboolean agree = TRUE;
  guint i;

  g_value_init (&array, GST_TYPE_ARRAY);
  gst_ice_transport_pairs_take_all (
      gst_ice_transport_get_pairs (self->transport), &array);
  gst_ice_stats_add_transport (stats, self->transport);
  for (i = 0; i < gst_value_array_get_size (&array); i++) {
    const GstStructure *pair = g_value_get_boxed (
        gst_value_array_get_value (&array, i));
    const gchar *id = gst_structure_get_string (pair, "id");
    GstStructure *other = get_from_stats (stats, id);

    agree &= other != NULL && gst_structure_is_equal (pair, other);
    if (selected != NULL
        && g_str_equal (gst_structure_get_string (selected, "id"), id))
      agree &= gst_structure_is_equal (pair, selected);
    g_clear_pointer (&other, gst_structure_free);
  }
  g_value_unset (&array);
  gst_structure_free (stats);
  g_clear_pointer (&selected, gst_structure_free);
  return agree;
}

/* Of all reported pairs; and how many of these are selected. */
static guint
count_pairs_at (End *self, guint wanted, guint *selected)
{
  GValue array = G_VALUE_INIT;
  gint64 end = g_get_monotonic_time () + 10 * G_TIME_SPAN_SECOND;
  guint i, n = 0;

  while (!sources_agree (self)) { /* checks and media may go on */
    g_assert_cmpint (g_get_monotonic_time (), <, end);
    g_usleep (1000);
  }
  *selected = 0;
  g_value_init (&array, GST_TYPE_ARRAY);
  gst_ice_transport_pairs_take_all (
      gst_ice_transport_get_pairs (self->transport), &array);
  for (i = 0; i < gst_value_array_get_size (&array); i++) {
    const GstStructure *pair = g_value_get_boxed (
        gst_value_array_get_value (&array, i));
    gboolean is_selected;
    guint port;

    g_assert_true (gst_structure_get_uint (pair, "local-port", &port));
    g_assert_true (gst_structure_get_boolean (pair, "selected", &is_selected));
    n += port == wanted;
    *selected += is_selected;
  }
  g_value_unset (&array);
  return n;
}

/* What a process has. */

/* Until there are no more than that. */
static void
wait_descriptors (guint wanted)
{
  gint64 end = g_get_monotonic_time () + ENDS_PATIENCE;

  while (count_descriptors () > wanted) {
    if (g_get_monotonic_time () > end)
      g_error ("%u descriptors, not %u", count_descriptors (), wanted);
    g_usleep (1000);
  }
}

static guint
get_rounds (guint n)
{
  return g_getenv ("ICE_TEST_SLOW") != NULL ? n / 10 : n;
}

/* Tests, in a network namespace. */

/* Another address for each, so that it gathers anew. */
static void
change_addresses (guint round)
{
  guint i;

  for (i = 0; i < 2; i++)
    if (round % 2 == 0)
      ends_add_address (i, 2);
    else
      ends_remove_address (i, 2);
}

static void
assert_pairs (End *self, guint old_port)
{
  guint selected;

  g_assert_cmpuint (count_pairs_at (self, old_port, &selected), ==, 0);
  g_assert_cmpuint (selected, ==, 1);
  g_assert_cmpuint (
      count_pairs_at (self, end_get_port (self), &selected), >, 0);
}

/* New ports at both ends, for one end's restart is the other's; no datagram is
 * lost, and all reports are of the new generation. */
static void
gather_again (gboolean offload)
{
  guint by, i;
  End ends[2];

  ends_open (ends);
  ends_connect (ends, offload);
  for (by = 0; by < 2; by++) {
    guint old[] = { end_get_port (&ends[0]), end_get_port (&ends[1]) };

    ends_add_address (0, 2 + by);
    ends_add_address (1, 2 + by);
    end_restart (&ends[by]);
    ends_wait_restarted (ends, old[0], old[1]);
    for (i = 0; i < 2; i++) {
      assert_pairs (&ends[i], old[i]);
      end_wait_taken (&ends[i], 20);
    }
  }
  for (i = 0; i < 2; i++) {
    g_atomic_int_set (&ends[i].stop, TRUE);
    g_clear_pointer (&ends[i].sender, g_thread_join);
  }
  for (i = 0; i < 2; i++) {
    while (end_count_taken (&ends[i]) < ends[!i].n_sent)
      end_wait_taken (&ends[i], 1);
    g_assert_cmpuint (ends[i].bad_pairs, ==, 0);
  }
  g_test_message ("%" G_GUINT64_FORMAT " and %" G_GUINT64_FORMAT
                  " datagrams, none lost; longest gaps %.1f and %.1f ms",
      ends[0].n_sent, ends[1].n_sent, end_take_gap (&ends[0]) / 1000.0,
      end_take_gap (&ends[1]) / 1000.0);
  ends_close (ends);
}

static void
test_gathers_again (int descriptor)
{
  gather_again (TRUE);
  gather_again (FALSE);
}

/* Where nothing has changed the restart is made in place. */
static void
test_same_addresses (int descriptor)
{
  guint old[2], i;
  End ends[2];

  ends_open (ends);
  ends_connect (ends, TRUE);
  for (i = 0; i < 2; i++)
    old[i] = end_get_port (&ends[i]);
  for (i = 0; i < 2; i++) {
    guint64 changes = gst_ice_transport_pairs_get_n_changes (
        gst_ice_transport_get_pairs (ends[0].transport));

    end_restart (&ends[i]);
    ends_wait_changed (ends, changes);
  }
  for (i = 0; i < 2; i++) {
    g_assert_cmpuint (end_get_port (&ends[i]), ==, old[i]);
    end_wait_taken (&ends[i], 10);
  }
  ends_close (ends);
}

/* There is no second port: it is made in place, too. */
static void
test_one_port (int descriptor)
{
  const guint port = 5000;
  guint64 changes;
  End ends[2];
  guint i;

  ends_open (ends);
  g_object_set (ends[0].agent, "min-port", port, "max-port", port, NULL);
  ends_connect (ends, TRUE);
  g_assert_cmpuint (end_get_port (&ends[0]), ==, port);
  ends_add_address (0, 2);
  changes = gst_ice_transport_pairs_get_n_changes (
      gst_ice_transport_get_pairs (ends[0].transport));
  end_restart (&ends[0]);
  ends_wait_changed (ends, changes);
  g_assert_cmpuint (end_get_port (&ends[0]), ==, port);
  for (i = 0; i < 2; i++)
    end_wait_taken (&ends[i], 10);
  ends_close (ends);
}

/* Three restarts are not signalled to the peer: media goes on over the first
 * pair, which is the only one; the last restart counts. */
static void
test_restart_while_restarting (int descriptor)
{
  guint old[2], selected, i, descriptors;
  End ends[2];

  ends_open (ends);
  ends_connect (ends, TRUE);
  for (i = 0; i < 2; i++)
    old[i] = end_get_port (&ends[i]);
  end_set_mute (&ends[0], TRUE);
  ends_add_address (0, 2);
  ends_add_address (1, 2);
  end_restart (&ends[0]);
  end_wait_state (&ends[0], GST_ICE_CONNECTION_STATE_CONNECTED);
  end_wait_taken (&ends[0], 20);
  descriptors = count_descriptors ();
  for (i = 0; i < 2; i++) {
    ends_remove_address (0, 2 + i);
    ends_add_address (0, 3 + i);
    end_restart (&ends[0]);
    end_wait_taken (&ends[0], 20);
    end_wait_taken (&ends[1], 20);
  }
  wait_descriptors (descriptors); /* two live, no more */
  g_assert_cmpuint (end_get_port (&ends[0]), ==, old[0]);
  g_assert_cmpuint (count_pairs_at (&ends[0], old[0], &selected), ==, 1);
  g_assert_cmpuint (selected, ==, 1);
  for (i = 0; i < 2; i++)
    g_assert_cmpint (end_take_gap (&ends[i]), <, G_USEC_PER_SEC);
  end_set_mute (&ends[0], FALSE);
  end_signal_again (&ends[0]);
  ends_wait_restarted (ends, old[0], old[1]);
  for (i = 0; i < 2; i++)
    end_wait_taken (&ends[i], 10);
  ends_close (ends);
}

/* One, the other, or both at once, and nothing is left of them. */
static void
test_again_and_again (int descriptor)
{
  guint i, k, rounds = get_rounds (RESTARTS) / 2 * 2;
  guint descriptors, threads, most = 0;
  End ends[2];

  ends_open (ends);
  ends_connect (ends, TRUE);
  descriptors = count_descriptors ();
  threads = count_entries ("/proc/self/task");
  for (i = 0; i < rounds; i++) {
    guint old[] = { end_get_port (&ends[0]), end_get_port (&ends[1]) };

    change_addresses (i); /* at the end they have one each again */
    end_restart (&ends[i % 2]);
    if (i % 3 == 0)
      end_restart (&ends[!(i % 2)]);
    ends_wait_restarted (ends, old[0], old[1]);
    most = MAX (most, count_descriptors ());
  }
  for (k = 0; k < 2; k++)
    end_wait_taken (&ends[k], 10);
  g_test_message ("%u restarts, %u descriptors, %u at most, longest gaps %.1f "
                  "and %.1f ms",
      rounds, descriptors, most, end_take_gap (&ends[0]) / 1000.0,
      end_take_gap (&ends[1]) / 1000.0);
  g_assert_cmpuint (most, <=, 5 * descriptors);
  wait_descriptors (descriptors);
  g_assert_cmpuint (count_entries ("/proc/self/task"), ==, threads);
  ends_close (ends);
}

/* At any moment of a restart. */
static void
test_close (int descriptor)
{
  guint i, k, rounds = get_rounds (40), descriptors = 0;
  gint64 longest = 0;

  for (i = 0; i < rounds; i++) {
    gint64 start;
    End ends[2];

    ends_open (ends);
    ends_connect (ends, i % 2);
    ends_add_address (0, 2);
    ends_add_address (1, 2);
    end_restart (&ends[i / 2 % 2]);
    g_usleep (i % 4 * i * 500);
    if (i % 3 == 0)
      end_restart (&ends[0]);
    for (k = 0; k < 2; k++)
      end_set_mute (&ends[k], TRUE);
    start = g_get_monotonic_time ();
    for (k = 0; k < 2; k++)
      end_close (&ends[k]);
    longest = MAX (longest, g_get_monotonic_time () - start);
    for (k = 0; k < 2; k++)
      end_clear (&ends[k]);
    ends_flush_addresses ();
    if (i == 0)
      descriptors = count_descriptors ();
    wait_descriptors (descriptors);
  }
  g_test_message ("closed within %.1f ms", longest / 1000.0);
  g_assert_cmpint (longest, <, 3 * G_USEC_PER_SEC);
}

static guint
count_failed (End *self)
{
  GValue array = G_VALUE_INIT;
  guint i, n = 0;

  g_value_init (&array, GST_TYPE_ARRAY);
  gst_ice_transport_pairs_take_all (
      gst_ice_transport_get_pairs (self->transport), &array);
  for (i = 0; i < gst_value_array_get_size (&array); i++) {
    gint state;

    g_assert_true (gst_structure_get_enum (
        g_value_get_boxed (gst_value_array_get_value (&array, i)), "state",
        GST_TYPE_ICE_CANDIDATE_PAIR_STATE, &state));
    n += state == GST_ICE_CANDIDATE_PAIR_STATE_FAILED;
  }
  g_value_unset (&array);
  return n;
}

/* libnice gives up 5 s after the last check. */
static void
wait_given_up (End *ends)
{
  gint64 end = g_get_monotonic_time () + ENDS_PATIENCE;
  guint i;

  while (count_failed (&ends[0]) == 0) {
    g_assert_cmpint (g_get_monotonic_time (), <, end);
    g_usleep (10000);
  }
  end = g_get_monotonic_time () + 6 * G_TIME_SPAN_SECOND;
  while (g_get_monotonic_time () < end)
    for (i = 0; i < 2; i++) {
      end_wait_taken (&ends[i], 10);
      g_assert_cmpint (
          end_get_state (&ends[0]), ==, GST_ICE_CONNECTION_STATE_CONNECTED);
      g_assert_cmpint (
          end_get_state (&ends[1]), ==, GST_ICE_CONNECTION_STATE_COMPLETED);
    }
}

/* The new generation's checks fail: the old path, which works, goes on, and the
 * next restart finds a pair. */
static void
fails (gboolean anew)
{
  guint old[2], selected;
  End ends[2];

  ends_open (ends);
  ends_connect (ends, TRUE);
  old[0] = end_get_port (&ends[0]);
  old[1] = end_get_port (&ends[1]);
  end_set_mute (&ends[0], TRUE);
  if (anew)
    ends_add_address (0, 2);
  end_restart (&ends[0]);
  end_wait_state (&ends[0], GST_ICE_CONNECTION_STATE_CONNECTED);
  end_wait_gathered (&ends[0]);
  g_assert_true (gst_ice_session_set_remote_credentials (
      gst_ice_agent_get_session (ends[0].agent), 0, "nobody",
      "0123456789012345678901", NULL));
  g_assert_true (
      gst_ice_session_add_candidate (gst_ice_agent_get_session (ends[0].agent),
          0, "candidate:1 1 UDP 1 10.9.0.1 9 typ host", NULL));
  g_assert_true (gst_ice_session_add_candidate (
      gst_ice_agent_get_session (ends[0].agent), 0, "", NULL));
  wait_given_up (ends);
  g_assert_cmpuint (count_pairs_at (&ends[0], old[0], &selected), >, 0);
  g_assert_cmpuint (selected, ==, 1);
  end_set_mute (&ends[0], FALSE);
  ends_add_address (0, 3);
  ends_add_address (1, 2);
  end_restart (&ends[0]);
  ends_wait_restarted (ends, old[0], old[1]);
  end_wait_taken (&ends[0], 10);
  end_wait_taken (&ends[1], 10);
  ends_close (ends);
}

static void
test_fails (int descriptor)
{
  fails (TRUE);
  fails (FALSE);
}

/* An address of this machine is replaced; a call with media goes on by a
 * restart, also with one port only. */
static void
replace_address (guint port)
{
  g_autofree gchar *address = NULL;
  guint now, old[2], i;
  End ends[2];

  ends_open (ends);
  if (port != 0)
    g_object_set (ends[0].agent, "min-port", port, "max-port", port, NULL);
  ends_connect (ends, TRUE);
  old[1] = end_get_port (&ends[1]);
  address = end_get_local (&ends[0], &old[0]);
  g_assert_cmpstr (address, ==, "10.9.0.1");
  ends_add_address (0, 2);
  ends_remove_address (0, 1);
  ends_add_address (1, 2); /* the other one gathers anew too */
  end_restart (&ends[0]);
  ends_wait_restarted (ends, port == 0 ? old[0] : 0, old[1]);
  g_clear_pointer (&address, g_free);
  address = end_get_local (&ends[0], &now);
  g_assert_cmpstr (address, ==, "10.9.0.2");
  if (port != 0)
    g_assert_cmpuint (now, ==, port);
  for (i = 0; i < 2; i++)
    end_wait_taken (&ends[i], 10);
  g_test_message ("longest gaps %.1f and %.1f ms",
      end_take_gap (&ends[0]) / 1000.0, end_take_gap (&ends[1]) / 1000.0);
  ends_close (ends);
}

static void
test_address_is_replaced (int descriptor)
{
  replace_address (0);
  replace_address (5000);
}

/* None is there for a while: the first restart is made in place, the next one
 * is not. */
static void
test_no_address (int descriptor)
{
  guint64 changes;
  guint old, i;
  End ends[2];

  ends_open (ends);
  ends_connect (ends, TRUE);
  old = end_get_port (&ends[0]);
  ends_remove_address (0, 1);
  changes = gst_ice_transport_pairs_get_n_changes (
      gst_ice_transport_get_pairs (ends[0].transport));
  end_restart (&ends[0]);
  end_wait_gathered (&ends[0]);
  ends_add_address (0, 2);
  end_restart (&ends[0]);
  ends_wait_changed (ends, changes);
  g_assert_cmpuint (end_get_port (&ends[0]), !=, old);
  for (i = 0; i < 2; i++)
    end_wait_taken (&ends[i], 10);
  ends_close (ends);
}

/* Nothing is left of it but what the first one left. */
static void
run (gconstpointer function)
{
  static guint descriptors;

  netns_test ((void (*) (int)) function);
  if (descriptors == 0)
    descriptors = count_descriptors ();
  wait_descriptors (descriptors);
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const gchar *path;
    void (*function) (int descriptor);
  } tests[] = {
    { "/generation/gathers-again", test_gathers_again },
    { "/generation/same-addresses", test_same_addresses },
    { "/generation/one-port", test_one_port },
    { "/generation/restart-while-restarting", test_restart_while_restarting },
    { "/generation/again-and-again", test_again_and_again },
    { "/generation/close", test_close },
    { "/generation/fails", test_fails },
    { "/generation/address-is-replaced", test_address_is_replaced },
    { "/generation/no-address", test_no_address },
  };
  guint i;

  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  for (i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add_data_func (
        tests[i].path, (gconstpointer) tests[i].function, run);
  return g_test_run ();
}
