/* gst-ice: test of gsticedatapath: what its reader gets.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "datapath/gsticedatapath.h"
#include "suite.h"

#define SIZE 5
/* To wait for what is there already. */
#define SHORT GST_MSECOND

static guint
send_nothing (
    gpointer owner, const GstIceDatagram *datagrams, guint n, GError **error)
{
  return n;
}

static void
ignore (gpointer owner)
{
}

static const GstIceDatapathFuncs functions = { send_nothing, ignore };

static GstBufferList *
make_list (guint n)
{
  GstBufferList *list = gst_buffer_list_new ();
  guint i;

  for (i = 0; i < n; i++) {
    GstBuffer *buffer = gst_buffer_new_allocate (NULL, SIZE, NULL);

    GST_BUFFER_OFFSET (buffer) = i;
    gst_buffer_list_add (list, buffer);
  }
  return list;
}

static void
receive (GstIceDatapath *datapath, guint n)
{
  const GstIceDatagramSocketReceived received = { .n = n, .bytes = n * SIZE };

  gst_ice_datapath_receive_list (datapath, make_list (n), &received);
}

/* All of a list, in its order; none where no element reads. */
static void
test_list (void)
{
  GstIceDatapath *datapath = gst_ice_datapath_new (0, 1, &functions, NULL);
  g_autoptr (GstElement) reader = gst_object_ref_sink (gst_bin_new ("reader"));
  g_autoptr (GstBufferList) list = NULL;
  GstIceDatapathCounters counters;
  guint i;

  receive (datapath, 2);
  g_assert_true (gst_ice_claims_claim (gst_ice_datapath_get_claims (datapath),
      GST_ICE_DIRECTION_RECEIVE, GST_OBJECT (reader), NULL));
  receive (datapath, 3);
  g_assert_cmpint (gst_ice_datapath_pop (datapath, &list), ==, GST_FLOW_OK);
  g_assert_cmpuint (gst_buffer_list_length (list), ==, 3);
  for (i = 0; i < 3; i++)
    g_assert_cmpuint (GST_BUFFER_OFFSET (gst_buffer_list_get (list, i)), ==, i);
  gst_ice_datapath_get_counters (datapath, &counters);
  g_assert_cmpuint (counters.packets_received, ==, 5);
  g_assert_cmpuint (counters.bytes_received, ==, 5 * SIZE);
  g_assert_cmpuint (counters.discarded_no_reader, ==, 2);
  gst_ice_datapath_unclaim (
      datapath, GST_ICE_DIRECTION_RECEIVE, GST_OBJECT (reader));
  gst_ice_datapath_free (datapath);
}

static void
claim (GstIceDatapath *datapath, GstIceDirection direction, GstElement *owner)
{
  g_assert_true (gst_ice_claims_claim (gst_ice_datapath_get_claims (datapath),
      direction, GST_OBJECT (owner), NULL));
}

/* What waits for a reader goes with it; a writer's end leaves it. */
static void
test_unclaim (void)
{
  GstIceDatapath *datapath = gst_ice_datapath_new (0, 1, &functions, NULL);
  g_autoptr (GstElement) reader = gst_object_ref_sink (gst_bin_new ("reader"));
  g_autoptr (GstElement) writer = gst_object_ref_sink (gst_bin_new ("writer"));
  g_autoptr (GstBufferList) list = NULL;

  claim (datapath, GST_ICE_DIRECTION_RECEIVE, reader);
  claim (datapath, GST_ICE_DIRECTION_SEND, writer);
  receive (datapath, 2);
  gst_ice_datapath_unclaim (
      datapath, GST_ICE_DIRECTION_SEND, GST_OBJECT (writer));
  gst_ice_datapath_unclaim (
      datapath, GST_ICE_DIRECTION_RECEIVE, GST_OBJECT (writer));
  gst_ice_inbox_set_timeout (gst_ice_datapath_get_inbox (datapath), SHORT);
  g_assert_cmpint (gst_ice_datapath_pop (datapath, &list), ==, GST_FLOW_OK);
  g_assert_cmpuint (gst_buffer_list_length (list), ==, 2);
  g_clear_pointer (&list, gst_buffer_list_unref);
  receive (datapath, 2);
  gst_ice_datapath_unclaim (
      datapath, GST_ICE_DIRECTION_RECEIVE, GST_OBJECT (reader));
  claim (datapath, GST_ICE_DIRECTION_RECEIVE, writer);
  receive (datapath, 1);
  g_assert_cmpint (gst_ice_datapath_pop (datapath, &list), ==, GST_FLOW_OK);
  g_assert_cmpuint (gst_buffer_list_length (list), ==, 1);
  gst_ice_datapath_unclaim (
      datapath, GST_ICE_DIRECTION_RECEIVE, GST_OBJECT (writer));
  gst_ice_datapath_free (datapath);
}

static const SuiteTest tests[] = {
  { "/datapath/list", test_list },
  { "/datapath/unclaim", test_unclaim },
};

int
main (int argc, char **argv)
{
  return suite_run (argc, argv, tests, G_N_ELEMENTS (tests));
}
