/* gst-ice: benchmarks: datagrams that are made before the clock starts.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "load.h"

#define RTP_VERSION_2 0x80 /* RFC 3550 section 5.1; no STUN */

static void
add_piece (BenchBurst *burst, GstBuffer *buffer, guint8 *bytes, gsize size)
{
  struct iovec *iovec =
      &burst->iovec[burst->n * burst->pieces + gst_buffer_n_memory (buffer)];

  *iovec = (struct iovec){ bytes, size };
  gst_buffer_append_memory (buffer,
      gst_memory_new_wrapped (
          GST_MEMORY_FLAG_READONLY, bytes, size, 0, size, NULL, NULL));
}

/* As a payloader makes them: one memory, or header and payload. */
static GstBuffer *
make_datagram (BenchBurst *burst)
{
  guint8 *bytes = burst->bytes + (gsize) burst->n * burst->size;
  GstBuffer *buffer = gst_buffer_new ();
  gsize first = burst->pieces > 1 ? BENCH_HEADER : burst->size;

  bytes[0] = RTP_VERSION_2;
  add_piece (burst, buffer, bytes, first);
  if (burst->pieces > 1)
    add_piece (burst, buffer, bytes + first, burst->size - first);
  burst->n++;
  return buffer;
}

static void
fill (BenchBurst *burst, guint size, guint n, guint pieces)
{
  *burst = (BenchBurst){ .size = size, .pieces = pieces };
  burst->bytes = g_malloc0 ((gsize) size * n);
  burst->iovec = g_new0 (struct iovec, n * pieces);
  if (n == 1) {
    burst->buffer = make_datagram (burst);
    return;
  }
  burst->list = gst_buffer_list_new_sized (n);
  while (burst->n < n)
    gst_buffer_list_add (burst->list, make_datagram (burst));
}

/**
 * bench_load_new:
 * @size: bytes a datagram, %BENCH_SMALLEST at least
 * @burst: datagrams a burst
 * @pieces: memories a datagram, up to %BENCH_MAX_PIECES
 *
 * Returns: (transfer full): a chunk, as many bursts as are in flight at most
 */
BenchLoad *
bench_load_new (guint size, guint burst, guint pieces)
{
  BenchLoad *load = g_new0 (BenchLoad, 1);
  guint i;

  load->n_bursts = MAX (BENCH_CHUNK / burst, 1);
  load->datagrams = load->n_bursts * burst;
  load->bursts = g_new0 (BenchBurst, load->n_bursts);
  for (i = 0; i < load->n_bursts; i++)
    fill (&load->bursts[i], size, burst, pieces);
  return load;
}

/**
 * bench_load_free:
 * @load: (transfer full): a chunk that nobody sends any more
 */
void
bench_load_free (BenchLoad *load)
{
  guint i;

  for (i = 0; i < load->n_bursts; i++) {
    gst_clear_buffer (&load->bursts[i].buffer);
    g_clear_pointer (&load->bursts[i].list, gst_buffer_list_unref);
    g_free (load->bursts[i].iovec);
    g_free (load->bursts[i].bytes);
  }
  g_free (load->bursts);
  g_free (load);
}
