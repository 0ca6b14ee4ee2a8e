/* gst-ice: test of a path over TCP, on which libnice sends: which datagrams it
 * takes, and what a connection that ends means.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "api/gsticeenumtypes.h"
#include "netns.h"
#include "niceends.h"

#include <time.h>

static void
connect_by_tcp (End *ends)
{
  guint i;

  ends_open (ends);
  for (i = 0; i < 2; i++) {
    ends[i].tcp = TRUE;
    /* no silence ends the pair, only its connection does */
    g_object_set (ends[i].agent, "ice-tcp", TRUE, "disconnected-timeout", 0,
        "failed-timeout", 0, NULL);
  }
  ends_connect (ends, FALSE);
}

static void
stop_senders (End *ends)
{
  guint i;

  for (i = 0; i < 2; i++) {
    g_atomic_int_set (&ends[i].stop, TRUE);
    g_clear_pointer (&ends[i].sender, g_thread_join);
  }
  for (i = 0; i < 2; i++)
    while (end_count_taken (&ends[i]) < ends[!i].n_sent)
      end_wait_taken (&ends[i], 1);
}

/* Of @n datagrams @passed arrive; the others are refused for that reason. */
static void
assert_sent (
    const GstIceDatagram *datagrams, guint n, guint passed, GIOErrorEnum reason)
{
  g_autoptr (GError) refusal = NULL;
  GstIceDatapathCounters counters;
  guint64 before;
  guint done;
  End ends[2];

  connect_by_tcp (ends);
  stop_senders (ends);
  before = end_count_taken (&ends[1]);
  g_assert_cmpint (
      gst_ice_datapath_send (gst_ice_transport_get_datapath (ends[0].transport),
          datagrams, n, &(const gint){ TRUE }, &done, &refusal),
      ==, GST_FLOW_OK);
  g_assert_cmpuint (done, ==, n);
  g_assert_error (refusal, G_IO_ERROR, (gint) reason);
  while (end_count_taken (&ends[1]) < before + passed)
    end_wait_taken (&ends[1], 1);
  gst_ice_datapath_get_counters (
      gst_ice_transport_get_datapath (ends[0].transport), &counters);
  g_assert_cmpuint (counters.packets_sent, ==, ends[0].n_sent + passed);
  g_assert_cmpuint (counters.packets_discarded_on_send, ==, n - passed);
  g_assert_cmpuint (end_count_taken (&ends[1]), ==, before + passed);
  ends_close (ends);
}

/* A datagram is empty if all of its pieces are. */
static void
test_empty (int descriptor)
{
  gchar text[] = "ab";
  GOutputVector nothing = { text, 0 };
  GOutputVector begins_empty[] = { { text, 0 }, { text, 1 } };
  GOutputVector ends_empty[] = { { text, 1 }, { text, 0 } };
  GOutputVector empty_pieces[] = { { text, 0 }, { text, 0 } };
  GstIceDatagram datagrams[] = { { begins_empty, 2 }, { &nothing, 1 },
    { ends_empty, 2 }, { empty_pieces, 2 }, { &begins_empty[1], 1 },
    { NULL, 0 }, { ends_empty, 1 }, { ends_empty, 1 } };
  const guint n = G_N_ELEMENTS (datagrams) - 1; /* the last one is not ours */

  assert_sent (datagrams, n, 4, G_IO_ERROR_NOT_SUPPORTED);
}

/* What libnice would divide is not sent. */
static void
test_too_large (int descriptor)
{
  static guint8 data[65507] = { 128 };
  GOutputVector vectors[] = { { data, 63488 }, { data, 63489 },
    { data, sizeof data }, { data, 1 } };
  GstIceDatagram datagrams[G_N_ELEMENTS (vectors)];
  const guint n = G_N_ELEMENTS (datagrams);
  guint i;

  for (i = 0; i < n; i++)
    datagrams[i] = (GstIceDatagram){ &vectors[i], 1 };
  assert_sent (datagrams, n, 2, G_IO_ERROR_MESSAGE_TOO_LARGE);
}

static void
close_one (End *self)
{
  end_set_mute (self, TRUE);
  end_set_mute (self->peer, TRUE);
  end_close (self);
}

static void
clear_both (End *ends)
{
  end_close (&ends[0]);
  end_clear (&ends[0]);
  end_clear (&ends[1]);
  ends_flush_addresses ();
}

/* The peer is gone: no timeout is needed to notice it. After that nothing is
 * done any more. */
static void
test_connection_ends (int descriptor)
{
  End ends[2];
  clock_t used;

  connect_by_tcp (ends);
  close_one (&ends[1]);
  end_wait_state (&ends[0], GST_ICE_CONNECTION_STATE_FAILED);
  used = clock ();
  g_usleep (500 * G_TIME_SPAN_MILLISECOND);
  used = clock () - used;
  g_test_message ("%ld us of CPU time", (long) used);
  g_assert_cmpint (used, <, CLOCKS_PER_SEC / 20);
  clear_both (ends);
}

/* A restart waits for the peer's answer, so the end of the old pair's
 * connection is no failure yet. */
static void
test_old_connection_ends (int descriptor)
{
  End ends[2];

  connect_by_tcp (ends);
  end_set_mute (&ends[0], TRUE);
  end_restart (&ends[0]);
  end_wait_state (&ends[0], GST_ICE_CONNECTION_STATE_CONNECTED);
  end_wait_gathered (&ends[0]);
  end_wait_taken (&ends[0], 10);
  close_one (&ends[1]);
  end_wait_state (&ends[0], GST_ICE_CONNECTION_STATE_CHECKING);
  clear_both (ends);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  netns_add_test ("/sending/empty", test_empty);
  netns_add_test ("/sending/too-large", test_too_large);
  netns_add_test ("/sending/connection-ends", test_connection_ends);
  netns_add_test ("/sending/old-connection-ends", test_old_connection_ends);
  return g_test_run ();
}
