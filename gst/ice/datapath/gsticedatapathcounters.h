/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The counters of one transport's datagrams. */
#pragma once

#include "datapath/gsticedatagramsocket.h"
#include "datapath/gsticeinbox.h"
#include "datapath/gsticeoutbox.h"
#include "datapath/gsticetraffic.h"

G_BEGIN_DECLS

/* Payload only. */
typedef struct
{
  guint64 packets_sent, bytes_sent;
  guint64 packets_received, bytes_received;
  guint64 packets_discarded_on_send, bytes_discarded_on_send;
  guint64 packets_discarded_on_receive; /* the sum of these four: */
  guint64 discarded_no_reader, discarded_buffer_full;
  guint64 discarded_unknown_source, discarded_misrouted;
  guint64 filtered; /* not payload only; those of closed backends */
  GstIceDatagramSocketCounters offload;
} GstIceDatapathCounters;

void gst_ice_datapath_counters_count (GstIceDatapathCounters *self,
    GstIceInbox *inbox, GstIceOutbox *outbox, GstIceTraffic *traffic);
void gst_ice_datapath_counters_subtract (
    GstIceDatapathCounters *self, const GstIceDatapathCounters *earlier);

G_END_DECLS
