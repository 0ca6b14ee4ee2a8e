/* gst-ice: benchmarks: nicesink ! nicesrc, with the agents that they need.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "elements.h"
#include "peers.h"

#include <nice/agent.h>

#define COMPONENT 1

enum
{
  SOURCE,
  SINK,
  N_ENDS
};

typedef struct
{
  BenchElements elements;
  NiceAgent *agents[N_ENDS];
  guint streams[N_ENDS];
  /* under the lock of paths */
  gboolean connected[N_ENDS];
} NicePath;

static gpointer
iterate (gpointer context)
{
  g_main_loop_run (g_main_loop_new (context, FALSE));
  return NULL;
}

/* The application's, for the agents of all paths; it lasts. */
static GMainContext *
get_context (void)
{
  static GMainContext *context;

  if (context == NULL) {
    context = g_main_context_new ();
    g_thread_unref (g_thread_new ("nice", iterate, context));
  }
  return context;
}

static void
on_candidate (NiceAgent *agent, NiceCandidate *candidate, NicePath *self)
{
  bench_path_lock ();
  if (self->elements.path.first_candidate == 0)
    self->elements.path.first_candidate = g_get_monotonic_time ();
  bench_path_unlock ();
}

static void
on_gathered (NiceAgent *agent, guint stream, NicePath *self)
{
  bench_path_lock ();
  self->elements.path.gathered++;
  bench_path_unlock ();
}

static void
on_state (NiceAgent *agent, guint stream, guint component, guint state,
    NicePath *self)
{
  BenchPath *path = &self->elements.path;
  guint end = agent == self->agents[SOURCE] ? SOURCE : SINK;

  bench_path_lock ();
  if ((state == NICE_COMPONENT_STATE_CONNECTED
          || state == NICE_COMPONENT_STATE_READY)
      && !self->connected[end]) {
    self->connected[end] = TRUE;
    path->connected++;
    path->connected_at = g_get_monotonic_time ();
  }
  bench_path_unlock ();
}

static void
add_address (NiceAgent *agent, guint i)
{
  g_autofree gchar *text = g_strdup_printf (BENCH_ADDRESS, i);
  NiceAddress address;

  nice_address_init (&address);
  nice_address_set_from_string (&address, text);
  nice_agent_add_local_address (agent, &address);
}

static NiceAgent *
new_agent (gboolean controlling, guint addresses)
{
  NiceAgent *agent = nice_agent_new (
      get_context (), NICE_COMPATIBILITY_RFC5245);
  guint i;

  for (i = 1; i <= addresses; i++)
    add_address (agent, i);
  g_object_set (agent, "controlling-mode", controlling, "ice-tcp", FALSE,
      "upnp", FALSE, NULL);
  return agent;
}

static void
make_agent (NicePath *self, guint end, GstElement *element, guint addresses)
{
  NiceAgent *agent = new_agent (end == SINK, addresses);

  g_signal_connect (
      agent, "new-candidate-full", G_CALLBACK (on_candidate), self);
  g_signal_connect (
      agent, "candidate-gathering-done", G_CALLBACK (on_gathered), self);
  g_signal_connect (
      agent, "component-state-changed", G_CALLBACK (on_state), self);
  self->agents[end] = agent;
  self->streams[end] = nice_agent_add_stream (agent, 1);
  g_object_set (element, "agent", agent, "stream", self->streams[end],
      "component", COMPONENT, NULL);
}

static void
ignore (NiceAgent *agent, guint stream, guint component, guint length,
    gchar *data, gpointer unused)
{
}

static void
gather (NicePath *self, guint end)
{
  GPtrArray *sockets;
  guint i;

  if (!nice_agent_gather_candidates (self->agents[end], self->streams[end]))
    bench_fail ("libnice does not gather");
  sockets = nice_agent_get_sockets (
      self->agents[end], self->streams[end], COMPONENT);
  for (i = 0; i < sockets->len; i++)
    bench_set_receive_buffer (g_socket_get_fd (g_ptr_array_index (sockets, i)));
  g_ptr_array_unref (sockets);
}

static BenchPath *
open_nice (const BenchKind *kind, guint addresses)
{
  NicePath *self = g_new0 (NicePath, 1);

  bench_elements_make (&self->elements, kind);
  make_agent (self, SOURCE, self->elements.source, addresses);
  make_agent (self, SINK, self->elements.sink, addresses);
  bench_elements_play (&self->elements);
  /* nicesrc reads by itself; the sending agent's checks need a reader. */
  nice_agent_attach_recv (self->agents[SINK], self->streams[SINK], COMPONENT,
      get_context (), ignore, NULL);
  gather (self, SOURCE);
  gather (self, SINK);
  return &self->elements.path;
}

static void
signal_credentials (NicePath *self, guint end)
{
  NiceAgent *peer = self->agents[1 - end];
  guint stream = self->streams[1 - end];
  g_autofree gchar *ufrag = NULL, *password = NULL;
  GSList *candidates = nice_agent_get_local_candidates (
      self->agents[end], self->streams[end], COMPONENT);

  nice_agent_get_local_credentials (
      self->agents[end], self->streams[end], &ufrag, &password);
  nice_agent_set_remote_credentials (peer, stream, ufrag, password);
  nice_agent_set_remote_candidates (peer, stream, COMPONENT, candidates);
  g_slist_free_full (candidates, (GDestroyNotify) nice_candidate_free);
}

static void
connect_nice (BenchPath *path)
{
  signal_credentials ((NicePath *) path, SOURCE);
  signal_credentials ((NicePath *) path, SINK);
}

static void
close_nice (BenchPath *path)
{
  NicePath *self = (NicePath *) path;
  guint i;

  for (i = 0; i < N_ENDS; i++)
    g_signal_handlers_disconnect_by_data (self->agents[i], self);
  bench_elements_stop (&self->elements);
  for (i = 0; i < N_ENDS; i++) {
    nice_agent_remove_stream (self->agents[i], self->streams[i]);
    g_object_unref (self->agents[i]);
  }
  g_free (self);
}

static void
on_peer_state (NiceAgent *agent, guint stream, guint component, guint state,
    BenchForwarder *forwarder)
{
  if (state != NICE_COMPONENT_STATE_READY)
    return;
  bench_path_lock ();
  forwarder->connected++;
  bench_path_unlock ();
}

static void
set_peer (NiceAgent *agent, guint stream, guint16 port)
{
  NiceCandidate *candidate = nice_candidate_new (NICE_CANDIDATE_TYPE_HOST);
  GSList list = { candidate, NULL };

  candidate->transport = NICE_CANDIDATE_TRANSPORT_UDP;
  candidate->stream_id = stream;
  candidate->component_id = COMPONENT;
  candidate->priority = 2130706431;
  g_strlcpy (candidate->foundation, "1", sizeof (candidate->foundation));
  nice_address_set_from_string (&candidate->addr, "127.0.0.1");
  nice_address_set_port (&candidate->addr, port);
  nice_agent_set_remote_credentials (
      agent, stream, BENCH_PEER_UFRAG, BENCH_PEER_PWD);
  nice_agent_set_remote_candidates (agent, stream, COMPONENT, &list);
  nice_candidate_free (candidate);
}

static void
add_peer (GstElement *tee, BenchForwarder *forwarder, guint16 port)
{
  GstElement *sink = bench_elements_make_branch (tee, forwarder, "nicesink");
  NiceAgent *agent = new_agent (TRUE, 1);
  guint stream = nice_agent_add_stream (agent, 1);

  g_object_set (
      sink, "agent", agent, "stream", stream, "component", COMPONENT, NULL);
  g_signal_connect (
      agent, "component-state-changed", G_CALLBACK (on_peer_state), forwarder);
  gst_element_set_state (sink, GST_STATE_PLAYING);
  nice_agent_attach_recv (
      agent, stream, COMPONENT, get_context (), ignore, NULL);
  if (!nice_agent_gather_candidates (agent, stream))
    bench_fail ("libnice does not gather");
  set_peer (agent, stream, port);
  g_object_unref (agent); /* the sink has it */
}

static void
forward_nice (BenchPath *path, BenchForwarder *forwarder, const guint16 *ports)
{
  GstElement *tee = gst_element_factory_make ("tee", NULL);
  guint i;

  bench_elements_forward ((BenchElements *) path, tee);
  for (i = 0; i < forwarder->n; i++)
    add_peer (tee, forwarder, ports[i]);
}

#define NICE_KIND(word, words, again)                                          \
  {                                                                            \
    .id = word, .name = words, .elements = { "nicesrc", "nicesink" },          \
    .ends = N_ENDS, .open = open_nice, .connect = connect_nice,                \
    .send = bench_elements_send, .close = close_nice,                          \
    .forwarder = "nicesrc ! tee ! nicesinks" again, .forward = forward_nice,   \
  }

const BenchKind bench_kind_nice = NICE_KIND ("nice", "nicesink/nicesrc", "");

/* What chance makes of no difference. */
const BenchKind bench_kind_nice_again = NICE_KIND (
    "nice-again", "nicesink/nicesrc again", " again");
