/* gst-ice: calls that connect, restart and close, again and again: descriptors,
 * threads and memory stay as many as they were after the first ones.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * CYCLES: how many, 10^4 with ICE_TEST_LONG=1. Several calls run at a time;
 * what the process has is counted when none is there. */

#include "elements/gsticeelements.h"
#include "agent/gsticenicetransport.h"
#include "api/gsticeenumtypes.h"
#include "session/gsticeagent.h"
#include "descriptors.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

#define FEW_CYCLES 128
#define LONG_CYCLES 10000
#define AT_ONCE 4                          /* calls */
#define ROUNDS 20                          /* counts, after the first one */
#define PATIENCE (30 * G_TIME_SPAN_SECOND) /* also of a busy machine */
#define LATE (10 * G_TIME_SPAN_SECOND)
#define DATAGRAMS 5             /* each way, each time */
#define POOL_THREADS 10         /* GLib ends them when idle */
#define SLACK_BYTES (64 * 1024) /* of the heap, in all */
#define SLACK_BYTES_PER_CYCLE 8

/* Of AddressSanitizer, where the process has it. */
extern size_t __sanitizer_get_current_allocated_bytes (void)
    __attribute__ ((weak));

typedef enum
{
  KIND_UDP,      /* restarts in place */
  KIND_CROSSING, /* the same, at both ends at once */
  KIND_TCP,      /* gathers again to restart */
  KIND_SIGNALLING_URI,
  N_KINDS
} Kind;

typedef struct
{
  Kind kind;
  gboolean offload;
  gboolean anew;    /* other elements than in the cycle before */
  gboolean early;   /* closes while it connects */
  gboolean cut_off; /* closes while it restarts */
} Plan;

typedef struct _End End;

struct _End
{
  gchar *name;
  const gchar *role;
  GstElement *src, *sink;
  GstBus *bus;
  GstPad *feed;  /* to sink, ours */
  GstPad *drain; /* from src, ours */
  GstIceTransport *transport;
  End *peer;

  GMutex lock;
  GCond cond;
  Kind kind;
  gboolean closing;  /* what the peer signals is not taken */
  gboolean given_up; /* the call has failed, and closes */
  guint n_arrived;   /* datagrams */
};

typedef struct
{
  guint from, to;
  guint n_failed; /* calls */
  gchar *folder;  /* of the socket of the signalling */
  End ends[2];
} Caller;

typedef struct
{
  guint descriptors, threads;
  gsize heap, resident; /* bytes */
} Counts;

static gboolean
is_closing (End *self)
{
  gboolean closing;

  g_mutex_lock (&self->lock);
  closing = self->closing;
  g_mutex_unlock (&self->lock);
  return closing;
}

/* Signalling by the application, in the I/O thread. */

static gboolean
is_signalled (End *self, const gchar *candidate)
{
  if (self->kind == KIND_SIGNALLING_URI || is_closing (self->peer))
    return FALSE;
  return self->kind != KIND_TCP || candidate == NULL || *candidate == '\0'
      || strstr (candidate, " TCP ") != NULL;
}

static void
on_candidate (
    GstElement *element, guint stream, const gchar *candidate, End *self)
{
  gboolean taken;

  if (candidate != NULL && is_signalled (self, candidate))
    g_signal_emit_by_name (
        self->peer->src, "add-ice-candidate", stream, candidate, &taken);
}

static void
signal_credentials (End *self)
{
  g_autofree gchar *ufrag = NULL, *pwd = NULL;
  gboolean taken;

  if (!is_signalled (self, NULL))
    return;
  g_object_get (self->src, "local-ufrag", &ufrag, "local-pwd", &pwd, NULL);
  if (ufrag != NULL && pwd != NULL)
    g_signal_emit_by_name (
        self->peer->src, "set-remote-credentials", 0, ufrag, pwd, &taken);
}

static void
on_ufrag (GstElement *element, GParamSpec *spec, End *self)
{
  signal_credentials (self);
}

/* The call closes then, and the test fails when all cycles have run. */
static void
give_up (End *self, const gchar *why)
{
  g_printerr ("%s, kind %d: %s\n", self->name, self->kind, why);
  g_mutex_lock (&self->lock);
  self->given_up = TRUE;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
}

static gboolean
has_given_up (End *self)
{
  gboolean given_up;

  g_mutex_lock (&self->lock);
  given_up = self->given_up;
  g_mutex_unlock (&self->lock);
  return given_up;
}

static gboolean
have_given_up (End *ends)
{
  return has_given_up (&ends[0]) || has_given_up (&ends[1]);
}

static void
give_up_by (End *self, GstMessage *message)
{
  g_autoptr (GError) error = NULL;

  gst_message_parse_error (message, &error, NULL);
  give_up (self, error->message);
}

static GstBusSyncReply
on_message (GstBus *bus, GstMessage *message, gpointer data)
{
  End *self = data;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR && !is_closing (self)
      && !is_closing (self->peer))
    give_up_by (self, message);
  gst_message_unref (message);
  return GST_BUS_DROP;
}

/* Receiving, in icesrc's thread. */

static GstFlowReturn
chain (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  End *self = gst_pad_get_element_private (pad);

  gst_buffer_unref (buffer);
  g_mutex_lock (&self->lock);
  self->n_arrived++;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
  return GST_FLOW_OK;
}

static gboolean
drop_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  gst_event_unref (event);
  return TRUE;
}

/* Elements. */

static GstElement *
make_element (End *self, const gchar *factory)
{
  GstElement *element = gst_object_ref_sink (
      gst_element_factory_make (factory, NULL));

  gst_element_set_bus (element, self->bus);
  gst_util_set_object_arg (
      G_OBJECT (element), "local-addresses", "<\"127.0.0.1\">");
  g_object_set (element, "connection-id", self->name, NULL);
  return element;
}

static GstPad *
make_pad (End *self, GstElement *element, const gchar *name)
{
  GstPad *other = gst_element_get_static_pad (element, name);
  gboolean is_feed = gst_pad_get_direction (other) == GST_PAD_SINK;
  GstPad *pad = gst_object_ref_sink (gst_pad_new (
      is_feed ? "feed" : "drain", is_feed ? GST_PAD_SRC : GST_PAD_SINK));

  if (!is_feed) {
    gst_pad_set_element_private (pad, self);
    gst_pad_set_chain_function (pad, chain);
    gst_pad_set_event_function (pad, drop_event);
  }
  g_assert_cmpint (gst_pad_link (is_feed ? pad : other, is_feed ? other : pad),
      ==, GST_PAD_LINK_OK);
  gst_object_unref (other);
  return pad;
}

static void
end_make_elements (End *self)
{
  self->bus = gst_bus_new ();
  gst_bus_set_sync_handler (self->bus, on_message, self, NULL);
  self->src = make_element (self, "icesrc");
  self->sink = make_element (self, "icesink");
  gst_util_set_object_arg (G_OBJECT (self->src), "role", self->role);
  g_object_set (self->sink, "sync", FALSE, NULL);
  self->feed = make_pad (self, self->sink, "sink");
  self->drain = make_pad (self, self->src, "src");
}

static void
end_drop_elements (End *self)
{
  if (self->src == NULL)
    return;
  g_clear_pointer (&self->feed, gst_object_unref);
  g_clear_pointer (&self->drain, gst_object_unref);
  /* a message that stays on the bus keeps its element, which keeps the bus */
  gst_bus_set_flushing (self->bus, TRUE);
  g_clear_pointer (&self->src, gst_object_unref);
  g_clear_pointer (&self->sink, gst_object_unref);
  gst_bus_set_sync_handler (self->bus, NULL, NULL, NULL);
  g_clear_pointer (&self->bus, gst_object_unref);
}

static void
end_set_up (End *self, const Plan *plan, const gchar *folder)
{
  g_autofree gchar *uri = NULL;
  GstElement *elements[] = { self->src, self->sink };
  guint i;

  if (plan->kind == KIND_SIGNALLING_URI)
    uri = g_strdup_printf ("unix://%s/line?mode=%s", folder,
        self < self->peer ? "listener" : "caller");
  for (i = 0; i < G_N_ELEMENTS (elements); i++) {
    gst_util_set_object_arg (
        G_OBJECT (elements[i]), "offload", plan->offload ? "auto" : "none");
    g_object_set (elements[i], "ice-tcp", plan->kind == KIND_TCP,
        "signalling-uri", uri, NULL);
  }
  self->kind = plan->kind;
  self->closing = self->given_up = FALSE;
}

/* A call. */

static void
end_open (End *self)
{
  self->n_arrived = 0;
  gst_pad_set_active (self->drain, TRUE);
  g_signal_connect (
      self->src, "on-ice-candidate", G_CALLBACK (on_candidate), self);
  gst_element_set_state (self->src, GST_STATE_READY);
  gst_element_set_state (self->sink, GST_STATE_READY);
  /* of restarts: the first ones are signalled when both ends are there */
  g_signal_connect (
      self->src, "notify::local-ufrag", G_CALLBACK (on_ufrag), self);
  g_object_get (self->src, "transport", &self->transport, NULL);
}

static void
end_play (End *self)
{
  GstSegment segment;

  gst_element_set_state (self->sink, GST_STATE_PLAYING);
  gst_element_set_state (self->src, GST_STATE_PLAYING);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_set_active (self->feed, TRUE);
  gst_pad_push_event (self->feed, gst_event_new_stream_start (self->name));
  gst_pad_push_event (self->feed, gst_event_new_segment (&segment));
}

static void
end_set_closing (End *self)
{
  g_mutex_lock (&self->lock);
  self->closing = TRUE;
  g_mutex_unlock (&self->lock);
}

static void
end_close (End *self)
{
  gst_element_set_state (self->sink, GST_STATE_NULL);
  gst_element_set_state (self->src, GST_STATE_NULL);
  gst_pad_set_active (self->feed, FALSE);
  gst_pad_set_active (self->drain, FALSE);
  g_signal_handlers_disconnect_by_data (self->src, self);
  g_clear_pointer (&self->transport, gst_object_unref);
}

static guint
get_n_changes (End *self)
{
  return (guint) gst_ice_transport_pairs_get_n_changes (
      gst_ice_transport_get_pairs (self->transport));
}

static void
give_up_connecting (End *self, guint changes)
{
  GstStructure *stats[2];
  g_autofree gchar *text = NULL, *peer_text = NULL, *why = NULL;

  g_signal_emit_by_name (self->src, "get-stats", &stats[0]);
  g_signal_emit_by_name (self->peer->src, "get-stats", &stats[1]);
  text = gst_structure_to_string (stats[0]);
  peer_text = gst_structure_to_string (stats[1]);
  gst_structure_free (stats[0]);
  gst_structure_free (stats[1]);
  why = g_strdup_printf ("has selected a pair %u times, before %u:\n%s\n%s",
      get_n_changes (self), changes, text, peer_text);
  give_up (self, why);
}

/* libnice does not follow a nomination of a TCP pair that comes more than 5 s
 * late (docs/states.md, "Without a nomination"), as it does on a machine that
 * is too busy: then it stays connected. */
static gboolean
is_connected (End *self, gint64 waited)
{
  GstIceConnectionState state = gst_ice_transport_get_state (self->transport);

  return state == GST_ICE_CONNECTION_STATE_COMPLETED
      || (state == GST_ICE_CONNECTION_STATE_CONNECTED && self->kind == KIND_TCP
          && waited > LATE);
}

/* Until it has selected a pair more often than that, and is completed. */
static void
wait_completed (End *self, guint changes)
{
  gint64 start = g_get_monotonic_time (), waited = 0;

  while (get_n_changes (self) <= changes || !is_connected (self, waited)) {
    if (has_given_up (self) || has_given_up (self->peer))
      return;
    if (waited > PATIENCE)
      give_up_connecting (self, changes);
    g_usleep (1000);
    waited = g_get_monotonic_time () - start;
  }
}

/* What a restart loses on its way is sent again. */
static void
send_some (End *self)
{
  End *peer = self->peer;
  gint64 end = g_get_monotonic_time () + PATIENCE;
  guint i, wanted;

  g_mutex_lock (&peer->lock);
  wanted = peer->n_arrived + DATAGRAMS;
  while (peer->n_arrived < wanted && !peer->given_up) {
    g_mutex_unlock (&peer->lock);
    if (has_given_up (self))
      return;
    if (g_get_monotonic_time () > end)
      give_up (peer, "nothing arrives");
    for (i = 0; i < DATAGRAMS; i++)
      gst_pad_push (
          self->feed, gst_buffer_new_wrapped (g_strdup ("datagram"), 8));
    g_mutex_lock (&peer->lock);
    if (peer->n_arrived < wanted)
      g_cond_wait_until (&peer->cond, &peer->lock,
          g_get_monotonic_time () + G_TIME_SPAN_SECOND / 5);
  }
  g_mutex_unlock (&peer->lock);
}

/* What is asked for does not stay in the process; of get-stats, GStreamer keeps
 * the names of the entries. */
static void
look_at (End *self)
{
  GValue pairs = G_VALUE_INIT;

  g_value_init (&pairs, GST_TYPE_ARRAY);
  g_object_get_property (G_OBJECT (self->src), "candidate-pairs", &pairs);
  g_assert_cmpuint (gst_value_array_get_size (&pairs), >, 0);
  g_value_unset (&pairs);
}

static void
restart (End *ends, const Plan *plan, guint number)
{
  guint changes[] = { get_n_changes (&ends[0]), get_n_changes (&ends[1]) };
  gboolean done;
  guint i;

  g_signal_emit_by_name (ends[number % 2].src, "restart", &done);
  g_assert_true (done);
  if (plan->kind == KIND_CROSSING)
    g_signal_emit_by_name (ends[(number + 1) % 2].src, "restart", &done);
  if (plan->cut_off)
    return;
  for (i = 0; i < 2; i++)
    wait_completed (&ends[i], changes[i]);
  for (i = 0; i < 2; i++)
    send_some (&ends[i]);
  for (i = 0; i < 2 && !have_given_up (ends); i++)
    look_at (&ends[i]);
}

static void
run_call (End *ends, const Plan *plan, guint number)
{
  guint i;

  for (i = 0; i < 2; i++)
    end_open (&ends[i]);
  for (i = 0; i < 2; i++)
    signal_credentials (&ends[i]);
  for (i = 0; i < 2; i++)
    end_play (&ends[i]);
  if (!plan->early) {
    for (i = 0; i < 2; i++)
      wait_completed (&ends[i], 0);
    for (i = 0; i < 2; i++)
      send_some (&ends[i]);
    if (!have_given_up (ends))
      restart (ends, plan, number);
  }
  for (i = 0; i < 2; i++)
    end_set_closing (&ends[i]);
  for (i = 0; i < 2; i++)
    end_close (&ends[(number + i) % 2]);
}

static void
run_cycle (Caller *self, guint number)
{
  const Plan plan = {
    .kind = (Kind) (number / AT_ONCE % N_KINDS),
    .offload = number / 16 % 2,
    .anew = number / 32 % 2,
    .early = number % 29 == 0,
    .cut_off = number % 13 == 0,
  };
  guint i;

  for (i = 0; i < 2; i++) {
    if (plan.anew)
      end_drop_elements (&self->ends[i]);
    if (self->ends[i].src == NULL)
      end_make_elements (&self->ends[i]);
  }
  for (i = 0; i < 2; i++)
    end_set_up (&self->ends[i], &plan, self->folder);
  run_call (self->ends, &plan, number);
  self->n_failed += have_given_up (self->ends);
}

/* Several callers. */

static gpointer
run_caller (gpointer data)
{
  Caller *self = data;
  guint number;

  for (number = self->from; number < self->to; number += AT_ONCE)
    run_cycle (self, number);
  end_drop_elements (&self->ends[0]);
  end_drop_elements (&self->ends[1]);
  return NULL;
}

static void
caller_init (Caller *self, guint i)
{
  guint j;

  self->folder = g_dir_make_tmp ("cycles-XXXXXX", NULL);
  g_assert_nonnull (self->folder);
  for (j = 0; j < 2; j++) {
    self->ends[j].name = g_strdup_printf ("%u%c", i, "ab"[j]);
    self->ends[j].role = j == 0 ? "controlling" : "controlled";
    self->ends[j].peer = &self->ends[!j];
    g_mutex_init (&self->ends[j].lock);
    g_cond_init (&self->ends[j].cond);
  }
}

static void
caller_clear (Caller *self)
{
  guint j;

  for (j = 0; j < 2; j++) {
    g_free (self->ends[j].name);
    g_mutex_clear (&self->ends[j].lock);
    g_cond_clear (&self->ends[j].cond);
  }
  g_assert_cmpint (g_rmdir (self->folder), ==, 0);
  g_free (self->folder);
}

/* Returns: how many calls failed */
static guint
run_cycles (guint from, guint to)
{
  Caller *callers = g_new0 (Caller, AT_ONCE);
  GThread *threads[AT_ONCE];
  guint n_failed = 0, i;

  for (i = 0; i < AT_ONCE; i++) {
    caller_init (&callers[i], i);
    callers[i].from = from + i;
    callers[i].to = to;
    threads[i] = g_thread_new ("caller", run_caller, &callers[i]);
  }
  for (i = 0; i < AT_ONCE; i++)
    g_thread_join (threads[i]);
  for (i = 0; i < AT_ONCE; i++) {
    n_failed += callers[i].n_failed;
    caller_clear (&callers[i]);
  }
  g_free (callers);
  return n_failed;
}

/* What the process has. */

static gsize
get_resident (void)
{
  g_autofree gchar *text = NULL;

  g_assert_true (g_file_get_contents ("/proc/self/statm", &text, NULL, NULL));
  return strtoull (strchr (text, ' '), NULL, 10) * 4096;
}

/* 0: not known. glibc also counts what its threads keep for later. */
static gsize
get_heap (void)
{
  if (__sanitizer_get_current_allocated_bytes == NULL)
    return 0;
  return __sanitizer_get_current_allocated_bytes ();
}

static void
count (guint cycles, gint64 start, Counts *counts)
{
  counts->descriptors = count_descriptors ();
  counts->threads = count_entries ("/proc/self/task");
  counts->heap = get_heap ();
  counts->resident = get_resident ();
  g_test_message ("%u cycles, %.0f s: %u descriptors, %u threads, "
                  "%" G_GSIZE_FORMAT " bytes of the heap, %" G_GSIZE_FORMAT
                  " KiB resident",
      cycles, (g_get_monotonic_time () - start) / (gdouble) G_USEC_PER_SEC,
      counts->descriptors, counts->threads, counts->heap,
      counts->resident / 1024);
}

static guint
get_total (void)
{
  const gchar *number = g_getenv ("CYCLES");

  if (number != NULL)
    return (guint) g_ascii_strtoull (number, NULL, 10);
  return g_strcmp0 (g_getenv ("ICE_TEST_LONG"), "1") == 0 ? LONG_CYCLES
                                                          : FEW_CYCLES;
}

static void
test_cycles (void)
{
  guint total = get_total (), first = MIN (total / 4, 1024), done = first;
  guint n_failed, i;
  gint64 start = g_get_monotonic_time ();
  Counts before, now;

  n_failed = run_cycles (0, first);
  count (first, start, &before);
  for (i = 1; i <= ROUNDS; i++) {
    guint next = first + (guint) ((guint64) (total - first) * i / ROUNDS);

    n_failed += run_cycles (done, next);
    done = next;
    count (done, start, &now);
    g_assert_cmpuint (now.descriptors, <=, before.descriptors);
    g_assert_cmpuint (now.threads, <=, before.threads + POOL_THREADS);
  }
  g_assert_cmpuint (now.heap, <=,
      before.heap + SLACK_BYTES + SLACK_BYTES_PER_CYCLE * (total - first));
  g_assert_cmpuint (n_failed, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  GST_ELEMENT_REGISTER (icesrc, NULL);
  GST_ELEMENT_REGISTER (icesink, NULL);
  gst_ice_agent_set_backend (GST_TYPE_ICE_NICE_TRANSPORT);
  g_test_add_func ("/cycles", test_cycles);
  return g_test_run ();
}
