/* gst-ice: what a datagram costs, side by side: icesink/icesrc,
 * nicesink/nicesrc, udpsink/udpsrc, in one process over 127.0.0.1.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The sending thread pushes chunks into the sink's pad and waits in between
 * until they have arrived, so that nothing is lost for want of room. Its CPU
 * time while it pushes is the sender's; the rest of the process's is the
 * receiver's. */

#include <gst/gst.h>
#include <nice/agent.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define CHUNK                                                                  \
  64 /* datagrams in flight at most: what a default socket buffer takes */
#define PATIENCE 200    /* ms until what has not arrived is lost */
#define CONNECT_WAIT 10 /* seconds */
#define KINDS 3
#define MAX_ROUNDS 99

typedef struct
{
  GstElement *sink;     /* fed by us */
  GstElement *pipeline; /* of the receiver */
  GstPad *pad;
  NiceAgent *agents[2];
  GThread *thread;
  GMainLoop *loop;
} Path;

typedef struct
{
  gdouble send;    /* CPU ns a datagram */
  gdouble receive; /* CPU ns a datagram */
  gdouble lost;    /* share */
} Result;

static gint arrived; /* atomic */

static gint packets = 100000;
static gint size = 1200;
static gint rounds = 5;

static const GOptionEntry options[] = {
  { "packets", 'n', 0, G_OPTION_ARG_INT, &packets, "Datagrams a round", "N" },
  { "size", 's', 0, G_OPTION_ARG_INT, &size, "Bytes a datagram", "N" },
  { "rounds", 'r', 0, G_OPTION_ARG_INT, &rounds, "Rounds, the median counts",
      "N" },
  { NULL }
};

static GstPadProbeReturn
count (GstPad *pad, GstPadProbeInfo *info, gpointer unused)
{
  guint n = 1;

  if (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_BUFFER_LIST)
    n = gst_buffer_list_length (GST_PAD_PROBE_INFO_BUFFER_LIST (info));
  g_atomic_int_add (&arrived, (gint) n);
  return GST_PAD_PROBE_OK;
}

static gint64
get_nanoseconds (clockid_t clock)
{
  struct timespec now;

  clock_gettime (clock, &now);
  return now.tv_sec * G_GINT64_CONSTANT (1000000000) + now.tv_nsec;
}

/* source ! fakesink, and our pad before sink. */
static void
open_path (Path *path, GstElement *source, GstElement *sink)
{
  GstElement *end = gst_element_factory_make ("fakesink", NULL);
  GstPad *source_pad = gst_element_get_static_pad (source, "src");
  GstPad *sink_pad = gst_element_get_static_pad (sink, "sink");
  GstSegment segment;

  g_object_set (end, "sync", FALSE, "async", FALSE, NULL);
  path->pipeline = gst_pipeline_new (NULL);
  gst_bin_add_many (GST_BIN (path->pipeline), source, end, NULL);
  gst_element_link (source, end);
  gst_pad_add_probe (source_pad,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, count, NULL,
      NULL);
  gst_object_unref (source_pad);

  path->sink = gst_object_ref_sink (sink);
  g_object_set (sink, "sync", FALSE, "async", FALSE, NULL);
  path->pad = gst_object_ref_sink (gst_pad_new ("src", GST_PAD_SRC));
  gst_pad_link (path->pad, sink_pad);
  gst_object_unref (sink_pad);
  gst_element_set_state (path->pipeline, GST_STATE_PLAYING);
  gst_element_set_state (sink, GST_STATE_PLAYING);

  gst_pad_set_active (path->pad, TRUE);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_push_event (path->pad, gst_event_new_stream_start ("bench"));
  gst_pad_push_event (path->pad, gst_event_new_segment (&segment));
}

static gboolean
wait_for (GstElement *element, const gchar *property, gint least)
{
  gint64 end = g_get_monotonic_time () + CONNECT_WAIT * G_TIME_SPAN_SECOND;
  gint value = 0;

  while (g_get_monotonic_time () < end) {
    g_object_get (element, property, &value, NULL);
    if (value >= least)
      return TRUE;
    g_usleep (1000);
  }
  return FALSE;
}

static void
open_ice (Path *path)
{
  GstElement *source = gst_element_factory_make ("icesrc", NULL);
  GstElement *sink = gst_element_factory_make ("icesink", NULL);
  g_autofree gchar *directory = g_dir_make_tmp ("gst-ice-XXXXXX", NULL);
  g_autofree gchar *listener = g_strdup_printf (
      "unix://%s/call?mode=listener", directory);
  g_autofree gchar *caller = g_strdup_printf (
      "unix://%s/call?mode=caller", directory);

  gst_util_set_object_arg (
      G_OBJECT (source), "local-addresses", "<\"127.0.0.1\">");
  gst_util_set_object_arg (
      G_OBJECT (sink), "local-addresses", "<\"127.0.0.1\">");
  g_object_set (source, "signalling-uri", listener, NULL);
  g_object_set (sink, "signalling-uri", caller, NULL);
  open_path (path, source, sink);
  if (!wait_for (sink, "ice-connection-state", 2 /* connected */))
    g_error ("icesink did not connect");
  rmdir (directory);
}

static gpointer
run_loop (gpointer loop)
{
  g_main_loop_run (loop);
  return NULL;
}

static void
on_candidate (NiceAgent *agent, NiceCandidate *candidate, NiceAgent *peer)
{
  GSList list = { candidate, NULL };

  nice_agent_set_remote_candidates (peer, 1, 1, &list);
}

static void
ignore (NiceAgent *agent, guint stream, guint component, guint length,
    gchar *data, gpointer unused)
{
}

static void
open_nice (Path *path)
{
  GstElement *source = gst_element_factory_make ("nicesrc", NULL);
  GstElement *sink = gst_element_factory_make ("nicesink", NULL);
  GMainContext *context = g_main_context_new ();
  gint64 end = g_get_monotonic_time () + CONNECT_WAIT * G_TIME_SPAN_SECOND;
  NiceAddress address;
  guint i;

  path->loop = g_main_loop_new (context, FALSE);
  nice_address_init (&address);
  nice_address_set_from_string (&address, "127.0.0.1");
  for (i = 0; i < 2; i++) {
    path->agents[i] = nice_agent_new (context, NICE_COMPATIBILITY_RFC5245);
    g_object_set (path->agents[i], "controlling-mode", i == 0, "ice-tcp", FALSE,
        "upnp", FALSE, NULL);
    nice_agent_add_local_address (path->agents[i], &address);
    nice_agent_add_stream (path->agents[i], 1);
  }
  for (i = 0; i < 2; i++) {
    gchar *ufrag, *password;

    nice_agent_get_local_credentials (path->agents[i], 1, &ufrag, &password);
    nice_agent_set_remote_credentials (path->agents[1 - i], 1, ufrag, password);
    g_free (ufrag);
    g_free (password);
    g_signal_connect (path->agents[i], "new-candidate-full",
        G_CALLBACK (on_candidate), path->agents[1 - i]);
  }
  g_object_set (
      source, "agent", path->agents[1], "stream", 1, "component", 1, NULL);
  g_object_set (
      sink, "agent", path->agents[0], "stream", 1, "component", 1, NULL);
  open_path (path, source, sink);
  /* nicesrc reads by itself; the sending agent's checks need a reader. */
  nice_agent_attach_recv (path->agents[0], 1, 1, context, ignore, NULL);
  path->thread = g_thread_new ("nice", run_loop, path->loop);
  for (i = 0; i < 2; i++)
    nice_agent_gather_candidates (path->agents[i], 1);
  while (nice_agent_get_component_state (path->agents[0], 1, 1)
          != NICE_COMPONENT_STATE_READY
      || nice_agent_get_component_state (path->agents[1], 1, 1)
          != NICE_COMPONENT_STATE_READY) {
    if (g_get_monotonic_time () > end)
      g_error ("nicesink did not connect");
    g_usleep (1000);
  }
  g_main_context_unref (context);
}

static void
open_udp (Path *path)
{
  GstElement *source = gst_element_factory_make ("udpsrc", NULL);
  GstElement *sink = gst_element_factory_make ("udpsink", NULL);
  gint port;

  g_object_set (source, "address", "127.0.0.1", "port", 0, "buffer-size",
      4 * 1024 * 1024, NULL);
  gst_element_set_state (source, GST_STATE_PAUSED);
  g_object_get (source, "port", &port, NULL);
  g_object_set (sink, "host", "127.0.0.1", "port", port, NULL);
  open_path (path, source, sink);
}

static void
close_path (Path *path)
{
  guint i;

  gst_element_set_state (path->sink, GST_STATE_NULL);
  gst_element_set_state (path->pipeline, GST_STATE_NULL);
  gst_pad_set_active (path->pad, FALSE);
  gst_object_unref (path->pad);
  gst_object_unref (path->sink);
  gst_object_unref (path->pipeline);
  if (path->loop != NULL) {
    g_main_loop_quit (path->loop);
    g_thread_join (path->thread);
    g_main_loop_unref (path->loop);
    for (i = 0; i < 2; i++)
      g_object_unref (path->agents[i]);
  }
}

static void
push_burst (Path *path, guint burst)
{
  guint i;

  if (burst == 1) {
    gst_pad_push (path->pad, gst_buffer_new_allocate (NULL, size, NULL));
  } else {
    GstBufferList *list = gst_buffer_list_new_sized (burst);

    for (i = 0; i < burst; i++)
      gst_buffer_list_add (list, gst_buffer_new_allocate (NULL, size, NULL));
    gst_pad_push_list (path->pad, list);
  }
}

/* Until all have arrived; what takes too long is lost. */
static void
wait_for_arrival (gint sent)
{
  gint64 end = g_get_monotonic_time () + PATIENCE * G_TIME_SPAN_MILLISECOND;

  while (g_atomic_int_get (&arrived) < sent && g_get_monotonic_time () < end)
    g_usleep (20);
}

static Result
measure (Path *path, guint burst)
{
  gint64 pushing = 0, process, waiting = 0;
  gint sent = 0, lost = 0;
  guint i;

  g_atomic_int_set (&arrived, 0);
  process = get_nanoseconds (CLOCK_PROCESS_CPUTIME_ID);
  while (sent < packets) {
    gint64 start = get_nanoseconds (CLOCK_THREAD_CPUTIME_ID), pushed;

    for (i = 0; i < CHUNK; i += burst)
      push_burst (path, burst);
    sent += CHUNK;
    pushed = get_nanoseconds (CLOCK_THREAD_CPUTIME_ID);
    wait_for_arrival (sent - lost);
    lost = sent - g_atomic_int_get (&arrived);
    waiting += get_nanoseconds (CLOCK_THREAD_CPUTIME_ID) - pushed;
    pushing += pushed - start;
  }
  process = get_nanoseconds (CLOCK_PROCESS_CPUTIME_ID) - process;
  return (Result){ .send = (gdouble) pushing / sent,
    .receive = (gdouble) (process - pushing - waiting) / sent,
    .lost = (gdouble) lost / sent };
}

static int
compare (const void *a, const void *b)
{
  gdouble x = *(const gdouble *) a, y = *(const gdouble *) b;

  return (x > y) - (x < y);
}

static Result
take_medians (Result *results)
{
  gdouble send[MAX_ROUNDS], receive[MAX_ROUNDS], lost[MAX_ROUNDS];
  gint i;

  for (i = 0; i < rounds; i++) {
    send[i] = results[i].send;
    receive[i] = results[i].receive;
    lost[i] = results[i].lost;
  }
  qsort (send, rounds, sizeof (gdouble), compare);
  qsort (receive, rounds, sizeof (gdouble), compare);
  qsort (lost, rounds, sizeof (gdouble), compare);
  return (Result){ send[rounds / 2], receive[rounds / 2], lost[rounds / 2] };
}

static void
run_burst (guint burst)
{
  static const struct
  {
    const gchar *name;
    void (*open) (Path *path);
  } kinds[KINDS] = { { "icesink/icesrc", open_ice },
    { "nicesink/nicesrc", open_nice }, { "udpsink/udpsrc", open_udp } };
  Result results[KINDS][MAX_ROUNDS], medians[KINDS];
  gint round;
  guint kind;

  /* Rounds outside, kinds inside: what else the machine does hits all. */
  for (round = 0; round < rounds; round++)
    for (kind = 0; kind < KINDS; kind++) {
      Path path = { 0 };

      kinds[kind].open (&path);
      results[kind][round] = measure (&path, burst);
      close_path (&path);
    }
  for (kind = 0; kind < KINDS; kind++)
    medians[kind] = take_medians (results[kind]);
  for (kind = 0; kind < KINDS; kind++)
    g_print ("%5u %6d  %-17s %8.0f %8.0f %7.2f%% %8.2f %8.2f\n", burst, size,
        kinds[kind].name, medians[kind].send, medians[kind].receive,
        100 * medians[kind].lost, medians[1].send / medians[kind].send,
        medians[1].receive / medians[kind].receive);
}

int
main (int argc, char **argv)
{
  static const guint bursts[] = { 1, 8, 32, 64 };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  guint i;

  g_option_context_add_main_entries (context, options, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  if (!g_option_context_parse (context, &argc, &argv, &error)) {
    g_printerr ("%s\n", error->message);
    return 2;
  }
  if (packets < CHUNK || size < 1 || size > 65507 || rounds < 1
      || rounds > MAX_ROUNDS) {
    g_printerr ("packets from %d, size 1 to 65507, rounds 1 to %d\n", CHUNK,
        MAX_ROUNDS);
    return 2;
  }

  g_print ("%d datagrams a round, median of %d rounds; CPU ns a datagram; "
           "ratios: how many times cheaper than nicesink/nicesrc\n",
      packets, rounds);
  g_print ("burst  bytes  elements              send  receive     lost  x send "
           "x receive\n");
  for (i = 0; i < G_N_ELEMENTS (bursts); i++)
    run_burst (bursts[i]);
  return 0;
}
