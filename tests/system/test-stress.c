/* gst-ice: icesink and icesrc over libnice under stress: numbered datagrams and
 * lists both ways, while offload is switched on and off and ICE restarts.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * UDP loses what does not fit into the receiver's socket, so a bounded number
 * of bytes is under way; then nothing may be lost. ICE_TEST_LONG=1 sends 10^7,
 * STRESS_DATAGRAMS another number. */

#include "elements/gsticeelements.h"
#include "api/gsticeenumtypes.h"
#include "agent/gsticenicetransport.h"
#include "session/gsticeagent.h"
#include "numbered.h"

#include <gst/net/net.h>
#include <sched.h>
#include <stdlib.h>

#define DATAGRAMS 100000 /* both ways together */
#define LONG_DATAGRAMS 10000000
#define SWITCHES 60 /* of offload, in all */
#define MAX_LIST 80 /* datagrams */
/* What the kernel takes from a receiver's buffer for a datagram, and what is
 * under way: less than a socket has without CAP_NET_ADMIN. */
#define COST(size) (2 * (size) + 1024)
#define UNDER_WAY 300000
#define PATIENCE (30 * G_TIME_SPAN_SECOND) /* without any progress */

typedef struct _End End;

struct _End
{
  const gchar *name;
  GstElement *src, *sink;
  GstBus *bus;
  GstPad *feed;  /* to sink, ours */
  GstPad *drain; /* from src, ours */
  GstIceTransport *transport;
  End *peer;
  guint cpu;

  Numbered out; /* what it sends; the peer checks it off */
  guint64 n_out;
  guint64 sent; /* atomic */

  GMutex lock;
  GCond cond;
  gsize under_way; /* of what it sent, as COST() */
  guint64 arrived; /* of what it sent */
};

/* Signalling, in the I/O thread. */

static void
on_candidate (
    GstElement *element, guint stream, const gchar *candidate, End *self)
{
  gboolean taken;

  if (candidate == NULL)
    return;
  g_signal_emit_by_name (
      self->peer->src, "add-ice-candidate", stream, candidate, &taken);
  g_assert_true (taken);
}

static void
tell_credentials (End *self)
{
  g_autofree gchar *ufrag = NULL, *pwd = NULL;
  gboolean taken;

  g_object_get (self->src, "local-ufrag", &ufrag, "local-pwd", &pwd, NULL);
  g_signal_emit_by_name (
      self->peer->src, "set-remote-credentials", 0, ufrag, pwd, &taken);
  g_assert_true (taken);
}

static void
on_ufrag (GstElement *element, GParamSpec *spec, End *self)
{
  tell_credentials (self);
}

/* The peer is there all the time. */
static void
check_state (const GstStructure *change)
{
  GstIceConnectionState state;

  if (!gst_structure_has_name (change, "ice-connection-state"))
    return;
  g_assert_true (gst_structure_get_enum (
      change, "new", GST_TYPE_ICE_CONNECTION_STATE, (gint *) &state));
  g_assert_cmpint (state, !=, GST_ICE_CONNECTION_STATE_DISCONNECTED);
  g_assert_cmpint (state, !=, GST_ICE_CONNECTION_STATE_FAILED);
}

static GstBusSyncReply
on_message (GstBus *bus, GstMessage *message, gpointer data)
{
  End *self = data;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ELEMENT)
    check_state (gst_message_get_structure (message));
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR
      || GST_MESSAGE_TYPE (message) == GST_MESSAGE_WARNING) {
    g_autofree gchar *text = gst_structure_to_string (
        gst_message_get_structure (message));

    g_error ("%s: %s", self->name, text);
  }
  gst_message_unref (message);
  return GST_BUS_DROP;
}

/* Receiving, in icesrc's thread. */

static void
take_in (End *self, GstBuffer *buffer, gsize *cost, guint *n)
{
  guint path = gst_buffer_get_net_address_meta (buffer) != NULL;
  gsize size = numbered_check_off (&self->peer->out, buffer, path);

  if (size > 0)
    *cost += COST (size);
  *n += 1;
}

static void
acknowledge (End *sender, gsize cost, guint n)
{
  g_mutex_lock (&sender->lock);
  g_assert_cmpuint (sender->under_way, >=, cost);
  sender->under_way -= cost;
  sender->arrived += n;
  g_cond_signal (&sender->cond);
  g_mutex_unlock (&sender->lock);
}

static GstFlowReturn
chain (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  End *self = gst_pad_get_element_private (pad);
  gsize cost = 0;
  guint n = 0;

  take_in (self, buffer, &cost, &n);
  gst_buffer_unref (buffer);
  acknowledge (self->peer, cost, n);
  return GST_FLOW_OK;
}

static GstFlowReturn
chain_list (GstPad *pad, GstObject *parent, GstBufferList *list)
{
  End *self = gst_pad_get_element_private (pad);
  guint i, n = 0;
  gsize cost = 0;

  for (i = 0; i < gst_buffer_list_length (list); i++)
    take_in (self, gst_buffer_list_get (list, i), &cost, &n);
  gst_buffer_list_unref (list);
  acknowledge (self->peer, cost, n);
  return GST_FLOW_OK;
}

/* Two ends. */

static GstPad *
link_drain (End *self)
{
  GstPad *src = gst_element_get_static_pad (self->src, "src");
  GstPad *drain = gst_object_ref_sink (gst_pad_new ("sink", GST_PAD_SINK));

  gst_pad_set_element_private (drain, self);
  gst_pad_set_chain_function (drain, chain);
  gst_pad_set_chain_list_function (drain, chain_list);
  gst_pad_set_active (drain, TRUE);
  g_assert_cmpint (gst_pad_link (src, drain), ==, GST_PAD_LINK_OK);
  gst_object_unref (src);
  return drain;
}

static GstPad *
link_feed (End *self)
{
  GstPad *sink = gst_element_get_static_pad (self->sink, "sink");
  GstPad *feed = gst_object_ref_sink (gst_pad_new ("src", GST_PAD_SRC));

  g_assert_cmpint (gst_pad_link (feed, sink), ==, GST_PAD_LINK_OK);
  gst_object_unref (sink);
  return feed;
}

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

static void
end_open (End *self, const gchar *name, const gchar *role, End *peer)
{
  self->name = name;
  self->peer = peer;
  self->bus = gst_bus_new ();
  gst_bus_set_sync_handler (self->bus, on_message, self, NULL);
  self->src = make_element (self, "icesrc");
  /* it is how one knows which way a datagram came */
  g_object_set (self->src, "retrieve-sender-address", TRUE, NULL);
  self->sink = make_element (self, "icesink");
  g_object_set (self->sink, "sync", FALSE, NULL);
  gst_util_set_object_arg (G_OBJECT (self->src), "role", role);
  g_signal_connect (
      self->src, "on-ice-candidate", G_CALLBACK (on_candidate), self);
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->drain = link_drain (self);
  self->feed = link_feed (self);
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
end_close (End *self)
{
  gst_element_set_state (self->sink, GST_STATE_NULL);
  gst_element_set_state (self->src, GST_STATE_NULL);
  gst_pad_set_active (self->feed, FALSE);
  gst_pad_set_active (self->drain, FALSE);
  gst_object_unref (self->feed);
  gst_object_unref (self->drain);
  gst_object_unref (self->transport);
  gst_object_unref (self->sink);
  gst_object_unref (self->src);
  gst_bus_set_sync_handler (self->bus, NULL, NULL, NULL);
  gst_object_unref (self->bus);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
}

/* Sending, in a thread of its own. */

static void
wait_for_room (End *self, gsize cost)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;

  g_mutex_lock (&self->lock);
  while (self->under_way > 0 && self->under_way + cost > UNDER_WAY)
    if (!g_cond_wait_until (&self->cond, &self->lock, end))
      g_error ("%s: %" G_GSIZE_FORMAT " bytes are lost after datagram "
               "%" G_GUINT64_FORMAT ", %" G_GUINT64_FORMAT " arrived",
          self->name, self->under_way, self->sent, self->arrived);
  self->under_way += cost;
  g_mutex_unlock (&self->lock);
}

/* Returns: (transfer full): the next ones, as many as may be under way */
static GstBufferList *
make_list (End *self, guint n, gsize *cost)
{
  GstBufferList *list = gst_buffer_list_new_sized (n);
  guint64 number;

  *cost = 0;
  for (number = self->sent; number < self->sent + n && number < self->n_out;
       number++) {
    gsize size = numbered_get_size (&self->out, number);
    gsize more = size > 0 ? COST (size) : 0;

    if (*cost > 0 && *cost + more > UNDER_WAY)
      break;
    *cost += more;
    gst_buffer_list_add (list, numbered_make (&self->out, number));
  }
  return list;
}

/* The kernel keeps the order of what one CPU sends over loopback. */
static void
stay_on_cpu (guint n)
{
  cpu_set_t allowed, one;
  gint i;

  if (sched_getaffinity (0, sizeof (allowed), &allowed) != 0)
    return;
  n %= (guint) CPU_COUNT (&allowed);
  for (i = 0; !CPU_ISSET (i, &allowed) || n-- > 0;)
    i++;
  CPU_ZERO (&one);
  CPU_SET (i, &one);
  sched_setaffinity (0, sizeof (one), &one);
}

static gpointer
run_sender (gpointer data)
{
  End *self = data;
  GRand *rand = g_rand_new_with_seed (self->out.seed);

  stay_on_cpu (self->cpu);
  while (self->sent < self->n_out) {
    gboolean alone = g_rand_int_range (rand, 0, 3) == 0;
    guint n = alone ? 1 : (guint) g_rand_int_range (rand, 1, MAX_LIST + 1);
    GstFlowReturn flow;
    gsize cost;
    GstBufferList *list = make_list (self, n, &cost);

    n = gst_buffer_list_length (list);
    wait_for_room (self, cost);
    if (alone) {
      flow = gst_pad_push (
          self->feed, gst_buffer_ref (gst_buffer_list_get (list, 0)));
      gst_buffer_list_unref (list);
    } else {
      flow = gst_pad_push_list (self->feed, list);
    }
    g_assert_cmpint (flow, ==, GST_FLOW_OK);
    __atomic_add_fetch (&self->sent, n, __ATOMIC_SEQ_CST);
  }
  g_rand_free (rand);
  return NULL;
}

/* What disturbs them. */

static guint64
get_progress (const End *ends)
{
  return __atomic_load_n (&ends[0].sent, __ATOMIC_SEQ_CST)
      + __atomic_load_n (&ends[1].sent, __ATOMIC_SEQ_CST);
}

static void
wait_for_progress (const End *ends, guint64 wanted)
{
  while (get_progress (ends) < wanted) /* senders have the watchdog */
    g_usleep (200);
}

static GstIceConnectionState
get_state (End *end)
{
  return gst_ice_transport_get_state (end->transport);
}

static void
wait_completed (End *ends)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;

  while (get_state (&ends[0]) != GST_ICE_CONNECTION_STATE_COMPLETED
      || get_state (&ends[1]) != GST_ICE_CONNECTION_STATE_COMPLETED) {
    if (g_get_monotonic_time () > end)
      g_error ("it does not connect");
    g_usleep (1000);
  }
}

static void
restart (End *end)
{
  gboolean done;

  g_signal_emit_by_name (end->src, "restart", &done);
  g_assert_true (done);
}

static void
switch_offload (End *end, gboolean receive)
{
  GObject *element = G_OBJECT (receive ? end->src : end->sink);
  gint mode;

  g_object_get (element, "offload", &mode, NULL);
  gst_util_set_object_arg (
      element, "offload", mode == GST_ICE_OFFLOAD_AUTO ? "none" : "auto");
}

static void
disturb (End *ends, guint64 total)
{
  GRand *rand = g_rand_new_with_seed (7);
  guint i;

  for (i = 1; i < SWITCHES; i++) {
    wait_for_progress (ends, total * i / SWITCHES);
    switch_offload (&ends[g_rand_boolean (rand)], g_rand_boolean (rand));
    if (i == SWITCHES / 2 || i == SWITCHES * 3 / 4)
      restart (&ends[i == SWITCHES / 2]);
  }
  g_rand_free (rand);
}

static void
wait_for_all (End *end)
{
  gint64 deadline = g_get_monotonic_time () + PATIENCE;

  g_mutex_lock (&end->lock);
  while (end->under_way > 0)
    if (!g_cond_wait_until (&end->cond, &end->lock, deadline))
      g_error ("%s: %" G_GSIZE_FORMAT " bytes are lost at the end", end->name,
          end->under_way);
  g_mutex_unlock (&end->lock);
}

/* Each datagram was received, but for empty ones: libnice does not report
 * those that it receives. */
static void
check_counters (End *sender)
{
  const Numbered *numbered = &sender->out;
  GstIceDatapathCounters out, in;

  gst_ice_datapath_get_counters (
      gst_ice_transport_get_datapath (sender->transport), &out);
  gst_ice_datapath_get_counters (
      gst_ice_transport_get_datapath (sender->peer->transport), &in);
  g_test_message ("%s: %" G_GUINT64_FORMAT " datagrams, %" G_GUINT64_FORMAT
                  " empty, of which %" G_GUINT64_FORMAT " were refused and "
                  "%" G_GUINT64_FORMAT " came; "
                  "%" G_GUINT64_FORMAT " by offload in "
                  "%" G_GUINT64_FORMAT " messages in %" G_GUINT64_FORMAT
                  " calls; received %" G_GUINT64_FORMAT " by offload in "
                  "%" G_GUINT64_FORMAT " messages in %" G_GUINT64_FORMAT
                  " calls",
      sender->name, out.packets_sent, numbered->made_empty,
      out.packets_discarded_on_send, numbered->n_empty,
      out.offload.datagrams_sent, out.offload.messages_sent,
      out.offload.send_calls, in.offload.datagrams_received,
      in.offload.messages_received, in.offload.receive_calls);
  g_assert_cmpuint (
      out.packets_sent + out.packets_discarded_on_send, ==, sender->n_out);
  g_assert_cmpuint (out.bytes_discarded_on_send, ==, 0);
  g_assert_cmpuint (numbered->n + numbered->made_empty, ==, sender->n_out);
  g_assert_cmpuint (numbered->n_empty + out.packets_discarded_on_send, <=,
      numbered->made_empty);
  g_assert_cmpuint (numbered->n_empty, >, 0);
  g_assert_cmpuint (in.bytes_received, ==, out.bytes_sent);
  g_assert_cmpuint (in.packets_discarded_on_receive, ==, 0);
  g_assert_cmpuint (out.offload.send_fallbacks, ==, 0);
  g_assert_cmpuint (out.offload.datagrams_sent, >, 0);
  g_assert_cmpuint (out.offload.datagrams_sent, <, out.packets_sent);
  g_assert_cmpuint (in.offload.datagrams_received, >, 0);
  g_assert_cmpuint (in.offload.datagrams_received, <, in.packets_received);
}

static guint64
get_total (void)
{
  const gchar *number = g_getenv ("STRESS_DATAGRAMS");

  if (number != NULL)
    return g_ascii_strtoull (number, NULL, 10);
  return g_strcmp0 (g_getenv ("ICE_TEST_LONG"), "1") == 0 ? LONG_DATAGRAMS
                                                          : DATAGRAMS;
}

static void
test_stress (void)
{
  guint64 total = get_total ();
  gint64 start;
  End *ends = g_new0 (End, 2);
  GThread *senders[2];
  guint i;

  end_open (&ends[0], "a", "controlling", &ends[1]);
  end_open (&ends[1], "b", "controlled", &ends[0]);
  for (i = 0; i < 2; i++) {
    ends[i].cpu = i;
    ends[i].out.seed = (guint32) g_test_rand_int ();
    ends[i].n_out = total / 2;
    tell_credentials (&ends[i]);
  }
  for (i = 0; i < 2; i++)
    end_play (&ends[i]);
  wait_completed (ends);

  start = g_get_monotonic_time ();
  for (i = 0; i < 2; i++)
    senders[i] = g_thread_new ("sender", run_sender, &ends[i]);
  disturb (ends, total);
  for (i = 0; i < 2; i++)
    g_thread_join (senders[i]);
  for (i = 0; i < 2; i++)
    wait_for_all (&ends[i]);
  g_test_message ("%.0f datagrams a second",
      (gdouble) total * G_USEC_PER_SEC / (g_get_monotonic_time () - start));
  wait_completed (ends);
  for (i = 0; i < 2; i++)
    check_counters (&ends[i]);
  for (i = 0; i < 2; i++)
    end_close (&ends[i]);
  g_free (ends);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  GST_ELEMENT_REGISTER (icesrc, NULL);
  GST_ELEMENT_REGISTER (icesink, NULL);
  gst_ice_agent_set_backend (GST_TYPE_ICE_NICE_TRANSPORT);
  g_test_add_func ("/stress", test_stress);
  return g_test_run ();
}
