/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Datagrams on their way from a streaming thread to a media socket or, without
 * one, to the backend, neither of which blocks: waits for a path and for room,
 * interruptibly; every drop is counted. */
#pragma once

#include <gst/gst.h>
#include "datapath/gsticedatagram.h"
#include "datapath/gsticedatagramsocket.h"

G_BEGIN_DECLS

typedef struct _GstIceOutbox GstIceOutbox;

typedef enum
{
  GST_ICE_OUTBOX_WAITING, /* no pair to send on */
  GST_ICE_OUTBOX_OPEN,
  GST_ICE_OUTBOX_FAILED,
  GST_ICE_OUTBOX_ENDED /* the peer does not read any more */
} GstIceOutboxState;

typedef struct
{
  guint64 packets_sent, bytes_sent;
  guint64 packets_discarded, bytes_discarded;
  gint64 last_sent; /* g_get_monotonic_time(); 0 = never */
} GstIceOutboxCounters;

/* Hands datagrams over until one can't be sent. Returns how many were; when
 * fewer than n, error is the reason (%G_IO_ERROR_WOULD_BLOCK: try again). */
typedef guint (*GstIceOutboxSend) (
    gpointer backend, const GstIceDatagram *datagrams, guint n, GError **error);

GstIceOutbox *gst_ice_outbox_new (GstIceOutboxSend send, gpointer backend);
void gst_ice_outbox_free (GstIceOutbox *outbox);

void gst_ice_outbox_set_state (GstIceOutbox *outbox, GstIceOutboxState state);
void gst_ice_outbox_set_route (GstIceOutbox *outbox,
    GstIceDatagramSocket *socket, gconstpointer to, gsize to_size,
    guint16 channel);
void gst_ice_outbox_set_flushing (GstIceOutbox *outbox, gboolean flushing);
void gst_ice_outbox_set_ending (GstIceOutbox *outbox, gboolean ending);
GstFlowReturn gst_ice_outbox_send (GstIceOutbox *outbox,
    const GstIceDatagram *datagrams, guint n, const gint *wait, guint *done,
    GError **refusal);
void gst_ice_outbox_count_discarded (
    GstIceOutbox *outbox, const GstIceDatagram *datagrams, guint n);
void gst_ice_outbox_get_counters (
    GstIceOutbox *outbox, GstIceOutboxCounters *counters);

G_END_DECLS
