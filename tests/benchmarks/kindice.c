/* gst-ice: benchmarks: icesink ! icesrc, which signal within the process.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "elements.h"
#include "peers.h"

#define CONNECTED 2 /* GstIceConnectionState */
#define COMPLETED 3

enum
{
  SOURCE,
  SINK,
  N_ENDS
};

typedef struct
{
  BenchElements elements;
  GstElement *ends[N_ENDS]; /* not owned */
  /* under the lock of paths */
  GPtrArray *candidates[N_ENDS]; /* of string */
  gboolean connected[N_ENDS];
} IcePath;

static guint
find_end (IcePath *self, GstElement *element)
{
  return element == self->ends[SOURCE] ? SOURCE : SINK;
}

static void
on_candidate (
    GstElement *element, guint stream, const gchar *candidate, IcePath *self)
{
  BenchPath *path = &self->elements.path;

  bench_path_lock ();
  if (path->first_candidate == 0)
    path->first_candidate = g_get_monotonic_time ();
  if (candidate != NULL)
    g_ptr_array_add (
        self->candidates[find_end (self, element)], g_strdup (candidate));
  else
    path->gathered++;
  bench_path_unlock ();
}

static void
on_state (GstElement *element, GParamSpec *spec, IcePath *self)
{
  BenchPath *path = &self->elements.path;
  guint end = find_end (self, element);
  gint state;

  g_object_get (element, "ice-connection-state", &state, NULL);
  bench_path_lock ();
  if ((state == CONNECTED || state == COMPLETED) && !self->connected[end]) {
    self->connected[end] = TRUE;
    path->connected++;
    path->connected_at = g_get_monotonic_time ();
  }
  bench_path_unlock ();
}

static gchar *
list_addresses (guint n)
{
  GString *list = g_string_new ("<");
  guint i;

  for (i = 1; i <= n; i++)
    g_string_append_printf (
        list, "%s\"" BENCH_ADDRESS "\"", i > 1 ? "," : "", i);
  return g_string_free (g_string_append_c (list, '>'), FALSE);
}

static void
set_properties (GstElement *element, gboolean offload, guint addresses)
{
  g_autofree gchar *list = list_addresses (addresses);

  gst_util_set_object_arg (G_OBJECT (element), "local-addresses", list);
  gst_util_set_object_arg (
      G_OBJECT (element), "offload", offload ? "auto" : "none");
  g_object_set (element, "buffer-size", BENCH_RECEIVE_BUFFER, NULL);
}

static void
set_up (IcePath *self, guint end, GstElement *element, const BenchKind *kind,
    guint addresses)
{
  self->ends[end] = element;
  self->candidates[end] = g_ptr_array_new_with_free_func (g_free);
  set_properties (element, kind->offload, addresses);
  gst_util_set_object_arg (
      G_OBJECT (element), "role", end == SINK ? "controlling" : "controlled");
  g_signal_connect (
      element, "on-ice-candidate", G_CALLBACK (on_candidate), self);
  g_signal_connect (
      element, "notify::ice-connection-state", G_CALLBACK (on_state), self);
}

static BenchPath *
open_ice (const BenchKind *kind, guint addresses)
{
  IcePath *self = g_new0 (IcePath, 1);

  bench_elements_make (&self->elements, kind);
  set_up (self, SOURCE, self->elements.source, kind, addresses);
  set_up (self, SINK, self->elements.sink, kind, addresses);
  bench_elements_play (&self->elements);
  return &self->elements.path;
}

static void
signal_credentials (IcePath *self, guint end)
{
  GstElement *peer = self->ends[1 - end];
  g_autofree gchar *ufrag = NULL, *password = NULL;
  gboolean taken;
  guint i;

  g_object_get (
      self->ends[end], "local-ufrag", &ufrag, "local-pwd", &password, NULL);
  g_signal_emit_by_name (
      peer, "set-remote-credentials", 0, ufrag, password, &taken);
  for (i = 0; i < self->candidates[end]->len; i++)
    g_signal_emit_by_name (peer, "add-ice-candidate", 0,
        g_ptr_array_index (self->candidates[end], i), &taken);
}

static void
connect_ice (BenchPath *path)
{
  signal_credentials ((IcePath *) path, SOURCE);
  signal_credentials ((IcePath *) path, SINK);
}

static void
close_ice (BenchPath *path)
{
  IcePath *self = (IcePath *) path;
  guint i;

  for (i = 0; i < N_ENDS; i++)
    g_signal_handlers_disconnect_by_data (self->ends[i], self);
  bench_elements_stop (&self->elements);
  for (i = 0; i < N_ENDS; i++)
    g_ptr_array_unref (self->candidates[i]);
  g_free (self);
}

static void
on_peer_state (GstElement *element, GParamSpec *spec, BenchForwarder *forwarder)
{
  gint state;

  g_object_get (element, "ice-connection-state", &state, NULL);
  if (state != COMPLETED)
    return;
  bench_path_lock ();
  forwarder->connected++;
  bench_path_unlock ();
}

static void
add_peer (
    GstElement *tee, gboolean offload, BenchForwarder *forwarder, guint16 port)
{
  GstElement *sink = bench_elements_make_branch (tee, forwarder, "icesink");
  g_autofree gchar *candidate = g_strdup_printf (
      "candidate:1 1 udp 2130706431 127.0.0.1 %u typ host", port);
  gboolean taken;

  set_properties (sink, offload, 1);
  g_object_set (sink, "wait-for-connection", FALSE, NULL);
  g_signal_connect (sink, "notify::ice-connection-state",
      G_CALLBACK (on_peer_state), forwarder);
  gst_element_set_state (sink, GST_STATE_PLAYING);
  g_signal_emit_by_name (sink, "set-remote-credentials", 0, BENCH_PEER_UFRAG,
      BENCH_PEER_PWD, &taken);
  g_signal_emit_by_name (sink, "add-ice-candidate", 0, candidate, &taken);
  g_signal_emit_by_name (sink, "add-ice-candidate", 0, "", &taken);
}

static void
forward_ice (BenchPath *path, BenchForwarder *forwarder, const guint16 *ports)
{
  GstElement *tee = gst_element_factory_make ("tee", NULL);
  guint i;

  bench_elements_forward ((BenchElements *) path, tee);
  for (i = 0; i < forwarder->n; i++)
    add_peer (tee, path->kind->offload, forwarder, ports[i]);
}

const BenchKind bench_kind_ice = {
  .id = "ice",
  .name = "icesink/icesrc",
  .elements = { "icesrc", "icesink" },
  .ends = N_ENDS,
  .open = open_ice,
  .connect = connect_ice,
  .send = bench_elements_send,
  .close = close_ice,
  .forwarder = "icesrc ! tee ! icesinks",
  .forward = forward_ice,
  .offload = TRUE,
};

const BenchKind bench_kind_ice_plain = {
  .id = "ice-none",
  .name = "icesink/icesrc offload=none",
  .elements = { "icesrc", "icesink" },
  .ends = N_ENDS,
  .open = open_ice,
  .connect = connect_ice,
  .send = bench_elements_send,
  .close = close_ice,
  .forwarder = "icesrc ! tee ! icesinks offload=none",
  .forward = forward_ice,
};
