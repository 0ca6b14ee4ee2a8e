/* gst-ice: test of gsticeoutbox: waits for room in a socket, and what ends such
 * a wait. A pair of connected Unix sockets has room for a few datagrams and no
 * device in between.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "datapath/gsticeoutbox.h"
#include "descriptors.h"
#include "suite.h"

#include <gio/gnetworking.h>
#include <glib/gstdio.h>
#include <sys/socket.h>
#include <sys/un.h>

/* More than fit into one socket. */
#define DATAGRAMS 2000
#define PATIENCE (10 * G_TIME_SPAN_SECOND)
/* How long a socket stays full. */
#define FULL (200 * G_TIME_SPAN_MILLISECOND)

typedef struct
{
  GSocket *reader;
  GstIceDatagramSocket *writer;
} Line;

typedef struct
{
  GstIceOutbox *outbox;
  GstIcePeerAddresses *sources;
  gint by_backend; /* atomic: datagrams that took the backend's way */
  GThread *thread; /* sends all */
  gint wait;       /* atomic: for a path */
  GstFlowReturn flow;
  guint done;
} Fixture;

static guint
send_by_backend (
    gpointer backend, const GstIceDatagram *datagrams, guint n, GError **error)
{
  g_atomic_int_add (&((Fixture *) backend)->by_backend, (gint) n);
  return n;
}

static GSocket *
wrap (gint fd)
{
  g_autoptr (GError) error = NULL;
  GSocket *socket = g_socket_new_from_fd (fd, &error);

  g_assert_no_error (error);
  g_socket_set_blocking (socket, FALSE);
  return socket;
}

static void
line_open (Line *line, Fixture *f)
{
  gint fds[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_DGRAM, 0, fds), ==, 0);
  line->reader = wrap (fds[0]);
  line->writer = gst_ice_datagram_socket_new_plain (wrap (fds[1]), f->sources);
}

static void
line_close (Line *line)
{
  g_object_unref (line->reader);
  gst_ice_datagram_socket_unref (line->writer);
}

static gboolean
line_read (Line *line)
{
  gchar byte;

  return g_socket_receive (line->reader, &byte, 1, NULL, NULL) == 1;
}

static guint64
count_calls (Line *line)
{
  GstIceDatagramSocketCounters counters = { 0 };

  gst_ice_datagram_socket_add_counters (line->writer, &counters);
  return counters.send_calls;
}

static void
set_up (Fixture *f)
{
  *f = (Fixture){ .sources = gst_ice_peer_addresses_new (), .wait = TRUE };
  f->outbox = gst_ice_outbox_new (send_by_backend, f);
  gst_ice_outbox_set_state (f->outbox, GST_ICE_OUTBOX_OPEN);
}

static void
tear_down (Fixture *f)
{
  gst_ice_outbox_free (f->outbox);
  gst_ice_peer_addresses_unref (f->sources);
}

static void
set_route (Fixture *f, Line *line)
{
  gst_ice_outbox_set_route (
      f->outbox, line != NULL ? line->writer : NULL, NULL, 0, 0);
}

static gpointer
run_sender (gpointer data)
{
  Fixture *f = data;
  GOutputVector vector = { "x", 1 };
  GstIceDatagram datagrams[DATAGRAMS];
  guint i;

  for (i = 0; i < DATAGRAMS; i++)
    datagrams[i] = (GstIceDatagram){ &vector, 1 };
  f->flow = gst_ice_outbox_send (
      f->outbox, datagrams, DATAGRAMS, &f->wait, &f->done, NULL);
  return NULL;
}

static void
start (Fixture *f)
{
  f->thread = g_thread_new ("sender", run_sender, f);
}

/* Returns when the thread has waited for room for a while. */
static void
fill (Fixture *f, Line *line)
{
  guint64 calls = 0, last;

  start (f);
  do {
    last = calls;
    g_usleep (20 * G_TIME_SPAN_MILLISECOND);
    calls = count_calls (line);
  } while (calls == 0 || last == 0);
}

static void
join (Fixture *f, GstFlowReturn flow)
{
  g_thread_join (f->thread);
  g_assert_cmpint (f->flow, ==, flow);
}

/* It sleeps while the socket is full, and goes on when there is room. */
static void
test_room (void)
{
  guint n = 0;
  guint64 calls;
  gint64 end;
  Fixture f;
  Line line;

  set_up (&f);
  line_open (&line, &f);
  set_route (&f, &line);
  fill (&f, &line);
  calls = count_calls (&line);
  g_usleep (FULL);
  g_assert_cmpuint (count_calls (&line) - calls, <=, 2); /* not one a ms */

  end = g_get_monotonic_time () + PATIENCE;
  while (n < DATAGRAMS && g_get_monotonic_time () < end)
    if (line_read (&line))
      n++;
    else
      g_thread_yield ();
  g_assert_cmpuint (n, ==, DATAGRAMS);
  join (&f, GST_FLOW_OK);
  g_assert_cmpuint (f.done, ==, DATAGRAMS);
  line_close (&line);
  tear_down (&f);
}

/* Whatever ends the wait ends it at once, nothing having been read. */

static void
test_flushing (void)
{
  GstIceOutboxCounters counters;
  guint i, sent = 0;
  Fixture f;
  Line line;

  set_up (&f);
  line_open (&line, &f);
  set_route (&f, &line);
  for (i = 0; i < 3; i++) {
    fill (&f, &line);
    gst_ice_outbox_set_flushing (f.outbox, TRUE);
    join (&f, GST_FLOW_FLUSHING);
    gst_ice_outbox_set_flushing (f.outbox, FALSE);
    sent += f.done;
    g_assert_cmpuint (f.done, <, DATAGRAMS);
  }
  gst_ice_outbox_get_counters (f.outbox, &counters);
  g_assert_cmpuint (counters.packets_sent, ==, sent);
  g_assert_cmpuint (counters.packets_discarded, ==, 0);
  line_close (&line);
  tear_down (&f);
}

static void
test_states (void)
{
  const struct
  {
    GstIceOutboxState state;
    GstFlowReturn flow;
  } cases[] = { { GST_ICE_OUTBOX_FAILED, GST_FLOW_ERROR },
    { GST_ICE_OUTBOX_ENDED, GST_FLOW_EOS } };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    Fixture f;
    Line line;

    set_up (&f);
    line_open (&line, &f);
    set_route (&f, &line);
    fill (&f, &line);
    gst_ice_outbox_set_state (f.outbox, cases[i].state);
    join (&f, cases[i].flow);
    g_assert_cmpuint (f.done, <, DATAGRAMS);
    line_close (&line);
    tear_down (&f);
  }
}

/* A stream that ends does not wait for a path, but sends where there is one. */
static void
test_ending (void)
{
  guint8 byte = 0;
  GOutputVector vector = { &byte, 1 };
  const GstIceDatagram datagram = { &vector, 1 };
  guint done;
  Fixture f;

  set_up (&f);
  gst_ice_outbox_set_state (f.outbox, GST_ICE_OUTBOX_WAITING);
  start (&f);
  gst_ice_outbox_set_ending (f.outbox, TRUE);
  join (&f, GST_FLOW_EOS);
  g_assert_cmpuint (f.done, ==, 0);

  g_assert_cmpint (gst_ice_outbox_send (f.outbox, &datagram, 1,
                       &(const gint){ FALSE }, &done, NULL),
      ==, GST_FLOW_OK); /* dropped, as before the end */
  g_assert_cmpuint (done, ==, 1);
  gst_ice_outbox_set_state (f.outbox, GST_ICE_OUTBOX_OPEN);
  start (&f);
  join (&f, GST_FLOW_OK);
  g_assert_cmpuint (f.done, ==, DATAGRAMS);

  gst_ice_outbox_set_state (f.outbox, GST_ICE_OUTBOX_WAITING);
  gst_ice_outbox_set_ending (f.outbox, FALSE);
  start (&f);
  g_usleep (FULL); /* it waits, so it is not done when the path comes */
  gst_ice_outbox_set_state (f.outbox, GST_ICE_OUTBOX_OPEN);
  join (&f, GST_FLOW_OK);
  tear_down (&f);
}

/* A sender that waits is told not to: it drops and counts. */
static void
test_waits_no_longer (void)
{
  GstIceOutboxCounters counters;
  Fixture f;

  set_up (&f);
  gst_ice_outbox_set_state (f.outbox, GST_ICE_OUTBOX_WAITING);
  start (&f);
  g_usleep (FULL); /* usually it waits by then */
  g_atomic_int_set (&f.wait, FALSE);
  gst_ice_outbox_set_flushing (f.outbox, FALSE);
  join (&f, GST_FLOW_OK);
  g_assert_cmpuint (f.done, ==, DATAGRAMS);
  gst_ice_outbox_get_counters (f.outbox, &counters);
  g_assert_cmpuint (counters.packets_discarded, ==, DATAGRAMS);
  tear_down (&f);
}

/* The end comes while it sleeps, or when it has slept before. */
static void
test_no_descriptor_stays (void)
{
  guint before, i;
  Fixture f;
  Line line;

  for (i = 0; i < 2; i++) {
    set_up (&f);
    line_open (&line, &f);
    set_route (&f, &line);
    before = count_descriptors ();
    fill (&f, &line);
    g_assert_cmpuint (count_descriptors (), >, before);
    if (i == 1) {
      gst_ice_outbox_set_flushing (f.outbox, TRUE);
      join (&f, GST_FLOW_FLUSHING);
    }
    gst_ice_outbox_set_state (f.outbox, GST_ICE_OUTBOX_ENDED);
    if (i == 0)
      join (&f, GST_FLOW_EOS);
    g_assert_cmpuint (count_descriptors (), ==, before);
    line_close (&line);
    tear_down (&f);
  }
}

/* It does not wait for long for room; each datagram that is sent is a sign that
 * it is worth waiting. */
static void
test_ending_while_full (void)
{
  gint64 began;
  guint i, k, read;
  Fixture f;
  Line line;

  set_up (&f);
  line_open (&line, &f);
  set_route (&f, &line);
  fill (&f, &line);
  began = g_get_monotonic_time ();
  gst_ice_outbox_set_ending (f.outbox, TRUE);
  for (i = 0, read = 0; i < 4; i++) {
    g_usleep (FULL);
    for (k = 0; k < 5 && line_read (&line); k++)
      read++;
  }
  join (&f, GST_FLOW_EOS);
  g_assert_cmpint (
      g_get_monotonic_time () - began, >=, G_USEC_PER_SEC * 11 / 10);
  g_assert_cmpint (g_get_monotonic_time () - began, <, PATIENCE);
  while (line_read (&line))
    read++;
  g_assert_cmpuint (read, ==, f.done);
  g_assert_cmpuint (f.done, <, DATAGRAMS);
  line_close (&line);
  tear_down (&f);
}

/* The path changes while its socket is full: what is left takes the new one,
 * and the old socket is let go. */
static void
test_route (void)
{
  guint i, k, first, second;

  for (i = 0; i < 2; i++) {
    Line lines[2];
    Fixture f;

    set_up (&f);
    for (k = 0; k < 2; k++)
      line_open (&lines[k], &f);
    set_route (&f, &lines[0]);
    fill (&f, &lines[0]);
    if (i > 0) { /* to another socket, then to the backend */
      set_route (&f, &lines[1]);
      suite_wait_until (count_calls (&lines[1]) > 0);
    }
    set_route (&f, NULL);
    join (&f, GST_FLOW_OK);
    for (first = 0; line_read (&lines[0]);)
      first++;
    for (second = 0; line_read (&lines[1]);)
      second++;
    g_assert_cmpuint (first, >, 0);
    g_assert_true ((second > 0) == (i > 0));
    g_assert_cmpuint (first + second + (guint) f.by_backend, ==, DATAGRAMS);
    for (k = 0; k < 2; k++)
      line_close (&lines[k]);
    tear_down (&f);
  }
}

/* A socket that polls as writable and then refuses is not tried without end:
 * a Unix socket that is not connected knows nothing of the other's queue. */
static void
test_writable_but_full (void)
{
  g_autofree gchar *folder = g_dir_make_tmp ("outbox-XXXXXX", NULL);
  g_autofree gchar *path = g_build_filename (folder, "socket", NULL);
  struct sockaddr_un to = { .sun_family = AF_UNIX };
  guint64 calls;
  Fixture f;
  Line line;

  set_up (&f);
  g_strlcpy (to.sun_path, path, sizeof (to.sun_path));
  line.reader = wrap (socket (AF_UNIX, SOCK_DGRAM, 0));
  g_assert_cmpint (bind (g_socket_get_fd (line.reader), (struct sockaddr *) &to,
                       sizeof (to)),
      ==, 0);
  line.writer = gst_ice_datagram_socket_new_plain (
      wrap (socket (AF_UNIX, SOCK_DGRAM, 0)), f.sources);
  gst_ice_outbox_set_route (f.outbox, line.writer, &to, sizeof (to), 0);
  fill (&f, &line);
  calls = count_calls (&line);
  g_usleep (FULL);
  calls = count_calls (&line) - calls;
  g_assert_cmpuint (calls, >, 0);
  g_assert_cmpuint (calls, <=, 2 * FULL / G_TIME_SPAN_MILLISECOND + 2);
  gst_ice_outbox_set_flushing (f.outbox, TRUE);
  join (&f, GST_FLOW_FLUSHING);
  line_close (&line);
  tear_down (&f);
  g_unlink (path);
  g_rmdir (folder);
}

static const SuiteTest tests[] = {
  { "/outbox/room", test_room },
  { "/outbox/flushing", test_flushing },
  { "/outbox/states", test_states },
  { "/outbox/ending", test_ending },
  { "/outbox/waits-no-longer", test_waits_no_longer },
  { "/outbox/no-descriptor-stays", test_no_descriptor_stays },
  { "/outbox/ending-while-full", test_ending_while_full },
  { "/outbox/route", test_route },
  { "/outbox/writable-but-full", test_writable_but_full },
};

int
main (int argc, char **argv)
{
  return suite_run (argc, argv, tests, G_N_ELEMENTS (tests));
}
