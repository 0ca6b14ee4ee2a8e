/* gst-ice: test of gsticeinbox.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "datapath/gsticeinbox.h"
#include "iothread/gsticeio.h"
#include "descriptors.h"
#include "suite.h"

#include <gio/gnetworking.h>
#include <gst/net/net.h>
#include <time.h>
#ifdef __linux__
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#define OVERHEAD 256
#define MAX_SOCKETS 32

static GstBuffer *
make (guint n)
{
  guint8 data[100] = { 0 };
  GstBuffer *buffer = gst_buffer_new_memdup (data, sizeof data);

  GST_BUFFER_OFFSET (buffer) = n;
  return buffer;
}

/* Pushes a datagram that the reader sees at once. */
static gboolean
push (GstIceInbox *inbox, GstBuffer *datagram)
{
  gboolean taken = gst_ice_inbox_push (inbox, datagram);

  gst_ice_inbox_wake (inbox);
  return taken;
}

/* Pops a list of buffers first to first + n - 1. */
static void
assert_pop (GstIceInbox *inbox, guint first, guint n)
{
  GstIceDatagramSocketReceived from_socket;
  GstBufferList *list = NULL;
  guint i;

  g_assert_cmpint (
      gst_ice_inbox_pop (inbox, &list, &from_socket), ==, GST_ICE_INBOX_DATA);
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
  GstIceInboxResult result;

  gst_ice_inbox_set_timeout (inbox, timeout);
  result = gst_ice_inbox_pop (inbox, &list, &from_socket);
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
    g_assert_true (push (inbox, make (i)));
  assert_pop (inbox, 0, GST_ICE_INBOX_BATCH);
  assert_pop (inbox, 64, GST_ICE_INBOX_BATCH);
  g_assert_true (push (inbox, make (150)));
  assert_pop (inbox, 128, 23);
  gst_ice_inbox_free (inbox);
}

static void
test_limit (void)
{
  GstIceInbox *inbox = gst_ice_inbox_new (3 * (100 + OVERHEAD));
  guint i;

  for (i = 0; i < 3; i++)
    g_assert_true (push (inbox, make (i)));
  g_assert_cmpuint (gst_ice_inbox_get_dropped (inbox), ==, 0);
  g_assert_false (push (inbox, make (3)));
  g_assert_false (gst_ice_inbox_push (inbox, gst_buffer_new ()));
  g_assert_cmpuint (gst_ice_inbox_get_dropped (inbox), ==, 2);
  assert_pop (inbox, 0, 3);
  for (i = 0; i < 3; i++)
    g_assert_true (push (inbox, make (i)));
  g_assert_false (push (inbox, make (3)));
  gst_ice_inbox_clear (inbox);
  g_assert_cmpuint (gst_ice_inbox_get_dropped (inbox), ==, 3);
  for (i = 0; i < 3; i++)
    g_assert_true (push (inbox, make (i)));
  gst_ice_inbox_free (inbox); /* frees what waits */
}

/* Empty datagrams fill it as well. */
static void
test_limit_of_nothing (void)
{
  GstIceInbox *inbox = gst_ice_inbox_new (10 * OVERHEAD);
  guint i;

  for (i = 0; i < 10; i++)
    g_assert_true (push (inbox, gst_buffer_new ()));
  g_assert_false (push (inbox, gst_buffer_new ()));
  gst_ice_inbox_free (inbox);
}

static void
test_eos (void)
{
  GstIceInbox *inbox = gst_ice_inbox_new (GST_ICE_INBOX_LIMIT);

  push (inbox, make (0));
  gst_ice_inbox_set_eos (inbox, TRUE);
  g_assert_false (push (inbox, make (1)));
  assert_pop (inbox, 0, 1);
  g_assert_cmpint (pop (inbox, 0), ==, GST_ICE_INBOX_EOS);
  g_assert_cmpint (pop (inbox, 0), ==, GST_ICE_INBOX_EOS);
  gst_ice_inbox_free (inbox);
}

/* An end of one reader is none of the next one. */
static void
test_eos_of_a_reader (void)
{
  GstIceInbox *inbox = gst_ice_inbox_new (GST_ICE_INBOX_LIMIT);

  gst_ice_inbox_set_eos (inbox, FALSE);
  g_assert_false (push (inbox, make (0)));
  g_assert_cmpint (pop (inbox, 0), ==, GST_ICE_INBOX_EOS);
  gst_ice_inbox_clear (inbox);
  g_assert_true (push (inbox, make (1)));
  assert_pop (inbox, 1, 1);
  gst_ice_inbox_set_eos (inbox, TRUE);
  gst_ice_inbox_set_eos (inbox, FALSE);
  gst_ice_inbox_clear (inbox);
  g_assert_cmpint (pop (inbox, 0), ==, GST_ICE_INBOX_EOS);
  gst_ice_inbox_free (inbox);
}

static void
test_flushing (void)
{
  GstIceInbox *inbox = gst_ice_inbox_new (GST_ICE_INBOX_LIMIT);

  push (inbox, make (0));
  gst_ice_inbox_set_flushing (inbox, TRUE);
  g_assert_cmpint (pop (inbox, 0), ==, GST_ICE_INBOX_FLUSHING);
  g_assert_true (push (inbox, make (1)));
  gst_ice_inbox_set_eos (inbox, TRUE);
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
  gst_ice_inbox_push (inbox, make (0));
  g_assert_cmpint (pop (inbox, G_MAXUINT64), ==, GST_ICE_INBOX_DATA);
  gst_ice_inbox_free (inbox);
}

/* A thread that reads until it has to stop. */

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
    self->last = gst_ice_inbox_pop (self->inbox, &list, &from_socket);
    if (self->last != GST_ICE_INBOX_DATA)
      return NULL;
    for (i = 0; i < gst_buffer_list_length (list); i++)
      g_assert_cmpuint (
          GST_BUFFER_OFFSET (gst_buffer_list_get (list, i)), ==, self->next++);
    gst_buffer_list_unref (list);
    g_atomic_int_set (&self->read, (gint) self->next);
  }
}

/* A timeout that is set during a wait counts from the beginning of the wait. */
static void
test_timeout_changes (void)
{
  GstIceInbox *inbox = gst_ice_inbox_new (GST_ICE_INBOX_LIMIT);
  Reader reader = { .inbox = inbox };
  GThread *thread = g_thread_new ("reader", run_reader, &reader);

  g_usleep (20 * 1000); /* usually it waits by then */
  gst_ice_inbox_set_timeout (inbox, GST_MSECOND);
  g_thread_join (thread);
  g_assert_cmpint (reader.last, ==, GST_ICE_INBOX_TIMEOUT);
  gst_ice_inbox_free (inbox);
}

static void
test_reader (void)
{
  GstIceInbox *inbox = gst_ice_inbox_new (GST_ICE_INBOX_LIMIT);
  Reader reader = { .inbox = inbox };
  GThread *thread = g_thread_new ("reader", run_reader, &reader);
  guint i;

  for (i = 0; i < 20000; i++)
    while (!push (inbox, make (i)))
      g_thread_yield ();
  gst_ice_inbox_set_eos (inbox, TRUE);
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
    gst_ice_inbox_push (inbox, make (i));
    gst_ice_inbox_wake (inbox);
    suite_wait_until (g_atomic_int_get (&reader.read) == (gint) i + 1);
  }
  for (; i < 1000 + GST_ICE_INBOX_BATCH; i++)
    gst_ice_inbox_push (inbox, make (i));
  suite_wait_until (g_atomic_int_get (&reader.read) > 1000);
  gst_ice_inbox_wake (inbox);
  suite_wait_until (g_atomic_int_get (&reader.read) == (gint) i);
  gst_ice_inbox_set_flushing (inbox, TRUE);
  g_thread_join (thread);
  g_assert_cmpint (reader.last, ==, GST_ICE_INBOX_FLUSHING);
  gst_ice_inbox_free (inbox);
}

typedef struct
{
  GstIceInbox *inbox;
  gint64 at; /* when it had pushed */
} QuietPush;

static gpointer
push_quietly (gpointer data)
{
  QuietPush *self = data;

  g_usleep (20 * 1000);
  g_assert_true (gst_ice_inbox_push (self->inbox, make (0)));
  self->at = g_get_monotonic_time ();
  return NULL;
}

/* A quiet push alone wakes no reader. Several times, because a slow machine's
 * reader may sleep only after the push. */
static void
test_one_quiet_push (void)
{
  const gint64 timeout = 60 * G_TIME_SPAN_MILLISECOND;
  guint i, n_in_time = 0, n_asleep = 0;

  for (i = 0; i < 50 && (n_in_time < 3 || n_asleep == 0); i++) {
    QuietPush quiet = { .inbox = gst_ice_inbox_new (GST_ICE_INBOX_LIMIT) };
    gint64 start = g_get_monotonic_time ();
    GThread *thread = g_thread_new ("quiet", push_quietly, &quiet);
    GstIceInboxResult result = pop (
        quiet.inbox, (guint64) timeout * GST_USECOND);

    g_thread_join (thread);
    if (quiet.at < start + timeout / 2) {
      n_in_time++;
      n_asleep += result == GST_ICE_INBOX_TIMEOUT;
    }
    gst_ice_inbox_free (quiet.inbox);
  }
  g_assert_cmpuint (n_asleep, >, 0);
}

/* Media sockets. */

typedef struct
{
  GstIcePeerAddresses *sources;
  GSocket *sender, *stranger;
  GSocketAddress *to;
  GstIceDatagramSocket *media;
} Line;

static GSocket *
open_socket (const gchar *host, GSocketAddress **address)
{
  g_autoptr (GSocketAddress)
      any = g_inet_socket_address_new_from_string (host, 0);
  g_autoptr (GError) error = NULL;
  GSocket *socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM,
      G_SOCKET_PROTOCOL_UDP, &error);

  g_assert_no_error (error);
  g_socket_bind (socket, any, FALSE, &error);
  g_assert_no_error (error);
  *address = g_socket_get_local_address (socket, &error);
  g_assert_no_error (error);
  return socket;
}

static guint16
get_port (GSocketAddress *address)
{
  return g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address));
}

static void
line_open (Line *line)
{
  g_autoptr (GSocketAddress) from = NULL, other = NULL;
  GSocket *socket = open_socket ("127.0.0.1", &line->to);

  g_socket_set_blocking (socket, FALSE);
  line->sender = open_socket ("127.0.0.1", &from);
  line->stranger = open_socket ("127.0.0.2", &other);
  line->sources = gst_ice_peer_addresses_new ();
  gst_ice_peer_addresses_add (line->sources, "127.0.0.1", get_port (from));
  line->media = gst_ice_datagram_socket_new (socket, line->sources);
}

static void
line_close (Line *line)
{
  g_clear_pointer (&line->media, gst_ice_datagram_socket_unref);
  gst_ice_peer_addresses_unref (line->sources);
  g_object_unref (line->sender);
  g_object_unref (line->stranger);
  g_object_unref (line->to);
}

static void
line_send (Line *line, GSocket *socket, guint32 number)
{
  g_autoptr (GError) error = NULL;

  g_socket_send_to (
      socket, line->to, (const gchar *) &number, sizeof (number), NULL, &error);
  g_assert_no_error (error);
}

static void
line_send_all (Line *line, guint first, guint n)
{
  guint i;

  for (i = 0; i < n; i++)
    line_send (line, line->sender, first + i);
}

/* A datagram of a socket has its number as data, one of the queue as offset and
 * a size of 100. */
static gboolean
is_of_socket (GstBuffer *buffer)
{
  return gst_buffer_get_size (buffer) == sizeof (guint32);
}

static guint32
get_number (GstBuffer *buffer)
{
  guint32 number = 0;

  if (!is_of_socket (buffer))
    return (guint32) GST_BUFFER_OFFSET (buffer);
  gst_buffer_extract (buffer, 0, &number, sizeof (number));
  return number;
}

/* What comes in order by each way. */
typedef struct
{
  guint sockets, queue; /* the numbers that the next ones have */
} Seen;

/* Pops once. */
static GstIceInboxResult
see (GstIceInbox *inbox, guint64 timeout, Seen *seen)
{
  GstIceDatagramSocketReceived from_socket;
  GstBufferList *list = NULL;
  GstIceInboxResult result;
  guint i, n = 0;

  gst_ice_inbox_set_timeout (inbox, timeout);
  result = gst_ice_inbox_pop (inbox, &list, &from_socket);
  if (result != GST_ICE_INBOX_DATA) {
    g_assert_null (list);
    return result;
  }
  g_assert_cmpuint (gst_buffer_list_length (list), >, 0);
  for (i = 0; i < gst_buffer_list_length (list); i++) {
    GstBuffer *buffer = gst_buffer_list_get (list, i);

    if (is_of_socket (buffer)) {
      g_assert_cmpuint (get_number (buffer), ==, seen->sockets);
      g_atomic_int_inc (&seen->sockets);
      n++;
    } else {
      g_assert_cmpuint (get_number (buffer), ==, seen->queue);
      g_atomic_int_inc (&seen->queue);
    }
  }
  g_assert_cmpuint (from_socket.n, ==, n);
  g_assert_cmpuint (from_socket.bytes, ==, n * sizeof (guint32));
  gst_buffer_list_unref (list);
  return result;
}

static void
test_socket (void)
{
  GstIceInbox *inbox = gst_ice_inbox_new (GST_ICE_INBOX_LIMIT);
  GstIceDatagramSocketCounters counters;
  Seen seen = { 0, 0 };
  Line line;
  guint i;

  line_open (&line);
  g_assert_true (gst_ice_inbox_add_socket (inbox, line.media));
  g_assert_true (gst_ice_inbox_add_socket (inbox, line.media)); /* once */
  for (i = 0; i < 100; i++) {
    line_send_all (&line, i * 3, 3);
    g_assert_true (push (inbox, make (i)));
    while (seen.sockets < i * 3 + 3 || seen.queue < i + 1)
      g_assert_cmpint (see (inbox, 0, &seen), ==, GST_ICE_INBOX_DATA);
  }
  gst_ice_inbox_get_socket_counters (inbox, &counters);
  g_assert_cmpuint (counters.datagrams_received, ==, 300);
  g_assert_cmpuint (gst_ice_inbox_get_dropped (inbox), ==, 0);
  gst_ice_inbox_free (inbox);
  line_close (&line);
}

static guint64
count_receive_calls (GstIceInbox *inbox)
{
  GstIceDatagramSocketCounters counters;

  gst_ice_inbox_get_socket_counters (inbox, &counters);
  return counters.receive_calls;
}

/* What was read until it was empty is not read again for the queue's sake. */
static void
test_drained (void)
{
  GstIceInbox *inbox = gst_ice_inbox_new (GST_ICE_INBOX_LIMIT);
  Seen seen = { 0, 0 };
  guint64 calls;
  Line line;
  guint i;

  line_open (&line);
  g_assert_true (gst_ice_inbox_add_socket (inbox, line.media));
  line_send (&line, line.sender, 0);
  g_assert_cmpint (see (inbox, 0, &seen), ==, GST_ICE_INBOX_DATA);
  g_assert_cmpuint (seen.sockets, ==, 1);
  calls = count_receive_calls (inbox);
  for (i = 0; i < 4; i++) { /* the socket's turn, too */
    g_assert_true (push (inbox, make (i)));
    g_assert_cmpint (see (inbox, 0, &seen), ==, GST_ICE_INBOX_DATA);
  }
  g_assert_cmpuint (seen.queue, ==, 4);
  g_assert_cmpuint (count_receive_calls (inbox), ==, calls);
  gst_ice_inbox_free (inbox);
  line_close (&line);
}

/* Neither a flooded socket nor a full queue keeps others waiting. */
static void
test_turns (void)
{
  GstIceInbox *inbox = gst_ice_inbox_new (GST_ICE_INBOX_LIMIT);
  guint i, k, from[3] = { 0 };
  Line lines[2];

  for (i = 0; i < 2; i++) {
    line_open (&lines[i]);
    g_assert_true (gst_ice_inbox_add_socket (inbox, lines[i].media));
  }
  for (i = 0; i < 10; i++) {
    line_send_all (&lines[0], 0, 64);
    line_send (&lines[1], lines[1].sender, 1000);
    for (k = 0; k < GST_ICE_INBOX_BATCH * 2; k++)
      push (inbox, make (0));
    from[0] = from[1] = from[2] = 0;
    for (k = 0; k < 4; k++) {
      GstIceDatagramSocketReceived from_socket;
      GstBufferList *list;

      g_assert_cmpint (gst_ice_inbox_pop (inbox, &list, &from_socket), ==,
          GST_ICE_INBOX_DATA);
      from[from_socket.n == 0
              ? 2
              : get_number (gst_buffer_list_get (list, 0)) == 1000]++;
      gst_buffer_list_unref (list);
    }
    for (k = 0; k < 3; k++)
      g_assert_cmpuint (from[k], >=, 1);
    gst_ice_inbox_clear (inbox);
  }
  gst_ice_inbox_free (inbox);
  for (i = 0; i < 2; i++)
    line_close (&lines[i]);
}

static void
test_many_sockets (void)
{
  GstIceInbox *inbox = gst_ice_inbox_new (GST_ICE_INBOX_LIMIT);
  Line lines[MAX_SOCKETS + 1];
  gboolean seen[MAX_SOCKETS] = { FALSE };
  guint i;

  for (i = 0; i <= MAX_SOCKETS; i++) {
    line_open (&lines[i]);
    g_assert_true (
        gst_ice_inbox_add_socket (inbox, lines[i].media) == (i < MAX_SOCKETS));
    line_send (&lines[i], lines[i].sender, i);
  }
  g_assert_true (gst_ice_inbox_add_socket (inbox, lines[0].media)); /* has it */
  for (i = 0; i < MAX_SOCKETS; i++) {
    GstIceDatagramSocketReceived from_socket;
    GstBufferList *list;
    guint32 number;

    g_assert_cmpint (
        gst_ice_inbox_pop (inbox, &list, &from_socket), ==, GST_ICE_INBOX_DATA);
    g_assert_cmpuint (from_socket.n, ==, 1);
    number = get_number (gst_buffer_list_get (list, 0));
    g_assert_cmpuint (number, <, MAX_SOCKETS);
    g_assert_false (seen[number]);
    seen[number] = TRUE;
    gst_buffer_list_unref (list);
  }
  g_assert_cmpint (pop (inbox, 1), ==, GST_ICE_INBOX_TIMEOUT);
  gst_ice_inbox_free (inbox);
  for (i = 0; i <= MAX_SOCKETS; i++)
    line_close (&lines[i]);
}

/* All that the socket and the queue hold, then the end. */
static void
test_socket_eos (void)
{
  guint i;

  for (i = 0; i < 20; i++) {
    GstIceInbox *inbox = gst_ice_inbox_new (GST_ICE_INBOX_LIMIT);
    Seen seen = { 0, 0 };
    GstIceInboxResult result;
    guint k, strangers;
    Line line;

    line_open (&line);
    gst_ice_inbox_add_socket (inbox, line.media);
    if (i % 2 == 0) { /* it has read before, and all */
      line_send_all (&line, 0, 1);
      g_assert_cmpint (see (inbox, 0, &seen), ==, GST_ICE_INBOX_DATA);
    }
    for (k = 0; k < 10 * i; k++)
      push (inbox, make (k));
    for (strangers = 0; strangers < 5 * i; strangers++)
      line_send (&line, line.stranger, 0);
    line_send_all (&line, seen.sockets, 100);
    gst_ice_inbox_set_eos (inbox, TRUE);
    do {
      result = see (inbox, 0, &seen);
    } while (result == GST_ICE_INBOX_DATA);
    g_assert_cmpint (result, ==, GST_ICE_INBOX_EOS);
    g_assert_cmpuint (seen.sockets, ==, 100 + (i % 2 == 0));
    g_assert_cmpuint (seen.queue, ==, 10 * i);
    gst_ice_inbox_free (inbox);
    line_close (&line);
  }
}

static void
test_socket_clear (void)
{
  GstIceInbox *inbox = gst_ice_inbox_new (GST_ICE_INBOX_LIMIT);
  GstIceDatagramSocketCounters counters;
  Line line;
  guint i;

  line_open (&line);
  gst_ice_inbox_add_socket (inbox, line.media);
  line_send_all (&line, 0, 100);
  for (i = 0; i < 10; i++)
    push (inbox, make (i));
  gst_ice_inbox_clear (inbox);
  g_assert_cmpint (pop (inbox, GST_MSECOND), ==, GST_ICE_INBOX_TIMEOUT);
  g_assert_cmpuint (gst_ice_inbox_get_dropped (inbox), ==, 0);
  gst_ice_inbox_get_socket_counters (inbox, &counters);
  g_assert_cmpuint (counters.overflowed + counters.unknown_source, ==, 0);
  gst_ice_inbox_free (inbox);
  line_close (&line);
}

/* Reads an inbox's counters while it is cleared. */
typedef struct
{
  GstIceInbox *inbox;
  guint64 first; /* receive calls before */
  gint stop;     /* atomic */
  gint progress; /* atomic: values other than the first one that it saw */
} Observer;

static gpointer
run_observer (gpointer data)
{
  Observer *observer = data;
  guint64 last = observer->first;

  while (!g_atomic_int_get (&observer->stop)) {
    GstIceDatagramSocketCounters counters;

    gst_ice_inbox_get_socket_counters (observer->inbox, &counters);
    if (counters.receive_calls != last)
      g_atomic_int_inc (&observer->progress);
    last = counters.receive_calls;
  }
  return NULL;
}

/* Its lock is not held while sockets are emptied: another thread can read the
 * counters meanwhile. One success is enough, because that thread may have
 * slept. */
static void
test_socket_clear_without_lock (void)
{
  Observer observer = { gst_ice_inbox_new (GST_ICE_INBOX_LIMIT) };
  clock_t end = clock () + 10 * CLOCKS_PER_SEC; /* of CPU time */
  Line line;

  line_open (&line);
  gst_ice_inbox_add_socket (observer.inbox, line.media);
  do {
    GstIceDatagramSocketCounters counters;
    GThread *thread;

    line_send_all (&line, 0, 1000); /* more than fit */
    gst_ice_inbox_get_socket_counters (observer.inbox, &counters);
    observer.first = counters.receive_calls;
    g_atomic_int_set (&observer.stop, FALSE);
    g_atomic_int_set (&observer.progress, 0);
    thread = g_thread_new ("observer", run_observer, &observer);
    gst_ice_inbox_clear (observer.inbox);
    g_atomic_int_set (&observer.stop, TRUE);
    g_thread_join (thread);
    g_assert_cmpint (pop (observer.inbox, 1), ==, GST_ICE_INBOX_TIMEOUT);
    g_assert_cmpint (clock (), <, end);
  } while (g_atomic_int_get (&observer.progress) < 2);
  gst_ice_inbox_free (observer.inbox);
  line_close (&line);
}

static void
test_socket_sender (void)
{
  GstIceInbox *inbox = gst_ice_inbox_new (GST_ICE_INBOX_LIMIT);
  GstIceDatagramSocketReceived from_socket;
  Line line;
  guint i;

  line_open (&line);
  gst_ice_inbox_add_socket (inbox, line.media);
  for (i = 0; i < 6; i++) {
    GstBufferList *list;

    if (i > 0) /* nobody wants it at first */
      gst_ice_inbox_set_with_sender (inbox, i % 2 == 1);
    line_send (&line, line.sender, i);
    g_assert_cmpint (
        gst_ice_inbox_pop (inbox, &list, &from_socket), ==, GST_ICE_INBOX_DATA);
    g_assert_true (
        (gst_buffer_get_net_address_meta (gst_buffer_list_get (list, 0))
            != NULL)
        == (i % 2 == 1));
    gst_buffer_list_unref (list);
  }
  gst_ice_inbox_free (inbox);
  line_close (&line);
}

/* Time passes whether strangers send or not. */

#define FLOODS 4

typedef struct
{
  Line line;
  gint stop; /* atomic */
} Flood;

static gpointer
run_flood (gpointer data)
{
  Flood *flood = data;

  while (!g_atomic_int_get (&flood->stop))
    line_send (&flood->line, flood->line.stranger, 0);
  return NULL;
}

static void
test_socket_timeout (void)
{
  GstIceInbox *inbox = gst_ice_inbox_new (GST_ICE_INBOX_LIMIT);
  GstIceDatagramSocketCounters counters;
  gint64 start = g_get_monotonic_time ();
  Flood flood = { .stop = FALSE };
  GThread *threads[FLOODS];
  guint i;

  line_open (&flood.line);
  gst_ice_inbox_add_socket (inbox, flood.line.media);
  g_assert_cmpint (pop (inbox, 20 * GST_MSECOND), ==, GST_ICE_INBOX_TIMEOUT);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 20000);
  line_send (&flood.line, flood.line.sender, 0);
  g_assert_cmpint (pop (inbox, 1), ==, GST_ICE_INBOX_DATA);
  line_send (&flood.line, flood.line.sender, 1);
  g_assert_cmpint (pop (inbox, 1), ==, GST_ICE_INBOX_DATA);

  for (i = 0; i < FLOODS; i++)
    threads[i] = g_thread_new ("flood", run_flood, &flood);
  start = g_get_monotonic_time ();
  g_assert_cmpint (pop (inbox, 50 * GST_MSECOND), ==, GST_ICE_INBOX_TIMEOUT);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 50000);
  g_test_message ("%" G_GINT64_FORMAT " us", g_get_monotonic_time () - start);
  g_atomic_int_set (&flood.stop, TRUE);
  for (i = 0; i < FLOODS; i++)
    g_thread_join (threads[i]);
  gst_ice_inbox_get_socket_counters (inbox, &counters);
  g_assert_cmpuint (counters.unknown_source, >, 0);
  gst_ice_inbox_free (inbox);
  line_close (&flood.line);
}

static gint64
get_cpu_time (void)
{
  struct timespec used;

  g_assert_cmpint (clock_gettime (CLOCK_THREAD_CPUTIME_ID, &used), ==, 0);
  return (gint64) (GST_TIMESPEC_TO_TIME (used) / GST_USECOND);
}

static gpointer
wake_some_times (gpointer inbox)
{
  guint i;

  for (i = 0; i < 5; i++) {
    g_usleep (20 * 1000);
    gst_ice_inbox_wake (inbox);
  }
  return NULL;
}

/* Who was woken for nothing, and after a socket has gone, sleeps again: the
 * wait takes time, but not the processor's. */
static void
test_socket_sleep (void)
{
  GstIceInbox *inbox = gst_ice_inbox_new (GST_ICE_INBOX_LIMIT);
  const gint64 wait = 500 * G_TIME_SPAN_MILLISECOND;
  Line lines[2];
  GThread *thread;
  gint64 used;
  guint i;

  for (i = 0; i < 2; i++) {
    line_open (&lines[i]);
    gst_ice_inbox_add_socket (inbox, lines[i].media);
  }
  g_assert_cmpint (pop (inbox, GST_MSECOND), ==, GST_ICE_INBOX_TIMEOUT);
  gst_ice_inbox_remove_socket (inbox, lines[1].media);
  line_send (&lines[1], lines[1].sender, 0); /* it stays readable */
  thread = g_thread_new ("waker", wake_some_times, inbox);
  used = get_cpu_time ();
  g_assert_cmpint (
      pop (inbox, (guint64) wait * GST_USECOND), ==, GST_ICE_INBOX_TIMEOUT);
  used = get_cpu_time () - used;
  g_thread_join (thread);
  g_test_message ("%" G_GINT64_FORMAT " us of CPU time", used);
  g_assert_cmpint (used, <, wait / 10);
  gst_ice_inbox_free (inbox);
  for (i = 0; i < 2; i++)
    line_close (&lines[i]);
}

/* A reader that sleeps on sockets, or is about to. */

typedef struct
{
  GstIceInbox *inbox;
  Seen seen;       /* atomic */
  gint last;       /* atomic: GstIceInboxResult */
  gint interrupts; /* atomic: how often it had to flush */
  gint stop;       /* atomic */
} SocketReader;

static gpointer
run_socket_reader (gpointer data)
{
  SocketReader *self = data;

  while (TRUE) {
    GstIceInboxResult result = see (self->inbox, 0, &self->seen);

    if (result == GST_ICE_INBOX_FLUSHING && !g_atomic_int_get (&self->stop)) {
      g_atomic_int_inc (&self->interrupts);
      g_thread_yield ();
    } else if (result != GST_ICE_INBOX_DATA) {
      g_atomic_int_set (&self->last, (gint) result);
      return NULL;
    }
  }
}

static void
stop_reader (SocketReader *reader, GThread *thread)
{
  g_atomic_int_set (&reader->stop, TRUE);
  gst_ice_inbox_set_flushing (reader->inbox, TRUE);
  g_thread_join (thread);
  g_assert_cmpint (reader->last, ==, GST_ICE_INBOX_FLUSHING);
  gst_ice_inbox_free (reader->inbox);
}

/* Whatever comes, it wakes up for it; a wake-up that is missed hangs here. */
static void
test_socket_wake (void)
{
  SocketReader reader = { gst_ice_inbox_new (GST_ICE_INBOX_LIMIT) };
  GThread *thread;
  guint i, k, sockets = 0, queue = 0;
  Line line;

  line_open (&line);
  gst_ice_inbox_add_socket (reader.inbox, line.media);
  thread = g_thread_new ("reader", run_socket_reader, &reader);
  for (i = 0; i < 5000; i++) {
    switch (g_test_rand_int_range (0, 4)) {
      case 0:
        line_send (&line, line.sender, sockets++);
        break;
      case 1:
        push (reader.inbox, make (queue++));
        break;
      case 2:
        gst_ice_inbox_push (reader.inbox, make (queue++));
        gst_ice_inbox_wake (reader.inbox);
        break;
      default: /* a whole batch wakes it */
        for (k = 0; k < GST_ICE_INBOX_BATCH; k++)
          gst_ice_inbox_push (reader.inbox, make (queue++));
        gst_ice_inbox_wake (reader.inbox);
        line_send (&line, line.sender, sockets++);
        break;
    }
    if (g_test_rand_int_range (0, 3) > 0)
      suite_wait_until (
          (guint) g_atomic_int_get (&reader.seen.sockets) == sockets
          && (guint) g_atomic_int_get (&reader.seen.queue) == queue);
  }
  suite_wait_until ((guint) g_atomic_int_get (&reader.seen.sockets) == sockets
      && (guint) g_atomic_int_get (&reader.seen.queue) == queue);
  stop_reader (&reader, thread);
  line_close (&line);
}

/* Sockets come while it sleeps on the queue and go while it sleeps on them; it
 * does not spin on those that are gone. */
static void
test_socket_comes_and_goes (void)
{
  SocketReader reader = { gst_ice_inbox_new (GST_ICE_INBOX_LIMIT) };
  GThread *thread = g_thread_new ("reader", run_socket_reader, &reader);
  GstIceDatagramSocketCounters before, after;
  guint i, sockets = 0, queue = 0;

  for (i = 0; i < 300; i++) {
    Line line;

    line_open (&line);
    if (i % 3 > 0)
      line_send (&line, line.sender, sockets++); /* waits in it already */
    g_assert_true (gst_ice_inbox_add_socket (reader.inbox, line.media));
    if (i % 3 > 1)
      line_send (&line, line.sender, sockets++);
    suite_wait_until (
        (guint) g_atomic_int_get (&reader.seen.sockets) == sockets);
    if (i % 2 > 0)
      gst_ice_inbox_remove_socket (reader.inbox, line.media);
    g_clear_pointer (&line.media, gst_ice_datagram_socket_unref);
    if (i % 2 == 0)
      gst_ice_inbox_remove_sockets (reader.inbox);
    push (reader.inbox, make (queue++));
    suite_wait_until ((guint) g_atomic_int_get (&reader.seen.queue) == queue);
    line_close (&line);
  }
  gst_ice_inbox_get_socket_counters (reader.inbox, &before);
  g_assert_cmpuint (before.datagrams_received, ==, sockets);
  for (i = 0; i < 100; i++)
    suite_iterate ();
  gst_ice_inbox_get_socket_counters (reader.inbox, &after);
  g_assert_cmpuint (after.receive_calls, ==, before.receive_calls);
  stop_reader (&reader, thread);
}

/* One of three goes: the others are read, its counters remain, and a second
 * time is none. */
static void
test_one_socket_goes (void)
{
  GstIceInbox *inbox = gst_ice_inbox_new (GST_ICE_INBOX_LIMIT);
  GstIceDatagramSocketCounters counters;
  Line lines[3];
  Seen seen = { 0 };
  guint i;

  for (i = 0; i < 3; i++) {
    line_open (&lines[i]);
    g_assert_true (gst_ice_inbox_add_socket (inbox, lines[i].media));
    line_send (&lines[i], lines[i].sender, i);
    g_assert_cmpint (see (inbox, 0, &seen), ==, GST_ICE_INBOX_DATA);
  }
  line_send (&lines[1], lines[1].sender, 99);
  for (i = 0; i < 2; i++)
    gst_ice_inbox_remove_socket (inbox, lines[1].media);
  line_send (&lines[0], lines[0].sender, seen.sockets);
  g_assert_cmpint (see (inbox, 0, &seen), ==, GST_ICE_INBOX_DATA);
  line_send (&lines[2], lines[2].sender, seen.sockets);
  g_assert_cmpint (see (inbox, 0, &seen), ==, GST_ICE_INBOX_DATA);
  g_assert_cmpint (see (inbox, GST_MSECOND, &seen), ==, GST_ICE_INBOX_TIMEOUT);
  gst_ice_inbox_get_socket_counters (inbox, &counters);
  g_assert_cmpuint (counters.datagrams_received, ==, 5);
  gst_ice_inbox_free (inbox);
  for (i = 0; i < 3; i++)
    line_close (&lines[i]);
}

/* A reader that has waited for sockets keeps no descriptor without them. */
static void
test_no_descriptor_stays (void)
{
  GstIceInbox *inbox = gst_ice_inbox_new (GST_ICE_INBOX_LIMIT);
  SocketReader reader = { inbox };
  guint before, with_socket, i;
  GThread *thread;
  Line line;

  line_open (&line);
  suite_iterate (); /* its context has a descriptor, too */
  before = count_descriptors ();
  for (i = 0; i < 2; i++) {
    g_assert_true (gst_ice_inbox_add_socket (inbox, line.media));
    g_assert_cmpint (pop (inbox, GST_MSECOND), ==, GST_ICE_INBOX_TIMEOUT);
    g_assert_cmpuint (count_descriptors (), >, before);
    if (i == 0)
      gst_ice_inbox_remove_socket (inbox, line.media);
    else
      gst_ice_inbox_remove_sockets (inbox);
    g_assert_cmpuint (count_descriptors (), ==, before);
  }

  thread = g_thread_new ("reader", run_socket_reader, &reader);
  g_assert_true (gst_ice_inbox_add_socket (inbox, line.media));
  suite_wait_until (count_descriptors () > before);
  with_socket = count_descriptors ();
  line_send (&line, line.sender, 0);
  suite_wait_until (g_atomic_int_get (&reader.seen.sockets) == 1);
  g_assert_cmpuint (count_descriptors (), ==, with_socket);
  gst_ice_inbox_remove_sockets (inbox); /* the reader sleeps on it */
  suite_wait_until (count_descriptors () == before);
  stop_reader (&reader, thread);
  line_close (&line);
}

/* The last one lets go of the socket: the reader may read it just now. */
static void
test_socket_goes_while_read (void)
{
  guint i;

  for (i = 0; i < 200; i++) {
    SocketReader reader = { gst_ice_inbox_new (GST_ICE_INBOX_LIMIT) };
    GThread *thread;
    Line line;

    line_open (&line);
    gst_ice_inbox_add_socket (reader.inbox, line.media);
    thread = g_thread_new ("reader", run_socket_reader, &reader);
    line_send_all (&line, 0, i % 50);
    if (i % 2 > 0)
      gst_ice_inbox_remove_socket (reader.inbox, line.media);
    g_clear_pointer (&line.media, gst_ice_datagram_socket_unref);
    if (i % 2 == 0)
      gst_ice_inbox_remove_sockets (reader.inbox);
    push (reader.inbox, make (0));
    suite_wait_until (g_atomic_int_get (&reader.seen.queue) == 1);
    g_assert_cmpuint (reader.seen.sockets, <=, i % 50);
    stop_reader (&reader, thread);
    line_close (&line);
  }
}

/* Flushing at random moments loses nothing. */

#define FLUSHES 2000
#define FLIGHT 64

typedef struct
{
  SocketReader reader;
  Line line;
  gint stop; /* atomic */
  guint sockets, queue;
} Busy;

static gpointer
run_busy (gpointer data)
{
  Busy *busy = data;

  while (!g_atomic_int_get (&busy->stop)) {
    if (busy->sockets - (guint) g_atomic_int_get (&busy->reader.seen.sockets)
        < FLIGHT)
      line_send (&busy->line, busy->line.sender, busy->sockets++);
    if (busy->queue - (guint) g_atomic_int_get (&busy->reader.seen.queue)
        < FLIGHT)
      push (busy->reader.inbox, make (busy->queue++));
    if (busy->queue % 16 == 0)
      g_thread_yield ();
  }
  return NULL;
}

static void
test_socket_flushing (void)
{
  Busy busy = { .stop = FALSE };
  GThread *sender, *reader;
  guint i;

  busy.reader.inbox = gst_ice_inbox_new (GST_ICE_INBOX_LIMIT);
  line_open (&busy.line);
  gst_ice_inbox_add_socket (busy.reader.inbox, busy.line.media);
  reader = g_thread_new ("reader", run_socket_reader, &busy.reader);
  sender = g_thread_new ("sender", run_busy, &busy);
  for (i = 0; i < FLUSHES; i++) {
    gint interrupts = g_atomic_int_get (&busy.reader.interrupts);
    gint64 start = g_get_monotonic_time ();

    gst_ice_inbox_set_flushing (busy.reader.inbox, TRUE);
    while (g_atomic_int_get (&busy.reader.interrupts) == interrupts) {
      g_assert_cmpint (
          g_get_monotonic_time () - start, <, 10 * G_TIME_SPAN_SECOND);
      g_thread_yield ();
    }
    gst_ice_inbox_set_flushing (busy.reader.inbox, FALSE);
    if (i % 10 == 0)
      g_usleep ((gulong) g_test_rand_int_range (0, 300));
  }
  g_atomic_int_set (&busy.stop, TRUE);
  g_thread_join (sender);
  gst_ice_inbox_set_eos (busy.reader.inbox, TRUE);
  g_thread_join (reader);
  g_assert_cmpint (busy.reader.last, ==, GST_ICE_INBOX_EOS);
  g_assert_cmpuint (busy.reader.seen.sockets, ==, busy.sockets);
  g_assert_cmpuint (busy.reader.seen.queue, ==, busy.queue);
  g_assert_cmpuint (gst_ice_inbox_get_dropped (busy.reader.inbox), ==, 0);
  gst_ice_inbox_free (busy.reader.inbox);
  line_close (&busy.line);
}

/* A context of libnice's, as it were. */
typedef struct
{
  GstIceIo *io;
  GstIceSharedContext *context;
  gint by_io; /* atomic: what the I/O thread ran */
} Library;

static gboolean
library_open (gpointer data)
{
  static const GstIceSharedContextFuncs functions = { NULL, NULL };
  Library *library = data;

  library->context = gst_ice_shared_context_new (
      gst_ice_io_get_context (library->io), &functions, NULL);
  return G_SOURCE_REMOVE;
}

static gboolean
library_close (gpointer data)
{
  gst_ice_shared_context_close (((Library *) data)->context);
  return G_SOURCE_REMOVE;
}

static void
library_invoke (Library *library, GSourceFunc function)
{
  gst_ice_io_invoke (library->io, function, library, NULL);
  gst_ice_io_synchronize (
      library->io, g_get_monotonic_time () + 5 * G_TIME_SPAN_SECOND);
}

static gboolean
note_thread (gpointer data)
{
  Library *library = data;

  g_assert_true (gst_ice_io_is_current (library->io));
  g_atomic_int_inc (&library->by_io);
  return G_SOURCE_REMOVE;
}

/* Something to do for whoever iterates; not us any more. */
static void
library_wait_for_io (Library *library)
{
  gint n = g_atomic_int_get (&library->by_io);
  GSource *source = g_idle_source_new ();

  g_source_set_callback (source, note_thread, library, NULL);
  g_source_attach (source, gst_ice_shared_context_get (library->context));
  g_source_unref (source);
  while (g_atomic_int_get (&library->by_io) == n)
    g_usleep (100);
}

typedef enum
{
  TO_SOCKET,
  TO_NO_CONTEXT,
  TO_FLUSHING
} Turn;

static void
turn (GstIceInbox *inbox, Turn how, GstIceDatagramSocket *socket)
{
  switch (how) {
    case TO_SOCKET:
      g_assert_true (gst_ice_inbox_add_socket (inbox, socket));
      g_assert_cmpint (pop (inbox, GST_USECOND), ==, GST_ICE_INBOX_TIMEOUT);
      break;
    case TO_NO_CONTEXT:
      gst_ice_inbox_set_context (inbox, NULL);
      break;
    case TO_FLUSHING:
      gst_ice_inbox_set_flushing (inbox, TRUE);
      break;
  }
}

static void
turn_back (GstIceInbox *inbox, Turn how, GstIceDatagramSocket *socket,
    GstIceSharedContext *context)
{
  switch (how) {
    case TO_SOCKET:
      gst_ice_inbox_remove_socket (inbox, socket);
      break;
    case TO_NO_CONTEXT:
      gst_ice_inbox_set_context (inbox, context);
      break;
    case TO_FLUSHING:
      gst_ice_inbox_set_flushing (inbox, FALSE);
      break;
  }
}

/* What comes in the context does not wait for a reader who has turned to
 * something else: if it did, 50 ms, in each of the rounds. */
static void
leave_context (Turn how)
{
  const guint rounds = 60;
  GstIceInbox *inbox = gst_ice_inbox_new (GST_ICE_INBOX_LIMIT);
  Library library = { .io = gst_ice_io_acquire () };
  gint64 waited = 0;
  Line line;
  guint i;

  line_open (&line);
  library_invoke (&library, library_open);
  gst_ice_inbox_set_context (inbox, library.context);
  for (i = 0; i < rounds; i++) {
    g_assert_cmpint (pop (inbox, GST_MSECOND), ==, GST_ICE_INBOX_TIMEOUT);
    turn (inbox, how, line.media);
    waited -= g_get_monotonic_time ();
    library_wait_for_io (&library);
    waited += g_get_monotonic_time ();
    turn_back (inbox, how, line.media, library.context);
  }
  g_assert_cmpint (waited, <, rounds * 25 * G_TIME_SPAN_MILLISECOND);

  library_invoke (&library, library_close);
  gst_ice_inbox_free (inbox);
  gst_ice_shared_context_unref (library.context);
  gst_ice_io_release (library.io);
  line_close (&line);
}

static void
test_socket_instead_of_context (void)
{
  leave_context (TO_SOCKET);
}

static void
test_no_context (void)
{
  leave_context (TO_NO_CONTEXT);
}

#ifdef __linux__

typedef struct
{
  GstIceInbox *inbox;
  gint tid; /* atomic; 0: it has not begun */
  gint ran; /* atomic: a source of the context was dispatched */
} Sleeper;

static gpointer
run_sleeper (gpointer data)
{
  Sleeper *self = data;

  g_atomic_int_set (&self->tid, (gint) syscall (SYS_gettid));
  g_assert_cmpint (pop (self->inbox, 0), ==, GST_ICE_INBOX_FLUSHING);
  return NULL;
}

static gboolean
is_asleep (Sleeper *self)
{
  g_autofree gchar *path = g_strdup_printf (
      "/proc/self/task/%d/stat", g_atomic_int_get (&self->tid));
  g_autofree gchar *stat = NULL;

  return g_file_get_contents (path, &stat, NULL, NULL)
      && strstr (stat, ") S ") != NULL;
}

static gboolean
note_run (gpointer data)
{
  g_atomic_int_set (&((Sleeper *) data)->ran, TRUE);
  return G_SOURCE_REMOVE;
}

/* A reader that sleeps without a context turns to the one that it gets, where
 * no other thread receives. */
static void
test_context_comes (void)
{
  static const GstIceSharedContextFuncs functions = { NULL, NULL };
  Sleeper sleeper = { .inbox = gst_ice_inbox_new (GST_ICE_INBOX_LIMIT) };
  GMainContext *nobodys = g_main_context_new ();
  GstIceSharedContext *context = gst_ice_shared_context_new (
      nobodys, &functions, NULL);
  g_autoptr (GSource) source = g_idle_source_new ();
  GThread *thread = g_thread_new ("sleeper", run_sleeper, &sleeper);

  g_source_set_callback (source, note_run, &sleeper, NULL);
  g_source_attach (source, gst_ice_shared_context_get (context));
  suite_wait_until (g_atomic_int_get (&sleeper.tid) != 0);
  suite_wait_until (is_asleep (&sleeper));
  gst_ice_inbox_set_context (sleeper.inbox, context);
  suite_wait_until (g_atomic_int_get (&sleeper.ran));
  gst_ice_inbox_set_flushing (sleeper.inbox, TRUE);
  g_thread_join (thread);
  gst_ice_inbox_set_context (sleeper.inbox, NULL);
  gst_ice_shared_context_close (context);
  gst_ice_shared_context_unref (context);
  g_main_context_unref (nobodys);
  gst_ice_inbox_free (sleeper.inbox);
}

#endif

static void
test_flushing_instead_of_context (void)
{
  leave_context (TO_FLUSHING);
}

static const SuiteTest tests[] = {
  { "/inbox/order", test_order },
  { "/inbox/limit", test_limit },
  { "/inbox/limit/of-nothing", test_limit_of_nothing },
  { "/inbox/eos", test_eos },
  { "/inbox/eos/of-a-reader", test_eos_of_a_reader },
  { "/inbox/flushing", test_flushing },
  { "/inbox/timeout", test_timeout },
  { "/inbox/timeout/changes", test_timeout_changes },
  { "/inbox/reader", test_reader },
  { "/inbox/reader/quiet", test_quiet_reader },
  { "/inbox/reader/one-quiet", test_one_quiet_push },
  { "/inbox/socket", test_socket },
  { "/inbox/socket/drained", test_drained },
  { "/inbox/socket/turns", test_turns },
  { "/inbox/socket/many", test_many_sockets },
  { "/inbox/socket/eos", test_socket_eos },
  { "/inbox/socket/clear", test_socket_clear },
  { "/inbox/socket/clear/without-lock", test_socket_clear_without_lock },
  { "/inbox/socket/sender", test_socket_sender },
  { "/inbox/socket/timeout", test_socket_timeout },
  { "/inbox/socket/sleep", test_socket_sleep },
  { "/inbox/socket/wake", test_socket_wake },
  { "/inbox/socket/comes-and-goes", test_socket_comes_and_goes },
  { "/inbox/socket/one-goes", test_one_socket_goes },
  { "/inbox/socket/goes-while-read", test_socket_goes_while_read },
  { "/inbox/socket/no-descriptor-stays", test_no_descriptor_stays },
  { "/inbox/socket/flushing", test_socket_flushing },
  { "/inbox/socket/instead-of-context", test_socket_instead_of_context },
  { "/inbox/context/none", test_no_context },
#ifdef __linux__
  { "/inbox/context/comes", test_context_comes },
#endif
  { "/inbox/context/flushing", test_flushing_instead_of_context },
};

int
main (int argc, char **argv)
{
  return suite_run (argc, argv, tests, G_N_ELEMENTS (tests));
}
