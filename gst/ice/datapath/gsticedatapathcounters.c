/* gst-ice: the counters of one transport's datagrams.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "datapath/gsticedatapathcounters.h"

/**
 * gst_ice_datapath_counters_count:
 * @self: (out caller-allocates): the counters
 * @inbox: what waits for the reader, and the media sockets
 * @outbox: what was sent, and what was not
 * @traffic: what was received
 *
 * Any thread.
 */
void
gst_ice_datapath_counters_count (GstIceDatapathCounters *self,
    GstIceInbox *inbox, GstIceOutbox *outbox, GstIceTraffic *traffic)
{
  GstIceDatagramSocketCounters offload;
  GstIceTrafficReceived received;
  GstIceOutboxCounters sent;
  guint64 dropped = gst_ice_inbox_get_dropped (inbox);

  gst_ice_outbox_get_counters (outbox, &sent);
  gst_ice_inbox_get_socket_counters (inbox, &offload);
  gst_ice_traffic_get_received (traffic, &received);
  *self = (GstIceDatapathCounters){
    .packets_sent = sent.packets_sent,
    .bytes_sent = sent.bytes_sent,
    .packets_discarded_on_send = sent.packets_discarded,
    .bytes_discarded_on_send = sent.bytes_discarded,
    .packets_received = received.packets,
    .bytes_received = received.bytes,
    .discarded_no_reader = received.packets_unread,
    .discarded_buffer_full = offload.overflowed + dropped,
    .discarded_unknown_source = offload.unknown_source
        + received.packets_unknown,
    .discarded_misrouted = offload.misrouted,
    .filtered = received.packets_filtered,
    .offload = offload,
  };
  self->packets_discarded_on_receive = self->discarded_no_reader
      + self->discarded_buffer_full + self->discarded_unknown_source
      + self->discarded_misrouted;
}

static void
subtract_offload (GstIceDatagramSocketCounters *self,
    const GstIceDatagramSocketCounters *earlier)
{
  self->send_calls -= earlier->send_calls;
  self->messages_sent -= earlier->messages_sent;
  self->datagrams_sent -= earlier->datagrams_sent;
  self->receive_calls -= earlier->receive_calls;
  self->messages_received -= earlier->messages_received;
  self->datagrams_received -= earlier->datagrams_received;
  self->bytes_received -= earlier->bytes_received;
  self->send_fallbacks -= earlier->send_fallbacks;
  self->unknown_source -= earlier->unknown_source;
  self->overflowed -= earlier->overflowed;
  self->misrouted -= earlier->misrouted;
}

/**
 * gst_ice_datapath_counters_subtract:
 * @self: counters
 * @earlier: the same, at an earlier time
 *
 * Makes @self what was counted since then.
 */
void
gst_ice_datapath_counters_subtract (
    GstIceDatapathCounters *self, const GstIceDatapathCounters *earlier)
{
  self->packets_sent -= earlier->packets_sent;
  self->bytes_sent -= earlier->bytes_sent;
  self->packets_received -= earlier->packets_received;
  self->bytes_received -= earlier->bytes_received;
  self->packets_discarded_on_send -= earlier->packets_discarded_on_send;
  self->bytes_discarded_on_send -= earlier->bytes_discarded_on_send;
  self->packets_discarded_on_receive -= earlier->packets_discarded_on_receive;
  self->discarded_no_reader -= earlier->discarded_no_reader;
  self->discarded_buffer_full -= earlier->discarded_buffer_full;
  self->discarded_unknown_source -= earlier->discarded_unknown_source;
  self->discarded_misrouted -= earlier->discarded_misrouted;
  self->filtered -= earlier->filtered;
  subtract_offload (&self->offload, &earlier->offload);
}
