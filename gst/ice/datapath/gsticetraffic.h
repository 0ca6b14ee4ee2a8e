/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Counters of a transport and of its selected pair, and whether a silent pair
 * receives again. */
#pragma once

#include "datapath/gsticedatagramsocket.h"
#include "datapath/gsticeoutbox.h"

G_BEGIN_DECLS

typedef struct _GstIceTraffic GstIceTraffic;

/* Payload on one pair while it was the selected one. Times are
 * g_get_monotonic_time(); 0 = never. */
typedef struct
{
  guint64 packets_sent, bytes_sent, packets_discarded_on_send;
  guint64 packets_received, bytes_received;
  gint64 last_sent, last_received;
} GstIcePairTraffic;

/* Payload that was received, on any pair. */
typedef struct
{
  guint64 packets, bytes;
  guint64 packets_unread; /* dropped: no element reads */
  guint64
      packets_unknown; /* of unknown senders, on sockets outside the inbox */
  guint64 packets_filtered; /* dropped before backends that are closed now; not
                             * payload only */
} GstIceTrafficReceived;

GstIceTraffic *gst_ice_traffic_new (void);
void gst_ice_traffic_free (GstIceTraffic *traffic);

gboolean gst_ice_traffic_count_received (GstIceTraffic *traffic,
    const GstIceDatagramSocketReceived *received, gboolean is_read);
void gst_ice_traffic_count_unknown (GstIceTraffic *traffic, guint64 n);
void gst_ice_traffic_count_filtered (GstIceTraffic *traffic, guint64 n);
void gst_ice_traffic_get_received (
    GstIceTraffic *traffic, GstIceTrafficReceived *received);

gint64 gst_ice_traffic_get_last_received (GstIceTraffic *traffic);
gboolean gst_ice_traffic_set_silent (
    GstIceTraffic *traffic, gboolean silent, gint64 since);
void gst_ice_traffic_begin_pair (GstIceTraffic *traffic,
    const GstIceOutboxCounters *sent, GstIcePairTraffic *ended);
void gst_ice_traffic_get_pair (GstIceTraffic *traffic,
    const GstIceOutboxCounters *sent, GstIcePairTraffic *pair);

G_END_DECLS
