/* gst-ice: test of icesinks behind a tee, as a forwarder has them.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fakeagent.h"
#include "suite.h"
#include <gst/check/gstharness.h>
#include <string.h>

#define N_SINKS 3
#define N_DATAGRAMS 8
#define SIZE 1200

typedef struct
{
  GstHarness *harness; /* of the tee */
  GstElement *tee;
  GstElement *sinks[N_SINKS];
  FakeTransport *transports[N_SINKS];
  GstPad *branches[N_SINKS]; /* pads of the tee */
} Forwarder;

static guint (*fake_send) (GstIceTransport *transport,
    const GstIceDatagram *datagrams, guint n, GError **error);
static gconstpointer addresses[N_SINKS][N_DATAGRAMS]; /* that were sent from */
static guint n_calls;

/* Instead of the fake transport's. */
static guint
note_addresses (GstIceTransport *transport, const GstIceDatagram *datagrams,
    guint n, GError **error)
{
  guint i;

  g_assert_cmpuint (n_calls, <, N_SINKS);
  g_assert_cmpuint (n, ==, N_DATAGRAMS);
  for (i = 0; i < n; i++) {
    g_assert_cmpint (datagrams[i].n_vectors, ==, 1);
    addresses[n_calls][i] = datagrams[i].vectors[0].buffer;
  }
  n_calls++;
  return n;
}

static void
forwarder_start (Forwarder *self, guint connected)
{
  guint i;

  self->tee = gst_object_ref_sink (gst_element_factory_make ("tee", NULL));
  self->harness = gst_harness_new_with_element (self->tee, "sink", NULL);
  for (i = 0; i < N_SINKS; i++) {
    GstPad *end;

    self->sinks[i] = gst_object_ref_sink (
        gst_element_factory_make ("icesink", NULL));
    g_object_set (self->sinks[i], "sync", FALSE, "wait-for-connection", FALSE,
        "on-failed", 3 /* none */, NULL);
    gst_element_set_state (self->sinks[i], GST_STATE_PLAYING);
    self->branches[i] = gst_element_request_pad_simple (self->tee, "src_%u");
    end = gst_element_get_static_pad (self->sinks[i], "sink");
    g_assert_cmpint (
        gst_pad_link (self->branches[i], end), ==, GST_PAD_LINK_OK);
    gst_object_unref (end);
    self->transports[i] = fake_transport_of (self->sinks[i]);
  }
  gst_harness_set_src_caps_str (self->harness, "application/x-test");
  fake_settle ();
  for (i = 0; i < connected; i++)
    fake_connect (self->transports[i]);
}

static void
forwarder_end (Forwarder *self)
{
  guint i;

  for (i = 0; i < N_SINKS; i++) {
    gst_element_set_state (self->sinks[i], GST_STATE_NULL);
    gst_object_unref (self->branches[i]);
    gst_object_unref (self->transports[i]);
    gst_object_unref (self->sinks[i]);
  }
  gst_harness_teardown (self->harness);
  gst_object_unref (self->tee);
}

static void
push (Forwarder *self, const gchar *text)
{
  g_assert_cmpint (gst_harness_push (self->harness,
                       gst_buffer_new_memdup (text, strlen (text))),
      ==, GST_FLOW_OK);
}

#define assert_sent(self, i, expected)                                         \
  G_STMT_START                                                                 \
  {                                                                            \
    g_autofree gchar *sent_ = fake_take_sent ((self)->transports[i]);          \
    g_assert_cmpstr (sent_, ==, expected);                                     \
  }                                                                            \
  G_STMT_END

/* Every sink sends the received bytes from where they are, in one call; nothing
 * of them is kept. */
static void
test_no_copy (void)
{
  GstBufferList *list = gst_buffer_list_new_sized (N_DATAGRAMS);
  guint i, k;
  Forwarder f;

  forwarder_start (&f, N_SINKS);
  for (i = 0; i < N_DATAGRAMS; i++)
    gst_buffer_list_add (list, gst_buffer_new_allocate (NULL, SIZE, NULL));
  n_calls = 0;
  fake_send = GST_ICE_TRANSPORT_GET_CLASS (f.transports[0])->send;
  GST_ICE_TRANSPORT_GET_CLASS (f.transports[0])->send = note_addresses;
  g_assert_cmpint (
      gst_pad_push_list (f.harness->srcpad, gst_buffer_list_ref (list)), ==,
      GST_FLOW_OK);
  GST_ICE_TRANSPORT_GET_CLASS (f.transports[0])->send = fake_send;

  g_assert_cmpuint (n_calls, ==, N_SINKS);
  g_assert_cmpint (GST_MINI_OBJECT_REFCOUNT_VALUE (list), ==, 1);
  for (i = 0; i < N_DATAGRAMS; i++) {
    GstBuffer *buffer = gst_buffer_list_get (list, i);
    GstMapInfo map;

    g_assert_cmpint (GST_MINI_OBJECT_REFCOUNT_VALUE (buffer), ==, 1);
    g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
    for (k = 0; k < N_SINKS; k++)
      g_assert_true (addresses[k][i] == map.data);
    gst_buffer_unmap (buffer, &map);
  }
  gst_buffer_list_unref (list);
  forwarder_end (&f);
}

/* A peer that never connects, and one whose connection fails, lose what comes
 * and disturb nobody. */
static void
test_peers_without_path (void)
{
  Forwarder f;

  forwarder_start (&f, 2);
  push (&f, "one");
  fake_fail (f.transports[0]);
  push (&f, "two");
  assert_sent (&f, 0, "one|");
  assert_sent (&f, 1, "one|two|");
  assert_sent (&f, 2, "");
  fake_connect (f.transports[2]);
  push (&f, "three");
  assert_sent (&f, 1, "three|");
  assert_sent (&f, 2, "three|");
  forwarder_end (&f);
}

static GstFlowReturn
push_two (gpointer data)
{
  Forwarder *self = data;

  push (self, "one");
  push (self, "two");
  return GST_FLOW_OK;
}

/* A peer is removed while its sink waits within a push: first the pad, whose
 * result the tee then ignores, then the sink. */
static void
test_removed_while_it_waits (void)
{
  GThread *pusher;
  Forwarder f;

  forwarder_start (&f, N_SINKS);
  fake_block_sends (f.transports[0], G_MAXUINT);
  pusher = g_thread_new ("push", (GThreadFunc) (GCallback) push_two, &f);
  fake_wait_sends (f.transports[0], 1);
  gst_element_release_request_pad (f.tee, f.branches[0]);
  gst_element_set_state (f.sinks[0], GST_STATE_NULL);
  g_thread_join (pusher);
  assert_sent (&f, 0, "");
  assert_sent (&f, 1, "one|two|");
  assert_sent (&f, 2, "one|two|");
  forwarder_end (&f);
}

/* A path that is full, as a TCP connection that stalls: a leaky queue before
 * the sink drops what does not fit, and the other sinks do not wait. */
static void
test_full_behind_a_queue (void)
{
  GstElement *queue = gst_object_ref_sink (
      gst_element_factory_make ("queue", NULL));
  g_autofree gchar *sent = NULL;
  GstPad *end;
  Forwarder f;
  guint i;

  forwarder_start (&f, N_SINKS);
  gst_element_unlink (f.tee, f.sinks[0]);
  gst_util_set_object_arg (G_OBJECT (queue), "leaky", "downstream");
  g_object_set (queue, "max-size-buffers", 4, NULL);
  gst_element_set_state (queue, GST_STATE_PLAYING);
  g_assert_true (gst_element_link (queue, f.sinks[0]));
  end = gst_element_get_static_pad (queue, "sink");
  g_assert_cmpint (gst_pad_link (f.branches[0], end), ==, GST_PAD_LINK_OK);
  gst_object_unref (end);

  fake_block_sends (f.transports[0], G_MAXUINT);
  for (i = 0; i < 100; i++)
    push (&f, "x");
  fake_wait_sends (f.transports[0], 1);
  sent = fake_take_sent (f.transports[1]);
  g_assert_cmpuint (strlen (sent), ==, 100 * strlen ("x|"));
  assert_sent (&f, 0, "");
  gst_element_set_state (f.sinks[0], GST_STATE_NULL);
  gst_element_set_state (queue, GST_STATE_NULL);
  gst_object_unref (queue);
  forwarder_end (&f);
}

static const SuiteTest tests[] = {
  { "/icesink/tee/no-copy", test_no_copy },
  { "/icesink/tee/peers-without-path", test_peers_without_path },
  { "/icesink/tee/removed-while-it-waits", test_removed_while_it_waits },
  { "/icesink/tee/full-behind-a-queue", test_full_behind_a_queue },
};

int
main (int argc, char **argv)
{
  return suite_run (argc, argv, tests, G_N_ELEMENTS (tests));
}
