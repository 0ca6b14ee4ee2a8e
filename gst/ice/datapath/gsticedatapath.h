/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The datagrams of one transport: which element reads and which one writes
 * them, the queues in between, and the counters. It knows neither states nor
 * pairs: a buffer goes icesink -> datapath -> socket, a datagram the other way.
 */
#pragma once

#include <gst/gst.h>
#include "datapath/gsticeclaims.h"
#include "datapath/gsticedatagramsocket.h"
#include "datapath/gsticedatapathcounters.h"
#include "datapath/gsticeinbox.h"
#include "datapath/gsticeoutbox.h"
#include "datapath/gsticepeeraddresses.h"
#include "datapath/gsticetraffic.h"
#include "iothread/gsticesharedcontext.h"

G_BEGIN_DECLS

typedef struct _GstIceDatapath GstIceDatapath;

/* Options of an element for a transport's sockets, for its direction; 0 and -1
 * = the default. */
typedef struct
{
  guint buffer_size; /* bytes */
  gint dscp;         /* RFC 2474 code point */
  gboolean offload;  /* datagrams may use batched socket I/O */
} GstIceSocketOptions;

/**
 * GstIceDatapathFuncs:
 * @send: any thread, never blocks, while there is no route
 *   (gst_ice_datapath_set_route()): hands datagrams over until one can't be
 *   sent. Returns how many were; when fewer than n, error is the reason
 *   (%G_IO_ERROR_WOULD_BLOCK: try again; others: that datagram can't be sent)
 * @silence_ended: any thread, never blocks: a datagram came on the selected
 * pair, which was silent
 */
typedef struct
{
  GstIceOutboxSend send;
  void (*silence_ended) (gpointer owner);
} GstIceDatapathFuncs;

GstIceDatapath *gst_ice_datapath_new (guint stream, guint component,
    const GstIceDatapathFuncs *funcs, gpointer owner);
void gst_ice_datapath_free (GstIceDatapath *datapath);

/* for elements */
GstIceClaims *gst_ice_datapath_get_claims (GstIceDatapath *datapath);
GstIceInbox *gst_ice_datapath_get_inbox (GstIceDatapath *datapath);
void gst_ice_datapath_unclaim (
    GstIceDatapath *datapath, GstIceDirection direction, GstObject *owner);
void gst_ice_datapath_set_flushing (
    GstIceDatapath *datapath, GstIceDirection direction, gboolean flushing);
void gst_ice_datapath_set_ending (GstIceDatapath *datapath, gboolean ending);
GstFlowReturn gst_ice_datapath_send (GstIceDatapath *datapath,
    const GstIceDatagram *datagrams, guint n, const gint *wait, guint *done,
    GError **refusal);
void gst_ice_datapath_count_discarded (
    GstIceDatapath *datapath, const GstIceDatagram *datagrams, guint n);
GstFlowReturn gst_ice_datapath_pop (
    GstIceDatapath *datapath, GstBufferList **datagrams);

/* for backends */
void gst_ice_datapath_set_context (
    GstIceDatapath *datapath, GstIceSharedContext *context);
gboolean gst_ice_datapath_add_socket (
    GstIceDatapath *datapath, GstIceDatagramSocket *socket);
void gst_ice_datapath_remove_socket (
    GstIceDatapath *datapath, GstIceDatagramSocket *socket);
void gst_ice_datapath_set_route (GstIceDatapath *datapath,
    GstIceDatagramSocket *socket, gconstpointer to, gsize to_size,
    guint16 channel);
GstIcePeerAddresses *gst_ice_datapath_get_peer_addresses (
    GstIceDatapath *datapath);
void gst_ice_datapath_receive (GstIceDatapath *datapath, gconstpointer data,
    gsize size, gboolean is_of_pair);
void gst_ice_datapath_receive_list (GstIceDatapath *datapath,
    GstBufferList *datagrams, const GstIceDatagramSocketReceived *received);
void gst_ice_datapath_received_all (GstIceDatapath *datapath);
void gst_ice_datapath_count_unknown_source (
    GstIceDatapath *datapath, guint64 n);
void gst_ice_datapath_count_filtered (GstIceDatapath *datapath, guint64 n);
gint64 gst_ice_datapath_get_last_received (GstIceDatapath *datapath);

/* for the transport */
void gst_ice_datapath_clear (GstIceDatapath *datapath);
void gst_ice_datapath_close (GstIceDatapath *datapath);
void gst_ice_datapath_end_of_stream (GstIceDatapath *datapath);
void gst_ice_datapath_set_send_state (
    GstIceDatapath *datapath, GstIceOutboxState state);
void gst_ice_datapath_set_silent (
    GstIceDatapath *datapath, gboolean silent, gint64 since);
gboolean gst_ice_datapath_set_offload_active (
    GstIceDatapath *datapath, GstIceDirection direction, gboolean active);
gboolean gst_ice_datapath_is_offload_active (
    GstIceDatapath *datapath, GstIceDirection direction);
void gst_ice_datapath_begin_pair (
    GstIceDatapath *datapath, GstIcePairTraffic *ended);
void gst_ice_datapath_get_pair_traffic (
    GstIceDatapath *datapath, GstIcePairTraffic *traffic);
void gst_ice_datapath_begin_call (GstIceDatapath *datapath);
void gst_ice_datapath_get_counters (
    GstIceDatapath *datapath, GstIceDatapathCounters *counters);

G_END_DECLS
