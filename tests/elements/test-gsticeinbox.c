/* gst-ice: test of gsticeinbox.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gsticeinbox.h"
#include "suite.h"

#define OVERHEAD 256

static GstBuffer *
make (guint n)
{
  guint8 data[100] = { 0 };
  GstBuffer *buffer = gst_buffer_new_memdup (data, sizeof data);

  GST_BUFFER_OFFSET (buffer) = n;
  return buffer;
}

/* Pops a list of buffers first to first + n - 1. */
static void
assert_pop (GstIceInbox *inbox, guint first, guint n)
{
  GstIceDatagramSocketReceived from_socket;
  GstBufferList *list = NULL;
  guint i;

  g_assert_cmpint (gst_ice_inbox_pop (inbox, 0, &list, &from_socket), ==,
      GST_ICE_INBOX_DATA);
  g_assert_cmpuint (from_socket.n, ==, 0);
  g_assert_cmpuint (gst_buffer_list_length (list), ==, n);
  for (i = 0; i < n; i++)
    g_assert_cmpuint (
        GST_BUFFER_OFFSET (gst_buffer_list_get (list, i)), ==, first + i);
  gst_buffer_list_unref (list);
}

static GstIceInboxResult
pop (GstIceInbox *inbox, guint64 timeout)
{
  GstIceDatagramSocketReceived from_socket;
  GstBufferList *list = NULL;
  GstIceInboxResult result = gst_ice_inbox_pop (
      inbox, timeout, &list, &from_socket);

  if (result == GST_ICE_INBOX_DATA)
    gst_buffer_list_unref (list);
  else
    g_assert_null (list);
  return result;
}

static void
test_order (void)
{
  GstIceInbox *inbox = gst_ice_inbox_new (GST_ICE_INBOX_LIMIT);
  guint i;

  for (i = 0; i < 150; i++)
    g_assert_true (gst_ice_inbox_push (inbox, make (i)));
  assert_pop (inbox, 0, GST_ICE_INBOX_BATCH);
  assert_pop (inbox, 64, GST_ICE_INBOX_BATCH);
  g_assert_true (gst_ice_inbox_push (inbox, make (150)));
  assert_pop (inbox, 128, 23);
  gst_ice_inbox_free (inbox);
}

static void
test_limit (void)
{
  GstIceInbox *inbox = gst_ice_inbox_new (3 * (100 + OVERHEAD));
  guint i;

  for (i = 0; i < 3; i++)
    g_assert_true (gst_ice_inbox_push (inbox, make (i)));
  g_assert_cmpuint (gst_ice_inbox_get_dropped (inbox), ==, 0);
  g_assert_false (gst_ice_inbox_push (inbox, make (3)));
  g_assert_false (gst_ice_inbox_push_quietly (inbox, gst_buffer_new ()));
  g_assert_cmpuint (gst_ice_inbox_get_dropped (inbox), ==, 2);
  assert_pop (inbox, 0, 3);
  for (i = 0; i < 3; i++)
    g_assert_true (gst_ice_inbox_push (inbox, make (i)));
  g_assert_false (gst_ice_inbox_push (inbox, make (3)));
  gst_ice_inbox_clear (inbox);
  g_assert_cmpuint (gst_ice_inbox_get_dropped (inbox), ==, 3);
  for (i = 0; i < 3; i++)
    g_assert_true (gst_ice_inbox_push (inbox, make (i)));
  gst_ice_inbox_free (inbox); /* frees what waits */
}

/* Empty datagrams fill it as well. */
static void
test_limit_of_nothing (void)
{
  GstIceInbox *inbox = gst_ice_inbox_new (10 * OVERHEAD);
  guint i;

  for (i = 0; i < 10; i++)
    g_assert_true (gst_ice_inbox_push (inbox, gst_buffer_new ()));
  g_assert_false (gst_ice_inbox_push (inbox, gst_buffer_new ()));
  gst_ice_inbox_free (inbox);
}

static void
test_eos (void)
{
  GstIceInbox *inbox = gst_ice_inbox_new (GST_ICE_INBOX_LIMIT);

  gst_ice_inbox_push (inbox, make (0));
  gst_ice_inbox_set_eos (inbox);
  g_assert_false (gst_ice_inbox_push (inbox, make (1)));
  assert_pop (inbox, 0, 1);
  g_assert_cmpint (pop (inbox, 0), ==, GST_ICE_INBOX_EOS);
  g_assert_cmpint (pop (inbox, 0), ==, GST_ICE_INBOX_EOS);
  gst_ice_inbox_free (inbox);
}

static void
test_flushing (void)
{
  GstIceInbox *inbox = gst_ice_inbox_new (GST_ICE_INBOX_LIMIT);

  gst_ice_inbox_push (inbox, make (0));
  gst_ice_inbox_set_flushing (inbox, TRUE);
  g_assert_cmpint (pop (inbox, 0), ==, GST_ICE_INBOX_FLUSHING);
  g_assert_true (gst_ice_inbox_push (inbox, make (1)));
  gst_ice_inbox_set_eos (inbox);
  g_assert_cmpint (pop (inbox, 0), ==, GST_ICE_INBOX_FLUSHING);
  gst_ice_inbox_set_flushing (inbox, FALSE);
  assert_pop (inbox, 0, 2); /* nothing was lost */
  gst_ice_inbox_free (inbox);
}

static void
test_timeout (void)
{
  GstIceInbox *inbox = gst_ice_inbox_new (GST_ICE_INBOX_LIMIT);
  gint64 start = g_get_monotonic_time ();

  g_assert_cmpint (pop (inbox, 20 * GST_MSECOND), ==, GST_ICE_INBOX_TIMEOUT);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 20000);
  g_assert_cmpint (pop (inbox, 1), ==, GST_ICE_INBOX_TIMEOUT);
  gst_ice_inbox_push_quietly (inbox, make (0));
  g_assert_cmpint (pop (inbox, G_MAXUINT64), ==, GST_ICE_INBOX_DATA);
  gst_ice_inbox_free (inbox);
}

/* A thread that reads until it is told to stop. */

typedef struct
{
  GstIceInbox *inbox;
  GstIceInboxResult last;
  guint next; /* the number that the next datagram has */
  gint read;  /* atomic */
} Reader;

static gpointer
run_reader (gpointer data)
{
  Reader *self = data;
  GstIceDatagramSocketReceived from_socket;
  GstBufferList *list;
  guint i;

  while (TRUE) {
    self->last = gst_ice_inbox_pop (self->inbox, 0, &list, &from_socket);
    if (self->last != GST_ICE_INBOX_DATA)
      return NULL;
    for (i = 0; i < gst_buffer_list_length (list); i++)
      g_assert_cmpuint (
          GST_BUFFER_OFFSET (gst_buffer_list_get (list, i)), ==, self->next++);
    gst_buffer_list_unref (list);
    g_atomic_int_set (&self->read, (gint) self->next);
  }
}

static void
test_reader (void)
{
  GstIceInbox *inbox = gst_ice_inbox_new (GST_ICE_INBOX_LIMIT);
  Reader reader = { .inbox = inbox };
  GThread *thread = g_thread_new ("reader", run_reader, &reader);
  guint i;

  for (i = 0; i < 20000; i++)
    while (!gst_ice_inbox_push (inbox, make (i)))
      g_thread_yield ();
  gst_ice_inbox_set_eos (inbox);
  g_thread_join (thread);
  g_assert_cmpuint (reader.next, ==, 20000);
  g_assert_cmpint (reader.last, ==, GST_ICE_INBOX_EOS);
  gst_ice_inbox_free (inbox);
}

/* Quiet pushes are seen at the wake-up, or when a batch waits. */
static void
test_quiet_reader (void)
{
  GstIceInbox *inbox = gst_ice_inbox_new (GST_ICE_INBOX_LIMIT);
  Reader reader = { .inbox = inbox };
  GThread *thread = g_thread_new ("reader", run_reader, &reader);
  guint i;

  for (i = 0; i < 1000; i++) {
    gst_ice_inbox_push_quietly (inbox, make (i));
    gst_ice_inbox_wake (inbox);
    suite_wait_until (g_atomic_int_get (&reader.read) == (gint) i + 1);
  }
  for (; i < 1000 + GST_ICE_INBOX_BATCH; i++)
    gst_ice_inbox_push_quietly (inbox, make (i));
  suite_wait_until (g_atomic_int_get (&reader.read) >= 1000);
  gst_ice_inbox_wake (inbox);
  suite_wait_until (g_atomic_int_get (&reader.read) == (gint) i);
  gst_ice_inbox_set_flushing (inbox, TRUE);
  g_thread_join (thread);
  g_assert_cmpint (reader.last, ==, GST_ICE_INBOX_FLUSHING);
  gst_ice_inbox_free (inbox);
}

static const SuiteTest tests[] = {
  { "/inbox/order", test_order },
  { "/inbox/limit", test_limit },
  { "/inbox/limit/of-nothing", test_limit_of_nothing },
  { "/inbox/eos", test_eos },
  { "/inbox/flushing", test_flushing },
  { "/inbox/timeout", test_timeout },
  { "/inbox/reader", test_reader },
  { "/inbox/reader/quiet", test_quiet_reader },
};

int
main (int argc, char **argv)
{
  return suite_run (argc, argv, tests, G_N_ELEMENTS (tests));
}
