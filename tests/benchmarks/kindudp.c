/* gst-ice: benchmarks: udpsink ! udpsrc.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "elements.h"

#include <gio/gio.h>

static BenchPath *
open_udp (const BenchKind *kind, guint addresses)
{
  BenchElements *self = g_new0 (BenchElements, 1);
  g_autoptr (GSocket) socket = NULL;
  gint port;

  bench_elements_make (self, kind);
  g_object_set (
      self->source, "address", "127.0.0.1", "port", 0, "reuse", FALSE, NULL);
  gst_element_set_state (self->source, GST_STATE_READY); /* binds */
  g_object_get (self->source, "port", &port, "used-socket", &socket, NULL);
  bench_set_receive_buffer (g_socket_get_fd (socket));
  g_object_set (self->sink, "host", "127.0.0.1", "port", port, NULL);
  bench_elements_play (self);
  return &self->path;
}

static void
close_udp (BenchPath *path)
{
  bench_elements_stop ((BenchElements *) path);
  g_free (path);
}

static void
forward_udp (BenchPath *path, BenchForwarder *forwarder, const guint16 *ports)
{
  GstElement *sink = gst_element_factory_make ("multiudpsink", NULL);
  guint i;

  g_object_set (sink, "sync", FALSE, "async", FALSE, NULL);
  for (i = 0; i < forwarder->n; i++)
    g_signal_emit_by_name (sink, "add", "127.0.0.1", (gint) ports[i]);
  bench_elements_forward ((BenchElements *) path, sink);
}

const BenchKind bench_kind_udp = {
  .id = "udp",
  .name = "udpsink/udpsrc",
  .elements = { "udpsrc", "udpsink" },
  .open = open_udp,
  .send = bench_elements_send,
  .close = close_udp,
  .forwarder = "udpsrc ! multiudpsink",
  .forward = forward_udp,
};
