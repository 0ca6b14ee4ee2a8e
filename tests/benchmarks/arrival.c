/* gst-ice: benchmarks: what arrives, counted for all paths together.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A bare pad takes it from a source: what an element would cost there is no
 * business of a source's. */

#include "arrival.h"
#include "load.h"

#include <time.h>

#define POLL 20 /* microseconds between looks */

static gint arrived; /* atomic */

/* One path, so one thread adds; the sending thread reads when it is done. */
static gint64 *stamps; /* atomic; NULL: nobody wants them */
static guint stamps_room;
static gint n_stamps; /* atomic */

/**
 * bench_get_nanoseconds:
 * @clock: one of the system's clocks
 *
 * Returns: its time
 */
gint64
bench_get_nanoseconds (clockid_t clock)
{
  struct timespec now;

  clock_gettime (clock, &now);
  return now.tv_sec * G_GINT64_CONSTANT (1000000000) + now.tv_nsec;
}

/**
 * bench_arrival_reset:
 *
 * Begins to count anew.
 */
void
bench_arrival_reset (void)
{
  g_atomic_int_set (&arrived, 0);
}

/**
 * bench_arrival_expect_stamps:
 * @delays: (nullable): where to write how long each datagram took, nanoseconds
 * @room: so many
 */
void
bench_arrival_expect_stamps (gint64 *delays, guint room)
{
  g_atomic_int_set (&n_stamps, 0);
  stamps_room = room;
  g_atomic_pointer_set (&stamps, delays);
}

/**
 * bench_arrival_count_stamps:
 *
 * Returns: how many delays were written
 */
guint
bench_arrival_count_stamps (void)
{
  return (guint) g_atomic_int_get (&n_stamps);
}

/**
 * bench_arrival_count:
 *
 * Returns: how many datagrams came
 */
guint
bench_arrival_count (void)
{
  return (guint) g_atomic_int_get (&arrived);
}

/**
 * bench_arrival_wait:
 * @least: for so many
 * @milliseconds: at most
 *
 * Returns: whether they came
 */
gboolean
bench_arrival_wait (guint least, guint milliseconds)
{
  gint64 end = g_get_monotonic_time ()
      + (gint64) milliseconds * G_TIME_SPAN_MILLISECOND;

  while (bench_arrival_count () < least) {
    if (g_get_monotonic_time () > end)
      return FALSE;
    g_usleep (POLL);
  }
  return TRUE;
}

/**
 * bench_arrival_add:
 * @n: datagrams that came
 *
 * Any thread.
 */
void
bench_arrival_add (guint n)
{
  g_atomic_int_add (&arrived, (gint) n);
}

/**
 * bench_arrival_wants_stamps:
 *
 * Returns: whether bench_arrival_add_stamp() is to be called
 */
gboolean
bench_arrival_wants_stamps (void)
{
  return g_atomic_pointer_get (&stamps) != NULL;
}

/**
 * bench_arrival_add_stamp:
 * @sent: what the datagram says, nanoseconds, %CLOCK_MONOTONIC
 */
void
bench_arrival_add_stamp (gint64 sent)
{
  gint64 *delays = g_atomic_pointer_get (&stamps);
  guint n = (guint) g_atomic_int_get (&n_stamps);

  if (delays == NULL || n >= stamps_room)
    return;
  delays[n] = bench_get_nanoseconds (CLOCK_MONOTONIC) - sent;
  g_atomic_int_inc (&n_stamps);
}

static void
add_stamp_of (GstBuffer *buffer)
{
  gint64 sent;

  if (gst_buffer_extract (buffer, BENCH_HEADER, &sent, sizeof (sent))
      == sizeof (sent))
    bench_arrival_add_stamp (sent);
}

/**
 * bench_arrival_add_list:
 * @list: (transfer full): datagrams that came
 */
void
bench_arrival_add_list (GstBufferList *list)
{
  guint i, n = gst_buffer_list_length (list);

  if (bench_arrival_wants_stamps ())
    for (i = 0; i < n; i++)
      add_stamp_of (gst_buffer_list_get (list, i));
  gst_buffer_list_unref (list);
  bench_arrival_add (n);
}

static GstFlowReturn
take (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  if (bench_arrival_wants_stamps ())
    add_stamp_of (buffer);
  gst_buffer_unref (buffer);
  bench_arrival_add (1);
  return GST_FLOW_OK;
}

static GstFlowReturn
take_list (GstPad *pad, GstObject *parent, GstBufferList *list)
{
  bench_arrival_add_list (list);
  return GST_FLOW_OK;
}

/**
 * bench_arrival_new_pad:
 *
 * Returns: (transfer full): an active sink pad that counts what comes
 */
GstPad *
bench_arrival_new_pad (void)
{
  GstPad *pad = gst_object_ref_sink (gst_pad_new ("sink", GST_PAD_SINK));

  gst_pad_set_chain_function (pad, take);
  gst_pad_set_chain_list_function (pad, take_list);
  gst_pad_set_active (pad, TRUE);
  return pad;
}
