/* gst-ice: the datagrams of one transport, in and out.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "datapath/gsticedatapath.h"

struct _GstIceDatapath
{
  const GstIceDatapathFuncs *funcs;
  gpointer owner;

  GstIceInbox *inbox;
  GstIceOutbox *outbox;
  GstIcePeerAddresses *peer_addresses;

  GstIceClaims *claims;
  GstIceTraffic *traffic;
  gint offload_active[GST_ICE_N_DIRECTIONS]; /* atomic */

  GMutex lock;                 /* a leaf */
  GstIceDatapathCounters base; /* under the lock: when the call began */
};

/**
 * gst_ice_datapath_new:
 * @stream: the transport's, for messages to users
 * @component: the transport's, for messages to users
 * @funcs: static
 * @owner: argument of @funcs; outlives the datapath
 *
 * Returns: (transfer full): a datapath without a pair to send on
 */
GstIceDatapath *
gst_ice_datapath_new (guint stream, guint component,
    const GstIceDatapathFuncs *funcs, gpointer owner)
{
  GstIceDatapath *self = g_new0 (GstIceDatapath, 1);

  self->funcs = funcs;
  self->owner = owner;
  self->inbox = gst_ice_inbox_new (GST_ICE_INBOX_LIMIT);
  self->outbox = gst_ice_outbox_new (funcs->send, owner);
  self->peer_addresses = gst_ice_peer_addresses_new ();
  self->claims = gst_ice_claims_new (stream, component);
  self->traffic = gst_ice_traffic_new ();
  g_mutex_init (&self->lock);
  return self;
}

/**
 * gst_ice_datapath_free:
 * @self: (transfer full): a datapath that no thread uses
 */
void
gst_ice_datapath_free (GstIceDatapath *self)
{
  gst_ice_inbox_free (self->inbox);
  gst_ice_outbox_free (self->outbox);
  gst_ice_peer_addresses_unref (self->peer_addresses);
  gst_ice_claims_free (self->claims);
  gst_ice_traffic_free (self->traffic);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* For elements. */

/**
 * gst_ice_datapath_get_claims:
 * @self: a datapath
 *
 * Any thread.
 *
 * Returns: (transfer none): which elements have it;
 *   gst_ice_datapath_unclaim() gives it back
 */
GstIceClaims *
gst_ice_datapath_get_claims (GstIceDatapath *self)
{
  return self->claims;
}

/**
 * gst_ice_datapath_unclaim:
 * @self: a datapath
 * @direction: receive or send
 * @owner: the element that gives it back; no effect where another one has it
 *
 * Any thread.
 */
void
gst_ice_datapath_unclaim (
    GstIceDatapath *self, GstIceDirection direction, GstObject *owner)
{
  if (gst_ice_claims_give_back (self->claims, direction, owner)
      && direction == GST_ICE_DIRECTION_RECEIVE)
    gst_ice_inbox_clear (self->inbox);
}

/**
 * gst_ice_datapath_set_flushing:
 * @self: a datapath
 * @direction: receive or send
 * @flushing: whether waits of that direction end at once
 *
 * Any thread; never blocks.
 */
void
gst_ice_datapath_set_flushing (
    GstIceDatapath *self, GstIceDirection direction, gboolean flushing)
{
  if (direction == GST_ICE_DIRECTION_RECEIVE)
    gst_ice_inbox_set_flushing (self->inbox, flushing);
  else
    gst_ice_outbox_set_flushing (self->outbox, flushing);
}

/**
 * gst_ice_datapath_set_ending:
 * @self: a datapath
 * @ending: as of gst_ice_outbox_set_ending()
 *
 * Any thread; never blocks.
 */
void
gst_ice_datapath_set_ending (GstIceDatapath *self, gboolean ending)
{
  gst_ice_outbox_set_ending (self->outbox, ending);
}

/**
 * gst_ice_datapath_get_inbox:
 * @self: a datapath
 *
 * Any thread.
 *
 * Returns: (transfer none): the received datagrams, for the reader's settings
 */
GstIceInbox *
gst_ice_datapath_get_inbox (GstIceDatapath *self)
{
  return self->inbox;
}

/**
 * gst_ice_datapath_send:
 * @self: a datapath
 * @datagrams: (array length=n): datagrams
 * @n: how many
 * @wait: as of gst_ice_outbox_send()
 * @done: (out): how many were sent, or dropped and counted
 * @refusal: (inout) (nullable): where it is %NULL it is set if a datagram was
 *   dropped that no path can take (not a failure): the reason
 *
 * The streaming thread. Flushing and closing end every wait at once.
 *
 * Returns: %GST_FLOW_OK when all are done, %GST_FLOW_FLUSHING, %GST_FLOW_EOS
 *   when the transport was closed or the peer reads no more, %GST_FLOW_ERROR
 *   once it has failed
 */
GstFlowReturn
gst_ice_datapath_send (GstIceDatapath *self, const GstIceDatagram *datagrams,
    guint n, const gint *wait, guint *done, GError **refusal)
{
  return gst_ice_outbox_send (self->outbox, datagrams, n, wait, done, refusal);
}

/**
 * gst_ice_datapath_count_discarded:
 * @self: a datapath
 * @datagrams: (array length=n): datagrams that will not be sent
 * @n: how many
 *
 * Any thread.
 */
void
gst_ice_datapath_count_discarded (
    GstIceDatapath *self, const GstIceDatagram *datagrams, guint n)
{
  gst_ice_outbox_count_discarded (self->outbox, datagrams, n);
}

static void
count_received (GstIceDatapath *self,
    const GstIceDatagramSocketReceived *received, gboolean is_read)
{
  if (gst_ice_traffic_count_received (self->traffic, received, is_read))
    self->funcs->silence_ended (self->owner);
}

/* Counts datagrams that the I/O thread has read. Returns: whether an element
 * reads this transport */
static gboolean
count_for_reader (
    GstIceDatapath *self, const GstIceDatagramSocketReceived *received)
{
  gboolean is_read = gst_ice_claims_has (
      self->claims, GST_ICE_DIRECTION_RECEIVE);

  count_received (self, received, is_read);
  return is_read;
}

/**
 * gst_ice_datapath_pop:
 * @self: a datapath
 * @datagrams: (out) (transfer full): the received datagrams
 *
 * The streaming thread.
 *
 * Returns: %GST_FLOW_OK, %GST_FLOW_FLUSHING, %GST_FLOW_EOS after
 *   gst_ice_datapath_end_of_stream(), %GST_FLOW_CUSTOM_SUCCESS at the timeout
 */
GstFlowReturn
gst_ice_datapath_pop (GstIceDatapath *self, GstBufferList **datagrams)
{
  GstIceDatagramSocketReceived from_socket;

  switch (gst_ice_inbox_pop (self->inbox, datagrams, &from_socket)) {
    case GST_ICE_INBOX_DATA:
      if (from_socket.n > 0)
        count_received (self, &from_socket, TRUE);
      return GST_FLOW_OK;
    case GST_ICE_INBOX_EOS:
      return GST_FLOW_EOS;
    case GST_ICE_INBOX_FLUSHING:
      return GST_FLOW_FLUSHING;
    case GST_ICE_INBOX_TIMEOUT:
      break;
  }
  return GST_FLOW_CUSTOM_SUCCESS;
}

/* For backends. */

/**
 * gst_ice_datapath_set_context:
 * @self: a datapath
 * @context: (transfer none) (nullable): where the backend receives, so that the
 *   reader can iterate it
 *
 * I/O thread.
 */
void
gst_ice_datapath_set_context (
    GstIceDatapath *self, GstIceSharedContext *context)
{
  gst_ice_inbox_set_context (self->inbox, context);
}

/**
 * gst_ice_datapath_add_socket:
 * @self: a datapath
 * @socket: (transfer none): a media socket, which the reader reads itself until
 *   the transport is closed
 *
 * I/O thread.
 *
 * Returns: whether it was added; %FALSE when there are too many
 */
gboolean
gst_ice_datapath_add_socket (GstIceDatapath *self, GstIceDatagramSocket *socket)
{
  return gst_ice_inbox_add_socket (self->inbox, socket);
}

/**
 * gst_ice_datapath_remove_socket:
 * @self: a datapath
 * @socket: (transfer none): a media socket of it
 *
 * I/O thread. The reader stops reading it.
 */
void
gst_ice_datapath_remove_socket (
    GstIceDatapath *self, GstIceDatagramSocket *socket)
{
  gst_ice_inbox_remove_socket (self->inbox, socket);
}

/**
 * gst_ice_datapath_set_route:
 * @self: a datapath
 * @socket: (transfer none) (nullable): the socket that datagrams are sent from;
 *   %NULL: the backend sends them
 * @to: a struct sockaddr, where they go
 * @to_size: its size, bytes
 * @channel: as of gst_ice_outbox_set_route()
 *
 * I/O thread. A writer that waits for room in another socket tries this one.
 */
void
gst_ice_datapath_set_route (GstIceDatapath *self, GstIceDatagramSocket *socket,
    gconstpointer to, gsize to_size, guint16 channel)
{
  gst_ice_outbox_set_route (self->outbox, socket, to, to_size, channel);
}

/**
 * gst_ice_datapath_get_peer_addresses:
 * @self: a datapath
 *
 * Any thread.
 *
 * Returns: (transfer none): the addresses whose datagrams are accepted
 */
GstIcePeerAddresses *
gst_ice_datapath_get_peer_addresses (GstIceDatapath *self)
{
  return self->peer_addresses;
}

/**
 * gst_ice_datapath_receive:
 * @self: a datapath
 * @data: (array length=size): a datagram
 * @size: its length, bytes
 * @is_of_pair: whether it is known to have come on the selected pair;
 *   only then it is counted there
 *
 * Any thread, never blocks. A datagram that no element reads is counted and
 * dropped. Call gst_ice_datapath_received_all() after the last one, unless the
 * reader itself iterates the context.
 */
void
gst_ice_datapath_receive (
    GstIceDatapath *self, gconstpointer data, gsize size, gboolean is_of_pair)
{
  const GstIceDatagramSocketReceived received = {
    .n = 1,
    .bytes = size,
    .n_of_peer = is_of_pair ? 1 : 0,
    .bytes_of_peer = is_of_pair ? size : 0,
  };

  if (!count_for_reader (self, &received))
    return;

  gst_ice_inbox_push (self->inbox, /* which counts drops */
      gst_ice_datagram_to_buffer (data, size, gst_util_get_timestamp ()));
}

/**
 * gst_ice_datapath_receive_list:
 * @self: a datapath
 * @datagrams: (transfer full): datagrams of a socket that the reader does not
 *   read itself
 * @received: their number and size, and how many came on the selected pair
 *
 * Any thread, never blocks. As gst_ice_datapath_receive() of each, and
 * gst_ice_datapath_received_all().
 */
void
gst_ice_datapath_receive_list (GstIceDatapath *self, GstBufferList *datagrams,
    const GstIceDatagramSocketReceived *received)
{
  guint i;

  if (count_for_reader (self, received)) {
    for (i = 0; i < gst_buffer_list_length (datagrams); i++)
      gst_ice_inbox_push (
          self->inbox, gst_buffer_ref (gst_buffer_list_get (datagrams, i)));
    gst_ice_inbox_wake (self->inbox);
  }
  gst_buffer_list_unref (datagrams);
}

/**
 * gst_ice_datapath_received_all:
 * @self: a datapath
 *
 * Any thread, never blocks. The socket is empty: wakes the reader.
 */
void
gst_ice_datapath_received_all (GstIceDatapath *self)
{
  gst_ice_inbox_wake (self->inbox);
}

/**
 * gst_ice_datapath_count_unknown_source:
 * @self: a datapath
 * @n: how many datagrams from unknown addresses were dropped
 *
 * Any thread.
 */
void
gst_ice_datapath_count_unknown_source (GstIceDatapath *self, guint64 n)
{
  gst_ice_traffic_count_unknown (self->traffic, n);
}

/**
 * gst_ice_datapath_count_filtered:
 * @self: a datapath
 * @n: how many datagrams did not get to a backend that is closed now
 *
 * Any thread.
 */
void
gst_ice_datapath_count_filtered (GstIceDatapath *self, guint64 n)
{
  gst_ice_traffic_count_filtered (self->traffic, n);
}

/**
 * gst_ice_datapath_get_last_received:
 * @self: a datapath
 *
 * Any thread.
 *
 * Returns: when a datagram came on the selected pair last, microseconds,
 *   monotonic; 0 = never
 */
gint64
gst_ice_datapath_get_last_received (GstIceDatapath *self)
{
  return gst_ice_traffic_get_last_received (self->traffic);
}

/* For the transport. */

/**
 * gst_ice_datapath_clear:
 * @self: a datapath
 *
 * Any thread. Drops the datagrams that wait for a reader.
 */
void
gst_ice_datapath_clear (GstIceDatapath *self)
{
  gst_ice_inbox_clear (self->inbox);
}

/**
 * gst_ice_datapath_close:
 * @self: a datapath
 *
 * I/O thread. The reader stops reading the media sockets.
 */
void
gst_ice_datapath_close (GstIceDatapath *self)
{
  gst_ice_inbox_remove_sockets (self->inbox);
}

/**
 * gst_ice_datapath_end_of_stream:
 * @self: a datapath
 *
 * Any thread. The peer has ended its stream: the reader gets the waiting
 * datagrams, then EOS. Where no element reads, the peer was the reader of this
 * stream, and the writer gets EOS.
 */
void
gst_ice_datapath_end_of_stream (GstIceDatapath *self)
{
  gst_ice_inbox_set_eos (self->inbox, TRUE);
  if (!gst_ice_claims_has (self->claims, GST_ICE_DIRECTION_RECEIVE))
    gst_ice_outbox_set_state (self->outbox, GST_ICE_OUTBOX_ENDED);
}

/**
 * gst_ice_datapath_set_send_state:
 * @self: a datapath
 * @state: whether the writer waits, sends or ends
 *
 * Any thread. Wakes a waiting writer.
 */
void
gst_ice_datapath_set_send_state (GstIceDatapath *self, GstIceOutboxState state)
{
  gst_ice_outbox_set_state (self->outbox, state);
}

/**
 * gst_ice_datapath_set_silent:
 * @self: a datapath
 * @silent: whether the selected pair is silent, so that the next datagram on it
 *   is reported by @silence_ended of the funcs
 * @since: when the last datagram came of which the transport knows
 *
 * I/O thread. A datagram that came after @since is reported at once.
 */
void
gst_ice_datapath_set_silent (
    GstIceDatapath *self, gboolean silent, gint64 since)
{
  if (gst_ice_traffic_set_silent (self->traffic, silent, since))
    self->funcs->silence_ended (self->owner);
}

/**
 * gst_ice_datapath_set_offload_active:
 * @self: a datapath
 * @direction: receive or send
 * @active: whether its datagrams take media sockets now
 *
 * I/O thread.
 *
 * Returns: whether that changed
 */
gboolean
gst_ice_datapath_set_offload_active (
    GstIceDatapath *self, GstIceDirection direction, gboolean active)
{
  gboolean changed = active
      != g_atomic_int_get (&self->offload_active[direction]);

  g_atomic_int_set (&self->offload_active[direction], active);
  return changed;
}

/**
 * gst_ice_datapath_is_offload_active:
 * @self: a datapath
 * @direction: receive or send
 *
 * Any thread.
 *
 * Returns: whether its datagrams take media sockets now
 */
gboolean
gst_ice_datapath_is_offload_active (
    GstIceDatapath *self, GstIceDirection direction)
{
  return g_atomic_int_get (&self->offload_active[direction]);
}

/**
 * gst_ice_datapath_begin_pair:
 * @self: a datapath
 * @ended: (out caller-allocates): the traffic of the pair that was selected
 *
 * I/O thread. Another pair is selected, whose traffic begins at 0.
 */
void
gst_ice_datapath_begin_pair (GstIceDatapath *self, GstIcePairTraffic *ended)
{
  GstIceOutboxCounters sent;

  gst_ice_outbox_get_counters (self->outbox, &sent);
  gst_ice_traffic_begin_pair (self->traffic, &sent, ended);
}

/**
 * gst_ice_datapath_get_pair_traffic:
 * @self: a datapath
 * @traffic: (out caller-allocates): of the selected pair since its selection
 *
 * Any thread.
 */
void
gst_ice_datapath_get_pair_traffic (
    GstIceDatapath *self, GstIcePairTraffic *traffic)
{
  GstIceOutboxCounters sent;

  gst_ice_outbox_get_counters (self->outbox, &sent);
  gst_ice_traffic_get_pair (self->traffic, &sent, traffic);
}

/**
 * gst_ice_datapath_begin_call:
 * @self: a datapath, whose counters begin at 0 again
 *
 * I/O thread.
 */
void
gst_ice_datapath_begin_call (GstIceDatapath *self)
{
  GstIceDatapathCounters base;

  gst_ice_datapath_counters_count (
      &base, self->inbox, self->outbox, self->traffic);
  g_mutex_lock (&self->lock);
  self->base = base;
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_datapath_get_counters:
 * @self: a datapath
 * @counters: (out caller-allocates): its counters in this call, of payload only
 *
 * Any thread.
 */
void
gst_ice_datapath_get_counters (
    GstIceDatapath *self, GstIceDatapathCounters *counters)
{
  GstIceDatapathCounters base;

  gst_ice_datapath_counters_count (
      counters, self->inbox, self->outbox, self->traffic);
  g_mutex_lock (&self->lock);
  base = self->base;
  g_mutex_unlock (&self->lock);
  gst_ice_datapath_counters_subtract (counters, &base);
}
