/* gst-ice: test of an icesink that is paused within a list of buffers.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fakeagent.h"
#include "suite.h"
#include <gst/check/gstharness.h>
#include <string.h>

static guint (*fake_send) (GstIceTransport *transport,
    const GstIceDatagram *datagrams, guint n, GError **error);
static gint room; /* atomic: datagrams until it blocks */

/* Instead of the fake transport's. */
static guint
send_into_room (GstIceTransport *transport, const GstIceDatagram *datagrams,
    guint n, GError **error)
{
  guint fits = MIN (n, (guint) g_atomic_int_get (&room));

  g_atomic_int_add (&room, -(gint) fits);
  if (fits < n)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, "full");
  return fits > 0 ? fake_send (transport, datagrams, fits, NULL) : 0;
}

static gpointer
push_list (gpointer data)
{
  GstHarness *harness = data;
  static const gchar *const texts[] = { "one", "two", "three", "four" };
  GstBufferList *list = gst_buffer_list_new ();
  guint i;

  for (i = 0; i < G_N_ELEMENTS (texts); i++)
    gst_buffer_list_add (
        list, gst_buffer_new_memdup (texts[i], strlen (texts[i])));
  return GINT_TO_POINTER (gst_pad_push_list (harness->srcpad, list));
}

static void
pause_and_play (GstElement *sink, gint more_room)
{
  gst_element_set_state (sink, GST_STATE_PAUSED);
  g_assert_cmpint (
      gst_element_get_state (sink, NULL, NULL, GST_CLOCK_TIME_NONE), ==,
      GST_STATE_CHANGE_SUCCESS);
  g_atomic_int_add (&room, more_room);
  gst_element_set_state (sink, GST_STATE_PLAYING);
}

/* It goes on where it was. */
static void
test_list (void)
{
  GstElement *sink = gst_object_ref_sink (
      gst_element_factory_make ("icesink", NULL));
  g_autofree gchar *sent = NULL;
  GstHarness *harness;
  FakeTransport *transport;
  GThread *pusher;

  g_object_set (sink, "sync", FALSE, NULL);
  harness = gst_harness_new_with_element (sink, "sink", NULL);
  gst_harness_set_src_caps_str (harness, "application/x-test");
  transport = fake_transport_of (sink);
  fake_settle ();
  fake_connect (transport);
  fake_send = GST_ICE_TRANSPORT_GET_CLASS (transport)->send;
  GST_ICE_TRANSPORT_GET_CLASS (transport)->send = send_into_room;
  g_atomic_int_set (&room, 1);
  pusher = g_thread_new ("push", push_list, harness);
  fake_wait_sent (transport, 1);
  pause_and_play (sink, 2);
  fake_wait_sent (transport, 3);
  pause_and_play (sink, 9);
  g_assert_cmpint (GPOINTER_TO_INT (g_thread_join (pusher)), ==, GST_FLOW_OK);
  sent = fake_take_sent (transport);
  g_assert_cmpstr (sent, ==, "one|two|three|four|");
  GST_ICE_TRANSPORT_GET_CLASS (transport)->send = fake_send;
  gst_element_set_state (sink, GST_STATE_NULL);
  gst_harness_teardown (harness);
  gst_object_unref (transport);
  gst_object_unref (sink);
}

static const SuiteTest tests[] = {
  { "/sink/paused/list", test_list },
};

int
main (int argc, char **argv)
{
  return suite_run (argc, argv, tests, G_N_ELEMENTS (tests));
}
